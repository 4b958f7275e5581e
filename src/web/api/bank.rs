//! Files of the bank, and the lines that wait for a person: for finance.

use super::{Amount, Found, Json, List, found, paging};
use crate::domain::bank_statement::{Statement, StatementKind};
use crate::domain::matching::Proof;
use crate::domain::reconciliation::{Equation, Explanation, FirstBalance};
use crate::domain::{
    BankFileId, BankLineId, Cents, CollectionId, CustomerId, Doing, InvoiceId, PaymentId,
    bank::{BankFileKind, Direction},
    matching::{Hint, LineState, Outcome},
};
use crate::exchange::bank::Bytes;
use crate::service::Error;
use crate::service::bank::{
    AccountCheck, Assignment, BankCheck, BankImport, BankPreview, BankTally, FileRow, FileView, Part, PartOf, Proposal,
    Queued, Share,
};
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::upload;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A file, of a program with a good token.
#[derive(Debug)]
pub struct Upload {
    caller: crate::service::access::Caller,
    bytes: Bytes,
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let Token(caller) = Token::from_request_parts(&mut parts, app).await?;
        caller.may(Doing::KeepBooks)?;
        let bytes = upload::of_body(body, app.most_file_bytes).await?.whole().map_err(Error::from)?;
        Ok(Self { caller, bytes })
    }
}

/// How a file is sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Sending {
    /// Only say what would happen.
    preview: Option<bool>,
    /// The name of the file.
    name: Option<String>,
}

/// A statement of an account, or a notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountStatement {
    /// What it is: a statement proves, a notice announces.
    kind: StatementKind,
    /// Our account.
    account: String,
    /// The bank's id of it; banks use them again.
    statement_id: String,
    /// Number of the page, where it has pages.
    page: Option<i64>,
    /// The bank's sequence number, where told.
    sequence: Option<i64>,
    /// First day that it is about.
    from_day: NaiveDate,
    /// Last day that it is about.
    to_day: NaiveDate,
    /// Opening balance, where told.
    opening: Option<Amount>,
    /// Closing balance, where told.
    closing: Option<Amount>,
    /// How many booked entries it has.
    entries: i64,
}

impl From<Statement> for AccountStatement {
    fn from(row: Statement) -> Self {
        Self {
            kind: row.kind,
            account: row.account,
            statement_id: row.told_id,
            page: row.page,
            sequence: row.sequence,
            from_day: row.from_day,
            to_day: row.to_day,
            opening: row.opening.map(Amount),
            closing: row.closing.map(Amount),
            entries: row.entries,
        }
    }
}

/// A file of the bank that was imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredBankFile {
    /// Identity.
    id: BankFileId,
    /// Its name.
    name: String,
    /// What it is.
    kind: BankFileKind,
    /// Its version.
    version: String,
    /// The bank's id of the message.
    message_id: String,
    /// How many lines it told first.
    lines: i64,
    /// When it was imported.
    received_at: DateTime<Utc>,
    /// Its statements or notices.
    statements: Vec<AccountStatement>,
}

impl StoredBankFile {
    fn of(file: FileRow, statements: Vec<Statement>) -> Self {
        Self {
            id: file.id,
            name: file.name,
            kind: file.kind,
            version: file.version,
            message_id: file.message_id,
            lines: file.lines,
            received_at: file.received_at,
            statements: statements.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FileView> for StoredBankFile {
    fn from(view: FileView) -> Self {
        Self::of(view.file, view.statements)
    }
}

/// How many lines, and their sum.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineShare {
    /// How many.
    count: usize,
    /// Together.
    sum: Amount,
}

impl From<Share> for LineShare {
    fn from(share: Share) -> Self {
        Self { count: share.count, sum: Amount(share.sum) }
    }
}

/// What the lines of a file become.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineTally {
    /// Collections of which the money came.
    settled: LineShare,
    /// Collections that were refused or came undone.
    reversed: LineShare,
    /// Payments.
    paid: LineShare,
    /// Lines that wait for a person.
    queued: LineShare,
    /// Lines that are not for these books.
    outside: LineShare,
    /// Lines that were told before.
    known: usize,
}

impl From<BankTally> for LineTally {
    fn from(tally: BankTally) -> Self {
        Self {
            settled: tally.settled.into(),
            reversed: tally.reversed.into(),
            paid: tally.paid.into(),
            queued: tally.queued.into(),
            outside: tally.outside.into(),
            known: tally.known,
        }
    }
}

/// What a line would become.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForeseenLine {
    /// Line of the file.
    line: i64,
    /// To us or from us.
    direction: Direction,
    /// How much.
    amount: Amount,
    /// Value date.
    valued_on: NaiveDate,
    /// The other side.
    name: Option<String>,
    /// `settle`, `reverse`, `pay`, `queue` or `outside`.
    outcome: &'static str,
    /// Why it would wait.
    why: Option<String>,
    /// For what: numbers of invoices, ids of collections.
    about: Vec<String>,
}

/// The word for an outcome.
const fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Settle(_) => "settle",
        Outcome::Reverse { .. } => "reverse",
        Outcome::Pay { .. } => "pay",
        Outcome::Queue(_) => "queue",
        Outcome::Outside => "outside",
    }
}

/// What importing a file did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankFileAnswer {
    /// The file; `null` in a preview.
    file: Option<StoredBankFile>,
    /// Further files, where a zip holds several; the statements are listed below.
    other_files: Vec<StoredBankFile>,
    /// Whether the very same file was imported before; then nothing changed.
    seen: bool,
    /// What it is.
    kind: BankFileKind,
    /// Its version.
    version: String,
    /// Its statements or notices that are new.
    statements: Vec<AccountStatement>,
    /// What is to be known about it: a gap, statements that were seen before, entries that are left out.
    notices: Vec<String>,
    /// What its lines became, or would become.
    tally: LineTally,
    /// Of a preview, the first 500 lines.
    lines: Vec<ForeseenLine>,
}

impl From<BankImport> for BankFileAnswer {
    fn from(import: BankImport) -> Self {
        let statements = import.statements.iter().cloned().map(Into::into).collect();
        Self {
            seen: import.seen,
            kind: import.file.kind,
            version: import.file.version.clone(),
            other_files: import.others.into_iter().map(|file| StoredBankFile::of(file, Vec::new())).collect(),
            file: Some(StoredBankFile::of(import.file, import.statements)),
            statements,
            notices: import.notices.iter().map(ToString::to_string).collect(),
            tally: import.tally.into(),
            lines: Vec::new(),
        }
    }
}

impl From<BankPreview> for BankFileAnswer {
    fn from(preview: BankPreview) -> Self {
        use crate::service::bank::BankNotice::SeenFile;
        let lines = preview.lines.into_iter().map(|foreseen| ForeseenLine {
            line: foreseen.line.line,
            direction: foreseen.line.direction,
            amount: Amount(foreseen.line.amount),
            valued_on: foreseen.line.valued_on,
            name: foreseen.line.name,
            outcome: outcome(&foreseen.outcome),
            why: match &foreseen.outcome {
                Outcome::Queue(doubt) => Some(doubt.to_string()),
                _ => None,
            },
            about: foreseen.about,
        });
        Self {
            file: None,
            other_files: Vec::new(),
            seen: preview.notices.iter().any(|notice| matches!(notice, SeenFile { .. })),
            kind: preview.kind,
            version: preview.version,
            statements: preview.statements.into_iter().map(Into::into).collect(),
            notices: preview.notices.iter().map(ToString::to_string).collect(),
            tally: preview.tally.into(),
            lines: lines.collect(),
        }
    }
}

/// Something that a line may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineProposal {
    /// Why it is proposed; the best reason comes first.
    hint: Hint,
    /// The invoices that it may pay, in this order.
    invoice_ids: Vec<InvoiceId>,
    /// Whether more was paid than is open.
    keep_surplus: bool,
    /// The collection that it may be the return of.
    collection_id: Option<CollectionId>,
    /// The customer that money may have been given back to.
    repaid_to: Option<CustomerId>,
    /// The payment, recorded by hand, that it may prove.
    recorded_payment_id: Option<PaymentId>,
    /// The parts that it may be divided into (BANK-6).
    parts: Vec<LinePart>,
    /// Numbers of invoices, the id of a collection.
    about: String,
    /// Whose.
    customer_id: CustomerId,
    /// What is open, was collected, or was paid too much.
    amount: Amount,
}

impl From<Proposal> for LineProposal {
    fn from(proposal: Proposal) -> Self {
        let mut told = Self {
            hint: proposal.hint,
            invoice_ids: Vec::new(),
            keep_surplus: false,
            collection_id: None,
            repaid_to: None,
            recorded_payment_id: None,
            parts: Vec::new(),
            about: proposal.about,
            customer_id: proposal.customer_id,
            amount: Amount(proposal.amount),
        };
        match proposal.assignment {
            Assignment::Invoices { invoices, keep_surplus } => {
                (told.invoice_ids, told.keep_surplus) = (invoices, keep_surplus);
            }
            Assignment::Collection(id) => told.collection_id = Some(id),
            Assignment::Repayment(customer) => told.repaid_to = Some(customer),
            Assignment::Division(parts) => told.parts = parts.into_iter().map(Into::into).collect(),
            Assignment::Proof(payment) => told.recorded_payment_id = Some(payment),
            Assignment::Payment(_) => {}
        }
        told
    }
}

/// A part of a line that is divided: an amount, and what it is. One of the fields beside `amount` is told.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinePart {
    /// How much, in euros with two decimals; below zero for money that went out, and for costs that were kept.
    #[schema(pattern = r"^-?[0-9]+\.[0-9]{2}$", example = "135.00")]
    amount: String,
    /// It pays this invoice.
    invoice_id: Option<InvoiceId>,
    /// It stays as this customer's credit.
    credit_of: Option<CustomerId>,
    /// It is the money of this collection; below zero, its return.
    collection_id: Option<CollectionId>,
    /// It takes this payment back; below zero.
    payment_id: Option<PaymentId>,
    /// It is what we gave back to this customer; below zero.
    repaid_to: Option<CustomerId>,
    /// It is the payout of this payment, which a provider of payments told before.
    payout_of: Option<PaymentId>,
    /// It is costs; below zero.
    costs: bool,
}

impl From<Part> for LinePart {
    fn from(part: Part) -> Self {
        let told = Self { amount: part.amount.to_string(), ..Self::default() };
        match part.of {
            PartOf::Invoice(id) => Self { invoice_id: Some(id), ..told },
            PartOf::Credit(id) => Self { credit_of: Some(id), ..told },
            PartOf::Collection(id) => Self { collection_id: Some(id), ..told },
            PartOf::Payment(id) => Self { payment_id: Some(id), ..told },
            PartOf::Repayment(id) => Self { repaid_to: Some(id), ..told },
            PartOf::PayOut(id) => Self { payout_of: Some(id), ..told },
            PartOf::Costs => Self { costs: true, ..told },
        }
    }
}

impl LinePart {
    fn read(&self, at: usize, fields: &mut Fields) -> Option<Part> {
        let mut said = [
            self.invoice_id.map(PartOf::Invoice),
            self.credit_of.map(PartOf::Credit),
            self.collection_id.map(PartOf::Collection),
            self.payment_id.map(PartOf::Payment),
            self.repaid_to.map(PartOf::Repayment),
            self.payout_of.map(PartOf::PayOut),
            self.costs.then_some(PartOf::Costs),
        ]
        .into_iter()
        .flatten();
        let (of, amount) = (said.next(), self.amount.parse::<Cents>());
        if of.is_none() || said.next().is_some() {
            let expected =
                "expected one of invoice_id, credit_of, collection_id, payment_id, repaid_to, payout_of and costs";
            fields.fault(&format!("parts[{at}]"), expected);
            return None;
        }
        if amount.is_err() {
            fields.fault(&format!("parts[{at}].amount"), "expected an amount such as 135.00");
        }
        Some(Part { of: of?, amount: amount.ok()? })
    }
}

/// A line that the bank told.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankLineView {
    /// Identity.
    id: BankLineId,
    /// The file that told it first.
    file_id: BankFileId,
    /// What became of it.
    state: LineState,
    /// Why it waits or was set aside.
    why: Option<String>,
    /// To us or from us.
    direction: Direction,
    /// How much, without the bank's charge.
    amount: Amount,
    /// What the bank charged for it, or kept of it.
    charge: Amount,
    /// What it did to the balance of the account.
    effect: Amount,
    /// Our account.
    account: String,
    /// A notice (camt.054) announced it.
    announced: bool,
    /// A statement (camt.053) told it: from then on it counts in the balances.
    stated_on: Option<NaiveDate>,
    /// What proved it.
    proof: Option<Proof>,
    /// It was divided over several customers.
    divided: bool,
    /// How often a match of it was undone.
    undone: i64,
    /// Day on which the bank booked it.
    booked_on: NaiveDate,
    /// Value date.
    valued_on: NaiveDate,
    /// The other side's name.
    name: Option<String>,
    /// The other side's account.
    iban: Option<String>,
    /// The id that came with it.
    end_to_end_id: Option<String>,
    /// Structured reference.
    structured: Option<String>,
    /// Free text.
    text: Option<String>,
    /// Why it came back.
    return_reason: Option<String>,
    /// Whose it turned out to be.
    customer_id: Option<CustomerId>,
    /// The payment that it became.
    payment_id: Option<PaymentId>,
    /// The collection that it is about.
    collection_id: Option<CollectionId>,
    /// When that was decided.
    decided_at: Option<DateTime<Utc>>,
    /// What it may be, while it waits.
    proposals: Vec<LineProposal>,
}

impl From<Queued> for BankLineView {
    fn from(queued: Queued) -> Self {
        let line = queued.line;
        let effect = line.effect();
        Self {
            id: line.id,
            file_id: line.file_id,
            state: line.state,
            why: line.why,
            direction: line.direction,
            amount: Amount(line.amount),
            charge: Amount(line.charge),
            effect: Amount(effect),
            announced: line.announced_in.is_some(),
            stated_on: line.stated_on,
            proof: line.proof,
            divided: line.divided,
            undone: line.undone,
            account: line.account,
            booked_on: line.booked_on,
            valued_on: line.valued_on,
            name: line.name,
            iban: line.iban,
            end_to_end_id: line.end_to_end_id,
            structured: line.structured,
            text: line.text,
            return_reason: line.return_reason,
            customer_id: line.customer_id,
            payment_id: line.payment_id,
            collection_id: line.collection_id,
            decided_at: line.decided_at,
            proposals: queued.proposals.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a line is: one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineAssignment {
    /// It pays these invoices of one customer, in this order.
    invoice_ids: Option<Vec<InvoiceId>>,
    /// With invoices: what is left over stays as the customer's credit; else more than what is open is refused.
    #[serde(default)]
    keep_surplus: bool,
    /// It is the money of this collection, or its return.
    collection_id: Option<CollectionId>,
    /// It takes this payment back.
    payment_id: Option<PaymentId>,
    /// It is what we gave back to this customer.
    repaid_to: Option<CustomerId>,
    /// It proves this payment, which was recorded by hand before the bank told it.
    recorded_payment_id: Option<PaymentId>,
    /// It is several things: parts that add up to its `effect`, booked together or not at all (BANK-6).
    parts: Option<Vec<LinePart>>,
}

impl LineAssignment {
    fn read(self) -> Result<Assignment, Problem> {
        let keep_surplus = self.keep_surplus;
        let invoices = self.invoice_ids.map(|invoices| Assignment::Invoices { invoices, keep_surplus });
        let mut fields = Fields::default();
        let division = self.parts.map(|parts| {
            let read = parts.iter().enumerate().filter_map(|(at, part)| part.read(at, &mut fields));
            Assignment::Division(read.collect())
        });
        fields.done()?;
        let others = [
            self.collection_id.map(Assignment::Collection),
            self.payment_id.map(Assignment::Payment),
            self.repaid_to.map(Assignment::Repayment),
            self.recorded_payment_id.map(Assignment::Proof),
            division,
        ];
        let mut said: Vec<Assignment> = invoices.into_iter().chain(others.into_iter().flatten()).collect();
        if let (Some(one), true) = (said.pop(), said.is_empty()) {
            return Ok(one);
        }
        let mut fields = Fields::default();
        let expected =
            "expected one of invoice_ids, collection_id, payment_id, repaid_to, recorded_payment_id and parts";
        fields.fault("", expected);
        fields.done()?;
        Err(crate::service::Error::NotFound("bank line").into())
    }
}

/// Why a line is set aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingAside {
    /// In words; kept with the line.
    #[schema(max_length = 200)]
    reason: String,
}

/// A place in a list: an instant or a day, and an identity.
struct Place<T, I>(T, I);

impl<T: FromStr, I: FromStr> FromStr for Place<T, I> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(' ').ok_or(())?;
        Ok(Self(at.parse().map_err(drop)?, id.parse().map_err(drop)?))
    }
}

/// List bank files
///
/// The newest first, each with its statements and their balances. For finance.
#[utoipa::path(get, path = "/api/v1/bank/files", tag = "bank", params(Paging),
    responses((status = 200, description = "A page of files", body = List<StoredBankFile>)))]
pub(super) async fn files(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<Paging>,
) -> Found<List<StoredBankFile>> {
    let (limit, after) = paging::<Place<i64, BankFileId>>(asked.limit, asked.cursor.as_deref())?;
    let before = after.and_then(|place| Some((DateTime::from_timestamp_micros(place.0)?, place.1)));
    let rows = app.service.bank_files(&caller, before, limit + 1).await?;
    let place = |row: &FileView| format!("{} {}", row.file.received_at.timestamp_micros(), row.file.id);
    Ok(found(List::page(rows, limit, place)))
}

/// Import a bank file
///
/// The body is the file itself: camt.053, camt.054 or pain.002, also packed (zip, gzip), at most 200 MiB, unpacked as well. A
/// larger one is refused (413). A file that was seen before changes nothing (200); a broken one is refused as a whole, with
/// its line. With `preview=true` nothing is written (200). For finance.
#[utoipa::path(post, path = "/api/v1/bank/files", tag = "bank", params(Sending),
    request_body(content = String, content_type = "application/xml", description = "The file"),
    responses((status = 201, description = "The file was imported", body = BankFileAnswer),
              (status = 200, description = "A preview, or a file that was seen before", body = BankFileAnswer)))]
pub(super) async fn import(
    State(app): State<App>,
    Search(how): Search<Sending>,
    upload: Upload,
) -> Result<(StatusCode, Json<BankFileAnswer>), Problem> {
    let name = how.name.unwrap_or_else(|| "api".to_owned());
    let Upload { caller, bytes } = upload;
    if how.preview == Some(true) {
        let preview = app.service.preview_bank(&caller, &name, bytes).await?;
        return Ok((StatusCode::OK, found(preview)));
    }
    let import = import_whole(&app, caller, name, bytes).await?;
    let status = if import.seen { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, found(import)))
}

/// Imports to the end, also when the client goes away.
pub(in crate::web) async fn import_whole(
    app: &App,
    caller: crate::service::access::Caller,
    name: String,
    bytes: Bytes,
) -> crate::service::Result<BankImport> {
    let service = app.service.clone();
    let task = tokio::spawn(async move { service.import_bank(&caller, &name, bytes, |_, _| {}).await });
    task.await.map_err(|_| crate::service::ledger::Failure::Broken)?
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichLines {
    /// In which state; those that wait (`open`) when left out.
    state: Option<LineState>,
    /// How many items, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List bank lines
///
/// In one state, the oldest first. Those that wait come with what they may be. For finance.
#[utoipa::path(get, path = "/api/v1/bank/lines", tag = "bank", params(WhichLines),
    responses((status = 200, description = "A page of lines", body = List<BankLineView>)))]
pub(super) async fn lines(
    State(app): State<App>,
    Token(caller): Token,
    Search(asked): Search<WhichLines>,
) -> Found<List<BankLineView>> {
    let (limit, after) = paging::<Place<NaiveDate, BankLineId>>(asked.limit, asked.cursor.as_deref())?;
    let (state, after) = (asked.state.unwrap_or(LineState::Open), after.map(|place| (place.0, place.1)));
    let rows = app.service.bank_lines(&caller, state, after, limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| format!("{} {}", row.line.booked_on, row.line.id))))
}

/// Get a bank line
///
/// With what it may be, while it waits. For finance.
#[utoipa::path(get, path = "/api/v1/bank/lines/{id}", tag = "bank",
    params(("id" = uuid::Uuid, Path, description = "The line")),
    responses((status = 200, description = "The line", body = BankLineView)))]
pub(super) async fn line(State(app): State<App>, Token(caller): Token, Id(id): Id<BankLineId>) -> Found<BankLineView> {
    Ok(found(app.service.bank_line(&caller, id).await?))
}

/// Assign a bank line
///
/// Says what it is, and books it so: once, however often the same is asked. What is booked as something else is refused: undo
/// that first. For finance.
#[utoipa::path(post, path = "/api/v1/bank/lines/{id}/assign", tag = "bank",
    params(("id" = uuid::Uuid, Path, description = "The line")), request_body = LineAssignment,
    responses((status = 200, description = "The line", body = BankLineView)))]
pub(super) async fn assign(
    State(app): State<App>,
    Id(id): Id<BankLineId>,
    new: Write<LineAssignment>,
) -> Found<BankLineView> {
    let caller = new.caller().clone();
    caller.may(Doing::KeepBooks)?;
    let line = app.service.assign_line(&caller, id, new.body.read()?).await?;
    Ok(found(Queued { line, proposals: Vec::new() }))
}

/// Set a bank line aside
///
/// It is not for these books; who said so and why stays with it. For finance.
#[utoipa::path(post, path = "/api/v1/bank/lines/{id}/set-aside", tag = "bank",
    params(("id" = uuid::Uuid, Path, description = "The line")), request_body = SettingAside,
    responses((status = 200, description = "The line", body = BankLineView)))]
pub(super) async fn set_aside(
    State(app): State<App>,
    Id(id): Id<BankLineId>,
    new: Write<SettingAside>,
) -> Found<BankLineView> {
    new.caller().may(Doing::KeepBooks)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &new.body.reason);
    fields.done()?;
    let line = app.service.set_line_aside(new.caller(), id, &reason).await?;
    Ok(found(Queued { line, proposals: Vec::new() }))
}

/// Undo the match of a bank line
///
/// Everything that was booked for it is taken back by new transactions, on the first open day; the line waits again (BANK-9). A
/// line that was set aside waits again as well. For finance.
#[utoipa::path(post, path = "/api/v1/bank/lines/{id}/undo", tag = "bank",
    params(("id" = uuid::Uuid, Path, description = "The line")), request_body = Undoing,
    responses((status = 200, description = "The line", body = BankLineView)))]
pub(super) async fn undo(State(app): State<App>, Id(id): Id<BankLineId>, new: Write<Undoing>) -> Found<BankLineView> {
    app.service.undo_line(new.caller(), id).await?;
    Ok(found(app.service.bank_line(new.caller(), id).await?))
}

/// Nothing is to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undoing {}

/// What one of our accounts stood at before its first day.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstBalanceView {
    /// The first day: the balance is that before its entries.
    day: NaiveDate,
    /// The balance.
    amount: Amount,
    /// Finance recorded it; else it is what the first statement opens with.
    recorded: bool,
}

impl From<FirstBalance> for FirstBalanceView {
    fn from(first: FirstBalance) -> Self {
        Self { day: first.day, amount: Amount(first.amount), recorded: first.recorded }
    }
}

/// A statement against what is known: `first` + `booked` + `outside` + `waiting` = `closing`, or a difference.
#[derive(Debug, Serialize, ToSchema)]
pub struct EquationView {
    /// The bank's id of the statement.
    statement_id: String,
    /// Its last day.
    day: NaiveDate,
    /// The first balance.
    first: Amount,
    /// Booked up to that day.
    booked: Amount,
    /// Not for these books.
    outside: Amount,
    /// Waiting.
    waiting: Amount,
    /// The balance that the bank tells.
    closing: Amount,
    /// What the bank has more.
    difference: Amount,
    /// What of that was not there at the statement before.
    new_difference: Amount,
    /// What could explain the difference.
    explanations: Vec<ExplanationView>,
}

/// What could explain a difference: a line that counts, or a statement that is missing.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ExplanationView {
    /// A line that would explain it if it did not count.
    line_id: Option<BankLineId>,
    /// A statement is missing after this day.
    missing_after: Option<NaiveDate>,
    /// With what the statement of that day closed.
    closed: Option<Amount>,
    /// With what the next one opens.
    opens: Option<Amount>,
}

impl From<Equation> for EquationView {
    fn from(row: Equation) -> Self {
        Self {
            difference: Amount(row.difference()),
            new_difference: Amount(row.new_difference()),
            statement_id: row.told_id,
            day: row.day,
            first: Amount(row.first),
            booked: Amount(row.moved.booked),
            outside: Amount(row.moved.outside),
            waiting: Amount(row.moved.waiting),
            closing: Amount(row.closing),
            explanations: row
                .explanations
                .into_iter()
                .map(|explanation| match explanation {
                    Explanation::Line(line) => ExplanationView { line_id: Some(line), ..Default::default() },
                    Explanation::Gap { after, closed, opens } => ExplanationView {
                        missing_after: Some(after),
                        closed: Some(Amount(closed)),
                        opens: Some(Amount(opens)),
                        ..Default::default()
                    },
                })
                .collect(),
        }
    }
}

/// How one of our accounts stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountCheckView {
    /// Its IBAN.
    account: String,
    /// Whether every statement and every posting agrees.
    agrees: bool,
    /// What it stood at in the beginning.
    first: Option<FirstBalanceView>,
    /// Booked lines of this account: what they did to it.
    booked: Amount,
    /// What the ledger posted on the bank for them.
    posted: Amount,
    /// Of the booked lines, those that were announced and that no statement told yet.
    announced: Amount,
    /// Announced more than five days ago, and told by no statement.
    not_stated: Vec<BankLineId>,
    /// Its statements, by day.
    statements: Vec<EquationView>,
}

impl From<AccountCheck> for AccountCheckView {
    fn from(check: AccountCheck) -> Self {
        Self {
            agrees: check.agrees(),
            account: check.account,
            first: check.first.map(Into::into),
            booked: Amount(check.booked),
            posted: Amount(check.posted),
            announced: Amount(check.announced),
            not_stated: check.not_stated.iter().map(|line| line.id).collect(),
            statements: check.equations.into_iter().map(Into::into).collect(),
        }
    }
}

/// Whether the books and the bank agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankCheckView {
    /// Whether everything agrees.
    agrees: bool,
    /// By account.
    accounts: Vec<AccountCheckView>,
    /// Payments recorded by hand as received at the bank that no line proves: how many.
    by_hand: i64,
    /// What was posted on the bank without a line.
    by_hand_posted: Amount,
}

impl From<BankCheck> for BankCheckView {
    fn from(check: BankCheck) -> Self {
        Self {
            agrees: check.agrees(),
            by_hand: check.by_hand,
            by_hand_posted: Amount(check.by_hand_posted),
            accounts: check.accounts.into_iter().map(Into::into).collect(),
        }
    }
}

/// Check the bank
///
/// For each statement: first balance + everything told up to its day = its closing balance (BANK-4). For finance.
#[utoipa::path(get, path = "/api/v1/bank/check", tag = "bank",
    responses((status = 200, description = "How the accounts stand", body = BankCheckView)))]
pub(super) async fn check(State(app): State<App>, Token(caller): Token) -> Found<BankCheckView> {
    Ok(found(app.service.check_bank(&caller).await?))
}

/// What an account stood at before its first day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFirstBalance {
    /// Our account: an IBAN.
    account: String,
    /// The first day: the balance is that before its entries.
    day: NaiveDate,
    /// The balance, in euros with two decimals; below zero when overdrawn.
    #[schema(pattern = r"^-?[0-9]+\.[0-9]{2}$", example = "1250.00")]
    amount: String,
}

/// Record a first balance
///
/// Once for each of our accounts (BANK-4). Until then the opening balance of the first statement counts. For finance.
#[utoipa::path(post, path = "/api/v1/bank/first-balances", tag = "bank", request_body = NewFirstBalance,
    responses((status = 201, description = "It was recorded", body = FirstBalanceView)))]
pub(super) async fn first_balance(
    State(app): State<App>,
    new: Write<NewFirstBalance>,
) -> Result<(StatusCode, Json<FirstBalanceView>), Problem> {
    let account = crate::domain::iban::compact(&new.body.account);
    let mut fields = Fields::default();
    let amount = new.body.amount.parse::<Cents>();
    if amount.is_err() {
        fields.fault("amount", "expected an amount such as 1250.00");
    }
    fields.done()?;
    let balance = (new.body.day, amount.unwrap_or_default());
    let first = app.service.record_first_balance(new.caller(), &account, balance).await?;
    Ok((StatusCode::CREATED, found(first)))
}
