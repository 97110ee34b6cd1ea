//! The errors of templates.

/// The reason why a template has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// No step has set the variable.
    #[error("variable ${name} is not set")]
    Unset {
        /// The name of the variable, without `$`.
        name: String,
    },
    /// The expression can't be evaluated.
    #[error("expression `{expression}` failed: {detail}")]
    Expression {
        /// The source of the expression.
        expression: String,
        /// The error of the evaluation.
        detail: String,
    },
    /// The value depends on the open packet of the target, and is larger than the limit of sockspec.
    #[error(
        "{field} of the target asks for more than {limit} bytes, which is all that sockspec sends at once"
    )]
    Unwieldy {
        /// The field of the open packet: `maxPayload`.
        field: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The open packet lacks a field that the template needs.
    #[error("the open packet names no `{field}`")]
    Unannounced {
        /// The field of the open packet.
        field: String,
    },
    /// The value has no form inside a text.
    #[error("{found} can't stand inside a text")]
    NotText {
        /// The kind of the value.
        found: &'static str,
    },
}

/// The reason why a text is not a template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateSyntaxError {
    /// The expression can't be compiled.
    #[error("expression `{expression}` is wrong: {detail}")]
    Expression {
        /// The source of the expression.
        expression: String,
        /// The syntax error.
        detail: String,
    },
    /// No name follows a `$`.
    #[error("`$` is followed by no name")]
    LoneDollar,
    /// A `${` has no closing `}`.
    #[error("`${{` is not closed by `}}`")]
    Unclosed,
}
