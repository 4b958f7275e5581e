//! Orders and renewal on the customer's page (CARD-8, CARD-9).

use super::Values;
use crate::service::Result;
use crate::service::cards::Order;
use crate::web::fields::Fields;

/// What the form of an order asks for, once it is known which product.
///
/// # Errors
/// When the installation is not one.
pub fn read_order(values: &Values, product: String) -> Result<Order> {
    let mut fields = Fields::default();
    let installation =
        fields.optional("installation_id", values.filled("installation_id"), "expected one of the choices");
    fields.done()?;
    Ok(Order { product, installation, renew: values.filled("auto_renew").is_some() })
}
