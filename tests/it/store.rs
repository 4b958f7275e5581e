//! Each statement runs on both databases in a test: no function of the store is without one.

use crate::common::on_both;
use crate::story;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use strippenkaart::domain::{Act, CommandId, Target};
use strippenkaart::store::books;

/// Run by every test that has a [`crate::common::Fixture`] and books something, or verifies. What is named here needs
/// no mention in `tests/it`.
const REACHED_THROUGH_THE_DOOR: [&str; 22] = [
    "books::append",
    "books::load",
    "db::all",
    "db::begin",
    "db::commit",
    "db::execute",
    "db::migrate",
    "db::one",
    "db::open",
    "db::optional",
    "db::reader",
    "db::snapshot",
    "policies::add",
    "policies::all",
    "policies::setting",
    "receipts::load",
    "rows::write",
    "tickets::index",
    "verify::count_transactions",
    "verify::counters",
    "verify::first_gap",
    "walk::movements_up_to",
];

/// Every Rust file under a directory, by its stem.
fn files(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(path.to_str().unwrap()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((stem, fs::read_to_string(path).unwrap()));
        }
    }
    found
}

/// A function of the source, and what its text calls.
struct Function {
    module: String,
    name: String,
    calls: BTreeSet<String>,
}

/// Modules that go by another name in a file: `use crate::store::accounting::{self as books`, `bank as rows`.
fn renamed(text: &str) -> Vec<(String, String)> {
    let words =
        |text: &str| text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_owned).collect();
    let parts: Vec<&str> = text.split(" as ").collect();
    let pairs = parts.windows(2).filter_map(|pair| {
        let before: Vec<String> = words(pair[0].strip_suffix("::{self").unwrap_or(pair[0]));
        let after: Vec<String> = words(pair[1]);
        Some((after.first()?.clone(), before.last()?.clone()))
    });
    pairs.collect()
}

/// What a text calls: `name` for each call, and `module::name` where a module is named.
fn calls(text: &str, renamed: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split('(') {
        let part = part.strip_suffix("::<_>").unwrap_or(part);
        let path = part.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':').next();
        let mut words = path.unwrap_or_default().rsplit("::");
        let (Some(name), module) = (words.next(), words.next()) else { continue };
        found.insert(name.to_owned());
        for module in module.into_iter().flat_map(|module| {
            let real = renamed.iter().filter(move |(new, _)| new == module).map(|(_, real)| real.as_str());
            real.chain([module])
        }) {
            found.insert(format!("{module}::{name}"));
        }
    }
    found
}

/// The functions of a directory, each with the text from its name to the next one.
fn functions(directory: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (module, text) in files(directory) {
        let renamed = renamed(&text);
        for rest in text.split("fn ").skip(1) {
            let name = rest.split(['(', '<']).next().unwrap().to_owned();
            let body = rest.split_once('(').map_or("", |(_, body)| body);
            found.push(Function { module: module.clone(), name, calls: calls(body, &renamed) });
        }
    }
    found
}

/// Every statement runs in a test: each function of the store is called by a test, or by something that a test calls.
/// Every operation of the API counts as called: [`crate::access`] asks for each of them on both databases. So does every
/// page: [`crate::no_cards`] follows every link as every role, on both.
#[test]
fn every_function_of_the_store_is_tested() {
    let roots = [files("tests/it"), files("src/web")].concat();
    let mut called: BTreeSet<String> = roots.iter().flat_map(|(_, text)| calls(text, &renamed(text))).collect();
    let mut between = functions("src/service");
    let mut store = functions("src/store");
    loop {
        let reached = |function: &Function, qualified: bool| {
            let full = format!("{}::{}", function.module, function.name);
            let method = !qualified || ["db", "walk"].contains(&function.module.as_str());
            (method && called.contains(&function.name))
                || called.contains(&full)
                || REACHED_THROUGH_THE_DOOR.contains(&full.as_str())
        };
        let mut fresh: Vec<Function> = between.extract_if(.., |function| reached(function, false)).collect();
        for function in store.extract_if(.., |function| reached(function, true)) {
            // Neighbours are called without their module.
            let beside = function.calls.iter().map(|name| format!("{}::{name}", function.module)).collect();
            fresh.push(Function { calls: &function.calls | &beside, ..function });
        }
        if fresh.is_empty() {
            break;
        }
        called.extend(fresh.into_iter().flat_map(|function| function.calls));
    }
    let public = public_functions();
    let untested: Vec<String> = store
        .iter()
        .map(|function| format!("{}::{}", function.module, function.name))
        .filter(|full| public.contains(full))
        .collect();
    assert!(untested.is_empty(), "no test reaches these functions of src/store: {untested:?}");
    assert!(public.len() > 100, "the scan found only {}", public.len());
}

/// The public functions of the store.
fn public_functions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (module, text) in files("src/store") {
        for rest in text.split("pub async fn ").skip(1) {
            found.insert(format!("{module}::{}", rest.split(['(', '<']).next().unwrap()));
        }
    }
    found
}

on_both! {
    under story::policy();
    async fn what_is_due_and_what_stands_is_told(fixture: Fixture) {
        story::play(&fixture).await;
        let db = &fixture.service.db;
        db.ping().await.unwrap();
        let mut reader = db.reader().await.unwrap();
        let due = books::due(&mut reader, crate::common::day("2026-05-09")).await.unwrap();
        assert_eq!(due.len(), 0, "the card of customer 2 is valid until 19 May");
        let customer = {
            let mut tx = db.snapshot().await.unwrap();
            let mut walk = strippenkaart::store::walk::Walk::default();
            walk.customers.next(&mut tx).await.unwrap().unwrap()
        };
        let command = fixture.command(Target::Customer(customer.id), Act::Settle);
        let mut tx = db.snapshot().await.unwrap();
        assert!(!books::stands(&mut tx, command.id).await.unwrap());
        let (id, ledger) =
            books::preview(&mut tx, &command, crate::common::day("2026-05-20")).await.unwrap().unwrap();
        assert_eq!((id, ledger.rows.customer), (customer.id, Some(customer.clone())));
        let nobody = fixture.command(Target::Customer(fixture.clock.id()), Act::Settle);
        assert!(books::preview(&mut tx, &nobody, crate::common::day("2026-05-20")).await.unwrap().is_none());
        drop(tx);

        let booked: CommandId = fixture.clock.id();
        let mut command = fixture.command(Target::Customer(customer.id), Act::order("5h".to_owned()));
        command.id = booked;
        fixture.service.door.submit(command).await.unwrap();
        assert!(books::stands(&mut db.reader().await.unwrap(), booked).await.unwrap());

        let mut tx = db.begin().await.unwrap();
        books::probe(&mut tx, fixture.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
}
