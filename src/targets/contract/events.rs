//! The events of the contract: those that its application sends.

use super::model::{Event, Payload};

/// The events that the application sends, sorted by name.
pub const EVENTS: &[Event] = &[
    Event {
        name: "auth",
        payload: Payload::Any,
    },
    Event {
        name: "broadcast-message",
        payload: Payload::Fields(&["text", "from"]),
    },
    Event {
        name: "direct-message",
        payload: Payload::Fields(&["text", "from"]),
    },
    Event {
        name: "echo-back",
        payload: Payload::Any,
    },
    Event {
        name: "exception",
        payload: Payload::Fields(&["status", "code", "message", "field"]),
    },
    Event {
        name: "member-left",
        payload: Payload::Fields(&["room", "user", "id", "reason"]),
    },
    Event {
        name: "message-back",
        payload: Payload::Any,
    },
    Event {
        name: "question",
        payload: Payload::Any,
    },
    Event {
        name: "room-binary",
        payload: Payload::Fields(&["room", "data", "from"]),
    },
    Event {
        name: "room-message",
        payload: Payload::Fields(&["room", "text", "from"]),
    },
];
