//! Checks the places of reports before a command starts its work, and writes the reports.

use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::{
    report::{Destination, is_same_file},
    targets::Masked,
};

/// Refuses places that are the same, places of files that the command reads, and places where nothing can be written.
///
/// # Errors
///
/// Returns an error for the first such place.
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

/// The results of a command that are written to their places, each whatever happens to the others.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// An error for each result that could not be written.
    pub(super) errors: Vec<CliError>,
}

impl Writing {
    /// Writes one result.
    pub(super) fn write(&mut self, place: &Destination, text: Result<Masked<String>, CliError>) {
        let written = text.and_then(|text| Ok(place.write(&text)?));
        self.note(written);
    }

    /// Keeps the error of a result, unless a reader closed its pipe.
    pub(super) fn note(&mut self, written: Result<(), CliError>) {
        self.errors
            .extend(written.err().filter(|error| !error.is_silent()));
    }
}
