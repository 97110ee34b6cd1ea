//! The requests that steps sent on one connection, and the server's answers to them.
//!
//! A failed `deliver` step says which request the server refused. The journal is read once, as it grows; memory is
//! bounded.

use std::collections::{BTreeMap, VecDeque};

use super::{received::Received, refusal_reports};
use crate::{
    client::{Entry, What},
    data::Data,
    targets::Manifest,
    wire::socket_io::{AckId, Packet},
};

/// The limit on the requests of one connection that the runner remembers.
const REQUESTS: usize = 256;

/// The limit on the refusals of one connection that the runner remembers.
const REPORTS: usize = 64;

/// The requests of one connection, oldest first, and what the server answered.
#[derive(Debug, Default)]
pub(in crate::runner) struct Requests {
    sent: VecDeque<Tracked>,
    /// The events by which the server reported refusals.
    reports: VecDeque<Report>,
    /// The index of the entry with the server's DISCONNECT, by namespace.
    disconnects: BTreeMap<String, usize>,
    /// The index of the entry in which the server ended the connection.
    end: Option<usize>,
    /// Whether a step expected the server to disconnect the client.
    expects_end: bool,
    /// The number of journal entries that were read.
    read: usize,
}

/// A request that a step sent.
#[derive(Clone, Debug)]
pub(in crate::runner) struct SentRequest {
    /// The position of the request among all requests of the attempt. Later requests have higher numbers.
    pub(in crate::runner) number: u64,
    /// The index of the first journal entry that can hold the server's answer.
    pub(in crate::runner) from: usize,
    /// The event, or `None` for something else that the scenario wrote by hand.
    pub(in crate::runner) event: Option<SentEvent>,
    /// The writer of the packet: the runner or the scenario.
    pub(in crate::runner) author: Author,
}

/// The writer of a request's packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Author {
    /// The runner, for a step such as `emit`.
    Runner,
    /// The scenario, in a step such as `send`.
    Scenario,
}

/// The event of a request.
#[derive(Clone, Debug)]
pub(in crate::runner) struct SentEvent {
    /// The event's name in the scenario, which is the contract's name.
    pub(in crate::runner) spoken: String,
    /// The event's name on the wire, which is the target's name.
    pub(in crate::runner) name: String,
    /// The event's namespace.
    pub(in crate::runner) namespace: String,
    /// The ack id, if the event asks for an acknowledgement.
    pub(in crate::runner) id: Option<AckId>,
}

/// A request, and what the runner knows about its answer.
#[derive(Debug)]
struct Tracked {
    request: SentRequest,
    /// The acknowledgement: the index of its journal entry, and whether it reports a refusal.
    acknowledgement: Option<(usize, Acknowledged)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Acknowledged {
    WithRefusal,
    WithSuccess,
}

/// An event by which the server reported a refusal.
#[derive(Debug)]
struct Report {
    index: usize,
    namespace: String,
    /// The event that the report says it answers, if it says so, as NestJS 11 does (`cause.pattern`).
    answers: Option<String>,
}

/// What became of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Fate {
    /// The server acknowledged the request with success.
    Accepted,
    /// The server did not answer.
    Open,
    /// The server refused the request, as a step expected.
    RefusedAsExpected,
    /// The server refused the request, disconnected the client, or ended its connection.
    Rejected(Answer),
}

impl Fate {
    /// Returns true if the server certainly rejected this request, and not another one.
    pub(in crate::runner) fn is_surely_rejected(&self) -> bool {
        matches!(self, Self::Rejected(answer) if !matches!(answer.how, Rejected::OneOf(_)))
    }
}

/// How the server rejected a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::runner) struct Answer {
    /// The index of the journal entry that holds the answer.
    pub(in crate::runner) index: usize,
    /// What the server did.
    pub(in crate::runner) how: Rejected,
}

/// What the server did instead of accepting a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Rejected {
    /// The server disconnected the client from this namespace.
    Disconnected(String),
    /// The server ended the connection.
    Ended,
    /// The server reported a refusal of one of several requests. Holds the names of their events.
    OneOf(Vec<String>),
    /// The server reported that it refused the request.
    Refused,
}

impl Requests {
    /// Adds a request that a step is about to send.
    pub(in crate::runner) fn add(&mut self, request: SentRequest) {
        if self.sent.is_empty() {
            // Entries before the first request answer no request.
            self.read = self.read.max(request.from);
        }
        if self.sent.len() == REQUESTS {
            self.sent.pop_front();
        }
        self.sent.push_back(Tracked {
            request,
            acknowledgement: None,
        });
    }

    /// Returns true if no step has sent a request on this connection.
    pub(in crate::runner) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Records that the answer to the request with this ack id is what the step expected, even if it looks like a
    /// refusal.
    pub(in crate::runner) fn accept(&mut self, namespace: &str, id: AckId) {
        if let Some(tracked) = self.acknowledged_by(namespace, id) {
            tracked.acknowledgement = Some((0, Acknowledged::WithSuccess));
        }
    }

    /// Returns true if the scenario wrote one of the packets itself. The server may end the connection in response.
    pub(in crate::runner) fn has_any_by_hand(&self) -> bool {
        let mut sent = self.sent.iter();
        sent.any(|tracked| tracked.request.author == Author::Scenario)
    }

    /// Returns the events that clients have sent with an ack id, oldest first.
    pub(in crate::runner) fn asked(&self) -> impl Iterator<Item = &SentEvent> {
        let events = self
            .sent
            .iter()
            .filter_map(|tracked| tracked.request.event.as_ref());
        events.filter(|event| event.id.is_some())
    }

    /// Records that a step expected the server to disconnect the client or to end the connection.
    pub(in crate::runner) fn expect_end(&mut self) {
        self.expects_end = true;
    }

    /// Returns true if a step has ended the connection, or expected its end.
    pub(in crate::runner) fn expects_end(&self) -> bool {
        self.expects_end
    }

    /// Forgets a request, because the event that it causes was delivered.
    pub(super) fn forget(&mut self, number: u64) {
        self.sent.retain(|tracked| tracked.request.number != number);
    }

    /// Reads the entries that were added to the journal since the last call of this function.
    pub(in crate::runner) fn read(&mut self, manifest: &Manifest, entries: &[Entry]) {
        for (index, entry) in entries.iter().enumerate().skip(self.read) {
            match &entry.what {
                What::Socket(Packet::Ack {
                    namespace,
                    id,
                    args,
                }) => {
                    let answer = match manifest.refusal_in_ack(args) {
                        Some(_) => Acknowledged::WithRefusal,
                        None => Acknowledged::WithSuccess,
                    };
                    if let Some(tracked) = self.acknowledged_by(namespace, *id) {
                        tracked.acknowledgement.get_or_insert((index, answer));
                    }
                }
                What::Socket(Packet::Disconnect { namespace }) => {
                    self.disconnects.entry(namespace.clone()).or_insert(index);
                }
                What::Socket(Packet::Event {
                    namespace, args, ..
                }) if refusal_reports::in_event(manifest, entry).is_some() => {
                    if self.reports.len() == REPORTS {
                        self.reports.pop_front();
                    }
                    self.reports.push_back(Report {
                        index,
                        namespace: namespace.clone(),
                        answers: pattern(args),
                    });
                }
                What::Ended(ended) if !ended.by_us => self.end = Some(index),
                _ => {}
            }
        }
        self.read = self.read.max(entries.len());
    }

    fn acknowledged_by(&mut self, namespace: &str, id: AckId) -> Option<&mut Tracked> {
        self.sent.iter_mut().rev().find(|tracked| {
            let event = tracked.request.event.as_ref();
            event.is_some_and(|event| event.id == Some(id) && event.namespace == namespace)
        })
    }

    /// Returns each request with what became of it. `received` says which reports a step has received as expected.
    pub(in crate::runner) fn fates<'s>(
        &'s self,
        received: &Received,
    ) -> Vec<(&'s SentRequest, Fate)> {
        let mut fates: Vec<_> = self
            .sent
            .iter()
            .map(|tracked| (&tracked.request, self.known_fate(tracked, received)))
            .collect();
        self.assign_reports(&mut fates, received);
        for (request, fate) in &mut fates {
            if *fate == Fate::Open
                && !self.expects_end
                && let Some(answer) = self.end_after(request)
            {
                *fate = Fate::Rejected(answer);
            }
        }
        fates
    }

    fn known_fate(&self, tracked: &Tracked, received: &Received) -> Fate {
        match tracked.acknowledgement {
            None => Fate::Open,
            Some((_, Acknowledged::WithSuccess)) => Fate::Accepted,
            Some((index, Acknowledged::WithRefusal)) if received.is_claimed(index) => {
                Fate::RefusedAsExpected
            }
            Some((index, Acknowledged::WithRefusal)) => Fate::Rejected(Answer {
                index,
                how: Rejected::Refused,
            }),
        }
    }

    /// Finds the request that each report answers. A report that can answer several requests answers one of them.
    fn assign_reports(&self, fates: &mut [(&SentRequest, Fate)], received: &Received) {
        let mut open: Vec<_> = self.reports.iter().collect();
        // A report with only one possible request leaves fewer possible requests for the other reports.
        loop {
            let before = open.len();
            open.retain(|report| {
                let candidates = candidates(fates, report);
                match candidates.as_slice() {
                    [only] => {
                        settle(fates, *only, report, received);
                        false
                    }
                    // A step has received this report as expected: servers mostly answer in order.
                    [first, ..] if received.is_claimed(report.index) => {
                        settle(fates, *first, report, received);
                        false
                    }
                    _ => true,
                }
            });
            if open.len() == before {
                break;
            }
        }
        let Some(last) = open.last() else { return };
        let candidates = candidates(fates, last);
        if candidates.len() <= open.len() {
            for (index, report) in candidates.iter().zip(&open) {
                settle(fates, *index, report, received);
            }
            return;
        }
        let names: Vec<_> = candidates
            .iter()
            .filter_map(|index| Some(fates.get(*index)?.0.event.as_ref()?.spoken.clone()))
            .collect();
        for index in candidates {
            if let Some((_, fate)) = fates.get_mut(index) {
                *fate = Fate::Rejected(Answer {
                    index: last.index,
                    how: Rejected::OneOf(names.clone()),
                });
            }
        }
    }

    /// Returns how the server left the client without an answer to the request, if it did.
    fn end_after(&self, request: &SentRequest) -> Option<Answer> {
        let disconnected = match &request.event {
            Some(event) => self.disconnects.get_key_value(&event.namespace),
            None => self.disconnects.first_key_value(),
        };
        let after = |index: &usize| *index >= request.from;
        let disconnected =
            disconnected
                .filter(|(_, index)| after(index))
                .map(|(namespace, index)| Answer {
                    index: *index,
                    how: Rejected::Disconnected(namespace.clone()),
                });
        disconnected.or_else(|| {
            self.end.filter(after).map(|index| Answer {
                index,
                how: Rejected::Ended,
            })
        })
    }
}

/// Returns the positions of the requests that a report can answer. Packets that are no events count only if no event
/// can be meant.
fn candidates(fates: &[(&SentRequest, Fate)], report: &Report) -> Vec<usize> {
    let possible = |accepts: &dyn Fn(&SentRequest) -> bool| {
        let requests = fates.iter().enumerate();
        requests
            .filter(|(_, (request, fate))| {
                *fate == Fate::Open && request.from <= report.index && accepts(request)
            })
            .map(|(index, _)| index)
            .collect::<Vec<_>>()
    };
    let event = |request: &SentRequest, accepts: &dyn Fn(&SentEvent) -> bool| {
        request
            .event
            .as_ref()
            .is_some_and(|event| event.namespace == report.namespace && accepts(event))
    };
    if let Some(name) = &report.answers {
        let named = possible(&|request| event(request, &|event| event.name == *name));
        if !named.is_empty() {
            return named;
        }
    }
    let events = possible(&|request| event(request, &|_| true));
    if events.is_empty() {
        return possible(&|request| request.event.is_none());
    }
    events
}

fn settle(fates: &mut [(&SentRequest, Fate)], index: usize, report: &Report, received: &Received) {
    if let Some((_, fate)) = fates.get_mut(index) {
        *fate = match received.is_claimed(report.index) {
            true => Fate::RefusedAsExpected,
            false => Fate::Rejected(Answer {
                index: report.index,
                how: Rejected::Refused,
            }),
        };
    }
}

/// Returns the name of the event that a report says it answers.
fn pattern(args: &[Data]) -> Option<String> {
    let pattern = args.first()?.get("cause")?.get("pattern")?;
    pattern.as_str().map(str::to_owned)
}
