//! Tests of `review` on a terminal.

use std::fs;

use sockspec::cli::Exit;

use super::{FOLDER, pending, pseudo_terminal::Session, review, snapshot, stored};
use crate::support::Test;

/// The end of each question.
const PROMPT: &str = "help [a/r/s/q/?] ";

fn start(columns: u16, environment: &[(&str, &str)]) -> Session {
    Session::start(review(&[]), &["review"], columns, environment)
}

/// Returns what the stored and the pending file hold, if they exist.
fn written(prepared: &Test) -> [Option<String>; 2] {
    ["chat.snap", "chat.snap.new"]
        .map(|name| fs::read_to_string(prepared.path(&format!("{FOLDER}/{name}"))).ok())
}

#[test]
fn a_reviewer_answers_each_question() {
    let mut session = start(90, &[("NO_COLOR", "1")]);
    let first = session.wait_for(PROMPT).replace("\r\n", "\n");
    insta::assert_snapshot!(first, @r#"

    change 1 of 3
    chat/echo · websocket  changed
    reports/snapshots/mine/chat.snap

      [alice]
      > 420["echo"]                             │   > 420["echo"]
    - < 430["hi"]                               │ + < 430["hi","again"]

    accept, reject, skip, quit, help [a/r/s/q/?]
    "#);
    session.type_in("a\n");
    let second = session.wait_for(PROMPT);
    assert!(
        second.contains("changed, verdict ok → fail · missing-ack"),
        "{second}"
    );
    session.type_in("r\n");
    session.wait_for(PROMPT);
    session.type_in("u\n");
    let again = session.wait_for(PROMPT);
    assert!(again.contains("chat/late"), "{again}");
    session.type_in("s\n");
    session.wait_for(PROMPT);
    session.type_in("a\n");
    let (status, seen, prepared) = session.end();
    assert_eq!(status, Some(Exit::NotConformant as i32), "{seen}");
    assert!(seen.contains("2 accepted, 0 rejected, 1 left"), "{seen}");
    let after = snapshot(&[
        ("chat/echo", "ok", r#"430["hi","again"]"#),
        ("chat/late", "ok", "430[1]"),
        ("chat/new", "ok", "430[]"),
    ]);
    assert_eq!(written(&prepared), [Some(after), Some(pending())]);
}

#[test]
fn the_output_has_colours_and_fits_into_every_width() {
    for columns in [20, 76, 200] {
        let mut session = start(columns, &[("TERM", "xterm")]);
        let shown = session.wait_for(PROMPT);
        assert!(shown.contains("\u{1b}[32m"), "{shown:?}");
        let has_columns = shown.contains('│');
        assert_eq!(has_columns, columns > 70, "{shown}");
        session.type_in("q\n");
        let (status, ..) = session.end();
        assert_eq!(status, Some(Exit::NotConformant as i32));
    }
}

#[test]
fn ctrl_c_keeps_the_answers_and_leaves_whole_files() {
    let mut session = start(80, &[]);
    session.wait_for(PROMPT);
    session.type_in("a\n");
    session.wait_for(PROMPT);
    session.type_in("\u{3}");
    let (status, seen, prepared) = session.end();
    assert_eq!(status, Some(Exit::Interrupted as i32), "{seen}");
    assert!(seen.contains("interrupted"), "{seen}");
    let after = snapshot(&[
        ("chat/echo", "ok", r#"430["hi","again"]"#),
        ("chat/late", "ok", "430[1]"),
    ]);
    assert_eq!(written(&prepared), [Some(after), Some(pending())]);
    assert_eq!(fs::read_dir(prepared.path(FOLDER)).unwrap().count(), 2);
}

#[test]
fn the_end_of_the_input_ends_the_review() {
    let mut session = start(80, &[]);
    session.wait_for(PROMPT);
    session.type_in("\u{4}");
    let (status, seen, prepared) = session.end();
    assert_eq!(status, Some(Exit::NotConformant as i32), "{seen}");
    assert!(seen.contains("0 accepted, 0 rejected, 3 left"), "{seen}");
    assert_eq!(written(&prepared), [Some(stored()), Some(pending())]);
}

#[test]
fn a_folder_that_can_not_be_written_is_said_before_any_question() {
    // The name is so long that no temporary file beside it can have a name.
    let name = format!("{FOLDER}/{}.snap.new", "n".repeat(246));
    let prepared = Test::new().file(&name, pending());
    let session = Session::start(prepared, &["review"], 80, &[]);
    let (status, seen, _) = session.end();
    assert_eq!(status, Some(Exit::NotRun as i32), "{seen}");
    assert!(seen.contains("can't write the snapshot"), "{seen}");
    assert!(!seen.contains(PROMPT), "{seen}");
}

#[test]
fn a_file_that_changes_during_the_review_is_left_alone() {
    let mut session = start(80, &[]);
    session.wait_for(PROMPT);
    let path = session.prepared.path(&format!("{FOLDER}/chat.snap"));
    let other = snapshot(&[("chat/echo", "ok", "430[]")]);
    fs::write(&path, &other).unwrap();
    session.type_in("a\n");
    let (status, seen, prepared) = session.end();
    assert_eq!(status, Some(Exit::NotRun as i32), "{seen}");
    assert!(
        seen.contains("has changed since the review began"),
        "{seen}"
    );
    assert_eq!(written(&prepared), [Some(other), Some(pending())]);
}

#[test]
fn options_ask_nothing_on_a_terminal() {
    let session = Session::start(review(&[]), &["review", "--list"], 80, &[]);
    let (status, seen, _) = session.end();
    assert_eq!(status, Some(Exit::NotConformant as i32));
    assert!(seen.contains("3 changes wait for a review"), "{seen}");
}
