//! Time as an agent types it, on the desk and on the page of a ticket: what was understood, what booking it would charge,
//! and the ways out of a refusal. Nothing is booked here.

use super::texts::texts;
use super::words::{self, either};
use super::{Member, Values, forms};
use crate::domain::decide::TimeReceipt;
use crate::domain::policy::Surcharge;
use crate::domain::{CoveredBy, Doing, Excess, Minutes, Refusal, Ticket, TicketId, duration};
use crate::service::ledger::Failure;
use crate::service::{Error, Result, Service, time_entries::Work};
use crate::web::App;
use crate::web::arithmetic::{hint, sentences};
use crate::web::fields::Fields;
use crate::web::text::Lang;
use chrono::NaiveDate;
use chrono_tz::Tz;

texts! {
    /// The line of a time entry.
    pub struct EntryTexts {
        hint: "Leest 1u15, 75m, 0:50 en 1,25. Hier staat wat het kost, voordat u boekt.", "Reads 1h15, 75m, 0:50 and 1.25. What it costs is said here before you log it.";
        worked: "gewerkt", "worked";
        charged: "wordt berekend", "will be charged";
        uncovered_before: "Boek", "Log";
        uncovered_after: "als niet gedekt", "as uncovered";
        goodwill_before: "Geef", "Give away";
        goodwill_after: "weg", "";
        started: "Begonnen om", "Started at";
        surcharges: "Komt erbij", "On top of it";
        ask: "Vraag akkoord op een schatting", "Ask for an agreement";
    }
}

/// What an agent can tell of work besides how long it took, as far as the policy asks for it (TIME-3).
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// When it began.
    pub start: bool,
    /// Surcharges: the name of the field, and the label.
    pub surcharges: Vec<(String, String)>,
}

impl Extras {
    /// What the policy of today asks for.
    #[must_use]
    pub fn of(app: &App, lang: Lang) -> Self {
        let rules = &app.service.policies.at(Clock::of(app).today).1.time;
        let label = |surcharge: &Surcharge| format!("{} (+{})", surcharge.name.of(lang.into()), surcharge.minutes);
        Self {
            start: rules.factors.iter().any(|factor| factor.when.is_some()),
            surcharges: rules.surcharges.iter().map(|each| (format!("surcharge_{}", each.id), label(each))).collect(),
        }
    }
}

/// Where the provider's clock stands: days and times that are typed are read on it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The time zone.
    pub zone: Tz,
    /// The local day.
    pub today: NaiveDate,
}

impl Clock {
    /// As it stands now.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let policies = &app.service.policies;
        Self { zone: policies.time_zone(), today: policies.day(app.service.clock.now()) }
    }
}

/// What was understood of a typed line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// "1 u 15 min", once it can be read.
    pub worked: Option<String>,
    /// "1:15", once it is known.
    pub charged: Option<String>,
    /// Where that comes from, and what is left.
    pub rest: String,
    /// How the charge came about.
    pub arithmetic: Vec<String>,
    /// That short entries cost more apart than together.
    pub hint: Option<String>,
    /// What is wrong with the line, or why it would be refused.
    pub problem: Option<String>,
}

impl Understood {
    fn unclear(problem: impl Into<String>) -> Self {
        Self { problem: Some(problem.into()), ..Self::default() }
    }
}

/// Ways out of a refusal, as buttons of the same form (TIME-7, SPEND-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysOut {
    /// Where an agreement can be asked.
    pub ticket: TicketId,
    /// What would be uncovered.
    pub uncovered: Minutes,
    /// The same, if it may be given away on the spot.
    pub goodwill: Option<Minutes>,
}

impl WaysOut {
    /// The ways out of a refusal on a ticket, under a policy that gives away up to `tolerance`.
    #[must_use]
    pub fn of(refusal: Option<&Refusal>, ticket: TicketId, tolerance: Minutes) -> Option<Self> {
        let uncovered = match refusal? {
            Refusal::BeyondAgreement { left, asked, .. } => *asked - *left,
            Refusal::InsufficientMinutes { available, asked } => *asked - *available,
            Refusal::AgreementRequired { asked } | Refusal::RequesterNotAuthorised { asked } => *asked,
            Refusal::BeyondTolerance { shortage, .. } => *shortage,
            _ => return None,
        };
        Some(Self { ticket, uncovered, goodwill: Some(uncovered).filter(|short| *short <= tolerance) })
    }
}

/// The ticket that was typed or chosen: its number comes first, `#12 How does this work?`.
///
/// # Errors
/// A fault of the field `ticket` when there is none.
pub async fn ticket(service: &Service, member: &Member, text: &str) -> Result<Ticket> {
    let text = text.trim_start().trim_start_matches('#');
    let digits = text.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    let found = match digits.parse() {
        Ok(number) => service.ticket_by_number(&member.caller, number).await,
        Err(_) => Err(Error::NotFound("ticket")),
    };
    found.map_err(|error| match error {
        Error::NotFound(_) => {
            let mut fields = Fields::default();
            fields.fault("ticket", "choose a ticket from the list, or type its number");
            fields.done().err().unwrap_or(error)
        }
        other => other,
    })
}

/// Reads the work that was typed.
///
/// # Errors
/// Every field that cannot be right.
pub fn work(values: &Values, lang: Lang, clock: &Clock) -> Result<Work> {
    let mut fields = Fields::default();
    let worked = forms::time(&mut fields, "time", values, lang);
    let worked_on = fields.date("worked_on", values.filled("worked_on"));
    let work = Work {
        worked,
        worked_on,
        description: fields.text("description", values.get("description")),
        estimate: fields.optional("estimate_id", values.filled("estimate_id"), "expected an estimate of this ticket"),
        started_at: forms::clock_time(&mut fields, "started_at", values, worked_on.unwrap_or(clock.today), clock.zone),
        surcharges: values.marked("surcharge_"),
        excess: match values.get("excess") {
            "uncovered" => Excess::Uncovered,
            "goodwill" => Excess::Goodwill,
            _ => Excess::Refuse,
        },
    };
    fields.done()?;
    Ok(work)
}

/// Says what booking the typed line would do right now.
///
/// # Errors
/// What does not belong at the line: forbidden, a fault of ours.
pub async fn understand(app: &App, member: &Member, values: &Values) -> Result<Understood> {
    member.caller.may(Doing::Serve)?;
    let lang = member.lang();
    if values.filled("time").is_none() {
        return Ok(Understood::default());
    }
    let worked = match duration::read(values.get("time")) {
        Ok(worked) => words::typed_time(worked, lang),
        Err(error) => return Ok(Understood::unclear(words::duration(error, lang))),
    };
    let previewed = preview(app, member, values).await;
    let understood = match previewed {
        Ok((time, held)) => explain(&time, held, lang),
        Err(Error::Fields(fields)) => {
            let first = fields.into_iter().next().map(|error| words::field_error(error, lang).expected);
            Understood::unclear(first.unwrap_or_default())
        }
        Err(Error::Ledger(Failure::Refused(refusal))) => Understood::unclear(words::refusal(&refusal, lang)),
        Err(other) => return Err(other),
    };
    Ok(Understood { worked: Some(worked), ..understood })
}

/// The receipt that booking would give, and what the ticket's agreements hold before it.
async fn preview(app: &App, member: &Member, values: &Values) -> Result<(TimeReceipt, Minutes)> {
    let ticket = ticket(&app.service, member, values.get("ticket")).await?;
    let lines = Values::default().with("description", "-");
    let lines = ["time", "worked_on", "started_at", "estimate_id"]
        .into_iter()
        .fold(lines, |all, name| all.with(name, values.get(name)));
    let surcharges = values.marked("surcharge_").into_iter();
    let lines = surcharges.fold(lines, |all, id| all.with(&format!("surcharge_{id}"), "yes"));
    let work = work(&lines, member.lang(), &Clock::of(app))?;
    let time = app.service.preview_time(&member.caller, ticket.id, work).await?;
    let estimates = app.service.estimates_of(&member.caller, ticket.id).await?;
    let named = estimates
        .iter()
        .filter(|shown| values.filled("estimate_id").is_none() || Some(shown.estimate.id) == time.entry.estimate_id);
    Ok((time.clone(), named.map(|shown| shown.estimate.held).sum()))
}

fn explain(time: &TimeReceipt, held: Minutes, lang: Lang) -> Understood {
    let drawn: Minutes = time.draws.iter().map(|draw| draw.minutes).sum();
    let after = time.available_after;
    let rest = match (time.entry.covered_by, time.entry.estimate_id) {
        (by, _) if ![CoveredBy::Card, CoveredBy::Uncovered].contains(&by) => words::covered_by(by, lang).to_owned(),
        (_, Some(_)) => {
            let stays = held.less(drawn);
            either(
                lang,
                format!("{drawn} van de afspraak, waarvan {stays} overblijft; daarnaast is er nog {after}"),
                format!("{drawn} from the agreement, which leaves {stays} of it; beside that {after} is left"),
            )
        }
        (_, None) => either(
            lang,
            format!("{drawn} van de strippenkaart; daarna is er nog {after}"),
            format!("{drawn} from the card; after that {after} is left"),
        ),
    };
    let steps = time.entry.arithmetic.as_ref();
    Understood {
        charged: Some(time.entry.charged.to_string()),
        rest,
        arithmetic: steps.map(|steps| sentences(steps, lang)).unwrap_or_default(),
        hint: steps.and_then(|steps| hint(steps, lang)),
        ..Understood::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spend_5_goodwill_is_offered_up_to_the_tolerance() {
        let tolerance = Minutes(15);
        let beyond =
            |left| Refusal::BeyondAgreement { agreed: Minutes(60), left: Minutes(left), asked: Minutes(60), tolerance };
        let ticket = TicketId::from(uuid::Uuid::nil());
        let ways = |left| WaysOut::of(Some(&beyond(left)), ticket, tolerance);
        assert_eq!(ways(45), Some(WaysOut { ticket, uncovered: Minutes(15), goodwill: Some(Minutes(15)) }));
        assert_eq!(ways(30), Some(WaysOut { ticket, uncovered: Minutes(30), goodwill: None }));
        assert_eq!(WaysOut::of(Some(&Refusal::AlreadyReversed), ticket, tolerance), None);
        assert_eq!(WaysOut::of(None, ticket, tolerance), None);
    }

    #[test]
    fn the_work_is_read_with_every_fault_at_its_field() {
        let typed = Values::default().with("time", "30").with("worked_on", "yesterday").with("estimate_id", "one");
        let clock = Clock { zone: Tz::Europe__Amsterdam, today: NaiveDate::default() };
        let Err(Error::Fields(faults)) = work(&typed, Lang::Nl, &clock) else { panic!("it was read") };
        let names: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(names, ["time", "worked_on", "description", "estimate_id"]);
        assert_eq!(faults[0].expected, "Minuten of uren? Schrijf 30m of 30u.");
    }
}
