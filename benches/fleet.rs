//! Measures what many virtual clients cost: `cargo bench --bench fleet`. The reference server runs in its own
//! process.
//!
//! Prints the measured numbers. No number makes the benchmark fail.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use sockspec::{
    client::{Connection, Endpoint, Options, TlsPolicy, Verification, What},
    data::Data,
    wire::socket_io::{AckId, Packet},
};

const IDLE: usize = 10_000;
const STORM: usize = 1_000;
const MEMBERS: usize = 1_000;
const BROADCASTS: usize = 600;
const ASKERS: usize = 50;
const QUESTIONS: u64 = 4_000;
/// The number of requests per connection if each one waits for the answer to the previous one; smaller than
/// `QUESTIONS`, because this takes longer.
const TURNS: u64 = 2_000;
const DEADLINE: Duration = Duration::from_secs(60);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        storm().await;
        idle_clients().await;
        room_broadcast().await;
        ack_round_trips().await;
    });
}

/// The reference server in its own process, which is ended when this value is dropped.
struct Reference {
    process: Child,
    endpoint: Endpoint,
}

impl Reference {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sockspec"))
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the reference server starts");
        let output = process.stdout.take().expect("its output is piped");
        let line = BufReader::new(output)
            .lines()
            .next()
            .expect("the server prints its address")
            .expect("in text");
        let url = line
            .strip_prefix("listening on ")
            .expect("the line begins with `listening on`")
            .parse()
            .expect("the address is a URL");
        let tls = TlsPolicy::new(None, Verification::Checked).expect("a TLS policy");
        Self {
            process,
            endpoint: Endpoint {
                url,
                path: "/socket.io/".to_owned(),
                tls,
                network: sockspec::net::Network::Tcp,
                budget: sockspec::client::Budget::default(),
            },
        }
    }

    async fn client(&self) -> Connection {
        let connection = Connection::open(
            &self.endpoint,
            Options {
                deadline: DEADLINE,
                ..Options::default()
            },
        )
        .await
        .expect("a connection");
        connection.send(&Packet::Connect {
            namespace: "/".to_owned(),
            payload: None,
        });
        await_count(&connection, 0, 1, |packet| {
            matches!(packet, Packet::Connect { .. })
        })
        .await;
        connection
    }

    async fn clients(&self, count: usize) -> Vec<Connection> {
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            let batch = (count - all.len()).min(200);
            all.extend(join_all((0..batch).map(|_| self.client())).await);
        }
        all
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the resident memory of a process in bytes (Linux).
fn resident(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap_or_default()
        * 1_024
}

/// Waits until `count` packets after entry `from` of the journal satisfy `counts`. The deadline is far longer than
/// any normal result.
async fn await_count(
    connection: &Connection,
    from: usize,
    count: usize,
    mut counts: impl FnMut(&Packet) -> bool,
) {
    let journal = Arc::clone(connection.journal());
    let waited = tokio::time::timeout(DEADLINE, async {
        let (mut seen, mut found) = (from, 0);
        loop {
            {
                let entries = journal.entries();
                found += entries
                    .iter()
                    .skip(seen)
                    .filter(|entry| matches!(&entry.what, What::Socket(packet) if counts(packet)))
                    .count();
                seen = entries.len();
            }
            if found >= count {
                return;
            }
            journal.longer_than(seen).await;
        }
    });
    waited
        .await
        .expect("everything arrives before the deadline");
}

fn is_ack(packet: &Packet) -> bool {
    matches!(packet, Packet::Ack { .. })
}

/// Returns the text of the broadcast `number`.
fn message(number: usize) -> String {
    format!("message {number}")
}

/// Waits for every message of the room. Checks that each message arrives once, complete and in order.
async fn await_messages(connection: &Connection, count: usize) {
    let mut number = 0;
    let whole_and_in_order = |packet: &Packet| {
        let Packet::Event { name, args, .. } = packet else {
            return false;
        };
        let text = args.first().and_then(|message| message.get("text"));
        assert_eq!(name, "room-message");
        assert_eq!(
            text.and_then(Data::as_str),
            Some(message(number).as_str()),
            "the {number}. delivery is whole and in order"
        );
        number += 1;
        true
    };
    await_count(connection, 0, count, whole_and_in_order).await;
}

fn event(id: Option<u64>, name: &str, args: Vec<Data>) -> Packet {
    Packet::Event {
        namespace: "/".to_owned(),
        id: id.map(AckId),
        name: name.to_owned(),
        args,
    }
}

/// Opens many connections at the same moment. A connection that takes about a second had its first packet dropped,
/// because the server's queue of connections was full.
async fn storm() {
    let reference = Reference::start();
    let begun = Instant::now();
    let opened = join_all((0..STORM).map(|_| async {
        let client = reference.client().await;
        (client, begun.elapsed())
    }))
    .await;
    let slowest = opened.iter().map(|(_, took)| *took).max();
    println!(
        "storm: {STORM} connections at once, the slowest joined after {} ms; target 900 ms",
        slowest.unwrap_or_default().as_millis()
    );
}

async fn idle_clients() {
    let reference = Reference::start();
    let warm = reference.clients(100).await;
    let (client_before, server_before) = (
        resident(std::process::id()),
        resident(reference.process.id()),
    );
    let begun = Instant::now();
    let idle = reference.clients(IDLE).await;
    let took = begun.elapsed();
    let client = (resident(std::process::id()) - client_before) / IDLE;
    let server = (resident(reference.process.id()) - server_before) / IDLE;
    println!(
        "idle clients: {IDLE} connected in {:.1} s; {:.1} KiB each (client {:.1}, server {:.1}); target 40 KiB",
        took.as_secs_f64(),
        (client + server) as f64 / 1_024.0,
        client as f64 / 1_024.0,
        server as f64 / 1_024.0,
    );
    drop((warm, idle));
}

async fn room_broadcast() {
    let reference = Reference::start();
    let members = reference.clients(MEMBERS).await;
    let room = Data::object([("room", Data::from("bench"))]);
    for member in &members {
        member.send(&event(Some(0), "join-room", vec![room.clone()]));
    }
    join_all(
        members
            .iter()
            .map(|member| await_count(member, 0, 1, is_ack)),
    )
    .await;
    let begun = Instant::now();
    let Some(sender) = members.first() else {
        return;
    };
    for number in 0..BROADCASTS {
        let text = Data::from(message(number));
        let message = Data::object([("room", Data::from("bench")), ("text", text)]);
        sender.send(&event(None, "announce-to-room", vec![message]));
    }
    join_all(
        members
            .iter()
            .map(|member| await_messages(member, BROADCASTS)),
    )
    .await;
    let took = begun.elapsed().as_secs_f64();
    let deliveries = MEMBERS * BROADCASTS;
    println!(
        "room broadcast: {deliveries} checked deliveries to {MEMBERS} members in {took:.2} s; {:.0}/s; target 300000/s",
        deliveries as f64 / took
    );
}

async fn ack_round_trips() {
    let reference = Reference::start();
    let askers = reference.clients(ASKERS).await;
    let begun = Instant::now();
    join_all(askers.iter().map(|asker| async move {
        // Sends all requests without waiting, as an application does. Each answer has the id of its request.
        for id in 0..QUESTIONS {
            asker.send(&event(Some(id), "echo", vec![Data::from("x")]));
        }
        await_count(asker, 0, QUESTIONS as usize, is_ack).await;
    }))
    .await;
    print_trips("many requests at once", QUESTIONS, begun);
    drop(askers);

    let askers = reference.clients(ASKERS).await;
    let begun = Instant::now();
    join_all(askers.into_iter().map(|asker| {
        tokio::spawn(async move {
            for turn in 0..TURNS {
                let before = asker.journal().entries().len();
                asker.send(&event(Some(turn), "echo", vec![Data::from("x")]));
                let answers =
                    |packet: &Packet| matches!(packet, Packet::Ack { id, .. } if id.0 == turn);
                await_count(&asker, before, 1, answers).await;
            }
        })
    }))
    .await;
    print_trips("one request at a time", TURNS, begun);
}

fn print_trips(how: &str, each: u64, begun: Instant) {
    let took = begun.elapsed().as_secs_f64();
    let trips = ASKERS as u64 * each;
    println!(
        "ack round trips, {how}: {trips} on {ASKERS} connections in {took:.2} s; {:.0}/s; target 60000/s",
        trips as f64 / took
    );
}
