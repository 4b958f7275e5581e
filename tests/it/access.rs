//! Somebody else's data: every operation of the OpenAPI document is tried by everybody. A new operation without a row
//! in the table fails the test.

use crate::common::http::{Answer, Site, text};
use crate::common::{Fixture, day, on_both};
use crate::openapi::{document, operations};
use chrono::TimeDelta;
use serde_json::{Value, json};
use strippenkaart::domain::{Act, CollectionId, CustomerId, Excess, Receipt, Role, Target, TicketKind};
use strippenkaart::store::users::{self, StaffRole};

/// Terms under which every operation has something to do.
pub fn policy() -> String {
    let renewed = "auto_renew = \"with_consent\"\nconversion = \"credit\"";
    let terms = crate::story::policy().replace("conversion = \"credit\"", renewed);
    let terms = terms.replace("[tickets]\n", "[tickets]\nstalled_button = true\n");
    format!("{terms}{}{COLLECTION}", crate::availability::PROMISE)
}

/// Direct debits.
const COLLECTION: &str = "\n[collection]\ncreditor_id = \"NL69ZZZ123456780000\"\n";

/// Who may: `y` may, `n` is forbidden (403), `h` does not learn that it exists (404). The columns are [`PEOPLE`].
pub const TABLE: &[(&str, &str)] = &[
    //                                                         adm fin agt own spe vie oth nob
    ("POST /api/v1/customers", "                                y   y   y   n   n   n   n   n"),
    ("GET /api/v1/customers", "                                 y   y   y   y   y   y   y   y"),
    ("GET /api/v1/customers/{id}", "                            y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/contacts", "                  y   n   y   y   n   n   h   h"),
    ("GET /api/v1/customers/{id}/contacts", "                   y   y   y   y   y   y   h   h"),
    ("DELETE /api/v1/customers/{id}/contacts/{contact_id}", "   y   n   y   y   n   n   h   h"),
    ("POST /api/v1/customers/{id}/cards", "                     y   y   y   y   n   n   h   h"),
    ("POST /api/v1/customers/{id}/installations", "             y   n   y   y   n   n   h   h"),
    ("GET /api/v1/customers/{id}/installations", "              y   y   y   y   y   y   h   h"),
    ("DELETE /api/v1/customers/{id}/installations/{installation_id}", " y n y   y   n   n   h   h"),
    ("POST /api/v1/customers/{id}/renewal", "                   n   n   n   y   n   n   h   h"),
    ("GET /api/v1/customers/{id}/renewal", "                    y   y   y   y   y   y   h   h"),
    ("DELETE /api/v1/customers/{id}/renewal", "                 y   n   y   y   n   n   h   h"),
    ("GET /api/v1/customers/{id}/notices", "                    y   y   y   y   y   y   h   h"),
    ("GET /api/v1/invoices/{id}", "                             y   y   y   y   y   y   h   h"),
    ("POST /api/v1/invoices/{id}/payments", "                   y   y   n   n   n   n   h   h"),
    ("GET /api/v1/reversals", "                                 y   y   n   n   n   n   n   n"),
    ("GET /api/v1/customers/{id}/reversals", "                  y   y   y   y   y   y   h   h"),
    ("POST /api/v1/payments/{id}/reverse", "                    y   y   n   n   n   n   h   h"),
    ("POST /api/v1/collections/{id}/return", "                  y   y   n   n   n   n   h   h"),
    ("POST /api/v1/reversals/{id}/judge", "                     y   y   n   n   n   n   h   h"),
    ("POST /api/v1/reversals/{id}/waive", "                     y   y   n   n   n   n   h   h"),
    ("GET /api/v1/arrears", "                                   y   y   n   n   n   n   n   n"),
    ("GET /api/v1/customers/{id}/arrears", "                    y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/arrears/pause", "             y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/arrears/resume", "            y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/arrears/arrangement", "       y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/arrears/end-arrangement", "   y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/arrears/reactivation", "      y   y   n   n   n   n   h   h"),
    ("GET /api/v1/reminders", "                                 y   y   n   n   n   n   n   n"),
    ("POST /api/v1/invoices/{id}/reminders", "                  y   y   n   n   n   n   h   h"),
    ("GET /api/v1/invoices", "                                  y   y   n   n   n   n   n   n"),
    ("GET /api/v1/customers/{id}/invoices", "                   y   y   y   y   y   y   h   h"),
    ("POST /api/v1/invoices/{id}/issue", "                      y   y   n   n   n   n   h   h"),
    ("POST /api/v1/invoices/{id}/credit", "                     y   y   n   n   n   n   h   h"),
    ("POST /api/v1/invoices/{id}/set-off", "                    y   y   n   n   n   n   h   h"),
    ("POST /api/v1/invoices/{id}/erase-line", "                 y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/invoice-lines", "             y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/payments", "                  y   y   n   n   n   n   h   h"),
    ("GET /api/v1/customers/{id}/payments", "                   y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/repayments", "                y   y   n   n   n   n   h   h"),
    ("POST /api/v1/cards/{id}/refunds", "                       y   y   n   n   n   n   h   h"),
    ("GET /api/v1/customers/{id}/billing", "                    y   y   y   y   y   y   h   h"),
    ("PUT /api/v1/customers/{id}/billing", "                    y   y   y   y   n   n   h   h"),
    ("GET /api/v1/customers/{id}/mandates", "                   y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/mandates", "                  y   y   n   n   n   n   h   h"),
    ("DELETE /api/v1/customers/{id}/mandates/{mandate_id}", "   y   y   n   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/mandates/{mandate_id}/amendments", " y y n n   n   n   h   h"),
    ("GET /api/v1/invoices/{id}/collections", "                 y   y   y   y   y   y   h   h"),
    ("POST /api/v1/invoices/{id}/collections", "                y   y   n   n   n   n   h   h"),
    ("POST /api/v1/collections/{id}/cancellation", "            y   y   n   n   n   n   h   h"),
    ("GET /api/v1/invoices/{id}/pdf", "                         y   y   y   y   y   y   h   h"),
    ("GET /api/v1/invoices/{id}/ubl", "                         y   y   y   y   y   y   h   h"),
    ("GET /api/v1/customers/{id}/account", "                    y   y   y   y   y   y   h   h"),
    ("POST /api/v1/exports", "                                  y   y   n   n   n   n   n   n"),
    ("GET /api/v1/exports", "                                   y   y   n   n   n   n   n   n"),
    ("GET /api/v1/exports/{number}", "                          y   y   n   n   n   n   n   n"),
    ("GET /api/v1/exports/{number}/file", "                     y   y   n   n   n   n   n   n"),
    ("POST /api/v1/customers/{id}/tickets", "                   y   n   y   y   y   y   h   h"),
    ("GET /api/v1/customers/{id}/tickets", "                    y   y   y   y   y   y   h   h"),
    ("GET /api/v1/tickets/{id}", "                              y   y   y   y   y   y   h   h"),
    ("GET /api/v1/coverage", "                                  y   y   y   y   y   y   y   y"),
    ("POST /api/v1/customers/{id}/coverage", "                  y   y   y   y   y   y   h   h"),
    ("GET /api/v1/tickets/{id}/coverage", "                     y   y   y   y   y   y   h   h"),
    ("POST /api/v1/tickets/{id}/coverage", "                    y   n   y   n   n   n   h   h"),
    ("GET /api/v1/customers/{id}/urgent-add-on", "              y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/urgent-add-on", "             y   n   y   n   n   n   h   h"),
    ("GET /api/v1/customers/{id}/agreed-work", "                y   y   y   y   y   y   h   h"),
    ("GET /api/v1/tickets", "                                   y   y   y   y   y   y   y   y"),
    ("GET /api/v1/tickets/{id}/events", "                       y   y   y   y   y   y   h   h"),
    ("POST /api/v1/tickets/{id}/acknowledge", "                 y   n   y   n   n   n   h   h"),
    ("POST /api/v1/tickets/{id}/messages", "                    y   n   y   y   y   y   h   h"),
    ("POST /api/v1/tickets/{id}/notes", "                       y   n   y   n   n   n   h   h"),
    ("POST /api/v1/tickets/{id}/status", "                      y   n   y   y   y   y   h   h"),
    ("POST /api/v1/tickets/{id}/priority", "                    y   n   y   n   n   n   h   h"),
    ("POST /api/v1/tickets/{id}/stalled", "                     n   n   n   y   y   y   h   h"),
    ("POST /api/v1/tickets/{id}/explanations", "                y   n   y   n   n   n   h   h"),
    ("GET /api/v1/fair-use", "                                  y   y   y   n   n   n   n   n"),
    ("GET /api/v1/customers/{id}/fair-use", "                   y   y   y   y   y   y   h   h"),
    ("GET /api/v1/customers/{id}/fair-use/entries", "           y   y   y   y   y   y   h   h"),
    ("POST /api/v1/customers/{id}/fair-use/conversations", "    y   n   y   n   n   n   h   h"),
    ("GET /api/v1/customers/{id}/fair-use/conversations", "     y   y   y   n   n   n   h   h"),
    ("POST /api/v1/customers/{id}/contract-end", "              y   n   y   n   n   n   h   h"),
    ("POST /api/v1/tickets/{id}/estimates", "                   y   n   y   n   n   n   h   h"),
    ("GET /api/v1/estimates/{id}", "                            y   y   y   y   y   y   h   h"),
    ("POST /api/v1/estimates/{id}/accept", "                    y   n   y   y   y   n   h   h"),
    ("POST /api/v1/estimates/{id}/decline", "                   y   n   y   y   y   n   h   h"),
    ("POST /api/v1/estimates/{id}/close", "                     y   n   y   n   n   n   h   h"),
    ("POST /api/v1/tickets/{id}/time-entries", "                y   n   y   n   n   n   h   h"),
    ("POST /api/v1/time-entries/{id}/reverse", "                y   n   y   n   n   n   h   h"),
    ("POST /api/v1/time-entries/{id}/cover", "                  y   n   y   y   y   n   h   h"),
    ("GET /api/v1/customers/{id}/balance", "                    y   y   y   y   y   y   h   h"),
    ("GET /api/v1/customers/{id}/ledger", "                     y   y   y   y   y   y   h   h"),
    ("GET /api/v1/availability", "                              y   y   y   y   y   y   y   y"),
    ("GET /api/v1/availability/{month}", "                      y   y   y   y   y   y   y   y"),
    ("POST /api/v1/availability/incidents", "                   y   y   y   n   n   n   n   n"),
    ("GET /api/v1/availability/incidents", "                    y   y   y   n   n   n   n   n"),
    ("GET /api/v1/bank/files", "                                y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/files", "                               y   y   n   n   n   n   n   n"),
    ("GET /api/v1/bank/lines", "                                y   y   n   n   n   n   n   n"),
    ("GET /api/v1/bank/lines/{id}", "                           y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/lines/{id}/assign", "                   y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/lines/{id}/set-aside", "                y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/lines/{id}/undo", "                     y   y   n   n   n   n   n   n"),
    ("GET /api/v1/bank/collective-accounts", "                  y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/collective-accounts", "                 y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/collective-accounts/unmark", "          y   y   n   n   n   n   n   n"),
    ("GET /api/v1/bank/check", "                                y   y   n   n   n   n   n   n"),
    ("POST /api/v1/bank/first-balances", "                      y   y   n   n   n   n   n   n"),
    ("GET /api/v1/months", "                                    y   y   n   n   n   n   n   n"),
    ("GET /api/v1/months/{month}", "                            y   y   n   n   n   n   n   n"),
    ("POST /api/v1/months/{month}/close", "                     y   y   n   n   n   n   n   n"),
    ("POST /api/v1/months/{month}/reopen", "                    y   y   n   n   n   n   n   n"),
    ("GET /api/v1/balances", "                                  y   y   n   n   n   n   n   n"),
    ("GET /api/v1/deferred-revenue", "                          y   y   n   n   n   n   n   n"),
    ("GET /api/v1/policies/current", "                          y   y   y   y   y   y   y   y"),
    ("GET /api/v1/policies", "                                  y   y   y   n   n   n   n   n"),
    ("GET /api/v1/policies/{version}", "                        y   y   y   n   n   n   n   n"),
    ("POST /api/v1/policies/evaluate", "                        y   y   y   y   y   y   y   y"),
    ("POST /api/v1/policies/check", "                           y   y   y   n   n   n   n   n"),
    ("POST /api/v1/policies", "                                 y   n   n   n   n   n   n   n"),
];

/// The columns: three roles of the provider, three of the customer, the owner of another customer, and a login that is
/// contact of nobody.
pub const PEOPLE: [&str; 8] = ["admin", "finance", "agent", "owner", "spender", "viewer", "other", "nobody"];

/// A mandate that would do.
fn mandate() -> Value {
    json!({ "iban": "NL91 ABNA 0417 1643 00", "debtor_name": "School", "signed_on": "2026-03-01" })
}

/// A customer with one of everything, and a token for each of [`PEOPLE`].
pub struct Scene {
    pub site: Site,
    pub tokens: [String; 8],
    pub customer: String,
    pub owner: String,
    viewer: String,
    pub leaver: String,
    ticket: String,
    coverage: String,
    pub invoice: String,
    card: String,
    pub mandate: String,
    estimate: String,
    entry: String,
    payment: String,
    collection: String,
    reversal: String,
    pub installation: String,
    bank_line: String,
    other_customer: String,
    other_owner: String,
}

impl Scene {
    pub async fn new(fixture: Fixture) -> Self {
        let (customer, owner) = fixture.customer().await;
        let spender = fixture.contact(customer, "Sam Smit", "sam@example.org", Role::Spender).await;
        let viewer = fixture.contact(customer, "Vic Visser", "vic@example.org", Role::Viewer).await;
        let leaver = fixture.contact(customer, "Lou Lam", "lou@example.org", Role::Viewer).await;
        let (other_customer, other_owner) = fixture.customer().await;
        let ticket = fixture.ticket(customer, Some(owner), TicketKind::Question).await;
        let target = Target::Ticket(ticket.id);
        let Receipt::Time(time) = fixture.submit(target, fixture.time(ticket.id, 30, Excess::Uncovered)).await.unwrap()
        else {
            panic!("time was logged")
        };
        let estimate = fixture.propose(ticket.id, 60).await;
        let add = Act::AddInstallation { name: "own.example".to_owned() };
        let Receipt::Installation(place) = fixture.submit(Target::Customer(customer), add).await.unwrap() else {
            panic!("an installation was added")
        };
        let site = Site::new(fixture);
        site.user("nobody@example.org", "Nobody", None).await;
        let tokens = [
            site.staff(StaffRole::Admin).await,
            site.staff(StaffRole::Finance).await,
            site.staff(StaffRole::Agent).await,
            site.token_of(owner, "own@example.org").await,
            site.token_of(spender.id, "sam@example.org").await,
            site.token_of(viewer.id, "vic@example.org").await,
            site.token_of(other_owner, "other@example.org").await,
            site.fixture.service.create_token("nobody@example.org", 90).await.unwrap(),
        ];
        let cards = format!("/api/v1/customers/{customer}/cards");
        let card = site.post(&tokens[0], &cards, &json!({ "product": "10h" })).await.expect(201);
        let invoice = text(&card["invoice_id"]).to_owned();
        let (payment, collection, reversal) = money(&site, &tokens[0], customer, &invoice).await;
        let mandates = format!("/api/v1/customers/{customer}/mandates");
        let mandate = site.post(&tokens[0], &mandates, &mandate()).await;
        // Tests under other terms have none.
        let mandate = if mandate.status == 201 { text(&mandate.json()["id"]).to_owned() } else { customer.to_string() };
        let told = crate::bank::a_payment("1.00");
        site.raw("POST", &tokens[0], "/api/v1/bank/files", None, told).await.expect(201);
        let lines = site.get(&tokens[0], "/api/v1/bank/lines").await.expect(200);
        let bank_line = text(&lines["items"][0]["id"]).to_owned();
        let export = json!({ "kind": "pdf", "up_to": "2026-03-09" });
        site.post(&tokens[0], "/api/v1/exports", &export).await.expect(201);
        Self {
            payment,
            collection,
            reversal,
            tokens,
            customer: customer.to_string(),
            owner: owner.to_string(),
            viewer: viewer.id.to_string(),
            leaver: leaver.id.to_string(),
            ticket: ticket.id.to_string(),
            coverage: ticket.coverage_id.to_string(),
            invoice,
            card: text(&card["id"]).to_owned(),
            mandate,
            estimate: estimate.id.to_string(),
            entry: time.entry.id.to_string(),
            installation: place.id.to_string(),
            bank_line,
            other_customer: other_customer.to_string(),
            other_owner: other_owner.to_string(),
            site,
        }
    }

    /// The identity of this scene's one of `kind`, as paths name them.
    pub fn of(&self, kind: &str) -> String {
        let path = self.path(&format!("/api/v1/{kind}/{{id}}"), None);
        path.rsplit('/').next().unwrap().to_owned()
    }

    /// A path with the identities of this scene, or with another one in its first place.
    pub fn path(&self, path: &str, instead: Option<&str>) -> String {
        let own = match path.split('/').nth(3) {
            Some("customers") => &self.customer,
            Some("tickets") => &self.ticket,
            Some("estimates") => &self.estimate,
            _ if !path.contains("{id}")
                && !path.contains("{month}")
                && !path.contains("{version}")
                && !path.contains("{number}") =>
            {
                return path.to_owned();
            }
            Some("invoices") => &self.invoice,
            Some("cards") => &self.card,
            Some("bank") => &self.bank_line,
            Some("time-entries") => &self.entry,
            Some("payments") => &self.payment,
            Some("collections") => &self.collection,
            Some("reversals") if path.contains("{id}") => &self.reversal,
            Some("availability" | "policies" | "fair-use" | "months" | "exports") => "",
            _ if !path.contains("{id}") => return path.to_owned(),
            _ => panic!("say which identity stands in {path}"),
        };
        path.replace("{id}", instead.unwrap_or(own))
            .replace("{contact_id}", &self.leaver)
            .replace("{installation_id}", &self.installation)
            .replace("{mandate_id}", &self.mandate)
            .replace("{month}", "2026-03")
            .replace("{version}", "1")
            .replace("{number}", "1")
    }

    /// A body that would do, from this person.
    fn body(&self, operation: &str, person: &str) -> Value {
        let for_contact = matches!(person, "admin" | "agent").then_some(self.owner.as_str());
        match operation.rsplit('/').next().unwrap() {
            "incidents" => json!({ "product": "Board", "started_at": "2026-03-09T08:00:00Z", "cause": "outage" }),
            "exports" => json!({ "kind": "journal", "up_to": "2026-03-09" }),
            "check" => json!({ "text": policy() }),
            "evaluate" => json!({ "worked_minutes": 50 }),
            "policies" => json!({ "text": policy(), "from": "2026-03-09" }),
            "customers" => json!({ "name": format!("School of {person}"), "email": "new@example.org" }),
            "contacts" => {
                json!({ "name": "Nina", "email": format!("{person}@new.example"), "role": "viewer", "valid_until": "2026-03-12" })
            }
            "installations" => json!({ "name": format!("{person}.example") }),
            "cards" => json!({ "product": "5h" }),
            "payments" => json!({ "amount": "1.00", "paid_on": "2026-03-09", "method": "bank" }),
            "erase-line" => json!({ "line": 0 }),
            "invoice-lines" => json!({ "description": "Training", "pieces": 1, "unit_price": "250.00" }),
            "assign" => json!({ "invoice_ids": [self.invoice], "keep_surplus": true }),
            "set-aside" => json!({ "reason": "Not for us" }),
            "repayments" => json!({ "amount": "1.00", "paid_on": "2026-03-09" }),
            "billing" => json!({ "city": "Utrecht" }),
            "mandates" => mandate(),
            "amendments" => json!({ "iban": "NL20 INGB 0001 2345 67" }),
            "collections" => json!({ "collect_on": "2026-03-16" }),
            "cancellation" => json!({ "reason": "The customer pays by transfer" }),
            "tickets" => json!({ "subject": "Help", "description": "Please", "kind": "question" }),
            "messages" | "notes" => json!({ "text": "Hello" }),
            "status" => json!({ "to": "closed" }),
            "priority" => json!({ "priority": if person == "admin" { "high" } else { "normal" }, "reason": "Agreed" }),
            "explanations" => json!({ "measure": "response", "reason": "Ill", "expected_at": "2026-04-01T10:00:00Z" }),
            "estimates" => json!({ "minutes": 15, "description": "The work" }),
            "conversations" => json!({ "note": "Talked by mail" }),
            "contract-end" => json!({ "last_day": "2027-12-31" }),
            "accept" if for_contact.is_some() => {
                json!({ "contact_id": for_contact, "channel": "phone", "note": "Jo said yes" })
            }
            "time-entries" => json!({ "worked_minutes": 10, "description": "Helped", "uncovered": true }),
            "reopen" => json!({ "reason": "Something came later" }),
            "reverse" if operation.contains("payments") => {
                json!({ "amount": "0.01", "code": "AM04", "valued_on": "2026-03-09" })
            }
            "return" => json!({ "code": "AM04", "valued_on": "2026-03-09" }),
            "judge" => json!({ "counted": false, "reason": "Our fault" }),
            "waive" | "pause" | "resume" | "end-arrangement" => json!({ "reason": "Agreed" }),
            "arrangement" => json!({ "until": "2027-01-01", "asked_via": "mail", "reason": "In parts" }),
            "reactivation" => json!({ "factor": "1", "reason": "Agreed" }),
            "credit" | "refunds" | "reverse" => json!({ "reason": "A mistake" }),
            "coverage" if operation.contains("customers") => json!({ "kind": "question" }),
            "coverage" => json!({ "replaces": self.coverage, "cover": "goodwill", "reason": "We promised it" }),
            "collective-accounts" => json!({ "iban": crate::bank::THEIRS[0], "kind": "board" }),
            "unmark" => json!({ "iban": crate::bank::THEIRS[0], "reason": "A mistake" }),
            "first-balances" => json!({ "account": crate::bank::OURS, "day": "2020-01-01", "amount": "0.00" }),
            "urgent-add-on" => json!({ "since": "2026-03-09" }),
            "cover" => json!({ "by": "card", "contact_id": for_contact, "reason": "Agreed afterwards" }),
            _ => json!({}),
        }
    }

    async fn try_out(&self, operation: &str, person: usize, instead: Option<&str>) -> Answer {
        self.try_as(operation, &self.tokens[person], PEOPLE[person], instead).await
    }

    /// Tries an operation with a token, and a body that would do for such a person.
    pub async fn try_as(&self, operation: &str, token: &str, person: &str, instead: Option<&str>) -> Answer {
        let (method, path) = operation.split_once(' ').unwrap();
        let body = if operation == "POST /api/v1/bank/files" {
            crate::bank::a_payment("2.00")
        } else if ["POST", "PUT"].contains(&method) {
            self.body(operation, person).to_string()
        } else {
            String::new()
        };
        self.site.raw(method, token, &self.path(path, instead), None, body).await
    }

    /// Everything an admin can see of the customer.
    pub async fn state(&self) -> String {
        let mut state = String::new();
        for (operation, _) in TABLE.iter().filter(|(operation, _)| operation.starts_with("GET")) {
            state += &self.try_out(operation, 0, None).await.text;
        }
        state
    }
}

/// A payment, a collection and a reversal of an invoice.
async fn money(site: &Site, admin: &str, customer: CustomerId, invoice: &str) -> (String, String, String) {
    let pay = json!({ "amount": "10.00", "paid_on": "2026-03-09", "method": "bank" });
    let paid = site.post(admin, &format!("/api/v1/invoices/{invoice}/payments"), &pay).await.expect(201);
    let payment = text(&paid["id"]).to_owned();
    let told = json!({ "amount": "1.00", "code": "XX99", "valued_on": "2026-03-09" });
    let undone = site.post(admin, &format!("/api/v1/payments/{payment}/reverse"), &told).await.expect(201);
    let mandate = Act::RecordMandate {
        reference: None,
        scheme: None,
        signed_on: day("2026-01-05"),
        debtor_name: "School".to_owned(),
        iban: "NL91ABNA0417164300".to_owned(),
    };
    let reversal = text(&undone["id"]).to_owned();
    if site.fixture.submit(Target::Customer(customer), mandate).await.is_err() {
        return (payment, CollectionId(uuid::Uuid::nil()).to_string(), reversal); // this provider does not collect
    }
    let id = invoice.parse().unwrap();
    let plan = Act::PlanCollection { invoice: id, collect_on: day("2026-03-09") };
    let Receipt::Collection(planned) = site.fixture.submit(Target::Invoice(id), plan).await.unwrap() else {
        panic!("a collection was planned")
    };
    (payment, planned.id.to_string(), reversal)
}

/// What the table says of one person.
pub fn may(row: &str, person: usize) -> &str {
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells.len(), PEOPLE.len(), "{row}");
    cells[person]
}

on_both! {
    under policy();
    async fn every_operation_is_for_whom_the_table_says(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let document = document(&scene.site).await;
        let before = scene.state().await;
        for (operation, _) in operations(&document) {
            let (_, row) = TABLE.iter().find(|(name, _)| *name == operation).expect(&operation);
            for (person, name) in PEOPLE.iter().enumerate() {
                let answer = match may(row, person) {
                    "n" => scene.try_out(&operation, person, None).await.problem(403, "forbidden"),
                    "h" => scene.try_out(&operation, person, None).await.problem(404, "not-found"),
                    _ => continue,
                };
                assert!(!answer.to_string().contains("School"), "{operation} {name}: {answer}");
            }
        }
        assert_eq!(scene.state().await, before, "who may not, changes nothing");
        for (operation, _) in operations(&document) {
            let (_, row) = TABLE.iter().find(|(name, _)| *name == operation).expect(&operation);
            for (person, name) in PEOPLE.iter().enumerate().filter(|(person, _)| may(row, *person) == "y") {
                let answer = scene.try_out(&operation, person, None).await;
                let status = answer.status.as_u16();
                assert!([200, 201, 204, 409].contains(&status), "{operation} {name}: {status} {}", answer.text);
            }
        }
    }
}

on_both! {
    under policy();
    async fn what_is_hidden_looks_like_what_is_not_there(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let nothing = uuid::Uuid::from_u128(42).to_string();
        for (operation, row) in TABLE {
            for (person, name) in PEOPLE.iter().enumerate().filter(|(person, _)| may(row, *person) == "h") {
                let hidden = scene.try_out(operation, person, None).await;
                let absent = scene.try_out(operation, person, Some(&nothing)).await;
                assert_eq!(hidden.text, absent.text, "{operation} {name}");
            }
            if operation.contains("{id}") && may(row, 0) == "y" {
                scene.try_out(operation, 0, Some(&nothing)).await.problem(404, "not-found");
                scene.try_out(operation, 0, Some("not-an-id")).await.problem(404, "not-found");
            }
        }
    }
}

on_both! {
    async fn without_a_good_token_nothing_answers(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        for (operation, _) in operations(&document(&scene.site).await) {
            let (method, path) = operation.split_once(' ').unwrap();
            for token in ["", "nonsense", "e30.e30.e30", &scene.tokens[0][1..]] {
                let answer = scene.site.raw(method, token, &scene.path(path, None), None, "{}".to_owned()).await;
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
                answer.problem(401, "unauthenticated");
            }
        }
    }
}

on_both! {
    async fn lists_hold_what_one_may_see(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        for (person, name) in PEOPLE.iter().enumerate() {
            let list = scene.site.get(&scene.tokens[person], "/api/v1/customers").await.expect(200);
            let found: Vec<&str> = list["items"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect();
            let (own, other) = (scene.customer.as_str(), scene.other_customer.as_str());
            let expected = match *name {
                "admin" | "finance" | "agent" => vec![own, other],
                "owner" | "spender" | "viewer" => vec![own],
                "other" => vec![other],
                _ => vec![],
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}

on_both! {
    under policy();
    async fn a_body_cannot_name_what_belongs_to_another_customer(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let (site, agent, owner) = (&scene.site, &scene.tokens[2], &scene.tokens[3]);
        let contact = scene.path("/api/v1/customers/{id}/contacts", None) + "/" + &scene.other_owner;
        site.delete(owner, &contact).await.problem(404, "not-found");
        let tickets = scene.path("/api/v1/customers/{id}/tickets", None);
        let body = json!({ "subject": "A", "description": "B", "kind": "question", "requester_id": scene.other_owner });
        assert_eq!(site.post(agent, &tickets, &body).await.pointers(), ["/requester_id"]);
        let accept = scene.path("/api/v1/estimates/{id}/accept", None);
        let body = json!({ "contact_id": scene.other_owner, "channel": "phone", "note": "Said yes" });
        assert_eq!(site.post(agent, &accept, &body).await.pointers(), ["/contact_id"]);
        let cover = scene.path("/api/v1/time-entries/{id}/cover", None);
        let body = json!({ "by": "card", "contact_id": scene.other_owner, "reason": "Agreed" });
        assert_eq!(site.post(agent, &cover, &body).await.pointers(), ["/contact_id"]);
        let body = json!({ "by": "invoice", "contact_id": scene.other_owner, "reason": "Agreed" });
        assert_eq!(site.post(agent, &cover, &body).await.pointers(), ["/contact_id"]);
        let decide = scene.path("/api/v1/tickets/{id}/coverage", None);
        let body = json!({ "replaces": scene.coverage, "cover": "invoice", "agreed_by": scene.other_owner, "reason": "x" });
        assert_eq!(site.post(agent, &decide, &body).await.pointers(), ["/agreed_by"]);

        let other_tickets = format!("/api/v1/customers/{}/tickets", scene.other_customer);
        let body = json!({ "subject": "A", "description": "B", "kind": "question" });
        let other = site.post(agent, &other_tickets, &body).await.expect(201);
        let entries = format!("/api/v1/tickets/{}/time-entries", text(&other["id"]));
        let body = json!({ "worked_minutes": 10, "description": "Helped", "estimate_id": scene.estimate });
        assert_eq!(site.post(agent, &entries, &body).await.pointers(), ["/estimate_id"]);
    }
}

on_both! {
    async fn rights_end_at_once(fixture: Fixture) {
        let scene = Scene::new(fixture).await;
        let site = &scene.site;
        let customer = scene.path("/api/v1/customers/{id}", None);
        let [admin, finance, agent, owner, _, viewer, ..] = &scene.tokens;

        let contact = format!("{customer}/contacts/{}", scene.viewer);
        site.get(viewer, &customer).await.expect(200);
        site.delete(owner, &contact).await.expect(204);
        site.get(viewer, &customer).await.problem(404, "not-found");
        site.delete(owner, &contact).await.expect(204);

        let service = &site.fixture.service;
        let caller = service.caller_by_token(agent).await.unwrap();
        let mut tx = service.db.begin().await.unwrap();
        users::set_disabled(&mut tx, caller.user.id, true, site.fixture.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        site.get(agent, &customer).await.problem(401, "unauthenticated");

        let claims = service.tokens.read(finance, site.fixture.clock.now()).unwrap();
        assert!(service.revoke_token(claims.jti).await.unwrap());
        site.get(finance, &customer).await.problem(401, "unauthenticated");

        site.get(admin, &customer).await.expect(200);
        site.fixture.clock.set(site.fixture.clock.now() + TimeDelta::days(90));
        site.get(admin, &customer).await.problem(401, "unauthenticated");
    }
}
