//! Slows down guessing, at the only three places where it pays: login, password reset and invitations.
//!
//! Who comes with a device that this account has signed in on before is asked one bucket, which is that device's alone. Of
//! anybody else three buckets are asked in turn, and a refused attempt takes nothing from the next one:
//!
//! | bucket | at once | then | against |
//! |---|---|---|---|
//! | known device and account | 10 | 10 per minute | a device that was taken |
//! | address | 30 | 30 per minute | one machine that tries many accounts |
//! | address and account | 5 | 10 per minute | one machine that tries one account |
//! | account | 60 | 60 per minute | many machines that try one account |
//!
//! **Invariant:** one address can never use up an account's own bucket (10 is less than 60), so nobody locks a
//! colleague out from a single desk; many addresses can, but not for a known device (A9); and every bucket fills again by
//! itself, so no account is ever locked for good.
//!
//! Memory: a key is a number, made with a secret of this process, and whatever is full again (at most a minute after its
//! last use) is swept out. At most [`MOST_KEYS`] buckets of a kind are kept; beyond that everybody shares [`SHARED`] ones
//! until there is room again, which slows down and lets nobody through.

use super::network::network;
use crate::domain::words::words;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const PER_DEVICE: Quota = quota(10, 10);
const PER_ADDRESS: Quota = quota(30, 30);
const PER_PAIR: Quota = quota(5, 10);
const PER_ACCOUNT: Quota = quota(60, 60);
/// After how many attempts what is full again is swept out.
const SWEEP_EVERY: u32 = 1024;
/// The most buckets of one kind.
pub const MOST_KEYS: usize = 65_536;
/// How many buckets there are for all who come when there are [`MOST_KEYS`].
pub const SHARED: u64 = 4_096;

const fn quota(at_once: u32, per_minute: u32) -> Quota {
    let at_once = NonZeroU32::new(at_once).expect("a bucket holds something");
    Quota::per_minute(NonZeroU32::new(per_minute).expect("a bucket fills again")).allow_burst(at_once)
}

words! {
    /// What is being tried. Each gate counts for itself.
    pub enum Gate {
        /// Logging in with a password.
        Login = "login",
        /// Asking for, or using, a link to set a new password.
        Reset = "reset",
        /// Using the link of an invitation.
        Invitation = "link",
    }
}

/// Too many attempts; the next one is heard after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {} seconds", self.seconds())]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// Whole seconds, rounded up, as the header `Retry-After` has them.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0)
    }
}

/// Who tries.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The address that the request comes from.
    pub ip: IpAddr,
    /// The digest of a device that the account is known to have signed in on; none where it is not.
    pub known_device: Option<&'a str>,
}

impl Who<'_> {
    /// From an address, by a device that nobody knows.
    #[must_use]
    pub const fn address(ip: IpAddr) -> Self {
        Self { ip, known_device: None }
    }
}

type Buckets<C> = RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts the attempts of this process. The clock is a parameter for the tests only.
#[derive(Debug)]
pub struct Throttle<C: Clock = DefaultClock> {
    clock: C,
    /// Makes keys of which nobody outside can tell which are the same.
    keys: RandomState,
    devices: Buckets<C>,
    addresses: Buckets<C>,
    pairs: Buckets<C>,
    accounts: Buckets<C>,
    attempts: AtomicU32,
}

impl Throttle {
    /// With every bucket full.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(DefaultClock::default())
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock + Clone> Throttle<C> {
    fn with_clock(clock: C) -> Self {
        let buckets = |quota| RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self {
            keys: RandomState::new(),
            devices: buckets(PER_DEVICE),
            addresses: buckets(PER_ADDRESS),
            pairs: buckets(PER_PAIR),
            accounts: buckets(PER_ACCOUNT),
            attempts: AtomicU32::new(0),
            clock,
        }
    }

    /// Counts one attempt at `gate` by `who` on `account` (an e-mail address, or the secret of a link). Call it before the
    /// work that it guards.
    ///
    /// # Errors
    /// [`RetryAfter`] when this is one attempt too many; it has then not been counted against the account.
    pub fn check(&self, gate: Gate, who: Who<'_>, account: &str) -> Result<(), RetryAfter> {
        if self.attempts.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        let account = account.trim().to_lowercase();
        if let Some(device) = who.known_device {
            return self.take(&self.devices, (gate, device, &account));
        }
        let network = network(who.ip);
        self.take(&self.addresses, (gate, network))?;
        self.take(&self.pairs, (gate, network, &account))?;
        self.take(&self.accounts, (gate, &account))
    }

    fn take(&self, buckets: &Buckets<C>, key: impl Hash) -> Result<(), RetryAfter> {
        let key = self.keys.hash_one(key);
        let key = if buckets.len() < MOST_KEYS { key } else { key % SHARED };
        buckets.check_key(&key).map_err(|until| RetryAfter(until.wait_time_from(self.clock.now())))
    }

    fn sweep(&self) {
        for buckets in [&self.devices, &self.addresses, &self.pairs, &self.accounts] {
            buckets.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    type Fake = Throttle<FakeRelativeClock>;

    fn fake() -> (Fake, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Throttle::with_clock(clock.clone()), clock)
    }

    fn by(last: u32) -> Who<'static> {
        Who::address(ip(last))
    }

    fn ip(last: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + last).to_be_bytes())
    }

    fn allowed(throttle: &Fake, attempts: u32, from: impl Fn(u32) -> IpAddr, account: impl Fn(u32) -> String) -> u32 {
        let ok = |n: &u32| throttle.check(Gate::Login, Who::address(from(*n)), &account(*n)).is_ok();
        (0..attempts).filter(ok).map(|_| 1).sum()
    }

    #[test]
    fn one_address_gets_five_tries_at_an_account_then_one_per_six_seconds() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 9, |_| ip(1), |_| "jan@school.example".into()), 5);
        let refused = throttle.check(Gate::Login, by(1), " JAN@school.example").unwrap_err();
        assert_eq!(refused, RetryAfter(Duration::from_secs(6)), "however it is written");
        assert!(throttle.check(Gate::Reset, by(1), "jan@school.example").is_ok(), "another gate");
        assert!(throttle.check(Gate::Login, by(1), "eva@school.example").is_ok(), "another account");
        clock.advance(refused.0);
        assert_eq!(allowed(&throttle, 3, |_| ip(1), |_| "jan@school.example".into()), 1);
    }

    #[test]
    fn one_address_gets_thirty_tries_over_all_accounts() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 50, |_| ip(1), |n| n.to_string()), 30);
        assert_eq!(allowed(&throttle, 50, |_| ip(2), |n| n.to_string()), 30);
        clock.advance(Duration::from_mins(1));
        assert_eq!(allowed(&throttle, 50, |_| ip(1), |n| n.to_string()), 30);
    }

    #[test]
    fn one_attacker_never_locks_the_owner_out() {
        let (throttle, clock) = fake();
        for _ in 0..600 {
            allowed(&throttle, 10, |_| ip(66), |_| "jan".into());
            assert!(throttle.check(Gate::Login, by(1), "jan").is_ok());
            clock.advance(Duration::from_secs(6));
        }
    }

    #[test]
    fn a9_a_known_device_has_a_bucket_of_its_own() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 140, ip, |_| "jan".into()), 60, "of 140 networks");
        assert!(throttle.check(Gate::Login, by(200), "jan").is_err(), "Jan, on a device that nobody knows");
        let known = |ip: u32, device| Who { known_device: Some(device), ..by(ip) };
        assert!(throttle.check(Gate::Login, known(200, "his"), "jan").is_ok(), "Jan, where he signed in before");
        assert!(throttle.check(Gate::Login, known(1, "his"), "jan").is_ok(), "also from an attacker's network");
        let of_device =
            |device| (0..20).filter(|_| throttle.check(Gate::Login, known(9, device), "jan").is_ok()).count();
        assert_eq!(of_device("taken"), 10, "a device that was taken guesses slowly");
        assert_eq!(of_device("his"), 8, "and not at the cost of another one");
        clock.advance(Duration::from_secs(6));
        assert_eq!(of_device("taken"), 1);
    }

    #[test]
    fn many_attackers_are_held_to_sixty_a_minute_and_leave_nothing_behind() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 10_000, ip, |_| "jan".into()), 60);
        assert!(throttle.check(Gate::Login, by(20_000), "jan").is_err());
        clock.advance(Duration::from_secs(1));
        assert!(throttle.check(Gate::Login, by(20_000), "jan").is_ok());
    }

    #[test]
    fn memory_is_given_back() {
        let (throttle, clock) = fake();
        for round in 0..20 {
            allowed(&throttle, SWEEP_EVERY, |n| ip(round * SWEEP_EVERY + n), |n| format!("{round} {n}"));
            clock.advance(Duration::from_mins(2));
        }
        let most = 2 * SWEEP_EVERY as usize;
        assert!(throttle.addresses.len() <= most && throttle.pairs.len() <= most && throttle.accounts.len() <= most);
    }

    #[test]
    fn a9_memory_is_bounded_within_the_minute_too() {
        let (throttle, clock) = fake();
        let shared = usize::try_from(SHARED).unwrap();
        let flood = u32::try_from(MOST_KEYS + 3 * shared).unwrap();
        allowed(&throttle, flood, ip, |n| n.to_string());
        for buckets in [&throttle.addresses, &throttle.pairs, &throttle.accounts] {
            assert!((MOST_KEYS..=MOST_KEYS + shared).contains(&buckets.len()), "{}", buckets.len());
        }
        let let_through = allowed(&throttle, 200_000, |n| ip(flood + n), |_| "jan".into());
        assert!(let_through <= 60, "{let_through}: sharing lets nobody through");
        clock.advance(Duration::from_mins(2));
        throttle.sweep();
        assert!(throttle.check(Gate::Login, by(0), "jan").is_ok());
        assert_eq!(throttle.addresses.len(), 1);
    }

    #[test]
    fn the_header_has_whole_seconds_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(RetryAfter(Duration::from_millis(millis)).seconds(), seconds);
        }
    }
}
