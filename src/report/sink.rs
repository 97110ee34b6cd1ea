//! Writes a report to a file or to the standard output.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::place::is_same_file;
use crate::{
    replacement::{self, replace},
    targets::Masked,
};

/// The place that a report is written to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Destination {
    /// The report is written to a file.
    File(PathBuf),
    /// The report is written to the standard output, which the command line calls `-`.
    Stdout,
}

/// The error of a report that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {place}: {source}")]
pub struct WriteError {
    /// The path of the file, or `standard output`.
    place: String,
    /// The error of the operating system.
    #[source]
    source: io::Error,
}

impl WriteError {
    /// Returns true if the reader closed the pipe, as `head` does. This is no failure of the program.
    pub fn is_broken_pipe(&self) -> bool {
        self.source.kind() == io::ErrorKind::BrokenPipe
    }
}

impl From<&str> for Destination {
    fn from(path: &str) -> Self {
        match path {
            "-" => Self::Stdout,
            path => Self::File(path.into()),
        }
    }
}

impl Destination {
    /// Writes `content`, and creates missing folders. An existing file is replaced in one step: readers never see
    /// half a report, and an interrupted run leaves the old file unchanged.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system refuses to write, or if nobody reads a named pipe.
    pub fn write(&self, content: &Masked<String>) -> Result<(), WriteError> {
        self.attempt(|path| write_file(path, content), || write_stdout(content))
    }

    /// Checks that the file can be written, and leaves everything as it was. Callers do so before a run, because a run
    /// takes time and a mistyped path has to be reported first.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system refuses to write.
    pub fn try_out(&self) -> Result<(), WriteError> {
        self.attempt(replacement::try_out, || Ok(()))
    }

    /// Returns true if both are the same file, or both are the standard output.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => is_same_file(one, other),
            (Self::Stdout, Self::Stdout) => true,
            (Self::File(_), Self::Stdout) | (Self::Stdout, Self::File(_)) => false,
        }
    }

    /// Returns true if writing can wait for a reader: the standard output, a named pipe or a device.
    pub fn can_wait(&self) -> bool {
        match self {
            Self::File(path) => fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()),
            Self::Stdout => true,
        }
    }

    fn attempt(
        &self,
        file: impl FnOnce(&Path) -> io::Result<()>,
        stdout: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), WriteError> {
        let (place, done) = match self {
            Self::File(path) => (path.display().to_string(), file(path)),
            Self::Stdout => ("standard output".to_owned(), stdout()),
        };
        done.map_err(|source| WriteError { place, source })
    }
}

fn write_stdout(content: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(content.as_bytes())?;
    out.flush()
}

fn write_file(path: &Path, content: &str) -> io::Result<()> {
    match fs::metadata(path) {
        #[cfg(unix)]
        Ok(metadata) if pipe::is_pipe(&metadata) => pipe::write(path, content),
        // The path is a device, such as `/dev/stderr`: write into it. A new file in its place would delete the device.
        Ok(metadata) if !metadata.is_file() => fs::write(path, content),
        Ok(_) | Err(_) => replace(path, |unfinished| fs::write(unfinished, content)),
    }
}

/// Named pipes. A pipe without a reader may not keep the program waiting forever.
#[cfg(unix)]
mod pipe {
    use std::{
        fs::{Metadata, OpenOptions},
        io::{self, Write},
        os::unix::fs::{FileTypeExt, OpenOptionsExt},
        path::Path,
        thread,
        time::Duration,
    };

    use nix::{errno::Errno, fcntl::OFlag};

    use crate::clock;

    /// How long the program waits for the reader of a pipe.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// The time between two attempts to open or write the pipe. The system reports no event when a reader opens a pipe.
    const PAUSE: Duration = Duration::from_millis(20);

    pub(super) fn is_pipe(metadata: &Metadata) -> bool {
        metadata.file_type().is_fifo()
    }

    pub(super) fn write(path: &Path, content: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(OFlag::O_NONBLOCK.bits());
        let no_reader = |error: &io::Error| error.raw_os_error() == Some(Errno::ENXIO as i32);
        let mut pipe = patiently("nobody reads the named pipe", no_reader, || {
            options.open(path)
        })?;
        let mut rest = content.as_bytes();
        let is_full = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        while !rest.is_empty() {
            let written = patiently("the reader of the named pipe stopped", is_full, || {
                pipe.write(rest)
            })?;
            rest = rest.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Repeats `attempt` while it fails for a temporary reason, that is, while `passes` returns true for the error, and
    /// at most for [`PATIENCE`].
    fn patiently<T>(
        what: &str,
        passes: impl Fn(&io::Error) -> bool,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        let deadline = clock::now() + PATIENCE;
        loop {
            match attempt() {
                Err(error) if passes(&error) && clock::now() < deadline => thread::sleep(PAUSE),
                Err(error) if passes(&error) => {
                    let message = format!("{what} for {} s", PATIENCE.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                outcome => return outcome,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Secrets;

    fn text(text: &str) -> Masked<String> {
        Secrets::default().masked(text.to_owned())
    }

    #[test]
    fn a_report_is_written_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/deep/report.json");
        let destination = Destination::File(path.clone());
        destination.try_out().unwrap();
        assert!(!folder.path().join("new").exists());
        destination.write(&text("first")).unwrap();
        destination.try_out().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        destination.write(&text("second")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_error_names_the_path_if_it_is_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::File(folder.path().to_owned());
        for error in [
            destination.try_out().unwrap_err(),
            destination.write(&text("text")).unwrap_err(),
        ] {
            assert!(error.to_string().starts_with("can't write /"), "{error}");
        }
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_found_before() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let destination = Destination::File(folder.path().join("file/deep/report.json"));
        assert!(destination.try_out().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_links_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, symlink};

        Destination::from("/dev/null").write(&text("text")).unwrap();
        let device = fs::metadata("/dev/null").unwrap().file_type();
        assert!(device.is_char_device());

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let link = folder.path().join("link");
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        Destination::File(link.clone()).write(&text("new")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(link.is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let destination = Destination::File(path.clone());
        assert!(destination.can_wait());
        destination.try_out().unwrap();
        let reader = std::thread::spawn(move || fs::read_to_string(path).unwrap());
        let long = "x".repeat(300_000);
        destination.write(&text(&long)).unwrap();
        assert_eq!(reader.join().unwrap(), long);
    }
}
