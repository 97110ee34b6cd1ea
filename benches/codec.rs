//! Measures the speed of the codecs: `cargo bench --bench codec`.
//!
//! Prints the measured numbers. Sets no limits, because machines differ. Each message counts as one operation,
//! whatever its size.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use sockspec::{
    data::Data,
    wire::{
        engine_io,
        socket_io::{self, AckId, Decoder, Limits},
        websocket::{Frame, MessageAssembler, Role},
    },
};

/// The duration of each measurement, long enough that reading the clock does not affect the result.
const SPAN: Duration = Duration::from_millis(400);

/// The number of operations between two readings of the clock.
const BATCH: u32 = 100;

fn main() {
    let event = socket_io::Packet::Event {
        namespace: "/chat".to_owned(),
        id: Some(AckId(7)),
        name: "room-message".to_owned(),
        args: vec![Data::object([
            ("room", Data::from("lobby")),
            (
                "text",
                Data::from("a line of a conversation, as long as most are"),
            ),
            ("at", Data::from(1_700_000_000_000_u64)),
            ("tags", Data::Array(vec![Data::from("a"), Data::Bool(true)])),
        ])],
    };
    let text = socket_io::encode(&event).text;
    measure("event encode", || socket_io::encode(black_box(&event)));
    measure("event decode", || {
        Decoder::new(LIMITS).text(black_box(&text))
    });

    let packet = engine_io::Packet::text(engine_io::PacketType::Message, text);
    let framed = packet.encode_text();
    measure("Engine.IO packet encode", || {
        black_box(&packet).encode_text()
    });
    measure("Engine.IO packet decode", || {
        engine_io::Packet::decode_text(black_box(framed.clone()))
    });
    let payload = engine_io::encode_payload(&vec![packet; 10]);
    measure("payload of 10 decode", || {
        engine_io::decode_payload(black_box(&payload), 10)
    });

    for size in [16, 1_000, 100_000] {
        let frame = Frame {
            mask: Some([1, 2, 3, 4]),
            ..Frame::binary(vec![b'x'; size])
        };
        let mut bytes = BytesMut::new();
        frame.encode(&mut bytes);
        let bytes = bytes.freeze();
        let mut out = BytesMut::new();
        measure(&format!("frame of {size} B encode, masked"), || {
            out.clear();
            black_box(&frame).encode(&mut out);
        });
        let mut buffer = BytesMut::new();
        let mut assembler = MessageAssembler::new(Role::Server, 1_000_000, None);
        measure(&format!("frame of {size} B to message, masked"), || {
            buffer.extend_from_slice(black_box(&bytes));
            let frame = Frame::decode(&mut buffer, 1_000_000).ok().flatten();
            frame.map(|frame| assembler.push(frame))
        });
    }

    // Measures everything that one received event costs, from the read buffer to the decoded packet.
    let mut bytes = BytesMut::new();
    Frame::text(framed).encode(&mut bytes);
    let bytes = Bytes::from(bytes);
    let mut buffer = BytesMut::new();
    let mut assembler = MessageAssembler::new(Role::Client, 1_000_000, None);
    let mut decoder = Decoder::new(LIMITS);
    measure("event, frame to packet", || {
        buffer.extend_from_slice(black_box(&bytes));
        received(&mut buffer, &mut assembler, &mut decoder)
    });
}

const LIMITS: Limits = Limits {
    attachments: 10,
    attachment_bytes: 1_000_000,
};

fn received(
    buffer: &mut BytesMut,
    assembler: &mut MessageAssembler,
    decoder: &mut Decoder,
) -> Option<socket_io::Packet> {
    use sockspec::wire::websocket::Message;
    let frame = Frame::decode(buffer, 1_000_000).ok()??;
    let Some(Message::Text(text)) = assembler.push(frame).ok()? else {
        return None;
    };
    let packet = engine_io::Packet::decode_text(text).ok()?;
    let engine_io::PacketData::Text(text) = packet.data else {
        return None;
    };
    decoder.text(&text).ok()?
}

/// Runs `work` repeatedly and prints how often it ran in a second.
fn measure<T>(name: &str, mut work: impl FnMut() -> T) {
    let start = Instant::now();
    let mut rounds = 0_u32;
    while start.elapsed() < SPAN {
        for _ in 0..BATCH {
            black_box(work());
        }
        rounds += BATCH;
    }
    let each = start.elapsed() / rounds;
    let per_second = f64::from(rounds) / start.elapsed().as_secs_f64();
    println!("{name:<40} {per_second:>14.0}/s {each:>12.1?}");
}
