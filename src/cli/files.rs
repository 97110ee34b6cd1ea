//! Loads the files and folders that the user names: scenarios, manifests, requirements, baselines.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    error::CliError,
    faults::fault_ids,
    file_names::{is_catalogue, is_yaml},
    names::Names,
    shipped::shipped_requirements,
};
use crate::{
    folder::{UnreadableFolder, files_below},
    runner::Baseline,
    scenario::{Diagnostic, Known, Others, Requirements, Scenario, SourceFile, Span, load},
    targets::load_manifest,
};

/// The limit on the depth of nested folders in which YAML files are searched.
const DEPTH: usize = 32;

/// The content of the loaded files, and all mistakes in them.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The scenarios, in order of file and line.
    pub(super) scenarios: Vec<Scenario>,
    /// The requirements in the `requirements` folders near the scenario files.
    pub(super) requirements: Requirements,
    /// The requirements in files that the user named or that are in folders that the user named.
    pub(super) named_requirements: Requirements,
    /// The loaded files. A file that the user names twice is loaded once.
    pub(super) files: BTreeSet<PathBuf>,
    /// Those of the files that are manifests of targets.
    pub(super) manifests: BTreeSet<PathBuf>,
    /// Those of the files that are baselines.
    pub(super) baselines: BTreeSet<PathBuf>,
    /// All mistakes in the files.
    pub(super) problems: Vec<Diagnostic>,
    /// The names in the files that can be checked only after all files are loaded, such as capabilities.
    pub(super) names: Names,
    /// The catalogue of requirements in each folder, loaded once. `None` if the catalogue has mistakes.
    catalogues: BTreeMap<PathBuf, Option<Arc<Requirements>>>,
    /// The path, the span and the message of each mistake so far, to report no mistake twice.
    places: BTreeSet<(PathBuf, Option<Span>, String)>,
}

/// What a YAML file holds: a baseline, a catalogue of requirements, a manifest or scenarios.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Baseline,
    Catalogue,
    Manifest,
    Scenarios,
}

impl Loaded {
    /// Loads a file, or every YAML file of a folder. Mistakes in files are collected in `problems`.
    ///
    /// # Errors
    ///
    /// Returns an error if `path` does not exist, or if it is a folder that can't be read or has no YAML files.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), CliError> {
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(CliError::no_such_file(path)),
            Err(source) => {
                return Err(CliError::UnreadableFolder {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        let mut found = Vec::new();
        collect(path, DEPTH, &mut found)?;
        if found.is_empty() {
            return Err(CliError::NothingSelected {
                selector: path.display().to_string(),
                help: Some("the folder contains no `.yaml` or `.yml` file".to_owned()),
            });
        }
        for file in found {
            self.add_file(&file);
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) {
        if !self.files.insert(path.to_owned()) {
            return;
        }
        let source = match SourceFile::read(path) {
            Ok(source) => source,
            Err(problem) => return self.note([*problem]),
        };
        let loaded = match kind(path, &source.text) {
            Kind::Catalogue => Requirements::load([source]).map(|loaded| {
                self.requirements.entries.extend(loaded.entries.clone());
                self.named_requirements.entries.extend(loaded.entries);
            }),
            Kind::Baseline => {
                self.baselines.insert(path.to_owned());
                self.names.add_baseline(&source);
                Baseline::from_source(source).map(drop)
            }
            Kind::Manifest => {
                self.manifests.insert(path.to_owned());
                self.names.add_manifest(&source);
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                load_manifest(source, folder).map(drop)
            }
            Kind::Scenarios => {
                self.names.add_scenarios(&source);
                let faults = fault_ids();
                let catalogue = self.catalogue_near(path);
                // A file without a catalogue can name requirements and faults of the user's own. Only an id that is
                // nearly one of sockspec's is a mistake there.
                let (requirements, others) = match &catalogue {
                    Some(catalogue) => (Some(catalogue.as_ref()), Others::Refused),
                    None => (shipped_requirements(), Others::AllowedUnlessMistyped),
                };
                let known = Known {
                    requirements,
                    faults: Some(&faults),
                    others,
                };
                load(source, known).map(|scenarios| self.scenarios.extend(scenarios))
            }
        };
        self.note(loaded.err().into_iter().flatten());
    }

    /// Adds mistakes that are not in the list yet. The same mistake can be found twice, because a catalogue of
    /// requirements can be loaded as a file of the user and again for a scenario file near it.
    fn note(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        for problem in found {
            let place = (
                problem.source.path.clone(),
                problem.span,
                problem.message.clone(),
            );
            if self.places.insert(place) {
                self.problems.push(problem);
            }
        }
    }

    /// Returns the requirements for a file: those in the folder `requirements` beside the file, else in the nearest
    /// parent folder that has such a folder.
    fn catalogue_near(&mut self, path: &Path) -> Option<Arc<Requirements>> {
        let folder = path
            .ancestors()
            .skip(1)
            .map(|folder| folder.join("requirements"))
            .find(|folder| folder.is_dir())?;
        if let Some(known) = self.catalogues.get(&folder) {
            return known.clone();
        }
        let mut files = Vec::new();
        collect(&folder, DEPTH, &mut files).ok()?;
        let sources = files.iter().filter_map(|file| SourceFile::read(file).ok());
        let catalogue = match Requirements::load(sources) {
            Ok(catalogue) => Arc::new(catalogue),
            Err(problems) => {
                self.note(problems);
                self.catalogues.insert(folder, None);
                return None;
            }
        };
        self.requirements.entries.extend(catalogue.entries.clone());
        self.catalogues.insert(folder, Some(Arc::clone(&catalogue)));
        Some(catalogue)
    }
}

/// Guesses the kind of a YAML file from its first top-level key that only one kind of file can have.
fn kind(path: &Path, text: &str) -> Kind {
    if is_catalogue(path) {
        return Kind::Catalogue;
    }
    text.lines()
        .find_map(|line| match line.split_once(':')?.0 {
            "scenarios" | "topic" | "background" => Some(Kind::Scenarios),
            "url" | "launch" | "provides" | "dialect" | "bindings" | "credentials" => {
                Some(Kind::Manifest)
            }
            "target" | "deviations" => Some(Kind::Baseline),
            _ => None,
        })
        .unwrap_or(Kind::Scenarios)
}

/// Adds `path` to `found` if it is a file. If it is a folder, adds the YAML files in it, sorted by path.
fn collect(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let files = files_below(path, depth)
        .map_err(|UnreadableFolder { path, source }| CliError::UnreadableFolder { path, source })?;
    found.extend(
        files
            .into_iter()
            .filter(|path| is_yaml(path) && path.is_file()),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_keys_of_a_file_decide_its_kind() {
        let kind_of = |text| kind(Path::new("a.yaml"), text);
        assert_eq!(kind_of("topic: x\nscenarios: []\n"), Kind::Scenarios);
        assert_eq!(kind_of("name: x\nurl: http://a\n"), Kind::Manifest);
        assert_eq!(kind_of("nonsense"), Kind::Scenarios);
        assert_eq!(kind_of("# x\ntarget: a\n"), Kind::Baseline);
        let catalogue = Path::new("specs/requirements/acks.yaml");
        assert_eq!(kind(catalogue, "- id: a"), Kind::Catalogue);
    }

    #[test]
    fn a_folder_gives_its_yaml_files_in_order_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("sub")).unwrap();
        for file in ["b.yaml", "a.yml", "c.txt", "sub/d.yaml"] {
            fs::write(root.join(file), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("sub/round")).unwrap();
        let mut found = Vec::new();
        collect(root, DEPTH, &mut found).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.yml", "b.yaml", "sub/d.yaml"]);
    }
}
