//! Lists of tickets: what is due first, what was found, what a customer reported. Filters stand in the address.

use super::clock::{ClockView, Watch};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, encode, show};
use crate::domain::{Doing, TicketStatus, clocks};
use crate::service::Service;
use crate::service::access::Caller;
use crate::service::desk::{Filter, OnDesk, Standing};
use crate::web::App;
use crate::web::api::tickets::{START, place_of, read_place};
use crate::web::extract::{Search, bad_cursor, cursor, position};
use crate::web::problem::Problem;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

/// How many tickets a page holds.
pub(super) const MANY: usize = 50;

texts! {
    /// Words of the lists.
    pub struct QueueTexts {
        title: "Meldingen", "Tickets";
        desk: "Werkbank", "Desk";
        due_first: "Wat het eerst moet, staat bovenaan.", "What is due first is at the top.";
        newest_first: "De nieuwste staan bovenaan.", "The newest are at the top.";
        status: "Status", "Status";
        open: "open", "open";
        all: "alle", "all";
        priority: "Prioriteit", "Priority";
        overdue: "alleen te laat", "late only";
        find: "Zoek in meldingen", "Find in tickets";
        find_hint: "Woorden uit het onderwerp of de omschrijving, of een nummer.", "Words of the subject or the description, or a number.";
        show: "Toon", "Show";
        none: "Geen meldingen gevonden.", "No tickets found.";
        stalled: "ligt stil, zegt de klant", "stalled, says the customer";
        pages: "Bladeren", "Pages";
        first: "Vanaf het begin", "From the start";
        more: "Volgende", "Next";
    }
}

/// A ticket in a list.
#[derive(Debug)]
pub struct TicketRow {
    /// Its page.
    pub href: String,
    /// One line.
    pub subject: String,
    /// Number, customer, day.
    pub meta: String,
    /// Where it stands.
    pub status: &'static str,
    /// Its priority.
    pub priority: Option<String>,
    /// What is due first.
    pub clock: Option<ClockView>,
    /// What to say where nothing is.
    pub idle: &'static str,
    /// The customer says that nothing moves.
    pub stalled: bool,
}

/// Tickets as a list shows them; with the customer's name where it is not that customer's own list.
#[must_use]
pub fn rows(service: &Service, lang: Lang, found: &[OnDesk], named: bool) -> Vec<TicketRow> {
    let (now, zone) = (service.clock.now(), service.policies.time_zone());
    let row = |row: &OnDesk| {
        let ticket = &row.ticket;
        let policy = service.terms_of(ticket);
        let watch = Watch { policy, now, zone, lang };
        let day = text::date_short(ticket.received_at.with_timezone(&zone).date_naive(), lang);
        let customer = if named { format!("{} · ", row.customer_name) } else { String::new() };
        let kind = words::ticket_kind(ticket.kind, lang);
        let priority = clocks::priority(policy, ticket);
        TicketRow {
            href: format!("/tickets/{}", ticket.id),
            subject: ticket.subject.clone(),
            meta: format!("{} · {customer}{kind} · {day}", ticket.number),
            status: words::ticket_status(ticket.status, lang),
            priority: priority.map(|priority| priority.name.of(lang.into()).to_owned()),
            clock: watch.first(ticket),
            idle: watch.idle(ticket),
            stalled: ticket.stalled_at.is_some() && ticket.status.is_open(),
        }
    };
    found.iter().map(row).collect()
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    status: Option<String>,
    priority: Option<String>,
    overdue: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
}

impl Asked {
    fn status(&self) -> &str {
        self.status.as_deref().filter(|text| !text.is_empty()).unwrap_or("open")
    }

    fn words(&self) -> Option<&str> {
        self.q.as_deref().filter(|text| !text.trim().is_empty())
    }

    fn filter(&self, now: chrono::DateTime<chrono::Utc>) -> Result<Filter, Problem> {
        let status = match self.status() {
            "all" => None,
            word => Some(word.parse().map_err(|_| crate::service::Error::NotFound("page"))?),
        };
        let priority = self.priority.clone().filter(|text| !text.is_empty());
        let due_before = self.overdue.as_ref().filter(|text| !text.is_empty()).map(|_| now);
        Ok(Filter { status, priority, due_before })
    }

    /// The address of these filters, and of a place in the list.
    fn address(&self, place: Option<&str>) -> String {
        let pairs = [
            ("status", self.status.as_deref()),
            ("priority", self.priority.as_deref()),
            ("overdue", self.overdue.as_deref()),
            ("q", self.q.as_deref()),
            ("cursor", place),
        ];
        let given = pairs.iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
        let query: Vec<String> = given.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        if query.is_empty() { "/tickets".to_owned() } else { format!("/tickets?{}", query.join("&")) }
    }
}

#[derive(Template)]
#[template(path = "tickets/queue.html")]
struct QueuePage {
    page: Page,
    t: &'static QueueTexts,
    asked: Asked,
    by_due: bool,
    statuses: Vec<(&'static str, &'static str)>,
    priorities: Vec<(String, String)>,
    rows: Vec<TicketRow>,
    first: Option<String>,
    more: Option<String>,
}

impl QueuePage {
    fn chosen(&self, status: &str) -> bool {
        self.asked.status() == status
    }

    fn prioritised(&self, id: &str) -> bool {
        self.asked.priority.as_deref() == Some(id)
    }
}

/// What can be asked of the statuses, and what each is called.
fn statuses(lang: Lang) -> Vec<(&'static str, &'static str)> {
    let t = QueueTexts::of(lang);
    let each = TicketStatus::ALL.iter().map(|status| (status.as_str(), words::ticket_status(*status, lang)));
    [(Standing::Open.as_str(), t.open), ("all", t.all)].into_iter().chain(each).collect()
}

/// A page of tickets, and the place where the next one begins.
async fn read(
    service: &Service,
    caller: &Caller,
    asked: &Asked,
    filter: &Filter,
) -> Result<(Vec<OnDesk>, Option<String>), Problem> {
    let limit = i64::try_from(MANY).unwrap_or(i64::MAX);
    if let Some(text) = asked.words() {
        return Ok((service.find_tickets(caller, text, None, filter, limit).await?, None));
    }
    let place = position(asked.cursor.as_deref())?;
    let by_due = filter.status == Some(Standing::Open);
    let mut found = if by_due {
        let after = place.map_or(Ok(START), |place| read_place(&place).ok_or_else(bad_cursor))?;
        service.due_tickets(caller, filter, after, limit + 1).await?
    } else {
        let before = place.map_or(Ok(i64::MAX), |place| place.parse().map_err(|_| bad_cursor()))?;
        service.newest_tickets(caller, filter, before, limit + 1).await?
    };
    let more = found.len() > MANY;
    found.truncate(MANY);
    let place = |row: &OnDesk| if by_due { place_of(row) } else { row.ticket.number.to_string() };
    let next = found.last().filter(|_| more).map(|row| cursor(&place(row)));
    Ok((found, next))
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<Asked>) -> Result<Response, Fault> {
    member.caller.may(Doing::SeeAll)?;
    let (service, lang) = (&app.service, member.lang());
    let filter = asked.filter(service.clock.now())?;
    let (found, next) = read(service, &member.caller, &asked, &filter).await?;
    let priorities = service.policies.newest().priorities.iter();
    show(&QueuePage {
        page: member.page(),
        t: QueueTexts::of(lang),
        by_due: filter.status == Some(Standing::Open) && asked.words().is_none(),
        statuses: statuses(lang),
        priorities: priorities.map(|each| (each.id.clone(), each.name.of(lang.into()).to_owned())).collect(),
        rows: rows(service, lang, &found, true),
        first: asked.cursor.as_ref().map(|_| asked.address(None)),
        more: next.map(|place| asked.address(Some(&place))),
        asked,
    })
}

/// How many tickets, in words.
#[must_use]
pub fn count(number: usize, lang: Lang) -> String {
    match number {
        1 => either(lang, "1 melding", "1 ticket").to_owned(),
        _ => either(lang, format!("{number} meldingen"), format!("{number} tickets")),
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new().route("/tickets", get(index))
}
