//! The server: open, migrate, start, answer until told to stop, then finish what runs.

use super::{ServeArgs, logging, print};
use crate::clock::Clock;
use crate::service::{Service, jobs};
use crate::store::Db;
use crate::web::limits::Limits;
use crate::web::server::Server;
use crate::web::{self, Settings};
use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long requests that run may go on after the order to stop.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the writer and the database may take after that.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The most connections that read what is counted.
const READERS: usize = 32;
/// Files that are open beside the connections: the database, what is sent, logs.
const OTHER_FILES: usize = 160;
/// With fewer connections than this a school behind one address is shut out.
const FEW: usize = 1_024;

/// `strippenkaart serve`.
pub(super) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let policy = args.policy.read()?;
    let db = open(&args.database.database).await?;
    let (service, writer) = Service::start(db, Clock::system(), policy).await?;
    let listener = listen(args.listen).await?;
    let metrics = match args.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let told = Stop::new()?; // before anybody can know that it listens
    let address = listener.local_addr()?;
    let public_url = args.public_url.unwrap_or_else(|| local_url(address));
    if let Some(secret) = service.first_admin_link().await? {
        print::line("Nobody has a login yet. This link makes the first administrator; it works once, for 7 days:")?;
        print::line(format_args!("{public_url}/invite/{secret}"))?;
    }
    if !address.ip().is_loopback() && public_url.starts_with("http://") {
        tracing::warn!(%address, "other machines reach this address, and nothing is encrypted: put a reverse proxy with TLS before it");
    }
    tracing::info!(%address, public_url, database = service.db.name(), "listening");
    let settings = Settings { public_url, behind_proxy: args.behind_proxy, limits: limits() };
    until_stopped((listener, metrics), told, service, writer, settings).await
}

/// As many connections as the system lets this process have open, up to the usual figure.
pub(super) fn limits() -> Limits {
    let usual = Limits::default();
    let connections = usual.connections.min(open_files().saturating_sub(OTHER_FILES).max(OTHER_FILES));
    if connections < FEW {
        tracing::warn!(
            connections,
            "few connections can be open at once: raise the limit of open files (LimitNOFILE, ulimit -n)"
        );
    }
    Limits { connections, per_network: usual.per_network.min(connections), ..usual }
}

/// How many files this process may have open: as many as it may allow itself.
fn open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, what there is has to do.
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).ok();
    let files = getrlimit(Resource::Nofile).current;
    files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// Opens a database (a file is made where there is none) and brings its schema up to date.
pub(super) async fn open(address: &str) -> anyhow::Result<Db> {
    let db = Db::open(address).await.context("the database cannot be opened")?;
    db.migrate().await.context("the schema cannot be brought up to date")?;
    Ok(db)
}

/// Listens, without waiting to fill packets.
pub(super) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Where a browser on this machine finds the server.
pub(super) fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::from([127, 0, 0, 1]));
    }
    format!("http://{address}")
}

/// Answers until it is `told` to stop, then stops accepting, finishes what runs, drains the writer and closes the database.
/// A second signal does not wait for the requests.
///
/// # Errors
/// When the writer or the server ends by itself: the process must not go on then.
pub(super) async fn until_stopped(
    (listener, metrics): (TcpListener, Option<TcpListener>),
    mut told: Stop,
    service: Service,
    mut writer: JoinHandle<()>,
    settings: Settings,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let db = service.db.clone();
    let jobs = tokio::spawn(jobs::settle_until(stop.clone(), service.clone()));
    let Settings { behind_proxy, limits, .. } = settings;
    let (site, counted) = web::with_metrics(service, settings);
    let site = site.layer(axum::middleware::from_fn(logging::request));
    let counting = metrics.map(|listener| {
        let limits = Limits { connections: READERS, per_network: READERS, ..limits };
        tokio::spawn(Server::new(listener, counted, limits, false).run(stop.clone()))
    });
    let mut server = tokio::spawn(Server::new(listener, site, limits, behind_proxy).run(stop.clone()));
    tokio::select! {
        () = told.told() => {}
        ended = &mut server => anyhow::bail!("the server ended by itself: {ended:?}"),
        ended = &mut writer => anyhow::bail!("the ledger's writer ended by itself: {ended:?}"),
    }
    tracing::info!("stopping: finishing what runs");
    stop.cancel();
    tokio::select! {
        finished = timeout(PATIENCE, &mut server) => if finished.is_err() {
            tracing::warn!("some requests did not finish in time");
        },
        () = told.told() => {}
    }
    jobs.await?;
    if let Some(counting) = counting {
        // Whoever reads it may keep the connection.
        counting.abort();
    }
    // The last door closes with the last request; one that hangs holds it open, and loses nothing that was answered.
    if timeout(LAST_WORDS, writer).await.is_err() || timeout(LAST_WORDS, db.close()).await.is_err() {
        tracing::warn!("the database was not closed; the next start recovers it");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The orders to stop: SIGINT (Ctrl-C) and SIGTERM, heard from the moment this exists.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub(super) async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
