//! The fence of a target: a request that the target answers at once and that has no other effect.

use super::{Manifest, OPERATIONS, Replies};
use crate::data::Data;

/// A request whose answer proves that the target has handled everything that the client sent before.
#[derive(Clone, Debug, PartialEq)]
pub struct Fence {
    /// The request: the scenarios' name of an operation, or the target's own name of an event.
    pub request: String,
    /// The event that answers the request; `None` if the request is a `call`, which is answered like any other call.
    pub expects: Option<String>,
    /// The only argument of the request.
    pub with: Data,
}

impl Manifest {
    /// Returns the target's name of the event that brings the result of a request to the client that sent it. Returns
    /// `None` if the target only acknowledges the request. `name` is the scenarios' name of the request.
    pub fn reply_event<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.dialect.replies {
            Replies::Ack => None,
            Replies::Both | Replies::Event => Some(self.bindings.replied(name)),
        }
    }

    /// Returns true if the target acknowledges requests.
    pub fn acknowledges(&self) -> bool {
        match self.dialect.replies {
            Replies::Ack | Replies::Both => true,
            Replies::Event => false,
        }
    }

    /// Returns true if an event can come without a step that expects it: a greeting, or the result of a request that a
    /// step sent without waiting for the result. `name` is the target's name of the event.
    pub fn is_side_event(&self, name: &str) -> bool {
        if self.greetings.iter().any(|greeting| greeting == name) {
            return true;
        }
        let brings_result = |operation: &str| self.reply_event(operation) == Some(name);
        self.dialect.replies != Replies::Ack
            && (self
                .bindings
                .entries
                .keys()
                .any(|bound| brings_result(bound))
                || OPERATIONS
                    .iter()
                    .any(|operation| brings_result(operation.name)))
    }

    /// Returns the target's name of the event that answers the fence; `None` if an acknowledgement answers it.
    pub fn fence_event<'a>(&'a self, fence: &'a Fence) -> Option<&'a str> {
        match &fence.expects {
            Some(event) => Some(self.bindings.event(event)),
            None if self.acknowledges() => None,
            None => self.reply_event(&fence.request),
        }
    }
}
