//! A process and everything that it starts, as one thing that ends together.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::{process::Command, task::JoinSet, time::timeout};

use super::Log;

/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// How long the rest of its output may take once a process has ended; what it left behind may hold
/// the streams open for ever.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// `SIGTERM`, the same number on every Unix (POSIX, `kill`).
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// A running process with all that it has started; everything ends when this is dropped.
#[derive(Debug)]
pub(super) struct ProcessTree {
    child: Mutex<Box<dyn ChildWrapper>>,
    readers: JoinSet<()>,
    #[cfg(unix)]
    _watchdog: Option<tokio::process::Child>,
}

impl ProcessTree {
    /// Starts `command` in `workdir`; its output goes to `log`.
    pub(super) fn spawn(
        command: &[String],
        workdir: &Path,
        env: &[(String, String)],
        log: &Log,
    ) -> io::Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
        // Whether a relative program is looked up before or after the change of folder differs by system.
        let program = if program.contains('/') {
            workdir.join(program)
        } else {
            program.into()
        };
        let mut wrap = CommandWrap::with_new(program, |command| {
            command
                .args(arguments)
                .current_dir(workdir)
                .envs(env.iter().map(|(name, value)| (name, value)))
                // Held open: its end tells a server that listens for it that we are gone.
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
        });
        #[cfg(unix)]
        wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        wrap.wrap(process_wrap::tokio::JobObject);
        let mut child = wrap.spawn()?;
        let mut readers = JoinSet::new();
        if let Some(stream) = child.stdout().take() {
            readers.spawn(log.clone().capture(stream));
        }
        if let Some(stream) = child.stderr().take() {
            readers.spawn(log.clone().capture(stream));
        }
        Ok(Self {
            #[cfg(unix)]
            _watchdog: child.id().and_then(watchdog),
            child: Mutex::new(child),
            readers,
        })
    }

    /// How the process has ended, if it has.
    pub(super) fn exited(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().ok().flatten()
    }

    /// Waits for the process to end by itself, and for its last output.
    pub(super) async fn finished(&mut self) -> io::Result<ExitStatus> {
        let status = self.child_mut().wait().await?;
        self.last_words().await;
        Ok(status)
    }

    /// Waits for the output that an ended process has left in its streams.
    pub(super) async fn last_words(&mut self) {
        let drained = async { while self.readers.join_next().await.is_some() {} };
        // Whatever is missing then is not worth the wait.
        let _ = timeout(LAST_WORDS, drained).await;
    }

    /// Ends the whole tree: politely, then by force.
    pub(super) async fn stop(mut self) {
        let child = self.child_mut();
        // Failures mean that it is gone already.
        #[cfg(unix)]
        let _ = child.signal(SIGTERM);
        #[cfg(unix)]
        let _ = timeout(GRACE, child.wait()).await;
        let _ = child.start_kill();
        let _ = timeout(GRACE, child.wait()).await;
    }

    fn child_mut(&mut self) -> &mut Box<dyn ChildWrapper> {
        self.child.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        // An error means that nothing of the group is left.
        let _ = self.child_mut().start_kill();
    }
}

/// Starts a guard that ends the process group `group` if we are killed without a chance to do so: it
/// reads from a pipe that only we hold, and so its end is ours. It is itself killed with its handle.
///
/// A target that can't be guarded runs all the same: the guard matters only if we are killed.
#[cfg(unix)]
fn watchdog(group: u32) -> Option<tokio::process::Child> {
    Command::new("sh")
        .args(["-c", "read -r _; kill -9 -\"$1\"", "watchdog"])
        .arg(group.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal reaches our own group only.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// A shell that starts another, which ignores every polite request, and tells both ids.
    const FAMILY: &str = "sh -c 'trap \"\" TERM; echo $$; sleep 600' & echo $$; wait";

    async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(10), "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Alive and not just waiting to be reaped by whoever inherited it.
    fn lives(pid: &str) -> bool {
        let output = std::process::Command::new("ps")
            .args(["-o", "stat=", "-p", pid])
            .output()
            .unwrap();
        let state = String::from_utf8_lossy(&output.stdout);
        !state.trim().is_empty() && !state.starts_with('Z')
    }

    async fn family() -> (ProcessTree, Vec<String>) {
        let log = Log::default();
        let command = ["sh", "-c", FAMILY].map(str::to_owned);
        let tree = ProcessTree::spawn(&command, Path::new("/"), &[], &log).unwrap();
        eventually("both tell their ids", || log.tail(2).len() == 2).await;
        let pids = log.tail(2);
        assert!(pids.iter().all(|pid| lives(pid)));
        (tree, pids)
    }

    #[tokio::test]
    async fn stop_ends_grandchildren_that_ignore_it() {
        let (tree, pids) = family().await;
        tree.stop().await;
        eventually("all are gone", || !pids.iter().any(|pid| lives(pid))).await;
    }

    #[tokio::test]
    async fn drop_ends_grandchildren() {
        let (tree, pids) = family().await;
        drop(tree);
        eventually("all are gone", || !pids.iter().any(|pid| lives(pid))).await;
    }

    #[tokio::test]
    async fn watchdog_ends_the_group_when_its_pipe_closes() {
        let (mut tree, pids) = family().await;
        let watchdog = tree._watchdog.as_mut().unwrap();
        drop(watchdog.stdin.take());
        eventually("all are gone", || !pids.iter().any(|pid| lives(pid))).await;
    }

    #[tokio::test]
    async fn exit_status_and_last_output_are_known() {
        let log = Log::default();
        let command = ["sh", "-c", "echo out; echo err >&2; exit 7"].map(str::to_owned);
        let mut tree = ProcessTree::spawn(&command, Path::new("/"), &[], &log).unwrap();
        let status = tree.finished().await.unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(tree.exited().and_then(|status| status.code()), Some(7));
        let mut lines = log.tail(9);
        lines.sort();
        assert_eq!(lines, ["err", "out"]);
    }
}
