//! The format `html`: one page for people, which works without a network and inside a CI artifact.
//!
//! The page holds its style, its script and the data. The data is inert JSON; the script shows it as text only. A
//! security policy in the page allows this one style and this one script, and nothing else: no request, no other script.

mod budget;
mod convert;
mod model;
mod page;
#[cfg(test)]
mod tests;

use crate::report::Format;

/// The format `html`.
pub(super) static FORMAT: Format = Format {
    name: "html",
    purpose: "for people, in a browser",
    run: |record| Ok(page::report_page(record)),
    proof: None,
};
