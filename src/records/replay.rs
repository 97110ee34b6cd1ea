//! Plays the events of records again, so that reports can be made from them.

use std::path::{Path, PathBuf};

use super::{
    ReadRecordError, Replayed, UnmergeableError,
    merge::Parts,
    player::{Player, unmasked},
    reader::Reader,
};
use crate::{
    runner::{Event, EventKind, Record},
    targets::Masked,
};

/// Plays the events of a record, in their order. Joins several records that are the parts of one run.
///
/// A record that is cut ends with a notice about that, and with the summary of what it holds.
///
/// # Errors
///
/// Returns an error if a record can't be read, or if several records are not all parts of one run.
pub fn replay(
    paths: &[PathBuf],
    emit: &mut impl FnMut(&Masked<Event>),
) -> Result<Replayed, UnmergeableError> {
    match paths {
        [path] => Ok(replay_one(path, emit)?),
        parts => Ok(Parts::read(parts)?.play(emit)?),
    }
}

/// Returns events from which the same record can be built: for a run that could not begin, which has no events.
pub fn events_of(record: &Masked<Record>) -> Vec<Masked<Event>> {
    let Record {
        info,
        outcomes,
        notices,
        summary,
        snapshots,
    } = (**record).clone();
    let started = [EventKind::RunStarted(info)].into_iter();
    let outcomes = outcomes.into_iter().map(Box::new);
    let kinds = started
        .chain(outcomes.map(EventKind::ScenarioFinished))
        .chain(notices.into_iter().map(EventKind::Noticed))
        .chain(snapshots.into_iter().map(EventKind::SnapshotsCompared))
        .chain([EventKind::RunFinished(summary)]);
    let at = summary.duration;
    let events = kinds.map(|kind| unmasked().masked(Event { at, kind }));
    events.collect()
}

/// Plays the events of one record, as [`replay`] does.
///
/// # Errors
///
/// Returns an error if the record can't be read.
pub fn replay_one(
    path: &Path,
    emit: &mut impl FnMut(&Masked<Event>),
) -> Result<Replayed, ReadRecordError> {
    let (header, mut reader) = Reader::open(path)?;
    let mut player = Player::new(emit);
    while let Some(event) = reader.next()? {
        player.play(event);
    }
    let is_cut = !player.has_finished;
    if is_cut {
        player.finish_cut(player.last);
    }
    Ok(Replayed {
        header: unmasked().masked(header),
        record: unmasked().masked(player.record),
        is_cut,
    })
}
