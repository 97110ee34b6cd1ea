//! Writes a report to a file or to the standard output.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The place that a report is written to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Destination {
    /// A file.
    File(PathBuf),
    /// The standard output, which the command line calls `-`.
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
    /// Returns an error if the operating system refuses to write.
    pub fn write(&self, content: &str) -> Result<(), WriteError> {
        let (place, written) = match self {
            Self::File(path) => (path.display().to_string(), write_file(path, content)),
            Self::Stdout => ("standard output".to_owned(), write_stdout(content)),
        };
        written.map_err(|source| WriteError { place, source })
    }
}

fn write_stdout(content: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(content.as_bytes())?;
    out.flush()
}

fn write_file(path: &Path, content: &str) -> io::Result<()> {
    match fs::metadata(path) {
        // Write into a device or a pipe, such as `/dev/stderr`: a new file in its place would delete it.
        Ok(metadata) if !metadata.is_file() => fs::write(path, content),
        // Replace the file that a symbolic link points to, and keep the link.
        Ok(_) => replace(&fs::canonicalize(path)?, content),
        Err(_) => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            replace(path, content)
        }
    }
}

fn replace(path: &Path, content: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let unfinished = path.with_file_name(name);
    let written = fs::write(&unfinished, content).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Ignore an error of the removal: the error of the write explains more.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/deep/report.json");
        let destination = Destination::File(path.clone());
        destination.write("first").unwrap();
        destination.write("second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_error_names_the_path_if_it_is_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let error = Destination::File(folder.path().to_owned())
            .write("text")
            .unwrap_err();
        assert!(error.to_string().starts_with("can't write /"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_links_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, symlink};

        Destination::from("/dev/null").write("text").unwrap();
        let device = fs::metadata("/dev/null").unwrap().file_type();
        assert!(device.is_char_device());

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let link = folder.path().join("link");
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        Destination::File(link.clone()).write("new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(link.is_symlink());
    }
}
