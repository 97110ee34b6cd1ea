//! What a manifest has to declare so that skipped scenarios run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    scenario::Scenario,
    targets::{Capability, DERIVED_CREDENTIALS, Manifest, Rule, Source},
};

/// Something that a manifest can declare, and without which a scenario is skipped. [`fmt::Display`] writes it for
/// people.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declarable {
    /// A capability.
    Capability(String),
    /// A credential: a token by name, or `secret`.
    Credential(String),
}

/// Declarations, and the number of scenarios that they let run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unlock {
    /// What the manifest has to declare, in addition to all earlier declarations of the list.
    pub declare: Vec<Declarable>,
    /// The number of skipped scenarios that run with these and all earlier declarations, but not with the earlier ones
    /// alone.
    pub scenarios: usize,
}

/// How a target comes to provide what a manifest declares.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Way {
    /// The application has the part already, and the manifest only has to declare it.
    Declare,
    /// A profile of the manifest has to start the server with other settings.
    Profile,
    /// The server has to support another part of the protocols.
    Support,
}

impl Declarable {
    /// Returns how a target comes to provide this.
    fn way(&self) -> Way {
        let Self::Capability(name) = self else {
            return Way::Declare;
        };
        let known = Capability::all().find(|capability| capability.name == name);
        match known.map(|capability| capability.source) {
            Some(Source::Setting) => Way::Profile,
            // The probe finds `short-heartbeat`, but servers have it only with settings for tests.
            Some(Source::Probe(_)) if name == "short-heartbeat" => Way::Profile,
            Some(Source::Probe(_)) => Way::Support,
            Some(Source::Application | Source::Events) | None => Way::Declare,
        }
    }

    /// Returns the place in the manifest: the capability's name, or `credentials.NAME`.
    pub fn key(&self) -> String {
        match self {
            Self::Capability(name) => name.clone(),
            Self::Credential(name) => format!("credentials.{name}"),
        }
    }
}

impl Unlock {
    /// Returns how a target comes to provide all of these. If the ways differ, returns the one that takes the most
    /// work.
    pub fn way(&self) -> Way {
        let ways = self.declare.iter().map(Declarable::way);
        ways.max().unwrap_or(Way::Declare)
    }
}

impl fmt::Display for Declarable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(name) => write!(formatter, "`{name}`"),
            Self::Credential(name) => write!(formatter, "the credential `{name}`"),
        }
    }
}

/// Returns what the manifest would have to declare so that the scenario runs, on the server without a profile or on the
/// profile that needs the fewest additions. Returns nothing if a rule of the application forbids what the scenario does.
pub(in crate::runner) fn lacks(
    scenario: &Scenario,
    needs: &BTreeSet<&str>,
    manifest: &Manifest,
) -> Vec<Declarable> {
    let is_forbidden =
        |capability| !manifest.provides.contains(capability) && needs.contains(capability);
    if Rule::IMPLIED
        .iter()
        .any(|(_, capability)| is_forbidden(*capability))
    {
        return Vec::new();
    }
    let without = |provides: &dyn Fn(&str) -> bool| {
        let missing = needs.iter().filter(|need| !provides(need));
        let missing = missing.map(|need| Declarable::Capability((*need).to_owned()));
        missing.collect::<BTreeSet<_>>()
    };
    let usual = without(&|need| manifest.provides.contains(need));
    let profiles = manifest.profiles.iter();
    let by_profile = profiles.map(|profile| without(&|need| manifest.provides_with(profile, need)));
    // `min_by_key` returns the first of equal ones, so the server without a profile is preferred.
    let fewest = std::iter::once(usual)
        .chain(by_profile)
        .min_by_key(BTreeSet::len);
    let mut lacks = fewest.unwrap_or_default();
    for name in &scenario.mentioned.credentials {
        lacks.extend(lacking_credentials(name, manifest));
    }
    lacks.into_iter().collect()
}

/// Returns the credentials that the manifest has to give so that it has the credential `name`. A wrong token such as
/// `expired` is derived from `valid` and `secret`.
fn lacking_credentials(name: &str, manifest: &Manifest) -> Vec<Declarable> {
    let has = |name: &str| manifest.credentials.contains(name);
    if has(name) {
        return Vec::new();
    }
    let sources: &[&str] = if DERIVED_CREDENTIALS.contains(&name) {
        &["valid", "secret"]
    } else {
        &[name]
    };
    let sources = sources.iter().filter(|source| !has(source));
    sources
        .map(|source| Declarable::Credential((*source).to_owned()))
        .collect()
}

/// Returns what to declare: first what the application may have already, then what needs other settings, then what
/// needs another server. Of these, each entry lets the most scenarios run for each declaration, after all earlier
/// entries. `lacks` holds what each skipped scenario lacks; a scenario that lacks nothing that a manifest can declare
/// is left out.
pub fn unlocks<'l>(lacks: impl IntoIterator<Item = &'l [Declarable]>) -> Vec<Unlock> {
    let mut open: BTreeMap<BTreeSet<&Declarable>, usize> = BTreeMap::new();
    for lacking in lacks {
        if !lacking.is_empty() {
            *open.entry(lacking.iter().collect()).or_default() += 1;
        }
    }
    let mut unlocks = Vec::new();
    while let Some(best) = best_of(&open) {
        let gained = open.extract_if(.., |set, _| set.is_subset(&best));
        let scenarios = gained.map(|(_, count)| count).sum();
        for (set, count) in std::mem::take(&mut open) {
            let set = set.difference(&best).copied().collect();
            *open.entry(set).or_default() += count;
        }
        unlocks.push(Unlock {
            declare: best.into_iter().cloned().collect(),
            scenarios,
        });
    }
    unlocks
}

/// Returns the set of declarations that lets the most scenarios run for each of its members, out of the sets that take
/// the least work; the first in order if several do. `open` holds the number of scenarios that lack each set.
fn best_of<'l>(
    open: &BTreeMap<BTreeSet<&'l Declarable>, usize>,
) -> Option<BTreeSet<&'l Declarable>> {
    let way_of = |set: &BTreeSet<&Declarable>| set.iter().map(|one| one.way()).max();
    let least = open.keys().map(way_of).min()?;
    let mut best: Option<(usize, &BTreeSet<&Declarable>)> = None;
    for set in open.keys().filter(|set| way_of(set) == least) {
        let gained = open.iter().filter(|(other, _)| other.is_subset(set));
        let gained = gained.map(|(_, count)| count).sum::<usize>();
        // Compares the gains for each declaration without a division: a/b > c/d if a·d > c·b. Of equal gains, the
        // smaller set is better.
        let is_better = best.is_none_or(|(most, best)| {
            let order = (gained * best.len()).cmp(&(most * set.len()));
            order.then(best.len().cmp(&set.len())).is_gt()
        });
        if is_better {
            best = Some((gained, set));
        }
    }
    best.map(|(_, set)| set.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a scenario lacks: capabilities, and credentials after an `@`.
    fn needs(names: &[&str]) -> Vec<Declarable> {
        let declarable = |name: &&str| match name.strip_prefix('@') {
            Some(name) => Declarable::Credential(name.to_owned()),
            None => Declarable::Capability((*name).to_owned()),
        };
        names.iter().map(declarable).collect()
    }

    fn shown(lacks: &[Vec<Declarable>]) -> String {
        let unlocks = unlocks(lacks.iter().map(Vec::as_slice));
        let lines = unlocks.iter().map(|unlock| {
            let names: Vec<_> = unlock.declare.iter().map(ToString::to_string).collect();
            let (names, way) = (names.join(" and "), unlock.way());
            format!("{names}: {} {way:?}", unlock.scenarios)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_declaration_with_the_most_scenarios_comes_first() {
        let lacks = [
            needs(&["acks"]),
            needs(&["acks"]),
            needs(&["acks", "rooms"]),
            needs(&["rooms"]),
            needs(&["acks", "short-heartbeat"]),
            needs(&["msgpack"]),
            needs(&[]),
        ];
        insta::assert_snapshot!(shown(&lacks), @r"
        `acks`: 2 Declare
        `rooms`: 2 Declare
        `short-heartbeat`: 1 Profile
        `msgpack`: 1 Support
        ");
    }

    #[test]
    fn declarations_that_help_only_together_stand_together() {
        let lacks = [
            needs(&["auth-jwt", "@valid"]),
            needs(&["auth-jwt", "@valid"]),
            needs(&["auth-jwt", "@valid", "@other"]),
        ];
        insta::assert_snapshot!(shown(&lacks), @r"
        `auth-jwt` and the credential `valid`: 2 Declare
        the credential `other`: 1 Declare
        ");
    }

    #[test]
    fn the_numbers_add_up_to_the_scenarios_that_lack_something() {
        let names = ["a", "b", "c", "d", "@e"];
        let lacks: Vec<_> = (0..32_usize)
            .map(|bits| {
                let chosen = names.iter().enumerate();
                let chosen = chosen.filter(|(place, _)| bits >> place & 1 == 1);
                needs(&chosen.map(|(_, name)| *name).collect::<Vec<_>>())
            })
            .collect();
        let unlocks = unlocks(lacks.iter().map(Vec::as_slice));
        let sum = unlocks.iter().map(|unlock| unlock.scenarios).sum::<usize>();
        assert_eq!(sum, 31);
    }
}
