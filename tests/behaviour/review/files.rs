//! Tests of `review` without a terminal.

use std::process::{Command, Stdio};

use sockspec::cli::Exit;

use super::{FOLDER, pending, review, snapshot, stored};
use crate::support::{Finished, Test};

/// Returns what the stored and the pending file hold, if they exist.
fn written(finished: &Finished) -> [Option<String>; 2] {
    ["chat.snap", "chat.snap.new"].map(|name| finished.try_written(&format!("{FOLDER}/{name}")))
}

#[test]
fn changes_are_listed_and_nothing_is_written() {
    for arguments in [&["--list"][..], &[], &["--list", FOLDER]] {
        let finished = review(arguments).status(Exit::NotConformant).stdout(
            "reports/snapshots/mine/chat.snap
  chat/echo · websocket  changed
  chat/late · websocket  changed, verdict ok → fail · missing-ack
  chat/new · websocket  new

3 changes wait for a review: `sockspec review` asks about each on a terminal; elsewhere, `--diff` shows them, and \
`--accept PATTERN` or `--reject PATTERN` answers
",
        );
        assert_eq!(written(&finished), [Some(stored()), Some(pending())]);
    }
}

#[test]
fn without_changes_there_is_nothing_to_do() {
    for arguments in [&[][..], &["--list"], &["."]] {
        Test::new()
            .args(["review"])
            .args(arguments.iter().copied())
            .status(Exit::Conformant)
            .stdout_has("no change waits for a review in ");
    }
    Test::new()
        .args(["review", "--diff"])
        .status(Exit::Conformant)
        .stdout("");
    Test::new()
        .args(["review", "nowhere"])
        .status(Exit::BadUsage)
        .stderr_has("no such file or folder: nowhere");
}

#[test]
fn a_diff_shows_the_lines_that_differ() {
    let out = review(&["--diff"]).status(Exit::NotConformant).out();
    insta::assert_snapshot!(out, @r#"
    chat/echo · websocket  changed
    reports/snapshots/mine/chat.snap
      [alice]
      > 420["echo"]
    - < 430["hi"]
    + < 430["hi","again"]

    chat/late · websocket  changed, verdict ok → fail · missing-ack
    reports/snapshots/mine/chat.snap
    - verdict: ok
    + verdict: fail · missing-ack
      [alice]
      > 420["echo"]
    - < 430[1]
    + < closed: close frame 1000

    chat/new · websocket  new
    reports/snapshots/mine/chat.snap
    + verdict: ok
    + [alice]
    + > 420["echo"]
    + < 430[]
    "#);
}

#[test]
fn accepted_changes_are_stored_and_rejected_ones_are_forgotten() {
    let finished = review(&["--accept", "chat/*", "--reject", "chat/late"])
        .status(Exit::Conformant)
        .stdout("2 accepted, 1 rejected, 0 left\n");
    let after = snapshot(&[
        ("chat/echo", "ok", r#"430["hi","again"]"#),
        ("chat/late", "ok", "430[1]"),
        ("chat/new", "ok", "430[]"),
    ]);
    assert_eq!(written(&finished), [Some(after), None]);
}

#[test]
fn what_no_pattern_names_stays_pending() {
    let finished = review(&["--accept", "chat/new"])
        .status(Exit::Conformant)
        .stdout("1 accepted, 0 rejected, 2 left\n");
    let after = snapshot(&[
        ("chat/echo", "ok", r#"430["hi"]"#),
        ("chat/late", "ok", "430[1]"),
        ("chat/new", "ok", "430[]"),
    ]);
    assert_eq!(written(&finished), [Some(after), Some(pending())]);
}

#[test]
fn a_pattern_that_names_no_change_is_a_mistake_and_nothing_is_written() {
    for (pattern, help) in [
        ("chat/ehco", "did you mean `chat/echo`?"),
        ("rooms/*", "`--list` shows the changes"),
        ("chat/[", "unclosed character class"),
    ] {
        let finished = review(&["--accept", "chat/new", "--reject", pattern])
            .status(Exit::NothingSelected)
            .stderr_has(help);
        assert_eq!(written(&finished), [Some(stored()), Some(pending())]);
    }
}

#[test]
fn a_snapshot_edited_by_hand_into_something_unreadable_is_named_with_its_line() {
    let broken = stored().replace("> 420[\"echo\"]", "420[\"echo\"]");
    for arguments in [&["--accept", "*"][..], &["--list"], &["--diff"], &[]] {
        let finished = Test::new()
            .file(&format!("{FOLDER}/chat.snap"), &broken)
            .file(&format!("{FOLDER}/chat.snap.new"), pending())
            .file(&format!("{FOLDER}/other.snap.new"), "nothing")
            .args(["review"])
            .args(arguments.iter().copied())
            .status(Exit::BadUsage)
            .stderr_has("reports/snapshots/mine/chat.snap:9:1")
            .stderr_has("this line has no direction")
            .stderr_has("reports/snapshots/mine/other.snap.new:1:1")
            .stderr_has("the file does not begin with `---`")
            .stderr_has("2 mistakes in 2 files");
        assert_eq!(written(&finished), [Some(broken.clone()), Some(pending())]);
    }
}

#[test]
fn hostile_snapshots_are_escaped() {
    let hostile = snapshot(&[(
        "chat/\u{1b}[31mred",
        "ok\u{7}",
        "42[\"\u{1b}[2J\u{202e}evil\"]",
    )]);
    for arguments in [["--list"], ["--diff"]] {
        Test::new()
            .file(&format!("{FOLDER}/chat\u{1b}[1m.snap.new"), &hostile)
            .args(["review"])
            .args(arguments)
            .status(Exit::NotConformant)
            .stdout_has(r"chat/\u{1b}[31mred")
            .stdout_has(r"chat\u{1b}[1m.snap")
            .stdout_lacks("\u{1b}")
            .stdout_lacks("\u{202e}")
            .stdout_lacks("\u{7}");
    }
}

#[test]
fn a_snapshot_that_can_not_be_written_is_an_error() {
    // Its name is so long that no temporary file beside it can have a name.
    let name = format!("{FOLDER}/{}.snap.new", "n".repeat(246));
    let finished = Test::new()
        .file(&name, pending())
        .args(["review", "--accept", "*"])
        .status(Exit::NotRun)
        .stderr_has("can't write the snapshot ");
    assert_eq!(finished.written(&name), pending());
}

#[test]
fn a_standard_input_that_never_ends_is_not_read() {
    let prepared = review(&[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockspec"))
        .arg("review")
        .current_dir(prepared.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The pipe stays open: a program that reads it hangs, and so does this test.
    let input = child.stdin.take();
    let status = child.wait().unwrap();
    drop(input);
    assert_eq!(status.code(), Some(Exit::NotConformant as i32));
}

#[test]
fn the_options_contradict_each_other() {
    for arguments in [["--list", "--diff"], ["--diff", "--accept=*"]] {
        review(&arguments)
            .status(Exit::BadUsage)
            .stderr_has("cannot be used with");
    }
}
