//! `strippenkaart close-month`: what is open in a month, and closing it or opening it again (TIME-6).

use super::{admin, print};
use crate::clock::Clock;
use crate::domain::closing::{BookMonth, Finding};
use crate::service::accounting::{Checklist, MonthActed};
use crate::service::{Error, Service};
use anyhow::bail;

/// Prints the checklist of a month, and closes it.
pub(super) async fn close(database: &str, month: BookMonth, reason: Option<String>) -> anyhow::Result<()> {
    let service = Service::beside(admin::existing(database).await?, Clock::system()).await?;
    let checklist = match service.checklist_of(month).await {
        Err(Error::NotFound(_)) => bail!("{month} has not begun"),
        other => other?,
    };
    say(&checklist)?;
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let acted = service.close_month_by(None, month, reason).await?;
    service.db.close().await;
    Ok(print::line(told(&acted, "closed"))?)
}

/// Opens the last closed month again.
pub(super) async fn reopen(database: &str, month: BookMonth, reason: Option<String>) -> anyhow::Result<()> {
    let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) else {
        bail!("say why {month} is opened again: --reason \"…\"")
    };
    let service = Service::beside(admin::existing(database).await?, Clock::system()).await?;
    let acted = service.reopen_month_by(None, month, reason).await?;
    service.db.close().await;
    Ok(print::line(told(&acted, "open again"))?)
}

fn told(acted: &MonthActed, state: &str) -> String {
    let (month, since) = (acted.closing.month, acted.closing.recorded_at.format("%Y-%m-%d %H:%M UTC"));
    if acted.already { format!("{month} is {state} already, since {since}.") } else { format!("{month} is {state}.") }
}

fn say(checklist: &Checklist) -> anyhow::Result<()> {
    print::line(format_args!("Open in {}:", checklist.month))?;
    for finding in &checklist.findings {
        let kind = finding.kind.as_str().replace('_', " ");
        let mark = match finding {
            finding if finding.count == 0 => "ok   ",
            finding if finding.blocks() => "STOPS",
            _ => "warns",
        };
        print::line(format_args!("  {mark} {:>6}  {kind}{}", finding.count, examples(finding)))?;
    }
    Ok(())
}

fn examples(finding: &Finding) -> String {
    let texts: Vec<&str> = finding.examples.iter().map(|example| example.text.as_str()).collect();
    let more = if finding.count > 3 { ", …" } else { "" };
    if texts.is_empty() { String::new() } else { format!(": {}{more}", texts.join(", ")) }
}
