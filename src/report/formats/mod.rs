//! The formats that `--report` can write: a file or a folder for each format, and a table that lists all formats.

mod html;
mod json;
mod junit;

pub use json::{REPORT_SCHEMA, Report};

use super::format::Format;

/// All formats. The command line, its help and its error messages use this table.
pub static FORMATS: &[&Format] = &[&html::FORMAT, &json::FORMAT, &junit::FORMAT];

#[cfg(test)]
mod tests;
