//! What a policy promises about one ticket, and the clocks that follow from it (SLA-1 to SLA-3, SLA-5, SLA-6).

use super::policy::{Bilingual, Priority};
use super::sla::Clock;
use super::{Channel, Measure, Policy, Role, Ticket, Urgency};
use chrono::{DateTime, Utc};
use std::fmt;

/// The priority of a report: that of the urgency which stands, where it has one (URG-1, URG-2), else that of its impact
/// and reach (SLA-1). What was not said counts as the mildest: the last impact, the first reach. `None` where the policy
/// has no priorities.
#[must_use]
pub fn assess<'p>(
    policy: &'p Policy,
    urgency: Option<&Urgency>,
    impact: Option<&str>,
    reach: Option<&str>,
) -> Option<&'p Priority> {
    let rules = policy.urgency.as_ref();
    let urgent = urgency.zip(rules).and_then(|(urgency, rules)| match urgency {
        Urgency::Safety => rules.safety_priority.as_deref(),
        Urgency::Level(id) => rules.levels.iter().find(|level| level.id == *id)?.priority.as_deref(),
    });
    if let Some(priority) = urgent.and_then(|id| policy.priority(id)) {
        return Some(priority);
    }
    let first = policy.matrix.reaches.first().map(|reach| reach.id.as_str());
    let impact = impact.or(policy.matrix.impacts.last().map(|impact| impact.id.as_str()));
    match impact {
        Some(impact) => policy.proposed_priority(impact, reach.or(first)),
        None => policy.priorities.last(),
    }
}

/// The priority of a ticket, by the terms under which it came in.
#[must_use]
pub fn priority<'p>(policy: &'p Policy, ticket: &Ticket) -> Option<&'p Priority> {
    ticket.priority.as_deref().and_then(|id| policy.priority(id))
}

/// Whether missing a target of this ticket is a breach; under best effort it is only late.
#[must_use]
pub fn is_binding(policy: &Policy, ticket: &Ticket) -> bool {
    priority(policy, ticket).is_some_and(|priority| priority.binding)
}

/// A clock of a ticket; `None` where the policy promises nothing of the kind (SLA-2).
#[must_use]
pub fn clock<'p>(policy: &'p Policy, ticket: &Ticket, measure: Measure) -> Option<Clock<'p>> {
    Clock::start(policy, priority(policy, ticket)?, ticket.channel, measure, ticket.received_at)
}

/// Whether telling the customer that it came in stops the first clock. Also where there is no such clock.
#[must_use]
pub fn acknowledgement_counts(policy: &Policy, ticket: &Ticket) -> bool {
    clock(policy, ticket, Measure::Response).is_none_or(|clock| clock.acknowledgement_counts())
}

/// Sets both due moments of a ticket as they are at `now`: from its receipt, by its priority, with the pauses added.
pub fn set(policy: &Policy, ticket: &mut Ticket, now: DateTime<Utc>) {
    let due = |measure| clock(policy, ticket, measure)?.deadline(&ticket.pauses.0, now).due;
    (ticket.response_due_at, ticket.resolution_due_at) = (due(Measure::Response), due(Measure::Resolution));
    ticket.set_due();
}

/// Something to know about a report that stands all the same (SLA-6, COVER-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'p> {
    /// Reports of this priority should come by another channel.
    ReportBy(Channel),
    /// This person should not phone.
    MayNotPhone,
    /// What the provider says about data leaks.
    DataLeak(&'p Bilingual),
}

impl Notice<'_> {
    /// Its name in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ReportBy(_) => "report_by",
            Self::MayNotPhone => "may_not_phone",
            Self::DataLeak(_) => "data_leak",
        }
    }
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReportBy(channel) => write!(f, "Reports of this priority should come by {channel}."),
            Self::MayNotPhone => f.write_str("This person's role should report by mail, not by phone."),
            Self::DataLeak(text) => f.write_str(&text.en),
        }
    }
}

/// What is to be known about a report by somebody in `role` (SLA-6).
#[must_use]
pub fn notices<'p>(policy: &'p Policy, ticket: &Ticket, role: Option<Role>) -> Vec<Notice<'p>> {
    let report_by = priority(policy, ticket).and_then(|priority| priority.report_by);
    let report_by = report_by.filter(|channel| *channel != ticket.channel).map(Notice::ReportBy);
    let phoned = ticket.channel == Channel::Phone && role.is_some_and(|role| !policy.tickets.may_phone(role));
    let leak = policy.tickets.data_leak.as_ref().filter(|_| ticket.data_leak).map(Notice::DataLeak);
    report_by.into_iter().chain(phoned.then_some(Notice::MayNotPhone)).chain(leak).collect()
}
