//! A client inside the process: JSON in, JSON out, as whoever holds the token.

use super::Fixture;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use strippenkaart::domain::{ContactId, UserId};
use strippenkaart::store::users::{self, StaffRole, User};
use strippenkaart::web::limits::Limits;
use strippenkaart::web::{Settings, router, router_taking};
use tower::ServiceExt as _;

/// The whole site over a fixture's service.
pub struct Site {
    pub fixture: Fixture,
    pub router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The body, when the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A problem+json of this status and type.
    #[track_caller]
    pub fn problem(self, status: u16, name: &str) -> Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let body = self.expect(status);
        assert_eq!(body["type"], format!("/problems/{name}"), "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        body
    }

    /// The pointers of a 422 about fields.
    #[track_caller]
    pub fn pointers(self) -> Vec<String> {
        let body = self.problem(422, "invalid-field");
        let errors = body["errors"].as_array().unwrap().iter();
        errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl Site {
    /// Over plain http.
    pub fn new(fixture: Fixture) -> Self {
        let settings =
            Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() };
        let router = router(fixture.service.clone(), settings);
        Self { fixture, router }
    }

    /// One that takes files of a bank of at most so many bytes.
    pub fn taking(fixture: Fixture, most: u64) -> Self {
        let settings =
            Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() };
        let router = router_taking(fixture.service.clone(), settings, most);
        Self { fixture, router }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Sends a text as the body; an empty token is no token.
    pub async fn raw(&self, method: &str, token: &str, path: &str, key: Option<&str>, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.raw("GET", token, path, None, String::new()).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.raw("POST", token, path, None, body.to_string()).await
    }

    pub async fn post_with_key(&self, token: &str, path: &str, key: &str, body: &Value) -> Answer {
        self.raw("POST", token, path, Some(key), body.to_string()).await
    }

    pub async fn delete(&self, token: &str, path: &str) -> Answer {
        self.raw("DELETE", token, path, None, String::new()).await
    }

    /// A login without a password, with this role at the provider or none.
    pub async fn user(&self, email: &str, name: &str, role: Option<StaffRole>) -> UserId {
        let id = self.fixture.clock.id();
        let (email, name, created_at) = (email.to_owned(), name.to_owned(), self.fixture.clock.now());
        let user = User::new(id, email, name, role, created_at);
        let mut tx = self.fixture.service.db.begin().await.unwrap();
        assert!(users::add(&mut tx, &user).await.unwrap());
        tx.commit().await.unwrap();
        id
    }

    /// A token of somebody of the provider.
    pub async fn staff(&self, role: StaffRole) -> String {
        let email = format!("{role}@provider.example");
        self.user(&email, &format!("The {role}"), Some(role)).await;
        self.fixture.service.create_token(&email, 90).await.unwrap()
    }

    /// A token of a contact, by a login with this address that is made when there is none.
    pub async fn token_of(&self, contact: ContactId, email: &str) -> String {
        let service = &self.fixture.service;
        let known = users::by_email(&mut service.db.reader().await.unwrap(), email).await.unwrap();
        let user = match known {
            Some(user) => user.id,
            None => self.user(email, email, None).await,
        };
        let mut tx = service.db.begin().await.unwrap();
        users::attach(&mut tx, contact, user, self.fixture.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        service.create_token(email, 90).await.unwrap()
    }
}

/// An identity out of a body.
#[track_caller]
pub fn id<T: From<uuid::Uuid>>(body: &Value) -> T {
    T::from(text(&body["id"]).parse().unwrap())
}

/// A text out of a body.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}
