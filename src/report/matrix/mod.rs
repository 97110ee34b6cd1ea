//! What several servers do in the same scenarios, side by side: as Markdown, as a page, and as badges.
//!
//! The texts hold no dates and no durations, so that they change only if a verdict or a scenario changes.

mod badge;
mod markdown;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::runner::{KnownBy, Outcome, Record, Summary, Verdict};

pub use self::{
    badge::{badge_json, badge_svg},
    markdown::{matrix_markdown, outdated},
    page::matrix_page,
};
use super::Layer;

/// The verdicts of several servers.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The servers, in the order of the columns.
    pub servers: Vec<Server>,
    /// The scenarios that at least one server was judged by or skipped, in the order of layers and ids.
    pub rows: Vec<Row>,
}

/// One server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The name of the target.
    pub name: String,
    /// The version of the server, if its manifest says one: `socket.io 4.8.1`.
    pub version: Option<String>,
    /// The version of sockspec that judged the server.
    pub judged_by: String,
    /// The number of scenarios with each verdict.
    pub summary: Summary,
}

/// One scenario, on one transport if the run has it on several.
#[derive(Clone, Debug)]
pub struct Row {
    /// The id.
    pub id: String,
    /// The title: what a right server does.
    pub title: String,
    /// The layer that the scenario judges.
    pub layer: Layer,
    /// The verdict of each server, in the order of [`Matrix::servers`]; `None` if the run did not have the scenario.
    pub cells: Vec<Option<Cell>>,
}

/// The verdict of one server in one scenario.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The verdict.
    pub verdict: Verdict,
    /// The list that knew of the deviation before the run; `None` for a new one, and for a verdict that is none.
    pub known: Option<KnownBy>,
    /// Why the server got this verdict: what a list of known deviations says of it, or what the run found.
    pub reason: Option<String>,
}

impl Matrix {
    /// Puts the records of runs side by side: one column for each, in this order.
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let records: Vec<_> = records.into_iter().collect();
        let mut rows: BTreeMap<(Layer, &str), Row> = BTreeMap::new();
        for (column, record) in records.iter().enumerate() {
            for outcome in &record.outcomes {
                let layer = Layer::of(&outcome.file);
                let row = rows.entry((layer, &outcome.id)).or_insert_with(|| Row {
                    id: outcome.id.clone(),
                    title: outcome.title.clone(),
                    layer,
                    cells: vec![None; records.len()],
                });
                if let Some(cell) = row.cells.get_mut(column) {
                    *cell = Some(Cell::of(outcome));
                }
            }
        }
        let servers = records.iter().map(|record| Server {
            name: record.info.target.clone(),
            version: record.info.target_version.clone(),
            judged_by: record.info.version.clone(),
            summary: record.summary,
        });
        Self {
            servers: servers.collect(),
            rows: rows.into_values().collect(),
        }
    }

    /// Returns the name of a target that has two columns.
    pub fn doubled(&self) -> Option<&str> {
        let names = self.servers.iter().enumerate();
        let mut doubled = names.filter(|(index, server)| {
            let before = self.servers.iter().take(*index);
            before.into_iter().any(|other| other.name == server.name)
        });
        doubled.next().map(|(_, server)| server.name.as_str())
    }

    /// Returns the layers that have scenarios, each with its rows.
    fn layers(&self) -> impl Iterator<Item = (Layer, &[Row])> {
        let layers = self.rows.chunk_by(|one, other| one.layer == other.layer);
        layers.filter_map(|rows| Some((rows.first()?.layer, rows)))
    }

    /// Returns the versions of sockspec that judged the servers, each once.
    fn judges(&self) -> Vec<&str> {
        let mut versions: Vec<_> = self
            .servers
            .iter()
            .map(|server| &*server.judged_by)
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}

impl Row {
    /// Returns true if some server that was judged did not pass.
    fn has_deviation(&self) -> bool {
        let cells = self.cells.iter().flatten();
        let mut verdicts = cells.map(|cell| cell.verdict);
        verdicts.any(|verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip))
    }
}

impl Cell {
    fn of(outcome: &Outcome) -> Self {
        let known = outcome.known.as_ref();
        let reason = known.map(|known| &known.reason);
        Self {
            verdict: outcome.verdict,
            known: known.map(|known| known.by.clone()),
            reason: reason.or(outcome.reason.as_ref()).cloned(),
        }
    }

    /// Returns the verdict as a word: a deviation in small letters if it was known and in capitals if not, a skip as `-`.
    fn word(&self) -> &'static str {
        match (self.verdict, &self.known) {
            (Verdict::Skip, _) => "-",
            (Verdict::Warn, None) => "WARN",
            (verdict, None) => verdict.sign(),
            (verdict, Some(_)) => verdict.name(),
        }
    }
}
