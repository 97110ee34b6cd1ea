//! The way from the request that asks for an upgrade to its connection.

use std::sync::{Mutex, PoisonError};

use super::engine::Upgraded;
use crate::wire::websocket::DeflateOffer;

/// The place in which a request leaves what its connection becomes after a 101.
#[derive(Debug, Default)]
pub(super) struct UpgradeSlot(Mutex<Option<(Upgraded, Option<DeflateOffer>)>>);

impl UpgradeSlot {
    /// Stores what the connection becomes.
    pub(super) fn fill(&self, upgraded: Upgraded, deflate: Option<DeflateOffer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgraded, deflate));
    }

    /// Returns what the connection becomes, once.
    pub(super) fn take(&self) -> Option<(Upgraded, Option<DeflateOffer>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
