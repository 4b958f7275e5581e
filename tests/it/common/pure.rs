//! A provider's books in memory: the pure domain, and every row that it ever made. What the databases must equal.

use super::parties::{address, real};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, HashMap};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Allocation, Changes, Command, Coverage, Customer, CustomerId, Ledger, Movement, Note, Notice, Numbers,
    Policies, Policy, Posting, Receipt, Refusal, Target, Transaction,
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
        }
    }

    /// A command with a fresh id.
    pub fn command(&self, actor: Actor, target: Target, act: Act) -> Command {
        Command { id: self.clock.id(), actor, key: None, salt: self.clock.salt(), target, act }
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
        let decision = decide(&ledger, customer, command, self.circumstances())?;
        ledger.apply(&decision.changes);
        if let (Act::CreateCustomer { .. }, Some(made)) = (&command.act, &mut ledger.rows.customer) {
            made.billing = Some(address());
        }
        self.ledgers.insert(customer, ledger);
        self.numbers = decision.numbers.unwrap_or_else(|| self.numbers.clone());
        self.keep(customer, decision.changes);
        Ok(decision.receipt)
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
