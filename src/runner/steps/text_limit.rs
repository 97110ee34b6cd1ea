//! The rules `max-text` and `room-names` of the application: the longest text that an event can hold, and the names that
//! a room can have.

use crate::{
    data::Data,
    runner::{
        findings::{Obstacle, StepResult},
        play::attempt::Attempt,
    },
    targets::{OPERATIONS, TextUnit},
    text::excerpt,
};

/// Refuses an event with a text that is longer than the application takes. The scenario is then skipped.
pub(super) fn check(attempt: &Attempt<'_>, args: &[Data]) -> StepResult {
    let manifest = &attempt.target.manifest;
    let Some(most) = manifest.rules.max_text else {
        return Ok(());
    };
    let is_longer = |text: &str| manifest.text_unit.length(text) > most;
    if !args.iter().any(|arg| arg.has_text(&is_longer)) {
        return Ok(());
    }
    let unit = match manifest.text_unit {
        TextUnit::Bytes => "bytes",
        TextUnit::Characters => "characters",
        TextUnit::Utf16 => "UTF-16 units",
    };
    let sentence = format!(
        "the scenario sends a text of more than the {most} {unit} that the target takes (`max-text`)"
    );
    Err(Obstacle::new(sentence).inapplicable())
}

/// Refuses an event of the contract that names a room as no room of the application can be named. The scenario is then
/// skipped.
pub(super) fn check_room_names(attempt: &Attempt<'_>, name: &str, args: &[Data]) -> StepResult {
    let Some(names) = &attempt.target.manifest.rules.room_names else {
        return Ok(());
    };
    let operation = OPERATIONS.iter().find(|known| known.name == name);
    let takes = |field: &&str| operation.is_some_and(|known| known.sent.fields().contains(field));
    let rooms = ["room", "rooms"].into_iter().filter(takes);
    let values = rooms.filter_map(|field| args.first()?.get(field));
    let mut texts = values.flat_map(|value| match value.as_array() {
        Some(items) => items.iter().filter_map(Data::as_str).collect(),
        None => Vec::from_iter(value.as_str()),
    });
    let Some(unfit) = texts.find(|room| !names.include(room)) else {
        return Ok(());
    };
    let sentence = format!(
        "the scenario names a room {}, and the rooms of the target have other names (`room-names: {}`)",
        excerpt(&Data::from(unfit).to_string()),
        names.written
    );
    Err(Obstacle::new(sentence).inapplicable())
}
