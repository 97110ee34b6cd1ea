//! Tests that compare values with expectations, and tests of the sentences that report differences.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::scenario::{
    SourceFile, Template, diagnostic::Problems, node::Node, values::ValueReader,
};

fn matcher(yaml: &str) -> Matcher {
    let source = SourceFile::from_bytes("m.yaml".as_ref(), yaml.into()).unwrap();
    let node = Node::parse(&source).unwrap();
    let mut problems = Problems::new(Arc::clone(&source));
    let matcher = ValueReader::new(&mut problems).matcher(&node);
    problems.finish(matcher).unwrap()
}

fn json(text: &str) -> Data {
    Data::from(serde_json::from_str::<serde_json::Value>(text).unwrap())
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set("room", Data::from("r1"));
    scope.set("user", json(r#"{"name": "ann"}"#));
    scope.set("bytes", Data::Bytes(Bytes::from_static(&[1, 2])));
    scope
}

/// Returns the sentence that reports the difference. Returns `None` if the value meets the expectation.
fn difference(yaml: &str, actual: Option<&Data>) -> Option<String> {
    let outcome = matcher(yaml).check(actual, &scope()).unwrap();
    outcome.err().map(|mismatch| mismatch.to_string())
}

#[test]
fn values_that_meet_their_expectations() {
    for (expected, actual) in [
        ("1", "1.0"),
        ("-0.5", "-5e-1"),
        ("18446744073709551615", "18446744073709551615"),
        ("hi", r#""hi""#),
        ("'5'", r#""5""#),
        ("$room", r#""r1""#),
        ("a-$room", r#""a-r1""#),
        ("$user", r#"{"name": "ann", "age": 5}"#),
        ("4<string>", r#""4<string>""#),
        ("{ a: 1 }", r#"{"a": 1, "b": 2}"#),
        ("{ a: <absent> }", r#"{"b": 2}"#),
        ("{ a: { $oneOf: [<absent>, <null>] } }", r#"{"b": 2}"#),
        ("{ $$a: 1 }", r#"{"$a": 1}"#),
        ("[1, [<number>]]", "[1, [2]]"),
        ("{ $eq: <string> }", r#""<string>""#),
        ("{ $exactly: { a: <any> } }", r#"{"a": {}}"#),
        ("{ $regex: '^a.$' }", r#""ab""#),
        ("{ $gt: 1, $lte: 2 }", "2"),
        ("{ $gte: '2026' }", r#""2026-01""#),
        ("{ $contains: b }", r#""abc""#),
        (
            "{ $contains: { id: 2 } }",
            r#"[{"id": 1}, {"id": 2, "x": 1}]"#,
        ),
        ("{ $contains: [3, 1] }", "[1, 2, 3]"),
        ("{ $startsWith: r, $endsWith: '1' }", r#""r1""#),
        ("{ $startsWith: $room }", r#""r1x""#),
        ("{ $not: $room }", r#""r2""#),
        ("{ $json: { a: <number> } }", r#""{\"a\": 1, \"b\": 2}""#),
        ("{ $json: [1, { $gt: 1 }] }", r#"" [1, 2] ""#),
        ("{ $json: 5 }", r#""5.0""#),
        (
            "{ $json: { a: { $json: <null> } } }",
            r#""{\"a\":\"null\"}""#,
        ),
        ("{ $length: 2 }", r#""äö""#),
        ("{ $length: { $gte: 1 } }", "[1]"),
        ("{ $unordered: [<any>, 1, <string>] }", r#"["a", 1, 2]"#),
        (
            "{ $schema: { type: object, required: [a] } }",
            r#"{"a": 1}"#,
        ),
    ] {
        assert_eq!(
            difference(expected, Some(&json(actual))),
            None,
            "{expected} {actual}"
        );
    }
    assert_eq!(difference("<absent>", None), None);
    assert_eq!(difference("{ $not: 1 }", None), None);
    let bytes = Data::Bytes(Bytes::from_static(&[1, 2]));
    for expected in [
        "{ $bytes: 0102 }",
        "$bytes",
        "<bytes>",
        "{ $length: 2 }",
        "{ $contains: { $bytes: 02 } }",
    ] {
        assert_eq!(difference(expected, Some(&bytes)), None, "{expected}");
    }
}

#[test]
fn a_difference_is_reported_with_its_path() {
    let differences: Vec<String> = [
        ("1", r#""1""#),
        ("'1'", "1"),
        ("null", "0"),
        ("hi", r#""ho""#),
        ("<string>", "5"),
        ("$user", r#"{"name": "bob"}"#),
        ("{ a: { b: [1, 2] } }", r#"{"a": {"b": [1, 3]}}"#),
        ("{ a: 1 }", "{}"),
        ("{ a: 1 }", "[]"),
        ("{ 'a b': <absent> }", r#"{"a b": null}"#),
        ("[1]", "[1, 2]"),
        ("[1, 2]", "[1]"),
        (
            "{ $exactly: { a: { b: 1 } } }",
            r#"{"a": {"b": 1, "c": 2}}"#,
        ),
        ("{ $eq: { a: 1 } }", r#"{"a": 1, "c": 2}"#),
        ("{ a: { $regex: '^a' } }", r#"{"a": "ba"}"#),
        ("{ $gte: 2 }", "1"),
        ("{ $gte: 2 }", r#""3""#),
        ("{ $contains: [1, 4] }", "[1, 2, 3]"),
        ("{ $contains: x }", "5"),
        ("{ $not: $room }", r#""r1""#),
        ("{ $oneOf: [1, <string>, { a: 1 }] }", "2"),
        ("{ a: { $length: 2 } }", r#"{"a": "abc"}"#),
        ("{ $length: 2 }", "5"),
        ("{ $unordered: [1, 1] }", "[1, 2]"),
        ("{ $unordered: [1] }", "[1, 1]"),
        (
            "{ $schema: { properties: { a: { type: string } } } }",
            r#"{"a": 1}"#,
        ),
        ("{ $bytes: '01' }", r#"{"$bytes": "01"}"#),
        (
            "{ a: { $json: { user: { ids: [7] } } } }",
            r#"{"a": "{\"user\":{\"ids\":[8]}}"}"#,
        ),
        ("{ $json: { a: 1 } }", r#""{\"b\":1}""#),
        (
            "{ $exactly: { $json: { a: 1 } } }",
            r#""{\"a\":1,\"b\":1}""#,
        ),
        ("{ $json: { a: 1 } }", r#""{a: 1}""#),
        ("{ $json: { a: 1 } }", r#"{"a": 1}"#),
    ]
    .into_iter()
    .map(|(expected, actual)| {
        difference(expected, Some(&json(actual)))
            .unwrap_or_else(|| panic!("{expected} matches {actual}"))
    })
    .collect();
    insta::assert_snapshot!(differences.join("\n"), @r#"
    expected 1, received "1"
    expected "1", received 1
    expected null, received 0
    expected "hi", received "ho"
    expected <string>, received 5
    at name: expected "ann", received "bob"
    at a.b[1]: expected 2, received 3
    at a: expected 1, received nothing
    expected {"a":1}, received []
    at ["a b"]: expected <absent>, received null
    at [1]: expected the end of the list after 1 item, received 2
    at [1]: expected 2, received nothing
    at a.c: expected no such field, received 2
    at c: expected no such field, received 2
    at a: expected a text that matches /^a/, received "ba"
    expected a number of at least 2, received 1
    expected a number of at least 2, received "3"
    expected a value that contains 1 and 4, received [1,2,3]
    expected a value that contains "x", received 5
    expected anything but "r1", received "r1"
    expected 1, <string> or {"a":1}, received 2
    at a (length): expected 2, received 3
    expected a value of length 2, received 5
    expected the items [1,1] in any order, received [1,2]
    expected the items [1] in any order, received [1,1]
    expected a value that the JSON Schema accepts: 1 is not of type "string" (at /a), received {"a":1}
    expected the bytes 01, received {"$bytes":"01"}
    at a (json).user.ids[0]: expected 7, received 8
    at (json).a: expected 1, received nothing
    at (json).b: expected no such field, received 1
    expected a text with the JSON {"a":1} (the text is no JSON: key must be a string at line 1 column 2), received "{a: 1}"
    expected a text with the JSON {"a":1}, received {"a":1}
    "#);
    insta::assert_snapshot!(difference("{ a: 1 }", None).unwrap(), @r#"expected {"a":1}, received nothing"#);
}

#[test]
fn captures_are_in_order_and_only_from_the_matching_choice() {
    let matcher = matcher(
        "{ a: <string as first>, b: { $oneOf: [[<integer as none>], [<string as second>]] }, c: { $unordered: [1, <any as third>] } }",
    );
    let actual = json(r#"{"a": "x", "b": ["y"], "c": [{"z": 1}, 1]}"#);
    let captures = matcher.check(Some(&actual), &scope()).unwrap().unwrap();
    assert_eq!(
        captures,
        [
            ("first".to_owned(), json(r#""x""#)),
            ("second".to_owned(), json(r#""y""#)),
            ("third".to_owned(), json(r#"{"z": 1}"#)),
        ]
    );
}

#[test]
fn variable_that_is_not_set_is_an_error_and_no_difference() {
    let outcome = matcher("{ a: $nobody }").check(Some(&json(r#"{"a": 1}"#)), &scope());
    assert_eq!(
        outcome,
        Err(TemplateError::Unset {
            name: "nobody".to_owned()
        })
    );
}

#[test]
fn expectation_is_described_with_its_variables_filled_in() {
    let described = |yaml: &str| matcher(yaml).describe(&scope());
    assert_eq!(
        described(
            "{ room: $room, id: <string as id>, x: $unset, n: { $gte: 1, $lt: '${ 1 + 1 }' }, l: [a, { $bytes: 00 }] }"
        ),
        r#"{"room":"r1","id":<string as id>,"x":$unset,"n":a number of at least 1 and a number less than 2,"l":["a",{"$bytes":"00"}]}"#
    );
    assert_eq!(
        described("{ $not: { $regex: a+ } }"),
        "anything but a text that matches /a+/"
    );
}

fn any_data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::from),
        any::<i64>().prop_map(Data::from),
        any::<u64>().prop_map(Data::from),
        (-1e300..1e300_f64).prop_map(|number| Data::from(serde_json::json!(number))),
        ".{0,12}".prop_map(Data::from),
        proptest::collection::vec(any::<u8>(), 0..8).prop_map(|bytes| Data::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Data::Array),
            proptest::collection::vec((".{0,6}", inner), 0..5).prop_map(Data::object),
        ]
    })
}

proptest! {
    #[test]
    fn value_matches_itself_in_every_form(value in any_data()) {
        let literal = Template::literal(value.clone());
        for form in [
            Form::Value(literal.clone()),
            Form::Operators(vec![Operator::Eq(literal.clone())]),
            Form::Operators(vec![Operator::Exactly(Box::new(Matcher::value(literal)))]),
        ] {
            let outcome = Matcher { form }.check(Some(&value), &Scope::default());
            prop_assert_eq!(outcome, Ok(Ok(Vec::new())));
        }
    }

    #[test]
    fn exact_match_is_equality(left in any_data(), right in any_data()) {
        let eq = Form::Operators(vec![Operator::Eq(Template::literal(left.clone()))]);
        let equal = Matcher { form: eq }.check(Some(&right), &Scope::default()).unwrap().is_ok();
        prop_assert!(equal || left != right);
    }

    #[test]
    fn json_read_as_yaml_is_an_expectation_of_the_same_value(value in any_data()) {
        // JSON is valid YAML, so the test writes the value as JSON. It skips values with bytes, `$` or `<`, because the
        // scenario language would read them as operators, variables or placeholders.
        prop_assume!(!value.has_bytes());
        let text = value.to_json().to_string();
        prop_assume!(!text.contains(['$', '<']));
        prop_assume!(text.chars().all(|character| !character.is_control() && character != '\u{feff}' && !('\u{7f}'..'\u{a0}').contains(&character) && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')));
        let source = SourceFile::from_bytes("m.yaml".as_ref(), text.clone().into()).unwrap();
        if let Ok(node) = Node::parse(&source) {
            let mut problems = Problems::new(source);
            let matcher = ValueReader::new(&mut problems).matcher(&node);
            prop_assert_eq!(problems.count(), 0);
            let outcome = matcher.check(Some(&value), &Scope::default()).unwrap();
            prop_assert!(outcome.is_ok(), "{} {:?}", text, outcome);
        }
    }

    #[test]
    fn any_yaml_is_a_matcher_or_diagnostics(yaml in "[-\\[\\]{}:,$<> a-z0-9'\"\n]{0,40}", value in any_data()) {
        let source = SourceFile::from_bytes("m.yaml".as_ref(), yaml.into()).unwrap();
        if let Ok(node) = Node::parse(&source) {
            let mut problems = Problems::new(source);
            let mut values = ValueReader::new(&mut problems);
            let (matcher, template) = (values.matcher(&node), values.template(&node));
            let _ = matcher.check(Some(&value), &Scope::default());
            let _ = template.render(&Scope::default());
            let _ = matcher.describe(&Scope::default());
        }
    }

    #[test]
    fn any_text_is_a_file_or_diagnostics(text in "(scenarios|steps|- |: |[\\[\\]{}\n ,]|id|emit|as|\\$a|<string>|\\PC){0,40}") {
        let source = SourceFile::from_bytes("m.yaml".as_ref(), text.into()).unwrap();
        let known = crate::scenario::Known { requirements: None, faults: None, others: crate::scenario::Others::Refused };
        if let Err(diagnostics) = crate::scenario::load(source, known) {
            for diagnostic in diagnostics {
                let _ = diagnostic.render_full(crate::scenario::Colours::On);
            }
        }
    }
}
