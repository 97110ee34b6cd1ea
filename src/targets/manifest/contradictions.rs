//! Finds capabilities in a manifest that contradict each other, because no server has both.

use std::collections::BTreeSet;

use crate::{
    scenario::{Field, Problems},
    targets::{Capability, OPERATIONS, Operation},
};

/// The part of a manifest that lists capabilities.
#[derive(Clone, Copy, Debug)]
pub(super) enum Provider<'p> {
    /// The `provides` of the manifest itself.
    Manifest,
    /// The `provides` of the profile with this name.
    Profile(&'p str),
}

/// Reports each operation in `absent` that is all of a capability in `provides`.
pub(super) fn check_absent(
    absent: Option<Field<'_>>,
    provides: &BTreeSet<String>,
    problems: &mut Problems,
) {
    for item in absent.iter().flat_map(Field::items) {
        let Some(name) = item.node.text() else {
            continue;
        };
        let Some(capability) = only_capability(name).filter(|one| provides.contains(*one)) else {
            continue;
        };
        let message = format!(
            "`provides` names `{capability}`, which is the operation `{name}`, and `absent` says that the application \
             lacks this operation"
        );
        problems
            .error("contradiction", item.node.span, message)
            .help = Some(format!(
            "remove `{capability}` from `provides`, or `{name}` from `absent`"
        ));
    }
}

/// Returns the capability that a target without this operation can't have.
fn only_capability(name: &str) -> Option<&'static str> {
    if name == "echo" {
        return Some("echo");
    }
    let operation = OPERATIONS.iter().find(|known| known.name == name)?;
    let [capability] = operation.capabilities else {
        return None;
    };
    let of_capability = |known: &&Operation| known.capabilities.contains(capability);
    (OPERATIONS.iter().filter(of_capability).count() == 1).then_some(*capability)
}

/// Reports each capability in `provides` that contradicts a capability in `all`. `all` holds `provides` and the other
/// capabilities of the target.
pub(super) fn check(
    provides: Option<Field<'_>>,
    all: &BTreeSet<String>,
    provider: Provider<'_>,
    problems: &mut Problems,
) {
    let items: Vec<_> = provides
        .iter()
        .flat_map(Field::items)
        .filter_map(|item| Some((item.node.text()?, item.node.span)))
        .collect();
    for (index, (name, span)) in items.iter().enumerate() {
        let later = items.get(index + 1..).unwrap_or_default();
        for rival in Capability::rivals(name).filter(|rival| all.contains(*rival)) {
            // If both capabilities of a pair are in the list, report the mistake once, at the second one.
            if later.iter().any(|(later, _)| *later == rival) {
                continue;
            }
            let is_listed = items.iter().any(|(listed, _)| *listed == rival);
            let (message, help) = match provider {
                Provider::Profile(profile) if !is_listed => (
                    format!(
                        "the profile `{profile}` provides `{name}`, but the manifest provides `{rival}`, and no server has both"
                    ),
                    format!("add `lacks: [{rival}]` to the profile"),
                ),
                Provider::Manifest | Provider::Profile(_) => (
                    format!("`{name}` contradicts `{rival}`: no server has both"),
                    "leave out the capability that the server lacks; a profile can have the other one".to_owned(),
                ),
            };
            problems.error("contradiction", *span, message).help = Some(help);
        }
    }
}
