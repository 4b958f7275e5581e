//! The server: open, migrate, start, answer until told to stop, then finish what runs.

use super::{ServeArgs, logging, print};
use crate::clock::Clock;
use crate::service::{Service, jobs};
use crate::store::Db;
use crate::web::{self, Settings};
use anyhow::Context as _;
use axum::serve::ListenerExt as _;
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
    let settings = Settings { public_url, behind_proxy: args.behind_proxy };
    until_stopped((listener, metrics), told, service, writer, settings).await
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
    let (site, counted) = web::with_metrics(service, settings);
    let site = site.layer(axum::middleware::from_fn(logging::request));
    let counting = metrics.map(|listener| {
        let stop = stop.clone().cancelled_owned();
        tokio::spawn(axum::serve(listener, counted).with_graceful_shutdown(stop).into_future())
    });
    let listener = listener.tap_io(|connection| {
        // Without it an answer may wait for a packet to fill; it works either way.
        connection.set_nodelay(true).ok();
    });
    let mut server = tokio::spawn(
        axum::serve(listener, site.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(stop.clone().cancelled_owned())
            .into_future(),
    );
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
