//! Commands that read the whole ledger: whether it still is what was booked, and all of it for another program.

use super::{admin, print};
use crate::clock::Clock;
use crate::service::{journal, policies, verify};
use crate::store::Db;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, BufWriter};
use std::path::Path;

/// `strippenkaart verify`.
pub(super) async fn verify(database: &str) -> anyhow::Result<()> {
    let db = admin::existing(database).await?;
    check(&db).await?;
    db.close().await;
    Ok(())
}

/// Verifies and says what was found, with a progress bar for a person.
pub(super) async fn check(db: &Db) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {percent} %")?);
    bar.set_message("Verifying");
    let report = verify::verify(db, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    let verify::Report { customers, transactions, movements, erased, digest } = report;
    print::line(format_args!(
        "The ledger is what was booked: {customers} customers, {transactions} transactions, {movements} movements, \
         {erased} texts erased."
    ))?;
    Ok(print::line(format_args!("digest {digest}"))?)
}

/// `strippenkaart export hledger`, of minutes or of money. A file is put in place whole, or not at all.
pub(super) async fn hledger(database: &str, money: bool, out: Option<&Path>) -> anyhow::Result<()> {
    let db = admin::existing(database).await?;
    match out {
        None => {
            let written = write_journal(&db, money, &mut BufWriter::new(io::stdout().lock())).await;
            // A reader that went away (`| head`) is no fault of ours.
            if let Err(error) = &written
                && let Some(journal::JournalError::Write(error)) = error.downcast_ref()
                && error.kind() == io::ErrorKind::BrokenPipe
            {
                return Ok(());
            }
            written?;
        }
        Some(path) => {
            hledger_to(&db, money, path).await.with_context(|| format!("{} was not written", path.display()))?;
        }
    }
    db.close().await;
    Ok(())
}

async fn write_journal(db: &Db, money: bool, out: &mut impl io::Write) -> anyhow::Result<()> {
    if money {
        let policies = policies::known(db).await?;
        let accounts = &policies.at(policies.day(Clock::system().now())).1.accounts;
        return Ok(journal::hledger_money(db, accounts, out).await?);
    }
    Ok(journal::hledger(db, out).await?)
}

/// Puts the journal in place as `export` does its files.
async fn hledger_to(db: &Db, money: bool, path: &Path) -> anyhow::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(directory)?;
    let mut out = BufWriter::new(file);
    write_journal(db, money, &mut out).await?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
