//! For machines: is it alive, can it work, what has it done.

use super::App;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use prometheus_client::registry::Registry;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What is counted, in the text format of `OpenMetrics` at `/metrics`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Route, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

impl Default for Metrics {
    /// Nothing counted yet.
    fn default() -> Self {
        let mut registry = Registry::with_prefix("strippenkaart");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "Time to answer, in seconds", seconds.clone());
        Self { registry, requests, seconds }
    }
}

/// Seconds, from a millisecond up.
fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0])
}

/// What is counted.
pub fn metrics_router() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// The two addresses for machines that anybody may reach.
pub fn router() -> Router<App> {
    Router::new().route("/healthz", get(async || "alive\n")).route("/readyz", get(ready))
}

/// Whether the database answers and the ledger takes writes.
async fn ready(State(app): State<App>) -> Response {
    let reads = app.service.db.ping().await.is_ok();
    if reads && app.service.door.ready().await {
        return "ready\n".into_response();
    }
    let headers = [(header::RETRY_AFTER, "1")];
    let problem = if reads { "the ledger cannot be written\n" } else { "the database does not answer\n" };
    (StatusCode::SERVICE_UNAVAILABLE, headers, problem).into_response()
}

async fn metrics(State(app): State<App>) -> Response {
    let mut text = String::new();
    let encoded = encode(&mut text, &app.metrics.registry);
    let health = app.service.door.health();
    let counters = [
        ("booked", "Commands booked", &health.booked),
        ("refused", "Commands refused by the rules", &health.refused),
        ("commits", "Durable commits of the ledger", &health.commits),
    ];
    let mut ledger = String::new();
    for (name, help, count) in counters {
        let name = format!("strippenkaart_ledger_{name}");
        let count = count.load(Ordering::Relaxed);
        let _ = write!(ledger, "# HELP {name} {help}.\n# TYPE {name} counter\n{name}_total {count}\n");
    }
    if encoded.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], ledger + &text).into_response()
}

/// A method by its name; those that nothing here takes together, as anybody can make up more of them (A6).
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Counts a request under its route, never under its path.
pub async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let start = Instant::now();
    let response = next.run(request).await;
    app.metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(start.elapsed().as_secs_f64());
    app.metrics.requests.get_or_create(&Labels { method, route, status: response.status().as_u16() }).inc();
    response
}
