//! Somebody else's data on pages: every page and every form is tried by everybody, also outside the days of an authorisation
//! (SPEND-1a, A1). A new page without a row in the table fails the test.

use crate::access::{PEOPLE, Scene, may, policy};
use crate::access_days::{self, PERSONS};
use crate::common::http::{Answer, Site};
use crate::common::on_both;
use axum::body::Body;
use axum::http::{Request, header};
use chrono::TimeDelta;
use std::fmt::Write as _;
use std::path::Path;
use strippenkaart::service::secret;
use strippenkaart::store::users;

/// Who may: `y` may, `n` is forbidden (403), `h` does not learn that it exists (404). The columns are [`PEOPLE`].
const TABLE: &[(&str, &str)] = &[
    //                                                              adm fin agt own spe vie oth nob
    ("GET /balance", "                                               y   y   y   y   y   y   y   y"),
    ("GET /contacts", "                                              y   y   y   y   y   y   y   y"),
    ("GET /customers/{id}", "                                        y   y   y   y   y   y   h   h"),
    ("POST /customers/{id}/cards", "                                 y   y   y   y   n   n   h   h"),
    ("POST /estimates/{id}/accept", "                                y   n   y   y   y   n   h   h"),
    ("POST /estimates/{id}/decline", "                               y   n   y   y   y   n   h   h"),
    ("POST /time-entries/{id}/cover", "                              y   n   y   y   y   n   h   h"),
    ("GET /customers/{id}/contacts", "                               y   y   y   y   y   y   h   h"),
    ("POST /customers/{id}/contacts", "                              y   n   y   y   n   n   h   h"),
    ("POST /contacts/{id}/invite", "                                 y   n   y   y   n   n   h   h"),
    ("POST /contacts/{id}/reset", "                                  y   n   y   n   n   n   h   h"),
    ("POST /contacts/{id}/remove", "                                 y   n   y   y   n   n   h   h"),
    ("GET /customers/{id}/installations", "                          y   y   y   y   y   y   h   h"),
    ("POST /customers/{id}/installations", "                         y   n   y   y   n   n   h   h"),
    ("POST /customers/{id}/installations/{installation_id}/remove", "y   n   y   y   n   n   h   h"),
    ("POST /customers/{id}/renewal/consent", "                       n   n   n   y   n   n   h   h"),
    ("POST /customers/{id}/renewal/withdraw", "                      y   n   y   y   n   n   h   h"),
    ("GET /customers/{id}/coverage", "                               y   y   y   y   y   y   h   h"),
    ("GET /customers/{id}/fair-use", "                               y   y   y   y   y   y   h   h"),
    ("GET /customers/{id}/invoices", "                               y   y   y   y   y   y   h   h"),
    ("GET /customers/{id}/account.xlsx", "                           y   y   y   y   y   y   h   h"),
    ("POST /customers/{id}/billing", "                               y   y   y   y   n   n   h   h"),
    ("GET /customers/{id}/tickets", "                                y   y   y   y   y   y   h   h"),
    ("GET /customers/{id}/tickets/new", "                            y   n   y   y   y   y   h   h"),
    ("POST /customers/{id}/tickets/new", "                           y   n   y   y   y   y   h   h"),
    ("GET /tickets/{id}", "                                          y   y   y   y   y   y   h   h"),
    ("POST /tickets/{id}/handle", "                                  y   n   y   y   y   y   h   h"),
    ("GET /invoices/{id}", "                                         y   y   y   y   y   y   h   h"),
    ("GET /invoices/{id}/pdf", "                                     y   y   y   y   y   y   h   h"),
    ("GET /invoices/{id}/ubl", "                                     y   y   y   y   y   y   h   h"),
    ("GET /cards/{id}/statement.pdf", "                              y   y   y   y   y   y   h   h"),
    ("GET /availability", "                                          y   y   y   y   y   y   y   y"),
    // The provider's own; a customer is led to what is theirs.
    ("GET /availability/records", "                                  y   y   y   n   n   n   n   n"),
    ("POST /availability/records", "                                 y   y   y   n   n   n   n   n"),
    ("GET /customers", "                                             y   y   y   y   y   y   y   y"),
    ("GET /customers/new", "                                         y   y   y   n   n   n   n   n"),
    ("POST /customers/new", "                                        y   y   y   n   n   n   n   n"),
    ("GET /desk", "                                                  y   y   y   n   n   n   n   n"),
    ("GET /desk/preview", "                                          y   n   y   n   n   n   n   n"),
    ("POST /desk/time", "                                            y   n   y   n   n   n   n   n"),
    ("GET /desk/customers/{id}/tickets/new", "                       y   n   y   n   n   n   n   n"),
    ("POST /desk/customers/{id}/tickets/new", "                      y   n   y   n   n   n   n   n"),
    ("GET /tickets", "                                               y   y   y   n   n   n   n   n"),
    ("POST /tickets/{id}/coverage", "                                y   n   y   n   n   n   h   h"),
    ("POST /tickets/{id}/priority", "                                y   n   y   n   n   n   h   h"),
    ("POST /tickets/{id}/explain", "                                 y   n   y   n   n   n   h   h"),
    ("POST /tickets/{id}/time", "                                    y   n   y   n   n   n   h   h"),
    ("POST /tickets/{id}/estimates", "                               y   n   y   n   n   n   h   h"),
    ("POST /estimates/{id}/record", "                                y   n   y   n   n   n   h   h"),
    ("POST /estimates/{id}/decline-for", "                           y   n   y   n   n   n   h   h"),
    ("POST /estimates/{id}/close", "                                 y   n   y   n   n   n   h   h"),
    ("POST /time-entries/{id}/reverse", "                            y   n   y   n   n   n   h   h"),
    ("POST /time-entries/{id}/cover-for", "                          y   n   y   n   n   n   h   h"),
    ("POST /customers/{id}/urgent-add-on", "                         y   n   y   n   n   n   h   h"),
    ("GET /fair-use", "                                              y   y   y   y   y   y   y   y"),
    ("POST /customers/{id}/fair-use/conversations", "                y   n   y   n   n   n   h   h"),
    ("POST /customers/{id}/contract-end", "                          y   n   y   n   n   n   h   h"),
    // Finance.
    ("GET /finance", "                                               y   y   n   n   n   n   n   n"),
    ("GET /finance/cards", "                                         y   y   n   n   n   n   n   n"),
    ("GET /finance/months", "                                        y   y   n   n   n   n   n   n"),
    ("POST /finance/months/{month}/close", "                         y   y   n   n   n   n   n   n"),
    ("POST /finance/months/{month}/reopen", "                        y   y   n   n   n   n   n   n"),
    ("GET /finance/deferred", "                                      y   y   n   n   n   n   n   n"),
    ("GET /finance/deferred.xlsx", "                                 y   y   n   n   n   n   n   n"),
    ("GET /finance/deferred.csv", "                                  y   y   n   n   n   n   n   n"),
    ("GET /finance/balances", "                                      y   y   n   n   n   n   n   n"),
    ("GET /finance/arrears", "                                       y   y   n   n   n   n   n   n"),
    ("GET /finance/customers/{id}", "                                y   y   n   n   n   n   h   h"),
    ("GET /finance/customers/{id}/cards/new", "                      y   y   y   n   n   n   n   n"),
    ("POST /finance/customers/{id}/cards/new", "                     y   y   y   n   n   n   n   n"),
    ("POST /finance/customers/{id}/pause", "                         y   y   n   n   n   n   h   h"),
    ("POST /finance/customers/{id}/resume", "                        y   y   n   n   n   n   h   h"),
    ("POST /finance/customers/{id}/arrangement", "                   y   y   n   n   n   n   h   h"),
    ("POST /finance/customers/{id}/end-arrangement", "               y   y   n   n   n   n   h   h"),
    ("POST /finance/customers/{id}/reactivation", "                  y   y   n   n   n   n   h   h"),
    ("POST /finance/reminders", "                                    y   y   n   n   n   n   n   n"),
    ("GET /finance/reminders/{id}", "                                y   y   n   n   n   n   h   h"),
    ("POST /finance/reminders/{id}", "                               y   y   n   n   n   n   h   h"),
    ("GET /finance/bank", "                                          y   y   n   n   n   n   n   n"),
    ("GET /finance/bank/check", "                                    y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/first-balance", "                           y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/lines/{id}/assign", "                       y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/lines/{id}/undo", "                         y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/lines/{id}/set-aside", "                    y   y   n   n   n   n   n   n"),
    ("GET /finance/bank/lines/{id}/divide", "                        y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/lines/{id}/divide", "                       y   y   n   n   n   n   n   n"),
    ("GET /finance/bank/collective", "                               y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/collective", "                              y   y   n   n   n   n   n   n"),
    ("POST /finance/bank/collective/unmark", "                       y   y   n   n   n   n   n   n"),
    ("GET /finance/exports", "                                       y   y   n   n   n   n   n   n"),
    ("POST /finance/exports", "                                      y   y   n   n   n   n   n   n"),
    ("POST /finance/exports/collections", "                          y   y   n   n   n   n   n   n"),
    ("GET /finance/exports/{number}/file", "                         y   y   n   n   n   n   n   n"),
    ("GET /finance/invoices", "                                      y   y   n   n   n   n   n   n"),
    ("GET /finance/reversals", "                                     y   y   n   n   n   n   n   n"),
    ("POST /finance/reversals/{id}/judge", "                         y   y   n   n   n   n   h   h"),
    ("POST /finance/reversals/{id}/waive", "                         y   y   n   n   n   n   h   h"),
    ("POST /finance/payments/{id}/reverse", "                        y   y   n   n   n   n   h   h"),
    ("POST /finance/collections/{id}/return", "                      y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/payments", "                               y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/issue", "                                  y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/credit", "                                 y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/remind", "                                 y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/set-off", "                                y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/collections", "                            y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/collections/cancel", "                     y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/refund", "                                 y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/lines", "                                  y   y   n   n   n   n   h   h"),
    ("POST /invoices/{id}/lines/erase", "                            y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/payments", "                              y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/repayments", "                            y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/invoice-lines", "                         y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/mandates", "                              y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/mandates/amend", "                        y   y   n   n   n   n   h   h"),
    ("POST /customers/{id}/mandates/end", "                          y   y   n   n   n   n   h   h"),
    // Administrators.
    ("GET /policies", "                                              y   y   y   n   n   n   n   n"),
    ("POST /policies", "                                             y   n   n   n   n   n   n   n"),
    ("POST /policies/check", "                                       y   n   n   n   n   n   n   n"),
    ("GET /policies/{version}", "                                    y   y   y   n   n   n   n   n"),
    ("GET /users", "                                                 y   n   n   n   n   n   n   n"),
    ("POST /users", "                                                y   n   n   n   n   n   n   n"),
    ("POST /users/links/{digest}/withdraw", "                        y   n   n   n   n   n   n   n"),
    ("POST /users/tokens/{jti}/withdraw", "                          y   n   n   n   n   n   n   n"),
    ("POST /users/{id}/reset", "                                     y   n   n   n   n   n   n   n"),
    ("POST /users/{id}/disable", "                                   y   n   n   n   n   n   n   n"),
    ("POST /users/{id}/sign-out", "                                  y   n   n   n   n   n   n   n"),
    ("POST /users/{id}/enable", "                                    y   n   n   n   n   n   n   n"),
    // Everybody's own; signing out everywhere is the last, as nothing follows it.
    ("GET /own-login", "                                             y   y   y   y   y   y   y   y"),
    ("POST /own-login/name", "                                       y   y   y   y   y   y   y   y"),
    ("POST /own-login/password", "                                   y   y   y   y   y   y   y   y"),
    ("POST /own-login/sign-out", "                                   y   y   y   y   y   y   y   y"),
];

/// For everybody, with or without a login.
const OPEN: [&str; 8] = [
    "GET /",
    "GET /login",
    "POST /login",
    "POST /logout",
    "POST /language",
    "GET /invite/{secret}",
    "POST /invite/{secret}",
    "GET {}/{name}",
];

/// What the scene has none of: 404 also for whom it is for.
fn is_absent(page: &str) -> bool {
    ["/finance/reminders/{id}", "/finance/reversals"].contains(&page.split_once(' ').unwrap().1)
        || page.starts_with("POST /users/")
}

/// Every page and form that the program has, as `METHOD /path`.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/pages")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let source = std::fs::read_to_string(entry.path()).unwrap();
            for route in source.split(".route(").skip(1) {
                let route = route.split("\n}").next().unwrap();
                let mut parts = route.split('"');
                let path = parts.nth(1).unwrap();
                let answered: String = parts.collect();
                for (called, method) in [("get(", "GET"), ("post(", "POST")] {
                    if answered.contains(called) {
                        pages.push(format!("{method} {path}"));
                    }
                }
            }
        }
    }
    pages.sort();
    pages
}

/// A form with something plausible in every field that any form has.
fn form(scene: &Scene, page: &str, person: &str) -> String {
    let contact = if page.contains("contacts") { String::new() } else { scene.owner.clone() };
    let fields: &[(&str, &str)] = &[
        ("name", person),
        ("email", &format!("{person}@new.example")),
        ("role", if page == "POST /users" { "agent" } else { "viewer" }),
        ("valid_until", "2026-03-12"),
        ("product", "5h"),
        ("kind", if page.contains("export") { "journal" } else { "question" }),
        ("subject", "Help"),
        ("description", "Please"),
        ("text", "Hello"),
        ("note", "Talked by mail"),
        ("reason", "Agreed"),
        ("to", "closed"),
        ("do", "say"),
        ("priority", "high"),
        ("measure", "response"),
        ("expected_at", "2026-04-01T10:00"),
        ("time", "15m"),
        ("minutes", "15"),
        ("excess", "uncovered"),
        ("contact_id", &contact),
        ("channel", "phone"),
        ("by", "goodwill"),
        ("cover", "goodwill"),
        ("since", "2026-03-09"),
        ("last_day", "2027-12-31"),
        ("amount", "1.00"),
        ("paid_on", "2026-03-09"),
        ("method", "bank"),
        ("quantity", "1"),
        ("unit", "pieces"),
        ("price", "10.00"),
        ("unit_price", "10.00"),
        ("line", "0"),
        ("iban", "NL20 INGB 0001 2345 67"),
        ("debtor_name", "School"),
        ("signed_on", "2026-03-01"),
        ("collect_on", "2026-03-16"),
        ("code", "AM04"),
        ("valued_on", "2026-03-09"),
        ("counted", "no"),
        ("until", "2027-01-01"),
        ("asked_via", "mail"),
        ("factor", "1"),
        ("account", crate::bank::OURS),
        ("day", "2020-01-01"),
        ("invoices", ""),
        ("from", "2026-03-09"),
        ("up_to", "2026-03-09"),
        ("started_at", "2026-03-09T08:00"),
        ("cause", "outage"),
        ("city", "Utrecht"),
        ("collection", &scene.of("collections")),
        ("mandate", &scene.mandate),
    ];
    let encode = strippenkaart::web::pages::encode;
    fields.iter().fold(String::new(), |mut form, (name, value)| {
        write!(form, "{}{name}={}", if form.is_empty() { "" } else { "&" }, encode(value)).unwrap();
        form
    })
}

/// The cookie of a session of whom a token is.
async fn session(site: &Site, token: &str) -> String {
    let service = &site.fixture.service;
    let user = service.caller_by_token(token).await.unwrap().user.id;
    let (made, now) = (secret::random_token(), site.fixture.clock.now());
    let mut tx = service.db.begin().await.unwrap();
    users::start_session(&mut tx, &secret::digest(&made), user, now, now + TimeDelta::days(1)).await.unwrap();
    tx.commit().await.unwrap();
    format!("session={made}")
}

/// Where a page is, with the identities of the scene.
fn path(scene: &Scene, page: &str) -> String {
    const NOTHING: &str = "00000000-0000-0000-0000-000000000000";
    let path = page.split_once(' ').unwrap().1;
    let of = path.split('/').rev().skip_while(|part| *part != "{id}").nth(1).unwrap_or_default();
    let id = match of {
        "contacts" => scene.leaver.clone(),
        "users" => NOTHING.to_owned(),
        "reminders" => scene.invoice.clone(),
        "lines" => scene.of("bank"),
        "" => String::new(),
        kind => scene.of(kind),
    };
    path.replace("{id}", &id)
        .replace("{installation_id}", &scene.installation)
        .replace("{month}", "2026-03")
        .replace("{version}", "1")
        .replace("{number}", "1")
        .replace("{digest}", NOTHING)
        .replace("{jti}", NOTHING)
}

async fn try_page(scene: &Scene, page: &str, person: &str, cookie: &str) -> Answer {
    let method = page.split_once(' ').unwrap().0;
    let mut request = Request::builder().method(method).uri(path(scene, page)).header(header::HOST, "localhost:8080");
    request = request.header(header::COOKIE, cookie);
    let body = if method == "POST" { form(scene, page, person) } else { String::new() };
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    scene.site.send(request.body(Body::from(body)).unwrap()).await
}

#[test]
fn every_page_has_a_row() {
    let known = |page: &&String| TABLE.iter().any(|(name, _)| name == *page) || OPEN.contains(&page.as_str());
    let pages = pages();
    assert!(pages.len() > 120, "{}", pages.len());
    let missing: Vec<&String> = pages.iter().filter(|page| !known(page)).collect();
    assert!(missing.is_empty(), "say who may: {missing:#?}");
    let gone: Vec<_> = TABLE.iter().filter(|(name, _)| !pages.iter().any(|page| page == name)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
}

on_both! {
    under policy();
    async fn every_page_is_for_whom_the_table_says(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.site.token_of(scene.leaver.parse().unwrap(), "lou@example.org").await;
        let mut cookies = Vec::new();
        for token in &scene.tokens {
            cookies.push(session(&scene.site, token).await);
        }
        let before = scene.state().await;
        let mut wrong = Vec::new();
        for (page, row) in TABLE {
            for (at, person) in PEOPLE.iter().enumerate() {
                let expected = match may(row, at) {
                    "n" => 403,
                    "h" => 404,
                    _ => continue,
                };
                let answer = try_page(&scene, page, person, &cookies[at]).await;
                if answer.status != expected {
                    wrong.push(format!("{page} {person}: {} instead of {expected}", answer.status));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(scene.state().await, before, "who may not, changes nothing");
        for (page, row) in TABLE {
            for (at, person) in PEOPLE.iter().enumerate().filter(|(at, _)| may(row, *at) == "y") {
                let answer = try_page(&scene, page, person, &cookies[at]).await;
                let status = answer.status.as_u16();
                if !([200, 303, 409, 422].contains(&status) || is_absent(page) && status == 404) {
                    wrong.push(format!("{page} {person}: {status}"));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}

on_both! {
    under policy();
    async fn spend_1a_every_page_asks_whether_the_authorisation_holds_today(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        scene.site.token_of(scene.leaver.parse().unwrap(), "lou@example.org").await;
        let tokens = access_days::tokens(&scene).await;
        let mut cookies = Vec::new();
        for token in &tokens {
            cookies.push(session(&scene.site, token).await);
        }
        let before = scene.state().await;
        let (mut wrong, mut denied) = (Vec::new(), 0);
        for (page, row) in TABLE {
            for ((name, role, outside), cookie) in PERSONS.iter().zip(&cookies) {
                let now = may(row, access_days::column(outside.unwrap_or(role)));
                let expected = match now {
                    "n" => 403,
                    "h" => 404,
                    _ => continue,
                };
                denied += 1;
                let answer = try_page(&scene, page, role, cookie).await;
                if answer.status != expected {
                    wrong.push(format!("{page} {name}: {} instead of {expected}", answer.status));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert!(denied > 300, "{denied}");
        assert_eq!(scene.state().await, before, "who may not today, changes nothing");
        for (page, row) in TABLE {
            for ((name, role, outside), cookie) in PERSONS.iter().zip(&cookies) {
                if may(row, access_days::column(outside.unwrap_or(role))) != "y" {
                    continue;
                }
                let status = try_page(&scene, page, role, cookie).await.status.as_u16();
                if ![200, 303, 409, 422].contains(&status) {
                    wrong.push(format!("{page} {name}: {status}"));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}

on_both! {
    under policy();
    async fn without_a_login_every_page_leads_to_the_login(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let before = scene.state().await;
        for (page, _) in TABLE {
            let answer = try_page(&scene, page, "nobody", "").await;
            let to = answer.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap());
            assert_eq!((answer.status.as_u16(), to.starts_with("/login")), (303, true), "{page}: {}", answer.text);
        }
        assert_eq!(scene.state().await, before);
    }
}
