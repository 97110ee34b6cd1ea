//! Reads the key `version` of a manifest: the version of the server, for reports.

use std::{fs, io::ErrorKind, path::Path};

use regex::Regex;

use crate::scenario::{Field, Fields, Problems};

/// Reads a text, or a file of the server's project in which an expression finds the version. The file is relative to
/// `folder`.
pub(super) fn read(field: Field<'_>, folder: &Path, problems: &mut Problems) -> Option<String> {
    if field.node.entries().is_none() {
        return field.text(problems).map(str::to_owned);
    }
    let fields = Fields::new(field.node, "`version`", problems)?;
    let of = fields.require("of", problems);
    let of = of.and_then(|field| field.text(problems));
    let file = fields.require("file", problems);
    let file = file.and_then(|field| Some((field, field.text(problems)?)));
    let find = fields.require("find", problems);
    let find = find.and_then(|field| Some((field, field.text(problems)?)));
    fields.finish(problems);
    let (of, (file_field, file), (find_field, find)) = (of?, file?, find?);
    let text = match fs::read_to_string(folder.join(file)) {
        Ok(text) => text,
        // The manifest may be used without the project, for a server that runs elsewhere.
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(of.to_owned()),
        Err(error) => {
            let message = format!("the file of the version can't be read: {error}");
            problems.error("unreadable-file", file_field.node.span, message);
            return None;
        }
    };
    match found(&text, find) {
        Ok(version) => Some(format!("{of} {version}")),
        Err(message) => {
            problems
                .error("no-version", find_field.node.span, message)
                .help =
                Some(r#"write an expression with one group: `'"version": "([^"]+)"'`"#.to_owned());
            None
        }
    }
}

/// Returns the text of the first group where the expression matches first.
fn found<'t>(text: &'t str, expression: &str) -> Result<&'t str, String> {
    let expression = Regex::new(expression)
        .map_err(|error| format!("`find` is no regular expression: {error}"))?;
    let found = expression
        .captures(text)
        .ok_or("`find` matches nothing in the file")?;
    let group = found.get(1).ok_or("`find` has no group")?;
    Ok(group.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_group_of_the_expression_is_the_version() {
        let lock = "\"a\": { \"version\": \"1.0.0\" },\n\"b\": {\n  \"version\": \"4.8.1\" }";
        assert_eq!(
            found(lock, r#""b": \{\s+"version": "([^"]+)""#),
            Ok("4.8.1")
        );
        assert_eq!(
            found(lock, "(c)"),
            Err("`find` matches nothing in the file".to_owned())
        );
        assert_eq!(found(lock, "a"), Err("`find` has no group".to_owned()));
        assert!(found(lock, "(").is_err());
    }
}
