//! What the provider's own pages show: a ticket with everything on it, a ticket by its number, what is owed in all.

use super::access::Caller;
use super::balance::AsOf;
use super::{Error, Result, Service};
use crate::domain::{Cents, Contact, Customer, Doing, Minutes, Ticket, TicketId};
use crate::store::{contacts, coverage, estimates, invoices, tickets, time_entries};
use chrono::NaiveDate;

pub use crate::store::cards::Sold;
pub use crate::store::contacts::WithLogin;
pub use crate::store::coverage::Shown as ShownDecision;
pub use crate::store::estimates::Shown as ShownEstimate;
pub use crate::store::invoices::Owed;
pub use crate::store::tickets::{Filter, Happened, OnDesk, Standing};
pub use crate::store::time_entries::{Corrected, Shown as ShownEntry};
pub use crate::store::users::{Invitation, Purpose, StaffRole, Token, User};

/// The most entries that the page of a ticket shows.
const ENTRIES: i64 = 200;
/// The most events.
const EVENTS: i64 = 200;

/// A ticket with everything on it.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Whose it is, with what is left now.
    pub customer: Customer,
    /// Who asked, also when that person has left.
    pub requester: Option<Contact>,
    /// The persons of the customer.
    pub contacts: Vec<Contact>,
    /// Its estimates, the oldest first.
    pub estimates: Vec<ShownEstimate>,
    /// Its newest entries, the newest first.
    pub entries: Vec<ShownEntry>,
    /// What corrected its entries: reversals, covers, gifts; the oldest first.
    pub corrections: Vec<Corrected>,
    /// The decisions about who pays, the newest first.
    pub decisions: Vec<ShownDecision>,
    /// What happened to it, the oldest first; notes only for staff.
    pub events: Vec<Happened>,
    /// The local day.
    pub today: NaiveDate,
}

impl TicketView {
    /// Minutes that its open agreements still hold.
    #[must_use]
    pub fn held(&self) -> Minutes {
        self.estimates.iter().map(|shown| shown.estimate.held).sum()
    }
}

impl Service {
    /// A ticket with everything on it.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn ticket_view(&self, caller: &Caller, id: TicketId) -> Result<TicketView> {
        let ticket = self.ticket(caller, id).await?;
        let customer = self.balance(caller, ticket.customer_id, AsOf::Now).await?.customer;
        let today = self.policies.day(self.clock.now());
        let mut on = self.db.snapshot().await?;
        let requester = match ticket.requester_id {
            Some(id) => contacts::get(&mut on, id).await?,
            None => None,
        };
        let contacts = contacts::of(&mut on, customer.id).await?.into_iter().map(|found| found.contact).collect();
        let estimates = estimates::of_ticket(&mut on, id).await?;
        let entries = time_entries::of_ticket(&mut on, id, ENTRIES).await?;
        let corrections = time_entries::corrections(&mut on, id).await?;
        let decisions = coverage::of_ticket(&mut on, id).await?;
        let events = tickets::events(&mut on, id, caller.is_staff(), EVENTS).await?;
        Ok(TicketView {
            ticket,
            customer,
            requester,
            contacts,
            estimates,
            entries,
            corrections,
            decisions,
            events,
            today,
        })
    }

    /// A ticket by the number that people say.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn ticket_by_number(&self, caller: &Caller, number: i64) -> Result<Ticket> {
        let found = tickets::by_number(&mut self.db.reader().await?, number).await?;
        let ticket = found.ok_or(Error::NotFound("ticket"))?;
        caller.see(ticket.customer_id).map_err(|_| Error::NotFound("ticket"))?;
        Ok(ticket)
    }

    /// What is still to be paid on all invoices, and how much of it is overdue: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn owed(&self, caller: &Caller) -> Result<(Cents, Cents)> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        Ok(invoices::owed(&mut self.db.reader().await?, today).await?)
    }

    /// The contacts who could agree to `minutes` right now (SPEND-1).
    #[must_use]
    pub fn may_agree<'c>(&self, contacts: &'c [Contact], minutes: Minutes) -> Vec<&'c Contact> {
        let now = self.clock.now();
        let today = self.policies.day(now);
        let policy = self.policies.at(today).1;
        contacts.iter().filter(|contact| contact.may_spend(minutes, now, today, policy).is_ok()).collect()
    }
}
