//! A relay that spoils the bytes between the client and a reference server at random places. Whatever comes of it, a
//! run ends with a verdict and with reports.

use std::{net::SocketAddr, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sockspec::reference::{Config, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    join,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::sleep,
};
use tokio_util::task::AbortOnDropHandle;

use super::{HUNG, RUNS, kind::Base, reports, summary};
use crate::support::{Finished, Test};

/// The seeds of the runs over each transport.
const SEEDS: std::ops::Range<u64> = 0..12;

/// The most changes in one direction of one connection.
const MOST_CHANGES: usize = 3;

/// The offset of the last change. Most connections of the scenarios carry a few thousand bytes.
const LAST_OFFSET: usize = 2_000;

/// The errors that the changed bytes of a server can cause: a spoilt length can announce any number of bytes.
const ERRORS: &[&str] = &["more-than-taken"];

/// A direction of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Direction {
    ToClient,
    ToServer,
}

/// What happens to the bytes at an offset.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Change {
    /// The next bytes come later.
    Delay(Duration),
    /// So many bytes are left out.
    Drop(usize),
    /// The connection ends.
    End,
    /// A bit of the next byte is flipped.
    Flip(u8),
    /// These bytes are inserted.
    Insert(Vec<u8>),
    /// So many bytes come twice, if they come together.
    Repeat(usize),
}

/// The changes in one direction of one connection, each with its offset. The offsets ascend.
type Plan = Vec<(usize, Change)>;

/// Returns the changes for one direction of the connection with this number. The same seed gives the same changes.
fn plan(seed: u64, connection: u64, direction: Direction) -> Plan {
    // Some seeds spoil what the server sends, some what the client sends, some both.
    let is_spoilt = match direction {
        Direction::ToClient => !seed.is_multiple_of(4),
        Direction::ToServer => seed.is_multiple_of(4) || seed % 4 == 3,
    };
    if !is_spoilt {
        return Vec::new();
    }
    let salt = match direction {
        Direction::ToClient => 0,
        Direction::ToServer => 1,
    };
    let mut random = StdRng::seed_from_u64(seed << 32 | connection << 1 | salt);
    let count = random.random_range(0..=MOST_CHANGES);
    let mut plan: Plan = (0..count)
        .map(|_| (random.random_range(0..LAST_OFFSET), change(&mut random)))
        .collect();
    plan.sort_by_key(|(offset, _)| *offset);
    plan
}

fn change(random: &mut StdRng) -> Change {
    match random.random_range(0..6) {
        0 => Change::Delay(Duration::from_millis(random.random_range(1..300))),
        1 => Change::Drop(random.random_range(1..100)),
        2 => Change::End,
        3 => Change::Flip(1 << random.random_range(0..8)),
        4 => Change::Insert(
            (0..random.random_range(1..50))
                .map(|_| random.random())
                .collect(),
        ),
        _ => Change::Repeat(random.random_range(1..100)),
    }
}

/// Copies one direction of a connection, changed as the plan says. Ends the sending side at the end.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, plan: Plan) {
    let mut plan = plan.into_iter().peekable();
    let mut bytes = vec![0; 4096];
    let mut offset = 0;
    // The bytes that are left to drop.
    let mut dropped = 0;
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let mut rest = &mut bytes[..count];
        while !rest.is_empty() {
            let until = plan
                .peek()
                .map_or(rest.len(), |(at, _)| at.saturating_sub(offset));
            let (front, back) = rest.split_at_mut(until.min(rest.len()));
            let skipped = dropped.min(front.len());
            dropped -= skipped;
            if to.write_all(&front[skipped..]).await.is_err() {
                return;
            }
            offset += front.len();
            rest = back;
            if rest.is_empty() {
                break;
            }
            let Some((_, change)) = plan.next() else {
                continue;
            };
            let written = match change {
                Change::Delay(time) => {
                    sleep(time).await;
                    Ok(())
                }
                Change::Drop(count) => {
                    dropped += count;
                    Ok(())
                }
                Change::End => return,
                Change::Flip(bit) => {
                    rest[0] ^= bit;
                    Ok(())
                }
                Change::Insert(bytes) => to.write_all(&bytes).await,
                Change::Repeat(count) => to.write_all(&rest[..count.min(rest.len())]).await,
            };
            if written.is_err() {
                return;
            }
        }
    }
}

/// Relays one connection.
async fn relay(client: TcpStream, server: SocketAddr, seed: u64, number: u64) {
    let Ok(upstream) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    join!(
        copy(
            from_client,
            to_server,
            plan(seed, number, Direction::ToServer)
        ),
        copy(
            from_server,
            to_client,
            plan(seed, number, Direction::ToClient)
        ),
    );
}

/// Runs the scenarios over one transport through a relay with this seed.
async fn run(transport: &str, seed: u64) -> Finished {
    let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(inner, Config::default()).unwrap();
    let address = server.address();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let mut number = 0;
        while let Ok((client, _)) = listener.accept().await {
            connections.spawn(relay(client, address, seed, number));
            number += 1;
        }
    });
    let _task = AbortOnDropHandle::new(task);
    let manifest = format!(
        "name: spoilt\nurl: {url}\nprovides: [{}]\n",
        Base::Json.provides()
    );
    let test = Test::new()
        .hung_after(HUNG)
        .file("target.yaml", manifest)
        .args(["run", "--target", "target.yaml", "--transport", transport])
        .args(["--within", "700ms", "--settle", "20ms"])
        .args(["--report", "json=out.json", "--report", "junit=out.xml"])
        .args(Base::Json.scenarios().iter().copied());
    tokio::task::spawn_blocking(move || test.any_status())
        .await
        .unwrap()
}

/// Returns what is wrong with a run, whatever its verdicts are.
fn problems(finished: &Finished) -> Vec<String> {
    let mut problems = Vec::new();
    if !matches!(finished.code(), Some(0 | 1 | 3)) {
        problems.push(format!("exit {:?}", finished.code()));
    }
    if finished.err().contains("panicked") {
        problems.push(finished.err());
    }
    match reports(finished) {
        Err(problem) => problems.push(problem),
        Ok(scenarios) => problems.extend(scenarios.iter().filter_map(|scenario| {
            let error = scenario["error"].as_str().unwrap_or("");
            (scenario["verdict"] == "error" && !ERRORS.contains(&error))
                .then(|| format!("ERROR {}: {}", scenario["id"], scenario["reason"]))
        })),
    }
    problems
}

async fn check(transport: &'static str) {
    let mut runs = JoinSet::new();
    for seed in SEEDS {
        runs.spawn(async move {
            let _permit = RUNS.acquire().await.unwrap();
            let finished = run(transport, seed).await;
            let problems = problems(&finished);
            (!problems.is_empty()).then(|| {
                format!(
                    "seed {seed}: {}\n{}",
                    problems.join("; "),
                    summary(&finished)
                )
            })
        });
    }
    let reports: Vec<_> = runs.join_all().await.into_iter().flatten().collect();
    assert!(reports.is_empty(), "\n{}", reports.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_changes() {
    let all = |seed| {
        let plans = (0..100).flat_map(|connection| {
            [Direction::ToClient, Direction::ToServer].map(|way| plan(seed, connection, way))
        });
        Vec::from_iter(plans)
    };
    for seed in SEEDS {
        assert_eq!(all(seed), all(seed));
        assert_ne!(all(seed), all(seed + 1));
        assert!(all(seed).iter().any(|plan| !plan.is_empty()), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_websockets_end_with_a_verdict() {
    check("websocket").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_polls_end_with_a_verdict() {
    check("polling").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_upgrades_end_with_a_verdict() {
    check("upgrade").await;
}
