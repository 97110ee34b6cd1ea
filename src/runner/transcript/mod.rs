//! Transcripts: what the clients of an attempt sent and received, written so that two runs of a server that behaves the
//! same give the same text.
//!
//! Three things differ from run to run although the server behaves the same: values such as ids, ports and times; the
//! order in which packets of different causes arrive; and traffic that has nothing to do with the scenario. So values
//! become placeholders (`names.rs`), lines stand in the order of the steps (`slots.rs`), and heartbeats, fences and
//! packets of other scenarios are left out (`traffic.rs`).

pub(super) mod exchange;
mod fold;
mod given;
mod known;
mod names;
mod packets;
mod sent;
pub(super) mod slots;
mod text;
mod traffic;
mod unsteady;

use std::collections::BTreeMap;

use self::{
    packets::Writing,
    slots::{SlotOrder, Slots},
    text::Numbers,
    traffic::{Draft, Reader, shown_clients},
};
use super::{
    plan::Item,
    play::attempt::Attempt,
    record::transcript::{Transcript, TranscriptLane, TranscriptLine},
};

/// The name of the lane with the requests of `http` steps. No client can have it.
const HTTP_STEPS: &str = "http steps";

/// Returns the transcript of an attempt at `item`, or `None` if the settings of the run, the scenario or the manifest
/// want none.
pub(super) fn of(attempt: &Attempt<'_>, item: &Item, number: usize) -> Option<Transcript> {
    let slots = attempt.slots.as_ref()?;
    let manifest = &attempt.target.manifest;
    let names = known::names(attempt);
    let writing = Writing {
        names: &names,
        rules: [&attempt.scenario.snapshot, &manifest.snapshot],
    };
    let reader = Reader::new(attempt, slots, writing);
    let clients = shown_clients(attempt);
    let clients = clients.map(|client| (client.spec.name.to_string(), reader.of_client(client)));
    let requests = reader.of_http_steps();
    let requests = (!requests.is_empty()).then(|| (HTTP_STEPS.to_owned(), requests));
    let mut numbers = Numbers::default();
    let lanes = clients.chain(requests).map(|(client, drafts)| {
        numbers.begin_lane();
        lane(client, drafts, slots, &mut numbers)
    });
    Some(Transcript {
        id: item.id.clone(),
        attempt: number,
        scenario: item.scenario.id.clone(),
        transport: item.transport,
        profile: item
            .profile
            .and_then(|index| manifest.profiles.get(index))
            .map(|profile| profile.name.clone()),
        lanes: fold::folded(lanes.collect()),
    })
}

/// Returns a lane: first the lines of the slots, then what no step received.
fn lane(
    client: String,
    drafts: Vec<Draft>,
    slots: &Slots,
    numbers: &mut Numbers,
) -> TranscriptLane {
    let mut by_slot: BTreeMap<usize, Vec<Draft>> = BTreeMap::new();
    let mut besides = Vec::new();
    for draft in drafts {
        match draft.slot {
            Some(slot) => by_slot.entry(slot).or_default().push(draft),
            None => besides.push(draft),
        }
    }
    let mut lines = Vec::new();
    for (slot, mut drafts) in by_slot {
        drafts.sort_by_key(|draft| draft.place);
        let is_mixed = match slots.order_of(slot) {
            SlotOrder::AsItHappens => false,
            SlotOrder::AnyArrival => drafts.iter().filter(|draft| draft.received).count() > 1,
            SlotOrder::SideBySide => true,
        };
        match is_mixed {
            true => render_sorted(drafts, numbers, &mut lines),
            false => lines.extend(drafts.iter().map(|draft| render(draft, numbers))),
        }
    }
    let mut also = Vec::new();
    render_sorted(besides, numbers, &mut also);
    TranscriptLane {
        client,
        lines: fold::counted(lines),
        also: fold::counted(also),
    }
}

/// Adds the lines of things whose order differs from run to run: what the client sent, then what it received, both
/// sorted by text.
fn render_sorted(drafts: Vec<Draft>, numbers: &mut Numbers, lines: &mut Vec<TranscriptLine>) {
    let (received, sent): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.received);
    for mut drafts in [sent, received] {
        // The lines above have given numbers to some values.
        drafts.sort_by_cached_key(|draft| numbers.key(&draft.text));
        lines.extend(drafts.iter().map(|draft| render(draft, numbers)));
    }
}

fn render(draft: &Draft, numbers: &mut Numbers) -> TranscriptLine {
    TranscriptLine {
        received: draft.received,
        text: numbers.render(&draft.text),
    }
}
