//! `sockspec list`, and with it how scenarios are selected.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

const CHAT: &str = "\
topic: Chat
scenarios:
- id: chat/first
  title: The first
  level: must
  clients: [alice]
  steps:
  - call: echo
    as: alice

- id: chat/table
  title: A row that is $case
  level: should
  each:
  - { case: small, value: 1 }
  - { case: large, value: 1000 }
  clients: [alice]
  steps:
  - call: echo
    as: alice
    with: $value
";

fn list(selectors: &[&str]) -> Test {
    Test::new()
        .file("mine/chat.yaml", CHAT)
        .args(["list", "--json"])
        .args(selectors.iter().copied())
}

fn ids(finished: &Finished) -> Vec<String> {
    let json = finished.json();
    let scenarios = json["scenarios"].as_array().unwrap();
    let id = |scenario: &serde_json::Value| scenario["id"].as_str().unwrap().to_owned();
    scenarios.iter().map(id).collect()
}

#[track_caller]
fn selects(selectors: &[&str], expected: &[&str]) {
    assert_eq!(ids(&list(selectors).status(Exit::Conformant)), expected);
}

#[test]
fn everything_that_ships_without_a_selector() {
    let all = ids(&list(&[]).status(Exit::Conformant));
    assert!(all.iter().any(|id| id == "rooms/to-excludes-sender"));
    assert!(!all.iter().any(|id| id.starts_with("chat/")));
}

#[test]
fn a_file_a_folder_and_a_line() {
    let all = ["chat/first", "chat/table[small]", "chat/table[large]"];
    selects(&["mine/chat.yaml"], &all);
    selects(&["mine"], &all);
    selects(&["mine/chat.yaml:3"], &["chat/first"]);
    selects(&["mine/chat.yaml:9"], &["chat/first"]);
    selects(&["mine/chat.yaml:11"], &all[1..]);
    selects(&["mine/chat.yaml:15"], &all[1..2]);
    selects(&["mine", "mine/chat.yaml"], &all);
}

#[test]
fn a_pattern_an_id_and_a_row() {
    let rooms = ids(&list(&["rooms/*"]).status(Exit::Conformant));
    assert!(
        rooms.len() > 3 && rooms.iter().all(|id| id.starts_with("rooms/")),
        "{rooms:?}"
    );
    selects(&["rooms/to-excludes-sender"], &["rooms/to-excludes-sender"]);
    let rows = ids(&list(&["acks/value-returned"]).status(Exit::Conformant));
    assert!(rows.len() > 1 && rows.iter().all(|id| id.starts_with("acks/value-returned[")));
    let row = rows.first().unwrap();
    selects(&[row], &[row]);
    selects(&[&format!("{row}@polling")], &[row]);
}

#[test]
fn a_file_that_ships_is_named_as_in_reports() {
    let shipped = ids(&list(&["specs/gateway/rooms/emit.yaml"]).status(Exit::Conformant));
    assert!(shipped.contains(&"rooms/to-excludes-sender".to_owned()));
}

#[test]
fn a_file_of_ones_own_stands_in_for_the_one_that_ships() {
    let own = CHAT.replace("chat/first", "rooms/to-excludes-sender");
    let finished = Test::new()
        .file("own.yaml", own)
        .args(["list", "--json", "own.yaml:3", "rooms/to-excludes-sender"])
        .status(Exit::Conformant);
    assert_eq!(ids(&finished), ["rooms/to-excludes-sender"]);
    assert_eq!(finished.json()["scenarios"][0]["file"], "own.yaml");
}

#[test]
fn an_id_in_two_files_is_a_mistake() {
    Test::new()
        .file("one.yaml", CHAT)
        .file("two.yaml", CHAT)
        .args(["list", "one.yaml", "two.yaml"])
        .status(Exit::BadUsage)
        .stderr_has("another scenario has the id `chat/first`")
        .stderr_has("one.yaml:3");
}

#[test]
fn a_selector_without_a_match() {
    list(&["rooms/to-exclude-sender"])
        .status(Exit::NothingSelected)
        .stderr(
            "error: no scenario matches `rooms/to-exclude-sender`\n help: did you mean \
             `rooms/to-excludes-sender`?\n",
        );
    list(&["mine", "roms/*"]).status(Exit::NothingSelected);
    list(&["mine/chat.yaml:1"]).status(Exit::NothingSelected);
    list(&["mine/none.yaml"]).status(Exit::BadUsage);
}

/// What can only be a path is never taken for a pattern of ids.
#[test]
fn a_path_that_is_not_there() {
    for (path, help) in [
        ("no/such/", ""),
        ("no/such.yml", ""),
        ("no/such.yaml:3", ""),
        (
            "rooms/",
            " help: to select the ids that start with this text, write `rooms/*`\n",
        ),
    ] {
        let file = path.trim_end_matches(":3");
        list(&[path])
            .status(Exit::BadUsage)
            .stderr(&format!("error: no such file or folder: {file}\n{help}"));
    }
}

#[test]
fn a_folder_that_ships_is_named_as_in_reports() {
    let shipped = ids(&list(&["specs/gateway/rooms/"]).status(Exit::Conformant));
    assert!(shipped.iter().any(|id| id == "rooms/to-excludes-sender"));
    assert!(shipped.iter().all(|id| !id.starts_with("acks/")));
}

#[test]
fn a_line_behind_the_end_of_a_file() {
    let lines = CHAT.lines().count();
    selects(
        &[&format!("mine/chat.yaml:{lines}")],
        &["chat/table[small]", "chat/table[large]"],
    );
    list(&["mine/chat.yaml:100"])
        .status(Exit::BadUsage)
        .stderr(&format!(
            "error: there is no line 100 in mine/chat.yaml: it has {lines} lines\n"
        ));
    list(&["specs/gateway/rooms/emit.yaml:100000"])
        .status(Exit::BadUsage)
        .stderr_has("there is no line 100000 in specs/gateway/rooms/emit.yaml: it has ");
}

#[test]
fn what_programs_read() {
    let finished = list(&["mine/chat.yaml:3"]).status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r#"
    {
      "schema": "sockspec-list/1",
      "scenarios": [
        {
          "id": "chat/first",
          "title": "The first",
          "why": null,
          "level": "must",
          "tier": "core",
          "requirements": [],
          "needs": [],
          "catches": [],
          "transports": [],
          "exclusive": false,
          "file": "mine/chat.yaml",
          "line": 3
        }
      ]
    }
    "#);
}

#[test]
fn what_people_read() {
    let finished = Test::new()
        .file("chat.yaml", CHAT)
        .args(["list", "chat.yaml"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    chat/first         The first
    chat/table[small]  A row that is small
    chat/table[large]  A row that is large

    3 scenarios
    ");
}

#[test]
fn tiers_that_are_run_or_judged_in_another_way_are_told() {
    let tiers = ["extended", "info", "slow", "destructive"];
    let rows = tiers.map(|tier| format!("- id: chat/{tier}\n  title: An echo\n  tier: {tier}\n  clients: [alice]\n  steps:\n  - call: echo\n"));
    let finished = Test::new()
        .file(
            "chat.yaml",
            format!("topic: Chat\nscenarios:\n{}", rows.concat()),
        )
        .args(["list", "chat.yaml"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    chat/extended     An echo
    chat/info         An echo [info]
    chat/slow         An echo [slow]
    chat/destructive  An echo [destructive]

    4 scenarios
    ");
}
