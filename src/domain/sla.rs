//! The clocks of a ticket: what is due when, with its sum, and how a clock stands (SLA-2, SLA-3, SLA-5).
//!
//! A service clock counts opening minutes in naive local time, so that a change to or from daylight saving does not
//! shift it. A continuous clock counts the time that really passes, in UTC.

use super::hours::OpeningHours;
use super::policy::{Counted, HoursRules, Measure, Policy, Priority, Target, Within};
use super::{Channel, Locale, Minutes};
use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};

/// A clock of a ticket: what its priority promises to one report, in one measure.
#[derive(Clone, Debug)]
pub struct Clock<'a> {
    hours: &'a HoursRules,
    zone: Tz,
    target: &'a Target,
    binding: bool,
    received_at: DateTime<Utc>,
    waiting_pauses: bool,
}

/// A time in which the provider waited for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
}

/// When something is due, with the sum that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What should have happened by then.
    pub measure: Measure,
    /// The promise, as the policy writes it.
    pub within: Within,
    /// The time that it leaves; `None` by agreement.
    pub time: Option<Minutes>,
    /// Which time counts.
    pub counted: Counted,
    /// Whether missing it is a breach; else it is only late (SLA-5).
    pub binding: bool,
    /// From when it counts: the receipt or, where the service was closed then, the next opening.
    pub counts_from: DateTime<Utc>,
    /// The time that waiting for the customer added; up to now while a pause lasts.
    pub paused: Minutes,
    /// When it is due; `None` by agreement, and where the service does not open for so long that nobody can say.
    pub due: Option<DateTime<Utc>>,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is due: by agreement.
    Open,
    /// It runs; this is left, in minutes of the kind that it counts.
    Running {
        /// Whole minutes.
        left: Minutes,
    },
    /// It stands still while the provider waits for the customer; this is left once it runs again.
    Paused {
        /// Whole minutes.
        left: Minutes,
    },
    /// What was promised has not happened, and was due then.
    Late {
        /// When it was due.
        since: DateTime<Utc>,
    },
    /// It happened in time.
    Met {
        /// When.
        at: DateTime<Utc>,
    },
    /// It happened, but after it was due.
    Missed {
        /// When it was due.
        since: DateTime<Utc>,
        /// When it happened.
        at: DateTime<Utc>,
    },
}

impl Standing {
    /// Whether the deadline has passed before what it was for.
    #[must_use]
    pub const fn is_late(self) -> bool {
        matches!(self, Self::Late { .. } | Self::Missed { .. })
    }
}

impl<'a> Clock<'a> {
    /// The clock that a report by `channel` at `received_at` starts under `priority`. `None` where the policy promises
    /// nothing of the kind.
    #[must_use]
    pub fn start(
        policy: &'a Policy,
        priority: &'a Priority,
        channel: Channel,
        measure: Measure,
        received_at: DateTime<Utc>,
    ) -> Option<Self> {
        let hours = policy.hours();
        let inside = hours.service.is_open(local(policy.time_zone, received_at));
        let target = priority.target(measure, channel, inside)?;
        let waiting_pauses = measure == Measure::Resolution && policy.tickets.waiting_pauses;
        let (zone, binding) = (policy.time_zone, priority.binding);
        Some(Self { hours, zone, target, binding, received_at, waiting_pauses })
    }

    /// Whether an acknowledgement alone is an answer (SLA-2).
    #[must_use]
    pub const fn acknowledgement_counts(&self) -> bool {
        self.target.acknowledgement_counts
    }

    /// When it is due, where the provider has waited for the customer during `pauses`, in order. They move only the
    /// clock of the resolution, and only where the policy says so; a pause that began after the deadline moves nothing.
    #[must_use]
    pub fn deadline(&self, pauses: &[Pause], now: DateTime<Utc>) -> Deadline {
        let time = self.target.time(self.hours.working_day);
        let counts_from = match self.target.counted {
            Counted::Continuous => Some(self.received_at),
            Counted::Service => self.opening(self.received_at),
        };
        let from = counts_from.unwrap_or(self.received_at);
        let mut due = time.filter(|_| counts_from.is_some()).and_then(|time| self.later(from, time_delta(time)));
        let mut waited = TimeDelta::zero();
        let mut counted_until = from;
        for pause in pauses.iter().filter(|_| self.waiting_pauses) {
            let Some(reached) = due.filter(|due| pause.from < *due) else { break };
            let (since, until) = (pause.from.max(counted_until), pause.until.unwrap_or(now).min(now));
            let added = self.between(since, until);
            counted_until = counted_until.max(until);
            waited += added;
            // Nothing added leaves a deadline on closing where it is.
            due = if added.is_zero() { Some(reached) } else { self.later(reached, added) };
        }
        Deadline {
            measure: self.target.measure,
            within: self.target.within,
            time,
            counted: self.target.counted,
            binding: self.binding,
            counts_from: from,
            paused: Minutes(waited.num_minutes()),
            due,
        }
    }

    /// How it stands at `now`, where it was stopped at `stopped_at`, if it was.
    #[must_use]
    pub fn standing(&self, pauses: &[Pause], stopped_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Standing {
        let end = stopped_at.unwrap_or(now);
        let Some(due) = self.deadline(pauses, end).due else {
            return stopped_at.map_or(Standing::Open, |at| Standing::Met { at });
        };
        match stopped_at {
            Some(at) if at <= due => Standing::Met { at },
            Some(at) => Standing::Missed { since: due, at },
            None if now > due => Standing::Late { since: due },
            None => {
                let left = Minutes(self.between(now, due).num_minutes());
                let waits =
                    pauses.last().is_some_and(|pause| pause.from <= now && pause.until.is_none_or(|end| now < end));
                if self.waiting_pauses && waits { Standing::Paused { left } } else { Standing::Running { left } }
            }
        }
    }

    /// The moment `time` after `from`, by the time that this clock counts.
    fn later(&self, from: DateTime<Utc>, time: TimeDelta) -> Option<DateTime<Utc>> {
        match self.target.counted {
            Counted::Continuous => from.checked_add_signed(time),
            Counted::Service => {
                let due = self.service().add_time(local(self.zone, from), time)?;
                Some(utc(self.zone, due).max(from))
            }
        }
    }

    /// The time between two moments that this clock counts; none when the second is not later.
    fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        match self.target.counted {
            Counted::Continuous => (to - from).max(TimeDelta::zero()),
            Counted::Service => self.service().open_time(local(self.zone, from), local(self.zone, to)),
        }
    }

    fn opening(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let wall = local(self.zone, from);
        let opening = self.service().next_opening(wall)?;
        if opening == wall { Some(from) } else { Some(earliest(self.zone, opening).max(from)) }
    }

    const fn service(&self) -> &OpeningHours {
        &self.hours.service
    }
}

/// Every clock that a report starts, the response first.
pub fn clocks<'a>(
    policy: &'a Policy,
    priority: &'a Priority,
    channel: Channel,
    received_at: DateTime<Utc>,
) -> impl Iterator<Item = Clock<'a>> {
    Measure::ALL.iter().filter_map(move |measure| Clock::start(policy, priority, channel, *measure, received_at))
}

/// What a clock on the wall shows at `at`.
#[must_use]
pub fn local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// The last moment at which a clock on the wall shows `wall`: an hour that comes twice counts as over only when it is
/// over for good. Where the clock skips it, the moment of the skip.
#[must_use]
pub fn utc(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) | LocalResult::Ambiguous(_, at) => at.to_utc(),
        LocalResult::None => after_gap(zone, wall),
    }
}

fn earliest(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    zone.from_local_datetime(&wall).earliest().map_or_else(|| after_gap(zone, wall), |at| at.to_utc())
}

fn after_gap(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    let end = GapInfo::new(&wall, &zone).and_then(|gap| gap.end);
    end.map_or_else(|| wall.and_utc(), |at| at.to_utc())
}

fn time_delta(minutes: Minutes) -> TimeDelta {
    TimeDelta::try_minutes(minutes.0).unwrap_or(TimeDelta::MAX)
}

impl Deadline {
    /// The sum in a sentence, as the customer reads it: "Counts from Mon 23 Nov 08:30; 4:00 of service time; due Mon
    /// 23 Nov 12:30."
    #[must_use]
    pub fn in_words(&self, zone: Tz, locale: Locale) -> String {
        let words = Words::of(locale);
        let Some(time) = self.time else { return words.agreement.to_owned() };
        let kind = if self.counted == Counted::Service { words.service } else { words.continuous };
        let mut parts = vec![format!("{} {}", words.from, words.moment(zone, self.counts_from))];
        parts.push(match self.within {
            Within::WorkingDays(_) => format!("{time} {kind} ({})", words.working_days(self.within)),
            _ => format!("{time} {kind}"),
        });
        if self.paused.is_positive() {
            parts.push(format!("{} {}", self.paused, words.waited));
        }
        parts.push(
            self.due.map_or(words.unknown.to_owned(), |due| format!("{} {}", words.due, words.moment(zone, due))),
        );
        parts.join("; ") + "."
    }
}

struct Words {
    from: &'static str,
    service: &'static str,
    continuous: &'static str,
    waited: &'static str,
    due: &'static str,
    unknown: &'static str,
    agreement: &'static str,
    working_day: [&'static str; 2],
    days: [&'static str; 7],
    months: [&'static str; 12],
}

impl Words {
    const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Nl => &NL,
            Locale::En => &EN,
        }
    }

    fn moment(&self, zone: Tz, at: DateTime<Utc>) -> String {
        let wall = local(zone, at);
        let day = self.days[wall.weekday().days_since(Weekday::Mon) as usize];
        let month = self.months[wall.month0() as usize];
        format!("{day} {} {month} {:02}:{:02}", wall.day(), wall.hour(), wall.minute())
    }

    fn working_days(&self, within: Within) -> String {
        let written = within.to_string();
        let (number, _) = written.split_once(' ').unwrap_or((&written, ""));
        format!("{number} {}", self.working_day[usize::from(number != "1")])
    }
}

static NL: Words = Words {
    from: "Telt vanaf",
    service: "servicetijd",
    continuous: "doorlopend",
    waited: "erbij omdat we op u wachtten",
    due: "uiterlijk",
    unknown: "wanneer dat is, is niet te zeggen",
    agreement: "Wanneer, spreken we samen af.",
    working_day: ["werkdag", "werkdagen"],
    days: ["ma", "di", "wo", "do", "vr", "za", "zo"],
    months: ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
};

static EN: Words = Words {
    from: "Counts from",
    service: "of service time",
    continuous: "around the clock",
    waited: "added while we waited for you",
    due: "due",
    unknown: "when that is cannot be said",
    agreement: "When, we agree together.",
    working_day: ["working day", "working days"],
    days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
};
