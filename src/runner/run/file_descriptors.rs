//! How many file descriptors scenarios need, so that no more of them run at once than the limit on open files allows.

use crate::{
    runner::{plan::Item, running_target::host::Host},
    scenario::{ClientSpec, Transport},
};

/// The file descriptors that the runner needs besides connections: standard streams, timers, pipes of processes,
/// listeners, reports.
const RESERVED: usize = 48;

/// The connections of a scenario besides those of its clients: the bystander, the new client of an `alive` step, and an
/// HTTP request.
const EXTRA: usize = 3;

/// The file descriptors of the reference server that an exclusive scenario gets for itself: its listener, and the
/// connections by which the runner measures its round trips.
const OWN_SERVER: usize = 5;

/// Returns the number of file descriptors for connections, from the limit of this process.
pub(super) fn for_connections(limit: usize) -> usize {
    // Keep a tenth in reserve: a server may close its end of a connection a moment after the scenario has ended, so the
    // descriptors of ended scenarios can still be in use.
    limit.saturating_sub(RESERVED) * 9 / 10
}

/// Returns how many file descriptors an item (a scenario on one transport) needs at most. This is an estimate from the
/// clients that the scenario declares.
pub(super) fn needed(item: &Item, host: &Host) -> usize {
    let clients = item.scenario.clients.iter();
    let connections: usize = clients
        .map(|client| connections(client, item.transport))
        .sum();
    let ends = match host {
        // The reference server runs in this process, so both ends of each connection need a descriptor of this process.
        Host::Embedded(_) => 2,
        Host::Launched | Host::Running => 1,
    };
    let own_server = match host {
        Host::Embedded(_) if item.scenario.exclusive => OWN_SERVER,
        Host::Embedded(_) | Host::Launched | Host::Running => 0,
    };
    (connections + EXTRA) * ends + own_server
}

/// Returns the number of connections that a client has open at once.
fn connections(client: &ClientSpec, usual: Transport) -> usize {
    // Steps open the connections of this client, one at a time. (For other clients, the number depends on the
    // transport: polling needs a second connection to send while a request waits for packets.)
    if !client.connect {
        return 1;
    }
    match client.options.transport.unwrap_or(usual) {
        Transport::WebSocket => 1,
        Transport::Polling | Transport::Upgrade => 2,
    }
}
