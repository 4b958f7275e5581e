//! What is said and done on a ticket: the timeline that both sides read, and the forms beneath it.

use super::forms;
use super::texts::texts;
use super::tickets::answer;
use super::words::{self, either};
use super::{Fault, Submission, Values};
use crate::domain::{Handling, Measure, Policy, Ticket, TicketEventKind, TicketId, TicketStatus};
use crate::service::desk::Happened;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Id;
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use chrono_tz::Tz;

texts! {
    /// Words of the timeline and its forms.
    pub struct HandlingTexts {
        title: "Wat er gebeurde", "What happened";
        nothing: "Nog niets.", "Nothing yet.";
        reply: "Bericht aan de klant", "Message to the customer";
        reply_customer: "Uw bericht", "Your message";
        reply_hint: "De klant leest dit, behalve een interne notitie.", "The customer reads this, except an internal note.";
        say: "Stuur bericht", "Send message";
        note: "Interne notitie", "Internal note";
        note_tag: "alleen intern", "internal only";
        acknowledge: "Bevestig ontvangst", "Acknowledge";
        wait: "Vraag en wacht op klant", "Ask, and wait for customer";
        work: "In behandeling", "In progress";
        resolve: "Opgelost", "Resolved";
        close: "Sluiten", "Close";
        reopen: "Heropenen", "Reopen";
        stall: "Het ligt stil", "Nothing moves";
        stall_hint: "\"Het ligt stil\" zet uw melding bovenaan op de werkbank, bij de accountmanager. Er gaat nu nog geen mail uit.", "\"Nothing moves\" puts your ticket at the top of the desk, with the account manager. No mail is sent yet.";
        prioritise: "Andere prioriteit, in overleg", "Another priority, in consultation";
        priority: "Prioriteit", "Priority";
        reason: "Reden, de klant leest dit", "Reason, the customer reads this";
        set: "Wijzig prioriteit", "Change priority";
        explain_response: "Het antwoord kwam niet op tijd: waarom?", "The answer was not in time: why?";
        explain_resolution: "De oplossing kwam niet op tijd: waarom?", "The resolution was not in time: why?";
        expected: "Nu verwacht op", "Expected now on";
        explain: "Vertel het de klant", "Tell the customer";
        to_explain: "Er is een termijn gemist en nog niet uitgelegd.", "A target was missed and has not been explained yet.";
    }
}

/// One line of the timeline.
#[derive(Debug)]
pub struct Said {
    /// Who.
    pub who: String,
    /// When.
    pub when: String,
    /// What was done, in words; none for a plain message.
    pub done: Option<String>,
    /// What was said.
    pub text: Option<String>,
    /// Only the provider reads it.
    pub internal: bool,
    /// The customer said it.
    pub by_customer: bool,
}

/// The timeline, as one reader sees it.
#[must_use]
pub fn timeline(events: &[Happened], policy: &Policy, zone: Tz, lang: Lang) -> Vec<Said> {
    let said = |Happened { event, by_name }: &Happened| Said {
        who: by_name.clone().unwrap_or_default(),
        when: text::moment(event.recorded_at, zone, lang),
        done: done_in_words(event, policy, zone, lang),
        text: event.text.clone(),
        internal: event.kind == TicketEventKind::Note,
        by_customer: event.contact_id.is_some(),
    };
    events.iter().map(said).collect()
}

fn done_in_words(event: &crate::domain::TicketEvent, policy: &Policy, zone: Tz, lang: Lang) -> Option<String> {
    let status = |word: &Option<String>| {
        let status = word.as_deref().and_then(|word| word.parse().ok());
        status.map_or("", |status: TicketStatus| words::ticket_status(status, lang))
    };
    let priority = |word: &Option<String>| {
        let priority = word.as_deref().and_then(|id| policy.priority(id));
        priority.map_or(String::new(), |priority| priority.name.of(lang.into()).to_owned())
    };
    Some(match event.kind {
        TicketEventKind::Message | TicketEventKind::Note if event.became.is_none() => return None,
        TicketEventKind::Note => return None,
        TicketEventKind::Acknowledged => either(lang, "bevestigde de ontvangst", "acknowledged it").to_owned(),
        TicketEventKind::Message | TicketEventKind::Status => {
            format!("{} → {}", status(&event.was), status(&event.became))
        }
        TicketEventKind::Priority => {
            let (was, became) = (priority(&event.was), priority(&event.became));
            either(lang, format!("prioriteit {was} → {became}"), format!("priority {was} → {became}"))
        }
        TicketEventKind::Stalled => either(lang, "meldt dat het stil ligt", "says that nothing moves").to_owned(),
        TicketEventKind::Explained => {
            let expected = event.expected_at.map(|at| text::moment(at, zone, lang));
            let expected = expected.map_or(String::new(), |at| {
                either(lang, format!(", nu verwacht op {at}"), format!(", expected now on {at}"))
            });
            let response = event.was.as_deref() == Some(Measure::Response.as_str());
            let missed = match (response, lang) {
                (true, Lang::Nl) => "legt uit waarom het antwoord niet op tijd was",
                (true, Lang::En) => "explains why the answer was not in time",
                (false, Lang::Nl) => "legt uit waarom de oplossing niet op tijd was",
                (false, Lang::En) => "explains why the resolution was not in time",
            };
            format!("{missed}{expected}")
        }
    })
}

/// The buttons beneath the reply: the value they send, and what they say. The first one is what the Enter key does.
#[must_use]
pub fn buttons(ticket: &Ticket, agent: bool, stalled_button: bool, lang: Lang) -> Vec<(&'static str, &'static str)> {
    let t = HandlingTexts::of(lang);
    let label = |to: TicketStatus| match to {
        TicketStatus::WaitingForCustomer => t.wait,
        TicketStatus::InProgress if ticket.status.is_open() => t.work,
        TicketStatus::InProgress => t.reopen,
        TicketStatus::Resolved => t.resolve,
        TicketStatus::Closed | TicketStatus::New => t.close,
    };
    let next = if agent { ticket.status.next().to_vec() } else { ticket.status.next_for_customer() };
    let moves = next.into_iter().map(|to| (to.as_str(), label(to)));
    let mut all = vec![("say", t.say)];
    all.extend(moves);
    if agent {
        all.push(("note", t.note));
        if ticket.responded_at.is_none() && ticket.status.is_open() {
            all.push(("acknowledge", t.acknowledge));
        }
    } else if stalled_button && ticket.status.is_open() {
        all.push(("stall", t.stall));
    }
    all
}

/// Reads which button was used, with what was typed.
fn read(values: &Values) -> Result<Handling> {
    let mut fields = Fields::default();
    let handling = match values.get("do") {
        "say" | "" => Handling::Say { text: fields.text("text", values.get("text")) },
        "note" => Handling::Note { text: fields.text("text", values.get("text")) },
        other => {
            let text = fields.optional_text("text", values.filled("text"));
            match other {
                "acknowledge" => Handling::Acknowledge { text },
                "stall" => Handling::Stall { text },
                status => Handling::Move { to: status.parse().map_err(|_| Error::NotFound("page"))?, text },
            }
        }
    };
    fields.done()?;
    Ok(handling)
}

/// Does it, and leads back to the ticket.
async fn handled(
    app: &App,
    sent: &Submission,
    ticket: TicketId,
    form: String,
    handling: Result<Handling>,
) -> Result<Response, Fault> {
    app.service.ticket(&sent.member.caller, ticket).await?;
    let done = match handling {
        Ok(handling) => app.service.handle_ticket(sent.request(), ticket, handling).await,
        Err(error) => Err(error),
    };
    answer(app, sent, ticket, form, done.map(|event| event.kind.as_str())).await
}

async fn handle(State(app): State<App>, Id(id): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    handled(&app, &sent, id, "reply".to_owned(), read(&sent.values)).await
}

async fn prioritise(State(app): State<App>, Id(id): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let handling = Handling::Prioritise {
        priority: fields.line("priority", sent.values.get("priority")),
        reason: fields.text("reason", sent.values.get("reason")),
    };
    handled(&app, &sent, id, "priority".to_owned(), fields.done().map(|()| handling)).await
}

async fn explain(State(app): State<App>, Id(id): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let measure = fields.needed("measure", sent.values.get("measure"), "expected one of the choices");
    let measure = measure.unwrap_or(Measure::Response);
    let zone = app.service.policies.time_zone();
    let handling = Handling::Explain {
        measure,
        reason: fields.text("reason", sent.values.get("reason")),
        expected_at: forms::moment(&mut fields, "expected_at", &sent.values, zone),
    };
    handled(&app, &sent, id, format!("explain-{measure}"), fields.done().map(|()| handling)).await
}

/// What was just done, in one sentence.
#[must_use]
pub const fn sentence(done: TicketEventKind) -> (&'static str, &'static str) {
    match done {
        TicketEventKind::Acknowledged => ("De ontvangst is bevestigd.", "The receipt was acknowledged."),
        TicketEventKind::Message => ("Het bericht staat bij de melding.", "The message is on the ticket."),
        TicketEventKind::Note => {
            ("De notitie is bewaard; de klant ziet haar niet.", "The note is kept; the customer does not see it.")
        }
        TicketEventKind::Status => ("De status is gewijzigd.", "The status was changed."),
        TicketEventKind::Priority => (
            "De prioriteit is gewijzigd; de termijnen zijn opnieuw berekend.",
            "The priority was changed; the clocks were set anew.",
        ),
        TicketEventKind::Stalled => (
            "Gemeld: uw melding staat nu bovenaan op de werkbank.",
            "Reported: your ticket is now at the top of the desk.",
        ),
        TicketEventKind::Explained => ("De uitleg staat bij de melding.", "The explanation is on the ticket."),
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/tickets/{id}/handle", post(handle))
        .route("/tickets/{id}/priority", post(prioritise))
        .route("/tickets/{id}/explain", post(explain))
}
