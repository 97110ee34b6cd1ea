//! Checks the names in baselines: the target and the scenarios.

use std::collections::BTreeSet;

use super::kind::{mistake, warning};
use crate::{
    runner::BaselineMentions,
    scenario::{Diagnostic, Mention},
    text::{closest, did_you_mean, one_of},
};

/// The names that baselines can mention.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Listable {
    /// The ids and former ids of the shipped scenarios and of those in the checked files.
    pub(in crate::cli) scenarios: BTreeSet<String>,
    /// The names of the targets that are part of sockspec.
    pub(in crate::cli) bundled: Vec<&'static str>,
    /// The names of the targets in the checked files.
    pub(in crate::cli) targets: Vec<String>,
}

/// Returns a warning for each scenario that does not exist, and for each target that is none of the known ones.
pub(super) fn warnings(baselines: &[BaselineMentions], known: &Listable) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for file in baselines {
        let target = file.target.iter().filter_map(|target| {
            let help = unknown_target(target, known)?;
            let message = format!("there is no target `{}`", target.name);
            Some(mistake(
                &file.source,
                target,
                "unknown-target",
                message,
                help,
            ))
        });
        let scenarios = file.scenarios.iter().filter_map(|id| {
            let help = unknown_scenario(id, known)?;
            let message = format!("no scenario has the id `{}`", id.name);
            Some(mistake(&file.source, id, "unknown-scenario", message, help))
        });
        found.extend(target.chain(scenarios).map(warning));
    }
    found
}

/// Returns a hint if the target is unknown. Without a manifest among the files, only a name that is nearly that of a
/// bundled server is unknown, because the manifest can be elsewhere.
fn unknown_target(target: &Mention, known: &Listable) -> Option<String> {
    let name = target.name.as_str();
    let bundled = || known.bundled.iter().copied();
    let own = || known.targets.iter().map(String::as_str);
    if bundled().chain(own()).any(|known| known == name) {
        return None;
    }
    if known.targets.is_empty() {
        return did_you_mean(name, bundled());
    }
    Some(match closest(name, own().chain(bundled())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the manifests in these files are of {}", one_of(own())),
    })
}

fn unknown_scenario(id: &Mention, known: &Listable) -> Option<String> {
    let name = id.name.as_str();
    if known.scenarios.contains(name) {
        return None;
    }
    let ids = || known.scenarios.iter().map(String::as_str);
    let row = format!("{name}[");
    let near = ids().find(|id| id.starts_with(&row));
    Some(match near.or_else(|| closest(name, ids())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "remove the entry, or check the baseline together with the file of the scenario"
            .to_owned(),
    })
}
