//! The installations of a customer: added, removed, and named by cards and tickets (CARD-8).

use super::{Case, Receipt, customers::invalid};
use crate::domain::{Card, Installation, InstallationId, Minutes, Refusal, policy::Product};

impl Case<'_> {
    pub(super) fn add_installation(&mut self, name: &str) -> Result<Receipt, Refusal> {
        let name = name.trim();
        let taken = |other: &Installation| other.name.to_lowercase() == name.to_lowercase();
        if self.active_installations().any(taken) {
            return Err(Refusal::InstallationExists { name: name.to_owned() });
        }
        let installation = Installation {
            id: self.draft.fresh.id(),
            customer_id: self.customer().id,
            name: name.to_owned(),
            added_at: self.recorded_at(),
            added_by: self.actor().user(),
            removed_at: None,
            removed_by: None,
        };
        self.draft.changes.installations.insert(installation.id, installation.clone());
        Ok(Receipt::Installation(installation))
    }

    /// One that cards still have minutes for stays: nothing could use those any more.
    pub(super) fn remove_installation(&mut self, id: InstallationId) -> Result<Receipt, Refusal> {
        let bought_for = self.draft.cards().filter(|card| card.installation_id == Some(id));
        let left: Minutes = bought_for.map(minutes_to_come).sum();
        let (at, by) = (self.recorded_at(), self.actor().user());
        let installation = self.draft.installation_mut(id).ok_or(Refusal::NotFound("installation"))?;
        if installation.is_active() {
            if left.is_positive() {
                return Err(Refusal::InstallationInUse { left });
            }
            installation.removed_at = Some(at);
            installation.removed_by = by;
        }
        Ok(Receipt::Installation(installation.clone()))
    }

    fn active_installations(&self) -> impl Iterator<Item = &Installation> {
        self.draft.installations().filter(|installation| installation.is_active())
    }

    fn check_installation(&self, id: InstallationId) -> Result<InstallationId, Refusal> {
        let known = self.active_installations().any(|installation| installation.id == id);
        known.then_some(id).ok_or_else(|| invalid("installation_id", "expected an installation of this customer"))
    }

    /// What a ticket is about: as told, or the only one there is.
    pub(super) fn place_of_ticket(&self, told: Option<InstallationId>) -> Result<Option<InstallationId>, Refusal> {
        if let Some(id) = told {
            return self.check_installation(id).map(Some);
        }
        let mut all = self.active_installations();
        Ok(all.next().map(|only| only.id).filter(|_| all.next().is_none()))
    }

    /// What a card is bought for: as told; not telling it is for products that pay for all installations.
    pub(super) fn place_of_card(
        &self,
        product: &Product,
        told: Option<InstallationId>,
    ) -> Result<Option<InstallationId>, Refusal> {
        match told {
            Some(id) => self.check_installation(id).map(Some),
            None if product.scope.per_installation => {
                Err(invalid("installation_id", "expected the installation that this card is bought for"))
            }
            None => Ok(None),
        }
    }

    /// The name of an installation, for a person to read.
    pub(super) fn name_of(&self, id: InstallationId) -> String {
        self.draft.installation(id).map_or_else(|| id.to_string(), |installation| installation.name.clone())
    }
}

/// What a card has left or will have once it is paid for.
fn minutes_to_come(card: &Card) -> Minutes {
    if card.activated_on.is_none() { card.minutes } else { card.left() + card.frozen }
}
