//! Where a target puts the code, the message and the field of its refusals.

use std::{collections::BTreeMap, fmt};

use crate::data::Data;

/// The step of a place that reads a text as JSON.
const JSON: &str = "$json";

/// The places in which a target's refusals hold the fields of a report `{code, message, status, field}`. The places of
/// a field are tried in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportPlaces {
    /// The places of each field that the manifest describes.
    pub places: BTreeMap<&'static str, Vec<ReportPlace>>,
}

/// A place in a refusal: the names of fields and the positions of list items that lead to a value, such as
/// `data.errors.0.code`. The step `$json` reads a text as JSON: `message.$json.code`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportPlace {
    steps: Vec<String>,
}

impl ReportPlace {
    /// Parses a place. Returns `None` if a step is empty, or if a step other than `$json` has a dollar sign.
    pub fn parse(text: &str) -> Option<Self> {
        let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
        let is_right = |step: &String| step == JSON || !(step.is_empty() || step.contains('$'));
        steps.iter().all(is_right).then_some(Self { steps })
    }

    /// Returns the value at this place of a refusal.
    fn find(&self, refusal: &Data) -> Option<Data> {
        let mut value = refusal.clone();
        for step in &self.steps {
            value = match &value {
                Data::String(text) if step == JSON => {
                    Data::from(serde_json::from_str::<serde_json::Value>(text).ok()?)
                }
                // A refusal that holds the object itself, and not its text, has the fields at the same names.
                Data::Object(_) | Data::Array(_) if step == JSON => continue,
                Data::Array(items) => items.get(step.parse::<usize>().ok()?)?.clone(),
                other => other.get(step)?.clone(),
            };
        }
        Some(value)
    }
}

impl fmt::Display for ReportPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.steps.join("."))
    }
}

impl ReportPlaces {
    /// Returns true if the manifest describes no place.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns the fields of a report that the target's refusal holds at the described places. `refusal` consists of
    /// the arguments of an event or an acknowledgement, or of the payload of a CONNECT_ERROR.
    pub fn find(&self, refusal: &[Data]) -> Vec<(&'static str, Data)> {
        let of_field = |(field, places): (&&'static str, &Vec<ReportPlace>)| {
            let mut found = places.iter().flat_map(|place| {
                let in_parts = refusal.iter().filter_map(|part| place.find(part));
                // A number can also be the position of an argument.
                let in_list = || place.find(&Data::Array(refusal.to_vec()));
                in_parts.chain(std::iter::once_with(in_list).flatten())
            });
            found.find_map(|value| Some((*field, plain(value)?)))
        };
        self.places.iter().filter_map(of_field).collect()
    }

    /// Returns the report with the fields that the target's refusal holds at the described places. A field that is not
    /// there stays as it is.
    pub fn apply(&self, refusal: &[Data], report: Data) -> Data {
        let found = self.find(refusal);
        if found.is_empty() {
            return report;
        }
        let mut fields = match report {
            Data::Object(fields) => fields,
            _ => Default::default(),
        };
        fields.extend(
            found
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        Data::Object(fields)
    }

    /// Returns the payload of a CONNECT_ERROR as scenarios expect it: with the message at `message`, and the other
    /// fields in `data` if there is such an object.
    pub fn in_connect_error(&self, payload: &Data) -> Data {
        let mut fields = match payload {
            Data::Object(fields) => fields.clone(),
            other => return other.clone(),
        };
        for (name, value) in self.find(std::slice::from_ref(payload)) {
            match fields.get_mut("data") {
                _ if name == "message" => {
                    fields.insert(name.to_owned(), value);
                }
                Some(Data::Object(data)) => {
                    data.insert(name.to_owned(), value);
                }
                _ => {}
            }
        }
        Data::Object(fields)
    }
}

/// Returns a value that can stand in a report: a text, a number or a truth value. The texts of a list become one.
fn plain(value: Data) -> Option<Data> {
    match value {
        Data::String(_) | Data::Number(_) | Data::Bool(_) => Some(value),
        Data::Array(items) if !items.is_empty() => {
            let texts: Option<Vec<&str>> = items.iter().map(Data::as_str).collect();
            texts.map(|texts| Data::from(texts.join("; ")))
        }
        Data::Array(_) | Data::Bytes(_) | Data::Null | Data::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(pairs: &[(&'static str, &[&str])]) -> ReportPlaces {
        let parse = |places: &[&str]| {
            let places = places
                .iter()
                .map(|place| ReportPlace::parse(place).unwrap());
            places.collect()
        };
        let pairs = pairs.iter().map(|(field, places)| (*field, parse(places)));
        ReportPlaces {
            places: pairs.collect(),
        }
    }

    fn found(places: &ReportPlaces, refusal: serde_json::Value) -> String {
        let report = Data::from(json!({"message": "usual"}));
        places.apply(&[Data::from(refusal)], report).to_string()
    }

    #[test]
    fn fields_come_from_the_places_of_the_manifest() {
        let places = places(&[
            ("code", &["data.reason", "error.kind"]),
            ("message", &["message.$json.text", "data.texts"]),
            ("field", &["data.errors.0.name"]),
        ]);
        let refusals = [
            json!({"message": "no", "data": {"reason": "E1"}}),
            json!({"error": {"kind": 7}, "message": "{\"text\":\"deep\"}"}),
            json!({"message": {"text": "no text"}}),
            json!({"data": {"texts": ["a", "b"], "errors": [{"name": "room"}]}}),
            json!({"data": {"reason": {"of": "wrong type"}}, "message": "{no json"}),
            json!("only text"),
        ];
        let forms: Vec<String> = refusals
            .into_iter()
            .map(|one| found(&places, one))
            .collect();
        insta::assert_snapshot!(forms.join("\n"), @r#"
        {"message":"usual","code":"E1"}
        {"message":"deep","code":7}
        {"message":"no text"}
        {"message":"a; b","field":"room"}
        {"message":"usual"}
        {"message":"usual"}
        "#);
    }

    #[test]
    fn a_number_is_the_position_of_an_argument() {
        let places = places(&[("message", &["1"]), ("code", &["2.code"])]);
        let refusal = json!([false, "no name", {"code": 7}]);
        let refusal: Vec<Data> = refusal
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .map(Data::from)
            .collect();
        assert_eq!(
            places.apply(&refusal, Data::Null).to_string(),
            r#"{"code":7,"message":"no name"}"#
        );
    }

    #[test]
    fn a_connect_error_gets_the_fields_where_scenarios_expect_them() {
        let places = places(&[("code", &["data.id"]), ("message", &["data.text"])]);
        let payload = json!({"message": "refused", "data": {"id": "E1", "text": "Expired"}});
        let expected = json!({
            "message": "Expired",
            "data": {"id": "E1", "text": "Expired", "code": "E1"},
        });
        assert_eq!(
            places.in_connect_error(&payload.into()),
            Data::from(expected)
        );
    }

    #[test]
    fn places_have_names_between_dots() {
        for text in ["", "data.", ".code", "a..b", "data.$code", "$jsons"] {
            assert_eq!(ReportPlace::parse(text), None, "{text}");
        }
        let place = ReportPlace::parse("message.$json.0.code").unwrap();
        assert_eq!(place.to_string(), "message.$json.0.code");
    }
}
