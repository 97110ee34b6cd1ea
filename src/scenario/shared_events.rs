//! Finds steps that can pass because of another scenario.
//!
//! Scenarios run at the same time, on one server. If an event reaches everybody, a client also receives the events that
//! the clients of other scenarios cause. A step that expects such an event without anything unique to the run passes on
//! a server that never sends the awaited one.

use std::{collections::HashSet, sync::Arc};

use super::{
    Awaits, ClientName, Diagnostic, EventPattern, OPERATORS, Operation, Scenario, Scope, Severity,
    Step, Template, visit_steps,
};
use crate::data::Data;

/// The namespace of clients that name none.
const MAIN: &str = "/";

/// A request that a client of a scenario sends.
struct Sent<'s> {
    client: &'s ClientName,
    name: String,
    namespace: String,
    operation: &'s Operation,
}

/// Returns a warning for each step that expects an event which another one of these scenarios can cause. A scenario
/// that runs alone (`exclusive`) gets no warning and causes none.
pub fn shared_events(scenarios: &[&Scenario]) -> Vec<Diagnostic> {
    let beside: Vec<_> = scenarios.iter().filter(|one| !one.exclusive).collect();
    let requests: Vec<_> = beside.iter().map(|one| (**one, requests(one))).collect();
    let mut found = Vec::new();
    for scenario in beside {
        let mut sent: Vec<Sent<'_>> = Vec::new();
        visit_steps(&scenario.steps, &mut |step| {
            if let Some(event) = awaited(step) {
                let other = step.actors.iter().find_map(|client| {
                    let causes = causes(scenario, client, event, &sent)?;
                    find_other(scenario, event, &causes, &requests)
                });
                found.extend(other.map(|other| warning(scenario, step, event, other)));
            }
            sent.extend(sent_by(scenario, step));
        });
    }
    // The rows of a table share their steps, and each step needs one warning.
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert((one.source.path.clone(), one.span.map(|span| span.start))));
    found
}

/// Returns the event that an `expect` step awaits.
fn awaited(step: &Step) -> Option<&EventPattern> {
    let facts = step.action.facts();
    match facts.awaits {
        Awaits::Event(event) if facts.excluded.is_none() => Some(event),
        _ => None,
    }
}

/// Returns the requests of other clients that can cause the event for this client, if the event reaches everybody and
/// the step expects nothing that is unique to the run.
///
/// The event reaches everybody if the client has not asked for it: its own requests say nothing unique, and others sent
/// the last request.
fn causes<'a, 's>(
    scenario: &Scenario,
    client: &ClientName,
    event: &EventPattern,
    sent: &'a [Sent<'s>],
) -> Option<Vec<&'a Sent<'s>>> {
    if is_unique(scenario, event) || sent.last()?.client == client {
        return None;
    }
    let (own, others): (Vec<_>, Vec<_>) = sent.iter().partition(|one| one.client == client);
    if own.iter().any(|one| holds_unique(scenario, one.operation)) {
        return None;
    }
    // A request that names the client, as in `$bob.sid`, is for the client only.
    let names_client = |operation: &Operation| {
        let prefix = format!("{client}.");
        let with = operation.with.iter().flat_map(Template::variables);
        with.into_iter().any(|name| name.starts_with(&prefix))
    };
    let causes: Vec<_> = others
        .into_iter()
        .filter(|one| one.operation.args.is_none() && !names_client(one.operation))
        .collect();
    (!causes.is_empty()).then_some(causes)
}

/// Returns another scenario that sends one of these requests, so that it can cause the event.
fn find_other<'s>(
    scenario: &Scenario,
    event: &EventPattern,
    causes: &[&Sent<'_>],
    requests: &[(&'s Scenario, Vec<Sent<'s>>)],
) -> Option<&'s Scenario> {
    let expected = event
        .with
        .as_ref()
        .map(|with| with.describe(&Scope::default()));
    let expected = expected.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let expected = expected.map(Data::from);
    let collides = |one: &Sent<'_>| {
        let is_cause =
            |cause: &&&Sent<'_>| cause.name == one.name && cause.namespace == one.namespace;
        causes.iter().find(is_cause).is_some() && can_match(expected.as_ref(), one.operation)
    };
    let mut others = requests.iter().filter(|(other, _)| other.id != scenario.id);
    others
        .find(|(_, sent)| sent.iter().any(collides))
        .map(|(other, _)| *other)
}

/// Returns false if the request has another value for a field that the step expects.
fn can_match(expected: Option<&Data>, request: &Operation) -> bool {
    let (Some(Data::Object(expected)), Some(with)) = (expected, &request.with) else {
        return true;
    };
    expected.iter().all(|(name, value)| match with.field(name) {
        Some(sent) => sent.as_literal().is_some_and(|sent| sent == value),
        None => true,
    })
}

/// Returns true if the step expects something that no other scenario has: a value of a variable, or of `unique()`.
fn is_unique(scenario: &Scenario, event: &EventPattern) -> bool {
    let describe = || {
        let with = event.with.as_ref();
        with.map(|with| with.describe(&Scope::default()))
    };
    let name = event.name.describe(&Scope::default());
    // The description of a value such as `unique()` is another one each time.
    event.args.is_some()
        || describe() != describe()
        || describe()
            .into_iter()
            .chain([name])
            .any(|text| has_unique_variable(scenario, &text))
}

/// Returns true if a request holds something that no other scenario has.
fn holds_unique(scenario: &Scenario, operation: &Operation) -> bool {
    let is_unique = |with: &Template| {
        with.is_varied() || has_unique_variable(scenario, &with.describe(&Scope::default()))
    };
    operation.args.is_some() || operation.with.as_ref().is_some_and(is_unique)
}

/// Returns true if a text of the scenario has a variable whose value is not a fixed one of the scenario.
fn has_unique_variable(scenario: &Scenario, text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        let end = rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        let is_operator = OPERATORS.iter().any(|(operator, _)| &operator[1..] == name);
        let mut variables = scenario.variables.iter();
        let value = variables.find(|(variable, _)| variable == name);
        let is_fixed = value.is_some_and(|(_, value)| value.as_literal().is_some());
        !is_operator && !is_fixed
    })
}

fn requests(scenario: &Scenario) -> Vec<Sent<'_>> {
    let mut all = Vec::new();
    visit_steps(&scenario.steps, &mut |step| {
        all.extend(sent_by(scenario, step));
    });
    all
}

/// Returns the requests that the clients of a step send.
fn sent_by<'s>(scenario: &'s Scenario, step: &'s Step) -> Vec<Sent<'s>> {
    let Some(operation) = step.action.facts().request else {
        return Vec::new();
    };
    let written = |template: &Template| resolve(scenario, template);
    let home = |client: &ClientName| {
        let mut clients = scenario.clients.iter();
        let declared = clients.find(|spec| spec.name == *client)?;
        declared.options.namespace.as_ref().map(written)
    };
    let of = |client| Sent {
        client,
        name: written(&operation.name),
        namespace: operation
            .namespace
            .as_ref()
            .map(written)
            .or_else(|| home(client))
            .unwrap_or_else(|| MAIN.to_owned()),
        operation,
    };
    step.actors.iter().map(of).collect()
}

/// Returns a text of the scenario, with the value of the variable if it consists of one.
fn resolve(scenario: &Scenario, template: &Template) -> String {
    let mut scope = Scope::default();
    for (name, value) in &scenario.variables {
        if let Some(value) = value.as_literal() {
            scope.set(name.as_str(), value.clone());
        }
    }
    match template.render_text(&scope) {
        Ok(text) => text,
        Err(_) => template.describe(&scope),
    }
}

fn warning(scenario: &Scenario, step: &Step, event: &EventPattern, other: &Scenario) -> Diagnostic {
    let name = resolve(scenario, &event.name);
    Diagnostic {
        code: "shared-event",
        severity: Severity::Warning,
        message: format!(
            "the scenario `{}` can cause this `{name}` too, because the two run at the same time and nothing in it is unique to a run",
            other.id
        ),
        source: Arc::clone(&scenario.source),
        span: Some(step.span),
        related: None,
        help: Some(
            "send and expect a value such as `$marker`, or write `exclusive: true` into the scenario".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Known, Others, SourceFile, load};

    /// Returns the lines of the warnings about scenarios with these requests and expectations. In each scenario,
    /// `alice` sends and `bob` expects.
    fn warned(pairs: &[(&str, &str)]) -> Vec<usize> {
        let scenario = |(number, (request, expected)): (usize, &(&str, &str))| {
            format!(
                "- id: own/s{number}\n  title: T\n  clients: [alice, bob]\n  steps:\n  - emit: say\n    as: alice\n    \
                 with: {request}\n  - expect: said\n    as: bob\n    with: {expected}\n"
            )
        };
        let scenarios: String = pairs.iter().enumerate().map(scenario).collect();
        lines(&format!("scenarios:\n{scenarios}"))
    }

    fn lines(text: &str) -> Vec<usize> {
        let known = Known {
            requirements: None,
            faults: None,
            others: Others::Refused,
        };
        let source = SourceFile::from_bytes("own.yaml".as_ref(), text.into()).unwrap();
        let scenarios = load(source, known).unwrap();
        let warnings = shared_events(&scenarios.iter().collect::<Vec<_>>());
        let spans = warnings.iter().map(|warning| warning.span.unwrap().line);
        spans.collect()
    }

    #[test]
    fn an_event_that_another_scenario_can_cause_gets_a_warning() {
        let hi = ("{ text: hi }", "{ text: hi }");
        assert_eq!(warned(&[hi, hi]), [9, 19]);
        assert_eq!(
            warned(&[hi, ("{ text: hi }", "{ text: <string> }")]),
            [9, 19]
        );
        assert_eq!(warned(&[hi]), [0; 0]);
    }

    #[test]
    fn something_unique_needs_no_warning() {
        let marked = ("{ text: $marker }", "{ text: $marker }");
        assert_eq!(warned(&[marked, marked]), [0; 0]);
        let fresh = ("{ text: \"${ unique() }\" }", "{ text: \"${ unique() }\" }");
        assert_eq!(warned(&[fresh, fresh]), [0; 0]);
        let hi = ("{ text: hi }", "{ text: hi }");
        assert_eq!(warned(&[hi, marked]), [0; 0]);
        assert_eq!(warned(&[hi, ("{ text: bye }", "{ text: bye }")]), [0; 0]);
        assert_eq!(
            warned(&[("{ to: $bob.sid, text: hi }", "{ text: hi }"), hi]),
            [19]
        );
    }

    #[test]
    fn a_client_that_asked_and_a_scenario_that_runs_alone_need_no_warning() {
        let scenario = |id: &str, more: &str, steps: &str| {
            format!("- id: own/{id}\n  title: T\n{more}  clients: [alice, bob]\n  steps:\n{steps}")
        };
        let say = "  - emit: say\n    as: alice\n    with: hi\n";
        let expect = "  - expect: said\n    as: bob\n    with: hi\n";
        let ask = "  - emit: ping\n    as: bob\n";
        let file = |one: &str, other: &str| lines(&format!("scenarios:\n{one}{other}"));
        let plain = scenario("plain", "", &format!("{say}{expect}"));
        let alone = scenario("alone", "  exclusive: true\n", &format!("{say}{expect}"));
        assert_eq!(file(&plain, &alone), [0; 0]);
        let asked = scenario("asked", "", &format!("{say}{ask}{expect}"));
        assert_eq!(file(&plain, &asked), [9]);
        let joined = "  - emit: join\n    as: bob\n    with: { room: $room }\n";
        let joined = scenario("joined", "", &format!("{joined}{say}{expect}"));
        assert_eq!(file(&plain, &joined), [9]);
    }
}
