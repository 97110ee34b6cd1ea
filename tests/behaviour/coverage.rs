//! Tests of `sockspec coverage`.

use sockspec::cli::Exit;

use crate::support::Test;

const CATALOGUE: &str = "\
- { id: chat.echo, level: must, title: A message comes back, clause: Chat 1.2 }
- { id: chat.late, level: should, title: A message comes back in time, clause: Chat 1.10 }
- { id: chat.order, level: must, title: Messages keep their order, clause: Chat 1.2 }
- { id: chat.weight, level: may, title: A message is light, untested: Nobody can weigh it }
";

const CHAT: &str = "\
topic: Chat
scenarios:
- id: chat/echo
  title: A message comes back
  verifies: [chat.echo]
  catches: [ack-missing]
  clients: [alice]
  steps:
  - { call: echo, as: alice, with: hi, reply: hi }
- id: chat/late
  title: A message comes back in time
  verifies: [chat.late]
  clients: [alice]
  steps:
  - { call: echo, as: alice, with: hi, reply: hi, within: 5s }
";

fn coverage(scenarios: &str) -> Test {
    Test::new()
        .file("mine/requirements/chat.yaml", CATALOGUE)
        .file("mine/chat.yaml", scenarios)
        .args(["coverage", "mine"])
}

#[test]
fn the_report_for_people() {
    let finished = coverage(CHAT).status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    Untested: no scenario yet
      must    chat.order   Messages keep their order

    Unproved: nothing shows that a scenario can fail
      should  chat.late    chat/late names no fault that could make it fail

    Untested for a reason
      may     chat.weight  Nobody can weigh it

    Tested
      must    chat.echo    chat/echo

    4 requirements: 1 tested, 0 planned, 2 untested, 1 unproved
    ");
}

#[test]
fn the_report_for_people_by_clause() {
    let finished = coverage(CHAT)
        .args(["--by", "clause"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    Chat 1.2  1 of 2 tested
      tested    must    chat.echo    chat/echo
      untested  must    chat.order   no scenario yet

    Chat 1.10  0 of 1 tested
      unproved  should  chat.late    chat/late names no fault that could make it fail

    No clause  0 of 1 tested
      untested  may     chat.weight  Nobody can weigh it

    4 requirements: 1 tested, 0 planned, 2 untested, 1 unproved
    ");
}

#[test]
fn the_report_as_json() {
    let finished = coverage(CHAT).args(["--json"]).status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r#"
    {
      "schema": "sockspec-coverage/1",
      "target": null,
      "summary": {
        "requirements": 4,
        "tested": 1,
        "planned": 0,
        "skipped": 0,
        "untested": 2,
        "unproved": 1
      },
      "requirements": [
        {
          "id": "chat.echo",
          "level": "must",
          "clause": "Chat 1.2",
          "questions": [],
          "note": null,
          "state": "tested",
          "reason": null,
          "scenarios": [
            "chat/echo"
          ]
        },
        {
          "id": "chat.late",
          "level": "should",
          "clause": "Chat 1.10",
          "questions": [],
          "note": null,
          "state": "unproved",
          "reason": "chat/late names no fault that could make it fail",
          "scenarios": [
            "chat/late"
          ]
        },
        {
          "id": "chat.order",
          "level": "must",
          "clause": "Chat 1.2",
          "questions": [],
          "note": null,
          "state": "untested",
          "reason": null,
          "scenarios": []
        },
        {
          "id": "chat.weight",
          "level": "may",
          "clause": null,
          "questions": [],
          "note": null,
          "state": "untested",
          "reason": "Nobody can weigh it",
          "scenarios": []
        }
      ],
      "questions": []
    }
    "#);
}

#[test]
fn without_a_selector_all_shipped_scenarios_count() {
    let finished = Test::new()
        .args(["coverage", "--json"])
        .status(Exit::Conformant);
    let json = finished.json();
    assert_eq!(json["schema"], "sockspec-coverage/1");
    let count = |name: &str| json["summary"][name].as_u64().unwrap();
    assert_eq!(
        count("requirements"),
        count("tested")
            + count("planned")
            + count("skipped")
            + count("untested")
            + count("unproved")
    );
    assert_eq!(json["questions"].as_array().unwrap().len(), 45);
    let entries = json["requirements"].as_array().unwrap();
    assert_eq!(count("requirements"), u64::try_from(entries.len()).unwrap());
    let excludes = |entry: &&serde_json::Value| entry["id"] == "rooms.to-excludes-sender";
    let entry = entries.iter().find(excludes).unwrap();
    assert_eq!(entry["state"], "tested");
    assert_eq!(entry["level"], "must");
    let scenarios = entry["scenarios"].as_array().unwrap();
    assert!(scenarios.contains(&"rooms/to-excludes-sender".into()));
}

#[test]
fn a_selection_is_about_its_own_requirements() {
    let finished = Test::new()
        .args(["coverage", "rooms/to-excludes-sender"])
        .status(Exit::Conformant);
    let out = finished.out();
    assert!(out.contains("  rooms.to-excludes-sender  "), "{out}");
    assert!(!out.contains("auth."), "{out}");
    assert!(out.contains("\nthe selection leaves out "), "{out}");
}

#[test]
fn a_single_file_is_about_its_own_requirements_only() {
    let finished = Test::new()
        .file("mine/requirements/chat.yaml", CATALOGUE)
        .file("mine/chat.yaml", CHAT)
        .args(["coverage", "mine/chat.yaml", "--json"])
        .status(Exit::Conformant);
    let json = finished.json();
    let ids: Vec<_> = json["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["chat.echo", "chat.late"]);
}

/// A catalogue whose requirements answer questions, one of them planned.
const QUESTIONS: &str = "\
- { id: chat.echo, level: must, title: A message comes back, brief: [30, 99] }
- { id: chat.late, level: should, title: A message comes back in time, brief: [30] }
- { id: chat.rooms, level: must, title: Rooms are apart, brief: [19, 30], untested: \"planned: there are no rooms yet\" }
- { id: chat.weight, level: may, title: A message is light, untested: Nobody can weigh it }
";

#[test]
fn the_report_by_question() {
    let finished = Test::new()
        .file("mine/requirements/chat.yaml", QUESTIONS)
        .file("mine/chat.yaml", CHAT)
        .args(["coverage", "mine", "--by", "question"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    question  subject           requirements  tested  planned  untested  unproved  musts not tested
          19  Rooms                        1       0        1         0         0                 1
          30  Acknowledgements             3       1        1         0         1                 1
          99                               1       1        0         0         0                 0
        none                               1       0        0         1         0                 0

    4 requirements: 1 tested, 1 planned, 1 untested, 1 unproved
    ");
}

#[test]
fn planned_requirements_have_a_state_of_their_own() {
    let finished = Test::new()
        .file("mine/requirements/chat.yaml", QUESTIONS)
        .file("mine/chat.yaml", CHAT)
        .args(["coverage", "mine", "--json"])
        .status(Exit::Conformant);
    let json = finished.json();
    let rooms = &json["requirements"][2];
    assert_eq!(rooms["state"], "planned");
    assert_eq!(rooms["reason"], "there are no rooms yet");
    assert_eq!(rooms["questions"], serde_json::json!([19, 30]));
    assert_eq!(json["questions"][1]["question"], 30);
    assert_eq!(json["questions"][1]["subject"], "Acknowledgements");
    assert_eq!(json["questions"][1]["planned"], 1);
    assert_eq!(
        json["questions"][1]["open_musts"],
        serde_json::json!(["chat.rooms"])
    );
}

/// A target that provides acknowledgements, but no rooms.
const SHOP: &str = "\
name: shop
url: http://127.0.0.1:1
provides: [websocket, engine-io, socket-io, events, acks]
";

#[test]
fn a_target_is_judged_only_by_the_scenarios_that_it_does_not_skip() {
    let scenarios = CHAT.replace("- id: chat/late", "- id: chat/late\n  needs: [rooms]");
    let finished = Test::new()
        .file("mine/requirements/chat.yaml", CATALOGUE)
        .file("mine/chat.yaml", scenarios)
        .file("shop.yaml", SHOP)
        .args(["coverage", "mine", "--target", "shop.yaml"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r"
    Untested: no scenario yet
      must    chat.order   Messages keep their order

    Skipped: the target skips the scenarios
      should  chat.late    the target does not provide `rooms`

    Untested for a reason
      may     chat.weight  Nobody can weigh it

    Tested
      must    chat.echo    chat/echo

    4 requirements: 1 tested on shop, 1 skipped, 0 planned, 2 untested, 0 unproved
    ");
}

#[test]
fn a_weaker_scenario_is_marked_with_its_level() {
    let weaker = CHAT.replace("- id: chat/echo", "- id: chat/echo\n  level: should");
    coverage(&weaker)
        .status(Exit::Conformant)
        .stdout_has("  must    chat.echo    chat/echo (should)\n");
}

#[test]
fn own_files_without_a_catalogue_use_the_shipped_catalogue() {
    let own = CHAT.replace("chat.echo", "rooms.to-excludes-sender");
    Test::new()
        .file("chat.yaml", own)
        .args(["coverage", "chat.yaml"])
        .status(Exit::Conformant)
        .stdout_has("requirements that a scenario verifies, but that the catalogue does not list: chat.late\n")
        .stdout_has(": 1 tested, ");
}

#[test]
fn a_proof_decides_which_claims_count() {
    // The scenario claims to catch `room-emit-leaks`. The claim is wrong, because that fault does not affect an echo.
    let claims = CHAT.replace("ack-missing", "room-emit-leaks");
    let finished = Test::new()
        .file("chat.yaml", &claims)
        .args(["prove", "chat.yaml", "--report", "json=-"])
        .status(Exit::NotConformant);
    let by_claims = coverage(&claims).args(["--json"]).status(Exit::Conformant);
    assert_eq!(by_claims.json()["summary"]["tested"], 1);
    let by_proof = coverage(&claims)
        .file("proof.json", finished.out())
        .args(["--json", "--proof", "proof.json"])
        .status(Exit::Conformant);
    let json = by_proof.json();
    assert_eq!(json["summary"]["tested"], 0);
    assert_eq!(json["requirements"][0]["state"], "unproved");
    assert_eq!(
        json["requirements"][0]["reason"],
        "chat/echo does not catch room-emit-leaks"
    );
}

#[test]
fn a_file_that_is_not_a_proof_is_an_error() {
    coverage(CHAT)
        .file("list.json", r#"{"schema":"sockspec-list/1","scenarios":[]}"#)
        .args(["--proof", "list.json"])
        .status(Exit::BadUsage)
        .stderr(
            "error: can't read a proof from list.json: the format is `sockspec-list/1`, not `sockspec-proof/1`\n",
        );
    coverage(CHAT)
        .args(["--proof", "nowhere.json"])
        .status(Exit::BadUsage)
        .stderr("error: no such file or folder: nowhere.json\n");
}

#[test]
fn a_tested_requirement_marked_as_untested_is_a_mistake() {
    let both = CHAT.replace("[chat.late]", "[chat.late, chat.weight]");
    let finished = Test::new()
        .file("mine/requirements/chat.yaml", CATALOGUE)
        .file("mine/chat.yaml", both)
        .args(["check", "mine"])
        .status(Exit::BadUsage);
    insta::assert_snapshot!(finished.out(), @r"
    error[untested-requirement]: the catalogue says that `chat.weight` is untested: Nobody can weigh it
      --> mine/chat.yaml:12:25
       |
    12 |   verifies: [chat.late, chat.weight]
       |                         ^^^^^^^^^^^
       |
       = help: this scenario verifies the requirement: remove `untested` from its entry

    1 mistake in 1 file
    ");
}

/// A scenario that is weaker than its requirement: all commands show the same two levels.
#[test]
fn all_commands_agree_on_levels() {
    const CATALOGUE: &str = "- { id: chat.echo, level: must, title: A message comes back, note: Old servers are slow. }\n";
    const WEAK: &str = "\
scenarios:
- id: chat/echo
  title: A message comes back
  level: should
  verifies: [chat.echo]
  catches: [ack-missing]
  clients: [alice]
  steps:
  - { call: echo, as: alice, with: hi, reply: ho }
";
    let command = |arguments: &[&str]| {
        Test::new()
            .file("mine/requirements/chat.yaml", CATALOGUE)
            .file("mine/chat.yaml", WEAK)
            .args(arguments.iter().copied())
            .status(Exit::Conformant)
    };
    command(&["run", "mine"])
        .stdout_has("    must  chat.echo: A message comes back\n")
        .stdout_has("          this scenario checks it as should\n");
    command(&["explain", "mine/chat.yaml:2"])
        .stdout_has("  must    chat.echo: A message comes back\n          Old servers are slow.\n")
        .stdout_has("  level   should: a server that breaks the rule gets a warning\n");
    command(&["list", "mine"]).stdout_has("chat/echo  A message comes back [should]\n");
    command(&["coverage", "mine"]).stdout_has("  must    chat.echo  chat/echo (should)\n");
}
