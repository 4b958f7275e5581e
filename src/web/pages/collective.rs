//! Accounts of others by which many pay (BANK-5, BANK-6): finance marks them, and reads what follows.

use super::forms::{Form, Forms};
use super::texts::texts;
use super::words::either;
use super::{Fault, Member, Page, Refused, Submission, show, show_with};
use crate::domain::Doing;
use crate::domain::collective::CollectiveKind;
use crate::service::bank::{Collective, NewCollective};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Search;
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

texts! {
    /// The page of collective accounts.
    pub struct CollectiveTexts {
        bank: "Bank", "Bank";
        title: "Verzamelrekeningen", "Collective accounts";
        lead: "Rekeningen waarmee voor velen wordt betaald: betaaldienstverleners, besturen, tussenrekeningen. Zo’n rekening bewijst niet wie er betaalde.", "Accounts by which payments of many come: payment providers, boards, clearing. Such an account does not prove who paid.";
        none: "Er is nog geen rekening gemarkeerd.", "No account is marked yet.";
        account: "Rekening", "Account";
        kind: "Soort", "Kind";
        note: "Toelichting", "Note";
        since: "Sinds", "Since";
        known: "Was bekend als rekening van", "Was known as the account of";
        mark: "Rekening markeren", "Mark an account";
        mark_hint: "het IBAN van de tegenpartij", "the IBAN of the other side";
        follows: "Vanaf dat moment telt de rekening niet meer als bewijs. Wat al geboekt is, blijft geboekt.", "From then on the account is no proof. What was booked stays booked.";
        save: "Markeren", "Mark";
        unmark: "Niet meer markeren", "Unmark";
        reason: "Waarom?", "Why?";
    }
}

/// The word for a kind.
const fn kind(kind: CollectiveKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (CollectiveKind::Provider, Lang::Nl) => "betaaldienstverlener",
        (CollectiveKind::Provider, Lang::En) => "payment provider",
        (CollectiveKind::Board, Lang::Nl) => "bestuur",
        (CollectiveKind::Board, Lang::En) => "board",
        (CollectiveKind::Clearing, Lang::Nl) => "tussenrekening",
        (CollectiveKind::Clearing, Lang::En) => "clearing account",
        (CollectiveKind::Other, Lang::Nl) => "anders",
        (CollectiveKind::Other, Lang::En) => "other",
    }
}

#[derive(Debug, Default, Deserialize)]
struct Beforehand {
    /// The account that is filled in.
    iban: Option<String>,
    /// And the note.
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "bank/collective.html")]
struct CollectivePage {
    page: Page,
    t: &'static CollectiveTexts,
    notices: Vec<String>,
    zone: chrono_tz::Tz,
    accounts: Vec<Collective>,
    beforehand: Beforehand,
    forms: Forms,
}

impl CollectivePage {
    async fn read(app: &App, member: &Member, beforehand: Beforehand) -> Result<Self> {
        let accounts = app.service.collective_accounts(&member.caller).await?;
        let page = member.page().at("/finance/bank/collective".to_owned());
        let (t, zone) = (CollectiveTexts::of(member.lang()), app.service.policies.time_zone());
        Ok(Self { page, t, notices: Vec::new(), zone, accounts, beforehand, forms: Forms::default() })
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        CollectiveKind::ALL.iter().map(|one| (one.as_str(), kind(*one, self.page.lang))).collect()
    }

    fn kind(&self, one: &Collective) -> &'static str {
        kind(one.marked.row.kind, self.page.lang)
    }

    fn since(&self, one: &Collective) -> String {
        text::moment(one.marked.row.recorded_at, self.zone, self.page.lang)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn known(&self, one: &Collective) -> String {
        names(one)
    }
}

fn names(one: &Collective) -> String {
    one.known_as.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<Beforehand>) -> Result<Response, Fault> {
    show(&CollectivePage::read(&app, &member, asked).await?)
}

/// What follows from marking an account.
fn marked(one: &Collective, lang: Lang) -> String {
    let (iban, names) = (&one.marked.row.iban, names(one));
    if names.is_empty() {
        return either(
            lang,
            format!("{iban} is gemarkeerd en bewijst vanaf nu niet wie er betaalt."),
            format!("{iban} is marked and from now on does not prove who pays."),
        );
    }
    either(
        lang,
        format!(
            "{iban} is gemarkeerd. Deze rekening was bekend als die van {names}; vanaf nu telt dat niet meer als bewijs. Wat \
             geboekt is, blijft geboekt."
        ),
        format!(
            "{iban} is marked. This account was known as that of {names}; from now on that is no proof. What was booked stays \
             booked."
        ),
    )
}

async fn mark(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let iban = fields.line("iban", sent.values.get("iban"));
    let note = fields.optional_line("note", sent.values.filled("note")).unwrap_or_default();
    let kind = fields.needed("kind", sent.values.get("kind"), "is needed");
    let result = match (fields.done(), kind) {
        (Ok(()), Some(kind)) => {
            app.service.mark_collective(&sent.member.caller, NewCollective { iban, kind, note }).await
        }
        (Ok(()), None) => Err(Error::NotFound("kind")),
        (Err(error), _) => Err(error),
    };
    answer(&app, &sent, "mark", result.map(|one| marked(&one, sent.member.lang()))).await
}

async fn unmark(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let (mut fields, iban, lang) = (Fields::default(), sent.values.get("iban").to_owned(), sent.member.lang());
    let reason = fields.line("reason", sent.values.get("reason"));
    let result = match fields.done() {
        Ok(()) => app.service.unmark_collective(&sent.member.caller, &iban, &reason).await,
        Err(error) => Err(error),
    };
    let told = result.map(|still| unmarked(&iban, still, lang));
    answer(&app, &sent, &format!("unmark-{iban}"), told).await
}

/// What follows from unmarking an account.
fn unmarked(iban: &str, still: bool, lang: Lang) -> String {
    if still {
        return either(
            lang,
            format!("{iban} is niet meer gemarkeerd, maar telt nog niet als bewijs: er is een regel van verdeeld."),
            format!("{iban} is not marked any more, but is still no proof: a line of it was divided."),
        );
    }
    either(lang, format!("{iban} is niet meer gemarkeerd."), format!("{iban} is not marked any more."))
}

/// The page again: with what was done, or with the form that was refused.
async fn answer(app: &App, sent: &Submission, form: &str, told: Result<String>) -> Result<Response, Fault> {
    sent.member.caller.may(Doing::KeepBooks)?;
    let mut page = CollectivePage::read(app, &sent.member, Beforehand::default()).await?;
    match told {
        Ok(told) => {
            page.notices.push(told);
            show(&page)
        }
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            page.forms = Forms::sent(form.to_owned(), Form::sent(sent.values.clone(), refused));
            show_with(status, &page)
        }
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/finance/bank/collective", get(index).post(mark))
        .route("/finance/bank/collective/unmark", post(unmark))
}
