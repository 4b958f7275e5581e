//! Tickets, and the estimates on them.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Actor, Channel, ContactId, CustomerId, Doing, Due, Estimate, EstimateId, Handling, Minutes, Policy, Receipt,
    Report, Role, Target, Ticket, TicketEvent, TicketId, command::Answer, estimate::AnswerVia, ticket::words_of,
};
use crate::store::estimates::Shown;
use crate::store::tickets::{Filter, Happened, OnDesk};
use crate::store::{contacts, estimates, tickets};
use chrono::{DateTime, NaiveDate, Utc};

/// The most tickets that one search looks through, the newest ones.
const FOUND: i64 = 500;
/// The most words of a search that count.
const WORDS: usize = 6;

/// Hours to be asked for.
#[derive(Clone, Debug)]
pub struct NewEstimate {
    /// How many minutes; rounded up to the increment.
    pub minutes: Minutes,
    /// What for.
    pub description: String,
    /// Last day for an answer.
    pub answer_by: Option<NaiveDate>,
    /// Last day for the work.
    pub work_until: Option<NaiveDate>,
}

/// An agreement that a contact gave to an agent (SPEND-3).
#[derive(Clone, Debug)]
pub struct ToldAgreement {
    /// Who agreed.
    pub contact: ContactId,
    /// How.
    pub via: AnswerVia,
    /// What was said.
    pub note: String,
    /// When; now when not told.
    pub at: Option<DateTime<Utc>>,
}

impl Service {
    /// Opens a ticket: any contact of the customer, and agents. Always accepted (COVER-5).
    ///
    /// # Errors
    /// Not found for somebody else's customer; forbidden for finance; fields that cannot be right.
    pub async fn open_ticket(&self, request: Request<'_>, customer: CustomerId, report: Report) -> Result<Ticket> {
        let actor = request.caller.may_at(customer, Doing::Report)?;
        let report = match actor {
            // A contact who reports asks, here and now.
            Actor::Contact(_, contact, _) => {
                Report { requester: Some(contact), channel: Channel::Portal, received_at: None, ..report }
            }
            _ => report,
        };
        let act = Act::OpenTicket(report);
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Ticket(ticket) => Ok(ticket),
            other => Err(unexpected(&other)),
        }
    }

    /// Does something on a ticket. Contacts write messages, close, reopen, and say that nothing moves; the rest is for
    /// agents, and that one is not.
    ///
    /// # Errors
    /// As the rules and the role say; not found for somebody else's ticket.
    pub async fn handle_ticket(
        &self,
        request: Request<'_>,
        ticket: TicketId,
        handling: Handling,
    ) -> Result<TicketEvent> {
        let customer = self.ticket(request.caller, ticket).await?.customer_id;
        let actor = request.caller.may_at(customer, handling.doing())?;
        let act = Act::HandleTicket { ticket, handling };
        match self.submit(self.command(actor, request.key, Target::Ticket(ticket), act)).await? {
            Receipt::TicketEvent(event) => Ok(event),
            other => Err(unexpected(&other)),
        }
    }

    /// One ticket.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn ticket(&self, caller: &Caller, id: TicketId) -> Result<Ticket> {
        let ticket = tickets::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("ticket"))?;
        caller.see(ticket.customer_id).map_err(|_| Error::NotFound("ticket"))?;
        Ok(ticket)
    }

    /// What happened to a ticket, the oldest first: at most the newest `limit`. Notes are for staff only.
    ///
    /// # Errors
    /// Not found for somebody else's ticket.
    pub async fn ticket_events(&self, caller: &Caller, ticket: TicketId, limit: i64) -> Result<Vec<Happened>> {
        self.ticket(caller, ticket).await?;
        Ok(tickets::events(&mut self.db.reader().await?, ticket, caller.is_staff(), limit).await?)
    }

    /// The tickets of a customer, the newest first, before number `before`.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn tickets_of(
        &self,
        caller: &Caller,
        customer: CustomerId,
        filter: &Filter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<OnDesk>> {
        self.customer(caller, customer).await?;
        Ok(tickets::of(&mut self.db.reader().await?, customer, filter, before, limit).await?)
    }

    /// Open tickets of all customers, what is due first before the others, after the place `after`: for staff.
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn due_tickets(
        &self,
        caller: &Caller,
        filter: &Filter,
        after: (Due, i64),
        limit: i64,
    ) -> Result<Vec<OnDesk>> {
        caller.may(Doing::SeeAll)?;
        Ok(tickets::due(&mut self.db.reader().await?, filter, after, limit).await?)
    }

    /// The newest tickets of all customers: for staff.
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn newest_tickets(
        &self,
        caller: &Caller,
        filter: &Filter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<OnDesk>> {
        caller.may(Doing::SeeAll)?;
        Ok(tickets::newest(&mut self.db.reader().await?, filter, before, limit).await?)
    }

    /// The newest tickets in which every word of `text` stands or begins a word: of one customer, or of all for staff. A
    /// number finds its ticket.
    ///
    /// # Errors
    /// Not found for somebody else's customer; forbidden for a contact who names none.
    pub async fn find_tickets(
        &self,
        caller: &Caller,
        text: &str,
        customer: Option<CustomerId>,
        filter: &Filter,
        limit: i64,
    ) -> Result<Vec<OnDesk>> {
        match customer {
            Some(customer) => caller.see(customer)?,
            None => caller.may(Doing::SeeAll).map(drop)?,
        }
        let mut on = self.db.snapshot().await?;
        let numbered = match text.trim().trim_start_matches('#').parse() {
            Ok(number) => tickets::by_number(&mut on, number).await?,
            Err(_) => None,
        };
        let numbered = numbered.filter(|ticket| customer.is_none_or(|customer| ticket.customer_id == customer));
        let words: Vec<String> = words_of([text]).into_iter().take(WORDS).collect();
        let mut ids: Vec<TicketId> = numbered.into_iter().map(|ticket| ticket.id).collect();
        if !words.is_empty() {
            ids.extend(tickets::matching(&mut on, &words, customer, FOUND).await?);
        }
        Ok(tickets::these(&mut on, &ids, filter, limit).await?)
    }

    /// The open tickets that a customer called stalled, the longest ago first: for staff (SLA-7).
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn stalled_tickets(&self, caller: &Caller, limit: i64) -> Result<Vec<OnDesk>> {
        caller.may(Doing::SeeAll)?;
        Ok(tickets::stalled(&mut self.db.reader().await?, self.clock.now(), limit).await?)
    }

    /// The role of whoever asked, also when that person has left (SLA-6).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn requester_role(&self, ticket: &Ticket) -> Result<Option<Role>> {
        let Some(requester) = ticket.requester_id else { return Ok(None) };
        Ok(contacts::get(&mut self.db.reader().await?, requester).await?.map(|contact| contact.role))
    }

    /// The terms under which a ticket came in (POL-1).
    #[must_use]
    pub fn terms_of(&self, ticket: &Ticket) -> &Policy {
        self.policies.at(self.policies.day(ticket.received_at)).1
    }

    /// Asks for hours: for agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn propose_estimate(&self, request: Request<'_>, ticket: TicketId, new: NewEstimate) -> Result<Estimate> {
        if !request.caller.is_staff() {
            self.ticket(request.caller, ticket).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        let NewEstimate { minutes, description, answer_by, work_until } = new;
        let act = Act::ProposeEstimate { ticket, minutes, description, answer_by, work_until };
        self.estimate_by(self.command(actor, request.key, Target::Ticket(ticket), act)).await
    }

    /// One estimate, as it stands today: also when nobody has booked yet that its term is over.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn estimate(&self, caller: &Caller, id: EstimateId) -> Result<Estimate> {
        let mut found = estimates::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("estimate"))?;
        caller.see(found.customer_id).map_err(|_| Error::NotFound("estimate"))?;
        found.status = found.status_on(self.policies.day(self.clock.now()));
        if !found.is_open() {
            found.held = Minutes::ZERO;
        }
        Ok(found)
    }

    /// The estimates of a ticket, the oldest first.
    ///
    /// # Errors
    /// Not found for somebody else's ticket.
    pub async fn estimates_of(&self, caller: &Caller, ticket: TicketId) -> Result<Vec<Shown>> {
        self.ticket(caller, ticket).await?;
        Ok(estimates::of_ticket(&mut self.db.reader().await?, ticket).await?)
    }

    /// The estimates of all customers that wait for an answer: for staff.
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn waiting_estimates(&self, caller: &Caller, limit: i64) -> Result<Vec<Shown>> {
        caller.may(Doing::SeeAll)?;
        Ok(estimates::waiting(&mut self.db.reader().await?, limit).await?)
    }

    /// Agrees: a contact for itself, an agent with what a contact `told` (SPEND-3, SPEND-4).
    ///
    /// # Errors
    /// As the rules and the role say; an agent who does not say who agreed.
    pub async fn accept_estimate(
        &self,
        request: Request<'_>,
        id: EstimateId,
        told: Option<ToldAgreement>,
    ) -> Result<Estimate> {
        let customer = self.estimate(request.caller, id).await?.customer_id;
        let actor = request.caller.may_at(customer, Doing::Agree)?;
        let answer = match (actor, told) {
            (Actor::Contact(_, contact, _), _) => Answer { contact, via: AnswerVia::Online, note: None, at: None },
            (_, Some(told)) => Answer { contact: told.contact, via: told.via, note: Some(told.note), at: told.at },
            (_, None) => return Err(missing("contact_id", "the contact who agreed")),
        };
        let act = Act::AcceptEstimate { estimate: id, answer };
        self.estimate_by(self.command(actor, request.key, Target::Estimate(id), act)).await
    }

    /// Refuses: a contact for itself, an agent for one.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn decline_estimate(
        &self,
        request: Request<'_>,
        id: EstimateId,
        contact: Option<ContactId>,
    ) -> Result<Estimate> {
        let customer = self.estimate(request.caller, id).await?.customer_id;
        let actor = request.caller.may_at(customer, Doing::Agree)?;
        let contact = match actor {
            Actor::Contact(_, own, _) => Some(own),
            _ => contact,
        };
        let act = Act::DeclineEstimate { estimate: id, contact };
        self.estimate_by(self.command(actor, request.key, Target::Estimate(id), act)).await
    }

    /// Closes, which releases what is left: for agents (SPEND-5).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn close_estimate(&self, request: Request<'_>, id: EstimateId) -> Result<Estimate> {
        if !request.caller.is_staff() {
            self.estimate(request.caller, id).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        self.estimate_by(self.command(actor, request.key, Target::Estimate(id), Act::CloseEstimate(id))).await
    }

    async fn estimate_by(&self, command: crate::domain::Command) -> Result<Estimate> {
        match self.submit(command).await? {
            Receipt::Estimate(estimate) => Ok(estimate),
            other => Err(unexpected(&other)),
        }
    }
}

/// A field that this caller must fill in.
pub(super) fn missing(field: &str, expected: &str) -> Error {
    Error::Fields(vec![super::FieldError { field: field.to_owned(), expected: format!("is needed: {expected}") }])
}
