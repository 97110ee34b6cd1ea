//! `sockspec probe`: what a server is, found out by asking it.

use std::fmt::Write as _;

use tokio::runtime::Runtime;
use unicode_width::UnicodeWidthStr;

use super::{Exit, args::ProbeArgs, error::CliError, paint::Output, target};
use crate::{
    report::{Palette, Role, escape, to_safe_json},
    target::{Probed, probe as ask},
};

/// Asks a server and tells what it answered.
///
/// # Errors
///
/// Nothing at the URL speaks Engine.IO.
pub(super) fn probe(args: &ProbeArgs, output: Output) -> Result<Exit, CliError> {
    let tls = target::tls(&args.tls)?;
    let endpoint = target::endpoint(&target::parse_url(&args.url)?, &tls);
    if tls.is_insecure() && endpoint.url.scheme() == "https" {
        output.warn("certificates are not checked: whoever answers is taken for the target");
    }
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let probed = runtime.block_on(ask(&endpoint))?;
    runtime.shutdown_background();
    let text = if args.json {
        to_safe_json(&serde_json::json!({
            "schema": "sockspec-probe/1",
            "url": args.url,
            "provides": probed.provides,
            "findings": probed.findings.iter()
                .map(|(tried, seen)| serde_json::json!({ "tried": tried, "seen": seen }))
                .collect::<Vec<_>>(),
        }))
    } else {
        table(&probed, output.stdout)
    };
    output.write(&text)?;
    Ok(Exit::Conformant)
}

fn table(probed: &Probed, palette: Palette) -> String {
    let width = probed
        .findings
        .iter()
        .map(|(tried, _)| tried.width())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (tried, seen) in &probed.findings {
        let padding = " ".repeat(width - tried.width());
        let tried = palette.paint(Role::Strong, escape::line(tried));
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{tried}{padding}  {}", escape::line(seen));
    }
    let names: Vec<_> = probed
        .provides
        .iter()
        .map(|name| escape::line(name))
        .collect();
    let _ = writeln!(text, "\nprovides: [{}]", names.join(", "));
    text
}
