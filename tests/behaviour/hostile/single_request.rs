//! Tests of single HTTP requests to hostile servers.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use sockspec::client::{HttpFailure, HttpRequest, HttpResponse, request};

use super::{Hostile, SHORT, small};

async fn ask(server: &Hostile, method: &str) -> Result<HttpResponse, HttpFailure> {
    let asked = HttpRequest {
        method: method.to_owned(),
        target: "/".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    request(&server.endpoint, asked, SHORT, small()).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_gzip(body: &[u8]) -> Vec<u8> {
    let mut response = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend_from_slice(body);
    response
}

#[tokio::test]
async fn bodies_end_where_their_framing_says() {
    for response in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\nContent-Length: 5\n\nhello",
        &with_gzip(&gzip(b"hello")),
    ] {
        let server = Hostile::answering(response).await;
        assert_eq!(ask(&server, "GET").await.unwrap().body, "hello");
    }
    let server = Hostile::answering_then_closing("HTTP/1.1 200 OK\r\n\r\nhello").await;
    assert_eq!(ask(&server, "GET").await.unwrap().body, "hello");
    let server = Hostile::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(ask(&server, "HEAD").await.unwrap().body, "");
}

#[tokio::test]
async fn after_a_101_the_body_holds_the_bytes_that_follow_at_once() {
    let server = Hostile::answering("HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n\u{1}hi").await;
    let response = ask(&server, "GET").await.unwrap();
    assert_eq!((response.status, &*response.body), (101, &b"\x01hi"[..]));
    let server = Hostile::answering("HTTP/1.1 101 Up\r\n\r\n").await;
    assert_eq!(ask(&server, "GET").await.unwrap().body, "");
}

#[tokio::test]
async fn failures_show_the_received_bytes() {
    let cases = [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n"[..],
            "expected Content-Length that is a number, received 4 bytes: \"nine\"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "expected size of a chunk, received 2 bytes: \"zz\"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour",
            "no rest of the HTTP response within 300 ms; received nothing",
        ),
        (
            &with_gzip(&gzip(&vec![0; 200_000])),
            "HTTP response body exceeds 100000 bytes",
        ),
        (
            &with_gzip(b"no gzip"),
            "expected HTTP body in the coding that Content-Encoding names, received 7 bytes: \"no gzip\"",
        ),
    ];
    for (response, words) in cases {
        let server = Hostile::answering(response).await;
        assert_eq!(ask(&server, "GET").await.unwrap_err().to_string(), words);
    }
}
