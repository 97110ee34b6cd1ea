//! `disconnect`: leave a namespace, or end the connection.

use std::sync::Arc;

use super::links::open_link;
use crate::{
    client::{DropHow, Layer},
    clock,
    runner::{
        clients::Link,
        findings::{Obstacle, StepResult},
        play::attempt::Attempt,
    },
    scenario::{Disconnect, DisconnectHow, Step},
    text::humanize,
    wire::socket_io::Packet,
};

pub(super) async fn perform(
    attempt: &Attempt<'_>,
    step: &Step,
    disconnect: &Disconnect,
) -> StepResult {
    let limit = attempt.limit(step)?;
    for client in attempt.actors(step) {
        // The server may end a bare TCP connection at any time, for example after an HTTP response. The connection has
        // then ended already, as this step requires.
        let ended = |link: Arc<Link>| link.layer == Layer::Tcp && link.has_ended();
        if disconnect.how != DisconnectHow::Leave && client.link().is_some_and(ended) {
            continue;
        }
        let link = open_link(&client)?;
        attempt.note_other_cause();
        let namespace = match &disconnect.namespace {
            Some(template) => attempt.namespace(template)?,
            None => client.state().namespace.clone(),
        };
        let how = match disconnect.how {
            // A plain WebSocket has no namespaces: a client leaves by ending its connection.
            DisconnectHow::Leave if link.envelopes.is_some() => {
                link.state().requests.expect_end();
                DropHow::Close
            }
            DisconnectHow::Leave => {
                link.connection.send(&Packet::Disconnect {
                    namespace: namespace.clone(),
                });
                link.state().joined.remove(&namespace);
                attempt.note_sent(&client);
                continue;
            }
            DisconnectHow::Close => DropHow::Close,
            DisconnectHow::Drop => DropHow::Drop,
            DisconnectHow::Half => {
                link.connection.half_close();
                continue;
            }
            DisconnectHow::Reset => DropHow::Reset,
        };
        if clock::within(limit, link.connection.end(how))
            .await
            .is_err()
        {
            let sentence = format!(
                "{}'s connection was still open {} after the client had ended it.",
                client.spec.name,
                humanize::limit(limit)
            );
            return Err(Obstacle::new(sentence).unjudged());
        }
    }
    Ok(())
}
