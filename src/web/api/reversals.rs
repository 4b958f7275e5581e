//! Reversals (PAY-2): what came undone, what it costs, and what a person says about it.

use super::{Amount, Created, Found, List, created, found, paging};
use crate::domain::command::Undone;
use crate::domain::reasons::{self, Action};
use crate::domain::{self, Cents, CollectionId, CustomerId, Doing, InvoiceId, PaymentId, ReversalId};
use crate::service::reversals::{FeeSum, ReversalView, WhichReversals, Why};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Why a reversal counts for fees, or not.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReversalVerdict {
    /// Its reason counts.
    Counts,
    /// A person said that it counts.
    JudgedToCount,
    /// A person said that it does not.
    JudgedNotToCount,
    /// Refused before settlement, which does not count here.
    Refused,
    /// Its reason does not count.
    NotCounted,
    /// It waits for a person.
    Waits,
}

impl From<Why> for ReversalVerdict {
    fn from(why: Why) -> Self {
        match why {
            Why::Counts => Self::Counts,
            Why::Judged(true) => Self::JudgedToCount,
            Why::Judged(false) => Self::JudgedNotToCount,
            Why::Refused => Self::Refused,
            Why::NotCounted => Self::NotCounted,
            Why::Waits => Self::Waits,
        }
    }
}

/// A payment that came undone, or a collection that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reversal {
    /// Identity.
    id: ReversalId,
    /// Whose.
    customer_id: CustomerId,
    /// The customer's number.
    customer_number: i64,
    /// The payment that came undone; none where no money had come.
    payment_id: Option<PaymentId>,
    /// The collection, where it was one.
    collection_id: Option<CollectionId>,
    /// The id by which the bank knows the collection.
    end_to_end_id: Option<String>,
    /// The invoice that is open again, the first where it was several.
    invoice_id: Option<InvoiceId>,
    /// Its number.
    invoice_number: Option<String>,
    /// How much.
    amount: Amount,
    /// The bank's reason.
    #[schema(example = "AM04")]
    code: String,
    /// What that reason means; `null` where we do not know it.
    #[schema(example = "insufficient funds")]
    meaning: Option<String>,
    /// What to do about it.
    #[schema(example = "retry")]
    action: Action,
    /// Value date.
    valued_on: NaiveDate,
    /// Refused before settlement: no money had moved.
    refused: bool,
    /// What the bank charged for it.
    charge: Amount,
    /// Whether it counts for fees; `null` waits for a person.
    counted: Option<bool>,
    /// Why.
    verdict: ReversalVerdict,
    /// What the person wrote who decided so.
    counted_because: Option<String>,
    /// The document of its fee, where one was charged and stands.
    fee_invoice_id: Option<InvoiceId>,
    /// Its number.
    fee_number: Option<String>,
    /// Why its fee was waived; it still counts.
    waived_because: Option<String>,
    /// When the mandate ended under which it was collected; `null` where it holds, or there was none.
    mandate_ended_at: Option<DateTime<Utc>>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<ReversalView> for Reversal {
    fn from(view: ReversalView) -> Self {
        let (verdict, action) = (view.why().into(), view.meaning.action);
        let told = view.told;
        let row = told.reversal;
        Self {
            refused: row.is_refused(),
            meaning: reasons::reason(&row.code).map(|reason| reason.en.to_owned()),
            id: row.id,
            customer_id: row.customer_id,
            customer_number: told.customer_number,
            payment_id: row.payment_id,
            collection_id: row.collection_id,
            end_to_end_id: told.end_to_end_id,
            invoice_id: told.invoice_id,
            invoice_number: told.invoice_number,
            amount: Amount(row.amount),
            code: row.code,
            action,
            valued_on: row.valued_on,
            charge: Amount(row.charge),
            counted: row.counted,
            verdict,
            counted_because: row.counted_because,
            fee_invoice_id: row.fee_invoice_id,
            fee_number: told.fee_number,
            waived_because: row.waived_because,
            mandate_ended_at: told.mandate_ended_at,
            recorded_at: row.recorded_at,
        }
    }
}

/// The reversals of a customer with their sum: `fees_owed` = `counted` − `free` = `fees_charged` + `fees_waived`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReversalsOfCustomer {
    /// How many count.
    counted: usize,
    /// How many of those cost nothing.
    free: usize,
    /// How many fees are owed.
    fees_owed: usize,
    /// How many were charged and stand.
    fees_charged: usize,
    /// How many were waived.
    fees_waived: usize,
    /// How many wait for a person.
    waiting: usize,
    /// What one costs today, before any VAT; `null` where the provider charges none.
    fee: Option<Amount>,
    /// The reversals, the newest first.
    items: Vec<Reversal>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

impl ReversalsOfCustomer {
    fn of(sum: FeeSum, page: List<Reversal>) -> Self {
        Self {
            counted: sum.counted,
            free: sum.free,
            fees_owed: sum.owed,
            fees_charged: sum.charged,
            fees_waived: sum.waived,
            waiting: sum.waiting,
            fee: sum.fee.map(Amount),
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// What was recorded, as it stays.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeReversal {
    /// Identity.
    id: ReversalId,
    /// Whose.
    customer_id: CustomerId,
    /// The collection, where it was one.
    collection_id: Option<CollectionId>,
    /// How much.
    amount: Amount,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
}

impl From<domain::Reversal> for MadeReversal {
    fn from(row: domain::Reversal) -> Self {
        Self {
            id: row.id,
            customer_id: row.customer_id,
            collection_id: row.collection_id,
            amount: Amount(row.amount),
            recorded_at: row.recorded_at,
        }
    }
}

/// Which reversals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskedReversals {
    /// `all`, or `waiting` for those that a person has to judge; `all` when left out.
    #[param(value_type = Option<String>, example = "waiting")]
    which: Option<String>,
    /// How many items, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List reversals
///
/// Of all customers, the newest first. For finance. For staff.
#[utoipa::path(get, path = "/api/v1/reversals", tag = "reversals", params(AskedReversals),
    responses((status = 200, description = "A page of reversals", body = List<Reversal>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<AskedReversals>,
) -> Found<List<Reversal>> {
    let mut fields = Fields::default();
    let which = fields.optional("which", asked.which.as_deref(), "expected all or waiting");
    fields.done()?;
    let (limit, before) = paging::<ReversalId>(asked.limit, asked.cursor.as_deref())?;
    let rows = app.service.reversals(&caller, which.unwrap_or(WhichReversals::All), before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| row.told.reversal.id.to_string())))
}

/// List reversals of a customer
///
/// With how many count, how many of those are free, and how many fees that makes (PAY-2).
#[utoipa::path(get, path = "/api/v1/customers/{id}/reversals", tag = "reversals",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "The reversals with their sum", body = ReversalsOfCustomer)))]
pub(super) async fn of_customer(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(asked): Search<Paging>,
) -> Found<ReversalsOfCustomer> {
    let (limit, before) = paging::<ReversalId>(asked.limit, asked.cursor.as_deref())?;
    let (sum, rows) = app.service.reversals_of(&caller, customer, before, limit + 1).await?;
    let page = List::page(rows, limit, |row| row.told.reversal.id.to_string());
    Ok(found(ReversalsOfCustomer::of(sum, page)))
}

/// What came undone, as it is told by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// How much of a payment; all that stands when left out. Left out for a collection.
    #[schema(example = "968.00")]
    amount: Option<String>,
    /// The bank's reason, four capitals and digits.
    #[schema(example = "AM04")]
    code: String,
    /// Value date.
    #[schema(format = Date)]
    valued_on: String,
    /// What the bank charged for it; nothing when left out.
    #[schema(example = "3.50")]
    charge: Option<String>,
    /// Refused before settlement, so that no money had moved; `false` when left out. For a collection only.
    refused: Option<bool>,
}

impl NewReturn {
    fn read(&self, is_payment: bool) -> Result<(Option<Cents>, Undone), Problem> {
        let mut fields = Fields::default();
        let amount = fields.amount("amount", self.amount.as_deref());
        if is_payment && self.refused == Some(true) {
            fields.fault("refused", "leave it out: a payment that came was not refused");
        }
        if !is_payment && amount.is_some() {
            fields.fault("amount", "leave it out: a collection comes back as a whole");
        }
        let told = read_undone(&mut fields, &self.code, &self.valued_on, self.charge.as_deref());
        fields.done()?;
        Ok((amount, Undone { rejected: self.refused.unwrap_or(false), ..told }))
    }
}

/// Reads a reason, a value date and a charge, for the API and the pages.
pub fn read_undone(fields: &mut Fields, code: &str, valued_on: &str, charge: Option<&str>) -> Undone {
    let code = code.trim().to_uppercase();
    if code.len() != 4 || !domain::iban::is_code(&code) {
        fields.fault("code", "expected four capitals or digits, such as AM04");
    }
    let charge = fields.amount("charge", charge).unwrap_or_default();
    if charge < Cents::ZERO {
        fields.fault("charge", "expected 0.00 or more");
    }
    Undone { code, valued_on: fields.needed_date("valued_on", valued_on), rejected: false, charge }
}

/// Reverse payment
///
/// A payment came undone, wholly or in part: the invoice is open again, the reversal is counted by its reason, its fee charged
/// and the card frozen (PAY-2, PAY-3). For finance.
#[utoipa::path(post, path = "/api/v1/payments/{id}/reverse", tag = "reversals",
    params(("id" = uuid::Uuid, Path, description = "The payment")),
    request_body = NewReturn, responses((status = 201, description = "The reversal", body = MadeReversal)))]
pub(super) async fn reverse_payment(
    State(app): State<App>,
    Id(id): Id<PaymentId>,
    new: Write<NewReturn>,
) -> Created<MadeReversal> {
    app.service.owner_of_payment(new.caller(), id).await?;
    new.caller().may(Doing::KeepBooks)?;
    let (amount, undone) = new.body.read(true)?;
    Ok(created(app.service.reverse_payment(new.request(), id, amount, undone).await?))
}

/// Return collection
///
/// A collection came back or was refused, told by hand; the bank's files tell the same. Told twice, it changes nothing.
/// For finance.
#[utoipa::path(post, path = "/api/v1/collections/{id}/return", tag = "reversals",
    params(("id" = uuid::Uuid, Path, description = "The collection")),
    request_body = NewReturn, responses((status = 201, description = "The reversal", body = MadeReversal)))]
pub(super) async fn return_collection(
    State(app): State<App>,
    Id(id): Id<CollectionId>,
    new: Write<NewReturn>,
) -> Created<MadeReversal> {
    app.service.owner_of_collection(new.caller(), id).await?;
    new.caller().may(Doing::KeepBooks)?;
    let (_, undone) = new.body.read(false)?;
    Ok(created(app.service.return_collection(new.request(), id, undone).await?))
}

/// What a person says about a reversal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJudgement {
    /// Whether it counts.
    counted: bool,
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
}

/// What was said about a reversal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Judgement {
    /// The reversal.
    reversal_id: ReversalId,
    /// Whether it counts.
    counted: bool,
    /// Why.
    reason: String,
}

/// Judge reversal
///
/// Says whether it counts; fees follow: charged where they are owed now, credited where they no longer are. For finance.
#[utoipa::path(post, path = "/api/v1/reversals/{id}/judge", tag = "reversals",
    params(("id" = uuid::Uuid, Path, description = "The reversal")),
    request_body = NewJudgement, responses((status = 201, description = "What was said", body = Judgement)))]
pub(super) async fn judge(
    State(app): State<App>,
    Id(id): Id<ReversalId>,
    new: Write<NewJudgement>,
) -> Created<Judgement> {
    app.service.owner_of_reversal(new.caller(), id).await?;
    new.caller().may(Doing::KeepBooks)?;
    let mut fields = Fields::default();
    let (counted, reason) = (new.body.counted, fields.text("reason", &new.body.reason));
    fields.done()?;
    app.service.judge_reversal(new.request(), id, counted, reason.clone()).await?;
    Ok(created(Judgement { reversal_id: id, counted, reason }))
}

/// Why a fee is waived.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWaiver {
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
}

/// A fee that was waived.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiver {
    /// The reversal, which still counts.
    reversal_id: ReversalId,
    /// Why.
    reason: String,
}

/// Waive reversal fee
///
/// The fee is credited; the reversal still counts (PAY-2). For finance.
#[utoipa::path(post, path = "/api/v1/reversals/{id}/waive", tag = "reversals",
    params(("id" = uuid::Uuid, Path, description = "The reversal")),
    request_body = NewWaiver, responses((status = 201, description = "What was waived", body = Waiver)))]
pub(super) async fn waive(State(app): State<App>, Id(id): Id<ReversalId>, new: Write<NewWaiver>) -> Created<Waiver> {
    app.service.owner_of_reversal(new.caller(), id).await?;
    new.caller().may(Doing::KeepBooks)?;
    let mut fields = Fields::default();
    let reason = fields.text("reason", &new.body.reason);
    fields.done()?;
    app.service.waive_fee(new.request(), id, reason.clone()).await?;
    Ok(created(Waiver { reversal_id: id, reason }))
}
