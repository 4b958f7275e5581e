//! Time is logged, previewed, reversed and covered.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::tickets::missing;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Actor, ContactId, Doing, EstimateId, Excess, Minutes, Numbers, Receipt, Target, TicketId, TimeEntry,
    TimeEntryId,
    decide::{Circumstances, Correction, TimeReceipt, decide},
};
use crate::store::time_entries::Shown;
use crate::store::{books, time_entries};
use chrono::{DateTime, NaiveDate, Utc};

/// Work to be logged.
#[derive(Clone, Debug)]
pub struct Work {
    /// Minutes as worked.
    pub worked: Minutes,
    /// The day; today when not told.
    pub worked_on: Option<NaiveDate>,
    /// What was done.
    pub description: String,
    /// Against which estimate.
    pub estimate: Option<EstimateId>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// What comes on top, by the ids of the policy's surcharges (TIME-3).
    pub surcharges: Vec<String>,
    /// What to do with a shortage.
    pub excess: Excess,
}

impl Service {
    /// Logs time: for agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn log_time(&self, request: Request<'_>, ticket: TicketId, work: Work) -> Result<TimeReceipt> {
        if !request.caller.is_staff() {
            self.ticket(request.caller, ticket).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        match self.submit(self.command(actor, request.key, Target::Ticket(ticket), log_act(ticket, work))).await? {
            Receipt::Time(time) => Ok(time),
            other => Err(unexpected(&other)),
        }
    }

    /// What logging would do right now: the same decision, nothing written.
    ///
    /// # Errors
    /// As [`Service::log_time`] would answer.
    pub async fn preview_time(&self, caller: &Caller, ticket: TicketId, work: Work) -> Result<TimeReceipt> {
        let actor = caller.may(Doing::Serve)?;
        let command = self.command(actor, None, Target::Ticket(ticket), log_act(ticket, work));
        let now = self.clock.now();
        let mut tx = self.db.snapshot().await?;
        let found = books::preview(&mut tx, &command, self.policies.day(now)).await?;
        let (customer, ledger) = found.ok_or(Error::NotFound("ticket"))?;
        let at = Circumstances { policies: &self.policies, now, numbers: &Numbers::default(), closed_through: None };
        match decide(&ledger, customer, &command, at)?.receipt {
            Receipt::Time(time) => Ok(time),
            other => Err(unexpected(&other)),
        }
    }

    /// One entry.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn time_entry(&self, caller: &Caller, id: TimeEntryId) -> Result<TimeEntry> {
        let entry = time_entries::get(&mut self.db.reader().await?, id).await?.ok_or(Error::NotFound("time entry"))?;
        caller.see(entry.customer_id).map_err(|_| Error::NotFound("time entry"))?;
        Ok(entry)
    }

    /// The newest entries of a ticket.
    ///
    /// # Errors
    /// Not found for somebody else's ticket.
    pub async fn time_entries_of(&self, caller: &Caller, ticket: TicketId, limit: i64) -> Result<Vec<Shown>> {
        self.ticket(caller, ticket).await?;
        Ok(time_entries::of_ticket(&mut self.db.reader().await?, ticket, limit).await?)
    }

    /// Reverses an entry: for agents (TIME-5).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn reverse_entry(&self, request: Request<'_>, id: TimeEntryId, reason: String) -> Result<Correction> {
        if !request.caller.is_staff() {
            self.time_entry(request.caller, id).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        let act = Act::ReverseEntry { entry: id, reason };
        self.corrected_by(self.command(actor, request.key, Target::TimeEntry(id), act)).await
    }

    /// Covers uncovered minutes from cards on a spender's agreement: the spender itself, or an agent who names one
    /// (TIME-7).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn cover_by_card(
        &self,
        request: Request<'_>,
        id: TimeEntryId,
        contact: Option<ContactId>,
        reason: String,
    ) -> Result<Correction> {
        let customer = self.time_entry(request.caller, id).await?.customer_id;
        let actor = request.caller.may_at(customer, Doing::Agree)?;
        let contact = match actor {
            Actor::Contact(_, own, _) => own,
            _ => contact.ok_or_else(|| missing("contact_id", "the contact who agreed"))?,
        };
        let act = Act::CoverEntry { entry: id, by_card: Some(contact), reason };
        self.corrected_by(self.command(actor, request.key, Target::TimeEntry(id), act)).await
    }

    /// Gives uncovered minutes away: for agents, with a reason (TIME-7).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn cover_by_goodwill(&self, request: Request<'_>, id: TimeEntryId, reason: String) -> Result<Correction> {
        if !request.caller.is_staff() {
            self.time_entry(request.caller, id).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        let act = Act::CoverEntry { entry: id, by_card: None, reason };
        self.corrected_by(self.command(actor, request.key, Target::TimeEntry(id), act)).await
    }

    async fn corrected_by(&self, command: crate::domain::Command) -> Result<Correction> {
        match self.submit(command).await? {
            Receipt::Correction(correction) => Ok(correction),
            other => Err(unexpected(&other)),
        }
    }
}

fn log_act(ticket: TicketId, work: Work) -> Act {
    let Work { worked, worked_on, description, estimate, started_at, surcharges, excess } = work;
    Act::LogTime { ticket, worked, worked_on, description, estimate, started_at, surcharges, excess }
}
