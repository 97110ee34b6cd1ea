//! The ids of the reference server's faults.

use super::error::CliError;
use crate::{
    reference::{FAULTS, FaultSet},
    text::nearest,
};

/// Returns the ids of all faults of the reference server. Scenarios use these ids in `catches`.
pub(super) fn fault_ids() -> Vec<&'static str> {
    FAULTS.iter().map(|fault| fault.id).collect()
}

/// Returns the set of faults with these ids.
///
/// # Errors
///
/// Returns an error for the first unknown id.
pub(super) fn fault_set(ids: &[String]) -> Result<FaultSet, CliError> {
    FaultSet::from_ids(ids.iter().map(String::as_str)).map_err(|id| CliError::Unknown {
        kind: "fault",
        help: Some(match nearest(&id, fault_ids()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`sockspec serve --list-faults` lists all faults".to_owned(),
        }),
        id,
    })
}
