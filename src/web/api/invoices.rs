//! Invoices, and the payments for them.

use super::{Amount, Created, Found, created, found};
use crate::domain::{
    self, CardId, Cents, CustomerId, InvoiceId, Minutes, PaymentId, PaymentMethod, Standing, Target,
    command::Receiving,
    decide::PaymentReceipt,
    document::{DocumentKind, Quantity},
};
use crate::service::invoices::{InvoiceView, Settled};
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
    fn settled(row: &Settled, invoice_id: InvoiceId) -> Option<Self> {
        let (id, paid_on, method) = (row.payment_id?, row.paid_on?, row.method?);
        let (amount, open_after) = (Amount(row.amount), Amount(row.open_after));
        Some(Self { id, invoice_id, amount, paid_on, method, recorded_at: row.recorded_at, open_after })
    }
}

/// One line of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceLine {
    /// What for.
    description: String,
    /// More about it.
    detail: Option<String>,
    /// How many pieces; none for minutes.
    pieces: Option<i64>,
    /// How many minutes; none for pieces.
    minutes: Option<Minutes>,
    /// Price of a piece or of an hour, ex VAT.
    unit_price: Amount,
    /// Sum ex VAT.
    net: Amount,
    /// VAT rate, per cent; 0 outside VAT.
    #[schema(value_type = String, examples("21"))]
    vat_rate: rust_decimal::Decimal,
    /// What credit notes took off this line, ex VAT.
    credited: Amount,
}

impl From<domain::InvoiceLine> for InvoiceLine {
    fn from(line: domain::InvoiceLine) -> Self {
        let (pieces, minutes) = match line.printed.quantity {
            Quantity::Pieces(count) => (Some(count), None),
            Quantity::Minutes(minutes) => (None, Some(minutes)),
        };
        Self {
            description: line.printed.description,
            detail: line.printed.detail,
            pieces,
            minutes,
            unit_price: Amount(line.printed.unit_price),
            net: Amount(line.printed.net),
            vat_rate: line.printed.rate,
            credited: Amount(line.credited),
        }
    }
}

/// An invoice or a credit note.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invoice {
    /// Identity.
    id: InvoiceId,
    /// Invoice or credit note.
    kind: DocumentKind,
    /// How far it is settled.
    status: Standing,
    /// Its number, without gaps within its series and year; none for a draft.
    number: Option<String>,
    /// The 16 digits by which a payment is recognised; none for a draft.
    payment_reference: Option<String>,
    /// Whose.
    customer_id: CustomerId,
    /// The card that it sells or gives back, where it does.
    card_id: Option<CardId>,
    /// Of a credit note: the invoice that it credits.
    credits: Option<InvoiceId>,
    /// Day of issue; none for a draft.
    issued_on: Option<NaiveDate>,
    /// Last day to pay; none for a draft.
    due_on: Option<NaiveDate>,
    /// The lines.
    lines: Vec<InvoiceLine>,
    /// Sum ex VAT.
    net: Amount,
    /// VAT: once per rate and document, half up.
    vat: Amount,
    /// What must be paid, or is given back.
    gross: Amount,
    /// What was paid so far and stands.
    paid: Amount,
    /// What is still to be paid.
    open: Amount,
    /// The payments, the oldest first; negative where one came undone.
    payments: Vec<Payment>,
}

impl From<InvoiceView> for Invoice {
    fn from(view: InvoiceView) -> Self {
        let InvoiceView { invoice, settled, .. } = view;
        let payments = settled.iter().filter_map(|row| Payment::settled(row, invoice.id)).collect();
        Self { payments, ..Self::from(invoice) }
    }
}

impl From<domain::Invoice> for Invoice {
    fn from(invoice: domain::Invoice) -> Self {
        let issued = invoice.issued();
        Self {
            kind: invoice.kind,
            status: invoice.standing(),
            number: issued.map(|issued| issued.number.clone()),
            payment_reference: issued.map(|issued| issued.reference.clone()),
            issued_on: issued.map(|issued| issued.issued_on),
            due_on: issued.map(|issued| issued.due_on),
            id: invoice.id,
            customer_id: invoice.customer_id,
            card_id: invoice.card_id,
            credits: invoice.credits,
            net: Amount(invoice.net),
            vat: Amount(invoice.vat),
            gross: Amount(invoice.gross),
            paid: Amount(invoice.paid()),
            open: Amount(invoice.open()),
            payments: Vec::new(),
            lines: invoice.lines.into_iter().map(InvoiceLine::from).collect(),
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
    let received = Receiving::of(invoice, amount, paid_on, method);
    let receipt = app.service.record_payment(new.request(), Target::Invoice(invoice), received).await?;
    Ok(created(Payment::of(&receipt, invoice)))
}
