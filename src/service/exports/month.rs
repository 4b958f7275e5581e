//! A month as one archive: what of its journal and its documents no export has yet, what is prepaid on its last day, and
//! totals of the whole month that agree.
//!
//! What an earlier export took is not in it again, so that nobody books it twice: its contents file says where it stands,
//! and an overview lists every entry of the month without the accounts that a program would need to book it. A month that
//! is not closed is provisional: what is in the archive is exported all the same, and what comes later comes with the next.

use super::journal::{self, Journal, ZIP};
use super::{ExportKind, LeftOut, Marks, Prepared, Progress, cannot, count, documents, last_of, length};
use crate::domain::journal::JournalEntry;
use crate::domain::{Cents, Invoice, InvoiceId, MoneyAccount, document::DocumentKind};
use crate::exchange::{
    journal::JournalProfile,
    sheet::{Column, Kind, Sheet, Totals},
    ubl::Profile,
    zip::Archive,
};
use crate::service::{Result, Service};
use crate::store::{Tx, accounting, exports};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many documents are read and written at a time.
const PAGE: usize = 200;
/// The name of the overview, which tells everybody who sees it what it is not for.
const OVERVIEW: &str = "overzicht-hele-maand-niet-boeken.xlsx";

/// How much of something each earlier export took, by the number of that export.
type Before = BTreeMap<i64, usize>;

/// What a month comes to.
#[derive(Debug, Default)]
struct Figures {
    entries: usize,
    /// How many entries are in this archive.
    new: usize,
    /// The month was not closed.
    provisional: bool,
    /// What earlier exports took: entries, documents as UBL, documents as PDF.
    before: [Before; 3],
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

/// The archive of the month that begins with `first`: entries and documents that no export has, which are marked, and
/// figures of the whole month.
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
    let waiting = found.waiting();
    let mut figures = Figures {
        entries: found.entries.len(),
        new: waiting.entries.len(),
        provisional: accounting::closed_through(tx).await?.is_none_or(|through| through < days.1),
        total: found.total(),
        ..Figures::default()
    };
    for number in found.exported.iter().flatten() {
        *figures.before[0].entry(*number).or_default() += 1;
    }
    let mut archive = Archive::default();
    let mut marks = Marks::default();
    add_journal(&mut archive, (&found, &waiting), columns, days.1)?;
    marks.entries = waiting.keys;
    add_documents(tx, &mut archive, (days, profile), (&mut marks, &mut figures), progress).await?;
    add_deferred(service, tx, &mut archive, (&found, &mut figures), days.1).await?;
    let documents = figures.invoices.0 + figures.notes.0;
    if found.entries.is_empty() && documents == 0 {
        return Err(crate::domain::Refusal::NothingToExport.into());
    }
    archive.add("README.txt", readme(&figures, first).as_bytes()).map_err(cannot)?;
    let month = first.format("%Y-%m");
    let (said, named) = if figures.provisional { (" (voorlopig)", "-voorlopig") } else { ("", "") };
    let packed: BTreeSet<InvoiceId> = marks.pdf.iter().chain(&marks.ubl).copied().collect();
    Ok(Prepared {
        kind: ExportKind::Month,
        title: format!("Maand {month}{said}"),
        provisional: figures.provisional,
        from_day: Some(first),
        to_day: Some(days.1),
        items: figures.new + packed.len(),
        name: format!("maand-{month}{named}.zip"),
        media_type: ZIP,
        bytes: archive.finish().map_err(cannot)?,
        left_out: figures.left_out,
        marks,
        number: None,
    })
}

/// Adds the journal of what no export has, and an overview of the whole month where an earlier one took something.
fn add_journal(
    archive: &mut Archive,
    (found, waiting): (&Journal, &Journal),
    columns: JournalProfile,
    last: NaiveDate,
) -> Result<()> {
    if !waiting.entries.is_empty() {
        archive.add("journaal.csv", &waiting.csv(columns)?).map_err(cannot)?;
        archive.add("journaal.xlsx", &waiting.xlsx(columns)?).map_err(cannot)?;
    }
    if waiting.entries.len() < found.entries.len() {
        archive.add(OVERVIEW, &overview(found).to_xlsx(last).map_err(cannot)?).map_err(cannot)?;
    }
    Ok(())
}

/// Every entry of a month and the export that has it. No accounts stand in it, so no program can book it.
fn overview(found: &Journal) -> Sheet {
    let columns = [
        ("Staat in", Kind::Text, 16),
        ("Boekstuk", Kind::Text, 20),
        ("Datum", Kind::Date, 12),
        ("Omschrijving", Kind::Text, 48),
        ("Bedrag", Kind::Amount, 14),
    ];
    let row = |(entry, export): (&JournalEntry, &Option<i64>)| {
        let debit: Cents = entry.lines.iter().map(|line| line.amount.max(Cents::ZERO)).sum();
        vec![
            export.map_or_else(|| "dit bestand".to_owned(), |number| format!("bestand {number}")).into(),
            entry.number.as_str().into(),
            entry.date.into(),
            entry.description.as_str().into(),
            debit.into(),
        ]
    };
    Sheet {
        name: "Overzicht, niet boeken".to_owned(),
        columns: columns.into_iter().map(|(title, kind, width)| Column::new(title, kind, width)).collect(),
        rows: found.entries.iter().zip(&found.exported).map(row).collect(),
        totals: Some(Totals { label: "Totaal".to_owned(), columns: vec![4], check: None }),
    }
}

/// Adds the documents of the month that no export of a kind has, in that kind, a page at a time.
async fn add_documents(
    tx: &mut Tx,
    archive: &mut Archive,
    (days, profile): ((NaiveDate, NaiveDate), Profile),
    (marks, figures): (&mut Marks, &mut Figures),
    progress: Progress<'_>,
) -> Result<()> {
    let before_ubl = exports::exported(tx, ExportKind::Ubl, days).await?;
    let before_pdf = exports::exported(tx, ExportKind::Pdf, days).await?;
    for (known, told) in [(&before_ubl, 1), (&before_pdf, 2)] {
        for number in known.values() {
            *figures.before[told].entry(*number).or_default() += 1;
        }
    }
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
        let new = |known: &BTreeMap<InvoiceId, i64>| -> Vec<Invoice> {
            page.iter().filter(|invoice| !known.contains_key(&invoice.id)).cloned().collect()
        };
        let (papers, _) = documents::write(new(&before_pdf), ExportKind::Pdf, profile).await?;
        marks.pdf.extend(pack(archive, "pdf", papers)?);
        let (files, left_out) = documents::write(new(&before_ubl), ExportKind::Ubl, profile).await?;
        marks.ubl.extend(pack(archive, "ubl", files)?);
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

/// What earlier exports took, a line for each of them: it is not in the archive again.
fn taken(figures: &Figures) -> String {
    let mut text = String::new();
    let kinds = [
        ("journaalpost is", "journaalposten zijn", ""),
        ("document is", "documenten zijn", " als UBL"),
        ("document is", "documenten zijn", " als PDF"),
    ];
    for (before, (one, several, form)) in figures.before.iter().zip(kinds) {
        for (number, many) in before {
            let what = if *many == 1 { one } else { several };
            let _ = write!(text, "{many} {what} eerder geëxporteerd{form}, in bestand {number}.\r\n");
        }
    }
    if !text.is_empty() {
        text.push_str("Dat staat niet nog eens in dit archief.\r\n\r\n");
    }
    text
}

/// What is in the archive, what it comes to, and whether it agrees.
fn readme(figures: &Figures, first: NaiveDate) -> String {
    let month = first.format("%m-%Y");
    let amount = |cents: Cents| cents.to_string().replace('.', ",");
    let mut text = format!("Maand {month}{}\r\n\r\n", if figures.provisional { " - VOORLOPIG" } else { "" });
    if figures.provisional {
        text.push_str(
            "Deze maand is nog niet afgesloten. Wat in dit archief staat, is geëxporteerd en komt niet nog eens; wat er later \
             in deze maand\r\nwordt geboekt, komt in een volgend bestand. De cijfers hieronder kunnen nog veranderen.\r\n\r\n",
        );
    }
    text.push_str(if figures.new > 0 {
        "journaal.csv, journaal.xlsx   journaalposten van deze maand die nog niet waren geëxporteerd\r\n"
    } else {
        "(geen journaal)               er zijn geen journaalposten die nog niet waren geëxporteerd\r\n"
    });
    text.push_str(
        "pdf/, ubl/                    documenten van deze maand die zo nog niet waren geëxporteerd\r\n\
         vooruitontvangen-*.xlsx       wat vooruit is betaald op de laatste dag, per kaart\r\n",
    );
    if !figures.before[0].is_empty() {
        let _ = write!(text, "{OVERVIEW}\r\n{:<30}alle journaalposten van de maand, alleen om te lezen\r\n", "");
    }
    text.push_str("\r\n");
    text.push_str(&taken(figures));
    let (invoices, notes) = (figures.invoices, figures.notes);
    let lines = [
        ("Journaalposten van de maand", figures.entries.to_string()),
        ("  waarvan in dit archief", figures.new.to_string()),
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
        text.push_str("\r\nNiet als UBL, alleen als PDF, tot het is aangevuld:\r\n");
        for LeftOut { what, why, .. } in &figures.left_out {
            let _ = write!(text, "{what}: {why}\r\n");
        }
    }
    text
}
