//! Tests with servers whose process ends during a run: only the scenario that ended the process fails.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

/// A Python server that echoes lines. After the line `die`, it closes all connections and then ends; after the line
/// `later`, it echoes the line first. The lines `slowly` and `at leisure` come back after 0.4 s and 3 s; `slow.txt` gets the
/// number of the process and how many lines `slowly` are on their way. With a second argument, the server ends that many
/// seconds after its start.
const SERVER: &str = r#"
import os, socket, sys, threading, time

connections = []
slow = []

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
            slow.append(connection)
            with open("slow.txt", "a") as file:
                file.write(f"{os.getpid()} {len(slow)}\n")
            time.sleep(0.4)
            slow.remove(connection)
        if line == b"at leisure\n":
            time.sleep(3)
        try:
            connection.sendall(line)
        except OSError:
            return

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(listener.getsockname()[1])
if len(sys.argv) > 2:
    threading.Thread(target=die, args=(float(sys.argv[2]),), daemon=True).start()
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

/// A server that the test started, so that sockspec knows only its address and can't start it again.
struct Running {
    process: std::process::Child,
    url: String,
    /// The folder in which the server runs and writes.
    _folder: tempfile::TempDir,
}

impl Running {
    fn start() -> Option<Self> {
        Self::of(SERVER)
    }

    /// Starts a server that takes the place of a server that ended, a moment after its end.
    fn start_supervised() -> Option<Self> {
        let reborn = "os.environ['REBORN'] = '0.4'; \
                      os.execv(sys.executable, [*sys.orig_argv[:-1], str(listener.getsockname()[1])])";
        let wait = "late = os.environ.get('REBORN')\ntime.sleep(float(late or 0))\nlistener =";
        Self::of(
            &SERVER
                .replace("os._exit(7)", reborn)
                .replace("listener =", wait)
                .replace("print(", "late or print("),
        )
    }

    fn of(server: &str) -> Option<Self> {
        use std::io::{BufRead, BufReader};

        let folder = tempfile::tempdir().unwrap();
        let mut process = std::process::Command::new("python3")
            .args(["-u", "-c", server, "0"])
            .current_dir(folder.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take()?)
            .read_line(&mut line)
            .ok()?;
        let url = format!("http://127.0.0.1:{}", line.trim());
        Some(Self {
            process,
            url,
            _folder: folder,
        })
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
    run_as(
        &["python3", "server.py", "$port"],
        scenarios,
        options,
        expected,
    )
}

/// Runs scenarios against the server as [`run`] does, but starts the server with `command`.
fn run_as(
    command: &[&str],
    scenarios: &[String],
    options: &[&str],
    expected: Exit,
) -> Option<Finished> {
    let python = std::process::Command::new("python3")
        .arg("--version")
        .output();
    if python.is_err() {
        eprintln!("skipped: there is no python3");
        return None;
    }
    let command = serde_json::Value::from(command);
    let manifest = format!(
        "name: mortal
url: http://127.0.0.1:$port
provides: [websocket]
timing: {{ settle: 20ms }}
launch:
  command: {command}
  ready: {{ within: 20s }}
"
    );
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
        .stdout_has(": its process ended with exit status: 7.")
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
            .stdout_has("FAIL   death/kills  The target died after ")
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

/// Many scenarios ran when the server died. Tried again one after another, they would take the sum of their times.
#[test]
fn many_suspects_are_tried_again_in_groups() {
    let mut scenarios: Vec<_> = (0..12)
        .map(|number| slow_scenario(&format!("interrupted-{number}"), "must"))
        .collect();
    scenarios.push(scenario("kills", "must", "die"));
    let Some(finished) = run(&scenarios, &[], Exit::NotConformant) else {
        return;
    };
    let finished = finished
        .stdout_has("death/kills ended the target; it was started again")
        .stdout_has("12 ok, 1 FAIL in ");
    let lines = finished.written("slow.txt");
    let crowded: std::collections::BTreeSet<_> = lines
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, together)| together.parse::<usize>().is_ok_and(|together| together > 2))
        .map(|(process, _)| process)
        .collect();
    assert!(
        crowded.len() > 1,
        "groups only on the first server:\n{lines}"
    );
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
                slow_scenario("struck", "must"),
                exclusive.clone(),
            ],
            "The target died during one of these scenarios: death/kills, death/struck. To find out which, run each alone with `--jobs 1`.",
            "0 ok, 2 ERROR, 2 skip in ",
        ),
        (
            vec![killer, exclusive],
            ": nothing listens on its port any more. The scenario could not be tried again, because sockspec can't restart a target that it did not start.",
            "0 ok, 1 FAIL, 2 skip in ",
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
            .stdout_has("skip   2 scenarios: Not run: the target had died, and sockspec can't restart a target that it did not start.")
            .stdout_has(counts);
    }
}

/// The server comes back each time, so each suspect is tried again on it, and only the killer is blamed.
#[test]
fn suspects_are_tried_again_on_a_target_that_comes_back() {
    let Some(server) = Running::start_supervised() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let manifest = format!(
        "name: mortal\nurl: {}\nprovides: [websocket]\ntiming: {{ settle: 20ms }}\n",
        server.url
    );
    let scenarios = [
        scenario("kills", "must", "die"),
        slow_scenario("struck-1", "must"),
        slow_scenario("struck-2", "must"),
    ];
    Test::new()
        .file("target.yaml", manifest)
        .file(
            "scenario.yaml",
            format!("topic: Deaths\nscenarios:\n{}", scenarios.concat()),
        )
        .args(["run", "scenario.yaml", "--target", "target.yaml"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   death/kills  The target died after ")
        .stdout_has("2 ok, 1 FAIL in ");
}

/// Returns a shell command that starts the server the first `starts` times and fails every later time.
fn limited(starts: usize) -> String {
    format!(
        "echo x >> starts; test $(grep -c x starts) -le {starts} || {{ echo no more licences; exit 3; }}
         exec python3 server.py $1"
    )
}

#[test]
fn a_target_that_cannot_be_started_again_leaves_a_report() {
    let scenarios = [
        scenario("a-passes", "must", "hello"),
        scenario("kills", "must", "die"),
        slow_scenario("too-late", "must"),
    ];
    let options = ["--jobs", "1", "--report", "json=report.json"];
    let command = ["sh", "-c", &limited(1), "launch", "$port"];
    let Some(finished) = run_as(&command, &scenarios, &options, Exit::NotRun) else {
        return;
    };
    let report: serde_json::Value = serde_json::from_str(&finished.written("report.json")).unwrap();
    assert_eq!(report["run"]["target_lost"], true);
    let scenarios = report["scenarios"].as_array().unwrap();
    let verdicts: Vec<_> = scenarios.iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["pass", "error", "skip"]);
    finished
        .stdout_has(
            "ERROR  death/kills  The target died, perhaps because of one of these scenarios: death/a-passes, death/kills; ",
        )
        .stdout_has(
            "skip   1 scenario: Not run: the target had died, and it can't be started again: ",
        )
        .stdout_has("its last line: no more licences")
        .stdout_has("1 ok, 1 ERROR, 1 skip in ");
}

#[test]
fn a_killer_that_was_tried_again_is_named_before_the_target_is_lost() {
    let scenarios = [
        scenario("kills", "must", "die"),
        slow_scenario("too-late", "must"),
    ];
    let command = ["sh", "-c", &limited(2), "launch", "$port"];
    let options = ["--jobs", "1"];
    let Some(finished) = run_as(&command, &scenarios, &options, Exit::NotConformant) else {
        return;
    };
    finished
        .stdout_has("FAIL   death/kills  The target died after ")
        .stdout_has("0 ok, 1 FAIL, 1 skip in ");
}

#[test]
fn a_server_that_ends_by_itself_blames_nobody() {
    let slow = |id| scenario(id, "must", "at leisure").replace("800ms", "5s");
    let scenarios = [
        scenario("a-passes", "must", "hello"),
        slow("struck"),
        slow("struck-too"),
    ];
    let command = ["python3", "server.py", "$port", "1.5"];
    let Some(finished) = run_as(&command, &scenarios, &["--jobs", "1"], Exit::NotRun) else {
        return;
    };
    let out = finished.out();
    assert!(!out.contains("FAIL"), "{out}");
    finished
        .stdout_has("also while no scenario runs; no scenario is blamed for that")
        .stdout_has("1 ok, 2 ERROR in ");
}

/// Two servers: one resets each connection; the other takes 0.2 s before it accepts the next connection.
#[test]
fn a_server_that_resets_or_is_slow_has_not_died() {
    const RESETS: &str = "
import socket, struct, sys, time
listener = socket.create_server((\"127.0.0.1\", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    time.sleep(0.05)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))
    connection.close()
";
    const SLOW: &str = "
import socket, sys, time
listener = socket.create_server((\"127.0.0.1\", int(sys.argv[1])), backlog=1)
while True:
    connection, _ = listener.accept()
    time.sleep(0.2)
    connection.close()
";
    for server in [RESETS, SLOW] {
        let scenarios = [
            scenario("one", "must", "hello"),
            scenario("two", "must", "hello"),
        ];
        let command = ["python3", "-c", server, "$port"];
        let Some(finished) = run_as(&command, &scenarios, &[], Exit::NotConformant) else {
            return;
        };
        let out = finished.out();
        assert!(
            !out.contains("died") && !out.contains("ended the target"),
            "{out}"
        );
        finished.stdout_has("0 ok, 2 FAIL in ");
    }
}
