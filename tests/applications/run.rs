//! Starts an application and runs the program against it.

use std::{
    collections::BTreeMap,
    fmt,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The deadline for the start of an application.
const START: Duration = Duration::from_secs(60);

/// How the program is told about the application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum How {
    /// By a bare URL with this scheme and path, such as `http` and `/realtime/`.
    Url(&'static str, &'static str),
    /// By the manifest beside the application, which launches it.
    Manifest,
}

impl fmt::Display for How {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Url(..) => "URL",
            Self::Manifest => "manifest",
        })
    }
}

/// The verdicts of one run.
pub(crate) struct Judged {
    /// The number of scenarios that were not skipped.
    pub(crate) count: usize,
    /// The scenarios with the verdict fail or error, and the sentence of each.
    pub(crate) wrong: BTreeMap<String, String>,
}

/// An application that runs. Dropping the value ends it.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // An application that has ended already can't be ended again.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program against an application. Returns the verdicts, or why there are none.
pub(crate) fn judge(program: &Path, folder: &Path, file: &str, how: How) -> Result<Judged, String> {
    let reports = tempfile::tempdir().map_err(|error| error.to_string())?;
    let report = reports.path().join("report.json");
    let (target, started) = match how {
        How::Manifest => {
            let manifest = Path::new(file).with_extension("yaml");
            (folder.join(manifest).display().to_string(), None)
        }
        How::Url(scheme, path) => {
            let (started, port) = start(folder, file)?;
            (format!("{scheme}://127.0.0.1:{port}{path}"), Some(started))
        }
    };
    let output = Command::new(program)
        .args(["run", "--retries", "1", "--target", &target])
        .arg(format!("--report=json={}", report.display()))
        .current_dir(reports.path())
        .output()
        .map_err(|error| format!("the program does not start: {error}"))?;
    drop(started);
    let text = std::fs::read_to_string(&report).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("no report: {}", said.trim())
    })?;
    let report: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    read(&report).ok_or_else(|| "a report in another form".to_owned())
}

fn read(report: &Value) -> Option<Judged> {
    let mut judged = Judged {
        count: 0,
        wrong: BTreeMap::new(),
    };
    for scenario in report["scenarios"].as_array()? {
        let verdict = scenario["verdict"].as_str()?;
        if verdict != "skip" {
            judged.count += 1;
        }
        if verdict == "fail" || verdict == "error" {
            let sentence = scenario["reason"].as_str().unwrap_or_default();
            let id = scenario["id"].as_str()?.to_owned();
            judged.wrong.insert(id, format!("{verdict}: {sentence}"));
        }
    }
    Some(judged)
}

/// Starts an application on a free port, and waits until the port accepts connections. Starts it again on another port
/// if another process has taken the port meanwhile.
fn start(folder: &Path, file: &str) -> Result<(Started, u16), String> {
    let path = folder.join(file);
    let python = folder.join(".venv/bin/python");
    for _ in 0..3 {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let mut command = if file.ends_with(".py") {
            Command::new(&python)
        } else {
            Command::new("node")
        };
        let child = command
            .arg(&path)
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the application does not start: {error}"))?;
        let mut started = Started(child);
        if is_ready(&mut started.0, port) {
            return Ok((started, port));
        }
    }
    Err("the application does not listen".to_owned())
}

/// Returns true as soon as the port accepts connections, and false if the application ends or the deadline passes
/// first.
fn is_ready(child: &mut Child, port: u16) -> bool {
    let until = Instant::now() + START;
    while Instant::now() < until && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}
