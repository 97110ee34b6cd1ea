//! Finds and translates the operations that a scenario uses. An operation is an event of the contract application; a
//! target's manifest can give the event another name.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{
    namespaces,
    written_texts::{described, is_in_words_of_target, texts_of},
};
use crate::{
    data::Data,
    scenario::{Scenario, Step, Template, visit_steps},
    targets::{Binding, Bindings, Capability, Manifest, OPERATIONS, Source},
};

/// Matches the event name at the start of a packet's JSON arguments. The quotes around the name are escaped if the
/// packet itself is quoted.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\[\\?"([a-z][a-z-]*)\\?""#).ok());

/// Returns the name of an event that occurs in a packet written by hand, if the runner can't translate this packet for
/// the target. Either the target's binding changes more than the name, or the name stands in raw bytes or in an
/// expected answer.
pub(in crate::runner) fn find_untranslatable<'b>(
    scenario: &Scenario,
    bindings: &'b Bindings,
) -> Option<&'b str> {
    if bindings.entries.is_empty() || !awaits_application(scenario) {
        return None;
    }
    let texts = texts_of(scenario);
    let mut sent = names(&texts.sent);
    if !texts.sent.is_empty() {
        // Search the variables too: if the scenario is a row of an `each:` table, its packets can be values of the row,
        // and the steps contain only variables.
        sent.extend(names(&texts.variables));
    }
    let fixed = &names(&texts.fixed) | &names(&texts.expected);
    let translated = bindings.entries.iter().find(|(name, binding)| {
        let is_renamed = binding.event != **name;
        (fixed.contains(name.as_str()) && (is_renamed || has_other_fields(binding)))
            || (sent.contains(name.as_str()) && has_other_fields(binding))
    });
    translated.map(|(name, _)| name.as_str())
}

/// Returns a packet that the scenario writes as text, with the contract's names of the event and the namespace replaced
/// by the target's names. `template` is the text as the scenario writes it.
pub(in crate::runner) fn translate(
    scenario: &Scenario,
    manifest: &Manifest,
    template: &Template,
    text: String,
) -> String {
    match is_in_words_of_target(scenario, template) {
        true => text,
        false => translate_names(scenario, manifest, text),
    }
}

fn translate_names(scenario: &Scenario, manifest: &Manifest, text: String) -> String {
    let bindings = &manifest.bindings;
    let text = namespaces::translate(manifest, text);
    if bindings.entries.is_empty() || !awaits_application(scenario) {
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

/// Returns an operation (an event of the contract application) that the scenario uses and that is in `absent`, the
/// operations that the target's application lacks.
pub(in crate::runner) fn find_absent<'m>(
    scenario: &Scenario,
    absent: &'m [String],
) -> Option<&'m str> {
    if absent.is_empty() {
        return None;
    }
    let texts = texts_of(scenario);
    let written: Vec<_> = [&texts.sent, &texts.variables, &texts.fixed, &texts.expected]
        .into_iter()
        .flat_map(|texts| names(texts))
        .collect();
    // A packet written by hand counts only if the scenario needs a capability that the application's events provide. In
    // other scenarios, the packet may be one that the server has to ignore.
    let by_hand = |name: &str| awaits_application(scenario) && written.contains(&name);
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
    let mut operations = absent.iter().filter(|name| !name.contains(['/', '.']));
    let found = operations.find(|name| is_called(name) || by_hand(name));
    found.map(String::as_str)
}

/// Returns a field that the scenario expects of an event or of the answer to a request, and that the target's
/// application does not send there: `whoami.rooms`. The manifest lists the field under `absent`, or its binding leaves
/// the field out.
pub(in crate::runner) fn find_absent_field(
    scenario: &Scenario,
    manifest: &Manifest,
) -> Option<String> {
    let mut found = None;
    visit_steps(&scenario.steps, &mut |step| {
        let facts = step.action.facts();
        let is_request = facts.request.is_some();
        for (event, expected) in facts.demanded {
            for name in spoken_names(scenario, event) {
                let mut fields = expected.fields().into_iter();
                let lacking = fields.find(|field| lacks_field(manifest, &name, field, is_request));
                if let Some(field) = lacking {
                    found.get_or_insert(format!("{name}.{field}"));
                }
            }
        }
    });
    found
}

/// Returns the names that a step gives to an event: the name itself, or the value of the variable that stands for it.
fn spoken_names(scenario: &Scenario, event: &Template) -> Vec<String> {
    let text = described(event);
    let Some(variable) = text.strip_prefix('$') else {
        return vec![text];
    };
    let variables = scenario.variables.iter();
    let values = variables.filter(|(name, _)| name == variable);
    values.map(|(_, value)| described(value)).collect()
}

/// Returns true if the application does not send a field in an event, or in the answer to a request.
fn lacks_field(manifest: &Manifest, name: &str, field: &str, is_request: bool) -> bool {
    let is_absent = |absent: &String| {
        absent
            .split_once('.')
            .is_some_and(|(of, lacking)| of == name && lacking == field)
    };
    let binding = manifest.bindings.get(name);
    let places = binding.and_then(|binding| match is_request {
        true => binding.returns.as_ref(),
        false => binding.places.as_ref(),
    });
    manifest.absent.iter().any(is_absent)
        || places.is_some_and(|places| !places.fields.contains_key(field))
}

/// Returns the operations of the contract that the scenario's steps call or emit, or that one of its variables names.
pub(in crate::runner) fn used(scenario: &Scenario) -> BTreeSet<&'static str> {
    let variables = scenario.variables.iter();
    let mut named: BTreeSet<_> = variables.map(|(_, value)| described(value)).collect();
    visit_steps(&scenario.steps, &mut |step| {
        named.extend(step.action.facts().operation.map(described));
    });
    let operations = OPERATIONS.iter().map(|operation| operation.name);
    operations.filter(|name| named.contains(*name)).collect()
}

/// Returns true if the scenario needs the application: its echo, or a capability that its events provide.
pub(in crate::runner) fn awaits_application(scenario: &Scenario) -> bool {
    scenario.needs.iter().any(|need| need == "echo") || awaits_events(scenario)
}

/// Returns true if the scenario needs a capability that the application's events provide.
pub(in crate::runner) fn awaits_events(scenario: &Scenario) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn scenario(needs: &str, steps: &str) -> Scenario {
        scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  needs: [{needs}]\n  clients: [a]\n  vars: {{ packet: '421[\"echo\",1]' }}\n  \
             steps:\n  - open: websocket\n{steps}\n  - receive: nothing\n"
        ))
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
        let translate = |scenario, bindings| {
            let mut manifest = manifest_of("");
            manifest.bindings = bindings;
            translate_names(scenario, &manifest, packet.to_owned())
        };
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
        moved.namespaces.rename("/x", "/y");
        assert_eq!(translate(&other, moved), r#"42/y,1["echo","echo"]"#);
    }

    #[test]
    fn an_echo_has_the_names_of_the_target_already() {
        let own = scenario("acks", "  - alive");
        let mut manifest = manifest_of("");
        manifest.bindings = bindings("say", false);
        let text = r#"420["echo","hi"]"#;
        for (template, sent) in [
            ("${ echo('hi') }", text),
            ("${ echo('hi')[:3] }", text),
            (text, r#"420["say","hi"]"#),
        ] {
            let template = Template::text(template).unwrap();
            let found = translate(&own, &manifest, &template, text.to_owned());
            assert_eq!(found, sent);
        }
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
    fn fields_that_the_application_leaves_out_are_found() {
        let found = |manifest: &str, steps| {
            find_absent_field(&scenario("acks", steps), &manifest_of(manifest))
        };
        let call = "  - call: whoami\n    as: a\n    reply: { rooms: [], user: <string> }";
        let absent = "absent: [whoami.rooms]";
        assert_eq!(found(absent, call).as_deref(), Some("whoami.rooms"));
        assert_eq!(found("absent: [whoami.id]", call), None);
        let returned = "bindings: { whoami: { returns: [{ name: $user }] } }";
        assert_eq!(found(returned, call).as_deref(), Some("whoami.rooms"));
        let event = "  - expect: room-message\n    as: a\n    with: { from: <string> }";
        let args = "bindings: { room-message: { event: said, args: [$room, $text] } }";
        assert_eq!(found(args, event).as_deref(), Some("room-message.from"));
        let fields = "bindings: { room-message: { event: said, fields: { text: body } } }";
        assert_eq!(found(fields, event), None);
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
