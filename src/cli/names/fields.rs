//! Checks the names of the fields of payloads, in the steps of scenarios and in the bindings of manifests.
//!
//! An application can have fields of its own. So an unknown field is a mistake only if it is nearly a field of the
//! contract that the same payload lacks.

use std::collections::BTreeSet;

use super::kind::{mistake, warning};
use crate::{
    scenario::{
        BUILT_IN, Diagnostic, EventMention, EventRole, FieldMention, FieldUse, Mention, Mentions,
        REPORT_FIELDS,
    },
    targets::{BindingMention, EVENTS, ManifestMentions, OPERATIONS},
    text::{nearest, one_of},
};

/// Returns the mistakes in the names of fields.
pub(super) fn mistakes(scenarios: &[Mentions], manifests: &[ManifestMentions]) -> Vec<Diagnostic> {
    let mut found = in_steps(scenarios, manifests, |event, field| match event.role {
        EventRole::Forbidden | EventRole::Sent => true,
        EventRole::Received => field.used == FieldUse::Absent,
        EventRole::SentInVain => false,
    });
    found.extend(in_bindings(scenarios, manifests, Certainty::Sure));
    found
}

/// Returns warnings for names of fields that are probably wrong.
pub(super) fn warnings(scenarios: &[Mentions], manifests: &[ManifestMentions]) -> Vec<Diagnostic> {
    let mut found = in_steps(scenarios, manifests, |event, field| {
        event.role == EventRole::Received && field.used == FieldUse::Present
    });
    found.extend(in_bindings(scenarios, manifests, Certainty::Doubtful));
    found.into_iter().map(warning).collect()
}

/// Returns a diagnostic for each field in a step, of a scenario or of `enter` in a manifest, that `concerns` selects and
/// whose name is nearly a field of the contract.
fn in_steps(
    scenarios: &[Mentions],
    manifests: &[ManifestMentions],
    concerns: impl Fn(&EventMention, &FieldMention) -> bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let scenarios = scenarios.iter().map(|file| (&file.source, &file.events));
    let entering = manifests.iter().map(|file| (&file.source, &file.entering));
    for (source, events) in scenarios.chain(entering) {
        for event in events {
            let name = event.name.name.as_str();
            let known = match event.role {
                EventRole::Sent | EventRole::SentInVain => sent_fields(name),
                EventRole::Forbidden | EventRole::Received => event_fields(name),
            };
            let own = bindings_of(name, manifests)
                .flat_map(BindingMention::fields)
                .map(|field| field.name.as_str());
            let own: BTreeSet<&str> = own.collect();
            let used: BTreeSet<&str> = event
                .fields
                .iter()
                .map(|field| field.name.name.as_str())
                .collect();
            let checked = event.fields.iter().filter(|field| concerns(event, field));
            for field in checked.filter(|field| !own.contains(field.name.name.as_str())) {
                let near = misspelt(&field.name, known, &used);
                found.extend(near.map(|near| {
                    let help = format!("did you mean `{near}`?");
                    let message = no_field(name, &field.name.name);
                    mistake(source, &field.name, "unknown-field", message, help)
                }));
            }
        }
    }
    found
}

/// How sure it is that an unknown field in a binding is a mistake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Certainty {
    /// The field is nearly a known one, or it stands in the place of the target's name.
    Sure,
    /// No scenario of the run uses the field. Scenarios that are not in the run can use it.
    Doubtful,
}

/// Returns a diagnostic for each field of a binding that neither the contract nor a scenario of the run knows.
fn in_bindings(
    scenarios: &[Mentions],
    manifests: &[ManifestMentions],
    wanted: Certainty,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for file in manifests {
        for binding in &file.bindings {
            let known = all_fields(&binding.name);
            if known.is_empty() {
                continue;
            }
            let events = scenarios.iter().flat_map(|scenario| &scenario.events);
            let own: BTreeSet<&str> = events
                .filter(|event| event.name.name == binding.name)
                .flat_map(|event| &event.fields)
                .map(|field| field.name.name.as_str())
                .collect();
            let named: BTreeSet<&str> = binding.fields().map(|field| field.name.as_str()).collect();
            let unknown = |field: &&Mention| {
                let name = field.name.as_str();
                !known.contains(&name) && !own.contains(name) && !REPORT_FIELDS.contains(&name)
            };
            for field in binding.fields().filter(unknown) {
                let (certainty, help) = judge(field, binding, &known, &named);
                if certainty == wanted && !(is_variable(field, binding) && is_built_in(field)) {
                    let message = no_field(&binding.name, &field.name);
                    found.push(mistake(&file.source, field, "unknown-field", message, help));
                }
            }
        }
    }
    found
}

/// Returns how sure it is that a field of a binding is a mistake, and what would be right.
fn judge(
    field: &Mention,
    binding: &BindingMention,
    known: &[&'static str],
    named: &BTreeSet<&str>,
) -> (Certainty, String) {
    let target = binding
        .renamed
        .iter()
        .find(|(name, _)| name == field)
        .map(|(_, target)| target.as_str());
    let is_swapped = |target: &&str| known.contains(target) && !named.contains(target);
    if let Some(target) = target.filter(is_swapped) {
        let help = format!(
            "the scenarios' name comes first: write `{target}: {}`",
            field.name
        );
        return (Certainty::Sure, help);
    }
    match misspelt(field, known, named) {
        Some(near) => (Certainty::Sure, format!("did you mean `{near}`?")),
        None => (
            Certainty::Doubtful,
            format!("its fields are {}", one_of(known.iter().copied())),
        ),
    }
}

fn no_field(event: &str, field: &str) -> String {
    format!("the contract's `{event}` has no field `{field}`")
}

/// Returns the known field that the author of an unknown field probably meant. A field that the payload has anyway was
/// not meant.
fn misspelt(
    field: &Mention,
    known: &[&'static str],
    used: &BTreeSet<&str>,
) -> Option<&'static str> {
    let name = field.name.as_str();
    let others = known.iter().filter(|known| !used.contains(*known));
    nearest(name, others.copied()).filter(|_| !known.contains(&name))
}

fn is_variable(field: &Mention, binding: &BindingMention) -> bool {
    !binding.renamed.iter().any(|(name, _)| name == field)
}

fn is_built_in(field: &Mention) -> bool {
    BUILT_IN.iter().any(|(name, _)| *name == field.name)
}

fn bindings_of<'m>(
    name: &'m str,
    manifests: &'m [ManifestMentions],
) -> impl Iterator<Item = &'m BindingMention> {
    let bindings = manifests.iter().flat_map(|file| &file.bindings);
    bindings.filter(move |binding| binding.name == name)
}

fn sent_fields(name: &str) -> &'static [&'static str] {
    let operation = OPERATIONS.iter().find(|operation| operation.name == name);
    operation.map_or(&[], |operation| operation.sent.fields())
}

fn event_fields(name: &str) -> &'static [&'static str] {
    let event = EVENTS.iter().find(|event| event.name == name);
    event.map_or(&[], |event| event.payload.fields())
}

/// Returns the fields that an operation, its acknowledgement or an event has, each once.
fn all_fields(name: &str) -> Vec<&'static str> {
    let answer = OPERATIONS.iter().find(|operation| operation.name == name);
    let answer = answer.map_or(&[] as &[_], |operation| operation.answer.fields());
    let mut all = Vec::new();
    for field in [sent_fields(name), answer, event_fields(name)].concat() {
        if !all.contains(&field) {
            all.push(field);
        }
    }
    all
}
