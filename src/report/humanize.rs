//! Numbers as people read them.

use std::time::Duration;

/// `850 µs`, `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    let seconds = duration.as_secs_f64();
    if micros < 1_000 {
        format!("{micros} µs")
    } else if seconds < 1.0 {
        format!("{} ms", micros / 1_000)
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

/// A time since some start, in milliseconds: `+12 ms`, below ten with one decimal: `+0.4 ms`.
pub fn offset(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    if millis < 10.0 {
        format!("+{millis:.1} ms")
    } else {
        format!("+{millis:.0} ms")
    }
}

/// `1 scenario`, `2 scenarios`: `noun` is the singular of a noun that takes an `s`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Whole milliseconds, as reports for machines carry them.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown = [250, 12_900, 3_400_000, 125_000_000]
            .map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(shown, ["250 µs", "12 ms", "3.4 s", "2 min 5 s"]);
        assert_eq!(offset(Duration::from_micros(440)), "+0.4 ms");
        assert_eq!(offset(Duration::from_millis(1_203)), "+1203 ms");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(count(1, "scenario"), "1 scenario");
        assert_eq!(count(0, "scenario"), "0 scenarios");
    }
}
