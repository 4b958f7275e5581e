//! What an entry costs, and the arithmetic of it to show a person (TIME-1 to TIME-3).
//!
//! Worked minutes are split where a factor begins or ends, each part counts its factor times, and the exact sum is
//! rounded once. Elapsed time is split on the time line, factors are looked up on the provider's clock: an hour is an hour
//! also in the night in which the clock changes.

use super::policy::{Bilingual, Factor, Per, Surcharge, TimeRules};
use super::{CustomerId, Minutes, TicketId, TimeEntry};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What minutes count for: hundredths of a minute, so that every factor of two decimals is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Decimal", try_from = "Decimal")]
pub struct Weighted(pub i64);

impl Weighted {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `minutes` times `factor`, of which hundredths count.
    #[must_use]
    pub fn of(minutes: Minutes, factor: Decimal) -> Self {
        let hundredths = (factor * Decimal::ONE_HUNDRED).to_i64().unwrap_or(i64::MAX);
        Self(minutes.0.saturating_mul(hundredths))
    }

    /// `self - other`, or nothing where `other` is more.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// Whether this is so many whole minutes.
    #[must_use]
    pub fn is(self, minutes: Minutes) -> bool {
        self == Self::of(minutes, Decimal::ONE)
    }
}

impl std::ops::Add for Weighted {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Weighted {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |total, each| total + each)
    }
}

impl From<Weighted> for Decimal {
    fn from(weighted: Weighted) -> Self {
        Self::new(weighted.0, 2).normalize()
    }
}

impl TryFrom<Decimal> for Weighted {
    type Error = &'static str;
    fn try_from(minutes: Decimal) -> Result<Self, Self::Error> {
        (minutes * Decimal::ONE_HUNDRED).to_i64().map(Self).ok_or("more minutes than there are")
    }
}

/// Minutes with the decimals they need: `52.5`, `60`.
impl fmt::Display for Weighted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from(*self).fmt(f)
    }
}

/// One step from worked to charged minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A stretch of the work and what it counts for. All of them are told where one counts for more or less than it lasted.
    Part {
        /// How long it lasted.
        minutes: Minutes,
        /// What they are multiplied by.
        factor: Decimal,
        /// What they count for.
        counts: Weighted,
        /// Where the clock stood when it began, if that is known.
        from: Option<NaiveTime>,
        /// Where the clock stood when it ended.
        until: Option<NaiveTime>,
        /// What the policy calls the factor.
        name: Option<Bilingual>,
    },
    /// Some factors depend on the time of day, and nobody told when the work began: none of them applies.
    NoStart,
    /// The work counts together with what was done on that ticket before, the same day.
    Together {
        /// How many entries there are with this one.
        entries: i64,
        /// What they count for.
        counts: Weighted,
    },
    /// At most so many minutes: nothing is charged.
    Free {
        /// The most that is free.
        up_to: Minutes,
    },
    /// The first minutes go off.
    First {
        /// How many.
        minutes: Minutes,
    },
    /// Rounded to the increment.
    Rounded {
        /// What was rounded.
        counts: Weighted,
        /// To what.
        minutes: Minutes,
    },
    /// Raised to the least that is charged.
    Minimum {
        /// The least.
        minutes: Minutes,
    },
    /// What was charged for that day before goes off.
    Already {
        /// How much.
        minutes: Minutes,
    },
    /// Added after rounding.
    Surcharge {
        /// What the policy calls it.
        name: Bilingual,
        /// How much.
        minutes: Minutes,
    },
    /// Several short entries cost more than one would have (TIME-2).
    Apart {
        /// How many entries of that ticket and day.
        entries: i64,
        /// What was worked in them.
        worked: Minutes,
        /// What they cost.
        apart: Minutes,
        /// What they would cost as one entry.
        together: Minutes,
    },
}

/// From worked to charged minutes, step by step; empty where each worked minute is charged as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Arithmetic(pub Vec<Step>);

/// Work to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// How long; more than nothing.
    pub worked: Minutes,
    /// When it began; counted to the minute.
    pub started: Option<DateTime<Utc>>,
    /// How urgent it was, by the id of a level.
    pub urgency: Option<&'a str>,
    /// What the agent added.
    pub surcharges: &'a [&'a Surcharge],
}

/// What an entry costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Minutes to charge, surcharges and all.
    pub charged: Minutes,
    /// What the work counts for before rounding.
    pub weighted: Weighted,
    /// What surcharges add.
    pub surcharged: Minutes,
    /// How that came about.
    pub arithmetic: Arithmetic,
}

/// The work that stands of one ticket and day, under one version of the policy: sums over its entries (TIME-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketDay {
    /// Which ticket.
    pub ticket_id: TicketId,
    /// Which day.
    pub worked_on: NaiveDate,
    /// The version that its entries are priced under.
    pub policy_version: i64,
    /// Whose ticket.
    pub customer_id: CustomerId,
    /// What is rounded as one under it.
    pub per: Per,
    /// How many entries stand.
    pub entries: i64,
    /// What was worked in them.
    pub worked: Minutes,
    /// What they count for.
    pub weighted: Weighted,
    /// What surcharges added.
    pub surcharged: Minutes,
    /// What they were charged, surcharges and all.
    pub charged: Minutes,
}

/// The key of a ticket's day.
pub type TicketDayId = (TicketId, NaiveDate, i64);

impl TicketDay {
    /// A day on which nothing was done yet.
    #[must_use]
    pub const fn new(id: TicketDayId, customer_id: CustomerId, per: Per) -> Self {
        let (ticket_id, worked_on, policy_version) = id;
        Self {
            ticket_id,
            worked_on,
            policy_version,
            customer_id,
            per,
            entries: 0,
            worked: Minutes::ZERO,
            weighted: Weighted::ZERO,
            surcharged: Minutes::ZERO,
            charged: Minutes::ZERO,
        }
    }

    /// Counts an entry that is booked.
    pub fn add(&mut self, entry: &TimeEntry) {
        self.entries += 1;
        self.worked += entry.worked;
        self.weighted = self.weighted + entry.weighted;
        self.surcharged += entry.surcharged;
        self.charged += entry.charged_now();
    }

    /// Counts an entry no more: it is reversed.
    pub fn remove(&mut self, entry: &TimeEntry) {
        self.entries -= 1;
        self.worked -= entry.worked;
        self.weighted = self.weighted.less(entry.weighted);
        self.surcharged -= entry.surcharged;
        self.charged -= entry.charged_now();
    }

    /// Its key.
    #[must_use]
    pub const fn id(&self) -> TicketDayId {
        (self.ticket_id, self.worked_on, self.policy_version)
    }

    /// What was charged for the work itself.
    fn charged_for_work(&self) -> Minutes {
        self.charged.less(self.surcharged)
    }

    /// What its entries cost together.
    #[must_use]
    pub fn price(&self, rules: &TimeRules) -> Minutes {
        rules.price(self.worked, self.weighted) + self.surcharged
    }
}

/// Prices an entry on top of what stands of that ticket and day (TIME-1 to TIME-3).
#[must_use]
pub fn charge(rules: &TimeRules, zone: Tz, work: Work<'_>, day: &TicketDay) -> Charge {
    let parts = parts(rules, zone, work);
    let weighted: Weighted = parts.iter().map(Part::counts).sum();
    let surcharged: Minutes = work.surcharges.iter().map(|surcharge| surcharge.minutes).sum();
    let mut steps = Vec::new();
    if parts.iter().any(|part| part.factor() != Decimal::ONE) {
        steps.extend(parts.iter().map(Part::step));
    }
    if work.started.is_none() && rules.factors.iter().any(|factor| factor.when.is_some() && factor.fits(work.urgency)) {
        steps.push(Step::NoStart);
    }
    let all = (day.worked + work.worked, day.weighted + weighted);
    let for_work = match rules.per {
        Per::Entry => {
            let price = price(rules, work.worked, weighted, &mut steps);
            let apart = day.charged_for_work() + price;
            steps.extend(apart_step(rules, day.entries + 1, all, apart));
            price
        }
        Per::TicketDay => {
            if day.entries > 0 {
                steps.push(Step::Together { entries: day.entries + 1, counts: all.1 });
            }
            let (price, already) = (price(rules, all.0, all.1, &mut steps), day.charged_for_work());
            if already.is_positive() {
                steps.push(Step::Already { minutes: already });
            }
            price.less(already)
        }
    };
    steps.extend(
        work.surcharges.iter().map(|added| Step::Surcharge { name: added.name.clone(), minutes: added.minutes }),
    );
    Charge { charged: for_work + surcharged, weighted, surcharged, arithmetic: Arithmetic(steps) }
}

/// [`TimeRules::price`], with what happened on the way.
fn price(rules: &TimeRules, worked: Minutes, counts: Weighted, steps: &mut Vec<Step>) -> Minutes {
    let charged = rules.price(worked, counts);
    if worked <= rules.free_up_to.max(rules.free_first) {
        steps.push(Step::Free { up_to: rules.free_up_to.max(rules.free_first) });
        return charged;
    }
    if rules.free_first.is_positive() {
        steps.push(Step::First { minutes: rules.free_first });
    }
    let counts = counts.less(Weighted::of(rules.free_first, Decimal::ONE));
    if rules.round(counts) < rules.minimum {
        steps.push(Step::Minimum { minutes: charged });
    } else if !counts.is(charged) {
        steps.push(Step::Rounded { counts, minutes: charged });
    }
    charged
}

/// TIME-2: entries that lasted less than an increment each, on average, and together would have cost less.
fn apart_step(rules: &TimeRules, entries: i64, all: (Minutes, Weighted), apart: Minutes) -> Option<Step> {
    let (worked, weighted) = all;
    let together = rules.price(worked, weighted);
    let short = worked.0 < rules.increment.0.saturating_mul(entries);
    (entries > 1 && short && together < apart).then_some(Step::Apart { entries, worked, apart, together })
}

/// A stretch of work under one factor.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    from: Option<NaiveDateTime>,
    minutes: Minutes,
    factor: Option<&'a Factor>,
}

impl Part<'_> {
    fn factor(&self) -> Decimal {
        self.factor.map_or(Decimal::ONE, |factor| factor.factor)
    }

    fn counts(&self) -> Weighted {
        Weighted::of(self.minutes, self.factor())
    }

    fn step(&self) -> Step {
        Step::Part {
            minutes: self.minutes,
            factor: self.factor(),
            counts: self.counts(),
            from: self.from.map(|from| from.time()),
            until: self.from.map(|from| (from + TimeDelta::minutes(self.minutes.0)).time()),
            name: self.factor.and_then(|factor| factor.name.clone()),
        }
    }
}

/// The stretches of the work, each under the highest factor that matches it; of equal ones the first in the policy.
fn parts<'a>(rules: &'a TimeRules, zone: Tz, work: Work<'_>) -> Vec<Part<'a>> {
    let fitting: Vec<&Factor> = rules.factors.iter().filter(|factor| factor.fits(work.urgency)).collect();
    let timed = fitting.iter().any(|factor| factor.when.is_some());
    let Some(started) = work.started.filter(|_| timed) else {
        let factor = highest(fitting.into_iter().filter(|factor| factor.when.is_none()));
        return vec![Part { from: None, minutes: work.worked, factor }];
    };
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (from, to) in on_the_clock(zone, started, work.worked) {
        for (from, to) in cut(&fitting, from, to) {
            let at_the_time = |factor: &&&Factor| factor.when.as_ref().is_none_or(|when| when.is_open(from));
            let factor = highest(fitting.iter().filter(at_the_time).copied());
            let minutes = Minutes((to - from).num_minutes());
            match parts.last_mut() {
                Some(last) if follows(last, from) && last.factor == factor => last.minutes += minutes,
                _ => parts.push(Part { from: Some(from), minutes, factor }),
            }
        }
    }
    parts
}

fn follows(part: &Part<'_>, from: NaiveDateTime) -> bool {
    part.from.is_some_and(|begun| begun + TimeDelta::minutes(part.minutes.0) == from)
}

/// The first of the highest.
fn highest<'a>(factors: impl Iterator<Item = &'a Factor>) -> Option<&'a Factor> {
    factors.reduce(|best, next| if next.factor > best.factor { next } else { best })
}

/// Cuts a stretch of time wherever one of the factors begins or ends.
fn cut(factors: &[&Factor], from: NaiveDateTime, to: NaiveDateTime) -> Vec<(NaiveDateTime, NaiveDateTime)> {
    let timed = factors.iter().filter_map(|factor| factor.when.as_ref());
    let ends = timed.flat_map(|when| when.intervals(from, to)).flat_map(|open| [open.start, open.end]);
    let mut cuts: Vec<NaiveDateTime> = ends.chain([from, to]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Elapsed time as the clock shows it: in two stretches when the clock is put forward or back in between. At most once
/// in a day, the most that an entry lasts.
fn on_the_clock(zone: Tz, started: DateTime<Utc>, worked: Minutes) -> Vec<(NaiveDateTime, NaiveDateTime)> {
    let start = DateTime::from_timestamp(started.timestamp().div_euclid(60) * 60, 0).unwrap_or(started).naive_utc();
    let after = |minutes: i64| start + TimeDelta::minutes(minutes);
    let offset = |minutes: i64| zone.offset_from_utc_datetime(&after(minutes)).fix();
    let stretch = |from: i64, to: i64| (after(from) + offset(from), after(to) + offset(from));
    let (mut before, mut since) = (0, worked.0);
    if worked.0 < 1 || offset(0) == offset(worked.0 - 1) {
        return vec![stretch(0, worked.0)];
    }
    while since - before > 1 {
        let middle = before + (since - before) / 2;
        if offset(middle) == offset(0) { before = middle } else { since = middle }
    }
    vec![stretch(0, since), stretch(since, worked.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;
    use proptest::prelude::*;

    /// The times and factors of `terms.md` D, without its urgencies.
    const DEAR: &str = "[time]\nincrement_minutes = 15\n\
        [[time.factors]]\nfactor = 1.5\nwhen = \"Mo-Fr 00:00-08:00,17:00-24:00\"\nname = \"Evening\"\n\
        [[time.factors]]\nfactor = 2\nwhen = \"Sa\"\n\
        [[time.factors]]\nfactor = 3\nwhen = \"Su,PH\"\n\
        [[time.surcharges]]\nid = \"call_out\"\nminutes = 30\nname = \"On site\"\n";

    fn rules(time: &str) -> TimeRules {
        let head = "name = \"least\"\neffective_from = 2026-01-01\n\
                    [provider]\nname = \"Least\"\nemail = \"desk@least.example\"\n";
        Policy::parse(&format!("{head}{time}")).unwrap().time
    }

    const ZONE: Tz = Tz::Europe__Amsterdam;

    fn local(text: &str) -> DateTime<Utc> {
        let naive: NaiveDateTime = text.parse().unwrap();
        naive.and_local_timezone(ZONE).earliest().unwrap().to_utc()
    }

    fn a_day() -> TicketDay {
        let nobody = uuid::Uuid::nil();
        TicketDay::new((nobody.into(), NaiveDate::default(), 1), nobody.into(), Per::Entry)
    }

    fn work(worked: i64, started: Option<&str>) -> Work<'static> {
        Work { worked: Minutes(worked), started: started.map(local), urgency: None, surcharges: &[] }
    }

    /// What the parts come to: minutes at which factor.
    fn told(rules: &TimeRules, worked: i64, started: &str) -> Vec<(i64, String)> {
        let parts = parts(rules, ZONE, work(worked, Some(started)));
        parts.iter().map(|part| (part.minutes.0, part.factor().to_string())).collect()
    }

    #[test]
    fn time_3_an_entry_is_split_where_a_factor_begins_and_rounded_once() {
        let rules = rules(DEAR);
        let charge = charge(&rules, ZONE, work(40, Some("2026-11-24T16:40:00")), &a_day());
        assert_eq!((charge.charged, charge.weighted), (Minutes(60), Weighted(5000)));
        let time = |text: &str| Some(text.parse().unwrap());
        let part = |minutes, factor: &str, counts, from, until, name: Option<&str>| Step::Part {
            minutes: Minutes(minutes),
            factor: factor.parse().unwrap(),
            counts: Weighted(counts),
            from: time(from),
            until: time(until),
            name: name.map(|name| Bilingual { nl: name.to_owned(), en: name.to_owned() }),
        };
        let steps = [
            part(20, "1", 2000, "16:40:00", "17:00:00", None),
            part(20, "1.5", 3000, "17:00:00", "17:20:00", Some("Evening")),
            Step::Rounded { counts: Weighted(5000), minutes: Minutes(60) },
        ];
        assert_eq!(charge.arithmetic.0, steps);
    }

    #[test]
    fn time_3_the_highest_factor_counts_for_each_part() {
        let rules = rules(DEAR);
        let of = |parts: &[(i64, &str)]| parts.iter().map(|(m, f)| (*m, (*f).to_owned())).collect::<Vec<_>>();
        for (worked, started, parts) in [
            (60, "2026-11-24T10:00:00", &[(60, "1")][..]),
            (60, "2026-11-24T07:30:00", &[(30, "1.5"), (30, "1")]),
            (60, "2026-11-27T23:30:00", &[(30, "1.5"), (30, "2")]),
            (120, "2026-11-28T23:00:00", &[(60, "2"), (60, "3")]),
            // A Sunday that ends in a Monday, before eight.
            (60, "2026-11-29T23:30:00", &[(30, "3"), (30, "1.5")]),
            // Christmas Day 2026 is a Friday, Boxing Day a Saturday.
            (60, "2026-12-25T19:00:00", &[(60, "3")]),
            (60, "2026-12-26T12:00:00", &[(60, "3")]),
            (1440, "2026-11-24T12:00:00", &[(300, "1"), (900, "1.5"), (240, "1")]),
        ] {
            assert_eq!(told(&rules, worked, started), of(parts), "{worked} minutes from {started}");
        }
    }

    #[test]
    fn time_3_an_hour_is_an_hour_when_the_clock_changes() {
        let night = rules("[time]\nfactors = [{ factor = 2, when = \"Su 02:00-03:00\" }]");
        let of = |parts: &[(i64, &str)]| parts.iter().map(|(m, f)| (*m, (*f).to_owned())).collect::<Vec<_>>();
        // 29 March 2026: at two o'clock it is three. The hour between does not exist.
        assert_eq!(told(&night, 60, "2026-03-29T01:30:00"), of(&[(30, "1"), (30, "1")]));
        // 25 October 2026: at three o'clock it is two again. The hour counts twice.
        assert_eq!(told(&night, 180, "2026-10-25T01:30:00"), of(&[(30, "1"), (60, "2"), (60, "2"), (30, "1")]));
        let parts = parts(&night, ZONE, work(180, Some("2026-10-25T01:30:00")));
        assert_eq!(parts.iter().map(|part| part.minutes).sum::<Minutes>(), Minutes(180));
    }

    #[test]
    fn time_3_without_a_start_no_time_of_day_applies_and_the_line_says_so() {
        let rules = rules(DEAR);
        let charge = charge(&rules, ZONE, work(30, None), &a_day());
        assert_eq!((charge.charged, charge.arithmetic.0), (Minutes(30), vec![Step::NoStart]));
    }

    #[test]
    fn time_3_surcharges_come_after_rounding_on_their_own_line() {
        let rules = rules(DEAR);
        let added = [rules.surcharge("call_out").unwrap()];
        let work = Work { surcharges: &added, ..work(50, Some("2026-11-24T10:00:00")) };
        let charge = charge(&rules, ZONE, work, &a_day());
        assert_eq!((charge.charged, charge.surcharged), (Minutes(90), Minutes(30)));
        let name = Bilingual { nl: "On site".to_owned(), en: "On site".to_owned() };
        let surcharge = Step::Surcharge { name, minutes: Minutes(30) };
        let rounded = Step::Rounded { counts: Weighted(5000), minutes: Minutes(60) };
        assert_eq!(charge.arithmetic.0, [rounded, surcharge]);
    }

    #[test]
    fn time_2_a_trifle_is_a_trifle_by_what_was_worked_and_the_minimum_is_said() {
        let rules = rules(&DEAR.replace("[time]\n", "[time]\nfree_up_to_minutes = 5\nminimum_minutes = 30\n"));
        let price = |worked| charge(&rules, ZONE, work(worked, Some("2026-11-29T10:00:00")), &a_day());
        assert_eq!(price(5).charged, Minutes::ZERO);
        assert_eq!(price(5).arithmetic.0[1..], [Step::Free { up_to: Minutes(5) }]);
        assert_eq!(price(6).charged, Minutes(30));
        assert_eq!(price(6).arithmetic.0[1..], [Step::Rounded { counts: Weighted(1800), minutes: Minutes(30) }]);
        let weekday = charge(&rules, ZONE, work(6, Some("2026-11-24T10:00:00")), &a_day());
        assert_eq!(weekday.arithmetic.0, [Step::Minimum { minutes: Minutes(30) }]);
    }

    /// Logs entries on one day after another; gives the charges.
    fn log(rules: &TimeRules, day: &mut TicketDay, worked: i64) -> Charge {
        let charge = charge(rules, ZONE, work(worked, None), day);
        day.entries += 1;
        day.worked += Minutes(worked);
        day.weighted = day.weighted + charge.weighted;
        day.charged += charge.charged;
        charge
    }

    #[test]
    fn time_2_three_short_entries_that_cost_more_apart_are_told() {
        let rules = rules("[time]\nincrement_minutes = 15\n");
        let mut day = a_day();
        assert_eq!(log(&rules, &mut day, 5).arithmetic.0.len(), 1);
        log(&rules, &mut day, 5);
        let third = log(&rules, &mut day, 5);
        let apart = Step::Apart { entries: 3, worked: Minutes(15), apart: Minutes(45), together: Minutes(15) };
        assert_eq!(third.arithmetic.0.last(), Some(&apart));
        let mut day = a_day();
        for worked in [50, 50, 15] {
            let told = log(&rules, &mut day, worked).arithmetic.0;
            assert!(!told.iter().any(|step| matches!(step, Step::Apart { .. })), "not short: {told:?}");
        }
    }

    #[test]
    fn time_2_on_one_day_an_entry_charges_the_difference() {
        let rules = rules("[time]\nper = \"ticket_day\"\n");
        let mut day = a_day();
        let charged: Vec<i64> = [5, 5, 5, 1, 44].map(|worked| log(&rules, &mut day, worked).charged.0).to_vec();
        assert_eq!(charged, [15, 0, 0, 15, 30]);
        assert_eq!(day.price(&rules), day.charged);
    }

    #[test]
    fn the_arithmetic_reads_back_as_it_was_written() {
        let rules = rules(DEAR);
        let told = charge(&rules, ZONE, work(40, Some("2026-11-24T16:40:00")), &a_day()).arithmetic;
        let text = serde_json::to_string(&told).unwrap();
        assert!(text.contains(r#""factor":"1.5","counts":"30""#), "{text}");
        assert_eq!(serde_json::from_str::<Arithmetic>(&text).unwrap(), told);
    }

    fn any_rules() -> impl Strategy<Value = TimeRules> {
        let whole = (1..=60_i64, 0..=3_i64, any::<bool>(), 0..=20_i64, 0..=20_i64, any::<bool>());
        whole.prop_map(|(increment, minimum, nearest, free_up_to, free_first, per_day)| TimeRules {
            increment: Minutes(increment),
            minimum: Minutes(increment * minimum),
            rounding: if nearest { Rounding::Nearest } else { Rounding::Up },
            per: if per_day { Per::TicketDay } else { Per::Entry },
            free_up_to: Minutes(free_up_to),
            free_first: Minutes(free_first),
            ..rules(DEAR)
        })
    }

    use crate::domain::policy::Rounding;

    proptest! {
        #[test]
        fn time_3_longer_work_never_costs_less(rules in any_rules(), worked in 1..1440_i64, start in 0..20_000_i64) {
            let started = local("2026-11-24T00:00:00") + TimeDelta::minutes(start);
            let price = |worked| {
                let work = Work { worked: Minutes(worked), started: Some(started), urgency: None, surcharges: &[] };
                charge(&rules, ZONE, work, &a_day()).charged
            };
            prop_assert!(price(worked) <= price(worked + 1));
        }

        #[test]
        fn time_3_work_cut_anywhere_counts_for_the_same(
            worked in 2..1440_i64,
            cut in 1..1439_i64,
            start in 0..600_000_i64,
        ) {
            let (rules, cut) = (rules(DEAR), cut.min(worked - 1));
            let started = local("2026-01-01T00:00:00") + TimeDelta::minutes(start);
            let counts = |from: i64, worked: i64| {
                let started = Some(started + TimeDelta::minutes(from));
                let work = Work { worked: Minutes(worked), started, urgency: None, surcharges: &[] };
                charge(&rules, ZONE, work, &a_day()).weighted
            };
            prop_assert_eq!(counts(0, cut) + counts(cut, worked - cut), counts(0, worked));
        }

        #[test]
        fn time_2_rounding_is_to_a_whole_increment_with_halves_up(rules in any_rules(), counts in 0..200_000_i64) {
            let (rounded, unit) = (rules.round(Weighted(counts)).0, rules.increment.0);
            prop_assert_eq!(rounded % unit, 0);
            let off = rounded * 100 - counts;
            match rules.rounding {
                Rounding::Up => prop_assert!((0..unit * 100).contains(&off)),
                Rounding::Nearest => prop_assert!(-unit * 50 < off && off <= unit * 50, "off by {}", off),
            }
        }

        #[test]
        fn time_2_a_day_costs_what_its_work_costs_together(rules in any_rules(), all in proptest::collection::vec(1..200_i64, 1..8)) {
            let rules = TimeRules { per: Per::TicketDay, ..rules };
            let mut day = a_day();
            for worked in &all {
                log(&rules, &mut day, *worked);
            }
            prop_assert_eq!(day.charged, rules.charge(Minutes(all.iter().sum())));
        }
    }
}
