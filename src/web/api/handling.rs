//! What is said and done on a ticket.

use super::{Created, Found, created, found};
use crate::domain::{self, ContactId, Handling, Measure, TicketEventId, TicketEventKind, TicketId, TicketStatus};
use crate::service::desk::Happened;
use crate::web::App;
use crate::web::extract::{Id, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most events that a ticket shows: the newest.
const EVENTS: i64 = 200;

/// Something that happened to a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketEvent {
    /// Identity.
    id: TicketEventId,
    /// Of which ticket.
    ticket_id: TicketId,
    /// What happened.
    kind: TicketEventKind,
    /// When.
    recorded_at: DateTime<Utc>,
    /// Which contact did it, where it was one.
    contact_id: Option<ContactId>,
    /// What was said.
    text: Option<String>,
    /// The status or priority before, or the clock that is explained.
    was: Option<String>,
    /// The status or priority after.
    became: Option<String>,
    /// What is expected now (SLA-5).
    expected_at: Option<DateTime<Utc>>,
}

impl From<domain::TicketEvent> for TicketEvent {
    fn from(event: domain::TicketEvent) -> Self {
        Self {
            id: event.id,
            ticket_id: event.ticket_id,
            kind: event.kind,
            recorded_at: event.recorded_at,
            contact_id: event.contact_id,
            text: event.text,
            was: event.was,
            became: event.became,
            expected_at: event.expected_at,
        }
    }
}

/// An event with the name of whoever did it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedTicketEvent {
    #[serde(flatten)]
    event: TicketEvent,
    /// Who did it.
    by_name: Option<String>,
}

/// What happened to a ticket, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    /// The events: at most the newest 200.
    items: Vec<NamedTicketEvent>,
}

impl From<Vec<Happened>> for Timeline {
    fn from(events: Vec<Happened>) -> Self {
        let named = |Happened { event, by_name }| NamedTicketEvent { event: event.into(), by_name };
        Self { items: events.into_iter().map(named).collect() }
    }
}

/// A text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// What is said.
    #[schema(max_length = 4000)]
    text: String,
}

/// A text that may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaybeText {
    /// What is said with it.
    #[schema(max_length = 4000)]
    text: Option<String>,
}

/// Where a ticket goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatus {
    /// Where it stands then.
    to: TicketStatus,
    /// What is said with it; needed to wait for the customer.
    #[schema(max_length = 4000)]
    text: Option<String>,
}

/// Another priority.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriority {
    /// Its id in the policy.
    priority: String,
    /// Why; the customer reads it.
    #[schema(max_length = 4000)]
    reason: String,
}

/// Why a target was missed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Which target.
    measure: Measure,
    /// Why; the customer reads it.
    #[schema(max_length = 4000)]
    reason: String,
    /// When it is expected now; needed while it is not done.
    #[schema(value_type = Option<String>, format = DateTime)]
    expected_at: Option<String>,
}

/// Reads the fields of a body.
fn read<T>(read: impl FnOnce(&mut Fields) -> T) -> Result<T, Problem> {
    let mut fields = Fields::default();
    let value = read(&mut fields);
    fields.done()?;
    Ok(value)
}

/// Read what happened to a ticket
///
/// The oldest first. Notes of the provider are for staff only.
#[utoipa::path(get, path = "/api/v1/tickets/{id}/events", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    responses((status = 200, description = "What happened", body = Timeline)))]
pub(super) async fn list(State(app): State<App>, Token(caller): Token, Id(id): Id<TicketId>) -> Found<Timeline> {
    Ok(found(app.service.ticket_events(&caller, id, EVENTS).await?))
}

/// Say that a ticket came in
///
/// For agents. Not an answer: where the policy says so, the first clock goes on.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/acknowledge", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = MaybeText, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn acknowledge(
    State(app): State<App>,
    Id(id): Id<TicketId>,
    sent: Write<MaybeText>,
) -> Created<TicketEvent> {
    let text = read(|fields| fields.optional_text("text", sent.body.text.as_deref()))?;
    Ok(created(app.service.handle_ticket(sent.request(), id, Handling::Acknowledge { text }).await?))
}

/// Write a message
///
/// For agents, whose first message is the answer that stops the first clock, and for contacts of the customer: one that is
/// waited for puts the ticket in progress.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/messages", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = Text, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn say(State(app): State<App>, Id(id): Id<TicketId>, sent: Write<Text>) -> Created<TicketEvent> {
    let text = read(|fields| fields.text("text", &sent.body.text))?;
    Ok(created(app.service.handle_ticket(sent.request(), id, Handling::Say { text }).await?))
}

/// Write a note
///
/// For agents; contacts of the customer never see it.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/notes", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = Text, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn note(State(app): State<App>, Id(id): Id<TicketId>, sent: Write<Text>) -> Created<TicketEvent> {
    let text = read(|fields| fields.text("text", &sent.body.text))?;
    Ok(created(app.service.handle_ticket(sent.request(), id, Handling::Note { text }).await?))
}

/// Move a ticket on, close it, or reopen it
///
/// Agents; contacts close and reopen.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/status", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = NewStatus, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn status(
    State(app): State<App>,
    Id(id): Id<TicketId>,
    sent: Write<NewStatus>,
) -> Created<TicketEvent> {
    let text = read(|fields| fields.optional_text("text", sent.body.text.as_deref()))?;
    let handling = Handling::Move { to: sent.body.to, text };
    Ok(created(app.service.handle_ticket(sent.request(), id, handling).await?))
}

/// Agree on another priority
///
/// For agents, in consultation with the customer (SLA-1). Both clocks are set anew from the receipt.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/priority", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = NewPriority, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn prioritise(
    State(app): State<App>,
    Id(id): Id<TicketId>,
    sent: Write<NewPriority>,
) -> Created<TicketEvent> {
    let handling = read(|fields| Handling::Prioritise {
        priority: fields.line("priority", &sent.body.priority),
        reason: fields.text("reason", &sent.body.reason),
    })?;
    Ok(created(app.service.handle_ticket(sent.request(), id, handling).await?))
}

/// Say that nothing moves
///
/// For contacts of the customer, once a day, where the policy has the button (SLA-7). It stands first on the desk.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/stalled", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = MaybeText, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn stall(
    State(app): State<App>,
    Id(id): Id<TicketId>,
    sent: Write<MaybeText>,
) -> Created<TicketEvent> {
    let text = read(|fields| fields.optional_text("text", sent.body.text.as_deref()))?;
    Ok(created(app.service.handle_ticket(sent.request(), id, Handling::Stall { text }).await?))
}

/// Explain a missed target
///
/// For agents: why, and what is expected now; the customer reads it (SLA-5).
#[utoipa::path(post, path = "/api/v1/tickets/{id}/explanations", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = Explanation, responses((status = 201, description = "What happened", body = TicketEvent)))]
pub(super) async fn explain(
    State(app): State<App>,
    Id(id): Id<TicketId>,
    sent: Write<Explanation>,
) -> Created<TicketEvent> {
    let handling = read(|fields| Handling::Explain {
        measure: sent.body.measure,
        reason: fields.text("reason", &sent.body.reason),
        expected_at: fields.instant("expected_at", sent.body.expected_at.as_deref()),
    })?;
    Ok(created(app.service.handle_ticket(sent.request(), id, handling).await?))
}
