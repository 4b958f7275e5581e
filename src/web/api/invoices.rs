//! Invoices, and the payments for them.

use super::{Amount, Created, Found, created, found};
use crate::domain::{self, CardId, Cents, CustomerId, InvoiceId, Minutes, PaymentId, PaymentMethod};
use crate::service::cards::InvoiceView;
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Money that came in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// How much, in euros; no more than what is open.
    #[schema(examples("968.00"))]
    amount: String,
    /// Value date: today or an earlier day.
    #[schema(format = Date)]
    paid_on: String,
    /// How it came in.
    method: PaymentMethod,
}

impl NewPayment {
    fn read(&self) -> Result<(Cents, NaiveDate, PaymentMethod), Problem> {
        let mut fields = Fields::default();
        let amount = fields.needed_amount("amount", &self.amount);
        let paid_on = fields.needed_date("paid_on", &self.paid_on);
        fields.done()?;
        Ok((amount, paid_on, self.method))
    }
}

/// A payment.
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

impl From<domain::Payment> for Payment {
    fn from(payment: domain::Payment) -> Self {
        Self {
            id: payment.id,
            invoice_id: payment.invoice_id,
            amount: Amount(payment.amount),
            paid_on: payment.paid_on,
            method: payment.method,
            recorded_at: payment.recorded_at,
            open_after: Amount(payment.open_after),
        }
    }
}

/// An invoice for one card.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invoice {
    /// Identity.
    id: InvoiceId,
    /// Its number, without gaps within a year.
    number: String,
    /// Who owes.
    customer_id: CustomerId,
    /// What was sold.
    card_id: CardId,
    /// The product.
    product: String,
    /// How many minutes that is.
    minutes: Minutes,
    /// Day of issue.
    issued_on: NaiveDate,
    /// Last day to pay.
    due_on: NaiveDate,
    /// Sum ex VAT.
    net: Amount,
    /// VAT rate, per cent.
    #[schema(value_type = String, examples("21"))]
    vat_rate: rust_decimal::Decimal,
    /// VAT.
    vat: Amount,
    /// What must be paid.
    gross: Amount,
    /// What was paid so far.
    paid: Amount,
    /// What is still to be paid.
    open: Amount,
    /// The payments, the oldest first.
    payments: Vec<Payment>,
}

impl From<InvoiceView> for Invoice {
    fn from(view: InvoiceView) -> Self {
        let InvoiceView { invoice, product, minutes, payments, .. } = view;
        Self {
            id: invoice.id,
            customer_id: invoice.customer_id,
            card_id: invoice.card_id,
            product,
            minutes,
            issued_on: invoice.issued_on,
            due_on: invoice.due_on,
            net: Amount(invoice.net),
            vat_rate: invoice.vat_rate,
            vat: Amount(invoice.vat),
            gross: Amount(invoice.gross),
            paid: Amount(invoice.paid),
            open: Amount(invoice.open()),
            payments: payments.into_iter().map(Payment::from).collect(),
            number: invoice.number,
        }
    }
}

/// Read an invoice
#[utoipa::path(get, path = "/api/v1/invoices/{id}", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    responses((status = 200, description = "The invoice with its payments", body = Invoice)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<InvoiceId>) -> Found<Invoice> {
    Ok(found(app.service.invoice(&caller, id).await?))
}

/// Record a payment
///
/// Payments add up; the card becomes active at the full sum. More than what is open is refused. For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/payments", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = NewPayment, responses((status = 201, description = "The payment", body = Payment)))]
pub(super) async fn pay(
    State(app): State<App>,
    Id(invoice): Id<InvoiceId>,
    new: Write<NewPayment>,
) -> Created<Payment> {
    let (amount, paid_on, method) = new.body.read()?;
    Ok(created(app.service.record_payment(new.request(), invoice, amount, paid_on, method).await?))
}
