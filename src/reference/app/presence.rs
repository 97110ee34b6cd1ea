//! Presence: how many connected sockets a user has.

use super::exception::Failure;
use crate::{data::Data, reference::socket::Call};

/// `online`: acknowledges with the number of sockets that a user has in all namespaces.
pub(super) fn online(call: Call) -> Result<(), Failure> {
    let user = call.string("user")?;
    let server = &call.socket.session().server;
    let mut count = 0;
    for namespace in call.socket.all_namespaces() {
        let rooms = namespace.rooms();
        count += rooms
            .all()
            .filter(|socket| server.faults().counts_as(&socket.user_id(), user))
            .count();
    }
    let count = server.faults().count_online(server, user, count);
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    call.acknowledge(vec![Data::object([("count", Data::from(count))])]);
    Ok(())
}
