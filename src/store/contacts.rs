//! Reads of the persons of a customer.

use super::{Record, Result, Row, Statements};
use crate::domain::{Contact, ContactId, CustomerId, UserId};
use chrono::NaiveDate;

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

/// An owner of a customer of which an owner's days end.
#[derive(Clone, Debug, PartialEq)]
pub struct EndingOwner {
    /// The owner.
    pub contact: Contact,
    /// Name of the customer.
    pub customer_name: String,
}

impl Record for EndingOwner {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { contact: Contact::read(row)?, customer_name: row.get("customer_name")? })
    }
}

/// The owners of all customers of which the days of one end on `until` or ended before it, by name of the customer.
///
/// # Errors
/// What the database says.
pub async fn ending_owners(on: &mut impl Statements, until: NaiveDate) -> Result<Vec<EndingOwner>> {
    on.query(
        "SELECT contacts.*, customers.name AS customer_name FROM contacts
         JOIN customers ON customers.id = contacts.customer_id
         WHERE contacts.role = 'owner' AND contacts.removed_at IS NULL AND contacts.customer_id IN
             (SELECT customer_id FROM contacts WHERE role = 'owner' AND removed_at IS NULL AND valid_until <= $1)
         ORDER BY customers.name, contacts.customer_id, contacts.id",
    )
    .bind(until)
    .all()
    .await
}
