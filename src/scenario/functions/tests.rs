//! Tests of the functions that expressions can call.

use super::*;
use crate::scenario::{Scope, expression::Expression};

fn evaluate(source: &str) -> Data {
    let mut scope = Scope::default();
    scope.set("credentials_secret", Data::from("secret"));
    let form = [
        ("before", Data::from("[")),
        ("behind", Data::from("]")),
        ("quoted", Data::from(true)),
    ];
    scope.set(ECHO_FORM, Data::object(form));
    Expression::compile(source)
        .unwrap()
        .evaluate(&scope)
        .unwrap()
}

#[test]
fn functions_return_the_documented_values() {
    for (source, expected) in [
        ("base64('hi?')", Data::from("aGk/")),
        ("base64url('hi?')", Data::from("aGk_")),
        ("utf8(bytes('ä'))", Data::from("ä")),
        ("hex(bytes(2))", Data::from("0000")),
        ("hex(close_payload(1000, 'a'))", Data::from("03e861")),
        ("hex(close_payload(1000, reason='a'))", Data::from("03e861")),
        ("hex(frame('hi'))", Data::from("8182000000006869")),
        ("hex(frame('', opcode=9))", Data::from("898000000000")),
        ("now(offset='1h') > now('1s')", Data::from(true)),
        ("unique(prefix='u-')[:2]", Data::from("u-")),
        ("echo('\"')", Data::from(r#"["\""]"#)),
        ("from_json('[1]')", Data::Array(vec![Data::from(1_u64)])),
        (
            "json({'a': from_hex('ff')})",
            Data::from(r#"{"a":{"$bytes":"ff"}}"#),
        ),
        (
            "hex(msgpack({'type': 2, 'b': from_hex('0102')}))",
            Data::from("82a47479706502a162c4020102"),
        ),
        (
            "hex(concat('a', from_hex('00'), 'b'))",
            Data::from("610062"),
        ),
        // The examples of RFC 7692 section 7.2.3.
        ("hex(deflate('Hello'))", Data::from("f248cdc9c90700")),
        (
            "hex(deflate('Hello', after='Hello'))",
            Data::from("f200110000"),
        ),
        (
            "hex(deflate('Hello', last=true))",
            Data::from("f348cdc9c9070000"),
        ),
        (
            "hex(concat(stored_block('Hello'), from_hex('00')))",
            Data::from("000500faff48656c6c6f00"),
        ),
        ("hex(stored_block('', last=true))", Data::from("010000ffff")),
        ("length('äö')", Data::from(2_u64)),
        ("repeat('ab', 3)", Data::from("ababab")),
        ("length(random_bytes(7))", Data::from(7_u64)),
        ("unique('u-') != unique('u-')", Data::from(true)),
        ("now() | length", Data::from(24_u64)),
        ("epoch_ms('1s') - epoch_ms() > 900", Data::from(true)),
    ] {
        assert_eq!(evaluate(source), expected, "{source}");
    }
}

#[test]
fn functions_are_sorted_by_name() {
    assert!(FUNCTIONS.iter().map(Function::name).is_sorted());
}

#[test]
fn a_token_has_the_claims_of_the_targets_tokens_unless_it_names_them() {
    let claims = |source| {
        let mut scope = Scope::default();
        scope.set(SECRET, Data::from("secret"));
        let usual = [("sub", "u1"), ("org", "7"), ("exp", "later")];
        scope.set(
            CLAIMS,
            Data::object(usual.map(|(name, value)| (name, Data::from(value)))),
        );
        let token = Expression::compile(source)
            .unwrap()
            .evaluate(&scope)
            .unwrap();
        let payload = token
            .as_str()
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap()
            .to_owned();
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    };
    assert_eq!(
        claims("jwt(sub='u2', role='admin')"),
        r#"{"sub":"u2","org":"7","exp":"later","role":"admin"}"#
    );
    assert_eq!(claims("jwt(sub=none, exp=1)"), r#"{"org":"7","exp":1}"#);
}

#[test]
fn token_carries_claims_and_moved_times() {
    let Data::String(token) = evaluate("jwt(sub='u1', role='admin', expires='-60s')") else {
        panic!("a token is text");
    };
    let payload = token.split('.').nth(1).unwrap();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["sub"], "u1");
    assert_eq!(claims["role"], "admin");
    let now = i64::try_from(clock::since_epoch().as_secs()).unwrap();
    let age = now - claims["exp"].as_i64().unwrap();
    assert!((59..=65).contains(&age), "expired {age} seconds ago");
}
