//! Who came in, who was kept out, who let whom in: one line each, in the log of the process (target `audit`).
//!
//! A line names logins by their ids, links by the beginning of their digest, tokens by their jti, and where the request came
//! from. It holds no secret, and nothing that was typed: a password lands in the field of the address now and then.
//!
//! | field | what |
//! |--|--|
//! | `user`, `role` | whose login it is about; `customer` is the role of a customer's person |
//! | `by` | who did it, where that is another |
//! | `ip` | where the request came from; none for a command or a job |
//! | `link`, `purpose` | the first twelve digits of a link's digest, and what it is for |
//! | `token` | a token's jti |
//! | `what` | what was tried, or why it was refused |

use super::throttle::Gate;
use crate::domain::{Doing, UserId, words::words};
use crate::store::users::{Invitation, StaffRole, User};
use std::net::IpAddr;
use uuid::Uuid;

/// The target of the lines.
pub const TARGET: &str = "audit";
/// How much of a digest names a link.
const NAMED: usize = 12;

tokio::task_local! {
    /// Where the request that runs came from.
    static FROM: IpAddr;
}

/// Runs a request that comes from this address on the network.
pub async fn from<T>(address: IpAddr, request: impl Future<Output = T>) -> T {
    FROM.scope(address, request).await
}

/// The part of a link's digest by which people name it.
#[must_use]
pub fn name_of(digest: &str) -> &str {
    digest.get(..NAMED).unwrap_or(digest)
}

words! {
    /// Why a token let nobody in.
    pub enum Why {
        /// Not one that this instance signed.
        Strange = "strange",
        /// Its time is over.
        Expired = "expired",
        /// It was revoked, its login is blocked, or its secret is not the one that was kept.
        Ended = "ended",
    }
}

/// What happened to a login, a link or a token.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Somebody came in, by a password or a link.
    LoggedIn(&'a User),
    /// Address and password did not belong together; of which login, where there is one.
    LoginFailed(Option<&'a User>),
    /// Too many attempts.
    Throttled(Gate),
    /// A session was ended by whoever had it.
    SignedOut(&'a User),
    /// All sessions of a login were ended.
    SignedOutEverywhere(&'a User, Option<UserId>),
    /// A role, or the days of an authorisation, did not allow something.
    Refused(&'a User, Doing),
    /// The same, found when it was decided: since it was asked at the door something had changed, or the rules of the act say more.
    RefusedLate(UserId, Doing),
    /// A login was made by the command line.
    LoginMade(&'a User),
    /// A link was made.
    LinkMade(&'a Invitation),
    /// A link was used, by whoever has this login now.
    LinkUsed(&'a Invitation, &'a User),
    /// A link was withdrawn.
    LinkWithdrawn(&'a Invitation, Option<UserId>),
    /// An address went from a login that had never been proved to be its owner's to somebody of the provider (A4).
    AddressLost(UserId, &'a User),
    /// A token was made.
    TokenMade(Uuid, UserId),
    /// A token took the place of another.
    TokenRotated(Uuid, UserId),
    /// A token was revoked.
    TokenRevoked(Uuid, Option<UserId>),
    /// A token let nobody in; which, and whose it says it is, where it is one of ours.
    TokenRefused(Option<(Uuid, UserId)>, Why),
    /// A login was blocked.
    Blocked(&'a User, Option<UserId>),
    /// A blocked login was let in again.
    LetIn(&'a User, Option<UserId>),
    /// A new password was chosen.
    PasswordChanged(&'a User),
}

/// A line, before it is written.
#[derive(Default)]
struct Line<'a> {
    says: &'static str,
    user: Option<UserId>,
    role: Option<&'static str>,
    by: Option<UserId>,
    link: Option<&'a str>,
    purpose: Option<&'static str>,
    token: Option<Uuid>,
    what: Option<&'static str>,
}

impl<'a> Line<'a> {
    fn about(says: &'static str, user: &User) -> Self {
        let role = Some(user.role.map_or("customer", StaffRole::as_str));
        Self { says, user: Some(user.id), role, ..Self::default() }
    }

    fn of_link(says: &'static str, link: &'a Invitation) -> Self {
        let role = link.role.map(StaffRole::as_str);
        let (link, purpose) = (Some(name_of(&link.digest)), Some(link.purpose.as_str()));
        Self { says, role, link, purpose, ..Self::default() }
    }

    fn of_token(says: &'static str, token: Uuid, user: Option<UserId>) -> Self {
        Self { says, token: Some(token), user, ..Self::default() }
    }
}

impl<'a> From<Event<'a>> for Line<'a> {
    fn from(event: Event<'a>) -> Self {
        match event {
            Event::LoggedIn(user) => Self::about("logged in", user),
            Event::LoginFailed(user) => {
                let line = user.map(|user| Self::about("login failed", user));
                line.unwrap_or_else(|| Self { says: "login failed", ..Self::default() })
            }
            Event::Throttled(gate) => Self { says: "too many attempts", what: Some(gate.as_str()), ..Self::default() },
            Event::SignedOut(user) => Self::about("signed out", user),
            Event::SignedOutEverywhere(user, by) => Self { by, ..Self::about("signed out everywhere", user) },
            Event::Refused(user, doing) => Self { what: Some(doing.as_str()), ..Self::about("refused", user) },
            Event::RefusedLate(user, doing) => {
                Self { says: "refused", user: Some(user), what: Some(doing.as_str()), ..Self::default() }
            }
            Event::LoginMade(user) => Self::about("login made", user),
            Event::LinkMade(link) => {
                Self { user: link.user_id, by: link.created_by, ..Self::of_link("link made", link) }
            }
            Event::LinkUsed(opened, user) => {
                let Self { link, purpose, .. } = Self::of_link("link used", opened);
                Self { by: opened.created_by, link, purpose, ..Self::about("link used", user) }
            }
            Event::LinkWithdrawn(link, by) => Self { user: link.user_id, by, ..Self::of_link("link withdrawn", link) },
            Event::AddressLost(lost, to) => {
                Self { user: Some(lost), by: Some(to.id), says: "address lost", ..Self::default() }
            }
            Event::TokenMade(token, user) => Self::of_token("token made", token, Some(user)),
            Event::TokenRotated(token, user) => Self::of_token("token rotated", token, Some(user)),
            Event::TokenRevoked(token, by) => Self { by, ..Self::of_token("token revoked", token, None) },
            Event::TokenRefused(token, why) => {
                let (token, user) = token.unzip();
                Self { says: "token refused", token, user, what: Some(why.as_str()), ..Self::default() }
            }
            Event::Blocked(user, by) => Self { by, ..Self::about("blocked", user) },
            Event::LetIn(user, by) => Self { by, ..Self::about("let in again", user) },
            Event::PasswordChanged(user) => Self::about("password changed", user),
        }
    }
}

/// Writes the line of an event: after it has become durable, where it is one that does.
pub fn note(event: Event<'_>) {
    use tracing::field::display;
    let Line { says, user, role, by, link, purpose, token, what } = event.into();
    let (user, by, token) = (user.map(display), by.map(display), token.map(display));
    let ip = FROM.try_with(|ip| *ip).ok().map(display);
    tracing::info!(target: TARGET, user, role, by, ip, link, purpose, token, what, "{says}");
}
