//! Opening hours in the OpenStreetMap `opening_hours` syntax, evaluated by the crate of that name (SLA-3, SLA-4).
//!
//! Everything here is naive local time: the hours a clock on the wall of the service desk shows, which a change to or
//! from daylight saving does not shift. Whoever asks converts before and after.
//!
//! Only days are asked of the crate, one by one and at most [`SEARCH_DAYS`] of them, so that no expression, however odd,
//! keeps a search going.

use super::Minutes;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use opening_hours_syntax::rules::day::{Date, HolidayKind, MonthdayRange, WeekDayRange, Year};
use opening_hours_syntax::rules::time::{Time, TimeSpan};
use opening_hours_syntax::rules::{RuleKind, RuleSequence};
use std::fmt;
use std::ops::Range;

pub use opening_hours::localization::Country;

/// How many days are searched for an opening, and how far ahead a deadline may lie.
pub const SEARCH_DAYS: u64 = 400;

/// When something is open: service hours, a window of maintenance, the evenings that a factor counts for.
///
/// Two are equal when they are written the same, for the holidays of the same country.
#[derive(Clone)]
pub struct OpeningHours {
    text: String,
    holidays: Option<Country>,
    rules: opening_hours::OpeningHours,
}

/// The longest expression that is read: some years of closing days by date fit.
const MOST_TEXT: usize = 8_000;
/// The most parts of it.
const MOST_PARTS: usize = 500;

/// Why a text is not a set of opening hours that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpeningHours {
    /// More than is read (A5).
    #[error("expected at most {MOST_PARTS} parts in {MOST_TEXT} characters")]
    TooLong,
    /// A part of it is not in the syntax.
    #[error("`{0}` is not in the opening_hours syntax, such as \"Mo-Fr 08:30-18:00; PH off\"")]
    Syntax(String),
    /// It names a day that no calendar has, such as 30 February.
    #[error("there is no {0}")]
    NoSuchDate(String),
    /// It names public holidays, but not of which country.
    #[error("PH needs a country whose holidays are known")]
    NoCountry,
    /// It names school holidays, of which nothing reliable is known.
    #[error("SH (school holidays) is not known; write their dates")]
    SchoolHolidays,
    /// It follows the sun, or leaves open when it ends.
    #[error("`{0}` is not from one time on the clock to another, such as 08:30-18:00")]
    NoClockTime(String),
}

impl OpeningHours {
    /// Reads an expression such as `Mo-Fr 08:30-18:00; PH off`, where `PH` means the public holidays of `holidays`.
    ///
    /// # Errors
    /// What is wrong with it, in words; also a date that does not exist, which the crate itself lets pass.
    pub fn parse(text: &str, holidays: Option<Country>) -> Result<Self, NotOpeningHours> {
        if text.len() > MOST_TEXT || text.matches([';', ',']).count() > MOST_PARTS {
            return Err(NotOpeningHours::TooLong);
        }
        let rules: opening_hours::OpeningHours =
            text.parse().map_err(|_| NotOpeningHours::Syntax(not_understood(text).to_owned()))?;
        let calendar = holidays.map(Country::holidays).unwrap_or_default();
        let has_holidays = calendar.get_public().count() > 0;
        rules.get_expression().rules.iter().try_for_each(|rule| sound(rule, has_holidays))?;
        let rules = rules.with_context(opening_hours::Context::default().with_holidays(calendar));
        Ok(Self { text: text.to_owned(), holidays, rules })
    }

    /// Open day and night: the hours of a provider whose policy names none.
    ///
    /// # Panics
    /// Never: the expression is a constant.
    #[must_use]
    pub fn always() -> Self {
        Self::parse("24/7", None).expect("24/7 is an expression")
    }

    /// As the policy writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether public holidays make a difference to it.
    #[must_use]
    pub fn names_holidays(&self) -> bool {
        let rules = self.rules.get_expression();
        let mut days = rules.rules.iter().flat_map(|rule| &rule.day_selector.weekday);
        days.any(|day| matches!(day, WeekDayRange::Holiday { .. }))
    }

    /// Whether it is open at `at`; the moment of closing is closed (SLA-3: opening ≤ t < closing).
    #[must_use]
    pub fn is_open(&self, at: NaiveDateTime) -> bool {
        self.on(at.date()).any(|span| span.contains(&at))
    }

    /// The stretches that are open between `from` and `to`, in order, neither touching nor overlapping. Asking for a
    /// long time costs in proportion to its days.
    pub fn intervals(&self, from: NaiveDateTime, to: NaiveDateTime) -> impl Iterator<Item = Range<NaiveDateTime>> {
        let mut spans = self.spans(from, to).peekable();
        std::iter::from_fn(move || {
            let mut whole = spans.next()?;
            while let Some(next) = spans.next_if(|next| next.start <= whole.end) {
                whole.end = next.end;
            }
            Some(whole)
        })
    }

    /// The first moment from `from` on that is open: `from` itself when it is. `None` when it stays closed for
    /// [`SEARCH_DAYS`].
    #[must_use]
    pub fn next_opening(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        self.spans(from, horizon(from)).next().map(|span| span.start)
    }

    /// How long it is open between `from` and `to`, to the second and finer; nothing when `to` is not after `from`.
    #[must_use]
    pub fn open_time(&self, from: NaiveDateTime, to: NaiveDateTime) -> TimeDelta {
        self.spans(from, to).fold(TimeDelta::zero(), |sum, span| sum + (span.end - span.start))
    }

    /// How many whole minutes it is open between `from` and `to`; none when `to` is not after `from`.
    #[must_use]
    pub fn open_minutes(&self, from: NaiveDateTime, to: NaiveDateTime) -> Minutes {
        Minutes(self.open_time(from, to).num_minutes())
    }

    /// The moment at which `minutes` of opening time since `from` are over (SLA-3): counted from the next opening where
    /// `from` is closed, and falling on closing itself where they are just over then. `None` when that is more than
    /// [`SEARCH_DAYS`] away.
    #[must_use]
    pub fn add_minutes(&self, from: NaiveDateTime, minutes: Minutes) -> Option<NaiveDateTime> {
        self.add_time(from, TimeDelta::try_minutes(minutes.0)?)
    }

    /// [`add_minutes`](Self::add_minutes), to the second and finer.
    #[must_use]
    pub fn add_time(&self, from: NaiveDateTime, time: TimeDelta) -> Option<NaiveDateTime> {
        let mut left = time.max(TimeDelta::zero());
        for span in self.spans(from, horizon(from)) {
            let length = span.end - span.start;
            if left <= length {
                return Some(span.start + left);
            }
            left -= length;
        }
        None
    }

    /// What is open between `from` and `to`, each stretch within one day.
    fn spans(&self, from: NaiveDateTime, to: NaiveDateTime) -> impl Iterator<Item = Range<NaiveDateTime>> {
        let days = from.date().iter_days().take_while(move |day| *day <= to.date());
        days.flat_map(|day| self.on(day))
            .map(move |span| span.start.max(from)..span.end.min(to))
            .filter(|span| span.start < span.end)
    }

    fn on(&self, day: NaiveDate) -> impl Iterator<Item = Range<NaiveDateTime>> + use<> {
        let midnight = day.and_time(NaiveTime::MIN);
        let open = self.rules.schedule_at(day).into_iter().filter(|range| range.kind == RuleKind::Open);
        open.filter_map(move |range| {
            let at = |minutes: u16| midnight.checked_add_signed(TimeDelta::minutes(minutes.into()));
            Some(at(range.range.start.mins_from_midnight())?..at(range.range.end.mins_from_midnight())?)
        })
    }
}

impl PartialEq for OpeningHours {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.holidays) == (&other.text, other.holidays)
    }
}

impl Eq for OpeningHours {}

impl fmt::Debug for OpeningHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpeningHours({:?}, {:?})", self.text, self.holidays)
    }
}

impl fmt::Display for OpeningHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn horizon(from: NaiveDateTime) -> NaiveDateTime {
    from.checked_add_days(Days::new(SEARCH_DAYS)).unwrap_or(NaiveDateTime::MAX)
}

/// The first of the rules between semicolons that cannot be read by itself.
fn not_understood(text: &str) -> &str {
    let mut rules = text.split(';').map(str::trim);
    rules.find(|rule| rule.parse::<opening_hours::OpeningHours>().is_err()).unwrap_or(text)
}

/// Whether everything that a rule names is known and exists.
fn sound(rule: &RuleSequence, has_holidays: bool) -> Result<(), NotOpeningHours> {
    rule.day_selector.monthday.iter().try_for_each(exists)?;
    for day in &rule.day_selector.weekday {
        match day {
            WeekDayRange::Holiday { kind: HolidayKind::School, .. } => return Err(NotOpeningHours::SchoolHolidays),
            WeekDayRange::Holiday { .. } if !has_holidays => return Err(NotOpeningHours::NoCountry),
            _ => {}
        }
    }
    rule.time_selector
        .spans
        .iter()
        .find(|span| !is_by_the_clock(span))
        .map_or(Ok(()), |span| Err(NotOpeningHours::NoClockTime(span.to_string())))
}

fn is_by_the_clock(span: &TimeSpan) -> bool {
    let fixed = |time: &Time| matches!(time, Time::Fixed(_));
    fixed(&span.range.start) && fixed(&span.range.end) && !span.open_end && span.repeats.is_none()
}

fn exists(range: &MonthdayRange) -> Result<(), NotOpeningHours> {
    let MonthdayRange::Date { start: (start, _), end: (end, _) } = range else { return Ok(()) };
    // A range of one year may run into the next, as in `2026 Dec 20-Jan 5`.
    let later = |Year(year)| Year(if month(end) < month(start) { year + 1 } else { year });
    exists_in(start, start.year())?;
    exists_in(end, end.year().or(start.year().map(later)))
}

fn month(date: &Date) -> Option<u32> {
    if let Date::Fixed { month, .. } = date { Some((*month).into()) } else { None }
}

/// Whether the year has the date; without a year, whether any has: 2000 is a leap year.
fn exists_in(date: &Date, year: Option<Year>) -> Result<(), NotOpeningHours> {
    let Date::Fixed { month, day, .. } = *date else { return Ok(()) };
    let found = NaiveDate::from_ymd_opt(year.map_or(2000, |Year(year)| year), month.into(), day.into());
    found.map(drop).ok_or_else(|| NotOpeningHours::NoSuchDate(date.to_string()))
}

/// The last day of which it is known whether it is a public holiday of `country`.
#[must_use]
pub fn holidays_known_until(country: Country) -> Option<NaiveDate> {
    let last = country.holidays().get_public().iter().last()?;
    NaiveDate::from_ymd_opt(last.year(), 12, 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPENEDU: &str = "Mo-Fr 08:30-18:00; PH off; 2020-2075/5 May 05 off";

    fn hours(text: &str) -> OpeningHours {
        OpeningHours::parse(text, Some(Country::NL)).unwrap()
    }

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn sla_3_inside_means_opening_up_to_closing() {
        let hours = hours(OPENEDU);
        for (moment, open) in [
            ("2026-11-20 08:29", false),
            ("2026-11-20 08:30", true),
            ("2026-11-20 17:59", true),
            ("2026-11-20 18:00", false),
            ("2026-11-21 12:00", false),
            ("2027-04-27 12:00", false),
            ("2026-05-05 12:00", true),
            ("2025-05-05 12:00", false),
            ("2030-05-05 12:00", false),
        ] {
            assert_eq!(hours.is_open(at(moment)), open, "{moment}");
        }
    }

    #[test]
    fn sla_3_time_is_counted_from_the_opening_and_may_end_on_closing() {
        let hours = hours(OPENEDU);
        for (from, minutes, due) in [
            ("2026-11-20 17:30", 240, "2026-11-23 12:00"),
            ("2026-11-20 17:30", 30, "2026-11-20 18:00"),
            ("2026-11-20 17:30", 31, "2026-11-23 08:31"),
            ("2026-11-20 18:00", 0, "2026-11-23 08:30"),
            ("2026-11-21 03:00", 60, "2026-11-23 09:30"),
            ("2026-11-20 08:30", 570, "2026-11-20 18:00"),
            ("2026-11-20 08:30", 571, "2026-11-23 08:31"),
        ] {
            assert_eq!(hours.add_minutes(at(from), Minutes(minutes)), Some(at(due)), "{from} + {minutes}");
        }
        assert_eq!(hours.next_opening(at("2027-04-26 18:00")), Some(at("2027-04-28 08:30")), "King's Day");
        assert_eq!(hours.open_minutes(at("2026-11-20 17:30"), at("2026-11-23 12:00")), Minutes(240));
        assert_eq!(hours.open_minutes(at("2026-11-23 12:00"), at("2026-11-20 17:30")), Minutes::ZERO);
    }

    #[test]
    fn intervals_are_whole_and_cut_to_what_was_asked() {
        let night = hours("Mo-Fr 22:00-26:00");
        let found: Vec<_> = night.intervals(at("2026-11-23 23:00"), at("2026-11-24 23:30")).collect();
        assert_eq!(
            found,
            [at("2026-11-23 23:00")..at("2026-11-24 02:00"), at("2026-11-24 22:00")..at("2026-11-24 23:30")]
        );
        let always: Vec<_> = OpeningHours::always().intervals(at("2026-11-23 23:00"), at("2026-12-24 23:30")).collect();
        assert_eq!(always, [at("2026-11-23 23:00")..at("2026-12-24 23:30")]);
    }

    #[test]
    fn sla_4_half_days_and_own_closing_days_are_written() {
        let hours = hours(
            "Mo-Fr 09:00-17:00; PH off; easter -2 days off; Dec 24 Mo-Fr 09:00-12:00; 2026 Dec 28-2027 Jan 01 off",
        );
        assert_eq!(hours.add_minutes(at("2026-12-24 11:00"), Minutes(90)), Some(at("2027-01-04 09:30")));
        assert!(!hours.is_open(at("2027-03-26 12:00")), "Good Friday, closed here");
        assert!(!hours.is_open(at("2028-12-24 10:00")), "a Sunday");
    }

    #[test]
    fn searches_end_where_nothing_opens() {
        for closed in ["off", "2019 Mo-Fr 09:00-17:00", "Mo-Fr 09:00-17:00 unknown", "Mo-Su 09:00-17:00; Jan-Dec off"] {
            let hours = hours(closed);
            assert_eq!(hours.next_opening(at("2026-01-01 00:00")), None, "{closed}");
            assert_eq!(hours.add_minutes(at("2026-01-01 00:00"), Minutes(1)), None, "{closed}");
        }
        let hours = hours(OPENEDU);
        assert_eq!(hours.add_minutes(at("2026-01-01 00:00"), Minutes(i64::MAX)), None);
        assert_eq!(hours.next_opening(NaiveDateTime::MAX), None);
        assert_eq!(hours.next_opening(NaiveDateTime::MIN), None);
    }

    #[test]
    fn pol_what_is_wrong_with_the_hours_is_said_in_words() {
        for (text, said) in [
            ("", "`` is not in the opening_hours syntax"),
            ("Mo-Fr 08:30-18:00; PH closd", "`PH closd` is not in the opening_hours syntax"),
            ("ma-vr 8h30", "`ma-vr 8h30` is not in"),
            ("Mo-Fr 09:00-17:00; Feb 30 off", "there is no Feb 30"),
            ("Apr 31 off", "there is no Apr 31"),
            ("Jun 31 off", "there is no Jun 31"),
            ("Sep 31 off", "there is no Sep 31"),
            ("Nov 31 off", "there is no Nov 31"),
            ("Feb 1-30 off", "there is no Feb 30"),
            ("Feb 30-Mar 2 off", "there is no Feb 30"),
            ("2026 Feb 29 off", "there is no 2026 Feb 29"),
            ("2026 Dec 20-Feb 29 off", "there is no Feb 29"),
            ("Mo-Fr 09:00-17:00; SH off", "SH (school holidays)"),
            ("sunrise-sunset", "`sunrise-sunset` is not from one time"),
            ("Mo-Fr 09:00+", "`09:00+` is not from one time"),
        ] {
            let error = OpeningHours::parse(text, Some(Country::NL)).expect_err(text);
            assert!(error.to_string().contains(said), "{text}: {error}");
        }
        for sound in
            ["Feb 29 off", "2028 Feb 29 off", "2027 Dec 20-Feb 29 off", "Jan 31 off", "Su,PH", "24/7", "week 53 Mo off"]
        {
            assert!(OpeningHours::parse(sound, Some(Country::NL)).is_ok(), "{sound}");
        }
        assert_eq!(OpeningHours::parse("PH off", None), Err(NotOpeningHours::NoCountry));
        assert_eq!(holidays_known_until(Country::NL), NaiveDate::from_ymd_opt(2076, 12, 31));
    }

    /// Hours of all shapes: broken by lunch, over midnight, half days, holidays, always.
    const SHAPES: [&str; 7] = [
        OPENEDU,
        "Mo-Fr 09:00-12:30,13:15-17:00; PH off",
        "Mo-Th 22:00-26:00; Sa 10:00-12:00",
        "24/7",
        "Mo-Fr 08:00-17:00; Dec 24 Mo-Fr 08:00-12:00; PH off; easter -2 days off",
        "Su,PH 10:00-10:07",
        "Mo-Fr 10:00-17:00 \"by mail\", Mo-Fr 16:00-18:00; week 30 off",
    ];

    /// Minute by minute, as one would count on a clock.
    fn counted(hours: &OpeningHours, from: NaiveDateTime, minutes: i64) -> Option<NaiveDateTime> {
        let mut left = minutes;
        let mut at = from;
        for _ in 0..40 * 1440 {
            if left == 0 {
                return Some(at);
            }
            left -= i64::from(hours.is_open(at));
            at += TimeDelta::minutes(1);
        }
        None
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sla_3_adding_time_is_counting_minutes(shape in 0..SHAPES.len(), start in 0..525_600_i64, minutes in 1..900_i64) {
            let hours = hours(SHAPES[shape]);
            let from = at("2026-10-01 00:00") + TimeDelta::minutes(start);
            if let Some(due) = counted(&hours, from, minutes) {
                prop_assert_eq!(hours.add_minutes(from, Minutes(minutes)), Some(due));
            }
        }

        #[test]
        fn sla_3_counting_back_gives_the_time_that_was_added(
            shape in 0..SHAPES.len(), start in 0..525_600_i64, seconds in 0..60_i64, first in 0..3_000_i64, more in 0..3_000_i64,
        ) {
            let hours = hours(SHAPES[shape]);
            let from = at("2026-10-01 00:00") + TimeDelta::minutes(start) + TimeDelta::seconds(seconds);
            let due = |minutes| hours.add_minutes(from, Minutes(minutes));
            let (Some(one), Some(two)) = (due(first), due(first + more)) else { return Ok(()) };
            prop_assert_eq!(hours.open_time(from, one), TimeDelta::minutes(first));
            prop_assert!(from <= one && one <= two, "later never comes earlier");
            prop_assert_eq!(hours.open_time(from, one) + hours.open_time(one, two), TimeDelta::minutes(first + more));
        }
    }
}
