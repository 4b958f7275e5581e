//! The terms, for staff: which versions there are, what each says and changed, and for administrators a new one (POL-1).

use super::forms::Form;
use super::texts::texts;
use super::{Fault, Member, Page, Refused, Submission, done, show, show_with};
use crate::domain::Doing;
use crate::domain::policy::{Difference, PolicyErrors, differences};
use crate::service::policies::PolicyVersion;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Named;
use crate::web::fields::Fields;
use crate::web::text;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveDate;
use chrono_tz::Tz;

texts! {
    /// The pages of the terms.
    pub struct PolicyTexts {
        title: "Voorwaarden", "Terms";
        lead: "Elke versie geldt vanaf haar eerste dag. Wat is afgeschreven, blijft afgeschreven onder de versie van toen.", "Each version holds from its first day. What was charged stays charged under the version of its day.";
        version: "Versie", "Version";
        name: "Naam", "Name";
        from: "Geldt vanaf", "Holds from";
        applied: "Vastgesteld", "Applied";
        today: "geldt nu", "holds now";
        later: "komt nog", "to come";
        new: "Nieuwe versie", "New version";
        text: "De hele tekst", "The whole text";
        text_hint: "Het hele bestand, zoals het programma het leest. De taal staat in docs/policy.md.", "The whole file, as the program reads it. docs/policy.md explains the language.";
        first_day: "Eerste dag", "First day";
        first_day_hint: "Vandaag of later.", "Today or later.";
        check: "Controleer", "Check";
        apply: "Laat gelden", "Put in force";
        valid: "Deze tekst klopt.", "This text is valid.";
        would_change: "Dit zou veranderen:", "This would change:";
        faults: "Deze tekst klopt niet:", "This text is not valid:";
        changes: "Wat er veranderde", "What changed";
        since: "ten opzichte van versie", "since version";
        first: "Dit is de eerste versie.", "This is the first version.";
        no_changes: "Geen sleutel zegt iets anders.", "No key says anything else.";
        key: "Sleutel", "Key";
        old: "Was", "Was";
        is: "Is", "Is";
    }
}

#[derive(Template)]
#[template(path = "policies/index.html")]
struct PoliciesPage {
    page: Page,
    t: &'static PolicyTexts,
    admin: bool,
    /// The newest first.
    versions: Vec<PolicyVersion>,
    /// The version that holds today.
    current: i64,
    today: NaiveDate,
    zone: Tz,
    form: Form,
    checked: Option<Checked>,
}

/// What a check of a text found.
struct Checked {
    faults: Vec<String>,
    changes: Vec<Difference>,
}

impl PoliciesPage {
    async fn read(app: &App, member: &Member, form: Form) -> Result<Self> {
        let service = &app.service;
        let today = service.policies.day(service.clock.now());
        let mut versions = service.policy_versions(&member.caller).await?;
        versions.reverse();
        Ok(Self {
            page: member.page().at("/policies".to_owned()),
            t: PolicyTexts::of(member.lang()),
            admin: member.caller.is_admin(),
            versions,
            current: service.policies.at(today).0,
            today,
            zone: service.policies.time_zone(),
            form,
            checked: None,
        })
    }

    fn from(&self, version: &PolicyVersion) -> String {
        text::date(version.effective_from, self.page.lang)
    }

    fn applied(&self, version: &PolicyVersion) -> String {
        text::moment(version.applied_at, self.zone, self.page.lang)
    }
}

#[derive(Template)]
#[template(path = "policies/show.html")]
struct VersionPage {
    page: Page,
    t: &'static PolicyTexts,
    version: PolicyVersion,
    /// What it changed; none of the first version.
    changes: Option<Vec<Difference>>,
}

impl VersionPage {
    fn from(&self) -> String {
        text::date(self.version.effective_from, self.page.lang)
    }
}

async fn index(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    show(&PoliciesPage::read(&app, &member, Form::default()).await?)
}

async fn version(State(app): State<App>, member: Member, Named(number): Named<i64>) -> Result<Response, Fault> {
    let version = app.service.policy_version(&member.caller, number).await?;
    let before = app.service.policy_version(&member.caller, number - 1).await.ok();
    let changes = before.and_then(|before| differences(&before.text, &version.text).ok());
    show(&VersionPage { page: member.page(), t: PolicyTexts::of(member.lang()), version, changes })
}

async fn check(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::Administer)?;
    let text = sent.values.get("text").to_owned();
    let mut page = PoliciesPage::read(&app, &sent.member, Form::sent(sent.values.clone(), Refused::default())).await?;
    let (newest, told) = (page.versions.first().map(|newest| newest.text.clone()), text.clone());
    let read = app.service.on_text(&text, move |read| match read {
        Ok(_) => (vec![], newest.and_then(|newest| differences(&newest, &told).ok()).unwrap_or_default()),
        Err(PolicyErrors(faults)) => (faults.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::new()),
    });
    let (faults, changes) = match read.await {
        Ok(read) => read,
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            page.form = Form::sent(sent.values.clone(), refused);
            return show_with(status, &page);
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.checked = Some(Checked { faults, changes });
    show_with(status, &page)
}

async fn apply(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::Administer)?;
    let text = sent.values.get("text").to_owned();
    let Err(error) = apply_text(&app, &sent, text).await else { return Ok(done("/policies")) };
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    show_with(status, &PoliciesPage::read(&app, &sent.member, Form::sent(sent.values.clone(), refused)).await?)
}

async fn apply_text(app: &App, sent: &Submission, text: String) -> Result<PolicyVersion, Error> {
    let mut fields = Fields::default();
    let from = fields.needed_date("from", sent.values.get("from"));
    fields.done()?;
    app.service.apply_policy(&sent.member.caller, text, from).await
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/policies", get(index).post(apply))
        .route("/policies/check", post(check))
        .route("/policies/{version}", get(version))
}
