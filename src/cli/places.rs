//! Checks that reports can be written to their places before a command starts its work, and writes the reports.

use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::{
    report::{Destination, is_same_file},
    targets::Masked,
};

/// Checks that no two reports have the same place, that no report replaces a file that the command reads, and that
/// each place can be written to.
///
/// # Errors
///
/// Returns an error for the first place that breaks one of these rules.
pub(super) fn check<'p>(
    places: impl IntoIterator<Item = &'p Destination>,
    inputs: &[PathBuf],
) -> Result<(), CliError> {
    let mut checked: Vec<&Destination> = Vec::new();
    for place in places {
        if checked.iter().any(|other| other.is_same(place)) {
            return Err(CliError::SamePlace);
        }
        if let Destination::File(report) = place {
            refuse_inputs(report, inputs)?;
        }
        place.try_out()?;
        checked.push(place);
    }
    Ok(())
}

/// Returns an error if `report` is one of `inputs`.
pub(super) fn refuse_inputs(report: &Path, inputs: &[PathBuf]) -> Result<(), CliError> {
    match inputs.iter().find(|input| is_same_file(report, input)) {
        Some(input) => Err(CliError::OntoInput {
            report: report.to_owned(),
            input: input.clone(),
        }),
        None => Ok(()),
    }
}

/// Writes the results of a command. If one result can't be written, the others are still written.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// An error for each result that could not be written.
    pub(super) errors: Vec<CliError>,
}

impl Writing {
    /// Writes one result to `place`. Keeps the error if that fails.
    pub(super) fn write(&mut self, place: &Destination, text: Result<Masked<String>, CliError>) {
        let written = text.and_then(|text| Ok(place.write(&text)?));
        self.note(written);
    }

    /// Returns the first error, if a result could not be written.
    ///
    /// # Errors
    ///
    /// Returns the error that was kept first.
    pub(super) fn into_result(self) -> Result<(), CliError> {
        self.errors.into_iter().next().map_or(Ok(()), Err)
    }

    /// Keeps the error of a result that could not be written. Ignores a pipe that its reader closed.
    pub(super) fn note(&mut self, written: Result<(), CliError>) {
        self.errors
            .extend(written.err().filter(|error| !error.is_silent()));
    }
}
