//! Tests of `run --failed`.

use std::path::Path;

use sockspec::cli::Exit;

use super::chat;
use crate::commands::sockspec;

/// Runs the program in `folder`, with the user's cache folder in it. Returns the exit status and both outputs.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let ended = sockspec(folder, &[&["run"], arguments].concat());
    (Some(ended.status), ended.text())
}

#[test]
fn only_what_was_not_right_runs_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |ids: [&str; 2]| {
        let text = chat(&ids.map(|id| (id, "level: must")));
        std::fs::write(folder.join("chat.yaml"), text).unwrap();
    };
    write(["right", "wrong"]);
    let (status, text) = run(folder, &["chat.yaml", "--failed"]);
    assert_eq!(status, Some(Exit::NothingSelected as i32), "{text}");
    assert!(
        text.contains("error: no earlier run on this target in this folder is recorded"),
        "{text}"
    );
    let (status, _) = run(folder, &["chat.yaml"]);
    assert_eq!(status, Some(Exit::NotConformant as i32));
    let (status, text) = run(folder, &["chat.yaml", "--failed"]);
    assert_eq!(status, Some(Exit::NotConformant as i32));
    assert!(text.contains("\n0 ok, 1 FAIL in "), "{text}");
    // The mistake is mended: the scenario passes once, and then nothing is left.
    let mended = std::fs::read_to_string(folder.join("chat.yaml")).unwrap();
    std::fs::write(
        folder.join("chat.yaml"),
        mended.replace("reply: ho", "reply: hi"),
    )
    .unwrap();
    let (status, text) = run(folder, &["chat.yaml", "--failed"]);
    assert_eq!(status, Some(Exit::Conformant as i32), "{text}");
    let (status, text) = run(folder, &["chat.yaml", "--failed"]);
    assert_eq!(status, Some(Exit::NothingSelected as i32));
    assert!(
        text.contains("error: everything was right when it ran last on this target in this folder"),
        "{text}"
    );
}
