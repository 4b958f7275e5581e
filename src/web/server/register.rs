//! Which connections are open, and what each waits for. When all places are taken, one that waits makes room: first whoever
//! has no request on its way or only half of one, then who asked before and may again, then who still sends a body; each time
//! the one that waits longest. Who has sent a whole request keeps its place.

use super::super::limits::Limits;
use crate::service::network::network;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// What a connection waits for, in the order in which those that wait are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    /// The head of a request.
    Head,
    /// Another request.
    More,
    /// The body of a request.
    Body,
}

/// Where a connection stands among those that wait: for what, and since when, as a number that only grows.
type Place = (For, u64);

/// All connections of a server.
#[derive(Debug)]
pub struct Register {
    most: usize,
    per_network: Option<usize>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts beginnings, of connections and of waiting.
    count: u64,
    /// The network of each open connection.
    lines: HashMap<u64, IpAddr>,
    networks: HashMap<IpAddr, OfNetwork>,
    waiting: BTreeMap<Place, Arc<Line>>,
}

#[derive(Debug, Default)]
struct OfNetwork {
    open: usize,
    waiting: BTreeSet<Place>,
}

/// One connection, as its socket, its requests and the register see it.
#[derive(Debug)]
pub struct Line {
    id: u64,
    network: IpAddr,
    register: Arc<Register>,
    given_up: CancellationToken,
    stage: Mutex<Stage>,
}

#[derive(Debug)]
struct Stage {
    doing: Doing,
    since: Instant,
    /// What an answer takes of its caller's share until it is written.
    held: Option<Held>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Waits(Place),
    /// A request is answered.
    Works,
    /// The answer is made, and not all of it written.
    Writes,
}

/// What an answer keeps until it is written: its caller's share in those that are on their way out.
#[derive(Clone, Debug)]
pub struct Held(pub Arc<dyn Debug + Send + Sync>);

impl Held {
    /// Keeps this.
    #[must_use]
    pub fn new(what: impl Debug + Send + Sync + 'static) -> Self {
        Self(Arc::new(what))
    }
}

/// The body of a request is waited for, until this is dropped.
#[derive(Debug)]
pub struct Comes(Arc<Line>);

/// The place of an open connection, given back when dropped.
#[derive(Debug)]
pub struct Entry(Arc<Line>);

impl Register {
    /// With room for so many connections, and for so many from one network where that counts.
    #[must_use]
    pub fn new(most: usize, per_network: Option<usize>) -> Self {
        Self { most, per_network, open: Mutex::default() }
    }

    /// A place for a new connection, that of another one when all are taken; `None` when none of those waits.
    #[must_use]
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Entry> {
        let network = network(peer);
        let mut open = self.open();
        let same = open.networks.get(&network).filter(|same| self.per_network.is_some_and(|most| same.open >= most));
        if let Some(same) = same {
            let first = *same.waiting.first()?;
            open.give_up(first);
        } else if open.lines.len() >= self.most {
            let first = *open.waiting.first_key_value()?.0;
            open.give_up(first);
        }
        let id = open.counted();
        open.lines.insert(id, network);
        open.networks.entry(network).or_default().open += 1;
        let place = (For::Head, id);
        let stage = Mutex::new(Stage { doing: Doing::Waits(place), since: Instant::now(), held: None });
        let (register, given_up) = (Arc::clone(self), CancellationToken::new());
        let line = Arc::new(Line { id, network, register, given_up, stage });
        open.wait(place, &line);
        Some(Entry(line))
    }

    /// Gives up the connection that waits longest, if one does.
    pub fn make_room(&self) {
        let mut open = self.open();
        if let Some(first) = open.waiting.first_key_value().map(|(place, _)| *place) {
            open.give_up(first);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn counted(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn wait(&mut self, place: Place, line: &Arc<Line>) {
        // One that was given up waits for nothing any more.
        if self.lines.contains_key(&line.id) {
            self.waiting.insert(place, Arc::clone(line));
            self.networks.entry(line.network).or_default().waiting.insert(place);
        }
    }

    fn stop_waiting(&mut self, place: Place) -> Option<Arc<Line>> {
        let line = self.waiting.remove(&place)?;
        if let Some(same) = self.networks.get_mut(&line.network) {
            same.waiting.remove(&place);
        }
        Some(line)
    }

    fn give_up(&mut self, place: Place) {
        if let Some(line) = self.stop_waiting(place) {
            self.leave(&line);
            line.given_up.cancel();
        }
    }

    fn leave(&mut self, line: &Line) {
        if self.lines.remove(&line.id).is_none() {
            return;
        }
        if let Some(same) = self.networks.get_mut(&line.network) {
            same.open -= 1;
            if same.open == 0 {
                self.networks.remove(&line.network);
            }
        }
    }
}

impl Line {
    /// Waits until its place is needed for somebody else.
    pub fn given_up(&self) -> WaitForCancellationFuture<'_> {
        self.given_up.cancelled()
    }

    /// Bytes came in.
    pub fn speaks(self: &Arc<Self>) {
        if matches!(self.stage().doing, Doing::Waits((For::More, _))) {
            self.waits(For::Head);
        }
    }

    /// A request has begun: its head is here.
    pub fn asks(&self) {
        self.becomes(Doing::Works);
    }

    /// Its body is waited for, until what this gives is dropped.
    #[must_use]
    pub fn body(self: &Arc<Self>) -> Comes {
        self.waits(For::Body);
        Comes(Arc::clone(self))
    }

    /// Keeps what an answer holds until it is written.
    pub fn holds(&self, held: Option<Held>) {
        self.stage().held = held;
    }

    /// The answer is made.
    pub fn has_answered(&self) {
        self.becomes(Doing::Writes);
    }

    /// Everything so far is written; after an answer, the next request is waited for.
    pub fn is_written(self: &Arc<Self>) {
        if self.stage().doing == Doing::Writes {
            self.waits(For::More);
            self.stage().held = None;
        }
    }

    /// Until when a head, or another request, is waited for.
    #[must_use]
    pub fn waits_until(&self, limits: &Limits) -> Option<Instant> {
        let stage = self.stage();
        match stage.doing {
            Doing::Waits((For::Head, _)) => Some(stage.since + limits.head),
            Doing::Waits((For::More, _)) => Some(stage.since + limits.idle),
            Doing::Waits((For::Body, _)) | Doing::Works | Doing::Writes => None,
        }
    }

    fn waits(self: &Arc<Self>, what: For) {
        let mut open = self.register.open();
        let place = (what, open.counted());
        let mut stage = self.stage();
        if let Doing::Waits(before) = stage.doing {
            open.stop_waiting(before);
        }
        (stage.doing, stage.since) = (Doing::Waits(place), Instant::now());
        open.wait(place, self);
    }

    fn becomes(&self, doing: Doing) {
        let mut open = self.register.open();
        let mut stage = self.stage();
        if let Doing::Waits(place) = stage.doing {
            open.stop_waiting(place);
        }
        stage.doing = doing;
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The connection.
    #[must_use]
    pub fn line(&self) -> Arc<Line> {
        Arc::clone(&self.0)
    }
}

impl Drop for Comes {
    fn drop(&mut self) {
        self.0.becomes(Doing::Works);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.becomes(Doing::Works);
        self.0.register.open().leave(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn from(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    fn register(most: usize, per_network: Option<usize>) -> Arc<Register> {
        Arc::new(Register::new(most, per_network))
    }

    fn is_given_up(entry: &Entry) -> bool {
        entry.0.given_up.is_cancelled()
    }

    #[test]
    fn a10_who_has_no_request_yet_makes_room_and_who_is_answered_does_not() {
        let register = register(4, None);
        let [works, half, idle, sends] = [1, 2, 3, 4].map(|last| register.enter(from(last)).unwrap());
        works.0.asks();
        idle.0.asks();
        idle.0.has_answered();
        idle.0.is_written();
        sends.0.asks();
        let body = sends.0.body();
        let mut new = Vec::new();
        for (last, gone) in [(5, &half), (6, &idle), (7, &sends)] {
            assert!(!is_given_up(gone));
            let entry = register.enter(from(last)).unwrap();
            entry.0.asks();
            assert!(is_given_up(gone), "{last}");
            new.push(entry);
        }
        assert!(!is_given_up(&works) && !new.iter().any(is_given_up));
        assert!(register.enter(from(8)).is_none(), "everybody is being answered");
        drop((body, half, idle, sends));
        assert!(register.enter(from(8)).is_none(), "they had left already");
        drop(works);
        assert!(register.enter(from(8)).is_some());
    }

    #[test]
    fn a10_one_network_takes_its_own_places_only() {
        let register = register(8, Some(3));
        let other = register.enter(from(1)).unwrap();
        let mut many: Vec<Entry> = (0..3).map(|_| register.enter(from(66)).unwrap()).collect();
        many.push(register.enter(from(66)).unwrap());
        assert_eq!(many.iter().map(is_given_up).collect::<Vec<_>>(), [true, false, false, false]);
        many[1..].iter().for_each(|entry| entry.0.asks());
        assert!(register.enter(from(66)).is_none() && !is_given_up(&other));
        assert!(register.enter(from(2)).is_some());
    }

    #[test]
    fn a_connection_that_speaks_again_has_the_time_of_a_head() {
        let register = register(1, None);
        let entry = register.enter(from(1)).unwrap();
        let limits = Limits::default();
        let line = entry.line();
        let left = || line.waits_until(&limits).map(|at| at - line.stage().since);
        assert_eq!(left(), Some(limits.head));
        line.asks();
        line.speaks();
        assert_eq!(left(), None, "while it is answered nothing is waited for");
        line.is_written();
        assert_eq!(left(), None, "a part of the answer");
        line.has_answered();
        assert_eq!(left(), None, "not all of it was taken");
        line.is_written();
        assert_eq!(left(), Some(limits.idle));
        line.speaks();
        assert_eq!(left(), Some(limits.head));
        drop(entry);
        let open = register.open();
        assert!(open.lines.is_empty() && open.networks.is_empty() && open.waiting.is_empty());
    }
}
