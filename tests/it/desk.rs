//! The provider's pages as a browser gets them: the line that says what it charges, tickets, payments, logins.

use crate::common::{Fixture, day, on_both};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use scraper::{Html, Selector};
use strippenkaart::domain::{ContactId, CustomerId, Estimate, Minutes, Role, Ticket, TicketKind, UserId};
use strippenkaart::service::{balance::AsOf, secret};
use strippenkaart::store::users::{self, StaffRole, User};
use strippenkaart::web::limits::Limits;
use strippenkaart::web::{Settings, pages::encode, router};
use tower::ServiceExt;

/// Somebody who is logged in.
struct Browser {
    app: Router,
    cookie: String,
    lang: &'static str,
    user: UserId,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Browser {
    /// With a session of a fresh login: of the provider, or one without a role.
    async fn new(fixture: &Fixture, role: Option<StaffRole>) -> Self {
        let (service, now) = (&fixture.service, fixture.clock.now());
        let id: UserId = fixture.clock.id();
        let name = role.map_or("Contact".to_owned(), |role| format!("The {role}"));
        let email = format!("{id}@example.org");
        let mut tx = service.db.begin().await.unwrap();
        users::add(&mut tx, &User::new(id, email, name, role, now)).await.unwrap();
        let cookie = id.to_string();
        users::start_session(&mut tx, &secret::digest(&cookie), id, now, now + chrono::Duration::days(1))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let settings =
            Settings { public_url: "http://localhost:8080".to_owned(), behind_proxy: false, limits: Limits::default() };
        let app = router(service.clone(), settings);
        Self { app, cookie: format!("session={cookie}"), lang: "nl", user: id }
    }

    async fn agent(fixture: &Fixture) -> Self {
        Self::new(fixture, Some(StaffRole::Agent)).await
    }

    /// Logged in as a contact.
    async fn contact(fixture: &Fixture, contact: ContactId) -> Self {
        let browser = Self::new(fixture, None).await;
        let mut tx = fixture.service.db.begin().await.unwrap();
        users::attach(&mut tx, contact, browser.user, fixture.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        browser
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// As htmx asks.
    async fn part(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("hx-request", "true"), Body::empty()).await
    }

    async fn post(&self, path: &str, values: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(pairs.join("&"))).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = request
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT_LANGUAGE, self.lang)
            .header(header::COOKIE, &self.cookie);
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, location, text }
    }
}

impl Answer {
    fn texts(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.text);
        let found = Selector::parse(selector).unwrap();
        let spaced = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        page.select(&found).map(|element| spaced(element.text().collect())).collect()
    }

    /// The values of an attribute.
    fn attrs(&self, selector: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.text);
        let found = Selector::parse(selector).unwrap();
        page.select(&found).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    fn value(&self, selector: &str) -> String {
        self.attrs(selector, "value").into_iter().next().unwrap_or_default()
    }
}

/// A question of an owner, with an agreement of `minutes`.
async fn agreed(fixture: &Fixture, minutes: i64) -> (CustomerId, ContactId, Ticket, Estimate) {
    let (customer, owner) = fixture.customer().await;
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
    let estimate = fixture.propose(ticket.id, minutes).await;
    fixture.accept(estimate.id, owner).await.unwrap();
    (customer, owner, ticket, estimate)
}

async fn used(fixture: &Fixture, browser: &Browser, customer: CustomerId) -> (Minutes, Minutes) {
    let caller = fixture.service.caller_by_id(browser.user).await.unwrap();
    let total = fixture.service.balance(&caller, customer, AsOf::Now).await.unwrap().total;
    (total.used, total.uncovered)
}

on_both! {
    async fn the_line_says_what_it_charges_and_books_nothing(fixture: Fixture) {
        let (customer, _, ticket, _) = agreed(&fixture, 120).await;
        let agent = Browser::agent(&fixture).await;
        let line = async |time: &str| {
            let path = format!("/desk/preview?ticket={}&time={}&key=1&description=", ticket.number, encode(time));
            let part = agent.part(&path).await;
            assert_eq!(part.status, StatusCode::OK, "{}", part.text);
            assert!(!part.text.contains("<html"), "one block");
            part.texts("body").join("")
        };
        let said = line("50m").await;
        assert_eq!(said, "50 min gewerkt → 1:00 wordt berekend: 1:00 van de afspraak, waarvan 1:00 overblijft; daarnaast is er nog 1:00");
        assert_eq!(line("1u15").await.split(" gewerkt").next(), Some("1 u 15 min"));
        for same in ["75m", "1h15", "1:15", "1,25"] {
            assert_eq!(line(same).await, line("1u15").await, "{same}");
        }
        assert_eq!(line("30").await, "Minuten of uren? Schrijf 30m of 30u.");
        assert!(line("3u").await.ends_with("Van de afgesproken 2:00 is nog 2:00 over en dit kost 3:00: 1:00 te veel."));
        assert!(line("").await.starts_with("Leest 1u15"));

        let page = agent.post("/desk/time", &[("ticket", &ticket.number.to_string()), ("time", "50m"), ("preview", "yes")]).await;
        assert_eq!((page.status, page.value("#time")), (StatusCode::OK, "50m".to_owned()), "the same without script");
        assert_eq!(page.texts("#understood"), [said]);
        assert_eq!(used(&fixture, &agent, customer).await, (Minutes::ZERO, Minutes::ZERO));
    }
}

on_both! {
    under crate::charging::FACTORS;
    async fn time_3_the_line_says_how_the_charge_comes_about(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let agent = Browser::agent(&fixture).await;
        let number = ticket.number.to_string();
        let line = [("time", "40m"), ("started_at", "07:40"), ("surcharge_call_out", "yes"), ("excess", "uncovered")];
        let line: Vec<(&str, &str)> = line.into_iter().chain([("ticket", &number[..]), ("description", "Hulp")]).collect();
        let page = agent.get(&format!("/tickets/{}", ticket.id)).await;
        assert_eq!(page.attrs("#log [type=time]", "name"), ["started_at"]);
        assert_eq!(page.texts("#log fieldset label"), ["Bezoek op locatie (+0:30)"]);
        let booked = agent.post(&format!("/tickets/{}/time", ticket.id), &line).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
        let page = agent.get(&booked.location).await.text;
        for step in ["07:40–08:00, Voor 8.00 of na 17.00 uur: 20 × 1,5 = 30", "Bezoek op locatie: +0:30"] {
            assert!(page.contains(step), "{step}");
        }
        let statement = agent.get(&format!("/customers/{customer}")).await.text;
        assert!(statement.contains("50 minuten, afgerond 1:00"), "{statement}");
    }
}

on_both! {
    async fn fifty_minutes_are_booked_once_however_often_they_are_sent(fixture: Fixture) {
        let (customer, _, ticket, _) = agreed(&fixture, 120).await;
        let agent = Browser::agent(&fixture).await;
        let desk = agent.get("/desk").await;
        let (key, chosen) = (desk.value("#entry [name=key]"), desk.value("#tickets option"));
        assert!(chosen.starts_with(&format!("{} A question", ticket.number)), "{chosen}");
        let line = [("key", &key[..]), ("ticket", &chosen), ("time", "50m"), ("description", "Uitgelegd")];
        let first = agent.post("/desk/time", &line).await;
        let second = agent.post("/desk/time", &line).await;
        assert_eq!((first.status, &second.location), (StatusCode::SEE_OTHER, &first.location));
        assert_eq!(used(&fixture, &agent, customer).await, (Minutes(60), Minutes::ZERO));
        let desk = agent.get(&first.location).await;
        let number = ticket.number;
        assert_eq!(
            desk.texts("#notice"),
            [format!("Geboekt op melding {number}: 50 min gewerkt, 1:00 berekend, van de afspraak.")]
        );
        assert_eq!(desk.attrs("#entry [autofocus]", "name"), ["ticket"], "ready for the next line");

        let changed = [("key", &key[..]), ("ticket", &chosen), ("time", "2u"), ("description", "Uitgelegd")];
        let refused = agent.post("/desk/time", &changed).await;
        assert_eq!((refused.status, refused.value("#time")), (StatusCode::UNPROCESSABLE_ENTITY, "2u".to_owned()));
        assert_ne!(refused.value("#entry [name=key]"), key, "it can be sent again");
    }
}

on_both! {
    async fn spend_5_a_refusal_keeps_the_line_and_offers_ways_out(fixture: Fixture) {
        let (customer, _, ticket, _) = agreed(&fixture, 60).await;
        let agent = Browser::agent(&fixture).await;
        let number = ticket.number.to_string();
        let mut line = vec![("ticket", &number[..]), ("time", "61m"), ("description", "Met \"spoed\" & zorg")];
        let refused = agent.post("/desk/time", &line).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let kept = ["#ticket", "#time", "#description"].map(|field| refused.value(field));
        assert_eq!(kept, [&number[..], "61m", "Met \"spoed\" & zorg"]);
        assert_eq!(refused.texts("[role=alert] button"), ["Boek 0:15 als niet gedekt", "Geef 0:15 weg"]);
        assert_eq!(refused.attrs("[role=alert] a", "href"), [format!("/tickets/{}#propose", ticket.id)]);
        assert_eq!(refused.texts("#entry button")[0], "Boek", "the Enter key asks the same again");
        assert_eq!(used(&fixture, &agent, customer).await, (Minutes::ZERO, Minutes::ZERO));

        line[1].1 = "2u";
        let refused = agent.post("/desk/time", &line).await;
        assert_eq!(refused.texts("[role=alert] button"), ["Boek 1:00 als niet gedekt"], "more than the tolerance");

        line[1].1 = "61m";
        line.push(("excess", "goodwill"));
        assert_eq!(agent.post("/desk/time", &line).await.status, StatusCode::SEE_OTHER);
        assert_eq!(used(&fixture, &agent, customer).await, (Minutes(60), Minutes::ZERO), "the rest was given away");

        line[1].1 = "20m";
        line[3].1 = "uncovered";
        let booked = agent.post("/desk/time", &line).await;
        assert_eq!(used(&fixture, &agent, customer).await, (Minutes(60), Minutes(30)));
        let notice = agent.get(&booked.location).await.texts("#notice").join("");
        assert!(notice.ends_with("0:30 berekend, niet gedekt. Nog niet gedekt: 0:30."), "{notice}");
    }
}

#[tokio::test]
async fn every_fault_of_the_line_is_told_at_once() {
    let fixture = Fixture::sqlite().await;
    let agent = Browser::agent(&fixture).await;
    let refused = agent.post("/desk/time", &[("ticket", "9999"), ("time", "30"), ("description", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = ["#ticket-error", "#time-error", "#description-error"].map(|at| refused.texts(at).join(""));
    assert_eq!(
        told,
        ["Kies een melding uit de lijst, of typ het nummer.", "Minuten of uren? Schrijf 30m of 30u.", "Dit is nodig."]
    );
}

on_both! {
    async fn an_agreement_is_asked_recorded_and_closed_on_the_ticket(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Change).await;
        let agent = Browser::agent(&fixture).await;
        let at = format!("/tickets/{}", ticket.id);
        let bare = agent.post(&format!("{at}/estimates"), &[("minutes", "2"), ("description", "Bouwen")]).await;
        assert_eq!(bare.texts("#estimate-minutes-error"), ["Minuten of uren? Schrijf 2m of 2u."]);
        assert_eq!(bare.value("#estimate-description"), "Bouwen");
        for hours in ["4u", "1u40"] {
            let asked = agent.post(&format!("{at}/estimates"), &[("minutes", hours), ("description", "Bouwen")]).await;
            assert_eq!(asked.location, format!("{at}?done=proposed"));
        }
        let page = agent.get(&at).await;
        assert_eq!(page.texts(".rows .amount"), ["4:00", "1:45"]);
        let forms = page.attrs("form[action$='/record']", "action");
        let owner = owner.to_string();
        let told = [("contact_id", &owner[..]), ("channel", "phone"), ("note", "Zei ja"), ("agreed_at", "2026-03-09T09:30")];
        let short = agent.post(&forms[0], &told).await;
        assert_eq!(short.status, StatusCode::CONFLICT);
        assert_eq!(short.texts("details[open] .alert p")[0], "Er is 3:00 beschikbaar en 4:00 nodig: 1:00 te weinig.");
        assert_eq!(short.value("details[open] [name=note]"), "Zei ja");
        assert!(short.attrs("details[open] .alert a", "href")[0].ends_with("/cards/new"));

        assert_eq!(agent.post(&forms[1], &told).await.location, format!("{at}?done=recorded"));
        let page = agent.get(&at).await;
        let facts = page.texts(".rows .meta").join(" ");
        assert!(facts.contains("akkoord van Jo Jansen, telefonisch, 9 maart 2026 om 09:30 · vastgelegd door The agent"), "{facts}");
        let close = page.attrs("form[action$='/close']", "action");
        assert_eq!(agent.post(&close[1], &[]).await.status, StatusCode::SEE_OTHER);
        let again = agent.post(&forms[1], &told).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    }
}

on_both! {
    async fn time_5_a_reversed_entry_stays_in_sight_with_its_reason(fixture: Fixture) {
        let (_, owner, ticket, estimate) = agreed(&fixture, 60).await;
        let agent = Browser::agent(&fixture).await;
        let at = format!("/tickets/{}", ticket.id);
        let line = [("time", "50m"), ("worked_on", "2026-03-06"), ("estimate_id", &estimate.id.to_string()), ("description", "Hulp")];
        let booked = agent.post(&format!("{at}/time"), &line).await;
        assert!(booked.location.starts_with(&format!("{at}?booked=")), "{}", booked.text);
        let page = agent.get(&booked.location).await;
        assert_eq!(page.texts("tbody td")[5], "afspraak van 1:00");
        let reverse = page.attrs("form[action$='/reverse']", "action")[0].clone();
        let empty = agent.post(&reverse, &[("reason", "")]).await;
        assert_eq!((empty.status, empty.texts("details[open] .error")), (StatusCode::UNPROCESSABLE_ENTITY, vec!["Dit is nodig.".to_owned()]));
        agent.post(&reverse, &[("reason", "Dubbel")]).await;
        let page = agent.get(&at).await;
        assert_eq!((page.texts("tr.undone s"), page.texts("tr.undone .meta")), (vec!["Hulp".to_owned()], vec!["Teruggedraaid op 9 maart 2026 door The agent: Dubbel".to_owned()]));
        assert_eq!(agent.post(&reverse, &[("reason", "Nog eens")]).await.status, StatusCode::CONFLICT);

        let too_early = agent.post(&format!("{at}/time"), &[("time", "1u"), ("worked_on", "2024-12-31"), ("description", "Oud")]).await;
        assert_eq!(too_early.texts("#worked_on-error"), ["De dag van het werk ligt tussen 1 januari 2025 en 9 maart 2026."]);
        let over = [("time", "90m"), ("description", "Te veel"), ("excess", "uncovered")];
        agent.post(&format!("{at}/time"), &over).await;
        let page = agent.get(&at).await;
        assert_eq!(page.texts("tbody .tag.bad"), ["0:30 niet gedekt"]);
        let cover = page.attrs("form[action$='/cover-for']", "action")[0].clone();
        assert_eq!(agent.post(&cover, &[("reason", "Gebeld")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let by = [("by", &owner.to_string()[..]), ("reason", "Gebeld")];
        assert_eq!(agent.post(&cover, &by).await.location, format!("{at}?done=covered"));
    }
}

on_both! {
    async fn card_3_a_payment_activates_the_card_and_an_overpayment_is_refused_at_its_row(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        let finance = Browser::new(&fixture, Some(StaffRole::Finance)).await;
        let sold = finance.post(&format!("/finance/customers/{customer}/cards/new"), &[("product", "10h")]).await;
        let page = finance.get(&sold.location).await;
        assert_eq!(page.texts("#notice"), ["Besteld: factuur 2026-0001 van € 968,00 staat open."]);
        assert_eq!(page.value("[name=amount]"), "968,00");
        let pay = page.attrs("form[action$='/payments']", "action")[0].clone();
        let payment = |amount| [("amount", amount), ("paid_on", "2026-03-09"), ("method", "bank")];
        let refused = finance.post(&pay, &payment("2.000,00")).await;
        assert_eq!((refused.status, refused.value("[name=amount]")), (StatusCode::CONFLICT, "2.000,00".to_owned()));
        assert_eq!(
            refused.texts("details[open] .error"),
            ["€ 2.000,00 is meer dan de € 968,00 die nog openstaat op deze factuur."]
        );
        let part = finance.get(&finance.post(&pay, &payment("68.00")).await.location).await;
        assert_eq!(part.texts("#notice"), ["Betaling geboekt op factuur 2026-0001; nog open: € 900,00."]);
        let all = finance.get(&finance.post(&pay, &payment("900,00")).await.location).await;
        assert_eq!(all.texts("#notice"), ["Factuur 2026-0001 is betaald; de kaart is actief."]);
        let sold = finance.get("/finance/cards").await;
        assert_eq!(sold.texts("tbody .key, tbody .tag"), ["betaald", "€ 800,00"]);
        let caller = fixture.service.caller_by_id(finance.user).await.unwrap();
        let balance = fixture.service.balance(&caller, customer, AsOf::Now).await.unwrap();
        assert_eq!(balance.total.available, Minutes(180 + 600));
        assert_eq!(finance.post(&pay, &payment("1")).await.status, StatusCode::CONFLICT, "nothing is open");
    }
}

#[tokio::test]
async fn an_invoice_that_was_due_is_marked_as_late() {
    let fixture = Fixture::sqlite().await;
    let (customer, _) = fixture.customer().await;
    let finance = Browser::new(&fixture, Some(StaffRole::Finance)).await;
    finance.post(&format!("/finance/customers/{customer}/cards/new"), &[("product", "5h")]).await;
    fixture.clock.set(day("2026-03-26").and_hms_opt(9, 0, 0).unwrap().and_utc());
    let finance = Browser::new(&fixture, Some(StaffRole::Finance)).await;
    let page = finance.get("/finance").await;
    assert_eq!(page.texts(".figures dd"), ["€ 484,00", "€ 484,00", "€ 400,00"]);
    assert_eq!(page.texts("table .tag.bad"), ["3 dagen te laat"]);
}

#[tokio::test]
async fn customers_are_made_searched_and_paged() {
    let fixture = Fixture::sqlite().await;
    let agent = Browser::agent(&fixture).await;
    let new = [
        ("name", "Obs De Regenboog"),
        ("email", "Info@Regenboog.example"),
        ("locale", "nl"),
        ("monthly_amount", "82,50"),
    ];
    let bad = agent.post("/customers/new", &[("name", "Obs"), ("email", "nergens"), ("locale", "nl")]).await;
    assert_eq!((bad.status, bad.value("#name")), (StatusCode::UNPROCESSABLE_ENTITY, "Obs".to_owned()));
    let made = agent.post("/customers/new", &new).await;
    assert!(made.location.ends_with("/contacts"), "{}", made.text);
    let twice = agent.post("/customers/new", &new).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.texts("[role=alert]")[0].starts_with("Deze klant bestaat al"));
    for _ in 0..27 {
        fixture.customer().await;
    }
    for path in ["/customers", "/desk"] {
        let page = agent.get(path).await;
        assert_eq!(page.texts("tbody tr").len(), 25);
        let rest = agent.get(&page.attrs(".pager [rel=next]", "href")[0]).await;
        assert_eq!((rest.texts("tbody tr").len(), rest.texts(".pager a").len()), (3, 1));
        let found = agent.get(&format!("{path}?query=regenBOOG")).await;
        assert_eq!(found.texts("tbody th a"), ["Obs De Regenboog"]);
        let none = agent.get(&format!("{path}?query=%25")).await.texts(".empty");
        assert!(none.contains(&"Geen klanten gevonden.".to_owned()), "{none:?}");
        assert_eq!(agent.get(&format!("{path}?cursor=!")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn an_administrator_invites_and_blocks() {
    let fixture = Fixture::sqlite().await;
    let admin = Browser::new(&fixture, Some(StaffRole::Admin)).await;
    let agent = Browser::agent(&fixture).await;
    let new = [("name", "Tom Visser"), ("email", "tom@openedu.example"), ("role", "finance")];
    let invited = admin.post("/users", &new).await;
    assert!(invited.value("#link").starts_with("http://localhost:8080/invite/"), "{}", invited.text);
    assert!(!admin.get("/users").await.text.contains("/invite/"), "shown once");
    let bad = admin.post("/users", &[("name", "Tom"), ("email", "tom"), ("role", "king")]).await;
    assert_eq!(
        (bad.status, bad.value("#name"), bad.texts(".error").len()),
        (StatusCode::UNPROCESSABLE_ENTITY, "Tom".to_owned(), 2)
    );
    let reset = admin.post(&format!("/users/{}/reset", agent.user), &[]).await;
    assert!(reset.value("#link").contains("/invite/"));
    assert_eq!(admin.post(&format!("/users/{}/disable", agent.user), &[]).await.location, "/users");
    assert!(agent.get("/desk").await.location.starts_with("/login"));
    assert_eq!(admin.get("/users").await.texts(".tag.bad"), ["geblokkeerd"]);
    assert_eq!(admin.post(&format!("/users/{}/enable", agent.user), &[]).await.location, "/users");
    assert_eq!(admin.post(&format!("/users/{}/disable", admin.user), &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_gets_what_their_role_does_not_allow() {
    let fixture = Fixture::sqlite().await;
    let (customer, owner, ticket, estimate) = agreed(&fixture, 60).await;
    let entry = fixture.log(ticket.id, 20).await.entry;
    let (other, _) = fixture.customer().await;
    let stranger = fixture.contact(other, "An Ander", "an@example.org", Role::Owner).await;
    let finance = Browser::new(&fixture, Some(StaffRole::Finance)).await;
    let agent = Browser::agent(&fixture).await;
    let sold = finance.post(&format!("/finance/customers/{customer}/cards/new"), &[("product", "5h")]).await;
    let pay = finance.get(&sold.location).await.attrs("form[action$='/payments']", "action")[0].clone();
    let contact = Browser::contact(&fixture, owner).await;
    let stranger = Browser::contact(&fixture, stranger.id).await;

    let agents_work = [
        "/desk/time".to_owned(),
        format!("/tickets/{}/time", ticket.id),
        format!("/tickets/{}/estimates", ticket.id),
        format!("/estimates/{}/record", estimate.id),
        format!("/estimates/{}/close", estimate.id),
        format!("/estimates/{}/decline-for", estimate.id),
        format!("/time-entries/{}/reverse", entry.id),
        format!("/time-entries/{}/cover-for", entry.id),
        format!("/desk/customers/{customer}/tickets/new"),
    ];
    for path in &agents_work {
        assert_eq!(finance.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(contact.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
        let hidden = stranger.post(path, &[]).await.status;
        assert!(hidden == StatusCode::NOT_FOUND || path.starts_with("/desk"), "{path}: {hidden}");
    }
    assert_eq!(agent.post(&pay, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(contact.post(&pay, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.post(&pay, &[]).await.status, StatusCode::NOT_FOUND);
    for path in ["/finance", "/users"] {
        assert_eq!(agent.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let own = ["/desk", "/desk/preview?time=1u", "/finance", "/users", "/customers/new"];
    for path in own
        .into_iter()
        .map(str::to_owned)
        .chain([format!("/finance/customers/{customer}/cards/new"), format!("/desk/customers/{customer}/tickets/new")])
    {
        assert_eq!(contact.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let of_one = ["reset", "sign-out", "disable", "enable"].map(|act| format!("/users/{}/{act}", agent.user));
    let of_keys = ["/users/links/0/withdraw".to_owned(), format!("/users/tokens/{}/withdraw", agent.user)];
    for path in of_one.iter().chain(&of_keys).chain(&["/users".to_owned()]) {
        for who in [&agent, &finance, &contact, &stranger] {
            assert_eq!(who.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    for who in [&agent, &finance, &contact, &stranger] {
        assert_eq!(who.get("/users?whose=customers").await.status, StatusCode::FORBIDDEN);
        assert_eq!(who.get("/own-login").await.status, StatusCode::OK, "everybody has one");
    }
    assert_eq!(contact.get("/customers").await.location, "/balance");
    for path in [format!("/tickets/{}", ticket.id), format!("/customers/{customer}/tickets")] {
        assert_eq!(contact.get(&path).await.status, StatusCode::OK, "{path}");
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let seen = contact.get(&format!("/tickets/{}", ticket.id)).await;
    assert!(seen.texts("form[action*='/time'], form[action*='/close']").is_empty(), "read only");
    assert!(finance.get("/desk").await.texts("#entry").is_empty());
}

#[tokio::test]
async fn every_page_in_both_languages() {
    let fixture = Fixture::sqlite().await;
    let (customer, owner, ticket, _) = agreed(&fixture, 60).await;
    fixture.log(ticket.id, 20).await;
    fixture.propose(ticket.id, 30).await;
    let mut admin = Browser::new(&fixture, Some(StaffRole::Admin)).await;
    let mut contact = Browser::contact(&fixture, owner).await;
    admin.post(&format!("/finance/customers/{customer}/cards/new"), &[("product", "5h")]).await;
    for (lang, desk, waits) in [("nl", "Werkbank", "wacht op antwoord"), ("en", "Desk", "waiting for an answer")] {
        (admin.lang, contact.lang) = (lang, lang);
        assert_eq!(admin.get("/desk").await.texts("h1"), [desk]);
        let on = format!("/tickets/{}", ticket.id);
        for page in [admin.get(&on).await, contact.get(&on).await] {
            assert_eq!(page.texts(".rows .tag").last().map(String::as_str), Some(waits));
        }
        for path in [
            "/customers".to_owned(),
            "/customers/new".to_owned(),
            "/finance".to_owned(),
            "/finance/invoices".to_owned(),
            "/finance/cards".to_owned(),
            format!("/customers/{customer}/invoices"),
            "/users".to_owned(),
            "/users?whose=all&query=o".to_owned(),
            "/own-login".to_owned(),
            format!("/customers/{customer}/tickets"),
            format!("/desk/customers/{customer}/tickets/new"),
            format!("/finance/customers/{customer}/cards/new"),
        ] {
            let page = admin.get(&path).await;
            assert_eq!((page.status, page.attrs("html", "lang")), (StatusCode::OK, vec![lang.to_owned()]), "{path}");
        }
    }
}

on_both! {
    under crate::tickets::TERMS;
    async fn a_ticket_is_reported_answered_explained_and_closed_on_its_page(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let (agent, contact) = (Browser::agent(&fixture).await, Browser::contact(&fixture, owner).await);
        let form = contact.get(&format!("/customers/{customer}/tickets/new")).await;
        assert_eq!(form.texts("fieldset label"), ["Waar gebeurt het?", "Sinds wanneer, of hoe vaak?"]);
        assert_eq!(form.texts("details tbody tr:first-child td"), ["Laag", "Hoog"], "the matrix can be read");
        let report = [
            ("subject", "Stuk"), ("description", "Niets werkt"), ("kind", "defect"), ("channel", "mail"),
            ("impact", "down"), ("reach", "all"), ("when", "Sinds vanmorgen"),
        ];
        let wrong = agent.post(&format!("/desk/customers/{customer}/tickets/new"), &report[1..]).await;
        assert_eq!(wrong.texts("#subject-error"), ["Dit is nodig."]);
        assert!(wrong.texts("form [role=status]").join("").contains("Prioriteit: Hoog."), "{}", wrong.text);
        let made = agent.post(&format!("/desk/customers/{customer}/tickets/new"), &report).await;
        let ticket = made.location.split('?').next().unwrap().to_owned();
        let page = agent.get(&made.location).await;
        assert_eq!(page.texts(".alert.warn"), ["Meld dit de volgende keer liever telefonisch. We helpen u hier evengoed."]);
        assert_eq!(page.texts(".clocks .clock span"), ["nog 1:00", "nog 4:00"]);
        assert!(page.text.contains("Sinds vanmorgen") && page.text.contains("Dit helpt ons sneller antwoorden: Waar gebeurt het?"));
        assert!(page.attrs("form[action$='/explain']", "action").is_empty());

        fixture.clock.set("2026-03-09T12:00:00Z".parse().unwrap());
        let late = agent.get(&ticket).await;
        assert_eq!(late.texts(".clocks .clock span")[0], "te laat");
        assert_eq!(late.attrs("form[action$='/explain'] [name=measure]", "value"), ["response"]);
        let reason = [("measure", "response"), ("reason", "Ziek")];
        let bare = agent.post(&format!("{ticket}/explain"), &reason).await;
        assert_eq!(bare.texts("#explain-response-expected_at-error"), ["Kies een moment dat nog moet komen."]);
        assert_eq!(bare.value("#explain-response-reason"), "Ziek");
        let told = agent.post(&format!("{ticket}/explain"), &[reason[0], reason[1], ("expected_at", "2026-03-09T15:00")]).await;
        assert_eq!(told.location, format!("{ticket}?done=explained"));

        for (what, words) in [("note", "Alleen voor ons"), ("waiting_for_customer", "Welke pagina?")] {
            let done = agent.post(&format!("{ticket}/handle"), &[("do", what), ("text", words)]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        }
        assert!(agent.get(&ticket).await.text.contains("Alleen voor ons"));
        let seen = contact.get(&ticket).await;
        assert!(!seen.text.contains("Alleen voor ons"), "a note is for the provider only");
        assert!(seen.texts(".said").join("").contains("Ziek") && seen.text.contains("Welke pagina?"));
        assert_eq!(seen.texts("#reply button"), ["Stuur bericht", "Sluiten", "Het ligt stil"]);
        let empty = contact.post(&format!("{ticket}/handle"), &[("do", "say"), ("text", " ")]).await;
        assert_eq!(empty.texts("#text-error"), ["Dit is nodig."]);

        assert!(agent.get("/desk").await.texts("#stalled").is_empty());
        contact.post(&format!("{ticket}/handle"), &[("do", "stall")]).await;
        let again = contact.post(&format!("{ticket}/handle"), &[("do", "stall")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let desk = agent.get("/desk").await;
        assert!(desk.texts("section.alert").join("").contains("anna@terms.example. Er gaat nog geen mail uit"));

        assert_eq!(agent.get("/tickets").await.texts(".tickets a"), ["Stuk"]);
        assert_eq!(agent.get("/tickets?q=werkt&status=all").await.texts(".tickets a"), ["Stuk"]);
        contact.post(&format!("{ticket}/handle"), &[("do", "closed"), ("text", "Laat maar")]).await;
        assert!(agent.get("/tickets").await.texts(".tickets a").is_empty());
        assert_eq!(agent.get("/tickets?status=closed").await.texts(".tickets .tag"), ["Hoog", "gesloten"]);
        assert_eq!(contact.get(&ticket).await.texts("#reply button"), ["Stuur bericht", "Heropenen"]);
    }
}

on_both! {
    under crate::tickets::TERMS;
    async fn pages_of_tickets_are_hidden_from_others(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let (_, stranger) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await.id;
        let outsider = Browser::contact(&fixture, stranger).await;
        let values = [("do", "say"), ("text", "x"), ("priority", "high"), ("reason", "x"), ("measure", "response")];
        for path in ["handle", "priority", "explain"] {
            assert_eq!(outsider.post(&format!("/tickets/{ticket}/{path}"), &values).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(outsider.get("/tickets").await.status, StatusCode::FORBIDDEN);
        let own = Browser::contact(&fixture, owner).await;
        assert_eq!(own.post(&format!("/tickets/{ticket}/priority"), &values).await.status, StatusCode::FORBIDDEN);
        let note = [("do", "note"), ("text", "x")];
        assert_eq!(own.post(&format!("/tickets/{ticket}/handle"), &note).await.status, StatusCode::FORBIDDEN);
        let finance = Browser::new(&fixture, Some(StaffRole::Finance)).await;
        assert_eq!(finance.post(&format!("/tickets/{ticket}/handle"), &note).await.status, StatusCode::FORBIDDEN);
        assert!(finance.get(&format!("/tickets/{ticket}")).await.texts("#reply").is_empty(), "finance looks");
    }
}
