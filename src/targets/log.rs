//! The last lines of a target's output.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::text::escape::without_sequences;

/// The limit on the number of stored lines. The oldest lines are dropped.
const MAX_LINES: usize = 1_000;

/// The limit on the number of stored bytes of a line.
const MAX_LINE_LENGTH: usize = 2_000;

/// The last lines of a target's output.
#[derive(Clone, Debug, Default)]
pub struct Log {
    shared: Arc<Mutex<Ring>>,
}

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<String>,
    awaited: Option<String>,
    awaited_came: bool,
}

impl Log {
    /// Creates a log that also records whether a line contained `text`. That record stays when the line itself is
    /// dropped.
    pub(super) fn awaiting(text: Option<&str>) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Ring {
                awaited: text.map(str::to_owned),
                ..Ring::default()
            })),
        }
    }

    /// Returns the last `lines` lines of standard output and standard error, in the order in which they arrived and
    /// without the colours of a terminal.
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let ring = self.ring();
        let skipped = ring.lines.len().saturating_sub(lines);
        ring.lines.iter().skip(skipped).cloned().collect()
    }

    /// Returns true if a line of the output contained the text that was given to [`Log::awaiting`].
    pub(super) fn awaited_came(&self) -> bool {
        self.ring().awaited_came
    }

    /// Stores the output of `stream` until it ends.
    pub(super) async fn capture(self, mut stream: impl AsyncRead + Unpin) {
        let mut line = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut chunk).await {
            for &byte in chunk.iter().take(length) {
                if byte == b'\n' {
                    self.push(&line);
                    line.clear();
                } else if line.len() < MAX_LINE_LENGTH {
                    line.push(byte);
                } else if line.len() == MAX_LINE_LENGTH {
                    // Drop the rest of the line. The mark `…` shows that the line was cut, and lets `Secrets` mask the
                    // beginning of a secret that stands before the mark.
                    line.extend_from_slice("…".as_bytes());
                }
            }
        }
        if !line.is_empty() {
            self.push(&line);
        }
    }

    fn push(&self, line: &[u8]) {
        let line = without_sequences(&String::from_utf8_lossy(line));
        let line = line.trim_end().to_owned();
        let mut ring = self.ring();
        if let Some(awaited) = &ring.awaited
            && line.contains(awaited)
        {
            ring.awaited_came = true;
        }
        if ring.lines.len() == MAX_LINES {
            ring.lines.pop_front();
        }
        ring.lines.push_back(line);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tail_is_the_end_of_the_output() {
        let log = Log::default();
        log.clone().capture(&b"one\r\ntwo\nthree"[..]).await;
        assert_eq!(log.tail(2), ["two", "three"]);
        assert_eq!(log.tail(9), ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn colours_are_no_part_of_the_output() {
        let log = Log::awaiting(Some("now listening"));
        let output = &b"\x1b[90mnow \x1b[32mlistening\x1b[0m\n\x1b[31mError\x1b[39m: x\n"[..];
        log.clone().capture(output).await;
        assert_eq!(log.tail(9), ["now listening", "Error: x"]);
        assert!(log.awaited_came());
    }

    #[tokio::test]
    async fn endless_output_takes_limited_memory() {
        let log = Log::awaiting(Some("listening"));
        let mut output = b"now listening\n".to_vec();
        output.extend(std::iter::repeat_n(b'x', 3 * MAX_LINE_LENGTH));
        output.extend(b"\ny".repeat(2 * MAX_LINES));
        log.clone().capture(&output[..]).await;
        let lines = log.tail(usize::MAX);
        assert_eq!(lines.len(), MAX_LINES);
        assert!(log.awaited_came(), "a dropped line counts too");
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE_LENGTH));
    }
}
