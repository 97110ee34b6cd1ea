//! `sockspec probe`: finds out what a server supports.

use std::fmt::Write as _;

use tokio::runtime::Runtime;
use unicode_width::UnicodeWidthStr;

use super::{Exit, args::ProbeArgs, error::CliError, paint::Output, target};
use crate::{
    report::{Palette, Role, to_safe_json},
    targets::{Probed, Visitor, probe as probe_target},
    text::escape,
};

/// Probes a server and prints what it found.
///
/// # Errors
///
/// Returns an error if no Engine.IO or WebSocket server answers at the URL.
pub(super) fn probe(args: &ProbeArgs, output: Output) -> Result<Exit, CliError> {
    let tls = target::tls(&args.tls)?;
    let url = target::parse_url(&args.url)?;
    let (endpoint, plain) = (
        target::endpoint(&url, &tls),
        target::plain_endpoint(&url, &tls),
    );
    if tls.is_insecure() && endpoint.url.scheme() == "https" {
        output.print_warning(
            "certificates are not verified: another server could answer in place of the target",
        );
    }
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let probed = runtime.block_on(probe_target(&endpoint, &plain, &Visitor::stranger()))?;
    runtime.shutdown_background();
    let text = if args.json {
        to_safe_json(&serde_json::json!({
            "schema": "sockspec-probe/1",
            "url": args.url,
            "path": probed.path,
            "speaks": probed.speaks.name(),
            "stack": probed.stack.map(|stack| stack.name),
            "provides": probed.provides,
            "findings": probed.findings.iter()
                .map(|(tried, seen)| serde_json::json!({ "tried": tried, "seen": seen }))
                .collect::<Vec<_>>(),
        }))
    } else {
        table(&probed, output.stdout)
    };
    output.write(&output.masked(text))?;
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
    let _ = writeln!(
        text,
        "\ndialect: {}\npath: {}",
        probed.speaks.name(),
        escape::line(&probed.path),
    );
    if let Some(stack) = probed.stack {
        let _ = writeln!(text, "stack: {}", stack.name);
    }
    let _ = writeln!(text, "provides: [{}]", names.join(", "));
    text
}
