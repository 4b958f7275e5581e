//! What a customer's page says about its cards' terms: what they pay for, what was told, what converts when, and whether
//! they are ordered again; and the page of its installations (CARD-8 to CARD-10).

use super::drawn::scope_words;
use super::texts::texts;
use super::{App, Fault, Member, Page, Refused, Submission, Values, done, show, show_with};
use crate::domain::decide::conversion::Upcoming;
use crate::domain::{Billing, Customer, CustomerId, Doing, Installation, InstallationId, Minutes, Notice, NoticeKind};
use crate::service::balance::BalanceView;
use crate::service::cards::Order;
use crate::service::renewal::Given;
use crate::service::{Error, Result};
use crate::web::extract::{Id, Ids};
use crate::web::fields::Fields;
use crate::web::text::{Lang, date, money};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

/// How many things that were told stand on the page.
const TOLD: i64 = 5;

texts! {
    /// Words about the terms of cards.
    pub struct TermsTexts {
        told: "Over uw kaarten", "About your cards";
        low: "Het tegoed is (bijna) op.", "The hours have (almost) run out.";
        renewed: "De kaart was op en is opnieuw besteld.", "The card was used up and has been ordered again.";
        not_renewed: "De kaart was op, maar wordt niet meer verkocht: er is niets besteld.", "The card was used up but is no longer sold: nothing was ordered.";
        converted: "Wat over was, is omgerekend naar het nieuwe tarief.", "What was left has been converted to the new rate.";
        credited: "Een kaart is afgesloten; het restant wordt terugbetaald.", "A card was closed; the rest is given back.";
        scopes: "Waarvoor het tegoed is", "What the hours are for";
        everything: "alles", "everything";
        upcoming: "Wat er met het tegoed gebeurt", "What becomes of the hours";
        becomes: "wordt", "becomes";
        worth: "voor hetzelfde geld:", "for the same money:";
        unchanged: "blijft gelijk: het tarief verandert niet", "stays the same: the rate does not change";
        given_back: "wordt terugbetaald:", "is given back:";
        credit: "Terug te betalen, excl. btw:", "To be given back, excl. VAT:";
        renewal: "Vanzelf verlengen", "Renewal";
        renewal_on: "Een kaart die op is, wordt opnieuw besteld tegen de prijs van dat moment. Toestemming van", "A card that is used up is ordered again at the price of that day. Consent by";
        renewal_off: "Een kaart die op is, wordt niet opnieuw besteld.", "A card that is used up is not ordered again.";
        renewal_offer: "Met uw toestemming bestellen we een kaart die op is opnieuw, tegen de prijs van dat moment. U krijgt steeds één factuur en kunt dit altijd intrekken.", "With your consent we order a used-up card again, at the price of that day. You get one invoice each time and can withdraw this whenever you like.";
        withdrawn: "Ingetrokken op", "Withdrawn on";
        on: "op", "on";
        consent: "Ja, verleng vanzelf", "Yes, renew by itself";
        withdraw: "Niet meer verlengen", "Stop renewing";
        title: "Installaties", "Installations";
        lead: "Waar meldingen over gaan en afspraken voor gelden, zoals een website.", "What reports are about and agreements are for, such as a website.";
        none: "Er zijn nog geen installaties.", "There are no installations yet.";
        name: "Naam", "Name";
        since: "Sinds", "Since";
        remove: "Verwijderen", "Remove";
        add: "Installatie toevoegen", "Add an installation";
        save: "Toevoegen", "Add";
        actions: "Acties", "Actions";
    }
}

/// The addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/customers/{id}/installations", get(index).post(add))
        .route("/customers/{id}/installations/{installation_id}/remove", post(remove))
        .route("/customers/{id}/renewal/consent", post(consent))
        .route("/customers/{id}/renewal/withdraw", post(withdraw))
}

/// What cards of one scope have left.
pub struct Scope {
    /// What for.
    pub words: String,
    /// How much.
    pub available: Minutes,
}

/// Whether cards are ordered again, and what may be done about it.
pub struct Renewal {
    /// As it stands.
    pub text: String,
    /// May consent.
    pub may_give: bool,
    /// May withdraw.
    pub may_withdraw: bool,
}

/// Everything that the page of a customer says about the terms of its cards.
pub struct CardTerms {
    /// The texts.
    pub t: &'static TermsTexts,
    /// What was told lately, with the day.
    pub told: Vec<String>,
    /// What is left for what; empty where all of it is for everything.
    pub scopes: Vec<Scope>,
    /// What becomes of it, and when.
    pub upcoming: Vec<String>,
    /// Where the provider offers renewal.
    pub renewal: Option<Renewal>,
    /// What a card can be bought for.
    pub places: Vec<Installation>,
}

impl CardTerms {
    /// Reads it for a person who may see the customer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(app: &App, member: &Member, balance: &BalanceView) -> Result<Self> {
        let (service, caller, id) = (&app.service, &member.caller, balance.customer.id);
        let lang = member.lang();
        let t = TermsTexts::of(lang);
        let told = service.notices(caller, id, TOLD).await?;
        let renewal = if service.renews() {
            let given = service.renewal(caller, id).await?;
            let may = (caller.can(id, Doing::GiveConsent), caller.can(id, Doing::WithdrawConsent));
            Some(renewal(app, given.as_ref(), may, lang))
        } else {
            None
        };
        let places = balance.installations.iter().filter(|place| place.is_active()).cloned().collect();
        Ok(Self {
            t,
            told: told.iter().map(|notice| notice_words(app, notice, balance, lang)).collect(),
            scopes: scopes(balance, lang),
            upcoming: upcoming(balance, lang),
            renewal,
            places,
        })
    }
}

fn notice_words(app: &App, notice: &Notice, balance: &BalanceView, lang: Lang) -> String {
    let t = TermsTexts::of(lang);
    let text = match notice.kind {
        NoticeKind::Low => t.low,
        NoticeKind::Renewed => t.renewed,
        NoticeKind::NotRenewed => t.not_renewed,
        NoticeKind::Converted => t.converted,
        NoticeKind::Credited => t.credited,
    };
    let place = notice.installation_id.and_then(|id| balance.installation(id));
    let place = place.map_or_else(String::new, |name| format!(", {name}"));
    format!("{}{place}: {text}", date(app.service.policies.day(notice.recorded_at), lang))
}

/// CARD-8: only worth telling where not all of it is for everything.
fn scopes(balance: &BalanceView, lang: Lang) -> Vec<Scope> {
    let found = balance.scopes();
    if found.iter().all(|scope| scope.installation.is_none() && scope.work.is_all()) {
        return Vec::new();
    }
    let words = |scope: &crate::service::balance::ScopeView| {
        let place = scope.installation.and_then(|id| balance.installation(id));
        let words = scope_words(place, &scope.work, lang);
        if words.is_empty() { TermsTexts::of(lang).everything.to_owned() } else { words }
    };
    found.iter().map(|scope| Scope { words: words(scope), available: scope.available }).collect()
}

/// CARD-10: what becomes of each card that converts, and what is to be given back.
fn upcoming(balance: &BalanceView, lang: Lang) -> Vec<String> {
    let t = TermsTexts::of(lang);
    let converting = balance.cards.iter().filter_map(|seen| {
        let (on, upcoming) = seen.upcoming?;
        let (day, left) = (date(on, lang), seen.card.available);
        Some(match upcoming {
            Upcoming::Unchanged => format!("{day}: {left} {}.", t.unchanged),
            Upcoming::Minutes { money: worth, minutes, .. } => {
                format!("{day}: {left} {} {minutes}, {} {}.", t.becomes, t.worth, money(worth, lang))
            }
            Upcoming::Credit(worth) => format!("{day}: {left} {} {}.", t.given_back, money(worth, lang)),
        })
    });
    let credit: crate::domain::Cents = balance.cards.iter().map(|seen| seen.card.credit).sum();
    let owed = (credit > crate::domain::Cents::ZERO).then(|| format!("{} {}.", t.credit, money(credit, lang)));
    converting.chain(owed).collect()
}

fn renewal(app: &App, given: Option<&Given>, (may_give, may_withdraw): (bool, bool), lang: Lang) -> Renewal {
    let t = TermsTexts::of(lang);
    let day = |at| date(app.service.policies.day(at), lang);
    match given {
        Some(Given { consent, given_by_name, link, .. }) if consent.holds() => Renewal {
            text: {
                let link = link.as_ref().map_or_else(String::new, |link| format!(", {}", link.told(lang.into())));
                format!("{} {given_by_name} {} {}{link}.", t.renewal_on, t.on, day(consent.given_at))
            },
            may_give: false,
            may_withdraw,
        },
        given => {
            let withdrawn = given.and_then(|given| given.consent.withdrawn_at);
            let withdrawn = withdrawn.map_or_else(String::new, |at| format!(" {} {}.", t.withdrawn, day(at)));
            let offer = if may_give { t.renewal_offer } else { t.renewal_off };
            Renewal { text: format!("{offer}{withdrawn}"), may_give, may_withdraw: false }
        }
    }
}

/// What the form of an order asks for, once it is known which product.
///
/// # Errors
/// When the installation is not one.
pub fn read_order(values: &Values, product: String) -> Result<Order> {
    let mut fields = Fields::default();
    let installation =
        fields.optional("installation_id", values.filled("installation_id"), "expected one of the choices");
    let mut told = |field: &str| fields.optional_line(field, values.filled(field));
    let billing = Billing {
        name: told("name"),
        street: told("street"),
        postcode: told("postcode"),
        city: told("city"),
        ..Billing::default()
    };
    fields.done()?;
    let billing = (billing != Billing::default()).then(|| Box::new(billing));
    Ok(Order { product, installation, renew: values.filled("auto_renew").is_some(), billing })
}

async fn consent(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    app.service.give_consent(sent.request(), id).await?;
    Ok(done(&format!("/customers/{id}#renewal")))
}

async fn withdraw(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    app.service.withdraw_consent(sent.request(), id).await?;
    Ok(done(&format!("/customers/{id}#renewal")))
}

/// An installation in the list.
struct Row {
    id: InstallationId,
    name: String,
    since: String,
}

#[derive(Template)]
#[template(path = "balance/installations.html")]
struct InstallationsPage {
    page: Page,
    t: &'static TermsTexts,
    customer: Customer,
    rows: Vec<Row>,
    manages: bool,
    values: Values,
    refused: Refused,
}

async fn page(app: &App, member: &Member, id: CustomerId) -> Result<InstallationsPage, Fault> {
    let (caller, lang) = (&member.caller, member.lang());
    let customer = app.service.customer(caller, id).await?;
    let row = |place: Installation| Row {
        id: place.id,
        since: date(app.service.policies.day(place.added_at), lang),
        name: place.name,
    };
    Ok(InstallationsPage {
        page: member.page().at(format!("/customers/{id}/installations")),
        t: TermsTexts::of(lang),
        rows: app.service.installations(caller, id).await?.into_iter().map(row).collect(),
        customer,
        manages: caller.can(id, Doing::ManageInstallations),
        values: Values::default(),
        refused: Refused::default(),
    })
}

async fn index(State(app): State<App>, member: Member, Id(id): Id<CustomerId>) -> Result<Response, Fault> {
    show(&page(&app, &member, id).await?)
}

async fn add(State(app): State<App>, Id(id): Id<CustomerId>, sent: Submission) -> Result<Response, Fault> {
    let mut fields = Fields::default();
    let name = fields.line("name", sent.values.get("name"));
    let added = match fields.done() {
        Ok(()) => app.service.add_installation(sent.request(), id, name).await,
        Err(error) => Err(error),
    };
    changed(&app, id, sent, added).await
}

async fn remove(State(app): State<App>, Ids(ids): Ids, sent: Submission) -> Result<Response, Fault> {
    let [customer, installation] = ids[..] else { return Err(Error::NotFound("installation").into()) };
    let id = CustomerId::from(customer);
    let removed = app.service.remove_installation(sent.request(), id, installation.into()).await;
    changed(&app, id, sent, removed).await
}

/// Back to the list, or the list with what was refused.
async fn changed(app: &App, id: CustomerId, sent: Submission, result: Result<Installation>) -> Result<Response, Fault> {
    let Err(error) = result else { return Ok(done(&format!("/customers/{id}/installations"))) };
    let (status, refused) = Refused::with_status(error, sent.member.lang())?;
    let page = page(app, &sent.member, id).await?;
    show_with(status, &InstallationsPage { values: sent.values, refused, ..page })
}
