//! The one door under load and in trouble: never oversold, each request booked once, nobody hurt by a neighbour.

use crate::common::{AGENT, Fixture, on_both};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;
use strippenkaart::clock::Clock;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    Act, Actor, Cents, Command, CommandId, ContactId, CustomerId, EstimateId, Excess, Key, Locale, Minutes,
    PaymentMethod, Receipt, Refusal, Report, Role, Target, Ticket, TicketKind, command::Answer, estimate::AnswerVia,
};
use strippenkaart::service::{
    Service,
    ledger::{Failure, Reply},
};
use strippenkaart::store::{Db, Statements as _, books};

/// How often the race is run, and by how many at once.
const ROUNDS: usize = 20;
const TASKS: usize = 64;

fn command(service: &Service, target: Target, act: Act) -> Command {
    let (id, salt) = (service.clock.id(), service.clock.salt());
    Command { id, actor: Actor::Staff(AGENT), key: None, salt, target, act, bank_line: None }
}

fn accept(estimate: EstimateId, contact: ContactId) -> Act {
    Act::AcceptEstimate { estimate, answer: Answer { contact, via: AnswerVia::Mail, note: None, at: None } }
}

fn open_ticket(subject: &str, requester: ContactId) -> Act {
    let (subject, description) = (subject.to_owned(), "How?".to_owned());
    Act::OpenTicket(Report { subject, description, requester: Some(requester), ..Report::default() })
}

fn create(name: &str) -> Act {
    Act::CreateCustomer {
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        locale: Locale::Nl,
        monthly_amount: None,
        contract_start: None,
        imported: false,
    }
}

fn ticket_of(reply: Reply) -> Ticket {
    let Ok(Receipt::Ticket(ticket)) = reply else { panic!("{reply:?}") };
    ticket
}

/// A second process, in effect: a service of its own on the same database.
async fn second(fixture: &Fixture, seed: u64) -> Service {
    let db = Db::open(&fixture.address).await.unwrap();
    Service::start(db, Clock::manual(fixture.clock.now(), seed), None).await.unwrap().0
}

/// A customer with ten hours and its welcome card.
async fn with_ten_hours(fixture: &Fixture) -> (CustomerId, ContactId) {
    let (customer, owner) = fixture.customer().await;
    let order = Act::order("10h".to_owned());
    let Ok(Receipt::Card(_, Some(invoice))) = fixture.submit(Target::Customer(customer), order).await else {
        panic!("an order")
    };
    let paid_on = fixture.service.policies.day(fixture.clock.now());
    let pay = Act::RecordPayment(Receiving::of(invoice.id, invoice.gross, paid_on, PaymentMethod::Bank));
    fixture.submit(Target::Invoice(invoice.id), pay).await.unwrap();
    (customer, owner)
}

/// CARD-6 and the chain of one customer: counters, holds and running totals equal the movements; numbers are gapless.
async fn check_books(service: &Service, customer: CustomerId) {
    let mut tx = service.db.snapshot().await.unwrap();
    let today = service.policies.day(service.clock.now());
    let ledger = books::read(&mut tx, customer, today).await.unwrap().unwrap();
    let owner = ledger.rows.customer.unwrap();
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN to_account = $1 THEN minutes ELSE 0 END), 0)
                      - COALESCE(SUM(CASE WHEN from_account = $2 THEN minutes ELSE 0 END), 0) AS BIGINT)
               FROM movements WHERE customer_id = $3";
    let balance = owner.balance();
    for (account, kept) in [
        ("available", balance.available),
        ("held", balance.held),
        ("used", balance.used),
        ("uncovered", balance.uncovered),
    ] {
        let (sum,): (i64,) = tx.query(sql).bind(account).bind(account).bind(customer).one().await.unwrap();
        assert_eq!(kept, Minutes(sum), "CARD-6: {account} of the customer");
    }
    let sql = "SELECT CAST(COALESCE(SUM(available), 0) AS BIGINT), CAST(COALESCE(SUM(held), 0) AS BIGINT),
                      CAST(COALESCE(SUM(used), 0) AS BIGINT) FROM cards WHERE customer_id = $1";
    let sums: (i64, i64, i64) = tx.query(sql).bind(customer).one().await.unwrap();
    assert_eq!((balance.available.0, balance.held.0, balance.used.0), sums, "CARD-6: cards");
    let held: Minutes = ledger.rows.holds.values().map(|hold| hold.minutes).sum();
    assert_eq!(balance.held, held, "SPEND-5: holds");
    let sql = "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM transactions WHERE customer_id = $1";
    let (count, last): (i64, i64) = tx.query(sql).bind(customer).one().await.unwrap();
    assert_eq!((count, last), (owner.seq, owner.seq), "numbers are gapless");
}

/// Half accept estimates of an hour, half log time on tickets with and without one.
async fn race(fixture: &Fixture, services: &[Service]) {
    let mut refused = 0;
    for _ in 0..ROUNDS {
        let (customer, owner) = with_ten_hours(fixture).await;
        let mut estimates = Vec::new();
        for _ in 0..TASKS / 2 {
            let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
            estimates.push((ticket.id, fixture.propose(ticket.id, 60).await.id));
        }
        let tasks: Vec<_> = (0..TASKS)
            .map(|number| {
                let (ticket, estimate) = estimates[number / 2];
                let (target, act) = if number % 2 == 0 {
                    (Target::Estimate(estimate), accept(estimate, owner))
                } else {
                    (Target::Ticket(ticket), fixture.time(ticket, 40, Excess::Refuse))
                };
                let service = services[number % 3 % services.len()].clone();
                tokio::spawn(async move { service.door.submit(command(&service, target, act)).await })
            })
            .collect();
        let mut accepted = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(Receipt::Estimate(_)) => accepted += 1,
                Ok(_) => {}
                Err(Failure::Refused(Refusal::InsufficientMinutes { .. } | Refusal::AgreementRequired { .. })) => {
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(accepted, 13, "13 hours are there, and each estimate takes one");
        check_books(&fixture.service, customer).await;
    }
    assert!(refused >= ROUNDS * (TASKS / 2 - 13));
}

on_both! {
    async fn sixty_four_at_once_never_oversell(fixture: Fixture) {
        race(&fixture, std::slice::from_ref(&fixture.service)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn two_writers_on_one_database_never_oversell() {
    let fixture = Fixture::postgres().await;
    let services = [fixture.service.clone(), second(&fixture, 8).await];
    race(&fixture, &services).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn two_writers_hand_out_gapless_numbers() {
    let fixture = Fixture::postgres().await;
    let services = [fixture.service.clone(), second(&fixture, 8).await];
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let service = services[number % 2].clone();
            tokio::spawn(async move {
                let customer: CustomerId = service.clock.id();
                // Each name is asked for by both services: one of them is told that it exists.
                let made = service.door.submit(command(
                    &service,
                    Target::Customer(customer),
                    create(&format!("c{}", number / 2)),
                ));
                let Receipt::Customer(made) = made.await? else { panic!("a customer") };
                let order = command(&service, Target::Customer(customer), Act::order("5h".to_owned()));
                let Receipt::Card(_, Some(invoice)) = service.door.submit(order).await? else { panic!("a card") };
                Ok::<_, Failure>((made.number, invoice.number().to_owned()))
            })
        })
        .collect();
    let (mut customers, mut invoices) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        match task.await.unwrap() {
            Ok((customer, invoice)) => assert!(customers.insert(customer) && invoices.insert(invoice), "unique"),
            Err(Failure::Refused(Refusal::CustomerExists { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(customers, (1..=100).collect(), "gapless");
    let expected: BTreeSet<String> =
        (1..=100).map(|number| strippenkaart::domain::invoice::format_number("", 2026, number, 4)).collect();
    assert_eq!(invoices, expected, "PAY-1: gapless");
}

/// Sends a command three times at once under one key; gives the one receipt.
async fn thrice(fixture: &Fixture, sent: &mut Vec<(Command, Receipt)>, target: Target, act: Act) -> Receipt {
    let key = Key { caller: "agent".to_owned(), key: format!("key-{}", sent.len()), request: act.name().to_owned() };
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let mut command = command(&fixture.service, target, act.clone());
            command.key = Some(key.clone());
            let service = fixture.service.clone();
            (command.clone(), tokio::spawn(async move { service.door.submit(command).await }))
        })
        .collect();
    let mut receipts = Vec::new();
    for (command, task) in tasks {
        receipts.push((command, task.await.unwrap().unwrap_or_else(|failure| panic!("{act:?}: {failure:?}"))));
    }
    assert_eq!(receipts[0].1, receipts[1].1, "{act:?}");
    assert_eq!(receipts[0].1, receipts[2].1, "{act:?}");
    let (command, receipt) = receipts.swap_remove(0);
    sent.push((command, receipt.clone()));
    receipt
}

on_both! {
    async fn a_repeated_request_is_booked_once_and_answered_the_same_for_ever(fixture: Fixture) {
        let mut sent = Vec::new();
        let customer: CustomerId = fixture.clock.id();
        let all = Target::Customer(customer);
        let sends = &mut sent;
        thrice(&fixture, sends, all, create("school")).await;
        let person = |name: &str, role| Act::AddContact {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            role,
            ceiling: None,
            valid_from: None,
            valid_until: None,
            asked_by: Some("owner@example.org".to_owned()),
            asked_via: Some(strippenkaart::domain::AskedVia::Mail),
        };
        let Receipt::Contact(owner) = thrice(&fixture, sends, all, person("owner", Role::Owner)).await else { panic!() };
        let Receipt::Contact(other) = thrice(&fixture, sends, all, person("other", Role::Spender)).await else { panic!() };
        let order = Act::order("10h".to_owned());
        let Receipt::Card(_, Some(invoice)) = thrice(&fixture, sends, all, order).await else { panic!() };
        let paid_on = fixture.service.policies.day(fixture.clock.now());
        let pay = |amount| Act::RecordPayment(Receiving::of(invoice.id, amount, paid_on, PaymentMethod::Bank));
        thrice(&fixture, sends, Target::Invoice(invoice.id), pay(Cents(10_000))).await;
        thrice(&fixture, sends, Target::Invoice(invoice.id), pay(Cents(invoice.gross.0 - 10_000))).await;

        let Receipt::Ticket(ticket) = thrice(&fixture, sends, all, open_ticket("One", owner.id)).await else { panic!() };
        let on = Target::Ticket(ticket.id);
        let propose = |minutes| Act::ProposeEstimate {
            ticket: ticket.id,
            minutes: Minutes(minutes),
            description: "Work".to_owned(),
            answer_by: None,
            work_until: None,
        };
        let Receipt::Estimate(estimate) = thrice(&fixture, sends, on, propose(240)).await else { panic!() };
        let Receipt::Estimate(declined) = thrice(&fixture, sends, on, propose(60)).await else { panic!() };
        let decline = Act::DeclineEstimate { estimate: declined.id, contact: Some(owner.id) };
        thrice(&fixture, sends, Target::Estimate(declined.id), decline).await;
        let agreed = Target::Estimate(estimate.id);
        thrice(&fixture, sends, agreed, accept(estimate.id, owner.id)).await;
        let Receipt::Time(first) = thrice(&fixture, sends, on, fixture.time(ticket.id, 50, Excess::Refuse)).await else { panic!() };
        thrice(&fixture, sends, agreed, accept(estimate.id, owner.id)).await; // it is accepted already
        thrice(&fixture, sends, on, fixture.time(ticket.id, 175, Excess::Refuse)).await;
        thrice(&fixture, sends, on, fixture.time(ticket.id, 15, Excess::Goodwill)).await;
        let Receipt::Time(open) = thrice(&fixture, sends, on, fixture.time(ticket.id, 120, Excess::Uncovered)).await else { panic!() };
        let Receipt::Time(given) = thrice(&fixture, sends, on, fixture.time(ticket.id, 30, Excess::Uncovered)).await else { panic!() };
        thrice(&fixture, sends, agreed, Act::CloseEstimate(estimate.id)).await;
        let reason = "as agreed".to_owned();
        let reverse = Act::ReverseEntry { entry: first.entry.id, reason: reason.clone() };
        thrice(&fixture, sends, Target::TimeEntry(first.entry.id), reverse).await;
        let cover = Act::CoverEntry { entry: open.entry.id, by_card: Some(owner.id), reason: reason.clone() };
        thrice(&fixture, sends, Target::TimeEntry(open.entry.id), cover).await;
        let goodwill = Act::CoverEntry { entry: given.entry.id, by_card: None, reason: reason.clone() };
        thrice(&fixture, sends, Target::TimeEntry(given.entry.id), goodwill).await;
        thrice(&fixture, sends, all, Act::RemoveContact(other.id)).await;
        thrice(&fixture, sends, all, Act::Settle).await;
        let reverse = Act::ReverseEntry { entry: open.entry.id, reason };
        thrice(&fixture, sends, Target::TimeEntry(open.entry.id), reverse).await;

        for (first, receipt) in &sent {
            let mut again = command(&fixture.service, first.target, first.act.clone());
            again.key.clone_from(&first.key);
            assert_eq!(fixture.service.door.submit(again.clone()).await.as_ref(), Ok(receipt), "{:?}", first.act);
            again.key.as_mut().unwrap().request.push('!');
            assert_eq!(fixture.service.door.submit(again).await, Err(Failure::Refused(Refusal::KeyReused)));
        }
        let mut reader = fixture.service.db.reader().await.unwrap();
        let (count,): (i64,) = reader.query("SELECT COUNT(*) FROM commands").one().await.unwrap();
        assert_eq!(count, i64::try_from(sent.len()).unwrap(), "one effect each");
        check_books(&fixture.service, customer).await;
    }
}

on_both! {
    async fn a_poisonous_command_fails_alone(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let good = |number: i32| (Target::Customer(customer), open_ticket(&format!("Good {number}"), owner));
        // The end of chrono's calendar has no local time in Amsterdam: chrono panics in the decision.
        let mut panics = fixture.time(ticket.id, 15, Excess::Refuse);
        if let Act::LogTime { started_at, .. } = &mut panics {
            *started_at = Some(chrono::DateTime::<chrono::Utc>::MAX_UTC);
        }
        let mut batch: Vec<(Target, Act)> = (0..20).map(good).collect();
        batch.insert(7, (Target::Ticket(ticket.id), panics));
        batch.insert(3, (Target::Customer(customer), open_ticket("NUL \0 in a text", owner)));
        let tasks: Vec<_> = batch
            .into_iter()
            .map(|(target, act)| {
                let (service, command) = (fixture.service.clone(), command(&fixture.service, target, act));
                tokio::spawn(async move { service.door.submit(command).await })
            })
            .collect();
        for (number, task) in tasks.into_iter().enumerate() {
            match (number, task.await.unwrap()) {
                (3, Ok(Receipt::Ticket(ticket))) => {
                    // SQLite keeps such a text; what comes back is what went in.
                    let mut reader = fixture.service.db.reader().await.unwrap();
                    let sql = "SELECT subject FROM tickets WHERE id = $1";
                    let (subject,): (String,) = reader.query(sql).bind(ticket.id).one().await.unwrap();
                    assert_eq!(subject, "NUL \0 in a text");
                }
                (3 | 8, reply) => assert_eq!(reply, Err(Failure::Broken)),
                (_, reply) => assert_eq!(ticket_of(reply).customer_id, customer),
            }
        }
        assert!(fixture.service.door.ready().await, "the database takes writes");
        check_books(&fixture.service, customer).await;
    }
}

on_both! {
    async fn a_client_that_goes_away_disturbs_nobody(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let submit = |number: usize| {
            let act = open_ticket(&format!("T {number}"), owner);
            let (service, command) = (fixture.service.clone(), command(&fixture.service, Target::Customer(customer), act));
            tokio::spawn(async move { service.door.submit(command).await })
        };
        let tasks: Vec<_> = (0..200).map(submit).collect();
        let mut numbers = BTreeSet::new();
        for (number, task) in tasks.into_iter().enumerate() {
            if number % 2 == 0 {
                task.abort();
                tokio::task::yield_now().await;
            } else {
                numbers.insert(ticket_of(task.await.unwrap()).number);
            }
        }
        assert_eq!(numbers.len(), 100, "each who stayed has a ticket of its own");
        check_books(&fixture.service, customer).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writes_until_there_is_space() {
    let fixture = Fixture::sqlite().await;
    let (customer, owner) = fixture.customer().await;
    let Db::Sqlite { writer, .. } = &fixture.service.db else { panic!("a file") };
    // SQLite's own limit gives the same error, SQLITE_FULL, as a disk without space.
    let limit = |pages: &'static str| async move { writer.execute(pages).await.unwrap() };
    limit("PRAGMA max_page_count = 1").await; // no more than there are
    let mut refused = 0;
    for number in 0..10_000 {
        let act = open_ticket(&format!("{number} {}", "x".repeat(3_000)), owner);
        match fixture.submit(Target::Customer(customer), act).await {
            Ok(_) => assert_eq!(refused, 0),
            Err(Failure::Unavailable) => {
                refused += 1;
                if refused == 3 {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 3);
    check_books(&fixture.service, customer).await;
    limit("PRAGMA max_page_count = 1000000").await;
    assert!(fixture.service.door.ready().await, "a small write works again");
    ticket_of(fixture.submit(Target::Customer(customer), open_ticket("Space", owner)).await);
    check_books(&fixture.service, customer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn a_lost_connection_loses_and_doubles_nothing() {
    let fixture = Fixture::postgres().await;
    let (customer, owner) = fixture.customer().await;
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let service = fixture.service.clone();
            tokio::spawn(async move {
                let mut booked: Vec<CommandId> = Vec::new();
                for number in 0..40 {
                    let act = open_ticket(&format!("{task} {number}"), owner);
                    let command = command(&service, Target::Customer(customer), act);
                    let id = command.id;
                    match service.door.submit(command).await {
                        Ok(_) => booked.push(id),
                        Err(Failure::Unavailable) => {}
                        other => panic!("{other:?}"),
                    }
                }
                booked
            })
        })
        .collect();
    let mut admin = PgConnection::connect(&fixture.address).await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        admin.execute(kill).await.unwrap();
    }
    let mut booked = BTreeSet::new();
    for task in tasks {
        booked.extend(task.await.unwrap().into_iter().map(|id| id.to_string()));
    }
    let works = async {
        while !fixture.service.door.ready().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), works).await.expect("it works again");
    ticket_of(fixture.submit(Target::Customer(customer), open_ticket("After", owner)).await);
    let sql = "SELECT id FROM commands WHERE act = 'open_ticket'";
    let kept: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut admin).await.unwrap();
    let kept: BTreeSet<String> = kept.into_iter().map(|(id,)| id).collect();
    assert!(booked.is_subset(&kept), "what was acknowledged is there");
    let (tickets,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM tickets").fetch_one(&mut admin).await.unwrap();
    assert_eq!(tickets, i64::try_from(kept.len()).unwrap(), "once each");
    assert!(fixture.service.door.health().booked.load(Ordering::Relaxed) >= booked.len() as u64);
    check_books(&fixture.service, customer).await;
}

#[tokio::test]
async fn a_file_is_durable_checked_and_read_only_to_readers() {
    let fixture = Fixture::sqlite().await;
    let Db::Sqlite { writer, reader } = &fixture.service.db else { panic!("a file") };
    let mut connection = writer.acquire().await.unwrap();
    let pragma = async |connection: &mut SqliteConnection, sql: &'static str| {
        sqlx::query_scalar::<_, i64>(sql).fetch_one(connection).await.unwrap()
    };
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
    assert_eq!(mode, "wal");
    assert_eq!(pragma(&mut connection, "PRAGMA synchronous").await, 2, "FULL: a commit is on the disk");
    assert_eq!(pragma(&mut connection, "PRAGMA foreign_keys").await, 1);
    assert_eq!(pragma(&mut connection, "PRAGMA recursive_triggers").await, 1, "REPLACE meets the triggers");
    let write = reader.execute("INSERT INTO settings (name, value) VALUES ('x', 'y')").await;
    assert!(write.unwrap_err().to_string().contains("readonly"), "readers cannot write");
}
