//! All logins, staff's and customers', for administrators: who may log in, and how that ends (A4).

use super::contacts::{ContactTexts, role_name};
use super::forms::Form;
use super::texts::texts;
use super::words;
use super::{Fault, Member, Page, Refused, Submission, Values, done, encode, show, show_with};
use crate::domain::{Doing, UserId};
use crate::service::desk::{Invitation, Purpose, StaffRole, Token};
use crate::service::login::NewUser;
use crate::service::users::{At, Login, Wanted, Whose};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{ClientIp, Id, Named, Search, bad_cursor, cursor, position};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::text;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

/// How many logins a page holds.
const MANY: usize = 50;

texts! {
    /// The logins.
    pub struct UserTexts {
        title: "Gebruikers", "Users";
        lead: "Wie mag inloggen, bij de leverancier en bij de klanten.", "Who may log in, at the provider and at its customers.";
        choose: "Wie", "Who";
        staff: "Medewerkers", "Staff";
        customers: "Klanten", "Customers";
        all: "Iedereen", "Everybody";
        search: "Zoek op naam, adres of klant", "Find by name, address or customer";
        search_hint: "Naam, adres of klant", "Name, address, customer";
        none: "Geen logins gevonden.", "No logins found.";
        pages: "Bladeren", "Pages";
        first: "Vanaf het begin", "From the start";
        more: "Volgende", "Next";
        name: "Naam", "Name";
        email: "E-mailadres", "E-mail address";
        role: "Rol", "Role";
        nowhere: "bij geen klant", "at no customer";
        unproved: "adres niet bewezen", "address not proved";
        lost: "adres afgestaan", "address given up";
        proof_hint: "Een adres is bewezen als een beheerder de login heeft gemaakt of uitgenodigd. Wie een medewerker uitnodigt op een adres dat niet bewezen is, neemt het over: de login die het had vervalt.", "An address is proved when an administrator made or invited the login. Inviting a colleague at an address that is not proved takes it over: the login that had it ends.";
        seen: "Laatst gezien", "Last seen";
        never: "nog nooit", "never";
        since: "sinds", "since";
        actions: "Wijzigen", "Change";
        you: "u zelf", "yourself";
        ended: "geblokkeerd", "blocked";
        reset: "Nieuw wachtwoord", "New password";
        sign_out: "Overal uitloggen", "Sign out everywhere";
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

/// Which logins are shown.
#[derive(Clone, Debug, Default, Deserialize)]
struct ListQuery {
    /// Whose; staff's when not said.
    whose: Option<Whose>,
    /// Part of a name or address.
    query: Option<String>,
    /// Where the page begins.
    cursor: Option<String>,
}

impl ListQuery {
    fn whose(&self) -> Whose {
        self.whose.unwrap_or(Whose::Staff)
    }

    fn text(&self) -> &str {
        self.query.as_deref().unwrap_or_default()
    }

    /// What follows `/users` in the address of this page of the list: where an act on it leads back to.
    fn search(&self) -> String {
        let whose = self.whose.filter(|whose| *whose != Whose::Staff).map(|whose| format!("whose={whose}"));
        let query = Some(self.text()).filter(|text| !text.is_empty()).map(|text| format!("query={}", encode(text)));
        let cursor = self.cursor.as_deref().map(|cursor| format!("cursor={}", encode(cursor)));
        let parts: Vec<String> = whose.into_iter().chain(query).chain(cursor).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    fn address(&self) -> String {
        format!("/users{}", self.search())
    }

    /// The same list from elsewhere on.
    fn from(&self, cursor: Option<String>) -> Self {
        Self { cursor, ..self.clone() }
    }
}

/// A page of logins: which, and where others are.
struct List {
    asked: ListQuery,
    rows: Vec<Row>,
    first: Option<String>,
    more: Option<String>,
}

/// A login as the page shows it.
struct Row {
    id: UserId,
    name: String,
    email: String,
    /// Its role at the provider, or those at customers with where.
    role: Option<&'static str>,
    at: Vec<Place>,
    blocked: bool,
    unproved: bool,
    lost: bool,
    since: String,
    seen: Option<String>,
}

/// Where a login is a person.
struct Place {
    href: String,
    name: String,
    role: &'static str,
}

impl List {
    async fn read(app: &App, member: &Member, asked: &ListQuery) -> Result<Self, Problem> {
        let after = position(asked.cursor.as_deref())?.map(|text| text.parse::<Uuid>());
        let after = after.transpose().map_err(|_| bad_cursor())?.map(UserId);
        let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
        let wanted = Wanted { whose: asked.whose(), query: asked.text().trim(), after, limit };
        let mut found = app.service.logins_for(&member.caller, wanted).await?;
        let more = found.len() > MANY;
        found.truncate(MANY);
        let last = found.last().filter(|_| more).map(|last| cursor(&last.user.id.to_string()));
        let more = last.map(|last| asked.from(Some(last)).address());
        let first = asked.cursor.as_ref().map(|_| asked.from(None).address());
        let rows = found.iter().map(|login| Row::of(app, member, login)).collect();
        Ok(Self { asked: asked.clone(), rows, first, more })
    }
}

impl Row {
    fn of(app: &App, member: &Member, Login { user, at }: &Login) -> Self {
        let (zone, lang) = (app.service.policies.time_zone(), member.lang());
        let day = |at: DateTime<Utc>| text::date_short(at.with_timezone(&zone).date_naive(), lang);
        let place = |at: &At| Place {
            href: format!("/customers/{}/contacts", at.customer),
            name: at.name.clone(),
            role: role_name(at.role, ContactTexts::of(lang)),
        };
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.map(|role| words::staff_role(role, lang)),
            at: at.iter().map(place).collect(),
            blocked: user.disabled_at.is_some() && user.lost_at.is_none(),
            unproved: user.proved_at.is_none() && user.lost_at.is_none(),
            lost: user.lost_at.is_some(),
            since: day(user.created_at),
            seen: user.seen_at.map(day),
        }
    }
}

#[derive(Template)]
#[template(path = "users/index.html")]
struct UsersPage {
    page: Page,
    t: &'static UserTexts,
    list: List,
    me: UserId,
    links: Vec<KeyRow>,
    tokens: Vec<KeyRow>,
    form: Form,
    once: Option<Once>,
    /// Why a link or a change was refused.
    problem: Option<String>,
}

impl UsersPage {
    async fn read(app: &App, member: &Member, asked: &ListQuery) -> Result<Self, Problem> {
        let list = List::read(app, member, asked).await?;
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
            page: member.page().at(asked.address()),
            t,
            links: keys.links.iter().map(link).collect(),
            tokens: keys.tokens.iter().map(token).collect(),
            list,
            me: member.caller.user.id,
            form: Form::default(),
            once: None,
            problem: None,
        })
    }

    /// Whose logins can be shown: each with its address, and whether it is what is shown.
    fn choices(&self) -> Vec<(String, &'static str, bool)> {
        let choice = |whose: &Whose| {
            let word = match whose {
                Whose::Staff => self.t.staff,
                Whose::Customers => self.t.customers,
                Whose::All => self.t.all,
            };
            let asked = ListQuery { whose: Some(*whose), ..self.list.asked.from(None) };
            (asked.address(), word, *whose == self.list.asked.whose())
        };
        Whose::ALL.iter().map(choice).collect()
    }

    fn roles(&self) -> [(StaffRole, &'static str); 3] {
        [StaffRole::Agent, StaffRole::Finance, StaffRole::Admin]
            .map(|role| (role, words::staff_role(role, self.page.lang)))
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<ListQuery>) -> Result<Response, Fault> {
    show(&UsersPage::read(&app, &member, &asked).await?)
}

async fn invite(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let caller = &sent.member.caller;
    caller.may(Doing::Administer)?;
    let name = sent.values.get("name").trim().to_owned();
    let invited = match read(&sent.values) {
        Ok(new) => app.service.invite_staff(caller, new).await,
        Err(error) => Err(error),
    };
    let mut page = UsersPage::read(&app, &sent.member, &ListQuery::default()).await?;
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

fn read(values: &Values) -> Result<NewUser> {
    let mut fields = Fields::default();
    let name = fields.line("name", values.get("name"));
    let email = fields.email("email", values.get("email"));
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
    Search(asked): Search<ListQuery>,
    sent: Submission,
) -> Result<Response, Fault> {
    let login = app.service.login_for(&sent.member.caller, id).await?;
    let made = app.service.reset_link(&sent.member.caller, id, from).await;
    // With the new link in the list.
    let mut page = UsersPage::read(&app, &sent.member, &asked).await?;
    match made {
        Ok(secret) => {
            page.once = Some(once(&app, login.name, &secret));
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

async fn disable(
    State(app): State<App>,
    Id(id): Id<UserId>,
    Search(asked): Search<ListQuery>,
    sent: Submission,
) -> Result<Response, Fault> {
    app.service.set_user_disabled(&sent.member.caller, id, true).await?;
    Ok(done(&asked.address()))
}

async fn enable(
    State(app): State<App>,
    Id(id): Id<UserId>,
    Search(asked): Search<ListQuery>,
    sent: Submission,
) -> Result<Response, Fault> {
    app.service.set_user_disabled(&sent.member.caller, id, false).await?;
    Ok(done(&asked.address()))
}

async fn sign_out(
    State(app): State<App>,
    Id(id): Id<UserId>,
    Search(asked): Search<ListQuery>,
    sent: Submission,
) -> Result<Response, Fault> {
    app.service.sign_out_for(&sent.member.caller, id).await?;
    Ok(done(&asked.address()))
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/users", get(index).post(invite))
        .route("/users/links/{digest}/withdraw", post(withdraw_link))
        .route("/users/tokens/{jti}/withdraw", post(withdraw_token))
        .route("/users/{id}/reset", post(reset))
        .route("/users/{id}/sign-out", post(sign_out))
        .route("/users/{id}/disable", post(disable))
        .route("/users/{id}/enable", post(enable))
}
