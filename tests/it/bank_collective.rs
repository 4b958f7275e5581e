//! Accounts by which many pay (BANK-5, BANK-6): marked by finance, and no proof from then on.

use crate::bank::{Books, OURS, TERMS, THEIRS, camt053, transfer};
use crate::common::http::Site;
use crate::common::on_both;
use crate::pages;
use axum::http::StatusCode;
use serde_json::json;
use strippenkaart::domain::Invoice;
use strippenkaart::store::users::StaffRole;

const PATH: &str = "/api/v1/bank/collective-accounts";

impl Books {
    /// Whether a part of an invoice, paid from an account under the number alone, is booked.
    async fn books_part(&self, nr: u8, invoice: &Invoice, iban: &str) -> bool {
        let told = transfer(&format!("{nr}.00"), invoice.number(), Some(iban), "");
        let import = self.import(&camt053(&nr.to_string(), vec![told])).await;
        assert_eq!(import.tally.paid.count + import.tally.queued.count, 1, "{import:?}");
        import.tally.paid.count == 1
    }
}

on_both! {
    under TERMS;
    async fn bank_5_an_account_that_finance_marks_is_no_proof_from_then_on(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (first, invoice) = (books.invoice(customer, "100.00").await, books.invoice(customer, "200.00").await);
        let reference = first.issued().unwrap().reference.clone();
        books.import(&camt053("1", vec![transfer("121.00", &reference, Some(THEIRS[0]), "")])).await;
        assert!(books.books_part(2, &invoice, THEIRS[0]).await, "the account is known as the customer's");

        let site = Site::new(books.fixture);
        let (finance, agent) = (site.staff(StaffRole::Finance).await, site.staff(StaffRole::Agent).await);
        let new = json!({ "iban": "nl20 ingb 0001 2345 67", "kind": "board", "note": "Board of Utrecht" });
        site.post(&agent, PATH, &new).await.problem(403, "forbidden");
        let marked = site.post(&finance, PATH, &new).await.expect(200);
        assert_eq!((&marked["iban"], &marked["recorded_by"]), (&json!(THEIRS[0]), &json!("The finance")));
        assert_eq!(marked["known_as"].as_array().unwrap().len(), 1);
        assert_eq!(marked["known_as"][0]["customer_id"], json!(customer));
        assert_eq!(site.post(&finance, PATH, &new).await.expect(200), marked, "the same again changes nothing");
        assert_eq!(site.get(&finance, PATH).await.expect(200)["items"], json!([marked]));
        for iban in ["NL20INGB0001234568", OURS, ""] {
            let wrong = json!({ "iban": iban, "kind": "provider" });
            assert_eq!(site.post(&finance, PATH, &wrong).await.pointers(), ["/iban"], "{iban}");
        }

        let books = Books { fixture: site.fixture, finance: books.finance };
        assert!(!books.books_part(3, &invoice, THEIRS[0]).await, "it is no proof any more");
        let site = Site::new(books.fixture);
        let back = json!({ "iban": THEIRS[0], "reason": "It is the school's own after all" });
        let unmarked = site.post(&finance, &format!("{PATH}/unmark"), &back).await.expect(200);
        assert_eq!(unmarked, json!({ "still_collective": false }));
        assert_eq!(site.post(&finance, &format!("{PATH}/unmark"), &back).await.expect(200), unmarked);
        assert_eq!(site.get(&finance, PATH).await.expect(200)["items"], json!([]));
        let books = Books { fixture: site.fixture, finance: books.finance };
        assert!(books.books_part(4, &invoice, THEIRS[0]).await, "it is proof again");
        // Everything that was said is kept, with who said it.
        let said: Vec<(i64, i64, String)> =
            books.all("SELECT nr, marked, note FROM bank_collective_accounts WHERE recorded_by IS NOT NULL ORDER BY nr").await;
        let note = |text: &str| text.to_owned();
        assert_eq!(said, [(1, 1, note("Board of Utrecht")), (2, 0, note("It is the school's own after all"))]);
    }
}

on_both! {
    under TERMS;
    async fn bank_6_finance_marks_a_collective_account_at_the_line_that_waits(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let first = books.invoice(customer, "100.00").await;
        let reference = first.issued().unwrap().reference.clone();
        books.import(&camt053("1", vec![transfer("121.00", &reference, Some(THEIRS[0]), "")])).await;
        books.import(&camt053("2", vec![transfer("5.00", "thanks", Some(THEIRS[0]), "")])).await;
        let site = pages::Site::new(books.fixture);
        site.staff(StaffRole::Finance).await;
        site.staff(StaffRole::Agent).await;
        let path = "/finance/bank/collective";
        let mut agent = site.login("agent@provider.example").await;
        assert_eq!(agent.get(path).await.status, StatusCode::FORBIDDEN);
        let typed = [("iban", THEIRS[0]), ("kind", "board"), ("note", "Bestuur Utrecht")];
        assert_eq!(agent.post(path, &typed).await.status, StatusCode::FORBIDDEN);

        let mut finance = site.login("finance@provider.example").await;
        let page = finance.get("/finance/bank").await;
        assert_eq!(page.texts("#main details a.button"), ["Dit is een verzamelrekening"]);
        let link = format!("{path}?iban={}&#38;note=J.%20Jansen#mark", THEIRS[0]);
        assert!(page.text.contains(&link), "{}", page.text);
        let form = finance.get(&format!("{path}?iban={}&note=J.%20Jansen", THEIRS[0])).await;
        assert!(form.text.contains(&format!("value=\"{}\"", THEIRS[0])) && form.text.contains("value=\"J. Jansen\""), "{}", form.text);

        let refused = finance.post(path, &[("iban", "NL20 INGB 0001 2345 68"), ("kind", "board"), ("note", "Bestuur")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.texts("#iban-error")[0].starts_with("Dit is geen geldig IBAN"), "{:?}", refused.texts("#iban-error"));
        assert!(refused.text.contains("value=\"NL20 INGB 0001 2345 68\"") && refused.text.contains("value=\"Bestuur\""));
        let done = finance.post(path, &typed).await;
        assert_eq!(done.status, StatusCode::OK);
        let notice = done.texts("#notice").join("");
        assert!(notice.contains("was bekend als die van") && notice.contains("telt dat niet meer als bewijs"), "{notice}");
        let row = done.texts("tbody tr");
        assert!(row[0].starts_with(&format!("{}bestuurBestuur Utrecht", THEIRS[0])), "{row:?}");

        let refused = finance.post(&format!("{path}/unmark"), &[("iban", THEIRS[0]), ("reason", " ")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.texts(".error").len(), 1, "{}", refused.text);
        finance.lang = "en";
        let done = finance.post(&format!("{path}/unmark"), &[("iban", THEIRS[0]), ("reason", "A mistake")]).await;
        assert_eq!(done.texts("#notice"), [format!("{} is not marked any more.", THEIRS[0])]);
        assert_eq!(done.texts(".empty"), ["No account is marked yet."]);
    }
}
