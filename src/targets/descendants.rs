//! Ends the descendants of a target that have left its process group, such as daemons.
//!
//! Every process of a target inherits an environment variable with a mark that only this target has. On Linux,
//! sockspec becomes the parent of every orphan among its descendants (`PR_SET_CHILD_SUBREAPER`), so that a descendant
//! that has cleared its environment is found too. On other systems, such descendants keep running.

use std::process::id;

/// The environment variable that marks the processes of a target.
const VARIABLE: &str = "SOCKSPEC_PROCESS_TREE";

/// The random mark that all processes of one target carry in their environment.
#[derive(Clone, Debug)]
pub(super) struct Mark(String);

/// Whether a started process is the root of a tree of processes or a helper of sockspec.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// The root of a tree of processes, which [`kill_all`] ends.
    Root,
    /// A helper process of sockspec: the watchdog of a target.
    Helper,
}

impl Mark {
    pub(super) fn new() -> Self {
        Self(format!("{}-{:016x}", id(), rand::random::<u64>()))
    }

    /// Returns the environment variable that marks the processes of a target: its name and its value.
    pub(super) fn variable(&self) -> (&'static str, &str) {
        (VARIABLE, &self.0)
    }

    /// Returns the environment variable that marks the processes of a target, as it stands in an environment:
    /// `NAME=value`.
    pub(super) fn entry(&self) -> String {
        format!("{VARIABLE}={}", self.0)
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::{kill_all, spawn};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{kill_all, spawn};

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        collections::BTreeSet,
        fs, io,
        sync::{Mutex, PoisonError},
        thread,
        time::Duration,
    };

    use nix::{
        sys::{
            prctl::set_child_subreaper,
            signal::{Signal, kill},
            wait::{WaitPidFlag, waitpid},
        },
        unistd::{Pid, getpgrp},
    };

    use super::{Mark, Role};

    /// The limit on searches for processes to kill. A process that starts others faster than they are killed would
    /// keep the search going.
    const ROUNDS: usize = 200;

    /// The time between two searches for processes to kill.
    const PAUSE: Duration = Duration::from_millis(2);

    static CHILDREN: Mutex<Option<Children>> = Mutex::new(None);

    /// The children of this process that are not adopted orphans of a target.
    #[derive(Debug)]
    struct Children {
        /// The children that this process started and tokio waits for.
        own: BTreeSet<i32>,
        /// The children that this process already had before it started a target. They and their descendants are
        /// never killed.
        foreign: BTreeSet<i32>,
        /// The number of targets whose process tree has not ended.
        trees: usize,
    }

    /// A process as `/proc` shows it.
    struct Process {
        pid: i32,
        parent: i32,
        group: i32,
        is_zombie: bool,
    }

    /// Starts a process by `spawn`, which returns the process and its id.
    pub(in super::super) fn spawn<T>(
        role: Role,
        spawn: impl FnOnce() -> io::Result<(T, Option<u32>)>,
    ) -> io::Result<T> {
        // Without the lock, another thread could take the new process for an orphan and kill it.
        let mut guard = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        let children = guard.get_or_insert_with(Children::begin);
        let (started, pid) = spawn()?;
        children
            .own
            .extend(pid.and_then(|pid| i32::try_from(pid).ok()));
        if role == Role::Root {
            children.trees += 1;
        }
        Ok(started)
    }

    /// Kills every process with this mark in its environment. If no other target runs, also kills the orphans that have
    /// cleared their environment.
    pub(in super::super) fn kill_all(mark: &Mark) {
        let mut guard = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(children) = guard.as_mut() else {
            return;
        };
        children.trees = children.trees.saturating_sub(1);
        let entry = mark.entry();
        for _ in 0..ROUNDS {
            let victims: Vec<_> = processes()
                .into_iter()
                .filter(|process| children.is_victim(process, &entry))
                .collect();
            let are_dead = victims.iter().all(|victim| victim.is_zombie);
            for victim in victims {
                let pid = Pid::from_raw(victim.pid);
                // An error means that the process has already ended, or that another process waits for it.
                let _ = kill(pid, Signal::SIGKILL);
                // Tokio waits for the children that this process started itself, so wait only for the others.
                if !children.own.contains(&victim.pid) {
                    let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
                }
            }
            if are_dead {
                break;
            }
            thread::sleep(PAUSE);
        }
    }

    impl Children {
        fn begin() -> Self {
            // If this call fails, orphans that have cleared their environment keep running.
            let _ = set_child_subreaper(true);
            Self {
                own: BTreeSet::new(),
                foreign: processes()
                    .iter()
                    .filter(|process| process.is_child())
                    .map(|process| process.pid)
                    .collect(),
                trees: 0,
            }
        }

        /// Returns true if the process has to be killed: it carries the mark of the target that ends, or it is an
        /// orphan that no running target owns.
        fn is_victim(&self, process: &Process, entry: &str) -> bool {
            let is_known = self.own.contains(&process.pid) || self.foreign.contains(&process.pid);
            if process.is_adopted() && !is_known {
                // The environment of a zombie is empty, so an adopted zombie always counts as a victim. A running
                // orphan without the mark may belong to another target, or descend from a child that this process had
                // before. So it counts only if no target is left and there was no such child.
                let is_certain = self.trees == 0 && self.foreign.is_empty();
                return process.is_zombie || is_certain || has(process.pid, entry);
            }
            // A zombie that this process has not adopted is no victim, because the zombie's own parent waits for it.
            !process.is_zombie && has(process.pid, entry)
        }
    }

    impl Process {
        fn is_child(&self) -> bool {
            self.parent == Pid::this().as_raw()
        }

        /// Returns true if the process may be an orphan that this process has adopted. Each target starts in a process
        /// group of its own, so its descendants are not in the group of this process.
        fn is_adopted(&self) -> bool {
            self.is_child() && self.group != getpgrp().as_raw()
        }
    }

    /// Returns true if the environment of the process contains `entry`.
    fn has(pid: i32, entry: &str) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == entry.as_bytes())
    }

    fn processes() -> Vec<Process> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?))
            .collect()
    }

    fn process(pid: i32) -> Option<Process> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The name of the program stands in parentheses and can contain any character, so read what follows the last
        // parenthesis.
        let stat = String::from_utf8_lossy(&stat);
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let state = fields.next()?;
        Some(Process {
            pid,
            parent: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
            is_zombie: state == "Z",
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    use super::{Mark, Role};

    /// Starts a process by `spawn`, which returns the process and its id.
    pub(in super::super) fn spawn<T>(
        _role: Role,
        spawn: impl FnOnce() -> io::Result<(T, Option<u32>)>,
    ) -> io::Result<T> {
        spawn().map(|(started, _)| started)
    }

    /// Does nothing: only Linux tells which processes descend from a target.
    pub(in super::super) fn kill_all(_mark: &Mark) {}
}
