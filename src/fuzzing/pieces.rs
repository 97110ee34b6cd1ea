//! Splits inputs of fuzz targets: into two pieces of a stream, or into settings and data.

/// The largest number of positions at which a check divides one input, one after another.
const CUTS: usize = 32;

/// Returns the positions at which an input is cut in two: all positions of a short input, evenly spread ones of a
/// long input.
pub(super) fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..=length).step_by(length / CUTS + 1)
}

/// Splits off the first byte, from which the caller derives settings. An empty input gives 0.
pub(super) fn choice(input: &[u8]) -> (u8, &[u8]) {
    match input.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, input),
    }
}
