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
fn the_html_report_is_one_file_with_the_evidence_and_a_policy() {
    let file = chat(&[("right", "level: must"), ("wrong", "level: must")]);
    let finished = run(&file, &["--report", "html=out/report.html"]).status(Exit::NotConformant);
    let page = finished.written("out/report.html");
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(page.contains(r#"http-equiv="Content-Security-Policy" content="default-src 'none';"#));
    assert!(page.contains("1 not passed – reference – sockspec</title>"));
    // The scenario stands in the page as it stands in its file, with the place of the failure.
    assert!(page.contains(r#""excerpts":[{"file":"chat.yaml","first_line":"#));
    assert!(page.contains(r#""place":{"file":"chat.yaml","line":"#));
    assert!(!page.contains("{{"), "a part of the page is missing");
}

#[test]
fn an_event_that_does_not_come_is_named_with_its_client() {
    let file = "scenarios:
- id: chat/news
  title: A client gets the news
  level: must
  clients: [alice, bob]
  steps:
  - call: echo
    as: alice
    with: hi
    reply: hi
  - expect: news
    as: bob
    within: 300ms
";
    let finished = run(file, &["--report", "json=-"]).status(Exit::NotConformant);
    let breach = &finished.json()["scenarios"][0]["breach"];
    assert_eq!(breach["missing"]["client"], "bob");
    assert_eq!(breach["missing"]["what"], breach["expected"]);
    let until = breach["missing"]["until_ms"].as_f64().unwrap();
    assert!(until >= 300.0, "{until}");
    assert_eq!(breach["excerpt"]["first_line"], 2);
    assert_eq!(breach["excerpt"]["lines"][9], "  - expect: news");
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

/// In the cases, two reports have the same path, or a report would replace a file that the run reads.
#[test]
fn a_report_replaces_neither_another_one_nor_an_input() {
    let right = chat(&[("right", "level: must")]);
    let cases: [(&[&str], &str); 7] = [
        (
            &["--report", "html=./chat.yaml"],
            "error: the report ./chat.yaml would replace chat.yaml, which this command reads\n",
        ),
        (
            &["--report", "json=x", "--report", "junit=./x"],
            "error: two reports have the same path\n",
        ),
        (
            &["--report", "json=x", "--update-baseline", "a/../x"],
            "error: two reports have the same path\n",
        ),
        (
            &["--report", "json=./chat.yaml"],
            "error: the report ./chat.yaml would replace chat.yaml, which this command reads\n",
        ),
        (
            &["--update-baseline", "sub/../chat.yaml"],
            "error: the report sub/../chat.yaml would replace chat.yaml, which this command reads\n",
        ),
        (
            &["--report", "json=known.yaml", "--baseline", "./known.yaml"],
            "error: the report known.yaml would replace ./known.yaml, which this command reads\n",
        ),
        (
            &[
                "--report",
                "json=a/../target.yaml",
                "--target",
                "target.yaml",
            ],
            "error: the report a/../target.yaml would replace target.yaml, which this command reads\n",
        ),
    ];
    for (options, error) in cases {
        run(&right, options)
            .file("known.yaml", "target: reference\ndeviations: []\n")
            .file("target.yaml", "name: x\nurl: http://127.0.0.1:1\n")
            .file("sub/x", "")
            .status(Exit::BadUsage)
            .stderr(error);
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_an_input_is_an_input() {
    use std::os::unix::fs::symlink;

    let right = chat(&[("right", "level: must")]);
    let soft = run(&right, &["--report", "json=soft"]);
    symlink("chat.yaml", soft.path("soft")).unwrap();
    let hard = run(&right, &["--report", "json=hard"]);
    std::fs::hard_link(hard.path("chat.yaml"), hard.path("hard")).unwrap();
    for test in [soft, hard] {
        let finished = test
            .status(Exit::BadUsage)
            .stderr_has("would replace chat.yaml");
        assert_eq!(finished.written("chat.yaml"), right);
    }
}

#[test]
fn a_place_where_nothing_can_be_written_is_found_before_the_run() {
    run(
        &chat(&[("right", "level: must")]),
        &["--report", "json=chat.yaml/x"],
    )
    .status(Exit::NotRun)
    .stdout("")
    .stderr_has("error: can't write chat.yaml/x: ");
}

/// A write to `/dev/full` fails, which the program notices only when it writes the report. All other outputs are
/// complete.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_takes_nothing_along() {
    for (name, status) in [("right", Exit::NotRun), ("wrong", Exit::NotConformant)] {
        let finished = run(
            &chat(&[(name, "level: must")]),
            &[
                "--report",
                "json=/dev/full",
                "--report",
                "junit=junit.xml",
                "--update-baseline",
                "new.yaml",
            ],
        )
        .status(status)
        .stderr_has("error: can't write /dev/full: No space left on device")
        .stderr_has("the run itself ended with exit status ");
        assert!(
            finished
                .written("junit.xml")
                .contains("<testcase name=\"chat/")
        );
        assert!(finished.written("new.yaml").contains("target: "));
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_changes_no_exit_status_of_a_report() {
    run(&chat(&[("wrong", "level: must")]), &["--report", "json=-"])
        .status_with_closed_stdout(Exit::NotConformant);
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

/// The known failure in the baseline is a wrong reply. In the second run, the same scenario fails earlier, because an
/// expected event does not arrive.
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
    let cut_short = (&"skip".into(), &"interrupted while the scenario ran".into());
    assert_eq!((second.1, second.2), cut_short);
    // The third scenario may or may not have started when the interrupt arrives.
    assert_eq!(third.1, "skip");
    let not_run = (&"skip".into(), &"not run: interrupted".into());
    assert_eq!((last.1, last.2), not_run);
}
