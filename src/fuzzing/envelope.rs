//! The check of the envelopes that carry events on a plain WebSocket.

use crate::wire::{
    Envelope, Keys,
    socket_io::{AckId, Packet},
};

/// The ids up to this one count as those of requests of the reader.
const ASKED: AckId = AckId(3);

/// Checks in each form that a packet which a message carries can be written, and that what was written carries the
/// packet again.
pub(super) fn round_trip(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for form in forms() {
        for packet in form.decode(text, "/", &|id| id <= ASKED) {
            check_again(&form, &packet);
        }
    }
}

fn check_again(form: &Envelope, packet: &Packet) {
    let Packet::Event { id, args, .. } = packet else {
        assert!(matches!(packet, Packet::Ack { .. }), "{packet:?}");
        return;
    };
    // The codec writes no id 0, no id of a request to the reader, and nothing that this form has no place for.
    let is_own = id.is_some_and(|id| id <= ASKED);
    if is_own || !form.carries(args) {
        return;
    }
    let Some(written) = form.encode(packet) else {
        return;
    };
    let again = form.decode(&written, "/", &|id| id <= ASKED);
    assert_eq!(again.len(), 1, "{written} carries one packet");
}

fn forms() -> [Envelope; 4] {
    let keys = |data: Option<&str>, has_bare_results| {
        Envelope::Object(Keys {
            event: "event".to_owned(),
            data: data.map(str::to_owned),
            id: Some("id".to_owned()),
            has_bare_results,
        })
    };
    [
        Envelope::Array,
        Envelope::JsonRpc,
        keys(Some("data"), true),
        keys(None, false),
    ]
}
