//! The rules of the bank (BANK-1 to BANK-9) through the service, on both databases: each finding of real files with its
//! relatives.

use crate::bank::{
    Books, OURS, TERMS, THEIRS, booked, camt054, detail, entry, euros, file, returned, statement, transfer,
};
use crate::common::{Fixture, day, on_both};
use crate::story::{run_raw, tamper};
use std::io::Write as _;
use strippenkaart::domain::bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction};
use strippenkaart::domain::matching::LineState;
use strippenkaart::domain::reconciliation::Explanation;
use strippenkaart::domain::{
    Act, BankLineId, Cents, Invoice, InvoiceId, PaymentMethod, Receipt, Refusal, Target, command::Receiving,
};
use strippenkaart::exchange::bank::{write, write_at};
use strippenkaart::service::Error;
use strippenkaart::service::bank::{Assignment, BankNotice, Part, PartOf, ReadAgain};
use strippenkaart::service::verify::verify;
use strippenkaart::store::Db;

/// A statement of a day that opens with a balance.
pub fn of_day(id: &str, on: &str, opening: &str, entries: Vec<BankEntry>) -> BankFile {
    let on = day(on);
    file(BankFileKind::Camt053, id, vec![statement(id, on, euros(opening), booked(on, entries))])
}

/// The same, made the day after: it tells the whole day.
pub fn whole(id: &str, on: &str, opening: &str, entries: Vec<BankEntry>) -> Vec<u8> {
    let file = of_day(id, on, opening, entries);
    let made = day(on).succ_opt().unwrap().and_hms_opt(4, 0, 0).unwrap().and_utc();
    strippenkaart::exchange::bank::write_at(&file, made).into_bytes()
}

pub async fn check(books: &Books) {
    verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    let check = books.fixture.service.check_bank(&books.finance).await.unwrap();
    assert!(check.agrees(), "{check:#?}");
}

pub async fn lines(books: &Books, state: LineState) -> Vec<Cents> {
    let rows = books.fixture.service.bank_lines(&books.finance, state, None, 100).await.unwrap();
    rows.iter().map(|row| row.line.effect()).collect()
}

on_both! {
    under TERMS;
    async fn bank_1_two_payments_under_one_reference_are_two(fixture: Fixture) {
        // B1: 484.00 of A, and the day after 484.00 of B, both under `000001`; the second was told "before" and was gone.
        let books = Books::new(fixture).await;
        for reference in ["000001", "AC-99887766"] {
            let (a, _) = books.fixture.customer().await;
            let (b, _) = books.fixture.customer().await;
            let (one, other) = (books.invoice(a, "400.00").await, books.invoice(b, "400.00").await);
            let opening = books.balance("bank").await;
            let base = books.all::<(i64,)>("SELECT COUNT(*) FROM bank_files").await[0].0;
            let (first, second) = (["2026-03-02", "2026-03-03"], ["2026-03-04", "2026-03-05"]);
            let days = if base == 0 { first } else { second };
            let pay = |invoice: &Invoice, iban| transfer("484.00", invoice.number(), Some(iban), reference);
            books.import(&of_day("1", days[0], &opening.to_string(), vec![pay(&one, THEIRS[0])])).await;
            let after = opening + euros("484.00");
            let import = books.import(&of_day("2", days[1], &after.to_string(), vec![pay(&other, THEIRS[1])])).await;
            assert_eq!((import.tally.paid.count, import.tally.known), (1, 0), "{import:?}");
            assert_eq!(books.reload(&other).await.open(), Cents::ZERO);
            assert_eq!(books.balance("bank").await, after + euros("484.00"));
        }
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_2_equal_payments_of_one_day_are_as_many_as_the_bank_tells(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let reference = invoice.issued().unwrap().reference.clone();
        let half = || transfer("60.50", &reference, Some(THEIRS[0]), "AC-1");
        // One reference of the bank for two entries, as ING does.
        books.try_import(&whole("a", "2026-03-02", "0.00", vec![half(), half()])).await.unwrap();
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        // The same days again, under another id and with more days: nothing new but the new day.
        let mut longer = of_day("b", "2026-03-02", "0.00", vec![half(), half()]);
        let next = day("2026-03-03");
        longer.statements[0].entries.extend(booked(next, vec![transfer("1.00", "x", None, "AC-2")]));
        longer.statements[0].closing = Some((next, euros("122.00")));
        let import = books.import(&longer).await;
        assert_eq!((import.tally.known, import.tally.queued.count), (2, 1), "{import:?}");
        assert_eq!(books.balance("bank").await, euros("121.00"));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_1_a_statement_is_known_by_its_balances_and_days_whatever_its_id(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let told = || vec![transfer("10.00", "x", None, "AC-1")];
        books.try_import(&whole("2025-0001", "2026-03-02", "0.00", told())).await.unwrap();
        let again = books.try_import(&whole("another", "2026-03-02", "0.00", told())).await.unwrap();
        let seen = BankNotice::SeenStatement { account: OURS.to_owned(), id: "another".to_owned() };
        assert_eq!((again.notices, again.tally.fresh()), (vec![seen], 0));
        // An id that is used again for another day is another statement.
        let reused = books.try_import(&whole("2025-0001", "2026-03-03", "10.00", told())).await.unwrap();
        assert_eq!((reused.notices, reused.tally.queued.count), (vec![], 1));
        // The same day with another balance is a correction: what it has more waits, neither booked nor dropped.
        let more = vec![transfer("10.00", "x", None, "AC-1"), transfer("5.00", "y", None, "AC-9")];
        let corrected = books.try_import(&whole("2025-0001", "2026-03-02", "0.00", more)).await.unwrap();
        assert_eq!((corrected.tally.known, corrected.tally.queued.count), (1, 1), "{corrected:?}");
        let queue = books.queue().await;
        let doubted = queue.iter().find(|row| row.line.amount == euros("5.00")).unwrap();
        assert_eq!(doubted.line.why.as_deref(), Some("surplus"));
        // BANK-4: the statements contradict each other, and the check says which line would explain it.
        let check = books.fixture.service.check_bank(&books.finance).await.unwrap();
        let differing: Vec<_> = check.differences().collect();
        assert!(!differing.is_empty(), "{check:#?}");
        let explained = |line: &BankLineId| differing.iter().any(|(_, row)| row.explanations.contains(&Explanation::Line(*line)));
        assert!(explained(&doubted.line.id), "{differing:#?}");
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

on_both! {
    under TERMS;
    async fn bank_1_statements_within_a_day_follow_by_number_or_wait_for_a_person(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let part = |id: &str, opening: &str, number: Option<&str>, text: &str| {
            let told = of_day(id, "2026-03-02", opening, vec![transfer("10.00", text, None, "")]);
            let xml = write(&told);
            match number {
                Some(number) => xml.replacen("</Id>", &format!("</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"), 1),
                None => xml,
            }
        };
        let import = |xml: String| {
            let books = &books;
            async move { books.try_import(xml.as_bytes()).await.unwrap() }
        };
        books.try_import(&whole("before", "2026-03-01", "0.00", Vec::new())).await.unwrap();
        assert_eq!(import(part("i1", "0.00", Some("7"), "same")).await.tally.queued.count, 1);
        let next = import(part("i2", "10.00", Some("8"), "same")).await;
        assert_eq!((next.tally.known, next.tally.queued.count), (0, 1), "the next number: another payment");
        assert!(!next.notices.iter().any(|notice| matches!(notice, BankNotice::Gap { .. })), "none is missing between");
        let unclear = import(part("i3", "20.00", None, "same")).await;
        assert_eq!((unclear.tally.known, unclear.tally.queued.count), (0, 1));
        let queue = books.queue().await;
        let why: Vec<_> = queue.iter().map(|row| row.line.why.clone().unwrap_or_default()).collect();
        assert_eq!(why.iter().filter(|why| *why == "unclear").count(), 1, "{why:?}");
        // The day as a whole settles it: three there are.
        let all = || transfer("10.00", "same", None, "");
        books.try_import(&whole("day", "2026-03-02", "0.00", vec![all(), all(), all()])).await.unwrap();
        let queue = books.queue().await;
        let why: Vec<_> = queue.iter().map(|row| row.line.why.clone().unwrap_or_default()).collect();
        assert_eq!(why, ["no_reference"; 3]);
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_3_what_was_announced_is_met_by_one_entry_in_any_order(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let mut opening = Cents::ZERO;
        for (round, order) in [[0, 1], [1, 0]].into_iter().enumerate() {
            let invoice = books.invoice(customer, "100.00").await;
            let (on, late) = ([day("2026-03-02"), day("2026-03-05")][round], [day("2026-03-03"), day("2026-03-06")][round]);
            let pay = || transfer("121.00", invoice.number(), Some(THEIRS[0]), "");
            let mut notice = camt054(&format!("n{round}"), vec![pay()]);
            notice.statements[0].entries = booked(on, vec![pay()]);
            // The bank books it a day later, and a second one of the same that nobody announced.
            let told = of_day(&format!("s{round}"), &late.to_string(), &opening.to_string(), vec![pay(), pay()]);
            opening += euros("242.00");
            let files = [notice, told];
            for at in order {
                books.import(&files[at]).await;
            }
            assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
            for row in books.queue().await {
                let to = Assignment::Invoices { invoices: vec![invoice.id], keep_surplus: true };
                books.fixture.service.assign_line(&books.finance, row.line.id, to).await.unwrap();
            }
            assert_eq!(books.balance("bank").await, opening);
        }
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_3_pages_of_a_notice_are_all_read(fixture: Fixture) {
        // B4: page 2 of a notice under the same id was "imported before".
        let books = Books::new(fixture).await;
        let page = |number: u32, amount: &str| {
            let told = camt054("n-1", vec![transfer(amount, "x", None, "")]);
            let xml = write(&BankFile { message_id: format!("m{number}"), ..told });
            let pages = format!("</Id><NtfctnPgntn><PgNb>{number}</PgNb><LastPgInd>{}</LastPgInd></NtfctnPgntn>", number == 2);
            xml.replacen("</Id>", &pages, 1)
        };
        assert_eq!(books.try_import(page(1, "100.00").as_bytes()).await.unwrap().tally.queued.count, 1);
        let second = books.try_import(page(2, "120.00").as_bytes()).await.unwrap();
        assert_eq!((second.notices, second.tally.queued.count), (vec![], 1));
        // An equal payment on the next page is another payment.
        let (one, two) = (page(1, "7.00").replace("n-1", "n-2"), page(2, "7.00").replace("n-1", "n-2"));
        books.try_import(one.as_bytes()).await.unwrap();
        assert_eq!(books.try_import(two.as_bytes()).await.unwrap().tally.queued.count, 1);
        let why: Vec<_> = books.queue().await.into_iter().filter_map(|row| row.line.why).collect();
        assert_eq!(why, ["no_reference"; 4]);
    }
}

on_both! {
    under TERMS;
    async fn bank_3_a_notice_told_twice_waits_until_a_statement_tells_how_many_there_were(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let notice = |id: &str| {
            let mut told = camt054(id, vec![transfer("25.00", "gift", None, "")]);
            told.statements[0].entries = booked(day("2026-03-02"), told.statements[0].entries.clone());
            told
        };
        books.import(&notice("n-1")).await;
        books.import(&notice("n-2")).await;
        let why: Vec<_> = books.queue().await.into_iter().filter_map(|row| row.line.why).collect();
        assert_eq!(why, ["no_reference", "told_before"], "never dropped on a guess");
        books.try_import(&whole("s", "2026-03-02", "0.00", vec![transfer("25.00", "gift", None, "")])).await.unwrap();
        let why: Vec<_> = books.queue().await.into_iter().filter_map(|row| row.line.why).collect();
        assert_eq!(why, ["no_reference"], "there was one");
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_5_a_suppliers_number_is_no_payment_and_makes_no_account_known(fixture: Fixture) {
        // B3: "creditnota 2026-0001" of a supplier paid our invoice 2026-0001, and the supplier's account was the customer's.
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "800.00").await;
        let said = format!("creditnota {}", invoice.number());
        books.import(&of_day("1", "2026-03-02", "0.00", vec![transfer("12.10", &said, Some(THEIRS[1]), "")])).await;
        books.import(&of_day("2", "2026-03-03", "12.10", vec![transfer("955.90", &said, Some(THEIRS[1]), "")])).await;
        assert_eq!(books.reload(&invoice).await.open(), euros("968.00"));
        let why: Vec<_> = books.queue().await.into_iter().filter_map(|row| row.line.why).collect();
        assert_eq!(why, ["not_certain"; 2]);
        // Undoing a match forgets the account (BANK-9).
        let id = books.queue().await[0].line.id;
        let to = Assignment::Invoices { invoices: vec![invoice.id], keep_surplus: false };
        books.fixture.service.assign_line(&books.finance, id, to).await.unwrap();
        let known = books.import(&of_day("3", "2026-03-04", "968.00", vec![transfer("1.00", &said, Some(THEIRS[1]), "")])).await;
        assert_eq!(known.tally.paid.count, 1, "a person said whose account it is");
        books.fixture.service.undo_line(&books.finance, id).await.unwrap();
        let forgotten = books.import(&of_day("4", "2026-03-05", "969.00", vec![transfer("1.00", &said, Some(THEIRS[1]), "")])).await;
        assert_eq!(forgotten.tally.queued.count, 1, "{forgotten:?}");
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_7_what_a_bank_kept_back_is_cost_when_it_is_ours(fixture: Fixture) {
        // B2: 130.00 came in for an invoice of 135.00; 5.00 was kept.
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "111.57").await;
        assert_eq!(invoice.gross, euros("135.00"));
        let reference = invoice.issued().unwrap().reference.clone();
        let kept = BankDetail { text: Some(reference.clone()), charge: euros("5.00"), ..detail("135.00", "") };
        let told = of_day("1", "2026-03-02", "0.00", vec![entry(Direction::Credit, "130.00", "", vec![kept])]);
        let xml = write(&told).replace("<ChrgInclInd>true</ChrgInclInd>", "<ChrgInclInd>true</ChrgInclInd><Br>SHAR</Br>");
        assert!(xml.contains("<Br>SHAR</Br>"), "{xml}");
        books.try_import(xml.as_bytes()).await.unwrap();
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("130.00"), euros("5.00")));
        assert_eq!(books.balance("receivable").await, Cents::ZERO);
        // Borne by the other side: the rest stays open.
        let other = books.invoice(customer, "111.57").await;
        let reference = other.issued().unwrap().reference.clone();
        let kept = BankDetail { text: Some(reference), charge: euros("5.00"), ..detail("135.00", "") };
        let told = of_day("2", "2026-03-03", "130.00", vec![entry(Direction::Credit, "130.00", "", vec![kept])]);
        let xml = write(&told).replace("<ChrgInclInd>true</ChrgInclInd>", "<ChrgInclInd>true</ChrgInclInd><Br>DEBT</Br>");
        books.try_import(xml.as_bytes()).await.unwrap();
        assert_eq!(books.reload(&other).await.open(), euros("5.00"));
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("260.00"), euros("5.00")));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_6_a_line_is_divided_over_customers_at_once_or_not_at_all(fixture: Fixture) {
        // B6: 270.00 of a school board for two schools, and a payout of 264.00 = 2 × 135 − 6.
        let books = Books::new(fixture).await;
        let (one, _) = books.fixture.customer().await;
        let (other, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(one, "111.57").await, books.invoice(other, "111.57").await);
        let (c, d) = (books.invoice(one, "111.57").await, books.invoice(other, "111.57").await);
        let board = transfer("270.00", &format!("{} {}", a.number(), b.number()), Some(THEIRS[1]), "");
        books.import(&of_day("1", "2026-03-02", "0.00", vec![board, transfer("264.00", "payout", None, "")])).await;
        let service = &books.fixture.service;
        let line = |amount: &str, queue: &[strippenkaart::service::bank::Queued]| {
            queue.iter().find(|row| row.line.amount == euros(amount)).unwrap().clone()
        };
        let queue = books.queue().await;
        let told = line("270.00", &queue);
        let proposal = told.proposals.iter().find(|row| matches!(row.assignment, Assignment::Division(_)));
        let proposed = proposal.unwrap_or_else(|| panic!("{:#?}", told.proposals)).assignment.clone();
        let parts = |list: &[(PartOf, &str)]| {
            Assignment::Division(list.iter().map(|(of, amount)| Part { of: *of, amount: euros(amount) }).collect())
        };
        let wrong = parts(&[(PartOf::Invoice(a.id), "135.00"), (PartOf::Invoice(b.id), "134.00")]);
        assert!(matches!(service.assign_line(&books.finance, told.line.id, wrong).await, Err(Error::Fields(_))), "not the sum");
        let too_much = parts(&[(PartOf::Invoice(a.id), "134.00"), (PartOf::Invoice(b.id), "136.00")]);
        let refused = service.assign_line(&books.finance, told.line.id, too_much).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(books.reload(&a).await.open(), euros("135.00"), "nothing is half booked");
        let line_booked = service.assign_line(&books.finance, told.line.id, proposed).await.unwrap();
        assert_eq!((line_booked.state, line_booked.divided, line_booked.customer_id), (LineState::Booked, true, None));
        assert_eq!((books.reload(&a).await.open(), books.reload(&b).await.open()), (Cents::ZERO, Cents::ZERO));

        let payout = line("264.00", &books.queue().await).line.id;
        let to = parts(&[(PartOf::Invoice(c.id), "135.00"), (PartOf::Invoice(d.id), "135.00"), (PartOf::Costs, "-6.00")]);
        service.assign_line(&books.finance, payout, to).await.unwrap();
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("534.00"), euros("6.00")));
        assert_eq!(books.balance("receivable").await, Cents::ZERO);
        check(&books).await;
        // A board's account is nobody's (BANK-5), and one act takes all of it back (BANK-9).
        service.undo_line(&books.finance, payout).await.unwrap();
        service.undo_line(&books.finance, payout).await.unwrap();
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("270.00"), Cents::ZERO));
        assert_eq!((books.reload(&c).await.open(), books.reload(&d).await.open()), (euros("135.00"), euros("135.00")));
        assert_eq!(lines(&books, LineState::Open).await, [euros("264.00")]);
        check(&books).await;
        // Undone, it is booked anew: whole, and divided again; the key of a part is not the line's next one.
        let whole = Assignment::Invoices { invoices: vec![c.id], keep_surplus: true };
        service.assign_line(&books.finance, payout, whole).await.unwrap();
        assert_eq!((books.balance("bank").await, books.reload(&c).await.open()), (euros("534.00"), Cents::ZERO));
        check(&books).await;
        service.undo_line(&books.finance, payout).await.unwrap();
        let to = parts(&[(PartOf::Invoice(c.id), "135.00"), (PartOf::Invoice(d.id), "129.00")]);
        service.assign_line(&books.finance, payout, to).await.unwrap();
        assert_eq!(books.balance("bank").await, euros("534.00"));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_9_a_wrong_match_is_undone_without_code_count_or_fee(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let service = &books.fixture.service;
        let (customer, _) = books.fixture.customer().await;
        let Receipt::Card(card, Some(invoice)) = books.act(Target::Customer(customer), Act::order("5h")).await else { panic!() };
        let other = books.fixture.customer().await.0;
        let right = books.invoice(other, "400.00").await;
        let pay = transfer("484.00", invoice.number(), Some(THEIRS[0]), "");
        books.import(&of_day("1", "2026-03-02", "0.00", vec![pay])).await;
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        let booked = service.bank_lines(&books.finance, LineState::Booked, None, 10).await.unwrap();
        let id = booked[0].line.id;
        let line = service.undo_line(&books.finance, id).await.unwrap();
        assert_eq!((line.state, line.why.as_deref(), line.customer_id), (LineState::Open, Some("undone"), None));
        assert_eq!(books.reload(&invoice).await.open(), invoice.gross);
        assert_eq!(books.balance("bank").await, Cents::ZERO);
        assert_eq!(books.all::<(i64,)>("SELECT COUNT(*) FROM reversals").await, [(0,)], "no code, no count, no fee");
        let cards: Vec<(i64, i64)> = books.all("SELECT available, frozen FROM cards WHERE price > 0").await;
        assert_eq!(cards, [(0, 300)], "PAY-3: {card:?}");
        // It is booked as what it is; the same can be undone again.
        let to = Assignment::Invoices { invoices: vec![right.id], keep_surplus: false };
        service.assign_line(&books.finance, id, to.clone()).await.unwrap();
        assert_eq!(books.reload(&right).await.open(), Cents::ZERO);
        service.undo_line(&books.finance, id).await.unwrap();
        service.assign_line(&books.finance, id, to).await.unwrap();
        assert_eq!((books.reload(&right).await.open(), books.balance("bank").await), (Cents::ZERO, euros("484.00")));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_4_a_difference_is_told_with_what_explains_it(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let service = &books.fixture.service;
        books.import(&of_day("1", "2026-03-02", "100.00", vec![transfer("10.00", "x", None, "")])).await;
        let gap = books.import(&of_day("3", "2026-03-04", "150.00", vec![transfer("5.00", "y", None, "")])).await;
        assert!(matches!(gap.notices[..], [BankNotice::Gap { .. }]), "{gap:?}");
        let check_now = service.check_bank(&books.finance).await.unwrap();
        let account = &check_now.accounts[0];
        let differing: Vec<_> = account.differing().collect();
        assert_eq!((differing.len(), differing[0].difference()), (1, euros("40.00")));
        assert_eq!(differing[0].explanations, [Explanation::Gap { after: day("2026-03-02"), closed: euros("110.00"), opens: euros("150.00") }]);
        // The missing statement comes: everything agrees.
        books.import(&of_day("2", "2026-03-03", "110.00", vec![transfer("40.00", "z", None, "")])).await;
        check(&books).await;
        // A first balance is recorded once, and must be what the statement says.
        let first = |amount: &str| (day("2026-03-02"), euros(amount));
        assert!(service.record_first_balance(&books.finance, OURS, first("99.00")).await.is_err());
        service.record_first_balance(&books.finance, OURS, first("100.00")).await.unwrap();
        service.record_first_balance(&books.finance, OURS, first("100.00")).await.unwrap();
        let later = (day("2026-03-01"), euros("100.00"));
        assert!(service.record_first_balance(&books.finance, OURS, later).await.is_err(), "once");
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_4_a_payment_recorded_by_hand_is_proved_by_its_line_and_booked_once(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let service = &books.fixture.service;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let received = Receiving::of(invoice.id, invoice.gross, day("2026-03-02"), PaymentMethod::Bank);
        let Receipt::Payment(paid) = books.act(Target::Invoice(invoice.id), Act::RecordPayment(received)).await else { panic!() };
        let by_hand = service.check_bank(&books.finance).await.unwrap();
        assert_eq!((by_hand.by_hand, by_hand.by_hand_posted), (1, euros("121.00")));
        books.import(&of_day("1", "2026-03-02", "0.00", vec![transfer("121.00", "thanks", None, "")])).await;
        let row = books.queue().await.remove(0);
        let proof = Assignment::Proof(paid.payment.id);
        assert!(row.proposals.iter().any(|proposal| proposal.assignment == proof), "{:#?}", row.proposals);
        service.assign_line(&books.finance, row.line.id, proof).await.unwrap();
        assert_eq!((books.balance("bank").await, books.reload(&invoice).await.open()), (euros("121.00"), Cents::ZERO));
        let after = service.check_bank(&books.finance).await.unwrap();
        assert_eq!((after.by_hand, after.by_hand_posted), (0, Cents::ZERO));
        check(&books).await;
        service.undo_line(&books.finance, row.line.id).await.unwrap();
        assert_eq!(service.check_bank(&books.finance).await.unwrap().by_hand, 1);
        verify(&books.fixture.service.db, |_, _| {}).await.unwrap();
    }
}

/// A zip of these files.
pub fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

on_both! {
    under TERMS;
    async fn bank_8_other_accounts_are_left_out_with_a_notice_and_a_zip_is_read(fixture: Fixture) {
        // B5: a file with two accounts was refused whole. B9: so was a zip.
        let books = Books::new(fixture).await;
        let mut both = of_day("1", "2026-03-02", "0.00", vec![transfer("10.00", "x", None, "")]);
        let theirs = BankStatement { account: THEIRS[0].to_owned(), ..both.statements[0].clone() };
        both.statements.push(theirs);
        let import = books.import(&both).await;
        let left_out = BankNotice::OtherAccount { account: THEIRS[0].to_owned(), entries: 1 };
        assert_eq!((import.notices, import.tally.queued.count), (vec![left_out], 1));
        let day_2 = whole("2", "2026-03-03", "10.00", vec![transfer("1.00", "y", None, "")]);
        let day_3 = whole("3", "2026-03-04", "11.00", vec![transfer("2.00", "z", None, "")]);
        let packed = zip(&[("b.xml", day_3), ("a.xml", day_2)]);
        let preview = books.fixture.service.preview_bank(&books.finance, "week.zip", packed.clone()).await.unwrap();
        let import = books.try_import(&packed).await.unwrap();
        assert_eq!((import.tally.queued.count, import.others.len()), (2, 1), "{import:?}");
        assert_eq!(preview.tally, import.tally);
        // The bytes are kept, as they were.
        let (name, bytes) = books.fixture.service.bank_file_bytes(&books.finance, import.file.id).await.unwrap();
        assert_eq!((name.as_str(), bytes.starts_with(b"<?xml")), ("b.xml", true));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn pay_2_each_message_moves_its_own_money_in_whatever_order(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let mut ends = Vec::new();
        for (round, order) in [[0, 1], [1, 0]].into_iter().enumerate() {
            let (_, _, collection) = books.collected("100.00", THEIRS[0]).await;
            let opening = books.balance("bank").await;
            let id = &collection.end_to_end_id;
            let (on, next) = (["2026-03-02", "2026-03-04"][round], ["2026-03-03", "2026-03-05"][round]);
            let came = entry(Direction::Credit, "121.00", "", vec![detail("121.00", id)]);
            let back = entry(Direction::Debit, "124.00", "", vec![returned("121.00", id, "AM04")]);
            let files = [
                of_day(&format!("{round}0"), on, &opening.to_string(), vec![came]),
                of_day(&format!("{round}1"), next, &(opening + euros("121.00")).to_string(), vec![back]),
            ];
            for (step, at) in order.into_iter().enumerate() {
                books.import(&files[at]).await;
                let moved = books.balance("bank").await - opening;
                let both = euros("-3.00");
                let expected = match (step, at) {
                    (1, _) => both,
                    (_, 0) => euros("121.00"),
                    _ => euros("-124.00"),
                };
                assert_eq!(moved, expected, "order {order:?}, after {at}");
            }
            ends.push((books.balance("in_transit").await, books.balance("receivable").await));
        }
        assert_eq!(ends[0].0, Cents::ZERO);
        assert_eq!(ends[1].1, ends[0].1 + ends[0].1);
        check(&books).await;
    }
}

/// What comes of reading every kept file again.
async fn read_again(books: &Books) -> ReadAgain {
    let scratch = Fixture::sqlite().await;
    books.fixture.service.read_bank_again(&books.finance, &scratch.service.db, |_, _| {}).await.unwrap()
}

on_both! {
    under TERMS;
    async fn bank_2_files_read_again_count_the_same_and_what_does_not_is_named(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let file = crate::bank::a_payment("100.00");
        books.try_import(file.as_bytes()).await.unwrap();
        assert_eq!(read_again(&books).await, ReadAgain { files: 1, ..ReadAgain::default() });
        let db = &books.fixture.service.db;
        run_raw(db, "UPDATE bank_lines SET state = 'again'").await.unwrap();
        let moved: Vec<_> = read_again(&books).await.differing.iter().map(|row| (row.books, row.again)).collect();
        assert_eq!(moved, [(Cents(0), Cents(10_000))], "what the books have lost");
        // A file of before bytes were kept is named; given again, it is kept.
        let unlocked = match db {
            Db::Sqlite { .. } => "DROP TRIGGER bank_contents_no_delete; DELETE FROM bank_contents",
            Db::Postgres { .. } => "DELETE FROM bank_contents",
        };
        tamper(db, unlocked).await;
        let again = read_again(&books).await;
        assert_eq!((again.files, again.missing.len()), (0, 1));
        books.try_import(file.as_bytes()).await.unwrap();
        let again = read_again(&books).await;
        assert_eq!((again.files, again.missing.len()), (1, 0));
    }
}

on_both! {
    under TERMS;
    async fn pay_5_a_booked_line_is_not_said_to_be_what_it_is_not(fixture: Fixture) {
        // B10, and B6 where both are named.
        let books = Books::new(fixture).await;
        let (one, _) = books.fixture.customer().await;
        let (other, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(one, "100.00").await, books.invoice(one, "100.00").await);
        let c = books.invoice(other, "100.00").await;
        books.import(&of_day("1", "2026-03-02", "0.00", vec![transfer("121.00", "thanks", None, "")])).await;
        let line = books.queue().await[0].line.id;
        let to = |invoices: Vec<InvoiceId>| Assignment::Invoices { invoices, keep_surplus: false };
        let ask = |invoices| books.fixture.service.assign_line(&books.finance, line, to(invoices));
        let refused = ask(vec![a.id, c.id]).await.unwrap_err();
        let Error::Fields(fields) = &refused else { panic!("{refused:?}") };
        assert_eq!(fields[0].expected, "expected invoices of one customer: divide the line over several");
        ask(vec![a.id]).await.unwrap();
        assert_eq!(ask(vec![a.id]).await.unwrap().state, LineState::Booked, "the same again changes nothing");
        for others in [vec![b.id, a.id], vec![c.id, a.id], vec![b.id]] {
            let refused = ask(others).await.unwrap_err();
            assert_eq!(refused, Refusal::LineBooked.into());
        }
        assert_eq!(books.reload(&b).await.open(), euros("121.00"));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_1_returned_transfers_under_one_reference_are_two(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let back = || {
            let detail = BankDetail { return_reason: Some("AC04".to_owned()), ..detail("20.00", "NOTPROVIDED") };
            BankEntry { code: Some("PMNT/ICDT/RRTN".to_owned()), ..entry(Direction::Credit, "20.00", "RET-1", vec![detail]) }
        };
        books.try_import(&whole("a", "2026-03-02", "0.00", vec![back()])).await.unwrap();
        books.try_import(&whole("b", "2026-03-03", "20.00", vec![back()])).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await, [euros("20.00"), euros("20.00")]);
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_3_an_id_of_a_notice_that_is_used_again_is_another_notice(fixture: Fixture) {
        let books = Books::new(fixture).await;
        for on in ["2026-03-02", "2026-03-09"] {
            let on = day(on);
            let entries = booked(on, vec![transfer("20.00", "thanks", None, "1")]);
            let notice = BankStatement { opening: None, closing: None, ..statement("N-1", on, Cents(0), entries) };
            books.import(&file(BankFileKind::Camt054, "M-1", vec![notice])).await;
        }
        assert_eq!(lines(&books, LineState::Open).await, [euros("20.00"), euros("20.00")]);
    }
}

on_both! {
    under TERMS;
    async fn bank_8_a_notice_about_two_accounts_is_read_for_ours(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let on = day("2026-03-02");
        let notice = |account: &str, amount: &str| BankStatement {
            account: account.to_owned(),
            opening: None,
            closing: None,
            ..statement("N-1", on, Cents(0), booked(on, vec![transfer(amount, "thanks", None, "1")]))
        };
        let both = vec![notice(OURS, "20.00"), notice("NL44RABO0123456789", "30.00")];
        let import = books.import(&file(BankFileKind::Camt054, "M-1", both)).await;
        assert_eq!(lines(&books, LineState::Open).await, [euros("20.00")]);
        let other = BankNotice::OtherAccount { account: "NL44RABO0123456789".to_owned(), entries: 1 };
        assert!(import.notices.contains(&other), "{import:?}");
    }
}

on_both! {
    under TERMS;
    async fn bank_4_a_first_balance_hides_nothing_that_was_told_before_it(fixture: Fixture) {
        let books = Books::new(fixture).await;
        books.try_import(&whole("a", "2026-03-02", "0.00", vec![transfer("20.00", "thanks", None, "1")])).await.unwrap();
        let service = &books.fixture.service;
        let record = |on: &'static str| service.record_first_balance(&books.finance, OURS, (day(on), euros("0.00")));
        for later in ["2026-03-03", "2099-01-01"] {
            assert!(matches!(record(later).await, Err(Error::Fields(_))), "{later}");
        }
        record("2026-03-02").await.unwrap();
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_1_a_corrected_statement_takes_the_place_of_the_one_before(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let pay = |text: &str| transfer("20.00", text, None, text);
        let made = |entries: Vec<BankEntry>, hour: u32| {
            let file = of_day("a", "2026-03-02", "0.00", entries);
            write_at(&file, day("2026-03-03").and_hms_opt(hour, 0, 0).unwrap().and_utc()).into_bytes()
        };
        books.try_import(&made(vec![pay("one")], 4)).await.unwrap();
        books.try_import(&made(vec![pay("one"), pay("two")], 9)).await.unwrap();
        check(&books).await;
        assert_eq!(lines(&books, LineState::Open).await, [euros("20.00"), euros("20.00")]);
    }
}

on_both! {
    under TERMS;
    async fn bank_8_an_account_in_another_currency_on_the_same_iban_is_left_out(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let dollars = of_day("a", "2026-03-02", "0.00", vec![transfer("75.00", "usd", None, "1")]);
        let xml = write(&dollars).replace("EUR", "USD");
        let euros_too = write(&of_day("b", "2026-03-03", "0.00", vec![transfer("20.00", "thanks", None, "1")]));
        assert!(books.try_import(xml.as_bytes()).await.is_err(), "nothing of ours");
        books.try_import(euros_too.as_bytes()).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await, [euros("20.00")]);
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_5_a_payment_by_number_makes_no_account_known(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (paid, other) = (books.invoice(customer, "100.00").await, books.invoice(customer, "200.00").await);
        let by_number = |amount: &str, of: &Invoice| transfer(amount, of.number(), Some(THEIRS[0]), "");
        let entries = vec![by_number("121.00", &paid)];
        books.try_import(&whole("a", "2026-03-02", "0.00", entries)).await.unwrap();
        assert_eq!(books.reload(&paid).await.open(), Cents::ZERO, "the number with exactly what is open");
        let entries = vec![by_number("50.00", &other)];
        books.try_import(&whole("b", "2026-03-03", "121.00", entries)).await.unwrap();
        assert_eq!(books.reload(&other).await.open(), euros("242.00"), "whose account it is was not proved");
        assert_eq!(books.queue().await[0].line.why.as_deref(), Some("not_certain"));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn pay_5_a_booked_return_is_not_a_repayment(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _, collection) = books.collected("100.00", THEIRS[0]).await;
        let id = collection.end_to_end_id.clone();
        let settled = entry(Direction::Credit, "121.00", "1", vec![detail("121.00", &id)]);
        let back = entry(Direction::Debit, "121.00", "2", vec![returned("121.00", &id, "AM04")]);
        books.import(&of_day("1", "2026-03-09", "0.00", vec![settled, back])).await;
        let service = &books.fixture.service;
        let lines = service.bank_lines(&books.finance, LineState::Booked, None, 10).await.unwrap();
        let line = lines.iter().find(|row| row.line.direction == Direction::Debit).unwrap().line.id;
        let asked = service.assign_line(&books.finance, line, Assignment::Repayment(customer)).await;
        assert_eq!(asked.unwrap_err(), Refusal::LineBooked.into(), "B10");
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_5_an_account_of_another_customer_makes_its_payment_wait(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (one, _) = books.fixture.customer().await;
        let (other, _) = books.fixture.customer().await;
        books.mandate(other, THEIRS[1]).await;
        let invoice = books.invoice(one, "100.00").await;
        let reference = invoice.issued().unwrap().reference.clone();
        let by = |text: &str| transfer("121.00", text, Some(THEIRS[1]), "");
        let entries = vec![by(invoice.number()), by(&reference)];
        books.try_import(&whole("a", "2026-03-02", "0.00", entries)).await.unwrap();
        let why: Vec<_> = books.queue().await.into_iter().map(|row| row.line.why.unwrap_or_default()).collect();
        assert_eq!(why, ["other_payer"; 2], "by number, and by a reference with check digits");
        assert_eq!(books.reload(&invoice).await.open(), euros("121.00"));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_7_costs_kept_of_a_line_go_with_what_a_person_books_it_as(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let kept = BankDetail {
            charge: euros("5.00"),
            told_charge: euros("5.00"),
            text: Some("thanks".to_owned()),
            name: Some("J. Jansen".to_owned()),
            ..detail("121.00", "")
        };
        let told = of_day("1", "2026-03-02", "0.00", vec![entry(Direction::Credit, "116.00", "1", vec![kept])]);
        books.import(&told).await;
        let queue = books.queue().await;
        let to = Assignment::Invoices { invoices: vec![invoice.id], keep_surplus: false };
        books.fixture.service.assign_line(&books.finance, queue[0].line.id, to).await.unwrap();
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("116.00"), euros("5.00")));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_6_a_payout_clears_what_a_provider_of_payments_told(fixture: Fixture) {
        // Two customers paid by way of a provider, which keeps 6.00 and pays out 236.00.
        let books = Books::new(fixture).await;
        let mut payments = Vec::new();
        for _ in 0..2 {
            let (customer, _) = books.fixture.customer().await;
            let invoice = books.invoice(customer, "100.00").await;
            let received = Receiving::of(invoice.id, euros("121.00"), day("2026-03-01"), PaymentMethod::Other);
            match books.act(Target::Invoice(invoice.id), Act::RecordPayment(received)).await {
                Receipt::Payment(receipt) => payments.push(receipt.payment.id),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(books.balance("bank").await, Cents::ZERO, "it is with the provider");
        books.import(&of_day("1", "2026-03-02", "0.00", vec![transfer("236.00", "payout", None, "1")])).await;
        let line = books.queue().await[0].line.id;
        let part = |of, amount: &str| Part { of, amount: euros(amount) };
        let [one, other] = payments[..] else { panic!() };
        let parts = vec![
            part(PartOf::PayOut(one), "121.00"),
            part(PartOf::PayOut(other), "121.00"),
            part(PartOf::Costs, "-6.00"),
        ];
        // It is what is proposed.
        let proposed: Vec<Assignment> = books.queue().await[0].proposals.iter().map(|row| row.assignment.clone()).collect();
        assert!(proposed.contains(&Assignment::Division(parts.clone())), "{proposed:#?}");
        books.fixture.service.assign_line(&books.finance, line, Assignment::Division(parts)).await.unwrap();
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("236.00"), euros("6.00")));
        assert_eq!(books.balance("other_money").await, Cents::ZERO);
        check(&books).await;
    }
}
