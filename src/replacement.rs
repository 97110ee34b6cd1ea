//! Replaces a file in one step: readers never see half of it, and a program that is stopped leaves the old file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Creates or replaces the file `path`, and creates missing folders. If the path is a symbolic link, replaces the file
/// that it points to, and keeps the link.
///
/// `write` gets the path of a temporary file in the same folder and writes it. The file gets its name after that.
///
/// # Errors
///
/// Returns the error of `write`, or of the operating system. The temporary file is removed then.
pub fn replace<T>(path: &Path, write: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = match fs::metadata(path) {
        Ok(_) => &fs::canonicalize(path)?,
        Err(_) => path,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = temporary_path(path);
    let written = write(&unfinished).and_then(|value| {
        fs::rename(&unfinished, path)?;
        Ok(value)
    });
    if written.is_err() {
        // Ignore an error when removing the temporary file: the first error says more about the cause.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Checks that the file `path` can be created or replaced, by writing a temporary file where [`replace`] would write it.
///
/// # Errors
///
/// Returns the error of the operating system.
pub fn try_out(path: &Path) -> io::Result<()> {
    let nearby = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // Don't open a pipe or a device only to try it: opening can block or have effects.
        Ok(metadata) if !metadata.is_file() => return Ok(()),
        Ok(_) => fs::canonicalize(path)?,
        // The file does not exist. Writing creates it, and any missing folders, inside the nearest folder that exists.
        // So try to write there.
        Err(_) => {
            let folders = path.ancestors().skip(1);
            let mut existing = folders.filter(|folder| folder.exists());
            let name = path.file_name().unwrap_or_default();
            existing.next().unwrap_or(Path::new("")).join(name)
        }
    };
    let unfinished = temporary_path(&nearby);
    fs::write(&unfinished, "")?;
    fs::remove_file(&unfinished)
}

/// Returns the path of a temporary file beside `path`, which holds the content until it is complete.
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_not_be_completed_leaves_the_old_one_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        replace(&path, |unfinished| fs::write(unfinished, "old")).unwrap();
        let failed = replace(&path, |unfinished| {
            fs::write(unfinished, "half")?;
            Err::<(), _>(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
