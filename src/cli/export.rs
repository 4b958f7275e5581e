//! `strippenkaart export …`: files out, with a progress bar for a person.
//!
//! A batch is stored in the database as it is made; the file written here is a copy, which `export file` gives again.

use super::{DatabaseArgs, admin, books, print};
use crate::domain::export::ExportKind;
use crate::exchange::{journal::JournalProfile, ubl::Profile};
use crate::service::exports::{Asked, FileOut, JournalFormat, Maker};
use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// Every journal entry that was not exported yet, for the bookkeeper
    Journal {
        #[command(flatten)]
        to: OutArgs,
        /// Booked up to and including this day; the last of the month before when left out
        #[arg(long, value_name = "DATE")]
        up_to: Option<NaiveDate>,
        /// csv, xlsx, or zip for both
        #[arg(long, default_value = "csv")]
        format: JournalFormat,
        /// Whose columns: standard, exact or snelstart
        #[arg(long, default_value = "standard")]
        columns: JournalProfile,
    },
    /// The audit file (XAF 4.0) of a year or another period
    Xaf {
        #[command(flatten)]
        to: OutArgs,
        /// A calendar year
        #[arg(long, conflicts_with_all = ["from", "until"])]
        year: Option<i32>,
        /// First day
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Last day
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
    /// Documents that were not exported as electronic invoices yet, in one zip
    Ubl {
        #[command(flatten)]
        to: OutArgs,
        /// Issued up to and including this day; the last of the month before when left out
        #[arg(long, value_name = "DATE")]
        up_to: Option<NaiveDate>,
        /// peppol or nlcius
        #[arg(long, default_value = "peppol")]
        profile: Profile,
    },
    /// Documents that were not exported as PDF yet, in one zip
    Pdf {
        #[command(flatten)]
        to: OutArgs,
        /// Issued up to and including this day; the last of the month before when left out
        #[arg(long, value_name = "DATE")]
        up_to: Option<NaiveDate>,
    },
    /// Planned direct debits that were not sent yet, for the bank (pain.008)
    Collection {
        #[command(flatten)]
        to: OutArgs,
        /// Collected up to and including this day; a week from today when left out
        #[arg(long, value_name = "DATE")]
        up_to: Option<NaiveDate>,
        /// First plan, for that day, everything that is due by then
        #[arg(long)]
        plan: bool,
    },
    /// A month in one zip: entries and documents that were not exported yet, deferred revenue, totals of the whole month
    Month {
        #[command(flatten)]
        to: OutArgs,
        /// The month, such as 2026-10; the one before this when left out
        #[arg(value_name = "MONTH", value_parser = month)]
        month: Option<NaiveDate>,
        /// Columns of the journal: standard, exact or snelstart
        #[arg(long, default_value = "standard")]
        columns: JournalProfile,
        /// Rules of the electronic invoices: peppol or nlcius
        #[arg(long, default_value = "peppol")]
        profile: Profile,
    },
    /// The file of an export that was made before, the same to the byte
    File {
        #[command(flatten)]
        to: OutArgs,
        /// Number of the export
        number: i64,
    },
    /// The whole ledger as a journal that hledger reads, with minutes as a commodity
    Hledger {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Money instead of minutes
        #[arg(long)]
        money: bool,
        /// Where to write it; standard output when left out
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct OutArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where to write it: a file, or a folder in which it gets the name of the export
    #[arg(long, value_name = "FILE|DIR")]
    out: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

/// `2026-10`, as its first day.
fn month(text: &str) -> Result<NaiveDate, String> {
    format!("{text}-01").parse().map_err(|_| "expected a month, such as 2026-10".to_owned())
}

pub(super) async fn run(command: ExportCommand) -> anyhow::Result<()> {
    match command {
        ExportCommand::Hledger { database, money, out } => {
            books::hledger(&database.database, money, out.as_deref()).await
        }
        ExportCommand::File { to, number } => again(&to, number).await,
        ExportCommand::Journal { to, up_to, format, columns } => {
            let (format, columns) = (Some(format), Some(columns));
            make(&to, Asked { up_to, format, columns, ..Asked::of(ExportKind::Journal) }).await
        }
        ExportCommand::Xaf { to, year, from, until } => {
            let of = |month, day| year.and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
            let (from, until) = (from.or_else(|| of(1, 1)), until.or_else(|| of(12, 31)));
            make(&to, Asked { from, to: until, ..Asked::of(ExportKind::Xaf) }).await
        }
        ExportCommand::Ubl { to, up_to, profile } => {
            make(&to, Asked { up_to, profile: Some(profile), ..Asked::of(ExportKind::Ubl) }).await
        }
        ExportCommand::Pdf { to, up_to } => make(&to, Asked { up_to, ..Asked::of(ExportKind::Pdf) }).await,
        ExportCommand::Collection { to, up_to, plan } => {
            make(&to, Asked { up_to, plan, ..Asked::of(ExportKind::Collection) }).await
        }
        ExportCommand::Month { to, month, columns, profile } => {
            let (columns, profile) = (Some(columns), Some(profile));
            make(&to, Asked { month, columns, profile, ..Asked::of(ExportKind::Month) }).await
        }
    }
}

/// Makes a batch and writes its file. What stands in the way of the file is looked for first, so that no number is taken
/// for nothing.
async fn make(to: &OutArgs, asked: Asked) -> anyhow::Result<()> {
    ready(to)?;
    let service = admin::beside(&to.database.database).await?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}")?);
    bar.set_message("Exporting");
    let progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let export = service.export_with(&Maker::default(), &asked, &progress).await.map_err(admin::worded)?;
    bar.finish_and_clear();
    let file = service.stored_file(export.number).await.map_err(admin::worded)?;
    let path = write(to, &file)
        .with_context(|| format!("export {} was made, and can be had again with `export file {0}`", export.number))?;
    service.db.close().await;
    for left_out in &export.left_out {
        print::line(format_args!("left out: {}: {}", left_out.what, left_out.why))?;
    }
    if export.provisional {
        print::line("provisional: the month is not closed; what is booked in it later comes with the next export")?;
    }
    let (number, items) = (export.number, export.items);
    Ok(print::line(format_args!("Export {number} of {items} items is in {}.", path.display()))?)
}

/// Writes the file of a batch that was made before.
async fn again(to: &OutArgs, number: i64) -> anyhow::Result<()> {
    ready(to)?;
    let service = admin::beside(&to.database.database).await?;
    let file = service.stored_file(number).await.map_err(admin::worded)?;
    service.db.close().await;
    let path = write(to, &file)?;
    Ok(print::line(format_args!("Export {number} is in {}.", path.display()))?)
}

/// Whether the file can be written as far as can be seen beforehand.
fn ready(to: &OutArgs) -> anyhow::Result<()> {
    if to.out.is_dir() {
        return Ok(());
    }
    refuse_to_overwrite(to, &to.out)?;
    let folder = folder_of(&to.out);
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    Ok(())
}

fn refuse_to_overwrite(to: &OutArgs, path: &Path) -> anyhow::Result<()> {
    if path.exists() && !to.force {
        bail!("{} is there already; --force writes over it", path.display());
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a file in place whole, or not at all, and for its user alone, as temporary files are (A7).
fn write(to: &OutArgs, file: &FileOut) -> anyhow::Result<PathBuf> {
    let path = if to.out.is_dir() { to.out.join(&file.name) } else { to.out.clone() };
    refuse_to_overwrite(to, &path)?;
    let mut out = tempfile::NamedTempFile::new_in(folder_of(&path))?;
    out.write_all(&file.bytes)?;
    out.as_file().sync_all()?;
    if to.force {
        out.persist(&path)?
    } else {
        out.persist_noclobber(&path)?
    };
    Ok(path)
}
