//! The cookie that tells a session's id to what stands in front of the server (RFC 6265).

use hyper::{
    HeaderMap,
    header::{HeaderValue, SET_COOKIE},
};

use crate::reference::{Config, faults};

/// Names the session in a cookie, where the server is told to.
pub(super) fn name_session(config: &Config, sid: &str, headers: &mut HeaderMap) {
    let Some(name) = &config.cookie else { return };
    let attributes = faults::polling::cookie_attributes(&config.faults);
    // A name that is no token can't be sent; the setting is the operator's.
    if let Ok(value) = HeaderValue::from_str(&format!("{name}={sid}; Path=/{attributes}")) {
        headers.insert(SET_COOKIE, value);
    }
}
