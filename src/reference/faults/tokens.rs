//! Faults in the use of valid tokens.

use super::{people::is_locked_out, scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    app::{Denial, Presented, claimed_user, decode_part},
    engine::Session,
    socket::User,
};

faults!(TokenFault {
    CachedWithoutSignature = "token-cached-without-signature": "After the server has accepted a token, it also accepts the same token with any other signature.";
    SubjectNull = "token-without-subject-is-null": "When a valid token names no user (no `sub`), the server uses the text `null` as the user id.", seen "`String(claims.sub)`";
});

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
}

/// Returns the user of a token that the server has accepted before with another signature, if the
/// fault `token-cached-without-signature` is active.
pub(super) fn find_cached_user(
    session: &Session,
    denial: Denial,
    presented: &Presented,
) -> Option<User> {
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
