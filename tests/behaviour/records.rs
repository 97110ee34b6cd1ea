//! Tests of records: `run --record`, `report`, `show`, `merge`, `compare`.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use sockspec::cli::Exit;

use crate::{
    commands::{expect, sockspec},
    support::Test,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockspec");

/// Scenarios that need no long waits: some pass, and on the reference none fails.
const SELECTED: [&str; 3] = ["acks/*", "rooms/*", "namespaces/*"];

/// A scenario whose reply is right if `reply` is `hi`.
fn echo(reply: &str) -> String {
    format!(
        "topic: Chat
needs: [acks]
scenarios:
- id: chat/echo
  title: An echo
  why: A test.
  level: must
  clients: [alice]
  steps:
  - call: echo
    as: alice
    with: hi
    reply: {reply}
"
    )
}

fn verdicts(report: &Path) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    scenarios
        .iter()
        .map(|one| (text(&one["id"]), text(&one["verdict"])))
        .collect()
}

#[test]
fn reports_from_a_record_are_those_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), echo("ho")).unwrap();
    let run = [
        "run",
        "chat.yaml",
        "--seed",
        "3",
        "--record",
        "new/run.record",
        "--report",
        "json=run.json",
        "--report",
        "junit=run.xml",
        "--report",
        "html=run.html",
    ];
    expect(&sockspec(folder, &run), Exit::NotConformant);
    let report = [
        "report",
        "new/run.record",
        "--report",
        "json=later.json",
        "--report",
        "junit=later.xml",
        "--report",
        "html=later.html",
    ];
    let reported = sockspec(folder, &report);
    expect(&reported, Exit::Conformant);
    assert_eq!(reported.out, "");
    for kind in ["json", "xml", "html"] {
        let [run, later] = ["run", "later"].map(|name| folder.join(format!("{name}.{kind}")));
        assert_eq!(fs::read(run).unwrap(), fs::read(later).unwrap());
    }
    // Without a report, the command prints what the run printed. Without a record, it takes the last run.
    let shown = sockspec(folder, &["report"]);
    expect(&shown, Exit::Conformant);
    assert!(shown.out.contains("FAIL   chat/echo"), "{}", shown.out);
    assert!(shown.out.contains("1 FAIL in "), "{}", shown.out);
}

#[test]
fn four_parts_make_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let whole = [&["run"], &SELECTED[..], &["--report", "json=whole.json"]].concat();
    expect(&sockspec(folder, &whole), Exit::Conformant);
    for rule in ["slice", "hash"] {
        for part in 1..=4 {
            let partition = format!("{rule}:{part}/4");
            let record = format!("{rule}-{part}.record");
            let options = [
                "--partition",
                partition.as_str(),
                "--record",
                record.as_str(),
            ];
            let run = [&["run"], &SELECTED[..], &options].concat();
            expect(&sockspec(folder, &run), Exit::Conformant);
        }
        let parts = [3, 1, 4, 2].map(|part| format!("{rule}-{part}.record"));
        let parts: Vec<_> = parts.iter().map(String::as_str).collect();
        let merge = [&["merge"], &parts[..], &["-o", "merged.record"]].concat();
        expect(&sockspec(folder, &merge), Exit::Conformant);
        let report = ["report", "merged.record", "--report", "json=merged.json"];
        expect(&sockspec(folder, &report), Exit::Conformant);
        let joined = [&["report"], &parts[..], &["--report", "json=joined.json"]].concat();
        expect(&sockspec(folder, &joined), Exit::Conformant);
        let expected = verdicts(&folder.join("whole.json"));
        assert!(expected.len() > 50);
        assert_eq!(verdicts(&folder.join("merged.json")), expected);
        assert_eq!(verdicts(&folder.join("joined.json")), expected);
        let summary = |name: &str| {
            let report = fs::read_to_string(folder.join(name)).unwrap();
            let report: Value = serde_json::from_str(&report).unwrap();
            let counts = ["pass", "warn", "fail", "skip", "error"];
            counts.map(|count| report["summary"][count].as_u64().unwrap())
        };
        assert_eq!(summary("merged.json"), summary("whole.json"));
        let twice = [&["merge"], &parts[..], &parts[..1], &["-o", "twice.record"]].concat();
        let refused = sockspec(folder, &twice);
        expect(&refused, Exit::BadUsage);
        assert!(
            refused.err.contains("part 3 is there twice"),
            "{}",
            refused.err
        );
        let missing = [&["merge"], &parts[..2], &["-o", "less.record"]].concat();
        let refused = sockspec(folder, &missing);
        expect(&refused, Exit::BadUsage);
        assert!(
            refused.err.contains("these are missing: 2, 4"),
            "{}",
            refused.err
        );
        assert!(!folder.join("less.record").exists());
    }
}

#[test]
fn an_empty_part_is_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    for part in 1..=3 {
        let (partition, record) = (format!("slice:{part}/3"), format!("{part}.record"));
        let run = [
            "run",
            "chat.yaml",
            "--partition",
            &partition,
            "--record",
            &record,
        ];
        expect(&sockspec(folder, &run), Exit::Conformant);
    }
    let merge = [
        "merge",
        "1.record",
        "2.record",
        "3.record",
        "-o",
        "all.record",
    ];
    expect(&sockspec(folder, &merge), Exit::Conformant);
    let shown = sockspec(folder, &["report", "all.record"]);
    assert!(shown.out.contains("1 ok in "), "{}", shown.out);
}

#[test]
fn a_scenario_is_shown_with_all_its_traffic() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    expect(
        &sockspec(folder, &["run", "chat.yaml", "--repeat", "2"]),
        Exit::Conformant,
    );
    let shown = sockspec(folder, &["show", "chat/echo"]);
    expect(&shown, Exit::Conformant);
    for piece in [
        "ok     chat/echo",
        "What each client saw in attempt 1",
        "What each client saw in attempt 2",
        "    alice\n",
        "→ 420[\"echo\",\"hi\"]",
        "← 430[\"hi\"]",
    ] {
        assert!(shown.out.contains(piece), "{piece}\n{}", shown.out);
    }
    let unknown = sockspec(folder, &["show", "chat/ehco"]);
    expect(&unknown, Exit::BadUsage);
    assert!(
        unknown.err.contains("did you mean `chat/echo`?"),
        "{}",
        unknown.err
    );
}

#[test]
fn changes_between_two_runs_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, reply) in [("old", "hi"), ("new", "ho")] {
        fs::write(folder.join("chat.yaml"), echo(reply)).unwrap();
        let record = format!("{name}.record");
        sockspec(folder, &["run", "chat.yaml", "--record", &record]);
    }
    let worse = sockspec(folder, &["compare", "old.record", "new.record"]);
    expect(&worse, Exit::NotConformant);
    assert!(
        worse
            .out
            .starts_with("Broken (1)\n  chat/echo  ok → FAIL\n"),
        "{}",
        worse.out
    );
    assert!(
        worse.out.ends_with("1 broken; 0 the same\n"),
        "{}",
        worse.out
    );
    let better = sockspec(folder, &["compare", "new.record", "old.record"]);
    expect(&better, Exit::Conformant);
    assert!(better.out.starts_with("Fixed (1)\n"), "{}", better.out);
    let same = sockspec(folder, &["compare", "new.record", "new.record"]);
    expect(&same, Exit::Conformant);
    assert_eq!(same.out, "no change in 1 scenario\n");
    let json = sockspec(
        folder,
        &["compare", "old.record", "new.record", "--format", "json"],
    );
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["broken"][0]["new"]["kind"], "wrong-content");
    let markdown = [
        "compare",
        "old.record",
        "new.record",
        "--format",
        "markdown",
    ];
    let markdown = sockspec(folder, &markdown);
    assert!(
        markdown.out.contains("| chat/echo | ok | FAIL |"),
        "{}",
        markdown.out
    );
}

#[test]
fn the_last_five_runs_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = sockspec(folder, &["report"]);
    expect(&none, Exit::NothingSelected);
    assert!(none.err.contains("no run is recorded"), "{}", none.err);
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    for _ in 0..7 {
        expect(&sockspec(folder, &["run", "chat.yaml"]), Exit::Conformant);
    }
    let kept = fs::read_dir(folder.join("cache/sockspec/records")).unwrap();
    assert_eq!(kept.count(), 5);
}

#[test]
fn a_run_whose_target_can_not_be_started_has_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    let manifest = "name: chat
url: http://127.0.0.1:$port
launch: { command: [/none/at/all] }
provides: [websocket, socket-io, acks]
";
    fs::write(folder.join("app.yaml"), manifest).unwrap();
    let run = ["run", "chat.yaml", "--target", "app.yaml"];
    expect(&sockspec(folder, &run), Exit::NotRun);
    let kept = || {
        fs::read_dir(folder.join("cache/sockspec/records"))
            .unwrap()
            .count()
    };
    assert_eq!(kept(), 1);
    let report = sockspec(folder, &["report"]);
    expect(&report, Exit::Conformant);
    assert!(report.out.contains("ERROR  1 scenario"), "{}", report.out);
    assert!(!report.err.contains("cut"), "{}", report.err);
    let named = [&run[..], &["--record", "run.record"]].concat();
    expect(&sockspec(folder, &named), Exit::NotRun);
    assert_eq!(kept(), 2);
    expect(
        &sockspec(folder, &["report", "run.record"]),
        Exit::Conformant,
    );
}

#[test]
fn what_is_no_record_is_refused() {
    let test = |arguments: &[&str]| {
        Test::new()
            .file("chat.yaml", echo("hi"))
            .file("run.json", "{}")
            .args(arguments.iter().copied())
    };
    test(&["report", "run.json"])
        .status(Exit::BadUsage)
        .stderr_has("can't read the record run.json: it is no record of sockspec");
    test(&["show", "run.json"])
        .status(Exit::BadUsage)
        .stderr_has("write the id of a scenario after the record");
    test(&["show", "none.record", "chat/echo"])
        .status(Exit::BadUsage)
        .stderr_has("can't read the record none.record");
    test(&["run", "chat.yaml", "--record", "chat.yaml"])
        .status(Exit::BadUsage)
        .stderr_has("would replace chat.yaml");
    test(&["run", "chat.yaml", "--record", "a", "--report", "json=./a"])
        .status(Exit::BadUsage)
        .stderr_has("the same path");
    test(&["run", "chat.yaml", "--record", "chat.yaml/run.record"])
        .status(Exit::NotRun)
        .stderr_has("can't write chat.yaml/run.record");
    #[cfg(unix)]
    test(&["run", "chat.yaml", "--record", "/dev/null"])
        .status(Exit::NotRun)
        .stderr_has("can't write the record /dev/null: it is no regular file");
    test(&["run", "chat.yaml", "--partition", "slice:3/2"])
        .status(Exit::BadUsage)
        .stderr_has("there are fewer parts than that");
}

/// The target never answers. The run is killed while it waits.
#[test]
fn a_run_that_is_killed_leaves_a_record_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let manifest = format!(
        "name: silent\nurl: http://{}\nprovides: [websocket, socket-io, acks]\n",
        listener.local_addr().unwrap()
    );
    fs::write(folder.join("target.yaml"), manifest).unwrap();
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    let mut run = Command::new(PROGRAM)
        .args([
            "run",
            "chat.yaml",
            "--target",
            "target.yaml",
            "--within",
            "500s",
        ])
        .args(["--record", "run.record"])
        .current_dir(folder)
        .env_clear()
        .spawn()
        .unwrap();
    // The record appears before the first scenario starts.
    while !folder.join("run.record").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let shown = sockspec(folder, &["report", "run.record"]);
    expect(&shown, Exit::Conformant);
    let note = "the record was cut before the end of the run";
    assert!(shown.out.contains(note), "{}", shown.out);
    assert!(shown.err.contains("was cut short"), "{}", shown.err);
}

#[test]
fn a_target_that_cannot_be_reached_is_recorded_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("chat.yaml"), echo("hi")).unwrap();
    let run = [
        "run",
        "chat.yaml",
        "--target",
        "http://127.0.0.1:9",
        "--report",
        "json=run.json",
        "--record",
        "run.record",
    ];
    expect(&sockspec(folder, &run), Exit::NotRun);
    let report = ["report", "run.record", "--report", "json=later.json"];
    expect(&sockspec(folder, &report), Exit::Conformant);
    let [run, later] = ["run.json", "later.json"].map(|name| fs::read(folder.join(name)).unwrap());
    assert_eq!(run, later);
}
