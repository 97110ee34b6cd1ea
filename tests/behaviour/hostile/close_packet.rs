//! Tests with servers that end a session with an Engine.IO close packet.

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};

const SCENARIO: &str = "topic: Close packets
scenarios:
- id: close-packet/silence
  title: The server sends nothing before the end
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
  - closed: {}
    as: visitor
  - receive: nothing
    as: visitor
";

/// Runs the scenario against a server that sends `packet`, then a close frame.
async fn run(packet: &'static str, expected: Exit) -> String {
    let bytes = [text_frames(&[OPEN, packet]), vec![0x88, 0]].concat();
    let server = Hostile::sending(bytes).await;
    let manifest = "provides: [websocket, events]\n";
    server
        .run_scenarios(manifest, SCENARIO, expected)
        .await
        .out()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_packet_does_not_count_as_an_answer() {
    run("1", Exit::Conformant).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_packet_before_the_end_counts_as_an_answer() {
    for packet in ["41", "1{\"why\":\"bye\"}", "0{}", "5"] {
        let text = run(packet, Exit::NotConformant).await;
        assert!(
            text.contains(&format!(
                "visitor received the packet {packet} where the server has to send nothing"
            )),
            "{packet}: {text}"
        );
    }
}
