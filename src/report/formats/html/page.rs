//! Puts the page together: the frame in `page/page.html`, its style, its script, its data, and a security policy.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::model::Page;
use crate::{
    report::to_inert_json,
    runner::{Outcome, Record, Verdict},
    text::{escape, humanize},
};

const FRAME: &str = include_str!("page/page.html");

const STYLES: &[&str] = &[
    include_str!("page/page.css"),
    include_str!("page/list.css"),
    include_str!("page/content.css"),
    include_str!("page/diagram.css"),
    include_str!("page/media.css"),
];

pub(super) const SCRIPTS: &[&str] = &[
    include_str!("page/text.js"),
    include_str!("page/verdict.js"),
    include_str!("page/packet.js"),
    include_str!("page/difference.js"),
    include_str!("page/diagram.js"),
    include_str!("page/address.js"),
    include_str!("page/filters.js"),
    include_str!("page/list.js"),
    include_str!("page/overview.js"),
    include_str!("page/scenario.js"),
    include_str!("page/start.js"),
];

/// The limit on the failures that a browser without scripts shows.
const WITHOUT_SCRIPT: usize = 100;

/// Returns the whole page.
pub(super) fn page(record: &Record) -> String {
    let style = STYLES.join("\n");
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.join("\n"));
    fill(&|name| match name {
        "policy" => policy(&style, &script),
        "version" => shown(&record.info.version),
        "title" => title(record),
        "target" => shown(&record.info.target),
        "counts" => counts(record),
        "without_script" => without_script(record),
        "style" => style.clone(),
        "script" => script.clone(),
        "data" => to_inert_json(&Page::from(record)),
        _ => String::new(),
    })
}

/// Returns the frame with each `{{name}}` replaced once: a value that holds such a text stays as it is.
fn fill(value: &dyn Fn(&str) -> String) -> String {
    let mut parts = FRAME.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        page.push_str(&value(name));
        page.push_str(rest);
    }
    page
}

/// Returns the page's security policy. It allows the page's own style and script, and no request. Text can't become
/// HTML (`trusted-types`), and `data:` is for the empty icon, without which browsers ask the server for one.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(style),
        hash(script)
    )
}

fn title(record: &Record) -> String {
    let summary = &record.summary;
    let target = shown(&record.info.target);
    match summary.fail + summary.error - summary.known_fail - summary.known_error {
        0 => format!("{target} – sockspec"),
        bad => format!("{bad} not passed – {target} – sockspec"),
    }
}

/// Returns the counts of the verdicts, as the last line of the text output has them.
fn counts(record: &Record) -> String {
    let summary = &record.summary;
    let all = [
        ("pass", "pass", summary.pass),
        ("warn", "WARN", summary.warn - summary.known_warn),
        ("fail", "FAIL", summary.fail - summary.known_fail),
        ("error", "ERROR", summary.error - summary.known_error),
        ("skip", "skip", summary.skip),
        ("known", "known", summary.known()),
        ("flaky", "flaky", summary.flaky),
    ];
    let shown: Vec<_> = all
        .into_iter()
        .filter(|(_, word, count)| *count > 0 || *word == "pass")
        .map(|(class, word, count)| format!("<b class=\"{class}\">{count} {word}</b>"))
        .collect();
    let time = humanize::duration(summary.duration);
    let interrupted = if summary.interrupted {
        " (interrupted)"
    } else {
        ""
    };
    format!("{} in {time}{interrupted}", shown.join(", "))
}

/// Returns what did not pass, for a browser that runs no script.
fn without_script(record: &Record) -> String {
    let is_bad = |outcome: &&Outcome| {
        matches!(outcome.verdict, Verdict::Fail | Verdict::Error) && outcome.known.is_none()
    };
    let bad: Vec<_> = record.outcomes.iter().filter(is_bad).collect();
    let items = bad.iter().take(WITHOUT_SCRIPT).map(|outcome| {
        let reason = shown(outcome.reason.as_deref().unwrap_or_default());
        format!("<li><code>{}</code> {reason}</li>\n", shown(&outcome.id))
    });
    let more = bad.len().saturating_sub(WITHOUT_SCRIPT);
    let more = match more {
        0 => String::new(),
        more => format!("<p>and {more} more</p>\n"),
    };
    format!("<ul>\n{}</ul>\n{more}", items.collect::<String>())
}

/// Returns a text as one line of HTML.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for character in escape::line(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}
