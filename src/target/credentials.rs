//! Tokens that scenarios present.

use crate::data::Data;

/// Credentials by name. Each gives a token; those that describe claims are minted anew for every run.
#[derive(Clone, Debug, Default)]
pub struct Credentials {}

impl Credentials {
    /// The value of `$credentials`: an object of tokens.
    pub fn to_data(&self) -> Data {
        todo!()
    }
}
