//! The rule `max-text` of the application: the longest text that an event can hold.

use crate::{
    data::Data,
    runner::{
        findings::{Obstacle, StepResult},
        play::attempt::Attempt,
    },
    targets::TextUnit,
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
