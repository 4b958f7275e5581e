//! A customer's leave to collect, and collections that are planned under it (PAY-2).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Error, Result, Service};
use crate::domain::{
    Act, Collection, CollectionId, CustomerId, Doing, InvoiceId, Mandate, MandateId, Receipt, Target, bank::Scheme,
    policy::Part,
};
use crate::store::mandates;
use chrono::NaiveDate;

/// A mandate to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMandate {
    /// Its reference; made from the customer's number when not told.
    pub reference: Option<String>,
    /// Under which scheme; the policy's when not told.
    pub scheme: Option<Scheme>,
    /// Day on which it was signed.
    pub signed_on: NaiveDate,
    /// In whose name the account is.
    pub debtor_name: String,
    /// The account, as typed.
    pub iban: String,
}

impl Service {
    /// Whether this provider collects by direct debit today (POL-3).
    #[must_use]
    pub fn collects(&self) -> bool {
        let today = self.policies.day(self.clock.now());
        self.policies.at(today).1.has(Part::Collection)
    }

    /// The mandates of a customer, the newest first, also those that ended.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn mandates(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<Mandate>> {
        self.customer(caller, customer).await?;
        Ok(mandates::of(&mut self.db.reader().await?, customer).await?)
    }

    /// The mandate under which invoices of a customer are collected today: the newest that holds.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn mandate_in_force(&self, caller: &Caller, customer: CustomerId) -> Result<Option<Mandate>> {
        if !self.collects() {
            return Ok(None);
        }
        let today = self.policies.day(self.clock.now());
        Ok(self.mandates(caller, customer).await?.into_iter().find(|mandate| mandate.holds_on(today)))
    }

    /// Records a mandate, which takes the place of the one before: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn record_mandate(&self, request: Request<'_>, customer: CustomerId, new: NewMandate) -> Result<Mandate> {
        request.caller.see(customer)?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        let NewMandate { reference, scheme, signed_on, debtor_name, iban } = new;
        let act = Act::RecordMandate { reference, scheme, signed_on, debtor_name, iban };
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Mandate(mandate) => Ok(*mandate),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends a mandate; one that has ended stays as it is. For finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn end_mandate(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        id: MandateId,
        reason: String,
    ) -> Result<Mandate> {
        let known = self.mandates(request.caller, customer).await?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        known.iter().find(|mandate| mandate.id == id).ok_or(Error::NotFound("mandate"))?;
        let act = Act::EndMandate { mandate: id, reason };
        match self.submit(self.command(actor, request.key, Target::Mandate(id), act)).await? {
            Receipt::Mandate(mandate) => Ok(*mandate),
            other => Err(unexpected(&other)),
        }
    }

    /// The account of a mandate, or its holder, is another: it goes on under the same reference. For finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn amend_mandate(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        id: MandateId,
        (debtor_name, iban): (Option<String>, String),
    ) -> Result<Mandate> {
        let known = self.mandates(request.caller, customer).await?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        known.iter().find(|mandate| mandate.id == id).ok_or(Error::NotFound("mandate"))?;
        let act = Act::AmendMandate { mandate: id, debtor_name, iban };
        match self.submit(self.command(actor, request.key, Target::Mandate(id), act)).await? {
            Receipt::Mandate(mandate) => Ok(*mandate),
            other => Err(unexpected(&other)),
        }
    }

    /// A collection that was planned and not sent is called off: for finance.
    ///
    /// # Errors
    /// As the rules and the role say; not found for somebody else's.
    pub async fn cancel_collection(
        &self,
        request: Request<'_>,
        id: CollectionId,
        reason: String,
    ) -> Result<Collection> {
        self.owner_of_collection(request.caller, id).await?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        let act = Act::CancelCollection { collection: id, reason };
        match self.submit(self.command(actor, request.key, Target::Collection(id), act)).await? {
            Receipt::Collection(cancelled) => Ok(*cancelled),
            other => Err(unexpected(&other)),
        }
    }

    /// Attempts to collect an invoice, the oldest first.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn collections_of(&self, caller: &Caller, invoice: InvoiceId) -> Result<Vec<Collection>> {
        Ok(self.invoice(caller, invoice).await?.collections)
    }

    /// What is open of an invoice is to be collected on a day: for finance.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn plan_collection(
        &self,
        request: Request<'_>,
        invoice: InvoiceId,
        collect_on: NaiveDate,
    ) -> Result<Collection> {
        self.hide_from_contacts(request.caller, invoice).await?;
        let actor = request.caller.may(Doing::KeepBooks)?;
        let act = Act::PlanCollection { invoice, collect_on };
        match self.submit(self.command(actor, request.key, Target::Invoice(invoice), act)).await? {
            Receipt::Collection(planned) => Ok(*planned),
            other => Err(unexpected(&other)),
        }
    }
}
