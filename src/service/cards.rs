//! Cards are sold and paid; invoices are read.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Card, Cents, CustomerId, InstallationId, Invoice, InvoiceId, Minutes, Payment, PaymentMethod, Receipt, Role,
    Target,
};
use crate::store::cards::Sold;
use crate::store::invoices::Owed;
use crate::store::{cards, customers, invoices};
use chrono::NaiveDate;

/// A card to be ordered.
#[derive(Clone, Debug)]
pub struct Order {
    /// The product's id.
    pub product: String,
    /// For which installation; none for all of them (CARD-8).
    pub installation: Option<InstallationId>,
    /// The owner consents to renewal with it (CARD-9).
    pub renew: bool,
}

impl Order {
    /// An order for all installations, without consent.
    #[must_use]
    pub const fn of(product: String) -> Self {
        Self { product, installation: None, renew: false }
    }
}

/// An invoice with what a page or the API shows beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceView {
    /// The invoice.
    pub invoice: Invoice,
    /// Who owes.
    pub buyer: crate::domain::Customer,
    /// The product that was sold.
    pub product: String,
    /// How many minutes that is.
    pub minutes: Minutes,
    /// What was paid.
    pub payments: Vec<Payment>,
}

impl Service {
    /// Orders a card: for owners, agents and finance (SPEND-1).
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn order_card(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        order: Order,
    ) -> Result<(Card, Option<Invoice>)> {
        let actor = request.caller.require(customer, &[Role::Owner], true)?;
        let Order { product, installation, renew } = order;
        let act = Act::OrderCard { product, installation, renew };
        let command = self.command(actor, request.key, Target::Customer(customer), act);
        match self.submit(command).await? {
            Receipt::Card(card, invoice) => Ok((card, invoice)),
            other => Err(unexpected(&other)),
        }
    }

    /// Records money that came in: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; a contact does not learn whether the invoice exists.
    pub async fn record_payment(
        &self,
        request: Request<'_>,
        invoice: InvoiceId,
        amount: Cents,
        paid_on: NaiveDate,
        method: PaymentMethod,
    ) -> Result<Payment> {
        if !request.caller.is_staff() {
            self.invoice(request.caller, invoice).await?;
        }
        let actor = request.caller.staff(request.caller.is_finance())?;
        let act = Act::RecordPayment { invoice, amount, paid_on, method };
        match self.submit(self.command(actor, request.key, Target::Invoice(invoice), act)).await? {
            Receipt::Payment(payment) => Ok(payment),
            other => Err(unexpected(&other)),
        }
    }

    /// One invoice with its payments.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn invoice(&self, caller: &Caller, id: InvoiceId) -> Result<InvoiceView> {
        let mut on = self.db.snapshot().await?;
        let invoice = invoices::get(&mut on, id).await?.ok_or(Error::NotFound("invoice"))?;
        caller.see(invoice.customer_id).map_err(|_| Error::NotFound("invoice"))?;
        let (product, minutes) = invoices::subject(&mut on, invoice.card_id).await?;
        let payments = invoices::payments(&mut on, id).await?;
        let buyer = customers::get(&mut on, invoice.customer_id).await?.ok_or(Error::NotFound("customer"))?;
        Ok(InvoiceView { invoice, buyer, product, minutes, payments })
    }

    /// The invoices of a customer, the newest first.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn invoices_of(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<Invoice>> {
        caller.see(customer)?;
        Ok(invoices::of(&mut self.db.reader().await?, customer).await?)
    }

    /// Invoices that are not fully paid, the oldest first, after number `after`: for staff.
    ///
    /// # Errors
    /// Forbidden for contacts.
    pub async fn open_invoices(&self, caller: &Caller, after: &str, limit: i64) -> Result<Vec<Owed>> {
        caller.staff(caller.is_finance())?;
        Ok(invoices::open(&mut self.db.reader().await?, after, limit).await?)
    }

    /// Cards that were sold, the newest first, before invoice number `before`: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn cards_sold(&self, caller: &Caller, before: Option<&str>, limit: i64) -> Result<Vec<Sold>> {
        caller.staff(caller.is_finance())?;
        Ok(cards::sold(&mut self.db.reader().await?, before, limit).await?)
    }
}
