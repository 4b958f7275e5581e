//! Commands that do one thing and end; all of them may run beside a server.

use super::{print, serve, sqlite_file};
use crate::clock::Clock;
use crate::service::audit_log::name_of;
use crate::service::login::NewUser;
use crate::service::users::{Login, Wanted, Whose};
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

/// How many logins are read at a time.
const MANY: i64 = 200;

/// `strippenkaart user list`.
pub(super) async fn list_users(database: &str, query: &str, whose: Whose) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let mut after = None;
    loop {
        let found = service.logins(Wanted { whose, query, after, limit: MANY }).await.map_err(worded)?;
        for login in &found {
            print::line(line(login))?;
        }
        after = found.last().map(|login| login.user.id);
        if after.is_none() {
            break;
        }
    }
    service.db.close().await;
    Ok(())
}

/// A login on one line.
fn line(Login { user, at }: &Login) -> String {
    let places = at.iter().map(|at| format!("{} of {}", at.role, at.name)).collect::<Vec<_>>().join(", ");
    let role = match user.role {
        Some(role) => role.to_string(),
        None if at.is_empty() => "of no customer".to_owned(),
        None => places,
    };
    let seen = user.seen_at.map_or("never seen".to_owned(), |at| format!("seen {}", at.date_naive()));
    let state = match (user.lost_at, user.disabled_at, user.proved_at) {
        (Some(_), _, _) => "  (gave its address up)",
        (None, Some(_), Some(_)) => "  (blocked)",
        (None, Some(_), None) => "  (blocked; address not proved)",
        (None, None, None) => "  (address not proved)",
        (None, None, Some(_)) => "",
    };
    format!("{}  {}  {role}  {seen}{state}", user.email, user.name)
}

/// `strippenkaart user block` and `user allow`.
pub(super) async fn block(database: &str, email: &str, blocked: bool) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let user = service.login_of(email).await.map_err(worded)?;
    service.block(&user, blocked).await.map_err(worded)?;
    service.db.close().await;
    let now = if blocked { "can no longer log in; sessions, tokens and links have ended" } else { "can log in again" };
    Ok(print::line(format_args!("{} {now}.", user.email))?)
}

/// `strippenkaart user sign-out`.
pub(super) async fn sign_out(database: &str, email: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let user = service.login_of(email).await.map_err(worded)?;
    service.sign_out(&user).await.map_err(worded)?;
    service.db.close().await;
    Ok(print::line(format_args!("{} is signed out everywhere.", user.email))?)
}

/// `strippenkaart user reset`.
pub(super) async fn reset(database: &str, email: &str, by: Option<&str>, public_url: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let user = service.login_of(email).await.map_err(worded)?;
    if user.disabled_at.is_some() {
        bail!("this login is blocked: `strippenkaart user allow` lets it in again");
    }
    let secret = service.reset_by_command(user, by).await.map_err(worded)?;
    service.db.close().await;
    print::line("Works once, for seven days. Pass it on yourself:")?;
    Ok(print::line(format_args!("{public_url}/invite/{secret}"))?)
}

/// `strippenkaart token create`.
pub(super) async fn create_token(
    database: &str,
    (email, by): (&str, Option<&str>),
    (days, keep): (i64, bool),
) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let token = service.make_token(email, days, keep, by).await.map_err(worded)?;
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

/// `strippenkaart link list`.
pub(super) async fn list_links(database: &str) -> anyhow::Result<()> {
    let service = beside(database).await?;
    let keys = service.keys().await.map_err(worded)?;
    service.db.close().await;
    if keys.links.is_empty() {
        return Ok(print::line("No link works.")?);
    }
    for link in &keys.links {
        let name = name_of(&link.digest);
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
