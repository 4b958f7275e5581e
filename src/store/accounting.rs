//! The books as a whole: closings of months and what was open in them (TIME-6), balances of accounts on any day, and
//! deferred revenue by card (PAY-7).
//!
//! Balances come from the sums per account and day that every booking keeps. What a card stood at on a day is what it
//! stands at now less what was booked after that day: such a read grows with the distance to today, not with history.

use super::columns::texts;
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::{
    Account, Card, CardId, Cents, CustomerId, InvoiceId, Minutes, MoneyAccount,
    closing::{About, BookMonth, Closing, ClosingKind, Example, Finding, FindingKind, Kept},
    definite::SIMPLIFIED,
    invoice::Facts,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

texts!(BookMonth, ClosingKind);

/// The last day of the last closed month, for reading.
///
/// # Errors
/// What the database says.
pub async fn closed_through(on: &mut impl Statements) -> Result<Option<NaiveDate>> {
    Ok(on.query("SELECT through FROM closed_books WHERE id = 1").one::<(Option<NaiveDate>,)>().await?.0)
}

/// The same, once every booking that has read it is written or gone, and with none that reads it until this transaction
/// ends (TIME-6).
///
/// # Errors
/// What the database says.
pub async fn lock_closed(tx: &mut Tx) -> Result<Option<NaiveDate>> {
    Ok(tx.query("SELECT through FROM closed_books WHERE id = 1 {lock}").one::<(Option<NaiveDate>,)>().await?.0)
}

/// Closes the books up to a day, or opens them.
///
/// # Errors
/// What the database says.
pub async fn set_closed(tx: &mut Tx, through: Option<NaiveDate>) -> Result<()> {
    tx.query("UPDATE closed_books SET through = $1 WHERE id = 1").bind(through).execute().await?;
    Ok(())
}

/// The day in the books of the first transaction: the first one of the customer that came first, or the first that moved
/// money.
///
/// # Errors
/// What the database says.
pub async fn first_booked(on: &mut impl Statements) -> Result<Option<NaiveDate>> {
    let (first,) = on
        .query(
            "SELECT MIN(booked_on) FROM (
                 SELECT booked_on FROM (SELECT booked_on FROM transactions ORDER BY customer_id, seq LIMIT 1) AS oldest
                 UNION ALL SELECT MIN(booked_on) AS booked_on FROM journal_entries) AS first",
        )
        .one()
        .await?;
    Ok(first)
}

impl Record for Closing {
    fn read(row: &Row<'_>) -> Result<Self> {
        let kept: String = row.get("findings")?;
        let kept: Kept = serde_json::from_str(&kept)
            .map_err(|fault| sqlx::Error::ColumnDecode { index: "findings".to_owned(), source: fault.into() })?;
        Ok(Self {
            id: row.get("id")?,
            month: row.get("month")?,
            kind: row.get("kind")?,
            reason: row.get("reason")?,
            kept,
            recorded_at: row.get("recorded_at")?,
            recorded_by: row.get("recorded_by")?,
        })
    }
}

/// A closing with the name of who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedBy {
    /// The closing.
    pub closing: Closing,
    /// Whose name.
    pub by: Option<String>,
}

impl Record for ClosedBy {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { closing: Closing::read(row)?, by: row.get("by_name")? })
    }
}

/// Keeps a closing.
///
/// # Errors
/// What the database says.
pub async fn add_closing(tx: &mut Tx, closing: &Closing) -> Result<()> {
    tx.query(
        "INSERT INTO closings (id, month, kind, reason, findings, recorded_at, recorded_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(closing.id)
    .bind(closing.month)
    .bind(closing.kind)
    .bind(closing.reason.clone())
    .bind(serde_json::to_string(&closing.kept).unwrap_or_default())
    .bind(closing.recorded_at)
    .bind(closing.recorded_by)
    .execute()
    .await?;
    Ok(())
}

/// When a month was last closed or opened.
///
/// # Errors
/// What the database says.
pub async fn newest_closing(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    Ok(tx.query("SELECT MAX(recorded_at) FROM closings").one::<(Option<DateTime<Utc>>,)>().await?.0)
}

/// What was last done to a month.
///
/// # Errors
/// What the database says.
pub async fn last_closing(on: &mut impl Statements, month: BookMonth) -> Result<Option<Closing>> {
    on.query("SELECT * FROM closings WHERE month = $1 ORDER BY recorded_at DESC LIMIT 1").bind(month).optional().await
}

/// Everything that was done to the months from one on, the last thing first.
///
/// # Errors
/// What the database says.
pub async fn closings(on: &mut impl Statements, from: BookMonth) -> Result<Vec<ClosedBy>> {
    on.query(
        "SELECT closings.*, users.name AS by_name FROM closings LEFT JOIN users ON users.id = closings.recorded_by
         WHERE month >= $1 ORDER BY closings.recorded_at DESC",
    )
    .bind(from)
    .all()
    .await
}

/// The days by which the checklist of a month looks.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first day of the month.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// The instant at which it is over.
    pub end: DateTime<Utc>,
    /// The last day of the month that has passed.
    pub passed: NaiveDate,
    /// The last day of the month on which a collection should have been answered by now.
    pub answered: NaiveDate,
}

record! {
    /// One row that is open, with how many there are.
    pub struct Found {
        /// How many.
        pub total: i64,
        /// Identity of the row that one opens.
        pub id: Uuid,
        /// What people know it by.
        pub text: String,
        /// Its day.
        pub day: Option<NaiveDate>,
        /// How much money.
        pub amount: Option<Cents>,
        /// How many minutes.
        pub minutes: Option<Minutes>,
    }
}

/// What of one kind is open in a month or was before it; none where it is not told by rows but by reckoning (BANK-4). Addresses
/// are looked at by [`without_address`].
///
/// # Errors
/// What the database says.
pub async fn finding(on: &mut impl Statements, kind: FindingKind, window: &Window) -> Result<Option<Finding>> {
    let Window { end, passed, answered, last, .. } = window;
    let (about, query) = match kind {
        FindingKind::BankLines => (About::BankLine, on.query(BANK_LINES).bind(*last)),
        FindingKind::Reversals => (About::Customer, on.query(REVERSALS).bind(*last)),
        FindingKind::Drafts => (About::Invoice, on.query(DRAFTS).bind(*end)),
        FindingKind::UncoveredHours => (About::Ticket, on.query(UNCOVERED_HOURS).bind(*last)),
        FindingKind::Estimates => (About::Ticket, on.query(ESTIMATES).bind(*passed)),
        FindingKind::Collections => (About::Invoice, on.query(COLLECTIONS).bind(*answered)),
        FindingKind::FrozenCards => (About::Customer, on.query(FROZEN_CARDS).bind(*last)),
        FindingKind::PausedAccounts => (About::Customer, on.query(PAUSED_ACCOUNTS).bind(*last)),
        FindingKind::Journal => (About::Customer, on.query(JOURNAL).bind(*last)),
        FindingKind::Addresses => return Ok(Some(without_address(on, window).await?)),
        FindingKind::BankDifferences => return Ok(None),
    };
    Ok(Some(finding_of(kind, about, query.all().await?)))
}

fn finding_of(kind: FindingKind, about: About, found: Vec<Found>) -> Finding {
    let count = found.first().map_or(0, |row| row.total);
    let examples = found.into_iter().map(|row| Example {
        about,
        id: row.id,
        text: row.text,
        day: row.day,
        amount: row.amount,
        minutes: row.minutes,
    });
    Finding { kind, count, examples: examples.collect() }
}

const BANK_LINES: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, id, COALESCE(name, iban, text, end_to_end_id, id) AS text, booked_on AS day,
           CASE WHEN direction = 'credit' THEN amount ELSE -amount END AS amount, CAST(NULL AS BIGINT) AS minutes
    FROM bank_lines WHERE state IN ('new', 'open') AND booked_on <= $1 ORDER BY booked_on, id LIMIT 3";

const REVERSALS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, customers.id AS id, customers.name || ' · ' || code AS text,
           valued_on AS day, amount, CAST(NULL AS BIGINT) AS minutes
    FROM reversals JOIN customers ON customers.id = reversals.customer_id
    WHERE counted IS NULL AND valued_on <= $1 ORDER BY valued_on, reversals.id LIMIT 3";

const DRAFTS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, invoices.id AS id, customers.name AS text,
           CAST(NULL AS TEXT) AS day, gross AS amount, CAST(NULL AS BIGINT) AS minutes
    FROM invoices JOIN customers ON customers.id = invoices.customer_id
    WHERE invoices.number IS NULL AND lines <> '[]' AND waits_for = '[]' AND invoices.created_at < $1
    ORDER BY invoices.created_at, invoices.id LIMIT 3";

const WAITING: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, invoices.id AS id, customers.name AS text,
           CAST(NULL AS TEXT) AS day, gross AS amount, CAST(NULL AS BIGINT) AS minutes
    FROM invoices JOIN customers ON customers.id = invoices.customer_id
    WHERE invoices.number IS NULL AND lines <> '[]' AND waits_for <> '[]' AND invoices.created_at < $1
    ORDER BY invoices.created_at, invoices.id LIMIT 3";

const UNCOVERED_HOURS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, tickets.id AS id,
           '#' || CAST(tickets.number AS TEXT) || ' · ' || customers.name AS text, worked_on AS day,
           CAST(NULL AS BIGINT) AS amount, time_entries.uncovered AS minutes
    FROM time_entries JOIN tickets ON tickets.id = time_entries.ticket_id
    JOIN customers ON customers.id = time_entries.customer_id
    WHERE time_entries.uncovered > 0 AND worked_on <= $1 ORDER BY worked_on, time_entries.id LIMIT 3";

const ESTIMATES: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, tickets.id AS id,
           '#' || CAST(tickets.number AS TEXT) || ' · ' || customers.name AS text,
           CASE WHEN estimates.status = 'proposed' THEN answer_by ELSE work_until END AS day,
           CAST(NULL AS BIGINT) AS amount, estimates.minutes AS minutes
    FROM estimates JOIN tickets ON tickets.id = estimates.ticket_id
    JOIN customers ON customers.id = estimates.customer_id
    WHERE (estimates.status = 'proposed' AND answer_by <= $1) OR (estimates.status = 'accepted' AND work_until <= $1)
    ORDER BY day, estimates.id LIMIT 3";

const COLLECTIONS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, invoice_id AS id, end_to_end_id AS text, collect_on AS day, amount,
           CAST(NULL AS BIGINT) AS minutes
    FROM collections
    WHERE batch IS NOT NULL AND settled_on IS NULL AND reversal_id IS NULL AND collect_on <= $1
    ORDER BY collect_on, id LIMIT 3";

const FROZEN_CARDS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, customers.id AS id, customers.name || ' · ' || product AS text,
           frozen_on AS day, CAST(NULL AS BIGINT) AS amount, cards.frozen AS minutes
    FROM cards JOIN customers ON customers.id = cards.customer_id
    WHERE cards.frozen > 0 AND frozen_on <= $1 ORDER BY frozen_on, cards.id LIMIT 3";

const PAUSED_ACCOUNTS: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, id, name AS text, paused_on AS day,
           CAST(NULL AS BIGINT) AS amount, CAST(NULL AS BIGINT) AS minutes
    FROM customers WHERE paused_on IS NOT NULL AND paused_on <= $1 ORDER BY paused_on, id LIMIT 3";

const JOURNAL: &str = "
    SELECT CAST(COUNT(*) OVER () AS BIGINT) AS total, customers.id AS id,
           customers.name || ' · ' || CAST(journal_entries.seq AS TEXT) AS text, booked_on AS day,
           CAST(NULL AS BIGINT) AS amount, CAST(NULL AS BIGINT) AS minutes
    FROM journal_entries JOIN customers ON customers.id = journal_entries.customer_id
    WHERE export IS NULL AND booked_on <= $1 ORDER BY booked_on, customers.id, journal_entries.seq LIMIT 3";

record! {
    /// What is printed on a document of a month.
    pub struct Printed {
        /// Which.
        pub id: InvoiceId,
        /// Its number.
        pub number: String,
        /// Its day.
        pub issued_on: NaiveDate,
        /// What it comes to.
        pub gross: Cents,
        /// What is printed.
        pub facts: Facts,
    }
}

/// What waits as a draft, and what was issued before it had to: above the limit of a simplified invoice without name or
/// address of the buyer (PAY-1a). Read in pages.
async fn without_address(on: &mut impl Statements, window: &Window) -> Result<Finding> {
    let waiting: Vec<Found> = on.query(WAITING).bind(window.end).all().await?;
    let mut finding = finding_of(FindingKind::Addresses, About::Invoice, waiting);
    let mut after = (window.first, String::new());
    loop {
        let page: Vec<Printed> = on
            .query(
                "SELECT id, number, issued_on, gross, facts FROM invoices
                 WHERE number IS NOT NULL AND (issued_on, number) > ($1, $2) AND issued_on <= $3
                 ORDER BY issued_on, number LIMIT 1000",
            )
            .bind(after.0)
            .bind(after.1.as_str())
            .bind(window.last)
            .all()
            .await?;
        for row in &page {
            let buyer = &row.facts.buyer;
            let told = |part: &Option<String>| part.as_ref().is_some_and(|text| !text.trim().is_empty());
            if row.gross <= SIMPLIFIED
                || told(&buyer.street) && told(&buyer.postcode) && told(&buyer.city) && !buyer.name.trim().is_empty()
            {
                continue;
            }
            finding.count += 1;
            if finding.examples.len() < 3 {
                finding.examples.push(Example {
                    about: About::Invoice,
                    id: row.id.0,
                    text: format!("{} · {}", row.number, buyer.name),
                    day: Some(row.issued_on),
                    amount: Some(row.gross),
                    minutes: None,
                });
            }
        }
        match page.last() {
            Some(last) if page.len() == 1000 => after = (last.issued_on, last.number.clone()),
            _ => return Ok(finding),
        }
    }
}

/// What was posted on each account from one day to another, debit and credit; accounts without postings are left out.
///
/// # Errors
/// What the database says.
pub async fn sums(
    on: &mut impl Statements,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<(MoneyAccount, Cents, Cents)>> {
    on.query(
        "SELECT account, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT) FROM account_days
         WHERE day >= $1 AND day <= $2 GROUP BY account",
    )
    .bind(from.map_or_else(String::new, |from| from.to_string()))
    .bind(to.map_or_else(|| "9999-12-31".to_owned(), |to| to.to_string()))
    .all()
    .await
}

/// A card with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardOf {
    /// The card, as it stands now.
    pub card: Card,
    /// Number of the customer.
    pub customer_number: i64,
    /// Name of the customer.
    pub customer_name: String,
}

impl Record for CardOf {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            card: Card::read(row)?,
            customer_number: row.get("customer_number")?,
            customer_name: row.get("customer_name")?,
        })
    }
}

/// Cards that may have held prepaid money on a day, by number of the customer and identity, after a place.
///
/// # Errors
/// What the database says.
pub async fn cards_on(
    on: &mut impl Statements,
    day: NaiveDate,
    after: (i64, CardId),
    limit: i64,
) -> Result<Vec<CardOf>> {
    on.query(
        "SELECT cards.*, customers.number AS customer_number, customers.name AS customer_name
         FROM cards JOIN customers ON customers.id = cards.customer_id
         WHERE price > 0 AND (customers.number, cards.id) > ($1, $2)
           AND (cards.available + cards.held + cards.frozen > 0
                OR (cards.activated_at IS NULL AND cards.cancelled_on IS NULL)
                OR EXISTS (SELECT 1 FROM postings WHERE card_id = cards.id AND booked_on > $3 AND account = 'deferred'))
         ORDER BY customers.number, cards.id LIMIT $4",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(day)
    .bind(limit)
    .all()
    .await
}

/// Cards of which the invoice was not settled on a day: it is open now, or was touched after the day.
///
/// # Errors
/// What the database says.
pub async fn cards_unpaid_on(on: &mut impl Statements, day: NaiveDate) -> Result<Vec<CardOf>> {
    on.query(
        "SELECT cards.*, customers.number AS customer_number, customers.name AS customer_name
         FROM cards JOIN customers ON customers.id = cards.customer_id
         WHERE price > 0 AND cards.invoice_id IN (
             SELECT id FROM invoices WHERE number IS NOT NULL AND paid + credited < gross
             UNION SELECT invoice_id FROM postings
                   WHERE account = 'receivable' AND booked_on > $1 AND invoice_id IS NOT NULL
             UNION SELECT credits FROM postings JOIN invoices ON invoices.id = postings.invoice_id
                   WHERE account = 'receivable' AND booked_on > $1 AND credits IS NOT NULL)
         ORDER BY customers.number, cards.id",
    )
    .bind(day)
    .all()
    .await
}

record! {
    /// Money of a card around a day.
    pub struct CardMoney {
        /// The card.
        pub card_id: CardId,
        /// What was posted on *deferred* after the day; debit is positive.
        pub later: Cents,
        /// What it had earned up to the day, by use and by expiry.
        pub recognised: Cents,
    }
}

fn json<T: ToString>(ids: &[T]) -> Vec<Value> {
    ids.iter().map(|id| Value::from(id.to_string())).collect()
}

/// Money of cards around a day.
///
/// # Errors
/// What the database says.
pub async fn money_of(on: &mut impl Statements, cards: &[CardId], day: NaiveDate) -> Result<Vec<CardMoney>> {
    on.query(
        "SELECT card_id,
                CAST(SUM(CASE WHEN account = 'deferred' AND booked_on > $2 THEN amount ELSE 0 END) AS BIGINT) AS later,
                CAST(SUM(CASE WHEN account IN ('card_revenue', 'breakage') AND booked_on <= $2 THEN -amount ELSE 0 END)
                     AS BIGINT) AS recognised
         FROM postings WHERE card_id {in} GROUP BY card_id",
    )
    .bind_json(json(cards))
    .bind(day)
    .all()
    .await
}

/// Minutes that moved on the cards of customers in bookings after a day: card, from, to, minutes. What is booked on a day
/// was recorded on it or later, so movements recorded before `since` are not looked at.
///
/// # Errors
/// What the database says.
pub async fn moved_after(
    on: &mut impl Statements,
    customers: &[CustomerId],
    since: DateTime<Utc>,
    day: NaiveDate,
) -> Result<Vec<(CardId, Account, Account, Minutes)>> {
    on.query(
        "SELECT card_id, from_account, to_account, CAST(SUM(minutes) AS BIGINT)
         FROM movements JOIN transactions ON transactions.customer_id = movements.customer_id
                                         AND transactions.seq = movements.seq
         WHERE movements.customer_id {in} AND movements.recorded_at >= $2 AND booked_on > $3 AND card_id IS NOT NULL
         GROUP BY card_id, from_account, to_account",
    )
    .bind_json(json(customers))
    .bind(since)
    .bind(day)
    .all()
    .await
}

record! {
    /// An invoice around a day.
    pub struct InvoiceOn {
        /// Which.
        pub id: InvoiceId,
        /// Its number.
        pub number: String,
        /// Ex VAT.
        pub net: Cents,
        /// With VAT.
        pub gross: Cents,
        /// What is open now.
        pub open: Cents,
        /// What was set against it by bookings after the day; negative where more came undone.
        pub later: Cents,
    }
}

/// Issued invoices around a day.
///
/// # Errors
/// What the database says.
pub async fn invoices_on(on: &mut impl Statements, invoices: &[InvoiceId], day: NaiveDate) -> Result<Vec<InvoiceOn>> {
    on.query(
        "SELECT invoices.id AS id, number, net, gross, gross - paid - credited AS open,
                COALESCE((SELECT CAST(SUM(amount) AS BIGINT) FROM allocations
                          JOIN transactions ON transactions.id = allocations.transaction_id
                          WHERE invoice_id = invoices.id AND booked_on > $2), 0) AS later
         FROM invoices WHERE invoices.id {in} AND number IS NOT NULL",
    )
    .bind_json(json(invoices))
    .bind(day)
    .all()
    .await
}

/// What is open of the invoices of a customer.
///
/// # Errors
/// What the database says.
pub async fn open_of(on: &mut impl Statements, customer: CustomerId) -> Result<Cents> {
    let (open,) = on
        .query(
            "SELECT CAST(COALESCE(SUM(gross - paid - credited), 0) AS BIGINT) FROM invoices
             WHERE customer_id = $1 AND number IS NOT NULL",
        )
        .bind(customer)
        .one()
        .await?;
    Ok(open)
}

/// Every closing, the first first.
///
/// # Errors
/// What the database says.
pub async fn all_closings(on: &mut impl Statements) -> Result<Vec<Closing>> {
    on.query("SELECT * FROM closings ORDER BY recorded_at").all().await
}
