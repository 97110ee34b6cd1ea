//! The scenarios and requirements of sockspec, which are embedded in the binary.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use include_dir::{Dir, File, include_dir};

use super::{error::CliError, file_names};
use crate::scenario::{Diagnostic, Known, Others, Requirements, Scenario, SourceFile, load};

static SPECS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

/// The folder in the paths that messages show for embedded files.
const FOLDER: &str = "specs";

/// The shipped scenarios and requirements.
#[derive(Debug)]
pub(super) struct Shipped {
    /// All requirements that are embedded in the binary.
    pub(super) requirements: Requirements,
    /// All scenarios that are embedded in the binary, sorted by file and line.
    pub(super) scenarios: Vec<Scenario>,
}

impl Shipped {
    /// Loads the embedded files. Does not check the fault ids in `catches`, because `prove` reports unknown ones.
    ///
    /// # Errors
    ///
    /// Returns an error if a shipped file has a mistake; a test of this module makes sure that none has.
    pub(super) fn load() -> Result<Self, CliError> {
        Self::load_with_faults(None)
    }

    fn load_with_faults(faults: Option<&[&'static str]>) -> Result<Self, CliError> {
        let mut problems = Vec::new();
        let (catalogue, scenario_files): (Vec<_>, Vec<_>) = embedded()
            .into_iter()
            .partition(|(path, _)| file_names::is_catalogue(path));
        let mut sources = Vec::new();
        for (path, file) in catalogue {
            match source(&path, file) {
                Ok(source) => sources.push(source),
                Err(found) => problems.extend(found),
            }
        }
        let requirements = Requirements::load(sources).unwrap_or_else(|found| {
            problems.extend(found);
            Requirements::default()
        });
        let known = Known {
            requirements: Some(&requirements),
            faults,
            others: Others::Refused,
        };
        let mut scenarios = Vec::new();
        for (path, file) in scenario_files {
            match source(&path, file).and_then(|source| load(source, known)) {
                Ok(loaded) => scenarios.extend(loaded),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            Ok(Self {
                requirements,
                scenarios,
            })
        } else {
            Err(CliError::BadFiles(problems))
        }
    }
}

/// Returns the shipped requirements, which are loaded once. Returns `None` if they have a mistake; a test of this
/// module makes sure that they have none.
pub(super) fn shipped_requirements() -> Option<&'static Requirements> {
    static REQUIREMENTS: OnceLock<Option<Requirements>> = OnceLock::new();
    let load = || {
        let files = embedded().into_iter();
        let sources = files
            .filter(|(path, _)| file_names::is_catalogue(path))
            .filter_map(|(path, file)| source(&path, file).ok());
        Requirements::load(sources).ok()
    };
    REQUIREMENTS.get_or_init(load).as_ref()
}

/// Returns every embedded YAML file, sorted by path.
fn embedded() -> Vec<(PathBuf, &'static File<'static>)> {
    let mut folders = vec![&SPECS];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        let yaml = folder
            .files()
            .filter(|file| file_names::is_yaml(file.path()))
            .map(|file| (Path::new(FOLDER).join(file.path()), file));
        found.extend(yaml);
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

fn source(path: &Path, file: &File<'_>) -> Result<Arc<SourceFile>, Vec<Diagnostic>> {
    SourceFile::from_bytes(path, file.contents().to_vec()).map_err(|problem| vec![*problem])
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::cli::faults::fault_ids;
    use crate::{
        cli::target::{Bundled, reference},
        runner::{Plan, Settings},
        scenario::{Level, Mentions},
        targets::{CREDENTIALS, Capability},
    };

    #[test]
    fn everything_that_ships_loads_and_ids_are_unique() {
        let shipped = Shipped::load_with_faults(Some(&fault_ids()))
            .map_err(|error| match error {
                CliError::BadFiles(found) => found
                    .iter()
                    .map(Diagnostic::render_short)
                    .collect::<Vec<_>>()
                    .join("\n"),
                other => other.to_string(),
            })
            .unwrap();
        let ids: BTreeSet<_> = shipped
            .scenarios
            .iter()
            .map(|scenario| &scenario.id)
            .collect();
        assert_eq!(ids.len(), shipped.scenarios.len());
    }

    #[test]
    fn shipped_scenarios_need_only_known_capabilities_and_credentials() {
        let files = embedded().into_iter();
        for (path, file) in files.filter(|(path, _)| !file_names::is_catalogue(path)) {
            let mentions = Mentions::of(&source(&path, file).unwrap()).unwrap();
            for need in mentions.needs {
                assert!(Capability::find(&need.name).is_some(), "{}", need.name);
            }
            for credential in mentions.credentials {
                let name = credential.name.as_str();
                assert!(CREDENTIALS.contains(&name), "{name}");
            }
        }
    }

    /// A run fails for a scenario of the level `must`, so such a scenario has to verify a requirement of this level.
    /// And a requirement of the level `must` has to have such a scenario, or a note that says why it has none.
    #[test]
    fn scenarios_and_requirements_agree_on_levels() {
        let shipped = Shipped::load().unwrap();
        let entries = &shipped.requirements.entries;
        let mut wrong = Vec::new();
        let mut strictest: BTreeMap<&str, Level> = BTreeMap::new();
        for scenario in &shipped.scenarios {
            let levels = scenario.verifies.iter().map(|id| entries[id].level);
            if levels.min().is_some_and(|level| scenario.level < level) {
                wrong.push(scenario.id.as_str());
            }
            for id in &scenario.verifies {
                let level = strictest.entry(id).or_insert(scenario.level);
                *level = scenario.level.min(*level);
            }
        }
        for (id, level) in strictest {
            let requirement = &entries[id];
            if level > requirement.level && requirement.note.is_none() {
                wrong.push(id);
            }
        }
        assert_eq!(wrong, Vec::<&str>::new());
    }

    #[test]
    fn every_question_has_requirements() {
        let requirements = Shipped::load().unwrap().requirements.entries;
        let numbers: BTreeSet<_> = requirements
            .values()
            .flat_map(|requirement| requirement.brief.clone())
            .collect();
        assert!(numbers.iter().copied().eq(1..=45), "{numbers:?}");
    }

    /// An Engine.IO scenario without `needs: [engine-io]` would fail on every plain WebSocket server.
    #[test]
    fn only_scenarios_about_frames_run_on_a_plain_websocket() {
        let shipped = Shipped::load().unwrap();
        let scenarios: Vec<_> = shipped.scenarios.into_iter().map(Arc::new).collect();
        let target = reference(Bundled::WebSocket).unwrap();
        let plan = Plan::new(&scenarios, &target.manifest, &Settings::default());
        let strangers: Vec<_> = plan
            .items
            .iter()
            .filter(|item| item.skip.is_none())
            .filter(|item| {
                let path = &item.scenario.source.path;
                !path.starts_with("specs/websocket") && !path.starts_with("specs/robustness")
            })
            .map(|item| &item.id)
            .collect();
        assert!(strangers.is_empty(), "{strangers:?}");
        let apply = plan.items.iter().filter(|item| item.skip.is_none());
        assert!(apply.count() > 100);
    }
}
