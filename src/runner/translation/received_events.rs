//! Translates the events in packets that a scenario checks one by one into the scenario's names.

use crate::{
    scenario::{Matcher, Scope},
    targets::Bindings,
    wire::socket_io::Packet,
};

/// Returns a packet with the scenario's names of the event and its fields. Several events of the scenarios can be one
/// event of the target, so `expected` decides: the packet that the step expects. Returns the packet unchanged if the
/// step expects none of these events.
pub(in crate::runner) fn translate(
    bindings: &Bindings,
    expected: &Matcher,
    packet: Packet,
) -> Packet {
    let Packet::Event {
        namespace,
        id,
        name,
        args,
    } = packet
    else {
        return packet;
    };
    let bound = bindings.entries.iter();
    let bound = bound.filter(|(_, binding)| binding.event == name);
    let mut spoken: Vec<&str> = bound.map(|(spoken, _)| spoken.as_str()).collect();
    if !spoken.is_empty() {
        let expected = expected.describe(&Scope::default());
        spoken.retain(|spoken| expected.contains(spoken));
    }
    // A name can be a part of a longer one: `message` of `room-message`.
    match spoken.into_iter().max_by_key(|spoken| spoken.len()) {
        Some(spoken) => Packet::Event {
            namespace,
            id,
            args: bindings.incoming(spoken, &args),
            name: spoken.to_owned(),
        },
        None => Packet::Event {
            namespace,
            id,
            name,
            args,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        data::Data,
        runner::samples::{manifest_of, scenario_of},
        scenario::Written,
    };

    /// Returns the name and the first argument of an event `said`, as a step that expects `event` sees them.
    fn seen(event: &str) -> (String, String) {
        let scenario = scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  clients: [a]\n  steps:\n  - open: websocket\n  - receive: {{ packet: {{ data: [{event}, {{ text: hi }}] }} }}\n"
        ));
        let facts = scenario.steps[1].action.facts();
        let expected = facts.written.into_iter().find_map(|written| match written {
            Written::Parts(matcher) => Some(matcher),
            _ => None,
        });
        let manifest = manifest_of(
            "bindings:\n  room-message: { event: said, fields: { text: body } }\n  message: said",
        );
        let packet = Packet::Event {
            namespace: "/".to_owned(),
            id: None,
            name: "said".to_owned(),
            args: vec![Data::from(json!({"body": "hi"}))],
        };
        match translate(&manifest.bindings, expected.unwrap(), packet) {
            Packet::Event { name, args, .. } => (name, args[0].to_string()),
            _ => unreachable!("a translated event is an event"),
        }
    }

    #[test]
    fn an_event_gets_the_name_that_the_step_expects() {
        let of = |event| seen(event).0;
        assert_eq!(of("message"), "message");
        assert_eq!(of("room-message"), "room-message");
        assert_eq!(of("question"), "said");
    }

    #[test]
    fn fields_get_the_names_of_the_scenario() {
        assert_eq!(seen("room-message").1, r#"{"text":"hi"}"#);
        assert_eq!(seen("question").1, r#"{"body":"hi"}"#);
    }
}
