//! Tests of the program as a whole. They are one binary, so that they are linked only once.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on ends at the place that says why"
)]

mod check;
mod cli;
mod client;
mod commands;
mod coverage;
mod docs;
mod explain;
mod foreign;
mod gateways;
mod guide;
mod hostile;
mod init;
mod list;
mod matrix;
mod plain;
mod polling;
mod probe;
#[cfg(target_os = "linux")]
mod processes;
mod prove;
mod readme;
mod records;
mod reference;
mod review;
mod run;
mod secrets;
mod serve;
mod server;
#[cfg(target_os = "linux")]
mod signals;
mod snapshots;
mod strangers;
mod support;
mod targets;
mod tls;
mod transports;
mod ways_in;
