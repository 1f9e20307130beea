//! The site inside the binary: what a browser loads beside the pages, compressed when the binary was built. Knows
//! nothing of what the files hold.
//!
//! Names with a hash in them never change their contents and are cached for good; the others are asked for again with
//! their ETag.

use std::io::Read as _;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use monitor_app::shell::SiteEntry;

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// As it stands in the URL: `/pkg/clawker-monitor.0123456789abcdef.js`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// As it is. `None` where it is compressed with gzip: every browser takes that, and whoever does not gets it unpacked.
    pub identity: Option<&'static [u8]>,
    /// Compressed with brotli.
    pub brotli: Option<&'static [u8]>,
    /// Compressed with gzip.
    pub gzip: Option<&'static [u8]>,
    /// Its name holds the hash of its contents.
    pub immutable: bool,
    /// Changes with its contents; without quotes.
    pub etag: &'static str,
}

impl Asset {
    /// The file as it is, for the few who take nothing else.
    fn unpacked(&self) -> Bytes {
        let unpacked = || {
            let mut unpacked = Vec::new();
            GzDecoder::new(self.gzip?).read_to_end(&mut unpacked).ok().map(|_| Bytes::from(unpacked))
        };
        self.identity.map(Bytes::from_static).or_else(unpacked).unwrap_or_default()
    }
}

/// Sorted by path; written by `build.rs`. Empty where the binary was built without a site.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file at that path.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The URLs that a page's head needs.
pub fn entry() -> SiteEntry {
    entry_of(ASSETS)
}

/// Changes with every file embedded and with every version.
pub fn build_id() -> &'static str {
    env!("CLAWKER_BUILD_ID")
}

/// The answer for a file that was found, in the smallest encoding that the browser takes.
pub fn answer(asset: &'static Asset, request: &HeaderMap) -> Response {
    let (encoding, body) = [("br", asset.brotli), ("gzip", asset.gzip)]
        .into_iter()
        .find_map(|(encoding, body)| Some((Some(encoding), body.filter(|_| accepts(request, encoding))?)))
        .map_or_else(|| (None, asset.unpacked()), |(encoding, body)| (encoding, Bytes::from_static(body)));
    // Each encoding is another representation, and a strong ETag must tell them apart.
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{encoding}\"", asset.etag),
        None => format!("\"{}\"", asset.etag),
    };
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| matches!(known.trim(), "*") || known.trim() == etag));
    let mut response = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(body.clone())),
    };
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
    let mut by_star = false;
    for value in request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for item in value.split(',') {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            if name.trim().eq_ignore_ascii_case(encoding) {
                return weight > 0.0;
            }
            by_star |= name.trim() == "*" && weight > 0.0;
        }
    }
    by_star
}

fn entry_of(assets: &[Asset]) -> SiteEntry {
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
