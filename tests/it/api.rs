//! The JSON API, as a program meets it, on both databases.

use crate::common::http::{Site, id, text};
use crate::common::{Fixture, day, noon, on_both};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use strippenkaart::domain::{CustomerId, Excess, Target, TicketKind};
use strippenkaart::service::ledger::Failure;
use strippenkaart::store::users::StaffRole;
use strippenkaart::web::problem::Problem;

/// A customer with an owner and a spender, made over HTTP, and everybody's tokens.
struct School {
    site: Site,
    agent: String,
    finance: String,
    owner: String,
    spender: String,
    owner_id: String,
    /// `/api/v1/customers/{id}`
    path: String,
}

impl School {
    async fn new(fixture: Fixture) -> Self {
        let site = Site::new(fixture);
        let agent = site.staff(StaffRole::Agent).await;
        let finance = site.staff(StaffRole::Finance).await;
        let new = json!({ "name": "The Oak", "email": "Office@Oak.example", "contract_start": "2026-01-01" });
        let made = site.post(&agent, "/api/v1/customers", &new).await.expect(201);
        assert_eq!((&made["number"], &made["email"]), (&json!(1), &json!("office@oak.example")));
        let path = format!("/api/v1/customers/{}", text(&made["id"]));
        assert_eq!(site.get(&agent, &path).await.expect(200), made);

        let contacts = format!("{path}/contacts");
        let owner = json!({ "name": "Jo Jansen", "email": "jo@oak.example", "role": "owner" });
        let owner = site.post(&agent, &contacts, &owner).await.expect(201);
        let mut spender = json!({ "name": "Sam Smit", "email": "sam@oak.example", "role": "spender" });
        assert_eq!(site.post(&agent, &contacts, &spender).await.pointers(), ["/asked_by"], "SPEND-2");
        spender["asked_by"] = "Jo Jansen".into();
        spender["asked_via"] = "mail".into();
        let spender = site.post(&agent, &contacts, &spender).await.expect(201);
        Self {
            owner: site.token_of(id(&owner), "jo@oak.example").await,
            spender: site.token_of(id(&spender), "sam@oak.example").await,
            owner_id: text(&owner["id"]).to_owned(),
            site,
            agent,
            finance,
            path,
        }
    }

    fn customer(&self) -> CustomerId {
        self.path.rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn balance(&self) -> Value {
        self.site.get(&self.owner, &format!("{}/balance", self.path)).await.expect(200)
    }

    /// A question of the owner: the path of its ticket.
    async fn ticket(&self) -> String {
        let new = json!({ "subject": "Backup", "description": "How do I restore one?", "kind": "question" });
        let made = self.site.post(&self.owner, &format!("{}/tickets", self.path), &new).await.expect(201);
        assert_eq!(made["requester_id"], self.owner_id.as_str());
        format!("/api/v1/tickets/{}", text(&made["id"]))
    }

    /// An estimate on a ticket: its path.
    async fn estimate(&self, ticket: &str, minutes: i64) -> String {
        let new = json!({ "minutes": minutes, "description": "Restore it together" });
        let made = self.site.post(&self.agent, &format!("{ticket}/estimates"), &new).await.expect(201);
        format!("/api/v1/estimates/{}", text(&made["id"]))
    }
}

/// `available held used uncovered`, in minutes.
fn figures(balance: &Value) -> [i64; 4] {
    ["available", "held", "used", "uncovered"].map(|name| balance[format!("{name}_minutes")].as_i64().unwrap())
}

on_both! {
    async fn from_a_card_to_the_strips_that_are_punched(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, finance, owner, spender, path, .. } = &school;
        assert_eq!(figures(&school.balance().await), [180, 0, 0, 0], "CARD-2");

        let card = site.post(owner, &format!("{path}/cards"), &json!({ "product": "10h" })).await.expect(201);
        let told = (&card["status"], &card["granted_minutes"], &card["price"]);
        assert_eq!(told, (&json!("ordered"), &json!(0), &json!("800.00")));
        let invoice = format!("/api/v1/invoices/{}", text(&card["invoice_id"]));
        let owed = site.get(owner, &invoice).await.expect(200);
        let sums = [&owed["net"], &owed["vat"], &owed["gross"], &owed["open"], &owed["number"]];
        assert_eq!(sums, ["800.00", "168.00", "968.00", "968.00", "2026-0001"]);

        let pay = format!("{invoice}/payments");
        let paid = |amount: &str| json!({ "amount": amount, "paid_on": "2026-03-09", "method": "bank" });
        let first = site.post(finance, &pay, &paid("400.00")).await.expect(201);
        assert_eq!(first["open_after"], "568.00");
        assert_eq!(school.balance().await["cards"][1]["status"], "ordered");
        let refused = site.post(finance, &pay, &paid("568.01")).await.problem(409, "overpayment");
        assert_eq!((&refused["open"], &refused["amount"]), (&json!("568.00"), &json!("568.01")));
        assert_eq!(site.post(finance, &pay, &paid("568")).await.expect(201)["open_after"], "0.00");
        let balance = school.balance().await;
        assert_eq!(figures(&balance), [780, 0, 0, 0]);
        let told = (&balance["cards"][1]["status"], &balance["cards"][1]["granted_minutes"]);
        assert_eq!(told, (&json!("active"), &json!(600)), "CARD-3");

        let ticket = school.ticket().await;
        let log = format!("{ticket}/time-entries");
        let estimate = school.estimate(&ticket, 100).await;
        assert_eq!(site.get(owner, &estimate).await.expect(200)["minutes"], 105, "SPEND-3");
        let accepted = site.post(spender, &format!("{estimate}/accept"), &json!({})).await.expect(200);
        assert_eq!((&accepted["status"], &accepted["answered_via"]), (&json!("accepted"), &json!("online")));
        assert_eq!(site.post(spender, &format!("{estimate}/accept"), &json!({})).await.expect(200), accepted);

        let work = json!({ "worked_minutes": 50, "description": "Restored it together" });
        let first = site.post(agent, &log, &work).await.expect(201);
        assert_eq!((&first["charged_minutes"], &first["available_after_minutes"]), (&json!(60), &json!(675)));
        let welcome = &balance["cards"][0]["id"];
        assert_eq!(first["draws"], json!([{ "card_id": welcome, "minutes": 60 }]), "CARD-4");
        assert_eq!(figures(&school.balance().await), [675, 45, 60, 0]);

        let mut more = json!({ "worked_minutes": 60, "description": "And checked it" });
        let refused = site.post(agent, &log, &more).await.problem(409, "beyond-agreement");
        let told = ["agreed", "left", "asked", "shortage"].map(|name| refused[format!("{name}_minutes")].as_i64());
        assert_eq!(told, [105, 45, 60, 15].map(Some));
        more["uncovered"] = true.into();
        let second = site.post(agent, &log, &more).await.expect(201);
        assert_eq!((&second["uncovered_minutes"], &second["covered_by"]), (&json!(15), &json!("card")));
        assert_eq!(figures(&school.balance().await), [675, 0, 105, 15]);

        corrections(&school, &first, &second).await;
        let closed = site.post(agent, &format!("{estimate}/close"), &json!({})).await.expect(200);
        assert_eq!(site.post(agent, &format!("{estimate}/close"), &json!({})).await.expect(200), closed);
        assert_eq!(figures(&school.balance().await), [720, 0, 60, 0]);
        let now = site.get(owner, &estimate).await.expect(200);
        assert_eq!((&now["status"], &now["held_minutes"], &now["used_minutes"]), (&json!("closed"), &json!(0), &json!(45)));
        lines(&school, &first).await;
    }
}

/// The first entry is reversed, the second one's uncovered minutes find cover.
async fn corrections(school: &School, first: &Value, second: &Value) {
    let School { site, agent, spender, .. } = school;
    let reverse = format!("/api/v1/time-entries/{}/reverse", text(&first["id"]));
    let done = site.post(agent, &reverse, &json!({ "reason": "The wrong ticket" })).await.expect(201);
    assert_eq!((&done["kind"], &done["cards"]), (&json!("reversal"), &first["draws"]), "TIME-5");
    site.post(agent, &reverse, &json!({ "reason": "Again" })).await.problem(409, "already-reversed");
    assert_eq!(figures(&school.balance().await), [675, 60, 45, 15]);

    let cover = format!("/api/v1/time-entries/{}/cover", text(&second["id"]));
    let body = json!({ "by": "card", "reason": "Agreed afterwards" });
    assert_eq!(site.post(agent, &cover, &body).await.pointers(), ["/contact_id"]);
    let done = site.post(spender, &cover, &body).await.expect(201);
    assert_eq!((&done["kind"], &done["available_after_minutes"]), (&json!("cover"), &json!(660)), "TIME-7");
    site.post(spender, &cover, &body).await.problem(409, "nothing-uncovered");
    assert_eq!(figures(&school.balance().await), [660, 60, 60, 0]);
}

/// The ledger tells all of it, the newest first.
async fn lines(school: &School, first: &Value) {
    let ledger = school.site.get(&school.owner, &format!("{}/ledger", school.path)).await.expect(200);
    let lines = ledger["items"].as_array().unwrap();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            let [kind, from, to] = ["kind", "from", "to"].map(|name| text(&line[name]));
            format!("{kind} {from} -> {to} {} = {}", line["minutes"], line["available_after_minutes"])
        })
        .collect();
    assert_eq!(
        told,
        [
            "release held -> available 60 = 720",
            "cover available -> used 15 = 660",
            "cover uncovered -> issued 15 = 675",
            "reversal used -> held 60 = 675",
            "time issued -> uncovered 15 = 675",
            "time held -> used 45 = 675",
            "time held -> used 60 = 675",
            "acceptance available -> held 105 = 675",
            "activation issued -> available 600 = 780",
            "welcome issued -> available 180 = 180",
        ]
    );
    assert_eq!(ledger["next_cursor"], Value::Null);
    let time = &lines[6];
    assert_eq!(time["time_entry_id"], first["id"]);
    assert_eq!([&time["by"], &time["reason"], &time["basis"]], ["The agent", "Restored it together", "hold"]);
    assert_eq!([&time["worked_on"], &time["booked_on"]], ["2026-03-09", "2026-03-09"]);
    assert_eq!([&lines[3]["reason"], &lines[1]["by"]], ["The wrong ticket", "sam@oak.example"]);
}

on_both! {
    async fn an_agent_says_who_agreed(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, finance, owner, owner_id, .. } = &school;
        let ticket = school.ticket().await;
        let accept = school.estimate(&ticket, 30).await + "/accept";
        let empty = site.post(agent, &accept, &json!({})).await.pointers();
        assert_eq!(empty, ["/note", "/contact_id", "/channel"]);
        let told = json!({ "contact_id": owner_id, "channel": "phone", "note": "Jo called",
            "agreed_at": "2026-03-09T09:30:00+01:00" });
        assert_eq!(site.post(owner, &accept, &told).await.pointers().len(), 4, "a contact agrees for itself");
        site.post(finance, &accept, &json!({})).await.problem(403, "forbidden");
        let mut online = told.clone();
        online["channel"] = "online".into();
        assert_eq!(site.post(agent, &accept, &online).await.pointers(), ["/channel"]);
        let mut tomorrow = told.clone();
        tomorrow["agreed_at"] = "2026-03-10T09:30:00+01:00".into();
        assert_eq!(site.post(agent, &accept, &tomorrow).await.pointers(), ["/agreed_at"]);
        let done = site.post(agent, &accept, &told).await.expect(200);
        assert_eq!(done["answered_by"], owner_id.as_str());
        assert_eq!([&done["answered_at"], &done["answered_via"]], ["2026-03-09T08:30:00Z", "phone"]);

        let other = school.estimate(&ticket, 15).await;
        let decline = format!("{other}/decline");
        let declined = site.post(owner, &decline, &json!({})).await.expect(200);
        assert_eq!((&declined["status"], &declined["answered_by"]), (&json!("declined"), &json!(owner_id)));
        assert_eq!(site.post(agent, &decline, &json!({})).await.expect(200), declined);
        let refused = site.post(owner, &format!("{other}/accept"), &json!({})).await.problem(409, "estimate-not-open");
        assert_eq!(refused["estimate_status"], "declined");

        let late = school.estimate(&ticket, 15).await;
        site.fixture.clock.set(noon(2026, 3, 24));
        assert_eq!(site.get(owner, &late).await.expect(200)["status"], "lapsed", "shown before anybody books it");
        site.post(owner, &format!("{late}/accept"), &json!({})).await.problem(409, "estimate-not-open");
    }
}

on_both! {
    async fn a_key_makes_a_repetition_harmless(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, finance, owner, path, .. } = &school;
        let order = json!({ "product": "5h" });
        let cards = format!("{path}/cards");
        let first = site.post_with_key(owner, &cards, "order-1", &order).await;
        let card = first.json();
        let invoice = format!("/api/v1/invoices/{}", text(&card["invoice_id"]));
        let paid = json!({ "amount": "484.00", "paid_on": "2026-03-09", "method": "direct_debit" });
        let pay = site.post_with_key(finance, &format!("{invoice}/payments"), "pay", &paid).await;
        assert_eq!(pay.status, 201);
        let again = site.post_with_key(owner, &cards, "order-1", &order).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "as of the order, although it was paid");
        let again = site.post_with_key(finance, &format!("{invoice}/payments"), "pay", &paid).await;
        assert_eq!((again.status, again.text), (pay.status, pay.text));
        assert_eq!(figures(&school.balance().await), [480, 0, 0, 0], "once");

        let other = site.post_with_key(owner, &cards, "order-1", &json!({ "product": "10h" })).await;
        other.problem(422, "idempotency-key-reused");
        site.post_with_key(agent, &cards, "order-1", &order).await.expect(201);

        let ticket = school.ticket().await;
        let log = format!("{ticket}/time-entries");
        let work = json!({ "worked_minutes": 20, "description": "Helped" });
        site.post_with_key(agent, &log, "log", &work).await.problem(409, "agreement-required");
        let estimate = school.estimate(&ticket, 60).await;
        let accepted = site.post_with_key(owner, &format!("{estimate}/accept"), "yes", &json!({})).await;
        let logged = site.post_with_key(agent, &log, "log", &work).await;
        assert_eq!(logged.status, 201, "a refusal leaves the key free: {}", logged.text);
        let reverse = format!("/api/v1/time-entries/{}/reverse", text(&logged.json()["id"]));
        let why = json!({ "reason": "Twice" });
        let reversed = site.post_with_key(agent, &reverse, "undo", &why).await;
        let closed = site.post_with_key(agent, &format!("{estimate}/close"), "end", &json!({})).await;
        let before = site.get(agent, &format!("{path}/ledger")).await.text;
        for (answer, token, path, key, body) in [
            (accepted, owner, format!("{estimate}/accept"), "yes", json!({})),
            (logged, agent, log, "log", work),
            (reversed, agent, reverse, "undo", why),
            (closed, agent, format!("{estimate}/close"), "end", json!({})),
        ] {
            let again = site.post_with_key(token, &path, key, &body).await;
            assert_eq!((again.status, again.text), (answer.status, answer.text), "{path}");
        }
        assert_eq!(site.get(agent, &format!("{path}/ledger")).await.text, before);

        for bad in ["", &"k".repeat(201)] {
            site.post_with_key(owner, &cards, bad, &order).await.problem(400, "bad-idempotency-key");
        }
        site.post_with_key(owner, &cards, &"~ ".repeat(100), &order).await.expect(201);
    }
}

on_both! {
    async fn lists_come_in_pages(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, owner, path, .. } = &school;
        let fixture = &site.fixture;
        let ticket = fixture.ticket(school.customer(), None, TicketKind::Question).await.id;
        let mut logging = tokio::task::JoinSet::new();
        for _ in 0..210 {
            let act = fixture.time(ticket, 10, Excess::Uncovered);
            let (door, command) = (fixture.service.door.clone(), fixture.command(Target::Ticket(ticket), act));
            logging.spawn(async move { door.submit(command).await });
        }
        assert!(logging.join_all().await.iter().all(Result::is_ok));

        let mut pages = Vec::new();
        for limit in [1, 50, 200] {
            let (mut items, mut cursor) = (Vec::new(), String::new());
            while items.len() < 1000 {
                let page = site.get(owner, &format!("{path}/ledger?limit={limit}{cursor}")).await.expect(200);
                items.extend(page["items"].as_array().unwrap().clone());
                let Some(next) = page["next_cursor"].as_str() else { break };
                assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'));
                cursor = format!("&cursor={next}");
            }
            pages.push(items);
        }
        assert_eq!(pages[0].len(), 211);
        assert!(pages[0] == pages[1] && pages[1] == pages[2]);
        assert_eq!(site.get(owner, &format!("{path}/ledger")).await.expect(200)["items"].as_array().unwrap().len(), 50);

        for name in ["Alder", "Beech", "100% Oak"] {
            let new = json!({ "name": name, "email": "office@example.org", "imported": true, "locale": "en" });
            site.post(agent, "/api/v1/customers", &new).await.expect(201);
        }
        for (query, found) in [("", 4), ("OAK", 2), ("%25", 1), ("alder", 1), ("oak.example", 1), ("elm", 0)] {
            let list = site.get(agent, &format!("/api/v1/customers?query={query}")).await.expect(200);
            assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}");
        }
        for list in ["/api/v1/customers", &format!("{path}/contacts"), &format!("{path}/tickets")] {
            let all = site.get(agent, list).await.expect(200);
            let (mut items, mut page) = (Vec::new(), site.get(agent, &format!("{list}?limit=1")).await.expect(200));
            while let Some(next) = page["next_cursor"].as_str() {
                items.extend(page["items"].as_array().unwrap().clone());
                page = site.get(agent, &format!("{list}?limit=1&cursor={next}")).await.expect(200);
            }
            items.extend(page["items"].as_array().unwrap().clone());
            assert_eq!(Value::from(items), all["items"], "{list}");
            for bad in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit="] {
                assert_eq!(site.get(agent, &format!("{list}?{bad}")).await.pointers(), ["/limit"], "{list} {bad}");
            }
            for bad in ["cursor=", "cursor=e30", "cursor=!", "cursor=AAAA"] {
                assert_eq!(site.get(agent, &format!("{list}?{bad}")).await.pointers(), ["/cursor"], "{list} {bad}");
            }
            assert_eq!(site.get(agent, &format!("{list}?order=name")).await.pointers(), ["/order"]);
        }
    }
}

on_both! {
    async fn a_balance_can_be_seen_as_it_was(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, owner, path, .. } = &school;
        site.fixture.clock.set(noon(2026, 3, 10));
        let ticket = school.ticket().await;
        let estimate = school.estimate(&ticket, 60).await;
        site.post(owner, &format!("{estimate}/accept"), &json!({})).await.expect(200);
        site.fixture.clock.set(noon(2026, 3, 11));
        let work = json!({ "worked_minutes": 15, "worked_on": "2026-03-10", "description": "Helped" });
        site.post(agent, &format!("{ticket}/time-entries"), &work).await.expect(201);

        for (as_of, expected) in [
            ("", [120, 45, 15, 0]),
            ("?as_of=2026-03-11", [120, 45, 15, 0]),
            ("?as_of=2026-03-10", [120, 60, 0, 0]),
            ("?as_of=2026-03-10T12:00:00Z", [120, 60, 0, 0]),
            ("?as_of=2026-03-10T13:00:00%2B01:00", [120, 60, 0, 0]),
            ("?as_of=2026-03-10T12:59:59+01:00", [180, 0, 0, 0]),
            ("?as_of=2026-03-09", [180, 0, 0, 0]),
            ("?as_of=2026-03-08", [0, 0, 0, 0]),
        ] {
            let balance = site.get(owner, &format!("{path}/balance{as_of}")).await.expect(200);
            assert_eq!(figures(&balance), expected, "{as_of}");
            let cards = balance["cards"].as_array().unwrap();
            assert_eq!(cards.iter().map(|card| figures(card)[0]).sum::<i64>(), expected[0], "{as_of}");
        }
        let balance = site.get(owner, &format!("{path}/balance?as_of=2026-03-09")).await.expect(200);
        assert_eq!(balance["as_of"], "2026-03-09T22:59:59.999999Z", "the end of the day in Amsterdam");
        for bad in ["2026-03-12", "2026-03-11T12:00:01Z", "yesterday", "2026-3-9", "2026-03-10T12:00:00", "12026-01-01"] {
            assert_eq!(site.get(owner, &format!("{path}/balance?as_of={bad}")).await.pointers(), ["/as_of"], "{bad}");
        }
    }
}

on_both! {
    async fn a_field_that_cannot_be_right_is_pointed_at(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, finance, owner, path, .. } = &school;
        let ticket = school.ticket().await;
        let card = site.post(owner, &format!("{path}/cards"), &json!({ "product": "5h" })).await.expect(201);
        let payments = format!("/api/v1/invoices/{}/payments", text(&card["invoice_id"]));
        let customer = |field: &str, value: Value| {
            let mut body = json!({ "name": "The Elm", "email": "office@elm.example" });
            body[field] = value;
            ("/api/v1/customers".to_owned(), agent, body)
        };
        let work = |field: &str, value: Value| {
            let mut body = json!({ "worked_minutes": 30, "description": "Helped" });
            body[field] = value;
            (format!("{ticket}/time-entries"), agent, body)
        };
        let payment = |field: &str, value: Value| {
            let mut body = json!({ "amount": "1.00", "paid_on": "2026-03-09", "method": "bank" });
            body[field] = value;
            (payments.clone(), finance, body)
        };
        let contact = |field: &str, value: Value| {
            let mut body = json!({ "name": "Vic", "email": "vic@oak.example", "role": "viewer" });
            body[field] = value;
            (format!("{path}/contacts"), owner, body)
        };
        let estimate = |field: &str, value: Value| {
            let mut body = json!({ "minutes": 30, "description": "Help" });
            body[field] = value;
            (format!("{ticket}/estimates"), agent, body)
        };
        for (field, (path, token, body)) in [
            ("name", customer("name", json!(" "))),
            ("name", customer("name", json!("x".repeat(201)))),
            ("name", customer("name", json!("two\nlines"))),
            ("name", customer("name", Value::Null)),
            ("email", customer("email", json!("nobody"))),
            ("locale", customer("locale", json!("fr"))),
            ("monthly_amount", customer("monthly_amount", json!("4,50"))),
            ("monthly_amount", customer("monthly_amount", json!("-1.00"))),
            ("monthly_amount", customer("monthly_amount", json!(45))),
            ("contract_start", customer("contract_start", json!("2026-1-1"))),
            ("contract_start", customer("contract_start", json!("2026-02-30"))),
            ("imported", customer("imported", json!("yes"))),
            ("colour", customer("colour", json!("green"))),
            ("a~1b~0c.d", customer("a/b~c.d", json!(1))),
            ("role", contact("role", json!("boss"))),
            ("ceiling_minutes", contact("ceiling_minutes", json!(0))),
            ("valid_until", contact("valid_until", json!("soon"))),
            ("amount", payment("amount", json!("0.00"))),
            ("amount", payment("amount", json!("1.001"))),
            ("paid_on", payment("paid_on", json!("2026-03-10"))),
            ("paid_on", payment("paid_on", json!(""))),
            ("method", payment("method", json!("cash"))),
            ("minutes", estimate("minutes", json!(0))),
            ("minutes", estimate("minutes", json!(i64::MAX))),
            ("minutes", estimate("minutes", json!(1e30))),
            ("answer_by", estimate("answer_by", json!("2026-03-08"))),
            ("work_until", estimate("work_until", json!("2026-03-10"))),
            ("worked_minutes", work("worked_minutes", json!(0))),
            ("worked_minutes", work("worked_minutes", json!(1441))),
            ("worked_minutes", work("worked_minutes", json!(1.5))),
            ("worked_minutes", work("worked_minutes", json!("50"))),
            ("worked_on", work("worked_on", json!("2025-12-31"))),
            ("worked_on", work("worked_on", json!("2026-03-10"))),
            ("description", work("description", json!("x".repeat(4001)))),
            ("estimate_id", work("estimate_id", json!("x"))),
            ("started_at", work("started_at", json!("2026-03-09T12:00:00Z"))),
            ("uncovered", work("uncovered", json!(1))),
        ] {
            let errors = site.post(token, &path, &body).await.pointers();
            assert_eq!(errors, [format!("/{field}")], "{path} {}", &body.to_string()[..60.min(body.to_string().len())]);
        }
        let several = json!({ "name": "", "email": "", "contract_start": "x" });
        let errors = site.post(agent, "/api/v1/customers", &several).await.pointers();
        assert_eq!(errors, ["/name", "/email", "/contract_start"], "all at once");
        assert_eq!(site.post(agent, "/api/v1/customers", &json!({})).await.pointers(), ["/name"]);
        let nulls = json!({ "name": "The Elm", "email": "office@elm.example", "locale": null, "monthly_amount": null,
            "contract_start": null, "imported": null });
        let made = site.post(agent, "/api/v1/customers", &nulls).await.expect(201);
        assert_eq!((&made["locale"], &made["contract_start"]), (&json!("nl"), &json!(day("2026-03-09"))));
        let twin = site.post(agent, "/api/v1/customers", &nulls).await.problem(409, "customer-exists");
        assert_eq!(twin["customer_id"], made["id"]);
        let letters = json!({ "worked_minutes": 1, "description": "é".repeat(4000), "uncovered": true,
            "worked_on": null, "estimate_id": null, "started_at": null });
        site.post(agent, &format!("{ticket}/time-entries"), &letters).await.expect(201);
        let unknown = site.post(owner, &format!("{path}/cards"), &json!({ "product": "7h" })).await;
        assert_eq!(unknown.problem(422, "unknown-product")["errors"][0]["pointer"], "/product");
    }
}

on_both! {
    async fn every_failure_is_a_problem(fixture: Fixture) {
        let school = School::new(fixture).await;
        let School { site, agent, path, .. } = &school;
        for body in ["{", "", "nonsense", "{\"name\": \"x\"", "{} {}", "[1, 2", "{\"name\": 5, "] {
            let answer = site.raw("POST", agent, "/api/v1/customers", None, body.to_owned()).await;
            if body.is_empty() {
                assert_eq!(answer.pointers(), ["/name"], "nothing is an empty object");
            } else {
                answer.problem(400, "unreadable");
            }
        }
        for body in ["[\"The Elm\", \"office@elm.example\"]", "\"text\"", "null", "5"] {
            let answer = site.raw("POST", agent, "/api/v1/customers", None, body.to_owned()).await;
            assert_eq!(answer.pointers(), [""], "the whole body");
        }
        let large = json!({ "name": "x".repeat(64 * 1024), "email": "a@b.example" });
        site.post(agent, "/api/v1/customers", &large).await.problem(413, "too-large");
        let almost = json!({ "name": "x".repeat(60 * 1024), "email": "a@b.example" });
        assert_eq!(site.post(agent, "/api/v1/customers", &almost).await.pointers(), ["/name"]);

        let answer = site.raw("PUT", agent, path, None, String::new()).await;
        assert_eq!(answer.headers["allow"], "GET,HEAD");
        answer.problem(405, "method-not-allowed");
        site.raw("DELETE", agent, "/api/v1/openapi.json", None, String::new()).await.problem(405, "method-not-allowed");
        site.get(agent, "/api/v1/nothing").await.problem(404, "not-found");
        site.get(agent, "/api/v2/customers").await.problem(404, "not-found");
        site.get(agent, "/api/v1/customers/").await.problem(404, "not-found");
    }
}

#[test]
fn busy_says_when_to_come_back() {
    for failure in [Failure::Busy, Failure::Unavailable] {
        let response = Problem::from(strippenkaart::service::Error::from(failure)).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}
