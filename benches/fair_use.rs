//! How long it takes to say where a customer stands against fair use, and to list everybody by standing, on both
//! databases: `cargo bench --bench fair_use`.
//!
//! The tables are filled as the bookings would have filled them, by set statements: `BENCH_CUSTOMERS` customers (100 000)
//! with `BENCH_ENTRIES` counted entries each (20), every one on a day of its own within the window. Reads go through the
//! service, as a request does. `BENCH_DIR` says on which disk the SQLite file lies.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]

#[path = "../tests/it/common/cluster.rs"]
mod cluster;

use chrono::{Days, NaiveDate};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::env::var;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{CustomerId, policy::FairUseRules};
use strippenkaart::service::fair_use::Filter;
use strippenkaart::service::{Service, access::Caller, login::NewUser, policies::Given};
use strippenkaart::store::{Db, users::StaffRole};

const POLICY: &str = r#"name = "bench"
effective_from = 2020-01-01
[provider]
name = "Bench"
email = "desk@bench.example"
[fair_use]
"#;
/// How many rows a page of the list has.
const PAGE: i64 = 50;

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir_in(var("BENCH_DIR").unwrap_or_else(|_| ".".to_owned())).unwrap();
    let file = format!("sqlite://{}", dir.path().join("bench.db").display());
    measure("sqlite", &file).await;
    measure("postgres", &cluster::database().await).await;
}

fn number(name: &str, default: u64) -> u64 {
    var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn measure(database: &str, address: &str) {
    let (customers, entries) = (number("BENCH_CUSTOMERS", 100_000), number("BENCH_ENTRIES", 20));
    let db = Db::open(address).await.unwrap();
    db.migrate().await.unwrap();
    let given = Given { name: "bench".to_owned(), text: POLICY.to_owned() };
    let (service, _writer) = Service::start(db, Clock::system(), Some(given)).await.unwrap();
    let today = service.policies.day(service.clock.now());
    let rules = service.policies.newest().fair_use.clone().unwrap();
    run(address, &fill(&rules, today, customers, entries)).await;

    let new = NewUser { email: "a@b.example".to_owned(), name: "Bench".to_owned(), role: StaffRole::Agent };
    let agent = service.add_user(new, "a password of the bench".to_owned()).await.unwrap();
    let caller = service.caller_by_id(agent.id).await.unwrap();
    println!("{database}: {customers} customers, {} counted entries", customers * entries);
    let mut one = Vec::new();
    for round in 0..500 {
        one.push(standing(&service, &caller, id(1 + round * 7_919 % customers)).await);
    }
    told("where one customer stands", one);
    for (what, filter) in [("the list by standing", Filter::All), ("… whom to talk to", Filter::ToTalkTo)] {
        let mut list = Vec::new();
        for _ in 0..30 {
            let began = Instant::now();
            let page = service.fair_use_list(&caller, filter, None, PAGE).await.unwrap();
            list.push(began.elapsed());
            assert!(filter != Filter::All || page.rows.len() == 50, "a page is full");
        }
        told(what, list);
    }
}

async fn standing(service: &Service, caller: &Caller, customer: CustomerId) -> Duration {
    let began = Instant::now();
    let view = service.fair_use(caller, customer).await.unwrap();
    let took = began.elapsed();
    assert!(view.used.0 > 0, "everybody used something");
    took
}

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_micros();
    println!("  {what:<28} p50 {:>7} µs  p99 {:>7} µs  max {:>7} µs", at(50), at(99), at(100));
}

fn id(number: u64) -> CustomerId {
    format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
}

/// The statements that fill the tables: the same text on both databases.
fn fill(rules: &FairUseRules, today: NaiveDate, customers: u64, entries: u64) -> String {
    let window = rules.window(today);
    let first = today - Days::new(1_400);
    let mut sql = String::from("INSERT INTO fair_use_calendar (day, number, joined, ended, counted) VALUES ");
    for (nth, day) in first.iter_days().take_while(|day| *day <= today).enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        write!(sql, "{comma}('{day}', {}, 0, 0, 0)", day.to_epoch_days()).unwrap();
    }
    let (start, end) = (first.to_epoch_days(), today.to_epoch_days());
    let of = |nth: &str| format!("'00000000-0000-7000-8000-' || substr(CAST(1000000000000 + {nth} AS TEXT), 2)");
    write!(
        sql,
        ";
        INSERT INTO customers (id, number, name, email, identity, locale, contract_start, created_at, seq, head,
            last_recorded_at, available, held, used, expired, frozen, refunded, converted, uncovered)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers})
        SELECT {id}, i, 'School ' || i, 'x', 'school ' || i, 'nl', day, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0
        FROM n JOIN fair_use_calendar ON number = {start} + i * 31 % 1000;
        INSERT INTO fair_use_days (customer_id, day, counted)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers}),
                       e(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM e WHERE k < {entries} - 1)
        SELECT {id}, day, (1 + (i * 7 + k * 13) % 60) * 100
        FROM n CROSS JOIN e JOIN fair_use_calendar ON number = {end} - (i + k * 17) % 360;
        INSERT INTO fair_use_customers (customer_id, first_day, last_day, counted)
        SELECT customers.id, fair_use_calendar.number, NULL,
               (SELECT SUM(counted) FROM fair_use_days WHERE customer_id = customers.id AND day > '{after}')
        FROM customers JOIN fair_use_calendar ON day = contract_start;
        UPDATE fair_use_calendar SET
            joined = (SELECT COUNT(*) FROM fair_use_customers WHERE first_day = number),
            counted = COALESCE((SELECT SUM(used.counted) FROM fair_use_days AS used WHERE used.day = fair_use_calendar.day), 0);
        UPDATE fair_use_window SET floor = '{after}';
        ANALYZE;",
        id = of("i"),
        after = window.after,
    )
    .unwrap();
    sql
}

async fn run(address: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if address.starts_with("sqlite") {
        let mut on = SqliteConnection::connect(address).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut on).await.unwrap();
    } else {
        let mut on = PgConnection::connect(address).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut on).await.unwrap();
    }
}
