//! The installations of a customer: what cards can be bought for and tickets are about (CARD-8).

use super::{Created, Empty, Found, List, created, found, paging};
use crate::domain::{self, CustomerId, InstallationId};
use crate::service::Error;
use crate::web::App;
use crate::web::extract::{Id, Ids, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An installation to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstallation {
    /// What the customer calls it, unique within the customer.
    #[schema(examples("dorpsschool.example"), max_length = 200)]
    name: String,
}

/// An installation, such as a website.
#[derive(Debug, Serialize, ToSchema)]
pub struct Installation {
    /// Identity.
    id: InstallationId,
    /// Whose it is.
    customer_id: CustomerId,
    /// What the customer calls it.
    name: String,
    /// When it was added.
    added_at: DateTime<Utc>,
}

impl From<domain::Installation> for Installation {
    fn from(row: domain::Installation) -> Self {
        Self { id: row.id, customer_id: row.customer_id, name: row.name, added_at: row.added_at }
    }
}

/// Add an installation
///
/// For owners of the customer and agents.
#[utoipa::path(post, path = "/api/v1/customers/{id}/installations", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewInstallation, responses((status = 201, description = "The installation", body = Installation)))]
pub(super) async fn add(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewInstallation>,
) -> Created<Installation> {
    let mut fields = Fields::default();
    let name = fields.line("name", &new.body.name);
    fields.done()?;
    Ok(created(app.service.add_installation(new.request(), customer, name).await?))
}

/// List the installations of a customer
///
/// Those that were not removed, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/customers/{id}/installations", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of installations", body = List<Installation>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<Installation>> {
    let (limit, after) = paging::<InstallationId>(limit, cursor.as_deref())?;
    let mut rows = app.service.installations(&caller, customer).await?;
    rows.retain(|row| Some(row.id) > after);
    rows.sort_by_key(|row| row.id);
    Ok(found(List::page(rows, limit, |row| row.id.to_string())))
}

/// Remove an installation
///
/// Refused while cards have minutes for it. For owners of the customer and agents; repeated, it changes nothing.
#[utoipa::path(delete, path = "/api/v1/customers/{id}/installations/{installation_id}", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer"),
        ("installation_id" = uuid::Uuid, Path, description = "The installation")),
    responses((status = 204, description = "The installation is removed")))]
pub(super) async fn remove(State(app): State<App>, Ids(ids): Ids, asked: Write<Empty>) -> Result<StatusCode, Problem> {
    let [customer, installation] = ids[..] else { return Err(Error::NotFound("installation").into()) };
    app.service.remove_installation(asked.request(), customer.into(), installation.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
