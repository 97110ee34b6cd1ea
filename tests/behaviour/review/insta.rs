//! Tests that insta's own review opens pending snapshots.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use sockspec::cli::Exit;

use super::{FOLDER, pending, review};

/// Runs `cargo-insta` in a folder. Returns `None` if it is not installed.
fn cargo_insta(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let output = Command::new("cargo-insta")
        .args(arguments)
        .current_dir(folder)
        .env_remove("INSTA_UPDATE")
        .output();
    output.ok()
}

#[test]
fn a_pending_snapshot_opens_in_the_review_of_insta() {
    let prepared = review(&[])
        .file(
            "Cargo.toml",
            "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
        )
        .file("src/lib.rs", "");
    let folder = prepared.path("");
    let Some(listed) = cargo_insta(&folder, &["pending-snapshots"]) else {
        eprintln!("skipped: cargo-insta is not installed");
        return;
    };
    let shown = String::from_utf8_lossy(&listed.stdout).into_owned()
        + &String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "{shown}");
    assert!(shown.contains("mine/chat.snap"), "{shown}");

    let accepted = cargo_insta(&folder, &["accept"]).unwrap();
    assert!(accepted.status.success(), "{accepted:?}");
    let stored = folder.join(FOLDER).join("chat.snap");
    assert_eq!(fs::read_to_string(&stored).unwrap(), pending());
    prepared
        .status(Exit::Conformant)
        .stdout_has("no change waits for a review");
}
