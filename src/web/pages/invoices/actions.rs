//! What finance does with a document. Each form comes back as it was typed when the rules say no.

use super::document::DocumentPage;
use super::{Back, long_time, only_finance};
use crate::domain::command::{Crediting, NewLine, Receiving};
use crate::domain::document::Quantity;
use crate::domain::{CollectionId, CustomerId, Invoice, InvoiceId, PaymentMethod, Target};
use crate::service::{Error, Result};
use crate::web::App;
use crate::web::extract::Id;
use crate::web::fields::Fields;
use crate::web::pages::{Fault, Submission, Values, done, forms, show_with};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;

/// The addresses.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/invoices/{id}/payments", post(pay))
        .route("/invoices/{id}/issue", post(issue))
        .route("/invoices/{id}/credit", post(credit))
        .route("/invoices/{id}/remind", post(remind))
        .route("/invoices/{id}/set-off", post(set_off))
        .route("/invoices/{id}/collections", post(plan))
        .route("/invoices/{id}/collections/cancel", post(call_off))
        .route("/invoices/{id}/refund", post(refund))
        .route("/invoices/{id}/lines", post(write))
        .route("/invoices/{id}/lines/erase", post(erase))
}

/// The document, for finance only: others get what they would get for reading it, or are forbidden.
async fn guarded(app: &App, sent: &Submission, id: InvoiceId) -> Result<Invoice, Fault> {
    let view = app.service.invoice(&sent.member.caller, id).await?;
    only_finance(&sent.member)?;
    Ok(view.invoice)
}

/// On to the page that shows it, or the form again.
async fn answer(
    app: &App,
    sent: &Submission,
    (id, form): (InvoiceId, &str),
    outcome: Result<String>,
) -> Result<Response, Fault> {
    match outcome {
        Ok(path) => Ok(done(&path)),
        Err(error) => {
            let Back { status, forms } = Back::with(form, sent, error)?;
            show_with(status, &DocumentPage::read(app, &sent.member, id, forms).await?)
        }
    }
}

/// The page of a document, saying what was done.
fn shown(id: InvoiceId, done: &str) -> String {
    format!("/invoices/{id}?done={done}")
}

async fn pay(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = match read_payment(&sent.values, vec![id]) {
        Ok(received) => app.service.record_payment(sent.request(), Target::Invoice(id), received).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "pay"), outcome.map(|_| shown(id, "paid"))).await
}

/// Money that came in, as typed.
pub(super) fn read_payment(values: &Values, invoices: Vec<InvoiceId>) -> Result<Receiving> {
    let mut fields = Fields::default();
    let amount = forms::amount(&mut fields, "amount", values);
    let paid_on = fields.needed_date("paid_on", values.get("paid_on"));
    let method: Option<PaymentMethod> = fields.needed("method", values.get("method"), "expected one of the choices");
    let note = fields.optional_line("note", values.filled("note"));
    fields.done()?;
    let keep_surplus = values.filled("keep_surplus").is_some();
    let method = method.unwrap_or(PaymentMethod::Other);
    Ok(Receiving {
        amount,
        costs: crate::domain::Cents::ZERO,
        paid_on,
        method,
        note,
        bank_line: None,
        invoices,
        keep_surplus,
    })
}

async fn issue(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = app.service.issue_invoice(sent.request(), id).await;
    answer(&app, &sent, (id, "issue"), outcome.map(|_| shown(id, "issued"))).await
}

async fn credit(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = match read_credit(&sent.values) {
        Ok((crediting, reason)) => app.service.credit_invoice(sent.request(), id, crediting, reason).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "credit"), outcome.map(|note| shown(note.id, "credited"))).await
}

fn read_credit(values: &Values) -> Result<(Crediting, String)> {
    let mut fields = Fields::default();
    let reason = fields.line("reason", values.get("reason"));
    let crediting = match values.get("what") {
        "" | "whole" => Crediting::Whole,
        line => {
            let line = fields.needed("what", line, "expected one of the choices");
            let net = forms::amount(&mut fields, "net", values);
            line.map_or(Crediting::Whole, |line| Crediting::Part { line, net })
        }
    };
    fields.done()?;
    Ok((crediting, reason))
}

async fn remind(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = app.service.remind_invoice(sent.request(), id).await;
    answer(&app, &sent, (id, "remind"), outcome.map(|_| shown(id, "reminded"))).await
}

async fn set_off(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let outcome = app.service.set_off(sent.request(), id).await;
    answer(&app, &sent, (id, "set-off"), outcome.map(|_| shown(id, "set-off"))).await
}

async fn plan(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let mut fields = Fields::default();
    let day = fields.needed_date("collect_on", sent.values.get("collect_on"));
    let outcome = match fields.done() {
        Ok(()) => app.service.plan_collection(sent.request(), id, day).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "plan"), outcome.map(|_| shown(id, "planned"))).await
}

async fn call_off(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    guarded(&app, &sent, id).await?;
    let collection: CollectionId = sent.values.get("collection").parse().map_err(|_| Error::NotFound("collection"))?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", sent.values.get("reason"));
    let outcome = match fields.done() {
        Ok(()) => app.service.cancel_collection(sent.request(), collection, reason).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "call-off"), outcome.map(|_| shown(id, "called-off"))).await
}

async fn refund(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    let invoice = guarded(&app, &sent, id).await?;
    let card = invoice.card_id.ok_or(Error::NotFound("card"))?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", sent.values.get("reason"));
    let minutes = sent.values.filled("minutes").map(|_| long_time(&mut fields, "minutes", &sent.values));
    let outcome = match fields.done() {
        Ok(()) => app.service.refund_card(sent.request(), card, minutes, reason).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "refund"), outcome.map(|note| shown(note.id, "credited"))).await
}

async fn write(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    let customer = guarded(&app, &sent, id).await?.customer_id;
    let outcome = written(&app, &sent, customer).await;
    answer(&app, &sent, (id, "line"), outcome).await
}

/// Writes a line on the customer's draft; gives the page of that draft.
pub(super) async fn written(app: &App, sent: &Submission, customer: CustomerId) -> Result<String> {
    let line = read_line(&sent.values)?;
    let draft = app.service.write_line(sent.request(), customer, line).await?;
    Ok(shown(draft.id, "written"))
}

fn read_line(values: &Values) -> Result<NewLine> {
    let mut fields = Fields::default();
    let description = fields.line("description", values.get("description"));
    let quantity = if values.get("unit") == "hours" {
        Quantity::Minutes(long_time(&mut fields, "quantity", values))
    } else {
        let expected = "expected a whole number of pieces, such as 2";
        Quantity::Pieces(fields.needed("quantity", values.get("quantity"), expected).unwrap_or_default())
    };
    let unit_price = forms::amount(&mut fields, "unit_price", values);
    fields.done()?;
    Ok(NewLine { description, quantity, unit_price })
}

async fn erase(State(app): State<App>, Id(id): Id<InvoiceId>, sent: Submission) -> Result<Response, Fault> {
    let invoice = guarded(&app, &sent, id).await?;
    let outcome = match read_erased(&sent.values, &invoice) {
        Ok(line) => app.service.erase_line(sent.request(), id, line).await,
        Err(error) => Err(error),
    };
    answer(&app, &sent, (id, "erase"), outcome.map(|_| shown(id, "erased"))).await
}

/// Which line, where it still is the one that was seen.
fn read_erased(values: &Values, invoice: &Invoice) -> Result<usize> {
    let mut fields = Fields::default();
    let line = values.get("line").parse().unwrap_or(usize::MAX);
    let seen = invoice.lines.get(line).is_some_and(|known| known.printed.description == values.get("description"));
    if invoice.issued().is_none() && !seen {
        fields.fault("line", "expected the line as it stands; the draft was changed meanwhile");
    }
    fields.done()?;
    Ok(line)
}
