//! A customer and the head of its ledger: the running totals, the sequence number and the last hash.

use super::{
    Account, Billing, Cents, ContractEndId, CustomerId, Minutes, UserId, chain::GENESIS, fair_use::Term, words::words,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

words! {
    /// The language a customer is written to in.
    pub enum Locale {
        /// Dutch.
        Nl = "nl",
        /// English.
        En = "en",
    }
}

/// A customer (*klant*) with its totals. The totals are kept in the commit that books the movements (CARD-6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Identity.
    pub id: CustomerId,
    /// The number people say, counted from 1 over all customers.
    pub number: i64,
    /// Name of the organisation.
    pub name: String,
    /// Where mail goes.
    pub email: String,
    /// Lower-cased e-mail and name: the same pair twice is the same customer (CARD-2).
    pub identity: String,
    /// Language of mails and invoices.
    pub locale: Locale,
    /// What the customer paid per month when it was created, ex VAT; see [`Customer::monthly`].
    pub monthly_amount: Option<Cents>,
    /// Where documents are addressed to; none until it is told.
    pub billing: Option<Billing>,
    /// What it paid too much and has not got back (PAY-5). Below zero where such a payment came undone after it was given
    /// back or set off: that is owed.
    pub credit: Cents,
    /// Since when its account is paused for arrears (PAY-4).
    pub paused_on: Option<NaiveDate>,
    /// Last day of an arrangement about its arrears: until then it is not paused (PAY-4).
    pub arranged_until: Option<NaiveDate>,
    /// First day on which work can be logged (TIME-1).
    pub contract_start: NaiveDate,
    /// Last day of the contract, after which none can be logged; none while it goes on.
    pub contract_end: Option<NaiveDate>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Number of the last transaction, 0 before the first; without gaps.
    pub seq: i64,
    /// Hash of the last transaction, 64 zeros before the first.
    pub head: String,
    /// Recorded instant of the last transaction; time never runs back within a customer.
    pub last_recorded_at: DateTime<Utc>,
    /// Minutes that can still be agreed to.
    pub available: Minutes,
    /// Minutes set apart for accepted estimates.
    pub held: Minutes,
    /// Minutes spent.
    pub used: Minutes,
    /// Minutes lost to an expiry date.
    pub expired: Minutes,
    /// Minutes that wait for a payment to come back.
    pub frozen: Minutes,
    /// Minutes given back for money.
    pub refunded: Minutes,
    /// Minutes that became minutes of another card at a new rate.
    pub converted: Minutes,
    /// Minutes worked that nothing covers yet (TIME-7).
    pub uncovered: Minutes,
}

/// Totals of a customer or a card at one moment, in minutes. `uncovered` belongs to no card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Can still be agreed to.
    pub available: Minutes,
    /// Set apart for accepted estimates.
    pub held: Minutes,
    /// Spent.
    pub used: Minutes,
    /// Lost to an expiry date.
    pub expired: Minutes,
    /// Waiting for a payment to come back.
    pub frozen: Minutes,
    /// Given back for money.
    pub refunded: Minutes,
    /// Taken over by another card at a new rate (CARD-10).
    pub converted: Minutes,
    /// Worked, covered by nothing yet.
    pub uncovered: Minutes,
}

impl Balance {
    /// What was granted: the sum of all accounts of cards (CARD-6).
    #[must_use]
    pub fn granted(&self) -> Minutes {
        self.available + self.held + self.used + self.expired + self.frozen + self.refunded + self.converted
    }

    /// The figure of one account; `None` for `issued`, which is the outside world.
    pub fn account(&mut self, account: Account) -> Option<&mut Minutes> {
        match account {
            Account::Issued => None,
            Account::Available => Some(&mut self.available),
            Account::Held => Some(&mut self.held),
            Account::Used => Some(&mut self.used),
            Account::Expired => Some(&mut self.expired),
            Account::Frozen => Some(&mut self.frozen),
            Account::Refunded => Some(&mut self.refunded),
            Account::Converted => Some(&mut self.converted),
            Account::Uncovered => Some(&mut self.uncovered),
        }
    }

    /// Moves minutes between two accounts.
    pub fn shift(&mut self, from: Account, to: Account, minutes: Minutes) {
        if let Some(figure) = self.account(from) {
            *figure -= minutes;
        }
        if let Some(figure) = self.account(to) {
            *figure += minutes;
        }
    }

    /// Whether any account is below zero, which no booking may leave behind (CARD-6).
    #[must_use]
    pub fn is_negative(&self) -> bool {
        let Self { available, held, used, expired, frozen, refunded, converted, uncovered } = self;
        [available, held, used, expired, frozen, refunded, converted, uncovered].iter().any(|minutes| minutes.0 < 0)
    }
}

/// A contract ends with a day, or goes on after all. Never changed: the last one recorded holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEnd {
    /// Identity.
    pub id: ContractEndId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The last day; none when the contract goes on.
    pub last_day: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
}

impl Customer {
    /// From when to when it is one.
    #[must_use]
    pub const fn term(&self) -> Term {
        Term { first: self.contract_start, last: self.contract_end }
    }

    /// What it pays per month, ex VAT, as far as that is known (PAY-4).
    #[must_use]
    pub fn monthly(&self) -> Option<Cents> {
        self.billing.as_ref().and_then(|billing| billing.monthly_amount).or(self.monthly_amount)
    }

    /// Whether its account is paused (PAY-4).
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused_on.is_some()
    }

    /// The identity under which a second creation is recognised.
    #[must_use]
    pub fn identity_of(name: &str, email: &str) -> String {
        format!("{}|{}", email.trim().to_lowercase(), name.trim().to_lowercase())
    }

    /// As it was when it was created, before its first booking.
    #[must_use]
    pub fn as_created(mut self) -> Self {
        self.seq = 0;
        self.contract_end = None;
        self.credit = Cents::ZERO;
        self.paused_on = None;
        self.arranged_until = None;
        self.billing = None;
        GENESIS.clone_into(&mut self.head);
        self.last_recorded_at = self.created_at;
        self.set_balance(&Balance::default());
        self
    }

    /// The totals as one value.
    #[must_use]
    pub fn balance(&self) -> Balance {
        Balance {
            available: self.available,
            held: self.held,
            used: self.used,
            expired: self.expired,
            frozen: self.frozen,
            refunded: self.refunded,
            converted: self.converted,
            uncovered: self.uncovered,
        }
    }

    /// Takes over totals.
    pub fn set_balance(&mut self, balance: &Balance) {
        self.available = balance.available;
        self.held = balance.held;
        self.used = balance.used;
        self.expired = balance.expired;
        self.frozen = balance.frozen;
        self.refunded = balance.refunded;
        self.converted = balance.converted;
        self.uncovered = balance.uncovered;
    }
}
