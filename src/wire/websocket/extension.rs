//! Reads and writes the `Sec-WebSocket-Extensions` header (RFC 6455 section 9.1) and the parameters
//! of permessage-deflate (RFC 7692 section 7.1).

/// One extension in the header `Sec-WebSocket-Extensions`: its name and its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension {
    /// The name of the extension.
    pub name: String,
    /// The parameters in order; values are without quotes.
    pub parameters: Vec<(String, Option<String>)>,
}

impl Extension {
    /// Reads the value of the header `Sec-WebSocket-Extensions`. Returns `None` if the value breaks the grammar of the
    /// header. The connection then has to fail.
    pub fn parse_list(header: &str) -> Option<Vec<Self>> {
        split_outside_quotes(header, ',')
            .map(str::trim)
            // Empty elements between commas are allowed (RFC 7230 section 7).
            .filter(|element| !element.is_empty())
            .map(Self::parse)
            .collect::<Option<Vec<_>>>()
            .filter(|list| !list.is_empty())
    }

    fn parse(element: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(element, ';').map(str::trim);
        let name = parts.next().filter(|name| is_token(name))?;
        Some(Self {
            name: name.to_owned(),
            parameters: parts.map(parameter).collect::<Option<_>>()?,
        })
    }
}

/// The parameters of a permessage-deflate offer or response (RFC 7692 section 7.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeflateOffer {
    /// The parameter `server_no_context_takeover`.
    pub server_no_context_takeover: bool,
    /// The parameter `client_no_context_takeover`.
    pub client_no_context_takeover: bool,
    /// The parameter `server_max_window_bits`.
    pub server_max_window_bits: Option<u8>,
    /// The parameter `client_max_window_bits`; `Some(None)` for the parameter without a value.
    pub client_max_window_bits: Option<Option<u8>>,
}

impl DeflateOffer {
    /// The name of the extension in the header `Sec-WebSocket-Extensions`.
    pub const NAME: &str = "permessage-deflate";

    /// Reads the first valid permessage-deflate element of the header `Sec-WebSocket-Extensions`. Returns `None` if the
    /// header has no such element.
    pub fn parse(header: &str) -> Option<Self> {
        Extension::parse_list(header)?
            .iter()
            .find_map(Self::from_extension)
    }

    /// Reads one element of the header as permessage-deflate. Returns `None` for another extension, and for an unknown,
    /// duplicate or invalid parameter. The server has to decline an offer with such a parameter (RFC 7692 section 7).
    pub fn from_extension(extension: &Extension) -> Option<Self> {
        if extension.name != Self::NAME {
            return None;
        }
        let mut offer = Self::default();
        let mut seen = Vec::new();
        for (name, value) in &extension.parameters {
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            let value = value.as_deref();
            match (name.as_str(), value) {
                ("server_no_context_takeover", None) => offer.server_no_context_takeover = true,
                ("client_no_context_takeover", None) => offer.client_no_context_takeover = true,
                ("server_max_window_bits", Some(bits)) => {
                    offer.server_max_window_bits = Some(window_bits(bits)?);
                }
                ("client_max_window_bits", None) => offer.client_max_window_bits = Some(None),
                ("client_max_window_bits", Some(bits)) => {
                    offer.client_max_window_bits = Some(Some(window_bits(bits)?));
                }
                _ => return None,
            }
        }
        Some(offer)
    }

    /// Returns the parameters as the value of a `Sec-WebSocket-Extensions` header.
    pub fn to_header(&self) -> String {
        let mut header = Self::NAME.to_owned();
        if self.server_no_context_takeover {
            header.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            header.push_str("; client_no_context_takeover");
        }
        if let Some(bits) = self.server_max_window_bits {
            header.push_str(&format!("; server_max_window_bits={bits}"));
        }
        match self.client_max_window_bits {
            Some(Some(bits)) => header.push_str(&format!("; client_max_window_bits={bits}")),
            Some(None) => header.push_str("; client_max_window_bits"),
            None => {}
        }
        header
    }

    /// Returns the response that accepts this offer unchanged.
    ///
    /// Every offer is acceptable, because [`super::Deflate`] supports every window. An offer of
    /// `client_max_window_bits` without a value lets the server limit the client's window. A response
    /// would need a value, and this server sets no limit, so the response omits the parameter.
    pub fn answer(&self) -> Self {
        Self {
            client_max_window_bits: self.client_max_window_bits.filter(Option::is_some),
            ..self.clone()
        }
    }

    /// Returns true if `answer` is a legal response to this offer (RFC 7692 section 7.1).
    pub fn permits(&self, answer: &Self) -> bool {
        // The response has to repeat the server parameters of the offer. It can leave out the client parameters, which
        // are only hints to the server.
        let context = !self.server_no_context_takeover || answer.server_no_context_takeover;
        let server_window = match (self.server_max_window_bits, answer.server_max_window_bits) {
            (Some(asked), Some(given)) => given <= asked,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let client_window = match answer.client_max_window_bits {
            Some(Some(_)) => self.client_max_window_bits.is_some(),
            Some(None) => false,
            None => true,
        };
        context && server_window && client_window
    }
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        if escaped {
            escaped = false;
        } else if quoted && character == '\\' {
            escaped = true;
        } else if character == '"' {
            quoted = !quoted;
        }
        !quoted && character == separator
    })
}

/// Reads `name` or `name=value`; white space around the `=` is allowed.
fn parameter(text: &str) -> Option<(String, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else {
        return is_token(text).then(|| (text.to_owned(), None));
    };
    let (name, value) = (name.trim(), value.trim());
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?.replace('\\', ""),
        None => value.to_owned(),
    };
    // The value between the quotes has to be a token too (RFC 6455 section 9.1).
    (is_token(name) && is_token(&value)).then(|| (name.to_owned(), Some(value)))
}

/// Returns true for a token of RFC 7230 section 3.2.6.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Reads a number from 8 to 15 without leading zeros (RFC 7692 section 7.1.2).
fn window_bits(text: &str) -> Option<u8> {
    let bits = text.parse().ok().filter(|bits| (8..=15).contains(bits))?;
    (!text.starts_with(['0', '+'])).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_and_written() {
        for header in [
            "permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=15",
            "permessage-deflate; client_max_window_bits",
        ] {
            assert_eq!(DeflateOffer::parse(header).unwrap().to_header(), header);
        }
        let quoted = DeflateOffer::parse(
            "x-other; a=\"b\", permessage-deflate;server_max_window_bits=\"10\"",
        );
        assert_eq!(quoted.unwrap().server_max_window_bits, Some(10));
    }

    #[test]
    fn an_offer_with_wrong_parameters_does_not_affect_the_next_one() {
        for parameter in [
            "server_max_window_bits",
            "server_max_window_bits=7",
            "server_max_window_bits=16",
            "server_max_window_bits=08",
            "server_max_window_bits=+9",
            "server_no_context_takeover=1",
            "client_max_window_bits=7",
            "unknown",
            "server_no_context_takeover; server_no_context_takeover",
        ] {
            let offer = format!("permessage-deflate; {parameter}");
            assert_eq!(DeflateOffer::parse(&offer), None, "{offer}");
            let fallback = format!("{offer}, permessage-deflate");
            assert_eq!(
                DeflateOffer::parse(&fallback),
                Some(DeflateOffer::default())
            );
        }
    }

    #[test]
    fn the_grammar_is_checked() {
        for malformed in [
            "",
            ", ,",
            "a b",
            ";",
            "a;",
            "a;;b",
            "a;=1",
            "a;b=",
            "a;b=\"",
            "a;b=\"c d\"",
            "\"a\"",
        ] {
            assert_eq!(Extension::parse_list(malformed), None, "{malformed}");
        }
        assert_eq!(
            Extension::parse_list(", a; b = c,")
                .unwrap()
                .first()
                .unwrap()
                .parameters,
            [("b".to_owned(), Some("c".to_owned()))]
        );
    }

    #[test]
    fn responses_are_compared_with_the_offer() {
        let permits = |offer: &str, answer: &str| {
            let read = |parameters: &str| {
                DeflateOffer::parse(&format!("permessage-deflate{parameters}")).unwrap()
            };
            read(offer).permits(&read(answer))
        };
        assert!(permits("", ""));
        assert!(permits("", "; server_max_window_bits=9"));
        assert!(permits(
            "; client_max_window_bits",
            "; client_max_window_bits=9"
        ));
        assert!(permits("; client_no_context_takeover", ""));
        assert!(permits(
            "; server_max_window_bits=10",
            "; server_max_window_bits=9"
        ));
        assert!(!permits("", "; client_max_window_bits=9"));
        assert!(!permits(
            "; client_max_window_bits",
            "; client_max_window_bits"
        ));
        assert!(!permits("; server_max_window_bits=10", ""));
        assert!(!permits(
            "; server_max_window_bits=10",
            "; server_max_window_bits=11"
        ));
        assert!(!permits("; server_no_context_takeover", ""));
        for offer in [
            "",
            "; client_max_window_bits",
            "; server_max_window_bits=8; client_max_window_bits=9; server_no_context_takeover",
        ] {
            let offer = DeflateOffer::parse(&format!("permessage-deflate{offer}")).unwrap();
            assert!(offer.permits(&offer.answer()));
        }
    }
}
