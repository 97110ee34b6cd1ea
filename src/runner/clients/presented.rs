//! What a client presents to the server: the options of the scenario, and the options that the target's manifest gives
//! to every client.
//!
//! Options of the manifest that contain a variable, such as `$credentials.valid`, are a login. A client that presents a
//! token of its own, or that the server has to refuse for its login, does not get them. Scenarios show their tokens in
//! the field `token` of the CONNECT payload; such a token goes to the place where the manifest puts the client's token.

use indexmap::IndexMap;

use crate::{
    data::Data,
    runner::findings::StepResult,
    scenario::{ClientDefaults, ConnectOptions, Scope, Template, TemplateError},
};

/// Where servers look for a token (docs/contract.md, section "Tokens"): in the auth payload and the query.
const TOKEN: &str = "token";

/// Where servers look for a token in the headers of the handshake.
const TOKEN_HEADERS: [&str; 2] = ["authorization", "cookie"];

/// The file that says how a client logs in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Login {
    /// The target's manifest.
    Manifest,
    /// The scenario. The client gets no login from the manifest.
    Scenario,
    /// The scenario, and its token stands where the manifest puts the client's token.
    ScenarioInPlace,
}

/// What the server has to do with a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Awaited {
    /// The server has to accept the client, or to refuse it for another reason than its login.
    Acceptance,
    /// The server has to refuse the client for its login.
    Refusal,
}

/// Returns who says how the client logs in. `options` are those of the scenario: the client's and the step's. Also
/// returns the scenario's token if it goes to the place of the manifest's.
pub(in crate::runner) fn login(
    options: [&ConnectOptions; 2],
    defaults: &ClientDefaults,
    scope: &Scope,
    awaited: Awaited,
) -> StepResult<(Login, Option<Data>)> {
    let mut own = None;
    for options in options {
        if let Some(auth) = &options.auth {
            own = auth.render(scope)?.get(TOKEN).cloned();
        }
    }
    let own = own.filter(|token| *token != Data::Null);
    let shows_elsewhere = shows_in_handshake(options, scope)?;
    Ok(match own {
        // A scenario with a second token is about the places of tokens, so its handshake stays as it is.
        Some(token)
            if defaults.token().is_some() && (defaults.has_token_in_auth() || !shows_elsewhere) =>
        {
            (Login::ScenarioInPlace, Some(token))
        }
        Some(_) => (Login::Scenario, None),
        None if shows_elsewhere || awaited == Awaited::Refusal => (Login::Scenario, None),
        None => (Login::Manifest, None),
    })
}

/// Returns true if the scenario presents a token in the query or in a header of the handshake.
fn shows_in_handshake(options: [&ConnectOptions; 2], scope: &Scope) -> StepResult<bool> {
    for options in options {
        for (name, value) in &options.query {
            if name == TOKEN && value.render(scope)? != Data::Null {
                return Ok(true);
            }
        }
        for (name, value) in &options.headers {
            let is_login = TOKEN_HEADERS
                .iter()
                .any(|header| name.eq_ignore_ascii_case(header));
            if is_login && value.render(scope)? != Data::Null {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Returns the scope with the token in the variable that holds the client's token in the manifest.
pub(in crate::runner) fn with_token(
    defaults: &ClientDefaults,
    mut scope: Scope,
    token: Data,
) -> Scope {
    let Some(variable) = defaults.token() else {
        return scope;
    };
    let (head, path) = variable.split_once('.').unwrap_or((&variable, ""));
    let former = scope.get(head).cloned().unwrap_or_default();
    scope.set(head, replaced(former, path, token));
    scope
}

/// Returns a value in which the field at `path` has another value.
fn replaced(value: Data, path: &str, new: Data) -> Data {
    if path.is_empty() {
        return new;
    }
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let mut fields = match value {
        Data::Object(fields) => fields,
        _ => IndexMap::new(),
    };
    let former = fields.get(name).cloned().unwrap_or_default();
    fields.insert(name.to_owned(), replaced(former, rest, new));
    Data::Object(fields)
}

/// Returns true if an auth payload presents a token. An empty token counts too, because the scenario wants it.
fn has_token(auth: &Data) -> bool {
    auth.get(TOKEN).is_some_and(|token| *token != Data::Null)
}

/// Returns the payload of a CONNECT packet: the fields of the manifest's `clients: { auth: … }`, and those of the
/// scenario, which replace fields of the same name. A token of the scenario stands where the manifest says; `scope`
/// holds it (see [`with_token`]).
pub(in crate::runner) fn auth(
    defaults: &ClientDefaults,
    scope: &Scope,
    login: Login,
    own: Option<Data>,
) -> Result<Option<Data>, TemplateError> {
    if own.as_ref().is_some_and(|own| own.as_object().is_none()) {
        return Ok(own);
    }
    let shows = own.as_ref().is_some_and(has_token);
    let login = match login {
        Login::ScenarioInPlace if !shows => Login::Scenario,
        login => login,
    };
    let mut fields = Vec::new();
    for (name, value) in presented(defaults, &defaults.auth, login) {
        fields.push((name.to_owned(), value.render(scope)?));
    }
    if fields.is_empty() && login != Login::ScenarioInPlace {
        return Ok(own);
    }
    let own = own.iter().filter_map(Data::as_object).flatten();
    let own = own.filter(|(name, _)| login != Login::ScenarioInPlace || *name != TOKEN);
    fields.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    Ok(Some(Data::object(fields)))
}

/// Returns the options of the manifest that a client presents: all of them, or those that are no login, with or without
/// the place of the token.
fn presented<'p>(
    defaults: &ClientDefaults,
    pairs: &'p [(String, Template)],
    login: Login,
) -> impl Iterator<Item = (&'p str, &'p Template)> {
    let token = defaults.token();
    let pairs = pairs.iter().filter(move |(_, value)| match login {
        Login::Manifest => true,
        Login::Scenario => value.as_literal().is_some(),
        Login::ScenarioInPlace => {
            let variables = value.variables();
            variables.is_empty()
                || token
                    .as_ref()
                    .is_some_and(|token| variables.contains(token))
        }
    });
    pairs.map(|(name, value)| (name.as_str(), value))
}

/// Returns the manifest's query parameters or headers, except those whose name the scenario uses too.
pub(in crate::runner) fn unnamed(
    defaults: &ClientDefaults,
    pairs: &[(String, Template)],
    login: Login,
    own: [&[(String, Template)]; 2],
) -> Vec<(String, Template)> {
    let is_own = |name: &str| {
        let mut names = own.iter().copied().flatten().map(|(name, _)| name);
        names.any(|own| own.eq_ignore_ascii_case(name))
    };
    let pairs = presented(defaults, pairs, login).filter(|(name, _)| !is_own(name));
    pairs
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Gives the scenario's query parameter with a token the manifest's name of that parameter.
pub(in crate::runner) fn name_token(
    defaults: &ClientDefaults,
    login: Login,
    query: &mut [(String, String)],
) {
    if login == Login::Scenario
        && let Some(parameter) = defaults.token_parameter()
    {
        for (name, _) in query.iter_mut().filter(|(name, _)| name == TOKEN) {
            parameter.clone_into(name);
        }
    }
}

/// Returns the text of a CONNECT packet that a scenario writes by hand, with the payload that every client sends, and
/// with the scenario's token where the manifest puts the client's. Returns other texts unchanged. A packet without a
/// token stays as it is if the server has to refuse it.
pub(in crate::runner) fn connect_packet(
    defaults: &ClientDefaults,
    scope: &Scope,
    awaited: Awaited,
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
    let token = own.as_ref().filter(|own| has_token(own));
    let token = token.and_then(|own| own.get(TOKEN)).cloned();
    let written = match (token, awaited) {
        (Some(token), _) if defaults.token().is_some() && defaults.has_token_in_auth() => {
            let scope = with_token(defaults, scope.clone(), token);
            auth(defaults, &scope, Login::ScenarioInPlace, own.clone())?
        }
        (_, Awaited::Refusal) => return Ok(text),
        (Some(_), Awaited::Acceptance) => auth(defaults, scope, Login::Scenario, own.clone())?,
        (None, Awaited::Acceptance) => auth(defaults, scope, Login::Manifest, own.clone())?,
    };
    Ok(match written {
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
        let none = ClientDefaults::default();
        let of = |own: &ConnectOptions, awaited| {
            let found = login([&plain, own], &none, &scope(), awaited).unwrap();
            assert_eq!(found.1, None);
            found.0
        };
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
            let pairs = unnamed(&defaults, &defaults.query, login, [&own, &[]]).into_iter();
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
            (r#"40{"token":"x"}"#, r#"40{"token":"x","app":"web"}"#),
            ("40[]", "40[]"),
            ("40/chat", r#"40/chat,{"token":"t1","app":"web"}"#),
            ("42[\"a\"]", "42[\"a\"]"),
        ] {
            let awaited = Awaited::Acceptance;
            let found = connect_packet(&defaults, &scope(), awaited, text.to_owned()).unwrap();
            assert_eq!(found, sent);
        }
    }

    /// Returns what a client presents for a CONNECT with this payload: the payload, the query and the headers.
    fn shown(clients: &str, payload: serde_json::Value) -> String {
        let manifest = manifest_of(&format!("credentials: {{ valid: t1 }}\n{clients}"));
        let defaults = manifest.way_in.clients;
        let own = options(&[], Some(payload.clone().into()));
        let plain = ConnectOptions::default();
        let found = login([&plain, &own], &defaults, &scope(), Awaited::Refusal);
        let (login, token) = found.unwrap();
        let scope = match token {
            Some(token) => with_token(&defaults, scope(), token),
            None => scope(),
        };
        let auth = auth(&defaults, &scope, login, Some(payload.into())).unwrap();
        let handshake = [&defaults.query, &defaults.headers]
            .into_iter()
            .flat_map(|pairs| {
                let pairs = unnamed(&defaults, pairs, login, [&[], &[]]).into_iter();
                pairs.map(|(name, value)| format!("{name}: {}", value.render_text(&scope).unwrap()))
            });
        let handshake = handshake.collect::<Vec<_>>().join(", ");
        format!("{} | {handshake}", auth.unwrap_or_default())
    }

    #[test]
    fn a_token_of_the_scenario_stands_where_the_manifest_puts_the_valid_one() {
        let bad = || json!({"token": "bad", "a": 1});
        let shown = [
            shown(
                "clients: { auth: { accessToken: $credentials.valid, app: web } }",
                bad(),
            ),
            shown(
                "clients: { auth: { user: { token: $credentials.valid } } }",
                bad(),
            ),
            shown(
                "clients: { query: { access_token: $credentials.valid, v: 2 } }",
                bad(),
            ),
            shown(
                "clients: { headers: { authorization: \"Bearer $credentials.valid\" } }",
                bad(),
            ),
            shown("clients: { headers: { x-app: web } }", bad()),
            shown(
                "clients: { auth: { accessToken: $credentials.valid } }",
                json!({"token": 42}),
            ),
            shown(
                "clients: { auth: { accessToken: $credentials.valid } }",
                json!({"a": 1}),
            ),
        ];
        insta::assert_snapshot!(shown.join("\n"), @r#"
        {"accessToken":"bad","app":"web","a":1} | 
        {"user":{"token":"bad"},"a":1} | 
        {"a":1} | access_token: bad, v: 2
        {"a":1} | authorization: Bearer bad
        {"token":"bad","a":1} | x-app: web
        {"accessToken":42} | 
        {"a":1} | 
        "#);
    }

    #[test]
    fn a_token_in_a_packet_written_by_hand_gets_the_name_of_the_manifest() {
        let manifest = manifest_of(
            "credentials: { valid: t1 }\nclients: { auth: { jwt: $credentials.valid } }",
        );
        let packet = |text: &str| {
            let defaults = &manifest.way_in.clients;
            connect_packet(defaults, &scope(), Awaited::Refusal, text.to_owned()).unwrap()
        };
        assert_eq!(packet(r#"40/chat,{"token":"x"}"#), r#"40/chat,{"jwt":"x"}"#);
        assert_eq!(packet("40/chat,"), "40/chat,");
    }
}
