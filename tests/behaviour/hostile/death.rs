//! Tests with servers whose process ends during a run: only the scenario that ended the process fails.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

/// A server in Python that sends each line back. At `die`, it first closes its connections, as a process that ends
/// does, and exits a little later. At `later`, it sends the line back and exits afterwards. It sends the line
/// `slowly` back after a delay.
const SERVER: &str = r#"
import os, socket, sys, threading, time

connections = []

def die(after):
    time.sleep(after)
    for connection in list(connections):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    time.sleep(0.12)
    os._exit(7)

def serve(connection):
    connections.append(connection)
    for line in connection.makefile("rb"):
        if line == b"die\n":
            threading.Thread(target=die, args=(0.03,)).start()
            continue
        if line == b"later\n":
            threading.Thread(target=die, args=(0.05,)).start()
        if line == b"slowly\n":
            time.sleep(0.4)
        try:
            connection.sendall(line)
        except OSError:
            return

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(listener.getsockname()[1])
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
"#;

/// Returns a scenario that sends `line` and expects the line back.
fn scenario(id: &str, level: &str, line: &str) -> String {
    format!(
        "- id: death/{id}
  title: The line {line} comes back
  why: A test.
  level: {level}
  clients: [visitor]
  steps:
  - open: tcp
    as: visitor
  - bytes: \"{line}\\n\"
    as: visitor
  - receive: {{ bytes: \"{line}\\n\" }}
    as: visitor
    within: 800ms
"
    )
}

/// Returns a scenario that takes so long that another scenario ends the server meanwhile. Alone, it passes.
fn slow_scenario(id: &str, level: &str) -> String {
    scenario(id, level, "slowly")
}

/// A server at an address, which sockspec can't start again.
struct Running {
    process: std::process::Child,
    url: String,
}

impl Running {
    fn start() -> Option<Self> {
        use std::io::{BufRead, BufReader};

        let mut process = std::process::Command::new("python3")
            .args(["-u", "-c", SERVER, "0"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take()?)
            .read_line(&mut line)
            .ok()?;
        let url = format!("http://127.0.0.1:{}", line.trim());
        Some(Self { process, url })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that the process has ended already, which most of these tests cause.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs scenarios against the server, which sockspec starts from a manifest. Returns `None` if Python is missing.
fn run(scenarios: &[String], options: &[&str], expected: Exit) -> Option<Finished> {
    let python = std::process::Command::new("python3")
        .arg("--version")
        .output();
    if python.is_err() {
        eprintln!("skipped: there is no python3");
        return None;
    }
    let manifest = "name: mortal
url: http://127.0.0.1:$port
provides: [websocket]
timing: { settle: 20ms }
launch:
  command: [python3, server.py, $port]
  ready: { within: 20s }
";
    let finished = Test::new()
        .file("server.py", SERVER)
        .file("target.yaml", manifest)
        .file(
            "scenario.yaml",
            format!("topic: Deaths\nscenarios:\n{}", scenarios.concat()),
        )
        .args(["run", "scenario.yaml", "--target", "target.yaml"])
        .args(options)
        .inherit(&["PATH"])
        .status(expected);
    Some(finished)
}

#[test]
fn scenarios_interrupted_by_a_death_run_again_whatever_their_level() {
    let scenarios = [
        scenario("kills", "must", "die"),
        slow_scenario("interrupted", "must"),
        slow_scenario("interrupted-should", "should"),
    ];
    let Some(finished) = run(&scenarios, &[], Exit::NotConformant) else {
        return;
    };
    finished
        .stdout_has("death/kills ended the target; it was started again")
        .stdout_has("FAIL   death/kills")
        .stdout_has("The target died: its process ended with exit status: 7.")
        .stdout_has("2 ok, 1 FAIL in ");
}

#[test]
fn the_scenario_that_ends_the_server_fails_whatever_its_level() {
    let cases: [(&[String], &[&str]); 3] = [
        (&[scenario("kills", "should", "die")], &["--jobs", "1"]),
        (
            &[
                scenario("kills", "should", "die"),
                slow_scenario("interrupted", "must"),
            ],
            &[],
        ),
        (
            &[
                scenario("kills", "should", "die"),
                slow_scenario("interrupted", "must"),
            ],
            &["--jobs", "1"],
        ),
    ];
    for (scenarios, options) in cases {
        let Some(finished) = run(scenarios, options, Exit::NotConformant) else {
            return;
        };
        finished
            .stdout_has("death/kills ended the target; it was started again")
            .stdout_has(
                "FAIL   death/kills  The target died: its process ended with exit status: 7.",
            )
            .stdout_has("1 FAIL in ");
    }
}

#[test]
fn a_scenario_that_passes_before_it_ends_the_server_is_found() {
    for options in [&["--jobs", "1"][..], &[]] {
        let scenarios = [
            scenario("kills", "must", "later"),
            slow_scenario("interrupted", "must"),
        ];
        let Some(finished) = run(&scenarios, options, Exit::NotConformant) else {
            return;
        };
        finished
            .stdout_has("death/kills ended the target; it was started again")
            .stdout_has("1 ok, 1 FAIL in ");
    }
}

#[test]
fn without_a_restart_every_scenario_that_ran_is_suspected() {
    let mut exclusive = [
        slow_scenario("too-late-1", "must"),
        slow_scenario("too-late-2", "must"),
    ]
    .concat();
    exclusive = exclusive.replace("  level:", "  exclusive: true\n  level:");
    let killer = scenario("kills", "should", "die");
    let cases = [
        (
            vec![
                killer.clone(),
                slow_scenario("interrupted", "must"),
                exclusive.clone(),
            ],
            "The target died during one of: death/interrupted, death/kills. To find out which, run each alone with `--jobs 1`.",
            "0 ok, 4 ERROR in ",
        ),
        (
            vec![killer, exclusive],
            "FAIL   death/kills  The target died: nothing listens on its port any more.",
            "0 ok, 1 FAIL, 2 ERROR in ",
        ),
    ];
    for (scenarios, blame, counts) in cases {
        let Some(server) = Running::start() else {
            eprintln!("skipped: there is no python3");
            return;
        };
        let manifest = format!(
            "name: mortal\nurl: {}\nprovides: [websocket]\ntiming: {{ settle: 20ms }}\n",
            server.url
        );
        let expected = if counts.contains("FAIL") {
            Exit::NotConformant
        } else {
            Exit::NotRun
        };
        Test::new()
            .file("target.yaml", manifest)
            .file(
                "scenario.yaml",
                format!("topic: Deaths\nscenarios:\n{}", scenarios.concat()),
            )
            .args(["run", "scenario.yaml", "--target", "target.yaml"])
            .status(expected)
            .stdout_has(blame)
            .stdout_has("ERROR  2 scenarios: Not run: the target had died.")
            .stdout_has(counts);
    }
}
