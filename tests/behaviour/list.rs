//! Tests of `sockspec list` and of the selection of scenarios.

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
fn without_a_selector_all_shipped_scenarios_are_listed() {
    let all = ids(&list(&[]).status(Exit::Conformant));
    assert!(all.iter().any(|id| id == "rooms/to-excludes-sender"));
    assert!(!all.iter().any(|id| id.starts_with("chat/")));
}

#[test]
fn a_file_a_folder_or_a_line_selects_scenarios() {
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
fn a_pattern_an_id_or_a_row_selects_scenarios() {
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
fn a_shipped_file_can_be_selected_by_its_path() {
    let shipped = ids(&list(&["specs/gateway/rooms/emit.yaml"]).status(Exit::Conformant));
    assert!(shipped.contains(&"rooms/to-excludes-sender".to_owned()));
}

#[test]
fn an_own_scenario_replaces_the_shipped_one_with_the_same_id() {
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

/// A selector that looks like a path is never treated as a pattern of ids.
#[test]
fn a_missing_path_is_an_error() {
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
fn a_shipped_folder_can_be_selected_by_its_path() {
    let shipped = ids(&list(&["specs/gateway/rooms/"]).status(Exit::Conformant));
    assert!(shipped.iter().any(|id| id == "rooms/to-excludes-sender"));
    assert!(shipped.iter().all(|id| !id.starts_with("acks/")));
}

#[test]
fn a_line_after_the_end_of_a_file_is_an_error() {
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
fn the_list_as_json() {
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
fn the_list_for_people() {
    let finished = Test::new()
        .file("chat.yaml", CHAT)
        .args(["list", "chat.yaml"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    chat/first         The first
    chat/table[small]  A row that is small [should]
    chat/table[large]  A row that is large [should]

    3 scenarios
    ");
}

#[test]
fn tiers_with_special_rules_are_marked() {
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

#[test]
fn ids_and_patterns_select_among_the_files() {
    selects(&["mine", "chat/f*"], &["chat/first"]);
    selects(
        &["chat/table[small]", "mine/chat.yaml"],
        &["chat/table[small]"],
    );
    list(&["mine", "rooms/*"])
        .status(Exit::NothingSelected)
        .stderr_has("no scenario matches `rooms/*`")
        .stderr_has("with files or folders, ids and patterns select among their scenarios only");
}

#[test]
fn an_expression_selects_among_the_scenarios() {
    selects(
        &["mine", "-E", "chat/* and not *small*"],
        &["chat/first", "chat/table[large]"],
    );
    let rooms = ids(&list(&["-E", "rooms/* and not *sender*"]).status(Exit::Conformant));
    assert!(
        rooms.len() > 3
            && rooms
                .iter()
                .all(|id| id.starts_with("rooms/") && !id.contains("sender"))
    );
    list(&["mine", "-E", "chat/* and"])
        .status(Exit::BadUsage)
        .stderr_has("`-E` \"chat/* and\": a pattern of ids is missing at the end");
    list(&["mine", "-E", "rooms/*"]).status(Exit::NothingSelected);
}

/// The shipped scenarios are in a folder `specs` too.
#[test]
fn a_folder_of_the_user_means_that_folder() {
    let finished = Test::new()
        .file("specs/gateway/chat.yaml", CHAT)
        .args(["list", "--json", "specs"])
        .status(Exit::Conformant);
    assert_eq!(ids(&finished).len(), 3);
}

#[test]
fn a_manifest_or_a_baseline_holds_no_scenarios() {
    let test = |file: &str, text: &str| {
        let test = Test::new().file(file, text);
        test.args(["run", file]).status(Exit::BadUsage)
    };
    test("app.yaml", "name: app\nurl: http://127.0.0.1:1\n").stderr(
        "error: app.yaml is the manifest of a target and holds no scenarios\n help: `sockspec run --target app.yaml` \
         tests the target\n",
    );
    test("known.yaml", "target: app\ndeviations: []\n").stderr_has(
        "`sockspec run --target TARGET --baseline known.yaml` compares a run with the baseline",
    );
}
