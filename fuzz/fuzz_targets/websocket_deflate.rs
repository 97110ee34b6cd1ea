//! Fuzzes the check `websocket_deflate` of `sockspec::fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockspec::fuzzing::check("websocket_deflate", input));
