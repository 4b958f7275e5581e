//! The persons of a customer: who may see, who may spend, who manages (SPEND-1, SPEND-2, SPEND-6).

use super::{Created, Empty, Found, List, created, found, paging};
use crate::domain::{self, AskedVia, ContactId, CustomerId, Minutes, Role};
use crate::service::Error;
use crate::service::customers::{NewContact as New, WithLogin};
use crate::web::App;
use crate::web::extract::{Id, Ids, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// Name.
    #[schema(max_length = 200)]
    name: String,
    /// E-mail address, unique within the customer.
    #[schema(format = Email)]
    email: String,
    /// What they may do.
    role: Role,
    /// The most minutes they may agree to in one estimate; no ceiling when left out.
    #[schema(minimum = 1)]
    ceiling_minutes: Option<i64>,
    /// First day on which they may spend.
    #[schema(format = Date)]
    valid_from: Option<String>,
    /// Last day on which they may spend.
    #[schema(format = Date)]
    valid_until: Option<String>,
    /// Who of the customer asked for it; an agent must say so for an owner or a spender, once there is an owner
    /// (SPEND-2).
    #[schema(max_length = 200)]
    asked_by: Option<String>,
    /// How that was asked.
    asked_via: Option<AskedVia>,
}

impl NewContact {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let new = New {
            name: fields.line("name", &self.name),
            email: fields.email("email", &self.email),
            role: self.role,
            ceiling: self.ceiling_minutes.map(Minutes),
            valid_from: fields.date("valid_from", self.valid_from.as_deref()),
            valid_until: fields.date("valid_until", self.valid_until.as_deref()),
            asked_by: fields.optional_line("asked_by", self.asked_by.as_deref()),
            asked_via: self.asked_via,
        };
        fields.done()?;
        Ok(new)
    }
}

/// A person at a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    /// Identity.
    id: ContactId,
    /// The customer.
    customer_id: CustomerId,
    /// Name.
    name: String,
    /// E-mail address, lower case.
    email: String,
    /// What they may do.
    role: Role,
    /// The most minutes they may agree to in one estimate.
    ceiling_minutes: Option<Minutes>,
    /// First day on which they may spend.
    valid_from: Option<NaiveDate>,
    /// Last day on which they may spend.
    valid_until: Option<NaiveDate>,
    /// Who of the customer asked for it.
    asked_by: Option<String>,
    /// How that was asked.
    asked_via: Option<AskedVia>,
    /// When they were added.
    added_at: DateTime<Utc>,
}

impl From<domain::Contact> for Contact {
    fn from(contact: domain::Contact) -> Self {
        Self {
            id: contact.id,
            customer_id: contact.customer_id,
            name: contact.name,
            email: contact.email,
            role: contact.role,
            ceiling_minutes: contact.ceiling,
            valid_from: contact.valid_from,
            valid_until: contact.valid_until,
            asked_by: contact.asked_by,
            asked_via: contact.asked_via,
            added_at: contact.added_at,
        }
    }
}

/// A person at a customer, and whether they can log in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedContact {
    /// The person.
    #[serde(flatten)]
    contact: Contact,
    /// Whether they have a login.
    has_login: bool,
}

impl From<WithLogin> for ListedContact {
    fn from(row: WithLogin) -> Self {
        Self { has_login: row.user_id.is_some(), contact: row.contact.into() }
    }
}

/// Add a contact
///
/// For owners of the customer and agents (SPEND-2).
#[utoipa::path(post, path = "/api/v1/customers/{id}/contacts", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewContact, responses((status = 201, description = "The contact", body = Contact)))]
pub(super) async fn add(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewContact>,
) -> Created<Contact> {
    Ok(created(app.service.add_contact(new.request(), customer, new.body.read()?).await?))
}

/// List the contacts of a customer
///
/// Those that were not removed, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/customers/{id}/contacts", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of contacts", body = List<ListedContact>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<ListedContact>> {
    let (limit, after) = paging::<ContactId>(limit, cursor.as_deref())?;
    let mut rows = app.service.contacts(&caller, customer).await?;
    rows.retain(|row| Some(row.contact.id) > after);
    rows.sort_by_key(|row| row.contact.id);
    Ok(found(List::page(rows, limit, |row| row.contact.id.to_string())))
}

/// Remove a contact
///
/// Ends their authorisation at once, and their access to this customer (SPEND-6). Agreements they gave stay. For owners
/// of the customer and agents; repeated, it changes nothing.
#[utoipa::path(delete, path = "/api/v1/customers/{id}/contacts/{contact_id}", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer"),
        ("contact_id" = uuid::Uuid, Path, description = "The contact")),
    responses((status = 204, description = "The contact is removed")))]
pub(super) async fn remove(State(app): State<App>, Ids(ids): Ids, asked: Write<Empty>) -> Result<StatusCode, Problem> {
    let [customer, contact] = ids[..] else { return Err(Error::NotFound("contact").into()) };
    app.service.remove_contact(asked.request(), customer.into(), contact.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
