//! The whole ledger in one order, customer by customer: what `verify` and the export read.
//!
//! Each table is read in pages by its key, and the pages are merged by whoever walks. Memory holds one page of each,
//! however long a ledger is.

use super::db::{Query, Record, Result, Row, Statements, Tx};
use super::record;
use crate::domain::{Card, Customer, CustomerId, Minutes, Movement, Posting, Transaction};
use std::collections::VecDeque;
use uuid::Uuid;

/// Rows in a page; every statement here says so.
const PAGE: usize = 1000;

/// A row that is read in pages, in the order of its key. The key begins with the customer.
pub trait Paged: Record {
    /// What the row is found by.
    type Key: Clone;
    /// A page of rows after a key.
    const PAGE_AFTER: &'static str;
    /// Lies before the key of every row.
    fn start() -> Self::Key;
    /// The key of this row.
    fn key(&self) -> Self::Key;
    /// Binds a key to [`Paged::PAGE_AFTER`].
    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q>;
}

/// The rows of one table, in order.
#[derive(Debug)]
pub struct Feed<T: Paged> {
    page: VecDeque<T>,
    last: T::Key,
    ended: bool,
}

impl<T: Paged> Default for Feed<T> {
    fn default() -> Self {
        Self { page: VecDeque::new(), last: T::start(), ended: false }
    }
}

impl<T: Paged> Feed<T> {
    /// The next row.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&mut self, tx: &mut Tx) -> Result<Option<T>> {
        self.next_if(tx, |_| true).await
    }

    /// The next row, if it is `wanted`; else it stays the next.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_if(&mut self, tx: &mut Tx, wanted: impl FnOnce(&T) -> bool) -> Result<Option<T>> {
        if self.page.is_empty() && !self.ended {
            self.page = T::bind(tx.query(T::PAGE_AFTER), &self.last).all().await?.into();
            self.ended = self.page.len() < PAGE;
            if let Some(row) = self.page.back() {
                self.last = row.key();
            }
        }
        Ok(self.page.pop_front_if(|row| wanted(row)))
    }
}

/// Everything of the ledger, each table at its own place.
#[derive(Debug, Default)]
pub struct Walk {
    /// Customers by id.
    pub customers: Feed<Customer>,
    /// Transactions by customer and number.
    pub transactions: Feed<Booking>,
    /// Movements by customer, instant, number and line.
    pub movements: Feed<Movement>,
    /// Postings by customer, number and line.
    pub postings: Feed<Posting>,
    /// Cards by customer and id.
    pub cards: Feed<Card>,
    /// What may be used again, by customer and id.
    pub correctables: Feed<Correctable>,
}

impl Walk {
    /// The movements that stand before or at a transaction and were not read yet. In a sound ledger: its own.
    ///
    /// # Errors
    /// What the database says.
    pub async fn movements_up_to(&mut self, tx: &mut Tx, of: &Transaction) -> Result<Vec<Movement>> {
        let mut movements = Vec::new();
        let place = (of.customer_id, of.recorded_at, of.seq);
        let before = |row: &Movement| (row.customer_id, row.recorded_at, row.seq) <= place;
        while let Some(row) = self.movements.next_if(tx, before).await? {
            movements.push(row);
        }
        Ok(movements)
    }
}

impl Walk {
    /// The postings that stand before or at a transaction and were not read yet. In a sound ledger: its own.
    ///
    /// # Errors
    /// What the database says.
    pub async fn postings_up_to(&mut self, tx: &mut Tx, of: &Transaction) -> Result<Vec<Posting>> {
        let mut postings = Vec::new();
        let before = |row: &Posting| (row.customer_id, row.seq) <= (of.customer_id, of.seq);
        while let Some(row) = self.postings.next_if(tx, before).await? {
            postings.push(row);
        }
        Ok(postings)
    }
}

impl Paged for Posting {
    type Key = (String, i64, i64);
    const PAGE_AFTER: &'static str = "SELECT * FROM postings WHERE (customer_id, seq, line) > ($1, $2, $3)
         ORDER BY customer_id, seq, line LIMIT 1000";

    fn start() -> Self::Key {
        (String::new(), i64::MIN, i64::MIN)
    }

    fn key(&self) -> Self::Key {
        (self.customer_id.to_string(), self.seq, self.line)
    }

    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q> {
        query.bind(key.0.as_str()).bind(key.1).bind(key.2)
    }
}

impl Paged for Customer {
    type Key = String;
    const PAGE_AFTER: &'static str = "SELECT * FROM customers WHERE id > $1 ORDER BY id LIMIT 1000";

    fn start() -> String {
        String::new()
    }

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn bind<'q>(query: Query<'q>, key: &String) -> Query<'q> {
        query.bind(key.as_str())
    }
}

/// A transaction with what is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The transaction.
    pub transaction: Transaction,
    /// Number of its ticket.
    pub ticket: Option<i64>,
    /// Salt and text of its note; none when it never had one or when it was erased.
    pub note: Option<(String, String)>,
}

impl Record for Booking {
    fn read(row: &Row<'_>) -> Result<Self> {
        let salt: Option<String> = row.get("note_salt")?;
        let text: Option<String> = row.get("note_text")?;
        Ok(Self { transaction: Transaction::read(row)?, ticket: row.get("ticket_number")?, note: salt.zip(text) })
    }
}

impl Paged for Booking {
    type Key = (String, i64);
    const PAGE_AFTER: &'static str =
        "SELECT transactions.*, tickets.number AS ticket_number, notes.salt AS note_salt, notes.text AS note_text
         FROM transactions
         LEFT JOIN tickets ON tickets.id = transactions.ticket_id
         LEFT JOIN notes ON notes.transaction_id = transactions.id
         WHERE (transactions.customer_id, transactions.seq) > ($1, $2)
         ORDER BY transactions.customer_id, transactions.seq LIMIT 1000";

    fn start() -> Self::Key {
        (String::new(), i64::MIN)
    }

    fn key(&self) -> Self::Key {
        (self.transaction.customer_id.to_string(), self.transaction.seq)
    }

    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q> {
        query.bind(key.0.as_str()).bind(key.1)
    }
}

impl Paged for Movement {
    type Key = (String, i64, i64, i64);
    const PAGE_AFTER: &'static str = "SELECT * FROM movements
         WHERE (customer_id, recorded_at, seq, line) > ($1, $2, $3, $4)
         ORDER BY customer_id, recorded_at, seq, line LIMIT 1000";

    fn start() -> Self::Key {
        (String::new(), i64::MIN, i64::MIN, i64::MIN)
    }

    fn key(&self) -> Self::Key {
        (self.customer_id.to_string(), self.recorded_at.timestamp_micros(), self.seq, self.line)
    }

    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q> {
        query.bind(key.0.as_str()).bind(key.1).bind(key.2).bind(key.3)
    }
}

impl Paged for Card {
    type Key = (String, String);
    const PAGE_AFTER: &'static str =
        "SELECT * FROM cards WHERE (customer_id, id) > ($1, $2) ORDER BY customer_id, id LIMIT 1000";

    fn start() -> Self::Key {
        Self::Key::default()
    }

    fn key(&self) -> Self::Key {
        (self.customer_id.to_string(), self.id.to_string())
    }

    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q> {
        query.bind(key.0.as_str()).bind(key.1.as_str())
    }
}

record! {
    /// An estimate or a ticket of which reversed minutes may be used again (TIME-5).
    pub struct Correctable {
        /// Whose.
        pub customer_id: CustomerId,
        /// The estimate or the ticket.
        pub id: Uuid,
        /// How many minutes; more than zero.
        pub correctable: Minutes,
    }
}

impl Paged for Correctable {
    type Key = (String, String);
    const PAGE_AFTER: &'static str = "SELECT customer_id, id, correctable
         FROM (SELECT customer_id, id, correctable FROM estimates WHERE correctable > 0
               UNION ALL SELECT customer_id, id, correctable FROM tickets WHERE correctable > 0) AS reversed
         WHERE (customer_id, id) > ($1, $2) ORDER BY customer_id, id LIMIT 1000";

    fn start() -> Self::Key {
        Self::Key::default()
    }

    fn key(&self) -> Self::Key {
        (self.customer_id.to_string(), self.id.to_string())
    }

    fn bind<'q>(query: Query<'q>, key: &Self::Key) -> Query<'q> {
        query.bind(key.0.as_str()).bind(key.1.as_str())
    }
}
