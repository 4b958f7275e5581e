//! Who guesses is slowed down and who is guessed at is not (A9); weak passwords (A11); names, addresses, heads and logs (A13); what is
//! over is gone; the way to a database elsewhere (A12).

use crate::common::http::{Answer, Site};
use crate::common::server::{Server, complains, says};
use crate::common::{Fixture, on_both};
use crate::links::hired;
use crate::pages::PASSWORD;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use strippenkaart::service::login::{Browser, NewUser, SignedIn};
use strippenkaart::service::throttle::{Gate, Who};
use strippenkaart::service::{Error, Service};
use strippenkaart::store::Statements as _;
use strippenkaart::store::users::StaffRole;
use strippenkaart::web::limits::Limits;
use strippenkaart::web::{Settings, router, router_taking};

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// 140 wrong attempts at an account, each from another network.
fn guess_from_everywhere(service: &Service, email: &str) {
    for last in 1..=140 {
        let who = Who::address(IpAddr::from([198, 51, last, 7]));
        service.throttle.check(Gate::Login, who, email).ok();
    }
}

async fn sign_in(service: &Service, email: &str, password: &str, device: Option<&str>) -> Result<SignedIn, Error> {
    service.log_in(email, password.to_owned(), Browser { ip: FROM, device }).await
}

fn throttled(answer: &Result<SignedIn, Error>) -> bool {
    matches!(answer, Err(Error::Throttled(_)))
}

on_both! {
    async fn a9_a_known_device_gets_in_while_140_networks_guess(fixture: Fixture) {
        let service = &fixture.service;
        let jan = hired(service, "jan", StaffRole::Admin).await;
        let eva = hired(service, "eva", StaffRole::Agent).await;
        let (jan, eva) = (jan.user.email, eva.user.email);
        let jans = sign_in(service, &jan, PASSWORD, None).await.unwrap().device;
        let evas = sign_in(service, &eva, PASSWORD, None).await.unwrap().device;
        guess_from_everywhere(service, &jan);
        assert!(throttled(&sign_in(service, &jan, PASSWORD, None).await), "the right person, on a device that nobody knows");
        for device in [evas.as_str(), "made up", ""] {
            assert!(throttled(&sign_in(service, &jan, PASSWORD, Some(device)).await), "{device}");
        }
        let wrong = sign_in(service, &jan, "a wrong password", Some(&jans)).await;
        assert_eq!(wrong.unwrap_err(), Error::Unauthenticated, "heard, and wrong");
        let newer = sign_in(service, &jan, PASSWORD, Some(&jans)).await.unwrap().device;
        assert!(throttled(&sign_in(service, &jan, PASSWORD, Some(&jans)).await), "each cookie until the next one");
        // One browser of two people is known to both, whoever came last.
        guess_from_everywhere(service, &eva);
        assert!(throttled(&sign_in(service, &eva, PASSWORD, Some(&newer)).await));
        let both = sign_in(service, &jan, PASSWORD, Some(&evas)).await;
        assert!(throttled(&both), "a device of Eva's alone");
    }
}

on_both! {
    async fn a9_one_browser_of_two_people_is_known_to_both(fixture: Fixture) {
        let service = &fixture.service;
        let jan = hired(service, "jan", StaffRole::Admin).await.user.email;
        let eva = hired(service, "eva", StaffRole::Agent).await.user.email;
        let first = sign_in(service, &jan, PASSWORD, None).await.unwrap().device;
        let second = sign_in(service, &eva, PASSWORD, Some(&first)).await.unwrap().device;
        for email in [&jan, &eva] {
            guess_from_everywhere(service, email);
        }
        let third = sign_in(service, &jan, PASSWORD, Some(&second)).await.unwrap().device;
        sign_in(service, &eva, PASSWORD, Some(&third)).await.unwrap();
    }
}

on_both! {
    async fn a9_a_device_is_forgotten_by_a_new_password_by_blocking_and_after_a_year(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let jan = hired(service, "jan", StaffRole::Agent).await;
        let email = &jan.user.email;
        let device = sign_in(service, email, PASSWORD, None).await.unwrap().device;
        let link = service.reset_link(&admin, jan.user.id, FROM).await.unwrap();
        let new = "een lange nieuwe zin";
        let after = service.accept_link(&link, (None, None), new.to_owned(), (FROM, None)).await.unwrap().device;
        guess_from_everywhere(service, email);
        assert!(throttled(&sign_in(service, email, new, Some(&device)).await), "of before the reset");
        let device = sign_in(service, email, new, Some(&after)).await.unwrap().device;
        for disabled in [true, false] {
            service.set_user_disabled(&admin, jan.user.id, disabled).await.unwrap();
        }
        assert!(throttled(&sign_in(service, email, new, Some(&device)).await), "of before the blocking");
        let link = service.reset_link(&admin, jan.user.id, FROM).await.unwrap();
        let kept = service.accept_link(&link, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap().device;
        fixture.clock.set(fixture.clock.now() + chrono::Duration::days(366));
        assert!(throttled(&sign_in(service, email, PASSWORD, Some(&kept)).await), "after a year");
    }
}

/// A browser's attempt to log in, through these lines of `X-Forwarded-For`.
async fn attempt(site: &Site, lines: &[String], cookie: &str, password: &str) -> Answer {
    let mut request = Request::post("/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for line in lines {
        request = request.header("x-forwarded-for", line);
    }
    let body = format!("email=agent@provider.example&password={}", password.replace(' ', "+"));
    let mut request = request.header(header::COOKIE, cookie).body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 4242))));
    site.send(request).await
}

#[tokio::test]
async fn a9_only_the_last_hop_counts_and_only_behind_a_proxy_of_ours() {
    for behind_proxy in [true, false] {
        let fixture = Fixture::sqlite().await;
        let settings =
            Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy, limits: Limits::default() };
        let site = Site { router: router(fixture.service.clone(), settings), fixture };
        let lines =
            |made_up: u8, last: &str| vec![format!("192.0.2.{made_up}"), format!("198.51.100.{made_up}, {last}")];
        let mut last = StatusCode::OK;
        for made_up in 1..=6 {
            last = attempt(&site, &lines(made_up, "203.0.113.9"), "", "wrong").await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "what stands first is made up");
        let other = attempt(&site, &lines(1, "203.0.113.10"), "", "wrong").await.status;
        assert_eq!(other == StatusCode::TOO_MANY_REQUESTS, !behind_proxy, "another one, as our proxy says");
        let peer = attempt(&site, &["nonsense".to_owned()], "", "wrong").await.status;
        assert_eq!(peer == StatusCode::TOO_MANY_REQUESTS, !behind_proxy, "the connection's own address");
    }
}

#[tokio::test]
async fn a9_the_browser_keeps_what_makes_its_device_known() {
    for (url, name) in [("http://localhost:8080", "device="), ("https://hours.example", "__Host-device=")] {
        let fixture = Fixture::sqlite().await;
        hired(&fixture.service, "agent", StaffRole::Agent).await;
        let settings = Settings { public_url: url.to_owned(), behind_proxy: false, limits: Limits::default() };
        let site = Site { router: router(fixture.service.clone(), settings), fixture };
        let answer = attempt(&site, &[], "", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
        let device = cookies.filter(|cookie| cookie.starts_with(name)).collect::<Vec<_>>()[0];
        assert!(device.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"), "{device}");
        assert_eq!(device.contains("; Secure"), url.starts_with("https"));
        let device = device.split(';').next().unwrap();
        guess_from_everywhere(&site.fixture.service, "agent@provider.example");
        let elsewhere = attempt(&site, &[], "", PASSWORD).await;
        assert_eq!(elsewhere.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(elsewhere.text.contains("Vraag dan de helpdesk om een nieuwe link"), "{}", elsewhere.text);
        assert_eq!(attempt(&site, &[], device, PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn a11_a_refused_password_says_what_to_choose_in_both_languages() {
    let site = crate::pages::Site::new(Fixture::sqlite().await);
    let admin = site.staff(StaffRole::Admin).await;
    // The provider of the fixture's policy, with a number.
    let day = site.fixture.service.policies.day(site.fixture.clock.now());
    let provider = site.fixture.service.policies.at(day).1.provider.name.clone();
    for (password, nl, en) in [
        ("basketball", "als een van de eerste geprobeerd", "among the first that are tried"),
        ("welkomwelkom", "als een van de eerste geprobeerd", "among the first that are tried"),
        ("Herfst2026!", "seizoen, maand of dag", "is a season, month or day"),
        (&format!("{provider}12345"), "de naam van dit bedrijf", "the name of this company"),
        ("NoorBakker1", "te veel op uw naam", "too much like your name"),
    ] {
        for (lang, text, advice) in [("nl", nl, "kies een paar woorden"), ("en", en, "choose a few words")] {
            let (email, name) = ("noor.bakker@provider.example".to_owned(), "Noor Bakker".to_owned());
            let new = NewUser { email, name, role: StaffRole::Agent };
            let path = format!("/invite/{}", site.fixture.service.invite_staff(&admin, new).await.unwrap());
            let mut browser = site.browser();
            browser.lang = lang;
            let answer = browser.post(&path, &[("password", password)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
            assert!(answer.text.contains(text) && answer.text.contains(advice), "{password}: {}", answer.text);
        }
    }
}

/// How many rows a table has.
async fn rows(service: &Service, sql: &'static str) -> i64 {
    let (count,): (i64,) = service.db.reader().await.unwrap().query(sql).one().await.unwrap();
    count
}

on_both! {
    async fn a13_what_is_over_is_deleted(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let invite = async |name: &str| {
            let new = NewUser { email: format!("{name}@x.example"), name: name.to_owned(), role: StaffRole::Agent };
            service.invite_staff(&admin, new).await.unwrap()
        };
        let used = invite("used").await;
        service.accept_link(&used, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
        let withdrawn = strippenkaart::service::secret::digest(&invite("withdrawn").await);
        assert!(service.withdraw_link(&withdrawn).await.unwrap());
        let waiting = invite("waiting").await;
        let (short, long) = (service.create_token(&admin.user.email, 1).await.unwrap(), service.create_token(&admin.user.email, 365).await.unwrap());
        let session = sign_in(service, &admin.user.email, PASSWORD, None).await.unwrap();
        let counted = async || {
            [
                rows(service, "SELECT CAST(COUNT(*) AS BIGINT) FROM sessions").await,
                rows(service, "SELECT CAST(COUNT(*) AS BIGINT) FROM invitations").await,
                rows(service, "SELECT CAST(COUNT(*) AS BIGINT) FROM tokens").await,
                rows(service, "SELECT CAST(COUNT(*) AS BIGINT) FROM devices").await,
            ]
        };
        assert_eq!(counted().await, [2, 3, 2, 2]);
        service.sweep_logins().await.unwrap();
        assert_eq!(counted().await, [2, 1, 2, 2], "the links that are over");
        assert!(service.caller_by_session(&session.secret).await.is_ok() && service.link(&waiting).await.is_ok());
        fixture.clock.set(fixture.clock.now() + chrono::Duration::hours(13));
        service.sweep_logins().await.unwrap();
        assert_eq!(counted().await, [0, 1, 2, 2], "sessions that nobody uses");
        fixture.clock.set(fixture.clock.now() + chrono::Duration::days(90));
        service.sweep_logins().await.unwrap();
        assert_eq!(counted().await, [0, 0, 2, 2], "the link that ran out; a token that ended is kept for a while");
        fixture.clock.set(fixture.clock.now() + chrono::Duration::days(2));
        service.sweep_logins().await.unwrap();
        assert_eq!(counted().await, [0, 0, 1, 2]);
        assert!(service.caller_by_token(&long).await.is_ok());
        assert_eq!(service.caller_by_token(&short).await.unwrap_err(), Error::Unauthenticated);
        fixture.clock.set(fixture.clock.now() + chrono::Duration::days(300));
        service.sweep_logins().await.unwrap();
        assert_eq!(counted().await, [0, 0, 1, 0]);
        fixture.clock.set(fixture.clock.now() + chrono::Duration::days(100));
        assert_eq!(service.sweep_logins().await.unwrap(), 1, "tells how many");
        assert_eq!(service.sweep_logins().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a13_the_job_deletes_what_is_over() {
    let fixture = Fixture::sqlite().await;
    let service = &fixture.service;
    let admin = hired(service, "admin", StaffRole::Admin).await;
    sign_in(service, &admin.user.email, PASSWORD, None).await.unwrap();
    fixture.clock.set(fixture.clock.now() + chrono::Duration::days(15));
    let stop = tokio_util::sync::CancellationToken::new();
    let job = tokio::spawn(strippenkaart::service::jobs::settle_until(stop.clone(), service.clone()));
    let began = std::time::Instant::now();
    while rows(service, "SELECT CAST(COUNT(*) AS BIGINT) FROM sessions").await > 0 {
        assert!(began.elapsed().as_secs() < 20, "the session is still there");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.cancel();
    job.await.unwrap();
}

#[tokio::test]
async fn a13_a_refused_origin_gets_a_page_with_a_sentence_and_a_way_on() {
    let site = Site::new(Fixture::sqlite().await);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for (lang, said) in [
            ("nl", "Dit formulier kwam niet van een pagina van deze site."),
            ("en", "This form did not come from a page of this site."),
        ] {
            let request = Request::post("/login").header(header::HOST, "localhost:8080").header(name, value);
            let request = request.header(header::ACCEPT_LANGUAGE, lang).body(Body::from("email=a&password=b")).unwrap();
            let answer = site.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.text.contains(said) && answer.text.contains("href=\"/\""), "{}", answer.text);
            assert!(answer.headers.contains_key(header::CONTENT_SECURITY_POLICY));
        }
    }
}

#[tokio::test]
async fn a13_the_scheme_of_a_token_is_taken_in_any_case() {
    let site = Site::new(Fixture::sqlite().await);
    let token = site.staff(StaffRole::Agent).await;
    for (scheme, status) in [("Bearer", 200), ("bearer", 200), ("BEARER", 200), ("Basic", 401), ("", 401)] {
        let request = Request::get("/api/v1/customers").header(header::AUTHORIZATION, format!("{scheme} {token}"));
        site.send(request.body(Body::empty()).unwrap()).await.expect(status);
    }
}

#[tokio::test]
async fn a13_names_that_read_as_others_and_addresses_that_are_none_are_refused() {
    let fixture = Fixture::sqlite().await;
    let (customer, owner) = fixture.customer().await;
    let site = Site::new(fixture);
    let token = site.staff(StaffRole::Admin).await;
    let evil = "Jan\u{202e}nesnaJ";
    let (name, address) = ("Zoë van ’t Hof (Łódź)", "zoe@school.example");
    for (path, body, pointer) in [
        ("/api/v1/customers".to_owned(), json!({ "name": evil, "email": address }), "/name"),
        ("/api/v1/customers".to_owned(), json!({ "name": name, "email": "x\"><b>@a.example" }), "/email"),
        (
            format!("/api/v1/customers/{customer}/contacts"),
            json!({ "name": evil, "email": address, "role": "viewer" }),
            "/name",
        ),
        (
            format!("/api/v1/customers/{customer}/contacts"),
            json!({ "name": name, "email": "x\"><b>@a.example", "role": "viewer" }),
            "/email",
        ),
        (format!("/api/v1/customers/{customer}/installations"), json!({ "name": "site\u{200b}.example" }), "/name"),
    ] {
        assert_eq!(site.post(&token, &path, &body).await.pointers(), [pointer], "{body}");
    }
    let good = json!({ "name": name, "email": address });
    assert_eq!(site.post(&token, "/api/v1/customers", &good).await.expect(201)["name"], name);

    let pages = crate::pages::Site::new(site.fixture);
    let service = &pages.fixture.service;
    let admin = hired(service, "boss", StaffRole::Admin).await;
    let mut browser = pages.login(&admin.user.email).await;
    for (path, values, said) in [
        ("/users".to_owned(), [("name", evil), ("email", address), ("role", "agent")], "die te zien zijn"),
        (
            "/users".to_owned(),
            [("name", name), ("email", "x\"><b>@a.example"), ("role", "agent")],
            "geen volledig e-mailadres",
        ),
        (
            format!("/customers/{customer}/contacts"),
            [("name", evil), ("email", address), ("role", "viewer")],
            "die te zien zijn",
        ),
    ] {
        let answer = browser.post(&path, &values).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", answer.text);
        assert!(answer.text.contains(said) && !answer.text.contains("\"><b>@"), "{path}: {}", answer.text);
    }
    let link = service.invite_contact(&admin, owner, FROM).await.unwrap();
    service.accept_link(&link, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
    let new =
        |name: &str, email: &str| NewUser { email: email.to_owned(), name: name.to_owned(), role: StaffRole::Agent };
    for (name, email, field) in [(evil, address, "name"), (name, "nonsense", "email"), (" ", address, "name")] {
        let refused = service.add_user(new(name, email), PASSWORD.to_owned()).await.unwrap_err();
        assert!(matches!(&refused, Error::Fields(fields) if fields[0].field == field), "{refused:?}");
    }
}

#[tokio::test]
async fn a13_the_first_administrator_has_a_name_that_shows() {
    let fixture = Fixture::sqlite().await;
    let service = &fixture.service;
    let link = service.first_admin_link().await.unwrap().unwrap();
    let accept = async |name: &str| {
        let (email, name) = (Some("ada@x.example".to_owned()), Some(name.to_owned()));
        service.accept_link(&link, (email, name), PASSWORD.to_owned(), (FROM, None)).await
    };
    assert!(matches!(accept("Ada\u{2066}x").await, Err(Error::Fields(_))));
    accept("Ada Łukasz").await.unwrap();
}

on_both! {
    under crate::bank::TERMS;
    async fn a13_names_of_bank_files_are_short_and_show_what_they_are(fixture: Fixture) {
        let site = Site { router: router_taking(fixture.service.clone(), Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() }, 1 << 20), fixture };
        let token = site.staff(StaffRole::Finance).await;
        let long = "x".repeat(5_000);
        for (amount, name) in [("1.00", "bank%E2%80%AElmx.xml".to_owned()), ("2.00", format!("{long}%0D%0A%00.xml"))] {
            let path = format!("/api/v1/bank/files?name={name}");
            let told = site.raw("POST", &token, &path, None, crate::bank::a_payment(amount)).await.expect(201);
            let name = told["file"]["name"].as_str().unwrap().to_owned();
            assert!(name.chars().count() <= 100 && name.ends_with("xml"), "{name}");
            assert!(strippenkaart::domain::typed::is_plain(&name), "{name:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_no_secret_is_in_the_log_at_any_level() {
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", dir.path().join("log.db").display());
    says(&["migrate", "--database", &database], "");
    let mut server = Server::tracing(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
    let client = reqwest::Client::new();
    let secrets =
        ["LINKSECRETLINKSECRETLINKSECRETLINKSECRET", "COOKIESECRET", "TOKENSECRET", "PASSWORDSECRET", "QUERYSECRET"];
    let [link, cookie, token, password, query] = secrets;
    let path = format!("{}/invite/{link}", server.url);
    let opened = client.get(&path).header("cookie", format!("session={cookie}; device={cookie}")).send().await.unwrap();
    assert_eq!(opened.status(), 404);
    let form = format!("name=Ada&email=a@b.nl&password={password}");
    let typed = "application/x-www-form-urlencoded";
    client.post(&path).header("content-type", typed).body(form.clone()).send().await.unwrap();
    client
        .post(format!("{}/login?next={query}", server.url))
        .header("content-type", typed)
        .body(form)
        .send()
        .await
        .unwrap();
    client.post(&path).header("sec-fetch-site", "cross-site").send().await.unwrap();
    client.get(format!("{}/api/v1/customers", server.url)).bearer_auth(token).send().await.unwrap();
    server.terminate();
    assert!(server.wait().success());
    let said = server.said();
    assert!(said.contains("/invite/{secret}") && said.contains("sqlx::query"), "it is logged, by its route: {said}");
    for secret in secrets {
        let told = said.lines().find(|said| said.contains(secret));
        assert_eq!(told, None);
    }
}

#[test]
fn a13_user_add_says_what_an_address_is() {
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", dir.path().join("cli.db").display());
    says(&["migrate", "--database", &database], "");
    let add = |email: &str, name: &str| {
        let person = ["user", "add", "--database", &database, "--email", email, "--name", name, "--role", "agent"];
        complains(&person, &format!("{PASSWORD}\n"))
    };
    for email in ["nonsense", "x\"><b>@a.example", "jo@example"] {
        let (code, said) = add(email, "Jo");
        assert!(code == Some(2) && said.contains("such as \"jo@school.example\""), "{email}: {said}");
    }
    let (code, said) = add("jo@school.example", "Jo\u{202e}");
    assert!(code == Some(2) && said.contains("signs that nobody sees"), "{said}");
    assert_eq!(add("jo@school.example", "Jo").0, Some(0));
}

#[test]
fn a12_a_database_elsewhere_is_reached_encrypted_or_by_ones_own_word() {
    // This machine answers at once for what is in truth nowhere else, and nothing listens there.
    let address = |query: &str| format!("postgres://user:geheim1@0.0.0.0:1/books{query}");
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["verify"], &["migrate"]] {
        let (code, said) = complains(&[command, &["--database", &address("")]].concat(), "");
        assert_eq!(code, Some(1));
        for words in ["(0.0.0.0)", "?sslmode=verify-full", "sslrootcert", "?sslmode=disable"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("geheim1"), "{said}");
    }
    let (code, said) = complains(&["serve", "--listen", "127.0.0.1:0", "--database", &address("?sslmode=prefer")], "");
    assert!(code == Some(1) && !said.contains("another machine"), "it was tried: {said}");
    assert!(said.contains("may not be encrypted") && !said.contains("geheim1"), "{said}");
}
