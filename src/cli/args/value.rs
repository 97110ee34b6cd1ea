//! Parsers for the values of options.

use std::time::Duration;

use crate::{
    report::{Destination, FORMATS, Format},
    runner::Proof,
    targets::Stack,
    text::{hint, one_of},
};

/// The shortest duration that timer options accept: Engine.IO announces its intervals in whole milliseconds.
const SHORTEST: Duration = Duration::from_millis(1);

/// The value of `--report`: a format and the place to write it to.
#[derive(Clone, Debug)]
pub(in crate::cli) struct ReportRequest {
    pub(in crate::cli) format: &'static Format,
    pub(in crate::cli) destination: Destination,
}

/// The smallest value of `--memory`, in bytes.
const LEAST_MEMORY: u64 = 16_000_000;

/// The value of `prove --report`: a format and the place to write the report to.
#[derive(Clone, Debug)]
pub(in crate::cli) struct ProofRequest {
    /// Renders the proof in the requested format.
    pub(in crate::cli) render: fn(&Proof) -> String,
    pub(in crate::cli) destination: Destination,
}

/// Returns the help text of `run --report`.
pub(super) fn report_help() -> String {
    help(FORMATS.iter().copied())
}

/// Returns the help text of `prove --report`.
pub(super) fn proof_report_help() -> String {
    help(proof_formats())
}

/// Parses `FORMAT=PATH` for `run`. The path `-` is the standard output.
pub(super) fn report(text: &str) -> Result<ReportRequest, String> {
    let (format, destination) = format_and_path(text, FORMATS.iter().copied())?;
    Ok(ReportRequest {
        format,
        destination,
    })
}

/// Parses `FORMAT=PATH` for `prove`. Refuses formats that can't represent the results of `prove`.
pub(super) fn proof_report(text: &str) -> Result<ProofRequest, String> {
    let (format, destination) = format_and_path(text, proof_formats())?;
    let render = format
        .proof
        .ok_or("`sockspec prove` can't write a report of this format")?;
    Ok(ProofRequest {
        render,
        destination,
    })
}

fn proof_formats() -> impl Iterator<Item = &'static Format> + Clone {
    FORMATS
        .iter()
        .copied()
        .filter(|format| format.proof.is_some())
}

fn help(formats: impl Iterator<Item = &'static Format>) -> String {
    let choices = formats.map(|format| format!("{}=PATH ({})", format.name, format.purpose));
    let choices = choices.collect::<Vec<_>>().join(" or ");
    format!("Write a report: {choices}; `-` is the standard output (repeatable)")
}

fn format_and_path(
    text: &str,
    formats: impl Iterator<Item = &'static Format> + Clone,
) -> Result<(&'static Format, Destination), String> {
    let Some((name, path)) = text.split_once('=') else {
        let choices: Vec<_> = formats
            .map(|format| format!("{}={text}", format.name))
            .collect();
        let choices = one_of(choices.iter().map(String::as_str));
        return Err(format!("the report has no format; write {choices}"));
    };
    let Some(format) = formats.clone().find(|format| format.name == name) else {
        let help = hint(name, "write", formats.map(|format| format.name));
        return Err(format!("there is no report `{name}`; {help}"));
    };
    if path.is_empty() {
        return Err("the report has no path; `-` is the standard output".to_owned());
    }
    Ok((format, Destination::from(path)))
}

/// Parses the name of a stack, or `none`.
pub(super) fn stack(text: &str) -> Result<String, String> {
    if text == "none" || Stack::from_name(text).is_some() {
        return Ok(text.to_owned());
    }
    let help = hint(text, "write", Stack::names().chain(["none"]));
    Err(format!("there is no stack `{text}`; {help}"))
}

/// Parses the name of a namespace. Refuses characters that can't be part of it in a packet.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let wrong = |character: char| {
        character.is_whitespace() || character.is_control() || ",?".contains(character)
    };
    match text.chars().find(|character| wrong(*character)) {
        Some(character) => Err(format!(
            "a namespace can't contain {character:?}; write it as `/chat`"
        )),
        None if text.starts_with('/') => Ok(text.to_owned()),
        None => Err(format!("a namespace starts with `/`; write `/{text}`")),
    }
}

/// Parses the path of an endpoint. Refuses characters that can't be part of the path in an HTTP request line.
pub(super) fn path(text: &str) -> Result<String, String> {
    let wrong = |character: char| {
        character.is_whitespace() || character.is_control() || "?#\\".contains(character)
    };
    if let Some(character) = text.chars().find(|character| wrong(*character)) {
        return Err(format!(
            "a path can't contain {character:?}; write it as `/live/`"
        ));
    }
    Ok(text.to_owned())
}

/// Parses a duration: `300ms`, `2s`, `1m 30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(number) = text.trim().parse::<f64>() {
        return Err(format!(
            "`{number}` has no unit; write `{number}ms` or `{number}s`"
        ));
    }
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write a number and a unit: `300ms`, `2s`, `1m`"))
}

/// Parses a duration of at least one millisecond. A number without a unit is milliseconds, as in the options of most
/// servers.
pub(super) fn milliseconds_or_duration(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<u32>() {
        Ok(number) => nonzero_duration(&format!("{number}ms")),
        Err(_) => nonzero_duration(text),
    }
}

/// Parses a duration of at least one millisecond.
pub(super) fn nonzero_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration < SHORTEST {
        return Err("the duration is too short; write `1ms` or more".to_owned());
    }
    Ok(duration)
}

/// Parses a number of bytes greater than zero.
pub(super) fn nonzero_bytes(text: &str) -> Result<u64, String> {
    match bytes(text)? {
        0 => Err("the limit is zero; write `1` or more".to_owned()),
        bytes => Ok(bytes),
    }
}

/// Parses an amount of memory. With less than [`LEAST_MEMORY`], large messages of shipped scenarios would not fit.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    let bytes = bytes(text)?;
    if bytes < LEAST_MEMORY {
        return Err("the limit is too small; write `16MB` or more".to_owned());
    }
    usize::try_from(bytes).map_err(|_| "the limit is too large".to_owned())
}

/// Parses a number of bytes: `1000000`, `1_000_000`, `100kB`, `1MB`, `64KiB`, `2GB`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits_end = text
        .find(|character: char| !character.is_ascii_digit() && character != '_')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor: u64 = match unit.trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => {
            return Err(format!(
                "`{unit}` is not a unit; write kB, KiB, MB, MiB, GB or GiB"
            ));
        }
    };
    digits
        .replace('_', "")
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "write a number of bytes: `1000000` or `1MB`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(
            duration("300").unwrap_err(),
            "`300` has no unit; write `300ms` or `300s`"
        );
        assert!(duration("soon").unwrap_err().contains("300ms"));
    }

    #[test]
    fn a_path_has_no_spaces() {
        assert_eq!(path("/live"), Ok("/live".to_owned()));
        assert_eq!(path("live"), Ok("live".to_owned()));
        assert_eq!(
            path("no slash").unwrap_err(),
            "a path can't contain ' '; write it as `/live/`"
        );
        for wrong in ["/a b", "/a?b", "/a#b", "/a\n"] {
            assert!(path(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn zero_is_refused() {
        assert_eq!(nonzero_duration("1ms"), Ok(Duration::from_millis(1)));
        for short in ["0s", "999us"] {
            assert!(
                nonzero_duration(short).unwrap_err().contains("1ms"),
                "{short}"
            );
        }
        assert_eq!(nonzero_bytes("1"), Ok(1));
        assert!(nonzero_bytes("0kB").unwrap_err().contains("`1`"));
    }

    #[test]
    fn bytes_with_and_without_unit() {
        assert_eq!(bytes("1_000"), Ok(1_000));
        assert_eq!(bytes("64KiB"), Ok(65_536));
        assert_eq!(bytes("1 MB"), Ok(1_000_000));
        assert!(bytes("1 meg").is_err());
        assert!(bytes("99999999999999999999").is_err());
    }

    #[test]
    fn a_report_names_format_and_place() {
        let request = report("junit=out=1.xml").unwrap();
        assert_eq!(request.format.name, "junit");
        assert_eq!(request.destination, Destination::File("out=1.xml".into()));
        assert_eq!(report("json=-").unwrap().destination, Destination::Stdout);
        assert!(report("out.json").unwrap_err().contains("json=out.json"));
        let unknown = report("pdf=x").unwrap_err();
        assert!(
            unknown.starts_with("there is no report `pdf`; write ") && unknown.contains("`json`"),
            "{unknown}"
        );
        assert!(report("json=").is_err());
    }

    #[test]
    fn a_proof_has_fewer_formats() {
        assert!(proof_report("json=-").is_ok());
        assert_eq!(
            proof_report("junit=-").unwrap_err(),
            "there is no report `junit`; write `json`"
        );
        assert!(!proof_report_help().contains("junit"));
    }
}
