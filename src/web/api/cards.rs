//! Cards are ordered. What is left of them is told by the balance.

use super::billing::NewBilling;
use super::{Amount, Created, created};
use crate::domain::{Card, CardId, CardStatus, CustomerId, InstallationId, Invoice, InvoiceId, Minutes, MissingField};
use crate::service::cards::Order;
use crate::web::App;
use crate::web::extract::{Id, Write};
use crate::web::fields::Fields;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A card to be ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    /// A product of the policy, such as `10h`; `7h` or `32s` where any number of hours or strips is for sale.
    #[schema(examples("10h"), max_length = 200)]
    product: String,
    /// The installation that it is bought for; needed where the policy sells cards per installation (CARD-8).
    installation_id: Option<InstallationId>,
    /// The owner consents that cards are ordered again when they are used up (CARD-9); only an owner can.
    #[serde(default)]
    auto_renew: bool,
    /// Where its invoice goes, as far as that is not known yet: what is told here is taken over into the billing details
    /// (PAY-1a).
    billing: Option<NewBilling>,
}

/// A card as it was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderedCard {
    /// Identity.
    id: CardId,
    /// `ordered` until it is paid, or `active` at once where the policy says so (CARD-3).
    status: CardStatus,
    /// What the order granted: 0 minutes until the card is active.
    granted_minutes: Minutes,
    /// Price ex VAT, as sold (CARD-1).
    price: Amount,
    /// The invoice that it is paid by.
    invoice_id: Option<InvoiceId>,
    /// Why that invoice waits as a draft (PAY-1a); empty when it was issued. It is issued once the billing details are complete.
    missing: Vec<MissingField>,
}

impl From<(Card, Option<Invoice>)> for OrderedCard {
    fn from((card, invoice): (Card, Option<Invoice>)) -> Self {
        let status = if card.activated_at.is_some() { CardStatus::Active } else { CardStatus::Ordered };
        Self {
            id: card.id,
            status,
            granted_minutes: card.granted,
            price: Amount(card.price),
            invoice_id: card.invoice_id,
            missing: invoice.map(|invoice| invoice.waits_for).unwrap_or_default(),
        }
    }
}

/// Order a card
///
/// Makes a numbered invoice; the card is active once the invoice is fully paid (CARD-3). Without the buyer's address it waits
/// as a draft that names what is `missing` (PAY-1a). For owners of the customer and staff.
#[utoipa::path(post, path = "/api/v1/customers/{id}/cards", tag = "cards",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewCard, responses((status = 201, description = "The card, as ordered", body = OrderedCard)))]
pub(super) async fn order(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewCard>,
) -> Created<OrderedCard> {
    let mut fields = Fields::default();
    let product = fields.line("product", &new.body.product);
    let billing = new.body.billing.as_ref().map(|billing| Box::new(billing.read_into(&mut fields)));
    fields.done()?;
    let order = Order { product, installation: new.body.installation_id, renew: new.body.auto_renew, billing };
    Ok(created(app.service.order_card(new.request(), customer, order).await?))
}
