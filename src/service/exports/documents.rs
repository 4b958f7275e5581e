//! Documents as electronic invoices and on paper: in batches, each once, and one by one for whom they are.

use super::{ExportKind, FileOut, LeftOut, Marks, Prepared, Progress, cannot, count, file_part, length};
use crate::domain::card_statement::{CardRow, CardStatement, CardTotals};
use crate::domain::{Account, Card, CardId, Invoice, InvoiceId, Locale, Minutes, Refusal, TransactionKind, printed};
use crate::exchange::{
    pdf,
    ubl::{self, Profile, UblError},
    zip::Archive,
};
use crate::service::access::Caller;
use crate::service::{Error, Result, Service, ledger::Failure};
use crate::store::{Tx, customers, exports};
use chrono::NaiveDate;
use std::fmt::Write as _;

/// How many documents are read and written at a time.
const PAGE: usize = 200;
/// The most documents in one batch; what is left comes with the next.
const MOST: usize = 5_000;
/// What paper is.
const PDF: &str = "application/pdf";

/// Documents issued up to a day that no export of a kind has; so many at most.
pub(super) async fn waiting(tx: &mut Tx, kind: ExportKind, up_to: NaiveDate, most: i64) -> Result<Vec<Invoice>> {
    let start = (String::new(), String::new());
    Ok(exports::documents(tx, (NaiveDate::default(), up_to), Some(kind), &start, most).await?)
}

/// Those of them that cannot be electronic invoices, and what they lack.
pub(super) fn lacking(invoices: &[Invoice], profile: Profile) -> Vec<LeftOut> {
    invoices.iter().filter_map(|invoice| electronic(invoice, profile).err()).collect()
}

/// A document as UBL, or what it lacks, in Dutch.
fn electronic(invoice: &Invoice, profile: Profile) -> Result<Vec<u8>, LeftOut> {
    let left_out = |why: String| LeftOut { what: invoice.number().to_owned(), why, included: false };
    let document = invoice.document().ok_or_else(|| left_out("nog niet verstuurd".to_owned()))?;
    ubl::write(&document, profile).map(String::into_bytes).map_err(|error| left_out(said(&error, Locale::Nl)))
}

/// What a document lacks, in words.
fn said(error: &UblError, locale: Locale) -> String {
    match error {
        UblError::Missing(missing) => {
            let texts: Vec<&str> = missing.iter().map(|each| each.text(locale)).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    }
}

/// A document on paper.
fn paper(invoice: &Invoice) -> Result<Vec<u8>> {
    let document = invoice.document().ok_or(Refusal::NotIssued)?;
    pdf::write(&document).map_err(cannot)
}

/// A file of each document, and those that could not be made.
type Written = (Vec<(InvoiceId, String, Vec<u8>)>, Vec<LeftOut>);

/// Writes documents in one kind, away from those who answer requests.
pub(super) async fn write(invoices: Vec<Invoice>, kind: ExportKind, profile: Profile) -> Result<Written> {
    let work = move || -> Result<Written> {
        let (mut files, mut left_out) = (Vec::new(), Vec::new());
        for invoice in &invoices {
            let number = file_part(invoice.number());
            if kind == ExportKind::Pdf {
                files.push((invoice.id, format!("{number}.pdf"), paper(invoice)?));
                continue;
            }
            match electronic(invoice, profile) {
                Ok(bytes) => files.push((invoice.id, format!("{number}.xml"), bytes)),
                Err(missing) => left_out.push(missing),
            }
        }
        Ok((files, left_out))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Ledger(Failure::Broken))?
}

/// An archive of documents that were not in one of the kind before.
pub(super) async fn prepare(
    tx: &mut Tx,
    kind: ExportKind,
    (up_to, profile): (NaiveDate, Profile),
    progress: Progress<'_>,
) -> Result<Prepared> {
    let total = u64::try_from(exports::count_documents(tx, kind, up_to).await?).unwrap_or(0).min(length(MOST));
    let days = (NaiveDate::default(), up_to);
    let mut packed = Packed::default();
    let mut first = None;
    loop {
        let page =
            exports::documents(tx, days, Some(kind), &packed.after, count(PAGE.min(MOST - packed.ids.len()))).await?;
        let Some(last) = page.last() else { break };
        first = first.or_else(|| page.first().map(Invoice::issued_on));
        packed.after = (last.issued_on().to_string(), last.number().to_owned());
        packed.add("", write(page, kind, profile).await?)?;
        progress(length(packed.ids.len()), total.max(length(packed.ids.len())));
        if packed.ids.len() >= MOST {
            break;
        }
    }
    if packed.ids.is_empty() {
        return Err(nothing(&packed.left_out));
    }
    if !packed.left_out.is_empty() {
        packed.archive.add("ONTBREEKT.txt", &list(&packed.left_out)).map_err(cannot)?;
    }
    let what = if kind == ExportKind::Ubl { "UBL" } else { "PDF" };
    let to = up_to.format("%d-%m-%Y");
    let (ids, is_ubl) = (packed.ids, kind == ExportKind::Ubl);
    Ok(Prepared {
        kind,
        provisional: false,
        title: format!("Documenten als {what} t/m {to}"),
        from_day: first,
        to_day: Some(up_to),
        items: ids.len(),
        name: format!("{}-tm-{up_to}.zip", what.to_lowercase()),
        media_type: super::journal::ZIP,
        bytes: packed.archive.finish().map_err(cannot)?,
        left_out: packed.left_out,
        marks: if is_ubl { Marks { ubl: ids, ..Marks::default() } } else { Marks { pdf: ids, ..Marks::default() } },
        number: None,
    })
}

/// An archive that documents are added to.
#[derive(Default)]
struct Packed {
    archive: Archive,
    ids: Vec<InvoiceId>,
    left_out: Vec<LeftOut>,
    after: (String, String),
}

impl Packed {
    fn add(&mut self, folder: &str, (files, left_out): Written) -> Result<()> {
        for (id, name, bytes) in files {
            self.archive.add(&format!("{folder}{name}"), &bytes).map_err(cannot)?;
            self.ids.push(id);
        }
        self.left_out.extend(left_out);
        Ok(())
    }
}

/// Nothing could be exported: nothing is there, or all of it lacks something.
pub(super) fn nothing(left_out: &[LeftOut]) -> Error {
    match left_out {
        [] => Refusal::NothingToExport.into(),
        some => {
            let shown: Vec<String> = some.iter().take(5).map(|each| format!("{}: {}", each.what, each.why)).collect();
            cannot(shown.join("; "))
        }
    }
}

/// What is left out, a line each.
pub(super) fn list(left_out: &[LeftOut]) -> Vec<u8> {
    let mut text = String::from("Niet in dit bestand; zodra het is aangevuld in een volgend:\r\n");
    for LeftOut { what, why, .. } in left_out {
        let _ = write!(text, "{what}: {why}\r\n");
    }
    text.into_bytes()
}

impl Service {
    /// A document that the caller may see; contacts see what was issued.
    async fn issued(&self, caller: &Caller, id: InvoiceId) -> Result<Invoice> {
        let invoice = self.invoice(caller, id).await?.invoice;
        if invoice.issued().is_none() { Err(Refusal::NotIssued.into()) } else { Ok(invoice) }
    }

    /// An issued document on paper: for staff and for the customer whose it is. The same document gives the same bytes.
    ///
    /// # Errors
    /// Not found, also for somebody else's; a draft has no paper.
    pub async fn document_pdf(&self, caller: &Caller, id: InvoiceId) -> Result<FileOut> {
        let invoice = self.issued(caller, id).await?;
        let name = format!("{}.pdf", file_part(invoice.number()));
        Ok(FileOut { name, media_type: PDF.to_owned(), bytes: paper(&invoice)? })
    }

    /// An issued document as an electronic invoice: for staff and for the customer whose it is.
    ///
    /// # Errors
    /// Not found, also for somebody else's; a draft is none; what the rules ask and the document lacks.
    pub async fn document_ubl(&self, caller: &Caller, id: InvoiceId, profile: Profile) -> Result<FileOut> {
        let invoice = self.issued(caller, id).await?;
        let document = invoice.document().ok_or(Refusal::NotIssued)?;
        let text = ubl::write(&document, profile).map_err(|error| cannot(said(&error, document.locale)))?;
        let name = format!("{}.xml", file_part(invoice.number()));
        Ok(FileOut { name, media_type: "application/xml".to_owned(), bytes: text.into_bytes() })
    }

    /// The statement of one card on paper, with every movement until now: for staff and for the customer whose it is.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn card_statement(&self, caller: &Caller, id: CardId) -> Result<FileOut> {
        let today = self.policies.day(self.clock.now());
        let mut on = self.db.snapshot().await?;
        let (card, invoice) = exports::card(&mut on, id).await?.ok_or(Error::NotFound("card"))?;
        caller.see(card.customer_id).map_err(|_| Error::NotFound("card"))?;
        let customer = customers::get(&mut on, card.customer_id).await?.ok_or(Error::NotFound("customer"))?;
        let rows = exports::movements_of_card(&mut on, id).await?;
        let policy = self.policies.at(today).1;
        let short = &id.to_string()[28..];
        let reference = invoice.unwrap_or_else(|| format!("{}-{short}", customer.number));
        let statement = CardStatement {
            seller: policy.provider.name.clone(),
            customer: customer.name.clone(),
            customer_number: customer.number,
            locale: customer.locale,
            card: printed::card(card.minutes, customer.locale),
            reference: reference.clone(),
            price: Some(card.price).filter(|price| price.0 > 0),
            valid_from: card.activated_on.unwrap_or(card.ordered_on),
            valid_until: card.expires_on,
            as_of: today,
            strip: policy.time.increment,
            totals: totals(&card),
            rows: rows.iter().map(|row| line(row, customer.locale)).collect(),
        };
        let bytes = pdf::statement(&statement).map_err(cannot)?;
        Ok(FileOut { name: format!("kaart-{}.pdf", file_part(&reference)), media_type: PDF.to_owned(), bytes })
    }
}

/// Where the minutes of a card are; what another card took over stands with what was given back.
fn totals(card: &Card) -> CardTotals {
    CardTotals {
        granted: card.granted,
        available: card.available,
        held: card.held,
        used: card.used,
        expired: card.expired,
        frozen: card.frozen,
        refunded: card.refunded + card.converted,
    }
}

/// A movement as a line of the statement.
fn line(row: &exports::CardMovement, locale: Locale) -> CardRow {
    let movement = &row.movement;
    let touched = |account: Account| if account == Account::Available { movement.minutes } else { Minutes::ZERO };
    let (taken, added) = (touched(movement.from_account), touched(movement.to_account));
    let mut description = said_of(row, locale);
    if taken.is_zero() && added.is_zero() {
        description = format!("{description} ({})", movement.minutes);
    }
    let nobody = if locale == Locale::Nl { "Systeem" } else { "System" };
    let name = row.by_name.clone().unwrap_or_else(|| nobody.to_owned());
    let who = row.link.as_ref().map_or(name.clone(), |link| format!("{name}, {}", link.told(locale)));
    CardRow {
        on: row.booked_on,
        description,
        ticket: row.ticket.map(|number| format!("#{number}")),
        who: Some(who),
        taken,
        added,
        balance: movement.card_after.available,
    }
}

/// What a movement was, in the language of the customer.
fn said_of(row: &exports::CardMovement, locale: Locale) -> String {
    let held = row.movement.from_account == Account::Held;
    let (dutch, english) = match row.kind {
        TransactionKind::Welcome => ("Welkomstkaart", "Welcome card"),
        TransactionKind::Activation => ("Kaart actief", "Card active"),
        TransactionKind::Acceptance => ("Gereserveerd voor akkoord", "Reserved for agreed work"),
        TransactionKind::Release => ("Reservering vrijgegeven", "Reservation released"),
        TransactionKind::Time if held => ("Gewerkt uit reservering", "Worked from the reservation"),
        TransactionKind::Time => ("Gewerkt", "Worked"),
        TransactionKind::Reversal => ("Werk teruggedraaid", "Work reversed"),
        TransactionKind::Repricing => ("Werk herberekend", "Work priced again"),
        TransactionKind::Cover => ("Meerwerk alsnog van de kaart", "Further work taken from the card"),
        TransactionKind::Expiry => ("Verlopen", "Expired"),
        TransactionKind::Conversion => ("Omgerekend naar nieuw tarief", "Converted to a new rate"),
        TransactionKind::CreditNote => ("Terugbetaald", "Paid back"),
        TransactionKind::Freeze => ("Bevroren: de betaling is teruggeboekt", "Frozen: the payment came undone"),
        TransactionKind::Thaw => ("Weer vrij: opnieuw betaald", "Free again: paid anew"),
        _ => ("Overige boeking", "Other booking"),
    };
    let said = if locale == Locale::Nl { dutch } else { english };
    match &row.subject {
        Some(subject) => format!("{said}: {subject}"),
        None => said.to_owned(),
    }
}
