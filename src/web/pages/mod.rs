//! Pages for people: whole without JavaScript, in Dutch and English. A page struct is exactly what its template needs; the
//! handler fills it.
//!
//! A form is read into [`Values`], what was typed, and shown again with them when something was refused. Each form that
//! books carries a one-time key, so that a double click books once.

pub mod accounting;
pub mod arrears;
pub mod assets;
pub mod availability;
pub mod balance;
pub mod bank;
pub mod clock;
pub mod collective;
pub mod contacts;
pub mod coverage;
pub mod customers;
pub mod desk;
pub mod division;
pub mod drawn;
pub mod entry;
pub mod exports;
pub mod fair_use;
pub mod finance;
pub mod forms;
pub mod handling;
pub mod invoices;
pub mod own_login;
pub mod policies;
pub mod queue;
pub mod renewal;
pub mod report;
pub mod reversals;
pub mod session;
pub mod statement;
pub mod texts;
pub mod tickets;
pub mod users;
pub mod wanted;
pub mod words;

use super::App;
use super::extract::{digest, read};
use super::problem::Problem;
use super::text::Lang;
use crate::domain::policy::Part;
use crate::domain::{Key, Refusal};
use crate::service::access::{Caller, Request as Asked};
use crate::service::{Error, FieldError, ledger::Failure};
use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use std::collections::BTreeMap;
use texts::Texts;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use uuid::Uuid;

/// What `base.html` needs.
#[derive(Clone, Debug)]
pub struct Page {
    /// Language of the page.
    pub lang: Lang,
    /// The texts that every page shares.
    pub t: &'static Texts,
    /// Name of the provider.
    pub provider: String,
    /// Where the files of `assets/` are served.
    pub assets: &'static str,
    /// Path and query of this page.
    pub path: String,
    /// A fresh one-time key.
    pub key: String,
    /// The parts that the provider has (POL-3).
    pub parts: Vec<Part>,
    /// Who is logged in.
    pub user: Option<Nav>,
}

impl Page {
    /// Whether the provider has a part, by its word.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|known| known.as_str() == part)
    }

    /// The same, for a page that stands at another address than the form that led to it.
    #[must_use]
    pub fn at(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// Whether this is the page at `path` or one below it, whatever its query says; of the first page of finance, only itself.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let own = self.path.split('?').next().unwrap_or_default();
        own == path || path != "/finance" && own.strip_prefix(path).is_some_and(|below| below.starts_with('/'))
    }

    /// Whether this is a customer's page about its persons.
    #[must_use]
    pub fn is_contacts(&self) -> bool {
        self.path.starts_with("/contacts") || (self.path.starts_with("/customers/") && self.path.contains("/contacts"))
    }

    /// Whether this is another page of a customer.
    #[must_use]
    pub fn is_balance(&self) -> bool {
        self.path.starts_with("/balance")
            || (self.path.starts_with("/customers/") && !self.is_contacts() && !self.path.contains("/fair-use"))
    }
}

/// Who is logged in, and what the menu offers.
#[derive(Clone, Debug)]
pub struct Nav {
    /// Name.
    pub name: String,
    /// Works at the provider.
    pub staff: bool,
    /// May do finance's work.
    pub finance: bool,
    /// May manage logins.
    pub admin: bool,
}

/// Anybody who looks at a page, logged in or not.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The language, by choice or by the browser.
    pub lang: Lang,
    /// Who is logged in.
    pub caller: Option<Caller>,
    /// Path and query.
    pub path: String,
    /// Asked for by htmx: one block of the page will do.
    pub part: bool,
    provider: String,
    parts: Vec<Part>,
    key: String,
}

impl Visitor {
    /// What `base.html` needs.
    #[must_use]
    pub fn page(&self) -> Page {
        let user = self.caller.as_ref().map(|caller| Nav {
            name: caller.user.name.clone(),
            staff: caller.is_staff(),
            finance: caller.is_finance(),
            admin: caller.is_admin(),
        });
        Page {
            lang: self.lang,
            t: Texts::of(self.lang),
            provider: self.provider.clone(),
            assets: assets::prefix(),
            path: self.path.clone(),
            key: self.key.clone(),
            parts: self.parts.clone(),
            user,
        }
    }

    async fn read(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let jar = CookieJar::from_headers(&parts.headers);
        let caller = match jar.get(session_cookie(app)) {
            Some(cookie) => match app.service.caller_by_session(cookie.value()).await {
                Ok(caller) => {
                    app.in_flight.remember(cookie.value(), caller.user.id);
                    Some(caller)
                }
                Err(Error::Unauthenticated) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        Ok(Self { caller, ..Self::stranger(parts, app) })
    }

    /// The same for whom nothing is looked up.
    fn stranger(parts: &Parts, app: &App) -> Self {
        let jar = CookieJar::from_headers(&parts.headers);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let part = parts.headers.contains_key("hx-request");
        let policies = &app.service.policies;
        let today = policies.day(app.service.clock.now());
        let provider = policies.at(today).1.provider.name.clone();
        let shown = Part::ALL.iter().copied().filter(|part| policies.shows(*part, today)).collect();
        let key = app.service.clock.id::<Uuid>().to_string();
        Self { lang: language(&parts.headers, &jar), caller: None, path, part, provider, parts: shown, key }
    }
}

/// The language of the cookie, else of the browser.
fn language(headers: &HeaderMap, jar: &CookieJar) -> Lang {
    let chosen = jar.get("lang").and_then(|cookie| Lang::from_code(cookie.value()));
    chosen.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Lang::from_accept_language(accepted.unwrap_or(""))
    })
}

/// The name of the problem that another site sent a form.
pub(super) const OTHER_SITE: &str = "other-site";

/// Name of the cookie by which a device is known to the accounts that signed in on it, under the same prefix.
#[must_use]
pub fn device_cookie(app: &App) -> &'static str {
    if app.settings.is_https() { "__Host-device" } else { "device" }
}

/// Name of the session cookie: with the prefix that ties it to this host when people come over https.
#[must_use]
pub fn session_cookie(app: &App) -> &'static str {
    if app.settings.is_https() { "__Host-session" } else { "session" }
}

/// The session cookie that a request brings.
#[must_use]
pub fn session_of(app: &App, headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(session_cookie(app)).map(|cookie| cookie.value().to_owned())
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        Ok(Self::read(parts, app).await?)
    }
}

/// Somebody who is logged in; others are sent to the login page and come back.
#[derive(Clone, Debug)]
pub struct Member {
    /// The visitor.
    pub visitor: Visitor,
    /// Who it is.
    pub caller: Caller,
}

impl Member {
    /// What `base.html` needs.
    #[must_use]
    pub fn page(&self) -> Page {
        self.visitor.page()
    }

    /// The language of the page.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.visitor.lang
    }

    /// A request that writes, under the one-time key of a form.
    #[must_use]
    pub fn asks(&self, key: Option<Key>) -> Asked<'_> {
        Asked { caller: &self.caller, key }
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let visitor = Visitor::read(parts, app).await?;
        match visitor.caller.clone() {
            Some(caller) => Ok(Self { visitor, caller }),
            None => {
                Err(Fault::LogIn(if parts.method == axum::http::Method::GET { visitor.path } else { "/".to_owned() }))
            }
        }
    }
}

/// What was typed into a form.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// The value of a field; nothing typed is an empty text.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The value of a field that was filled in.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|text| !text.trim().is_empty())
    }

    /// What follows `prefix` in the names of the fields that were filled in: which boxes of a row were ticked.
    #[must_use]
    pub fn marked(&self, prefix: &str) -> Vec<String> {
        let filled = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        filled.filter_map(|(name, _)| name.strip_prefix(prefix)).map(str::to_owned).collect()
    }

    /// Fills a field in beforehand.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// A form that somebody who is logged in has sent.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who.
    pub member: Member,
    /// What was typed.
    pub values: Values,
    key: Option<Key>,
}

impl Submission {
    /// Who asks, under the form's one-time key.
    #[must_use]
    pub fn request(&self) -> Asked<'_> {
        self.member.asks(self.key.clone())
    }
}

impl FromRequest<App> for Submission {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let member = Member::from_request_parts(&mut parts, app).await?;
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let (values, bytes) = form_body(Request::from_parts(parts, body)).await?;
        let key = values.filled("key").map(|key| Key {
            caller: member.caller.user.id.to_string(),
            key: format!("form {path} {key}"),
            request: digest(&[method.as_str(), &path], &bytes),
        });
        Ok(Self { member, values, key })
    }
}

/// A form of somebody who need not be logged in.
#[derive(Clone, Debug)]
pub struct OpenSubmission {
    /// Who.
    pub visitor: Visitor,
    /// What was typed.
    pub values: Values,
}

impl FromRequest<App> for OpenSubmission {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::read(&mut parts, app).await?;
        let (values, _) = form_body(Request::from_parts(parts, body)).await?;
        Ok(Self { visitor, values })
    }
}

async fn form_body(request: Request) -> Result<(Values, axum::body::Bytes), Fault> {
    let bytes = read(request).await?;
    let copy = Request::builder()
        .method("POST")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(bytes.clone()))
        .map_err(|_| Error::NotFound("page"))?;
    #[expect(clippy::disallowed_types, reason = "wrapped here, so that an unreadable form is a problem")]
    let pairs = axum::extract::Form::<Vec<(String, String)>>::from_request(copy, &()).await;
    let pairs = pairs.map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "unreadable", "Unreadable form", "This form cannot be read.")
    })?;
    Ok((Values(pairs.0.into_iter().collect()), bytes))
}

/// Why a page cannot be shown.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Log in first, then come back to this path.
    LogIn(String),
    /// Anything else; shown as a page in the visitor's language.
    Problem(Box<Problem>),
}

impl<E: Into<Problem>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Problem(Box::new(error.into()))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::LogIn(next) => Redirect::to(&format!("/login?next={}", encode(&next))).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// A text for the query of an address.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A path of this site to go on to, from what a browser sent; anything else becomes the first page.
#[must_use]
pub fn local(next: &str) -> &str {
    // Browsers drop some characters: what is left of `/<tab>/` would be another site (A8).
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\';
    let safe = next.starts_with('/') && !next.starts_with("//") && !next.contains(odd);
    if safe { next } else { "/" }
}

/// A refusal that is shown in the form it is about, in the visitor's words.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// What to say above the form.
    pub message: Option<String>,
    /// Which fields to mark.
    pub fields: Vec<FieldError>,
    /// The refusal itself, for a page that offers a way out.
    pub refusal: Option<Refusal>,
}

impl Refused {
    /// What to say at a field.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|error| error.field == field).map(|error| error.expected.as_str())
    }

    /// As [`Refused::from`], with the status of the answer.
    ///
    /// # Errors
    /// As [`Refused::from`].
    pub fn with_status(error: Error, lang: Lang) -> Result<(StatusCode, Self), Fault> {
        let status = Problem::from(error.clone()).status;
        Ok((status, Self::from(error, lang)?))
    }

    /// Takes an error that belongs at the form; any other is a page of its own.
    ///
    /// # Errors
    /// What does not belong at a form: not logged in, not found, not allowed, a fault of ours.
    pub fn from(error: Error, lang: Lang) -> Result<Self, Fault> {
        match error {
            Error::Fields(fields) => {
                let fields = fields.into_iter().map(|error| words::field_error(error, lang)).collect();
                Ok(Self { message: None, fields, refusal: None })
            }
            Error::Throttled(wait) => {
                Ok(Self { message: Some(words::throttled(wait, lang)), fields: Vec::new(), refusal: None })
            }
            Error::Crowded => {
                Ok(Self { message: Some(words::crowded(lang).to_owned()), fields: Vec::new(), refusal: None })
            }
            Error::Ledger(Failure::Refused(refusal)) => {
                let message = words::refusal(&refusal, lang);
                let fields = match refusal.field() {
                    Some(field) => vec![FieldError { field: field.to_owned(), expected: message.clone() }],
                    None => Vec::new(),
                };
                Ok(Self { message: Some(message), fields, refusal: Some(refusal) })
            }
            Error::BankFile(fault) => {
                Ok(Self { message: Some(words::bank_file(&fault, lang)), fields: Vec::new(), refusal: None })
            }
            Error::Ledger(Failure::Busy | Failure::Unavailable) => {
                Ok(Self { message: Some(words::unavailable(lang).to_owned()), fields: Vec::new(), refusal: None })
            }
            other => Err(other.into()),
        }
    }
}

/// A template as an answer.
///
/// # Errors
/// When the template cannot be rendered, which is a fault of ours.
pub fn show(template: &impl Template) -> Result<Response, Fault> {
    show_with(StatusCode::OK, template)
}

/// A template as an answer with a status.
///
/// # Errors
/// As [`show`].
pub fn show_with(status: StatusCode, template: &impl Template) -> Result<Response, Fault> {
    match template.render() {
        Ok(html) => Ok((status, [(header::VARY, "Cookie, Accept-Language, HX-Request")], Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            Err(Error::Ledger(Failure::Broken).into())
        }
    }
}

/// What an answer to something done leads to: the page that shows it.
#[must_use]
pub fn done(path: &str) -> Response {
    Redirect::to(path).into_response()
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage {
    page: Page,
    title: &'static str,
    detail: String,
    status: u16,
}

/// Turns a problem of a page into a page in the visitor's language.
async fn explain(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut head = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<Box<Problem>>() {
        Some(problem) => explained(&app, &mut head, *problem).await,
        None => response,
    }
}

/// The answer to an address where nothing is: a page for people, a problem for programs.
pub async fn nothing_here(State(app): State<App>, request: Request) -> Response {
    let problem = Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is nothing here.");
    if !takes_pages(request.headers()) {
        return problem.into_response();
    }
    explained(&app, &mut request.into_parts().0, problem).await
}

/// The answer to a request that is not begun: a page for people, a problem for programs. Nothing is looked up for it.
#[must_use]
pub fn turned_away(app: &App, head: &Parts, problem: Problem) -> Response {
    if !takes_pages(&head.headers) {
        return problem.into_response();
    }
    told(&Visitor::stranger(head, app), problem)
}

/// Whether whoever asks reads pages.
fn takes_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

async fn explained(app: &App, head: &mut Parts, problem: Problem) -> Response {
    match Visitor::read(head, app).await {
        Ok(visitor) => told(&visitor, problem),
        Err(_) => problem.into_response(),
    }
}

/// A problem as a page.
fn told(visitor: &Visitor, problem: Problem) -> Response {
    let (title, detail) = words::problem(&problem, visitor.lang);
    let page = ProblemPage { page: visitor.page(), title, detail, status: problem.status.as_u16() };
    match show_with(problem.status, &page) {
        Ok(page) => again(page, problem.retry_after),
        Err(_) => problem.into_response(),
    }
}

/// An answer that says after how many seconds to try again.
fn again(mut response: Response, after: Option<u32>) -> Response {
    if let Some(seconds) = after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Every page. Requests that write must come from these pages (CSRF).
pub fn router(app: &App) -> Router<App> {
    let pages = Router::new()
        .merge(session::router())
        .merge(accounting::router())
        .merge(arrears::router())
        .merge(reversals::router())
        .merge(availability::router())
        .merge(balance::router())
        .merge(bank::router())
        .merge(collective::router())
        .merge(renewal::router())
        .merge(contacts::router())
        .merge(coverage::router())
        .merge(invoices::router())
        .merge(customers::router())
        .merge(desk::router())
        .merge(division::router())
        .merge(exports::router())
        .merge(fair_use::router())
        .merge(finance::router())
        .merge(own_login::router())
        .merge(policies::router())
        .merge(queue::router())
        .merge(report::router())
        .merge(tickets::router())
        .merge(handling::router())
        .merge(users::router());
    let explained = axum::middleware::from_fn_with_state(app.clone(), explain);
    let ours_alone = CsrfLayer::new().with_rejection_response(|_: ProtectionError| from_elsewhere().into_response());
    pages.layer(ours_alone).layer(explained).merge(assets::router())
}

/// The answer to a form that another site sent, or a browser that does not say which (A13).
fn from_elsewhere() -> Problem {
    let detail = "This form did not come from a page of this site. Nothing was done.";
    Problem::new(StatusCode::FORBIDDEN, OTHER_SITE, "Not from this site", detail)
}
