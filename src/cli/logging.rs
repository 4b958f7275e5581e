//! What the process says about itself, on standard error: text for a person, JSON for a machine.
//!
//! **Architecture invariant:** no secret is ever logged, at no level. Requests are logged by their route
//! (`/invite/{secret}`), never by their path, and settings are not logged at all, because a database address may hold a
//! password. What others wrote tells at most [`OTHERS`]: below that some of it shows paths and headers as they came.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// How much the libraries may say, whatever `RUST_LOG` asks (A13).
const OTHERS: Level = Level::DEBUG;

/// Starts logging. `RUST_LOG` sets how much; otherwise a server tells what happens, other commands only what goes wrong.
pub(super) fn start(server: bool) {
    let usual = if server { "info,sqlx=warn" } else { "error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = if std::io::stderr().is_terminal() {
        log.with_target(false).boxed()
    } else {
        log.json().flatten_event(true).boxed()
    };
    // Somebody else may have started it (a test); theirs then stays.
    tracing_subscriber::registry().with(log).with(filter).with(filter_fn(is_fit)).try_init().ok();
}

/// Whether what is said is fit to be written down: what is ours, and what others say without details.
fn is_fit(said: &Metadata<'_>) -> bool {
    let ours = said.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
    ours || *said.level() <= OTHERS
}

/// Says why a command failed: one line, with its causes.
pub(super) fn complain(error: &anyhow::Error) {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    // Nobody is left to tell when standard error is gone too.
    writeln!(std::io::stderr(), "error: {said}").ok();
}

/// Logs each request once it is answered: by route, in milliseconds; faults of ours louder.
pub(super) async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let (status, ms) = (response.status().as_u16(), start.elapsed().as_millis());
    if response.status().is_server_error() {
        tracing::warn!(%method, route, status, ms, "request failed");
    } else {
        tracing::debug!(%method, route, status, ms, "request");
    }
    response
}
