//! Who gets in.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::Value;

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        app::{Denial, Shown, token_json, token_user},
        engine::{Ending, Session, TokenSources},
        socket::{Close, Refused, Socket, User},
    },
};

faults!(AuthFault {
    AdminExpiredAccepted = "admin-token-expired-accepted": "An administrator's token is good for ever.";
    AdminRoleCase = "admin-role-case-ignored": "A role that spells `admin` with capitals opens /admin.";
    AdminRolePart = "admin-role-part-accepted": "A role that has `admin` in it opens /admin.", seen "`role.includes('admin')` where roles may be a list";
    AdminRolePrefix = "admin-role-prefix-accepted": "A role that begins with `admin` opens /admin.";
    AdminRoleUnchecked = "admin-role-unchecked": "Every good token opens /admin.";
    AdmissionKept = "admission-kept-for-connection": "Who was let in once is let in again on the same connection, whatever the token.";
    AlgNoneAccepted = "token-alg-none-accepted": "A token that says it is not signed is believed.", seen "CVE-2015-9235";
    AlgNoneSpeltOtherwise = "token-alg-none-spelt-otherwise-accepted": "A token that says `nOnE` for its algorithm is believed.", seen "filters of CVE-2015-9235 that look for the one spelling";
    AlgorithmUnchecked = "token-algorithm-unchecked": "A token is verified with the algorithm that it names itself.", seen "jsonwebtoken without `algorithms`";
    PayloadIgnored = "token-auth-ignored": "The token of the CONNECT payload is not looked at.";
    BannedAccepted = "banned-user-accepted": "A banned user gets in.";
    ClaimsFirst = "claims-checked-before-signature": "A forged token is told that it has expired.";
    ClosesTransport = "refusal-closes-transport": "A refusal ends the connection.";
    CookieEnding = "cookie-name-ending-accepted": "A cookie whose name ends in the right one's is taken for it.", seen "`/jwt=([^;]*)/`";
    CookieIgnored = "token-cookie-ignored": "The cookie is not looked at.";
    DataMissing = "refusal-without-data": "A refusal has no data.", seen "socketioxide 0.18.9";
    DeletedAccepted = "deleted-user-accepted": "A user who was deleted gets in.";
    ExpiredAccepted = "token-expired-accepted": "A token of the past is good.";
    FirstRefusalKept = "first-refusal-kept-for-connection": "A second refusal on a connection gives the reason of the first.";
    FirstUserKept = "first-user-kept-for-connection": "Who a connection is in the first namespace it is in all.", seen "the user as a field of the connection";
    HeaderIgnored = "token-header-ignored": "The Authorization header is not looked at.";
    LateDisconnectsFirst = "late-refusal-disconnects-first": "A late refusal disconnects before it says why.";
    LateKeepsConnection = "late-refusal-keeps-connection": "A late refusal does not disconnect.";
    LateKeepsListening = "late-refusal-keeps-listening": "Who is refused late still receives what the namespace is sent.";
    LateServes = "late-refusal-serves-meanwhile": "Until a late refusal disconnects, which takes 300 ms, the client is served.";
    LateWithoutException = "late-refusal-without-exception": "A late refusal does not say why.";
    MalformedAccepted = "token-malformed-accepted": "A token that is no token lets the client in.";
    MessageGeneric = "refusal-message-generic": "Every refusal has the same message.";
    MessageMissing = "refusal-without-message": "A refusal has no message.";
    MissingAccepted = "token-missing-accepted": "Who shows no token gets in.";
    NotBeforeIgnored = "token-not-before-ignored": "A token of the future is good.";
    OrderWrong = "token-order-wrong": "Of several sources of a token the last one counts.";
    PayloadString = "refusal-payload-string": "A refusal is a string in place of an object.", seen "python-socketio 5.18.1";
    QueryIgnored = "token-query-ignored": "The query is not looked at.";
    RefusedJoined = "refused-client-joined": "Who was refused can still send events.";
    RefusedReceives = "refused-client-receives-broadcasts": "Who was refused still receives what the namespace is sent.";
    Remembered = "auth-remembered-across-namespaces": "A token that one namespace accepted is good for the connection's others.";
    RoleFromPayload = "role-from-payload": "The role is what the CONNECT payload says.";
    SignatureCase = "token-signature-case-ignored": "A signature in other letters, large for small, is good.";
    SignatureMissing = "token-signature-missing-accepted": "A token without its signature is believed.";
    SignaturePrefix = "token-signature-prefix-accepted": "The beginning of a signature is enough.", seen "comparing as much as was sent";
    SignatureUnchecked = "token-signature-unchecked": "The signature is not looked at.";
    UserShared = "user-shared-by-connections": "The user of the latest connection is the user of all.", seen "a field of a gateway in place of the socket's data";
    WrongTypeAccepted = "token-wrong-type-accepted": "A token that is not a string lets the client in.";
});

/// The ids of the users that the session with this id was accepted as.
#[derive(Eq, Hash, PartialEq)]
struct AcceptedUser(Box<str>);

impl ScratchKey for AcceptedUser {
    type Note = String;
}

/// The id of the user of the first socket on the session with this id.
#[derive(Eq, Hash, PartialEq)]
struct FirstUser(Box<str>);

impl ScratchKey for FirstUser {
    type Note = String;
}

/// The id of the user that the server accepted last, on any session.
#[derive(Eq, Hash, PartialEq)]
struct LatestUser;

impl ScratchKey for LatestUser {
    type Note = String;
}

/// The payloads of the refusals on the session with this id.
#[derive(Eq, Hash, PartialEq)]
struct Refusals(Box<str>);

impl ScratchKey for Refusals {
    type Note = Data;
}

/// All sources are looked at.
pub(in crate::reference) fn sources(faults: &FaultSet, mut sources: TokenSources) -> TokenSources {
    if faults.has(AuthFault::QueryIgnored) {
        sources.query = None;
    }
    if faults.has(AuthFault::HeaderIgnored) {
        sources.header = None;
    }
    if faults.has(AuthFault::CookieIgnored) {
        sources.cookie = None;
    }
    if faults.has(AuthFault::OrderWrong) {
        if sources.cookie.is_some() {
            sources.header = None;
        }
        if sources.header.is_some() || sources.cookie.is_some() {
            sources.query = None;
        }
    }
    sources
}

/// The CONNECT payload is looked at, before the other sources.
pub(in crate::reference) fn payload<'a>(
    faults: &FaultSet,
    sources: &TokenSources,
    auth: Option<&'a Data>,
) -> Option<&'a Data> {
    let others = [&sources.query, &sources.header, &sources.cookie];
    let overridden = faults.has(AuthFault::OrderWrong) && others.into_iter().any(Option::is_some);
    auth.filter(|_| !faults.has(AuthFault::PayloadIgnored) && !overridden)
}

/// A token is believed when its signature is good.
pub(in crate::reference) fn claims(
    faults: &FaultSet,
    token: &str,
    secret: &str,
    verified: impl Fn(Algorithms) -> Option<Value>,
) -> Result<Value, Denial> {
    let unsigned = || token_json(token.split('.').nth(1)?);
    if faults.has(AuthFault::SignatureUnchecked) {
        return unsigned().ok_or(Denial::Invalid);
    }
    let header = token.split('.').next().and_then(token_json);
    let algorithm = header
        .as_ref()
        .and_then(|header| header.get("alg")?.as_str());
    let believed = match algorithm {
        Some("none") => faults.has(AuthFault::AlgNoneAccepted),
        Some(other) if other.eq_ignore_ascii_case("none") => {
            faults.has(AuthFault::AlgNoneSpeltOtherwise)
        }
        _ => false,
    };
    if believed || resembles(faults, token, secret) {
        return unsigned().ok_or(Denial::Invalid);
    }
    if faults.has(AuthFault::ClaimsFirst)
        && let Some(claims) = unsigned()
        && claims
            .get("exp")
            .and_then(Value::as_f64)
            .is_some_and(is_past)
    {
        return Err(Denial::Expired);
    }
    let algorithms = if faults.has(AuthFault::AlgorithmUnchecked) {
        Algorithms::AsNamed
    } else {
        Algorithms::Hs256
    };
    verified(algorithms).ok_or(Denial::Invalid)
}

/// A signature is compared whole, and as it is.
fn resembles(faults: &FaultSet, token: &str, secret: &str) -> bool {
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

/// With which algorithms a signature may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Algorithms {
    /// The one that the token names.
    AsNamed,
    /// The one that the server signs with.
    Hs256,
}

fn is_past(exp: f64) -> bool {
    clock::since_epoch().as_secs_f64() >= exp
}

/// A denial stands.
pub(in crate::reference) fn overruled(
    session: &Session,
    denial: Denial,
    shown: &Shown,
    claims: Option<&Value>,
) -> Result<User, Denial> {
    let faults = session.faults();
    if faults.has(AuthFault::Remembered)
        && denial == Denial::Missing
        && let Some(id) = session
            .server
            .scratch
            .last(&AcceptedUser(session.sid.clone()))
    {
        return Ok(User {
            id: Some(id),
            role: None,
        });
    }
    let had_token = !matches!(denial, Denial::Missing | Denial::NotAdmin);
    if faults.has(AuthFault::AdmissionKept)
        && had_token
        && let Some(id) = session
            .server
            .scratch
            .last(&AcceptedUser(session.sid.clone()))
    {
        return Ok(User {
            id: Some(id),
            role: None,
        });
    }
    let accepted = match denial {
        Denial::Missing => faults.has(AuthFault::MissingAccepted),
        Denial::Invalid => {
            let is_token = matches!(shown, Shown::Token(token) if token.split('.').count() == 3);
            let is_other = matches!(shown, Shown::Other(_));
            (faults.has(AuthFault::MalformedAccepted) && !is_token && !is_other)
                || (faults.has(AuthFault::WrongTypeAccepted) && is_other)
        }
        Denial::Expired => {
            let role = claims.and_then(|claims| claims.get("role")?.as_str());
            faults.has(AuthFault::ExpiredAccepted)
                || (faults.has(AuthFault::AdminExpiredAccepted) && role == Some("admin"))
        }
        Denial::NotActive => faults.has(AuthFault::NotBeforeIgnored),
        Denial::Banned => faults.has(AuthFault::BannedAccepted),
        Denial::UserNotFound => faults.has(AuthFault::DeletedAccepted),
        Denial::NotAdmin => false,
    };
    if accepted {
        Ok(claims.map(token_user).unwrap_or_default())
    } else {
        Err(denial)
    }
}

/// The user is whom the token names, with the role that it names.
pub(in crate::reference) fn accepted(
    session: &Session,
    mut user: User,
    auth: Option<&Data>,
) -> User {
    let faults = session.faults();
    if faults.has(AuthFault::RoleFromPayload)
        && let Some(role) = auth
            .and_then(|auth| auth.get("role"))
            .and_then(Data::as_str)
    {
        user.role = Some(role.to_owned());
    }
    if let Some(id) = user.id.as_deref() {
        if faults.has(AuthFault::Remembered) || faults.has(AuthFault::AdmissionKept) {
            let key = AcceptedUser(session.sid.clone());
            session.server.scratch.add(key, id.to_owned());
        }
        if faults.has(AuthFault::UserShared) {
            session.server.scratch.replace(LatestUser, id.to_owned());
        }
    }
    user
}

/// A socket's user is its own.
pub(in crate::reference) fn user_id<'a>(
    socket: &Socket,
    own: &'a str,
) -> std::borrow::Cow<'a, str> {
    if socket.faults().has(AuthFault::UserShared)
        && let Some(latest) = socket.session().server.scratch.last(&LatestUser)
    {
        return latest.into();
    }
    if socket.faults().has(AuthFault::FirstUserKept) {
        let scratch = &socket.session().server.scratch;
        let key = FirstUser(socket.session().sid.clone());
        if let Some(first) = scratch.last(&key) {
            return first.into();
        }
        scratch.add(key, own.to_owned());
    }
    own.into()
}

/// An administrator's role is that word and nothing else.
pub(in crate::reference) fn is_admin(faults: &FaultSet, role: Option<&str>) -> bool {
    let role = role.unwrap_or_default();
    role == "admin"
        || faults.has(AuthFault::AdminRoleUnchecked)
        || (faults.has(AuthFault::AdminRoleCase) && role.eq_ignore_ascii_case("admin"))
        || (faults.has(AuthFault::AdminRolePart) && role.contains("admin"))
        || (faults.has(AuthFault::AdminRolePrefix) && role.starts_with("admin"))
}

/// The token's cookie is the one of that name.
pub(in crate::reference) fn is_cookie(faults: &FaultSet, name: &str, wanted: &str) -> bool {
    name == wanted || (faults.has(AuthFault::CookieEnding) && name.ends_with(wanted))
}

/// A refusal is an object with a message, and data where the application gives some.
pub(in crate::reference) fn refusal_payload(session: &Session, mut refused: Refused) -> Data {
    let faults = session.faults();
    if faults.has(AuthFault::PayloadString) {
        return Data::from(refused.message);
    }
    if faults.has(AuthFault::MessageGeneric) {
        refused.message = "Unable to connect".to_owned();
    }
    if faults.has(AuthFault::DataMissing) {
        refused.data = None;
    }
    let mut payload = refused.payload();
    if faults.has(AuthFault::FirstRefusalKept) {
        let scratch = &session.server.scratch;
        scratch.add(Refusals(session.sid.clone()), payload.clone());
        let first = scratch.first(&Refusals(session.sid.clone()));
        payload = first.unwrap_or(payload);
    }
    match payload {
        Data::Object(mut fields) if faults.has(AuthFault::MessageMissing) => {
            fields.shift_remove("message");
            Data::Object(fields)
        }
        payload => payload,
    }
}

/// After a refusal the connection stays as it was.
pub(in crate::reference) fn refused(session: &Session) {
    if session.faults().has(AuthFault::ClosesTransport) {
        session.close(Ending::Application);
    }
}

/// Who is refused has no socket.
pub(in crate::reference) fn joins_refused(faults: &FaultSet) -> Option<Refusee> {
    if faults.has(AuthFault::RefusedJoined) {
        Some(Refusee::Speaks)
    } else if faults.has(AuthFault::RefusedReceives) {
        Some(Refusee::Listens)
    } else {
        None
    }
}

/// What a socket can do that should not be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Refusee {
    /// It receives.
    Listens,
    /// It sends.
    Speaks,
}

/// A late refusal says why, then disconnects.
pub(in crate::reference) fn refuse_late(
    socket: &Arc<Socket>,
    report: impl FnOnce(),
    disconnect: impl FnOnce(),
) {
    let faults = socket.faults();
    if faults.has(AuthFault::LateDisconnectsFirst) {
        socket.say_goodbye();
        report();
        socket.vanish();
        return;
    }
    if !faults.has(AuthFault::LateWithoutException) {
        report();
    }
    if faults.has(AuthFault::LateServes) {
        let refused = Arc::clone(socket);
        socket.session().server.tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            refused.disconnect(Close::Namespace);
        });
        return;
    }
    if faults.has(AuthFault::LateKeepsListening) {
        socket.say_goodbye();
    } else if !faults.has(AuthFault::LateKeepsConnection) {
        disconnect();
    }
}
