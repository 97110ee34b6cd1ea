//! Servers that send without end: the run ends in time, takes limited memory, and writes its reports.

use sockspec::cli::Exit;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Hostile, OPEN, opening::switch, text_frames};
use crate::support::{Finished, Test};

/// The memory that a run may take at most, in MB. The limit of the traffic itself is 512 MB.
const MOST_MEMORY: u64 = 600;

/// Shipped scenarios whose clients join and wait for answers.
const SELECTORS: [&str; 2] = ["acks/value-returned*", "acks/error-value"];

/// The parts of the contract that these scenarios need, so that no probe looks for them.
const PROVIDES: &str =
    "provides: [websocket, socket-io, events, acks, namespaces, rooms, binary]\n";

/// Sends `frame` again and again, in large writes.
async fn repeat(stream: &mut TcpStream, frame: &[u8]) {
    let flood = frame.repeat((1 << 20) / frame.len() + 1);
    while stream.write_all(&flood).await.is_ok() {}
}

/// A server that lets every client join and then sends `frame` without end.
async fn joining(frame: Vec<u8>) -> Hostile {
    Hostile::new(move |mut stream| {
        let frame = frame.clone();
        async move {
            switch(&mut stream).await;
            let welcome = text_frames(&[OPEN, r#"40{"sid":"aaaaaaaa"}"#]);
            let _ = stream.write_all(&welcome).await;
            repeat(&mut stream, &frame).await;
        }
    })
    .await
}

/// A server that sends `start` on each WebSocket and then empty fragments without end.
async fn fragmenting(start: Vec<u8>) -> Hostile {
    Hostile::new(move |mut stream| {
        let start = start.clone();
        async move {
            switch(&mut stream).await;
            let _ = stream.write_all(&start).await;
            let _ = stream.write_all(b"\x01\x00").await;
            repeat(&mut stream, b"\x00\x00").await;
        }
    })
    .await
}

/// Runs shipped scenarios against the server. The command has a time limit of its own.
async fn run(server: &Hostile) -> Finished {
    let url = server.endpoint.url.as_str().trim_end_matches('/');
    let test = Test::new()
        .file(
            "target.yaml",
            format!("name: flood\nurl: {url}\n{PROVIDES}"),
        )
        .args(["run", "--target", "target.yaml"])
        .args(["--report", "json=out.json", "--report", "junit=out.xml"])
        .args(SELECTORS);
    tokio::task::spawn_blocking(move || test.any_status())
        .await
        .unwrap()
}

/// Checks that the run was not blamed on the target where only a limit of sockspec was exceeded, and that the reports
/// are complete.
fn check(finished: &Finished) {
    if let Some(peak) = finished.peak_memory() {
        assert!(peak < MOST_MEMORY, "the run took {peak} MB");
    }
    let report: serde_json::Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap();
    assert!(scenarios.len() > 5);
    let of_kind = |kind: &str| scenarios.iter().filter(|one| one["error"] == kind).count();
    assert!(of_kind("more-than-taken") > 0, "{}", finished.out());
    for scenario in scenarios {
        assert_ne!(scenario["kind"], "illegal-frame", "{scenario}");
    }
    assert!(finished.written("out.xml").ends_with("</testsuites>\n"));
}

async fn flood(frame: Vec<u8>) {
    let server = joining(frame).await;
    check(&run(&server).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_small_events() {
    flood(text_frames(&[r#"42["spam",1]"#])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_large_events() {
    let text = format!(r#"42["spam","{}"]"#, "a".repeat(900_000));
    let length = u64::try_from(text.len()).unwrap().to_be_bytes();
    flood([&[0x81, 0x7f], &length[..], text.as_bytes()].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_pings() {
    flood(b"\x89\x00".to_vec()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_noops() {
    flood(text_frames(&["6"])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_empty_fragments_before_the_open_packet() {
    check(&run(&fragmenting(Vec::new()).await).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_flood_of_empty_fragments_after_the_open_packet() {
    check(&run(&fragmenting(text_frames(&[OPEN])).await).await);
}

#[tokio::test]
async fn the_probe_of_a_server_that_floods_ends() {
    let server = fragmenting(Vec::new()).await;
    let url = server.endpoint.url.to_string();
    let test = Test::new().args(["probe".to_owned(), url]);
    // Whatever the server is taken for, the probe has to end.
    let finished = tokio::task::spawn_blocking(move || test.any_status());
    let finished = finished.await.unwrap();
    assert!(finished.peak_memory().is_none_or(|peak| peak < MOST_MEMORY));
}

#[tokio::test]
async fn an_open_packet_has_a_limit_that_is_no_fault_of_the_server() {
    let filler = "x".repeat(70_000);
    let packet = OPEN.replace("\"sid\"", &format!("\"filler\":\"{filler}\",\"sid\""));
    let length = u64::try_from(packet.len()).unwrap().to_be_bytes();
    let server = Hostile::sending([&[0x81, 0x7f], &length[..], packet.as_bytes()].concat()).await;
    let scenario = "topic: Floods
scenarios:
- id: flood/open-packet
  title: A client connects
  why: A test.
  level: must
  transport: websocket
  clients: { visitor: { connect: false } }
  steps:
  - open: websocket
    as: visitor
";
    server
        .run_scenarios("provides: [websocket, socket-io]\n", scenario, Exit::NotRun)
        .await
        .stdout_has("open packet exceeds 65536 bytes");
}

#[tokio::test]
async fn a_run_ends_at_its_time_limit_with_reports() {
    let server = Hostile::sending(text_frames(&[OPEN])).await;
    let url = server
        .endpoint
        .url
        .as_str()
        .trim_end_matches('/')
        .to_owned();
    let test = Test::new()
        .file(
            "target.yaml",
            format!("name: silent\nurl: {url}\n{PROVIDES}"),
        )
        .args([
            "run",
            "acks/*",
            "--target",
            "target.yaml",
            "--within",
            "100s",
        ])
        .args([
            "--settle",
            "80ms",
            "--jobs",
            "2",
            "--max-time",
            "3s",
            "--report",
            "json=out.json",
        ]);
    let finished = tokio::task::spawn_blocking(move || test.status(Exit::NotRun));
    let finished = finished
        .await
        .unwrap()
        .stdout_has("The time limit of the run, 3s (`--max-time`), passed while the scenario ran.");
    let report: serde_json::Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap();
    assert!(scenarios.iter().any(|one| one["error"] == "time-limit"));
}
