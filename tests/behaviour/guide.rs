//! Tests that docs/guide.md describes the chat of fixtures/servers/nestjs-chat, and that its examples work.

use sockspec::cli::Exit;

use crate::{
    support::Test,
    targets::{is_there, manifest},
};

const GUIDE: &str = include_str!("../../docs/guide.md");
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

#[test]
fn the_scenario_of_the_guide_passes_on_the_chat() {
    if is_there(
        "the chat on NestJS",
        &["node", "--version"],
        "nestjs-chat/dist/main.js",
        "SOCKSPEC_REQUIRE_NODE",
    ) {
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
