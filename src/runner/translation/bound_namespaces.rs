//! The namespaces that the target's bindings name: which of them the clients of a scenario have to join.

use std::collections::BTreeSet;

use super::written_texts::described;
use crate::{
    scenario::{Scenario, Template, visit_steps},
    targets::Bindings,
};

/// Returns the namespaces in which the target has the events of a scenario, as its bindings say.
pub(in crate::runner) fn of(scenario: &Scenario, bindings: &Bindings) -> BTreeSet<String> {
    let (sent, received) = names(scenario);
    let names = sent.union(&received);
    names
        .filter_map(|name| bindings.get(name)?.namespace.clone())
        .collect()
}

/// Returns the namespace in which the target has all events that the clients of a scenario send. `None` if they are in
/// several namespaces, or where the clients are without a binding.
pub(in crate::runner) fn home(scenario: &Scenario, bindings: &Bindings) -> Option<String> {
    let (sent, _) = names(scenario);
    let mut all = sent.iter().map(|name| {
        bindings
            .get(name)
            .and_then(|binding| binding.namespace.clone())
    });
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// Returns an event that has a namespace of its own on the target, if the scenario says itself in which namespaces
/// things happen.
pub(in crate::runner) fn find_conflict<'b>(
    scenario: &Scenario,
    bindings: &'b Bindings,
) -> Option<&'b str> {
    if scenario.mentioned.namespaces.is_empty() {
        return None;
    }
    let (sent, received) = names(scenario);
    let mut bound = bindings.entries.iter();
    let found = bound.find(|(name, binding)| {
        binding.namespace.is_some() && (sent.contains(*name) || received.contains(*name))
    });
    found.map(|(name, _)| name.as_str())
}

/// Returns the names of the events that clients send, and of those that they expect. The values of variables count as
/// sent, because a row of a table can name the event.
fn names(scenario: &Scenario) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut sent = BTreeSet::new();
    let mut received = BTreeSet::new();
    let literal = |template: &Template| described(template);
    visit_steps(&scenario.steps, &mut |step| {
        let facts = step.action.facts();
        sent.extend(facts.operation.map(literal));
        received.extend(facts.named.into_iter().map(literal));
        received.extend(facts.excluded.map(|(event, _)| literal(&event.name)));
    });
    // A step that names a variable sends the event that the row of the table names.
    let variables: Vec<_> = sent
        .iter()
        .filter_map(|name| name.strip_prefix('$'))
        .filter_map(|name| {
            let mut variables = scenario.variables.iter();
            let (_, value) = variables.find(|(variable, _)| variable == name)?;
            Some(literal(value))
        })
        .collect();
    sent.retain(|name| !name.starts_with('$'));
    sent.extend(variables);
    (sent, received)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn scenario(clients: &str, steps: &str) -> Scenario {
        scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  vars: {{ operation: join-room }}\n  clients: {clients}\n  steps:\n{steps}\n"
        ))
    }

    const JOIN: &str = "  - call: $operation\n    as: a\n";
    const ECHO: &str = "  - call: echo\n    as: a\n";
    const SEEN: &str = "  - expect: room-message\n    as: a\n";

    fn bindings() -> Bindings {
        manifest_of(
            "bindings:\n  join-room: { event: join, namespace: /rooms }\n  room-message: { namespace: /talk }",
        )
        .bindings
    }

    #[test]
    fn clients_join_the_namespaces_of_the_events_that_they_use() {
        let of = |steps: &str| {
            let found = of(&scenario("[a]", steps), &bindings());
            found.into_iter().collect::<Vec<_>>()
        };
        assert!(of(ECHO).is_empty());
        assert_eq!(of(JOIN), ["/rooms"]);
        assert_eq!(of(&format!("{JOIN}{SEEN}")), ["/rooms", "/talk"]);
    }

    #[test]
    fn clients_live_where_all_their_requests_go() {
        let home = |steps: &str| home(&scenario("[a]", steps), &bindings());
        assert_eq!(home(JOIN).as_deref(), Some("/rooms"));
        assert_eq!(home(&format!("{JOIN}{ECHO}")), None);
        assert_eq!(home(SEEN), None);
    }

    #[test]
    fn a_scenario_about_namespaces_conflicts_with_a_bound_one() {
        let found = |clients| {
            let scenario = scenario(clients, JOIN);
            find_conflict(&scenario, &bindings()).map(str::to_owned)
        };
        assert_eq!(found("[a]"), None);
        assert_eq!(
            found("{ a: { namespace: /custom } }").as_deref(),
            Some("join-room")
        );
    }
}
