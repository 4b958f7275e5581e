//! Consent that cards are ordered again when they are used up, and what owners were told about cards (CARD-9).

use super::{Created, Empty, Found, created, found};
use crate::domain::{self, CardId, ConsentId, ContactId, CustomerId, InstallationId, NoticeKind, UserId};
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The most that was told, in one answer.
const TOLD: i64 = 100;

/// An owner's consent to renewal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consent {
    /// Identity.
    id: ConsentId,
    /// The owner who gave it.
    given_by: ContactId,
    /// The login that made the link by which the owner's login was opened, where it did not go to the owner's own address
    /// (SPEND-3a).
    link_by: Option<UserId>,
    /// The day of that link.
    link_on: Option<NaiveDate>,
    /// When.
    given_at: DateTime<Utc>,
    /// When it was withdrawn; `null` while it holds.
    withdrawn_at: Option<DateTime<Utc>>,
}

impl From<domain::Consent> for Consent {
    fn from(consent: domain::Consent) -> Self {
        Self {
            id: consent.id,
            given_by: consent.contact_id,
            link_by: consent.link_by,
            link_on: consent.link_on,
            given_at: consent.given_at,
            withdrawn_at: consent.withdrawn_at,
        }
    }
}

/// Whether cards are ordered again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Renewal {
    /// Whether they are, as things stand.
    auto_renew: bool,
    /// The consent that was given last; `null` when there never was one.
    consent: Option<Consent>,
}

/// Something that the owner was told about cards.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    /// What.
    kind: NoticeKind,
    /// About the cards of which installation.
    installation_id: Option<InstallationId>,
    /// The card it is about: the new one after a renewal or a conversion.
    card_id: Option<CardId>,
    /// When it became so.
    recorded_at: DateTime<Utc>,
}

impl From<domain::Notice> for Notice {
    fn from(notice: domain::Notice) -> Self {
        let domain::Notice { kind, installation_id, card_id, recorded_at, .. } = notice;
        Self { kind, installation_id, card_id, recorded_at }
    }
}

/// What the owner was told lately.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notices {
    /// The newest first, of the last 60 days.
    items: Vec<Notice>,
}

/// Read whether cards are renewed
///
/// Used-up cards are ordered again where the policy offers it and an owner has consented.
#[utoipa::path(get, path = "/api/v1/customers/{id}/renewal", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The consent", body = Renewal)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(customer): Id<CustomerId>) -> Found<Renewal> {
    let last = app.service.renewal(&caller, customer).await?.map(|given| given.consent);
    let auto_renew = app.service.renews() && last.as_ref().is_some_and(domain::Consent::holds);
    Ok(found(Renewal { auto_renew, consent: last.map(Consent::from) }))
}

/// Consent to renewal
///
/// For owners of the customer, who are logged in themselves (CARD-9).
#[utoipa::path(post, path = "/api/v1/customers/{id}/renewal", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = Empty, responses((status = 201, description = "The consent", body = Consent)))]
pub(super) async fn give(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    asked: Write<Empty>,
) -> Created<Consent> {
    Ok(created(app.service.give_consent(asked.request(), customer).await?))
}

/// Withdraw consent to renewal
///
/// Orders that were made stand. For owners of the customer and agents; repeated, it changes nothing.
#[utoipa::path(delete, path = "/api/v1/customers/{id}/renewal", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 204, description = "Cards are no longer renewed")))]
pub(super) async fn withdraw(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    asked: Write<Empty>,
) -> Result<StatusCode, Problem> {
    app.service.withdraw_consent(asked.request(), customer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List what was told about cards
///
/// That hours run out, a card was ordered again or converted, or money is to be given back.
#[utoipa::path(get, path = "/api/v1/customers/{id}/notices", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "What was told", body = Notices)))]
pub(super) async fn notices(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
) -> Found<Notices> {
    let told = app.service.notices(&caller, customer, TOLD).await?;
    Ok(found(Notices { items: told.into_iter().map(Notice::from).collect() }))
}
