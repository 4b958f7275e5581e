//! Batches of files, and what goes into them: journal entries, documents, collections.
//!
//! Every batch is stored under the lock of the counter `export`, so two of them never take the same number; each mark says
//! how many rows it changed, so whoever was second sees it and starts anew.

use super::columns::stored;
use super::{Record, Result, Row, Statements, Tx, record, users::LinkFrom};
use crate::domain::export::{Export, ExportKind, LeftOut};
use crate::domain::{
    CardId, Cents, Collection, CollectionId, CustomerId, Invoice, InvoiceId, Key, Mandate, Minutes, MoneyAccount,
    Movement, Payment, PaymentId, PaymentMethod, Posting, Repayment, Reversal, TransactionKind, words::words,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

super::columns::texts!(ExportKind);
stored!(Vec<LeftOut> as String => "TEXT", |list| serde_json::to_string(list).unwrap_or_default(), |text| {
    serde_json::from_str(&text)?
});

impl Record for Export {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            kind: row.get("kind")?,
            title: row.get("title")?,
            provisional: row.get("provisional")?,
            from_day: row.get("from_day")?,
            to_day: row.get("to_day")?,
            items: row.get("items")?,
            file_name: row.get("file_name")?,
            media_type: row.get("media_type")?,
            digest: row.get("digest")?,
            size: row.get("size")?,
            made_at: row.get("made_at")?,
            made_by: row.get("made_by")?,
            left_out: row.get("left_out")?,
        })
    }
}

/// A batch with the name of who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The batch.
    pub export: Export,
    /// Who made it; none on the command line.
    pub by: Option<String>,
}

impl Record for Made {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { export: Export::read(row)?, by: row.get("by_name")? })
    }
}

/// A batch made under an idempotency key, with the digest of the request that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The batch.
    pub export: Export,
    /// Digest of the request.
    pub request: String,
}

impl Record for Keyed {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { export: Export::read(row)?, request: row.get("request")? })
    }
}

/// Batches, the newest first, before number `before`.
///
/// # Errors
/// What the database says.
pub async fn list(on: &mut impl Statements, before: i64, limit: i64) -> Result<Vec<Made>> {
    on.query(
        "SELECT exports.*, users.name AS by_name FROM exports LEFT JOIN users ON users.id = made_by
         WHERE exports.number < $1 ORDER BY exports.number DESC LIMIT $2",
    )
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// One batch.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, number: i64) -> Result<Option<Made>> {
    on.query(
        "SELECT exports.*, users.name AS by_name FROM exports LEFT JOIN users ON users.id = made_by
         WHERE exports.number = $1",
    )
    .bind(number)
    .optional()
    .await
}

/// The file of a batch, in base 64.
///
/// # Errors
/// What the database says.
pub async fn content(on: &mut impl Statements, number: i64) -> Result<Option<String>> {
    let found: Option<(String,)> =
        on.query("SELECT content FROM export_files WHERE number = $1").bind(number).optional().await?;
    Ok(found.map(|(content,)| content))
}

/// The batch made under an idempotency key.
///
/// # Errors
/// What the database says.
pub async fn under_key(on: &mut impl Statements, key: &Key) -> Result<Option<Keyed>> {
    on.query("SELECT * FROM exports WHERE caller = $1 AND \"key\" = $2")
        .bind(key.caller.as_str())
        .bind(key.key.as_str())
        .optional()
        .await
}

/// The number that the next batch gets, unless another comes first.
///
/// # Errors
/// What the database says.
pub async fn next_number(on: &mut impl Statements) -> Result<i64> {
    let found: Option<(i64,)> = on.query("SELECT next FROM counters WHERE name = 'export'").optional().await?;
    Ok(found.map_or(1, |(next,)| next))
}

/// Locks customers in the one order in which everybody does; before [`take_number`].
///
/// # Errors
/// What the database says.
pub async fn lock_customers(tx: &mut Tx, ids: &BTreeSet<CustomerId>) -> Result<()> {
    if !ids.is_empty() {
        let list = ids.iter().map(|id| Value::from(id.to_string())).collect();
        let sql = "SELECT id FROM customers WHERE id {in} ORDER BY id {lock}";
        tx.query(sql).bind_json(list).all::<(CustomerId,)>().await?;
    }
    Ok(())
}

/// Takes the next number; no other batch is stored until this transaction ends, and a rollback gives the number back.
///
/// # Errors
/// What the database says.
pub async fn take_number(tx: &mut Tx) -> Result<i64> {
    tx.query("INSERT INTO counters (name, next) VALUES ('export', 1) ON CONFLICT DO NOTHING").execute().await?;
    let (number,): (i64,) = tx.query("SELECT next FROM counters WHERE name = 'export' {lock}").one().await?;
    tx.query("UPDATE counters SET next = next + 1 WHERE name = 'export'").execute().await?;
    Ok(number)
}

/// Stores a batch with its file.
///
/// # Errors
/// What the database says.
pub async fn add(tx: &mut Tx, export: &Export, key: Option<&Key>, content: String) -> Result<()> {
    tx.query(
        "INSERT INTO exports (number, kind, title, provisional, from_day, to_day, items, file_name, media_type, digest, size,
                              made_at, made_by, left_out, caller, \"key\", request)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(export.number)
    .bind(export.kind)
    .bind(export.title.as_str())
    .bind(export.provisional)
    .bind(export.from_day)
    .bind(export.to_day)
    .bind(export.items)
    .bind(export.file_name.as_str())
    .bind(export.media_type.as_str())
    .bind(export.digest.as_str())
    .bind(export.size)
    .bind(export.made_at)
    .bind(export.made_by)
    .bind(export.left_out.clone())
    .bind(key.map(|key| key.caller.clone()))
    .bind(key.map(|key| key.key.clone()))
    .bind(key.map(|key| key.request.clone()))
    .execute()
    .await?;
    tx.query("INSERT INTO export_files (number, content) VALUES ($1, $2)")
        .bind(export.number)
        .bind(content)
        .execute()
        .await?;
    Ok(())
}

/// Where a journal entry is found: whose, and number of the transaction.
pub type EntryKey = (CustomerId, i64);

fn keys_json(keys: &[EntryKey]) -> Vec<Value> {
    keys.iter().map(|(customer, seq)| Value::Array(vec![customer.to_string().into(), (*seq).into()])).collect()
}

/// Marks journal entries as exported; gives how many of them were not yet.
///
/// # Errors
/// What the database says.
pub async fn mark_entries(tx: &mut Tx, number: i64, keys: &[EntryKey]) -> Result<u64> {
    let mut marked = 0;
    for some in keys.chunks(10_000) {
        let sql = "UPDATE journal_entries SET export = $2
                   WHERE export IS NULL AND (customer_id, seq) IN
                         (SELECT value ->> 0, CAST(value ->> 1 AS BIGINT) FROM {rows})";
        marked += tx.query(sql).bind_json(keys_json(some)).bind(number).execute().await?;
    }
    Ok(marked)
}

/// Marks documents as exported in a kind; gives how many of them were not yet.
///
/// # Errors
/// What the database says.
pub async fn mark_documents(tx: &mut Tx, number: i64, kind: ExportKind, ids: &[InvoiceId]) -> Result<u64> {
    let mut marked = 0;
    for some in ids.chunks(10_000) {
        let list = some.iter().map(|id| Value::Array(vec![id.to_string().into()])).collect();
        let sql = "INSERT INTO exported_documents (kind, invoice_id, number)
                   SELECT $2, value ->> 0, $3 FROM {rows}
                   WHERE NOT EXISTS (SELECT 1 FROM exported_documents AS known
                                     WHERE known.kind = $2 AND known.invoice_id = value ->> 0)";
        marked += tx.query(sql).bind_json(list).bind(kind).bind(number).execute().await?;
    }
    Ok(marked)
}

/// Notes that collections of a batch go out on another day than planned.
///
/// # Errors
/// What the database says.
pub async fn move_collections(tx: &mut Tx, number: i64, moved: &[(CollectionId, NaiveDate)]) -> Result<()> {
    let days: BTreeSet<NaiveDate> = moved.iter().map(|(_, day)| *day).collect();
    for day in days {
        let ids = moved.iter().filter(|(_, to)| *to == day).map(|(id, _)| Value::from(id.to_string())).collect();
        let sql = "UPDATE collections SET collect_on = $2 WHERE batch = $3 AND id {in}";
        tx.query(sql).bind_json(ids).bind(day).bind(number).execute().await?;
    }
    Ok(())
}

/// Marks collections as sent; gives how many of them were not yet.
///
/// # Errors
/// What the database says.
pub async fn mark_collections(tx: &mut Tx, number: i64, ids: &[CollectionId]) -> Result<u64> {
    let mut marked = 0;
    for some in ids.chunks(10_000) {
        let list = some.iter().map(|id| Value::from(id.to_string())).collect();
        let sql = "UPDATE collections SET batch = $2 WHERE batch IS NULL AND cancelled_at IS NULL AND id {in}";
        marked += tx.query(sql).bind_json(list).bind(number).execute().await?;
    }
    Ok(marked)
}

record! {
    /// A transaction that moved money, with what a bookkeeper reads about it.
    pub struct Entry {
        /// Whose.
        pub customer_id: CustomerId,
        /// Number of the transaction.
        pub seq: i64,
        /// The day it counts on.
        pub booked_on: NaiveDate,
        /// The export that has it.
        pub export: Option<i64>,
        /// Why it was booked.
        pub kind: TransactionKind,
        /// When it was written down.
        pub recorded_at: DateTime<Utc>,
        /// Who did it.
        pub by_name: Option<String>,
        /// The customer's number.
        pub customer_number: i64,
        /// The customer's name.
        pub customer_name: String,
        /// Number of its ticket.
        pub ticket: Option<i64>,
        /// Minutes of cards that it used; negative where it gave them back.
        pub used: Minutes,
        /// How money came, of a payment.
        pub method: Option<PaymentMethod>,
        /// The bank's reason, of a payment that came undone.
        pub code: Option<String>,
        /// Which of our accounts at the bank the line was of that told it; none where no line did.
        pub own_account: Option<String>,
    }
}

impl Entry {
    /// Where it is found.
    #[must_use]
    pub const fn key(&self) -> EntryKey {
        (self.customer_id, self.seq)
    }
}

/// Where a page of entries ended.
pub type EntryPlace = (String, String, i64);

/// Entries by one condition, a page after a place.
macro_rules! entries {
    ($condition:literal) => {
        concat!(
            "SELECT journal_entries.customer_id, journal_entries.seq, journal_entries.booked_on, export,
                    transactions.kind, transactions.recorded_at, users.name AS by_name,
                    customers.number AS customer_number, customers.name AS customer_name, tickets.number AS ticket,
                    (SELECT CAST(COALESCE(SUM(CASE WHEN to_account = 'used' THEN minutes ELSE -minutes END), 0) AS BIGINT)
                     FROM movements
                     WHERE movements.customer_id = transactions.customer_id
                       AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
                       AND card_id IS NOT NULL AND (to_account = 'used' OR from_account = 'used')) AS used,
                    CASE WHEN transactions.kind = 'payment' THEN
                        (SELECT MIN(method) FROM payments
                         WHERE payments.customer_id = transactions.customer_id AND transaction_id = transactions.id)
                    END AS method,
                    CASE WHEN transactions.kind = 'payment_reversal' THEN
                        (SELECT CASE WHEN MIN(code) = MAX(code) THEN MIN(code) END
                         FROM postings
                         JOIN allocations ON allocations.invoice_id = postings.invoice_id
                                         AND allocations.transaction_id = transactions.id
                         JOIN reversals ON reversals.payment_id = allocations.payment_id AND undone = 0
                         WHERE postings.customer_id = transactions.customer_id AND postings.seq = transactions.seq)
                    END AS code, bank_lines.account AS own_account
             FROM journal_entries
             JOIN transactions ON transactions.customer_id = journal_entries.customer_id
                              AND transactions.seq = journal_entries.seq
             JOIN customers ON customers.id = journal_entries.customer_id
             LEFT JOIN users ON users.id = transactions.actor_id
             LEFT JOIN tickets ON tickets.id = transactions.ticket_id
             LEFT JOIN bank_lines ON bank_lines.id = transactions.bank_line_id
             WHERE ",
            $condition,
            " AND (journal_entries.booked_on, journal_entries.customer_id, journal_entries.seq) > ($3, $4, $5)
             ORDER BY journal_entries.booked_on, journal_entries.customer_id, journal_entries.seq LIMIT $6"
        )
    };
}

/// Entries booked from `first` to `last`, by day, customer and number, after a place; those that no export has, or all.
///
/// # Errors
/// What the database says.
pub async fn entries(
    on: &mut impl Statements,
    (first, last): (NaiveDate, NaiveDate),
    waiting: bool,
    after: &EntryPlace,
    limit: i64,
) -> Result<Vec<Entry>> {
    let sql = if waiting {
        entries!("export IS NULL AND journal_entries.booked_on BETWEEN $1 AND $2")
    } else {
        entries!("journal_entries.booked_on BETWEEN $1 AND $2")
    };
    on.query(sql)
        .bind(first)
        .bind(last)
        .bind(after.0.as_str())
        .bind(after.1.as_str())
        .bind(after.2)
        .bind(limit)
        .all()
        .await
}

/// What was posted on the bank for lines of each of our accounts there, within these days: debit and credit.
///
/// # Errors
/// What the database says.
pub async fn own_sums(
    on: &mut impl Statements,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<(String, Cents, Cents)>> {
    let sql = "SELECT bank_lines.account,
                      CAST(SUM(CASE WHEN postings.amount > 0 THEN postings.amount ELSE 0 END) AS BIGINT),
                      CAST(SUM(CASE WHEN postings.amount < 0 THEN -postings.amount ELSE 0 END) AS BIGINT)
               FROM bank_lines
               JOIN transactions ON transactions.bank_line_id = bank_lines.id
               JOIN postings ON postings.customer_id = transactions.customer_id AND postings.seq = transactions.seq
               WHERE postings.account = 'bank' AND transactions.booked_on BETWEEN $1 AND $2
               GROUP BY bank_lines.account ORDER BY bank_lines.account";
    on.query(sql).bind(first).bind(last).all().await
}

/// How many entries booked up to a day no export has.
///
/// # Errors
/// What the database says.
pub async fn count_entries(on: &mut impl Statements, last: NaiveDate) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM journal_entries WHERE export IS NULL AND booked_on <= $1";
    Ok(on.query(sql).bind(last).one::<(i64,)>().await?.0)
}

/// The postings of entries, by customer, number and line.
///
/// # Errors
/// What the database says.
pub async fn postings(on: &mut impl Statements, keys: &[EntryKey]) -> Result<Vec<Posting>> {
    let sql = "SELECT postings.* FROM {rows}
               JOIN postings ON customer_id = value ->> 0 AND seq = CAST(value ->> 1 AS BIGINT)
               ORDER BY customer_id, seq, line";
    on.query(sql).bind_json(keys_json(keys)).all().await
}

/// Documents by their identities.
///
/// # Errors
/// What the database says.
pub async fn invoices(on: &mut impl Statements, ids: &BTreeSet<InvoiceId>) -> Result<Vec<Invoice>> {
    let list = ids.iter().map(|id| Value::from(id.to_string())).collect();
    on.query("SELECT * FROM invoices WHERE id {in}").bind_json(list).all().await
}

record! {
    /// What was posted on an account.
    pub struct AccountSum {
        /// Which account.
        pub account: MoneyAccount,
        /// What was posted on its debit side.
        pub debit: Cents,
        /// What was posted on its credit side.
        pub credit: Cents,
    }
}

/// What was posted on each account from `first` to `last`.
///
/// # Errors
/// What the database says.
pub async fn account_sums(on: &mut impl Statements, first: NaiveDate, last: NaiveDate) -> Result<Vec<AccountSum>> {
    on.query(
        "SELECT account, CAST(SUM(debit) AS BIGINT) AS debit, CAST(SUM(credit) AS BIGINT) AS credit
         FROM account_days WHERE day BETWEEN $1 AND $2 GROUP BY account ORDER BY account",
    )
    .bind(first)
    .bind(last)
    .all()
    .await
}

/// Documents of one condition, a page after a place (day of issue and number).
macro_rules! documents {
    ($condition:literal) => {
        concat!(
            "SELECT invoices.* FROM invoices
             WHERE number IS NOT NULL AND issued_on BETWEEN $1 AND $2 AND (issued_on, number) > ($3, $4) AND ",
            $condition,
            " ORDER BY issued_on, number LIMIT $6"
        )
    };
}

/// Documents issued from `first` to `last`, by day and number, after a place; those that no export of a kind has, or all.
///
/// # Errors
/// What the database says.
pub async fn documents(
    on: &mut impl Statements,
    (first, last): (NaiveDate, NaiveDate),
    waiting: Option<ExportKind>,
    after: &(String, String),
    limit: i64,
) -> Result<Vec<Invoice>> {
    on.query(documents!(
        "($5 = '' OR NOT EXISTS (SELECT 1 FROM exported_documents WHERE exported_documents.kind = $5 AND invoice_id = invoices.id))"
    ))
    .bind(first)
    .bind(last)
    .bind(after.0.as_str())
    .bind(after.1.as_str())
    .bind(waiting.map_or("", ExportKind::as_str))
    .bind(limit)
    .all()
    .await
}

/// How many documents issued up to a day no export of a kind has.
///
/// # Errors
/// What the database says.
pub async fn count_documents(on: &mut impl Statements, kind: ExportKind, last: NaiveDate) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM invoices WHERE number IS NOT NULL AND issued_on <= $1
               AND NOT EXISTS (SELECT 1 FROM exported_documents WHERE exported_documents.kind = $2 AND invoice_id = invoices.id)";
    Ok(on.query(sql).bind(last).bind(kind).one::<(i64,)>().await?.0)
}

/// The documents issued from `first` to `last` that an export of a kind has already, each with the number of that export.
///
/// # Errors
/// What the database says.
pub async fn exported(
    on: &mut impl Statements,
    kind: ExportKind,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<InvoiceId, i64>> {
    let found: Vec<(InvoiceId, i64)> = on
        .query(
            "SELECT invoice_id, exported_documents.number FROM exported_documents JOIN invoices ON invoices.id = invoice_id
             WHERE exported_documents.kind = $1 AND issued_on BETWEEN $2 AND $3",
        )
        .bind(kind)
        .bind(first)
        .bind(last)
        .all()
        .await?;
    Ok(found.into_iter().collect())
}

/// A collection with what the bank has to be told, and what decides whether it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The collection.
    pub collection: Collection,
    /// Its mandate.
    pub mandate: Mandate,
    /// Number of its invoice.
    pub invoice_number: String,
    /// What is open of its invoice.
    pub open: Cents,
    /// The account to which the last collection under the reference of an amended mandate was sent, unless that was
    /// refused.
    pub sent_to: Option<String>,
}

/// Collections planned up to a day that no batch has, by day and identity.
///
/// # Errors
/// What the database says.
pub async fn planned(on: &mut impl Statements, last: NaiveDate, limit: i64) -> Result<Vec<Planned>> {
    let collections: Vec<Collection> = on
        .query(
            "SELECT * FROM collections WHERE batch IS NULL AND collect_on <= $1 AND settled_on IS NULL
               AND reversal_id IS NULL AND cancelled_at IS NULL ORDER BY collect_on, id LIMIT $2",
        )
        .bind(last)
        .bind(limit)
        .all()
        .await?;
    let as_json = |ids: BTreeSet<String>| -> Vec<Value> { ids.into_iter().map(Value::from).collect() };
    let mandates = as_json(collections.iter().map(|row| row.mandate_id.to_string()).collect());
    let mandates: Vec<Mandate> = on.query("SELECT * FROM mandates WHERE id {in}").bind_json(mandates).all().await?;
    let invoices = as_json(collections.iter().map(|row| row.invoice_id.to_string()).collect());
    let invoices: Vec<(InvoiceId, String, Cents)> = on
        .query("SELECT id, number, gross - paid - credited FROM invoices WHERE id {in}")
        .bind_json(invoices)
        .all()
        .await?;
    let amended = mandates.iter().filter(|mandate| mandate.amends.is_some());
    let amended = as_json(amended.map(|mandate| mandate.reference.clone()).collect());
    // The last one of a reference stands; a refusal before settlement is as if nothing was sent.
    let accounts: Vec<(String, String)> = on
        .query(
            "SELECT reference, iban FROM mandates JOIN collections ON mandate_id = mandates.id
             WHERE reference {in} AND batch IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM reversals WHERE reversals.id = collections.reversal_id
                                 AND rejected = 1 AND reversals.payment_id IS NULL)
             ORDER BY batch, collect_on, collections.id",
        )
        .bind_json(amended)
        .all()
        .await?;
    let known = |collection: Collection| {
        let mandate = mandates.iter().find(|mandate| mandate.id == collection.mandate_id)?.clone();
        let (_, number, open) = invoices.iter().find(|(id, ..)| *id == collection.invoice_id)?;
        let last = accounts.iter().rfind(|(reference, _)| *reference == mandate.reference);
        let sent_to = last.map(|(_, iban)| iban.clone());
        Some(Planned { mandate, invoice_number: number.clone(), open: *open, sent_to, collection })
    };
    Ok(collections.into_iter().filter_map(known).collect())
}

/// How many collections are planned up to a day that no batch has.
///
/// # Errors
/// What the database says.
pub async fn count_planned(on: &mut impl Statements, last: NaiveDate) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM collections WHERE batch IS NULL AND collect_on <= $1 AND settled_on IS NULL
               AND reversal_id IS NULL AND cancelled_at IS NULL";
    Ok(on.query(sql).bind(last).one::<(i64,)>().await?.0)
}

/// An invoice that might be collected, with what was tried before.
#[derive(Clone, Debug, PartialEq)]
pub struct Collectable {
    /// The invoice.
    pub invoice: Invoice,
    /// The newest mandate of its customer that was not ended.
    pub mandate: Mandate,
    /// Attempts at it, the oldest first, each with the code of what came undone.
    pub attempts: Vec<(Collection, Option<String>)>,
}

/// An attempt with its reason.
struct Attempt(Collection, Option<String>);

impl Record for Attempt {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Collection::read(row)?, row.get("code")?))
    }
}

/// Open invoices due up to a day of customers with a mandate that was not ended and without an arrangement on that day,
/// by day and number.
///
/// # Errors
/// What the database says.
pub async fn collectable(on: &mut impl Statements, day: NaiveDate, limit: i64) -> Result<Vec<Collectable>> {
    let invoices: Vec<Invoice> = on
        .query(
            "SELECT invoices.* FROM invoices JOIN customers ON customers.id = customer_id
             WHERE invoices.number IS NOT NULL AND paid + credited < gross AND kind = 'invoice' AND due_on <= $1
               AND (arranged_until IS NULL OR arranged_until < $1)
               AND EXISTS (SELECT 1 FROM mandates WHERE mandates.customer_id = customers.id AND ended_at IS NULL)
             ORDER BY due_on, invoices.number LIMIT $2",
        )
        .bind(day)
        .bind(limit)
        .all()
        .await?;
    let customers: BTreeSet<String> = invoices.iter().map(|row| row.customer_id.to_string()).collect();
    let list = customers.into_iter().map(Value::from).collect();
    let mandates: Vec<Mandate> = on
        .query("SELECT * FROM mandates WHERE customer_id {in} AND ended_at IS NULL ORDER BY id DESC")
        .bind_json(list)
        .all()
        .await?;
    let list = invoices.iter().map(|row| Value::from(row.id.to_string())).collect();
    let attempts: Vec<Attempt> = on
        .query(
            "SELECT collections.*, reversals.code FROM collections
             LEFT JOIN reversals ON reversals.id = collections.reversal_id
             WHERE invoice_id {in} ORDER BY attempt",
        )
        .bind_json(list)
        .all()
        .await?;
    let with = |invoice: Invoice| {
        let mandate = mandates.iter().find(|mandate| mandate.customer_id == invoice.customer_id)?.clone();
        let of = attempts.iter().filter(|attempt| attempt.0.invoice_id == invoice.id);
        Some(Collectable { mandate, attempts: of.map(|each| (each.0.clone(), each.1.clone())).collect(), invoice })
    };
    Ok(invoices.into_iter().filter_map(with).collect())
}

record! {
    /// Prepaid money of one card on a day.
    pub struct DeferredCard {
        /// The card.
        pub card_id: CardId,
        /// The customer's number.
        pub customer_number: i64,
        /// The customer's name.
        pub customer_name: String,
        /// The product.
        pub product: String,
        /// What it holds.
        pub minutes: Minutes,
        /// Day of the order.
        pub ordered_on: NaiveDate,
        /// Last day on which it can be used.
        pub expires_on: Option<NaiveDate>,
        /// Price ex VAT.
        pub price: Cents,
        /// What is not earned of it on that day.
        pub deferred: Cents,
    }
}

/// The cards of which something is prepaid at the end of a day, by customer and card.
///
/// # Errors
/// What the database says.
pub async fn deferred(on: &mut impl Statements, day: NaiveDate) -> Result<Vec<DeferredCard>> {
    on.query(
        "SELECT cards.id AS card_id, customers.number AS customer_number, customers.name AS customer_name, product,
                minutes, ordered_on, expires_on, price, deferred
         FROM (SELECT card_id, CAST(-SUM(amount) AS BIGINT) AS deferred FROM postings
               WHERE account = 'deferred' AND booked_on <= $1 GROUP BY card_id) AS prepaid
         JOIN cards ON cards.id = prepaid.card_id JOIN customers ON customers.id = cards.customer_id
         WHERE deferred <> 0 ORDER BY customers.number, cards.id",
    )
    .bind(day)
    .all()
    .await
}

words! {
    /// What a line of an account is.
    pub enum AccountLineKind {
        /// An invoice.
        Invoice = "invoice",
        /// A credit note.
        CreditNote = "credit_note",
        /// Money that came in.
        Payment = "payment",
        /// … and came undone.
        Reversal = "reversal",
        /// Money that was given back.
        Repayment = "repayment",
    }
}

/// One line of a customer's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// Its day: of issue, or the value date.
    pub day: NaiveDate,
    /// What it is.
    pub kind: AccountLineKind,
    /// The documents that it is or is about.
    pub document: String,
    /// How money came.
    pub method: Option<PaymentMethod>,
    /// The bank's reason, or what was written about it.
    pub note: Option<String>,
    /// What the customer owes more by it; negative for less.
    pub amount: Cents,
}

/// Everything on a customer's account, by day.
///
/// # Errors
/// What the database says.
pub async fn account_of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<AccountLine>> {
    let documents: Vec<Invoice> =
        on.query("SELECT * FROM invoices WHERE customer_id = $1 AND number IS NOT NULL").bind(customer).all().await?;
    let payments: Vec<Payment> =
        on.query("SELECT * FROM payments WHERE customer_id = $1 AND undone = 0").bind(customer).all().await?;
    let set: Vec<(PaymentId, String)> = on
        .query(
            "SELECT DISTINCT payment_id, number FROM invoices JOIN allocations ON invoice_id = invoices.id
             WHERE invoices.customer_id = $1 AND payment_id IS NOT NULL ORDER BY payment_id, number",
        )
        .bind(customer)
        .all()
        .await?;
    let reversals: Vec<Reversal> = on
        .query("SELECT * FROM reversals WHERE customer_id = $1 AND payment_id IS NOT NULL AND undone = 0")
        .bind(customer)
        .all()
        .await?;
    let repayments: Vec<Repayment> = on
        .query(
            "SELECT * FROM repayments WHERE customer_id = $1
               AND NOT EXISTS (SELECT 1 FROM unmatched WHERE unmatched.subject = repayments.id)",
        )
        .bind(customer)
        .all()
        .await?;
    let numbers = |payment: PaymentId| {
        let of: Vec<&str> = set.iter().filter(|(id, _)| *id == payment).map(|(_, number)| number.as_str()).collect();
        of.join(", ")
    };
    let mut lines: Vec<AccountLine> = documents.iter().map(document_line).collect();
    for payment in &payments {
        lines.push(AccountLine {
            day: payment.paid_on,
            kind: AccountLineKind::Payment,
            document: numbers(payment.id),
            method: Some(payment.method),
            note: payment.note.clone(),
            amount: Cents::ZERO - payment.amount,
        });
    }
    for reversal in &reversals {
        let payment = payments.iter().find(|payment| Some(payment.id) == reversal.payment_id);
        lines.push(AccountLine {
            day: reversal.valued_on,
            kind: AccountLineKind::Reversal,
            document: reversal.payment_id.map(numbers).unwrap_or_default(),
            method: payment.map(|payment| payment.method),
            note: Some(reversal.code.clone()),
            amount: reversal.amount,
        });
    }
    for repayment in repayments {
        lines.push(AccountLine {
            day: repayment.paid_on,
            kind: AccountLineKind::Repayment,
            document: String::new(),
            method: Some(PaymentMethod::Bank),
            note: repayment.note,
            amount: repayment.amount,
        });
    }
    lines.sort_by(|one, other| (one.day, one.kind, &one.document).cmp(&(other.day, other.kind, &other.document)));
    Ok(lines)
}

fn document_line(invoice: &Invoice) -> AccountLine {
    let is_note = invoice.kind == crate::domain::document::DocumentKind::CreditNote;
    AccountLine {
        day: invoice.issued_on(),
        kind: if is_note { AccountLineKind::CreditNote } else { AccountLineKind::Invoice },
        document: invoice.number().to_owned(),
        method: None,
        note: invoice.lines.first().map(|line| line.printed.description.clone()),
        amount: if is_note { Cents::ZERO - invoice.gross } else { invoice.gross },
    }
}

/// A movement of a card with what its transaction says.
#[derive(Clone, Debug, PartialEq)]
pub struct CardMovement {
    /// The movement.
    pub movement: Movement,
    /// Why it was booked.
    pub kind: TransactionKind,
    /// The day it counts on.
    pub booked_on: NaiveDate,
    /// Who did it.
    pub by_name: Option<String>,
    /// By whose link that login was opened.
    pub link: Option<LinkFrom>,
    /// Number of its ticket.
    pub ticket: Option<i64>,
    /// Subject of its ticket.
    pub subject: Option<String>,
}

impl Record for CardMovement {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            movement: Movement::read(row)?,
            kind: row.get("kind")?,
            booked_on: row.get("booked_on")?,
            by_name: row.get("by_name")?,
            link: LinkFrom::read(row)?,
            ticket: row.get("ticket")?,
            subject: row.get("subject")?,
        })
    }
}

/// Everything that happened to a card, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn movements_of_card(on: &mut impl Statements, card: CardId) -> Result<Vec<CardMovement>> {
    on.query(
        "SELECT movements.*, transactions.kind, transactions.booked_on, transactions.link_on, users.name AS by_name,
                linker.name AS link_name, tickets.number AS ticket, tickets.subject
         FROM movements
         JOIN transactions ON transactions.customer_id = movements.customer_id AND transactions.seq = movements.seq
         LEFT JOIN users ON users.id = transactions.actor_id
         LEFT JOIN users AS linker ON linker.id = transactions.link_by
         LEFT JOIN tickets ON tickets.id = transactions.ticket_id
         WHERE card_id = $1 ORDER BY movements.recorded_at, movements.seq, movements.line",
    )
    .bind(card)
    .all()
    .await
}

/// One card, and the number of its invoice.
///
/// # Errors
/// What the database says.
pub async fn card(on: &mut impl Statements, id: CardId) -> Result<Option<(crate::domain::Card, Option<String>)>> {
    let card: Option<crate::domain::Card> = on.query("SELECT * FROM cards WHERE id = $1").bind(id).optional().await?;
    let Some(card) = card else { return Ok(None) };
    let number: Option<(String,)> = match card.invoice_id {
        Some(invoice) => {
            on.query("SELECT number FROM invoices WHERE id = $1 AND number IS NOT NULL")
                .bind(invoice)
                .optional()
                .await?
        }
        None => None,
    };
    Ok(Some((card, number.map(|(number,)| number))))
}
