//! Events by which a target reports that it refused something.

use super::clients::Link;
use crate::{
    client::{Entry, What},
    data::Data,
    targets::Manifest,
    wire::socket_io::Packet,
};

/// Returns the report if the entry is an event that reports a refusal. The report is converted to a form that is the
/// same for every target.
pub(super) fn in_event(manifest: &Manifest, entry: &Entry) -> Option<Data> {
    let spoken = manifest.dialect.errors.event()?;
    match &entry.what {
        What::Socket(Packet::Event { name, args, .. })
            if manifest.bindings.event(spoken) == name =>
        {
            let args = manifest.bindings.incoming(spoken, args);
            manifest.dialect.refusal_in_event(spoken, &args)
        }
        _ => None,
    }
}

/// Returns the indices of the journal entries that report a refusal and that no step has claimed, that is, received as
/// expected.
pub(super) fn unclaimed(manifest: &Manifest, link: &Link) -> Vec<usize> {
    let mut state = link.state();
    let entries = link.connection.journal().entries();
    state.received.read(&entries);
    let events = state.received.unclaimed_events(&entries);
    events
        .filter(|(_, entry)| in_event(manifest, entry).is_some())
        .map(|(index, _)| index)
        .collect()
}
