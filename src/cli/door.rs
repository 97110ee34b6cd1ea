//! The one door to the outputs: it knows the secrets of the command and masks what goes out.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::targets::{Maskable, Masked, Secrets};

/// The secrets that the command has met so far.
#[derive(Debug, Default)]
pub(super) struct Door(Mutex<Secrets>);

impl Door {
    /// Adds secrets.
    pub(super) fn learn(&self, secrets: &Secrets) {
        self.secrets().extend(secrets);
    }

    /// Returns `value` with all of its texts masked.
    pub(super) fn masked<T: Maskable>(&self, value: T) -> Masked<T> {
        self.secrets().masked(value)
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The standard error behind the door, for the log. Each call of `write` gets whole lines.
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
