//! `[time]`: from worked to charged minutes (TIME-1, TIME-2).

use super::reader::{ANY, Reader, minutes, word};
use crate::domain::Minutes;

/// How worked minutes become charged minutes (TIME-1, TIME-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// The smallest unit that is charged, one strip: more than nothing, at most a day.
    pub increment: Minutes,
    /// The least that an entry charges: a multiple of the increment, possibly zero.
    pub minimum: Minutes,
    /// Which way a part of an increment goes.
    pub rounding: Rounding,
    /// An entry of at most this many worked minutes charges nothing.
    pub free_up_to: Minutes,
}

/// Which way a part of an increment goes (TIME-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Always to the next increment.
    Up,
    /// To the nearest increment; exactly half goes up.
    Nearest,
}

impl TimeRules {
    /// The minutes to charge for `worked` minutes of one entry: nothing up to [`free_up_to`](Self::free_up_to), else
    /// rounded to the increment, and never less than the minimum (TIME-1, TIME-2).
    #[must_use]
    pub fn charge(&self, worked: Minutes) -> Minutes {
        if worked <= self.free_up_to {
            return Minutes::ZERO;
        }
        let rounded = match self.rounding {
            Rounding::Up => self.round_up(worked),
            Rounding::Nearest => self.round_nearest(worked),
        };
        rounded.max(self.minimum)
    }

    /// The minutes of an estimate: always up to the increment, whatever the rounding of entries (SPEND-3).
    ///
    /// What does not fit an `i64` becomes its largest value, so that a figure out of all proportion is refused for want
    /// of minutes instead of stopping the process.
    #[must_use]
    pub fn round_up(&self, minutes: Minutes) -> Minutes {
        let (increment, rest) = (self.increment.0, minutes.0 % self.increment.0);
        if rest <= 0 { minutes } else { Minutes((minutes.0 - rest).saturating_add(increment)) }
    }

    fn round_nearest(&self, minutes: Minutes) -> Minutes {
        let rest = minutes.0 % self.increment.0;
        if rest >= self.increment.0 - rest { self.round_up(minutes) } else { Minutes(minutes.0 - rest) }
    }

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        // A wrong increment counts as 1 from here on: everything is a multiple of 1, so no second fault follows.
        let otherwise = if keys.has("increment_minutes") { ANY } else { Minutes(15) };
        let increment = keys.or("increment_minutes", otherwise, minutes(1..=Minutes::DAY.0, ANY));
        Self {
            increment,
            minimum: keys.or("minimum_minutes", increment, minutes(0..=Minutes::DAY.0, increment)),
            rounding: keys.or("rounding", Rounding::Up, word([("up", Rounding::Up), ("nearest", Rounding::Nearest)])),
            free_up_to: keys.or("free_up_to_minutes", Minutes::ZERO, minutes(0..=Minutes::DAY.0, ANY)),
        }
    }
}
