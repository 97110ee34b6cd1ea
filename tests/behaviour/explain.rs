//! Tests of `sockspec explain`.

use sockspec::cli::Exit;

use crate::support::Test;

const CHAT: &str = "\
topic: Chat
needs: [acks]
scenarios:
- id: chat/once
  title: A message is answered once, whether it is $case
  why: A payment is made twice.
  level: must
  verifies: [chat.once]
  catches: [ack-twice]
  each:
  - { case: short, text: x }
  - { case: long, text: \"${ repeat('x', 1000) }\" }
  clients: [alice]
  steps:
  - call: echo      # the contract's simplest
    as: alice
    with: $text
    reply: $text

- id: chat/other
  title: Another
  level: should
  clients: [alice]
  steps:
  - { call: echo, as: alice }
";

#[test]
fn a_table_is_explained_once_with_its_rows_and_steps() {
    let finished = Test::new()
        .file("chat.yaml", CHAT)
        .args(["explain", "chat.yaml:4"])
        .status(Exit::Conformant);
    insta::assert_snapshot!(finished.out(), @r#"
    chat/once
      A message is answered once, whether it is short
      A message is answered once, whether it is long
      chat.yaml:4

    Why it matters
      A payment is made twice.

    What a correct server does
      chat.once

    How it is judged
      level   must: a server that breaks the rule fails
      tier    core
      needs   acks; a target without them skips it

    Faults it catches
      ack-twice: The server sends every acknowledgement twice.

    Steps
      - id: chat/once
        title: A message is answered once, whether it is $case
        why: A payment is made twice.
        level: must
        verifies: [chat.once]
        catches: [ack-twice]
        each:
        - { case: short, text: x }
        - { case: long, text: "${ repeat('x', 1000) }" }
        clients: [alice]
        steps:
        - call: echo      # the contract's simplest
          as: alice
          with: $text
          reply: $text
    "#);
}

#[test]
fn a_scenario_that_ships_cites_its_requirement() {
    Test::new()
        .args(["explain", "rooms/to-excludes-sender"])
        .status(Exit::Conformant)
        .stdout_has("What a correct server does\n  must    rooms.to-excludes-sender: ")
        .stdout_has("https://socket.io/docs/");
}

#[test]
fn an_unknown_id_is_answered_with_the_nearest() {
    Test::new()
        .args(["explain", "rooms/to-excludes-sendr"])
        .status(Exit::NothingSelected)
        .stderr_has("did you mean `rooms/to-excludes-sender`?");
}

#[test]
fn a_tier_that_is_off_by_default_is_explained_with_its_option() {
    for (id, tier) in [
        (
            "robust/many-headers-harmless",
            "destructive: can crash an unpatched server, runs with `--include destructive`",
        ),
        (
            "robust/slow-requests-hold-up-nobody",
            "slow: runs with `--include slow`",
        ),
    ] {
        Test::new()
            .args(["explain", id])
            .status(Exit::Conformant)
            .stdout_has(&format!("  tier    {tier}\n"));
    }
}
