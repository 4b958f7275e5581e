//! Whose an address is (A4): nobody gets somebody else's by being a contact first, staff's always wins, administrators see and end
//! every login, and everybody changes their own.

use crate::common::{Fixture, on_both};
use crate::links::hired;
use crate::pages::{Browser, PASSWORD, Site};
use axum::http::StatusCode;
use std::net::{IpAddr, Ipv4Addr};
use strippenkaart::domain::{ContactId, CustomerId, Role, UserId};
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::customers::NewContact;
use strippenkaart::service::login::NewUser;
use strippenkaart::service::users::Proof;
use strippenkaart::service::{Error, Service};
use strippenkaart::store::Statements as _;
use strippenkaart::store::users::{self, StaffRole, User};

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ADDRESS: &str = "colleague@provider.example";
const STOLEN: &str = "zeven stille ganzen lopen";

fn colleague() -> NewUser {
    NewUser { email: ADDRESS.to_owned(), name: "Cas Colleague".to_owned(), role: StaffRole::Agent }
}

async fn has(service: &Service, email: &str) -> Option<User> {
    users::by_email(&mut service.db.reader().await.unwrap(), email).await.unwrap()
}

async fn by_id(service: &Service, id: UserId) -> User {
    users::by_id(&mut service.db.reader().await.unwrap(), id).await.unwrap().unwrap()
}

/// An owner who invited the address of a colleague of the provider, opened that link himself, and so has a login under it.
struct Taken {
    admin: Caller,
    customer: CustomerId,
    owner: Caller,
    contact: ContactId,
    /// The session of the login under the colleague's address.
    session: String,
    login: Caller,
}

async fn taken(fixture: &Fixture) -> Taken {
    let service = &fixture.service;
    let admin = hired(service, "admin", StaffRole::Admin).await;
    let (customer, owner) = fixture.customer().await;
    let link = service.invite_contact(&admin, owner, FROM).await.unwrap();
    let session = service.accept_link(&link, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
    let owner = service.caller_by_session(&session.secret).await.unwrap();
    let by = Request { caller: &owner, key: None };
    let contact = service.add_contact(by, customer, NewContact::new("Cas", ADDRESS, Role::Owner)).await.unwrap().id;
    let link = service.invite_contact(&owner, contact, FROM).await.unwrap();
    let session = service.accept_link(&link, (None, None), STOLEN.to_owned(), (FROM, None)).await.unwrap().secret;
    let login = service.caller_by_session(&session).await.unwrap();
    Taken { admin, customer, owner, contact, session, login }
}

async fn login_of(service: &Service, by: &Caller, customer: CustomerId, contact: ContactId) -> Option<UserId> {
    let people = service.contacts(by, customer).await.unwrap();
    people.into_iter().find(|with| with.contact.id == contact).unwrap().user_id
}

on_both! {
    async fn a4_a_staff_invitation_wins_over_a_login_that_nobody_proved(fixture: Fixture) {
        let service = &fixture.service;
        let Taken { admin, customer, owner, contact, session, login } = taken(&fixture).await;
        assert!(login.user.yields() && login.contact_at(customer).is_some(), "the address alone, of a customer");
        // It has done something, has a token and a link, and has made a link.
        let by = Request { caller: &login, key: None };
        let added = service.add_contact(by, customer, NewContact::new("Pia", "pia@example.org", Role::Viewer)).await.unwrap();
        let made = service.invite_contact(&login, added.id, FROM).await.unwrap();
        let token = service.make_token(ADDRESS, 90, true, Some(&admin.user.email)).await.unwrap();
        let link = service.invite_staff(&admin, colleague()).await.unwrap();
        assert_eq!(service.caller_by_session(&session).await.unwrap().user.id, login.user.id, "until it is used");
        // It cannot put an end to the invitation by a new password, its own or by a link.
        let new = service.change_password(&login, (STOLEN.to_owned(), "acht oude bomen waaien om".to_owned()), FROM).await;
        let session = new.unwrap().secret;
        let reset = service.reset_link(&admin, login.user.id, FROM).await.unwrap();
        assert!(service.link(&link).await.unwrap().takes_over);
        let signed = service.accept_link(&link, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
        let staff = service.caller_by_session(&signed.secret).await.unwrap();
        assert_eq!((staff.user.role, staff.user.email.as_str()), (Some(StaffRole::Agent), ADDRESS));
        assert_eq!((staff.user.proved_by, staff.contacts.len()), (Some(Proof::Administrator), 0));
        assert_ne!(staff.user.id, login.user.id, "what one did is not the other's");

        // Nothing of the other works any more.
        assert_eq!(service.caller_by_session(&session).await.unwrap_err(), Error::Unauthenticated);
        assert_eq!(service.caller_by_token(&token).await.unwrap_err(), Error::Unauthenticated);
        for link in [&reset, &made] {
            assert_eq!(service.link(link).await.unwrap_err(), Error::NotFound("link"));
        }
        let old = service.log_in(ADDRESS, "acht oude bomen waaien om".to_owned(), FROM).await;
        assert_eq!(old.unwrap_err(), Error::Unauthenticated);
        service.log_in(ADDRESS, PASSWORD.to_owned(), FROM).await.unwrap();
        // It cannot be brought back, and doing so would not touch the colleague.
        let back = service.set_user_disabled(&admin, login.user.id, false).await;
        assert_eq!(back.unwrap_err(), Error::NotFound("login"));
        let blocked = service.set_user_disabled(&admin, login.user.id, true).await;
        assert_eq!(blocked.unwrap_err(), Error::NotFound("login"));
        assert_eq!(service.reset_link(&admin, login.user.id, FROM).await.unwrap_err(), Error::NotFound("login"));

        // What it did can be read, by the name that it had.
        let kept = by_id(service, login.user.id).await;
        assert!(kept.lost_at.is_some() && kept.name == "Cas" && kept.email == ADDRESS);
        let people = service.contacts(&owner, customer).await.unwrap();
        let pia = people.iter().find(|with| with.contact.id == added.id).unwrap();
        assert_eq!(pia.added_by_name.as_deref(), Some("Cas"));

        // The contact can be invited anew, which takes the colleague's own password now.
        assert_eq!(login_of(service, &owner, customer, contact).await, None);
        let link = service.invite_contact(&owner, contact, FROM).await.unwrap();
        assert!(service.link(&link).await.is_ok_and(|opened| opened.known_login));
        let again = service.accept_link(&link, (None, None), STOLEN.to_owned(), (FROM, None)).await;
        assert!(matches!(again.unwrap_err(), Error::Fields(faults) if faults[0].field == "password"));
        assert_eq!(login_of(service, &owner, customer, contact).await, None);
        assert_eq!(has(service, ADDRESS).await.unwrap().role, Some(StaffRole::Agent));
    }
}

on_both! {
    async fn a4_the_command_line_takes_an_address_over_as_an_invitation_does(fixture: Fixture) {
        let service = &fixture.service;
        let Taken { session, login, .. } = taken(&fixture).await;
        let added = service.add_user(colleague(), PASSWORD.to_owned()).await.unwrap();
        assert_eq!(service.caller_by_session(&session).await.unwrap_err(), Error::Unauthenticated);
        assert_eq!(has(service, ADDRESS).await.map(|user| user.id), Some(added.id));
        assert!(by_id(service, login.user.id).await.lost_at.is_some());
    }
}

on_both! {
    async fn a4_an_address_of_staff_or_one_that_is_proved_cannot_be_taken(fixture: Fixture) {
        let service = &fixture.service;
        let Taken { admin, customer, owner, contact, login, .. } = taken(&fixture).await;
        // Proved by mail: what a later version does.
        let mut tx = service.db.begin().await.unwrap();
        let sql = "UPDATE users SET proved_by = $2, proved_at = $3 WHERE id = $1";
        tx.query(sql).bind(login.user.id).bind(Proof::Mail).bind(fixture.clock.now()).execute().await.unwrap();
        tx.commit().await.unwrap();
        let agent = hired(service, "agent", StaffRole::Agent).await;
        for email in [ADDRESS, "agent@provider.example", "AGENT@provider.example "] {
            let new = NewUser { email: email.to_owned(), ..colleague() };
            let invited = service.invite_staff(&admin, new.clone()).await.unwrap_err();
            assert!(matches!(invited, Error::Fields(faults) if faults[0].field == "email"), "{email}");
            assert!(service.add_user(new, PASSWORD.to_owned()).await.is_err(), "{email}");
        }
        // A link that was made before it was proved does not take it either.
        let mut tx = service.db.begin().await.unwrap();
        assert_eq!(users::take_address(&mut tx, ADDRESS, fixture.clock.now()).await.unwrap(), None);
        assert_eq!(users::take_address(&mut tx, "agent@provider.example", fixture.clock.now()).await.unwrap(), None);
        drop(tx);
        assert_eq!(login_of(service, &owner, customer, contact).await, Some(login.user.id), "it stays as it is");

        // An owner who invites staff's address gets nowhere without that person's own password.
        let by = Request { caller: &owner, key: None };
        let theirs = NewContact::new("Ag", "agent@provider.example", Role::Spender);
        let theirs = service.add_contact(by, customer, theirs).await.unwrap().id;
        let link = service.invite_contact(&owner, theirs, FROM).await.unwrap();
        let opened = service.accept_link(&link, (None, None), "mijn eigen lange zin".to_owned(), (FROM, None)).await;
        assert!(opened.is_err());
        assert_eq!(login_of(service, &owner, customer, theirs).await, None);
        let now = by_id(service, agent.user.id).await;
        assert_eq!((now.role, now.password), (agent.user.role, agent.user.password));
    }
}

on_both! {
    async fn a4_whoever_is_faster_the_address_ends_with_staff(fixture: Fixture) {
        let service = &fixture.service;
        let admin = hired(service, "admin", StaffRole::Admin).await;
        let (customer, _) = fixture.customer().await;
        let contact = fixture.contact(customer, "Cas", ADDRESS, Role::Viewer).await.id;
        let theirs = service.invite_contact(&admin, contact, FROM).await.unwrap();
        let ours = service.invite_staff(&admin, colleague()).await.unwrap();
        let (contacts, staffs) = tokio::join!(
            service.accept_link(&theirs, (None, None), STOLEN.to_owned(), (FROM, None)),
            service.accept_link(&ours, (None, None), PASSWORD.to_owned(), (FROM, None)),
        );
        if staffs.is_err() {
            // The other came in between: the link is as good as before.
            service.accept_link(&ours, (None, None), PASSWORD.to_owned(), (FROM, None)).await.unwrap();
        }
        let owns = has(service, ADDRESS).await.unwrap();
        assert_eq!(owns.role, Some(StaffRole::Agent));
        let attached = login_of(service, &admin, customer, contact).await;
        assert_eq!(attached, None, "the contact can be invited anew");
        if let Ok(signed) = contacts {
            assert_eq!(service.caller_by_session(&signed.secret).await.unwrap_err(), Error::Unauthenticated);
        }
    }
}

#[tokio::test]
async fn a4_who_opens_a_staff_invitation_is_told_that_a_login_ends() {
    let site = Site::new(Fixture::sqlite().await);
    let Taken { admin, .. } = taken(&site.fixture).await;
    let link = site.fixture.service.invite_staff(&admin, colleague()).await.unwrap();
    for (lang, said) in [("nl", "neemt het over"), ("en", "takes it over")] {
        let mut nobody = site.browser();
        nobody.lang = lang;
        assert!(nobody.get(&format!("/invite/{link}")).await.texts(".lead")[0].contains(said), "{lang}");
    }
}

/// The form of a page whose action begins and ends like this.
fn action(page: &crate::pages::Answer, id: UserId, act: &str) -> String {
    let (begin, act) = (format!("/users/{id}/"), format!("/{act}"));
    let actions = page.attributes("form", "action").into_iter().chain(page.attributes("button", "formaction"));
    actions.into_iter().find(|path| path.starts_with(&begin) && path.contains(&act)).unwrap_or_default()
}

on_both! {
    async fn a4_administrators_see_and_end_every_login(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let (customer, owner) = site.fixture.customer().await;
        let mut contact = site.contact(&admin, owner).await;
        let name = site.fixture.service.customer(&admin, customer).await.unwrap().name;
        let mut browser = site.login(&admin.user.email).await;

        let staff = browser.get("/users").await;
        let shown = staff.texts("tbody .what");
        assert!(shown.len() == 1 && shown[0].starts_with("Staff admin"), "staff first: {shown:?}");
        let page = browser.get("/users?whose=customers").await;
        assert_eq!(page.texts("tbody .what").len(), 1);
        let cells = page.texts("tbody td");
        assert!(cells[0].contains(&name) && cells[0].contains("eigenaar") && cells[0].contains("adres niet bewezen"), "{cells:?}");
        assert!(cells[1].contains("09-03-2026"), "when it was last seen: {cells:?}");
        for found in [name.as_str(), "JO JANSEN"] {
            let query = strippenkaart::web::pages::encode(found);
            let page = browser.get(&format!("/users?whose=all&query={query}")).await;
            assert_eq!(page.texts("tbody .what").len(), 1, "{found}");
        }
        assert!(browser.get("/users?query=%25").await.text.contains("Geen logins gevonden."));

        let id = has(&site.fixture.service, &page.texts("tbody .meta")[0]).await.unwrap().id;
        // Signed out, and free to come back.
        assert_eq!(contact.get("/own-login").await.status, StatusCode::OK);
        let out = browser.post(&action(&page, id, "sign-out"), &[]).await;
        assert_eq!(out.location(), "/users?whose=customers", "back to where it was pressed");
        assert_eq!(contact.get("/own-login").await.location(), "/login?next=/own-login");
        let email = by_id(&site.fixture.service, id).await.email;
        let mut contact = site.login(&email).await;
        // Blocked, and let in again.
        browser.post(&action(&page, id, "disable"), &[]).await;
        assert_eq!(contact.get("/own-login").await.location(), "/login?next=/own-login");
        let page = browser.get("/users?whose=customers").await;
        assert_eq!((page.texts(".tag.bad"), action(&page, id, "reset")), (vec!["geblokkeerd".to_owned()], String::new()));
        browser.post(&action(&page, id, "enable"), &[]).await;
        site.login(&email).await;
        // A link for a new password.
        let page = browser.get("/users?whose=customers").await;
        let made = browser.post(&action(&page, id, "reset"), &[]).await;
        assert!(made.attributes("#link", "value")[0].contains("/invite/"), "{}", made.text);
        // One that has lost its address stays to be seen, and nothing can be done with it.
        let new = NewUser { email: email.clone(), ..colleague() };
        site.fixture.service.add_user(new, PASSWORD.to_owned()).await.unwrap();
        let page = browser.get("/users?whose=customers").await;
        assert_eq!((page.texts(".tag.bad"), page.texts("tbody form").len()), (vec!["adres afgestaan".to_owned()], 0));
    }
}

on_both! {
    async fn a4_thousands_of_logins_are_shown_in_pages(fixture: Fixture) {
        let site = Site::new(fixture);
        let admin = site.staff(StaffRole::Admin).await;
        let service = &site.fixture.service;
        let mut tx = service.db.begin().await.unwrap();
        for number in 0..120 {
            // Names that are the same are told apart by the login.
            let (id, name) = (site.fixture.clock.id(), format!("Person {}", number / 30));
            let user = User::new(id, format!("p{number}@example.org"), name, None, site.fixture.clock.now());
            assert!(users::add(&mut tx, &user).await.unwrap());
        }
        tx.commit().await.unwrap();
        let mut browser = site.login(&admin.user.email).await;
        let (mut next, mut seen, mut pages) = ("/users?whose=customers".to_owned(), Vec::new(), 0);
        while !next.is_empty() {
            let page = browser.get(&next).await;
            assert_eq!(page.texts("a").contains(&"Vanaf het begin".to_owned()), pages > 0);
            seen.extend(page.texts("tbody .meta").into_iter().filter(|text| text.contains('@')));
            next = page.attributes(".pager [rel=next]", "href").pop().unwrap_or_default();
            pages += 1;
        }
        let once: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!((pages, seen.len(), once.len()), (3, 120, 120));
        for bad in ["/users?cursor=!", "/users?whose=nobody"] {
            assert_eq!(browser.get(bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        }
    }
}

async fn change(browser: &mut Browser, old: &str, new: &str) -> crate::pages::Answer {
    browser.post("/own-login/password", &[("old_password", old), ("new_password", new)]).await
}

on_both! {
    async fn a4_everybody_changes_their_own_password_and_the_rest_ends(fixture: Fixture) {
        let site = Site::new(fixture);
        let service = &site.fixture.service;
        let admin = site.staff(StaffRole::Admin).await;
        let (_, owner) = site.fixture.customer().await;
        site.contact(&admin, owner).await;
        let mut on = service.db.reader().await.unwrap();
        let mine = users::list(&mut on, users::Whose::Customers, "", None, 9).await.unwrap().remove(0).email;
        drop(on);
        let agent = site.staff(StaffRole::Agent).await.user.email;
        for email in [mine, agent] {
            let (mut here, mut elsewhere) = (site.login(&email).await, site.login(&email).await);
            let plain = service.make_token(&email, 90, false, Some(&admin.user.email)).await.unwrap();
            let kept = service.make_token(&email, 90, true, Some(&admin.user.email)).await.unwrap();
            let id = has(service, &email).await.unwrap().id;
            let link = service.reset_link(&admin, id, FROM).await.unwrap();

            let page = here.get("/own-login").await;
            assert!(page.status == StatusCode::OK && page.texts(".lead")[0].contains(&email));
            let wrong = change(&mut here, "niet het wachtwoord", "acht oude bomen waaien om").await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(wrong.texts("#old_password-error"), ["Dit is niet het wachtwoord van uw login."]);
            assert!(!wrong.text.contains("bomen") && !wrong.text.contains("niet het wachtwoord\""), "no password comes back");
            let weak = change(&mut here, PASSWORD, "kort").await;
            assert!(weak.texts("#new_password-error")[0].starts_with("Gebruik minstens 10 tekens"));
            assert_eq!(elsewhere.get("/own-login").await.status, StatusCode::OK, "nothing has changed");
            assert!(service.caller_by_token(&plain).await.is_ok());

            let done = change(&mut here, PASSWORD, "acht oude bomen waaien om").await;
            assert_eq!(done.location(), "/own-login?done=changed");
            assert!(here.get(done.location()).await.texts("#notice")[0].starts_with("Het wachtwoord is gewijzigd."));
            assert_eq!(elsewhere.get("/own-login").await.location(), "/login?next=/own-login");
            assert_eq!(service.caller_by_token(&plain).await.unwrap_err(), Error::Unauthenticated);
            assert_eq!(service.caller_by_token(&kept).await.unwrap().user.id, id);
            assert_eq!(service.link(&link).await.unwrap_err(), Error::NotFound("link"));
            let elsewhere = IpAddr::from([192, 0, 2, 1]);
            let old = service.log_in(&email, PASSWORD.to_owned(), elsewhere).await;
            assert_eq!(old.unwrap_err(), Error::Unauthenticated);
            service.log_in(&email, "acht oude bomen waaien om".to_owned(), elsewhere).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a4_the_old_password_is_guessed_no_faster_than_at_the_door() {
    let site = Site::new(Fixture::sqlite().await);
    let admin = site.staff(StaffRole::Admin).await;
    let mut browser = site.login(&admin.user.email).await;
    let mut last = change(&mut browser, "guess", "acht oude bomen waaien om").await;
    for _ in 0..5 {
        last = change(&mut browser, "guess", "acht oude bomen waaien om").await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.texts(".alert.bad")[0].starts_with("Te veel pogingen"), "{:?}", last.texts(".alert"));
    let at_the_door = browser.post("/login", &[("email", admin.user.email.as_str()), ("password", PASSWORD)]).await;
    assert_eq!(at_the_door.status, StatusCode::TOO_MANY_REQUESTS, "one count for both");
}

on_both! {
    async fn a4_everybody_changes_their_own_name_and_signs_out_everywhere(fixture: Fixture) {
        let site = Site::new(fixture);
        let email = site.staff(StaffRole::Finance).await.user.email;
        let token = site.fixture.service.create_token(&email, 90).await.unwrap();
        let (mut here, mut elsewhere) = (site.login(&email).await, site.login(&email).await);
        let page = here.get("/finance").await;
        assert_eq!(page.texts(".session a[href='/own-login']"), ["Uw login"]);
        let wrong = here.post("/own-login/name", &[("name", "A\u{7}B")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.attributes("#name", "value")[0].starts_with('A'), "what was typed is kept");
        assert_eq!(wrong.texts("#name-error").len(), 1);
        let done = here.post("/own-login/name", &[("name", "  Fem Rademaker ")]).await;
        let page = here.get(done.location()).await;
        assert_eq!((page.texts("#notice"), page.texts(".who")), (vec!["De naam is gewijzigd.".to_owned()], vec!["Fem Rademaker".to_owned()]));
        assert_eq!(elsewhere.get("/own-login").await.attributes("#name", "value"), ["Fem Rademaker"]);

        let out = here.post("/own-login/sign-out", &[]).await;
        assert!(out.location() == "/login" && out.headers.contains_key("clear-site-data"));
        for browser in [&mut here, &mut elsewhere] {
            assert_eq!(browser.get("/own-login").await.location(), "/login?next=/own-login");
        }
        assert!(site.fixture.service.caller_by_token(&token).await.is_ok(), "programs work on");
        for path in ["name", "password", "sign-out"] {
            assert_eq!(site.browser().post(&format!("/own-login/{path}"), &[]).await.location(), "/login?next=/");
        }
    }
}
