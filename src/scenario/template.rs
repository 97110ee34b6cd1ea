//! Values that a scenario sends: literals with variables and expressions inside.

use super::Scope;
use crate::data::Data;

/// A value with `$name` and `${ expression }` in it, to be filled from a [`Scope`].
#[derive(Clone, Debug, PartialEq)]
pub struct Template {}

/// Why a template gives no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A variable that no step has set.
    #[error("variable ${name} is not set")]
    Unset {
        /// The name, without `$`.
        name: String,
    },
    /// An expression that can't be evaluated.
    #[error("expression `{expression}` failed: {detail}")]
    Expression {
        /// As written.
        expression: String,
        /// Why.
        detail: String,
    },
}

impl Template {
    /// A value without anything to fill in.
    pub fn literal(value: Data) -> Self {
        let _ = value;
        todo!()
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// A variable that is not set, or an expression that fails.
    pub fn render(&self, scope: &Scope) -> Result<Data, TemplateError> {
        let _ = scope;
        todo!()
    }

    /// The value as text; numbers and booleans as JSON writes them.
    ///
    /// # Errors
    ///
    /// As for [`Self::render`].
    pub fn render_text(&self, scope: &Scope) -> Result<String, TemplateError> {
        let _ = scope;
        todo!()
    }
}
