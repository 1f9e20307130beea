//! Refuses requests from other websites. Any page can make the browser send requests to the panel, but it can't choose the
//! `Host` and `Origin` headers that the browser sends.
//!
//! - `Host` must be `localhost` or an IP address, otherwise 421. A site that resolves its own name to this address (DNS
//!   rebinding) sends that name.
//! - Requests that change something must come from a page of the same host and port, or from no page (`curl`), otherwise
//!   403.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Passes the request on, or responds with the reason for refusing it.
pub(super) async fn check(request: Request, next: Next) -> Response {
    match check_origin(request.method(), request.headers(), request.uri().authority()) {
        Ok(()) => next.run(request).await,
        Err((status, reason)) => {
            tracing::warn!(%status, reason, path = request.uri().path(), "refused a request");
            (status, format!("{reason}\n")).into_response()
        }
    }
}

fn check_origin(
    method: &Method,
    headers: &HeaderMap,
    uri_authority: Option<&Authority>,
) -> Result<(), (StatusCode, &'static str)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).or(uri_authority.map(Authority::as_str)).unwrap_or_default();
    if !is_local_name(host) {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "Open the panel at `localhost` or an IP address. Other host names are refused.",
        ));
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let foreign = match headers.get(header::ORIGIN) {
        Some(origin) => {
            let origin = origin.to_str().unwrap_or_default();
            let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            authority != Some(host)
        }
        None => text(header::HeaderName::from_static("sec-fetch-site"))
            .is_some_and(|site| !matches!(site, "same-origin" | "none")),
    };
    if foreign {
        return Err((StatusCode::FORBIDDEN, "Only the panel's own pages can make changes."));
    }
    Ok(())
}

fn is_local_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    !host.contains('@') && (name.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header value"));
        }
        check_origin(&method, &map, None).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_localhost_and_addresses_are_accepted_as_hosts() {
        for (host, expected) in [
            ("localhost:8484", 200),
            ("LOCALHOST", 200),
            ("127.0.0.1:8484", 200),
            ("[::1]:8484", 200),
            ("192.168.1.7:8484", 200),
            ("evil.example", 421),
            ("localhost.evil.example", 421),
            ("127.0.0.1.evil.example:8484", 421),
            ("evil@127.0.0.1", 421),
            ("", 421),
        ] {
            assert_eq!(status(Method::GET, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(Method::GET, &[]), 421);
    }

    #[test]
    fn changes_are_accepted_from_own_pages_and_from_no_page() {
        let host = ("host", "127.0.0.1:8484");
        for (headers, expected) in [
            (&[host][..], 200),
            (&[host, ("origin", "http://127.0.0.1:8484")], 200),
            (&[host, ("origin", "http://127.0.0.1:3000")], 403),
            (&[host, ("origin", "http://localhost:8484")], 403),
            (&[host, ("origin", "https://evil.example")], 403),
            (&[host, ("origin", "null")], 403),
            (&[host, ("sec-fetch-site", "same-origin")], 200),
            (&[host, ("sec-fetch-site", "none")], 200),
            (&[host, ("sec-fetch-site", "same-site")], 403),
            (&[host, ("sec-fetch-site", "cross-site")], 403),
        ] {
            assert_eq!(status(Method::POST, headers), expected, "{headers:?}");
        }
    }
}
