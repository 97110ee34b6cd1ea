//! The variables of a scenario from which the function `jwt` creates tokens.

use jiff::Timestamp;

use crate::{
    data::Data,
    scenario::{CLAIMS, SECRET, Scope},
    targets::Credentials,
};

/// Sets the variables with the target's secret and with the usual claims of its tokens, as far as the manifest gives
/// them. The expiry counts from `now`.
pub(super) fn set_variables(scope: &mut Scope, credentials: &Credentials, now: Timestamp) {
    if let Some(signer) = credentials.signer() {
        scope.set(SECRET, Data::from(signer));
    }
    if let Some(claims) = credentials.usual_claims(now) {
        scope.set(CLAIMS, claims);
    }
}
