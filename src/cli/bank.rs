//! `strippenkaart import bank`: a file of the bank, looked at or booked.

use super::{admin, print, serve};
use crate::clock::Clock;
use crate::domain::Cents;
use crate::domain::bank_statement::Statement;
use crate::domain::reconciliation::Explanation;
use crate::exchange::bank::{Bytes, Incoming, MAX_BYTES};
use crate::service::bank::{AccountCheck, BankNotice, BankTally, Counted, Share};
use crate::service::{Error, Service};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// `strippenkaart import bank FILE [--preview]`.
pub(super) async fn import(database: &str, file: &Path, email: &str, preview: bool) -> anyhow::Result<()> {
    let bytes = read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let service = Service::beside(admin::existing(database).await?, Clock::system()).await?;
    let result = run(&service, (&name, bytes), email, preview).await;
    service.db.close().await;
    result
}

/// The file as it is now: what others write to it meanwhile changes nothing.
fn read(file: &Path) -> anyhow::Result<Bytes> {
    let mut source = BufReader::with_capacity(64 * 1024, std::fs::File::open(file)?);
    let mut incoming = Incoming::new(MAX_BYTES);
    loop {
        let chunk = source.fill_buf()?;
        let length = chunk.len();
        if length == 0 || incoming.size() > MAX_BYTES {
            break;
        }
        incoming.add(chunk)?;
        source.consume(length);
    }
    Ok(incoming.whole()?)
}

async fn run(service: &Service, (name, bytes): (&str, Bytes), email: &str, preview: bool) -> anyhow::Result<()> {
    let caller = service.caller_by_email(email).await.map_err(worded)?;
    if preview {
        let preview = service.preview_bank(&caller, name, bytes).await.map_err(worded)?;
        print::line(format_args!("{name}: {}, nothing is booked.", preview.version))?;
        return tell(&preview.statements, &preview.notices, &preview.tally);
    }
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")?);
    bar.set_message("Booking");
    let import = service
        .import_bank(&caller, name, bytes, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })
        .await;
    bar.finish_and_clear();
    let import = import.map_err(worded)?;
    print::line(format_args!("{name}: {}", import.file.version))?;
    tell(&import.statements, &import.notices, &import.tally)
}

/// The summary: statements with their balances, what is to be known, and what the lines became.
fn tell(statements: &[Statement], notices: &[BankNotice], tally: &BankTally) -> anyhow::Result<()> {
    for row in statements {
        let amount =
            |amount: Option<crate::domain::Cents>| amount.map_or_else(|| "-".to_owned(), |told| told.to_string());
        let (opening, closing) = (amount(row.opening), amount(row.closing));
        print::line(format_args!("  {} {}: {opening} -> {closing}", row.account, row.told_id))?;
    }
    for notice in notices {
        print::line(format_args!("  note: {notice}"))?;
    }
    let rows = [
        ("collections received", tally.settled),
        ("reversals", tally.reversed),
        ("payments", tally.paid),
        ("wait for a person", tally.queued),
        ("not for these books", tally.outside),
    ];
    for (what, Share { count, sum }) in rows {
        print::line(format_args!("{what:<22}{count:>8}{:>16}", sum.to_string()))?;
    }
    Ok(print::line(format_args!("{:<22}{:>8}", "told before", tally.known))?)
}

/// `strippenkaart bank check`: whether every statement and every posting agrees (BANK-4). Fails where one does not.
/// `reread`: and whether every kept file, read again, counts the same.
pub(super) async fn check(database: &str, email: &str, reread: bool) -> anyhow::Result<()> {
    let service = Service::beside(admin::existing(database).await?, Clock::system()).await?;
    let again = if reread { run_again(&service, email).await } else { Ok(()) };
    let result = match again {
        Ok(()) => run_check(&service, email).await,
        Err(error) => Err(error),
    };
    service.db.close().await;
    result
}

async fn run_again(service: &Service, email: &str) -> anyhow::Result<()> {
    let caller = service.caller_by_email(email).await.map_err(worded)?;
    let directory = tempfile::Builder::new().prefix("strippenkaart-reread-").tempdir()?;
    let scratch = serve::open(&format!("sqlite://{}", directory.path().join("again.db").display())).await?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")?);
    bar.set_message("Reading files again");
    let read = service.read_bank_again(&caller, &scratch, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    let read = read.await.map_err(worded);
    bar.finish_and_clear();
    scratch.close().await;
    let read = read?;
    print::line(format_args!("{} files read again", read.files))?;
    for name in &read.missing {
        print::line(format_args!("  {name} came before bytes were kept: import it again, then it is"))?;
    }
    for row in &read.differing {
        let Counted { account, day, books, again } = row;
        print::line(format_args!("  {account} {day}: {books} in the books, {again} read again"))?;
    }
    anyhow::ensure!(read.differing.is_empty(), "read again, the files count otherwise than the books");
    Ok(())
}

async fn run_check(service: &Service, email: &str) -> anyhow::Result<()> {
    let caller = service.caller_by_email(email).await.map_err(worded)?;
    let check = service.check_bank(&caller).await.map_err(worded)?;
    if check.accounts.is_empty() {
        return Ok(print::line(format_args!("no statement of the bank was imported yet"))?);
    }
    for account in &check.accounts {
        tell_account(account)?;
    }
    if check.by_hand > 0 {
        let (count, sum) = (check.by_hand, check.by_hand_posted);
        print::line(format_args!(
            "{count} payments recorded by hand are proved by no line; {sum} was posted for them"
        ))?;
    }
    anyhow::ensure!(check.agrees(), "the books and the bank do not agree");
    Ok(print::line(format_args!("the books and the bank agree"))?)
}

fn tell_account(account: &AccountCheck) -> anyhow::Result<()> {
    let first =
        account.first.map_or_else(|| "not known".to_owned(), |first| format!("{} on {}", first.amount, first.day));
    print::line(format_args!("{}: first balance {first}, {} statements", account.account, account.equations.len()))?;
    for row in account.differing() {
        let (day, expected, closing, difference) = (row.day, row.expected(), row.closing, row.difference());
        print::line(format_args!(
            "  {day} {}: expected {expected}, the bank says {closing}: {difference}",
            row.told_id
        ))?;
        for explanation in &row.explanations {
            match explanation {
                Explanation::Gap { after, closed, opens } => print::line(format_args!(
                    "    a statement is missing after {after}: it closed with {closed}, the next one opens with {opens}"
                ))?,
                Explanation::Line(line) => print::line(format_args!("    line {line} may count twice"))?,
            }
        }
    }
    if account.posted != account.booked {
        let (posted, booked) = (account.posted, account.booked);
        print::line(format_args!("  posted on the bank: {posted}, booked lines: {booked}"))?;
    }
    if account.announced != Cents::ZERO {
        print::line(format_args!("  announced and on no statement yet: {}", account.announced))?;
    }
    for line in &account.not_stated {
        print::line(format_args!("  not stated: {} {} of {}", line.id, line.effect(), line.booked_on))?;
    }
    Ok(())
}

fn worded(error: Error) -> anyhow::Error {
    match error {
        Error::Forbidden => anyhow::anyhow!("this login may not do finance's work"),
        other => other.into(),
    }
}
