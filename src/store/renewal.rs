//! Reads of a customer's consent to renewal (CARD-9).

use super::{Record, Result, Row, Statements, users::LinkFrom};
use crate::domain::{Consent, CustomerId};

/// Consent, and who gave and withdrew it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The consent.
    pub consent: Consent,
    /// Name of the owner who gave it.
    pub given_by_name: String,
    /// By whose link the owner's login was opened.
    pub link: Option<LinkFrom>,
    /// Name of the login that withdrew it.
    pub withdrawn_by_name: Option<String>,
}

impl Record for Given {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            consent: Consent::read(row)?,
            given_by_name: row.get("given_by_name")?,
            link: LinkFrom::read(row)?,
            withdrawn_by_name: row.get("withdrawn_by_name")?,
        })
    }
}

/// The consent of a customer that was given last, whether it still holds or not.
///
/// # Errors
/// What the database says.
pub async fn last(on: &mut impl Statements, customer: CustomerId) -> Result<Option<Given>> {
    on.query(
        "SELECT consents.*, contacts.name AS given_by_name, users.name AS withdrawn_by_name,
                linker.name AS link_name
         FROM consents
         JOIN contacts ON contacts.id = consents.contact_id
         LEFT JOIN users ON users.id = consents.withdrawn_by
         LEFT JOIN users AS linker ON linker.id = consents.link_by
         WHERE consents.customer_id = $1 ORDER BY given_at DESC, consents.id DESC LIMIT 1",
    )
    .bind(customer)
    .optional()
    .await
}
