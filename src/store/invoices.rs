//! Reads of documents and of what settles them.

use super::{Record, Result, Row, Statements, record};
use crate::domain::{
    AllocationKind, Cents, Collection, CustomerId, Invoice, InvoiceId, Payment, PaymentId, PaymentMethod, Repayment,
    words::words,
};
use chrono::{DateTime, NaiveDate, Utc};

/// One document.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: InvoiceId) -> Result<Option<Invoice>> {
    on.query("SELECT * FROM invoices WHERE id = $1").bind(id).optional().await
}

/// The documents of a customer: drafts, then the newest number first.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Invoice>> {
    on.query("SELECT * FROM invoices WHERE customer_id = $1 ORDER BY number IS NOT NULL, issued_on DESC, number DESC")
        .bind(customer)
        .all()
        .await
}

record! {
    /// An amount set against a document, with what it came from.
    pub struct Settled {
        /// What it is.
        pub kind: AllocationKind,
        /// How much; negative where it came undone.
        pub amount: Cents,
        /// What was open after it.
        pub open_after: Cents,
        /// When it was recorded.
        pub recorded_at: DateTime<Utc>,
        /// The payment.
        pub payment_id: Option<PaymentId>,
        /// Its value date.
        pub paid_on: Option<NaiveDate>,
        /// How it came.
        pub method: Option<PaymentMethod>,
        /// What the payer wrote.
        pub note: Option<String>,
        /// What of the whole payment still stands.
        pub standing: Option<Cents>,
        /// The credit note.
        pub credit_note_id: Option<InvoiceId>,
        /// Its number.
        pub credit_note_number: Option<String>,
    }
}

/// What settled a document, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn settled(on: &mut impl Statements, invoice: InvoiceId) -> Result<Vec<Settled>> {
    on.query(
        "SELECT allocations.kind, allocations.amount, open_after, allocations.recorded_at, payment_id, paid_on, method, note,
                CASE WHEN undone = 0 THEN payments.amount - reversed ELSE 0 END AS standing, credit_note_id,
                (SELECT number FROM invoices WHERE invoices.id = credit_note_id) AS credit_note_number
         FROM allocations JOIN transactions ON transactions.id = allocations.transaction_id
         LEFT JOIN payments ON payments.id = payment_id
         WHERE invoice_id = $1 ORDER BY transactions.seq, allocations.id",
    )
    .bind(invoice)
    .all()
    .await
}

/// The credit notes for an invoice, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn credit_notes(on: &mut impl Statements, invoice: InvoiceId) -> Result<Vec<Invoice>> {
    on.query("SELECT * FROM invoices WHERE credits = $1 ORDER BY number").bind(invoice).all().await
}

/// The attempts to collect an invoice, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn collections(on: &mut impl Statements, invoice: InvoiceId) -> Result<Vec<Collection>> {
    on.query("SELECT * FROM collections WHERE invoice_id = $1 ORDER BY attempt").bind(invoice).all().await
}

/// The document with this number or payment reference.
///
/// # Errors
/// What the database says.
pub async fn find(on: &mut impl Statements, number: &str, reference: &str) -> Result<Option<Invoice>> {
    on.query("SELECT * FROM invoices WHERE number = $1 OR reference = $2").bind(number).bind(reference).optional().await
}

/// A page of a customer's documents, the newest first, before `before`; drafts where `drafts` says so.
///
/// # Errors
/// What the database says.
pub async fn page_of(
    on: &mut impl Statements,
    customer: CustomerId,
    before: &str,
    drafts: bool,
    limit: i64,
) -> Result<Vec<Invoice>> {
    on.query(
        "SELECT * FROM invoices WHERE customer_id = $1 AND id < $2 AND (number IS NOT NULL OR $3 = 1)
         ORDER BY id DESC LIMIT $4",
    )
    .bind(customer)
    .bind(before)
    .bind(drafts)
    .bind(limit)
    .all()
    .await
}

/// The payments of a customer, the newest first.
///
/// # Errors
/// What the database says.
pub async fn payments_of(on: &mut impl Statements, customer: CustomerId, limit: i64) -> Result<Vec<Payment>> {
    on.query("SELECT * FROM payments WHERE customer_id = $1 AND undone = 0 ORDER BY paid_on DESC, id DESC LIMIT $2")
        .bind(customer)
        .bind(limit)
        .all()
        .await
}

record! {
    /// What of a payment was set against which invoice.
    pub struct PaidFor {
        /// The payment.
        pub payment_id: PaymentId,
        /// The invoice.
        pub invoice_id: InvoiceId,
        /// Its number.
        pub number: String,
        /// How much.
        pub amount: Cents,
    }
}

/// What these payments were for, in the order in which it was set against them.
///
/// # Errors
/// What the database says.
pub async fn paid_for(on: &mut impl Statements, payments: &[Payment]) -> Result<Vec<PaidFor>> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let ids = payments.iter().map(|payment| serde_json::Value::from(payment.id.to_string())).collect();
    on.query(
        "SELECT payment_id, invoice_id, invoices.number, allocations.amount
         FROM allocations JOIN invoices ON invoices.id = invoice_id
         WHERE payment_id {in} AND allocations.kind = 'payment' ORDER BY allocations.id",
    )
    .bind_json(ids)
    .all()
    .await
}

/// What was given back to a customer, the newest first (PAY-5).
///
/// # Errors
/// What the database says.
pub async fn repayments_of(on: &mut impl Statements, customer: CustomerId, limit: i64) -> Result<Vec<Repayment>> {
    on.query(
        "SELECT * FROM repayments WHERE customer_id = $1
           AND NOT EXISTS (SELECT 1 FROM unmatched WHERE unmatched.subject = repayments.id)
         ORDER BY paid_on DESC, id DESC LIMIT $2",
    )
    .bind(customer)
    .bind(limit)
    .all()
    .await
}

/// A document and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// The document.
    pub invoice: Invoice,
    /// Number of the customer.
    pub customer_number: i64,
    /// Name of the customer.
    pub customer_name: String,
}

impl Record for Owed {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            invoice: Invoice::read(row)?,
            customer_number: row.get("customer_number")?,
            customer_name: row.get("customer_name")?,
        })
    }
}

words! {
    /// Which documents are asked for.
    pub enum Which {
        /// All that were issued, the newest first.
        All = "all",
        /// Those that are not settled, the one that is due first first.
        Open = "open",
        /// … of these those that should have been paid already.
        Overdue = "overdue",
        /// Drafts, the oldest first.
        Drafts = "drafts",
        /// Credit notes, the newest first.
        CreditNotes = "credit_notes",
    }
}

/// Which documents, and after which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Which.
    pub which: Which,
    /// Where the page before ended, as [`Filter::cursor`] gives it; empty for the first.
    pub after: String,
}

impl Filter {
    /// From where a page begins; none where that is no place of this list.
    #[must_use]
    pub fn at(which: Which, after: Option<String>) -> Option<Self> {
        let after = after.unwrap_or_default();
        let dated = |(day, number): (&str, &str)| day.parse::<NaiveDate>().is_ok() && !number.contains('\0');
        let known = match which {
            _ if after.is_empty() => true,
            Which::Drafts => after.parse::<InvoiceId>().is_ok(),
            _ => after.split_once(' ').is_some_and(dated),
        };
        known.then_some(Self { which, after })
    }

    /// Where a page that ends with this document ends.
    #[must_use]
    pub fn cursor(&self, last: &Invoice) -> String {
        match (self.which, last.issued()) {
            (Which::Open | Which::Overdue, Some(issued)) => format!("{} {}", issued.due_on, issued.number),
            (_, Some(issued)) => format!("{} {}", issued.issued_on, issued.number),
            (_, None) => last.id.to_string(),
        }
    }
}

/// A page of documents.
///
/// # Errors
/// What the database says.
pub async fn list(on: &mut impl Statements, filter: &Filter, today: NaiveDate, limit: i64) -> Result<Vec<Owed>> {
    let (day, number) = filter.after.split_once(' ').unwrap_or(("", ""));
    match filter.which {
        Which::All | Which::CreditNotes => {
            let kind = if filter.which == Which::All { "" } else { "credit_note" };
            let day = if day.is_empty() { "9999-12-31" } else { day };
            on.query(
                "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
                 FROM invoices JOIN customers ON customers.id = customer_id
                 WHERE invoices.number IS NOT NULL AND (issued_on, invoices.number) < ($1, $2) AND ($3 = '' OR kind = $3)
                 ORDER BY issued_on DESC, invoices.number DESC LIMIT $4",
            )
            .bind(day)
            .bind(number)
            .bind(kind)
            .bind(limit)
            .all()
            .await
        }
        Which::Open | Which::Overdue => {
            let until = if filter.which == Which::Overdue { today.to_string() } else { "~".to_owned() };
            on.query(
                "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
                 FROM invoices JOIN customers ON customers.id = customer_id
                 WHERE invoices.number IS NOT NULL AND paid + credited < gross
                   AND (due_on, invoices.number) > ($1, $2) AND due_on < $3
                 ORDER BY due_on, invoices.number LIMIT $4",
            )
            .bind(day)
            .bind(number)
            .bind(until)
            .bind(limit)
            .all()
            .await
        }
        Which::Drafts => {
            on.query(
                "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
                 FROM invoices JOIN customers ON customers.id = customer_id
                 WHERE invoices.number IS NULL AND gross > 0 AND invoices.id > $1 ORDER BY invoices.id LIMIT $2",
            )
            .bind(filter.after.as_str())
            .bind(limit)
            .all()
            .await
        }
    }
}

/// Invoices that are not settled, the oldest number first, after number `after`.
///
/// # Errors
/// What the database says.
pub async fn open(on: &mut impl Statements, after: &str, limit: i64) -> Result<Vec<Owed>> {
    on.query(
        "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
         FROM invoices JOIN customers ON customers.id = customer_id
         WHERE invoices.number IS NOT NULL AND paid + credited < gross AND invoices.number > $1
         ORDER BY invoices.number LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// What is still to be paid in all, and how much of that was due before `today`.
///
/// # Errors
/// What the database says.
pub async fn owed(on: &mut impl Statements, today: NaiveDate) -> Result<(Cents, Cents)> {
    on.query(
        "SELECT CAST(COALESCE(SUM(gross - paid - credited), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN due_on < $1 THEN gross - paid - credited ELSE 0 END), 0) AS BIGINT)
         FROM invoices WHERE number IS NOT NULL AND paid + credited < gross",
    )
    .bind(today)
    .one()
    .await
}
