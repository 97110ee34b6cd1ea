//! Tests of rules about the structure of the code: circles of imports, long functions, long files, `bool` parameters,
//! and the only places that read clocks and open sockets.
//!
//! `cargo test --test structure -- --nocapture` prints the cases that each rule counts, also where the rule holds.
//! The project allows at most 3 circles of imports, none with more than 3 files, and at most 5 long functions. The
//! limits in this file hold what was measured, so that the numbers can only get smaller.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on ends at the place that says why"
)]

mod floors;
mod functions;
mod imports;
mod machine;
mod manifests;
mod names;
mod source;

use functions::{Function, functions_of};
use imports::{circles_of, describe, graph_of};
use source::{read, read_crate, rust_files};

/// The limit on the number of circles of imports.
const MOST_CIRCLES: usize = 2;
/// The limit on the number of files in one circle.
const LARGEST_CIRCLE: usize = 3;
/// The limit on the number of files in all circles.
const MOST_FILES_IN_CIRCLES: usize = 6;
/// The number of lines that a function may have, from its signature to its closing brace.
const LONGEST_FUNCTION: usize = 60;
/// The functions that are allowed to be longer, at most five: file, name and reason.
const LONG_FUNCTIONS: [(&str, &str, &str); 5] = [
    (
        "src/scenario/load/clients.rs",
        "add",
        "names each mistake of one entry under `clients` beside the key that it is about",
    ),
    (
        "src/scenario/load/scenario.rs",
        "ScenarioReader::scenario",
        "reads each key of a scenario once, and the values depend on each other in this order",
    ),
    (
        "src/scenario/verbs/receive.rs",
        "incoming",
        "one arm for each thing that `receive` can wait for",
    ),
    (
        "src/targets/probe/mod.rs",
        "ask",
        "one request after the other, each decided by the answer before",
    ),
    (
        "src/wire/socket_io/parse.rs",
        "parse",
        "one arm for each packet type of the protocol",
    ),
];
/// The number of lines that a file may have. Tests at its end count like the rest.
const LONGEST_FILE: usize = 500;
/// The limit on the number of longer files.
const MOST_LONG_FILES: usize = 0;
/// The limit on the number of `bool` parameters of functions that other files can call. The target is 0.
const MOST_SWITCHES: usize = 0;

/// The file that executes each verb. Other code does not name single verbs.
const VERB_MATCH: &str = "src/runner/steps/mod.rs";

/// The number of columns that a line of Markdown may have.
const WIDEST_LINE: usize = 120;
/// The Markdown pages of the repository.
const PAGES: [&str; 15] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs/architecture.md",
    "docs/baselines.md",
    "docs/capabilities.md",
    "docs/contract.md",
    "docs/guide.md",
    "docs/language.md",
    "docs/official-suites.md",
    "docs/records.md",
    "docs/reports.md",
    "docs/style.md",
    "docs/targets.md",
    "reports/README.md",
];

#[test]
fn structure_of_imports_has_few_and_small_circles() {
    let files = read_crate();
    let graph = graph_of(&files);
    let circles = circles_of(&graph);
    let sizes: Vec<usize> = circles.iter().map(Vec::len).collect();
    for circle in &circles {
        println!("{}", describe(circle, &graph, &files));
    }
    println!("circles of imports, by number of files: {sizes:?}");
    let largest = sizes.first().copied().unwrap_or(0);
    let rule = "code has to move to a file that both sides can use, so that uses go one way";
    hold("circles of imports", circles.len(), MOST_CIRCLES, rule);
    hold("files in the largest circle", largest, LARGEST_CIRCLE, rule);
    hold(
        "files in circles",
        sizes.iter().sum(),
        MOST_FILES_IN_CIRCLES,
        rule,
    );
}

#[test]
fn structure_of_folders_is_in_floors() {
    let files = read_crate();
    let upward = floors::upward_uses(&graph_of(&files), &files);
    assert!(
        upward.is_empty(),
        "a folder uses only folders below it (docs/architecture.md, `FLOORS` in tests/structure/floors.rs):\n{}",
        upward.join("\n")
    );
}

#[test]
fn structure_of_machine_uses_is_in_two_places() {
    let uses = machine::uses_elsewhere(&read_crate());
    assert!(
        uses.is_empty(),
        "only src/clock.rs reads clocks and waits with deadlines (`clock::before`, `clock::within`), and only src/net/ \
         opens sockets:\n{}",
        uses.join("\n")
    );
}

#[test]
fn structure_of_verbs_is_in_one_match() {
    let named: Vec<String> = read_crate()
        .iter()
        .filter(|file| !file.is_test && !file.path.starts_with("src/scenario/verbs/"))
        .filter(|file| file.path != VERB_MATCH)
        .flat_map(|file| lines_that_name_verbs(&file.path))
        .collect();
    assert!(
        named.is_empty(),
        "only {VERB_MATCH} matches on verbs; other code reads the facts of a step (src/scenario/verbs/facts.rs), so \
         that the file of a new verb answers for them:\n{}",
        named.join("\n")
    );
}

#[test]
fn structure_of_markdown_is_narrow() {
    let wide: Vec<String> = PAGES.into_iter().flat_map(wide_lines).collect();
    assert!(
        wide.is_empty(),
        "a line of Markdown has at most {WIDEST_LINE} columns, except in tables and code:\n{}",
        wide.join("\n")
    );
}

#[test]
fn structure_of_ci_has_a_run_of_every_target() {
    let missing = manifests::not_run_in_ci();
    assert!(
        missing.is_empty(),
        "`.ci/run` runs no scenario on these manifests of fixtures/targets/: {}; add their names to its `targets`",
        missing.join(", ")
    );
}

#[test]
fn structure_of_functions_is_short() {
    let functions = functions_of(&read_crate());
    let long: Vec<&Function> = functions
        .iter()
        .filter(|function| function.lines > LONGEST_FUNCTION)
        .collect();
    for function in &long {
        let Function {
            path,
            line,
            name,
            lines,
            ..
        } = function;
        println!("{path}:{line}: `{name}` has {lines} lines; {LONGEST_FUNCTION} are allowed");
    }
    let found: Vec<(&str, &str)> = long
        .iter()
        .map(|function| (function.path.as_str(), function.name.as_str()))
        .collect();
    for function in &found {
        assert!(
            LONG_FUNCTIONS
                .iter()
                .any(|(path, name, _)| (*path, *name) == *function),
            "{function:?} is long and not in LONG_FUNCTIONS: split it"
        );
    }
    for (path, name, reason) in LONG_FUNCTIONS {
        assert!(
            found.contains(&(path, name)),
            "`{name}` in {path} is short now: take it out of LONG_FUNCTIONS ({reason})"
        );
    }
}

#[test]
fn structure_of_files_is_short() {
    let mut long = 0;
    for path in ["src", "tests", "benches", "build.rs"]
        .into_iter()
        .flat_map(rust_files)
    {
        let lines = read(&path).lines().count();
        if lines > LONGEST_FILE {
            println!("{path}: {lines} lines, tests counted; {LONGEST_FILE} are allowed");
            long += 1;
        }
    }
    hold(
        "files of more than 500 lines",
        long,
        MOST_LONG_FILES,
        "a long file has to be split",
    );
}

#[test]
fn structure_of_parameters_has_no_bool() {
    let functions = functions_of(&read_crate());
    let mut switched = 0;
    for function in functions.iter().filter(|function| function.is_visible) {
        for switch in &function.switches {
            let Function {
                path, line, name, ..
            } = function;
            println!("{path}:{line}: `{name}` takes the bool `{switch}`");
            switched += 1;
        }
    }
    hold(
        "`bool` parameters of functions that other files see",
        switched,
        MOST_SWITCHES,
        "an enum of two variants has to take the place of a `bool`",
    );
}

/// Fails if `number` is above `limit`. The test has printed each case before.
fn hold(what: &str, number: usize, limit: usize, rule: &str) {
    println!("{what}: {number}, at most {limit}");
    assert!(
        number <= limit,
        "{number} {what}, at most {limit}: {rule}; the lines above name each"
    );
}

/// Returns the lines above a file's unit tests that name a variant of `Action` or `Verb`.
fn lines_that_name_verbs(path: &str) -> Vec<String> {
    let names_variant = |line: &str| {
        let parts: Vec<&str> = line.split("::").collect();
        parts.windows(2).any(|parts| {
            let owner = parts[0]
                .rsplit(|letter: char| !letter.is_alphanumeric())
                .next();
            let mut variant = parts[1].chars();
            matches!(owner, Some("Action" | "Verb"))
                && variant.next().is_some_and(char::is_uppercase)
                && variant.next().is_some_and(char::is_lowercase)
        })
    };
    read(path)
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .enumerate()
        .filter(|(_, line)| names_variant(line))
        .map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim()))
        .collect()
}

/// Lists the lines of a page that are too wide. Tables and code blocks are not checked.
fn wide_lines(page: &str) -> Vec<String> {
    let mut is_code = false;
    let mut wide = Vec::new();
    for (index, line) in read(page).lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let columns = line.chars().count();
        if columns > WIDEST_LINE && !is_code && !line.starts_with('|') {
            wide.push(format!("{page}:{}: {columns} columns", index + 1));
        }
    }
    wide
}
