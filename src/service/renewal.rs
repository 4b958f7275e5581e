//! An owner consents to renewal of used-up cards, or no longer does; and what owners were told (CARD-9).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::ledger::Failure;
use super::{Error, Result, Service};
use crate::domain::{Act, Consent, CustomerId, Doing, Notice, Receipt, Refusal, Target};
pub use crate::store::renewal::Given;
use crate::store::{notices, renewal};
use chrono::Duration;

/// For how long something that was told stays on the page.
const TOLD_FOR: Duration = Duration::days(60);

impl Service {
    /// Whether the provider orders used-up cards again where an owner consents, today.
    #[must_use]
    pub fn renews(&self) -> bool {
        let today = self.policies.day(self.clock.now());
        self.policies.at(today).1.cards.as_ref().is_some_and(|terms| terms.auto_renew)
    }

    /// The consent that was given last, whether it still holds or not.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn renewal(&self, caller: &Caller, customer: CustomerId) -> Result<Option<Given>> {
        self.customer(caller, customer).await?;
        Ok(renewal::last(&mut self.db.reader().await?, customer).await?)
    }

    /// Consents; for owners, who are logged in.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn give_consent(&self, request: Request<'_>, customer: CustomerId) -> Result<Consent> {
        let actor = request.caller.may_at(customer, Doing::GiveConsent)?;
        self.change_consent(self.command(actor, request.key, Target::Customer(customer), Act::GiveConsent)).await
    }

    /// Consents no longer; for owners, and for agents whom one asked. Repeated, it changes nothing.
    ///
    /// # Errors
    /// As the role says.
    pub async fn withdraw_consent(&self, request: Request<'_>, customer: CustomerId) -> Result<()> {
        let actor = request.caller.may_at(customer, Doing::WithdrawConsent)?;
        let command = self.command(actor, request.key, Target::Customer(customer), Act::WithdrawConsent);
        match self.change_consent(command).await {
            Ok(_) | Err(Error::NotFound("consent") | Error::Ledger(Failure::Refused(Refusal::NotFound("consent")))) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn change_consent(&self, command: crate::domain::Command) -> Result<Consent> {
        match self.submit(command).await? {
            Receipt::Consent(consent) => Ok(consent),
            other => Err(unexpected(&other)),
        }
    }

    /// What the owner was told about cards lately, the newest first.
    ///
    /// # Errors
    /// Not found for somebody else's customer.
    pub async fn notices(&self, caller: &Caller, customer: CustomerId, limit: i64) -> Result<Vec<Notice>> {
        self.customer(caller, customer).await?;
        let since = self.clock.now() - TOLD_FOR;
        Ok(notices::since(&mut self.db.reader().await?, customer, since, limit).await?)
    }
}
