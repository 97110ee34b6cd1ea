//! The strict and the lenient expectation of a step (`accept:`).

/// The response that a step expects (`strict`), and a response that it accepts with a warning (`lenient`).
///
/// The step passes if the response meets `strict`. The step gives a warning if the response meets only `lenient`. It
/// fails if the response meets neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepted<T> {
    /// The expectation of the correct response: from `accept.strict`, or from the keys of the step if there is no
    /// `accept.strict`.
    pub strict: T,
    /// The expectation of a response that the step accepts with a warning. `None` if the step has no `accept:`.
    pub lenient: Option<T>,
}

impl<T> Accepted<T> {
    /// Returns an expectation with only `strict`, so that no other response is accepted with a warning.
    pub const fn strictly(strict: T) -> Self {
        Self {
            strict,
            lenient: None,
        }
    }

    /// Borrows the strict and the lenient expectation.
    pub const fn as_ref(&self) -> Accepted<&T> {
        Accepted {
            strict: &self.strict,
            lenient: self.lenient.as_ref(),
        }
    }

    /// Returns the part of each expectation that the function `part` selects. Returns `None` if `part` returns `None`
    /// for the strict expectation.
    pub fn part<U>(self, part: impl Fn(T) -> Option<U>) -> Option<Accepted<U>> {
        Some(Accepted {
            strict: part(self.strict)?,
            lenient: self.lenient.and_then(part),
        })
    }

    /// Converts the strict and the lenient expectation with `make`.
    ///
    /// # Errors
    ///
    /// Returns the first error of `make`.
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
