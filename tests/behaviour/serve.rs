//! Tests of `sockspec serve`.

use sockspec::cli::Exit;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Served, Test};

fn serve(arguments: &[&str]) -> Test {
    Test::new()
        .args(["serve", "--port", "0"])
        .args(arguments.iter().copied())
}

fn address(first_line: &str) -> &str {
    first_line
        .strip_prefix("listening on http://")
        .expect("other programs wait for this line")
}

async fn get(address: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn the_server_prints_its_address_and_uses_its_settings() {
    let server = serve(&[
        "--ping-interval",
        "300ms",
        "--ping-timeout",
        "200ms",
        "--max-payload",
        "64KiB",
        "--path",
        "live",
    ])
    .start()
    .await;
    let address = address(&server.first_line);
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let response = get(address, "/live/?EIO=4&transport=polling").await;
    for setting in [
        r#""pingInterval":300"#,
        r#""pingTimeout":200"#,
        r#""maxPayload":65536"#,
    ] {
        assert!(response.contains(setting), "no {setting} in {response}");
    }
}

#[test]
fn settings_of_zero_are_refused() {
    for (setting, value, why) in [
        ("--ping-interval", "0s", "the duration is too short"),
        ("--ping-timeout", "0ms", "the duration is too short"),
        ("--max-payload", "0", "the limit is zero"),
    ] {
        serve(&[setting, value])
            .status(Exit::BadUsage)
            .stderr_has(why);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_stops_the_server_cleanly() {
    for name in ["-TERM", "-INT"] {
        let server = serve(&[]).start().await;
        assert_eq!(server.signal(name).await, Some(0), "{name}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_in_the_error() {
    let server = serve(&[]).start().await;
    let port = address(&server.first_line)
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    tokio::task::spawn_blocking(move || {
        Test::new()
            .args(["serve", "--port", &port])
            .status(Exit::NotRun)
            .stdout("")
            .stderr_has(&format!("can't listen on 127.0.0.1:{port}"));
    })
    .await
    .unwrap();
}

#[test]
fn an_unknown_fault_is_an_error() {
    serve(&["--fault", "no-such-fault"])
        .status(Exit::BadUsage)
        .stdout("")
        .stderr_has("there is no fault `no-such-fault`");
}

#[test]
fn the_nearest_fault_is_offered() {
    serve(&["--fault", "ack-twic"])
        .status(Exit::BadUsage)
        .stderr_has("did you mean `ack-twice`?");
}

#[test]
fn faults_are_listed_with_what_they_break() {
    Test::new()
        .args(["serve", "--list-faults"])
        .status(Exit::Conformant)
        .stdout_has("ack-twice");
}

#[test]
fn a_duration_is_a_number_of_milliseconds_or_has_a_unit() {
    serve(&["--ping-interval", "soon"])
        .status(Exit::BadUsage)
        .stderr_has("write a number and a unit: `300ms`, `2s`, `1m`");
    for interval in ["300", "300ms"] {
        let server = Served::new(&["--ping-interval", interval, "--ping-timeout", "200"]);
        Test::new()
            .args(["probe", "--json", &server.url])
            .status(Exit::Conformant)
            .stdout_has("short-heartbeat");
    }
}
