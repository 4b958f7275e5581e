//! Collections of invoices by direct debit: planned, looked at, called off (PAY-2). Files for the bank are exports.

use super::{Amount, Created, Found, created, found};
use crate::domain::bank::Sequence;
use crate::domain::{self, CollectionId, CollectionStatus, CustomerId, InvoiceId, MandateId};
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A collection to be planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCollection {
    /// On which day; a day on which banks are closed moves to the next bank day.
    #[schema(format = Date)]
    collect_on: String,
}

/// A collection as it was planned.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collection {
    /// Identity.
    id: CollectionId,
    /// From whom.
    customer_id: CustomerId,
    /// For which invoice.
    invoice_id: InvoiceId,
    /// Which attempt at this invoice, from 1.
    attempt: i64,
    /// The id by which the bank knows it; never used again.
    #[schema(example = "2026-0042-1")]
    end_to_end_id: String,
    /// How much.
    amount: Amount,
    /// The day that was asked for.
    asked_on: NaiveDate,
    /// The day on which it is collected: the first bank day from then on.
    collect_on: NaiveDate,
    /// Why the day is another than asked; `null` where it is not.
    #[schema(example = "2026-12-06 is a Sunday or a day on which banks are closed: collected on 2026-12-07")]
    moved: Option<String>,
    /// When it was planned.
    created_at: DateTime<Utc>,
}

impl From<domain::Collection> for Collection {
    fn from(row: domain::Collection) -> Self {
        let (asked, day) = (row.asked_on, row.collect_on);
        let moved =
            format!("{asked} ({}) is no bank day: collected on {day} ({})", asked.format("%A"), day.format("%A"));
        Self {
            id: row.id,
            customer_id: row.customer_id,
            invoice_id: row.invoice_id,
            attempt: row.attempt,
            end_to_end_id: row.end_to_end_id,
            amount: Amount(row.amount),
            asked_on: asked,
            collect_on: day,
            moved: (asked != day).then_some(moved),
            created_at: row.created_at,
        }
    }
}

/// A collection as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownCollection {
    /// The collection.
    #[serde(flatten)]
    collection: Collection,
    /// Where it stands.
    status: CollectionStatus,
    /// Under which mandate.
    mandate_id: MandateId,
    /// First or later.
    sequence: Sequence,
    /// Number of the export that it was sent in; `null` until then.
    export: Option<i64>,
    /// The day on which the money came; `null` until told.
    settled_on: Option<NaiveDate>,
    /// When it was called off; `null` where it was not.
    cancelled_at: Option<DateTime<Utc>>,
    /// Why.
    cancelled_because: Option<String>,
}

impl From<domain::Collection> for KnownCollection {
    fn from(row: domain::Collection) -> Self {
        Self {
            status: row.status(),
            mandate_id: row.mandate_id,
            sequence: row.sequence,
            export: row.batch,
            settled_on: row.settled_on,
            cancelled_at: row.cancelled_at,
            cancelled_because: row.cancelled_because.clone(),
            collection: row.into(),
        }
    }
}

/// The attempts to collect an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collections {
    /// The oldest first.
    items: Vec<KnownCollection>,
}

/// List the collections of an invoice
#[utoipa::path(get, path = "/api/v1/invoices/{id}/collections", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    responses((status = 200, description = "The attempts to collect it", body = Collections)))]
pub(super) async fn list(State(app): State<App>, Token(caller): Token, Id(id): Id<InvoiceId>) -> Found<Collections> {
    let rows = app.service.collections_of(&caller, id).await?;
    Ok(found(Collections { items: rows.into_iter().map(KnownCollection::from).collect() }))
}

/// Plan a collection
///
/// What is open of an invoice is collected under the mandate that holds, whichever of the two came first; the file for the
/// bank is made by an export. Announce it to the customer where the invoice did not. For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/collections", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = NewCollection, responses((status = 201, description = "The collection", body = Collection)))]
pub(super) async fn plan(
    State(app): State<App>,
    Id(id): Id<InvoiceId>,
    new: Write<NewCollection>,
) -> Created<Collection> {
    let mut fields = Fields::default();
    let day = fields.needed_date("collect_on", &new.body.collect_on);
    fields.done()?;
    Ok(created(app.service.plan_collection(new.request(), id, day).await?))
}

/// Why a collection is called off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// Why.
    #[schema(max_length = 200)]
    reason: String,
}

/// A collection that was called off.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cancellation {
    /// The collection.
    collection_id: CollectionId,
    /// Its id, which is never used again.
    end_to_end_id: String,
    /// When it was called off.
    cancelled_at: Option<DateTime<Utc>>,
    /// Why.
    reason: Option<String>,
}

impl From<domain::Collection> for Cancellation {
    fn from(row: domain::Collection) -> Self {
        Self {
            collection_id: row.id,
            end_to_end_id: row.end_to_end_id,
            cancelled_at: row.cancelled_at,
            reason: row.cancelled_because,
        }
    }
}

/// Call off a collection
///
/// Only before it is sent: after that the bank has to be asked. Its id is never used again, and the invoice can be planned
/// anew. Done twice, it changes nothing. For finance.
#[utoipa::path(post, path = "/api/v1/collections/{id}/cancellation", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The collection")),
    request_body = NewCancellation, responses((status = 201, description = "What was called off", body = Cancellation)))]
pub(super) async fn cancel(
    State(app): State<App>,
    Id(id): Id<CollectionId>,
    new: Write<NewCancellation>,
) -> Result<(axum::http::StatusCode, super::Json<Cancellation>), Problem> {
    let mut fields = Fields::default();
    let reason = fields.line("reason", &new.body.reason);
    fields.done()?;
    Ok(created(app.service.cancel_collection(new.request(), id, reason).await?))
}
