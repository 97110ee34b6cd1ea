//! JSONP polling, for browsers without CORS (Engine.IO v3, "JSONP").

use url::form_urlencoded;

use super::{Query, Revision};
use crate::reference::FaultSet;

/// How the server encodes its answers to a session's polls. Only the handshakes of revision 3 can
/// choose an encoding.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) struct PollForm {
    /// Whether the server sends bytes as base64 text.
    pub(super) base64: bool,
    /// The JSONP callback; `None` for normal payloads. With a callback, the server sends payloads
    /// as scripts, and POST bodies are forms.
    pub(super) script: Option<Callback>,
}

/// The JavaScript function that a script calls with a payload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::reference) struct Callback {
    index: Box<str>,
}

impl PollForm {
    /// Returns the encoding of answers that the query of a handshake asks for.
    pub(in crate::reference) fn of(query: &Query, revision: Revision, faults: &FaultSet) -> Self {
        let index = query.jsonp.as_deref();
        let script = index
            .filter(|_| revision == Revision::V3 || faults.scripts_for_all())
            .map(|index| Callback::new(index, faults));
        Self {
            base64: query.base64 || script.is_some(),
            script,
        }
    }
}

impl Callback {
    /// Returns the callback with this index. Keeps only the digits, because the index becomes part of a script.
    fn new(index: &str, faults: &FaultSet) -> Self {
        let digits = || index.chars().filter(char::is_ascii_digit).collect();
        let index = if faults.keeps_whole_index() {
            index.into()
        } else {
            digits()
        };
        Self { index }
    }

    /// Returns the script that passes a payload to the callback.
    pub(super) fn script(&self, payload: &str, faults: &FaultSet) -> String {
        let literal = faults.unescaped_literal(payload);
        let literal = literal.unwrap_or_else(|| javascript_literal(payload));
        format!("___eio[{}]({literal});", self.index)
    }
}

/// Returns the text as a JavaScript string. JSON is JavaScript except for U+2028 and U+2029, which
/// end a line there.
fn javascript_literal(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Returns the payload in the body of a JSONP POST, which is a form; `None` if the form has no
/// payload.
///
/// Browsers change line feeds in forms. So a client writes a line feed as `\n`, and a literal `\n`
/// as `\\n`.
pub(super) fn payload_of_form(body: &[u8], faults: &FaultSet) -> Option<String> {
    let (_, text) = form_urlencoded::parse(body).find(|(name, _)| name == "d")?;
    if faults.keeps_escapes() {
        return Some(text.into_owned());
    }
    let mut payload = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        payload.push_str(before);
        let (written, meant) = if escape.starts_with("\\\\n") {
            ("\\\\n", "\\n")
        } else if escape.starts_with("\\n") {
            ("\\n", "\n")
        } else {
            ("\\", "\\")
        };
        payload.push_str(meant);
        rest = escape.strip_prefix(written).unwrap_or_default();
    }
    payload.push_str(rest);
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(index: &str, payload: &str) -> String {
        let query = Query {
            jsonp: Some(index.to_owned()),
            ..Query::default()
        };
        let none = FaultSet::default();
        let form = PollForm::of(&query, Revision::V3, &none);
        assert!(form.base64);
        form.script.unwrap().script(payload, &none)
    }

    #[test]
    fn a_script_escapes_its_payload_and_keeps_only_digits_of_its_index() {
        assert_eq!(script("3", "2:4\""), r#"___eio[3]("2:4\"");"#);
        assert_eq!(
            script("1);alert(2", "\u{2028}\u{2029}\n"),
            r#"___eio[12]("\u2028\u2029\n");"#
        );
        let query = Query {
            jsonp: Some("3".to_owned()),
            ..Query::default()
        };
        let form = PollForm::of(&query, Revision::V4, &FaultSet::default());
        assert_eq!(form, PollForm::default());
    }

    /// For each body of a POST in this test, the expected payload is the one that engine.io 6.6.12
    /// reads from the body.
    #[test]
    fn escaped_line_feeds_in_forms_are_decoded() {
        let read = |body: &str| payload_of_form(body.as_bytes(), &FaultSet::default());
        assert_eq!(read(r"d=a%5Cnb").as_deref(), Some("a\nb"));
        assert_eq!(read(r"d=a%5C%5Cnb").as_deref(), Some(r"a\nb"));
        assert_eq!(read(r"d=a%5C%22%5C").as_deref(), Some("a\\\"\\"));
        assert_eq!(read("e=1"), None);
    }
}
