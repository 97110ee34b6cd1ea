//! Manifests (`fixtures/targets/NAME.yaml`): the description of a server under test, how to start it, and which names
//! it uses.

mod answers;
mod bindings;
mod contradictions;
mod credentials;
mod derived_credentials;
mod dialect;
mod fence;
mod launch;
mod load;
mod mentions;
mod model;
mod name_kind;
mod namespaces;
mod private_key;
mod refusals;
mod report_places;
mod rules;
mod schema;
mod spec;
#[cfg(test)]
mod tests;
mod values;
mod variables;
mod version;
mod way_in;

pub use derived_credentials::DERIVED_CREDENTIALS;
pub use load::{
    REFERENCE_ENVELOPE_MANIFEST, REFERENCE_MANIFEST, REFERENCE_WEBSOCKET_MANIFEST, load_manifest,
    load_manifest_in,
};
pub use mentions::{BindingMention, ManifestMentions};
pub use model::{IMPLIED, Manifest};
pub use name_kind::NameKind;
pub use spec::{Launch, LaunchSpec, Profile, Ready};
