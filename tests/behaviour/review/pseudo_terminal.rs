//! The program on a terminal that the test types on.

use std::{
    fs::File,
    io::{Read, Write},
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use nix::pty::{Winsize, openpty};

use crate::support::Test;

/// The time limit of each wait.
const LIMIT: Duration = Duration::from_secs(60);

/// A call of the program whose input and output are a terminal.
pub(super) struct Session {
    keyboard: File,
    child: Child,
    pieces: Receiver<Vec<u8>>,
    /// Everything that the program has shown so far.
    pub(super) seen: String,
    // The folder is kept until the program has ended.
    pub(super) prepared: Test,
}

impl Session {
    /// Starts the program on a terminal of this width in columns.
    pub(super) fn start(
        prepared: Test,
        arguments: &[&str],
        columns: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(Some(&size), None).unwrap();
        let screen = File::from(pair.slave);
        // `setsid --ctty` makes the terminal the one whose Ctrl-C reaches the program.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_sockspec")])
            .args(arguments)
            .current_dir(prepared.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(environment.iter().copied())
            .stdin(screen.try_clone().unwrap())
            .stdout(screen.try_clone().unwrap())
            .stderr(screen)
            .spawn()
            .unwrap();
        let keyboard = File::from(pair.master);
        let mut shown = keyboard.try_clone().unwrap();
        let (sender, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose program has ended gives an error.
            while let Ok(length @ 1..) = shown.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keyboard,
            child,
            pieces,
            seen: String::new(),
            prepared,
        }
    }

    /// Waits until the program shows `piece`, and returns what it has shown since the last wait up to there.
    #[track_caller]
    pub(super) fn wait_for(&mut self, piece: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(start) = self.seen.find(piece) {
                let rest = self.seen.split_off(start + piece.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("no {piece:?} in {:?}", self.seen),
            }
        }
    }

    /// Types a text.
    pub(super) fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the end of the program. Returns its exit status, and what it has shown since the last wait.
    pub(super) fn end(mut self) -> (Option<i32>, String, Test) {
        while let Ok(bytes) = self.pieces.recv_timeout(LIMIT) {
            self.seen += &String::from_utf8_lossy(&bytes);
        }
        let status = self.child.wait().unwrap();
        (status.code(), self.seen, self.prepared)
    }
}
