//! Values that a scenario expects: literals, placeholders and operators.

use std::fmt;

use super::{Scope, TemplateError};
use crate::data::Data;

/// An expectation of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {}

/// Where a value differs from what was expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Path into the value: `rooms[2].name`; empty for the whole.
    pub path: String,
    /// What was expected there, in the language's words.
    pub expected: String,
    /// What was there; `None` where nothing was.
    pub received: Option<Data>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = formatter;
        todo!()
    }
}

impl Matcher {
    /// Holds `actual` against the expectation; `None` stands for an absent value.
    ///
    /// Gives what `<type as name>` captured, in order.
    ///
    /// # Errors
    ///
    /// `Ok(Err(…))` is a difference; the outer error is a template that can't be filled.
    pub fn check(
        &self,
        actual: Option<&Data>,
        scope: &Scope,
    ) -> Result<Result<Vec<(String, Data)>, Mismatch>, TemplateError> {
        let _ = (actual, scope);
        todo!()
    }

    /// The expectation as text, variables filled in where they are set: for reports.
    pub fn describe(&self, scope: &Scope) -> String {
        let _ = scope;
        todo!()
    }
}
