//! Fuzzes the check `websocket_frame` of `sockspec::fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockspec::fuzzing::check("websocket_frame", input));
