//! Reads the private key of `credentials`: from a file, or from the manifest itself.

use std::{fs, path::Path};

use crate::scenario::{Field, Fields, PrivateKey, Problems};

/// The longest file that can be a private key.
const LONGEST: u64 = 64 * 1024;

/// Reads `{ file: key.pem }` or `{ pem: … }`. `algorithm` is what the author expects the key to sign with.
pub(super) fn read(field: Field<'_>, folder: &Path, problems: &mut Problems) -> Option<PrivateKey> {
    let fields = Fields::new(field.node, "`private_key`", problems)?;
    fields.exclusive(&[&["file", "pem"]], problems);
    let file = fields.get("file");
    let pem = fields.get("pem");
    if file.is_none() && pem.is_none() {
        let message = "`private_key` needs `file` or `pem`";
        problems.error("missing-key", field.node.span, message);
    }
    let expected = fields.get("algorithm").and_then(|field| {
        let names = PrivateKey::ALGORITHMS.map(|name| (name, name));
        Some((field.choice(&names, problems)?, field.node.span))
    });
    fields.finish(problems);
    let source = file.or(pem)?;
    let text = source.text(problems)?;
    let content = match file {
        Some(_) => content(source, &folder.join(text), problems)?,
        None => text.to_owned(),
    };
    let Some(key) = PrivateKey::parse(&content) else {
        let what = match file {
            Some(_) => format!("`{text}` holds"),
            None => "`pem` is".to_owned(),
        };
        let message = format!("{what} no private key");
        problems
            .error("bad-private-key", source.node.span, message)
            .help = Some(
            "sockspec reads keys of RSA and of P-256 in PEM that are not encrypted".to_owned(),
        );
        return None;
    };
    if let Some((expected, span)) = expected
        && expected != key.algorithm()
    {
        let message = format!("the key signs {}, not {expected}", key.algorithm());
        problems.error("contradiction", span, message).help =
            Some("leave `algorithm` out, or give the other key".to_owned());
    }
    Some(key)
}

/// Reads the file of a key. Reports a file that can't be read.
fn content(field: Field<'_>, path: &Path, problems: &mut Problems) -> Option<String> {
    let found = match fs::metadata(path) {
        Ok(found) if found.len() > LONGEST => Err("it is too long for a key".to_owned()),
        Ok(_) => fs::read_to_string(path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match found {
        Ok(content) => Some(content),
        Err(reason) => {
            let message = format!("the private key can't be read: {reason}");
            problems
                .error("unreadable-file", field.node.span, message)
                .help = Some("the path is relative to the manifest's folder".to_owned());
            None
        }
    }
}
