//! What is known about a client's login: what the client got from the requests before it connected, and the user that
//! it is logged in as, from the tokens that the client itself sends.

use crate::{
    client::{Cookies, Options},
    data::Data,
    scenario::{Scope, jwt_subject},
};

/// What a client got from the requests before it connected.
#[derive(Clone, Debug)]
pub(in crate::runner) struct Entered {
    /// The variables, with those that the requests have captured.
    pub(in crate::runner) scope: Scope,
    /// The cookies that the responses have set.
    pub(in crate::runner) cookies: Cookies,
}

/// Returns the `sub` of the first token in the query, the `Authorization` header, the cookies or another header of a
/// handshake.
///
/// Returns `None` if the handshake carries no token that names a subject.
pub(super) fn user_of_handshake(options: &Options) -> Option<String> {
    let headers = |name: &'static str| {
        let headers = options.headers.iter();
        headers
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    let query = options.query.iter().map(|(_, value)| value.as_str());
    let bearer = headers("authorization").map(|value| value.trim_start_matches("Bearer ").trim());
    let cookies = headers("cookie")
        .flat_map(|value| value.split(';'))
        .filter_map(|cookie| Some(cookie.split_once('=')?.1.trim()));
    let others = options.headers.iter().map(|(_, value)| value.trim());
    let mut tokens = query.chain(bearer).chain(cookies).chain(others);
    tokens.find_map(jwt_subject)
}

/// Returns the `sub` of the first token in the payload of a CONNECT packet, or `None` if the payload holds no token.
pub(super) fn user_of_payload(payload: &Data) -> Option<String> {
    match payload {
        Data::String(text) => jwt_subject(text),
        Data::Array(items) => items.iter().find_map(user_of_payload),
        Data::Object(fields) => fields.values().find_map(user_of_payload),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Bytes(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{JwtAlgorithm, mint_jwt};

    fn token(sub: &str) -> String {
        let claims = Data::object([("sub", Data::from(sub))]);
        mint_jwt(&claims, JwtAlgorithm::Hs256, "secret")
    }

    #[test]
    fn the_first_token_names_the_user() {
        let payload = Data::object([
            ("room", Data::from("r1")),
            ("token", Data::from(token("ada"))),
        ]);
        assert_eq!(user_of_payload(&payload).as_deref(), Some("ada"));
        assert_eq!(user_of_payload(&Data::from("a.b.c")), None);
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut options = Options {
            headers: vec![
                pair("cookie", format!("theme=dark; jwt={}", token("eve"))),
                pair("Authorization", format!("Bearer {}", token("bob"))),
            ],
            ..Options::default()
        };
        assert_eq!(user_of_handshake(&options).as_deref(), Some("bob"));
        options.headers.truncate(1);
        assert_eq!(user_of_handshake(&options).as_deref(), Some("eve"));
        options.headers = vec![pair("x-token", token("joe"))];
        assert_eq!(user_of_handshake(&options).as_deref(), Some("joe"));
        options.headers.clear();
        assert_eq!(user_of_handshake(&options), None);
    }
}
