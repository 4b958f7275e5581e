//! The server: takes connections and speaks HTTP/1.1 on them, within [`Limits`].
//!
//! Who is slow is cut off, each by its own clock: a head that does not come, a connection that nobody uses, a body that
//! trickles ([`body`]), an answer that nobody takes ([`socket`]). Who comes when all places are taken gets the one of
//! whoever has waited longest without a request ([`register`]); a request that is being answered is never given up.

pub mod body;
pub mod register;
mod socket;
mod timer;

use super::extract::MOST_BYTES;
use super::limits::Limits;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use body::{Paced, Written, arrived};
use hyper::body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use register::{Entry, Line, Register};
use socket::Socket;
use socket2::SockRef;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the kernel holds of an answer that is not taken yet, per connection, in bytes. Left to itself it holds megabytes, and
/// says only when a third of that is gone.
const SEND_BUFFER: usize = 256 * 1024;
/// The largest head of a request, in bytes.
const MOST_HEAD: usize = 64 * 1024;
/// How long to wait after a connection could not be taken, such as for a file descriptor.
const AGAIN: Duration = Duration::from_millis(50);

/// A listener and what answers on it.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    site: Router,
    limits: Limits,
    register: Arc<Register>,
}

/// One connection, as a service of its requests.
#[derive(Clone)]
struct Answering {
    site: TowerToHyperService<Router>,
    line: Arc<Line>,
    peer: SocketAddr,
    limits: Limits,
}

impl Server {
    /// Answers with `site` on `listener`. `behind_proxy`: every connection is of a proxy of ours, and not counted by network.
    #[must_use]
    pub fn new(listener: TcpListener, site: Router, limits: Limits, behind_proxy: bool) -> Self {
        // Where it cannot be set, the kernel's own figure does.
        SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER).ok();
        let per_network = (!behind_proxy).then_some(limits.per_network);
        Self { listener, site, limits, register: Arc::new(Register::new(limits.connections, per_network)) }
    }

    /// Answers until it is told to stop; then takes no more, and ends when what runs has ended.
    pub async fn run(self, stop: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Some(entry) = self.register.enter(peer.ip()) else { continue };
                    let site = TowerToHyperService::new(self.site.clone());
                    let answering = Answering { site, line: entry.line(), peer, limits: self.limits };
                    connections.spawn(connection(stream, entry, answering, stop.clone()));
                }
                Err(error) if gone(error.kind()) => {}
                Err(error) => {
                    tracing::error!(%error, "a connection cannot be taken");
                    self.register.make_room();
                    sleep(AGAIN).await;
                }
            }
        }
        drop(self.listener);
        connections.close();
        connections.wait().await;
    }
}

/// Whoever called has hung up already; nothing is wrong with us.
fn gone(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

/// A connection from beginning to end. Nothing is set up for one that says nothing.
async fn connection(stream: TcpStream, entry: Entry, answering: Answering, stop: CancellationToken) {
    // Without it an answer may wait for a packet to fill; it works either way.
    stream.set_nodelay(true).ok();
    let (line, limits) = (entry.line(), answering.limits);
    tokio::select! {
        spoke = timeout(limits.head, stream.readable()) => if !matches!(spoke, Ok(Ok(()))) {
            return;
        },
        () = line.given_up() => return,
        () = stop.cancelled() => return,
    }
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&line), limits));
    let mut http = http1::Builder::new();
    // Of its own it would count the time in which an answer is taken as well.
    http.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(MOST_HEAD);
    let mut connection = pin!(http.serve_connection(socket, answering));
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                }
                return;
            }
            () = line.given_up() => return,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Written>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.line.asks();
        let Self { site, line, peer, limits } = self.clone();
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(ConnectInfo(peer));
        Box::pin(async move {
            let body = if body.is_end_stream() {
                Body::empty()
            } else {
                let _comes = line.body();
                arrived(Paced::new(body, limits), MOST_BYTES).await
            };
            let mut response = site.call(Request::from_parts(parts, body)).await?;
            line.holds(response.extensions_mut().remove());
            Ok(response.map(|body| Written::new(body, line)))
        })
    }
}
