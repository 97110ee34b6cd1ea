//! The targets and headers of a session's HTTP requests.

use url::form_urlencoded;

use super::{Endpoint, Options};

/// Returns the request target (path and query) for a transport.
pub(super) fn target(
    endpoint: &Endpoint,
    options: &Options,
    transport: &str,
    sid: Option<&str>,
) -> String {
    let revision = options.eio.to_string();
    let own = [
        ("EIO", Some(revision.as_str())),
        ("transport", Some(transport)),
        ("sid", sid),
    ];
    let is_given = |key: &str| options.query.iter().any(|(given, _)| given == key);
    let own = own
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)))
        .filter(|(key, _)| !is_given(key));
    with_query(endpoint, options, own)
}

/// Returns the request target of a WebSocket without Engine.IO: it has no Engine.IO query parameters.
pub(super) fn plain_target(endpoint: &Endpoint, options: &Options) -> String {
    with_query(endpoint, options, [].into_iter())
}

fn with_query<'a>(
    endpoint: &Endpoint,
    options: &'a Options,
    own: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let given = options
        .query
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(own.chain(given))
        .finish();
    let path = options.path.as_deref().unwrap_or(&endpoint.path);
    match (query.is_empty(), path.contains('?')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("{path}&{query}"),
        (false, false) => format!("{path}?{query}"),
    }
}

/// Merges two header lists: headers in `given` replace those of the same name in `own`; a header with an empty value
/// is removed.
pub(super) fn override_headers(
    own: Vec<(String, String)>,
    given: &[(String, String)],
) -> Vec<(String, String)> {
    let is_same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut headers: Vec<(String, String)> = Vec::with_capacity(own.len() + given.len());
    let mut rest = given.to_vec();
    for header in own {
        let replacing: Vec<_> = rest
            .extract_if(.., |(name, _)| is_same(name, &header.0))
            .collect();
        if replacing.is_empty() {
            headers.push(header);
        } else {
            headers.extend(replacing);
        }
    }
    headers.extend(rest);
    headers.retain(|(_, value)| !value.is_empty());
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Budget, TlsPolicy};

    fn endpoint() -> Endpoint {
        Endpoint {
            url: "http://h:1".parse().unwrap(),
            path: "/socket.io/".to_owned(),
            tls: TlsPolicy::default(),
            network: crate::net::Network::Tcp,
            budget: Budget::default(),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_query_is_encoded_and_may_replace_our_own() {
        let mut options = Options::default();
        assert_eq!(
            target(&endpoint(), &options, "polling", Some("a b")),
            "/socket.io/?EIO=4&transport=polling&sid=a+b"
        );
        options.query = pairs(&[("EIO", "9"), ("token", "a&b")]);
        options.path = Some("/x?y".to_owned());
        assert_eq!(
            target(&endpoint(), &options, "websocket", None),
            "/x?y&transport=websocket&EIO=9&token=a%26b"
        );
        assert_eq!(
            plain_target(&endpoint(), &Options::default()),
            "/socket.io/"
        );
    }

    #[test]
    fn headers_replace_in_place_and_empty_ones_remove() {
        let own = pairs(&[("Host", "h"), ("Upgrade", "websocket"), ("Accept", "*/*")]);
        let given = pairs(&[("host", "evil"), ("UPGRADE", ""), ("Cookie", "a=b")]);
        assert_eq!(
            override_headers(own, &given),
            pairs(&[("host", "evil"), ("Accept", "*/*"), ("Cookie", "a=b")])
        );
    }
}
