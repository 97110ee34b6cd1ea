//! Finds and translates the operations that a scenario uses. An operation is an event of the contract application; a
//! target's manifest can give the event another name.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use crate::{
    data::Data,
    scenario::{Scenario, Scope, Step, Template, Written, visit_steps},
    targets::{Binding, Bindings, Capability, Source},
};

/// Matches the event name at the start of a packet's JSON arguments. The quotes around the name are escaped if the
/// packet itself is quoted.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\[\\?"([a-z][a-z-]*)\\?""#).ok());

/// Matches the namespace of a packet, which follows the digits of the packet types and the number of attachments.
static NAMESPACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^4[0-6](?:\d+-)?(/[^,?]+)").ok());

/// Returns the name of an event that occurs in a packet written by hand, if the runner can't translate this packet for
/// the target. Either the target's binding changes more than the name, or the name stands in raw bytes or in an
/// expected answer.
pub(super) fn find_untranslatable<'b>(
    scenario: &Scenario,
    bindings: &'b Bindings,
) -> Option<&'b str> {
    if bindings.entries.is_empty() || !awaits_application(scenario) {
        return None;
    }
    let mut texts = Texts::default();
    collect(&scenario.steps, &mut texts);
    if !texts.sent.is_empty() {
        // Search the variables too: if the scenario is a row of an `each:` table, its packets can be values of the row,
        // and the steps contain only variables.
        let variables = scenario.variables.iter();
        texts
            .sent
            .extend(variables.map(|(_, value)| described(value)));
    }
    let (sent, fixed) = (names(&texts.sent), names(&texts.fixed));
    let translated = bindings.entries.iter().find(|(name, binding)| {
        let is_renamed = binding.event != **name;
        (fixed.contains(name.as_str()) && (is_renamed || has_other_fields(binding)))
            || (sent.contains(name.as_str()) && has_other_fields(binding))
    });
    translated.map(|(name, _)| name.as_str())
}

/// Returns a packet that the scenario writes as text, with the contract's names of the event and the namespace replaced
/// by the target's names.
pub(super) fn translate(scenario: &Scenario, bindings: &Bindings, text: String) -> String {
    if bindings.entries.is_empty() {
        return text;
    }
    let text = translate_namespace(bindings, text);
    if !awaits_application(scenario) {
        return text;
    }
    let Some(found) = NAME.as_ref().and_then(|name| name.captures(&text)?.get(1)) else {
        return text;
    };
    match bindings.get(found.as_str()) {
        Some(binding) if binding.event != found.as_str() && !has_other_fields(binding) => {
            let quoted = Data::from(binding.event.as_str()).to_string();
            // Insert the name without quotes: the packet already has them.
            let inside = &quoted[1..quoted.len() - 1];
            format!("{}{inside}{}", &text[..found.start()], &text[found.end()..])
        }
        _ => text,
    }
}

/// Returns a packet written by hand, with the target's name of its namespace.
fn translate_namespace(bindings: &Bindings, text: String) -> String {
    let Some(found) = NAMESPACE
        .as_ref()
        .and_then(|namespace| namespace.captures(&text)?.get(1))
    else {
        return text;
    };
    let own = bindings.event(found.as_str());
    format!("{}{own}{}", &text[..found.start()], &text[found.end()..])
}

/// Returns a namespace that the scenario expects in a packet written by hand and that the target calls by another name.
pub(super) fn find_renamed_namespace<'b>(
    scenario: &Scenario,
    bindings: &'b Bindings,
) -> Option<&'b str> {
    let renamed = bindings
        .entries
        .iter()
        .filter(|(name, binding)| name.starts_with('/') && binding.event != **name);
    let mut renamed = renamed.map(|(name, _)| name.as_str()).peekable();
    renamed.peek()?;
    let mut texts = Texts::default();
    collect(&scenario.steps, &mut texts);
    let is_expected = |name: &&str| {
        let mut expected = texts.fixed.iter().chain(&texts.parts);
        expected.any(|text| names_namespace(text, name))
    };
    renamed.find(is_expected)
}

/// Returns true if the text contains the namespace, and not just a longer name that begins with it.
fn names_namespace(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        next.is_none_or(|next| !(next.is_alphanumeric() || "-_/".contains(next)))
    })
}

/// Returns an operation (an event of the contract application) that the scenario uses and that is in `absent`, the
/// operations that the target's application lacks.
pub(super) fn find_absent<'m>(scenario: &Scenario, absent: &'m [String]) -> Option<&'m str> {
    if absent.is_empty() {
        return None;
    }
    let mut texts = Texts::default();
    collect(&scenario.steps, &mut texts);
    let variables = scenario.variables.iter();
    texts
        .sent
        .extend(variables.map(|(_, value)| described(value)));
    let (sent, fixed) = (names(&texts.sent), names(&texts.fixed));
    // A packet written by hand counts only if the scenario needs a capability that the application's events provide. In
    // other scenarios, the packet may be one that the server has to ignore.
    let by_hand =
        |name: &str| awaits_application(scenario) && (sent.contains(name) || fixed.contains(name));
    let is_called = |name: &str| {
        let calls = |step: &Step| {
            let operation = step.action.facts().operation;
            operation.is_some_and(|operation| described(operation) == name)
        };
        scenario.steps.iter().any(|step| step.any(&calls))
            || scenario
                .variables
                .iter()
                .any(|(_, value)| described(value) == name)
    };
    let found = absent.iter().find(|name| is_called(name) || by_hand(name));
    found.map(String::as_str)
}

/// Returns a namespace that the scenario uses and that the target does not have.
pub(super) fn find_absent_namespace<'m>(
    scenario: &Scenario,
    absent: &'m [String],
) -> Option<&'m str> {
    let mut absent = absent
        .iter()
        .filter(|name| name.starts_with('/'))
        .peekable();
    absent.peek()?;
    let written = written_texts(scenario);
    let is_used = |name: &&String| {
        scenario.mentioned.namespaces.contains(*name)
            || written.iter().any(|text| names_namespace(text, name))
    };
    absent.find(is_used).map(String::as_str)
}

/// Returns the packets, frames and bodies that a scenario writes or expects as text, and the values of its variables,
/// which can be parts of them.
pub(super) fn written_texts(scenario: &Scenario) -> Vec<String> {
    let mut texts = Texts::default();
    collect(&scenario.steps, &mut texts);
    let variables = scenario.variables.iter();
    let variables = variables.map(|(_, value)| described(value));
    let written = texts.sent.into_iter().chain(texts.fixed).chain(texts.parts);
    written.chain(variables).collect()
}

fn awaits_application(scenario: &Scenario) -> bool {
    let mut needs = scenario.needs.iter();
    needs.any(|need| {
        Capability::find(need).is_some_and(|capability| capability.source == Source::Events)
    })
}

fn has_other_fields(binding: &Binding) -> bool {
    !binding.fields.is_empty()
        || binding.payload.is_some()
        || binding.returns.is_some()
        || binding.namespace.is_some()
}

fn names(texts: &[String]) -> BTreeSet<&str> {
    let found = NAME
        .iter()
        .flat_map(|name| texts.iter().flat_map(|text| name.captures_iter(text)));
    found
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect()
}

/// The texts of packets, frames and bodies in a scenario; event names can occur in them.
#[derive(Default)]
struct Texts {
    /// Packets and frame payloads that clients send. The runner can replace an event name in them.
    sent: Vec<String>,
    /// Raw bytes, HTTP bodies and expected packets. The runner can't replace an event name in them.
    fixed: Vec<String>,
    /// Expected packets that the scenario describes as objects, not as text.
    parts: Vec<String>,
}

fn collect(steps: &[Step], texts: &mut Texts) {
    visit_steps(steps, &mut |step| {
        for written in step.action.facts().written {
            match written {
                Written::Expected(matcher) => {
                    texts.fixed.push(matcher.describe(&Scope::default()));
                }
                Written::Parts(matcher) => {
                    texts.parts.push(matcher.describe(&Scope::default()));
                }
                Written::Fixed(template) => texts.fixed.push(described(template)),
                Written::Sent(template) => texts.sent.push(described(template)),
            }
        }
    });
}

/// Returns a template as it stands in the scenario, with the names of variables and not their values.
fn described(template: &Template) -> String {
    match template.as_literal().and_then(|literal| literal.as_str()) {
        Some(text) => text.to_owned(),
        None => template.describe(&Scope::default()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Known, Others, SourceFile, load};

    fn scenario(needs: &str, steps: &str) -> Scenario {
        let text = format!(
            "scenarios:\n- id: a/b\n  title: T\n  needs: [{needs}]\n  clients: [a]\n  vars: {{ packet: '421[\"echo\",1]' }}\n  \
             steps:\n  - open: websocket\n{steps}\n  - receive: nothing\n"
        );
        let source = SourceFile::from_bytes(Path::new("a.yaml"), text.into_bytes()).unwrap();
        let known = Known {
            requirements: None,
            faults: None,
            others: Others::Refused,
        };
        load(source, known).unwrap().remove(0)
    }

    /// Returns bindings that rename the event `echo` to `event`, and also rename its field `text` if `other` is true.
    fn bindings(event: &str, other: bool) -> Bindings {
        let mut binding = Binding {
            event: event.to_owned(),
            ..Binding::default()
        };
        if other {
            binding.fields.insert("text".to_owned(), "body".to_owned());
        }
        let mut bindings = Bindings::default();
        bindings.entries.insert("echo".to_owned(), binding);
        bindings
    }

    #[test]
    fn names_are_translated_if_the_binding_changes_nothing_else() {
        let (own, packet) = (scenario("acks", "  - alive"), r#"42/x,1["echo","echo"]"#);
        let translate = |scenario, bindings| translate(scenario, &bindings, packet.to_owned());
        assert_eq!(
            translate(&own, bindings("say", false)),
            r#"42/x,1["say","echo"]"#
        );
        assert_eq!(
            translate(&own, bindings("a \"b\"", false)),
            r#"42/x,1["a \"b\"","echo"]"#
        );
        assert_eq!(translate(&own, bindings("echo", false)), packet);
        // The capability `server-close` is about the event `kick-me`, which scenarios write by hand. So this scenario's
        // packets are translated too.
        let kick = scenario("server-close", "  - alive");
        assert_eq!(
            translate(&kick, bindings("say", false)),
            r#"42/x,1["say","echo"]"#
        );
        let other = scenario("websocket", "  - alive");
        assert_eq!(translate(&other, bindings("say", false)), packet);
        let mut moved = bindings("echo", false);
        moved.entries.insert(
            "/x".to_owned(),
            Binding {
                event: "/y".to_owned(),
                ..Binding::default()
            },
        );
        assert_eq!(translate(&other, moved), r#"42/y,1["echo","echo"]"#);
    }

    #[test]
    fn expected_namespaces_that_the_target_calls_otherwise_are_found() {
        let found = |step, name: &str| {
            let mut bindings = bindings("say", false);
            let binding = Binding {
                event: "/club".to_owned(),
                ..Binding::default()
            };
            bindings.entries.insert(name.to_owned(), binding);
            find_renamed_namespace(&scenario("websocket", step), &bindings).map(str::to_owned)
        };
        let by_hand = "  - receive: '40/slow,'";
        assert_eq!(found(by_hand, "/slow").as_deref(), Some("/slow"));
        assert_eq!(found(by_hand, "/slo"), None);
        let matched = "  - receive: { packet: { type: connect, namespace: /slow } }";
        assert_eq!(found(matched, "/slow").as_deref(), Some("/slow"));
        assert_eq!(found("  - send: '40/slow,'", "/slow"), None);
    }

    #[test]
    fn operations_that_are_absent_are_found() {
        let found = |needs, steps, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            find_absent(&scenario(needs, steps), &names).map(str::to_owned)
        };
        let call = "  - repeat: 2\n    steps:\n    - call: whoami\n      as: a";
        assert_eq!(
            found("acks", call, &["ack-late", "whoami"]).as_deref(),
            Some("whoami")
        );
        assert_eq!(found("acks", call, &["ack-late"]), None);
        let by_hand = "  - send: '421[\"ask\"]'";
        assert_eq!(found("acks", by_hand, &["ask"]).as_deref(), Some("ask"));
        assert_eq!(found("websocket", by_hand, &["ask"]), None);
    }

    #[test]
    fn events_that_cannot_be_translated_are_found() {
        let found = |needs, steps, event, other| {
            let (scenario, bindings) = (scenario(needs, steps), bindings(event, other));
            find_untranslatable(&scenario, &bindings).map(str::to_owned)
        };
        for steps in [
            "  - send: '421[\"echo\",\"$marker\"]'",
            "  - send: $packet",
            "  - repeat: 2\n    steps:\n    - frame: { payload: '42/x,1[\"echo\"]' }",
        ] {
            assert_eq!(found("acks", steps, "say", false), None, "{steps}");
            assert_eq!(
                found("acks", steps, "say", true).as_deref(),
                Some("echo"),
                "{steps}"
            );
            assert_eq!(found("websocket", steps, "say", true), None, "{steps}");
        }
        for steps in [
            "  - http: POST /x\n    body: '421[\"echo\"]'",
            "  - receive: '42[\"echo\"]'",
        ] {
            assert_eq!(
                found("acks", steps, "say", false).as_deref(),
                Some("echo"),
                "{steps}"
            );
            assert_eq!(found("acks", steps, "echo", false), None, "{steps}");
        }
    }
}
