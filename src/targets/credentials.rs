//! The credentials that scenarios send.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use super::Secrets;
use crate::{
    clock,
    data::Data,
    scenario::{JwtAlgorithm, PrivateKey, mint_jwt},
};

/// The credentials of ordinary users, who can be any users.
const USERS: [&str; 2] = ["valid", "other"];

/// The credentials of a target by name. A credential that describes a JSON Web Token gives a fresh token for every
/// run.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The secret that signs the tokens that have no secret of their own. Scenarios read it as `$credentials.secret`.
    pub secret: Option<String>,
    /// The private key that signs the tokens that have no secret of their own, in place of a secret. Scenarios read it
    /// as `$credentials.secret`.
    pub private_key: Option<PrivateKey>,
    /// The credentials by name.
    pub entries: BTreeMap<String, Credential>,
}

/// One credential, such as a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// A JSON Web Token that is created and signed for each run.
    Jwt(JwtCredential),
    /// A fixed value, from the manifest or from the environment.
    Literal(Data),
}

/// The description of a JSON Web Token to create and sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JwtCredential {
    /// The claims that do not depend on the time.
    pub claims: IndexMap<String, Data>,
    /// The claim `exp`, as an offset from the time of signing. It is negative for an expired token.
    pub expires: Option<SignedDuration>,
    /// The claim `nbf`, as an offset from the time of signing. It is positive for a token that is not yet valid.
    pub not_before: Option<SignedDuration>,
    /// The algorithm that signs the token; `None` for that of [`Credentials::private_key`], or else HS256.
    pub algorithm: Option<JwtAlgorithm>,
    /// The secret that signs this token; `None` if it is [`Credentials::secret`].
    pub secret: Option<String>,
    /// Whose signature the token has.
    pub signature: JwtSignature,
}

/// Whose signature a token has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum JwtSignature {
    /// The token's own.
    #[default]
    Own,
    /// That of a token with other claims, signed with the private key of all credentials: a forgery.
    OfOtherClaims,
}

/// The credentials of one run, with tokens signed for this run.
#[derive(Clone, Debug, Default)]
pub struct Minted {
    /// The value of `$credentials`: an object of tokens by name.
    pub data: Data,
    /// The signed tokens and the secrets that sign them. Outputs have to mask all of these.
    pub secrets: Secrets,
}

impl Credentials {
    /// Returns true if scenarios can use the credential `name`. The name `secret` stands for the secret that signs
    /// tokens.
    pub fn contains(&self, name: &str) -> bool {
        match name {
            "secret" => self.signer().is_some(),
            _ => self.entries.contains_key(name),
        }
    }

    /// Returns the secret, or the private key in PEM, that signs the tokens that have no secret of their own.
    pub fn signer(&self) -> Option<&str> {
        let key = self.private_key.as_ref().map(PrivateKey::pem);
        self.secret.as_deref().or(key)
    }

    /// Adds the credential `name` with an empty value, unless there is one.
    pub fn declare(&mut self, name: &str) {
        if name == "secret" {
            self.secret.get_or_insert_default();
        } else {
            let empty = || Credential::Literal(Data::from(""));
            self.entries.entry(name.to_owned()).or_insert_with(empty);
        }
    }

    /// Returns the value of `$credentials`: an object of tokens.
    pub fn to_data(&self) -> Data {
        self.mint(clock::timestamp()).data
    }

    /// Returns the value of every credential by name. The times in tokens count from `now`.
    pub fn mint(&self, now: Timestamp) -> Minted {
        self.mint_with(now, |_, jwt| Cow::Borrowed(jwt))
    }

    /// Returns the value of every credential by name. The tokens `valid` and `other` name users that no other attempt
    /// has: their `sub` ends with `suffix`.
    pub fn mint_for(&self, now: Timestamp, suffix: &str) -> Minted {
        self.mint_with(now, |name, jwt| match USERS.contains(&name) {
            true => Cow::Owned(jwt.for_user(suffix)),
            false => Cow::Borrowed(jwt),
        })
    }

    /// Returns the token `name` of a user that no other client has: its `sub` ends with `suffix`. Returns `None` if the
    /// credential is no token that sockspec signs.
    pub fn mint_one(&self, name: &str, now: Timestamp, suffix: &str) -> Option<String> {
        match self.entries.get(name)? {
            Credential::Jwt(jwt) => Some(jwt.for_user(suffix).mint(self, now)),
            Credential::Literal(_) => None,
        }
    }

    /// Returns the claims of the token `valid`, for the tokens that scenarios create: they are tokens of the same
    /// application. Of the times, only the expiry is a part of them. Returns `None` if there is no such token.
    pub fn usual_claims(&self, now: Timestamp) -> Option<Data> {
        let valid = match self.entries.get("valid")? {
            Credential::Jwt(jwt) => jwt.clone(),
            Credential::Literal(token) => JwtCredential::parse(token.as_str()?)?,
        };
        let mut claims = valid.claims;
        if let Some(expires) = valid.expires {
            let at = now.as_second().saturating_add(expires.as_secs());
            claims
                .entry("exp".to_owned())
                .or_insert_with(|| Data::from(at));
        }
        Some(Data::Object(claims))
    }

    fn mint_with<'c>(
        &'c self,
        now: Timestamp,
        of: impl Fn(&str, &'c JwtCredential) -> Cow<'c, JwtCredential>,
    ) -> Minted {
        let mut secrets = Secrets::default();
        let mut fields = IndexMap::new();
        if let Some(signer) = self.signer() {
            secrets.add(signer);
            fields.insert("secret".to_owned(), Data::from(signer));
        }
        for (name, credential) in &self.entries {
            let value = match credential {
                Credential::Jwt(jwt) => {
                    let token = of(name, jwt).mint(self, now);
                    secrets.add(&token);
                    Data::from(token)
                }
                Credential::Literal(value) => value.clone(),
            };
            fields.insert(name.clone(), value);
        }
        Minted {
            data: Data::Object(fields),
            secrets,
        }
    }
}

impl JwtCredential {
    /// Returns the description of a token that the manifest gives as a text. Returns `None` if the text is not a JSON Web
    /// Token (RFC 7519).
    ///
    /// The claims about time are left out, because the derived tokens have their own. A token with an algorithm that
    /// sockspec needs a private key for counts as HS256 without one, so that the derived tokens that need no secret exist
    /// for it too.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, claims) = (object(parts.next()?)?, object(parts.next()?)?);
        parts.next()?;
        let algorithm = header.get("alg").and_then(Data::as_str);
        let mut claims = claims;
        claims.retain(|claim, _| !["exp", "iat", "nbf"].contains(&claim.as_str()));
        Some(Self {
            claims,
            algorithm: algorithm.and_then(JwtAlgorithm::from_name),
            ..Self::default()
        })
    }

    /// Returns the token of another user, whose `sub` has this suffix. A token that names no user stays as it is.
    fn for_user(&self, suffix: &str) -> Self {
        let mut other = self.clone();
        if let Some(Data::String(user)) = other.claims.get_mut("sub") {
            user.push('-');
            user.push_str(suffix);
        }
        other
    }

    fn mint(&self, credentials: &Credentials, now: Timestamp) -> String {
        #[cfg(test)]
        crate::work::count("signed tokens", 1);
        let mut claims = self.claims.clone();
        let mut set = |claim: &str, offset: SignedDuration| {
            let at = now.as_second().saturating_add(offset.as_secs());
            claims
                .entry(claim.to_owned())
                .or_insert_with(|| Data::from(at));
        };
        set("iat", SignedDuration::ZERO);
        if let Some(expires) = self.expires {
            set("exp", expires);
        }
        if let Some(not_before) = self.not_before {
            set("nbf", not_before);
        }
        let claims = Data::Object(claims);
        match (&credentials.private_key, self.algorithm, &self.secret) {
            (Some(key), None, None) => match self.signature {
                JwtSignature::Own => key.sign(&claims),
                JwtSignature::OfOtherClaims => key.forge(&claims),
            },
            (_, algorithm, own) => {
                let secret = own.as_deref().or(credentials.secret.as_deref());
                mint_jwt(
                    &claims,
                    algorithm.unwrap_or_default(),
                    secret.unwrap_or_default(),
                )
            }
        }
    }
}

/// Decodes a part of a token, which is a JSON object in base64url.
fn object(part: &str) -> Option<IndexMap<String, Data>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    match Data::from(value) {
        Data::Object(fields) => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn part(token: &Data, index: usize) -> Value {
        let text = token.as_str().unwrap().split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    }

    fn minted(name: &str, jwt: JwtCredential) -> Minted {
        let credentials = Credentials {
            secret: Some("sockspec-secret".to_owned()),
            private_key: None,
            entries: BTreeMap::from([(name.to_owned(), Credential::Jwt(jwt))]),
        };
        credentials.mint(Timestamp::from_second(1_000_000).unwrap())
    }

    #[test]
    fn times_count_from_the_signing() {
        let jwt = JwtCredential {
            claims: IndexMap::from([("sub".to_owned(), Data::from("u1"))]),
            expires: Some(SignedDuration::from_secs(-60)),
            not_before: Some(SignedDuration::from_secs(90)),
            ..JwtCredential::default()
        };
        let minted = minted("odd", jwt);
        assert_eq!(
            part(minted.data.get("odd").unwrap(), 1),
            json!({"sub": "u1", "iat": 1_000_000, "exp": 999_940, "nbf": 1_000_090})
        );
    }

    #[test]
    fn tokens_of_scenarios_have_the_claims_of_the_valid_one() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let usual = |valid: Credential| {
            let credentials = Credentials {
                entries: BTreeMap::from([("valid".to_owned(), valid)]),
                ..Credentials::default()
            };
            credentials
                .usual_claims(now)
                .map(|claims| claims.to_string())
        };
        let claims = Data::from(json!({"sub": "u1", "org": 7}));
        let jwt = JwtCredential {
            claims: claims.as_object().cloned().unwrap(),
            expires: Some(SignedDuration::from_secs(60)),
            ..JwtCredential::default()
        };
        let expected = r#"{"sub":"u1","org":7,"exp":1000060}"#;
        assert_eq!(
            usual(Credential::Jwt(jwt.clone())).as_deref(),
            Some(expected)
        );
        let token = jwt.mint(&Credentials::default(), now);
        let expected = r#"{"sub":"u1","org":7}"#;
        let literal = Credential::Literal(Data::from(token));
        assert_eq!(usual(literal).as_deref(), Some(expected));
        assert_eq!(usual(Credential::Literal(Data::from("opaque"))), None);
    }

    #[test]
    fn own_secret_and_algorithm_replace_the_defaults() {
        let unsigned = minted(
            "unsigned",
            JwtCredential {
                algorithm: Some(JwtAlgorithm::None),
                ..JwtCredential::default()
            },
        );
        assert_eq!(
            part(unsigned.data.get("unsigned").unwrap(), 0),
            json!({"alg": "none", "typ": "JWT"})
        );
        let signed = |secret: Option<&str>| {
            let jwt = JwtCredential {
                secret: secret.map(str::to_owned),
                ..JwtCredential::default()
            };
            minted("token", jwt).data.get("token").cloned()
        };
        assert_eq!(signed(None), signed(Some("sockspec-secret")));
        assert_ne!(signed(None), signed(Some("forged")));
    }

    #[test]
    fn users_of_an_attempt_have_names_of_their_own() {
        let claims = IndexMap::from([("sub".to_owned(), Data::from("u1"))]);
        let jwt = JwtCredential {
            claims,
            ..JwtCredential::default()
        };
        let credentials = Credentials {
            secret: Some("s".to_owned()),
            private_key: None,
            entries: BTreeMap::from([
                ("admin".to_owned(), Credential::Jwt(jwt.clone())),
                ("valid".to_owned(), Credential::Jwt(jwt)),
            ]),
        };
        let now = Timestamp::from_second(1_000_000).unwrap();
        let minted = credentials.mint_for(now, "a7");
        let user = |name: &str| part(minted.data.get(name).unwrap(), 1)["sub"].clone();
        assert_eq!(
            (user("valid"), user("admin")),
            (json!("u1-a7"), json!("u1"))
        );
        let one = credentials.mint_one("valid", now, "a7-first").unwrap();
        assert_eq!(part(&Data::from(one), 1)["sub"], json!("u1-a7-first"));
    }

    #[test]
    fn minted_tokens_and_their_secret_are_secrets_and_literals_are_not() {
        let credentials = Credentials {
            secret: Some("sockspec-secret".to_owned()),
            private_key: None,
            entries: BTreeMap::from([
                (
                    "valid".to_owned(),
                    Credential::Jwt(JwtCredential::default()),
                ),
                (
                    "malformed".to_owned(),
                    Credential::Literal(Data::from("not-a-jwt")),
                ),
            ]),
        };
        let minted = credentials.mint(clock::timestamp());
        let token = minted.data.get("valid").and_then(Data::as_str).unwrap();
        assert!(minted.secrets.found_in(token));
        assert!(minted.secrets.found_in("the secret is sockspec-secret"));
        assert!(!minted.secrets.found_in("not-a-jwt"));
    }
}
