//! Selects the scenarios that the selectors of the command line name.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use globset::Glob;

use super::{
    args::Selectors, error::CliError, file_names::is_yaml, files::Loaded, id_filter::IdFilter,
    names::Names, scenario_index::ScenarioIndex, shipped::Shipped,
};
use crate::{
    scenario::{Requirements, Scenario, SourceFile, duplicate_ids},
    text::{nearest, shell_word},
};

/// The scenarios that the user selected.
#[derive(Debug)]
pub(super) struct Selection {
    /// The selected scenarios, in order of file and line. Their ids are unique.
    pub(super) scenarios: Vec<Scenario>,
    /// True if the user gave no selector, so that all shipped scenarios are selected.
    pub(super) is_complete: bool,
    /// All requirements: those of sockspec and those of catalogues near the user's files.
    pub(super) requirements: Requirements,
    /// The requirements that the selection is about: those in the files that the user named, and those that a selected
    /// scenario verifies. Without a selector, all requirements.
    pub(super) catalogue: Requirements,
    /// The number of all other requirements, which are not in `catalogue`. Zero if the user named a catalogue of
    /// requirements.
    pub(super) other_requirements: usize,
    /// The ids of the shipped scenarios, which can be selected without a file.
    pub(super) shipped: BTreeSet<String>,
    /// All ids and former ids of the loaded scenarios, selected or not.
    pub(super) known: BTreeSet<String>,
    /// The names in the user's files that can be checked only after all files are loaded, such as capabilities.
    pub(super) names: Names,
    /// The files that the user named or that are in folders that the user named.
    pub(super) files: BTreeSet<PathBuf>,
}

/// One selector of the command line.
#[derive(Clone, Debug)]
enum Selector {
    /// The selector names a file or folder, and possibly a line of the file.
    Path(PathBuf, Option<usize>),
    /// The selector is the id of a scenario, or a pattern of ids.
    Id(String),
}

impl Selection {
    /// Returns the scenarios that the selectors name, or all shipped scenarios if there is no selector.
    ///
    /// # Errors
    ///
    /// Returns an error if a file has mistakes, a selector matches no scenario, or a loaded file has a name that
    /// neither this program nor another loaded file knows.
    pub(super) fn new(selectors: &Selectors) -> Result<Self, CliError> {
        Self::load(selectors)?.with_known_names()
    }

    /// Like [`Selection::new`], for a run against a target: also checks the names in the target's manifest, and treats
    /// them as known. `target` is the value of `--target`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Selection::new`].
    pub(super) fn with_target(selectors: &Selectors, target: &str) -> Result<Self, CliError> {
        let mut selection = Self::load(selectors)?;
        // Ignores a file that can't be read, because the error is reported when the target is resolved.
        if let Ok(source) = SourceFile::read(Path::new(target)) {
            selection.names.add_manifest(&source);
        }
        selection.with_known_names()
    }

    /// Keeps only the scenarios with these ids. An id may end with a transport, such as `@polling`.
    ///
    /// # Errors
    ///
    /// Returns an error if no selected scenario has one of the ids.
    pub(super) fn keep(&mut self, ids: &BTreeSet<String>) -> Result<(), CliError> {
        let ids: HashSet<&str> = ids.iter().map(|id| without_transport(id)).collect();
        self.scenarios
            .retain(|scenario| ids.contains(scenario.id.as_str()));
        self.is_complete = false;
        if self.scenarios.is_empty() {
            return Err(CliError::NothingSelected {
                selector: "--failed".to_owned(),
                help: Some(
                    "every selected scenario was right when it ran last, or has not run".to_owned(),
                ),
            });
        }
        Ok(())
    }

    fn load(selectors: &Selectors) -> Result<Self, CliError> {
        let filter = selectors.expression.as_deref().map(parse_filter);
        let filter = filter.transpose()?;
        let shipped = Shipped::load()?;
        if selectors.selectors.is_empty() && filter.is_none() {
            return Ok(Self::of_all(shipped));
        }
        let selectors: Vec<_> = selectors
            .selectors
            .iter()
            .map(|text| (text.as_str(), Selector::from(text.as_str())))
            .collect();
        let mut loaded = load_files(&selectors)?;
        let own = std::mem::take(&mut loaded.scenarios);
        let mut requirements = shipped.requirements;
        let own_requirements = std::mem::take(&mut loaded.requirements.entries);
        requirements.entries.extend(own_requirements);

        // A scenario in the user's files replaces the shipped scenario with the same id.
        let replaced: HashSet<&str> = own.iter().map(|own| own.id.as_str()).collect();
        let others: Vec<_> = shipped
            .scenarios
            .into_iter()
            .filter(|scenario| !replaced.contains(scenario.id.as_str()))
            .collect();
        let (own_count, shipped) = (own.len(), ids(&others));
        let candidates: Vec<_> = own.into_iter().chain(others).collect();
        let chosen = choose(&selectors, &candidates, own_count, &loaded)?;
        let chosen = filtered(filter.as_ref(), chosen, &candidates)?;
        let known = known(&candidates);
        let scenarios: Vec<_> = candidates
            .into_iter()
            .enumerate()
            .filter_map(|(index, scenario)| chosen.contains(&index).then_some(scenario))
            .collect();
        let mut catalogue = loaded.named_requirements;
        let named_catalogue = !catalogue.entries.is_empty();
        for id in scenarios.iter().flat_map(|scenario| &scenario.verifies) {
            if let Some(requirement) = requirements.entries.get(id) {
                catalogue.entries.insert(id.clone(), requirement.clone());
            }
        }
        let other_requirements = if named_catalogue {
            0
        } else {
            requirements.entries.len() - catalogue.entries.len()
        };
        Ok(Self {
            scenarios,
            is_complete: false,
            other_requirements,
            requirements,
            catalogue,
            shipped,
            known,
            names: loaded.names,
            files: loaded.files,
        })
    }

    fn of_all(shipped: Shipped) -> Self {
        Self {
            shipped: ids(&shipped.scenarios),
            known: known(&shipped.scenarios),
            names: Names::default(),
            files: BTreeSet::new(),
            is_complete: true,
            other_requirements: 0,
            scenarios: shipped.scenarios,
            catalogue: shipped.requirements.clone(),
            requirements: shipped.requirements,
        }
    }

    /// Returns the selection, or the mistakes in the names of its files if there are any.
    fn with_known_names(self) -> Result<Self, CliError> {
        let mistakes = self.names.mistakes();
        if mistakes.is_empty() {
            Ok(self)
        } else {
            Err(CliError::BadFiles(mistakes))
        }
    }
}

/// Loads the files and folders that the selectors name. Skips a path that does not exist, because [`choose`] reports
/// it.
fn load_files(selectors: &[(&str, Selector)]) -> Result<Loaded, CliError> {
    let mut loaded = Loaded::default();
    for (_, selector) in selectors {
        // If the check fails, for example for lack of permission, the path may exist: loading it reports the error.
        if let Selector::Path(path, _) = selector
            && path.try_exists().unwrap_or(true)
        {
            loaded.add(path)?;
        }
    }
    if !loaded.problems.is_empty() {
        return Err(CliError::BadFiles(loaded.problems));
    }
    let duplicates = duplicate_ids(&loaded.scenarios);
    if !duplicates.is_empty() {
        return Err(CliError::BadFiles(duplicates));
    }
    Ok(loaded)
}

/// Returns the indices of the scenarios that the selectors match, out of all loaded scenarios. The first `own_count`
/// of these come from files of the user.
///
/// Files and folders say where the scenarios are. Ids and patterns say which of those are selected; without files and
/// folders, they select among all scenarios.
fn choose(
    selectors: &[(&str, Selector)],
    candidates: &[Scenario],
    own_count: usize,
    loaded: &Loaded,
) -> Result<BTreeSet<usize>, CliError> {
    let index = ScenarioIndex::new(candidates);
    let mut inside: Option<BTreeSet<usize>> = None;
    for (text, selector) in selectors {
        if let Selector::Path(path, line) = selector {
            check_line(path, *line, &index)?;
            let mut matches = matches(selector, &index);
            // A folder of the user that is called like one of the shipped scenarios means the user's folder only.
            if path.exists() {
                matches.retain(|place| *place < own_count);
            }
            if matches.is_empty() {
                return Err(no_match(text, selector, candidates, loaded));
            }
            inside.get_or_insert_default().extend(matches);
        }
    }
    let mut named: Option<BTreeSet<usize>> = None;
    for (text, selector) in selectors {
        if let Selector::Id(_) = selector {
            let matches = matches(selector, &index);
            if matches.is_empty() {
                return Err(no_match(text, selector, candidates, loaded));
            }
            let is_inside = |place: &usize| inside.as_ref().is_none_or(|one| one.contains(place));
            let matches: Vec<_> = matches.into_iter().filter(is_inside).collect();
            if matches.is_empty() {
                return Err(CliError::NothingSelected {
                    selector: (*text).to_owned(),
                    help: Some(
                        "with files or folders, ids and patterns select among their scenarios only"
                            .to_owned(),
                    ),
                });
            }
            named.get_or_insert_default().extend(matches);
        }
    }
    Ok(named
        .or(inside)
        .unwrap_or_else(|| (0..candidates.len()).collect()))
}

fn parse_filter(text: &str) -> Result<IdFilter, CliError> {
    IdFilter::parse(text).map_err(|detail| CliError::Expression {
        expression: text.to_owned(),
        detail,
    })
}

/// Returns the chosen indices whose scenarios the expression selects; all of them if there is no expression.
fn filtered(
    filter: Option<&IdFilter>,
    mut chosen: BTreeSet<usize>,
    candidates: &[Scenario],
) -> Result<BTreeSet<usize>, CliError> {
    let Some(filter) = filter else {
        return Ok(chosen);
    };
    chosen.retain(|place| {
        let scenario = candidates.get(*place);
        scenario.is_some_and(|scenario| filter.selects(&scenario.id))
    });
    if chosen.is_empty() {
        return Err(CliError::NothingSelected {
            selector: "-E".to_owned(),
            help: Some(
                "none of the selected scenarios has an id that the expression matches".to_owned(),
            ),
        });
    }
    Ok(chosen)
}

fn ids(scenarios: &[Scenario]) -> BTreeSet<String> {
    scenarios
        .iter()
        .map(|scenario| scenario.id.clone())
        .collect()
}

fn known(scenarios: &[Scenario]) -> BTreeSet<String> {
    let former = scenarios.iter().flat_map(|one| one.aliases.clone());
    ids(scenarios).into_iter().chain(former).collect()
}

impl From<&str> for Selector {
    fn from(text: &str) -> Self {
        let (path, line) = match text.rsplit_once(':') {
            Some((path, line)) => match line.parse() {
                Ok(line) => (path, Some(line)),
                Err(_) => (text, None),
            },
            None => (text, None),
        };
        let path = Path::new(path);
        if is_yaml(path) || path.exists() || is_folder_name(text) {
            Self::Path(path.to_owned(), line)
        } else {
            Self::Id(text.to_owned())
        }
    }
}

/// Returns true if the selector ends with a slash, so that it is the path of a folder and not an id.
fn is_folder_name(text: &str) -> bool {
    text.ends_with('/')
}

/// Returns the indices of the scenarios that one selector matches.
fn matches(selector: &Selector, index: &ScenarioIndex<'_>) -> Vec<usize> {
    match selector {
        Selector::Path(path, None) => index.below(path).map(|(place, _)| place).collect(),
        Selector::Path(path, Some(line)) => {
            // FILE:LINE selects the last scenario that starts at this line or before it.
            let start = in_file(index, path)
                .map(|(_, scenario)| scenario.span.line)
                .filter(|start| start <= line)
                .max();
            let names_row = |scenario: &Scenario| scenario.row.is_some_and(|row| row.line == *line);
            let one_row = in_file(index, path).any(|(_, scenario)| names_row(scenario));
            in_file(index, path)
                .filter(|(_, scenario)| {
                    Some(scenario.span.line) == start && (!one_row || names_row(scenario))
                })
                .map(|(place, _)| place)
                .collect()
        }
        Selector::Id(text) => matching_ids(text, index),
    }
}

fn in_file<'s>(
    index: &ScenarioIndex<'s>,
    path: &Path,
) -> impl Iterator<Item = (usize, &'s Scenario)> {
    index
        .below(path)
        .filter(move |(_, scenario)| scenario.source.path == *path)
}

/// Returns the indices of the scenarios whose id equals the text, or matches the text as a pattern.
///
/// A text that is an id is never treated as a pattern, because the ids of table rows contain brackets, which are
/// special in patterns.
fn matching_ids(text: &str, index: &ScenarioIndex<'_>) -> Vec<usize> {
    let text = without_transport(text);
    let named = index.named(text);
    let wildcard = text.find(['*', '?', '[', '{', '\\']);
    let Some(prefix) = wildcard.and_then(|at| text.get(..at)) else {
        return named.to_vec();
    };
    if !named.is_empty() {
        return named.to_vec();
    }
    let Ok(glob) = Glob::new(text) else {
        return Vec::new();
    };
    let glob = glob.compile_matcher();
    index
        .starting_with(prefix)
        .filter(|(id, _)| {
            #[cfg(test)]
            crate::work::count("comparisons with patterns", 1);
            glob.is_match(id)
        })
        .map(|(_, place)| place)
        .collect()
}

/// Removes the transport that reports append to the id if a scenario ran over several transports.
fn without_transport(id: &str) -> &str {
    ["@polling", "@upgrade", "@websocket"]
        .iter()
        .find_map(|transport| id.strip_suffix(transport))
        .unwrap_or(id)
}

fn no_match(text: &str, selector: &Selector, candidates: &[Scenario], loaded: &Loaded) -> CliError {
    match selector {
        Selector::Path(path, _) if loaded.manifests.contains(path) => CliError::NoScenarios {
            path: path.clone(),
            what: "the manifest of a target",
            help: format!(
                "`sockspec run --target {}` tests the target",
                shell_word(&path.display().to_string())
            ),
        },
        Selector::Path(path, _) if loaded.baselines.contains(path) => CliError::NoScenarios {
            path: path.clone(),
            what: "a baseline",
            help: format!(
                "`sockspec run --target TARGET --baseline {}` compares a run with the baseline",
                shell_word(&path.display().to_string())
            ),
        },
        Selector::Path(path, None) if !path.exists() => CliError::NoSuchFile {
            help: pattern_hint(text, candidates),
            path: path.clone(),
        },
        Selector::Path(path, Some(_))
            if !path.exists() && candidates.iter().all(|one| one.source.path != *path) =>
        {
            CliError::no_such_file(path)
        }
        Selector::Path(..) => CliError::NothingSelected {
            selector: text.to_owned(),
            help: None,
        },
        Selector::Id(id) => CliError::NothingSelected {
            selector: text.to_owned(),
            help: nearest(id, candidates.iter().map(|one| one.id.as_str()))
                .map(|near| format!("did you mean `{near}`?"))
                .or_else(|| Some("`sockspec list` lists all ids".to_owned())),
        },
    }
}

/// Returns a hint if a missing folder such as `rooms/` is the start of ids: write the pattern `rooms/*`.
fn pattern_hint(text: &str, candidates: &[Scenario]) -> Option<String> {
    let begins = |one: &Scenario| is_folder_name(text) && one.id.starts_with(text);
    let any = candidates.iter().any(begins);
    any.then(|| format!("to select the ids that start with this text, write `{text}*`"))
}

/// Returns an error if the selector names a line after the end of the file; without this check the line would select
/// the last scenario.
fn check_line(path: &Path, line: Option<usize>, index: &ScenarioIndex<'_>) -> Result<(), CliError> {
    let Some(line) = line else {
        return Ok(());
    };
    let Some((_, scenario)) = in_file(index, path).next() else {
        return Ok(());
    };
    let lines = scenario.source.text.lines().count();
    if line <= lines {
        return Ok(());
    }
    Err(CliError::NoSuchLine {
        path: path.to_owned(),
        line,
        lines,
    })
}

#[cfg(test)]
mod tests;
