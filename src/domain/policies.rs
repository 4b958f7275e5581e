//! The versions of the policy: each holds from its effective date, and what was charged under one stays so (POL-1).

use super::Policy;
use super::policy::Part;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// All versions in force, the oldest first. There is always at least one.
#[derive(Clone, Debug)]
pub struct Policies {
    versions: Vec<(i64, Policy)>,
}

/// Why a new version cannot be put in force from some day (POL-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFrom {
    /// What was worked and ordered on a day that is over stays charged as it was.
    #[error(
        "what was worked and ordered before today stays charged under the version of its day; give {today} or a later day"
    )]
    Past {
        /// The first day that will do.
        today: NaiveDate,
    },
    /// Another version begins later, and would not hold as it was announced.
    #[error("version {version} holds from {since} on; give that day, to take its place, or a later one")]
    Before {
        /// The newest version.
        version: i64,
        /// Its first day.
        since: NaiveDate,
    },
    /// Days would begin and end elsewhere than those that were booked.
    #[error("the time zone stays {0}: what was booked counts its days there")]
    TimeZone(Tz),
}

impl Policies {
    /// Whether `policy` can be the next version, from `from` on. Where the newest version begins on that very day, the
    /// next one takes its place.
    ///
    /// # Errors
    /// Why it cannot, and which day would do.
    pub fn may_follow(&self, policy: &Policy, from: NaiveDate, today: NaiveDate) -> Result<(), NotFrom> {
        let (version, newest) = &self.versions[self.versions.len() - 1];
        if policy.time_zone != newest.time_zone {
            return Err(NotFrom::TimeZone(newest.time_zone));
        }
        if from < today {
            return Err(NotFrom::Past { today });
        }
        if from < newest.effective_from {
            return Err(NotFrom::Before { version: *version, since: newest.effective_from });
        }
        Ok(())
    }

    /// How many versions there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.versions.len()
    }

    /// Whether pages and API show a part on `day`: the version of that day has it, or, of cards, an earlier one had,
    /// since what was sold stays (POL-3).
    #[must_use]
    pub fn shows(&self, part: Part, day: NaiveDate) -> bool {
        let sold = || self.versions.iter().any(|(_, policy)| policy.effective_from <= day && policy.has(part));
        self.at(day).1.has(part) || (part == Part::Cards && sold())
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i64, from: &str, change: (&str, &str)) -> (i64, Policy) {
        let text = Policy::shipped("standard").unwrap().replace(change.0, change.1);
        (number, Policy { effective_from: day(from), ..Policy::parse(&text).unwrap() })
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn pol_1_a_version_begins_today_at_the_earliest_and_not_before_the_newest() {
        let policies = Policies::new(vec![version(1, "2020-01-01", ("", "")), version(2, "2026-06-01", ("", ""))]);
        let (policies, today) = (policies.unwrap(), day("2026-03-09"));
        let next = version(3, "2026-01-01", ("", "")).1;
        let from = |from: &str| policies.may_follow(&next, day(from), today);
        let before = NotFrom::Before { version: 2, since: day("2026-06-01") };
        for (day, answer) in [
            ("2026-03-08", Err(NotFrom::Past { today })),
            ("2026-03-09", Err(before)),
            ("2026-05-31", Err(before)),
            ("2026-06-01", Ok(())),
            ("2027-01-01", Ok(())),
        ] {
            assert_eq!(from(day), answer, "{day}");
        }
        let elsewhere = Policy { time_zone: Tz::Europe__London, ..next.clone() };
        let refused = policies.may_follow(&elsewhere, day("2027-01-01"), today);
        assert_eq!(refused, Err(NotFrom::TimeZone(Tz::Europe__Amsterdam)));
    }

    #[test]
    fn pol_3_cards_that_were_sold_stay_to_be_seen() {
        let none = Policy { cards: None, ..version(2, "2026-06-01", ("", "")).1 };
        let policies = Policies::new(vec![version(1, "2020-01-01", ("", "")), (2, none.clone())]).unwrap();
        assert!(policies.shows(Part::Cards, day("2026-07-01")));
        let never = Policies::new(vec![(1, none), version(2, "2027-01-01", ("", ""))]).unwrap();
        assert!(!never.shows(Part::Cards, day("2026-07-01")) && never.shows(Part::Cards, day("2027-01-01")));
        assert!(!policies.shows(Part::Availability, day("2026-07-01")));
    }
}
