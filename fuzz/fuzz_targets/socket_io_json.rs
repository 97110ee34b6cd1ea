//! Fuzzes the check `socket_io_json` of `sockspec::fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockspec::fuzzing::check("socket_io_json", input));
