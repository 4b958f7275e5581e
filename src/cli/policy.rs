//! `strippenkaart policy`: which terms are in force, what they say, and how they are changed (POL-1).

use super::{EvaluateArgs, admin, print, sqlite_file};
use crate::clock::Clock;
use crate::domain::policy::{Difference, Example, differences};
use crate::domain::{Policy, duration};
use crate::service::Error;
use crate::service::policies::{self, Given, PolicyVersion};
use crate::web::api::evaluate::Question;
use anyhow::{Context as _, anyhow, bail};
use chrono::NaiveDate;

/// `strippenkaart policy list`.
pub(super) async fn list(database: &str) -> anyhow::Result<()> {
    let versions = stored(database).await?;
    print::line("In force in this database:")?;
    if versions.is_empty() {
        print::line("  nothing yet; the first `serve` or `policy apply` puts a policy in force")?;
    }
    for version in &versions {
        let PolicyVersion { version: number, name, effective_from, applied_at, digest, .. } = version;
        let at = applied_at.format("%Y-%m-%d %H:%M UTC");
        print::line(format_args!(
            "  {number:>3}  from {effective_from}  {name}  (applied {at}, {})",
            digest.get(..12).unwrap_or(digest)
        ))?;
    }
    print::line("Shipped with the program:")?;
    for name in Policy::SHIPPED {
        print::line(format_args!("       {name}: {}", summary(&Given::read(name)?.parse()?)))?;
    }
    Ok(())
}

/// `strippenkaart policy show`.
pub(super) async fn show(database: &str, policy: Option<&str>) -> anyhow::Result<()> {
    let text = match policy {
        Some(named) => text_of(database, named).await?,
        None => in_force(database).await?,
    };
    Ok(print::line(text.trim_end())?)
}

/// What a check says of a provider that is made up (PAY-1a).
const EXAMPLE: &str = "warning: [provider] is an example: nothing is issued under it, and orders wait as drafts; fill in your own \
                       details and take `example` out";

/// The same of the demo, which does issue.
const DEMO: &str = "warning: [provider] is an example for the demo: documents are issued under it, each says EXAMPLE and names no \
                    account; fill in your own details and take `example` out";

/// `strippenkaart policy check`.
pub(super) fn check(name: &str) -> anyhow::Result<()> {
    let policy = Given::read(name)?.parse()?;
    let line = format!("valid: {} of {}, from {}", policy.name, policy.provider.name, policy.effective_from);
    print::line(format_args!("{line} ({}); {}", policy.time_zone, summary(&policy)))?;
    match policy.provider.example {
        Example::No => {}
        Example::Yes => print::line(EXAMPLE)?,
        Example::Demo => print::line(DEMO)?,
    }
    Ok(())
}

/// `strippenkaart policy evaluate`.
pub(super) fn evaluate(args: EvaluateArgs) -> anyhow::Result<()> {
    let policy = Given::read(&args.policy)?.parse()?;
    let worked = duration::read(&args.worked).map_err(|error| anyhow!("--worked {}: {error}", args.worked))?;
    let question = Question {
        text: None,
        worked_minutes: worked.0,
        started_at: args.started,
        received_at: args.received,
        channel: args.channel,
        kind: args.kind,
        topic: args.topic,
        urgency: args.urgency,
        surcharges: Some(args.surcharges),
        priority: args.priority,
        impact: args.impact,
        reach: args.reach,
        available_minutes: args.available,
        add_on_since: args.add_on_since,
        urgent_used_on: Some(args.urgent_used_on),
        fair_use_outcome: args.fair_use_outcome,
    };
    match question.ask(&policy, Clock::system().now()) {
        Ok(said) => Ok(print::line(serde_json::to_string_pretty(&said)?)?),
        Err(Error::Fields(errors)) => {
            let all: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.expected)).collect();
            bail!("the policy cannot place this:\n{}", all.join("\n"))
        }
        Err(error) => Err(error.into()),
    }
}

/// `strippenkaart policy diff`.
pub(super) async fn diff(database: &str, old: &str, new: &str) -> anyhow::Result<()> {
    let (old, new) = (text_of(database, old).await?, text_of(database, new).await?);
    print_differences(&differences(&old, &new).context("one of the two is not TOML; see `policy check`")?)
}

/// `strippenkaart policy apply`.
pub(super) async fn apply(database: &str, name: &str, from: NaiveDate) -> anyhow::Result<()> {
    let given = Given::read(name)?;
    let db = admin::existing(database).await?;
    let before = policies::versions(&db).await?;
    let applied = policies::apply(&db, &Clock::system(), given, from).await?;
    db.close().await;
    let PolicyVersion { version, name, effective_from, .. } = &applied;
    if before.iter().any(|known| known.version == *version) {
        return Ok(print::line(format_args!("Version {version} is this text, from {effective_from}: nothing to do."))?);
    }
    print::line(format_args!("Version {version}, {name}, holds from {effective_from}."))?;
    if let Some(previous) = before.last() {
        print::line(format_args!("Running servers know it within a minute. Since version {}:", previous.version))?;
        print_differences(&differences(&previous.text, &applied.text)?)?;
    }
    Ok(())
}

fn print_differences(all: &[Difference]) -> anyhow::Result<()> {
    if all.is_empty() {
        return Ok(print::line("No key says anything else.")?);
    }
    for Difference { key, old, new } in all {
        match (old, new) {
            (Some(old), Some(new)) => print::line(format_args!("  {key}: {old} -> {new}"))?,
            (None, Some(new)) => print::line(format_args!("+ {key}: {new}"))?,
            (Some(old), None) => print::line(format_args!("- {key}: {old}"))?,
            (None, None) => {}
        }
    }
    Ok(())
}

/// What a policy comes down to, in one line.
fn summary(policy: &Policy) -> String {
    let cards = policy.cards.as_ref().map_or_else(
        || "no cards".to_owned(),
        |cards| {
            let products: Vec<&str> = cards.products.iter().map(|product| product.id.as_str()).collect();
            format!("cards {}, welcome card {}", products.join(" "), cards.welcome)
        },
    );
    let parts: Vec<&str> = policy.parts().into_iter().map(crate::domain::policy::Part::as_str).collect();
    let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("{cards}; increments of {} minutes; parts: {parts}", policy.time.increment.0)
}

/// The text of a shipped policy, a file or a version.
async fn text_of(database: &str, named: &str) -> anyhow::Result<String> {
    let Ok(number) = named.parse::<i64>() else { return Ok(Given::read(named)?.text) };
    let found = stored(database).await?.into_iter().find(|version| version.version == number);
    Ok(found.with_context(|| format!("there is no version {number} in this database; see `policy list`"))?.text)
}

/// The text of the version that holds today.
async fn in_force(database: &str) -> anyhow::Result<String> {
    let db = admin::existing(database).await?;
    let known = policies::known(&db).await?;
    let (number, _) = known.at(known.day(Clock::system().now()));
    let found = policies::versions(&db).await?.into_iter().find(|version| version.version == number);
    db.close().await;
    Ok(found.context("no policy is in force in this database yet; the first `serve` puts one in force")?.text)
}

/// The versions in a database; none where there is no database.
async fn stored(database: &str) -> anyhow::Result<Vec<PolicyVersion>> {
    if sqlite_file(database).is_some_and(|file| !file.exists()) {
        return Ok(vec![]);
    }
    let db = admin::existing(database).await?;
    let versions = policies::versions(&db).await?;
    db.close().await;
    Ok(versions)
}
