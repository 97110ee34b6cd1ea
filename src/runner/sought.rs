//! The pattern of the event that a step waits for or forbids.

use super::recovery_offer::Offsets;
use crate::scenario::{Matcher, Scope};

/// An event pattern with the names that the target uses on the wire.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    /// The name in the scenario.
    pub(super) spoken: String,
    /// The name on the wire.
    pub(super) event: String,
    /// The namespace that the event belongs to.
    pub(super) namespace: String,
    /// What the first argument has to match.
    pub(super) with: Option<Matcher>,
    /// What all arguments have to match.
    pub(super) args: Option<Vec<Matcher>>,
    /// Whether the server appends an offset to the arguments, which the scenario does not write.
    pub(super) offsets: Offsets,
}

impl Sought {
    /// Returns the name in the scenario, inside a sentence: "`news`".
    pub(super) fn name(&self) -> String {
        match self.spoken.as_str() {
            "*" => "an event".to_owned(),
            spoken => format!("`{spoken}`"),
        }
    }

    /// Returns the whole pattern in the words of the scenario language.
    pub(super) fn describe(&self, scope: &Scope) -> String {
        let with = self
            .with
            .as_ref()
            .map(|matcher| format!(" {}", matcher.describe(scope)))
            .unwrap_or_default();
        let args = self.args.as_ref().map(|matchers| {
            let items: Vec<_> = matchers
                .iter()
                .map(|matcher| matcher.describe(scope))
                .collect();
            format!(" [{}]", items.join(", "))
        });
        let namespace = if self.namespace == "/" {
            String::new()
        } else {
            format!(" in {}", self.namespace)
        };
        format!(
            "{}{with}{}{namespace}",
            self.spoken,
            args.unwrap_or_default()
        )
    }
}
