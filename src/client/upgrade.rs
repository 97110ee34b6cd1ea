//! The upgrade from long-polling to WebSocket (Engine.IO v4, "Upgrade").

use super::{
    ConnectFailure, Ended, Endpoint, Options,
    polling::Polling,
    recorder::Recorder,
    session::{Revision, Session},
    wait::Wait,
    websocket::Websocket,
};
use crate::wire::{
    engine_io::{Packet, PacketType},
    websocket::Message,
};

/// Upgrades a polling session: opens a WebSocket and probes it while polling continues, then moves the session to the
/// WebSocket.
///
/// No packet is lost or reordered: the client reads the response of the pending poll before it sends the upgrade
/// packet, and the server uses the WebSocket only after the upgrade packet.
pub(super) async fn upgrade(
    endpoint: &Endpoint,
    options: &Options,
    mut polling: Polling,
) -> Result<(Websocket, Session), ConnectFailure> {
    let Some(handshake) = polling.handshake().cloned() else {
        return Err(failed(
            "the client joined a session that exists already, and only a new session is upgraded",
        ));
    };
    if !handshake.upgrades.iter().any(|name| name == "websocket") {
        return Err(failed(format!(
            "the open packet lists the upgrades {:?}",
            handshake.upgrades
        )));
    }
    // A load balancer may need the session's cookie to route the WebSocket to the same server.
    let options = &Options {
        headers: polling.headers().to_vec(),
        ..options.clone()
    };
    polling.stop_at_noop();
    let mut recorder = polling.recorder().for_same_journal();
    let mut websocket = {
        let probe = probe(endpoint, options, &handshake.sid, &mut recorder);
        tokio::pin!(probe);
        loop {
            tokio::select! {
                biased;
                websocket = &mut probe => break websocket.map_err(probe_failed)?,
                step = polling.step() => {
                    step.map_err(|ended| polling_ended(&polling, "during the probe", &ended))?
                }
            }
        }
    };
    polling.pause();
    let wait = Wait::new(
        "answer to the pending poll after the probe",
        options.deadline,
    );
    while polling.is_busy() {
        wait.bound(polling.step())
            .await
            .map_err(probe_failed)?
            .map_err(|ended| polling_ended(&polling, "before the upgrade", &ended))?;
    }
    let mut session = polling.into_session();
    let packet = Packet::text(PacketType::Upgrade, "");
    session.recorder.tick();
    websocket.send_packet(&mut session.recorder, &packet, session.revision);
    websocket.flush().await;
    Ok((websocket, session))
}

/// Opens a WebSocket for the session and sends the probe `2probe`; the server has to answer `3probe`.
async fn probe(
    endpoint: &Endpoint,
    options: &Options,
    sid: &str,
    recorder: &mut Recorder,
) -> Result<Websocket, ConnectFailure> {
    let mut websocket = Websocket::open(endpoint, options, Some(sid), recorder).await?;
    let ping = Packet::text(PacketType::Ping, "probe");
    websocket.send_packet(recorder, &ping, Revision::Four);
    let wait = Wait::new("3probe", options.deadline);
    let answer = websocket.await_message(recorder, wait).await?;
    let pong = Packet::text(PacketType::Pong, "probe");
    match &answer {
        Message::Text(text) if *text == pong.encode_text() => {
            recorder.record(super::What::Packet(pong), text.len());
            // A journal over its limits is no error here, because the caller checks the limits again.
            let _ = recorder.flush();
            Ok(websocket)
        }
        Message::Text(text) => Err(failed(format!(
            "expected \"3probe\", received {:?}",
            &**text
        ))),
        Message::Binary(bytes) => Err(failed(format!(
            "expected \"3probe\", received a binary message of {} bytes",
            bytes.len()
        ))),
        Message::Close(_) | Message::Ping(_) | Message::Pong(_) => {
            unreachable!("`await_message` returns only text and binary messages")
        }
    }
}

/// Returns the failure of an upgrade whose probe failed with `failure`. Returns `failure` unchanged if it says nothing
/// about the server, for example if a limit of sockspec was exceeded.
fn probe_failed(failure: ConnectFailure) -> ConnectFailure {
    if failure.is_ours() {
        failure
    } else if let ConnectFailure::Upgrade { .. } = failure {
        failure
    } else {
        failed(failure.to_string())
    }
}

/// Returns the failure of an upgrade whose polling session ended.
fn polling_ended(polling: &Polling, when: &str, ended: &Ended) -> ConnectFailure {
    match polling.recorder().exceeded() {
        Some(limit) => ConnectFailure::TooMuch {
            limit: limit.clone(),
        },
        None if ended.reason.is_empty() => failed(format!("polling ended {when}")),
        None => failed(format!("polling ended {when}: {}", ended.reason)),
    }
}

fn failed(detail: impl Into<String>) -> ConnectFailure {
    ConnectFailure::Upgrade {
        detail: detail.into(),
    }
}
