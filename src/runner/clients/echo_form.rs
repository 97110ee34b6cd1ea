//! Builds the packet that makes a target send a text back.

use crate::{
    data::Data,
    scenario::Scope,
    targets::{Manifest, Speaks},
    wire::{
        engine_io::{Packet as EnginePacket, PacketType},
        socket_io::{self, AckId, Packet},
    },
};

/// The contract's name of the event that an application has to send back.
pub(super) const OPERATION: &str = "echo";

/// The placeholder for the text while the packet around it is built.
const PLACEHOLDER: &str = "sockspec-text";

/// Returns the parts of a packet that makes the target send a text back: what stands before and behind the text, and
/// whether the text is quoted. The function `echo` of the scenario language puts the text in between.
///
/// Returns `None` if the target's binding of `echo` has no place for the text.
pub(in crate::runner) fn form(manifest: &Manifest) -> Option<Data> {
    let (before, behind, quoted) = match manifest.dialect.speaks {
        Speaks::WebSocket => match &manifest.dialect.envelope {
            Some(envelope) => around_text(&envelope.encode(&event(manifest)?)?)?,
            None => (String::new(), String::new(), false),
        },
        Speaks::EngineIo => ("4".to_owned(), String::new(), false),
        Speaks::SocketIo => {
            let encoded = socket_io::encode(&event(manifest)?);
            around_text(&EnginePacket::text(PacketType::Message, encoded.text).encode_text())?
        }
    };
    Some(Data::object([
        ("before", Data::from(before)),
        ("behind", Data::from(behind)),
        ("quoted", Data::from(quoted)),
    ]))
}

/// Returns the event that makes the target send the placeholder back.
fn event(manifest: &Manifest) -> Option<Packet> {
    let args = vec![Data::from(PLACEHOLDER)];
    let event = manifest
        .bindings
        .outgoing(OPERATION, args, &Scope::default());
    let event = event.ok()?;
    Some(Packet::Event {
        namespace: namespace(manifest).to_owned(),
        id: manifest.acknowledges().then_some(AckId(0)),
        name: event.event,
        args: event.args,
    })
}

/// Returns what stands before and behind the quoted placeholder, and that the text is quoted.
fn around_text(text: &str) -> Option<(String, String, bool)> {
    let (before, behind) = text.split_once(&format!("{PLACEHOLDER:?}"))?;
    Some((before.to_owned(), behind.to_owned(), true))
}

/// Returns the namespace of the operation `echo`.
pub(in crate::runner) fn namespace(manifest: &Manifest) -> &str {
    manifest
        .bindings
        .get(OPERATION)
        .and_then(|binding| binding.namespace.as_deref())
        .unwrap_or(manifest.bindings.namespaces.main())
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use super::*;
    use crate::{scenario::SourceFile, targets::load_manifest};

    fn form_of(more: &str) -> Option<String> {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!("name: t\nurl: http://127.0.0.1:1\n{more}"),
        };
        let manifest = load_manifest(Arc::new(source), PathBuf::new()).unwrap();
        form(&manifest).map(|form| form.to_string())
    }

    #[test]
    fn every_dialect_has_its_form() {
        let forms = [
            "dialect: websocket",
            "dialect: engine.io",
            "",
            "bindings: { echo: { event: say, namespace: /talk } }",
            "dialect: { speaks: websocket, envelope: { event: event, data: data, id: id } }",
            "dialect: { speaks: websocket, envelope: array }",
        ]
        .map(|more| form_of(more).unwrap());
        insta::assert_snapshot!(forms.join("\n"), @r#"
        {"before":"","behind":"","quoted":false}
        {"before":"4","behind":"","quoted":false}
        {"before":"420[\"echo\",","behind":"]","quoted":true}
        {"before":"42/talk,0[\"say\",","behind":"]","quoted":true}
        {"before":"{\"event\":\"echo\",\"data\":","behind":",\"id\":1}","quoted":true}
        {"before":"[\"echo\",","behind":"]","quoted":true}
        "#);
    }
}
