//! How the clients of a new manifest get into the application: the options `--namespace` and `--token` of `init`.

use url::Url;

use super::{args::InitArgs, error::CliError, target};
use crate::{
    client::TlsPolicy,
    targets::{MAIN, Manifest, Probed, Speaks},
    text::json_string,
};

/// The environment variable from which the manifest reads the token.
pub(super) const TOKEN: &str = "SOCKSPEC_TOKEN";

/// Where clients present their token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// In the field `token` of the payload of the CONNECT packet.
    Auth,
    /// In the header `Authorization`.
    Header,
    /// In the query parameter `token` of the handshake.
    Query,
}

/// The places in the order in which they are tried.
const PLACES: [Place; 3] = [Place::Auth, Place::Header, Place::Query];

impl Place {
    /// Returns the key of `clients` that presents the token in this place.
    fn option(self) -> &'static str {
        match self {
            Self::Auth => "auth: { token: $credentials.valid }",
            Self::Header => "headers: { authorization: Bearer $credentials.valid }",
            Self::Query => "query: { token: $credentials.valid }",
        }
    }
}

/// A server that was probed, and how clients get into its application.
pub(super) struct Visited {
    /// What the probe found, as a manifest.
    pub(super) manifest: Manifest,
    pub(super) probed: Probed,
    /// The lines for the new manifest that say how clients get in; empty if every client does.
    pub(super) way_in: String,
}

/// Probes the server as a client with the namespace and the token of the arguments. Tries the places in which servers
/// look for a token, until the server accepts the client.
///
/// # Errors
///
/// Returns an error if no Engine.IO or WebSocket server answers, or if it accepts no client with the token.
pub(super) async fn visit(
    args: &InitArgs,
    url: &Url,
    tls: &TlsPolicy,
) -> Result<Visited, CliError> {
    let namespaces = args
        .namespace
        .as_deref()
        .filter(|name| *name != MAIN)
        .map(|name| format!("namespaces: {{ /: {} }}\n", json_string(name)))
        .unwrap_or_default();
    let Some(token) = &args.token else {
        let (manifest, probed) = target::probe_with(url, tls, &namespaces).await?;
        return Ok(Visited {
            manifest,
            probed,
            way_in: namespaces,
        });
    };
    // A dollar sign in a manifest is written twice.
    let quoted = json_string(&token.replace('$', "$$"));
    let mut seen = None;
    for place in PLACES {
        let lines = |valid: &str| {
            let clients = place.option();
            format!("{namespaces}credentials:\n  valid: {valid}\nclients:\n  {clients}\n")
        };
        let (manifest, probed) = target::probe_with(url, tls, &lines(&quoted)).await?;
        match find_refusal(&probed) {
            None => {
                return Ok(Visited {
                    manifest,
                    probed,
                    way_in: lines(&format!("${{env.{TOKEN}}}")),
                });
            }
            Some(refusal) => seen = seen.or(Some(manifest.secrets.masked(refusal).to_string())),
        }
    }
    Err(CliError::LoginRefused {
        namespace: args.namespace.clone().unwrap_or_else(|| MAIN.to_owned()),
        seen: seen.unwrap_or_default(),
    })
}

/// Returns how the server refused the client of the probe, or `None` if it accepted the client.
fn find_refusal(probed: &Probed) -> Option<String> {
    if let Some(refused) = &probed.observed.refuses_strangers {
        return Some(refused.clone());
    }
    match probed.speaks {
        Speaks::SocketIo if probed.provides.contains("socket-io") => None,
        Speaks::SocketIo => Some(
            probed
                .lacks
                .get("socket-io")
                .cloned()
                .unwrap_or_else(|| "the server answers no CONNECT".to_owned()),
        ),
        Speaks::EngineIo => None,
        Speaks::WebSocket => {
            let closed = probed.observed.closes_strangers.first()?;
            let code = closed.close.code.map_or(0, |code| code.0);
            let reason = match closed.close.reason.as_str() {
                "" => String::new(),
                reason => format!(" ({reason})"),
            };
            Some(format!(
                "the server closes the connection with {code}{reason}"
            ))
        }
    }
}
