//! Tests of what a failure says about the traffic that came instead of what a step awaited.

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};

const CONNECTED: &str = r#"40{"sid":"ijklmnop"}"#;

/// Runs a scenario with these steps against a server that sends these packets on each connection and keeps the
/// connection open. Returns the output.
async fn failed(packets: &[&str], steps: &str) -> String {
    let packets = [&[OPEN, CONNECTED], packets].concat();
    let server = Hostile::sending(text_frames(&packets)).await;
    let scenario = format!(
        "topic: What came instead
scenarios:
- id: instead/awaited
  title: What the step awaits does not come
  why: A test.
  level: must
  clients: [visitor]
  steps:
{steps}"
    );
    let manifest = "provides: [websocket, events, socket-io]\n";
    let ended = server
        .run_scenarios(manifest, scenario, Exit::NotConformant)
        .await;
    ended.out()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_packet_ends_a_short_wait_although_the_stream_stays_open() {
    let steps = "  - { expect: news, as: visitor, within: 300ms }\n";
    let text = failed(&["1"], steps).await;
    assert!(
        text.contains("visitor's connection ended before it received `news`."),
        "{text}"
    );
    assert!(
        text.contains("the connection ended with an Engine.IO close packet"),
        "{text}"
    );
    let trace = text.lines().find(|line| line.ends_with("← 1"));
    assert!(trace.is_some(), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_packet_that_never_came_is_not_called_another_one_with_wrong_content() {
    let steps = "  - { open: websocket, as: visitor }\n  - { receive: '42[\"awaited\"]', as: visitor, order: any, within: 300ms }\n";
    let others = [
        r#"42["first"]"#,
        r#"42["second"]"#,
        r#"42["away"]"#,
        r#"42["third"]"#,
        r#"42["4"]"#,
        r#"42["5"]"#,
        r#"42["6"]"#,
    ];
    let text = failed(&others, steps).await;
    assert!(
        text.contains(r#"visitor did not receive the packet "42[\"awaited\"]" within 300 ms; it received 42["away"] and more."#),
        "{text}"
    );
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter_map(|line| line.strip_prefix("+ ")).collect();
    assert_eq!(
        lines,
        [
            r#"42["away"]"#,
            r#"42["6"]"#,
            r#"42["5"]"#,
            r#"42["4"]"#,
            r#"42["third"]"#,
            "… and 3 more"
        ],
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_messages_of_the_same_name_are_told_apart_by_their_content() {
    let steps = "  - { expect: news, as: visitor, with: { n: 2 }, order: strict }\n";
    let text = failed(&[r#"42["news",{"n":1}]"#, r#"42["news",{"n":2}]"#], steps).await;
    assert!(
        text.contains(
            r#"visitor received another `news`, [{"n":1}], before the expected news {"n":2}."#
        ),
        "{text}"
    );
}
