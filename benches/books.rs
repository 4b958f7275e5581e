//! How fast the books are: `cargo bench --bench books`.
//!
//! `BENCH_INVOICES` invoices (10 000) are decided, numbered and booked through the door, then written as UBL and as PDF;
//! `BENCH_ENTRIES` entries (100 000) of the bank's statements, ten to an invoice by its payment reference, are read and
//! booked through the service. The memory of the process is told along the way. `BENCH_DIR` says on which disk the SQLite
//! file lies.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]

#[path = "../tests/it/common/cluster.rs"]
mod cluster;

use chrono::NaiveDate;
use std::env::var;
use std::sync::Arc;
use std::time::{Duration, Instant};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Billing, Cents, CustomerId, Invoice, Locale, Receipt, Target, UserId,
    bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction},
};
use strippenkaart::exchange::ubl::Profile;
use strippenkaart::exchange::{bank, pdf, ubl};
use strippenkaart::service::{Service, access::Caller, login::NewUser, policies::Given};
use strippenkaart::store::{Db, users::StaffRole};
use tokio::task::JoinSet;

/// How many wait at the door at once.
const AT_ONCE: usize = 256;
/// How many customers buy.
const CUSTOMERS: u64 = 500;
/// In how many parts an invoice is paid.
const PARTS: u64 = 10;
/// How many entries a statement has: a day of a large office.
const STATEMENT: usize = 10_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir_in(var("BENCH_DIR").unwrap_or_else(|_| ".".to_owned())).unwrap();
        let file = format!("sqlite://{}", dir.path().join("bench.db").display());
        measure("sqlite", &file).await;
        measure("postgres", &cluster::database().await).await;
    });
}

fn number(name: &str, default: u64) -> u64 {
    var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What this process has in memory, in MiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn say(what: &str, count: u64, took: Duration) {
    let each = took.as_micros() / u128::from(count.max(1));
    let rate = u128::from(count) * 1_000_000 / took.as_micros().max(1);
    println!("  {what:<34} {count:>7} in {:>6} ms, {each:>5} µs each, {rate:>6}/s, {} MiB", took.as_millis(), memory());
}

async fn measure(database: &str, address: &str) {
    let (invoices, entries) = (number("BENCH_INVOICES", 10_000), number("BENCH_ENTRIES", 100_000));
    println!("{database}: {} MiB to begin with", memory());
    let db = Db::open(address).await.unwrap();
    db.migrate().await.unwrap();
    let mut given = Given::read("standard").unwrap();
    // The seller of a bench is as good as real: its documents are issued (PAY-1a).
    given.text = given.text.replace("\nexample = true\n", "\n");
    let (service, _writer) = Service::start(db, Clock::system(), Some(given)).await.unwrap();
    let new = NewUser { email: "f@bench.example".to_owned(), name: "Bench".to_owned(), role: StaffRole::Finance };
    let finance = service.add_user(new, "a password of the bench".to_owned()).await.unwrap();
    let caller = service.caller_by_id(finance.id).await.unwrap();
    let service = Arc::new(service);
    let customers = customers(&service, finance.id).await;

    let start = Instant::now();
    let issued = order(&service, finance.id, &customers, invoices).await;
    say("invoices decided, numbered, booked", invoices, start.elapsed());
    write(&issued);
    import(&service, &caller, &issued, entries).await;
}

async fn customers(service: &Arc<Service>, finance: UserId) -> Vec<CustomerId> {
    let mut made = Vec::new();
    for number in 0..CUSTOMERS {
        let id: CustomerId = service.clock.id();
        let act = Act::CreateCustomer {
            name: format!("School {number}"),
            email: format!("school{number}@bench.example"),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: None,
            imported: true,
        };
        service.door.submit(service.command(Actor::Staff(finance), None, Target::Customer(id), act)).await.unwrap();
        let billing = Billing {
            street: Some("Schoolstraat 1".to_owned()),
            postcode: Some("1234 AB".to_owned()),
            city: Some("Delft".to_owned()),
            registration: Some("12345678".to_owned()),
            ..Billing::default()
        };
        let act = Act::SetBilling(billing);
        service.door.submit(service.command(Actor::Staff(finance), None, Target::Customer(id), act)).await.unwrap();
        made.push(id);
    }
    made
}

/// Orders so many cards, so many at once.
async fn order(service: &Arc<Service>, finance: UserId, customers: &[CustomerId], count: u64) -> Vec<Invoice> {
    let mut waiting = JoinSet::new();
    let mut issued = Vec::new();
    let keep = |made: Receipt, issued: &mut Vec<Invoice>| {
        let Receipt::Card(_, Some(invoice)) = made else { panic!("an order makes a card") };
        issued.push(*invoice);
    };
    for (customer, _) in customers.iter().cycle().zip(0..count) {
        if waiting.len() >= AT_ONCE {
            keep(waiting.join_next().await.unwrap().unwrap(), &mut issued);
        }
        let command = service.command(Actor::Staff(finance), None, Target::Customer(*customer), Act::order("10h"));
        let door = service.door.clone();
        waiting.spawn(async move { door.submit(command).await.unwrap() });
    }
    while let Some(made) = waiting.join_next().await {
        keep(made.unwrap(), &mut issued);
    }
    issued
}

fn write(issued: &[Invoice]) {
    let documents: Vec<_> = issued.iter().filter_map(Invoice::document).collect();
    let count = documents.len() as u64;
    let start = Instant::now();
    let bytes: usize = documents.iter().map(|document| ubl::write(document, Profile::Peppol).unwrap().len()).sum();
    say(&format!("written as UBL ({} MiB)", bytes >> 20), count, start.elapsed());
    let start = Instant::now();
    let bytes: usize = documents.iter().map(|document| pdf::write(document).unwrap().len()).sum();
    say(&format!("written as PDF ({} MiB)", bytes >> 20), count, start.elapsed());
}

async fn import(service: &Arc<Service>, caller: &Caller, issued: &[Invoice], entries: u64) {
    let today = service.policies.day(service.clock.now());
    let account = service.policies.newest().provider.iban.clone().unwrap();
    let parts = issued.iter().flat_map(|invoice| (1..=PARTS).map(move |part| (invoice, part)));
    let all: Vec<(&Invoice, u64)> = parts.take(usize::try_from(entries).unwrap()).collect();
    let mut balance = Cents::ZERO;
    let mut files = Vec::new();
    for (nr, some) in all.chunks(STATEMENT).enumerate() {
        let entries: Vec<BankEntry> = some.iter().map(|(invoice, part)| entry(invoice, *part, today)).collect();
        let received: Cents = entries.iter().map(|entry| entry.amount).sum();
        let statement = BankStatement {
            id: format!("S{nr}"),
            account: account.clone(),
            currency: Some("EUR".to_owned()),
            opening: Some((today, balance)),
            closing: Some((today, balance + received)),
            entries,
        };
        balance += received;
        let (kind, version) = (BankFileKind::Camt053, "camt.053.001.08".to_owned());
        let file =
            BankFile { kind, version, message_id: format!("M{nr}"), statements: vec![statement], reports: vec![] };
        files.push(bank::write_at(&file, Clock::system().now()));
    }
    let bytes: usize = files.iter().map(String::len).sum();
    let start = Instant::now();
    for file in &files {
        bank::read(file.as_bytes()).unwrap();
    }
    say(&format!("entries read ({} MiB)", bytes >> 20), all.len() as u64, start.elapsed());
    let start = Instant::now();
    for (nr, file) in files.iter().enumerate() {
        service.import_bank(caller, &format!("{nr}.xml"), file.clone().into_bytes(), |_, _| ()).await.unwrap();
        println!("    {} entries: {} MiB", (nr + 1) * STATEMENT, memory());
    }
    say("entries imported and booked", all.len() as u64, start.elapsed());
    let start = Instant::now();
    for file in &files {
        service.import_bank(caller, "again.xml", file.clone().into_bytes(), |_, _| ()).await.unwrap();
    }
    say("the same files again", all.len() as u64, start.elapsed());
}

/// One part of an invoice, paid with its reference; the last part is what is left.
fn entry(invoice: &Invoice, part: u64, day: NaiveDate) -> BankEntry {
    let issued = invoice.issued().unwrap();
    let share = invoice.gross.0 / i64::try_from(PARTS).unwrap();
    let rest = invoice.gross.0 - share * i64::try_from(PARTS - 1).unwrap();
    let amount = Cents(if part == PARTS { rest } else { share });
    let reference = format!("{}-{part}", issued.number);
    BankEntry {
        servicer_reference: None,
        entry_reference: None,
        reversal: false,
        line: 0,
        reference: Some(reference.clone()),
        amount,
        currency: "EUR".to_owned(),
        direction: Direction::Credit,
        booked: true,
        booked_on: day,
        valued_on: day,
        code: Some("PMNT/RCDT/ESCT".to_owned()),
        batch: None,
        batch_message: None,
        text: None,
        details: vec![BankDetail {
            amount,
            reference: Some(reference),
            name: Some("School".to_owned()),
            iban: Some("NL20INGB0001234567".to_owned()),
            structured: Some(issued.reference.clone()),
            ..BankDetail::default()
        }],
    }
}
