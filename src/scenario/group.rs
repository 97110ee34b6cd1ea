//! The variables of a group of clients, such as `watchers[1]` and `watchers[2]`.

use std::sync::Arc;

use minijinja::{
    Value,
    value::{Enumerator, Object},
};

use super::expression_value::from_data;
use crate::data::Data;

/// The number of members of a group whose values are stored together in one shared part. If another scope shares the
/// group, a new value copies only the part with the changed member.
const PART: usize = 64;

/// The variables of a group of clients: the value of each member, by the member's number (1 for `watchers[1]`).
///
/// A clone shares the values, so a scope with thousands of clients is cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    parts: Vec<Arc<Vec<Option<Arc<Data>>>>>,
}

impl Group {
    /// Sets the value of a member.
    pub(super) fn set(&mut self, number: usize, value: Data) {
        let (part, place) = (number / PART, number % PART);
        if self.parts.len() <= part {
            self.parts.resize_with(part + 1, Arc::default);
        }
        if let Some(part) = self.parts.get_mut(part) {
            #[cfg(test)]
            if Arc::strong_count(part) > 1 {
                crate::work::count("copies of members", part.len());
            }
            let part = Arc::make_mut(part);
            if part.len() <= place {
                part.resize(place + 1, None);
            }
            if let Some(slot) = part.get_mut(place) {
                *slot = Some(Arc::new(value));
            }
        }
    }

    /// Returns the value of a member. Returns `None` if the member has no value yet.
    pub(super) fn get(&self, number: usize) -> Option<&Data> {
        let part = self.parts.get(number / PART)?;
        part.get(number % PART)?.as_deref()
    }

    /// Returns the numbers of the members that have a value, in order.
    fn numbers(&self) -> impl Iterator<Item = usize> {
        let slots = self.parts.iter().enumerate().flat_map(|(part, slots)| {
            let slots = slots.iter().enumerate();
            slots.map(move |(place, slot)| (part * PART + place, slot))
        });
        slots
            .filter(|(_, slot)| slot.is_some())
            .map(|(number, _)| number)
    }
}

/// Lets expressions read a group as a map from each member's number to the member's value. Converts a value only when
/// an expression reads it.
impl Object for Group {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_usize()?).map(from_data)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.numbers().map(Value::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_its_values() {
        let mut group = Group::default();
        for number in 1..=200_usize {
            group.set(number, Data::from(number as u64));
        }
        let before = group.clone();
        group.set(70, Data::from("other"));
        assert_eq!(before.get(70), Some(&Data::from(70_u64)));
        assert_eq!(group.get(70), Some(&Data::from("other")));
        assert_eq!(group.get(0), None);
        assert_eq!(group.get(201), None);
        assert!(group.numbers().eq(1..=200));
    }
}
