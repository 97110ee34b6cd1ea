//! Tests of `run --snapshot`.

use std::{fs, path::Path};

use sockspec::cli::Exit;

use crate::{
    commands::{Ended, expect, sockspec},
    support::{Served, Test},
};

/// A scenario that checks only a part of what the clients receive.
fn hello(text: &str, snapshot: &str) -> String {
    format!(
        "topic: Chat
needs: [acks, rooms]
scenarios:
- id: chat/hello
  title: A message reaches a member of the room
  why: A test.
  level: must
  {snapshot}
  clients: [sender, member]
  steps:
  - call: join-room
    as: [sender, member]
    with: {{ room: $room }}
  - call: send-to-room
    as: sender
    with: {{ room: $room, text: {text} }}
  - expect: room-message
    as: member
    with: {{ text: <string> }}
"
    )
}

const SNAPSHOT: &str = r#"---
source: chat.yaml
expression: transcripts
---
== chat/hello · websocket ==
verdict: ok

[sender]
> 40
< 40{"sid":"<sid:sender>"}
> 420["join-room",{"room":"<room>"}]
< 430[{"success":true,"room":"<room>"}]
> 421["send-to-room",{"room":"<room>","text":"hi"}]
< 431[{"success":true}]

[member]
> 40
< 40{"sid":"<sid:member>"}
> 420["join-room",{"room":"<room>"}]
< 430[{"success":true,"room":"<room>"}]
< 42["room-message",{"room":"<room>","text":"hi","from":"<sid:sender>"}]
"#;

const STORED: &str = "reports/snapshots/reference/chat.snap";

/// Returns a folder with the scenario and its stored transcript.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("chat.yaml"), hello("hi", "")).unwrap();
    let stored = folder.path().join(STORED);
    fs::create_dir_all(stored.parent().unwrap()).unwrap();
    fs::write(stored, SNAPSHOT).unwrap();
    folder
}

/// Runs the scenario in a folder with further arguments.
fn run(folder: &Path, arguments: &[&str]) -> Ended {
    let all: Vec<_> = ["run", "chat.yaml"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    sockspec(folder, &all)
}

#[test]
fn a_run_writes_what_is_not_stored_and_an_accepted_snapshot_stays() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), hello("hi", "")).unwrap();
    let written = run(folder, &["--snapshot"]);
    expect(&written, Exit::Conformant);
    assert!(
        written
            .out
            .contains("snapshots in reports/snapshots/reference: 0 as stored, 1 new"),
        "{}",
        written.out
    );
    let pending = folder.join(STORED.to_owned() + ".new");
    assert_eq!(fs::read_to_string(&pending).unwrap(), SNAPSHOT);
    fs::rename(&pending, folder.join(STORED)).unwrap();
    for seed in ["1", "2"] {
        let again = run(folder, &["--snapshot", "--seed", seed]);
        expect(&again, Exit::Conformant);
        assert!(again.out.contains(": 1 as stored\n"), "{}", again.out);
        assert!(!pending.exists());
    }
}

#[test]
fn a_change_that_no_step_checks_fails_the_run_and_writes_nothing() {
    let folder = folder();
    let folder = folder.path();
    let echoing = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let same_sid = Served::new(&["--fault", "connect-sid-same-for-all"]);
    let url = echoing.url.as_str();
    let changed = run(
        folder,
        &[
            "--url",
            url,
            "--snapshot=check",
            "--report",
            "json=r.json",
            "--report",
            "junit=r.xml",
        ],
    );
    expect(&changed, Exit::NotConformant);
    for piece in [
        "1 ok",
        "changed  chat/hello · websocket",
        "  + < 42[\"room-message\",{\"room\":\"<room>\",\"text\":\"hi\",\"from\":\"<sid:sender>\"}]",
        "0 as stored, 1 changed",
    ] {
        assert!(changed.out.contains(piece), "{piece}: {}", changed.out);
    }
    let json = fs::read_to_string(folder.join("r.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["scenarios"][0]["verdict"], "pass");
    assert_eq!(json["snapshots"]["fails"], true);
    assert_eq!(json["snapshots"]["changes"][0]["change"], "changed");
    let junit = fs::read_to_string(folder.join("r.xml")).unwrap();
    assert!(
        junit.contains("<testcase name=\"chat/hello · websocket\""),
        "{junit}"
    );
    assert!(junit.contains("type=\"changed\""), "{junit}");
    // The sender's id in the message is the member's: another placeholder.
    let renamed = run(folder, &["--url", &same_sid.url, "--snapshot=check"]);
    expect(&renamed, Exit::NotConformant);
    assert!(
        renamed.out.contains("+ < 40{\"sid\":\"<sid:sender>\"}"),
        "{}",
        renamed.out
    );
    assert!(!folder.join(STORED.to_owned() + ".new").exists());
    assert_eq!(fs::read_to_string(folder.join(STORED)).unwrap(), SNAPSHOT);
}

#[test]
fn a_report_from_the_record_says_what_changed() {
    let folder = folder();
    let folder = folder.path();
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let arguments = [
        "--url",
        &server.url,
        "--snapshot=check",
        "--record",
        "run.record",
    ];
    let run = run(
        folder,
        &[&arguments[..], &["--report", "json=run.json"]].concat(),
    );
    expect(&run, Exit::NotConformant);
    let later = sockspec(
        folder,
        &["report", "run.record", "--report", "json=later.json"],
    );
    expect(&later, Exit::Conformant);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("run.json"), read("later.json"));
}

#[test]
fn nothing_is_written_in_ci() {
    let differing = SNAPSHOT.replace("\"hi\"", "\"ho\"");
    Test::new()
        .file("chat.yaml", hello("hi", ""))
        .file(STORED, differing)
        .env("CI", "true")
        .args(["run", "chat.yaml", "--snapshot"])
        .status(Exit::NotConformant)
        .stdout_has("1 changed");
}

#[test]
fn a_scenario_that_is_gone_is_a_change_only_of_a_whole_run() {
    let folder = folder();
    let folder = folder.path();
    let gone = SNAPSHOT.replace("chat/hello", "chat/goodbye");
    fs::write(folder.join(STORED), gone).unwrap();
    let part = run(folder, &["--snapshot=check"]);
    expect(&part, Exit::NotConformant);
    assert!(part.out.contains("0 as stored, 1 new\n"), "{}", part.out);
}

#[test]
fn an_unreadable_snapshot_ends_the_run_before_it_begins() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join(STORED), SNAPSHOT.replace("[member]", "member")).unwrap();
    let ended = run(folder, &["--snapshot"]);
    expect(&ended, Exit::BadUsage);
    assert!(ended.text().contains("chat.snap:16"), "{}", ended.text());
    assert!(!ended.text().contains("1 ok"), "{}", ended.text());
}

#[test]
fn a_folder_that_cannot_be_written_ends_the_run_before_it_begins() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("file"), "").unwrap();
    let ended = run(folder, &["--snapshot", "--snapshots", "file/snapshots"]);
    assert_ne!(ended.status, Exit::Conformant as i32);
    assert!(
        ended.err.contains("can't create file/snapshots"),
        "{}",
        ended.text()
    );
    assert!(!ended.out.contains("1 ok"), "{}", ended.text());
}

#[test]
fn values_that_differ_between_repeats_are_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "\"${ unique() }\"";
    fs::write(folder.join("chat.yaml"), hello(text, "")).unwrap();
    let unsteady = run(folder, &["--snapshot=check", "--repeat", "3"]);
    expect(&unsteady, Exit::NotConformant);
    for piece in [
        "unsteady  chat/hello · websocket",
        "write into the scenario: snapshot: { redact: [args.0.text] }",
    ] {
        assert!(unsteady.out.contains(piece), "{piece}: {}", unsteady.out);
    }
    let rule = "snapshot: { redact: [args.0.text] }";
    fs::write(folder.join("chat.yaml"), hello(text, rule)).unwrap();
    expect(
        &run(folder, &["--snapshot", "--repeat", "3"]),
        Exit::Conformant,
    );
    let pending = folder.join(STORED.to_owned() + ".new");
    let pending = fs::read_to_string(pending).unwrap();
    assert!(pending.contains(r#""text":"<redacted>""#), "{pending}");
    let rule = "snapshot: { skip: true }";
    fs::write(folder.join("chat.yaml"), hello(text, rule)).unwrap();
    let skipped = run(folder, &["--snapshot=write", "--repeat", "3"]);
    assert!(skipped.out.contains("snapshots in"), "{}", skipped.out);
    assert!(!skipped.out.contains("unsteady"), "{}", skipped.out);
}

#[test]
fn a_wrong_place_in_a_rule_is_a_mistake() {
    Test::new()
        .file(
            "chat.yaml",
            hello("hi", "snapshot: { redact: [createdAt] }"),
        )
        .args(["check", "chat.yaml"])
        .status(Exit::BadUsage)
        .stdout_has("`createdAt` is no place in the arguments of an event");
}
