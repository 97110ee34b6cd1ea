//! How many file descriptors scenarios need, so that no more of them run at once than the limit on open files allows.

use super::{host::Host, plan::Item};
use crate::scenario::{ClientSpec, Transport};

/// The file descriptors that the runner needs besides connections: standard streams, timers, pipes of processes,
/// listeners, reports.
const RESERVED: usize = 48;

/// The connections of a scenario besides those of its clients: the bystander, a newcomer, an HTTP request.
const EXTRA: usize = 3;

/// Returns the number of file descriptors for connections, from the limit of this process.
pub(super) fn for_connections(limit: usize) -> usize {
    // A server may close its end of a connection a moment after the scenario has ended.
    limit.saturating_sub(RESERVED) * 9 / 10
}

/// Returns the number of file descriptors that an item needs at most, as far as its clients show it.
pub(super) fn needed(item: &Item, host: &Host) -> usize {
    let clients = item.scenario.clients.iter();
    let connections: usize = clients
        .map(|client| connections(client, item.transport))
        .sum();
    let ends = match host {
        // The server's ends are open in this process too.
        Host::Embedded(_) => 2,
        Host::Launched | Host::Running => 1,
    };
    (connections + EXTRA) * ends
}

/// Returns the number of connections that a client has open at once.
fn connections(client: &ClientSpec, usual: Transport) -> usize {
    // A client that opens its connections by hand uses one at a time; those that poll also send.
    if !client.connect {
        return 1;
    }
    match client.options.transport.unwrap_or(usual) {
        Transport::WebSocket => 1,
        Transport::Polling | Transport::Upgrade => 2,
    }
}
