//! Accounts of others by which many pay (BANK-5, BANK-6): for finance.

use super::{Found, Json, found};
use crate::domain::CustomerId;
use crate::domain::Doing;
use crate::domain::collective::CollectiveKind;
use crate::service::bank::{Collective, NewCollective};
use crate::web::App;
use crate::web::extract::{Token, Write};
use crate::web::fields::Fields;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A customer whose account one was known to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownAs {
    /// Which customer.
    customer_id: CustomerId,
    /// Its name.
    name: String,
}

/// An account by which many pay.
#[derive(Debug, Serialize, ToSchema)]
pub struct CollectiveAccountView {
    /// The account.
    iban: String,
    /// Whose it is.
    kind: CollectiveKind,
    /// In words; empty where nobody said more.
    note: String,
    /// When it was marked.
    recorded_at: DateTime<Utc>,
    /// Who marked it.
    recorded_by: Option<String>,
    /// The customers whose account it was known to be; from now on it proves nothing about them.
    known_as: Vec<KnownAs>,
}

impl From<Collective> for CollectiveAccountView {
    fn from(one: Collective) -> Self {
        let (row, recorded_by) = (one.marked.row, one.marked.by);
        let known_as = one.known_as.into_iter().map(|(customer_id, name)| KnownAs { customer_id, name }).collect();
        Self { iban: row.iban, kind: row.kind, note: row.note, recorded_at: row.recorded_at, recorded_by, known_as }
    }
}

/// The accounts by which many pay.
#[derive(Debug, Serialize, ToSchema)]
pub struct CollectiveAccounts {
    /// All of them, by IBAN.
    items: Vec<CollectiveAccountView>,
}

/// An account by which many pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCollectiveAccount {
    /// An IBAN, or the account of the other side as a line of the bank tells it.
    iban: String,
    /// Whose it is.
    kind: CollectiveKind,
    /// In words.
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// An account by which many pay no longer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoCollectiveAccount {
    /// The account.
    iban: String,
    /// Why; kept with it.
    #[schema(max_length = 200)]
    reason: String,
}

/// What became of an account that is no longer marked.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmarkedAccount {
    /// It proves nothing all the same, because a line of it was once divided over customers.
    still_collective: bool,
}

/// List collective accounts
///
/// Accounts of others by which many pay: providers of payments, boards, clearing. They prove nothing about who paid (BANK-5).
/// For finance.
#[utoipa::path(get, path = "/api/v1/bank/collective-accounts", tag = "bank",
    responses((status = 200, description = "The accounts", body = CollectiveAccounts)))]
pub(super) async fn list(State(app): State<App>, Token(caller): Token) -> Found<CollectiveAccounts> {
    let rows = app.service.collective_accounts(&caller).await?;
    Ok(Json(CollectiveAccounts { items: rows.into_iter().map(Into::into).collect() }))
}

/// Mark a collective account
///
/// From now on it is no proof of who paid, also where it was known as a customer's account; what was booked stays. The same
/// again changes nothing, another kind or note replaces what was said. For finance.
#[utoipa::path(post, path = "/api/v1/bank/collective-accounts", tag = "bank", request_body = NewCollectiveAccount,
    responses((status = 200, description = "The account", body = CollectiveAccountView)))]
pub(super) async fn mark(State(app): State<App>, new: Write<NewCollectiveAccount>) -> Found<CollectiveAccountView> {
    let mut fields = Fields::default();
    let iban = fields.line("iban", &new.body.iban);
    let note = fields.optional_line("note", new.body.note.as_deref()).unwrap_or_default();
    new.caller().may(Doing::KeepBooks)?;
    fields.done()?;
    let wanted = NewCollective { iban, kind: new.body.kind, note };
    Ok(found(app.service.mark_collective(new.caller(), wanted).await?))
}

/// Unmark a collective account
///
/// From now on a payment may make it known as a customer's again. An account that is not marked stays so. For finance.
#[utoipa::path(post, path = "/api/v1/bank/collective-accounts/unmark", tag = "bank", request_body = NoCollectiveAccount,
    responses((status = 200, description = "It is not marked", body = UnmarkedAccount)))]
pub(super) async fn unmark(State(app): State<App>, new: Write<NoCollectiveAccount>) -> Found<UnmarkedAccount> {
    let mut fields = Fields::default();
    let (iban, reason) = (fields.line("iban", &new.body.iban), fields.line("reason", &new.body.reason));
    new.caller().may(Doing::KeepBooks)?;
    fields.done()?;
    let still_collective = app.service.unmark_collective(new.caller(), &iban, &reason).await?;
    Ok(Json(UnmarkedAccount { still_collective }))
}
