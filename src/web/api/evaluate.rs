//! What a piece of work would cost and when it would be due: asked of the terms in force or of a text, changing nothing.

use super::coverage::Text;
use super::time_entries::ChargeStep;
use super::{Amount, Found, found};
use crate::domain::coverage::{Facts, Outcome};
use crate::domain::evaluate::{self, Inquiry, Misfit};
use crate::domain::policy::{Counted, Measure};
use crate::domain::{Channel, Cover, Doing, Locale, Minutes, Policy, TicketKind, sla};
use crate::service::{Error, FieldError};
use crate::web::App;
use crate::web::extract::Write;
use crate::web::fields::Fields;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work that might be done, and the report that it would answer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Inquiry)]
pub struct Question {
    /// The policy to ask, TOML; the terms in force on the day of the work when left out.
    pub text: Option<String>,
    /// How long the work would last: 1 to 1440.
    pub worked_minutes: i64,
    /// When it would begin: on the provider's clock (`2026-11-21T19:30`) or with an offset. Without it no factor of the time
    /// of day applies.
    #[schema(example = "2026-11-21T19:30")]
    pub started_at: Option<String>,
    /// When the report came in, in the same way; when the work would begin when left out, else now.
    pub received_at: Option<String>,
    /// By which channel; `portal` when left out.
    pub channel: Option<Channel>,
    /// What it is about; `question` when left out.
    pub kind: Option<TicketKind>,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// How urgent: an id of a level, or `safety`.
    pub urgency: Option<String>,
    /// What comes on top, by the ids of the policy's surcharges.
    pub surcharges: Option<Vec<String>>,
    /// Its priority, by id; else it follows from urgency, impact and reach.
    pub priority: Option<String>,
    /// An impact of the policy.
    pub impact: Option<String>,
    /// A reach of the policy.
    pub reach: Option<String>,
    /// What is left on the customer's cards; just enough when left out.
    pub available_minutes: Option<i64>,
    /// Since when the customer has the add-on for urgent tickets.
    #[schema(value_type = Option<String>, format = Date)]
    pub add_on_since: Option<String>,
    /// The days on which free urgent tickets of the window were used.
    pub urgent_used_on: Option<Vec<String>>,
    /// What the conversation about fair use came to, where there was one.
    pub fair_use_outcome: Option<Outcome>,
}

/// What the policy says to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evaluation {
    /// Which policy was asked.
    policy: String,
    /// As asked.
    worked_minutes: Minutes,
    /// What is charged: 0 where the cover charges nothing.
    charged_minutes: Minutes,
    /// What would be charged if the cover charged: the result of `arithmetic`.
    priced_minutes: Minutes,
    /// From worked to priced minutes, step by step; empty where each worked minute counts as it is.
    arithmetic: Vec<ChargeStep>,
    /// Who pays.
    cover: Cover,
    /// The sentence of the terms that says so.
    sentence: Text,
    /// Where the terms say so.
    source: Option<String>,
    /// Why it is so for this work.
    reason: Text,
    /// What can be offered where urgency does not stand.
    offer: Option<Text>,
    /// The urgency that stands.
    urgency: Option<String>,
    /// How many times each worked minute counts under fair use; `null` when it does not.
    fair_use_weight: Option<String>,
    /// The price of an hour ex VAT, where the cover has one.
    hourly_rate: Option<Amount>,
    /// What the charged minutes cost at that price.
    price: Option<Amount>,
    /// Whether the hours have to be agreed to before the work.
    to_be_agreed: bool,
    /// The priority of the report; `null` where the policy has none.
    priority: Option<String>,
    /// What is due when, the response first.
    deadlines: Vec<Due>,
}

/// Something that is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct Due {
    /// Which clock.
    measure: Measure,
    /// The promise, as the policy writes it.
    within: String,
    /// `service` (opening minutes) or `continuous`.
    #[schema(value_type = String)]
    counted: Counted,
    /// Whether missing it is a breach; else it is only late.
    binding: bool,
    /// From when it counts.
    counts_from: DateTime<Utc>,
    /// When it is due; `null` by agreement.
    #[serde(rename = "due_at")]
    at: Option<DateTime<Utc>>,
    /// The same on the provider's clock.
    #[serde(rename = "due")]
    on_the_clock: Option<NaiveDateTime>,
    /// The sum in a sentence.
    sum: Text,
}

impl Question {
    /// Asks `policy` at `now`.
    ///
    /// # Errors
    /// Every field that cannot be right.
    pub fn ask(&self, policy: &Policy, now: DateTime<Utc>) -> Result<Evaluation, Error> {
        let asked = self.inquiry(policy, now)?;
        let said = evaluate::evaluate(policy, &asked).map_err(|misfits| {
            let error = |Misfit { field, expected }| FieldError { field: field.to_owned(), expected };
            Error::Fields(misfits.into_iter().map(error).collect())
        })?;
        Ok(Evaluation::of(policy, &asked, said))
    }

    fn inquiry(&self, policy: &Policy, now: DateTime<Utc>) -> Result<Inquiry, Error> {
        let mut fields = Fields::default();
        let moment = |fields: &mut Fields, field: &str, text: Option<&str>| clock(fields, field, text, policy);
        let started = moment(&mut fields, "started_at", self.started_at.as_deref());
        let received = moment(&mut fields, "received_at", self.received_at.as_deref()).or(started).unwrap_or(now);
        let today = policy.day(started.unwrap_or(received));
        let since = fields.date("add_on_since", self.add_on_since.as_deref());
        let used = self.urgent_used_on.iter().flatten();
        let urgent: Vec<NaiveDate> = used.map(|day| fields.needed_date("urgent_used_on", day)).collect();
        if self.available_minutes.is_some_and(i64::is_negative) {
            fields.fault("available_minutes", "expected 0 or more");
        }
        fields.done()?;
        let outcome = self.fair_use_outcome.map(|outcome| (outcome, today));
        Ok(Inquiry {
            worked: Minutes(self.worked_minutes),
            started,
            received,
            channel: self.channel.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            topic: self.topic.clone(),
            urgency: self.urgency.as_deref().and_then(|level| level.parse().ok()),
            surcharges: self.surcharges.clone().unwrap_or_default(),
            priority: self.priority.clone(),
            impact: self.impact.clone(),
            reach: self.reach.clone(),
            available: self.available_minutes.map(Minutes),
            facts: Facts { today, left: Minutes::ZERO, add_on: since, urgent, outcome },
        })
    }
}

/// A moment on the provider's clock, or with its offset.
fn clock(fields: &mut Fields, field: &str, text: Option<&str>, policy: &Policy) -> Option<DateTime<Utc>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|wall| sla::utc(policy.time_zone, wall));
    let read = local.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()));
    if read.is_none() {
        fields.fault(field, "expected a moment, such as \"2026-11-21T19:30\" on the provider's clock");
    }
    read
}

impl Evaluation {
    fn of(policy: &Policy, asked: &Inquiry, said: evaluate::Evaluation<'_>) -> Self {
        let proposal = said.proposal;
        Self {
            policy: policy.name.clone(),
            worked_minutes: asked.worked,
            charged_minutes: said.charged,
            priced_minutes: said.charge.charged,
            arithmetic: ChargeStep::all(&said.charge.arithmetic),
            cover: proposal.cover,
            sentence: proposal.sentence.into(),
            source: proposal.source,
            reason: proposal.reason.into(),
            offer: proposal.offer.map(Text::from),
            urgency: proposal.urgency.map(|urgency| urgency.to_string()),
            fair_use_weight: proposal.fair_use_weight.map(|weight| weight.to_string()),
            hourly_rate: proposal.hourly_rate.map(Amount::from),
            price: said.price.map(Amount::from),
            to_be_agreed: said.to_be_agreed,
            priority: said.priority.map(|priority| priority.id.clone()),
            deadlines: said.deadlines.iter().map(|due| Due::of(due, policy)).collect(),
        }
    }
}

impl Due {
    fn of(deadline: &sla::Deadline, policy: &Policy) -> Self {
        let zone = policy.time_zone;
        let words = |locale| deadline.in_words(zone, locale);
        Self {
            measure: deadline.measure,
            within: deadline.within.to_string(),
            counted: deadline.counted,
            binding: deadline.binding,
            counts_from: deadline.counts_from,
            at: deadline.due,
            on_the_clock: deadline.due.map(|due| sla::local(zone, due)),
            sum: Text::new(words(Locale::Nl), words(Locale::En)),
        }
    }
}

/// Evaluate policy
///
/// What work would cost, who would pay and why, and what would be due when: the decisions that the service makes, without a
/// customer and changing nothing. For everybody with a token; of a text of its own, for staff.
#[utoipa::path(post, path = "/api/v1/policies/evaluate", tag = "policies",
    request_body = Question, responses((status = 200, description = "What the policy says", body = Evaluation)))]
pub(super) async fn ask(State(app): State<App>, question: Write<Question>) -> Found<Evaluation> {
    let now = app.service.clock.now();
    let asked = &question.body;
    let Some(text) = &asked.text else {
        let day = asked.day(app.service.policies.newest(), now);
        return Ok(found(asked.ask(app.service.policies.at(day).1, now)?));
    };
    question.caller().may(Doing::SeeAll)?;
    let asked = asked.clone();
    let said = app.service.on_text(text, move |read| match read {
        Ok(policy) => asked.ask(&policy, now),
        Err(errors) => {
            let mut fields = Fields::default();
            fields.fault("text", format!("expected a valid policy; {errors}"));
            Err(fields.done().expect_err("a fault was noted"))
        }
    });
    Ok(found(said.await??))
}

impl Question {
    /// The day of the work, which picks the terms.
    fn day(&self, policy: &Policy, now: DateTime<Utc>) -> NaiveDate {
        let told = self.started_at.as_deref().or(self.received_at.as_deref());
        policy.day(clock(&mut Fields::default(), "started_at", told, policy).unwrap_or(now))
    }
}
