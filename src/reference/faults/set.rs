//! The faults that are switched on in one server.

use super::topic::TopicFault;

/// The faults that are switched on in one server.
///
/// The server looks up faults on every packet, so a lookup in an empty set has to cost next to
/// nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FaultSet {
    /// One 64-bit word for each topic (group of faults), with one bit for each fault of the topic;
    /// empty if no fault is on.
    topics: Vec<u64>,
}

impl FaultSet {
    /// Returns true if no fault is on.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Returns true if `fault` is on.
    pub(in crate::reference) fn has<F: TopicFault>(&self, fault: F) -> bool {
        self.topics
            .get(F::TOPIC)
            .is_some_and(|faults| faults & (1 << fault.index()) != 0)
    }

    /// Switches on one fault. `topic` is the index of the fault's topic (group of faults), and
    /// `index` is the fault's index in this topic.
    pub(super) fn insert(&mut self, topic: usize, index: usize) {
        if self.topics.len() <= topic {
            self.topics.resize(topic + 1, 0);
        }
        if let Some(faults) = self.topics.get_mut(topic) {
            *faults |= 1 << index;
        }
    }

    /// Returns the number of faults that are on.
    #[cfg(test)]
    pub(super) fn len(&self) -> u32 {
        self.topics.iter().map(|faults| faults.count_ones()).sum()
    }
}
