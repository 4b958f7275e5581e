//! Fair use on pages: for a customer the sum in words and drawn by month, down to every entry; for staff the list by
//! standing, and what was said about it (FAIR-1 to FAIR-6).

use super::balance::choose;
use super::forms::{Form, Forms};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::coverage::Outcome;
use crate::domain::fair_use::{Level, NoVerdict, Window};
use crate::domain::{CustomerId, Doing, Minutes};
use crate::service::fair_use::{CountedEntry, Filter, MonthUse, Place, RankedPage, RankedRow, Said, StandingView};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::api::fair_use::{DayAndEntry, FairUseStanding};
use crate::web::extract::{Id, Search, bad_cursor, cursor, position};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::Deserialize;

/// Rows on a page of entries or customers.
const MANY: i64 = 25;
/// Height of the drawing of months, in its units.
const HEIGHT: i64 = 100;
/// What the bar of a customer stands for when it is full, in per cent of the allowance.
const FULL: i64 = 200;

texts! {
    /// Words about fair use.
    pub struct FairUseTexts {
        title: "Redelijk gebruik", "Fair use";
        lead: "Vragen zijn gratis zolang een organisatie er niet veel meer van gebruikt dan andere. Meer gebruik is geen rekening: dan praten we erover.", "Questions are free as long as an organisation does not use much more of them than others do. Using more is no bill: we talk about it.";
        minutes: "minuten", "minutes";
        used: "Gebruikt", "Used";
        average: "Gemiddelde organisatie", "Average organisation";
        own_days: "Dagen die meetellen", "Days that count";
        factor: "Keer het gemiddelde", "Times the average";
        allowance: "Redelijk", "Fair";
        sum: "Waar dit vandaan komt", "Where this comes from";
        within: "binnen redelijk gebruik", "within fair use";
        near: "dicht bij de grens", "near the limit";
        over: "boven redelijk gebruik", "over fair use";
        new_customer: "nog geen oordeel: korte tijd klant", "no verdict yet: customer for a short time";
        few_organisations: "geen oordeel: te weinig organisaties om mee te vergelijken", "no verdict: too few organisations to compare with";
        agreed: "Afgesproken", "Agreed";
        since: "sinds", "since";
        months: "Per maand", "By month";
        drawn: "Elke staaf is het eigen gebruik in een maand. De dichte lijn is wat redelijk is, de stippellijn het gemiddelde.", "Each bar is the own use in a month. The solid line is what is fair, the dashed one the average.";
        drawn_alone: "Elke staaf is het eigen gebruik in een maand.", "Each bar is the own use in a month.";
        month: "Maand", "Month";
        entries: "Wat meetelt", "What counts";
        no_entries: "Er telt niets mee.", "Nothing counts.";
        day: "Dag", "Day";
        ticket: "Melding", "Ticket";
        worked: "Gewerkt", "Worked";
        weight: "Telt", "Counts";
        counted: "Samen", "Together";
        list_lead: "Wie het meest gebruikt van wat redelijk is, staat bovenaan.", "Who uses most of what is fair stands on top.";
        customer: "Klant", "Customer";
        standing: "Stand", "FairUseStanding";
        talked: "Gesprek", "Conversation";
        none: "Geen klanten.", "No customers.";
        all: "Alle", "All";
        filter_to_talk_to: "Nog te spreken", "To talk to";
        filter_over: "Boven", "Over";
        filter_near: "Dichtbij", "Near";
        filter_within: "Binnen", "Within";
        filter_new: "Nieuw", "New";
        choose: "Welke klanten", "Which customers";
        conversation: "Gesprek over gebruik", "Conversation about use";
        record: "Gesprek vastleggen", "Record a conversation";
        outcome: "Uitkomst", "Outcome";
        going_on: "loopt nog", "still going on";
        outcome_card: "vragen gaan van de strippenkaart", "questions come off the card";
        outcome_proposal: "voorstel op maat", "a proposal to measure";
        outcome_leave: "blijft zoals het is", "it stays as it is";
        starts_on: "Geldt vanaf", "Holds from";
        note: "Wat is er gezegd?", "What was said?";
        save: "Vastleggen", "Record";
        contract: "Contract", "Contract";
        contract_first: "Eerste dag", "First day";
        contract_last: "Laatste dag", "Last day";
        goes_on: "loopt door", "goes on";
        end_contract: "Laatste dag wijzigen", "Change the last day";
        end_hint: "Leeg: het contract loopt door.", "Empty: the contract goes on.";
    }
}

/// A bar of the drawing of months.
struct Bar {
    x: usize,
    y: i64,
    height: i64,
    class: &'static str,
    label: String,
}

/// Where a line of the drawing runs over one month.
struct Stroke {
    x: usize,
    y: i64,
}

#[derive(Template)]
#[template(path = "fair_use/customer.html")]
struct StandingPage {
    page: Page,
    t: &'static FairUseTexts,
    view: StandingView,
    entries: Vec<CountedEntry>,
    newest: Option<String>,
    older: Option<String>,
    said: Vec<Said>,
    staff: bool,
    agent: bool,
    forms: Forms,
    today: NaiveDate,
    lang: Lang,
}

impl StandingPage {
    async fn read(
        app: &App,
        member: &Member,
        customer: CustomerId,
        at: Option<&str>,
        forms: Forms,
    ) -> Result<Self, Fault> {
        let (service, caller) = (&app.service, &member.caller);
        let before = position(at)?.map(|place| place.parse::<DayAndEntry>().map_err(|()| bad_cursor())).transpose()?;
        let view = service.fair_use(caller, customer).await?;
        let before = before.map(|place| (place.0, place.1));
        let mut entries = service.counted_entries(caller, customer, before, MANY + 1).await?;
        let path = format!("/customers/{customer}/fair-use");
        let older = next(&mut entries, |entry| DayAndEntry(entry.worked_on, entry.id).to_string());
        let said = if caller.is_staff() { service.conversations(caller, customer).await? } else { Vec::new() };
        Ok(Self {
            page: member.page().at(path.clone()),
            t: FairUseTexts::of(member.lang()),
            entries,
            older: older.map(|place| format!("{path}?cursor={place}#entries")),
            newest: at.map(|_| format!("{path}#entries")),
            said,
            staff: caller.is_staff(),
            agent: caller.is_agent(),
            forms,
            today: service.policies.day(service.clock.now()),
            lang: member.lang(),
            view,
        })
    }

    /// The sum in words: "312 van 285 minuten; gemiddelde organisatie 95 per jaar; 47 organisaties; 1 dec …".
    fn in_words(&self) -> String {
        let window = window(self.view.window, self.lang);
        let used = self.view.used.minutes().0;
        let Some(compared) = self.view.comparison else {
            return either(self.lang, format!("{used} minuten; {window}"), format!("{used} minutes; {window}"));
        };
        let (allowed, average) = (compared.allowance.minutes().0, compared.average.minutes().0);
        let (all, months) = (compared.totals.organisations, self.view.rules.window_months);
        let per = match (self.lang, months) {
            (Lang::Nl, 12) => "per jaar".to_owned(),
            (Lang::En, 12) => "a year".to_owned(),
            (Lang::Nl, _) => format!("in {months} maanden"),
            (Lang::En, _) => format!("in {months} months"),
        };
        either(
            self.lang,
            format!(
                "{used} van {allowed} minuten; gemiddelde organisatie {average} {per}; {all} organisaties; {window}"
            ),
            format!("{used} of {allowed} minutes; average organisation {average} {per}; {all} organisations; {window}"),
        )
    }

    fn level(&self) -> (&'static str, &'static str) {
        level(self.view.level, self.t)
    }

    fn agreed(&self) -> Option<String> {
        let (outcome, since) = self.view.outcome?;
        Some(format!("{} {} {}", outcome_name(outcome, self.t), self.t.since, text::date(since, self.lang)))
    }

    /// The highest figure of the drawing.
    fn most(&self) -> i64 {
        let of =
            |month: &MonthUse| month.used.minutes().max(month.shares.map_or(Minutes::ZERO, |(_, fair)| fair.minutes()));
        self.view.months.iter().map(|month| of(month).0).max().unwrap_or(0).max(1)
    }

    fn width(&self) -> usize {
        self.view.months.len() * 30
    }

    fn bars(&self) -> Vec<Bar> {
        let most = self.most();
        let bar = |(place, month): (usize, &MonthUse)| {
            let used = month.used.minutes();
            let height = (used.0 * HEIGHT / most).max(i64::from(used.is_positive()));
            let over = month.shares.is_some_and(|(_, fair)| used > fair.minutes());
            let class = if over { "missed" } else { "some" };
            Bar { x: place * 30, y: HEIGHT - height, height, class, label: month.part.until.format("%m").to_string() }
        };
        self.view.months.iter().enumerate().map(bar).collect()
    }

    /// What is fair, or average, over each month.
    fn strokes(&self, fair: bool) -> Vec<Stroke> {
        let most = self.most();
        let stroke = |(place, month): (usize, &MonthUse)| {
            let (average, allowance) = month.shares?;
            let minutes = if fair { allowance } else { average }.minutes().0;
            Some(Stroke { x: place * 30, y: HEIGHT - minutes * HEIGHT / most })
        };
        self.view.months.iter().enumerate().filter_map(stroke).collect()
    }

    fn month(&self, month: &MonthUse) -> String {
        window(month.part, self.lang)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.lang)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "a template hands over references")]
    fn outcome(&self, outcome: &Option<Outcome>) -> &'static str {
        outcome.map_or(self.t.going_on, |outcome| outcome_name(outcome, self.t))
    }

    fn outcomes(&self) -> Vec<(&'static str, &'static str)> {
        let has_cards = |outcome: &&Outcome| **outcome != Outcome::Card || self.page.has("cards");
        Outcome::ALL
            .iter()
            .filter(has_cards)
            .map(|outcome| (outcome.as_str(), outcome_name(*outcome, self.t)))
            .collect()
    }
}

/// Cuts a list to a page; gives the cursor of the next one.
fn next<T>(rows: &mut Vec<T>, place: impl Fn(&T) -> String) -> Option<String> {
    let many = usize::try_from(MANY).unwrap_or(usize::MAX);
    let more = rows.len() > many;
    rows.truncate(many);
    rows.last().filter(|_| more).map(|last| cursor(&place(last)))
}

fn window(window: Window, lang: Lang) -> String {
    format!("{} – {}", text::date_short(window.first(), lang), text::date_short(window.until, lang))
}

/// How a standing is marked, and its words.
fn level(level: Result<Level, NoVerdict>, t: &'static FairUseTexts) -> (&'static str, &'static str) {
    match level {
        Ok(Level::Within) => ("ok", t.within),
        Ok(Level::Near) => ("warn", t.near),
        Ok(Level::Over) => ("bad", t.over),
        Err(NoVerdict::NewCustomer) => ("", t.new_customer),
        Err(NoVerdict::FewOrganisations) => ("", t.few_organisations),
    }
}

fn outcome_name(outcome: Outcome, t: &'static FairUseTexts) -> &'static str {
    match outcome {
        Outcome::Card => t.outcome_card,
        Outcome::Proposal => t.outcome_proposal,
        Outcome::Leave => t.outcome_leave,
    }
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    standing: Option<FairUseStanding>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "fair_use/list.html")]
struct ListPage {
    page: Page,
    t: &'static FairUseTexts,
    list: RankedPage,
    filters: Vec<(String, &'static str, bool)>,
    newest: Option<String>,
    older: Option<String>,
    lang: Lang,
}

impl ListPage {
    async fn read(app: &App, member: &Member, asked: &Asked) -> Result<Self, Fault> {
        let after = position(asked.cursor.as_deref())?.map(|place| place.parse::<Place>().map_err(|()| bad_cursor()));
        let filter = Filter::from(asked.standing);
        let mut list = app.service.fair_use_list(&member.caller, filter, after.transpose()?, MANY + 1).await?;
        let older = next(&mut list.rows, |row| Place::of(&row.ranked).to_string());
        let t = FairUseTexts::of(member.lang());
        let choices = [
            ("", t.all, Filter::All),
            ("?standing=to_talk_to", t.filter_to_talk_to, Filter::ToTalkTo),
            ("?standing=over", t.filter_over, Filter::At(Level::Over)),
            ("?standing=near", t.filter_near, Filter::At(Level::Near)),
            ("?standing=within", t.filter_within, Filter::At(Level::Within)),
            ("?standing=new", t.filter_new, Filter::New),
        ];
        let here = choices.iter().find(|choice| choice.2 == filter).map_or("", |choice| choice.0);
        let address = format!("/fair-use{here}");
        let and = if here.is_empty() { '?' } else { '&' };
        Ok(Self {
            page: member.page(),
            t,
            filters: choices.map(|(query, name, of)| (format!("/fair-use{query}"), name, of == filter)).into(),
            older: older.map(|place| format!("{address}{and}cursor={place}")),
            newest: asked.cursor.as_ref().map(|_| address),
            list,
            lang: member.lang(),
        })
    }

    fn lead(&self) -> String {
        let (all, average) = (self.list.totals.organisations, self.list.average.minutes().0);
        let window = window(self.list.window, self.lang);
        either(
            self.lang,
            format!("{all} organisaties; gemiddelde organisatie {average} minuten; {window}"),
            format!("{all} organisations; average organisation {average} minutes; {window}"),
        )
    }

    fn level(&self, row: &RankedRow) -> (&'static str, &'static str) {
        level(row.standing.level, self.t)
    }

    /// Width of the bar, of 100 for twice the allowance.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn bar(&self, row: &RankedRow) -> i64 {
        row.standing.per_cent().unwrap_or(0).min(FULL) * 100 / FULL
    }

    fn talked(&self, row: &RankedRow) -> Option<String> {
        let at = row.ranked.talked_at?;
        let said = row.ranked.outcome.map_or(self.t.going_on, |outcome| outcome_name(outcome, self.t));
        Some(format!("{}: {said}", text::date_short(at.date_naive(), self.lang)))
    }
}

async fn list(State(app): State<App>, member: Member, Search(asked): Search<Asked>) -> Result<Response, Fault> {
    if !member.caller.is_staff() {
        return choose(&app, &member, "/fair-use").await;
    }
    show(&ListPage::read(&app, &member, &asked).await?)
}

/// Where a list of entries begins.
#[derive(Debug, Default, Deserialize)]
struct Where {
    cursor: Option<String>,
}

async fn standing(
    State(app): State<App>,
    member: Member,
    Id(customer): Id<CustomerId>,
    Search(at): Search<Where>,
) -> Result<Response, Fault> {
    show(&StandingPage::read(&app, &member, customer, at.cursor.as_deref(), Forms::default()).await?)
}

async fn record(State(app): State<App>, Id(customer): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    let recorded = match read_conversation(&sent.values) {
        Ok((outcome, starts_on, note)) => {
            app.service.record_conversation(sent.request(), customer, outcome, starts_on, note).await.map(drop)
        }
        Err(error) => sent.member.caller.may_at(customer, Doing::Serve).and(Err(error)),
    };
    answer(&app, &sent, customer, "conversation", recorded).await
}

fn read_conversation(values: &Values) -> Result<(Option<Outcome>, Option<NaiveDate>, String)> {
    let mut fields = Fields::default();
    let outcome = fields.optional("outcome", values.filled("outcome"), "expected one of the choices");
    let starts_on = fields.date("starts_on", values.filled("starts_on"));
    let note = fields.text("note", values.get("note"));
    fields.done()?;
    Ok((outcome, starts_on, note))
}

async fn end_contract(
    State(app): State<App>,
    Id(customer): Id<CustomerId>,
    sent: Submission,
) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let last_day = fields.date("last_day", sent.values.filled("last_day"));
    let ended = match fields.done() {
        Ok(()) => app.service.end_contract(sent.request(), customer, last_day).await.map(drop),
        Err(error) => sent.member.caller.may_at(customer, Doing::Serve).and(Err(error)),
    };
    answer(&app, &sent, customer, "contract", ended).await
}

/// Back to the page; with the form as it was sent where it was refused.
async fn answer(
    app: &App,
    sent: &Submission,
    customer: CustomerId,
    form: &str,
    result: Result<(), Error>,
) -> Result<Response, Fault> {
    let Err(error) = result else { return Ok(done(&format!("/customers/{customer}/fair-use"))) };
    let (status, refused): (StatusCode, Refused) = Refused::with_status(error, sent.member.lang())?;
    let forms = Forms::sent(form, Form::sent(sent.values.clone(), refused));
    show_with(status, &StandingPage::read(app, &sent.member, customer, None, forms).await?)
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/fair-use", get(list))
        .route("/customers/{id}/fair-use", get(standing))
        .route("/customers/{id}/fair-use/conversations", post(record))
        .route("/customers/{id}/contract-end", post(end_contract))
}
