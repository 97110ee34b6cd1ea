//! Finds out whether two paths lead to the same file.

use std::{
    fs,
    path::{self, Path, PathBuf},
};

/// The limit on symbolic links that are followed for one path.
const MAX_LINKS: usize = 32;

/// Returns true if both paths lead to the same file, whether it exists or not: `a.json` and `./a.json`, a file and a
/// link to it.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other
        || resolve(one, MAX_LINKS) == resolve(other, MAX_LINKS)
        || has_same_content_place(one, other)
}

/// Returns the absolute path without links. Parts that do not exist stay as they are.
fn resolve(path: &Path, links: usize) -> PathBuf {
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(real) = fs::canonicalize(&path) {
        return real;
    }
    let Some(parent) = path.parent() else {
        return path;
    };
    // Follow a link whose target does not exist yet: `canonicalize` fails for such a link.
    if let (Ok(target), 1..) = (fs::read_link(&path), links) {
        return resolve(&parent.join(target), links - 1);
    }
    let mut resolved = resolve(parent, links);
    match path.file_name() {
        Some(name) => resolved.push(name),
        // The last part of the path is `..`, so go up one folder.
        None => {
            resolved.pop();
        }
    }
    resolved
}

/// Returns true if both paths name one existing file, as hard links do.
#[cfg(unix)]
fn has_same_content_place(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let place = |path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    place(one).is_some_and(|found| Some(found) == place(other))
}

/// Returns false: the standard library can find hard links on Unix only.
#[cfg(not(unix))]
fn has_same_content_place(_one: &Path, _other: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_many_paths() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("sub")).unwrap();
        fs::write(at("there"), "").unwrap();
        for (one, other) in [
            ("there", "./there"),
            ("new", "sub/../new"),
            ("new", "missing/../new"),
            ("sub/new", "sub/./new"),
        ] {
            assert!(is_same_file(&at(one), &at(other)), "{one} {other}");
        }
        assert!(!is_same_file(&at("there"), &at("new")));
        assert!(!is_same_file(&at("new"), &at("newer")));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_their_file() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::write(at("file"), "").unwrap();
        fs::hard_link(at("file"), at("hard")).unwrap();
        symlink("file", at("soft")).unwrap();
        symlink("later", at("dangling")).unwrap();
        symlink(folder.path(), at("folder")).unwrap();
        symlink("loop", at("loop")).unwrap();
        for (one, other) in [
            ("file", "hard"),
            ("file", "soft"),
            ("hard", "soft"),
            ("later", "dangling"),
            ("folder/later", "later"),
        ] {
            assert!(is_same_file(&at(one), &at(other)), "{one} {other}");
        }
        assert!(!is_same_file(&at("loop"), &at("file")));
    }
}
