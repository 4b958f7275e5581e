//! Who pays: what the rules say, what was decided for a ticket, and what is to be invoiced as agreed.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::tickets::missing;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Actor, AddOnTerm, Cents, ContactId, Coverage, CoverageId, CustomerId, Doing, Numbers, Policy, Receipt, Report,
    Target, TicketId, TicketKind, TimeEntryId, Urgency,
    command::Ruling,
    decide::{Circumstances, Correction, CoverageReceipt, decide},
};
pub use crate::store::coverage::{Invoiceable, Shown};
use crate::store::{books, coverage};
use chrono::NaiveDate;

/// A question about who would pay.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it is about.
    pub kind: TicketKind,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// How urgent it would be.
    pub urgency: Option<Urgency>,
}

impl Service {
    /// The version of the policy that is in force today, as every page shows it.
    #[must_use]
    pub fn policy_today(&self) -> &Policy {
        self.policies.at(self.policies.day(self.clock.now())).1
    }

    /// What would be decided for a ticket: the same decision, nothing written.
    ///
    /// # Errors
    /// Not found for somebody else's customer; a topic or urgency that the policy does not know.
    pub async fn propose_coverage(&self, caller: &Caller, customer: CustomerId, asked: Asked) -> Result<Coverage> {
        let actor = caller.actor_at(customer)?;
        let Asked { kind, topic, urgency } = asked;
        let act = Act::OpenTicket(Report { kind, topic, urgency, ..Report::default() });
        let command = self.command(actor, None, Target::Customer(customer), act);
        let now = self.clock.now();
        let mut tx = self.db.snapshot().await?;
        let found = books::preview(&mut tx, &command, self.policies.day(now)).await?;
        let (customer, ledger) = found.ok_or(Error::NotFound("customer"))?;
        let at = Circumstances { policies: &self.policies, now, numbers: &Numbers::default(), closed_through: None };
        let decision = decide(&ledger, customer, &command, at)?;
        decision.changes.coverage.into_iter().next().ok_or(Error::NotFound("coverage"))
    }

    /// The decisions about a ticket, the newest first.
    ///
    /// # Errors
    /// Not found for somebody else's ticket.
    pub async fn coverage_of(&self, caller: &Caller, ticket: TicketId) -> Result<Vec<Shown>> {
        self.ticket(caller, ticket).await?;
        Ok(coverage::of_ticket(&mut self.db.reader().await?, ticket).await?)
    }

    /// Decides anew who pays for a ticket: for agents (COVER-1).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn decide_coverage(
        &self,
        request: Request<'_>,
        ticket: TicketId,
        replaces: CoverageId,
        ruling: Ruling,
    ) -> Result<CoverageReceipt> {
        if !request.caller.is_staff() {
            self.ticket(request.caller, ticket).await?;
        }
        let actor = request.caller.may(Doing::Serve)?;
        let act = Act::DecideCoverage { ticket, replaces, ruling };
        match self.submit(self.command(actor, request.key, Target::Ticket(ticket), act)).await? {
            Receipt::Coverage(decided) => Ok(*decided),
            other => Err(unexpected(&other)),
        }
    }

    /// Records from when to when a customer has the add-on for urgent tickets: for agents (URG-2).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn record_add_on(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        since: NaiveDate,
        until: Option<NaiveDate>,
    ) -> Result<AddOnTerm> {
        let actor = request.caller.may_at(customer, Doing::Serve)?;
        let act = Act::RecordAddOn { since, until };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::AddOn(term) => Ok(term),
            other => Err(unexpected(&other)),
        }
    }

    /// The terms of a customer's add-on for urgent tickets, the newest first.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn add_ons_of(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<AddOnTerm>> {
        self.customer(caller, customer).await?;
        Ok(coverage::add_ons(&mut self.db.reader().await?, customer).await?)
    }

    /// Puts uncovered minutes on an invoice, on a spender's agreement: the spender itself, or an agent who names one and
    /// may name the agreed price (TIME-7).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn cover_by_invoice(
        &self,
        request: Request<'_>,
        id: TimeEntryId,
        contact: Option<ContactId>,
        hourly_rate: Option<Cents>,
        reason: String,
    ) -> Result<Correction> {
        let customer = self.time_entry(request.caller, id).await?.customer_id;
        let actor = request.caller.may_at(customer, Doing::Agree)?;
        let contact = match actor {
            Actor::Contact(_, own, _) => own,
            _ => contact.ok_or_else(|| missing("contact_id", "the contact who agreed"))?,
        };
        let act = Act::InvoiceEntry { entry: id, contact, hourly_rate, reason };
        match self.submit(self.command(actor, request.key, Target::TimeEntry(id), act)).await? {
            Receipt::Correction(correction) => Ok(correction),
            other => Err(unexpected(&other)),
        }
    }

    /// The work of a customer that is to be invoiced, the newest first, before entry `before`.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn invoiceable(
        &self,
        caller: &Caller,
        customer: CustomerId,
        before: Option<TimeEntryId>,
        limit: i64,
    ) -> Result<Vec<Invoiceable>> {
        self.customer(caller, customer).await?;
        Ok(coverage::invoiceable(&mut self.db.reader().await?, customer, before, limit).await?)
    }
}
