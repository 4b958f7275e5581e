//! The logins of the provider, for administrators.

use super::forms::Form;
use super::texts::texts;
use super::words;
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::UserId;
use crate::service::desk::{StaffRole, User};
use crate::service::login::NewUser;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{ClientIp, Id};
use crate::web::fields::Fields;
use crate::web::text;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono_tz::Tz;

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

#[derive(Template)]
#[template(path = "users/index.html")]
struct UsersPage {
    page: Page,
    t: &'static UserTexts,
    users: Vec<User>,
    me: UserId,
    zone: Tz,
    form: Form,
    once: Option<Once>,
    /// Why a link or a change was refused.
    problem: Option<String>,
}

impl UsersPage {
    async fn read(app: &App, member: &Member) -> Result<Self> {
        let users = app.service.staff_users(&member.caller).await?;
        Ok(Self {
            page: member.page().at("/users".to_owned()),
            t: UserTexts::of(member.lang()),
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
    caller.staff(caller.is_admin())?;
    let mut page = UsersPage::read(&app, &sent.member).await?;
    let name = sent.values.get("name").trim().to_owned();
    let taken = page.users.iter().any(|user| user.email == sent.values.get("email").trim().to_lowercase());
    let invited = match read(&sent.values, taken) {
        Ok(new) => app.service.invite_staff(caller, new).await,
        Err(error) => Err(error),
    };
    match invited {
        Ok(secret) => {
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
    caller.staff(caller.is_admin())?;
    let mut page = UsersPage::read(&app, &sent.member).await?;
    let name = page.users.iter().find(|user| user.id == id).map(|user| user.name.clone());
    let name = name.ok_or(Error::NotFound("login"))?;
    match app.service.reset_link(caller, id, from).await {
        Ok(secret) => {
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
        .route("/users/{id}/reset", post(reset))
        .route("/users/{id}/disable", post(disable))
        .route("/users/{id}/enable", post(enable))
}
