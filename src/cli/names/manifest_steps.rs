//! Checks the names in the steps with which clients enter (`enter`), and in the fence of a manifest.
//!
//! The target can have events of its own, so a name gives a warning only if it is nearly one that the contract or the
//! manifest has.

use std::collections::BTreeSet;

use super::{
    kind::{mistake, warning},
    known::{is_long, is_one_off, mistyped_event, operations_and_events, own_names_of_events},
};
use crate::{
    scenario::{Diagnostic, Mention, Mentions},
    targets::ManifestMentions,
};

/// Returns a warning for each event in `enter` or `fence` whose name is nearly a known one. A name that a scenario of
/// the run uses is known.
pub(super) fn warnings(scenarios: &[Mentions], manifests: &[ManifestMentions]) -> Vec<Diagnostic> {
    let contract: BTreeSet<&str> = operations_and_events().collect();
    let mut found = Vec::new();
    for file in manifests {
        let own = own_names_of_events(file);
        let mut seen = BTreeSet::new();
        let entering = file.entering.iter().filter(|event| event.is_claimed());
        let names = entering.map(|event| &event.name).chain(&file.fence);
        let unknown = names.filter(|mention| {
            let name = mention.name.as_str();
            !contract.contains(name)
                && !own.contains(name)
                && !scenarios.iter().any(|scenarios| scenarios.has_word(name))
        });
        for mention in unknown.filter(|mention| seen.insert(&mention.name)) {
            let near = meant(&mention.name, &contract, &own);
            found.extend(near.map(|near| nearly_known(file, mention, near)));
        }
    }
    found
}

/// Returns the known name that the author of an unknown name probably meant. A short name has to consist of the same
/// letters in another order.
fn meant<'k>(name: &str, contract: &BTreeSet<&'k str>, own: &BTreeSet<&'k str>) -> Option<&'k str> {
    if is_long(name) {
        return mistyped_event(name, contract, own.iter().copied());
    }
    let letters = |name: &str| {
        let mut letters: Vec<char> = name.chars().collect();
        letters.sort_unstable();
        letters
    };
    let mut known = contract.iter().chain(own).copied();
    known.find(|near| is_one_off(name, near) && letters(near) == letters(name))
}

fn nearly_known(file: &ManifestMentions, mention: &Mention, near: &str) -> Diagnostic {
    let message = format!(
        "neither the contract nor `bindings` has an event `{}`",
        mention.name
    );
    let help = format!("did you mean `{near}`?");
    warning(mistake(
        &file.source,
        mention,
        "unknown-event",
        message,
        help,
    ))
}
