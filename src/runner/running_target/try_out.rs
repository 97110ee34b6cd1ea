//! Lets one client enter a server that has just started.

use futures_util::future::try_join_all;

use super::live_target::LiveTarget;
use crate::{
    client::DropHow,
    runner::{
        play::{attempt::Attempt, unique::Unique},
        settings::Settings,
        steps,
    },
    scenario::Transport,
    targets::Speaks,
};

/// Lets one client enter a server that has just started. Returns what went wrong, so that the run ends with one message
/// and not with one error for each scenario.
pub(super) async fn try_out(live: &LiveTarget, settings: &Settings) -> Result<(), String> {
    let Some(enter) = &live.manifest.way_in.enter else {
        return Ok(());
    };
    let provides = |transport: &Transport| live.manifest.provides.contains(transport.name());
    let mut transports = settings.transports.iter().copied();
    let transport = transports.find(provides).unwrap_or(Transport::WebSocket);
    let attempt = Attempt::new(
        &enter.after,
        live,
        transport,
        Unique::of_entrance(),
        steps::perform,
    );
    let entered = match live.manifest.dialect.speaks {
        Speaks::SocketIo => steps::connect::declared_clients(&attempt).await,
        Speaks::EngineIo | Speaks::WebSocket => {
            let clients = attempt.declared.all().iter();
            try_join_all(clients.map(|client| steps::connect::bystander(&attempt, client)))
                .await
                .map(drop)
        }
    };
    for link in attempt.clients().flat_map(|client| client.links()) {
        link.connection.end(DropHow::Close).await;
    }
    entered.map_err(|stop| stop.into_detail().sentence)
}
