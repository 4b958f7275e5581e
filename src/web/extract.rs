//! What handlers take: who asks, with which body, under which key. Every fault is answered as a problem.

use super::App;
use super::problem::Problem;
use super::server::body::Trickles;
use crate::domain::{Key, chain::hex};
use crate::service::access::{Caller, Request};
use crate::service::{Error, FieldError, audit_log};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The largest body, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;

/// A program with a good token.
#[derive(Debug)]
pub struct Token(pub Caller);

impl FromRequestParts<App> for Token {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = token_of(&parts.headers).ok_or(Error::Unauthenticated)?;
        Ok(Self(app.service.caller_by_token(token).await?))
    }
}

/// The token that a request brings.
pub(super) fn token_of(headers: &HeaderMap) -> Option<&str> {
    bearer(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The token of an `Authorization`; the name of the scheme is read in any case (RFC 9110).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A request of the API that writes: who asks, its key, its body.
#[derive(Debug)]
pub struct Write<T> {
    caller: Caller,
    key: Option<Key>,
    /// The body.
    pub body: T,
}

impl<T> Write<T> {
    /// Who asks, and under which key.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request { caller: &self.caller, key: self.key.clone() }
    }

    /// Who asks.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Write<T> {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Token(caller) = Token::from_request_parts(&mut parts, app).await?;
        let sent = idempotency_key(&parts.headers)?;
        let bytes = read(axum::extract::Request::new(body)).await?;
        let key = sent.map(|key| {
            let request = digest(&[parts.method.as_str(), parts.uri.path()], &bytes);
            Key { caller: caller.user.id.to_string(), key, request }
        });
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        Ok(Self { caller, key, body: parse(bytes)? })
    }
}

/// The `Idempotency-Key`, 1 to 200 printable ASCII characters, where one was sent.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or("");
    if (1..=200).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(Some(text.to_owned()));
    }
    let detail = "The header Idempotency-Key must be 1 to 200 printable ASCII characters.";
    Err(Problem::new(StatusCode::BAD_REQUEST, "bad-idempotency-key", "Not a usable Idempotency-Key", detail))
}

/// Digest of a request: its method and path, then its body.
#[must_use]
pub fn digest(head: &[&str], body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in head {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(body);
    hex(&hash.finalize())
}

/// The whole body, if it is not too large.
pub(super) async fn read(request: axum::extract::Request) -> Result<Bytes, Problem> {
    axum::body::to_bytes(request.into_body(), MOST_BYTES).await.map_err(|error| {
        if Trickles::is_behind(&error) {
            return Trickles.into();
        }
        let detail = format!("The body must be at most {MOST_BYTES} bytes.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    })
}

/// JSON into a type that refuses unknown fields: unreadable is 400, a field of the wrong shape 422 with its pointer.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json);
    // A type that reads itself from an object would also take an array of its fields.
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    match read {
        Ok(read) if is_object && json.end().is_ok() => Ok(read),
        read => {
            serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| unreadable(&error))?;
            let error = read.err().filter(|_| is_object);
            Err(error.map_or_else(
                || field_problem("", "expected an object with the fields"),
                |error| field_problem(&error.path().to_string(), &error.inner().to_string()),
            ))
        }
    }
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let detail = format!("The body is not JSON that can be read: {error}.");
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "Unreadable body", detail)
}

/// A fault that serde found; for an unknown or missing field the message names it.
fn field_problem(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = message.split('`').nth(1).filter(|_| message.contains(" field `"));
    let field = if path == "." || path.is_empty() { named.unwrap_or("") } else { path };
    Problem::fields(vec![FieldError { field: field.to_owned(), expected: message.to_owned() }])
}

/// The identity in a path; anything that is not one is not found.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: From<uuid::Uuid> + Send> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Ids(ids) = Ids::from_request_parts(parts, app).await?;
        ids.first().map(|id| Self(T::from(*id))).ok_or_else(|| Error::NotFound("page").into())
    }
}

/// What a path names by its identity, or by the number that people say; anything else is not found.
#[derive(Debug)]
pub enum IdOrNumber<T> {
    /// By its identity.
    Id(T),
    /// By its number.
    Number(i64),
}

impl<T: From<uuid::Uuid> + Send> FromRequestParts<App> for IdOrNumber<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
        match last.parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => Id::from_request_parts(parts, app).await.map(|Id(id)| Self::Id(id)),
        }
    }
}

/// All identities in a path, in order.
#[derive(Debug)]
pub struct Ids(pub Vec<uuid::Uuid>);

impl FromRequestParts<App> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        #[expect(clippy::disallowed_types, reason = "wrapped here, so that a bad identity is not found")]
        let path = axum::extract::Path::<Vec<(String, String)>>::from_request_parts(parts, &()).await;
        let parts = path.map(|path| path.0).unwrap_or_default();
        let ids: Result<Vec<_>, _> = parts.iter().map(|(_, text)| text.parse()).collect();
        ids.map(Self).map_err(|_| Error::NotFound("resource").into())
    }
}

/// The one part of a path that reads itself from text; anything else is not found.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<T: std::str::FromStr + Send> FromRequestParts<App> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        #[expect(clippy::disallowed_types, reason = "wrapped here, so that what cannot be read is not found")]
        let path = axum::extract::Path::<String>::from_request_parts(parts, &()).await;
        let read = path.ok().and_then(|path| path.0.parse().ok());
        read.map(Self).ok_or_else(|| Error::NotFound("page").into())
    }
}

/// The query of a GET; unknown parameters are refused.
#[derive(Debug)]
pub struct Search<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        #[expect(clippy::disallowed_types, reason = "wrapped here, so that a bad query is a problem")]
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|error| {
            let message = error.to_string();
            let message = message.strip_prefix("Failed to deserialize query string: ").unwrap_or(&message);
            field_problem(message.split(':').next().filter(|_| !message.contains('`')).unwrap_or(""), message)
        })
    }
}

/// A list's page: how many, and from where.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many items, 1 to 200; 50 when not told.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Reads a limit: 1 to 200, 50 when not told.
///
/// # Errors
/// A field error for anything else.
pub fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    match asked.unwrap_or(50) {
        limit @ 1..=200 => Ok(limit),
        _ => Err(Problem::fields(vec![FieldError {
            field: "limit".to_owned(),
            expected: "expected 1 to 200".to_owned(),
        }])),
    }
}

/// An opaque cursor of letters, digits, `_` and `-`.
#[must_use]
pub fn cursor(position: &str) -> String {
    URL_SAFE_NO_PAD.encode(position)
}

/// Reads a cursor back.
///
/// # Errors
/// A field error when it is not one of ours.
pub fn position(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(bad_cursor)
}

/// The answer to a cursor that is not one of ours.
#[must_use]
pub fn bad_cursor() -> Problem {
    let expected = "expected `next_cursor` of an earlier answer".to_owned();
    Problem::fields(vec![FieldError { field: "cursor".to_owned(), expected }])
}

/// The address a request comes from: the connection's, or what a trusted proxy of ours says, which is the last of all that
/// `X-Forwarded-For` lists; what stands before it the other side may have made up (A9).
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let told = if app.settings.behind_proxy { last_hop(&parts.headers) } else { None };
        Ok(Self(told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))))
    }
}

/// The last address of the lines of `X-Forwarded-For`, which together are one list; none where it cannot be read.
fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// Lets what is noted about this request say where it came from.
pub(super) async fn noted(
    State(_): State<App>,
    ClientIp(address): ClientIp,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    audit_log::from(address, next.run(request)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a9_the_last_hop_of_all_lines_counts() {
        for (lines, address) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["192.0.2.1, 198.51.100.2 ,2001:db8::1"], Some("2001:db8::1")),
            (&["192.0.2.1", "198.51.100.2, 203.0.113.3"], Some("203.0.113.3")),
            (&["198.51.100.2", "made up"], None),
            (&["198.51.100.2,"], None),
            (&["198.51.100.2", ""], None),
            (&["192.0.2.1:80"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            assert_eq!(last_hop(&headers), address.map(|address| address.parse().unwrap()), "{lines:?}");
        }
    }

    #[test]
    fn a13_the_scheme_of_a_token_is_read_in_any_case() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearerabc", None),
            ("Basic abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), token, "{header:?}");
        }
    }
}
