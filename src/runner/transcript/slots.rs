//! The slots of a transcript: one for what happens before the first step, and one for each step.
//!
//! What a client sends and what a step receives happen at nearly the same time, so their order in time says nothing. The
//! order of the steps does.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::clock;

/// The slots of an attempt, in the order in which they began.
#[derive(Debug, Default)]
pub(in crate::runner) struct Slots(Mutex<Vec<Slot>>);

#[derive(Clone, Copy, Debug)]
struct Slot {
    begun: Instant,
    order: SlotOrder,
}

/// The order of what happens in a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum SlotOrder {
    /// One thing happens after the other.
    AsItHappens,
    /// Several clients have sent something at the same time, so what arrives because of it comes in any order.
    AnyArrival,
    /// Several things happen side by side, so their order differs from run to run.
    SideBySide,
}

impl Slots {
    /// Begins the slot of a step. What arrives after a step in which several clients send comes in any order.
    pub(in crate::runner) fn begin(&self, order: SlotOrder) {
        let begun = clock::now();
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_any = slots
            .iter()
            .any(|slot: &Slot| slot.order != SlotOrder::AsItHappens);
        let order = match order {
            SlotOrder::AsItHappens if is_any => SlotOrder::AnyArrival,
            order => order,
        };
        slots.push(Slot { begun, order });
    }

    /// Returns the number of the slot in which something happened: 0 before the first step.
    pub(super) fn number_at(&self, time: Instant) -> usize {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.partition_point(|slot| slot.begun <= time)
    }

    /// Returns the order of what happens in the slot with this number.
    pub(super) fn order_of(&self, number: usize) -> SlotOrder {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = number.checked_sub(1).and_then(|index| slots.get(index));
        slot.map_or(SlotOrder::AsItHappens, |slot| slot.order)
    }
}
