//! The errors of templates and expressions.

/// The reason why a template (a value with variables and expressions) can't be rendered.
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
        /// The expression as the scenario writes it.
        expression: String,
        /// The reason why the expression can't be evaluated.
        detail: String,
    },
    /// The value is larger than the largest message that sockspec sends, because its size depends on a limit that the
    /// target announced in its open packet.
    #[error(
        "the target's {field} asks for a message of more than {limit} bytes, which is the most that sockspec sends"
    )]
    TooLarge {
        /// The field of the open packet that announces the limit: `maxPayload`.
        field: String,
        /// The size of the largest message that sockspec sends, in bytes.
        limit: usize,
    },
    /// The server's open packet lacks a field that the expression reads.
    #[error("the open packet has no field `{field}`")]
    MissingHandshakeField {
        /// The name of the missing field.
        field: String,
    },
    /// The value of the expression is not a list, although the key takes a list of arguments.
    #[error("{found} is no list of arguments")]
    NotAList {
        /// The value.
        found: String,
    },
    /// The value, such as bytes, can't be inserted into a text.
    #[error("{found} can't be part of a text")]
    NotText {
        /// The type of the value, such as `bytes`.
        found: &'static str,
    },
}

/// The reason why a text is not a template (a text with variables and expressions).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateSyntaxError {
    /// The expression can't be compiled.
    #[error("expression `{expression}` is wrong: {detail}")]
    Expression {
        /// The expression as the scenario writes it.
        expression: String,
        /// What is wrong with the expression.
        detail: String,
    },
    /// A `$` is not followed by the name of a variable.
    #[error("no name follows `$`")]
    LoneDollar,
    /// A `${` has no closing `}`.
    #[error("no `}}` closes `${{`")]
    Unclosed,
}
