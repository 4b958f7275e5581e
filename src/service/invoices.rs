//! Documents and the money for them: read, issued, credited, paid, set off, given back (PAY-1, PAY-5, CARD-7).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Allocation, Billing, Card, CardId, Cents, Collection, Customer, CustomerId, Doing, Invoice, InvoiceId,
    Minutes, MissingField, Payment, Receipt, Repayment, Target,
    command::{Crediting, NewLine, Receiving},
    decide::PaymentReceipt,
    definite::missing_for,
    iban::compact,
};
pub use crate::store::invoices::{Filter, Owed, PaidFor, Settled, Which};
use crate::store::{cards, customers, invoices};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Longer than any number of a document, in bytes.
const LONGEST: usize = 100;

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
    /// Of a credit note: the invoice that it credits.
    pub credited: Option<Invoice>,
    /// The card that it sold or gives back.
    pub card: Option<Card>,
}

/// Money of a customer, beside its documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    /// The newest payments, the newest first, also those that came undone.
    pub payments: Vec<Payment>,
    /// What they were for.
    pub paid_for: Vec<PaidFor>,
    /// What was given back lately, the newest first (PAY-5).
    pub repayments: Vec<Repayment>,
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
        let credited = match invoice.credits {
            Some(id) => invoices::get(&mut on, id).await?,
            None => None,
        };
        let card = match invoice.card_id {
            Some(id) => cards::get(&mut on, id).await?,
            None => None,
        };
        Ok(InvoiceView { invoice, buyer, settled, credit_notes, collections, credited, card })
    }

    /// The document with this number, payment reference or identity, as people type it.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn find_invoice(&self, caller: &Caller, text: &str) -> Result<Invoice> {
        let none = || Error::NotFound("invoice");
        let text = text.trim().to_uppercase();
        if text.is_empty() || text.len() > LONGEST || text.contains('\0') {
            return Err(none());
        }
        let mut on = self.db.reader().await?;
        let found = match text.parse() {
            Ok(id) => invoices::get(&mut on, id).await?,
            Err(_) => invoices::find(&mut on, &text, &compact(&text)).await?,
        };
        let found = found.ok_or_else(none)?;
        caller.see(found.customer_id).map_err(|_| none())?;
        if found.issued().is_none() && !caller.is_staff() { Err(none()) } else { Ok(found) }
    }

    /// A page of a customer's documents, the newest first, before `before`; drafts for staff only.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn invoices_page(
        &self,
        caller: &Caller,
        customer: CustomerId,
        before: Option<InvoiceId>,
        limit: i64,
    ) -> Result<Vec<Invoice>> {
        self.customer(caller, customer).await?;
        let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
        let mut on = self.db.reader().await?;
        Ok(invoices::page_of(&mut on, customer, &before, caller.is_staff(), limit).await?)
    }

    /// What a customer paid, and what it got back: the newest `limit` of each.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn money_of(&self, caller: &Caller, customer: CustomerId, limit: i64) -> Result<Money> {
        self.customer(caller, customer).await?;
        let mut on = self.db.snapshot().await?;
        let payments = invoices::payments_of(&mut on, customer, limit).await?;
        let paid_for = invoices::paid_for(&mut on, &payments).await?;
        let repayments = invoices::repayments_of(&mut on, customer, limit).await?;
        Ok(Money { payments, paid_for, repayments })
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
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        Ok(invoices::list(&mut self.db.reader().await?, filter, today, limit).await?)
    }

    /// Invoices that are not settled, the oldest number first, after `after`: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn open_invoices(&self, caller: &Caller, after: &str, limit: i64) -> Result<Vec<Owed>> {
        caller.may(Doing::KeepBooks)?;
        Ok(invoices::open(&mut self.db.reader().await?, after, limit).await?)
    }

    /// Orders and fees of a customer that wait for what is missing, the oldest first, with what that is now (PAY-1a): for all
    /// who see the customer.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn waiting_documents(
        &self,
        caller: &Caller,
        customer: CustomerId,
    ) -> Result<Vec<(Invoice, Vec<MissingField>)>> {
        let buyer = self.customer(caller, customer).await?;
        let mut found = invoices::of(&mut self.db.reader().await?, customer).await?;
        found.retain(Invoice::is_waiting);
        found.reverse();
        Ok(found.into_iter().map(|invoice| (invoice.clone(), self.missing_for(&buyer, invoice.gross))).collect())
    }

    /// What is missing today for a document of `gross` to this customer (PAY-1a).
    #[must_use]
    pub fn missing_for(&self, buyer: &Customer, gross: Cents) -> Vec<MissingField> {
        let today = self.policies.day(self.clock.now());
        missing_for(&self.policies.at(today).1.provider, buyer, gross)
    }

    /// Submits an act of finance that leaves a document.
    async fn document(&self, request: Request<'_>, target: Target, act: Act) -> Result<Invoice> {
        let actor = request.caller.may(Doing::KeepBooks)?;
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
        if !request.caller.is_staff() {
            let none = || Error::NotFound("card");
            let known = cards::get(&mut self.db.reader().await?, card).await?.ok_or_else(none)?;
            request.caller.see(known.customer_id).map_err(|_| none())?;
        }
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
        mut received: Receiving,
    ) -> Result<PaymentReceipt> {
        let mut named = BTreeSet::new();
        received.invoices.retain(|invoice| named.insert(*invoice));
        if let Target::Invoice(invoice) = target {
            self.hide_from_contacts(request.caller, invoice).await?;
        }
        let actor = request.caller.may(Doing::KeepBooks)?;
        match self.submit(self.command(actor, request.key, target, Act::RecordPayment(received))).await? {
            Receipt::Payment(receipt) => Ok(*receipt),
            other => Err(unexpected(&other)),
        }
    }

    /// Records money of a customer for the invoices it names; where it names none, for all that are open, the one that is
    /// due first first. For finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn record_payment_of(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        mut received: Receiving,
    ) -> Result<PaymentReceipt> {
        request.caller.see(customer)?;
        request.caller.may(Doing::KeepBooks)?;
        if received.invoices.is_empty() {
            let mut open = self.invoices_of(request.caller, customer).await?;
            open.retain(|invoice| invoice.open() > Cents::ZERO);
            open.sort_by_key(|invoice| (invoice.due_on(), invoice.number().to_owned()));
            received.invoices = open.iter().map(|invoice| invoice.id).collect();
        }
        self.record_payment(request, Target::Customer(customer), received).await
    }

    /// Sets what was paid too much against an invoice: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn set_off(&self, request: Request<'_>, invoice: InvoiceId) -> Result<Allocation> {
        self.hide_from_contacts(request.caller, invoice).await?;
        let actor = request.caller.may(Doing::KeepBooks)?;
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
        let actor = request.caller.may(Doing::KeepBooks)?;
        let act = Act::Repay { amount, paid_on, note, bank_line: None };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Repayment(repayment) => Ok(repayment),
            other => Err(unexpected(&other)),
        }
    }

    /// Where documents of a customer are addressed to; nothing until it is told.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn billing(&self, caller: &Caller, customer: CustomerId) -> Result<Billing> {
        let known = self.customer(caller, customer).await?;
        let monthly_amount = known.monthly();
        Ok(Billing { monthly_amount, ..known.billing.unwrap_or_default() })
    }

    /// Where documents of a customer are addressed to: for its owners, and for finance and agents. Only finance changes
    /// what it pays per month (PAY-4).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn set_billing(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        mut billing: Billing,
    ) -> Result<Billing> {
        let actor = request.caller.may_at(customer, Doing::ChangeBilling)?;
        if !request.caller.is_finance() {
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
    pub(super) async fn hide_from_contacts(&self, caller: &Caller, invoice: InvoiceId) -> Result<()> {
        if !caller.is_staff() {
            self.invoice(caller, invoice).await?;
        }
        Ok(())
    }
}
