//! All defects there are, and the ones switched on in one server.

use std::sync::LazyLock;

use super::{
    Fault, acks, auth, binary, connect, cors, deflate, disconnect, endurance, errors, events,
    frames, handshake, heartbeat, limits, msgpack, payload, polling, questions, recipients,
    recovery, requests, revision3, robustness, rooms, table::Defect, upgrade, websocket,
};

/// Every topic's table, at the place that the topic names.
pub(super) const TABLES: [&[Fault]; 26] = [
    acks::TABLE,
    auth::TABLE,
    binary::TABLE,
    connect::TABLE,
    cors::TABLE,
    disconnect::TABLE,
    errors::TABLE,
    events::TABLE,
    frames::TABLE,
    handshake::TABLE,
    heartbeat::TABLE,
    limits::TABLE,
    payload::TABLE,
    polling::TABLE,
    questions::TABLE,
    recipients::TABLE,
    requests::TABLE,
    revision3::TABLE,
    robustness::TABLE,
    rooms::TABLE,
    upgrade::TABLE,
    websocket::TABLE,
    recovery::TABLE,
    msgpack::TABLE,
    deflate::TABLE,
    endurance::TABLE,
];

/// All faults there are, sorted by id.
pub static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let mut faults = TABLES.concat();
    faults.sort_unstable_by_key(|fault| fault.id);
    faults
});

/// The faults switched on in one server.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FaultSet {
    /// One bit a defect, one word a topic.
    topics: [u64; TABLES.len()],
}

impl FaultSet {
    /// The set of these ids.
    ///
    /// # Errors
    ///
    /// The first id that does not exist.
    pub fn from_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut set = Self::default();
        for id in ids {
            let mut found = false;
            for (topic, table) in set.topics.iter_mut().zip(TABLES) {
                if let Some(place) = table.iter().position(|fault| fault.id == id) {
                    *topic |= 1 << place;
                    found = true;
                }
            }
            if !found {
                return Err(id.to_owned());
            }
        }
        Ok(set)
    }

    /// Whether no fault is on.
    pub fn is_empty(&self) -> bool {
        self.topics == [0; TABLES.len()]
    }

    /// Whether this defect is on.
    pub(in crate::reference) fn has<D: Defect>(&self, defect: D) -> bool {
        self.topics
            .get(D::TOPIC)
            .is_some_and(|topic| topic & (1 << defect.place()) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_tables_fit_their_words() {
        assert!(FAULTS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(TABLES.iter().all(|table| table.len() <= 64));
        for fault in FAULTS.iter() {
            assert!(fault.breaks.ends_with('.'), "{}", fault.id);
        }
    }

    #[test]
    fn every_id_switches_one_defect_on() {
        for fault in FAULTS.iter() {
            let set = FaultSet::from_ids([fault.id]).unwrap();
            let bits: u32 = set.topics.iter().map(|topic| topic.count_ones()).sum();
            assert_eq!(bits, 1, "{}", fault.id);
        }
        assert_eq!(FaultSet::from_ids(["nonsense"]), Err("nonsense".to_owned()));
        assert!(FaultSet::default().is_empty());
    }

    #[test]
    fn topics_stand_where_they_say() {
        let set = FaultSet::from_ids(["room-emit-leaks", "unmasked-frame-accepted"]).unwrap();
        assert!(set.has(recipients::Recipients::LeaksToOutsiders));
        assert!(set.has(frames::Frames::UnmaskedAccepted));
        assert!(!set.has(acks::Acks::Twice));
    }
}
