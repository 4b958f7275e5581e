//! Files of the bank, their statements and lines; and look-ups over many lines at once, for what they become.

use super::rows::{Table, table};
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::{
    BankEntryId, BankFileId, BankLineId, Cents, Collection, CollectionId, CustomerId, InvoiceId, Payment, PaymentId,
    StatementId, TransactionId, TransactionKind, UserId,
    bank::{BankFileKind, Direction},
    bank_statement::{Contents, Statement, StatementKind},
    document::DocumentKind,
    intake::Told,
    matching::{BankLine, LineState, Payable, Proof},
    reconciliation::FirstBalance,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

super::columns::texts!(Contents, LineState, Proof, StatementKind, StatementId, BankEntryId);
super::columns::stored!(NaiveDateTime as String => "TEXT", |at| at.format("%Y-%m-%dT%H:%M:%S%.f").to_string(), |text| {
    text.parse()?
});

table!(BankLine in "bank_lines" key [] changing [] {
    id: BankLineId, file_id: BankFileId, identity: Option<String>, entry_id: BankEntryId, movement_id: BankEntryId,
    told_in: Option<StatementId>, announced_in: Option<StatementId>, stated_in: Option<StatementId>, stated_on: Option<NaiveDate>, line: i64,
    account: String, direction: Direction, amount: Cents, charge: Cents, booked_on: NaiveDate, valued_on: NaiveDate,
    name: Option<String>, iban: Option<String>, end_to_end_id: Option<String>, mandate: Option<String>,
    reference: Option<String>, transaction_reference: Option<String>, structured: Option<String>,
    text: Option<String>, code: Option<String>, return_reason: Option<String>, rejected: bool, batch: Option<String>,
    batch_message: Option<String>, entry_line: i64, entry_reference: Option<String>, state: LineState,
    why: Option<String>, customer_id: Option<CustomerId>, payment_id: Option<PaymentId>,
    collection_id: Option<CollectionId>, decided_at: Option<DateTime<Utc>>, decided_by: Option<UserId>,
    proof: Option<Proof>, divided: bool, undone: i64,
});

table!(Statement in "bank_statements" key [] changing [] {
    id: StatementId, file_id: BankFileId, kind: StatementKind, account: String, told_id: String, page: Option<i64>,
    last_page: Option<bool>, sequence: Option<i64>, made_at: Option<NaiveDateTime>, from_day: NaiveDate, to_day: NaiveDate,
    first_day: NaiveDate, last_day: NaiveDate,
    opening: Option<Cents>, closing: Option<Cents>, entries: i64, credits: Cents, debits: Cents, contents: Contents,
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
    // Asked first: the table refuses what would replace a row.
    if file_by_digest(tx, &file.digest).await?.is_some() {
        return Ok(false);
    }
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

/// All files, in the order in which they came.
///
/// # Errors
/// What the database says.
pub async fn files_as_they_came(on: &mut impl Statements) -> Result<Vec<FileRow>> {
    on.query("SELECT * FROM bank_files ORDER BY received_at, id").all().await
}

/// What moved by lines that count, by account and day (that on which a statement told it, else that of the booking): what came less
/// what went.
///
/// # Errors
/// What the database says.
pub async fn counted(on: &mut impl Statements) -> Result<Vec<((String, NaiveDate), Cents)>> {
    let sql = "SELECT account, COALESCE(stated_on, booked_on) AS day,
                      CAST(SUM(CASE direction WHEN 'credit' THEN amount - charge ELSE -amount - charge END) AS BIGINT) AS moved
               FROM bank_lines WHERE account <> '' AND state <> 'again' GROUP BY account, COALESCE(stated_on, booked_on)";
    let rows: Vec<(String, NaiveDate, Cents)> = on.query(sql).all().await?;
    Ok(rows.into_iter().map(|(account, day, moved)| ((account, day), moved)).collect())
}

/// The statements in these files, by account and day.
///
/// # Errors
/// What the database says.
pub async fn statements_in(on: &mut impl Statements, files: &[BankFileId]) -> Result<Vec<Statement>> {
    let sql = "SELECT * FROM bank_statements WHERE file_id {in} ORDER BY account, to_day, id";
    on.query(sql).bind_json(texts(files)).all().await
}

/// The statements and notices of an account about any of these days, by day.
///
/// # Errors
/// What the database says.
pub async fn statements_about(
    on: &mut impl Statements,
    account: &str,
    days: (NaiveDate, NaiveDate),
) -> Result<Vec<Statement>> {
    let sql =
        "SELECT * FROM bank_statements WHERE account = $1 AND last_day >= $2 AND first_day <= $3 ORDER BY to_day, id";
    on.query(sql).bind(account).bind(days.0).bind(days.1).all().await
}

/// All statements of an account, by day.
///
/// # Errors
/// What the database says.
pub async fn statements_of(on: &mut impl Statements, account: &str) -> Result<Vec<Statement>> {
    let sql = "SELECT * FROM bank_statements WHERE account = $1 AND kind = 'statement' ORDER BY to_day, id";
    on.query(sql).bind(account).all().await
}

/// The last statement of an account that closed before `day`.
///
/// # Errors
/// What the database says.
pub async fn statement_before(on: &mut impl Statements, account: &str, day: NaiveDate) -> Result<Option<Statement>> {
    on.query(
        "SELECT * FROM bank_statements WHERE account = $1 AND kind = 'statement' AND closing IS NOT NULL AND to_day < $2
         ORDER BY to_day DESC, made_at DESC, id DESC LIMIT 1",
    )
    .bind(account)
    .bind(day)
    .optional()
    .await
}

/// Adds statements.
///
/// # Errors
/// What the database says.
pub async fn add_statements(tx: &mut Tx, rows: &[Statement]) -> Result<()> {
    super::rows::write(tx, &rows.iter().collect::<Vec<_>>()).await
}

/// Keeps a part of the bytes of a file, by its number from 0.
///
/// # Errors
/// What the database says.
pub async fn keep_part(tx: &mut Tx, (file, nr): (BankFileId, i64), content: String) -> Result<()> {
    let sql = "INSERT INTO bank_contents (file_id, part, content) VALUES ($1, $2, $3)";
    tx.query(sql).bind(file).bind(nr).bind(content).execute().await?;
    Ok(())
}

/// A part of the bytes of a file, as it was kept; none after the last.
///
/// # Errors
/// What the database says.
pub async fn part(on: &mut impl Statements, (file, nr): (BankFileId, i64)) -> Result<Option<String>> {
    let sql = "SELECT content FROM bank_contents WHERE file_id = $1 AND part = $2";
    let row = on.query(sql).bind(file).bind(nr).optional::<(String,)>().await?;
    Ok(row.map(|(content,)| content))
}

/// The name of a file.
///
/// # Errors
/// What the database says.
pub async fn name_of(on: &mut impl Statements, file: BankFileId) -> Result<Option<String>> {
    let row = on.query("SELECT name FROM bank_files WHERE id = $1").bind(file).optional::<(String,)>().await?;
    Ok(row.map(|(name,)| name))
}

/// Adds lines; reports whose identity is known stay as they are. Gives how many were added.
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

/// Which of these identities of reports are known.
///
/// # Errors
/// What the database says.
pub async fn identities(on: &mut impl Statements, lines: &[BankLine]) -> Result<BTreeSet<String>> {
    let list = texts(lines.iter().filter_map(|line| line.identity.as_ref()));
    let found: Vec<(String,)> =
        on.query("SELECT identity FROM bank_lines WHERE identity {in}").bind_json(list).all().await?;
    Ok(found.into_iter().map(|(identity,)| identity).collect())
}

/// All lines of an account that the bank booked on these days, in the order of their entries.
///
/// # Errors
/// What the database says.
pub async fn lines_between(
    on: &mut impl Statements,
    account: &str,
    days: (NaiveDate, NaiveDate),
) -> Result<Vec<BankLine>> {
    let sql = "SELECT * FROM bank_lines WHERE account = $1 AND booked_on >= $2 AND booked_on <= $3
               ORDER BY entry_id, line, id";
    on.query(sql).bind(account).bind(days.0).bind(days.1).all().await
}

/// Whether a notice announced something of an account on these days.
///
/// # Errors
/// What the database says.
pub async fn is_announced(on: &mut impl Statements, account: &str, days: (NaiveDate, NaiveDate)) -> Result<bool> {
    let sql = "SELECT id FROM bank_lines
               WHERE account = $1 AND announced_in IS NOT NULL AND booked_on >= $2 AND booked_on <= $3 LIMIT 1";
    let found: Option<(BankLineId,)> = on.query(sql).bind(account).bind(days.0).bind(days.1).optional().await?;
    Ok(found.is_some())
}

/// The booking days, within some, of what is known of an account.
///
/// # Errors
/// What the database says.
pub async fn told_days(
    on: &mut impl Statements,
    account: &str,
    within: (NaiveDate, NaiveDate),
) -> Result<Vec<NaiveDate>> {
    let sql = "SELECT DISTINCT booked_on FROM bank_lines WHERE account = $1 AND booked_on >= $2 AND booked_on <= $3";
    let found: Vec<(NaiveDate,)> = on.query(sql).bind(account).bind(within.0).bind(within.1).all().await?;
    Ok(found.into_iter().map(|(day,)| day).collect())
}

/// The booking days of what waits because it is not clear whether it is a movement of its own.
///
/// # Errors
/// What the database says.
pub async fn doubted_days(on: &mut impl Statements, account: &str) -> Result<Vec<NaiveDate>> {
    // Both conditions: SQLite uses the index only for the one that is said of it.
    let sql = "SELECT DISTINCT booked_on FROM bank_lines
               WHERE state IN ('new', 'open') AND state = 'open' AND account = $1
                 AND why IN ('surplus', 'unclear', 'told_before')";
    let found: Vec<(NaiveDate,)> = on.query(sql).bind(account).all().await?;
    Ok(found.into_iter().map(|(day,)| day).collect())
}

/// Notes who tells lines, and whose movement they are a part of.
///
/// # Errors
/// What the database says.
pub async fn tell(tx: &mut Tx, told: &[Told]) -> Result<()> {
    use super::columns::Stored as _;
    if told.is_empty() {
        return Ok(());
    }
    let list = told.iter().map(|row| {
        let Told { id, movement_id, announced_in, stated_in, stated_on } = row;
        Value::Array(vec![id.json(), movement_id.json(), announced_in.json(), stated_in.json(), stated_on.json()])
    });
    let sql = "UPDATE bank_lines SET movement_id = value ->> 1, announced_in = value ->> 2, stated_in = value ->> 3,
                      stated_on = value ->> 4
               FROM {rows} WHERE bank_lines.id = value ->> 0";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    Ok(())
}

/// Lines that nobody decided on wait: it is not clear whether they are movements of their own.
///
/// # Errors
/// What the database says.
pub async fn doubt(tx: &mut Tx, doubts: &[(BankLineId, String)]) -> Result<()> {
    use super::columns::Stored as _;
    if doubts.is_empty() {
        return Ok(());
    }
    let list = doubts.iter().map(|(line, why)| Value::Array(vec![line.json(), Value::from(why.as_str())]));
    let sql = "UPDATE bank_lines SET state = 'open', why = value ->> 1
               FROM {rows} WHERE bank_lines.id = value ->> 0 AND bank_lines.state <> 'booked'";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    Ok(())
}

/// Lines turn out to repeat what another entry bears: they are no movement of their own.
///
/// # Errors
/// What the database says.
pub async fn repeat(tx: &mut Tx, lines: &[BankLineId]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE bank_lines SET state = 'again', why = NULL WHERE id {in} AND state <> 'booked'";
    tx.query(sql).bind_json(texts(lines)).execute().await?;
    Ok(())
}

/// Lines are to be looked at anew, as movements of their own: a doubt is gone, or they tell more than what they repeated.
///
/// # Errors
/// What the database says.
pub async fn release(tx: &mut Tx, lines: &[BankLineId]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE bank_lines SET state = 'new', why = NULL WHERE id {in} AND state IN ('open', 'again')";
    tx.query(sql).bind_json(texts(lines)).execute().await?;
    Ok(())
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

/// Batches that wait because their sum is not that of what was sent, the newest first.
///
/// # Errors
/// What the database says.
pub async fn waiting_batches(on: &mut impl Statements, limit: i64) -> Result<Vec<BankLine>> {
    on.query(
        "SELECT * FROM bank_lines WHERE state IN ('new', 'open') AND state = 'open' AND why = 'amount_differs'
           AND direction = 'credit' AND end_to_end_id IS NULL AND (batch IS NOT NULL OR batch_message IS NOT NULL)
         ORDER BY booked_on DESC, id LIMIT $1",
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

/// Lines in one state, those that were decided last first.
///
/// # Errors
/// What the database says.
pub async fn latest(
    on: &mut impl Statements,
    state: LineState,
    before: (DateTime<Utc>, NaiveDate, BankLineId),
    limit: i64,
) -> Result<Vec<BankLine>> {
    let sql = "SELECT * FROM bank_lines
               WHERE state = $1 AND (COALESCE(decided_at, 0), booked_on, id) < ($2, $3, $4)
               ORDER BY COALESCE(decided_at, 0) DESC, booked_on DESC, id DESC LIMIT $5";
    on.query(sql).bind(state).bind(before.0).bind(before.1).bind(before.2).bind(limit).all().await
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
    /// What proved it.
    pub proof: Option<Proof>,
    /// It was divided.
    pub divided: bool,
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
            mark.proof.json(),
            mark.divided.json(),
        ])
    });
    let sql = "UPDATE bank_lines
               SET state = value ->> 1, why = value ->> 2, customer_id = value ->> 3, payment_id = value ->> 4,
                   collection_id = value ->> 5, decided_at = CAST(value ->> 6 AS BIGINT), decided_by = value ->> 7,
                   proof = value ->> 8, divided = CASE WHEN divided = 1 THEN 1 ELSE CAST(value ->> 9 AS BIGINT) END
               FROM {rows}
               WHERE bank_lines.id = value ->> 0 AND bank_lines.state NOT IN ('booked', 'again')
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
    on.query(sql).bind_json(texts(lines.iter().map(BankLine::key))).bind(caller).all().await
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

/// Which of these collections came undone without that money moved on our account.
///
/// # Errors
/// What the database says.
pub async fn refused(on: &mut impl Statements, ids: &[CollectionId]) -> Result<BTreeSet<CollectionId>> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT collection_id FROM reversals WHERE money_back = 0 AND undone = 0 AND collection_id {in}";
    let found: Vec<(CollectionId,)> = on.query(sql).bind_json(texts(ids)).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
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

/// Whose these accounts are: by a mandate, or by what a person or a reference proved (BANK-5); whom payments came from without
/// such a proof is no customer's account.
///
/// # Errors
/// What the database says.
pub async fn payers(on: &mut impl Statements, ibans: &BTreeSet<String>) -> Result<Vec<(String, CustomerId)>> {
    let sql = "SELECT DISTINCT iban, customer_id FROM mandates WHERE iban {in}";
    let mut found: Vec<(String, CustomerId)> = on.query(sql).bind_json(texts(ibans)).all().await?;
    let sql = "SELECT DISTINCT iban, customer_id FROM bank_lines
               WHERE iban {in} AND customer_id IS NOT NULL AND state = 'booked' AND proof IN ('reference', 'person', 'collection')";
    found.extend(on.query(sql).bind_json(texts(ibans)).all::<(String, CustomerId)>().await?);
    Ok(found)
}

/// Which of these accounts are never known to be one customer's: a person said that many pay by them, or a line of them was
/// divided (BANK-5).
///
/// # Errors
/// What the database says.
pub async fn shared(on: &mut impl Statements, ibans: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let sql = "SELECT iban FROM bank_collective_accounts AS said WHERE iban {in} AND marked = 1 AND NOT EXISTS (
                   SELECT 1 FROM bank_collective_accounts AS later WHERE later.iban = said.iban AND later.nr > said.nr)";
    let mut found: Vec<(String,)> = on.query(sql).bind_json(texts(ibans)).all().await?;
    let sql = "SELECT DISTINCT iban FROM bank_lines WHERE iban {in} AND divided = 1";
    found.extend(on.query(sql).bind_json(texts(ibans)).all::<(String,)>().await?);
    Ok(found.into_iter().map(|(iban,)| iban).collect())
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

/// Our accounts that have statements or notices.
///
/// # Errors
/// What the database says.
pub async fn accounts(on: &mut impl Statements) -> Result<Vec<String>> {
    let found: Vec<(String,)> = on.query("SELECT DISTINCT account FROM bank_statements ORDER BY account").all().await?;
    Ok(found.into_iter().map(|(account,)| account).collect())
}

/// What the lines that statements told did to an account, by the day on which they count and by what became of them.
///
/// # Errors
/// What the database says.
pub async fn moved(on: &mut impl Statements, account: &str) -> Result<Vec<(NaiveDate, LineState, Cents)>> {
    on.query(
        "SELECT stated_on, state,
                CAST(SUM(CASE WHEN direction = 'credit' THEN amount - charge ELSE -amount - charge END) AS BIGINT)
         FROM bank_lines WHERE account = $1 AND stated_on IS NOT NULL AND state <> 'again'
         GROUP BY stated_on, state ORDER BY stated_on, state",
    )
    .bind(account)
    .all()
    .await
}

/// Lines of an account that could explain a difference: those in doubt, those that a person set aside, and those that look the
/// same as another of their day.
///
/// # Errors
/// What the database says.
pub async fn suspects(on: &mut impl Statements, account: &str) -> Result<Vec<BankLine>> {
    on.query(
        "SELECT * FROM bank_lines WHERE account = $1 AND stated_on IS NOT NULL
           AND ((state IN ('new', 'open') AND why IN ('surplus', 'unclear', 'told_before')) OR state = 'set_aside'
                OR (state <> 'again' AND EXISTS (SELECT 1 FROM bank_lines AS other
                    WHERE other.account = $1 AND other.booked_on = bank_lines.booked_on AND other.id <> bank_lines.id
                      AND other.direction = bank_lines.direction AND other.amount = bank_lines.amount
                      AND other.state <> 'again' AND other.stated_in <> bank_lines.stated_in)))
         ORDER BY stated_on, id LIMIT 500",
    )
    .bind(account)
    .all()
    .await
}

/// What the ledger posted on the bank for the lines of an account, what those that are booked should have posted, and how much
/// of that no statement told yet.
///
/// # Errors
/// What the database says.
pub async fn posted(on: &mut impl Statements, account: &str) -> Result<(Cents, Cents, Cents)> {
    let sql = "SELECT CAST(COALESCE(SUM(postings.amount), 0) AS BIGINT) FROM bank_lines
               JOIN transactions ON transactions.bank_line_id = bank_lines.id
               JOIN postings ON postings.customer_id = transactions.customer_id AND postings.seq = transactions.seq
               WHERE bank_lines.account = $1 AND postings.account = 'bank'";
    let (posted,): (Cents,) = on.query(sql).bind(account).one().await?;
    let sql = "SELECT CAST(COALESCE(SUM(postings.amount), 0) AS BIGINT) FROM bank_lines
               JOIN bank_proofs ON bank_proofs.line_id = bank_lines.id
               JOIN payments ON payments.id = bank_proofs.payment_id
               JOIN transactions ON transactions.id = payments.transaction_id
               JOIN postings ON postings.customer_id = transactions.customer_id AND postings.seq = transactions.seq
               WHERE bank_lines.account = $1 AND postings.account = 'bank'";
    let (proved,): (Cents,) = on.query(sql).bind(account).one().await?;
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN direction = 'credit' THEN amount - charge ELSE -amount - charge END), 0) AS BIGINT),
                      CAST(COALESCE(SUM(CASE WHEN stated_in IS NOT NULL THEN 0 WHEN direction = 'credit' THEN amount - charge
                                             ELSE -amount - charge END), 0) AS BIGINT)
               FROM bank_lines WHERE account = $1 AND state = 'booked'";
    let (booked, announced): (Cents, Cents) = on.query(sql).bind(account).one().await?;
    Ok((posted + proved, booked, announced))
}

/// Payments that were recorded as received at the bank by hand and that no line proves: how many, and what was posted on the
/// bank without a line.
///
/// # Errors
/// What the database says.
pub async fn posted_by_hand(on: &mut impl Statements) -> Result<(i64, Cents)> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM payments
               WHERE bank_line_id IS NULL AND method <> 'other'
                 AND NOT EXISTS (SELECT 1 FROM bank_proofs WHERE payment_id = payments.id)";
    let (count,): (i64,) = on.query(sql).one().await?;
    let sql = "SELECT CAST(COALESCE(SUM(postings.amount), 0) AS BIGINT) FROM postings
               JOIN transactions ON postings.customer_id = transactions.customer_id AND postings.seq = transactions.seq
               WHERE postings.account = 'bank' AND transactions.bank_line_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM payments JOIN bank_proofs ON bank_proofs.payment_id = payments.id
                                 WHERE payments.transaction_id = transactions.id)";
    let (posted,): (Cents,) = on.query(sql).one().await?;
    Ok((count, posted))
}

/// Lines that were announced on a day or before it, and that no statement told (BANK-3).
///
/// # Errors
/// What the database says.
pub async fn not_stated(on: &mut impl Statements, account: &str, through: NaiveDate) -> Result<Vec<BankLine>> {
    let sql = "SELECT * FROM bank_lines WHERE account = $1 AND announced_in IS NOT NULL AND stated_in IS NULL
                 AND direction IN ('credit', 'debit') AND booked_on <= $2 AND state NOT IN ('again', 'set_aside')
               ORDER BY booked_on, id LIMIT 200";
    on.query(sql).bind(account).bind(through).all().await
}

/// The first balance of an account that a person recorded.
///
/// # Errors
/// What the database says.
pub async fn first_balance(on: &mut impl Statements, account: &str) -> Result<Option<FirstBalance>> {
    let sql = "SELECT day, amount FROM bank_first_balances WHERE account = $1";
    let found: Option<(NaiveDate, Cents)> = on.query(sql).bind(account).optional().await?;
    Ok(found.map(|(day, amount)| FirstBalance { day, amount, recorded: true }))
}

/// Records the first balance of an account; gives false, and changes nothing, where it was recorded before.
///
/// # Errors
/// What the database says.
pub async fn record_first(
    tx: &mut Tx,
    (account, day, amount): (&str, NaiveDate, Cents),
    (at, by): (DateTime<Utc>, Option<UserId>),
) -> Result<bool> {
    if first_balance(tx, account).await?.is_some() {
        return Ok(false);
    }
    let sql = "INSERT INTO bank_first_balances (account, day, amount, recorded_at, recorded_by)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    Ok(tx.query(sql).bind(account).bind(day).bind(amount).bind(at).bind(by).execute().await? == 1)
}

/// Notes which payment, recorded by hand, a line proves; gives false where either is taken.
///
/// # Errors
/// What the database says.
pub async fn prove(tx: &mut Tx, line: BankLineId, payment: PaymentId) -> Result<bool> {
    let sql = "SELECT line_id FROM bank_proofs WHERE line_id = $1 OR payment_id = $2";
    if tx.query(sql).bind(line).bind(payment).optional::<(String,)>().await?.is_some() {
        return Ok(false);
    }
    let sql = "INSERT INTO bank_proofs (line_id, payment_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(tx.query(sql).bind(line).bind(payment).execute().await? == 1)
}

/// The invoices that a payment was set against.
///
/// # Errors
/// What the database says.
pub async fn paid_by(on: &mut impl Statements, payment: PaymentId) -> Result<Vec<InvoiceId>> {
    let sql = "SELECT DISTINCT invoice_id FROM allocations WHERE payment_id = $1 AND kind = 'payment'";
    let found: Vec<(InvoiceId,)> = on.query(sql).bind(payment).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Whose these invoices are.
///
/// # Errors
/// What the database says.
pub async fn customers_of(on: &mut impl Statements, invoices: &[InvoiceId]) -> Result<BTreeSet<CustomerId>> {
    let sql = "SELECT DISTINCT customer_id FROM invoices WHERE id {in}";
    let found: Vec<(CustomerId,)> = on.query(sql).bind_json(texts(invoices)).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// A payment.
///
/// # Errors
/// What the database says.
pub async fn recorded(on: &mut impl Statements, payment: PaymentId) -> Result<Option<Payment>> {
    on.query("SELECT * FROM payments WHERE id = $1").bind(payment).optional().await
}

/// The customers for whom something was booked for a line.
///
/// # Errors
/// What the database says.
pub async fn booked_of(on: &mut impl Statements, line: BankLineId) -> Result<Vec<CustomerId>> {
    let sql = "SELECT DISTINCT customer_id FROM transactions WHERE bank_line_id = $1 ORDER BY customer_id";
    let found: Vec<(CustomerId,)> = on.query(sql).bind(line).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The payments that stand on an invoice, with how much of each stands.
///
/// # Errors
/// What the database says.
pub async fn payments_of(on: &mut impl Statements, invoice: InvoiceId) -> Result<Vec<(PaymentId, Cents)>> {
    on.query(
        "SELECT id, amount - reversed FROM payments
         WHERE undone = 0 AND reversed < amount
           AND id IN (SELECT payment_id FROM allocations WHERE invoice_id = $1 AND payment_id IS NOT NULL
                      GROUP BY payment_id HAVING SUM(amount) > 0)
         ORDER BY id",
    )
    .bind(invoice)
    .all()
    .await
}

/// One thing that is booked for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedPart {
    /// What.
    pub kind: TransactionKind,
    /// Name of the customer in whose ledger.
    pub customer_name: String,
    /// What it moved on the account of the bank.
    pub moved: Cents,
    /// The invoices that it paid or opened again, by number.
    pub invoices: Vec<String>,
}

/// What stands booked for a line, in the order of booking: what was undone since is left out (BANK-9).
///
/// # Errors
/// What the database says.
pub async fn booked_parts(on: &mut impl Statements, line: BankLineId) -> Result<Vec<BookedPart>> {
    let sql = "SELECT transactions.id, kind, customers.name,
                      CAST((SELECT SUM(amount) FROM postings WHERE postings.customer_id = transactions.customer_id
                              AND postings.seq = transactions.seq AND account = 'bank') AS BIGINT)
               FROM transactions JOIN customers ON customers.id = transactions.customer_id
               WHERE bank_line_id = $1
                 AND EXISTS (SELECT 1 FROM postings WHERE postings.customer_id = transactions.customer_id
                               AND postings.seq = transactions.seq AND account = 'bank')
                 AND NOT EXISTS (SELECT 1 FROM transactions AS later
                                 WHERE later.bank_line_id = $1 AND later.customer_id = transactions.customer_id
                                   AND later.seq >= transactions.seq AND later.kind = 'unmatch')
               ORDER BY transactions.id";
    let booked: Vec<(TransactionId, TransactionKind, String, Cents)> = on.query(sql).bind(line).all().await?;
    let sql = "SELECT DISTINCT transactions.id, invoices.number
               FROM transactions JOIN allocations ON allocations.transaction_id = transactions.id
               JOIN invoices ON invoices.id = allocations.invoice_id
               WHERE bank_line_id = $1 ORDER BY invoices.number";
    let settled: Vec<(TransactionId, String)> = on.query(sql).bind(line).all().await?;
    let part = |(id, kind, customer_name, moved)| {
        let of_it = settled.iter().filter(|(transaction, _)| *transaction == id);
        BookedPart { kind, customer_name, moved, invoices: of_it.map(|(_, number)| number.clone()).collect() }
    };
    Ok(booked.into_iter().map(part).collect())
}

/// A line waits again, where nobody did so meanwhile: what was booked for it was undone (BANK-9).
///
/// # Errors
/// What the database says.
pub async fn reopen(
    tx: &mut Tx,
    (line, undone): (BankLineId, i64),
    (at, by): (DateTime<Utc>, Option<UserId>),
) -> Result<()> {
    let sql = "DELETE FROM bank_proofs WHERE line_id = $1
               AND EXISTS (SELECT 1 FROM bank_lines WHERE id = $1 AND undone = $2)";
    tx.query(sql).bind(line).bind(undone).execute().await?;
    let sql = "UPDATE bank_lines SET state = 'open', why = 'undone', customer_id = NULL, payment_id = NULL,
                      collection_id = NULL, proof = NULL, undone = undone + 1, decided_at = $3, decided_by = $4
               WHERE id = $1 AND undone = $2";
    tx.query(sql).bind(line).bind(undone).bind(at).bind(by).execute().await?;
    Ok(())
}

record! {
    /// A payment that was recorded without a line of the bank.
    pub struct Recorded {
        /// Which payment.
        pub payment_id: PaymentId,
        /// Whose.
        pub customer_id: CustomerId,
        /// Name of the customer.
        pub customer_name: String,
        /// How much of it stands.
        pub amount: Cents,
        /// Value date.
        pub paid_on: NaiveDate,
    }
}

/// Payments of these amounts (cents) that were recorded by hand as received at the bank, and that no line proves.
///
/// # Errors
/// What the database says.
pub async fn by_hand(on: &mut impl Statements, amounts: &BTreeSet<i64>) -> Result<Vec<Recorded>> {
    let sql = "SELECT payments.id AS payment_id, customer_id, customers.name AS customer_name,
                      payments.amount - payments.reversed AS amount, paid_on
               FROM payments JOIN customers ON customers.id = customer_id
               WHERE bank_line_id IS NULL AND method <> 'other' AND CAST(payments.amount - payments.reversed AS TEXT) {in}
                 AND NOT EXISTS (SELECT 1 FROM bank_proofs WHERE payment_id = payments.id)
               ORDER BY paid_on DESC, payments.id LIMIT 200";
    on.query(sql).bind_json(texts(amounts)).all().await
}

/// Payments that came in elsewhere, by a provider of payments, and were not paid out to the bank yet: the oldest first.
///
/// # Errors
/// What the database says.
pub async fn elsewhere(on: &mut impl Statements, limit: i64) -> Result<Vec<Recorded>> {
    let sql = "SELECT payments.id AS payment_id, customer_id, customers.name AS customer_name,
                      payments.amount - payments.reversed AS amount, paid_on
               FROM payments JOIN customers ON customers.id = customer_id
               WHERE method = 'other' AND paid_out_on IS NULL AND payments.reversed < payments.amount
               ORDER BY paid_on, payments.id LIMIT $1";
    on.query(sql).bind(limit).all().await
}
