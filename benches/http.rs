//! A load run over HTTP, load generator included: `cargo bench --bench http`.
//!
//! Seeds a database through the ledger's door, starts `serve` as a process of its own, and talks HTTP/1.1 to it over kept
//! connections, closed loop. Prints entries per second with 256 connections, latency with one, latency of the balance
//! with 16, the memory of the server, and beside them an fdatasync rate of the same disk. Then the server's ledger is
//! verified, so that no figure comes from wrong books.
//!
//! Settings from the environment: `BENCH_DATABASE` (an address; a new SQLite file when left out), `BENCH_MOVEMENTS`
//! (booked beforehand; 10000), `BENCH_CUSTOMERS` (1000; 1 is one hot customer), `BENCH_SECONDS` (10).

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]

use std::env::var;
use std::io::Write as _;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use strippenkaart::clock::Clock;
use strippenkaart::domain::{
    Act, Actor, Contact, CustomerId, Excess, Locale, Minutes, Receipt, Report, Role, Target, Ticket, TicketId,
};
use strippenkaart::service::{Service, login::NewUser, policies::Given};
use strippenkaart::store::{Db, users::StaffRole};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const POLICY: &str = r#"
name = "bench"
effective_from = 2020-01-01
[provider]
name = "Bench"
email = "bench@example.org"
[time]
increment_minutes = 1
[cards]
hourly_price = "80.00"
activate_on = "order"
[spending]
agreement = "not_required"
"#;
const PORT: u16 = 18_099;
/// Cards of each customer, of 600 000 minutes; an entry takes one.
const CARDS: usize = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", dir.path().join("bench.db").display());
    let address = var("BENCH_DATABASE").unwrap_or(file);
    let (customers, movements) = (number("BENCH_CUSTOMERS", 1_000), number("BENCH_MOVEMENTS", 10_000));
    let seconds = Duration::from_secs(number("BENCH_SECONDS", 10) as u64);
    let seeded = seed(&address, customers, movements).await;
    println!("database {}  customers {customers}  movements before {movements}", address.split(':').next().unwrap());
    let mut server = serve(&address, dir.path());
    wait_ready().await;

    let entries: Vec<String> = seeded.tickets.iter().map(|ticket| entry(*ticket, &seeded.token)).collect();
    let balances: Vec<String> = seeded.customers.iter().map(|customer| balance(*customer, &seeded.token)).collect();
    for (what, requests, connections) in [
        ("time entries", &entries, 1),
        ("time entries", &entries, 256),
        ("balances", &balances, 1),
        ("balances", &balances, 16),
    ] {
        let syncs = fdatasync_rate(dir.path());
        let run = load(requests, connections, seconds).await;
        println!(
            "{what:<13} {connections:>4} connections  {:>7}/s  p50 {:>7.2} ms  p99 {:>7.2} ms   (fdatasync {syncs}/s)",
            run.len() * 1000 / usize::try_from(seconds.as_millis()).unwrap(),
            percentile(&run, 50),
            percentile(&run, 99),
        );
    }
    println!("memory of the server: {}", memory(&server));
    stop(&mut server);
    let verified = Process::new(env!("CARGO_BIN_EXE_strippenkaart")).args(["verify", "--database", &address]).status();
    assert!(verified.unwrap().success(), "the books are right");
}

fn number(name: &str, default: usize) -> usize {
    var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Seeded {
    token: String,
    customers: Vec<CustomerId>,
    tickets: Vec<TicketId>,
}

/// Customers with cards, a ticket each, and entries up to the number of movements asked for.
async fn seed(address: &str, customers: usize, movements: usize) -> Seeded {
    let db = Db::open(address).await.unwrap();
    db.migrate().await.unwrap();
    let given = Given { name: "bench".to_owned(), text: POLICY.to_owned() };
    let (service, writer) = Service::start(db, Clock::system(), Some(given)).await.unwrap();
    let email = format!("agent{}@example.org", service.clock.now().timestamp_micros());
    let new = NewUser { email: email.clone(), name: "Bench".to_owned(), role: StaffRole::Agent };
    let agent = service.add_user(new, "a password of the bench".to_owned()).await.unwrap();
    let token = service.create_token(&email, 90).await.unwrap();
    let actor = Actor::Staff(agent.id);
    let mut seeded = Seeded { token, customers: Vec::new(), tickets: Vec::new() };
    for number in 0..customers {
        let (customer, ticket) = customer(&service, actor, &format!("{number} {email}"), CARDS).await;
        seeded.customers.push(customer);
        seeded.tickets.push(ticket);
    }
    let next = Arc::new(AtomicUsize::new(customers * CARDS));
    let tickets = Arc::new(seeded.tickets.clone());
    let tasks: Vec<_> = (0..512)
        .map(|_| {
            let (service, next, tickets) = (service.clone(), Arc::clone(&next), Arc::clone(&tickets));
            tokio::spawn(async move {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= movements {
                        return;
                    }
                    let ticket = tickets[nth % tickets.len()];
                    service.submit(service.command(actor, None, Target::Ticket(ticket), log(ticket))).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let db = service.db.clone();
    drop(service);
    writer.await.unwrap();
    db.close().await;
    seeded
}

fn log(ticket: TicketId) -> Act {
    Act::LogTime {
        ticket,
        worked: Minutes(1),
        worked_on: None,
        description: "Helped with a question".to_owned(),
        estimate: None,
        started_at: None,
        surcharges: vec![],
        excess: Excess::Refuse,
    }
}

/// One customer with enough paid hours, an owner who asks, and a ticket.
async fn customer(service: &Service, actor: Actor, name: &str, cards: usize) -> (CustomerId, TicketId) {
    let id: CustomerId = service.clock.id();
    let target = Target::Customer(id);
    let submit = |target, act| service.submit(service.command(actor, None, target, act));
    let act = Act::CreateCustomer {
        name: name.to_owned(),
        email: "school@example.org".to_owned(),
        locale: Locale::Nl,
        monthly_amount: None,
        contract_start: None,
        imported: true,
    };
    submit(target, act).await.unwrap();
    let act = Act::AddContact {
        name: "Jo".to_owned(),
        email: "jo@example.org".to_owned(),
        role: Role::Owner,
        ceiling: None,
        valid_from: None,
        valid_until: None,
        asked_by: None,
        asked_via: None,
    };
    let Receipt::Contact(Contact { id: owner, .. }) = submit(target, act).await.unwrap() else { unreachable!() };
    for _ in 0..cards {
        let act = Act::order("10000h".to_owned());
        submit(target, act).await.unwrap();
    }
    let act = Act::OpenTicket(Report {
        subject: "A question".to_owned(),
        description: "How?".to_owned(),
        requester: Some(owner),
        ..Report::default()
    });
    let Receipt::Ticket(Ticket { id: ticket, .. }) = submit(target, act).await.unwrap() else { unreachable!() };
    (id, ticket)
}

fn serve(address: &str, dir: &std::path::Path) -> Child {
    let log = std::fs::File::create(dir.join("serve.log")).unwrap();
    Process::new(env!("CARGO_BIN_EXE_strippenkaart"))
        .args(["serve", "--database", address, "--listen", &format!("127.0.0.1:{PORT}")])
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn stop(server: &mut Child) {
    let pid = server.id().to_string();
    Process::new("kill").args(["-TERM", &pid]).status().unwrap();
    server.wait().unwrap();
}

async fn wait_ready() {
    for _ in 0..100 {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", PORT)).await {
            let request = "GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n";
            stream.write_all(request.as_bytes()).await.unwrap();
            return read_response(&mut stream, &mut Vec::new()).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server did not start");
}

fn entry(ticket: TicketId, token: &str) -> String {
    let body = r#"{"worked_minutes":1,"description":"Helped with a question"}"#;
    format!(
        "POST /api/v1/tickets/{ticket}/time-entries HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn balance(customer: CustomerId, token: &str) -> String {
    format!("GET /api/v1/customers/{customer}/balance HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// Runs `connections` closed loops over the requests; gives the latencies, sorted.
async fn load(requests: &[String], connections: usize, length: Duration) -> Vec<Duration> {
    let requests: Arc<Vec<String>> = Arc::new(requests.to_vec());
    let end = Instant::now() + length;
    let loops: Vec<_> = (0..connections)
        .map(|first| {
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(("127.0.0.1", PORT)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (mut latencies, mut buffer, mut nth) = (Vec::new(), Vec::with_capacity(4096), first);
                while Instant::now() < end {
                    let start = Instant::now();
                    stream.write_all(requests[nth % requests.len()].as_bytes()).await.unwrap();
                    read_response(&mut stream, &mut buffer).await;
                    latencies.push(start.elapsed());
                    nth += connections;
                }
                latencies
            })
        })
        .collect();
    let mut all = Vec::new();
    for each in loops {
        all.append(&mut each.await.unwrap());
    }
    all.sort_unstable();
    all
}

/// Reads one whole answer, which must be a success.
async fn read_response(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
        assert!(text.starts_with("http/1.1 2"), "{}", String::from_utf8_lossy(buffer));
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if buffer.len() >= head + 4 + length {
            return;
        }
    }
}

#[expect(clippy::float_arithmetic, reason = "milliseconds for people")]
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
}

/// How often a page can be written and synced in one second, where the database is.
fn fdatasync_rate(dir: &std::path::Path) -> usize {
    let mut file = std::fs::File::create(dir.join("sync")).unwrap();
    let start = Instant::now();
    let mut syncs = 0;
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).unwrap();
        syncs += 1;
    }
    syncs
}

fn memory(server: &Child) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = |name| status.lines().find(|line| line.starts_with(name)).map(|line| line[6..].trim().to_owned());
    format!("{} now, {} at most", line("VmRSS").unwrap_or_default(), line("VmHWM").unwrap_or_default())
}
