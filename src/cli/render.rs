//! `sockspec report`: writes reports from the record of a run, byte for byte as the run itself would have written them.

use std::io;

use super::{
    Exit,
    args::ReportArgs,
    error::CliError,
    paint::Output,
    places::{self, Writing},
    recording,
};
use crate::{
    records::replay,
    report::{Progress, Terminal, Watched},
};

/// Writes the reports that the arguments ask for. Without any, prints what the run printed.
///
/// # Errors
///
/// Returns an error if a record can't be read, if the records are not the parts of one run, or if a report can't be
/// written.
pub(super) fn render(args: &ReportArgs, output: Output) -> Result<Exit, CliError> {
    let records = match args.records.as_slice() {
        [] => vec![recording::last()?],
        named => named.to_vec(),
    };
    let reports = args.reports.iter().map(|request| &request.destination);
    places::check(reports, &records)?;
    let mut shown = Ok(());
    let (detail, same_cause) = (args.shown.detail(), args.shown.same_cause());
    let progress = Progress::new(Watched::No);
    let out = io::stdout();
    let mut terminal = Terminal::new(out, output.stdout, detail, same_cause, progress);
    let replayed = replay(&records, &mut |event| {
        if args.reports.is_empty() && shown.is_ok() {
            shown = terminal.event(event);
        }
    })?;
    if replayed.is_cut {
        output
            .print_warning("the run was cut short: the reports hold what was recorded until then");
    }
    let mut writing = Writing::default();
    writing.note(shown.map_err(CliError::from));
    for request in &args.reports {
        let text = request.format.render(&replayed.record);
        writing.write(&request.destination, text.map_err(CliError::from));
    }
    writing.into_result().map(|()| Exit::Conformant)
}
