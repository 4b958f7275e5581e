//! The export as hledger sees it: it accepts the journal and adds up to our balances.

use crate::common::{noon, on_both};
use crate::story;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Output};
use strippenkaart::domain::{Account, Balance, CardId, Cents, Policy};
use strippenkaart::exchange::hledger::{account_name, money_account_name};
use strippenkaart::service::{journal, policies::Given};
use strippenkaart::store::{Db, accounting, walk::Walk};
use tempfile::NamedTempFile;

async fn export(db: &Db) -> String {
    let mut journal = Vec::new();
    journal::hledger(db, &mut journal).await.unwrap();
    String::from_utf8(journal).unwrap()
}

async fn export_money(fixture_db: &Db, policy: &str) -> String {
    let accounts = Policy::parse(policy).unwrap().accounts;
    let mut journal = Vec::new();
    journal::hledger_money(fixture_db, &accounts, &mut journal).await.unwrap();
    String::from_utf8(journal).unwrap()
}

/// Every account of money over all customers that is not zero, as hledger adds it up.
fn money(journal: &str) -> BTreeMap<String, Cents> {
    let output = hledger(journal, &["balance", "--flat", "--depth", "2", "-N", "-O", "csv"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let (account, amount) = line.trim_matches('"').split_once("\",\"").unwrap();
        (account.to_owned(), amount.strip_suffix(" EUR").unwrap().parse().unwrap())
    });
    rows.filter(|(_, amount)| *amount != Cents::ZERO).collect()
}

/// Our balance sheet and profit and loss, by the same names.
async fn our_money(db: &Db) -> BTreeMap<String, Cents> {
    let sums = accounting::sums(&mut db.snapshot().await.unwrap(), None, None).await.unwrap();
    let named = sums.into_iter().map(|(role, debit, credit)| (money_account_name(role, None, None), debit - credit));
    named.filter(|(_, amount)| *amount != Cents::ZERO).collect()
}

fn hledger(journal: &str, arguments: &[&str]) -> Output {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(journal.as_bytes()).unwrap();
    Command::new("hledger").arg("-f").arg(file.path()).args(arguments).output().unwrap()
}

/// Every account that is not zero, as hledger adds it up.
fn balances(journal: &str) -> BTreeMap<String, i64> {
    let output = hledger(journal, &["balance", "--flat", "-N", "-O", "csv"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let (account, minutes) = line.trim_matches('"').split_once("\",\"").unwrap();
        (account.to_owned(), minutes.strip_suffix(" min").unwrap().parse().unwrap())
    });
    rows.collect()
}

fn add(all: &mut BTreeMap<String, i64>, customer: i64, card: Option<CardId>, mut balance: Balance) {
    for account in Account::ALL {
        let minutes = balance.account(*account).map_or(0, |minutes| minutes.0);
        if minutes != 0 {
            all.insert(account_name(customer, card, *account), minutes);
            *all.entry(account_name(customer, None, Account::Issued)).or_default() -= minutes;
        }
    }
}

/// Every counter of every customer and card that is not zero, as our rows say.
async fn counters(db: &Db) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    let mut tx = db.snapshot().await.unwrap();
    let mut walk = Walk::default();
    while let Some(customer) = walk.customers.next(&mut tx).await.unwrap() {
        let uncovered = Balance { uncovered: customer.uncovered, ..Balance::default() };
        add(&mut all, customer.number, None, uncovered);
        let mut cards = Balance { uncovered: customer.uncovered, ..Balance::default() };
        while let Some(card) = walk.cards.next_if(&mut tx, |card| card.customer_id == customer.id).await.unwrap() {
            add(&mut all, customer.number, Some(card.id), card.balance());
            for account in Account::ALL {
                if let (Some(sum), Some(minutes)) = (cards.account(*account), card.balance().account(*account)) {
                    *sum += *minutes;
                }
            }
        }
        assert_eq!(cards, Balance { uncovered: customer.uncovered, ..customer.balance() });
    }
    all
}

on_both! {
    under story::policy();
    #[cfg_attr(no_hledger, ignore = "hledger not found")]
    async fn hledger_accepts_every_kind_and_adds_up_to_our_balances(fixture: Fixture) {
        story::play(&fixture).await;
        story::give_back(&fixture).await;
        let journal = export(&fixture.service.db).await;
        let check = hledger(&journal, &["check", "--strict"]);
        assert!(check.status.success(), "{check:?}\n{journal}");
        // Prices together on one day are for other terms, and booked like every entry; money has its own journal.
        let elsewhere =
            ["repricing", "credit_note", "payment", "payment_reversal", "set_off", "repayment", "costs", "payout", "unmatch", "freeze", "thaw"];
        for kind in strippenkaart::domain::TransactionKind::ALL.iter().filter(|kind| !elsewhere.contains(&kind.as_str())) {
            assert!(journal.contains(&format!(") {kind}")), "{kind}\n{journal}");
        }
        let ours = counters(&fixture.service.db).await;
        assert!(ours.len() >= 6, "{ours:?}");
        assert_eq!(balances(&journal), ours);
    }
}

on_both! {
    under story::policy();
    #[cfg_attr(no_hledger, ignore = "hledger not found")]
    async fn hledger_refuses_counters_that_are_not_the_sum_of_the_movements(fixture: Fixture) {
        story::play(&fixture).await;
        story::tamper(&fixture.service.db, "UPDATE cards SET available = available + 15, expired = expired - 15 WHERE product = '5h'").await;
        let check = hledger(&export(&fixture.service.db).await, &["check", "--strict"]);
        let said = String::from_utf8(check.stderr).unwrap();
        assert!(!check.status.success() && said.contains("assertion"), "{said}");
    }
}

on_both! {
    under story::policy();
    #[cfg_attr(no_hledger, ignore = "hledger not found")]
    async fn hledger_agrees_with_our_balance_sheet_to_the_cent(fixture: Fixture) {
        story::play(&fixture).await;
        story::give_back(&fixture).await;
        let journal = export_money(&fixture.service.db, &story::policy()).await;
        let check = hledger(&journal, &["check", "--strict"]);
        assert!(check.status.success(), "{check:?}\n{journal}");
        let ours = our_money(&fixture.service.db).await;
        assert!(ours.len() >= 4, "{ours:?}");
        assert_eq!(money(&journal), ours);
        assert!(journal.contains("account assets:receivable:0001  ; number:1300, name:Debiteuren"), "{journal}");
    }
}

on_both! {
    under story::policy();
    #[cfg_attr(no_hledger, ignore = "hledger not found")]
    async fn hledger_refuses_figures_that_are_not_the_sum_of_the_postings(fixture: Fixture) {
        story::play(&fixture).await;
        for (change, back) in [
            ("UPDATE customers SET credit = 100 WHERE number = 1", "UPDATE customers SET credit = 0 WHERE number = 1"),
            ("UPDATE account_days SET debit = debit + 1", "UPDATE account_days SET debit = debit - 1"),
        ] {
            story::tamper(&fixture.service.db, change).await;
            let journal = export_money(&fixture.service.db, &story::policy()).await;
            let check = hledger(&journal, &["check", "--strict"]);
            let said = String::from_utf8(check.stderr).unwrap();
            assert!(!check.status.success() && said.contains("assertion"), "{change}: {said}");
            story::tamper(&fixture.service.db, back).await;
        }
    }
}

on_both! {
    #[cfg_attr(no_hledger, ignore = "hledger not found")]
    async fn hledger_accepts_an_empty_ledger(fixture: Fixture) {
        let check = hledger(&export(&fixture.service.db).await, &["check", "--strict"]);
        assert!(check.status.success(), "{check:?}");
        let empty = export_money(&fixture.service.db, Policy::shipped("standard").unwrap()).await;
        assert!(hledger(&empty, &["check", "--strict"]).status.success(), "{empty}");
    }
}

#[tokio::test]
#[cfg_attr(no_hledger, ignore = "hledger not found")]
async fn hledger_adds_up_to_the_balances_of_the_demo() {
    let directory = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite://{}", directory.path().join("demo.db").display())).await.unwrap();
    db.migrate().await.unwrap();
    let policy = strippenkaart::cli::demo::playing(Given::read("standard").unwrap()).unwrap();
    strippenkaart::cli::demo::seed(&db, policy, noon(2026, 11, 22), |_| ()).await.unwrap();
    let journal = export(&db).await;
    let check = hledger(&journal, &["check", "--strict"]);
    assert!(check.status.success(), "{check:?}");
    let ours = counters(&db).await;
    let customers: BTreeSet<&str> = ours.keys().filter_map(|account| account.split(':').nth(1)).collect();
    assert_eq!(customers.len(), 40, "everybody has something: {customers:?}");
    assert_eq!(balances(&journal), ours);
    let journal = export_money(&db, Policy::shipped("standard").unwrap()).await;
    let check = hledger(&journal, &["check", "--strict"]);
    assert!(check.status.success(), "{check:?}");
    assert_eq!(money(&journal), our_money(&db).await);
}
