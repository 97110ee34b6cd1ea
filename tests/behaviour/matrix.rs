//! Tests of `matrix`: what several servers do, side by side.

use std::{fs, path::Path, process::Command};

use sockspec::cli::Exit;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockspec");

/// Runs the program in a folder, with a cache folder inside it. Returns its exit status and its whole output.
fn sockspec(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let ended = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&ended.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&ended.stderr));
    (ended.status.code().unwrap_or(-1), text)
}

#[track_caller]
fn expect(ended: (i32, String), status: Exit, part: &str) {
    assert_eq!(ended.0, status as i32, "{}", ended.1);
    assert!(ended.1.contains(part), "{part:?} is not in:\n{}", ended.1);
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
    let (status, text) = sockspec(folder, &arguments.concat());
    assert!(folder.join(&record).is_file(), "{status}: {text}");
}

#[test]
fn two_servers_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    record(folder, "right", "");
    record(folder, "wrong", ", --fault, room-emit-echoes-to-sender");
    let both = ["matrix", "right.record", "wrong.record"];
    expect(sockspec(folder, &both), Exit::Conformant, "");
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
    expect(sockspec(folder, &both), Exit::Conformant, "");
    assert_eq!(
        fs::read_to_string(folder.join("reports/matrix.md")).unwrap(),
        table
    );
    expect(
        sockspec(folder, &["matrix", "--check", "wrong.record"]),
        Exit::Conformant,
        "",
    );
    let outdated = table.replace("| ok | FAIL |", "| ok | ok |");
    fs::write(folder.join("reports/matrix.md"), outdated).unwrap();
    expect(
        sockspec(folder, &["matrix", "--check", "right.record"]),
        Exit::Conformant,
        "",
    );
    expect(
        sockspec(folder, &["matrix", "--check", "wrong.record"]),
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
    expect(
        sockspec(folder, &twice),
        Exit::BadUsage,
        "two of the servers are called `right`",
    );
    fs::write(folder.join("other.record"), b"\x1f\x8bno record").unwrap();
    expect(
        sockspec(folder, &["matrix", "other.record"]),
        Exit::BadUsage,
        "other.record",
    );
    fs::write(
        folder.join("gone.yaml"),
        "name: gone\nurl: http://127.0.0.1:1\n",
    )
    .unwrap();
    expect(
        sockspec(folder, &["matrix", "gone.yaml"]),
        Exit::NotRun,
        "gone.yaml could not be judged",
    );
    expect(
        sockspec(folder, &["matrix", "--check", "right.record"]),
        Exit::BadUsage,
        "no such file or folder: reports/matrix.md",
    );
    assert!(!folder.join("reports").exists(), "nothing is half-written");
}
