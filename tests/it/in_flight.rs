//! Requests of one caller at once (A10), and logins at once (A9).

use crate::common::http::Site as Api;
use crate::common::{Fixture, on_both};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use strippenkaart::service::login::NewUser;
use strippenkaart::service::{Error, Service};
use strippenkaart::store::users::StaffRole;
use strippenkaart::web::limits::Limits;
use strippenkaart::web::{Settings, router};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

const PASSWORD: &str = "proef-de-kaart";

/// A site on which a caller has two answers on their way at most.
fn narrow(service: &Service) -> Router {
    let limits = Limits { answers: 2, turn: Duration::from_millis(100), ..Limits::default() };
    let settings = Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: true, limits };
    router(service.clone(), settings)
}

/// Asks, and leaves the answer where it is.
async fn ask(site: &Router, path: &str, headers: &[(header::HeaderName, String)]) -> Response {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    site.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn bearer(token: &str) -> (header::HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {token}"))
}

fn forwarded(from: &str) -> (header::HeaderName, String) {
    (header::HeaderName::from_static("x-forwarded-for"), from.to_owned())
}

on_both! {
    async fn a10_who_has_too_much_under_way_waits_and_nobody_else(fixture: Fixture) {
        let api = Api::new(fixture);
        let (one, other) = (api.staff(StaffRole::Agent).await, api.staff(StaffRole::Finance).await);
        let again = api.fixture.service.create_token("agent@provider.example", 1).await.unwrap();
        let site = narrow(&api.fixture.service);
        let path = "/api/v1/customers";
        let first = ask(&site, path, &[bearer(&one)]).await;
        let second = ask(&site, path, &[bearer(&one)]).await;
        assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
        // The same login by another token counts along.
        for token in [&one, &again] {
            let third = ask(&site, path, &[bearer(token)]).await;
            assert_eq!((third.status(), &third.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap()));
            assert_eq!(third.headers()["content-type"], "application/problem+json");
            assert!(text(third).await.contains("\"type\":\"/problems/too-many-at-once\""));
        }
        let in_lower_case = (header::AUTHORIZATION, format!("bearer {one}"));
        assert_eq!(ask(&site, path, &[in_lower_case]).await.status(), StatusCode::TOO_MANY_REQUESTS, "however it is written");
        for (lang, expected) in [("nl", "U vraagt te veel tegelijk"), ("en", "You ask too much at once")] {
            let page = [bearer(&one), (header::ACCEPT, "text/html".to_owned()), (header::ACCEPT_LANGUAGE, lang.to_owned())];
            let page = ask(&site, "/login", &page).await;
            assert_eq!((page.status(), &page.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap()));
            let page = text(page).await;
            assert!(page.contains(expected) && page.contains("</html>"), "{page}");
        }
        let began = Instant::now();
        assert_eq!(ask(&site, path, &[bearer(&other)]).await.status(), StatusCode::OK, "somebody else");
        assert_eq!(ask(&site, "/login", &[]).await.status(), StatusCode::OK, "a stranger");
        assert_eq!(ask(&site, path, &[bearer("made up")]).await.status(), StatusCode::UNAUTHORIZED);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        drop(first);
        assert_eq!(ask(&site, path, &[bearer(&one)]).await.status(), StatusCode::OK, "one answer was taken");
        drop(second);
    }
}

on_both! {
    async fn a10_strangers_count_by_network_and_whoever_is_let_in_by_login(fixture: Fixture) {
        let service = &fixture.service;
        let new = NewUser { email: "eva@provider.example".to_owned(), name: "Eva".to_owned(), role: StaffRole::Agent };
        service.add_user(new, PASSWORD.to_owned()).await.unwrap();
        let session = service.log_in("eva@provider.example", PASSWORD.to_owned(), std::net::IpAddr::from(Ipv4Addr::LOCALHOST)).await.unwrap();
        let site = narrow(service);
        let cookie = |secret: &str| (header::COOKIE, format!("session={secret}"));
        let school = || forwarded("2001:db8:1:2::7");
        // Where she asks for the first time she is a stranger still.
        assert_eq!(ask(&site, "/desk", &[school(), cookie(&session.secret)]).await.status(), StatusCode::OK);
        let mut kept = Vec::new();
        for made_up in 0..2 {
            kept.push(ask(&site, "/login", &[school(), cookie(&made_up.to_string())]).await);
        }
        assert!(kept.iter().all(|answer| answer.status() == StatusCode::OK));
        let neighbour = [forwarded("2001:db8:1:2::8"), cookie("2")];
        assert_eq!(ask(&site, "/login", &neighbour).await.status(), StatusCode::TOO_MANY_REQUESTS, "a made-up session");
        assert_eq!(ask(&site, "/login", &[forwarded("2001:db8:1:3::8")]).await.status(), StatusCode::OK);
        assert_eq!(ask(&site, "/desk", &[school(), cookie(&session.secret)]).await.status(), StatusCode::OK, "known by now");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(ask(&site, path, &[school()]).await.status(), StatusCode::OK, "never counted");
        }
    }
}

/// Who tries three hundred passwords at once: from where, and on which account.
type Wrong = fn(u8) -> (Ipv4Addr, String);

/// A right login beside wrong ones that are all under way: how long it took, and how many of them were told to come again.
async fn beside(service: &Service, wrong: Wrong) -> (Duration, usize) {
    let mut tries = JoinSet::new();
    for number in 0..300_u16 {
        let ((from, email), service) = (wrong(u8::try_from(number % 250).unwrap()), service.clone());
        let email = if number >= 250 { format!("again-{email}") } else { email };
        tries.spawn(
            async move { service.log_in(&email, "wrong-and-wrong".to_owned(), std::net::IpAddr::from(from)).await },
        );
    }
    tokio::task::yield_now().await;
    let (began, from) = (Instant::now(), IpAddr::from(Ipv4Addr::new(198, 51, 100, 7)));
    let right = loop {
        match service.log_in("eva@provider.example", PASSWORD.to_owned(), from).await {
            // As the answer asks for.
            Err(Error::Crowded) => tokio::time::sleep(Duration::from_secs(1)).await,
            right => break right,
        }
    };
    let took = began.elapsed();
    right.unwrap();
    let answers = tries.join_all().await;
    assert!(answers.iter().all(Result::is_err));
    (took, answers.iter().filter(|answer| matches!(answer, Err(Error::Crowded))).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_right_login_is_let_in_beside_three_hundred_wrong_ones() {
    let fixture = Fixture::sqlite().await;
    let new = NewUser { email: "eva@provider.example".to_owned(), name: "Eva".to_owned(), role: StaffRole::Agent };
    fixture.service.add_user(new, PASSWORD.to_owned()).await.unwrap();
    let one_address: Wrong = |_| (Ipv4Addr::new(192, 0, 2, 66), "eva@provider.example".to_owned());
    let many_addresses: Wrong = |number| (Ipv4Addr::new(192, 0, 2, number), format!("made.up.{number}@x.example"));
    for (wrong, crowded) in [(one_address, 0), (many_addresses, 200)] {
        let (took, turned_away) = beside(&fixture.service, wrong).await;
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(turned_away >= crowded, "{turned_away} of 300 are told to come again");
    }
}
