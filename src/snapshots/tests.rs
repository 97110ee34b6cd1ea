//! Tests of snapshots: files on the disk, mistakes in them, what differs, and what answers leave.

use std::{fs, path::Path, sync::Arc};

use proptest::prelude::*;

use super::*;
use crate::{
    scenario::{SourceFile, Transport},
    text::escape,
};

fn heading(id: &str) -> Heading {
    Heading::new(id, Transport::WebSocket, None)
}

fn section(id: &str, received: &[&str]) -> Section {
    let received = received
        .iter()
        .map(|text| Line::new(Direction::Received, text));
    let lane = Lane::new("alice", received.collect(), Vec::new());
    Section::new(heading(id), "ok", vec![lane])
}

fn file(sections: impl IntoIterator<Item = Section>) -> SnapshotFile {
    SnapshotFile::new("specs/rooms.yaml", sections)
}

fn parsed(text: &str) -> Result<SnapshotFile, String> {
    let source = SourceFile {
        path: "rooms.snap".into(),
        text: text.to_owned(),
    };
    reader::parse(&Arc::new(source)).map_err(|mistake| {
        let help = mistake.help.as_deref().unwrap_or_default();
        format!("{}\n  {help}", mistake.render_short())
    })
}

#[test]
fn a_file_shows_sections_clients_and_lines() {
    let polling = Heading::new("rooms/next", Transport::Polling, Some("small"));
    let sent = |text| Line::new(Direction::Sent, text);
    let received = |text| Line::new(Direction::Received, text);
    let lanes = vec![
        Lane::new("sender", vec![sent("40"), received("40{}")], Vec::new()),
        Lane::new(
            "crowd[1] … crowd[9]",
            vec![sent("")],
            vec![received("42[\"\u{1b}[31m\"] ")],
        ),
    ];
    let sections = [
        section("rooms/to", &["42[\"hi\"]"]),
        Section::new(polling, "fail · missing-event", lanes),
    ];
    let written = file(sections);
    insta::assert_snapshot!(written.to_text(), @r#"
    ---
    source: specs/rooms.yaml
    expression: transcripts
    ---
    == rooms/to · websocket ==
    verdict: ok

    [alice]
    < 42["hi"]

    == rooms/next · polling · profile small ==
    verdict: fail · missing-event

    [sender]
    > 40
    < 40{}

    [crowd[1] … crowd[9]]
    >
    also:
    < 42["\u{1b}[31m"]\u{20}
    "#);
    assert_eq!(parsed(&written.to_text()).unwrap(), written);
}

#[test]
fn what_insta_adds_and_removes_makes_no_difference() {
    let written = file([section("rooms/to", &["42[\"hi\"]"])]);
    let text = written.to_text();
    let text = text.replace(
        "expression: transcripts\n",
        "assertion_line: 7\nexpression: transcripts\nsnapshot_kind: text\n",
    );
    assert_eq!(parsed(text.trim_end()).unwrap(), written);
    assert_eq!(parsed(&text.replace('\n', "\r\n")).unwrap(), written);
    let quoted = SnapshotFile::new("a: b", []);
    assert!(quoted.to_text().contains("source: \"a: b\""));
    assert_eq!(parsed(&quoted.to_text()).unwrap(), quoted);
}

#[test]
fn a_file_edited_by_hand_into_something_unreadable_is_a_mistake_with_its_line() {
    let start = "---\nsource: a.yaml\n---\n";
    let section = "== a · websocket ==\nverdict: ok\n[alice]\n> 40\n";
    let mistakes = [
        String::new(),
        "source: a.yaml\n".to_owned(),
        "---\nsource\n".to_owned(),
        "---\nsource: a.yaml\n".to_owned(),
        "---\nexpression: a\n---\n".to_owned(),
        format!("{start}> 40\n"),
        format!("{start}== a ==\n"),
        format!("{start}== a · web ==\n"),
        format!("{start}== a · websocket ==\n\n[alice]\n"),
        format!("{start}== a · websocket ==\n"),
        format!("{start}== a · websocket ==\nverdict: ok\n> 40\n"),
        format!("{start}{section}42\n"),
        format!("{start}{section}<40\n"),
        format!("{start}{section}[alice]\n"),
        format!("{start}{section}\n{section}"),
    ];
    let shown = mistakes.map(|text| parsed(&text).unwrap_err());
    insta::assert_snapshot!(shown.join("\n"), @r#"
    rooms.snap:1:1: error[unreadable-snapshot]: the file ends before its content
      a snapshot file begins with `---`, its metadata, and another `---`
    rooms.snap:1:1: error[unreadable-snapshot]: the file does not begin with `---`
      a snapshot file begins with `---`, its metadata, and another `---`
    rooms.snap:2:1: error[unreadable-snapshot]: the metadata has a line without a key
      write `source: PATH`, and `---` after the metadata
    rooms.snap:2:1: error[unreadable-snapshot]: the file ends before its content
      a snapshot file begins with `---`, its metadata, and another `---`
    rooms.snap:3:1: error[unreadable-snapshot]: the metadata names no source
      write `source: PATH` between the first two `---`
    rooms.snap:4:1: error[unreadable-snapshot]: this line stands before the first heading
      a section begins with its heading: `== ID · TRANSPORT ==`
    rooms.snap:4:1: error[unreadable-snapshot]: this heading has no transport
      write `== ID · TRANSPORT ==`, or `== ID · TRANSPORT · profile NAME ==`
    rooms.snap:4:1: error[unreadable-snapshot]: there is no transport `web`
      write `polling`, `upgrade` or `websocket`
    rooms.snap:6:1: error[unreadable-snapshot]: the section has no verdict before this line
      the line below a heading is `verdict: ok`, or another verdict
    rooms.snap:4:1: error[unreadable-snapshot]: the section `a · websocket` has no verdict
      the line below a heading is `verdict: ok`, or another verdict
    rooms.snap:6:1: error[unreadable-snapshot]: this line stands before the first client
      the lines of a client begin with its name: `[CLIENT]`
    rooms.snap:8:1: error[unreadable-snapshot]: this line has no direction
      begin it with `> ` if the client sent it, and with `< ` if the client received it
    rooms.snap:8:1: error[unreadable-snapshot]: this line has no direction
      begin it with `> ` if the client sent it, and with `< ` if the client received it
    rooms.snap:8:1: error[unreadable-snapshot]: the section has the client `alice` a second time
      write all lines of a client below one `[CLIENT]`
    rooms.snap:9:1: error[unreadable-snapshot]: the file has a second section `a · websocket`
      the first one begins in line 4; remove one of them
    "#);
}

proptest! {
    #[test]
    fn every_text_survives_in_a_file(
        id in any::<String>(), verdict in "[a-z]{1,9}", client in any::<String>(), texts in any::<[String; 3]>(),
    ) {
        let line = |text: &String| Line::new(Direction::Received, text);
        let lane = Lane::new(&client, texts[..2].iter().map(line).collect(), vec![line(&texts[2])]);
        let heading = Heading::new(&id, Transport::Upgrade, Some("small"));
        let written = file([Section::new(heading, &verdict, vec![lane])]);
        let text = written.to_text();
        prop_assert!(!text.chars().any(|character| character != '\n' && escape::acts(character)));
        prop_assert_eq!(parsed(&text).unwrap(), written);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(---\nsource: a\n---\n)?(==|verdict|\\[a\\]|> |< |\n| · |websocket|.){0,40}") {
        if let Ok(file) = parsed(&text) {
            prop_assert_eq!(parsed(&file.to_text()).unwrap(), file);
        }
    }
}

#[test]
fn sections_are_compared_one_by_one() {
    let old = file([
        section("a", &["1"]),
        section("gone", &[]),
        section("b", &["2"]),
    ]);
    let new = file([
        section("a", &["1"]),
        section("b", &["3"]),
        section("new", &[]),
    ]);
    let found = changes(Some(&old), &new);
    let shown: Vec<_> = found
        .iter()
        .map(|change| format!("{} {}", change.heading().id(), change.word()))
        .collect();
    assert_eq!(shown, ["gone gone", "b changed", "new new"]);
    assert_eq!(changes(Some(&old), &old), []);
    assert_eq!(changes(None, &new).len(), 3);
}

#[test]
fn rows_pair_what_was_replaced() {
    let change = Change::Changed {
        old: section("a", &["1", "2", "3", "4"]),
        new: section("a", &["1", "x", "4", "5"]),
    };
    let shown: Vec<_> = differences(&change)[0]
        .rows
        .iter()
        .map(|row| format!("{:?} {:?}", row.before(), row.after()))
        .collect();
    assert_eq!(
        shown,
        [
            r#"Some("< 1") Some("< 1")"#,
            r#"Some("< 2") Some("< x")"#,
            r#"Some("< 3") None"#,
            r#"Some("< 4") Some("< 4")"#,
            r#"None Some("< 5")"#,
        ]
    );
}

#[test]
fn a_huge_section_is_compared_at_once() {
    let lines = |mark: &str| -> Vec<String> {
        let numbers = (0..20_000).map(|number| format!("{mark}{number}"));
        ["first".to_owned()]
            .into_iter()
            .chain(numbers)
            .chain(["last".to_owned()])
            .collect()
    };
    let of = |mark: &str| {
        let lines = lines(mark);
        section("a", &lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let change = Change::Changed {
        old: of("a"),
        new: of("b"),
    };
    let rows = &differences(&change)[0].rows;
    assert_eq!(rows.len(), 20_002);
    assert!(!rows[0].differs() && rows[1].differs() && !rows[20_001].differs());
}

#[test]
fn the_same_change_in_several_scenarios_is_one_group() {
    let change = |id: &str, old: &[&str], new: &[&str]| Change::Changed {
        old: section(id, old),
        new: section(id, new),
    };
    let found = [
        change("a", &["43[1]"], &["43[2]"]),
        change("b", &["430[\"<sid:bob>\"]", "x"], &["430[null]", "x"]),
        change(
            "c",
            &["430[\"<sid:al>\"]", "x", "435[\"<sid:x>\"]"],
            &["437[null]", "x", "436[null]"],
        ),
        Change::New(section("d", &["1"])),
        Change::New(section("e", &["2"])),
        Change::Gone(section("f", &["2"])),
        change("g", &["<sid:a> <sid:b>"], &["<sid:a> <sid:a>"]),
        change("h", &["<sid:x> <sid:y>"], &["<sid:x> <sid:x>"]),
        change("i", &["<sid:x> <sid:y>"], &["<sid:y> <sid:x>"]),
    ];
    let found: Vec<_> = found.iter().collect();
    assert_eq!(
        groups(&found),
        [
            vec![1, 2],
            vec![3, 4],
            vec![6, 7],
            vec![0],
            vec![5],
            vec![8]
        ]
    );
}

#[test]
fn a_changed_verdict_is_a_kind_of_its_own() {
    let failed = Section::new(heading("a"), "fail", Vec::new());
    let old = Section::new(heading("a"), "ok", Vec::new());
    let change = Change::Changed { old, new: failed };
    assert_eq!(change.verdicts(), Some(("ok", "fail")));
    let same = Change::Changed {
        old: section("b", &[]),
        new: Section::new(heading("b"), "ok", Vec::new()),
    };
    assert_eq!(groups(&[&change, &same]).len(), 2);
}

/// A folder with `a.snap` and `a.snap.new`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(stored: Option<&SnapshotFile>, pending: &SnapshotFile) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        if let Some(stored) = stored {
            write(&folder.stored(), stored).unwrap();
        }
        write(&pending_path(&folder.stored()), pending).unwrap();
        folder
    }

    fn stored(&self) -> std::path::PathBuf {
        self.0.path().join("a.snap")
    }

    fn review(&self) -> Review {
        Review::new(PendingFile::read(&self.stored()).unwrap())
    }

    /// Returns the ids in `a.snap` and in `a.snap.new`, each with its first line.
    fn shown(&self) -> [String; 2] {
        [self.stored(), pending_path(&self.stored())].map(|path| {
            let Some(file) = read_if_exists(&path).unwrap() else {
                return "none".to_owned();
            };
            let sections = file.sections().iter().map(|section| {
                let line = section.lanes[0].steps[0].text();
                format!("{}={line}", section.heading.id())
            });
            sections.collect::<Vec<_>>().join(" ")
        })
    }
}

#[test]
fn answers_are_written_at_once_and_can_be_taken_back() {
    let old = file([
        section("a", &["1"]),
        section("b", &["1"]),
        section("c", &["1"]),
    ]);
    let new = file([
        section("a", &["2"]),
        section("b", &["2"]),
        section("d", &["2"]),
    ]);
    let folder = Folder::new(Some(&old), &new);
    let before = folder.shown();
    let mut review = folder.review();
    let mut step = |ids: &[&str], answer| {
        let headings: Vec<_> = ids.iter().map(|id| heading(id)).collect();
        review.answer(&headings, answer).unwrap();
        folder.shown()
    };
    assert_eq!(
        step(&["a"], Some(Answer::Accept)),
        ["a=2 b=1 c=1", "a=2 b=2 d=2"]
    );
    assert_eq!(
        step(&["b", "d"], Some(Answer::Reject)),
        ["a=2 b=1 c=1", "a=2 b=1"]
    );
    assert_eq!(step(&["c"], Some(Answer::Accept)), ["a=2 b=1", "none"]);
    assert_eq!(step(&["b"], None), ["a=2 b=1", "a=2 b=2"]);
    assert_eq!(step(&["a", "c", "d"], None), before);
}

#[test]
fn a_new_snapshot_that_is_rejected_leaves_no_file() {
    let folder = Folder::new(None, &file([section("a", &["1"])]));
    let mut review = folder.review();
    review
        .answer([&heading("a")], Some(Answer::Reject))
        .unwrap();
    assert_eq!(folder.shown(), ["none", "none"]);
    review
        .answer([&heading("a")], Some(Answer::Accept))
        .unwrap();
    assert_eq!(folder.shown(), ["a=1", "none"]);
}

#[test]
fn a_snapshot_without_a_section_left_is_removed() {
    let folder = Folder::new(Some(&file([section("a", &["1"])])), &file([]));
    let mut review = folder.review();
    review
        .answer([&heading("a")], Some(Answer::Accept))
        .unwrap();
    assert_eq!(folder.shown(), ["none", "none"]);
}

#[test]
fn a_file_that_another_program_changed_is_left_alone() {
    let folder = Folder::new(
        Some(&file([section("a", &["1"])])),
        &file([section("a", &["2"])]),
    );
    let mut review = folder.review();
    write(&folder.stored(), &file([section("a", &["3"])])).unwrap();
    let error = review
        .answer([&heading("a")], Some(Answer::Accept))
        .unwrap_err();
    assert!(error.to_string().contains("a.snap has changed since"));
    assert_eq!(folder.shown(), ["a=3", "a=2"]);
}

#[test]
fn pending_files_are_found_in_the_order_of_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let new = file([section("a", &["1"])]);
    for path in [
        "b.snap.new",
        "a/c.snap.new",
        "a/d.snap",
        "e.new",
        ".snap.new",
    ] {
        write(&root.join(path), &new).unwrap();
    }
    let found = |path: &Path| -> Vec<String> {
        let files = pending_files(path).unwrap();
        let paths = files
            .iter()
            .map(|file| file.stored_path.strip_prefix(root).unwrap());
        paths.map(|path| path.display().to_string()).collect()
    };
    assert_eq!(found(root), ["a/c.snap", "b.snap"]);
    assert_eq!(found(&root.join("b.snap.new")), ["b.snap"]);
    assert_eq!(found(&root.join("b.snap")), ["b.snap"]);
    assert_eq!(found(&root.join("a/d.snap")), [""; 0]);
    fs::write(root.join("b.snap.new"), "x").unwrap();
    fs::write(root.join("a/c.snap.new"), "x").unwrap();
    match pending_files(root) {
        Err(FindError::Mistakes(mistakes)) => assert_eq!(mistakes.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_leaves_what_did_not_run_as_it_is() {
    let stored = file([
        section("a", &["1"]),
        section("b", &["1"]),
        section("gone", &["1"]),
    ]);
    let pending = file([
        section("a", &["2"]),
        section("b", &["1"]),
        section("gone", &["1"]),
    ]);
    let whole = ["c", "a", "b"].map(heading).to_vec();
    let some = ["c", "a", "b", "gone"].map(heading).to_vec();
    let next = |sections: Vec<Section>, order: &[Heading]| {
        let found = Found {
            source: "specs/rooms.yaml".to_owned(),
            sections,
            order: order.to_vec(),
        };
        let next = next_pending(Some(&stored), Some(&pending), &found)?;
        let ids = next.sections().iter().map(|section| {
            let line = section.lanes[0].steps[0].text();
            format!("{}={line}", section.heading.id())
        });
        Some(ids.collect::<Vec<_>>().join(" "))
    };
    let shown = next(vec![section("c", &["3"])], &some).unwrap();
    assert_eq!(shown, "c=3 a=2 b=1 gone=1");
    assert_eq!(next(vec![section("a", &["1"])], &some), None);
    let shown = next(vec![section("a", &["1"])], &whole).unwrap();
    assert_eq!(shown, "a=1 b=1");
}
