//! Tickets: the lists of the desk, how a ticket is found, and what happened to it.

use super::{Record, Result, Row, Statements, Tx};
use crate::domain::{
    CustomerId, Due, Minutes, Ticket, TicketEvent, TicketId, TicketStatus,
    ticket::{MOST_WORDS, words_of},
    words::UnknownWord,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::str::FromStr;

/// One ticket.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: TicketId) -> Result<Option<Ticket>> {
    on.query("SELECT * FROM tickets WHERE id = $1").bind(id).optional().await
}

/// The ticket with a number.
///
/// # Errors
/// What the database says.
pub async fn by_number(on: &mut impl Statements, number: i64) -> Result<Option<Ticket>> {
    on.query("SELECT * FROM tickets WHERE number = $1").bind(number).optional().await
}

/// A ticket as the desk shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDesk {
    /// The ticket.
    pub ticket: Ticket,
    /// The customer's name.
    pub customer_name: String,
    /// What the customer has left.
    pub available: Minutes,
    /// What the ticket's estimates hold.
    pub held: Minutes,
}

impl Record for OnDesk {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            ticket: Ticket::read(row)?,
            customer_name: row.get("customer_name")?,
            available: row.get("available")?,
            held: row.get("held_for")?,
        })
    }
}

/// Where the tickets stand that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something is still to be done.
    Open,
    /// Exactly there.
    At(TicketStatus),
}

impl Standing {
    /// As addresses write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::At(status) => status.as_str(),
        }
    }
}

impl FromStr for Standing {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == Self::Open.as_str() { Ok(Self::Open) } else { text.parse().map(Self::At) }
    }
}

/// Which tickets are asked for; what is not named is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Where they stand.
    pub status: Option<Standing>,
    /// Their priority, by its id.
    pub priority: Option<String>,
    /// What was due before this moment and is not done.
    pub due_before: Option<DateTime<Utc>>,
}

/// A list of tickets: `$2` to `$4` are the filter, `$5` is how many.
macro_rules! listed {
    ($from:literal, $order:literal) => {
        concat!(
            "SELECT tickets.*, customers.name AS customer_name, customers.available,
                    CAST((SELECT COALESCE(SUM(estimates.held), 0) FROM estimates WHERE ticket_id = tickets.id) AS BIGINT)
                        AS held_for
             FROM tickets JOIN customers ON customers.id = tickets.customer_id
             WHERE ($2 IS NULL OR status = $2 OR ($2 = 'open' AND status IN ('new', 'waiting_for_customer', 'in_progress')))
               AND ($3 IS NULL OR priority = $3) AND ($4 IS NULL OR due_at < $4) AND ",
            $from,
            " ORDER BY ",
            $order,
            " LIMIT $5"
        )
    };
}

async fn list(query: super::db::Query<'_>, filter: &Filter, limit: i64) -> Result<Vec<OnDesk>> {
    query
        .bind(filter.status.map(|status| status.as_str().to_owned()))
        .bind(filter.priority.clone())
        .bind(filter.due_before)
        .bind(limit)
        .all()
        .await
}

/// Open tickets of all customers, what is due first before the others, after the place `after`. Walks the index of open
/// tickets, never those that are done.
///
/// # Errors
/// What the database says.
pub async fn due(on: &mut impl Statements, filter: &Filter, after: (Due, i64), limit: i64) -> Result<Vec<OnDesk>> {
    let sql = listed!(
        "status IN ('new', 'waiting_for_customer', 'in_progress') AND due_at >= $1 AND (due_at > $1 OR tickets.number > $6)",
        "due_at, tickets.number"
    );
    let query = on
        .query(sql)
        .bind(after.0)
        .bind(filter.status.map(|status| status.as_str().to_owned()))
        .bind(filter.priority.clone())
        .bind(filter.due_before);
    query.bind(limit).bind(after.1).all().await
}

/// Tickets of all customers, the newest first, before number `before`.
///
/// # Errors
/// What the database says.
pub async fn newest(on: &mut impl Statements, filter: &Filter, before: i64, limit: i64) -> Result<Vec<OnDesk>> {
    let sql = listed!("tickets.number < $1", "tickets.number DESC");
    list(on.query(sql).bind(before), filter, limit).await
}

/// Tickets of one customer, the newest first, before number `before`.
///
/// # Errors
/// What the database says.
pub async fn of(
    on: &mut impl Statements,
    customer: CustomerId,
    filter: &Filter,
    before: i64,
    limit: i64,
) -> Result<Vec<OnDesk>> {
    let sql = listed!("tickets.customer_id = $1 AND tickets.number < $6", "tickets.number DESC");
    let query = on
        .query(sql)
        .bind(customer)
        .bind(filter.status.map(|status| status.as_str().to_owned()))
        .bind(filter.priority.clone());
    query.bind(filter.due_before).bind(limit).bind(before).all().await
}

/// Those of the tickets `ids`, the newest first.
///
/// # Errors
/// What the database says.
pub async fn these(on: &mut impl Statements, ids: &[TicketId], filter: &Filter, limit: i64) -> Result<Vec<OnDesk>> {
    let sql = listed!("tickets.id {in}", "tickets.number DESC");
    let ids = ids.iter().map(|id| Value::from(id.to_string())).collect();
    list(on.query(sql).bind_json(ids), filter, limit).await
}

/// The newest tickets in which each of `words` stands, or begins a word; of one customer, or of all.
///
/// # Errors
/// What the database says.
pub async fn matching(
    on: &mut impl Statements,
    words: &[String],
    customer: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<TicketId>> {
    // U+10FFFF sorts after every letter, byte by byte.
    let ranges = words.iter().map(|word| Value::from(vec![word.clone(), format!("{word}\u{10ffff}")])).collect();
    let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
    let found: Vec<(TicketId,)> = match customer {
        None => {
            let sql = "SELECT ticket_id FROM {rows} JOIN ticket_words ON word >= value ->> 0 AND word < value ->> 1
                       GROUP BY ticket_id HAVING COUNT(DISTINCT value ->> 0) = $2 ORDER BY ticket_id DESC LIMIT $3";
            on.query(sql).bind_json(ranges).bind(count).bind(limit).all().await?
        }
        Some(customer) => {
            let sql = "SELECT ticket_id FROM {rows} JOIN ticket_words
                           ON customer_id = $4 AND word >= value ->> 0 AND word < value ->> 1
                       GROUP BY ticket_id HAVING COUNT(DISTINCT value ->> 0) = $2 ORDER BY ticket_id DESC LIMIT $3";
            on.query(sql).bind_json(ranges).bind(count).bind(limit).bind(customer).all().await?
        }
    };
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The open tickets that a customer called stalled, the longest ago first (SLA-7).
///
/// # Errors
/// What the database says.
pub async fn stalled(on: &mut impl Statements, now: DateTime<Utc>, limit: i64) -> Result<Vec<OnDesk>> {
    let sql = listed!("stalled_at IS NOT NULL AND stalled_at <= $1", "stalled_at");
    list(on.query(sql).bind(now), &Filter::default(), limit).await
}

/// An event with the name of whoever did it.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// The event.
    pub event: TicketEvent,
    /// Who did it: the contact's name, else the login's.
    pub by_name: Option<String>,
}

impl Record for Happened {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { event: TicketEvent::read(row)?, by_name: row.get("by_name")? })
    }
}

/// What happened to a ticket, the oldest first: at most the newest `limit`. Without `notes`, what is for the provider only
/// is left out.
///
/// # Errors
/// What the database says.
pub async fn events(on: &mut impl Statements, ticket: TicketId, notes: bool, limit: i64) -> Result<Vec<Happened>> {
    let sql = "SELECT ticket_events.*, COALESCE(contacts.name, users.name) AS by_name FROM ticket_events
               LEFT JOIN contacts ON contacts.id = contact_id
               LEFT JOIN users ON users.id = actor_id
               WHERE ticket_id = $1 AND (kind <> 'note' OR $2 = 1)
               ORDER BY recorded_at DESC, ticket_events.id DESC LIMIT $3";
    let mut found: Vec<Happened> = on.query(sql).bind(ticket).bind(notes).bind(limit).all().await?;
    found.reverse();
    Ok(found)
}

/// Writes down the words by which new tickets are found.
///
/// # Errors
/// What the database says.
pub async fn index(tx: &mut Tx, opened: impl Iterator<Item = &Ticket>) -> Result<()> {
    let mut rows = Vec::new();
    for ticket in opened {
        let said = ticket.intake.0.values().map(String::as_str);
        let texts = [ticket.subject.as_str(), &ticket.description].into_iter().chain(ticket.product.as_deref());
        let words = words_of(texts.chain(said));
        debug_assert!(words.len() <= MOST_WORDS, "a bounded number of rows for each ticket");
        let (id, customer) = (ticket.id.to_string(), ticket.customer_id.to_string());
        rows.extend(words.into_iter().map(|word| Value::from(vec![word, id.clone(), customer.clone()])));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO ticket_words (word, ticket_id, customer_id)
               SELECT value ->> 0, value ->> 1, value ->> 2 FROM {rows} WHERE true";
    tx.query(sql).bind_json(rows).execute().await.map(drop)
}
