//! Faults in the form and the times of tokens, and in the use of valid tokens.

use std::borrow::Cow;

use super::{people::is_locked_out, scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    app::{Denial, Presented, claimed_user, decode_part},
    engine::Session,
    socket::User,
};

faults!(TokenFault {
    AlgorithmCaseIgnored = "token-algorithm-case-ignored": "The server accepts a token whose header writes the name of the algorithm HS256 in another case.";
    ClaimsMissing = "token-without-claims-accepted": "The server accepts a token whose second part, which holds the claims, is empty.";
    CachedWithoutSignature = "token-cached-without-signature": "After the server has accepted a token, it also accepts the same token with any other signature.";
    ExpiryFractionIgnored = "token-expiry-fraction-ignored": "The server ignores the expiry time of a token if it has a fraction of a second.", seen "`Number.isInteger(claims.exp)` before the comparison";
    ExpiryFractionRefused = "token-expiry-fraction-refused": "The server refuses a token as expired if its expiry time has a fraction of a second.";
    ExpiryLeeway = "token-expiry-leeway": "The server accepts a token for 30 seconds after its expiry time.", seen "jsonwebtoken for Rust, with 60 seconds unless `leeway` is 0";
    ExpiryZeroIgnored = "token-expiry-zero-ignored": "The server ignores the expiry time of a token if it is 0.", seen "`if (claims.exp && …)`";
    FourthPartIgnored = "token-fourth-part-ignored": "The server ignores what follows the third part of a token, where it has to refuse the token.", seen "`const [header, claims, signature] = token.split('.')`";
    NotBeforeLeeway = "token-not-before-leeway": "The server accepts a token 30 seconds before the time from which it is valid.";
    SchemeIgnored = "header-scheme-ignored": "The server takes a token from an Authorization header with any scheme, or without one.", seen "`header.split(' ').pop()`";
    SignatureJunkIgnored = "token-signature-junk-ignored": "The server ignores characters in the signature of a token that base64url does not have.", seen "Python's `urlsafe_b64decode`, and so PyJWT";
    SignatureLonger = "token-signature-longer-accepted": "The server accepts a token with further characters behind the right signature.", seen "comparisons that stop at the end of the right signature";
    SubjectNull = "token-without-subject-is-null": "When a valid token names no user (no `sub`), the server uses the text `null` as the user id.", seen "`String(claims.sub)`";
});

/// How many seconds the faults with a leeway grant.
const LEEWAY: f64 = 30.0;

/// The number of characters of an HS256 signature in base64url.
const SIGNATURE_LENGTH: usize = 43;

/// The key under which the fault `token-cached-without-signature` remembers that the server has
/// accepted a token. The field is the token without its signature.
#[derive(Eq, Hash, PartialEq)]
struct AcceptedToken(String);

impl ScratchKey for AcceptedToken {
    type Note = ();
}

impl FaultSet {
    /// Decides about a user whose token is valid. Without faults the user is accepted as it is.
    pub(in crate::reference) fn judge_user(
        &self,
        session: &Session,
        presented: &Presented,
        mut user: User,
    ) -> Result<User, Denial> {
        if self.has(TokenFault::CachedWithoutSignature)
            && let Some(signed) = signed_part(presented)
        {
            let key = AcceptedToken(signed.to_owned());
            session.server.scratch.replace(key, ());
        }
        if is_locked_out(session, &user) {
            return Err(Denial::Invalid);
        }
        if self.has(TokenFault::SubjectNull) {
            user.id.get_or_insert_with(|| "null".to_owned());
        }
        Ok(user)
    }

    /// Returns true if a token has expired at the time `now`. Without faults it has from its expiry
    /// time on.
    pub(in crate::reference) fn is_expired(&self, expiry: f64, now: f64) -> bool {
        let has_fraction = expiry.fract() != 0.0;
        if self.has(TokenFault::ExpiryFractionRefused) && has_fraction {
            return true;
        }
        let is_ignored = (self.has(TokenFault::ExpiryFractionIgnored) && has_fraction)
            || (self.has(TokenFault::ExpiryZeroIgnored) && expiry == 0.0);
        let leeway = f64::from(u8::from(self.has(TokenFault::ExpiryLeeway))) * LEEWAY;
        !is_ignored && now >= expiry + leeway
    }

    /// Returns true if a token is not valid yet at the time `now`. Without faults it is valid from
    /// the time `start` on.
    pub(in crate::reference) fn is_early(&self, start: f64, now: f64) -> bool {
        let leeway = f64::from(u8::from(self.has(TokenFault::NotBeforeLeeway))) * LEEWAY;
        now < start - leeway
    }
}

/// Returns the token as the server reads it. Without faults this is the whole token.
pub(super) fn read_leniently<'a>(faults: &FaultSet, token: &'a str) -> Cow<'a, str> {
    if faults.is_empty() {
        return Cow::Borrowed(token);
    }
    let mut parts: Vec<_> = token.split('.').collect();
    if faults.has(TokenFault::FourthPartIgnored) {
        parts.truncate(3);
    }
    let [header, claims, signature] = parts.as_slice() else {
        return Cow::Borrowed(token);
    };
    let mut signature = (*signature).to_owned();
    if faults.has(TokenFault::SignatureJunkIgnored) {
        signature.retain(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_');
    }
    if faults.has(TokenFault::SignatureLonger) {
        signature = signature.chars().take(SIGNATURE_LENGTH).collect();
    }
    Cow::Owned(format!("{header}.{claims}.{signature}"))
}

/// Returns true if the fault `token-algorithm-case-ignored` is active.
pub(super) fn ignores_case_of_algorithm(faults: &FaultSet) -> bool {
    faults.has(TokenFault::AlgorithmCaseIgnored)
}

/// Returns true if the fault `header-scheme-ignored` is active.
pub(super) fn takes_any_scheme(faults: &FaultSet) -> bool {
    faults.has(TokenFault::SchemeIgnored)
}

/// Returns the user of an invalid token if an active fault accepts the token: because its claims
/// are empty, or because the server has accepted it before with another signature.
pub(super) fn find_user_of_invalid(
    session: &Session,
    denial: Denial,
    presented: &Presented,
) -> Option<User> {
    if session.faults().has(TokenFault::ClaimsMissing)
        && denial == Denial::Invalid
        && signed_part(presented).is_some_and(|signed| signed.ends_with('.'))
    {
        return Some(User::default());
    }
    let is_active = session.faults().has(TokenFault::CachedWithoutSignature);
    let signed = signed_part(presented).filter(|_| is_active && denial == Denial::Invalid)?;
    let accepted = session
        .server
        .scratch
        .count(&AcceptedToken(signed.to_owned()));
    let claims = signed.split('.').nth(1).and_then(decode_part)?;
    (accepted > 0).then(|| claimed_user(&claims))
}

/// Returns the presented token without its signature.
fn signed_part(presented: &Presented) -> Option<&str> {
    match presented {
        Presented::Token(token) => token.rsplit_once('.').map(|(signed, _)| signed),
        Presented::Nothing | Presented::Other(_) => None,
    }
}
