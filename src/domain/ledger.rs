//! What is known of one customer while it is decided on, and the rows a decision adds or replaces.
//!
//! A [`Ledger`] holds what is open: never history. [`Draft`] lays the changes of one decision over it, so that a refusal
//! leaves no trace.

use super::{
    Account, AddOnTerm, Allocation, ArrearsEvent, Balance, BankCost, Basis, Card, CardId, Cents, Collection,
    CollectionId, CommandId, Consent, ConsentId, Contact, ContactId, Conversation, Coverage, Customer, CustomerId,
    Estimate, EstimateId, Fresh, Hold, Installation, InstallationId, Invoice, InvoiceId, Mandate, MandateId, Minutes,
    MoneyAccount, Movement, Note, Notice, Origin, Payment, PaymentId, Post, Posting, Repayment, Reversal, ReversalId,
    Series, Ticket, TicketEvent, TicketId, TimeEntry, TimeEntryId, Transaction, Unmatched, chain,
    charge::{TicketDay, TicketDayId},
    coverage::Outcome,
    customer::ContractEnd,
    fair_use::Tally,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The key of a hold.
pub type HoldId = (EstimateId, CardId);

/// Rows of one customer. As a ledger: what is loaded. As changes: what a decision adds or replaces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The customer itself.
    pub customer: Option<Customer>,
    /// Its persons.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// Its installations that were not removed (CARD-8).
    pub installations: BTreeMap<InstallationId, Installation>,
    /// Its consent to renewal, where it holds (CARD-9).
    pub consents: BTreeMap<ConsentId, Consent>,
    /// Its cards that can still pay, or are named.
    pub cards: BTreeMap<CardId, Card>,
    /// The tickets that are named.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// Decisions about who pays made by a decision.
    pub coverage: Vec<Coverage>,
    /// The term of the add-on for urgent tickets that was recorded last.
    pub add_on: Option<AddOnTerm>,
    /// What was said about its use: as loaded, the last whose outcome holds.
    pub conversations: Vec<Conversation>,
    /// Ends of the contract made by a decision.
    pub contract_ends: Vec<ContractEnd>,
    /// What a decision changes of the figures of fair use.
    pub tally: Tally,
    /// Its open estimates and those that are named.
    pub estimates: BTreeMap<EstimateId, Estimate>,
    /// What is held.
    pub holds: BTreeMap<HoldId, Hold>,
    /// The entries that are named.
    pub entries: BTreeMap<TimeEntryId, TimeEntry>,
    /// What stands of tickets and days that are named (TIME-2).
    pub days: BTreeMap<TicketDayId, TicketDay>,
    /// The invoices that are named, drafts, and those not fully paid where money is decided on.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// The payments that are named.
    pub payments: BTreeMap<PaymentId, Payment>,
    /// Amounts set against invoices: of the named payments when loaded, else those made by a decision.
    pub allocations: Vec<Allocation>,
    /// What was given back: as loaded, by the lines that are named; and by a decision.
    pub repayments: Vec<Repayment>,
    /// Costs beside payments, likewise.
    pub costs: Vec<BankCost>,
    /// What was undone of those lines, likewise.
    pub unmatched: Vec<Unmatched>,
    /// The mandates that did not end.
    pub mandates: BTreeMap<MandateId, Mandate>,
    /// The collections that are named, and those of the invoices that are.
    pub collections: BTreeMap<CollectionId, Collection>,
    /// The reversals, where one is decided on.
    pub reversals: BTreeMap<ReversalId, Reversal>,
    /// Steps in arrears made by a decision.
    pub arrears: Vec<ArrearsEvent>,
    /// Postings made by a decision.
    pub postings: Vec<Posting>,
    /// Which entries are on which documents: as loaded, and as made by a decision.
    pub invoiced: BTreeMap<(TimeEntryId, InvoiceId), CustomerId>,
    /// Transactions made by a decision.
    pub transactions: Vec<Transaction>,
    /// Movements: of the named entries when loaded, else those made by a decision.
    pub movements: Vec<Movement>,
    /// Free texts made by a decision.
    pub notes: Vec<Note>,
    /// What a decision tells the customer.
    pub notices: Vec<Notice>,
    /// What a decision did on tickets.
    pub ticket_events: Vec<TicketEvent>,
}

/// What is known of one customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// The rows as they stand.
    pub rows: Changes,
    /// For each named entry, the movements of all transactions about it.
    pub entry_movements: BTreeMap<TimeEntryId, Vec<Movement>>,
    /// A customer with this identity exists already (asked for when one is created).
    pub twin: Option<(i64, CustomerId)>,
    /// It has ordered a card before (asked for when one is ordered).
    pub has_bought: bool,
    /// A mandate of the told reference exists already, at any customer (asked for when one is recorded).
    pub reference_taken: bool,
}

/// The next free numbers; taken ones are never given out again (PAY-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Next customer number.
    pub customer: i64,
    /// Next ticket number.
    pub ticket: i64,
    /// Next number of a series of documents, per year.
    pub documents: BTreeMap<(Series, i32), i64>,
}

impl Ledger {
    /// Takes over the rows of a decision, so that the next command of the batch sees them.
    pub fn apply(&mut self, changes: &Changes) {
        let rows = &mut self.rows;
        if let Some(customer) = &changes.customer {
            rows.customer = Some(customer.clone());
        }
        if let Some(term) = &changes.add_on {
            rows.add_on = Some(term.clone());
        }
        rows.conversations.extend(changes.conversations.clone());

        self.has_bought |= changes.cards.values().any(|card| card.origin == Origin::Bought);
        rows.contacts.extend(changes.contacts.clone());
        rows.installations.extend(changes.installations.clone());
        rows.consents.extend(changes.consents.clone());
        rows.cards.extend(changes.cards.clone());
        rows.tickets.extend(changes.tickets.clone());
        rows.estimates.extend(changes.estimates.clone());
        rows.holds.extend(changes.holds.clone());
        rows.entries.extend(changes.entries.clone());
        rows.days.extend(changes.days.clone());
        rows.invoices.extend(changes.invoices.clone());
        rows.payments.extend(changes.payments.clone());
        rows.allocations.extend(changes.allocations.clone());
        rows.repayments.extend(changes.repayments.clone());
        rows.costs.extend(changes.costs.clone());
        rows.unmatched.extend(changes.unmatched.clone());
        rows.mandates.extend(changes.mandates.clone());
        rows.collections.extend(changes.collections.clone());
        rows.reversals.extend(changes.reversals.clone());
        rows.invoiced.extend(changes.invoiced.clone());
        for transaction in &changes.transactions {
            if let Some(entry) = transaction.time_entry_id {
                let about = changes.movements.iter().filter(|movement| movement.seq == transaction.seq);
                self.entry_movements.entry(entry).or_default().extend(about.cloned());
            }
        }
    }
}

/// A ledger with the changes of one decision laid over it.
#[derive(Debug)]
pub struct Draft<'a> {
    base: &'a Ledger,
    /// What has changed so far.
    pub changes: Changes,
    /// The ids this command hands out.
    pub fresh: Fresh,
}

/// One line of a transaction to be booked.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The card; none for uncovered minutes.
    pub card: Option<CardId>,
    /// The estimate whose agreement it follows; needed wherever minutes enter or leave `held`.
    pub estimate: Option<EstimateId>,
    /// Where from.
    pub from: Account,
    /// Where to.
    pub to: Account,
    /// How many; lines of zero are left out.
    pub minutes: Minutes,
    /// By which rule.
    pub basis: Option<Basis>,
}

macro_rules! overlay {
    ($($(#[$doc:meta])* $get:ident, $get_mut:ident, $each:ident, $map:ident: $key:ty => $row:ty);+ $(;)?) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $get(&self, id: $key) -> Option<&$row> {
            self.changes.$map.get(&id).or_else(|| self.base.rows.$map.get(&id))
        }
        /// The same, to change it.
        pub fn $get_mut(&mut self, id: $key) -> Option<&mut $row> {
            if !self.changes.$map.contains_key(&id) {
                let row = self.base.rows.$map.get(&id)?.clone();
                self.changes.$map.insert(id, row);
            }
            self.changes.$map.get_mut(&id)
        }
        /// All that are known, as they stand in this draft.
        pub fn $each(&self) -> impl Iterator<Item = &$row> {
            let untouched = self.base.rows.$map.iter().filter(|(id, _)| !self.changes.$map.contains_key(id));
            untouched.map(|(_, row)| row).chain(self.changes.$map.values())
        }
    )+ };
}

impl<'a> Draft<'a> {
    /// Nothing changed yet.
    #[must_use]
    pub fn new(base: &'a Ledger, command: CommandId) -> Self {
        Self { base, changes: Changes::default(), fresh: Fresh::new(command) }
    }

    overlay! {
        /// A contact.
        contact, contact_mut, contacts, contacts: ContactId => Contact;
        /// An installation.
        installation, installation_mut, installations, installations: InstallationId => Installation;
        /// Consent to renewal.
        consent, consent_mut, consents, consents: ConsentId => Consent;
        /// A card.
        card, card_mut, cards, cards: CardId => Card;
        /// A ticket.
        ticket, ticket_mut, tickets, tickets: TicketId => Ticket;
        /// An estimate.
        estimate, estimate_mut, estimates, estimates: EstimateId => Estimate;
        /// A hold.
        hold, hold_mut, holds, holds: HoldId => Hold;
        /// A time entry.
        entry, entry_mut, entries, entries: TimeEntryId => TimeEntry;
        /// What stands of a ticket and day.
        day, day_mut, days, days: TicketDayId => TicketDay;
        /// An invoice.
        invoice, invoice_mut, invoices, invoices: InvoiceId => Invoice;
        /// A payment.
        payment, payment_mut, payments, payments: PaymentId => Payment;
        /// A mandate.
        mandate, mandate_mut, mandates, mandates: MandateId => Mandate;
        /// A collection.
        collection, collection_mut, collections, collections: CollectionId => Collection;
        /// A reversal.
        reversal, reversal_mut, reversals, reversals: ReversalId => Reversal;
    }

    /// The customer, if it exists.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        self.changes.customer.as_ref().or(self.base.rows.customer.as_ref())
    }

    /// The term of the add-on for urgent tickets that was recorded last.
    #[must_use]
    pub fn add_on(&self) -> Option<&AddOnTerm> {
        self.changes.add_on.as_ref().or(self.base.rows.add_on.as_ref())
    }

    /// What the conversation about fair use came to, if an outcome holds on a day, and since when (FAIR-6).
    #[must_use]
    pub fn outcome_on(&self, day: NaiveDate) -> Option<(Outcome, NaiveDate)> {
        let all = self.base.rows.conversations.iter().chain(&self.changes.conversations);
        all.rev().find_map(|said| said.outcome_on(day))
    }

    /// The customer, to change what stands on its own row.
    ///
    /// # Panics
    /// When there is none.
    pub fn customer_mut(&mut self) -> &mut Customer {
        if self.changes.customer.is_none() {
            self.changes.customer.clone_from(&self.base.rows.customer);
        }
        self.changes.customer.as_mut().expect("money is decided on for a customer that exists")
    }

    /// What was set against invoices, as loaded and by this decision.
    pub fn allocations(&self) -> impl Iterator<Item = &Allocation> {
        self.base.rows.allocations.iter().chain(&self.changes.allocations)
    }

    /// What was given back and stands, of what is loaded and by this decision.
    pub fn repayments(&self) -> impl Iterator<Item = &Repayment> {
        let all = self.base.rows.repayments.iter().chain(&self.changes.repayments);
        all.filter(|row| !self.is_unmatched(row.id.0))
    }

    /// Costs beside payments that stand, likewise.
    pub fn costs(&self) -> impl Iterator<Item = &BankCost> {
        let all = self.base.rows.costs.iter().chain(&self.changes.costs);
        all.filter(|row| !self.is_unmatched(row.id.0))
    }

    fn is_unmatched(&self, subject: Uuid) -> bool {
        self.base.rows.unmatched.iter().chain(&self.changes.unmatched).any(|row| row.subject == subject)
    }

    /// A customer of the same identity, found when one is to be created.
    #[must_use]
    pub fn twin(&self) -> Option<(i64, CustomerId)> {
        self.base.twin
    }

    /// Whether a mandate of the told reference exists, found when one is to be recorded.
    #[must_use]
    pub fn reference_taken(&self) -> bool {
        self.base.reference_taken
    }

    /// Whether the customer has ordered a card before.
    #[must_use]
    pub fn has_bought(&self) -> bool {
        self.base.has_bought
    }

    /// A card as it was before this decision.
    #[must_use]
    pub fn card_before(&self, id: CardId) -> Option<&Card> {
        self.base.rows.cards.get(&id)
    }

    /// The movements of every transaction about an entry, the oldest first.
    #[must_use]
    pub fn movements_of(&self, entry: TimeEntryId) -> &[Movement] {
        self.base.entry_movements.get(&entry).map_or(&[], Vec::as_slice)
    }

    /// The movements about an entry that this draft adds, in the order of booking.
    pub fn new_movements_of(&self, entry: TimeEntryId) -> impl Iterator<Item = &Movement> {
        let about = self.changes.transactions.iter().filter(move |row| row.time_entry_id == Some(entry));
        about.flat_map(|row| self.changes.movements.iter().filter(move |movement| movement.seq == row.seq))
    }

    /// What is held for an estimate, with the card of each hold.
    #[must_use]
    pub fn held_for(&self, estimate: EstimateId) -> Vec<(&Card, Minutes)> {
        self.holds()
            .filter(|hold| hold.estimate_id == estimate && hold.minutes.is_positive())
            .filter_map(|hold| self.card(hold.card_id).map(|card| (card, hold.minutes)))
            .collect()
    }

    /// Adds to (or takes from) what a card holds for an estimate, and what of that is frozen.
    fn shift_hold(&mut self, id: HoldId, customer_id: CustomerId, minutes: Minutes, frozen: Minutes) {
        if let Some(hold) = self.hold_mut(id) {
            hold.minutes += minutes;
            hold.frozen += frozen;
        } else {
            self.changes.holds.insert(id, Hold { estimate_id: id.0, card_id: id.1, customer_id, minutes, frozen });
        }
        if let Some(estimate) = self.estimate_mut(id.0) {
            estimate.held += minutes;
        }
    }

    /// Books a transaction of minutes: see [`Draft::book_with`].
    ///
    /// # Panics
    /// As that does.
    pub fn book(&mut self, transaction: Transaction, lines: &[Line]) {
        self.book_with(transaction, lines, &[]);
    }

    /// Books a transaction of minutes and money: numbers it, moves the minutes of its lines on cards, holds and customer, notes each line's
    /// running totals and closes it into the chain. `seq`, `prev_hash`, `hash` and `recorded_at` of `transaction` are set here
    /// (an instant before the customer's last one becomes that one). What the minutes of cards earn or give back is posted
    /// before `posts` (PAY-7).
    ///
    /// # Panics
    /// When a line would take an account below zero or names a card that is not loaded, or the money does not sum to zero:
    /// the decision was wrong, and a ledger stops rather than books nonsense (CARD-6).
    pub fn book_with(&mut self, mut transaction: Transaction, lines: &[Line], posts: &[Post]) {
        let mut customer = self.customer().expect("bookings are made for a customer that exists").clone();
        transaction.seq = customer.seq + 1;
        transaction.recorded_at = transaction.recorded_at.max(customer.last_recorded_at);
        transaction.prev_hash.clone_from(&customer.head);
        let mut totals = customer.balance();
        let mut movements = Vec::with_capacity(lines.len());
        let mut money = Vec::new();
        for line in lines.iter().filter(|line| !line.minutes.is_zero()) {
            totals.shift(line.from, line.to, line.minutes);
            let card_after = self.move_on_card(line, customer.id, &mut money);
            assert!(
                line.minutes.is_positive() && !totals.is_negative(),
                "a booking leaves no account below zero: {line:?}"
            );
            movements.push(Movement {
                customer_id: customer.id,
                seq: transaction.seq,
                line: i64::try_from(movements.len() + 1).expect("few lines"),
                recorded_at: transaction.recorded_at,
                card_id: line.card,
                estimate_id: line.estimate,
                from_account: line.from,
                to_account: line.to,
                minutes: line.minutes,
                basis: line.basis,
                after: totals,
                card_after,
            });
        }
        money.extend(posts);
        let postings = postings(&transaction, &money);
        transaction.hash = chain::hash(&transaction, &movements, &postings);
        customer.seq = transaction.seq;
        customer.head.clone_from(&transaction.hash);
        customer.last_recorded_at = transaction.recorded_at;
        customer.set_balance(&totals);
        self.changes.customer = Some(customer);
        self.changes.transactions.push(transaction);
        self.changes.movements.extend(movements);
        self.changes.postings.extend(postings);
    }

    /// Moves one line on its card and, where it touches `held` or what is frozen of it, on the hold of the estimate it is
    /// booked for. What that earns is added to `money`.
    fn move_on_card(&mut self, line: &Line, customer: CustomerId, money: &mut Vec<Post>) -> Balance {
        let Some(card_id) = line.card else { return Balance::default() };
        let card = self.card_mut(card_id).expect("a card that is booked on is loaded");
        money.extend(earned(card, line));
        let mut balance = card.balance();
        balance.shift(line.from, line.to, line.minutes);
        assert!(!balance.is_negative(), "a booking leaves no account of a card below zero: {line:?}");
        card.set_balance(&balance);
        match (line.from, line.to) {
            (Account::Issued, _) => card.granted += line.minutes,
            (_, Account::Issued) => card.granted -= line.minutes,
            _ => {}
        }
        if let Some(estimate) = line.estimate {
            let signed = |account| match () {
                () if line.from == account => Minutes(-line.minutes.0),
                () if line.to == account => line.minutes,
                () => Minutes::ZERO,
            };
            let (held, frozen) = (signed(Account::Held), signed(Account::Frozen));
            if !held.is_zero() || !frozen.is_zero() {
                self.shift_hold((estimate, card_id), customer, held, frozen);
            }
        }
        balance
    }
}

/// What moving minutes on a card earns or gives back (PAY-7): minutes that leave an account where they are gone are
/// deferred again, minutes that enter one are deferred no more, both by the cumulative difference. What was refunded or
/// converted is posted elsewhere by the decision that did so.
#[must_use]
pub fn earned(card: &Card, line: &Line) -> Vec<Post> {
    let mut gone = card.gone();
    let mut posts = Vec::new();
    let mut shift = |account: Account, change: Minutes| {
        if !account.is_gone() {
            return;
        }
        let before = card.deferred(gone);
        gone += change;
        let amount = before - card.deferred(gone);
        posts.push(Post::debit(MoneyAccount::Deferred, amount).card(Some(card.id)));
        if let Some(revenue) = account.revenue() {
            posts.push(Post::credit(revenue, amount).card(Some(card.id)));
        }
    };
    shift(line.from, Minutes(-line.minutes.0));
    shift(line.to, line.minutes);
    posts
}

/// The postings of a transaction: posts on one account for one card and document together, those of nothing left out.
fn postings(transaction: &Transaction, posts: &[Post]) -> Vec<Posting> {
    let mut sums: Vec<Post> = Vec::new();
    for post in posts {
        let same = |sum: &&mut Post| (sum.account, sum.card, sum.invoice) == (post.account, post.card, post.invoice);
        match sums.iter_mut().find(same) {
            Some(sum) => sum.amount += post.amount,
            None => sums.push(*post),
        }
    }
    assert_eq!(sums.iter().map(|sum| sum.amount).sum::<Cents>(), Cents::ZERO, "money sums to zero: {sums:?}");
    let booked = sums.into_iter().filter(|sum| sum.amount != Cents::ZERO);
    (1..)
        .zip(booked)
        .map(|(line, sum)| Posting {
            customer_id: transaction.customer_id,
            seq: transaction.seq,
            line,
            account: sum.account,
            amount: sum.amount,
            booked_on: transaction.booked_on,
            card_id: sum.card,
            invoice_id: sum.invoice,
        })
        .collect()
}
