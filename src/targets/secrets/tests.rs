use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

use super::{values::REPLACEMENT, *};
use crate::{
    text::{clip, keep_ends},
    work,
};

fn secrets(values: &[&str]) -> Secrets {
    let mut secrets = Secrets::default();
    for value in values {
        secrets.add(value);
    }
    secrets
}

#[test]
fn every_way_of_writing_a_secret_is_masked() {
    let secrets = secrets(&["s3cret/\"v~lue é"]);
    for shown in [
        "s3cret/\"v~lue é",
        "S3CRET/\"V~LUE é",
        "s3cret%2F%22v%7Elue%20%C3%A9",
        "s3cret%2f%22v~lue%20%c3%a9",
        "s3cret%2f%22v%7elue+%c3%a9",
        "%73%33%63%72%65%74%2F%22%76%7E%6C%75%65%20%C3%A9",
        r#"s3cret/\"v~lue é"#,
        r#"s3cret/\"v~lue \u00e9"#,
        r#"s3cret/\\\"v~lue é"#,
        r#"s3cret/\\\"v~lue \\u00E9"#,
        r#"s3cret/"v~lue \xe9"#,
        r#"s3cret/"v~lue \xC3\xA9"#,
        r#"s3cret/\"v~lue \u{e9}"#,
        "s3cret/&quot;v~lue é",
        "7333637265742f22767e6c756520c3a9",
        "7333637265742F22767E6C756520C3A9",
    ] {
        assert_eq!(secrets.mask(&format!("<{shown}>")), "<***>", "{shown}");
        assert!(secrets.found_in(shown), "{shown}");
    }
}

#[test]
fn the_forms_of_a_secret_are_computed_once_and_only_if_a_text_is_masked() {
    let forms = |act: &dyn Fn()| work::counted("forms of secrets", act);
    assert_eq!(forms(&|| drop(secrets(&["never-shown"]))), 0);
    let shown = secrets(&["shown-often", "first-line\nsecond-line"]);
    let mut copy = Secrets::default();
    copy.extend(&shown);
    let mask = || assert_eq!(copy.mask("<shown-often>"), "<***>");
    // The second secret has forms as a whole and for each of its lines.
    assert_eq!(forms(&mask), 4);
    assert_eq!(forms(&mask), 0);
    assert_eq!(forms(&|| assert!(shown.found_in("second-line"))), 0);
}

#[test]
fn secrets_that_differ_only_in_case_are_masked_in_base64_as_well() {
    let secrets = secrets(&["Secret-Value", "secret-value"]);
    for value in ["Secret-Value", "secret-value"] {
        assert_eq!(secrets.mask(&BASE64_STANDARD.encode(value)), "***");
    }
}

#[test]
fn our_own_escape_of_a_secret_is_masked() {
    let secrets = secrets(&["one\ttwo\u{202e}three"]);
    assert_eq!(secrets.mask(r"<one\ttwo\u{202e}three>"), "<***>");
}

#[test]
fn a_quote_at_the_end_is_a_part_of_the_secret() {
    assert_eq!(
        secrets(&["quoted\""]).mask(r#"{"a":"quoted\""}"#),
        r#"{"a":"***"}"#
    );
}

#[test]
fn longer_secret_wins_over_one_inside_it() {
    let secrets = secrets(&["token-1", "token-1-and-more"]);
    assert_eq!(secrets.mask("token-1-and-more token-1"), "*** ***");
}

#[test]
fn each_line_of_a_secret_is_masked() {
    let secrets = secrets(&["first-line\n  second-line\r\nab=\n"]);
    assert_eq!(
        secrets.mask("x first-line y\nsecond-line\n ab= \nab= c"),
        "x *** y\n***\n *** \nab= c"
    );
    assert_eq!(secrets.mask(r"first-line\n  second-line\r\nab=\n"), "***");
}

#[test]
fn a_secret_in_base64_of_several_lines_is_masked() {
    let value = "0123456789".repeat(9);
    let secrets = secrets(&[&value]);
    let encoded = BASE64_STANDARD.encode(&value);
    let (first, second) = encoded.split_at(76);
    assert_eq!(secrets.mask(&format!("{first}\n{second}\n")), "***\n***\n");
}

#[test]
fn a_word_behind_a_cut_stays_though_a_secret_ends_with_its_first_letter() {
    let mut secrets = Secrets::default();
    secrets.add("sockspec-key-w");
    assert_eq!(secrets.mask("it came… within 5 s"), "it came… within 5 s");
    assert_eq!(secrets.mask("it came…w"), "it came…***");
    secrets.add("the-cat-sat");
    assert_eq!(secrets.mask("it came… at 5"), "it came… at 5");
    assert_eq!(secrets.mask("it … at 5"), "it … *** 5");
    secrets.add("head.payload.");
    assert_eq!(secrets.mask("it came…."), "it came….");
}

#[test]
fn encodings_of_other_languages_are_masked() {
    let secrets = secrets(&["Geheim/nisß&öl<x>+4"]);
    for encoded in [
        "Geheim/nis%C3%9F%26%C3%B6l%3Cx%3E%2B4",
        r"Geheim\/nis\u00df&\u00f6l<x>+4",
        r"Geheim/nis\u00df\u0026\u00f6l\u003cx\u003e+4",
        "Geheim/nisß&amp;öl<x>+4",
        "GEHEIM/NISSS&ÖL<X>+4",
        "Geheim/nis%C3%9F&%C3%B6l%3Cx%3E+4",
        r"Geheim/nis\u00df\u0026\u00f6l\u003cx\u003e\u002B4",
        r"Geheim\\/nis\\u00DF&\\u00F6l<x>+4",
        r"Geheim\\\\/nis\\\\u00DF&\\\\u00F6l<x>+4",
        "Geheim/nis&#223;&#38;&#xF6;l&#x3c;x&gt;&#43;4",
        "%47eheim%2Fnis%5Cu00DF%26%5Cu00F6l%3Cx%3E%2B4",
    ] {
        assert_eq!(secrets.mask(encoded), "***", "{encoded}");
    }
}

#[test]
fn a_secret_in_encoded_json_is_masked() {
    let value = "Geheim/nisß&öl\"4";
    let secrets = secrets(&[value]);
    let json = serde_json::json!({ "token": value }).to_string();
    let base64 = BASE64_STANDARD.encode(&json);
    let url: String = url::form_urlencoded::byte_serialize(base64.as_bytes()).collect();
    let twice = serde_json::json!({ "inner": url }).to_string();
    for shown in [json, base64, url, twice] {
        let masked = secrets.mask(&shown);
        assert!(masked.contains(REPLACEMENT), "{shown}: {masked}");
        assert!(secrets.found_in(&shown), "{shown}");
    }
}

#[test]
fn every_token_is_masked_even_if_its_value_is_not_known() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.Zm9v-YmFy_";
    let secrets = Secrets::default();
    let log = format!("GET /?token={token}&EIO=4");
    assert_eq!(secrets.mask(&log), "GET /?token=***&EIO=4");
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9";
    assert_eq!(secrets.mask(&format!("{unsigned}. {unsigned}")), "*** ***");
    assert_eq!(
        secrets.mask("eyJhbGciOiJIUzI1NiJ9.x"),
        "eyJhbGciOiJIUzI1NiJ9.x"
    );
}

#[test]
fn the_rest_of_a_secret_at_a_cut_is_masked() {
    let value = "abcdefghijklmnopqrstuvwxyz";
    let secrets = secrets(&[value]);
    let text = format!("{}{value}{}{value}", "-".repeat(20), "-".repeat(100));
    let cut = secrets.mask(&clip(&text, 60));
    assert!(cut.starts_with("--------------------*** … "), "{cut}");
    assert!(!cut.contains("abcd"), "{cut}");
    let cut = secrets.mask(&keep_ends(text, 60));
    assert_eq!(cut, "--------------------*** … *** (172 bytes)");
    assert_eq!(secrets.mask("abcd"), "abcd");
}

#[test]
fn short_values_are_left_alone() {
    let secrets = secrets(&["admin", ""]);
    assert_eq!(secrets.mask("admin"), "admin");
    assert!(!secrets.found_in("admin"));
}

#[test]
fn debug_output_tells_no_secret() {
    assert!(!format!("{:?}", secrets(&["hidden-value"])).contains("hidden"));
}

/// Returns a text with escapes: each number is another way of writing them.
fn escaped(text: &str, way: usize) -> String {
    let each = |write: &dyn Fn(char) -> String| text.chars().map(write).collect();
    match way {
        0 => {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        1 => each(&|one| format!("\\u{:04X}", u32::from(one))),
        2 => each(&|one| format!("&#{};", u32::from(one))),
        3 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        4 => text.escape_default().to_string(),
        _ => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;"),
    }
}

proptest! {
    #[test]
    fn secret_inside_base64_leaves_no_trace(
        before in "[ -~]{0,8}", value in "[ -~]{9,40}", after in "[ -~]{0,8}",
    ) {
        let secrets = secrets(&[&value]);
        for engine in [BASE64_STANDARD, base64::prelude::BASE64_URL_SAFE] {
            let shown = engine.encode(format!("{before}{value}{after}"));
            prop_assert!(secrets.found_in(&shown));
            prop_assert!(secrets.mask(&shown).contains(REPLACEMENT));
        }
    }

    // A backslash at the end of the value would belong to an escape with the character behind the value.
    #[test]
    fn a_secret_behind_several_escapes_leaves_no_trace(
        value in "[ -~é]{6,20}[!-~&&[^\\\\]]", ways in prop::collection::vec(0_usize..6, 0..5),
    ) {
        let secrets = secrets(&[&value]);
        let shown = ways.iter().fold(value, |text, way| escaped(&text, *way));
        prop_assert!(secrets.found_in(&shown), "{}", shown);
        prop_assert_eq!(secrets.mask(&format!("<{shown}>")), "<***>", "{}", shown);
    }

    #[test]
    fn base64_in_lines_leaves_no_trace(
        before in 0_usize..80, value in "[a-z0-9]{12,200}", width in 20_usize..80, is_escaped: bool,
    ) {
        let secrets = secrets(&[&value]);
        let encoded = BASE64_STANDARD.encode(format!("{}{value}", "-".repeat(before)));
        let lines: Vec<_> = encoded.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
        let masked = secrets.mask(&lines.join(if is_escaped { "\\n" } else { "\n" }));
        // Base64 of hyphens has only the four characters `LS0t`; the characters beside the value can hold some of its
        // bits.
        let rest = masked.replace("\\n", "").replace(['\n', '*', 'L', 'S', '0', 't'], "");
        prop_assert!(rest.len() <= 4, "{}", masked);
    }

    #[test]
    fn masked_text_holds_no_secret(before in "\\PC{0,20}", value in "[a-z0-9]{6,20}", after in "\\PC{0,20}") {
        let secrets = secrets(&[&value]);
        let masked = secrets.mask(&format!("{before}{value}{after}"));
        prop_assert!(!secrets.found_in(&masked));
    }

    #[test]
    fn no_cut_leaves_a_piece(value in "[a-z]{12}", pad in 0_usize..40, limit in 8_usize..40) {
        let secrets = secrets(&[&value]);
        let text = format!("{}{value}{}", "-".repeat(pad), "-".repeat(60));
        let cut = secrets.mask(&clip(&text, limit));
        // Nothing else in the text is a letter, so no character of the secret is left.
        let rest = cut.replace(" bytes)", "");
        prop_assert!(!rest.contains(|one: char| one.is_ascii_lowercase()), "{}", cut);
    }
}
