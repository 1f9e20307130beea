//! Refuses requests from other websites. Any page can make the browser send requests to the panel, but it can't choose the
//! `Host` and `Origin` headers that the browser sends.
//!
//! - `Host` must be `localhost` or an IP address, otherwise 421. A site that resolves its own name to this address (DNS
//!   rebinding) sends that name.
//! - What can be read in two ways is refused with 400: two `Host` or `Origin` headers, or a whole address in the request
//!   line that differs from `Host`.
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
    const TWICE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "`Host` and `Origin` can be given only once.");
    let host = only(headers, header::HOST).map_err(|()| TWICE)?;
    let origin = only(headers, header::ORIGIN).map_err(|()| TWICE)?;
    // Of a whole address in the request line and `Host`, which one counts is up to the server, so both must agree.
    let host = match (host, uri_authority.map(Authority::as_str)) {
        (Some(host), Some(authority)) if host != authority => {
            return Err((StatusCode::BAD_REQUEST, "The address and `Host` differ."));
        }
        (host, authority) => host.or(authority).unwrap_or_default(),
    };
    if !is_local_name(host) {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "Open the panel at `localhost` or an IP address. Other host names are refused.",
        ));
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let is_foreign = match origin {
        Some(origin) => {
            let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            authority != Some(host)
        }
        None => headers
            .get_all(header::HeaderName::from_static("sec-fetch-site"))
            .iter()
            .any(|site| site != "same-origin" && site != "none"),
    };
    if is_foreign {
        return Err((StatusCode::FORBIDDEN, "Only the panel's own pages can make changes."));
    }
    Ok(())
}

/// The value of a header. Empty if it is not text.
///
/// # Errors
/// Fails if the header is there more than once.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<&str>, ()> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().unwrap_or_default());
    if values.next().is_some() { Err(()) } else { Ok(value) }
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
        status_of(method, headers, None)
    }

    fn status_of(method: Method, headers: &[(&'static str, &str)], authority: Option<&str>) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        let authority = authority.map(|authority| authority.parse().expect("an authority"));
        check_origin(&method, &map, authority.as_ref()).map_or_else(|(status, _)| status.as_u16(), |()| 200)
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
            (&[host, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
            (&[host, ("origin", "")], 403),
        ] {
            assert_eq!(status(Method::POST, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let (own, foreign) = (("host", "127.0.0.1:8484"), ("host", "evil.example"));
        let (same, other) = (("origin", "http://127.0.0.1:8484"), ("origin", "https://evil.example"));
        for headers in [&[own, foreign][..], &[foreign, own], &[own, own], &[own, same, other], &[own, other, same]] {
            for method in [Method::GET, Method::POST] {
                assert_eq!(status(method, headers), 400, "{headers:?}");
            }
        }
        for (host, authority, expected) in [
            (Some(own), "127.0.0.1:8484", 200),
            (None, "127.0.0.1:8484", 200),
            (None, "evil.example", 421),
            (Some(own), "evil.example", 400),
            (Some(foreign), "127.0.0.1:8484", 400),
            (Some(foreign), "evil.example", 421),
        ] {
            let headers: Vec<_> = host.into_iter().collect();
            assert_eq!(status_of(Method::GET, &headers, Some(authority)), expected, "{host:?} {authority}");
        }
    }
}
