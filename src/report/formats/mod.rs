//! The formats that `--report` can write: one file or folder for each, and one table.

mod json;
mod junit;

pub use json::{REPORT_SCHEMA, Report};

use super::format::Format;

/// All formats. The command line, its help and its error messages use this table.
pub static FORMATS: &[&Format] = &[&json::FORMAT, &junit::FORMAT];

#[cfg(test)]
mod tests;
