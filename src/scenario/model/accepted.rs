//! A strict and a lenient form of what a step expects.

/// What a step expects (`strict`), and what it accepts with a warning (`lenient`), see `accept:`.
///
/// A response that meets `strict` passes. A response that meets only `lenient` gives a warning. Any other response
/// fails the step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepted<T> {
    /// The right response: `accept.strict`, or the step's own keys.
    pub strict: T,
    /// The tolerated response: `accept.lenient`. `None` if the step tolerates nothing else.
    pub lenient: Option<T>,
}

impl<T> Accepted<T> {
    /// Returns an expectation without a lenient form.
    pub const fn strictly(strict: T) -> Self {
        Self {
            strict,
            lenient: None,
        }
    }

    /// Borrows the strict and the lenient form.
    pub const fn as_ref(&self) -> Accepted<&T> {
        Accepted {
            strict: &self.strict,
            lenient: self.lenient.as_ref(),
        }
    }

    /// Applies `part` to the strict and to the lenient form. Returns `None` if `part` returns `None` for the strict
    /// form.
    pub fn part<U>(self, part: impl Fn(T) -> Option<U>) -> Option<Accepted<U>> {
        Some(Accepted {
            strict: part(self.strict)?,
            lenient: self.lenient.and_then(part),
        })
    }

    /// Converts the strict and the lenient form with `make`.
    ///
    /// # Errors
    ///
    /// The first error of `make`.
    pub fn try_map<U, E>(self, mut make: impl FnMut(T) -> Result<U, E>) -> Result<Accepted<U>, E> {
        Ok(Accepted {
            strict: make(self.strict)?,
            lenient: self.lenient.map(make).transpose()?,
        })
    }
}

impl<T> From<T> for Accepted<T> {
    fn from(strict: T) -> Self {
        Self::strictly(strict)
    }
}
