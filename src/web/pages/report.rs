//! A new ticket, by the customer or by an agent: what is asked is a nudge, never a block (COVER-5).

use super::coverage::Choices;
use super::forms::{self, Form};
use super::texts::texts;
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::{
    Channel, ContactId, Customer, CustomerId, Doing, Installation, Intake, Policy, Question, Report, TicketKind, clocks,
};
use crate::service::Result;
use crate::web::App;
use crate::web::extract::Id;
use crate::web::fields::Fields;
use crate::web::text::Lang;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;

texts! {
    /// Words of a new ticket.
    pub struct ReportTexts {
        title: "Iets melden", "Report something";
        lead: "Een melding kost niets. Voor werk dat wel iets kost, vragen we eerst akkoord.", "A report costs nothing. For work that does, we ask for agreement first.";
        title_agent: "Nieuwe melding", "New ticket";
        desk: "Werkbank", "Desk";
        subject: "Onderwerp", "Subject";
        description: "Wat is er aan de hand?", "What is the matter?";
        kind: "Waar gaat het over?", "What is it about?";
        kind_defect: "Iets werkt niet zoals het hoort", "Something does not work as it should";
        kind_question: "Een vraag over het gebruik", "A question about how to use it";
        kind_third_party: "Iets van een andere leverancier", "Something of another supplier";
        kind_change: "Een wijziging of iets nieuws", "A change or something new";
        installation: "Welke installatie?", "Which installation?";
        no_installation: "geen in het bijzonder", "none in particular";
        requester: "Namens wie", "On behalf of";
        nobody: "niemand in het bijzonder", "nobody in particular";
        channel: "Hoe kwam het binnen?", "How did it come in?";
        received: "Wanneer kwam het binnen?", "When did it come in?";
        received_hint: "Leeg: nu. De termijnen tellen vanaf hier.", "Empty: now. The clocks count from here.";
        product: "Product", "Product";
        any_product: "weet ik niet", "I do not know";
        impact: "Hoe erg is het?", "How bad is it?";
        reach: "Voor wie?", "For whom?";
        unsure: "weet ik niet", "I do not know";
        matrix: "Welke prioriteit volgt hieruit?", "Which priority follows?";
        nudge: "Hiermee kunnen we meteen antwoorden", "This helps us answer at once";
        nudge_lead: "Vul in wat u weet; leeg laten mag altijd.", "Fill in what you know; leaving it empty is always fine.";
        leak: "Er kunnen persoonsgegevens op straat liggen", "Personal data may have come into the open";
        send: "Versturen", "Send";
        make: "Maak melding", "Make ticket";
    }
}

/// A page of the form: for whom, what can be chosen, what was typed.
#[derive(Template)]
#[template(path = "tickets/report.html")]
struct ReportPage {
    page: Page,
    t: &'static ReportTexts,
    customer: Customer,
    /// Whom staff can name.
    contacts: Vec<(ContactId, String)>,
    /// What the report can be about, where that is more than one (CARD-8).
    installations: Vec<Installation>,
    staff: bool,
    action: String,
    policy: Policy,
    choices: Choices,
    form: Form,
}

/// The fields of the form that say themselves what is wrong.
const FIELDS: [&str; 11] = [
    "subject",
    "description",
    "kind",
    "topic",
    "urgency",
    "requester_id",
    "installation_id",
    "channel",
    "received_at",
    "impact",
    "reach",
];

impl ReportPage {
    async fn read(app: &App, member: &Member, id: CustomerId, action: String, form: Form) -> Result<Self> {
        let caller = &member.caller;
        let customer = app.service.customer(caller, id).await?;
        let contacts = if caller.is_staff() { app.service.contacts(caller, id).await? } else { Vec::new() };
        let contacts = contacts.into_iter().map(|found| (found.contact.id, found.contact.name)).collect();
        let installations = app.service.installations(caller, id).await?;
        let (t, page) = (ReportTexts::of(member.lang()), member.page().at(action.clone()));
        let policy = app.service.policies.newest().clone();
        let (staff, choices) = (caller.is_staff(), Choices::of(&policy, member.lang()));
        Ok(Self { page, t, customer, contacts, installations, staff, action, policy, choices, form })
    }

    fn lang(&self) -> Lang {
        self.page.lang
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn fields(&self) -> &'static [&'static str] {
        &FIELDS
    }

    fn title(&self) -> &'static str {
        if self.staff { self.t.title_agent } else { self.t.title }
    }

    fn kinds(&self) -> [(TicketKind, &'static str); 4] {
        let t = self.t;
        [
            (TicketKind::Question, t.kind_question),
            (TicketKind::Defect, t.kind_defect),
            (TicketKind::ThirdParty, t.kind_third_party),
            (TicketKind::Change, t.kind_change),
        ]
    }

    fn channels(&self) -> Vec<(Channel, &'static str)> {
        self.policy.tickets.channels.iter().map(|channel| (*channel, words::channel(*channel, self.lang()))).collect()
    }

    fn impacts(&self) -> Vec<(&str, &str)> {
        let lang = self.lang().into();
        self.policy.matrix.impacts.iter().map(|impact| (impact.id.as_str(), impact.name.of(lang))).collect()
    }

    fn reaches(&self) -> Vec<(&str, &str)> {
        let lang = self.lang().into();
        self.policy.matrix.reaches.iter().map(|reach| (reach.id.as_str(), reach.name.of(lang))).collect()
    }

    /// Each impact with the name of the priority for each reach: the whole matrix, to be read without a script.
    fn matrix(&self) -> Vec<(&str, Vec<&str>)> {
        let lang = self.lang().into();
        let name = |id: &String| self.policy.priority(id).map_or("", |priority| priority.name.of(lang));
        let row = |impact: &'_ crate::domain::policy::Impact| impact.priorities.iter().map(name).collect();
        self.policy.matrix.impacts.iter().map(|impact| (impact.name.of(lang), row(impact))).collect()
    }

    /// The priority that what is chosen leads to, once the form came back.
    fn follows(&self) -> Option<String> {
        let chosen = |field| Some(self.form.get(field)).filter(|id| !id.is_empty());
        let impact = chosen("impact").filter(|_| self.form.sent)?;
        let priority = clocks::assess(&self.policy, None, Some(impact), chosen("reach"))?;
        let name = priority.name.of(self.lang().into());
        Some(either(self.lang(), format!("Prioriteit: {name}."), format!("Priority: {name}.")))
    }

    /// The questions of the policy, with how each is asked.
    fn questions(&self) -> Vec<(Question, &'static str)> {
        self.policy.tickets.intake.iter().map(|question| (*question, words::question(*question, self.lang()))).collect()
    }
}

/// Reads the form: what an agent adds is left alone where a contact sent it.
fn read(values: &Values, policy: &Policy, zone: Tz) -> Result<Report> {
    const CHOICES: &str = "expected one of the choices";
    let mut fields = Fields::default();
    let said = policy.tickets.intake.iter().filter_map(|question| {
        let text = fields.optional_text(question.as_str(), values.filled(question.as_str()))?;
        Some((*question, text))
    });
    let intake = Intake(said.collect());
    let report = Report {
        subject: fields.line("subject", values.get("subject")),
        description: fields.text("description", values.get("description")),
        requester: fields.optional("requester_id", values.filled("requester_id"), CHOICES),
        kind: fields.needed("kind", values.get("kind"), CHOICES).unwrap_or_default(),
        installation: fields.optional("installation_id", values.filled("installation_id"), CHOICES),
        topic: values.filled("topic").map(str::to_owned),
        urgency: fields.optional("urgency", values.filled("urgency"), CHOICES),
        channel: fields.optional("channel", values.filled("channel"), CHOICES).unwrap_or_default(),
        product: fields.optional_line("product", values.filled("product")),
        intake,
        impact: fields.optional_line("impact", values.filled("impact")),
        reach: fields.optional_line("reach", values.filled("reach")),
        received_at: forms::moment(&mut fields, "received_at", values, zone),
        data_leak: values.filled("data_leak").is_some(),
    };
    fields.done()?;
    Ok(report)
}

/// Opens the ticket, or shows the form again with what was wrong.
async fn send(app: &App, id: CustomerId, action: String, sent: Submission) -> Result<Response, Fault> {
    let report = read(&sent.values, app.service.policies.newest(), app.service.policies.time_zone());
    let opened = match report {
        Ok(report) => app.service.open_ticket(sent.request(), id, report).await,
        Err(error) => Err(error),
    };
    match opened {
        // Where it says what it will cost, before anybody works on it (COVER-1).
        Ok(ticket) => Ok(done(&format!("/tickets/{}?done=made", ticket.id))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &ReportPage::read(app, &sent.member, id, action, form).await?)
        }
    }
}

fn of_customer(id: CustomerId) -> String {
    format!("/customers/{id}/tickets/new")
}

fn at_desk(id: CustomerId) -> String {
    format!("/desk/customers/{id}/tickets/new")
}

async fn form(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    member.caller.may_at(id, Doing::Report)?;
    show(&ReportPage::read(&app, &member, id, of_customer(id), Form::default()).await?)
}

async fn report(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    send(&app, id, of_customer(id), sent).await
}

async fn desk_form(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    member.caller.may(Doing::Serve)?;
    show(&ReportPage::read(&app, &member, id, at_desk(id), Form::default()).await?)
}

async fn make(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::Serve)?;
    send(&app, id, at_desk(id), sent).await
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/customers/{id}/tickets/new", get(form).post(report))
        .route("/desk/customers/{id}/tickets/new", get(desk_form).post(make))
}
