//! The user's cache folder.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Returns the folder of sockspec in the user's cache folder; `None` if no environment variable names one.
pub(super) fn folder() -> Option<PathBuf> {
    let named = ["XDG_CACHE_HOME", "LOCALAPPDATA"].map(env::var_os);
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folders = named.into_iter().flatten().map(PathBuf::from).chain(home);
    let mut absolute = folders.filter(|folder| folder.is_absolute());
    absolute.next().map(|folder| folder.join("sockspec"))
}

/// Removes the files that were not written for the longest time, so that at most `most` stay.
///
/// # Errors
///
/// Returns an error if the folder can't be read, or a file can't be removed.
pub(super) fn remove_oldest(folder: &Path, most: usize) -> io::Result<()> {
    let files = by_age(folder)?;
    let surplus = files.len().saturating_sub(most);
    for path in files.into_iter().take(surplus) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Returns the files of a folder, the one that was not written for the longest time first.
///
/// # Errors
///
/// Returns an error if the folder can't be read.
pub(super) fn by_age(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let written = entry.metadata().and_then(|data| data.modified());
        files.push((written.unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}
