//! The versions of the policy: each holds from its effective date, and what was charged under one stays so (POL-1).

use super::Policy;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// All versions in force, the oldest first. There is always at least one.
#[derive(Clone, Debug)]
pub struct Policies {
    versions: Vec<(i64, Policy)>,
}

impl Policies {
    /// From version numbers and policies; `None` when there are none.
    #[must_use]
    pub fn new(mut versions: Vec<(i64, Policy)>) -> Option<Self> {
        versions.sort_by_key(|(version, policy)| (policy.effective_from, *version));
        (!versions.is_empty()).then_some(Self { versions })
    }

    /// The version of `day`: the last one that is effective by then; the oldest for days before all of them.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> (i64, &Policy) {
        let found = self.versions.iter().rev().find(|(_, policy)| policy.effective_from <= day);
        let (version, policy) = found.unwrap_or(&self.versions[0]);
        (*version, policy)
    }

    /// A version by its number.
    #[must_use]
    pub fn version(&self, number: i64) -> Option<&Policy> {
        self.versions.iter().find(|(version, _)| *version == number).map(|(_, policy)| policy)
    }

    /// The newest version: its time zone is the one in which days are counted.
    #[must_use]
    pub fn newest(&self) -> &Policy {
        &self.versions[self.versions.len() - 1].1
    }

    /// The time zone in which every date is a day.
    #[must_use]
    pub fn time_zone(&self) -> Tz {
        self.newest().time_zone
    }

    /// The local day of an instant.
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.newest().day(at)
    }
}
