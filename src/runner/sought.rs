//! The pattern of the event that a step waits for or forbids.

use super::recovery_offer::Offsets;
use crate::scenario::{Matcher, Scope};

/// An event pattern with the names that the target uses on the wire.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    /// The event's name in the scenario, which is the contract's name. `event` holds the target's name.
    pub(super) spoken: String,
    /// The event's name on the wire, which is the target's name.
    pub(super) event: String,
    /// The namespace that the event belongs to.
    pub(super) namespace: String,
    /// What the first argument of the event has to match.
    pub(super) with: Option<Matcher>,
    /// What all arguments of the event have to match, one matcher for each.
    pub(super) args: Option<Vec<Matcher>>,
    /// Whether the server appends an offset to the arguments, which the scenario does not write.
    pub(super) offsets: Offsets,
}

impl Sought {
    /// Returns the event's name in the scenario, in backquotes for a sentence: "`news`".
    pub(super) fn name(&self) -> String {
        match self.spoken.as_str() {
            "*" => "an event".to_owned(),
            spoken => format!("`{spoken}`"),
        }
    }

    /// Returns the pattern of the event in the words of the scenario language.
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
