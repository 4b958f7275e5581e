//! Commands that do one thing and end; all of them may run beside a server.

use super::{print, serve, sqlite_file};
use crate::clock::Clock;
use crate::service::login::NewUser;
use crate::service::{Error, Service};
use crate::store::Db;
use anyhow::{Context as _, bail};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use uuid::Uuid;

/// `strippenkaart migrate`.
pub(super) async fn migrate(database: &str) -> anyhow::Result<()> {
    let db = serve::open(database).await?;
    db.close().await;
    Ok(print::line("The schema is up to date.")?)
}

/// `strippenkaart user add`.
pub(super) async fn add_user(database: &str, new: NewUser) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let password = first_line(&format!("Password for {} (shown as you type): ", new.email))?;
    let user = service.add_user(new, password).await.map_err(worded)?;
    service.db.close().await;
    let role = user.role.map_or("", crate::store::users::StaffRole::as_str);
    Ok(print::line(format_args!("{} can now log in as {role}.", user.email))?)
}

/// `strippenkaart token create`.
pub(super) async fn create_token(database: &str, email: &str, days: i64, keep: bool) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let token = service.make_token(email, days, keep).await.map_err(worded)?;
    let claims = service.tokens.read(&token, service.clock.now())?;
    service.db.close().await;
    print::line(format_args!("Works for {days} days. To end it earlier: strippenkaart token revoke {}", claims.jti))?;
    Ok(print::line(token)?)
}

/// `strippenkaart token list`.
pub(super) async fn list_tokens(database: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let keys = service.keys().await.map_err(worded)?;
    service.db.close().await;
    if keys.tokens.is_empty() {
        return Ok(print::line("No token works.")?);
    }
    for token in &keys.tokens {
        let email = keys.names.get(&token.user_id).map_or("", String::as_str);
        let kept = if token.keeps { "  (outlives a new password)" } else { "" };
        let (since, until) = (token.created_at.date_naive(), token.expires_at.date_naive());
        print::line(format_args!("{}  {email}  {since} to {until}{kept}", token.jti))?;
    }
    Ok(())
}

/// `strippenkaart token rotate`.
pub(super) async fn rotate_token(database: &str, jti: &str) -> anyhow::Result<()> {
    let jti = jti.parse::<Uuid>().context("expected the token's jti, as `token list` prints it")?;
    let service = beside(database).await?;
    let token = service.rotate_token(jti).await.map_err(worded)?;
    service.db.close().await;
    print::line("The old token no longer works. The new one:")?;
    Ok(print::line(token)?)
}

/// How much of a digest names a link.
const NAMED: usize = 12;

/// `strippenkaart link list`.
pub(super) async fn list_links(database: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let keys = service.keys().await.map_err(worded)?;
    service.db.close().await;
    if keys.links.is_empty() {
        return Ok(print::line("No link works.")?);
    }
    for link in &keys.links {
        let name = link.digest.get(..NAMED).unwrap_or(&link.digest);
        let by = link.created_by.and_then(|id| keys.names.get(&id)).map_or("the service", String::as_str);
        let email = link.email.as_deref().unwrap_or("anybody");
        print::line(format_args!(
            "{name}  {}  for {email}  by {by}  until {}",
            link.purpose,
            link.expires_at.date_naive()
        ))?;
    }
    Ok(())
}

/// `strippenkaart link withdraw`.
pub(super) async fn withdraw_link(database: &str, link: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let withdrawn = service.withdraw_link(link.trim()).await.map_err(worded)?;
    service.db.close().await;
    if !withdrawn {
        bail!("there is no such link, or it no longer works: `strippenkaart link list` names them");
    }
    Ok(print::line("The link no longer works.")?)
}

/// `strippenkaart token revoke`.
pub(super) async fn revoke_token(database: &str, jti: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let jti = if jti == "-" {
        service.tokens.read(first_line("Token: ")?.trim(), service.clock.now())?.jti
    } else {
        jti.parse::<Uuid>().context("expected the token's jti, as `token create` printed it")?
    };
    let revoked = service.revoke_token(jti).await.map_err(worded)?;
    service.db.close().await;
    if !revoked {
        bail!("there is no such token, or it was revoked before");
    }
    Ok(print::line("The token no longer works.")?)
}

/// Opens a database that must be there already.
pub(super) async fn existing(database: &str) -> anyhow::Result<Db> {
    if let Some(file) = sqlite_file(database).filter(|file| !file.exists()) {
        bail!("there is no database {}; `strippenkaart migrate` or `strippenkaart serve` makes one", file.display());
    }
    serve::open(database).await
}

/// A service for a command that runs beside a server.
pub(super) async fn beside(database: &str) -> anyhow::Result<Service> {
    Ok(Service::beside(existing(database).await?, Clock::system()).await?)
}

/// The first line of standard input; a person is asked for it.
fn first_line(question: &str) -> anyhow::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        write!(std::io::stderr(), "{question}")?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("standard input cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// An error in words for the command line: each field with what was expected.
pub(super) fn worded(error: Error) -> anyhow::Error {
    match error {
        Error::Fields(fields) => {
            let list: Vec<String> = fields.iter().map(|fault| format!("{}: {}", fault.field, fault.expected)).collect();
            anyhow::anyhow!(list.join("; "))
        }
        other => other.into(),
    }
}
