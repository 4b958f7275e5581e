//! Counters against the rows they count, over all customers at once. Chains and running totals are folded elsewhere,
//! from [`super::walk`].
//!
//! Each check lists what should be and what is as signed rows of one shape, and sums them by subject: a subject with
//! different sums is a difference, also where one side has no row at all.

use super::db::Query;
use super::walk::Paged;
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::{Cents, Invoice};

record! {
    /// A counter that differs from what it counts.
    pub struct Gap {
        /// Number of the customer; none when there is no such customer.
        pub number: Option<i64>,
        /// Identity of the row.
        pub subject: String,
        /// What the rows add up to.
        pub expected: i64,
        /// What the counter says.
        pub found: i64,
    }
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// The kind of row that has the counter.
    pub row: &'static str,
    /// The counter.
    pub figure: &'static str,
    sql: &'static str,
}

/// A check of signed rows `customer_id, subject, expected, found`.
macro_rules! check {
    ($row:literal, $figure:literal, $rows:expr) => {
        Check {
            row: $row,
            figure: $figure,
            sql: concat!(
                "SELECT customers.number, subject, expected, found
                 FROM (SELECT customer_id, subject, CAST(SUM(expected) AS BIGINT) AS expected,
                              CAST(SUM(found) AS BIGINT) AS found
                       FROM (",
                $rows,
                ") AS signed GROUP BY customer_id, subject HAVING SUM(expected) <> SUM(found)
                       ORDER BY customer_id, subject LIMIT 1) AS gap
                 LEFT JOIN customers ON customers.id = gap.customer_id"
            ),
        }
    };
}

/// A check of one figure of the days of tickets, against the entries that count on them.
macro_rules! check_day {
    ($figure:literal, $of_entry:literal) => {
        check!(
            "ticket, day and version",
            $figure,
            concat!(
                "SELECT customer_id, ticket_id || ' ' || worked_on || ' ' || policy_version AS subject, ",
                $of_entry,
                " AS expected, 0 AS found FROM time_entries WHERE reversed_by IS NULL AND arithmetic IS NOT NULL
                 UNION ALL SELECT customer_id, ticket_id || ' ' || worked_on || ' ' || policy_version, 0, ",
                $figure,
                " FROM ticket_days"
            )
        )
    };
}

/// Every counter that is not folded along a chain.
pub const CHECKS: [Check; 44] = [
    check!(
        "hold of estimate and card",
        "minutes",
        "SELECT customer_id, estimate_id || ' ' || card_id AS subject,
                CASE WHEN to_account = 'held' THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM movements WHERE from_account = 'held' OR to_account = 'held'
         UNION ALL SELECT customer_id, estimate_id || ' ' || card_id, 0, minutes FROM holds"
    ),
    check!(
        "estimate",
        "held",
        "SELECT customer_id, estimate_id AS subject,
                CASE WHEN to_account = 'held' THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM movements WHERE from_account = 'held' OR to_account = 'held'
         UNION ALL SELECT customer_id, id, 0, held FROM estimates"
    ),
    check!(
        "estimate",
        "used",
        "SELECT customer_id, estimate_id AS subject,
                CASE WHEN to_account = 'used' THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM movements WHERE estimate_id IS NOT NULL AND (from_account = 'used' OR to_account = 'used')
         UNION ALL SELECT customer_id, id, 0, used FROM estimates"
    ),
    check!(
        "time entry and its transaction",
        "count",
        "SELECT customer_id, COALESCE(time_entry_id, '?') || ' ' || id AS subject, 1 AS expected, 0 AS found
         FROM transactions WHERE kind = 'time'
         UNION ALL SELECT customer_id, id || ' ' || transaction_id, 0, 1 FROM time_entries"
    ),
    check!(
        "time entry and its reversal",
        "count",
        "SELECT customer_id, COALESCE(time_entry_id, '?') || ' ' || id AS subject, 1 AS expected, 0 AS found
         FROM transactions WHERE kind = 'reversal'
         UNION ALL SELECT customer_id, id || ' ' || reversed_by, 0, 1 FROM time_entries WHERE reversed_by IS NOT NULL"
    ),
    check!(
        "time entry",
        "worked",
        "SELECT customer_id, COALESCE(time_entry_id, '?') AS subject, COALESCE(worked, 0) AS expected, 0 AS found
         FROM transactions WHERE kind = 'time'
         UNION ALL SELECT customer_id, id, 0, worked FROM time_entries"
    ),
    check!(
        "time entry",
        "charged",
        "SELECT transactions.customer_id, COALESCE(time_entry_id, '?') AS subject, minutes AS expected, 0 AS found
         FROM transactions
         JOIN movements ON movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
         WHERE kind = 'time'
         UNION ALL SELECT customer_id, id, 0, charged FROM time_entries"
    ),
    check!(
        "time entry",
        "uncovered",
        "SELECT transactions.customer_id, COALESCE(time_entry_id, '?') AS subject,
                CASE WHEN to_account = 'uncovered' THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM transactions
         JOIN movements ON movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
         WHERE from_account = 'uncovered' OR to_account = 'uncovered'
         UNION ALL SELECT customer_id, id, 0, uncovered FROM time_entries"
    ),
    check!(
        "time entry",
        "repriced",
        "SELECT transactions.customer_id, COALESCE(time_entry_id, '?') AS subject,
                CASE WHEN to_account IN ('used', 'uncovered') THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM transactions
         JOIN movements ON movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
         WHERE kind = 'repricing'
         UNION ALL SELECT customer_id, id, 0, repriced FROM time_entries"
    ),
    check_day!("entries", "1"),
    check_day!("worked", "worked"),
    check_day!("weighted", "weighted"),
    check_day!("surcharged", "surcharged"),
    check_day!("charged", "charged + repriced"),
    check!(
        "time entry",
        "invoiced",
        "SELECT transactions.customer_id, COALESCE(transactions.time_entry_id, '?') AS subject, minutes AS expected,
                0 AS found
         FROM transactions
         JOIN movements ON movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
         WHERE kind = 'invoiced' AND NOT EXISTS (SELECT 1 FROM time_entries WHERE reversed_by IS NOT NULL
                                                 AND time_entries.id = transactions.time_entry_id)
         UNION ALL SELECT customer_id, id, 0, invoiced FROM time_entries"
    ),
    check!(
        "ticket and its decision about who pays",
        "count",
        "SELECT customer_id, ticket_id || ' ' || id || ' ' || cover AS subject, 1 AS expected, 0 AS found
         FROM coverage_decisions AS decided
         WHERE NOT EXISTS (SELECT 1 FROM coverage_decisions AS newer WHERE newer.replaces = decided.id)
         UNION ALL SELECT customer_id, id || ' ' || coverage_id || ' ' || cover, 0, 1 FROM tickets"
    ),
    check!(
        "ticket",
        "charged",
        "SELECT customer_id, ticket_id AS subject, charged + repriced AS expected, 0 AS found
         FROM time_entries WHERE reversed_by IS NULL
         UNION ALL SELECT customer_id, id, 0, charged FROM tickets"
    ),
    check!(
        "fair use by day",
        "counted",
        "SELECT customer_id, worked_on AS subject, counted AS expected, 0 AS found
         FROM time_entries WHERE counted > 0 AND reversed_by IS NULL
         UNION ALL SELECT customer_id, day, 0, counted FROM fair_use_days"
    ),
    check!(
        "fair use of customer",
        "counted",
        "SELECT customer_id, customer_id AS subject, counted AS expected, 0 AS found
         FROM fair_use_days, fair_use_window WHERE day > floor
         UNION ALL SELECT customer_id, customer_id, 0, counted FROM fair_use_customers"
    ),
    check!(
        "fair use of customer",
        "first_day",
        "SELECT id AS customer_id, id AS subject, fair_use_calendar.number AS expected, 0 AS found
         FROM customers JOIN fair_use_calendar ON day = contract_start
         UNION ALL SELECT customer_id, customer_id, 0, first_day FROM fair_use_customers"
    ),
    check!(
        "fair use of customer",
        "last_day",
        "SELECT id AS customer_id, id AS subject, fair_use_calendar.number AS expected, 0 AS found
         FROM customers JOIN fair_use_calendar ON day = contract_end
         UNION ALL SELECT customer_id, customer_id, 0, last_day FROM fair_use_customers WHERE last_day IS NOT NULL"
    ),
    check!(
        "calendar of fair use",
        "joined",
        "SELECT '' AS customer_id, contract_start AS subject, 1 AS expected, 0 AS found FROM customers
         UNION ALL SELECT '', day, 0, joined FROM fair_use_calendar"
    ),
    check!(
        "calendar of fair use",
        "ended",
        "SELECT '' AS customer_id, contract_end AS subject, 1 AS expected, 0 AS found
         FROM customers WHERE contract_end IS NOT NULL
         UNION ALL SELECT '', day, 0, ended FROM fair_use_calendar"
    ),
    check!(
        "calendar of fair use",
        "counted",
        "SELECT '' AS customer_id, day AS subject, counted AS expected, 0 AS found FROM fair_use_days
         UNION ALL SELECT '', day, 0, counted FROM fair_use_calendar"
    ),
    // What settles an invoice, by kind; a credit note settles itself.
    check!(
        "invoice",
        "paid",
        "SELECT customer_id, invoice_id AS subject, amount AS expected, 0 AS found
         FROM allocations WHERE kind <> 'credit_note'
         UNION ALL SELECT customer_id, id, gross, 0 FROM invoices WHERE kind = 'credit_note' AND number IS NOT NULL
         UNION ALL SELECT customer_id, id, 0, paid FROM invoices"
    ),
    check!(
        "invoice",
        "credited",
        "SELECT customer_id, invoice_id AS subject, amount AS expected, 0 AS found
         FROM allocations WHERE kind = 'credit_note'
         UNION ALL SELECT customer_id, id, 0, credited FROM invoices"
    ),
    check!(
        "invoice",
        "reversed",
        "SELECT allocations.customer_id, invoice_id AS subject, -allocations.amount AS expected, 0 AS found
         FROM allocations JOIN payments ON payments.id = payment_id
         WHERE undone = 0 AND (kind = 'reversal' OR (kind = 'unmatch' AND allocations.amount > 0))
         UNION ALL SELECT customer_id, id, 0, reversed FROM invoices"
    ),
    // What is posted for an invoice and its credit notes is what is open of it.
    check!(
        "invoice",
        "open, on receivable",
        "SELECT postings.customer_id, COALESCE(invoices.credits, invoices.id, '?') AS subject, amount AS expected,
                0 AS found
         FROM postings LEFT JOIN invoices ON invoices.id = postings.invoice_id WHERE account = 'receivable'
         UNION ALL SELECT customer_id, id, 0, gross - paid - credited FROM invoices WHERE number IS NOT NULL"
    ),
    check!(
        "customer",
        "credit",
        "SELECT customer_id, customer_id AS subject, -amount AS expected, 0 AS found
         FROM postings WHERE account = 'customer_credit'
         UNION ALL SELECT id, id, 0, credit FROM customers"
    ),
    check!(
        "customer",
        "VAT of its documents",
        "SELECT customer_id, customer_id AS subject, -amount AS expected, 0 AS found FROM postings WHERE account = 'vat'
         UNION ALL SELECT customer_id, customer_id, 0, CASE WHEN kind = 'invoice' THEN vat ELSE -vat END
                   FROM invoices WHERE number IS NOT NULL"
    ),
    // Money in, less what came undone, what was given back, and what the bank charged.
    check!(
        "customer",
        "money at the bank",
        "SELECT customer_id, customer_id AS subject, amount AS expected, 0 AS found FROM postings WHERE account = 'bank'
         UNION ALL SELECT customer_id, customer_id, 0, amount - costs FROM payments
                   WHERE method <> 'other' AND undone = 0
         UNION ALL SELECT customer_id, customer_id, 0, paid_out FROM payments
         UNION ALL SELECT customer_id, customer_id, 0, -amount FROM repayments
                   WHERE NOT EXISTS (SELECT 1 FROM unmatched WHERE unmatched.subject = repayments.id)
         UNION ALL SELECT customer_id, customer_id, 0, -amount FROM bank_costs
                   WHERE NOT EXISTS (SELECT 1 FROM unmatched WHERE unmatched.subject = bank_costs.id)
         UNION ALL SELECT customer_id, customer_id, 0, -amount FROM reversals WHERE money_back = 1
         UNION ALL SELECT customer_id, customer_id, 0, -charge FROM reversals"
    ),
    check!(
        "customer",
        "money received otherwise",
        "SELECT customer_id, customer_id AS subject, amount AS expected, 0 AS found
         FROM postings WHERE account = 'other_money'
         UNION ALL SELECT customer_id, customer_id, 0, amount - costs - paid_out FROM payments
                   WHERE method = 'other' AND undone = 0
         UNION ALL SELECT reversals.customer_id, reversals.customer_id, 0, -reversals.amount
                   FROM reversals JOIN payments ON payments.id = payment_id
                   WHERE method = 'other' AND reversals.undone = 0 AND money_back = 0"
    ),
    // What of a payment came undone is what its reversals say; how that was split over invoices and credit shows above.
    check!(
        "payment",
        "reversed",
        "SELECT customer_id, payment_id AS subject, amount AS expected, 0 AS found
         FROM reversals WHERE payment_id IS NOT NULL AND undone = 0
         UNION ALL SELECT customer_id, id, 0, reversed FROM payments"
    ),
    check!(
        "collection and its payment",
        "count",
        "SELECT customer_id, collection_id || ' ' || id AS subject, 1 AS expected, 0 AS found
         FROM payments WHERE collection_id IS NOT NULL AND undone = 0
         UNION ALL SELECT customer_id, id || ' ' || payment_id, 0, 1 FROM collections WHERE payment_id IS NOT NULL"
    ),
    check!(
        "collection and its reversal",
        "count",
        "SELECT customer_id, collection_id || ' ' || id AS subject, 1 AS expected, 0 AS found
         FROM reversals WHERE collection_id IS NOT NULL AND undone = 0
         UNION ALL SELECT customer_id, id || ' ' || reversal_id, 0, 1 FROM collections WHERE reversal_id IS NOT NULL"
    ),
    check!(
        "hold of estimate and card",
        "frozen",
        "SELECT customer_id, estimate_id || ' ' || card_id AS subject,
                CASE WHEN to_account = 'frozen' THEN minutes ELSE -minutes END AS expected, 0 AS found
         FROM movements WHERE estimate_id IS NOT NULL AND (from_account = 'frozen' OR to_account = 'frozen')
         UNION ALL SELECT customer_id, estimate_id || ' ' || card_id, 0, frozen FROM holds"
    ),
    check!(
        "transaction and its entry in the journal",
        "count",
        "SELECT customer_id, CAST(seq AS TEXT) || ' ' || booked_on AS subject, 1 AS expected, 0 AS found
         FROM (SELECT DISTINCT customer_id, seq, booked_on FROM postings) AS posted
         UNION ALL SELECT customer_id, CAST(seq AS TEXT) || ' ' || booked_on, 0, 1 FROM journal_entries"
    ),
    check!(
        "account and day",
        "debit",
        "SELECT '' AS customer_id, account || ' ' || booked_on AS subject,
                CASE WHEN amount > 0 THEN amount ELSE 0 END AS expected, 0 AS found FROM postings
         UNION ALL SELECT '', account || ' ' || day, 0, debit FROM account_days"
    ),
    check!(
        "account and day",
        "credit",
        "SELECT '' AS customer_id, account || ' ' || booked_on AS subject,
                CASE WHEN amount < 0 THEN -amount ELSE 0 END AS expected, 0 AS found FROM postings
         UNION ALL SELECT '', account || ' ' || day, 0, credit FROM account_days"
    ),
    check!(
        "card for an installation",
        "of the same customer",
        "SELECT cards.customer_id, cards.id AS subject, 1 AS expected,
                CASE WHEN installations.customer_id = cards.customer_id THEN 1 ELSE 0 END AS found
         FROM cards LEFT JOIN installations ON installations.id = installation_id WHERE installation_id IS NOT NULL"
    ),
    check!(
        "note without transaction",
        "count",
        "SELECT customer_id, transaction_id AS subject, 0 AS expected, 1 AS found FROM notes
         WHERE NOT EXISTS (SELECT 1 FROM transactions WHERE transactions.id = notes.transaction_id)"
    ),
    // What was told of a return by one side only.
    check!(
        "customer",
        "money in transit",
        "SELECT customer_id, customer_id AS subject, amount AS expected, 0 AS found
         FROM postings WHERE account = 'in_transit'
         UNION ALL SELECT customer_id, customer_id, 0, amount FROM reversals WHERE money_back = 1
         UNION ALL SELECT reversals.customer_id, reversals.customer_id, 0, -reversals.amount
                   FROM reversals JOIN payments ON payments.id = payment_id
                   WHERE reversals.undone = 0 AND (method <> 'other' OR money_back = 1)"
    ),
    check!(
        "customer",
        "what banks charged",
        "SELECT customer_id, customer_id AS subject, amount AS expected, 0 AS found
         FROM postings WHERE account = 'bank_charges'
         UNION ALL SELECT customer_id, customer_id, 0, costs FROM payments WHERE undone = 0
         UNION ALL SELECT customer_id, customer_id, 0, amount FROM bank_costs
                   WHERE NOT EXISTS (SELECT 1 FROM unmatched WHERE unmatched.subject = bank_costs.id)
         UNION ALL SELECT customer_id, customer_id, 0, charge FROM reversals"
    ),
    // BANK-4: the transactions that name a line move exactly its money on our account, those of a line that is not booked
    // nothing. A line that is being booked at this moment is left out.
    check!(
        "bank line",
        "effect on the account of the bank",
        "SELECT '' AS customer_id, id AS subject,
                CASE WHEN state <> 'booked' OR account = '' THEN 0
                     WHEN direction = 'credit' THEN amount - charge ELSE -(amount + charge) END AS expected, 0 AS found
         FROM bank_lines WHERE state <> 'new'
         UNION ALL SELECT '', bank_line_id, 0, amount
                   FROM transactions
                   JOIN postings ON postings.customer_id = transactions.customer_id
                                AND postings.seq = transactions.seq AND postings.account = 'bank'
                   WHERE bank_line_id IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM bank_lines WHERE bank_lines.id = bank_line_id AND state = 'new')
         UNION ALL SELECT '', line_id, 0, postings.amount
                   FROM bank_proofs JOIN payments ON payments.id = payment_id
                   JOIN transactions ON transactions.id = payments.transaction_id
                   JOIN postings ON postings.customer_id = transactions.customer_id
                                AND postings.seq = transactions.seq AND postings.account = 'bank'"
    ),
];

/// The first row that fails a check, by customer and identity.
///
/// # Errors
/// What the database says.
pub async fn first_gap(tx: &mut Tx, check: &Check) -> Result<Option<Gap>> {
    tx.query(check.sql).optional().await
}

/// How many transactions there are, to tell how far a walk is.
///
/// # Errors
/// What the database says.
pub async fn count_transactions(tx: &mut Tx) -> Result<i64> {
    let (count,) = tx.query("SELECT COUNT(*) FROM transactions").one().await?;
    Ok(count)
}

/// A document with what is compared with it.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// The document.
    pub invoice: Invoice,
    /// Number of its customer; none when there is no such customer.
    pub customer_number: Option<i64>,
    /// Sum ex VAT of the credit notes for it.
    pub notes_net: Cents,
}

impl Record for DocumentRow {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            invoice: Invoice::read(row)?,
            customer_number: row.get("customer_number")?,
            notes_net: row.get("notes_net")?,
        })
    }
}

impl Paged for DocumentRow {
    type Key = String;
    const PAGE_AFTER: &'static str = "SELECT invoices.*, customers.number AS customer_number,
                COALESCE((SELECT CAST(SUM(net) AS BIGINT) FROM invoices AS notes WHERE notes.credits = invoices.id), 0)
                    AS notes_net
         FROM invoices LEFT JOIN customers ON customers.id = invoices.customer_id
         WHERE invoices.id > $1 ORDER BY invoices.id LIMIT 1000";

    fn start() -> String {
        String::new()
    }

    fn key(&self) -> String {
        self.invoice.id.to_string()
    }

    fn bind<'q>(query: Query<'q>, key: &String) -> Query<'q> {
        query.bind(key.as_str())
    }
}

/// The next free numbers, by name.
///
/// # Errors
/// What the database says.
pub async fn counters(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    tx.query("SELECT name, next FROM counters ORDER BY name").all().await
}
