//! Tests of the page as a text. `tests/html/` opens it in a browser.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::page::report_page;
use crate::runner::{
    Record, SeenLine, Verdict,
    samples::{self, HOSTILE},
};

/// Returns the text between two marks.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    page.split_once(start).unwrap().1.split_once(end).unwrap().0
}

fn data(page: &str) -> Value {
    let json = between(page, r#"type="application/json" id="data">"#, "</script>");
    serde_json::from_str(json).unwrap()
}

fn record_of(count: usize, outcome: impl Fn(usize) -> crate::runner::Outcome) -> Record {
    let mut record = samples::record();
    record.outcomes = (0..count).map(outcome).collect();
    record
}

#[test]
fn the_policy_allows_exactly_the_style_and_the_script_of_the_page() {
    let page = report_page(&samples::record());
    let policy = between(&page, r#"Content-Security-Policy" content=""#, "\"");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (text, directive) in [
        (between(&page, "<style>", "</style>"), "style-src"),
        (between(&page, "<script>", "</script>"), "script-src"),
    ] {
        let hash = STANDARD.encode(Sha256::digest(text));
        let allowed = format!("{directive} 'sha256-{hash}';");
        assert!(policy.contains(&allowed), "{policy}");
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let mut record = samples::record();
    record.outcomes.clear();
    record.info.url = String::new();
    let page = report_page(&record);
    for mark in [
        "src=\"",
        "@import",
        "url(",
        "fetch(",
        "XMLHttp",
        "sendBeacon",
    ] {
        assert!(!page.contains(mark), "{mark}");
    }
    assert_eq!(page.matches("http://").count(), 1, "the namespace of SVG");
    assert_eq!(page.matches("https://").count(), 0);
}

#[test]
fn the_script_writes_only_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/formats/html/page");
    let mut scripts = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "js") {
            continue;
        }
        scripts += 1;
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    assert_eq!(
        scripts,
        super::page::SCRIPTS.len(),
        "a script is not part of the page"
    );
}

#[test]
fn hostile_text_stays_inside_the_data() {
    let mut record = samples::record();
    let mut hostile = samples::hostile();
    let attack =
        "</script><script>alert(1)</script><!--<script>{{data}}<img src=x onerror=alert(1)>";
    hostile.reason = Some(format!("{attack}{HOSTILE}"));
    hostile.title = attack.to_owned();
    record.info.target = format!("\"'{attack}");
    record.outcomes = vec![hostile];
    let page = report_page(&record);
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains("<img"));
    assert!(!page.contains("<!--"));
    let data = data(&page);
    let scenario = &data["scenarios"][0];
    assert_eq!(scenario["reason"], format!("{attack}{HOSTILE}"));
    assert_eq!(scenario["evidence"]["received"], HOSTILE);
    let lines = scenario["evidence"]["seen"][0]["lines"].as_array().unwrap();
    assert!(
        lines[1]["text"]
            .as_str()
            .unwrap()
            .ends_with("(999,999 bytes)")
    );
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn a_passed_scenario_carries_little() {
    let page = report_page(&record_of(2_000, |number| crate::runner::Outcome {
        id: format!("acks/value-{number:04}"),
        ..samples::passed()
    }));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_page_in_which_everything_fails_stays_small_and_keeps_one_of_each_cause() {
    let record = record_of(2_000, |number| {
        let mut failed = samples::failed();
        failed.id = format!("rooms/to-excludes-sender-{number:04}");
        if let (Some(breach), Some(cause)) = (&mut failed.breach, &mut failed.cause) {
            cause.id = format!("cause-{}", number / 20);
            let line = SeenLine {
                text: "42[\"news\",\"text\"]".repeat(10),
                ..breach.seen[0].lines[0].clone()
            };
            breach.seen[0].lines = vec![line; 40];
        }
        failed
    });
    let page = report_page(&record);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let data = data(&page);
    for number in (0..2_000).step_by(20) {
        let evidence = &data["scenarios"][number]["evidence"];
        assert_eq!(evidence["seen"].as_array().unwrap().len(), 2);
        assert!(evidence.get("is_short").is_none());
    }
    assert_eq!(data["scenarios"][1_999]["evidence"]["is_short"], true);
}

#[test]
fn a_browser_without_scripts_shows_the_counts_and_the_failures() {
    let page = report_page(&samples::record());
    let counts = between(&page, r#"<p class="counts">"#, "</p>");
    assert_eq!(
        counts,
        r#"<b class="pass">2 pass</b>, <b class="fail">1 FAIL</b>, <b class="error">1 ERROR</b>, <b class="skip">1 skip</b>, <b class="flaky">1 flaky</b> in 1.5 s"#
    );
    let without = between(&page, "<noscript>", "</noscript>");
    assert!(
        without.contains("<code>rooms/to-excludes-sender</code> sender received"),
        "{without}"
    );
    assert!(without.contains("<code>acks/late</code>"), "{without}");
    assert!(!without.contains("acks/value"), "{without}");
}

#[test]
fn repeats_that_all_passed_are_left_out() {
    let mut passed = samples::passed();
    passed.attempts = vec![samples::flaky().attempts[1].clone(); 100];
    let mut record = samples::record();
    let mut failed = passed.clone();
    failed.verdict = Verdict::Fail;
    record.outcomes = vec![failed, passed];
    let data = data(&report_page(&record));
    assert_eq!(
        data["scenarios"][0]["attempts"].as_array().unwrap().len(),
        20
    );
    assert_eq!(data["scenarios"][0]["left_out_attempts"], 80);
    assert!(data["scenarios"][1].get("attempts").is_none());
}
