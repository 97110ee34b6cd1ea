//! Tests that docs/guide.md describes the chat of fixtures/servers/nestjs-chat, and that its examples work.

use sockspec::cli::Exit;

use crate::{
    support::Test,
    targets::{is_there, manifest},
};

const GUIDE: &str = include_str!("../../docs/guide.md");
const TARGETS: &str = include_str!("../../docs/targets.md");
const MANIFEST: &str = include_str!("../../fixtures/targets/nestjs-chat.yaml");
const BASELINE: &str = include_str!("../../fixtures/targets/nestjs-chat.baseline.yaml");

/// Returns every code block of the guide in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let blocks = GUIDE.split("```").skip(1).step_by(2);
    let found: Vec<_> = blocks
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect();
    assert!(!found.is_empty(), "the guide has no block `{language}`");
    found
}

#[test]
fn each_step_gives_a_manifest_without_mistakes() {
    let parts = blocks("yaml manifest");
    for count in 1..=parts.len() {
        Test::new()
            .file("sockspec.yaml", parts[..count].join("\n"))
            .args(["check", "sockspec.yaml"])
            .status(Exit::Conformant);
    }
}

/// The manifest of the fixture has comments, and a folder of its own for the server.
#[test]
fn the_steps_add_up_to_the_manifest_of_the_chat() {
    let lines = |text: &str| -> Vec<String> {
        let own = |line: &&str| !line.starts_with('#') && !line.starts_with("  workdir:");
        let lines = text.lines().filter(|line| !line.is_empty()).filter(own);
        lines.map(str::to_owned).collect()
    };
    assert_eq!(lines(&blocks("yaml manifest").join("\n")), lines(MANIFEST));
}

#[test]
fn the_known_mistake_is_in_the_baseline_of_the_chat() {
    for entry in blocks("yaml baseline") {
        assert!(BASELINE.contains(entry), "{entry}");
    }
}

fn chat_is_there() -> bool {
    is_there(
        "the chat on NestJS",
        &["node", "--version"],
        "nestjs-chat/dist/main.js",
        "SOCKSPEC_REQUIRE_NODE",
    )
}

/// Returns true if a line of the output has all pieces of a line of the page, in their order. `…` stands for ids and times.
fn is_shown(line: &str, output: &str) -> bool {
    output.lines().any(|shown| {
        let mut rest = shown;
        line.split('…').all(|piece| match rest.split_once(piece) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    })
}

#[test]
fn the_run_in_the_page_about_targets_is_what_the_chat_gives() {
    if !chat_is_there() {
        return;
    }
    let (_, section) = TARGETS.split_once("## A run on NestJS").unwrap();
    let (_, block) = section.split_once("```text\n$ sockspec ").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (command, lines) = block.split_once('\n').unwrap();
    let arguments = command
        .strip_suffix("sockspec.yaml")
        .unwrap()
        .split_whitespace();
    let output = Test::new()
        .inherit(&["PATH", "HOME"])
        .args(arguments)
        .args([manifest("nestjs-chat.yaml")])
        .status(Exit::NotConformant)
        .out();
    for line in lines.lines() {
        assert!(is_shown(line, &output), "no {line:?} in\n{output}");
    }
}

#[test]
fn the_scenario_of_the_guide_passes_on_the_chat() {
    if chat_is_there() {
        let scenario = blocks("yaml scenario").concat();
        Test::new()
            .file("chat-specs/typing.yaml", scenario)
            .inherit(&["PATH", "HOME"])
            .args(["run", "chat-specs", "--target"])
            .args([manifest("nestjs-chat.yaml")])
            .status(Exit::Conformant)
            .stdout_has("1 ok in ");
    }
}
