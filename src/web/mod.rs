//! HTTP: the JSON API for programs, pages for people, health for machines. Handlers extract, call the service, answer.

pub mod api;
pub mod arithmetic;
pub mod download;
pub mod extract;
pub mod fields;
pub mod headers;
pub mod health;
pub mod in_flight;
pub mod limits;
pub mod pages;
pub mod problem;
pub mod server;
pub mod strips;
pub mod text;
pub mod upload;

use crate::exchange::bank::MAX_BYTES;
use crate::service::Service;
use axum::Router;
use axum::http::StatusCode;
use in_flight::InFlight;
use limits::Limits;
use problem::Problem;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// How this instance is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that people type, without a slash at the end; `https` makes cookies `Secure` with `__Host-`.
    pub public_url: String,
    /// A proxy of ours sets `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// What strangers may keep of it.
    pub limits: Limits,
}

impl Settings {
    /// Whether people reach it over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// What handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The use cases.
    pub service: Service,
    /// How this instance is reached.
    pub settings: Arc<Settings>,
    /// What is counted.
    pub metrics: Arc<health::Metrics>,
    /// What every caller has under way.
    pub in_flight: Arc<InFlight>,
    /// The largest file of a bank that is taken, in bytes.
    pub most_file_bytes: u64,
}

/// The whole site.
pub fn router(service: Service, settings: Settings) -> Router {
    router_taking(service, settings, MAX_BYTES)
}

/// The whole site, which takes files of a bank of at most so many bytes.
pub fn router_taking(service: Service, settings: Settings, most_file_bytes: u64) -> Router {
    sites(service, settings, most_file_bytes).0
}

/// The whole site, and beside it what is counted: for a listener of its own, as that is nobody else's business (A6).
pub fn with_metrics(service: Service, settings: Settings) -> (Router, Router) {
    sites(service, settings, MAX_BYTES)
}

fn sites(service: Service, settings: Settings, most_file_bytes: u64) -> (Router, Router) {
    let metrics = Arc::new(health::Metrics::default());
    let in_flight = Arc::new(InFlight::new(settings.limits));
    let app = App { service, settings: Arc::new(settings), metrics, in_flight, most_file_bytes };
    let counted = health::metrics_router().with_state(app.clone());
    let site = Router::new()
        .merge(api::router())
        .merge(pages::router(&app))
        .fallback(pages::nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(app.clone(), in_flight::one_after_the_other))
        // Who watches over it never waits.
        .merge(health::router().method_not_allowed_fallback(method_not_allowed))
        .layer(axum::middleware::from_fn_with_state(app.clone(), health::count))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn(upload::patience))
        .layer(axum::middleware::from_fn_with_state(app.clone(), headers::secure))
        .layer(axum::middleware::from_fn_with_state(app.clone(), extract::noted))
        .layer(CatchPanicLayer::custom(|_| {
            let detail = "This request ran into a fault of ours.";
            axum::response::IntoResponse::into_response(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "fault",
                "A fault of ours",
                detail,
            ))
        }))
        .with_state(app);
    (site, counted)
}

async fn method_not_allowed() -> Problem {
    let detail = "This address does not take this method; the header Allow names those that it takes.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
}
