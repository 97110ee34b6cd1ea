//! The selectors of `run`, `prove`, `list` and `coverage`.

use clap::Args;

/// The scenarios that a command works on.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Selectors {
    /// Files, folders or FILE:LINE say where the scenarios are; ids or patterns such as 'rooms/*' say which of those
    /// [default: all shipped scenarios]
    #[arg(value_name = "SELECTORS")]
    pub(in crate::cli) selectors: Vec<String>,

    /// Of the selected scenarios, only those whose ids match: 'rooms/* and not *crowd*'
    #[arg(short = 'E', long = "expression", value_name = "EXPRESSION")]
    pub(in crate::cli) expression: Option<String>,
}

impl Selectors {
    /// Returns the selectors as the user wrote them.
    pub(in crate::cli) fn as_written(&self) -> Vec<String> {
        let expression = self.expression.iter().map(|text| format!("-E {text}"));
        self.selectors.iter().cloned().chain(expression).collect()
    }
}

impl From<&str> for Selectors {
    /// Returns the selectors that consist of one text.
    fn from(text: &str) -> Self {
        Self {
            selectors: vec![text.to_owned()],
            expression: None,
        }
    }
}
