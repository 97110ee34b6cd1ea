//! Tests of behaviour that all commands share.

use sockspec::cli::Exit;

use crate::support::Test;

#[test]
fn without_a_command_the_help_is_shown() {
    Test::new()
        .status(Exit::BadUsage)
        .stdout("")
        .stderr_has("Usage: sockspec")
        .stderr_has("check")
        .stderr_has("Exit status: 0 conformant");
}

#[test]
fn help_and_version_are_no_mistakes() {
    for command in ["check", "explain", "list", "serve"] {
        Test::new()
            .args([command, "--help"])
            .status(Exit::Conformant)
            .stdout_has("Usage: sockspec");
    }
    Test::new()
        .args(["--version"])
        .status(Exit::Conformant)
        .stdout(concat!("sockspec ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_misspelt_command_is_answered_with_the_nearest() {
    Test::new()
        .args(["chekc", "a.yaml"])
        .status(Exit::BadUsage)
        .stderr_has("'check'");
}

#[test]
fn a_closed_standard_output_ends_the_program_without_a_message() {
    for arguments in [["list"].as_slice(), &["list", "--json"], &["--help"]] {
        Test::new()
            .args(arguments)
            .status_with_closed_stdout(Exit::Conformant)
            .stderr("");
    }
}

#[test]
fn the_option_and_the_environment_decide_about_colours() {
    let list = || Test::new().args(["list"]);
    let has_colour = |test: Test| test.status(Exit::Conformant).out().contains('\u{1b}');
    assert!(!has_colour(list()), "a pipe is plain");
    assert!(has_colour(list().args(["--color", "always"])));
    assert!(has_colour(list().env("CLICOLOR_FORCE", "1")));
    assert!(!has_colour(
        list().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")
    ));
}

/// People share logs, so a log may not contain the tokens of a run.
#[test]
fn the_log_shows_every_packet_and_masks_tokens() {
    let log = Test::new()
        .args(["run", "auth/good-token-accepted", "--log", "trace"])
        .status(Exit::Conformant)
        .stderr_has("target started")
        .stderr_has("scenario{id=\"auth/good-token-accepted[query]\"")
        .stderr_has("received 0{\"sid\":")
        .stderr_has("token=***")
        .err();
    assert!(!log.contains("eyJ"), "a token in\n{log}");
}

#[test]
fn nothing_is_logged_unless_it_is_asked_for() {
    Test::new()
        .args(["run", "acks/value-returned"])
        .status(Exit::Conformant)
        .stderr("");
}
