//! Tests that the tables of verbs in `docs/language.md` match the descriptions of the verbs in the code.
//!
//! `UPDATE_DOCS=1 cargo test --lib docs` writes the tables into `docs/language.md`.

use std::{env, fs, path::PathBuf};

use super::{Actors, Chapter, Verb};
use crate::scenario::{Known, Others, SourceFile, load, load::EVERYTHING, visit_steps};

/// The line that ends a generated table.
const END: &str = "<!-- end of verbs -->";

/// Returns the text of a table cell: the names of the verbs for which `wanted` returns true.
fn names(wanted: impl Fn(Verb) -> bool) -> String {
    let verbs = Verb::ALL.iter().filter(|verb| wanted(**verb));
    let names: Vec<String> = verbs.map(|verb| format!("`{}`", verb.name())).collect();
    names.join(", ")
}

/// Returns the table of the verbs in one chapter.
fn table(chapter: Chapter) -> String {
    let mut table = "| verb | means | keys |\n|---|---|---|\n".to_owned();
    for verb in Verb::ALL {
        let spec = verb.spec();
        if spec.chapter == chapter {
            table += &format!(
                "| `{}` | {} | {} |\n",
                spec.example,
                verb.meaning(),
                spec.key_notes
            );
        }
    }
    table
}

/// Returns the table that lists, for each property such as "can fail", the verbs that have it.
fn overview() -> String {
    let rows = [
        ("can fail", names(Verb::can_fail)),
        (
            "can send something to the server",
            names(Verb::puts_on_wire),
        ),
        ("take no `as`", names(|verb| verb.actors() == Actors::None)),
        (
            "can leave out `as`",
            names(|verb| verb.actors() == Actors::Optional),
        ),
        ("take `accept`", names(Verb::takes_accept)),
    ];
    let mut table = "| steps that | have one of these verbs |\n|---|---|\n".to_owned();
    for (what, verbs) in rows {
        table += &format!("| {what} | {verbs} |\n");
    }
    table
}

/// Replaces the text between the marker `<!-- verbs: NAME -->` and the next [`END`] by `table`. Returns the new page.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let marker = format!("<!-- verbs: {name} -->\n");
    let (before, rest) = page.split_once(&marker).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    format!("{before}{marker}\n{table}\n{END}{after}")
}

#[test]
fn docs_have_the_tables_of_verbs() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut generated = page.clone();
    for (name, table) in [
        ("overview", overview()),
        ("events", table(Chapter::Events)),
        ("connections", table(Chapter::Connections)),
        ("by hand", table(Chapter::ByHand)),
        ("blocks", table(Chapter::Blocks)),
    ] {
        generated = with_table(&generated, name, &table);
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &generated).unwrap();
        return;
    }
    assert!(
        page == generated,
        "docs/language.md lacks what the descriptions of the verbs say; run the tests with UPDATE_DOCS=1"
    );
}

#[test]
fn keys_that_exclude_each_other_are_keys_of_the_verb() {
    for verb in Verb::ALL {
        let spec = verb.spec();
        for name in spec.exclusive.iter().copied().flatten() {
            let mut keys = spec.keys.iter().copied().flatten();
            let exists = keys.any(|key| key.name == *name);
            assert!(exists, "`{}` has no key `{name}`", verb.name());
        }
    }
}

#[test]
fn example_starts_with_the_verb() {
    for verb in Verb::ALL {
        let example = verb.spec().example;
        assert_eq!(example.split(':').next(), Some(verb.name()));
    }
}

#[test]
fn description_of_a_verb_fits_the_facts_of_its_steps() {
    let source = SourceFile::from_bytes("all.yaml".as_ref(), EVERYTHING.into()).unwrap();
    let known = Known {
        requirements: None,
        faults: None,
        others: Others::Refused,
    };
    for scenario in load(source, known).unwrap() {
        visit_steps(&scenario.steps, &mut |step| {
            let (verb, facts) = (step.action.verb(), step.action.facts());
            assert!(verb.can_fail() || !facts.awaits.can_fail(), "{verb:?}");
            assert!(verb.puts_on_wire() || !facts.wire.sends(), "{verb:?}");
        });
    }
}
