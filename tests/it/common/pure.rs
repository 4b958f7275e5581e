//! A provider's books in memory: the pure domain, and every row that it ever made. What the databases must equal.

use super::parties::{address, real};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, HashMap};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Allocation, BankLineId, Cents, Changes, Command, Coverage, Customer, CustomerId, Ledger, Movement,
    Note, Notice, Numbers, Policies, Policy, Posting, Receipt, Refusal, Target, Transaction,
    decide::{Circumstances, decide, settled},
};

/// All ledgers of one provider, with their history.
pub struct Books {
    pub clock: Clock,
    pub policies: Policies,
    pub numbers: Numbers,
    pub ledgers: BTreeMap<CustomerId, Ledger>,
    pub owners: HashMap<Target, CustomerId>,
    pub transactions: Vec<Transaction>,
    pub movements: Vec<Movement>,
    pub postings: Vec<Posting>,
    pub allocations: Vec<Allocation>,
    /// The last day of the last closed month (TIME-6).
    pub closed_through: Option<NaiveDate>,
    pub notes: Vec<Note>,
    pub coverage: Vec<Coverage>,
    pub notices: Vec<Notice>,
    /// What the lines of the bank that were booked move on our account, by line and customer (BANK-4).
    pub lines: BTreeMap<(BankLineId, CustomerId), Cents>,
}

impl Books {
    /// Empty books under the versions of a policy, the oldest first.
    pub fn new(versions: &[String], now: DateTime<Utc>) -> Self {
        let versions = (1..).zip(versions.iter().map(|text| Policy::parse(&real(text)).unwrap())).collect();
        Self {
            clock: Clock::manual(now, 7),
            policies: Policies::new(versions).unwrap(),
            numbers: Numbers { customer: 1, ticket: 1, documents: BTreeMap::new() },
            ledgers: BTreeMap::new(),
            owners: HashMap::new(),
            transactions: Vec::new(),
            movements: Vec::new(),
            postings: Vec::new(),
            allocations: Vec::new(),
            closed_through: None,
            notes: Vec::new(),
            coverage: Vec::new(),
            notices: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// A command with a fresh id.
    pub fn command(&self, actor: Actor, target: Target, act: Act) -> Command {
        Command { id: self.clock.id(), actor, key: None, salt: self.clock.salt(), target, act, bank_line: None }
    }

    /// Decides, and keeps every row.
    pub fn submit(&mut self, command: &Command) -> Result<Receipt, Refusal> {
        let customer = match command.target {
            Target::Customer(id) => id,
            target => *self.owners.get(&target).ok_or(Refusal::NotFound("target"))?,
        };
        let mut ledger = self.ledgers.get(&customer).cloned().unwrap_or_default();
        if let Act::CreateCustomer { name, email, .. } = &command.act {
            ledger.twin = self.twin_of(&Customer::identity_of(name, email));
        }
        if let Act::RecordMandate { reference: Some(reference), .. } = &command.act {
            let mut known = self.ledgers.values().flat_map(|ledger| ledger.rows.mandates.values());
            ledger.reference_taken = known.any(|row| row.reference.eq_ignore_ascii_case(reference));
        }
        let decision = decide(&ledger, customer, command, self.circumstances())?;
        ledger.apply(&decision.changes);
        if let (Act::CreateCustomer { .. }, Some(made)) = (&command.act, &mut ledger.rows.customer) {
            made.billing = Some(address());
        }
        self.ledgers.insert(customer, ledger);
        self.numbers = decision.numbers.unwrap_or_else(|| self.numbers.clone());
        self.keep(customer, decision.changes);
        self.note_line(command, customer, &decision.receipt);
        Ok(decision.receipt)
    }

    /// Whose ledger a command is about.
    pub fn owner(&self, target: Target) -> Option<CustomerId> {
        match target {
            Target::Customer(id) => Some(id),
            target => self.owners.get(&target).copied(),
        }
    }

    /// Decides several, all or none.
    pub fn submit_together(&mut self, commands: &[Command]) -> Result<Vec<Receipt>, Refusal> {
        let before = (self.ledgers.clone(), self.owners.clone(), self.numbers.clone(), self.lines.clone());
        let rows = [
            self.transactions.len(),
            self.movements.len(),
            self.postings.len(),
            self.allocations.len(),
            self.notes.len(),
            self.coverage.len(),
            self.notices.len(),
        ];
        let receipts: Result<Vec<Receipt>, Refusal> = commands.iter().map(|command| self.submit(command)).collect();
        if receipts.is_err() {
            (self.ledgers, self.owners, self.numbers, self.lines) = before;
            self.transactions.truncate(rows[0]);
            self.movements.truncate(rows[1]);
            self.postings.truncate(rows[2]);
            self.allocations.truncate(rows[3]);
            self.notes.truncate(rows[4]);
            self.coverage.truncate(rows[5]);
            self.notices.truncate(rows[6]);
        }
        receipts
    }

    /// Notes what the true movement is that a line told: of a return the highest charge that it told.
    fn note_line(&mut self, command: &Command, customer: CustomerId, receipt: &Receipt) {
        let Some(line) = command.line() else { return };
        let known = self.lines.entry((line, customer)).or_default();
        match (&command.act, receipt) {
            (Act::RecordPayment(received), _) => *known += received.amount - received.costs,
            (Act::SettleCollection { .. }, Receipt::Collection(row)) => *known = row.amount,
            (Act::ReverseCollection { undone, .. } | Act::ReversePayment { undone, .. }, Receipt::Reversal(row)) => {
                if !undone.rejected {
                    *known = (*known).min(-(row.amount + undone.charge));
                }
            }
            (Act::Repay { amount, .. } | Act::BookCosts { amount, .. }, _) => *known += -*amount,
            (Act::PayOut { .. }, Receipt::PaidOut(row)) => *known += row.paid_out,
            (Act::UndoLine { .. }, _) => *known = Cents::ZERO,
            (act, receipt) => panic!("no line tells {act:?}: {receipt:?}"),
        }
    }

    /// The ledger as a page would show it now.
    pub fn settled(&self, customer: CustomerId) -> Ledger {
        settled(&self.ledgers[&customer], customer, self.circumstances())
    }

    fn circumstances(&self) -> Circumstances<'_> {
        let (policies, now, closed_through) = (&self.policies, self.clock.now(), self.closed_through);
        Circumstances { policies, now, numbers: &self.numbers, closed_through }
    }

    fn twin_of(&self, identity: &str) -> Option<(i64, CustomerId)> {
        let customers = self.ledgers.values().filter_map(|ledger| ledger.rows.customer.as_ref());
        customers.filter(|customer| customer.identity == identity).map(|twin| (twin.number, twin.id)).next()
    }

    fn keep(&mut self, customer: CustomerId, changes: Changes) {
        let tickets = changes.tickets.keys().map(|id| Target::Ticket(*id));
        let estimates = changes.estimates.keys().map(|id| Target::Estimate(*id));
        let entries = changes.entries.keys().map(|id| Target::TimeEntry(*id));
        let invoices = changes.invoices.keys().map(|id| Target::Invoice(*id));
        let cards = changes.cards.keys().map(|id| Target::Card(*id));
        let payments = changes.payments.keys().map(|id| Target::Payment(*id));
        let collections = changes.collections.keys().map(|id| Target::Collection(*id));
        let mandates = changes.mandates.keys().map(|id| Target::Mandate(*id));
        let reversals = changes.reversals.keys().map(|id| Target::Reversal(*id));
        let money = cards.chain(payments).chain(collections).chain(mandates).chain(reversals);
        let named = tickets.chain(estimates).chain(entries).chain(invoices).chain(money);
        self.owners.extend(named.map(|target| (target, customer)));
        self.transactions.extend(changes.transactions);
        self.movements.extend(changes.movements);
        self.postings.extend(changes.postings);
        self.allocations.extend(changes.allocations);
        self.notes.extend(changes.notes);
        self.coverage.extend(changes.coverage);
        self.notices.extend(changes.notices);
    }
}
