//! Every figure that the bookkeeper gave us beforehand (`tests/fixtures/golden.json`), made by real commands on the pure
//! domain: to the cent, and on the accounts that it names.

use crate::common::{AGENT, pure::Books};
use chrono::{Days, TimeZone as _, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use strippenkaart::domain::{
    Act, Actor, Card, Cents, Contact, CustomerId, Excess, Invoice, Locale, Minutes, PaymentMethod, Receipt, Report,
    Role, Target, Ticket, TicketKind, Transaction, TransactionKind,
    command::{Crediting, NewLine, Receiving, Undone},
    document::Quantity,
    iban, references,
};
use strippenkaart::exchange::epc;

const GOLDEN: &str = include_str!("../fixtures/golden.json");

/// Hours of an hour card without an agreement beforehand, by twenty minutes, and every fee; `VAT` is that of a reversal fee.
const POLICY: &str = r#"name = "golden"
effective_from = 2020-01-01

[provider]
name = "Strippenkaart Demo B.V."
email = "info@demo.example"
iban = "NL91ABNA0417164300"

[time]
increment_minutes = INCREMENT

[cards]
VALIDITY

[[cards.products]]
id = "10h"
minutes = 600
price = "800.00"

[[cards.products]]
id = "odd"
minutes = 600
price = "799.00"

[spending]
agreement = "not_required"

[rates]
hourly = "95.00"

[[coverage]]
by = "card"
sentence = { nl = "Van de kaart.", en = "Off the card." }

[reversals]
fee = "82.50"
vat = "VAT"

[reactivation]

[collection]
creditor_id = "NL69ZZZ123456780000"
"#;

/// One customer of a provider with this VAT on reversal fees.
struct Case {
    books: Books,
    customer: CustomerId,
    owner: Contact,
}

impl Case {
    fn new(vat: &str, increment: &str, validity: &str) -> Self {
        let text = POLICY.replace("VAT", vat).replace("INCREMENT", increment).replace("VALIDITY", validity);
        let mut books = Books::new(&[text], Utc.with_ymd_and_hms(2026, 3, 9, 9, 0, 0).unwrap());
        let customer: CustomerId = books.clock.id();
        let act = Act::CreateCustomer {
            name: "School".to_owned(),
            email: "school@example.org".to_owned(),
            locale: Locale::Nl,
            monthly_amount: Some(Cents(2_500)),
            contract_start: None,
            imported: true,
        };
        submit(&mut books, Target::Customer(customer), act);
        let act = Act::AddContact {
            name: "Jo".to_owned(),
            email: "jo@example.org".to_owned(),
            role: Role::Owner,
            ceiling: None,
            valid_from: None,
            valid_until: None,
            asked_by: None,
            asked_via: None,
        };
        let Receipt::Contact(owner) = submit(&mut books, Target::Customer(customer), act) else { unreachable!() };
        Self { books, customer, owner }
    }

    fn plain() -> Self {
        Self::new("outside_scope", "15", "")
    }

    fn submit(&mut self, target: Target, act: Act) -> Receipt {
        submit(&mut self.books, target, act)
    }

    fn order(&mut self, product: &str) -> (Card, Invoice) {
        let act = Act::order(product.to_owned());
        let Receipt::Card(card, Some(invoice)) = self.submit(Target::Customer(self.customer), act) else {
            unreachable!()
        };
        (*card, *invoice)
    }

    /// A card that is paid.
    fn card(&mut self, product: &str) -> Card {
        let (card, invoice) = self.order(product);
        let today = self.books.policies.day(self.books.clock.now());
        let received = Receiving::of(invoice.id, invoice.gross, today, PaymentMethod::Bank);
        self.submit(Target::Invoice(invoice.id), Act::RecordPayment(received));
        card
    }

    fn ticket(&mut self) -> Ticket {
        let (subject, description, kind) = ("Help".to_owned(), "Please".to_owned(), TicketKind::Question);
        let requester = Some(self.owner.id);
        let report = Report { subject, description, requester, kind, ..Report::default() };
        let Receipt::Ticket(ticket) = self.submit(Target::Customer(self.customer), Act::OpenTicket(report)) else {
            unreachable!()
        };
        ticket
    }

    fn log(&mut self, ticket: &Ticket, minutes: i64) -> strippenkaart::domain::decide::TimeReceipt {
        let act = Act::LogTime {
            ticket: ticket.id,
            worked: Minutes(minutes),
            worked_on: None,
            description: "Helped".to_owned(),
            estimate: None,
            started_at: None,
            surcharges: vec![],
            excess: Excess::Uncovered,
        };
        let Receipt::Time(time) = self.submit(Target::Ticket(ticket.id), act) else { unreachable!() };
        time
    }

    /// A draft of these lines, issued.
    fn issued(&mut self, lines: &[(Quantity, i64)]) -> Invoice {
        let mut draft = None;
        for (quantity, price) in lines {
            let line = NewLine { description: "Work".to_owned(), quantity: *quantity, unit_price: Cents(*price) };
            let Receipt::Invoice(made) = self.submit(Target::Customer(self.customer), Act::WriteLine(line)) else {
                unreachable!()
            };
            draft = Some(made.id);
        }
        self.issue(draft.unwrap())
    }

    fn issue(&mut self, draft: strippenkaart::domain::InvoiceId) -> Invoice {
        let Receipt::Invoice(invoice) = self.submit(Target::Invoice(draft), Act::IssueInvoice(draft)) else {
            unreachable!()
        };
        *invoice
    }

    fn documents(&self) -> Vec<&Invoice> {
        self.books.ledgers[&self.customer].rows.invoices.values().collect()
    }

    fn open(&self) -> i64 {
        self.documents().iter().map(|invoice| invoice.open().0).sum()
    }

    /// VAT owed over all documents.
    fn vat(&self) -> i64 {
        let signed = |invoice: &&Invoice| if invoice.credits.is_some() { -invoice.vat.0 } else { invoice.vat.0 };
        self.documents().iter().map(signed).sum()
    }

    /// The postings of the last transaction of a kind, as the bookkeeper writes them.
    fn journal(&self, kind: TransactionKind) -> Value {
        let of_kind =
            |row: &&Transaction| row.kind == kind && self.books.postings.iter().any(|post| post.seq == row.seq);
        let seq = self.books.transactions.iter().rev().find(of_kind).unwrap().seq;
        let accounts = &self.books.policies.newest().accounts;
        let posts = self.books.postings.iter().filter(|post| post.seq == seq);
        let lines = posts.map(|post| {
            let account = accounts.get(post.account);
            json!({ "account": format!("{} {}", account.number, account.name), "amount": post.amount.0 })
        });
        Value::Array(lines.collect())
    }
}

fn submit(books: &mut Books, target: Target, act: Act) -> Receipt {
    let command = books.command(Actor::Staff(AGENT), target, act);
    books.submit(&command).unwrap()
}

fn figures(invoice: &Invoice) -> Value {
    json!({ "net": invoice.net.0, "vat": invoice.vat.0, "gross": invoice.gross.0 })
}

/// Compares the keys that both have; at least one.
fn same(expected: &Value, found: &Value) {
    let mut compared = 0;
    for (key, value) in found.as_object().unwrap() {
        if let Some(golden) = expected.get(key) {
            assert_eq!(value, golden, "{key} of {expected}");
            compared += 1;
        }
    }
    assert!(compared > 0, "nothing in common: {expected} and {found}");
}

/// The golden cases, each taken once.
struct Golden {
    all: Value,
    taken: BTreeSet<&'static str>,
}

impl Golden {
    fn take(&mut self, name: &'static str) -> Value {
        self.taken.insert(name);
        self.all[name].clone()
    }
}

#[test]
fn pay_6_every_golden_case_comes_out_to_the_cent() {
    let mut golden = Golden { all: serde_json::from_str(GOLDEN).unwrap(), taken: BTreeSet::new() };
    documents(&mut golden);
    fees(&mut golden);
    deferred(&mut golden);
    journals(&mut golden);
    identifiers(&golden.take("identifiers"));
    let names: Vec<&String> = golden.all.as_object().unwrap().keys().collect();
    let left: Vec<_> = names.iter().filter(|name| !golden.taken.contains(name.as_str())).collect();
    assert!(left.is_empty(), "no command makes {left:?}");
}

fn documents(golden: &mut Golden) {
    let mut case = Case::plain();
    assert_eq!(figures(&case.order("10h").1), golden.take("purchase_10h"));
    let expected = golden.take("three_purchases_one_credited");
    let (_, second) = case.order("10h");
    case.order("10h");
    let sum = |figure: fn(&Invoice) -> Cents, case: &Case| -> i64 {
        let signed =
            |invoice: &&Invoice| if invoice.credits.is_some() { -figure(invoice).0 } else { figure(invoice).0 };
        case.documents().iter().map(signed).sum()
    };
    let sums = |case: &Case| json!({ "net": sum(|i| i.net, case), "vat": sum(|i| i.vat, case), "gross": sum(|i| i.gross, case) });
    same(&expected, &sums(&case));
    assert_eq!(expected["invoices"], case.documents().len());
    let act = Act::CreditInvoice { invoice: second.id, crediting: Crediting::Whole, reason: "not needed".to_owned() };
    let Receipt::Invoice(note) = case.submit(Target::Invoice(second.id), act) else { unreachable!() };
    assert_eq!(json!({ "net": -note.net.0, "vat": -note.vat.0, "gross": -note.gross.0 }), expected["credit"]);
    assert_eq!(sums(&case), expected["after"]);

    for (name, minutes) in [("overage_105min_at_95", 105), ("overage_20min_at_95", 20), ("overage_45min_at_95", 45)] {
        let issued = Case::plain().issued(&[(Quantity::Minutes(Minutes(minutes)), 9_500)]);
        assert_eq!(figures(&issued), golden.take(name));
    }
    let issued = Case::plain().issued(&[(Quantity::Pieces(1), 3_335); 3]);
    let expected = golden.take("rounding_3_lines_33_35");
    assert_eq!(json!([issued.net.0, issued.vat.0]), json!([expected["net"], expected["vat_per_invoice"]]));
    let issued = Case::plain().issued(&[(Quantity::Pieces(1), 5); 2]);
    let expected = golden.take("rounding_2_lines_0_05");
    assert_eq!(json!([issued.net.0, issued.vat.0]), json!([expected["net"], expected["vat_per_invoice"]]));
    let lines = [(Quantity::Minutes(Minutes(105)), 9_500), (Quantity::Pieces(1), 2_500)];
    let issued = Case::plain().issued(&lines);
    let expected = golden.take("invoice_overage105_plus_reactivation");
    same(&expected, &figures(&issued));
    let nets: Vec<i64> = issued.lines.iter().map(|line| line.printed.net.0).collect();
    assert_eq!(json!(nets), expected["lines"]);

    let act = Act::ChargeReactivation { factor: 1.into(), reason: "late twice".to_owned() };
    let mut case = Case::plain();
    case.submit(Target::Customer(case.customer), act);
    assert_eq!(figures(case.documents()[0]), golden.take("reactivation_2500_ex"));
}

/// Collected, reversed, collected again and reversed again, under each treatment of the fee.
fn fees(golden: &mut Golden) {
    let story = golden.take("reversal_story");
    for (vat, fee, key) in [
        ("outside_scope", "fee_8250_no_vat", "no_vat"),
        ("standard_ex", "fee_8250_ex_21", "ex_21"),
        ("standard_incl", "fee_8250_incl_21", "incl_21"),
    ] {
        let mut case = Case::new(vat, "15", "");
        let today = case.books.policies.day(case.books.clock.now());
        let act = Act::RecordMandate {
            reference: None,
            scheme: None,
            signed_on: today,
            debtor_name: "School".to_owned(),
            iban: "NL20INGB0001234567".to_owned(),
        };
        case.submit(Target::Customer(case.customer), act);
        let (_, invoice) = case.order("10h");
        assert_eq!(story["after_invoice"], case.open());
        for (code, collected, reversed) in [
            ("AM04", "after_collect_1", &story["after_reversal_1"]),
            ("MD06", "after_collect_2", &story["open_after_fee"][key]),
        ] {
            let plan = Act::PlanCollection { invoice: invoice.id, collect_on: today };
            let Receipt::Collection(planned) = case.submit(Target::Invoice(invoice.id), plan) else { unreachable!() };
            let settle = Act::SettleCollection { collection: planned.id, settled_on: today, bank_line: None };
            case.submit(Target::Collection(planned.id), settle);
            assert_eq!(story[collected], case.open());
            let undone = Undone { code: code.to_owned(), valued_on: today, rejected: false, charge: Cents::ZERO };
            let reverse = Act::ReverseCollection { collection: planned.id, undone };
            case.submit(Target::Collection(planned.id), reverse.clone());
            case.submit(Target::Collection(planned.id), reverse);
            assert_eq!(*reversed, case.open(), "{vat} after {code}, told twice");
        }
        assert_eq!(story["vat_due_total"][key], case.vat(), "{vat}");
        let charged = case.documents().into_iter().find(|document| document.number().starts_with('F')).unwrap();
        same(&golden.take(fee), &figures(charged));
    }
}

fn deferred(golden: &mut Golden) {
    let expected = golden.take("deferred_3h15_of_10h_800");
    let refund = golden.take("deferred_refund_after_3h15");
    let expiry = golden.take("deferred_expiry_after_3h15");
    let mut case = Case::new("outside_scope", "15", "validity = { months = 1 }");
    let card = case.card("10h");
    let ticket = case.ticket();
    case.log(&ticket, 195);
    let of = |case: &Case| case.books.ledgers[&case.customer].rows.cards[&card.id].clone();
    let now = of(&case);
    let found = json!({
        "used_min": now.used.0, "recognised": (now.price - now.deferred_now()).0, "deferred": now.deferred_now().0,
        "vat_moved": 16_800 - case.vat(),
    });
    assert_eq!(found, expected);

    case.books.clock.set(case.books.clock.now() + Days::new(60));
    case.submit(Target::Customer(case.customer), Act::Settle);
    let breakage = -case.books.postings.last().unwrap().amount.0;
    let after = of(&case).deferred_now().0;
    assert_eq!(json!([breakage, after]), json!([expiry["breakage_revenue"], expiry["deferred_after"]]));
    assert_eq!(expiry["vat_correction"], 16_800 - case.vat());

    let mut case = Case::plain();
    let card = case.card("10h");
    let ticket = case.ticket();
    case.log(&ticket, 195);
    let act = Act::RefundCard { card: card.id, minutes: None, reason: "leaves".to_owned() };
    let Receipt::Invoice(note) = case.submit(Target::Card(card.id), act) else { unreachable!() };
    let back = json!({ "credit_net": -note.net.0, "credit_vat": -note.vat.0, "credit_gross": -note.gross.0 });
    same(&refund, &back);
    assert_eq!(refund["recognised_stays"], 80_000 - note.net.0);

    let thirty = golden.take("deferred_799_30x20min");
    let mut case = Case::new("outside_scope", "20", "");
    case.card("odd");
    let ticket = case.ticket();
    let mut steps = Vec::new();
    for _ in 0..30 {
        case.log(&ticket, 20);
        steps.push(-case.books.postings.last().unwrap().amount.0);
    }
    assert_eq!(json!(steps[..6]), thirty["cumulative_steps_first6"]);
    assert_eq!(thirty["cumulative_total"], steps.iter().sum::<i64>());

    let straddle = golden.take("straddle_75min_with_30_left");
    let mut case = Case::plain();
    case.card("10h");
    let ticket = case.ticket();
    case.log(&ticket, 570);
    let time = case.log(&ticket, 75);
    let revenue = -case.books.postings.last().unwrap().amount.0;
    let act = Act::InvoiceEntry {
        entry: time.entry.id,
        contact: case.owner.id,
        hourly_rate: None,
        reason: "agreed by mail".to_owned(),
    };
    case.submit(Target::TimeEntry(time.entry.id), act);
    let draft = case.documents().into_iter().find(|document| document.issued().is_none()).unwrap().id;
    let issued = case.issue(draft);
    let found = json!({
        "card_minutes": time.draws[0].minutes.0, "card_revenue": revenue, "overage_minutes": time.uncovered.0,
        "overage_net": issued.net.0, "overage_vat": issued.vat.0, "overage_gross": issued.gross.0,
    });
    assert_eq!(found, straddle);
}

fn journals(golden: &mut Golden) {
    let expected = golden.take("journals");
    let mut case = Case::new("outside_scope", "15", "validity = { months = 1 }");
    case.card("10h");
    assert_eq!(case.journal(TransactionKind::Invoice), expected["sale"]);
    assert_eq!(case.journal(TransactionKind::Payment), expected["collect"]);
    let today = case.books.policies.day(case.books.clock.now());
    let ticket = case.ticket();
    case.log(&ticket, 195);
    assert_eq!(case.journal(TransactionKind::Time), expected["use_3h15"]);
    let payment = *case.books.ledgers[&case.customer].rows.payments.keys().next().unwrap();
    let undone = Undone { code: "AM04".to_owned(), valued_on: today, rejected: false, charge: Cents::ZERO };
    let undo = |undone: Undone| Act::ReversePayment { payment, amount: None, undone };
    case.submit(Target::Payment(payment), undo(undone.clone()));
    assert_eq!(case.journal(TransactionKind::PaymentReversal), expected["reversal"]);

    for (vat, key) in [("outside_scope", "fee_no_vat"), ("standard_ex", "fee_ex_21")] {
        let mut case = Case::new(vat, "15", "");
        for _ in 0..2 {
            case.card("10h");
        }
        let payments: Vec<_> = case.books.ledgers[&case.customer].rows.payments.keys().copied().collect();
        for payment in payments {
            let undone = Undone { charge: Cents(350), ..undone.clone() };
            case.submit(Target::Payment(payment), Act::ReversePayment { payment, amount: None, undone });
        }
        assert_eq!(case.journal(TransactionKind::Invoice), expected[key], "{vat}");
        assert_eq!(case.journal(TransactionKind::PaymentReversal), expected["bank_charge_reversal"]);
    }

    let mut case = Case::new("outside_scope", "15", "validity = { months = 1 }");
    case.card("10h");
    let ticket = case.ticket();
    case.log(&ticket, 195);
    case.books.clock.set(case.books.clock.now() + Days::new(60));
    case.submit(Target::Customer(case.customer), Act::Settle);
    assert_eq!(case.journal(TransactionKind::Expiry), expected["expiry"]);

    let mut case = Case::plain();
    let (card, _) = case.order("10h");
    let act = Act::RefundCard { card: card.id, minutes: None, reason: "leaves".to_owned() };
    let refused = case.books.command(Actor::Staff(AGENT), Target::Card(card.id), act.clone());
    assert!(case.books.submit(&refused).is_err(), "nothing was granted: the order is cancelled instead");
    let mut case = Case::plain();
    let card = case.card("10h");
    let ticket = case.ticket();
    case.log(&ticket, 195);
    case.submit(Target::Card(card.id), Act::RefundCard { card: card.id, minutes: None, reason: "leaves".to_owned() });
    let booked = case.journal(TransactionKind::CreditNote);
    let of = |account: &str| -> i64 {
        let lines = booked.as_array().unwrap().iter();
        lines
            .filter(|line| line["account"].as_str().unwrap().starts_with(account))
            .map(|l| l["amount"].as_i64().unwrap())
            .sum()
    };
    let credit: Vec<i64> =
        expected["credit_unused"].as_array().unwrap().iter().map(|l| l["amount"].as_i64().unwrap()).collect();
    assert_eq!([of("1700"), of("1500")], credit[..2]);
    // It was paid: what the invoice gives back is set off at once and stands as the customer's credit (PAY-5).
    assert_eq!((of("1300"), of("1310")), (0, credit[2]));
}

fn identifiers(expected: &Value) {
    for (digits, reference) in expected["betalingskenmerk"].as_object().unwrap() {
        assert_eq!(references::payment_reference(digits).as_deref(), reference.as_str());
    }
    for (text, reference) in expected["rf"].as_object().unwrap() {
        assert_eq!(references::creditor_reference(text).as_deref(), reference.as_str());
    }
    assert!(
        iban::is_creditor_id(expected["creditor_id"].as_str().unwrap()) && !iban::is_creditor_id("NL99ZZZ123456780000")
    );
    let all = |key: &str| {
        expected[key].as_array().unwrap().iter().map(|text| iban::is_iban(text.as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!((all("iban_ok"), all("iban_bad")), (vec![true; 2], vec![false; 2]));
    let text = epc::text("Strippenkaart Demo B.V.", "NL91ABNA0417164300", Cents(96_800), "Factuur 2026-00042");
    assert_eq!(text.ok().as_deref(), expected["epc_qr"].as_str());
}
