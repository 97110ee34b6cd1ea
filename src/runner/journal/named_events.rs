//! The unclaimed events of a journal by name, so that a step that waits for one name does not look at all other events.

use std::collections::{HashMap, VecDeque};

/// The indices of events by name. A step adds an index when the event is received and removes it when a step claims the
/// event.
#[derive(Debug, Default)]
pub(super) struct NamedEvents {
    /// The place of each name in `indices`.
    places: HashMap<String, u32>,
    /// The indices of the events with each name, in ascending order.
    indices: Vec<VecDeque<usize>>,
    /// The place of the name of the event at each index of the journal. `None` for entries that are no events.
    place_of: Vec<Option<u32>>,
}

impl NamedEvents {
    /// Adds the index of an event. The index has to be larger than all earlier ones, as it is if the journal is read in
    /// order.
    pub(super) fn push(&mut self, index: usize, name: &str) {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.indices.len()).unwrap_or(u32::MAX);
                self.places.insert(name.to_owned(), place);
                self.indices.push(VecDeque::new());
                place
            }
        };
        self.place_of.resize(index, None);
        self.place_of.push(Some(place));
        if let Some(indices) = self.indices.get_mut(place as usize) {
            indices.push_back(index);
        }
    }

    /// Removes an index. Does nothing if the set does not contain the index.
    pub(super) fn remove(&mut self, index: usize) {
        let place = self.place_of.get(index).copied().flatten();
        let indices = place.and_then(|place| self.indices.get_mut(place as usize));
        if let Some(indices) = indices
            && let Ok(position) = indices.binary_search(&index)
        {
            indices.remove(position);
        }
    }

    /// Returns the indices of the events with a name from index `from` on, in order.
    pub(super) fn named(&self, name: &str, from: usize) -> impl Iterator<Item = usize> + use<'_> {
        let place = self.places.get(name);
        let indices = place.and_then(|place| self.indices.get(*place as usize));
        indices.into_iter().flat_map(move |indices| {
            let start = indices.partition_point(|index| *index < from);
            indices.range(start..).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn events_are_found_by_name_until_they_are_removed(
            names in prop::collection::vec(prop::option::of("[ab]"), 0..60),
            removed in prop::collection::vec(0_usize..60, 0..40),
            from in 0_usize..70,
        ) {
            let mut events = NamedEvents::default();
            for (index, name) in names.iter().enumerate() {
                if let Some(name) = name {
                    events.push(index, name);
                }
            }
            removed.iter().for_each(|index| events.remove(*index));
            for name in ["a", "b", "c"] {
                let expected = names.iter().enumerate().filter(|(index, one)| {
                    *index >= from && one.as_deref() == Some(name) && !removed.contains(index)
                });
                prop_assert!(events.named(name, from).eq(expected.map(|(index, _)| index)));
            }
        }
    }
}
