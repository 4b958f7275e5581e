//! Arrears (PAY-4): who is late, pause, arrangement, the fee of a reactivation, and reminders.

use super::{Amount, Created, Found, List, created, found, paging};
use crate::domain::{self, ArrearsEventId, ArrearsEventKind, AskedVia, CustomerId, Doing, InvoiceId};
use crate::service::arrears::{ArrearsView, Happened, Late, Reminder, WhichLate};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write, bad_cursor};
use crate::web::fields::Fields;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A customer in arrears, or paused.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerInArrears {
    /// Identity.
    customer_id: CustomerId,
    /// Number.
    customer_number: i64,
    /// Name.
    customer_name: String,
    /// What should have been paid, reactivation fees left out.
    overdue: Amount,
    /// Reactivation fees that should have been paid; they hold nothing up.
    overdue_fees: Amount,
    /// How many invoices that is.
    invoices: i64,
    /// Since when the oldest of them is due.
    oldest_due_on: Option<NaiveDate>,
    /// What the customer paid too much.
    credit: Amount,
    /// Since when its account is paused.
    paused_on: Option<NaiveDate>,
    /// The last day of its arrangement, which may be over.
    arranged_until: Option<NaiveDate>,
}

impl From<Late> for CustomerInArrears {
    fn from(late: Late) -> Self {
        Self {
            customer_id: late.id,
            customer_number: late.number,
            customer_name: late.name,
            overdue: Amount(late.overdue),
            overdue_fees: Amount(late.fees),
            invoices: late.invoices,
            oldest_due_on: late.oldest_due,
            credit: Amount(late.credit),
            paused_on: late.paused_on,
            arranged_until: late.arranged_until,
        }
    }
}

/// Where a page of customers in arrears ends, as its cursor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayAndNumber(pub NaiveDate, pub i64);

impl DayAndNumber {
    /// After this customer.
    #[must_use]
    pub fn after(late: &Late) -> Self {
        Self(late.oldest_due.unwrap_or(LAST), late.number)
    }
}

/// The day by which those without one are sorted.
const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day of the calendar");

impl std::fmt::Display for DayAndNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl FromStr for DayAndNumber {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, number) = text.split_once(' ').ok_or(())?;
        Ok(Self(day.parse().map_err(drop)?, number.parse().map_err(drop)?))
    }
}

/// Which customers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedArrears {
    /// `all`, `open` (neither paused nor under an arrangement), `paused` or `arranged`; `all` when left out.
    #[param(value_type = Option<String>, example = "open")]
    which: Option<String>,
    /// How many items, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List customers in arrears
///
/// And those whose account is paused; the one that is late longest first. For finance. For staff.
#[utoipa::path(get, path = "/api/v1/arrears", tag = "arrears", params(AskedArrears),
    responses((status = 200, description = "A page of customers", body = List<CustomerInArrears>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<AskedArrears>,
) -> Found<List<CustomerInArrears>> {
    let mut fields = Fields::default();
    let which = fields.optional("which", asked.which.as_deref(), "expected all, open, paused or arranged");
    fields.done()?;
    let (limit, after) = paging::<DayAndNumber>(asked.limit, asked.cursor.as_deref())?;
    let after = after.map(|place| (place.0, place.1));
    let rows = app.service.arrears(&caller, which.unwrap_or(WhichLate::All), after, limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| DayAndNumber::after(row).to_string())))
}

/// An invoice that is overdue.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverdueInvoice {
    /// Identity.
    id: InvoiceId,
    /// Number.
    number: String,
    /// Last day to pay.
    due_on: NaiveDate,
    /// What is still to be paid.
    open: Amount,
    /// How many reminders were sent.
    reminders: i64,
    /// It is for a reactivation fee, which holds nothing up.
    is_reactivation: bool,
}

impl From<domain::Invoice> for OverdueInvoice {
    fn from(invoice: domain::Invoice) -> Self {
        Self {
            id: invoice.id,
            number: invoice.number().to_owned(),
            due_on: invoice.due_on(),
            open: Amount(invoice.open()),
            reminders: invoice.issued().map_or(0, |issued| issued.reminders),
            is_reactivation: invoice.is_reactivation(),
        }
    }
}

/// Something that happened about arrears. Never changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrearsEvent {
    /// Identity.
    id: ArrearsEventId,
    /// What.
    kind: ArrearsEventKind,
    /// Why, in words; `paid` where a payment did it.
    reason: String,
    /// What was overdue then.
    overdue: Amount,
    /// The last day of an arrangement.
    until: Option<NaiveDate>,
    /// How an arrangement was asked.
    asked_via: Option<AskedVia>,
    /// How many monthly amounts a reactivation fee is.
    #[schema(value_type = Option<String>, example = "0.5")]
    factor: Option<Decimal>,
    /// The document of that fee.
    invoice_id: Option<InvoiceId>,
    /// When.
    recorded_at: DateTime<Utc>,
}

impl From<domain::ArrearsEvent> for ArrearsEvent {
    fn from(event: domain::ArrearsEvent) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            reason: event.reason,
            overdue: Amount(event.overdue),
            until: event.until,
            asked_via: event.asked_via,
            factor: event.factor,
            invoice_id: event.invoice_id,
            recorded_at: event.recorded_at,
        }
    }
}

impl From<Happened> for ArrearsEvent {
    fn from(happened: Happened) -> Self {
        happened.event.into()
    }
}

/// Where a customer stands with what it should have paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrearsOfCustomer {
    /// What should have been paid, reactivation fees left out: paying it ends a pause.
    overdue: Amount,
    /// What the customer paid too much.
    credit: Amount,
    /// Since when the account is paused: no estimate is accepted, no card drawn or made active. Reports, invoices, payment
    /// and export stay.
    paused_on: Option<NaiveDate>,
    /// Why it is paused.
    why_paused: Option<String>,
    /// The last day of an arrangement that holds: until then it is not paused.
    arranged_until: Option<NaiveDate>,
    /// The invoices that are overdue, the oldest first.
    invoices: Vec<OverdueInvoice>,
    /// What happened, the newest first; empty for contacts.
    events: Vec<ArrearsEvent>,
}

impl From<ArrearsView> for ArrearsOfCustomer {
    fn from(view: ArrearsView) -> Self {
        Self {
            overdue: Amount(view.overdue),
            credit: Amount(view.customer.credit),
            paused_on: view.customer.paused_on,
            why_paused: view.why_paused,
            arranged_until: view.arranged_until,
            invoices: view.late.into_iter().map(Into::into).collect(),
            events: view.events.into_iter().map(Into::into).collect(),
        }
    }
}

/// Get arrears of a customer
///
/// Whether the account is paused, why, and what there is to pay (PAY-4).
#[utoipa::path(get, path = "/api/v1/customers/{id}/arrears", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "Where it stands", body = ArrearsOfCustomer)))]
pub(super) async fn get(
    State(app): State<App>,
    Token(caller): Token,
    Id(id): Id<CustomerId>,
) -> Found<ArrearsOfCustomer> {
    Ok(found(app.service.arrears_of(&caller, id).await?))
}

/// Why a step is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrearsReason {
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
}

impl ArrearsReason {
    fn read(&self) -> Result<String, crate::service::Error> {
        let mut fields = Fields::default();
        let reason = fields.text("reason", &self.reason);
        fields.done().map(|()| reason)
    }
}

/// Sees to it that only finance goes on, and that others do not learn of somebody else's customer.
fn only_finance<T>(new: &Write<T>, customer: CustomerId) -> Result<(), crate::service::Error> {
    new.caller().see(customer)?;
    new.caller().may(Doing::KeepBooks).map(drop)
}

/// Pause account
///
/// Refused without arrears, and while an arrangement holds (PAY-4). For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/arrears/pause", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = ArrearsReason, responses((status = 201, description = "What happened", body = ArrearsEvent)))]
pub(super) async fn pause(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    new: Write<ArrearsReason>,
) -> Created<ArrearsEvent> {
    only_finance(&new, id)?;
    Ok(created(app.service.pause_account(new.request(), id, new.body.read()?).await?))
}

/// Resume account
///
/// Although something may still be overdue; paying all of it does the same by itself. For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/arrears/resume", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = ArrearsReason, responses((status = 201, description = "What happened", body = ArrearsEvent)))]
pub(super) async fn resume(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    new: Write<ArrearsReason>,
) -> Created<ArrearsEvent> {
    only_finance(&new, id)?;
    Ok(created(app.service.resume_account(new.request(), id, new.body.read()?).await?))
}

/// An arrangement that was asked in writing, and approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArrangement {
    /// Its last day.
    #[schema(format = Date)]
    until: String,
    /// How it was asked.
    asked_via: AskedVia,
    /// What was arranged.
    #[schema(max_length = 4000)]
    reason: String,
}

/// Arrange payment
///
/// Prevents a pause until its last day, and ends one (PAY-4). For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/arrears/arrangement", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewArrangement, responses((status = 201, description = "What happened", body = ArrearsEvent)))]
pub(super) async fn arrange(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    new: Write<NewArrangement>,
) -> Created<ArrearsEvent> {
    only_finance(&new, id)?;
    let mut fields = Fields::default();
    let until = fields.needed_date("until", &new.body.until);
    let reason = fields.text("reason", &new.body.reason);
    fields.done()?;
    Ok(created(app.service.arrange_payment(new.request(), id, (until, new.body.asked_via), reason).await?))
}

/// End arrangement
///
/// Before its last day. For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/arrears/end-arrangement", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = ArrearsReason, responses((status = 201, description = "What happened", body = ArrearsEvent)))]
pub(super) async fn end_arrangement(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    new: Write<ArrearsReason>,
) -> Created<ArrearsEvent> {
    only_finance(&new, id)?;
    Ok(created(app.service.end_arrangement(new.request(), id, new.body.read()?).await?))
}

/// A reactivation fee.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReactivation {
    /// How many monthly amounts: 0 to 6, at most two decimals.
    #[schema(example = "0.5")]
    factor: String,
    /// Why so many.
    #[schema(max_length = 4000)]
    reason: String,
}

/// Charge reactivation fee
///
/// A factor of the customer's monthly amount, chosen with a reason; nothing waits for its payment (PAY-4). For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/arrears/reactivation", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewReactivation, responses((status = 201, description = "What happened", body = ArrearsEvent)))]
pub(super) async fn reactivate(
    State(app): State<App>,
    Id(id): Id<CustomerId>,
    new: Write<NewReactivation>,
) -> Created<ArrearsEvent> {
    only_finance(&new, id)?;
    let mut fields = Fields::default();
    let factor = fields.needed("factor", &new.body.factor, "expected a number such as 0.5").unwrap_or_default();
    let reason = fields.text("reason", &new.body.reason);
    fields.done()?;
    Ok(created(app.service.charge_reactivation(new.request(), id, factor, reason).await?))
}

/// An invoice of which a reminder is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderDue {
    /// The invoice.
    invoice_id: InvoiceId,
    /// Its number.
    number: String,
    /// Whose.
    customer_id: CustomerId,
    /// The customer's name.
    customer_name: String,
    /// Last day to pay.
    due_on: NaiveDate,
    /// What is still to be paid.
    open: Amount,
    /// Which reminder it is, from 1.
    reminder: i64,
}

impl From<Reminder> for ReminderDue {
    fn from(owed: Reminder) -> Self {
        Self {
            invoice_id: owed.invoice.id,
            number: owed.invoice.number().to_owned(),
            customer_id: owed.invoice.customer_id,
            customer_name: owed.customer_name,
            due_on: owed.invoice.due_on(),
            open: Amount(owed.invoice.open()),
            reminder: owed.invoice.issued().map_or(0, |issued| issued.reminders) + 1,
        }
    }
}

/// Where a page of reminders ends: due day and number.
struct DueAndNumber(NaiveDate, String);

impl FromStr for DueAndNumber {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, number) = text.split_once(' ').ok_or(())?;
        Ok(Self(day.parse().map_err(drop)?, number.to_owned()))
    }
}

/// List reminders due
///
/// By the policy's days after the due date; not for what is being collected or arranged. The product sends no mail: whoever
/// sent one marks it. For finance. For staff.
#[utoipa::path(get, path = "/api/v1/reminders", tag = "arrears", params(Paging),
    responses((status = 200, description = "A page of invoices", body = List<ReminderDue>)))]
pub(super) async fn reminders(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<Paging>,
) -> Found<List<ReminderDue>> {
    let place = crate::web::extract::position(asked.cursor.as_deref())?;
    let after = place.map(|place| place.parse::<DueAndNumber>().map_err(|()| bad_cursor())).transpose()?;
    let limit = crate::web::extract::limit(asked.limit)?;
    let rows = app.service.reminders_due(&caller, after.map(|place| (place.0, place.1)), limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| format!("{} {}", row.invoice.due_on(), row.invoice.number()))))
}

/// A reminder that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderSent {
    /// The invoice.
    invoice_id: InvoiceId,
    /// Its number.
    number: String,
}

/// Mark reminder as sent
///
/// One more reminder of an overdue invoice was sent, by whatever way. For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/reminders", tag = "arrears",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = super::Empty, responses((status = 201, description = "What was marked", body = ReminderSent)))]
pub(super) async fn remind(
    State(app): State<App>,
    Id(id): Id<InvoiceId>,
    new: Write<super::Empty>,
) -> Created<ReminderSent> {
    let invoice = app.service.remind_invoice(new.request(), id).await?;
    Ok(created(ReminderSent { invoice_id: id, number: invoice.number().to_owned() }))
}
