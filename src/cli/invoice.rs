//! `strippenkaart invoice`: documents are listed, shown, issued, credited and paid from the command line, also beside a
//! running server. Whoever it is done as must be of finance, and is named in the books.

use super::{DatabaseArgs, admin, print};
use crate::domain::command::{Crediting, Receiving};
use crate::domain::document::{DocumentKind, Quantity};
use crate::domain::{Cents, Invoice, InvoiceId, PaymentMethod, Target};
use crate::service::access::{Caller, Request};
use crate::service::invoices::{Filter, InvoiceView, Which};
use crate::service::{Error, Service};
use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

/// How many drafts are read and issued at a time.
const AT_ONCE: i64 = 128;

#[derive(Debug, Args)]
pub(super) struct Acting {
    #[command(flatten)]
    database: DatabaseArgs,
    /// E-mail address of the login that does it: of finance, or an administrator
    #[arg(long = "as", value_name = "EMAIL", env = "STRIPPENKAART_AS", hide_env_values = true)]
    email: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum InvoiceCommand {
    /// List documents of all customers
    List {
        #[command(flatten)]
        acting: Acting,
        /// `all`, `open`, `overdue`, `drafts` or `credit_notes`
        #[arg(long, default_value = "open")]
        which: Which,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Print one document with what settled it
    Show {
        #[command(flatten)]
        acting: Acting,
        /// Its number, payment reference or id
        document: String,
    },
    /// Issue a draft, or all of them: each gets the next number and never changes again
    Issue {
        #[command(flatten)]
        acting: Acting,
        /// The id of the draft, as `invoice list --which drafts` prints it
        #[arg(required_unless_present = "all_drafts", conflicts_with = "all_drafts")]
        draft: Option<String>,
        /// Every draft that has something on it
        #[arg(long)]
        all_drafts: bool,
    },
    /// Credit an invoice, as a whole or a part of one line
    Credit {
        #[command(flatten)]
        acting: Acting,
        /// Its number, payment reference or id
        document: String,
        /// Why; printed on the credit note
        #[arg(long)]
        reason: String,
        /// Which line, from 1
        #[arg(long, requires = "net", value_parser = clap::value_parser!(u32).range(1..))]
        line: Option<u32>,
        /// How much of that line, ex VAT
        #[arg(long, value_name = "EUROS", requires = "line")]
        net: Option<Cents>,
    },
    /// Note that a reminder of an overdue invoice was sent
    Remind {
        #[command(flatten)]
        acting: Acting,
        /// Its number, payment reference or id
        document: String,
    },
    /// Record a payment
    Pay {
        #[command(flatten)]
        acting: Acting,
        /// Its number, payment reference or id
        document: String,
        /// How much; all that is open if left out
        #[arg(long, value_name = "EUROS")]
        amount: Option<Cents>,
        /// Value date; today if left out
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        /// `bank`, `direct_debit` or `other`
        #[arg(long, default_value = "bank")]
        method: PaymentMethod,
        /// How it is found back
        #[arg(long)]
        note: Option<String>,
        /// Keep what is more than what is open as the customer's credit
        #[arg(long)]
        keep_surplus: bool,
    },
}

/// A service and who acts on it.
struct Desk {
    service: Service,
    caller: Caller,
}

impl Desk {
    async fn open(acting: &Acting) -> anyhow::Result<Self> {
        let service = admin::beside(&acting.database.database).await?;
        let caller = service.caller_by_email(&acting.email).await.map_err(admin::worded)?;
        if !caller.is_finance() {
            bail!("{} is not of finance", acting.email);
        }
        Ok(Self { service, caller })
    }

    const fn by(&self) -> Request<'_> {
        Request { caller: &self.caller, key: None }
    }

    fn today(&self) -> NaiveDate {
        self.service.policies.day(self.service.clock.now())
    }

    async fn find(&self, text: &str) -> anyhow::Result<Invoice> {
        let found = self.service.find_invoice(&self.caller, text).await;
        found.map_err(admin::worded).with_context(|| format!("{text} was not found"))
    }

    async fn close(self) {
        self.service.db.close().await;
    }
}

/// Runs one of them.
pub(super) async fn run(command: InvoiceCommand) -> anyhow::Result<()> {
    let desk = Desk::open(command.acting()).await?;
    match command {
        InvoiceCommand::List { which, limit, .. } => list(&desk, which, limit).await?,
        InvoiceCommand::Show { document, .. } => show(&desk, &document).await?,
        InvoiceCommand::Issue { draft: Some(draft), .. } => issue(&desk, &draft).await?,
        InvoiceCommand::Issue { draft: None, .. } => issue_all(&desk).await?,
        InvoiceCommand::Credit { document, reason, line, net, .. } => {
            credit(&desk, &document, reason, line.zip(net)).await?;
        }
        InvoiceCommand::Remind { document, .. } => remind(&desk, &document).await?,
        InvoiceCommand::Pay { document, amount, on, method, note, keep_surplus, .. } => {
            let received = Receiving {
                amount: amount.unwrap_or_default(),
                costs: Cents::ZERO,
                paid_on: on.unwrap_or_else(|| desk.today()),
                method,
                note,
                bank_line: None,
                invoices: Vec::new(),
                keep_surplus,
            };
            pay(&desk, &document, amount.is_none(), received).await?;
        }
    }
    desk.close().await;
    Ok(())
}

impl InvoiceCommand {
    const fn acting(&self) -> &Acting {
        match self {
            Self::List { acting, .. }
            | Self::Show { acting, .. }
            | Self::Issue { acting, .. }
            | Self::Credit { acting, .. }
            | Self::Remind { acting, .. }
            | Self::Pay { acting, .. } => acting,
        }
    }
}

async fn list(desk: &Desk, which: Which, limit: i64) -> anyhow::Result<()> {
    let filter = Filter { which, after: String::new() };
    let found = desk.service.invoices(&desk.caller, &filter, limit).await.map_err(admin::worded)?;
    let mut rows = vec![["number", "customer", "issued", "due", "status", "open", "amount"].map(str::to_owned)];
    for owed in found {
        let invoice = owed.invoice;
        let day = |day: fn(&crate::domain::Issued) -> NaiveDate| {
            invoice.issued().map_or_else(String::new, |issued| day(issued).to_string())
        };
        let status = if invoice.is_overdue(desk.today()) { "overdue" } else { invoice.standing().as_str() };
        rows.push([
            if invoice.issued().is_some() { invoice.number().to_owned() } else { invoice.id.to_string() },
            format!("{} {}", owed.customer_number, owed.customer_name),
            day(|issued| issued.issued_on),
            day(|issued| issued.due_on),
            status.to_owned(),
            invoice.open().to_string(),
            invoice.gross.to_string(),
        ]);
    }
    table(&rows, &[5, 6])
}

/// Prints rows in columns; those in `right` are figures. The first row is the heading.
fn table<const N: usize>(rows: &[[String; N]], right: &[usize]) -> anyhow::Result<()> {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            if right.contains(&at) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        print::line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

async fn show(desk: &Desk, document: &str) -> anyhow::Result<()> {
    let id = desk.find(document).await?.id;
    let view = desk.service.invoice(&desk.caller, id).await.map_err(admin::worded)?;
    head(&view)?;
    let mut rows = vec![["line", "quantity", "price", "net"].map(str::to_owned)];
    for line in &view.invoice.lines {
        let printed = &line.printed;
        let quantity = match printed.quantity {
            Quantity::Pieces(count) => count.to_string(),
            Quantity::Minutes(minutes) => minutes.to_string(),
        };
        rows.push([printed.description.clone(), quantity, printed.unit_price.to_string(), printed.net.to_string()]);
    }
    for total in &view.invoice.vat_totals {
        let rate = format!("VAT {} % of {}", total.rate.normalize(), total.net);
        rows.push([rate, String::new(), String::new(), total.vat.to_string()]);
    }
    rows.push(["total".to_owned(), String::new(), String::new(), view.invoice.gross.to_string()]);
    for row in &view.settled {
        let day = row.paid_on.unwrap_or_else(|| desk.service.policies.day(row.recorded_at));
        rows.push([format!("{day} {}", row.kind), String::new(), String::new(), row.amount.to_string()]);
    }
    rows.push(["open".to_owned(), String::new(), String::new(), view.invoice.open().to_string()]);
    table(&rows, &[1, 2, 3])
}

fn head(view: &InvoiceView) -> anyhow::Result<()> {
    let invoice = &view.invoice;
    let kind = match invoice.kind {
        DocumentKind::Invoice => "Invoice",
        DocumentKind::CreditNote => "Credit note",
    };
    let name = invoice.issued().map_or("(draft)", |issued| issued.number.as_str());
    print::line(format_args!(
        "{kind} {name} of customer {} {}: {}",
        view.buyer.number,
        view.buyer.name,
        invoice.standing()
    ))?;
    if let Some(issued) = invoice.issued() {
        let (on, due, reference) = (issued.issued_on, issued.due_on, &issued.reference);
        print::line(format_args!("issued {on}, due {due}, payment reference {reference}"))?;
    }
    Ok(())
}

async fn issue(desk: &Desk, draft: &str) -> anyhow::Result<()> {
    let id: InvoiceId =
        draft.parse().context("expected the id of a draft, as `invoice list --which drafts` prints it")?;
    let issued = desk.service.issue_invoice(desk.by(), id).await.map_err(admin::worded)?;
    Ok(print::line(format_args!("Issued as {}, {} to be paid.", issued.number(), issued.gross))?)
}

/// Issues page after page of drafts. What the rules refuse is told at the end, and stays a draft.
async fn issue_all(desk: &Desk) -> anyhow::Result<()> {
    let total = desk.service.finance_overview(&desk.caller).await.map_err(admin::worded)?.drafts.count;
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(0))
        .with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")?);
    bar.set_message("Issuing");
    let mut filter = Filter { which: Which::Drafts, after: String::new() };
    let (mut issued, mut refused): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    loop {
        let page = desk.service.invoices(&desk.caller, &filter, AT_ONCE).await.map_err(admin::worded)?;
        let Some(last) = page.last() else { break };
        filter.after = filter.cursor(&last.invoice);
        let mut asked = JoinSet::new();
        for draft in page {
            let (service, caller) = (desk.service.clone(), desk.caller.clone());
            asked.spawn(async move {
                let by = Request { caller: &caller, key: None };
                (draft.customer_name, service.issue_invoice(by, draft.invoice.id).await)
            });
        }
        while let Some(done) = asked.join_next().await {
            let (customer, outcome) = done.context("a task ended")?;
            bar.inc(1);
            match outcome {
                Ok(invoice) => issued.push(invoice.number().to_owned()),
                Err(error @ Error::Ledger(crate::service::ledger::Failure::Refused(_))) => {
                    refused.push(format!("{customer}: {error}"));
                }
                Err(error) => return Err(admin::worded(error)),
            }
        }
    }
    bar.finish_and_clear();
    issued.sort();
    match (issued.first(), issued.last()) {
        (Some(first), Some(last)) => print::line(format_args!("Issued {}: {first} to {last}.", issued.len()))?,
        _ => print::line("There were no drafts to issue.")?,
    }
    if !refused.is_empty() {
        bail!("{} stayed drafts: {}", refused.len(), refused.join("; "));
    }
    Ok(())
}

async fn credit(desk: &Desk, document: &str, reason: String, part: Option<(u32, Cents)>) -> anyhow::Result<()> {
    let id = desk.find(document).await?.id;
    let crediting = part.map_or(Crediting::Whole, |(line, net)| {
        let line = usize::try_from(line - 1).unwrap_or(usize::MAX);
        Crediting::Part { line, net }
    });
    let note = desk.service.credit_invoice(desk.by(), id, crediting, reason).await.map_err(admin::worded)?;
    Ok(print::line(format_args!("Credit note {} of {}.", note.number(), note.gross))?)
}

async fn remind(desk: &Desk, document: &str) -> anyhow::Result<()> {
    let id = desk.find(document).await?.id;
    let reminded = desk.service.remind_invoice(desk.by(), id).await.map_err(admin::worded)?;
    let count = reminded.issued().map_or(0, |issued| issued.reminders);
    Ok(print::line(format_args!("Noted: reminder {count} of {}.", reminded.number()))?)
}

async fn pay(desk: &Desk, document: &str, whole: bool, mut received: Receiving) -> anyhow::Result<()> {
    let invoice = desk.find(document).await?;
    if whole {
        received.amount = invoice.open();
    }
    received.invoices = vec![invoice.id];
    let target = Target::Invoice(invoice.id);
    let receipt = desk.service.record_payment(desk.by(), target, received).await.map_err(admin::worded)?;
    let set: Cents = receipt.allocations.iter().map(|row| row.amount).sum();
    let open = receipt.allocations.last().map_or_else(|| invoice.open(), |row| row.open_after);
    let surplus = receipt.payment.amount - set;
    let kept = if surplus > Cents::ZERO { format!(", {surplus} kept as credit") } else { String::new() };
    Ok(print::line(format_args!("Recorded {} on {}: {open} is open{kept}.", receipt.payment.amount, invoice.number()))?)
}
