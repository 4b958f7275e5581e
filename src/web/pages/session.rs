//! Coming in and going out: login, language, links that work once.
//!
//! Every login starts a new session and ends the one that the browser had.

use super::texts::texts;
use super::{
    App, Fault, OpenSubmission, Page, Refused, Values, Visitor, again, device_cookie, done, encode, local,
    session_cookie, show, show_with,
};
use crate::domain::Refusal;
use crate::service::access::Caller;
use crate::service::login::{Browser, Opened, SignedIn};
use crate::service::{Error, Result};
use crate::web::extract::{ClientIp, Search};
use crate::web::problem::Problem;
use crate::web::text::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderName, StatusCode, header, request::Parts};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Deserialize;
use std::net::IpAddr;

/// A choice of language is remembered for a year, in seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

texts! {
    /// Words of login and links.
    pub struct SessionTexts {
        log_in: "Inloggen", "Log in";
        email: "E-mailadres", "E-mail address";
        password: "Wachtwoord", "Password";
        name: "Naam", "Name";
        wrong: "Dit e-mailadres en wachtwoord horen niet bij elkaar. Kijk of alles klopt en probeer het opnieuw.", "This e-mail address and password do not belong together. Check both and try again.";
        forgotten: "Wachtwoord vergeten? Vraag de helpdesk om een nieuwe link.", "Forgot your password? Ask the helpdesk for a new link.";
        by_link: "Blijft dit zo? Vraag dan de helpdesk om een nieuwe link: daarmee komt u binnen.", "Does this go on? Then ask the helpdesk for a new link, which lets you in.";
        welcome: "Welkom", "Welcome";
        first_admin: "Eerste beheerder", "First administrator";
        first_admin_lead: "Maak de eerste login van deze installatie. Deze link werkt één keer.", "Make the first login of this installation. This link works once.";
        new_login_lead: "Kies een wachtwoord; daarna bent u ingelogd. Deze link werkt één keer.", "Choose a password, and you are logged in. This link works once.";
        known_login_lead: "U hebt al een login. Vul het wachtwoord daarvan in om dit eraan toe te voegen.", "You have a login already. Type its password to add this to it.";
        takes_over_lead: "Onder dit adres heeft iemand een login als persoon van een klant. Dat het uw adres is, is nooit bewezen: de nieuwe login neemt het over en de oude vervalt. Was die van u, vraag de klant dan om een nieuwe uitnodiging op een ander adres.", "Somebody has a login under this address as a customer's person. That it is your address was never proved: the new login takes it over and the old one ends. If that was yours, ask the customer for a new invitation at another address.";
        reset: "Nieuw wachtwoord", "New password";
        reset_lead: "Kies een nieuw wachtwoord; daarna bent u ingelogd.", "Choose a new password, and you are logged in.";
        password_hint: "Minstens 10 tekens; een paar woorden achter elkaar is het makkelijkst", "At least 10 characters; a few words in a row are easiest";
        set_password: "Wachtwoord instellen", "Set password";
        attach: "Toevoegen en inloggen", "Add and log in";
        of_contact: "Deze link is voor iemand anders", "This link is for somebody else";
        of_contact_lead: "Hij is voor een persoon van de klant. Stuur hem door, en open hem niet zelf: een akkoord moet van die persoon komen.", "It is for a person of the customer. Send it on, and do not open it yourself: an agreement has to come from that person.";
        dead: "Deze link werkt niet meer", "This link no longer works";
        dead_lead: "Hij is al gebruikt of verlopen. Vraag degene van wie u hem kreeg om een nieuwe.", "It was used already, or has expired. Ask whoever gave it to you for a new one.";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(start))
        .route("/login", get(login_form).post(log_in))
        .route("/logout", post(log_out))
        .route("/language", post(choose_language))
        .route("/invite/{secret}", get(open_link).post(accept_link))
}

/// Where somebody begins who has just logged in.
#[must_use]
pub fn home(caller: &Caller) -> String {
    match &caller.contacts[..] {
        _ if caller.is_agent() => "/desk".to_owned(),
        _ if caller.is_finance() => "/finance".to_owned(),
        [only] => format!("/customers/{}", only.customer_id),
        _ => "/balance".to_owned(),
    }
}

async fn start(visitor: Visitor) -> Response {
    done(&visitor.caller.as_ref().map_or("/login".to_owned(), home))
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "session/login.html")]
struct LoginPage {
    page: Page,
    t: &'static SessionTexts,
    values: Values,
    refused: Refused,
}

impl LoginPage {
    /// The language switch comes back to the form, not to where a form was sent.
    fn of(visitor: &Visitor, values: Values, refused: Refused) -> Self {
        let path = match after_login(values.get("next")) {
            "/" => "/login".to_owned(),
            next => format!("/login?next={}", encode(next)),
        };
        Self { page: visitor.page().at(path), t: SessionTexts::of(visitor.lang), values, refused }
    }
}

/// Where to go on to: never back to the login page, which would go round in a circle.
fn after_login(next: &str) -> &str {
    let next = local(next);
    if next.starts_with("/login") { "/" } else { next }
}

async fn login_form(visitor: Visitor, Search(Next { next }): Search<Next>) -> Result<Response, Fault> {
    let next = next.unwrap_or_default();
    if visitor.caller.is_some() {
        return Ok(done(after_login(&next)));
    }
    show(&LoginPage::of(&visitor, Values::default().with("next", next), Refused::default()))
}

async fn log_in(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    jar: CookieJar,
    OpenSubmission { visitor, values }: OpenSubmission,
) -> Result<Response, Fault> {
    let (from, password) = (browser(&app, from, &jar), values.get("password").to_owned());
    match app.service.log_in(values.get("email"), password, from).await {
        Ok(session) => begin(&app, &jar, &session, after_login(values.get("next"))).await,
        Err(error) => {
            let wait = Problem::from(error.clone()).retry_after;
            let (status, refused) = login_refused(error, visitor.lang)?;
            Ok(again(show_with(status, &LoginPage::of(&visitor, values, refused))?, wait))
        }
    }
}

/// Where somebody comes from, and the device that may be known.
pub(super) fn browser<'a>(app: &App, ip: IpAddr, jar: &'a CookieJar) -> Browser<'a> {
    Browser { ip, device: jar.get(device_cookie(app)).map(Cookie::value) }
}

fn login_refused(error: Error, lang: Lang) -> Result<(StatusCode, Refused), Fault> {
    if error == Error::Unauthenticated {
        let message = Some(SessionTexts::of(lang).wrong.to_owned());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Refused { message, ..Refused::default() }));
    }
    let throttled = matches!(error, Error::Throttled(_));
    let (status, mut refused) = Refused::with_status(error, lang)?;
    if throttled && let Some(message) = &mut refused.message {
        message.extend([" ", SessionTexts::of(lang).by_link]);
    }
    Ok((status, refused))
}

/// Hands out the cookies of a new session and of this device, and ends the session before it.
pub(super) async fn begin(app: &App, jar: &CookieJar, session: &SignedIn, next: &str) -> Result<Response, Fault> {
    if let Some(old) = jar.get(session_cookie(app)) {
        app.service.log_out(old.value()).await?;
    }
    let cookies = [
        cookie(app, session_cookie(app), &session.secret, session.seconds),
        cookie(app, device_cookie(app), &session.device, session.device_seconds),
    ];
    Ok((AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie))), done(next)).into_response())
}

/// A cookie that scripts cannot read and other sites cannot send along; over https only where people come over https.
fn cookie(app: &App, name: &str, value: &str, seconds: i64) -> String {
    let secure = if app.settings.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Ends the session. Cookies are not wiped by `Clear-Site-Data`, so that the chosen language stays, and the device known.
async fn log_out(State(app): State<App>, jar: CookieJar) -> Result<Response, Fault> {
    if let Some(session) = jar.get(session_cookie(&app)) {
        app.service.log_out(session.value()).await?;
    }
    Ok(ended(&app))
}

/// The answer to somebody whose session has ended: without the cookie, and with nothing kept by the browser.
pub(super) fn ended(app: &App) -> Response {
    let headers = [
        (header::SET_COOKIE, cookie(app, session_cookie(app), "", 0)),
        (HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"".to_owned()),
    ];
    (headers, done("/login")).into_response()
}

async fn choose_language(State(app): State<App>, sent: OpenSubmission) -> Response {
    let lang = Lang::from_code(sent.values.get("lang")).unwrap_or(sent.visitor.lang);
    let headers = [(header::SET_COOKIE, cookie(&app, "lang", lang.as_str(), YEAR))];
    (headers, done(local(sent.values.get("next")))).into_response()
}

/// The secret in the address of a link.
struct Secret(String);

impl FromRequestParts<App> for Secret {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        #[expect(clippy::disallowed_types, reason = "wrapped here, so that a bad secret is a page")]
        let path = axum::extract::Path::<String>::from_request_parts(parts, app).await;
        path.map(|secret| Self(secret.0)).map_err(|_| Error::NotFound("link").into())
    }
}

#[derive(Template)]
#[template(path = "session/invite.html")]
struct InvitePage {
    page: Page,
    t: &'static SessionTexts,
    secret: String,
    opened: Opened,
    values: Values,
    refused: Refused,
}

impl InvitePage {
    /// The first administrator is not known yet.
    fn asks_who(&self) -> bool {
        self.opened.invitation.email.is_none()
    }

    fn title(&self) -> String {
        match &self.opened.invitation.name {
            _ if self.opened.invitation.user_id.is_some() => self.t.reset.to_owned(),
            Some(name) => format!("{}, {name}", self.t.welcome),
            None => self.t.first_admin.to_owned(),
        }
    }

    fn lead(&self) -> &'static str {
        match () {
            () if self.opened.invitation.user_id.is_some() => self.t.reset_lead,
            () if self.asks_who() => self.t.first_admin_lead,
            () if self.opened.known_login => self.t.known_login_lead,
            () if self.opened.takes_over => self.t.takes_over_lead,
            () => self.t.new_login_lead,
        }
    }
}

#[derive(Template)]
#[template(path = "session/dead_link.html")]
struct DeadLinkPage {
    page: Page,
    title: &'static str,
    lead: &'static str,
}

/// A link that does not work, or not for this visitor, gets a page that says what to do.
fn dead_link(error: Error, visitor: &Visitor) -> Result<Response, Fault> {
    let t = SessionTexts::of(visitor.lang);
    let (status, title, lead) = match error {
        Error::NotFound(_) => (StatusCode::NOT_FOUND, t.dead, t.dead_lead),
        error if error == Refusal::LinkOfContact.into() => (StatusCode::FORBIDDEN, t.of_contact, t.of_contact_lead),
        error => return Err(error.into()),
    };
    show_with(status, &DeadLinkPage { page: visitor.page(), title, lead })
}

async fn open_link(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Secret(secret): Secret,
    visitor: Visitor,
) -> Result<Response, Fault> {
    match app.service.open_link(&secret, from, visitor.caller.as_ref()).await {
        Ok(opened) => {
            let (page, t) = (visitor.page(), SessionTexts::of(visitor.lang));
            show(&InvitePage { page, t, secret, opened, values: Values::default(), refused: Refused::default() })
        }
        Err(error) => dead_link(error, &visitor),
    }
}

async fn accept_link(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Secret(secret): Secret,
    jar: CookieJar,
    OpenSubmission { visitor, values }: OpenSubmission,
) -> Result<Response, Fault> {
    let who = (values.filled("email").map(str::to_owned), values.filled("name").map(str::to_owned));
    let (from, password) = (browser(&app, from, &jar), values.get("password").to_owned());
    match app.service.accept_link(&secret, who, password, (from, visitor.caller.as_ref())).await {
        Ok(session) => begin(&app, &jar, &session, "/").await,
        Err(error) if error == Refusal::LinkOfContact.into() => dead_link(error, &visitor),
        Err(error @ Error::NotFound(_)) => dead_link(error, &visitor),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, visitor.lang)?;
            let opened = app.service.link(&secret).await?;
            let (page, t) = (visitor.page(), SessionTexts::of(visitor.lang));
            show_with(status, &InvitePage { page, t, secret, opened, values, refused })
        }
    }
}
