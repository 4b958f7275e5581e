//! The installations of a customer: what cards can be bought for and tickets are about (CARD-8).

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Result, Service};
use crate::domain::{Act, CustomerId, Doing, Installation, InstallationId, Receipt, Target};
use crate::store::installations;

impl Service {
    /// The installations of a customer that were not removed, by name.
    ///
    /// # Errors
    /// Not found for somebody else's.
    pub async fn installations(&self, caller: &Caller, customer: CustomerId) -> Result<Vec<Installation>> {
        self.customer(caller, customer).await?;
        let mut found = installations::of(&mut self.db.reader().await?, customer).await?;
        found.retain(Installation::is_active);
        Ok(found)
    }

    /// Adds one; for owners and agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn add_installation(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        name: String,
    ) -> Result<Installation> {
        self.change_installation(request, customer, Act::AddInstallation { name }).await
    }

    /// Removes one; for owners and agents.
    ///
    /// # Errors
    /// As the rules and the role say.
    pub async fn remove_installation(
        &self,
        request: Request<'_>,
        customer: CustomerId,
        id: InstallationId,
    ) -> Result<Installation> {
        self.change_installation(request, customer, Act::RemoveInstallation(id)).await
    }

    async fn change_installation(&self, request: Request<'_>, customer: CustomerId, act: Act) -> Result<Installation> {
        let actor = request.caller.may_at(customer, Doing::ManageInstallations)?;
        match self.submit(self.command(actor, request.key, Target::Customer(customer), act)).await? {
            Receipt::Installation(installation) => Ok(installation),
            other => Err(unexpected(&other)),
        }
    }
}
