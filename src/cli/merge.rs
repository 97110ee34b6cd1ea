//! `sockspec merge`: joins the records of the parts of a run.

use super::{Exit, args::MergeArgs, error::CliError, paint::Output, places};
use crate::{
    records::{Parts, UnmergeableError, Writer},
    report::Destination,
};

/// Writes the record of a whole run from the records of its parts.
///
/// # Errors
///
/// Returns an error if a record can't be read, if the records are not all parts of one run, or if the result can't be
/// written.
pub(super) fn merge(args: &MergeArgs, output: Output) -> Result<Exit, CliError> {
    let place = Destination::File(args.output.clone());
    places::check([&place], &args.records)?;
    let parts = Parts::read(&args.records)?;
    let mut writer = Writer::create(&args.output, &parts.header())?;
    let played = parts.play(&mut |event| writer.add(event));
    let played = played.map_err(UnmergeableError::from)?;
    writer.finish()?;
    if played.is_cut {
        output.print_warning(
            "a part was cut short: the joined record holds what was recorded until then",
        );
    }
    Ok(Exit::Conformant)
}
