//! The result of a probe.

/// Whether the server has a capability, and what the probe saw.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) capability: &'static str,
    pub(super) found: bool,
    pub(super) seen: String,
}

impl Finding {
    pub(super) fn yes(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: true,
            seen: seen.into(),
        }
    }

    pub(super) fn no(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: false,
            seen: seen.into(),
        }
    }
}
