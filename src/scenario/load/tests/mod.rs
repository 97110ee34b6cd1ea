//! Tests of the loader with whole files.

mod files;
mod pointless;
mod right;
mod scale;
mod scenarios;

use std::sync::Arc;

pub(in crate::scenario) use self::right::EVERYTHING;
use super::{Known, Others, load};
use crate::{
    scenario::{Colours, Diagnostic, Scenario, SourceFile, Verb},
    text::one_of,
};

const UNKNOWN: Known<'static> = Known {
    requirements: None,
    faults: None,
    others: Others::Refused,
};

fn load_text(text: &str) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let source = SourceFile::from_bytes("rooms.yaml".as_ref(), text.into()).unwrap();
    load(source, UNKNOWN)
}

/// Loads a file and returns its scenarios. Panics if the file has mistakes.
#[track_caller]
fn right(text: &str) -> Vec<Scenario> {
    load_text(text).unwrap_or_else(|diagnostics| panic!("{}", rendered(&diagnostics)))
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render_full(Colours::Off))
        .collect();
    texts.join("\n\n")
}

/// Loads a file and returns its mistakes, rendered with source lines. Panics if the file has no mistake.
#[track_caller]
fn wrong(text: &str) -> String {
    let diagnostics = load_text(text).expect_err("the file is wrong");
    rendered(&diagnostics)
}

/// Loads a file that consists of a scenario with two clients and these steps. Returns the mistakes, rendered with
/// source lines.
#[track_caller]
fn wrong_steps(steps: &str) -> String {
    wrong(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}

/// Loads a file, and returns its mistakes as one line each, followed by a line with the hint if the mistake has one.
/// Panics if the file has no mistake.
#[track_caller]
fn told(text: &str) -> String {
    let diagnostics = load_text(text).expect_err("the file is wrong");
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let mut line = diagnostic.render_short();
            if let Some(help) = &diagnostic.help {
                line.push_str("\n    ");
                line.push_str(help);
            }
            line
        })
        .collect();
    let verbs = one_of(Verb::ALL.iter().map(|verb| verb.name()));
    lines.join("\n").replace(&verbs, "(a list of all verbs)")
}

/// Loads a file that consists of a scenario with two clients and these steps. Returns the mistakes, one line each. The
/// first step is in line 6.
#[track_caller]
fn told_of_steps(steps: &str) -> String {
    told(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}
