//! Writes a record while the run goes on.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use tokio::time::Instant;

use super::{Header, WriteRecordError};
use crate::{clock, replacement::replace, runner::Event, targets::Masked};

/// How long an event may stay in memory only. If the process is killed, the record lacks at most what happened in this
/// time.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// A record that is being written.
///
/// The file appears when its first line is complete, and replaces an older file then. Each event is added to it. If an
/// event can't be written, later events are dropped, and [`Writer::finish`] returns the error.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    out: GzEncoder<File>,
    flushed: Instant,
    failed: Option<io::Error>,
}

impl Writer {
    /// Begins a record at `path`, and creates missing folders.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system refuses to write.
    pub fn create(path: &Path, header: &Masked<Header>) -> Result<Self, WriteRecordError> {
        begin(path, header)
            .map(|out| Self {
                path: path.to_owned(),
                out,
                flushed: clock::now(),
                failed: None,
            })
            .map_err(|source| WriteRecordError {
                path: path.to_owned(),
                source,
            })
    }

    /// Adds an event.
    pub fn add(&mut self, event: &Masked<Event>) {
        if self.failed.is_some() {
            return;
        }
        let written = write_line(&mut self.out, &**event).and_then(|()| {
            if self.flushed.elapsed() < FLUSH_AFTER {
                return Ok(());
            }
            self.flushed = clock::now();
            self.out.flush()
        });
        self.failed = written.err();
    }

    /// Completes the file.
    ///
    /// # Errors
    ///
    /// Returns the error of the first event that could not be written.
    pub fn finish(self) -> Result<(), WriteRecordError> {
        let done = match self.failed {
            Some(error) => Err(error),
            None => self.out.finish().map(drop),
        };
        done.map_err(|source| WriteRecordError {
            path: self.path,
            source,
        })
    }
}

/// Creates the file with its first line. The file gets its name after that, so that a file of this name is replaced in
/// one step.
fn begin(path: &Path, header: &Header) -> io::Result<GzEncoder<File>> {
    // Refuse devices and pipes: replacing a device would delete it, and a pipe can't be read again.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is no regular file"));
    }
    replace(path, |unfinished| {
        let mut out = GzEncoder::new(File::create(unfinished)?, Compression::fast());
        write_line(&mut out, header)?;
        out.flush()?;
        Ok(out)
    })
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}
