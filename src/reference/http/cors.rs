//! The origins whose pages may read the answers (Fetch standard, "CORS protocol").

use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Bytes,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
    },
};

use crate::reference::Config;

/// Whether a page from the request's origin may read the response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Cors {
    /// Pages from every origin may read the response to a request without credentials.
    Any,
    /// The request's origin is on the list of allowed origins.
    Listed(HeaderValue),
    /// The server sends no CORS headers: CORS is not configured, or the request has no origin.
    Silent,
    /// The request's origin is not on the list of allowed origins.
    Unlisted,
}

/// The properties of a request that matter to CORS faults. Some faults change the CORS headers only
/// for POST requests, or only for requests of a session.
#[derive(Clone, Copy, Debug)]
pub(in crate::reference) struct RequestKind {
    /// Whether the request is a POST.
    pub(in crate::reference) is_post: bool,
    /// Whether the request names a session: its query has a `sid`.
    pub(in crate::reference) in_session: bool,
}

impl RequestKind {
    /// Reads from a request the properties that matter to CORS faults.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self {
            is_post: request.method() == Method::POST,
            in_session: query.split('&').any(|pair| pair.starts_with("sid=")),
        }
    }
}

impl Cors {
    /// Compares the origin of a request with the origins that the settings allow.
    pub(super) fn of(config: &Config, headers: &HeaderMap) -> Self {
        let decided = decide(&config.origins, headers.get(ORIGIN));
        config.faults.alter_decision(decided, headers.get(ORIGIN))
    }

    /// Returns the answer to a preflight request; `None` if the request is not one, or CORS is not
    /// configured.
    pub(super) fn preflight<B>(
        &self,
        config: &Config,
        request: &Request<B>,
    ) -> Option<Response<Full<Bytes>>> {
        let asks = request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || *self == Self::Silent || config.faults.refuses_preflight() {
            return None;
        }
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if *self != Self::Unlisted {
            let headers = response.headers_mut();
            headers.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET,POST,OPTIONS"),
            );
            if let Some(asked) = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
            }
        }
        Some(response)
    }

    /// Adds the CORS headers to an answer.
    pub(super) fn apply<B>(
        &self,
        config: &Config,
        request_kind: RequestKind,
        response: &mut Response<B>,
    ) {
        let headers = response.headers_mut();
        match self {
            Self::Any => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::Listed(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(
                    ACCESS_CONTROL_ALLOW_CREDENTIALS,
                    HeaderValue::from_static("true"),
                );
                headers.insert(VARY, HeaderValue::from_static("Origin"));
            }
            // This origin gets no CORS headers, but an allowed origin gets them for the same
            // request. `Vary` makes a cache keep one response for each origin.
            Self::Unlisted => {
                headers.insert(VARY, HeaderValue::from_static("Origin"));
            }
            Self::Silent => {}
        }
        config.faults.alter_headers(request_kind, response);
    }
}

fn decide(allowed: &[String], origin: Option<&HeaderValue>) -> Cors {
    let Some(origin) = origin.filter(|_| !allowed.is_empty()) else {
        return Cors::Silent;
    };
    if allowed.iter().any(|allowed| allowed == "*") {
        return Cors::Any;
    }
    if allowed
        .iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
    {
        return Cors::Listed(origin.clone());
    }
    Cors::Unlisted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_compared_as_a_whole() {
        let list = ["http://good.example".to_owned()];
        let good = HeaderValue::from_static("http://good.example");
        let evil = HeaderValue::from_static("http://good.example.evil");
        assert_eq!(decide(&list, Some(&good)), Cors::Listed(good.clone()));
        assert_eq!(decide(&list, Some(&evil)), Cors::Unlisted);
        assert_eq!(decide(&list, None), Cors::Silent);
        assert_eq!(decide(&[], Some(&good)), Cors::Silent);
        assert_eq!(decide(&["*".to_owned()], Some(&good)), Cors::Any);
    }
}
