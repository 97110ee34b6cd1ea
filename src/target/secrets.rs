//! Values that must never be seen in an output.

/// Masks secrets by value, wherever they turn up.
#[derive(Clone, Debug, Default)]
pub struct Secrets {}

impl Secrets {
    /// Adds a value; values of fewer than 6 bytes are too common to mask and are ignored.
    pub fn add(&mut self, value: &str) {
        let _ = value;
        todo!()
    }

    /// `text` with every secret replaced by `***`.
    pub fn mask(&self, text: &str) -> String {
        let _ = text;
        todo!()
    }

    /// Whether a secret stands in `text`.
    pub fn found_in(&self, text: &str) -> bool {
        let _ = text;
        todo!()
    }
}
