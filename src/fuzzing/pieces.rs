//! Inputs taken apart: where to cut them, and which bytes choose settings.

/// The most cuts that are tried on one input.
const CUTS: usize = 32;

/// Returns the places at which an input is cut in two: all of a short input, evenly spread ones of a long input.
pub(super) fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).step_by(length / CUTS + 1)
}

/// Splits off the first byte, which chooses settings; an empty input chooses 0.
pub(super) fn choice(input: &[u8]) -> (u8, &[u8]) {
    match input.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, input),
    }
}
