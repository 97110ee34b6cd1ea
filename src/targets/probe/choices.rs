//! Probes of what an application chooses for itself: which namespaces it accepts, and how it answers requests for other
//! paths. Most applications refuse both, so a target has the capabilities unless the probe sees otherwise.

use std::{collections::BTreeMap, time::Duration};

use super::{
    asking::{Door, open},
    join::connect,
};
use crate::{
    client::{Bounds, Endpoint, HttpRequest, Options, TransportChoice, request},
    clock, random,
    targets::{Visitor, rules::Rule},
};

/// The time limit on the answer to each of these probes. A server that does not answer makes no choice that a scenario
/// would have to know, except for requests at another path.
const LIMIT: Duration = Duration::from_secs(1);

/// A path at which no application serves Engine.IO.
const OTHER_PATH: &str = "/sockspec-nowhere/?EIO=4&transport=polling";

/// Returns the rules of the application that the probe sees, and what it saw of each.
pub(super) async fn choices(door: Door<'_>, transport: TransportChoice) -> BTreeMap<Rule, String> {
    let (namespace, path) = tokio::join!(any_namespace(door, transport), any_path(door.endpoint));
    let namespace = namespace.map(|seen| (Rule::AnyNamespace, seen));
    let path = path.map(|seen| (Rule::AnyPath, seen));
    namespace.into_iter().chain(path).collect()
}

/// Returns what the probe saw if the server accepts a client in a namespace that nobody can have declared.
async fn any_namespace(door: Door<'_>, transport: TransportChoice) -> Option<String> {
    let connection = open(door, transport, Options::default()).await.ok()?;
    let mut visitor: Visitor = door.visitor.clone();
    // The name has the form of the names in the scenarios, because applications can accept names by a pattern.
    visitor.namespace = format!("/nowhere-marker-{:012x}", random::random::<u64>() >> 16);
    let joined = clock::within(LIMIT, connect(&connection, &visitor)).await;
    matches!(joined, Ok(Ok(_)))
        .then(|| "every client can join a namespace that no client named before".to_owned())
}

/// Returns what the probe saw if a request for another path is answered by the application, or not at all.
async fn any_path(endpoint: &Endpoint) -> Option<String> {
    let asked = HttpRequest {
        method: "GET".to_owned(),
        target: OTHER_PATH.to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let asked = request(endpoint, asked, LIMIT, Bounds::default());
    match asked.await {
        // Engine.IO at every path is a mistake, which the scenarios have to find.
        Ok(response) if response.body.starts_with(b"0{") => None,
        Ok(response) if (400..500).contains(&response.status) => None,
        Ok(response) => Some(format!(
            "a request for another path is answered with status {}",
            response.status
        )),
        Err(failure) => Some(format!(
            "a request for another path gets no response: {failure}"
        )),
    }
}
