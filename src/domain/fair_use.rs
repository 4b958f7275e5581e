//! Fair use (FAIR-1 to FAIR-6): what counts, over which days, and where a customer stands against what organisations use
//! on average.
//!
//! Everything is exact. Minutes are counted in hundredths, the average and the allowance are fractions that are compared by
//! cross multiplication, and only what is shown is rounded, half up.

use super::coverage::Outcome;
use super::policy::FairUseRules;
use super::{ConversationId, CustomerId, Minutes, UserId, words::words};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How many times a worked minute counts, in hundredths: 100 is once (FAIR-2, COVER-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(pub i64);

impl Weight {
    /// From the policy's decimal, which has at most two decimals; `None` for any other.
    #[must_use]
    pub fn of(weight: Decimal) -> Option<Self> {
        let hundredths = weight.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
        (hundredths.scale() == 0).then(|| i64::try_from(hundredths.mantissa()).ok().map(Self)).flatten()
    }

    /// What worked minutes count for.
    ///
    /// # Panics
    /// When the product leaves an `i64`, which no day of work and no weight of a policy can.
    #[must_use]
    pub fn count(self, worked: Minutes) -> Counted {
        Counted(worked.0.checked_mul(self.0).expect("counted minutes fit an i64"))
    }
}

/// Minutes as they count under fair use, in hundredths (FAIR-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted(pub i64);

impl Counted {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole minutes, half up: for showing only.
    #[must_use]
    pub fn minutes(self) -> Minutes {
        Fraction::whole(self.0).minutes()
    }
}

impl std::ops::AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.checked_add(other.0).expect("counted minutes fit an i64");
    }
}

impl std::ops::Neg for Counted {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0, 2).normalize().fmt(f)
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0, 2).normalize().fmt(f)
    }
}

/// An exact number of hundredths of minutes, not below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    /// `over / under`; nothing where nothing is divided by.
    #[must_use]
    pub const fn new(over: i128, under: i128) -> Self {
        if under > 0 { Self { over, under } } else { Self { over: 0, under: 1 } }
    }

    const fn whole(hundredths: i64) -> Self {
        Self { over: hundredths as i128, under: 1 }
    }

    /// Whole minutes, half up: for showing only.
    #[must_use]
    pub fn minutes(self) -> Minutes {
        let (over, under) = (self.over, self.under * 100);
        Minutes(i64::try_from((over * 2 + under).div_euclid(under * 2)).unwrap_or(i64::MAX))
    }

    /// So many times as much.
    #[must_use]
    pub const fn times(self, times: i64) -> Self {
        Self { over: self.over * times as i128, under: self.under }
    }

    /// The least number of hundredths that is not less than `per_cent` of this.
    fn at_least(self, per_cent: u32) -> i128 {
        let (over, under) = (self.over * i128::from(per_cent), self.under * 100);
        (over + under - 1).div_euclid(under)
    }

    /// The least number of hundredths that is more than this.
    const fn more_than(self) -> i128 {
        self.over.div_euclid(self.under) + 1
    }
}

/// The days that count: after one day, up to and including another (FAIR-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The last day that no longer counts.
    pub after: NaiveDate,
    /// The last day that counts.
    pub until: NaiveDate,
}

impl Window {
    /// The months up to and including a day. A month back from the 31st is the last day of a shorter month.
    #[must_use]
    pub fn of(until: NaiveDate, months: u32) -> Self {
        Self { after: until.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN), until }
    }

    /// The first day that counts.
    #[must_use]
    pub fn first(self) -> NaiveDate {
        self.after.succ_opt().unwrap_or(self.after)
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> i64 {
        (self.until - self.after).num_days().max(0)
    }

    /// Its calendar months, each as the part of it that counts; the first and the last may be cut off.
    #[must_use]
    pub fn months(self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut after = self.after;
        while after < self.until {
            let first = after.succ_opt().unwrap_or(self.until);
            let next = first.with_day(1).and_then(|day| day.checked_add_months(Months::new(1)));
            let until = next.and_then(|next| next.pred_opt()).unwrap_or(self.until).min(self.until);
            parts.push(Self { after, until });
            after = until;
        }
        parts
    }
}

/// From when to when a customer is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// First day of the contract.
    pub first: NaiveDate,
    /// Its last day; none while it goes on.
    pub last: Option<NaiveDate>,
}

impl Term {
    /// How many days of the window it has (FAIR-3).
    #[must_use]
    pub fn days_in(self, window: Window) -> i64 {
        let last = self.last.unwrap_or(window.until).min(window.until);
        (last - self.first.max(window.first())).num_days().saturating_add(1).max(0)
    }

    /// How many days it has had up to and including a day.
    #[must_use]
    pub fn days_until(self, day: NaiveDate) -> i64 {
        (self.last.unwrap_or(day).min(day) - self.first).num_days().saturating_add(1).max(0)
    }
}

/// What a day adds to what is kept of all customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayChange {
    /// Customers whose contract begins on it.
    pub joined: i64,
    /// Customers whose contract ends with it.
    pub ended: i64,
    /// What was counted for work done on it.
    pub counted: Counted,
}

/// What decisions change of the figures that are kept, by day. Added up, so that it does not matter in how many steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<NaiveDate, DayChange>);

impl Tally {
    /// The change of one day.
    pub fn on(&mut self, day: NaiveDate) -> &mut DayChange {
        self.0.entry(day).or_default()
    }

    /// All that changes, by day.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, DayChange)> {
        self.0.iter().map(|(day, change)| (*day, *change)).filter(|(_, change)| *change != DayChange::default())
    }

    /// Takes over another one.
    pub fn add(&mut self, other: &Self) {
        for (day, change) in other.days() {
            let sum = self.on(day);
            sum.joined += change.joined;
            sum.ended += change.ended;
            sum.counted += change.counted;
        }
    }
}

/// What a standing follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The days that count.
    pub window: Window,
    /// What the customer used in it.
    pub used: Counted,
    /// Its active days in the window.
    pub own_days: i64,
    /// Its active days since its contract began.
    pub days_active: i64,
    /// What the averages are made of.
    pub totals: Totals,
}

/// What is known of all customers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What all of them used in the window.
    pub used: Counted,
    /// The active days of all of them in it: leavers up to their end, and also of those who used nothing (FAIR-3).
    pub days: i64,
    /// How many are active on its last day (FAIR-5).
    pub organisations: i64,
}

words! {
    /// Where a customer stands (FAIR-4).
    pub enum Level {
        /// Below what is near.
        Within = "within",
        /// From the policy's per cent up to and including the allowance.
        Near = "near",
        /// More than the allowance.
        Over = "over",
    }
}

words! {
    /// Why there is no verdict (FAIR-5).
    pub enum NoVerdict {
        /// Too few organisations to compare with.
        FewOrganisations = "few_organisations",
        /// A customer for too short a time.
        NewCustomer = "new_customer",
    }
}

/// Where a customer stands, with its sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it follows from.
    pub figures: Figures,
    /// The terms.
    pub rules: FairUseRules,
    /// What an organisation uses in the whole window on average.
    pub average: Fraction,
    /// The days that its allowance is for: its own, and never fewer than the grace days.
    pub counted_days: i64,
    /// What it may use.
    pub allowance: Fraction,
    /// The verdict, or why there is none.
    pub level: Result<Level, NoVerdict>,
}

/// Where a customer stands (FAIR-1 to FAIR-5).
#[must_use]
pub fn standing(rules: &FairUseRules, figures: Figures) -> Standing {
    let counted_days = figures.own_days.max(i64::from(rules.grace_days));
    let allowance = rules.per_day(figures.totals).times(counted_days);
    let level = if figures.totals.organisations < i64::from(rules.minimum_organisations) {
        Err(NoVerdict::FewOrganisations)
    } else if figures.days_active < i64::from(rules.grace_days) {
        Err(NoVerdict::NewCustomer)
    } else {
        Ok(level(rules, figures.used, allowance))
    };
    Standing { figures, rules: rules.clone(), average: average(figures), counted_days, allowance, level }
}

fn average(figures: Figures) -> Fraction {
    let Totals { used, days, .. } = figures.totals;
    Fraction::new(i128::from(used.0), i128::from(days)).times(figures.window.days())
}

fn level(rules: &FairUseRules, used: Counted, allowance: Fraction) -> Level {
    let used = i128::from(used.0);
    if used == 0 {
        Level::Within
    } else if used >= allowance.more_than() {
        Level::Over
    } else if used >= allowance.at_least(rules.near_percent) {
        Level::Near
    } else {
        Level::Within
    }
}

impl FairUseRules {
    /// The window up to and including a day.
    #[must_use]
    pub fn window(&self, until: NaiveDate) -> Window {
        Window::of(until, self.window_months)
    }

    /// What may be used in a day: the factor times what is used on average (FAIR-1, FAIR-3).
    fn per_day(&self, totals: Totals) -> Fraction {
        let places = 10_i128.pow(self.factor.scale());
        Fraction::new(self.factor.mantissa() * i128::from(totals.used.0), places * i128::from(totals.days))
    }

    /// From which rank on customers are near their allowance, and over it; see [`rank`].
    #[must_use]
    pub fn marks(&self, window: Window, totals: Totals) -> Marks {
        let per_day = self.per_day(totals);
        if totals.used == Counted::ZERO || totals.days == 0 {
            return Marks { near: i64::MAX, over: i64::MAX };
        }
        let grace = i64::from(self.grace_days);
        let least = |enough: &dyn Fn(Fraction) -> i128| {
            let ranks = (grace..=window.days().max(grace)).map(|days| {
                let used = i64::try_from(enough(per_day.times(days))).unwrap_or(i64::MAX);
                rank(Counted(used), days)
            });
            ranks.min().unwrap_or(i64::MAX)
        };
        Marks { near: least(&|allowance| allowance.at_least(self.near_percent)), over: least(&Fraction::more_than) }
    }
}

/// Ranks that part the levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The least rank of those who are near or over.
    pub near: i64,
    /// The least rank of those who are over.
    pub over: i64,
}

/// By what a rank is multiplied: at least the square of the most days that an allowance is for, so that two customers with
/// different standings never have the same rank.
pub const RANK: i64 = 1 << 24;

/// The order of customers by their standing as one number: what was used per day that the allowance is for. All have the
/// same average and factor, so who uses more per day stands higher.
#[must_use]
pub fn rank(used: Counted, days: i64) -> i64 {
    i64::try_from(i128::from(used.0) * i128::from(RANK) / i128::from(days.max(1))).unwrap_or(i64::MAX)
}

impl Standing {
    /// Whether its customer may not see the average and the allowance, which would tell what others use (FAIR-5).
    #[must_use]
    pub fn hides_others(&self) -> bool {
        self.level == Err(NoVerdict::FewOrganisations)
    }

    /// How many per cent of the allowance is used, half up: for showing only. None of nothing.
    #[must_use]
    pub fn per_cent(&self) -> Option<i64> {
        let Fraction { over, under } = self.allowance;
        let used = i128::from(self.figures.used.0);
        (over > 0).then(|| i64::try_from((used * under * 200 + over).div_euclid(over * 2)).unwrap_or(i64::MAX))
    }
}

/// One calendar month of a window, as far as it lies in it: own use against its share of the average and the allowance.
///
/// The shares are those of the whole window by the customer's active days, so that over all months they add up to its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthShare {
    /// Its days.
    pub part: Window,
    /// What the customer used in it.
    pub used: Counted,
    /// What an organisation uses on average in the customer's days of it.
    pub average: Fraction,
    /// What the customer may use in those days.
    pub allowance: Fraction,
}

/// The months of a standing; `used` has what was used by the first day of a calendar month.
#[must_use]
pub fn months(standing: &Standing, term: Term, used: &BTreeMap<NaiveDate, Counted>) -> Vec<MonthShare> {
    let Figures { window, totals, .. } = standing.figures;
    let share = |part: Window| {
        let days = term.days_in(part);
        let month = part.until.with_day(1).unwrap_or(part.until);
        MonthShare {
            part,
            used: used.get(&month).copied().unwrap_or_default(),
            average: Fraction::new(i128::from(totals.used.0), i128::from(totals.days)).times(days),
            allowance: standing.rules.per_day(totals).times(days),
        }
    };
    window.months().into_iter().map(share).collect()
}

/// What was said with a customer about its use (FAIR-6). Never changed: the last one recorded tells how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Identity.
    pub id: ConversationId,
    /// With whom.
    pub customer_id: CustomerId,
    /// What it came to; none while it goes on.
    pub outcome: Option<Outcome>,
    /// The day from which the outcome holds, or on which the conversation began.
    pub starts_on: NaiveDate,
    /// What was said.
    pub note: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
}

impl Conversation {
    /// The outcome, if it holds on a day.
    #[must_use]
    pub fn outcome_on(&self, day: NaiveDate) -> Option<(Outcome, NaiveDate)> {
        self.outcome.filter(|_| self.starts_on <= day).map(|outcome| (outcome, self.starts_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rules() -> FairUseRules {
        let factor = Decimal::from(3);
        FairUseRules { factor, window_months: 12, near_percent: 80, grace_days: 90, minimum_organisations: 10 }
    }

    /// A customer of long standing among `organisations` that were active the whole year, who used `all` minutes together.
    fn among(organisations: i64, used: i64, all: i64) -> Figures {
        let window = rules().window(day("2026-11-30"));
        let totals = Totals { used: Counted(all * 100), days: organisations * 365, organisations };
        Figures { window, used: Counted(used * 100), own_days: 365, days_active: 1_000, totals }
    }

    #[test]
    fn fair_1_exactly_three_times_the_average_is_near_and_a_hundredth_more_is_over() {
        let figures = among(10, 300, 1_000);
        assert_eq!(standing(&rules(), figures).allowance.minutes(), Minutes(300));
        for (hundredths, expected) in [
            (0, Level::Within),
            (23_999, Level::Within),
            (24_000, Level::Near),
            (30_000, Level::Near),
            (30_001, Level::Over),
        ] {
            let figures = Figures { used: Counted(hundredths), ..figures };
            assert_eq!(standing(&rules(), figures).level, Ok(expected), "{hundredths}");
        }
        assert_eq!(standing(&rules(), figures).per_cent(), Some(100));
    }

    #[test]
    fn fair_3_no_fraction_is_rounded_before_it_is_compared() {
        // 1000 minutes over 7 organisations' worth of days: the allowance is 428.571428… minutes.
        let rules = FairUseRules { minimum_organisations: 1, ..rules() };
        let of = |used| standing(&rules, Figures { used: Counted(used), ..among(7, 0, 1_000) });
        assert_eq!((of(42_857).level, of(42_858).level), (Ok(Level::Near), Ok(Level::Over)));
        assert_eq!(of(0).allowance.minutes(), Minutes(429));
        let third = FairUseRules { factor: Decimal::new(25, 1), ..rules };
        assert_eq!(standing(&third, among(4, 0, 1_000)).allowance.minutes(), Minutes(625));
    }

    #[test]
    fn fair_4_the_sum_of_the_rulebook() {
        let figures = Figures { used: Counted(31_200), ..among(47, 0, 47 * 95) };
        let standing = standing(&rules(), figures);
        assert_eq!(standing.level, Ok(Level::Over));
        assert_eq!((figures.used.minutes(), standing.allowance.minutes()), (Minutes(312), Minutes(285)));
        assert_eq!((standing.average.minutes(), standing.per_cent()), (Minutes(95), Some(109)));
        assert_eq!((figures.window.first(), figures.window.days()), (day("2025-12-01"), 365));
    }

    #[test]
    fn fair_4_nothing_of_nothing_is_within() {
        let of = |organisations| standing(&rules(), among(organisations, 0, 0));
        assert_eq!(
            (of(47).level, of(47).per_cent(), of(47).allowance.minutes()),
            (Ok(Level::Within), None, Minutes(0))
        );
        assert_eq!(of(0).level, Err(NoVerdict::FewOrganisations), "and nobody at all divides by nothing");
        assert_eq!(of(0).average.minutes(), Minutes(0));
    }

    #[test]
    fn fair_5_no_verdict_for_new_customers_nor_among_few() {
        for (organisations, expected) in
            [(1, Err(NoVerdict::FewOrganisations)), (9, Err(NoVerdict::FewOrganisations)), (10, Ok(Level::Over))]
        {
            let found = standing(&rules(), among(organisations, 1_000, 1_000));
            assert_eq!(found.level, expected, "{organisations}");
            assert_eq!(found.hides_others(), expected.is_err());
        }
        let new = |days| Figures { own_days: days, days_active: days, ..among(47, 50, 1_000) };
        assert_eq!(standing(&rules(), new(89)).level, Err(NoVerdict::NewCustomer));
        assert!(standing(&rules(), new(90)).level.is_ok() && !standing(&rules(), new(89)).hides_others());
        assert_eq!(standing(&rules(), new(1)).counted_days, 90, "own days are never below the grace days");
        assert_eq!(standing(&rules(), new(91)).counted_days, 91);
    }

    #[test]
    fn fair_2_the_window_is_twelve_months_also_over_a_leap_day() {
        for (until, after, days) in [
            ("2026-11-30", "2025-11-30", 365),
            ("2028-02-28", "2027-02-28", 365),
            ("2028-02-29", "2027-02-28", 366),
            ("2028-03-01", "2027-03-01", 366),
            ("2029-02-27", "2028-02-27", 366),
            ("2029-02-28", "2028-02-28", 366),
            ("2029-03-01", "2028-03-01", 365),
        ] {
            let window = Window::of(day(until), 12);
            assert_eq!((window.after, window.days()), (day(after), days), "{until}");
        }
        let months = Window::of(day("2028-02-29"), 12).months();
        assert_eq!(months.len(), 12);
        assert_eq!((months[0].first(), months[0].until), (day("2027-03-01"), day("2027-03-31")));
        let cut = Window::of(day("2026-03-09"), 12).months();
        assert_eq!((cut.len(), cut[0].first(), cut[12].days()), (13, day("2025-03-10"), 9));
        assert_eq!(cut.iter().map(|part| part.days()).sum::<i64>(), 365);
    }

    #[test]
    fn fair_3_leavers_count_to_their_end_and_joiners_from_their_start() {
        let window = Window::of(day("2026-11-30"), 12);
        let term = |first: &str, last: Option<&str>| Term { first: day(first), last: last.map(day) };
        for (term, within, until) in [
            (term("2020-01-01", None), 365, 2_526),
            (term("2026-11-30", None), 1, 1),
            (term("2026-12-01", None), 0, 0),
            (term("2020-01-01", Some("2025-11-30")), 0, 2_161),
            (term("2020-01-01", Some("2025-12-01")), 1, 2_162),
            (term("2026-01-01", Some("2026-01-31")), 31, 31),
            (term("2026-01-01", Some("2027-01-31")), 334, 334),
        ] {
            assert_eq!((term.days_in(window), term.days_until(window.until)), (within, until), "{term:?}");
        }
    }

    #[test]
    fn fair_2_a_weight_counts_exactly() {
        let of = |text: &str| Weight::of(text.parse().unwrap());
        assert_eq!(of("2").map(|weight| weight.count(Minutes(50))), Some(Counted(10_000)));
        assert_eq!(of("0.25").map(|weight| weight.count(Minutes(7)).to_string()).as_deref(), Some("1.75"));
        assert_eq!((of("0.001"), of("1.50").map(|weight| weight.to_string()).as_deref()), (None, Some("1.5")));
        assert_eq!([149, 150, 250].map(|counted| Counted(counted).minutes().0), [1, 2, 3], "half up");
    }

    #[test]
    fn fair_4_months_add_up_to_the_sum() {
        let figures = among(47, 312, 47 * 95);
        let standing = standing(&rules(), figures);
        let used = BTreeMap::from([(day("2026-01-01"), Counted(31_200))]);
        let months = months(&standing, Term { first: day("2020-01-01"), last: None }, &used);
        assert_eq!(months.len(), 12);
        assert_eq!((months[1].used, months[0].used), (Counted(31_200), Counted(0)));
        let all = months.iter().fold(0, |sum, month| sum + month.allowance.over * (standing.allowance.under));
        assert_eq!(all, standing.allowance.over * months[0].allowance.under);
    }

    proptest! {
        #[test]
        fn fair_4_a_rank_orders_customers_exactly(
            one in (0..2_000_000_i64, 1..3_660_i64), other in (0..2_000_000_i64, 1..3_660_i64),
        ) {
            let exact = (one.0 * other.1).cmp(&(other.0 * one.1));
            prop_assert_eq!(rank(Counted(one.0), one.1).cmp(&rank(Counted(other.0), other.1)), exact);
        }

        #[test]
        fn fair_4_the_marks_part_the_levels_exactly(
            used in 0..3_000_000_i64, all in 0..2_000_000_000_i64, own in 0..=365_i64, all_days in 365..4_000_000_i64,
            factor in 1..100_000_i64, near in 1..=100_u32, close in any::<bool>(),
        ) {
            let rules = FairUseRules { factor: Decimal::new(factor, 4), near_percent: near, ..rules() };
            let totals = Totals { used: Counted(all), days: all_days, organisations: 10 };
            let mut figures = Figures { used: Counted(used.min(all)), own_days: own, totals, ..among(10, 0, 0) };
            let allowance = standing(&rules, figures).allowance;
            if close {
                figures.used = Counted(i64::try_from(allowance.more_than() - 1).unwrap().min(all) + used % 2);
            }
            let found = standing(&rules, figures);
            let marks = rules.marks(figures.window, totals);
            let place = rank(figures.used, found.counted_days);
            let by_marks = if place >= marks.over { Level::Over } else if place >= marks.near { Level::Near } else { Level::Within };
            if totals.used.0 > 0 {
                prop_assert_eq!(found.level, Ok(by_marks));
            }
        }
    }
}
