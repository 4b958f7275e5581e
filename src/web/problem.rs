//! What went wrong, as RFC 9457 problem+json: a stable `type` per refusal, figures as members of their own, field errors
//! as JSON pointers. Pages show the same errors in words (`pages`).

use super::server::body::Trickles;
use crate::domain::closing::NotClosed;
use crate::domain::{Minutes, Refusal};
use crate::exchange::bank::BankFaultKind;
use crate::service::ledger::Failure;
use crate::service::{Error, FieldError};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The last part of `type`, stable.
    pub name: &'static str,
    /// What this kind of problem is, the same every time.
    pub title: &'static str,
    /// What was wrong this time, and what to do.
    pub detail: String,
    /// Figures and identities.
    pub members: Map<String, Value>,
    /// The fields that cannot be right.
    pub errors: Vec<FieldError>,
    /// After how many seconds to try again.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem without figures.
    #[must_use]
    pub fn new(status: StatusCode, name: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (members, errors) = (Map::new(), Vec::new());
        Self { status, name, title, detail: detail.into(), members, errors, retry_after: None }
    }

    /// Fields that cannot be right (422).
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let name = |error| if matches!(error, "") { "the body" } else { error };
        let named: Vec<&str> = errors.iter().map(|error| name(error.field.as_str())).collect();
        let detail = format!("Correct {} and send it again.", named.join(", "));
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-field", "A field cannot be right", detail);
        Self { errors, ..problem }
    }

    fn with(mut self, members: Value) -> Self {
        if let Value::Object(members) = members {
            self.members.extend(members);
        }
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Not logged in",
                "Send a token that is still good: Authorization: Bearer TOKEN.",
            ),
            Error::Forbidden => Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", text),
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", text),
            Error::Fields(errors) => Self::fields(errors),
            Error::Throttled(wait) => {
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts", text);
                Self { retry_after: Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)), ..problem }
            }
            Error::Crowded => {
                let title = "Too many logins at once";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-logins", title, text);
                Self { retry_after: Some(1), ..problem }
            }
            Error::BankFile(fault) => {
                let too_large = matches!(fault.kind, BankFaultKind::TooLarge { .. });
                let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::UNPROCESSABLE_ENTITY };
                Self::new(status, "bank-file", "The file is refused", text).with(json!({ "line": fault.line }))
            }
            Error::Ledger(Failure::Refused(refusal)) => refusal.into(),
            Error::Ledger(Failure::Busy | Failure::Unavailable) => {
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again later", text);
                Self { retry_after: Some(1), ..problem }
            }
            Error::Ledger(Failure::Broken) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "A fault of ours", text)
            }
        }
    }
}

impl From<Trickles> for Problem {
    fn from(Trickles: Trickles) -> Self {
        let detail =
            "The body came in too slowly to be waited for; nothing was done. Send it again over a better line.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The body came too slowly", detail)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// The status of the answer to a refusal.
#[expect(clippy::too_many_lines, reason = "a line for each refusal")]
const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::RoleForbids
        | Refusal::LinkOfContact
        | Refusal::AuthorisedFrom { .. }
        | Refusal::AuthorisedUntil { .. } => StatusCode::FORBIDDEN,
        Refusal::Invalid { .. }
        | Refusal::WorkedOnOutOfRange { .. }
        | Refusal::AskedByMissing
        | Refusal::GivesForTooLong { .. }
        | Refusal::UnknownProduct { .. }
        | Refusal::BelowFirstPurchase { .. }
        | Refusal::NoRate
        | Refusal::SignedLater { .. }
        | Refusal::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::CustomerExists { .. }
        | Refusal::ContactExists { .. }
        | Refusal::LastOwner
        | Refusal::NoCards
        | Refusal::InstallationExists { .. }
        | Refusal::InstallationInUse { .. }
        | Refusal::NoRenewal
        | Refusal::ConsentByOwner
        | Refusal::NotIssued
        | Refusal::AlreadyIssued { .. }
        | Refusal::EmptyDraft
        | Refusal::IncompleteDocument { .. }
        | Refusal::NothingToCredit
        | Refusal::CreditTooMuch { .. }
        | Refusal::NotRefundable
        | Refusal::NothingToSetOff { .. }
        | Refusal::BeyondCredit { .. }
        | Refusal::BeyondPayment { .. }
        | Refusal::PaidOutBefore { .. }
        | Refusal::NotPaidElsewhere
        | Refusal::ToldByOtherLine
        | Refusal::CameBackSince { .. }
        | Refusal::NotOverdue
        | Refusal::NoDirectDebits
        | Refusal::NoMandate
        | Refusal::MandateExists { .. }
        | Refusal::MandateEnded
        | Refusal::NothingToAmend
        | Refusal::CollectionSent { .. }
        | Refusal::CollectionAnswered { .. }
        | Refusal::CollectionCalledOff { .. }
        | Refusal::ReminderTooSoon { .. }
        | Refusal::NothingToCollect
        | Refusal::CollectionPending
        | Refusal::NothingToExport
        | Refusal::NotExportable { .. }
        | Refusal::NothingToWaive
        | Refusal::AccountPaused { .. }
        | Refusal::AlreadyPaused { .. }
        | Refusal::NotPaused
        | Refusal::NoArrears
        | Refusal::Arranged { .. }
        | Refusal::NotArranged
        | Refusal::LineBooked
        | Refusal::LineRepeats
        | Refusal::NoReactivation
        | Refusal::NoMonthlyAmount
        | Refusal::Overpayment { .. }
        | Refusal::DefectIsFree
        | Refusal::EstimateNotNeeded { .. }
        | Refusal::CoverageChanged { .. }
        | Refusal::EstimateNotOpen { .. }
        | Refusal::SpenderNotAuthorised { .. }
        | Refusal::CeilingExceeded { .. }
        | Refusal::ChannelNotAllowed { .. }
        | Refusal::InsufficientMinutes { .. }
        | Refusal::OutOfScope { .. }
        | Refusal::BeyondAgreement { .. }
        | Refusal::AgreementRequired { .. }
        | Refusal::RequesterNotAuthorised { .. }
        | Refusal::BeyondTolerance { .. }
        | Refusal::AlreadyReversed
        | Refusal::NothingUncovered
        | Refusal::StatusNotPossible { .. }
        | Refusal::NothingMissed
        | Refusal::NotOffered
        | Refusal::StalledToday
        | Refusal::Month(_) => StatusCode::CONFLICT,
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = status(&refusal);
        let mut problem =
            Self::new(status, refusal.name(), title(&refusal), refusal.to_string()).with(figures(&refusal));
        let marked = status == StatusCode::UNPROCESSABLE_ENTITY || matches!(refusal, Refusal::MandateExists { .. });
        if marked && let Some(field) = refusal.field() {
            let expected = match &refusal {
                Refusal::Invalid { expected, .. } => expected.clone(),
                other => other.to_string(),
            };
            problem.errors = vec![FieldError { field: field.to_owned(), expected }];
        }
        problem
    }
}

#[expect(clippy::too_many_lines, reason = "a title for each refusal")]
const fn title(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound(_) => "Not found",
        Refusal::Invalid { .. }
        | Refusal::WorkedOnOutOfRange { .. }
        | Refusal::AskedByMissing
        | Refusal::GivesForTooLong { .. } => "A field cannot be right",
        Refusal::CustomerExists { .. } => "The customer exists already",
        Refusal::ContactExists { .. } => "The contact exists already",
        Refusal::RoleForbids => "Not allowed",
        Refusal::AuthorisedFrom { .. } | Refusal::AuthorisedUntil { .. } => "Not authorised today",
        Refusal::LastOwner => "At least one owner must remain",
        Refusal::LinkOfContact => "This link is for somebody else",
        Refusal::NoCards => "No cards are sold here",
        Refusal::UnknownProduct { .. } => "No such product",
        Refusal::InstallationExists { .. } => "The installation exists already",
        Refusal::InstallationInUse { .. } => "Cards have minutes for this installation",
        Refusal::BelowFirstPurchase { .. } => "Less than a first purchase",
        Refusal::NoRenewal => "Cards are not renewed here",
        Refusal::ConsentByOwner => "Only an owner consents",
        Refusal::OutOfScope { .. } => "The cards are for other work",
        Refusal::NotIssued => "This is a draft",
        Refusal::AlreadyIssued { .. } => "Issued already",
        Refusal::EmptyDraft => "Nothing to invoice",
        Refusal::IncompleteDocument { .. } => "Seller or buyer is not complete",
        Refusal::NothingToCredit => "Nothing left to credit",
        Refusal::CreditTooMuch { .. } => "More than is left of the line",
        Refusal::NotRefundable => "Not refundable",
        Refusal::NothingToSetOff { .. } => "Nothing to set off",
        Refusal::BeyondCredit { .. } => "More than was paid too much",
        Refusal::BeyondPayment { .. } => "More than stands of the payment",
        Refusal::PaidOutBefore { .. } => "Paid out already",
        Refusal::NotPaidElsewhere => "Nothing to pay out",
        Refusal::ToldByOtherLine => "Another line was booked as this",
        Refusal::CameBackSince { .. } => "It came back since",
        Refusal::NotOverdue => "Not overdue",
        Refusal::NoDirectDebits => "No direct debits here",
        Refusal::NoMandate => "No mandate",
        Refusal::MandateExists { .. } => "The mandate exists already",
        Refusal::MandateEnded => "The mandate has ended",
        Refusal::NothingToAmend => "Nothing to amend",
        Refusal::SignedLater { .. } => "The mandate was signed later",
        Refusal::CollectionSent { .. } => "Sent to the bank already",
        Refusal::CollectionAnswered { .. } => "Answered by the bank",
        Refusal::CollectionCalledOff { .. } => "Called off before it was sent",
        Refusal::ReminderTooSoon { .. } => "Too soon for the next reminder",
        Refusal::NothingToCollect => "Nothing to collect",
        Refusal::CollectionPending => "A collection is under way",
        Refusal::NothingToExport => "Nothing to export",
        Refusal::NotExportable { .. } => "The file cannot be made",
        Refusal::NothingToWaive => "No fee was charged",
        Refusal::AccountPaused { .. } => "The account is paused",
        Refusal::AlreadyPaused { .. } => "Paused already",
        Refusal::NotPaused => "Not paused",
        Refusal::NoArrears => "Nothing is overdue",
        Refusal::Arranged { .. } => "Payment was arranged",
        Refusal::NotArranged => "No arrangement",
        Refusal::LineBooked => "The line is booked",
        Refusal::LineRepeats => "The line repeats another",
        Refusal::NoReactivation => "No reactivation fee here",
        Refusal::NoMonthlyAmount => "The monthly amount is not known",
        Refusal::Overpayment { .. } => "More than is open",
        Refusal::DefectIsFree => "A defect is free",
        Refusal::EstimateNotNeeded { .. } => "No estimate is needed",
        Refusal::CoverageChanged { .. } => "Another decision is in force",
        Refusal::NoRate => "No price per hour",
        Refusal::EstimateNotOpen { .. } => "The estimate is not open",
        Refusal::SpenderNotAuthorised { .. } => "Not authorised to spend",
        Refusal::CeilingExceeded { .. } => "More than this contact may agree to",
        Refusal::ChannelNotAllowed { .. } => "Not an accepted channel",
        Refusal::InsufficientMinutes { .. } => "Not enough minutes",
        Refusal::BeyondAgreement { .. } => "More than was agreed",
        Refusal::AgreementRequired { .. } => "Agree on the hours first",
        Refusal::RequesterNotAuthorised { .. } => "The requester may not spend",
        Refusal::BeyondTolerance { .. } => "Too much to give away",
        Refusal::AlreadyReversed => "Reversed already",
        Refusal::NothingUncovered => "Nothing is uncovered",
        Refusal::StatusNotPossible { .. } => "Not from where it stands",
        Refusal::NothingMissed => "Nothing was missed",
        Refusal::NotOffered => "Not offered here",
        Refusal::StalledToday => "Reported already today",
        Refusal::Month(_) => "The month stays as it is",
        Refusal::KeyReused => "This Idempotency-Key was used for another request",
    }
}

/// A parameter of the query that this caller has to give.
#[must_use]
pub fn needed(field: &str) -> Problem {
    Problem::fields(vec![FieldError { field: field.to_owned(), expected: "is needed".to_owned() }])
}

/// The figures of a refusal, by their names in the API.
fn figures(refusal: &Refusal) -> Value {
    let shortage = |asked: &Minutes, there: &Minutes| (*asked - *there).0;
    match refusal {
        Refusal::CustomerExists { number, customer } => json!({ "number": number, "customer_id": customer }),
        Refusal::AlreadyIssued { number } => json!({ "number": number }),
        Refusal::IncompleteDocument { missing } => json!({ "missing": missing }),
        Refusal::CreditTooMuch { left, asked } | Refusal::BeyondPayment { left, asked } => {
            json!({ "left": left.to_string(), "amount": asked.to_string() })
        }
        Refusal::PaidOutBefore { on } => json!({ "paid_out_on": on.to_string() }),
        Refusal::CameBackSince { on, amount } => json!({ "valued_on": on.to_string(), "amount": amount.to_string() }),
        Refusal::NothingToSetOff { open, credit } => json!({ "open": open.to_string(), "credit": credit.to_string() }),
        Refusal::BeyondCredit { credit, asked } => json!({ "credit": credit.to_string(), "amount": asked.to_string() }),
        Refusal::AccountPaused { since } | Refusal::AlreadyPaused { since } => json!({ "since": since.to_string() }),
        Refusal::MandateExists { reference } => json!({ "reference": reference }),
        Refusal::SignedLater { signed_on } => json!({ "signed_on": signed_on }),
        Refusal::CollectionSent { end_to_end_id }
        | Refusal::CollectionAnswered { end_to_end_id }
        | Refusal::CollectionCalledOff { end_to_end_id } => {
            json!({ "end_to_end_id": end_to_end_id })
        }
        Refusal::ReminderTooSoon { last, from } => json!({ "last": last, "from": from }),
        Refusal::Arranged { until } => json!({ "until": until.to_string() }),
        Refusal::Overpayment { open, asked } => json!({ "open": open.to_string(), "amount": asked.to_string() }),
        Refusal::EstimateNotNeeded { cover } => json!({ "cover": cover }),
        Refusal::CoverageChanged { current } => json!({ "coverage_id": current }),
        Refusal::EstimateNotOpen { status } => json!({ "estimate_status": status }),
        Refusal::CeilingExceeded { ceiling, asked, .. } => {
            json!({ "ceiling_minutes": ceiling, "asked_minutes": asked })
        }
        Refusal::InsufficientMinutes { available, asked } => json!({
            "available_minutes": available, "asked_minutes": asked, "shortage_minutes": shortage(asked, available),
        }),
        Refusal::OutOfScope { available, asked, unusable, reasons } => json!({
            "available_minutes": available, "asked_minutes": asked, "shortage_minutes": shortage(asked, available),
            "unusable_minutes": unusable, "reasons": reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Refusal::InstallationInUse { left } => json!({ "left_minutes": left }),
        Refusal::BelowFirstPurchase { minimum, asked, .. } => {
            json!({ "minimum_minutes": minimum, "asked_minutes": asked })
        }
        Refusal::BeyondAgreement { agreed, left, asked, tolerance } => json!({
            "agreed_minutes": agreed, "left_minutes": left, "asked_minutes": asked,
            "shortage_minutes": shortage(asked, left), "tolerance_minutes": tolerance,
        }),
        Refusal::AgreementRequired { asked } | Refusal::RequesterNotAuthorised { asked } => {
            json!({ "asked_minutes": asked, "shortage_minutes": asked })
        }
        Refusal::BeyondTolerance { tolerance, shortage } => {
            json!({ "tolerance_minutes": tolerance, "shortage_minutes": shortage })
        }
        Refusal::StatusNotPossible { status, possible } => json!({ "ticket_status": status, "possible": possible }),
        Refusal::Month(why) => month_figures(why),
        Refusal::WorkedOnOutOfRange { first, last } => json!({ "first": first, "last": last }),
        _ => json!({}),
    }
}

fn month_figures(why: &NotClosed) -> Value {
    match why {
        NotClosed::NotOver { month } => json!({ "month": month.to_string() }),
        NotClosed::OutOfOrder { next } => json!({ "next": next.to_string() }),
        NotClosed::BeforeFirst { first } => json!({ "first": first.to_string() }),
        NotClosed::Blocked { found } => {
            let found: Map<String, Value> =
                found.iter().map(|(kind, count)| (kind.to_string(), Value::from(*count))).collect();
            json!({ "findings": found })
        }
        NotClosed::NotLast { last } => json!({ "last": last.to_string() }),
        NotClosed::NothingBooked | NotClosed::NoneClosed => json!({}),
    }
}

/// Why a request was not done (RFC 9457). A refusal of the rules has its figures as further members, for instance
/// `available_minutes`, `asked_minutes` and `shortage_minutes`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// What kind of problem; stable, so that programs can tell them apart.
    #[serde(rename = "type")]
    #[schema(example = "/problems/insufficient-minutes")]
    kind: String,
    /// The kind in words, the same every time.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was wrong this time, and what to do.
    detail: String,
    /// The fields that cannot be right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// Figures and identities that explain a refusal.
    #[serde(flatten)]
    #[schema(value_type = HashMap<String, Value>)]
    members: Map<String, Value>,
}

/// A field that cannot be right.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer to the field; for a parameter of the query, its name after a slash.
    #[schema(example = "/worked_on")]
    pointer: String,
    /// What was expected.
    detail: String,
}

/// JSON pointer to a field; no field means the whole body.
fn pointer(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("/{}", field.replace('~', "~0").replace('/', "~1")) }
}

impl IntoResponse for Problem {
    /// As JSON. The problem goes along, so that the pages can put it in words instead.
    fn into_response(self) -> Response {
        let kept = Box::new(self.clone());
        let errors = self
            .errors
            .into_iter()
            .map(|error| FieldProblem { pointer: pointer(&error.field), detail: error.expected });
        let body = ProblemBody {
            kind: format!("/problems/{}", self.name),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            errors: errors.collect(),
            members: self.members,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.extensions_mut().insert(kept);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
