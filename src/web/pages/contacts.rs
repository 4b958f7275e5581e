//! The persons of a customer: who may see, agree and manage, until when and up to how much; links to log in (SPEND-1,
//! SPEND-2, SPEND-6).

use super::texts::texts;
use super::{App, Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::authority::OwnersEnd;
use crate::domain::{AskedVia, Contact, ContactId, Customer, CustomerId, Doing, Minutes, Role, duration};
use crate::service::customers::{NewContact, WithLogin};
use crate::service::{Error, Result};
use crate::web::extract::{ClientIp, Id};
use crate::web::fields::Fields;
use crate::web::text::{Lang, date};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

texts! {
    /// Words of the page about persons.
    pub struct ContactTexts {
        title: "Wie mag akkoord geven?", "Who may agree?";
        lead: "Alleen wie hieronder mag besteden, kan akkoord geven op werk van de kaarten van", "Only those who may spend can agree to work on the cards of";
        people: "Personen", "People";
        none: "Er is nog niemand. Voeg eerst een eigenaar toe.", "There is nobody yet. Add an owner first.";
        name: "Naam", "Name";
        role: "Rol", "Role";
        ceiling: "Grens per schatting", "Ceiling per estimate";
        validity: "Geldig", "Valid";
        label_ceiling: "tot", "up to";
        no_ceiling: "geen grens", "no ceiling";
        actions: "Acties", "Actions";
        owner: "eigenaar", "owner";
        spender: "mag akkoord geven", "may agree";
        viewer: "kijkt mee", "may look";
        today: "vandaag bevoegd", "may agree today";
        not_today: "vandaag niet bevoegd", "may not agree today";
        no_login: "nog geen login", "no login yet";
        since: "sinds", "since";
        from: "vanaf", "from";
        until: "tot en met", "until";
        asked: "gevraagd door", "asked by";
        added: "toegevoegd door", "added by";
        via_mail: "per mail", "by mail";
        via_chat: "per chat", "by chat";
        invite: "Uitnodigen", "Invite";
        reset: "Nieuw wachtwoord", "New password";
        remove: "Intrekken", "Revoke";
        add: "Persoon toevoegen", "Add a person";
        email: "E-mailadres", "E-mail address";
        ceiling_hint: "Bijvoorbeeld 4u of 1u30. Leeg: geen grens", "For instance 4h or 1h30. Empty: no ceiling";
        valid_from: "Geldig vanaf", "Valid from";
        valid_until: "Geldig tot en met", "Valid until";
        dates_hint: "Leeg: zonder begin of einde", "Empty: without beginning or end";
        asked_by: "Wie van de klant vroeg hierom?", "Who at the customer asked for this?";
        asked_by_hint: "Nodig voor wie akkoord mag geven, zodra er een eigenaar is", "Needed for whoever may agree, once there is an owner";
        asked_via: "Hoe?", "How?";
        save: "Toevoegen", "Add";
        ends_after: "Er is geen eigenaar meer na", "There is no owner any more after";
        ends_over: "Er is nu geen eigenaar.", "There is no owner now.";
        ends_means: "Zonder eigenaar kan niemand van de klant kaarten bestellen of personen toevoegen. Voeg een eigenaar toe zonder einddatum.", "Without an owner nobody at the customer can order cards or add persons. Add an owner without a last day.";
        link_for: "Link voor", "Link for";
        link_hint: "Geef deze link zelf door. Hij werkt één keer, zeven dagen lang, en is hierna niet meer te zien.", "Pass this link on yourself. It works once, for seven days, and is not shown again.";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/customers/{id}/contacts", get(people).post(add))
        .route("/contacts/{id}/remove", post(remove))
        .route("/contacts/{id}/invite", post(invite))
        .route("/contacts/{id}/reset", post(reset))
}

/// One person on the page.
struct Person {
    id: ContactId,
    name: String,
    email: String,
    role: &'static str,
    spends: bool,
    today: bool,
    ceiling: Option<Minutes>,
    validity: String,
    history: String,
    has_login: bool,
}

/// A link that is shown once.
struct Once {
    name: String,
    link: String,
}

#[derive(Template)]
#[template(path = "contacts/people.html")]
struct PeoplePage {
    page: Page,
    t: &'static ContactTexts,
    customer: Customer,
    people: Vec<Person>,
    /// May add, revoke and invite.
    manages: bool,
    /// Must say who asked, and may hand out new passwords.
    agent: bool,
    /// The owners' days end.
    ends: Option<String>,
    once: Option<Once>,
    values: Values,
    refused: Refused,
    /// Whose row was refused; none for the form at the end.
    refused_at: Option<ContactId>,
}

impl PeoplePage {
    fn roles(&self) -> [(Role, &'static str); 3] {
        [Role::Viewer, Role::Spender, Role::Owner].map(|role| (role, role_name(role, self.t)))
    }

    fn chosen(&self, field: &str, value: impl std::fmt::Display) -> bool {
        self.values.get(field) == value.to_string()
    }

    fn problem(&self) -> Option<&str> {
        self.refused.message.as_deref().filter(|_| self.refused_at.is_none())
    }

    fn problem_with(&self, contact: &ContactId) -> Option<&str> {
        self.refused.message.as_deref().filter(|_| self.refused_at == Some(*contact))
    }
}

/// What is said of owners whose days end (SPEND-1a).
pub(super) fn owners_end(ends: OwnersEnd, lang: Lang) -> String {
    let t = ContactTexts::of(lang);
    match ends {
        OwnersEnd::After(last) => format!("{} {}.", t.ends_after, date(last, lang)),
        OwnersEnd::Over => t.ends_over.to_owned(),
    }
}

pub(super) const fn role_name(role: Role, t: &ContactTexts) -> &'static str {
    match role {
        Role::Owner => t.owner,
        Role::Spender => t.spender,
        Role::Viewer => t.viewer,
    }
}

async fn people_page(app: &App, member: &Member, id: CustomerId) -> Result<PeoplePage, Fault> {
    let caller = &member.caller;
    let customer = app.service.customer(caller, id).await?;
    let found = app.service.contacts(caller, id).await?;
    let lang = member.lang();
    let ends = app.service.owners_end(caller, id).await?;
    Ok(PeoplePage {
        page: member.page().at(format!("/customers/{id}/contacts")),
        t: ContactTexts::of(lang),
        customer,
        people: found.iter().map(|with| person(app, with, lang)).collect(),
        manages: caller.can(id, Doing::ManagePeople),
        agent: caller.is_agent(),
        ends: ends.map(|ends| owners_end(ends, lang)),
        once: None,
        values: Values::default(),
        refused: Refused::default(),
        refused_at: None,
    })
}

fn person(app: &App, with: &WithLogin, lang: Lang) -> Person {
    let contact = &with.contact;
    let now = app.service.clock.now();
    let today = app.service.policies.day(now);
    let policy = app.service.policies.at(today).1;
    Person {
        id: contact.id,
        name: contact.name.clone(),
        email: contact.email.clone(),
        role: role_name(contact.role, ContactTexts::of(lang)),
        spends: contact.role == Role::Spender || (contact.role == Role::Owner && policy.spending.owner_spends),
        today: contact.may_spend(Minutes::ZERO, now, today, policy).is_ok(),
        ceiling: contact.ceiling,
        validity: validity(contact, app.service.policies.day(contact.added_at), lang),
        history: history(with, lang),
        has_login: with.user_id.is_some(),
    }
}

/// From when until when, in words.
fn validity(contact: &Contact, added: chrono::NaiveDate, lang: Lang) -> String {
    let t = ContactTexts::of(lang);
    let begin = contact
        .valid_from
        .map_or_else(|| format!("{} {}", t.since, date(added, lang)), |day| format!("{} {}", t.from, date(day, lang)));
    contact.valid_until.map_or(begin.clone(), |day| format!("{begin} {} {}", t.until, date(day, lang)))
}

/// SPEND-2: who asked for it and how, and who added it.
fn history(with: &WithLogin, lang: Lang) -> String {
    let t = ContactTexts::of(lang);
    let via = match with.contact.asked_via {
        Some(AskedVia::Mail) => t.via_mail,
        Some(AskedVia::Chat) => t.via_chat,
        None => "",
    };
    let asked = with.contact.asked_by.as_ref().map(|who| format!("{} {who} {via}", t.asked).trim_end().to_owned());
    let added = with.added_by_name.as_ref().map(|who| format!("{} {who}", t.added));
    asked.into_iter().chain(added).collect::<Vec<_>>().join(" · ")
}

async fn people(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    show(&people_page(&app, &member, id).await?)
}

async fn add(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    app.service.customer(&sent.member.caller, id).await?;
    let added = match new_contact(&sent.values) {
        Ok(new) => app.service.add_contact(sent.request(), id, new).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(done(&format!("/customers/{id}/contacts"))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let page = people_page(&app, &sent.member, id).await?;
            show_with(status, &PeoplePage { values: sent.values, refused, ..page })
        }
    }
}

fn new_contact(values: &Values) -> Result<NewContact> {
    let mut fields = Fields::default();
    let name = fields.line("name", values.get("name"));
    let email = fields.email("email", values.get("email"));
    let role = fields.needed("role", values.get("role"), "expected one of the choices");
    let ceiling = values.filled("ceiling_minutes").and_then(|text| {
        let read = duration::read(text).ok();
        if read.is_none() {
            fields.fault("ceiling_minutes", "expected a length of time up to 24 hours, such as 4h, 1h30 or 0:45");
        }
        read
    });
    let valid_from = fields.date("valid_from", values.filled("valid_from"));
    let valid_until = fields.date("valid_until", values.filled("valid_until"));
    let asked_by = fields.optional_line("asked_by", values.filled("asked_by"));
    let asked_via = fields.optional("asked_via", values.filled("asked_via"), "expected one of the choices");
    fields.done()?;
    let role = role.unwrap_or(Role::Viewer);
    Ok(NewContact { name, email, role, ceiling, valid_from, valid_until, asked_by, asked_via })
}

async fn remove(State(app): State<App>, Id(id): Id<ContactId>, sent: Submission) -> Result<Response, Fault> {
    let contact = app.service.contact(&sent.member.caller, id).await?;
    match app.service.remove_contact(sent.request(), contact.customer_id, id).await {
        Ok(()) => Ok(done(&format!("/customers/{}/contacts", contact.customer_id))),
        Err(error) => refused(&app, &sent.member, &contact, error).await,
    }
}

async fn invite(
    State(app): State<App>,
    Id(id): Id<ContactId>,
    ClientIp(from): ClientIp,
    sent: Submission,
) -> Result<Response, Fault> {
    let contact = app.service.contact(&sent.member.caller, id).await?;
    match app.service.invite_contact(&sent.member.caller, id, from).await {
        Ok(secret) => show_once(&app, &sent.member, contact, &secret).await,
        Err(error) => refused(&app, &sent.member, &contact, error).await,
    }
}

async fn reset(
    State(app): State<App>,
    Id(id): Id<ContactId>,
    ClientIp(from): ClientIp,
    sent: Submission,
) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    let contact = app.service.contact(caller, id).await?;
    let found = app.service.contacts(caller, contact.customer_id).await?;
    let login = found.into_iter().find(|with| with.contact.id == id).and_then(|with| with.user_id);
    match app.service.reset_link(caller, login.ok_or(Error::NotFound("login"))?, from).await {
        Ok(secret) => show_once(&app, &sent.member, contact, &secret).await,
        Err(error) => refused(&app, &sent.member, &contact, error).await,
    }
}

/// The page with a link on it that is kept nowhere.
async fn show_once(app: &App, member: &Member, contact: Contact, secret: &str) -> Result<Response, Fault> {
    let link = format!("{}/invite/{secret}", app.settings.public_url);
    let page = people_page(app, member, contact.customer_id).await?;
    show(&PeoplePage { once: Some(Once { name: contact.name, link }), ..page })
}

async fn refused(app: &App, member: &Member, contact: &Contact, error: Error) -> Result<Response, Fault> {
    let (status, refused): (StatusCode, Refused) = Refused::with_status(error, member.lang())?;
    let page = people_page(app, member, contact.customer_id).await?;
    show_with(status, &PeoplePage { refused, refused_at: Some(contact.id), ..page })
}
