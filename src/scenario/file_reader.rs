//! Reads text files up to a size limit. Returns each failure as a diagnostic.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use super::{Diagnostic, Severity, SourceFile, Span};

impl SourceFile {
    /// The limit on the size of a file, in bytes.
    pub const MAX_BYTES: usize = 4 * 1024 * 1024;

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Fails if the file can't be read, is larger than [`Self::MAX_BYTES`], or is not UTF-8.
    pub fn read(path: &Path) -> Result<Arc<Self>, Box<Diagnostic>> {
        match read_bounded(path) {
            Ok(bytes) => Self::from_bytes(path, bytes),
            Err(error) => Err(whole_file(
                path,
                "unreadable-file",
                format!("the file can't be read: {error}"),
            )),
        }
    }

    /// Creates a source file from the content of a file. Removes a byte order mark.
    ///
    /// # Errors
    ///
    /// Fails if the content is larger than [`Self::MAX_BYTES`] or is not UTF-8.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Arc<Self>, Box<Diagnostic>> {
        if bytes.len() > Self::MAX_BYTES {
            let mut diagnostic = whole_file(
                path,
                "file-too-large",
                "the file is larger than 4 MiB".to_owned(),
            );
            diagnostic.help = Some(
                "split the file; write a large payload as `${ repeat('a', 1000000) }`, or keep it in a file of its own: `{$file: name}`"
                    .to_owned(),
            );
            return Err(diagnostic);
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                // Without this, the byte order mark would become part of the first key.
                if text.starts_with('\u{feff}') {
                    text.remove(0);
                }
                Ok(Arc::new(Self {
                    path: path.to_owned(),
                    text,
                }))
            }
            Err(error) => {
                let valid_up_to = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let span = Span::of_character(&text, valid_up_to);
                let mut diagnostic = whole_file(
                    path,
                    "invalid-utf-8",
                    format!("byte {valid_up_to} is not UTF-8"),
                );
                diagnostic.help = Some(
                    "save the file as UTF-8; bytes are written as `{$bytes: ff00}`".to_owned(),
                );
                diagnostic.source = Arc::new(Self {
                    path: path.to_owned(),
                    text,
                });
                diagnostic.span = Some(span);
                Err(diagnostic)
            }
        }
    }
}

/// Returns the content of a file. If the file is too large, returns its first bytes, one more than the limit, so that
/// the caller detects the excess.
pub(super) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(SourceFile::MAX_BYTES).unwrap_or(u64::MAX);
    // Limits the read itself, because the file size is unknown for a device and can change for a growing file.
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Creates an error that concerns the whole file and underlines no text.
fn whole_file(path: &Path, code: &'static str, message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic {
        code,
        severity: Severity::Error,
        message,
        source: Arc::new(SourceFile {
            path: path.to_owned(),
            text: String::new(),
        }),
        span: None,
        related: None,
        help: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_that_is_not_text_is_named_with_its_place() {
        let diagnostic =
            SourceFile::from_bytes(Path::new("a.yaml"), b"topic: x\nid: \xff\n".to_vec())
                .unwrap_err();
        assert_eq!(diagnostic.code, "invalid-utf-8");
        let span = diagnostic.span.unwrap();
        assert_eq!((span.line, span.column), (2, 5));
    }

    #[test]
    fn a_large_file_and_a_missing_file_have_different_errors() {
        let large = vec![b'a'; SourceFile::MAX_BYTES + 1];
        let code = |result: Result<_, Box<Diagnostic>>| {
            result.map(|_: Arc<SourceFile>| ()).unwrap_err().code
        };
        assert_eq!(
            code(SourceFile::from_bytes(Path::new("a"), large)),
            "file-too-large"
        );
        assert_eq!(
            code(SourceFile::read(Path::new("/nonexistent/a"))),
            "unreadable-file"
        );
    }
}
