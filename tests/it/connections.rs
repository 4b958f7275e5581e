//! The server against clients that are slow, silent or many (A10). Times are short here; those of a server are in `Limits`.

use crate::common::Fixture;
use crate::common::server::{Live, Server as Program};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use strippenkaart::store::users::StaffRole;
use strippenkaart::web::limits::Limits;
use strippenkaart::web::server::Server;
use strippenkaart::web::{Settings, router};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

const MIB: usize = 1024 * 1024;
/// Far more than what is waited for here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A server of ours, and how to stop it.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Running {
    async fn start(site: Router, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let server = tokio::spawn(Server::new(listener, site, limits, false).run(stop.clone()));
        Self { address, stop, server }
    }

    /// A connection on which this was said.
    async fn says(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// A few answers to ask for.
fn site() -> Router {
    let count = async |body: Body| {
        let read = axum::body::to_bytes(body, 64 * MIB).await;
        read.map_or_else(|error| error.to_string(), |bytes| bytes.len().to_string())
    };
    let slow = async || {
        sleep(millis(600)).await;
        "slow"
    };
    Router::new()
        .route("/", get(async || "hello"))
        .route("/large", get(async || Bytes::from(vec![b'x'; 6 * MIB])))
        .route("/slow", get(slow))
        .route("/count", post(count))
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is cut off may end in a reset.
    timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it stays open").ok();
    String::from_utf8_lossy(&all).into_owned()
}

/// What comes up to a text.
async fn up_to(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(end) {
        let read = timeout(PATIENCE, stream.read_buf(&mut all)).await.expect("no answer").unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&all));
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a10_a_head_that_does_not_come_is_not_waited_for() {
    let running = Running::start(site(), Limits { head: millis(300), ..Limits::default() }).await;
    for said in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let began = Instant::now();
        let mut stream = running.says(said).await;
        assert_eq!(rest(&mut stream).await, "", "{said:?}");
        assert!(began.elapsed() >= millis(290) && began.elapsed() < millis(3_000), "{said:?} {:?}", began.elapsed());
    }
    // Nor one that comes letter by letter.
    let mut stream = running.says("GET / HTTP/1.1\r\nHost: ").await;
    let began = Instant::now();
    while began.elapsed() < PATIENCE && stream.write_all(b"x").await.is_ok() {
        sleep(millis(50)).await;
    }
    assert!(began.elapsed() < millis(3_000), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a10_a_connection_that_nobody_uses_is_closed_and_one_that_is_used_is_kept() {
    let limits = Limits { idle: millis(700), head: millis(300), ..Limits::default() };
    let running = Running::start(site(), limits).await;
    let ask = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = running.says(ask).await;
    up_to(&mut stream, "hello").await;
    for _ in 0..3 {
        sleep(millis(450)).await; // longer than a head may take
        stream.write_all(ask.as_bytes()).await.unwrap();
        up_to(&mut stream, "hello").await;
    }
    let began = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(began.elapsed() >= millis(600) && began.elapsed() < millis(4_000), "{:?}", began.elapsed());
    // The next request begins, and its head does not end.
    let mut stream = running.says(ask).await;
    up_to(&mut stream, "hello").await;
    stream.write_all(b"GET / HT").await.unwrap();
    let began = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(began.elapsed() < millis(600), "as long as a head may take: {:?}", began.elapsed());
}

#[tokio::test]
async fn a10_a_body_that_trickles_is_not_waited_for_and_a_slow_one_is() {
    let limits = Limits { body: millis(400), least_bytes: 400, ..Limits::default() };
    let running = Running::start(site(), limits).await;
    let mut stream = running.says("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n").await;
    for _ in 0..20 {
        sleep(millis(100)).await; // 2 000 bytes a second: twice the least
        stream.write_all(&[b'x'; 200]).await.unwrap();
    }
    assert!(up_to(&mut stream, "4000").await.starts_with("HTTP/1.1 200"));
    let stream = running.says("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n").await;
    let began = Instant::now();
    let (mut reads, mut writes) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writes.write_all(b"x").await.is_ok() {
            sleep(millis(50)).await;
        }
    });
    let mut told = Vec::new();
    while let Ok(1..) = timeout(PATIENCE, reads.read_buf(&mut told)).await.expect("it stays open") {}
    trickle.abort();
    let told = String::from_utf8(told).unwrap();
    assert!(told.ends_with("the body came in too slowly"), "{told}");
    assert!(began.elapsed() < millis(4_000), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a10_who_takes_nothing_of_an_answer_is_cut_off_and_who_takes_it_slowly_gets_all() {
    let running = Running::start(site(), Limits { stuck: millis(800), ..Limits::default() }).await;
    let ask = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stuck = running.says(ask).await;
    sleep(millis(3_000)).await;
    let got = rest(&mut stuck).await.len();
    assert!(got > 0 && got < 6 * MIB, "{got}");
    let mut slow = running.says(ask).await;
    let (mut got, mut buffer, began) = (0, vec![0; 128 * 1024], Instant::now());
    while got < 6 * MIB {
        let read = timeout(PATIENCE, slow.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "cut off after {got}");
        got += read;
        sleep(millis(40)).await;
    }
    assert!(began.elapsed() > millis(1_600), "longer than one may be stuck: {:?}", began.elapsed());
}

#[tokio::test]
async fn a10_half_requests_do_not_take_the_places_of_whole_ones() {
    let limits = Limits { connections: 16, per_network: 16, ..Limits::default() };
    let running = Running::start(site(), limits).await;
    let mut works = running.says("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut half = Vec::new();
    for _ in 0..64 {
        half.push(running.says("GET / HTTP/1.1\r\nHost: loc").await);
    }
    for _ in 0..64 {
        half.push(running.says("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx").await);
        let began = Instant::now();
        let mut other = running.says("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        up_to(&mut other, "hello").await;
        assert!(began.elapsed() < millis(1_000), "{:?}", began.elapsed());
    }
    up_to(&mut works, "slow").await;
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_runs_and_waits_for_nobody_else() {
    let running = Running::start(site(), Limits::default()).await;
    let mut works = running.says("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut idle = running.says("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    up_to(&mut idle, "hello").await;
    let mut silent = running.says("").await;
    sleep(millis(100)).await;
    let began = Instant::now();
    running.stop.cancel();
    assert!(rest(&mut works).await.ends_with("slow"));
    assert_eq!((rest(&mut idle).await, rest(&mut silent).await), (String::new(), String::new()));
    timeout(PATIENCE, running.server).await.unwrap().unwrap();
    assert!(began.elapsed() < millis(5_000), "{:?}", began.elapsed());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn a10_a_body_that_trickles_is_told_so_in_the_readers_language() {
    let fixture = Fixture::sqlite().await;
    let limits = Limits { body: millis(300), ..Limits::default() };
    let settings = Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits };
    let site = crate::common::http::Site::new(fixture);
    let token = site.staff(StaffRole::Agent).await;
    let running = Running::start(router(site.fixture.service.clone(), settings), limits).await;
    let page = |lang: &str| {
        format!(
            "POST /login HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Language: {lang}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nemail="
        )
    };
    let files = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 99\r\n\r\nx"
        )
    };
    for (said, expected) in [
        (page("nl"), "kwam te langzaam binnen"),
        (page("en"), "came in too slowly and was not saved"),
        (files("/api/v1/customers"), "\"type\":\"/problems/too-slow\""),
    ] {
        let told = rest(&mut running.says(&said).await).await;
        assert!(told.starts_with("HTTP/1.1 408 ") && told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn a10_a_file_that_trickles_is_told_so() {
    let fixture = Fixture::sqlite().await;
    let limits = Limits { body: millis(300), ..Limits::default() };
    let settings = Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits };
    let site = crate::common::http::Site::new(fixture);
    let token = site.staff(StaffRole::Finance).await;
    let running = Running::start(router(site.fixture.service.clone(), settings), limits).await;
    let said = format!(
        "POST /api/v1/bank/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 99\r\n\r\nx"
    );
    let told = rest(&mut running.says(&said).await).await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("\"type\":\"/problems/too-slow\""), "{told}");
}

#[tokio::test]
async fn a10_a_server_that_may_open_few_files_says_so_and_answers_all_the_same() {
    let live = Live::sqlite().await;
    let arguments = ["serve", "--database", &live.address, "--listen", "127.0.0.1:0"];
    let server = Program::launch_with_files(320, &arguments);
    let address = server.url.strip_prefix("http://").unwrap();
    let mut half = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        half.push(stream);
    }
    let path = format!("{}/api/v1/customers", server.url);
    let answer = timeout(PATIENCE, reqwest::Client::new().get(path).bearer_auth(&live.token).send()).await;
    assert_eq!(answer.unwrap().unwrap().status(), 200);
    assert!(server.said().contains("raise the limit of open files"), "{}", server.said());
    assert!(!server.said().contains("cannot be taken"), "{}", server.said());
}
