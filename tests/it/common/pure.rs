//! A provider's books in memory: the pure domain, and every row that it ever made. What the databases must equal.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Changes, Command, Coverage, Customer, CustomerId, Ledger, Movement, Note, Notice, Numbers, Payment,
    Policies, Policy, Receipt, Refusal, Target, Transaction,
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
    pub payments: Vec<Payment>,
    pub notes: Vec<Note>,
    pub coverage: Vec<Coverage>,
    pub notices: Vec<Notice>,
}

impl Books {
    /// Empty books under the versions of a policy, the oldest first.
    pub fn new(versions: &[String], now: DateTime<Utc>) -> Self {
        let versions = (1..).zip(versions.iter().map(|text| Policy::parse(text).unwrap())).collect();
        Self {
            clock: Clock::manual(now, 7),
            policies: Policies::new(versions).unwrap(),
            numbers: Numbers { customer: 1, ticket: 1, invoice: BTreeMap::new() },
            ledgers: BTreeMap::new(),
            owners: HashMap::new(),
            transactions: Vec::new(),
            movements: Vec::new(),
            payments: Vec::new(),
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
        Circumstances { policies: &self.policies, now: self.clock.now(), numbers: &self.numbers }
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
        let named = tickets.chain(estimates).chain(entries).chain(invoices);
        self.owners.extend(named.map(|target| (target, customer)));
        self.transactions.extend(changes.transactions);
        self.movements.extend(changes.movements);
        self.payments.extend(changes.payments);
        self.notes.extend(changes.notes);
        self.coverage.extend(changes.coverage);
        self.notices.extend(changes.notices);
    }
}
