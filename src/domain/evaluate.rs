//! What a piece of work would cost and when it would be due, under one policy and without any customer: the same decisions
//! that the ledger makes (POL-2, TIME-1 to TIME-3, COVER-1, SLA-1 to SLA-3), changing nothing.

use super::charge::{Charge, TicketDay, Work, charge};
use super::coverage::{Facts, Proposal, Question, propose};
use super::policy::{Agreement, Priority, Surcharge};
use super::sla::Deadline;
use super::{Cents, Channel, CustomerId, Minutes, Policy, TicketId, TicketKind, Urgency, clocks, sla};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Work that might be done, and the report that it would answer.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// How long the work would last: 1 minute to a day.
    pub worked: Minutes,
    /// When it would begin; without it no factor of the time of day applies (TIME-3).
    pub started: Option<DateTime<Utc>>,
    /// When the report came in.
    pub received: DateTime<Utc>,
    /// By which channel.
    pub channel: Channel,
    /// What it is about.
    pub kind: TicketKind,
    /// Its topic, by id.
    pub topic: Option<String>,
    /// How urgent it is asked to be.
    pub urgency: Option<Urgency>,
    /// What comes on top of the work, by id.
    pub surcharges: Vec<String>,
    /// Its priority, by id; follows from the urgency, else from impact and reach, when not told.
    pub priority: Option<String>,
    /// What it does to the work, by id.
    pub impact: Option<String>,
    /// Whom it concerns, by id.
    pub reach: Option<String>,
    /// What is left on the customer's cards; just enough when not told.
    pub available: Option<Minutes>,
    /// What else is known of the customer; its `left` is not looked at.
    pub facts: Facts,
}

/// What the policy says to an [`Inquiry`].
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// Who pays, and why.
    pub proposal: Proposal,
    /// What the work counts for, with its arithmetic, as if it were charged.
    pub charge: Charge,
    /// Minutes that are charged: none where the cover charges none (COVER-1).
    pub charged: Minutes,
    /// What they cost ex VAT, where the cover has a price per hour (COVER-6).
    pub price: Option<Cents>,
    /// Whether the hours have to be agreed to before the work (SPEND-7, TIME-7).
    pub to_be_agreed: bool,
    /// The priority of the report, where the policy gives it one.
    pub priority: Option<&'a Priority>,
    /// What is due when, the response first.
    pub deadlines: Vec<Deadline>,
}

/// A field of an inquiry that the policy cannot place, and what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Name of the field.
    pub field: &'static str,
    /// What would do.
    pub expected: String,
}

/// Says what `asked` would come to under `policy`.
///
/// # Errors
/// Every field that the policy cannot place.
pub fn evaluate<'a>(policy: &'a Policy, asked: &Inquiry) -> Result<Evaluation<'a>, Vec<Misfit>> {
    let surcharges = check(policy, asked)?;
    let urgency = match &asked.urgency {
        Some(Urgency::Level(level)) => Some(level.as_str()),
        _ => None,
    };
    let work = Work { worked: asked.worked, started: asked.started, urgency, surcharges: &surcharges };
    let day = untouched(policy, asked);
    let charge = charge(&policy.time, policy.time_zone, work, &day);
    let facts = Facts { left: asked.available.unwrap_or(charge.charged), ..asked.facts.clone() };
    let question = Question { kind: asked.kind, topic: asked.topic.as_deref(), urgency: asked.urgency.as_ref() };
    let proposal = propose(policy, &question, &facts);
    // Urgency that does not stand costs nothing extra either (URG-2).
    let charge = if proposal.urgency == asked.urgency {
        charge
    } else {
        super::charge::charge(&policy.time, policy.time_zone, Work { urgency: None, ..work }, &day)
    };
    let charged = if proposal.cover.charges() { charge.charged } else { Minutes::ZERO };
    let priority = priority(policy, asked, proposal.urgency.as_ref());
    let deadlines = priority.map_or_else(Vec::new, |priority| {
        sla::clocks(policy, priority, asked.channel, asked.received)
            .map(|clock| clock.deadline(&[], asked.received))
            .collect()
    });
    Ok(Evaluation {
        price: proposal.hourly_rate.filter(|_| charged.is_positive()).map(|rate| rate.per_hour(charged)),
        to_be_agreed: charged.is_positive() && needs_agreement(policy, charged),
        proposal,
        charge,
        charged,
        priority,
        deadlines,
    })
}

/// SPEND-7: by the rule for estimates.
fn needs_agreement(policy: &Policy, charged: Minutes) -> bool {
    match policy.spending.agreement {
        Agreement::Required => true,
        Agreement::AboveMinutes(most) => charged > most,
        Agreement::NotRequired => false,
    }
}

/// The day of a ticket on which nothing was done yet.
fn untouched(policy: &Policy, asked: &Inquiry) -> TicketDay {
    let day = policy.day(asked.started.unwrap_or(asked.received));
    TicketDay::new((TicketId(Uuid::nil()), day, 0), CustomerId(Uuid::nil()), policy.time.per)
}

/// The priority: as told, else as a ticket would get it (SLA-1).
fn priority<'a>(policy: &'a Policy, asked: &Inquiry, urgency: Option<&Urgency>) -> Option<&'a Priority> {
    match &asked.priority {
        Some(id) => policy.priority(id),
        None => clocks::assess(policy, urgency, asked.impact.as_deref(), asked.reach.as_deref()),
    }
}

/// Whether everything that is named exists; the surcharges that are.
fn check<'a>(policy: &'a Policy, asked: &Inquiry) -> Result<Vec<&'a Surcharge>, Vec<Misfit>> {
    let mut misfits = Vec::new();
    let mut one_of = |field, named: Option<&str>, known: &mut dyn Iterator<Item = &str>| {
        let known: BTreeSet<&str> = known.collect();
        if named.is_some_and(|named| !known.contains(named)) {
            let list: Vec<&str> = known.into_iter().collect();
            let expected = if list.is_empty() {
                "leave it out: this policy has none".to_owned()
            } else {
                format!("expected one of: {}", list.join(", "))
            };
            misfits.push(Misfit { field, expected });
        }
    };
    one_of("topic", asked.topic.as_deref(), &mut policy.topics.iter().map(|topic| topic.id.as_str()));
    one_of("priority", asked.priority.as_deref(), &mut policy.priorities.iter().map(|each| each.id.as_str()));
    one_of("impact", asked.impact.as_deref(), &mut policy.matrix.impacts.iter().map(|each| each.id.as_str()));
    one_of("reach", asked.reach.as_deref(), &mut policy.matrix.reaches.iter().map(|each| each.id.as_str()));
    let levels = policy.urgency.iter().flat_map(|rules| &rules.levels).map(|level| level.id.as_str());
    let urgencies = policy.urgency.iter().map(|_| Urgency::SAFETY).chain(levels);
    one_of("urgency", asked.urgency.as_ref().map(Urgency::as_str), &mut urgencies.into_iter());
    for id in &asked.surcharges {
        one_of("surcharges", Some(id), &mut policy.time.surcharges.iter().map(|each| each.id.as_str()));
    }
    if !asked.worked.is_positive() || asked.worked > Minutes::DAY {
        misfits.push(Misfit { field: "worked_minutes", expected: "expected 1 to 1440 minutes".to_owned() });
    }
    let whole_cell = asked.impact.is_none() || asked.reach.is_some() || policy.matrix.reaches.is_empty();
    if !whole_cell {
        misfits.push(Misfit { field: "reach", expected: "expected a reach beside the impact".to_owned() });
    }
    if misfits.is_empty() {
        Ok(asked.surcharges.iter().filter_map(|id| policy.time.surcharge(id)).collect())
    } else {
        Err(misfits)
    }
}
