//! Numbers and durations as people read them.

use std::time::Duration;

/// Returns a duration in the unit that fits its size: `850 µs`, `12 ms`, `3.4 s`, `2 min 5 s`.
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

/// Returns a time limit without a loss of whole milliseconds: `850 ms`, `5 s`, `1.25 s`, `2 min`.
pub fn limit(limit: Duration) -> String {
    let millis = (limit.as_micros() + 500) / 1_000;
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let seconds = || {
        let fraction = format!("{:03}", rest % 1_000);
        match fraction.trim_end_matches('0') {
            "" => format!("{} s", rest / 1_000),
            fraction => format!("{}.{fraction} s", rest / 1_000),
        }
    };
    match (minutes, rest) {
        (0, 0..1_000) => format!("{rest} ms"),
        (0, _) => seconds(),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, _) => format!("{minutes} min {}", seconds()),
    }
}

/// Returns how often something happened: `once`, `twice`, `3 times`.
pub fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// Returns the time since the start of something, in milliseconds: `+12 ms`. A time below ten milliseconds has one
/// decimal: `+0.4 ms`.
pub fn offset(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    if millis < 10.0 {
        format!("+{millis:.1} ms")
    } else {
        format!("+{millis:.0} ms")
    }
}

/// Returns a count with its noun: `1 scenario`, `2 scenarios`. `noun` is a singular whose plural ends in `s`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Returns whole milliseconds, the unit of reports for machines.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns a number with its digits in groups of three: `1,234,567`.
pub(super) fn group_digits(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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
    fn limits_keep_their_milliseconds() {
        let shown = [
            0,
            850_000,
            1_499_999,
            1_250_000,
            5_000_000,
            40_000_000,
            120_000_000,
            61_500_000,
        ]
        .map(|micros| limit(Duration::from_micros(micros)));
        assert_eq!(
            shown,
            [
                "0 ms",
                "850 ms",
                "1.5 s",
                "1.25 s",
                "5 s",
                "40 s",
                "2 min",
                "1 min 1.5 s"
            ]
        );
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(count(1, "scenario"), "1 scenario");
        assert_eq!(count(0, "scenario"), "0 scenarios");
    }
}
