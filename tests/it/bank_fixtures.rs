//! The synthetic files of seven Dutch banks in `tests/fixtures/bank`, beside what truly happened: each is read, adds up, and
//! tells nothing that is not true. That an import counts every movement once is for the tests of the import.

use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use strippenkaart::domain::Cents;
use strippenkaart::domain::bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction};
use strippenkaart::exchange::bank::{check, read, unexplained};

/// The banks, by their folder.
const BANKS: [&str; 7] = ["abnamro", "bunq", "ing", "knab", "rabobank", "sns", "triodos"];

/// `truth.json` of a bank.
#[derive(Debug, Deserialize)]
struct Truth {
    /// Our account.
    account: String,
    first_balance: Balance,
    /// The files in an order in which somebody would upload them.
    files: Vec<String>,
    /// Every movement once, however often files tell it.
    payments: Vec<Payment>,
    /// What the account stood at after each day.
    closing: Vec<Balance>,
    note: String,
}

/// A balance on a day.
#[derive(Debug, Deserialize)]
struct Balance {
    day: NaiveDate,
    amount: String,
}

/// A movement: a part of an entry where the bank tells parts.
#[derive(Debug, Deserialize)]
struct Payment {
    day: NaiveDate,
    direction: String,
    /// What moved on the account, so after costs that were kept or taken within it.
    amount: String,
    /// Those costs.
    charge: String,
    name: Option<String>,
    iban: Option<String>,
    text: Option<String>,
}

fn euros(amount: &str) -> Cents {
    amount.parse().unwrap()
}

fn folder(bank: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bank").join(bank)
}

fn truth(bank: &str) -> Truth {
    serde_json::from_slice(&std::fs::read(folder(bank).join("truth.json")).unwrap()).unwrap()
}

/// The files of a bank, read, in their order.
fn files(bank: &str, truth: &Truth) -> Vec<(String, BankFile)> {
    let file = |name: &String| {
        let bytes = std::fs::read(folder(bank).join(name)).unwrap();
        (format!("{bank}/{name}"), read(&bytes).unwrap_or_else(|fault| panic!("{bank}/{name}: {fault:?}")))
    };
    truth.files.iter().map(file).collect()
}

/// What a movement is known by when numbers of the bank do not count.
type Known = (NaiveDate, String, Cents, Cents, Option<String>, Option<String>, Option<String>);

fn known(entry: &BankEntry, detail: &BankDetail) -> Known {
    let (direction, moved) = match entry.direction {
        // What the truth calls a charge was told; whose it is, BANK-7 says.
        Direction::Credit => ("credit", detail.amount - detail.charge),
        Direction::Debit => ("debit", detail.amount + detail.charge),
    };
    let text = detail.text.clone().or_else(|| detail.structured.clone()).or_else(|| entry.text.clone());
    let charge = match entry.direction {
        Direction::Credit => detail.told_charge,
        Direction::Debit => detail.charge,
    };
    (entry.booked_on, direction.to_owned(), moved, charge, detail.name.clone(), detail.iban.clone(), text)
}

/// Every statement of our account in the files, in their order.
fn ours<'f>(files: &'f [(String, BankFile)], truth: &Truth) -> Vec<&'f BankStatement> {
    let statements = files.iter().filter(|(_, file)| file.kind == BankFileKind::Camt053);
    statements.flat_map(|(_, file)| &file.statements).filter(|told| told.account == truth.account).collect()
}

#[test]
fn every_file_of_every_bank_is_read_and_adds_up() {
    for bank in BANKS {
        let truth = truth(bank);
        assert!((3..=6).contains(&truth.files.len()) && !truth.note.is_empty(), "{bank}");
        let there =
            std::fs::read_dir(folder(bank)).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<String> = there.filter(|name| name != "truth.json").collect();
        assert_eq!(there, truth.files.iter().cloned().collect(), "{bank}: every file stands in the order");
        for (name, file) in files(bank, &truth) {
            let is_report = file.kind == BankFileKind::Pain002;
            assert_eq!((file.reports.is_empty(), file.statements.is_empty()), (!is_report, is_report), "{name}");
            for statement in &file.statements {
                check(statement).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
                let whole =
                    file.kind == BankFileKind::Camt054 || statement.opening.is_some() && statement.closing.is_some();
                assert!(whole, "{name}: a statement has both balances");
                assert!(statement.entries.iter().all(|entry| unexplained(entry) == Cents::ZERO), "{name}");
            }
        }
    }
}

#[test]
fn the_truth_adds_up_to_the_balances_of_the_bank() {
    for bank in BANKS {
        let truth = truth(bank);
        let mut balance = euros(&truth.first_balance.amount);
        let mut days = vec![truth.first_balance.day];
        for closing in &truth.closing {
            days.push(closing.day);
            for payment in truth.payments.iter().filter(|payment| payment.day == closing.day) {
                match payment.direction.as_str() {
                    "credit" => balance += euros(&payment.amount),
                    "debit" => balance -= euros(&payment.amount),
                    other => panic!("{bank}: {other}"),
                }
            }
            assert_eq!(balance, euros(&closing.amount), "{bank} {}", closing.day);
        }
        assert!(days.is_sorted_by(|one, next| one < next), "{bank}: {days:?}");
        let files = files(bank, &truth);
        let told = ours(&files, &truth);
        assert_eq!(told.first().unwrap().opening.unwrap().1, euros(&truth.first_balance.amount), "{bank}");
        assert_eq!(told.last().unwrap().closing.unwrap().1, balance, "{bank}");
    }
}

#[test]
fn files_tell_all_that_is_true_and_nothing_else() {
    for bank in BANKS {
        let truth = truth(bank);
        let files = files(bank, &truth);
        let entries = ours(&files, &truth).into_iter().flat_map(|statement| &statement.entries);
        let told: BTreeSet<Known> =
            entries.flat_map(|entry| entry.details.iter().map(|detail| known(entry, detail))).collect();
        let happened = truth.payments.into_iter().map(|payment| {
            let (amount, charge) = (euros(&payment.amount), euros(&payment.charge));
            (payment.day, payment.direction, amount, charge, payment.name, payment.iban, payment.text)
        });
        assert_eq!(told, happened.collect(), "{bank}");
    }
}

#[test]
fn numbers_of_the_bank_do_not_tell_movements_and_statements_apart() {
    let (mut references, mut ids) = (Vec::new(), Vec::new());
    for bank in BANKS {
        let truth = truth(bank);
        let files = files(bank, &truth);
        let statements = ours(&files, &truth);
        let entries: Vec<&BankEntry> = statements.iter().flat_map(|told| &told.entries).collect();
        let of = |entry: &BankEntry| known(entry, &entry.details[0]);
        let twice = |one: &BankEntry, other: &BankEntry| one.reference == other.reference && of(one) != of(other);
        if entries.iter().any(|one| entries.iter().any(|other| twice(one, other))) {
            references.push(bank);
        }
        let same_id = |one: &BankStatement, other: &BankStatement| one.id == other.id && one.closing != other.closing;
        if statements.iter().any(|one| statements.iter().any(|other| same_id(one, other))) {
            ids.push(bank);
        }
    }
    assert_eq!(references, ["ing", "knab", "sns", "triodos"], "one reference, or none, for several movements");
    assert_eq!(ids, ["abnamro", "triodos"], "one id for several statements");
}

/// What an import made of the files of a bank, in an order: what moved, by day and direction, and whether the books agree.
async fn imported(bank: &str, truth: &Truth, order: &[usize]) -> Vec<(NaiveDate, Cents)> {
    let fixture = crate::common::Fixture::sqlite_with(&crate::bank::any_account()).await;
    let books = crate::bank::Books::new(fixture).await;
    for at in order {
        let bytes = std::fs::read(folder(bank).join(&truth.files[*at])).unwrap();
        books.try_import(&bytes).await.unwrap_or_else(|error| panic!("{bank}/{}: {error}", truth.files[*at]));
    }
    let check = books.fixture.service.check_bank(&books.finance).await.unwrap();
    let account = check.accounts.iter().find(|row| row.account == truth.account).unwrap();
    assert!(account.agrees(), "{bank} {order:?}: {account:#?}");
    strippenkaart::service::verify::verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    let sql = "SELECT account, booked_on, CASE WHEN direction = 'credit' THEN amount - charge ELSE -amount - charge END
               FROM bank_lines WHERE state <> 'again' AND account <> ''";
    let rows: Vec<(String, NaiveDate, i64)> = books.all(sql).await;
    let ours = rows.into_iter().filter(|(account, ..)| *account == truth.account);
    let mut moved: Vec<(NaiveDate, Cents)> = ours.map(|(_, day, moved)| (day, Cents(moved))).collect();
    moved.sort();
    moved
}

#[tokio::test]
async fn bank_2_every_movement_of_seven_banks_counts_once_in_any_order() {
    for bank in BANKS {
        let truth = truth(bank);
        let signed = |row: &Payment| if row.direction == "credit" { euros(&row.amount) } else { -euros(&row.amount) };
        let mut expected: Vec<(NaiveDate, Cents)> = truth.payments.iter().map(|row| (row.day, signed(row))).collect();
        expected.sort();
        let natural: Vec<usize> = (0..truth.files.len()).collect();
        let mut orders = vec![natural.clone(), natural.iter().rev().copied().collect()];
        let mut turned = natural.clone();
        turned.rotate_left(1);
        orders.push(turned);
        for order in orders {
            assert_eq!(imported(bank, &truth, &order).await, expected, "{bank} {order:?}");
        }
    }
}
