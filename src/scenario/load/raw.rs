//! Verbs below Socket.IO: `send`, `receive`, `frame`, `bytes`, `closed`.

use super::{connection, forms, steps::StepReader};
use crate::{
    data::Data,
    scenario::{
        Action, CloseHow, Closed, FramePattern, Incoming, Matcher, Order, PacketTemplate, Reading,
        Receive, Send, SendBytes, SendFrame, Template,
        fields::{Field, Fields, is_bare},
        node::NodeKind,
        values::is_expectation,
    },
    text::{did_you_mean, excerpt, nearest, one_of},
};

/// RFC 6455 section 5.2.
const OPCODES: &[(&str, u8)] = &[
    ("binary", 0x2),
    ("close", 0x8),
    ("continuation", 0x0),
    ("ping", 0x9),
    ("pong", 0xa),
    ("text", 0x1),
];

/// A frame is not written in larger pieces.
const MAX_CHOP: u64 = 1 << 30;

pub(super) fn send(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Action {
    let packets = value
        .items()
        .filter_map(|item| packet(&item, steps))
        .collect();
    let response = connection::http_pattern(fields, steps).into();
    Action::Send(Send { packets, response })
}

fn packet(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<PacketTemplate> {
    let expected = "a packet's text, `{message: …}` or `{binary: …}`";
    match &field.node.kind {
        NodeKind::Scalar(_) if !is_bare(field.node) => {
            Some(PacketTemplate::Text(steps.text(field.node)))
        }
        NodeKind::Mapping(entries) => match entries.as_slice() {
            [entry] if entry.key == "binary" => {
                Some(PacketTemplate::Binary(steps.template(&entry.value)))
            }
            [entry] if entry.key == "message" => {
                Some(PacketTemplate::Message(steps.text(&entry.value)))
            }
            [entry] => {
                let names = ["binary", "message"];
                let sentence = format!("`send` has no kind `{}`", entry.key);
                steps
                    .problems
                    .error("unknown-key", entry.key_span, sentence)
                    .help = Some(
                    did_you_mean(&entry.key, names).unwrap_or_else(|| format!("write {expected}")),
                );
                None
            }
            _ => {
                field.wrong(expected, steps.problems);
                None
            }
        },
        NodeKind::Scalar(_) | NodeKind::Sequence(_) => {
            field.wrong(expected, steps.problems);
            None
        }
    }
}

pub(super) fn reading(value: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Action> {
    let ways = [("goes-on", Reading::GoesOn), ("stops", Reading::Stops)];
    value.choice(&ways, steps.problems).map(Action::Reading)
}

pub(super) fn receive(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<Action> {
    let order = order(fields, steps).unwrap_or(Order::Strict);
    let what = incoming(value, steps)?;
    Some(Action::Receive(Receive {
        what: what.into(),
        order,
    }))
}

/// Reads `order:`.
pub(super) fn order(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<Order> {
    let orders = [("any", Order::Any), ("strict", Order::Strict)];
    fields.get("order")?.choice(&orders, steps.problems)
}

fn incoming(value: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Incoming> {
    if is_bare(value.node) {
        value.wrong("what must come, or `nothing`", steps.problems);
        return None;
    }
    if value.node.text() == Some("nothing") {
        return Some(Incoming::Nothing);
    }
    if let Some(text) = value.node.text()
        && nearest(text, ["nothing"]).is_some()
    {
        steps
            .problems
            .error(
                "unknown-value",
                value.node.span,
                format!("`{}` is no packet", excerpt(text)),
            )
            .help = Some(format!(
            "did you mean `nothing`? For a message of that text write `{{ message: {text} }}`"
        ));
        return None;
    }
    let single = value.node.entries().and_then(|entries| match entries {
        [entry] => Some(entry),
        _ => None,
    });
    let Some(entry) = single else {
        if let Some(entries) = value.node.entries()
            && !entries.iter().any(|entry| entry.key.starts_with('$'))
        {
            value.wrong(
                "a packet's text, or one of its kinds: `{ message: … }`",
                steps.problems,
            );
            return None;
        }
        return Some(Incoming::Text(steps.text_matcher(value.node)));
    };
    let inner = |key| Field {
        key,
        node: &entry.value,
    };
    match entry.key.as_str() {
        "binary" => binary(&inner("binary"), steps).map(Incoming::Binary),
        "bytes" => Some(Incoming::Bytes(steps.matcher(&entry.value))),
        "echo" => Some(Incoming::Echo(steps.text_matcher(&entry.value))),
        "frame" => frame_pattern(&inner("frame"), steps).map(Incoming::Frame),
        "http" => connection::response(&inner("http"), steps).map(Incoming::Http),
        "message" => Some(Incoming::Message(steps.text_matcher(&entry.value))),
        "packet" => {
            forms::PACKET.check(&entry.value, steps);
            forms::packet_type(&entry.value, steps);
            Some(Incoming::Packet(steps.matcher(&entry.value)))
        }
        key if key.starts_with('$') => Some(Incoming::Text(steps.matcher(value.node))),
        key => {
            let kinds = [
                "binary", "bytes", "echo", "frame", "http", "message", "packet",
            ];
            steps
                .problems
                .error(
                    "unknown-key",
                    entry.key_span,
                    format!("`receive` has no kind `{key}`"),
                )
                .help = Some(
                did_you_mean(key, kinds).unwrap_or_else(|| format!("write {}", one_of(kinds))),
            );
            None
        }
    }
}

/// Bytes that must come: written as such, or told by an operator or a placeholder.
fn binary(field: &Field<'_>, steps: &mut StepReader<'_, '_>) -> Option<Matcher> {
    if let NodeKind::Scalar(scalar) = &field.node.kind
        && !scalar.text.contains('$')
        && !is_expectation(field.node)
    {
        field.wrong("bytes: `{ $bytes: 00ff }`", steps.problems);
        return None;
    }
    Some(steps.matcher(field.node))
}

/// A frame in braces of its own.
pub(super) fn frame_pattern(
    field: &Field<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Option<FramePattern> {
    let substitutes = steps.substitutes;
    let fields = Fields::new(field.node, "a frame", steps.problems)?;
    let fields = fields.with_substitutes(substitutes);
    let frame = FramePattern {
        opcode: opcode(&fields, steps),
        fin: fields
            .get("fin")
            .and_then(|fin| fin.boolean(steps.problems)),
        rsv: reserved_bits(&fields, steps),
        payload: steps.matcher_of(&fields, "payload"),
    };
    fields.finish(steps.problems);
    Some(frame)
}

pub(super) fn frame(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Action {
    let flag = |key, default, steps: &mut StepReader<'_, '_>| {
        fields
            .get(key)
            .and_then(|flag| flag.boolean(steps.problems))
            .unwrap_or(default)
    };
    let length_form = fields
        .get("length")
        .and_then(|length| length.choice(&[("16", 16), ("64", 64)], steps.problems));
    let declared_length = fields
        .get("declared-length")
        .and_then(|length| length.number(0, u64::MAX, steps.problems));
    Action::Frame(SendFrame {
        fin: flag("fin", true, steps),
        rsv: reserved_bits(fields, steps).unwrap_or(0),
        opcode: opcode(fields, steps).unwrap_or(0x1),
        masked: flag("mask", true, steps),
        payload: steps
            .template_of(fields, "payload")
            .unwrap_or_else(|| Template::literal(Data::from(""))),
        length_form,
        declared_length,
        chop: chop(fields, steps),
        compress: flag("compress", false, steps),
    })
}

pub(super) fn bytes(
    value: &Field<'_>,
    fields: &Fields<'_>,
    steps: &mut StepReader<'_, '_>,
) -> Action {
    let data = steps.template(value.node);
    Action::Bytes(SendBytes {
        data,
        chop: chop(fields, steps),
    })
}

pub(super) fn closed(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<Action> {
    let ways = [
        ("close-frame", CloseHow::CloseFrame),
        ("close-packet", CloseHow::ClosePacket),
        ("eof", CloseHow::Eof),
        ("http-error", CloseHow::HttpError),
        ("reset", CloseHow::Reset),
    ];
    let how = fields
        .get("how")
        .map(|how| {
            how.items()
                .filter_map(|item| item.choice(&ways, steps.problems))
                .collect()
        })
        .unwrap_or_default();
    if let Some(code) = fields.get("code") {
        // Two bytes on the wire (RFC 6455 section 5.5.1).
        forms::number(&code, 0, 65_535, steps);
    }
    let code = steps.matcher_of(fields, "code");
    let reason = steps.matcher_of(fields, "reason");
    let hangs_up = steps.flag(fields, "hangs-up");
    let stays_open = steps.flag(fields, "stays-open");
    let namespace = fields
        .raw("namespace")
        .map(|namespace| connection::namespace(&namespace, steps));
    if stays_open {
        for key in ["code", "reason", "how", "hangs-up", "namespace"] {
            fields.exclusive(&["stays-open", key], steps.problems);
        }
    }
    let verb = fields.raw("closed")?;
    if !is_bare(verb.node) {
        verb.wrong(
            "empty, or a mapping: `closed: { code: 1002 }`",
            steps.problems,
        );
    }
    let closed = Closed {
        code,
        reason,
        how,
        hangs_up,
        stays_open,
        namespace,
    };
    Some(Action::Closed(closed.into()))
}

fn opcode(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<u8> {
    let field = fields.get("opcode")?;
    if field.node.to_data().as_u64().is_some() {
        let number = field.number(0, 15, steps.problems)?;
        return u8::try_from(number).ok();
    }
    field.choice(OPCODES, steps.problems)
}

fn reserved_bits(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<u8> {
    let bits = fields.get("rsv")?.number(0, 7, steps.problems)?;
    u8::try_from(bits).ok()
}

fn chop(fields: &Fields<'_>, steps: &mut StepReader<'_, '_>) -> Option<usize> {
    let size = fields.get("chop")?.number(1, MAX_CHOP, steps.problems)?;
    usize::try_from(size).ok()
}
