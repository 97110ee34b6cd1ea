//! Runs several commands in one folder, each with an empty environment.

use std::{path::Path, process::Command};

use sockspec::cli::Exit;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockspec");

/// The result of one command: its exit status and its output.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program in a folder, with a cache folder inside it.
pub(crate) fn sockspec(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        status: ended.status.code().unwrap_or(-1),
        out: text(&ended.stdout),
        err: text(&ended.stderr),
    }
}

impl Ended {
    /// Returns the whole output.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

#[track_caller]
pub(crate) fn expect(ended: &Ended, status: Exit) {
    assert_eq!(ended.status, status as i32, "{}", ended.text());
}
