//! What the same money is told with, once more and once less (BANK-1, BANK-2, BANK-3), and what goes both ways within one
//! entry (BANK-6, BANK-7): through the service, on both databases.

use crate::bank::{
    Books, OURS, TERMS, THEIRS, booked, camt054, detail, entry, euros, file, returned, statement, transfer,
};
use crate::bank_rules::{check, lines, of_day, whole};
use crate::common::{day, on_both};
use strippenkaart::domain::bank::{BankDetail, BankEntry, BankFile, BankFileKind, BankStatement, Direction};
use strippenkaart::domain::matching::LineState;
use strippenkaart::domain::{Cents, Invoice};
use strippenkaart::exchange::bank::write;
use strippenkaart::service::bank::{Assignment, BankNotice};

/// An entry without details, as some downloads have them.
fn bare(direction: Direction, amount: &str) -> BankEntry {
    entry(direction, amount, "", vec![BankDetail { amount: euros(amount), ..BankDetail::default() }])
}

/// What came back, within an entry of what came in.
fn back(amount: &str, id: &str, code: &str) -> BankDetail {
    BankDetail { opposite: true, ..returned(amount, id, code) }
}

async fn codes(books: &Books) -> Vec<(String, i64)> {
    books.all("SELECT code, amount FROM reversals ORDER BY code, amount").await
}

on_both! {
    under TERMS;
    async fn bank_6_what_came_back_within_a_batch_comes_undone_with_its_reason(fixture: Fixture) {
        // 135 + 135 + 30, of which the 30 came back, told as one entry of 240 or less what the bank took for that.
        let books = Books::new(fixture).await;
        let cases = [
            ("camt.053.001.08", "2026-03-02", "240.00", "0.00"),
            ("camt.053.001.02", "2026-03-03", "240.00", "0.00"),
            ("camt.053.001.08", "2026-03-04", "237.00", "3.00"),
            ("camt.053.001.02", "2026-03-05", "237.00", "3.00"),
        ];
        for (round, (version, on, net, charge)) in cases.into_iter().enumerate() {
            let opening = books.balance("bank").await;
            let mut invoices: Vec<Invoice> = Vec::new();
            let mut ids = Vec::new();
            for net in ["111.57", "111.57", "24.79"] {
                let (_, invoice, collection) = books.collected(net, THEIRS[0]).await;
                invoices.push(invoice);
                ids.push(collection.end_to_end_id);
            }
            // The return is told before what it takes back, and is of another batch as a rule.
            let mut came = back("30.00", &ids[2], "AM04");
            came.charge = euros(charge);
            let details = vec![detail("135.00", &ids[0]), came, detail("135.00", &ids[1]), detail("30.00", &ids[2])];
            let net = (euros(net) + euros("30.00")).to_string();
            let told = entry(Direction::Credit, &net, "", details);
            let mut told = of_day(&round.to_string(), on, &opening.to_string(), vec![told]);
            told.version = version.to_owned();
            let import = books.import(&told).await;
            assert_eq!((import.tally.settled.count, import.tally.reversed.count), (3, 1), "{version}: {import:?}");
            let mut open = Vec::new();
            for invoice in &invoices {
                open.push(books.reload(invoice).await.open());
            }
            assert_eq!(open, [Cents::ZERO, Cents::ZERO, euros("30.00")], "{version}");
            assert_eq!(books.balance("bank").await, opening + euros(&net), "{version}");
            assert_eq!(lines(&books, LineState::Open).await, []);
            check(&books).await;
        }
        assert_eq!(books.balance("bank_charges").await, euros("6.00"));
        assert_eq!(books.balance("in_transit").await, Cents::ZERO);
        let told = ("AM04".to_owned(), 3_000);
        assert_eq!(codes(&books).await, [told.clone(), told.clone(), told.clone(), told]);
    }
}

on_both! {
    under TERMS;
    async fn bank_3_what_was_announced_both_ways_is_stated_once(fixture: Fixture) {
        // Notices tell what came and what went apart; the statement tells them as one, and the other way round.
        let books = Books::new(fixture).await;
        for (round, announced_first) in [true, false].into_iter().enumerate() {
            let on = ["2026-03-02", "2026-03-04"][round];
            let opening = books.balance("bank").await;
            let (_, first, a) = books.collected("111.57", THEIRS[0]).await;
            let (_, second, b) = books.collected("24.79", THEIRS[1]).await;
            let (a, b) = (a.end_to_end_id, b.end_to_end_id);
            let parts = vec![detail("135.00", &a), detail("30.00", &b), back("30.00", &b, "MD06")];
            let stated = of_day(&round.to_string(), on, &opening.to_string(), vec![entry(Direction::Credit, "135.00", "", parts)]);
            let apart = vec![
                entry(Direction::Credit, "135.00", "", vec![detail("135.00", &a)]),
                entry(Direction::Credit, "30.00", "", vec![detail("30.00", &b)]),
                entry(Direction::Debit, "30.00", "", vec![returned("30.00", &b, "MD06")]),
            ];
            let notice = statement(&format!("N{round}"), day(on), Cents(0), booked(day(on), apart));
            let notice = BankStatement { opening: None, closing: None, ..notice };
            let notice = file(BankFileKind::Camt054, &format!("N{round}"), vec![notice]);
            let files = if announced_first { [&notice, &stated] } else { [&stated, &notice] };
            for told in files {
                books.import(told).await;
            }
            assert_eq!(books.reload(&first).await.open(), Cents::ZERO, "{announced_first}");
            assert_eq!(books.reload(&second).await.open(), euros("30.00"), "{announced_first}");
            assert_eq!(books.balance("bank").await, opening + euros("135.00"), "{announced_first}");
            assert_eq!(codes(&books).await.len(), round + 1);
            assert_eq!(lines(&books, LineState::Open).await, []);
            check(&books).await;
        }
    }
}

on_both! {
    under TERMS;
    async fn bank_1_a_statement_that_comes_again_with_details_books_what_the_first_left(fixture: Fixture) {
        // The same day and balances: first amounts alone, then with everything, then amounts alone once more.
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        let (_, c, collection) = books.collected("111.57", THEIRS[1]).await;
        let (_, d, other) = books.collected("24.79", THEIRS[1]).await;
        let pay = |invoice: &Invoice| transfer("121.00", &invoice.issued().unwrap().reference, Some(THEIRS[0]), "");
        let debits = vec![detail("135.00", &collection.end_to_end_id), detail("30.00", &other.end_to_end_id)];
        let full = || vec![pay(&a), entry(Direction::Credit, "165.00", "", debits.clone()), pay(&b)];
        let slim = || {
            let amounts = [(Direction::Credit, "165.00"), (Direction::Credit, "121.00"), (Direction::Credit, "121.00")];
            amounts.map(|(direction, amount)| bare(direction, amount)).to_vec()
        };
        books.try_import(&whole("a", "2026-03-02", "0.00", slim())).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await.len(), 3);
        let import = books.try_import(&whole("b", "2026-03-02", "0.00", full())).await.unwrap();
        assert_eq!((import.tally.paid.count, import.tally.settled.count), (2, 2), "{import:?}");
        for invoice in [&a, &b, &c, &d] {
            assert_eq!(books.reload(invoice).await.open(), Cents::ZERO);
        }
        assert_eq!(books.balance("bank").await, euros("407.00"));
        assert_eq!(lines(&books, LineState::Open).await, []);
        check(&books).await;
        // Each of the two is known now.
        for (id, entries) in [("c", slim()), ("d", full())] {
            let again = books.try_import(&whole(id, "2026-03-02", "0.00", entries)).await.unwrap();
            let seen = BankNotice::SeenStatement { account: OURS.to_owned(), id: id.to_owned() };
            assert_eq!((again.notices, again.tally.fresh()), (vec![seen], 0));
        }
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_1_details_that_come_after_a_person_booked_change_nothing(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        books.try_import(&whole("a", "2026-03-02", "0.00", vec![bare(Direction::Credit, "121.00")])).await.unwrap();
        let line = books.queue().await[0].line.id;
        let to = Assignment::Invoices { invoices: vec![a.id], keep_surplus: false };
        books.fixture.service.assign_line(&books.finance, line, to).await.unwrap();
        let told = transfer("121.00", &b.issued().unwrap().reference, Some(THEIRS[0]), "");
        let import = books.try_import(&whole("b", "2026-03-02", "0.00", vec![told])).await.unwrap();
        assert_eq!((import.tally.fresh(), import.tally.known), (0, 1), "{import:?}");
        assert_eq!((books.reload(&a).await.open(), books.reload(&b).await.open()), (Cents::ZERO, euros("121.00")));
        assert_eq!(books.balance("bank").await, euros("121.00"));
        check(&books).await;
        // Undone, it waits with what is known of it now.
        books.fixture.service.undo_line(&books.finance, line).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await, [euros("121.00")]);
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_8_pages_that_come_again_with_details_are_paired_page_by_page(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        let pages = |details: bool| -> Vec<Vec<u8>> {
            let told = |invoice: &Invoice| {
                let reference = &invoice.issued().unwrap().reference;
                if details { transfer("121.00", reference, Some(THEIRS[0]), "") } else { bare(Direction::Credit, "121.00") }
            };
            let page = |number: i32, opening: &str, invoice: &Invoice| {
                let file = of_day("s", "2026-03-02", opening, vec![told(invoice)]);
                let made = day("2026-03-03").and_hms_opt(4, 0, 0).unwrap().and_utc();
                let xml = strippenkaart::exchange::bank::write_at(&file, made);
                let last = number == 2;
                let told = format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>");
                let paged = xml.replacen("<Id>s</Id>", &format!("<Id>s</Id>{told}"), 1);
                assert_ne!(xml, paged);
                paged.into_bytes()
            };
            vec![page(1, "0.00", &a), page(2, "121.00", &b)]
        };
        for bytes in pages(false).into_iter().chain(pages(true).into_iter().rev()) {
            books.try_import(&bytes).await.unwrap();
        }
        assert_eq!((books.reload(&a).await.open(), books.reload(&b).await.open()), (Cents::ZERO, Cents::ZERO));
        assert_eq!(books.balance("bank").await, euros("242.00"));
        assert_eq!(lines(&books, LineState::Open).await, []);
        check(&books).await;
    }
}

/// A charge that was kept of a credit, told as ours.
fn as_ours(told: &BankFile) -> Vec<u8> {
    let xml = write(told).replace("<ChrgInclInd>true</ChrgInclInd>", "<ChrgInclInd>true</ChrgInclInd><Br>SHAR</Br>");
    assert!(xml.contains("<Br>"), "{xml}");
    xml.into_bytes()
}

on_both! {
    under TERMS;
    async fn bank_7_what_was_kept_of_a_collection_is_cost_and_the_collection_came_whole(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (_, invoice, collection) = books.collected("111.57", THEIRS[0]).await;
        let kept = BankDetail { charge: euros("5.00"), ..detail("135.00", &collection.end_to_end_id) };
        let told = of_day("1", "2026-03-02", "0.00", vec![entry(Direction::Credit, "130.00", "", vec![kept])]);
        let import = books.try_import(&as_ours(&told)).await.unwrap();
        assert_eq!(import.tally.settled.count, 1, "{import:?}");
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("130.00"), euros("5.00")));
        assert_eq!((books.balance("receivable").await, books.balance("in_transit").await), (Cents::ZERO, Cents::ZERO));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_7_a_charge_that_was_announced_and_is_not_stated_stays_a_cost(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "111.57").await;
        let reference = invoice.issued().unwrap().reference.clone();
        let kept = BankDetail {
            text: Some(reference.clone()),
            iban: Some(THEIRS[0].to_owned()),
            charge: euros("5.00"),
            ..detail("135.00", "")
        };
        let notice = camt054("n", vec![entry(Direction::Credit, "130.00", "", vec![kept])]);
        books.try_import(&as_ours(&notice)).await.unwrap();
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        let on = books.all::<(String,)>("SELECT booked_on FROM bank_lines").await[0].0.clone();
        let stated = of_day("1", &on, "0.00", vec![transfer("130.00", &reference, Some(THEIRS[0]), "")]);
        let import = books.import(&stated).await;
        assert_eq!((import.tally.fresh(), import.tally.known), (0, 1), "{import:?}");
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!((books.balance("bank").await, books.balance("bank_charges").await), (euros("130.00"), euros("5.00")));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_2_new_references_do_not_mix_up_what_is_told_again(fixture: Fixture) {
        // Two of 121.00 on one day, told twice: in another order, with other words for one, under references made anew.
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let invoice = books.invoice(customer, "100.00").await;
        let reference = invoice.issued().unwrap().reference.clone();
        let ours = |ac: &str| transfer("121.00", &reference, Some(THEIRS[0]), ac);
        let theirs = |said: &str, ac: &str| transfer("121.00", said, Some(THEIRS[1]), ac);
        let first = vec![ours("R1"), theirs("", "R2")];
        let again = vec![theirs("betaling", "R3"), ours("R4")];
        books.try_import(&whole("a", "2026-03-02", "0.00", first)).await.unwrap();
        let import = books.try_import(&whole("b", "2026-03-02", "0.00", again)).await.unwrap();
        assert_eq!(import.tally.paid.count, 0, "{import:?}");
        assert_eq!(books.reload(&invoice).await.open(), Cents::ZERO);
        assert_eq!(books.balance("customer_credit").await, Cents::ZERO, "nothing was paid twice");
        assert_eq!(lines(&books, LineState::Open).await, [euros("121.00")]);
        assert_eq!(books.queue().await[0].line.text.as_deref(), Some("betaling"));
        check(&books).await;
        // Two references that the bank gives out the other way round, and words that one has more.
        let next = books.invoice(customer, "100.00").await;
        let named = next.issued().unwrap().reference.clone();
        let ours = |ac: &str| transfer("121.00", &named, Some(THEIRS[0]), ac);
        let first = vec![ours("Q1"), theirs("", "Q2")];
        books.try_import(&whole("a2", "2026-03-04", "242.00", first)).await.unwrap();
        let again = vec![theirs("nog eens", "Q1"), ours("Q2")];
        books.try_import(&whole("b2", "2026-03-04", "242.00", again)).await.unwrap();
        assert_eq!((books.reload(&next).await.open(), books.balance("customer_credit").await), (Cents::ZERO, Cents::ZERO));
        check(&books).await;
        // Other words are another payment, also where an amount alone goes with both.
        let (one, other) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        let pay = |invoice: &Invoice| transfer("121.00", &invoice.issued().unwrap().reference, Some(THEIRS[0]), "");
        let amount = || bare(Direction::Credit, "121.00");
        books.try_import(&whole("a3", "2026-03-05", "484.00", vec![pay(&one), amount()])).await.unwrap();
        books.try_import(&whole("b3", "2026-03-05", "484.00", vec![amount(), pay(&other)])).await.unwrap();
        assert_eq!((books.reload(&one).await.open(), books.reload(&other).await.open()), (Cents::ZERO, Cents::ZERO));
        check(&books).await;
        // An id of the payer tells apart whatever else is alike.
        let by = |id: Option<&str>, said: &str| {
            let mut entry = transfer("50.00", said, Some(THEIRS[0]), "");
            entry.details[0].end_to_end_id = id.map(str::to_owned);
            entry
        };
        let bare_one = || bare(Direction::Credit, "50.00");
        for (id, entries) in [
            ("c", vec![bare_one(), bare_one()]),
            ("d", vec![by(Some("A"), "one"), bare_one()]),
            ("e", vec![bare_one(), by(Some("P"), "two")]),
        ] {
            books.try_import(&whole(id, "2026-03-06", "726.00", entries)).await.unwrap();
        }
        let mut told: Vec<_> = books.queue().await.into_iter().filter_map(|row| row.line.text).collect();
        told.sort();
        assert_eq!(told, ["betaling", "nog eens", "one", "two"]);
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_2_which_of_two_a_person_booked_is_not_guessed(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (customer, _) = books.fixture.customer().await;
        let (a, b) = (books.invoice(customer, "100.00").await, books.invoice(customer, "100.00").await);
        let two = || vec![bare(Direction::Credit, "121.00"), bare(Direction::Credit, "121.00")];
        books.try_import(&whole("a", "2026-03-02", "0.00", two())).await.unwrap();
        let line = books.queue().await[0].line.id;
        let to = |invoice: &Invoice| Assignment::Invoices { invoices: vec![invoice.id], keep_surplus: false };
        books.fixture.service.assign_line(&books.finance, line, to(&a)).await.unwrap();
        let pay = |invoice: &Invoice| transfer("121.00", &invoice.issued().unwrap().reference, Some(THEIRS[0]), "");
        for (id, order) in [("b", [&b, &a]), ("c", [&a, &b])] {
            books.try_import(&whole(id, "2026-03-02", "0.00", order.map(pay).to_vec())).await.unwrap();
            let queue = books.queue().await;
            assert_eq!(queue.len(), 1, "{id}: {queue:#?}");
            assert_eq!(books.balance("customer_credit").await, Cents::ZERO, "{id}");
            assert_eq!(books.balance("bank").await, euros("121.00"), "{id}");
        }
        check(&books).await;
        let left = books.queue().await[0].line.id;
        books.fixture.service.assign_line(&books.finance, left, to(&b)).await.unwrap();
        assert_eq!((books.reload(&a).await.open(), books.reload(&b).await.open()), (Cents::ZERO, Cents::ZERO));
        check(&books).await;
    }
}

on_both! {
    under TERMS;
    async fn bank_3_parts_of_a_batch_are_announced_before_and_after_its_statement(fixture: Fixture) {
        let books = Books::new(fixture).await;
        for (round, (first, both_ways)) in [(0, true), (1, true), (2, true), (0, false), (1, false)].into_iter().enumerate() {
            let on = format!("2026-03-{:02}", 2 + 7 * round.min(3) + round / 4);
            let opening = books.balance("bank").await;
            let (_, one, a) = books.collected("111.57", THEIRS[0]).await;
            let (_, other, b) = books.collected("111.57", THEIRS[1]).await;
            let (_, third, c) = books.collected("24.79", THEIRS[1]).await;
            let (a, b, c) = (a.end_to_end_id, b.end_to_end_id, c.end_to_end_id);
            let mut details = vec![detail("135.00", &a), detail("135.00", &b)];
            let mut parts = vec![
                entry(Direction::Credit, "135.00", "", vec![detail("135.00", &a)]),
                entry(Direction::Credit, "135.00", "", vec![detail("135.00", &b)]),
            ];
            if both_ways {
                details.push(back("30.00", &c, "AM04"));
                parts.push(entry(Direction::Debit, "30.00", "", vec![returned("30.00", &c, "AM04")]));
            }
            let net = if both_ways { "240.00" } else { "270.00" };
            let stated = of_day(&round.to_string(), &on, &opening.to_string(), vec![entry(Direction::Credit, net, "", details)]);
            let notice = |number: usize, part: BankEntry| {
                let id = format!("N{round}{number}");
                let told = statement(&id, day(&on), Cents(0), booked(day(&on), vec![part]));
                file(BankFileKind::Camt054, &id, vec![BankStatement { opening: None, closing: None, ..told }])
            };
            let before = parts.remove(first);
            books.import(&notice(0, before)).await;
            books.import(&stated).await;
            for (number, part) in parts.into_iter().enumerate() {
                books.import(&notice(number + 1, part)).await;
                check(&books).await;
            }
            assert_eq!(books.balance("bank").await, opening + euros(net), "{round}");
            assert_eq!((books.reload(&one).await.open(), books.reload(&other).await.open()), (Cents::ZERO, Cents::ZERO));
            assert_eq!(books.reload(&third).await.open(), euros("30.00"));
            assert_eq!(lines(&books, LineState::Open).await, [], "{round}");
        }
    }
}

on_both! {
    under TERMS;
    async fn bank_3_what_was_announced_both_ways_meets_its_sum(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (_, first, a) = books.collected("111.57", THEIRS[0]).await;
        let (_, second, b) = books.collected("24.79", THEIRS[1]).await;
        let on = "2026-03-02";
        let apart = vec![
            entry(Direction::Credit, "135.00", "", vec![detail("135.00", &a.end_to_end_id)]),
            entry(Direction::Debit, "30.00", "", vec![returned("30.00", &b.end_to_end_id, "MD06")]),
        ];
        let told = statement("N1", day(on), Cents(0), booked(day(on), apart));
        let notice = file(BankFileKind::Camt054, "N1", vec![BankStatement { opening: None, closing: None, ..told }]);
        books.import(&notice).await;
        books.import(&of_day("1", on, "0.00", vec![bare(Direction::Credit, "105.00")])).await;
        assert_eq!((books.reload(&first).await.open(), books.reload(&second).await.open()), (Cents::ZERO, euros("30.00")));
        assert_eq!(books.balance("bank").await, euros("105.00"));
        assert_eq!(lines(&books, LineState::Open).await, []);
        check(&books).await;
    }
}

/// A page of a statement that was made the day after.
fn page(id: &str, (number, last): (i32, bool), opening: &str, entries: Vec<BankEntry>) -> Vec<u8> {
    let file = of_day(id, "2026-03-02", opening, entries);
    let made = day("2026-03-03").and_hms_opt(4, 0, 0).unwrap().and_utc();
    let xml = strippenkaart::exchange::bank::write_at(&file, made);
    let told = format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>");
    let paged = xml.replacen(&format!("<Id>{id}</Id>"), &format!("<Id>{id}</Id>{told}"), 1);
    assert_ne!(xml, paged);
    paged.into_bytes()
}

on_both! {
    under TERMS;
    async fn bank_8_a_page_is_not_compared_with_the_end_of_its_day(fixture: Fixture) {
        let books = Books::new(fixture).await;
        let (one, other) = (bare(Direction::Credit, "121.00"), bare(Direction::Credit, "135.00"));
        books.try_import(&page("s", (1, false), "0.00", vec![one.clone()])).await.unwrap();
        books.try_import(&whole("t", "2026-03-02", "0.00", vec![one.clone(), other.clone()])).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await.len(), 2);
        check(&books).await;
        books.try_import(&page("s", (2, true), "121.00", vec![other.clone()])).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await.len(), 2);
        check(&books).await;
        // The same id, cut into pages otherwise.
        books.try_import(&page("s", (1, false), "0.00", vec![other])).await.unwrap();
        books.try_import(&page("s", (2, true), "135.00", vec![one])).await.unwrap();
        assert_eq!(lines(&books, LineState::Open).await.len(), 2);
        check(&books).await;
    }
}
