//! The query and the headers of a request to the Engine.IO path.

use hyper::{
    HeaderMap,
    header::{AUTHORIZATION, COOKIE},
};
use url::form_urlencoded;

use crate::reference::FaultSet;

/// The protocol revision of a session: the `EIO` of its handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Revision {
    /// Revision 3, which Socket.IO 2 clients use.
    V3,
    /// Revision 4, the revision of the protocol document.
    V4,
}

/// The query parameters that the server reads.
#[derive(Debug, Default)]
pub(in crate::reference) struct Query {
    /// The query parameter `EIO`: the protocol revision.
    pub(in crate::reference) revision: Option<String>,
    /// The query parameter `transport`: the name of the transport.
    pub(in crate::reference) transport: Option<String>,
    /// The query parameter `sid`: the session id; `None` if it is empty.
    pub(in crate::reference) sid: Option<String>,
    /// The query parameter `token`, in which the application looks for the client's token.
    pub(in crate::reference) token: Option<String>,
    /// The query parameter `b64`: whether a client of revision 3 asks for base64 because it can't
    /// receive bytes.
    pub(in crate::reference) base64: bool,
    /// The query parameter `j`: a client of revision 3 uses JSONP, and this is the index of its
    /// callback.
    pub(in crate::reference) jsonp: Option<String>,
    /// The query parameter `visitor`. The application refuses the handshake if its value is `intruder`.
    pub(in crate::reference) visitor: Option<String>,
}

/// The tokens in the query and the headers of a handshake. If there are several, the server uses
/// the query's, then the header's, then the cookie's.
#[derive(Clone, Debug, Default)]
pub(in crate::reference) struct TokenSources {
    /// The token in the query parameter `token`.
    pub(in crate::reference) query: Option<Box<str>>,
    /// The token in `Authorization: Bearer`.
    pub(in crate::reference) header: Option<Box<str>>,
    /// The token in the cookie `jwt`.
    pub(in crate::reference) cookie: Option<Box<str>>,
}

impl Query {
    /// Parses a query string. If a parameter occurs several times, its last value counts, as in the
    /// JavaScript server.
    pub(in crate::reference) fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "EIO" => parsed.revision = Some(value.into_owned()),
                "transport" => parsed.transport = Some(value.into_owned()),
                "sid" => parsed.sid = Some(value.into_owned()).filter(|sid| !sid.is_empty()),
                "token" => parsed.token = Some(value.into_owned()),
                "j" => parsed.jsonp = Some(value.into_owned()),
                "visitor" => parsed.visitor = Some(value.into_owned()),
                "b64" => parsed.base64 = !value.is_empty() && value != "0",
                _ => {}
            }
        }
        parsed
    }
}

impl TokenSources {
    /// Reads the tokens from the query and the headers of a handshake.
    pub(in crate::reference) fn read(
        query: &Query,
        headers: &HeaderMap,
        faults: &FaultSet,
    ) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            query: query.token.as_deref().map(Into::into),
            header: text(AUTHORIZATION)
                .and_then(|value| bearer(value, faults))
                .map(Into::into),
            cookie: text(COOKIE)
                .and_then(|value| cookie(value, "jwt", faults))
                .map(Into::into),
        }
    }
}

/// Returns the token in an `Authorization: Bearer` header. The word `Bearer` can be in any case
/// (RFC 9110 section 11.1).
fn bearer<'a>(header: &'a str, faults: &FaultSet) -> Option<&'a str> {
    let header = header.trim();
    let (scheme, token) = header.split_once(' ').unwrap_or(("", header));
    faults
        .is_scheme(scheme, "Bearer")
        .then(|| token.trim_start())
}

/// Returns the value of one cookie (RFC 6265 section 5.4).
fn cookie<'a>(header: &'a str, wanted: &str, faults: &FaultSet) -> Option<&'a str> {
    header.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        faults.is_cookie(name, wanted).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_repeated_parameter_counts_and_an_empty_sid_is_none() {
        let query = Query::parse("EIO=3&EIO=4&transport=polling&sid=&t=abc&foo[]=%ff");
        assert_eq!(query.revision.as_deref(), Some("4"));
        assert_eq!(query.transport.as_deref(), Some("polling"));
        assert_eq!(query.sid, None);
    }

    #[test]
    fn token_is_found_in_header_and_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "bearer  abc".parse().unwrap());
        headers.insert(COOKIE, "a=1; xjwt=z; jwt=x=y; b".parse().unwrap());
        let sources = TokenSources::read(&Query::parse("token=q"), &headers, &FaultSet::default());
        assert_eq!(sources.query.as_deref(), Some("q"));
        assert_eq!(sources.header.as_deref(), Some("abc"));
        assert_eq!(sources.cookie.as_deref(), Some("x=y"));
    }
}
