//! Customers.

use super::{Amount, Created, Found, List, created, found, paging};
use crate::domain::{self, Cents, CustomerId, Locale};
use crate::service::customers::NewCustomer as New;
use crate::web::App;
use crate::web::extract::{Id, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A customer to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// Name of the organisation.
    #[schema(max_length = 200)]
    name: String,
    /// Where mail goes.
    #[schema(format = Email)]
    email: String,
    /// Language of mails and invoices; Dutch when left out.
    locale: Option<Locale>,
    /// What the customer pays per month, ex VAT, such as "45.00".
    monthly_amount: Option<String>,
    /// First day of the contract, from which work can be logged; today when left out.
    #[schema(format = Date)]
    contract_start: Option<String>,
    /// Comes from elsewhere, or returns: gets no welcome card (CARD-2).
    imported: Option<bool>,
}

impl NewCustomer {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let monthly_amount = fields.amount("monthly_amount", self.monthly_amount.as_deref());
        if monthly_amount.is_some_and(|amount| amount < Cents::ZERO) {
            fields.fault("monthly_amount", "expected 0.00 or more");
        }
        let new = New {
            name: fields.line("name", &self.name),
            email: fields.email("email", &self.email),
            locale: self.locale.unwrap_or(Locale::Nl),
            monthly_amount,
            contract_start: fields.date("contract_start", self.contract_start.as_deref()),
            imported: self.imported.unwrap_or(false),
        };
        fields.done()?;
        Ok(new)
    }
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Customer {
    /// Identity.
    id: CustomerId,
    /// The number people say.
    number: i64,
    /// Name of the organisation.
    name: String,
    /// Where mail goes.
    email: String,
    /// Language of mails and invoices.
    locale: Locale,
    /// What it pays per month, ex VAT.
    monthly_amount: Option<Amount>,
    /// First day on which work can be logged.
    contract_start: NaiveDate,
    /// Last day on which work can be logged; `null` while the contract goes on.
    contract_end: Option<NaiveDate>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

impl From<domain::Customer> for Customer {
    fn from(customer: domain::Customer) -> Self {
        Self {
            id: customer.id,
            number: customer.number,
            name: customer.name,
            email: customer.email,
            locale: customer.locale,
            monthly_amount: customer.monthly_amount.map(Amount),
            contract_start: customer.contract_start,
            contract_end: customer.contract_end,
            created_at: customer.created_at,
        }
    }
}

/// Which customers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Part of the name or the e-mail address, in any case.
    query: Option<String>,
    /// How many items, 1 to 200; 50 when left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Make a customer
///
/// Grants the welcome card of the policy, unless the customer was `imported` (CARD-2). For staff.
#[utoipa::path(post, path = "/api/v1/customers", tag = "customers",
    request_body = NewCustomer, responses((status = 201, description = "The customer", body = Customer)))]
pub(super) async fn create(State(app): State<App>, new: Write<NewCustomer>) -> Created<Customer> {
    Ok(created(app.service.create_customer(new.request(), new.body.read()?).await?))
}

/// List customers
///
/// By number. A contact gets its own customers.
#[utoipa::path(get, path = "/api/v1/customers", tag = "customers", params(Which),
    responses((status = 200, description = "A page of customers", body = List<Customer>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(which): Search<Which>,
) -> Found<List<Customer>> {
    let (limit, after) = paging(which.limit, which.cursor.as_deref())?;
    let query = which.query.unwrap_or_default();
    let rows = app.service.customers(&caller, query.trim(), after.unwrap_or(0), limit + 1).await?;
    Ok(found(List::page(rows, limit, |customer| customer.number.to_string())))
}

/// Read a customer
#[utoipa::path(get, path = "/api/v1/customers/{id}", tag = "customers",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The customer", body = Customer)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<CustomerId>) -> Found<Customer> {
    Ok(found(app.service.customer(&caller, id).await?))
}
