//! Reversals for finance: the list, what is to be judged, and the forms by which one is recorded, judged or waived (PAY-2).

use super::arrears::refuse_customer;
use super::forms::{self, Form, Forms};
use super::statement::Link;
use super::texts::texts;
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::command::Undone;
use crate::domain::policy::Part;
use crate::domain::reasons::{self, Action};
use crate::domain::{Cents, CollectionId, CustomerId, Doing, PaymentId, ReversalId};
use crate::service::reversals::{ReversalView, WhichReversals, Why};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::api::reversals::read_undone;
use crate::web::extract::{Id, Search, bad_cursor, cursor, position};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::Deserialize;

/// Rows on a page.
pub(super) const MANY: i64 = 25;

texts! {
    /// Words of reversals.
    pub struct ReversalTexts {
        title: "Storneringen", "Reversals";
        lead: "Betalingen die zijn teruggedraaid of geweigerd. De eerste is vaak gratis; daarna kost elke stornering die telt een bedrag.", "Payments that came undone or were refused. The first is often free; after that each one that counts costs a fee.";
        all: "Alle", "All";
        waiting: "Wacht op een oordeel", "Waiting to be judged";
        choose: "Welke storneringen", "Which reversals";
        none: "Geen storneringen.", "No reversals.";
        day: "Valutadatum", "Value date";
        customer: "Klant", "Customer";
        invoice: "Factuur", "Invoice";
        reason: "Reden", "Reason";
        counts: "Telt", "Counts";
        fee: "Kosten", "Fee";
        next: "Wat te doen", "What to do";
        amount: "Bedrag", "Amount";
        yes: "telt mee", "counts";
        no: "telt niet mee", "does not count";
        judged_yes: "beoordeeld: telt mee", "judged: counts";
        judged_no: "beoordeeld: telt niet mee", "judged: does not count";
        refused_no: "geweigerd voor de afschrijving: telt hier niet mee", "refused before settlement: does not count here";
        waits: "wacht op een oordeel", "waits to be judged";
        unknown: "onbekende reden", "unknown reason";
        refused: "geweigerd voor de afschrijving", "refused before settlement";
        waived: "kwijtgescholden", "waived";
        no_fee: "geen", "none";
        bank_charge: "bankkosten", "bank charge";
        mandate_ended: "machtiging beëindigd", "mandate ended";
        retry: "later nog eens incasseren", "collect once more later";
        contact: "klant benaderen, niet opnieuw incasseren", "contact the customer, do not collect again";
        block_mandate: "machtiging niet meer gebruiken, nieuwe vragen", "mandate cannot be used, ask for a new one";
        fix: "fout herstellen en opnieuw incasseren", "repair the fault and collect again";
        stop: "stop met incasseren, iemand kijkt ernaar", "stop collecting, a person looks at it";
        park: "iemand beoordeelt dit", "a person judges this";
        judge: "Beoordeel", "Judge";
        does_it_count: "Telt deze stornering mee?", "Does this reversal count?";
        it_counts: "Ja, de klant is ervoor verantwoordelijk", "Yes, the customer answers for it";
        it_does_not: "Nee", "No";
        why: "Waarom?", "Why?";
        save: "Vastleggen", "Record";
        waive: "Kosten kwijtschelden", "Waive the fee";
        waive_hint: "De kosten worden gecrediteerd; de stornering blijft meetellen.", "The fee is credited; the reversal still counts.";
        do_waive: "Scheld kwijt", "Waive";
    }
}

/// One reversal as it is shown.
pub(super) struct Row {
    pub(super) id: ReversalId,
    pub(super) customer: Link,
    pub(super) invoice: Option<Link>,
    pub(super) amount: String,
    pub(super) code: String,
    pub(super) meaning: &'static str,
    pub(super) valued_on: NaiveDate,
    pub(super) day: String,
    /// Class of its tag, and the words.
    pub(super) verdict: (&'static str, &'static str),
    /// What a person wrote about it.
    pub(super) because: Option<String>,
    pub(super) fee: Option<Link>,
    pub(super) waived: Option<String>,
    pub(super) action: &'static str,
    /// More about it: refused, bank charge, mandate ended.
    pub(super) remarks: Vec<String>,
}

impl Row {
    pub(super) fn of(view: ReversalView, lang: Lang) -> Self {
        let t = ReversalTexts::of(lang);
        let (verdict, action) = (verdict(view.why(), t), action(view.meaning.action, t));
        let told = view.told;
        let row = told.reversal;
        let meaning = reasons::reason(&row.code).map(|reason| match lang {
            Lang::Nl => reason.nl,
            Lang::En => reason.en,
        });
        let ended = told.mandate_ended_at.map(|at| {
            let reference = told.mandate_reference.as_deref().unwrap_or_default();
            format!("{} ({reference}, {})", t.mandate_ended, text::date_short(at.date_naive(), lang))
        });
        let charge = (row.charge > Cents::ZERO).then(|| format!("{} {}", t.bank_charge, text::money(row.charge, lang)));
        let refused = row.is_refused().then(|| t.refused.to_owned());
        Self {
            id: row.id,
            customer: Link { href: format!("/finance/customers/{}", row.customer_id), label: told.customer_name },
            invoice: told.invoice_id.zip(told.invoice_number).map(|(id, number)| invoice_link(id, number)),
            amount: text::money(row.amount, lang),
            meaning: meaning.unwrap_or(t.unknown),
            day: text::date_short(row.valued_on, lang),
            valued_on: row.valued_on,
            verdict,
            because: row.counted_because,
            fee: row.fee_invoice_id.zip(told.fee_number).map(|(id, number)| invoice_link(id, number)),
            waived: row.waived_because,
            action,
            remarks: [refused, charge, ended].into_iter().flatten().collect(),
            code: row.code,
        }
    }
}

fn invoice_link(id: crate::domain::InvoiceId, number: String) -> Link {
    Link { href: format!("/invoices/{id}"), label: number }
}

fn verdict(why: Why, t: &'static ReversalTexts) -> (&'static str, &'static str) {
    match why {
        Why::Counts => ("bad", t.yes),
        Why::Judged(true) => ("bad", t.judged_yes),
        Why::Judged(false) => ("ok", t.judged_no),
        Why::Refused => ("ok", t.refused_no),
        Why::NotCounted => ("ok", t.no),
        Why::Waits => ("warn", t.waits),
    }
}

fn action(action: Action, t: &'static ReversalTexts) -> &'static str {
    match action {
        Action::Retry => t.retry,
        Action::Contact => t.contact,
        Action::BlockMandate => t.block_mandate,
        Action::Fix => t.fix,
        Action::Stop => t.stop,
        Action::Park => t.park,
    }
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    which: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "reversals/list.html")]
struct ListPage {
    page: Page,
    rt: &'static ReversalTexts,
    rows: Vec<Row>,
    waiting: i64,
    only_waiting: bool,
    newest: Option<String>,
    older: Option<String>,
    forms: Forms,
    /// Where the forms lead back to.
    back: &'static str,
    /// A refused form whose row is not on this page.
    elsewhere: Option<String>,
}

impl ListPage {
    async fn read(app: &App, member: &Member, asked: &Asked) -> Result<Self, Fault> {
        let (service, lang) = (&app.service, member.lang());
        member.caller.may(Doing::KeepBooks)?;
        if !service.policies.shows(Part::Reversals, service.policies.day(service.clock.now())) {
            return Err(Error::NotFound("page").into());
        }
        let only_waiting = asked.which.as_deref() == Some(WhichReversals::Waiting.as_str());
        let which = if only_waiting { WhichReversals::Waiting } else { WhichReversals::All };
        let before = position(asked.cursor.as_deref())?.map(|place| place.parse().map_err(|_| bad_cursor()));
        let mut found = service.reversals(&member.caller, which, before.transpose()?, MANY + 1).await?;
        let many = usize::try_from(MANY).unwrap_or(usize::MAX);
        let more = found.len() > many;
        found.truncate(many);
        let path = if only_waiting { "/finance/reversals?which=waiting" } else { "/finance/reversals" };
        let and = if only_waiting { '&' } else { '?' };
        let last = found.last().filter(|_| more).map(|row| cursor(&row.told.reversal.id.to_string()));
        Ok(Self {
            page: member.page().at(path.to_owned()),
            rt: ReversalTexts::of(lang),
            waiting: service.reversals_waiting(&member.caller).await?,
            only_waiting,
            newest: asked.cursor.as_ref().map(|_| path.to_owned()),
            older: last.map(|from| format!("{path}{and}cursor={from}")),
            rows: found.into_iter().map(|view| Row::of(view, lang)).collect(),
            forms: Forms::default(),
            back: if only_waiting { "waiting" } else { "list" },
            elsewhere: None,
        })
    }
}

async fn list(State(app): State<App>, member: Member, Search(asked): Search<Asked>) -> Result<Response, Fault> {
    show(&ListPage::read(&app, &member, &asked).await?)
}

/// Where a form of a row leads back to.
fn back_to(values: &Values, customer: CustomerId) -> String {
    match values.get("back") {
        "waiting" => "/finance/reversals?which=waiting".to_owned(),
        "list" => "/finance/reversals".to_owned(),
        _ => format!("/finance/customers/{customer}#reversals"),
    }
}

/// The page that a form of a row stood on, with what was typed and why it was refused.
async fn refuse(
    app: &App,
    sent: &Submission,
    (customer, id, form): (CustomerId, ReversalId, &str),
    error: Error,
) -> Result<Response, Fault> {
    let name = format!("{form}-{id}");
    let back = sent.values.get("back");
    if !["waiting", "list"].contains(&back) {
        return refuse_customer(app, sent, customer, &name, error).await;
    }
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let which = (back == "waiting").then(|| back.to_owned());
    let mut page = ListPage::read(app, &sent.member, &Asked { which, cursor: None }).await?;
    if !page.rows.iter().any(|row| row.id == id) {
        page.elsewhere.clone_from(&refused.message);
    }
    page.forms = Forms::sent(name, Form::sent(sent.values.clone(), refused));
    show_with(status, &page)
}

fn read_reason(values: &Values) -> Result<String> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| reason)
}

fn read_judgement(values: &Values) -> Result<(bool, String)> {
    let mut fields = Fields::default();
    let counted = fields.needed("counted", values.get("counted"), "expected one of the choices").unwrap_or(false);
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| (counted, reason))
}

async fn judge(State(app): State<App>, Id(id): Id<ReversalId>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let customer = app.service.owner_of_reversal(caller, id).await?;
    caller.may(Doing::KeepBooks)?;
    let judged = match read_judgement(&sent.values) {
        Ok((counted, reason)) => app.service.judge_reversal(sent.request(), id, counted, reason).await,
        Err(error) => Err(error),
    };
    match judged {
        Ok(_) => Ok(done(&back_to(&sent.values, customer))),
        Err(error) => refuse(&app, &sent, (customer, id, "judge"), error).await,
    }
}

async fn waive(State(app): State<App>, Id(id): Id<ReversalId>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let customer = app.service.owner_of_reversal(caller, id).await?;
    caller.may(Doing::KeepBooks)?;
    let waived = match read_reason(&sent.values) {
        Ok(reason) => app.service.waive_fee(sent.request(), id, reason).await,
        Err(error) => Err(error),
    };
    match waived {
        Ok(_) => Ok(done(&back_to(&sent.values, customer))),
        Err(error) => refuse(&app, &sent, (customer, id, "waive"), error).await,
    }
}

/// Reads the form of a payment that came undone; an amount that is left empty is all of it.
fn read_return(values: &Values) -> Result<(Option<Cents>, Undone)> {
    let mut fields = Fields::default();
    let amount = values.filled("amount").map(|_| forms::amount(&mut fields, "amount", values));
    let charge = values.filled("charge").map(|_| forms::amount(&mut fields, "charge", values)).unwrap_or_default();
    let told = read_undone(&mut fields, values.get("code"), values.get("valued_on"), None);
    let rejected = values.filled("refused").is_some();
    fields.done().map(|()| (amount, Undone { rejected, charge, ..told }))
}

async fn reverse_payment(State(app): State<App>, Id(id): Id<PaymentId>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let customer = app.service.owner_of_payment(caller, id).await?;
    caller.may(Doing::KeepBooks)?;
    let recorded = match read_return(&sent.values) {
        Ok((amount, told)) => app.service.reverse_payment(sent.request(), id, amount, told).await,
        Err(error) => Err(error),
    };
    match recorded {
        Ok(_) => Ok(done(&format!("/finance/customers/{customer}#reversals"))),
        Err(error) => refuse_customer(&app, &sent, customer, &format!("undo-{id}"), error).await,
    }
}

async fn return_collection(
    State(app): State<App>,
    Id(id): Id<CollectionId>,
    sent: Submission,
) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let customer = app.service.owner_of_collection(caller, id).await?;
    caller.may(Doing::KeepBooks)?;
    let recorded = match read_return(&sent.values) {
        Ok((_, told)) => app.service.return_collection(sent.request(), id, told).await,
        Err(error) => Err(error),
    };
    match recorded {
        Ok(_) => Ok(done(&format!("/finance/customers/{customer}#reversals"))),
        Err(error) => refuse_customer(&app, &sent, customer, &format!("undo-{id}"), error).await,
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance/reversals", get(list))
        .route("/finance/reversals/{id}/judge", post(judge))
        .route("/finance/reversals/{id}/waive", post(waive))
        .route("/finance/payments/{id}/reverse", post(reverse_payment))
        .route("/finance/collections/{id}/return", post(return_collection))
}
