//! What is known of one customer while it is decided on, and the rows a decision adds or replaces.
//!
//! A [`Ledger`] holds what is open: never history. [`Draft`] lays the changes of one decision over it, so that a refusal
//! leaves no trace.

use super::{
    Account, AddOnTerm, Balance, Basis, Card, CardId, CommandId, Consent, ConsentId, Contact, ContactId, Conversation,
    Coverage, Customer, CustomerId, Estimate, EstimateId, Fresh, Hold, Installation, InstallationId, Invoice,
    InvoiceId, Minutes, Movement, Note, Notice, Origin, Payment, Ticket, TicketEvent, TicketId, TimeEntry, TimeEntryId,
    Transaction, chain,
    charge::{TicketDay, TicketDayId},
    coverage::Outcome,
    customer::ContractEnd,
    fair_use::Tally,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

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
    /// The invoices that are named, and those not fully paid where a card may have to be ordered again.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// Payments made by a decision.
    pub payments: Vec<Payment>,
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
}

/// The next free numbers; taken ones are never given out again (PAY-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Next customer number.
    pub customer: i64,
    /// Next ticket number.
    pub ticket: i64,
    /// Next invoice number, per year.
    pub invoice: BTreeMap<i32, i64>,
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

    /// A customer of the same identity, found when one is to be created.
    #[must_use]
    pub fn twin(&self) -> Option<(i64, CustomerId)> {
        self.base.twin
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

    /// Adds to (or takes from) what a card holds for an estimate.
    fn shift_hold(&mut self, estimate_id: EstimateId, card_id: CardId, customer_id: CustomerId, minutes: Minutes) {
        if let Some(hold) = self.hold_mut((estimate_id, card_id)) {
            hold.minutes += minutes;
        } else {
            self.changes.holds.insert((estimate_id, card_id), Hold { estimate_id, card_id, customer_id, minutes });
        }
        if let Some(estimate) = self.estimate_mut(estimate_id) {
            estimate.held += minutes;
        }
    }

    /// Books a transaction: numbers it, moves the minutes of its lines on cards, holds and customer, notes each line's
    /// running totals and closes it into the chain. `seq`, `prev_hash`, `hash` and `recorded_at` of `transaction` are set here
    /// (an instant before the customer's last one becomes that one).
    ///
    /// # Panics
    /// When a line would take an account below zero or names a card that is not loaded: the decision was wrong, and
    /// a ledger stops rather than books nonsense (CARD-6).
    pub fn book(&mut self, mut transaction: Transaction, lines: &[Line]) {
        let mut customer = self.customer().expect("bookings are made for a customer that exists").clone();
        transaction.seq = customer.seq + 1;
        transaction.recorded_at = transaction.recorded_at.max(customer.last_recorded_at);
        transaction.prev_hash.clone_from(&customer.head);
        let mut totals = customer.balance();
        let mut movements = Vec::with_capacity(lines.len());
        for line in lines.iter().filter(|line| !line.minutes.is_zero()) {
            totals.shift(line.from, line.to, line.minutes);
            let card_after = self.move_on_card(line, customer.id);
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
        transaction.hash = chain::hash(&transaction, &movements);
        customer.seq = transaction.seq;
        customer.head.clone_from(&transaction.hash);
        customer.last_recorded_at = transaction.recorded_at;
        customer.set_balance(&totals);
        self.changes.customer = Some(customer);
        self.changes.transactions.push(transaction);
        self.changes.movements.extend(movements);
    }

    /// Moves one line on its card and, where it touches `held`, on the hold of the estimate it is booked for.
    fn move_on_card(&mut self, line: &Line, customer: CustomerId) -> Balance {
        let Some(card_id) = line.card else { return Balance::default() };
        let card = self.card_mut(card_id).expect("a card that is booked on is loaded");
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
            if line.from == Account::Held {
                self.shift_hold(estimate, card_id, customer, Minutes(-line.minutes.0));
            }
            if line.to == Account::Held {
                self.shift_hold(estimate, card_id, customer, line.minutes);
            }
        }
        balance
    }
}
