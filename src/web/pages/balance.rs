//! The customer's own page: how much is left and why, what waits for an answer, the cards, every quarter of an hour.
//!
//! One page struct, filled by [`page`] and shown again by every form on it: a refusal stands at the form it is about.

use super::arrears::Banner;
use super::drawn;
use super::renewal::{CardTerms, read_order};
use super::session::home;
use super::statement::{Line, Link, StatementTexts, Teller, minus};
use super::texts::texts;
use super::wanted::{Wanted, wanted};
use super::words::missing as missing_words;
use super::{App, Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::contact::MayNot;
use crate::domain::policy::CardRules;
use crate::domain::{
    Balance, Contact, Customer, CustomerId, Doing, EstimateId, EstimateStatus, Minutes, Policy, TimeEntryId,
};
use crate::service::balance::{Overview, Shown, Uncovered};
use crate::service::{Error, Result};
use crate::web::extract::{Id, Search};
use crate::web::fields::Fields;
use crate::web::strips::CardView;
use crate::web::text::{date, hours_words, moment, money};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// Lines of the statement on one page.
const LINES: i64 = 25;

texts! {
    /// Words of the customer's page.
    pub struct BalanceTexts {
        title: "Tegoed", "Balance";
        as_of: "Stand op", "Balance on";
        as_of_short: "Op", "On";
        as_of_now: "Stand van nu", "The balance now";
        as_of_past: "U ziet de stand aan het eind van deze dag, zoals hij toen was.", "You see the balance at the end of this day, as it was then.";
        look: "Bekijk", "Show";
        other_day: "Stand op een andere dag", "Balance on another day";
        sum: "Waar dit getal vandaan komt", "Where this figure comes from";
        granted: "Gekregen en gekocht", "Granted and bought";
        used: "Verbruikt", "Used";
        held: "Gereserveerd voor afspraken", "Held for agreed work";
        expired: "Verlopen", "Expired";
        frozen: "Bevroren tot er betaald is", "Frozen until paid";
        refunded: "Terugbetaald", "Refunded";
        converted: "Omgerekend naar een nieuw tarief", "Converted to a new rate";
        available: "Beschikbaar", "Available";
        uncovered: "Nog niet gedekt", "Not covered yet";
        left: "nog", "";
        left_after: "", "left";
        waiting: "Wacht op antwoord", "Waiting for an answer";
        hour: "uur", "hours";
        estimate_by: "Schatting van", "Estimate by";
        estimate: "Schatting", "Estimate";
        answer_by: "antwoord uiterlijk", "answer by";
        after: "na akkoord is er nog", "once agreed, what is left is";
        agree: "Akkoord met", "Agree to";
        decline: "Afwijzen", "Decline";
        too_few: "Er is te weinig tegoed voor dit werk; er ontbreekt", "There are too few hours for this work; short by";
        who: "Akkoord kan komen van", "This can be agreed to by";
        add_owner: "Eigenaar toevoegen", "Add an owner";
        nobody: "Niemand kan dit nu goedkeuren. Een eigenaar kan iemand aanwijzen.", "Nobody can agree to this now. An owner can authorise somebody.";
        cards: "Kaarten", "Cards";
        no_cards: "Er zijn nog geen kaarten.", "There are no cards yet.";
        older_cards: "Eerdere kaarten", "Earlier cards";
        buy: "Kaart kopen", "Buy a card";
        product: "Welke kaart?", "Which card?";
        own_hours: "Een ander aantal uren", "Another number of hours";
        per_hour: "per uur", "per hour";
        own_strips: "Een aantal strippen", "A number of strips";
        per_strip: "per strip van", "per strip of";
        minimum: "Een eerste aankoop is minstens", "A first purchase is at least";
        place: "Voor welke installatie?", "For which installation?";
        any_place: "alle installaties", "all installations";
        renew: "Bestel een kaart die op is vanzelf opnieuw, tegen de prijs van dat moment. Ik kan dit altijd intrekken.", "Order a used-up card again by itself, at the price of that day. I can withdraw this whenever I like.";
        installations: "Installaties", "Installations";
        incl: "incl. btw", "incl. VAT";
        excl: "excl. btw", "excl. VAT";
        order: "Bestellen", "Order";
        order_hint: "U krijgt een factuur. De kaart is te gebruiken zodra die betaald is.", "You get an invoice. The card can be used once that is paid.";
        order_hint_now: "U krijgt een factuur. De kaart is meteen te gebruiken.", "You get an invoice. The card can be used at once.";
        address: "Wie krijgt de factuur?", "Who gets the invoice?";
        address_lead: "Dit hoort op een factuur boven € 100 te staan. Zonder deze gegevens wacht uw factuur als concept.", "An invoice above € 100 has to say this. Without it, your invoice waits as a draft.";
        missing_title: "Wacht op gegevens", "Waiting for details";
        complete: "Factuurgegevens aanvullen", "Complete the billing details";
        draft_of: "Concept voor", "Draft for";
        ordered_waits: "Besteld. De factuur volgt zodra de gegevens hieronder compleet zijn.", "Ordered. The invoice follows once the details below are complete.";
        unpaid: "Nog te betalen", "To be paid";
        invoices: "Alle facturen", "All invoices";
        invoice: "Factuur", "Invoice";
        due: "te betalen uiterlijk", "to be paid by";
        agreed: "Afgesproken", "Agreed";
        agreed_by: "akkoord van", "agreed by";
        on: "op", "on";
        recorded_by: "vastgelegd door", "recorded by";
        used_of: "gebruikt", "used";
        work_until: "werk tot en met", "work until";
        of: "van", "of";
        held_tag: "gereserveerd", "held";
        open_work: "Gedaan werk dat nog niet gedekt is", "Work done that is not covered yet";
        open_work_lead: "Hier betaalt nu niets voor. Het gaat alleen van een kaart als u dat goedvindt.", "Nothing pays for this now. It only comes off a card if you agree.";
        worked_on: "werk van", "work of";
        cover: "Van de kaart:", "From the card:";
        cover_reason: "Alsnog akkoord gegeven op deze pagina", "Agreed afterwards on this page";
        ticket: "Melding", "Ticket";
        report: "Iets melden", "Report something";
        tickets: "Meldingen", "Tickets";
        what_is_free: "Wat is gratis?", "What is free?";
        contacts: "Wie mag akkoord geven?", "Who may agree?";
        accepted: "Akkoord vastgelegd. De uren zijn gereserveerd.", "Agreed. The hours are held.";
        declined: "Afgewezen. Er is niets gereserveerd.", "Declined. Nothing is held.";
        covered: "Vastgelegd. Dit werk is nu van de kaart gegaan.", "Recorded. This work now came off the card.";
        choose: "Welke klant?", "Which customer?";
        choose_none: "Uw login hoort (nu) bij geen enkele klant. Vraag een eigenaar om een uitnodiging.", "Your login belongs to no customer (now). Ask an owner for an invitation.";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/balance", get(choose_balance))
        .route("/contacts", get(choose_contacts))
        .route("/customers/{id}", get(balance))
        .route("/customers/{id}/cards", post(order))
        .route("/estimates/{id}/accept", post(accept))
        .route("/estimates/{id}/decline", post(decline))
        .route("/time-entries/{id}/cover", post(cover))
}

/// An estimate that waits for an answer.
struct Waiting {
    id: EstimateId,
    minutes: Minutes,
    subject: String,
    ticket: String,
    description: String,
    facts: String,
    /// What would be left.
    after: Option<Minutes>,
    may_agree: bool,
    may_decline: bool,
    /// What stands in the way, and what to do.
    hint: Option<String>,
    /// Buying a card would help.
    too_few: bool,
}

/// An agreed estimate with its hold.
struct Agreed {
    held: Minutes,
    subject: String,
    ticket: String,
    facts: String,
}

/// Work that nothing covers yet.
struct Open {
    id: TimeEntryId,
    minutes: Minutes,
    label: String,
    ticket: String,
    day: String,
    may_agree: bool,
    hint: Option<String>,
}

/// An invoice that is not paid.
struct Unpaid {
    open: String,
    link: Link,
    due: String,
    late: bool,
}

/// An order or a fee whose invoice waits for details (PAY-1a).
struct Incomplete {
    gross: String,
    what: String,
    /// What is missing, and what to do.
    why: String,
    /// Whether this person can complete it.
    may_complete: bool,
}

/// A card for sale.
struct Offer {
    id: String,
    name: String,
    gross: String,
    net: String,
    /// What it would cost without the discount.
    list: Option<String>,
}

/// What is for sale and how.
struct Shop {
    offers: Vec<Offer>,
    /// Gross price of an hour, where any number of hours is for sale.
    hourly: Option<String>,
    /// Gross price of a strip, where any number of strips is for sale, and what one holds.
    strip: Option<(String, Minutes)>,
    /// A first purchase holds at least this, in words.
    minimum: Option<String>,
    /// An owner may consent to renewal with the order.
    renews: bool,
    prepaid: bool,
    /// What the invoice needs to know of the buyer and is not known yet, by the names of its fields (PAY-1a).
    wants: Vec<Wanted>,
}

#[derive(Template)]
#[template(path = "balance/customer.html")]
struct BalancePage {
    page: Page,
    t: &'static BalanceTexts,
    s: &'static StatementTexts,
    customer: Customer,
    /// The moment, in words.
    as_of: String,
    /// What it reads while its account is paused (PAY-4).
    arrears: Option<Banner>,
    /// The owners' days end (SPEND-1a).
    ends: Option<String>,
    /// The day that was asked for, when it is not now.
    past: Option<NaiveDate>,
    today: NaiveDate,
    total: Balance,
    has_cards: bool,
    waiting: Vec<Waiting>,
    agreed: Vec<Agreed>,
    open: Vec<Open>,
    cards: Vec<CardView>,
    old_cards: Vec<CardView>,
    increment: Minutes,
    unpaid: Vec<Unpaid>,
    incomplete: Vec<Incomplete>,
    shop: Option<Shop>,
    terms: CardTerms,
    lines: Vec<Line>,
    newest: Option<String>,
    older: Option<String>,
    notice: Option<String>,
    may_report: bool,
    values: Values,
    failed: Failed,
}

/// A form that was refused: which one, and why.
#[derive(Default)]
struct Failed {
    form: String,
    refused: Refused,
}

impl BalancePage {
    fn none_left(&self) -> bool {
        !self.total.available.is_positive()
    }

    fn in_words(&self) -> String {
        hours_words(self.total.available, self.page.lang)
    }

    /// The accounts that make the difference between granted and available; those of zero are left out.
    fn taken_off(&self) -> Vec<(&'static str, String)> {
        let (t, total) = (self.t, &self.total);
        let (refunded, converted) = ((t.refunded, total.refunded), (t.converted, total.converted));
        let rest = [(t.expired, total.expired), (t.frozen, total.frozen), refunded, converted];
        let shown = [(t.used, total.used), (t.held, total.held)].into_iter();
        shown
            .chain(rest.into_iter().filter(|(_, minutes)| minutes.is_positive()))
            .map(|(word, figure)| (word, minus(figure)))
            .collect()
    }

    /// What to say at a form.
    fn problem(&self, form: &str) -> Option<&str> {
        self.failed.refused.message.as_deref().filter(|_| self.failed.form == form)
    }

    /// What to say at a field of a form.
    fn problem_at(&self, form: &str, field: &str) -> Option<&str> {
        self.failed.refused.at(field).filter(|_| self.failed.form == form)
    }

    fn may_buy_more(&self) -> bool {
        self.shop.is_some()
    }
}

/// What to look at.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    as_of: Option<String>,
    before: Option<i64>,
    done: Option<String>,
}

impl Look {
    fn day(&self) -> Result<Option<NaiveDate>> {
        let mut fields = Fields::default();
        let day = fields.date("as_of", self.as_of.as_deref());
        fields.done().map(|()| day)
    }
}

/// Whoever looks at a customer's page, and what that person may do there.
struct Viewer<'a> {
    app: &'a App,
    member: &'a Member,
    customer: CustomerId,
    contact: Option<&'a Contact>,
    policy: &'a Policy,
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl<'a> Viewer<'a> {
    fn new(app: &'a App, member: &'a Member, customer: CustomerId) -> Self {
        let now = app.service.clock.now();
        let today = app.service.policies.day(now);
        let policy = app.service.policies.at(today).1;
        Self { app, member, customer, contact: member.caller.contact_at(customer), policy, now, today }
    }

    fn may_spend(&self, contact: &Contact, minutes: Minutes) -> Result<(), MayNot> {
        contact.may_spend(minutes, self.now, self.today, self.policy)
    }

    fn may_agree(&self, minutes: Minutes) -> bool {
        self.contact.is_some_and(|contact| self.may_spend(contact, minutes).is_ok())
    }

    fn may_decline(&self) -> bool {
        self.contact.is_some() && self.member.caller.can(self.customer, Doing::Agree)
    }

    fn may_buy(&self) -> bool {
        self.member.caller.can(self.customer, Doing::Order)
    }

    /// SPEND-1: who can agree to this today.
    fn who(&self, contacts: &[Contact], minutes: Minutes) -> String {
        let t = BalanceTexts::of(self.member.lang());
        let able = contacts.iter().filter(|contact| self.may_spend(contact, minutes).is_ok());
        let names: Vec<&str> = able.map(|contact| contact.name.as_str()).collect();
        if names.is_empty() { t.nobody.to_owned() } else { format!("{}: {}.", t.who, names.join(", ")) }
    }

    fn waiting(&self, shown: &Shown, available: Minutes, contacts: &[Contact]) -> Waiting {
        let (lang, estimate) = (self.member.lang(), &shown.estimate);
        let t = BalanceTexts::of(lang);
        let by =
            shown.proposed_by_name.as_ref().map_or(t.estimate.to_owned(), |name| format!("{} {name}", t.estimate_by));
        let enough = available >= estimate.minutes;
        let short = (!enough).then(|| format!("{} {}.", t.too_few, estimate.minutes - available));
        let able = self.may_agree(estimate.minutes);
        Waiting {
            id: estimate.id,
            minutes: estimate.minutes,
            subject: format!("{} {}: {}", t.ticket, shown.ticket_number, shown.ticket_subject),
            ticket: format!("/tickets/{}", estimate.ticket_id),
            description: estimate.description.clone(),
            facts: format!("{by} · {} {}", t.answer_by, date(estimate.answer_by, lang)),
            after: enough.then(|| available - estimate.minutes),
            may_agree: able && enough,
            may_decline: self.may_decline(),
            hint: if able { short } else { Some(self.who(contacts, estimate.minutes)) },
            too_few: !enough && self.may_buy() && self.policy.cards.is_some(),
        }
    }

    fn agreed(&self, shown: &Shown) -> Agreed {
        let (lang, estimate) = (self.member.lang(), &shown.estimate);
        let t = BalanceTexts::of(lang);
        let day = estimate.answered_at.map(|at| date(self.app.service.policies.day(at), lang));
        let who = shown.answered_by_name.as_deref().zip(day);
        let mut facts: Vec<String> =
            who.map(|(name, day)| format!("{} {name} {} {day}", t.agreed_by, t.on)).into_iter().collect();
        facts.extend(shown.link.as_ref().map(|link| link.told(lang.into())));
        let told = estimate.answered_via.is_some_and(|via| via != crate::domain::estimate::AnswerVia::Online);
        facts.extend(shown.recorded_by_name.as_ref().filter(|_| told).map(|name| format!("{} {name}", t.recorded_by)));
        facts.push(format!("{} {} {} {}", estimate.used, t.of, estimate.minutes, t.used_of));
        facts.push(format!("{} {}", t.work_until, date(estimate.work_until, lang)));
        Agreed {
            held: estimate.held,
            subject: format!("{} {}: {}", t.ticket, shown.ticket_number, shown.ticket_subject),
            ticket: format!("/tickets/{}", estimate.ticket_id),
            facts: facts.join(" · "),
        }
    }

    fn open(&self, entry: &Uncovered, contacts: &[Contact]) -> Open {
        let lang = self.member.lang();
        let t = BalanceTexts::of(lang);
        let may_agree = self.may_agree(entry.uncovered);
        Open {
            id: entry.id,
            minutes: entry.uncovered,
            label: format!("{} {}", t.ticket, entry.ticket_number),
            ticket: format!("/tickets/{}", entry.ticket_id),
            day: format!("{} {}", t.worked_on, date(entry.worked_on, lang)),
            may_agree,
            hint: (!may_agree).then(|| self.who(contacts, entry.uncovered)),
        }
    }

    /// What this person can buy here.
    fn shop(&self) -> Option<Shop> {
        let terms = self.policy.cards.as_ref().filter(|_| self.may_buy())?;
        let offered = shop(terms, self.member.lang());
        Some(Shop { renews: offered.renews && self.contact.is_some(), ..offered })
    }

    async fn unpaid(&self, customer: CustomerId) -> Result<Vec<Unpaid>> {
        let lang = self.member.lang();
        let t = BalanceTexts::of(lang);
        let invoices = self.app.service.invoices_of(&self.member.caller, customer).await?;
        let open = invoices.into_iter().filter(|invoice| invoice.open().0 > 0);
        Ok(open
            .map(|invoice| Unpaid {
                open: money(invoice.open(), lang),
                link: Link {
                    href: format!("/invoices/{}", invoice.id),
                    label: format!("{} {}", t.invoice, invoice.number()),
                },
                due: format!("{} {}", t.due, date(invoice.due_on(), lang)),
                late: invoice.due_on() < self.today,
            })
            .collect())
    }

    /// Orders and fees that wait for details (PAY-1a).
    async fn incomplete(&self, customer: &Customer) -> Result<Vec<Incomplete>> {
        let lang = self.member.lang();
        let t = BalanceTexts::of(lang);
        let waiting = self.app.service.waiting_documents(&self.member.caller, customer.id).await?;
        let told = |(invoice, missing): (crate::domain::Invoice, Vec<crate::domain::MissingField>)| {
            let line = invoice.lines.first().map(|line| line.printed.description.clone()).unwrap_or_default();
            Incomplete {
                gross: money(invoice.gross, lang),
                what: format!("{} {line}", t.draft_of),
                why: missing_words(&missing, lang),
                may_complete: self.may_buy() && missing.iter().any(|field| field.of_buyer().is_some()),
            }
        };
        Ok(waiting.into_iter().map(told).collect())
    }

    /// The persons, where somebody has to be named.
    async fn contacts(&self, customer: CustomerId, needed: bool) -> Result<Vec<Contact>> {
        if !needed {
            return Ok(Vec::new());
        }
        let found = self.app.service.contacts(&self.member.caller, customer).await?;
        Ok(found.into_iter().map(|with| with.contact).collect())
    }
}

fn shop(terms: &CardRules, lang: crate::web::text::Lang) -> Shop {
    let gross = |net: crate::domain::Cents| net + net.percent(terms.vat_rate);
    let offer = |product: &crate::domain::policy::Product| Offer {
        id: product.id.clone(),
        name: hours_words(product.minutes, lang),
        gross: money(gross(product.price), lang),
        net: money(product.price, lang),
        list: product.list_price.map(|price| money(gross(price), lang)),
    };
    Shop {
        offers: terms.products.iter().map(offer).collect(),
        hourly: terms.hourly_price.map(|price| money(gross(price), lang)),
        strip: terms.strip_price.map(|price| (money(gross(price), lang), terms.strip)),
        minimum: terms.minimum_first.is_positive().then(|| hours_words(terms.minimum_first, lang)),
        renews: terms.auto_renew,
        prepaid: terms.activate_on == crate::domain::policy::ActivateOn::Payment,
        wants: Vec::new(),
    }
}

/// More than any simplified invoice: what a full one asks for.
const MOST: crate::domain::Cents = crate::domain::Cents(i64::MAX);

/// Fills the page of a customer.
async fn page(
    app: &App,
    member: &Member,
    id: CustomerId,
    look: &Look,
    day: Option<NaiveDate>,
) -> Result<BalancePage, Fault> {
    let before = look.before.unwrap_or(i64::MAX);
    let caller = &member.caller;
    let seen = match day {
        Some(day) => app.service.overview_on(caller, id, day, before, LINES).await?,
        None => app.service.overview(caller, id, before, LINES).await?,
    };
    let viewer = Viewer::new(app, member, id);
    let past = day.filter(|day| *day != viewer.today);
    let Overview { balance, estimates, uncovered, statement } = seen;
    let contacts = viewer.contacts(id, !estimates.is_empty() || !uncovered.is_empty()).await?;
    let bought = past.is_none() && balance.cards.iter().any(|seen| seen.card.invoice_id.is_some());
    let unpaid = if bought { viewer.unpaid(id).await? } else { Vec::new() };

    let incomplete = if past.is_none() { viewer.incomplete(&balance.customer).await? } else { Vec::new() };
    let wants = wanted(&app.service.missing_for(&balance.customer, MOST), member.lang());

    let lang = member.lang();
    let (cards, old_cards) = drawn::cards(&balance, &app.service.policies, lang);
    let names = drawn::names(&balance.cards, lang);
    let issued = balance.cards.iter().filter(|seen| !seen.card.waits_for_invoice());
    let invoices = issued.filter_map(|seen| Some((seen.card.id, seen.card.invoice_id?))).collect();
    let zone = app.service.policies.time_zone();
    let teller = Teller { lang, customer: id, cards: &names, invoices: &invoices, zone };
    let with_status = |status| estimates.iter().filter(move |shown: &&Shown| shown.estimate.status == status);
    let available = balance.total.available;
    let terms = CardTerms::read(app, member, &balance).await?;
    let arrears = if past.is_none() { Banner::read(app, member, &balance.customer).await? } else { None };
    let ends = if past.is_none() { app.service.owners_end(caller, id).await? } else { None };
    let has_cards = viewer.policy.cards.is_some() || !balance.cards.is_empty();
    let path = format!("/customers/{id}");
    let at_day = past.map_or_else(String::new, |day| format!("&as_of={day}"));
    Ok(BalancePage {
        page: member.page().at(path.clone()),
        t: BalanceTexts::of(lang),
        s: StatementTexts::of(lang),
        as_of: moment(balance.as_of, zone, lang),
        arrears,
        ends: ends.map(|ends| super::contacts::owners_end(ends, lang)),
        past,
        today: viewer.today,
        total: balance.total,
        has_cards,
        waiting: with_status(EstimateStatus::Proposed)
            .map(|shown| viewer.waiting(shown, available, &contacts))
            .collect(),
        agreed: with_status(EstimateStatus::Accepted).map(|shown| viewer.agreed(shown)).collect(),
        open: uncovered.iter().map(|entry| viewer.open(entry, &contacts)).collect(),
        cards,
        old_cards,
        increment: viewer.policy.time.increment,
        unpaid,
        incomplete,
        shop: viewer.shop().filter(|_| past.is_none()).map(|shop| Shop { wants, ..shop }),
        terms,
        lines: teller.lines(&statement.items),
        newest: look.before.map(|_| past.map_or_else(|| path.clone(), |day| format!("{path}?as_of={day}"))),
        older: statement.next.map(|seq| format!("{path}?before={seq}{at_day}")),
        notice: notice(look, BalanceTexts::of(lang)),
        may_report: viewer.contact.is_some() || caller.is_agent(),
        values: Values::default(),
        failed: Failed::default(),
        customer: balance.customer,
    })
}

/// What just happened, from the address that a form led to.
fn notice(look: &Look, t: &BalanceTexts) -> Option<String> {
    match look.done.as_deref()? {
        "accepted" => Some(t.accepted.to_owned()),
        "declined" => Some(t.declined.to_owned()),
        "covered" => Some(t.covered.to_owned()),
        "ordered" => Some(t.ordered_waits.to_owned()),
        _ => None,
    }
}

async fn balance(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(look): Search<Look>,
) -> Result<Response, Fault> {
    let shown = match look.day() {
        Ok(day) => page(&app, &member, id, &look, day).await,
        Err(error) => Err(error.into()),
    };
    match shown {
        Err(Fault::Problem(problem)) if problem.errors.iter().any(|error| error.field == "as_of") => {
            let values = Values::default().with("as_of", look.as_of.clone().unwrap_or_default());
            refused(&app, &member, id, "as_of", values, Error::Fields(problem.errors)).await
        }
        other => show(&other?),
    }
}

/// Shows the page again with what was refused, at the form it is about, with what was typed.
async fn refused(
    app: &App,
    member: &Member,
    id: CustomerId,
    form: &str,
    values: Values,
    error: Error,
) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, member.lang())?;
    let page = page(app, member, id, &Look::default(), None).await?;
    let failed = Failed { form: form.to_owned(), refused };
    show_with(status, &BalancePage { values, failed, ..page })
}

async fn accept(State(app): State<App>, Id(id): Id<EstimateId>, sent: Submission) -> Result<Response, Fault> {
    let estimate = app.service.estimate(&sent.member.caller, id).await?;
    match app.service.accept_estimate(sent.request(), id, None).await {
        Ok(_) => Ok(done(&format!("/customers/{}?done=accepted", estimate.customer_id))),
        Err(error) => refused(&app, &sent.member, estimate.customer_id, &id.to_string(), sent.values, error).await,
    }
}

async fn decline(State(app): State<App>, Id(id): Id<EstimateId>, sent: Submission) -> Result<Response, Fault> {
    let estimate = app.service.estimate(&sent.member.caller, id).await?;
    match app.service.decline_estimate(sent.request(), id, None).await {
        Ok(_) => Ok(done(&format!("/customers/{}?done=declined", estimate.customer_id))),
        Err(error) => refused(&app, &sent.member, estimate.customer_id, &id.to_string(), sent.values, error).await,
    }
}

async fn cover(State(app): State<App>, Id(id): Id<TimeEntryId>, sent: Submission) -> Result<Response, Fault> {
    let entry = app.service.time_entry(&sent.member.caller, id).await?;
    let reason = BalanceTexts::of(sent.member.lang()).cover_reason.to_owned();
    match app.service.cover_by_card(sent.request(), id, None, reason).await {
        Ok(_) => Ok(done(&format!("/customers/{}?done=covered", entry.customer_id))),
        Err(error) => refused(&app, &sent.member, entry.customer_id, &id.to_string(), sent.values, error).await,
    }
}

async fn order(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    let counted = |unit: &str, end: char| sent.values.filled(unit).map(|count| format!("{}{end}", count.trim()));
    let product = counted("hours", 'h').or_else(|| counted("strips", 's'));
    let product = product.unwrap_or_else(|| sent.values.get("product").to_owned());
    let ordered = match read_order(&sent.values, product) {
        Ok(order) => app.service.order_card(sent.request(), id, order).await,
        Err(error) => Err(error),
    };
    match ordered {
        Ok((_, Some(invoice))) if invoice.is_waiting() => Ok(done(&format!("/customers/{id}?done=ordered"))),
        Ok((_, Some(invoice))) => Ok(done(&format!("/invoices/{}", invoice.id))),
        Ok((_, None)) => Ok(done(&format!("/customers/{id}"))),
        Err(error) => refused(&app, &sent.member, id, "cards", sent.values, error).await,
    }
}

#[derive(Template)]
#[template(path = "balance/choose.html")]
struct ChoosePage {
    page: Page,
    t: &'static BalanceTexts,
    choices: Vec<Choice>,
}

struct Choice {
    link: Link,
    available: Minutes,
}

async fn choose_balance(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    choose(&app, &member, "").await
}

async fn choose_contacts(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    choose(&app, &member, "/contacts").await
}

/// The customers of a login: the only one at once, several to choose from.
pub(super) async fn choose(app: &App, member: &Member, below: &str) -> Result<Response, Fault> {
    if member.caller.is_staff() {
        return Ok(done(&home(&member.caller)));
    }
    let own = app.service.customers(&member.caller, "", 0, 200).await?;
    if let [only] = &own[..] {
        return Ok(done(&format!("/customers/{}{below}", only.id)));
    }
    let choice = |customer: Customer| Choice {
        available: customer.available,
        link: Link { href: format!("/customers/{}{below}", customer.id), label: customer.name },
    };
    let choices = own.into_iter().map(choice).collect();
    show(&ChoosePage { page: member.page(), t: BalanceTexts::of(member.lang()), choices })
}
