//! The way in of every business write: load the ledgers of a batch, locked; append what was decided.
//!
//! The number of statements does not depend on the size of the batch. What is loaded is what is open of the customers,
//! what the commands name, and cards that expired lately: never history.

use super::rows::{Table, write};
use super::{Record, Result, Row, Statements, Tx, record};
use super::{fair_use, money_rows};
use crate::domain::{
    Act, Actor, AddOnTerm, Allocation, BankCost, Card, Changes, Collection, Command, CommandId, Consent, Contact,
    Conversation, Customer, CustomerId, Estimate, Hold, Installation, Invoice, InvoiceId, Key, Ledger, Mandate,
    Movement, Numbers, Payment, PaymentId, Repayment, Reversal, Series, Target, Ticket, TicketId, TimeEntry,
    TimeEntryId, Unmatched, UserId,
    charge::TicketDay,
    command::Answer,
    fair_use::Tally,
    policy::{MOST_LATE_DAYS, UrgencyRules},
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The ledgers that a batch of commands touches.
#[derive(Debug, Default)]
pub struct Books {
    /// Per customer what is open and named.
    pub ledgers: HashMap<CustomerId, Ledger>,
    /// Which customer a command is about.
    pub customers: HashMap<Target, CustomerId>,
    /// The next free numbers, where the batch may take some.
    pub numbers: Numbers,
    /// Customers that exist under an identity which the batch wants to create.
    pub twins: HashMap<String, (i64, CustomerId)>,
    /// References of mandates that exist and that the batch wants to record, in capitals.
    pub references: BTreeSet<String>,
    /// The last day of the last closed month (TIME-6).
    pub closed_through: Option<NaiveDate>,
    /// The commands booked earlier under the keys of this batch.
    pub keys: HashMap<(String, String), CommandRow>,
}

record! {
    /// A command that was booked.
    pub struct CommandRow {
        /// The command.
        pub id: CommandId,
        /// Whose customer.
        pub customer_id: CustomerId,
        /// What was asked, by name.
        pub act: String,
        /// By whom.
        pub actor_id: Option<UserId>,
        /// When it was booked.
        pub recorded_at: DateTime<Utc>,
        /// Whose key.
        pub caller: Option<String>,
        /// The key.
        pub key: Option<String>,
        /// Digest of the request under that key.
        pub request: Option<String>,
        /// Identity of what it made or changed.
        pub subject: String,
    }
}

impl Table for CommandRow {
    const NAME: &'static str = "commands";
    const KEY: &'static [&'static str] = &[];
    const CHANGING: &'static [&'static str] = &[];

    fn columns() -> Vec<(&'static str, &'static str)> {
        vec![
            ("id", "TEXT"),
            ("customer_id", "TEXT"),
            ("act", "TEXT"),
            ("actor_id", "TEXT"),
            ("recorded_at", "BIGINT"),
            ("caller", "TEXT"),
            ("key", "TEXT"),
            ("request", "TEXT"),
            ("subject", "TEXT"),
        ]
    }

    fn values(&self) -> Value {
        use super::columns::Stored;
        Value::Array(vec![
            self.id.json(),
            self.customer_id.json(),
            self.act.json(),
            self.actor_id.json(),
            self.recorded_at.json(),
            self.caller.json(),
            self.key.json(),
            self.request.json(),
            self.subject.json(),
        ])
    }

    fn statement() -> &'static str {
        "INSERT INTO commands (id, customer_id, act, actor_id, recorded_at, caller, key, request, subject)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, CAST(value ->> 4 AS BIGINT), value ->> 5, value ->> 6,
                value ->> 7, value ->> 8
         FROM {rows} WHERE true"
    }
}

/// What commands about money need beside what they name.
#[derive(Default)]
struct OfMoney {
    /// A document may be issued.
    issues: bool,
    /// Something comes undone, for which all reversals of the customer are looked at.
    undoes: bool,
}

/// What the commands of a batch name.
#[derive(Default)]
struct Named {
    contacts: BTreeSet<String>,
    installations: BTreeSet<String>,
    tickets: BTreeSet<String>,
    estimates: BTreeSet<String>,
    entries: BTreeSet<String>,
    /// Tickets with a day on which they were worked on.
    days: BTreeSet<(String, NaiveDate)>,
    invoices: BTreeSet<String>,
    cards: BTreeSet<String>,
    payments: BTreeSet<String>,
    mandates: BTreeSet<String>,
    collections: BTreeSet<String>,
    reversals: BTreeSet<String>,
    /// Lines of the bank whose bookings are undone.
    lines: BTreeSet<String>,
    money: OfMoney,
    identities: BTreeSet<String>,
    /// References of mandates to be recorded, in capitals.
    references: BTreeSet<String>,
    /// Mandates that are amended, or whose collections are called off: every collection under their references counts.
    debits: bool,
    counters: BTreeSet<String>,
    /// A card is ordered.
    orders: bool,
    /// Whether somebody decides who pays, for which urgent tickets and the add-on are looked up.
    coverage: bool,
    /// The decisions whose entries are to be reversed.
    undone: BTreeSet<String>,
}

impl Named {
    fn by(batch: &[&Command], today: NaiveDate) -> Self {
        let mut named = Self::default();
        for command in batch {
            named.target(command.target);
            named.act(&command.act, today);
            if let Actor::Contact(_, contact, _) = command.actor {
                named.contacts.insert(contact.to_string());
            }
        }
        named
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Customer(_) => false,
            Target::Ticket(id) => self.tickets.insert(id.to_string()),
            Target::Estimate(id) => self.estimates.insert(id.to_string()),
            Target::TimeEntry(id) => self.entries.insert(id.to_string()),
            Target::Invoice(id) => self.invoices.insert(id.to_string()),
            Target::Card(id) => self.cards.insert(id.to_string()),
            Target::Payment(id) => self.payments.insert(id.to_string()),
            Target::Mandate(id) => self.mandates.insert(id.to_string()),
            Target::Collection(id) => self.collections.insert(id.to_string()),
            Target::Reversal(id) => self.reversals.insert(id.to_string()),
        };
    }

    fn act(&mut self, act: &Act, today: NaiveDate) {
        match act {
            Act::CreateCustomer { name, email, .. } => {
                self.identities.insert(Customer::identity_of(name, email));
                self.counters.insert("customer".to_owned());
            }
            Act::RemoveContact(contact)
            | Act::AcceptEstimate { answer: Answer { contact, .. }, .. }
            | Act::DeclineEstimate { contact: Some(contact), .. }
            | Act::CoverEntry { by_card: Some(contact), .. }
            | Act::InvoiceEntry { contact, .. } => {
                self.contacts.insert(contact.to_string());
            }
            Act::RemoveInstallation(installation) => {
                self.installations.insert(installation.to_string());
            }
            Act::GiveConsent
            | Act::IssueInvoice(_)
            | Act::CreditInvoice { .. }
            | Act::RefundCard { .. }
            | Act::ReverseEntry { .. }
            | Act::ChargeReactivation { .. }
            // The end of a pause makes cards active that are paid.
            | Act::ResumeAccount { .. }
            | Act::Arrange { .. }
            | Act::PlanCollection { .. } => self.money.issues = true,
            Act::RecordMandate { reference, .. } => {
                self.money.issues = true;
                self.references.extend(reference.as_deref().map(Mandate::folded));
            }
            Act::AmendMandate { .. } | Act::CancelCollection { .. } => self.debits = true,
            Act::OrderCard { .. } => {
                self.money.issues = true;
                self.orders = true;
            }
            Act::RecordPayment(received) => {
                self.invoices.extend(received.invoices.iter().map(ToString::to_string));
            }
            Act::SettleCollection { .. }
            | Act::ReverseCollection { .. }
            | Act::ReversePayment { .. }
            | Act::JudgeReversal { .. }
            | Act::WaiveFee { .. } => {
                self.money.issues = true;
                self.money.undoes = true;
            }
            // What of it came undone elsewhere is not paid out.
            Act::PayOut { .. } => self.money.undoes = true,
            Act::UndoLine { line } => {
                self.money.issues = true;
                self.money.undoes = true;
                self.lines.insert(line.to_string());
            }
            Act::RecordAddOn { .. } => self.coverage = true,
            Act::OpenTicket(_) => {
                self.coverage = true;
                self.counters.insert("ticket".to_owned());
            }
            Act::DecideCoverage { replaces, ruling, .. } => {
                self.coverage = true;
                self.money.issues |= ruling.reverse_entries;
                self.contacts.extend(ruling.agreed_by.map(|contact| contact.to_string()));
                self.undone.extend(ruling.reverse_entries.then(|| replaces.to_string()));
            }
            Act::LogTime { ticket, estimate, worked_on, started_at, .. } => {
                self.estimates.extend(estimate.map(|estimate| estimate.to_string()));
                let days = days_of(*worked_on, *started_at, today);
                self.days.extend(days.into_iter().map(|day| (ticket.to_string(), day)));
            }
            _ => {}
        }
    }
}

/// The days that work may turn out to be of: where a day begins and ends is for the policy to say.
fn days_of(told: Option<NaiveDate>, started: Option<DateTime<Utc>>, today: NaiveDate) -> Vec<NaiveDate> {
    match (told, started.map(|at| at.date_naive())) {
        (Some(day), _) => vec![day],
        (None, Some(day)) => [day.pred_opt(), Some(day), day.succ_opt()].into_iter().flatten().collect(),
        (None, None) => vec![today],
    }
}

fn document_counter(series: Series, year: i32) -> String {
    format!("{series}-{year}")
}

fn json(ids: &BTreeSet<String>) -> Vec<Value> {
    ids.iter().map(|id| Value::from(id.as_str())).collect()
}

/// Loads and locks the ledgers of `batch`. Locks are taken in one order: customers by id, then counters by name.
///
/// # Errors
/// What the database says.
pub async fn load(tx: &mut Tx, batch: &[&Command], today: NaiveDate) -> Result<Books> {
    let mut named = Named::by(batch, today);
    let mut books = Books::default();
    resolve(tx, batch, &named, &mut books).await?;
    let ids: BTreeSet<String> = books.customers.values().map(ToString::to_string).collect();
    lock_customers(tx, &ids, &mut books).await?;
    // Whatever is asked may use up a card that is then ordered again (CARD-9), or find one of which money is due back.
    named.money.issues |= load_consents(tx, &ids, &mut books).await?;
    named.money.issues |= gives_back(tx, &ids, today).await?;
    if named.money.issues {
        named.counters.extend(Series::ALL.iter().map(|series| document_counter(*series, today.year())));
    }
    lock_counters(tx, &named.counters, today, &mut books.numbers).await?;
    load_keys(tx, batch, &mut books).await?;
    if !named.identities.is_empty() {
        let sql = "SELECT identity, number, id FROM customers WHERE identity {in}";
        let found: Vec<(String, i64, CustomerId)> = tx.query(sql).bind_json(json(&named.identities)).all().await?;
        books.twins = found.into_iter().map(|(identity, number, id)| (identity, (number, id))).collect();
    }
    if !named.references.is_empty() {
        let sql = "SELECT UPPER(reference) FROM mandates WHERE UPPER(reference) {in}";
        let found: Vec<(String,)> = tx.query(sql).bind_json(json(&named.references)).all().await?;
        books.references = found.into_iter().map(|(reference,)| reference).collect();
    }
    books.closed_through = closed_through(tx).await?;
    load_open(tx, &ids, today, &mut books).await?;
    if named.money.issues {
        load_mandates(tx, &ids, &mut books).await?;
    }
    if named.orders {
        load_buyers(tx, &ids, &mut books).await?;
    }
    load_named(tx, &mut named, today, &mut books).await?;
    Ok(books)
}

/// The ledger of one customer as it stands, for reading: what is open, and all of its persons. `None` when there is no
/// such customer.
///
/// # Errors
/// What the database says.
pub async fn read(tx: &mut Tx, customer: CustomerId, today: NaiveDate) -> Result<Option<Ledger>> {
    let mut books = Books::default();
    let Some(found) = super::customers::get(tx, customer).await? else { return Ok(None) };
    books.ledgers.insert(customer, Ledger::default());
    let ids = BTreeSet::from([customer.to_string()]);
    load_consents(tx, &ids, &mut books).await?;
    load_open(tx, &ids, today, &mut books).await?;
    let mut ledger = books.ledgers.remove(&customer).unwrap_or_default();
    ledger.rows.customer = Some(found);
    Ok(Some(ledger))
}

/// The ledger of one customer with every card it ever had, and without its persons: for showing a balance.
///
/// # Errors
/// What the database says.
pub async fn figures(tx: &mut Tx, customer: CustomerId) -> Result<Option<Ledger>> {
    let Some(found) = super::customers::get(tx, customer).await? else { return Ok(None) };
    let cards = super::cards::of(tx, customer).await?;
    let sql = "SELECT * FROM estimates WHERE customer_id = $1 AND status IN ('proposed', 'accepted')";
    let estimates: Vec<Estimate> = tx.query(sql).bind(customer).all().await?;
    let mut holds: Vec<Hold> = Vec::new();
    let is_frozen = cards.iter().any(|card| card.frozen.is_positive());
    if is_frozen || estimates.iter().any(|estimate| estimate.held.is_positive()) {
        let sql = "SELECT * FROM holds WHERE customer_id = $1 AND (minutes > 0 OR frozen > 0)";
        holds = tx.query(sql).bind(customer).all().await?;
    }
    let mut ledger = Ledger::default();
    // What is due may be given back for money, which takes its invoice (CARD-10, PAY-3).
    if cards.iter().any(|card| card.converts_on.is_some() || card.credited_from.is_some()) {
        let sql = "SELECT * FROM invoices WHERE customer_id = $1 AND number IS NOT NULL
                   AND ((card_id IS NOT NULL AND kind = 'invoice') OR paid + credited < gross)";
        let invoices: Vec<Invoice> = tx.query(sql).bind(customer).all().await?;
        ledger.rows.invoices = invoices.into_iter().map(|invoice| (invoice.id, invoice)).collect();
    }
    ledger.rows.customer = Some(found);
    ledger.rows.cards = cards.into_iter().map(|card| (card.id, card)).collect();
    ledger.rows.estimates = estimates.into_iter().map(|estimate| (estimate.id, estimate)).collect();
    ledger.rows.holds = holds.into_iter().map(|hold| ((hold.estimate_id, hold.card_id), hold)).collect();
    Ok(Some(ledger))
}

/// Loads what `command` would need, without locks and without taking numbers: for a preview.
///
/// # Errors
/// What the database says.
pub async fn preview(tx: &mut Tx, command: &Command, today: NaiveDate) -> Result<Option<(CustomerId, Ledger)>> {
    let batch = &[command];
    let mut named = Named::by(batch, today);
    let mut books = Books::default();
    resolve(tx, batch, &named, &mut books).await?;
    let Some(customer) = books.customers.get(&command.target).copied() else { return Ok(None) };
    let Some(ledger) = read(tx, customer, today).await? else { return Ok(None) };
    books.ledgers.insert(customer, ledger);
    load_named(tx, &mut named, today, &mut books).await?;
    Ok(books.ledgers.remove(&customer).map(|ledger| (customer, ledger)))
}

/// Finds the customer of each command. What belongs to whom never changes, so this may come before the lock.
async fn resolve(tx: &mut Tx, batch: &[&Command], named: &Named, books: &mut Books) -> Result<()> {
    for command in batch {
        if let Target::Customer(id) = command.target {
            books.customers.insert(command.target, id);
        }
    }
    let tickets = owners(tx, "SELECT id, customer_id FROM tickets WHERE id {in}", &named.tickets);
    books.customers.extend(tickets.await?.into_iter().map(|(id, owner)| (Target::Ticket(id), owner)));
    let estimates = owners(tx, "SELECT id, customer_id FROM estimates WHERE id {in}", &named.estimates);
    books.customers.extend(estimates.await?.into_iter().map(|(id, owner)| (Target::Estimate(id), owner)));
    let entries = owners(tx, "SELECT id, customer_id FROM time_entries WHERE id {in}", &named.entries);
    books.customers.extend(entries.await?.into_iter().map(|(id, owner)| (Target::TimeEntry(id), owner)));
    let invoices = owners(tx, "SELECT id, customer_id FROM invoices WHERE id {in}", &named.invoices);
    books.customers.extend(invoices.await?.into_iter().map(|(id, owner)| (Target::Invoice(id), owner)));
    let cards = owners(tx, "SELECT id, customer_id FROM cards WHERE id {in}", &named.cards);
    books.customers.extend(cards.await?.into_iter().map(|(id, owner)| (Target::Card(id), owner)));
    let payments = owners(tx, "SELECT id, customer_id FROM payments WHERE id {in}", &named.payments);
    books.customers.extend(payments.await?.into_iter().map(|(id, owner)| (Target::Payment(id), owner)));
    let mandates = owners(tx, "SELECT id, customer_id FROM mandates WHERE id {in}", &named.mandates);
    books.customers.extend(mandates.await?.into_iter().map(|(id, owner)| (Target::Mandate(id), owner)));
    let collections = owners(tx, "SELECT id, customer_id FROM collections WHERE id {in}", &named.collections);
    books.customers.extend(collections.await?.into_iter().map(|(id, owner)| (Target::Collection(id), owner)));
    let reversals = owners(tx, "SELECT id, customer_id FROM reversals WHERE id {in}", &named.reversals);
    books.customers.extend(reversals.await?.into_iter().map(|(id, owner)| (Target::Reversal(id), owner)));
    Ok(())
}

/// The last day of the last closed month, which nobody changes until this transaction ends (TIME-6).
async fn closed_through(tx: &mut Tx) -> Result<Option<NaiveDate>> {
    let sql = "SELECT through FROM closed_books WHERE id = 1 {share}";
    Ok(tx.query(sql).one::<(Option<NaiveDate>,)>().await?.0)
}

/// Whether a card of these customers converts into money, or is frozen for so long that it is credited (CARD-10, PAY-3); or a
/// draft waits, which becomes definite in whatever command completes it (PAY-1a).
async fn gives_back(tx: &mut Tx, ids: &BTreeSet<String>, today: NaiveDate) -> Result<bool> {
    if ids.is_empty() {
        return Ok(false);
    }
    let sql = "SELECT id FROM cards WHERE customer_id {in} AND (converts_on <= $2 OR credited_from <= $2)
               UNION ALL SELECT id FROM invoices WHERE customer_id {in} AND number IS NULL AND waits_for <> '[]' LIMIT 1";
    let due = tx.query(sql).bind_json(json(ids)).bind(today).optional::<(String,)>().await?;
    Ok(due.is_some())
}

/// The mandates of customers that did not end: how their invoices are paid.
async fn load_mandates(tx: &mut Tx, ids: &BTreeSet<String>, books: &mut Books) -> Result<()> {
    let mandates: Vec<Mandate> =
        some(tx, "SELECT * FROM mandates WHERE customer_id {in} AND ended_at IS NULL", ids).await?;
    place(mandates, books, |row| row.customer_id, |rows, row| rows.mandates.insert(row.id, row));
    Ok(())
}

async fn owners<T>(tx: &mut Tx, sql: &'static str, ids: &BTreeSet<String>) -> Result<Vec<(T, CustomerId)>>
where
    (T, CustomerId): Record,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query(sql).bind_json(json(ids)).all().await
}

async fn lock_customers(tx: &mut Tx, ids: &BTreeSet<String>, books: &mut Books) -> Result<()> {
    let sql = "SELECT * FROM customers WHERE id {in} ORDER BY id {lock}";
    let found: Vec<Customer> = tx.query(sql).bind_json(json(ids)).all().await?;
    for customer in found {
        let ledger = books.ledgers.entry(customer.id).or_default();
        ledger.rows.customer = Some(customer);
    }
    Ok(())
}

async fn lock_counters(tx: &mut Tx, names: &BTreeSet<String>, today: NaiveDate, numbers: &mut Numbers) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let years: BTreeMap<String, Series> =
        Series::ALL.iter().map(|series| (document_counter(*series, today.year()), *series)).collect();
    if names.iter().any(|name| years.contains_key(name)) {
        let list = years.keys().map(|name| Value::from(vec![name.as_str()])).collect();
        let sql =
            "INSERT INTO counters (name, next) SELECT value ->> 0, 1 FROM {rows} WHERE true ON CONFLICT DO NOTHING";
        tx.query(sql).bind_json(list).execute().await?;
    }
    let sql = "SELECT name, next FROM counters WHERE name {in} ORDER BY name {lock}";
    let found: Vec<(String, i64)> = tx.query(sql).bind_json(json(names)).all().await?;
    for (name, next) in found {
        match name.as_str() {
            "customer" => numbers.customer = next,
            "ticket" => numbers.ticket = next,
            other => {
                numbers.documents.extend(years.get(other).map(|series| ((*series, today.year()), next)));
            }
        }
    }
    Ok(())
}

async fn load_keys(tx: &mut Tx, batch: &[&Command], books: &mut Books) -> Result<()> {
    let keys: Vec<Value> = batch
        .iter()
        .filter_map(|command| command.key.as_ref())
        .map(|key| Value::from(vec![key.caller.as_str(), key.key.as_str()]))
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    let sql = "SELECT commands.* FROM {rows} JOIN commands ON caller = value ->> 0 AND commands.key = value ->> 1";
    let found: Vec<CommandRow> = tx.query(sql).bind_json(keys).all().await?;
    for row in found {
        if let (Some(caller), Some(key)) = (row.caller.clone(), row.key.clone()) {
            books.keys.insert((caller, key), row);
        }
    }
    Ok(())
}

/// Consents to renewal that hold, and for customers that have one every order that is not paid in full (CARD-9). Gives
/// whether there is any.
async fn load_consents(tx: &mut Tx, ids: &BTreeSet<String>, books: &mut Books) -> Result<bool> {
    let sql = "SELECT * FROM consents WHERE customer_id {in} AND withdrawn_at IS NULL";
    let consents: Vec<Consent> = some(tx, sql, ids).await?;
    if consents.is_empty() {
        return Ok(false);
    }
    let ids: BTreeSet<String> = consents.iter().map(|consent| consent.customer_id.to_string()).collect();
    place(consents, books, |row| row.customer_id, |rows, row| rows.consents.insert(row.id, row));
    let sql = "SELECT * FROM cards WHERE invoice_id IN (
                   SELECT id FROM invoices WHERE customer_id {in} AND number IS NOT NULL AND paid + credited < gross)";
    let cards: Vec<Card> = some(tx, sql, &ids).await?;
    place(cards, books, |row| row.customer_id, |rows, row| rows.cards.insert(row.id, row));
    Ok(true)
}

/// Who has ordered a card before.
async fn load_buyers(tx: &mut Tx, ids: &BTreeSet<String>, books: &mut Books) -> Result<()> {
    let sql = "SELECT DISTINCT customer_id FROM cards WHERE customer_id {in} AND origin = 'bought'";
    for (buyer,) in some::<(CustomerId,)>(tx, sql, ids).await? {
        if let Some(ledger) = books.ledgers.get_mut(&buyer) {
            ledger.has_bought = true;
        }
    }
    Ok(())
}

/// What is open of the customers: persons, installations, cards that can pay or wait to be paid, estimates that run, what
/// they hold.
async fn load_open(tx: &mut Tx, ids: &BTreeSet<String>, today: NaiveDate, books: &mut Books) -> Result<()> {
    if books.ledgers.is_empty() {
        return Ok(());
    }
    let sql = "SELECT * FROM contacts WHERE customer_id {in} AND removed_at IS NULL";
    let contacts: Vec<Contact> = tx.query(sql).bind_json(json(ids)).all().await?;
    let sql = "SELECT * FROM installations WHERE customer_id {in} AND removed_at IS NULL";
    let installations: Vec<Installation> = tx.query(sql).bind_json(json(ids)).all().await?;
    let oldest = today.checked_sub_days(Days::new(u64::from(MOST_LATE_DAYS))).unwrap_or(today);
    let sql = "SELECT * FROM cards WHERE customer_id {in}
               AND (available + held + frozen > 0 OR (activated_at IS NULL AND cancelled_on IS NULL)
                    OR (invoice_id IS NOT NULL AND invoiced_on IS NULL AND cancelled_on IS NULL)
                    OR (expired > 0 AND expires_on >= $2) OR credited_from IS NOT NULL)";
    let cards: Vec<Card> = tx.query(sql).bind_json(json(ids)).bind(oldest).all().await?;
    let sql = "SELECT * FROM invoices WHERE customer_id {in} AND (number IS NULL OR paid + credited < gross)";
    let invoices: Vec<Invoice> = tx.query(sql).bind_json(json(ids)).all().await?;
    let sql = "SELECT * FROM estimates WHERE customer_id {in} AND status IN ('proposed', 'accepted')";
    let estimates: Vec<Estimate> = tx.query(sql).bind_json(json(ids)).all().await?;
    let mut holds: Vec<Hold> = Vec::new();
    let is_frozen = cards.iter().any(|card| card.frozen.is_positive());
    if is_frozen || estimates.iter().any(|estimate| estimate.held.is_positive()) {
        let sql = "SELECT * FROM holds WHERE customer_id {in} AND (minutes > 0 OR frozen > 0)";
        holds = tx.query(sql).bind_json(json(ids)).all().await?;
    }
    place(invoices, books, |row| row.customer_id, |rows, row| rows.invoices.insert(row.id, row));
    place(contacts, books, |row| row.customer_id, |rows, row| rows.contacts.insert(row.id, row));
    place(installations, books, |row| row.customer_id, |rows, row| rows.installations.insert(row.id, row));
    place(cards, books, |row| row.customer_id, |rows, row| rows.cards.insert(row.id, row));
    place(estimates, books, |row| row.customer_id, |rows, row| rows.estimates.insert(row.id, row));
    place(holds, books, |row| row.customer_id, |rows, row| rows.holds.insert((row.estimate_id, row.card_id), row));
    Ok(())
}

/// What the commands name, open or not; and what a named entry or invoice leads to.
async fn load_named(tx: &mut Tx, named: &mut Named, today: NaiveDate, books: &mut Books) -> Result<()> {
    if named.coverage {
        load_coverage(tx, named, today, books).await?;
    }
    if !named.entries.is_empty() {
        load_entries(tx, named, books).await?;
    }
    load_days(tx, &named.days, books).await?;
    load_money(tx, named, books).await?;
    let contacts = some::<Contact>(tx, "SELECT * FROM contacts WHERE id {in}", &named.contacts).await?;
    place(contacts, books, |row| row.customer_id, |rows, row| rows.contacts.insert(row.id, row));
    let sql = "SELECT * FROM installations WHERE id {in}";
    let installations = some::<Installation>(tx, sql, &named.installations).await?;
    place(installations, books, |row| row.customer_id, |rows, row| rows.installations.insert(row.id, row));
    let estimates = some::<Estimate>(tx, "SELECT * FROM estimates WHERE id {in}", &named.estimates).await?;
    // Which cards pay for an estimate depends on what its ticket is about (CARD-8).
    named.tickets.extend(estimates.iter().map(|estimate| estimate.ticket_id.to_string()));
    let tickets = some::<Ticket>(tx, "SELECT * FROM tickets WHERE id {in}", &named.tickets).await?;
    place(tickets, books, |row| row.customer_id, |rows, row| rows.tickets.insert(row.id, row));
    place(estimates, books, |row| row.customer_id, |rows, row| rows.estimates.insert(row.id, row));
    let cards = some::<Card>(tx, "SELECT * FROM cards WHERE id {in}", &named.cards).await?;
    place(cards, books, |row| row.customer_id, |rows, row| rows.cards.insert(row.id, row));
    Ok(())
}

/// What the named money leads to: payments with what they settled, collections, reversals, and the invoices and cards of
/// all of them; and what a card that is given back was paid by.
async fn load_money(tx: &mut Tx, named: &mut Named, books: &mut Books) -> Result<()> {
    if named.debits {
        load_debits(tx, named, books).await?;
    }
    if named.money.undoes {
        let ids: BTreeSet<String> = books.ledgers.keys().map(ToString::to_string).collect();
        let reversals = some::<Reversal>(tx, "SELECT * FROM reversals WHERE customer_id {in}", &ids).await?;
        named.collections.extend(reversals.iter().filter_map(|row| row.collection_id).map(|id| id.to_string()));
        named.invoices.extend(reversals.iter().filter_map(|row| row.fee_invoice_id).map(|id| id.to_string()));
        let told = reversals.iter().filter(|row| {
            let lines = [row.bank_line_id, row.refused_line];
            lines.into_iter().flatten().any(|line| named.lines.contains(&line.to_string()))
        });
        named.payments.extend(told.filter_map(|row| row.payment_id).map(|id| id.to_string()));
        place(reversals, books, |row| row.customer_id, |rows, row| rows.reversals.insert(row.id, row));
    }
    if !named.lines.is_empty() {
        load_lines(tx, named, books).await?;
    }
    let mandates = some::<Mandate>(tx, "SELECT * FROM mandates WHERE id {in}", &named.mandates).await?;
    place(mandates, books, |row| row.customer_id, |rows, row| rows.mandates.insert(row.id, row));
    let collections = some::<Collection>(tx, "SELECT * FROM collections WHERE id {in}", &named.collections).await?;
    named.payments.extend(collections.iter().filter_map(|row| row.payment_id).map(|id| id.to_string()));
    named.invoices.extend(collections.iter().map(|row| row.invoice_id.to_string()));
    let mut under: BTreeSet<String> = collections.iter().map(|row| row.mandate_id.to_string()).collect();
    place(collections, books, |row| row.customer_id, |rows, row| rows.collections.insert(row.id, row));
    let payments = some::<Payment>(tx, "SELECT * FROM payments WHERE id {in}", &named.payments).await?;
    let of_payments: BTreeSet<String> =
        payments.iter().filter_map(|row| row.collection_id).map(|id| id.to_string()).collect();
    let collections = some::<Collection>(tx, "SELECT * FROM collections WHERE id {in}", &of_payments).await?;
    under.extend(collections.iter().map(|row| row.mandate_id.to_string()));
    place(collections, books, |row| row.customer_id, |rows, row| rows.collections.insert(row.id, row));
    // A return of one that was collected under a mandate that was amended since ends the mandate as it is now.
    let mandates = some::<Mandate>(tx, "SELECT * FROM mandates WHERE id {in}", &under).await?;
    place(mandates, books, |row| row.customer_id, |rows, row| rows.mandates.insert(row.id, row));
    place(payments, books, |row| row.customer_id, |rows, row| rows.payments.insert(row.id, row));
    let sql = "SELECT * FROM allocations WHERE payment_id {in} ORDER BY id";
    for row in some::<Allocation>(tx, sql, &named.payments).await? {
        named.invoices.insert(row.invoice_id.to_string());
        if let Some(ledger) = books.ledgers.get_mut(&row.customer_id) {
            ledger.rows.allocations.push(row);
        }
    }
    name_invoices_of_cards(tx, named, books).await?;
    load_invoices(tx, named, books).await
}

/// What transactions that name these lines booked: payments by name, the rest as it is.
async fn load_lines(tx: &mut Tx, named: &mut Named, books: &mut Books) -> Result<()> {
    let sql = "SELECT id FROM payments WHERE bank_line_id {in} OR paid_out_line {in}";
    let payments = some::<(PaymentId,)>(tx, sql, &named.lines).await?;
    named.payments.extend(payments.into_iter().map(|(id,)| id.to_string()));
    let repayments =
        some::<Repayment>(tx, "SELECT * FROM repayments WHERE bank_line_id {in} ORDER BY id", &named.lines);
    for row in repayments.await? {
        if let Some(ledger) = books.ledgers.get_mut(&row.customer_id) {
            ledger.rows.repayments.push(row);
        }
    }
    let costs = some::<BankCost>(tx, "SELECT * FROM bank_costs WHERE bank_line_id {in} ORDER BY id", &named.lines);
    for row in costs.await? {
        if let Some(ledger) = books.ledgers.get_mut(&row.customer_id) {
            ledger.rows.costs.push(row);
        }
    }
    let unmatched = some::<Unmatched>(tx, "SELECT * FROM unmatched WHERE bank_line_id {in} ORDER BY id", &named.lines);
    for row in unmatched.await? {
        if let Some(ledger) = books.ledgers.get_mut(&row.customer_id) {
            ledger.rows.unmatched.push(row);
        }
    }
    // A mandate that ended because of what is undone goes on.
    let ids: BTreeSet<String> = books.ledgers.keys().map(ToString::to_string).collect();
    let mandates = some::<Mandate>(tx, "SELECT * FROM mandates WHERE customer_id {in}", &ids).await?;
    place(mandates, books, |row| row.customer_id, |rows, row| rows.mandates.insert(row.id, row));
    Ok(())
}

/// The mandates that are named or whose collections are, all others of the same reference, and all collections under them.
async fn load_debits(tx: &mut Tx, named: &Named, books: &mut Books) -> Result<()> {
    let sql = "SELECT * FROM mandates WHERE reference IN (
                   SELECT reference FROM mandates AS named WHERE named.id {in}
                   UNION SELECT reference FROM mandates AS named JOIN collections ON mandate_id = named.id
                         WHERE collections.id {in})";
    let ids = named.mandates.union(&named.collections).cloned().collect();
    let mandates = some::<Mandate>(tx, sql, &ids).await?;
    let under = mandates.iter().map(|row| row.id.to_string()).collect();
    place(mandates, books, |row| row.customer_id, |rows, row| rows.mandates.insert(row.id, row));
    let collections = some::<Collection>(tx, "SELECT * FROM collections WHERE mandate_id {in}", &under).await?;
    place(collections, books, |row| row.customer_id, |rows, row| rows.collections.insert(row.id, row));
    Ok(())
}

/// The invoices by which cards were paid that may be given back, or become active once a pause is over.
async fn name_invoices_of_cards(tx: &mut Tx, named: &mut Named, books: &Books) -> Result<()> {
    let sql = "SELECT invoice_id FROM cards WHERE id {in} AND invoice_id IS NOT NULL";
    let paid = some::<(InvoiceId,)>(tx, sql, &named.cards).await?;
    named.invoices.extend(paid.into_iter().map(|(id,)| id.to_string()));
    if named.money.issues || !named.invoices.is_empty() {
        let cards = books.ledgers.values().flat_map(|ledger| ledger.rows.cards.values());
        named.invoices.extend(cards.filter_map(|card| card.invoice_id).map(|id| id.to_string()));
    }
    Ok(())
}

/// The named invoices, the invoices that a credit note credits, their attempts at collection and their cards.
async fn load_invoices(tx: &mut Tx, named: &mut Named, books: &mut Books) -> Result<()> {
    let sql = "SELECT * FROM collections WHERE invoice_id {in}";
    let collections = some::<Collection>(tx, sql, &named.invoices).await?;
    place(collections, books, |row| row.customer_id, |rows, row| rows.collections.insert(row.id, row));
    let cards = some::<Card>(tx, "SELECT * FROM cards WHERE invoice_id {in}", &named.invoices).await?;
    place(cards, books, |row| row.customer_id, |rows, row| rows.cards.insert(row.id, row));
    let invoices = some::<Invoice>(tx, "SELECT * FROM invoices WHERE id {in}", &named.invoices).await?;
    place(invoices, books, |row| row.customer_id, |rows, row| rows.invoices.insert(row.id, row));
    Ok(())
}

/// What a decision about who pays looks at: the add-on, the tickets that were urgent for free, and the entries to reverse.
async fn load_coverage(tx: &mut Tx, named: &mut Named, today: NaiveDate, books: &mut Books) -> Result<()> {
    let ids: BTreeSet<String> = books.ledgers.keys().map(ToString::to_string).collect();
    let sql = "SELECT * FROM urgent_add_ons WHERE customer_id {in} ORDER BY nr";
    for term in some::<AddOnTerm>(tx, sql, &ids).await? {
        if let Some(ledger) = books.ledgers.get_mut(&term.customer_id) {
            ledger.rows.add_on = Some(term);
        }
    }
    let sql = "SELECT * FROM fair_use_conversations AS said
               WHERE customer_id {in} AND outcome IS NOT NULL AND starts_on <= $2
                 AND NOT EXISTS (SELECT 1 FROM fair_use_conversations AS newer
                                 WHERE newer.customer_id = said.customer_id
                                   AND (newer.recorded_at, newer.id) > (said.recorded_at, said.id)
                                   AND newer.outcome IS NOT NULL AND newer.starts_on <= $2)";
    let said: Vec<Conversation> = tx.query(sql).bind_json(json(&ids)).bind(today).all().await?;
    for said in said {
        if let Some(ledger) = books.ledgers.get_mut(&said.customer_id) {
            ledger.rows.conversations.push(said);
        }
    }
    let sql = "SELECT * FROM tickets WHERE customer_id {in} AND cover = 'yearly_urgent' AND created_at >= $2";
    let since = today.checked_sub_months(Months::new(UrgencyRules::MOST_MONTHS + 1)).unwrap_or(today);
    let urgent: Vec<Ticket> =
        tx.query(sql).bind_json(json(&ids)).bind(since.and_time(NaiveTime::MIN).and_utc()).all().await?;
    place(urgent, books, |row| row.customer_id, |rows, row| rows.tickets.insert(row.id, row));
    let sql = "SELECT id FROM time_entries WHERE coverage_id {in} AND reversed_by IS NULL";
    let standing: Vec<(TimeEntryId,)> = some(tx, sql, &named.undone).await?;
    named.entries.extend(standing.into_iter().map(|(id,)| id.to_string()));
    Ok(())
}

/// The named entries, and all of a day whose work is priced together; with every movement about them, and the names of
/// what those touch.
async fn load_entries(tx: &mut Tx, named: &mut Named, books: &mut Books) -> Result<()> {
    let sql = "SELECT others.id FROM time_entries AS named
               JOIN ticket_days ON ticket_days.ticket_id = named.ticket_id AND ticket_days.worked_on = named.worked_on
                               AND ticket_days.policy_version = named.policy_version AND per = 'ticket_day'
               JOIN time_entries AS others ON others.ticket_id = named.ticket_id AND others.worked_on = named.worked_on
                               AND others.reversed_by IS NULL
               WHERE named.id {in}";
    let others = some::<(TimeEntryId,)>(tx, sql, &named.entries).await?;
    named.entries.extend(others.into_iter().map(|(id,)| id.to_string()));
    let entries = some::<TimeEntry>(tx, "SELECT * FROM time_entries WHERE id {in}", &named.entries).await?;
    named.tickets.extend(entries.iter().map(|entry| entry.ticket_id.to_string()));
    named.days.extend(entries.iter().map(|entry| (entry.ticket_id.to_string(), entry.worked_on)));
    place(entries, books, |row| row.customer_id, |rows, row| rows.entries.insert(row.id, row));
    let sql = "SELECT invoice_id FROM invoiced_entries WHERE time_entry_id {in}";
    let billed = some::<(InvoiceId,)>(tx, sql, &named.entries).await?;
    named.invoices.extend(billed.into_iter().map(|(id,)| id.to_string()));
    let sql = "SELECT movements.*, time_entry_id FROM transactions
               JOIN movements ON movements.customer_id = transactions.customer_id
                             AND movements.recorded_at = transactions.recorded_at AND movements.seq = transactions.seq
               WHERE time_entry_id {in} ORDER BY movements.seq, movements.line";
    for about in some::<About>(tx, sql, &named.entries).await? {
        named.cards.extend(about.movement.card_id.map(|id| id.to_string()));
        named.estimates.extend(about.movement.estimate_id.map(|id| id.to_string()));
        if let Some(ledger) = books.ledgers.get_mut(&about.movement.customer_id) {
            ledger.entry_movements.entry(about.entry).or_default().push(about.movement);
        }
    }
    Ok(())
}

/// What stands of the named days, under any version of the policy.
async fn load_days(tx: &mut Tx, named: &BTreeSet<(String, NaiveDate)>, books: &mut Books) -> Result<()> {
    if named.is_empty() {
        return Ok(());
    }
    let days = named.iter().map(|(ticket, day)| Value::from(vec![ticket.clone(), day.to_string()])).collect();
    let sql =
        "SELECT ticket_days.* FROM {rows} JOIN ticket_days ON ticket_id = value ->> 0 AND worked_on = value ->> 1";
    let days: Vec<TicketDay> = tx.query(sql).bind_json(days).all().await?;
    place(days, books, |row| row.customer_id, |rows, row| rows.days.insert(row.id(), row));
    Ok(())
}

struct About {
    entry: TimeEntryId,
    movement: Movement,
}

impl Record for About {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { entry: row.get("time_entry_id")?, movement: Movement::read(row)? })
    }
}

async fn some<T: Record>(tx: &mut Tx, sql: &'static str, ids: &BTreeSet<String>) -> Result<Vec<T>> {
    if ids.is_empty() { Ok(Vec::new()) } else { tx.query(sql).bind_json(json(ids)).all().await }
}

/// Puts rows into the ledgers of their customers; rows of customers outside the batch are left out.
fn place<T>(
    rows: Vec<T>,
    books: &mut Books,
    owner: impl Fn(&T) -> CustomerId,
    put: impl Fn(&mut Changes, T) -> Option<T>,
) {
    for row in rows {
        if let Some(ledger) = books.ledgers.get_mut(&owner(&row)) {
            put(&mut ledger.rows, row);
        }
    }
}

/// Everything that a batch decided, ready to be written.
#[derive(Debug, Default)]
pub struct Decided {
    customers: BTreeMap<CustomerId, Customer>,
    add_ons: Vec<AddOnTerm>,
    tallies: BTreeMap<CustomerId, Tally>,
    rows: Changes,
    numbers: Option<Numbers>,
    commands: Vec<CommandRow>,
}

impl Decided {
    /// Adds one decision and the command it answers.
    pub fn add(&mut self, changes: Changes, numbers: Option<Numbers>, command: CommandRow) {
        let rows = &mut self.rows;
        self.customers.extend(changes.customer.map(|customer| (customer.id, customer)));
        rows.contacts.extend(changes.contacts);
        rows.installations.extend(changes.installations);
        rows.consents.extend(changes.consents);
        rows.cards.extend(changes.cards);
        rows.tickets.extend(changes.tickets);
        rows.coverage.extend(changes.coverage);
        self.add_ons.extend(changes.add_on);
        rows.conversations.extend(changes.conversations);
        rows.contract_ends.extend(changes.contract_ends);
        self.tallies.entry(command.customer_id).or_default().add(&changes.tally);
        rows.estimates.extend(changes.estimates);
        rows.holds.extend(changes.holds);
        rows.entries.extend(changes.entries);
        rows.days.extend(changes.days);
        rows.invoices.extend(changes.invoices);
        rows.payments.extend(changes.payments);
        rows.allocations.extend(changes.allocations);
        rows.repayments.extend(changes.repayments);
        rows.costs.extend(changes.costs);
        rows.unmatched.extend(changes.unmatched);
        rows.mandates.extend(changes.mandates);
        rows.collections.extend(changes.collections);
        rows.reversals.extend(changes.reversals);
        rows.arrears.extend(changes.arrears);
        rows.postings.extend(changes.postings);
        rows.invoiced.extend(changes.invoiced);
        rows.transactions.extend(changes.transactions);
        rows.movements.extend(changes.movements);
        rows.notes.extend(changes.notes);
        rows.notices.extend(changes.notices);
        rows.ticket_events.extend(changes.ticket_events);
        self.numbers = numbers.or(self.numbers.take());
        self.commands.push(command);
    }

    /// The tickets that commands in it opened.
    fn opened(&self) -> impl Iterator<Item = &Ticket> {
        let opened = self.commands.iter().filter(|command| command.act == "open_ticket");
        let ids = opened.filter_map(|command| command.subject.parse().ok());
        ids.filter_map(|id: TicketId| self.rows.tickets.get(&id))
    }

    /// The first command in it: whether that one stands tells whether all do.
    #[must_use]
    pub fn first(&self) -> Option<CommandId> {
        self.commands.first().map(|command| command.id)
    }
}

/// Writes what was decided: one statement for each table that has rows.
///
/// # Errors
/// What the database says; nothing is written then.
pub async fn append(tx: &mut Tx, decided: &Decided) -> Result<()> {
    let rows = &decided.rows;
    write(tx, &decided.customers.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.contacts.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.installations.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.consents.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.invoices.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.payments.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.cards.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.tickets.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.ticket_events.iter().collect::<Vec<_>>()).await?;
    super::tickets::index(tx, decided.opened()).await?;
    write(tx, &rows.coverage.iter().collect::<Vec<_>>()).await?;
    write(tx, &decided.add_ons.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.conversations.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.contract_ends.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.estimates.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.holds.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.transactions.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.movements.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.entries.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.days.values().collect::<Vec<_>>()).await?;
    write_money(tx, rows).await?;
    write(tx, &rows.notes.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.notices.iter().collect::<Vec<_>>()).await?;
    fair_use::keep(tx, &decided.tallies, &decided.customers).await?;
    write(tx, &decided.commands.iter().collect::<Vec<_>>()).await?;
    if let Some(numbers) = &decided.numbers {
        write_counters(tx, numbers).await?;
    }
    Ok(())
}

/// The money of a batch: after the transactions, cards and entries that it names.
async fn write_money(tx: &mut Tx, rows: &Changes) -> Result<()> {
    write(tx, &rows.repayments.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.costs.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.unmatched.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.mandates.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.collections.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.reversals.values().collect::<Vec<_>>()).await?;
    write(tx, &rows.allocations.iter().collect::<Vec<_>>()).await?;
    write(tx, &rows.arrears.iter().collect::<Vec<_>>()).await?;
    money_rows::keep_invoiced(tx, &rows.invoiced).await?;
    write(tx, &rows.postings.iter().collect::<Vec<_>>()).await?;
    money_rows::keep(tx, &rows.postings).await
}

async fn write_counters(tx: &mut Tx, numbers: &Numbers) -> Result<()> {
    let fixed = [("customer".to_owned(), numbers.customer), ("ticket".to_owned(), numbers.ticket)];
    let documents = numbers.documents.iter().map(|((series, year), next)| (document_counter(*series, *year), *next));
    let list = fixed.into_iter().chain(documents).filter(|(_, next)| *next > 0);
    let list = list.map(|(name, next)| Value::from(vec![Value::from(name), Value::from(next)])).collect();
    let sql = "INSERT INTO counters (name, next) SELECT value ->> 0, CAST(value ->> 1 AS BIGINT) FROM {rows} WHERE true
               ON CONFLICT (name) DO UPDATE SET next = excluded.next";
    tx.query(sql).bind_json(list).execute().await?;
    Ok(())
}

/// Whether a command was booked.
///
/// # Errors
/// What the database says.
pub async fn stands(on: &mut impl Statements, command: CommandId) -> Result<bool> {
    let sql = "SELECT id FROM commands WHERE id = $1";
    Ok(on.query(sql).bind(command).optional::<(CommandId,)>().await?.is_some())
}

/// Writes one small row durably: whether the database takes writes again.
///
/// # Errors
/// When it does not.
pub async fn probe(tx: &mut Tx, at: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO settings (name, value) VALUES ('probe', $1)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.query(sql).bind(at.timestamp_micros().to_string()).execute().await?;
    Ok(())
}

/// Customers for whom something is due by `today`: a card expired or converts, an estimate lapsed or ended.
///
/// # Errors
/// What the database says.
pub async fn due(on: &mut impl Statements, today: NaiveDate) -> Result<Vec<CustomerId>> {
    let sql = "SELECT customer_id FROM cards WHERE available > 0 AND expires_on < $1
               UNION SELECT customer_id FROM cards WHERE available > 0 AND converts_on <= $1
                            AND (expires_on IS NULL OR expires_on >= converts_on)
               UNION SELECT customer_id FROM cards WHERE credited_from <= $1
               UNION SELECT customer_id FROM estimates WHERE status = 'proposed' AND answer_by < $1
               UNION SELECT customer_id FROM estimates WHERE status = 'accepted' AND work_until < $1";
    let found: Vec<(CustomerId,)> = on.query(sql).bind(today).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Customers with orders or fees that wait as drafts (PAY-1a).
///
/// # Errors
/// What the database says.
pub async fn waiting(on: &mut impl Statements) -> Result<Vec<CustomerId>> {
    let sql =
        "SELECT DISTINCT customer_id FROM invoices WHERE number IS NULL AND waits_for <> '[]' ORDER BY customer_id";
    let found: Vec<(CustomerId,)> = on.query(sql).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// What a key of a request is looked up by.
#[must_use]
pub fn key_of(key: &Key) -> (String, String) {
    (key.caller.clone(), key.key.clone())
}
