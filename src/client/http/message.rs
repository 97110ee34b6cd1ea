//! HTTP requests and responses as values.

use std::fmt::Write as _;

use bytes::Bytes;

/// An HTTP request. The client adds missing `Host` and `Content-Length` headers and nothing else.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method of the request, such as `GET`.
    pub method: String,
    /// The target of the request: path and query.
    pub target: String,
    /// The headers of the request, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The body of the request; `None` sends no body.
    pub body: Option<Bytes>,
}

/// An HTTP response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpResponse {
    /// The status code of the response.
    pub status: u16,
    /// The headers of the response, in the order in which they arrived. Their names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of the response, after its content codings, such as gzip, were decoded.
    pub body: Bytes,
}

impl HttpRequest {
    /// Encodes the request. Method, target and headers stay exactly as given, valid or not.
    pub(super) fn encode(&self, authority: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.has_header("host") {
            push_header(&mut head, "Host", authority);
        }
        for (name, value) in &self.headers {
            push_header(&mut head, name, value);
        }
        let is_framed = self.has_header("content-length") || self.has_header("transfer-encoding");
        let body = match &self.body {
            Some(body) if !is_framed => {
                push_header(&mut head, "Content-Length", &body.len().to_string());
                body.as_ref()
            }
            Some(body) => body.as_ref(),
            None => &[],
        };
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }

    fn has_header(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    }
}

impl HttpResponse {
    /// Returns the first value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns all values of the header `name` (lower case), split at commas.
    pub(super) fn list<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|item| !item.is_empty())
    }
}

fn push_header(head: &mut String, name: &str, value: &str) {
    // Writing to a `String` can't fail.
    let _ = write!(head, "{name}: {value}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_host_and_length_only_where_they_are_missing() {
        let mut request = HttpRequest {
            method: "POST".to_owned(),
            target: "/a b".to_owned(),
            headers: vec![("x-odd".to_owned(), "1".to_owned())],
            body: Some(Bytes::from_static(b"40")),
        };
        assert_eq!(
            request.encode("h:1"),
            b"POST /a b HTTP/1.1\r\nHost: h:1\r\nx-odd: 1\r\nContent-Length: 2\r\n\r\n40"
        );
        request.headers = vec![
            ("HOST".to_owned(), "evil".to_owned()),
            ("content-length".to_owned(), "99".to_owned()),
        ];
        assert_eq!(
            request.encode("h:1"),
            b"POST /a b HTTP/1.1\r\nHOST: evil\r\ncontent-length: 99\r\n\r\n40"
        );
    }
}
