//! Where the transcript of a scenario stands: the snapshot file, and the place in it.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::{
    cli::error::CliError,
    replacement,
    runner::Plan,
    scenario::{Scenario, Transport},
    snapshots::Heading,
};

/// The folder of the shipped scenarios, which the paths of their snapshots leave out.
const SHIPPED: &str = "specs";

/// What a run is about.
#[derive(Debug)]
pub(in crate::cli) struct Suite<'a> {
    /// The selected scenarios, in order of file and line.
    pub(in crate::cli) scenarios: &'a [Scenario],
    pub(in crate::cli) plan: &'a Plan,
    /// True if all scenarios of their files are among them.
    pub(in crate::cli) is_complete: bool,
}

/// The places of the transcripts of a run.
#[derive(Debug)]
pub(super) struct Places {
    /// The files of the scenarios that the run plays.
    files: BTreeSet<PathBuf>,
    /// The position of each selected scenario among all.
    positions: HashMap<String, usize>,
    /// The ids of all scenarios; `None` if the run is about a part of them.
    all: Option<HashSet<String>>,
}

/// The place of a section in its file: the position of the scenario, the transport, the profile, and the id of a scenario
/// without a position.
pub(super) type Position = (usize, usize, Option<String>, String);

impl Places {
    pub(super) fn of(suite: &Suite<'_>) -> Self {
        let items = suite.plan.items.iter();
        let files = items.map(|item| item.scenario.source.path.clone());
        let ids = suite.scenarios.iter().map(|scenario| scenario.id.clone());
        let positions = ids.clone().enumerate().map(|(position, id)| (id, position));
        Self {
            files: files.collect(),
            positions: positions.collect(),
            all: suite.is_complete.then(|| ids.collect()),
        }
    }

    /// Returns the paths of the scenario files, in order.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter()
    }

    /// Returns true if a stored section belongs to no scenario.
    pub(super) fn is_gone(&self, heading: &Heading) -> bool {
        let all = self.all.as_ref();
        all.is_some_and(|all| !all.contains(heading.id()))
    }

    /// Returns the place of a section. A scenario that was not selected comes after the others.
    pub(super) fn position(&self, heading: &Heading) -> Position {
        let position = self.positions.get(heading.id()).copied();
        let transport = match heading.transport() {
            Transport::WebSocket => 0,
            Transport::Polling => 1,
            Transport::Upgrade => 2,
        };
        let profile = heading.profile().map(str::to_owned);
        (
            position.unwrap_or(usize::MAX),
            transport,
            profile,
            heading.id().to_owned(),
        )
    }

    /// Returns the headings in the order of the file, each once, without those that are gone.
    pub(super) fn order<'h>(&self, headings: impl Iterator<Item = &'h Heading>) -> Vec<Heading> {
        let headings: HashSet<_> = headings.filter(|heading| !self.is_gone(heading)).collect();
        let mut headings: Vec<_> = headings.into_iter().cloned().collect();
        headings.sort_by_cached_key(|heading| self.position(heading));
        headings
    }
}

/// Returns the path of the snapshot file for a scenario file: the same path below `folder`, with another ending.
pub(super) fn snapshot_path(folder: &Path, file: &Path) -> PathBuf {
    let working = std::env::current_dir().unwrap_or_default();
    let file = file.strip_prefix(&working).unwrap_or(file);
    let file = file.strip_prefix(SHIPPED).unwrap_or(file);
    let mut path = folder.to_owned();
    for component in file.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => path.push("up"),
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
        }
    }
    path.with_extension("snap")
}

/// Returns the path of a scenario file as a snapshot names it: the same on every machine.
pub(super) fn shown(file: &Path) -> String {
    let working = std::env::current_dir().unwrap_or_default();
    let file = file.strip_prefix(&working).unwrap_or(file);
    file.display().to_string()
}

/// Returns the name of a target as the name of a folder.
pub(in crate::cli) fn folder_name(target: &str) -> String {
    let is_safe = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    let name: String = target
        .chars()
        .map(|character| if is_safe(character) { character } else { '-' })
        .collect();
    match name.trim_matches(['.', '-']) {
        "" => "target".to_owned(),
        name => name.to_owned(),
    }
}

/// Checks that files can be written below a folder.
///
/// # Errors
///
/// Returns an error if the operating system refuses.
pub(super) fn try_out(folder: &Path) -> Result<(), CliError> {
    replacement::try_out(&folder.join("trial.snap")).map_err(|source| uncreated(folder, source))
}

/// Removes a file.
///
/// # Errors
///
/// Returns an error if the operating system refuses.
pub(super) fn remove(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(uncreated(path, error)),
        _ => Ok(()),
    }
}

fn uncreated(path: &Path, source: io::Error) -> CliError {
    CliError::Uncreated {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_stands_where_its_scenario_file_stands() {
        let path = |file: &str| {
            let path = snapshot_path(Path::new("s"), Path::new(file));
            path.display().to_string()
        };
        assert_eq!(
            path("specs/gateway/rooms/emit.yaml"),
            "s/gateway/rooms/emit.snap"
        );
        assert_eq!(path("mine/chat.yaml"), "s/mine/chat.snap");
        assert_eq!(path("./chat.yml"), "s/chat.snap");
        assert_eq!(path("../chat.yaml"), "s/up/chat.snap");
        assert_eq!(path("/else/chat.yaml"), "s/else/chat.snap");
    }

    #[test]
    fn every_target_has_a_folder() {
        assert_eq!(folder_name("reference"), "reference");
        assert_eq!(folder_name("my server/2"), "my-server-2");
        assert_eq!(folder_name(".."), "target");
    }
}
