//! A month as one archive: its journal, its documents, and what is prepaid on its last day, with totals that agree.

use super::journal::{self, Journal, ZIP};
use super::{ExportKind, LeftOut, Marks, Prepared, Progress, cannot, count, documents, last_of, length};
use crate::domain::{Cents, Invoice, InvoiceId, MoneyAccount, document::DocumentKind};
use crate::exchange::{
    journal::JournalProfile,
    sheet::{Column, Kind, Sheet, Totals},
    ubl::Profile,
    zip::Archive,
};
use crate::service::{Result, Service};
use crate::store::{Tx, exports};
use chrono::NaiveDate;
use std::fmt::Write as _;

/// How many documents are read and written at a time.
const PAGE: usize = 200;

/// What a month comes to.
#[derive(Debug, Default)]
struct Figures {
    entries: usize,
    total: Cents,
    invoices: (usize, Cents, Cents),
    notes: (usize, Cents, Cents),
    /// What the books say of VAT of the month: owed more.
    vat: Cents,
    /// What the cards say is prepaid, and what the account says.
    deferred: (Cents, Cents),
    left_out: Vec<LeftOut>,
}

impl Figures {
    fn count(&mut self, invoice: &Invoice) {
        let of = if invoice.kind == DocumentKind::Invoice { &mut self.invoices } else { &mut self.notes };
        *of = (of.0 + 1, of.1 + invoice.vat, of.2 + invoice.gross);
    }

    /// What must be equal, with whether it is.
    fn checks(&self) -> [(&'static str, Cents, Cents); 2] {
        [
            ("Btw op documenten / mutatie btw-rekening", self.invoices.1 - self.notes.1, self.vat),
            ("Vooruitontvangen per kaart / saldo rekening", self.deferred.0, self.deferred.1),
        ]
    }
}

/// The archive of the month that begins with `first`. Its entries and documents are marked where they were not exported
/// before; those that were are in it all the same.
pub(super) async fn prepare(
    service: &Service,
    tx: &mut Tx,
    first: NaiveDate,
    (columns, profile): (JournalProfile, Profile),
    progress: Progress<'_>,
) -> Result<Prepared> {
    let days = (first, last_of(first));
    let asked = journal::Asked { days, waiting: false, most: usize::MAX };
    let found = journal::read(&service.policies, tx, asked, &|done| progress(done, done)).await?;
    journal::agrees(tx, &found, days).await?;
    let mut figures = Figures { entries: found.entries.len(), total: found.total(), ..Figures::default() };
    let mut archive = Archive::default();
    let mut marks = Marks { entries: found.waiting.clone(), ..Marks::default() };
    add_journal(&mut archive, &found, columns)?;
    add_documents(tx, &mut archive, (days, profile), (&mut marks, &mut figures), progress).await?;
    add_deferred(service, tx, &mut archive, (&found, &mut figures), days.1).await?;
    let documents = figures.invoices.0 + figures.notes.0;
    if found.entries.is_empty() && documents == 0 {
        return Err(crate::domain::Refusal::NothingToExport.into());
    }
    archive.add("README.txt", readme(&figures, first).as_bytes()).map_err(cannot)?;
    let month = first.format("%Y-%m");
    Ok(Prepared {
        kind: ExportKind::Month,
        title: format!("Maand {month}"),
        from_day: Some(first),
        to_day: Some(days.1),
        items: figures.entries + documents,
        name: format!("maand-{month}.zip"),
        media_type: ZIP,
        bytes: archive.finish().map_err(cannot)?,
        left_out: figures.left_out,
        marks,
        number: None,
    })
}

fn add_journal(archive: &mut Archive, found: &Journal, columns: JournalProfile) -> Result<()> {
    archive.add("journaal.csv", &found.csv(columns)?).map_err(cannot)?;
    archive.add("journaal.xlsx", &found.xlsx(columns)?).map_err(cannot)
}

/// Adds every document of the month in both kinds, a page at a time.
async fn add_documents(
    tx: &mut Tx,
    archive: &mut Archive,
    (days, profile): ((NaiveDate, NaiveDate), Profile),
    (marks, figures): (&mut Marks, &mut Figures),
    progress: Progress<'_>,
) -> Result<()> {
    let before_ubl = exports::exported(tx, ExportKind::Ubl, days).await?;
    let before_pdf = exports::exported(tx, ExportKind::Pdf, days).await?;
    let mut after = (String::new(), String::new());
    let mut done = length(figures.entries);
    loop {
        let page = exports::documents(tx, days, None, &after, count(PAGE)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.issued_on().to_string(), last.number().to_owned());
        for invoice in &page {
            figures.count(invoice);
        }
        done += length(page.len());
        let (papers, _) = documents::write(page.clone(), ExportKind::Pdf, profile).await?;
        marks.pdf.extend(pack(archive, "pdf", papers)?.into_iter().filter(|id| !before_pdf.contains(id)));
        let (files, left_out) = documents::write(page, ExportKind::Ubl, profile).await?;
        marks.ubl.extend(pack(archive, "ubl", files)?.into_iter().filter(|id| !before_ubl.contains(id)));
        figures.left_out.extend(left_out);
        progress(done, done);
    }
}

fn pack(archive: &mut Archive, folder: &str, files: Vec<(InvoiceId, String, Vec<u8>)>) -> Result<Vec<InvoiceId>> {
    let mut ids = Vec::with_capacity(files.len());
    for (id, name, bytes) in files {
        archive.add(&format!("{folder}/{name}"), &bytes).map_err(cannot)?;
        ids.push(id);
    }
    Ok(ids)
}

/// Adds what is prepaid on the last day, card by card, and notes what the books say.
async fn add_deferred(
    service: &Service,
    tx: &mut Tx,
    archive: &mut Archive,
    (found, figures): (&Journal, &mut Figures),
    last: NaiveDate,
) -> Result<()> {
    let cards = exports::deferred(tx, last).await?;
    let sums = exports::account_sums(tx, NaiveDate::default(), last).await?;
    let balance = sums.iter().find(|sum| sum.account == MoneyAccount::Deferred);
    figures.deferred.0 = cards.iter().map(|card| card.deferred).sum();
    figures.deferred.1 = balance.map_or(Cents::ZERO, |sum| sum.credit - sum.debit);
    figures.vat = found.sums.get(&MoneyAccount::Vat).map_or(Cents::ZERO, |(debit, credit)| *credit - *debit);
    if service.policies.newest().cards.is_none() && cards.is_empty() {
        return Ok(());
    }
    let bytes = deferred_sheet(&cards).to_xlsx(last).map_err(cannot)?;
    archive.add(&format!("vooruitontvangen-{last}.xlsx"), &bytes).map_err(cannot)
}

fn deferred_sheet(cards: &[exports::DeferredCard]) -> Sheet {
    let columns = [
        ("Klant", Kind::Number, 9),
        ("Naam", Kind::Text, 32),
        ("Kaart", Kind::Text, 14),
        ("Uren", Kind::Hours, 9),
        ("Besteld", Kind::Date, 12),
        ("Geldig t/m", Kind::Date, 12),
        ("Prijs ex btw", Kind::Amount, 14),
        ("Verdiend", Kind::Amount, 14),
        ("Vooruitontvangen", Kind::Amount, 18),
    ];
    let row = |card: &exports::DeferredCard| {
        vec![
            card.customer_number.into(),
            card.customer_name.as_str().into(),
            card.product.as_str().into(),
            card.minutes.into(),
            card.ordered_on.into(),
            card.expires_on.into(),
            card.price.into(),
            (card.price - card.deferred).into(),
            card.deferred.into(),
        ]
    };
    Sheet {
        name: "Vooruitontvangen".to_owned(),
        columns: columns.into_iter().map(|(title, kind, width)| Column::new(title, kind, width)).collect(),
        rows: cards.iter().map(row).collect(),
        totals: Some(Totals { label: "Totaal".to_owned(), columns: vec![6, 7, 8], check: None }),
    }
}

/// What is in the archive, what it comes to, and whether it agrees.
fn readme(figures: &Figures, first: NaiveDate) -> String {
    let month = first.format("%m-%Y");
    let amount = |cents: Cents| cents.to_string().replace('.', ",");
    let mut text = format!(
        "Maand {month}\r\n\r\njournaal.csv, journaal.xlsx   alle journaalposten geboekt in deze maand\r\npdf/, ubl/                    \
         alle documenten met een datum in deze maand\r\nvooruitontvangen-*.xlsx       wat vooruit is betaald op de laatste \
         dag, per kaart\r\n\r\n"
    );
    let (invoices, notes) = (figures.invoices, figures.notes);
    let lines = [
        ("Journaalposten", figures.entries.to_string()),
        ("Totaal debet = totaal credit", amount(figures.total)),
        ("Facturen", invoices.0.to_string()),
        ("  waarvan btw", amount(invoices.1)),
        ("  totaal", amount(invoices.2)),
        ("Creditfacturen", notes.0.to_string()),
        ("  waarvan btw", amount(notes.1)),
        ("  totaal", amount(notes.2)),
        ("Vooruitontvangen op de laatste dag", amount(figures.deferred.1)),
    ];
    for (what, figure) in lines {
        let _ = write!(text, "{what:<46}{figure:>16}\r\n");
    }
    text.push_str("\r\nControle\r\n");
    for (what, one, other) in figures.checks() {
        let verdict = if one == other { "klopt" } else { "KLOPT NIET" };
        let _ = write!(text, "{what:<46}{:>16}{:>16}  {verdict}\r\n", amount(one), amount(other));
    }
    if !figures.left_out.is_empty() {
        text.push_str("\r\nNiet als UBL (wel als PDF), tot het is aangevuld:\r\n");
        for LeftOut { what, why, .. } in &figures.left_out {
            let _ = write!(text, "{what}: {why}\r\n");
        }
    }
    text
}
