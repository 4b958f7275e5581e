//! One document as it is on paper, what happened to it, and what finance can do with it.

use super::texts::InvoiceTexts;
use super::timeline::{Step, Teller};
use super::{Tag, address, method, title, typed};
use crate::domain::document::{DocumentKind, Party, Payable, Quantity, VatCategory, VatTotal};
use crate::domain::policy::{InvoiceRules, Part, Provider};
use crate::domain::{
    AllocationKind, Cents, Collection, Invoice, InvoiceId, InvoiceLine, LineSource, Locale, Mandate, PaymentMethod,
    iban, invoice::Facts,
};
use crate::exchange::epc;
use crate::service::invoices::{InvoiceView, Settled};
use crate::web::App;
use crate::web::extract::{Id, Search};
use crate::web::pages::forms::Forms;
use crate::web::pages::words::{either, missing as missing_words, not_a_bank_day};
use crate::web::pages::{Fault, Member, Page, show};
use crate::web::text::{Lang, date, hours, money};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use serde::Deserialize;

/// The addresses.
pub(super) fn router() -> Router<App> {
    Router::new().route("/invoices/{id}", get(document))
}

/// One line, as printed.
struct Row {
    description: String,
    detail: String,
    quantity: String,
    price: String,
    net: String,
    /// What credit notes took off, where they did.
    credited: Option<String>,
    /// It was written by hand, so it can be taken off a draft.
    by_hand: bool,
}

/// What stands on the paper.
struct Paper {
    seller: Party,
    seller_lines: Vec<String>,
    buyer: Party,
    buyer_lines: Vec<String>,
    facts: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    sums: Vec<(String, String)>,
    note: Option<String>,
}

/// How what is open is paid.
enum Pay {
    /// By transfer.
    Transfer { iban: String, holder: String, reference: String, qr: Option<epc::Qr> },
    /// We collect it, on this day where one is planned.
    Collected { iban: String, mandate: String, on: Option<String> },
    /// The provider has no account on its papers.
    Ask { email: String },
}

/// What finance can do now.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form of its own")]
struct Acts {
    pay: bool,
    /// Credit that can be set off.
    credit: Option<String>,
    remind: bool,
    /// The first day for the next reminder, where that is still to come.
    remind_from: Option<String>,
    /// It can be collected.
    plan: bool,
    /// That it can is not said on the document.
    unannounced: bool,
    /// The collection that can be called off.
    call_off: Option<Collection>,
    /// What can be credited: what "everything" means, and parts of lines.
    crediting: Option<Crediting>,
    /// How much of the card can be refunded.
    refund: Option<String>,
    /// It can be issued: there is something on it.
    issue: bool,
    /// Lines can be written.
    write: bool,
    /// Lines of a draft may be taken off.
    erase: bool,
}

/// What can be credited.
struct Crediting {
    whole: &'static str,
    /// Number from 0, and what it says.
    lines: Vec<(usize, String)>,
}

/// One document.
#[derive(Template)]
#[template(path = "invoices/document.html")]
pub(super) struct DocumentPage {
    page: Page,
    t: &'static InvoiceTexts,
    title: String,
    view: InvoiceView,
    tag: Tag,
    paper: Paper,
    pay: Option<Pay>,
    steps: Vec<Step>,
    /// None for who is not finance.
    acts: Option<Acts>,
    forms: Forms,
    notice: Option<String>,
    today: NaiveDate,
    /// Of a draft: why it cannot be issued yet (PAY-1a).
    missing: Option<String>,
    /// Whether the buyer's part of that can be completed.
    completes: bool,
    /// The seller is made up (PAY-1a).
    example: bool,
}

impl DocumentPage {
    /// Reads it for whom it may concern.
    pub(super) async fn read(app: &App, member: &Member, id: InvoiceId, forms: Forms) -> Result<Self, Fault> {
        let (service, caller, lang) = (&app.service, &member.caller, member.lang());
        let view = service.invoice(caller, id).await?;
        let today = service.policies.day(service.clock.now());
        let policy = service.policies.at(today).1;
        let mandated = caller.is_finance() && service.mandate_in_force(caller, view.buyer.id).await?.is_some();
        let collecting = match view.collections.iter().find(|collection| collection.is_pending()) {
            Some(pending) => {
                service.mandates(caller, view.buyer.id).await?.into_iter().find(|row| row.id == pending.mandate_id)
            }
            None => None,
        };
        let rules = &policy.invoices;
        let paper = Paper::of(&view, &policy.provider, lang);
        let teller = Teller { lang, policies: &service.policies, today };
        let draft = view.invoice.issued().is_none() && !view.invoice.lines.is_empty();
        let missing = if draft { service.missing_for(&view.buyer, view.invoice.gross) } else { Vec::new() };
        let made_up = policy.provider.example.is_made_up();
        let example = view.invoice.issued().map_or(made_up, |issued| issued.facts.example);
        Ok(Self {
            completes: missing.iter().any(|field| field.of_buyer().is_some()),
            missing: (!missing.is_empty()).then(|| missing_words(&missing, lang)),
            example,
            page: member.page().at(format!("/invoices/{id}")),
            t: InvoiceTexts::of(lang),
            title: title(&view.invoice, lang),
            tag: Tag::of(&view.invoice, today, lang),
            pay: Pay::of(&view, collecting, lang),
            steps: teller.steps(&view),
            acts: caller
                .is_finance()
                .then(|| Acts::of(&view, (today, lang), rules, mandated && policy.has(Part::Collection))),
            paper,
            view,
            forms,
            notice: None,
            today,
        })
    }

    fn money(&self, amount: impl std::borrow::Borrow<Cents>) -> String {
        money(*amount.borrow(), self.page.lang)
    }

    /// The language of the lines, which is the buyer's.
    const fn written_in(&self) -> &'static str {
        match self.view.buyer.locale {
            Locale::Nl => "nl",
            Locale::En => "en",
        }
    }

    fn is_open(&self) -> bool {
        self.view.invoice.open() > Cents::ZERO
    }

    /// What was set against it, below its total.
    fn settled(&self, row: &Settled) -> String {
        let (t, lang) = (self.t, self.page.lang);
        match (row.kind, row.paid_on, row.method) {
            (AllocationKind::Payment, Some(day), Some(how)) => {
                format!("{} {} ({})", t.received, date(day, lang), method(how, lang))
            }
            (AllocationKind::Reversal, ..) => t.undone.to_owned(),
            (AllocationKind::Unmatch, ..) if row.amount < Cents::ZERO => t.unmatched.to_owned(),
            (AllocationKind::Unmatch, ..) => t.stands_again.to_owned(),
            (AllocationKind::CreditNote, ..) => {
                format!("{} {}", t.credit_note, row.credit_note_number.as_deref().unwrap_or_default())
            }
            _ => t.set_off.to_owned(),
        }
    }

    /// The last day to pay.
    fn due(&self) -> String {
        date(self.view.invoice.due_on(), self.page.lang)
    }

    /// The day on which it would be collected: when it is due, or today where that is over.
    fn collect_from(&self) -> NaiveDate {
        self.view.invoice.due_on().max(self.today)
    }

    /// What is open, as it is typed.
    fn typed_open(&self) -> String {
        typed(self.view.invoice.open(), self.page.lang)
    }

    fn methods(&self) -> Vec<(PaymentMethod, &'static str)> {
        PaymentMethod::ALL.iter().map(|how| (*how, method(*how, self.page.lang))).collect()
    }
}

impl Paper {
    fn of(view: &InvoiceView, provider: &Provider, lang: Lang) -> Self {
        let invoice = &view.invoice;
        let facts = invoice.issued().map(|issued| &issued.facts);
        let seller = facts.map_or_else(|| Party::selling(provider), |facts| facts.seller.clone());
        let buyer = facts.map_or_else(|| Party::buying(&view.buyer), |facts| facts.buyer.clone());
        Self {
            seller_lines: address(&seller),
            buyer_lines: address(&buyer),
            seller,
            buyer,
            facts: printed_facts(view, facts, lang),
            rows: invoice
                .lines
                .iter()
                .map(|line| Row {
                    by_hand: line.source == LineSource::Other || is_withdrawn(view, line),
                    ..Row::of(line, lang)
                })
                .collect(),
            sums: sums(invoice, lang),
            note: facts.and_then(|facts| facts.note.clone()),
        }
    }
}

/// The facts above the lines.
fn printed_facts(view: &InvoiceView, facts: Option<&Facts>, lang: Lang) -> Vec<(&'static str, String)> {
    let t = InvoiceTexts::of(lang);
    let number = facts.map_or(view.buyer.number, |facts| facts.customer_number);
    let mut list = vec![(t.customer_number, number.to_string())];
    let (Some(issued), Some(facts)) = (view.invoice.issued(), facts) else { return list };
    if facts.buyer_reference != number.to_string() {
        list.push((t.your_reference, facts.buyer_reference.clone()));
    }
    list.push((t.issued, date(issued.issued_on, lang)));
    if issued.supplied_on != issued.issued_on {
        list.push((t.supplied, date(issued.supplied_on, lang)));
    }
    match &facts.credits {
        Some((number, day)) => list.push((t.credits, format!("{number} {} {}", t.of_date, date(*day, lang)))),
        None => list.push((t.due, date(issued.due_on, lang))),
    }
    list
}

/// Net, VAT per rate.
fn sums(invoice: &Invoice, lang: Lang) -> Vec<(String, String)> {
    let t = InvoiceTexts::of(lang);
    let vat = |total: &VatTotal| match total.category {
        VatCategory::Outside => (t.outside.to_owned(), money(total.net, lang)),
        VatCategory::Standard => {
            let rate = total.rate.normalize().to_string();
            let rate = either(lang, rate.replace('.', ","), rate);
            (format!("{} {rate} % {} {}", t.vat, t.over, money(total.net, lang)), money(total.vat, lang))
        }
    };
    let outside = invoice.vat_totals.iter().all(|total| total.category == VatCategory::Outside);
    let net = (!outside).then(|| (t.net.to_owned(), money(invoice.net, lang)));
    net.into_iter().chain(invoice.vat_totals.iter().map(vat)).collect()
}

impl Row {
    fn of(line: &InvoiceLine, lang: Lang) -> Self {
        let t = InvoiceTexts::of(lang);
        let price = money(line.printed.unit_price, lang);
        let (quantity, price) = match line.printed.quantity {
            Quantity::Pieces(count) => (count.to_string(), price),
            Quantity::Minutes(minutes) => (hours(minutes, lang), format!("{price} {}", t.per_hour)),
        };
        Self {
            description: line.printed.description.clone(),
            detail: line.printed.detail.clone().unwrap_or_default(),
            quantity,
            price,
            net: money(line.printed.net, lang),
            credited: (line.credited > Cents::ZERO).then(|| money(line.credited, lang)),
            by_hand: false,
        }
    }
}

impl Pay {
    /// None where nothing is to be paid. What was collected and came back is paid by transfer.
    /// A collection that is under way goes before what the document says: the mandate may be newer, or another account.
    fn of(view: &InvoiceView, collecting: Option<Mandate>, lang: Lang) -> Option<Self> {
        let invoice = &view.invoice;
        let issued = invoice.issued().filter(|_| invoice.open() > Cents::ZERO)?;
        let pending = view.collections.iter().find(|collection| collection.is_pending());
        if let (Some(pending), Some(mandate)) = (pending, collecting) {
            let (iban, on) = (iban::masked(&mandate.iban), Some(date(pending.collect_on, lang)));
            return Some(Self::Collected { iban, mandate: mandate.reference, on });
        }
        if let Payable::DirectDebit { mandate, iban } = &issued.facts.payable
            && issued.reversed == Cents::ZERO
        {
            return Some(Self::Collected { iban: iban::masked(iban), mandate: mandate.clone(), on: None });
        }
        let seller = &issued.facts.seller;
        let Some(account) = issued.facts.seller_iban.as_ref().filter(|_| !issued.facts.example) else {
            return Some(Self::Ask { email: seller.email.clone().unwrap_or_default() });
        };
        Some(Self::Transfer {
            iban: iban::grouped(account),
            holder: seller.name.clone(),
            reference: iban::grouped(&issued.reference),
            qr: code(invoice, account),
        })
    }
}

/// Whether the line of a draft that waits can be taken off: an order that was not granted yet, or the fee of a reactivation.
fn is_withdrawn(view: &InvoiceView, line: &InvoiceLine) -> bool {
    let granted = view.card.as_ref().is_some_and(|card| card.activated_at.is_some());
    view.invoice.is_waiting()
        && match line.source {
            LineSource::Card(_) => !granted,
            LineSource::Reactivation => true,
            LineSource::Entry(_) | LineSource::Reversal(_) | LineSource::Other => false,
        }
}

/// The code of what is open now, which is less than the whole once a part was paid.
fn code(invoice: &Invoice, account: &str) -> Option<epc::Qr> {
    let document = invoice.document().filter(|document| document.payable == Payable::Transfer)?;
    let text = if invoice.open() == document.gross() {
        epc::of(&document)
    } else {
        let word = match document.locale {
            Locale::Nl => "Factuur",
            Locale::En => "Invoice",
        };
        epc::text(&document.seller.name, account, invoice.open(), &format!("{word} {}", document.number)).ok()
    };
    epc::Qr::new(&text?)
}

impl Acts {
    fn of(view: &InvoiceView, (today, lang): (NaiveDate, Lang), rules: &InvoiceRules, collects: bool) -> Self {
        let invoice = &view.invoice;
        let Some(issued) = invoice.issued() else {
            let issue = !invoice.lines.is_empty() && invoice.gross > Cents::ZERO;
            return Self { issue, write: !invoice.is_waiting(), erase: true, ..Self::default() };
        };
        if invoice.kind == DocumentKind::CreditNote {
            return Self::default();
        }
        let open = invoice.open() > Cents::ZERO;
        let pending = view.collections.iter().find(|collection| collection.is_pending());
        let from = rules.next_reminder(issued.due_on, issued.reminders, issued.reminded_on);
        let late = invoice.is_overdue(today);
        let active = view.card.as_ref().filter(|card| card.activated_at.is_some() && card.available.is_positive());
        Self {
            pay: open,
            credit: (open && view.buyer.credit > Cents::ZERO).then(|| money(view.buyer.credit, lang)),
            remind: late && from <= today,
            remind_from: (late && from > today).then(|| date(from, lang)),
            plan: open && collects && pending.is_none(),
            unannounced: !matches!(issued.facts.payable, Payable::DirectDebit { .. }),
            call_off: pending.filter(|collection| collection.batch.is_none()).cloned(),
            crediting: Crediting::of(view, lang),
            refund: active.map(|card| hours(card.available, lang)),
            issue: false,
            write: false,
            erase: false,
        }
    }
}

impl Crediting {
    /// None where nothing is left to credit.
    fn of(view: &InvoiceView, lang: Lang) -> Option<Self> {
        let t = InvoiceTexts::of(lang);
        if let Some(card) = &view.card {
            let nothing = card.cancelled_on.is_some() || (card.activated_at.is_some() && card.left().is_zero());
            let whole = if card.activated_at.is_some() { t.card_rest } else { t.card_unpaid };
            return (!nothing || card.frozen.is_positive()).then_some(Self { whole, lines: Vec::new() });
        }
        let left = |(at, line): (usize, &InvoiceLine)| {
            let left = line.printed.net - line.credited;
            (left > Cents::ZERO).then(|| (at, format!("{} ({})", line.printed.description, money(left, lang))))
        };
        let lines: Vec<(usize, String)> = view.invoice.lines.iter().enumerate().filter_map(left).collect();
        (!lines.is_empty()).then_some(Self { whole: t.credit_all, lines })
    }
}

#[derive(Debug, Default, Deserialize)]
struct DocumentQuery {
    /// What was just done.
    done: Option<String>,
}

async fn document(
    State(app): State<App>,
    member: Member,
    Id(id): Id<InvoiceId>,
    Search(asked): Search<DocumentQuery>,
) -> Result<Response, Fault> {
    let mut page = DocumentPage::read(&app, &member, id, Forms::default()).await?;
    page.notice = asked.done.and_then(|done| notice(&done, &page.view, member.lang()));
    show(&page)
}

/// What was just done, in a sentence.
fn notice(done: &str, view: &InvoiceView, lang: Lang) -> Option<String> {
    let invoice = &view.invoice;
    let (number, open) = (invoice.number(), money(invoice.open(), lang));
    let (nl, en) = match done {
        "ordered" if invoice.is_waiting() => (
            format!("Besteld: de factuur van {} wacht als concept.", money(invoice.gross, lang)),
            format!("Ordered: the invoice of {} waits as a draft.", money(invoice.gross, lang)),
        ),
        "ordered" => (
            format!("Besteld: factuur {number} van {} staat open.", money(invoice.gross, lang)),
            format!("Ordered: invoice {number} of {} is open.", money(invoice.gross, lang)),
        ),
        "paid" if invoice.open() > Cents::ZERO => (
            format!("Betaling geboekt op factuur {number}; nog open: {open}."),
            format!("Payment recorded on invoice {number}; still open: {open}."),
        ),
        "paid" if invoice.card_id.is_some() => (
            format!("Factuur {number} is betaald; de kaart is actief."),
            format!("Invoice {number} is paid; the card is active."),
        ),
        "paid" => (format!("Factuur {number} is betaald."), format!("Invoice {number} is paid.")),
        "issued" => (format!("Uitgegeven als factuur {number}."), format!("Issued as invoice {number}.")),
        "credited" => (format!("Creditfactuur {number} is gemaakt."), format!("Credit note {number} was made.")),
        "reminded" => ("De herinnering is vastgelegd.".to_owned(), "The reminder was noted.".to_owned()),
        "set-off" => {
            (format!("Tegoed verrekend; nog open: {open}."), format!("Credit was set off; still open: {open}."))
        }
        "planned" => {
            let pending = view.collections.iter().find(|collection| collection.is_pending())?;
            let moved = |lang| not_a_bank_day(pending.asked_on, pending.collect_on, lang);
            let day = |lang| date(pending.collect_on, lang);
            (
                moved(Lang::Nl).unwrap_or_else(|| format!("De incasso is gepland voor {}.", day(Lang::Nl))),
                moved(Lang::En).unwrap_or_else(|| format!("The collection is planned for {}.", day(Lang::En))),
            )
        }
        "called-off" => ("De incasso is afgezegd.".to_owned(), "The collection was called off.".to_owned()),
        "written" => ("De regel staat op het concept.".to_owned(), "The line is on the draft.".to_owned()),
        "erased" => ("De regel is eraf gehaald.".to_owned(), "The line was taken off.".to_owned()),
        _ => return None,
    };
    Some(either(lang, nl, en))
}
