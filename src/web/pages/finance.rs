//! Finance: what is to be done today, what was sold, and cards sold on a customer's behalf.

use super::drawn::card_name;
use super::forms::Form;
use super::renewal::read_order;
use super::texts::texts;
use super::wanted::{Wanted, wanted};
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, done, show, show_with};
use crate::domain::{Cents, Customer, CustomerId, Doing, Minutes};
use crate::service::Result;
use crate::service::desk::{Owed, Sold};
use crate::service::finance::{Overview, Pile};
use crate::service::invoices::{Filter, Which};
use crate::web::App;
use crate::web::extract::{Id, Search, cursor, position};
use crate::web::text;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use serde::Deserialize;

/// How many rows a list holds.
const MANY: usize = 25;
/// How many of the invoices that are due first stand on the overview.
const FIRST: i64 = 8;

texts! {
    /// The pages of finance.
    pub struct FinanceTexts {
        title: "Financiën", "Finance";
        open: "Open facturen", "Open invoices";
        late: "Waarvan te laat", "Of which overdue";
        deferred: "Vooruitontvangen", "Deferred revenue";
        today: "Te doen", "To do";
        nothing: "Er ligt niets te wachten.", "Nothing is waiting.";
        first_due: "Het eerst te betalen", "Due first";
        all_open: "Alle open facturen", "All open invoices";
        none_open: "Alle facturen zijn betaald.", "All invoices are paid.";
        invoice: "Factuur", "Invoice";
        customer: "Klant", "Customer";
        due: "Vervalt", "Due";
        still_open: "Open", "Open";
        do_overdue: "Te late facturen", "Overdue invoices";
        why_overdue: "Stuur een herinnering, of maak een afspraak.", "Send a reminder, or make an arrangement.";
        do_drafts: "Concepten om uit te geven", "Drafts to issue";
        why_drafts: "Werk en regels die nog niet op een factuur met nummer staan.", "Work and lines that are not on a numbered invoice yet.";
        do_bank: "Bankregels om te beoordelen", "Bank lines to decide about";
        why_bank: "Wat niet vanzelf bij een factuur hoort.", "What does not belong to an invoice by itself.";
        do_check: "Afschriften die niet aansluiten", "Statements that do not agree";
        why_check: "De boeken en de bank verschillen.", "The books and the bank differ.";
        do_reversals: "Storneringen om te beoordelen", "Reversals to decide about";
        why_reversals: "Telt deze stornering mee?", "Does this reversal count?";
        do_collections: "Incasso's om te versturen", "Collections to send";
        why_collections: "Gepland, en nog in geen bestand.", "Planned, and in no file yet.";
        do_credit: "Klanten die te veel betaalden", "Customers who paid too much";
        why_credit: "Geef het terug, of verreken het.", "Give it back, or set it off.";
        do_paused: "Gepauzeerde accounts", "Paused accounts";
        why_paused: "Wachten op betaling of een afspraak.", "Wait for a payment or an arrangement.";
        do_month: "Maand af te sluiten", "Month to close";
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
        address: "Wie krijgt de factuur?", "Who gets the invoice?";
        address_lead: "Dit hoort op een factuur boven € 100 te staan. Zonder deze gegevens wacht de factuur als concept.", "An invoice above € 100 has to say this. Without it, the invoice waits as a draft.";
        no_cards: "Deze leverancier verkoopt geen strippenkaarten.", "This provider sells no cards.";
    }
}

/// Something to do.
struct Task {
    count: String,
    what: &'static str,
    why: String,
    href: &'static str,
    amount: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "finance/index.html")]
struct FinancePage {
    page: Page,
    t: &'static FinanceTexts,
    o: Overview,
    due: Vec<Owed>,
    today: NaiveDate,
}

impl FinancePage {
    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    /// What waits, the most pressing first; what waits for nobody is left out.
    fn tasks(&self) -> Vec<Task> {
        let (t, o) = (self.t, &self.o);
        let counted = |count: i64| Pile { count, amount: Cents::ZERO };
        let reversals = if self.page.has("reversals") { o.reversals } else { 0 };
        let collections = if self.page.has("collection") { o.collections } else { 0 };
        let rows = [
            (o.overdue, t.do_overdue, t.why_overdue, "/finance/invoices?which=overdue", "bad"),
            (counted(o.bank_lines), t.do_bank, t.why_bank, "/finance/bank", ""),
            (counted(o.differing), t.do_check, t.why_check, "/finance/bank/check", ""),
            (counted(reversals), t.do_reversals, t.why_reversals, "/finance/reversals", ""),
            (o.drafts, t.do_drafts, t.why_drafts, "/finance/invoices?which=drafts", "warn"),
            (counted(collections), t.do_collections, t.why_collections, "/finance/exports", ""),
            (o.in_credit, t.do_credit, t.why_credit, "/finance/arrears", "warn"),
            (counted(o.paused), t.do_paused, t.why_paused, "/finance/arrears", ""),
        ];
        let task = |(pile, what, why, href, class): (Pile, _, &str, _, _)| Task {
            count: pile.count.to_string(),
            what,
            why: why.to_owned(),
            href,
            amount: if pile.amount == Cents::ZERO { String::new() } else { self.money(pile.amount) },
            class,
        };
        let month = o.to_close.map(|first| Task {
            count: "1".to_owned(),
            what: t.do_month,
            why: self.month(first),
            href: "/finance/months",
            amount: String::new(),
            class: "",
        });
        rows.into_iter().filter(|(pile, ..)| pile.count > 0).map(task).chain(month).collect()
    }

    /// A month by its first day: "februari 2026".
    fn month(&self, first: NaiveDate) -> String {
        text::date(first, self.page.lang).trim_start_matches("1 ").to_owned()
    }

    /// Up to when the books are closed.
    fn closed(&self) -> String {
        let lang = self.page.lang;
        match self.o.closed_through {
            Some(last) => either(
                lang,
                format!("Afgesloten tot en met {}.", text::date(last, lang)),
                format!("Closed up to and including {}.", text::date(last, lang)),
            ),
            None => either(lang, "Er is nog geen maand afgesloten.", "No month was closed yet.").to_owned(),
        }
    }

    fn is_late(&self, owed: &Owed) -> bool {
        owed.invoice.is_overdue(self.today)
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
}

async fn index(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    let (service, caller) = (&app.service, &member.caller);
    let o = service.finance_overview(caller).await?;
    let first = Filter { which: Which::Open, after: String::new() };
    show(&FinancePage {
        page: member.page(),
        t: FinanceTexts::of(member.lang()),
        o,
        due: service.invoices(caller, &first, FIRST).await?,
        today: service.policies.day(service.clock.now()),
    })
}

#[derive(Debug, Default, Deserialize)]
struct SoldQuery {
    /// Where the page begins.
    sold: Option<String>,
}

#[derive(Template)]
#[template(path = "finance/cards.html")]
struct SoldPage {
    page: Page,
    t: &'static FinanceTexts,
    sold: Vec<Sold>,
    sold_first: Option<&'static str>,
    sold_more: Option<String>,
}

impl SoldPage {
    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        text::money(*amount.borrow(), self.page.lang)
    }

    fn name(&self, sold: &Sold) -> String {
        card_name(&sold.product, sold.minutes, self.page.lang)
    }

    fn ordered(&self, sold: &Sold) -> String {
        text::date_short(sold.ordered_on, self.page.lang)
    }
}

async fn cards(State(app): State<App>, member: Member, Search(asked): Search<SoldQuery>) -> Result<Response, Fault> {
    let before = position(asked.sold.as_deref())?;
    let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
    let mut sold = app.service.cards_sold(&member.caller, before.as_deref(), limit).await?;
    let more = sold.len() > MANY;
    sold.truncate(MANY);
    let last = sold.last().filter(|_| more).map(|sold| cursor(&sold.invoice_number));
    show(&SoldPage {
        page: member.page(),
        t: FinanceTexts::of(member.lang()),
        sold_first: asked.sold.as_ref().map(|_| "/finance/cards"),
        sold_more: last.map(|from| format!("/finance/cards?sold={from}")),
        sold,
    })
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
    /// What the invoice needs to know of the buyer and is not known yet (PAY-1a).
    wants: Vec<Wanted>,
    form: Form,
}

impl SellPage {
    async fn read(app: &App, member: &Member, id: CustomerId, form: Form) -> Result<Self> {
        member.caller.may(Doing::SeeAll)?;
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
        let wants = wanted(&app.service.missing_for(&customer, Cents(i64::MAX)), lang);
        let (page, t, offers) = (member.page(), FinanceTexts::of(lang), offers.collect());
        Ok(Self { page, t, customer, offers, hourly, wants, form })
    }
}

async fn sell_form(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    show(&SellPage::read(&app, &member, id, Form::default()).await?)
}

async fn sell(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::SeeAll)?;
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
            Ok(done(&format!("/invoices/{}?done=ordered", invoice.id)))
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
        .route("/finance/cards", get(cards))
        .route("/finance/customers/{id}/cards/new", get(sell_form).post(sell))
}
