//! Which entries of a journal steps have claimed, that is, received as expected.
//!
//! The journal is read once, as it grows. So a step looks only at the events that no earlier step has claimed, not at
//! the whole journal.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{index_set::IndexSet, named_events::NamedEvents};
use crate::{
    client::{Entry, What},
    clock,
    wire::socket_io::Packet,
};

/// The entries of one journal that steps have claimed, that is, received as expected, and the entries that later steps
/// can still claim or answer.
#[derive(Debug, Default)]
pub(in crate::runner) struct Received {
    /// The indices of the entries that steps have claimed.
    claimed: IndexSet,
    /// The indices of the Socket.IO events that no step has claimed.
    events: IndexSet,
    /// The same indices by the name of the event.
    events_by_name: NamedEvents,
    /// The indices of the WebSocket frames that no step has claimed.
    frames: IndexSet,
    /// The indices of the packets and messages that no step has claimed, and of the illegal data and HTTP errors that
    /// came in place of packets.
    packets: IndexSet,
    /// The indices of the events that `reply` steps have answered.
    answered: IndexSet,
    /// The indices of the events that have an ack id.
    questions: IndexSet,
    /// The indices of the events that no `reply` step has answered. An event without an ack id leaves this set when a
    /// step claims it.
    unanswered: IndexSet,
    /// For each namespace, whether its last CONNECT or DISCONNECT packet from the server is a CONNECT.
    connected: BTreeMap<String, bool>,
    /// The entries that steps have received or answered, each with the time at which a step did so.
    noted: Vec<(usize, Instant)>,
    /// The number of journal entries that were read so far.
    read: usize,
}

/// The kind of journal entries that a step waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Sort<'n> {
    /// Socket.IO events that no step has claimed: those with this name on the wire, or all of them.
    Event(Option<&'n str>),
    /// WebSocket frames that no step has claimed.
    Frame,
    /// Packets and messages that no step has claimed, and illegal data and HTTP errors in place of packets.
    Packet,
    /// Events that no `reply` step has answered. An event without an ack id is among them until a step claims it.
    Question,
}

impl Received {
    /// Reads the entries that were added to the journal since the last call of this function.
    pub(in crate::runner) fn read(&mut self, entries: &[Entry]) {
        for (index, entry) in entries.iter().enumerate().skip(self.read) {
            let is_claimed = self.claimed.contains(index);
            match &entry.what {
                What::Socket(Packet::Event { id, name, .. }) => {
                    if id.is_some() {
                        self.questions.insert(index);
                    }
                    if !self.answered.contains(index) && (id.is_some() || !is_claimed) {
                        self.unanswered.insert(index);
                    }
                    if !is_claimed {
                        self.events.insert(index);
                        self.events_by_name.push(index, name);
                    }
                }
                What::Socket(Packet::Connect { namespace, .. }) => {
                    self.connected.insert(namespace.clone(), true);
                }
                What::Socket(Packet::Disconnect { namespace }) => {
                    self.connected.insert(namespace.clone(), false);
                }
                What::Frame(_) if !is_claimed => {
                    self.frames.insert(index);
                }
                What::Illegal { .. } | What::Message(_) | What::Packet(_) if !is_claimed => {
                    self.packets.insert(index);
                }
                What::Http(response) if response.status >= 400 && !is_claimed => {
                    self.packets.insert(index);
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
    pub(in crate::runner) fn claim(&mut self, index: usize) {
        self.note(index);
        self.claimed.insert(index);
        self.events.remove(index);
        self.events_by_name.remove(index);
        self.frames.remove(index);
        self.packets.remove(index);
        if !self.questions.contains(index) {
            self.unanswered.remove(index);
        }
    }

    /// Claims an entry, unless a step has claimed it before. Returns true if the entry was unclaimed.
    pub(in crate::runner) fn claim_unclaimed(&mut self, index: usize) -> bool {
        let is_unclaimed = !self.is_claimed(index);
        self.claim(index);
        is_unclaimed
    }

    /// Records that a step has received an entry, so that the transcript shows the entry at this step. Unlike
    /// [`Self::claim`], this changes nothing for later steps.
    pub(in crate::runner) fn note(&mut self, index: usize) {
        self.noted.push((index, clock::now()));
    }

    /// Returns the entries that steps have received or answered, each with the time at which a step did so, in the order
    /// of these times.
    pub(in crate::runner) fn noted(&self) -> &[(usize, Instant)] {
        &self.noted
    }

    /// Marks the event at `index` as answered. No later `reply` step answers it.
    pub(in crate::runner) fn answer(&mut self, index: usize) {
        self.note(index);
        self.answered.insert(index);
        self.unanswered.remove(index);
    }

    /// Returns the indices of the entries of one kind that no step has claimed (for [`Sort::Question`]: that no `reply`
    /// step has answered), among those that were read, in order, from index `from` on.
    pub(in crate::runner) fn waiting(
        &self,
        sort: Sort<'_>,
        from: usize,
    ) -> impl Iterator<Item = usize> {
        let (set, name) = match sort {
            Sort::Event(None) => (Some(&self.events), None),
            Sort::Event(name) => (None, name),
            Sort::Frame => (Some(&self.frames), None),
            Sort::Packet => (Some(&self.packets), None),
            Sort::Question => (Some(&self.unanswered), None),
        };
        let of_set = set.into_iter().flat_map(move |set| set.from(from));
        let of_name = name.map(|name| self.events_by_name.named(name, from));
        of_set.chain(of_name.into_iter().flatten())
    }

    /// Returns true if a step has claimed the entry, that is, received it as expected.
    pub(in crate::runner) fn is_claimed(&self, index: usize) -> bool {
        self.claimed.contains(index)
    }

    /// Returns the indices of all claimed entries.
    pub(in crate::runner) fn claimed(&self) -> &IndexSet {
        &self.claimed
    }

    /// Returns the events among the entries read so far that no step has claimed, that is, received as expected: those
    /// with this name on the wire, or all of them. They are in the order of the journal.
    pub(in crate::runner) fn unclaimed_events<'e>(
        &self,
        name: Option<&str>,
        entries: &'e [Entry],
    ) -> impl Iterator<Item = (usize, &'e Entry)> {
        self.waiting(Sort::Event(name), 0)
            .filter_map(move |index| Some((index, entries.get(index)?)))
    }

    /// Returns true if the server's last CONNECT or DISCONNECT packet for the namespace is a CONNECT.
    pub(in crate::runner) fn is_connected(&self, namespace: &str) -> bool {
        self.connected.get(namespace).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, wire::socket_io::AckId};

    fn entry(packet: Packet) -> Entry {
        Entry {
            at: clock::now(),
            commanded: None,
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
            let events = received.unclaimed_events(None, entries);
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
    }

    #[tokio::test]
    async fn a_question_is_answered_once_whether_a_step_has_claimed_it_or_not() {
        let mut question = event();
        if let What::Socket(Packet::Event { id, .. }) = &mut question.what {
            *id = Some(AckId(0));
        }
        let entries = vec![question.clone(), event(), question.clone(), question];
        let mut received = Received::default();
        // A step can answer an event before the journal is read.
        received.answer(3);
        received.read(&entries);
        assert!(received.waiting(Sort::Question, 0).eq([0, 1, 2]));
        received.claim(0);
        received.claim(1);
        assert!(received.waiting(Sort::Question, 0).eq([0, 2]));
        received.answer(0);
        assert!(received.waiting(Sort::Question, 0).eq([2]));
        assert!(received.waiting(Sort::Event(None), 0).eq([2, 3]));
        assert_eq!(received.waiting(Sort::Question, 3).next(), None);
    }
}
