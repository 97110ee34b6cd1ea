//! Reads the key `credentials` of a manifest.

use std::path::Path;

use jiff::SignedDuration;

use super::{derived_credentials, private_key};
use crate::{
    scenario::{Entry, Field, Fields, JwtAlgorithm, NodeKind, Problems},
    targets::{Credential, Credentials, JwtCredential},
    text::did_you_mean,
};

const ALGORITHMS: [(&str, JwtAlgorithm); 4] = [
    ("HS256", JwtAlgorithm::Hs256),
    ("HS384", JwtAlgorithm::Hs384),
    ("HS512", JwtAlgorithm::Hs512),
    ("none", JwtAlgorithm::None),
];

/// The keys of `jwt:` that are not claims.
const SETTINGS: [&str; 4] = ["alg", "expires", "not_before", "secret"];

/// The keys of `credentials` that are no credentials.
const SIGNERS: [&str; 2] = ["secret", "private_key"];

/// Reads the credentials. The file of a private key is relative to `folder`.
pub(super) fn read(field: Field<'_>, folder: &Path, problems: &mut Problems) -> Credentials {
    let mut credentials = Credentials::default();
    let Some(fields) = Fields::new(field.node, "`credentials`", problems) else {
        return credentials;
    };
    credentials.secret = fields
        .get("secret")
        .and_then(|field| field.text(problems))
        .map(str::to_owned);
    fields.exclusive(&[&SIGNERS], problems);
    credentials.private_key = fields
        .get("private_key")
        .and_then(|field| private_key::read(field, folder, problems));
    for entry in fields.entries() {
        if SIGNERS.contains(&entry.key.as_str()) {
            continue;
        }
        if let Some(credential) = credential(entry, problems) {
            note_missing_secret(entry, &credential, &credentials, problems);
            credentials.entries.insert(entry.key.clone(), credential);
        }
    }
    derived_credentials::add(&mut credentials);
    credentials
}

fn credential(entry: &Entry, problems: &mut Problems) -> Option<Credential> {
    match entry.value.kind {
        NodeKind::Scalar(_) => return Some(Credential::Literal(entry.value.to_data())),
        NodeKind::Sequence(_) => {
            problems
                .error(
                    "wrong-type",
                    entry.value.span,
                    "a credential has to be a token or a mapping, found a list",
                )
                .help = Some("write the token itself, or `{ jwt: { sub: u1 } }`".to_owned());
            return None;
        }
        NodeKind::Mapping(_) => {}
    }
    let fields = Fields::new(&entry.value, "a credential", problems)?;
    let jwt = fields
        .require("jwt", problems)
        .and_then(|field| jwt(field, problems));
    fields.finish(problems);
    jwt.map(Credential::Jwt)
}

fn jwt(field: Field<'_>, problems: &mut Problems) -> Option<JwtCredential> {
    let fields = Fields::new(field.node, "`jwt`", problems)?;
    let mut jwt = JwtCredential {
        expires: fields
            .get("expires")
            .and_then(|field| offset(field, problems)),
        not_before: fields
            .get("not_before")
            .and_then(|field| offset(field, problems)),
        algorithm: fields
            .get("alg")
            .and_then(|field| field.choice(&ALGORITHMS, problems)),
        secret: fields
            .get("secret")
            .and_then(|field| field.text(problems))
            .map(str::to_owned),
        ..JwtCredential::default()
    };
    for entry in fields.entries() {
        if SETTINGS.contains(&entry.key.as_str()) {
            continue;
        }
        // Without this check, a mistyped key would become a claim that no server reads.
        if let Some(help) = did_you_mean(&entry.key, SETTINGS) {
            problems
                .error(
                    "unknown-key",
                    entry.key_span,
                    format!("`jwt` has no key `{}`", entry.key),
                )
                .help = Some(help);
        }
        jwt.claims.insert(entry.key.clone(), entry.value.to_data());
    }
    Some(jwt)
}

/// Reads an offset from the time of signing a token. The offset may be negative.
fn offset(field: Field<'_>, problems: &mut Problems) -> Option<SignedDuration> {
    let text = field.node.text().unwrap_or_default();
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let help = if text.parse::<i64>().is_ok() {
            format!("write `{text}s`")
        } else {
            "write `1h`, or `-60s` for a time in the past".to_owned()
        };
        problems
            .error(
                "bad-duration",
                field.node.span,
                format!(
                    "`{}` has to be a duration, found {}",
                    field.key,
                    field.node.describe()
                ),
            )
            .help = Some(help);
    }
    parsed
}

fn note_missing_secret(
    entry: &Entry,
    credential: &Credential,
    credentials: &Credentials,
    problems: &mut Problems,
) {
    let Credential::Jwt(jwt) = credential else {
        return;
    };
    // A private key signs only tokens that name no algorithm.
    let by_key = credentials.private_key.is_some() && jwt.algorithm.is_none();
    let signed = jwt.algorithm != Some(JwtAlgorithm::None);
    if signed && !by_key && jwt.secret.is_none() && credentials.secret.is_none() {
        problems
            .error(
                "no-secret",
                entry.key_span,
                format!("no secret signs the token `{}`", entry.key),
            )
            .help = Some("add `secret:` under `credentials`, or to this `jwt`".to_owned());
    }
}
