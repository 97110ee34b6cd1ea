//! What the path of a file says about its kind.

use std::path::Path;

/// Returns true if the path has the extension `yaml` or `yml`.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Returns true if the file is in a folder named `requirements`, so that it is a catalogue of requirements.
pub(super) fn is_catalogue(path: &Path) -> bool {
    path.parent()
        .and_then(Path::file_name)
        .is_some_and(|folder| folder == "requirements")
}
