//! Tests of the loader with whole files.

mod files;
mod pointless;
mod right;
mod scale;
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

/// Loads a file without mistakes.
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

/// Returns all mistakes of a file.
#[track_caller]
fn wrong(text: &str) -> String {
    let diagnostics = load_text(text).expect_err("the file is wrong");
    rendered(&diagnostics)
}

/// Returns all mistakes of steps in a scenario with two clients.
#[track_caller]
fn wrong_steps(steps: &str) -> String {
    wrong(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}

/// Returns all mistakes of a file as text, with their helps.
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

/// Returns all mistakes of steps as text. The scenario has two clients; the first step is in line 6.
#[track_caller]
fn told_of_steps(steps: &str) -> String {
    told(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}
