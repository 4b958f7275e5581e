//! The clocks of a ticket, in words and drawn: how much is left, or how late it is, and how that follows (SLA-2, SLA-5).

use super::texts::texts;
use super::words::{self, either};
use crate::domain::sla::{Deadline, Standing};
use crate::domain::{Measure, Minutes, Policy, Ticket, TicketStatus, clocks};
use crate::web::text::{self, Lang};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

texts! {
    /// Words of the clocks.
    pub struct ClockTexts {
        title: "Termijnen", "Clocks";
        response: "Antwoord", "Answer";
        resolution: "Oplossing", "Resolution";
        paused: "staat stil", "stands still";
        met: "gehaald", "met";
        late: "te laat", "late";
        later: "later dan gestreefd", "later than aimed for";
        expected: "nu verwacht op", "now expected on";
        agreement: "in overleg", "by agreement";
        waiting: "wacht op klant", "waiting for customer";
        not_due: "geen termijn", "no deadline";
    }
}

/// From how much of the time it says that it is soon over, in per cent.
const SOON: i64 = 75;

/// How a clock looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing to do in time.
    Calm,
    /// Less than a quarter of the time is left.
    Soon,
    /// Late.
    Late,
}

impl Mood {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Calm => "ok",
            Self::Soon => "warn",
            Self::Late => "bad",
        }
    }
}

/// One clock, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockView {
    /// Answer or resolution.
    pub name: &'static str,
    /// "nog 1:30", "0:20 te laat".
    pub says: String,
    /// How it looks.
    pub mood: Mood,
    /// How much of the time is over, in per cent up to 100.
    pub gone: i64,
    /// When it is due.
    pub due: Option<String>,
    /// How that follows from the policy.
    pub sum: String,
}

/// What the clocks are looked at with.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The terms under which the ticket came in.
    pub policy: &'a Policy,
    /// Now.
    pub now: DateTime<Utc>,
    /// On whose clocks moments are shown.
    pub zone: Tz,
    /// The reader's language.
    pub lang: Lang,
}

impl Watch<'_> {
    /// Both clocks of a ticket that has them.
    #[must_use]
    pub fn clocks(&self, ticket: &Ticket) -> Vec<ClockView> {
        Measure::ALL.iter().filter_map(|measure| self.clock(ticket, *measure)).collect()
    }

    /// The clock that is due first, for a line of a list.
    #[must_use]
    pub fn first(&self, ticket: &Ticket) -> Option<ClockView> {
        let (measure, _) = ticket.next_due()?;
        self.clock(ticket, measure)
    }

    /// What a list says where no clock runs.
    #[must_use]
    pub fn idle(&self, ticket: &Ticket) -> &'static str {
        let t = ClockTexts::of(self.lang);
        match ticket.status {
            TicketStatus::WaitingForCustomer => t.waiting,
            status if status.is_open() => t.not_due,
            status => words::ticket_status(status, self.lang),
        }
    }

    fn clock(&self, ticket: &Ticket, measure: Measure) -> Option<ClockView> {
        let clock = clocks::clock(self.policy, ticket, measure)?;
        let t = ClockTexts::of(self.lang);
        let name = if measure == Measure::Response { t.response } else { t.resolution };
        let deadline = clock.deadline(&ticket.pauses.0, ticket.met_at(measure).unwrap_or(self.now));
        let standing = clock.standing(&ticket.pauses.0, ticket.met_at(measure), self.now);
        let (says, mood) = self.says(standing, &deadline, ticket.expected(measure));
        let gone = match standing {
            Standing::Running { left } | Standing::Paused { left } => gone(&deadline, left),
            Standing::Late { .. } | Standing::Missed { .. } => 100,
            Standing::Open | Standing::Met { .. } => 0,
        };
        let mood = if mood == Mood::Calm && gone >= SOON { Mood::Soon } else { mood };
        let due = deadline.due.map(|at| self.moment(at));
        Some(ClockView { name, says, mood, gone, due, sum: deadline.in_words(self.zone, self.lang.into()) })
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        text::moment(at, self.zone, self.lang)
    }

    /// How it stands, in words. Best effort has no breach: it is later than was aimed for (SLA-5).
    fn says(&self, standing: Standing, deadline: &Deadline, expected: Option<DateTime<Utc>>) -> (String, Mood) {
        let (t, lang) = (ClockTexts::of(self.lang), self.lang);
        let late = if deadline.binding { (t.late, Mood::Late) } else { (t.later, Mood::Soon) };
        match standing {
            Standing::Open => (t.agreement.to_owned(), Mood::Calm),
            Standing::Running { left } => (either(lang, format!("nog {left}"), format!("{left} left")), Mood::Calm),
            Standing::Paused { .. } => (t.paused.to_owned(), Mood::Calm),
            Standing::Met { .. } => (t.met.to_owned(), Mood::Calm),
            Standing::Missed { at, .. } => (format!("{}: {}", late.0, self.moment(at)), late.1),
            Standing::Late { .. } => match expected {
                Some(expected) => (format!("{}, {} {}", late.0, t.expected, self.moment(expected)), late.1),
                None => (late.0.to_owned(), late.1),
            },
        }
    }
}

/// How much of the time is over, in per cent, when this is left of it.
fn gone(deadline: &Deadline, left: Minutes) -> i64 {
    let all = deadline.time.map_or(1, |time| time.0.max(1));
    (100 - left.0 * 100 / all).clamp(0, 100)
}
