//! Checks that hold for every input of a decoder, for `fuzz/` and for the tests.
//!
//! Each check is a function that takes any bytes. It panics if a decoder accepts data that can't be encoded again,
//! gives another result when the bytes arrive in pieces, or exceeds a limit. The fuzz targets in `fuzz/` call these
//! functions with generated inputs; the tests here call them with the inputs in `fuzz/corpus/`. Only tests and the
//! feature `fuzzing` compile this module.

mod engine_io;
mod envelope;
mod files;
mod http;
mod pieces;
mod secrets;
mod socket_io;
#[cfg(test)]
mod tests;
mod websocket;

/// A fuzz target: the name of the target and of its folder in `fuzz/corpus/`, and the check.
pub type Target = (&'static str, fn(&[u8]));

/// All fuzz targets, each with its name and its check.
pub const TARGETS: &[Target] = &[
    ("baseline", files::baseline),
    ("engine_io_packet", engine_io::packet),
    ("engine_io_payload", engine_io::payload),
    ("engine_io_v3", engine_io::v3),
    ("envelope", envelope::round_trip),
    ("http_response", http::response),
    ("manifest", files::manifest),
    ("requirements", files::requirements),
    ("scenario", files::scenario),
    ("secrets", secrets::mask),
    ("snapshot", files::snapshot),
    ("socket_io_json", socket_io::json),
    ("socket_io_msgpack", socket_io::msgpack),
    ("template", files::template),
    ("websocket_deflate", websocket::deflate),
    ("websocket_frame", websocket::frame),
    ("websocket_handshake", websocket::handshake),
    ("websocket_message", websocket::message),
    ("yaml", files::yaml),
];

/// Calls the check of one target.
///
/// # Panics
///
/// Panics if the check fails, or if no target has this name.
pub fn check(target: &str, input: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.unwrap_or_else(|| panic!("no fuzz target is called {target}"));
    check(input);
}
