//! `sockspec merge`: joins the records of the parts of a run.

use super::{Exit, args::MergeArgs, error::CliError, places};
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
pub(super) fn merge(args: &MergeArgs) -> Result<Exit, CliError> {
    let output = Destination::File(args.output.clone());
    places::check([&output], &args.records)?;
    let parts = Parts::read(&args.records)?;
    let mut writer = Writer::create(&args.output, &parts.header())?;
    let played = parts.play(&mut |event| writer.add(event));
    played.map_err(UnmergeableError::from)?;
    writer.finish()?;
    Ok(Exit::Conformant)
}
