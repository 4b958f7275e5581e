//! Tickets are opened, always (COVER-5), and handled: what is said, where they stand, what their clocks do (SLA-1, SLA-5
//! to SLA-7).

use super::{Case, Receipt, customers::invalid};
use crate::domain::{
    Actor, Due, Handling, Measure, Minutes, Pauses, Policy, Refusal, Report, Ticket, TicketEvent, TicketEventKind,
    TicketId, TicketStatus, Urgency, clocks, coverage::Question, sla::Pause,
};
use chrono::{DateTime, Utc};

impl Case<'_> {
    pub(super) fn open_ticket(&mut self, report: &Report) -> Result<Receipt, Refusal> {
        if let Some(requester) = report.requester {
            let known = self.draft.contact(requester).is_some_and(|contact| contact.removed_at.is_none());
            if !known {
                return Err(invalid("requester_id", "expected a contact of this customer"));
            }
        }
        if report.received_at.is_some_and(|received| received > self.at.now) {
            return Err(invalid("received_at", "expected a moment that is not in the future"));
        }
        let created_at = self.recorded_at();
        let received_at = report.received_at.unwrap_or(created_at);
        let policy = self.at.terms_of(received_at);
        check_matrix(policy, report)?;
        let installation_id = self.place_of_ticket(report.installation)?;
        let id = self.draft.fresh.id();
        let (topic, urgency) = (report.topic.as_deref(), report.urgency.as_ref());
        let coverage = self.first_coverage(id, &Question { kind: report.kind, topic, urgency }, installation_id)?;
        let (impact, reach) = (report.impact.as_deref(), report.reach.as_deref());
        let priority = clocks::assess(policy, coverage.urgency.as_ref(), impact, reach);
        let number = self.numbers().ticket;
        self.numbers().ticket += 1;
        let mut ticket = Ticket {
            id,
            customer_id: self.customer().id,
            number,
            subject: report.subject.clone(),
            description: report.description.clone(),
            requester_id: report.requester,
            kind: report.kind,
            installation_id,
            topic: report.topic.clone(),
            urgency: coverage.urgency.clone(),
            coverage_id: coverage.id,
            cover: coverage.cover,
            fair_use_weight: coverage.weight(),
            agreed_rate: None,
            channel: report.channel,
            product: report.product.clone(),
            intake: report.intake.clone(),
            impact: report.impact.clone(),
            reach: report.reach.clone(),
            data_leak: report.data_leak,
            priority: priority.map(|priority| priority.id.clone()),
            status: TicketStatus::New,
            received_at,
            created_at,
            created_by: self.actor().user(),
            response_due_at: None,
            resolution_due_at: None,
            responded_at: None,
            resolved_at: None,
            pauses: Pauses::default(),
            response_expected_at: None,
            resolution_expected_at: None,
            stalled_at: None,
            due_at: Due(None),
            charged: Minutes::ZERO,
            correctable: Minutes::ZERO,
        };
        clocks::set(policy, &mut ticket, created_at);
        self.draft.changes.coverage.push(coverage);
        self.draft.changes.tickets.insert(ticket.id, ticket.clone());
        Ok(Receipt::Ticket(ticket))
    }

    /// URG-1, URG-2: when the urgency of a ticket changes, so does its priority, and both clocks are set anew.
    pub(super) fn follow_urgency(&mut self, id: TicketId, before: Option<&Urgency>) -> Result<(), Refusal> {
        let mut ticket = self.ticket(id)?;
        let policy = self.at.terms_of(ticket.received_at);
        let (impact, reach) = (ticket.impact.as_deref(), ticket.reach.as_deref());
        let priority = clocks::assess(policy, ticket.urgency.as_ref(), impact, reach);
        let changed = priority.filter(|priority| Some(&priority.id) != ticket.priority.as_ref());
        let Some(priority) = changed.filter(|_| ticket.urgency.as_ref() != before) else { return Ok(()) };
        let mut event = self.event(&ticket, TicketEventKind::Priority);
        set_priority(policy, &mut ticket, &priority.id, &mut event);
        self.draft.changes.tickets.insert(ticket.id, ticket);
        self.draft.changes.ticket_events.push(event);
        Ok(())
    }

    /// Something that happens to a ticket now.
    fn event(&mut self, ticket: &Ticket, kind: TicketEventKind) -> TicketEvent {
        let contact_id = match self.actor() {
            Actor::Contact(_, contact, _) => Some(contact),
            Actor::Service | Actor::Staff(_) => None,
        };
        TicketEvent {
            id: self.draft.fresh.id(),
            ticket_id: ticket.id,
            customer_id: ticket.customer_id,
            kind,
            recorded_at: self.recorded_at(),
            actor_id: self.actor().user(),
            contact_id,
            text: None,
            was: None,
            became: None,
            expected_at: None,
        }
    }

    pub(super) fn handle_ticket(&mut self, id: TicketId, handling: &Handling) -> Result<Receipt, Refusal> {
        let mut ticket = self.ticket(id)?;
        let mut event = self.event(&ticket, handling.kind());
        self.handle(&mut ticket, handling, &mut event)?;
        ticket.set_due();
        self.draft.changes.tickets.insert(ticket.id, ticket);
        self.draft.changes.ticket_events.push(event.clone());
        Ok(Receipt::TicketEvent(event))
    }

    fn handle(&self, ticket: &mut Ticket, handling: &Handling, event: &mut TicketEvent) -> Result<(), Refusal> {
        let (policy, now) = (self.at.terms_of(ticket.received_at), event.recorded_at);
        let by_customer = event.contact_id.is_some();
        match handling {
            Handling::Acknowledge { text } => {
                event.text.clone_from(text);
                if clocks::acknowledgement_counts(policy, ticket) {
                    respond(ticket, now);
                }
            }
            Handling::Say { text } => {
                event.text = Some(text.clone());
                if !by_customer {
                    respond(ticket, now);
                } else if ticket.status == TicketStatus::WaitingForCustomer {
                    // Who was waited for has answered: the clock goes on.
                    become_status(policy, ticket, TicketStatus::InProgress, event);
                }
            }
            Handling::Note { text } => event.text = Some(text.clone()),
            Handling::Move { to, text } => {
                event.text.clone_from(text);
                let possible =
                    if by_customer { ticket.status.next_for_customer() } else { ticket.status.next().to_vec() };
                if !possible.contains(to) {
                    return Err(Refusal::StatusNotPossible { status: ticket.status, possible });
                }
                if *to == TicketStatus::WaitingForCustomer && text.is_none() {
                    return Err(invalid("text", "is needed: what the customer is asked"));
                }
                become_status(policy, ticket, *to, event);
                if !by_customer && text.is_some() || !to.is_open() {
                    respond(ticket, now);
                }
            }
            Handling::Prioritise { priority, reason } => prioritise(policy, ticket, priority, reason, event)?,
            Handling::Stall { text } => {
                self.check_stall(ticket)?;
                event.text.clone_from(text);
                ticket.stalled_at = Some(now);
            }
            Handling::Explain { measure, reason, expected_at } => {
                event.text = Some(reason.clone());
                explain(policy, ticket, *measure, *expected_at, event)?;
            }
        }
        if !by_customer && event.kind.is_for_customer() {
            ticket.stalled_at = None;
        }
        Ok(())
    }

    /// SLA-7: where the policy has the button, on a ticket that is open, once a day.
    fn check_stall(&self, ticket: &Ticket) -> Result<(), Refusal> {
        if !self.at.policy().tickets.stalled_button {
            return Err(Refusal::NotOffered);
        }
        if !ticket.status.is_open() {
            let possible = ticket.status.next_for_customer();
            return Err(Refusal::StatusNotPossible { status: ticket.status, possible });
        }
        let day = |at| self.at.policies.day(at);
        if ticket.stalled_at.is_some_and(|stalled| day(stalled) == day(self.at.now)) {
            return Err(Refusal::StalledToday);
        }
        Ok(())
    }
}

/// What was said about impact and reach must be in the matrix; not saying it is always good (COVER-5).
fn check_matrix(policy: &Policy, report: &Report) -> Result<(), Refusal> {
    if report.impact.as_ref().is_some_and(|id| !policy.matrix.impacts.iter().any(|impact| impact.id == *id)) {
        return Err(invalid("impact", "expected an impact of the policy"));
    }
    if report.reach.as_ref().is_some_and(|id| !policy.matrix.reaches.iter().any(|reach| reach.id == *id)) {
        return Err(invalid("reach", "expected a reach of the policy"));
    }
    Ok(())
}

/// The first answer stops the first clock.
fn respond(ticket: &mut Ticket, now: DateTime<Utc>) {
    ticket.responded_at.get_or_insert(now);
}

/// Moves a ticket, and stops or starts its second clock.
fn become_status(policy: &Policy, ticket: &mut Ticket, to: TicketStatus, event: &mut TicketEvent) {
    let now = event.recorded_at;
    event.was = Some(ticket.status.to_string());
    event.became = Some(to.to_string());
    let pauses = policy.tickets.waiting_pauses;
    ticket.pauses.end(now);
    if !ticket.status.is_open()
        && to.is_open()
        && let Some(from) = ticket.resolved_at.take().filter(|_| pauses)
    {
        // Between *resolved* and a reopening nobody waited for the provider.
        ticket.pauses.0.push(Pause { from, until: Some(now) });
    }
    if to == TicketStatus::WaitingForCustomer && pauses {
        ticket.pauses.0.push(Pause { from: now, until: None });
    }
    if !to.is_open() {
        ticket.resolved_at.get_or_insert(now);
    }
    ticket.status = to;
    clocks::set(policy, ticket, now);
}

/// SLA-1: another priority, in consultation; both clocks are set anew from the receipt.
fn prioritise(
    policy: &Policy,
    ticket: &mut Ticket,
    priority: &str,
    reason: &str,
    event: &mut TicketEvent,
) -> Result<(), Refusal> {
    if policy.priority(priority).is_none() {
        return Err(invalid("priority", "expected a priority of the policy"));
    }
    if ticket.priority.as_deref() == Some(priority) {
        return Err(invalid("priority", "expected another priority than it has"));
    }
    event.text = Some(reason.to_owned());
    set_priority(policy, ticket, priority, event);
    Ok(())
}

fn set_priority(policy: &Policy, ticket: &mut Ticket, priority: &str, event: &mut TicketEvent) {
    event.was = ticket.priority.replace(priority.to_owned());
    event.became.clone_from(&ticket.priority);
    (ticket.response_expected_at, ticket.resolution_expected_at) = (None, None);
    clocks::set(policy, ticket, event.recorded_at);
}

/// SLA-5: a missed binding target asks for its reason and, while it is not met, for what is expected now.
fn explain(
    policy: &Policy,
    ticket: &mut Ticket,
    measure: Measure,
    expected_at: Option<DateTime<Utc>>,
    event: &mut TicketEvent,
) -> Result<(), Refusal> {
    let now = event.recorded_at;
    if !ticket.is_late(measure, now) || !clocks::is_binding(policy, ticket) {
        return Err(Refusal::NothingMissed);
    }
    let met = ticket.met_at(measure);
    if met.is_none() && expected_at.is_none_or(|expected| expected <= now) {
        return Err(invalid("expected_at", "expected a moment that is still to come"));
    }
    event.was = Some(measure.to_string());
    event.expected_at = expected_at.filter(|_| met.is_none());
    let expected = met.or(expected_at);
    match measure {
        Measure::Response => ticket.response_expected_at = expected,
        Measure::Resolution => ticket.resolution_expected_at = expected,
    }
    Ok(())
}
