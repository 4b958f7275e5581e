//! What a customer has left, now and as the page showed it at a moment in the past.

use super::{Amount, Found, found};
use crate::domain::policy::Part;
use crate::domain::{self, CardId, CardStatus, CustomerId, InstallationId, Minutes, decide::conversion::Upcoming};
use crate::service::balance::{AsOf, BalanceView, CardView, ScopeView};
use crate::web::App;
use crate::web::extract::{Id, Search, Token};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Moment {
    /// A date (the end of that day) or an instant with its offset, in recorded time; now when left out.
    #[param(example = "2026-03-09T14:30:00+01:00")]
    as_of: Option<String>,
}

impl Moment {
    fn read(self) -> Result<AsOf, Problem> {
        // A plus sign that was not escaped arrives as a space; no instant has one.
        let text = self.as_of.map(|text| text.trim().replace(' ', "+"));
        let mut fields = Fields::default();
        let as_of = match text.as_deref() {
            None | Some("") => AsOf::Now,
            Some(text) if text.contains('T') => fields.instant("as_of", Some(text)).map_or(AsOf::Now, AsOf::Instant),
            Some(text) => fields.date("as_of", Some(text)).map_or(AsOf::Now, AsOf::Day),
        };
        fields.done()?;
        Ok(as_of)
    }
}

/// Minutes per account of cards.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names in the API say their unit")]
pub struct Figures {
    /// Can still be agreed to.
    available_minutes: Minutes,
    /// Set apart for accepted estimates.
    held_minutes: Minutes,
    /// Spent.
    used_minutes: Minutes,
    /// Lost to an expiry date.
    expired_minutes: Minutes,
    /// Waiting for a payment to come back.
    frozen_minutes: Minutes,
    /// Given back for money.
    refunded_minutes: Minutes,
    /// Gone on as minutes of another card at a new rate (CARD-10).
    converted_minutes: Minutes,
}

impl From<domain::Balance> for Figures {
    fn from(balance: domain::Balance) -> Self {
        Self {
            available_minutes: balance.available,
            held_minutes: balance.held,
            used_minutes: balance.used,
            expired_minutes: balance.expired,
            frozen_minutes: balance.frozen,
            refunded_minutes: balance.refunded,
            converted_minutes: balance.converted,
        }
    }
}

/// A card and its figures. Its accounts always add up to what was granted (CARD-6).
#[derive(Debug, Serialize, ToSchema)]
pub struct CardBalance {
    /// Identity.
    id: CardId,
    /// The product as ordered; `welcome` for the free card.
    product: String,
    /// What can be done with it.
    status: CardStatus,
    /// What was granted; 0 until the card is active.
    granted_minutes: Minutes,
    /// Last valid day; `null` when it never expires.
    expires_on: Option<NaiveDate>,
    /// The installation that it pays for; `null` for all of them (CARD-8).
    installation_id: Option<InstallationId>,
    /// The kinds of work that it pays for, by topic or kind of ticket; empty for all that is not in `not_for`.
    pays_for: Vec<String>,
    /// The kinds of work that it does not pay for.
    not_for: Vec<String>,
    /// From this day on, available minutes are converted (CARD-10); `null` when they never are.
    converts_on: Option<NaiveDate>,
    /// How many minutes the available ones will be then, as far as the policy says today; `null` when they stay as they
    /// are or are given back.
    converts_into_minutes: Option<Minutes>,
    /// The card whose money it took over (CARD-10).
    converted_from: Option<CardId>,
    /// What is to be given back by credit note, ex VAT.
    credit: Amount,
    /// Its figures.
    #[serde(flatten)]
    figures: Figures,
    /// Uncovered minutes belong to no card, so always 0.
    uncovered_minutes: Minutes,
}

impl From<CardView> for CardBalance {
    fn from(view: CardView) -> Self {
        let figures = view.card.balance().into();
        let CardView { card, status, upcoming } = view;
        let converts_into_minutes = match upcoming {
            Some((_, Upcoming::Minutes { minutes, .. })) => Some(minutes),
            _ => None,
        };
        Self {
            id: card.id,
            product: card.product,
            status,
            granted_minutes: card.granted,
            expires_on: card.expires_on,
            installation_id: card.installation_id,
            pays_for: card.work.only,
            not_for: card.work.never,
            converts_on: card.converts_on,
            converts_into_minutes,
            converted_from: card.converted_from,
            credit: Amount(card.credit),
            figures,
            uncovered_minutes: Minutes::ZERO,
        }
    }
}

/// What cards of one scope have together (CARD-8): it can be spent on nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeBalance {
    /// The installation; `null` for all of them.
    installation_id: Option<InstallationId>,
    /// Its name.
    installation: Option<String>,
    /// The kinds of work that are paid; empty for all that is not in `not_for`.
    pays_for: Vec<String>,
    /// The kinds of work that are not paid.
    not_for: Vec<String>,
    /// Can still be agreed to.
    available_minutes: Minutes,
    /// Set apart for accepted estimates.
    held_minutes: Minutes,
}

impl ScopeBalance {
    fn of(scope: ScopeView, balance: &BalanceView) -> Self {
        Self {
            installation_id: scope.installation,
            installation: scope.installation.and_then(|id| balance.installation(id)).map(str::to_owned),
            pays_for: scope.work.only,
            not_for: scope.work.never,
            available_minutes: scope.available,
            held_minutes: scope.held,
        }
    }
}

/// What a customer has, at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balance {
    /// The totals of its cards; left out where there are no cards (POL-3).
    #[serde(flatten)]
    figures: Option<Figures>,
    /// Worked, covered by nothing yet (TIME-7).
    uncovered_minutes: Minutes,
    /// The moment.
    as_of: DateTime<Utc>,
    /// What is left, for what; left out where there are no cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<ScopeBalance>>,
    /// Its cards, the oldest order first; left out where there are no cards (POL-3).
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<Vec<CardBalance>>,
}

impl Balance {
    /// With what belongs to cards where there are any, or there can be.
    fn new(view: BalanceView, has_cards: bool) -> Self {
        let shown = has_cards || !view.cards.is_empty();
        let scopes = || view.scopes().into_iter().map(|scope| ScopeBalance::of(scope, &view)).collect();
        Self {
            scopes: shown.then(scopes),
            figures: shown.then(|| view.total.into()),
            uncovered_minutes: view.total.uncovered,
            as_of: view.as_of,
            cards: shown.then(|| view.cards.into_iter().map(CardBalance::from).collect()),
        }
    }
}

/// Read the balance of a customer
///
/// In total and per card: now, or as the page showed it then.
#[utoipa::path(get, path = "/api/v1/customers/{id}/balance", tag = "ledger",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Moment),
    responses((status = 200, description = "The balance", body = Balance)))]
pub(super) async fn get(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(moment): Search<Moment>,
) -> Found<Balance> {
    let policies = &app.service.policies;
    let has_cards = policies.shows(Part::Cards, policies.day(app.service.clock.now()));
    Ok(found(Balance::new(app.service.balance(&caller, customer, moment.read()?).await?, has_cards)))
}
