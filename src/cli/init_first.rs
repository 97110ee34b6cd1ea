//! The first scenario that `sockspec init` writes.

use crate::{
    targets::{Manifest, Observed, Probed, StrangerClose, Strangers},
    text::escape,
};

/// The first scenario of a new folder, in parts.
struct First {
    /// Why the scenario is no better one, as comments; empty if every client gets in.
    remark: String,
    id: &'static str,
    title: String,
    why: &'static str,
    /// Lines with further keys of the scenario, such as `transport`.
    keys: String,
    steps: String,
}

/// Returns a file with a scenario that passes on the server that was probed. If no client gets in, a comment says what
/// the manifest has to declare.
pub(super) fn first_scenario(manifest: &Manifest, probed: &Probed) -> String {
    let first = first(manifest, probed);
    let First {
        remark,
        id,
        title,
        why,
        keys,
        steps,
    } = first;
    format!(
        "\
# docs/language.md describes the language. Add your own events here: `emit`, `call`, `expect`, `deliver`, `never`.
{remark}topic: First steps
scenarios:
- id: first/{id}
  title: {title}
  why: {why}
  level: must
{keys}  steps:
{steps}"
    )
}

fn first(manifest: &Manifest, probed: &Probed) -> First {
    let observed = &probed.observed;
    if let Some(close) = close_of_silent(observed) {
        return closed(close);
    }
    let has = |capability: &str| manifest.provides.contains(capability);
    let transport = if has("websocket") {
        "websocket"
    } else {
        "polling"
    };
    let only_polling = if has("websocket") {
        ""
    } else {
        "  transport: polling\n"
    };
    let mut first = First {
        remark: remark(manifest, observed),
        id: "stays-connected",
        title: "A client connects and stays connected".to_owned(),
        why: "A user sees no page, or one that reconnects all the time.",
        keys: format!("{only_polling}  clients: [alice]\n"),
        steps: "  - { alive: {}, as: alice }\n".to_owned(),
    };
    if has("socket-io") || observed.refuses_strangers.is_some() {
        return first;
    }
    first.steps = format!("  - {{ open: {transport}, as: alice }}\n");
    if observed.is_revision_3_only {
        first.keys =
            format!("{only_polling}  needs: [eio3]\n  clients: {{ alice: {{ eio: 3 }} }}\n");
    }
    if observed.connect_timeout.is_some() || observed.is_revision_3_only {
        first.id = "connects";
        "A client connects".clone_into(&mut first.title);
    } else {
        first.steps += "  - { closed: { stays-open: true }, as: alice, within: 500ms }\n";
    }
    first
}

/// Returns the way in which the server closes clients that send nothing.
fn close_of_silent(observed: &Observed) -> Option<&StrangerClose> {
    // A server that accepts a few clients closes those that come later.
    let mut closes = match observed.clients_at_once {
        None => observed.closes_strangers.iter(),
        Some(_) => [].iter(),
    };
    closes.find(|close| close.of == Strangers::Silent)
}

/// Returns the scenario for a server that closes clients that send nothing.
fn closed(close: &StrangerClose) -> First {
    let code = close.close.code.map_or(0, |code| code.0);
    let reason = match close.close.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", escape::line(reason)),
    };
    First {
        remark: format!(
            "# The server closes a client that does not log in with {code}{reason}. Let clients in by sockspec.yaml:\n\
             # `clients` holds a token, a header or a subprotocol, such as `clients: {{ protocols: [chat] }}`, and `enter`\n\
             # holds the first messages. Then replace this scenario by one of a client that is in.\n"
        ),
        id: "strangers-are-closed",
        title: format!("A client that does not log in is closed with {code}"),
        why: "Strangers read what is meant for users.",
        keys: "  clients: [alice]\n".to_owned(),
        steps: format!(
            "  - {{ open: websocket, as: alice }}\n  - {{ closed: {{ code: {code} }}, as: alice }}\n"
        ),
    }
}

/// Returns why no client gets in, and what the manifest has to declare, as comments.
fn remark(manifest: &Manifest, observed: &Observed) -> String {
    let refused = match &observed.refuses_strangers {
        Some(seen) => seen,
        None => match manifest.unprovided.get("socket-io") {
            Some(seen) if seen.contains("refuses") => seen,
            _ => return String::new(),
        },
    };
    format!(
        "# No client gets in: {}.\n\
         # Say in sockspec.yaml how clients log in, such as `clients: {{ auth: {{ token: $credentials.valid }} }}` with\n\
         # `credentials: {{ valid: ${{env.TOKEN}} }}`, or run `sockspec init` with --token or --namespace.\n",
        escape::line(refused)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        runner::samples,
        targets::Speaks,
        wire::websocket::{CloseCode, CloseReason},
    };

    /// Returns the first scenario of a server with these capabilities, of which the probe saw this.
    fn written(provides: &[&str], observed: Observed) -> String {
        let manifest = samples::manifest_of(&format!("provides: [{}]", provides.join(", ")));
        let probed = Probed {
            provides: manifest.provides.clone(),
            speaks: Speaks::SocketIo,
            stack: None,
            path: "/socket.io/".to_owned(),
            greetings: Default::default(),
            lacks: Default::default(),
            findings: Vec::new(),
            observed,
        };
        first_scenario(&manifest, &probed)
    }

    #[test]
    fn each_server_gets_a_scenario_that_it_passes() {
        let joined = written(&["websocket", "socket-io"], Observed::default());
        assert!(joined.ends_with("  clients: [alice]\n  steps:\n  - { alive: {}, as: alice }\n"));
        let polling = written(&["polling", "socket-io"], Observed::default());
        assert!(polling.contains("\n  transport: polling\n"), "{polling}");
        let impatient = Observed {
            connect_timeout: Some(Duration::from_millis(300)),
            ..Observed::default()
        };
        let impatient = written(&["websocket"], impatient);
        assert!(
            impatient.ends_with("steps:\n  - { open: websocket, as: alice }\n"),
            "{impatient}"
        );
    }

    #[test]
    fn only_a_server_that_closes_silent_clients_gets_a_scenario_about_that() {
        let close = |of, clients_at_once| Observed {
            closes_strangers: vec![StrangerClose {
                close: CloseReason {
                    code: Some(CloseCode(4001)),
                    reason: String::new(),
                },
                after: Duration::ZERO,
                of,
            }],
            clients_at_once,
            ..Observed::default()
        };
        for (observed, is_about_it) in [
            (close(Strangers::Silent, None), true),
            (close(Strangers::Speaker, None), false),
            (close(Strangers::Silent, Some(5)), false),
        ] {
            let first = written(&["websocket"], observed);
            assert_eq!(
                first.contains("closed: { code: 4001 }"),
                is_about_it,
                "{first}"
            );
        }
    }

    #[test]
    fn a_server_that_lets_nobody_in_gets_a_comment() {
        let observed = Observed {
            refuses_strangers: Some("the server answers with 401".to_owned()),
            ..Observed::default()
        };
        let first = written(&[], observed);
        assert!(
            first.contains(
                "# No client gets in: the server answers with 401.\n# Say in sockspec.yaml"
            )
        );
    }
}
