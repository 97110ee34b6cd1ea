//! The errors of templates and expressions.

/// The reason why a template has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// No step has set the variable.
    #[error("variable ${name} is not set")]
    Unset {
        /// The name, without `$`.
        name: String,
    },
    /// The expression can't be evaluated.
    #[error("expression `{expression}` failed: {detail}")]
    Expression {
        /// The expression as the scenario writes it.
        expression: String,
        /// The reason.
        detail: String,
    },
    /// The value depends on a limit that the target announced, and is larger than sockspec sends.
    #[error(
        "the target's {field} asks for more than {limit} bytes; sockspec sends no longer message"
    )]
    Unwieldy {
        /// The field of the open packet that announces the limit: `maxPayload`.
        field: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The open packet lacks a field that the expression reads.
    #[error("the open packet has no field `{field}`")]
    Unannounced {
        /// The field of the open packet.
        field: String,
    },
    /// The value can't be part of a text.
    #[error("{found} can't be part of a text")]
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
        /// The expression as the scenario writes it.
        expression: String,
        /// The mistake.
        detail: String,
    },
    /// No name follows a `$`.
    #[error("no name follows `$`")]
    LoneDollar,
    /// No `}` closes a `${`.
    #[error("no `}}` closes `${{`")]
    Unclosed,
}
