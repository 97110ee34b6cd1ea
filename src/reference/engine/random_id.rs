//! Random ids for sessions and sockets.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::random;

/// Returns 120 random bits in 20 characters that need no escaping in a URL.
pub(in crate::reference) fn random_id() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::random::<[u8; 15]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_need_no_escaping() {
        let (one, two) = (random_id(), random_id());
        assert_ne!(one, two);
        assert_eq!(one.len(), 20);
        assert!(
            one.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        );
    }
}
