//! The list of all faults.

use std::sync::LazyLock;

use super::{Fault, FaultSet, TABLES};

/// All faults, sorted by id.
pub static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let mut faults = TABLES.concat();
    faults.sort_unstable_by_key(|fault| fault.id);
    faults
});

impl FaultSet {
    /// Returns the set of the faults with these ids.
    ///
    /// # Errors
    ///
    /// Returns the first id that no fault has.
    pub fn from_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut set = Self::default();
        for id in ids {
            let (topic, index) = find(id).ok_or_else(|| id.to_owned())?;
            set.insert(topic, index);
        }
        Ok(set)
    }
}

/// Returns the index of the topic that has the fault `id`, and the index of the fault in it.
fn find(id: &str) -> Option<(usize, usize)> {
    TABLES.iter().enumerate().find_map(|(topic, table)| {
        let index = table.iter().position(|fault| fault.id == id)?;
        Some((topic, index))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::faults::{
        acks::AckFault, frames::FrameFault, recipients::RecipientFault,
    };

    #[test]
    fn ids_are_unique_and_each_topic_fits_into_one_word() {
        assert!(FAULTS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(TABLES.iter().all(|table| table.len() <= 64));
        for fault in FAULTS.iter() {
            assert!(fault.breaks.ends_with('.'), "{}", fault.id);
        }
    }

    #[test]
    fn every_id_switches_one_fault_on() {
        for fault in FAULTS.iter() {
            let set = FaultSet::from_ids([fault.id]).unwrap();
            assert_eq!(set.len(), 1, "{}", fault.id);
            assert!(!set.is_empty(), "{}", fault.id);
        }
        assert_eq!(FaultSet::from_ids(["nonsense"]), Err("nonsense".to_owned()));
        assert!(FaultSet::from_ids([]).unwrap().is_empty());
    }

    #[test]
    fn an_id_switches_on_the_variant_that_is_declared_with_it() {
        let set = FaultSet::from_ids(["room-emit-leaks", "unmasked-frame-accepted"]).unwrap();
        assert!(set.has(RecipientFault::LeaksToOutsiders));
        assert!(set.has(FrameFault::UnmaskedAccepted));
        assert!(!set.has(AckFault::Twice));
    }
}
