//! Availability (SLA-8): the figure of a month with its arithmetic, the months before it drawn, and for staff the records
//! that they are made of.

use super::forms::{self, Form};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::availability::{Cause, Incident, Verdict, first_of_month, instant};
use crate::domain::policy::Part;
use crate::domain::{Doing, IncidentId, Minutes};
use crate::service::availability::{Month, NewIncident, Recorded};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Search;
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;

/// How many months are drawn.
const DRAWN: usize = 12;
/// How many records the list of staff holds.
const MANY: i64 = 50;

texts! {
    /// The pages of availability.
    pub struct AvailabilityTexts {
        title: "Beschikbaarheid", "Availability";
        lead: "Hoe lang u er in een maand bij kon, en wat daarvan de belofte is.", "For how much of a month it could be used, and what of that is promised.";
        so_far: "tot nu toe", "so far";
        nothing_counts: "nog geen telling", "nothing counted yet";
        promised: "beloofd", "promised";
        aimed: "nagestreefd", "aimed for";
        met: "gehaald", "met";
        missed: "niet gehaald", "missed";
        sum: "De som", "The sum";
        minutes: "Minuten van de maand", "Minutes of the month";
        minutes_so_far: "Minuten van de maand tot nu toe", "Minutes of the month so far";
        left_out: "Telt niet mee", "Left out";
        counted: "Meegeteld", "Counted";
        down: "Niet beschikbaar", "Down";
        up: "Beschikbaar", "Up";
        divided: "Beschikbaar gedeeld door meegeteld", "Up divided by counted";
        incidents: "Waaruit dat bestaat", "What it is made of";
        none: "In deze maand is er niets gemeld.", "Nothing was recorded in this month.";
        when: "Wanneer", "When";
        what: "Wat", "What";
        minute: "Minuten", "Minutes";
        overlap: "Een minuut telt één keer, ook als meer meldingen hem noemen; wat de ene melding verontschuldigt en de andere niet, geldt als niet beschikbaar.", "A minute counts once, however many records name it; one that is excused by one record and not by another counts as down.";
        months: "De maanden", "The months";
        drawn: "Hoe lang het per maand niet beschikbaar was. De lijnen zijn wat de belofte en het streven daaraan ruimte laten.", "For how long it was down, month by month. The lines are what the promise and the aim leave room for.";
        month: "Maand", "Month";
        figure: "Beschikbaarheid", "Availability";
        record_title: "Storingen en onderhoud", "Incidents and maintenance";
        record_lead: "Wat hier staat bepaalt de beschikbaarheid die klanten zien. Niets wordt gewijzigd: een verbetering komt ervoor in de plaats, de oude melding blijft te lezen.", "What stands here makes the availability that customers see. Nothing is edited: a correction takes its place, and the old record can still be read.";
        record: "Vastleggen", "Record";
        correct: "Verbeteren", "Correct";
        correcting: "Deze melding verbeteren", "Correct this record";
        product: "Product", "Product";
        started: "Begonnen", "Began";
        ended: "Voorbij", "Over";
        ended_hint: "Leeg zolang het duurt.", "Empty while it lasts.";
        cause: "Oorzaak", "Cause";
        announced: "Aangekondigd", "Announced";
        announced_hint: "Alleen bij onderhoud. Wat niet vooraf is aangekondigd, geldt als niet beschikbaar.", "Only of maintenance. What was not announced beforehand counts as down.";
        note: "Toelichting", "Note";
        note_hint: "Klanten lezen dit mee.", "Customers read this too.";
        records: "Wat er is vastgelegd", "What was recorded";
        no_records: "Nog niets vastgelegd.", "Nothing recorded yet.";
        open: "nog gaande", "still going on";
        replaced: "verbeterd", "corrected";
        by: "door", "by";
        to_records: "Storingen en onderhoud vastleggen", "Record incidents and maintenance";
        window: "Gepland onderhoud", "Planned maintenance";
        window_urgent: "Aangekondigd spoedonderhoud", "Announced urgent maintenance";
        at_most: "hooguit", "at most";
        products: "De belofte gaat over", "The promise is about";
    }
}

#[derive(Debug, Default, Deserialize)]
struct MonthQuery {
    /// A month, `2026-05`; the running one when left out.
    month: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct RecordQuery {
    /// The record to correct.
    correct: Option<IncidentId>,
}

/// One month in the drawing, in units of the drawing: 30 wide, 100 high.
struct Bar {
    x: usize,
    y: i64,
    height: i64,
    class: &'static str,
    label: String,
}

/// A line across the drawing.
struct Mark {
    y: i64,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "availability/index.html")]
struct AvailabilityPage {
    page: Page,
    t: &'static AvailabilityTexts,
    months: Vec<Month>,
    chosen: Month,
    staff: bool,
    zone: Tz,
}

impl AvailabilityPage {
    fn name(&self, month: &Month) -> String {
        month_name(month.figure.month, self.page.lang)
    }

    fn figure(&self, month: &Month) -> String {
        month.per_cent().map_or_else(|| self.t.nothing_counts.to_owned(), |figure| per_cent(figure, self.page.lang))
    }

    fn per_cent(&self, figure: &Decimal) -> String {
        per_cent(*figure, self.page.lang)
    }

    fn number(&self, minutes: impl std::borrow::Borrow<Minutes>) -> String {
        text::number(minutes.borrow().0, self.page.lang)
    }

    /// Whether a month reached what was promised.
    fn is_met(month: &Month) -> bool {
        month.figure.meets(month.rules.promised) != Some(false)
    }

    /// What is promised and aimed for, each with whether the month reached it.
    fn marks(&self) -> Vec<(&'static str, Decimal, Option<bool>)> {
        let figure = &self.chosen.figure;
        let promised = self.chosen.rules.promised;
        let aimed = self.chosen.rules.aimed.map(|aimed| (self.t.aimed, aimed, figure.meets(aimed)));
        [Some((self.t.promised, promised, figure.meets(promised))), aimed].into_iter().flatten().collect()
    }

    fn up(&self) -> Minutes {
        self.chosen.figure.counted() - self.chosen.figure.down
    }

    /// The parts of the month's incidents: when, what, why it counts so, minutes and whether they are down.
    fn parts(&self) -> Vec<(String, String, &'static str, i64, bool)> {
        let lang = self.page.lang;
        let of = |id: IncidentId| self.chosen.incidents.iter().find(|incident| incident.id == id);
        let parts = self.chosen.figure.stretches.iter().filter_map(|part| {
            let incident = of(part.incident)?;
            let (from, to) = (instant(part.span.start), instant(part.span.end));
            let length = part.span.end - part.span.start;
            let when = span(from, Some(to), self.zone, lang);
            Some((when, what(incident, lang), verdict(part.verdict, lang), length, part.verdict.is_down()))
        });
        parts.collect()
    }

    /// Down minutes as a share of what counted, per million.
    fn share(month: &Month) -> i64 {
        month.figure.down.0 * 1_000_000 / month.figure.counted().0.max(1)
    }

    /// What a mark leaves room for, per million.
    fn room(mark: Decimal) -> i64 {
        ((Decimal::ONE_HUNDRED - mark) * Decimal::from(10_000)).to_i64().unwrap_or(0)
    }

    /// The height of the drawing stands for this share.
    fn scale(&self) -> i64 {
        let shares = self.months.iter().map(Self::share).chain([Self::room(self.chosen.rules.promised)]);
        shares.max().unwrap_or(0).max(1) * 11 / 10 + 1
    }

    fn bars(&self) -> Vec<Bar> {
        let scale = self.scale();
        let bar = |(place, month): (usize, &Month)| {
            let height = (Self::share(month) * 100 / scale).max(if month.figure.down.is_positive() { 2 } else { 0 });
            let class = match (month.figure.down.is_positive(), Self::is_met(month)) {
                (false, _) => "up",
                (true, true) => "some",
                (true, false) => "missed",
            };
            let label = month.figure.month.format("%m").to_string();
            Bar { x: place * 30, y: 100 - height, height, class, label }
        };
        self.months.iter().rev().enumerate().map(bar).collect()
    }

    fn lines(&self) -> Vec<Mark> {
        let scale = self.scale();
        let rules = &self.chosen.rules;
        let marks = [(Some(rules.promised), "promised"), (rules.aimed, "aimed")];
        let line = |(mark, class): (Option<Decimal>, &'static str)| {
            mark.map(|mark| Mark { y: 100 - Self::room(mark) * 100 / scale, class })
        };
        marks.into_iter().filter_map(line).collect()
    }

    fn width(&self) -> usize {
        self.months.len() * 30
    }
}

#[derive(Template)]
#[template(path = "availability/records.html")]
struct RecordsPage {
    page: Page,
    t: &'static AvailabilityTexts,
    form: Form,
    correcting: Option<IncidentId>,
    records: Vec<Recorded>,
    products: Vec<String>,
    promised: bool,
    zone: Tz,
}

impl RecordsPage {
    async fn read(app: &App, member: &Member, correcting: Option<IncidentId>, form: Form) -> Result<Self> {
        let service = &app.service;
        let policy = service.policies.at(service.policies.day(service.clock.now())).1;
        Ok(Self {
            page: member.page().at("/availability/records".to_owned()),
            t: AvailabilityTexts::of(member.lang()),
            form,
            correcting,
            records: service.incidents(&member.caller, None, MANY).await?,
            products: policy.availability.iter().flat_map(|rules| rules.products.clone()).collect(),
            promised: policy.has(Part::Availability),
            zone: service.policies.time_zone(),
        })
    }

    fn causes(&self) -> Vec<(Cause, &'static str)> {
        Cause::ALL.iter().map(|word| (*word, cause(*word, self.page.lang))).collect()
    }

    fn when(&self, record: &Recorded) -> String {
        let incident = &record.incident;
        let when = span(incident.started_at, incident.ended_at, self.zone, self.page.lang);
        if incident.ended_at.is_some() { when } else { format!("{when} ({})", self.t.open) }
    }

    fn what(&self, record: &Recorded) -> String {
        what(&record.incident, self.page.lang)
    }

    /// When it was recorded, and by whom.
    fn recorded(&self, record: &Recorded) -> String {
        let at = text::moment(record.incident.recorded_at, self.zone, self.page.lang);
        record.by.as_ref().map_or_else(|| at.clone(), |name| format!("{at} {} {name}", self.t.by))
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<MonthQuery>) -> Result<Response, Fault> {
    let service = &app.service;
    let months = service.availability(&member.caller, DRAWN).await?;
    let chosen = match asked.month.as_deref().filter(|month| !month.is_empty()) {
        Some(month) => {
            let first = format!("{month}-01").parse().map(first_of_month).map_err(|_| Error::NotFound("month"))?;
            service.availability_of(&member.caller, first).await?
        }
        None => months.first().cloned().ok_or(Error::NotFound("availability"))?,
    };
    let (page, t, zone) = (member.page(), AvailabilityTexts::of(member.lang()), service.policies.time_zone());
    show(&AvailabilityPage { page, t, months, chosen, staff: member.caller.is_staff(), zone })
}

async fn records(
    State(app): State<App>,
    member: Member,
    Search(asked): Search<RecordQuery>,
) -> Result<Response, Fault> {
    let zone = app.service.policies.time_zone();
    let form = match asked.correct {
        Some(id) => {
            Form::sent(filled(&app.service.incident(&member.caller, id).await?.incident, zone), Refused::default())
        }
        None => Form::default(),
    };
    show(&RecordsPage::read(&app, &member, asked.correct, form).await?)
}

async fn record(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::SeeAll)?;
    let zone = app.service.policies.time_zone();
    let recorded = match read(&sent.values, zone) {
        Ok(new) => app.service.record_incident(sent.request(), new).await,
        Err(error) => Err(error),
    };
    match recorded {
        Ok(_) => Ok(done("/availability/records")),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let correcting = sent.values.get("replaces").parse().ok();
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &RecordsPage::read(&app, &sent.member, correcting, form).await?)
        }
    }
}

fn read(values: &Values, zone: Tz) -> Result<NewIncident> {
    let mut fields = Fields::default();
    let started_at = forms::moment(&mut fields, "started_at", values, zone);
    if values.filled("started_at").is_none() {
        fields.fault("started_at", "is needed");
    }
    let new = NewIncident {
        product: fields.line("product", values.get("product")),
        started_at: started_at.unwrap_or_default(),
        ended_at: forms::moment(&mut fields, "ended_at", values, zone),
        cause: fields.needed("cause", values.get("cause"), "expected one of the choices").unwrap_or(Cause::Outage),
        announced_at: forms::moment(&mut fields, "announced_at", values, zone),
        note: fields.optional_line("note", values.filled("note")),
        replaces: fields.optional("replaces", values.filled("replaces"), "expected one of the choices"),
    };
    fields.done()?;
    Ok(new)
}

/// A record as its form shows it.
fn filled(incident: &Incident, zone: Tz) -> Values {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string();
    Values::default()
        .with("product", &incident.product)
        .with("started_at", local(incident.started_at))
        .with("ended_at", incident.ended_at.map(local).unwrap_or_default())
        .with("cause", incident.cause.as_str())
        .with("announced_at", incident.announced_at.map(local).unwrap_or_default())
        .with("note", incident.note.clone().unwrap_or_default())
}

/// From when to when; the day once where both are on the same.
fn span(from: DateTime<Utc>, to: Option<DateTime<Utc>>, zone: Tz, lang: Lang) -> String {
    let start = text::moment(from, zone, lang);
    let Some(to) = to else { return start };
    let local = |at: DateTime<Utc>| at.with_timezone(&zone);
    let same_day = local(from).date_naive() == local(to).date_naive();
    let end = if same_day { local(to).format("%H:%M").to_string() } else { text::moment(to, zone, lang) };
    format!("{start} – {end}")
}

fn what(incident: &Incident, lang: Lang) -> String {
    let note = incident.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("{}, {}{note}", incident.product, cause(incident.cause, lang))
}

fn month_name(first: NaiveDate, lang: Lang) -> String {
    let date = text::date(first, lang);
    date.split_once(' ').map_or(date.clone(), |(_, month)| month.to_owned())
}

/// A percentage: `99,798%` in Dutch, `99.798%` in English; without decimals that are all zero.
fn per_cent(figure: Decimal, lang: Lang) -> String {
    let figure = if figure.fract().is_zero() { figure.trunc() } else { figure };
    let text = figure.to_string();
    format!("{}%", either(lang, text.replace('.', ","), text))
}

const fn cause(cause: Cause, lang: Lang) -> &'static str {
    match (cause, lang) {
        (Cause::Outage, Lang::Nl) => "storing",
        (Cause::Outage, Lang::En) => "outage",
        (Cause::PlannedMaintenance, Lang::Nl) => "gepland onderhoud",
        (Cause::PlannedMaintenance, Lang::En) => "planned maintenance",
        (Cause::UrgentMaintenance, Lang::Nl) => "spoedonderhoud",
        (Cause::UrgentMaintenance, Lang::En) => "urgent maintenance",
        (Cause::ForceMajeure, Lang::Nl) => "overmacht",
        (Cause::ForceMajeure, Lang::En) => "force majeure",
        (Cause::Misuse, Lang::Nl) => "verkeerd gebruik",
        (Cause::Misuse, Lang::En) => "misuse",
        (Cause::CustomerSide, Lang::Nl) => "apparatuur of netwerk van de klant",
        (Cause::CustomerSide, Lang::En) => "hardware or network of the customer",
        (Cause::Supplier, Lang::Nl) => "toedoen van een toeleverancier",
        (Cause::Supplier, Lang::En) => "act of a supplier",
        (Cause::Mistake, Lang::Nl) => "vergissing: er was niets",
        (Cause::Mistake, Lang::En) => "mistake: there was nothing",
    }
}

const fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match (verdict, lang) {
        (Verdict::Down, Lang::Nl) => "niet beschikbaar",
        (Verdict::Down, Lang::En) => "down",
        (Verdict::OutsideWindow, Lang::Nl) => "niet beschikbaar: buiten het onderhoudsvenster",
        (Verdict::OutsideWindow, Lang::En) => "down: outside the maintenance window",
        (Verdict::NotAnnounced, Lang::Nl) => "niet beschikbaar: niet aangekondigd",
        (Verdict::NotAnnounced, Lang::En) => "down: not announced",
        (Verdict::InWindow, Lang::Nl) => "telt niet mee: aangekondigd, binnen het onderhoudsvenster",
        (Verdict::InWindow, Lang::En) => "left out: announced, inside the maintenance window",
        (Verdict::Excused, Lang::Nl) => "telt niet mee: om de oorzaak",
        (Verdict::Excused, Lang::En) => "left out: for its cause",
        (Verdict::NotNamed, Lang::Nl) => "telt niet mee: hierover is niets beloofd",
        (Verdict::NotNamed, Lang::En) => "left out: nothing is promised of it",
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new().route("/availability", get(index)).route("/availability/records", get(records).post(record))
}
