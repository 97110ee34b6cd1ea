//! A chat with its own names of events and fields.

use serde_json::{Value, json};

use super::hub::{Hub, Request, Wire};

/// The way in which the chat returns results.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Results {
    Acknowledged,
    /// As messages without an envelope.
    Bare,
    Both,
    Sent,
}

/// What the chat does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mistake {
    /// A message to a room also reaches its sender.
    EchoesToSender,
    /// A client that leaves a room stays in the room.
    IgnoresLeave,
    /// The result of a request says that the request failed.
    ReportsFailure,
    /// The result of a request never comes.
    ReturnsNothing,
}

/// The settings of a chat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chat {
    pub(super) wire: Wire,
    pub(super) results: Results,
    pub(super) mistake: Option<Mistake>,
}

impl Chat {
    /// Handles a request of a client.
    pub(super) fn handle(self, hub: &mut Hub, request: &Request) {
        let text = |key: &str| request.data[key].as_str().map(str::to_owned);
        let room = text("roomId");
        match (request.event.as_str(), room) {
            ("room:join", Some(room)) => {
                hub.join(request.client, &room);
                self.succeed(
                    hub,
                    request,
                    "room:joined",
                    json!({ "ok": true, "roomId": room }),
                );
            }
            ("room:leave", Some(room)) => {
                if self.mistake != Some(Mistake::IgnoresLeave) {
                    hub.leave(request.client, &room);
                }
                self.succeed(
                    hub,
                    request,
                    "room:left",
                    json!({ "ok": true, "roomId": room }),
                );
            }
            ("room:say", Some(room)) => {
                let said = json!({
                    "roomId": room,
                    "message": request.data["message"],
                    "by": format!("socket-{:08}", request.client),
                });
                for member in hub.members(&room) {
                    if member != request.client || self.mistake == Some(Mistake::EchoesToSender) {
                        hub.emit(member, "room:said", &said);
                    }
                }
                self.succeed(hub, request, "room:sent", json!({ "ok": true }));
            }
            ("room:count", Some(room)) => {
                let count = hub.members(&room).len();
                self.succeed(
                    hub,
                    request,
                    "room:counted",
                    json!({ "ok": true, "number": count }),
                );
            }
            ("room:join" | "room:leave" | "room:say" | "room:count", None) => {
                let details = json!({ "id": "E_ROOM", "name": "roomId" }).to_string();
                let reason = "roomId must be a string";
                let refused = json!({ "ok": false, "reason": reason, "details": details });
                self.reply(hub, request, "room:refused", &refused);
            }
            ("ping", _) => hub.emit(request.client, "pong", &json!({})),
            ("echo", _) => self.reply(hub, request, "echo", &request.data.clone()),
            _ => {}
        }
    }

    fn succeed(self, hub: &Hub, request: &Request, event: &str, result: Value) {
        match self.mistake {
            Some(Mistake::ReturnsNothing) => {}
            Some(Mistake::ReportsFailure) => {
                let failure = json!({ "ok": false, "reason": "the database is down" });
                self.reply(hub, request, event, &failure);
            }
            Some(Mistake::EchoesToSender | Mistake::IgnoresLeave) | None => {
                self.reply(hub, request, event, &result);
            }
        }
    }

    fn reply(self, hub: &Hub, request: &Request, event: &str, result: &Value) {
        if matches!(self.results, Results::Acknowledged | Results::Both) {
            hub.acknowledge(request, result);
        }
        if self.results == Results::Bare {
            hub.send_value(request.client, result);
        }
        if matches!(self.results, Results::Sent | Results::Both) {
            hub.emit(request.client, event, result);
        }
    }
}
