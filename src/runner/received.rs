//! Which entries of a journal steps have claimed, that is, received as expected.
//!
//! The journal is read once, as it grows. So a step looks only at the events that no earlier step has claimed, not at
//! the whole journal.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    client::{Entry, What},
    wire::socket_io::Packet,
};

/// The entries of one journal that steps have claimed, that is, received as expected, and the events that no step has
/// claimed yet.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// The indices of the entries that steps have claimed.
    claimed: BTreeSet<usize>,
    /// The indices of the Socket.IO events that no step has claimed.
    unclaimed: BTreeSet<usize>,
    /// For each namespace, whether its last CONNECT or DISCONNECT packet from the server is a CONNECT.
    connected: BTreeMap<String, bool>,
    /// The number of journal entries that were read so far.
    read: usize,
}

impl Received {
    /// Reads the entries that were added to the journal since the last call of this function.
    pub(super) fn read(&mut self, entries: &[Entry]) {
        for (index, entry) in entries.iter().enumerate().skip(self.read) {
            match &entry.what {
                What::Socket(Packet::Event { .. }) => {
                    if !self.claimed.contains(&index) {
                        self.unclaimed.insert(index);
                    }
                }
                What::Socket(Packet::Connect { namespace, .. }) => {
                    self.connected.insert(namespace.clone(), true);
                }
                What::Socket(Packet::Disconnect { namespace }) => {
                    self.connected.insert(namespace.clone(), false);
                }
                What::Bytes(_)
                | What::Ended(_)
                | What::Frame(_)
                | What::Http(_)
                | What::Illegal { .. }
                | What::Message(_)
                | What::Oversize(_)
                | What::Packet(_)
                | What::Sent(_)
                | What::Socket(Packet::Ack { .. } | Packet::ConnectError { .. }) => {}
            }
        }
        self.read = self.read.max(entries.len());
    }

    /// Claims an entry: a step has received it as expected, and no later step receives it again.
    pub(super) fn claim(&mut self, index: usize) {
        self.claimed.insert(index);
        self.unclaimed.remove(&index);
    }

    /// Returns true if a step has claimed the entry, that is, received it as expected.
    pub(super) fn is_claimed(&self, index: usize) -> bool {
        self.claimed.contains(&index)
    }

    /// Returns the indices of the claimed entries, from index `from` on.
    pub(super) fn claimed_from(&self, from: usize) -> BTreeSet<usize> {
        self.claimed.range(from..).copied().collect()
    }

    /// Returns the events among the entries read so far that no step has claimed, that is, received as expected. They
    /// are in the order of the journal.
    pub(super) fn unclaimed_events<'e>(
        &self,
        entries: &'e [Entry],
    ) -> impl Iterator<Item = (usize, &'e Entry)> {
        self.unclaimed
            .iter()
            .filter_map(move |index| Some((*index, entries.get(*index)?)))
    }

    /// Returns true if the server's last CONNECT or DISCONNECT packet for the namespace is a CONNECT.
    pub(super) fn is_connected(&self, namespace: &str) -> bool {
        self.connected.get(namespace).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn entry(packet: Packet) -> Entry {
        Entry {
            at: clock::now(),
            what: What::Socket(packet),
        }
    }

    fn event() -> Entry {
        entry(Packet::Event {
            namespace: "/".to_owned(),
            id: None,
            name: "news".to_owned(),
            args: Vec::new(),
        })
    }

    #[tokio::test]
    async fn events_are_unclaimed_until_a_step_claims_them() {
        let mut entries = vec![
            entry(Packet::Connect {
                namespace: "/".to_owned(),
                payload: None,
            }),
            event(),
            event(),
        ];
        let mut received = Received::default();
        let unclaimed = |received: &Received, entries: &[Entry]| {
            let events = received.unclaimed_events(entries);
            events.map(|(index, _)| index).collect::<Vec<_>>()
        };
        // A step can claim an entry before `read` has read that entry.
        received.claim(2);
        received.read(&entries);
        assert_eq!(unclaimed(&received, &entries), [1]);
        assert!(received.is_connected("/"));
        received.claim(1);
        entries.push(event());
        entries.push(entry(Packet::Disconnect {
            namespace: "/".to_owned(),
        }));
        received.read(&entries);
        assert_eq!(unclaimed(&received, &entries), [3]);
        assert!(received.is_claimed(1) && !received.is_claimed(3));
        assert!(!received.is_connected("/"));
        assert!(received.claimed_from(2).into_iter().eq([2]));
    }
}
