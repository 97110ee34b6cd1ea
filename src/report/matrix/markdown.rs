//! The matrix as Markdown.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Matrix, Row};
use crate::{
    report::{Layer, markdown_cell},
    runner::Verdict,
    text::humanize,
};

const LEGEND: &str = "\
- `ok`: as the scenario expects
- `fail`, `warn`: a deviation that a list of known deviations explains
- `FAIL`, `WARN`, `ERROR`: one that no list explains
- `-`: the server does not have what the scenario needs
- blank: the run did not have the scenario

";

/// Returns the matrix as Markdown: a table of counts, and for each layer a table of the scenarios.
pub fn matrix_markdown(matrix: &Matrix) -> String {
    let mut text = format!(
        "# What each server does\n\nJudged by sockspec {} in {}.\n\n",
        matrix.judges().join(", "),
        humanize::count(matrix.rows.len(), "scenario"),
    );
    text.push_str(LEGEND);
    counts(matrix, &mut text);
    by_layer(matrix, &mut text);
    for (layer, rows) in matrix.layers() {
        scenarios(matrix, layer, rows, &mut text);
    }
    text
}

fn counts(matrix: &Matrix, text: &mut String) {
    text.push_str(
        "| server | version | ok | known | warn | fail | error | skipped |\n|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for server in &matrix.servers {
        let summary = &server.summary;
        let [pass, warn, fail, error, skip] =
            Verdict::ALL.map(|verdict| summary.unexplained(verdict));
        let _ = writeln!(
            text,
            "| {} | {} | {pass} | {} | {warn} | {fail} | {error} | {skip} |",
            markdown_cell(&server.name),
            markdown_cell(server.version.as_deref().unwrap_or("-")),
            summary.known(),
        );
    }
    text.push('\n');
}

/// Adds a table of how many of the scenarios of each layer that judged a server it passes.
fn by_layer(matrix: &Matrix, text: &mut String) {
    text.push_str("Passed of those that judge the server, by layer:\n\n");
    heading(matrix, "layer", text);
    for (layer, rows) in matrix.layers() {
        let _ = write!(text, "| {} |", layer.name());
        for column in 0..matrix.servers.len() {
            let verdicts = rows
                .iter()
                .filter_map(|row| Some(row.cells.get(column)?.as_ref()?.verdict));
            let judged: Vec<_> = verdicts
                .filter(|verdict| *verdict != Verdict::Skip)
                .collect();
            let passed = judged.iter().filter(|verdict| **verdict == Verdict::Pass);
            match judged.len() {
                0 => text.push_str(" - |"),
                all => {
                    let _ = write!(text, " {} of {all} |", passed.count());
                }
            }
        }
        text.push('\n');
    }
    text.push('\n');
}

fn scenarios(matrix: &Matrix, layer: Layer, rows: &[Row], text: &mut String) {
    let (deviating, agreed): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.has_deviation());
    let _ = write!(text, "## {}\n\n", layer.name());
    if !deviating.is_empty() {
        table(matrix, &deviating, text);
    }
    if !agreed.is_empty() {
        let _ = write!(
            text,
            "<details><summary>{} that every server passes or does not need</summary>\n\n",
            humanize::count(agreed.len(), "scenario"),
        );
        table(matrix, &agreed, text);
        text.push_str("</details>\n\n");
    }
}

fn table(matrix: &Matrix, rows: &[&Row], text: &mut String) {
    heading(matrix, "scenario", text);
    for row in rows {
        let _ = write!(text, "| {} |", markdown_cell(&row.id));
        for cell in &row.cells {
            let word = cell.as_ref().map_or("", |cell| cell.word());
            let _ = write!(text, " {word} |");
        }
        text.push('\n');
    }
    text.push('\n');
}

fn heading(matrix: &Matrix, first: &str, text: &mut String) {
    let _ = write!(text, "| {first} |");
    for server in &matrix.servers {
        let _ = write!(text, " {} |", markdown_cell(&server.name));
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(matrix.servers.len()));
}

/// Returns the scenarios about which a written matrix says something else of a server than `matrix` does, or all if it
/// has no column for the server.
///
/// The matrix may hold fewer servers than the written one: each is compared with its own column only.
pub fn outdated(matrix: &Matrix, written: &str) -> Vec<String> {
    let mut outdated = Vec::new();
    for (column, server) in matrix.servers.iter().enumerate() {
        let mut rest = words_of(written, &markdown_cell(&server.name));
        for row in &matrix.rows {
            let Some(Some(cell)) = row.cells.get(column) else {
                continue;
            };
            if rest.remove(&markdown_cell(&row.id)).as_deref() != Some(cell.word()) {
                outdated.push(format!("{} on {}", row.id, server.name));
            }
        }
        outdated.extend(
            rest.into_keys()
                .map(|id| format!("{id} on {}", server.name)),
        );
    }
    outdated
}

/// Returns what the tables of scenarios in a written matrix say of a server, by the ids as they are written there.
fn words_of(written: &str, server: &str) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    let mut column = None;
    for line in written.lines() {
        let cells: Vec<_> = line
            .split(" | ")
            .map(|cell| cell.trim_matches(['|', ' ']))
            .collect();
        match cells.as_slice() {
            ["scenario", servers @ ..] => column = servers.iter().position(|one| *one == server),
            [id, verdicts @ ..] if line.starts_with("| ") => {
                let word = column.and_then(|column| verdicts.get(column));
                words.extend(word.map(|word| ((*id).to_owned(), (*word).to_owned())));
            }
            // The rules between the heading and the rows of a table, and what is not in a table.
            _ if line.starts_with("|-") => {}
            _ => column = None,
        }
    }
    words.retain(|_, word| !word.is_empty());
    words
}
