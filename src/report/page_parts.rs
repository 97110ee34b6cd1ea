//! What the pages have in common: their frame, their colours, their security policy, and text that is no markup.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::text::escape;

const FRAME: &str = include_str!("page_parts/frame.html");
const COLOURS: &str = include_str!("page_parts/colours.css");

/// The parts in which pages differ.
pub(crate) struct PageParts<'p> {
    /// The version of sockspec that made the page, as HTML.
    pub(crate) version: String,
    /// The title, as HTML.
    pub(crate) title: String,
    /// The style sheets besides the one for colours.
    pub(crate) styles: &'p [&'p str],
    /// The scripts, which share one scope.
    pub(crate) scripts: &'p [&'p str],
    /// The content, as HTML.
    pub(crate) body: String,
}

/// Returns a whole page. It holds its styles and its scripts, and makes no request.
pub(crate) fn page(parts: PageParts<'_>) -> String {
    let style = [&[COLOURS], parts.styles].concat().join("\n");
    let scripts = parts.scripts.join("\n");
    let script = format!("(() => {{\n\"use strict\";\n{scripts}}})();\n");
    fill(FRAME, &|name| match name {
        "policy" => policy(&style, &script),
        "version" => parts.version.clone(),
        "title" => parts.title.clone(),
        "style" => style.clone(),
        "body" => parts.body.clone(),
        "script" => script.clone(),
        _ => String::new(),
    })
}

/// Returns the frame with each `{{name}}` replaced once: a value that holds such a text stays as it is.
pub(crate) fn fill(frame: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut parts = frame.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        page.push_str(&value(name));
        page.push_str(rest);
    }
    page
}

/// Returns the security policy of a page. It allows the page's own style and script, and no request. Text can't become
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

/// Returns a text as one line of HTML.
pub(crate) fn html_text(text: &str) -> String {
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
