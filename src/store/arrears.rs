//! Reads of arrears: who is late, what was done about it, and what is to be reminded of (PAY-4).

use super::{Record, Result, Row, Statements, record};
use crate::domain::{ArrearsEvent, Cents, Collection, CustomerId, Mandate, Payment, words::words};
use crate::store::invoices::Owed;
use chrono::NaiveDate;

/// How a line of a reactivation fee is stored; quotes within texts are escaped, so nothing else reads like it.
const REACTIVATION: &str = "%\"source\":{\"kind\":\"reactivation\"}%";

record! {
    /// A customer in arrears, or paused.
    pub struct Late {
        /// Identity.
        pub id: CustomerId,
        /// Number.
        pub number: i64,
        /// Name.
        pub name: String,
        /// What should have been paid, reactivation fees left out.
        pub overdue: Cents,
        /// Reactivation fees that should have been paid.
        pub fees: Cents,
        /// How many invoices that is.
        pub invoices: i64,
        /// Since when the oldest of them is due; none when nothing is.
        pub oldest_due: Option<NaiveDate>,
        /// What it paid too much.
        pub credit: Cents,
        /// Since when its account is paused.
        pub paused_on: Option<NaiveDate>,
        /// The last day of its arrangement, which may be over.
        pub arranged_until: Option<NaiveDate>,
    }
}

words! {
    /// Which customers are asked for.
    pub enum WhichLate {
        /// All that are late or paused.
        All = "all",
        /// Those that are late, and neither paused nor under an arrangement.
        Open = "open",
        /// Those that are paused.
        Paused = "paused",
        /// Those with an arrangement that holds.
        Arranged = "arranged",
    }
}

/// Customers in arrears, the one that is late longest first, after `after` (day and number).
///
/// # Errors
/// What the database says.
pub async fn list(
    on: &mut impl Statements,
    which: WhichLate,
    today: NaiveDate,
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<Late>> {
    let (day, number) = after.map_or_else(|| (String::new(), 0), |(day, number)| (day.to_string(), number));
    on.query(
        "SELECT customers.id, customers.number, name, credit, paused_on, arranged_until, oldest_due,
                COALESCE(overdue, 0) AS overdue, COALESCE(fees, 0) AS fees, COALESCE(invoices, 0) AS invoices
         FROM customers LEFT JOIN (
             SELECT customer_id, MIN(due_on) AS oldest_due, CAST(COUNT(*) AS BIGINT) AS invoices,
                    CAST(SUM(CASE WHEN lines LIKE $1 THEN 0 ELSE gross - paid - credited END) AS BIGINT) AS overdue,
                    CAST(SUM(CASE WHEN lines LIKE $1 THEN gross - paid - credited ELSE 0 END) AS BIGINT) AS fees
             FROM invoices WHERE number IS NOT NULL AND paid + credited < gross AND due_on < $2
             GROUP BY customer_id) AS late ON late.customer_id = customers.id
         WHERE (oldest_due IS NOT NULL OR paused_on IS NOT NULL)
           AND (COALESCE(oldest_due, '9999-12-31'), customers.number) > ($3, $4)
           AND ($5 = 'all' OR ($5 = 'paused' AND paused_on IS NOT NULL)
                OR ($5 = 'arranged' AND arranged_until >= $2)
                OR ($5 = 'open' AND paused_on IS NULL AND (arranged_until IS NULL OR arranged_until < $2)))
         ORDER BY COALESCE(oldest_due, '9999-12-31'), customers.number LIMIT $6",
    )
    .bind(REACTIVATION)
    .bind(today)
    .bind(day)
    .bind(number)
    .bind(which)
    .bind(limit)
    .all()
    .await
}

super::columns::texts!(WhichLate);

/// An event with who recorded it.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// The event.
    pub event: ArrearsEvent,
    /// Name of who recorded it; none when a payment did.
    pub by_name: Option<String>,
    /// Number of the document of a fee.
    pub invoice_number: Option<String>,
}

impl Record for Happened {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            event: ArrearsEvent::read(row)?,
            by_name: row.get("by_name")?,
            invoice_number: row.get("invoice_number")?,
        })
    }
}

/// What happened about the arrears of a customer, the newest first.
///
/// # Errors
/// What the database says.
pub async fn events(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Happened>> {
    on.query(
        "SELECT arrears_events.*, users.name AS by_name, invoices.number AS invoice_number
         FROM arrears_events LEFT JOIN users ON users.id = recorded_by LEFT JOIN invoices ON invoices.id = invoice_id
         WHERE arrears_events.customer_id = $1 ORDER BY arrears_events.id DESC",
    )
    .bind(customer)
    .all()
    .await
}

/// Invoices that had `reminders` reminders, the last on `last` or earlier, are due since `until` or longer, and after which comes no collection or
/// arrangement that would make a reminder wrong: the one that is due longest first.
///
/// # Errors
/// What the database says.
pub async fn to_remind(
    on: &mut impl Statements,
    (reminders, until, last): (i64, NaiveDate, NaiveDate),
    today: NaiveDate,
    after: Option<(NaiveDate, String)>,
    limit: i64,
) -> Result<Vec<Owed>> {
    let (day, number) = after.map_or_else(Default::default, |(day, number)| (day.to_string(), number));
    on.query(
        "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
         FROM invoices JOIN customers ON customers.id = customer_id
         WHERE invoices.number IS NOT NULL AND paid + credited < gross AND due_on <= $1 AND reminders = $2
           AND (reminded_on IS NULL OR reminded_on <= $7)
           AND (due_on, invoices.number) > ($3, $4) AND (arranged_until IS NULL OR arranged_until < $5)
           AND NOT EXISTS (SELECT 1 FROM collections WHERE collections.invoice_id = invoices.id
                           AND settled_on IS NULL AND reversal_id IS NULL AND cancelled_at IS NULL)
         ORDER BY due_on, invoices.number LIMIT $6",
    )
    .bind(until)
    .bind(reminders)
    .bind(day)
    .bind(number)
    .bind(today)
    .bind(limit)
    .bind(last)
    .all()
    .await
}

/// The mandates of a customer, the newest first.
///
/// # Errors
/// What the database says.
pub async fn mandates(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Mandate>> {
    on.query("SELECT * FROM mandates WHERE customer_id = $1 ORDER BY id DESC").bind(customer).all().await
}

/// Payments of a customer of which something stands, the newest first.
///
/// # Errors
/// What the database says.
pub async fn payments(on: &mut impl Statements, customer: CustomerId, limit: i64) -> Result<Vec<Payment>> {
    on.query(
        "SELECT * FROM payments WHERE customer_id = $1 AND undone = 0 AND reversed < amount ORDER BY paid_on DESC, id DESC LIMIT $2",
    )
    .bind(customer)
    .bind(limit)
    .all()
    .await
}

/// Collections of a customer that nobody has answered yet, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn unanswered(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Collection>> {
    on.query(
        "SELECT * FROM collections WHERE customer_id = $1 AND batch IS NOT NULL AND settled_on IS NULL
         AND reversal_id IS NULL ORDER BY collect_on, id",
    )
    .bind(customer)
    .all()
    .await
}
