//! Runs the binary in an empty folder with an empty environment.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    pin::pin,
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use sockspec::cli::Exit;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    runtime::Runtime,
    time::{interval, timeout},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockspec");

/// The time limit of a command. A command that takes longer fails the test.
const LIMIT: Duration = Duration::from_secs(60);

/// A call of the program that a test prepares.
pub(crate) struct Test {
    folder: TempDir,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    limit: Duration,
}

/// The output and the files of a call that has ended.
pub(crate) struct Finished {
    // The folder is kept, so that a test can read the files in it.
    folder: TempDir,
    output: Output,
    /// The most memory that the process took, in MB, if the system tells it.
    peak_memory: Option<u64>,
}

/// A call of the program that still runs. Dropping the value ends the program.
pub(crate) struct Running {
    child: Child,
    /// The first line of the program's standard output, without the line break.
    pub(crate) first_line: String,
    lines: Lines<BufReader<ChildStdout>>,
    // The folder is removed when its last owner is dropped.
    folder: Arc<TempDir>,
}

/// A reference server in its own process. The process ends when this value is dropped.
pub(crate) struct Served {
    /// The address, `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    // Declared before the runtime, so that the process is dropped first.
    _server: Running,
    _runtime: Runtime,
}

impl Served {
    /// Starts `sockspec serve` on a free port.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let runtime = Runtime::new().unwrap();
        let serve = Test::new().args(["serve", "--port", "0"]);
        let server = runtime.block_on(serve.args(arguments.iter().copied()).start());
        let url = server.first_line.strip_prefix("listening on ").unwrap();
        Self {
            url: url.to_owned(),
            _server: server,
            _runtime: runtime,
        }
    }

    /// Returns the address with the scheme of WebSocket: `ws://127.0.0.1:PORT`.
    pub(crate) fn ws_url(&self) -> String {
        self.url.replacen("http", "ws", 1)
    }
}

impl Test {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            arguments: Vec::new(),
            environment: Vec::new(),
            limit: LIMIT,
        }
    }

    /// Sets the time after which the command counts as hung, for a command that does much work.
    pub(crate) fn hung_after(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Writes a file into the working folder.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Returns the path of a file in the working folder.
    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    /// Creates a sparse file: `length` bytes of value 0 that take no space on the disk.
    pub(crate) fn sparse_file(self, path: &str, length: u64) -> Self {
        let file = std::fs::File::create(self.folder.path().join(path)).unwrap();
        file.set_len(length).unwrap();
        self
    }

    pub(crate) fn args<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Copies variables from the environment of the test, if they are set there.
    pub(crate) fn inherit(mut self, names: &[&'static str]) -> Self {
        let set = names
            .iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?)));
        self.environment.extend(set);
        self
    }

    /// Runs the program to its end and checks its exit status.
    #[track_caller]
    pub(crate) fn status(self, expected: Exit) -> Finished {
        self.end_of(PROGRAM.as_ref(), expected)
    }

    #[track_caller]
    fn end_of(self, program: &OsStr, expected: Exit) -> Finished {
        let finished = self.ended(program);
        assert_eq!(
            finished.output.status.code(),
            Some(expected as i32),
            "\n--- stdout\n{}\n--- stderr\n{}",
            finished.out(),
            finished.err()
        );
        finished
    }

    /// Runs `program` instead of sockspec to its end, and checks its exit status.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn status_of(self, program: &str, expected: Exit) -> Finished {
        self.end_of(program.as_ref(), expected)
    }

    /// Runs the program to its end and checks nothing.
    pub(crate) fn any_status(self) -> Finished {
        self.ended(PROGRAM.as_ref())
    }

    /// Runs a program to its end. Notes how much memory it took.
    fn ended(self, program: &OsStr) -> Finished {
        let mut command = self.command_of(program);
        let (output, peak_memory) = runtime().block_on(async {
            let child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let id = child.id();
            let mut peak = None;
            let mut ended = pin!(timeout(self.limit, child.wait_with_output()));
            let mut ticks = interval(Duration::from_millis(20));
            loop {
                tokio::select! {
                    output = &mut ended => {
                        return (output.expect("the command hangs").unwrap(), peak);
                    }
                    _ = ticks.tick() => peak = id.and_then(peak_memory).or(peak),
                }
            }
        });
        Finished {
            folder: self.folder,
            output,
            peak_memory,
        }
    }

    /// Runs the program with a standard output whose reader has closed the pipe. Checks the exit status.
    #[track_caller]
    pub(crate) fn status_with_closed_stdout(self, expected: Exit) -> Finished {
        let mut command = self.command();
        let output = runtime()
            .block_on(async {
                let mut child = command
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()?;
                drop(child.stdout.take());
                timeout(LIMIT, child.wait_with_output())
                    .await
                    .expect("the command hangs")
            })
            .unwrap();
        assert_eq!(output.status.code(), Some(expected as i32));
        Finished {
            folder: self.folder,
            output,
            peak_memory: None,
        }
    }

    /// Starts the program and waits for the first line of its output.
    pub(crate) async fn start(self) -> Running {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let first_line = timeout(LIMIT, lines.next_line())
            .await
            .expect("no line of output")
            .unwrap()
            .expect("the command ended without output");
        Running {
            child,
            first_line,
            lines,
            folder: Arc::new(self.folder),
        }
    }

    /// Starts the program without waiting for any output.
    #[cfg(unix)]
    pub(crate) fn start_quietly(self) -> Quiet {
        let child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Quiet {
            child,
            _folder: self.folder,
        }
    }

    fn command(&self) -> Command {
        self.command_of(PROGRAM.as_ref())
    }

    fn command_of(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

impl Finished {
    /// Returns the whole standard output, without the path of the working folder.
    pub(crate) fn out(&self) -> String {
        self.text(&self.output.stdout)
    }

    /// Returns the whole standard error, without the path of the working folder.
    pub(crate) fn err(&self) -> String {
        self.text(&self.output.stderr)
    }

    #[track_caller]
    pub(crate) fn stdout(self, expected: &str) -> Self {
        assert_eq!(self.out(), expected);
        self
    }

    #[track_caller]
    pub(crate) fn stderr(self, expected: &str) -> Self {
        assert_eq!(self.err(), expected);
        self
    }

    #[track_caller]
    pub(crate) fn stdout_has(self, piece: &str) -> Self {
        let out = self.out();
        assert!(out.contains(piece), "no {piece:?} in\n{out}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout_lacks(self, piece: &str) -> Self {
        let out = self.out();
        assert!(!out.contains(piece), "{piece:?} in\n{out}");
        self
    }

    #[track_caller]
    pub(crate) fn stderr_has(self, piece: &str) -> Self {
        let err = self.err();
        assert!(err.contains(piece), "no {piece:?} in\n{err}");
        self
    }

    /// Returns the standard output, parsed as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).unwrap()
    }

    /// The most memory that the process took, in MB; `None` if the system does not tell it.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        self.peak_memory
    }

    /// Returns the exit status; `None` if a signal ended the process.
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Returns the content of a file in the working folder, or `None` if it can't be read.
    pub(crate) fn try_written(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(path)).ok()
    }

    /// Returns the content of a file in the working folder.
    pub(crate) fn written(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn text(&self, bytes: &[u8]) -> String {
        let folder: &Path = self.folder.path();
        String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "FOLDER")
    }
}

impl Running {
    /// Returns the working folder, which exists until its last owner is dropped.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    /// Waits for a line of the standard output that contains `piece`.
    pub(crate) async fn line_with(&mut self, piece: &str) {
        let search = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if line.contains(piece) {
                    return;
                }
            }
            panic!("the command ended without a line with {piece:?}");
        };
        timeout(LIMIT, search).await.expect("no such line");
    }

    /// Sends a signal and waits until the program ends. Returns its exit code.
    #[cfg(unix)]
    pub(crate) async fn signal(mut self, name: &str) -> Option<i32> {
        let pid = self
            .child
            .id()
            .expect("the program has ended already")
            .to_string();
        let sent = Command::new("kill").args([name, &pid]).status().await;
        assert!(sent.unwrap().success());
        timeout(LIMIT, self.child.wait())
            .await
            .expect("the program still runs")
            .unwrap()
            .code()
    }
}

/// A call of the program that still runs and whose output the test has not waited for.
#[cfg(unix)]
pub(crate) struct Quiet {
    child: Child,
    _folder: TempDir,
}

#[cfg(unix)]
impl Quiet {
    /// Returns the id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it has ended already")
    }

    /// Waits until the process handles signals and its main thread waits for something.
    #[cfg(target_os = "linux")]
    pub(crate) async fn is_blocked(&self) {
        let pid = self.child.id().expect("it has ended already");
        let status = format!("/proc/{pid}/status");
        let search = async {
            // Waits until twenty checks in a row find that signals are caught and the main thread sleeps.
            let mut seen = 0;
            while seen < 20 {
                let text = std::fs::read_to_string(&status).unwrap();
                let line = |name: &str| {
                    text.lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                };
                let caught = u64::from_str_radix(&line("SigCgt:"), 16).unwrap_or(0);
                // The bits of SIGHUP, SIGINT and SIGTERM.
                let all = 1 | 1 << 1 | 1 << 14;
                let is_still = caught & all == all && line("State:").starts_with('S');
                seen = if is_still { seen + 1 } else { 0 };
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LIMIT, search).await.expect("it does not wait");
    }

    /// Sends a signal and waits for the end. Returns the exit status and the standard error.
    pub(crate) async fn signal(self, name: &str) -> (Option<i32>, String) {
        let pid = self.child.id().expect("it has ended already").to_string();
        let sent = Command::new("kill").args([name, &pid]).status().await;
        assert!(sent.unwrap().success());
        let output = timeout(LIMIT, self.child.wait_with_output())
            .await
            .expect("it goes on")
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), err)
    }
}

/// Returns the most memory that a running process took so far, in MB.
fn peak_memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 1_000)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
