//! Random values, such as WebSocket masking keys and session ids. Inside [`crate::simulation::run`] the seed of the
//! simulation determines these values.

use std::cell::RefCell;

use rand::{
    Rng, RngCore, SeedableRng,
    distr::{Distribution, StandardUniform},
    rngs::StdRng,
};

thread_local! {
    /// The random generator of the simulation that runs on this thread. `None` outside a simulation.
    static SEEDED: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

/// Returns a random value.
pub fn random<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    SEEDED.with_borrow_mut(|seeded| match seeded {
        Some(seeded) => seeded.random(),
        None => rand::random(),
    })
}

/// Fills `bytes` with random bytes.
pub fn fill(bytes: &mut [u8]) {
    SEEDED.with_borrow_mut(|seeded| match seeded {
        Some(seeded) => seeded.fill_bytes(bytes),
        None => rand::rng().fill_bytes(bytes),
    });
}

/// A guard that sets a seed. Until it is dropped, the seed determines all random values on this thread.
#[derive(Debug)]
pub(crate) struct Seeded(());

impl Seeded {
    /// Makes `seed` determine the random values on this thread from now on.
    pub(crate) fn new(seed: u64) -> Self {
        SEEDED.set(Some(StdRng::seed_from_u64(seed)));
        Self(())
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        SEEDED.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values() {
        let values = |seed| {
            let _seeded = Seeded::new(seed);
            let mut bytes = [0; 8];
            fill(&mut bytes);
            (random::<u64>(), bytes)
        };
        assert_eq!(values(7), values(7));
        assert_ne!(values(7), values(8));
        assert_ne!(random::<u64>(), random::<u64>());
    }
}
