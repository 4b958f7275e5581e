//! Documents and the money for them: read, issued, credited, paid, set off, given back (PAY-1, PAY-5, CARD-7).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Allocation, Billing, CardId, Cents, Collection, Customer, CustomerId, Invoice, InvoiceId, Minutes, Receipt,
    Repayment, Role, Target,
    command::{Crediting, NewLine, Receiving},
    decide::PaymentReceipt,
};
pub use crate::store::invoices::{Filter, Owed, Settled};
use crate::store::{customers, invoices};
use chrono::NaiveDate;

/// A document with what a page or the API shows beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceView {
    /// The document.
    pub invoice: Invoice,
    /// Whose.
    pub buyer: Customer,
    /// What settled it, the oldest first.
    pub settled: Vec<Settled>,
    /// Credit notes for it, the oldest first.
    pub credit_notes: Vec<Invoice>,
    /// Attempts to collect it, the oldest first.
    pub collections: Vec<Collection>,
}

impl Service {
    /// A document with what settled it. Contacts see what was issued.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn invoice(&self, caller: &Caller, id: InvoiceId) -> Result<InvoiceView> {
        let mut on = self.db.snapshot().await?;
        let invoice = invoices::get(&mut on, id).await?.ok_or(Error::NotFound("invoice"))?;
        caller.see(invoice.customer_id).map_err(|_| Error::NotFound("invoice"))?;
        if invoice.issued().is_none() && !caller.is_staff() {
            return Err(Error::NotFound("invoice"));
        }
        let settled = invoices::settled(&mut on, id).await?;
        let credit_notes = invoices::credit_notes(&mut on, id).await?;
        let collections = invoices::collections(&mut on, id).await?;
        let buyer = customers::get(&mut on, invoice.customer_id).await?.ok_or(Error::NotFound("customer"))?;
        Ok(InvoiceView { invoice, buyer, settled, credit_notes, collections })
    }

    /// The documents of a customer, the newest first; drafts for staff only.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn invoices_of(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<Invoice>> {
        caller.see(customer)?;
        let mut found = invoices::of(&mut self.db.reader().await?, customer).await?;
        found.retain(|invoice| invoice.issued().is_some() || caller.is_staff());
        Ok(found)
    }

    /// Documents of all customers, by what is asked: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn invoices(&self, caller: &Caller, filter: &Filter, limit: i64) -> Result<Vec<Owed>> {
        caller.staff(caller.is_finance())?;
        let today = self.policies.day(self.clock.now());
        Ok(invoices::list(&mut self.db.reader().await?, filter, today, limit).await?)
    }

    /// Invoices that are not settled, the oldest number first, after `after`: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn open_invoices(&self, caller: &Caller, after: &str, limit: i64) -> Result<Vec<Owed>> {
        caller.staff(caller.is_finance())?;
        Ok(invoices::open(&mut self.db.reader().await?, after, limit).await?)
    }

    /// Submits an act of finance that leaves a document.
    async fn document(&self, request: Request<'_>, target: Target, act: Act) -> Result<Invoice> {
        let actor = request.caller.staff(request.caller.is_finance())?;
        match self.submit(self.command(actor, request.key, target, act)).await? {
            Receipt::Invoice(invoice) => Ok(*invoice),
            other => Err(unexpected(&other)),
        }
    }

    /// A draft becomes an invoice: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn issue_invoice(&self, request: Request<'_>, id: InvoiceId) -> Result<Invoice> {
        self.hide_from_contacts(request.caller, id).await?;
        self.document(request, Target::Invoice(id), Act::IssueInvoice(id)).await
    }

    /// Credits an invoice, whole or in part: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn credit_invoice(
        &self,
        request: Request<'_>,
        id: InvoiceId,
        crediting: Crediting,
        reason: String,
    ) -> Result<Invoice> {
        self.hide_from_contacts(request.caller, id).await?;
        self.document(request, Target::Invoice(id), Act::CreditInvoice { invoice: id, crediting, reason }).await
    }

    /// Gives unspent minutes of a card back for money: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn refund_card(
        &self,
        request: Request<'_>,
        card: CardId,
        minutes: Option<Minutes>,
        reason: String,
    ) -> Result<Invoice> {
        self.document(request, Target::Card(card), Act::RefundCard { card, minutes, reason }).await
    }

    /// Writes a line on the customer's draft: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn write_line(&self, request: Request<'_>, customer: CustomerId, line: NewLine) -> Result<Invoice> {
        request.caller.see(customer)?;
        self.document(request, Target::Customer(customer), Act::WriteLine(line)).await
    }

    /// Takes a line that was written by hand off a draft: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn erase_line(&self, request: Request<'_>, invoice: InvoiceId, line: usize) -> Result<Invoice> {
        self.hide_from_contacts(request.caller, invoice).await?;
        self.document(request, Target::Invoice(invoice), Act::EraseLine { invoice, line }).await
    }

    /// Notes that a reminder was sent: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn remind_invoice(&self, request: Request<'_>, id: InvoiceId) -> Result<Invoice> {
        self.hide_from_contacts(request.caller, id).await?;
        self.document(request, Target::Invoice(id), Act::RemindInvoice(id)).await
    }

    /// Records money that came in, for one invoice or several: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether an invoice exists.
    pub async fn record_payment(
        &self,
        request: Request<'_>,
        target: Target,
        received: Receiving,
    ) -> Result<PaymentReceipt> {
        if let Target::Invoice(invoice) = target {
            self.hide_from_contacts(request.caller, invoice).await?;
        }
        let actor = request.caller.staff(request.caller.is_finance())?;
        match self.submit(self.command(actor, request.key, target, Act::RecordPayment(received))).await? {
            Receipt::Payment(receipt) => Ok(*receipt),
            other => Err(unexpected(&other)),
        }
    }

    /// Sets what was paid too much against an invoice: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn set_off(&self, request: Request<'_>, invoice: InvoiceId) -> Result<Allocation> {
        self.hide_from_contacts(request.caller, invoice).await?;
        let actor = request.caller.staff(request.caller.is_finance())?;
        let command = self.command(actor, request.key, Target::Invoice(invoice), Act::SetOff(invoice));
        match self.submit(command).await? {
            Receipt::Allocation(allocation) => Ok(allocation),
            other => Err(unexpected(&other)),
        }
    }

    /// Records that money was given back (PAY-5): for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn repay(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        amount: Cents,
        paid_on: NaiveDate,
        note: Option<String>,
    ) -> Result<Repayment> {
        request.caller.see(customer)?;
        let actor = request.caller.staff(request.caller.is_finance())?;
        let act = Act::Repay { amount, paid_on, note, bank_line: None };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Repayment(repayment) => Ok(repayment),
            other => Err(unexpected(&other)),
        }
    }

    /// Where documents of a customer are addressed to: for its owners, and for finance and agents. Only staff changes what
    /// it pays per month.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn set_billing(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        mut billing: Billing,
    ) -> Result<Billing> {
        let actor = request.caller.require(customer, &[Role::Owner], true)?;
        if !request.caller.is_staff() {
            let known = self.customer(request.caller, customer).await?;
            billing.monthly_amount = known.billing.and_then(|billing| billing.monthly_amount);
        }
        match self
            .submit(self.command(actor, request.key, Target::Customer(customer), Act::SetBilling(billing)))
            .await?
        {
            Receipt::Billing(billing) => Ok(*billing),
            other => Err(unexpected(&other)),
        }
    }

    /// A contact gets "not found" for what is not its own before it gets "forbidden" for what is.
    async fn hide_from_contacts(&self, caller: &Caller, invoice: InvoiceId) -> Result<()> {
        if !caller.is_staff() {
            self.invoice(caller, invoice).await?;
        }
        Ok(())
    }
}
