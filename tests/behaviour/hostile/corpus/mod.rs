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
mod oddities;
mod open_packet;
mod packets;
mod relay;
mod requests;
mod silent;
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

/// What a run knows about a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    /// A manifest says what the server provides.
    Manifest,
    /// The run knows only the address. It finds out by probes what the server provides.
    Url,
}

/// The options of every run.
const OPTIONS: &[&str] = &[
    "--transport=all",
    "--settle=20ms",
    "--report=json=out.json",
    "--report=junit=out.xml",
];

#[test]
fn the_table_and_the_kinds_of_servers_have_the_same_names() {
    let kinds = kinds();
    let names: BTreeSet<_> = kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds.len(), "two kinds have the same name");
    assert_eq!(names, verdict::table().into_keys().collect());
    assert!(names.len() >= 120, "{} kinds", names.len());
}

/// Returns all kinds of servers.
fn kinds() -> Vec<Kind> {
    [
        accept::all(),
        compression::all(),
        connecting::all(),
        flood::all(),
        frames::all(),
        handshakes::all(),
        http::all(),
        oddities::all(),
        open_packet::all(),
        packets::all(),
    ]
    .concat()
}

/// Without a manifest, a run plans all scenarios, and probes decide which of them apply. A capability that the server
/// offers but that is broken must not count as missing, because a run whose scenarios are all skipped passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_which_a_run_knows_only_the_address() {
    let mut verdicts = verdict::table_by_url();
    let known = kinds().into_iter().filter_map(|kind| {
        let verdict = verdicts.remove(kind.name)?;
        Some(Kind {
            verdicts: vec![verdict],
            ..kind
        })
    });
    check_by(By::Url, known.collect()).await;
    assert!(verdicts.is_empty(), "no kinds: {verdicts:?}");
}

/// Runs scenarios against each kind of server, and reports all deviations together.
async fn check(kinds: Vec<Kind>) {
    check_by(By::Manifest, kinds).await;
}

/// Does what [`check`] does. `by` says what the runs know about the servers.
async fn check_by(by: By, kinds: Vec<Kind>) {
    let mut runs = JoinSet::new();
    for kind in kinds {
        runs.spawn(async move {
            let _permit = RUNS.acquire_many(kind.weight()).await.unwrap();
            let finished = run(by, &kind).await;
            let problems = problems(by, &kind, &finished);
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

/// The scenarios of the runs that know only the address: enough that each broken server fails one, and few enough that
/// the runs beside each other do not starve.
const BY_URL: [&str; 14] = [
    "engine.io/abandoned-upgrade-harmless",
    "engine.io/bad-handshake-refused*",
    "engine.io/chunked-post-read",
    "engine.io/every-post-answered*",
    "engine.io/frame-is-one-packet",
    "engine.io/message-polled-as-it-is",
    "engine.io/polls-share-connection",
    "engine.io/session-ids-differ",
    "engine.io/sessions-kept-apart",
    "namespaces/*",
    "robust/odd-header-harmless*",
    "socket.io/connect-by-polling",
    "socket.io/malformed-packet-refused[broken-json]",
    "socket.io/socket-ids-differ",
];

async fn run(by: By, kind: &Kind) -> Finished {
    let relay = Relay::start(kind.base.config(), kind.interference.clone()).await;
    let test = Test::new().hung_after(HUNG).args(["run", "--target"]);
    let test = match by {
        By::Manifest => {
            let provides = kind.base.provides();
            let manifest = format!(
                "name: hostile\nurl: {}\nprovides: [{provides}]\n",
                relay.url
            );
            test.file("target.yaml", manifest).args(["target.yaml"])
        }
        By::Url => test.args([relay.url.as_str()]),
    };
    let test = test
        .args([
            "--within".to_owned(),
            format!("{}ms", kind.within().as_millis()),
        ])
        .args(OPTIONS.iter().copied());
    let test = match by {
        By::Manifest => test.args(kind.base.scenarios().iter().copied()),
        By::Url => test.args(BY_URL),
    };
    tokio::task::spawn_blocking(move || test.any_status())
        .await
        .unwrap()
}

/// Returns what is wrong with a run.
fn problems(by: By, kind: &Kind, finished: &Finished) -> Vec<String> {
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
        Ok(scenarios) => problems.extend(verdict_problems(by, kind, &scenarios)),
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
fn verdict_problems(by: By, kind: &Kind, scenarios: &[Value]) -> Vec<String> {
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
                    && (*failure == "any" || one["kind"] == *failure)
                    && texts
                        .iter()
                        .any(|one| one.as_str().is_some_and(|one| one.contains(text)))
            }),
            // Each part of a flood is legal.
            Verdict::Flood => {
                any(&|one| one["verdict"] == "fail" || one["error"] == LIMIT)
                    && !any(&|one| one["kind"] == "illegal-frame")
            }
            Verdict::Warn(failure) => {
                !any(&|one| one["verdict"] == "fail")
                    && any(&|one| one["verdict"] == "warn" && one["kind"] == *failure)
            }
            Verdict::NotRun => !any(&|one| one["error"] != "target-not-started"),
            Verdict::Pass if by == By::Url => {
                any(&|one| one["verdict"] == "pass") && !any(&|one| one["verdict"] == "fail")
            }
            Verdict::Pass => !any(&|one| one["verdict"] != "pass"),
        };
        if !is_found {
            problems.push(format!("no {verdict:?}"));
        }
    }
    let allowed = |error: &str| {
        kind.verdicts.iter().any(|verdict| match verdict {
            Verdict::Error(allowed) => error == *allowed,
            Verdict::NotRun => error == "target-not-started",
            Verdict::Flood => error == LIMIT,
            Verdict::Fail(..) | Verdict::Pass | Verdict::Warn(_) => false,
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
