//! Who pays: the panel on a ticket, an agent's new decision, and what is free here in plain words.

use super::forms::{self, Form};
use super::texts::texts;
use super::tickets::{agent_at, answer};
use super::words::{self, either};
use super::{Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::command::Ruling;
use crate::domain::coverage::known;
use crate::domain::policy::{Bilingual, CoverRule};
use crate::domain::{
    AddOnTerm, ContactId, Cover, CoverageId, Customer, CustomerId, Policy, Ticket, TicketId, TicketKind, Urgency,
};
use crate::service::coverage::{Invoiceable, Shown};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{Id, Search};
use crate::web::fields::Fields;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;

/// How much agreed work the page of a customer shows.
const WORK: i64 = 50;
/// What a choice says to take a topic or an urgency away.
const NONE: &str = "none";

texts! {
    /// Who pays.
    pub struct CoverageTexts {
        title: "Wie betaalt dit?", "Who pays for this?";
        earlier: "Eerdere beslissingen", "Earlier decisions";
        because: "Reden:", "Reason:";
        offer: "Aan te bieden:", "To offer:";
        decide: "Anders beslissen", "Decide otherwise";
        decide_lead: "De oude beslissing blijft bewaard. De klant leest de reden.", "The old decision is kept. The customer reads the reason.";
        cover: "Wie betaalt", "Who pays";
        by_rules: "zoals de regels zeggen", "as the rules say";
        kind: "Soort", "Kind";
        topic: "Onderwerp van de vraag", "Topic";
        no_topic: "geen van deze", "none of these";
        urgency: "Haast", "Urgency";
        no_urgency: "geen haast", "not urgent";
        safety: "Veiligheidsincident", "Safety incident";
        not_safety: "Geen veiligheidsincident:", "Not a safety incident:";
        agreed_by: "Akkoord met een factuur van", "Invoice agreed to by";
        nobody: "nog niemand", "nobody yet";
        rate: "Afgesproken uurprijs, ex btw", "Agreed price of an hour, ex VAT";
        rate_hint: "Leeg: de gewone prijs.", "Empty: the usual price.";
        reason: "Reden", "Reason";
        reverse: "Draai ook terug wat onder de oude beslissing is geboekt", "Also reverse what was logged under the old decision";
        save: "Leg de beslissing vast", "Record the decision";
        rules: "Wat is gratis?", "What is free?";
        rules_lead: "Van boven naar beneden: de eerste regel die past, geldt. U hoort het altijd voordat we beginnen.", "From top to bottom: the first rule that fits, holds. We always tell you before we start.";
        for_what: "Waarvoor", "For what";
        everything: "alles", "everything";
        in_words: "In gewone woorden", "In plain words";
        add_on: "Abonnement voor spoed", "Add-on for urgency";
        no_add_on: "Er is geen abonnement.", "There is no add-on.";
        since: "Vanaf", "From";
        until: "Tot en met", "Until";
        goes_on: "Leeg: loopt door.", "Empty: goes on.";
        record: "Leg vast", "Record";
        recorded: "Vastgelegd.", "Recorded.";
        agreed_work: "Werk op factuur, zoals afgesproken", "Work to be invoiced, as agreed";
        per_hour: "per uur", "an hour";
    }
}

/// A decision in the reader's language.
pub struct Told {
    /// In a word.
    pub(super) word: &'static str,
    /// Whether it costs the customer something: the class of the panel.
    pub(super) class: &'static str,
    /// The outline of its picture, on a field of 24 by 24.
    pub(super) icon: &'static str,
    pub(super) sentence: String,
    pub(super) reason: String,
    pub(super) offer: Option<String>,
    /// Why an agent decided otherwise.
    pub(super) because: Option<String>,
    /// Who, when, and who agreed to which price.
    pub(super) facts: String,
}

/// What the page of a ticket says about who pays.
pub struct Panel {
    pub(super) t: &'static CoverageTexts,
    pub(super) now: Told,
    pub(super) earlier: Vec<Told>,
    pub(super) replaces: CoverageId,
    pub(super) covers: Vec<(Cover, &'static str)>,
    pub(super) kinds: Vec<(TicketKind, &'static str)>,
    /// Whether an invoice can be decided on.
    pub(super) invoices: bool,
    pub(super) choices: Choices,
    pub(super) kind: TicketKind,
    pub(super) topic: String,
    pub(super) urgency: String,
}

/// What a form about a ticket lets choose.
pub struct Choices {
    pub(super) t: &'static CoverageTexts,
    /// Topics by id.
    pub(super) topics: Vec<(String, String)>,
    /// Levels of urgency by id, `safety` the last; empty where nothing is urgent.
    pub(super) levels: Vec<(String, String)>,
    /// What is no safety incident.
    pub(super) not_safety: String,
}

impl Choices {
    /// What the policy offers.
    #[must_use]
    pub fn of(policy: &Policy, lang: Lang) -> Self {
        let t = CoverageTexts::of(lang);
        let name = |both: &Bilingual| both.of(lang.into()).to_owned();
        let topics = policy.topics.iter().map(|topic| (topic.id.clone(), name(&topic.name))).collect();
        let Some(rules) = &policy.urgency else {
            return Self { t, topics, levels: Vec::new(), not_safety: String::new() };
        };
        let levels = rules.levels.iter().map(|level| (level.id.clone(), name(&level.name)));
        let safety = (Urgency::SAFETY.to_owned(), t.safety.to_owned());
        let not_safety: Vec<String> = rules.not_safety.iter().map(name).collect();
        let not_safety =
            if not_safety.is_empty() { String::new() } else { format!("{} {}.", t.not_safety, not_safety.join(", ")) };
        Self { t, topics, levels: levels.chain([safety]).collect(), not_safety }
    }
}

impl Panel {
    /// From the decisions about a ticket, the newest first.
    ///
    /// # Errors
    /// When there is none, which no ticket is without.
    pub fn of(ticket: &Ticket, decisions: &[Shown], policy: &Policy, zone: Tz, lang: Lang) -> Result<Self> {
        let mut told = decisions.iter().map(|shown| Told::of(shown, zone, lang));
        let now = told.next().ok_or(Error::NotFound("coverage"))?;
        Ok(Self {
            t: CoverageTexts::of(lang),
            now,
            earlier: told.collect(),
            replaces: ticket.coverage_id,
            invoices: known(policy).contains(&Cover::Invoice),
            covers: known(policy).into_iter().map(|cover| (cover, words::covers(cover, lang))).collect(),
            kinds: TicketKind::ALL.iter().map(|kind| (*kind, words::ticket_kind(*kind, lang))).collect(),
            choices: Choices::of(policy, lang),
            kind: ticket.kind,
            topic: ticket.topic.clone().unwrap_or_else(|| NONE.to_owned()),
            urgency: ticket.urgency.as_ref().map_or_else(|| NONE.to_owned(), ToString::to_string),
        })
    }
}

impl Told {
    fn of(shown: &Shown, zone: Tz, lang: Lang) -> Self {
        let decided = &shown.coverage;
        let read = |both: &Bilingual| both.of(lang.into()).to_owned();
        let source = decided.source.as_ref().map_or(String::new(), |source| format!(" ({source})"));
        Self {
            word: words::covers(decided.cover, lang),
            class: if decided.cover.charges() { "paid" } else { "free" },
            icon: icon(decided.cover),
            sentence: read(&decided.sentence) + &source,
            reason: read(&decided.reason),
            offer: decided.offer.as_ref().map(read),
            because: decided.override_reason.clone(),
            facts: facts(shown, zone, lang),
        }
    }
}

/// Who decided, when, and who of the customer agreed.
fn facts(shown: &Shown, zone: Tz, lang: Lang) -> String {
    let decided = &shown.coverage;
    let at = text::moment(decided.decided_at, zone, lang);
    let mut facts = vec![match &shown.decided_by_name {
        Some(name) => either(lang, format!("besloten door {name}, {at}"), format!("decided by {name}, {at}")),
        None => either(lang, format!("volgens de regels, {at}"), format!("by the rules, {at}")),
    }];
    if let (Some(name), Some(rate)) = (&shown.agreed_by_name, decided.hourly_rate) {
        let rate = text::money(rate, lang);
        let said =
            either(lang, format!("akkoord van {name}: {rate} per uur"), format!("agreed by {name}: {rate} an hour"));
        facts.push(said);
    }
    facts.join(" · ")
}

/// A picture for each cover, drawn with lines on a field of 24 by 24.
const fn icon(cover: Cover) -> &'static str {
    match cover {
        Cover::Safety => "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z",
        Cover::Defect => "M20 7a5 5 0 0 1-7 6l-6 7-3-3 7-6a5 5 0 0 1 6-7l-3 3 3 3z",
        Cover::Included => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6",
        Cover::AddOn | Cover::YearlyUrgent => "M13 3L6 13h5l-1 8 8-11h-6z",
        Cover::FairUse => "M12 4v16M7 20h10M5 7h14M5 7l-2 6h4zM19 7l-2 6h4z",
        Cover::Card => "M4 5h16v14H4zM4 9.7h16M4 14.3h16",
        Cover::Invoice => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
        Cover::Goodwill => "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5c0 3.5-2 6.5-9 11.5z",
        Cover::Uncovered => {
            "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"
        }
    }
}

async fn decide(State(app): State<App>, Id(ticket): Id<TicketId>, sent: Submission) -> Result<Response, Fault> {
    agent_at(&app, &sent.member.caller, ticket).await?;
    let decided = match read_ruling(&sent.values) {
        Ok((replaces, ruling)) => app.service.decide_coverage(sent.request(), ticket, replaces, ruling).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, ticket, "coverage".to_owned(), decided.map(|_| "decided")).await
}

/// The form as it was sent: an empty choice leaves it as it is, `none` takes it away.
fn read_ruling(values: &Values) -> Result<(CoverageId, Ruling)> {
    const CHOICES: &str = "expected one of the choices";
    let told = |field: &str| values.filled(field).map(|text| Some(text.to_owned()).filter(|text| text != NONE));
    let mut fields = Fields::default();
    let urgency = told("urgency").map(|level| level.and_then(|level| level.parse().ok()));
    let rate = values.filled("hourly_rate").map(|_| forms::amount(&mut fields, "hourly_rate", values));
    let ruling = Ruling {
        kind: fields.optional("kind", values.filled("kind"), CHOICES),
        topic: told("topic"),
        urgency,
        cover: fields.optional("cover", values.filled("cover"), CHOICES),
        agreed_by: fields.optional::<ContactId>("agreed_by", values.filled("agreed_by"), CHOICES),
        hourly_rate: rate,
        reason: fields.text("reason", values.get("reason")),
        reverse_entries: values.filled("reverse_entries").is_some(),
    };
    let replaces = fields.needed("replaces", values.get("replaces"), CHOICES);
    fields.done()?;
    Ok((replaces.ok_or(Error::NotFound("coverage"))?, ruling))
}

/// A rule as a customer reads it.
struct Row {
    told: &'static str,
    class: &'static str,
    icon: &'static str,
    for_what: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "coverage/rules.html")]
struct RulesPage {
    page: Page,
    t: &'static CoverageTexts,
    customer: Customer,
    agent: bool,
    rows: Vec<Row>,
    /// Where there is an add-on: its terms, the newest first.
    add_ons: Option<Vec<AddOnTerm>>,
    work: Vec<Invoiceable>,
    form: Form,
    notice: Option<&'static str>,
}

impl RulesPage {
    async fn read(app: &App, member: &Member, id: CustomerId, form: Form) -> Result<Self> {
        let (caller, lang) = (&member.caller, member.lang());
        let customer = app.service.customer(caller, id).await?;
        let today = app.service.policies.day(app.service.clock.now());
        let policy = app.service.policies.at(today).1;
        let sold = policy.urgency.as_ref().is_some_and(|rules| rules.add_on.is_some());
        let add_ons = if sold { Some(app.service.add_ons_of(caller, id).await?) } else { None };
        Ok(Self {
            page: member.page().at(format!("/customers/{id}/coverage")),
            t: CoverageTexts::of(lang),
            customer,
            agent: caller.is_agent(),
            rows: policy.cover_table().iter().map(|rule| Row::of(rule, policy, lang)).collect(),
            add_ons,
            work: app.service.invoiceable(caller, id, None, WORK).await?,
            form,
            notice: None,
        })
    }

    fn term(&self, term: &AddOnTerm) -> String {
        let day = |day| text::date(day, self.page.lang);
        let since = day(term.since);
        match term.until {
            Some(until) => format!("{since} – {}", day(until)),
            None => either(self.page.lang, format!("sinds {since}"), format!("since {since}")),
        }
    }

    fn day(&self, work: &Invoiceable) -> String {
        text::date_short(work.worked_on, self.page.lang)
    }

    fn rate(&self, work: &Invoiceable) -> String {
        format!("{} {}", text::money(work.hourly_rate, self.page.lang), self.t.per_hour)
    }

    fn amount(&self, work: &Invoiceable) -> String {
        text::money(work.hourly_rate.per_hour(work.invoiced), self.page.lang)
    }
}

impl Row {
    fn of(rule: &CoverRule, policy: &Policy, lang: Lang) -> Self {
        let kinds = rule.kinds.iter().map(|kind| words::ticket_kind(*kind, lang));
        let topics = rule.topics.iter().filter_map(|id| policy.topic(id));
        let for_what: Vec<&str> = match (rule.by, rule.topics.is_empty()) {
            (Cover::Safety, _) => vec![CoverageTexts::of(lang).everything],
            (_, true) => kinds.collect(),
            (_, false) => topics.map(|topic| topic.name.of(lang.into())).collect(),
        };
        Self {
            told: words::covers(rule.by, lang),
            class: if rule.by.charges() { "paid" } else { "free" },
            icon: icon(rule.by),
            for_what: for_what.join(", "),
            sentence: rule.sentence.of(lang.into()).to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct RulesQuery {
    /// What was just done.
    done: Option<String>,
}

async fn rules(
    State(app): State<App>,
    member: Member,
    Id(id): Id<CustomerId>,
    Search(asked): Search<RulesQuery>,
) -> Result<Response, Fault> {
    let mut page = RulesPage::read(&app, &member, id, Form::default()).await?;
    page.notice = asked.done.filter(|done| done == "recorded").map(|_| page.t.recorded);
    show(&page)
}

async fn record_add_on(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let since = fields.needed_date("since", sent.values.get("since"));
    let until = fields.date("until", sent.values.filled("until"));
    let recorded = match fields.done() {
        Ok(()) => app.service.record_add_on(sent.request(), id, since, until).await,
        Err(error) => Err(error),
    };
    match recorded {
        Ok(_) => Ok(done(&format!("/customers/{id}/coverage?done=recorded"))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &RulesPage::read(&app, &sent.member, id, form).await?)
        }
    }
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/tickets/{id}/coverage", post(decide))
        .route("/customers/{id}/coverage", get(rules))
        .route("/customers/{id}/urgent-add-on", post(record_add_on))
}
