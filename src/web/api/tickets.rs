//! Tickets: anything a customer reports.

use super::{Created, Found, List, created, found, paging};
use crate::domain::{self, ContactId, Cover, CoverageId, CustomerId, TicketId, TicketKind};
use crate::service::tickets::NewTicket as New;
use crate::web::App;
use crate::web::extract::{Id, Paging, Search, Token, Write};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A ticket to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// One line.
    #[schema(max_length = 200)]
    subject: String,
    /// The report.
    #[schema(max_length = 4000)]
    description: String,
    /// Which contact asked; a contact who opens a ticket asks it.
    requester_id: Option<ContactId>,
    /// What it is about.
    kind: TicketKind,
    /// Its topic, by the policy's id.
    topic: Option<String>,
    /// How urgent it is: an id of a level, or `safety`. Asking by mistake costs nothing.
    urgency: Option<String>,
}

impl NewTicket {
    fn read(&self) -> Result<New, Problem> {
        let mut fields = Fields::default();
        let new = New {
            subject: fields.line("subject", &self.subject),
            description: fields.text("description", &self.description),
            requester: self.requester_id,
            kind: self.kind,
            topic: self.topic.clone(),
            urgency: fields.optional("urgency", self.urgency.as_deref(), "expected a level, or \"safety\""),
        };
        fields.done()?;
        Ok(new)
    }
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    /// Identity.
    id: TicketId,
    /// The number people say.
    number: i64,
    /// Whose it is.
    customer_id: CustomerId,
    /// One line.
    subject: String,
    /// The report.
    description: String,
    /// Which contact asked.
    requester_id: Option<ContactId>,
    /// What it is about.
    kind: TicketKind,
    /// Its topic.
    topic: Option<String>,
    /// The urgency that stands.
    urgency: Option<String>,
    /// Who pays, as decided before the work (COVER-1).
    cover: Cover,
    /// The decision that says so.
    coverage_id: CoverageId,
    /// When it came in.
    created_at: DateTime<Utc>,
}

impl From<domain::Ticket> for Ticket {
    fn from(ticket: domain::Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            customer_id: ticket.customer_id,
            subject: ticket.subject,
            description: ticket.description,
            requester_id: ticket.requester_id,
            kind: ticket.kind,
            topic: ticket.topic,
            urgency: ticket.urgency.map(|urgency| urgency.to_string()),
            cover: ticket.cover,
            coverage_id: ticket.coverage_id,
            created_at: ticket.created_at,
        }
    }
}

/// Open a ticket
///
/// Never refused for want of minutes (COVER-5). For every contact of the customer and agents.
#[utoipa::path(post, path = "/api/v1/customers/{id}/tickets", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewTicket, responses((status = 201, description = "The ticket", body = Ticket)))]
pub(super) async fn open(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewTicket>,
) -> Created<Ticket> {
    Ok(created(app.service.open_ticket(new.request(), customer, new.body.read()?).await?))
}

/// List the tickets of a customer
///
/// The newest first.
#[utoipa::path(get, path = "/api/v1/customers/{id}/tickets", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of tickets", body = List<Ticket>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<Ticket>> {
    let (limit, before) = paging(limit, cursor.as_deref())?;
    let rows = app.service.tickets_of(&caller, customer, before.unwrap_or(i64::MAX), limit + 1).await?;
    Ok(found(List::page(rows, limit, |ticket| ticket.number.to_string())))
}

/// Read a ticket
#[utoipa::path(get, path = "/api/v1/tickets/{id}", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The ticket")),
    responses((status = 200, description = "The ticket", body = Ticket)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, Id(id): Id<TicketId>) -> Found<Ticket> {
    Ok(found(app.service.ticket(&caller, id).await?))
}
