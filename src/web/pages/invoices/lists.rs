//! Documents of all customers, for finance: by what they wait for, or one by its number.

use super::texts::InvoiceTexts;
use super::{Listed, only_finance};
use crate::service::Error;
use crate::service::invoices::{Filter, Which};
use crate::web::App;
use crate::web::extract::{Search, bad_cursor, cursor, position};
use crate::web::pages::words::missing_fields;
use crate::web::pages::{Fault, Member, Page, done, encode, show};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

/// How many documents a page holds.
const MANY: usize = 50;

/// The addresses.
pub(super) fn router() -> Router<App> {
    Router::new().route("/finance/invoices", get(list))
}

#[derive(Debug, Default, Deserialize)]
struct ListQuery {
    /// Which documents.
    which: Option<String>,
    /// Where the page begins.
    after: Option<String>,
    /// A number or payment reference.
    find: Option<String>,
}

/// A document with its customer.
struct Row {
    listed: Listed,
    customer: String,
    number: i64,
    /// Of a draft that waits: for what (PAY-1a).
    waits: Option<String>,
}

#[derive(Template)]
#[template(path = "finance/invoices.html")]
struct ListPage {
    page: Page,
    t: &'static InvoiceTexts,
    which: Which,
    rows: Vec<Row>,
    first: Option<String>,
    more: Option<String>,
    /// What was looked for and not found.
    missing: Option<String>,
}

impl ListPage {
    /// The lists, each with its address and name.
    fn lists(&self) -> Vec<(Which, &'static str)> {
        let t = self.t;
        let name = |which: &Which| match which {
            Which::All => t.list_all,
            Which::Open => t.list_open,
            Which::Overdue => t.list_overdue,
            Which::Drafts => t.list_drafts,
            Which::CreditNotes => t.list_notes,
        };
        Which::ALL.iter().map(|which| (*which, name(which))).collect()
    }
}

async fn list(State(app): State<App>, member: Member, Search(asked): Search<ListQuery>) -> Result<Response, Fault> {
    only_finance(&member)?;
    let looked_for = asked.find.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = looked_for {
        match app.service.find_invoice(&member.caller, text).await {
            Ok(invoice) => return Ok(done(&format!("/invoices/{}", invoice.id))),
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let which = asked.which.as_deref().and_then(|word| word.parse().ok()).unwrap_or(Which::All);
    let filter = Filter::at(which, position(asked.after.as_deref())?).ok_or_else(bad_cursor)?;
    let (lang, today) = (member.lang(), app.service.policies.day(app.service.clock.now()));
    let mut found = app.service.invoices(&member.caller, &filter, i64::try_from(MANY + 1).unwrap_or(i64::MAX)).await?;
    let more = found.len() > MANY;
    found.truncate(MANY);
    let base = format!("/finance/invoices?which={}", which.as_str());
    let last = found.last().filter(|_| more).map(|owed| cursor(&filter.cursor(&owed.invoice)));
    let row = |owed: crate::service::invoices::Owed| Row {
        waits: owed.invoice.is_waiting().then(|| missing_fields(&owed.invoice.waits_for, lang)),
        listed: Listed::of(owed.invoice, today, lang),
        customer: owed.customer_name,
        number: owed.customer_number,
    };
    show(&ListPage {
        page: member.page(),
        t: InvoiceTexts::of(lang),
        which,
        rows: found.into_iter().map(row).collect(),
        first: asked.after.as_ref().map(|_| base.clone()),
        more: last.map(|last| format!("{base}&after={}", encode(&last))),
        missing: looked_for.map(str::to_owned),
    })
}
