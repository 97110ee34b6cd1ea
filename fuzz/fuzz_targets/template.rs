//! Fuzzes the check `template` of `sockspec::fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockspec::fuzzing::check("template", input));
