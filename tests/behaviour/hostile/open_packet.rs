//! Tests with servers whose open packet is wrong, and that also have a plain WebSocket (without Engine.IO).

use sockspec::cli::Exit;
use tokio::io::AsyncWriteExt;

use super::{Hostile, OPEN, hold, opening::switch, read_head};
use crate::support::{Finished, Test};

/// A server that answers polls with `packet`, and opens a WebSocket for any other request.
async fn server(packet: String) -> Hostile {
    Hostile::new(move |mut stream| {
        let packet = packet.clone();
        async move {
            let mut start = [0; 20];
            let peeked = stream.peek(&mut start).await.unwrap_or_default();
            if start
                .get(..peeked)
                .is_some_and(|start| start.starts_with(b"GET /socket.io/"))
            {
                read_head(&mut stream).await;
                let length = packet.len();
                let response =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{packet}");
                let _ = stream.write_all(response.as_bytes()).await;
            } else {
                switch(&mut stream).await;
            }
            hold(stream).await;
        }
    })
    .await
}

async fn run(server: &Hostile, arguments: &[&str], expected: Exit) -> Finished {
    let url = server.endpoint.url.to_string();
    let test = Test::new().args(arguments.iter().map(|part| part.replace("URL", &url)));
    tokio::task::spawn_blocking(move || test.status(expected))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_open_packet_is_no_plain_websocket() {
    let negative = OPEN.replace("\"pingInterval\":25000", "\"pingInterval\":-1");
    let no_number = OPEN.replace("25000", "NaN");
    let nested = format!("0{}", "[".repeat(100_000));
    for (packet, wrong) in [
        ("0[]".to_owned(), "open packet's data is not a JSON object"),
        (negative, "open packet's field pingInterval is -1"),
        (no_number, "open packet's data is not a JSON object"),
        (nested, "open packet's data is not a JSON object"),
    ] {
        let server = server(packet).await;
        run(&server, &["probe", "URL"], Exit::Conformant)
            .await
            .stdout_has("dialect: socket.io")
            .stdout_has(wrong);
        let handshake = ["run", "engine.io/polling-open-packet", "--target", "URL"];
        run(&server, &handshake, Exit::NotConformant)
            .await
            .stdout_has("FAIL   engine.io/polling-open-packet");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_open_packet_is_no_plain_websocket() {
    let filler = format!("\"filler\":\"{}\",\"sid\"", "x".repeat(70_000));
    let server = server(OPEN.replace("\"sid\"", &filler)).await;
    run(&server, &["probe", "URL"], Exit::Conformant)
        .await
        .stdout_has("dialect: socket.io")
        .stdout_has("open packet exceeds 65536 bytes");
    let handshake = ["run", "engine.io/polling-open-packet", "--target", "URL"];
    run(&server, &handshake, Exit::NotRun)
        .await
        .stdout_has("ERROR  engine.io/polling-open-packet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_page_at_the_path_of_engine_io_is_no_open_packet() {
    let server = server("<html>0{}</html>".to_owned()).await;
    run(&server, &["probe", "URL"], Exit::Conformant)
        .await
        .stdout_has("dialect: websocket");
}
