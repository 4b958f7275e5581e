//! The tables of money: documents, what settles them, direct debits, arrears, postings. See [`super::rows`].

use super::columns::Stored as _;
use super::db::{Record, Result, Row, Statements as _, Tx};
use super::rows::{Table, table, write_statement};
use crate::domain::{
    Allocation, AllocationId, AllocationKind, ArrearsEvent, ArrearsEventId, ArrearsEventKind, AskedVia, BankCost,
    BankCostId, BankLineId, CardId, Cents, Collection, CollectionId, CommandId, CustomerId, Invoice, InvoiceId,
    InvoiceState, Issued, Mandate, MandateId, MoneyAccount, Payment, PaymentId, PaymentMethod, Posting, Repayment,
    Reversal, ReversalId, TimeEntryId, TransactionId, Unmatched, UnmatchedId, UnmatchedKind, UserId,
    bank::{Scheme, Sequence},
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use uuid::Uuid;

table!(Payment in "payments" key ["id"] changing [
    "reversed", "ended_pause", "paid_out", "paid_out_on", "paid_out_line", "undone",
] {
    id: PaymentId, customer_id: CustomerId, amount: Cents, paid_on: NaiveDate, method: PaymentMethod,
    note: Option<String>, bank_line_id: Option<BankLineId>, collection_id: Option<CollectionId>, reversed: Cents,
    costs: Cents, ended_pause: Option<NaiveDate>, paid_out: Cents, paid_out_on: Option<NaiveDate>,
    paid_out_line: Option<BankLineId>, undone: bool,
    recorded_at: DateTime<Utc>, recorded_by: Option<UserId>, transaction_id: TransactionId,
});
table!(Allocation in "allocations" key [] changing [] {
    id: AllocationId, customer_id: CustomerId, invoice_id: InvoiceId, kind: AllocationKind,
    payment_id: Option<PaymentId>, credit_note_id: Option<InvoiceId>, reversal_id: Option<ReversalId>, amount: Cents,
    open_after: Cents, recorded_at: DateTime<Utc>, transaction_id: TransactionId,
});
table!(Repayment in "repayments" key [] changing [] {
    id: PaymentId, customer_id: CustomerId, amount: Cents, paid_on: NaiveDate, note: Option<String>,
    bank_line_id: Option<BankLineId>, recorded_at: DateTime<Utc>, recorded_by: Option<UserId>,
    transaction_id: TransactionId,
});
table!(BankCost in "bank_costs" key [] changing [] {
    id: BankCostId, customer_id: CustomerId, amount: Cents, valued_on: NaiveDate, bank_line_id: Option<BankLineId>,
    recorded_at: DateTime<Utc>, recorded_by: Option<UserId>, transaction_id: TransactionId,
});
table!(Unmatched in "unmatched" key [] changing [] {
    id: UnmatchedId, customer_id: CustomerId, command_id: CommandId, bank_line_id: BankLineId, kind: UnmatchedKind,
    subject: Uuid, amount: Cents, transaction_id: Option<TransactionId>, recorded_at: DateTime<Utc>,
    recorded_by: Option<UserId>,
});
table!(Mandate in "mandates" key ["id"] changing ["last_used_on", "ended_at", "ended_because"] {
    id: MandateId, customer_id: CustomerId, reference: String, scheme: Scheme, signed_on: NaiveDate,
    debtor_name: String, iban: String, recorded_at: DateTime<Utc>, recorded_by: Option<UserId>,
    last_used_on: Option<NaiveDate>, ended_at: Option<DateTime<Utc>>, ended_because: Option<String>,
    amends: Option<MandateId>,
});
table!(Collection in "collections" key ["id"] changing [
    "mandate_id", "collect_on", "batch", "settled_on", "payment_id", "reversal_id", "cancelled_at", "cancelled_by",
    "cancelled_because",
] {
    id: CollectionId, customer_id: CustomerId, invoice_id: InvoiceId, mandate_id: MandateId, attempt: i64,
    end_to_end_id: String, amount: Cents, asked_on: NaiveDate, collect_on: NaiveDate, sequence: Sequence, created_at: DateTime<Utc>,
    created_by: Option<UserId>, batch: Option<i64>, settled_on: Option<NaiveDate>, payment_id: Option<PaymentId>,
    reversal_id: Option<ReversalId>, cancelled_at: Option<DateTime<Utc>>, cancelled_by: Option<UserId>,
    cancelled_because: Option<String>,
});
table!(Reversal in "reversals" key ["id"] changing [
    "payment_id", "code", "valued_on", "rejected", "charge", "counted", "counted_because", "fee_invoice_id",
    "fee_freed", "waived_because", "bank_line_id", "money_back", "by_hand", "hand_charge", "refused_line", "refused_code", "refused_on",
    "ended_mandate", "undone",
] {
    id: ReversalId, customer_id: CustomerId, payment_id: Option<PaymentId>, collection_id: Option<CollectionId>,
    amount: Cents, code: String, valued_on: NaiveDate, rejected: bool, charge: Cents, counted: Option<bool>,
    counted_because: Option<String>, fee_invoice_id: Option<InvoiceId>, fee_freed: Cents, waived_because: Option<String>,
    bank_line_id: Option<BankLineId>, money_back: bool, by_hand: bool, hand_charge: Cents,
    refused_line: Option<BankLineId>, refused_code: Option<String>, refused_on: Option<NaiveDate>, ended_mandate: Option<MandateId>, undone: bool,
    recorded_at: DateTime<Utc>, recorded_by: Option<UserId>,
});
table!(ArrearsEvent in "arrears_events" key [] changing [] {
    id: ArrearsEventId, customer_id: CustomerId, kind: ArrearsEventKind, reason: String, overdue: Cents,
    until: Option<NaiveDate>, asked_via: Option<AskedVia>, factor: Option<Decimal>, invoice_id: Option<InvoiceId>,
    recorded_at: DateTime<Utc>, recorded_by: Option<UserId>,
});
table!(Posting in "postings" key [] changing [] {
    customer_id: CustomerId, seq: i64, line: i64, account: MoneyAccount, amount: Cents, booked_on: NaiveDate,
    card_id: Option<CardId>, invoice_id: Option<InvoiceId>,
});

/// An invoice lies flat: what only an issued one has is empty in a draft.
impl Record for Invoice {
    fn read(row: &Row<'_>) -> Result<Self> {
        let number: Option<String> = row.get("number")?;
        let state = match number {
            None => InvoiceState::Draft,
            Some(number) => InvoiceState::Issued(Box::new(Issued {
                number,
                reference: row.get("reference")?,
                issued_on: row.get("issued_on")?,
                due_on: row.get("due_on")?,
                supplied_on: row.get("supplied_on")?,
                facts: row.get("facts")?,
                paid: row.get("paid")?,
                credited: row.get("credited")?,
                reversed: row.get("reversed")?,
                reminders: row.get("reminders")?,
                reminded_on: row.get("reminded_on")?,
            })),
        };
        Ok(Self {
            id: row.get("id")?,
            customer_id: row.get("customer_id")?,
            kind: row.get("kind")?,
            series: row.get("series")?,
            card_id: row.get("card_id")?,
            credits: row.get("credits")?,
            lines: row.get("lines")?,
            vat_totals: row.get("vat_totals")?,
            net: row.get("net")?,
            vat: row.get("vat")?,
            gross: row.get("gross")?,
            waits_for: row.get("waits_for")?,
            created_at: row.get("created_at")?,
            created_by: row.get("created_by")?,
            state,
        })
    }
}

impl Table for Invoice {
    const NAME: &'static str = "invoices";
    const KEY: &'static [&'static str] = &["id"];
    const CHANGING: &'static [&'static str] = &[
        "card_id",
        "credits",
        "lines",
        "vat_totals",
        "net",
        "vat",
        "gross",
        "number",
        "reference",
        "issued_on",
        "due_on",
        "supplied_on",
        "facts",
        "paid",
        "credited",
        "reversed",
        "reminders",
        "reminded_on",
    ];

    fn columns() -> Vec<(&'static str, &'static str)> {
        let texts = ["id", "customer_id", "kind", "series", "card_id", "credits", "lines", "vat_totals", "waits_for"];
        let issued =
            ["number", "reference", "issued_on", "due_on", "supplied_on", "facts", "reminded_on", "created_by"];
        let numbers = ["net", "vat", "gross", "created_at", "paid", "credited", "reversed", "reminders"];
        let texts = texts.into_iter().chain(issued).map(|name| (name, "TEXT"));
        texts.chain(numbers.into_iter().map(|name| (name, "BIGINT"))).collect()
    }

    fn values(&self) -> Value {
        let issued = self.issued();
        let settled = |figure: fn(&Issued) -> Cents| issued.map_or(Cents::ZERO, figure).json();
        Value::Array(vec![
            self.id.json(),
            self.customer_id.json(),
            self.kind.json(),
            self.series.json(),
            self.card_id.json(),
            self.credits.json(),
            self.lines.json(),
            self.vat_totals.json(),
            self.waits_for.json(),
            issued.map(|issued| issued.number.clone()).json(),
            issued.map(|issued| issued.reference.clone()).json(),
            issued.map(|issued| issued.issued_on).json(),
            issued.map(|issued| issued.due_on).json(),
            issued.map(|issued| issued.supplied_on).json(),
            issued.map(|issued| issued.facts.clone()).json(),
            issued.and_then(|issued| issued.reminded_on).json(),
            self.created_by.json(),
            self.net.json(),
            self.vat.json(),
            self.gross.json(),
            self.created_at.json(),
            settled(|issued| issued.paid),
            settled(|issued| issued.credited),
            settled(|issued| issued.reversed),
            issued.map_or(0, |issued| issued.reminders).json(),
        ])
    }

    fn statement() -> &'static str {
        static SQL: LazyLock<&'static str> = LazyLock::new(write_statement::<Invoice>);
        *SQL
    }
}

/// Keeps the sums of each account and day, and notes which transactions moved money.
///
/// # Errors
/// What the database says.
pub async fn keep(tx: &mut Tx, postings: &[Posting]) -> Result<()> {
    if postings.is_empty() {
        return Ok(());
    }
    let mut days: BTreeMap<(MoneyAccount, NaiveDate), (i64, i64)> = BTreeMap::new();
    let mut entries: BTreeMap<(CustomerId, i64), NaiveDate> = BTreeMap::new();
    for posting in postings {
        let sums = days.entry((posting.account, posting.booked_on)).or_default();
        sums.0 += posting.amount.0.max(0);
        sums.1 += (-posting.amount.0).max(0);
        entries.insert((posting.customer_id, posting.seq), posting.booked_on);
    }
    let list = days.iter().map(|((account, day), (debit, credit))| {
        Value::Array(vec![account.json(), day.json(), Value::from(*debit), Value::from(*credit)])
    });
    let sql = "INSERT INTO account_days (account, day, debit, credit)
               SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (account, day) DO UPDATE SET debit = account_days.debit + excluded.debit,
                                                        credit = account_days.credit + excluded.credit";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    let list =
        entries.iter().map(|((customer, seq), day)| Value::Array(vec![customer.json(), Value::from(*seq), day.json()]));
    let sql = "INSERT INTO journal_entries (customer_id, seq, booked_on)
               SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), value ->> 2 FROM {rows} WHERE true";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    Ok(())
}

/// Notes which entries are on which documents.
///
/// # Errors
/// What the database says.
pub async fn keep_invoiced(tx: &mut Tx, rows: &BTreeMap<(TimeEntryId, InvoiceId), CustomerId>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let list = rows
        .iter()
        .map(|((entry, invoice), customer)| Value::Array(vec![entry.json(), invoice.json(), customer.json()]));
    let sql = "INSERT INTO invoiced_entries (time_entry_id, invoice_id, customer_id)
               SELECT value ->> 0, value ->> 1, value ->> 2 FROM {rows} WHERE true ON CONFLICT DO NOTHING";
    tx.query(sql).bind_json(list.collect()).execute().await?;
    Ok(())
}
