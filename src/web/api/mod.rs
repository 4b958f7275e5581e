//! The JSON API, version 1. Amounts are texts ("400.00"), minutes integers, dates ISO 8601 in the policy's time zone.

pub mod time_entries;

use super::App;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(_) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; nothing on the last one.
    pub next_cursor: Option<String>,
}

#[derive(OpenApi)]
#[openapi(info(title = "Strippenkaart", description = "Who pays for this quarter of an hour, and how much is left?"))]
struct Document;

/// Every path of the API, and the document that describes it at `/api/v1/openapi.json`.
pub fn router() -> Router<App> {
    let (router, document) = routes().split_for_parts();
    let text = document.to_json().unwrap_or_default();
    let serve = async move || ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    router.route("/api/v1/openapi.json", axum::routing::get(serve))
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(time_entries::log))
}
