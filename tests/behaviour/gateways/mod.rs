//! Tests with small gateways that are no contract application: each is right, or has one stated mistake.

mod chat;
mod envelopes;
mod hub;
mod replies;

use sockspec::cli::Exit;

use self::{
    chat::{Chat, Mistake},
    hub::serve,
};
use crate::support::{Finished, Test};

/// Each mistake of the chat, a scenario that finds it, and what the failure says.
const MISTAKES: [(Mistake, &str, &str); 3] = [
    (
        Mistake::EchoesToSender,
        "rooms/to-excludes-sender",
        "sender received its own `room-message`",
    ),
    (
        Mistake::IgnoresLeave,
        "rooms/leave-stops-delivery",
        "leaver received `room-message`",
    ),
    (
        Mistake::ReportsFailure,
        "rooms/joined-when-acknowledged",
        "The server refused sender's `join-room` (the database is down); it has to accept it.",
    ),
];

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
