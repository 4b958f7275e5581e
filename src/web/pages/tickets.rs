//! A ticket with everything on it, and what an agent does there: log time, ask for an agreement or write one down, correct.

use super::clock::{ClockTexts, ClockView, Watch};
use super::coverage::Panel;
use super::desk::notice_of;
use super::entry::{self, Clock, EntryTexts, Extras, Understood, WaysOut};
use super::forms::{self, Form, Forms};
use super::handling::{self, HandlingTexts, Said};
use super::queue::{self, MANY, QueueTexts, TicketRow};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::estimate::AnswerVia;
use crate::domain::{
    ContactId, CoveredBy, Customer, CustomerId, Doing, Estimate, EstimateId, EstimateStatus, Measure, Minutes, Policy,
    TicketId, TimeEntryId, TransactionKind, clocks,
};
use crate::service::access::Caller;
use crate::service::desk::{Filter, ShownEntry, ShownEstimate, TicketView};
use crate::service::tickets::{NewEstimate, ToldAgreement};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::arithmetic::sentences;
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
        status: "Status", "Status";
        priority: "Prioriteit", "Priority";
        product: "Product", "Product";
        unsaid: "Dit helpt ons sneller antwoorden:", "This helps us answer sooner:";
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
        repriced: "Opnieuw berekend", "Priced again";
        repriced_why: "ander werk van die dag is teruggedraaid", "other work of that day was reversed";
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
    h: &'static HandlingTexts,
    k: &'static ClockTexts,
    panel: Panel,
    clocks: Vec<ClockView>,
    said: Vec<Said>,
    /// The terms under which it came in.
    policy: Policy,
    now: DateTime<Utc>,
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
    extras: Extras,
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
        let (terms, now, zone) =
            (app.service.terms_of(&view.ticket), app.service.clock.now(), app.service.policies.time_zone());
        let watch = Watch { policy: terms, now, zone, lang };
        let channels = policy.spending.channels.iter().filter_map(|channel| channel.as_str().parse().ok()).collect();
        Ok(Self {
            page: member.page().at(format!("/tickets/{id}")),
            t: TicketTexts::of(lang),
            e: EntryTexts::of(lang),
            h: HandlingTexts::of(lang),
            k: ClockTexts::of(lang),
            panel: Panel::of(&view.ticket, &view.decisions, policy, zone, lang)?,
            clocks: watch.clocks(&view.ticket),
            said: handling::timeline(&view.events, terms, zone, lang),
            policy: terms.clone(),
            now,
            zone,
            agent: caller.is_agent(),
            staff: caller.is_staff(),
            answers,
            spenders,
            channels,
            forms: Forms::default(),
            extras: Extras::of(app, lang),
            line: Understood::default(),
            ways: None,
            notice: None,
            view,
        })
    }

    fn lang(&self) -> Lang {
        self.page.lang
    }

    fn kind(&self) -> &'static str {
        words::ticket_kind(self.view.ticket.kind, self.lang())
    }

    fn reported(&self) -> String {
        let channel = words::channel(self.view.ticket.channel, self.lang());
        format!("{}, {channel}", text::moment(self.view.ticket.received_at, self.zone, self.lang()))
    }

    fn stands(&self) -> &'static str {
        words::ticket_status(self.view.ticket.status, self.lang())
    }

    fn priority(&self) -> Option<&str> {
        clocks::priority(&self.policy, &self.view.ticket).map(|priority| priority.name.of(self.lang().into()))
    }

    /// How to get help outside the service hours, where this priority has any.
    fn emergency(&self) -> Option<&str> {
        let priority =
            clocks::priority(&self.policy, &self.view.ticket).filter(|_| self.view.ticket.status.is_open())?;
        priority.emergency.as_ref().map(|text| text.of(self.lang().into()))
    }

    /// What whoever reported should know (SLA-6).
    fn notices(&self) -> Vec<String> {
        let role = self.view.requester.as_ref().map(|contact| contact.role);
        let words = |notice: clocks::Notice<'_>| words::notice(notice, self.lang());
        clocks::notices(&self.policy, &self.view.ticket, role).into_iter().map(words).collect()
    }

    /// What was said besides the report.
    fn answers_given(&self) -> Vec<(&'static str, &str)> {
        let given = self.view.ticket.intake.0.iter();
        given.map(|(question, text)| (words::question(*question, self.lang()), text.as_str())).collect()
    }

    /// What would help, and was not said.
    fn unsaid(&self) -> Option<String> {
        let open = self.view.ticket.intake.unsaid(&self.policy.tickets.intake);
        let questions: Vec<&str> = open.iter().map(|question| words::question(*question, self.lang())).collect();
        let asks = !questions.is_empty() && self.view.ticket.status.is_open();
        asks.then(|| format!("{} {}", self.t.unsaid, questions.join(" ")))
    }

    /// Since when the customer says that nothing moves, and with whom that lies (SLA-7).
    fn stalled(&self) -> Option<String> {
        let since = self.view.ticket.stalled_at.filter(|_| self.view.ticket.status.is_open())?;
        let since = text::moment(since, self.zone, self.lang());
        let manager = self.policy.provider.account_manager.as_deref().unwrap_or(&self.policy.provider.email);
        Some(either(
            self.lang(),
            format!("De klant meldde op {since} dat het stil ligt. Aan zet: de accountmanager, {manager}."),
            format!("The customer said on {since} that nothing moves. Up to the account manager, {manager}."),
        ))
    }

    /// The missed targets that ask for their reason: the clock, the question, whether a new moment is needed (SLA-5).
    fn unexplained(&self) -> Vec<(Measure, &'static str, bool)> {
        let ticket = &self.view.ticket;
        let asks = |measure: &Measure| ticket.is_unexplained(*measure, self.now);
        let binding = clocks::is_binding(&self.policy, ticket);
        let question = |measure: Measure| match measure {
            Measure::Response => self.h.explain_response,
            Measure::Resolution => self.h.explain_resolution,
        };
        let open = Measure::ALL.iter().copied().filter(asks).filter(|_| binding);
        open.map(|measure| (measure, question(measure), ticket.met_at(measure).is_none())).collect()
    }

    /// The priorities that could be agreed on.
    fn priorities(&self) -> Vec<(&str, &str)> {
        let others = self.policy.priorities.iter().filter(|each| Some(&each.id) != self.view.ticket.priority.as_ref());
        others.map(|each| (each.id.as_str(), each.name.of(self.lang().into()))).collect()
    }

    fn buttons(&self) -> Vec<(&'static str, &'static str)> {
        let offered = self.policy.tickets.stalled_button;
        handling::buttons(&self.view.ticket, self.agent, offered, self.lang())
    }

    fn reply_label(&self) -> &'static str {
        if self.agent { self.h.reply } else { self.h.reply_customer }
    }

    fn reply_hint(&self) -> &'static str {
        let offered = self.policy.tickets.stalled_button && self.view.ticket.status.is_open();
        match (self.agent, offered) {
            (true, _) => self.h.reply_hint,
            (false, true) => self.h.stall_hint,
            (false, false) => "",
        }
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
            facts.extend(shown.link.as_ref().map(|link| link.told(lang.into())));
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
            (CoveredBy::Free, _) if entry.charged_now().is_zero() => {
                words::covered_by(CoveredBy::Free, self.lang()).to_owned()
            }
            (CoveredBy::Card | CoveredBy::Free, Some(agreed)) => {
                let minutes = agreed.estimate.minutes;
                either(self.lang(), format!("afspraak van {minutes}"), format!("agreement of {minutes}"))
            }
            (CoveredBy::Free, None) => words::covered_by(CoveredBy::Card, self.lang()).to_owned(),
            (other, _) => words::covered_by(other, self.lang()).to_owned(),
        }
    }

    /// How the charge of an entry came about, in sentences.
    fn arithmetic(&self, shown: &ShownEntry) -> Vec<String> {
        shown.entry.arithmetic.as_ref().map(|steps| sentences(steps, self.lang())).unwrap_or_default()
    }

    /// What was corrected about an entry later, in sentences.
    fn corrections(&self, shown: &ShownEntry) -> Vec<String> {
        let own = self.view.corrections.iter().filter(|corrected| corrected.time_entry_id == shown.entry.id);
        let sentence = |corrected: &crate::service::desk::Corrected| {
            let what = match corrected.kind {
                TransactionKind::Reversal => self.t.reversed,
                TransactionKind::Goodwill => self.t.given_later,
                TransactionKind::Repricing => self.t.repriced,
                _ => self.t.covered_later,
            };
            let day = text::date(corrected.recorded_at.with_timezone(&self.zone).date_naive(), self.lang());
            let by = corrected
                .by_name
                .as_ref()
                .map_or(String::new(), |name| either(self.lang(), format!(" door {name}"), format!(" by {name}")));
            let unsaid = if corrected.kind == TransactionKind::Repricing { self.t.repriced_why } else { self.t.erased };
            let reason = corrected.reason.as_deref().unwrap_or(unsaid);
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
    if let Ok(kind) = done.parse() {
        let (nl, en) = handling::sentence(kind);
        return Some(either(lang, nl, en));
    }
    let (nl, en) = match done {
        "made" => (
            "De melding is binnen. Hieronder staat wie het werk betaalt.",
            "The ticket has come in. Below it says who pays for the work.",
        ),
        "proposed" => ("De schatting staat klaar voor de klant.", "The estimate is there for the customer to answer."),
        "recorded" => ("Akkoord vastgelegd. De uren zijn gereserveerd.", "Agreement recorded. The hours are held."),
        "closed" => ("Gesloten. Wat over was, is vrijgegeven.", "Closed. What was left is released."),
        "declined" => ("Afwijzing vastgelegd.", "Recorded as declined."),
        "reversed" => (
            "Teruggedraaid. De uren staan weer waar ze vandaan kwamen.",
            "Reversed. The hours are back where they came from.",
        ),
        "covered" => ("Gedekt.", "Covered."),
        "decided" => ("Vastgelegd wie dit betaalt.", "Recorded who pays for this."),
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
pub(super) async fn answer(
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
    let logged = match entry::work(&sent.values, sent.member.lang(), &Clock::of(&app)) {
        Ok(work) => app.service.log_time(sent.request(), ticket, work).await,
        Err(error) => Err(error),
    };
    match logged {
        Ok(time) => Ok(done(&format!("/tickets/{ticket}?booked={}", time.entry.id))),
        Err(error) => answer(&app, &sent, ticket, "time".to_owned(), Err(error)).await,
    }
}

/// An agent who may see the ticket; a contact of another customer does not learn that it exists.
pub(super) async fn agent_at(app: &App, caller: &Caller, ticket: TicketId) -> Result<()> {
    app.service.ticket(caller, ticket).await?;
    caller.may(Doing::Serve).map(drop)
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
    caller.may(Doing::Serve)?;
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
    caller.may(Doing::Serve)?;
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
    rows: Vec<TicketRow>,
    q: &'static QueueTexts,
    newest: Option<String>,
    older: Option<String>,
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
    let mut found = app.service.tickets_of(caller, id, &Filter::default(), before, limit).await?;
    let more = found.len() > MANY;
    found.truncate(MANY);
    let address = format!("/customers/{id}/tickets");
    let older = found.last().filter(|_| more);
    show(&TicketList {
        page: member.page(),
        t: TicketTexts::of(member.lang()),
        staff: caller.is_staff(),
        new: new_address(caller, id),
        older: older.map(|row| format!("{address}?cursor={}", cursor(&row.ticket.number.to_string()))),
        newest: asked.cursor.map(|_| address),
        customer,
        rows: queue::rows(&app.service, member.lang(), &found, false),
        q: QueueTexts::of(member.lang()),
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
}
