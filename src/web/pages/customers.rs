//! Customers, for the provider: who there is, with what is left, and a new one.

use super::forms::Form;
use super::texts::texts;
use super::{Fault, Member, Page, Refused, Submission, Values, done, encode, forms, show, show_with};
use crate::domain::{Customer, Doing, Locale};
use crate::service::customers::NewCustomer;
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::{Search, cursor, position};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::text::{self, Lang};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use serde::Deserialize;

/// How many customers a page holds.
const MANY: usize = 25;

texts! {
    /// Lists of customers, and a new one.
    pub struct CustomerTexts {
        title: "Klanten", "Customers";
        new: "Nieuwe klant", "New customer";
        search: "Zoek klant", "Find a customer";
        customer: "Klant", "Customer";
        balance: "Tegoed", "Balance";
        left: "Nog", "Left";
        held: "Gereserveerd", "Held";
        last: "Laatst", "Last";
        held_label: "gereserveerd", "held";
        uncovered: "niet gedekt", "not covered";
        none: "Geen klanten gevonden.", "No customers found.";
        open_ticket: "Melding", "Ticket";
        open_ticket_for: "Nieuwe melding voor", "New ticket for";
        pages: "Bladeren", "Pages";
        first: "Vanaf het begin", "From the start";
        more: "Volgende", "Next";
        name: "Naam van de organisatie", "Name of the organisation";
        email: "E-mailadres", "E-mail address";
        email_hint: "Hierheen gaan facturen en berichten.", "Invoices and messages go here.";
        locale: "Taal", "Language";
        nl: "Nederlands", "Dutch";
        en: "Engels", "English";
        monthly: "Bedrag per maand", "Amount per month";
        monthly_hint: "Ex btw; laat leeg als er geen is.", "Ex VAT; leave empty where there is none.";
        start: "Eerste dag van het contract", "First day of the contract";
        imported: "Komt van elders of keert terug: geen welkomstkaart", "Comes from elsewhere, or returns: no welcome card";
        save: "Klant aanmaken", "Make customer";
        next: "Daarna voegt u de eigenaar toe.", "After this you add the owner.";
    }
}

/// What a list of customers is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    /// Part of a name or address.
    pub query: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A page of customers by number.
#[derive(Debug)]
pub struct CustomerList {
    /// What was searched.
    pub query: String,
    /// The customers.
    pub rows: Vec<Customer>,
    /// Address of the first page, on any other.
    pub first: Option<String>,
    /// Address of the next page, if there is one.
    pub more: Option<String>,
    lang: Lang,
    zone: Tz,
}

impl CustomerList {
    /// Reads a page of it, to be shown at `path`.
    ///
    /// # Errors
    /// A cursor that is not ours; when the database does not answer.
    pub async fn read(app: &App, member: &Member, asked: &ListQuery, path: &str) -> Result<Self, Problem> {
        let query = asked.query.clone().unwrap_or_default();
        let from = position(asked.cursor.as_deref())?.map_or(Ok(0), |text| text.parse());
        let after = from.map_err(|_| crate::web::extract::bad_cursor())?;
        let limit = i64::try_from(MANY + 1).unwrap_or(i64::MAX);
        let mut rows = app.service.customers(&member.caller, query.trim(), after, limit).await?;
        let address = |cursor: &str| match (query.is_empty(), cursor) {
            (true, "") => path.to_owned(),
            (true, cursor) => format!("{path}?cursor={cursor}"),
            (false, "") => format!("{path}?query={}", encode(&query)),
            (false, cursor) => format!("{path}?query={}&cursor={cursor}", encode(&query)),
        };
        let more = rows.len() > MANY;
        rows.truncate(MANY);
        let last = rows.last().filter(|_| more);
        let more = last.map(|customer| address(&cursor(&customer.number.to_string())));
        let first = asked.cursor.as_ref().map(|_| address(""));
        Ok(Self { query, rows, first, more, lang: member.lang(), zone: app.service.policies.time_zone() })
    }

    /// The local day of a customer's last booking, for a table.
    #[must_use]
    pub fn last(&self, customer: &Customer) -> String {
        text::date_short(customer.last_recorded_at.with_timezone(&self.zone).date_naive(), self.lang)
    }
}

#[derive(Template)]
#[template(path = "customers/index.html")]
struct ListPage {
    page: Page,
    t: &'static CustomerTexts,
    agent: bool,
    list: CustomerList,
}

#[derive(Template)]
#[template(path = "customers/new.html")]
struct NewPage {
    page: Page,
    t: &'static CustomerTexts,
    form: Form,
    today: String,
}

impl NewPage {
    fn new(app: &App, member: &Member, form: Form) -> Self {
        let today = app.service.policies.day(app.service.clock.now()).to_string();
        Self { page: member.page(), t: CustomerTexts::of(member.lang()), form, today }
    }
}

async fn index(State(app): State<App>, member: Member, Search(asked): Search<ListQuery>) -> Result<Response, Fault> {
    if !member.caller.is_staff() {
        return Ok(done("/balance"));
    }
    let list = CustomerList::read(&app, &member, &asked, "/customers").await?;
    let (page, t) = (member.page(), CustomerTexts::of(member.lang()));
    show(&ListPage { page, t, agent: member.caller.is_agent(), list })
}

async fn new(State(app): State<App>, member: Member) -> Result<Response, Fault> {
    member.caller.may(Doing::SeeAll)?;
    show(&NewPage::new(&app, &member, Form::default()))
}

async fn create(State(app): State<App>, sent: Submission) -> Result<Response, Fault> {
    let made = match read(&sent.values) {
        Ok(new) => app.service.create_customer(sent.request(), new).await,
        Err(error) => sent.member.caller.may(Doing::SeeAll).and(Err(error)),
    };
    match made {
        Ok(customer) => Ok(done(&format!("/customers/{}/contacts", customer.id))),
        Err(error) => {
            let (status, refused) = Refused::with_status(error, sent.member.lang())?;
            let form = Form::sent(sent.values.clone(), refused);
            show_with(status, &NewPage::new(&app, &sent.member, form))
        }
    }
}

fn read(values: &Values) -> Result<NewCustomer, Error> {
    let mut fields = Fields::default();
    let monthly = values.filled("monthly_amount").map(|_| forms::amount(&mut fields, "monthly_amount", values));
    let new = NewCustomer {
        name: fields.line("name", values.get("name")),
        email: fields.email("email", values.get("email")),
        locale: fields.needed("locale", values.get("locale"), "expected one of the choices").unwrap_or(Locale::Nl),
        monthly_amount: monthly,
        contract_start: fields.date("contract_start", values.filled("contract_start")),
        imported: values.filled("imported").is_some(),
    };
    fields.done()?;
    Ok(new)
}

/// The pages of this module.
pub fn router() -> Router<App> {
    Router::new().route("/customers", get(index)).route("/customers/new", get(new).post(create))
}
