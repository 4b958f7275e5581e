//! Links and tokens with one life (A2, A7): a newer one ends an older one; blocking, a new password and a removed person end what hung
//! on them; who reads the database can make none.

use crate::common::{Fixture, day, noon, on_both};
use crate::pages::{PASSWORD, Site};
use crate::story::tamper;
use sha2::Sha256;
use std::net::{IpAddr, Ipv4Addr};
use strippenkaart::domain::estimate::AnswerVia;
use strippenkaart::domain::{ContactId, CustomerId, Locale, Refusal, Role, TicketKind};
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::customers::{NewContact, NewCustomer};
use strippenkaart::service::login::NewUser;
use strippenkaart::service::verify::verify;
use strippenkaart::service::{Error, Service};
use strippenkaart::store::Statements as _;
use strippenkaart::store::users::{self, StaffRole};

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Whether a link still opens.
async fn opens(service: &Service, secret: &str) -> bool {
    service.link(secret).await.is_ok()
}

pub async fn hired(service: &Service, name: &str, role: StaffRole) -> Caller {
    let new = NewUser { email: format!("{name}@provider.example"), name: name.to_owned(), role };
    let user = service.add_user(new, PASSWORD.to_owned()).await.unwrap();
    service.caller_by_id(user.id).await.unwrap()
}

fn somebody(name: &str) -> NewUser {
    NewUser { email: format!("{name}@provider.example"), name: name.to_owned(), role: StaffRole::Admin }
}

async fn person(fixture: &Fixture) -> (CustomerId, ContactId) {
    let (customer, _) = fixture.customer().await;
    (customer, fixture.contact(customer, "Kim Kok", "kim@example.org", Role::Viewer).await.id)
}

on_both! {
    async fn a2_a_new_link_ends_older_ones(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let agent = hired(service, "agent", StaffRole::Agent).await;
        let first = service.reset_link(&admin, agent.user.id, FROM).await.unwrap();
        let second = service.reset_link(&admin, agent.user.id, FROM).await.unwrap();
        assert_eq!((opens(service, &first).await, opens(service, &second).await), (false, true));
        let used = service.accept_link(&second, (None, None), "een lange nieuwe zin".to_owned(), (FROM, None)).await;
        used.unwrap();
        let gone = service.accept_link(&first, (None, None), "nog een lange zin erbij".to_owned(), (FROM, None)).await;
        assert_eq!(gone.unwrap_err(), Error::NotFound("link"), "link 1 after link 2 was used");
        let (one, two) = (service.invite_staff(&admin, somebody("new")).await.unwrap(), service.invite_staff(&admin, somebody("new")).await.unwrap());
        let other = service.invite_staff(&admin, somebody("else")).await.unwrap();
        let still = [opens(service, &one).await, opens(service, &two).await, opens(service, &other).await];
        assert_eq!(still, [false, true, true], "of one address the newest, and those of others");
        let (_, kim) = person(&fixture).await;
        let one = service.invite_contact(&admin, kim, FROM).await.unwrap();
        let two = service.invite_contact(&admin, kim, FROM).await.unwrap();
        assert_eq!((opens(service, &one).await, opens(service, &two).await), (false, true));
    }
}

on_both! {
    async fn a2_blocking_ends_everything_of_a_person_and_what_that_person_made(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let colleague = hired(service, "colleague", StaffRole::Admin).await;
        let made = service.invite_staff(&colleague, somebody("friend")).await.unwrap();
        let to = service.reset_link(&admin, colleague.user.id, FROM).await.unwrap();
        let token = service.make_token(&colleague.user.email, 90, true, None).await.unwrap();
        assert!(service.caller_by_token(&token).await.is_ok());
        service.set_user_disabled(&admin, colleague.user.id, true).await.unwrap();
        assert_eq!((opens(service, &made).await, opens(service, &to).await), (false, false));
        assert_eq!(service.caller_by_token(&token).await.unwrap_err(), Error::Unauthenticated);
        // Let in again, with nothing of before.
        service.set_user_disabled(&admin, colleague.user.id, false).await.unwrap();
        assert_eq!(service.caller_by_token(&token).await.unwrap_err(), Error::Unauthenticated);
        assert!(!opens(service, &made).await);
    }
}

on_both! {
    async fn a2_a_removed_person_takes_their_link_along(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let (customer, kim) = person(&fixture).await;
        let link = service.invite_contact(&admin, kim, FROM).await.unwrap();
        assert!(opens(service, &link).await);
        service.remove_contact(Request { caller: &admin, key: None }, customer, kim).await.unwrap();
        assert!(!opens(service, &link).await);
    }
}

on_both! {
    async fn a7_tokens_end_with_a_new_password_unless_kept_and_are_rotated(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let agent = hired(service, "agent", StaffRole::Agent).await;
        let plain = service.make_token(&agent.user.email, 90, false, None).await.unwrap();
        let kept = service.make_token(&agent.user.email, 90, true, None).await.unwrap();
        let link = service.reset_link(&admin, agent.user.id, FROM).await.unwrap();
        service.accept_link(&link, (None, None), "een lange nieuwe zin".to_owned(), (FROM, None)).await.unwrap();
        assert_eq!(service.caller_by_token(&plain).await.unwrap_err(), Error::Unauthenticated);
        assert_eq!(service.caller_by_token(&kept).await.unwrap().user.id, agent.user.id);
        let jti = service.tokens.read(&kept, fixture.clock.now()).unwrap().jti;
        let rotated = service.rotate_token(jti).await.unwrap();
        assert_eq!(service.caller_by_token(&kept).await.unwrap_err(), Error::Unauthenticated);
        assert_eq!(service.caller_by_token(&rotated).await.unwrap().user.id, agent.user.id);
        assert_eq!(service.rotate_token(jti).await.unwrap_err(), Error::NotFound("token"), "once");
    }
}

on_both! {
    async fn a7_who_reads_the_database_signs_no_token(fixture: Fixture) {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
        use hmac::{Hmac, KeyInit, Mac};
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let token = service.create_token(&admin.user.email, 90).await.unwrap();
        let mut on = service.db.reader().await.unwrap();
        // Everything that a backup has: the key, and the row of the token.
        let (key,): (String,) = on.query("SELECT value FROM settings WHERE name = 'token_key'").one().await.unwrap();
        let key: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap()).collect();
        let row = users::tokens(&mut on, fixture.clock.now()).await.unwrap().remove(0);
        let claims: serde_json::Value =
            serde_json::from_slice(&BASE64.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
        let forged = |secret: &str| {
            let mut claims = claims.clone();
            claims["key"] = secret.into();
            let head = BASE64.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
            let message = format!("{head}.{}", BASE64.encode(claims.to_string()));
            let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(&message).finalize().into_bytes();
            format!("{message}.{}", BASE64.encode(mac))
        };
        let secret = claims["key"].as_str().unwrap();
        assert!(service.caller_by_token(&forged(secret)).await.is_ok(), "the forger itself works");
        for secret in [row.digest.as_str(), "", "guess"] {
            assert_eq!(service.caller_by_token(&forged(secret)).await.unwrap_err(), Error::Unauthenticated);
        }
    }
}

#[tokio::test]
async fn a2_administrators_see_and_withdraw_links_and_tokens() {
    let site = Site::new(Fixture::sqlite().await);
    let admin = site.staff(StaffRole::Admin).await;
    let service = &site.fixture.service;
    let link = service.invite_staff(&admin, somebody("new")).await.unwrap();
    let token = service.make_token(&admin.user.email, 90, true, None).await.unwrap();
    let mut browser = site.login(&admin.user.email).await;
    let page = browser.get("/users").await;
    for shown in ["new@provider.example", "Uitnodiging voor een medewerker", "blijft werken na een nieuw wachtwoord"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    for action in page.attributes("#keys ~ table form", "action") {
        browser.post(&action, &[("key", "11111111-1111-4111-8111-111111111111")]).await;
    }
    assert!(!opens(service, &link).await);
    assert_eq!(service.caller_by_token(&token).await.unwrap_err(), Error::Unauthenticated);
    assert!(!browser.get("/users").await.text.contains("Uitnodiging voor een medewerker"));
}

#[test]
fn a7_a_new_database_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new.db");
    crate::common::server::says(&["migrate", "--database", &format!("sqlite://{}", file.display())], "");
    let modes =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().permissions().mode());
    let modes: Vec<u32> = modes.map(|mode| mode & 0o777).collect();
    assert!(!modes.is_empty() && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}

#[test]
fn a12_the_demo_lets_nobody_in_from_elsewhere_by_known_passwords() {
    let (_, said) = crate::common::server::complains(&["demo", "--listen", "0.0.0.0:0"], "");
    assert!(said.contains("--let-others-in"), "{said}");
}

on_both! {
    async fn a12_one_made_up_password_for_all(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let made_up = service.one_password_for_all().await.unwrap();
        assert!(service.log_in(&admin.user.email, PASSWORD.to_owned(), FROM).await.is_err(), "the known one is gone");
        service.log_in(&admin.user.email, made_up, FROM).await.unwrap();
    }
}

#[tokio::test]
async fn a8_no_form_leads_to_another_site() {
    let site = Site::new(Fixture::sqlite().await);
    let admin = site.staff(StaffRole::Admin).await;
    let elsewhere =
        ["//evil.example", "/\t/evil.example", "/\u{0}", "/\\evil.example", "/ /evil.example", "https://evil.example"];
    for next in elsewhere.into_iter().chain(["/\u{85}/x"]) {
        let mut browser = site.browser();
        assert_eq!(browser.post("/language", &[("lang", "en"), ("next", next)]).await.location(), "/", "{next:?}");
    }
    for next in &elsewhere[..2] {
        let mut browser = site.browser();
        let values = [("email", admin.user.email.as_str()), ("password", PASSWORD), ("next", next)];
        assert_eq!(browser.post("/login", &values).await.location(), "/", "{next:?}");
    }
}

on_both! {
    async fn a5_a_text_of_ones_own_is_read_for_staff_and_only_so_much_of_it(fixture: Fixture) {
        let service = &fixture.service;
        let long = "x".repeat(300 * 1024);
        assert!(matches!(service.on_text(&long, |_| ()).await, Err(Error::Fields(_))));
        let policy = strippenkaart::domain::Policy::shipped("openedu").unwrap();
        let hostile = policy.replace("PH off", &"off; ".repeat(12_000));
        assert_ne!(policy, hostile);
        let began = std::time::Instant::now();
        let faults = service.on_text(&hostile, |read| read.is_err()).await;
        assert!(faults.unwrap_or(true), "12 000 parts are too many");
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
        // One at a time: while one is read the next is told to come again.
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let slow = service.on_text(policy, move |_| {
            began.send(()).unwrap();
            waits.recv().unwrap();
        });
        let other = async {
            has_begun.await.unwrap();
            let other = service.on_text(policy, |_| ()).await;
            go_on.send(()).unwrap();
            other
        };
        let (slow, other) = tokio::join!(slow, other);
        assert!(slow.is_ok() && matches!(other, Err(Error::Ledger(_))), "{other:?}");
        service.on_text(policy, |_| ()).await.unwrap();
    }
}

#[tokio::test]
async fn a6_made_up_methods_are_counted_together_and_nobody_outside_reads_the_counts() {
    use axum::body::Body;
    use axum::http::Request as Asked;
    use http_body_util::BodyExt as _;
    use strippenkaart::web::limits::Limits;
    use strippenkaart::web::{Settings, with_metrics};
    use tower::ServiceExt as _;
    let fixture = Fixture::sqlite().await;
    let settings =
        Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() };
    let (site, counted) = with_metrics(fixture.service.clone(), settings);
    let ask = |method: &str, path: &str| Asked::builder().method(method).uri(path).body(Body::empty()).unwrap();
    for number in 0..2_000 {
        site.clone().oneshot(ask(&format!("X{number}"), &format!("/made/up/{number}"))).await.unwrap();
    }
    let outside = site.oneshot(ask("GET", "/metrics")).await.unwrap();
    assert_eq!(outside.status(), 404);
    let body = counted.oneshot(ask("GET", "/metrics")).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let told = String::from_utf8(body.to_vec()).unwrap();
    let requests: Vec<&str> =
        told.lines().filter(|line| line.starts_with("strippenkaart_http_requests_total")).collect();
    assert!(requests.len() <= 3 && requests.iter().any(|line| line.contains("method=\"other\"")), "{requests:?}");
    assert!(requests.iter().any(|line| line.ends_with(" 2000")), "{requests:?}");
}

on_both! {
    async fn spend_3a_what_is_agreed_through_a_link_that_staff_handed_over_says_so(fixture: Fixture) {
        // A3: an agent made a reset link for an owner, opened it himself and agreed "online".
        let site = Site::new(fixture);
        let service = &site.fixture.service;
        let agent = site.staff(StaffRole::Agent).await;
        let (customer, owner) = site.fixture.customer().await;
        let ticket = site.fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let (agreed, refused) = (site.fixture.propose(ticket.id, 30).await, site.fixture.propose(ticket.id, 60).await);
        let mut browser = site.contact(&agent, owner).await;
        let page = browser.get(&format!("/customers/{customer}")).await;
        browser.post(&format!("/estimates/{}/accept", agreed.id), &[("key", &page.key())]).await;
        let page = browser.get(&format!("/customers/{customer}")).await;
        browser.post(&format!("/estimates/{}/decline", refused.id), &[("key", &page.key())]).await;

        let told = "via een link die Staff agent op 09-03-2026 gaf";
        let page = browser.get(&format!("/customers/{customer}")).await;
        assert!(page.texts(".agreed .meta, li .meta").iter().any(|text| text.contains(told)), "{}", page.text);
        assert!(page.texts("tr").iter().any(|row| row.contains(told)), "the statement says so as well");
        let desk = site.login("agent@provider.example").await.get(&format!("/tickets/{}", ticket.id)).await;
        assert_eq!(desk.text.matches(told).count(), 2, "who agreed, and who declined");
        browser.lang = "en";
        let english = browser.get(&format!("/tickets/{}", ticket.id)).await;
        assert_eq!(english.text.matches("by a link that Staff agent handed over on 09-03-2026").count(), 2);

        for id in [agreed.id, refused.id] {
            let estimate = service.estimate(&agent, id).await.unwrap();
            assert_eq!((estimate.link_by, estimate.link_on), (Some(agent.user.id), Some(day("2026-03-09"))));
        }
        // Once the address is proved nothing is marked any more.
        let login = service.caller_by_email("jo@example.org").await.unwrap();
        assert_eq!(login.handed_over.map(|link| link.by), Some(agent.user.id));
        service.take_as_proved(login.user.id).await.unwrap();
        let later = site.fixture.propose(ticket.id, 15).await;
        let page = browser.get(&format!("/customers/{customer}")).await;
        browser.post(&format!("/estimates/{}/accept", later.id), &[("key", &page.key())]).await;
        let later = service.estimate(&agent, later.id).await.unwrap();
        assert_eq!((later.link_by, later.answered_via), (None, Some(AnswerVia::Online)));
        // Under the chain: to take the mark off is seen.
        verify(&service.db, |_, _| {}).await.unwrap();
        tamper(&service.db, "UPDATE transactions SET link_by = NULL, link_on = NULL WHERE link_by IS NOT NULL").await;
        assert!(verify(&service.db, |_, _| {}).await.is_err());
    }
}

on_both! {
    async fn a2_a_link_opens_nothing_once_whoever_made_it_may_let_nobody_in(fixture: Fixture) {
        let site = Site::new(fixture);
        let service = &site.fixture.service;
        let agent = site.staff(StaffRole::Agent).await;
        let (customer, _) = site.fixture.customer().await;
        let sam = site.fixture.contact(customer, "Sam", "sam@example.org", Role::Owner).await;
        let kim = site.fixture.contact(customer, "Kim", "kim@example.org", Role::Spender).await;
        site.contact(&agent, sam.id).await;
        let login = service.caller_by_email("sam@example.org").await.unwrap();
        // A new password ends the links that its login made.
        let before = service.invite_contact(&login, kim.id, FROM).await.unwrap();
        assert!(opens(service, &before).await);
        let new = (PASSWORD.to_owned(), "acht oude bomen waaien om".to_owned());
        service.change_password(&login, new, FROM).await.unwrap();
        assert!(!opens(service, &before).await);
        // So does the end of the authorisation by which it made them.
        let made = service.invite_contact(&login, kim.id, FROM).await.unwrap();
        assert!(opens(service, &made).await);
        service.remove_contact(Request { caller: &agent, key: None }, customer, sam.id).await.unwrap();
        assert!(!opens(service, &made).await);
        let used = service.accept_link(&made, (None, None), PASSWORD.to_owned(), (FROM, None)).await;
        assert_eq!(used.unwrap_err(), Error::NotFound("link"));
        let by_staff = service.invite_contact(&agent, kim.id, FROM).await.unwrap();
        assert!(opens(service, &by_staff).await);
    }
}

on_both! {
    async fn a2_a_blocked_login_gets_no_token(fixture: Fixture) {
        let service = &fixture.service;
        let (admin, other) = (hired(service, "admin", StaffRole::Admin).await, hired(service, "other", StaffRole::Agent).await);
        service.set_user_disabled(&admin, other.user.id, true).await.unwrap();
        let refused = service.make_token(&other.user.email, 90, true, None).await.unwrap_err();
        assert!(matches!(&refused, Error::Fields(fields) if fields[0].field == "email"), "{refused:?}");
        assert_eq!(service.keys().await.unwrap().tokens.len(), 0);
    }
}

on_both! {
    async fn a4_one_administrator_always_can_log_in(fixture: Fixture) {
        let service = &fixture.service;
        let (one, other) = (hired(service, "one", StaffRole::Admin).await, hired(service, "two", StaffRole::Admin).await);
        // Each blocks the other at once.
        let (first, second) = tokio::join!(
            service.set_user_disabled(&one, other.user.id, true),
            service.set_user_disabled(&other, one.user.id, true)
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let refused = first.and(second).unwrap_err();
        assert!(matches!(&refused, Error::Fields(fields) if fields[0].expected.contains("last administrator")), "{refused:?}");
        for user in [&one.user, &other.user] {
            service.block(user, true).await.ok();
        }
        let working = [&one, &other].map(|caller| service.caller_by_email(&caller.user.email));
        let [one, other] = working;
        assert!(one.await.is_ok() != other.await.is_ok(), "nor by command");
    }
}

on_both! {
    async fn spend_3a_what_a_command_lets_a_customers_person_in_with_says_who_handed_it_over(fixture: Fixture) {
        let site = Site::new(fixture);
        let service = &site.fixture.service;
        let agent = site.staff(StaffRole::Agent).await;
        let (customer, owner) = site.fixture.customer().await;
        site.contact(&agent, owner).await;
        let user = service.caller_by_email("jo@example.org").await.unwrap().user;
        service.take_as_proved(user.id).await.unwrap();
        // Of somebody of the provider nobody needs to be named; of a customer's person somebody of the provider.
        service.make_token("agent@provider.example", 90, false, None).await.unwrap();
        for by in [None, Some("jo@example.org"), Some("nobody@example.org")] {
            let of_token = service.make_token("jo@example.org", 90, false, by).await.unwrap_err();
            let of_link = service.reset_by_command(user.clone(), by).await.unwrap_err();
            for error in [of_token, of_link] {
                assert!(matches!(&error, Error::Fields(fields) if fields[0].field == "by"), "{error:?}");
            }
        }
        let mark = async || service.caller_by_email("jo@example.org").await.unwrap().handed_over.map(|link| link.by);
        assert_eq!(mark().await, None);
        let token = service.make_token("jo@example.org", 90, false, Some("agent@provider.example")).await.unwrap();
        assert_eq!(mark().await, Some(agent.user.id));
        let jo = service.caller_by_token(&token).await.unwrap();
        let ticket = site.fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let estimate = site.fixture.propose(ticket.id, 30).await;
        service.accept_estimate(Request { caller: &jo, key: None }, estimate.id, None).await.unwrap();
        let agreed = service.estimate(&agent, estimate.id).await.unwrap();
        assert_eq!((agreed.link_by, agreed.link_on), (Some(agent.user.id), Some(day("2026-03-09"))));

        service.take_as_proved(user.id).await.unwrap();
        let link = service.reset_by_command(user, Some("agent@provider.example")).await.unwrap();
        let by = (FROM, None);
        service.accept_link(&link, (None, None), "acht oude bomen waaien om".to_owned(), by).await.unwrap();
        assert_eq!(mark().await, Some(agent.user.id));
    }
}

on_both! {
    async fn spend_3a_staff_opens_no_link_of_a_contact(fixture: Fixture) {
        let site = Site::new(fixture);
        let service = &site.fixture.service;
        let agent = site.staff(StaffRole::Agent).await;
        let (_, owner) = site.fixture.customer().await;
        let invited = service.invite_contact(&agent, owner, FROM).await.unwrap();
        let mut logged_in = site.login("agent@provider.example").await;
        let opened = logged_in.get(&format!("/invite/{invited}")).await;
        assert_eq!(opened.status, 403);
        assert!(opened.text.contains("Stuur hem door, en open hem niet zelf"), "{}", opened.text);
        let used = logged_in.post(&format!("/invite/{invited}"), &[("password", PASSWORD)]).await;
        assert_eq!(used.status, 403);
        // Whom it is for uses it after all; then a new password.
        assert_eq!(site.browser().post(&format!("/invite/{invited}"), &[("password", PASSWORD)]).await.status, 303);
        let login = service.caller_by_email("jo@example.org").await.unwrap();
        let reset = service.reset_link(&agent, login.user.id, FROM).await.unwrap();
        assert_eq!(logged_in.get(&format!("/invite/{reset}")).await.status, 403);
        assert!(opens(service, &reset).await);
        // Nor does a login of the provider become a contact.
        let (customer, _) = person(&site.fixture).await;
        let own = site.fixture.contact(customer, "Agent", "agent@provider.example", Role::Owner).await;
        let link = service.invite_contact(&agent, own.id, FROM).await.unwrap();
        let attached = service.accept_link(&link, (None, None), PASSWORD.to_owned(), (FROM, None)).await;
        assert_eq!(attached.unwrap_err(), Refusal::LinkOfContact.into());
    }
}

on_both! {
    async fn spend_1a_the_end_of_the_last_owner_is_announced_to_staff_and_owners(fixture: Fixture) {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let service = &site.fixture.service;
        let name = "Basisschool De Brug".to_owned();
        let new = NewCustomer {
            name,
            email: "brug@example.org".to_owned(),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: None,
            imported: false,
        };
        let request = || Request { caller: &agent, key: None };
        let customer = service.create_customer(request(), new).await.unwrap().id;
        let owner = NewContact { valid_until: Some(day("2026-04-30")), ..NewContact::new("Sam", "sam@brug.example", Role::Owner) };
        let owner = service.add_contact(request(), customer, owner).await.unwrap();
        let (mut sam, mut desk) = (site.contact(&agent, owner.id).await, site.login("agent@provider.example").await);
        let told = "Er is geen eigenaar meer na 30 april 2026.";
        let (people, page) = (format!("/customers/{customer}/contacts"), format!("/customers/{customer}"));
        for path in [&page, &people] {
            assert!(!sam.get(path).await.text.contains(told), "{path}: more than thirty days before");
        }
        assert!(!desk.get("/desk").await.text.contains(told));
        site.fixture.clock.set(noon(2026, 3, 31));
        let (mut sam, mut desk) = (site.login("sam@brug.example").await, site.login("agent@provider.example").await);
        for path in [&page, &people] {
            assert!(sam.get(path).await.text.contains(told), "{path}");
            assert!(desk.get(path).await.text.contains(told), "{path}");
        }
        assert!(desk.get("/desk").await.text.contains(told));
        site.fixture.clock.set(noon(2026, 5, 1));
        let (mut sam, mut desk) = (site.login("sam@brug.example").await, site.login("agent@provider.example").await);
        assert!(sam.get(&page).await.text.contains("Er is nu geen eigenaar."));
        assert!(desk.get("/desk").await.text.contains("Er is nu geen eigenaar."));
        site.fixture.contact(customer, "Ans", "ans@brug.example", Role::Owner).await;
        assert!(!desk.get("/desk").await.text.contains("Er is nu geen eigenaar."));
    }
}
