//! The files of `assets/`, inside the binary, under an address that changes with them, so that they are cached for ever.

use crate::web::App;
use crate::web::extract::digest;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::LazyLock;

const FILES: [(&str, &str, &[u8]); 3] = [
    ("app.css", "text/css; charset=utf-8", include_bytes!("../../../assets/app.css")),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/htmx.min.js")),
    ("favicon.svg", "image/svg+xml", include_bytes!("../../../assets/favicon.svg")),
];

static PREFIX: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = FILES.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect();
    format!("/assets/{}", &digest(&[], &all)[..12])
});

/// Where they are served, without a slash at the end.
#[must_use]
pub fn prefix() -> &'static str {
    &PREFIX
}

/// One address for each file.
pub fn router() -> Router<App> {
    FILES.iter().fold(Router::new(), |router, (name, kind, bytes)| {
        let cached = [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
        router.route(&format!("{}/{name}", prefix()), get(async move || (cached, *bytes).into_response()))
    })
}
