//! Own accounts at the bank with an account of the bookkeeper of their own (BANK-4).

use crate::bank::{Books, OURS, THEIRS, booked, euros, file, statement, transfer};
use crate::common::{day, on_both};
use strippenkaart::domain::bank::{BankFile, BankFileKind, BankStatement};
use strippenkaart::domain::export::ExportKind;
use strippenkaart::domain::{Cents, Invoice, MoneyAccount};
use strippenkaart::service::exports::{Asked, Maker};

/// Our second account, at another bank.
const SECOND: &str = "NL20INGB0001234567";

/// Two accounts, of which the second has an account of its own in the books.
fn terms() -> String {
    let text = include_str!("../../policies/standard.toml");
    let seller = format!("\"{OURS}\"\nother_ibans = [\"{SECOND}\"]");
    let own = format!("\n[[accounts.own]]\niban = \"{SECOND}\"\naccount = {{ number = \"1110\", name = \"ING\" }}\n");
    text.replace(&format!("\"{OURS}\""), &seller) + &own
}

/// A payment of an invoice by its reference, on one of our accounts.
fn paid(account: &str, on: &str, opening: &str, invoice: &Invoice) -> BankFile {
    let (on, reference) = (day(on), invoice.issued().unwrap().reference.clone());
    let told = booked(on, vec![transfer("121.00", &reference, Some(THEIRS[1]), "")]);
    let of_first = statement(account, on, euros(opening), told);
    file(BankFileKind::Camt053, account, vec![BankStatement { account: account.to_owned(), ..of_first }])
}

/// The rows of a journal on an account: debit and credit.
fn on_account(csv: &str, number: &str) -> Vec<(String, String)> {
    let rows = csv.lines().map(|line| line.trim_start_matches('\u{feff}').split(';').collect::<Vec<_>>());
    let of = rows.filter(|row| row.get(4).is_some_and(|cell| cell.trim_matches('"') == number));
    of.map(|row| (row[10].to_owned(), row[11].to_owned())).collect()
}

/// What an export holds.
async fn made(books: &Books, asked: Asked) -> String {
    let service = &books.fixture.service;
    let export = service.export_with(&Maker::default(), &asked, &|_, _| {}).await.unwrap();
    String::from_utf8(service.stored_file(export.number).await.unwrap().bytes).unwrap()
}

on_both! {
    under terms();
    async fn bank_4_an_own_account_with_a_number_of_its_own_is_told_apart_in_journal_audit_file_and_balances(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (one, other) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        books.import(&paid(OURS, "2026-03-02", "0.00", &one)).await;
        let second = books.import(&paid(SECOND, "2026-03-03", "0.00", &other)).await;
        assert_eq!(second.tally.paid.count, 1, "{second:?}");

        let service = &books.fixture.service;
        let up_to = Some(day("2026-03-09"));
        let csv = made(&books, Asked { up_to, ..Asked::of(ExportKind::Journal) }).await;
        assert_eq!(on_account(&csv, "1100"), [("121,00".to_owned(), String::new())], "{csv}");
        assert_eq!(on_account(&csv, "1110"), [("121,00".to_owned(), String::new())], "{csv}");
        assert!(csv.contains("ING"), "{csv}");
        let days = (Some(day("2026-01-01")), up_to);
        let audit = made(&books, Asked { from: days.0, to: days.1, ..Asked::of(ExportKind::Xaf) }).await;
        assert_eq!(audit.matches(">1110<").count(), 2, "in the chart and on a line: {audit}");

        let balances = service.balances(&books.finance, None, up_to).await.unwrap();
        let bank = balances.accounts.iter().filter(|row| row.account == MoneyAccount::Bank);
        let told: Vec<_> = bank.map(|row| (row.number.as_str(), row.balance())).collect();
        assert_eq!(told, [("1100", euros("121.00")), ("1110", euros("121.00"))]);
        assert_eq!(balances.of(MoneyAccount::Bank), euros("242.00"));
        // BANK-4: what stands on each is what its lines moved.
        let check = service.check_bank(&books.finance).await.unwrap();
        assert!(check.agrees() && check.accounts.iter().all(|row| row.posted == euros("121.00")), "{check:#?}");

        // An undone match goes back on the same account.
        let line = books.all::<(String,)>("SELECT id FROM bank_lines WHERE account = 'NL20INGB0001234567'").await[0].0.clone();
        service.undo_line(&books.finance, line.parse().unwrap()).await.unwrap();
        let balances = service.balances(&books.finance, None, up_to).await.unwrap();
        let of_second = balances.accounts.iter().find(|row| row.number == "1110").unwrap();
        assert_eq!((of_second.balance(), of_second.debit), (Cents::ZERO, euros("121.00")));
    }
}
