use std::path::PathBuf;

use super::*;
use crate::runner::{
    Known,
    samples::{failed, passed},
};

fn outcome(id: &str, file: &str, outcome: Outcome) -> Outcome {
    Outcome {
        id: id.to_owned(),
        file: PathBuf::from(file),
        ..outcome
    }
}

fn known(outcome: Outcome) -> Outcome {
    Outcome {
        known: Some(Known {
            by: KnownBy::Baseline,
            reason: "The server <b>trims</b> | it.".to_owned(),
        }),
        ..outcome
    }
}

fn record(name: &str, outcomes: Vec<Outcome>) -> Record {
    let mut record = Record::default();
    record.info.target = name.to_owned();
    record.info.version = "1.2.3".to_owned();
    for outcome in &outcomes {
        record.summary.count(outcome);
    }
    record.outcomes = outcomes;
    record
}

fn sample() -> Matrix {
    let skipped = Outcome {
        verdict: Verdict::Skip,
        ..passed()
    };
    let rooms = "specs/gateway/rooms/joining.yaml";
    let right = record(
        "reference",
        vec![
            outcome("rooms/join", rooms, passed()),
            outcome("rooms/leave", rooms, passed()),
            outcome("websocket/ping", "specs/websocket/ping.yaml", passed()),
        ],
    );
    let mut other = record(
        "my server",
        vec![
            outcome("mine/first", "checks/mine.yaml", failed()),
            outcome("rooms/join", rooms, known(failed())),
            outcome("rooms/leave", rooms, skipped),
        ],
    );
    other.info.target_version = Some("socket.io <4.8>".to_owned());
    Matrix::of([&right, &other])
}

#[test]
fn the_table_shows_every_scenario_by_layer() {
    insta::assert_snapshot!(matrix_markdown(&sample()));
}

#[test]
fn the_page_holds_no_markup_of_a_target() {
    let page = matrix_page(&sample());
    assert!(
        page.contains("The server &lt;b&gt;trims&lt;/b&gt; | it."),
        "{page}"
    );
    assert!(!page.contains("{{"), "every part of the frame is filled");
    for layer in ["WebSocket (1)", "Application (2)", "Own scenarios (1)"] {
        assert!(page.contains(layer), "{layer}");
    }
    assert!(!page.contains("Engine.IO ("), "no scenario has this layer");
}

#[test]
fn the_badge_counts_and_has_a_colour() {
    let matrix = sample();
    let badges: Vec<_> = matrix.servers.iter().map(badge_json).collect();
    insta::assert_snapshot!(badges.concat(), @r#"
    {
      "schemaVersion": 1,
      "label": "sockspec",
      "message": "3 ok",
      "color": "green"
    }
    {
      "schemaVersion": 1,
      "label": "sockspec",
      "message": "1 known, 1 failed",
      "color": "red"
    }
    "#);
    let image = badge_svg(&matrix.servers[1]);
    assert!(image.contains("<title>sockspec, my server: 1 known, 1 failed</title>"));
}

#[test]
fn a_name_that_comes_twice_is_found() {
    let matrix = sample();
    assert_eq!(matrix.doubled(), None);
    let twice = [
        record("a", Vec::new()),
        record("b", Vec::new()),
        record("a", Vec::new()),
    ];
    assert_eq!(Matrix::of(&twice).doubled(), Some("a"));
}

#[test]
fn a_written_matrix_is_compared_column_by_column() {
    let written = matrix_markdown(&sample());
    assert_eq!(outdated(&sample(), &written), [""; 0]);
    let rooms = "specs/gateway/rooms/joining.yaml";
    let mine = vec![
        outcome("mine/second", "checks/mine.yaml", passed()),
        outcome("rooms/join", rooms, passed()),
    ];
    let now = Matrix::of([&record("my server", mine)]);
    assert_eq!(
        outdated(&now, &written),
        [
            "rooms/join on my server",
            "mine/second on my server",
            "mine/first on my server",
            "rooms/leave on my server",
        ]
    );
    let unknown = Matrix::of([&record(
        "third",
        vec![outcome("rooms/join", rooms, passed())],
    )]);
    assert_eq!(outdated(&unknown, &written), ["rooms/join on third"]);
}
