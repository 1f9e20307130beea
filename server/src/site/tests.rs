#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use axum::{Router, http::Request, routing::get};
use tower::ServiceExt as _;

use super::*;

static SCRIPT: Asset = Asset {
    path: "/pkg/clawker-monitor.0123456789abcdef.js",
    content_type: "text/javascript; charset=utf-8",
    identity: Some(b"export default 1;"),
    brotli: Some(b"by brotli"),
    gzip: Some(b"by gzip"),
    immutable: true,
    etag: "aa",
};
static ICON: Asset = Asset {
    path: "/favicon.svg",
    content_type: "image/svg+xml",
    identity: Some(b"<svg/>"),
    brotli: None,
    gzip: None,
    immutable: false,
    etag: "bb",
};

fn request(asset: &'static Asset, headers: &[(header::HeaderName, &'static str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    respond(asset, &headers)
}

fn header_of(response: &Response, name: header::HeaderName) -> Option<&str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn the_smallest_accepted_encoding_is_sent() {
    for (accepted, encoding, length) in [
        ("gzip, deflate, br, zstd", Some("br"), "9"),
        ("gzip", Some("gzip"), "7"),
        ("br;q=0, gzip;q=0.5", Some("gzip"), "7"),
        ("*", Some("br"), "9"),
        ("br;q=0, *", Some("gzip"), "7"),
        ("identity", None, "17"),
        ("", None, "17"),
    ] {
        let response = request(&SCRIPT, &[(header::ACCEPT_ENCODING, accepted)]);
        assert_eq!(header_of(&response, header::CONTENT_ENCODING), encoding, "{accepted}");
        assert_eq!(header_of(&response, header::CONTENT_LENGTH), Some(length), "{accepted}");
        assert_eq!(header_of(&response, header::VARY), Some("accept-encoding"), "{accepted}");
    }
}

#[test]
fn files_with_hashed_names_are_cached_forever_and_others_are_revalidated() {
    let script = request(&SCRIPT, &[]);
    assert_eq!(header_of(&script, header::CACHE_CONTROL), Some("public, max-age=31536000, immutable"));
    let icon = request(&ICON, &[(header::ACCEPT_ENCODING, "br")]);
    assert_eq!(header_of(&icon, header::CACHE_CONTROL), Some("no-cache"));
    assert_eq!(header_of(&icon, header::ETAG), Some("\"bb\""));
}

#[test]
fn a_matching_etag_gets_304_but_not_that_of_another_encoding() {
    let unchanged = request(&SCRIPT, &[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, "\"x\", \"aa-br\"")]);
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header_of(&unchanged, header::CONTENT_ENCODING), None);
    let other = request(&SCRIPT, &[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, "\"aa-br\"")]);
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn head_returns_the_length_without_a_body() {
    let router: Router = Router::new().route("/x", get(|headers: HeaderMap| async move { respond(&SCRIPT, &headers) }));
    let request = Request::head("/x").header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(header_of(&response, header::CONTENT_LENGTH), Some("7"));
    let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
    assert!(body.is_empty());
}

#[tokio::test]
async fn a_file_embedded_only_as_gzip_is_decompressed_for_clients_without_gzip() {
    let mut packed = flate2::read::GzEncoder::new(&b"export default 2;"[..], flate2::Compression::best());
    let mut bytes = Vec::new();
    packed.read_to_end(&mut bytes).unwrap();
    let asset: &'static Asset = Box::leak(Box::new(Asset { identity: None, gzip: Some(bytes.leak()), ..SCRIPT }));
    let response = request(asset, &[]);
    assert_eq!(header_of(&response, header::CONTENT_ENCODING), None);
    assert_eq!(header_of(&response, header::CONTENT_LENGTH), Some("17"));
    let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(&body[..], b"export default 2;");
    assert!(ASSETS.iter().all(|asset| !asset.decompress().is_empty()));
}

#[test]
fn unknown_paths_are_not_found() {
    assert!(find_asset("/pkg/../secret").is_none());
}

#[test]
fn a_pages_head_finds_script_and_wasm_by_extension() {
    let named = |path| Asset { path, brotli: None, gzip: None, ..SCRIPT };
    let (script, loader) =
        ("/pkg/clawker-monitor.0123456789abcdef.js", "/pkg/clawker-monitor-parts.0123456789abcdef.js");
    let entry = site_entry(&[named(loader), named(script), named("/pkg/split_files.0123456789abcdef.wasm")]);
    assert_eq!(entry.script.as_deref(), Some(script));
    assert_eq!(entry.loader.as_deref(), Some(loader));
    assert_eq!(entry.wasm, None);
    assert_eq!(entry.stylesheet, None);
}

#[test]
fn every_embedded_file_is_found_at_its_path() {
    for asset in ASSETS {
        assert!(std::ptr::eq(find_asset(asset.path).unwrap(), asset), "{}", asset.path);
    }
    assert_eq!(build_id().len(), 16);
}
