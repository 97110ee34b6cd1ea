//! The type of values that may be shown.

use std::{ops::Deref, path::PathBuf};

use super::Secrets;

/// A value whose texts contain no secret. Reports and the terminal take no other values, so that a new output can't
/// forget to mask.
///
/// [`Secrets::masked`] is the only way to make one from other data.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Masked<T>(T);

/// A value whose texts can be masked in place.
pub trait Maskable {
    /// Masks every text of the value.
    fn mask(&mut self, secrets: &Secrets);
}

impl Secrets {
    /// Returns `value` with all of its texts masked.
    pub fn masked<T: Maskable>(&self, mut value: T) -> Masked<T> {
        value.mask(self);
        Masked(value)
    }
}

impl<T> Masked<T> {
    /// Applies `render` to the masked value. The result counts as masked too, so `render` has to leave out all other
    /// text from a target.
    pub fn map<U>(&self, render: impl FnOnce(&T) -> U) -> Masked<U> {
        Masked(render(&self.0))
    }

    /// Applies `render`, which can fail, to the masked value. The result counts as masked, as with [`Masked::map`].
    ///
    /// # Errors
    ///
    /// Returns the error of `render`.
    pub fn try_map<U, E>(&self, render: impl FnOnce(&T) -> Result<U, E>) -> Result<Masked<U>, E> {
        render(&self.0).map(Masked)
    }
}

impl<T> Deref for Masked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Maskable for String {
    fn mask(&mut self, secrets: &Secrets) {
        *self = secrets.mask(self);
    }
}

impl Maskable for PathBuf {
    fn mask(&mut self, secrets: &Secrets) {
        if let Some(text) = self.to_str() {
            *self = secrets.mask(text).into();
        }
    }
}

impl<T: Maskable> Maskable for Box<T> {
    fn mask(&mut self, secrets: &Secrets) {
        (**self).mask(secrets);
    }
}

impl<T: Maskable> Maskable for Option<T> {
    fn mask(&mut self, secrets: &Secrets) {
        self.iter_mut().for_each(|value| value.mask(secrets));
    }
}

impl<T: Maskable> Maskable for Vec<T> {
    fn mask(&mut self, secrets: &Secrets) {
        self.iter_mut().for_each(|value| value.mask(secrets));
    }
}
