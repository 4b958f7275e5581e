//! The books as a whole: months and their closing (TIME-6), what accounts stand at, deferred revenue by card (PAY-7).

use super::{Amount, Created, Found, List, created, found};
use crate::domain::closing::{About, BookMonth, Closing, ClosingKind, Example, Finding, FindingKind};
use crate::domain::{CardId, ClosingId, CustomerId, Doing, Minutes, MoneyAccount};
use crate::service::accounting::{
    AccountSum, Balances, Checklist, ClosedBy, Deferred, DeferredCard as Card, MonthActed, MonthOfBooks, MonthState,
};
use crate::web::App;
use crate::web::extract::{Named, Search, Token, Write, cursor, limit, position};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A month of the books.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountingMonth {
    /// The month.
    #[schema(pattern = r"^[0-9]{4}-[0-9]{2}$", example = "2026-03")]
    month: String,
    /// Where it stands.
    state: MonthState,
    /// What was done to it, the last thing first.
    closings: Vec<MonthClosing>,
}

impl From<MonthOfBooks> for AccountingMonth {
    fn from(month: MonthOfBooks) -> Self {
        let closings = month.closings.into_iter().map(|ClosedBy { closing, .. }| closing.into()).collect();
        Self { month: month.month.to_string(), state: month.state, closings }
    }
}

/// A month was closed, or opened again.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthClosing {
    /// Identity.
    id: ClosingId,
    /// The month.
    #[schema(pattern = r"^[0-9]{4}-[0-9]{2}$", example = "2026-03")]
    month: String,
    /// What was done.
    kind: ClosingKind,
    /// Why: of a month that was opened again, or closed although something stopped it.
    reason: Option<String>,
    /// What was still open then.
    findings: Vec<MonthFinding>,
    /// When.
    recorded_at: DateTime<Utc>,
}

impl From<Closing> for MonthClosing {
    fn from(closing: Closing) -> Self {
        Self {
            id: closing.id,
            month: closing.month.to_string(),
            kind: closing.kind,
            reason: closing.reason,
            findings: closing.kept.findings.into_iter().map(Into::into).collect(),
            recorded_at: closing.recorded_at,
        }
    }
}

impl From<MonthActed> for MonthClosing {
    fn from(acted: MonthActed) -> Self {
        acted.closing.into()
    }
}

/// What is open in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthChecklist {
    /// The month.
    #[schema(pattern = r"^[0-9]{4}-[0-9]{2}$", example = "2026-03")]
    month: String,
    /// Where it stands.
    state: MonthState,
    /// Whether something stops a closing without a reason.
    blocked: bool,
    /// What was looked at, also what there is nothing of.
    findings: Vec<MonthFinding>,
}

impl From<Checklist> for MonthChecklist {
    fn from(checklist: Checklist) -> Self {
        let blocked = !checklist.blocking().is_empty();
        let findings = checklist.findings.into_iter().map(Into::into).collect();
        Self { month: checklist.month.to_string(), state: checklist.state, blocked, findings }
    }
}

/// What of one kind is open in a month or was before it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthFinding {
    /// Which.
    kind: FindingKind,
    /// How many.
    count: i64,
    /// Whether it stops a closing without a reason.
    blocks: bool,
    /// Why it does, or would, or never does.
    because: &'static str,
    /// A few of them, the oldest first.
    examples: Vec<FindingExample>,
}

impl From<Finding> for MonthFinding {
    fn from(finding: Finding) -> Self {
        Self {
            kind: finding.kind,
            count: finding.count,
            blocks: finding.blocks(),
            because: finding.kind.rule().because,
            examples: finding.examples.into_iter().map(Into::into).collect(),
        }
    }
}

/// One row of a finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingExample {
    /// What it is.
    about: About,
    /// Its identity.
    id: Uuid,
    /// What people know it by.
    text: String,
    /// Its day.
    day: Option<NaiveDate>,
    /// How much money.
    amount: Option<Amount>,
    /// How many minutes.
    minutes: Option<Minutes>,
}

impl From<Example> for FindingExample {
    fn from(example: Example) -> Self {
        let Example { about, id, text, day, amount, minutes } = example;
        Self { about, id, text, day, amount: amount.map(Into::into), minutes }
    }
}

/// A closing to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseMonth {
    /// Why, where something stops it; it is kept.
    #[schema(max_length = 4000)]
    reason: Option<String>,
}

/// A month to be opened again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenMonth {
    /// Why; it is kept.
    #[schema(max_length = 4000)]
    reason: String,
}

/// What accounts stand at, and profit and loss of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBalance {
    /// Up to and with this day.
    on: NaiveDate,
    /// First day of the period of profit and loss.
    from: NaiveDate,
    /// Every account, from the beginning up to the day.
    accounts: Vec<AccountBalance>,
    /// Debit of all accounts.
    debit: Amount,
    /// Credit of all accounts: the same.
    credit: Amount,
    /// What the accounts of the balance sheet come to: the result from the beginning up to the day.
    result_to_date: Amount,
    /// The accounts of profit and loss in the period.
    profit_and_loss: Vec<AccountBalance>,
    /// Revenue less costs of the period.
    result: Amount,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBalance {
    /// What it is for.
    account: MoneyAccount,
    /// Its number at the bookkeeper's.
    number: String,
    /// Its name there.
    name: String,
    /// Whether it stands on the balance sheet; else it is profit and loss.
    balance_sheet: bool,
    /// What was debited.
    debit: Amount,
    /// What was credited.
    credit: Amount,
    /// Debit less credit.
    balance: Amount,
}

impl From<AccountSum> for AccountBalance {
    fn from(row: AccountSum) -> Self {
        let balance = row.balance().into();
        Self {
            account: row.account,
            number: row.number,
            name: row.name,
            balance_sheet: row.account.is_balance_sheet(),
            debit: row.debit.into(),
            credit: row.credit.into(),
            balance,
        }
    }
}

impl From<Balances> for TrialBalance {
    fn from(balances: Balances) -> Self {
        let (debit, credit) = balances.totals();
        let (result, result_to_date) = (balances.result().into(), balances.result_to_date().into());
        Self {
            on: balances.on,
            from: balances.from,
            accounts: balances.accounts.into_iter().map(Into::into).collect(),
            debit: debit.into(),
            credit: credit.into(),
            result_to_date,
            profit_and_loss: balances.period.into_iter().map(Into::into).collect(),
            result,
        }
    }
}

/// Deferred revenue on a day, with a page of its cards.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeferredRevenue {
    /// The day.
    on: NaiveDate,
    /// What was prepaid and not earned: the sum over all cards, to the cent.
    total: Amount,
    /// The part of it for which no money came.
    unpaid: Amount,
    /// The cards of this page, by number of the customer.
    items: Vec<DeferredCard>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// A card with what was prepaid on it on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeferredCard {
    /// Identity of the card.
    card_id: CardId,
    /// Whose.
    customer_id: CustomerId,
    /// Number of the customer.
    customer_number: i64,
    /// The product as ordered.
    product: String,
    /// Its invoice.
    invoice_number: Option<String>,
    /// Price ex VAT.
    price: Amount,
    /// What was granted by then.
    granted_minutes: Minutes,
    /// What was spent by then.
    used_minutes: Minutes,
    /// What had expired by then.
    expired_minutes: Minutes,
    /// What was given back or had gone on as another card by then.
    refunded_minutes: Minutes,
    /// What it had earned by then, by use and by expiry.
    recognised: Amount,
    /// What was prepaid and not earned.
    deferred: Amount,
    /// The part of that for which no money came.
    unpaid: Amount,
    /// Its last valid day, as it is now.
    expires_on: Option<NaiveDate>,
}

impl From<Card> for DeferredCard {
    fn from(row: Card) -> Self {
        Self {
            card_id: row.card.id,
            customer_id: row.card.customer_id,
            customer_number: row.customer_number,
            product: row.card.product,
            invoice_number: row.invoice_number,
            price: row.card.price.into(),
            granted_minutes: row.minutes.granted(),
            used_minutes: row.minutes.used,
            expired_minutes: row.minutes.expired,
            refunded_minutes: row.minutes.refunded + row.minutes.converted,
            recognised: row.recognised.into(),
            deferred: row.deferred.into(),
            unpaid: row.unpaid.into(),
            expires_on: row.card.expires_on,
        }
    }
}

impl From<Deferred> for DeferredRevenue {
    fn from(deferred: Deferred) -> Self {
        Self {
            on: deferred.on,
            total: deferred.total.into(),
            unpaid: deferred.unpaid.into(),
            items: deferred.cards.into_iter().map(Into::into).collect(),
            next_cursor: deferred.next.map(|place| cursor(&Place(place).to_string())),
        }
    }
}

/// Where a page of cards begins: after this number of a customer and this card.
pub(in crate::web) struct Place(pub(in crate::web) (i64, CardId));

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.0, self.0.1)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, card) = text.split_once(' ').ok_or(())?;
        Ok(Self((number.parse().map_err(drop)?, card.parse().map_err(drop)?)))
    }
}

/// Which day and period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalanceQuery {
    /// Up to and with this day; today when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
    /// First day of the period of profit and loss; the first of January when left out.
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
}

/// Which day, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeferredQuery {
    /// The day; today when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
    /// How many cards, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List months
///
/// Of the books, the running one first, since the first booking. For staff.
#[utoipa::path(get, path = "/api/v1/months", tag = "accounting",
    responses((status = 200, description = "The months", body = List<AccountingMonth>)))]
pub(super) async fn months(State(app): State<App>, Token(caller): Token) -> Found<List<AccountingMonth>> {
    let months = app.service.months(&caller).await?;
    Ok(found(List { items: months.into_iter().map(AccountingMonth::from).collect(), next_cursor: None }))
}

/// Get checklist of a month
///
/// What is open in it or was before it, and whether that stops a closing (TIME-6). For staff.
#[utoipa::path(get, path = "/api/v1/months/{month}", tag = "accounting",
    params(("month" = String, Path, description = "The month, such as 2026-03")),
    responses((status = 200, description = "The checklist", body = MonthChecklist)))]
pub(super) async fn checklist(
    State(app): State<App>,
    Token(caller): Token,
    Named(month): Named<BookMonth>,
) -> Found<MonthChecklist> {
    Ok(found(app.service.checklist(&caller, month).await?))
}

/// Close month
///
/// Months close in order, once they are over; what is booked later lands in the first open month (TIME-4, TIME-6). Closing a
/// closed month answers with the closing that stands.
#[utoipa::path(post, path = "/api/v1/months/{month}/close", tag = "accounting",
    params(("month" = String, Path, description = "The month, such as 2026-03")),
    request_body = CloseMonth, responses((status = 201, description = "The closing", body = MonthClosing)))]
pub(super) async fn close(
    State(app): State<App>,
    Named(month): Named<BookMonth>,
    asked: Write<CloseMonth>,
) -> Created<MonthClosing> {
    let mut fields = Fields::default();
    let reason = fields.optional_text("reason", asked.body.reason.as_deref());
    asked.caller().may(Doing::KeepBooks)?;
    fields.done()?;
    Ok(created(app.service.close_month(asked.caller(), month, reason).await?))
}

/// Reopen month
///
/// The last closed one, with a reason (TIME-6). Opening an open one again answers with how it was opened.
#[utoipa::path(post, path = "/api/v1/months/{month}/reopen", tag = "accounting",
    params(("month" = String, Path, description = "The month, such as 2026-03")),
    request_body = ReopenMonth, responses((status = 201, description = "How it was opened", body = MonthClosing)))]
pub(super) async fn reopen(
    State(app): State<App>,
    Named(month): Named<BookMonth>,
    asked: Write<ReopenMonth>,
) -> Created<MonthClosing> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", &asked.body.reason);
    asked.caller().may(Doing::KeepBooks)?;
    fields.done()?;
    Ok(created(app.service.reopen_month(asked.caller(), month, reason).await?))
}

/// Get balances
///
/// The trial balance on any day with the bookkeeper's numbers, and profit and loss of a period. For staff.
#[utoipa::path(get, path = "/api/v1/balances", tag = "accounting", params(BalanceQuery),
    responses((status = 200, description = "The balances", body = TrialBalance)))]
pub(super) async fn balances(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<BalanceQuery>,
) -> Found<TrialBalance> {
    let mut fields = Fields::default();
    let on = fields.date("on", asked.on.as_deref());
    let from = fields.date("from", asked.from.as_deref());
    fields.done()?;
    Ok(found(app.service.balances(&caller, from, on).await?))
}

/// Get deferred revenue
///
/// What was prepaid and not earned on any day, card by card; the total is the sum over all cards, to the cent (PAY-7).
/// For staff.
#[utoipa::path(get, path = "/api/v1/deferred-revenue", tag = "accounting", params(DeferredQuery),
    responses((status = 200, description = "A page of cards with the totals of all", body = DeferredRevenue)))]
pub(super) async fn deferred(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<DeferredQuery>,
) -> Found<DeferredRevenue> {
    let mut fields = Fields::default();
    let on = fields.date("on", asked.on.as_deref());
    fields.done()?;
    let after = place(asked.cursor.as_deref())?;
    Ok(found(app.service.deferred(&caller, on, after, limit(asked.limit)?).await?))
}

/// Reads where a page of cards begins.
pub(in crate::web) fn place(cursor: Option<&str>) -> Result<Option<(i64, CardId)>, Problem> {
    let text = position(cursor)?;
    let read = text.map(|text| text.parse::<Place>().map_err(|()| crate::web::extract::bad_cursor()));
    Ok(read.transpose()?.map(|place| place.0))
}
