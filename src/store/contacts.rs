//! Reads of the persons of a customer.

use super::{Record, Result, Row, Statements};
use crate::domain::{Contact, ContactId, CustomerId, UserId};

/// A contact, and whether it has a login.
#[derive(Clone, Debug, PartialEq)]
pub struct WithLogin {
    /// The contact.
    pub contact: Contact,
    /// Its login, once an invitation was accepted.
    pub user_id: Option<UserId>,
    /// Name of who added it; none for the service itself.
    pub added_by_name: Option<String>,
}

impl Record for WithLogin {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            contact: Contact::read(row)?,
            user_id: row.get("user_id")?,
            added_by_name: row.get("added_by_name")?,
        })
    }
}

/// The persons of a customer that were not removed, owners first, then by name.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<WithLogin>> {
    on.query(
        "SELECT contacts.*, contact_logins.user_id, users.name AS added_by_name FROM contacts
         LEFT JOIN contact_logins ON contact_id = contacts.id
         LEFT JOIN users ON users.id = added_by
         WHERE customer_id = $1 AND removed_at IS NULL
         ORDER BY CASE contacts.role WHEN 'owner' THEN 1 WHEN 'spender' THEN 2 ELSE 3 END, contacts.name",
    )
    .bind(customer)
    .all()
    .await
}

/// One contact, also a removed one.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: ContactId) -> Result<Option<Contact>> {
    on.query("SELECT * FROM contacts WHERE id = $1").bind(id).optional().await
}

/// What a login is contact of.
///
/// # Errors
/// What the database says.
pub async fn of_login(on: &mut impl Statements, user: UserId) -> Result<Vec<Contact>> {
    on.query(
        "SELECT contacts.* FROM contact_logins JOIN contacts ON id = contact_id
         WHERE user_id = $1 AND removed_at IS NULL ORDER BY customer_id",
    )
    .bind(user)
    .all()
    .await
}
