//! Tests with small gateways that are no contract application: each is right, or has one stated mistake.

mod chat;
mod envelopes;
mod hub;
mod replies;

use sockspec::cli::Exit;

use self::{chat::Chat, hub::serve};
use crate::support::{Finished, Test};

/// Runs shipped scenarios against a chat. `manifest` is what the manifest says besides the name and the address.
async fn run_scenarios(chat: Chat, manifest: &str, patterns: &[&str], expected: Exit) -> Finished {
    let server = serve(chat).await;
    let test = Test::new()
        .file(
            "chat.yaml",
            format!("name: chat\nurl: {}\n{manifest}", server.url),
        )
        .args(["run", "--target", "chat.yaml"])
        .args(patterns.iter().copied());
    tokio::task::spawn_blocking(move || test.status(expected))
        .await
        .unwrap()
}

/// Returns the number of scenarios that passed, from the last line of a report.
fn passed(finished: &Finished) -> usize {
    let out = finished.out();
    let summary = out.lines().rfind(|line| line.contains(" ok"));
    let summary = summary.unwrap_or_else(|| panic!("no summary in\n{out}"));
    summary.split(' ').next().unwrap().parse().unwrap()
}
