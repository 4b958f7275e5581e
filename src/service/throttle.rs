//! Slows down guessing, at the only three places where it pays: login, password reset and invitations.
//!
//! Three buckets are asked in turn, and a refused attempt takes nothing from the next one:
//!
//! | bucket | at once | then | against |
//! |---|---|---|---|
//! | address | 30 | 30 per minute | one machine that tries many accounts |
//! | address and account | 5 | 10 per minute | one machine that tries one account |
//! | account | 60 | 60 per minute | many machines that try one account |
//!
//! **Invariant:** one address can never use up an account's own bucket (10 is less than 60), so nobody locks a
//! colleague out from a single desk; and every bucket fills again by itself, so no account is ever locked for good.
//!
//! Memory: keys have a fixed size, and whatever is full again (at most a minute after its last use) is swept out.
//! What an account is called is kept only as a digest.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use sha2::{Digest, Sha256};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const PER_ADDRESS: Quota = quota(30, 30);
const PER_PAIR: Quota = quota(5, 10);
const PER_ACCOUNT: Quota = quota(60, 60);
/// After how many attempts what is full again is swept out.
const SWEEP_EVERY: u32 = 1024;

const fn quota(at_once: u32, per_minute: u32) -> Quota {
    let at_once = NonZeroU32::new(at_once).expect("a bucket holds something");
    Quota::per_minute(NonZeroU32::new(per_minute).expect("a bucket fills again")).allow_burst(at_once)
}

/// What is being tried. Each gate counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Logging in with a password.
    Login,
    /// Asking for, or using, a link to set a new password.
    Reset,
    /// Using the link of an invitation.
    Invitation,
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

/// The digest of an account's name, in lower case.
type Account = [u8; 32];
type Buckets<K, C> = RateLimiter<K, DashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts the attempts of this process. The clock is a parameter for the tests only.
#[derive(Debug)]
pub struct Throttle<C: Clock = DefaultClock> {
    clock: C,
    addresses: Buckets<(Gate, IpAddr), C>,
    pairs: Buckets<(Gate, IpAddr, Account), C>,
    accounts: Buckets<(Gate, Account), C>,
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
        Self {
            addresses: RateLimiter::new(PER_ADDRESS, DashMapStateStore::default(), clock.clone()),
            pairs: RateLimiter::new(PER_PAIR, DashMapStateStore::default(), clock.clone()),
            accounts: RateLimiter::new(PER_ACCOUNT, DashMapStateStore::default(), clock.clone()),
            attempts: AtomicU32::new(0),
            clock,
        }
    }

    /// Counts one attempt at `gate` from `ip` on `account` (an e-mail address, or the digest of a link's secret).
    /// Call it before the work that it guards.
    ///
    /// # Errors
    /// [`RetryAfter`] when this is one attempt too many; it has then not been counted against the account.
    pub fn check(&self, gate: Gate, ip: IpAddr, account: &str) -> Result<(), RetryAfter> {
        if self.attempts.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        let network = network(ip);
        let account: Account = Sha256::digest(account.trim().to_lowercase()).into();
        self.take(&self.addresses, &(gate, network))?;
        self.take(&self.pairs, &(gate, network, account))?;
        self.take(&self.accounts, &(gate, account))
    }

    fn take<K: Hash + Eq + Clone>(&self, buckets: &Buckets<K, C>, key: &K) -> Result<(), RetryAfter> {
        buckets.check_key(key).map_err(|until| RetryAfter(until.wait_time_from(self.clock.now())))
    }

    fn sweep(&self) {
        self.addresses.retain_recent();
        self.pairs.retain_recent();
        self.accounts.retain_recent();
    }
}

/// Who counts as one caller: an IPv4 address, or the /64 that one IPv6 connection gets.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
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

    fn ip(last: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + last).to_be_bytes())
    }

    fn allowed(throttle: &Fake, attempts: u32, from: impl Fn(u32) -> IpAddr, account: impl Fn(u32) -> String) -> u32 {
        let ok = |n: &u32| throttle.check(Gate::Login, from(*n), &account(*n)).is_ok();
        (0..attempts).filter(ok).map(|_| 1).sum()
    }

    #[test]
    fn one_address_gets_five_tries_at_an_account_then_one_per_six_seconds() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 9, |_| ip(1), |_| "jan@school.example".into()), 5);
        let refused = throttle.check(Gate::Login, ip(1), " JAN@school.example").unwrap_err();
        assert_eq!(refused, RetryAfter(Duration::from_secs(6)), "however it is written");
        assert!(throttle.check(Gate::Reset, ip(1), "jan@school.example").is_ok(), "another gate");
        assert!(throttle.check(Gate::Login, ip(1), "eva@school.example").is_ok(), "another account");
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
            assert!(throttle.check(Gate::Login, ip(1), "jan").is_ok());
            clock.advance(Duration::from_secs(6));
        }
    }

    #[test]
    fn many_attackers_are_held_to_sixty_a_minute_and_leave_nothing_behind() {
        let (throttle, clock) = fake();
        assert_eq!(allowed(&throttle, 10_000, ip, |_| "jan".into()), 60);
        assert!(throttle.check(Gate::Login, ip(20_000), "jan").is_err());
        clock.advance(Duration::from_secs(1));
        assert!(throttle.check(Gate::Login, ip(20_000), "jan").is_ok());
    }

    #[test]
    fn an_ipv6_caller_is_a_64_and_a_mapped_one_is_ipv4() {
        let read = |text: &str| network(text.parse().unwrap());
        assert_eq!(read("2001:db8:1:2:3:4:5:6"), read("2001:db8:1:2:ffff::1"));
        assert_ne!(read("2001:db8:1:2::1"), read("2001:db8:1:3::1"));
        assert_eq!(read("::ffff:192.0.2.1"), read("192.0.2.1"));
        assert_ne!(read("192.0.2.1"), read("192.0.2.2"));
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
    fn the_header_has_whole_seconds_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(RetryAfter(Duration::from_millis(millis)).seconds(), seconds);
        }
    }
}
