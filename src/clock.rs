//! Time, ids and salts: the only place that asks the machine for them. Tests and the demo use a clock that stands
//! still until it is moved, and ids that come out the same every time.

use chrono::{DateTime, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of instants (whole microseconds, as both databases keep them), UUID v7s and salts.
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
        Self(Source::Manual(Arc::new(Mutex::new(Manual { now, random: StdRng::seed_from_u64(seed) }))))
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

    /// A fresh UUID v7: sorts by time.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self) -> T {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid().into()
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
