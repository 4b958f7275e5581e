//! The ledger as a journal of [hledger](https://hledger.org), with minutes as the commodity.
//!
//! | here | there |
//! |--|--|
//! | transaction | transaction on the day it is booked, its number as the code, its kind as the payee |
//! | movement | two postings, from and to |
//! | accounts of a card | `customer:0007:card:<last 12 digits of its id>:available`, … |
//! | uncovered minutes | `customer:0007:uncovered` |
//! | the outside world | `issued:0007` |
//!
//! Money is a journal of its own, in euros ([`MoneySection`]): an account for each role and customer, for prepaid money also
//! for each card, with the number and name that the bookkeeper knows it by as tags.
//!
//! Every account is declared before its first posting, so the journal passes `hledger check --strict`.
//!
//! hledger tests balance assertions in the order of dates, and a transaction may be booked on a day before the last one
//! (TIME-4): no assertion could hold half-way. A customer therefore ends in one transaction of zeros on its latest day
//! that asserts *our* totals: hledger itself adds up the movements and compares. A journal of money ends in one more that
//! asserts every account over all customers.

use crate::domain::policy::Accounts;
use crate::domain::{
    Account, Balance, Card, CardId, Cents, Customer, Minutes, MoneyAccount, Movement, Posting, Transaction,
};
use chrono::{NaiveDate, SecondsFormat};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What a journal begins with.
pub const HEAD: &str =
    "; The ledger, in minutes. Written by strippenkaart; made to be read, not edited.\n\ncommodity 1000. min\n";

/// The part of a journal that belongs to one customer, written in the order of its transactions. Memory grows with the
/// number of cards only.
#[derive(Debug)]
pub struct Section<'a> {
    customer: &'a Customer,
    declared: BTreeSet<(Option<CardId>, Account)>,
    last_day: Option<NaiveDate>,
}

impl<'a> Section<'a> {
    /// Nothing written yet.
    #[must_use]
    pub fn new(customer: &'a Customer) -> Self {
        Self { customer, declared: BTreeSet::new(), last_day: None }
    }

    /// A transaction with its movements, on the number of its ticket where it has one.
    #[must_use]
    pub fn transaction(&mut self, booked: &Transaction, ticket: Option<i64>, movements: &[Movement]) -> String {
        let mut text =
            self.declarations(movements.iter().flat_map(|movement| {
                [(movement.card_id, movement.from_account), (movement.card_id, movement.to_account)]
            }));
        let _ = write!(text, "\n{} ({}) {}", booked.booked_on, booked.seq, booked.kind);
        if let Some(ticket) = ticket {
            let _ = write!(text, " | ticket {ticket}");
        }
        let _ = writeln!(text, "  ; {}", tags_of(booked));
        for movement in movements {
            let rule = movement.basis.map(|basis| format!("basis:{basis}"));
            let agreement = movement.estimate_id.map(|id| format!("estimate:{id}"));
            let tags: Vec<String> = rule.into_iter().chain(agreement).collect();
            let comment = if tags.is_empty() { String::new() } else { format!("  ; {}", tags.join(", ")) };
            let from = self.account(movement.card_id, movement.from_account);
            let to = self.account(movement.card_id, movement.to_account);
            let _ = writeln!(text, "    {from}  -{} min{comment}", movement.minutes.0);
            let _ = writeln!(text, "    {to}  {} min{comment}", movement.minutes.0);
        }
        self.last_day = self.last_day.max(Some(booked.booked_on));
        text
    }

    /// Closes the section: asserts what the customer's and the cards' own counters say.
    #[must_use]
    pub fn end(mut self, cards: &[Card]) -> String {
        let Some(last_day) = self.last_day else { return String::new() };
        let customer = self.customer;
        let mut totals: Vec<(Option<CardId>, Balance)> =
            cards.iter().map(|card| (Some(card.id), card.balance())).collect();
        totals.push((None, Balance { uncovered: customer.uncovered, ..Balance::default() }));
        let mut asserted = Vec::new();
        for (card, mut balance) in totals {
            for account in Account::ALL {
                let Some(minutes) = balance.account(*account).map(|minutes| *minutes) else { continue };
                if !minutes.is_zero() || self.declared.contains(&(card, *account)) {
                    asserted.push((card, *account, minutes));
                }
            }
        }
        let granted: Minutes = cards.iter().map(|card| card.granted).sum();
        let issued = granted + customer.uncovered;
        if !issued.is_zero() {
            asserted.push((None, Account::Issued, Minutes(-issued.0)));
        }
        let mut text = self.declarations(asserted.iter().map(|(card, account, _)| (*card, *account)));
        let _ = writeln!(text, "\n{last_day} totals | customer {}", customer.number);
        for (card, account, minutes) in asserted {
            let _ = writeln!(text, "    {}  0 min = {} min", self.account(card, account), minutes.0);
        }
        text
    }

    /// Declares accounts that were not declared before; `issued` is one account, whatever the card.
    fn declarations(&mut self, accounts: impl Iterator<Item = (Option<CardId>, Account)>) -> String {
        let mut text = String::new();
        for (card, account) in accounts {
            let card = card.filter(|_| account != Account::Issued);
            if self.declared.insert((card, account)) {
                let start = if text.is_empty() { "\n" } else { "" };
                let _ = writeln!(text, "{start}account {}", self.account(card, account));
            }
        }
        text
    }

    fn account(&self, card: Option<CardId>, account: Account) -> String {
        account_name(self.customer.number, card, account)
    }
}

/// The name of an account: of a card, of the customer, or of the outside world.
#[must_use]
pub fn account_name(customer: i64, card: Option<CardId>, account: Account) -> String {
    match (card, account) {
        (_, Account::Issued) => format!("issued:{customer:04}"),
        (Some(card), _) => {
            let id = card.0.simple().to_string();
            format!("customer:{customer:04}:card:{}:{account}", &id[20..])
        }
        (None, _) => format!("customer:{customer:04}:{account}"),
    }
}

/// What a journal of money begins with.
pub const MONEY_HEAD: &str =
    "; The ledger, in euros. Written by strippenkaart; made to be read, not edited.\n\ncommodity 1000.00 EUR\n";

/// An account of a journal of money: its role, and for prepaid money the card.
type MoneyKey = (MoneyAccount, Option<CardId>);

/// The part of a journal of money that belongs to one customer, written in the order of its transactions.
#[derive(Debug)]
pub struct MoneySection<'a> {
    customer: &'a Customer,
    accounts: &'a Accounts,
    declared: BTreeSet<MoneyKey>,
    last_day: Option<NaiveDate>,
}

impl<'a> MoneySection<'a> {
    /// Nothing written yet.
    #[must_use]
    pub const fn new(customer: &'a Customer, accounts: &'a Accounts) -> Self {
        Self { customer, accounts, declared: BTreeSet::new(), last_day: None }
    }

    /// A transaction with its postings; nothing for one that moved no money.
    #[must_use]
    pub fn transaction(&mut self, booked: &Transaction, postings: &[Posting]) -> String {
        if postings.is_empty() {
            return String::new();
        }
        let mut text = self.declarations(postings.iter().map(key_of));
        let _ = writeln!(text, "\n{} ({}) {}  ; {}", booked.booked_on, booked.seq, booked.kind, tags_of(booked));
        for posting in postings {
            let about = posting.invoice_id.map_or_else(String::new, |id| format!("  ; invoice:{id}"));
            let _ = writeln!(text, "    {}  {} EUR{about}", self.account(key_of(posting)), posting.amount);
        }
        self.last_day = self.last_day.max(Some(booked.booked_on));
        text
    }

    /// Closes the section: asserts what is open of its invoices, what it has with us, and what is prepaid on each card.
    #[must_use]
    pub fn end(mut self, open: Cents, cards: &[Card]) -> String {
        let Some(last_day) = self.last_day else { return String::new() };
        let mut asserted: Vec<(MoneyKey, Cents)> = vec![
            ((MoneyAccount::Receivable, None), open),
            ((MoneyAccount::CustomerCredit, None), -self.customer.credit),
        ];
        let prepaid = |card: &Card| ((MoneyAccount::Deferred, Some(card.id)), -card.deferred_now());
        asserted.extend(cards.iter().filter(|card| card.price > Cents::ZERO).map(prepaid));
        asserted.retain(|(key, amount)| *amount != Cents::ZERO || self.declared.contains(key));
        if asserted.is_empty() {
            return String::new();
        }
        let mut text = self.declarations(asserted.iter().map(|(key, _)| *key));
        let _ = writeln!(text, "\n{last_day} totals | customer {}", self.customer.number);
        for (key, amount) in asserted {
            let _ = writeln!(text, "    {}  0.00 EUR = {amount} EUR", self.account(key));
        }
        text
    }

    fn declarations(&mut self, keys: impl Iterator<Item = MoneyKey>) -> String {
        let mut text = String::new();
        for key in keys {
            if self.declared.insert(key) {
                let start = if text.is_empty() { "\n" } else { "" };
                let _ = writeln!(text, "{start}account {}  ; {}", self.account(key), chart_tags(self.accounts, key.0));
            }
        }
        text
    }

    fn account(&self, (role, card): MoneyKey) -> String {
        money_account_name(role, Some(self.customer.number), card)
    }
}

fn key_of(posting: &Posting) -> MoneyKey {
    (posting.account, posting.card_id.filter(|_| posting.account == MoneyAccount::Deferred))
}

/// The number and name of an account at the bookkeeper's; a tag ends at a comma, so names lose theirs.
fn chart_tags(accounts: &Accounts, role: MoneyAccount) -> String {
    let chart = accounts.get(role);
    format!("number:{}, name:{}", chart.number, chart.name.replace([',', '\n'], " "))
}

/// What a journal of money ends with: the balance of every account over all customers, on the last day that has one.
#[must_use]
pub fn money_totals(accounts: &Accounts, last_day: NaiveDate, balances: &BTreeMap<MoneyAccount, Cents>) -> String {
    let mut text = String::new();
    for role in balances.keys() {
        let start = if text.is_empty() { "\n" } else { "" };
        let name = money_account_name(*role, None, None);
        let _ = writeln!(text, "{start}account {name}  ; {}", chart_tags(accounts, *role));
    }
    let _ = writeln!(text, "\n{last_day} totals | all customers");
    for (role, balance) in balances {
        let _ = writeln!(text, "    {}  0.00 EUR =* {balance} EUR", money_account_name(*role, None, None));
    }
    text
}

/// The name of an account of money: over all customers, of one, or of one of its cards.
#[must_use]
pub fn money_account_name(role: MoneyAccount, customer: Option<i64>, card: Option<CardId>) -> String {
    let top = match role {
        MoneyAccount::Receivable | MoneyAccount::Bank | MoneyAccount::OtherMoney | MoneyAccount::InTransit => "assets",
        MoneyAccount::CustomerCredit | MoneyAccount::Deferred | MoneyAccount::Vat => "liabilities",
        MoneyAccount::BankCharges => "expenses",
        MoneyAccount::CardRevenue
        | MoneyAccount::Breakage
        | MoneyAccount::HoursRevenue
        | MoneyAccount::FeeRevenue
        | MoneyAccount::FeeOutside => "revenues",
    };
    let mut name = format!("{top}:{role}");
    if let Some(customer) = customer {
        let _ = write!(name, ":{customer:04}");
    }
    if let Some(card) = card {
        let _ = write!(name, ":{}", &card.0.simple().to_string()[20..]);
    }
    name
}

fn tags_of(booked: &Transaction) -> String {
    let recorded_at = booked.recorded_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let mut tags = format!("transaction:{}, recorded-at:{recorded_at}, policy:{}", booked.id, booked.policy_version);
    for (name, id) in [
        ("entry", booked.time_entry_id.map(|id| id.0)),
        ("reverses", booked.reverses.map(|id| id.0)),
        ("by", booked.actor_id.map(|id| id.0)),
    ] {
        if let Some(id) = id {
            let _ = write!(tags, ", {name}:{id}");
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cents, Locale};
    use chrono::DateTime;
    use uuid::Uuid;

    fn customer() -> Customer {
        Customer {
            id: Uuid::nil().into(),
            number: 7,
            name: "School".to_owned(),
            email: "school@example.org".to_owned(),
            identity: String::new(),
            locale: Locale::Nl,
            monthly_amount: None,
            billing: None,
            credit: Cents::ZERO,
            paused_on: None,
            arranged_until: None,
            contract_start: NaiveDate::MIN,
            contract_end: None,
            created_at: DateTime::UNIX_EPOCH,
            seq: 0,
            head: String::new(),
            last_recorded_at: DateTime::UNIX_EPOCH,
            available: Minutes::ZERO,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            expired: Minutes::ZERO,
            frozen: Minutes::ZERO,
            refunded: Minutes::ZERO,
            converted: Minutes::ZERO,
            uncovered: Minutes::ZERO,
        }
    }

    #[test]
    fn an_account_is_declared_once_and_issued_belongs_to_no_card() {
        let customer = customer();
        let mut section = Section::new(&customer);
        let (one, two): (CardId, CardId) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let twice = [(Some(one), Account::Issued), (Some(two), Account::Issued), (Some(two), Account::Used)];
        assert_eq!(
            section.declarations(twice.into_iter()),
            "\naccount issued:0007\naccount customer:0007:card:000000000002:used\n"
        );
        assert_eq!(section.declarations(twice.into_iter()), "");
    }

    #[test]
    fn a_customer_without_transactions_has_no_section() {
        assert_eq!(Section::new(&customer()).end(&[]), "");
    }

    #[test]
    fn uncovered_minutes_belong_to_the_customer() {
        assert_eq!(account_name(12345, None, Account::Uncovered), "customer:12345:uncovered");
    }
}
