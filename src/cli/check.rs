//! `sockspec check`: loads files and reports their mistakes. It runs nothing.

use std::fmt::Write as _;

use super::{
    Exit,
    args::CheckArgs,
    error::{CliError, count_mistakes},
    files::Loaded,
    names::Listable,
    paint::Output,
    shipped::Shipped,
    target::Bundled,
};
use crate::{
    scenario::{Diagnostic, Severity, duplicate_ids, shared_events},
    text::{escape, humanize, join_names},
};

/// Loads files and prints every mistake on the standard output.
///
/// # Errors
///
/// Returns an error if a path does not exist, a folder has no YAML files, or the output can't be written.
pub(super) fn check(args: &CheckArgs, output: Output) -> Result<Exit, CliError> {
    let mut loaded = Loaded::default();
    for path in &args.files {
        loaded.add(path)?;
    }
    loaded.problems.extend(duplicate_ids(&loaded.scenarios));
    loaded.problems.extend(loaded.names.mistakes());
    let has_mistakes = !loaded.problems.is_empty();
    loaded.problems.extend(loaded.names.warnings());
    if loaded.names.has_baselines() {
        let known = listable(&loaded)?;
        let warnings = loaded.names.baseline_warnings(&known);
        loaded.problems.extend(warnings);
    }
    let scenarios: Vec<_> = loaded.scenarios.iter().collect();
    loaded.problems.extend(shared_events(&scenarios));
    let problems = &loaded.problems;
    let text = if args.json {
        json(&loaded)
    } else if args.short {
        short(problems)
    } else {
        full(&loaded, output)
    };
    output.write(&output.masked(text))?;
    Ok(if has_mistakes {
        Exit::BadUsage
    } else {
        Exit::Conformant
    })
}

/// Returns the names that the baselines among the files can mention.
fn listable(loaded: &Loaded) -> Result<Listable, CliError> {
    let shipped = Shipped::load()?;
    let scenarios = shipped.scenarios.iter().chain(&loaded.scenarios);
    Ok(Listable {
        scenarios: scenarios
            .flat_map(|one| one.aliases.iter().chain([&one.id]).cloned())
            .collect(),
        bundled: Bundled::ALL.map(Bundled::name).to_vec(),
        targets: loaded.names.targets(),
    })
}

fn json(loaded: &Loaded) -> String {
    let problems: Vec<_> = loaded.problems.iter().map(Diagnostic::to_json).collect();
    crate::report::to_safe_json(&serde_json::json!({
        "schema": "sockspec-check/1",
        "files": loaded.files.len(),
        "scenarios": loaded.scenarios.len(),
        "manifests": loaded.manifests.len(),
        "baselines": loaded.baselines.len(),
        "diagnostics": problems,
    }))
}

fn short(problems: &[Diagnostic]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{}", escape::line(&problem.render_short()));
        text
    })
}

/// Returns what the files hold: "3 scenarios in 2 files, 1 manifest and 1 baseline".
fn contents(loaded: &Loaded) -> String {
    let (manifests, baselines) = (loaded.manifests.len(), loaded.baselines.len());
    let others = loaded.files.len() - manifests - baselines;
    let mut parts = Vec::new();
    if others > 0 || loaded.files.is_empty() {
        let scenarios = humanize::count(loaded.scenarios.len(), "scenario");
        parts.push(format!(
            "{scenarios} in {}",
            humanize::count(others, "file")
        ));
    }
    for (number, noun) in [(manifests, "manifest"), (baselines, "baseline")] {
        if number > 0 {
            parts.push(humanize::count(number, noun));
        }
    }
    join_names(parts)
}

fn full(loaded: &Loaded, output: Output) -> String {
    let mut text = output.diagnostics(&loaded.problems, output.stdout);
    let (mistakes, warnings): (Vec<_>, Vec<_>) = loaded
        .problems
        .iter()
        .partition(|problem| problem.severity == Severity::Error);
    text += &if mistakes.is_empty() {
        format!("{}: no mistakes", contents(loaded))
    } else {
        count_mistakes(mistakes)
    };
    if !warnings.is_empty() {
        text += &format!(", {}", humanize::count(warnings.len(), "warning"));
    }
    text + "\n"
}
