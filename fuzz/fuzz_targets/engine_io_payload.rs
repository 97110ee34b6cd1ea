//! Fuzzes the check `engine_io_payload` of `sockspec::fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockspec::fuzzing::check("engine_io_payload", input));
