//! Verbs about connections and requests: `connect`, `disconnect`, `open`, `http`.

use super::{file::transport_of, forms, steps::StepReader};
use crate::{
    data::Data,
    scenario::{
        Action, Connect, ConnectAnswer, ConnectOptions, Disconnect, DisconnectHow,
        HandshakePattern, Http, HttpPattern, Matcher, Open, OpenLayer, Template,
        fields::{Field, Fields, is_bare},
        node::NodeKind,
    },
};

pub(super) fn connect(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    fields.exclusive(&["reply", "rejected", "refused"], steps.problems);
    let mut options = options(fields, steps);
    options.namespace = namespace_of(value, fields, steps);
    let reply = steps.matcher_of(fields, "reply");
    if let Some(rejected) = fields.get("rejected") {
        forms::CONNECT_ERROR.check(rejected.node, steps);
    }
    let rejected = steps.matcher_of(fields, "rejected");
    let refused = refusal(fields, steps);
    let answer = match (refused, rejected) {
        (Some(refused), _) => ConnectAnswer::Refused(refused),
        (None, Some(rejected)) => ConnectAnswer::Rejected(rejected),
        (None, None) => ConnectAnswer::Joined(reply),
    };
    Some(Action::Connect(Connect {
        options,
        answer: answer.into(),
    }))
}

pub(super) fn disconnect(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Action {
    let namespace = namespace_of(value, fields, steps);
    let ways = [
        ("close", DisconnectHow::Close),
        ("drop", DisconnectHow::Drop),
        ("half", DisconnectHow::Half),
        ("leave", DisconnectHow::Leave),
        ("reset", DisconnectHow::Reset),
    ];
    let how = fields
        .get("how")
        .and_then(|how| how.choice(&ways, steps.problems))
        .unwrap_or_default();
    Action::Disconnect(Disconnect { namespace, how })
}

pub(super) fn open(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    fields.exclusive(&["handshake", "refused"], steps.problems);
    fields.exclusive(&["answer", "refused"], steps.problems);
    let layers = [
        ("polling", OpenLayer::Polling),
        ("tcp", OpenLayer::Tcp),
        ("websocket", OpenLayer::WebSocket),
    ];
    let value = Field {
        node: crate::scenario::fields::substituted(value.node, Some(steps.substitutes)),
        ..*value
    };
    let layer = value.choice(&layers, steps.problems);
    let options = handshake_options(fields, steps);
    let echo = steps.flag(fields, "echo");
    let session = fields
        .get("session")
        .and_then(|session| steps.cast.resolve_one(&session, steps.problems));
    let poll = fields
        .get("poll")
        .and_then(|poll| poll.boolean(steps.problems))
        .unwrap_or(true);
    if let Some(handshake) = fields.get("handshake") {
        forms::OPEN_PACKET.check_object(&handshake, steps);
    }
    let handshake = steps.matcher_of(fields, "handshake");
    let answer = fields
        .get("answer")
        .and_then(|answer| response(&answer, steps));
    let refused = fields
        .get("refused")
        .and_then(|refused| response(&refused, steps));
    Some(Action::Open(Open {
        layer: layer?,
        options,
        echo,
        session,
        poll,
        expected: HandshakePattern {
            handshake,
            answer,
            refused,
        }
        .into(),
    }))
}

pub(super) fn http(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    let query = pairs(fields, "query", steps);
    let headers = pairs(fields, "headers", steps);
    let body = steps.template_of(fields, "body");
    let response = http_pattern(fields, steps).into();
    let Some((method, target)) = value.node.text().and_then(|text| text.split_once(' ')) else {
        value.wrong("a method and a path: `GET /health`", steps.problems);
        return None;
    };
    let method = method
        .strip_prefix('$')
        .and_then(|name| steps.substitutes.get(name)?.text())
        .unwrap_or(method);
    let is_token = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_token {
        value.wrong(
            "a method in capitals and a path: `GET /health`",
            steps.problems,
        );
        return None;
    }
    let target = target.trim();
    if !target.starts_with(['/', '$', '*']) && !target.starts_with("http") {
        value.wrong(
            "a method and a path that begins with `/`: `GET /health`",
            steps.problems,
        );
        return None;
    }
    let target = steps.text(&crate::scenario::node::Node {
        span: value
            .node
            .span
            .find(&steps.problems.source().text.clone(), target),
        kind: NodeKind::Scalar(crate::scenario::node::Scalar {
            text: target.to_owned(),
            quoting: crate::scenario::node::Quoting::Quoted,
        }),
    });
    Some(Action::Http(Http {
        method: method.to_owned(),
        target,
        query,
        headers,
        body,
        response,
    }))
}

/// `refused:` of a step in the words of Socket.IO.
pub(super) fn refusal(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<Matcher> {
    let refused = fields.get("refused")?;
    forms::REFUSAL.check_object(&refused, steps);
    steps.matcher_of(fields, "refused")
}

/// What shapes a Socket.IO connection, its namespace left out.
pub(super) fn options(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> ConnectOptions {
    ConnectOptions {
        auth: steps.template_of(fields, "auth"),
        transport: fields
            .get("transport")
            .and_then(|transport| transport_of(&transport, steps.problems)),
        msgpack: boolean(fields, "msgpack", steps),
        ..handshake_options(fields, steps)
    }
}

/// What shapes an Engine.IO connection.
fn handshake_options(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> ConnectOptions {
    let revision = fields
        .get("eio")
        .and_then(|eio| eio.number(0, 255, steps.problems));
    ConnectOptions {
        query: pairs(fields, "query", steps),
        headers: pairs(fields, "headers", steps),
        origin: text(fields, "origin", steps),
        path: text(fields, "path", steps),
        eio: revision.and_then(|revision| u8::try_from(revision).ok()),
        heartbeat: boolean(fields, "heartbeat", steps),
        deflate: boolean(fields, "deflate", steps),
        ..ConnectOptions::default()
    }
}

/// The response of a request: `status`, `response-headers`, `response`, `json`, `no-response`.
pub(super) fn http_pattern(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> HttpPattern {
    fields.exclusive(&["response", "json", "no-response"], steps.problems);
    fields.exclusive(&["status", "no-response"], steps.problems);
    if let Some(status) = fields.get("status") {
        forms::number(&status, 100, 999, steps);
    }
    HttpPattern {
        status: steps.matcher_of(fields, "status"),
        headers: header_matchers(fields, steps),
        body: steps.matcher_of(fields, "response"),
        json: steps.matcher_of(fields, "json"),
        no_response: steps.flag(fields, "no-response"),
    }
}

/// A response in braces of its own.
pub(super) fn response(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<HttpPattern> {
    let substitutes = steps.substitutes;
    let fields = Fields::new(field.node, "an HTTP response", steps.problems)?;
    let fields = fields.with_substitutes(substitutes);
    let pattern = http_pattern(&fields, steps);
    fields.finish(steps.problems);
    Some(pattern)
}

fn header_matchers(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Vec<(String, Matcher)> {
    let Some(field) = fields.raw("response-headers") else {
        return Vec::new();
    };
    let Some(entries) = field.node.entries() else {
        field.wrong("a mapping of names to values", steps.problems);
        return Vec::new();
    };
    entries
        .iter()
        .map(|entry| (entry.key.to_lowercase(), steps.matcher(&entry.value)))
        .collect()
}

/// A mapping of names to texts; a list gives the name several times, nothing leaves it out.
fn pairs(
    fields: &Fields<'_>,
    key: &'static str,
    steps: &mut StepReader<'_, '_>,
) -> Vec<(String, Template)> {
    let Some(field) = fields.get(key) else {
        return Vec::new();
    };
    let Some(entries) = field.node.entries() else {
        field.wrong("a mapping of names to values", steps.problems);
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in entries {
        if key == "headers" && !is_header_name(&entry.key) {
            steps.problems.error(
                "bad-name",
                entry.key_span,
                format!("`{}` can't be the name of a header", entry.key),
            );
        }
        let value = Field {
            key,
            node: &entry.value,
        };
        for item in value.items() {
            let value = if is_bare(item.node) {
                Template::literal(Data::Null)
            } else {
                steps.text(item.node)
            };
            pairs.push((entry.key.clone(), value));
        }
    }
    pairs
}

/// A token of RFC 9110 section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A namespace; `/` is its first character.
pub(super) fn namespace(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Template {
    let template = steps.text(field.node);
    if let Some(Data::String(name)) = template.as_literal()
        && !name.starts_with('/')
    {
        steps
            .problems
            .error(
                "bad-namespace",
                field.node.span,
                format!("a namespace begins with `/`, found `{name}`"),
            )
            .help = Some(format!("write `/{name}`"));
    }
    template
}

/// The namespace in a verb's value, or beside it.
fn namespace_of(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Template> {
    let beside = fields.raw("namespace");
    if is_bare(value.node) {
        return beside.map(|field| namespace(&field, steps));
    }
    if let Some(beside) = beside {
        beside.wrong("left out, as the verb names the namespace", steps.problems);
    }
    if value.node.text().is_none() {
        value.wrong(
            "a namespace, or empty; options stand beside the verb",
            steps.problems,
        );
        return None;
    }
    Some(namespace(value, steps))
}

fn text(
    fields: &Fields<'_>,
    key: &'static str,
    steps: &mut StepReader<'_, '_>,
) -> Option<Template> {
    let field = fields.raw(key)?;
    Some(steps.text(field.node))
}

fn boolean(fields: &Fields<'_>, key: &'static str, steps: &mut StepReader<'_, '_>) -> Option<bool> {
    fields.get(key)?.boolean(steps.problems)
}
