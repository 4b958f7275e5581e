//! What a policy promises about one ticket, and the clocks that follow from it (SLA-1 to SLA-3, SLA-5, SLA-6).

use super::policy::{Bilingual, Counted, Priority, Target};
use super::{Channel, Measure, Minutes, Policy, Role, Ticket};
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use std::fmt;

/// The priority of an impact and a reach (SLA-1). What was not said counts as the mildest: the last impact, the first
/// reach. `None` where the policy has no priorities.
#[must_use]
pub fn assess<'p>(policy: &'p Policy, impact: Option<&str>, reach: Option<&str>) -> Option<&'p Priority> {
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

/// The target that holds for a ticket: by its priority, its channel, and whether it came in during service hours (SLA-2).
#[must_use]
pub fn target<'p>(policy: &'p Policy, ticket: &Ticket, measure: Measure) -> Option<&'p Target> {
    let inside = policy.hours().service.is_open(local(policy, ticket.received_at));
    priority(policy, ticket)?.target(measure, ticket.channel, inside)
}

/// Whether telling the customer that it came in stops the first clock. Also where there is no such clock.
#[must_use]
pub fn acknowledgement_counts(policy: &Policy, ticket: &Ticket) -> bool {
    target(policy, ticket, Measure::Response).is_none_or(|target| target.acknowledgement_counts)
}

/// Sets both due moments of a ticket: from its receipt, by its priority, with what the customer was waited for added.
pub fn set(policy: &Policy, ticket: &mut Ticket) {
    let due = |measure, extra| {
        let target = target(policy, ticket, measure)?;
        let time = target.time(policy.hours().working_day)? + extra;
        after(policy, target.counted, ticket.received_at, time)
    };
    (ticket.response_due_at, ticket.resolution_due_at) =
        (due(Measure::Response, Minutes::ZERO), due(Measure::Resolution, ticket.paused));
    ticket.set_due();
}

/// Leaves the time between two moments out of the resolution clock: its due moment moves by as much as it counts of it.
pub fn skip(policy: &Policy, ticket: &mut Ticket, since: DateTime<Utc>, until: DateTime<Utc>) {
    let counted = target(policy, ticket, Measure::Resolution).map_or(Counted::Service, |target| target.counted);
    ticket.paused += between(policy, counted, since, until);
    set(policy, ticket);
}

/// The whole minutes between two moments that a clock counts; none when the second does not come after the first.
#[must_use]
pub fn between(policy: &Policy, counted: Counted, from: DateTime<Utc>, to: DateTime<Utc>) -> Minutes {
    match counted {
        Counted::Service => policy.hours().service.open_minutes(local(policy, from), local(policy, to)),
        Counted::Continuous => Minutes((to - from).num_minutes().max(0)),
    }
}

/// The moment at which a clock has counted `time` since `from`.
fn after(policy: &Policy, counted: Counted, from: DateTime<Utc>, time: Minutes) -> Option<DateTime<Utc>> {
    match counted {
        Counted::Continuous => from.checked_add_signed(TimeDelta::minutes(time.0)),
        Counted::Service => {
            let due = policy.hours().service.add_minutes(local(policy, from), time)?;
            Some(instant(policy, due))
        }
    }
}

/// What the clocks of the provider show.
fn local(policy: &Policy, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&policy.time_zone).naive_local()
}

/// The moment at which the clocks of the provider show `at`: the first of two in autumn; an hour later where they skip it.
fn instant(policy: &Policy, at: NaiveDateTime) -> DateTime<Utc> {
    match policy.time_zone.from_local_datetime(&at) {
        LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => found.to_utc(),
        LocalResult::None => policy.time_zone.from_utc_datetime(&at).to_utc() - offset_before(policy, at),
    }
}

/// How far the clocks of the provider were ahead shortly before `at`, which they skip.
fn offset_before(policy: &Policy, at: NaiveDateTime) -> TimeDelta {
    let before = at - TimeDelta::hours(3);
    let shown = policy.time_zone.from_local_datetime(&before).earliest();
    shown.map_or(TimeDelta::zero(), |shown| before - shown.naive_utc())
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
