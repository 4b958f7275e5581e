//! How fast the domain decides and the writer books, durably, on both databases.
//!
//! `cargo bench --bench ledger [FILTER]`; docs/benchmarks.md says what the figures mean. From the environment:
//!
//! - `BENCH_MOVEMENTS`: how many movements are in the books before the clock starts, ten thousand when not told;
//! - `BENCH_DIR`: on which disk the SQLite file lies, the target directory when not told;
//! - `PG_BASE`: on which disk a throw-away PostgreSQL cluster lies, see `tests/it/common/cluster.sh`.

#[path = "../tests/it/common/cluster.rs"]
mod cluster;

use chrono::{DateTime, Utc};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Command, ContactId, CustomerId, EstimateId, Excess, Ledger, Locale, Minutes, Numbers, Policies, Policy,
    Receipt, Report, Role, Target, TicketId, UserId,
    command::Answer,
    decide::{Circumstances, decide},
    estimate::AnswerVia,
};
use strippenkaart::service::{Service, policies::Given};
use strippenkaart::store::Db;
use tokio::runtime::Runtime;

/// Cards are active at once, of any size, and need no agreement: an entry costs the writer least.
const POLICY: &str = r#"name = "bench"
effective_from = 2020-01-01
[provider]
name = "Bench"
email = "desk@bench.example"
[cards]
hourly_price = "80.00"
activate_on = "order"
[spending]
agreement = "not_required"
agreement_channels = ["mail"]
owner_spends = true
"#;

/// How many commands wait at once in the busy workloads.
const CLIENTS: usize = 256;
/// How many customers share the work in the spread workload.
const CUSTOMERS: usize = 1000;
/// How many commands one iteration of criterion is.
const ROUND: u64 = 4096;
/// The largest card that can be sold, and how many entries of 15 minutes it pays.
const CARD: (&str, usize) = ("10000h", 40_000);

/// One customer with a question that is worked on.
#[derive(Clone, Copy)]
struct Desk {
    customer: CustomerId,
    owner: ContactId,
    ticket: TicketId,
}

/// A ledger with customers, cards and history.
struct Office {
    service: Service,
    desks: Vec<Desk>,
    /// A ticket of the first customer whose time comes from what an estimate holds.
    agreed: Desk,
    /// Where the files are; the control writes beside them.
    dir: PathBuf,
}

fn command(clock: &Clock, target: Target, act: Act) -> Command {
    let actor = Actor::Staff(UserId(uuid::Uuid::from_u128(0xa9e)));
    Command { id: clock.id(), actor, key: None, salt: clock.salt(), target, act, bank_line: None }
}

fn log_time(ticket: TicketId) -> Act {
    Act::LogTime {
        ticket,
        worked: Minutes(15),
        worked_on: None,
        description: "Helped on the phone".to_owned(),
        estimate: None,
        started_at: None,
        surcharges: vec![],
        excess: Excess::Refuse,
    }
}

fn create_customer(number: usize) -> Act {
    Act::CreateCustomer {
        name: format!("School {number}"),
        email: format!("school{number}@example.org"),
        locale: Locale::Nl,
        monthly_amount: None,
        contract_start: None,
        imported: false,
    }
}

fn add_owner() -> Act {
    Act::AddContact {
        name: "Jo Jansen".to_owned(),
        email: "jo@example.org".to_owned(),
        role: Role::Owner,
        ceiling: None,
        valid_from: None,
        valid_until: None,
        asked_by: Some("board@example.org".to_owned()),
        asked_via: Some(strippenkaart::domain::AskedVia::Mail),
    }
}

fn open_ticket(owner: ContactId) -> Act {
    Act::OpenTicket(Report {
        subject: "A question".to_owned(),
        description: "How does this work?".to_owned(),
        requester: Some(owner),
        ..Report::default()
    })
}

fn propose(ticket: TicketId, minutes: i64) -> Act {
    Act::ProposeEstimate {
        ticket,
        minutes: Minutes(minutes),
        description: "The work".to_owned(),
        answer_by: None,
        work_until: None,
    }
}

fn accept(estimate: EstimateId, contact: ContactId) -> Act {
    Act::AcceptEstimate { estimate, answer: Answer { contact, via: AnswerVia::Mail, note: None, at: None } }
}

impl Office {
    /// A new database with `customers`, all at work, and `movements` in the books: half of them of the first customer.
    async fn open(address: &str, dir: &Path, movements: usize) -> Self {
        let db = Db::open(address).await.expect("the database answers");
        db.migrate().await.expect("an empty database");
        let given = Given { name: "bench".to_owned(), text: POLICY.to_owned() };
        let (service, _writer) = Service::start(db, Clock::system(), Some(given)).await.expect("a valid policy");
        let mut desks = Vec::new();
        for number in 0..CUSTOMERS {
            desks.push(Self::desk(&service, number).await);
        }
        let agreed = Self::agreement(&service, desks[0]).await;
        let office = Self { service, desks, agreed, dir: dir.to_owned() };
        let mut left = movements.saturating_sub(2 * CUSTOMERS);
        while left > 0 {
            let chunk = left.min(CARD.1);
            office.order(0, chunk / 2).await;
            let hot = office.run(Load::Hot, CLIENTS, chunk / 2);
            hot.await;
            office.run(Load::Spread, CLIENTS, chunk - chunk / 2).await;
            left -= chunk;
        }
        office
    }

    async fn desk(service: &Service, number: usize) -> Desk {
        let customer: CustomerId = service.clock.id();
        let target = Target::Customer(customer);
        let submit = |act| service.door.submit(command(&service.clock, target, act));
        submit(create_customer(number)).await.expect("a new customer");
        submit(Act::order(CARD.0.to_owned())).await.expect("an order");
        let Ok(Receipt::Contact(owner)) = submit(add_owner()).await else { panic!("a contact") };
        let Ok(Receipt::Ticket(ticket)) = submit(open_ticket(owner.id)).await else { panic!("a ticket") };
        Desk { customer, owner: owner.id, ticket: ticket.id }
    }

    /// A second ticket at `desk`, with the hours of a card agreed on.
    async fn agreement(service: &Service, desk: Desk) -> Desk {
        let submit = |target, act| service.door.submit(command(&service.clock, target, act));
        let customer = Target::Customer(desk.customer);
        submit(customer, Act::order(CARD.0.to_owned())).await.expect("an order");
        let Ok(Receipt::Ticket(ticket)) = submit(customer, open_ticket(desk.owner)).await else { panic!("a ticket") };
        let minutes = i64::try_from(15 * CARD.1).expect("few");
        let proposal = submit(Target::Ticket(ticket.id), propose(ticket.id, minutes)).await;
        let Ok(Receipt::Estimate(estimate)) = proposal else { panic!("{proposal:?}") };
        submit(Target::Estimate(estimate.id), accept(estimate.id, desk.owner)).await.expect("enough minutes");
        Desk { ticket: ticket.id, ..desk }
    }

    /// Cards that pay `entries` more for the customer at this place.
    async fn order(&self, place: usize, entries: usize) {
        for _ in 0..entries.div_ceil(CARD.1) {
            let act = Act::order(CARD.0.to_owned());
            let order = command(&self.service.clock, Target::Customer(self.desks[place].customer), act);
            self.service.door.submit(order).await.expect("an order");
        }
    }

    /// Books `entries` by `clients` at once, each sending its next one when the last is answered. Gives the time it
    /// took, and how long each waited.
    async fn run(&self, load: Load, clients: usize, entries: usize) -> (Duration, Vec<Duration>) {
        let next = Arc::new(AtomicUsize::new(0));
        let tickets: Arc<[TicketId]> = match load {
            Load::Hot => Arc::from([self.desks[0].ticket]),
            Load::Agreed => Arc::from([self.agreed.ticket]),
            Load::Spread => self.desks.iter().map(|desk| desk.ticket).collect(),
        };
        let start = Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (next, tickets, service) = (Arc::clone(&next), Arc::clone(&tickets), self.service.clone());
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= entries {
                            return waits;
                        }
                        let ticket = tickets[number % tickets.len()];
                        let asked = Instant::now();
                        let entry = command(&service.clock, Target::Ticket(ticket), log_time(ticket));
                        service.door.submit(entry).await.expect("there is enough on the card");
                        waits.push(asked.elapsed());
                    }
                })
            })
            .collect();
        let mut waits = Vec::with_capacity(entries);
        for task in tasks {
            waits.append(&mut task.await.expect("no panic"));
        }
        (start.elapsed(), waits)
    }
}

/// Whose time is logged.
#[derive(Clone, Copy)]
enum Load {
    /// One customer's, from its cards.
    Hot,
    /// One customer's, from what an estimate holds.
    Agreed,
    /// That of all customers in turn, from their cards.
    Spread,
}

/// How many pages of 4 KiB a second this disk makes durable, one after the other.
fn fdatasync_rate(dir: &Path) -> u32 {
    let path = dir.join("fdatasync.control");
    let mut file = File::create(&path).expect("the directory can be written");
    let (start, mut pages) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[1; 4096]).expect("there is space");
        file.sync_data().expect("the disk takes it");
        pages += 1;
    }
    std::fs::remove_file(path).expect("ours");
    pages
}

/// Counts statements: sqlx tells `tracing` about each.
struct Statements;
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static COUNTING: AtomicU64 = AtomicU64::new(0);

impl tracing::Subscriber for Statements {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        COUNTING.load(Ordering::Relaxed) > 0 && metadata.target() == "sqlx::query"
    }
    fn register_callsite(&self, _: &'static tracing::Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }
    fn event(&self, _: &tracing::Event<'_>) {
        STATEMENTS.fetch_add(1, Ordering::Relaxed);
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// The pure decisions: no database, no task.
fn decisions(criterion: &mut Criterion) {
    let clock = Clock::manual(DateTime::<Utc>::from_timestamp(1_773_046_800, 0).expect("a date"), 7);
    let policies = Policies::new(vec![(1, Policy::parse(POLICY).expect("a valid policy"))]).expect("one version");
    let customer: CustomerId = clock.id();
    let (mut ledger, mut numbers) = (Ledger::default(), Numbers { customer: 1, ticket: 1, ..Numbers::default() });
    let mut book = |act| {
        let at = Circumstances { policies: &policies, now: clock.now(), numbers: &numbers, closed_through: None };
        let asked = command(&clock, Target::Customer(customer), act);
        let decision = decide(&ledger, customer, &asked, at).expect("allowed");
        ledger.apply(&decision.changes);
        numbers = decision.numbers.unwrap_or(numbers.clone());
        decision.receipt
    };
    book(create_customer(1));
    book(Act::order(CARD.0.to_owned()));
    let Receipt::Contact(owner) = book(add_owner()) else { panic!("a contact") };
    let Receipt::Ticket(ticket) = book(open_ticket(owner.id)) else { panic!("a ticket") };
    let Receipt::Estimate(estimate) = book(propose(ticket.id, 240)) else { panic!("an estimate") };

    let mut group = criterion.benchmark_group("decide");
    for (name, act) in [("log_time", log_time(ticket.id)), ("accept_estimate", accept(estimate.id, owner.id))] {
        let asked = command(&clock, Target::Customer(customer), act);
        let at = Circumstances { policies: &policies, now: clock.now(), numbers: &numbers, closed_through: None };
        group.bench_function(name, |bencher| bencher.iter(|| decide(&ledger, customer, &asked, at).expect("allowed")));
    }
    group.finish();
}

/// The writer on both databases.
fn writer(criterion: &mut Criterion) {
    tracing::subscriber::set_global_default(Statements).expect("set once");
    let movements = std::env::var("BENCH_MOVEMENTS").map_or(10_000, |text| text.parse().expect("a number"));
    let runtime = Runtime::new().expect("threads");
    let base = std::env::var("BENCH_DIR").map_or_else(|_| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let dir = tempfile::tempdir_in(&base).expect("the directory can be written");
    let file = format!("sqlite://{}", dir.path().join("bench.db").display());
    measure(criterion, &runtime, &file, dir.path(), movements);
    if Path::new(env!("PG_BIN")).join("initdb").exists() {
        let address = runtime.block_on(cluster::database());
        let base = std::env::var("PG_BASE").map_or_else(|_| std::env::temp_dir(), PathBuf::from);
        measure(criterion, &runtime, &address, &base, movements);
    }
}

/// The workloads on one database.
fn measure(criterion: &mut Criterion, runtime: &Runtime, address: &str, dir: &Path, movements: usize) {
    let start = Instant::now();
    let office = runtime.block_on(Office::open(address, dir, movements));
    let name = office.service.db.name();
    eprintln!("{name}: {movements} movements were booked in {:?}", start.elapsed());
    let mut group = criterion.benchmark_group(format!("{name}/{movements}"));
    group.sample_size(10).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(3));
    for (load, clients, title) in [
        (Load::Hot, CLIENTS, "one customer, 256 clients"),
        (Load::Spread, CLIENTS, "1000 customers, 256 clients"),
        (Load::Hot, 1, "one customer, 1 client"),
    ] {
        let round = if clients == 1 { ROUND / 16 } else { ROUND };
        let mut seen = Seen::default();
        group.throughput(Throughput::Elements(round));
        group.bench_function(title, |bencher| {
            bencher.iter_custom(|rounds| {
                let entries = usize::try_from(rounds * round).expect("few");
                runtime.block_on(async {
                    office.order(0, entries).await;
                    seen.measure(&office, load, clients, entries).await
                })
            });
        });
        seen.print(title, &office);
    }
    // The agreement is one card large, so this is measured once and not by criterion.
    let mut seen = Seen::default();
    runtime.block_on(seen.measure(&office, Load::Agreed, CLIENTS, CARD.1 / 2));
    seen.print("one customer under an estimate, 256 clients", &office);
    runtime.block_on(office.service.db.close());
}

/// What was seen of one workload.
#[derive(Default)]
struct Seen {
    took: Duration,
    waits: Vec<Duration>,
    commits: u64,
    /// Of one counted run after the others.
    statements: u64,
}

impl Seen {
    async fn measure(&mut self, office: &Office, load: Load, clients: usize, entries: usize) -> Duration {
        let commits = || office.service.door.health().commits.load(Ordering::Relaxed);
        let before = commits();
        let (took, mut waits) = office.run(load, clients, entries).await;
        self.commits += commits() - before;
        self.took += took;
        self.waits.append(&mut waits);

        let (before, counted) = (commits(), STATEMENTS.load(Ordering::Relaxed));
        COUNTING.store(1, Ordering::Relaxed);
        office.run(load, clients, clients).await;
        COUNTING.store(0, Ordering::Relaxed);
        self.statements = (STATEMENTS.load(Ordering::Relaxed) - counted) / (commits() - before).max(1);
        took
    }

    fn print(mut self, title: &str, office: &Office) {
        if self.waits.is_empty() {
            return; // filtered out
        }
        self.waits.sort_unstable();
        let entries = self.waits.len();
        let rate = entries as u128 * 1_000_000 / self.took.as_micros().max(1);
        let at = |percent: usize| self.waits[(entries * percent / 100).min(entries - 1)];
        eprintln!(
            "{} | {title} | {rate} entries/s | p50 {:?} | p99 {:?} | batch {} | statements per batch {} | control: {} \
             fdatasync/s",
            office.service.db.name(),
            at(50),
            at(99),
            entries as u64 / self.commits.max(1),
            self.statements,
            fdatasync_rate(&office.dir)
        );
    }
}

criterion_group!(benches, decisions, writer);
criterion_main!(benches);
