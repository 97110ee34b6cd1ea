//! The result of a probe.

/// The result of a probe: whether the server has a capability, and what the probe saw.
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

    /// Returns the finding about a capability that the server promises, for example in its open packet, but does not
    /// keep. The capability counts as provided, so that the scenarios that need it fail instead of being skipped.
    pub(super) fn broken(capability: &'static str, seen: impl Into<String>) -> Self {
        Self::yes(capability, format!("promised, but broken: {}", seen.into()))
    }

    pub(super) fn no(capability: &'static str, seen: impl Into<String>) -> Self {
        Self {
            capability,
            found: false,
            seen: seen.into(),
        }
    }
}
