//! Tests of `matrix`: what several servers do, side by side.

use std::{fs, path::Path};

use sockspec::cli::Exit;

use crate::commands::{Ended, expect, sockspec};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockspec");

/// Checks the exit status of a command, and that its output has a part.
#[track_caller]
fn expect_to_say(ended: &Ended, status: Exit, part: &str) {
    expect(ended, status);
    let text = ended.text();
    assert!(text.contains(part), "{part:?} is not in:\n{text}");
}

/// Records what the reference server with some faults does in a few scenarios, as the record of a server `name`.
fn record(folder: &Path, name: &str, faults: &str) {
    let manifest = format!(
        "name: {name}\nlaunch: {{ command: [{PROGRAM}, serve, --port, $port{faults}], ready: {{ http: /, within: 30s }} }}\n\
         url: http://127.0.0.1:$port\nprovides: [websocket, polling, engine-io, socket-io, events, acks, rooms]\n"
    );
    fs::write(folder.join(format!("{name}.yaml")), manifest).unwrap();
    let (target, record) = (format!("{name}.yaml"), format!("{name}.record"));
    let selected = [
        "rooms/to-excludes-sender",
        "acks/value-returned",
        "websocket/ping-answered",
    ];
    let arguments = [
        &["run", "--target", &target, "--record", &record, "-q"],
        &selected[..],
    ];
    let ended = sockspec(folder, &arguments.concat());
    assert!(folder.join(&record).is_file(), "{}", ended.text());
}

#[test]
fn two_servers_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    record(folder, "right", "");
    record(folder, "wrong", ", --fault, room-emit-echoes-to-sender");
    let both = ["matrix", "right.record", "wrong.record"];
    expect(&sockspec(folder, &both), Exit::Conformant);
    let table = fs::read_to_string(folder.join("reports/matrix.md")).unwrap();
    assert!(table.contains("| scenario | right | wrong |"), "{table}");
    assert!(
        table.contains("| rooms/to-excludes-sender | ok | FAIL |"),
        "{table}"
    );
    let page = fs::read_to_string(folder.join("reports/matrix.html")).unwrap();
    assert!(page.contains("id=\"rooms/to-excludes-sender\""));
    let badge = fs::read_to_string(folder.join("reports/badges/wrong.json")).unwrap();
    assert!(badge.contains("1 failed"), "{badge}");
    let image = fs::read_to_string(folder.join("reports/badges/right.svg")).unwrap();
    assert!(image.starts_with("<svg "), "{image}");

    // A rebuild changes nothing.
    expect(&sockspec(folder, &both), Exit::Conformant);
    assert_eq!(
        fs::read_to_string(folder.join("reports/matrix.md")).unwrap(),
        table
    );
    expect(
        &sockspec(folder, &["matrix", "--check", "wrong.record"]),
        Exit::Conformant,
    );
    let outdated = table.replace("| ok | FAIL |", "| ok | ok |");
    fs::write(folder.join("reports/matrix.md"), outdated).unwrap();
    expect(
        &sockspec(folder, &["matrix", "--check", "right.record"]),
        Exit::Conformant,
    );
    expect_to_say(
        &sockspec(folder, &["matrix", "--check", "wrong.record"]),
        Exit::NotConformant,
        "something else about 1 verdict, such as rooms/to-excludes-sender on wrong",
    );
}

#[test]
fn what_can_not_become_a_matrix_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    record(folder, "right", "");
    let twice = ["matrix", "right.record", "right.record"];
    expect_to_say(
        &sockspec(folder, &twice),
        Exit::BadUsage,
        "two of the servers are called `right`",
    );
    fs::write(folder.join("other.record"), b"\x1f\x8bno record").unwrap();
    expect_to_say(
        &sockspec(folder, &["matrix", "other.record"]),
        Exit::BadUsage,
        "other.record",
    );
    fs::write(
        folder.join("gone.yaml"),
        "name: gone\nurl: http://127.0.0.1:1\n",
    )
    .unwrap();
    expect_to_say(
        &sockspec(folder, &["matrix", "gone.yaml"]),
        Exit::NotRun,
        "gone.yaml could not be judged",
    );
    expect_to_say(
        &sockspec(folder, &["matrix", "--check", "right.record"]),
        Exit::BadUsage,
        "no such file or folder: reports/matrix.md",
    );
    assert!(!folder.join("reports").exists(), "nothing is half-written");
    // The folder is tried before the servers run.
    expect_to_say(
        &sockspec(folder, &["matrix", "gone.yaml", "-o", "right.yaml"]),
        Exit::NotRun,
        "can't write right.yaml/matrix.md",
    );
}
