//! Commands that read the whole ledger: whether it still is what was booked, and all of it for another program.

use super::{admin, print};
use crate::service::{journal, verify};
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

/// `strippenkaart export hledger`. A file is put in place whole, or not at all.
pub(super) async fn hledger(database: &str, out: Option<&Path>) -> anyhow::Result<()> {
    let db = admin::existing(database).await?;
    match out {
        None => {
            let written = journal::hledger(&db, &mut BufWriter::new(io::stdout().lock())).await;
            // A reader that went away (`| head`) is no fault of ours.
            if let Err(journal::JournalError::Write(error)) = &written
                && error.kind() == io::ErrorKind::BrokenPipe
            {
                return Ok(());
            }
            written?;
        }
        Some(path) => hledger_to(&db, path).await.with_context(|| format!("{} was not written", path.display()))?,
    }
    db.close().await;
    Ok(())
}

async fn hledger_to(db: &Db, path: &Path) -> anyhow::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(directory)?;
    let mut out = BufWriter::new(file);
    journal::hledger(db, &mut out).await?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
