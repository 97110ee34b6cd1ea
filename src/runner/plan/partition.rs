//! Parts of a plan, so that several machines can share one run.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

/// One part of a plan. The parts of a plan are numbered from 1 on; each item is in exactly one of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Partition {
    /// The rule that assigns the items to parts.
    pub by: PartitionBy,
    /// The number of this part, from 1.
    pub part: u32,
    /// The number of parts.
    pub of: u32,
}

/// The rules that assign the items of a plan to parts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PartitionBy {
    /// By the position of an item in the plan: the parts have the same size.
    Slice,
    /// By the id of an item: an item stays in its part when other items are added.
    Hash,
}

/// The mistake in a text that names no part of a plan.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}; write `slice:2/4` or `hash:2/4` for the second of four parts")]
pub struct PartitionError(&'static str);

impl Partition {
    /// Returns true if the item with this position in the plan, from 0 on, and with this id is in this part.
    pub(super) fn holds(self, position: u64, id: &str) -> bool {
        self.part == self.part_of(position, id)
    }

    /// Returns the part of the item with this position in the plan and this id.
    fn part_of(self, position: u64, id: &str) -> u32 {
        let number = match self.by {
            PartitionBy::Slice => position,
            PartitionBy::Hash => {
                let hash = Sha1::digest(id);
                let start = hash.iter().take(8);
                start.fold(0, |number, byte| (number << 8) | u64::from(*byte))
            }
        };
        // The remainder is smaller than a `u32`.
        1 + u32::try_from(number % u64::from(self.of)).unwrap_or_default()
    }
}

impl FromStr for Partition {
    type Err = PartitionError;

    fn from_str(text: &str) -> Result<Self, PartitionError> {
        let (by, parts) = text
            .split_once(':')
            .ok_or(PartitionError("the rule is missing"))?;
        let by = match by {
            "slice" => PartitionBy::Slice,
            "hash" => PartitionBy::Hash,
            _ => return Err(PartitionError("there is no such rule")),
        };
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        let (part, of) = parts
            .split_once('/')
            .and_then(|(part, of)| Some((number(part)?, number(of)?)))
            .ok_or(PartitionError(
                "the part and the number of parts are numbers from 1 on",
            ))?;
        if part > of {
            return Err(PartitionError("there are fewer parts than that"));
        }
        Ok(Self { by, part, of })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}/{}", self.by, self.part, self.of)
    }
}

impl fmt::Display for PartitionBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Slice => "slice",
            Self::Hash => "hash",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_in_one_part() {
        for by in [PartitionBy::Slice, PartitionBy::Hash] {
            let mut sizes = [0_usize; 4];
            for position in 0..1_000_u64 {
                let id = format!("rooms/scenario-{position}");
                let part = Partition { by, part: 1, of: 4 }.part_of(position, &id);
                sizes[part as usize - 1] += 1;
            }
            assert!(
                sizes.iter().all(|size| (200..300).contains(size)),
                "{sizes:?}"
            );
        }
    }

    #[test]
    fn a_part_is_written_as_it_is_read() {
        for text in ["slice:1/1", "slice:2/4", "hash:4/4"] {
            assert_eq!(text.parse::<Partition>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("2/4", "the rule is missing"),
            ("count:2/4", "there is no such rule"),
            ("slice:0/4", "are numbers from 1 on"),
            ("slice:2", "are numbers from 1 on"),
            ("slice:x/4", "are numbers from 1 on"),
            ("hash:5/4", "there are fewer parts than that"),
        ] {
            let error = text.parse::<Partition>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
