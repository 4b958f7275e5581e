//! Files of the bank, their statements and lines; and look-ups over many lines at once, for what they become.

use super::rows::{Table, table};
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::{
    BankFileId, BankLineId, Cents, Collection, CollectionId, CustomerId, InvoiceId, PaymentId, UserId,
    bank::{BankFileKind, Direction},
    document::DocumentKind,
    matching::{BankLine, LineState, Payable},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

super::columns::texts!(LineState);

table!(BankLine in "bank_lines" key [] changing [] {
    id: BankLineId, file_id: BankFileId, identity: String, line: i64, account: String, direction: Direction,
    amount: Cents, charge: Cents, booked_on: NaiveDate, valued_on: NaiveDate, name: Option<String>,
    iban: Option<String>, end_to_end_id: Option<String>, mandate: Option<String>, reference: Option<String>,
    structured: Option<String>, text: Option<String>, code: Option<String>, return_reason: Option<String>,
    rejected: bool, batch: Option<String>, batch_message: Option<String>, entry: String, entry_line: i64,
    entry_reference: Option<String>, state: LineState, why: Option<String>, customer_id: Option<CustomerId>,
    payment_id: Option<PaymentId>, collection_id: Option<CollectionId>, decided_at: Option<DateTime<Utc>>,
    decided_by: Option<UserId>,
});

/// A file of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Identity.
    pub id: BankFileId,
    /// Digest of its bytes (SHA-256).
    pub digest: String,
    /// Its name, as it was given.
    pub name: String,
    /// What it is.
    pub kind: BankFileKind,
    /// Its version.
    pub version: String,
    /// The bank's id of the message.
    pub message_id: String,
    /// How many lines it told first.
    pub lines: i64,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Who brought it.
    pub received_by: Option<UserId>,
}

table!(FileRow in "bank_files" key ["id"] changing ["lines"] {
    id: BankFileId, digest: String, name: String, kind: BankFileKind, version: String, message_id: String, lines: i64,
    received_at: DateTime<Utc>, received_by: Option<UserId>,
});

/// A statement of an account, or a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// Our account.
    pub account: String,
    /// The bank's id of it.
    pub statement_id: String,
    /// The file that told it.
    pub file_id: BankFileId,
    /// Day of the opening balance.
    pub opened_on: Option<NaiveDate>,
    /// Opening balance.
    pub opening: Option<Cents>,
    /// Day of the closing balance.
    pub closed_on: Option<NaiveDate>,
    /// Closing balance.
    pub closing: Option<Cents>,
}

table!(StatementRow in "bank_statements" key [] changing [] {
    account: String, statement_id: String, file_id: BankFileId, opened_on: Option<NaiveDate>, opening: Option<Cents>,
    closed_on: Option<NaiveDate>, closing: Option<Cents>,
});

fn texts<T: ToString>(list: impl IntoIterator<Item = T>) -> Vec<Value> {
    let all: BTreeSet<String> = list.into_iter().map(|item| item.to_string()).collect();
    all.into_iter().map(Value::from).collect()
}

/// The statement of a table, that leaves alone what is there already.
fn or_nothing<T: Table>() -> &'static str {
    Box::leak(format!("{} ON CONFLICT DO NOTHING", T::statement()).into_boxed_str())
}

/// Adds a file; gives false, and adds nothing, when its bytes were seen before.
///
/// # Errors
/// What the database says.
pub async fn add_file(tx: &mut Tx, file: &FileRow) -> Result<bool> {
    let sql = "INSERT INTO bank_files (id, digest, name, kind, version, message_id, lines, received_at, received_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let added = tx
        .query(sql)
        .bind(file.id)
        .bind(file.digest.as_str())
        .bind(file.name.as_str())
        .bind(file.kind)
        .bind(file.version.as_str())
        .bind(file.message_id.as_str())
        .bind(file.lines)
        .bind(file.received_at)
        .bind(file.received_by)
        .execute()
        .await?;
    Ok(added == 1)
}

/// Notes how many lines a file told first.
///
/// # Errors
/// What the database says.
pub async fn count_lines(tx: &mut Tx, file: BankFileId, lines: i64) -> Result<()> {
    tx.query("UPDATE bank_files SET lines = $2 WHERE id = $1").bind(file).bind(lines).execute().await?;
    Ok(())
}

/// The file with these bytes.
///
/// # Errors
/// What the database says.
pub async fn file_by_digest(on: &mut impl Statements, digest: &str) -> Result<Option<FileRow>> {
    on.query("SELECT * FROM bank_files WHERE digest = $1").bind(digest).optional().await
}

/// Files, the newest first, before the place (`received_at`, id) of the last one that was read.
///
/// # Errors
/// What the database says.
pub async fn files(on: &mut impl Statements, before: (DateTime<Utc>, BankFileId), limit: i64) -> Result<Vec<FileRow>> {
    on.query("SELECT * FROM bank_files WHERE (received_at, id) < ($1, $2) ORDER BY received_at DESC, id DESC LIMIT $3")
        .bind(before.0)
        .bind(before.1)
        .bind(limit)
        .all()
        .await
}

/// The statements in these files, by account and day.
///
/// # Errors
/// What the database says.
pub async fn statements_in(on: &mut impl Statements, files: &[BankFileId]) -> Result<Vec<StatementRow>> {
    let sql = "SELECT * FROM bank_statements WHERE file_id {in} ORDER BY account, closed_on, statement_id";
    on.query(sql).bind_json(texts(files)).all().await
}

/// The statements that are known under these ids of the bank.
///
/// # Errors
/// What the database says.
pub async fn statements_known(on: &mut impl Statements, ids: &[String]) -> Result<Vec<StatementRow>> {
    on.query("SELECT * FROM bank_statements WHERE statement_id {in}").bind_json(texts(ids)).all().await
}

/// The last statement of an account that closed on `day` or before it.
///
/// # Errors
/// What the database says.
pub async fn statement_before(on: &mut impl Statements, account: &str, day: NaiveDate) -> Result<Option<StatementRow>> {
    on.query(
        "SELECT * FROM bank_statements WHERE account = $1 AND closing IS NOT NULL AND closed_on <= $2
         ORDER BY closed_on DESC, statement_id DESC LIMIT 1",
    )
    .bind(account)
    .bind(day)
    .optional()
    .await
}

/// Adds statements; those that are known stay as they are.
///
/// # Errors
/// What the database says.
pub async fn add_statements(tx: &mut Tx, rows: &[StatementRow]) -> Result<()> {
    static SQL: LazyLock<&'static str> = LazyLock::new(or_nothing::<StatementRow>);
    if !rows.is_empty() {
        tx.query(*SQL).bind_json(rows.iter().map(Table::values).collect()).execute().await?;
    }
    Ok(())
}

/// Adds lines; those whose identity is known stay as they are. Gives how many were added.
///
/// # Errors
/// What the database says.
pub async fn add_lines(tx: &mut Tx, rows: &[BankLine]) -> Result<u64> {
    static SQL: LazyLock<&'static str> = LazyLock::new(or_nothing::<BankLine>);
    if rows.is_empty() {
        return Ok(0);
    }
    tx.query(*SQL).bind_json(rows.iter().map(Table::values).collect()).execute().await
}

/// Which of these identities are known.
///
/// # Errors
/// What the database says.
pub async fn identities(on: &mut impl Statements, lines: &[&BankLine]) -> Result<BTreeSet<String>> {
    let list = texts(lines.iter().map(|line| &line.identity));
    let found: Vec<(String,)> =
        on.query("SELECT identity FROM bank_lines WHERE identity {in}").bind_json(list).all().await?;
    Ok(found.into_iter().map(|(identity,)| identity).collect())
}

/// Lines of entries that may be the same as those of `lines`, told by files of another kind; in the order of their files.
///
/// # Errors
/// What the database says.
pub async fn alike(on: &mut impl Statements, lines: &[&BankLine], kind: BankFileKind) -> Result<Vec<BankLine>> {
    let sql = "SELECT bank_lines.* FROM bank_lines JOIN bank_files ON bank_files.id = file_id
               WHERE entry {in} AND kind <> $2 ORDER BY file_id, entry_line, line, bank_lines.id";
    on.query(sql).bind_json(texts(lines.iter().map(|line| &line.entry))).bind(kind).all().await
}

/// Lines of a file that were not looked at yet, in their order, after the place (line, id) of the last one that was read.
///
/// # Errors
/// What the database says.
pub async fn new_of(
    on: &mut impl Statements,
    file: BankFileId,
    after: (i64, BankLineId),
    limit: i64,
) -> Result<Vec<BankLine>> {
    on.query(
        "SELECT * FROM bank_lines WHERE file_id = $1 AND state = 'new' AND (line, id) > ($2, $3)
         ORDER BY line, id LIMIT $4",
    )
    .bind(file)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .all()
    .await
}

/// Lines of whatever file that were not looked at yet, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn new_of_all(on: &mut impl Statements, limit: i64) -> Result<Vec<BankLine>> {
    // Both conditions: SQLite uses the index only for the one that is said of it.
    on.query(
        "SELECT * FROM bank_lines WHERE state IN ('new', 'open') AND state = 'new' ORDER BY booked_on, id LIMIT $1",
    )
    .bind(limit)
    .all()
    .await
}

/// How many lines of a file were not looked at yet.
///
/// # Errors
/// What the database says.
pub async fn count_new(on: &mut impl Statements, file: BankFileId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM bank_lines WHERE file_id = $1 AND state = 'new'";
    let (count,) = on.query(sql).bind(file).one().await?;
    Ok(count)
}

/// One line.
///
/// # Errors
/// What the database says.
pub async fn line(on: &mut impl Statements, id: BankLineId) -> Result<Option<BankLine>> {
    on.query("SELECT * FROM bank_lines WHERE id = $1").bind(id).optional().await
}

/// Lines in one state, the oldest first, after the place (`booked_on`, id) of the last one that was read.
///
/// # Errors
/// What the database says.
pub async fn lines(
    on: &mut impl Statements,
    state: LineState,
    after: (NaiveDate, BankLineId),
    limit: i64,
) -> Result<Vec<BankLine>> {
    if state == LineState::Open {
        let sql = "SELECT * FROM bank_lines
                   WHERE state IN ('new', 'open') AND state = 'open' AND (booked_on, id) > ($1, $2)
                   ORDER BY booked_on, id LIMIT $3";
        return on.query(sql).bind(after.0).bind(after.1).bind(limit).all().await;
    }
    on.query("SELECT * FROM bank_lines WHERE state = $1 AND (booked_on, id) > ($2, $3) ORDER BY booked_on, id LIMIT $4")
        .bind(state)
        .bind(after.0)
        .bind(after.1)
        .bind(limit)
        .all()
        .await
}

/// How many lines wait for a person, and their sums in and out.
///
/// # Errors
/// What the database says.
pub async fn waiting(on: &mut impl Statements) -> Result<(i64, Cents, Cents)> {
    on.query(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN direction = 'credit' THEN amount ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN direction = 'debit' THEN amount ELSE 0 END), 0) AS BIGINT)
         FROM bank_lines WHERE state IN ('new', 'open')",
    )
    .one()
    .await
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which line.
    pub id: BankLineId,
    /// What became of it.
    pub state: LineState,
    /// Why.
    pub why: Option<String>,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// The payment that it became.
    pub payment: Option<PaymentId>,
    /// The collection that it is about.
    pub collection: Option<CollectionId>,
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Option<UserId>,
}

/// Notes what became of lines. What is booked stays booked, and the rules change only what nobody looked at.
///
/// # Errors
/// What the database says.
pub async fn mark(tx: &mut Tx, marks: &[Mark]) -> Result<()> {
    use super::columns::Stored as _;
    if marks.is_empty() {
        return Ok(());
    }
    let list = marks.iter().map(|mark| {
        Value::Array(vec![
            mark.id.json(),
            mark.state.json(),
            mark.why.json(),
            mark.customer.json(),
            mark.payment.json(),
            mark.collection.json(),
            mark.at.json(),
            mark.by.json(),
        ])
    });
    let sql = "UPDATE bank_lines
               SET state = value ->> 1, why = value ->> 2, customer_id = value ->> 3, payment_id = value ->> 4,
                   collection_id = value ->> 5, decided_at = CAST(value ->> 6 AS BIGINT), decided_by = value ->> 7
               FROM {rows}
               WHERE bank_lines.id = value ->> 0 AND bank_lines.state <> 'booked'
                 AND (bank_lines.state = 'new' OR value ->> 1 = 'booked' OR value ->> 7 IS NOT NULL)";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    Ok(())
}

record! {
    /// A command that was booked for a line.
    pub struct BookedFor {
        /// The line.
        pub line: String,
        /// Whose.
        pub customer_id: CustomerId,
        /// The payment.
        pub payment_id: Option<PaymentId>,
        /// The collection.
        pub collection_id: Option<CollectionId>,
    }
}

/// What was booked already under the keys of these lines, by `caller`.
///
/// # Errors
/// What the database says.
pub async fn booked_for(on: &mut impl Statements, lines: &[BankLine], caller: &str) -> Result<Vec<BookedFor>> {
    let sql = "SELECT commands.\"key\" AS line, commands.customer_id AS customer_id, payments.id AS payment_id,
                      COALESCE(collections.id, reversals.collection_id) AS collection_id
               FROM commands
               LEFT JOIN payments ON payments.id = commands.subject
               LEFT JOIN collections ON collections.id = commands.subject
               LEFT JOIN reversals ON reversals.id = commands.subject
               WHERE commands.\"key\" {in} AND commands.caller = $2";
    on.query(sql).bind_json(texts(lines.iter().map(|line| line.id))).bind(caller).all().await
}

impl Record for Payable {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get::<InvoiceId>("id")?,
            customer_id: row.get("customer_id")?,
            customer_name: row.get("customer_name")?,
            kind: row.get::<DocumentKind>("kind")?,
            number: row.get("number")?,
            reference: row.get("reference")?,
            due_on: row.get("due_on")?,
            open: row.get("open")?,
        })
    }
}

/// The documents with these numbers.
///
/// # Errors
/// What the database says.
pub async fn numbered(on: &mut impl Statements, numbers: &BTreeSet<String>) -> Result<Vec<Payable>> {
    let sql =
        "SELECT invoices.id, customer_id, customers.name AS customer_name, kind, invoices.number, reference, due_on,
                      gross - paid - credited AS open
               FROM invoices JOIN customers ON customers.id = customer_id WHERE invoices.number {in}";
    on.query(sql).bind_json(texts(numbers)).all().await
}

/// What these customers still have to pay.
///
/// # Errors
/// What the database says.
pub async fn open_of(on: &mut impl Statements, customers: &BTreeSet<CustomerId>) -> Result<Vec<Payable>> {
    let sql =
        "SELECT invoices.id, customer_id, customers.name AS customer_name, kind, invoices.number, reference, due_on,
                      gross - paid - credited AS open
               FROM invoices JOIN customers ON customers.id = customer_id
               WHERE customer_id {in} AND invoices.number IS NOT NULL AND paid + credited < gross";
    on.query(sql).bind_json(texts(customers)).all().await
}

/// Invoices that are not settled, the first due first, at most `limit`: to look for amounts and names among.
///
/// # Errors
/// What the database says.
pub async fn open_all(on: &mut impl Statements, limit: i64) -> Result<Vec<Payable>> {
    on.query(
        "SELECT invoices.id, customer_id, customers.name AS customer_name, kind, invoices.number, reference, due_on,
                gross - paid - credited AS open
         FROM invoices JOIN customers ON customers.id = customer_id
         WHERE invoices.number IS NOT NULL AND paid + credited < gross ORDER BY due_on, invoices.number LIMIT $1",
    )
    .bind(limit)
    .all()
    .await
}

/// The collections with these end-to-end ids.
///
/// # Errors
/// What the database says.
pub async fn collections(on: &mut impl Statements, ids: &BTreeSet<String>) -> Result<Vec<Collection>> {
    on.query("SELECT * FROM collections WHERE cancelled_at IS NULL AND end_to_end_id {in}")
        .bind_json(texts(ids))
        .all()
        .await
}

/// The collections under these mandates, by reference.
///
/// # Errors
/// What the database says.
pub async fn under_mandates(on: &mut impl Statements, references: &BTreeSet<String>) -> Result<Vec<(String, String)>> {
    let sql = "SELECT reference, end_to_end_id FROM mandates JOIN collections ON mandate_id = mandates.id
               WHERE reference {in} AND cancelled_at IS NULL ORDER BY end_to_end_id";
    on.query(sql).bind_json(texts(references)).all().await
}

/// One collection.
///
/// # Errors
/// What the database says.
pub async fn collection(on: &mut impl Statements, id: CollectionId) -> Result<Option<Collection>> {
    on.query("SELECT * FROM collections WHERE id = $1").bind(id).optional().await
}

/// Collections with these amounts (cents) that did not come undone, the newest first.
///
/// # Errors
/// What the database says.
pub async fn collections_like(on: &mut impl Statements, amounts: &BTreeSet<i64>) -> Result<Vec<Collection>> {
    if amounts.is_empty() {
        return Ok(Vec::new());
    }
    let sql =
        "SELECT * FROM collections WHERE reversal_id IS NULL AND cancelled_at IS NULL AND CAST(amount AS TEXT) {in}
               ORDER BY collect_on DESC, end_to_end_id DESC LIMIT 200";
    on.query(sql).bind_json(texts(amounts)).all().await
}

/// Whose these accounts are: by a mandate, or by what was booked from them before.
///
/// # Errors
/// What the database says.
pub async fn payers(on: &mut impl Statements, ibans: &BTreeSet<String>) -> Result<Vec<(String, CustomerId)>> {
    let sql = "SELECT DISTINCT iban, customer_id FROM mandates WHERE iban {in}";
    let mut found: Vec<(String, CustomerId)> = on.query(sql).bind_json(texts(ibans)).all().await?;
    let sql = "SELECT DISTINCT iban, customer_id FROM bank_lines WHERE iban {in} AND customer_id IS NOT NULL";
    found.extend(on.query(sql).bind_json(texts(ibans)).all::<(String, CustomerId)>().await?);
    Ok(found)
}

/// What these customers paid too much, with their names.
///
/// # Errors
/// What the database says.
pub async fn credits(
    on: &mut impl Statements,
    customers: &BTreeSet<CustomerId>,
) -> Result<Vec<(CustomerId, Cents, String)>> {
    let sql = "SELECT id, credit, name FROM customers WHERE id {in}";
    on.query(sql).bind_json(texts(customers)).all().await
}

/// The files of collections that were handed out last, in base 64, the newest first.
///
/// # Errors
/// What the database says.
pub async fn sent(on: &mut impl Statements, limit: i64) -> Result<Vec<(String,)>> {
    on.query(
        "SELECT content FROM exports JOIN export_files ON export_files.number = exports.number
         WHERE exports.kind = 'collection' ORDER BY exports.number DESC LIMIT $1",
    )
    .bind(limit)
    .all()
    .await
}
