//! What a customer owes and paid, where its invoices go, and its leave to collect.

use super::actions::{read_payment, written};
use super::texts::InvoiceTexts;
use super::{Back, Listed, method, only_finance, typed};
use crate::domain::bank::Scheme;
use crate::domain::{
    Billing, Cents, Customer, CustomerId, Doing, Invoice, Mandate, MandateId, Payment, PaymentMethod, iban,
};
use crate::service::invoices::{Money, PaidFor};
use crate::service::mandates::NewMandate;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{Id, Search};
use crate::web::fields::Fields;
use crate::web::pages::forms::{self, Form, Forms};
use crate::web::pages::words::{either, mandate_ended};
use crate::web::pages::{Fault, Member, Page, Submission, Values, done, encode, show, show_with};
use crate::web::text::{Lang, date, date_short, money};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeSet;

/// How many payments the page shows; the statement of account has them all.
const NEWEST: i64 = 100;

/// The addresses.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/customers/{id}/invoices", get(overview))
        .route("/customers/{id}/billing", post(bill))
        .route("/customers/{id}/payments", post(pay))
        .route("/customers/{id}/repayments", post(repay))
        .route("/customers/{id}/invoice-lines", post(write))
        .route("/customers/{id}/mandates", post(record))
        .route("/customers/{id}/mandates/amend", post(amend))
        .route("/customers/{id}/mandates/end", post(end))
}

/// Money that came or went.
struct Moved {
    id: String,
    day: NaiveDate,
    date: String,
    how: &'static str,
    /// Invoices, each with its address.
    invoices: Vec<(String, String)>,
    note: String,
    amount: String,
    class: &'static str,
    word: &'static str,
}

/// A mandate.
struct Held {
    id: MandateId,
    reference: String,
    account: String,
    holder: String,
    signed: String,
    used: Option<String>,
    class: &'static str,
    word: String,
    holds: bool,
}

#[derive(Template)]
#[template(path = "invoices/customer.html")]
struct CustomerPage {
    page: Page,
    t: &'static InvoiceTexts,
    customer: Customer,
    documents: Vec<Listed>,
    open: Cents,
    late: Cents,
    moved: Vec<Moved>,
    billing: Billing,
    /// May change where invoices go.
    bills: bool,
    finance: bool,
    mandates: Vec<Held>,
    forms: Forms,
    notice: Option<&'static str>,
    /// Drafts that were issued when the billing details came in, each with its address.
    made: Vec<(String, String)>,
    today: NaiveDate,
}

impl CustomerPage {
    async fn read(app: &App, member: &Member, id: CustomerId, forms: Forms) -> Result<Self, Fault> {
        let (service, caller, lang) = (&app.service, &member.caller, member.lang());
        let customer = service.customer(caller, id).await?;
        let today = service.policies.day(service.clock.now());
        let documents = service.invoices_of(caller, id).await?;
        let sum = |counts: &dyn Fn(&Invoice) -> bool| -> Cents {
            documents.iter().filter(|invoice| counts(invoice)).map(Invoice::open).sum()
        };
        let (open, late) = (sum(&|_| true), sum(&|invoice| invoice.is_overdue(today)));
        let money_of = service.money_of(caller, id, NEWEST).await?;
        let mandates = if service.collects() { service.mandates(caller, id).await? } else { Vec::new() };
        let shown = |invoice: Invoice| invoice.issued().is_some() || !invoice.lines.is_empty();
        Ok(Self {
            page: member.page().at(format!("/customers/{id}/invoices")),
            t: InvoiceTexts::of(lang),
            documents: documents
                .into_iter()
                .filter(|invoice| shown(invoice.clone()))
                .map(|invoice| Listed::of(invoice, today, lang))
                .collect(),
            open,
            late,
            moved: moved(money_of, lang),
            billing: service.billing(caller, id).await?,
            bills: caller.can(id, Doing::ChangeBilling),
            finance: caller.is_finance(),
            mandates: mandates.into_iter().map(|mandate| Held::of(mandate, today, lang)).collect(),
            customer,
            forms,
            notice: None,
            made: Vec::new(),
            today,
        })
    }

    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        money(*amount.borrow(), self.page.lang)
    }

    fn typed(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        typed(*amount.borrow(), self.page.lang)
    }

    /// That documents were made, before and after their numbers.
    fn made_in_words(&self) -> (&'static str, &'static str) {
        match (self.page.lang, self.made.len()) {
            (Lang::Nl, 1) => ("De factuurgegevens zijn opgeslagen, en factuur", "is gemaakt."),
            (Lang::Nl, _) => ("De factuurgegevens zijn opgeslagen, en deze facturen zijn gemaakt:", ""),
            (Lang::En, 1) => ("The billing details were saved, and invoice", "was made."),
            (Lang::En, _) => ("The billing details were saved, and these invoices were made:", ""),
        }
    }

    fn methods(&self) -> Vec<(PaymentMethod, &'static str)> {
        PaymentMethod::ALL.iter().map(|how| (*how, method(*how, self.page.lang))).collect()
    }

    /// What it pays per month, as far as that is known.
    fn monthly(&self) -> Option<String> {
        self.billing.monthly_amount.map(|amount| self.money(amount))
    }

    /// Invoices that money can be set against.
    fn payable(&self) -> Vec<&Listed> {
        self.documents.iter().filter(|listed| listed.invoice.open() > Cents::ZERO).collect()
    }

    /// The mandate that holds.
    fn mandate(&self) -> Option<&Held> {
        self.mandates.iter().find(|held| held.holds)
    }

    /// A field of the billing form: what was typed, else what is known.
    fn billed(&self, form: &Form, field: &str) -> String {
        let b = &self.billing;
        let known = match field {
            "name" => b.name.clone(),
            "street" => b.street.clone(),
            "postcode" => b.postcode.clone(),
            "city" => b.city.clone(),
            "registration" => b.registration.clone(),
            "vat_number" => b.vat_number.clone(),
            "reference" => b.reference.clone(),
            "email" => b.email.clone(),
            _ => b.monthly_amount.map(|amount| self.typed(amount)),
        };
        form.or(field, known.unwrap_or_default())
    }

    /// Where invoices go, line by line; nothing where nothing was told.
    fn address(&self) -> Vec<String> {
        let (b, t) = (&self.billing, self.t);
        let place: Vec<&str> = [&b.postcode, &b.city].into_iter().flatten().map(String::as_str).collect();
        let labelled = |label: &str, text: &Option<String>| text.as_ref().map(|text| format!("{label} {text}"));
        [
            b.name.clone(),
            b.street.clone(),
            Some(place.join(" ")).filter(|place| !place.is_empty()),
            b.country.clone().filter(|country| country != "NL"),
            labelled(t.registration, &b.registration),
            labelled(t.vat_number, &b.vat_number),
            labelled(&format!("{}:", t.your_reference), &b.reference),
            b.email.clone(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// One of several fields with the name of a box: whether it was ticked.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn ticked(&self, form: &Form, invoice: &Invoice) -> bool {
        !form.get(&format!("invoice-{}", invoice.id)).is_empty()
    }
}

/// What came and went, the newest first.
fn moved(all: Money, lang: Lang) -> Vec<Moved> {
    let t = InvoiceTexts::of(lang);
    let Money { payments, paid_for, repayments } = all;
    let mut list: Vec<Moved> = payments.into_iter().map(|payment| Moved::of(payment, &paid_for, lang)).collect();
    list.extend(repayments.into_iter().map(|back| Moved {
        id: back.id.to_string(),
        day: back.paid_on,
        date: date_short(back.paid_on, lang),
        how: method(PaymentMethod::Bank, lang),
        invoices: Vec::new(),
        note: back.note.unwrap_or_default(),
        amount: money(-back.amount, lang),
        class: "",
        word: t.given_back,
    }));
    list.sort_by_key(|row| std::cmp::Reverse(row.day));
    list
}

impl Moved {
    fn of(payment: Payment, paid_for: &[PaidFor], lang: Lang) -> Self {
        let t = InvoiceTexts::of(lang);
        let own: Vec<&PaidFor> = paid_for.iter().filter(|row| row.payment_id == payment.id).collect();
        let set: Cents = own.iter().map(|row| row.amount).sum();
        let surplus = (set < payment.amount).then(|| format!("{} {}", t.as_credit, money(payment.amount - set, lang)));
        let note: Vec<String> = payment.note.into_iter().chain(surplus).collect();
        let (class, word) = match payment.reversed {
            Cents::ZERO => ("ok", t.came),
            all if all == payment.amount => ("bad", t.undone_tag),
            _ => ("warn", t.partly_undone),
        };
        Self {
            id: payment.id.to_string(),
            day: payment.paid_on,
            date: date_short(payment.paid_on, lang),
            how: method(payment.method, lang),
            invoices: own.iter().map(|row| (format!("/invoices/{}", row.invoice_id), row.number.clone())).collect(),
            note: note.join(" · "),
            amount: money(payment.amount, lang),
            class,
            word,
        }
    }
}

impl Held {
    fn of(mandate: Mandate, today: NaiveDate, lang: Lang) -> Self {
        let t = InvoiceTexts::of(lang);
        let holds = mandate.holds_on(today);
        let (class, word) = match (&mandate.ended_because, holds) {
            (Some(why), _) => ("", format!("{}: {}", t.ended, mandate_ended(why, lang))),
            (None, true) => ("ok", t.in_force.to_owned()),
            (None, false) => ("warn", t.lapsed.to_owned()),
        };
        Self {
            id: mandate.id,
            account: iban::masked(&mandate.iban),
            holder: mandate.debtor_name,
            signed: date(mandate.signed_on, lang),
            used: mandate.last_used_on.map(|day| date(day, lang)),
            reference: mandate.reference,
            class,
            word,
            holds,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct CustomerQuery {
    /// What was just done.
    done: Option<String>,
    /// Documents that were made by it.
    made: Option<String>,
}

async fn overview(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(asked): Search<CustomerQuery>,
) -> Result<Response, Fault> {
    let mut page = CustomerPage::read(&app, &member, id, Forms::default()).await?;
    let lang = member.lang();
    page.notice = match asked.done.as_deref() {
        Some("billed") => Some(either(lang, "De factuurgegevens zijn opgeslagen.", "The billing details were saved.")),
        Some("paid") => Some(either(lang, "De betaling is geboekt.", "The payment was recorded.")),
        Some("repaid") => Some(either(lang, "De terugbetaling is geboekt.", "The repayment was recorded.")),
        Some("mandate") => Some(either(lang, "De machtiging is vastgelegd.", "The mandate was recorded.")),
        Some("amended") => Some(either(
            lang,
            "De machtiging staat op de nieuwe rekening. De volgende incasso meldt dat aan de bank.",
            "The mandate is for the new account. The next collection tells the bank.",
        )),
        Some("ended") => Some(either(lang, "De machtiging is beëindigd.", "The mandate has ended.")),
        _ => None,
    };
    let told: Vec<&str> = asked.made.iter().flat_map(|numbers| numbers.split(' ')).collect();
    let made = page.documents.iter().filter(|row| row.invoice.issued().is_some() && told.contains(&&*row.name));
    page.made = made.map(|row| (format!("/invoices/{}", row.invoice.id), row.name.clone())).collect();
    show(&page)
}

/// On to the page again, or the form as it was typed.
async fn answer(
    app: &App,
    sent: &Submission,
    (id, form): (CustomerId, &str),
    outcome: Result<String>,
) -> Result<Response, Fault> {
    match outcome {
        Ok(path) => Ok(done(&path)),
        Err(error) => {
            let Back { status, forms } = Back::with(form, sent, error)?;
            show_with(status, &CustomerPage::read(app, &sent.member, id, forms).await?)
        }
    }
}

fn shown(id: CustomerId, done: &str) -> String {
    format!("/customers/{id}/invoices?done={done}")
}

/// A customer that this login may see, for a form that only finance sends.
async fn guarded(app: &App, sent: &Submission, id: CustomerId) -> Result<(), Fault> {
    app.service.customer(&sent.member.caller, id).await?;
    Ok(only_finance(&sent.member)?)
}

async fn bill(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    let known = app.service.billing(&sent.member.caller, id).await?;
    sent.member.caller.may_at(id, Doing::ChangeBilling)?;
    let outcome = match read_billing(&sent.values, known) {
        Ok(billing) => save_billing(&app, &sent, id, billing).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "billing"), outcome).await
}

/// Saves where invoices go. Drafts that waited for it are issued by that (PAY-1a), and told.
async fn save_billing(app: &App, sent: &Submission, id: CustomerId, billing: Billing) -> Result<String> {
    let caller = &sent.member.caller;
    let issued = |all: Vec<Invoice>| all.into_iter().filter_map(|row| Some(row.issued()?.number.clone()));
    let before: BTreeSet<String> = issued(app.service.invoices_of(caller, id).await?).collect();
    app.service.set_billing(sent.request(), id, billing).await?;
    let made = issued(app.service.invoices_of(caller, id).await?).filter(|number| !before.contains(number));
    let made = made.collect::<Vec<_>>().join(" ");
    let made = if made.is_empty() { made } else { format!("&made={}", encode(&made)) };
    Ok(shown(id, "billed") + &made)
}

fn read_billing(values: &Values, known: Billing) -> Result<Billing> {
    let mut fields = Fields::default();
    let code = |field: &str| values.filled(field).map(iban::compact).filter(|text| !text.is_empty());
    let mut line = |field: &str| fields.optional_line(field, values.filled(field));
    let (name, street, postcode, city) = (line("name"), line("street"), line("postcode"), line("city"));
    let reference = line("reference");
    let email = values.filled("email").map(|text| fields.email("email", text));
    let monthly = values.filled("monthly_amount").map(|_| forms::amount(&mut fields, "monthly_amount", values));
    fields.done()?;
    Ok(Billing {
        name,
        street,
        postcode,
        city,
        country: known.country,
        registration: code("registration"),
        vat_number: code("vat_number"),
        reference,
        email,
        monthly_amount: monthly.or(known.monthly_amount),
    })
}

async fn pay(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let marked = sent.values.marked("invoice-");
    let named = marked.iter().filter_map(|text| text.parse().ok()).collect();
    let outcome = match read_payment(&sent.values, named) {
        Ok(received) => app.service.record_payment_of(sent.request(), id, received).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "pay"), outcome.map(|_| shown(id, "paid"))).await
}

async fn repay(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let mut fields = Fields::default();
    let amount = forms::amount(&mut fields, "amount", &sent.values);
    let paid_on = fields.needed_date("paid_on", sent.values.get("paid_on"));
    let note = fields.optional_line("note", sent.values.filled("note"));
    let outcome = match fields.done() {
        Ok(()) => app.service.repay(sent.request(), id, amount, paid_on, note).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "repay"), outcome.map(|_| shown(id, "repaid"))).await
}

async fn write(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = written(&app, &sent, id).await;
    answer(&app, &sent, (id, "line"), outcome).await
}

async fn record(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = match read_mandate(&sent.values) {
        Ok(new) => app.service.record_mandate(sent.request(), id, new).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "mandate"), outcome.map(|_| shown(id, "mandate"))).await
}

fn read_mandate(values: &Values) -> Result<NewMandate> {
    let mut fields = Fields::default();
    let scheme: Option<Scheme> = fields.optional("scheme", values.filled("scheme"), "expected one of the choices");
    let new = NewMandate {
        reference: fields.optional_line("reference", values.filled("reference")),
        scheme,
        signed_on: fields.needed_date("signed_on", values.get("signed_on")),
        debtor_name: fields.line("debtor_name", values.get("debtor_name")),
        iban: fields.line("iban", values.get("iban")),
    };
    fields.done()?;
    Ok(new)
}

async fn amend(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let mandate: MandateId = sent.values.get("mandate").parse().map_err(|_| Error::NotFound("mandate"))?;
    let mut fields = Fields::default();
    let debtor_name = fields.optional_line("debtor_name", sent.values.filled("debtor_name"));
    let iban = fields.line("iban", sent.values.get("iban"));
    let outcome = match fields.done() {
        Ok(()) => app.service.amend_mandate(sent.request(), id, mandate, (debtor_name, iban)).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "amend"), outcome.map(|_| shown(id, "amended"))).await
}

async fn end(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let mandate: MandateId = sent.values.get("mandate").parse().map_err(|_| Error::NotFound("mandate"))?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", sent.values.get("reason"));
    let outcome = match fields.done() {
        Ok(()) => app.service.end_mandate(sent.request(), id, mandate, reason).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "end"), outcome.map(|_| shown(id, "ended"))).await
}
