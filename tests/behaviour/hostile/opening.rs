//! Tests of connections that hostile servers disturb while they are being opened.

use std::time::Instant;

use sockspec::{
    client::{ConnectFailure, Connection, Options, TransportChoice},
    wire::websocket::accept_key,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use super::{Hostile, SHORT, fast_options, hold, read_head};
use crate::server::listen;

/// Returns the failure of opening a connection. It has to come soon after the deadline of the client.
async fn failure(server: &Hostile, transport: TransportChoice) -> ConnectFailure {
    let options = Options {
        transport,
        ..fast_options()
    };
    let started = Instant::now();
    let failure = Connection::open(&server.endpoint, options)
        .await
        .expect_err("no connection");
    // At most three waits follow each other (TCP, handshake, open packet); the factor 20 is for slow machines.
    assert!(started.elapsed() < SHORT * 20, "{failure}");
    failure
}

/// Returns the message of the failure, which has to be the same over both transports except for the name of the
/// handshake.
async fn both(server: &Hostile) -> String {
    let websocket = failure(server, TransportChoice::WebSocket)
        .await
        .to_string();
    let polling = failure(server, TransportChoice::Polling).await.to_string();
    let websocket = websocket.replace("WebSocket handshake response", "response");
    let polling = polling.replace("polling handshake response", "response");
    assert_eq!(websocket, polling);
    websocket
}

/// Creates a server that accepts the WebSocket handshake and then sends `frames`.
async fn switching(frames: &'static [u8]) -> Hostile {
    Hostile::new(move |mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(frames).await;
        hold(stream).await;
    })
    .await
}

/// Answers a WebSocket handshake correctly.
pub(super) async fn switch(stream: &mut TcpStream) {
    let head = read_head(stream).await;
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .unwrap();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key)
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

#[tokio::test]
async fn a_port_without_a_server_is_unreachable() {
    let (listener, endpoint) = listen().await;
    drop(listener);
    let failure = Connection::open(&endpoint, fast_options())
        .await
        .unwrap_err();
    assert!(
        matches!(failure, ConnectFailure::Unreachable { .. }),
        "{failure}"
    );
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let server = Hostile::new(hold).await;
    assert_eq!(
        both(&server).await,
        "no response within 300 ms; received nothing"
    );
}

#[tokio::test]
async fn a_server_that_closes_after_the_request() {
    let server = Hostile::answering_then_closing("").await;
    assert_eq!(
        both(&server).await,
        "connection ended while awaiting response; received nothing"
    );
}

#[tokio::test]
async fn a_server_that_resets_after_the_request() {
    let server = Hostile::new(|mut stream| async move {
        read_head(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(
        both(&server).await,
        "connection was reset while awaiting response; received nothing"
    );
}

#[tokio::test]
async fn a_server_of_another_protocol() {
    for (bytes, words) in [
        (&b"SSH-2.0-x\r\n"[..], "11 bytes: \"SSH-2.0-x\\r\\n\""),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "bytes that look like TLS (15 03 01 …)",
        ),
        (b"\0\0\x12\x04\0\0\0\0\0\0\0", "an HTTP/2 SETTINGS frame"),
        (
            b"HTTP/1.1 OK\r\n\r\n",
            "15 bytes: \"HTTP/1.1 OK\\r\\n\\r\\n\"",
        ),
    ] {
        let server = Hostile::answering(bytes).await;
        assert_eq!(
            both(&server).await,
            format!("expected response, received {words}")
        );
    }
}

#[tokio::test]
async fn endless_headers_stop_at_the_limit() {
    let server = Hostile::endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n").await;
    assert_eq!(
        both(&server).await,
        "HTTP response head exceeds 10000 bytes"
    );
}

#[tokio::test]
async fn headers_in_small_pieces_do_not_extend_the_deadline() {
    let server = Hostile::new(|mut stream| async move {
        read_head(&mut stream).await;
        let mut drops = tokio::time::interval(SHORT / 20);
        let head = b"HTTP/1.1 200 OK\r\n"
            .iter()
            .chain(std::iter::repeat(&b'x'));
        for byte in head {
            drops.tick().await;
            if stream.write_u8(*byte).await.is_err() {
                return;
            }
        }
    })
    .await;
    // How many bytes came until the deadline depends on the machine.
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        let words = failure(&server, transport).await.to_string();
        assert!(words.starts_with("no "), "{words}");
        assert!(
            words.contains("response within 300 ms; received"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn endless_interim_responses_are_refused() {
    let server = Hostile::endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n").await;
    let words = both(&server).await;
    assert_eq!(
        words,
        "expected response, received 9 interim responses (1xx) without a final response, the last with status 100"
    );
}

#[tokio::test]
async fn redirects_and_error_statuses_are_refusals() {
    for status in [302, 500] {
        let response =
            format!("HTTP/1.1 {status} No\r\nLocation: /x\r\nContent-Length: 4\r\n\r\noops");
        let server = Hostile::answering(response).await;
        for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
            match failure(&server, transport).await {
                ConnectFailure::Refused { response } => {
                    assert_eq!((response.status, &*response.body), (status, &b"oops"[..]));
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[tokio::test]
async fn an_error_whose_body_never_ends_is_still_that_error() {
    let server = Hostile::answering("HTTP/1.1 503 No\r\nContent-Length: 400\r\n\r\noops").await;
    match failure(&server, TransportChoice::WebSocket).await {
        ConnectFailure::Refused { response } => {
            assert_eq!((response.status, &*response.body), (503, &b"oops"[..]));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn bodies_stop_at_the_limit() {
    for server in [
        Hostile::endless(b"HTTP/1.1 200 OK\r\n\r\n", b"xxxxxxxxxxxxxxxx").await,
        Hostile::answering("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n").await,
        Hostile::endless(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"10\r\nxxxxxxxxxxxxxxxx\r\n",
        )
        .await,
    ] {
        let failure = failure(&server, TransportChoice::Polling).await;
        assert_eq!(
            failure.to_string(),
            "HTTP response body exceeds 100000 bytes"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_reported() {
    let server =
        Hostile::answering_then_closing("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0{}").await;
    let failure = failure(&server, TransportChoice::Polling).await;
    assert_eq!(
        failure.to_string(),
        "connection ended while awaiting rest of the HTTP response; received 3 bytes: \"0{}\""
    );
}

#[tokio::test]
async fn a_wrong_accept_key_is_refused() {
    let server = Hostile::answering(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: bm8=\r\n\r\n",
    )
    .await;
    let failure = failure(&server, TransportChoice::WebSocket).await;
    assert!(
        matches!(&failure, ConnectFailure::Handshake { response, .. } if response.status == 101),
        "{failure}"
    );
}

#[tokio::test]
async fn an_invalid_open_packet_over_websocket_is_reported() {
    let cases: [(&'static [u8], &str); 6] = [
        (b"", "no open packet within 300 ms; received nothing"),
        (
            b"\x81\x7e",
            "no open packet within 300 ms; received 2 bytes: \"\\x81~\"",
        ),
        (
            b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
            "received more than sockspec accepts: frame of 9223372036854775807 bytes exceeds the limit of 100000",
        ),
        (
            b"\x88\x06\x03\xf0nope",
            "connection ended while awaiting open packet; received a close frame with code 1008 \"nope\"",
        ),
        (
            b"\x81\x0240",
            "open packet is wrong: open packet's field type is '4', expected '0'",
        ),
        (
            b"\x81\x030[]",
            "open packet is wrong: open packet's data is not a JSON object",
        ),
    ];
    for (frames, words) in cases {
        let server = switching(frames).await;
        let failure = failure(&server, TransportChoice::WebSocket).await;
        assert_eq!(failure.to_string(), words);
    }
}

#[tokio::test]
async fn an_invalid_open_packet_over_polling_is_reported() {
    for body in ["", "<html>", "1", "0[]"] {
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let server = Hostile::answering(response).await;
        let failure = failure(&server, TransportChoice::Polling).await;
        assert!(
            matches!(failure, ConnectFailure::OpenPacket { .. }),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_is_reported_as_such() {
    for server in [
        Hostile::new(hold).await,
        Hostile::new(|mut stream| async move {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            hold(stream).await;
        })
        .await,
    ] {
        let mut server = server;
        server.endpoint.url.set_scheme("https").unwrap();
        let failure = failure(&server, TransportChoice::WebSocket).await;
        assert!(
            matches!(
                &failure,
                ConnectFailure::Tls { .. }
                    | ConnectFailure::TimedOut {
                        awaited: "TLS handshake",
                        ..
                    }
            ),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_listener_that_never_accepts_is_a_timeout() {
    // The kernel completes the connection, but the program never accepts it, as if it hung.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_, mut endpoint) = listen().await;
    let port = listener.local_addr().unwrap().port();
    endpoint.url.set_port(Some(port)).unwrap();
    let failure = Connection::open(&endpoint, fast_options())
        .await
        .unwrap_err();
    assert!(
        matches!(failure, ConnectFailure::TimedOut { .. }),
        "{failure}"
    );
}
