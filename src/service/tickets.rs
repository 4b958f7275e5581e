//! Tickets, and the estimates on them.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Actor, ContactId, CustomerId, Estimate, EstimateId, Minutes, Receipt, Role, Target, Ticket, TicketId,
    TicketKind, Urgency, command::Answer, estimate::AnswerVia,
};
use crate::store::estimates::Shown;
use crate::store::tickets::OnDesk;
use crate::store::{estimates, tickets};
use chrono::{DateTime, NaiveDate, Utc};

/// A ticket to be opened.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// One line.
    pub subject: String,
    /// The report.
    pub description: String,
    /// Who asked; a contact who opens it asks.
    pub requester: Option<ContactId>,
    /// What it is about.
    pub kind: TicketKind,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// How urgent it is asked to be.
    pub urgency: Option<Urgency>,
}

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
    /// Not found for somebody else's customer; forbidden for finance.
    pub async fn open_ticket(&self, request: Request<'_>, customer: CustomerId, new: NewTicket) -> Result<Ticket> {
        let every_role = [Role::Owner, Role::Spender, Role::Viewer];
        let actor = request.caller.require(customer, &every_role, request.caller.is_agent())?;
        let requester = match actor {
            Actor::Contact(_, contact) => Some(contact),
            _ => new.requester,
        };
        let NewTicket { subject, description, kind, topic, urgency, .. } = new;
        let act = Act::OpenTicket { subject, description, requester, kind, topic, urgency };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Ticket(ticket) => Ok(ticket),
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

    /// The tickets of a customer, the newest first, before number `before`.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn tickets_of(
        &self,
        caller: &Caller,
        customer: CustomerId,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Ticket>> {
        self.customer(caller, customer).await?;
        Ok(tickets::of(&mut self.db.reader().await?, customer, before, limit).await?)
    }

    /// The newest tickets of all customers: for staff.
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn newest_tickets(&self, caller: &Caller, before: i64, limit: i64) -> Result<Vec<OnDesk>> {
        caller.staff(true)?;
        Ok(tickets::newest(&mut self.db.reader().await?, before, limit).await?)
    }

    /// Asks for hours: for agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn propose_estimate(&self, request: Request<'_>, ticket: TicketId, new: NewEstimate) -> Result<Estimate> {
        if !request.caller.is_staff() {
            self.ticket(request.caller, ticket).await?;
        }
        let actor = request.caller.staff(request.caller.is_agent())?;
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
        caller.staff(true)?;
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
        let actor = request.caller.require(customer, &[Role::Owner, Role::Spender], request.caller.is_agent())?;
        let answer = match (actor, told) {
            (Actor::Contact(_, contact), _) => Answer { contact, via: AnswerVia::Online, note: None, at: None },
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
        let actor = request.caller.require(customer, &[Role::Owner, Role::Spender], request.caller.is_agent())?;
        let contact = match actor {
            Actor::Contact(_, own) => Some(own),
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
        let actor = request.caller.staff(request.caller.is_agent())?;
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
