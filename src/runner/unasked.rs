//! Events that nobody in the scenario asked for.

use super::{attempt::Attempt, whole::packet_in};
use crate::{
    data::Data,
    wire::{engine_io::Packet as EnginePacket, socket_io::Packet},
};

/// Whether a packet has nothing to do with the scenario: a greeting, as the manifest names them, or what another
/// scenario sends to everybody in the namespace. Steps that go packet by packet look past those that they don't ask for:
/// a scenario can't know when they come, and they answer nobody.
pub(super) fn is_unasked(attempt: &Attempt<'_>, packet: &Packet) -> bool {
    let Packet::Event {
        id: None,
        name,
        args,
        ..
    } = packet
    else {
        return false;
    };
    attempt.site.manifest.greetings.contains(name)
        || (has_text(args, &|text| attempt.unique.is_another_in(text))
            && !has_text(args, &|text| attempt.unique.is_in(text)))
}

/// The same of a message that is decoded up to Engine.IO only.
pub(super) fn is_unasked_message(attempt: &Attempt<'_>, message: &EnginePacket) -> bool {
    packet_in(message).is_some_and(|packet| is_unasked(attempt, &packet))
}

fn has_text(values: &[Data], fits: &dyn Fn(&str) -> bool) -> bool {
    values.iter().any(|value| match value {
        Data::String(text) => fits(text),
        Data::Array(items) => has_text(items, fits),
        Data::Object(fields) => fields
            .values()
            .any(|field| has_text(std::slice::from_ref(field), fits)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Bytes(_) => false,
    })
}
