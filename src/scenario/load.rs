//! From text to scenarios.

use std::sync::Arc;

use super::{Diagnostic, Requirements, Scenario, SourceFile};

/// What a file may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Requirement ids that exist; `None` for a person's own files, whose ids are their own.
    pub requirements: Option<&'a Requirements>,
    /// Fault ids that exist; `None` likewise.
    pub faults: Option<&'a [&'static str]>,
}

/// Loads one file.
///
/// # Errors
///
/// Every mistake of the file.
pub fn load(source: Arc<SourceFile>, known: Known<'_>) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let _ = (source, known);
    todo!()
}
