//! Money: what is still to be paid, what was sold, and cards sold on a customer's behalf.

use super::drawn::card_name;
use super::forms::{self, Form, Forms};
use super::renewal::read_order;
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::command::Receiving;
use crate::domain::{Cents, Customer, CustomerId, InvoiceId, Minutes, PaymentMethod, Target};
use crate::service::desk::{Owed, Sold};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{Id, Search, cursor, position};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::Deserialize;

/// How many rows each list holds.
const MANY: usize = 25;

texts! {
    /// The pages of finance.
    pub struct FinanceTexts {
        title: "Financiën", "Finance";
        exports: "Bestanden uit", "Files out";
        open: "Open facturen", "Open invoices";
        late: "Waarvan te laat", "Of which overdue";
        invoice: "Factuur", "Invoice";
        customer: "Klant", "Customer";
        due: "Vervalt", "Due";
        amount: "Bedrag", "Amount";
        total: "totaal", "total";
        still_open: "Open", "Open";
        payment: "Betaling", "Payment";
        mark: "Markeer als betaald", "Mark as paid";
        paid_on: "Betaald op", "Paid on";
        method: "Hoe?", "How?";
        book: "Boek betaling", "Record payment";
        none_open: "Alle facturen zijn betaald.", "All invoices are paid.";
        sold: "Verkochte kaarten", "Cards sold";
        date: "Datum", "Date";
        card: "Kaart", "Card";
        status: "Stand", "Status";
        left: "Nog", "Left";
        left_label: "nog", "left";
        price: "Prijs ex btw", "Price ex VAT";
        paid: "betaald", "paid";
        unpaid: "niet betaald", "not paid";
        none_sold: "Nog geen kaarten verkocht.", "No cards sold yet.";
        sell: "Kaart bestellen", "Order a card";
        which: "Welke kaart?", "Which card?";
        incl: "incl. btw", "incl. VAT";
        other: "een ander aantal hele uren", "another number of whole hours";
        hours: "Aantal uren", "Number of hours";
        order: "Bestel", "Order";
        order_hint: "De klant krijgt een factuur.", "The customer gets an invoice.";
        no_cards: "Deze leverancier verkoopt geen strippenkaarten.", "This provider sells no cards.";
    }
}

#[derive(Debug, Default, Deserialize)]
struct FinanceQuery {
    /// Where the open invoices begin.
    open: Option<String>,
    /// Where the sold cards begin.
    sold: Option<String>,
    /// The invoice for which a payment was just recorded.
    paid: Option<String>,
    /// The card that was just ordered, by its invoice.
    ordered: Option<String>,
}

#[derive(Template)]
#[template(path = "finance/index.html")]
struct FinancePage {
    page: Page,
    t: &'static FinanceTexts,
    owed: (Cents, Cents),
    open: Vec<Owed>,
    /// The cursor of this page of open invoices, which its forms carry.
    open_from: String,
    open_first: Option<&'static str>,
    open_more: Option<String>,
    sold: Vec<Sold>,
    sold_first: Option<&'static str>,
    sold_more: Option<String>,
    today: NaiveDate,
    forms: Forms,
    /// A refused payment whose row is not on this page.
    elsewhere: Option<String>,
    notice: Option<String>,
}

impl FinancePage {
    /// A provider without cards sends no invoices from here (POL-3).
    fn has_nothing(&self) -> bool {
        !self.page.has("cards") && self.open.is_empty() && self.sold.is_empty()
    }

    async fn read(app: &App, member: &Member, asked: &FinanceQuery) -> Result<Self, Fault> {
        let (service, caller) = (&app.service, &member.caller);
        let owed = service.owed(caller).await?;
        let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
        let after = position(asked.open.as_deref())?.unwrap_or_default();
        let mut open = service.open_invoices(caller, &after, limit).await?;
        let more_open = open.len() > MANY;
        open.truncate(MANY);
        let before = position(asked.sold.as_deref())?;
        let mut sold = service.cards_sold(caller, before.as_deref(), limit).await?;
        let more_sold = sold.len() > MANY;
        sold.truncate(MANY);
        let last_open = open.last().filter(|_| more_open).map(|owed| cursor(owed.invoice.number()));
        let last_sold = sold.last().filter(|_| more_sold).map(|sold| cursor(&sold.invoice_number));
        Ok(Self {
            page: member.page().at("/finance".to_owned()),
            t: FinanceTexts::of(member.lang()),
            owed,
            open_from: asked.open.clone().unwrap_or_default(),
            open_first: asked.open.as_ref().map(|_| "/finance"),
            open_more: last_open.map(|from| format!("/finance?open={from}")),
            sold_first: asked.sold.as_ref().map(|_| "/finance"),
            sold_more: last_sold.map(|from| format!("/finance?sold={from}")),
            open,
            sold,
            today: service.policies.day(service.clock.now()),
            forms: Forms::default(),
            elsewhere: None,
            notice: None,
        })
    }

    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    fn name(&self, sold: &Sold) -> String {
        card_name(&sold.product, sold.minutes, self.page.lang)
    }

    fn ordered(&self, sold: &Sold) -> String {
        text::date_short(sold.ordered_on, self.page.lang)
    }

    fn is_late(&self, owed: &Owed) -> bool {
        owed.invoice.due_on() < self.today
    }

    fn due(&self, owed: &Owed) -> String {
        let lang = self.page.lang;
        let late = (self.today - owed.invoice.due_on()).num_days();
        match late {
            1 => either(lang, "1 dag te laat".to_owned(), "1 day overdue".to_owned()),
            2.. => either(lang, format!("{late} dagen te laat"), format!("{late} days overdue")),
            _ => text::date_short(owed.invoice.due_on(), lang),
        }
    }

    /// What is open, as it is typed into the form.
    fn typed(&self, owed: &Owed) -> String {
        let amount = owed.invoice.open().to_string();
        either(self.page.lang, amount.replace('.', ","), amount.clone())
    }

    fn methods(&self) -> Vec<(PaymentMethod, &'static str)> {
        PaymentMethod::ALL.iter().map(|method| (*method, words::payment_method(*method, self.page.lang))).collect()
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<FinanceQuery>) -> Result<Response, Fault> {
    let mut page = FinancePage::read(&app, &member, &asked).await?;
    if page.has_nothing() {
        return Ok(done("/desk"));
    }
    page.notice = match (&asked.paid, &asked.ordered) {
        (Some(invoice), _) => notice(&app, &member, invoice, paid).await?,
        (None, Some(invoice)) => notice(&app, &member, invoice, ordered).await?,
        (None, None) => None,
    };
    show(&page)
}

/// A sentence about an invoice that a redirect names; nothing when it cannot be read.
async fn notice(
    app: &App,
    member: &Member,
    invoice: &str,
    say: fn(&crate::domain::Invoice, Lang) -> String,
) -> Result<Option<String>> {
    let Ok(id) = invoice.parse() else { return Ok(None) };
    match app.service.invoice(&member.caller, id).await {
        Ok(found) => Ok(Some(say(&found.invoice, member.lang()))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn paid(invoice: &crate::domain::Invoice, lang: Lang) -> String {
    let (number, open) = (invoice.number(), text::money(invoice.open(), lang));
    if invoice.open() == Cents::ZERO {
        return either(
            lang,
            format!("Factuur {number} is betaald; de kaart is actief."),
            format!("Invoice {number} is paid; the card is active."),
        );
    }
    either(
        lang,
        format!("Betaling geboekt op factuur {number}; nog open: {open}."),
        format!("Payment recorded on invoice {number}; still open: {open}."),
    )
}

fn ordered(invoice: &crate::domain::Invoice, lang: Lang) -> String {
    let (number, gross) = (invoice.number(), text::money(invoice.gross, lang));
    either(
        lang,
        format!("Besteld: factuur {number} van {gross} staat open."),
        format!("Ordered: invoice {number} of {gross} is open."),
    )
}

async fn pay(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    let (service, caller) = (&app.service, &sent.member.caller);
    service.invoice(caller, id).await?;
    caller.staff(caller.is_finance())?;
    let recorded = match read_payment(&sent.values) {
        Ok((amount, on, method)) => {
            let received = Receiving::of(id, amount, on, method);
            service.record_payment(sent.request(), Target::Invoice(id), received).await
        }
        Err(error) => Err(error),
    };
    match recorded {
        Ok(_) => Ok(done(&format!("/finance?paid={id}"))),
        Err(error) => refuse(&app, &sent, id, error).await,
    }
}

/// The page again, with the form of that invoice as it was sent and why it was refused.
async fn refuse(app: &App, sent: &Submission, id: InvoiceId, error: Error) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let open = sent.values.filled("open").map(str::to_owned);
    let mut page = FinancePage::read(app, &sent.member, &FinanceQuery { open, ..FinanceQuery::default() }).await?;
    if !page.open.iter().any(|owed| owed.invoice.id == id) {
        page.elsewhere.clone_from(&refused.message);
    }
    page.forms = Forms::sent(format!("pay-{id}"), Form::sent(sent.values.clone(), refused));
    show_with(status, &page)
}

fn read_payment(values: &Values) -> Result<(Cents, NaiveDate, PaymentMethod)> {
    let mut fields = Fields::default();
    let amount = forms::amount(&mut fields, "amount", values);
    let on = fields.needed("paid_on", values.get("paid_on"), "expected a date, such as \"2026-11-22\"");
    let method = fields.needed("method", values.get("method"), "expected one of the choices");
    fields.done()?;
    on.zip(method).map(|(on, method)| (amount, on, method)).ok_or(Error::NotFound("invoice"))
}

/// A card for sale.
struct Offer {
    id: String,
    name: String,
    /// With VAT.
    gross: String,
}

#[derive(Template)]
#[template(path = "finance/sell.html")]
struct SellPage {
    page: Page,
    t: &'static FinanceTexts,
    customer: Customer,
    offers: Vec<Offer>,
    /// Price with VAT of an hour, where any number of hours is for sale.
    hourly: Option<String>,
    form: Form,
}

impl SellPage {
    async fn read(app: &App, member: &Member, id: CustomerId, form: Form) -> Result<Self> {
        member.caller.staff(true)?;
        let lang = member.lang();
        let customer = app.service.customer(&member.caller, id).await?;
        let policy = app.service.policies.at(app.service.policies.day(app.service.clock.now())).1;
        let rules = policy.cards.as_ref();
        let gross = |net: Cents| {
            let vat = rules.map_or(Cents::ZERO, |rules| net.percent(rules.vat_rate));
            text::money(net + vat, lang)
        };
        let offers = rules.map_or(&[][..], |rules| &rules.products).iter().map(|product| Offer {
            id: product.id.clone(),
            name: card_name(&product.id, product.minutes, lang),
            gross: gross(product.price),
        });
        let hourly = rules.and_then(|rules| rules.hourly_price).map(|price| gross(price.per_hour(Minutes(60))));
        Ok(Self { page: member.page(), t: FinanceTexts::of(lang), customer, offers: offers.collect(), hourly, form })
    }
}

async fn sell_form(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    show(&SellPage::read(&app, &member, id, Form::default()).await?)
}

async fn sell(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.staff(true)?;
    let product = match sent.values.get("product") {
        "hours" => format!("{}h", sent.values.get("hours").trim()),
        "strips" => format!("{}s", sent.values.get("strips").trim()),
        chosen => chosen.to_owned(),
    };
    let ordered = match read_order(&sent.values, product) {
        Ok(order) => app.service.order_card(sent.request(), id, order).await,
        Err(error) => Err(error),
    };
    match ordered {
        Ok((_, Some(invoice))) if sent.member.caller.is_finance() => {
            Ok(done(&format!("/finance?ordered={}", invoice.id)))
        }
        Ok(_) => Ok(done(&format!("/customers/{id}"))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &SellPage::read(&app, &sent.member, id, form).await?)
        }
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance", get(index))
        .route("/invoices/{id}/payments", post(pay))
        .route("/finance/customers/{id}/cards/new", get(sell_form).post(sell))
}
