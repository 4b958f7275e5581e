//! What a bank line moves, and what comes undone when the match was wrong: BANK-4, BANK-6, BANK-7, BANK-9.

use crate::common::{AGENT, Fixture, day, on_both};
use crate::reversals::Till;
use std::collections::BTreeMap;
use strippenkaart::domain::command::{Receiving, Undone};
use strippenkaart::domain::{
    Act, Actor, BankLineId, CardStatus, Cents, CollectionId, Command, CustomerId, InvoiceId, Key, MoneyAccount,
    PaymentMethod, Receipt, Refusal, Standing, Target, TransactionKind, UnmatchedKind,
};
use strippenkaart::service::ledger::Failure;
use strippenkaart::service::verify::verify;
use strippenkaart::store::Statements as _;

const GROSS: i64 = 96_800;

/// A reason that counts and ends the mandate.
const BLOCKS: &str = "count_rejects = true\ncodes = [{ code = \"AC04\", counts = true, action = \"block_mandate\" }]";

fn line(number: u128) -> BankLineId {
    BankLineId(uuid::Uuid::from_u128(0xba << 32 | number))
}

impl Till {
    /// Submits something that a line told.
    fn tell(&mut self, told: u128, target: Target, act: Act) -> Result<Receipt, Refusal> {
        let command = self.books.command(Actor::Staff(AGENT), target, act).from_line(line(told));
        self.books.submit(&command)
    }

    fn undo_line(&mut self, told: u128) -> Vec<UnmatchedKind> {
        let command = self.books.command(
            Actor::Staff(AGENT),
            Target::Customer(self.customer),
            Act::UndoLine { line: line(told) },
        );
        match self.books.submit(&command).unwrap() {
            Receipt::Unmatched(undone) => undone.rows.iter().map(|row| row.kind).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn paid_by(&mut self, told: u128, received: Receiving) -> Receipt {
        self.tell(told, Target::Customer(self.customer), Act::RecordPayment(received)).unwrap()
    }

    fn came(&mut self, told: u128, collection: CollectionId) -> Result<Receipt, Refusal> {
        let act = Act::SettleCollection { collection, settled_on: self.today, bank_line: None };
        self.tell(told, Target::Collection(collection), act)
    }

    fn back(&mut self, told: u128, collection: CollectionId, charge: i64) -> Result<Receipt, Refusal> {
        let undone = self.undone(false, charge);
        self.tell(told, Target::Collection(collection), Act::ReverseCollection { collection, undone })
    }

    fn refused(&mut self, told: u128, collection: CollectionId) -> Result<Receipt, Refusal> {
        let undone = self.undone(true, 350);
        self.tell(told, Target::Collection(collection), Act::ReverseCollection { collection, undone })
    }

    fn undone(&self, rejected: bool, charge: i64) -> Undone {
        Undone { code: "AM04".to_owned(), valued_on: self.today, rejected, charge: Cents(charge) }
    }

    /// What a line moved on our account.
    fn moved(&self, told: u128) -> i64 {
        let of_it =
            |seq: i64| self.books.transactions.iter().any(|row| row.seq == seq && row.bank_line_id == Some(line(told)));
        let bank = self.books.postings.iter().filter(|row| row.account == MoneyAccount::Bank && of_it(row.seq));
        bank.map(|row| row.amount.0).sum()
    }

    fn credit(&self) -> i64 {
        self.rows().customer.as_ref().unwrap().credit.0
    }

    fn paused_on(&self) -> Option<chrono::NaiveDate> {
        self.rows().customer.as_ref().unwrap().paused_on
    }
}

fn bank(invoice: InvoiceId, amount: i64, till: &Till) -> Receiving {
    Receiving::of(invoice, Cents(amount), till.today, PaymentMethod::Bank)
}

#[test]
fn bank_4_each_message_about_a_direct_debit_moves_exactly_its_money_in_any_order() {
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for order in orders {
        for twice in [1, 2] {
            let mut till = Till::under(&[]);
            let (_, invoice) = till.buy("10h");
            let collection = till.plan(invoice);
            let mut expected = BTreeMap::from([(1, 0), (2, 0), (3, 0)]);
            for told in order.into_iter().flat_map(|told| vec![told; twice]) {
                let (effect, told_it) = match told {
                    1 => (GROSS, till.came(1, collection)),
                    2 => (0, till.refused(2, collection)),
                    _ => (-GROSS - 350, till.back(3, collection, 350)),
                };
                told_it.unwrap();
                expected.insert(told, effect);
                for (told, effect) in &expected {
                    assert_eq!(till.moved(*told), *effect, "{order:?} line {told}");
                }
            }
            assert_eq!((till.owes(), till.account(MoneyAccount::InTransit)), (GROSS, 0), "{order:?}");
            assert_eq!((till.account(MoneyAccount::Bank), till.account(MoneyAccount::BankCharges)), (-350, 350));
            // A charge that the same line tells higher later is added under it.
            till.back(3, collection, 500).unwrap();
            assert_eq!((till.moved(3), till.account(MoneyAccount::BankCharges)), (-GROSS - 500, 500));
        }
    }
}

#[test]
fn bank_4_an_ordinary_return_is_one_transaction_and_a_refusal_waits_in_transit() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let collection = till.plan(invoice);
    till.came(1, collection).unwrap();
    till.refused(2, collection).unwrap();
    assert_eq!((till.owes(), till.account(MoneyAccount::InTransit)), (GROSS, -GROSS), "nobody debited us yet");
    let other = till.plan(invoice);
    till.came(3, other).unwrap();
    till.back(4, other, 0).unwrap();
    let last = till.books.transactions.iter().rfind(|row| row.kind == TransactionKind::PaymentReversal).unwrap().seq;
    let posted: Vec<_> = till.books.postings.iter().filter(|row| row.seq == last).map(|row| row.account).collect();
    assert_eq!(posted, [MoneyAccount::Receivable, MoneyAccount::Bank]);
}

#[test]
fn bank_4_another_line_that_tells_the_same_is_refused() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let collection = till.plan(invoice);
    till.came(1, collection).unwrap();
    assert_eq!(till.came(2, collection), Err(Refusal::ToldByOtherLine));
    till.back(3, collection, 0).unwrap();
    assert_eq!(till.back(4, collection, 0), Err(Refusal::ToldByOtherLine));
    assert_eq!((till.moved(2), till.moved(4), till.account(MoneyAccount::Bank)), (0, 0, 0));
}

#[test]
fn bank_4_a_line_takes_the_place_of_what_was_recorded_by_hand() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let collection = till.plan(invoice);
    till.came(1, collection).unwrap();
    till.told(collection, "AM04", "2026-03-09", false);
    assert_eq!(till.account(MoneyAccount::Bank), -350, "by hand, with a charge of 3.50");
    till.back(2, collection, 500).unwrap();
    assert_eq!((till.moved(2), till.account(MoneyAccount::Bank)), (-GROSS - 500, -500));
    till.told(collection, "AM04", "2026-03-09", false);
    assert_eq!(till.account(MoneyAccount::Bank), -500, "the line is proof");
    till.undo_line(2);
    assert_eq!((till.moved(2), till.account(MoneyAccount::Bank)), (0, -350), "what was recorded by hand stands");
    assert_eq!((till.owes(), till.account(MoneyAccount::InTransit)), (GROSS, 0));
}

#[test]
fn bank_7_costs_kept_back_are_ours_and_debtors_get_the_sum() {
    let mut till = Till::under(&[]);
    let (card, invoice) = till.buy("10h");
    till.paid_by(1, Receiving { costs: Cents(1_500), ..bank(invoice, GROSS, &till) });
    assert_eq!((till.moved(1), till.account(MoneyAccount::BankCharges), till.owes()), (GROSS - 1_500, 1_500, 0));
    assert_eq!(till.card(card).status(till.today), CardStatus::Active);
    for costs in [-1, GROSS + 1] {
        let received = Receiving { costs: Cents(costs), ..bank(invoice, GROSS, &till) };
        let refused = till.tell(2, Target::Customer(till.customer), Act::RecordPayment(received));
        assert!(matches!(refused, Err(Refusal::Invalid { field: "costs", .. })), "{refused:?}");
    }
    assert_eq!(till.undo_line(1), [UnmatchedKind::Payment]);
    assert_eq!((till.moved(1), till.account(MoneyAccount::BankCharges), till.owes()), (0, 0, GROSS));
}

#[test]
fn bank_6_costs_and_a_payout_move_clearing_to_bank_once() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let received = Receiving::of(invoice, Cents(GROSS), till.today, PaymentMethod::Other);
    let elsewhere = Act::RecordPayment(received.clone());
    let refused = till.tell(9, Target::Invoice(invoice), elsewhere);
    assert!(matches!(refused, Err(Refusal::Invalid { field: "method", .. })), "a line tells money on our account");
    let Receipt::Payment(paid) = till.act(Target::Invoice(invoice), Act::RecordPayment(received)).unwrap() else {
        panic!("a payment")
    };
    let payment = paid.payment.id;
    let act = Act::PayOut { payment, paid_on: till.today };
    till.tell(1, Target::Payment(payment), act.clone()).unwrap();
    let costs = Act::BookCosts { amount: Cents(250), valued_on: till.today };
    till.tell(1, Target::Customer(till.customer), costs).unwrap();
    assert_eq!((till.moved(1), till.account(MoneyAccount::OtherMoney)), (GROSS - 250, 0));
    let again = till.tell(2, Target::Payment(payment), act.clone());
    assert_eq!(again, Err(Refusal::PaidOutBefore { on: till.today }));
    // What comes back of it now is told by our bank.
    let undone = till.undone(false, 0);
    let back = Act::ReversePayment { payment, amount: Some(Cents(800)), undone };
    till.tell(3, Target::Payment(payment), back).unwrap();
    assert_eq!((till.moved(3), till.account(MoneyAccount::OtherMoney), till.owes()), (-800, 0, 800));
    assert_eq!(till.undo_line(1), [UnmatchedKind::Payout, UnmatchedKind::Costs]);
    assert_eq!((till.moved(1), till.account(MoneyAccount::OtherMoney)), (0, GROSS), "it stands there again");
    till.tell(4, Target::Payment(payment), act).unwrap();
    assert_eq!(till.moved(4), GROSS);

    let (_, invoice) = till.buy("5h");
    let payment = till.pay(invoice, 48_400).id;
    let refused = till.act(Target::Payment(payment), Act::PayOut { payment, paid_on: till.today });
    assert_eq!(refused, Err(Refusal::NotPaidElsewhere), "it came in at the bank");
    let none = Act::BookCosts { amount: Cents::ZERO, valued_on: till.today };
    assert!(matches!(till.ask(none), Err(Refusal::Invalid { field: "amount", .. })));
}

#[test]
fn bank_9_a_wrong_payment_is_undone_freezes_its_card_and_leaves_no_reversal() {
    let mut till = Till::under(&[]);
    let (card, invoice) = till.buy("10h");
    let due = till.invoice(invoice).due_on();
    till.paid_by(1, Receiving { keep_surplus: true, ..bank(invoice, GROSS + 700, &till) });
    assert_eq!((till.owes(), till.credit()), (0, 700));
    till.on("2026-03-20");
    assert_eq!(till.undo_line(1), [UnmatchedKind::Payment]);
    assert_eq!((till.owes(), till.credit(), till.moved(1)), (GROSS, 0, 0));
    assert_eq!(till.card(card).status(till.today), CardStatus::Frozen, "PAY-3");
    let open = till.invoice(invoice);
    assert_eq!((open.standing(), open.due_on()), (Standing::Open, due), "open, not reversed");
    assert!(till.rows().reversals.is_empty(), "no code, no count, no fee");
    let undone = till.books.transactions.iter().find(|row| row.kind == TransactionKind::Unmatch).unwrap();
    assert_eq!((undone.booked_on, undone.bank_line_id), (day("2026-03-09"), Some(line(1))));

    let seen = till.books.transactions.len();
    assert_eq!(till.undo_line(1), []);
    assert_eq!(till.books.transactions.len(), seen, "undone twice, nothing changes");
    till.paid_by(1, bank(invoice, GROSS, &till));
    assert_eq!((till.owes(), till.card(card).status(till.today)), (0, CardStatus::Active), "booked again");
    assert_eq!(till.undo_line(1), [UnmatchedKind::Payment], "and undone again");
    assert_eq!((till.owes(), till.moved(1)), (GROSS, 0));
}

#[test]
fn bank_9_books_on_the_first_open_day_and_a_spent_surplus_goes_below_zero() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    till.paid_by(1, Receiving { keep_surplus: true, ..bank(invoice, GROSS + 700, &till) });
    let note = None;
    let repay = Act::Repay { amount: Cents(700), paid_on: till.today, note, bank_line: Some(line(2)) };
    till.ask(repay).unwrap();
    till.on("2026-04-02").books.closed_through = Some(day("2026-03-31"));
    till.undo_line(1);
    let undone = till.books.transactions.iter().find(|row| row.kind == TransactionKind::Unmatch).unwrap();
    assert_eq!(undone.booked_on, day("2026-04-01"), "TIME-6");
    assert_eq!((till.credit(), till.moved(1), till.moved(2)), (-700, 0, -700), "it was given back meanwhile");
    assert_eq!(till.undo_line(2), [UnmatchedKind::Repayment]);
    assert_eq!((till.credit(), till.moved(2)), (0, 0));
}

#[test]
fn bank_9_a_wrong_return_gives_back_payment_fee_charge_and_mandate() {
    let mut till = Till::under(&[("count_rejects = true", BLOCKS)]);
    let (card, invoice) = till.buy("10h");
    till.come_back(invoice, "AM04", "2026-03-09");
    let collection = till.plan(invoice);
    till.came(1, collection).unwrap();
    let undone = Undone { code: "AC04".to_owned(), ..till.undone(false, 350) };
    till.tell(2, Target::Collection(collection), Act::ReverseCollection { collection, undone }).unwrap();
    assert_eq!((till.fees(), till.owes()), (1, 105_050));
    let holds = |till: &Till| till.rows().mandates.values().filter(|row| row.ended_at.is_none()).count();
    assert_eq!(holds(&till), 0, "the mandate ended");
    assert_eq!(till.undo_line(2), [UnmatchedKind::Reversal]);
    assert_eq!((till.fees(), till.owes(), till.credit()), (0, 0, 0), "the fee is taken back, the invoice is paid");
    assert_eq!((till.moved(2), till.moved(1)), (0, GROSS));
    assert_eq!(till.card(card).frozen.0, 0);
    assert_eq!(till.counted().iter().filter(|counted| **counted == Some(true)).count(), 1);
    assert_eq!(holds(&till), 1, "the mandate goes on");
    assert!(till.rows().collections[&collection].reversal_id.is_none());
    till.back(3, collection, 0).unwrap();
    assert_eq!((till.fees(), till.moved(3)), (1, -GROSS), "a later true return is a new reversal");
}

/// The fee is charged anew, on another document, and what was set against the first one is set against it.
#[test]
fn bank_9_what_was_set_against_a_fee_is_set_against_it_again() {
    let charged = |till: &Till| till.rows().reversals.values().filter(|row| row.fee_invoice_id.is_some()).count();
    for set_off in [false, true] {
        let mut till = Till::under(&[]);
        let (_, invoice) = till.buy("10h");
        till.come_back(invoice, "AM04", "2026-03-09");
        let collection = till.plan(invoice);
        let reversal = till.told(collection, "AM04", "2026-03-09", true).id;
        let fee = till.rows().reversals[&reversal].fee_invoice_id.unwrap();
        let asked = till.invoice(fee).open().0;
        if set_off {
            let over = Receiving { keep_surplus: true, ..bank(invoice, GROSS + 1, &till) };
            till.paid_by(1, over);
            till.act(Target::Invoice(fee), Act::SetOff(fee)).unwrap();
        } else {
            till.pay(fee, asked);
        }
        let before = (till.owes(), till.credit(), charged(&till));
        let undone = Undone { code: "MD01".to_owned(), ..till.undone(false, 0) };
        till.tell(2, Target::Collection(collection), Act::ReverseCollection { collection, undone }).unwrap();
        let freed = if set_off { 1 } else { asked };
        assert_eq!((till.credit(), charged(&till)), (freed, 0), "MD01 costs no fee; what was set against it is credit");
        till.undo_line(2);
        assert_eq!((till.owes(), till.credit(), charged(&till)), before);
        till.judge(reversal, false);
        assert_eq!((till.credit(), charged(&till)), (freed, 0), "likewise where a person says so");
        till.judge(reversal, true);
        assert_eq!((till.owes(), till.credit(), charged(&till)), before);
        till.waive(reversal).unwrap();
        assert_eq!((till.credit(), charged(&till)), (freed, 0), "what is waived stays the customer's");
    }
}

#[test]
fn bank_9_a_collection_whose_money_was_told_wrongly_waits_again() {
    for returned in [false, true] {
        let mut till = Till::under(&[]);
        let (_, invoice) = till.buy("10h");
        let collection = till.plan(invoice);
        till.came(1, collection).unwrap();
        if returned {
            till.back(2, collection, 0).unwrap();
        }
        assert_eq!(till.undo_line(1), [UnmatchedKind::Payment]);
        let row = till.rows().collections[&collection].clone();
        assert_eq!((row.settled_on, row.payment_id, row.is_pending()), (None, None, !returned));
        let transit = if returned { GROSS } else { 0 };
        assert_eq!((till.owes(), till.moved(1), till.account(MoneyAccount::InTransit)), (GROSS, 0, transit));
        till.came(3, collection).unwrap();
        let owes = if returned { GROSS } else { 0 };
        assert_eq!((till.owes(), till.moved(3), till.account(MoneyAccount::InTransit)), (owes, GROSS, 0));
    }
}

#[test]
fn bank_9_a_return_that_another_line_told_is_undone_first() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let Receipt::Payment(paid) = till.paid_by(1, bank(invoice, GROSS, &till)) else { panic!("a payment") };
    let payment = paid.payment.id;
    let undone = till.undone(false, 0);
    let back = Act::ReversePayment { payment, amount: Some(Cents(800)), undone };
    till.tell(2, Target::Payment(payment), back.clone()).unwrap();
    let refused = till.ask(Act::UndoLine { line: line(1) });
    assert_eq!(refused, Err(Refusal::CameBackSince { on: till.today, amount: Cents(800) }));
    till.undo_line(2);
    assert_eq!((till.owes(), till.moved(2)), (0, 0));
    // One that was recorded by hand goes with its payment.
    till.act(Target::Payment(payment), back).unwrap();
    assert_eq!(till.undo_line(1), [UnmatchedKind::Reversal, UnmatchedKind::Payment]);
    assert_eq!((till.owes(), till.moved(1), till.account(MoneyAccount::Bank)), (GROSS, 0, 0));
}

#[test]
fn bank_9_a_pause_that_a_wrong_payment_ended_stands_again_with_its_day() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    till.on("2026-05-01").ask(Act::PauseAccount { reason: "No answer".to_owned() }).unwrap();
    till.act(Target::Invoice(invoice), Act::RemindInvoice(invoice)).unwrap();
    till.on("2026-05-04");
    till.paid_by(1, bank(invoice, GROSS, &till));
    assert_eq!(till.paused_on(), None);
    till.on("2026-05-06").undo_line(1);
    assert_eq!(till.paused_on(), Some(day("2026-05-01")), "PAY-4");
    let reminded = till.invoice(invoice);
    assert_eq!(
        reminded.issued().map(|issued| (issued.reminders, issued.reminded_on)),
        Some((1, Some(day("2026-05-01"))))
    );
}

/// Two customers, each with an invoice of 968.00.
async fn two(fixture: &Fixture) -> [(CustomerId, InvoiceId); 2] {
    let mut made = Vec::new();
    for _ in 0..2 {
        let (customer, _) = fixture.customer().await;
        let Ok(Receipt::Card(_, Some(invoice))) = fixture.submit(Target::Customer(customer), Act::order("10h")).await
        else {
            panic!("an order")
        };
        made.push((customer, invoice.id));
    }
    [made[0], made[1]]
}

/// A line divided over both customers and costs, under keys.
fn divided(fixture: &Fixture, [one, two]: [(CustomerId, InvoiceId); 2], second: i64) -> Vec<Command> {
    let paid_on = fixture.service.policies.day(fixture.clock.now());
    let pay = |invoice, amount| {
        let received = Receiving::of(invoice, Cents(amount), paid_on, PaymentMethod::Bank);
        fixture.command(Target::Invoice(invoice), Act::RecordPayment(received)).from_line(line(1))
    };
    let costs = Act::BookCosts { amount: Cents(150), valued_on: paid_on };
    let costs = fixture.command(Target::Customer(two.0), costs).from_line(line(1));
    let mut all = vec![pay(one.1, GROSS), pay(two.1, second), costs];
    for (at, command) in all.iter_mut().enumerate() {
        let (caller, request) = ("bank".to_owned(), "bank".to_owned());
        command.key = Some(Key { caller, key: format!("{} {at}", line(1)), request });
    }
    all
}

async fn count(fixture: &Fixture, sql: &'static str) -> i64 {
    fixture.service.db.snapshot().await.unwrap().query(sql).one::<(i64,)>().await.unwrap().0
}

async fn gap(fixture: &Fixture) -> Option<String> {
    verify(&fixture.service.db, |_, _| {}).await.err().map(|error| error.to_string())
}

on_both! {
    async fn bank_6_a_bundle_is_booked_as_a_whole_or_not_at_all(fixture: Fixture) {
        let customers = two(&fixture).await;
        let before = count(&fixture, "SELECT COUNT(*) FROM transactions").await;
        let door = &fixture.service.door;
        // Its neighbours at the door are booked all the same, before and after it.
        let (other, _) = fixture.customer().await;
        let more = Act::AddInstallation { name: "Site".to_owned() };
        let (neighbour, refused) = tokio::join!(
            fixture.submit(Target::Customer(other), more),
            door.submit_together(divided(&fixture, customers, GROSS + 1))
        );
        neighbour.unwrap();
        assert!(matches!(refused, Err(Failure::Refused(Refusal::Overpayment { .. }))), "{refused:?}");
        let after = count(&fixture, "SELECT COUNT(*) FROM transactions WHERE kind IN ('payment', 'costs')").await;
        assert_eq!(after, 0, "the payment before the refused one is taken back; {before} were there");

        let commands = divided(&fixture, customers, GROSS);
        let receipts = door.submit_together(commands.clone()).await.unwrap();
        assert_eq!(receipts.len(), 3);
        assert_eq!(door.submit_together(commands.clone()).await.unwrap(), receipts, "asked again, answered from rows");
        let one = door.submit(commands[1].clone()).await.unwrap();
        assert_eq!(one, receipts[1]);
        let mut partly = commands.clone();
        partly[2].key = None;
        assert_eq!(door.submit_together(partly).await, Err(Failure::Broken));
        let booked = count(&fixture, "SELECT COUNT(*) FROM transactions WHERE kind IN ('payment', 'costs')").await;
        assert_eq!(booked, 3);
        let sql = "SELECT CAST(SUM(amount) AS BIGINT) FROM postings JOIN transactions
                   ON transactions.customer_id = postings.customer_id AND transactions.seq = postings.seq
                   WHERE account = 'bank' AND bank_line_id IS NOT NULL";
        assert_eq!(count(&fixture, sql).await, 2 * GROSS - 150);
    }
}

on_both! {
    async fn bank_4_verify_names_the_line_that_moved_other_money_than_it_told(fixture: Fixture) {
        let customers = two(&fixture).await;
        assert_eq!(gap(&fixture).await, None);
        fixture.service.door.submit_together(divided(&fixture, customers, GROSS)).await.unwrap();
        let said = gap(&fixture).await.unwrap();
        let expected = format!("bank line {}: effect on the account of the bank: expected 0, found {}", line(1), 2 * GROSS - 150);
        assert!(said.contains(&expected), "{said}");
        for (customer, _) in customers {
            let undo = fixture.command(Target::Customer(customer), Act::UndoLine { line: line(1) });
            let key = Key { caller: "bank".to_owned(), key: format!("undo {customer}"), request: "bank".to_owned() };
            let undo = Command { key: Some(key), ..undo };
            let receipt = fixture.service.door.submit(undo.clone()).await.unwrap();
            assert_eq!(fixture.service.door.submit(undo).await.unwrap(), receipt);
            let Receipt::Unmatched(undone) = receipt else { panic!("undone") };
            assert_eq!(undone.rows.len(), if customer == customers[1].0 { 2 } else { 1 });
        }
        assert_eq!(gap(&fixture).await, None, "undone, the line moved nothing");
    }
}

/// Two returns of one payment of 1,000.00 for an invoice of 968.00, told by two lines at the same moment: the first took the
/// 32.00 that were left over, the second 100.00 of the invoice.
#[test]
fn bank_9_undo_of_one_of_two_returns_of_the_same_moment_sets_back_only_what_it_took() {
    let mut till = Till::under(&[]);
    let (_, invoice) = till.buy("10h");
    let received = Receiving { keep_surplus: true, ..bank(invoice, 100_000, &till) };
    let Receipt::Payment(paid) = till.paid_by(1, received) else { panic!("a payment") };
    for (told, amount) in [(2, 3_200), (3, 10_000)] {
        let (payment, undone) = (paid.payment.id, Undone { code: "AM05".to_owned(), ..till.undone(false, 0) });
        let act = Act::ReversePayment { payment, amount: Some(Cents(amount)), undone };
        till.tell(told, Target::Payment(payment), act).unwrap();
    }
    assert_eq!((till.owes(), till.credit()), (10_000, 0));
    till.undo_line(2);
    assert_eq!((till.owes(), till.credit()), (10_000, 3_200), "what was left over, and nothing of the invoice");
    till.undo_line(3);
    assert_eq!((till.owes(), till.credit()), (0, 3_200));
}

on_both! {
    async fn bank_9_two_returns_of_the_same_moment_are_kept_apart_in_the_database(fixture: Fixture) {
        let [(customer, invoice), _] = two(&fixture).await;
        let paid_on = fixture.service.policies.day(fixture.clock.now());
        let received = Receiving {
            keep_surplus: true,
            ..Receiving::of(invoice, Cents(100_000), paid_on, PaymentMethod::Bank)
        };
        let reply = fixture.submit(Target::Invoice(invoice), Act::RecordPayment(received)).await;
        let Ok(Receipt::Payment(paid)) = reply else { panic!("{reply:?}") };
        let payment = paid.payment.id;
        let mut told = Vec::new();
        for (number, amount) in [(2, 3_200), (3, 10_000)] {
            let undone = Undone { code: "AM04".to_owned(), valued_on: paid_on, rejected: false, charge: Cents::ZERO };
            let act = Act::ReversePayment { payment, amount: Some(Cents(amount)), undone };
            told.push(fixture.command(Target::Payment(payment), act).from_line(line(number)));
        }
        fixture.service.door.submit_together(told).await.unwrap();
        let moments = "SELECT COUNT(DISTINCT recorded_at) FROM reversals";
        assert_eq!(count(&fixture, moments).await, 1, "the clock stands still");
        let credit = "SELECT CAST(SUM(credit) AS BIGINT) FROM customers";
        let open = "SELECT CAST(SUM(gross - paid) AS BIGINT) FROM invoices WHERE paid > 0";
        assert_eq!((count(&fixture, open).await, count(&fixture, credit).await), (10_000, 0));
        for (number, left) in [(2, (10_000, 3_200)), (3, (0, 3_200))] {
            let undo = fixture.command(Target::Customer(customer), Act::UndoLine { line: line(number) });
            fixture.service.door.submit(undo).await.unwrap();
            assert_eq!((count(&fixture, open).await, count(&fixture, credit).await), left);
        }
        assert_eq!(gap(&fixture).await, None);
    }
}
