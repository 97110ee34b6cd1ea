//! Runs the fuzz checks on the inputs in `fuzz/corpus/`, and compares the folder `fuzz/` with the list of fuzz targets.

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use super::{TARGETS, check};

/// The smallest number of stored inputs that each fuzz target needs.
const FEWEST: usize = 24;

/// The number of randomly changed copies that are tried for each stored input.
const VARIANTS: u64 = 16;

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(
        stems("fuzz_targets"),
        names,
        "fuzz/fuzz_targets/ holds a file per target"
    );
    assert_eq!(
        stems("corpus"),
        names,
        "fuzz/corpus/ holds a folder per target"
    );
    let manifest = fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    for name in names {
        let line = format!("path = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&line), "fuzz/Cargo.toml lacks {line}");
        let program = fuzz_folder()
            .join("fuzz_targets")
            .join(format!("{name}.rs"));
        let call = format!("check(\"{name}\", input)");
        assert!(
            fs::read_to_string(program).unwrap().contains(&call),
            "{name}.rs lacks {call}"
        );
        let inputs = inputs_of(&name).len();
        assert!(inputs >= FEWEST, "{name} has {inputs} inputs");
    }
}

#[test]
fn no_stored_input_breaks_a_check() {
    let mut failed = Vec::new();
    for (name, _) in TARGETS {
        for path in inputs_of(name) {
            let input = fs::read(&path).unwrap();
            let variants = (0..VARIANTS).map(|variant| varied(&input, variant));
            let all = std::iter::once(input.clone()).chain(variants);
            let broken = all.into_iter().find(|input| !holds(name, input));
            if let Some(broken) = broken {
                let shown = broken.escape_ascii();
                failed.push(format!("{name}: {} as \"{shown}\"", path.display()));
            }
        }
    }
    assert!(
        failed.is_empty(),
        "checks failed, see the panics above:\n{}",
        failed.join("\n")
    );
}

fn holds(name: &str, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(name, input))).is_ok()
}

/// Returns a copy of an input with changes at random places. The same `number` always gives the same changes.
fn varied(input: &[u8], number: u64) -> Vec<u8> {
    let mut random = Noise(number);
    let mut bytes = input.to_vec();
    for _ in 0..=number % 3 {
        let at = random.below(bytes.len() + 1);
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.byte()),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.extend_from_within(at..),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.byte();
                }
            }
        }
    }
    bytes
}

/// A small pseudo-random generator (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn inputs_of(name: &str) -> Vec<PathBuf> {
    let mut inputs: Vec<PathBuf> = fs::read_dir(fuzz_folder().join("corpus").join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    inputs
}

fn stems(folder: &str) -> BTreeSet<String> {
    fs::read_dir(fuzz_folder().join(folder))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .collect()
}
