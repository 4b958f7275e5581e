//! `[time]`: from worked to charged minutes (TIME-1 to TIME-3).

use super::Bilingual;
use super::coverage::known_id;
use super::hours::Calendar;
use super::reader::{ANY, Reader, bilingual, factor, id, minutes, word};
use crate::domain::hours::{OpeningHours, SEARCH_DAYS};
use crate::domain::{Minutes, charge::Weighted, words::words};
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use std::ops::Range;

/// The highest factor: enough for any terms, small enough that no sum of minutes overflows.
const MOST_FACTOR: u32 = 100;
/// How many decimals a factor may have: a minute counts for a whole number of hundredths.
const FACTOR_PLACES: u32 = 2;

/// How worked minutes become charged minutes (TIME-1 to TIME-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// The smallest unit that is charged, one strip: more than nothing, at most a day.
    pub increment: Minutes,
    /// The least that work charges: a multiple of the increment, possibly zero.
    pub minimum: Minutes,
    /// Which way a part of an increment goes.
    pub rounding: Rounding,
    /// What is rounded as one.
    pub per: Per,
    /// At most this many worked minutes charge nothing; one minute more, and all of them count.
    pub free_up_to: Minutes,
    /// The first so many minutes always are free: they go off before rounding.
    pub free_first: Minutes,
    /// What makes work dearer or cheaper by when it is done and how urgent it is, in the order of the file.
    pub factors: Vec<Factor>,
    /// What an agent can add to an entry, in the order of the file.
    pub surcharges: Vec<Surcharge>,
}

/// Which way a part of an increment goes (TIME-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Always to the next increment.
    Up,
    /// To the nearest increment; exactly half goes up.
    Nearest,
}

words! {
    /// What is rounded as one (TIME-2).
    pub enum Per {
        /// Each entry by itself.
        Entry = "entry",
        /// All work of one day on one ticket together.
        TicketDay = "ticket_day",
    }
}

/// What some minutes count for: the highest factor that matches (TIME-3). At least one of the conditions is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Multiplies worked minutes: more than zero, at most two decimals.
    pub factor: Decimal,
    /// Matches minutes at these times on the provider's clock.
    pub when: Option<OpeningHours>,
    /// Matches work of this urgency, by the id of its level.
    pub urgency: Option<String>,
    /// What customers read at it.
    pub name: Option<Bilingual>,
}

/// Minutes that an agent adds to an entry, such as for a call on site (TIME-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surcharge {
    /// How entries name it.
    pub id: String,
    /// What it adds, after rounding.
    pub minutes: Minutes,
    /// What customers read at it.
    pub name: Bilingual,
}

impl TimeRules {
    /// The minutes to charge for `worked` minutes at factor 1 (TIME-1, TIME-2).
    #[must_use]
    pub fn charge(&self, worked: Minutes) -> Minutes {
        self.price(worked, Weighted::of(worked, Decimal::ONE))
    }

    /// The minutes to charge for work that is rounded as one: nothing up to [`free_up_to`](Self::free_up_to), else what
    /// it counts for less [`free_first`](Self::free_first), rounded to the increment, and never less than the minimum
    /// (TIME-1 to TIME-3). More work of the same weight never costs less.
    #[must_use]
    pub fn price(&self, worked: Minutes, counts: Weighted) -> Minutes {
        if worked <= self.free_up_to.max(self.free_first) {
            return Minutes::ZERO;
        }
        self.round(counts.less(Weighted::of(self.free_first, Decimal::ONE))).max(self.minimum)
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

    /// What so much counts for once it is rounded to the increment (TIME-2).
    pub(in crate::domain) fn round(&self, counts: Weighted) -> Minutes {
        let increment = Weighted::of(self.increment, Decimal::ONE).0;
        let (whole, rest) = (counts.0 / increment, counts.0 % increment);
        let up = match self.rounding {
            Rounding::Up => rest > 0,
            Rounding::Nearest => rest >= increment - rest,
        };
        Minutes((whole + i64::from(up)).saturating_mul(self.increment.0))
    }

    /// The surcharge that entries name `id`.
    #[must_use]
    pub fn surcharge(&self, id: &str) -> Option<&Surcharge> {
        self.surcharges.iter().find(|surcharge| surcharge.id == id)
    }

    pub(super) fn read(keys: &mut Reader<'_>, calendar: &Calendar, urgencies: &[String]) -> Self {
        // A wrong increment counts as 1 from here on: everything is a multiple of 1, so no second fault follows.
        let otherwise = if keys.has("increment_minutes") { ANY } else { Minutes(15) };
        let increment = keys.or("increment_minutes", otherwise, minutes(1..=Minutes::DAY.0, ANY));
        let mut taken = Vec::new();
        let noted = keys.faults.len();
        let factors = keys.tables("factors", |keys| Factor::read(keys, calendar, urgencies));
        if keys.faults.len() == noted {
            refuse_useless(keys, &factors, calendar.from());
        }
        Self {
            increment,
            minimum: keys.or("minimum_minutes", increment, minutes(0..=Minutes::DAY.0, increment)),
            rounding: keys.or("rounding", Rounding::Up, word([("up", Rounding::Up), ("nearest", Rounding::Nearest)])),
            per: keys.or("per", Per::Entry, word([Per::Entry, Per::TicketDay].map(|per| (per.as_str(), per)))),
            free_up_to: keys.or("free_up_to_minutes", Minutes::ZERO, minutes(0..=Minutes::DAY.0, ANY)),
            free_first: keys.or("free_first_minutes", Minutes::ZERO, minutes(0..=Minutes::DAY.0, ANY)),
            factors,
            surcharges: keys.tables("surcharges", |keys| Surcharge::read(keys, &mut taken)),
        }
    }
}

impl Factor {
    fn read(keys: &mut Reader<'_>, calendar: &Calendar, urgencies: &[String]) -> Self {
        if !keys.has("when") && !keys.has("urgency") {
            keys.fault("when", "when or urgency: a factor needs at least one of them");
        }
        Self {
            factor: keys.required("factor", factor(MOST_FACTOR, FACTOR_PLACES)),
            when: calendar.optional(keys, "when"),
            urgency: keys.optional("urgency", known_id("urgency level", urgencies.to_vec())),
            name: keys.optional("name", bilingual()),
        }
    }

    /// Whether this counts for work of `urgency`, at the times of [`when`](Self::when).
    #[must_use]
    pub fn fits(&self, urgency: Option<&str>) -> bool {
        self.urgency.is_none() || self.urgency.as_deref() == urgency
    }

    fn times(&self, from: NaiveDateTime, to: NaiveDateTime) -> Vec<Range<NaiveDateTime>> {
        self.when.as_ref().map_or_else(|| vec![from..to], |when| when.intervals(from, to).collect())
    }
}

impl Surcharge {
    fn read(keys: &mut Reader<'_>, taken: &mut Vec<String>) -> Self {
        let id = keys.required("id", id());
        if taken.contains(&id) {
            keys.fault("id", "an id that no other surcharge has");
        } else if !id.is_empty() {
            taken.push(id.clone());
        }
        Self {
            id,
            minutes: keys.required("minutes", minutes(1..=Minutes::DAY.0, ANY)),
            name: keys.required("name", bilingual()),
        }
    }
}

/// Notes each factor that can never count: whenever it matches in [`SEARCH_DAYS`], others that are as high or higher
/// match as well, whatever the urgency. Of two that match alike the later one is at fault.
fn refuse_useless(keys: &mut Reader<'_>, factors: &[Factor], first_day: NaiveDate) {
    let from = first_day.and_time(NaiveTime::MIN);
    let to = from.checked_add_days(Days::new(SEARCH_DAYS)).unwrap_or(NaiveDateTime::MAX);
    let times: Vec<_> = factors.iter().map(|factor| factor.times(from, to)).collect();
    for (index, factor) in factors.iter().enumerate() {
        let above = |other: usize| {
            let (stronger, own) = (&factors[other], (&factor.urgency, &times[index]));
            let as_high = stronger.factor == factor.factor;
            let swallows =
                || without(&times[index], &times[other]).is_empty() && (&stronger.urgency, &times[other]) != own;
            let wider = stronger.urgency.is_none() || stronger.urgency == factor.urgency;
            wider && (stronger.factor > factor.factor || as_high && (other < index || other > index && swallows()))
        };
        let (mut left, mut by) = (times[index].clone(), Vec::new());
        for other in (0..factors.len()).filter(|other| above(*other)) {
            let rest = without(&left, &times[other]);
            if rest != left {
                by.push(format!("time.factors[{other}]"));
                left = rest;
            }
        }
        if left.is_empty() {
            let key = if factor.when.is_some() { "when" } else { "urgency" };
            let by = by.join(" and ");
            let expected =
                format!("a time at which it is the highest factor; whenever it matches, {by} is as high or higher");
            keys.fault_in("factors", index, key, expected);
        }
    }
}

/// What of `times` lies outside `taken`; both in order and without overlap.
fn without(times: &[Range<NaiveDateTime>], taken: &[Range<NaiveDateTime>]) -> Vec<Range<NaiveDateTime>> {
    let mut left = Vec::new();
    let mut taken = taken.iter().peekable();
    for time in times {
        let mut start = time.start;
        while let Some(next) = taken.peek() {
            if next.start > start && next.start < time.end {
                left.push(start..next.start);
            }
            if next.end > start && next.start < time.end {
                start = next.end;
            }
            if next.end >= time.end {
                break;
            }
            taken.next();
        }
        if start < time.end {
            left.push(start..time.end);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;
    use crate::domain::policy::PolicyErrors;
    use proptest::prelude::*;

    /// A policy with `time` as its section of time; its first line is line 6.
    fn read(time: &str) -> Result<TimeRules, PolicyErrors> {
        let head = "name = \"least\"\neffective_from = 2026-01-01\n\
                    [provider]\nname = \"Least\"\nemail = \"desk@least.example\"\n";
        Policy::parse(&format!("{head}{time}")).map(|policy| policy.time)
    }

    fn faults(time: &str) -> Vec<(usize, String, String)> {
        let PolicyErrors(faults) = read(time).expect_err(time);
        faults.into_iter().map(|fault| (fault.line, fault.key, fault.expected)).collect()
    }

    /// Factors, one a line, from line 8 on: value and the rest of it.
    fn factors(lines: &[(&str, &str)]) -> String {
        let each = |(factor, rest): &(&str, &str)| format!("{{ factor = {factor}, {rest} }},\n");
        format!("[time]\nfactors = [\n{}]\n", lines.iter().map(each).collect::<String>())
    }

    #[test]
    fn time_3_factors_and_surcharges_are_read() {
        let rules = read(
            "[time]\nper = \"ticket_day\"\nfree_first_minutes = 10\n\
             [[time.factors]]\nfactor = 1.5\nwhen = \"Mo-Fr 00:00-08:00,17:00-24:00\"\nname = \"Evening\"\n\
             [[time.factors]]\nfactor = 3\nwhen = \"Su,PH\"\n\
             [[time.surcharges]]\nid = \"call_out\"\nminutes = 30\nname = { nl = \"Bezoek\", en = \"On site\" }\n",
        )
        .unwrap();
        assert_eq!((rules.per, rules.free_first), (Per::TicketDay, Minutes(10)));
        let factors: Vec<_> = rules.factors.iter().map(|each| (each.factor.to_string(), each.when.is_some())).collect();
        assert_eq!(factors, [("1.5".to_owned(), true), ("3".to_owned(), true)]);
        assert_eq!(rules.factors[0].name.as_ref().map(|name| name.nl.as_str()), Some("Evening"));
        let call_out = rules.surcharge("call_out").unwrap();
        assert_eq!((call_out.minutes, call_out.name.en.as_str()), (Minutes(30), "On site"));
        assert_eq!(rules.surcharge("parking"), None);
    }

    #[test]
    fn time_3_a_fault_names_the_factor() {
        for (section, line, key, expected) in [
            ("[time]\nper = \"day\"\n", 7, "time.per", "\"entry\" or \"ticket_day\""),
            ("[time]\nfree_first_minutes = -5\n", 7, "time.free_first_minutes", "from 0 to 1440"),
            (&factors(&[("0", "when = \"Su\"")]), 8, "time.factors[0].factor", "above 0"),
            (&factors(&[("-1", "when = \"Su\"")]), 8, "time.factors[0].factor", "above 0"),
            (&factors(&[("1.255", "when = \"Su\"")]), 8, "time.factors[0].factor", "at most 2 decimals"),
            (&factors(&[("101", "when = \"Su\"")]), 8, "time.factors[0].factor", "up to 100"),
            (&factors(&[("2", "name = \"Dear\"")]), 8, "time.factors[0].when", "at least one of them"),
            (&factors(&[("2", "when = \"Zo\"")]), 8, "time.factors[0].when", "opening_hours syntax"),
            (&factors(&[("2", "when = \"Feb 30\"")]), 8, "time.factors[0].when", "30"),
            (&factors(&[("2", "when = \"2020 Jan 01\"")]), 8, "time.factors[0].when", "within 400 days"),
            (
                &factors(&[("2", "when = \"Su\", urgency = \"now\"")]),
                8,
                "time.factors[0].urgency",
                "the id of a urgency level",
            ),
            ("[[time.surcharges]]\nid = \"a\"\nminutes = 0\nname = \"A\"\n", 8, "time.surcharges[0].minutes", "from 1"),
            (
                "[time]\nsurcharges = [{ id = \"a\", minutes = 5, name = \"A\" }, { id = \"a\", minutes = 6, name = \"B\" }]\n",
                7,
                "time.surcharges[1].id",
                "no other surcharge",
            ),
        ] {
            let found = faults(section);
            assert_eq!(found.len(), 1, "{section}: {found:?}");
            assert_eq!((found[0].0, found[0].1.as_str()), (line, key), "{section}");
            assert!(found[0].2.contains(expected), "{found:?}");
        }
    }

    #[test]
    fn time_3_a_factor_that_never_counts_is_refused_and_names_what_is_in_its_way() {
        for (lines, key, by) in [
            (&[("2", "when = \"Su\""), ("2", "when = \"Su\"")][..], "time.factors[1].when", "time.factors[0]"),
            (&[("2", "when = \"Su\""), ("2", "when = \"Su 00:00-24:00\"")], "time.factors[1].when", "time.factors[0]"),
            (
                &[("1.5", "when = \"Su 09:00-17:00\""), ("2", "when = \"Sa-Su\"")],
                "time.factors[0].when",
                "time.factors[1]",
            ),
            (&[("2", "when = \"Su\""), ("2", "when = \"Sa-Su\"")], "time.factors[0].when", "time.factors[1]"),
            (
                &[("1.5", "when = \"Sa-Su\""), ("2", "when = \"Su\""), ("3", "when = \"Sa\"")],
                "time.factors[0].when",
                "time.factors[1] and time.factors[2]",
            ),
        ] {
            let found = faults(&factors(lines));
            assert_eq!(found.len(), 1, "{lines:?}: {found:?}");
            assert_eq!((found[0].0, found[0].1.as_str()), (8 + usize::from(key.contains("[1]")), key), "{lines:?}");
            assert!(found[0].2.contains(by), "{found:?}");
        }
        for lines in [
            &[("1.5", "when = \"Mo-Fr 17:00-24:00\""), ("2", "when = \"Fr\"")][..],
            &[("2", "when = \"Sa-Su\""), ("1.5", "when = \"Fr-Sa\"")],
            &[("2", "when = \"Sa\""), ("2", "when = \"Su\"")],
        ] {
            assert!(read(&factors(lines)).is_ok(), "{lines:?}");
        }
    }

    #[test]
    fn time_2_the_first_minutes_can_be_free() {
        let rules = read("[time]\nfree_first_minutes = 15\n").unwrap();
        for (worked, charged) in [(1, 0), (15, 0), (16, 15), (30, 15), (31, 30)] {
            assert_eq!(rules.charge(Minutes(worked)), Minutes(charged), "{worked} minutes");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_of_some_times_is_outside_the_others(
            times in proptest::collection::vec((0..300_i64, 1..40_i64), 0..6),
            taken in proptest::collection::vec((0..300_i64, 1..40_i64), 0..6),
        ) {
            let at = |minute| NaiveDate::default().and_time(NaiveTime::MIN) + chrono::TimeDelta::minutes(minute);
            let covers = |spans: &[(i64, i64)], minute| spans.iter().any(|(from, len)| (*from..from + len).contains(&minute));
            let spans = |spans: &[(i64, i64)]| {
                let mut list: Vec<Range<NaiveDateTime>> = Vec::new();
                for minute in (0..400).filter(|minute| covers(spans, *minute)) {
                    match list.last_mut() {
                        Some(last) if last.end == at(minute) => last.end = at(minute + 1),
                        _ => list.push(at(minute)..at(minute + 1)),
                    }
                }
                list
            };
            let left = without(&spans(&times), &spans(&taken));
            for minute in 0..400 {
                let expected = covers(&times, minute) && !covers(&taken, minute);
                prop_assert_eq!(left.iter().any(|span| span.contains(&at(minute))), expected, "minute {}", minute);
            }
        }
    }
}
