//! A ledger with every kind of transaction, made through the door; and the way past the door, for tests that tamper.

use crate::common::{Fixture, day, noon};
use sqlx::AssertSqlSafe;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Act, Cents, Cover, CustomerId, EstimateId, Excess, Locale, Minutes, PaymentMethod, Receipt, Target, Ticket,
    TicketId, TicketKind, TimeEntryId, command::Ruling, decide::TimeReceipt,
};
use strippenkaart::store::Db;

/// OpenEdu's terms, with cards that expire after two months or are given back on 1 July, and with urgency.
pub fn policy() -> String {
    let terms = "validity = { months = 2 }\nconversion = \"credit\"\nconversion_on = \"07-01\"";
    let cards = include_str!("../../policies/openedu.toml").replace("validity = \"never\"", terms);
    format!("{cards}{URGENCY}")
}

/// What an hour costs, and urgent tickets: one free, more with an add-on.
pub const URGENCY: &str = r#"
[fair_use]
factor = 3

[rates]
hourly = "95.00"

[urgency]
safety = "Safety first."
sentence = "One a year is free."
add_on = { monthly = "150.00", hourly = "125.00" }

[[urgency.levels]]
id = "urgent"
name = "Urgent"
"#;

/// Plays the story. Customer 1 gets 15 transactions, customer 2 its welcome card and agreed work, together of all kinds,
/// and customer 3, imported, nothing. [`give_back`] adds the one kind that takes a new year.
pub async fn play(fixture: &Fixture) {
    let (customer, owner) = fixture.customer().await; // 1 welcome
    buy(fixture, customer).await; // 5 activation
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
    let estimate = fixture.propose(ticket, 105).await.id;
    fixture.accept(estimate, owner).await.unwrap(); // 6 acceptance
    let first = fixture.log(ticket, 50).await; // 7 time, 60 from the hold
    fixture.clock.set(noon(2026, 3, 10));
    let second = log(fixture, ticket, 46, None, None).await; // 8 time, 45 from the hold and 15 uncovered
    assert_eq!((second.draws[0].minutes, second.uncovered), (Minutes(45), Minutes(15)));
    cover(fixture, second.entry.id, true, owner).await; // 9 cover
    let other = fixture.ticket(customer, Some(owner), TicketKind::Change).await.id;
    let third = log(fixture, other, 30, None, None).await; // 10 time, 30 uncovered
    cover(fixture, third.entry.id, false, owner).await; // 11 goodwill
    let act = Act::ReverseEntry { entry: first.entry.id, reason: "The wrong ticket".to_owned() };
    fixture.submit(Target::TimeEntry(first.entry.id), act).await.unwrap(); // 12 reversal, into the hold
    fixture.submit(Target::Estimate(estimate), Act::CloseEstimate(estimate)).await.unwrap(); // 13 release
    log(fixture, ticket, 45, Some(estimate), None).await; // 14 time, 45 of the 60 that were reversed
    let defect = fixture.ticket(customer, Some(owner), TicketKind::Defect).await.id;
    let free = log(fixture, defect, 20, None, Some("2026-03-02")).await; // 15 time, free, before all others
    assert_eq!((free.entry.charged, free.uncovered), (Minutes::ZERO, Minutes::ZERO));

    let (second, owner_of_second) = fixture.customer().await;
    let question = fixture.ticket(second, Some(owner_of_second), TicketKind::Question).await;
    decide(fixture, &fixture.ticket(second, None, TicketKind::Change).await, Cover::Goodwill).await;
    let term = Act::RecordAddOn { since: day("2026-03-10"), until: None };
    fixture.submit(Target::Customer(customer), term).await.unwrap();
    let agreed = log(fixture, question.id, 40, None, None).await; // 2 time, 45 uncovered
    let (entry, contact, reason) = (agreed.entry.id, owner_of_second, "Said yes by mail".to_owned());
    let act = Act::InvoiceEntry { entry, contact, hourly_rate: None, reason };
    fixture.submit(Target::TimeEntry(entry), act).await.unwrap(); // 3 invoiced
    import(fixture, "Imported").await;
    fixture.clock.set(noon(2026, 5, 20));
    fixture.submit(Target::Customer(customer), Act::Settle).await.unwrap(); // 16 expiry
    let late = log(fixture, other, 10, None, Some("2026-05-01")).await; // 17 time, 15 uncovered
    cover(fixture, late.entry.id, true, owner).await; // 18 cover, late, from what expired
}

/// What comes after the story: customer 4 buys a card, and its money is to be given back on 1 July (CARD-10).
pub async fn give_back(fixture: &Fixture) -> CustomerId {
    let customer = import(fixture, "Buyer").await;
    buy(fixture, customer).await; // 1 invoice, 2 and 3 payments, 4 activation
    fixture.clock.set(noon(2026, 7, 1));
    fixture.submit(Target::Customer(customer), Act::Settle).await.unwrap(); // 5 conversion
    customer
}

/// Decides who pays for a ticket after all.
async fn decide(fixture: &Fixture, ticket: &Ticket, cover: Cover) {
    let ruling = Ruling {
        kind: None,
        topic: None,
        urgency: None,
        cover: Some(cover),
        agreed_by: None,
        hourly_rate: None,
        reason: "We promised it".to_owned(),
        reverse_entries: true,
    };
    let act = Act::DecideCoverage { ticket: ticket.id, replaces: ticket.coverage_id, ruling };
    fixture.submit(Target::Ticket(ticket.id), act).await.unwrap();
}

/// A card of five hours, paid in two parts.
async fn buy(fixture: &Fixture, customer: CustomerId) {
    let order = Act::order("5h".to_owned());
    let Ok(Receipt::Card(_, Some(invoice))) = fixture.submit(Target::Customer(customer), order).await else {
        panic!("the policy sells 5h")
    };
    for amount in [Cents(20_000), Cents(28_400)] {
        let (paid_on, method) = (day("2026-03-09"), PaymentMethod::Bank);
        let act = Act::RecordPayment(Receiving::of(invoice.id, amount, paid_on, method));
        fixture.submit(Target::Invoice(invoice.id), act).await.unwrap();
    }
}

async fn import(fixture: &Fixture, name: &str) -> CustomerId {
    let customer = fixture.clock.id();
    let act = Act::CreateCustomer {
        name: name.to_owned(),
        email: format!("{}@example.org", name.to_lowercase()),
        locale: Locale::En,
        monthly_amount: None,
        contract_start: None,
        imported: true,
    };
    fixture.submit(Target::Customer(customer), act).await.unwrap();
    let (outcome, starts_on, note) = (None, None, "Asked how they work".to_owned());
    fixture.submit(Target::Customer(customer), Act::RecordConversation { outcome, starts_on, note }).await.unwrap();
    fixture.submit(Target::Customer(customer), Act::EndContract { last_day: Some(day("2027-12-31")) }).await.unwrap();
    customer
}

async fn log(
    fixture: &Fixture,
    ticket: TicketId,
    worked: i64,
    estimate: Option<EstimateId>,
    on: Option<&str>,
) -> TimeReceipt {
    let act = Act::LogTime {
        ticket,
        worked: Minutes(worked),
        worked_on: on.map(day),
        description: "Looked into it".to_owned(),
        estimate,
        started_at: None,
        surcharges: vec![],
        excess: Excess::Uncovered,
    };
    match fixture.submit(Target::Ticket(ticket), act).await.unwrap() {
        Receipt::Time(time) => time,
        other => panic!("{other:?}"),
    }
}

async fn cover(fixture: &Fixture, entry: TimeEntryId, by_card: bool, owner: strippenkaart::domain::ContactId) {
    let act = Act::CoverEntry { entry, by_card: by_card.then_some(owner), reason: "Agreed afterwards".to_owned() };
    fixture.submit(Target::TimeEntry(entry), act).await.unwrap();
}

/// Runs statements as they are, past the service.
pub async fn run_raw(db: &Db, sql: &str) -> sqlx::Result<()> {
    match db {
        Db::Sqlite { writer, .. } => sqlx::raw_sql(AssertSqlSafe(sql)).execute(writer).await.map(drop),
        Db::Postgres { writer, .. } => sqlx::raw_sql(AssertSqlSafe(sql)).execute(writer).await.map(drop),
    }
}

/// Changes what cannot be changed, as somebody who owns the database can: without its triggers and foreign keys.
pub async fn tamper(db: &Db, sql: &str) {
    let unlocked = match db {
        Db::Sqlite { .. } => {
            let mut drops = String::new();
            for table in crate::append_only::TABLES {
                for act in ["update", "delete", "replace"] {
                    drops += "DROP TRIGGER IF EXISTS ";
                    drops += &[table, "_no_", act, ";\n"].concat();
                }
            }
            format!("PRAGMA foreign_keys = off;\n{drops}{sql}")
        }
        Db::Postgres { .. } => {
            format!("SET session_replication_role = replica;\n{sql};\nRESET session_replication_role")
        }
    };
    run_raw(db, &unlocked).await.unwrap();
}
