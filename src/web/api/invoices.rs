//! Documents: drafts with their lines, invoices and credit notes. Money for them is in [`super::payments`].

use super::payments::Payment;
use super::{Amount, Created, Empty, Found, List, created, found, paging};
use crate::domain::{
    self, CardId, Cents, CustomerId, Doing, InvoiceId, Minutes, MissingField, Standing,
    command::{Crediting, NewLine},
    document::{DocumentKind, Quantity},
};
use crate::service::invoices::{Filter, InvoiceView, Owed, Which};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write, bad_cursor, limit, position};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
    /// What credit notes took off, VAT included.
    credited: Amount,
    /// What is still to be paid.
    open: Amount,
    /// How many reminders were sent.
    reminders: i64,
    /// The payments, the oldest first; negative where one came undone.
    payments: Vec<Payment>,
    /// Of an order or fee that waits, or waited, as a draft: what was missing (PAY-1a).
    waits_for: Vec<MissingField>,
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
            credited: Amount(issued.map_or(Cents::ZERO, |issued| issued.credited)),
            reminders: issued.map_or(0, |issued| issued.reminders),
            open: Amount(invoice.open()),
            payments: Vec::new(),
            waits_for: invoice.waits_for,
            lines: invoice.lines.into_iter().map(InvoiceLine::from).collect(),
        }
    }
}

/// Read an invoice
#[utoipa::path(get, path = "/api/v1/invoices/{id}", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    responses((status = 200, description = "The invoice with its payments", body = Invoice)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<InvoiceId>) -> Found<Invoice> {
    Ok(found(app.service.invoice(&caller, id).await?))
}

/// A document in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedInvoice {
    /// Identity.
    id: InvoiceId,
    /// Invoice or credit note.
    kind: DocumentKind,
    /// How far it is settled.
    status: Standing,
    /// Its number; none for a draft.
    number: Option<String>,
    /// The 16 digits by which a payment is recognised; none for a draft.
    payment_reference: Option<String>,
    /// Whose.
    customer_id: CustomerId,
    /// Day of issue; none for a draft.
    issued_on: Option<NaiveDate>,
    /// Last day to pay; none for a draft.
    due_on: Option<NaiveDate>,
    /// What must be paid, or is given back.
    gross: Amount,
    /// What is still to be paid.
    open: Amount,
}

impl From<domain::Invoice> for ListedInvoice {
    fn from(invoice: domain::Invoice) -> Self {
        let issued = invoice.issued();
        Self {
            id: invoice.id,
            kind: invoice.kind,
            status: invoice.standing(),
            number: issued.map(|issued| issued.number.clone()),
            payment_reference: issued.map(|issued| issued.reference.clone()),
            customer_id: invoice.customer_id,
            issued_on: issued.map(|issued| issued.issued_on),
            due_on: issued.map(|issued| issued.due_on),
            gross: Amount(invoice.gross),
            open: Amount(invoice.open()),
        }
    }
}

impl From<Owed> for ListedInvoice {
    fn from(owed: Owed) -> Self {
        owed.invoice.into()
    }
}

/// Which documents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichInvoices {
    /// `all`, `open`, `overdue`, `drafts` or `credit_notes`; all that were issued when left out.
    #[param(value_type = Option<String>, example = "open")]
    which: Option<Which>,
    /// The one with this number or payment reference.
    find: Option<String>,
    /// How many items, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before, of the same list.
    cursor: Option<String>,
}

/// List invoices
///
/// Of all customers: open ones begin with the one that is due first, others with the newest. For finance.
#[utoipa::path(get, path = "/api/v1/invoices", tag = "invoices", params(WhichInvoices),
    responses((status = 200, description = "A page of documents", body = List<ListedInvoice>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<WhichInvoices>,
) -> Found<List<ListedInvoice>> {
    let limit = limit(asked.limit)?;
    caller.may(Doing::KeepBooks)?;
    if let Some(text) = asked.find {
        let rows = match app.service.find_invoice(&caller, &text).await {
            Ok(invoice) => vec![invoice],
            Err(crate::service::Error::NotFound(_)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        return Ok(found(List::page(rows, limit, |invoice| invoice.id.to_string())));
    }
    let after = position(asked.cursor.as_deref())?;
    let filter = Filter::at(asked.which.unwrap_or(Which::All), after).ok_or_else(bad_cursor)?;
    let rows = app.service.invoices(&caller, &filter, limit + 1).await?;
    Ok(found(List::page(rows, limit, |owed| filter.cursor(&owed.invoice))))
}

/// List the invoices of a customer
///
/// The newest first, credit notes too; drafts for staff only.
#[utoipa::path(get, path = "/api/v1/customers/{id}/invoices", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of documents", body = List<ListedInvoice>)))]
pub(super) async fn of_customer(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<ListedInvoice>> {
    let (limit, before) = paging(limit, cursor.as_deref())?;
    let rows = app.service.invoices_page(&caller, customer, before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |invoice| invoice.id.to_string())))
}

/// Issue an invoice
///
/// A draft gets its number and never changes again (PAY-1). For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/issue", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The draft")),
    request_body = Empty, responses((status = 201, description = "The invoice, as issued", body = Invoice)))]
pub(super) async fn issue(State(app): State<App>, Id(id): Id<InvoiceId>, asked: Write<Empty>) -> Created<Invoice> {
    Ok(created(app.service.issue_invoice(asked.request(), id).await?))
}

/// What is taken off an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredit {
    /// Why; printed on the credit note.
    #[schema(max_length = 200)]
    reason: String,
    /// Which line, from 0; all that can be credited when left out.
    #[schema(minimum = 0)]
    line: Option<usize>,
    /// How much of that line, ex VAT; needed with `line`.
    #[schema(examples("71.25"))]
    net: Option<String>,
}

impl NewCredit {
    fn read(&self) -> Result<(Crediting, String), Problem> {
        let mut fields = Fields::default();
        let reason = fields.line("reason", &self.reason);
        let net = fields.amount("net", self.net.as_deref());
        let crediting = match (self.line, net) {
            (Some(line), Some(net)) => Crediting::Part { line, net },
            (Some(_), None) if self.net.is_none() => {
                fields.fault("net", "is needed with `line`");
                Crediting::Whole
            }
            (None, Some(_)) => {
                fields.fault("line", "is needed with `net`");
                Crediting::Whole
            }
            _ => Crediting::Whole,
        };
        fields.done()?;
        Ok((crediting, reason))
    }
}

/// Credit an invoice
///
/// As a whole or a part of one line, by a credit note (PAY-1): of an order of a card that was not granted everything, of a
/// granted card what is unspent, of other lines what was not credited before. What was paid already becomes the customer's
/// credit. For finance.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/credit", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The invoice")),
    request_body = NewCredit, responses((status = 201, description = "The credit note", body = Invoice)))]
pub(super) async fn credit(State(app): State<App>, Id(id): Id<InvoiceId>, new: Write<NewCredit>) -> Created<Invoice> {
    let (crediting, reason) = new.body.read()?;
    Ok(created(app.service.credit_invoice(new.request(), id, crediting, reason).await?))
}

/// A document that something was done on.
#[derive(Debug, Serialize, ToSchema)]
pub struct TouchedInvoice {
    /// Its identity.
    invoice_id: InvoiceId,
    /// Whose.
    customer_id: CustomerId,
    /// Its number; none for a draft.
    number: Option<String>,
}

impl From<domain::Invoice> for TouchedInvoice {
    fn from(invoice: domain::Invoice) -> Self {
        let number = invoice.issued().map(|issued| issued.number.clone());
        Self { invoice_id: invoice.id, customer_id: invoice.customer_id, number }
    }
}

/// A line for a draft: pieces or minutes, one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvoiceLine {
    /// What for.
    #[schema(max_length = 200)]
    description: String,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 100_000)]
    pieces: Option<i64>,
    /// How many minutes.
    #[schema(minimum = 1, maximum = 600_000)]
    minutes: Option<i64>,
    /// Price of a piece or of an hour, ex VAT.
    #[schema(examples("95.00"))]
    unit_price: String,
}

impl NewInvoiceLine {
    fn read(&self) -> Result<NewLine, Problem> {
        let mut fields = Fields::default();
        let description = fields.line("description", &self.description);
        let unit_price = fields.needed_amount("unit_price", &self.unit_price);
        let quantity = match (self.pieces, self.minutes) {
            (Some(pieces), None) => Quantity::Pieces(pieces),
            (None, Some(minutes)) => Quantity::Minutes(Minutes(minutes)),
            _ => {
                fields.fault("pieces", "expected `pieces` or `minutes`, one of the two");
                Quantity::Pieces(0)
            }
        };
        fields.done()?;
        Ok(NewLine { description, quantity, unit_price })
    }
}

/// Write a line on a draft
///
/// On the customer's draft, which is made where there is none. For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/invoice-lines", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewInvoiceLine, responses((status = 201, description = "The draft it is on", body = TouchedInvoice)))]
pub(super) async fn write_line(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewInvoiceLine>,
) -> Created<TouchedInvoice> {
    Ok(created(app.service.write_line(new.request(), customer, new.body.read()?).await?))
}

/// A line to be taken off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasedLine {
    /// Which one, from 0, as the draft stands.
    #[schema(minimum = 0)]
    line: usize,
}

/// Take a line off a draft
///
/// One that was written by hand; work is taken off by reversing it. The line of an order that waits for an address withdraws
/// the order, as long as no minutes were granted (PAY-1a). For finance. A POST, so that a key makes a repetition
/// harmless.
#[utoipa::path(post, path = "/api/v1/invoices/{id}/erase-line", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The draft")),
    request_body = ErasedLine, responses((status = 201, description = "It is off", body = TouchedInvoice)))]
pub(super) async fn erase_line(
    State(app): State<App>,
    Id(id): Id<InvoiceId>,
    asked: Write<ErasedLine>,
) -> Created<TouchedInvoice> {
    Ok(created(app.service.erase_line(asked.request(), id, asked.body.line).await?))
}
