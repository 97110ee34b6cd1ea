//! What a client presents to the server: the options of the scenario, and the options that the target's manifest gives
//! to every client.
//!
//! Options of the manifest that contain a variable, such as `$credentials.valid`, are a login. A client that presents a
//! token of its own, or that the server has to refuse for its login, does not get them.

use crate::{
    data::Data,
    runner::findings::StepResult,
    scenario::{ClientDefaults, ConnectOptions, Scope, Template, TemplateError},
};

/// Where servers look for a token (docs/contract.md, section "Tokens"): in the auth payload and the query.
const TOKEN: &str = "token";

/// Where servers look for a token in the headers of the handshake.
const TOKEN_HEADERS: [&str; 2] = ["authorization", "cookie"];

/// Who says how a client logs in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Login {
    /// The target's manifest.
    Manifest,
    /// The scenario. The client gets no login from the manifest.
    Scenario,
}

/// What the server has to do with a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Awaited {
    /// The server has to accept the client, or to refuse it for another reason than its login.
    Acceptance,
    /// The server has to refuse the client for its login.
    Refusal,
}

/// Returns who says how the client logs in. `options` are those of the scenario: the client's and the step's.
pub(in crate::runner) fn login(
    options: [&ConnectOptions; 2],
    scope: &Scope,
    awaited: Awaited,
) -> StepResult<Login> {
    if awaited == Awaited::Refusal {
        return Ok(Login::Scenario);
    }
    for options in options {
        let auth = options.auth.as_ref().map(|auth| auth.render(scope));
        if auth.transpose()?.is_some_and(|auth| has_token(&auth)) {
            return Ok(Login::Scenario);
        }
        for (name, value) in &options.query {
            if name == TOKEN && value.render(scope)? != Data::Null {
                return Ok(Login::Scenario);
            }
        }
        for (name, value) in &options.headers {
            let is_login = TOKEN_HEADERS
                .iter()
                .any(|header| name.eq_ignore_ascii_case(header));
            if is_login && value.render(scope)? != Data::Null {
                return Ok(Login::Scenario);
            }
        }
    }
    Ok(Login::Manifest)
}

/// Returns true if an auth payload presents a token. An empty token counts too, because the scenario wants it.
pub(super) fn has_token(auth: &Data) -> bool {
    auth.get(TOKEN).is_some_and(|token| *token != Data::Null)
}

/// Returns the payload of a CONNECT packet: the fields of the manifest's `clients: { auth: … }`, and those of the
/// scenario, which replace fields of the same name.
pub(in crate::runner) fn auth(
    defaults: &ClientDefaults,
    scope: &Scope,
    login: Login,
    own: Option<Data>,
) -> Result<Option<Data>, TemplateError> {
    if own.as_ref().is_some_and(|own| own.as_object().is_none()) {
        return Ok(own);
    }
    let mut fields = Vec::new();
    for (name, value) in presented(&defaults.auth, login) {
        fields.push((name.to_owned(), value.render(scope)?));
    }
    if fields.is_empty() {
        return Ok(own);
    }
    let own = own.iter().filter_map(Data::as_object).flatten();
    fields.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    Ok(Some(Data::object(fields)))
}

/// Returns the options of the manifest that a client presents: all of them, or those that are no login.
pub(in crate::runner) fn presented(
    pairs: &[(String, Template)],
    login: Login,
) -> impl Iterator<Item = (&str, &Template)> {
    let pairs = pairs.iter().filter(move |(_, value)| match login {
        Login::Manifest => true,
        Login::Scenario => value.as_literal().is_some(),
    });
    pairs.map(|(name, value)| (name.as_str(), value))
}

/// Returns the manifest's query parameters or headers, except those whose name the scenario uses too.
pub(in crate::runner) fn unnamed(
    pairs: &[(String, Template)],
    login: Login,
    own: [&[(String, Template)]; 2],
) -> Vec<(String, Template)> {
    let is_own = |name: &str| {
        let mut names = own.iter().copied().flatten().map(|(name, _)| name);
        names.any(|own| own.eq_ignore_ascii_case(name))
    };
    let pairs = presented(pairs, login).filter(|(name, _)| !is_own(name));
    pairs
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Returns the text of a CONNECT packet that a scenario writes by hand, with the payload that every client sends.
/// Returns other texts unchanged.
pub(in crate::runner) fn connect_packet(
    defaults: &ClientDefaults,
    scope: &Scope,
    text: String,
) -> Result<String, TemplateError> {
    let Some(rest) = text.strip_prefix("40") else {
        return Ok(text);
    };
    let (namespace, payload) = match rest.split_once(',') {
        Some((namespace, payload)) if namespace.starts_with('/') => {
            (format!("{namespace},"), payload)
        }
        _ if rest.starts_with('/') => (format!("{rest},"), ""),
        _ => (String::new(), rest),
    };
    let own = match payload {
        "" => None,
        payload => match serde_json::from_str::<serde_json::Value>(payload) {
            Ok(value @ serde_json::Value::Object(_)) => Some(Data::from(value)),
            Ok(_) | Err(_) => return Ok(text),
        },
    };
    let login = match own.as_ref().is_some_and(has_token) {
        true => Login::Scenario,
        false => Login::Manifest,
    };
    Ok(match auth(defaults, scope, login, own.clone())? {
        payload if payload == own => text,
        Some(payload) => format!("40{namespace}{payload}"),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runner::samples::manifest_of;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        let tokens = Data::object([("valid", Data::from("t1"))]);
        scope.set("credentials", tokens);
        scope
    }

    fn defaults() -> ClientDefaults {
        let manifest = manifest_of(
            "credentials: { valid: t1 }\nclients:\n  auth: { token: $credentials.valid, app: web }\n  \
             query: { token: $credentials.valid, v: 2 }",
        );
        manifest.way_in.clients
    }

    fn options(query: &[(&str, Data)], auth: Option<Data>) -> ConnectOptions {
        ConnectOptions {
            auth: auth.map(Template::literal),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Template::literal(value.clone())))
                .collect(),
            ..ConnectOptions::default()
        }
    }

    #[test]
    fn a_client_that_presents_a_token_logs_in_by_itself() {
        let plain = ConnectOptions::default();
        let of = |own: &ConnectOptions, awaited| login([&plain, own], &scope(), awaited).unwrap();
        let named = options(&[("user", Data::from("u1"))], Some(json!({"a": 1}).into()));
        assert_eq!(of(&named, Awaited::Acceptance), Login::Manifest);
        assert_eq!(of(&named, Awaited::Refusal), Login::Scenario);
        let left_out = options(&[("token", Data::Null)], None);
        assert_eq!(of(&left_out, Awaited::Acceptance), Login::Manifest);
        let by_query = options(&[("token", Data::from("x"))], None);
        assert_eq!(of(&by_query, Awaited::Acceptance), Login::Scenario);
        let by_auth = options(&[], Some(json!({"token": ""}).into()));
        assert_eq!(of(&by_auth, Awaited::Acceptance), Login::Scenario);
    }

    #[test]
    fn fields_of_the_scenario_replace_those_of_the_manifest() {
        let payload = |login, own: Option<serde_json::Value>| {
            auth(&defaults(), &scope(), login, own.map(Data::from)).unwrap()
        };
        let both = Data::from(json!({"token": "t1", "app": "web", "user": "u1"}));
        assert_eq!(
            payload(Login::Manifest, Some(json!({"user": "u1"}))),
            Some(both)
        );
        let own = Data::from(json!({"app": "web", "token": "x"}));
        assert_eq!(
            payload(Login::Scenario, Some(json!({"token": "x"}))),
            Some(own)
        );
        let text = Some(Data::from("x"));
        assert_eq!(payload(Login::Manifest, Some(json!("x"))), text);
        let none = auth(&ClientDefaults::default(), &scope(), Login::Manifest, None);
        assert_eq!(none.unwrap(), None);
    }

    #[test]
    fn names_that_the_scenario_uses_keep_its_values() {
        let own = [("V".to_owned(), Template::literal(Data::from("3")))];
        let names = |login| {
            let defaults = defaults();
            let pairs = unnamed(&defaults.query, login, [&own, &[]]).into_iter();
            pairs.map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(Login::Manifest), ["token"]);
        assert!(names(Login::Scenario).is_empty());
    }

    #[test]
    fn packets_written_by_hand_present_the_login() {
        let defaults = defaults();
        for (text, sent) in [
            ("40", r#"40{"token":"t1","app":"web"}"#),
            ("40/chat,", r#"40/chat,{"token":"t1","app":"web"}"#),
            (r#"40{"token":"x"}"#, r#"40{"app":"web","token":"x"}"#),
            ("40[]", "40[]"),
            ("40/chat", r#"40/chat,{"token":"t1","app":"web"}"#),
            ("42[\"a\"]", "42[\"a\"]"),
        ] {
            let found = connect_packet(&defaults, &scope(), text.to_owned()).unwrap();
            assert_eq!(found, sent);
        }
    }
}
