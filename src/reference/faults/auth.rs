//! Faults in authentication: tokens, roles and refusals.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::Value;

use super::{handlers::merged_user, scratch::ScratchKey, tokens, topic::faults};
use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        app::{Algorithms, Denial, Presented, claimed_user, decode_part},
        engine::{Ending, Session, TokenSources},
        rooms::{Selection, broadcast},
        socket::{Close, Refused, RefusedAccess, Socket, User},
    },
};

faults!(AuthFault {
    AdminBannedAccepted = "admin-banned-accepted": "The server accepts the token of a banned user if the token has the role `admin`.";
    AdminDeletedAccepted = "admin-deleted-accepted": "The server accepts the token of a deleted user if the token has the role `admin`.";
    AdminExpiredAccepted = "admin-token-expired-accepted": "The server accepts an expired token if the token has the role `admin`.";
    AdminRoleCase = "admin-role-case-ignored": "The server ignores the case of a role, and lets clients with the role `Admin` join the namespace /admin.";
    AdminRolePart = "admin-role-part-accepted": "The server lets clients join the namespace /admin if their role contains the word `admin`, such as `not-admin`.", seen "`role.includes('admin')` where roles may be a list";
    AdminRolePrefix = "admin-role-prefix-accepted": "The server lets clients join the namespace /admin if their role begins with `admin`, such as `administrator`.";
    AdminRoleUnchecked = "admin-role-unchecked": "The server lets every client with a valid token join the namespace /admin, whatever its role is.";
    AdmissionKept = "admission-kept-for-connection": "After a connection has presented a valid token, the server accepts every later token on that connection, even an invalid one.";
    AlgNoneAccepted = "token-alg-none-accepted": "The server accepts tokens with the algorithm `none`, which have no signature.", seen "CVE-2015-9235";
    AlgNoneInMixedCase = "token-alg-none-spelt-otherwise-accepted": "The server refuses unsigned tokens with the algorithm `none`, but accepts those with the algorithm `nOnE`.", seen "filters against CVE-2015-9235 that look for `none` in lower case only";
    AlgorithmUnchecked = "token-algorithm-unchecked": "The server verifies a token with the algorithm that the token names, where it has to accept only HS256.", seen "jsonwebtoken without `algorithms`";
    BanWithoutEnd = "ban-without-end": "When the server refuses the token of a banned user, the refusal does not say how long the ban lasts.";
    BearerCaseSensitive = "bearer-case-sensitive": "The server reads the token in an Authorization header only if the scheme is written `Bearer`, although case makes no difference there.";
    EmptyTokenSkipped = "empty-token-skipped": "When the token in the CONNECT payload is an empty string, the server looks for a token in the handshake, where it has to refuse the client.", seen "`auth.token || query.token`";
    LateTellsEverybody = "late-refusal-tells-everybody": "When the server refuses a client after the CONNECT reply, it sends the event `exception` also to all other clients of the namespace.";
    PayloadIgnored = "token-auth-ignored": "The server ignores the token in the CONNECT payload.";
    BannedAccepted = "banned-user-accepted": "The server accepts the tokens of banned users.";
    ClaimsFirst = "claims-checked-before-signature": "The server reports a forged token with a past expiry time as expired, not as invalid, because it checks the claims before the signature.";
    ClosesTransport = "refusal-closes-transport": "When the server refuses a client's CONNECT to one namespace, it closes the whole connection.";
    CookieEnding = "cookie-name-ending-accepted": "The server reads the token from any cookie whose name ends in `jwt`, not only from the cookie `jwt`.", seen "`/jwt=([^;]*)/`";
    CookieIgnored = "token-cookie-ignored": "The server ignores the token in the cookie `jwt`.";
    DataMissing = "refusal-without-data": "The server sends CONNECT_ERROR packets without `data`, which has the error code.", seen "socketioxide 0.18.9";
    DeletedAccepted = "deleted-user-accepted": "The server accepts the tokens of deleted users.";
    ExpiredAccepted = "token-expired-accepted": "The server accepts expired tokens.";
    ExpiryTextIgnored = "token-expiry-text-ignored": "The server accepts tokens whose expiry time (`exp`) is not a number.", seen "`claims.exp < now` with a text";
    FirstRefusalKept = "first-refusal-kept-for-connection": "When the server refuses several namespaces of a connection, every refusal gives the reason of the first one.";
    FirstUserKept = "first-user-kept-for-connection": "The server uses the user of a connection's first namespace in all namespaces of the connection, even if the client presents the token of another user there.", seen "the user as a field of the connection";
    HeaderIgnored = "token-header-ignored": "The server ignores the token in the Authorization header.";
    LateDisconnectsFirst = "late-refusal-disconnects-first": "When the server refuses a client after the CONNECT reply, it sends DISCONNECT before the event `exception` with the reason, not after it.";
    LateKeepsConnection = "late-refusal-keeps-connection": "When the server refuses a client after the CONNECT reply, it sends the reason but does not disconnect the client from the namespace.";
    LateKeepsListening = "late-refusal-keeps-listening": "When the server refuses a client after the CONNECT reply, it sends DISCONNECT to the client but still sends it the namespace's events.";
    LateServes = "late-refusal-serves-meanwhile": "When the server refuses a client after the CONNECT reply, it handles the client's events for 300 ms more before it disconnects the client.";
    LateWithoutException = "late-refusal-without-exception": "When the server refuses a client after the CONNECT reply, it disconnects the client without sending the reason.";
    MalformedAccepted = "token-malformed-accepted": "The server accepts clients whose token does not have the form of a JSON web token.";
    MessageGeneric = "refusal-message-generic": "The server sends the same message in every CONNECT_ERROR, whatever the reason of the refusal is.";
    MessageMissing = "refusal-without-message": "The server sends CONNECT_ERROR packets without the field `message`.";
    MissingAccepted = "token-missing-accepted": "The server accepts clients without a token in namespaces that require one.";
    NotBeforeIgnored = "token-not-before-ignored": "The server accepts tokens before the time from which they are valid (`nbf`).";
    OrderWrong = "token-order-wrong": "When a client presents several tokens in the CONNECT payload, the query, a header and a cookie, the server uses the last of them, not the first.";
    PayloadString = "refusal-payload-string": "The server sends the payload of a CONNECT_ERROR as a string, where it has to be an object with the field `message`.", seen "python-socketio 5.18.1";
    QueryIgnored = "token-query-ignored": "The server ignores the token in the query of the handshake.";
    RefusedJoined = "refused-client-joined": "After the server has refused a client's CONNECT to a namespace, it handles the client's events in that namespace nevertheless.";
    RefusedReceives = "refused-client-receives-broadcasts": "After the server has refused a client's CONNECT to a namespace, it sends the namespace's events to the client nevertheless.";
    Remembered = "auth-remembered-across-namespaces": "After a namespace has accepted a client's token, the server lets the client join other namespaces without a token.";
    RoleFromPayload = "role-from-payload": "The server takes a client's role from the CONNECT payload, which the client can choose freely, not from the token.";
    SignatureCase = "token-signature-case-ignored": "The server compares the signatures of tokens without regard to upper and lower case.";
    SignatureMissing = "token-signature-missing-accepted": "The server accepts tokens without a signature.";
    SignaturePrefix = "token-signature-prefix-accepted": "The server accepts a token whose signature is only the beginning of the right signature.", seen "comparisons that stop at the end of the received signature";
    SignatureUnchecked = "token-signature-unchecked": "The server does not check the signatures of tokens.";
    UserFromPayload = "user-from-connect-payload": "When a client names a `user` in its CONNECT payload, the server takes it for the user of the connection, whatever user the token names.", seen "`auth.user ?? claims.sub`";
    UserShared = "user-shared-by-connections": "The server reports the user whose token it accepted last as the user of all connections.", seen "a field of a gateway in place of the socket's data";
    WrongTypeAccepted = "token-wrong-type-accepted": "The server accepts clients whose token is not a string.";
});

/// The key under which `auth-remembered-across-namespaces` and `admission-kept-for-connection`
/// remember, for one session id, the ids of the accepted users.
#[derive(Eq, Hash, PartialEq)]
struct AcceptedUser(Box<str>);

impl ScratchKey for AcceptedUser {
    type Note = String;
}

/// The key under which the fault `first-user-kept-for-connection` remembers, for one session id,
/// the user id of the session's first socket.
#[derive(Eq, Hash, PartialEq)]
struct FirstUser(Box<str>);

impl ScratchKey for FirstUser {
    type Note = String;
}

/// The key under which the fault `user-shared-by-connections` remembers the id of the user that the
/// server accepted last on any session.
#[derive(Eq, Hash, PartialEq)]
struct LatestUser;

impl ScratchKey for LatestUser {
    type Note = String;
}

/// The key under which the fault `first-refusal-kept-for-connection` remembers, for one session id,
/// the payloads of the session's CONNECT_ERROR packets.
#[derive(Eq, Hash, PartialEq)]
struct Refusals(Box<str>);

impl ScratchKey for Refusals {
    type Note = Data;
}

impl FaultSet {
    /// Returns the places (query, header, cookie) in which the server looks for a token. Faults
    /// drop some of them.
    pub(in crate::reference) fn drop_sources(&self, mut sources: TokenSources) -> TokenSources {
        if self.has(AuthFault::QueryIgnored) {
            sources.query = None;
        }
        if self.has(AuthFault::HeaderIgnored) {
            sources.header = None;
        }
        if self.has(AuthFault::CookieIgnored) {
            sources.cookie = None;
        }
        if self.has(AuthFault::OrderWrong) {
            if sources.cookie.is_some() {
                sources.header = None;
            }
            if sources.header.is_some() || sources.cookie.is_some() {
                sources.query = None;
            }
        }
        sources
    }

    /// Returns the CONNECT payload if the server looks for a token in it. Faults ignore this
    /// payload, or prefer other sources of the token.
    pub(in crate::reference) fn read_payload<'a>(
        &self,
        sources: &TokenSources,
        auth: Option<&'a Data>,
    ) -> Option<&'a Data> {
        let others = [&sources.query, &sources.header, &sources.cookie];
        let overridden = self.has(AuthFault::OrderWrong) && others.into_iter().any(Option::is_some);
        let empty = auth.and_then(|auth| auth.get("token")?.as_str()) == Some("");
        let skipped = self.has(AuthFault::EmptyTokenSkipped) && empty;
        auth.filter(|_| !self.has(AuthFault::PayloadIgnored) && !overridden && !skipped)
    }

    /// Returns the claims of a token. Without faults the signature has to be valid, which
    /// `verified` checks; some faults accept tokens without a valid signature.
    pub(in crate::reference) fn read_claims(
        &self,
        token: &str,
        secret: &str,
        verified: impl Fn(&str, Algorithms) -> Option<Value>,
    ) -> Result<Value, Denial> {
        let token = &*tokens::read_leniently(self, token);
        let unsigned = || decode_part(token.split('.').nth(1)?);
        if self.has(AuthFault::SignatureUnchecked) {
            return unsigned().ok_or(Denial::Invalid);
        }
        let header = token.split('.').next().and_then(decode_part);
        let algorithm = header
            .as_ref()
            .and_then(|header| header.get("alg")?.as_str());
        let believed = match algorithm {
            Some("none") => self.has(AuthFault::AlgNoneAccepted),
            Some(other) if other.eq_ignore_ascii_case("none") => {
                self.has(AuthFault::AlgNoneInMixedCase)
            }
            _ => false,
        };
        if believed || accepts_signature(self, token, secret) {
            return unsigned().ok_or(Denial::Invalid);
        }
        if self.has(AuthFault::ClaimsFirst)
            && let Some(claims) = unsigned()
            && claims
                .get("exp")
                .and_then(Value::as_f64)
                .is_some_and(is_past)
        {
            return Err(Denial::Expired);
        }
        let algorithms = if self.has(AuthFault::AlgorithmUnchecked) {
            Algorithms::AsNamed
        } else if tokens::ignores_case_of_algorithm(self) {
            Algorithms::Hs256InAnyCase
        } else {
            Algorithms::Hs256
        };
        verified(token, algorithms).ok_or(Denial::Invalid)
    }

    /// Decides again about a client that the server denies: returns the client's user if an active
    /// fault accepts the client, and `denial` otherwise.
    pub(in crate::reference) fn overrule_denial(
        &self,
        session: &Session,
        denial: Denial,
        presented: &Presented,
        claims: Option<&Value>,
    ) -> Result<User, Denial> {
        if self.has(AuthFault::Remembered)
            && denial == Denial::Missing
            && let Some(id) = session
                .server
                .scratch
                .last(&AcceptedUser(session.sid.clone()))
        {
            return Ok(User {
                id: Some(id),
                ..User::default()
            });
        }
        let had_token = !matches!(denial, Denial::Missing | Denial::NotAdmin);
        if self.has(AuthFault::AdmissionKept)
            && had_token
            && let Some(id) = session
                .server
                .scratch
                .last(&AcceptedUser(session.sid.clone()))
        {
            return Ok(User {
                id: Some(id),
                ..User::default()
            });
        }
        if let Some(user) = tokens::find_user_of_invalid(session, denial, presented) {
            return Ok(user);
        }
        let accepted = match denial {
            Denial::Missing => self.has(AuthFault::MissingAccepted),
            Denial::Invalid => accepts_invalid(self, presented, claims),
            Denial::Expired => {
                self.has(AuthFault::ExpiredAccepted)
                    || (self.has(AuthFault::AdminExpiredAccepted) && is_admin(claims))
            }
            Denial::NotActive => self.has(AuthFault::NotBeforeIgnored),
            Denial::Banned => {
                self.has(AuthFault::BannedAccepted)
                    || (self.has(AuthFault::AdminBannedAccepted) && is_admin(claims))
            }
            Denial::UserNotFound => {
                self.has(AuthFault::DeletedAccepted)
                    || (self.has(AuthFault::AdminDeletedAccepted) && is_admin(claims))
            }
            Denial::NotAdmin => false,
        };
        if accepted {
            Ok(claims.map(claimed_user).unwrap_or_default())
        } else {
            Err(denial)
        }
    }

    /// Returns the user of an accepted client, and records the user's id for faults that act on
    /// later clients. The fault `role-from-payload` changes the role.
    pub(in crate::reference) fn note_user(
        &self,
        session: &Session,
        mut user: User,
        auth: Option<&Data>,
    ) -> User {
        if self.has(AuthFault::RoleFromPayload)
            && let Some(role) = auth
                .and_then(|auth| auth.get("role"))
                .and_then(Data::as_str)
        {
            user.role = Some(role.to_owned());
        }
        if self.has(AuthFault::UserFromPayload)
            && let Some(id) = auth
                .and_then(|auth| auth.get("user"))
                .and_then(Data::as_str)
        {
            user.id = Some(id.to_owned());
        }
        if let Some(id) = user.id.as_deref() {
            if self.has(AuthFault::Remembered) || self.has(AuthFault::AdmissionKept) {
                let key = AcceptedUser(session.sid.clone());
                session.server.scratch.add(key, id.to_owned());
            }
            if self.has(AuthFault::UserShared) {
                session.server.scratch.replace(LatestUser, id.to_owned());
            }
        }
        user
    }

    /// Returns the id of a socket's user. Without faults this is `own`: the id in the user's token,
    /// or the socket's id if there is none.
    pub(in crate::reference) fn user_id<'a>(
        &self,
        socket: &Socket,
        own: &'a str,
    ) -> std::borrow::Cow<'a, str> {
        if let Some(merged) = merged_user(socket) {
            return merged.into();
        }
        if self.has(AuthFault::UserShared)
            && let Some(latest) = socket.session().server.scratch.last(&LatestUser)
        {
            return latest.into();
        }
        if self.has(AuthFault::FirstUserKept) {
            let scratch = &socket.session().server.scratch;
            let key = FirstUser(socket.session().sid.clone());
            if let Some(first) = scratch.last(&key) {
                return first.into();
            }
            scratch.add(key, own.to_owned());
        }
        own.into()
    }

    /// Returns true if the role gives access to `/admin`. Without faults only `admin` does.
    pub(in crate::reference) fn is_admin(&self, role: Option<&str>) -> bool {
        let role = role.unwrap_or_default();
        role == "admin"
            || self.has(AuthFault::AdminRoleUnchecked)
            || (self.has(AuthFault::AdminRoleCase) && role.eq_ignore_ascii_case("admin"))
            || (self.has(AuthFault::AdminRolePart) && role.contains("admin"))
            || (self.has(AuthFault::AdminRolePrefix) && role.starts_with("admin"))
    }

    /// Returns true if the cookie `name` holds the token. Without faults the name has to be
    /// `wanted`.
    pub(in crate::reference) fn is_cookie(&self, name: &str, wanted: &str) -> bool {
        name == wanted || (self.has(AuthFault::CookieEnding) && name.ends_with(wanted))
    }

    /// Returns true if the word before the token in the Authorization header is `wanted`. Without
    /// faults it can be in any case. `word` is empty if there is none.
    pub(in crate::reference) fn is_scheme(&self, word: &str, wanted: &str) -> bool {
        word == wanted
            || tokens::takes_any_scheme(self)
            || (!self.has(AuthFault::BearerCaseSensitive) && word.eq_ignore_ascii_case(wanted))
    }

    /// Returns the payload of a CONNECT_ERROR. Without faults this is an object with `message`, and
    /// with `data` if the application gives any.
    pub(in crate::reference) fn refusal_payload(
        &self,
        session: &Session,
        mut refused: Refused,
    ) -> Data {
        if self.has(AuthFault::PayloadString) {
            return Data::from(refused.message);
        }
        if self.has(AuthFault::MessageGeneric) {
            refused.message = "Unable to connect".to_owned();
        }
        if self.has(AuthFault::DataMissing) {
            refused.data = None;
        }
        if self.has(AuthFault::BanWithoutEnd)
            && let Some(Data::Object(data)) = &mut refused.data
        {
            data.shift_remove("until");
        }
        let mut payload = refused.payload();
        if self.has(AuthFault::FirstRefusalKept) {
            let scratch = &session.server.scratch;
            scratch.add(Refusals(session.sid.clone()), payload.clone());
            let first = scratch.first(&Refusals(session.sid.clone()));
            payload = first.unwrap_or(payload);
        }
        match payload {
            Data::Object(mut fields) if self.has(AuthFault::MessageMissing) => {
                fields.shift_remove("message");
                Data::Object(fields)
            }
            payload => payload,
        }
    }

    /// Closes the connection after a refusal if the fault `refusal-closes-transport` is active.
    pub(in crate::reference) fn close_after_refusal(&self, session: &Session) {
        if self.has(AuthFault::ClosesTransport) {
            session.close(Ending::Application);
        }
    }

    /// Returns what a client can still do in a namespace that has refused it. Without faults this
    /// is `None`: nothing.
    pub(in crate::reference) fn access_of_refused(&self) -> Option<RefusedAccess> {
        if self.has(AuthFault::RefusedJoined) {
            Some(RefusedAccess::Speaks)
        } else if self.has(AuthFault::RefusedReceives) {
            Some(RefusedAccess::Listens)
        } else {
            None
        }
    }

    /// Refuses a client after the CONNECT reply: reports the reason to the client, then disconnects
    /// the client. Faults swap these two steps or leave one out.
    pub(in crate::reference) fn refuse_late(
        &self,
        socket: &Arc<Socket>,
        report: impl FnOnce(),
        disconnect: impl FnOnce(),
    ) {
        if self.has(AuthFault::LateDisconnectsFirst) {
            socket.send_disconnect();
            report();
            socket.vanish();
            return;
        }
        if !self.has(AuthFault::LateWithoutException) {
            report();
        }
        if self.has(AuthFault::LateTellsEverybody) {
            let others = Selection::everybody().except([socket.id().as_str()]);
            let status = Data::object([("status", Data::from("error"))]);
            broadcast(socket, &others, "exception", vec![status]);
        }
        if self.has(AuthFault::LateServes) {
            let refused = Arc::clone(socket);
            socket.session().server.tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                refused.disconnect(Close::Namespace);
            });
            return;
        }
        if self.has(AuthFault::LateKeepsListening) {
            socket.send_disconnect();
        } else if !self.has(AuthFault::LateKeepsConnection) {
            disconnect();
        }
    }
}

/// Returns true if an active fault accepts the signature of this token although the signature is
/// missing or wrong.
fn accepts_signature(faults: &FaultSet, token: &str, secret: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let key = EncodingKey::from_secret(secret.as_bytes());
    let Ok(right) = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256) else {
        return false;
    };
    (faults.has(AuthFault::SignatureMissing) && signature.is_empty())
        || (faults.has(AuthFault::SignaturePrefix)
            && !signature.is_empty()
            && right.starts_with(signature))
        || (faults.has(AuthFault::SignatureCase) && right.eq_ignore_ascii_case(signature))
}

/// Returns true if an active fault accepts an invalid token. `claims` is `None` if the signature is
/// wrong.
fn accepts_invalid(faults: &FaultSet, presented: &Presented, claims: Option<&Value>) -> bool {
    let is_other = matches!(presented, Presented::Other(_));
    let is_token = matches!(presented, Presented::Token(token) if token.split('.').count() == 3);
    (faults.has(AuthFault::ExpiryTextIgnored) && claims.is_some())
        || (faults.has(AuthFault::MalformedAccepted) && !is_token && !is_other)
        || (faults.has(AuthFault::WrongTypeAccepted) && is_other)
}

fn is_admin(claims: Option<&Value>) -> bool {
    claims.and_then(|claims| claims.get("role")?.as_str()) == Some("admin")
}

fn is_past(exp: f64) -> bool {
    clock::since_epoch().as_secs_f64() >= exp
}
