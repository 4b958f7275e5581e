//! The desk: the line where time is logged, and what is going on.

use super::customers::{CustomerList, CustomerTexts, ListQuery};
use super::entry::{self, Clock, EntryTexts, Extras, Understood, WaysOut};
use super::forms::Form;
use super::queue::{self, QueueTexts, TicketRow};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::{CoveredBy, Doing, Minutes, Policy, TimeEntry};
use crate::service::customers::WithoutOwner;
use crate::service::desk::{Filter, OnDesk, ShownEstimate};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::api::tickets::START;

use crate::web::arithmetic::hint;
use crate::web::extract::Search;
use crate::web::problem::Problem;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How many tickets the desk lists, and how many it offers in the line.
const LISTED: i64 = 12;
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
        tickets: "Meldingen", "Tickets";
        all_tickets: "Alle meldingen", "All tickets";
        stalled: "Ligt stil, zegt de klant", "Stalled, says the customer";
        stalled_lead: "Taak voor de accountmanager", "A task for the account manager";
        no_mail: "Er gaat nog geen mail uit: deze lijst is het bericht.", "No mail is sent yet: this list is the message.";
        new_ticket: "Nieuwe melding", "New ticket";
        no_tickets: "Er staat niets open.", "Nothing is open.";
        waiting: "Schattingen zonder antwoord", "Estimates without an answer";
        none_waiting: "Geen schatting wacht op antwoord.", "No estimate waits for an answer.";
        before: "antwoord uiterlijk", "answer by";
        without_owner: "Klanten zonder eigenaar", "Customers without an owner";
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

/// The form as the preview gets it: all of its fields.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Typed(BTreeMap<String, String>);

impl From<Typed> for Values {
    fn from(Typed(typed): Typed) -> Self {
        typed.into_iter().fold(Self::default(), |values, (name, value)| values.with(&name, value))
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
    extras: Extras,
    line: Understood,
    ways: Option<WaysOut>,
    notice: Option<String>,
    list: CustomerList,
    /// What the line offers.
    tickets: Vec<OnDesk>,
    q: &'static QueueTexts,
    /// What is due first.
    due: Vec<TicketRow>,
    /// What customers call stalled (SLA-7).
    stalled: Vec<TicketRow>,
    /// Whose task that is.
    manager: String,
    waiting: Vec<ShownEstimate>,
    /// Customers whose last owner's days end (SPEND-1a).
    without_owner: Vec<WithoutOwner>,
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
        let service = &app.service;
        let tickets = service.newest_tickets(&member.caller, &Filter::default(), i64::MAX, OFFERED).await?;
        let due = service.due_tickets(&member.caller, &Filter::default(), START, LISTED).await?;
        let stalled = service.stalled_tickets(&member.caller, LISTED).await?;
        let mut waiting = app.service.waiting_estimates(&member.caller, WAITING).await?;
        waiting.retain(|shown| shown.estimate.status == shown.estimate.status_on(today));
        Ok(Self {
            page: member.page(),
            t: DeskTexts::of(lang),
            e: EntryTexts::of(lang),
            c: CustomerTexts::of(lang),
            agent: member.caller.is_agent(),
            form: Form::default(),
            extras: Extras::of(app, lang),
            line: Understood::default(),
            ways: None,
            notice: None,
            list,
            tickets,
            due: queue::rows(service, lang, &due, true),
            stalled: queue::rows(service, lang, &stalled, true),
            manager: manager(service.policies.newest()),
            q: QueueTexts::of(lang),
            waiting,
            without_owner: service.without_owner(&member.caller).await?,
        })
    }

    fn ends(&self, row: &WithoutOwner) -> String {
        super::contacts::owners_end(row.ends, self.page.lang)
    }

    fn answer_by(&self, row: &ShownEstimate) -> String {
        text::date(row.estimate.answer_by, self.page.lang)
    }
}

/// Who is told that a ticket is stalled: the account manager, where the policy names one.
fn manager(policy: &Policy) -> String {
    policy.provider.account_manager.clone().unwrap_or_else(|| policy.provider.email.clone())
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
    let hint = entry.arithmetic.as_ref().and_then(|steps| hint(steps, lang));
    let hint = hint.map_or(String::new(), |hint| format!(" {hint}"));
    either(
        lang,
        format!("Geboekt op melding {number}: {worked} gewerkt, {charged} berekend, {from}.{open}{hint}"),
        format!("Logged on ticket {number}: {worked} worked, {charged} charged, {from}.{open}{hint}"),
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
    member.caller.may(Doing::SeeAll)?;
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
    sent.member.caller.may(Doing::Serve)?;
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
    let work = entry::work(&sent.values, sent.member.lang(), &Clock::of(app));
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
