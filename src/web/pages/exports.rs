//! Files out, for finance: what waits, a form for each kind of batch, and the batches. Single documents, the statement of a
//! card and the account of a customer are for whom they are.

use super::forms::{Form, Forms};
use super::texts::texts;
use super::words::{either, not_a_bank_day};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::export::{Export, ExportKind};
use crate::domain::policy::Part;
use crate::domain::target_days::next_bank_day;
use crate::domain::{CardId, CustomerId, Doing, InvoiceId};
use crate::exchange::{journal::JournalProfile, ubl::Profile};
use crate::service::Result;
use crate::service::exports::{Asked, JournalFormat, Made, Waiting};
use crate::web::App;
use crate::web::download::Download;
use crate::web::extract::{Id, Named, Search};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

/// How many batches the list holds.
const MANY: usize = 25;

texts! {
    /// The page of files out.
    pub struct ExportTexts {
        title: "Bestanden uit", "Files out";
        lead: "Elk bestand krijgt een nummer en blijft zoals het is. Een journaalpost of document staat per soort in één bestand; de auditfile bevat steeds de hele periode.", "Every file gets a number and stays as it is. A journal entry or document is in one file of each kind; the audit file always holds its whole period.";
        waiting: "Nog niet geëxporteerd", "Not exported yet";
        entries: "Journaalposten", "Journal entries";
        ubl: "Documenten als UBL", "Documents as UBL";
        pdf: "Documenten als PDF", "Documents as PDF";
        collections: "Geplande incasso's", "Planned collections";
        until: "t/m", "up to";
        lacking: "Nog geen elektronische factuur mogelijk", "Cannot be an electronic invoice yet";
        lacking_hint: "Een document blijft zoals het is uitgegeven: stuur de pdf, of vul de klant aan, crediteer het en geef het opnieuw uit.", "A document stays as it was issued: send the PDF, or complete the customer, credit it and issue it again.";
        make: "Maak een bestand", "Make a file";
        month: "Maand", "Month";
        month_hint: "Wat nog niet is geëxporteerd aan journaalposten en documenten, met vooruitontvangen bedragen en totalen van de hele maand, in één zip. Zolang de maand niet is afgesloten, is het bestand voorlopig.", "Journal entries and documents that were not exported yet, with deferred revenue and totals of the whole month, in one zip. As long as the month is not closed, the file is provisional.";
        provisional: "voorlopig", "provisional";
        journal: "Journaal", "Journal";
        xaf: "Auditfile (XAF 4.0)", "Audit file (XAF 4.0)";
        collection: "Incasso's", "Collections";
        up_to: "Tot en met", "Up to and including";
        from: "Van", "From";
        to: "Tot en met", "Up to and including";
        format: "Bestand", "File";
        both: "beide, in een zip", "both, in a zip";
        columns: "Kolommen", "Columns";
        standard: "alles wat wij weten", "everything that we know";
        profile: "Regels", "Rules";
        plan: "Plan eerst wat dan verschuldigd is", "First plan what is due by then";
        plan_only: "Incasso's alleen plannen", "Only plan collections";
        collect_on: "Incasseer op", "Collect on";
        button: "Maak bestand", "Make file";
        made: "Gemaakte bestanden", "Files made";
        number: "Nr.", "No.";
        kind: "Soort", "Kind";
        period: "Periode", "Period";
        items: "Aantal", "Items";
        when: "Gemaakt", "Made";
        by: "Door", "By";
        nobody: "opdrachtregel", "command line";
        file: "Download", "Download";
        left_out: "niet meegenomen", "left out";
        moved: "op een andere dag", "on another day";
        none: "Er is nog geen bestand gemaakt.", "No file was made yet.";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance/exports", get(index).post(make))
        .route("/finance/exports/collections", post(plan))
        .route("/finance/exports/{number}/file", get(file))
        .route("/invoices/{id}/pdf", get(document_pdf))
        .route("/invoices/{id}/ubl", get(document_ubl))
        .route("/cards/{id}/statement.pdf", get(card))
        .route("/customers/{id}/account.xlsx", get(account))
}

#[derive(Debug, Default, Deserialize)]
struct ExportQuery {
    /// Batches before this number.
    before: Option<i64>,
    /// The batch that was just made.
    made: Option<i64>,
    /// How many collections were just planned.
    planned: Option<usize>,
    /// The day that was asked for.
    asked: Option<NaiveDate>,
}

/// The name of a kind.
fn kind_word(kind: ExportKind, t: &ExportTexts) -> &'static str {
    match kind {
        ExportKind::Journal => t.journal,
        ExportKind::Xaf => t.xaf,
        ExportKind::Ubl => t.ubl,
        ExportKind::Pdf => t.pdf,
        ExportKind::Collection => t.collection,
        ExportKind::Month => t.month,
    }
}

#[derive(Template)]
#[template(path = "exports/index.html")]
struct ExportsPage {
    page: Page,
    t: &'static ExportTexts,
    waiting: Waiting,
    made: Vec<Made>,
    first: Option<&'static str>,
    more: Option<String>,
    today: NaiveDate,
    collects: bool,
    /// The rules of electronic invoices, by name.
    profiles: [(Profile, &'static str); 2],
    forms: Forms,
    notice: Option<String>,
}

impl ExportsPage {
    async fn read(app: &App, member: &Member, asked: &ExportQuery) -> Result<Self> {
        let (service, lang) = (&app.service, member.lang());
        let waiting = service.exports_waiting(&member.caller).await?;
        let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
        let mut made = service.exports(&member.caller, asked.before, limit).await?;
        let more = made.len() > MANY;
        made.truncate(MANY);
        let last = made.last().filter(|_| more).map(|made| made.export.number);
        let today = service.policies.day(service.clock.now());
        let t = ExportTexts::of(lang);
        Ok(Self {
            page: member.page().at("/finance/exports".to_owned()),
            t,
            waiting,
            first: asked.before.map(|_| "/finance/exports"),
            more: last.map(|number| format!("/finance/exports?before={number}")),
            made,
            today,
            collects: service.policies.at(today).1.has(Part::Collection),
            profiles: [(Profile::Peppol, "Peppol BIS 3"), (Profile::Nlcius, "NLCIUS (SI-UBL 2.0)")],
            forms: Forms::default(),
            notice: None,
        })
    }

    fn day(&self, day: impl std::borrow::Borrow<NaiveDate>) -> String {
        text::date_short(*day.borrow(), self.page.lang)
    }

    fn kind(&self, made: &Made) -> &'static str {
        kind_word(made.export.kind, self.t)
    }

    /// "1 okt. 2026 t/m 31 okt. 2026".
    fn period(&self, made: &Made) -> String {
        let day = |day: NaiveDate| self.day(day);
        match (made.export.from_day, made.export.to_day) {
            (Some(from), Some(to)) => format!("{} {} {}", day(from), self.t.until, day(to)),
            (None, Some(to)) => format!("{} {}", self.t.until, day(to)),
            _ => String::new(),
        }
    }

    fn made_on(&self, made: &Made) -> String {
        text::date_short(made.export.made_at.date_naive(), self.page.lang)
    }

    /// The month before, as its field wants it.
    fn month(&self) -> String {
        self.waiting.up_to.format("%Y-%m").to_string()
    }

    /// The first day of the year of the month before.
    fn year_start(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.waiting.up_to.year(), 1, 1).unwrap_or(self.waiting.up_to)
    }

    fn columns(&self) -> Vec<(JournalProfile, &'static str)> {
        let word = |profile: JournalProfile| match profile {
            JournalProfile::Standard => self.t.standard,
            JournalProfile::Exact => "Exact Online",
            JournalProfile::SnelStart => "SnelStart",
        };
        JournalProfile::ALL.iter().map(|profile| (*profile, word(*profile))).collect()
    }

    fn formats(&self) -> Vec<(JournalFormat, &'static str)> {
        let word = |format: JournalFormat| match format {
            JournalFormat::Csv => "CSV",
            JournalFormat::Xlsx => "Excel (XLSX)",
            JournalFormat::Zip => self.t.both,
        };
        JournalFormat::ALL.iter().map(|format| (*format, word(*format))).collect()
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<ExportQuery>) -> Result<Response, Fault> {
    let mut page = ExportsPage::read(&app, &member, &asked).await?;
    let lang = member.lang();
    page.notice = match (asked.made, asked.planned) {
        (Some(number), _) => {
            page.made.iter().find(|made| made.export.number == number).map(|made| said(&made.export, lang))
        }
        (None, Some(planned)) => {
            let (dutch, english) =
                (format!("Gepland: {planned} incasso's."), format!("Planned: {planned} collections."));
            let moved = asked.asked.and_then(|day| not_a_bank_day(day, next_bank_day(day), lang));
            let parts = [Some(either(lang, dutch, english)), moved];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        (None, None) => None,
    };
    show(&page)
}

/// That a batch was made, whether it is provisional, and what is not in it or on another day.
fn said(export: &Export, lang: Lang) -> String {
    let (number, (left_out, moved)) = (export.number, export.exceptions());
    let mut said = either(lang, format!("Bestand {number} is gemaakt."), format!("File {number} was made."));
    if export.provisional {
        said += either(
            lang,
            " Het is voorlopig: de maand is nog niet afgesloten. Wat er later in wordt geboekt, komt in een volgend bestand.",
            " It is provisional: the month is not closed yet. What is booked in it later comes in a next file.",
        );
    }
    if left_out > 0 {
        said += &either(lang, format!(" Niet meegenomen: {left_out}."), format!(" Left out: {left_out}."));
    }
    if moved > 0 {
        said += &either(
            lang,
            format!(" Op een andere dag dan gepland: {moved}."),
            format!(" On another day than planned: {moved}."),
        );
    }
    said
}

async fn make(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::KeepBooks)?;
    let made = match read(&sent.values) {
        Ok(asked) => app.service.make_export(sent.request(), &asked).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(export) => Ok(done(&format!("/finance/exports?made={}", export.number))),
        Err(error) => refuse(&app, &sent, sent.values.get("kind"), error).await,
    }
}

async fn plan(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::KeepBooks)?;
    let mut fields = Fields::default();
    let day = fields.needed_date("collect_on", sent.values.get("collect_on"));
    let planned = match fields.done() {
        Ok(()) => app.service.plan_collections(sent.request(), day).await,
        Err(error) => Err(error),
    };
    match planned {
        Ok(planned) => Ok(done(&format!("/finance/exports?planned={}&asked={day}", planned.len()))),
        Err(error) => refuse(&app, &sent, "plan", error).await,
    }
}

/// The page again, with the form as it was sent and why it was refused.
async fn refuse(app: &App, sent: &Submission, form: &str, error: crate::service::Error) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let mut page = ExportsPage::read(app, &sent.member, &ExportQuery::default()).await?;
    page.forms = Forms::sent(form, Form::sent(sent.values.clone(), refused));
    show_with(status, &page)
}

/// What a form asks for.
fn read(values: &Values) -> Result<Asked> {
    const CHOICE: &str = "expected one of the choices";
    let mut fields = Fields::default();
    let month = values.filled("month").map(|month| format!("{month}-01"));
    let asked = Asked {
        kind: fields.needed("kind", values.get("kind"), CHOICE),
        up_to: fields.date("up_to", values.filled("up_to")),
        from: fields.date("from", values.filled("from")),
        to: fields.date("to", values.filled("to")),
        month: fields.date("month", month.as_deref()),
        format: fields.optional("format", values.filled("format"), CHOICE),
        columns: fields.optional("columns", values.filled("columns"), CHOICE),
        profile: fields.optional("profile", values.filled("profile"), CHOICE),
        plan: values.filled("plan").is_some(),
    };
    fields.done()?;
    Ok(asked)
}

async fn file(State(app): State<App>, member: Member, Named(number): Named<i64>) -> Result<Download, Fault> {
    Ok(Download(app.service.export_file(&member.caller, number).await?))
}

async fn document_pdf(State(app): State<App>, member: Member, Id(id): Id<InvoiceId>) -> Result<Download, Fault> {
    Ok(Download(app.service.document_pdf(&member.caller, id).await?))
}

#[derive(Debug, Default, Deserialize)]
struct UblQuery {
    profile: Option<Profile>,
}

async fn document_ubl(
    State(app): State<App>,
    member: Member,
    Id(id): Id<InvoiceId>,
    Search(asked): Search<UblQuery>,
) -> Result<Download, Fault> {
    let profile = asked.profile.unwrap_or(Profile::Peppol);
    Ok(Download(app.service.document_ubl(&member.caller, id, profile).await?))
}

async fn card(State(app): State<App>, member: Member, Id(id): Id<CardId>) -> Result<Download, Fault> {
    Ok(Download(app.service.card_statement(&member.caller, id).await?))
}

#[derive(Debug, Default, Deserialize)]
struct AccountQuery {
    from: Option<String>,
    to: Option<String>,
}

async fn account(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(asked): Search<AccountQuery>,
) -> Result<Download, Fault> {
    let mut fields = Fields::default();
    let days = (fields.date("from", asked.from.as_deref()), fields.date("to", asked.to.as_deref()));
    fields.done()?;
    Ok(Download(app.service.account_file(&member.caller, id, days).await?))
}
