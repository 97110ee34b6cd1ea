//! Whole files, right and wrong.

mod files;
mod pointless;
mod right;
mod scenarios;

use std::sync::Arc;

pub(in crate::scenario) use self::right::EVERYTHING;
use super::{Known, load};
use crate::scenario::{Colours, Diagnostic, Scenario, SourceFile};

const UNKNOWN: Known<'static> = Known {
    requirements: None,
    faults: None,
};

fn load_text(text: &str) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let source = SourceFile::from_bytes("rooms.yaml".as_ref(), text.into()).unwrap();
    load(source, UNKNOWN)
}

/// Loads a file that must be right.
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

/// Everything that is wrong with a file.
#[track_caller]
fn wrong(text: &str) -> String {
    let diagnostics = load_text(text).expect_err("the file is wrong");
    rendered(&diagnostics)
}

/// Everything that is wrong with these steps of two clients.
#[track_caller]
fn wrong_steps(steps: &str) -> String {
    wrong(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}

/// Everything that is wrong with a file, a line each, and what would be right.
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
    lines.join("\n")
}

/// The same for the steps of a scenario with two clients; the first step stands in line 6.
#[track_caller]
fn told_of_steps(steps: &str) -> String {
    told(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}
