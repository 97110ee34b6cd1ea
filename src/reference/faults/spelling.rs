//! What can be written in several ways means the same in all of them.
//!
//! The defects stand in the table of [`events`](super::events).

use super::events::Events;
use crate::{
    data::Data,
    reference::{FaultSet, engine::Session},
    wire::engine_io::PacketData,
};

/// An event's name is what its JSON means; returns whether this one is not found.
pub(in crate::reference) fn overlooks(faults: &FaultSet, message: &PacketData) -> bool {
    let PacketData::Text(text) = message else {
        return false;
    };
    let name = text
        .split_once("[\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    faults.has(Events::NamesAsWritten) && name.is_some_and(|(name, _)| name.contains('\\'))
}

/// What can be written in several ways is taken in all of them; returns whether this one is not.
pub(in crate::reference) fn refuses_legal(session: &Session, message: &PacketData) -> bool {
    let faults = session.faults();
    let PacketData::Text(text) = message else {
        return false;
    };
    if faults.is_empty() {
        return false;
    }
    let names_root = text.as_str() == "0/" || text.starts_with("0/,");
    let named = text.starts_with("0/");
    (faults.has(Events::CommaRequired) && named && !text.contains(','))
        || (faults.has(Events::RootNameRefused) && names_root)
        || (faults.has(Events::TwinKeysRefused) && has_twin_keys(text))
}

/// Whether more keys are written in a packet than are read from it.
fn has_twin_keys(text: &str) -> bool {
    fn keys(data: &Data) -> usize {
        match data {
            Data::Array(items) => items.iter().map(keys).sum(),
            Data::Object(fields) => fields.len() + fields.values().map(keys).sum::<usize>(),
            _ => 0,
        }
    }
    let json = text.find('[').and_then(|start| text.get(start..));
    let read = json.and_then(|json| serde_json::from_str::<Data>(json).ok());
    read.is_some_and(|data| text.matches("\":").count() > keys(&data))
}
