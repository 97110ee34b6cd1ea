//! Events by which a target reports that it refused something.

use crate::{
    client::{Entry, What},
    data::Data,
    targets::Manifest,
    wire::socket_io::Packet,
};

/// Returns the report if the entry is an event that reports a refusal. The report is converted to a form that is the
/// same for every target.
pub(in crate::runner) fn in_event(manifest: &Manifest, entry: &Entry) -> Option<Data> {
    let spoken = manifest.dialect.errors.event()?;
    match &entry.what {
        What::Socket(Packet::Event { name, args, .. })
            if manifest.bindings.event(spoken) == name =>
        {
            let spoken_args = manifest.bindings.incoming(spoken, args);
            let report = manifest.dialect.refusal_in_event(spoken, &spoken_args)?;
            Some(manifest.report_places.apply(args, report))
        }
        _ => None,
    }
}
