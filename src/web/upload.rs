//! A file that is sent: taken in piece by piece (`exchange::bank::Incoming`), so that memory does not follow it. Whoever
//! hangs up leaves nothing behind.

use super::problem::Problem;
use super::server::body::Trickles;
use crate::exchange::bank::Incoming;
use crate::service::Error;
use crate::service::ledger::Failure;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::extract::multipart::Field;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

/// How many times the most bytes are listened to. Who sends a little too much is heard out, since a browser that is cut
/// off shows no reason.
const HEARD_OUT: u64 = 3;
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one may take that brings a file: over a slow line, with a year of entries in it.
const PATIENCE_WITH_FILES: Duration = Duration::from_mins(30);
/// Where files are sent to.
const FILES: [&str; 2] = ["/api/v1/bank/files", "/finance/bank"];

/// The whole body.
///
/// # Errors
/// When the client hangs up, or there is no room for it. What is too much is told by [`Incoming::whole`].
pub async fn of_body(body: Body, most: u64) -> Result<Incoming, Problem> {
    let (mut body, mut incoming) = (pin!(body), Incoming::new(most));
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(piece) = frame.map_err(|error| cut_off(&error))?.into_data() else { continue };
        incoming = add(incoming, piece).await?;
        if incoming.size() / HEARD_OUT > most {
            break;
        }
    }
    Ok(incoming)
}

/// The whole of a field of a form.
///
/// # Errors
/// As [`of_body`].
pub async fn of_field(field: &mut Field<'_>, most: u64) -> Result<Incoming, Problem> {
    let mut incoming = Incoming::new(most);
    while let Some(piece) = field.chunk().await.map_err(|error| cut_off(&error))? {
        incoming = add(incoming, piece).await?;
        if incoming.size() / HEARD_OUT > most {
            break;
        }
    }
    Ok(incoming)
}

async fn add(mut incoming: Incoming, piece: Bytes) -> Result<Incoming, Problem> {
    let added = tokio::task::spawn_blocking(move || incoming.add(&piece).map(|()| incoming));
    let added = added.await.map_err(|_| Error::Ledger(Failure::Broken))?;
    added.map_err(|error| {
        tracing::error!(%error, "a file that is sent cannot be put aside");
        Error::Ledger(Failure::Unavailable).into()
    })
}

fn cut_off(error: &(dyn std::error::Error + 'static)) -> Problem {
    if Trickles::is_behind(error) {
        return Trickles.into();
    }
    let detail = "The file did not come in whole. Send it again.";
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "Unreadable body", detail)
}

/// Ends a request that takes too long.
pub async fn patience(request: Request, next: Next) -> Response {
    let brings_file = request.method() == Method::POST && FILES.contains(&request.uri().path());
    let most = if brings_file { PATIENCE_WITH_FILES } else { PATIENCE };
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
