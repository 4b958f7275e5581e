//! The ledger of a customer, line by line.

use super::{Found, List, found, paging};
use crate::domain::{Account, Basis, CardId, CustomerId, EstimateId, Minutes, TimeEntryId, TransactionKind};
use crate::service::balance::{Line, Position};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token};
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// A movement: minutes that went from one account to another, for good.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    /// Why.
    kind: TransactionKind,
    /// The card; `null` for uncovered minutes.
    card_id: Option<CardId>,
    /// Where the minutes came from.
    from: Account,
    /// Where they went.
    to: Account,
    /// How many; more than 0.
    minutes: Minutes,
    /// The time entry it is about.
    time_entry_id: Option<TimeEntryId>,
    /// The estimate whose agreement it follows.
    estimate_id: Option<EstimateId>,
    /// By which rule the card was chosen, where one pays for work.
    basis: Option<Basis>,
    /// The day of the work.
    worked_on: Option<NaiveDate>,
    /// The day it counts on in the books (TIME-4).
    booked_on: NaiveDate,
    /// When it was written down.
    recorded_at: DateTime<Utc>,
    /// The name of who did it; `null` for the service itself.
    by: Option<String>,
    /// The name of who made the link by which that login was opened, where it did not go to that person's own address
    /// (SPEND-3a).
    link_by: Option<String>,
    /// The day of that link.
    link_on: Option<NaiveDate>,
    /// What was written about it: the work done, or why it was corrected.
    reason: Option<String>,
    /// What the customer could still agree to after this line.
    available_after_minutes: Minutes,
}

impl From<Line> for LedgerLine {
    fn from(line: Line) -> Self {
        Self {
            kind: line.kind,
            card_id: line.movement.card_id,
            from: line.movement.from_account,
            to: line.movement.to_account,
            minutes: line.movement.minutes,
            time_entry_id: line.time_entry_id,
            estimate_id: line.movement.estimate_id,
            basis: line.movement.basis,
            worked_on: line.worked_on,
            booked_on: line.booked_on,
            recorded_at: line.movement.recorded_at,
            by: line.by_name,
            link_on: line.link.as_ref().map(|link| link.on),
            link_by: line.link.map(|link| link.name),
            reason: line.reason,
            available_after_minutes: line.movement.after.available,
        }
    }
}

/// Where a page ended, as its cursor says it: `12.1`.
struct Place(Position);

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (seq, line) = text.split_once('.').ok_or(())?;
        Ok(Self((seq.parse().map_err(|_| ())?, line.parse().map_err(|_| ())?)))
    }
}

/// Read the ledger of a customer
///
/// The newest first, a line per movement. Lines are never changed and never removed.
#[utoipa::path(get, path = "/api/v1/customers/{id}/ledger", tag = "ledger",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of lines", body = List<LedgerLine>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<LedgerLine>> {
    let (limit, before) = paging::<Place>(limit, cursor.as_deref())?;
    let rows = app.service.ledger_lines(&caller, customer, before.map(|place| place.0), limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| format!("{}.{}", row.movement.seq, row.movement.line))))
}
