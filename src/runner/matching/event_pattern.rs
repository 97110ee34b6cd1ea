//! The pattern of the event that a step waits for or forbids.

use crate::{
    runner::journal::recovery_offer::Offsets,
    scenario::{Matcher, Scope},
};

/// An event pattern with the names that the target uses on the wire.
#[derive(Clone, Debug)]
pub(in crate::runner) struct Sought {
    /// The event's name in the scenario, which is the contract's name. `event` holds the target's name.
    pub(in crate::runner) spoken: String,
    /// The event's name on the wire, which is the target's name.
    pub(in crate::runner) event: String,
    /// The namespace that the event belongs to.
    pub(in crate::runner) namespace: String,
    /// What the first argument of the event has to match.
    pub(in crate::runner) with: Option<Matcher>,
    /// What all arguments of the event have to match, one matcher for each.
    pub(in crate::runner) args: Option<Vec<Matcher>>,
    /// Whether the server appends an offset to the arguments, which the scenario does not write.
    pub(in crate::runner) offsets: Offsets,
}

impl Sought {
    /// Returns the event's name in the scenario, in backquotes for a sentence: "`news`".
    pub(in crate::runner) fn name(&self) -> String {
        match self.spoken.as_str() {
            "*" => "an event".to_owned(),
            spoken => format!("`{spoken}`"),
        }
    }

    /// Returns the name on the wire that an event needs to match the pattern. `None` if any name matches.
    pub(in crate::runner) fn wire_name(&self) -> Option<&str> {
        (self.event != "*").then_some(self.event.as_str())
    }

    /// Returns what the arguments of the event have to match, as text.
    pub(in crate::runner) fn describe_arguments(&self, scope: &Scope) -> String {
        let args = self.args.iter().flatten();
        let matchers = self.with.iter().chain(args);
        let texts: Vec<_> = matchers.map(|matcher| matcher.describe(scope)).collect();
        texts.join(", ")
    }

    /// Returns the pattern of the event in the words of the scenario language.
    pub(in crate::runner) fn describe(&self, scope: &Scope) -> String {
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
