//! Finds the scenarios that a target's way in (the keys `clients` and `enter` of its manifest) excludes, and those that
//! are about logins.

use std::collections::BTreeSet;

use super::rules;
use crate::{
    runner::translation::written_texts::{described, texts_of},
    scenario::{ClientName, ConnectOptions, ConnectionUse, Scenario, Step},
    targets::{Manifest, Speaks},
};

/// Returns why a scenario can't be judged on a target with this way in, or `None` if it can.
pub(in crate::runner) fn find_obstacle(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    let way_in = &manifest.way_in;
    let clients = &way_in.clients;
    let needs_headers =
        !clients.headers.is_empty() || clients.origin.is_some() || !clients.protocols.is_empty();
    if !clients.protocols.is_empty() && offers_protocols(scenario) {
        let reason = "the scenario offers subprotocols of its own, and the target speaks those of the manifest's `clients`";
        return Some(reason.to_owned());
    }
    let has_other_path = !clients.query.is_empty() && writes_handshake(scenario, "path");
    let is_written = writes_handshake(scenario, "path") || writes_handshake(scenario, "resource");
    if has_other_path || ((way_in.enter.is_some() || needs_headers) && is_written) {
        let reason = "the scenario writes a handshake as bytes, without what `clients` and `enter` of the manifest say";
        return Some(reason.to_owned());
    }
    let enters = way_in
        .enter
        .as_ref()
        .is_some_and(|enter| !enter.after.steps.is_empty());
    let speaks_socket_io = manifest.dialect.speaks == Speaks::SocketIo;
    if enters && speaks_socket_io && joins_by_hand(scenario) {
        let reason = "the scenario writes the packets of a connection by hand, and clients of the target have to `enter`";
        return Some(reason.to_owned());
    }
    if scenario.mentioned.users && has_unknown_user(scenario, manifest) {
        let reason = "the scenario compares the user of a client, which sockspec does not know for clients that log in as the manifest \
                      says; `clients: { user: … }` can name the user";
        return Some(reason.to_owned());
    }
    if !clients.auth.is_empty() && texts_of(scenario).fixed.iter().any(|text| is_connect(text)) {
        let reason = "the scenario writes a CONNECT as bytes or as a body, without the `auth` of the manifest's `clients`";
        return Some(reason.to_owned());
    }
    None
}

/// Returns true if a client of the scenario logs in as the manifest says, and nothing says who the client's user is: the
/// manifest does not name the user, and the client presents no token with the user's name, or joins another namespace
/// than the main one, which may not look for tokens.
fn has_unknown_user(scenario: &Scenario, manifest: &Manifest) -> bool {
    let way_in = &manifest.way_in;
    if !way_in.names_users() || way_in.clients.user.is_some() {
        return false;
    }
    let names_user = rules::has_token_with_user(manifest);
    let namespaces = &manifest.bindings.namespaces;
    let is_elsewhere = |options: &ConnectOptions| {
        let namespace = options.namespace.as_ref().map(described);
        namespace.is_some_and(|name| namespaces.own(&name) != namespaces.main())
    };
    let has_token = |options: &ConnectOptions| {
        let auth = options.auth.as_ref();
        auth.is_some_and(|auth| auth.field("token").is_some())
    };
    let is_unknown =
        |options: &ConnectOptions| !has_token(options) && (!names_user || is_elsewhere(options));
    let mut clients = scenario.clients.iter();
    let with_token: BTreeSet<&ClientName> = scenario
        .clients
        .iter()
        .filter(|client| has_token(&client.options))
        .map(|client| &client.name)
        .collect();
    let step_is_unknown = |step: &Step| {
        let options = step.action.facts().connection.options();
        options.is_some_and(|options| {
            is_unknown(options) && !step.actors.iter().all(|actor| with_token.contains(actor))
        })
    };
    clients.any(|client| client.connect && is_unknown(&client.options))
        || scenario.steps.iter().any(|step| step.any(&step_is_unknown))
}

/// Returns true if a client or a step of the scenario offers WebSocket subprotocols.
fn offers_protocols(scenario: &Scenario) -> bool {
    let offers = |options: &ConnectOptions| {
        let mut names = options.headers.iter().map(|(name, _)| name);
        options.protocols.is_some()
            || names.any(|name| name.eq_ignore_ascii_case("sec-websocket-protocol"))
    };
    let is_step = |step: &Step| {
        let options = step.action.facts().connection.options();
        options.is_some_and(offers)
    };
    let mut clients = scenario.clients.iter();
    clients.any(|client| offers(&client.options))
        || scenario.steps.iter().any(|step| step.any(&is_step))
}

/// Returns true if the scenario writes a request to the endpoint as bytes, with this variable in it. The parts of the
/// request can stand in several texts.
fn writes_handshake(scenario: &Scenario, variable: &str) -> bool {
    let texts = texts_of(scenario);
    let fixed = || texts.fixed.iter().chain(&texts.variables);
    fixed().any(|text| text.contains("HTTP/1.")) && fixed().any(|text| text.contains(variable))
}

/// Returns true if a client of the scenario joins a namespace on a connection whose packets the scenario writes.
fn joins_by_hand(scenario: &Scenario) -> bool {
    let opens = |step: &Step| {
        let connection = step.action.facts().connection;
        matches!(connection, ConnectionUse::Opens(_))
    };
    let mut needs = scenario.needs.iter();
    let needs_main = needs.any(|need| need == "socket-io" || need == "echo");
    let texts = texts_of(scenario);
    let mut sent = texts.sent.iter().chain(&texts.variables);
    scenario.steps.iter().any(|step| step.any(&opens))
        && (needs_main || sent.any(|text| is_connect(text)))
}

/// Returns true if the scenario is about whom the server lets in. In other scenarios, the server refuses a client for
/// another reason than the client's login, such as an unknown namespace.
pub(in crate::runner) fn is_about_logins(scenario: &Scenario) -> bool {
    let mut needs = scenario.needs.iter();
    needs.any(|need| ["auth-jwt", "late-refusal"].contains(&need.as_str()))
}

/// Returns true if the scenario expects the server to refuse a CONNECT that the scenario writes by hand.
pub(in crate::runner) fn expects_refusal(scenario: &Scenario) -> bool {
    if !is_about_logins(scenario) {
        return false;
    }
    let texts = texts_of(scenario);
    texts
        .all()
        .any(|text| text.contains("connect_error") || text.starts_with("44"))
}

/// Returns true if a text is a CONNECT packet, or ends with the bytes of a frame that holds one.
fn is_connect(text: &str) -> bool {
    let packet = match text.rsplit_once('\0') {
        Some((_, packet)) => packet,
        None => text,
    };
    packet
        .strip_prefix("40")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn is_unknown(manifest: &str, clients: &str) -> bool {
        let scenario = scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  clients: {clients}\n  steps:\n  - call: whoami\n    as: a\n    \
             reply: {{ user: $a.user }}\n"
        ));
        has_unknown_user(&scenario, &manifest_of(manifest))
    }

    #[test]
    fn the_user_of_a_login_is_known_from_its_token_or_from_the_manifest() {
        let there = "{ a: { namespace: /custom } }";
        let token = "credentials: { secret: s, valid: { jwt: { sub: u1 } } }\nclients: { auth: { token: $credentials.valid } }";
        for (manifest, in_main, elsewhere) in [
            ("", false, false),
            ("clients: { headers: { x-app: web } }", false, false),
            ("clients: { headers: { cookie: sid=1 } }", true, true),
            ("clients: { auth: { key: k1 } }", true, true),
            ("clients: { auth: { key: k1 }, user: una }", false, false),
            (token, false, true),
        ] {
            assert_eq!(is_unknown(manifest, "[a]"), in_main, "{manifest}");
            assert_eq!(is_unknown(manifest, there), elsewhere, "{manifest}");
        }
        let own = "{ a: { namespace: /custom, auth: { token: x } } }";
        assert!(!is_unknown(token, own));
    }
}
