//! Finds clients that the server ended while a claim of silence was about them. A client that is gone receives nothing
//! in any case, so its silence proves nothing.

use super::claim::{Never, Silence};
use crate::{
    client::{EndedHow, Layer, What},
    runner::{
        clients::Link,
        findings::{Finding, evidence, failure_kind::FailureKind},
    },
    scenario::ClientName,
};

/// How the server ended a client.
struct Departure {
    /// What the server did, as the beginning of a sentence: "The server closed visitor's connection".
    deed: String,
    /// What the client received.
    received: String,
}

impl Silence {
    /// Returns a finding if the server ended the connection of the claim's client, or disconnected the client from the
    /// namespace of the claim, and no step of the scenario has to do with that.
    ///
    /// For use after the last step, because a later step can expect the end of the connection.
    pub(super) fn lost_client(&self) -> Option<Finding> {
        let (namespace, silent) = match &self.never {
            Never::Event { sought, .. } => (Some(&sought.namespace), sought.name()),
            Never::Refusal => (None, "a report of a refusal".to_owned()),
            // A server may end the connection of a client in place of an answer. Connections from `open` have steps
            // for all that ends them.
            Never::Ack { .. } | Never::Frame { .. } | Never::Packet { .. } => return None,
        };
        let link = self.client.link()?;
        let is_expected = {
            let requests = &link.state().requests;
            requests.expects_end() || requests.has_any_by_hand()
        };
        if link.layer != Layer::SocketIo || is_expected {
            return None;
        }
        let name = &self.client.spec.name;
        let departure = ended(name, &link).or_else(|| disconnected(name, &link, namespace?))?;
        let finding = Finding::new(
            FailureKind::ConnectionEnded,
            format!(
                "{} while the scenario watched that {name} does not receive {silent}; a client that is gone proves \
                 nothing.",
                departure.deed
            ),
        )
        .gist(format!("{}.", departure.deed))
        .expected(format!("{name} stays connected, and does not receive {silent}"))
        .received(departure.received);
        Some(finding)
    }
}

/// Returns how the server ended a connection, if it did.
fn ended(name: &ClientName, link: &Link) -> Option<Departure> {
    let entries = link.connection.journal().entries();
    let What::Ended(ended) = &entries.last()?.what else {
        return None;
    };
    // The check of the invariants names the data on account of which sockspec gave up a connection.
    let is_by_server = !ended.by_us && ended.how != EndedHow::GivenUp;
    is_by_server.then(|| Departure {
        deed: format!("The server ended {name}'s connection"),
        received: evidence::describe_end(ended),
    })
}

/// Returns how the server disconnected a client from a namespace, if it did and the client did not join again.
fn disconnected(name: &ClientName, link: &Link, namespace: &str) -> Option<Departure> {
    let mut guard = link.state();
    let state = &mut *guard;
    let entries = link.connection.journal().entries();
    state.received.read(&entries);
    let is_gone = state.joined.contains_key(namespace) && !state.received.is_connected(namespace);
    is_gone.then(|| Departure {
        deed: format!("The server disconnected {name} from {namespace}"),
        received: format!("DISCONNECT for {namespace}"),
    })
}
