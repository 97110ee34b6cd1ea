//! `${env.NAME}` in a manifest.

use crate::{
    scenario::{Node, NodeKind, Problems, Quoting},
    target::Secrets,
};

/// Looks up a variable of the environment.
pub(super) type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

const OPEN: &str = "${env.";

/// Puts the environment's values in place of `${env.NAME}` in every text below `node`, and notes them
/// as secrets.
pub(super) fn fill_in(
    node: &mut Node,
    lookup: Lookup<'_>,
    secrets: &mut Secrets,
    problems: &mut Problems,
) {
    match &mut node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                fill_in(&mut entry.value, lookup, secrets, problems);
            }
        }
        NodeKind::Sequence(items) => {
            for item in items {
                fill_in(item, lookup, secrets, problems);
            }
        }
        NodeKind::Scalar(scalar) if scalar.text.contains(OPEN) => {
            match filled(&scalar.text, lookup, secrets) {
                Ok(text) => {
                    scalar.text = text;
                    // A token of digits is a text all the same.
                    scalar.quoting = Quoting::Quoted;
                }
                Err(Unfilled::Open) => {
                    problems
                        .error("bad-variable", node.span, "`${env.` has no `}`")
                        .help = Some("write `${env.NAME}`".to_owned());
                }
                Err(Unfilled::Unset(name)) => {
                    problems
                        .error(
                            "unset-variable",
                            node.span,
                            format!("the environment has no variable `{name}`"),
                        )
                        .help = Some(format!("set it for the run: `{name}=… sockspec run`"));
                }
            }
        }
        NodeKind::Scalar(_) => {}
    }
}

/// Why a text can't be filled in.
enum Unfilled {
    Open,
    Unset(String),
}

fn filled(text: &str, lookup: Lookup<'_>, secrets: &mut Secrets) -> Result<String, Unfilled> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (name, after) = after.split_once('}').ok_or(Unfilled::Open)?;
        let value = lookup(name).ok_or_else(|| Unfilled::Unset(name.to_owned()))?;
        secrets.add(&value);
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
