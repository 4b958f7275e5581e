//! The desk: the line where time is logged, and what is going on.

use super::customers::{CustomerList, CustomerTexts, ListQuery};
use super::entry::{self, EntryTexts, Understood, WaysOut};
use super::forms::Form;
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::{CoveredBy, Minutes, TimeEntry};
use crate::service::desk::{OnDesk, ShownEstimate};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Search;
use crate::web::problem::Problem;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;

/// How many tickets the desk lists, and how many it offers in the line.
const LISTED: usize = 8;
const OFFERED: i64 = 50;
/// How many unanswered estimates it lists.
const WAITING: i64 = 12;

texts! {
    /// The desk.
    pub struct DeskTexts {
        title: "Werkbank", "Desk";
        log: "Tijd boeken", "Log time";
        ticket: "Melding", "Ticket";
        ticket_hint: "nummer of onderwerp", "number or subject";
        time: "Tijd", "Time";
        time_example: "1u15", "1h15";
        description: "Wat hebt u gedaan?", "What did you do?";
        book: "Boek", "Log";
        look: "Bekijk", "Preview";
        customers: "Klanten", "Customers";
        tickets: "Nieuwste meldingen", "Newest tickets";
        new_ticket: "Nieuwe melding", "New ticket";
        no_tickets: "Nog geen meldingen.", "No tickets yet.";
        waiting: "Schattingen zonder antwoord", "Estimates without an answer";
        none_waiting: "Geen schatting wacht op antwoord.", "No estimate waits for an answer.";
        before: "antwoord uiterlijk", "answer by";
    }
}

#[derive(Debug, Default, Deserialize)]
struct DeskQuery {
    query: Option<String>,
    cursor: Option<String>,
    /// The entry that was just booked.
    booked: Option<String>,
    /// Fills the line in.
    ticket: Option<String>,
}

/// What the preview is asked for; other fields of the form come along and are left alone.
#[derive(Debug, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    worked_on: String,
    #[serde(default)]
    estimate_id: String,
}

impl From<Typed> for Values {
    fn from(typed: Typed) -> Self {
        Self::default()
            .with("ticket", typed.ticket)
            .with("time", typed.time)
            .with("description", typed.description)
            .with("worked_on", typed.worked_on)
            .with("estimate_id", typed.estimate_id)
    }
}

#[derive(Template)]
#[template(path = "desk/index.html")]
struct DeskPage {
    page: Page,
    t: &'static DeskTexts,
    e: &'static EntryTexts,
    c: &'static CustomerTexts,
    agent: bool,
    form: Form,
    line: Understood,
    ways: Option<WaysOut>,
    notice: Option<String>,
    list: CustomerList,
    tickets: Vec<OnDesk>,
    waiting: Vec<ShownEstimate>,
    zone: Tz,
}

#[derive(Template)]
#[template(path = "desk/understood.html")]
struct LinePart {
    e: &'static EntryTexts,
    line: Understood,
}

impl DeskPage {
    async fn read(app: &App, member: &Member, asked: &ListQuery) -> Result<Self, Problem> {
        let lang = member.lang();
        let today = app.service.policies.day(app.service.clock.now());
        let list = CustomerList::read(app, member, asked, "/desk").await?;
        let tickets = app.service.newest_tickets(&member.caller, i64::MAX, OFFERED).await?;
        let mut waiting = app.service.waiting_estimates(&member.caller, WAITING).await?;
        waiting.retain(|shown| shown.estimate.status == shown.estimate.status_on(today));
        Ok(Self {
            page: member.page(),
            t: DeskTexts::of(lang),
            e: EntryTexts::of(lang),
            c: CustomerTexts::of(lang),
            agent: member.caller.is_agent(),
            form: Form::default(),
            line: Understood::default(),
            ways: None,
            notice: None,
            list,
            tickets,
            waiting,
            zone: app.service.policies.time_zone(),
        })
    }

    fn listed(&self) -> &[OnDesk] {
        &self.tickets[..self.tickets.len().min(LISTED)]
    }

    fn kind(&self, row: &OnDesk) -> &'static str {
        words::ticket_kind(row.ticket.kind, self.page.lang)
    }

    fn day(&self, row: &OnDesk) -> String {
        text::date_short(row.ticket.created_at.with_timezone(&self.zone).date_naive(), self.page.lang)
    }

    fn answer_by(&self, row: &ShownEstimate) -> String {
        text::date(row.estimate.answer_by, self.page.lang)
    }
}

/// What was just booked, in one sentence.
pub(super) fn booked(entry: &TimeEntry, number: i64, lang: Lang) -> String {
    let (worked, charged) = (words::typed_time(entry.worked, lang), entry.charged);
    let from = match (entry.covered_by, entry.estimate_id) {
        (CoveredBy::Card, Some(_)) => either(lang, "van de afspraak", "from the agreement"),
        (CoveredBy::Card, None) => either(lang, "van de strippenkaart", "from the card"),
        (other, _) => words::covered_by(other, lang),
    };
    let open = match entry.uncovered {
        Minutes::ZERO => String::new(),
        open => either(lang, format!(" Nog niet gedekt: {open}."), format!(" Not covered yet: {open}.")),
    };
    either(
        lang,
        format!("Geboekt op melding {number}: {worked} gewerkt, {charged} berekend, {from}.{open}"),
        format!("Logged on ticket {number}: {worked} worked, {charged} charged, {from}.{open}"),
    )
}

/// The sentence about the entry that a redirect names; nothing when it cannot be read.
pub(super) async fn notice_of(app: &App, member: &Member, booked_entry: Option<&str>) -> Result<Option<String>, Error> {
    let Some(id) = booked_entry.and_then(|text| text.parse().ok()) else { return Ok(None) };
    match app.service.time_entry(&member.caller, id).await {
        Ok(entry) => {
            let ticket = app.service.ticket(&member.caller, entry.ticket_id).await?;
            Ok(Some(booked(&entry, ticket.number, member.lang())))
        }
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<DeskQuery>) -> Result<Response, Fault> {
    member.caller.staff(true)?;
    let list = ListQuery { query: asked.query, cursor: asked.cursor };
    let mut page = DeskPage::read(&app, &member, &list).await?;
    page.notice = notice_of(&app, &member, asked.booked.as_deref()).await?;
    if let Some(number) = asked.ticket {
        page.form = Form::sent(Values::default().with("ticket", number), Refused::default());
    }
    show(&page)
}

async fn preview(State(app): State<App>, member: Member, Search(typed): Search<Typed>) -> Result<Response, Fault> {
    let values = Values::from(typed);
    let line = entry::understand(&app, &member, &values).await?;
    if member.visitor.part {
        return show(&LinePart { e: EntryTexts::of(member.lang()), line });
    }
    again(&app, &member, Form::sent(values, Refused::default()), line, StatusCode::OK).await
}

async fn book(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.staff(sent.member.caller.is_agent())?;
    let (member, values) = (&sent.member, &sent.values);
    if values.filled("preview").is_some() {
        let line = entry::understand(&app, member, values).await?;
        return again(&app, member, Form::sent(values.clone(), Refused::default()), line, StatusCode::OK).await;
    }
    match log(&app, &sent).await {
        Ok(entry) => Ok(done(&format!("/desk?booked={}", entry.id))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, member.lang())?;
            let form = Form::sent(values.clone(), refused);
            again(&app, member, form, Understood::default(), status).await
        }
    }
}

async fn log(app: &App, sent: &Submission) -> Result<TimeEntry> {
    let work = entry::work(&sent.values, sent.member.lang());
    let ticket = entry::ticket(&app.service, &sent.member, sent.values.get("ticket")).await;
    let (ticket, work) = match (ticket, work) {
        (Ok(ticket), Ok(work)) => (ticket, work),
        (Err(Error::Fields(mut both)), Err(Error::Fields(more))) => {
            both.extend(more);
            return Err(Error::Fields(both));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    Ok(app.service.log_time(sent.request(), ticket.id, work).await?.entry)
}

/// The desk with the line as it was typed.
async fn again(
    app: &App,
    member: &Member,
    form: Form,
    line: Understood,
    status: StatusCode,
) -> Result<Response, Fault> {
    let tolerance = app.service.policies.at(app.service.policies.day(app.service.clock.now())).1.spending.tolerance;
    let mut page = DeskPage::read(app, member, &ListQuery::default()).await?;
    if form.refusal().is_some() {
        let ticket = entry::ticket(&app.service, member, form.get("ticket")).await?;
        page.ways = WaysOut::of(form.refusal(), ticket.id, tolerance);
    }
    (page.form, page.line) = (form, line);
    page.page = page.page.at("/desk".to_owned());
    show_with(status, &page)
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new().route("/desk", get(index)).route("/desk/preview", get(preview)).route("/desk/time", post(book))
}
