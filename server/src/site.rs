//! The static files embedded in the binary, compressed at build time. Knows nothing about their contents.
//!
//! Files with a hash in their names never change and are cached forever. The others are revalidated with their ETag.

use std::io::Read as _;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use monitor_app::shell::SiteEntry;

/// An embedded file.
#[derive(Debug)]
pub struct Asset {
    /// The URL's path: `/pkg/clawker-monitor.0123456789abcdef.js`.
    pub path: &'static str,
    /// The media type.
    pub content_type: &'static str,
    /// Uncompressed. `None` if there is a gzip version: every browser accepts gzip, and it is decompressed for other clients.
    pub identity: Option<&'static [u8]>,
    /// Compressed with brotli.
    pub brotli: Option<&'static [u8]>,
    /// Compressed with gzip.
    pub gzip: Option<&'static [u8]>,
    /// The name contains a hash of the contents.
    pub immutable: bool,
    /// A hash of the contents, without quotes.
    pub etag: &'static str,
}

impl Asset {
    /// The uncompressed contents, for clients that accept no compression.
    fn decompress(&self) -> Bytes {
        let from_gzip = || {
            let mut contents = Vec::new();
            GzDecoder::new(self.gzip?).read_to_end(&mut contents).ok().map(|_| Bytes::from(contents))
        };
        self.identity.map(Bytes::from_static).or_else(from_gzip).unwrap_or_default()
    }
}

/// Sorted by path; written by `build.rs`. Empty if the binary was built without a site.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The embedded file for a URL's path.
pub fn find_asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The URLs for a page's head.
pub fn entry() -> SiteEntry {
    site_entry(ASSETS)
}

/// A hash of all embedded files and the version.
pub fn build_id() -> &'static str {
    env!("CLAWKER_BUILD_ID")
}

/// The response with a file, in the smallest encoding that the client accepts.
pub fn respond(asset: &'static Asset, request: &HeaderMap) -> Response {
    let (encoding, body) = [("br", asset.brotli), ("gzip", asset.gzip)]
        .into_iter()
        .find_map(|(encoding, body)| Some((Some(encoding), body.filter(|_| accepts(request, encoding))?)))
        .map_or_else(|| (None, asset.decompress()), |(encoding, body)| (encoding, Bytes::from_static(body)));
    // Each encoding is a different representation, so it needs its own strong ETag.
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{encoding}\"", asset.etag),
        None => format!("\"{}\"", asset.etag),
    };
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| matches!(known.trim(), "*") || known.trim() == etag));
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(body.clone())) };
    let headers = response.headers_mut();
    if !unchanged {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether `Accept-Encoding` names the encoding, or `*`, with a weight above zero (RFC 9110, 12.5.3).
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let mut by_wildcard = false;
    for value in request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for item in value.split(',') {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            if name.trim().eq_ignore_ascii_case(encoding) {
                return weight > 0.0;
            }
            by_wildcard |= name.trim() == "*" && weight > 0.0;
        }
    }
    by_wildcard
}

fn site_entry(assets: &[Asset]) -> SiteEntry {
    let url = |name: &str, ending: &str| {
        let is_entry = |asset: &&Asset| asset.path.starts_with(name) && asset.path.ends_with(ending);
        assets.iter().find(is_entry).map(|asset| asset.path.to_owned())
    };
    SiteEntry {
        stylesheet: url("/pkg/clawker-monitor.", ".css"),
        script: url("/pkg/clawker-monitor.", ".js"),
        loader: url("/pkg/clawker-monitor-parts.", ".js"),
        wasm: url("/pkg/clawker-monitor.", ".wasm"),
    }
}

#[cfg(test)]
mod tests;
