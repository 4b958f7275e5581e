//! Availability of a calendar month (SLA-8): (counted − down) ÷ counted minutes, from what was recorded.
//!
//! - Months begin and end at local midnight and are measured in elapsed minutes, so a month with a change of the clock has
//!   an hour more or less. The running month counts until now.
//! - An incident is taken in whole minutes, from the minute it began in to the minute it ended in; one that is still open
//!   lasts until now.
//! - A minute counts once, however many incidents cover it. Where one incident is left out and another makes the same
//!   minute down, it is down: an excuse covers only the incident it belongs to.
//! - A month goes by the version of the policy of its first day.

use super::hours::OpeningHours;
use super::policy::AvailabilityRules;
use super::words::words;
use super::{IncidentId, Minutes, UserId};
use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _,
};
use chrono::{FixedOffset, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::ops::Range;

words! {
    /// Why a product could not be used.
    pub enum Cause {
        /// A fault on the provider's side.
        Outage = "outage",
        /// Maintenance that could wait for its window.
        PlannedMaintenance = "planned_maintenance",
        /// Maintenance that could not.
        UrgentMaintenance = "urgent_maintenance",
        /// Nobody could have prevented it.
        ForceMajeure = "force_majeure",
        /// Somebody used the product as it must not be used.
        Misuse = "misuse",
        /// The customer's own hardware or network.
        CustomerSide = "customer_side",
        /// An act of a supplier.
        Supplier = "supplier",
        /// Recorded by mistake: nothing was the matter.
        Mistake = "mistake",
    }
}

words! {
    /// What a stretch of an incident does to the figure of its month.
    pub enum Verdict {
        /// Down, as outages are.
        Down = "down",
        /// Down: maintenance outside its window.
        OutsideWindow = "outside_window",
        /// Down: maintenance that was not announced before it began.
        NotAnnounced = "not_announced",
        /// Left out: maintenance inside its window.
        InWindow = "in_window",
        /// Left out, for its cause.
        Excused = "excused",
        /// Left out: a product of which nothing is promised.
        NotNamed = "not_named",
    }
}

impl Cause {
    /// Whether it can be recorded before it happens.
    #[must_use]
    pub const fn is_maintenance(self) -> bool {
        matches!(self, Self::PlannedMaintenance | Self::UrgentMaintenance)
    }
}

impl Verdict {
    /// Whether it counts as down; else it is left out.
    #[must_use]
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Down | Self::OutsideWindow | Self::NotAnnounced)
    }
}

/// An incident or maintenance as it was recorded. A record is never edited: one that was wrong is replaced by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Identity.
    pub id: IncidentId,
    /// What could not be used.
    pub product: String,
    /// When that began.
    pub started_at: DateTime<Utc>,
    /// When it was over; `None` while it is not.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub cause: Cause,
    /// When customers were told of the maintenance.
    pub announced_at: Option<DateTime<Utc>>,
    /// What customers may read about it.
    pub note: Option<String>,
    /// The record that this one takes the place of.
    pub replaces: Option<IncidentId>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
}

/// A stretch of an incident within a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Of which incident.
    pub incident: IncidentId,
    /// From when to when, in whole minutes.
    pub span: Span,
    /// What it does to the figure.
    pub verdict: Verdict,
}

/// Minutes since 1970 in UTC, from the first to before the last.
pub type Span = Range<i64>;

/// The figure of a month, with its arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthFigure {
    /// The first day of the month.
    pub month: NaiveDate,
    /// Whether the month is over.
    pub complete: bool,
    /// The minutes of the month, of the running one until now.
    pub minutes: Minutes,
    /// Those that are left out.
    pub left_out: Minutes,
    /// Those that count as down.
    pub down: Minutes,
    /// What both are made of, in order of time; stretches of different incidents may overlap.
    pub stretches: Vec<Stretch>,
}

impl MonthFigure {
    /// The minutes that count: those of the month less those that are left out.
    #[must_use]
    pub fn counted(&self) -> Minutes {
        self.minutes - self.left_out
    }

    /// Whether the figure is at least `per_cent`, compared exactly; `None` while no minute counts.
    #[must_use]
    pub fn meets(&self, per_cent: Decimal) -> Option<bool> {
        let (up, counted) = (self.counted() - self.down, self.counted());
        counted.is_positive().then(|| Decimal::from(up.0) * Decimal::ONE_HUNDRED >= per_cent * Decimal::from(counted.0))
    }

    /// The figure in per cent with three decimals, half up, but never up to 100 or to one of the `marks` that it does not
    /// reach; `None` while no minute counts.
    #[must_use]
    pub fn per_cent(&self, marks: &[Decimal]) -> Option<Decimal> {
        let (up, counted) = ((self.counted() - self.down).0, self.counted().0);
        if counted <= 0 {
            return None;
        }
        let thousandths = up * 100_000;
        let down = Decimal::new(thousandths / counted, 3);
        let half_up = Decimal::new((2 * thousandths + counted) / (2 * counted), 3);
        let reached_by_rounding = |mark: Decimal| half_up >= mark && self.meets(mark) == Some(false);
        let too_high = marks.iter().copied().chain([Decimal::ONE_HUNDRED]).any(reached_by_rounding);
        Some(if too_high { down } else { half_up })
    }

    /// The minutes of one incident in this month, left out and down.
    #[must_use]
    pub fn of_incident(&self, incident: IncidentId) -> (Minutes, Minutes) {
        let own = |down: bool| {
            let own = self.stretches.iter().filter(|part| part.incident == incident && part.verdict.is_down() == down);
            length(&union(own.map(|part| part.span.clone()).collect()))
        };
        (own(false), own(true))
    }
}

/// The figure of the month that begins on `first`, as far as it has passed by `now`.
#[must_use]
pub fn figure(
    rules: &AvailabilityRules,
    zone: Tz,
    first: NaiveDate,
    incidents: &[Incident],
    now: DateTime<Utc>,
) -> MonthFigure {
    let (from, to) = bounds(zone, first);
    let now = minute_of(now);
    let whole = from..to.min(now.max(from));
    let mut stretches: Vec<Stretch> =
        incidents.iter().flat_map(|incident| stretches(rules, zone, incident, &whole, now)).collect();
    stretches.sort_by_key(|stretch| (stretch.span.start, stretch.span.end, stretch.incident));
    let all = |down: bool| {
        let spans = stretches.iter().filter(|part| part.verdict.is_down() == down).map(|part| part.span.clone());
        union(spans.collect())
    };
    let (down, excused) = (all(true), all(false));
    let either = union([down.clone(), excused].concat());
    MonthFigure {
        month: first,
        complete: to <= now,
        minutes: Minutes(whole.end - whole.start),
        left_out: length(&either) - length(&down),
        down: length(&down),
        stretches,
    }
}

/// The first day of the month that `day` is in.
#[must_use]
pub fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// When the month that begins on `first` begins and ends, in minutes since 1970.
#[must_use]
pub fn bounds(zone: Tz, first: NaiveDate) -> (i64, i64) {
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    (midnight(zone, first), midnight(zone, next))
}

/// The instant of a minute since 1970.
#[must_use]
pub fn instant(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(minute.saturating_mul(60), 0).unwrap_or_default()
}

fn minute_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

/// The minute that begins at `at` or after it.
fn minute_after(at: DateTime<Utc>) -> i64 {
    let minute = minute_of(at);
    if instant(minute) == at { minute } else { minute + 1 }
}

/// When a local day begins; where the clock skips midnight, when the first hour that exists does.
fn midnight(zone: Tz, day: NaiveDate) -> i64 {
    let midnight = day.and_time(NaiveTime::MIN);
    let begins = (0..=180).map(|later| midnight + TimeDelta::minutes(later)).find_map(|local| {
        let at = zone.from_local_datetime(&local).earliest()?;
        Some(minute_of(at.to_utc()))
    });
    begins.unwrap_or_else(|| midnight.and_utc().timestamp().div_euclid(60))
}

/// What an incident does within a span.
fn stretches(rules: &AvailabilityRules, zone: Tz, incident: &Incident, within: &Span, now: i64) -> Vec<Stretch> {
    let ended = incident.ended_at.map_or(now, minute_after);
    let span = minute_of(incident.started_at).max(within.start)..ended.min(within.end);
    if span.is_empty() || incident.cause == Cause::Mistake {
        return vec![];
    }
    let whole = |verdict| vec![Stretch { incident: incident.id, span: span.clone(), verdict }];
    if !rules.products.is_empty() && !rules.products.contains(&incident.product) {
        return whole(Verdict::NotNamed);
    }
    let window = match incident.cause {
        Cause::PlannedMaintenance => rules.planned.as_ref(),
        Cause::UrgentMaintenance => rules.urgent.as_ref(),
        Cause::Outage | Cause::Mistake => return whole(Verdict::Down),
        Cause::ForceMajeure | Cause::Misuse | Cause::CustomerSide | Cause::Supplier => return whole(Verdict::Excused),
    };
    if incident.announced_at.is_none_or(|announced| announced >= incident.started_at) {
        return whole(Verdict::NotAnnounced);
    }
    let inside = window.map_or_else(Vec::new, |window| open_spans(window, zone, &span));
    let outside = without(&span, &inside);
    let part = |verdict| move |span: &Span| Stretch { incident: incident.id, span: span.clone(), verdict };
    inside.iter().map(part(Verdict::InWindow)).chain(outside.iter().map(part(Verdict::OutsideWindow))).collect()
}

/// When a window on the clock on the wall is open within a span.
fn open_spans(window: &OpeningHours, zone: Tz, span: &Span) -> Vec<Span> {
    let open = one_offset_each(zone, span).into_iter().flat_map(|(part, offset)| {
        let local = |minute: i64| instant(minute).naive_utc() + offset;
        let back = move |at: NaiveDateTime| (at - offset).and_utc().timestamp().div_euclid(60);
        window.intervals(local(part.start), local(part.end)).map(move |open| back(open.start)..back(open.end))
    });
    union(open.collect())
}

/// A span in parts during which the clock on the wall is not changed.
fn one_offset_each(zone: Tz, span: &Span) -> Vec<(Span, FixedOffset)> {
    let offset = |minute: i64| zone.offset_from_utc_datetime(&instant(minute).naive_utc()).fix();
    let mut parts = Vec::new();
    let mut from = span.start;
    while from < span.end {
        let (same, mut to) = (offset(from), from);
        // A day at a time, then the minute of the change between two that differ.
        while to < span.end && offset(to) == same {
            to += Minutes::DAY.0;
        }
        let mut known = (to - Minutes::DAY.0).max(from);
        to = to.min(span.end);
        if offset(to) != same {
            while to - known > 1 {
                let middle = known + (to - known) / 2;
                if offset(middle) == same { known = middle } else { to = middle }
            }
        }
        parts.push((from..to, same));
        from = to;
    }
    parts
}

/// The same minutes as spans in order that neither touch nor overlap.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.start);
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut().filter(|last| span.start <= last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => joined.push(span),
        }
    }
    joined
}

/// What is left of a span without others, which are in order.
fn without(span: &Span, others: &[Span]) -> Vec<Span> {
    let starts = [span.start].into_iter().chain(others.iter().map(|other| other.end));
    let ends = others.iter().map(|other| other.start).chain([span.end]);
    starts.zip(ends).map(|(start, end)| start..end).filter(|rest| !rest.is_empty()).collect()
}

fn length(spans: &[Span]) -> Minutes {
    Minutes(spans.iter().map(|span| span.end - span.start).sum())
}

/// The months from the one of `since` to the one of `until`, the newest first, at most `most`.
#[must_use]
pub fn months(since: NaiveDate, until: NaiveDate, most: usize) -> Vec<NaiveDate> {
    let newest = first_of_month(until);
    let before = |first: &NaiveDate| first.checked_sub_days(Days::new(1)).map(first_of_month);
    std::iter::successors(Some(newest), before).take_while(|first| *first >= first_of_month(since)).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;
    use proptest::prelude::*;
    use uuid::Uuid;

    const ZONE: Tz = Tz::Europe__Amsterdam;

    fn rules() -> AvailabilityRules {
        let text = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n\
                    [availability]\npromised = 99\naimed = 99.9\nplanned = \"Fr 22:00-24:00\"\nplanned_minutes = 20\n\
                    urgent = \"Mo-Fr 22:00-24:00\"\nproducts = [\"Klik\", \"Klik 2\"]\n";
        Policy::parse(text).unwrap().availability.unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A moment on the clock on the wall; the first of two.
    fn at(text: &str) -> DateTime<Utc> {
        let local: NaiveDateTime = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        ZONE.from_local_datetime(&local).earliest().unwrap().to_utc()
    }

    fn incident(cause: Cause, from: &str, to: &str) -> Incident {
        let id = IncidentId(Uuid::from_u128(u128::from(from.bytes().chain(to.bytes()).map(u64::from).sum::<u64>())));
        Incident {
            id,
            product: "Klik".to_owned(),
            started_at: at(from),
            ended_at: (!to.is_empty()).then(|| at(to)),
            cause,
            announced_at: None,
            note: None,
            replaces: None,
            recorded_at: at("2026-01-01 00:00"),
            recorded_by: None,
        }
    }

    fn announced(cause: Cause, from: &str, to: &str, told: &str) -> Incident {
        Incident { announced_at: Some(at(told)), ..incident(cause, from, to) }
    }

    fn of(month: &str, incidents: &[Incident]) -> MonthFigure {
        figure(&rules(), ZONE, day(month), incidents, at("2027-06-15 12:00"))
    }

    /// Left out, down.
    fn sums(month: &str, incidents: &[Incident]) -> (i64, i64) {
        let figure = of(month, incidents);
        (figure.left_out.0, figure.down.0)
    }

    #[test]
    fn sla_8_a_month_is_elapsed_minutes_also_when_the_clock_changes() {
        for (month, minutes) in [
            ("2026-01-01", 31 * 1440),
            ("2026-02-01", 28 * 1440),
            ("2028-02-01", 29 * 1440),
            ("2026-03-01", 31 * 1440 - 60),
            ("2026-04-01", 30 * 1440),
            ("2026-10-01", 31 * 1440 + 60),
        ] {
            assert_eq!(figure(&rules(), ZONE, day(month), &[], at("2029-01-01 00:00")).minutes.0, minutes, "{month}");
        }
        let cairo = figure(&rules(), Tz::Africa__Cairo, day("2026-04-01"), &[], at("2029-01-01 00:00"));
        assert_eq!(cairo.minutes.0, 30 * 1440 - 60, "Cairo skips a midnight");
    }

    #[test]
    fn sla_8_an_outage_is_down_to_the_minute() {
        assert_eq!(sums("2026-05-01", &[incident(Cause::Outage, "2026-05-04 10:00", "2026-05-04 11:30")]), (0, 90));
        let mut odd = incident(Cause::Outage, "2026-05-04 10:00", "2026-05-04 10:01");
        odd.started_at += TimeDelta::seconds(59);
        odd.ended_at = odd.ended_at.map(|ended| ended + TimeDelta::seconds(1));
        assert_eq!(sums("2026-05-01", &[odd]), (0, 2), "every minute that was touched");
    }

    #[test]
    fn sla_8_an_incident_across_the_clock_change_lasts_as_long_as_it_lasted() {
        let spring = incident(Cause::Outage, "2026-03-29 01:30", "2026-03-29 03:30");
        assert_eq!(sums("2026-03-01", &[spring]), (0, 60));
        let autumn = incident(Cause::Outage, "2026-10-25 01:30", "2026-10-25 03:30");
        assert_eq!(sums("2026-10-01", &[autumn]), (0, 180));
    }

    #[test]
    fn sla_8_maintenance_is_left_out_inside_its_window_and_down_outside() {
        let planned = |from, to| announced(Cause::PlannedMaintenance, from, to, "2026-05-01 09:00");
        // 8 May 2026 is a Friday.
        assert_eq!(sums("2026-05-01", &[planned("2026-05-08 22:00", "2026-05-08 22:20")]), (20, 0));
        assert_eq!(sums("2026-05-01", &[planned("2026-05-08 21:50", "2026-05-08 22:20")]), (20, 10), "before it opens");
        assert_eq!(sums("2026-05-01", &[planned("2026-05-08 23:00", "2026-05-09 00:15")]), (60, 15), "overruns it");
        assert_eq!(sums("2026-05-01", &[planned("2026-05-07 22:00", "2026-05-07 22:20")]), (0, 20), "a Thursday");
        let urgent = |from, to| announced(Cause::UrgentMaintenance, from, to, "2026-05-07 21:00");
        assert_eq!(sums("2026-05-01", &[urgent("2026-05-07 22:00", "2026-05-07 22:20")]), (20, 0));
        assert_eq!(sums("2026-05-01", &[urgent("2026-05-09 22:00", "2026-05-09 22:20")]), (0, 20), "a Saturday");
        let rules = AvailabilityRules { planned: None, ..rules() };
        let all = [planned("2026-05-08 22:00", "2026-05-08 22:20")];
        let figure = figure(&rules, ZONE, day("2026-05-01"), &all, at("2026-07-01 00:00"));
        assert_eq!((figure.left_out.0, figure.down.0), (0, 20), "no window at all");
    }

    #[test]
    fn sla_8_maintenance_that_was_not_announced_before_it_began_is_down() {
        let (from, to) = ("2026-05-08 22:00", "2026-05-08 22:20");
        assert_eq!(sums("2026-05-01", &[incident(Cause::PlannedMaintenance, from, to)]), (0, 20));
        assert_eq!(sums("2026-05-01", &[announced(Cause::PlannedMaintenance, from, to, from)]), (0, 20));
        assert_eq!(sums("2026-05-01", &[announced(Cause::PlannedMaintenance, from, to, "2026-05-08 21:59")]), (20, 0));
    }

    #[test]
    fn sla_8_what_is_nobodys_fault_here_is_left_out_of_both() {
        for cause in [Cause::ForceMajeure, Cause::Misuse, Cause::CustomerSide, Cause::Supplier] {
            assert_eq!(sums("2026-05-01", &[incident(cause, "2026-05-04 10:00", "2026-05-04 12:00")]), (120, 0));
        }
        assert_eq!(sums("2026-05-01", &[incident(Cause::Mistake, "2026-05-04 10:00", "2026-05-04 12:00")]), (0, 0));
        let mut other = incident(Cause::Outage, "2026-05-04 10:00", "2026-05-04 12:00");
        other.product = "Klik 3".to_owned();
        assert_eq!(sums("2026-05-01", &[other.clone()]), (120, 0), "nothing is promised of it");
        let all = AvailabilityRules { products: vec![], ..rules() };
        assert_eq!(figure(&all, ZONE, day("2026-05-01"), &[other], at("2026-07-01 00:00")).down.0, 120, "none named");
    }

    #[test]
    fn sla_8_minutes_count_once() {
        let mut second = incident(Cause::Outage, "2026-05-04 10:30", "2026-05-04 12:00");
        second.product = "Klik 2".to_owned();
        let first = incident(Cause::Outage, "2026-05-04 10:00", "2026-05-04 11:00");
        let inside = incident(Cause::Outage, "2026-05-04 10:10", "2026-05-04 10:20");
        assert_eq!(sums("2026-05-01", &[second, first, inside]), (0, 120));
        let excused = [
            incident(Cause::Supplier, "2026-05-04 10:00", "2026-05-04 11:00"),
            incident(Cause::Misuse, "2026-05-04 10:30", "2026-05-04 11:30"),
        ];
        assert_eq!(sums("2026-05-01", &excused), (90, 0));
    }

    #[test]
    fn sla_8_an_excuse_does_not_cover_another_incident() {
        let both = [
            incident(Cause::Supplier, "2026-05-04 10:00", "2026-05-04 12:00"),
            incident(Cause::Outage, "2026-05-04 11:00", "2026-05-04 13:00"),
        ];
        let figure = of("2026-05-01", &both);
        assert_eq!((figure.left_out.0, figure.down.0), (60, 120));
        assert_eq!(figure.counted().0, 31 * 1440 - 60);
        assert_eq!(figure.of_incident(both[0].id), (Minutes(120), Minutes(0)), "its own minutes, before the overlap");
    }

    #[test]
    fn sla_8_an_incident_counts_in_each_month_it_touches() {
        let night = incident(Cause::Outage, "2026-04-30 23:00", "2026-05-01 02:00");
        assert_eq!(sums("2026-04-01", std::slice::from_ref(&night)), (0, 60));
        assert_eq!(sums("2026-05-01", &[night]), (0, 120));
        let long = incident(Cause::Outage, "2026-04-30 23:00", "2026-06-01 01:00");
        let figure = of("2026-05-01", &[long]);
        assert_eq!((figure.down, figure.per_cent(&[])), (figure.minutes, Some(Decimal::ZERO)));
    }

    #[test]
    fn sla_8_what_is_still_open_counts_until_now() {
        let open = incident(Cause::Outage, "2026-05-04 10:00", "");
        let now = |text: &str| figure(&rules(), ZONE, day("2026-05-01"), std::slice::from_ref(&open), at(text));
        let during = now("2026-05-04 10:45");
        assert_eq!((during.down.0, during.minutes.0, during.complete), (45, 3 * 1440 + 645, false));
        assert_eq!(now("2026-05-04 09:00").down.0, 0);
        assert_eq!((now("2026-04-01 00:00").minutes.0, now("2026-04-01 00:00").per_cent(&[])), (0, None));
        assert!(now("2026-06-01 00:00").complete);
        let future = announced(Cause::PlannedMaintenance, "2026-05-08 22:00", "2026-05-08 22:20", "2026-05-01 00:00");
        let early = figure(&rules(), ZONE, day("2026-05-01"), &[future], at("2026-05-08 22:05"));
        assert_eq!(early.left_out.0, 5);
    }

    #[test]
    fn sla_8_a_figure_is_never_rounded_up_to_a_mark_it_misses() {
        let marks = [Decimal::from(99), Decimal::new(999, 1)];
        let shown = |down: i64, counted: i64| {
            let (minutes, down) = (Minutes(counted), Minutes(down));
            let figure = MonthFigure {
                month: day("2026-05-01"),
                complete: true,
                minutes,
                left_out: Minutes::ZERO,
                down,
                stretches: vec![],
            };
            figure.per_cent(&marks).map(|shown| shown.to_string())
        };
        for (down, counted, text) in [
            (0, 44_640, "100.000"),
            (90, 44_640, "99.798"),
            (1, 300_000, "99.999"),
            (1, 1_000_000, "99.999"),
            (10_001, 1_000_000, "98.999"),
            (10_000, 1_000_000, "99.000"),
            (1_001, 1_000_000, "99.899"),
            (1_004, 1_000_000, "99.899"),
            (5_005, 1_000_000, "99.500"),
            (5_006, 1_000_000, "99.499"),
        ] {
            assert_eq!(shown(down, counted).as_deref(), Some(text), "{down} of {counted}");
        }
        assert_eq!(shown(0, 0), None, "nothing counts");
    }

    #[test]
    fn sla_8_promised_and_aimed_are_compared_exactly() {
        let month = |down: i64| {
            let figure = of("2026-04-01", &[]);
            MonthFigure { down: Minutes(down), ..figure }
        };
        // 1 % of the 43 200 minutes of April is 432.
        assert_eq!(
            (month(432).meets(Decimal::from(99)), month(433).meets(Decimal::from(99))),
            (Some(true), Some(false))
        );
        assert_eq!(month(43).meets(Decimal::new(999, 1)), Some(true));
        assert_eq!(month(44).meets(Decimal::new(999, 1)), Some(false));
        assert_eq!(MonthFigure { left_out: Minutes(43_200), ..month(0) }.meets(Decimal::ONE), None);
    }

    #[test]
    fn sla_8_a_window_keeps_to_the_clock_on_the_wall_across_its_change() {
        let rules = AvailabilityRules { planned: OpeningHours::parse("Su 01:00-04:00", None).ok(), ..rules() };
        let of = |from, to, month: &str| {
            let all = [announced(Cause::PlannedMaintenance, from, to, "2026-01-01 00:00")];
            let figure = figure(&rules, ZONE, day(month), &all, at("2027-01-01 00:00"));
            (figure.left_out.0, figure.down.0)
        };
        assert_eq!(of("2026-03-29 00:30", "2026-03-29 05:00", "2026-03-01"), (120, 90), "an hour is missing");
        assert_eq!(of("2026-10-25 00:30", "2026-10-25 05:00", "2026-10-01"), (240, 90), "an hour comes twice");
    }

    #[test]
    fn sla_8_months_go_back_from_the_newest() {
        let list = months(day("2025-11-20"), day("2026-02-03"), 12);
        assert_eq!(list, ["2026-02-01", "2026-01-01", "2025-12-01", "2025-11-01"].map(day));
        assert_eq!(months(day("2020-01-01"), day("2026-02-03"), 2).len(), 2);
        assert!(months(day("2026-03-01"), day("2026-02-03"), 12).is_empty());
    }

    proptest! {
        /// Minute by minute, as one would by hand.
        #[test]
        fn sla_8_the_sums_are_those_of_counting_every_minute(
            given in prop::collection::vec((0..8_usize, 0..4_000_i64, 1..600_i64, 0..3_i64), 0..8),
        ) {
            let (from, _) = bounds(ZONE, day("2026-05-01"));
            let incidents: Vec<Incident> = given.iter().enumerate().map(|(nth, (cause, start, length, told))| Incident {
                id: IncidentId(Uuid::from_u128(nth as u128)),
                started_at: instant(from + start),
                ended_at: Some(instant(from + start + length)),
                announced_at: (*told > 0).then(|| instant(from + start - told + 1)),
                ..incident(Cause::ALL[*cause], "2026-05-01 00:00", "")
            }).collect();
            let figure = of("2026-05-01", &incidents);
            let verdicts = |minute: i64| figure.stretches.iter().filter(move |part| part.span.contains(&minute));
            let minutes = from..from + figure.minutes.0;
            let down = minutes.clone().filter(|minute| verdicts(*minute).any(|part| part.verdict.is_down())).count();
            let touched = minutes.filter(|minute| verdicts(*minute).next().is_some()).count();
            prop_assert_eq!(figure.down.0, i64::try_from(down).unwrap());
            prop_assert_eq!((figure.left_out + figure.down).0, i64::try_from(touched).unwrap());
        }
    }
}
