//! PAY-1a through the API and the pages: an order without an address waits as a draft that says what is missing, and
//! nothing is issued for a seller that is made up.

use crate::common::http::text;
use crate::common::{Fixture, on_both, parties};
use crate::invoices::{Scene, texts, value};
use serde_json::{Value, json};
use strippenkaart::domain::Policy;
use strippenkaart::service::jobs::settle_waiting;
use strippenkaart::service::verify::verify;
use strippenkaart::store::Statements as _;
use strippenkaart::store::users::StaffRole;

const POLICY: &str = "standard";
/// What is missing of a buyer of whom nothing was told but its name.
const ADDRESS: [&str; 3] = ["buyer_street", "buyer_postcode", "buyer_city"];

/// A customer of whom no address is known.
async fn nowhere(fixture: Fixture) -> Scene {
    let scene = Scene::new(fixture).await;
    parties::forget(&scene.site.fixture.service.db, scene.customer).await;
    scene
}

fn lives() -> Value {
    json!({ "street": "Lindelaan 2", "postcode": "2611 AB", "city": "Delft" })
}

fn tomorrow(scene: &Scene) {
    let clock = &scene.site.fixture.clock;
    clock.set(clock.now() + chrono::TimeDelta::days(1));
}

async fn sound(scene: &Scene) {
    verify(&scene.site.fixture.service.db, |_, _| {}).await.unwrap();
}

on_both! {
    under POLICY;
    async fn pay_1a_an_order_without_an_address_waits_and_is_issued_with_it(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let owner = scene.site.token_of(scene.owner, "owner@example.org").await;
        let cards = format!("/api/v1/{}", scene.of("cards"));
        let order = json!({ "product": "10h" });
        let first = scene.site.post_with_key(&owner, &cards, "order-1", &order).await.expect(201);
        assert_eq!((&first["status"], &first["missing"]), (&json!("ordered"), &json!(ADDRESS)));
        let draft = text(&first["invoice_id"]).to_owned();
        let waiting = scene.get(&format!("invoices/{draft}")).await;
        assert_eq!((&waiting["status"], &waiting["number"], &waiting["waits_for"]), (&json!("draft"), &Value::Null, &json!(ADDRESS)));

        let refused = scene.post(&format!("invoices/{draft}/issue"), json!({})).await.problem(409, "incomplete-document");
        assert_eq!(refused["missing"], json!(ADDRESS));
        assert!(text(&refused["detail"]).contains("street, postcode, city"), "{refused}");
        scene.pay(&draft, "968.00").await.problem(409, "not-issued");
        let by_hand = scene.line("pieces", 1, "200.00").await;
        assert_ne!(by_hand, draft, "an order is a document of its own");
        sound(&scene).await;

        tomorrow(&scene);
        let billing = format!("/api/v1/{}", scene.of("billing"));
        let half = json!({ "street": "Lindelaan 2" });
        scene.site.raw("PUT", &owner, &billing, None, half.to_string()).await.expect(200);
        assert_eq!(scene.get(&format!("invoices/{draft}")).await["status"], "draft", "a post code and a town are missing");
        scene.site.raw("PUT", &owner, &billing, None, lives().to_string()).await.expect(200);
        let issued = scene.get(&format!("invoices/{draft}")).await;
        assert_eq!((&issued["status"], &issued["number"], &issued["issued_on"]), (&json!("open"), &json!("2026-0001"), &json!("2026-03-10")));
        assert_eq!((&issued["gross"], &issued["due_on"]), (&json!("968.00"), &json!("2026-03-24")));
        assert_eq!(scene.get(&format!("invoices/{by_hand}")).await["status"], "draft", "finance issues what it wrote itself");
        let again = scene.site.post_with_key(&owner, &cards, "order-1", &order).await.expect(201);
        assert_eq!(again, first, "a repeated order gets the answer of the first");

        scene.pay(&draft, "968.00").await.expect(201);
        let balance = scene.get(&scene.of("balance")).await;
        assert_eq!(balance["available_minutes"], 780, "CARD-3: the card is active: {balance}");
        sound(&scene).await;
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_an_order_can_tell_the_address_itself(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let told = json!({ "product": "10h", "billing": lives() });
        let card = scene.post(&scene.of("cards"), told).await.expect(201);
        assert_eq!(card["missing"], json!([]));
        let invoice = scene.get(&format!("invoices/{}", text(&card["invoice_id"]))).await;
        assert_eq!(invoice["number"], "2026-0001");
        let billing = scene.get(&scene.of("billing")).await;
        assert_eq!([&billing["street"], &billing["city"]], ["Lindelaan 2", "Delft"], "it is taken over");
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_the_pages_ask_for_the_address_and_say_what_waits(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let owner = scene.browser(None, Some(scene.owner)).await;
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        let home = format!("/customers/{}", scene.customer);
        let page = owner.get(&home).await;
        assert_eq!(texts(&page, "#buy legend").last().map(String::as_str), Some("Wie krijgt de factuur?"));
        assert_eq!(texts(&page, "#buy fieldset:last-of-type label"), ["Straat en huisnummer", "Postcode", "Plaats"]);

        let long = "x".repeat(201);
        let bad = [("product", "10h"), ("street", long.as_str()), ("city", "Delft")];
        let refused = owner.post(&format!("{home}/cards"), &bad).await;
        assert_eq!((refused.status.as_u16(), value(&refused, "#order-city")), (422, "Delft".to_owned()), "what was typed stays");
        assert_eq!(texts(&refused, "#order-street-error").len(), 1, "the field is marked");

        let waits = owner.done(&format!("{home}/cards"), &[("product", "10h"), ("street", "Lindelaan 2")]).await;
        assert_eq!(texts(&waits, ".alert.ok"), ["Besteld. De factuur volgt zodra de gegevens hieronder compleet zijn."]);
        assert_eq!(texts(&waits, "[aria-labelledby=incomplete] .meta"), ["Van de klant ontbreekt nog: postcode, plaats. Vul de factuurgegevens aan."]);
        assert_eq!(texts(&waits, "[aria-labelledby=incomplete] a"), ["Factuurgegevens aanvullen"]);

        let drafts = finance.get("/finance/invoices?which=drafts").await;
        assert_eq!(texts(&drafts, "td .meta a"), ["wacht op: postcode, plaats"]);
        let list = scene.get("invoices?which=drafts").await;
        let draft = text(&list["items"][0]["id"]).to_owned();
        let sheet = finance.get(&format!("/invoices/{draft}")).await;
        assert_eq!(texts(&sheet, "#missing p").first().map(String::as_str), Some("Van de klant ontbreekt nog: postcode, plaats. Vul de factuurgegevens aan."));
        let refused = finance.post(&format!("/invoices/{draft}/issue"), &[]).await;
        assert_eq!(refused.status.as_u16(), 409);
        assert!(texts(&refused, ".alert.bad").iter().any(|said| said.contains("postcode, plaats")), "{}", refused.text);

        let done = owner.done(&format!("{home}/billing"), &[("street", "Lindelaan 2"), ("postcode", "2611 AB"), ("city", "Delft")]).await;
        let said = "De factuurgegevens zijn opgeslagen, en factuur 2026-0001 is gemaakt.";
        assert_eq!(texts(&done, ".alert.ok"), [said], "issued with the address");
        assert!(texts(&owner.get(&home).await, "[aria-labelledby=incomplete]").is_empty());
    }
}

on_both! {
    under Policy::shipped(POLICY).unwrap().replace("activate_on = \"payment\"", "activate_on = \"order\"");
    async fn pay_1a_a_card_that_is_active_on_order_works_while_its_invoice_waits(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let card = scene.post(&scene.of("cards"), json!({ "product": "10h" })).await.expect(201);
        assert_eq!((&card["status"], &card["missing"]), (&json!("active"), &json!(ADDRESS)));
        let (id, draft) = (text(&card["id"]).to_owned(), text(&card["invoice_id"]).to_owned());
        let refund = json!({ "reason": "Changed our mind" });
        scene.post(&format!("cards/{id}/refunds"), refund).await.problem(409, "not-issued");
        let erased = scene.post(&format!("invoices/{draft}/erase-line"), json!({ "line": 0 })).await;
        assert_eq!(erased.pointers(), ["/line"], "what was granted is not withdrawn");
        sound(&scene).await;
        let set = format!("/api/v1/{}", scene.of("billing"));
        scene.site.raw("PUT", &scene.agent, &set, None, lives().to_string()).await.expect(200);
        assert_eq!(scene.get(&format!("invoices/{draft}")).await["number"], "2026-0001");
        sound(&scene).await;
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_nothing_is_issued_for_an_example_of_a_seller(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let admin = scene.site.staff(StaffRole::Admin).await;
        let apply = async |text: &str, from: &str| {
            scene.site.post(&admin, "/api/v1/policies", &json!({ "text": text, "from": from })).await.expect(201);
        };
        apply(Policy::shipped(POLICY).unwrap(), "2026-03-10").await;
        tomorrow(&scene);
        let card = scene.post(&scene.of("cards"), json!({ "product": "10h" })).await.expect(201);
        assert_eq!((&card["status"], &card["missing"]), (&json!("ordered"), &json!(["seller_example"])));
        let small = scene.line("pieces", 1, "10.00").await;
        let refused = scene.post(&format!("invoices/{small}/issue"), json!({})).await.problem(409, "incomplete-document");
        assert_eq!(refused["missing"], json!(["seller_example"]), "neither small ones");
        assert!(text(&refused["detail"]).contains("fill in [provider]"), "{refused}");
        let finance = scene.browser(Some(StaffRole::Finance), None).await;
        let sheet = finance.get(&format!("/invoices/{small}")).await;
        assert!(texts(&sheet, ".alert.bad").iter().any(|said| said.starts_with("VOORBEELD")), "{}", sheet.text);
        assert!(!sheet.text.contains("NL91"), "no account is shown");

        apply(&parties::real(Policy::shipped(POLICY).unwrap()), "2026-03-11").await;
        tomorrow(&scene);
        settle_waiting(&scene.site.fixture.service).await.unwrap();
        let issued = scene.get(&format!("invoices/{}", text(&card["invoice_id"]))).await;
        assert_eq!((&issued["number"], &issued["issued_on"]), (&json!("2026-0001"), &json!("2026-03-11")));
        scene.issue(&small).await;
        sound(&scene).await;
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_a_small_document_names_the_seller_only(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let small = scene.line("pieces", 1, "82.64").await;
        let issued = scene.issue(&small).await;
        assert_eq!((&issued["gross"], &issued["status"]), (&json!("99.99"), &json!("open")));
        let large = scene.line("pieces", 1, "82.65").await;
        let refused = scene.post(&format!("invoices/{large}/issue"), json!({})).await.problem(409, "incomplete-document");
        assert_eq!(refused["missing"], json!(ADDRESS), "100.01");
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_what_waits_stops_the_closing_of_the_month(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        scene.post(&scene.of("cards"), json!({ "product": "10h" })).await.expect(201);
        let april = chrono::TimeZone::with_ymd_and_hms(&chrono::Utc, 2026, 4, 2, 9, 0, 0).unwrap();
        scene.site.fixture.clock.set(april);
        let list = scene.get("months/2026-03").await;
        let of = |kind: &str| {
            let found = list["findings"].as_array().unwrap().iter().find(|found| found["kind"] == kind).cloned();
            found.map_or(Value::Null, |found| found["count"].clone())
        };
        assert_eq!((of("addresses"), of("drafts")), (json!(1), json!(0)), "{list}");
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_an_order_that_waits_can_be_withdrawn(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let card = scene.post(&scene.of("cards"), json!({ "product": "10h" })).await.expect(201);
        let draft = text(&card["invoice_id"]).to_owned();
        scene.post(&format!("invoices/{draft}/erase-line"), json!({ "line": 0 })).await.expect(201);
        assert_eq!(scene.get(&format!("invoices/{draft}")).await["gross"], "0.00");
        let set = format!("/api/v1/{}", scene.of("billing"));
        scene.site.raw("PUT", &scene.agent, &set, None, lives().to_string()).await.expect(200);
        assert_eq!(scene.get(&format!("invoices/{draft}")).await["status"], "draft", "nothing is left to issue");
        let next = scene.post(&scene.of("cards"), json!({ "product": "10h" })).await.expect(201);
        let next = scene.get(&format!("invoices/{}", text(&next["invoice_id"]))).await;
        assert_eq!(next["number"], "2026-0001", "PAY-1: no number was lost");
        sound(&scene).await;
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_a_fee_waits_as_well(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let told = json!({ "monthly_amount": "90.00" });
        let set = format!("/api/v1/{}", scene.of("billing"));
        scene.site.raw("PUT", &scene.finance, &set, None, told.to_string()).await.expect(200);
        let charged = json!({ "factor": "2", "reason": "Taken up again" });
        let fee = scene.post(&scene.of("arrears/reactivation"), charged).await;
        assert!(fee.status.is_success(), "{fee:?}");
        let drafts = scene.get("invoices?which=drafts").await;
        let fee = scene.get(&format!("invoices/{}", text(&drafts["items"][0]["id"]))).await;
        assert_eq!(fee["waits_for"], json!(ADDRESS), "{fee}");
        let told = json!({ "street": "Lindelaan 2", "postcode": "2611 AB", "city": "Delft", "monthly_amount": "90.00" });
        scene.site.raw("PUT", &scene.finance, &set, None, told.to_string()).await.expect(200);
        assert_eq!(scene.get("invoices?which=drafts").await["items"], json!([]));
        sound(&scene).await;
    }
}

on_both! {
    under POLICY;
    async fn pay_1a_a_credit_note_says_as_much_of_the_buyer_as_its_invoice(fixture: Fixture) {
        let scene = nowhere(fixture).await;
        let owner = scene.site.token_of(scene.owner, "owner@example.org").await;
        let billing = format!("/api/v1/{}", scene.of("billing"));
        scene.site.raw("PUT", &owner, &billing, None, lives().to_string()).await.expect(200);
        let draft = scene.line("pieces", 1, "200.00").await;
        let invoice = scene.issue(&draft).await;
        parties::forget(&scene.site.fixture.service.db, scene.customer).await;
        let note = scene.post(&format!("invoices/{}/credit", text(&invoice["id"])), json!({ "reason": "Verkeerd" })).await;
        let note = note.expect(201);
        let said = format!("SELECT facts FROM invoices WHERE id = '{}'", text(&note["id"]));
        let mut on = scene.site.fixture.service.db.reader().await.unwrap();
        let (facts,): (String,) = on.query(Box::leak(said.into_boxed_str())).one().await.unwrap();
        assert!(facts.contains("Lindelaan 2") && facts.contains("Delft"), "{facts}");
        sound(&scene).await;
    }
}
