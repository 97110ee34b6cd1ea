//! `sockspec explain`.

use sockspec::cli::Exit;

use crate::support::Test;

#[test]
fn a_scenario_that_ships() {
    let finished = Test::new()
        .args(["explain", "rooms/to-excludes-sender"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @"");
}

#[test]
fn a_table_is_explained_once() {
    let text = Test::new()
        .args(["explain", "acks/value-returned"])
        .status(Exit::Conformant)
        .out();
    assert_eq!(text.matches("\nSteps\n").count(), 1, "{text}");
    assert!(text.contains("zero"), "{text}");
}

#[test]
fn an_id_that_is_not_there() {
    Test::new()
        .args(["explain", "rooms/to-excludes-sendr"])
        .status(Exit::NothingSelected)
        .stderr_has("did you mean `rooms/to-excludes-sender`?");
}
