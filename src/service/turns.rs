//! Turns at work that is dear: so many at once, so few that wait, and an order in which those who try the most wait the
//! longest.
//!
//! | who goes first | so that |
//! |--|--|
//! | who came in from there before, on this account | a flood of strangers does not keep people out of their own account |
//! | whose network tries the least: what waits and works, and what failed of late | one machine does not crowd out the others |
//! | of equals the newest | who comes after a flood does not wait for it |
//!
//! When too many wait, whoever would be the last is turned away at once (A9). The order asks nothing that says whether an
//! account exists, so a delay does not tell it either.

use super::network::network;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long a network that failed comes after others.
const REMEMBERED: Duration = Duration::from_mins(10);
/// The most networks, and ways in, that are remembered.
const MOST: usize = 16_384;

/// Who asks for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The program itself, or whoever holds a link that works once.
    Ours,
    /// Somebody at a network who says to be an account, of which only a digest is kept.
    Stranger(IpAddr, [u8; 32]),
}

impl Asker {
    /// Somebody at an address who says to be an account, however that is written.
    #[must_use]
    pub fn at(from: IpAddr, account: &str) -> Self {
        Self::Stranger(network(from), Sha256::digest(account.trim().to_lowercase()).into())
    }
}

/// Too many wait already; come back in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many wait for a turn")]
pub struct Crowded;

/// Hands out turns. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Mutex<State>>);

/// A turn; it goes on to the next when dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    asker: Asker,
}

#[derive(Debug)]
struct State {
    free: usize,
    most_waiting: usize,
    asked: u64,
    waiting: Vec<Waiting>,
    /// How many turns each network has now.
    working: HashMap<IpAddr, u32>,
    /// How often each network failed, and when it last did.
    failed: HashMap<IpAddr, (u32, Instant)>,
    /// Who came in.
    known: HashSet<Asker>,
}

#[derive(Debug)]
struct Waiting {
    asker: Asker,
    rank: Rank,
    reply: oneshot::Sender<Turn>,
}

/// The smallest goes first: strangers last, then by what their network tries, then the newest.
type Rank = (bool, u32, Reverse<u64>);

impl Turns {
    /// So many turns at once, and the most that may wait for one.
    #[must_use]
    pub fn new(at_once: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: at_once,
            most_waiting,
            asked: 0,
            waiting: Vec::new(),
            working: HashMap::new(),
            failed: HashMap::new(),
            known: HashSet::new(),
        })))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Crowded`], when so many wait that this one would be the last.
    pub async fn turn(&self, asker: Asker) -> Result<Turn, Crowded> {
        let waits = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                state.begins(asker);
                return Ok(Turn { turns: self.clone(), asker });
            }
            state.queue(asker)
        };
        // Whoever is turned away later finds that nobody will answer.
        waits.await.map_err(|_| Crowded)
    }

    /// Remembers that this asker was let in, or was not.
    pub fn learn(&self, asker: Asker, let_in: bool) {
        let Asker::Stranger(from, _) = asker else { return };
        let mut state = self.state();
        if let_in {
            if state.known.len() >= MOST {
                state.known.clear();
            }
            state.known.insert(asker);
            return;
        }
        if state.failed.len() >= MOST {
            state.failed.retain(|_, (_, last)| last.elapsed() < REMEMBERED);
        }
        if state.failed.len() >= MOST {
            state.failed.clear();
        }
        let (times, last) = state.failed.entry(from).or_insert((0, Instant::now()));
        *times = if last.elapsed() < REMEMBERED { times.saturating_add(1) } else { 1 };
        *last = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, asker: Asker) -> oneshot::Receiver<Turn> {
        self.waiting.retain(|waiting| !waiting.reply.is_closed());
        self.asked += 1;
        let rank = self.rank(asker);
        let (reply, waits) = oneshot::channel();
        self.waiting.push(Waiting { asker, rank, reply });
        if self.waiting.len() > self.most_waiting
            && let Some(last) = (0..self.waiting.len()).max_by_key(|at| self.waiting[*at].rank)
        {
            self.waiting.swap_remove(last);
        }
        waits
    }

    fn rank(&self, asker: Asker) -> Rank {
        let Asker::Stranger(from, _) = asker else { return (false, 0, Reverse(self.asked)) };
        let same = |waiting: &&Waiting| matches!(waiting.asker, Asker::Stranger(other, _) if other == from);
        let waiting = u32::try_from(self.waiting.iter().filter(same).count()).unwrap_or(u32::MAX);
        let working = self.working.get(&from).copied().unwrap_or(0);
        let failed = self.failed.get(&from).filter(|(_, last)| last.elapsed() < REMEMBERED);
        let tries = failed.map_or(0, |(times, _)| *times).saturating_add(waiting).saturating_add(working);
        (!self.known.contains(&asker), tries, Reverse(self.asked))
    }

    fn begins(&mut self, asker: Asker) {
        if let Asker::Stranger(from, _) = asker {
            *self.working.entry(from).or_default() += 1;
        }
    }

    fn ends(&mut self, asker: Asker) {
        let Asker::Stranger(from, _) = asker else { return };
        if let Some(working) = self.working.get_mut(&from) {
            *working -= 1;
            if *working == 0 {
                self.working.remove(&from);
            }
        }
    }

    /// Who is next; when nobody waits, the turn is free.
    fn next(&mut self) -> Option<Waiting> {
        let Some(first) = (0..self.waiting.len()).min_by_key(|at| self.waiting[*at].rank) else {
            self.free += 1;
            return None;
        };
        let next = self.waiting.swap_remove(first);
        self.begins(next.asker);
        Some(next)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut state = self.turns.state();
            state.ends(self.asker);
            state.next()
        };
        if let Some(next) = next {
            // Who hung up gets a turn that comes back here at once.
            drop(next.reply.send(Turn { turns: self.turns.clone(), asker: next.asker }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::task::{JoinHandle, yield_now};

    type Served = Arc<Mutex<Vec<String>>>;

    fn asker(from: u8, account: &str) -> Asker {
        Asker::at(Ipv4Addr::new(192, 0, 2, from).into(), account)
    }

    /// Waits in the background; once served, its name is in the list.
    async fn waits(turns: &Turns, asker: Asker, name: &str, served: &Served) -> JoinHandle<Result<(), Crowded>> {
        let (turns, name, served) = (turns.clone(), name.to_owned(), Arc::clone(served));
        let task = tokio::spawn(async move {
            let turn = turns.turn(asker).await?;
            served.lock().unwrap().push(name);
            yield_now().await;
            drop(turn);
            Ok(())
        });
        yield_now().await;
        task
    }

    async fn order(turn: Turn, tasks: Vec<JoinHandle<Result<(), Crowded>>>, served: &Served) -> Vec<String> {
        drop(turn);
        for task in tasks {
            task.await.unwrap().ok();
        }
        served.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn a9_one_network_waits_for_all_others() {
        let (turns, served) = (Turns::new(1, 8), Served::default());
        let turn = turns.turn(asker(66, "jan")).await.unwrap();
        let mut tasks = Vec::new();
        for number in 0..3 {
            tasks.push(waits(&turns, asker(66, "jan"), &format!("flood {number}"), &served).await);
        }
        tasks.push(waits(&turns, asker(1, "jan"), "owner", &served).await);
        tasks.push(waits(&turns, Asker::Ours, "ours", &served).await);
        assert_eq!(order(turn, tasks, &served).await, ["ours", "owner", "flood 0", "flood 1", "flood 2"]);
    }

    #[tokio::test]
    async fn a9_who_failed_comes_after_who_did_not_and_who_came_in_before_goes_first() {
        let (turns, served) = (Turns::new(1, 8), Served::default());
        turns.learn(asker(1, "eva"), false);
        turns.learn(asker(2, "jan"), true);
        let turn = turns.turn(asker(9, "x")).await.unwrap();
        let mut tasks = Vec::new();
        for (from, account, name) in
            [(1, "eva", "failed"), (2, " JAN", "known"), (2, "eva", "other account"), (3, "eva", "new")]
        {
            tasks.push(waits(&turns, asker(from, account), name, &served).await);
        }
        assert_eq!(order(turn, tasks, &served).await, ["known", "new", "other account", "failed"]);
    }

    #[tokio::test]
    async fn a9_who_would_be_the_last_is_turned_away_at_once() {
        let (turns, served) = (Turns::new(1, 2), Served::default());
        let turn = turns.turn(asker(66, "jan")).await.unwrap();
        let first = waits(&turns, asker(66, "jan"), "flood 0", &served).await;
        let second = waits(&turns, asker(66, "jan"), "flood 1", &served).await;
        let third = waits(&turns, asker(66, "jan"), "flood 2", &served).await;
        assert_eq!(third.await.unwrap(), Err(Crowded), "a flood gets no more places");
        let owner = waits(&turns, asker(1, "jan"), "owner", &served).await;
        assert_eq!(second.await.unwrap(), Err(Crowded), "and makes room for others");
        assert_eq!(order(turn, vec![first, owner], &served).await, ["owner", "flood 0"]);
    }

    #[tokio::test]
    async fn a_turn_of_somebody_who_hung_up_is_not_lost() {
        let (turns, served) = (Turns::new(2, 4), Served::default());
        let (turn, other) = (turns.turn(Asker::Ours).await.unwrap(), turns.turn(asker(1, "jan")).await.unwrap());
        let gone = waits(&turns, asker(1, "jan"), "gone", &served).await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        drop((turn, other));
        assert_eq!(turns.state().free, 2);
        assert!(turns.state().working.is_empty());
    }
}
