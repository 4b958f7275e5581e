//! How many requests one caller has under way at once (A10): a login, by whichever token or session, else the network that
//! asks. Who has more waits a moment for its own earlier ones, and is then told to come again (429); others do not notice.
//!
//! | counted | most | until |
//! |--|--|--|
//! | reads | [`Limits::reads`] | the answer is made |
//! | answers to reads | [`Limits::answers`] | all of it was taken: who downloads slowly keeps no read |
//! | writes | [`Limits::writes`] | the answer is made |
//!
//! The server takes a body in before it hands the request on, so one that trickles holds up nobody.

use super::App;
use super::extract::{ClientIp, token_of};
use super::limits::Limits;
use super::pages;
use super::problem::Problem;
use super::server::register::Held;
use crate::domain::UserId;
use crate::service::network::network;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// After how many callers those that have nothing under way are forgotten.
const SWEEP: usize = 1024;
/// The most sessions of which is remembered whose they are.
const SESSIONS: usize = 65_536;

/// Who asks, as far as that is known before anything is read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Asks {
    /// A login, by a token that we signed or a session that let it in before.
    Login(UserId),
    /// Anybody else.
    Network(IpAddr),
}

/// What every caller has under way.
#[derive(Debug)]
pub struct InFlight {
    limits: Limits,
    callers: Mutex<HashMap<Asks, Weak<Lane>>>,
    sessions: Mutex<HashMap<[u8; 32], UserId>>,
}

/// What one caller has under way.
#[derive(Debug)]
struct Lane {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    answers: Arc<Semaphore>,
}

/// A request that may begin.
struct Turn {
    /// For this caller's requests to be counted together.
    _lane: Arc<Lane>,
    _request: OwnedSemaphorePermit,
    answer: Option<Held>,
}

impl InFlight {
    /// Nothing is under way.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, callers: Mutex::default(), sessions: Mutex::default() }
    }

    /// Remembers whose session a cookie is, so that its requests count as that login's.
    pub fn remember(&self, cookie: &str, user: UserId) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS {
            sessions.clear();
        }
        sessions.insert(Sha256::digest(cookie).into(), user);
    }

    fn session(&self, cookie: &str) -> Option<UserId> {
        let digest: [u8; 32] = Sha256::digest(cookie).into();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).copied()
    }

    fn lane(&self, asks: Asks) -> Arc<Lane> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = callers.get(&asks).and_then(Weak::upgrade) {
            return lane;
        }
        if callers.len().is_multiple_of(SWEEP) {
            callers.retain(|_, lane| lane.strong_count() > 0);
        }
        let room = |most: usize| Arc::new(Semaphore::new(most));
        let Limits { reads, writes, answers, .. } = self.limits;
        let lane = Arc::new(Lane { reads: room(reads), writes: room(writes), answers: room(answers) });
        callers.insert(asks, Arc::downgrade(&lane));
        lane
    }

    /// Waits for a turn among the caller's own requests; `None` when none came free in time.
    async fn turn(&self, asks: Asks, reads: bool) -> Option<Turn> {
        let lane = self.lane(asks);
        let turn = async {
            if !reads {
                return Some((Arc::clone(&lane.writes).acquire_owned().await.ok()?, None));
            }
            let answer = Arc::clone(&lane.answers).acquire_owned().await.ok()?;
            let request = Arc::clone(&lane.reads).acquire_owned().await.ok()?;
            // With its lane, or the caller's next request would not know of it.
            Some((request, Some(Held::new((Arc::clone(&lane), answer)))))
        };
        let (request, answer) = timeout(self.limits.turn, turn).await.ok()??;
        Some(Turn { _lane: lane, _request: request, answer })
    }
}

/// Lets a request in when it is the caller's turn.
pub async fn one_after_the_other(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let reads = parts.method.is_safe();
    let asks = who(&app, &mut parts).await;
    let Some(turn) = app.in_flight.turn(asks, reads).await else {
        return pages::turned_away(&app, &parts, too_many());
    };
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(answer) = turn.answer {
        response.extensions_mut().insert(answer);
    }
    response
}

async fn who(app: &App, parts: &mut Parts) -> Asks {
    let login = match token_of(&parts.headers) {
        Some(token) => app.service.login_on_token(token),
        None => pages::session_of(app, &parts.headers).and_then(|cookie| app.in_flight.session(&cookie)),
    };
    match (login, ClientIp::from_request_parts(parts, app).await) {
        (Some(login), _) => Asks::Login(login),
        (None, Ok(ClientIp(from))) => Asks::Network(network(from)),
    }
}

fn too_many() -> Problem {
    let detail = "So many of your requests are under way that this one did not get its turn; nothing was done. Wait for answers \
                  before you send more.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-at-once", "Too many requests at once", detail);
    Problem { retry_after: Some(1), ..problem }
}
