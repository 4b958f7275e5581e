//! The one door of every business write.
//!
//! Handlers await [`Door::submit`]; one task per process takes all commands that wait at that moment, and
//! locks, loads, decides, appends and commits them together: one durable commit, a number of statements that does not
//! depend on the size of the batch. Nobody is answered before the commit. Commands that belong together, such as the parts
//! of one divided payment, come as a bundle ([`Door::submit_together`]): all of them or none.
//!
//! When something goes wrong: a deadlock or serialization failure runs the batch again; a constraint, a data error or a
//! panic runs its requests one by one, so that one cannot fail its neighbours; a full disk or a lost connection answers
//! all of them with "try again later", and the service is not ready until a write works again.
//!
//! **Architecture invariant:** the task is never cancelled, so no transaction of the writer is ever dropped half-way by a
//! client that goes away.

use super::audit_log::{Event, note};
use super::terms::Terms;
use crate::clock::Clock;
use crate::domain::{
    Act, Changes, Command, CommandId, CustomerId, Ledger, Mandate, Numbers, Policies, Receipt, Refusal,
    decide::{Circumstances, decide},
};
use crate::store::books::{self, Books, CommandRow, Decided};
use crate::store::{Db, receipts};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The most commands in one batch.
const BATCH: usize = 512;
/// The most commands that may wait; one more is told to come back.
const QUEUE: usize = 1024;
/// How often a batch is run again after a deadlock or a serialization failure.
const ATTEMPTS: u32 = 10;

/// Why a command was not booked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many commands wait. Nothing was written; the same request may be sent again.
    #[error("too busy to take more work right now; try again in a moment")]
    Busy,
    /// The database does not take writes. The same request, under the same `Idempotency-Key`, may be sent again.
    #[error("the ledger cannot be written right now; try again in a moment")]
    Unavailable,
    /// A fault of ours with this one command. Nothing was written.
    #[error("this request ran into a fault of ours; nothing was written")]
    Broken,
}

/// What was answered: by a booking now, or from the rows of an earlier one under the same key.
pub type Reply = Result<Receipt, Failure>;

/// Where commands go in.
#[derive(Clone, Debug)]
pub struct Door {
    queue: mpsc::Sender<Request>,
    health: Arc<Health>,
}

/// Why commands that belong together were not booked.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// At which of them it showed, from 0.
    pub at: usize,
    /// Why.
    pub failure: Failure,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self { at: 0, failure }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        stopped.failure
    }
}

/// What was answered to commands that belong together: every receipt, in their order, or why none of them was booked.
pub type Replies = Result<Vec<Receipt>, Failure>;

/// The same, with at which of them it stopped.
pub type Answer = Result<Vec<Receipt>, Stopped>;

/// Commands that are booked all or not at all; mostly one.
type Bundle = Vec<Command>;

#[derive(Debug)]
enum Request {
    Book(Bundle, oneshot::Sender<Answer>),
    Probe(oneshot::Sender<bool>),
}

/// What the writer tells about itself.
#[derive(Debug, Default)]
pub struct Health {
    broken: AtomicBool,
    /// Commands booked since the start.
    pub booked: AtomicU64,
    /// Commits since the start.
    pub commits: AtomicU64,
    /// Commands refused by the rules since the start.
    pub refused: AtomicU64,
}

impl Door {
    /// Starts the writer. It ends when every door is dropped and the queue is empty; if it ends for any other reason the
    /// handle says so, and the process must not go on.
    #[must_use]
    pub fn open(db: Db, clock: Clock, policies: Terms) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let health = Arc::new(Health::default());
        let writer = Writer { db, clock, policies, health: Arc::clone(&health) };
        (Self { queue, health }, tokio::spawn(writer.run(waiting)))
    }

    /// Books a command; answers after the commit. A caller that goes away does not undo it.
    ///
    /// # Errors
    /// A refusal of the rules, or why it could not be tried.
    pub async fn submit(&self, command: Command) -> Reply {
        let receipts = self.submit_together(vec![command]).await?;
        receipts.into_iter().next().ok_or(Failure::Broken)
    }

    /// Books commands, possibly of several customers, in their order and all or none of them, in one transaction; answers
    /// with their receipts after the commit. Each sees what those before it booked, but names only what was there before
    /// the first. When all were booked before under their keys, this answers from their rows.
    ///
    /// # Errors
    /// The first refusal, which leaves nothing of any of them; or why it could not be tried. When only some were booked
    /// before under their keys, it is [`Failure::Broken`].
    pub async fn submit_together(&self, commands: Vec<Command>) -> Replies {
        Ok(self.submit_parts(commands).await?)
    }

    /// The same, and says at which of the commands it stopped.
    ///
    /// # Errors
    /// As [`Door::submit_together`].
    pub async fn submit_parts(&self, commands: Vec<Command>) -> Answer {
        let asked: Vec<_> = commands.iter().map(|command| (command.actor.user(), command.act.doing())).collect();
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Request::Book(commands, reply)).map_err(|_| Failure::Busy)?;
        let answer = answer.await.unwrap_or(Err(Failure::Unavailable.into()));
        if let Err(Stopped { at, failure: Failure::Refused(refusal) }) = &answer
            && refusal.is_of_authority()
            && let Some((Some(user), doing)) = asked.get(*at)
        {
            note(Event::RefusedLate(*user, *doing));
        }
        answer
    }

    /// Whether writes work. After a failure this tries one small durable write.
    pub async fn ready(&self) -> bool {
        if !self.health.broken.load(Ordering::Relaxed) {
            return true;
        }
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Request::Probe(reply)).is_ok() && answer.await.unwrap_or(false)
    }

    /// Figures about the writer.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }
}

struct Writer {
    db: Db,
    clock: Clock,
    policies: Terms,
    health: Arc<Health>,
}

/// Why an attempt at a batch failed.
#[derive(Debug)]
enum Fault {
    /// Run it again.
    Conflict(sqlx::Error),
    /// Somebody else took a name or number first that is given once. Run it again: it is seen now, and refused as such.
    Taken(sqlx::Error),
    /// Run its requests one by one.
    Poison(String),
    /// Nobody's commands can be booked.
    Down(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else { return by_kind(error) };
        if database.is_unique_violation() {
            return Self::Taken(error);
        }
        match database.code().as_deref() {
            // PostgreSQL: serialization failure, deadlock, lock not available. SQLite: busy, and busy snapshot.
            Some("40001" | "40P01" | "55P03" | "5" | "517") => Self::Conflict(error),
            // PostgreSQL: connection, resources, operator intervention, system error.
            Some(code) if code.len() == 5 && ["08", "53", "57", "58"].contains(&&code[..2]) => Self::Down(error),
            // SQLite: read-only, I/O, corrupt, full, cannot open; also in their extended forms (the low byte).
            Some(code) if code.parse().is_ok_and(|code: u32| [8, 10, 11, 13, 14].contains(&(code & 0xff))) => {
                Self::Down(error)
            }
            _ => Self::Poison(error.to_string()),
        }
    }
}

/// Errors that are not the database's own words.
fn by_kind(error: sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => Fault::Down(error),
        other => Fault::Poison(other.to_string()),
    }
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Request>) {
        let mut requests = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut requests, BATCH).await > 0 {
            let mut bundles = Vec::with_capacity(requests.len());
            let mut replies = Vec::with_capacity(requests.len());
            for request in requests.drain(..) {
                match request {
                    Request::Book(bundle, reply) => {
                        bundles.push(bundle);
                        replies.push(reply);
                    }
                    Request::Probe(reply) => drop(reply.send(self.probe().await)),
                }
            }
            if bundles.is_empty() {
                continue;
            }
            for (reply, answer) in replies.into_iter().zip(self.book(&bundles).await) {
                // The caller may have gone away; what was booked stays booked.
                drop(reply.send(answer));
            }
        }
    }

    /// Books a batch, whatever it takes; gives one reply for each bundle, in order.
    async fn book(&self, batch: &[Bundle]) -> Vec<Answer> {
        let mut attempts = 0;
        loop {
            match self.attempt(batch).await {
                Ok(replies) => {
                    self.count(&replies);
                    return replies;
                }
                Err(Fault::Conflict(error)) if attempts < ATTEMPTS => {
                    attempts += 1;
                    tracing::info!(%error, attempts, "batch runs again");
                }
                Err(Fault::Taken(error)) if attempts == 0 => {
                    attempts += 1;
                    tracing::info!(%error, "batch runs again: something in it was taken meanwhile");
                }
                Err(Fault::Taken(error)) => return self.poisoned(batch, &error.to_string()).await,
                Err(Fault::Poison(error)) => return self.poisoned(batch, &error).await,
                Err(Fault::Down(error) | Fault::Conflict(error)) => {
                    tracing::error!(%error, "the ledger cannot be written");
                    self.health.broken.store(true, Ordering::Relaxed);
                    return vec![Err(Failure::Unavailable.into()); batch.len()];
                }
            }
        }
    }

    /// Requests that the database does not take: one by one, so that only the one that is wrong fails.
    async fn poisoned(&self, batch: &[Bundle], error: &str) -> Vec<Answer> {
        if batch.len() > 1 {
            tracing::warn!(%error, requests = batch.len(), "batch is replayed one by one");
            return self.one_by_one(batch).await;
        }
        let acts: Vec<&str> = batch.iter().flatten().map(|command| command.act.name()).collect();
        tracing::error!(%error, ?acts, "command failed");
        vec![Err(Failure::Broken.into()); batch.len()]
    }

    async fn one_by_one(&self, batch: &[Bundle]) -> Vec<Answer> {
        let mut replies = Vec::with_capacity(batch.len());
        for bundle in batch {
            replies.append(&mut Box::pin(self.book(std::slice::from_ref(bundle))).await);
        }
        replies
    }

    fn count(&self, replies: &[Answer]) {
        let booked: usize = replies.iter().flatten().map(Vec::len).sum();
        let refused = replies.iter().filter(|reply| reply.is_err()).count();
        self.health.broken.store(false, Ordering::Relaxed);
        self.health.commits.fetch_add(1, Ordering::Relaxed);
        self.health.booked.fetch_add(booked as u64, Ordering::Relaxed);
        self.health.refused.fetch_add(refused as u64, Ordering::Relaxed);
    }

    /// Lock, load, decide, write, commit.
    async fn attempt(&self, batch: &[Bundle]) -> Result<Vec<Answer>, Fault> {
        let now = self.clock.now();
        let policies = self.policies.clone(); // the newest, and the same for the whole batch
        let mut tx = self.db.begin().await?;
        let books = books::load(&mut tx, &batch.iter().flatten().collect::<Vec<_>>(), policies.day(now)).await?;
        let bench = Bench { policies: &policies, now, books, decided: Decided::default(), answered: HashMap::new() };
        let outcome = catch_unwind(AssertUnwindSafe(|| bench.decide_all(batch)));
        let Ok((decided, verdicts)) = outcome else {
            return Err(Fault::Poison("a decision panicked".to_owned()));
        };
        let mut replies = Vec::with_capacity(batch.len());
        for verdict in verdicts {
            replies.push(match verdict {
                Verdict::New(reply) => reply,
                Verdict::Before(found) => {
                    let mut before = Vec::with_capacity(found.len());
                    for found in found {
                        before.push(match found {
                            Found::Row(command) => receipts::load(&mut tx, &command).await?,
                            Found::Now(receipt) => *receipt,
                        });
                    }
                    Ok(before)
                }
            });
        }
        let Some(first) = decided.first() else { return Ok(replies) };
        books::append(&mut tx, &decided).await?;
        match tx.commit().await {
            Ok(()) => Ok(replies),
            Err(error) if self.stands(first).await => {
                tracing::warn!(%error, "a commit was reported as failed and stands");
                Ok(replies)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a command was booked after all, when a commit ended in an error.
    async fn stands(&self, command: CommandId) -> bool {
        match self.db.begin().await {
            Ok(mut tx) => books::stands(&mut tx, command).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    async fn probe(&self) -> bool {
        let write = async {
            let mut tx = self.db.begin().await?;
            books::probe(&mut tx, self.clock.now()).await?;
            tx.commit().await
        };
        let works = write.await.is_ok();
        self.health.broken.store(!works, Ordering::Relaxed);
        works
    }
}

/// What is known of a bundle after deciding.
enum Verdict {
    /// Decided now.
    New(Answer),
    /// Booked earlier, under the same keys.
    Before(Vec<Found>),
}

/// A command that was booked earlier under its key.
enum Found {
    /// By an earlier batch.
    Row(CommandRow),
    /// By this one.
    Now(Box<Receipt>),
}

/// One command of a bundle, accepted.
struct Accepted {
    changes: Changes,
    numbers: Option<Numbers>,
    /// None where nothing is to be written.
    row: Option<CommandRow>,
}

/// A batch under decision: pure, in memory.
struct Bench<'a> {
    policies: &'a Policies,
    now: DateTime<Utc>,
    books: Books,
    decided: Decided,
    /// Keys booked within this batch, with their request and receipt.
    answered: HashMap<(String, String), (String, Receipt)>,
}

impl Bench<'_> {
    fn decide_all(mut self, batch: &[Bundle]) -> (Decided, Vec<Verdict>) {
        let verdicts = batch.iter().map(|bundle| self.decide_bundle(bundle)).collect();
        (self.decided, verdicts)
    }

    /// Decides commands one after the other; the ledgers keep what they decided only when all are accepted.
    fn decide_bundle(&mut self, bundle: &[Command]) -> Verdict {
        match self.found(bundle) {
            Err(failure) => return Verdict::New(Err(failure.into())),
            Ok(Some(found)) => return Verdict::Before(found),
            Ok(None) => {}
        }
        // A single command that is refused changes nothing; of several, those before the refused one are taken back.
        let kept = (bundle.len() > 1).then(|| self.keep(bundle));
        let mut accepted = Vec::with_capacity(bundle.len());
        let mut receipts = Vec::with_capacity(bundle.len());
        for (at, command) in bundle.iter().enumerate() {
            match self.decide_new(command) {
                Ok((receipt, rows)) => {
                    receipts.push(receipt);
                    accepted.push(rows);
                }
                Err(refusal) => {
                    if let Some(kept) = kept {
                        self.take_back(kept);
                    }
                    return Verdict::New(Err(Stopped { at, failure: refusal.into() }));
                }
            }
        }
        for Accepted { changes, numbers, row } in accepted {
            if let Some(row) = row {
                self.decided.add(changes, numbers, row);
            }
        }
        for (command, receipt) in bundle.iter().zip(&receipts) {
            if let Some(key) = &command.key {
                self.answered.insert(books::key_of(key), (key.request.clone(), receipt.clone()));
            }
        }
        Verdict::New(Ok(receipts))
    }

    /// The commands that were booked before under their keys: all of them, or none.
    fn found(&self, bundle: &[Command]) -> Result<Option<Vec<Found>>, Failure> {
        let mut found = Vec::new();
        for key in bundle.iter().filter_map(|command| command.key.as_ref()) {
            let name = books::key_of(key);
            let (request, before) = if let Some(row) = self.books.keys.get(&name) {
                (row.request.as_deref(), Found::Row(row.clone()))
            } else if let Some((request, receipt)) = self.answered.get(&name) {
                (Some(request.as_str()), Found::Now(Box::new(receipt.clone())))
            } else {
                continue;
            };
            if request != Some(key.request.as_str()) {
                return Err(Refusal::KeyReused.into());
            }
            found.push(before);
        }
        match found.len() {
            0 => Ok(None),
            all if all == bundle.len() => Ok(Some(found)),
            _ => Err(Failure::Broken),
        }
    }

    /// What a bundle may change before it is refused.
    fn keep(&self, bundle: &[Command]) -> Kept {
        let customers = bundle.iter().filter_map(|command| self.books.customers.get(&command.target));
        Kept {
            ledgers: customers.map(|id| (*id, self.books.ledgers.get(id).cloned())).collect(),
            numbers: self.books.numbers.clone(),
            twins: self.books.twins.clone(),
            references: self.books.references.clone(),
        }
    }

    fn take_back(&mut self, kept: Kept) {
        for (customer, ledger) in kept.ledgers {
            match ledger {
                Some(ledger) => drop(self.books.ledgers.insert(customer, ledger)),
                None => drop(self.books.ledgers.remove(&customer)),
            }
        }
        self.books.numbers = kept.numbers;
        self.books.twins = kept.twins;
        self.books.references = kept.references;
    }

    fn decide_new(&mut self, command: &Command) -> Result<(Receipt, Accepted), Refusal> {
        let customer = *self.books.customers.get(&command.target).ok_or(not_found(command))?;
        let ledger = self.books.ledgers.entry(customer).or_default();
        if let Act::CreateCustomer { name, email, .. } = &command.act {
            ledger.twin = self.books.twins.get(&crate::domain::Customer::identity_of(name, email)).copied();
        }
        let told = match &command.act {
            Act::RecordMandate { reference: Some(reference), .. } => Some(Mandate::folded(reference)),
            _ => None,
        };
        ledger.reference_taken = told.as_ref().is_some_and(|told| self.books.references.contains(told));
        let (policies, now) = (self.policies, self.now);
        let closed_through = self.books.closed_through;
        let at = Circumstances { policies, now, numbers: &self.books.numbers, closed_through };
        let decision = decide(ledger, customer, command, at)?;
        ledger.apply(&decision.changes);
        if let Some(numbers) = &decision.numbers {
            self.books.numbers = numbers.clone();
        }
        if let Receipt::Customer(made) = &decision.receipt {
            self.books.twins.insert(made.identity.clone(), (made.number, made.id));
        }
        self.books.references.extend(told);
        let unchanged = decision.changes == Changes::default();
        let written =
            ledger.rows.customer.as_ref().map_or(self.now, |customer| customer.last_recorded_at.max(self.now));
        let row =
            (!(unchanged && command.key.is_none())).then(|| command_row(command, customer, &decision.receipt, written));
        Ok((decision.receipt, Accepted { changes: decision.changes, numbers: decision.numbers, row }))
    }
}

/// What is put back when a bundle is refused.
struct Kept {
    ledgers: HashMap<CustomerId, Option<Ledger>>,
    numbers: Numbers,
    twins: HashMap<String, (i64, CustomerId)>,
    references: BTreeSet<String>,
}

fn not_found(command: &Command) -> Refusal {
    use crate::domain::Target;
    Refusal::NotFound(match command.target {
        Target::Customer(_) => "customer",
        Target::Ticket(_) => "ticket",
        Target::Estimate(_) => "estimate",
        Target::TimeEntry(_) => "time entry",
        Target::Invoice(_) => "invoice",
        Target::Card(_) => "card",
        Target::Payment(_) => "payment",
        Target::Mandate(_) => "mandate",
        Target::Collection(_) => "collection",
        Target::Reversal(_) => "reversal",
    })
}

fn command_row(command: &Command, customer_id: CustomerId, receipt: &Receipt, now: DateTime<Utc>) -> CommandRow {
    let subject = match receipt {
        Receipt::Customer(made) => made.id.to_string(),
        Receipt::Contact(contact) | Receipt::Removed(contact) => contact.id.to_string(),
        Receipt::Installation(installation) => installation.id.to_string(),
        Receipt::Consent(consent) => consent.id.to_string(),
        Receipt::Card(card, _) => card.id.to_string(),
        Receipt::Invoice(invoice) => invoice.id.to_string(),
        Receipt::Payment(paid) => paid.payment.id.to_string(),
        Receipt::Allocation(allocation) => allocation.id.to_string(),
        Receipt::Repayment(repayment) => repayment.id.to_string(),
        Receipt::Costs(cost) => cost.id.to_string(),
        Receipt::PaidOut(payment) => payment.id.to_string(),
        Receipt::Unmatched(undone) => undone.line.to_string(),
        Receipt::Mandate(mandate) => mandate.id.to_string(),
        Receipt::Collection(collection) => collection.id.to_string(),
        Receipt::Reversal(reversal) => reversal.id.to_string(),
        Receipt::Arrears(event) => event.id.to_string(),
        Receipt::Billing(_) | Receipt::Settled => customer_id.to_string(),
        Receipt::Ticket(ticket) => ticket.id.to_string(),
        Receipt::ContractEnd(end) => end.id.to_string(),
        Receipt::Conversation(said) => said.id.to_string(),
        Receipt::TicketEvent(event) => event.id.to_string(),
        Receipt::Coverage(decided) => decided.coverage.id.to_string(),
        Receipt::AddOn(term) => term.id.to_string(),
        Receipt::Estimate(estimate) => estimate.id.to_string(),
        Receipt::Time(time) => time.entry.id.to_string(),
        Receipt::Correction(correction) => correction.id.to_string(),
    };
    CommandRow {
        id: command.id,
        customer_id,
        act: command.act.name().to_owned(),
        actor_id: command.actor.user(),
        recorded_at: now,
        caller: command.key.as_ref().map(|key| key.caller.clone()),
        key: command.key.as_ref().map(|key| key.key.clone()),
        request: command.key.as_ref().map(|key| key.request.clone()),
        subject,
    }
}
