//! `sockspec compare`: shows what changed between two recorded runs.

use super::{
    Exit,
    args::{ChangesFormat, CompareArgs},
    error::CliError,
    paint::Output,
};
use crate::{
    records::{compare as changes_between, replay_one},
    report::{changes_json, changes_markdown, changes_text},
};

/// Prints what changed. The exit status says whether anything is worse than before.
///
/// # Errors
///
/// Returns an error if a record can't be read, or if the output can't be written.
pub(super) fn compare(args: &CompareArgs, output: Output) -> Result<Exit, CliError> {
    let old = replay_one(&args.old, &mut |_| {})?;
    let new = replay_one(&args.new, &mut |_| {})?;
    let changes = changes_between(&old.record, &new.record);
    let text = match args.format {
        ChangesFormat::Text => changes_text(&changes, output.stdout),
        ChangesFormat::Markdown => changes_markdown(&changes),
        ChangesFormat::Json => changes_json(&changes),
    };
    output.write(&output.masked(text))?;
    for (path, replayed) in [(&args.old, &old), (&args.new, &new)] {
        if replayed.is_cut {
            output.print_warning(&format!(
                "the record {} was cut before the end of the run; what it lacks counts as gone or new",
                path.display()
            ));
        }
    }
    Ok(if changes.are_worse() {
        Exit::NotConformant
    } else {
        Exit::Conformant
    })
}
