//! Lists the files in a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The error of a folder that can't be read.
#[derive(Debug)]
pub struct UnreadableFolder {
    /// The path of the folder.
    pub path: PathBuf,
    /// The error of the operating system.
    pub source: io::Error,
}

/// Returns everything in a folder that is no folder, sorted by path, and the same of the folders in it, `depth` levels
/// deep. Does not follow symbolic links to folders, because they can form a loop; such a link is among the files.
///
/// # Errors
///
/// Returns an error for the first folder that can't be read.
pub fn files_below(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, UnreadableFolder> {
    let unreadable = |source| UnreadableFolder {
        path: folder.to_owned(),
        source,
    };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
        if !is_folder {
            found.push(path);
        } else if depth > 0 {
            found.extend(files_below(&path, depth - 1)?);
        }
    }
    Ok(found)
}
