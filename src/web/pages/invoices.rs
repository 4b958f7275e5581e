//! Invoices as the customer and the provider's staff see them: a list, and one that can be printed.

use super::texts::texts;
use super::{App, Fault, Member, Page, show};
use crate::domain::policy::Provider;
use crate::domain::{Cents, Customer, CustomerId, Invoice, InvoiceId, PaymentMethod};
use crate::service::invoices::{InvoiceView, Settled};
use crate::web::extract::Id;
use crate::web::text::{Lang, date, date_short, money};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use std::borrow::Borrow;

texts! {
    /// Words of invoices.
    pub struct InvoiceTexts {
        invoice: "Factuur", "Invoice";
        invoices: "Facturen", "Invoices";
        none: "Er zijn geen facturen.", "There are no invoices.";
        number: "Nummer", "Number";
        issued: "Factuurdatum", "Invoice date";
        due: "Te betalen uiterlijk", "To be paid by";
        amount: "Bedrag", "Amount";
        open: "Open", "Open";
        status: "Stand", "Status";
        paid: "betaald", "paid";
        part: "deels betaald", "paid in part";
        to_pay: "te betalen", "to be paid";
        late: "te laat", "overdue";
        to: "Aan", "To";
        customer_number: "Klantnummer", "Customer number";
        description: "Omschrijving", "Description";
        quantity: "Aantal", "Quantity";
        price: "Prijs", "Price";
        card: "Strippenkaart", "Prepaid card";
        net: "Exclusief btw", "Excluding VAT";
        vat: "Btw", "VAT";
        over: "over", "of";
        total: "Totaal", "Total";
        received: "Ontvangen op", "Received on";
        still_open: "Nog te betalen", "Still to be paid";
        bank: "bank", "bank";
        direct_debit: "incasso", "direct debit";
        other: "anders", "other";
        pay: "Maak het open bedrag over op", "Transfer the open amount to";
        in_name_of: "t.n.v.", "in the name of";
        reference: "onder vermelding van", "mentioning";
        pay_ask: "Vraag voor het betalen naar het rekeningnummer:", "For payment, ask for the account number:";
        registration: "KvK", "Trade register";
        vat_number: "btw", "VAT number";
        phone: "telefoon", "telephone";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new().route("/customers/{id}/invoices", get(list)).route("/invoices/{id}", get(invoice))
}

/// An invoice in the list.
struct Listed {
    invoice: Invoice,
    issued: String,
    due: String,
    gross: String,
    open: String,
    state: Standing,
}

/// How far an invoice is paid: class of its tag, and its word.
struct Standing {
    class: &'static str,
    word: &'static str,
}

impl Standing {
    fn of(invoice: &Invoice, today: NaiveDate, t: &InvoiceTexts) -> Self {
        match invoice.open().0 {
            ..=0 => Self { class: "ok", word: t.paid },
            _ if invoice.due_on() < today => Self { class: "bad", word: t.late },
            _ if invoice.paid().0 > 0 => Self { class: "warn", word: t.part },
            _ => Self { class: "warn", word: t.to_pay },
        }
    }
}

#[derive(Template)]
#[template(path = "invoices/list.html")]
struct ListPage {
    page: Page,
    t: &'static InvoiceTexts,
    customer: Customer,
    invoices: Vec<Listed>,
}

async fn list(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    let customer = app.service.customer(&member.caller, id).await?;
    let found = app.service.invoices_of(&member.caller, id).await?;
    let (lang, today) = (member.lang(), app.service.policies.day(app.service.clock.now()));
    let t = InvoiceTexts::of(lang);
    let listed = |invoice: Invoice| Listed {
        issued: date_short(invoice.issued_on(), lang),
        due: date_short(invoice.due_on(), lang),
        gross: money(invoice.gross, lang),
        open: money(invoice.open(), lang),
        state: Standing::of(&invoice, today, t),
        invoice,
    };
    show(&ListPage { page: member.page(), t, customer, invoices: found.into_iter().map(listed).collect() })
}

#[derive(Template)]
#[template(path = "invoices/invoice.html")]
struct InvoicePage {
    page: Page,
    t: &'static InvoiceTexts,
    seller: Provider,
    view: InvoiceView,
    state: Standing,
}

impl InvoicePage {
    fn money(&self, amount: impl Borrow<Cents>) -> String {
        money(*amount.borrow(), self.page.lang)
    }

    fn date(&self, day: impl Borrow<NaiveDate>) -> String {
        date(*day.borrow(), self.page.lang)
    }

    /// "Btw 21 % over € 1.600,00".
    fn vat_line(&self) -> String {
        let invoice = &self.view.invoice;
        let rate = invoice.vat_totals.first().map_or_else(String::new, |total| total.rate.normalize().to_string());
        let rate = if self.page.lang == Lang::Nl { rate.replace('.', ",") } else { rate };
        format!("{} {rate} % {} {}", self.t.vat, self.t.over, self.money(invoice.net))
    }

    fn payment(&self, payment: &Settled) -> String {
        let how = match payment.method {
            Some(PaymentMethod::Bank) => self.t.bank,
            Some(PaymentMethod::DirectDebit) => self.t.direct_debit,
            _ => self.t.other,
        };
        let day = payment.paid_on.unwrap_or(payment.recorded_at.date_naive());
        format!("{} {} ({how})", self.t.received, self.date(day))
    }

    fn is_open(&self) -> bool {
        self.view.invoice.open().0 > 0
    }
}

async fn invoice(State(app): State<App>, member: Member, Id(id): Id<InvoiceId>) -> Result<Response, Fault> {
    let view = app.service.invoice(&member.caller, id).await?;
    let (lang, today) = (member.lang(), app.service.policies.day(app.service.clock.now()));
    let t = InvoiceTexts::of(lang);
    let state = Standing::of(&view.invoice, today, t);
    let seller = app.service.policies.at(view.invoice.issued_on()).1.provider.clone();
    show(&InvoicePage { page: member.page(), t, seller, view, state })
}
