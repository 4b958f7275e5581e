//! Reads of the ledger: lines, the statement of a page, balances as they were.

use super::{Record, Result, Row, Statements, record, users::LinkFrom};
use crate::domain::{
    CardId, CustomerId, Minutes, Movement, TicketId, TimeEntryId, Transaction, TransactionId, TransactionKind, UserId,
    charge::Arithmetic,
};
use chrono::{DateTime, NaiveDate, Utc};

/// A movement with what its transaction says: a line of the API's ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The row.
    pub movement: Movement,
    /// Why it was booked.
    pub kind: TransactionKind,
    /// Identity of its transaction.
    pub transaction_id: TransactionId,
    /// The entry it is about.
    pub time_entry_id: Option<TimeEntryId>,
    /// The day of the work.
    pub worked_on: Option<NaiveDate>,
    /// The day it counts on.
    pub booked_on: NaiveDate,
    /// Who did it.
    pub by: Option<UserId>,
    /// The name of who did it; none for the service itself.
    pub by_name: Option<String>,
    /// By whose link that login was opened.
    pub link: Option<LinkFrom>,
    /// Its free text; none once it was erased.
    pub reason: Option<String>,
    /// The transaction that it reverses.
    pub reverses: Option<TransactionId>,
}

impl Record for Line {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            movement: Movement::read(row)?,
            kind: row.get("kind")?,
            transaction_id: row.get("transaction_id")?,
            time_entry_id: row.get("time_entry_id")?,
            worked_on: row.get("worked_on")?,
            booked_on: row.get("booked_on")?,
            by: row.get("actor_id")?,
            by_name: row.get("by_name")?,
            link: LinkFrom::read(row)?,
            reason: row.get("reason")?,
            reverses: row.get("reverses")?,
        })
    }
}

/// Where a page of lines ended: number of the transaction and of its row.
pub type Position = (i64, i64);

/// Lines of a customer, the newest first, before `before`.
///
/// # Errors
/// What the database says.
pub async fn lines(
    on: &mut impl Statements,
    customer: CustomerId,
    before: Option<Position>,
    limit: i64,
) -> Result<Vec<Line>> {
    let (seq, line) = before.unwrap_or((i64::MAX, i64::MAX));
    on.query(
        "SELECT movements.*, transactions.kind, transactions.id AS transaction_id, transactions.time_entry_id,
                transactions.worked_on, transactions.booked_on, transactions.actor_id, transactions.reverses,
                transactions.link_on, users.name AS by_name, linker.name AS link_name, notes.text AS reason
         FROM transactions
         JOIN movements ON movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
         LEFT JOIN users ON users.id = actor_id
         LEFT JOIN users AS linker ON linker.id = transactions.link_by
         LEFT JOIN notes ON notes.transaction_id = transactions.id
         WHERE transactions.customer_id = $1 AND transactions.seq <= $2
           AND (transactions.seq < $2 OR movements.line < $3)
         ORDER BY transactions.seq DESC, movements.line DESC LIMIT $4",
    )
    .bind(customer)
    .bind(seq)
    .bind(line)
    .bind(limit)
    .all()
    .await
}

/// A transaction as the statement on a page shows it; its movements come separately.
#[derive(Clone, Debug, PartialEq)]
pub struct Booked {
    /// The transaction.
    pub transaction: Transaction,
    /// Who did it; none for the service itself.
    pub by_name: Option<String>,
    /// By whose link that login was opened.
    pub link: Option<LinkFrom>,
    /// Its free text.
    pub text: Option<String>,
    /// Number of its ticket.
    pub ticket_number: Option<i64>,
    /// Subject of its ticket.
    pub ticket_subject: Option<String>,
    /// Charged minutes of its entry.
    pub charged: Option<Minutes>,
    /// By how much that changed since.
    pub repriced: Option<Minutes>,
    /// How the charge of its entry came about.
    pub arithmetic: Option<Arithmetic>,
    /// Minutes of its entry that nothing covers, as it stands now.
    pub uncovered: Option<Minutes>,
    /// Number of the transaction that logged its entry.
    pub logged_seq: Option<i64>,
    /// The day of the work of its entry.
    pub logged_on: Option<NaiveDate>,
    /// Number of the transaction that reversed its entry.
    pub undone_seq: Option<i64>,
    /// The day on which its entry was reversed.
    pub undone_on: Option<NaiveDate>,
}

impl Record for Booked {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            transaction: Transaction::read(row)?,
            by_name: row.get("by_name")?,
            link: LinkFrom::read(row)?,
            text: row.get("text")?,
            ticket_number: row.get("ticket_number")?,
            ticket_subject: row.get("ticket_subject")?,
            charged: row.get("charged")?,
            repriced: row.get("repriced")?,
            arithmetic: row.get("arithmetic")?,
            uncovered: row.get("uncovered")?,
            logged_seq: row.get("logged_seq")?,
            logged_on: row.get("logged_on")?,
            undone_seq: row.get("undone_seq")?,
            undone_on: row.get("undone_on")?,
        })
    }
}

/// Transactions of a customer about its hours, the newest first, before number `before`; those of money alone are left out.
///
/// # Errors
/// What the database says.
pub async fn transactions(
    on: &mut impl Statements,
    customer: CustomerId,
    before: i64,
    limit: i64,
) -> Result<Vec<Booked>> {
    on.query(
        "SELECT transactions.*, users.name AS by_name, linker.name AS link_name, notes.text, tickets.number AS ticket_number,
                tickets.subject AS ticket_subject, time_entries.charged, time_entries.repriced,
                time_entries.arithmetic, time_entries.uncovered,
                logged.seq AS logged_seq, logged.worked_on AS logged_on,
                undoing.seq AS undone_seq, undoing.booked_on AS undone_on
         FROM transactions
         LEFT JOIN users ON users.id = transactions.actor_id
         LEFT JOIN users AS linker ON linker.id = transactions.link_by
         LEFT JOIN notes ON notes.transaction_id = transactions.id
         LEFT JOIN tickets ON tickets.id = transactions.ticket_id
         LEFT JOIN time_entries ON time_entries.id = transactions.time_entry_id
         LEFT JOIN transactions AS logged ON logged.id = time_entries.transaction_id
         LEFT JOIN transactions AS undoing ON undoing.id = time_entries.reversed_by
         WHERE transactions.customer_id = $1 AND transactions.seq < $2
           AND transactions.kind NOT IN ('invoice', 'payment', 'payment_reversal', 'set_off', 'repayment', 'costs', 'payout', 'unmatch')
           AND (transactions.kind <> 'credit_note'
                OR EXISTS (SELECT 1 FROM movements WHERE movements.customer_id = transactions.customer_id
                             AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq))
         ORDER BY transactions.seq DESC LIMIT $3",
    )
    .bind(customer)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// The movements of the transactions `first` to `last` of a customer, recorded from `since` on, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn movements(
    on: &mut impl Statements,
    customer: CustomerId,
    since: DateTime<Utc>,
    first: i64,
    last: i64,
) -> Result<Vec<Movement>> {
    on.query(
        "SELECT * FROM movements WHERE customer_id = $1 AND recorded_at >= $2 AND seq BETWEEN $3 AND $4
         ORDER BY recorded_at, seq, line LIMIT 2000",
    )
    .bind(customer)
    .bind(since)
    .bind(first)
    .bind(last)
    .all()
    .await
}

/// Number of the last transaction of a customer recorded at or before `at`; 0 when there is none.
///
/// # Errors
/// What the database says.
pub async fn last_seq(on: &mut impl Statements, customer: CustomerId, at: DateTime<Utc>) -> Result<i64> {
    let found: Option<(i64,)> = on
        // The movements around that moment are two look-ups; between them are only transactions without movements.
        .query(
            "SELECT seq FROM transactions WHERE customer_id = $1 AND recorded_at <= $2
               AND seq >= COALESCE((SELECT seq FROM movements WHERE customer_id = $1 AND recorded_at <= $2
                                    ORDER BY recorded_at DESC, seq DESC LIMIT 1), 0)
               AND seq <= COALESCE((SELECT seq FROM movements WHERE customer_id = $1 AND recorded_at > $2
                                    ORDER BY recorded_at, seq LIMIT 1), 9223372036854775807)
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(customer)
        .bind(at)
        .optional()
        .await?;
    Ok(found.map_or(0, |(seq,)| seq))
}

/// The last movement of a customer recorded at or before `at`: its totals are the balance as of that moment.
///
/// # Errors
/// What the database says.
pub async fn last_before(
    on: &mut impl Statements,
    customer: CustomerId,
    at: DateTime<Utc>,
) -> Result<Option<Movement>> {
    on.query(
        "SELECT * FROM movements WHERE customer_id = $1 AND recorded_at <= $2
         ORDER BY recorded_at DESC, seq DESC, line DESC LIMIT 1",
    )
    .bind(customer)
    .bind(at)
    .optional()
    .await
}

/// The last movement of a card recorded at or before `at`.
///
/// # Errors
/// What the database says.
pub async fn last_of_card(on: &mut impl Statements, card: CardId, at: DateTime<Utc>) -> Result<Option<Movement>> {
    on.query(
        "SELECT * FROM movements WHERE card_id = $1 AND recorded_at <= $2
         ORDER BY recorded_at DESC, seq DESC, line DESC LIMIT 1",
    )
    .bind(card)
    .bind(at)
    .optional()
    .await
}

record! {
    /// Minutes of entries that nothing covers yet.
    pub struct Uncovered {
        /// The entry.
        pub id: TimeEntryId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// Number of the ticket.
        pub ticket_number: i64,
        /// The day of the work.
        pub worked_on: NaiveDate,
        /// How many.
        pub uncovered: Minutes,
    }
}

/// The entries of a customer with uncovered minutes, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn uncovered(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Uncovered>> {
    on.query(
        "SELECT time_entries.id, ticket_id, tickets.number AS ticket_number, worked_on, uncovered
         FROM time_entries JOIN tickets ON tickets.id = ticket_id
         WHERE time_entries.customer_id = $1 AND uncovered > 0 ORDER BY time_entries.id",
    )
    .bind(customer)
    .all()
    .await
}
