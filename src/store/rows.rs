//! The tables that hold domain rows: their columns, said once. From it follow how a row is read, how a whole list is
//! inserted in one statement, and how changed rows are replaced.

use super::columns::Stored;
use super::db::{Record, Result, Row, Statements, Tx};
use crate::domain::{
    Account, AddOnId, AddOnTerm, AskedVia, Balance, BankLineId, Basis, Billing, Card, CardId, Cents, Channel, Consent,
    ConsentId, Contact, ContactId, Counted, Cover, Coverage, CoverageId, CoveredBy, Customer, CustomerId, Due,
    Estimate, EstimateId, EstimateStatus, Hold, Installation, InstallationId, Intake, InvoiceId, Locale, Minutes,
    Movement, Note, Notice, NoticeId, NoticeKind, Origin, Pauses, Role, Ticket, TicketEvent, TicketEventId,
    TicketEventKind, TicketId, TicketKind, TicketStatus, TimeEntry, TimeEntryId, Transaction, TransactionId,
    TransactionKind, Urgency, UserId, Weight, WorkScope,
    charge::{Arithmetic, TicketDay, Weighted},
    estimate::AnswerVia,
    policy::{Bilingual, Per},
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use std::sync::LazyLock;

/// A row of the domain that has a table.
pub trait Table: Record + Sync {
    /// Name of the table.
    const NAME: &'static str;
    /// Columns that name a row; empty for rows that never change.
    const KEY: &'static [&'static str];
    /// Columns that later commands may change; the others are facts, which a write of a known row leaves alone.
    const CHANGING: &'static [&'static str];
    /// Columns and their types, in the order of [`Table::values`].
    fn columns() -> Vec<(&'static str, &'static str)>;
    /// The values of a row.
    fn values(&self) -> Value;
    /// The statement that writes a list of rows.
    fn statement() -> &'static str;
}

/// Declares a table whose columns are the fields of a type.
macro_rules! table {
    ($type:ident in $name:literal key [$($key:literal),*] changing [$($changing:literal),* $(,)?] {
        $($column:ident: $kind:ty),+ $(,)?
    }) => {
        impl $crate::store::Record for $type {
            fn read(row: &$crate::store::Row<'_>) -> $crate::store::Result<Self> {
                Ok(Self { $($column: row.get::<$kind>(stringify!($column))?),+ })
            }
        }
        impl $crate::store::rows::Table for $type {
            const NAME: &'static str = $name;
            const KEY: &'static [&'static str] = &[$($key),*];
            const CHANGING: &'static [&'static str] = &[$($changing),*];
            fn columns() -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($column), <$kind as $crate::store::columns::Stored>::SQL)),+]
            }
            fn values(&self) -> serde_json::Value {
                use $crate::store::columns::Stored as _;
                serde_json::Value::Array(vec![$(self.$column.json()),+])
            }
            fn statement() -> &'static str {
                static SQL: std::sync::LazyLock<&'static str> =
                    std::sync::LazyLock::new($crate::store::rows::write_statement::<$type>);
                *SQL
            }
        }
    };
}

pub(super) use table;

/// `INSERT … SELECT` from a JSON list, replacing what may change where the key is known.
pub(super) fn write_statement<T: Table>() -> &'static str {
    let columns = T::columns();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> =
        columns.iter().enumerate().map(|(at, (_, kind))| format!("CAST(value ->> {at} AS {kind})")).collect();
    let mut sql =
        format!("INSERT INTO {} ({}) SELECT {} FROM {{rows}} WHERE true", T::NAME, names.join(", "), values.join(", "));
    if !T::KEY.is_empty() {
        let replaced: Vec<String> = T::CHANGING.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        let known = format!(" ON CONFLICT ({}) DO UPDATE SET {}", T::KEY.join(", "), replaced.join(", "));
        sql.push_str(&known);
    }
    Box::leak(sql.into_boxed_str())
}

/// Writes a list of rows in one statement; an empty list costs nothing.
///
/// # Errors
/// What the database says.
pub async fn write<T: Table>(tx: &mut Tx, rows: &[&T]) -> Result<()> {
    if !rows.is_empty() {
        let list = rows.iter().map(|row| row.values()).collect();
        tx.query(T::statement()).bind_json(list).execute().await?;
    }
    Ok(())
}

table!(Customer in "customers" key ["id"] changing [
    "billing", "credit", "paused_on", "arranged_until", "contract_end", "seq", "head", "last_recorded_at", "available", "held", "used", "expired", "frozen", "refunded", "converted",
    "uncovered",
] {
    id: CustomerId, number: i64, name: String, email: String, identity: String, locale: Locale,
    monthly_amount: Option<Cents>, billing: Option<Billing>, credit: Cents, paused_on: Option<NaiveDate>,
    arranged_until: Option<NaiveDate>, contract_start: NaiveDate, contract_end: Option<NaiveDate>, created_at: DateTime<Utc>, seq: i64, head: String,
    last_recorded_at: DateTime<Utc>, available: Minutes, held: Minutes, used: Minutes, expired: Minutes,
    frozen: Minutes, refunded: Minutes, converted: Minutes, uncovered: Minutes,
});
table!(Contact in "contacts" key ["id"] changing ["removed_at", "removed_by"] {
    id: ContactId, customer_id: CustomerId, name: String, email: String, role: Role, ceiling: Option<Minutes>,
    valid_from: Option<NaiveDate>, valid_until: Option<NaiveDate>, asked_by: Option<String>,
    asked_via: Option<AskedVia>, added_by: Option<UserId>, added_at: DateTime<Utc>,
    removed_at: Option<DateTime<Utc>>, removed_by: Option<UserId>,
});
table!(Card in "cards" key ["id"] changing [
    "granted", "activated_at", "activated_on", "expires_on", "converts_on", "credit", "frozen_on", "credited_from",
    "invoiced_on", "cancelled_on", "available", "held", "used", "expired", "frozen",
    "refunded", "converted",
] {
    id: CardId, customer_id: CustomerId, product: String, origin: Origin, minutes: Minutes, granted: Minutes,
    price: Cents, vat: Cents, ordered_on: NaiveDate, activated_at: Option<DateTime<Utc>>, activated_on: Option<NaiveDate>,
    expires_on: Option<NaiveDate>, late_days: i64, invoice_id: Option<InvoiceId>, invoiced_on: Option<NaiveDate>,
    installation_id: Option<InstallationId>, work: WorkScope, converts_on: Option<NaiveDate>,
    converted_from: Option<CardId>, credit: Cents, frozen_on: Option<NaiveDate>, credited_from: Option<NaiveDate>,
    cancelled_on: Option<NaiveDate>, available: Minutes, held: Minutes, used: Minutes, expired: Minutes, frozen: Minutes, refunded: Minutes,
    converted: Minutes,
});
table!(Ticket in "tickets" key ["id"] changing [
    "kind", "topic", "urgency", "coverage_id", "cover", "fair_use_weight", "agreed_rate", "priority", "status", "response_due_at", "resolution_due_at", "responded_at", "resolved_at", "pauses",
    "response_expected_at", "resolution_expected_at", "stalled_at", "due_at", "charged", "correctable",
] {
    id: TicketId, customer_id: CustomerId, number: i64, subject: String, description: String,
    requester_id: Option<ContactId>, kind: TicketKind, installation_id: Option<InstallationId>,
    topic: Option<String>, urgency: Option<Urgency>, coverage_id: CoverageId, cover: Cover, fair_use_weight: Option<Weight>, agreed_rate: Option<Cents>, channel: Channel, product: Option<String>, intake: Intake,
    impact: Option<String>, reach: Option<String>, data_leak: bool, priority: Option<String>, status: TicketStatus,
    received_at: DateTime<Utc>, created_at: DateTime<Utc>, created_by: Option<UserId>,
    response_due_at: Option<DateTime<Utc>>, resolution_due_at: Option<DateTime<Utc>>,
    responded_at: Option<DateTime<Utc>>, resolved_at: Option<DateTime<Utc>>, pauses: Pauses, response_expected_at: Option<DateTime<Utc>>, resolution_expected_at: Option<DateTime<Utc>>,
    stalled_at: Option<DateTime<Utc>>, due_at: Due, charged: Minutes, correctable: Minutes,
});
table!(TicketEvent in "ticket_events" key [] changing [] {
    id: TicketEventId, ticket_id: TicketId, customer_id: CustomerId, kind: TicketEventKind,
    recorded_at: DateTime<Utc>, actor_id: Option<UserId>, contact_id: Option<ContactId>, text: Option<String>,
    was: Option<String>, became: Option<String>, expected_at: Option<DateTime<Utc>>,
});
table!(Coverage in "coverage_decisions" key [] changing [] {
    id: CoverageId, customer_id: CustomerId, ticket_id: TicketId, kind: TicketKind, topic: Option<String>,
    asked: Option<Urgency>, urgency: Option<Urgency>, cover: Cover, sentence: Bilingual, source: Option<String>,
    reason: Bilingual, offer: Option<Bilingual>, fair_use_weight: Option<Decimal>, hourly_rate: Option<Cents>,
    agreed_by: Option<ContactId>, policy_version: i64, decided_by: Option<UserId>, decided_at: DateTime<Utc>,
    replaces: Option<CoverageId>, override_reason: Option<String>,
});
table!(AddOnTerm in "urgent_add_ons" key [] changing [] {
    id: AddOnId, customer_id: CustomerId, nr: i64, since: NaiveDate, until: Option<NaiveDate>, recorded_at: DateTime<Utc>,
    recorded_by: Option<UserId>,
});
table!(Estimate in "estimates" key ["id"] changing [
    "status", "answered_by", "answered_at", "answered_via", "answer_note", "recorded_by", "link_by", "link_on", "closed_at",
    "held", "used", "correctable",
] {
    id: EstimateId, customer_id: CustomerId, ticket_id: TicketId, minutes: Minutes, description: String,
    proposed_at: DateTime<Utc>, proposed_by: Option<UserId>, answer_by: NaiveDate, work_until: NaiveDate,
    status: EstimateStatus, answered_by: Option<ContactId>, answered_at: Option<DateTime<Utc>>,
    answered_via: Option<AnswerVia>, answer_note: Option<String>, recorded_by: Option<UserId>, link_by: Option<UserId>,
    link_on: Option<NaiveDate>, closed_at: Option<DateTime<Utc>>, held: Minutes, used: Minutes, correctable: Minutes,
});
table!(Installation in "installations" key ["id"] changing ["removed_at", "removed_by"] {
    id: InstallationId, customer_id: CustomerId, name: String, added_at: DateTime<Utc>, added_by: Option<UserId>,
    removed_at: Option<DateTime<Utc>>, removed_by: Option<UserId>,
});
table!(Consent in "consents" key ["id"] changing ["withdrawn_at", "withdrawn_by"] {
    id: ConsentId, customer_id: CustomerId, contact_id: ContactId, given_at: DateTime<Utc>, given_by: Option<UserId>,
    link_by: Option<UserId>, link_on: Option<NaiveDate>, withdrawn_at: Option<DateTime<Utc>>, withdrawn_by: Option<UserId>,
});
table!(Notice in "notices" key [] changing [] {
    id: NoticeId, customer_id: CustomerId, kind: NoticeKind, installation_id: Option<InstallationId>,
    card_id: Option<CardId>, recorded_at: DateTime<Utc>,
});
table!(Hold in "holds" key ["estimate_id", "card_id"] changing ["minutes", "frozen"] {
    estimate_id: EstimateId, card_id: CardId, customer_id: CustomerId, minutes: Minutes, frozen: Minutes,
});
table!(TimeEntry in "time_entries" key ["id"] changing [
    "uncovered", "repriced", "invoiced", "hourly_rate", "reversed_by",
] {
    id: TimeEntryId, customer_id: CustomerId, ticket_id: TicketId, coverage_id: CoverageId,
    estimate_id: Option<EstimateId>,
    transaction_id: TransactionId, agent_id: Option<UserId>, worked: Minutes, charged: Minutes, counted: Counted, policy_version: i64,
    weighted: Weighted, surcharged: Minutes, arithmetic: Option<Arithmetic>, worked_on: NaiveDate,
    started_at: Option<DateTime<Utc>>, covered_by: CoveredBy, recorded_at: DateTime<Utc>, uncovered: Minutes,
    repriced: Minutes, invoiced: Minutes, hourly_rate: Option<Cents>, reversed_by: Option<TransactionId>,
});
table!(TicketDay in "ticket_days" key ["ticket_id", "worked_on", "policy_version"] changing [
    "entries", "worked", "weighted", "surcharged", "charged",
] {
    ticket_id: TicketId, worked_on: NaiveDate, policy_version: i64, customer_id: CustomerId, per: Per, entries: i64,
    worked: Minutes, weighted: Weighted, surcharged: Minutes, charged: Minutes,
});
table!(Transaction in "transactions" key [] changing [] {
    customer_id: CustomerId, seq: i64, id: TransactionId, kind: TransactionKind, policy_version: i64,
    worked_on: Option<NaiveDate>, booked_on: NaiveDate, recorded_at: DateTime<Utc>, actor_id: Option<UserId>,
    link_by: Option<UserId>, link_on: Option<NaiveDate>, reverses: Option<TransactionId>,
    time_entry_id: Option<TimeEntryId>, ticket_id: Option<TicketId>, worked: Option<Minutes>, bank_line_id: Option<BankLineId>, note_digest: Option<String>, prev_hash: String, hash: String,
});
table!(Note in "notes" key [] changing [] {
    transaction_id: TransactionId, customer_id: CustomerId, salt: String, text: String,
});

/// A movement has its totals beside it: the customer's under their own names, the card's with `card_` before them.
impl Record for Movement {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            customer_id: row.get("customer_id")?,
            seq: row.get("seq")?,
            line: row.get("line")?,
            recorded_at: row.get("recorded_at")?,
            card_id: row.get("card_id")?,
            estimate_id: row.get("estimate_id")?,
            from_account: row.get::<Account>("from_account")?,
            to_account: row.get::<Account>("to_account")?,
            minutes: row.get("minutes")?,
            basis: row.get::<Option<Basis>>("basis")?,
            after: Balance {
                available: row.get("available")?,
                held: row.get("held")?,
                used: row.get("used")?,
                expired: row.get("expired")?,
                frozen: row.get("frozen")?,
                refunded: row.get("refunded")?,
                converted: row.get("converted")?,
                uncovered: row.get("uncovered")?,
            },
            card_after: Balance {
                available: row.get("card_available")?,
                held: row.get("card_held")?,
                used: row.get("card_used")?,
                expired: row.get("card_expired")?,
                frozen: row.get("card_frozen")?,
                refunded: row.get("card_refunded")?,
                converted: row.get("card_converted")?,
                uncovered: Minutes::ZERO,
            },
        })
    }
}

impl Table for Movement {
    const NAME: &'static str = "movements";
    const KEY: &'static [&'static str] = &[];
    const CHANGING: &'static [&'static str] = &[];

    fn columns() -> Vec<(&'static str, &'static str)> {
        let texts = ["customer_id", "card_id", "estimate_id", "from_account", "to_account", "basis"];
        let numbers = [
            "recorded_at",
            "seq",
            "line",
            "minutes",
            "available",
            "held",
            "used",
            "expired",
            "frozen",
            "refunded",
            "converted",
            "uncovered",
            "card_available",
            "card_held",
            "card_used",
            "card_expired",
            "card_frozen",
            "card_refunded",
            "card_converted",
        ];
        let texts = texts.into_iter().map(|name| (name, "TEXT"));
        texts.chain(numbers.into_iter().map(|name| (name, "BIGINT"))).collect()
    }

    fn values(&self) -> Value {
        let (all, card) = (&self.after, &self.card_after);
        Value::Array(vec![
            self.customer_id.json(),
            self.card_id.json(),
            self.estimate_id.json(),
            self.from_account.json(),
            self.to_account.json(),
            self.basis.json(),
            self.recorded_at.json(),
            self.seq.json(),
            self.line.json(),
            self.minutes.json(),
            all.available.json(),
            all.held.json(),
            all.used.json(),
            all.expired.json(),
            all.frozen.json(),
            all.refunded.json(),
            all.converted.json(),
            all.uncovered.json(),
            card.available.json(),
            card.held.json(),
            card.used.json(),
            card.expired.json(),
            card.frozen.json(),
            card.refunded.json(),
            card.converted.json(),
        ])
    }

    fn statement() -> &'static str {
        static SQL: LazyLock<&'static str> = LazyLock::new(write_statement::<Movement>);
        *SQL
    }
}
