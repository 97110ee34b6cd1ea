//! Fills in `${env.NAME}`, `$port` and `$$` in a manifest.

use std::ops::Range;

use crate::{
    scenario::{Node, NodeKind, Problems, Quoting, Span},
    targets::Secrets,
    text::did_you_mean,
};

/// A function that returns the value of an environment variable, or `None` if it is not set.
pub(super) type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// The place of a text in a manifest. The place decides which variables a text can contain; `${env.NAME}` is replaced
/// everywhere except in bindings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// A binding, or the places of a refusal's fields. The variables of a binding are those of scenarios, and the
    /// runner replaces them when a scenario runs.
    Binding,
    /// A command. Variables other than `$port` and `${env.NAME}` stay unchanged for the shell.
    Command,
    Launch,
    /// The mapping of one profile below the key `profiles`.
    Profile,
    Profiles,
    /// The top level of the manifest.
    Root,
    /// Options of clients and steps of scenarios. Their other variables are those of scenarios.
    Steps,
    /// A place where `${env.NAME}` is the only variable.
    Text,
    /// A place where `$port` is allowed too. `$port` is replaced when the target starts.
    WithPort,
}

impl Place {
    /// Returns the place of the value of `key`. `self` is the place of the mapping that contains the key.
    fn of(self, key: &str) -> Self {
        match (self, key) {
            (Self::Root, "bindings" | "failure" | "refusal" | "success") => Self::Binding,
            (Self::Root, "clients" | "enter") => Self::Steps,
            (Self::Root, "launch") => Self::Launch,
            (Self::Root, "profiles") => Self::Profiles,
            (Self::Root, "url") => Self::WithPort,
            (Self::Launch, "command" | "setup") => Self::Command,
            (Self::Launch | Self::Profile, "env") => Self::WithPort,
            (Self::Profiles, _) => Self::Profile,
            (Self::Launch | Self::Profile | Self::Root, _) => Self::Text,
            (Self::Binding | Self::Command | Self::Steps | Self::Text | Self::WithPort, _) => self,
        }
    }
}

/// Replaces `${env.NAME}` by the value from the environment in every text of a manifest, and adds the values to
/// `secrets`.
pub(super) fn fill_in(
    root: &mut Node,
    lookup: Lookup<'_>,
    secrets: &mut Secrets,
    problems: &mut Problems,
) {
    Filler {
        lookup,
        secrets,
        problems,
    }
    .node(root, Place::Root);
}

struct Filler<'f> {
    lookup: Lookup<'f>,
    secrets: &'f mut Secrets,
    problems: &'f mut Problems,
}

/// A dollar sign and the characters that belong to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Piece<'t> {
    /// The text inside the braces of `${…}`.
    Braces(&'t str),
    /// `$$`, which stands for one dollar sign.
    Dollar,
    /// A dollar sign without a name after it.
    Lone,
    /// `${` without a closing brace.
    Open,
    /// The word after the dollar sign of `$word`. The word may contain dots.
    Word(&'t str),
}

impl Filler<'_> {
    fn node(&mut self, node: &mut Node, place: Place) {
        match &mut node.kind {
            _ if place == Place::Binding => {}
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    self.node(&mut entry.value, place.of(&entry.key));
                }
            }
            NodeKind::Sequence(items) => {
                for item in items {
                    self.node(item, place);
                }
            }
            NodeKind::Scalar(scalar) if scalar.text.contains('$') => {
                let text = std::mem::take(&mut scalar.text);
                let filled = self.text(&text, place, node.span);
                if filled != text {
                    // A text that contained a variable counts as quoted. So a value of digits from the environment
                    // stays a text and does not become a number.
                    scalar.quoting = Quoting::Quoted;
                }
                scalar.text = filled;
            }
            NodeKind::Scalar(_) => {}
        }
    }

    fn text(&mut self, text: &str, place: Place, span: Span) -> String {
        let mut filled = String::new();
        let mut done = 0;
        while let Some(at) = text[done..].find('$') {
            let start = done + at;
            filled.push_str(&text[done..start]);
            let (piece, range) = piece_at(text, start);
            let written = &text[range.clone()];
            done = range.end;
            let value = match piece {
                Piece::Braces(inner) if inner.starts_with("env.") => {
                    let name = &inner["env.".len()..];
                    (self.lookup)(name).ok_or_else(|| Wrong::Unset(name.to_owned()))
                }
                _ if matches!(place, Place::Command | Place::Steps) => Ok(written.to_owned()),
                Piece::Lone => Ok(written.to_owned()),
                Piece::Dollar if place == Place::WithPort && text[done..].starts_with("port") => {
                    Err(Wrong::Port)
                }
                Piece::Dollar => Ok("$".to_owned()),
                Piece::Word("port") if place == Place::WithPort => Ok(written.to_owned()),
                Piece::Word(_) | Piece::Braces(_) => Err(Wrong::Unknown(place)),
                Piece::Open => Err(Wrong::Open),
            };
            match value {
                Ok(value) => {
                    if written.starts_with("${env.") {
                        self.secrets.add(&value);
                    }
                    match place {
                        // The language of scenarios reads the value once more.
                        Place::Steps if written.starts_with("${env.") => {
                            filled.push_str(&value.replace('$', "$$"));
                        }
                        _ => filled.push_str(&value),
                    }
                }
                Err(wrong) => {
                    let span = span.find(&self.problems.source().text, written);
                    let (code, message, help) = wrong.describe(piece, written);
                    self.problems.error(code, span, message).help = Some(help);
                    filled.push_str(written);
                }
            }
        }
        filled.push_str(&text[done..]);
        filled
    }
}

/// Reads the dollar sign at `start` and the characters that belong to it. Returns their range in the text.
fn piece_at(text: &str, start: usize) -> (Piece<'_>, Range<usize>) {
    let rest = &text[start + 1..];
    if rest.starts_with('$') {
        return (Piece::Dollar, start..start + 2);
    }
    if let Some(inside) = rest.strip_prefix('{') {
        return match inside.find('}') {
            Some(end) => (Piece::Braces(&inside[..end]), start..start + end + 3),
            None => (Piece::Open, start..text.len()),
        };
    }
    if !rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return (Piece::Lone, start..start + 1);
    }
    let end = rest
        .find(|character: char| !(character.is_ascii_alphanumeric() || "_.".contains(character)))
        .unwrap_or(rest.len());
    // A dot at the end of the name is the full stop of a sentence, not a part of the name.
    let word = rest[..end].trim_end_matches('.');
    // The name `port` ends at a dot: `$port.example` is the variable `$port`, followed by `.example`.
    let word = match word.split_once('.') {
        Some(("port", _)) => "port",
        _ => word,
    };
    (Piece::Word(word), start..start + 1 + word.len())
}

/// The reason why a dollar sign in a manifest can't be replaced by a value.
enum Wrong {
    Open,
    /// The text is `$$port`. It would stand for the text `$port`, which can't remain in a place where `$port` is
    /// replaced when the target starts.
    Port,
    Unknown(Place),
    Unset(String),
}

impl Wrong {
    /// Returns the error code, the message and the help text for this mistake in a manifest.
    fn describe(self, piece: Piece<'_>, written: &str) -> (&'static str, String, String) {
        match self {
            Self::Open => (
                "bad-variable",
                "`${` has no `}`".to_owned(),
                "write `${env.NAME}`, or `$$` for a dollar sign".to_owned(),
            ),
            Self::Port => (
                "bad-variable",
                "`$$port` is not allowed where `$port` is filled in".to_owned(),
                "the text `$port` itself can't be written in this place".to_owned(),
            ),
            Self::Unset(name) => (
                "unset-variable",
                format!("the environment has no variable `{name}`"),
                format!("set it for the run: `{name}=… sockspec run`"),
            ),
            Self::Unknown(place) => (
                "unknown-variable",
                format!("`{written}` is not a variable in this place"),
                help_for(piece, written, place),
            ),
        }
    }
}

/// Returns a help text that suggests what the author may have meant.
fn help_for(piece: Piece<'_>, written: &str, place: Place) -> String {
    let (Piece::Braces(inner) | Piece::Word(inner)) = piece else {
        return "write `$$` for a dollar sign".to_owned();
    };
    let inner = inner.trim();
    if inner == "port" {
        return if place == Place::WithPort {
            "write `$port`".to_owned()
        } else {
            "`$port` can be used in `url`, `env` and `command`".to_owned()
        };
    }
    let name = inner
        .split_once('.')
        .and_then(|(first, name)| first.eq_ignore_ascii_case("env").then_some(name));
    let near = did_you_mean(inner, ["port"]).filter(|_| place == Place::WithPort);
    match (name, near) {
        (Some(name), _) => format!("write `${{env.{name}}}`"),
        (None, Some(_)) => format!("did you mean `$port`? For the text itself write `${written}`"),
        (None, None) => {
            let name = if inner.is_empty() { "NAME" } else { inner };
            format!(
                "`${{env.{name}}}` is a variable of the environment, `$port` the port of `launch`, and `${written}` the text \
                 itself"
            )
        }
    }
}
