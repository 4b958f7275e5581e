//! Pages as a browser gets them: login, the balance and its forms, who may see what, headers, both languages.

use crate::common::{Fixture, on_both};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use scraper::{Html, Selector};
use std::collections::BTreeSet;
use strippenkaart::domain::{Act, ContactId, CustomerId, Excess, Minutes, Receipt, Role, Target, TicketKind};
use strippenkaart::service::access::Caller;
use strippenkaart::service::login::NewUser;
use strippenkaart::store::users::StaffRole;
use strippenkaart::web::limits::Limits;
use strippenkaart::web::{Settings, router, router_taking};
use tower::ServiceExt;

pub const PASSWORD: &str = "vier gele fietsen staan buiten";

/// The site on a fixture.
pub struct Site {
    pub fixture: Fixture,
    app: Router,
}

impl Site {
    pub fn new(fixture: Fixture) -> Self {
        Self::at(fixture, "http://localhost:8080")
    }

    fn at(fixture: Fixture, public_url: &str) -> Self {
        let settings = Settings { public_url: public_url.to_owned(), behind_proxy: false, limits: Limits::default() };
        Self { app: router(fixture.service.clone(), settings), fixture }
    }

    /// One that takes files of a bank of at most so many bytes.
    pub fn taking(fixture: Fixture, most: u64) -> Self {
        let settings =
            Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() };
        Self { app: router_taking(fixture.service.clone(), settings, most), fixture }
    }

    pub fn browser(&self) -> Browser {
        Browser { app: self.app.clone(), cookie: None, lang: "nl" }
    }

    pub async fn staff(&self, role: StaffRole) -> Caller {
        let new = NewUser { email: format!("{role}@provider.example"), name: format!("Staff {role}"), role };
        let user = self.fixture.service.add_user(new, PASSWORD.to_owned()).await.unwrap();
        self.fixture.service.caller_by_id(user.id).await.unwrap()
    }

    /// A browser that is logged in as a contact, by the link of an invitation.
    pub async fn contact(&self, admin: &Caller, contact: ContactId) -> Browser {
        let from = std::net::Ipv4Addr::LOCALHOST.into();
        let secret = self.fixture.service.invite_contact(admin, contact, from).await.unwrap();
        let mut browser = self.browser();
        assert_eq!(
            browser.post(&format!("/invite/{secret}"), &[("password", PASSWORD)]).await.status,
            StatusCode::SEE_OTHER
        );
        browser
    }

    pub async fn login(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }
}

/// Keeps its session cookie.
pub struct Browser {
    app: Router,
    cookie: Option<String>,
    pub lang: &'static str,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The one-time key of the page's forms.
    pub fn key(&self) -> String {
        let page = Html::parse_document(&self.text);
        let field = Selector::parse("input[name=key]").unwrap();
        page.select(&field).next().unwrap().attr("value").unwrap().to_owned()
    }

    /// The first person that can be revoked.
    fn first_person(&self) -> String {
        let page = Html::parse_document(&self.text);
        let form = Selector::parse("form[action$='/remove']").unwrap();
        page.select(&form).next().unwrap().attr("action").unwrap().split('/').nth(2).unwrap().to_owned()
    }

    /// An attribute of every element.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.text);
        let found = Selector::parse(selector).unwrap();
        page.select(&found).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    pub fn texts(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.text);
        let found = Selector::parse(selector).unwrap();
        let spaced = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        page.select(&found).map(|element| spaced(element.text().collect())).collect()
    }
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn post(&mut self, path: &str, values: &[(&str, &str)]) -> Answer {
        let encode = strippenkaart::web::pages::encode;
        let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(pairs.join("&"))).await
    }

    /// Sends a form as a page does that stays: only a part of it comes back.
    pub async fn part(&mut self, path: &str, values: &[(&str, &str)]) -> Answer {
        let encode = strippenkaart::web::pages::encode;
        let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.header("hx-request", "true"), Body::from(pairs.join("&"))).await
    }

    /// Sends a form with a file: its parts as `(name, file name, content)`.
    pub async fn upload(&mut self, path: &str, parts: &[(&str, Option<&str>, &str)]) -> Answer {
        let mut body = String::new();
        for (name, file, content) in parts {
            let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
            body.extend([format!(
                "--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            )]);
        }
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(request, Body::from(body + "--XX--\r\n")).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = request
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT_LANGUAGE, self.lang)
            .header(header::COOKIE, self.cookie.clone().unwrap_or_default());
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        let text = text.replace('\u{a0}', " ");
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            if cookie.contains("session=") {
                self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
            }
        }
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// A customer with an owner who is logged in, and an estimate of `minutes` that waits.
async fn asked(site: &Site, minutes: i64) -> (CustomerId, Browser, String) {
    let admin = site.staff(StaffRole::Admin).await;
    let (customer, owner) = site.fixture.customer().await;
    let ticket = site.fixture.ticket(customer, Some(owner), TicketKind::Question).await;
    let estimate = site.fixture.propose(ticket.id, minutes).await;
    (customer, site.contact(&admin, owner).await, estimate.id.to_string())
}

on_both! {
    async fn an_owner_accepts_in_one_click_and_sees_what_is_held(fixture: Fixture) {
        let site = Site::new(fixture);
        let (customer, mut owner, estimate) = asked(&site, 100).await;
        let start = owner.get("/").await;
        assert_eq!(start.location(), format!("/customers/{customer}"));
        let page = owner.get(start.location()).await;
        assert_eq!((page.status, &page.texts(".big b")[..]), (StatusCode::OK, &["3:00".to_owned()][..]));
        assert!(page.texts(".ask .meta")[0].ends_with("na akkoord is er nog 1:15"), "{:?}", page.texts(".ask .meta"));
        assert_eq!(page.texts(".ask .primary"), ["Akkoord met 1:45"]);

        let key = page.key();
        let path = format!("/estimates/{estimate}/accept");
        let first = owner.post(&path, &[("key", &key)]).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER);
        let second = owner.post(&path, &[("key", &key)]).await;
        assert_eq!(second.location(), first.location(), "a double click leads to the same page");
        let page = owner.get(first.location()).await;
        assert_eq!(page.texts(".big b"), ["1:15"]);
        assert_eq!(page.texts("#notice"), ["Akkoord vastgelegd. De uren zijn gereserveerd."]);
        assert_eq!(page.texts(".rows .end .tag"), ["1:45 gereserveerd"]);
        assert_eq!(page.texts("tr#t2 .key"), ["−1:45"]);
        assert_eq!(page.texts("tr").len(), 3, "header, welcome card and one agreement");
    }
}

on_both! {
    async fn two_orders_of_one_form_are_one_order(fixture: Fixture) {
        let site = Site::new(fixture);
        let (customer, mut owner, _) = asked(&site, 15).await;
        let key = owner.get(&format!("/customers/{customer}")).await.key();
        let path = format!("/customers/{customer}/cards");
        let first = owner.post(&path, &[("key", &key), ("product", "10h")]).await;
        let second = owner.post(&path, &[("key", &key), ("product", "10h")]).await;
        assert!(first.location().starts_with("/invoices/") && first.location() == second.location());
        let list = owner.get(&format!("/customers/{customer}/invoices")).await;
        assert_eq!(list.texts("tbody .key"), ["€ 968,00"]);
        let invoice = owner.get(first.location()).await;
        assert!(invoice.text.contains("Btw 21 % over € 800,00"), "{}", invoice.text);
        let third = owner.post(&path, &[("key", &key), ("product", "5h")]).await;
        assert_eq!(third.status, StatusCode::UNPROCESSABLE_ENTITY, "the key was used for another card");
        let unknown = owner.post(&path, &[("product", "7h")]).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unknown.texts("#buy .alert")[0].starts_with("Deze kaart is er niet."), "{}", unknown.text);
    }
}

on_both! {
    async fn the_statement_tells_what_happened_to_every_quarter(fixture: Fixture) {
        let site = Site::new(fixture);
        let (customer, mut owner, estimate) = asked(&site, 60).await;
        owner.post(&format!("/estimates/{estimate}/accept"), &[]).await;
        let fixture = &site.fixture;
        let ticket = fixture.ticket(customer, None, TicketKind::Question).await;
        let Ok(Receipt::Time(open)) =
            fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 20, Excess::Uncovered)).await
        else { panic!() };
        let defect = fixture.ticket(customer, None, TicketKind::Defect).await;
        fixture.log(defect.id, 30).await;
        let path = format!("/customers/{customer}");

        let page = owner.get(&path).await;
        assert_eq!(page.texts("tr#t4 .key"), ["gratis"]);
        assert_eq!(page.texts("tr#t4 td:last-child"), ["2:00"], "free work leaves what was left");
        assert_eq!(page.texts("tr#t3 .tag.bad"), ["0:30 niet gedekt"]);
        let covered = owner.post(&format!("/time-entries/{}/cover", open.entry.id), &[("key", &page.key())]).await;
        assert_eq!(covered.status, StatusCode::SEE_OTHER, "{}", covered.text);
        fixture
            .submit(Target::TimeEntry(open.entry.id), Act::ReverseEntry { entry: open.entry.id, reason: "Mistake".into() })
            .await
            .unwrap();

        let page = owner.get(&path).await;
        let charged = page.texts("tbody .key");
        assert_eq!(charged, ["+0:30", "−0:30", "gratis", "0:30", "−1:00", "+3:00"]);
        let left = page.texts("tbody td:last-child");
        assert_eq!(left, ["2:00", "1:30", "2:00", "2:00", "2:00", "3:00"]);
        assert!(page.texts("tr.undone a").contains(&"09-03-2026".to_owned()), "the correction is linked");
        assert!(page.texts("tr.undoes a").contains(&"09-03-2026, 0:30".to_owned()), "and what it corrects");
        assert!(page.text.contains(r##"href="#t6""##) && page.text.contains(r##"href="#t3""##), "both ways");
        assert!(page.texts("tr#t5 td")[5].contains("van de kaart van die dag"));
        let older = owner.get(&format!("{path}?before=4")).await;
        assert_eq!(older.texts("tbody .key").len(), 3);
        assert!(older.text.contains(&format!("{path}?before=7#t6")), "the other half is on another page");
    }
}

#[tokio::test]
async fn a_refusal_stands_at_its_form_and_keeps_what_was_typed() {
    let site = Site::new(Fixture::sqlite().await);
    let (customer, mut owner, estimate) = asked(&site, 240).await;
    let page = owner.get(&format!("/customers/{customer}")).await;
    assert!(page.texts(".ask .primary").is_empty(), "nobody is offered what would be refused");
    assert!(page.texts(".ask")[0].contains("er ontbreekt 1:00."));
    let refused = owner.post(&format!("/estimates/{estimate}/accept"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.texts(".ask .alert"), ["Er is 3:00 beschikbaar en 4:00 nodig: 1:00 te weinig."]);

    let path = format!("/customers/{customer}/contacts");
    let typed = [("name", "Kim"), ("email", "kim@"), ("role", "spender"), ("ceiling_minutes", "veel")];
    let refused = owner.post(&path, &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for value in ["value=\"Kim\"", "value=\"kim@\"", "value=\"veel\"", "value=\"spender\" selected"] {
        assert!(refused.text.contains(value), "{value} is kept");
    }
    assert_eq!(refused.texts("#email-error"), ["Dit is geen volledig e-mailadres, zoals jo@school.example."]);
    assert_eq!(refused.texts("#ceiling_minutes-error"), ["Vul een tijdsduur tot 24 uur in, zoals 4u, 1u30 of 0:45."]);

    let last = owner.get(&path).await;
    let jo = last.first_person();
    let refused = owner.post(&format!("/contacts/{jo}/remove"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "the last owner stays: {jo}");
    assert!(refused.texts("tbody .alert")[0].starts_with("Dit is de laatste eigenaar."));

    let path = format!("/customers/{customer}/tickets/new");
    let refused = owner.post(&path, &[("subject", ""), ("description", "Too <b>slow</b>"), ("kind", "defect")]).await;
    assert_eq!(refused.texts("textarea"), ["Too <b>slow</b>"]);
    assert_eq!(refused.texts("#subject-error"), ["Dit is nodig."]);
    let opened = owner.post(&path, &[("subject", "Slow"), ("description", "Too slow"), ("kind", "defect")]).await;
    let page = owner.get(opened.location()).await;
    assert_eq!(page.texts("#notice"), ["De melding is binnen. Hieronder staat wie het werk betaalt."]);
    assert_eq!(page.texts(".payer .cover"), ["storing, gratis"]);

    let future = owner.get(&format!("/customers/{customer}?as_of=2027-01-01")).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(future.texts("#as_of-error"), ["Kies een dag die niet in de toekomst ligt."]);
    let past = owner.get(&format!("/customers/{customer}?as_of=2026-03-08")).await;
    assert_eq!((past.status, &past.texts(".big b")[0][..]), (StatusCode::OK, "0:00"), "before the welcome card");
}

#[tokio::test]
async fn a_spender_agrees_to_what_the_ceiling_allows_and_a_viewer_only_looks() {
    let site = Site::new(Fixture::sqlite().await);
    let (customer, _, estimate) = asked(&site, 60).await;
    let admin = site.fixture.service.caller_by_id(site_admin(&site).await).await.unwrap();
    let viewer = site.fixture.contact(customer, "Vera", "vera@example.org", Role::Viewer).await;
    let act = Act::AddContact {
        name: "Sam".to_owned(),
        email: "sam@example.org".to_owned(),
        role: Role::Spender,
        ceiling: Some(Minutes(30)),
        valid_from: None,
        valid_until: None,
        asked_by: Some("jo".to_owned()),
        asked_via: Some(strippenkaart::domain::AskedVia::Mail),
    };
    let Ok(Receipt::Contact(spender)) = site.fixture.submit(Target::Customer(customer), act).await else { panic!() };
    let path = format!("/customers/{customer}");
    for (contact, buttons) in [(viewer.id, vec![]), (spender.id, vec!["Afwijzen"])] {
        let mut browser = site.contact(&admin, contact).await;
        let page = browser.get(&path).await;
        assert_eq!(page.texts(".ask button"), buttons);
        assert!(page.texts(".ask")[0].contains("Akkoord kan komen van: Jo Jansen."), "{:?}", page.texts(".ask"));
        assert!(page.texts("#buy").is_empty(), "only an owner buys");
        let order = browser.post(&format!("{path}/cards"), &[("product", "5h")]).await;
        assert_eq!(order.status, StatusCode::FORBIDDEN);
        let added =
            browser.post(&format!("{path}/contacts"), &[("name", "X"), ("email", "x@y.nl"), ("role", "owner")]).await;
        assert_eq!(added.status, StatusCode::FORBIDDEN);
    }
    let mut viewer = site.login("vera@example.org").await;
    assert_eq!(viewer.post(&format!("/estimates/{estimate}/accept"), &[]).await.status, StatusCode::FORBIDDEN);
    let mut spender = site.login("sam@example.org").await;
    let refused = spender.post(&format!("/estimates/{estimate}/accept"), &[]).await;
    assert_eq!(refused.texts(".ask .alert"), ["Sam mag per schatting hooguit 0:30 goedkeuren; dit is 1:00."]);
}

/// The administrator that [`asked`] made.
async fn site_admin(site: &Site) -> strippenkaart::domain::UserId {
    let signed = site.fixture.service.log_in(
        "admin@provider.example",
        PASSWORD.to_owned(),
        std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST),
    );
    let session = signed.await.unwrap();
    site.fixture.service.caller_by_session(&session.secret).await.unwrap().user.id
}

on_both! {
    async fn somebody_elses_pages_do_not_exist(fixture: Fixture) {
        let site = Site::new(fixture);
        let (customer, mut owner, estimate) = asked(&site, 60).await;
        let (other, stranger) = site.fixture.customer().await;
        let ticket = site.fixture.ticket(customer, None, TicketKind::Question).await.id;
        let invoice = owner.post(&format!("/customers/{customer}/cards"), &[("product", "5h")]).await;
        let admin = site.fixture.service.caller_by_id(site_admin(&site).await).await.unwrap();
        let secret = site.fixture.service.invite_contact(&admin, stranger, std::net::Ipv4Addr::LOCALHOST.into());
        let secret = secret.await.unwrap();
        // The other customer's owner has the same address, so it is the same person: make it another login first.
        let mut outsider = site.browser();
        let refused = outsider.post(&format!("/invite/{secret}"), &[("password", "not the right one")]).await;
        assert_eq!(refused.texts("#password-error"), ["Dit is niet het wachtwoord van uw login."]);
        let someone = site.fixture.contact(other, "Eve", "eve@example.org", Role::Owner).await;
        let mut outsider = site.contact(&admin, someone.id).await;
        let gets = [
            format!("/customers/{customer}"),
            format!("/customers/{customer}/contacts"),
            format!("/customers/{customer}/invoices"),
            format!("/customers/{customer}/coverage"),
            format!("/customers/{customer}/tickets/new"),
            invoice.location().to_owned(),
            "/customers/not-an-id".to_owned(),
        ];
        for path in gets {
            let page = outsider.get(&path).await;
            assert_eq!((page.status, &page.texts("h1")[0][..]), (StatusCode::NOT_FOUND, "Niet gevonden"), "{path}");
        }
        let mine = owner.get(&format!("/customers/{customer}/contacts")).await;
        let jo = mine.first_person();
        let posts = [
            format!("/customers/{customer}/cards"),
            format!("/customers/{customer}/contacts"),
            format!("/customers/{customer}/urgent-add-on"),
            format!("/customers/{customer}/tickets/new"),
            format!("/tickets/{ticket}/coverage"),
            format!("/estimates/{estimate}/accept"),
            format!("/estimates/{estimate}/decline"),
            format!("/contacts/{jo}/remove"),
            format!("/contacts/{jo}/invite"),
            format!("/contacts/{jo}/reset"),
        ];
        let values =
            [("product", "5h"), ("name", "X"), ("email", "x@y.nl"), ("role", "viewer"), ("subject", "x"), ("description", "x"), ("kind", "defect"), ("since", "2026-03-09")];
        for path in posts {
            assert_eq!(outsider.post(&path, &values).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let nowhere = outsider.send(Request::get("/nowhere").header(header::ACCEPT, "text/html"), Body::empty()).await;
        assert_eq!((nowhere.status, &nowhere.texts("h1")[0][..]), (StatusCode::NOT_FOUND, "Niet gevonden"));
        let mut nobody = site.browser();
        let page = nobody.get(&format!("/customers/{customer}")).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, &format!("/login?next=/customers/{customer}")[..]));
        assert_eq!(nobody.post(&format!("/estimates/{estimate}/accept"), &[]).await.location(), "/login?next=/");
        assert_eq!(nobody.get("/").await.location(), "/login");
    }
}

#[tokio::test]
async fn login_keeps_the_address_goes_on_locally_and_slows_down() {
    let site = Site::new(Fixture::sqlite().await);
    site.staff(StaffRole::Finance).await;
    let mut browser = site.browser();
    let wrong = browser.post("/login", &[("email", "finance@provider.example"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"finance@provider.example\"") && wrong.texts(".alert").len() == 1);
    assert!(!wrong.text.contains("wrong\""), "a password is never sent back");
    for (next, location) in [
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/login?next=/x", "/"),
        ("/balance?x=1", "/balance?x=1"),
    ] {
        let mut browser = site.browser();
        let values = [("email", "finance@provider.example"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/login", &values).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            continue;
        }
        assert_eq!(answer.location(), location, "{next}");
    }
    let mut last = StatusCode::OK;
    for _ in 0..12 {
        last = browser.post("/login", &[("email", "finance@provider.example"), ("password", "wrong")]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn cookies_are_out_of_reach_and_a_login_starts_a_new_session() {
    for (url, name, secure) in
        [("http://localhost:8080", "session", false), ("https://hours.example", "__Host-session", true)]
    {
        let site = Site::at(Fixture::sqlite().await, url);
        site.staff(StaffRole::Agent).await;
        let mut browser = site.browser();
        let values = [("email", "agent@provider.example"), ("password", PASSWORD)];
        let first = browser.post("/login", &values).await;
        let cookie = first.cookies()[0].to_owned();
        assert!(
            cookie.starts_with(&format!("{name}=")) && cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age="),
            "{cookie}"
        );
        assert_eq!(cookie.contains("; Secure"), secure);
        let before = browser.cookie.clone();
        browser.post("/login", &values).await;
        assert_ne!(browser.cookie, before);
        let mut old = Browser { cookie: before, ..site.browser() };
        assert_eq!(old.get("/").await.location(), "/login", "the session before it has ended");
        assert_eq!(browser.get("/").await.location(), "/desk");

        let language = browser.post("/language", &[("lang", "en"), ("next", "//evil.example")]).await;
        assert_eq!((language.location(), language.cookies()[0].starts_with("lang=en; ")), ("/", true));
        let out = browser.post("/logout", &[]).await;
        assert!(out.headers.contains_key("clear-site-data") && out.cookies()[0].contains("Max-Age=0"));
        assert_eq!(browser.get("/balance").await.location(), "/login?next=/balance");
        assert_eq!(out.headers.contains_key(header::STRICT_TRANSPORT_SECURITY), secure);
    }
}

#[tokio::test]
async fn another_site_cannot_send_our_forms() {
    let site = Site::new(Fixture::sqlite().await);
    let (customer, mut owner, estimate) = asked(&site, 60).await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post(format!("/estimates/{estimate}/accept")).header(name, value);
        assert_eq!(owner.send(request, Body::empty()).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(owner.get(&format!("/customers/{customer}")).await.texts(".big b"), ["3:00"]);
    let request = Request::post(format!("/estimates/{estimate}/accept")).header("sec-fetch-site", "same-origin");
    assert_eq!(owner.send(request, Body::empty()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn links_work_once_and_the_first_administrator_says_who_it_is() {
    let site = Site::new(Fixture::sqlite().await);
    let secret = site.fixture.service.first_admin_link().await.unwrap().unwrap();
    let path = format!("/invite/{secret}");
    let mut browser = site.browser();
    assert_eq!(browser.get(&path).await.texts("h1"), ["Eerste beheerder"]);
    let weak = browser.post(&path, &[("email", "a@b.nl"), ("name", "Ada"), ("password", "kort")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        weak.text.contains("value=\"Ada\"")
            && weak.texts("#password-error")[0].starts_with("Gebruik minstens 10 tekens")
    );
    let done = browser.post(&path, &[("email", "a@b.nl"), ("name", "Ada"), ("password", PASSWORD)]).await;
    assert_eq!(done.location(), "/");
    assert_eq!(browser.get("/").await.location(), "/desk");
    let again = site.browser().get(&path).await;
    assert_eq!((again.status, &again.texts("h1")[0][..]), (StatusCode::NOT_FOUND, "Deze link werkt niet meer"));
    let again = site.browser().post(&path, &[("email", "c@d.nl"), ("name", "Cy"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

on_both! {
    under "standard";
    async fn cover_1_the_ticket_says_who_pays_and_an_agent_decides_anew(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let (customer, owner) = site.fixture.customer().await;
        let mut owner = site.contact(&admin, owner).await;
        let mut agent = site.login("admin@provider.example").await;
        let path = format!("/customers/{customer}/tickets/new");
        let form = owner.get(&path).await;
        assert!(form.texts("#urgency-hint")[0].starts_with("Geen veiligheidsincident: een vergeten wachtwoord,"));
        assert!(form.texts("#topic option").contains(&"Maatwerk".to_owned()));
        let typed = [("subject", "Help"), ("description", "Now"), ("kind", "question"), ("urgency", "urgent")];
        let opened = owner.post(&path, &typed).await;
        let page = owner.get(opened.location()).await;
        assert_eq!(page.texts(".payer .cover"), ["spoed, gratis"]);
        assert!(page.texts(".payer").concat().contains("Kosteloze spoedmelding 1 van 1 in 12 maanden."));
        assert!(page.texts("form[action$='/coverage']").is_empty(), "a customer decides nothing");

        let again = owner.post(&path, &typed).await;
        let refused = owner.get(again.location()).await;
        assert_eq!(refused.texts(".payer .cover"), ["redelijk gebruik"]);
        assert!(refused.texts(".payer .alert")[0].starts_with("Vaker spoed kan met een abonnement"), "URG-2");

        let ticket = opened.location().split('?').next().unwrap().to_owned();
        let shown = agent.get(&ticket).await;
        let html = Html::parse_document(&shown.text);
        let replaces = html.select(&Selector::parse("input[name=replaces]").unwrap()).next().unwrap();
        let replaces = replaces.attr("value").unwrap().to_owned();
        let decide = format!("{ticket}/coverage");
        let ruling = [("replaces", replaces.as_str()), ("kind", "question"), ("urgency", "none"), ("hourly_rate", "9,5")];
        assert_eq!(owner.post(&decide, &ruling).await.status, StatusCode::FORBIDDEN);
        let wrong = agent.post(&decide, &ruling).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.texts("#coverage-reason-error"), ["Dit is nodig."]);
        assert!(wrong.text.contains("value=\"9,5\""), "what was typed is kept");
        let ruling = [&ruling[..3], &[("reason", "It could wait")]].concat();
        let decided = agent.post(&decide, &ruling).await;
        let page = agent.get(decided.location()).await;
        assert_eq!(page.texts("#notice"), ["Vastgelegd wie dit betaalt."]);
        assert_eq!(page.texts(".payer > p > .cover"), ["redelijk gebruik"]);
        assert_eq!(page.texts(".payer .more .cover"), ["spoed, gratis"]);
        assert!(page.texts(".payer").concat().contains("Reden: It could wait"));
        let stale = agent.post(&decide, &ruling).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "another decision is in force by now");

        let path = format!("/customers/{customer}/coverage");
        let rules = owner.get(&path).await;
        assert_eq!(rules.texts("tbody .cover").len(), 7);
        assert!(rules.texts("form").iter().all(|form| !form.contains("Tot en met")), "agents record the add-on");
        let add_on = format!("/customers/{customer}/urgent-add-on");
        let wrong = agent.post(&add_on, &[("since", "2026-03-09"), ("until", "2026-03-01")]).await;
        assert_eq!(wrong.texts("#until-error"), ["Kies een dag op of na de eerste dag."]);
        let recorded = agent.post(&add_on, &[("since", "2026-03-09")]).await;
        assert!(agent.get(recorded.location()).await.text.contains("sinds 9 maart 2026"));
        for lang in ["nl", "en"] {
            agent.lang = lang;
            check(&path, lang, &agent.get(&path).await);
            let page = agent.get(&format!("/desk/customers/{customer}/tickets/new")).await;
            check("new", lang, &page);
        }
    }
}

#[tokio::test]
async fn a_provider_without_cards_shows_none() {
    let site = Site::new(Fixture::sqlite_with("kliksafe").await);
    let admin = site.staff(StaffRole::Admin).await;
    let (customer, owner) = site.fixture.customer().await;
    let page = site.contact(&admin, owner).await.get(&format!("/customers/{customer}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.texts(".big").is_empty() && page.texts("#cards").is_empty(), "POL-3");
}

/// Words that give a language away; none of them stands in the data of the test.
const DUTCH: [&str; 24] = [
    "uur",
    "kaart",
    "kaarten",
    "nog",
    "niet",
    "van",
    "akkoord",
    "datum",
    "wat",
    "door",
    "berekend",
    "gewerkt",
    "saldo",
    "melding",
    "factuur",
    "btw",
    "verloopt",
    "eigenaar",
    "een",
    "het",
    "voor",
    "wachtwoord",
    "tegoed",
    "uw",
];
const ENGLISH: [&str; 15] = [
    "and", "hours", "agree", "charged", "worked", "invoice", "cards", "ticket", "you", "your", "password", "people",
    "balance", "which", "held",
];

/// Everything that the rules for pages say about one page.
fn check(path: &str, lang: &str, answer: &Answer) {
    let html = Html::parse_document(&answer.text);
    for element in html.select(&Selector::parse("*").unwrap()) {
        let value = element.value();
        assert!(value.name() != "style", "{path} has an inline style");
        let inline_script = value.name() == "script" && element.text().any(|text| !text.trim().is_empty());
        assert!(!inline_script, "{path} has an inline script");
        for (name, _) in value.attrs() {
            assert!(name != "style" && !name.starts_with("on"), "{path}: <{} {name}>", value.name());
        }
    }
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(!policy.contains("unsafe") && policy.contains("default-src 'none'"), "{path}");
    assert_eq!(html.select(&Selector::parse("h1").unwrap()).count(), 1, "{path} has one heading");
    assert_eq!(html.root_element().attr("lang"), Some(lang), "{path}");
    let fields = Selector::parse("input:not([type=hidden]):not([type=radio]), select, textarea").unwrap();
    for field in html.select(&fields) {
        let around =
            field.ancestors().filter_map(scraper::ElementRef::wrap).any(|outer| outer.value().name() == "label");
        let Some(id) = field.attr("id") else {
            assert!(around || field.attr("aria-label").is_some(), "{path}: {} has a label", field.html());
            continue;
        };
        let label = Selector::parse(&format!("label[for='{id}']")).unwrap();
        assert!(around || html.select(&label).count() == 1, "{path}: {id} has a label");
    }
    let texts: String = answer.texts("title, main, .top nav, .foot").join(" ").to_lowercase();
    let words: BTreeSet<&str> = texts.split(|letter: char| !letter.is_alphabetic()).collect();
    // What marks itself as another language, such as the lines of an invoice.
    let quoted = answer.texts("main [lang]").join(" ").to_lowercase();
    let foreign: &[&str] = if lang == "nl" { &ENGLISH } else { &DUTCH };
    let left: Vec<_> = foreign.iter().filter(|word| words.contains(*word) && !quoted.contains(**word)).collect();
    assert!(left.is_empty(), "{path} in {lang} says {left:?}");
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages_without_inline_script_or_style() {
    let site = Site::new(Fixture::sqlite().await);
    let first = site.fixture.service.first_admin_link().await.unwrap().unwrap();
    let (customer, mut owner, estimate) = asked(&site, 60).await;
    let admin = site.fixture.service.caller_by_id(site_admin(&site).await).await.unwrap();
    let fixture = &site.fixture;
    let invoice = owner.post(&format!("/customers/{customer}/cards"), &[("product", "10h")]).await;
    let ticket = fixture.ticket(customer, None, TicketKind::Question).await;
    let Ok(Receipt::Time(reversed)) =
        fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 20, Excess::Uncovered)).await
    else {
        panic!()
    };
    let reverse = Act::ReverseEntry { entry: reversed.entry.id, reason: "Mistake".to_owned() };
    fixture.submit(Target::TimeEntry(reversed.entry.id), reverse).await.unwrap();
    fixture.submit(Target::Ticket(ticket.id), fixture.time(ticket.id, 20, Excess::Uncovered)).await.unwrap();
    let viewer = fixture.contact(customer, "Vera", "vera@example.org", Role::Viewer).await;
    let from = std::net::Ipv4Addr::LOCALHOST.into();
    let invited = fixture.service.invite_contact(&admin, viewer.id, from).await.unwrap();
    let mut agent = site.login("admin@provider.example").await;
    let base = format!("/customers/{customer}");
    for lang in ["nl", "en"] {
        owner.lang = lang;
        agent.lang = lang;
        let mut nobody = Browser { lang, ..site.browser() };
        for path in ["/login", &format!("/invite/{invited}"), "/invite/used", &format!("/invite/{first}")] {
            check(path, lang, &nobody.get(path).await);
        }
        let under = [
            "",
            "?as_of=2026-03-08",
            "?before=3",
            "?done=accepted",
            "/contacts",
            "/invoices",
            "/coverage",
            "/tickets/new",
        ];
        for path in under.map(|rest| format!("{base}{rest}")).iter().chain([&invoice.location().to_owned()]) {
            for browser in [&mut owner, &mut agent] {
                let page = browser.get(path).await;
                assert_eq!(page.status, StatusCode::OK, "{path}");
                check(path, lang, &page);
            }
        }
        for path in ["/own-login", "/own-login?done=changed"] {
            for browser in [&mut owner, &mut agent] {
                check(path, lang, &browser.get(path).await);
            }
        }
        check("own password", lang, &owner.post("/own-login/password", &[("new_password", "x")]).await);
        check("own name", lang, &owner.post("/own-login/name", &[]).await);
        for path in ["/users", "/users?whose=customers", "/users?whose=all&query=%25"] {
            check(path, lang, &agent.get(path).await);
        }
        check("problem", lang, &owner.get("/customers/x").await);
        check("invited", lang, &agent.post(&format!("/contacts/{}/invite", viewer.id), &[]).await);
        check("refused", lang, &owner.post(&format!("{base}/contacts"), &[("email", "x")]).await);
    }
    assert!(agent.get(&base).await.text.contains(&format!("/tickets/{}", ticket.id)), "staff can open the ticket");
    owner.lang = "nl";
    owner.post(&format!("/estimates/{estimate}/accept"), &[]).await;
    let page = owner.get(&base).await;
    check("accepted", "nl", &page);
    assert!(page.text.contains(&format!("/tickets/{}", ticket.id)), "and so can a contact of that customer");
}
