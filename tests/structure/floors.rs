//! The floors of the crate: a folder of `src/` may use only folders on lower floors.

use crate::{imports::Graph, source::SourceFile};

/// The folders and files right below `src/`, from the top floor to the ground floor.
const FLOORS: &[&[&str]] = &[
    &["lib", "main"],
    &["cli", "fuzzing"],
    &["report"],
    &["records", "snapshots"],
    &["runner"],
    &["targets"],
    &["client", "reference", "scenario"],
    &["net", "simulation", "wire"],
    &["clock", "folder", "random", "replacement", "text"],
    &["data", "work"],
];

/// Returns a description of each use of a folder that is not on a lower floor than the user.
///
/// # Panics
///
/// Panics if a folder is missing in `FLOORS`.
pub(crate) fn upward_uses(graph: &Graph, files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for (from, uses) in graph.iter().enumerate() {
        for (to, names) in uses {
            let (from, to) = (&files[from].path, &files[*to].path);
            if folder(from) != folder(to) && floor(from) >= floor(to) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                found.push(format!("{from} uses {to}: {}", names.join(", ")));
            }
        }
    }
    found
}

fn folder(path: &str) -> &str {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').next().unwrap_or(inside)
}

fn floor(path: &str) -> usize {
    let folder = folder(path);
    FLOORS
        .iter()
        .position(|floor| floor.contains(&folder))
        .unwrap_or_else(|| panic!("{folder} stands on no floor of tests/structure/floors.rs"))
}
