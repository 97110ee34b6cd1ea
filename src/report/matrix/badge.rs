//! A badge of one server: an image, and the JSON from which services for badges draw one.

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::Server;
use crate::{report::html_text, runner::Verdict};

/// The left half of each badge.
const LABEL: &str = "sockspec";

/// The width of a character in the font of the badge, in tenths of a pixel: an average, since the font is not known.
const CHARACTER: usize = 68;

/// The blank on each side of a text, in pixels.
const MARGIN: usize = 6;

/// What a badge says.
struct Badge {
    message: String,
    colour: Colour,
}

/// The colour of the right half: its name for services, and its value for the image.
///
/// White text on each of them has a contrast of at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
struct Colour {
    name: &'static str,
    value: &'static str,
}

const GREEN: Colour = Colour {
    name: "green",
    value: "#1a7f37",
};
const YELLOW: Colour = Colour {
    name: "yellow",
    value: "#8a6100",
};
const RED: Colour = Colour {
    name: "red",
    value: "#c62828",
};
const GREY: Colour = Colour {
    name: "lightgrey",
    value: "#5f6b76",
};

impl Badge {
    fn of(server: &Server) -> Self {
        let summary = &server.summary;
        let [fail, error, warn] = [Verdict::Fail, Verdict::Error, Verdict::Warn]
            .map(|verdict| summary.unexplained(verdict));
        let counts = [
            (summary.pass, "ok"),
            (summary.known(), "known"),
            (warn, "warn"),
            (fail, "failed"),
            (error, "not judged"),
        ];
        let counts: Vec<_> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let colour = match (fail + error, warn, counts.is_empty()) {
            (_, _, true) => GREY,
            (0, 0, _) => GREEN,
            (0, _, _) => YELLOW,
            _ => RED,
        };
        let message = match counts.is_empty() {
            true => "not judged".to_owned(),
            false => counts.join(", "),
        };
        Self { message, colour }
    }
}

/// Returns the JSON of a badge, in the form that the endpoint badges of shields.io read.
pub fn badge_json(server: &Server) -> String {
    let Badge { message, colour } = Badge::of(server);
    let badge = json!({
        "schemaVersion": 1,
        "label": LABEL,
        "message": message,
        "color": colour.name,
    });
    format!("{badge:#}\n")
}

/// Returns the image of a badge.
pub fn badge_svg(server: &Server) -> String {
    let Badge { message, colour } = Badge::of(server);
    let width = |text: &str| text.width() * CHARACTER / 10 + 2 * MARGIN;
    let (left, right) = (width(LABEL), width(&message));
    let all = left + right;
    let what = html_text(&format!("{LABEL}, {}: {message}", server.name));
    let message = html_text(&message);
    let value = colour.value;
    let (label_at, message_at) = (left / 2, left + right / 2);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" role="img" aria-label="{what}">
<title>{what}</title>
<clipPath id="round"><rect width="{all}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="20" fill="#444c56"/>
<rect x="{left}" width="{right}" height="20" fill="{value}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
<text x="{label_at}" y="14">{LABEL}</text>
<text x="{message_at}" y="14">{message}</text>
</g>
</svg>
"##
    )
}

/// Returns what the badge of a server says.
pub(super) fn message(server: &Server) -> String {
    Badge::of(server).message
}
