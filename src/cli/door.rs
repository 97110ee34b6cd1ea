//! Masks the secrets of the command in everything that it writes.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::targets::{Maskable, Masked, Secrets};

/// The secrets that the command has read so far. All output is masked with them.
#[derive(Debug, Default)]
pub(super) struct Door(Mutex<Secrets>);

impl Door {
    /// Adds secrets that are masked in everything that the command writes from now on.
    pub(super) fn learn(&self, secrets: &Secrets) {
        self.secrets().extend(secrets);
    }

    /// Returns `value` with the secrets masked in all of its texts.
    pub(super) fn masked<T: Maskable>(&self, value: T) -> Masked<T> {
        self.secrets().masked(value)
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A writer for the log that masks secrets and writes to the standard error. Each call of `write` has to get whole
/// lines, so that no secret is split.
#[derive(Debug)]
pub(super) struct MaskedStderr(pub(super) &'static Door);

impl Write for MaskedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        io::stderr().write_all(self.0.masked(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
