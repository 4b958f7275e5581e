//! Cards are sold.

use super::access::{Caller, Request};
use super::customers::unexpected;
use super::{Result, Service};
use crate::domain::{Act, Billing, Card, CustomerId, Doing, InstallationId, Invoice, Receipt, Target};
use crate::store::cards;
use crate::store::cards::Sold;

/// A card to be ordered.
#[derive(Clone, Debug)]
pub struct Order {
    /// The product's id.
    pub product: String,
    /// For which installation; none for all of them (CARD-8).
    pub installation: Option<InstallationId>,
    /// The owner consents to renewal with it (CARD-9).
    pub renew: bool,
    /// Where its invoice goes, as far as the order tells (PAY-1a).
    pub billing: Option<Box<Billing>>,
}

impl Order {
    /// An order for all installations, without consent.
    #[must_use]
    pub const fn of(product: String) -> Self {
        Self { product, installation: None, renew: false, billing: None }
    }
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
        let actor = request.caller.may_at(customer, Doing::Order)?;
        let Order { product, installation, renew, billing } = order;
        let act = Act::OrderCard { product, installation, renew, billing };
        let command = self.command(actor, request.key, Target::Customer(customer), act);
        match self.submit(command).await? {
            Receipt::Card(card, invoice) => Ok((*card, invoice.map(|invoice| *invoice))),
            other => Err(unexpected(&other)),
        }
    }

    /// Cards that were sold, the newest first, before invoice number `before`: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn cards_sold(&self, caller: &Caller, before: Option<&str>, limit: i64) -> Result<Vec<Sold>> {
        caller.may(Doing::KeepBooks)?;
        Ok(cards::sold(&mut self.db.reader().await?, before, limit).await?)
    }
}
