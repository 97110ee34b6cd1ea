//! Tests that docs/review.md shows what happens: its commands are run, in their order, with two versions of socket.io.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::pseudo_terminal::Session;
use crate::{support::Test, targets::is_there};

const GUIDE: &str = include_str!("../../../docs/review.md");

/// The width of the terminal in the page, in columns.
const COLUMNS: u16 = 80;

/// A command of the page, and the lines of its output that the page shows.
struct Step {
    command: &'static str,
    shown: Vec<&'static str>,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let blocks = GUIDE.split("```").skip(1).step_by(2);
    for line in blocks
        .filter_map(|block| block.strip_prefix("text\n"))
        .flat_map(str::lines)
    {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step {
                command,
                shown: Vec::new(),
            }),
            None => steps.last_mut().unwrap().shown.push(line),
        }
    }
    steps
}

fn fixture(path: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("fixtures/upgrade").join(path)
}

/// Installs the version that the page names: a link to the folder into which `.ci/run` has installed it.
fn install(folder: &std::path::Path, version: &str) {
    let packages = ["before", "after"].map(|name| {
        let wanted = fs::read_to_string(fixture(name).join("package.json")).unwrap();
        (name, wanted)
    });
    let named = |text: &str| text.contains(&format!("\"socket.io\": \"{version}\""));
    let (name, _) = packages.iter().find(|(_, text)| named(text)).unwrap();
    let link = folder.join("node_modules");
    let _ = fs::remove_file(&link);
    symlink(fixture(name).join("node_modules"), link).unwrap();
}

/// Checks that the output has the lines of the page, in their order.
fn check(step: &Step, output: &str) {
    let mut lines = output.lines().map(|line| line.trim_end_matches('\r'));
    for shown in &step.shown {
        assert!(
            lines.any(|line| line == *shown),
            "{}: no {shown:?} in\n{output}",
            step.command
        );
    }
}

/// Returns the words of a command line, without its quotes.
fn words(command: &str) -> Vec<String> {
    command
        .split_whitespace()
        .map(|word| word.trim_matches('\'').to_owned())
        .collect()
}

/// Runs a command of the page that ends by itself.
fn run(folder: &std::path::Path, step: &Step) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sockspec"))
        .args(&words(step.command)[1..])
        .current_dir(folder)
        .env_remove("CI")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    check(step, &text);
}

/// Answers the questions of a review as the page does.
fn answer(prepared: Test, step: &Step) -> Test {
    let mut session = Session::start(prepared, &["review"], COLUMNS, &[("NO_COLOR", "1")]);
    let prompt = "help [a/r/s/q/?] ";
    let mut seen = String::new();
    for line in &step.shown {
        if let Some((_, typed)) = line.split_once(prompt) {
            seen += &session.wait_for(prompt);
            session.type_in(&format!("{typed}\n"));
        }
    }
    let (_, rest, prepared) = session.end();
    // The terminal shows what was typed.
    check(step, &(seen + &rest));
    prepared
}

#[test]
fn the_upgrade_in_the_page_shows_what_happens() {
    let modules = "../upgrade/after/node_modules";
    if !is_there(
        "the upgrade of socket.io",
        &["node", "--version"],
        modules,
        "SOCKSPEC_REQUIRE_NODE",
    ) {
        return;
    }
    let mut prepared = Test::new();
    for name in ["package.json", "server.js", "sockspec.yaml"] {
        prepared = prepared.file(name, fs::read(fixture(name)).unwrap());
    }
    for step in steps() {
        let folder = prepared.path("");
        if let Some(version) = step.command.strip_prefix("npm install socket.io@") {
            install(&folder, version);
        } else if step.shown.iter().any(|line| line.starts_with("accept")) {
            prepared = answer(prepared, &step);
        } else {
            run(&folder, &step);
        }
    }
}
