//! Each statement runs on both databases in a test: no function of the store is without one.

use crate::common::on_both;
use crate::story;
use std::fs;
use std::path::Path;
use strippenkaart::domain::{Act, CommandId, Target};
use strippenkaart::store::books;

/// Run by every test that has a [`crate::common::Fixture`] and books something, or verifies. What is named here needs
/// no mention in `tests/it`.
const REACHED_THROUGH_THE_DOOR: [&str; 21] = [
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

/// Whether a text calls a function of the store: by its module, or as a method.
fn calls(text: &str, module: &str, name: &str) -> bool {
    let method = ["db", "walk"].contains(&module) && text.contains(&format!(".{name}("));
    method || text.contains(&format!("{module}::{name}("))
}

#[test]
fn every_function_of_the_store_is_tested() {
    let tests = files("tests/it");
    let mut untested = Vec::new();
    for (module, text) in files("src/store") {
        for rest in text.split("pub async fn ").skip(1) {
            let name = rest.split(['(', '<']).next().unwrap();
            let full = format!("{module}::{name}");
            let reached = REACHED_THROUGH_THE_DOOR.contains(&full.as_str());
            if !reached && !tests.iter().any(|(_, text)| calls(text, &module, name)) {
                untested.push(full);
            }
        }
    }
    assert!(untested.is_empty(), "nothing in tests/it calls these functions of src/store: {untested:?}");
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
