//! The logins of the provider, for administrators.

use super::forms::Form;
use super::texts::texts;
use super::words;
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::{Doing, UserId};
use crate::service::desk::{Invitation, Purpose, StaffRole, Token, User};
use crate::service::login::NewUser;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{ClientIp, Id, Named};
use crate::web::fields::Fields;
use crate::web::text;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

texts! {
    /// The logins of the provider.
    pub struct UserTexts {
        title: "Gebruikers", "Users";
        lead: "Wie bij de leverancier werkt en mag inloggen.", "Who works at the provider and may log in.";
        name: "Naam", "Name";
        email: "E-mailadres", "E-mail address";
        role: "Rol", "Role";
        since: "Sinds", "Since";
        actions: "Wijzigen", "Change";
        you: "u zelf", "yourself";
        ended: "geblokkeerd", "blocked";
        reset: "Nieuw wachtwoord", "New password";
        end: "Blokkeren", "Block";
        restore: "Weer toelaten", "Let in again";
        keys: "Links en tokens die werken", "Links and tokens that work";
        keys_hint: "Wie zo'n link of token heeft, komt ermee binnen. Een nieuwe link maakt een eerdere voor dezelfde persoon ongeldig; blokkeren maakt alles van iemand ongeldig.", "Whoever has such a link or token gets in with it. A new link ends an earlier one for the same person; blocking ends everything of somebody.";
        what: "Wat", "What";
        whose: "Voor wie", "For whom";
        made: "Gemaakt", "Made";
        until: "Werkt tot", "Works until";
        withdraw: "Intrekken", "Withdraw";
        link_staff: "Uitnodiging voor een medewerker", "Invitation for staff";
        link_contact: "Uitnodiging voor een persoon van een klant", "Invitation for a customer's person";
        link_reset: "Link voor een nieuw wachtwoord", "Link for a new password";
        till: "tot", "until";
        link_first: "Eerste beheerder", "First administrator";
        token: "Token voor een programma", "Token for a program";
        token_keeps: "Token voor een programma, blijft werken na een nieuw wachtwoord", "Token for a program, works on after a new password";
        anybody: "wie hem heeft", "whoever has it";
        invite: "Iemand uitnodigen", "Invite somebody";
        send: "Maak uitnodiging", "Make invitation";
        link_for: "Link voor", "Link for";
        link_hint: "Geef deze link zelf door. Hij werkt één keer, zeven dagen lang, en is hierna niet meer te zien.", "Pass this link on yourself. It works once, for seven days, and is not shown again.";
    }
}

/// A link that is shown once.
struct Once {
    name: String,
    link: String,
}

/// A link or token that works.
struct KeyRow {
    name: String,
    what: &'static str,
    whose: String,
    made: String,
    by: Option<String>,
    until: String,
}

#[derive(Template)]
#[template(path = "users/index.html")]
struct UsersPage {
    page: Page,
    t: &'static UserTexts,
    users: Vec<User>,
    me: UserId,
    zone: Tz,
    links: Vec<KeyRow>,
    tokens: Vec<KeyRow>,
    form: Form,
    once: Option<Once>,
    /// Why a link or a change was refused.
    problem: Option<String>,
}

impl UsersPage {
    async fn read(app: &App, member: &Member) -> Result<Self> {
        let users = app.service.staff_users(&member.caller).await?;
        let keys = app.service.keys_for(&member.caller).await?;
        let (t, zone, lang) = (UserTexts::of(member.lang()), app.service.policies.time_zone(), member.lang());
        let day = |at: DateTime<Utc>| text::date_short(at.with_timezone(&zone).date_naive(), lang);
        let name = |id: UserId| keys.names.get(&id).cloned();
        let link = |row: &Invitation| KeyRow {
            name: row.digest.clone(),
            what: t.link(row.purpose),
            whose: row.email.clone().unwrap_or_else(|| t.anybody.to_owned()),
            made: day(row.created_at),
            by: row.created_by.and_then(name),
            until: format!("{} {}", t.till, day(row.expires_at)),
        };
        let token = |row: &Token| KeyRow {
            name: row.jti.to_string(),
            what: if row.keeps { t.token_keeps } else { t.token },
            whose: name(row.user_id).unwrap_or_default(),
            made: day(row.created_at),
            by: None,
            until: format!("{} {}", t.till, day(row.expires_at)),
        };
        Ok(Self {
            page: member.page().at("/users".to_owned()),
            t,
            links: keys.links.iter().map(link).collect(),
            tokens: keys.tokens.iter().map(token).collect(),
            users,
            me: member.caller.user.id,
            zone: app.service.policies.time_zone(),
            form: Form::default(),
            once: None,
            problem: None,
        })
    }

    fn role(&self, user: &User) -> &'static str {
        user.role.map_or("", |role| words::staff_role(role, self.page.lang))
    }

    fn roles(&self) -> [(StaffRole, &'static str); 3] {
        [StaffRole::Agent, StaffRole::Finance, StaffRole::Admin]
            .map(|role| (role, words::staff_role(role, self.page.lang)))
    }

    fn since(&self, user: &User) -> String {
        text::date_short(user.created_at.with_timezone(&self.zone).date_naive(), self.page.lang)
    }
}

async fn index(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    show(&UsersPage::read(&app, &member).await?)
}

async fn invite(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::Administer)?;
    let mut page = UsersPage::read(&app, &sent.member).await?;
    let name = sent.values.get("name").trim().to_owned();
    let taken = page.users.iter().any(|user| user.email == sent.values.get("email").trim().to_lowercase());
    let invited = match read(&sent.values, taken) {
        Ok(new) => app.service.invite_staff(caller, new).await,
        Err(error) => Err(error),
    };
    match invited {
        Ok(secret) => {
            // With the new link in the list.
            page = UsersPage::read(&app, &sent.member).await?;
            page.once = Some(once(&app, name, &secret));
            show(&page)
        }
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            page.form = Form::sent(sent.values.clone(), refused);
            show_with(status, &page)
        }
    }
}

fn read(values: &Values, taken: bool) -> Result<NewUser> {
    let mut fields = Fields::default();
    let name = fields.line("name", values.get("name"));
    let email = fields.email("email", values.get("email"));
    if taken {
        fields.fault("email", "a login with this address exists already");
    }
    let role = fields.needed("role", values.get("role"), "expected one of the choices");
    fields.done()?;
    role.map(|role| NewUser { email, name, role }).ok_or(Error::NotFound("login"))
}

fn once(app: &App, name: String, secret: &str) -> Once {
    Once { name, link: format!("{}/invite/{secret}", app.settings.public_url) }
}

async fn reset(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Id(id): Id<UserId>,
    sent: Submission,
) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::Administer)?;
    let mut page = UsersPage::read(&app, &sent.member).await?;
    let name = page.users.iter().find(|user| user.id == id).map(|user| user.name.clone());
    let name = name.ok_or(Error::NotFound("login"))?;
    match app.service.reset_link(caller, id, from).await {
        Ok(secret) => {
            // With the new link in the list.
            page = UsersPage::read(&app, &sent.member).await?;
            page.once = Some(once(&app, name, &secret));
            show(&page)
        }
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            page.problem = refused.message;
            show_with(status, &page)
        }
    }
}

impl UserTexts {
    const fn link(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::FirstAdmin => self.link_first,
            Purpose::Staff => self.link_staff,
            Purpose::Contact => self.link_contact,
            Purpose::Reset => self.link_reset,
        }
    }
}

async fn withdraw_link(
    State(app): State<App>,
    Named(digest): Named<String>,
    sent: Submission,
) -> Result<Response, Fault> {
    app.service.withdraw_link_for(&sent.member.caller, &digest).await?;
    Ok(done("/users"))
}

async fn withdraw_token(State(app): State<App>, Named(jti): Named<Uuid>, sent: Submission) -> Result<Response, Fault> {
    app.service.revoke_token_for(&sent.member.caller, jti).await?;
    Ok(done("/users"))
}

async fn disable(State(app): State<App>, Id(id): Id<UserId>, sent: Submission) -> Result<Response, Fault> {
    app.service.set_user_disabled(&sent.member.caller, id, true).await?;
    Ok(done("/users"))
}

async fn enable(State(app): State<App>, Id(id): Id<UserId>, sent: Submission) -> Result<Response, Fault> {
    app.service.set_user_disabled(&sent.member.caller, id, false).await?;
    Ok(done("/users"))
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/users", get(index).post(invite))
        .route("/users/links/{digest}/withdraw", post(withdraw_link))
        .route("/users/tokens/{jti}/withdraw", post(withdraw_token))
        .route("/users/{id}/reset", post(reset))
        .route("/users/{id}/disable", post(disable))
        .route("/users/{id}/enable", post(enable))
}
