//! The program itself under everything at once that strangers can do to its doors (A5, A6, A9, A10): half requests, slow ones,
//! made-up methods, hostile texts, wrong passwords, and beside them whoever watches over it and somebody who logs in.
//!
//! Memory is compared with a warm server: the highest figure while two passwords were hashed at once, so the 2 × 19 MiB that
//! argon2 takes by design stand on both sides.

use crate::common::server::{Live, Server};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use strippenkaart::domain::Policy;
use strippenkaart::service::login::NewUser;
use strippenkaart::store::users::StaffRole;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// How much of each.
struct Size {
    half: usize,
    slow: usize,
    methods: usize,
    hostile: usize,
    wrong: usize,
    /// Connections that each send twenty reads at once.
    readers: usize,
    /// How long the half and slow requests are kept at least.
    kept: Duration,
    most: Most,
}

/// The bounds: what is asked for on a quiet machine; beside other tests only what shows that nothing is held up for good.
struct Most {
    answer_ms: u64,
    login: Duration,
    memory_kib: u64,
}

/// Watches over a server: how long `/healthz` took at most, in milliseconds, and how much memory it had, in KiB.
struct Watch {
    slowest: Arc<AtomicU64>,
    memory: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Watch {
    fn over(server: &Server) -> Self {
        let watch = Self { slowest: Arc::default(), memory: Arc::default(), done: Arc::default(), tasks: Vec::new() };
        let (url, id) = (format!("{}/healthz", server.url), server.id());
        let (slowest, done) = (Arc::clone(&watch.slowest), Arc::clone(&watch.done));
        let health = tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                let began = Instant::now();
                // A new connection each time, as a watcher has it.
                let answer = Client::new().get(&url).send().await;
                assert_eq!(answer.unwrap().status(), 200);
                slowest.fetch_max(u64::try_from(began.elapsed().as_millis()).unwrap(), Ordering::Relaxed);
                sleep(Duration::from_millis(100)).await;
            }
        });
        let (memory, done) = (Arc::clone(&watch.memory), Arc::clone(&watch.done));
        let weigh = tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                memory.fetch_max(resident(id), Ordering::Relaxed);
                sleep(Duration::from_millis(10)).await;
            }
        });
        Self { tasks: vec![health, weigh], ..watch }
    }

    /// The slowest answer in milliseconds, and the most memory in KiB.
    async fn ends(self) -> (u64, u64) {
        self.done.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        (self.slowest.load(Ordering::Relaxed), self.memory.load(Ordering::Relaxed))
    }
}

/// What a process has in memory, in KiB (Linux says so).
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Somebody who logs in from an address, by the proxy's word.
async fn log_in(url: &str, from: &str, email: &str, password: &str) -> StatusCode {
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let form = format!("email={}&password={password}", email.replace('@', "%40"));
    let request = client.post(format!("{url}/login")).header("X-Forwarded-For", from);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
    request.send().await.unwrap().status()
}

/// Connections on which something was said, and that are kept.
async fn kept(address: SocketAddr, count: usize, said: &str) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        connections.push(stream);
    }
    connections
}

/// The owner's login while wrong ones are tried; how long it took, with coming again when told to.
async fn right_login(url: &str) -> Duration {
    let began = Instant::now();
    loop {
        let status = log_in(url, "198.51.100.7", "admin@example.org", "proef-de-kaart").await;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(status, StatusCode::SEE_OTHER);
            return began.elapsed();
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Wrong passwords, all at once: a third from one address, the others each from one of their own.
fn wrong_logins(url: &str, count: usize) -> JoinSet<StatusCode> {
    let mut tries = JoinSet::new();
    for number in 0..count {
        let one = number % 3 == 0;
        let from = if one { "192.0.2.66".to_owned() } else { format!("203.0.{}.{}", number / 250, number % 250) };
        let (url, email) = (url.to_owned(), format!("made.up.{number}@example.org"));
        tries.spawn(async move { log_in(&url, &from, &email, "wrong-and-wrong").await });
    }
    tries
}

/// Twenty reads of one token at once on each of so many connections; how long reads of another one take meanwhile, in
/// milliseconds, and how many of them were told to come again.
async fn beside_readers(server: &Server, live: &Live, readers: usize) -> (u64, usize) {
    let address: SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let new = NewUser { email: "eva@example.org".to_owned(), name: "Eva".to_owned(), role: StaffRole::Agent };
    live.service.add_user(new, "negentien egels".to_owned()).await.unwrap();
    let other = live.service.create_token("eva@example.org", 1).await.unwrap();
    let path = "/api/v1/customers?limit=200";
    let read = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", live.token);
    let mut flood = JoinSet::new();
    for mut stream in kept(address, readers, &read.repeat(20)).await {
        // Takes its answers, so that it can go on asking.
        flood.spawn(async move { tokio::io::copy(&mut stream, &mut tokio::io::sink()).await });
    }
    let (client, mut slowest, mut again) = (Client::new(), 0, 0);
    for _ in 0..40 {
        let began = Instant::now();
        let answer = client.get(format!("{}{path}", server.url)).bearer_auth(&other).send().await.unwrap();
        slowest = slowest.max(u64::try_from(began.elapsed().as_millis()).unwrap());
        again += usize::from(answer.status() != 200);
        sleep(Duration::from_millis(50)).await;
    }
    (slowest, again)
}

#[expect(clippy::print_stdout, reason = "the figures of a trial")]
async fn trial(size: Size) {
    let live = Live::sqlite().await;
    let server = Server::launch(&["serve", "--database", &live.address, "--listen", "127.0.0.1:0", "--behind-proxy"]);
    let address: SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();

    let warm = Watch::over(&server);
    for _ in 0..3 {
        let two = |from| log_in(&server.url, from, "admin@example.org", "proef-de-kaart");
        let statuses = tokio::join!(two("198.51.100.1"), two("198.51.100.2"));
        assert_eq!(statuses, (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    }
    let (_, before) = warm.ends().await;

    let (watch, began) = (Watch::over(&server), Instant::now());
    let half = kept(address, size.half, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: ").await;
    let head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let slow = kept(address, size.slow, &format!("{head}Content-Length: 1000\r\n\r\nemail=")).await;
    let opened = began.elapsed();

    let client = Client::new();
    let policy = Policy::shipped("openedu").unwrap();
    let hostile = policy.replace("PH off", &"off; ".repeat(9_000));
    assert_ne!(policy, hostile);
    let mut texts = JoinSet::new();
    for _ in 0..size.hostile {
        let request = client.post(format!("{}/api/v1/policies/evaluate", server.url)).bearer_auth(&live.token);
        let request = request.json(&json!({ "text": hostile, "worked_minutes": 15 }));
        texts.spawn(async move { request.send().await.unwrap().status() });
    }
    let wrong = wrong_logins(&server.url, size.wrong);
    let right = right_login(&server.url).await;
    for number in 0..size.methods {
        let method = Method::from_bytes(format!("X{number}").as_bytes()).unwrap();
        let answer = client.request(method, format!("{}/made/up/{number}", server.url)).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    let texts = texts.join_all().await;
    let wrong = wrong.join_all().await;
    sleep(size.kept.saturating_sub(began.elapsed())).await;
    drop((half, slow));
    let (slowest, most) = watch.ends().await;

    let count = |status: u16| wrong.iter().filter(|answer| **answer == status).count();
    let grown = most.saturating_sub(before);
    println!(
        "{} half and {} slow requests opened in {} ms, kept {} s; {} methods; texts {texts:?}; wrong logins: {} refused, {} \
         throttled, {} to come again; right login {} ms; slowest /healthz {slowest} ms; {before} KiB warm, {grown} KiB more",
        size.half,
        size.slow,
        opened.as_millis(),
        began.elapsed().as_secs(),
        size.methods,
        count(422),
        count(429),
        count(503),
        right.as_millis(),
    );
    assert_eq!(count(422) + count(429) + count(503), size.wrong, "{wrong:?}");
    assert!(texts.iter().all(|status| [200, 422, 503].contains(&status.as_u16())), "{texts:?}");
    let (read, again) = beside_readers(&server, &live, size.readers).await;
    println!("beside {} connections with 20 reads each another read took at most {read} ms", size.readers);
    assert!(slowest < size.most.answer_ms, "/healthz took {slowest} ms");
    assert!(right < size.most.login, "the right login took {right:?}");
    assert!(grown < size.most.memory_kib, "{grown} KiB more");
    assert!(read < size.most.answer_ms && again == 0, "{read} ms, {again} were told to come again");
    assert_eq!(log_in(&server.url, "198.51.100.9", "admin@example.org", "proef-de-kaart").await, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_the_doors_hold() {
    trial(Size {
        half: 200,
        slow: 200,
        methods: 200,
        hostile: 6,
        wrong: 60,
        readers: 200,
        kept: Duration::from_secs(2),
        most: Most { answer_ms: 5_000, login: Duration::from_secs(20), memory_kib: 64 * 1024 },
    })
    .await;
}

/// `just trial-doors`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute: just trial-doors"]
async fn trial_doors_long() {
    trial(Size {
        half: 1_000,
        slow: 1_000,
        methods: 2_000,
        hostile: 6,
        wrong: 300,
        readers: 2_000,
        kept: Duration::from_secs(30),
        most: Most { answer_ms: 1_000, login: Duration::from_secs(2), memory_kib: 20 * 1024 },
    })
    .await;
}
