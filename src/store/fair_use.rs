//! What is kept of fair use (FAIR-2, FAIR-3), in the transaction of each booking, so that no read sums over history.
//!
//! - `fair_use_days`: what each customer used, by day.
//! - `fair_use_calendar`: one row per day for all customers: who joined, whose contract ended, what was used. Active days of
//!   any window follow from it, since whoever joined on a day is active from then on: nothing has to be moved along for them.
//! - `fair_use_customers`: what each customer used after the day in `fair_use_window`. A read adds or takes the few days
//!   between that day and the one it asks for, so it is right also before anybody has moved the window along.
//!
//! Whoever writes any of it locks `fair_use_window` first, after customers and counters.

use super::columns::{Stored, stored, texts};
use super::db::Query;
use super::{Record, Result, Row, Statements, Tx, record};
use crate::domain::customer::ContractEnd;
use crate::domain::fair_use::{RANK, Tally, Totals, Window};
use crate::domain::{
    ContractEndId, Conversation, ConversationId, Counted, Customer, CustomerId, Minutes, TicketId, TimeEntryId, UserId,
    Weight, coverage::Outcome,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

texts!(ContractEndId, ConversationId, Outcome);
stored!(Counted as i64 => "BIGINT", |counted| counted.0, |hundredths| Counted(hundredths));
stored!(Weight as i64 => "BIGINT", |weight| weight.0, |hundredths| Weight(hundredths));

/// A day as a number, to reckon with in SQL: days since 1970.
fn number(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days())
}

/// Keeps what decisions changed. `customers` has the row of each customer whose figures changed.
///
/// # Errors
/// What the database says.
pub(super) async fn keep(
    tx: &mut Tx,
    tallies: &BTreeMap<CustomerId, Tally>,
    customers: &BTreeMap<CustomerId, Customer>,
) -> Result<()> {
    let changed = |tally: &&Tally| tally.days().next().is_some();
    let mut calendar = Tally::default();
    tallies.values().filter(changed).for_each(|tally| calendar.add(tally));
    if calendar == Tally::default() {
        return Ok(());
    }
    let floor = lock(tx).await?;
    let mut used = Vec::new();
    let mut running = Vec::new();
    for (id, tally) in tallies.iter().filter(|(_, tally)| changed(tally)) {
        let counted = tally.days().filter(|(_, change)| change.counted != Counted::ZERO);
        used.extend(counted.map(|(day, change)| Value::from(vec![id.json(), day.json(), change.counted.json()])));
        let after: i64 = tally.days().filter(|(day, _)| *day > floor).map(|(_, change)| change.counted.0).sum();
        if let Some(customer) = customers.get(id) {
            let (first, last) = (number(customer.contract_start), customer.contract_end.map(number));
            running.push(Value::from(vec![id.json(), first.json(), last.into(), after.json()]));
        }
    }
    add_used(tx, used).await?;
    add_running(tx, running).await?;
    add_to_calendar(tx, &calendar).await
}

/// Locks what is kept, for whoever changes it; gives the day after which `fair_use_customers` counts.
async fn lock(tx: &mut Tx) -> Result<NaiveDate> {
    let (floor,) = tx.query("SELECT floor FROM fair_use_window {lock}").one().await?;
    Ok(floor)
}

async fn add_used(tx: &mut Tx, rows: Vec<Value>) -> Result<()> {
    let sql = "INSERT INTO fair_use_days (customer_id, day, counted)
               SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT) FROM {rows} WHERE true
               ON CONFLICT (customer_id, day) DO UPDATE SET counted = fair_use_days.counted + excluded.counted";
    if !rows.is_empty() {
        tx.query(sql).bind_json(rows).execute().await?;
    }
    Ok(())
}

async fn add_running(tx: &mut Tx, rows: Vec<Value>) -> Result<()> {
    let sql = "INSERT INTO fair_use_customers (customer_id, first_day, last_day, counted)
               SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (customer_id) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day,
                                                       counted = fair_use_customers.counted + excluded.counted";
    tx.query(sql).bind_json(rows).execute().await?;
    Ok(())
}

async fn add_to_calendar(tx: &mut Tx, calendar: &Tally) -> Result<()> {
    let row = |(day, change): (NaiveDate, crate::domain::fair_use::DayChange)| {
        let (joined, ended) = (change.joined.json(), change.ended.json());
        Value::from(vec![day.json(), number(day).json(), joined, ended, change.counted.json()])
    };
    let sql = "INSERT INTO fair_use_calendar (day, number, joined, ended, counted)
               SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT),
                      CAST(value ->> 4 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (day) DO UPDATE SET joined = fair_use_calendar.joined + excluded.joined,
                                               ended = fair_use_calendar.ended + excluded.ended,
                                               counted = fair_use_calendar.counted + excluded.counted";
    tx.query(sql).bind_json(calendar.days().map(row).collect()).execute().await?;
    Ok(())
}

/// Moves the window along to the days after `after`; gives whether it had to be moved.
///
/// # Errors
/// What the database says.
pub async fn slide(tx: &mut Tx, after: NaiveDate) -> Result<bool> {
    let floor = lock(tx).await?;
    if floor == after {
        return Ok(false);
    }
    let sql = "UPDATE fair_use_customers SET counted = fair_use_customers.counted + moved.counted
               FROM (SELECT customer_id, CAST(SUM(CASE WHEN day > $1 THEN counted ELSE -counted END) AS BIGINT) AS counted
                     FROM fair_use_days WHERE day > $2 AND day <= $3 GROUP BY customer_id) AS moved
               WHERE moved.customer_id = fair_use_customers.customer_id";
    tx.query(sql).bind(after).bind(floor.min(after)).bind(floor.max(after)).execute().await?;
    tx.query("UPDATE fair_use_window SET floor = $1").bind(after).execute().await?;
    Ok(true)
}

/// The day after which what is kept per customer counts.
///
/// # Errors
/// What the database says.
pub async fn floor(on: &mut impl Statements) -> Result<NaiveDate> {
    let (floor,) = on.query("SELECT floor FROM fair_use_window").one().await?;
    Ok(floor)
}

impl Record for Totals {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { used: row.get("used")?, days: row.get("days")?, organisations: row.get("organisations")? })
    }
}

/// What all customers used in a window, their active days in it, and how many are active on its last day (FAIR-3).
///
/// # Errors
/// What the database says.
pub async fn totals(on: &mut impl Statements, window: Window) -> Result<Totals> {
    on.query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN number > $1 THEN counted ELSE 0 END), 0) AS BIGINT) AS used,
                CAST(COALESCE(SUM(joined * ($2 - number + 1 - CASE WHEN number <= $1 THEN $1 - number + 1 ELSE 0 END)
                                  - ended * ($2 - number - CASE WHEN number <= $1 THEN $1 - number ELSE 0 END)),
                              0) AS BIGINT) AS days,
                CAST(COALESCE(SUM(joined - CASE WHEN number < $2 THEN ended ELSE 0 END), 0) AS BIGINT) AS organisations
         FROM fair_use_calendar WHERE number <= $2",
    )
    .bind(number(window.after))
    .bind(number(window.until))
    .one()
    .await
}

/// What a customer used in a window, by the first day of each calendar month.
///
/// # Errors
/// What the database says.
pub async fn used(
    on: &mut impl Statements,
    customer: CustomerId,
    window: Window,
) -> Result<BTreeMap<NaiveDate, Counted>> {
    let months: Vec<(NaiveDate, Counted)> = on
        .query(
            "SELECT substr(day, 1, 7) || '-01' AS month, CAST(SUM(counted) AS BIGINT) AS counted
             FROM fair_use_days WHERE customer_id = $1 AND day > $2 AND day <= $3 GROUP BY substr(day, 1, 7)",
        )
        .bind(customer)
        .bind(window.after)
        .bind(window.until)
        .all()
        .await?;
    Ok(months.into_iter().collect())
}

record! {
    /// A customer in the list by standing.
    pub struct Ranked {
        /// The customer.
        pub customer_id: CustomerId,
        /// Its number.
        pub number: i64,
        /// Its name.
        pub name: String,
        /// What it used in the window.
        pub used: Counted,
        /// Its active days in the window.
        pub own_days: i64,
        /// Its active days since its contract began.
        pub days_active: i64,
        /// Its place by what it used per day.
        pub rank: i64,
        /// When something was last recorded of a conversation with it.
        pub talked_at: Option<DateTime<Utc>>,
        /// What that came to.
        pub outcome: Option<Outcome>,
    }
}

/// Which customers of the list.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// The days that count.
    pub window: Window,
    /// The fewest days that an allowance is for, in days.
    pub grace_days: u32,
    /// Only customers that have been active for fewer days than the grace days, or only others.
    pub new: Option<bool>,
    /// From this rank down, and after this customer within it.
    pub from: (i64, Option<CustomerId>),
    /// Down to this rank.
    pub to: i64,
    /// Only customers of whose conversations nothing was recorded since this moment.
    pub silent_since: Option<DateTime<Utc>>,
}

/// The customers that were active in a window, who stands highest first.
///
/// # Errors
/// What the database says.
pub async fn ranked(on: &mut impl Statements, which: &Which, limit: i64) -> Result<Vec<Ranked>> {
    let floor = floor(on).await?;
    let grace = i64::from(which.grace_days);
    let (most, least) = match which.new {
        None => (i64::MAX, -1),
        Some(true) => (grace - 1, -1),
        Some(false) => (i64::MAX, grace),
    };
    let query = on.query(RANKED).bind(number(which.window.after)).bind(number(which.window.until)).bind(grace);
    moved(query, which.window.after, floor)
        .bind(RANK)
        .bind(least)
        .bind(most)
        .bind(which.from.0)
        .bind(which.from.1.map_or_else(String::new, |id| id.to_string()))
        .bind(which.to)
        .bind(which.silent_since.map_or(i64::MAX, |since| since.timestamp_micros()))
        .bind(limit)
        .all()
        .await
}

/// Binds the days between the window that is kept and the one that is asked for.
fn moved(query: Query<'_>, after: NaiveDate, floor: NaiveDate) -> Query<'_> {
    query.bind(after).bind(floor.min(after)).bind(floor.max(after))
}

/// Innermost: what each customer used in the window, and its days. Then its rank, then one page, and only for that page
/// names and conversations. The limits that limit nothing keep PostgreSQL from folding the selects into one and reckoning
/// each rank several times.
const RANKED: &str = "SELECT page.customer_id, customers.number, customers.name, page.used, page.own_days,
           page.days_active, page.rank, said.recorded_at AS talked_at, said.outcome
    FROM (SELECT customer_id, used, own_days, days_active, rank
          FROM (SELECT customer_id, used, own_days, days_active,
                       used * $7 / CASE WHEN own_days > $3 THEN own_days ELSE $3 END AS rank
                FROM (SELECT kept.customer_id, kept.counted + COALESCE(moved.counted, 0) AS used,
                             CASE WHEN last_day < $2 THEN last_day ELSE $2 END - first_day + 1 AS days_active,
                             CASE WHEN last_day < $2 THEN last_day ELSE $2 END
                             - CASE WHEN first_day > $1 THEN first_day - 1 ELSE $1 END AS own_days
                      FROM fair_use_customers AS kept
                      LEFT JOIN (SELECT customer_id,
                                        CAST(SUM(CASE WHEN day > $4 THEN counted ELSE -counted END) AS BIGINT) AS counted
                                 FROM fair_use_days WHERE day > $5 AND day <= $6 GROUP BY customer_id) AS moved
                             ON moved.customer_id = kept.customer_id
                      WHERE first_day <= $2 AND (last_day IS NULL OR last_day > $1)
                      LIMIT 9223372036854775807) AS used_and_days
                WHERE days_active BETWEEN $8 AND $9 LIMIT 9223372036854775807) AS placed
          WHERE rank <= $10 AND rank >= $12 AND (rank < $10 OR customer_id > $11)
            AND ($13 = 9223372036854775807
                 OR NOT EXISTS (SELECT 1 FROM fair_use_conversations AS said
                                WHERE said.customer_id = placed.customer_id AND said.recorded_at >= $13))
          ORDER BY rank DESC, customer_id LIMIT $14) AS page
    JOIN customers ON customers.id = page.customer_id
    LEFT JOIN fair_use_conversations AS said
           ON said.id = (SELECT newest.id FROM fair_use_conversations AS newest
                         WHERE newest.customer_id = page.customer_id ORDER BY newest.recorded_at DESC, newest.id DESC LIMIT 1)
    ORDER BY page.rank DESC, page.customer_id";

record! {
    /// An entry that counts.
    pub struct CountedEntry {
        /// The entry.
        pub id: TimeEntryId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// Number of the ticket.
        pub ticket_number: i64,
        /// Subject of the ticket.
        pub ticket_subject: String,
        /// The day of the work.
        pub worked_on: NaiveDate,
        /// Minutes as worked.
        pub worked: Minutes,
        /// What they count for.
        pub counted: Counted,
    }
}

impl CountedEntry {
    /// How many times its minutes count.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        Weight(self.counted.0 / self.worked.0)
    }
}

/// The entries of a customer that count in a window, the newest worked day first, before an entry of a day.
///
/// # Errors
/// What the database says.
pub async fn entries(
    on: &mut impl Statements,
    customer: CustomerId,
    window: Window,
    before: Option<(NaiveDate, TimeEntryId)>,
    limit: i64,
) -> Result<Vec<CountedEntry>> {
    let (day, id) = before.map_or((window.until, "g".to_owned()), |(day, id)| (day.min(window.until), id.to_string()));
    on.query(
        "SELECT time_entries.id, ticket_id, tickets.number AS ticket_number, tickets.subject AS ticket_subject,
                worked_on, worked, counted
         FROM time_entries JOIN tickets ON tickets.id = ticket_id
         WHERE time_entries.customer_id = $1 AND counted > 0 AND reversed_by IS NULL AND worked_on > $2
           AND worked_on <= $3 AND (worked_on < $3 OR time_entries.id < $4)
         ORDER BY worked_on DESC, time_entries.id DESC LIMIT $5",
    )
    .bind(customer)
    .bind(window.after)
    .bind(day)
    .bind(id)
    .bind(limit)
    .all()
    .await
}

/// A record of a conversation with the name of who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The record.
    pub conversation: Conversation,
    /// Name of who recorded it.
    pub by: Option<String>,
}

impl Record for Said {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { conversation: Conversation::read(row)?, by: row.get("by_name")? })
    }
}

/// What was recorded of conversations with a customer, the newest first.
///
/// # Errors
/// What the database says.
pub async fn conversations(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Said>> {
    on.query(
        "SELECT fair_use_conversations.*, users.name AS by_name FROM fair_use_conversations
         LEFT JOIN users ON users.id = recorded_by
         WHERE customer_id = $1 ORDER BY fair_use_conversations.recorded_at DESC, fair_use_conversations.id DESC LIMIT 200",
    )
    .bind(customer)
    .all()
    .await
}

/// Every day of the calendar with its number, to be verified.
///
/// # Errors
/// What the database says.
pub async fn numbered_days(tx: &mut Tx) -> Result<Vec<(NaiveDate, i64)>> {
    tx.query("SELECT day, number FROM fair_use_calendar ORDER BY day").all().await
}

super::rows::table!(Conversation in "fair_use_conversations" key [] changing [] {
    id: ConversationId, customer_id: CustomerId, outcome: Option<Outcome>, starts_on: NaiveDate, note: String,
    recorded_at: DateTime<Utc>, recorded_by: Option<UserId>,
});
super::rows::table!(ContractEnd in "contract_ends" key [] changing [] {
    id: ContractEndId, customer_id: CustomerId, last_day: Option<NaiveDate>, recorded_at: DateTime<Utc>,
    recorded_by: Option<UserId>,
});
