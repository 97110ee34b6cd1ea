//! The cookie with the session id, which load balancers use for sticky sessions (RFC 6265).

use hyper::{
    HeaderMap,
    header::{HeaderValue, SET_COOKIE},
};

use crate::reference::Config;

/// Sets the cookie with the session id if the settings give the cookie a name.
pub(super) fn set_session_cookie(config: &Config, sid: &str, headers: &mut HeaderMap) {
    let Some(name) = &config.cookie else { return };
    let attributes = config.faults.cookie_attributes();
    // A cookie name that is not valid in a header is ignored.
    if let Ok(value) = HeaderValue::from_str(&format!("{name}={sid}; Path=/{attributes}")) {
        headers.insert(SET_COOKIE, value);
    }
}
