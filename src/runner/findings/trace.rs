//! The trace of a failure: what each client sent and received, and when.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::evidence;
use crate::{
    client::{Entry, Layer, Outgoing, What},
    runner::{
        clients::{Client, Link},
        journal::message_packet::sent_packet,
        play::attempt::Attempt,
        record::outcome::{ClientView, SeenLine},
        silence::is_invisible,
        translation::written_texts::written_texts,
    },
    scenario::visit_steps,
    targets::Bindings,
    text::{humanize, json_string},
    wire::{
        engine_io::{Packet as EnginePacket, PacketType},
        socket_io::{AckId, Packet},
        websocket::OpCode,
    },
};

/// The limit on the lines of traffic that a failure holds for one client.
const LINES: usize = 40;

/// How many of the last journal entries of one connection become lines of the trace. Earlier entries are only counted,
/// so that a flood costs little time and memory.
const ENTRIES: usize = 5_000;

/// Repeated traffic of one sort is shown as one line if it has at least this many lines.
const FOLDED_FROM: usize = 3;

/// The name under which the trace shows the requests of `http` steps, beside the names of clients. No client can have
/// it.
const HTTP_STEPS: &str = "http steps";

/// A line of a trace, and the sort of repeated traffic that it belongs to.
struct Line {
    seen: SeenLine,
    repeats: Option<Repeated>,
}

/// A sort of traffic that the trace shows as one line if it repeats.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Repeated {
    /// An event that the scenario does not name: a greeting, a presence update.
    Event(String),
    /// A ping or a pong of WebSocket or Engine.IO.
    Heartbeat,
}

/// Returns the traffic of each client that connected or tried to, and of the `http` steps, as a failure shows it.
pub(in crate::runner) fn views(attempt: &Attempt<'_>) -> Vec<ClientView> {
    last_of_each(attempt, LINES)
}

/// Returns the traffic that a record of the run keeps: like [`views`], but with all lines.
pub(in crate::runner) fn whole(attempt: &Attempt<'_>) -> Vec<ClientView> {
    last_of_each(attempt, ENTRIES)
}

/// Returns the last `limit` lines of traffic of each client, and of the `http` steps.
fn last_of_each(attempt: &Attempt<'_>, limit: usize) -> Vec<ClientView> {
    let mut views: Vec<_> = attempt
        .clients()
        .filter(|client| client.link().is_some() || !client.unopened().is_empty())
        .map(|client| view(attempt, client, limit))
        .collect();
    let requests = attempt.notes().http.clone();
    if !requests.is_empty() {
        views.push(last_lines(HTTP_STEPS.to_owned(), requests, limit));
    }
    views
}

/// Returns what one client sent and received on all its connections, and in its attempts to open one.
fn view(attempt: &Attempt<'_>, client: &Client, limit: usize) -> ClientView {
    let over = attempt.notes().over;
    let mut lines = Vec::new();
    let named = Named::of(attempt);
    let mut skipped = 0;
    for journal in client.unopened() {
        let entries = journal.entries();
        lines.extend(entries.iter().map(|entry| Line {
            seen: seen(attempt, entry, evidence::line(entry)),
            repeats: None,
        }));
    }
    for link in client.links() {
        let (fences, claimed) = {
            let state = link.state();
            (state.fences.clone(), state.received.claimed().clone())
        };
        let entries = link.connection.journal().entries();
        let first = entries.len().saturating_sub(ENTRIES);
        skipped += first;
        let shown = entries.iter().enumerate().skip(first);
        let mut has_open_packet = false;
        let shown = shown.filter(|(index, entry)| {
            let is_repeated = holds_open_packet(&link, *index, entry)
                && std::mem::replace(&mut has_open_packet, true);
            let is_hidden = is_repeated
                || evidence::belongs_to_fence(entry, &fences)
                || is_hidden_envelope(&link, entry, &fences);
            !is_hidden && over.is_none_or(|over| entry.at <= over)
        });
        lines.extend(shown.map(|(index, entry)| {
            Line {
                seen: seen(attempt, entry, evidence::line_on(&link, entry)),
                repeats: (!claimed.contains(index))
                    .then(|| repeated(&named, &link, entry))
                    .flatten(),
            }
        }));
    }
    // The sort is stable, so lines of the same time stay in the order of their journal.
    lines.sort_by_key(|line| line.seen.at);
    let mut view = last_lines(client.spec.name.to_string(), fold(lines), limit);
    view.left_out += skipped;
    view
}

/// Returns true if an entry of a connection with envelopes stands for no message, or belongs to a fence.
fn is_hidden_envelope(link: &Link, entry: &Entry, fences: &HashSet<AckId>) -> bool {
    match (&link.envelopes, &entry.what) {
        (Some(_), What::Socket(Packet::Connect { .. })) => true,
        // The journal also holds the message that carried the event.
        (None, What::Socket(_)) => link.layer == Layer::WebSocket,
        (Some(_), What::Sent(outgoing)) => {
            let sent = sent_packet(link, outgoing);
            matches!(sent, Some(Packet::Event { id: Some(id), .. }) if fences.contains(&id))
        }
        _ => false,
    }
}

fn seen(attempt: &Attempt<'_>, entry: &Entry, text: String) -> SeenLine {
    SeenLine {
        at: entry.at.saturating_duration_since(attempt.started),
        received: evidence::is_received(entry),
        text,
    }
}

/// Returns true if an entry shows the open packet of the session: the packet itself, or the frame or the response to a
/// poll that carried it. The trace shows only the first of them.
fn holds_open_packet(link: &Link, index: usize, entry: &Entry) -> bool {
    match &entry.what {
        What::Http(response) => !link.joins_session && response.body.starts_with(b"0{"),
        _ => link.is_own_open_packet(index, entry),
    }
}

/// Returns the traffic of one client. If it has more than `limit` lines, keeps only the last of them.
fn last_lines(client: String, mut lines: Vec<SeenLine>, limit: usize) -> ClientView {
    let left_out = lines.len().saturating_sub(limit);
    ClientView {
        client,
        lines: lines.split_off(left_out),
        left_out,
    }
}

/// Returns the sort of repeated traffic that an entry belongs to. `None` if the trace shows every entry of this sort.
///
/// Returns `None` for every entry of a connection that a step opened by hand, because the steps check such a connection
/// packet by packet.
/// `named` tells which events the scenario names: the trace shows each of them.
fn repeated(named: &Named<'_>, link: &Link, entry: &Entry) -> Option<Repeated> {
    if link.layer != Layer::SocketIo {
        return None;
    }
    match &entry.what {
        What::Socket(Packet::Event { name, .. }) => {
            (!named.contains(name)).then(|| Repeated::Event(name.clone()))
        }
        What::Packet(packet) => is_invisible(packet, link.eio).then_some(Repeated::Heartbeat),
        What::Frame(frame) | What::Sent(Outgoing::Frame(frame)) => {
            matches!(frame.opcode, OpCode::Ping | OpCode::Pong).then_some(Repeated::Heartbeat)
        }
        What::Sent(Outgoing::Packet(text)) => is_beat(link, text).then_some(Repeated::Heartbeat),
        What::Bytes(_)
        | What::Ended(_)
        | What::Http(_)
        | What::Illegal { .. }
        | What::Message(_)
        | What::Oversize(_)
        | What::Sent(Outgoing::Bytes(_) | Outgoing::Http { .. })
        | What::Socket(
            Packet::Ack { .. }
            | Packet::Connect { .. }
            | Packet::ConnectError { .. }
            | Packet::Disconnect { .. },
        ) => None,
    }
}

/// Returns true if a packet that sockspec sent is the client's part of the heartbeat.
fn is_beat(link: &Link, text: &str) -> bool {
    let kind = if link.eio == 3 {
        PacketType::Ping
    } else {
        PacketType::Pong
    };
    text == &*EnginePacket::text(kind, "").encode_text()
}

/// The events that a scenario names. The trace shows each of them.
struct Named<'a> {
    bindings: &'a Bindings,
    /// The events of the scenario's steps, with the names that the target uses.
    events: HashSet<String>,
    /// The packets that the scenario writes or expects as text.
    packets: Vec<String>,
}

impl<'a> Named<'a> {
    /// Returns the events that the scenario names, and the event by which the target reports refusals.
    fn of(attempt: &'a Attempt<'_>) -> Self {
        let manifest = &attempt.target.manifest;
        let bindings = &manifest.bindings;
        let scope = attempt.scope();
        let mut events: HashSet<_> = manifest.dialect.errors.event().into_iter().collect();
        let mut templates = Vec::new();
        visit_steps(&attempt.scenario.steps, &mut |step| {
            let facts = step.action.facts();
            templates.extend(facts.operation);
            templates.extend(facts.excluded.map(|(event, _)| &event.name));
            templates.extend(facts.named);
        });
        let names: Vec<_> = templates
            .iter()
            .filter_map(|name| name.render_text(&scope).ok())
            .collect();
        events.extend(names.iter().map(String::as_str));
        Self {
            bindings,
            events: events
                .into_iter()
                .map(|event| bindings.event(event).to_owned())
                .collect(),
            packets: written_texts(attempt.scenario),
        }
    }

    fn contains(&self, event: &str) -> bool {
        let bound = self.bindings.entries.iter();
        let spoken = bound.filter(|(_, binding)| binding.event == event);
        let mut names = spoken.map(|(name, _)| name.as_str()).chain([event]);
        self.events.contains(event) || names.any(|name| self.is_written(name))
    }

    /// Returns true if a packet of the scenario contains the event, as in `42["news",1]`.
    fn is_written(&self, name: &str) -> bool {
        let plain = format!("[{}", json_string(name));
        let escaped = plain.replace('"', "\\\"");
        let mut packets = self.packets.iter();
        packets.any(|packet| packet.contains(&plain) || packet.contains(&escaped))
    }
}

/// Replaces lines of repeated traffic by the first of these lines, which then says how many were left out.
///
/// The client's own packets divide the traffic: lines before and after such a packet are not joined, so that the trace
/// still shows what came before and after it.
fn fold(lines: Vec<Line>) -> Vec<SeenLine> {
    let mut folded = Vec::new();
    let mut part = Vec::new();
    for line in lines {
        let divides = !line.seen.received && line.repeats.is_none();
        if divides {
            fold_part(std::mem::take(&mut part), &mut folded);
            folded.push(line.seen);
        } else {
            part.push(line);
        }
    }
    fold_part(part, &mut folded);
    folded
}

/// Adds lines between two packets of the client to `folded`, with repeated traffic as one line each.
fn fold_part(lines: Vec<Line>, folded: &mut Vec<SeenLine>) {
    let mut repeats: HashMap<Repeated, (usize, Duration)> = HashMap::new();
    for line in &lines {
        if let Some(repeated) = &line.repeats {
            let (count, last) = repeats.entry(repeated.clone()).or_default();
            *count += 1;
            *last = line.seen.at;
        }
    }
    repeats.retain(|_, (count, _)| *count >= FOLDED_FROM);
    let mut shown = HashSet::new();
    for Line {
        mut seen,
        repeats: repeated,
    } in lines
    {
        if let Some(repeated) = repeated
            && let Some((count, last)) = repeats.get(&repeated)
        {
            if shown.contains(&repeated) {
                continue;
            }
            let more = repeated.count_of(count - 1);
            let last = humanize::offset(*last);
            seen.text = format!("{} … and {more} until {last}", seen.text);
            shown.insert(repeated);
        }
        folded.push(seen);
    }
}

impl Repeated {
    /// Returns in words how many more lines of this sort there are.
    fn count_of(&self, more: usize) -> String {
        match self {
            Self::Event(name) => format!("{more} more `{name}`"),
            Self::Heartbeat => format!("{more} more heartbeat packets"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lines_become_one() {
        let line = |at, text: &str, repeats: Option<Repeated>| Line {
            seen: SeenLine {
                at: Duration::from_millis(at),
                received: true,
                text: text.to_owned(),
            },
            repeats,
        };
        let presence = || Some(Repeated::Event("presence".to_owned()));
        let lines = vec![
            line(1, "40", None),
            line(2, r#"42["presence",1]"#, presence()),
            line(3, "2", Some(Repeated::Heartbeat)),
            line(4, r#"42["presence",2]"#, presence()),
            line(5, r#"42["news"]"#, None),
            line(6, "3", Some(Repeated::Heartbeat)),
            line(7, r#"42["presence",3]"#, presence()),
        ];
        let folded: Vec<_> = fold(lines).into_iter().map(|seen| seen.text).collect();
        insta::assert_snapshot!(folded.join("\n"), @r#"
        40
        42["presence",1] … and 2 more `presence` until +7.0 ms
        2
        42["news"]
        3
        "#);
    }

    /// Lines before and after a packet of the client are not joined.
    #[test]
    fn packets_of_the_client_divide_repeated_lines() {
        let line = |at, received, text: &str, repeats: Option<Repeated>| Line {
            seen: SeenLine {
                at: Duration::from_micros(at),
                received,
                text: text.to_owned(),
            },
            repeats,
        };
        let tick = |at| line(at, true, "tick", Some(Repeated::Event("tick".to_owned())));
        let sent = line(450, false, "42[\"go\"]", None);
        let lines = vec![tick(100), tick(200), tick(300), sent, tick(500), tick(800)];
        let folded: Vec<_> = fold(lines).into_iter().map(|seen| seen.text).collect();
        insta::assert_snapshot!(folded.join("\n"), @r#"
        tick … and 2 more `tick` until +0.3 ms
        42["go"]
        tick
        tick
        "#);
    }
}
