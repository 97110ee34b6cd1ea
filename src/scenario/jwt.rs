//! Creates JSON Web Tokens (RFC 7519), both valid and invalid ones.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};

use crate::data::Data;

/// The algorithm that signs a token (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// No algorithm: the signature is empty, as in an attack with a forged token.
    None,
}

impl JwtAlgorithm {
    /// The names of all algorithms, for messages.
    pub const NAMES: [&'static str; 4] = ["HS256", "HS384", "HS512", "none"];

    /// Returns the algorithm with this name, in whatever case the name is written.
    pub fn from_name_in_any_case(name: &str) -> Option<Self> {
        let name = Self::NAMES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))?;
        Self::from_name(name)
    }

    /// Returns the algorithm that the field `alg` of a token's header names.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "HS384" => Some(Self::Hs384),
            "HS512" => Some(Self::Hs512),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// Returns the value of the field `alg` of a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::None => "none",
        }
    }
}

/// Creates a token with exactly these claims.
///
/// Equal arguments give equal tokens. The caller sets claims that depend on the time (`exp`, `nbf`, `iat`).
pub fn mint_jwt(claims: &Data, algorithm: JwtAlgorithm, secret: &str) -> String {
    mint_jwt_as(algorithm.name(), claims, algorithm, secret)
}

/// Creates a token as [`mint_jwt`] does, with `name` as the name of the algorithm in its header.
pub(super) fn mint_jwt_as(
    name: &str,
    claims: &Data,
    algorithm: JwtAlgorithm,
    secret: &str,
) -> String {
    let header = format!(r#"{{"alg":"{name}","typ":"JWT"}}"#);
    let signed = format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(header),
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()),
    );
    let key = EncodingKey::from_secret(secret.as_bytes());
    let sign = |algorithm| {
        crypto::sign(signed.as_bytes(), &key, algorithm)
            .unwrap_or_else(|error| unreachable!("HMAC takes a key of any length: {error}"))
    };
    let signature = match algorithm {
        JwtAlgorithm::Hs256 => sign(Algorithm::HS256),
        JwtAlgorithm::Hs384 => sign(Algorithm::HS384),
        JwtAlgorithm::Hs512 => sign(Algorithm::HS512),
        JwtAlgorithm::None => String::new(),
    };
    format!("{signed}.{signature}")
}

/// Returns the claim `sub` of a token, or `None` if `token` is not a JWT or has no `sub` that is text.
///
/// Does not check the signature, so the result is only what the client claims to be.
pub fn jwt_subject(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;

    fn verifies(token: &str, secret: &str, algorithm: Algorithm) -> bool {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_secret(secret.as_bytes());
        decode::<serde_json::Value>(token, &key, &validation).is_ok()
    }

    #[test]
    fn signature_holds_for_its_secret_and_algorithm_only() {
        let claims = Data::object([("sub", Data::from("u1"))]);
        let token = mint_jwt(&claims, JwtAlgorithm::Hs256, "right");
        assert!(verifies(&token, "right", Algorithm::HS256));
        assert!(!verifies(&token, "wrong", Algorithm::HS256));
        let token = mint_jwt(&claims, JwtAlgorithm::Hs512, "right");
        assert!(verifies(&token, "right", Algorithm::HS512));
        assert!(!verifies(&token, "right", Algorithm::HS256));
    }

    #[test]
    fn unsigned_token_ends_with_the_dot() {
        let token = mint_jwt(&Data::object([("a", Data::Null)]), JwtAlgorithm::None, "");
        assert_eq!(token, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJhIjpudWxsfQ.");
    }

    #[test]
    fn every_algorithm_takes_an_empty_secret() {
        for algorithm in JwtAlgorithm::NAMES
            .iter()
            .filter_map(|name| JwtAlgorithm::from_name(name))
        {
            assert_eq!(mint_jwt(&Data::Null, algorithm, "").split('.').count(), 3);
        }
    }

    #[test]
    fn every_algorithm_is_found_by_its_name() {
        for name in JwtAlgorithm::NAMES {
            assert_eq!(
                JwtAlgorithm::from_name(name).map(JwtAlgorithm::name),
                Some(name)
            );
        }
        assert_eq!(JwtAlgorithm::from_name("RS256"), None);
        assert_eq!(JwtAlgorithm::from_name("hs256"), None);
        let in_any_case = JwtAlgorithm::from_name_in_any_case;
        assert_eq!(in_any_case("hs384"), Some(JwtAlgorithm::Hs384));
        assert_eq!(in_any_case("NONE"), Some(JwtAlgorithm::None));
        assert_eq!(in_any_case("RS256"), None);
    }

    #[test]
    fn header_holds_the_name_of_the_algorithm_as_it_is_given() {
        let token = mint_jwt_as("hs256", &Data::Null, JwtAlgorithm::Hs256, "right");
        let header = token.split('.').next().unwrap();
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
        assert_eq!(header, br#"{"alg":"hs256","typ":"JWT"}"#);
    }
}
