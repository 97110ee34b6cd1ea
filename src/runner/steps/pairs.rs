//! Query parameters and headers of a scenario.

use crate::{
    data::Data,
    runner::findings::StepResult,
    scenario::{Scope, Template},
};

/// Renders names and values, and leaves out pairs whose value is `null`.
///
/// So a row of a scenario table can leave a parameter out.
pub(super) fn fill(
    pairs: &[(String, Template)],
    scope: &Scope,
) -> StepResult<Vec<(String, String)>> {
    let mut filled = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if value.render(scope)? != Data::Null {
            filled.push((name.clone(), value.render_text(scope)?));
        }
    }
    Ok(filled)
}
