//! Money that came in, was set off, or was given back (PAY-5, CARD-7).

use super::invoices::Invoice;
use super::{Amount, Created, Empty, Found, created, found};
use crate::domain::{
    self, Allocation, CardId, Cents, CustomerId, InvoiceId, Minutes, PaymentId, PaymentMethod, Target,
    command::Receiving, decide::PaymentReceipt,
};
use crate::service::invoices::{Money, PaidFor, Settled};
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most payments in one answer.
const NEWEST: i64 = 200;

/// Money that came in for one invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// How much, in euros; no more than what is open, unless `keep_surplus` says so.
    #[schema(examples("968.00"))]
    amount: String,
    /// Value date: today or an earlier day.
    #[schema(format = Date)]
    paid_on: String,
    /// How it came in.
    method: PaymentMethod,
    /// What the payer wrote, or how it is found back.
    #[schema(max_length = 200)]
    note: Option<String>,
    /// Keep what is more than what is open as the customer's credit (PAY-5) instead of refusing it.
    #[serde(default)]
    keep_surplus: bool,
}

/// Money that came in for several invoices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCombinedPayment {
    /// How much, in euros.
    #[schema(examples("1936.00"))]
    amount: String,
    /// Value date: today or an earlier day.
    #[schema(format = Date)]
    paid_on: String,
    /// How it came in.
    method: PaymentMethod,
    /// For which invoices, in this order, each as far as it is open; all that are open when left out, the one that is due
    /// first first.
    invoice_ids: Option<Vec<InvoiceId>>,
    /// What the payer wrote, or how it is found back.
    #[schema(max_length = 200)]
    note: Option<String>,
    /// Keep what is more than what is open as the customer's credit (PAY-5) instead of refusing it.
    #[serde(default)]
    keep_surplus: bool,
}

/// What both kinds of payment say.
fn received(
    (amount, paid_on, note): (&str, &str, Option<&str>),
    method: PaymentMethod,
    invoices: Vec<InvoiceId>,
    keep_surplus: bool,
) -> Result<Receiving, Problem> {
    let mut fields = Fields::default();
    let amount = fields.needed_amount("amount", amount);
    let paid_on = fields.needed_date("paid_on", paid_on);
    let note = fields.optional_line("note", note);
    fields.done()?;
    Ok(Receiving { amount, costs: Cents::ZERO, paid_on, method, note, bank_line: None, invoices, keep_surplus })
}

/// A payment, as far as it is for one invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
    /// Identity.
    id: PaymentId,
    /// For which invoice.
    invoice_id: InvoiceId,
    /// How much.
    amount: Amount,
    /// Value date.
    paid_on: NaiveDate,
    /// How it came in.
    method: PaymentMethod,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// What was open on the invoice after it; at 0.00 the card became active.
    open_after: Amount,
}

impl Payment {
    /// What of a payment was set against one invoice.
    fn of(receipt: &PaymentReceipt, invoice_id: InvoiceId) -> Self {
        let set = receipt.allocations.iter().find(|set| set.invoice_id == invoice_id);
        Self {
            id: receipt.payment.id,
            invoice_id,
            amount: Amount(receipt.payment.amount),
            paid_on: receipt.payment.paid_on,
            method: receipt.payment.method,
            recorded_at: receipt.payment.recorded_at,
            open_after: Amount(set.map_or(Cents::ZERO, |set| set.open_after)),
        }
    }

    /// The same, as a line of what settled an invoice; none for what is no payment.
    pub(super) fn settled(row: &Settled, invoice_id: InvoiceId) -> Option<Self> {
        let (id, paid_on, method) = (row.payment_id?, row.paid_on?, row.method?);
        let (amount, open_after) = (Amount(row.amount), Amount(row.open_after));
        Some(Self { id, invoice_id, amount, paid_on, method, recorded_at: row.recorded_at, open_after })
    }
}

/// What was set against one invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetAgainst {
    /// Which invoice.
    invoice_id: InvoiceId,
    /// How much.
    amount: Amount,
    /// What was open on it afterwards.
    open_after: Amount,
}

impl From<Allocation> for SetAgainst {
    fn from(row: Allocation) -> Self {
        Self { invoice_id: row.invoice_id, amount: Amount(row.amount), open_after: Amount(row.open_after) }
    }
}

/// A payment, and what it was set against.
#[derive(Debug, Serialize, ToSchema)]
pub struct CombinedPayment {
    /// Identity.
    id: PaymentId,
    /// How much.
    amount: Amount,
    /// Value date.
    paid_on: NaiveDate,
    /// How it came in.
    method: PaymentMethod,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// What it was set against, in that order.
    invoices: Vec<SetAgainst>,
    /// What stays with us as the customer's credit.
    surplus: Amount,
}

impl From<PaymentReceipt> for CombinedPayment {
    fn from(PaymentReceipt { payment, allocations }: PaymentReceipt) -> Self {
        let set: Cents = allocations.iter().map(|row| row.amount).sum();
        Self {
            id: payment.id,
            amount: Amount(payment.amount),
            paid_on: payment.paid_on,
            method: payment.method,
            recorded_at: payment.recorded_at,
            invoices: allocations.into_iter().map(SetAgainst::from).collect(),
            surplus: Amount(payment.amount - set),
        }
    }
}

/// Record a payment
///
/// Payments add up; the card becomes active at the full sum. More than what is open is refused, unless the surplus is kept.
/// For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/payments", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = NewPayment, responses((status = 201, description = "The payment", body = Payment)))]
pub(super) async fn pay(
    State(app): State<App>,
    Id(invoice): Id<InvoiceId>,
    new: Write<NewPayment>,
) -> Created<Payment> {
    let NewPayment { amount, paid_on, method, note, keep_surplus } = &new.body;
    let received = received((amount, paid_on, note.as_deref()), *method, vec![invoice], *keep_surplus)?;
    let receipt = app.service.record_payment(new.request(), Target::Invoice(invoice), received).await?;
    Ok(created(Payment::of(&receipt, invoice)))
}

/// Record a payment for several invoices
///
/// One amount, set against the invoices in their order. For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/payments", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewCombinedPayment, responses((status = 201, description = "The payment", body = CombinedPayment)))]
pub(super) async fn pay_several(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewCombinedPayment>,
) -> Created<CombinedPayment> {
    let NewCombinedPayment { amount, paid_on, method, invoice_ids, note, keep_surplus } = &new.body;
    let invoices = invoice_ids.clone().unwrap_or_default();
    let received = received((amount, paid_on, note.as_deref()), *method, invoices, *keep_surplus)?;
    Ok(created(app.service.record_payment_of(new.request(), customer, received).await?))
}

/// A payment of a customer, as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedPayment {
    /// Identity.
    id: PaymentId,
    /// How much.
    amount: Amount,
    /// How much of it came undone (PAY-2).
    reversed: Amount,
    /// Value date.
    paid_on: NaiveDate,
    /// How it came in.
    method: PaymentMethod,
    /// What the payer wrote, or how it is found back.
    note: Option<String>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Numbers of the invoices that it was set against.
    invoices: Vec<String>,
}

impl ReceivedPayment {
    fn of(payment: domain::Payment, paid_for: &[PaidFor]) -> Self {
        let own = paid_for.iter().filter(|row| row.payment_id == payment.id);
        Self {
            id: payment.id,
            amount: Amount(payment.amount),
            reversed: Amount(payment.reversed),
            paid_on: payment.paid_on,
            method: payment.method,
            note: payment.note,
            recorded_at: payment.recorded_at,
            invoices: own.map(|row| row.number.clone()).collect(),
        }
    }
}

/// Money of a customer, both ways.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payments {
    /// What was paid too much and was not given back (PAY-5).
    credit: Amount,
    /// What came in, the newest first, at most 200.
    received: Vec<ReceivedPayment>,
    /// What we gave back, the newest first, at most 200.
    given_back: Vec<Repayment>,
}

/// List the payments of a customer
///
/// What came in and what was given back, the newest first.
#[utoipa::path(get, path = "/api/v1/customers/{id}/payments", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The payments", body = Payments)))]
pub(super) async fn list(State(app): State<App>, Token(caller): Token, Id(id): Id<CustomerId>) -> Found<Payments> {
    let customer = app.service.customer(&caller, id).await?;
    let Money { payments, paid_for, repayments } = app.service.money_of(&caller, id, NEWEST).await?;
    Ok(found(Payments {
        credit: Amount(customer.credit),
        received: payments.into_iter().map(|payment| ReceivedPayment::of(payment, &paid_for)).collect(),
        given_back: repayments.into_iter().map(Repayment::from).collect(),
    }))
}

/// Set credit off
///
/// What was paid too much is set against this invoice, as far as it is open. For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/set-off", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = Empty, responses((status = 201, description = "What was set off", body = SetAgainst)))]
pub(super) async fn set_off(
    State(app): State<App>,
    Id(invoice): Id<InvoiceId>,
    asked: Write<Empty>,
) -> Created<SetAgainst> {
    Ok(created(app.service.set_off(asked.request(), invoice).await?))
}

/// Money that is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRepayment {
    /// How much, in euros; no more than what was paid too much.
    #[schema(examples("12.50"))]
    amount: String,
    /// Value date: today or an earlier day.
    #[schema(format = Date)]
    paid_on: String,
    /// Why, or how it is found back.
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// Money that we gave back (PAY-5).
#[derive(Debug, Serialize, ToSchema)]
pub struct Repayment {
    /// Identity.
    id: PaymentId,
    /// How much.
    amount: Amount,
    /// Value date.
    paid_on: NaiveDate,
    /// Why, or how it is found back.
    note: Option<String>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<domain::Repayment> for Repayment {
    fn from(row: domain::Repayment) -> Self {
        Self {
            id: row.id,
            amount: Amount(row.amount),
            paid_on: row.paid_on,
            note: row.note,
            recorded_at: row.recorded_at,
        }
    }
}

/// Record a repayment
///
/// That what was paid too much was given back (PAY-5). For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/repayments", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewRepayment, responses((status = 201, description = "The repayment", body = Repayment)))]
pub(super) async fn repay(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewRepayment>,
) -> Created<Repayment> {
    let mut fields = Fields::default();
    let amount = fields.needed_amount("amount", &new.body.amount);
    let paid_on = fields.needed_date("paid_on", &new.body.paid_on);
    let note = fields.optional_line("note", new.body.note.as_deref());
    fields.done()?;
    Ok(created(app.service.repay(new.request(), customer, amount, paid_on, note).await?))
}

/// Hours that are given back for money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// How many minutes; all that are available or frozen when left out.
    #[schema(minimum = 1)]
    minutes: Option<i64>,
    /// Why; printed on the credit note.
    #[schema(max_length = 200)]
    reason: String,
}

/// Refund a card
///
/// Unspent minutes for exactly what they are worth, by credit note (CARD-7). For finance.
#[utoipa::path(post, path = "/api/v1/cards/{id}/refunds", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The card")),
    request_body = NewRefund, responses((status = 201, description = "The credit note", body = Invoice)))]
pub(super) async fn refund(State(app): State<App>, Id(card): Id<CardId>, new: Write<NewRefund>) -> Created<Invoice> {
    let mut fields = Fields::default();
    let reason = fields.line("reason", &new.body.reason);
    fields.done()?;
    let minutes = new.body.minutes.map(Minutes);
    Ok(created(app.service.refund_card(new.request(), card, minutes, reason).await?))
}
