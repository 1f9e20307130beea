//! Whether Grafana allows its panels to be embedded in our pages, according to its response headers.

use axum::http::{HeaderMap, header};

/// Sources in `frame-ancestors` that include our pages on this machine.
const OURS: [&str; 4] = ["*", "http://127.0.0.1:*", "http://localhost:*", "http:"];

/// Whether a page with these headers may be framed. Where `frame-ancestors` is given, browsers use it alone
/// (Content Security Policy Level 3, 6.4.2).
pub fn is_allowed(headers: &HeaderMap) -> bool {
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let policies: Vec<String> = headers.get_all(header::CONTENT_SECURITY_POLICY).iter().map(text).collect();
    let mut ancestors = policies
        .iter()
        .flat_map(|policy| policy.split([';', ',']))
        .filter_map(|directive| directive.trim().strip_prefix("frame-ancestors"))
        .peekable();
    if ancestors.peek().is_none() {
        return !headers.contains_key(header::X_FRAME_OPTIONS);
    }
    // With several policies, each has to allow it.
    ancestors.all(|sources| sources.split_whitespace().any(|source| OURS.contains(&source)))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn grafanas_headers_decide() {
        let generated = "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*";
        for (headers, allowed) in [
            (&[][..], true),
            (&[("x-frame-options", "deny")], false),
            (&[("x-frame-options", "SAMEORIGIN")], false),
            (&[("content-security-policy", generated)], true),
            (&[("content-security-policy", "script-src 'self'; frame-ancestors 'none'")], false),
            (&[("content-security-policy", "frame-ancestors 'self'")], false),
            (&[("content-security-policy", "script-src 'self'"), ("x-frame-options", "deny")], false),
            (&[("content-security-policy", generated), ("x-frame-options", "deny")], true),
            (&[("content-security-policy", generated), ("content-security-policy", "frame-ancestors 'self'")], false),
            (&[("content-security-policy", "frame-ancestors *")], true),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_allowed(&map), allowed, "{headers:?}");
        }
    }
}
