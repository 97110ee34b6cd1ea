//! Tests of `review`: changes of snapshots are shown, accepted and rejected.

#[cfg(target_os = "linux")]
mod dialogue;
mod files;
#[cfg(target_os = "linux")]
mod guide;
mod insta;
#[cfg(target_os = "linux")]
mod pseudo_terminal;

use crate::support::Test;

/// The folder of the snapshots in the tests.
const FOLDER: &str = "reports/snapshots/mine";

/// Returns a snapshot file. Each section is an id, a verdict, and what the client `alice` received.
fn snapshot(sections: &[(&str, &str, &str)]) -> String {
    let sections = sections.iter().map(|(id, verdict, received)| {
        format!(
            "== {id} · websocket ==\nverdict: {verdict}\n\n[alice]\n> 420[\"echo\"]\n< {received}\n"
        )
    });
    let sections: Vec<_> = sections.collect();
    format!(
        "---\nsource: specs/chat.yaml\nexpression: transcripts\n---\n{}",
        sections.join("\n")
    )
}

/// The stored snapshot of two scenarios.
fn stored() -> String {
    snapshot(&[
        ("chat/echo", "ok", r#"430["hi"]"#),
        ("chat/late", "ok", "430[1]"),
    ])
}

/// The snapshot of a later run: `chat/echo` answers otherwise, `chat/late` fails, and `chat/new` is new.
fn pending() -> String {
    snapshot(&[
        ("chat/echo", "ok", r#"430["hi","again"]"#),
        (
            "chat/late",
            "fail · missing-ack",
            "closed: close frame 1000",
        ),
        ("chat/new", "ok", "430[]"),
    ])
}

/// Returns a call of `review` in a folder with changes.
fn review(arguments: &[&str]) -> Test {
    Test::new()
        .file(&format!("{FOLDER}/chat.snap"), stored())
        .file(&format!("{FOLDER}/chat.snap.new"), pending())
        .args(["review"])
        .args(arguments.iter().copied())
}
