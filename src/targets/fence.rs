//! The fence of a target: a request that the target answers at once and that has no other effect.

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
    /// The place of the fence in the manifest, for messages: `sockspec.yaml:12`.
    pub place: String,
}
