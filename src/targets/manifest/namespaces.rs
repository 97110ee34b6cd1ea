//! Reads the key `namespaces` of a manifest.

use std::collections::BTreeSet;

use crate::{
    scenario::{Entry, Field, Fields, Problems},
    targets::Namespaces,
};

/// The word that stands for a namespace which the target lacks.
const ABSENT: &str = "absent";

/// Reads `namespaces`: adds the target's names to `names`, and the namespaces that the target lacks to `absent`.
pub(super) fn read(
    field: Field<'_>,
    names: &mut Namespaces,
    absent: &mut BTreeSet<String>,
    problems: &mut Problems,
) {
    let Some(fields) = Fields::new(field.node, "`namespaces`", problems) else {
        return;
    };
    for entry in fields.entries() {
        let Some(own) = name(entry, problems) else {
            continue;
        };
        let spoken = entry.key.as_str();
        if names.is_renamed(spoken) || absent.contains(spoken) {
            let message = format!("`bindings` or `absent` names the namespace `{spoken}` too");
            problems
                .error("contradiction", entry.key_span, message)
                .help = Some("keep the line under `namespaces`".to_owned());
        } else if own == ABSENT {
            absent.insert(spoken.to_owned());
        } else {
            names.rename(spoken, own);
        }
    }
}

/// Returns the target's name of a namespace, or the word `absent`. Reports a name that is no namespace.
fn name<'n>(entry: &'n Entry, problems: &mut Problems) -> Option<&'n str> {
    let field = Field {
        key: "namespaces",
        node: &entry.value,
    };
    let own = field.text(problems)?;
    let spoken = (entry.key.as_str(), entry.key_span);
    let names = match own {
        ABSENT => vec![spoken],
        own => vec![spoken, (own, entry.value.span)],
    };
    let wrong = names.into_iter().find(|(name, _)| !name.starts_with('/'));
    if let Some((name, span)) = wrong {
        let message = format!("a namespace starts with `/`, found `{name}`");
        problems.error("bad-namespace", span, message).help = Some(format!(
            "write `/{name}`, or `{ABSENT}` for a namespace that the target lacks"
        ));
        return None;
    }
    Some(own)
}
