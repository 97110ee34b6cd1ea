//! The description of a report format, which each file in `formats/` fills in.

use std::error::Error;

use crate::{
    runner::{Proof, Record},
    targets::Masked,
};

/// A report format that `--report NAME=PATH` can ask for.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The format's name on the command line, such as `json`.
    pub name: &'static str,
    /// The purpose of the format in a few words, for the help text: "for CI systems".
    pub purpose: &'static str,
    /// Renders the record of a run.
    pub(super) run: fn(&Record) -> Result<String, FormatError>,
    /// Renders a proof; `None` if `prove` can't write this format.
    pub proof: Option<fn(&Proof) -> String>,
}

impl Format {
    /// Renders the record of a run.
    ///
    /// # Errors
    ///
    /// Returns an error if the format can't represent the record.
    pub fn render(&self, record: &Masked<Record>) -> Result<Masked<String>, FormatError> {
        record.try_map(self.run)
    }
}

/// The error of a format that can't represent a record.
#[derive(Debug, thiserror::Error)]
#[error("can't write the report `{name}`: {source}")]
pub struct FormatError {
    /// The name of the format that can't represent the record.
    pub name: &'static str,
    /// The error of the library that writes the format.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}
