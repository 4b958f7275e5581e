//! The JSON API, version 1. Amounts are texts ("400.00"), minutes integers, days ISO 8601 in the policy's time zone,
//! instants RFC 3339 in UTC.
//!
//! A POST answers with facts that later commands do not change: under the same `Idempotency-Key` the very same body comes
//! back. What changes (balances, what an estimate still holds) is told by a GET.

pub mod accounting;
pub mod arrears;
pub mod availability;
pub mod balance;
pub mod bank;
pub mod billing;
pub mod cards;
pub mod collections;
pub mod collective;
pub mod contacts;
pub mod coverage;
pub mod customers;
pub mod estimates;
pub mod evaluate;
pub mod exports;
pub mod fair_use;
pub mod handling;
pub mod installations;
pub mod invoices;
pub mod ledger;
pub mod openapi;
pub mod payments;
pub mod policies;
pub mod renewal;
pub mod reversals;
mod schema;
pub mod tickets;
pub mod time_entries;

use super::App;
use super::extract::{bad_cursor, cursor, limit, position};
use super::problem::Problem;
use crate::domain::Cents;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize, Serializer};
use std::str::FromStr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// What was asked for (200), or why not.
pub type Found<T> = Result<Json<T>, Problem>;

/// What was made (201), or why not.
pub type Created<T> = Result<(StatusCode, Json<T>), Problem>;

/// An answer with 200.
fn found<T>(row: impl Into<T>) -> Json<T> {
    Json(row.into())
}

/// An answer with 201.
fn created<T>(row: impl Into<T>) -> (StatusCode, Json<T>) {
    (StatusCode::CREATED, Json(row.into()))
}

/// A body without fields: `{}`, or nothing at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// An amount of money in euros, two decimals.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = String, pattern = r"^-?[0-9]+\.[0-9]{2}$", examples("968.00"))]
pub struct Amount(Cents);

impl From<Cents> for Amount {
    fn from(cents: Cents) -> Self {
        Self(cents)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page out of at most `limit + 1` rows: one row too many says that there is a next page, which begins after the
    /// `place` of the last row that is shown.
    fn page<R: Into<T>>(mut rows: Vec<R>, limit: i64, place: impl Fn(&R) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| cursor(&place(last)));
        Self { items: rows.into_iter().map(Into::into).collect(), next_cursor }
    }
}

/// Reads `?limit=` and `?cursor=`: how many, and the place after which to go on.
fn paging<P: FromStr>(asked: Option<i64>, cursor: Option<&str>) -> Result<(i64, Option<P>), Problem> {
    let place = position(cursor)?.map(|place| place.parse().map_err(|_| bad_cursor())).transpose()?;
    Ok((limit(asked)?, place))
}

/// Every path of the API, and the document that describes it at `/api/v1/openapi.json`.
pub fn router() -> Router<App> {
    let (router, document) = routes().split_for_parts();
    let text = openapi::complete(document).to_json().unwrap_or_default();
    let serve = async move || ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    router.route("/api/v1/openapi.json", axum::routing::get(serve))
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::outline())
        .merge(money())
        .routes(routes!(customers::create, customers::list))
        .routes(routes!(customers::get))
        .routes(routes!(contacts::add, contacts::list))
        .routes(routes!(contacts::remove))
        .routes(routes!(cards::order))
        .routes(routes!(installations::add, installations::list))
        .routes(routes!(installations::remove))
        .routes(routes!(renewal::get, renewal::give, renewal::withdraw))
        .routes(routes!(renewal::notices))
        .routes(routes!(tickets::open, tickets::of_customer))
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::get))
        .routes(routes!(handling::list))
        .routes(routes!(handling::acknowledge))
        .routes(routes!(handling::say))
        .routes(routes!(handling::note))
        .routes(routes!(handling::status))
        .routes(routes!(handling::prioritise))
        .routes(routes!(handling::stall))
        .routes(routes!(handling::explain))
        .routes(routes!(coverage::rules))
        .routes(routes!(coverage::propose))
        .routes(routes!(coverage::history, coverage::decide))
        .routes(routes!(coverage::add_ons, coverage::record_add_on))
        .routes(routes!(coverage::agreed_work))
        .routes(routes!(fair_use::list))
        .routes(routes!(fair_use::get))
        .routes(routes!(fair_use::entries))
        .routes(routes!(fair_use::record, fair_use::conversations))
        .routes(routes!(fair_use::end_contract))
        .routes(routes!(estimates::propose))
        .routes(routes!(estimates::get))
        .routes(routes!(estimates::accept))
        .routes(routes!(estimates::decline))
        .routes(routes!(estimates::close))
        .routes(routes!(time_entries::log))
        .routes(routes!(time_entries::reverse))
        .routes(routes!(time_entries::cover))
        .routes(routes!(balance::get))
        .routes(routes!(availability::list))
        .routes(routes!(availability::get))
        .routes(routes!(availability::record, availability::incidents))
        .routes(routes!(policies::apply, policies::list))
        .routes(routes!(policies::current))
        .routes(routes!(policies::check))
        .routes(routes!(evaluate::ask))
        .routes(routes!(policies::get))
        .routes(routes!(ledger::list))
}

/// Documents, payments, the bank and the books.
fn money() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::of_customer))
        .routes(routes!(invoices::get))
        .routes(routes!(invoices::issue))
        .routes(routes!(invoices::credit))
        .routes(routes!(invoices::write_line))
        .routes(routes!(invoices::erase_line))
        .routes(routes!(payments::pay))
        .routes(routes!(payments::pay_several, payments::list))
        .routes(routes!(payments::set_off))
        .routes(routes!(payments::repay))
        .routes(routes!(payments::refund))
        .routes(routes!(billing::get, billing::set))
        .routes(routes!(billing::record_mandate, billing::mandates))
        .routes(routes!(billing::end_mandate))
        .routes(routes!(billing::amend_mandate))
        .routes(routes!(collections::plan, collections::list))
        .routes(routes!(collections::cancel))
        .routes(routes!(exports::document_pdf))
        .routes(routes!(exports::document_ubl))
        .routes(routes!(exports::account))
        .routes(routes!(exports::make, exports::list))
        .routes(routes!(exports::get))
        .routes(routes!(exports::file))
        .routes(routes!(reversals::list))
        .routes(routes!(reversals::of_customer))
        .routes(routes!(reversals::reverse_payment))
        .routes(routes!(reversals::return_collection))
        .routes(routes!(reversals::judge))
        .routes(routes!(reversals::waive))
        .routes(routes!(arrears::list))
        .routes(routes!(arrears::get))
        .routes(routes!(arrears::pause))
        .routes(routes!(arrears::resume))
        .routes(routes!(arrears::arrange))
        .routes(routes!(arrears::end_arrangement))
        .routes(routes!(arrears::reactivate))
        .routes(routes!(arrears::reminders))
        .routes(routes!(arrears::remind))
        .routes(routes!(accounting::months))
        .routes(routes!(accounting::checklist))
        .routes(routes!(accounting::close))
        .routes(routes!(accounting::reopen))
        .routes(routes!(accounting::balances))
        .routes(routes!(accounting::deferred))
        .routes(routes!(bank::files, bank::import))
        .routes(routes!(bank::lines))
        .routes(routes!(bank::line))
        .routes(routes!(bank::assign))
        .routes(routes!(bank::set_aside))
        .routes(routes!(bank::undo))
        .routes(routes!(bank::check))
        .routes(routes!(bank::first_balance))
        .routes(routes!(collective::list, collective::mark))
        .routes(routes!(collective::unmark))
}
