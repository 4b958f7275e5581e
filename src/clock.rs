//! Time, ids and salts: the only place that asks the machine for them. Tests and the demo use a clock that stands
//! still until it is moved, and ids that come out the same every time.

use chrono::{DateTime, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of instants (whole microseconds, as both databases keep them), UUID v7s that only increase, and salts.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Manual>>),
}

#[derive(Debug)]
struct Manual {
    now: DateTime<Utc>,
    random: StdRng,
    sequence: Sequence,
}

/// What ids of this process increase by (RFC 9562, 6.2): they sort in the order in which they were made, also within a
/// millisecond and when the machine's clock is set back.
static SEQUENCE: Mutex<Sequence> = Mutex::new(Sequence { millis: 0, counter: 0 });

/// The millisecond of the last id, and its counter.
#[derive(Debug)]
struct Sequence {
    millis: u64,
    counter: u64,
}

impl Sequence {
    /// Bits of the counter.
    const BITS: u32 = 42;

    /// Millisecond and counter of the next id, made at `now` (milliseconds). The counter begins anywhere in the lower half of
    /// its range, so that two processes hardly ever meet.
    fn next(&mut self, now: u64, seed: u64) -> (u64, u64) {
        let begin = seed >> (u64::BITS - Self::BITS + 1);
        if now > self.millis {
            (self.millis, self.counter) = (now, begin);
        } else if self.counter + 1 < 1 << Self::BITS {
            self.counter += 1;
        } else {
            (self.millis, self.counter) = (self.millis + 1, begin);
        }
        (self.millis, self.counter)
    }
}

/// A UUID v7 of a millisecond, a counter and randomness. The rows of a command count up from its id: the randomness leaves
/// them room, so that they sort before the next command's.
fn uuid_of((millis, counter): (u64, u64), random: u32) -> Uuid {
    let tail = u128::from(counter & ((1 << 30) - 1)) << 32 | u128::from(random >> 1);
    let bits = u128::from(millis) << 80 | 0x7 << 76 | u128::from(counter >> 30) << 64 | 0b10 << 62 | tail;
    Uuid::from_u128(bits)
}

impl Clock {
    /// The machine's time and randomness.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// Stands at `now` until it is [set](Self::set); ids and salts follow from `seed`.
    #[must_use]
    pub fn manual(now: DateTime<Utc>, seed: u64) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(Manual {
            now,
            random: StdRng::seed_from_u64(seed),
            sequence: Sequence { millis: 0, counter: 0 },
        }))))
    }

    /// Moves a manual clock; the machine's own cannot be moved.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Manual(manual) = &self.0 {
            manual.lock().unwrap_or_else(PoisonError::into_inner).now = now;
        }
    }

    /// The instant, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
                let now = Utc::now();
                DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
            }
            Source::Manual(manual) => manual.lock().unwrap_or_else(PoisonError::into_inner).now,
        }
    }

    /// A fresh UUID v7: larger than all that this clock, or for the machine's this process, made before.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self) -> T {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        let place = match &self.0 {
            Source::System => {
                let seed = rand::rng().random();
                SEQUENCE.lock().unwrap_or_else(PoisonError::into_inner).next(millis, seed)
            }
            Source::Manual(manual) => {
                let mut manual = manual.lock().unwrap_or_else(PoisonError::into_inner);
                let seed = manual.random.random();
                manual.sequence.next(millis, seed)
            }
        };
        uuid_of(place, u32::from_be_bytes(self.random())).into()
    }

    /// A fresh salt, in hexadecimal.
    #[must_use]
    pub fn salt(&self) -> String {
        crate::domain::chain::hex(&self.random::<16>())
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        match &self.0 {
            Source::System => rand::rng().random(),
            Source::Manual(manual) => manual.lock().unwrap_or_else(PoisonError::into_inner).random.random(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_772_400_000_000_000 + micros).unwrap()
    }

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_in_which_they_were_made() {
        let clock = Clock::manual(at(0), 1);
        let ids: Vec<Uuid> = (0..10_000).map(|_| clock.id()).collect();
        assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len());
        assert!(ids.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        let millis = ids[0].get_timestamp().unwrap().to_unix();
        assert_eq!((millis.0, millis.1), (1_772_400_000, 0), "and tell the time");
    }

    #[test]
    fn ids_increase_when_the_clock_is_set_back_and_go_along_when_it_moves() {
        let clock = Clock::manual(at(5_000), 1);
        let first: Uuid = clock.id();
        clock.set(at(0));
        let second: Uuid = clock.id();
        clock.set(at(9_000));
        let third: Uuid = clock.id();
        assert!(first < second && second < third);
        assert_eq!(third.get_timestamp().unwrap().to_unix().1, 9_000_000);
    }

    #[test]
    fn a_full_counter_goes_on_in_the_next_millisecond() {
        let last = (1 << Sequence::BITS) - 1;
        let mut sequence = Sequence { millis: 7, counter: last - 1 };
        assert_eq!(sequence.next(7, u64::MAX), (7, last));
        let (millis, begin) = sequence.next(7, u64::MAX);
        assert_eq!((millis, begin), (8, last >> 1), "the lower half");
        assert_eq!(sequence.next(7, 0), (8, begin + 1), "until the clock is there");
        assert!(uuid_of((7, last), u32::MAX) < uuid_of((8, 0), 0));
    }

    #[test]
    fn rows_of_a_command_sort_before_the_next_command() {
        let id = uuid_of((7, 1), u32::MAX).as_u128();
        assert!(Uuid::from_u128(id + (1 << 31)) < uuid_of((7, 2), 0));
    }

    #[test]
    fn ids_of_the_machine_increase_in_all_threads_together() {
        let made = |_| std::thread::spawn(|| (0..2_000).map(|_| Clock::system().id()).collect::<Vec<Uuid>>());
        let threads: Vec<_> = (0..4).map(made).collect();
        let ids: Vec<Vec<Uuid>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(ids.iter().all(|ids| ids.is_sorted()));
        assert_eq!(ids.iter().flatten().collect::<BTreeSet<_>>().len(), 8_000);
    }
}
