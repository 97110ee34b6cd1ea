//! The server under test: its manifest, its process, its capabilities, and the names that it uses.

mod acknowledgements;
mod bindings;
mod capabilities;
mod capability;
mod contract;
mod credentials;
mod descendants;
mod dialect;
mod fence;
mod launch;
mod launch_error;
mod log;
mod manifest;
mod namespaces;
mod observed;
mod own_fields;
mod port;
mod probe;
mod process;
mod ready;
mod report_places;
mod rules;
mod secrets;
mod setup;
mod setup_lock;
mod stacks;
mod text_unit;
mod unanswered;
mod userinfo;
mod visitor;

pub use acknowledgements::{AckPattern, AckPatterns};
pub use bindings::{Binding, BindingError, Bindings, OutgoingEvent, Places};
pub use capability::{Capability, Source};
pub use contract::{
    CREDENTIALS, EVENTS, Event, NAMESPACES, OPERATIONS, Operation, Payload, causes,
};
pub use credentials::{Credential, Credentials, JwtCredential, JwtSignature, Minted};
pub use dialect::{Dialect, ErrorStyle, Replies, Speaks, normalise_refusal};
pub use fence::Fence;
pub use launch::Launched;
pub use launch_error::LaunchError;
pub use log::Log;
pub use manifest::{
    BindingMention, DERIVED_CREDENTIALS, IMPLIED, Launch, LaunchSpec, Manifest, ManifestMentions,
    NameKind, Profile, REFERENCE_ENVELOPE_MANIFEST, REFERENCE_MANIFEST,
    REFERENCE_WEBSOCKET_MANIFEST, Ready, load_manifest, load_manifest_in,
};
pub use namespaces::{MAIN, Namespaces};
pub use observed::{Observed, StrangerClose, Strangers};
pub use probe::{ProbeError, Probed, has_short_heartbeat, probe};
pub use report_places::{ReportPlace, ReportPlaces};
pub use rules::{Rate, RoomNames, Rule, Rules};
pub use secrets::{Maskable, Masked, Secrets};
pub use stacks::Stack;
pub use text_unit::TextUnit;
pub use unanswered::Unanswered;
pub use userinfo::{has_userinfo, without_userinfo};
pub use visitor::Visitor;

/// A callback that receives a sentence for the user while a target starts, for example that the setup has to wait.
/// The sentence may contain secrets.
pub type Tell<'t> = &'t (dyn Fn(&str) + Sync);
