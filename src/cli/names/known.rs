//! The names that sockspec itself and the manifests of a run know.

use std::collections::BTreeSet;

use crate::{
    scenario::Mention,
    targets::{
        CREDENTIALS, Capability, EVENTS, ErrorStyle, ManifestMentions, NameKind, OPERATIONS,
    },
    text::mistyped,
};

pub(super) fn capabilities<'n>() -> impl Iterator<Item = &'n str> {
    Capability::all().map(|capability| capability.name)
}

pub(super) fn credentials<'n>() -> impl Iterator<Item = &'n str> {
    CREDENTIALS.iter().copied().chain(["secret"])
}

/// Returns true if a name is a known name with a number after it: `valid2`. Such a name is no typing mistake.
pub(super) fn is_variant(name: &str, known: &BTreeSet<&str>) -> bool {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    stem != name && known.contains(stem)
}

pub(super) fn operations<'n>() -> impl Iterator<Item = &'n str> {
    OPERATIONS.iter().map(|operation| operation.name)
}

pub(super) fn operations_and_events<'n>() -> impl Iterator<Item = &'n str> {
    let events = EVENTS.iter().map(|event| -> &'n str { event.name });
    let styles = ErrorStyle::ALL.into_iter();
    let reports = styles.filter_map(|style| -> Option<&'n str> { style.event() });
    operations().chain(events).chain(reports)
}

/// The number of letters from which the name of an operation or event can be taken for a mistyped one. A shorter name
/// resembles other words by chance.
const SHORTEST_MISTYPED: usize = 6;

/// Returns true if a name is long enough to be taken for a mistyped one.
pub(super) fn is_long(name: &str) -> bool {
    name.chars().count() >= SHORTEST_MISTYPED
}

/// Returns true if two names differ in one letter, or in the order of two letters beside each other.
pub(super) fn is_one_off(name: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(name, other) == 1
}

/// Returns the known name that the author of an unknown name probably meant. `own` are the names of the users: they count
/// only if one letter differs, because such names often resemble each other on purpose: `message-sent`, `message-seen`.
pub(super) fn mistyped_event<'n>(
    name: &str,
    contract: &BTreeSet<&'n str>,
    own: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    if !is_long(name) {
        return None;
    }
    mistyped(name, contract.iter().copied())
        .or_else(|| mistyped(name, own).filter(|near| is_one_off(name, near)))
}

/// Returns the names of events that a manifest declares: the keys of `bindings`, the target's own names of them, and
/// the greetings. Leaves out the names in `fence` and `enter`, which are only used there.
pub(super) fn own_names_of_events(manifest: &ManifestMentions) -> BTreeSet<&str> {
    let kinds = [NameKind::Bound, NameKind::Event, NameKind::Own];
    let names = kinds.into_iter().flat_map(|kind| manifest.of_kind(kind));
    let declared = names.filter(|mention| !manifest.fence.contains(mention));
    declared.map(name).collect()
}

/// Returns the names of one kind in all manifests.
pub(super) fn in_manifests(
    manifests: &[ManifestMentions],
    kind: NameKind,
) -> impl Iterator<Item = &str> {
    let files = manifests.iter();
    files.flat_map(move |file| file.of_kind(kind)).map(name)
}

/// Returns the name itself.
pub(super) fn name(mention: &Mention) -> &str {
    &mention.name
}

/// Returns true if a name is a field of a known operation or event, such as `whoami.rooms`. The target's application can
/// have any field.
pub(super) fn is_field(name: &str, known: &BTreeSet<&str>) -> bool {
    let event = name.split_once('.').map(|(event, _)| event);
    let is_event = |name: &str| EVENTS.iter().any(|event| event.name == name);
    event.is_some_and(|event| known.contains(event) || is_event(event))
}
