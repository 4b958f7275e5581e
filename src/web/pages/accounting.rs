//! The books as a whole, for finance: months with the checklist by which one is closed (TIME-6), what accounts stand at, and
//! deferred revenue by card with its files (PAY-7).

use super::drawn::card_name;
use super::forms::{Form, Forms};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, done, show, show_with};
use crate::domain::closing::{About, BookMonth, ClosingKind, Example, Finding, FindingKind, NotClosed};
use crate::domain::{Cents, Doing, Minutes, MoneyAccount};
use crate::exchange::sheet::{Column, Kind, Sheet, SheetError, Totals};
use crate::service::accounting::{
    AccountSum, Balances, Checklist, ClosedBy, Deferred, DeferredCard, MonthOfBooks, MonthState,
};
use crate::service::{Error, Result, ledger::Failure};
use crate::web::App;
use crate::web::api::accounting::{Place, place};
use crate::web::extract::{Named, Search, cursor};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

/// How many cards a page of deferred revenue holds.
const MANY: i64 = 100;

texts! {
    /// The pages of the books as a whole.
    pub struct AccountingTexts {
        months: "Maanden", "Months";
        months_lead: "Een gesloten maand krijgt geen boekingen meer: wat later komt, valt in de eerste open maand.", "A closed month takes no more bookings: what comes later lands in the first open month.";
        checklist: "Wat er nog open staat", "What is still open";
        checklist_hint: "Tot en met de laatste dag van de maand.", "Up to and with the last day of the month.";
        nothing: "niets", "nothing";
        stops: "houdt tegen", "stops it";
        warns: "let op", "note";
        fine: "in orde", "fine";
        and_more: "en meer", "and more";
        close: "Maand sluiten", "Close the month";
        closing: "Sluiten", "Close";
        reason: "Reden", "Reason";
        reason_needed: "Er staat iets open dat de maand tegenhoudt. Sluiten kan dan alleen met een reden; die wordt bewaard.", "Something is open that stops the month. It can then be closed only with a reason, which is kept.";
        reopen: "Weer openen", "Open again";
        reopen_hint: "De reden wordt bewaard.", "The reason is kept.";
        month: "Maand", "Month";
        state: "Stand", "Status";
        history: "Wat ermee gebeurde", "What was done to it";
        running: "loopt nog", "goes on";
        open: "open", "open";
        closed: "gesloten", "closed";
        was_closed: "gesloten", "closed";
        was_reopened: "weer geopend", "opened again";
        by: "door", "by";
        command_line: "de opdrachtregel", "the command line";
        still_open: "stond nog open", "was still open";
        look: "Bekijk", "Show";
        deferred: "Vooruitontvangen", "Deferred revenue";
        deferred_lead: "Betaalde of gefactureerde uren die nog niet gebruikt zijn: een schuld, kaart voor kaart.", "Hours that were paid or invoiced and are not used yet: a debt, card by card.";
        on: "Op", "On";
        show: "Toon", "Show";
        total: "Vooruitontvangen", "Deferred";
        unpaid: "Waarvan nog niet betaald", "Of which not paid yet";
        unpaid_hint: "Het open bedrag van de factuur zonder btw, hooguit wat vooruitontvangen is.", "The open amount of the invoice ex VAT, at most what is deferred.";
        no_deferred: "Op deze dag was er niets vooruitontvangen.", "Nothing was deferred on this day.";
        customer: "Klant", "Customer";
        number: "Klantnummer", "Customer number";
        card: "Kaart", "Card";
        card_id: "Kaartnummer", "Card number";
        product: "Product", "Product";
        invoice: "Factuur", "Invoice";
        ordered: "Besteld", "Ordered";
        expires: "Geldig tot en met", "Valid until";
        never: "altijd geldig", "always valid";
        price: "Prijs ex btw", "Price ex VAT";
        granted: "Toegekend (min)", "Granted (min)";
        used: "Verbruikt (min)", "Used (min)";
        expired: "Verlopen (min)", "Expired (min)";
        refunded: "Terugbetaald (min)", "Refunded (min)";
        used_of: "verbruikt", "used";
        recognised: "Verdiend", "Earned";
        sum: "Totaal", "Total";
        files: "Als bestand", "As a file";
        accounts: "Saldi", "Balances";
        accounts_lead: "Wat elke rekening op een dag staat, uit de boekingen tot en met die dag.", "What each account stands at on a day, from the bookings up to and with it.";
        from: "Resultaat vanaf", "Result from";
        until: "Tot en met", "Up to and with";
        trial: "Proef- en saldibalans", "Trial balance";
        account: "Rekening", "Account";
        debit: "Debet", "Debit";
        credit: "Credit", "Credit";
        balance: "Saldo", "Balance";
        sheet: "Balans", "Balance sheet";
        result_to_date: "Resultaat tot en met deze dag", "Result up to and with this day";
        profit: "Winst en verlies", "Profit and loss";
        result: "Resultaat", "Result";
        nothing_booked: "Er is nog niets geboekt.", "Nothing was booked yet.";
    }
}

/// What a finding is called on a page.
#[must_use]
pub const fn finding_name(kind: FindingKind, lang: Lang) -> &'static str {
    let (nl, en) = match kind {
        FindingKind::BankLines => ("Bankregels die wachten", "Bank lines that wait"),
        FindingKind::BankDifferences => ("Afschriften die niet aansluiten", "Statements that do not agree"),
        FindingKind::Reversals => ("Storneringen die een oordeel vragen", "Reversals that wait for a judgement"),
        FindingKind::Drafts => ("Conceptfacturen", "Drafts not issued"),
        FindingKind::UncoveredHours => ("Uren die niet gedekt zijn", "Hours that nothing covers"),
        FindingKind::Estimates => ("Schattingen over hun termijn", "Estimates past their term"),
        FindingKind::Collections => ("Incasso's zonder antwoord", "Collections without an answer"),
        FindingKind::FrozenCards => ("Bevroren kaarten", "Frozen cards"),
        FindingKind::PausedAccounts => ("Gepauzeerde klanten", "Paused accounts"),
        FindingKind::Addresses => ("Facturen die op een adres wachten", "Invoices that wait for an address"),
        FindingKind::Journal => ("Boekingen die nog niet geëxporteerd zijn", "Bookings not exported yet"),
    };
    match lang {
        Lang::Nl => nl,
        Lang::En => en,
    }
}

/// Why it stops a closing, or does not.
fn because(kind: FindingKind, lang: Lang) -> &'static str {
    let nl = match kind {
        FindingKind::BankLines => "geld van de maand staat nog niet in de boeken, dus de saldi kloppen niet",
        FindingKind::BankDifferences => "de bank noemt een ander saldo: er ontbreekt geld, of het telt dubbel",
        FindingKind::Reversals => "de vergoeding, en zo de omzet van de maand, hangt af van het antwoord",
        FindingKind::Drafts => "werk van de maand zou in een latere maand worden gefactureerd en aangegeven",
        FindingKind::UncoveredHours => "ze zijn niemands schuld zolang niemand akkoord is",
        FindingKind::Estimates => "gereserveerde minuten veranderen geen bedrag",
        FindingKind::Collections => "het antwoord van de bank wordt op zijn eigen dag geboekt",
        FindingKind::FrozenCards => "hun geld blijft vooruitontvangen tot ze betaald of gecrediteerd zijn",
        FindingKind::PausedAccounts => "wat ze nog moeten betalen staat in de boeken",
        FindingKind::Addresses => "wat wacht, wordt een factuur van de dag waarop het compleet is",
        FindingKind::Journal => "een export kan ook van een gesloten maand",
    };
    match lang {
        Lang::Nl => nl,
        Lang::En => kind.rule().because,
    }
}

/// Why a month stays as it is, in the visitor's words.
#[must_use]
pub fn not_closed(why: &NotClosed, lang: Lang) -> String {
    let month = |month: &BookMonth| month_name(*month, lang);
    match (why, lang) {
        (NotClosed::NotOver { month: of }, Lang::Nl) => format!("{} is nog niet voorbij.", month(of)),
        (NotClosed::NotOver { month: of }, Lang::En) => format!("{} is not over.", month(of)),
        (NotClosed::OutOfOrder { next }, Lang::Nl) => format!("Maanden sluiten op volgorde: eerst {}.", month(next)),
        (NotClosed::OutOfOrder { next }, Lang::En) => format!("Months are closed in order: {} first.", month(next)),
        (NotClosed::BeforeFirst { first }, Lang::Nl) => {
            format!("Vóór {} is niets geboekt: dat is de eerste maand die kan sluiten.", month(first))
        }
        (NotClosed::BeforeFirst { first }, Lang::En) => {
            format!("Nothing was booked before {}: that is the first month to close.", month(first))
        }
        (NotClosed::NothingBooked, Lang::Nl) => "Er is nog niets geboekt.".to_owned(),
        (NotClosed::NothingBooked, Lang::En) => "Nothing was booked yet.".to_owned(),
        (NotClosed::Blocked { found }, _) => {
            let each: Vec<String> =
                found.iter().map(|(kind, count)| format!("{count} × {}", finding_name(*kind, lang))).collect();
            let t = AccountingTexts::of(lang);
            format!("{} ({})", t.reason_needed, each.join(", "))
        }
        (NotClosed::NotLast { last }, Lang::Nl) => {
            format!("Alleen de laatste gesloten maand kan weer open: {}.", month(last))
        }
        (NotClosed::NotLast { last }, Lang::En) => {
            format!("Only the last closed month can be opened again: {}.", month(last))
        }
        (NotClosed::NoneClosed, Lang::Nl) => "Er is geen maand gesloten.".to_owned(),
        (NotClosed::NoneClosed, Lang::En) => "No month is closed.".to_owned(),
    }
}

/// `maart 2026`.
fn month_name(month: BookMonth, lang: Lang) -> String {
    let date = text::date(month.first(), lang);
    date.split_once(' ').map_or(date.clone(), |(_, month)| month.to_owned())
}

/// The page on which one works through all of a kind; none where each row has its own.
const fn place_of(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::BankLines => "/finance/bank",
        FindingKind::BankDifferences => "/finance/bank/check",
        FindingKind::Reversals => "/finance/reversals",
        FindingKind::Drafts | FindingKind::Addresses => "/finance/invoices?which=drafts",
        FindingKind::Collections | FindingKind::Journal => "/finance/exports",
        FindingKind::PausedAccounts => "/finance/arrears",
        FindingKind::UncoveredHours | FindingKind::Estimates | FindingKind::FrozenCards => "",
    }
}

/// Where a row of a finding is worked on.
fn link(example: &Example) -> String {
    match example.about {
        About::Ticket => format!("/tickets/{}", example.id),
        About::Customer => format!("/customers/{}", example.id),
        About::Invoice => format!("/invoices/{}", example.id),
        About::BankLine => "/finance/bank".to_owned(),
        About::BankStatement => "/finance/bank/check".to_owned(),
    }
}

#[derive(Debug, Default, Deserialize)]
struct MonthQuery {
    /// A month, `2026-03`; the one to close when left out.
    month: Option<String>,
}

#[derive(Template)]
#[template(path = "accounting/months.html")]
struct MonthsPage {
    page: Page,
    t: &'static AccountingTexts,
    months: Vec<MonthOfBooks>,
    checklist: Checklist,
    /// Whether this month is the one that can be closed, or opened again.
    turn: bool,
    forms: Forms,
    zone: Tz,
}

impl MonthsPage {
    async fn read(app: &App, member: &Member, asked: Option<BookMonth>, forms: Forms) -> Result<Self, Fault> {
        let service = &app.service;
        let months = service.months(&member.caller).await?;
        let next = months.iter().find(|row| row.next && row.state == MonthState::Open).or(months.first());
        let month = asked.or(next.map(|row| row.month)).ok_or(Error::NotFound("month"))?;
        let checklist = service.checklist(&member.caller, month).await?;
        let turn = months.iter().any(|row| row.month == month && row.next);
        Ok(Self {
            page: member.page().at("/finance/months".to_owned()),
            t: AccountingTexts::of(member.lang()),
            months,
            checklist,
            turn,
            forms,
            zone: service.policies.time_zone(),
        })
    }

    fn name(&self, month: impl std::borrow::Borrow<BookMonth>) -> String {
        month_name(*month.borrow(), self.page.lang)
    }

    fn kind(&self, finding: &Finding) -> &'static str {
        finding_name(finding.kind, self.page.lang)
    }

    fn because(&self, finding: &Finding) -> &'static str {
        because(finding.kind, self.page.lang)
    }

    fn place(finding: &Finding) -> &'static str {
        place_of(finding.kind)
    }

    fn link(example: &Example) -> String {
        link(example)
    }

    /// Day, amount and minutes of an example, as far as it has them.
    fn figures(&self, example: &Example) -> String {
        let lang = self.page.lang;
        let day = example.day.map(|day| text::date_short(day, lang));
        let amount = example.amount.map(|amount| text::money(amount, lang));
        let minutes = example.minutes.map(|minutes| text::hours(minutes, lang));
        [day, amount, minutes].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    fn tag(&self, finding: &Finding) -> (&'static str, &'static str) {
        match finding {
            finding if finding.count == 0 => ("ok", self.t.fine),
            finding if finding.blocks() => ("bad", self.t.stops),
            _ => ("warn", self.t.warns),
        }
    }

    fn state(&self, state: impl std::borrow::Borrow<MonthState>) -> (&'static str, &'static str) {
        match state.borrow() {
            MonthState::Running => ("", self.t.running),
            MonthState::Open => ("warn", self.t.open),
            MonthState::Closed => ("ok", self.t.closed),
        }
    }

    fn row_state(&self, row: &MonthOfBooks) -> (&'static str, &'static str) {
        self.state(row.state)
    }

    fn can_close(&self) -> bool {
        self.turn && self.checklist.state == MonthState::Open
    }

    fn can_reopen(&self) -> bool {
        self.turn && self.checklist.state == MonthState::Closed
    }

    fn is_blocked(&self) -> bool {
        !self.checklist.blocking().is_empty()
    }

    /// What was done, when and by whom.
    fn done(&self, row: &ClosedBy) -> String {
        let what = match row.closing.kind {
            ClosingKind::Closed => self.t.was_closed,
            ClosingKind::Reopened => self.t.was_reopened,
        };
        let at = text::moment(row.closing.recorded_at, self.zone, self.page.lang);
        format!("{what} {at} {} {}", self.t.by, row.by.as_deref().unwrap_or(self.t.command_line))
    }

    /// Why, and what was still open then.
    fn kept(&self, row: &ClosedBy) -> String {
        let open = row.closing.kept.findings.iter();
        let open: Vec<String> = open.map(|row| format!("{} × {}", row.count, self.kind(row))).collect();
        let open = (!open.is_empty()).then(|| format!("{}: {}", self.t.still_open, open.join(", ")));
        row.closing.reason.clone().into_iter().chain(open).collect::<Vec<_>>().join(" — ")
    }
}

async fn months(State(app): State<App>, member: Member, Search(asked): Search<MonthQuery>) -> Result<Response, Fault> {
    let month = asked.month.as_deref().filter(|month| !month.is_empty()).map(str::parse).transpose();
    let month = month.map_err(|_| Error::NotFound("month"))?;
    show(&MonthsPage::read(&app, &member, month, Forms::default()).await?)
}

async fn close(State(app): State<App>, Named(month): Named<BookMonth>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let reason = fields.optional_text("reason", sent.values.filled("reason"));
    let closed = match fields.done() {
        Ok(()) => app.service.close_month(&sent.member.caller, month, reason).await,
        Err(error) => Err(error),
    };
    acted(&app, &sent, month, "close", closed.map(drop)).await
}

async fn reopen(State(app): State<App>, Named(month): Named<BookMonth>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", sent.values.get("reason"));
    sent.member.caller.may(Doing::KeepBooks)?;
    let opened = match fields.done() {
        Ok(()) => app.service.reopen_month(&sent.member.caller, month, reason).await,
        Err(error) => Err(error),
    };
    acted(&app, &sent, month, "reopen", opened.map(drop)).await
}

/// The months again: of the one that something was done to, or with the form as it was sent and why it was refused.
async fn acted(
    app: &App,
    sent: &Submission,
    month: BookMonth,
    form: &str,
    result: Result<()>,
) -> Result<Response, Fault> {
    match result {
        Ok(()) => Ok(done(&format!("/finance/months?month={month}"))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let forms = Forms::sent(form, Form::sent(sent.values.clone(), refused));
            show_with(status, &MonthsPage::read(app, &sent.member, Some(month), forms).await?)
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct DeferredPageQuery {
    /// The day; today when left out.
    on: Option<String>,
    /// Where the page begins.
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "accounting/deferred.html")]
struct DeferredPage {
    page: Page,
    t: &'static AccountingTexts,
    report: Deferred,
    first: Option<String>,
    more: Option<String>,
}

impl DeferredPage {
    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    fn name(&self, row: &DeferredCard) -> String {
        card_name(&row.card.product, row.card.minutes, self.page.lang)
    }

    fn hours(&self, minutes: impl std::borrow::Borrow<Minutes>) -> String {
        text::hours(*minutes.borrow(), self.page.lang)
    }

    fn expires(&self, row: &DeferredCard) -> String {
        row.card.expires_on.map_or_else(|| self.t.never.to_owned(), |day| text::date_short(day, self.page.lang))
    }

    fn day(&self) -> String {
        text::date(self.report.on, self.page.lang)
    }
}

/// Reads a day of a query; nothing typed is nothing.
fn day_of(field: &str, text: Option<&str>) -> Result<Option<NaiveDate>> {
    let mut fields = Fields::default();
    let day = fields.date(field, text.map(str::trim).filter(|text| !text.is_empty()));
    fields.done()?;
    Ok(day)
}

async fn deferred(
    State(app): State<App>,
    member: Member,
    Search(asked): Search<DeferredPageQuery>,
) -> Result<Response, Fault> {
    let on = day_of("on", asked.on.as_deref())?;
    let after = place(asked.cursor.as_deref())?;
    let report = app.service.deferred(&member.caller, on, after, MANY).await?;
    let address = format!("/finance/deferred?on={}", report.on);
    let more = report.next.map(|next| format!("{address}&cursor={}", cursor(&Place(next).to_string())));
    let first = asked.cursor.as_ref().map(|_| address);
    show(&DeferredPage { page: member.page(), t: AccountingTexts::of(member.lang()), report, first, more })
}

async fn deferred_xlsx(
    State(app): State<App>,
    member: Member,
    Search(asked): Search<DeferredPageQuery>,
) -> Result<Response, Fault> {
    let report = app.service.deferred_whole(&member.caller, day_of("on", asked.on.as_deref())?).await?;
    let sheet = deferred_sheet(&report, member.lang());
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    file(&format!("deferred-{}.xlsx", report.on), kind, sheet.to_xlsx(report.on))
}

async fn deferred_csv(
    State(app): State<App>,
    member: Member,
    Search(asked): Search<DeferredPageQuery>,
) -> Result<Response, Fault> {
    let report = app.service.deferred_whole(&member.caller, day_of("on", asked.on.as_deref())?).await?;
    let sheet = deferred_sheet(&report, member.lang());
    file(&format!("deferred-{}.csv", report.on), "text/csv; charset=utf-8", sheet.to_csv())
}

fn file(name: &str, kind: &'static str, bytes: Result<Vec<u8>, SheetError>) -> Result<Response, Fault> {
    let bytes = bytes.map_err(|error| {
        tracing::error!(%error, "a sheet failed");
        Error::Ledger(Failure::Broken)
    })?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// Deferred revenue as a table: what an auditor asks for.
fn deferred_sheet(report: &Deferred, lang: Lang) -> Sheet {
    let t = AccountingTexts::of(lang);
    let columns = vec![
        Column::new(t.number, Kind::Number, 14),
        Column::new(t.customer, Kind::Text, 28),
        Column::new(t.card_id, Kind::Text, 15),
        Column::new(t.product, Kind::Text, 12),
        Column::new(t.invoice, Kind::Text, 14),
        Column::new(t.ordered, Kind::Date, 12),
        Column::new(t.expires, Kind::Date, 16),
        Column::new(t.price, Kind::Amount, 14),
        Column::new(t.granted, Kind::Minutes, 16),
        Column::new(t.used, Kind::Minutes, 16),
        Column::new(t.expired, Kind::Minutes, 16),
        Column::new(t.refunded, Kind::Minutes, 18),
        Column::new(t.recognised, Kind::Amount, 14),
        Column::new(t.total, Kind::Amount, 16),
        Column::new(t.unpaid, Kind::Amount, 24),
    ];
    let rows = report.cards.iter().map(|row| {
        vec![
            row.customer_number.into(),
            row.customer_name.clone().into(),
            row.card.id.0.simple().to_string()[20..].to_owned().into(),
            row.card.product.clone().into(),
            row.invoice_number.clone().into(),
            row.card.ordered_on.into(),
            row.card.expires_on.into(),
            row.card.price.into(),
            row.minutes.granted().into(),
            row.minutes.used.into(),
            row.minutes.expired.into(),
            (row.minutes.refunded + row.minutes.converted).into(),
            row.recognised.into(),
            row.deferred.into(),
            row.unpaid.into(),
        ]
    });
    let totals = Totals { label: t.sum.to_owned(), columns: vec![7, 8, 9, 10, 11, 12, 13, 14], check: None };
    let name = format!("{} {}", t.deferred, report.on);
    Sheet { name, columns, rows: rows.collect(), totals: Some(totals) }
}

#[derive(Debug, Default, Deserialize)]
struct BalancePageQuery {
    /// Up to and with this day.
    on: Option<String>,
    /// First day of profit and loss.
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "accounting/balances.html")]
struct BalancesPage {
    page: Page,
    t: &'static AccountingTexts,
    balances: Balances,
    cards: bool,
}

impl BalancesPage {
    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    /// Nothing where there is nothing: a trial balance has many empty cells.
    fn cell(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        let amount = *amount.borrow();
        if amount == Cents::ZERO { String::new() } else { self.money(amount) }
    }

    fn used(&self) -> Vec<&AccountSum> {
        let used = |row: &&AccountSum| row.debit != Cents::ZERO || row.credit != Cents::ZERO;
        self.balances.accounts.iter().filter(used).collect()
    }

    fn sheet(&self) -> Vec<&AccountSum> {
        let of_sheet = |row: &&AccountSum| row.account.is_balance_sheet() && row.balance() != Cents::ZERO;
        self.balances.accounts.iter().filter(of_sheet).collect()
    }

    fn period(&self) -> Vec<&AccountSum> {
        self.balances.period.iter().filter(|row| row.balance() != Cents::ZERO).collect()
    }

    fn is_deferred(&self, row: &AccountSum) -> bool {
        self.cards && row.account == MoneyAccount::Deferred
    }

    fn day(&self) -> String {
        text::date(self.balances.on, self.page.lang)
    }

    /// From when to when.
    fn span(&self) -> String {
        let lang = self.page.lang;
        let (from, to) = (text::date(self.balances.from, lang), text::date(self.balances.on, lang));
        either(lang, format!("{from} tot en met {to}"), format!("{from} to {to}"))
    }
}

async fn balances(
    State(app): State<App>,
    member: Member,
    Search(asked): Search<BalancePageQuery>,
) -> Result<Response, Fault> {
    let (on, from) = (day_of("on", asked.on.as_deref())?, day_of("from", asked.from.as_deref())?);
    let balances = app.service.balances(&member.caller, from, on).await?;
    let page = member.page();
    let cards = page.has("cards");
    show(&BalancesPage { page, t: AccountingTexts::of(member.lang()), balances, cards })
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance/months", get(months))
        .route("/finance/months/{month}/close", post(close))
        .route("/finance/months/{month}/reopen", post(reopen))
        .route("/finance/deferred", get(deferred))
        .route("/finance/deferred.xlsx", get(deferred_xlsx))
        .route("/finance/deferred.csv", get(deferred_csv))
        .route("/finance/balances", get(balances))
}
