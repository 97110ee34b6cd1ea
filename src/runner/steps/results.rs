//! Answers in packets that a scenario checks one by one, for a target that answers requests in a form of its own: by an
//! event, or by an acknowledgement with more arguments than the result.

use super::shape::packet_data;
use crate::{
    data::Data,
    runner::{
        clients::Link,
        journal::{message_packet::packet_in, requests::SentEvent},
        matching::values,
        play::attempt::Attempt,
        translation::{received_events, written_texts::written_texts},
    },
    scenario::{Incoming, Matcher, Scope},
    wire::{engine_io::Packet as EnginePacket, socket_io::Packet},
};

/// What the description of an expected acknowledgement contains.
const ACK: &str = "\"type\":\"ack\"";

/// Returns a packet as the scenario expects it. Events and fields have the scenario's names. An acknowledgement has only
/// the result as its arguments. An event with the result of a request becomes the acknowledgement of the request if the
/// step expects this acknowledgement.
pub(super) fn as_expected(
    attempt: &Attempt<'_>,
    link: &Link,
    expected: &Matcher,
    packet: Packet,
) -> Packet {
    let manifest = &attempt.target.manifest;
    match received_events::translate(&manifest.bindings, expected, packet) {
        Packet::Ack {
            namespace,
            id,
            args,
        } => Packet::Ack {
            namespace,
            id,
            args: manifest.acknowledgements.result(args),
        },
        Packet::Event {
            namespace,
            id: None,
            name,
            args,
        } if !manifest.acknowledges() => {
            let mut answers = asked(link).into_iter().filter_map(|event| {
                let is_answer = event.namespace == namespace
                    && manifest.reply_event(&event.spoken) == Some(name.as_str());
                Some(Packet::Ack {
                    namespace: namespace.clone(),
                    id: event.id.filter(|_| is_answer)?,
                    args: manifest.bindings.returned(&event.spoken, args.clone()),
                })
            });
            let found = answers.find(|answer| is_expected(attempt, expected, answer));
            found.unwrap_or(Packet::Event {
                namespace,
                id: None,
                name,
                args,
            })
        }
        packet => packet,
    }
}

/// Returns the events that the client has sent with an ack id. The lock on the connection is free when this function
/// returns, because a comparison locks the variables.
fn asked(link: &Link) -> Vec<SentEvent> {
    link.state().requests.asked().cloned().collect()
}

/// Returns true if a step expects this packet.
fn is_expected(attempt: &Attempt<'_>, expected: &Matcher, packet: &Packet) -> bool {
    let spoken = |own: &str| attempt.spoken_namespace(own);
    let packet: Data = packet_data(packet.clone(), spoken);
    values::check(attempt, expected, Some(&packet)).is_ok_and(|checked| checked.is_ok())
}

/// Returns true if a packet is an event that the scenario does not name, and the step waits for an acknowledgement. An
/// application can send events of its own while it handles a request.
pub(super) fn is_beside(attempt: &Attempt<'_>, expected: &Incoming, packet: &EnginePacket) -> bool {
    let Incoming::Packet(expected) = expected else {
        return false;
    };
    let Some(Packet::Event { name, .. }) = packet_in(packet) else {
        return false;
    };
    let bindings = &attempt.target.manifest.bindings;
    let names = |text: &String| {
        let bound = bindings.entries.iter();
        let mut spoken = bound.filter(|(_, binding)| binding.event == name);
        text.contains(&name) || spoken.any(|(spoken, _)| text.contains(spoken.as_str()))
    };
    expected.describe(&Scope::default()).contains(ACK)
        && !written_texts(attempt.scenario).iter().any(names)
}
