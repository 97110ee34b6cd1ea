//! The slot through which the handler of an upgrade request tells the connection's task what the
//! connection becomes.

use std::sync::{Mutex, PoisonError};

use super::engine::Upgraded;
use crate::wire::websocket::DeflateOffer;

/// Holds what a connection becomes after the 101 response. The request handler fills the slot, and
/// the connection's task empties it.
#[derive(Debug, Default)]
pub(super) struct UpgradeSlot(Mutex<Option<(Upgraded, Option<DeflateOffer>)>>);

impl UpgradeSlot {
    /// Stores what the connection becomes after the 101 response.
    pub(super) fn fill(&self, upgraded: Upgraded, deflate: Option<DeflateOffer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgraded, deflate));
    }

    /// Returns and clears what the connection becomes after the 101 response; `None` if no request
    /// asked for an upgrade.
    pub(super) fn take(&self) -> Option<(Upgraded, Option<DeflateOffer>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
