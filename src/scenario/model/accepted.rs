//! The strict and the lenient expectation of a step (`accept:`).

/// The response that a step expects (`strict`), and a response that it accepts with a warning (`lenient`).
///
/// The step passes if the response meets `strict`. The step gives a warning if the response meets only `lenient`. It
/// fails if the response meets neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepted<T> {
    /// The correct response, from `accept.strict`, or from the keys of the step if `accept.strict` is missing.
    pub strict: T,
    /// The response that gives a warning. `None` if the step has no `accept:`.
    pub lenient: Option<T>,
}

impl<T> Accepted<T> {
    /// Returns `strict` without a lenient expectation.
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

    /// Applies `part` to the strict and to the lenient expectation. Returns `None` if `part` returns `None` for the
    /// strict one.
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
