//! One capability of a target.

/// A capability: what a scenario needs and a target provides.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// The name in `needs:` and `provides:`.
    pub name: &'static str,
    /// What is true of a target that provides the capability, as docs/capabilities.md says it.
    pub meaning: &'static str,
    /// What tells that a target provides it.
    pub source: Source,
    /// Other capabilities that no target has at the same time. A pair is listed at one of the two.
    pub excludes: &'static [&'static str],
}

/// What tells that a target provides a capability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The manifest: the application has this part of the contract.
    Application,
    /// The manifest: the application has these events of the contract. A scenario that needs the capability may write
    /// the events by hand.
    Events,
    /// A probe, which sees this.
    Probe(&'static str),
    /// A profile of the manifest: the server has other settings.
    Setting,
}
