//! Authentication by JSON web tokens (RFC 7519) signed with HS256.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        engine::{Session, TokenSources},
        socket::{Refused, User},
    },
};

/// Why the server does not accept a client's token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Denial {
    /// The user is banned for some time.
    Banned,
    /// The token has expired.
    Expired,
    /// The token is malformed, or its signature does not match the server's key.
    Invalid,
    /// The client presents no token.
    Missing,
    /// The user's role is not `admin`.
    NotAdmin,
    /// The token is not valid yet.
    NotActive,
    /// The user was deleted.
    UserNotFound,
}

/// The value that a client presents as its token. The server uses the first value that it finds in
/// the CONNECT payload, the query, the header or the cookie, in this order.
#[derive(Debug, PartialEq)]
pub(in crate::reference) enum Presented {
    /// The client presents no token, or an empty one.
    Nothing,
    /// The client presents a value that is not a string.
    Other(Data),
    /// The client presents a string, which can be a token.
    Token(String),
}

/// The algorithms with which a token may be signed.
#[derive(Clone, Copy, Debug)]
pub(in crate::reference) enum Algorithms {
    /// Tokens may be signed with the algorithm that they themselves name. A right server must not
    /// trust this name.
    AsNamed,
    /// Tokens may be signed with HS256 only.
    Hs256,
    /// Tokens may be signed with HS256 only, but may write its name in any case. A right server
    /// must not accept another case.
    Hs256InAnyCase,
}

/// Returns the user that the client's token names.
pub(super) fn authenticate(session: &Session, auth: Option<&Data>) -> Result<User, Refused> {
    let faults = session.faults();
    let sources = faults.drop_sources(session.tokens.clone());
    let presented = presented(faults.read_payload(&sources, auth), &sources);
    let mut claims = None;
    check(session, &presented, &mut claims)
        .or_else(|denial| {
            session
                .faults()
                .overrule_denial(session, denial, &presented, claims.as_ref())
        })
        .and_then(|user| session.faults().judge_user(session, &presented, user))
        .map(|user| session.faults().note_user(session, user, auth))
        .map_err(Denial::into_refusal)
}

/// Returns the user if its role is `admin`. Otherwise returns the refusal for a client that is no
/// administrator.
pub(super) fn demand_admin(faults: &FaultSet, user: User) -> Result<User, Refused> {
    if faults.is_admin(user.role.as_deref()) {
        Ok(user)
    } else {
        Err(Denial::NotAdmin.into_refusal())
    }
}

fn presented(auth: Option<&Data>, sources: &TokenSources) -> Presented {
    let first = match auth.and_then(|auth| auth.get("token")) {
        Some(Data::Null) | None => {
            let others = [&sources.query, &sources.header, &sources.cookie];
            others.into_iter().flatten().next().map(|token| &**token)
        }
        Some(Data::String(token)) => Some(token.as_str()),
        Some(other) => return Presented::Other(other.clone()),
    };
    match first {
        None | Some("") => Presented::Nothing,
        Some(token) => Presented::Token(token.to_owned()),
    }
}

/// Returns the user of the presented token. Stores the claims of a token with a valid signature in
/// `claims`, even if the token is then denied.
fn check(
    session: &Session,
    presented: &Presented,
    claims: &mut Option<Value>,
) -> Result<User, Denial> {
    let token = match presented {
        Presented::Nothing => return Err(Denial::Missing),
        Presented::Other(_) => {
            session.faults().crash_on_token(session);
            return Err(Denial::Invalid);
        }
        Presented::Token(token) => token,
    };
    // The signature is checked before the claims. So the answer to a forged token does not depend
    // on its claims.
    let secret = &session.server.config.jwt_secret;
    let faults = session.faults();
    let verified = faults.read_claims(token, secret, |token, algorithms| {
        verify(token, secret, algorithms)
    })?;
    let claims = &*claims.insert(verified);
    let now = clock::since_epoch().as_secs_f64();
    if numeric_date(claims, "exp")?.is_some_and(|exp| faults.is_expired(exp, now)) {
        return Err(Denial::Expired);
    }
    if numeric_date(claims, "nbf")?.is_some_and(|nbf| faults.is_early(nbf, now)) {
        return Err(Denial::NotActive);
    }
    let user = claimed_user(claims);
    match user.id.as_deref() {
        Some("banned") => Err(Denial::Banned),
        Some("ghost") => Err(Denial::UserNotFound),
        _ => Ok(user),
    }
}

/// Returns the claims of a token with a valid signature (RFC 7515 section 5.2).
fn verify(token: &str, secret: &str, algorithms: Algorithms) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header = decode_part(header)?;
    let algorithm = match (header.get("alg")?.as_str()?, algorithms) {
        ("HS256", _) => Algorithm::HS256,
        (name, Algorithms::Hs256InAnyCase) if name.eq_ignore_ascii_case("HS256") => {
            Algorithm::HS256
        }
        ("HS384", Algorithms::AsNamed) => Algorithm::HS384,
        ("HS512", Algorithms::AsNamed) => Algorithm::HS512,
        _ => return None,
    };
    let key = DecodingKey::from_secret(secret.as_bytes());
    let good = crypto::verify(signature, signed.as_bytes(), &key, algorithm);
    good.is_ok_and(|good| good).then(|| decode_part(claims))?
}

/// Returns the JSON object in one of the dot-separated parts of a token; `None` if the part is
/// invalid.
pub(in crate::reference) fn decode_part(part: &str) -> Option<Value> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes)
        .ok()
        .filter(|value: &Value| value.is_object())
}

/// Returns the user that the token's claims name.
pub(in crate::reference) fn claimed_user(claims: &Value) -> User {
    let text = |name| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    User {
        id: text("sub"),
        name: text("name"),
        role: text("role"),
    }
}

/// Returns a claim that is a time in seconds since 1970 (RFC 7519 section 2, "NumericDate").
fn numeric_date(claims: &Value, name: &str) -> Result<Option<f64>, Denial> {
    match claims.get(name) {
        None => Ok(None),
        Some(time) => time.as_f64().map(Some).ok_or(Denial::Invalid),
    }
}

impl Denial {
    /// Returns the refusal that the client receives for this denial.
    pub(in crate::reference) fn into_refusal(self) -> Refused {
        let (message, code) = match self {
            Self::Banned => ("Account banned", "ACCOUNT_BANNED"),
            Self::Expired => ("Token expired", "TOKEN_EXPIRED"),
            Self::Invalid => ("Invalid token", "AUTH_INVALID"),
            Self::Missing => ("Authentication required", "AUTH_REQUIRED"),
            Self::NotActive => ("Token not active", "TOKEN_NOT_ACTIVE"),
            Self::NotAdmin => ("Admin role required", "FORBIDDEN"),
            Self::UserNotFound => ("User not found", "USER_NOT_FOUND"),
        };
        let until =
            (self == Self::Banned).then(|| ("until", Data::from("2030-01-01T00:00:00.000Z")));
        let code = ("code", Data::from(code));
        Refused {
            message: message.to_owned(),
            data: Some(Data::object(std::iter::once(code).chain(until))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(query: Option<&str>, header: Option<&str>, cookie: Option<&str>) -> TokenSources {
        TokenSources {
            query: query.map(Into::into),
            header: header.map(Into::into),
            cookie: cookie.map(Into::into),
        }
    }

    #[test]
    fn the_first_token_source_counts_even_if_its_token_is_empty() {
        let token = |token: &str| Presented::Token(token.to_owned());
        let auth = |token: Data| Data::object([("token", token)]);
        let all = sources(Some("q"), Some("h"), Some("c"));
        assert_eq!(presented(Some(&auth("a".into())), &all), token("a"));
        assert_eq!(presented(Some(&auth("".into())), &all), Presented::Nothing);
        assert_eq!(presented(Some(&auth(Data::Null)), &all), token("q"));
        assert_eq!(presented(None, &all), token("q"));
        assert_eq!(
            presented(None, &sources(None, Some("h"), Some("c"))),
            token("h")
        );
        assert_eq!(presented(None, &sources(None, None, Some("c"))), token("c"));
        assert_eq!(
            presented(None, &TokenSources::default()),
            Presented::Nothing
        );
        let number = Data::from(7_u64);
        assert_eq!(
            presented(Some(&auth(number.clone())), &all),
            Presented::Other(number)
        );
    }

    #[test]
    fn only_tokens_signed_with_hs256_are_verified() {
        use crate::scenario::{JwtAlgorithm, mint_jwt};

        let claims = Data::object([("sub", Data::from("u1"))]);
        let verified = |algorithm, secret| {
            let token = mint_jwt(&claims, algorithm, secret);
            verify(&token, "secret", Algorithms::Hs256).is_some()
        };
        assert!(verified(JwtAlgorithm::Hs256, "secret"));
        assert!(!verified(JwtAlgorithm::Hs256, "another"));
        assert!(!verified(JwtAlgorithm::Hs512, "secret"));
        assert!(!verified(JwtAlgorithm::None, "secret"));
        assert!(verify("a.b", "secret", Algorithms::Hs256).is_none());
    }
}
