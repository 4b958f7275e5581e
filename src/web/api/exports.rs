//! Files out: numbered batches for finance, single documents and accounts for whom they are.

use super::{Created, Found, List, created, found, paging};
use crate::domain::export::{Export, ExportKind, LeftOut};
use crate::domain::{CustomerId, InvoiceId, UserId};
use crate::exchange::{journal::JournalProfile, ubl::Profile};
use crate::service::exports::{Asked, JournalFormat, Made};
use crate::web::App;
use crate::web::download::Download;
use crate::web::extract::{Id, Named, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::{Problem, ProblemBody};
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to export. Only `kind` is needed; what does not belong to the kind is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// What it holds.
    kind: ExportKind,
    /// Last day of what goes in. Journal and documents: the last of the month before; collections: a week from today.
    #[schema(format = Date)]
    up_to: Option<String>,
    /// First day of an audit file; 1 January of the year of its last day.
    #[schema(format = Date)]
    from: Option<String>,
    /// Last day of an audit file; the last of the month before.
    #[schema(format = Date)]
    to: Option<String>,
    /// The month; the one before this.
    #[schema(example = "2026-10")]
    month: Option<String>,
    /// As what a journal is written; `csv`.
    format: Option<JournalFormat>,
    /// Whose columns a journal has; `standard`.
    columns: Option<JournalProfile>,
    /// The rules of electronic invoices; `peppol`.
    profile: Option<Profile>,
    /// Of collections: first plan everything that is due on the last day; `false`.
    plan: Option<bool>,
}

impl NewExport {
    fn read(&self) -> Result<Asked, Problem> {
        let mut fields = Fields::default();
        let month = self.month.as_ref().map(|month| format!("{month}-01"));
        let month = fields.optional("month", month.as_deref(), "expected a month, such as \"2026-10\"");
        let asked = Asked {
            kind: Some(self.kind),
            up_to: fields.date("up_to", self.up_to.as_deref()),
            from: fields.date("from", self.from.as_deref()),
            to: fields.date("to", self.to.as_deref()),
            month,
            format: self.format,
            columns: self.columns,
            profile: self.profile,
            plan: self.plan.unwrap_or_default(),
        };
        fields.done()?;
        Ok(asked)
    }
}

/// Something that is not in a batch and comes with a later one, or is in it other than planned.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotExported {
    /// Number of the document or of the collection.
    what: String,
    /// What it lacks or what is different, in Dutch.
    why: String,
    /// Whether it is in the batch all the same.
    included: bool,
}

/// A batch: its file is the same whenever it is asked for, and what is in it is in no other of its kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportBatch {
    /// Its number, from 1 without gaps.
    number: i64,
    /// What it holds.
    kind: ExportKind,
    /// What it is, one line in Dutch.
    title: String,
    /// Whether it is of a month that was not closed when it was made. What is in it is exported all the same; what is booked
    /// later in that month comes with a later batch.
    provisional: bool,
    /// First day that it is about.
    from: Option<NaiveDate>,
    /// Last day that it is about.
    to: Option<NaiveDate>,
    /// How many entries, documents or collections it holds.
    items: i64,
    /// Name of its file.
    file_name: String,
    /// What the file is.
    media_type: String,
    /// SHA-256 of the file.
    sha256: String,
    /// How many bytes it has.
    bytes: i64,
    /// When it was made.
    made_at: DateTime<Utc>,
    /// By which login; `null` on the command line.
    made_by: Option<UserId>,
    /// What would have been in it, and why it is not; and what is in it other than planned.
    left_out: Vec<NotExported>,
}

impl From<Export> for ExportBatch {
    fn from(export: Export) -> Self {
        let told = |LeftOut { what, why, included }| NotExported { what, why, included };
        Self {
            number: export.number,
            kind: export.kind,
            title: export.title,
            provisional: export.provisional,
            from: export.from_day,
            to: export.to_day,
            items: export.items,
            file_name: export.file_name,
            media_type: export.media_type,
            sha256: export.digest,
            bytes: export.size,
            made_at: export.made_at,
            made_by: export.made_by,
            left_out: export.left_out.into_iter().map(told).collect(),
        }
    }
}

impl From<Made> for ExportBatch {
    fn from(made: Made) -> Self {
        Self::from(made.export)
    }
}

/// Make an export
///
/// A numbered batch: journal entries, documents and collections are exported once, also across kinds: a month holds what
/// of its journal and documents no batch has yet. An audit file can be had as often as it is asked for. Nothing to export is refused and takes no number. For finance.
#[utoipa::path(post, path = "/api/v1/exports", tag = "exports", request_body = NewExport,
    responses((status = 201, description = "The batch", body = ExportBatch)))]
pub(super) async fn make(State(app): State<App>, new: Write<NewExport>) -> Created<ExportBatch> {
    let asked = new.body.read()?;
    Ok(created(app.service.make_export(new.request(), &asked).await?))
}

/// List exports
///
/// The newest first. For staff.
#[utoipa::path(get, path = "/api/v1/exports", tag = "exports", params(Paging),
    responses((status = 200, description = "The batches", body = List<ExportBatch>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<Paging>,
) -> Found<List<ExportBatch>> {
    let (limit, before) = paging(asked.limit, asked.cursor.as_deref())?;
    let rows = app.service.exports(&caller, before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |made: &Made| made.export.number.to_string())))
}

/// Read an export
///
/// For staff.
#[utoipa::path(get, path = "/api/v1/exports/{number}", tag = "exports",
    params(("number" = i64, Path, description = "Number of the batch")),
    responses((status = 200, description = "The batch", body = ExportBatch)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Named(number): Named<i64>) -> Found<ExportBatch> {
    Ok(found(app.service.export(&caller, number).await?))
}

/// Download an export
///
/// The file, byte for byte as it was made. For staff.
#[utoipa::path(get, path = "/api/v1/exports/{number}/file", tag = "exports",
    params(("number" = i64, Path, description = "Number of the batch")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn file(
    State(app): State<App>,
    Token(caller): Token,
    Named(number): Named<i64>,
) -> Result<Download, Problem> {
    Ok(Download(app.service.export_file(&caller, number).await?))
}

/// Download a document as PDF
///
/// An issued invoice or credit note on paper.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/pdf", tag = "exports",
    params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/pdf"),
        (status = 409, description = "A draft.", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn document_pdf(
    State(app): State<App>,
    Token(caller): Token,
    Id(id): Id<InvoiceId>,
) -> Result<Download, Problem> {
    Ok(Download(app.service.document_pdf(&caller, id).await?))
}

/// By which rules.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UblQuery {
    /// The rules of the electronic invoice; `peppol` when not told.
    profile: Option<Profile>,
}

/// Download a document as UBL
///
/// An issued invoice or credit note as an electronic invoice.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/ubl", tag = "exports",
    params(("id" = uuid::Uuid, Path, description = "The document"), UblQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/xml"),
        (status = 409, description = "A draft, or something that the rules ask is missing.", body = ProblemBody,
            content_type = "application/problem+json")))]
pub(super) async fn document_ubl(
    State(app): State<App>,
    Token(caller): Token,
    Id(id): Id<InvoiceId>,
    Search(asked): Search<UblQuery>,
) -> Result<Download, Problem> {
    let profile = asked.profile.unwrap_or(Profile::Peppol);
    Ok(Download(app.service.document_ubl(&caller, id, profile).await?))
}

/// Over which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// First day; two years before the last one.
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
    /// Last day; today.
    #[param(value_type = Option<NaiveDate>)]
    to: Option<String>,
}

/// Download the account of a customer
///
/// Documents, payments, reversals and repayments with the balance after each, as a spreadsheet (XLSX).
#[utoipa::path(get, path = "/api/v1/customers/{id}/account", tag = "exports",
    params(("id" = uuid::Uuid, Path, description = "The customer"), AccountQuery),
    responses((status = 200, description = "The file", body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(super) async fn account(
    State(app): State<App>,
    Token(caller): Token,
    Id(id): Id<CustomerId>,
    Search(asked): Search<AccountQuery>,
) -> Result<Download, Problem> {
    let mut fields = Fields::default();
    let days = (fields.date("from", asked.from.as_deref()), fields.date("to", asked.to.as_deref()));
    fields.done()?;
    Ok(Download(app.service.account_file(&caller, id, days).await?))
}
