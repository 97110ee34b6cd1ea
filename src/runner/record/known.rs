//! What an outcome says about a deviation that was known before the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A deviation that was known before the run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Known {
    /// The list that names the deviation.
    pub by: KnownBy,
    /// The explanation of the deviation, in one line.
    pub reason: String,
}

/// The list that names a known deviation.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownBy {
    /// The baseline of the run.
    Baseline,
    /// The shipped list of what a stack does by itself. Holds the name of the stack.
    Stack(String),
}

impl KnownBy {
    /// Returns the name of the list: `baseline`, or the name of the stack.
    pub fn name(&self) -> &str {
        match self {
            Self::Baseline => "baseline",
            Self::Stack(name) => name,
        }
    }
}
