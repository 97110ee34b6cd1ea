//! Removes greetings from the bodies of responses to polls that a scenario checks with `http` steps.
//!
//! A greeting is an event that the server sends to every client that joins. The manifest lists greetings, or a probe of
//! the target finds them. This module is not used by steps that receive packets one by one; they skip greetings by
//! [`super::unrelated`].

use super::message_packet::packet_in;
use crate::{
    targets::Manifest,
    wire::{engine_io, socket_io::Packet},
};

/// The separator of the packets in a payload (Engine.IO v4, "Payload").
const SEPARATOR: char = '\x1e';

/// Returns a payload without its greetings, which are events that the server sends to every client that joins. Returns
/// `None` if the payload holds no greeting.
pub(super) fn without_greetings(manifest: &Manifest, body: &str) -> Option<String> {
    if manifest.greetings.is_empty() {
        return None;
    }
    let (greetings, others): (Vec<_>, Vec<_>) = body
        .split(SEPARATOR)
        .partition(|packet| is_greeting(manifest, packet));
    (!greetings.is_empty()).then(|| others.join("\x1e"))
}

fn is_greeting(manifest: &Manifest, packet: &str) -> bool {
    let decoded = engine_io::Packet::decode_text(packet.into()).ok();
    match decoded.as_ref().and_then(packet_in) {
        Some(Packet::Event { id: None, name, .. }) => manifest.greetings.contains(&name),
        Some(
            Packet::Event { id: Some(_), .. }
            | Packet::Ack { .. }
            | Packet::Connect { .. }
            | Packet::ConnectError { .. }
            | Packet::Disconnect { .. },
        )
        | None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use super::*;
    use crate::{scenario::SourceFile, targets::load_manifest};

    fn manifest(more: &str) -> Manifest {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!("name: t\nurl: http://127.0.0.1:1\n{more}"),
        };
        load_manifest(Arc::new(source), PathBuf::new()).unwrap()
    }

    #[test]
    fn only_greetings_are_removed() {
        let greeted = manifest("greetings: [welcome]\n");
        let strip = |body: &str| without_greetings(&greeted, body);
        assert_eq!(
            strip("2\x1e42[\"welcome\",1]\x1e431[1]").as_deref(),
            Some("2\x1e431[1]")
        );
        assert_eq!(strip("42/custom,[\"welcome\"]").as_deref(), Some(""));
        assert_eq!(strip("421[\"welcome\"]"), None);
        assert_eq!(strip("42[\"other\"]\x1ewelcome"), None);
        assert_eq!(without_greetings(&manifest(""), "42[\"welcome\"]"), None);
    }
}
