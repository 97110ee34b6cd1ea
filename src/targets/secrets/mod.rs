//! Masks secrets in outputs.

mod decoded;
mod forms;
mod masked;
mod ranges;
mod secret;
#[cfg(test)]
mod tests;
mod unbroken;
mod values;

pub use masked::{Maskable, Masked};
pub use values::Secrets;
