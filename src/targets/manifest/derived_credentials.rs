//! Derives wrong tokens from a valid one, for the negative scenarios whose tokens a manifest does not give.

use jiff::SignedDuration;

use crate::{
    data::Data,
    scenario::{JwtAlgorithm, PrivateKey},
    targets::{Credential, Credentials, JwtCredential, JwtSignature},
};

/// The names of the credentials that can be derived from `valid` and `secret`.
pub const DERIVED_CREDENTIALS: &[&str] = &[
    "expired",
    "malformed",
    "not_yet_valid",
    "unsigned",
    "wrong_algorithm",
    "wrong_signature",
];

/// The secret of the token with the wrong signature.
const OTHER_SECRET: &str = "another-secret";

/// A text that is not a JSON Web Token.
const MALFORMED: &str = "not-a-jwt";

/// Adds the credentials that follow from `valid` and from `secret` or `private_key`, and that the manifest does not
/// give: `expired`, `not_yet_valid`, `wrong_signature`, `wrong_algorithm`, `unsigned` and `malformed`.
///
/// If the manifest gives no secret, only the tokens that need no secret are added. If `valid` is not a JSON Web Token,
/// only `malformed` is added.
pub(super) fn add(credentials: &mut Credentials) {
    let Some(valid) = credentials.entries.get("valid") else {
        return;
    };
    let valid = match valid {
        Credential::Jwt(jwt) => Some(jwt.clone()),
        Credential::Literal(token) => token.as_str().and_then(JwtCredential::parse),
    };
    let mut derived = vec![("malformed", Credential::Literal(Data::from(MALFORMED)))];
    if let Some(valid) = valid {
        let can_sign = valid.secret.is_some() || credentials.signer().is_some();
        let wrong = wrong_tokens(&valid, credentials.private_key.as_ref()).into_iter();
        let wrong = wrong.filter(|(_, token)| {
            can_sign || token.secret.is_some() || token.algorithm == Some(JwtAlgorithm::None)
        });
        derived.extend(wrong.map(|(name, token)| (name, Credential::Jwt(token))));
    }
    for (name, credential) in derived {
        credentials
            .entries
            .entry(name.to_owned())
            .or_insert(credential);
    }
}

/// Returns the wrong tokens by name. `key` is the private key that signs the valid token, if it is no secret that does.
fn wrong_tokens(
    valid: &JwtCredential,
    key: Option<&PrivateKey>,
) -> [(&'static str, JwtCredential); 5] {
    let minute = SignedDuration::from_mins(1);
    let hour = Some(SignedDuration::from_hours(1));
    let lasting = JwtCredential {
        expires: valid.expires.or(hour),
        ..valid.clone()
    };
    [
        (
            "expired",
            JwtCredential {
                expires: Some(-minute),
                ..valid.clone()
            },
        ),
        (
            "not_yet_valid",
            JwtCredential {
                not_before: Some(minute),
                expires: hour,
                ..valid.clone()
            },
        ),
        ("wrong_signature", wrong_signature(&lasting, key)),
        ("wrong_algorithm", wrong_algorithm(&lasting, key)),
        (
            "unsigned",
            JwtCredential {
                algorithm: Some(JwtAlgorithm::None),
                ..lasting
            },
        ),
    ]
}

/// Returns the token with a signature that is not the token's: of another secret, or of another token.
fn wrong_signature(valid: &JwtCredential, key: Option<&PrivateKey>) -> JwtCredential {
    match key.filter(|_| valid.secret.is_none()) {
        Some(_) => JwtCredential {
            signature: JwtSignature::OfOtherClaims,
            ..valid.clone()
        },
        None => JwtCredential {
            secret: Some(OTHER_SECRET.to_owned()),
            ..valid.clone()
        },
    }
}

/// Returns the token with another algorithm. In place of RS256 or ES256, it is HS256 with the public key as its secret:
/// a server that lets the token choose the algorithm accepts such a token.
fn wrong_algorithm(valid: &JwtCredential, key: Option<&PrivateKey>) -> JwtCredential {
    match key.filter(|_| valid.secret.is_none()) {
        Some(key) => JwtCredential {
            algorithm: Some(JwtAlgorithm::Hs256),
            secret: Some(key.public_pem()),
            ..valid.clone()
        },
        None => JwtCredential {
            algorithm: Some(match valid.algorithm.unwrap_or_default() {
                JwtAlgorithm::Hs512 => JwtAlgorithm::Hs256,
                JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::None => {
                    JwtAlgorithm::Hs512
                }
            }),
            ..valid.clone()
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::scenario::{mint_jwt, private_key_tests::curve_pem};

    fn derived(secret: Option<&str>, valid: Credential) -> Credentials {
        let mut credentials = Credentials {
            secret: secret.map(str::to_owned),
            private_key: None,
            entries: BTreeMap::from([("valid".to_owned(), valid)]),
        };
        add(&mut credentials);
        credentials
    }

    fn names(credentials: &Credentials) -> Vec<&str> {
        credentials.entries.keys().map(String::as_str).collect()
    }

    fn jwt<'c>(credentials: &'c Credentials, name: &str) -> &'c JwtCredential {
        match &credentials.entries[name] {
            Credential::Jwt(jwt) => jwt,
            Credential::Literal(token) => panic!("{name} is the literal {token}"),
        }
    }

    const ALL: [&str; 7] = [
        "expired",
        "malformed",
        "not_yet_valid",
        "unsigned",
        "valid",
        "wrong_algorithm",
        "wrong_signature",
    ];

    #[test]
    fn every_wrong_token_follows_from_a_described_one() {
        let valid = JwtCredential {
            claims: IndexMap::from([("sub".to_owned(), Data::from("u1"))]),
            algorithm: Some(JwtAlgorithm::Hs512),
            ..JwtCredential::default()
        };
        let found = derived(Some("s"), Credential::Jwt(valid.clone()));
        assert_eq!(names(&found), ALL);
        assert!(jwt(&found, "expired").expires.unwrap() < SignedDuration::ZERO);
        assert!(jwt(&found, "not_yet_valid").not_before.unwrap() > SignedDuration::ZERO);
        assert_eq!(
            jwt(&found, "wrong_algorithm").algorithm,
            Some(JwtAlgorithm::Hs256)
        );
        assert_eq!(jwt(&found, "unsigned").claims, valid.claims);
        assert_eq!(
            jwt(&found, "wrong_signature").secret.as_deref(),
            Some(OTHER_SECRET)
        );
    }

    #[test]
    fn a_token_without_a_secret_gives_those_that_need_none() {
        let claims = Data::from(json!({"sub": "u1", "exp": 99, "role": "user"}));
        let token = mint_jwt(&claims, JwtAlgorithm::Hs256, "unknown to sockspec");
        let valid = Credential::Literal(Data::from(token));
        let found = derived(None, valid.clone());
        assert_eq!(
            names(&found),
            ["malformed", "unsigned", "valid", "wrong_signature"]
        );
        let kept: Vec<_> = jwt(&found, "unsigned").claims.keys().collect();
        assert_eq!(kept, ["sub", "role"]);
        assert_eq!(names(&derived(Some("s"), valid)), ALL);
    }

    #[test]
    fn a_session_id_gives_only_a_malformed_token() {
        let valid = Credential::Literal(Data::from("d41d8cd98f00b204"));
        assert_eq!(names(&derived(Some("s"), valid)), ["malformed", "valid"]);
    }

    #[test]
    fn what_the_manifest_gives_stays() {
        let mut credentials = derived(None, Credential::Literal(Data::from("a")));
        let own = Credential::Literal(Data::from("mine"));
        credentials
            .entries
            .insert("malformed".to_owned(), own.clone());
        add(&mut credentials);
        assert_eq!(credentials.entries["malformed"], own);
    }

    #[test]
    fn every_wrong_token_follows_from_a_private_key() {
        let key = PrivateKey::parse(&curve_pem()).unwrap();
        let claims = IndexMap::from([("sub".to_owned(), Data::from("u1"))]);
        let valid = Credential::Jwt(JwtCredential {
            claims,
            ..JwtCredential::default()
        });
        let mut credentials = Credentials {
            secret: None,
            private_key: Some(key.clone()),
            entries: BTreeMap::from([("valid".to_owned(), valid)]),
        };
        add(&mut credentials);
        assert_eq!(names(&credentials), ALL);
        let minted = credentials.mint(crate::clock::timestamp());
        let token = |name: &str| minted.data.get(name).and_then(Data::as_str).unwrap();
        let algorithm = |name: &str| {
            let header = token(name).split('.').next().unwrap().to_owned();
            let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
            let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
            header["alg"].as_str().unwrap().to_owned()
        };
        assert_eq!(algorithm("expired"), "ES256");
        assert_eq!(algorithm("wrong_signature"), "ES256");
        assert_eq!(algorithm("wrong_algorithm"), "HS256");
        assert_eq!(algorithm("unsigned"), "none");
        let wrong = jwt(&credentials, "wrong_algorithm");
        assert_eq!(wrong.secret.as_deref(), Some(key.public_pem().as_str()));
        assert!(minted.secrets.found_in(key.pem().trim_end()));
        assert!(credentials.contains("secret"));
    }
}
