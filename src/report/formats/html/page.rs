//! Puts the page together: its content in `page/page.html`, its styles, its scripts and its data.

use super::model::Page;
use crate::{
    report::{PageParts, fill, html_text, page, to_inert_json},
    runner::{Outcome, Record, Verdict},
    text::humanize,
};

const BODY: &str = include_str!("page/page.html");

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
pub(super) fn report_page(record: &Record) -> String {
    let body = fill(BODY, &|name| match name {
        "target" => html_text(&record.info.target),
        "counts" => counts(record),
        "without_script" => without_script(record),
        "data" => to_inert_json(&Page::from(record)),
        _ => String::new(),
    });
    page(PageParts {
        version: html_text(&record.info.version),
        title: title(record),
        styles: STYLES,
        scripts: SCRIPTS,
        body,
    })
}

fn title(record: &Record) -> String {
    let summary = &record.summary;
    let target = html_text(&record.info.target);
    match summary.unexplained(Verdict::Fail) + summary.unexplained(Verdict::Error) {
        0 => format!("{target} – sockspec"),
        bad => format!("{bad} not passed – {target} – sockspec"),
    }
}

/// Returns the counts of the verdicts, in the order of the last line of the text output.
fn counts(record: &Record) -> String {
    let summary = &record.summary;
    let all = [
        ("pass", "pass", summary.pass),
        ("warn", "WARN", summary.unexplained(Verdict::Warn)),
        ("fail", "FAIL", summary.unexplained(Verdict::Fail)),
        ("error", "ERROR", summary.unexplained(Verdict::Error)),
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
        let reason = html_text(outcome.reason.as_deref().unwrap_or_default());
        format!(
            "<li><code>{}</code> {reason}</li>\n",
            html_text(&outcome.id)
        )
    });
    let more = bad.len().saturating_sub(WITHOUT_SCRIPT);
    let more = match more {
        0 => String::new(),
        more => format!("<p>and {more} more</p>\n"),
    };
    format!("<ul>\n{}</ul>\n{more}", items.collect::<String>())
}
