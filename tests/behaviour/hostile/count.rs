//! A test of the time for several events of one step.

use std::time::Duration;

use sockspec::cli::Exit;
use tokio::io::AsyncWriteExt;

use super::{Hostile, OPEN, hold, opening::switch, text_frames};

/// The server sends an event every 200 ms. Each event alone is in time, all six together are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_is_the_time_for_all_events_of_a_step() {
    let server = Hostile::new(|mut stream| async move {
        switch(&mut stream).await;
        let start = text_frames(&[OPEN, r#"40{"sid":"ijklmnop"}"#]);
        let _ = stream.write_all(&start).await;
        for number in 1..=6 {
            let tick = format!(r#"42["tick",{number}]"#);
            let _ = stream.write_all(&text_frames(&[tick.as_str()])).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        hold(stream).await;
    })
    .await;
    let scenario = |within: &str| {
        format!(
            "scenarios:\n- id: clock/ticks\n  title: Ticks come\n  why: A test.\n  clients: [alice]\n  steps:\n  \
             - expect: tick\n    as: alice\n    with: <number>\n    count: 6\n    within: {within}\n"
        )
    };
    let manifest = "provides: [websocket, events]\n";
    server
        .run_scenarios(manifest, scenario("500ms"), Exit::NotConformant)
        .await
        .stdout_has(" of 6) within 500 ms.");
    server
        .run_scenarios(manifest, scenario("30s"), Exit::Conformant)
        .await;
}
