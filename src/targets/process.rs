//! A process and all its descendants, which are ended together.
//!
//! Most descendants are in the process group. `descendants.rs` finds those that have left it.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::{process::Command, task::JoinSet};

use super::{
    Log,
    descendants::{self, Mark, Role},
};
use crate::clock;

/// The time that a process gets to end after SIGTERM, before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// The time to read the remaining output of an ended process. A descendant that still runs may hold the streams open.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(300);

/// `SIGTERM`, the same number on every Unix (POSIX, `kill`).
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// A running process and all its descendants. All of them are killed when this value is dropped.
#[derive(Debug)]
pub(super) struct ProcessTree {
    child: Mutex<Box<dyn ChildWrapper>>,
    readers: JoinSet<()>,
    mark: Mark,
    #[cfg(unix)]
    _watchdog: Option<tokio::process::Child>,
}

impl ProcessTree {
    /// Starts `command` in `workdir`. Writes its output to `log`.
    pub(super) fn spawn(
        command: &[String],
        workdir: &Path,
        env: &[(String, String)],
        log: &Log,
    ) -> io::Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
        // Systems differ on whether they look up a relative program before or after they change the folder, so make
        // the path independent of it.
        let program = if program.contains('/') {
            workdir.join(program)
        } else {
            program.into()
        };
        let mark = Mark::new();
        let (variable, value) = mark.variable();
        let mut wrap = CommandWrap::with_new(program, |command| {
            command
                .args(arguments)
                .current_dir(workdir)
                .envs(env.iter().map(|(name, value)| (name, value)))
                .env(variable, value)
                // Keep stdin open: a server that reads stdin sees the end of stdin when sockspec ends.
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
        });
        #[cfg(unix)]
        wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        wrap.wrap(process_wrap::tokio::JobObject);
        let mut child = descendants::spawn(Role::Root, || {
            let child = wrap.spawn()?;
            let pid = child.id();
            Ok((child, pid))
        })?;
        let mut readers = JoinSet::new();
        if let Some(stream) = child.stdout().take() {
            readers.spawn(log.clone().capture(stream));
        }
        if let Some(stream) = child.stderr().take() {
            readers.spawn(log.clone().capture(stream));
        }
        Ok(Self {
            #[cfg(unix)]
            _watchdog: child.id().and_then(|group| watchdog(group, &mark)),
            child: Mutex::new(child),
            readers,
            mark,
        })
    }

    /// Returns the exit status, or `None` if the process runs.
    pub(super) fn exited(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().ok().flatten()
    }

    /// Waits until the process has ended by itself and all of its output was read.
    pub(super) async fn finished(&mut self) -> io::Result<ExitStatus> {
        let status = self.child_mut().wait().await?;
        self.drain_output().await;
        Ok(status)
    }

    /// Reads the output that an ended process has left in its streams.
    pub(super) async fn drain_output(&mut self) {
        let drained = async { while self.readers.join_next().await.is_some() {} };
        // A timeout is no error here: output that comes later is not needed.
        let _ = clock::within(DRAIN_TIMEOUT, drained).await;
    }

    /// Ends the process tree: sends SIGTERM, and kills the tree after a grace period.
    pub(super) async fn stop(mut self) {
        let child = self.child_mut();
        // An error means that the process has already ended.
        #[cfg(unix)]
        let _ = child.signal(SIGTERM);
        #[cfg(unix)]
        let _ = clock::within(STOP_TIMEOUT, child.wait()).await;
        let _ = child.start_kill();
        let _ = clock::within(STOP_TIMEOUT, child.wait()).await;
    }

    fn child_mut(&mut self) -> &mut Box<dyn ChildWrapper> {
        self.child.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        // An error means that no process of the group is left.
        let _ = self.child_mut().start_kill();
        descendants::kill_all(&self.mark);
    }
}

/// The script of the watchdog. Its arguments are the process group and the mark. On Linux, it also finds the processes
/// that have left the group.
#[cfg(unix)]
const WATCHDOG: &str = r#"read -r _
kill -9 -"$1"
for found in $(grep -al -- "$2" /proc/[0-9]*/environ); do
    found=${found%/environ}
    kill -9 "${found#/proc/}"
done"#;

/// Starts a shell that kills the process group `group` and the processes with the mark if sockspec is killed. The shell
/// reads from a pipe that only sockspec holds open, so the read ends when sockspec ends. Dropping the handle kills the
/// shell.
///
/// If the shell does not start, the target runs without a watchdog.
#[cfg(unix)]
fn watchdog(group: u32, mark: &Mark) -> Option<tokio::process::Child> {
    let start = || {
        let child = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(group.to_string())
            .arg(mark.entry())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // The watchdog gets a process group of its own. A Ctrl-C in the terminal goes to sockspec's group only, so
            // the watchdog survives it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id();
        Ok((child, pid))
    };
    descendants::spawn(Role::Helper, start).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::clock;

    /// A shell that starts a child shell, which ignores SIGTERM. Both print their process ids.
    const FAMILY: &str = "sh -c 'trap \"\" TERM; echo $$; sleep 600' & echo $$; wait";

    async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
        let started = clock::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(10), "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns true if the process runs and is not a zombie.
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
        eventually("both print their ids", || log.tail(2).len() == 2).await;
        let pids = log.tail(2);
        assert!(pids.iter().all(|pid| lives(pid)));
        (tree, pids)
    }

    #[tokio::test]
    async fn stop_ends_grandchildren_that_ignore_sigterm() {
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

    /// A shell script that leaves an orphan outside of its process group: a child starts a shell in a new session and
    /// ends.
    #[cfg(target_os = "linux")]
    const RUNAWAY: &str = "(setsid sh -c 'echo $$; exec sleep 600' &) ; wait; exec sleep 600";

    #[cfg(target_os = "linux")]
    async fn runaway(script: &str) -> (ProcessTree, String) {
        let log = Log::default();
        let command = ["sh", "-c", script].map(str::to_owned);
        let tree = ProcessTree::spawn(&command, Path::new("/"), &[], &log).unwrap();
        eventually("it tells its id", || log.tail(1).len() == 1).await;
        let pid = log.tail(1).remove(0);
        assert!(lives(&pid));
        (tree, pid)
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn processes_that_left_the_group_end_with_their_tree_only() {
        let (first, pid) = runaway(RUNAWAY).await;
        let (second, other) = runaway(RUNAWAY).await;
        first.stop().await;
        assert!(!lives(&pid));
        assert!(lives(&other));
        drop(second);
        assert!(!lives(&other));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn watchdog_ends_processes_that_left_the_group() {
        let (mut tree, pid) = runaway(RUNAWAY).await;
        drop(tree._watchdog.as_mut().unwrap().stdin.take());
        eventually("it is gone", || !lives(&pid)).await;
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
