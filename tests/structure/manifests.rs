//! The manifests in `fixtures/targets/`: `.ci/run` has to run each of them.

use std::{collections::BTreeSet, fs, path::Path};

/// The target of `sockspec run` without `--target`.
const DEFAULT: &str = "reference";

/// Returns the manifests that launch a server and that `.ci/run` does not run, sorted. A manifest that launches none
/// describes a server of the user's own, which no other machine has.
pub(crate) fn not_run_in_ci() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join(".ci/run")).unwrap();
    let run = targets_of(&script);
    let folder = fs::read_dir(root.join("fixtures/targets")).unwrap();
    let mut missing: Vec<_> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().any(|line| line.starts_with("launch:"))
        })
        .filter_map(|path| {
            Some(
                path.file_name()?
                    .to_str()?
                    .strip_suffix(".yaml")?
                    .to_owned(),
            )
        })
        .filter(|name| !run.contains(name))
        .collect();
    missing.sort();
    missing
}

/// Returns the names of the targets that a script runs: those of `--target NAME` and `--target FILE`, those that a loop
/// `for target in …` lists, and the default.
fn targets_of(script: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([DEFAULT.to_owned()]);
    for line in script.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            if pair[0] == "--target" {
                let file = pair[1].trim_matches('"').rsplit('/').next().unwrap();
                found.insert(file.trim_end_matches(".yaml").to_owned());
            }
        }
        if let Some(listed) = line.strip_prefix("for target in ") {
            let listed = listed.split(';').next().unwrap();
            found.extend(listed.split_whitespace().map(str::to_owned));
        }
    }
    found
}

#[test]
fn the_targets_of_a_script_are_found() {
    let script = "for target in one two; do\n  run \"$sockspec\" run --target \"fixtures/targets/$target.yaml\"\ndone\n\
                  run xargs \"$sockspec\" run --target fixtures/targets/three.yaml < list\nrun prove --target four\n";
    let found = targets_of(script);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        ["$target", "four", "one", "reference", "three", "two"]
    );
}
