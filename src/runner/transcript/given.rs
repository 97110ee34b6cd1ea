//! The values that sockspec gives to an attempt: unique names and tokens.

use super::{names::Names, text::Kind};
use crate::{data::Data, runner::play::unique::NAMES, scenario::Scope};

/// Adds the unique names with this suffix, and the tokens.
pub(super) fn add_names(names: &mut Names, scope: &Scope, suffix: &str) {
    if let Some(tokens) = scope.get("credentials").and_then(Data::as_object) {
        for (name, token) in tokens {
            if let Some(token) = token.as_str() {
                names.add(token, &format!("token:{name}"));
            }
        }
    }
    for name in NAMES {
        names.add(&format!("{name}-{suffix}"), name);
    }
    names.add(suffix, "unique");
    names.add(&suffix.to_uppercase(), "unique");
    for token in scope.minted_tokens() {
        names.add_numbered(&token, Kind::Token);
    }
}
