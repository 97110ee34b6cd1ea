//! `sockspec show`: prints everything that the clients of a recorded scenario sent and received.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Exit, args::ShowArgs, error::CliError, paint::Output, recording};
use crate::{
    records::replay_one,
    report::scenario_in_full,
    runner::{EventKind, Outcome, Traffic},
    text::did_you_mean,
};

/// Prints one scenario of a record. A scenario that ran over several transports is printed for each of them.
///
/// # Errors
///
/// Returns an error if the record can't be read, or if it has no such scenario.
pub(super) fn show(args: &ShowArgs, output: Output) -> Result<Exit, CliError> {
    let (record, id) = match args.names.as_slice() {
        [record, id] => (PathBuf::from(record), id),
        [record] if Path::new(record).is_file() => {
            return Err(unknown(
                record,
                "write the id of a scenario after the record",
            ));
        }
        [id] => (recording::last()?, id),
        // The parser takes one or two names.
        _ => return Err(CliError::NoRecord),
    };
    let mut attempts: BTreeMap<String, BTreeMap<usize, Traffic>> = BTreeMap::new();
    let replayed = replay_one(&record, &mut |event| {
        if let EventKind::AttemptTraced(traffic) = &event.kind
            && is_meant(&traffic.id, id)
        {
            // An attempt that was played again replaces the one before it.
            let of_scenario = attempts.entry(traffic.id.clone()).or_default();
            of_scenario.insert(traffic.attempt, traffic.clone());
        }
    })?;
    let outcomes = &replayed.record.outcomes;
    let shown: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| is_meant(&outcome.id, id))
        .collect();
    if shown.is_empty() {
        let ids = outcomes.iter().map(|outcome| outcome.id.as_str());
        let near = did_you_mean(id, ids);
        let record = record.display();
        let help = near.unwrap_or_else(|| format!("the record {record} does not have it"));
        return Err(unknown(id, &help));
    }
    for outcome in shown {
        let attempts = attempts.remove(&outcome.id).unwrap_or_default();
        let attempts: Vec<_> = attempts.into_values().collect();
        let text = scenario_in_full(outcome, &attempts, output.stdout);
        output.write(&output.masked(text))?;
    }
    Ok(Exit::Conformant)
}

fn unknown(id: &str, help: &str) -> CliError {
    CliError::Unknown {
        kind: "recorded scenario",
        id: id.to_owned(),
        help: Some(help.to_owned()),
    }
}

/// Returns true if a scenario has the id that the user wrote, with or without its transport.
fn is_meant(id: &str, written: &str) -> bool {
    let transport = id.strip_prefix(written);
    transport.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}
