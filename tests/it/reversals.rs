//! Reversals and what follows from them (PAY-2, PAY-3): tables and stories straight on the decision, and a few through
//! both databases, the API and the pages.

use crate::common::http::{Site, text};
use crate::common::pure::Books;
use crate::common::{AGENT, day, noon, on_both};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::BTreeMap;
use strippenkaart::domain::command::{Answer, Receiving, Undone};
use strippenkaart::domain::estimate::AnswerVia;
use strippenkaart::domain::reasons::{Action, REASONS};
use strippenkaart::domain::{
    Act, Actor, Card, CardId, CardStatus, Cents, Collection, CollectionId, ContactId, CustomerId, EstimateId, Excess,
    Invoice, InvoiceId, Locale, Minutes, MoneyAccount, Payment, PaymentMethod, Receipt, Refusal, Report, Reversal,
    ReversalId, Role, Series, Standing, Target, TicketId, TicketKind, document::DocumentKind,
};
use strippenkaart::store::users::StaffRole;

/// The standard policy, with this changed in it.
pub fn terms(changes: &[(&str, &str)]) -> String {
    let mut text = include_str!("../../policies/standard.toml").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// Books with one customer that pays 100.00 a month, has an owner and a mandate.
pub struct Till {
    pub books: Books,
    pub customer: CustomerId,
    pub owner: ContactId,
    pub today: NaiveDate,
}

impl Till {
    pub fn under(changes: &[(&str, &str)]) -> Self {
        let mut books = Books::new(&[terms(changes)], noon(2026, 3, 9));
        let customer: CustomerId = books.clock.id();
        let create = Act::CreateCustomer {
            name: "School".to_owned(),
            email: "school@example.org".to_owned(),
            locale: Locale::Nl,
            monthly_amount: Some(Cents(10_000)),
            contract_start: Some(day("2025-01-01")),
            imported: true,
        };
        let command = books.command(Actor::Staff(AGENT), Target::Customer(customer), create);
        books.submit(&command).unwrap();
        let owner = ContactId(uuid::Uuid::nil());
        let mut till = Self { books, customer, owner, today: day("2026-03-09") };
        let add = Act::AddContact {
            name: "Jo Jansen".to_owned(),
            email: "jo@example.org".to_owned(),
            role: Role::Owner,
            ceiling: None,
            valid_from: None,
            valid_until: None,
            asked_by: Some("jo@example.org".to_owned()),
            asked_via: Some(strippenkaart::domain::AskedVia::Mail),
        };
        match till.ask(add).unwrap() {
            Receipt::Contact(contact) => till.owner = contact.id,
            other => panic!("{other:?}"),
        }
        till.sign();
        till
    }

    pub fn act(&mut self, target: Target, act: Act) -> Result<Receipt, Refusal> {
        let command = self.books.command(Actor::Staff(AGENT), target, act);
        self.books.submit(&command)
    }

    pub fn ask(&mut self, act: Act) -> Result<Receipt, Refusal> {
        self.act(Target::Customer(self.customer), act)
    }

    pub fn on(&mut self, today: &str) -> &mut Self {
        self.today = day(today);
        self.books.clock.set(self.today.and_hms_opt(12, 0, 0).unwrap().and_utc());
        self
    }

    pub fn settle_dates(&mut self) {
        self.ask(Act::Settle).unwrap();
    }

    fn sign(&mut self) {
        let act = Act::RecordMandate {
            reference: None,
            scheme: None,
            signed_on: day("2026-01-05"),
            debtor_name: "School".to_owned(),
            iban: "NL91ABNA0417164300".to_owned(),
        };
        self.ask(act).unwrap();
    }

    /// A card, with its invoice.
    pub fn buy(&mut self, product: &str) -> (CardId, InvoiceId) {
        match self.ask(Act::order(product)).unwrap() {
            Receipt::Card(card, Some(invoice)) => (card.id, invoice.id),
            other => panic!("{other:?}"),
        }
    }

    pub fn pay(&mut self, invoice: InvoiceId, amount: i64) -> Payment {
        let received = Receiving::of(invoice, Cents(amount), self.today, PaymentMethod::Bank);
        match self.act(Target::Invoice(invoice), Act::RecordPayment(received)).unwrap() {
            Receipt::Payment(receipt) => receipt.payment,
            other => panic!("{other:?}"),
        }
    }

    pub fn plan(&mut self, invoice: InvoiceId) -> CollectionId {
        let act = Act::PlanCollection { invoice, collect_on: self.today };
        match self.act(Target::Invoice(invoice), act).unwrap() {
            Receipt::Collection(collection) => collection.id,
            other => panic!("{other:?}"),
        }
    }

    pub fn collected(&mut self, collection: CollectionId) {
        let act = Act::SettleCollection { collection, settled_on: self.today, bank_line: None };
        self.act(Target::Collection(collection), act).unwrap();
    }

    pub fn told(&mut self, collection: CollectionId, code: &str, valued_on: &str, rejected: bool) -> Reversal {
        let undone = Undone { code: code.to_owned(), valued_on: day(valued_on), rejected, charge: Cents(350) };
        match self.act(Target::Collection(collection), Act::ReverseCollection { collection, undone }).unwrap() {
            Receipt::Reversal(reversal) => *reversal,
            other => panic!("{other:?}"),
        }
    }

    /// Collects an invoice, which then comes back.
    pub fn come_back(&mut self, invoice: InvoiceId, code: &str, valued_on: &str) -> ReversalId {
        let collection = self.plan(invoice);
        self.collected(collection);
        self.told(collection, code, valued_on, false).id
    }

    pub fn undo(&mut self, payment: &Payment, amount: Option<i64>) -> Result<Receipt, Refusal> {
        let undone = Undone { code: "AM04".to_owned(), valued_on: self.today, rejected: false, charge: Cents::ZERO };
        let act = Act::ReversePayment { payment: payment.id, amount: amount.map(Cents), undone };
        self.act(Target::Payment(payment.id), act)
    }

    pub fn judge(&mut self, reversal: ReversalId, counted: bool) {
        let act = Act::JudgeReversal { reversal, counted, reason: "We looked".to_owned() };
        self.act(Target::Reversal(reversal), act).unwrap();
    }

    pub fn waive(&mut self, reversal: ReversalId) -> Result<Receipt, Refusal> {
        self.act(Target::Reversal(reversal), Act::WaiveFee { reversal, reason: "Kindness".to_owned() })
    }

    pub fn invoice(&self, id: InvoiceId) -> Invoice {
        self.rows().invoices[&id].clone()
    }

    pub fn card(&self, id: CardId) -> Card {
        self.rows().cards[&id].clone()
    }

    pub fn rows(&self) -> &strippenkaart::domain::Changes {
        &self.books.ledgers[&self.customer].rows
    }

    pub fn account(&self, account: MoneyAccount) -> i64 {
        self.books.postings.iter().filter(|row| row.account == account).map(|row| row.amount.0).sum()
    }

    /// What the customer owes.
    pub fn owes(&self) -> i64 {
        self.account(MoneyAccount::Receivable)
    }

    /// How many fees stand.
    pub fn fees(&self) -> usize {
        let stands = |row: &&Invoice| row.series == Series::Fee && row.standing() != Standing::Credited;
        self.rows().invoices.values().filter(stands).count()
    }

    pub fn counted(&self) -> Vec<Option<bool>> {
        self.rows().reversals.values().map(|row| row.counted).collect()
    }

    pub fn ticket(&mut self) -> TicketId {
        let (subject, description) = ("A question".to_owned(), "How?".to_owned());
        let requester = Some(self.owner);
        let kind = TicketKind::Change;
        let report = Report { subject, description, requester, kind, ..Report::default() };
        match self.ask(Act::OpenTicket(report)).unwrap() {
            Receipt::Ticket(ticket) => ticket.id,
            other => panic!("{other:?}"),
        }
    }

    pub fn propose(&mut self, ticket: TicketId, minutes: i64) -> EstimateId {
        let act = Act::ProposeEstimate {
            ticket,
            minutes: Minutes(minutes),
            description: "The work".to_owned(),
            answer_by: Some(day("2027-01-01")),
            work_until: Some(day("2027-01-01")),
        };
        match self.act(Target::Ticket(ticket), act).unwrap() {
            Receipt::Estimate(estimate) => estimate.id,
            other => panic!("{other:?}"),
        }
    }

    pub fn accept(&mut self, estimate: EstimateId) -> Result<Receipt, Refusal> {
        let answer = Answer { contact: self.owner, via: AnswerVia::Mail, note: None, at: None };
        self.act(Target::Estimate(estimate), Act::AcceptEstimate { estimate, answer })
    }

    pub fn log(&mut self, ticket: TicketId, minutes: i64, excess: Excess) -> Result<Receipt, Refusal> {
        let act = Act::LogTime {
            ticket,
            worked: Minutes(minutes),
            worked_on: None,
            description: "Helped".to_owned(),
            estimate: None,
            started_at: None,
            surcharges: vec![],
            excess,
        };
        self.act(Target::Ticket(ticket), act)
    }
}

const TREATMENTS: [&str; 3] = ["outside_scope", "standard_ex", "standard_incl"];

fn vat(treatment: &str) -> String {
    format!("vat = \"{treatment}\"\n# PAY-2: the first is free")
}

const VAT: &str = "vat = \"outside_scope\"\n# PAY-2: the first is free";

#[test]
fn pay_2_the_story_of_the_notes_comes_out_to_the_cent() {
    for (treatment, gross, vat_owed) in
        [(TREATMENTS[0], 105_050, 16_800), (TREATMENTS[1], 106_783, 18_533), (TREATMENTS[2], 105_050, 18_232)]
    {
        let mut till = Till::under(&[(VAT, &vat(treatment))]);
        let (_, invoice) = till.buy("10h");
        assert_eq!(till.owes(), 96_800);
        let first = till.plan(invoice);
        till.collected(first);
        assert_eq!(till.owes(), 0);
        till.told(first, "AM04", "2026-03-09", false);
        assert_eq!((till.owes(), till.fees()), (96_800, 0), "the first is free");
        let second = till.plan(invoice);
        till.collected(second);
        assert_eq!(till.owes(), 0);
        till.told(second, "MD06", "2026-03-09", false);
        assert_eq!((till.owes(), -till.account(MoneyAccount::Vat)), (gross, vat_owed), "{treatment}");
        assert_eq!(till.account(MoneyAccount::Deferred), -80_000, "reversals post no revenue");
        assert_eq!((till.account(MoneyAccount::BankCharges), till.account(MoneyAccount::Bank)), (700, -700));
        let fee = till.rows().invoices.values().find(|row| row.series == Series::Fee).unwrap().clone();
        assert_eq!(fee.kind, DocumentKind::Invoice);
        till.told(second, "MD06", "2026-03-09", false);
        assert_eq!((till.owes(), till.fees()), (gross, 1), "told again, nothing changes");
    }
}

#[test]
fn pay_2_every_known_reason_is_decided_as_its_table_says() {
    for reason in REASONS {
        let mut till = Till::under(&[]);
        let (_, invoice) = till.buy("10h");
        for _ in 0..2 {
            till.sign();
            till.come_back(invoice, reason.code, "2026-03-09");
        }
        let expected = (reason.action != Action::Park).then_some(reason.counts);
        assert_eq!(till.counted(), [expected, expected], "{}", reason.code);
        assert_eq!(till.fees(), usize::from(reason.counts), "{}", reason.code);
        let ended =
            till.rows().mandates.values().filter(|row| row.ended_because.as_deref() == Some(reason.code)).count();
        let ends = matches!(reason.action, Action::BlockMandate | Action::Stop);
        assert_eq!(ended, if ends { 2 } else { 0 }, "{}", reason.code);
    }
}

#[test]
fn pay_2_a_policy_adds_codes_and_says_what_to_do() {
    let own = "count_rejects = true\ncodes = [{ code = \"AC04\", counts = true, action = \"contact\" }]";
    let mut till = Till::under(&[("count_rejects = true", own)]);
    let (_, invoice) = till.buy("10h");
    for _ in 0..2 {
        till.come_back(invoice, " ac04 ", "2026-03-09");
    }
    assert_eq!((till.counted(), till.fees()), (vec![Some(true); 2], 1));
    assert!(till.rows().mandates.values().all(|mandate| mandate.ended_at.is_none()));
}

#[test]
fn pay_2_an_unknown_code_waits_and_is_judged_both_ways() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    till.come_back(invoice, "AM04", "2026-03-09");
    let unknown = till.come_back(invoice, "XX99", "2026-03-09");
    assert_eq!((till.fees(), till.rows().reversals[&unknown].counted), (0, None));
    till.judge(unknown, true);
    assert_eq!((till.fees(), till.owes()), (1, 105_050));
    till.judge(unknown, false);
    assert_eq!((till.fees(), till.owes()), (0, 96_800), "the fee is credited again");
    till.judge(unknown, true);
    assert_eq!((till.fees(), till.owes()), (1, 105_050));
}

#[test]
fn pay_2_a_refusal_before_settlement_counts_unless_the_policy_says_no() {
    for (counts, fees) in [("true", 1), ("false", 0)] {
        let mut till = Till::under(&[("count_rejects = true", &format!("count_rejects = {counts}"))]);
        let (_, invoice) = till.buy("10h");
        for _ in 0..2 {
            let collection = till.plan(invoice);
            till.told(collection, "AM04", "2026-03-09", true);
        }
        assert_eq!((till.fees(), till.counted()), (fees, vec![Some(fees == 1); 2]));
        assert!(till.rows().payments.is_empty(), "no money moved");
    }
}

#[test]
fn pay_2_fees_are_an_equality_on_totals_whatever_order_value_dates_come_in() {
    let days = ["2026-01-10", "2026-02-10", "2026-02-20", "2026-03-01"];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        for (first, fees) in [("false", 3), ("true", 4)] {
            let rule = format!("charge_first_when_exceeded = {first}");
            let mut till = Till::under(&[("charge_first_when_exceeded = false", &rule)]);
            let (_, invoice) = till.buy("10h");
            for at in order {
                till.come_back(invoice, "AM04", days[at]);
            }
            assert_eq!(till.fees(), fees, "{order:?} {first}");
            let charged: Vec<bool> = days
                .iter()
                .map(|on| {
                    till.rows().reversals.values().any(|row| row.valued_on == day(on) && row.fee_invoice_id.is_some())
                })
                .collect();
            assert_eq!(charged, [first == "true", true, true, true], "the first by value date is the free one");
        }
    }
}

#[test]
fn pay_2_a_window_of_months_looks_back_from_the_value_date() {
    let window = ("count_window = \"relation\"", "count_window = { months = 2 }");
    for (one, other, fees) in [
        ("2026-01-08", "2026-03-08", 0), // exactly two months later is outside
        ("2026-01-09", "2026-03-08", 1),
        ("2026-03-08", "2026-01-09", 1),
        ("2026-03-08", "2026-01-08", 0),
    ] {
        let mut till = Till::under(&[window]);
        let (_, invoice) = till.buy("10h");
        till.come_back(invoice, "AM04", one);
        till.come_back(invoice, "AM04", other);
        assert_eq!(till.fees(), fees, "{one} {other}");
    }
}

#[test]
fn pol_1_fees_follow_the_terms_of_the_value_date() {
    let old = terms(&[("fee = \"82.50\"", "fee = \"10.00\"")]);
    let new = terms(&[]).replacen("effective_from = ", "effective_from = 2026-03-01 # ", 1);
    let mut till = Till::under(&[]);
    let books = Books::new(&[old, new], noon(2026, 3, 9));
    till.books.policies = books.policies;
    let (_, invoice) = till.buy("10h");
    for valued_on in ["2026-03-05", "2026-02-20", "2026-02-21"] {
        till.come_back(invoice, "AM04", valued_on);
    }
    assert_eq!(till.owes(), 96_800 + 8_250 + 1_000);
}

#[test]
fn pay_2_a_waiver_needs_a_fee_and_the_reversal_still_counts() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let first = till.come_back(invoice, "AM04", "2026-03-07");
    assert_eq!(till.waive(first), Err(Refusal::NothingToWaive));
    let second = till.come_back(invoice, "AM04", "2026-03-08");
    till.waive(second).unwrap();
    assert_eq!((till.fees(), till.owes()), (0, 96_800));
    till.waive(second).unwrap();
    assert_eq!(till.owes(), 96_800, "waived twice, nothing changes");
    till.come_back(invoice, "AM04", "2026-03-09");
    assert_eq!(till.fees(), 1, "three count, one is free, one is waived");
    till.judge(second, false);
    assert_eq!(till.fees(), 1, "two count, one is free: the waiver of what does not count waives nothing else");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Message {
    Settled,
    Refused,
    Returned,
}

#[test]
fn pay_2_settled_refused_and_returned_end_alike_in_every_order_and_twice() {
    use Message::{Refused, Returned, Settled};
    let mut ends: BTreeMap<bool, Vec<String>> = BTreeMap::new();
    for counts in [true, false] {
        for order in [
            [Settled, Refused, Returned],
            [Settled, Returned, Refused],
            [Refused, Settled, Returned],
            [Refused, Returned, Settled],
            [Returned, Settled, Refused],
            [Returned, Refused, Settled],
        ] {
            for twice in [false, true] {
                let mut till = Till::under(&[("count_rejects = true", &format!("count_rejects = {counts}"))]);
                let (card, invoice) = till.buy("10h");
                till.come_back(invoice, "AM04", "2026-03-01");
                let collection = till.plan(invoice);
                let messages = order.iter().flat_map(|message| vec![*message; if twice { 2 } else { 1 }]);
                for message in messages {
                    match message {
                        Settled => till.collected(collection),
                        Refused => drop(till.told(collection, "MS03", "2026-03-06", true)),
                        Returned => drop(till.told(collection, "MD06", "2026-03-08", false)),
                    }
                }
                let row: &Collection = &till.rows().collections[&collection];
                let reversal = &till.rows().reversals[&row.reversal_id.unwrap()];
                let payment = &till.rows().payments[&row.payment_id.unwrap()];
                let seen = (
                    (reversal.code.clone(), reversal.valued_on, reversal.counted, reversal.is_refused()),
                    (payment.amount, payment.reversed, till.rows().payments.len(), till.rows().reversals.len()),
                    (till.owes(), till.fees(), till.invoice(invoice).standing(), till.card(card).frozen),
                    (till.account(MoneyAccount::Bank), till.account(MoneyAccount::BankCharges)),
                );
                assert_eq!((till.fees(), till.owes()), (1, 105_050), "{order:?} {twice} {counts}");
                ends.entry(counts).or_default().push(format!("{seen:?}"));
            }
        }
    }
    for ends in ends.values() {
        assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
    }
}

#[test]
fn pay_2_a_refusal_of_what_settled_all_the_same_is_a_return_in_both_orders() {
    for settled_first in [true, false] {
        let mut till = Till::under(&[("count_rejects = true", "count_rejects = false")]);
        let (_, invoice) = till.buy("10h");
        let collection = till.plan(invoice);
        if settled_first {
            till.collected(collection);
        }
        till.told(collection, "AM04", "2026-03-09", true);
        if !settled_first {
            assert_eq!(till.counted(), [Some(false)]);
            till.collected(collection);
        }
        assert_eq!((till.counted(), till.owes()), (vec![Some(true)], 96_800));
    }
}

#[test]
fn pay_2_a_direct_debit_comes_back_as_a_whole_and_counts_once() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let collection = till.plan(invoice);
    till.collected(collection);
    let payment = till.rows().payments.values().next().unwrap().clone();
    assert!(matches!(till.undo(&payment, Some(100)), Err(Refusal::Invalid { .. })));
    till.undo(&payment, None).unwrap();
    till.told(collection, "AM04", "2026-03-09", false);
    assert_eq!((till.rows().reversals.len(), till.owes()), (1, 96_800));
}

#[test]
fn pay_3_minutes_freeze_on_a_whole_or_partial_reversal_and_thaw_with_their_days() {
    for part in [None, Some(100)] {
        let mut till = Till::under(&[("validity = \"never\"", "validity = { months = 2 }")]);
        let (card, invoice) = till.buy("10h");
        let payment = till.pay(invoice, 96_800);
        let ticket = till.ticket();
        let estimate = till.propose(ticket, 120);
        till.accept(estimate).unwrap();
        till.log(ticket, 60, Excess::Refuse).unwrap();
        assert_eq!(till.card(card).expires_on, Some(day("2026-05-08")));

        till.on("2026-03-20").undo(&payment, part).unwrap();
        let frozen = till.card(card);
        assert_eq!(
            (frozen.available, frozen.held, frozen.frozen, frozen.used),
            (Minutes(0), Minutes(0), Minutes(540), Minutes(60)),
            "used stays owed"
        );
        assert_eq!(frozen.status(till.today), CardStatus::Frozen);
        let other = till.propose(ticket, 15);
        assert!(matches!(till.accept(other), Err(Refusal::InsufficientMinutes { .. })));
        assert!(till.log(ticket, 15, Excess::Refuse).is_err());

        till.on("2026-04-09").pay(invoice, part.unwrap_or(96_800));
        let thawed = till.card(card);
        assert_eq!((thawed.available, thawed.held, thawed.frozen), (Minutes(480), Minutes(60), Minutes(0)));
        assert_eq!(thawed.expires_on, Some(day("2026-05-28")), "20 days longer");
        till.log(ticket, 60, Excess::Refuse).unwrap();
    }
}

#[test]
fn pay_3_a_hold_whose_estimate_is_over_thaws_into_the_card() {
    let mut till = Till::under(&[]);
    let (card, invoice) = till.buy("10h");
    let payment = till.pay(invoice, 96_800);
    let ticket = till.ticket();
    let estimate = till.propose(ticket, 120);
    till.accept(estimate).unwrap();
    till.undo(&payment, None).unwrap();
    till.act(Target::Estimate(estimate), Act::CloseEstimate(estimate)).unwrap();
    assert_eq!(till.card(card).frozen, Minutes(600));
    till.pay(invoice, 96_800);
    assert_eq!((till.card(card).available, till.card(card).held), (Minutes(600), Minutes(0)));
}

#[test]
fn pay_3_frozen_minutes_are_never_breakage() {
    let mut till = Till::under(&[
        ("validity = \"never\"", "validity = { months = 1 }"),
        ("dunning_days = 30", "dunning_days = 90"),
    ]);
    let (card, invoice) = till.buy("10h");
    let payment = till.pay(invoice, 96_800);
    till.on("2026-04-07").undo(&payment, None).unwrap();
    till.on("2026-05-20").settle_dates();
    assert_eq!((till.card(card).frozen, till.account(MoneyAccount::Breakage)), (Minutes(600), 0));
    till.pay(invoice, 96_800);
    assert_eq!(till.card(card).available, Minutes(600), "one valid day was left, and still is");
    till.on("2026-06-01").settle_dates();
    assert_eq!(till.account(MoneyAccount::Breakage), -80_000);
}

#[test]
fn pay_3_unpaid_after_the_dunning_days_the_unspent_part_is_credited() {
    let mut till = Till::under(&[]);
    let (card, invoice) = till.buy("10h");
    let payment = till.pay(invoice, 96_800);
    let ticket = till.ticket();
    let estimate = till.propose(ticket, 195);
    till.accept(estimate).unwrap();
    till.log(ticket, 195, Excess::Refuse).unwrap();
    till.undo(&payment, None).unwrap();
    till.on("2026-04-07").settle_dates();
    assert_eq!(till.card(card).frozen, Minutes(405));
    till.on("2026-04-08").settle_dates();
    assert_eq!((till.card(card).frozen, till.card(card).refunded), (Minutes(0), Minutes(405)));
    let note = till.rows().invoices.values().find(|row| row.kind == DocumentKind::CreditNote).unwrap().clone();
    assert_eq!((note.net, note.vat, note.gross), (Cents(54_000), Cents(11_340), Cents(65_340)));
    assert_eq!((till.owes(), till.account(MoneyAccount::CardRevenue)), (31_460, -26_000), "used stays owed");
    till.pay(invoice, 31_460);
    assert_eq!((till.owes(), till.card(card).available), (0, Minutes(0)));
}

#[test]
fn pay_3_a_card_that_is_active_from_its_order_freezes_only_where_the_policy_says_so() {
    let order = ("activate_on = \"payment\"", "activate_on = \"order\"");
    let freeze = ("dunning_days = 30", "dunning_days = 30\nfreeze_on_reversal = true");
    for (changes, frozen) in [(vec![order], 0), (vec![order, freeze], 600)] {
        let mut till = Till::under(&changes);
        let (card, invoice) = till.buy("10h");
        let payment = till.pay(invoice, 96_800);
        till.undo(&payment, None).unwrap();
        assert_eq!(till.card(card).frozen, Minutes(frozen));
    }
}

#[test]
fn pay_3_what_comes_back_to_a_card_whose_payment_is_undone_waits_as_well() {
    let mut till = Till::under(&[]);
    let (card, invoice) = till.buy("5h");
    let payment = till.pay(invoice, 48_400);
    let ticket = till.ticket();
    let estimate = till.propose(ticket, 300);
    till.accept(estimate).unwrap();
    let Receipt::Time(time) = till.log(ticket, 300, Excess::Refuse).unwrap() else { panic!("time was logged") };
    till.undo(&payment, None).unwrap();
    let entry = time.entry.id;
    let act = Act::ReverseEntry { entry, reason: "The wrong ticket".to_owned() };
    till.act(Target::TimeEntry(entry), act).unwrap();
    assert_eq!((till.card(card).available, till.card(card).frozen), (Minutes(0), Minutes(300)));
    till.pay(invoice, 48_400);
    assert_eq!(till.card(card).left(), Minutes(300));
}

#[test]
fn pay_5_an_overpayment_that_comes_undone_after_it_was_given_back_is_owed() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let received =
        Receiving { keep_surplus: true, ..Receiving::of(invoice, Cents(100_000), till.today, PaymentMethod::Bank) };
    let Receipt::Payment(paid) = till.act(Target::Invoice(invoice), Act::RecordPayment(received)).unwrap() else {
        panic!("a payment was recorded")
    };
    let repay = Act::Repay { amount: Cents(3_200), paid_on: till.today, note: None, bank_line: None };
    till.ask(repay).unwrap();
    till.undo(&paid.payment, None).unwrap();
    let credit = till.rows().customer.as_ref().unwrap().credit;
    assert_eq!((till.owes(), credit), (96_800, Cents(-3_200)));
}

async fn card_that_came_back(site: &Site, finance: &str, customer: CustomerId) -> (String, String) {
    let cards = format!("/api/v1/customers/{customer}/cards");
    let card = site.post(finance, &cards, &json!({ "product": "10h" })).await.expect(201);
    let invoice = text(&card["invoice_id"]).to_owned();
    let pay = json!({ "amount": "968.00", "paid_on": "2026-03-09", "method": "bank" });
    let mut reversal = String::new();
    for hour in 13..15 {
        site.fixture.clock.set(day("2026-03-09").and_hms_opt(hour, 0, 0).unwrap().and_utc());
        let paid = site.post(finance, &format!("/api/v1/invoices/{invoice}/payments"), &pay).await.expect(201);
        let undo = format!("/api/v1/payments/{}/reverse", text(&paid["id"]));
        let told = json!({ "code": "AM04", "valued_on": "2026-03-09", "charge": "3.50" });
        let made = site.post(finance, &undo, &told).await.expect(201);
        text(&made["id"]).clone_into(&mut reversal);
    }
    (invoice, reversal)
}

on_both! {
    under terms(&[]);
    async fn pay_2_the_api_tells_the_sum_and_a_waiver_keeps_it(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let site = Site::new(fixture);
        let finance = site.staff(StaffRole::Finance).await;
        let contact = site.token_of(owner, "jo@example.org").await;
        let (_, reversal) = card_that_came_back(&site, &finance, customer).await;
        let path = format!("/api/v1/customers/{customer}/reversals");
        let seen = site.get(&contact, &path).await.expect(200);
        assert_eq!((&seen["counted"], &seen["free"], &seen["fees_owed"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!((&seen["fees_charged"], &seen["fee"]), (&json!(1), &json!("82.50")));
        let last = &seen["items"][0];
        assert_eq!((&last["meaning"], &last["action"]), (&json!("insufficient funds"), &json!("retry")));
        assert!(last["fee_number"].is_string() && last["invoice_number"].is_string(), "{last}");

        let waive = format!("/api/v1/reversals/{reversal}/waive");
        assert_eq!(site.post(&finance, &waive, &json!({ "reason": " " })).await.pointers(), ["/reason"]);
        site.post(&finance, &waive, &json!({ "reason": "Kindness" })).await.expect(201);
        let seen = site.get(&finance, &path).await.expect(200);
        assert_eq!((&seen["counted"], &seen["fees_owed"], &seen["fees_waived"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!(seen["items"][0]["waived_because"], "Kindness");
        let all = site.get(&finance, "/api/v1/reversals?limit=1").await.expect(200);
        let next = format!("/api/v1/reversals?limit=1&cursor={}", text(&all["next_cursor"]));
        let rest = site.get(&finance, &next).await.expect(200);
        assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (1, true));
        let waiting = site.get(&finance, "/api/v1/reversals?which=waiting").await.expect(200);
        assert_eq!(waiting["items"], json!([]));
        assert_eq!(site.get(&finance, "/api/v1/reversals?which=some").await.pointers(), ["/which"]);
    }
}

on_both! {
    under terms(&[]);
    async fn pay_3_a_card_that_is_due_to_be_credited_can_be_looked_at_before_the_job_has_run(fixture: Fixture) {
        let (customer, _) = fixture.customer().await;
        let site = Site::new(fixture);
        let finance = site.staff(StaffRole::Finance).await;
        let (invoice, _) = card_that_came_back(&site, &finance, customer).await;
        site.fixture.clock.set(noon(2026, 4, 8));
        let balance = format!("/api/v1/customers/{customer}/balance");
        let seen = site.get(&finance, &balance).await.expect(200);
        assert_eq!((&seen["frozen_minutes"], &seen["refunded_minutes"]), (&json!(0), &json!(600)), "{seen}");
        assert_eq!(strippenkaart::service::jobs::settle(&site.fixture.service).await.unwrap(), 1);
        assert_eq!(strippenkaart::service::jobs::settle(&site.fixture.service).await.unwrap(), 0);
        let paid = site.get(&finance, &format!("/api/v1/invoices/{invoice}")).await.expect(200);
        assert_eq!((&paid["status"], &paid["open"]), (&json!("credited"), &json!("0.00")));
    }
}

on_both! {
    under terms(&[]);
    async fn pay_2_finance_judges_on_the_page_and_keeps_what_was_typed(fixture: Fixture) {
        let (customer, owner) = fixture.customer().await;
        let site = crate::pages::Site::new(fixture);
        site.staff(StaffRole::Finance).await;
        let admin = site.staff(StaffRole::Admin).await;
        let order = site.fixture.submit(Target::Customer(customer), Act::order("10h")).await.unwrap();
        let Receipt::Card(_, Some(invoice)) = order else { panic!("a card was ordered") };
        let received = Receiving::of(invoice.id, invoice.gross, day("2026-03-09"), PaymentMethod::Bank);
        let paid = site.fixture.submit(Target::Invoice(invoice.id), Act::RecordPayment(received)).await.unwrap();
        let Receipt::Payment(paid) = paid else { panic!("a payment was recorded") };
        let mut finance = site.login("finance@provider.example").await;
        let page = finance.get(&format!("/finance/customers/{customer}")).await;
        assert!(page.text.contains("Teruggedraaid of gestorneerd"), "{}", page.text);
        let undo = format!("/finance/payments/{}/reverse", paid.payment.id);
        let key = page.key();
        let wrong = finance.post(&undo, &[("key", &key), ("code", "NO"), ("valued_on", "2026-03-09")]).await;
        assert_eq!(wrong.status.as_u16(), 422);
        assert!(wrong.text.contains("value=\"NO\"") && wrong.text.contains("Vul vier hoofdletters"), "{}", wrong.text);
        let key = page.key();
        let sent = [("key", key.as_str()), ("code", "XX99"), ("valued_on", "2026-03-09"), ("charge", "3,50")];
        assert_eq!(finance.post(&undo, &sent).await.status.as_u16(), 303);
        let list = finance.get("/finance/reversals?which=waiting").await;
        assert!(list.text.contains("onbekende reden") && list.text.contains("wacht op een oordeel"), "{}", list.text);
        let reversal = site.fixture.service.reversals_of(&admin, customer, None, 5).await.unwrap().1[0].told.reversal.id;
        let judge = format!("/finance/reversals/{reversal}/judge");
        let refused = finance.post(&judge, &[("back", "list"), ("counted", "true"), ("reason", "")]).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
        let sent = [("back", "list"), ("counted", "true"), ("reason", "Saldo")];
        assert_eq!(finance.post(&judge, &sent).await.location(), "/finance/reversals");
        finance.lang = "en";
        let page = finance.get(&format!("/finance/customers/{customer}")).await;
        assert!(page.text.contains("1 counts − 1 free = 0 fees of €82.50"), "{}", page.text);
        let mut other = site.contact(&admin, owner).await;
        assert_eq!(other.get("/finance/reversals").await.status.as_u16(), 403);
        assert_eq!(other.get(&format!("/finance/customers/{customer}")).await.status.as_u16(), 403);
    }
}

on_both! {
    async fn pol_3_without_reversals_there_is_no_page_of_them(fixture: Fixture) {
        let site = crate::pages::Site::new(fixture);
        site.staff(StaffRole::Finance).await;
        let mut finance = site.login("finance@provider.example").await;
        assert_eq!(finance.get("/finance/reversals").await.status.as_u16(), 404);
        assert!(!finance.get("/finance").await.text.contains("/finance/reversals"));
    }
}
