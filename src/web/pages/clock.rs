//! The clocks of a ticket, in words and drawn: how much is left, or how late it is, and how that follows (SLA-2, SLA-5).

use super::texts::texts;
use super::words::{self, either};
use crate::domain::policy::{Counted, Within};
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
        waiting: "wacht op klant", "waiting for customer";
        not_due: "geen termijn", "no deadline";
    }
}

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
        let target = clocks::target(self.policy, ticket, measure)?;
        let t = ClockTexts::of(self.lang);
        let name = if measure == Measure::Response { t.response } else { t.resolution };
        let aim = ticket.aim(measure);
        let (says, mood, gone) = self.says(ticket, measure, target.counted);
        let due = aim.map(|at| text::moment(at, self.zone, self.lang));
        Some(ClockView { name, says, mood, gone, due, sum: self.sum(ticket, measure, target.within, target.counted) })
    }

    /// What is left or how late it is, how that looks, and how much is over.
    fn says(&self, ticket: &Ticket, measure: Measure, counted: Counted) -> (String, Mood, i64) {
        let (t, lang) = (ClockTexts::of(self.lang), self.lang);
        let Some(aim) = ticket.aim(measure) else { return (words::within(Within::Agreement, lang), Mood::Calm, 0) };
        let span = |from, to| clocks::between(self.policy, counted, from, to);
        let late = |by: Minutes| {
            // Best effort has no breach: it is later than was aimed for (SLA-5).
            let binding = clocks::is_binding(self.policy, ticket);
            if binding {
                either(lang, format!("{by} te laat"), format!("{by} late"))
            } else {
                either(lang, format!("{by} later dan gestreefd"), format!("{by} later than aimed for"))
            }
        };
        let mood_late = if clocks::is_binding(self.policy, ticket) { Mood::Late } else { Mood::Soon };
        if let Some(met) = ticket.met_at(measure) {
            let promised = ticket.promised(measure).unwrap_or(aim);
            return if met > promised {
                (late(span(promised, met)), mood_late, 100)
            } else {
                (t.met.to_owned(), Mood::Calm, 0)
            };
        }
        if measure == Measure::Resolution && ticket.paused_at.is_some() {
            return (t.paused.to_owned(), Mood::Calm, 0);
        }
        if self.now > aim {
            return (late(span(aim, self.now)), mood_late, 100);
        }
        let (left, all) = (span(self.now, aim).0, span(ticket.received_at, aim).0.max(1));
        let gone = (100 - left * 100 / all).clamp(0, 100);
        let mood = if gone >= 75 { Mood::Soon } else { Mood::Calm };
        let left = Minutes(left);
        (either(lang, format!("nog {left}"), format!("{left} left")), mood, gone)
    }

    /// "4 uur diensttijd vanaf 3 maart 2026 om 17:30; 1:00 stond de klok stil".
    fn sum(&self, ticket: &Ticket, measure: Measure, within: Within, counted: Counted) -> String {
        let lang = self.lang;
        let kind = match (within, counted) {
            (Within::Time(_), Counted::Service) => either(lang, " diensttijd", " of service time"),
            (Within::Time(_), Counted::Continuous) => either(lang, ", dag en nacht", ", day and night"),
            _ => "",
        };
        let from = text::moment(ticket.received_at, self.zone, lang);
        let mut sum = format!("{}{kind} {} {from}", words::within(within, lang), either(lang, "vanaf", "from"));
        if measure == Measure::Resolution && ticket.paused.is_positive() {
            let paused = ticket.paused;
            sum += &either(
                lang,
                format!("; {paused} stond de klok stil"),
                format!("; the clock stood still for {paused}"),
            );
        }
        if ticket.aim(measure) != ticket.promised(measure)
            && let Some(promised) = ticket.promised(measure)
        {
            let promised = text::moment(promised, self.zone, lang);
            sum += &either(lang, format!("; beloofd was {promised}"), format!("; promised was {promised}"));
        }
        sum
    }
}
