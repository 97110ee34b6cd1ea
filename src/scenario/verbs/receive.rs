//! `receive`: checks the next packet, frame or bytes on a connection that `open` opened.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::{
    scenario::{
        Accepted, Incoming, Matcher, Order,
        fields::{Field, Fields, is_bare},
        keys::{self, Key, key},
        node::NodeKind,
        reading::{
            context::StepContext, events::order, forms, frames::frame_pattern, responses::response,
        },
        values::is_expectation,
    },
    text::{excerpt, hint, nearest},
};

const KEYS: &[Key] = &[key(
    "order",
    "order",
    "`any`: other packets may arrive first",
)];

/// The data of a `receive` step.
#[derive(Clone, Debug)]
pub struct Receive {
    /// The expected packet, frame or bytes.
    pub what: Accepted<Incoming>,
    /// Whether other packets can arrive first (`order:`). `strict` by default.
    pub order: Order,
}

impl VerbModel for Receive {
    const SPEC: VerbSpec = VerbSpec {
        example: "receive: \"40…\"",
        chapter: Chapter::ByHand,
        meaning: "the next packet is this text, or `{message: …}`, `{binary: …}`, `{packet: {type, namespace, id, \
                  data}}`, `{echo: …}`, `{frame: {opcode, fin, rsv, payload}}`, `{bytes: …}`, `{http: {…}}`; \
                  `nothing`: no packet arrives",
        key_notes: "`order: any`: other packets may arrive before this one",
        actors: Actors::Required,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Incoming,
        options: Options::Beside,
        keys: &[KEYS],
        exclusive: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|receive, lenient| receive.what.lenient = Some(lenient.what.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let order = order(fields, context).unwrap_or(Order::Strict);
        let what = incoming(value, context)?;
        Some(Self {
            what: what.into(),
            order,
        })
    }

    fn facts(&self) -> Facts<'_> {
        let awaits = Awaits::Incoming(&self.what.strict);
        let facts = Facts::new(awaits, ConnectionUse::Actors, WireUse::Observes);
        match &self.what.strict {
            Incoming::Text(text) | Incoming::Message(text) => {
                facts.writes([Written::Expected(text)])
            }
            Incoming::Packet(packet) => facts.writes([Written::Parts(packet)]),
            Incoming::Frame(frame) => facts.writes(frame.payload.as_ref().map(Written::Expected)),
            Incoming::Binary(_)
            | Incoming::Bytes(_)
            | Incoming::Echo(_)
            | Incoming::Http(_)
            | Incoming::Nothing => facts,
        }
    }
}

fn incoming(value: &Field<'_>, context: &mut StepContext<'_, '_>) -> Option<Incoming> {
    if is_bare(value.node) {
        value.wrong("the expected packet, or `nothing`", context.problems);
        return None;
    }
    if value.node.text() == Some("nothing") {
        return Some(Incoming::Nothing);
    }
    if let Some(text) = value.node.text()
        && nearest(text, ["nothing"]).is_some()
    {
        context
            .problems
            .error(
                "unknown-value",
                value.node.span,
                format!("`{}` is not a packet", excerpt(text)),
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
                context.problems,
            );
            return None;
        }
        return Some(Incoming::Text(context.text_matcher(value.node)));
    };
    let inner = |key| Field {
        key,
        node: &entry.value,
    };
    match entry.key.as_str() {
        "binary" => binary(&inner("binary"), context).map(Incoming::Binary),
        "bytes" => Some(Incoming::Bytes(context.matcher(&entry.value))),
        "echo" => Some(Incoming::Echo(context.text_matcher(&entry.value))),
        "frame" => frame_pattern(&inner("frame"), context).map(Incoming::Frame),
        "http" => response(&inner("http"), context).map(Incoming::Http),
        "message" => Some(Incoming::Message(context.text_matcher(&entry.value))),
        "packet" => {
            forms::PACKET.check(&entry.value, context);
            forms::packet_type(&entry.value, context);
            Some(Incoming::Packet(context.matcher(&entry.value)))
        }
        key if key.starts_with('$') => Some(Incoming::Text(context.matcher(value.node))),
        key => {
            let kinds = || keys::INCOMING.iter().map(|kind| kind.name);
            context
                .problems
                .error(
                    "unknown-key",
                    entry.key_span,
                    format!("`receive` has no kind `{key}`"),
                )
                .help = Some(hint(key, "write", kinds()));
            None
        }
    }
}

/// Reads the expectation of binary data: literal bytes, an operator such as `$length`, or a placeholder.
fn binary(field: &Field<'_>, context: &mut StepContext<'_, '_>) -> Option<Matcher> {
    if let NodeKind::Scalar(scalar) = &field.node.kind
        && !scalar.text.contains('$')
        && !is_expectation(field.node)
    {
        field.wrong("bytes: `{ $bytes: 00ff }`", context.problems);
        return None;
    }
    Some(context.matcher(field.node))
}
