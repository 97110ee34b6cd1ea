//! Runs the binary in an empty folder with an empty environment.

use std::{
    ffi::OsString,
    path::Path,
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use sockspec::cli::Exit;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// A command that has not ended by then hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// One call of the binary.
pub(crate) struct Test {
    folder: TempDir,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

/// What the call did.
pub(crate) struct Finished {
    // Kept so that a test can look at files that were written.
    folder: TempDir,
    output: Output,
}

/// A call that goes on until it is dropped.
pub(crate) struct Running {
    child: Child,
    /// The first line of its standard output, without the line break.
    pub(crate) first_line: String,
    lines: Lines<BufReader<ChildStdout>>,
    // Removed when the last owner has gone.
    folder: Arc<TempDir>,
}

impl Test {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Writes a file into the working folder.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Makes a file of `length` zero bytes that takes no space.
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

    /// Takes variables over from the test's own environment, as far as they are set.
    pub(crate) fn inherit(mut self, names: &[&'static str]) -> Self {
        let set = names
            .iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?)));
        self.environment.extend(set);
        self
    }

    /// Runs it to its end, which must be this one.
    #[track_caller]
    pub(crate) fn status(self, expected: Exit) -> Finished {
        let mut command = self.command();
        let output = runtime()
            .block_on(async { timeout(LIMIT, command.output()).await })
            .expect("the command hangs")
            .unwrap();
        let finished = Finished {
            folder: self.folder,
            output,
        };
        assert_eq!(
            finished.output.status.code(),
            Some(expected as i32),
            "\n--- stdout\n{}\n--- stderr\n{}",
            finished.out(),
            finished.err()
        );
        finished
    }

    /// Runs it with a standard output that nobody reads.
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
        }
    }

    /// Starts it and waits for the first line of its output.
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

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sockspec"));
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
    /// The whole standard output, the path of the working folder left out.
    pub(crate) fn out(&self) -> String {
        self.text(&self.output.stdout)
    }

    /// The whole standard error, the path of the working folder left out.
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
    pub(crate) fn stderr_has(self, piece: &str) -> Self {
        let err = self.err();
        assert!(err.contains(piece), "no {piece:?} in\n{err}");
        self
    }

    /// The standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).unwrap()
    }

    /// A file of the working folder.
    pub(crate) fn written(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn text(&self, bytes: &[u8]) -> String {
        let folder: &Path = self.folder.path();
        String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "FOLDER")
    }
}

impl Running {
    /// Its working folder, for as long as somebody holds it.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    /// Waits for a line of its standard output with `piece` in it.
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

    /// Sends a signal and waits for the end.
    #[cfg(unix)]
    pub(crate) async fn signal(mut self, name: &str) -> Option<i32> {
        let pid = self.child.id().expect("it has ended already").to_string();
        let sent = Command::new("kill").args([name, &pid]).status().await;
        assert!(sent.unwrap().success());
        timeout(LIMIT, self.child.wait())
            .await
            .expect("it goes on")
            .unwrap()
            .code()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
