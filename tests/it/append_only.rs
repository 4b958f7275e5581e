//! The database itself refuses to change what was booked, on any connection.

use crate::common::{Fixture, on_both};
use crate::story;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use strippenkaart::store::Db;

pub const TABLES: [&str; 7] = [
    "transactions",
    "movements",
    "commands",
    "coverage_decisions",
    "urgent_add_ons",
    "contract_ends",
    "fair_use_conversations",
];

/// A column of each table, to write to.
fn column_of(table: &str) -> &'static str {
    match table {
        "movements" => "minutes",
        "transactions" => "booked_on",
        "coverage_decisions" => "cover",
        "urgent_add_ons" => "since",
        "contract_ends" => "last_day",
        "fair_use_conversations" => "outcome",
        _ => "act",
    }
}

/// What names a row of each table.
fn key_of(table: &str) -> &'static str {
    match table {
        "movements" => "customer_id, recorded_at, seq, line",
        "transactions" => "customer_id, seq",
        _ => "id",
    }
}

/// What both databases understand.
fn changes_of(table: &str) -> Vec<String> {
    let (column, key) = (column_of(table), key_of(table));
    vec![
        format!("UPDATE {table} SET {column} = {column}"),
        format!("DELETE FROM {table}"),
        format!("DELETE FROM {table} WHERE customer_id = (SELECT MIN(customer_id) FROM {table})"),
        format!(
            "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"
        ),
    ]
}

/// What only SQLite has. A replaced row is found by every one of its unique keys.
fn sqlite_changes_of(table: &str) -> Vec<String> {
    let mut changes = vec![
        format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"),
        format!("REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"),
        format!("UPDATE OR REPLACE {table} SET customer_id = customer_id"),
        format!("UPDATE OR IGNORE {table} SET customer_id = 'x'"),
    ];
    let columns =
        "kind, policy_version, worked_on, booked_on, recorded_at, actor_id, reverses, time_entry_id, ticket_id,
                   worked, bank_line_id, note_digest, prev_hash, hash";
    if table == "transactions" {
        changes.push(format!(
            "REPLACE INTO transactions (customer_id, seq, id, {columns}) SELECT customer_id, seq + 1000, id, {columns} FROM transactions"
        ));
        changes.push(format!(
            "REPLACE INTO transactions (customer_id, seq, id, {columns})
             SELECT customer_id, seq + 1000, id || 'x', {columns} FROM transactions WHERE reverses IS NOT NULL"
        ));
    }
    if table == "coverage_decisions" {
        let columns = "customer_id, ticket_id, kind, topic, asked, urgency, cover, sentence, source, reason, offer,
                       fair_use_weight, hourly_rate, agreed_by, policy_version, decided_by, decided_at, replaces,
                       override_reason";
        changes.push(format!(
            "REPLACE INTO coverage_decisions (id, {columns}) SELECT id || 'x', {columns} FROM coverage_decisions
             WHERE replaces IS NOT NULL"
        ));
    }
    if table == "commands" {
        changes.push(
            "REPLACE INTO commands SELECT id || 'x', customer_id, act, actor_id, recorded_at, caller, \"key\", request, subject
             FROM commands WHERE caller IS NOT NULL"
                .to_owned(),
        );
    }
    changes
}

/// What only PostgreSQL has.
fn postgres_changes_of(table: &str) -> Vec<String> {
    let column = column_of(table);
    vec![
        format!("TRUNCATE {table} CASCADE"),
        "TRUNCATE customers CASCADE".to_owned(),
        format!(
            "MERGE INTO {table} USING {table} AS other ON {table}.customer_id = other.customer_id
             WHEN MATCHED THEN UPDATE SET {column} = other.{column}"
        ),
        format!("WITH gone AS (DELETE FROM {table} RETURNING *) SELECT COUNT(*) FROM gone"),
    ]
}

#[track_caller]
fn assert_refused(done: sqlx::Result<()>, sql: &str) {
    let said = done.expect_err(sql).to_string();
    assert!(said.contains("is append-only: ") && said.contains(" refused"), "{sql}: {said}");
}

on_both! {
    under story::policy();
    async fn what_was_booked_cannot_be_changed(fixture: Fixture) {
        story::play(&fixture).await;
        let (customer, _) = fixture.customer().await;
        let target = strippenkaart::domain::Target::Customer(customer);
        fixture.submit_with_key(target, strippenkaart::domain::Act::Settle, "k", "r").await.unwrap();
        let db = &fixture.service.db;
        let before = strippenkaart::service::verify::verify(db, |_, _| {}).await.unwrap();
        for table in TABLES {
            let own = match db {
                Db::Sqlite { .. } => sqlite_changes_of(table),
                Db::Postgres { .. } => postgres_changes_of(table),
            };
            for sql in changes_of(table).into_iter().chain(own) {
                assert_refused(story::run_raw(db, &sql).await, &sql);
            }
        }
        let after = strippenkaart::service::verify::verify(db, |_, _| {}).await.unwrap();
        assert_eq!(before, after);
    }
}

/// SQLite deletes a replaced row without its DELETE trigger unless the connection asks for recursive triggers; a tool of
/// somebody else does not.
#[tokio::test]
async fn sqlite_refuses_replace_on_a_foreign_connection() {
    let fixture = Fixture::sqlite_with(&story::policy()).await;
    story::play(&fixture).await;
    let (customer, _) = fixture.customer().await;
    let target = strippenkaart::domain::Target::Customer(customer);
    fixture.submit_with_key(target, strippenkaart::domain::Act::Settle, "k", "r").await.unwrap();
    let mut foreign = SqliteConnection::connect(&fixture.address).await.unwrap();
    let recursive: i64 = sqlx::query_scalar("PRAGMA recursive_triggers").fetch_one(&mut foreign).await.unwrap();
    assert_eq!(recursive, 0);
    for table in TABLES {
        for sql in changes_of(table).into_iter().chain(sqlite_changes_of(table)) {
            let done = sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&mut foreign).await.map(drop);
            assert_refused(done, &sql);
        }
    }
}

/// What the bank told: tables with the columns that never change, a key, and whether the code takes rows away.
const TOLD: [(&str, &[&str], bool); 7] = [
    ("bank_files", &["id", "digest", "name", "kind", "version", "message_id", "received_at", "received_by"], true),
    ("bank_contents", &["file_id", "part", "content"], true),
    ("bank_statements", &["opening", "closing", "from_day", "entries", "told_id"], true),
    (
        "bank_lines",
        &["id", "file_id", "entry_id", "line", "account", "direction", "amount", "charge", "booked_on", "iban", "text"],
        true,
    ),
    ("bank_first_balances", &["day", "amount", "recorded_by"], true),
    ("bank_collective_accounts", &["kind", "note", "marked", "recorded_at", "recorded_by"], true),
    // A proof is taken back whole (BANK-9).
    ("bank_proofs", &["payment_id"], false),
];

on_both! {
    under crate::bank::TERMS;
    async fn bank_1_what_the_bank_told_cannot_be_changed(fixture: Fixture) {
        use crate::bank::{Books, OURS, THEIRS, camt053, euros, transfer};
        let books = Books::new(fixture).await;
        let (service, finance) = (&books.fixture.service, &books.finance);
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let reference = invoice.issued().unwrap().reference.clone();
        books.import(&camt053("1", vec![transfer("121.00", &reference, Some(THEIRS[0]), "")])).await;
        let first = (crate::common::day("2026-02-21"), euros("0.00"));
        service.record_first_balance(finance, OURS, first).await.unwrap();
        let (iban, note) = (THEIRS[1].to_owned(), String::new());
        let kind = strippenkaart::domain::collective::CollectiveKind::Board;
        let board = strippenkaart::service::bank::NewCollective { iban, kind, note };
        service.mark_collective(finance, board).await.unwrap();
        let db = &service.db;
        story::run_raw(db, "INSERT INTO bank_proofs (line_id, payment_id) SELECT id, payment_id FROM bank_lines").await.unwrap();
        for (table, facts, kept) in TOLD {
            let mut changes: Vec<String> =
                facts.iter().map(|column| format!("UPDATE {table} SET {column} = {column}")).collect();
            changes.extend(kept.then(|| format!("DELETE FROM {table}")));
            changes.push(match db {
                Db::Sqlite { .. } => format!("REPLACE INTO {table} SELECT * FROM {table}"),
                Db::Postgres { .. } => format!("TRUNCATE {table} CASCADE"),
            });
            for sql in changes {
                assert_refused(story::run_raw(db, &sql).await, &sql);
            }
        }
        // What the code does change still can be.
        for sql in ["UPDATE bank_files SET lines = lines", "UPDATE bank_lines SET state = state, why = why", "DELETE FROM bank_proofs"] {
            story::run_raw(db, sql).await.unwrap();
        }
    }
}
