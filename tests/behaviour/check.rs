//! Tests of `sockspec check`.

use sockspec::cli::Exit;

use crate::support::Test;

const GOOD: &str = "\
topic: Chat
scenarios:
- id: chat/echo
  title: A message comes back
  level: must
  clients: [alice]
  steps:
  - call: echo
    as: alice
    with: hi
    reply: hi
";

const BAD: &str = "\
topic: Chat
scenarios:
- id: chat/echo
  title: A message comes back
  level: must
  clients: [alice]
  steps:
  - cal: echo
    as: alice
  - expect: message
    as: bob
    within: 5
";

#[test]
fn files_without_mistakes_are_counted() {
    Test::new()
        .file("chat.yaml", GOOD)
        .args(["check", "chat.yaml"])
        .status(Exit::Conformant)
        .stdout("1 scenario in 1 file: no mistakes\n")
        .stderr("");
}

#[test]
fn a_private_key_that_is_none_is_a_mistake() {
    let check = |key: &str| {
        let manifest = format!(
            "name: mine\nurl: http://127.0.0.1:1\nprovides: [auth-jwt]\ncredentials:\n  private_key: {key}\n  \
             valid: {{ jwt: {{ sub: u1 }} }}\n"
        );
        Test::new()
            .file("mine.yaml", manifest)
            .file(
                "key.pem",
                "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n",
            )
            .args(["check", "mine.yaml"])
            .status(Exit::BadUsage)
    };
    check("{ file: no.pem }").stdout_has("the private key can't be read");
    check("{ file: key.pem }").stdout_has("`key.pem` holds no private key");
    check("{ pem: abc }").stdout_has("`pem` is no private key");
}

/// Two scenarios in which everybody hears what anybody says.
const SHARED: &str = "scenarios:
- id: own/greeting
  title: A greeting reaches everybody
  clients: [ann, bob]
  steps:
  - emit: say
    as: ann
    with: { text: hi }
  - expect: said
    as: bob
    with: { text: hi }
- id: own/second-greeting
  title: A second greeting reaches everybody
  clients: [ann, bob]
  steps:
  - emit: say
    as: ann
    with: { text: hi }
  - deliver: said
    to: [ann, bob]
    with: { text: hi }
";

#[test]
fn an_event_that_another_scenario_can_cause_is_a_warning() {
    let sentence = "the scenario `own/second-greeting` can cause this `said` too";
    Test::new()
        .file("own.yaml", SHARED)
        .args(["check", "own.yaml"])
        .status(Exit::Conformant)
        .stdout_has(&format!("warning[shared-event]: {sentence}"))
        .stdout_has("2 scenarios in 1 file: no mistakes, 1 warning");
    Test::new()
        .file("own.yaml", SHARED)
        .args(["run", "own.yaml", "--target", "reference"])
        .any_status()
        .stderr_has(sentence);
    Test::new()
        .file("own.yaml", SHARED.replace("hi }", "$marker }"))
        .args(["check", "own.yaml"])
        .status(Exit::Conformant)
        .stdout_lacks("warning");
}

#[test]
fn a_nearly_known_event_is_a_warning() {
    Test::new()
        .file("chat.yaml", GOOD.replace("call: echo", "call: join-rom"))
        .args(["check", "--short", "chat.yaml"])
        .status(Exit::Conformant)
        .stdout(
            "chat.yaml:8:11: warning[unknown-event]: the contract has no operation or event `join-rom`\n",
        );
    Test::new()
        .file("chat.yaml", GOOD.replace("call: echo", "call: join-rom"))
        .args(["check", "chat.yaml"])
        .status(Exit::Conformant)
        .stdout_has("did you mean `join-room`?")
        .stdout_has("1 scenario in 1 file: no mistakes, 1 warning\n");
}

/// A step that forbids an event with a wrong name passes on every server.
#[test]
fn a_forbidden_event_that_nothing_mentions_is_a_mistake_for_every_command() {
    let near = format!("{GOOD}  - never: $gone\n").replace(
        "  steps:",
        "  each: [{ case: a, gone: room-mesage }]\n  steps:",
    );
    for command in ["check", "run", "list", "prove"] {
        let told = Test::new()
            .file("chat.yaml", &near)
            .args([command, "chat.yaml"])
            .status(Exit::BadUsage);
        let text = told.out() + &told.err();
        assert!(text.contains("did you mean `room-message`?"), "{text}");
    }
    let far = format!("{GOOD}  - never: order-shipped\n");
    let sentence = "nothing else in these files mentions the event `order-shipped`";
    Test::new()
        .file("chat.yaml", &far)
        .args(["check", "chat.yaml"])
        .status(Exit::Conformant)
        .stdout_has(&format!("warning[unknown-event]: {sentence}"));
    Test::new()
        .file("chat.yaml", &far)
        .args(["run", "chat.yaml"])
        .status(Exit::Conformant)
        .stderr_has(sentence);
}

#[test]
fn names_in_baselines_have_to_exist() {
    let baseline = "target: mime\ndeviations:\n\
        - { id: chat/echos, verdict: fail, kind: not-deliverd, reason: x }\n\
        - { id: rooms/to-exclude-sender@polling, verdict: fail, reason: x }\n\
        - { id: rooms/to-excludes-sender, verdict: fail, reason: x }\n";
    let manifest = "name: mine\nurl: http://127.0.0.1:3000\n";
    let check = |baseline: &str| {
        Test::new()
            .file("own/mine.baseline.yaml", baseline)
            .file("own/mine.yaml", manifest)
            .args(["check", "own"])
    };
    check(baseline)
        .status(Exit::BadUsage)
        .stdout_has("`kind` can't be the text `not-deliverd`")
        .stdout_has("did you mean `not-delivered`?");
    check(&baseline.replace("deliverd", "delivered"))
        .status(Exit::Conformant)
        .stdout_has("warning[unknown-target]: there is no target `mime`")
        .stdout_has("did you mean `mine`?")
        .stdout_has("warning[unknown-scenario]: no scenario has the id `rooms/to-exclude-sender`")
        .stdout_has("did you mean `rooms/to-excludes-sender`?")
        .stdout_has("3 warnings");
}

#[test]
fn fields_methods_and_names_in_brackets_have_to_exist() {
    let own = format!(
        "{GOOD}  - call: join-room\n    with: {{ rom: x }}\n  - http: GTE /health\n    status: 200\n  \
         - check: length(alice['sdi']) > alice.handshake.pingIntervl\n  - check: credentials['vald'] != alice.sid\n"
    );
    let manifest = "name: mine\nurl: http://127.0.0.1:3000\nbindings: { join-room: { fields: { romm: roomId } } }\n";
    Test::new()
        .file("own/chat.yaml", own)
        .file("own/mine.yaml", manifest)
        .args(["check", "own"])
        .status(Exit::BadUsage)
        .stdout_has("the contract's `join-room` has no field `rom`")
        .stdout_has("the contract's `join-room` has no field `romm`")
        .stdout_has("there is no HTTP method `GTE`")
        .stdout_has("did you mean `GET`?")
        .stdout_has("a client has no `sdi`")
        .stdout_has("an open packet has no `pingIntervl`")
        .stdout_has("there is no credential `vald`");
}

#[test]
fn every_mistake_of_a_file_is_shown_at_once() {
    let finished = Test::new()
        .file("chat.yaml", BAD)
        .args(["check", "chat.yaml"])
        .status(Exit::BadUsage);
    insta::assert_snapshot!(finished.out(), @r"
    error[unknown-verb]: there is no verb `cal`
     --> chat.yaml:8:5
      |
    8 |   - cal: echo
      |     ^^^
      |
      = help: did you mean `call`?

    error[unknown-client]: there is no client `bob`
      --> chat.yaml:11:9
       |
    11 |     as: bob
       |         ^^^
       |
       = help: write a client of the scenario: `alice`

    error[duration-without-unit]: `within: 5` has no unit
      --> chat.yaml:12:13
       |
    12 |     within: 5
       |             ^
       |
       = help: write `5ms` or `5s`

    3 mistakes in 1 file
    ");
}

#[test]
fn the_short_format_has_one_line_for_each_mistake() {
    let finished = Test::new()
        .file("chat.yaml", BAD)
        .args(["check", "--short", "chat.yaml"])
        .status(Exit::BadUsage);
    insta::assert_snapshot!(finished.out(), @r"
    chat.yaml:8:5: error[unknown-verb]: there is no verb `cal`
    chat.yaml:11:9: error[unknown-client]: there is no client `bob`
    chat.yaml:12:13: error[duration-without-unit]: `within: 5` has no unit
    ");
}

#[test]
fn mistakes_are_written_as_json() {
    let finished = Test::new()
        .file("chat.yaml", BAD)
        .args(["check", "--json", "chat.yaml"])
        .status(Exit::BadUsage);
    let json = finished.json();
    assert_eq!(json["schema"], "sockspec-check/1");
    assert_eq!(json["diagnostics"][0]["file"], "chat.yaml");
    assert_eq!(json["diagnostics"][0]["span"]["line"], 8);
}

/// Capabilities and operations in a manifest and in the scenarios beside it have to be known.
#[test]
fn unknown_names_are_mistakes() {
    let scenarios = GOOD.replace("topic: ", "needs: [romms]\ntopic: ");
    let manifest = "name: mine\nurl: http://127.0.0.1:3000\nprovides: [room]\nbindings: { join-rom: x }\n\
        fence: { call: ekko }\nabsent: [/admn]\n";
    Test::new()
        .file("own/chat.yaml", scenarios)
        .file("own/mine.yaml", manifest)
        .args(["check", "own"])
        .status(Exit::BadUsage)
        .stdout_has("there is no capability `romms`")
        .stdout_has("there is no capability `room`")
        .stdout_has("did you mean `rooms`?")
        .stdout_has("there is no operation `join-rom`")
        .stdout_has("did you mean `join-room`?")
        .stdout_has("there is no operation `ekko`")
        .stdout_has("there is no operation, namespace or credential `/admn`");
}

/// A name is a mistake for every command that loads the file, not only for `check`.
#[test]
fn every_command_reports_the_same_unknown_names() {
    let scenarios = GOOD
        .replace("topic: ", "needs: [romms]\ntopic: ")
        .replace("with: hi", "with: $credentials.vald");
    let manifest = "name: mine\nurl: http://127.0.0.1:3000\nbindings: { join-rom: x }\nfence: { call: ekko }\n\
        absent: [/admn]\n";
    let own = |command: &str| {
        Test::new()
            .file("own/chat.yaml", &scenarios)
            .file("own/mine.yaml", manifest)
            .args([command, "own"])
            .status(Exit::BadUsage)
    };
    let told = own("check").out();
    for mistake in ["`romms`", "`vald`", "`join-rom`", "`ekko`", "`/admn`"] {
        assert!(told.contains(mistake), "no {mistake} in\n{told}");
    }
    let (mistakes, _) = told.split_once("\n5 mistakes in 2 files").unwrap();
    for command in ["coverage", "explain", "list", "prove", "run"] {
        own(command)
            .stdout("")
            .stderr_has(mistakes)
            .stderr_has("error: 5 mistakes in 2 files");
    }
}

#[test]
fn a_folder_is_searched_for_files() {
    Test::new()
        .file("specs/chat.yaml", GOOD)
        .file("specs/deep/er/bad.yaml", BAD)
        .file("specs/notes.txt", "no scenario")
        .args(["check", "--short", "specs"])
        .status(Exit::BadUsage)
        .stdout_has("specs/deep/er/bad.yaml:8:");
}

#[test]
fn a_missing_file_is_an_error() {
    Test::new()
        .args(["check", "nowhere.yaml"])
        .status(Exit::BadUsage)
        .stdout("")
        .stderr("error: no such file or folder: nowhere.yaml\n");
}

/// A folder without scenarios is an error, because a misspelt folder in CI would otherwise pass for ever.
#[test]
fn a_folder_without_scenarios_is_an_error() {
    for command in ["check", "run"] {
        Test::new()
            .file("specs/notes.txt", "no scenario")
            .args([command, "specs"])
            .status(Exit::NothingSelected)
            .stdout("")
            .stderr(
                "error: no scenario matches `specs`\n help: the folder contains no `.yaml` or `.yml` file\n",
            );
    }
}

#[test]
fn files_without_mistakes_are_not_counted_with_the_mistakes() {
    Test::new()
        .file("specs/bad.yaml", BAD)
        .file("specs/good.yaml", GOOD)
        .args(["check", "specs"])
        .status(Exit::BadUsage)
        .stdout_has("\n3 mistakes in 1 file\n");
}

/// The file has no catalogue, so it may name requirements and faults of its own, but no typing mistakes.
#[test]
fn an_id_that_is_nearly_a_shipped_one_is_a_mistake_without_a_catalogue() {
    let file = |verifies: &str, catches: &str| {
        format!(
            "topic: Mine\nscenarios:\n- id: mine/a\n  title: A call is answered\n  verifies: [{verifies}]\n  \
             catches: [{catches}]\n  clients: [caller]\n  steps:\n  - {{ call: echo, with: 1, reply: 1 }}\n"
        )
    };
    Test::new()
        .file("mine.yaml", file("rooms.to-exclude-sender", "ack-mising"))
        .args(["check", "mine.yaml"])
        .status(Exit::BadUsage)
        .stdout_has("did you mean `rooms.to-excludes-sender`?")
        .stdout_has("did you mean `ack-missing`?");
    Test::new()
        .file(
            "mine.yaml",
            file("rooms.to-excludes-sender, mine.own", "my-own-fault"),
        )
        .args(["check", "mine.yaml"])
        .status(Exit::Conformant);
}

#[test]
fn a_mistake_in_a_catalogue_is_shown_once() {
    Test::new()
        .file(
            "specs/requirements/chat.yaml",
            "- id: chat.echo\n  level: must\n",
        )
        .file("specs/chat.yaml", GOOD)
        .file("specs/more.yaml", GOOD.replace("chat/echo", "chat/more"))
        .args(["check", "--short", "specs"])
        .status(Exit::BadUsage)
        .stdout(
            "specs/requirements/chat.yaml:1:3: error[missing-key]: a requirement needs `title`\n",
        );
}

#[test]
fn a_manifest_is_recognised_and_checked() {
    Test::new()
        .file("target.yaml", "name: mine\nurl: http://127.0.0.1:3000\n")
        .args(["check", "target.yaml"])
        .status(Exit::Conformant);
}

/// Tests with files that try to exhaust memory or time, or to control the terminal.
mod hostile {
    use super::*;

    #[track_caller]
    fn refused(content: impl AsRef<[u8]>, message: &str) {
        Test::new()
            .file("hostile.yaml", content)
            .args(["check", "--short", "hostile.yaml"])
            .status(Exit::BadUsage)
            .stdout_has("hostile.yaml")
            .stdout_has(message);
    }

    #[test]
    fn a_file_of_a_hundred_megabytes_is_refused() {
        Test::new()
            .sparse_file("hostile.yaml", 100 << 20)
            .args(["check", "--short", "hostile.yaml"])
            .status(Exit::BadUsage)
            .stdout_has("file-too-large");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..20 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            bomb += &format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", "));
        }
        refused(bomb, "error");
    }

    #[test]
    fn ten_thousand_nested_levels_are_refused() {
        refused(format!("topic: {}", "[".repeat(10_000)), "error");
        refused(format!("topic: {}x", "- ".repeat(10_000)), "error");
    }

    #[test]
    fn a_file_that_is_not_utf8_is_refused() {
        refused(b"topic: \xff\xfe\n", "invalid-utf-8");
    }

    #[test]
    fn an_empty_or_wrong_file_is_refused() {
        refused("", "error");
        refused("\0\0\0", "error");
        refused("- 1\n- 2\n", "error");
    }

    #[test]
    fn control_characters_of_a_file_are_escaped() {
        let finished = Test::new()
            .file(
                "hostile.yaml",
                "topic: \"x\"\n\u{1b}[2J\u{9b}31m: \u{202e}x\n",
            )
            .args(["check", "hostile.yaml"])
            .status(Exit::BadUsage);
        let acts = |c: char| c != '\n' && sockspec::text::escape::acts(c);
        assert!(!finished.out().chars().any(acts), "{:?}", finished.out());
    }
}

#[test]
fn manifests_and_baselines_are_counted() {
    let check = |arguments: &[&str]| {
        let test = Test::new()
            .file("app.yaml", "name: app\nurl: http://127.0.0.1:1\n")
            .file("all/app.yaml", "name: app\nurl: http://127.0.0.1:1\n")
            .file("all/known.yaml", "target: app\ndeviations: []\n")
            .file("all/more/chat.yaml", GOOD);
        let test = test.args(["check"]).args(arguments.iter().copied());
        test.status(Exit::Conformant)
    };
    check(&["app.yaml"]).stdout("1 manifest: no mistakes\n");
    check(&["all"]).stdout("1 scenario in 1 file, 1 manifest and 1 baseline: no mistakes\n");
    let json = check(&["all", "--json"]).json();
    assert_eq!(
        (&json["manifests"], &json["baselines"]),
        (&1.into(), &1.into())
    );
}
