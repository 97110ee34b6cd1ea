//! Tests of reports and baselines, also after an interrupt.

use sockspec::cli::Exit;

use super::{chat, run};

#[test]
fn reports_are_written_as_json_and_junit() {
    let file = chat(&[("right", "level: must"), ("wrong", "level: must")]);
    let finished = run(
        &file,
        &["--report", "json=-", "--report", "junit=out/junit.xml"],
    )
    .status(Exit::NotConformant)
    .stderr_has("FAIL   chat/wrong");
    let json = finished.json();
    assert_eq!(json["schema"], "sockspec-report/1");
    assert_eq!(json["summary"]["pass"], 1);
    assert_eq!(json["summary"]["fail"], 1);
    assert_eq!(json["target"]["name"], "reference");
    assert_eq!(json["scenarios"][1]["id"], "chat/wrong");
    assert_eq!(json["scenarios"][1]["file"], "chat.yaml");
    assert_eq!(
        json["scenarios"][1]["breach"]["place"]["text"],
        "  - call: echo"
    );
    let junit = finished.written("out/junit.xml");
    assert!(junit.contains(r#"<testcase name="chat/wrong""#), "{junit}");
    assert!(junit.contains("<failure "), "{junit}");
}

#[test]
fn two_reports_with_the_same_path_are_an_error() {
    run(
        &chat(&[("right", "level: must")]),
        &["--report", "json=x", "--report", "junit=x"],
    )
    .status(Exit::BadUsage)
    .stderr("error: two reports have the same path\n");
}

#[test]
fn known_deviations_are_accepted_until_they_are_gone() {
    let wrong = chat(&[("wrong", "level: must")]);
    let baseline = run(&wrong, &["--update-baseline", "known.yaml"])
        .status(Exit::NotConformant)
        .written("known.yaml");
    assert!(
        baseline.contains("- id: \"chat/wrong\"\n  verdict: fail\n"),
        "{baseline}"
    );
    let known = |file: &str| run(file, &["--baseline", "known.yaml"]).file("known.yaml", &baseline);
    known(&wrong)
        .status(Exit::Conformant)
        .stdout_has("baseline: 1 known, 0 new, 0 stale");
    known(&wrong.replace("reply: ho", "reply: hi"))
        .status(Exit::NotConformant)
        .stdout_has("chat/wrong: stale: listed in the baseline, but passes");
    known(&chat(&[("wrong-too", "level: must")]))
        .status(Exit::NotConformant)
        .stdout_has("chat/wrong-too: FAIL, which the baseline does not list");
}

/// The known failure is a wrong reply. Then the server sends no event that the scenario expects first.
#[test]
fn a_known_failure_does_not_hide_one_of_another_kind_in_the_same_scenario() {
    let wrong = chat(&[("wrong", "level: must")]);
    let baseline = run(&wrong, &["--update-baseline", "known.yaml"])
        .status(Exit::NotConformant)
        .written("known.yaml");
    assert!(baseline.contains("  kind: wrong-content\n"), "{baseline}");
    let lost = wrong.replace(
        "steps:\n",
        "steps:\n  - { expect: never-sent, as: alice, within: 10ms }\n",
    );
    let known =
        |baseline: &str| run(&lost, &["--baseline", "known.yaml"]).file("known.yaml", baseline);
    known(&baseline).status(Exit::NotConformant).stdout_has(
        "chat/wrong: FAIL of kind not-delivered; the baseline lists the kind wrong-content\n\
             baseline: 0 known, 1 new, 0 stale\n",
    );
    known(&baseline.replace("  kind: wrong-content\n", ""))
        .status(Exit::Conformant)
        .stdout_has("baseline: 1 known, 0 new, 0 stale\n");
}

#[test]
fn a_baseline_of_another_target_is_noted() {
    let baseline = "target: mine
deviations:
- { id: chat/wrnog, verdict: fail, reason: answers wrong }
- { id: rooms/to-exclude-sender, verdict: fail, reason: echoes }
- { id: rooms/to-excludes-sender, verdict: fail, reason: echoes }
";
    run(
        &chat(&[("wrong", "level: must")]),
        &["--baseline", "known.yaml"],
    )
    .file("known.yaml", baseline)
    .status(Exit::NotConformant)
    .stdout_has(
        "\
note   the baseline is for the target `mine`, this run tested `reference`
note   the baseline lists `chat/wrnog`, which no known scenario has; did you mean `chat/wrong`?
note   the baseline lists `rooms/to-exclude-sender`, which no known scenario has; did you mean `rooms/to-excludes-sender`?
baseline: 0 known, 1 new, 0 stale
",
    );
}

#[test]
fn a_closed_standard_output_does_not_change_the_exit_status() {
    run(&chat(&[("wrong", "level: must")]), &[])
        .status_with_closed_stdout(Exit::NotConformant)
        .stderr("");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_still_writes_reports() {
    let file = chat(&[("right", "level: must")])
        + "  - expect: never-sent\n    as: alice\n    within: 50s\n";
    let running = run(&file, &["--report", "json=report.json"]).start().await;
    let folder = running.folder();
    assert_eq!(running.signal("-INT").await, Some(Exit::Interrupted as i32));
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["run"]["interrupted"], true);
}

/// Two scenarios run at once. When the first has ended, the second still runs and the last has not started.
#[cfg(unix)]
#[tokio::test]
async fn scenarios_stopped_by_an_interrupt_are_reported() {
    let long = "  - expect: never-sent\n    as: alice\n    within: 50s\n";
    let file = ["right-b", "right-c", "right-d"].iter().fold(
        chat(&[("right-a", "level: must")]),
        |file, name| {
            file + &chat(&[(name, "level: must")])
                .replace("topic: Chat\nneeds: [acks]\nscenarios:\n", "")
                + long
        },
    );
    let mut running = run(&file, &["--jobs", "2", "--report", "json=report.json"])
        .start()
        .await;
    running.line_with("chat/right-a").await;
    let folder = running.folder();
    assert_eq!(running.signal("-INT").await, Some(Exit::Interrupted as i32));
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let scenarios = json["scenarios"].as_array().unwrap();
    let rows: Vec<_> = scenarios
        .iter()
        .map(|scenario| (&scenario["id"], &scenario["verdict"], &scenario["reason"]))
        .collect();
    let [first, second, third, last] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!((first.0, first.1), (&"chat/right-a".into(), &"pass".into()));
    let cut_short = (&"skip".into(), &"interrupted while it ran".into());
    assert_eq!((second.1, second.2), cut_short);
    // The third scenario may or may not have started when the interrupt arrives.
    assert_eq!(third.1, "skip");
    let not_run = (&"skip".into(), &"not run: interrupted".into());
    assert_eq!((last.1, last.2), not_run);
}
