//! The books as a whole: months close and open again (TIME-6), later bookings land in the open month (TIME-4), deferred
//! revenue follows the minutes on any day (PAY-7).

use crate::common::http::{Site, text};
use crate::common::server::{complains, says};
use crate::common::{Fixture, day, noon, on_both};
use crate::pages;
use crate::story::run_raw;
use chrono::{DateTime, TimeZone as _, Utc};
use serde_json::json;
use std::collections::BTreeSet;
use strippenkaart::clock::Clock;
use strippenkaart::domain::bank::Scheme;
use strippenkaart::domain::closing::{BookMonth, ClosingKind, FindingKind, NotClosed};
use strippenkaart::domain::command::{NewLine, Receiving, Undone};
use strippenkaart::domain::decide::TimeReceipt;
use strippenkaart::domain::document::Quantity;
use strippenkaart::domain::{
    Act, Actor, CardId, Cents, Command, ContactId, CustomerId, Excess, Invoice, InvoiceId, Locale, Minutes,
    MoneyAccount, PaymentMethod, Policy, Receipt, Refusal, Role, Target, TicketId, TicketKind,
};
use strippenkaart::service::access::Caller;
use strippenkaart::service::accounting::{Balances, Deferred, MonthState};
use strippenkaart::service::login::NewUser;
use strippenkaart::service::verify::verify;
use strippenkaart::service::{Error, Service, ledger::Failure, policies::Given};
use strippenkaart::store::users::StaffRole;
use strippenkaart::store::{Db, accounting as books};
use tokio::task::JoinSet;

/// Cards that pay without an estimate.
fn policy() -> String {
    let text = Policy::shipped("standard").unwrap();
    text.replace("agreement = \"required\"", "agreement = \"not_required\"")
}

/// … and expire after two months.
fn expiring() -> String {
    policy().replace("validity = \"never\"", "validity = { months = 2 }")
}

/// A card of 799 euros, charged in twenty minutes.
fn odd() -> String {
    policy()
        .replace("increment_minutes = 15", "increment_minutes = 20")
        .replace("minimum_minutes = 15", "minimum_minutes = 20")
        .replace("tolerance_minutes = 15", "tolerance_minutes = 20")
        .replace("price = \"800.00\"", "price = \"799.00\"")
}

fn month(text: &str) -> BookMonth {
    text.parse().unwrap()
}

/// A customer without a welcome card, and its owner.
async fn school(fixture: &Fixture, name: &str) -> (CustomerId, ContactId) {
    let id: CustomerId = fixture.clock.id();
    let act = Act::CreateCustomer {
        name: name.to_owned(),
        email: format!("{}@example.org", name.to_lowercase()),
        locale: Locale::Nl,
        monthly_amount: None,
        contract_start: Some(day("2025-01-01")),
        imported: true,
    };
    fixture.submit(Target::Customer(id), act).await.unwrap();
    (id, fixture.contact(id, "Jo Jansen", "jo@example.org", Role::Owner).await.id)
}

async fn order(fixture: &Fixture, customer: CustomerId, product: &str) -> (CardId, Invoice) {
    match fixture.submit(Target::Customer(customer), Act::order(product)).await.unwrap() {
        Receipt::Card(card, Some(invoice)) => (card.id, *invoice),
        other => panic!("{other:?}"),
    }
}

async fn pay(fixture: &Fixture, invoice: InvoiceId, amount: i64, on: &str) -> strippenkaart::domain::Payment {
    let received = Receiving::of(invoice, Cents(amount), day(on), PaymentMethod::Bank);
    match fixture.submit(Target::Invoice(invoice), Act::RecordPayment(received)).await.unwrap() {
        Receipt::Payment(receipt) => receipt.payment,
        other => panic!("{other:?}"),
    }
}

async fn log(fixture: &Fixture, ticket: TicketId, worked: i64, on: Option<&str>) -> TimeReceipt {
    let mut act = fixture.time(ticket, worked, Excess::Uncovered);
    if let Act::LogTime { worked_on, .. } = &mut act {
        *worked_on = on.map(day);
    }
    match fixture.submit(Target::Ticket(ticket), act).await.unwrap() {
        Receipt::Time(time) => time,
        other => panic!("{other:?}"),
    }
}

/// A customer with a paid card of ten hours and a ticket that it pays for.
async fn with_card(fixture: &Fixture) -> (CustomerId, CardId, Invoice, TicketId) {
    let (customer, owner) = school(fixture, "Golden").await;
    let (card, invoice) = order(fixture, customer, "10h").await;
    pay(fixture, invoice.id, invoice.gross.0, "2026-03-09").await;
    let ticket = fixture.ticket(customer, Some(owner), TicketKind::Change).await.id;
    (customer, card, invoice, ticket)
}

async fn finance(service: &Service) -> Caller {
    let new = NewUser { email: "fin@example.org".into(), name: "Fin de Boer".into(), role: StaffRole::Finance };
    let user = service.add_user(new, "vier gele fietsen staan buiten".to_owned()).await.unwrap();
    service.caller_by_id(user.id).await.unwrap()
}

async fn deferred(fixture: &Fixture, caller: &Caller, on: &str) -> Deferred {
    let report = fixture.service.deferred_whole(caller, Some(day(on))).await.unwrap();
    let sum: Cents = report.cards.iter().map(|card| card.deferred).sum();
    assert_eq!(sum, report.total, "the cards add up to the account on {on}");
    let unpaid: Cents = report.cards.iter().map(|card| card.unpaid).sum();
    assert_eq!(unpaid, report.unpaid, "… and what is unpaid to what is told apart on {on}");
    report
}

async fn balances(fixture: &Fixture, caller: &Caller, on: &str) -> Balances {
    let balances = fixture.service.balances(caller, None, Some(day(on))).await.unwrap();
    assert_eq!(balances.totals().0, balances.totals().1, "debit is credit on {on}");
    balances
}

fn refusal(error: Error) -> NotClosed {
    match error {
        Error::Ledger(Failure::Refused(Refusal::Month(why))) => why,
        other => panic!("{other:?}"),
    }
}

on_both! {
    under policy();
    async fn pay_7_three_and_a_quarter_hours_earn_260_and_a_refund_gives_540_back(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let (_, card, _, ticket) = with_card(&fixture).await;
        fixture.clock.set(noon(2026, 3, 20));
        log(&fixture, ticket, 195, None).await;
        fixture.clock.set(noon(2026, 4, 10));
        assert_eq!(deferred(&fixture, &caller, "2026-03-08").await.total, Cents::ZERO);
        assert_eq!(deferred(&fixture, &caller, "2026-03-19").await.total, Cents(80_000));
        let report = deferred(&fixture, &caller, "2026-03-20").await;
        let [row] = &report.cards[..] else { panic!("{report:?}") };
        assert_eq!((row.recognised, row.deferred, row.unpaid), (Cents(26_000), Cents(54_000), Cents::ZERO));
        assert_eq!((row.minutes.granted(), row.minutes.used), (Minutes(600), Minutes(195)));
        let then = &deferred(&fixture, &caller, "2026-03-19").await.cards[0];
        assert_eq!((then.minutes.used, then.minutes.available, then.recognised), (Minutes(0), Minutes(600), Cents::ZERO));

        let act = Act::RefundCard { card, minutes: None, reason: "They stop".to_owned() };
        let Receipt::Invoice(note) = fixture.submit(Target::Card(card), act).await.unwrap() else { panic!() };
        assert_eq!((note.net, note.vat, note.gross), (Cents(54_000), Cents(11_340), Cents(65_340)));
        let today = balances(&fixture, &caller, "2026-04-10").await;
        assert_eq!((today.of(MoneyAccount::Deferred), today.of(MoneyAccount::CardRevenue)), (Cents::ZERO, Cents(-26_000)));
        assert_eq!(today.of(MoneyAccount::Vat), Cents(-16_800 + 11_340));
        assert_eq!(today.result_to_date(), Cents(26_000));
        let before = balances(&fixture, &caller, "2026-04-09").await;
        assert_eq!(before.of(MoneyAccount::Deferred), Cents(-54_000));
        assert_eq!(deferred(&fixture, &caller, "2026-04-09").await.total, Cents(54_000));
        let march = fixture.service.balances(&caller, Some(day("2026-03-01")), Some(day("2026-03-19"))).await.unwrap();
        assert_eq!(march.result(), Cents::ZERO);
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under expiring();
    async fn pay_7_what_expires_becomes_breakage_and_vat_stays(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let (customer, _, _, ticket) = with_card(&fixture).await;
        log(&fixture, ticket, 195, None).await;
        fixture.clock.set(noon(2026, 5, 9));
        fixture.submit(Target::Customer(customer), Act::Settle).await.unwrap();
        let now = balances(&fixture, &caller, "2026-05-09").await;
        assert_eq!((now.of(MoneyAccount::Breakage), now.of(MoneyAccount::CardRevenue)), (Cents(-54_000), Cents(-26_000)));
        assert_eq!((now.of(MoneyAccount::Deferred), now.of(MoneyAccount::Vat)), (Cents::ZERO, Cents(-16_800)));
        assert_eq!(deferred(&fixture, &caller, "2026-05-08").await.total, Cents(54_000));
        assert!(deferred(&fixture, &caller, "2026-05-09").await.cards.is_empty());
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under odd();
    async fn pay_7_a_card_of_799_closes_on_its_price_in_thirty_uses(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let (_, _, _, ticket) = with_card(&fixture).await;
        let (mut before, mut steps) = (Cents::ZERO, Vec::new());
        for _ in 0..30 {
            log(&fixture, ticket, 20, None).await;
            let earned = -balances(&fixture, &caller, "2026-03-09").await.of(MoneyAccount::CardRevenue);
            steps.push((earned - before).0);
            before = earned;
        }
        assert_eq!(steps[..6], [2663, 2664, 2663, 2663, 2664, 2663]);
        assert_eq!(before, Cents(79_900), "not 798.90");
        assert!(deferred(&fixture, &caller, "2026-03-09").await.cards.is_empty());
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under policy().replace("activate_on = \"payment\"", "activate_on = \"order\"");
    async fn pay_7_deferred_but_unpaid_is_told_apart_on_any_day(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let (customer, _) = school(&fixture, "Later").await;
        let (_, invoice) = order(&fixture, customer, "10h").await;
        fixture.clock.set(noon(2026, 3, 15));
        pay(&fixture, invoice.id, 48_400, "2026-03-12").await;
        let rest = pay(&fixture, invoice.id, 48_400, "2026-03-14").await;
        for (on, unpaid) in [("2026-03-09", 80_000), ("2026-03-11", 80_000), ("2026-03-12", 40_000), ("2026-03-14", 0)] {
            let report = deferred(&fixture, &caller, on).await;
            assert_eq!((report.total, report.unpaid), (Cents(80_000), Cents(unpaid)), "{on}");
        }
        let undone = Undone { code: "MD06".into(), valued_on: day("2026-03-15"), rejected: false, charge: Cents::ZERO };
        let act = Act::ReversePayment { payment: rest.id, amount: None, undone };
        fixture.submit(Target::Payment(rest.id), act).await.unwrap();
        assert_eq!(deferred(&fixture, &caller, "2026-03-15").await.unpaid, Cents(40_000));
        assert_eq!(deferred(&fixture, &caller, "2026-03-14").await.unpaid, Cents::ZERO, "as it was that day");
    }
}

on_both! {
    under policy();
    async fn pay_7_pages_hold_every_card_once(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        for name in ["Ash", "Birch", "Cedar"] {
            let (customer, _) = school(&fixture, name).await;
            for product in ["5h", "10h"] {
                let (_, invoice) = order(&fixture, customer, product).await;
                pay(&fixture, invoice.id, invoice.gross.0, "2026-03-09").await;
            }
        }
        let whole = deferred(&fixture, &caller, "2026-03-09").await;
        assert_eq!((whole.cards.len(), whole.total), (6, Cents(3 * 120_000)));
        let (mut place, mut seen) = (None, Vec::new());
        loop {
            let page = fixture.service.deferred(&caller, None, place, 4).await.unwrap();
            assert_eq!(page.total, whole.total);
            seen.extend(page.cards.iter().map(|card| (card.customer_number, card.card.id)));
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        let all: Vec<_> = whole.cards.iter().map(|card| (card.customer_number, card.card.id)).collect();
        assert_eq!(seen, all);
    }
}

on_both! {
    under policy();
    async fn time_6_months_close_in_order_once_they_are_over_and_say_so_twice(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let service = &fixture.service;
        assert_eq!(refusal(service.close_month(&caller, month("2026-02"), None).await.unwrap_err()), NotClosed::NothingBooked);
        with_card(&fixture).await;
        let first = month("2026-03");
        assert_eq!(refusal(service.close_month(&caller, first, None).await.unwrap_err()), NotClosed::NotOver { month: first });
        fixture.clock.set(noon(2026, 5, 2));
        let early = service.close_month(&caller, month("2026-02"), None).await.unwrap_err();
        assert_eq!(refusal(early), NotClosed::BeforeFirst { first });
        let late = service.close_month(&caller, month("2026-04"), None).await.unwrap_err();
        assert_eq!(refusal(late), NotClosed::OutOfOrder { next: first });
        let acted = service.close_month(&caller, first, None).await.unwrap();
        assert!(!acted.already && acted.closing.kind == ClosingKind::Closed);
        assert_eq!(acted.closing.recorded_by, Some(caller.user.id));
        let again = service.close_month(&caller, first, None).await.unwrap();
        assert_eq!((again.closing, again.already), (acted.closing, true));
        service.close_month(&caller, month("2026-04"), None).await.unwrap();

        let months = service.months(&caller).await.unwrap();
        let states: Vec<_> = months.iter().map(|row| (row.month.to_string(), row.state, row.next)).collect();
        assert_eq!(states, [
            ("2026-05".to_owned(), MonthState::Running, false),
            ("2026-04".to_owned(), MonthState::Closed, true),
            ("2026-03".to_owned(), MonthState::Closed, false),
        ]);
        let wrong = service.reopen_month(&caller, first, "Why".into()).await.unwrap_err();
        assert_eq!(refusal(wrong), NotClosed::NotLast { last: month("2026-04") });
        let unsaid = service.reopen_month(&caller, month("2026-04"), " ".into()).await.unwrap_err();
        assert!(matches!(unsaid, Error::Fields(_)), "{unsaid:?}");
        let opened = service.reopen_month(&caller, month("2026-04"), "A payment was forgotten".into()).await.unwrap();
        assert_eq!((opened.already, opened.closing.kind), (false, ClosingKind::Reopened));
        assert!(service.reopen_month(&caller, month("2026-04"), "Again".into()).await.unwrap().already);
        service.reopen_month(&caller, first, "That too".into()).await.unwrap();
        let on = &mut service.db.reader().await.unwrap();
        assert_eq!(books::closed_through(on).await.unwrap(), None);
        let none = service.reopen_month(&caller, month("2026-02"), "More".into()).await.unwrap_err();
        assert_eq!(refusal(none), NotClosed::NoneClosed);
        service.close_month(&caller, first, None).await.unwrap();
        let march = service.months(&caller).await.unwrap().pop().unwrap();
        let kinds: Vec<_> = march.closings.iter().map(|row| row.closing.kind.as_str()).collect();
        assert_eq!(kinds, ["closed", "reopened", "closed"], "everything is kept");
        assert_eq!(march.closings[0].by.as_deref(), Some("Fin de Boer"));
        verify(&service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under policy();
    async fn time_4_a_closed_month_takes_no_booking_and_corrections_land_in_the_first_open_day(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let (customer, _, _, ticket) = with_card(&fixture).await;
        let (_, waiting) = order(&fixture, customer, "5h").await;
        fixture.clock.set(noon(2026, 3, 20));
        let first = log(&fixture, ticket, 195, None).await;
        fixture.clock.set(noon(2026, 4, 10));
        fixture.service.close_month(&caller, month("2026-03"), None).await.unwrap();
        let closed = balances(&fixture, &caller, "2026-03-31").await;

        log(&fixture, ticket, 60, Some("2026-03-25")).await;
        let payment = pay(&fixture, waiting.id, waiting.gross.0, "2026-03-26").await;
        let undone = Undone { code: "AM04".into(), valued_on: day("2026-03-27"), rejected: false, charge: Cents(350) };
        let act = Act::ReversePayment { payment: payment.id, amount: None, undone };
        fixture.submit(Target::Payment(payment.id), act).await.unwrap();
        let surplus = Receiving { keep_surplus: true, ..Receiving::of(waiting.id, Cents(50_000), day("2026-03-28"), PaymentMethod::Other) };
        fixture.submit(Target::Invoice(waiting.id), Act::RecordPayment(surplus)).await.unwrap();
        let act = Act::Repay { amount: Cents(100), paid_on: day("2026-03-29"), note: None, bank_line: None };
        fixture.submit(Target::Customer(customer), act).await.unwrap();
        let act = Act::ReverseEntry { entry: first.entry.id, reason: "The wrong ticket".to_owned() };
        fixture.submit(Target::TimeEntry(first.entry.id), act).await.unwrap();

        assert_eq!(balances(&fixture, &caller, "2026-03-31").await, closed, "the closed month stands still");
        let open = balances(&fixture, &caller, "2026-04-01").await;
        assert_eq!(open.of(MoneyAccount::BankCharges), Cents(350));
        assert_eq!(open.of(MoneyAccount::CardRevenue), Cents(-8_000), "260.00 taken back, 80.00 earned, on the first open day");
        assert_eq!(deferred(&fixture, &caller, "2026-03-31").await.total, Cents(54_000 + 40_000));
        deferred(&fixture, &caller, "2026-04-01").await;
        verify(&fixture.service.db, |_, _| {}).await.unwrap();

        fixture.service.reopen_month(&caller, month("2026-03"), "Late work".into()).await.unwrap();
        log(&fixture, ticket, 60, Some("2026-03-25")).await;
        assert_eq!(balances(&fixture, &caller, "2026-03-31").await.of(MoneyAccount::CardRevenue), Cents(-34_000));
        fixture.service.close_month(&caller, month("2026-03"), None).await.unwrap();
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
        run_raw(&fixture.service.db, "UPDATE closed_books SET through = '2026-02-28'").await.unwrap();
        log(&fixture, ticket, 60, Some("2026-03-25")).await;
        run_raw(&fixture.service.db, "UPDATE closed_books SET through = '2026-03-31'").await.unwrap();
        let said = verify(&fixture.service.db, |_, _| {}).await.unwrap_err().to_string();
        assert!(said.contains("closed month 2026-03: deferred: expected -860.00, found -780.00"), "{said}");
    }
}

on_both! {
    under policy();
    async fn time_6_pay_1a_the_checklist_finds_every_kind_and_four_of_them_stop_it(fixture: Fixture) {
        let caller = finance(&fixture.service).await;
        let service = &fixture.service;
        let (customer, owner) = school(&fixture, "Open").await;
        let change = fixture.ticket(customer, Some(owner), TicketKind::Change).await;
        log(&fixture, change.id, 30, None).await;
        let line = NewLine { description: "A visit".into(), quantity: Quantity::Pieces(1), unit_price: Cents(9_500) };
        fixture.submit(Target::Customer(customer), Act::WriteLine(line)).await.unwrap();
        let (asking, asker) = school(&fixture, "Asking").await;
        let question = fixture.ticket(asking, Some(asker), TicketKind::Change).await;
        fixture.propose(question.id, 60).await;
        crate::common::parties::forget(&service.db, asking).await;
        order(&fixture, asking, "5h").await;
        let (_, _, invoice, _) = with_card(&fixture).await;
        let (debtor, _) = school(&fixture, "Debtor").await;
        let mandate = Act::RecordMandate {
            reference: None,
            scheme: Some(Scheme::Core),
            signed_on: day("2026-03-01"),
            debtor_name: "Debtor".into(),
            iban: "NL91ABNA0417164300".into(),
        };
        fixture.submit(Target::Customer(debtor), mandate).await.unwrap();
        let (_, debt) = order(&fixture, debtor, "5h").await;
        let act = Act::PlanCollection { invoice: debt.id, collect_on: day("2026-03-15") };
        fixture.submit(Target::Invoice(debt.id), act).await.unwrap();
        fixture.clock.set(noon(2026, 3, 25));
        let paid = service.invoice(&caller, invoice.id).await.unwrap().settled[0].payment_id.unwrap();
        let undone = Undone { code: "ZZ99".into(), valued_on: day("2026-03-25"), rejected: false, charge: Cents::ZERO };
        fixture.submit(Target::Payment(paid), Act::ReversePayment { payment: paid, amount: None, undone }).await.unwrap();
        fixture.submit(Target::Customer(debtor), Act::PauseAccount { reason: "Overdue".into() }).await.unwrap();
        run_raw(&service.db, "UPDATE collections SET batch = 1;
            INSERT INTO bank_files (id, digest, name, kind, version, message_id, lines, received_at)
            VALUES ('f', 'd', 'march.xml', 'camt.053', '08', 'm', 1, 0);
            INSERT INTO bank_lines (id, file_id, entry_id, movement_id, line, account, direction, amount, charge, booked_on, valued_on, rejected, entry_line,
                name, state, divided, undone)
            VALUES ('00000000-0000-0000-0000-00000000000a', 'f', '00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000b', 1,
                'NL91ABNA0417164300', 'credit', 12345, 0, '2026-03-30', '2026-03-30', 0, 1, 'Who', 'open', 0, 0)")
            .await.unwrap();
        fixture.clock.set(noon(2026, 4, 2));
        let checklist = service.checklist(&caller, month("2026-03")).await.unwrap();
        let found: BTreeSet<FindingKind> = checklist.findings.iter().filter(|row| row.count > 0).map(|row| row.kind).collect();
        let mut expected: BTreeSet<FindingKind> = FindingKind::ALL.iter().copied().collect();
        // Pinned where the bank is reconciled.
        expected.remove(&FindingKind::BankDifferences);
        assert_eq!(found, expected, "{:#?}", checklist.findings);
        for finding in checklist.findings.iter().filter(|row| row.count > 0) {
            assert!((1..=3).contains(&finding.examples.len()), "{finding:?}");
        }
        let bank = checklist.findings.iter().find(|row| row.kind == FindingKind::BankLines).unwrap();
        assert_eq!((bank.examples[0].text.as_str(), bank.examples[0].amount), ("Who", Some(Cents(12_345))));
        let NotClosed::Blocked { found } = refusal(service.close_month(&caller, month("2026-03"), None).await.unwrap_err())
        else { panic!() };
        let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["bank_lines", "reversals", "drafts", "addresses"]);
        let reason = Some("The bank is asked".to_owned());
        let acted = service.close_month(&caller, month("2026-03"), reason.clone()).await.unwrap();
        assert_eq!((acted.closing.reason, acted.closing.kept.findings.len()), (reason, FindingKind::ALL.len() - 1));
        verify(&service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under policy();
    async fn time_6_through_the_api(fixture: Fixture) {
        let site = Site::new(fixture);
        let (_, _, _, ticket) = with_card(&site.fixture).await;
        log(&site.fixture, ticket, 195, None).await;
        let token = site.staff(StaffRole::Finance).await;
        let agent = site.staff(StaffRole::Agent).await;
        site.fixture.clock.set(noon(2026, 4, 2));
        let list = site.get(&token, "/api/v1/months").await.expect(200);
        assert_eq!((&list["items"][1]["month"], &list["items"][1]["state"]), (&json!("2026-03"), &json!("open")));
        let checklist = site.get(&token, "/api/v1/months/2026-03").await.expect(200);
        assert_eq!(checklist["blocked"], false, "{checklist}");
        site.get(&token, "/api/v1/months/2026-05").await.problem(404, "not-found");
        site.get(&token, "/api/v1/months/march").await.problem(404, "not-found");
        site.get(&agent, "/api/v1/months").await.problem(403, "forbidden");
        let close = "/api/v1/months/2026-04/close";
        let early = site.post(&token, close, &json!({})).await.problem(409, "month-not-over");
        assert_eq!(early["month"], "2026-04");
        let first = site.post(&token, "/api/v1/months/2026-03/close", &json!({})).await.expect(201);
        assert_eq!(site.post(&token, "/api/v1/months/2026-03/close", &json!({})).await.expect(201), first);
        let reopen = "/api/v1/months/2026-03/reopen";
        assert_eq!(site.post(&token, reopen, &json!({ "reason": " " })).await.pointers(), ["/reason"]);
        let opened = site.post(&token, reopen, &json!({ "reason": "Forgot one" })).await.expect(201);
        assert_eq!((&opened["kind"], &opened["reason"]), (&json!("reopened"), &json!("Forgot one")));
        let balances = site.get(&token, "/api/v1/balances?on=2026-03-31&from=2026-03-01").await.expect(200);
        assert_eq!((&balances["debit"], &balances["result"]), (&balances["credit"], &json!("260.00")));
        let deferred = balances["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "deferred").unwrap();
        assert_eq!((text(&deferred["number"]), text(&deferred["balance"])), ("1700", "-540.00"));
        assert_eq!(site.get(&token, "/api/v1/balances?on=2026-03-01&from=2026-03-02").await.pointers(), ["/from"]);
        let report = site.get(&token, "/api/v1/deferred-revenue?on=2026-03-31").await.expect(200);
        assert_eq!((text(&report["total"]), text(&report["items"][0]["recognised"])), ("540.00", "260.00"));
        assert_eq!(site.get(&token, "/api/v1/deferred-revenue?on=2027-01-01").await.pointers(), ["/on"]);
        assert_eq!(site.get(&token, "/api/v1/deferred-revenue?cursor=eA").await.pointers(), ["/cursor"]);
    }
}

on_both! {
    under policy();
    async fn time_6_on_the_pages_in_both_languages(fixture: Fixture) {
        let site = pages::Site::new(fixture);
        let fin = site.staff(StaffRole::Finance).await;
        let (customer, _, _, ticket) = with_card(&site.fixture).await;
        log(&site.fixture, ticket, 195, None).await;
        let line = NewLine { description: "A visit".into(), quantity: Quantity::Pieces(1), unit_price: Cents(9_500) };
        let draft = site.fixture.submit(Target::Customer(customer), Act::WriteLine(line)).await.unwrap();
        let Receipt::Invoice(draft) = draft else { panic!() };
        site.fixture.clock.set(noon(2026, 4, 2));
        let mut browser = site.login(&fin.user.email).await;
        let page = browser.get("/finance/months").await;
        assert!(page.text.contains("Conceptfacturen") && page.text.contains(&format!("/invoices/{}", draft.id)));
        let key = page.key();
        let refused = browser.post("/finance/months/2026-03/close", &[("key", &key)]).await;
        assert_eq!(refused.status.as_u16(), 409);
        assert!(refused.text.contains("alleen met een reden"), "{}", refused.text);
        let closed = browser.post("/finance/months/2026-03/close", &[("key", &key), ("reason", "In april")]).await;
        assert_eq!(closed.location(), "/finance/months?month=2026-03");
        let page = browser.get(closed.location()).await;
        assert!(page.text.contains("In april") && page.text.contains("Weer openen"), "{}", page.text);
        let unsaid = browser.post("/finance/months/2026-03/reopen", &[("key", &key), ("reason", "")]).await;
        assert_eq!(unsaid.status.as_u16(), 422);
        browser.lang = "en";
        let page = browser.get("/finance/deferred?on=2026-03-31").await;
        assert!(page.text.contains("Deferred revenue") && page.text.contains("€540.00"), "{}", page.text);
        let csv = browser.get("/finance/deferred.csv?on=2026-03-31").await;
        assert!(csv.headers["content-disposition"].to_str().unwrap().contains("deferred-2026-03-31.csv"));
        assert!(csv.text.contains(";540,00;"), "{}", csv.text);
        let page = browser.get("/finance/balances?on=2026-03-31").await;
        assert!(page.text.contains("1700 ") && page.text.contains("Trial balance"), "{}", page.text);
        let empty = browser.get("/finance/balances?on=2026-01-31").await;
        assert!(empty.text.contains("Nothing was booked yet."));
        let tomorrow = browser.get("/finance/deferred?on=2026-04-03").await;
        assert_eq!(tomorrow.status.as_u16(), 422);
    }
}

#[tokio::test]
async fn time_6_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", dir.path().join("test.db").display());
    says(&["migrate", "--database", &database], "");
    let close = |more: &[&str]| complains(&[&["close-month", "2026-03", "--database", &database], more].concat(), "");
    let (code, said) = close(&[]);
    assert!(code == Some(1) && said.contains("nothing was booked yet"), "{said}");
    let (code, said) = close(&["--reopen"]);
    assert!(code == Some(1) && said.contains("--reason"), "{said}");
    let (code, said) = close(&["--reopen", "--reason", "Forgot one"]);
    assert!(code == Some(1) && said.contains("no month is closed"), "{said}");
    let (code, said) = complains(&["close-month", "march", "--database", &database], "");
    assert!(code == Some(2) && said.contains("expected a month, such as 2026-03"), "{said}");
    assert!(says(&["export", "hledger", "--money", "--database", &database], "").contains("EUR"));
}

/// A second process on the same database: its own writer, its own connections.
async fn beside(address: &str, now: DateTime<Utc>) -> Service {
    let db = Db::open(address).await.unwrap();
    let given = Given { name: "test".to_owned(), text: crate::common::parties::real(&policy()) };
    Service::start(db, Clock::manual(now, 8), Some(given)).await.unwrap().0
}

/// Payments of March and April, through two writers, while one month after the other is closed and the last opened again.
async fn race(fixture: &Fixture) {
    let now = Utc.with_ymd_and_hms(2026, 6, 2, 10, 0, 0).unwrap();
    let mut invoices = Vec::new();
    for number in 0..8 {
        let (customer, _) = school(fixture, &format!("Race{number}")).await;
        invoices.push(order(fixture, customer, "20h").await.1.id);
    }
    fixture.clock.set(now);
    let other = beside(&fixture.address, now).await;
    for (closing, paid_on) in [("2026-03", "2026-03-30"), ("2026-04", "2026-04-29"), ("2026-05", "2026-05-30")] {
        let mut tasks = JoinSet::new();
        for round in 0..40 {
            for (at, invoice) in invoices.iter().enumerate() {
                let service = if (round + at) % 2 == 0 { fixture.service.clone() } else { other.clone() };
                let received = Receiving::of(*invoice, Cents(100), day(paid_on), PaymentMethod::Bank);
                let (id, salt) = (service.clock.id(), service.clock.salt());
                let (actor, act) = (Actor::Service, Act::RecordPayment(received));
                let command =
                    Command { id, actor, key: None, salt, target: Target::Invoice(*invoice), act, bank_line: None };
                tasks.spawn(async move { service.door.submit(command).await.map(drop).unwrap() });
            }
        }
        for _ in 0..60 {
            tasks.join_next().await.unwrap().unwrap();
        }
        let acted = other.close_month_by(None, month(closing), None).await.unwrap();
        assert!(!acted.already);
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        // What the accounts stood at when it was closed is what they stand at now.
        verify(&fixture.service.db, |_, _| {}).await.unwrap();
    }
    let caller = finance(&fixture.service).await;
    let all = balances(fixture, &caller, "2026-06-02").await;
    assert_eq!(all.of(MoneyAccount::Bank), Cents(3 * 40 * 8 * 100), "and no payment is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_6_closing_and_booking_at_once_on_sqlite() {
    race(&Fixture::sqlite_with(&policy()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(no_postgres, ignore = "initdb not found")]
async fn time_6_closing_and_booking_at_once_in_two_processes_on_postgres() {
    race(&Fixture::postgres_with(&policy()).await).await;
}
