//! Compares what the server sent with what a step expects: values, events and WebSocket frames.

pub(super) mod event_pattern;
pub(super) mod events;
pub(super) mod frames;
pub(super) mod values;
