//! Arrears: who is late, pause, arrangement, reactivation fee, reminders (PAY-4).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Actor, ArrearsEvent, ArrearsEventKind, AskedVia, Cents, Collection, Customer, CustomerId, Doing, Invoice,
    InvoiceId, Key, Mandate, Payment, Receipt, Target,
};
pub use crate::store::arrears::{Happened, Late, WhichLate};
pub use crate::store::invoices::Owed as Reminder;
use crate::store::{arrears, customers, invoices};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// How many payments are shown to choose one from.
const PAYMENTS: i64 = 25;
/// How many reminders are marked as sent at once.
pub const MOST_REMINDERS: i64 = 200;

/// Where a customer stands with what it should have paid.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrearsView {
    /// The customer.
    pub customer: Customer,
    /// What should have been paid, reactivation fees left out: what ends a pause when it is paid.
    pub overdue: Cents,
    /// The invoices that are overdue, the oldest first, those of reactivation fees too.
    pub late: Vec<Invoice>,
    /// The last day of an arrangement that holds.
    pub arranged_until: Option<NaiveDate>,
    /// Why the account is paused, while it is.
    pub why_paused: Option<String>,
    /// What happened, the newest first; for staff.
    pub events: Vec<Happened>,
}

impl ArrearsView {
    /// Whether the account may be paused now.
    #[must_use]
    pub fn may_pause(&self) -> bool {
        self.overdue > Cents::ZERO && !self.customer.is_paused() && self.arranged_until.is_none()
    }
}

/// What finance looks up of a customer beside its arrears.
#[derive(Clone, Debug, PartialEq)]
pub struct MoneyFacts {
    /// Its mandates, the newest first.
    pub mandates: Vec<Mandate>,
    /// The latest payments of which something stands.
    pub payments: Vec<Payment>,
    /// Collections that were sent and not answered.
    pub unanswered: Vec<Collection>,
}

impl Service {
    /// Customers in arrears, the one that is late longest first, after `after` (due day and number): for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn arrears(
        &self,
        caller: &Caller,
        which: WhichLate,
        after: Option<(NaiveDate, i64)>,
        limit: i64,
    ) -> Result<Vec<Late>> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        Ok(arrears::list(&mut self.db.reader().await?, which, today, after, limit).await?)
    }

    /// Where a customer stands. What was written down about it is for staff.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn arrears_of(&self, caller: &Caller, customer: CustomerId) -> Result<ArrearsView> {
        caller.see(customer)?;
        let today = self.policies.day(self.clock.now());
        let mut on = self.db.snapshot().await?;
        let customer = customers::get(&mut on, customer).await?.ok_or(Error::NotFound("customer"))?;
        let mut late = invoices::of(&mut on, customer.id).await?;
        late.retain(|invoice| invoice.is_overdue(today));
        late.sort_by(|one, other| (one.due_on(), one.number()).cmp(&(other.due_on(), other.number())));
        let events = arrears::events(&mut on, customer.id).await?;
        let paused = events.iter().find(|row| row.event.kind == ArrearsEventKind::Paused);
        Ok(ArrearsView {
            overdue: late.iter().filter(|invoice| !invoice.is_reactivation()).map(Invoice::open).sum(),
            late,
            arranged_until: customer.arranged_until.filter(|until| *until >= today),
            why_paused: paused.filter(|_| customer.is_paused()).map(|row| row.event.reason.clone()),
            events: if caller.is_staff() { events } else { Vec::new() },
            customer,
        })
    }

    /// Mandates, payments and collections of a customer: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn money_facts(&self, caller: &Caller, customer: CustomerId) -> Result<MoneyFacts> {
        caller.see(customer)?;
        caller.may(Doing::KeepBooks)?;
        let mut on = self.db.snapshot().await?;
        Ok(MoneyFacts {
            mandates: arrears::mandates(&mut on, customer).await?,
            payments: arrears::payments(&mut on, customer, PAYMENTS).await?,
            unanswered: arrears::unanswered(&mut on, customer).await?,
        })
    }

    async fn step(&self, request: Request<'_>, customer: CustomerId, act: Act) -> Result<ArrearsEvent> {
        request.caller.see(customer)?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Arrears(event) => Ok(*event),
            other => Err(unexpected(&other)),
        }
    }

    /// Pauses the account of a customer in arrears: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn pause_account(&self, asks: Request<'_>, customer: CustomerId, reason: String) -> Result<ArrearsEvent> {
        self.step(asks, customer, Act::PauseAccount { reason }).await
    }

    /// The account goes on, although something may be overdue: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn resume_account(
        &self,
        asks: Request<'_>,
        customer: CustomerId,
        reason: String,
    ) -> Result<ArrearsEvent> {
        self.step(asks, customer, Act::ResumeAccount { reason }).await
    }

    /// Records an arrangement that was asked in writing and approved: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn arrange_payment(
        &self,
        asks: Request<'_>,
        customer: CustomerId,
        (until, asked_via): (NaiveDate, AskedVia),
        reason: String,
    ) -> Result<ArrearsEvent> {
        self.step(asks, customer, Act::Arrange { until, asked_via, reason }).await
    }

    /// Ends an arrangement before its day: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn end_arrangement(
        &self,
        asks: Request<'_>,
        customer: CustomerId,
        reason: String,
    ) -> Result<ArrearsEvent> {
        self.step(asks, customer, Act::EndArrangement { reason }).await
    }

    /// Charges a reactivation fee of `factor` monthly amounts: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn charge_reactivation(
        &self,
        asks: Request<'_>,
        customer: CustomerId,
        factor: Decimal,
        reason: String,
    ) -> Result<ArrearsEvent> {
        self.step(asks, customer, Act::ChargeReactivation { factor, reason }).await
    }

    /// Invoices of which a reminder is due by the policy's days, the one that is due longest first, after `after` (due day
    /// and number): for finance. Not those that are being collected, nor those of customers with an arrangement.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn reminders_due(
        &self,
        caller: &Caller,
        after: Option<(NaiveDate, String)>,
        limit: i64,
    ) -> Result<Vec<Reminder>> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        let rules = &self.policies.at(today).1.invoices;
        let mut on = self.db.reader().await?;
        let mut due = Vec::new();
        let before = |days: u32| today.checked_sub_days(Days::new(u64::from(days))).unwrap_or(today);
        for (sent, (count, days)) in (0..).zip(&rules.reminder_days).enumerate() {
            let (until, last) = (before(*days), before(rules.reminder_gap(sent)));
            due.extend(arrears::to_remind(&mut on, (count, until, last), today, after.clone(), limit).await?);
        }
        due.sort_by(|one, other| place(one).cmp(&place(other)));
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(due)
    }

    /// Marks the reminder after `sent` earlier ones of an invoice as sent, once however often it is asked: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn mark_reminder(&self, caller: &Caller, id: InvoiceId, sent: i64) -> Result<()> {
        let actor = caller.may(Doing::KeepBooks)?;
        self.mark_sent(actor, id, sent).await
    }

    /// Marks every reminder that is due as sent, at most [`MOST_REMINDERS`]: for finance. Gives how many.
    ///
    /// # Errors
    /// Forbidden for others; when the ledger cannot be reached.
    pub async fn mark_reminders(&self, caller: &Caller) -> Result<usize> {
        let actor = caller.may(Doing::KeepBooks)?;
        let due = self.reminders_due(caller, None, MOST_REMINDERS).await?;
        for owed in &due {
            let sent = owed.invoice.issued().map_or(0, |issued| issued.reminders);
            self.mark_sent(actor, owed.invoice.id, sent).await?;
        }
        Ok(due.len())
    }

    async fn mark_sent(&self, actor: Actor, id: InvoiceId, sent: i64) -> Result<()> {
        let key = format!("reminder {} of {id}", sent + 1);
        let key = Key { caller: "reminders".to_owned(), request: key.clone(), key };
        let command = self.command(actor, Some(key), Target::Invoice(id), Act::RemindInvoice(id));
        self.submit(command).await.map(drop)
    }
}

fn place(owed: &Reminder) -> (NaiveDate, &str) {
    (owed.invoice.due_on(), owed.invoice.number())
}
