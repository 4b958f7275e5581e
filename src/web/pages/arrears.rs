//! Arrears for finance: who is late, one customer with everything about its money, reminders; and what a customer whose
//! account is paused reads about it (PAY-4).

use super::forms::{Form, Forms};
use super::reversals::{self, ReversalTexts};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, encode, show, show_with};
use crate::domain::policy::{FeeVat, Provider, ReactivationRules};
use crate::domain::{
    ArrearsEventKind, AskedVia, Cents, CollectionId, Customer, CustomerId, Doing, Invoice, InvoiceId, Locale,
    PaymentId, reasons::REASONS,
};
use crate::service::arrears::{ArrearsView, Happened, Late, MoneyFacts, Reminder, WhichLate};
use crate::service::reversals::FeeSum;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::api::arrears::DayAndNumber;
use crate::web::extract::{Id, Search, bad_cursor, cursor, position};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

/// Rows on a page.
const MANY: i64 = 25;

texts! {
    /// Words of arrears.
    pub struct ArrearsTexts {
        title: "Achterstand", "Arrears";
        lead: "Klanten met facturen die al betaald hadden moeten zijn, en wie gepauzeerd is. Wie het langst te laat is, staat bovenaan.", "Customers with invoices that should have been paid already, and those whose account is paused. Who is late longest stands on top.";
        choose: "Welke klanten", "Which customers";
        filter_all: "Alle", "All";
        filter_open: "Nog niets gedaan", "Nothing done yet";
        filter_paused: "Gepauzeerd", "Paused";
        filter_arranged: "Met een regeling", "With an arrangement";
        none: "Niemand heeft een achterstand.", "Nobody is in arrears.";
        customer: "Klant", "Customer";
        since: "Oudste vervaldag", "Oldest due day";
        state: "Stand", "Status";
        invoices: "Facturen", "Invoices";
        overdue: "Te laat", "Overdue";
        and_fees: "en heractivering", "and reactivation";
        credit: "Tegoed in geld", "Credit in money";
        paused_since: "gepauzeerd sinds", "paused since";
        arranged_until: "regeling tot en met", "arranged until";
        late: "te laat", "overdue";
        fine: "niets te laat", "nothing overdue";
        to_balance: "Uren en kaarten", "Hours and cards";
        to_customer: "Wat er ging", "What was done";
        to_invoices: "Alle facturen", "All invoices";
        number: "Nummer", "Number";
        due: "Vervaldag", "Due";
        open: "Open", "Open";
        reminders_sent: "Herinneringen", "Reminders";
        reactivation_invoice: "heractivering, houdt niets op", "reactivation, holds nothing up";
        none_late: "Er is niets te laat.", "Nothing is overdue.";
        pause: "Pauzeer de account", "Pause the account";
        pause_hint: "Er kan dan geen schatting worden goedgekeurd, en vooraf betaalde uren staan stil. Meldingen, facturen, betalen en export blijven. Wie alles betaalt dat te laat is, gaat vanzelf verder.", "Then no estimate can be agreed to, and prepaid hours stand still. Reports, invoices, payment and export stay. Paying all that is overdue ends it by itself.";
        do_pause: "Pauzeer", "Pause";
        resume: "Hef de pauze op", "End the pause";
        resume_hint: "Ook al staat er nog iets open.", "Although something is still open.";
        do_resume: "Hef op", "End it";
        arrange: "Leg een betalingsregeling vast", "Record an arrangement";
        arrange_hint: "Schriftelijk gevraagd door de klant en door ons goedgekeurd. Zolang hij loopt, wordt de account niet gepauzeerd.", "Asked in writing by the customer and approved by us. While it runs, the account is not paused.";
        until: "Tot en met", "Until";
        asked_via: "Hoe gevraagd?", "How was it asked?";
        by_mail: "per mail, van een bekend adres", "by mail, from a known address";
        by_chat: "in de chat van de account", "in the account's own chat";
        what: "Wat is afgesproken?", "What was agreed?";
        end_arrangement: "Beëindig de regeling", "End the arrangement";
        do_end: "Beëindig", "End it";
        why: "Waarom?", "Why?";
        save: "Vastleggen", "Record";
        reactivation: "Heractiveringskosten", "Reactivation fee";
        reactivation_hint: "Een factor van het maandbedrag, met hooguit 2 decimalen. De klant krijgt een factuur; niets wacht op de betaling ervan.", "A factor of the monthly amount, with at most 2 decimals. The customer gets an invoice; nothing waits for its payment.";
        factor: "Factor", "Factor";
        times: "keer het maandbedrag", "times the monthly amount";
        vat_ex: "exclusief btw", "excluding VAT";
        vat_incl: "inclusief btw", "including VAT";
        vat_none: "zonder btw", "outside VAT";
        no_monthly: "Van deze klant is geen maandbedrag bekend.", "No monthly amount is known for this customer.";
        charge: "Maak de factuur", "Make the invoice";
        history: "Wat er is gebeurd", "What happened";
        no_history: "Nog niets.", "Nothing yet.";
        paused: "Gepauzeerd", "Paused";
        resumed: "Pauze opgeheven", "Pause ended";
        arranged: "Regeling", "Arrangement";
        arrangement_ended: "Regeling beëindigd", "Arrangement ended";
        reactivated: "Heractiveringskosten", "Reactivation fee";
        paid: "alles wat te laat was, is betaald", "all that was overdue is paid";
        overdue_then: "te laat toen", "overdue then";
        by_itself: "vanzelf", "by itself";
        payments: "Betalingen", "Payments";
        no_payments: "Er zijn geen betalingen.", "There are no payments.";
        paid_on: "Betaald op", "Paid on";
        method: "Hoe", "How";
        stands: "Staat nog", "Stands";
        undo: "Teruggedraaid of gestorneerd", "Came undone";
        undo_hint: "De factuur staat daarna weer open, en uren die ermee betaald waren zijn bevroren.", "The invoice is open again then, and hours that were paid by it are frozen.";
        how_much: "Hoeveel?", "How much?";
        all_hint: "Leeg: alles.", "Empty: all of it.";
        code: "Reden van de bank", "The bank's reason";
        code_hint: "Vier tekens, zoals AM04.", "Four characters, such as AM04.";
        valued_on: "Valutadatum", "Value date";
        bank_charge: "Bankkosten", "Bank charge";
        refused: "Geweigerd voor de afschrijving: er is geen geld geweest", "Refused before settlement: no money had moved";
        unanswered: "Incasso's zonder antwoord", "Collections without an answer";
        collect_on: "Incassodatum", "Collected on";
        returned: "Kwam terug of is geweigerd", "Came back or was refused";
        mandates: "Machtigingen", "Mandates";
        no_mandate: "Er is geen machtiging.", "There is no mandate.";
        signed_on: "getekend op", "signed on";
        last_used: "laatst gebruikt op", "last used on";
        ended: "beëindigd", "ended";
        in_force: "geldt", "in force";
        counted: "tellen mee", "count";
        counted_one: "telt mee", "counts";
        free: "gratis", "free";
        fees: "keer kosten", "fees";
        each: "van", "of";
        charged: "gerekend", "charged";
        waived: "kwijtgescholden", "waived";
        to_judge: "te beoordelen", "to be judged";
        reminders: "Herinneringen", "Reminders";
        reminders_lead: "Facturen waarvan een herinnering moet uitgaan. Dit programma verstuurt zelf nog geen mail: print de brief of stuur hem vanuit uw eigen mailprogramma, en markeer hem als verstuurd.", "Invoices of which a reminder is due. This program sends no mail yet: print the letter or send it from your own mail program, and mark it as sent.";
        reminders_none: "Er hoeft nu geen herinnering uit.", "No reminder is due now.";
        which_reminder: "Herinnering", "Reminder";
        letter: "Brief", "Letter";
        mark: "Markeer als verstuurd", "Mark as sent";
        may_go_from: "Deze herinnering kan uit vanaf", "This reminder may go out from";
        mark_all: "Markeer alles als verstuurd", "Mark all as sent";
        mail_it: "Open in mailprogramma", "Open in mail program";
        no_mail: "Dit programma verstuurt zelf nog geen mail.", "This program sends no mail yet.";
    }
}

texts! {
    /// The letter of a reminder, in the language of the customer.
    pub struct LetterTexts {
        reminder: "Herinnering", "Reminder";
        greeting: "Geachte heer of mevrouw,", "Dear Sir or Madam,";
        of: "van", "of";
        should: "had betaald moeten zijn op", "should have been paid on";
        open: "Daarvan staat nog open", "Of it is still open";
        please: "Wilt u dit bedrag binnen zeven dagen overmaken op", "Please transfer this amount within seven days to";
        in_name_of: "ten name van", "in the name of";
        mentioning: "onder vermelding van betalingskenmerk", "mentioning payment reference";
        crossed: "Hebt u al betaald, dan kunt u deze brief als niet verzonden beschouwen. Lukt betalen niet, vraag ons dan schriftelijk om een regeling.", "If you have paid already, please ignore this letter. If you cannot pay, ask us in writing for an arrangement.";
        regards: "Met vriendelijke groet,", "Yours faithfully,";
        invoice: "Factuur", "Invoice";
        example: "VOORBEELD: deze leverancier is verzonnen, betaal dit niet.", "EXAMPLE: this provider is made up, do not pay this.";
    }
}

texts! {
    /// What a customer reads whose account is paused.
    pub struct BannerTexts {
        title: "Deze account is gepauzeerd sinds", "This account has been paused since";
        why: "Reden", "Reason";
        to_pay: "Te betalen om verder te gaan", "To be paid to go on";
        blocked: "Er kan nu geen schatting worden goedgekeurd, en vooraf betaalde uren staan stil. Zodra alles is betaald wat te laat is, gaat de account vanzelf verder.", "No estimate can be agreed to now, and prepaid hours stand still. Once all that is overdue is paid, the account goes on by itself.";
        stays: "Melden, facturen bekijken, betalen en uw gegevens downloaden kan gewoon.", "Reporting, invoices, payment and downloading your data stay as they are.";
        arrange: "Lukt betalen niet? Vraag ons per mail of in de chat om een regeling.", "You cannot pay? Ask us by mail or in the chat for an arrangement.";
        invoices: "Facturen", "Invoices";
    }
}

/// What stands on the pages of a customer whose account is paused.
pub(super) struct Banner {
    pub(super) t: &'static BannerTexts,
    pub(super) since: String,
    pub(super) why: Option<String>,
    pub(super) to_pay: String,
    pub(super) href: String,
}

impl Banner {
    /// The banner of a customer, if it is paused.
    pub(super) async fn read(app: &App, member: &Member, customer: &Customer) -> Result<Option<Self>> {
        let Some(since) = customer.paused_on else { return Ok(None) };
        let view = app.service.arrears_of(&member.caller, customer.id).await?;
        let lang = member.lang();
        Ok(Some(Self {
            t: BannerTexts::of(lang),
            since: text::date(since, lang),
            why: view.why_paused,
            to_pay: text::money(view.overdue, lang),
            href: format!("/customers/{}/invoices", customer.id),
        }))
    }
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    which: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "arrears/list.html")]
struct ListPage {
    page: Page,
    t: &'static ArrearsTexts,
    rows: Vec<Late>,
    filters: Vec<(String, &'static str, bool)>,
    newest: Option<String>,
    older: Option<String>,
    reminders: Vec<Reminder>,
    today: NaiveDate,
    lang: Lang,
}

impl ListPage {
    async fn read(app: &App, member: &Member, asked: &Asked) -> Result<Self, Fault> {
        let (service, lang) = (&app.service, member.lang());
        let which = asked.which.as_deref().and_then(|which| which.parse().ok()).unwrap_or(WhichLate::All);
        let after = position(asked.cursor.as_deref())?
            .map(|place| place.parse::<DayAndNumber>().map_err(|()| bad_cursor()))
            .transpose()?;
        let after = after.map(|place| (place.0, place.1));
        let mut rows = service.arrears(&member.caller, which, after, MANY + 1).await?;
        let many = usize::try_from(MANY).unwrap_or(usize::MAX);
        let more = rows.len() > many;
        rows.truncate(many);
        let reminders = service.reminders_due(&member.caller, None, MANY).await?;
        let t = ArrearsTexts::of(lang);
        let address = |which: WhichLate| match which {
            WhichLate::All => "/finance/arrears".to_owned(),
            other => format!("/finance/arrears?which={other}"),
        };
        let (here, and) = (address(which), if which == WhichLate::All { '?' } else { '&' });
        let last = rows.last().filter(|_| more).map(|row| cursor(&DayAndNumber::after(row).to_string()));
        let choices = [
            (WhichLate::All, t.filter_all),
            (WhichLate::Open, t.filter_open),
            (WhichLate::Paused, t.filter_paused),
            (WhichLate::Arranged, t.filter_arranged),
        ];
        Ok(Self {
            page: member.page().at("/finance/arrears".to_owned()),
            t,
            filters: choices.map(|(of, name)| (address(of), name, of == which)).into(),
            newest: asked.cursor.as_ref().map(|_| here.clone()),
            older: last.map(|from| format!("{here}{and}cursor={from}")),
            rows,
            reminders,
            today: service.policies.day(service.clock.now()),
            lang,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn money(&self, amount: &Cents) -> String {
        text::money(*amount, self.lang)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.lang)
    }

    /// Class and words of where a customer stands.
    fn state(&self, late: &Late) -> (&'static str, String) {
        if let Some(since) = late.paused_on {
            return ("bad", format!("{} {}", self.t.paused_since, self.day(&since)));
        }
        match late.arranged_until.filter(|until| *until >= self.today) {
            Some(until) => ("warn", format!("{} {}", self.t.arranged_until, self.day(&until))),
            None => ("", self.t.late.to_owned()),
        }
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn nth(&self, owed: &Reminder) -> i64 {
        sent(&owed.invoice) + 1
    }
}

/// How many reminders of an invoice were sent.
fn sent(invoice: &Invoice) -> i64 {
    invoice.issued().map_or(0, |issued| issued.reminders)
}

async fn list(State(app): State<App>, member: Member, Search(asked): Search<Asked>) -> Result<Response, Fault> {
    show(&ListPage::read(&app, &member, &asked).await?)
}

/// What a reactivation fee would be.
struct Fees {
    rules: ReactivationRules,
    /// Factors with what each comes to; empty where no monthly amount is known.
    table: Vec<(i64, String)>,
}

/// A way to say that money went back: on a payment, or on a collection that nobody answered yet.
struct Undoable {
    /// The form's name.
    name: String,
    action: String,
    day: NaiveDate,
    shown_day: String,
    what: String,
    amount: String,
    /// Only a payment that is no collection comes undone in part.
    in_part: bool,
    /// Only a collection can have been refused.
    may_be_refused: bool,
}

#[derive(Template)]
#[template(path = "arrears/customer.html")]
struct CustomerPage {
    page: Page,
    t: &'static ArrearsTexts,
    rt: &'static ReversalTexts,
    view: ArrearsView,
    sum: FeeSum,
    rows: Vec<reversals::Row>,
    /// Back to the newest reversals.
    newest: Option<String>,
    older: Option<String>,
    payments: Vec<Undoable>,
    unanswered: Vec<Undoable>,
    facts: MoneyFacts,
    fees: Option<Fees>,
    forms: Forms,
    back: &'static str,
    today: NaiveDate,
    lang: Lang,
}

impl CustomerPage {
    /// Why a mandate ended.
    fn ended(&self, why: &str) -> String {
        words::mandate_ended(why, self.lang)
    }

    async fn read(
        app: &App,
        member: &Member,
        id: CustomerId,
        asked: Option<&str>,
        forms: Forms,
    ) -> Result<Self, Fault> {
        let (service, caller, lang) = (&app.service, &member.caller, member.lang());
        let facts = service.money_facts(caller, id).await?;
        let view = service.arrears_of(caller, id).await?;
        let before = position(asked)?.map(|place| place.parse().map_err(|_| bad_cursor())).transpose()?;
        let (sum, mut found) = service.reversals_of(caller, id, before, reversals::MANY + 1).await?;
        let many = usize::try_from(reversals::MANY).unwrap_or(usize::MAX);
        let more = found.len() > many;
        found.truncate(many);
        let last = found.last().filter(|_| more).map(|row| cursor(&row.told.reversal.id.to_string()));
        let path = format!("/finance/customers/{id}");
        let today = service.policies.day(service.clock.now());
        let rules = service.policies.at(today).1.reactivation;
        Ok(Self {
            page: member.page().at(path.clone()),
            t: ArrearsTexts::of(lang),
            rt: ReversalTexts::of(lang),
            sum,
            rows: found.into_iter().map(|view| reversals::Row::of(view, lang)).collect(),
            newest: asked.map(|_| format!("{path}#reversals")),
            older: last.map(|from| format!("{path}?cursor={from}#reversals")),
            payments: facts.payments.iter().map(|payment| undoable_payment(payment, lang)).collect(),
            unanswered: facts.unanswered.iter().map(|row| undoable_collection(row, lang)).collect(),
            fees: rules.map(|rules| fees_of(rules, view.customer.monthly(), lang)),
            facts,
            view,
            forms,
            back: "customer",
            today,
            lang,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn money(&self, amount: &Cents) -> String {
        text::money(*amount, self.lang)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands over references")]
    fn day(&self, day: &NaiveDate) -> String {
        text::date_short(*day, self.lang)
    }

    fn open(&self, invoice: &Invoice) -> String {
        text::money(invoice.open(), self.lang)
    }

    fn due(&self, invoice: &Invoice) -> String {
        text::date_short(invoice.due_on(), self.lang)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn sent(&self, invoice: &Invoice) -> i64 {
        sent(invoice)
    }

    /// Class and words of where the customer stands.
    fn state(&self) -> (&'static str, String) {
        if let Some(since) = self.view.customer.paused_on {
            return ("bad", format!("{} {}", self.t.paused_since, self.day(&since)));
        }
        match self.view.arranged_until {
            Some(until) => ("warn", format!("{} {}", self.t.arranged_until, self.day(&until))),
            None if self.view.overdue > Cents::ZERO => ("bad", self.t.late.to_owned()),
            None => ("ok", self.t.fine.to_owned()),
        }
    }

    /// What an event is called.
    fn kind(&self, row: &Happened) -> &'static str {
        let t = self.t;
        match row.event.kind {
            ArrearsEventKind::Paused => t.paused,
            ArrearsEventKind::Resumed => t.resumed,
            ArrearsEventKind::Arranged => t.arranged,
            ArrearsEventKind::ArrangementEnded => t.arrangement_ended,
            ArrearsEventKind::Reactivated => t.reactivated,
        }
    }

    /// Why, in words.
    fn reason<'a>(&'a self, row: &'a Happened) -> &'a str {
        let by_payment = row.event.kind == ArrearsEventKind::Resumed && row.event.recorded_by.is_none();
        if by_payment { self.t.paid } else { &row.event.reason }
    }

    /// What else is known of an event.
    fn details(&self, row: &Happened) -> String {
        let (t, event) = (self.t, &row.event);
        let mut parts = vec![text::date_short(event.recorded_at.date_naive(), self.lang)];
        parts.push(row.by_name.clone().unwrap_or_else(|| t.by_itself.to_owned()));
        parts.extend(event.factor.map(|factor| format!("{} {}", number(factor, self.lang), t.times)));
        parts.extend(event.until.map(|until| format!("{} {}", t.until.to_lowercase(), self.day(&until))));
        parts.extend(event.asked_via.map(|via| asked_via(via, t).to_owned()));
        parts.push(format!("{} {}", t.overdue_then, self.money(&event.overdue)));
        parts.join(" · ")
    }

    fn ways(&self) -> Vec<(AskedVia, &'static str)> {
        AskedVia::ALL.iter().map(|via| (*via, asked_via(*via, self.t))).collect()
    }

    fn vat_word(&self, fees: &Fees) -> &'static str {
        match fees.rules.vat {
            FeeVat::OutsideScope => self.t.vat_none,
            FeeVat::StandardEx => self.t.vat_ex,
            FeeVat::StandardIncl => self.t.vat_incl,
        }
    }

    /// "3 tellen mee − 1 gratis = 2 keer kosten van € 82,50".
    fn in_words(&self) -> String {
        let (t, sum) = (self.t, &self.sum);
        let fee = sum.fee.map_or_else(String::new, |fee| format!(" {} {}", t.each, text::money(fee, self.lang)));
        let counted = if sum.counted == 1 { t.counted_one } else { t.counted };
        format!("{} {counted} − {} {} = {} {}{fee}", sum.counted, sum.free, t.free, sum.owed, t.fees)
    }

    /// The reasons of the bank, to choose one from.
    fn codes(&self) -> Vec<(&'static str, &'static str)> {
        REASONS.iter().map(|reason| (reason.code, either(self.lang, reason.nl, reason.en))).collect()
    }
}

fn asked_via(via: AskedVia, t: &'static ArrearsTexts) -> &'static str {
    match via {
        AskedVia::Mail => t.by_mail,
        AskedVia::Chat => t.by_chat,
    }
}

fn number(number: Decimal, lang: Lang) -> String {
    let text = number.normalize().to_string();
    if lang == Lang::Nl { text.replace('.', ",") } else { text }
}

fn fees_of(rules: ReactivationRules, monthly: Option<Cents>, lang: Lang) -> Fees {
    let whole = (0..=6).filter(|factor| Decimal::from(*factor) <= rules.most);
    let table = monthly.map(|monthly| {
        whole.map(|factor| (factor, text::money(Cents(monthly.0.saturating_mul(factor)), lang))).collect()
    });
    Fees { rules, table: table.unwrap_or_default() }
}

fn undoable_payment(payment: &crate::domain::Payment, lang: Lang) -> Undoable {
    let note = payment.note.as_deref().map_or_else(String::new, |note| format!(" · {note}"));
    let undo: PaymentId = payment.id;
    Undoable {
        name: format!("undo-{undo}"),
        action: format!("/finance/payments/{undo}/reverse"),
        day: payment.paid_on,
        shown_day: text::date_short(payment.paid_on, lang),
        what: format!("{}{note}", words::payment_method(payment.method, lang)),
        amount: text::money(payment.amount - payment.reversed, lang),
        in_part: payment.collection_id.is_none(),
        may_be_refused: false,
    }
}

fn undoable_collection(collection: &crate::domain::Collection, lang: Lang) -> Undoable {
    let undo: CollectionId = collection.id;
    Undoable {
        name: format!("undo-{undo}"),
        action: format!("/finance/collections/{undo}/return"),
        day: collection.collect_on,
        shown_day: text::date_short(collection.collect_on, lang),
        what: collection.end_to_end_id.clone(),
        amount: text::money(collection.amount, lang),
        in_part: false,
        may_be_refused: true,
    }
}

#[derive(Debug, Default, Deserialize)]
struct Look {
    cursor: Option<String>,
}

async fn customer(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(look): Search<Look>,
) -> Result<Response, Fault> {
    show(&CustomerPage::read(&app, &member, id, look.cursor.as_deref(), Forms::default()).await?)
}

/// The page of a customer again, with the form `name` as it was sent and why it was refused.
pub(super) async fn refuse_customer(
    app: &App,
    sent: &Submission,
    customer: CustomerId,
    name: &str,
    error: Error,
) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let forms = Forms::sent(name, Form::sent(sent.values.clone(), refused));
    show_with(status, &CustomerPage::read(app, &sent.member, customer, None, forms).await?)
}

/// After a step: the page of the customer, or the same with the refused form.
async fn stepped<T>(
    app: &App,
    sent: &Submission,
    (id, form): (CustomerId, &str),
    step: Result<T>,
) -> Result<Response, Fault> {
    match step {
        Ok(_) => Ok(done(&format!("/finance/customers/{id}"))),
        Err(error) => refuse_customer(app, sent, id, form, error).await,
    }
}

fn read_reason(values: &Values) -> Result<String> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| reason)
}

/// Others than finance are turned away before their form is looked at.
fn only_finance(sent: &Submission, id: CustomerId) -> Result<()> {
    let caller = &sent.member.caller;
    caller.see(id)?;
    caller.may(Doing::KeepBooks).map(drop)
}

async fn pause(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    only_finance(&sent, id)?;
    let step = match read_reason(&sent.values) {
        Ok(reason) => app.service.pause_account(sent.request(), id, reason).await,
        Err(error) => Err(error),
    };
    stepped(&app, &sent, (id, "pause"), step).await
}

async fn resume(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    only_finance(&sent, id)?;
    let step = match read_reason(&sent.values) {
        Ok(reason) => app.service.resume_account(sent.request(), id, reason).await,
        Err(error) => Err(error),
    };
    stepped(&app, &sent, (id, "resume"), step).await
}

fn read_arrangement(values: &Values) -> Result<((NaiveDate, AskedVia), String)> {
    let mut fields = Fields::default();
    let until = fields.needed_date("until", values.get("until"));
    let via = fields.needed("asked_via", values.get("asked_via"), "expected one of the choices");
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| ((until, via.unwrap_or(AskedVia::Mail)), reason))
}

async fn arrange(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    only_finance(&sent, id)?;
    let step = match read_arrangement(&sent.values) {
        Ok((terms, reason)) => app.service.arrange_payment(sent.request(), id, terms, reason).await,
        Err(error) => Err(error),
    };
    stepped(&app, &sent, (id, "arrange"), step).await
}

async fn end_arrangement(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    only_finance(&sent, id)?;
    let step = match read_reason(&sent.values) {
        Ok(reason) => app.service.end_arrangement(sent.request(), id, reason).await,
        Err(error) => Err(error),
    };
    stepped(&app, &sent, (id, "end"), step).await
}

fn read_reactivation(values: &Values) -> Result<(Decimal, String)> {
    let mut fields = Fields::default();
    let typed = values.get("factor").replace(',', ".");
    let factor = fields.needed("factor", &typed, "expected a number such as 0.5").unwrap_or_default();
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| (factor, reason))
}

async fn reactivate(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    only_finance(&sent, id)?;
    let step = match read_reactivation(&sent.values) {
        Ok((factor, reason)) => app.service.charge_reactivation(sent.request(), id, factor, reason).await,
        Err(error) => Err(error),
    };
    stepped(&app, &sent, (id, "reactivation"), step).await
}

#[derive(Debug, Default, Deserialize)]
struct LetterLook {
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "arrears/letter.html")]
struct LetterPage {
    page: Page,
    t: &'static ArrearsTexts,
    /// The language of the letter.
    lang: Lang,
    invoice: Invoice,
    buyer: Customer,
    to: String,
    seller: Provider,
    paragraphs: Vec<String>,
    title: String,
    mail: String,
    today: String,
    /// The first day on which it may go out, where that is still to come.
    from: Option<String>,
    /// Why it was not marked.
    refused: Option<String>,
}

impl LetterPage {
    async fn read(app: &App, member: &Member, id: InvoiceId, asked: &LetterLook) -> Result<Self, Fault> {
        let (service, caller) = (&app.service, &member.caller);
        let seen = service.invoice(caller, id).await?;
        caller.may(Doing::KeepBooks)?;
        let (invoice, buyer) = (seen.invoice, seen.buyer);
        let today = service.policies.day(service.clock.now());
        if !invoice.is_overdue(today) {
            return Err(Error::NotFound("reminder").into());
        }
        let own = match buyer.locale {
            Locale::Nl => Lang::Nl,
            Locale::En => Lang::En,
        };
        let lang = asked.lang.as_deref().and_then(Lang::from_code).unwrap_or(own);
        let l = LetterTexts::of(lang);
        let policy = service.policies.at(today).1;
        let seller = policy.provider.clone();
        let from = invoice
            .issued()
            .map_or(today, |issued| policy.invoices.next_reminder(issued.due_on, issued.reminders, issued.reminded_on));
        let title = format!("{} {}: {} {}", l.reminder, sent(&invoice) + 1, l.invoice.to_lowercase(), invoice.number());
        let paragraphs = letter(&invoice, &seller, lang);
        let to =
            buyer.billing.as_ref().and_then(|billing| billing.email.clone()).unwrap_or_else(|| buyer.email.clone());
        let body = paragraphs.join("\r\n\r\n");
        Ok(Self {
            page: member.page(),
            t: ArrearsTexts::of(member.lang()),
            lang,
            mail: format!("mailto:{}?subject={}&body={}", encode(&to), encode(&title), encode(&body)),
            to,
            seller,
            paragraphs,
            title,
            today: text::date(today, lang),
            from: (from > today).then(|| text::date(from, member.lang())),
            refused: None,
            invoice,
            buyer,
        })
    }

    fn other(&self) -> (&'static str, &'static str) {
        match self.lang {
            Lang::Nl => ("en", "English"),
            Lang::En => ("nl", "Nederlands"),
        }
    }

    fn sent(&self) -> i64 {
        sent(&self.invoice)
    }
}

/// The letter, paragraph by paragraph.
fn letter(invoice: &Invoice, seller: &Provider, lang: Lang) -> Vec<String> {
    let l = LetterTexts::of(lang);
    let reference = invoice.issued().map_or("", |issued| issued.reference.as_str());
    let (gross, due) = (text::money(invoice.gross, lang), text::date(invoice.due_on(), lang));
    let open = text::money(invoice.open(), lang);
    let is_example = seller.example.is_made_up() || invoice.issued().is_some_and(|issued| issued.facts.example);
    let mut body = Vec::new();
    body.extend(is_example.then(|| l.example.to_owned()));
    body.extend([
        l.greeting.to_owned(),
        format!("{} {} {} {gross} {} {due}. {}: {open}.", l.invoice, invoice.number(), l.of, l.should, l.open),
    ]);
    if let Some(iban) = seller.iban.as_ref().filter(|_| !is_example) {
        let (name, mentioning) = (&seller.name, l.mentioning);
        body.push(format!("{} {iban} {} {name}, {mentioning} {reference}.", l.please, l.in_name_of));
    }
    body.push(l.crossed.to_owned());
    body.push(format!("{} {}", l.regards, seller.name));
    body
}

async fn reminder(
    State(app): State<App>,
    member: Member,
    Id(id): Id<InvoiceId>,
    Search(look): Search<LetterLook>,
) -> Result<Response, Fault> {
    show(&LetterPage::read(&app, &member, id, &look).await?)
}

async fn mark(State(app): State<App>, Id(id): Id<InvoiceId>, form: Submission) -> Result<Response, Fault> {
    let caller = &form.member.caller;
    let seen = app.service.invoice(caller, id).await?;
    let before = form.values.get("sent").parse().unwrap_or_else(|_| sent(&seen.invoice));
    match app.service.mark_reminder(caller, id, before).await {
        Ok(()) => Ok(done("/finance/arrears#reminders")),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, form.member.lang())?;
            let page = LetterPage::read(&app, &form.member, id, &LetterLook::default()).await?;
            show_with(status, &LetterPage { refused: refused.message, ..page })
        }
    }
}

async fn mark_all(State(app): State<App>, form: Submission) -> Result<Response, Fault> {
    app.service.mark_reminders(&form.member.caller).await?;
    Ok(done("/finance/arrears#reminders"))
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance/arrears", get(list))
        .route("/finance/customers/{id}", get(customer))
        .route("/finance/customers/{id}/pause", post(pause))
        .route("/finance/customers/{id}/resume", post(resume))
        .route("/finance/customers/{id}/arrangement", post(arrange))
        .route("/finance/customers/{id}/end-arrangement", post(end_arrangement))
        .route("/finance/customers/{id}/reactivation", post(reactivate))
        .route("/finance/reminders", post(mark_all))
        .route("/finance/reminders/{id}", get(reminder).post(mark))
}
