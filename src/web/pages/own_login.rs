//! One's own login, for everybody who has one: name, password, signing out everywhere.

use super::forms::{Form, Forms};
use super::session::{begin, browser, ended};
use super::texts::texts;
use super::{App, Fault, Member, Page, Refused, Submission, done, show, show_with};
use crate::service::Error;
use crate::web::extract::{ClientIp, Search};
use crate::web::fields::Fields;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;

texts! {
    /// Words of the page about one's own login.
    pub struct OwnLoginTexts {
        title: "Uw login", "Your login";
        lead: "U logt in als", "You log in as";
        name_title: "Naam", "Name";
        name: "Naam", "Name";
        name_hint: "Zo staat u bovenaan elke pagina.", "This is how you appear at the top of each page.";
        save_name: "Naam opslaan", "Save name";
        password_title: "Wachtwoord", "Password";
        old_password: "Wachtwoord van nu", "Current password";
        new_password: "Nieuw wachtwoord", "New password";
        password_hint: "Minstens 10 tekens; een paar woorden achter elkaar is het makkelijkst", "At least 10 characters; a few words in a row are easiest";
        password_ends: "Overal elders bent u daarna uitgelogd. Links voor deze login en tokens van programma's werken dan niet meer, behalve tokens die zijn gemaakt om te blijven.", "Everywhere else you are signed out then. Links for this login and tokens of programs stop working, but for tokens that were made to stay.";
        save_password: "Wachtwoord wijzigen", "Change password";
        out_title: "Uitloggen", "Sign out";
        out_hint: "Op elke computer en telefoon, ook hier. Tokens van programma's blijven werken.", "On every computer and phone, here too. Tokens of programs work on.";
        out: "Overal uitloggen", "Sign out everywhere";
        renamed: "De naam is gewijzigd.", "The name was changed.";
        changed: "Het wachtwoord is gewijzigd. Overal elders bent u uitgelogd.", "The password was changed. Everywhere else you are signed out.";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/own-login", get(own))
        .route("/own-login/name", post(rename))
        .route("/own-login/password", post(change_password))
        .route("/own-login/sign-out", post(sign_out))
}

/// What was just done.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Renamed,
    Changed,
}

#[derive(Deserialize)]
struct Asked {
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "session/own_login.html")]
struct OwnPage {
    page: Page,
    t: &'static OwnLoginTexts,
    email: String,
    known_as: String,
    forms: Forms,
    notice: Option<&'static str>,
}

impl OwnPage {
    fn of(member: &Member, forms: Forms) -> Self {
        let (page, t) = (member.page().at("/own-login".to_owned()), OwnLoginTexts::of(member.lang()));
        let user = &member.caller.user;
        Self { page, t, email: user.email.clone(), known_as: user.name.clone(), forms, notice: None }
    }
}

async fn own(member: Member, Search(Asked { done }): Search<Asked>) -> Result<Response, Fault> {
    let page = OwnPage::of(&member, Forms::default());
    let notice = done.map(|done| match done {
        Done::Renamed => page.t.renamed,
        Done::Changed => page.t.changed,
    });
    show(&OwnPage { notice, ..page })
}

/// The page with a form on it that was refused.
fn refused(sent: &Submission, form: &str, error: Error) -> Result<Response, Fault> {
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let forms = Forms::sent(form, Form::sent(sent.values.clone(), refused));
    show_with(status, &OwnPage::of(&sent.member, forms))
}

async fn rename(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let name = fields.line("name", sent.values.get("name"));
    let renamed = match fields.done() {
        Ok(()) => app.service.rename(&sent.member.caller, &name).await,
        Err(error) => Err(error),
    };
    match renamed {
        Ok(()) => Ok(done("/own-login?done=renamed")),
        Err(error) => refused(&sent, "name", error),
    }
}

async fn change_password(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    jar: CookieJar,
    sent: Submission,
) -> Result<Response, Fault> {
    let [old, new] = ["old_password", "new_password"].map(|field| sent.values.get(field).to_owned());
    let from = browser(&app, from, &jar);
    match app.service.change_password(&sent.member.caller, (old, new), from).await {
        Ok(session) => begin(&app, &jar, &session, "/own-login?done=changed").await,
        Err(error) => refused(&sent, "password", error),
    }
}

async fn sign_out(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    app.service.sign_out_everywhere(&sent.member.caller).await?;
    Ok(ended(&app))
}
