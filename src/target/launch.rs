//! A target's process tree, from start to stop.

use super::{LaunchSpec, Profile};

/// A running target; its whole process tree ends when this is stopped or dropped.
#[derive(Debug)]
pub struct Launched {}

/// The last lines of a target's output.
#[derive(Clone, Debug, Default)]
pub struct Log {}

/// Why a target did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {}

impl Launched {
    /// Runs the setup if it is due, starts the command on a free port and waits until it is ready.
    ///
    /// # Errors
    ///
    /// What was awaited, and the output's last lines.
    pub async fn start(spec: &LaunchSpec, profile: Option<&Profile>) -> Result<Self, LaunchError> {
        let _ = (spec, profile);
        todo!()
    }

    /// The port it was given, in place of `$port`.
    pub fn port(&self) -> u16 {
        todo!()
    }

    /// Its output.
    pub fn log(&self) -> Log {
        todo!()
    }

    /// The exit status as text, if it has ended.
    pub fn exited(&self) -> Option<String> {
        todo!()
    }

    /// Ends the whole tree: politely, then by force.
    pub async fn stop(self) {
        todo!()
    }
}

impl Log {
    /// The last `lines` lines, both streams interleaved.
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let _ = lines;
        todo!()
    }
}
