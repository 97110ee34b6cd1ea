//! Tests that every format has to pass.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::{runner::samples, text::escape};

#[test]
fn every_file_of_a_format_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/formats");
    let files: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    let names: BTreeSet<_> = FORMATS
        .iter()
        .map(|format| format.name.to_owned())
        .collect();
    assert_eq!(files, names, "src/report/formats/ and its table differ");
}

#[test]
fn no_format_writes_control_characters_from_a_target() {
    let mut record = samples::record();
    record.outcomes.push(samples::hostile());
    for format in FORMATS {
        let text = (format.run)(&record).unwrap();
        let name = format.name;
        assert!(text.contains("rooms/to-excludes-sender"), "{name}: {text}");
        assert!(
            !text.chars().any(|c| c != '\n' && escape::acts(c)),
            "{name} contains a control character: {text:?}"
        );
    }
}
