//! A corpus of hostile servers: a reference server behind a relay that interferes at one stage of a connection.
//!
//! Each kind of server says which failures a run has to name. For every kind, the run has to end by itself, within
//! limited memory, without a panic, with all reports that were asked for; and no scenario may be an ERROR, unless the
//! server exceeds a limit of sockspec.

mod accept;
mod compression;
mod connecting;
mod flood;
mod frames;
mod handshakes;
mod http;
mod kind;
mod mutation;
mod open_packet;
mod packets;
mod relay;
mod requests;
mod stage;
mod verdict;

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use tokio::{sync::Semaphore, task::JoinSet};

use self::{kind::Kind, relay::Relay, verdict::Verdict};
use crate::support::{Finished, Test};

/// The number of runs at the same time, in all tests of the corpus together.
static RUNS: Semaphore = Semaphore::const_new(6);

/// The time after which a run counts as hung. On a machine without other work, each run takes a few seconds.
const HUNG: Duration = Duration::from_secs(300);

/// The options of every run.
const OPTIONS: &[&str] = &[
    "--transport=all",
    "--settle=20ms",
    "--report=json=out.json",
    "--report=junit=out.xml",
];

#[test]
fn the_table_and_the_kinds_of_servers_have_the_same_names() {
    let kinds = [
        accept::all(),
        compression::all(),
        connecting::all(),
        flood::all(),
        frames::all(),
        handshakes::all(),
        http::all(),
        open_packet::all(),
        packets::all(),
    ]
    .concat();
    let names: BTreeSet<_> = kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds.len(), "two kinds have the same name");
    assert_eq!(names, verdict::table().into_keys().collect());
    assert!(names.len() >= 120, "{} kinds", names.len());
}

/// Runs scenarios against each kind of server, and reports all deviations together.
async fn check(kinds: Vec<Kind>) {
    let mut runs = JoinSet::new();
    for kind in kinds {
        runs.spawn(async move {
            let _permit = RUNS.acquire_many(kind.weight()).await.unwrap();
            let finished = run(&kind).await;
            let problems = problems(&kind, &finished);
            (!problems.is_empty()).then(|| {
                format!(
                    "{}: {}\n{}",
                    kind.name,
                    problems.join("; "),
                    summary(&finished)
                )
            })
        });
    }
    let mut reports: Vec<_> = runs.join_all().await.into_iter().flatten().collect();
    reports.sort();
    assert!(reports.is_empty(), "\n{}", reports.join("\n"));
}

async fn run(kind: &Kind) -> Finished {
    let relay = Relay::start(kind.base.config(), kind.interference.clone()).await;
    let manifest = format!(
        "name: hostile\nurl: {}\nprovides: [{}]\n",
        relay.url,
        kind.base.provides()
    );
    let test = Test::new()
        .hung_after(HUNG)
        .file("target.yaml", manifest)
        .args(["run", "--target", "target.yaml"])
        .args([
            "--within".to_owned(),
            format!("{}ms", kind.within().as_millis()),
        ])
        .args(OPTIONS.iter().copied())
        .args(kind.base.scenarios().iter().copied());
    tokio::task::spawn_blocking(move || test.any_status())
        .await
        .unwrap()
}

/// Returns what is wrong with a run.
fn problems(kind: &Kind, finished: &Finished) -> Vec<String> {
    let mut problems = Vec::new();
    let texts = finished.out() + &finished.err();
    if !kind
        .verdicts
        .iter()
        .all(|verdict| verdict.allows(finished.code()))
    {
        problems.push(format!("exit status {:?}", finished.code()));
    }
    if kind.verdicts.is_empty() {
        problems.push("the table has no verdict".to_owned());
    }
    if texts.contains("panicked") {
        problems.push(format!("a panic: {texts}"));
    }
    if let Some(peak) = finished.peak_memory()
        && peak > kind.memory
    {
        problems.push(format!("{peak} MB"));
    }
    match reports(finished) {
        Err(problem) => problems.push(problem),
        Ok(scenarios) => problems.extend(verdict_problems(kind, &scenarios)),
    }
    problems
}

/// Reads both reports, and returns the scenarios of the report for programs.
fn reports(finished: &Finished) -> Result<Vec<Value>, String> {
    let read = |name: &str| {
        finished
            .try_written(name)
            .ok_or(format!("there is no {name}"))
    };
    let junit = read("out.xml")?;
    quick_junit::Report::deserialize_from_str(&junit)
        .map_err(|error| format!("JUnit can't be read: {error}"))?;
    let json: Value = serde_json::from_str(&read("out.json")?)
        .map_err(|error| format!("JSON can't be read: {error}"))?;
    let scenarios = json["scenarios"].as_array().cloned().unwrap_or_default();
    if scenarios.is_empty() {
        return Err("the report has no scenarios".to_owned());
    }
    Ok(scenarios)
}

/// Compares the scenarios with the verdicts on the kind of server.
fn verdict_problems(kind: &Kind, scenarios: &[Value]) -> Vec<String> {
    const LIMIT: &str = "more-than-taken";
    let mut problems = Vec::new();
    let any = |found: &dyn Fn(&Value) -> bool| scenarios.iter().any(found);
    for verdict in &kind.verdicts {
        let is_found = match verdict {
            Verdict::Error(error) => any(&|one| one["error"] == *error),
            Verdict::Fail(failure, text) => any(&|one| {
                let breach = &one["breach"];
                let texts = [&breach["sentence"], &breach["received"]];
                one["verdict"] == "fail"
                    && one["kind"] == *failure
                    && texts
                        .iter()
                        .any(|one| one.as_str().is_some_and(|one| one.contains(text)))
            }),
            Verdict::Flood => any(&|one| one["verdict"] == "fail" || one["error"] == LIMIT),
            Verdict::Pass => !any(&|one| one["verdict"] != "pass"),
        };
        if !is_found {
            problems.push(format!("no {verdict:?}"));
        }
    }
    let allowed = |error: &str| {
        kind.verdicts.iter().any(|verdict| match verdict {
            Verdict::Error(allowed) => error == *allowed,
            Verdict::Flood => error == LIMIT,
            Verdict::Fail(..) | Verdict::Pass => false,
        })
    };
    for scenario in scenarios.iter().filter(|one| one["verdict"] == "error") {
        let error = scenario["error"].as_str().unwrap_or("without a kind");
        if !allowed(error) {
            problems.push(format!(
                "ERROR {error} of {}: {}",
                scenario["id"], scenario["reason"]
            ));
        }
    }
    problems
}

/// Returns the verdicts in a few lines.
fn summary(finished: &Finished) -> String {
    let Ok(scenarios) = reports(finished) else {
        return finished.out() + &finished.err();
    };
    let lines = scenarios
        .iter()
        .filter(|one| one["verdict"] != "pass")
        .map(|one| {
            format!(
                "    {} {} {}: {}",
                one["verdict"],
                one["id"],
                one["kind"],
                one["breach"]["sentence"]
                    .as_str()
                    .or(one["reason"].as_str())
                    .unwrap_or("")
            )
        });
    let lines: BTreeSet<_> = lines.collect();
    let peak = finished.peak_memory();
    format!(
        "    exit {:?}, {peak:?} MB, {} scenarios\n{}",
        finished.code(),
        scenarios.len(),
        Vec::from_iter(lines).join("\n")
    )
}
