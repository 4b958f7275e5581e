//! Collections that the product sent, and what a bank makes of them: settled in a batch, as one sum or one by one; refused
//! before, and told so in a pain.002, once more under another id, and perhaps by a debit as well; returned later, with
//! and without costs, announced and reported besides. Any order of files ends the same, and each reversal counts once
//! (PAY-2, BANK-3).

use super::history::{History, Movement, Part, Plan, Rng};
use super::kinds::dutch;
use super::number;
use super::xml::{self, Hand};
use crate::bank::{Books, TERMS, camt053, detail, entry, rejected, returned};
use crate::common::{Fixture, day, on_both};
use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use std::fmt::Write as _;
use strippenkaart::domain::bank::{BankEntry, BankFile, BankFileKind, CollectionReport, Direction};
use strippenkaart::domain::bank_statement::StatementKind;
use strippenkaart::domain::export::ExportKind;
use strippenkaart::domain::matching::LineState;
use strippenkaart::domain::{Cents, Collection, CustomerId};
use strippenkaart::exchange::bank::{SentFile, sent, write};
use strippenkaart::service::access::Request;
use strippenkaart::service::exports::Asked;
use strippenkaart::service::verify::verify;

/// What became of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Paid,
    /// Refused before the money came; `debited`: the batch had it, and a debit took it out.
    Refused {
        debited: bool,
    },
    /// Came back after some days; `costs` in cents.
    Returned {
        costs: i64,
        reported: bool,
        announced: bool,
    },
    /// Nothing was heard.
    Silent,
}

/// How the money came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Batch,
    Sum,
    OneByOne,
}

struct Order {
    customer: CustomerId,
    collection: Collection,
    fate: Fate,
    code: &'static str,
}

impl Order {
    const fn is_reversed(&self) -> bool {
        matches!(self.fate, Fate::Refused { .. } | Fate::Returned { .. })
    }
}

/// What a bank tells of them.
struct Told {
    orders: Vec<Order>,
    history: History,
    files: Vec<(String, Vec<u8>)>,
    came: Came,
}

fn movement(id: usize, on: NaiveDate, direction: Direction, parts: Vec<Part>) -> Movement {
    let charges: Cents = parts.iter().map(|part| part.charge).sum();
    let amount = parts.iter().map(|part| part.amount).sum::<Cents>() + charges;
    let minute = u32::try_from(30 + 10 * id).unwrap();
    let code = Some(if direction == Direction::Credit { "PMNT/IDDT/ESDD" } else { "PMNT/IDDT/UPDD" }.to_owned());
    let batch = None;
    Movement { id, day: on, told_on: on, minute, direction, amount, parts, servicer: None, code, batch }
}

fn plan(file: usize, (from, to): (NaiveDate, NaiveDate)) -> Plan {
    super::cases::told(file, &from.to_string(), &to.to_string())
}

/// Hands out what is planned.
async fn send(books: &Books) -> SentFile {
    let service = &books.fixture.service;
    let asked = Asked { up_to: Some(day("2026-03-09")), ..Asked::of(ExportKind::Collection) };
    let export = service.make_export(Request { caller: &books.finance, key: None }, &asked).await.unwrap();
    sent(&service.export_file(&books.finance, export.number).await.unwrap().bytes).unwrap()
}

/// Makes collections, sends them, and tells what became of them.
async fn told(books: &Books, seed: u64) -> Told {
    let mut rng = Rng::new(seed ^ 0x0c01_1ec7);
    let came = [Came::Batch, Came::Sum, Came::OneByOne][rng.below(3)];
    let mut orders: Vec<Order> = Vec::new();
    for at in 0..4 + rng.below(5) {
        let net = Cents(i64::try_from(1_000 + rng.below(60_000)).unwrap()).to_string();
        let again = orders.last().filter(|_| rng.chance(35)).map(|order| order.customer);
        let (customer, collection) = if let Some(customer) = again {
            (customer, books.plan(&books.invoice(customer, &net).await).await)
        } else {
            let (customer, _, collection) = books.collected(&net, &dutch("RABO", 700 + at)).await;
            (customer, collection)
        };
        let fate = match rng.below(10) {
            0..=3 => Fate::Paid,
            4 | 5 => Fate::Refused { debited: rng.chance(50) },
            6..=8 => Fate::Returned {
                costs: if rng.chance(50) { 350 } else { 0 },
                reported: rng.chance(30),
                announced: rng.chance(40),
            },
            // Of what came as one sum everything is known.
            _ if came == Came::Sum => Fate::Paid,
            _ => Fate::Silent,
        };
        let code = ["AM04", "MD06", "MS03", "AC04", "MD01"][rng.below(5)];
        orders.push(Order { customer, collection, fate, code });
    }
    let sent = send(books).await;
    let (settled, taken_out) = (day("2026-03-10"), day("2026-03-11"));
    let part = |order: &Order| Part {
        amount: order.collection.amount,
        name: Some("School".to_owned()),
        iban: Some(dutch("RABO", 7)),
        end_to_end_id: Some(order.collection.end_to_end_id.clone()),
        ..Part::default()
    };
    let back =
        |order: &Order, costs: i64| Part { reason: Some(order.code.to_owned()), charge: Cents(costs), ..part(order) };
    let mut movements: Vec<Movement> = Vec::new();
    let went = orders
        .iter()
        .filter(|order| matches!(order.fate, Fate::Paid | Fate::Returned { .. } | Fate::Refused { debited: true }));
    let went: Vec<Part> = went.map(part).collect();
    if came == Came::OneByOne {
        for one in went.clone() {
            movements.push(movement(movements.len(), settled, Direction::Credit, vec![one]));
        }
    } else {
        for (group, ids) in &sent.groups {
            let of_group = |part: &&Part| part.end_to_end_id.as_ref().is_some_and(|id| ids.contains(id));
            let parts: Vec<Part> = went.iter().filter(of_group).cloned().collect();
            if !parts.is_empty() {
                let batch = Some(group.clone());
                let came = movement(movements.len(), settled, Direction::Credit, parts);
                movements.push(Movement { batch, ..came });
            }
        }
    }
    let mut announced = Vec::new();
    for order in &orders {
        let (on, costs) = match order.fate {
            Fate::Refused { debited: true } => (taken_out, 0),
            Fate::Returned { costs, .. } => {
                (settled + TimeDelta::days(1 + i64::try_from(rng.below(6)).unwrap()), costs)
            }
            Fate::Paid | Fate::Refused { debited: false } | Fate::Silent => continue,
        };
        let id = movements.len();
        movements.push(movement(id, on, Direction::Debit, vec![back(order, costs)]));
        if matches!(order.fate, Fate::Returned { announced: true, .. }) {
            announced.push((id, on));
        }
    }
    let mut plans: Vec<Plan> = Vec::new();
    let next = |plans: &[Plan]| plans.len();
    for days in 0..8 {
        let on = settled + TimeDelta::days(days);
        if movements.iter().any(|row| row.day == on) {
            plans.push(Plan { lump: came == Came::Sum, ..plan(next(&plans), (on, on)) });
        }
    }
    if rng.chance(50) {
        let (from, to) = (day("2026-03-09"), day("2026-03-13"));
        plans.push(Plan { lump: came == Came::Sum, ..plan(next(&plans), (from, to)) });
    }
    if rng.chance(40) && movements.first().is_some_and(|row| row.direction == Direction::Credit) {
        let (kind, about) = (StatementKind::Notice, vec![0]);
        plans.push(Plan { kind, about, lump: came == Came::Sum, ..plan(next(&plans), (settled, settled)) });
    }
    for (id, on) in announced {
        plans.push(Plan { kind: StatementKind::Notice, about: vec![id], ..plan(next(&plans), (on, on)) });
    }
    let history = History { seed, first: Cents(12_345), movements, plans };
    let mut files: Vec<(NaiveDate, String, Vec<u8>)> = Vec::new();
    for (file, place) in history.files().iter().zip(0..) {
        let place: u64 = place;
        let bytes = xml::written(file, xml::kind_of(file), &format!("M{place}"), Hand::of(seed ^ (place << 20)));
        files.push((file.made.date(), format!("{place}.xml"), bytes));
    }
    files.extend(reports(&orders, &sent, &mut rng));
    files.sort_by_key(|(made, ..)| *made);
    let files = files.into_iter().map(|(_, name, bytes)| (name, bytes)).collect();
    Told { orders, history, files, came }
}

/// What the bank reports of collections that were refused or came back, some of it twice.
fn reports(orders: &[Order], sent: &SentFile, rng: &mut Rng) -> Vec<(NaiveDate, String, Vec<u8>)> {
    let report = |order: &Order| CollectionReport {
        line: 1,
        message_id: sent.message_id.clone(),
        batch: sent
            .groups
            .iter()
            .find(|(_, ids)| ids.contains(&order.collection.end_to_end_id))
            .map(|row| row.0.clone()),
        end_to_end_id: Some(order.collection.end_to_end_id.clone()),
        rejected: true,
        status: "RJCT".to_owned(),
        reason: Some(order.code.to_owned()),
        text: None,
        amount: Some(order.collection.amount),
    };
    let of = |wanted: &dyn Fn(Fate) -> bool| -> Vec<CollectionReport> {
        orders.iter().filter(|order| wanted(order.fate)).map(report).collect()
    };
    let refused = of(&|fate| matches!(fate, Fate::Refused { .. }));
    let returned = of(&|fate| matches!(fate, Fate::Returned { reported: true, .. }));
    let mut files = Vec::new();
    let mut tell = |name: &str, on: &str, reports: Vec<CollectionReport>| {
        if !reports.is_empty() {
            let (kind, version) = (BankFileKind::Pain002, "pain.002.001.10".to_owned());
            let file = BankFile { kind, version, message_id: name.to_owned(), statements: Vec::new(), reports };
            files.push((day(on), name.to_owned(), write(&file).into_bytes()));
        }
    };
    tell("refused", "2026-03-09", refused.clone());
    if rng.chance(50) {
        tell("refused-again", "2026-03-12", refused);
    }
    tell("returned", "2026-03-15", returned);
    files
}

/// What the end is like, and what is wrong with it.
async fn end(fixture: Fixture, seed: u64, way: u64) -> (Vec<String>, Vec<String>) {
    let books = Books::new(fixture).await;
    let told = told(&books, seed).await;
    books.fixture.clock.set(Utc.with_ymd_and_hms(2026, 4, 20, 9, 0, 0).unwrap());
    let mut order: Vec<usize> = (0..told.files.len()).collect();
    match way {
        0 => {}
        1 => order.reverse(),
        way => Rng::new(seed ^ (way << 8)).shuffle(&mut order),
    }
    for place in &order {
        books.fixture.clock.set(books.fixture.clock.now() + TimeDelta::seconds(1));
        books.try_import(&told.files[*place].1).await.unwrap();
    }
    let (mut end, mut wrong) = (Vec::new(), Vec::new());
    let mut known: Vec<CustomerId> = Vec::new();
    for order in &told.orders {
        if !known.contains(&order.customer) {
            known.push(order.customer);
            end.extend(books.money_of(order.customer).await.into_iter().map(|row| format!("{}: {row}", known.len())));
        }
    }
    for account in ["bank", "in_transit", "bank_charges", "receivable"] {
        end.push(format!("{account} {}", books.balance(account).await));
    }
    let effect: Cents = told.history.movements.iter().map(Movement::effect).sum();
    let bank = books.balance("bank").await;
    if bank != effect {
        wrong.push(format!("the bank moved {effect}, the books {bank}"));
    }
    let reversed: Vec<(String, i64, i64)> = books
        .all("SELECT collection_id, CAST(COUNT(*) AS BIGINT), CAST(SUM(charge) AS BIGINT) FROM reversals GROUP BY collection_id")
        .await;
    for order in &told.orders {
        let id = order.collection.id.to_string();
        let many = reversed.iter().find(|(of, ..)| *of == id).map_or((0, 0), |(_, many, charge)| (*many, *charge));
        let costs = if let Fate::Returned { costs, .. } = order.fate { costs } else { 0 };
        let expected = (i64::from(order.is_reversed()), costs);
        if many != expected {
            wrong.push(format!("{:?} has {many:?} reversals and costs, not {expected:?}", order.fate));
        }
    }
    for row in books.queue().await {
        let line = row.line;
        wrong.push(format!("waits: {} {} {:?}", line.direction, line.amount, line.why));
    }
    let lines = books.fixture.service.bank_lines(&books.finance, LineState::New, None, 100).await.unwrap();
    if !lines.is_empty() {
        wrong.push("not looked at".to_owned());
    }
    let check = books.fixture.service.check_bank(&books.finance).await.unwrap();
    if !check.agrees() {
        wrong.push(format!("{check:#?}"));
    }
    if let Err(error) = verify(&books.fixture.service.db, |_, _| {}).await {
        wrong.push(format!("{error:?}"));
    }
    if !wrong.is_empty() {
        let names: Vec<&str> = order.iter().map(|place| told.files[*place].0.as_str()).collect();
        wrong.push(format!("{:?} {names:?}", told.came));
    }
    (end, wrong)
}

/// What is wrong with the collections of some seeds, in several orders on both databases.
async fn faults(seeds: impl IntoIterator<Item = u64>, ways: u64) -> (usize, String) {
    let (mut many, mut text) = (0, String::new());
    for seed in seeds {
        let mut first: Option<Vec<String>> = None;
        let before = text.len();
        for way in 0..ways {
            let sqlite = tokio::spawn(async move { end(Fixture::sqlite_with(TERMS).await, seed, way).await });
            let postgres = tokio::spawn(async move { end(Fixture::postgres_with(TERMS).await, seed, way).await });
            for (name, played) in [("sqlite", sqlite), ("postgres", postgres)] {
                let (end, wrong) = played.await.unwrap();
                if !wrong.is_empty() {
                    let _ = writeln!(text, "seed {seed}, order {way}, {name}: {}", wrong.join("; "));
                }
                match &first {
                    None => first = Some(end),
                    Some(first) if *first != end => {
                        let (then, now) = (super::through::only(first, &end), super::through::only(&end, first));
                        let _ = writeln!(text, "seed {seed}, order {way}, {name}: natural: {then} | now: {now}");
                    }
                    Some(_) => {}
                }
            }
        }
        many += usize::from(text.len() > before);
    }
    (many, text)
}

on_both! {
    under TERMS;
    async fn pay_2_a_batch_told_as_one_sum_settles_whichever_of_its_messages_comes_first(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (_, first, a) = books.collected("800.00", &dutch("RABO", 1)).await;
        let (_, second, b) = books.collected("98.00", &dutch("RABO", 2)).await;
        let (_, third, c) = books.collected("10.00", &dutch("RABO", 3)).await;
        let sent = send(&books).await;
        // One came back before its money was told; another was refused, which nobody has said yet.
        let back = vec![returned(&c.amount.to_string(), &c.end_to_end_id, "MD06")];
        books.import(&camt053("s-2", vec![entry(Direction::Debit, &c.amount.to_string(), "OUT-1", back)])).await;
        let came = (a.amount + c.amount).to_string();
        let sum = vec![detail(&came, "")];
        let batch = Some(sent.groups[0].0.clone());
        let sum = BankEntry { batch, ..entry(Direction::Credit, &came, "IN-1", sum) };
        let import = books.import(&camt053("s-3", vec![sum])).await;
        assert_eq!((import.tally.queued.count, import.tally.settled.count), (1, 0));
        books.import(&rejected("R-1", &b, "AC04")).await;
        assert_eq!(books.queue().await, []);
        assert_eq!(books.reload(&first).await.open(), Cents::ZERO);
        assert_eq!(books.reload(&second).await.open(), second.gross);
        assert_eq!(books.reload(&third).await.open(), third.gross);
        assert_eq!((books.balance("bank").await, books.balance("in_transit").await), (a.amount, Cents::ZERO));
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

/// PAY-2 for the collections of some seeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn pay_2_any_order_of_reports_returns_and_settlement_ends_the_same() {
    // One sum for all, one by one, and a batch.
    let (many, text) = faults([1, 4, 7], 2).await;
    assert_eq!(many, 0, "{text}");
}

/// The same, as often as asked: `just trial-bank-databases`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
#[ignore = "takes long: just trial-bank-databases"]
async fn trial_bank_databases_debits_long() {
    let (seed, count) = (number("STRIPPENKAART_TRIAL_SEED", 1), number("STRIPPENKAART_TRIAL_COUNT", 200));
    let (many, text) = faults(seed..seed + count, 4).await;
    assert_eq!(many, 0, "of {count} from {seed}\n{text}");
}
