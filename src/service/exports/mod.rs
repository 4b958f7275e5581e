//! Files out: numbered batches for the bookkeeper, the bank and the archive, and single documents for whom they are.
//!
//! A batch is made in two steps, so that the ledger never waits for a file. It is read in one snapshot and written out;
//! then, in one transaction, it gets its number, its bytes are stored and everything in it is marked. When something of it
//! was marked meanwhile by another batch, nothing is stored and it is made anew: what was exported is not exported twice,
//! neither by another batch of its kind nor inside the archive of a month, which tells what earlier batches took.

mod collection;
mod documents;
mod journal;
mod month;
mod statement;

pub use crate::store::exports::{AccountLine, Made};
pub use statement::Account;

use super::access::{Caller, Request};
use super::{Error, FieldError, Result, Service, ledger::Failure};
use crate::domain::export::{Export, ExportKind, LeftOut};
use crate::domain::target_days::next_bank_day;
use crate::domain::{
    Actor, CollectionId, CustomerId, Doing, InvoiceId, Key, Refusal, UserId, chain::hex, words::words,
};
use crate::exchange::{journal::JournalProfile, ubl::Profile};
use crate::store::{Tx, exports};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{Datelike, Days, Months, NaiveDate};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Display;

/// How often a batch is made anew because another took what was in it.
const ATTEMPTS: u32 = 10;
/// The most days of an audit file.
const MOST_DAYS: i64 = 366;
/// How many documents that lack something are looked up for the page.
const LOOKED_AT: i64 = 200;

words! {
    /// As what a journal is written.
    pub enum JournalFormat {
        /// Text with semicolons.
        Csv = "csv",
        /// A workbook.
        Xlsx = "xlsx",
        /// Both, in one archive.
        Zip = "zip",
    }
}

/// A file to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOut {
    /// Its name: letters, digits, points and dashes.
    pub name: String,
    /// What it is, for programs.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is asked for; what is left out has a default.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What the batch holds.
    pub kind: Option<ExportKind>,
    /// The last day of what goes in: of a journal or documents the last day of the month before, of collections today and
    /// a week.
    pub up_to: Option<NaiveDate>,
    /// First day of an audit file; the first of its year.
    pub from: Option<NaiveDate>,
    /// Last day of an audit file; the last day of the month before.
    pub to: Option<NaiveDate>,
    /// Any day of the month; the month before.
    pub month: Option<NaiveDate>,
    /// As what a journal is written; CSV.
    pub format: Option<JournalFormat>,
    /// Whose columns a journal has; our own.
    pub columns: Option<JournalProfile>,
    /// The rules of electronic invoices; Peppol.
    pub profile: Option<Profile>,
    /// Of collections: first plan, for the last day, everything that is due by then.
    pub plan: bool,
}

impl Asked {
    /// A batch of a kind, everything else by default.
    #[must_use]
    pub fn of(kind: ExportKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }
}

/// What is to be made, every choice made.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Journal { up_to: NaiveDate, format: JournalFormat, columns: JournalProfile },
    Xaf { from: NaiveDate, to: NaiveDate },
    Documents { kind: ExportKind, up_to: NaiveDate, profile: Profile },
    Collection { up_to: NaiveDate },
    Month { first: NaiveDate, columns: JournalProfile, profile: Profile },
}

/// Who makes a batch.
#[derive(Clone, Debug, Default)]
pub struct Maker {
    /// The login; nobody on the command line.
    pub by: Option<UserId>,
    /// The key that makes a repetition harmless.
    pub key: Option<Key>,
}

/// Tells how far it is: so many of so many.
pub type Progress<'p> = &'p (dyn Fn(u64, u64) + Send + Sync);

/// A batch that is written out and not stored yet.
#[derive(Debug)]
struct Prepared {
    kind: ExportKind,
    title: String,
    /// Of a month that was not closed when it was read.
    provisional: bool,
    from_day: Option<NaiveDate>,
    to_day: Option<NaiveDate>,
    items: usize,
    /// The name of the file without the number, which goes before it.
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
    left_out: Vec<LeftOut>,
    marks: Marks,
    /// The number that stands in the file, which it must get.
    number: Option<i64>,
}

/// What a batch marks as exported; none of it may be marked already.
#[derive(Debug, Default)]
struct Marks {
    entries: Vec<exports::EntryKey>,
    ubl: Vec<InvoiceId>,
    pdf: Vec<InvoiceId>,
    collections: Vec<CollectionId>,
    /// Collections that go out on another day than planned.
    moved: Vec<(CollectionId, NaiveDate)>,
    /// Whose collections they are.
    customers: BTreeSet<CustomerId>,
}

/// What the next batches would hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The day up to which was looked: the last of the month before.
    pub up_to: NaiveDate,
    /// Journal entries booked up to that day.
    pub entries: i64,
    /// Documents issued up to that day, as electronic invoices.
    pub ubl: i64,
    /// … and on paper.
    pub pdf: i64,
    /// The day up to which collections were looked for.
    pub collect_up_to: NaiveDate,
    /// Collections planned up to that day.
    pub collections: i64,
    /// Documents that cannot be electronic invoices yet, and what they lack.
    pub lacking: Vec<LeftOut>,
}

impl Service {
    /// Batches, the newest first, before number `before`: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn exports(&self, caller: &Caller, before: Option<i64>, limit: i64) -> Result<Vec<Made>> {
        caller.may(Doing::KeepBooks)?;
        Ok(exports::list(&mut self.db.reader().await?, before.unwrap_or(i64::MAX), limit).await?)
    }

    /// One batch: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found.
    pub async fn export(&self, caller: &Caller, number: i64) -> Result<Made> {
        caller.may(Doing::KeepBooks)?;
        exports::get(&mut self.db.reader().await?, number).await?.ok_or(Error::NotFound("export"))
    }

    /// The file of a batch, byte for byte as it was made: for finance.
    ///
    /// # Errors
    /// Forbidden for others; not found; a fault when the bytes are not those that were stored.
    pub async fn export_file(&self, caller: &Caller, number: i64) -> Result<FileOut> {
        caller.may(Doing::KeepBooks)?;
        self.stored_file(number).await
    }

    /// The same for the command line, which has the whole database anyway.
    ///
    /// # Errors
    /// Not found; a fault when the bytes are not those that were stored.
    pub async fn stored_file(&self, number: i64) -> Result<FileOut> {
        let mut on = self.db.snapshot().await?;
        let made = exports::get(&mut on, number).await?.ok_or(Error::NotFound("export"))?;
        let content = exports::content(&mut on, number).await?.ok_or(Error::NotFound("export"))?;
        let bytes = STANDARD.decode(content).ok().filter(|bytes| digest(bytes) == made.export.digest);
        let Some(bytes) = bytes else {
            tracing::error!(number, "the file of an export is not the one that was stored");
            return Err(Failure::Broken.into());
        };
        Ok(FileOut { name: made.export.file_name, media_type: made.export.media_type, bytes })
    }

    /// What the next batches would hold: for finance.
    ///
    /// # Errors
    /// Forbidden for others.
    pub async fn exports_waiting(&self, caller: &Caller) -> Result<Waiting> {
        caller.may(Doing::KeepBooks)?;
        let today = self.policies.day(self.clock.now());
        let (up_to, collect_up_to) = (month_before(today).1, week_after(today));
        let mut on = self.db.snapshot().await?;
        let looked = documents::waiting(&mut on, ExportKind::Ubl, up_to, LOOKED_AT).await?;
        Ok(Waiting {
            up_to,
            entries: exports::count_entries(&mut on, up_to).await?,
            ubl: exports::count_documents(&mut on, ExportKind::Ubl, up_to).await?,
            pdf: exports::count_documents(&mut on, ExportKind::Pdf, up_to).await?,
            collect_up_to,
            collections: exports::count_planned(&mut on, collect_up_to).await?,
            lacking: documents::lacking(&looked, Profile::Peppol),
        })
    }

    /// Makes a batch: for finance. The same request under the same key gives the same batch.
    ///
    /// # Errors
    /// Forbidden for others; fields that cannot be right; nothing to export; what does not fit the format.
    pub async fn make_export(&self, request: Request<'_>, asked: &Asked) -> Result<Export> {
        request.caller.may(Doing::KeepBooks)?;
        let maker = Maker { by: Some(request.caller.user.id), key: request.key };
        self.export_with(&maker, asked, &|_, _| {}).await
    }

    /// The same, telling how far it is; for the command line, which asks no role.
    ///
    /// # Errors
    /// As [`Service::make_export`].
    pub async fn export_with(&self, maker: &Maker, asked: &Asked, progress: Progress<'_>) -> Result<Export> {
        if let Some(before) = repeated(self, maker).await? {
            return Ok(before);
        }
        let wanted = self.wanted(asked)?;
        if let Wanted::Collection { up_to } = wanted
            && asked.plan
        {
            self.plan_as(maker.by.map_or(Actor::Service, Actor::Staff), up_to).await?;
        }
        for _ in 0..ATTEMPTS {
            let prepared = self.prepare(wanted, progress).await?;
            if let Some(export) = self.store(maker, prepared).await? {
                tracing::info!(number = export.number, kind = %export.kind, items = export.items, "exported");
                return Ok(export);
            }
            if let Some(before) = repeated(self, maker).await? {
                return Ok(before);
            }
        }
        Err(Failure::Busy.into())
    }

    /// Every choice that was not made is made, and those that were are looked at.
    fn wanted(&self, asked: &Asked) -> Result<Wanted> {
        let today = self.policies.day(self.clock.now());
        let (before_first, before_last) = month_before(today);
        let up_to = asked.up_to.unwrap_or(before_last);
        let columns = asked.columns.unwrap_or(JournalProfile::Standard);
        let profile = asked.profile.unwrap_or(Profile::Peppol);
        let kind = asked.kind.ok_or_else(|| fault("kind", "expected what the export holds"))?;
        let past = |field: &str, day: NaiveDate| {
            if day > today { Err(fault(field, "expected today or an earlier day")) } else { Ok(day) }
        };
        Ok(match kind {
            ExportKind::Journal => {
                let format = asked.format.unwrap_or(JournalFormat::Csv);
                Wanted::Journal { up_to: past("up_to", up_to)?, format, columns }
            }
            ExportKind::Xaf => {
                let to = asked.to.unwrap_or(before_last);
                let from = asked.from.or_else(|| NaiveDate::from_ymd_opt(to.year(), 1, 1)).unwrap_or(to);
                if from > to {
                    return Err(fault("from", "expected a day that is not after the last one"));
                }
                if (to - from).num_days() >= MOST_DAYS {
                    return Err(fault("from", "expected a day in the year before the last day"));
                }
                Wanted::Xaf { from, to }
            }
            ExportKind::Ubl | ExportKind::Pdf => Wanted::Documents { kind, up_to: past("up_to", up_to)?, profile },
            ExportKind::Collection => {
                if self.policies.at(today).1.collection.is_none() {
                    return Err(Refusal::NoDirectDebits.into());
                }
                Wanted::Collection { up_to: asked.up_to.unwrap_or_else(|| week_after(today)) }
            }
            ExportKind::Month => {
                let first = asked.month.and_then(|day| day.with_day(1)).unwrap_or(before_first);
                Wanted::Month { first: past("month", first)?, columns, profile }
            }
        })
    }

    /// Reads what a batch holds, and writes it out.
    async fn prepare(&self, wanted: Wanted, progress: Progress<'_>) -> Result<Prepared> {
        let mut tx = self.db.snapshot().await?;
        match wanted {
            Wanted::Journal { up_to, format, columns } => {
                journal::prepare(self, &mut tx, up_to, (format, columns), progress).await
            }
            Wanted::Xaf { from, to } => journal::audit_file(self, &mut tx, (from, to), progress).await,
            Wanted::Documents { kind, up_to, profile } => {
                documents::prepare(&mut tx, kind, (up_to, profile), progress).await
            }
            Wanted::Collection { up_to } => collection::prepare(self, &mut tx, up_to).await,
            Wanted::Month { first, columns, profile } => {
                month::prepare(self, &mut tx, first, (columns, profile), progress).await
            }
        }
    }

    /// Stores a batch with its number and its marks; nothing when something of it was marked meanwhile.
    async fn store(&self, maker: &Maker, prepared: Prepared) -> Result<Option<Export>> {
        let mut tx = self.db.begin().await?;
        exports::lock_customers(&mut tx, &prepared.marks.customers).await?;
        let number = exports::take_number(&mut tx).await?;
        if prepared.number.is_some_and(|expected| expected != number) {
            return Ok(None);
        }
        if let Some(key) = &maker.key
            && exports::under_key(&mut tx, key).await?.is_some()
        {
            return Ok(None);
        }
        let Prepared { kind, title, provisional, from_day, to_day, .. } = prepared;
        let Prepared { items, name, media_type, bytes, left_out, marks, .. } = prepared;
        let export = Export {
            number,
            kind,
            title,
            provisional,
            from_day,
            to_day,
            items: count(items),
            file_name: format!("{number:05}-{name}"),
            media_type: media_type.to_owned(),
            digest: digest(&bytes),
            size: count(bytes.len()),
            made_at: self.clock.now(),
            made_by: maker.by,
            left_out,
        };
        exports::add(&mut tx, &export, maker.key.as_ref(), STANDARD.encode(bytes)).await?;
        if !mark(&mut tx, number, &marks).await? {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(export))
    }
}

/// Marks everything in a batch; false when something of it was marked before.
async fn mark(tx: &mut Tx, number: i64, marks: &Marks) -> Result<bool> {
    let mut all = exports::mark_entries(tx, number, &marks.entries).await? == length(marks.entries.len());
    all &= exports::mark_documents(tx, number, ExportKind::Ubl, &marks.ubl).await? == length(marks.ubl.len());
    all &= exports::mark_documents(tx, number, ExportKind::Pdf, &marks.pdf).await? == length(marks.pdf.len());
    all &= exports::mark_collections(tx, number, &marks.collections).await? == length(marks.collections.len());
    exports::move_collections(tx, number, &marks.moved).await?;
    Ok(all)
}

/// The batch that was made under the same key before.
async fn repeated(service: &Service, maker: &Maker) -> Result<Option<Export>> {
    let Some(key) = &maker.key else { return Ok(None) };
    match exports::under_key(&mut service.db.reader().await?, key).await? {
        Some(before) if before.request == key.request => Ok(Some(before.export)),
        Some(_) => Err(Refusal::KeyReused.into()),
        None => Ok(None),
    }
}

/// SHA-256 in hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn fault(field: &str, expected: &str) -> Error {
    Error::Fields(vec![FieldError { field: field.to_owned(), expected: expected.to_owned() }])
}

/// A writer that cannot write what it was given.
fn cannot(why: impl Display) -> Error {
    Refusal::NotExportable { why: why.to_string() }.into()
}

/// The first and last day of the month before that of `day`.
fn month_before(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = day.with_day(1).unwrap_or(day);
    let before = first.checked_sub_months(Months::new(1)).unwrap_or(first);
    (before, last_of(before))
}

/// The last day of a month, by its first.
fn last_of(first: NaiveDate) -> NaiveDate {
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    next.checked_sub_days(Days::new(1)).unwrap_or(first)
}

/// A week later, or the first bank day from then on.
fn week_after(day: NaiveDate) -> NaiveDate {
    next_bank_day(day.checked_add_days(Days::new(7)).unwrap_or(day))
}

/// A text as a part of a file name: letters, digits, points and dashes.
fn file_part(text: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    text.trim_matches('.').chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_before_is_whole() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(month_before(day("2028-03-31")), (day("2028-02-01"), day("2028-02-29")));
        assert_eq!(month_before(day("2027-01-01")), (day("2026-12-01"), day("2026-12-31")));
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        assert_eq!(file_part("../F/2026 0001"), "-F-2026-0001");
        assert_eq!(file_part("F2026-0001"), "F2026-0001");
    }
}
