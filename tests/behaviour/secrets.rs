//! Tests that no output shows a secret.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

const TOKEN: &str = "Tok/3n+s3cret é\"value";
const KEY: &str = "-----BEGIN KEY-----\nMIIabcdefghijkl\nQRSTuvwxyz01234\nab==\n-----END KEY-----";

#[track_caller]
fn shows_nothing(finished: &Finished, secrets: &[&str]) {
    let (out, err) = (finished.out(), finished.err());
    for secret in secrets {
        for text in [&out, &err] {
            let found = text.to_lowercase().contains(&secret.to_lowercase());
            assert!(!found, "{secret:?} in\n{text}");
        }
    }
}

fn run(manifest: &str) -> Test {
    Test::new()
        .file("target.yaml", manifest)
        .args([
            "run",
            "--target",
            "target.yaml",
            "acks/value-returned",
            "--log",
            "trace",
        ])
        .inherit(&["PATH"])
        .env("TOKEN", "tok-s3cret-value")
        .env("KEY", KEY)
}

#[test]
fn no_message_about_a_failed_start_shows_a_secret() {
    for launch in [
        "command: [sh, -c, 'echo $TOKEN; exit 3']",
        "command: [sh, -c, 'echo $TOKEN | tr a-z A-Z; exit 3']",
        "command: [sh, -c, 'echo ${env.TOKEN}; exit 3']",
        "command: [sh, -c, 'sleep 600'], ready: { line: 'ready ${env.TOKEN}', within: 100ms }",
        "command: [sh, -c, 'sleep 600'], ready: { http: '/${env.TOKEN}', within: 100ms }",
        "command: [sh], workdir: '/${env.TOKEN}'",
        "command: [sh, -c, 'exit 3'], setup: [sh, -c, 'echo ${env.TOKEN} >&2; exit 4']",
        "command: ['/${env.TOKEN}/no-such-program']",
    ] {
        let launch = format!("launch: {{ {launch}, env: {{ A: '${{env.TOKEN}}' }} }}");
        let finished = run(&format!("name: x\nurl: http://127.0.0.1:$port\n{launch}\n"))
            .status(Exit::NotRun)
            .stderr_has("***");
        shows_nothing(&finished, &["tok-s3cret-value"]);
    }
}

#[test]
fn no_line_of_a_secret_is_shown() {
    let finished = run("name: x
url: http://127.0.0.1:$port
launch: { command: [sh, -c, 'printf \"%s\\n\" \"$K\"; exit 3'], env: { K: '${env.KEY}' } }
")
    .status(Exit::NotRun);
    shows_nothing(&finished, &["MIIabc", "QRSTuv", "| ab==", "BEGIN KEY"]);
}

#[test]
fn an_address_with_a_secret_is_not_shown() {
    for (manifest, status) in [
        (
            "name: x\nurl: http://127.0.0.1:1/${env.TOKEN}\n",
            Exit::NotRun,
        ),
        (
            "name: x\nurl: http://127.0.0.1:1\npath: /${env.TOKEN}\n",
            Exit::NotRun,
        ),
        (
            "name: '${env.TOKEN}'\nurl: http://127.0.0.1:1\nprovides: [acks, websocket]\n",
            Exit::NotRun,
        ),
        ("name: x\nurl: '${env.TOKEN}'\n", Exit::BadUsage),
        (
            "name: x\nurl: http://127.0.0.1:1\npath: '${env.TOKEN}'\n",
            Exit::BadUsage,
        ),
        (
            "name: x\nurl: http://127.0.0.1:1\n${env.TOKEN}: 1\n",
            Exit::BadUsage,
        ),
    ] {
        shows_nothing(&run(manifest).status(status), &["tok-s3cret-value"]);
        let checked = Test::new()
            .file("target.yaml", manifest)
            .args(["check", "target.yaml", "--json"])
            .env("TOKEN", "tok-s3cret-value");
        let status = if status == Exit::NotRun {
            Exit::Conformant
        } else {
            status
        };
        shows_nothing(&checked.status(status), &["tok-s3cret-value"]);
    }
}

/// The target is `sockspec serve`. The scenario sends a secret in several forms, and fails because it expects an event
/// that never arrives.
#[test]
fn no_report_of_a_failure_shows_a_secret() {
    let manifest = format!(
        "name: x
url: http://127.0.0.1:$port
launch: {{ command: ['{}', serve, --port, $port], ready: {{ line: listening, within: 20s }} }}
provides: [acks, events, rooms, websocket, polling, socket-io]
credentials: {{ secret: '${{env.TOKEN}}' }}
timing: {{ within: 300ms }}
",
        env!("CARGO_BIN_EXE_sockspec")
    );
    let scenario = format!(
        "topic: Secrets
scenarios:
- id: secrets/echoed
  title: A secret comes back
  why: A test.
  level: must
  # Somebody wrote the secret here: {TOKEN}
  clients: [alice]
  vars:
    token: \"${{ jwt(sub='u1', secret='of-the-test') }}\"
  steps:
  - call: echo
    as: alice
    with:
      plain: $credentials_secret
      base64: \"${{ base64(credentials_secret) }}\"
      shifted: \"${{ base64('x' ~ credentials_secret) }}\"
      hex: \"${{ hex(credentials_secret) }}\"
      minted: $token
      cut: \"${{ repeat('-', 850) ~ credentials_secret ~ repeat('-', 5000) }}\"
    reply: wrong
"
    );
    let finished = Test::new()
        .file("target.yaml", manifest)
        .file("secrets.yaml", scenario)
        .args([
            "run",
            "--target",
            "target.yaml",
            "secrets.yaml",
            "--log",
            "trace",
        ])
        .args([
            "--report",
            "json=report.json",
            "--report",
            "junit=report.xml",
            "--report",
            "html=report.html",
        ])
        .env("TOKEN", TOKEN)
        .status(Exit::NotConformant)
        .stdout_has("FAIL   secrets/echoed");
    let secrets = [
        TOKEN,
        "Tok/3n",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "VG9rLzNuK3MzY3JldC",
        "546f6b2f336e2b73",
        "b2svM24rczNjcm",
    ];
    shows_nothing(&finished, &secrets);
    for report in ["report.json", "report.xml", "report.html"] {
        let text = finished.written(report);
        for secret in secrets {
            assert!(!text.contains(secret), "{secret:?} in\n{text}");
        }
    }
}

#[test]
fn the_log_is_about_the_run_only() {
    let finished = Test::new()
        .args(["run", "acks/value-returned", "--log", "trace"])
        .status(Exit::Conformant);
    let err = finished.err();
    assert!(err.contains("TRACE"), "{err}");
    for line in err.lines() {
        assert!(!line.contains("mio") && !line.contains("hyper"), "{line}");
    }
}
