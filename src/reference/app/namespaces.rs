//! The namespaces that `docs/contract.md` specifies, and which clients each of them accepts.

use crate::reference::FaultSet;

/// The clients that a namespace accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Access {
    /// The namespace accepts clients with a valid token and the role `admin`.
    Admin,
    /// The namespace accepts clients with a valid token. The server checks the token only after it
    /// has sent the CONNECT reply.
    Late,
    /// The namespace accepts all clients.
    Open,
    /// The namespace accepts all clients. The server sends the CONNECT reply after a delay.
    Slow,
    /// The namespace accepts clients with a valid token.
    Token,
}

/// Returns the clients that the namespace `name` accepts; `None` if there is no such namespace.
pub(in crate::reference) fn access(name: &str, faults: &FaultSet) -> Option<Access> {
    match name {
        "/" | "/custom" => Some(Access::Open),
        "/admin" => Some(Access::Admin),
        "/chat" => Some(Access::Token),
        "/late" => Some(Access::Late),
        "/slow" => Some(Access::Slow),
        dynamic if faults.is_dynamic(dynamic, is_dynamic) => Some(Access::Open),
        _ => None,
    }
}

/// Returns true if the name matches `^/dynamic-\d+$`.
fn is_dynamic(name: &str) -> bool {
    name.strip_prefix("/dynamic-").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_namespace_name_ends_with_digits() {
        let access = |name| access(name, &FaultSet::default());
        assert_eq!(access("/dynamic-0123456789"), Some(Access::Open));
        for name in [
            "/dynamic-",
            "/dynamic-1x",
            "/x/dynamic-1",
            "/other",
            "/admin/",
        ] {
            assert_eq!(access(name), None, "{name}");
        }
    }
}
