//! Tests that the examples of the README work and have the output that the README shows.

use regex::Regex;
use sockspec::cli::Exit;

use crate::support::{Served, Test};

const README: &str = include_str!("../../README.md");

/// Returns the first code block of this language that contains `word`.
fn block(language: &str, word: &str) -> &'static str {
    let mut blocks = README.split("```").skip(1).step_by(2);
    let content = blocks.find_map(|block| {
        let content = block.strip_prefix(language)?.strip_prefix('\n')?;
        content.contains(word).then_some(content)
    });
    content.expect("the README has such a block")
}

/// Returns the lines of `text` without the parts that differ from run to run: times, ids, ports and the seed.
fn timeless(text: &str) -> Vec<String> {
    let moving = [
        (r"\+?[0-9.]+ (ms|µs|s)\b", "TIME"),
        (r"room-[0-9a-f]{12}", "ROOM"),
        (r#""(sid|from)":"[^"]+""#, "ID"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"--seed \d+", "SEED"),
        (r" +", " "),
    ];
    let moving = moving.map(|(pattern, mark)| (Regex::new(pattern).unwrap(), mark));
    let still = |line: &str| {
        moving
            .iter()
            .fold(line.to_owned(), |line, (pattern, mark)| {
                pattern.replace_all(&line, *mark).into_owned()
            })
    };
    text.lines()
        .map(still)
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_scenario_passes_on_a_right_server() {
    Test::new()
        .file("chat.yaml", block("yaml", "scenarios:"))
        .args(["run", "chat.yaml"])
        .status(Exit::Conformant);
}

#[test]
fn the_failure_has_the_output_of_the_readme() {
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let url = &server.url;
    let finished = Test::new()
        .file("chat.yaml", block("yaml", "scenarios:"))
        .args(["run", "chat.yaml", "--url", url])
        .status(Exit::NotConformant);
    let actual = timeless(&finished.out());
    let mut rest = actual.iter();
    for line in timeless(block("text", "FAIL")) {
        assert!(
            rest.any(|other| *other == line),
            "no {line:?} in\n{actual:#?}"
        );
    }
}

#[test]
fn the_manifest_has_no_mistakes() {
    Test::new()
        .file("target.yaml", block("yaml", "launch:"))
        .args(["check", "target.yaml"])
        .status(Exit::Conformant);
}

#[test]
fn the_server_of_a_tutorial_has_the_failures_of_the_readme() {
    let server = Served::new(&["--preset", "tutorial"]);
    let shown = block("text", "errors/accident-without-cause");
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines.len() > 4, "{lines:?}");
    let ids = lines
        .iter()
        .map(|line| line.split_whitespace().nth(1).unwrap());
    let text = Test::new()
        .args(["run", "--url", &server.url])
        .args(ids)
        .status(Exit::NotConformant)
        .out();
    for line in lines {
        assert!(
            text.contains(&format!("\n{line}\n")),
            "no {line:?} in\n{text}"
        );
    }
}
