//! From selectors to scenarios.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use globset::{Glob, GlobMatcher};

use super::{
    error::CliError,
    files::{Loaded, is_yaml},
    names::Names,
    shipped::Shipped,
};
use crate::{
    scenario::{Requirements, Scenario, duplicate_ids},
    text::nearest,
};

/// The scenarios that were asked for.
#[derive(Debug)]
pub(super) struct Selection {
    /// In order of file and line; ids are unique.
    pub(super) scenarios: Vec<Scenario>,
    /// What they may verify.
    pub(super) requirements: Requirements,
    /// What they should verify: the catalogue beside a person's own files, if these are all that was asked for.
    pub(super) catalogue: Requirements,
    /// Ids among them that can be named without a file.
    pub(super) shipped: BTreeSet<String>,
    /// Every id that was read, asked for or not, and every former one.
    pub(super) known: BTreeSet<String>,
    /// Names in a person's own files that only all files of the run together give a meaning to.
    pub(super) names: Names,
}

/// One selector.
#[derive(Clone, Debug)]
enum Selector {
    /// A file or folder, and the line in it.
    Path(PathBuf, Option<usize>),
    /// An id or a pattern of ids.
    Id(String),
}

impl Selection {
    /// What `selectors` name; everything that ships where there is none.
    ///
    /// # Errors
    ///
    /// A file with mistakes, or a selector that matches nothing.
    pub(super) fn new(selectors: &[String]) -> Result<Self, CliError> {
        let shipped = Shipped::load()?;
        if selectors.is_empty() {
            return Ok(Self {
                shipped: ids(&shipped.scenarios),
                known: known(&shipped.scenarios),
                names: Names::default(),
                scenarios: shipped.scenarios,
                catalogue: shipped.requirements.clone(),
                requirements: shipped.requirements,
            });
        }
        let mut loaded = Loaded::default();
        let mut wanted = Vec::new();
        for text in selectors {
            let selector = Selector::from(text.as_str());
            if let Selector::Path(path, _) = &selector
                && path.exists()
            {
                loaded.add(path)?;
            }
            wanted.push((text, selector));
        }
        if !loaded.problems.is_empty() {
            return Err(CliError::BadFiles(loaded.problems));
        }
        let names = loaded.names;
        let mut requirements = shipped.requirements;
        let own_requirements = loaded.requirements.clone();
        requirements.entries.extend(loaded.requirements.entries);

        let own = loaded.scenarios;
        let duplicates = duplicate_ids(&own);
        if !duplicates.is_empty() {
            return Err(CliError::BadFiles(duplicates));
        }
        // A file of one's own stands in for the one that ships.
        let others: Vec<_> = shipped
            .scenarios
            .into_iter()
            .filter(|scenario| own.iter().all(|known| known.id != scenario.id))
            .collect();
        let shipped = ids(&others);
        let candidates: Vec<_> = own.iter().cloned().chain(others).collect();
        let known = known(&candidates);
        let mut chosen = vec![false; candidates.len()];
        for (text, selector) in &wanted {
            has_line(selector, &candidates)?;
            let matches = matches(selector, &candidates);
            if matches.is_empty() {
                return Err(nothing(text, selector, &candidates));
            }
            for index in matches {
                if let Some(flag) = chosen.get_mut(index) {
                    *flag = true;
                }
            }
        }
        let only_own = chosen.iter().skip(own.len()).all(|chosen| !chosen);
        let catalogue = if only_own && !own_requirements.entries.is_empty() {
            own_requirements
        } else {
            requirements.clone()
        };
        let scenarios = candidates
            .into_iter()
            .zip(chosen)
            .filter_map(|(scenario, chosen)| chosen.then_some(scenario))
            .collect();
        Ok(Self {
            scenarios,
            requirements,
            catalogue,
            shipped,
            known,
            names,
        })
    }
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
        if is_yaml(path) || path.exists() || names_folder(text) {
            Self::Path(path.to_owned(), line)
        } else {
            Self::Id(text.to_owned())
        }
    }
}

/// Whether a text can only be the path of a folder: ids do not end in a slash.
fn names_folder(text: &str) -> bool {
    text.ends_with('/')
}

/// Places of the scenarios that a selector names.
fn matches(selector: &Selector, candidates: &[Scenario]) -> Vec<usize> {
    let places = |matches: &dyn Fn(&Scenario) -> bool| {
        let found = candidates.iter().enumerate();
        found
            .filter(|(_, scenario)| matches(scenario))
            .map(|(place, _)| place)
            .collect()
    };
    match selector {
        Selector::Path(path, None) => places(&|scenario| scenario.source.path.starts_with(path)),
        Selector::Path(path, Some(line)) => {
            // The scenario at a line is the last that starts at it or before.
            let in_file = || {
                candidates
                    .iter()
                    .filter(|scenario| scenario.source.path == *path)
            };
            let start = in_file()
                .map(|scenario| scenario.span.line)
                .filter(|start| start <= line)
                .max();
            let names_row = |scenario: &Scenario| scenario.row.is_some_and(|row| row.line == *line);
            let one_row = in_file().any(names_row);
            places(&|scenario| {
                scenario.source.path == *path
                    && Some(scenario.span.line) == start
                    && (!one_row || names_row(scenario))
            })
        }
        Selector::Id(text) => {
            let pattern = Pattern::new(text);
            places(&|scenario| pattern.matches(scenario))
        }
    }
}

/// A pattern of ids. Ids of table rows hold brackets, so an id is first taken as it stands.
struct Pattern<'a> {
    text: &'a str,
    glob: Option<GlobMatcher>,
}

impl<'a> Pattern<'a> {
    fn new(text: &'a str) -> Self {
        // Reports write the transport behind the id where a scenario ran over several.
        let text = ["@polling", "@upgrade", "@websocket"]
            .iter()
            .find_map(|transport| text.strip_suffix(transport))
            .unwrap_or(text);
        let glob = Glob::new(text).ok().map(|glob| glob.compile_matcher());
        Self { text, glob }
    }

    fn matches(&self, scenario: &Scenario) -> bool {
        let table = scenario.id.split('[').next();
        scenario.id == self.text
            || table == Some(self.text)
            || scenario.aliases.iter().any(|alias| alias == self.text)
            || self
                .glob
                .as_ref()
                .is_some_and(|glob| glob.is_match(&scenario.id))
    }
}

fn nothing(text: &str, selector: &Selector, candidates: &[Scenario]) -> CliError {
    match selector {
        Selector::Path(path, None) if !path.exists() => CliError::NoSuchFile {
            help: pattern_for(text, candidates),
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
                .or_else(|| Some("`sockspec list` names them all".to_owned())),
        },
    }
}

/// Who writes `rooms/` for a folder that is not there may mean the ids that begin so.
fn pattern_for(text: &str, candidates: &[Scenario]) -> Option<String> {
    let begins = |one: &Scenario| names_folder(text) && one.id.starts_with(text);
    let any = candidates.iter().any(begins);
    any.then(|| format!("scenarios whose ids begin so are `{text}*`"))
}

/// A line behind a file's end is a slip: the last scenario is not meant by it.
fn has_line(selector: &Selector, candidates: &[Scenario]) -> Result<(), CliError> {
    let Selector::Path(path, Some(line)) = selector else {
        return Ok(());
    };
    let mut candidates = candidates.iter();
    let Some(scenario) = candidates.find(|one| one.source.path == *path) else {
        return Ok(());
    };
    let lines = scenario.source.text.lines().count();
    if *line <= lines {
        return Ok(());
    }
    Err(CliError::NoSuchLine {
        path: path.clone(),
        line: *line,
        lines,
    })
}
