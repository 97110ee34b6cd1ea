//! Splits inputs of fuzz targets: into two pieces of a stream, or into settings and data.

/// The largest number of positions at which a check cuts one input. The check tries them one after another.
const CUTS: usize = 32;

/// Returns the positions at which an input is cut in two: all positions of a short input, evenly spread ones of a
/// long input.
pub(super) fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).step_by(length / CUTS + 1)
}

/// Splits off the first byte of an input, which chooses the settings of a check. Returns 0 as this byte for an empty
/// input.
pub(super) fn choice(input: &[u8]) -> (u8, &[u8]) {
    match input.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, input),
    }
}
