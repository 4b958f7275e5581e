//! A ticket with everything on it, and what an agent does there: log time, ask for an agreement or write one down, correct.

use super::desk::notice_of;
use super::entry::{self, EntryTexts, Understood, WaysOut};
use super::forms::{self, Form, Forms};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::estimate::AnswerVia;
use crate::domain::{
    ContactId, CoveredBy, Customer, CustomerId, Estimate, EstimateId, EstimateStatus, Minutes, Ticket, TicketId,
    TicketKind, TimeEntryId, TransactionKind,
};
use crate::service::access::Caller;
use crate::service::desk::{ShownEntry, ShownEstimate, TicketView};
use crate::service::tickets::{NewEstimate, NewTicket, ToldAgreement};
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
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

/// How many tickets a list holds.
const MANY: usize = 50;

texts! {
    /// Tickets.
    pub struct TicketTexts {
        desk: "Werkbank", "Desk";
        customers: "Klanten", "Customers";
        title: "Melding", "Ticket";
        titles: "Meldingen", "Tickets";
        left: "Nog beschikbaar", "Still available";
        requester: "Melder", "Requester";
        nobody: "niemand in het bijzonder", "nobody in particular";
        kind: "Soort", "Kind";
        reported: "Gemeld", "Reported";
        may_agree: "Kan vandaag akkoord geven", "Can agree today";
        no_one: "niemand", "nobody";
        estimates: "Schattingen", "Estimates";
        no_estimates: "Er is nog geen schatting.", "There is no estimate yet.";
        entries: "Gewerkt", "Work done";
        no_entries: "Er is nog niet gewerkt.", "No work has been done yet.";
        day: "Dag", "Day";
        what: "Wat", "What";
        by: "Door", "By";
        worked: "Gewerkt", "Worked";
        worked_label: "gewerkt", "worked";
        charged: "Berekend", "Charged";
        from: "Uit", "From";
        erased: "tekst gewist", "text erased";
        still: "nog", "left";
        close: "Sluiten", "Close";
        close_frees: "vrijgeven", "released";
        withdraw: "Intrekken", "Withdraw";
        declined_for: "Afgewezen, zei de klant", "Declined, the customer said";
        agree: "Akkoord met", "Agree to";
        decline: "Afwijzen", "Decline";
        reverse: "Terugdraaien", "Reverse";
        reverse_button: "Draai terug:", "Reverse";
        reason: "Reden, de klant leest dit", "Reason, the customer reads this";
        cover: "Dekken", "Cover";
        cover_legend: "Dek", "Cover";
        cover_goodwill: "uit coulance", "as goodwill";
        cover_card: "van de kaart, met akkoord van", "from the card, agreed by";
        uncovered: "niet gedekt", "not covered";
        log: "Tijd boeken", "Log time";
        time: "Tijd", "Time";
        out_of: "Uit", "From";
        oldest_first: "de afspraken van deze melding, oudste eerst", "the agreements of this ticket, oldest first";
        description: "Wat hebt u gedaan?", "What did you do?";
        book: "Boek", "Log";
        look: "Bekijk", "Preview";
        propose: "Schatting voorstellen", "Propose an estimate";
        hours: "Uren", "Hours";
        hours_hint: "Zoals 2u of 1u30; wordt naar boven afgerond.", "Such as 2h or 1h30; rounded up.";
        answer_by: "Antwoord uiterlijk", "Answer by";
        work_until: "Werk uiterlijk", "Work until";
        term_hint: "Leeg: de gewone termijn.", "Empty: the usual term.";
        plan: "Wat gaat u doen?", "What will you do?";
        send: "Stuur naar de klant", "Send to the customer";
        record: "Akkoord vastleggen", "Record an agreement";
        who: "Wie gaf akkoord?", "Who agreed?";
        how: "Hoe?", "How?";
        when: "Wanneer?", "When?";
        when_hint: "Leeg: nu.", "Empty: now.";
        note: "Wat is er gezegd?", "What was said?";
        record_button: "Leg vast:", "Record:";
        order: "Kaart bestellen", "Order a card";
        new: "Nieuwe melding", "New ticket";
        subject: "Onderwerp", "Subject";
        report: "Omschrijving", "Description";
        make: "Maak melding", "Make ticket";
        none: "Er zijn nog geen meldingen.", "There are no tickets yet.";
        given: "weggegeven", "given away";
        covered_later: "Alsnog gedekt", "Covered later";
        given_later: "Weggegeven", "Given away";
        reversed: "Teruggedraaid", "Reversed";
    }
}

#[derive(Debug, Default, Deserialize)]
struct TicketQuery {
    /// What was just done.
    done: Option<String>,
    /// The entry that was just booked.
    booked: Option<String>,
}

#[derive(Template)]
#[template(path = "tickets/show.html")]
struct TicketPage {
    page: Page,
    t: &'static TicketTexts,
    e: &'static EntryTexts,
    view: TicketView,
    zone: Tz,
    /// May do an agent's work.
    agent: bool,
    staff: bool,
    /// A contact of the customer who may answer.
    answers: bool,
    /// Who can agree to something today.
    spenders: Vec<(ContactId, String)>,
    channels: Vec<AnswerVia>,
    forms: Forms,
    line: Understood,
    ways: Option<WaysOut>,
    notice: Option<String>,
}

impl TicketPage {
    async fn read(app: &App, member: &Member, id: TicketId) -> Result<Self> {
        let (lang, caller) = (member.lang(), &member.caller);
        let view = app.service.ticket_view(caller, id).await?;
        let policy = app.service.policies.at(view.today).1;
        let able = app.service.may_agree(&view.contacts, Minutes::ZERO);
        let spenders = able.iter().map(|contact| (contact.id, named(contact, lang))).collect();
        let me = caller.contact_at(view.customer.id);
        let answers = me.is_some_and(|me| able.iter().any(|contact| contact.id == me.id));
        let channels = policy.spending.channels.iter().filter_map(|channel| channel.as_str().parse().ok()).collect();
        Ok(Self {
            page: member.page().at(format!("/tickets/{id}")),
            t: TicketTexts::of(lang),
            e: EntryTexts::of(lang),
            zone: app.service.policies.time_zone(),
            agent: caller.is_agent(),
            staff: caller.is_staff(),
            answers,
            spenders,
            channels,
            forms: Forms::default(),
            line: Understood::default(),
            ways: None,
            notice: None,
            view,
        })
    }

    fn lang(&self) -> Lang {
        self.page.lang
    }

    /// COVER-2 and SPEND-7 in one sentence.
    fn coverage(&self) -> &'static str {
        let (nl, en) = match self.view.ticket.kind {
            TicketKind::Defect => (
                "Een storing in ons eigen product lossen we gratis op.",
                "A defect in our own product is repaired free of charge.",
            ),
            TicketKind::Question => (
                "Een vraag over het gebruik gaat van de strippenkaart, na akkoord.",
                "A question about how to use it comes off the card, once agreed.",
            ),
            TicketKind::ThirdParty => (
                "Een storing bij een andere leverancier gaat van de strippenkaart, na akkoord.",
                "Trouble with somebody else's product comes off the card, once agreed.",
            ),
            TicketKind::Change => (
                "Een wijziging of advies gaat van de strippenkaart, na akkoord.",
                "A change or advice comes off the card, once agreed.",
            ),
        };
        either(self.lang(), nl, en)
    }

    fn kind(&self) -> &'static str {
        words::ticket_kind(self.view.ticket.kind, self.lang())
    }

    fn reported(&self) -> String {
        text::moment(self.view.ticket.created_at, self.zone, self.lang())
    }

    fn able(&self) -> String {
        let names: Vec<&str> = self.spenders.iter().map(|(_, name)| name.as_str()).collect();
        if names.is_empty() { self.t.no_one.to_owned() } else { names.join(", ") }
    }

    fn status(&self, shown: &ShownEstimate) -> EstimateStatus {
        shown.estimate.status_on(self.view.today)
    }

    fn waits(&self, shown: &ShownEstimate) -> bool {
        self.status(shown) == EstimateStatus::Proposed
    }

    fn runs(&self, shown: &ShownEstimate) -> bool {
        self.status(shown) == EstimateStatus::Accepted
    }

    fn status_word(&self, shown: &ShownEstimate) -> &'static str {
        words::estimate_status(self.status(shown), self.lang())
    }

    /// Who answered, when and how, and until when it holds (SPEND-3).
    fn facts(&self, shown: &ShownEstimate) -> String {
        let (lang, estimate) = (self.lang(), &shown.estimate);
        let on = |at: DateTime<Utc>| text::moment(at, self.zone, lang);
        let mut facts = Vec::new();
        if let Some(name) = &shown.proposed_by_name {
            facts.push(either(lang, format!("voorgesteld door {name}"), format!("proposed by {name}")));
        }
        if let (Some(name), Some(at)) = (&shown.answered_by_name, estimate.answered_at) {
            let via = estimate.answered_via.map_or(String::new(), |via| format!(", {}", words::answer_via(via, lang)));
            let verb = match estimate.status {
                EstimateStatus::Declined => either(lang, "afgewezen door", "declined by"),
                _ => either(lang, "akkoord van", "agreed by"),
            };
            facts.push(format!("{verb} {name}{via}, {}", on(at)));
            if let Some(recorder) = shown.recorded_by_name.as_ref().filter(|recorder| *recorder != name) {
                facts.push(either(lang, format!("vastgelegd door {recorder}"), format!("recorded by {recorder}")));
            }
        }
        match self.status(shown) {
            EstimateStatus::Proposed => {
                let day = text::date(estimate.answer_by, lang);
                facts.push(either(lang, format!("antwoord uiterlijk {day}"), format!("answer by {day}")));
            }
            EstimateStatus::Accepted => {
                let day = text::date(estimate.work_until, lang);
                facts.push(either(lang, format!("werk tot en met {day}"), format!("work until {day}")));
            }
            _ => {}
        }
        facts.join(" · ")
    }

    fn day(&self, shown: &ShownEntry) -> String {
        text::date_short(shown.entry.worked_on, self.lang())
    }

    /// What covers an entry.
    fn cover(&self, shown: &ShownEntry) -> String {
        let entry = &shown.entry;
        let agreed = entry.estimate_id.and_then(|id| self.view.estimates.iter().find(|found| found.estimate.id == id));
        match (entry.covered_by, agreed) {
            (CoveredBy::Uncovered, _) => String::new(),
            (CoveredBy::Card, Some(agreed)) => {
                let minutes = agreed.estimate.minutes;
                either(self.lang(), format!("afspraak van {minutes}"), format!("agreement of {minutes}"))
            }
            (other, _) => words::covered_by(other, self.lang()).to_owned(),
        }
    }

    /// What was corrected about an entry later, in sentences.
    fn corrections(&self, shown: &ShownEntry) -> Vec<String> {
        let own = self.view.corrections.iter().filter(|corrected| corrected.time_entry_id == shown.entry.id);
        let sentence = |corrected: &crate::service::desk::Corrected| {
            let what = match corrected.kind {
                TransactionKind::Reversal => self.t.reversed,
                TransactionKind::Goodwill => self.t.given_later,
                _ => self.t.covered_later,
            };
            let day = text::date(corrected.recorded_at.with_timezone(&self.zone).date_naive(), self.lang());
            let by = corrected
                .by_name
                .as_ref()
                .map_or(String::new(), |name| either(self.lang(), format!(" door {name}"), format!(" by {name}")));
            let reason = corrected.reason.as_deref().unwrap_or(self.t.erased);
            either(self.lang(), format!("{what} op {day}{by}: {reason}"), format!("{what} on {day}{by}: {reason}"))
        };
        own.map(sentence).collect()
    }

    /// The estimates that time can be logged against.
    fn open(&self) -> Vec<(EstimateId, String)> {
        let running = self.view.estimates.iter().filter(|shown| self.runs(shown));
        let label = |estimate: &Estimate| {
            let (held, all) = (estimate.held, estimate.minutes);
            either(
                self.lang(),
                format!("nog {held} van {all}: {}", estimate.description),
                format!("{held} left of {all}: {}", estimate.description),
            )
        };
        running.map(|shown| (shown.estimate.id, label(&shown.estimate))).collect()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand out references")]
    fn channel(&self, via: &AnswerVia) -> &'static str {
        words::answer_via(*via, self.lang())
    }
}

/// A person with the ceiling of their authorisation (SPEND-1).
fn named(contact: &crate::domain::Contact, lang: Lang) -> String {
    let most = |ceiling: Minutes| either(lang, format!(" (tot {ceiling})"), format!(" (up to {ceiling})"));
    format!("{}{}", contact.name, contact.ceiling.map_or(String::new(), most))
}

/// What was just done, in one sentence.
fn sentence(done: &str, lang: Lang) -> Option<&'static str> {
    let (nl, en) = match done {
        "made" => ("De melding is gemaakt.", "The ticket was made."),
        "proposed" => ("De schatting staat klaar voor de klant.", "The estimate is there for the customer to answer."),
        "recorded" => ("Akkoord vastgelegd. De uren zijn gereserveerd.", "Agreement recorded. The hours are held."),
        "closed" => ("Gesloten. Wat over was, is vrijgegeven.", "Closed. What was left is released."),
        "declined" => ("Afwijzing vastgelegd.", "Recorded as declined."),
        "reversed" => (
            "Teruggedraaid. De uren staan weer waar ze vandaan kwamen.",
            "Reversed. The hours are back where they came from.",
        ),
        "covered" => ("Gedekt.", "Covered."),
        _ => return None,
    };
    Some(either(lang, nl, en))
}

async fn index(
    State(app): State<App>,
    member: Member,
    Id(id): Id<TicketId>,
    Search(asked): Search<TicketQuery>,
) -> Result<Response, Fault> {
    let mut page = TicketPage::read(&app, &member, id).await?;
    let told = asked.done.as_deref().and_then(|done| sentence(done, member.lang()));
    page.notice = match told {
        Some(told) => Some(told.to_owned()),
        None => notice_of(&app, &member, asked.booked.as_deref()).await?,
    };
    show(&page)
}

/// Leads to the ticket when it was done; else the ticket again, with the form as it was sent and why it was refused.
async fn answer(
    app: &App,
    sent: &Submission,
    ticket: TicketId,
    form: String,
    outcome: Result<&'static str>,
) -> Result<Response, Fault> {
    let error = match outcome {
        Ok(what) => return Ok(done(&format!("/tickets/{ticket}?done={what}"))),
        Err(error) => error,
    };
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let mut page = TicketPage::read(app, &sent.member, ticket).await?;
    let tolerance = app.service.policies.at(page.view.today).1.spending.tolerance;
    page.ways = WaysOut::of(refused.refusal.as_ref(), ticket, tolerance).filter(|_| form == "time");
    page.forms = Forms::sent(form, Form::sent(sent.values.clone(), refused));
    show_with(status, &page)
}

async fn log(State(app): State<App>, Id(ticket): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    agent_at(&app, &sent.member.caller, ticket).await?;
    if sent.values.filled("preview").is_some() {
        let mut page = TicketPage::read(&app, &sent.member, ticket).await?;
        page.line = entry::understand(&app, &sent.member, &sent.values).await?;
        page.forms = Forms::sent("time", Form::sent(sent.values.clone(), Refused::default()));
        return show(&page);
    }
    let logged = match entry::work(&sent.values, sent.member.lang()) {
        Ok(work) => app.service.log_time(sent.request(), ticket, work).await,
        Err(error) => Err(error),
    };
    match logged {
        Ok(time) => Ok(done(&format!("/tickets/{ticket}?booked={}", time.entry.id))),
        Err(error) => answer(&app, &sent, ticket, "time".to_owned(), Err(error)).await,
    }
}

/// An agent who may see the ticket; a contact of another customer does not learn that it exists.
async fn agent_at(app: &App, caller: &Caller, ticket: TicketId) -> Result<()> {
    app.service.ticket(caller, ticket).await?;
    caller.staff(caller.is_agent()).map(drop)
}

async fn propose(State(app): State<App>, Id(ticket): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    agent_at(&app, &sent.member.caller, ticket).await?;
    let made = match read_estimate(&sent.values, sent.member.lang()) {
        Ok(new) => app.service.propose_estimate(sent.request(), ticket, new).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, ticket, "estimate".to_owned(), made.map(|_| "proposed")).await
}

fn read_estimate(values: &Values, lang: Lang) -> Result<NewEstimate> {
    let mut fields = Fields::default();
    let new = NewEstimate {
        minutes: forms::time(&mut fields, "minutes", values, lang),
        description: fields.text("description", values.get("description")),
        answer_by: fields.date("answer_by", values.filled("answer_by")),
        work_until: fields.date("work_until", values.filled("work_until")),
    };
    fields.done()?;
    Ok(new)
}

/// The ticket of an estimate, for an agent.
async fn ticket_of_estimate(app: &App, sent: &Submission, id: EstimateId) -> Result<TicketId> {
    let caller = &sent.member.caller;
    let estimate = app.service.estimate(caller, id).await?;
    caller.staff(caller.is_agent())?;
    Ok(estimate.ticket_id)
}

async fn record(State(app): State<App>, Id(id): Id<EstimateId>, sent: Submission) -> Result<Response, Fault> {
    let ticket = ticket_of_estimate(&app, &sent, id).await?;
    let recorded = match read_told(&sent.values, app.service.policies.time_zone()) {
        Ok(told) => app.service.accept_estimate(sent.request(), id, Some(told)).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, ticket, format!("record-{id}"), recorded.map(|_| "recorded")).await
}

fn read_told(values: &Values, zone: Tz) -> Result<ToldAgreement> {
    let mut fields = Fields::default();
    let contact = fields.needed("contact_id", values.get("contact_id"), "is needed: the contact who agreed");
    let via = fields.needed("channel", values.get("channel"), "expected one of the choices");
    let note = fields.text("note", values.get("note"));
    let at = forms::moment(&mut fields, "agreed_at", values, zone);
    fields.done()?;
    let (contact, via) = contact.zip(via).ok_or(Error::NotFound("contact"))?;
    Ok(ToldAgreement { contact, via, note, at })
}

async fn decline_for(State(app): State<App>, Id(id): Id<EstimateId>, sent: Submission) -> Result<Response, Fault> {
    let ticket = ticket_of_estimate(&app, &sent, id).await?;
    let contact = sent.values.get("contact_id").parse().ok();
    let declined = app.service.decline_estimate(sent.request(), id, contact).await;
    answer(&app, &sent, ticket, format!("close-{id}"), declined.map(|_| "declined")).await
}

async fn close(State(app): State<App>, Id(id): Id<EstimateId>, sent: Submission) -> Result<Response, Fault> {
    let ticket = ticket_of_estimate(&app, &sent, id).await?;
    let closed = app.service.close_estimate(sent.request(), id).await;
    answer(&app, &sent, ticket, format!("close-{id}"), closed.map(|_| "closed")).await
}

/// The ticket of an entry, for an agent.
async fn ticket_of_entry(app: &App, sent: &Submission, id: TimeEntryId) -> Result<TicketId> {
    let caller = &sent.member.caller;
    let entry = app.service.time_entry(caller, id).await?;
    caller.staff(caller.is_agent())?;
    Ok(entry.ticket_id)
}

fn read_reason(values: &Values) -> Result<String> {
    let mut fields = Fields::default();
    let reason = fields.text("reason", values.get("reason"));
    fields.done().map(|()| reason)
}

async fn reverse(State(app): State<App>, Id(id): Id<TimeEntryId>, sent: Submission) -> Result<Response, Fault> {
    let ticket = ticket_of_entry(&app, &sent, id).await?;
    let reversed = match read_reason(&sent.values) {
        Ok(reason) => app.service.reverse_entry(sent.request(), id, reason).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, ticket, format!("reverse-{id}"), reversed.map(|_| "reversed")).await
}

async fn cover_for(State(app): State<App>, Id(id): Id<TimeEntryId>, sent: Submission) -> Result<Response, Fault> {
    let ticket = ticket_of_entry(&app, &sent, id).await?;
    let contact: Option<ContactId> = sent.values.get("by").parse().ok();
    let covered = match (read_reason(&sent.values), contact, sent.values.get("by")) {
        (Err(error), _, _) => Err(error),
        (Ok(reason), Some(_), _) => app.service.cover_by_card(sent.request(), id, contact, reason).await,
        (Ok(reason), None, "goodwill") => app.service.cover_by_goodwill(sent.request(), id, reason).await,
        (Ok(_), None, _) => Err(by_whom()),
    };
    answer(&app, &sent, ticket, format!("cover-{id}"), covered.map(|_| "covered")).await
}

fn by_whom() -> Error {
    let mut fields = Fields::default();
    fields.fault("by", "expected one of the choices");
    fields.done().err().unwrap_or(Error::NotFound("contact"))
}

#[derive(Debug, Default, Deserialize)]
struct OfCustomer {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "tickets/list.html")]
struct TicketList {
    page: Page,
    t: &'static TicketTexts,
    staff: bool,
    /// Where a new one is made.
    new: Option<String>,
    customer: Customer,
    rows: Vec<Ticket>,
    newest: Option<String>,
    older: Option<String>,
    zone: Tz,
}

impl TicketList {
    fn kind(&self, ticket: &Ticket) -> &'static str {
        words::ticket_kind(ticket.kind, self.page.lang)
    }

    fn day(&self, ticket: &Ticket) -> String {
        text::date_short(ticket.created_at.with_timezone(&self.zone).date_naive(), self.page.lang)
    }
}

async fn of_customer(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(asked): Search<OfCustomer>,
) -> Result<Response, Fault> {
    let caller = &member.caller;
    let before = position(asked.cursor.as_deref())?.map_or(Ok(i64::MAX), |text| text.parse());
    let before = before.map_err(|_| crate::web::extract::bad_cursor())?;
    let customer = app.service.customer(caller, id).await?;
    let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
    let mut rows = app.service.tickets_of(caller, id, before, limit).await?;
    let more = rows.len() > MANY;
    rows.truncate(MANY);
    let address = format!("/customers/{id}/tickets");
    let older = rows.last().filter(|_| more);
    show(&TicketList {
        page: member.page(),
        t: TicketTexts::of(member.lang()),
        staff: caller.is_staff(),
        new: new_address(caller, id),
        older: older.map(|ticket| format!("{address}?cursor={}", cursor(&ticket.number.to_string()))),
        newest: asked.cursor.map(|_| address),
        customer,
        rows,
        zone: app.service.policies.time_zone(),
    })
}

/// Where this caller makes a ticket of a customer.
fn new_address(caller: &Caller, customer: CustomerId) -> Option<String> {
    if caller.is_staff() {
        caller.is_agent().then(|| format!("/desk/customers/{customer}/tickets/new"))
    } else {
        Some(format!("/customers/{customer}/tickets/new"))
    }
}

#[derive(Template)]
#[template(path = "tickets/new.html")]
struct NewPage {
    page: Page,
    t: &'static TicketTexts,
    customer: Customer,
    contacts: Vec<(ContactId, String)>,
    form: Form,
}

impl NewPage {
    async fn read(app: &App, member: &Member, id: CustomerId, form: Form) -> Result<Self> {
        member.caller.staff(member.caller.is_agent())?;
        let customer = app.service.customer(&member.caller, id).await?;
        let contacts = app.service.contacts(&member.caller, id).await?;
        let contacts = contacts.into_iter().map(|found| (found.contact.id, found.contact.name)).collect();
        Ok(Self { page: member.page(), t: TicketTexts::of(member.lang()), customer, contacts, form })
    }

    fn kinds(&self) -> Vec<(TicketKind, &'static str)> {
        TicketKind::ALL.iter().map(|kind| (*kind, words::ticket_kind(*kind, self.page.lang))).collect()
    }
}

async fn new(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    show(&NewPage::read(&app, &member, id, Form::default()).await?)
}

async fn make(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.staff(sent.member.caller.is_agent())?;
    let made = match read_ticket(&sent.values) {
        Ok(new) => app.service.open_ticket(sent.request(), id, new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(ticket) => Ok(done(&format!("/tickets/{}?done=made", ticket.id))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &NewPage::read(&app, &sent.member, id, form).await?)
        }
    }
}

fn read_ticket(values: &Values) -> Result<NewTicket> {
    let mut fields = Fields::default();
    let new = NewTicket {
        subject: fields.line("subject", values.get("subject")),
        description: fields.text("description", values.get("description")),
        requester: fields.optional("requester_id", values.filled("requester_id"), "expected one of the choices"),
        kind: fields.needed("kind", values.get("kind"), "expected one of the choices").unwrap_or(TicketKind::Question),
        topic: values.filled("topic").map(str::to_owned),
        urgency: fields.optional("urgency", values.filled("urgency"), "expected one of the choices"),
    };
    fields.done()?;
    Ok(new)
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/tickets/{id}", get(index))
        .route("/tickets/{id}/time", post(log))
        .route("/tickets/{id}/estimates", post(propose))
        .route("/estimates/{id}/record", post(record))
        .route("/estimates/{id}/decline-for", post(decline_for))
        .route("/estimates/{id}/close", post(close))
        .route("/time-entries/{id}/reverse", post(reverse))
        .route("/time-entries/{id}/cover-for", post(cover_for))
        .route("/customers/{id}/tickets", get(of_customer))
        .route("/desk/customers/{id}/tickets/new", get(new).post(make))
}
