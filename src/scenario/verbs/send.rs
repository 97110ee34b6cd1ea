//! `send`: sends Engine.IO packets whose text the step writes out.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::{
    scenario::{
        Accepted, HttpPattern, Template,
        fields::{Field, Fields, is_bare},
        keys,
        node::NodeKind,
        reading::{context::StepContext, responses::http_pattern},
    },
    text::did_you_mean,
};

/// The data of a `send` step.
#[derive(Clone, Debug)]
pub struct Send {
    /// The packets to send. Over polling, all of them are sent in one payload (one POST request).
    pub packets: Vec<PacketTemplate>,
    /// The expected response to the POST request that sends the packets over polling.
    pub response: Accepted<HttpPattern>,
}

/// One packet to send.
#[derive(Clone, Debug)]
pub enum PacketTemplate {
    /// `{binary: …}`: an Engine.IO message with binary data.
    Binary(Template),
    /// `{message: text}`: an Engine.IO message with text.
    Message(Template),
    /// An encoded Engine.IO packet as text, which starts with the digit of its type.
    Text(Template),
}

impl VerbModel for Send {
    const SPEC: VerbSpec = VerbSpec {
        example: "send: \"42[…]\"",
        chapter: Chapter::ByHand,
        meaning: "sends a packet as text, `{message: …}`, `{binary: …}`, or a list of packets; over polling, a list is \
                  one payload",
        key_notes: "the response to the POST",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Packets,
        options: Options::Beside,
        keys: &[keys::RESPONSE],
        exclusive: keys::RESPONSE_EXCLUSIVE,
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|send, lenient| send.response.lenient = Some(lenient.response.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let packets = value
            .items()
            .filter_map(|item| packet(&item, context))
            .collect();
        let response = http_pattern(fields, context).into();
        Some(Self { packets, response })
    }

    fn facts(&self) -> Facts<'_> {
        let (awaits, wire) = if self.response.strict.is_empty() {
            (Awaits::Nothing, WireUse::SendsByHand)
        } else {
            (Awaits::Something, WireUse::Sends)
        };
        let packets = self.packets.iter().map(|packet| {
            let (PacketTemplate::Binary(template)
            | PacketTemplate::Message(template)
            | PacketTemplate::Text(template)) = packet;
            Written::Sent(template)
        });
        Facts::new(awaits, ConnectionUse::Actors, wire)
            .writes(packets)
            .may_join()
    }
}

fn packet(field: &Field<'_>, context: &mut StepContext<'_, '_>) -> Option<PacketTemplate> {
    let expected = "a packet's text, `{message: …}` or `{binary: …}`";
    match &field.node.kind {
        NodeKind::Scalar(_) if !is_bare(field.node) => {
            Some(PacketTemplate::Text(context.text(field.node)))
        }
        NodeKind::Mapping(entries) => match entries.as_slice() {
            [entry] if entry.key == "binary" => {
                Some(PacketTemplate::Binary(context.template(&entry.value)))
            }
            [entry] if entry.key == "message" => {
                Some(PacketTemplate::Message(context.text(&entry.value)))
            }
            [entry] => {
                let names = keys::SENT_PACKET.iter().map(|kind| kind.name);
                let sentence = format!("`send` has no kind `{}`", entry.key);
                context
                    .problems
                    .error("unknown-key", entry.key_span, sentence)
                    .help = Some(
                    did_you_mean(&entry.key, names).unwrap_or_else(|| format!("write {expected}")),
                );
                None
            }
            _ => {
                field.wrong(expected, context.problems);
                None
            }
        },
        NodeKind::Scalar(_) | NodeKind::Sequence(_) => {
            field.wrong(expected, context.problems);
            None
        }
    }
}
