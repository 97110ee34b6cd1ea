//! Tests of the questions that a reviewer is asked.

use std::{fs, path::Path};

use super::*;
use crate::{
    report::Palette,
    scenario::Transport,
    snapshots::{Direction, Heading, Lane, Line, Section, SnapshotFile, write},
};

fn section(id: &str, answer: &str) -> Section {
    let heading = Heading::new(id, Transport::WebSocket, None);
    let lines = vec![Line::new(Direction::Received, answer)];
    Section::new(heading, "ok", vec![Lane::new("alice", lines, Vec::new())])
}

/// Two files: the same change in three scenarios, and another one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("acks.snap", &[("acks/a", "431"), ("acks/b", "430[2]")][..]),
        ("rooms.snap", &[("rooms/a", "431"), ("rooms/b", "431")][..]),
    ];
    for (name, sections) in files {
        let path = folder.path().join(name);
        let of = |change: fn(&str) -> String| {
            let sections = sections
                .iter()
                .map(|(id, answer)| section(id, &change(answer)));
            SnapshotFile::new("specs/none.yaml", sections)
        };
        write(&path, &of(str::to_owned)).unwrap();
        let pending = folder.path().join(format!("{name}.new"));
        write(&pending, &of(|answer| format!("{answer}!"))).unwrap();
    }
    folder
}

/// Types `lines`. Returns what the reviewer sees, and how many changes are left.
fn talk(folder: &Path, lines: &str) -> (String, usize) {
    let mut reviews = open(&[folder.to_owned()]).unwrap();
    let mut seen = String::new();
    let terminal = Terminal {
        input: lines.as_bytes(),
        write: |text: String| {
            seen += &text;
            Ok(())
        },
        width: || 80,
        palette: Palette::Plain,
    };
    let about = About::default();
    let left = Dialogue::new(&mut reviews, &about, terminal)
        .hold()
        .unwrap();
    (seen.replace(&folder.display().to_string(), "FOLDER"), left)
}

/// Returns the ids that the files hold in their new form: the stored ones, then the pending ones.
fn new_forms(folder: &Path) -> [String; 2] {
    [".snap", ".snap.new"].map(|suffix| {
        let mut ids = Vec::new();
        for name in ["acks", "rooms"] {
            let path = folder.join(format!("{name}{suffix}"));
            let file = crate::snapshots::read_if_exists(&path)
                .unwrap()
                .unwrap_or_default();
            let new = file.sections().iter().filter(|section| {
                let line = section.lanes[0].steps[0].text();
                line.ends_with('!')
            });
            ids.extend(new.map(|section| section.heading.id().to_owned()));
        }
        ids.join(" ")
    })
}

#[test]
fn the_same_change_in_several_scenarios_is_one_question() {
    let folder = folder();
    let (seen, left) = talk(folder.path(), "?\nl\nA\nr\n");
    insta::assert_snapshot!(seen, @"

    change 1 of 4, the same change in 3 scenarios
    acks/a · websocket  changed
    FOLDER/acks.snap

      [alice]
    - < 431                                │ + < 431!

    accept (A: all 3 of this kind), reject, skip, quit, help [a/r/s/q/?]   a, accept            accept the change: the stored transcript is replaced
      A, all, accept all   accept every change of this kind
      r, reject            reject the change: the stored transcript stays
      R, reject all        reject every change of this kind
      s, skip              decide later: the change stays pending
      S, skip all          decide later about every change of this kind
      l, list              list the scenarios with a change of this kind
      d, diff              show the change again
      u, undo              take the last answer back
      q, quit              end; all answers so far are written
      ?, h, help           show these words
    accept (A: all 3 of this kind), reject, skip, quit, help [a/r/s/q/?]   acks/a · websocket  changed
      rooms/a · websocket  changed
      rooms/b · websocket  changed
    accept (A: all 3 of this kind), reject, skip, quit, help [a/r/s/q/?] 
    change 4 of 4
    acks/b · websocket  changed
    FOLDER/acks.snap

      [alice]
    - < 430[2]                             │ + < 430[2]!

    accept, reject, skip, undo, quit, help [a/r/s/q/?] 
    3 accepted, 1 rejected, 0 left
    ");
    assert_eq!(left, 0);
    assert_eq!(new_forms(folder.path()), ["acks/a rooms/a rooms/b", ""]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn an_answer_can_be_taken_back() {
    let folder = folder();
    let (seen, left) = talk(folder.path(), "u\na\nall\nundo\nundo\nskip\nR\nq\n");
    assert!(seen.starts_with("\nchange 1 of 4"), "{seen}");
    assert!(seen.contains("there is no answer to take back"), "{seen}");
    assert!(seen.ends_with("0 accepted, 2 rejected, 2 left\n"), "{seen}");
    assert_eq!(left, 2);
    assert_eq!(new_forms(folder.path()), ["", "acks/a acks/b"]);
}

#[test]
fn the_end_of_the_input_ends_the_review_and_an_unknown_word_is_explained() {
    let folder = folder();
    let (seen, left) = talk(folder.path(), "\na\nyes\u{1b}[2J\n");
    assert!(
        seen.contains(r"`yes\u{1b}[2J` is none of the answers"),
        "{seen}"
    );
    assert!(seen.ends_with("1 accepted, 0 rejected, 3 left\n"), "{seen}");
    assert_eq!(left, 3);
    assert_eq!(new_forms(folder.path())[0], "acks/a");
}

#[test]
fn a_scenario_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emit.snap.new");
    let sections = [
        section("rooms/to-excludes-sender", "40"),
        section("own/unknown", "40"),
    ];
    write(&path, &SnapshotFile::new("specs/none.yaml", sections)).unwrap();
    let reviews = open(&[folder.path().to_owned()]).unwrap();
    let about = About::load(&reviews).unwrap();
    let lines = about.lines("rooms/to-excludes-sender", Palette::Plain);
    insta::assert_snapshot!(lines.join("\n"), @"
    A client's room emit reaches the other members, once, and never the sender
    must rooms.to-excludes-sender: A room emit by a client reaches the other members and never the sender
    must rooms.member-receives: A member of a room receives what is sent to the room
    must rooms.non-member-gets-nothing: A client that is not in a room receives nothing that is sent to the room
    must sio.broadcast.rooms: A room emit reaches only the room's members
    ");
    assert_eq!(about.lines("own/unknown", Palette::Plain), [""; 0]);
}
