//! Query parameters and headers as a scenario writes them.

use crate::{
    data::Data,
    runner::finding::Stepped,
    scenario::{Scope, Template},
};

/// Fills in names and values; a value of `null` leaves its entry out.
///
/// So a row of a table can switch a parameter off.
pub(super) fn fill(pairs: &[(String, Template)], scope: &Scope) -> Stepped<Vec<(String, String)>> {
    let mut filled = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if value.render(scope)? != Data::Null {
            filled.push((name.clone(), value.render_text(scope)?));
        }
    }
    Ok(filled)
}
