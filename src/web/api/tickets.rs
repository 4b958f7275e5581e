//! Tickets: anything a customer reports.

use super::{Created, Found, List, created, found};
use crate::domain::{
    self, Channel, ContactId, Cover, CoverageId, CustomerId, Due, InstallationId, Intake, Locale, Measure, Policy,
    Question, Report, Role, TicketId, TicketKind, TicketStatus, clocks,
};
use crate::service::Service;
use crate::service::access::Caller;
use crate::service::desk::{Filter, OnDesk, Standing};
use crate::web::App;
use crate::web::extract::{Id, IdOrNumber, Paging, Search, Token, Write, bad_cursor, limit, position};
use crate::web::fields::Fields;
use crate::web::problem::{Problem, needed};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

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
    /// Which of the customer's installations; its only one when left out (CARD-8).
    installation_id: Option<InstallationId>,
    /// Its topic, by the policy's id.
    topic: Option<String>,
    /// How urgent it is: an id of a level, or `safety`. Asking by mistake costs nothing.
    urgency: Option<String>,
    /// How it came in; `portal` when not told, and always for a contact.
    channel: Option<Channel>,
    /// Which product it is about.
    #[schema(max_length = 200)]
    product: Option<String>,
    /// What else is known, question by question: `what`, `where`, `when`, `who`, `page`, `screenshot`, `steps`. None of it
    /// is needed; a GET tells which questions of the policy are still open.
    #[schema(value_type = Option<HashMap<String, String>>)]
    intake: Option<BTreeMap<Question, String>>,
    /// How bad it is: an impact of the policy.
    impact: Option<String>,
    /// For how many: a reach of the policy.
    reach: Option<String>,
    /// When it reached the provider: from here the clocks count. Now when not told, and always for a contact.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<String>,
    /// Personal data may have come into the open (SLA-6).
    data_leak: Option<bool>,
}

impl NewTicket {
    fn read(&self) -> Result<Report, Problem> {
        let mut fields = Fields::default();
        let said = self.intake.iter().flatten();
        let said = said.filter_map(|(question, text)| {
            let name = format!("intake/{question}");
            fields.optional_text(&name, Some(text.as_str())).map(|text| (*question, text))
        });
        let intake = Intake(said.collect());
        let report = Report {
            subject: fields.line("subject", &self.subject),
            description: fields.text("description", &self.description),
            requester: self.requester_id,
            kind: self.kind,
            installation: self.installation_id,
            topic: self.topic.clone(),
            urgency: fields.optional("urgency", self.urgency.as_deref(), "expected a level, or \"safety\""),
            channel: self.channel.unwrap_or_default(),
            product: fields.optional_line("product", self.product.as_deref()),
            intake,
            impact: fields.optional_line("impact", self.impact.as_deref()),
            reach: fields.optional_line("reach", self.reach.as_deref()),
            received_at: fields.instant("received_at", self.received_at.as_deref()),
            data_leak: self.data_leak.unwrap_or(false),
        };
        fields.done()?;
        Ok(report)
    }
}

/// What was reported: facts, which later commands do not change.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketReport {
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
    /// Which of the customer's installations.
    installation_id: Option<InstallationId>,
    /// Its topic.
    topic: Option<String>,
    /// The urgency that stands.
    urgency: Option<String>,
    /// Who pays, as decided before the work (COVER-1).
    cover: Cover,
    /// The decision that says so.
    coverage_id: CoverageId,
    /// How it came in.
    channel: Channel,
    /// Which product it is about.
    product: Option<String>,
    /// What else was said.
    #[schema(value_type = HashMap<String, String>)]
    intake: BTreeMap<Question, String>,
    /// How bad it was said to be.
    impact: Option<String>,
    /// For how many.
    reach: Option<String>,
    /// Personal data may have come into the open.
    data_leak: bool,
    /// When it reached the provider.
    received_at: DateTime<Utc>,
    /// When it was written down.
    created_at: DateTime<Utc>,
}

impl From<domain::Ticket> for TicketReport {
    fn from(ticket: domain::Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            customer_id: ticket.customer_id,
            subject: ticket.subject,
            description: ticket.description,
            requester_id: ticket.requester_id,
            kind: ticket.kind,
            installation_id: ticket.installation_id,
            topic: ticket.topic,
            urgency: ticket.urgency.map(|urgency| urgency.to_string()),
            cover: ticket.cover,
            coverage_id: ticket.coverage_id,
            channel: ticket.channel,
            product: ticket.product,
            intake: ticket.intake.0,
            impact: ticket.impact,
            reach: ticket.reach,
            data_leak: ticket.data_leak,
            received_at: ticket.received_at,
            created_at: ticket.created_at,
        }
    }
}

/// One of the clocks of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Clock {
    /// What was promised; `null` where nothing was.
    due_at: Option<DateTime<Utc>>,
    /// What is expected since the promise was missed (SLA-5).
    expected_at: Option<DateTime<Utc>>,
    /// When it was met.
    met_at: Option<DateTime<Utc>>,
    /// Stands still while the customer is waited for.
    paused: bool,
    /// Met too late, or not yet met and past due.
    late: bool,
    /// Late against a binding target: a reason is to be given (SLA-5).
    unexplained: bool,
    /// How it follows from the policy, in a sentence; `null` where nothing was promised.
    sum: Option<String>,
}

impl Clock {
    fn of(ticket: &domain::Ticket, measure: Measure, policy: &Policy, now: DateTime<Utc>) -> Self {
        let binding = clocks::is_binding(policy, ticket);
        let clock = clocks::clock(policy, ticket, measure);
        let sum = clock.map(|clock| clock.deadline(&ticket.pauses.0, now).in_words(policy.time_zone, Locale::En));
        Self {
            due_at: ticket.promised(measure),
            expected_at: ticket.expected(measure),
            met_at: ticket.met_at(measure),
            paused: measure == Measure::Resolution && ticket.pauses.since().is_some(),
            late: ticket.is_late(measure, now),
            unexplained: binding && ticket.is_unexplained(measure, now),
            sum,
        }
    }
}

/// A ticket as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    #[serde(flatten)]
    report: TicketReport,
    /// Where it stands.
    status: TicketStatus,
    /// Its priority, by its id in the policy; `null` where that has none.
    priority: Option<String>,
    /// Whether a missed target is a breach; under best effort it is only late.
    binding: bool,
    /// Until the first answer.
    response: Clock,
    /// Until it is done.
    resolution: Clock,
    /// When the customer last said that nothing moves, until it moves again (SLA-7).
    stalled_at: Option<DateTime<Utc>>,
    /// Questions of the policy that nobody has answered: a hint, never a block.
    unsaid: Vec<Question>,
    /// What whoever reported should know (SLA-6); the report stands all the same.
    notices: Vec<Notice>,
}

/// Something to know about a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketNotice)]
pub struct Notice {
    /// `report_by`, `may_not_phone` or `data_leak`.
    about: &'static str,
    /// In words.
    text: String,
}

impl Ticket {
    fn of(ticket: domain::Ticket, role: Option<Role>, policy: &Policy, now: DateTime<Utc>) -> Self {
        let binding = clocks::is_binding(policy, &ticket);
        let notices = clocks::notices(policy, &ticket, role);
        let notice = |notice: &clocks::Notice| Notice { about: notice.name(), text: notice.to_string() };
        Self {
            status: ticket.status,
            priority: ticket.priority.clone(),
            binding,
            response: Clock::of(&ticket, Measure::Response, policy, now),
            resolution: Clock::of(&ticket, Measure::Resolution, policy, now),
            stalled_at: ticket.stalled_at,
            unsaid: ticket.intake.unsaid(&policy.tickets.intake),
            notices: notices.iter().map(notice).collect(),
            report: ticket.into(),
        }
    }
}

/// A ticket in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedTicket {
    /// Identity.
    id: TicketId,
    /// The number people say.
    number: i64,
    /// Whose it is.
    customer_id: CustomerId,
    /// Name of the customer.
    customer_name: String,
    /// One line.
    subject: String,
    /// What it is about.
    kind: TicketKind,
    /// Where it stands.
    status: TicketStatus,
    /// Its priority, by its id in the policy.
    priority: Option<String>,
    /// When it reached the provider.
    received_at: DateTime<Utc>,
    /// What is due first; `null` where nothing is.
    due_at: Option<DateTime<Utc>>,
    /// When the customer last said that nothing moves.
    stalled_at: Option<DateTime<Utc>>,
}

impl From<OnDesk> for ListedTicket {
    fn from(row: OnDesk) -> Self {
        let OnDesk { ticket, customer_name, .. } = row;
        Self {
            id: ticket.id,
            number: ticket.number,
            customer_id: ticket.customer_id,
            customer_name,
            subject: ticket.subject,
            kind: ticket.kind,
            status: ticket.status,
            priority: ticket.priority,
            received_at: ticket.received_at,
            due_at: ticket.due_at.0,
            stalled_at: ticket.stalled_at,
        }
    }
}

/// Open a ticket
///
/// Never refused for want of minutes (COVER-5). For every contact of the customer and agents. Where it stands and what its
/// clocks say is told by a GET.
#[utoipa::path(post, path = "/api/v1/customers/{id}/tickets", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The customer")),
    request_body = NewTicket, responses((status = 201, description = "The ticket", body = TicketReport)))]
pub(super) async fn open(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    new: Write<NewTicket>,
) -> Created<TicketReport> {
    Ok(created(app.service.open_ticket(new.request(), customer, new.body.read()?).await?))
}

/// List the tickets of a customer
///
/// The newest first.
#[utoipa::path(get, path = "/api/v1/customers/{id}/tickets", tag = "tickets",
    params(("id" = uuid::Uuid, Path, description = "The customer"), Paging),
    responses((status = 200, description = "A page of tickets", body = List<ListedTicket>)))]
pub(super) async fn of_customer(
    State(app): State<App>,
    Token(caller): Token,
    Id(customer): Id<CustomerId>,
    Search(Paging { limit, cursor }): Search<Paging>,
) -> Found<List<ListedTicket>> {
    let (limit, before) = super::paging(limit, cursor.as_deref())?;
    let (all, before) = (Filter::default(), before.unwrap_or(i64::MAX));
    let rows = app.service.tickets_of(&caller, customer, &all, before, limit + 1).await?;
    Ok(found(List::page(rows, limit, |row| row.ticket.number.to_string())))
}

/// Which tickets, and from where.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `open` (when not told), `all`, or where they stand.
    status: Option<String>,
    /// A priority of the policy.
    priority: Option<String>,
    /// Tickets of this customer only; needed for a contact of several customers.
    customer_id: Option<CustomerId>,
    /// `true`: only those past due.
    overdue: Option<bool>,
    /// Words that stand in the report, or begin a word of it; or a number.
    q: Option<String>,
    /// How many items, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Asked {
    fn filter(&self, now: DateTime<Utc>) -> Result<Filter, Problem> {
        let mut fields = Fields::default();
        let status = match self.status.as_deref() {
            Some("all") => None,
            other => fields.optional("status", other.or(Some("open")), "expected open, all or a status"),
        };
        fields.done()?;
        Ok(Filter { status, priority: self.priority.clone(), due_before: self.overdue.filter(|is| *is).map(|_| now) })
    }
}

/// List tickets
///
/// For staff: open tickets of all customers, what is due first before the others; with another `status`, the newest
/// first. With `customer_id`, and for a contact, those of one customer, the newest first. With `q` the newest that were
/// found, on one page.
#[utoipa::path(get, path = "/api/v1/tickets", tag = "tickets", params(Asked),
    responses((status = 200, description = "A page of tickets", body = List<ListedTicket>)))]
pub(super) async fn list(
    State(app): State<App>,
    Token(caller): Token,
    Search(mut asked): Search<Asked>,
) -> Found<List<ListedTicket>> {
    let limit = limit(asked.limit)?;
    let filter = asked.filter(app.service.clock.now())?;
    if !caller.is_staff() && asked.customer_id.is_none() {
        match caller.contacts.as_slice() {
            [] => return Ok(found(List::page(Vec::<OnDesk>::new(), limit, |_| String::new()))),
            [only] => asked.customer_id = Some(only.customer_id),
            _ => return Err(needed("customer_id")),
        }
    }
    Ok(found(page(&app.service, &caller, &asked, &filter, limit).await?))
}

async fn page(
    service: &Service,
    caller: &Caller,
    asked: &Asked,
    filter: &Filter,
    limit: i64,
) -> Result<List<ListedTicket>, Problem> {
    let number = |row: &OnDesk| row.ticket.number.to_string();
    let place = position(asked.cursor.as_deref())?;
    if let Some(text) = &asked.q {
        let rows = service.find_tickets(caller, text, asked.customer_id, filter, limit).await?;
        return Ok(List::page(rows, limit, number));
    }
    let all_open = asked.customer_id.is_none() && filter.status == Some(Standing::Open);
    if all_open {
        let after = place.map_or(Ok(START), |place| read_place(&place).ok_or_else(bad_cursor))?;
        return Ok(List::page(service.due_tickets(caller, filter, after, limit + 1).await?, limit, place_of));
    }
    let before = place.map_or(Ok(i64::MAX), |place| place.parse().map_err(|_| bad_cursor()))?;
    let rows = match asked.customer_id {
        Some(customer) => service.tickets_of(caller, customer, filter, before, limit + 1).await?,
        None => service.newest_tickets(caller, filter, before, limit + 1).await?,
    };
    Ok(List::page(rows, limit, number))
}

/// Before every ticket in the order of what is due.
pub(in crate::web) const START: (Due, i64) = (Due(Some(DateTime::<Utc>::UNIX_EPOCH)), 0);

/// The place of a ticket in the order of what is due, for a cursor.
pub(in crate::web) fn place_of(row: &OnDesk) -> String {
    let due = row.ticket.due_at.0.map_or(String::new(), |at| at.timestamp_micros().to_string());
    format!("{due}:{}", row.ticket.number)
}

/// Reads such a place back.
pub(in crate::web) fn read_place(place: &str) -> Option<(Due, i64)> {
    let (due, number) = place.split_once(':')?;
    let at = if due.is_empty() { None } else { Some(DateTime::from_timestamp_micros(due.parse().ok()?)?) };
    Some((Due(at), number.parse().ok()?))
}

/// Read a ticket
///
/// By its identity or by its number.
#[utoipa::path(get, path = "/api/v1/tickets/{id}", tag = "tickets",
    params(("id" = String, Path, description = "The ticket: its identity, or its number")),
    responses((status = 200, description = "The ticket", body = Ticket)))]
pub(super) async fn get(State(app): State<App>, Token(caller): Token, id: IdOrNumber<TicketId>) -> Found<Ticket> {
    let service = &app.service;
    let ticket = match id {
        IdOrNumber::Id(id) => service.ticket(&caller, id).await?,
        IdOrNumber::Number(number) => service.ticket_by_number(&caller, number).await?,
    };
    let role = service.requester_role(&ticket).await?;
    let policy = service.terms_of(&ticket);
    Ok(found(Ticket::of(ticket.clone(), role, policy, service.clock.now())))
}
