//! Where documents of a customer are addressed to, and its leave to collect.

use super::{Amount, Created, Found, created, found};
use crate::domain::{self, Cents, CustomerId, MandateId, bank::Scheme, iban};
use crate::service::Error;
use crate::service::mandates::NewMandate as New;
use crate::web::App;
use crate::web::extract::{Id, Ids, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where documents are addressed to; what is left out is not printed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBilling {
    /// Name in the trade register, where it differs.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Street and house number.
    #[schema(max_length = 200)]
    street: Option<String>,
    /// Post code.
    #[schema(max_length = 200)]
    postcode: Option<String>,
    /// Town.
    #[schema(max_length = 200)]
    city: Option<String>,
    /// Country, two capital letters; NL when left out.
    #[schema(examples("NL"))]
    country: Option<String>,
    /// Number in the trade register, eight digits.
    #[schema(examples("12345678"))]
    registration: Option<String>,
    /// VAT number.
    #[schema(examples("NL123456782B01"))]
    vat_number: Option<String>,
    /// What it wants to read on its invoices; the customer's number when left out.
    #[schema(max_length = 200)]
    reference: Option<String>,
    /// Where invoices are mailed to, where it differs.
    #[schema(format = Email)]
    email: Option<String>,
    /// What it pays per month, ex VAT (PAY-4). Only finance changes it; from others it is passed over.
    #[schema(examples("45.00"))]
    monthly_amount: Option<String>,
}

impl NewBilling {
    fn read(&self) -> Result<domain::Billing, Problem> {
        let mut fields = Fields::default();
        let billing = self.read_into(&mut fields);
        fields.done()?;
        Ok(billing)
    }

    /// The same, noting faults among those of a larger body.
    pub(super) fn read_into(&self, fields: &mut Fields) -> domain::Billing {
        let code = |text: &Option<String>| text.as_deref().map(iban::compact).filter(|text| !text.is_empty());
        let email = self.email.as_deref().filter(|text| !text.trim().is_empty());
        domain::Billing {
            name: fields.optional_line("name", self.name.as_deref()),
            street: fields.optional_line("street", self.street.as_deref()),
            postcode: fields.optional_line("postcode", self.postcode.as_deref()),
            city: fields.optional_line("city", self.city.as_deref()),
            country: code(&self.country),
            registration: code(&self.registration),
            vat_number: code(&self.vat_number),
            reference: fields.optional_line("reference", self.reference.as_deref()),
            email: email.map(|text| fields.email("email", text)),
            monthly_amount: fields.amount("monthly_amount", self.monthly_amount.as_deref()),
        }
    }
}

/// Where documents are addressed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Billing {
    /// Name in the trade register, where it differs.
    name: Option<String>,
    /// Street and house number.
    street: Option<String>,
    /// Post code.
    postcode: Option<String>,
    /// Town.
    city: Option<String>,
    /// Country, two capital letters; none means NL.
    country: Option<String>,
    /// Number in the trade register.
    registration: Option<String>,
    /// VAT number.
    vat_number: Option<String>,
    /// What it wants to read on its invoices.
    reference: Option<String>,
    /// Where invoices are mailed to, where it differs.
    email: Option<String>,
    /// What it pays per month, ex VAT, as far as that is known.
    monthly_amount: Option<Amount>,
}

impl From<domain::Billing> for Billing {
    fn from(billing: domain::Billing) -> Self {
        Self {
            name: billing.name,
            street: billing.street,
            postcode: billing.postcode,
            city: billing.city,
            country: billing.country,
            registration: billing.registration,
            vat_number: billing.vat_number,
            reference: billing.reference,
            email: billing.email,
            monthly_amount: billing.monthly_amount.map(Amount),
        }
    }
}

/// Read where invoices go
#[utoipa::path(get, path = "/api/v1/customers/{id}/billing", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "Where its documents are addressed to", body = Billing)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<CustomerId>) -> Found<Billing> {
    Ok(found(app.service.billing(&caller, id).await?))
}

/// Say where invoices go
///
/// As a whole: what is left out is gone. Issued documents stay as they are. For owners of the customer and staff.
#[utoipa::path(put, path = "/api/v1/customers/{id}/billing", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewBilling, responses((status = 200, description = "As it is from now on", body = Billing)))]
pub(super) async fn set(State(app): State<App>, Id(id): Id<CustomerId>, new: Write<NewBilling>) -> Found<Billing> {
    let billing = new.body.read()?;
    if billing.monthly_amount.is_some_and(|amount| amount < Cents::ZERO) {
        return Err(Problem::fields(vec![crate::service::FieldError {
            field: "monthly_amount".to_owned(),
            expected: "expected 0.00 or more".to_owned(),
        }]));
    }
    Ok(found(app.service.set_billing(new.request(), id, billing).await?))
}

/// A mandate to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMandate {
    /// Its reference, at most 35 letters, digits, points and dashes; made from the customer's number when left out.
    #[schema(max_length = 35)]
    reference: Option<String>,
    /// Under which scheme; the policy's when left out.
    scheme: Option<Scheme>,
    /// Day on which it was signed.
    #[schema(format = Date)]
    signed_on: String,
    /// In whose name the account is.
    #[schema(max_length = 200)]
    debtor_name: String,
    /// The account.
    #[schema(examples("NL91 ABNA 0417 1643 00"))]
    iban: String,
}

impl NewMandate {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let new = New {
            reference: fields.optional_line("reference", self.reference.as_deref()),
            scheme: self.scheme,
            signed_on: fields.needed_date("signed_on", &self.signed_on),
            debtor_name: fields.line("debtor_name", &self.debtor_name),
            iban: fields.line("iban", &self.iban),
        };
        fields.done()?;
        Ok(new)
    }
}

/// A customer's leave to collect.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mandate {
    /// Identity.
    id: MandateId,
    /// Its reference, as the bank knows it.
    reference: String,
    /// Under which scheme.
    scheme: Scheme,
    /// Day on which it was signed.
    signed_on: NaiveDate,
    /// In whose name the account is.
    debtor_name: String,
    /// The account, with its middle hidden.
    #[schema(examples("NL•• ABNA •••• ••43 00"))]
    iban: String,
    /// The mandate of the same reference that it takes the place of, where the account or its holder changed.
    amends: Option<MandateId>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<domain::Mandate> for Mandate {
    fn from(mandate: domain::Mandate) -> Self {
        Self {
            id: mandate.id,
            reference: mandate.reference,
            scheme: mandate.scheme,
            signed_on: mandate.signed_on,
            debtor_name: mandate.debtor_name,
            iban: iban::masked(&mandate.iban),
            amends: mandate.amends,
            recorded_at: mandate.recorded_at,
        }
    }
}

/// A mandate as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownMandate {
    /// The mandate.
    #[serde(flatten)]
    mandate: Mandate,
    /// The day of the last collection under it.
    last_used_on: Option<NaiveDate>,
    /// When it ended: revoked, replaced, or blocked after a reversal; `null` while it holds.
    ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    ended_because: Option<String>,
}

impl From<domain::Mandate> for KnownMandate {
    fn from(mandate: domain::Mandate) -> Self {
        Self {
            last_used_on: mandate.last_used_on,
            ended_at: mandate.ended_at,
            ended_because: mandate.ended_because.clone(),
            mandate: mandate.into(),
        }
    }
}

/// The mandates of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mandates {
    /// The newest first, also those that ended.
    items: Vec<KnownMandate>,
}

/// List the mandates of a customer
#[utoipa::path(get, path = "/api/v1/customers/{id}/mandates", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The mandates", body = Mandates)))]
pub(super) async fn mandates(State(app): State<App>, Token(caller): Token, Id(id): Id<CustomerId>) -> Found<Mandates> {
    let found_rows = app.service.mandates(&caller, id).await?;
    Ok(found(Mandates { items: found_rows.into_iter().map(KnownMandate::from).collect() }))
}

/// Record a mandate
///
/// A signed leave to collect; it takes the place of the one before. A reference that exists, at any customer and also when
/// that mandate has ended, is refused. For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/mandates", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewMandate, responses((status = 201, description = "The mandate", body = Mandate)))]
pub(super) async fn record_mandate(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewMandate>,
) -> Created<Mandate> {
    Ok(created(app.service.record_mandate(new.request(), customer, new.body.read()?).await?))
}

/// Why a mandate ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndedMandate {
    /// Why; "revoked" when left out.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// End a mandate
///
/// Nothing is collected under it any more. For finance; repeated, it changes nothing.
#[utoipa::path(delete, path = "/api/v1/customers/{id}/mandates/{mandate_id}", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer"),
        ("mandate_id" = uuid::Uuid, Path, description = "The mandate")),
    request_body = EndedMandate, responses((status = 204, description = "The mandate has ended")))]
pub(super) async fn end_mandate(
    State(app): State<App>,
    Ids(ids): Ids,
    asked: Write<EndedMandate>,
) -> Result<StatusCode, Problem> {
    let [customer, mandate] = ids[..] else { return Err(Error::NotFound("mandate").into()) };
    let mut fields = Fields::default();
    let reason = fields.optional_line("reason", asked.body.reason.as_deref());
    fields.done()?;
    let reason = reason.unwrap_or_else(|| "revoked".to_owned());
    app.service.end_mandate(asked.request(), customer.into(), mandate.into(), reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another account for a mandate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendedMandate {
    /// In whose name the account is; as before when left out.
    #[schema(max_length = 200)]
    debtor_name: Option<String>,
    /// The new account.
    #[schema(examples("NL20 INGB 0001 2345 67"))]
    iban: String,
}

impl AmendedMandate {
    fn read(&self) -> Result<(Option<String>, String), Problem> {
        let mut fields = Fields::default();
        let debtor_name = fields.optional_line("debtor_name", self.debtor_name.as_deref());
        let iban = fields.line("iban", &self.iban);
        fields.done()?;
        Ok((debtor_name, iban))
    }
}

/// Amend a mandate
///
/// The debtor has another account: the mandate goes on under the same reference, as a row of its own that names the one
/// before. What is planned and not sent goes along; the next collection tells the bank (SMNDA). For finance.
#[utoipa::path(post, path = "/api/v1/customers/{id}/mandates/{mandate_id}/amendments", tag = "invoices",
    params(("id" = uuid::Uuid, Path, description = "The customer"),
        ("mandate_id" = uuid::Uuid, Path, description = "The mandate that holds")),
    request_body = AmendedMandate, responses((status = 201, description = "The mandate as it goes on", body = Mandate)))]
pub(super) async fn amend_mandate(
    State(app): State<App>,
    Ids(ids): Ids,
    new: Write<AmendedMandate>,
) -> Created<Mandate> {
    let [customer, mandate] = ids[..] else { return Err(Error::NotFound("mandate").into()) };
    let amended = new.body.read()?;
    Ok(created(app.service.amend_mandate(new.request(), customer.into(), mandate.into(), amended).await?))
}
