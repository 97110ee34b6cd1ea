//! Tests of `sockspec prove`.

use sockspec::cli::Exit;

use crate::support::Test;

/// Returns a file with one scenario about an echo. `claims` are further keys of the scenario, such as `catches`.
fn chat(claims: &str) -> String {
    format!(
        "topic: Chat\nneeds: [acks]\nscenarios:\n- id: chat/echo\n  title: An echo\n  level: must\n{claims}  \
         clients: [alice]\n  steps:\n  - call: echo\n    as: alice\n    with: hi\n    reply: hi\n"
    )
}

fn prove(claims: &str) -> Test {
    Test::new()
        .file("chat.yaml", chat(claims))
        .args(["prove", "chat.yaml"])
}

#[test]
fn a_scenario_that_fails_with_its_faults_is_proved() {
    prove("  catches: [ack-missing]\n")
        .status(Exit::Conformant)
        .stdout_has("1 of 1 fault caught, 1 of 1 scenario proved in ");
}

#[test]
fn a_scenario_that_stays_green_is_named() {
    prove("  catches: [room-emit-leaks]\n")
        .status(Exit::NotConformant)
        .stdout_has("FAIL   fault room-emit-leaks is not caught by any scenario")
        .stdout_has("FAIL   chat/echo does not catch room-emit-leaks: pass\n         chat.yaml:4\n")
        .stdout_has("0 of 1 fault caught, 0 of 1 scenario proved in ");
}

#[test]
fn a_scenario_without_a_fault_is_named() {
    prove("")
        .status(Exit::NotConformant)
        .stdout_has("FAIL   chat/echo names no fault that could make it fail");
}

/// The server ends the connection because no client joins a namespace, not because of the ping in line 12. So the
/// scenario also passes without the ping, and proves nothing about the ping.
#[test]
fn a_connection_that_also_ends_without_the_step_proves_nothing() {
    let file = "topic: Ends
needs: [websocket, short-connect-timeout]
scenarios:
- id: ends/for-another-reason
  title: A ping frame ends the connection
  level: must
  catches: [connect-timeout-ignored]
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
  - frame: { opcode: ping, payload: a }
    as: visitor
  - closed: {}
    as: visitor
    within: 2s
";
    Test::new()
        .file("ends.yaml", file)
        .args(["prove", "ends.yaml"])
        .status(Exit::NotConformant)
        .stdout_has("1 of 1 fault caught, 0 of 1 scenario proved in ")
        .stdout_has(
            "FAIL   ends/for-another-reason proves nothing: passes without the step in line 12",
        );
}

#[test]
fn a_proof_is_written_as_json() {
    let finished = prove("  catches: [ack-missing]\n")
        .args(["--report", "json=-"])
        .status(Exit::Conformant);
    let json = finished.json();
    assert_eq!(json["schema"], "sockspec-proof/1");
    assert_eq!(json["summary"]["proved"], 1);
    assert_eq!(json["faults"][0]["caught_by"][0], "chat/echo");
    assert_eq!(json["scenarios"][0]["killed_by"][0], "ack-missing");
}

#[test]
fn an_unknown_fault_is_answered_with_the_nearest() {
    prove("")
        .args(["--fault", "ack-mising"])
        .status(Exit::BadUsage)
        .stderr_has("did you mean `ack-missing`?");
}

/// Without this check, the command would print "0 of 0 faults caught" and succeed.
#[test]
fn a_fault_that_no_selected_scenario_catches_selects_nothing() {
    prove("  catches: [ack-missing]\n")
        .args(["--fault", "token-alg-none-accepted"])
        .status(Exit::NothingSelected)
        .stderr_has("no selected scenario that runs catches `token-alg-none-accepted`");
}

#[test]
fn scenarios_of_tiers_that_are_off_by_default_are_proved_too() {
    for tier in ["slow", "destructive"] {
        prove(&format!("  tier: {tier}\n  catches: [ack-missing]\n"))
            .status(Exit::Conformant)
            .stdout_has("1 of 1 fault caught, 1 of 1 scenario proved in ");
    }
}

/// When the step `alive` begins, the server still answers every client. The server ends a moment later, and `alive` has
/// to notice that.
#[test]
fn a_server_that_dies_a_moment_later_is_not_alive() {
    let file = "\
topic: Noise
needs: [websocket]
scenarios:
- id: noise/harmless
  title: Noise does no harm
  catches: [malformed-kills-server, malformed-kills-server-later]
  clients: [careless]
  steps:
  - open: websocket
  - send: 42noise
  - alive
";
    Test::new()
        .file("noise.yaml", file)
        .args(["prove", "noise.yaml"])
        .status(Exit::Conformant)
        .stdout_has("2 of 2 faults caught, 1 of 1 scenario proved in ");
}
