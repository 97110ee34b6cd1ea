//! The cookies of one session, sent back as a browser does (RFC 6265 section 5).
//!
//! Keeps names and values only: all requests of a session go to one path of one host, and a session ends before its
//! cookies expire. A load balancer may need the cookies to find the server that holds the session.

use super::{HttpResponse, Journal, What};

/// Names and values, in the order in which they were first set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Returns the cookies that the responses in a journal have set.
    pub fn of(journal: &Journal) -> Self {
        let mut cookies = Self::default();
        for entry in journal.entries().iter() {
            if let What::Http(response) = &entry.what {
                cookies.take(response);
            }
        }
        cookies
    }

    /// Applies the `Set-Cookie` headers of a response; returns true if the response sets a cookie.
    pub fn take(&mut self, response: &HttpResponse) -> bool {
        let mut any = false;
        for (_, value) in response
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            any |= self.set(value);
        }
        any
    }

    /// Returns `headers` with the session's cookies added to the `Cookie` header. A cookie that `headers` sets
    /// already keeps its value.
    pub fn join(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        let mut headers = headers.to_vec();
        if self.0.is_empty() {
            return headers;
        }
        let place = headers
            .iter()
            .position(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let given = match place {
            Some(place) => headers.remove(place).1,
            None => String::new(),
        };
        let is_given = |wanted: &str| {
            given
                .split(';')
                .filter_map(|pair| pair.split_once('='))
                .any(|(name, _)| name.trim() == wanted)
        };
        let own = self
            .0
            .iter()
            .filter(|(name, _)| !is_given(name))
            .map(|(name, value)| format!("{name}={value}"));
        let all: Vec<_> = Some(given.clone())
            .filter(|given| !given.is_empty())
            .into_iter()
            .chain(own)
            .collect();
        headers.push(("Cookie".to_owned(), all.join("; ")));
        headers
    }

    /// Parses one `Set-Cookie` header (RFC 6265 section 5.2) and ignores it if it names no cookie.
    fn set(&mut self, header: &str) -> bool {
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return false;
        };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return false;
        }
        self.0.retain(|(known, _)| known != name);
        let taken_back = parts
            .filter_map(|part| part.split_once('='))
            .filter(|(attribute, _)| attribute.trim().eq_ignore_ascii_case("max-age"))
            .any(|(_, age)| age.trim().parse().is_ok_and(|age: i64| age <= 0));
        if !taken_back {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(cookies: &[&str]) -> HttpResponse {
        HttpResponse {
            status: 200,
            headers: cookies
                .iter()
                .map(|cookie| ("set-cookie".to_owned(), (*cookie).to_owned()))
                .collect(),
            body: bytes::Bytes::new(),
        }
    }

    fn header(cookies: &Cookies, given: &[(&str, &str)]) -> Option<String> {
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let joined = cookies.join(&given);
        let mut cookies = joined
            .into_iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let only = cookies.next().map(|(_, value)| value);
        assert_eq!(cookies.next(), None);
        only
    }

    #[test]
    fn a_cookie_is_sent_back_until_the_server_deletes_it() {
        let mut cookies = Cookies::default();
        assert!(!cookies.take(&response(&[])));
        assert_eq!(header(&cookies, &[]), None);
        assert!(cookies.take(&response(&["io=a=b; Path=/; HttpOnly", "node = 1", "bare"])));
        assert_eq!(header(&cookies, &[]).as_deref(), Some("io=a=b; node=1"));
        cookies.take(&response(&["io=; Max-Age=0", "node=2; max-age=60"]));
        assert_eq!(header(&cookies, &[]).as_deref(), Some("node=2"));
    }

    #[test]
    fn a_cookie_of_the_scenario_replaces_one_of_the_session() {
        let mut cookies = Cookies::default();
        cookies.take(&response(&["io=a", "node=1"]));
        let joined = header(&cookies, &[("cookie", "jwt=x; io=mine")]);
        assert_eq!(joined.as_deref(), Some("jwt=x; io=mine; node=1"));
    }
}
