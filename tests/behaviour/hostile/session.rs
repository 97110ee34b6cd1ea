//! Tests of open connections to hostile servers.

use sockspec::client::{Connection, Ended, EndedHow, Layer, Options, What};
use tokio::io::AsyncWriteExt;

use super::{Hostile, fast_options, hold, opening::switch};
use crate::server::{await_in, ended};

/// What the server does after it has sent its frames.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Close,
    Hold,
    Repeat,
    Reset,
}

/// Opens a plain WebSocket to a server that sends `frames`. Returns the end of the connection and the broken rules.
async fn outcome(frames: &'static [u8], then: Then) -> (Ended, Vec<String>) {
    let server = Hostile::new(move |mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(frames).await;
        match then {
            Then::Close => {
                // Sends a FIN first. A close alone would reset the connection if bytes of the client are unread.
                let _ = stream.shutdown().await;
                hold(stream).await;
            }
            Then::Hold => hold(stream).await,
            Then::Repeat => while stream.write_all(frames).await.is_ok() {},
            Then::Reset => stream.set_zero_linger().unwrap(),
        }
    })
    .await;
    let options = Options {
        layer: Layer::WebSocket,
        ..fast_options()
    };
    let connection = Connection::open(&server.endpoint, options).await.unwrap();
    let ended = await_in(connection.journal(), ended).await;
    let rules = connection
        .journal()
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Illegal { illegal, .. } => Some(illegal.to_string()),
            _ => None,
        })
        .collect();
    (ended, rules)
}

#[tokio::test]
async fn the_stream_ends_between_frames() {
    let (ended, rules) = outcome(b"\x81\x01a", Then::Close).await;
    assert_eq!((ended.how, ended.by_us), (EndedHow::Eof, false));
    assert!(rules.is_empty(), "{rules:?}");
}

#[tokio::test]
async fn the_stream_ends_inside_a_frame() {
    let (ended, rules) = outcome(b"\x81\x05a", Then::Close).await;
    assert_eq!(ended.how, EndedHow::Eof);
    assert_eq!(rules, ["stream ended inside a frame"]);
}

#[tokio::test]
async fn the_stream_is_reset() {
    let (ended, _) = outcome(b"", Then::Reset).await;
    assert_eq!((ended.how, ended.by_us), (EndedHow::Reset, false));
}

#[tokio::test]
async fn frames_that_no_server_may_send() {
    let cases: [(&'static [u8], &str); 6] = [
        (b"\x81\x81\0\0\0\0a", "frame from the server is masked"),
        (
            b"\xc1\x01a",
            "reserved bits 0b100 are set without an extension that uses them",
        ),
        (b"\x83\x01a", "opcode 0x3 is reserved"),
        (
            b"\x80\x01a",
            "continuation frame without an unfinished message",
        ),
        (b"\x81\x01\xff", "text is not UTF-8"),
        (b"\x09\x00", "control frame is fragmented"),
    ];
    for (frames, rule) in cases {
        let (ended, rules) = outcome(frames, Then::Hold).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::GivenUp, true));
        assert_eq!(ended.reason, rule);
        assert_eq!(rules, [rule]);
    }
}

#[tokio::test]
async fn a_frame_that_is_too_large_for_this_side_breaks_no_rule() {
    let frame = b"\x81\x7f\x00\x00\x00\x00\x7f\xff\xff\xff";
    let (ended, rules) = outcome(frame, Then::Hold).await;
    assert_eq!((ended.how, ended.by_us), (EndedHow::GivenUp, true));
    assert_eq!(
        ended.reason,
        "frame of 2147483647 bytes exceeds the limit of 100000"
    );
    assert!(rules.is_empty(), "{rules:?}");
}

#[tokio::test]
async fn an_illegal_close_frame_still_ends_the_connection() {
    let (ended, rules) = outcome(b"\x88\x02\x03\xed", Then::Close).await;
    assert_eq!((ended.how, ended.by_us), (EndedHow::CloseFrame, false));
    assert_eq!(ended.code.unwrap().0, 1005);
    assert_eq!(rules, ["close code 1005 is not allowed in a close frame"]);
}

#[tokio::test]
async fn data_after_the_close_frame() {
    let (ended, rules) = outcome(b"\x88\x02\x03\xe8\x81\x01a", Then::Close).await;
    assert_eq!(ended.how, EndedHow::CloseFrame);
    assert_eq!(rules, ["data after the close frame"]);
}

#[tokio::test]
async fn a_close_frame_is_the_end_whatever_data_follows() {
    for frames in [
        &b"\x88\x02\x03\xe8HTTP/1.1 200 OK\r\n\r\n"[..],
        b"\x88\x02\x03\xe8\x8c\x01a",
        b"\x88\x02\x03\xe8\x81\x01a\x81\x7f\xff",
        b"\x88\x02\x03\xe8\x81\x01\xff\x00",
    ] {
        let (ended, rules) = outcome(frames, Then::Close).await;
        assert_eq!((ended.how, ended.by_us), (EndedHow::CloseFrame, false));
        assert_eq!(ended.code.unwrap().0, 1000);
        assert_eq!(rules, ["data after the close frame"]);
    }
}

#[tokio::test]
async fn a_close_frame_and_a_stream_that_stays_open() {
    let (ended, _) = outcome(b"\x88\x02\x03\xe8", Then::Hold).await;
    assert_eq!((ended.how, ended.by_us), (EndedHow::CloseFrame, false));
}

#[tokio::test]
async fn a_flood_of_pings() {
    let (ended, _) = outcome(b"\x89\x01a\x89\x01b\x89\x01c", Then::Repeat).await;
    assert_eq!(ended.how, EndedHow::GivenUp);
    assert_eq!(
        ended.reason,
        "the journal of the connection exceeds 1000 entries"
    );
}

#[tokio::test]
async fn a_message_of_endless_fragments() {
    // Only the first frame of a message may be a text frame, so the further fragments are empty continuation frames.
    let server = Hostile::new(|mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(b"\x01\x01a").await;
        while stream.write_all(&[0x00, 0x7d]).await.is_ok()
            && stream.write_all(&[b'x'; 0x7d]).await.is_ok()
        {}
    })
    .await;
    let connection = Connection::open(
        &server.endpoint,
        Options {
            layer: Layer::WebSocket,
            ..fast_options()
        },
    )
    .await
    .unwrap();
    let ended = await_in(connection.journal(), ended).await;
    assert_eq!(ended.how, EndedHow::GivenUp);
    assert_eq!(ended.reason, "message exceeds the limit of 100000 bytes");
}
