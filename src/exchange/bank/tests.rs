//! The traps of real files, one test each; fixtures in `tests/fixtures/bank`. With `FINANCE_OUT` set, every file that is
//! written here is also put into that directory, for a validator with the official schemas.

use super::*;
use crate::domain::bank::{
    BankDetail, CollectionFile, CollectionOrder, CollectionReport, PainVersion, Scheme, Sequence, StructuredReference,
};
use chrono::{DateTime, NaiveDate, Utc};
use pain008::{CollectionFault, groups};
use proptest::prelude::*;
use std::path::PathBuf;

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/bank/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Keeps a written file for the validator, where asked.
fn keep(name: &str, text: &str) {
    if let Some(directory) = std::env::var_os("FINANCE_OUT") {
        std::fs::write(PathBuf::from(directory).join(name), text).unwrap();
    }
}

/// How a kept file of a version is called: `08.camt053.xml`.
fn ending(version: &str) -> String {
    format!("{}.{}.xml", &version[13..], version[..8].replace('.', ""))
}

/// A file without its line numbers, which a writer does not keep.
fn without_lines(mut file: BankFile) -> BankFile {
    for entry in file.statements.iter_mut().flat_map(|statement| &mut statement.entries) {
        entry.line = 0;
        entry.details.iter_mut().for_each(|detail| detail.line = 0);
    }
    file.reports.iter_mut().for_each(|report| report.line = 0);
    file
}

/// The one entry of a camt.053.001.08 made of `entry`.
fn entry_of(entry: &str) -> Result<BankEntry, BankFault> {
    let text = format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>\
         <GrpHdr><MsgId>M</MsgId><CreDtTm>2026-12-01T00:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id>\
         <Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>\n<Ntry>{entry}</Ntry></Stmt></BkToCstmrStmt></Document>"
    );
    read(text.as_bytes()).map(|mut file| file.statements.remove(0).entries.remove(0))
}

/// An entry in euros with the given amount, way and details.
fn simple(amount: &str, way: &str, rest: &str) -> String {
    format!(
        "<Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-12-01</Dt></BookgDt>{rest}"
    )
}

// ---- returns

#[test]
fn a_return_batch_is_one_debit_of_two_customers_with_the_banks_charge_in_it() {
    for (name, kind, charge) in [
        ("returns.camt053.02.xml", BankFileKind::Camt053, 0),
        ("returns.camt053.08.xml", BankFileKind::Camt053, 1_500),
        ("returns.camt054.02.xml", BankFileKind::Camt054, 0),
        ("returns.camt054.08.xml", BankFileKind::Camt054, 1_500),
    ] {
        let file = read(&fixture(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!((file.kind, file.message_id.as_str()), (kind, "BANK-20261203-1"), "{name}");
        let entry = &file.statements[0].entries[0];
        assert_eq!((entry.amount, entry.direction, entry.booked), (Cents(59_405), Direction::Debit, true), "{name}");
        assert_eq!((entry.booked_on, entry.valued_on), (day("2026-12-03"), day("2026-12-01")), "{name}");
        assert_eq!(entry.code.as_deref(), Some("PMNT/IDDT/UPDD"), "{name}");
        assert_eq!(entry.batch.as_deref(), Some("SK-2026-11-28-1"), "{name}");
        assert_eq!(entry.batch_message.as_deref(), Some("SK-2026-11-28"), "{name}");
        let details: Vec<_> =
            entry.details.iter().map(|d| (d.end_to_end_id.as_deref(), d.amount.0, d.charge.0)).collect();
        let expected = [(Some("F2026-00042-1"), 44_547, charge), (Some("F2026-00043-2"), 11_858, charge)];
        assert_eq!(details, expected, "{name}");
        assert_eq!(unexplained(entry), Cents(3_000 - 2 * charge), "{name}: what no `Chrgs` tells stays visible");
    }
}

#[test]
fn a_return_tells_code_mandate_and_customer_and_the_code_wins_over_free_text() {
    for name in ["returns.camt053.02.xml", "returns.camt053.08.xml", "returns.camt054.02.xml", "returns.camt054.08.xml"]
    {
        let file = read(&fixture(name)).unwrap();
        let [first, second] = file.statements[0].entries[0].details.as_slice() else { panic!("{name}") };
        assert_eq!(first.return_reason.as_deref(), Some("AC06"), "{name}");
        assert!(first.text.as_deref().is_some_and(|text| text.contains("AC07")), "{name}");
        assert_eq!(first.mandate.as_deref(), Some("MND-0007"), "{name}");
        assert_eq!(first.iban.as_deref(), Some("NL46ABNA0499998748"), "{name}: fails modulo 97, kept as text");
        assert_eq!(second.return_reason.as_deref(), Some("AM04"), "{name}");
        assert_eq!(second.name.as_deref(), Some("Café Zoë & Zn."), "{name}: with and without `Pty`");
    }
}

#[test]
fn an_announced_entry_is_read_and_not_booked() {
    for name in ["returns.camt053.02.xml", "returns.camt053.08.xml", "returns.camt054.02.xml", "returns.camt054.08.xml"]
    {
        let file = read(&fixture(name)).unwrap();
        let entry = &file.statements[0].entries[1];
        assert_eq!((entry.booked, entry.amount, entry.direction), (false, Cents(96_800), Direction::Credit), "{name}");
        assert_eq!(entry.valued_on, entry.booked_on, "{name}: no value date told");
        assert_eq!(entry.details.len(), 1, "{name}: one detail of the whole");
        assert_eq!(entry.details[0].amount, Cents(96_800), "{name}");
        assert_eq!(check(&file.statements[0]), Ok(()), "{name}: 1086.58 − 594.05 = 492.53 without it");
    }
}

#[test]
fn balances_are_those_booked_and_a_debit_balance_is_negative() {
    let file = read(&fixture("returns.camt053.02.xml")).unwrap();
    assert_eq!(file.statements[0].opening, Some((day("2026-12-02"), Cents(108_658))), "PRCD");
    assert_eq!(file.statements[0].closing, Some((day("2026-12-03"), Cents(49_253))));
    let file = read(&fixture("traps.camt053.08.xml")).unwrap();
    assert_eq!(file.statements[0].opening, Some((day("2026-12-03"), Cents(-1_000))));
    assert_eq!(check(&file.statements[0]), Ok(()));
}

// ---- the smaller traps

#[test]
fn charges_within_the_amount_are_taken_out_and_swapped_parties_are_seen_through() {
    let file = read(&fixture("traps.camt053.08.xml")).unwrap();
    let entry = &file.statements[0].entries[0];
    assert_eq!(entry.booked_on, day("2026-12-04"), "the value date where no booking day is told");
    assert_eq!((entry.code.as_deref(), entry.reference.as_deref()), (Some("N245"), Some("1")));
    let detail = &entry.details[0];
    assert_eq!(
        (detail.amount, detail.charge),
        (Cents(1_000), Cents(300)),
        "13.00 is a return of 10.00 and 3.00 charge"
    );
    assert_eq!((detail.name.as_deref(), detail.iban.as_deref()), (Some("Klant"), Some("NL20INGB0001234567")));
    assert_eq!((detail.return_reason.as_deref(), detail.text.as_deref()), (Some("onbekend"), Some("Zie brief")));
}

#[test]
fn another_currency_is_never_taken_for_euros() {
    let file = read(&fixture("traps.camt053.08.xml")).unwrap();
    let detail = &file.statements[0].entries[1].details[0];
    assert_eq!(detail.amount, Cents(9_550), "the counter value; three decimals of dollars are no matter of ours");
    assert_eq!(detail.end_to_end_id, None, "NOTPROVIDED is none");
    assert_eq!((detail.name.as_deref(), detail.iban.as_deref()), (Some("Overseas Inc"), Some("00123456")));
    assert_eq!(detail.text.as_deref(), Some("factuur 2026-00051 met dank"));
    assert_eq!(detail.return_reason, None, "an element of another namespace is not ours");
}

#[test]
fn bank_6_details_that_go_both_ways_make_their_entry() {
    let file = read(&fixture("traps.camt053.08.xml")).unwrap();
    let entry = &file.statements[0].entries[2];
    let told: Vec<_> = entry.details.iter().map(|row| (row.amount, row.opposite)).collect();
    assert_eq!((entry.amount, told), (Cents(9_000), vec![(Cents(10_000), false), (Cents(1_000), true)]));
    let tx = |amount: &str, more: &str| format!("<TxDtls><Amt Ccy='EUR'>{amount}</Amt>{more}</TxDtls>");
    let way = |way: &str| format!("<CdtDbtInd>{way}</CdtDbtInd>");
    let charge = "<Chrgs><Rcrd><Amt Ccy='EUR'>3.00</Amt></Rcrd></Chrgs>";
    let code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd>";
    let reason = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>";
    let came = tx("100.00", &way("CRDT"));
    for (why, amount, other, (part, kept, opposite)) in [
        ("told", "90.00", tx("10.00", &way("DBIT")), (1_000, 0, true)),
        ("its cost beside it", "87.00", tx("10.00", &(way("DBIT") + charge)), (1_000, 300, true)),
        ("its cost within it", "90.00", tx("10.00", &(way("DBIT") + charge)), (700, 300, true)),
        ("with a code", "90.00", tx("10.00", &(way("DBIT") + code)), (1_000, 0, true)),
        ("all the way of the payment", "110.00", tx("10.00", &way("CRDT")), (1_000, 0, false)),
    ] {
        let entry = entry_of(&simple(amount, "CRDT", &format!("<NtryDtls>{came}{other}</NtryDtls>"))).unwrap();
        let detail = &entry.details[1];
        assert_eq!((detail.amount.0, detail.charge.0, detail.opposite), (part, kept, opposite), "{why}");
        assert_eq!(detail.code.as_deref(), other.contains("UPDD").then_some("PMNT/IDDT/UPDD"), "{why}");
        assert_eq!(unexplained(&entry), Cents::ZERO, "{why}");
    }
    // Where no way is told, what came back went the other way if only that makes the sum.
    for (amount, opposite) in [("90.00", true), ("110.00", false), ("50.00", false)] {
        let details = format!("<NtryDtls>{}{}</NtryDtls>", tx("100.00", ""), tx("10.00", reason));
        let entry = entry_of(&simple(amount, "CRDT", &details)).unwrap();
        assert_eq!((entry.details.len(), entry.details[1].opposite), (2, opposite), "{amount}");
    }
    // Of what went out, something came in.
    let details = format!("<NtryDtls>{}{}</NtryDtls>", tx("100.00", &way("DBIT")), tx("10.00", &way("CRDT")));
    let entry = entry_of(&simple("90.00", "DBIT", &details)).unwrap();
    assert_eq!((entry.details[1].opposite, unexplained(&entry)), (true, Cents::ZERO));
}

#[test]
fn details_that_tell_no_amount_are_left_to_a_person() {
    let details =
        "<NtryDtls><TxDtls><Amt Ccy='EUR'>1.00</Amt></TxDtls><TxDtls><Amt Ccy='USD'>9</Amt></TxDtls></NtryDtls>";
    let entry = entry_of(&simple("10.00", "CRDT", details)).unwrap();
    assert_eq!((entry.details.len(), entry.details[0].amount), (1, Cents(1_000)));
}

#[test]
fn a_charge_told_on_the_entry_belongs_to_its_only_detail() {
    let file = read(&fixture("traps.camt053.08.xml")).unwrap();
    let entry = &file.statements[0].entries[3];
    assert_eq!((entry.details[0].amount, entry.details[0].charge), (Cents(1_000), Cents(100)));
    assert_eq!(unexplained(entry), Cents::ZERO);
}

#[test]
fn charges_and_amounts_make_the_entry() {
    let charge = |more: &str| format!("<Chrgs><Rcrd><Amt Ccy='EUR'>5.00</Amt>{more}</Rcrd></Chrgs>");
    let amounts = |amount: &str| format!("<AmtDtls><InstdAmt><Amt Ccy='EUR'>{amount}</Amt></InstdAmt></AmtDtls>");
    let own = |amount: &str| format!("<Amt Ccy='EUR'>{amount}</Amt>");
    for (why, entry, way, tx, (amount, told, left)) in [
        ("kept back, whose is not told", "95.00", "CRDT", own("100.00") + &charge(""), (9_500, 0, 0)),
        ("kept back and ours", "95.00", "CRDT", own("100.00") + &charge("<Br>SHAR</Br>"), (10_000, 500, 0)),
        ("no amount told", "95.00", "CRDT", charge("<ChrgInclInd>true</ChrgInclInd><Br>CRED</Br>"), (10_000, 500, 0)),
        ("a debit and its charge", "105.00", "DBIT", own("100.00") + &charge(""), (10_000, 500, 0)),
        ("charge within", "105.00", "DBIT", own("105.00") + &charge(""), (10_000, 500, 0)),
        ("booked apart", "100.00", "DBIT", own("100.00") + &charge("<ChrgInclInd>false</ChrgInclInd>"), (10_000, 0, 0)),
        ("as ordered", "100.00", "DBIT", own("100.00") + &amounts("100.00") + &charge(""), (10_000, 0, 0)),
        ("only ordered", "105.00", "DBIT", amounts("100.00") + &charge(""), (10_000, 500, 0)),
        ("given back", "95.00", "DBIT", own("100.00") + &charge("<CdtDbtInd>CRDT</CdtDbtInd>"), (10_000, -500, 0)),
        ("told nowhere", "105.00", "DBIT", own("100.00"), (10_000, 0, 500)),
        ("more than the amount", "3.00", "DBIT", own("3.00") + &charge(""), (300, 0, 0)),
        ("we got more than was told", "105.00", "CRDT", own("100.00"), (10_500, 0, 0)),
        ("we got less than was told", "95.00", "CRDT", own("100.00"), (9_500, 0, 0)),
    ] {
        let text = simple(entry, way, &format!("<NtryDtls><TxDtls>{tx}</TxDtls></NtryDtls>"));
        let entry = entry_of(&text).unwrap_or_else(|fault| panic!("{why}: {fault}"));
        let detail = &entry.details[0];
        assert_eq!((detail.amount.0, detail.charge.0, unexplained(&entry).0), (amount, told, left), "{why}");
    }
}

#[test]
fn the_reversal_indicator_flips_nothing() {
    for indicator in ["true", "false"] {
        let text = simple("10.00", "CRDT", "").replace("<Sts>", &format!("<RvslInd>{indicator}</RvslInd><Sts>"));
        assert_eq!(entry_of(&text).unwrap().direction, Direction::Credit);
    }
}

#[test]
fn decimals_beyond_the_cent_are_read_when_they_are_zeros() {
    for (text, cents) in
        [("8.85", 885), ("8.85000", 885), ("8", 800), ("8.5", 850), (".5", 50), ("8.", 800), ("007.00", 700), ("0", 0)]
    {
        assert_eq!(entry_of(&simple(text, "CRDT", "")).map(|entry| entry.amount), Ok(Cents(cents)), "{text}");
    }
    for (text, why) in [
        ("8.851", "more than two decimals"),
        ("8.85001", "more than two decimals"),
        ("-8.85", "negative"),
        ("8,85", "not an amount"),
        ("1e3", "not an amount"),
        ("+5", "not an amount"),
        ("", "not an amount"),
        (".", "not an amount"),
        ("٣", "not an amount"),
        ("100000000000.00", "too large"),
        ("99999999999999999999999", "too large"),
    ] {
        let fault = entry_of(&simple(text, "CRDT", "")).unwrap_err();
        assert!(fault.line == 2 && fault.reason().contains(why), "{text}: {fault}");
    }
}

#[test]
fn a_broken_file_is_refused_with_line_and_reason() {
    let good = String::from_utf8(fixture("returns.camt053.08.xml")).unwrap();
    for (from, to, line, why) in [
        ("camt.053.001.08", "camt.052.001.08", 2, "no `BkToCstmrAcctRpt`"),
        ("camt.053.001.08", "pain.001.001.09", 2, "an order to the bank"),
        ("camt.053.001.08", "camt.056.001.08", 2, "another kind of message"),
        ("camt.053.001.08", "camt.053.001.15", 2, "one from camt.053.001.02 to camt.053.001.14"),
        ("camt.053.001.08", "camt.054.001.08", 2, "no `BkToCstmrDbtCdtNtfctn`"),
        (" xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"", "", 2, "not a message of ISO 20022"),
        ("<Document", "<!DOCTYPE x [<!ENTITY a 'b'>]><Document", 2, "document type"),
        ("<MsgId>BANK-20261203-1</MsgId>", "", 4, "no `MsgId`"),
        ("<MsgId>BANK-20261203-1</MsgId>", "<MsgId> </MsgId>", 5, "empty"),
        ("<Id>20261203-053</Id>", "", 8, "no `Id`"),
        ("NL91ABNA0417164300", "NL92ABNA0417164300", 13, "not an IBAN"),
        ("<Cd>OPBD</Cd>", "<Cd>OPBD", 17, "not well-formed"),
        ("<Amt Ccy=\"EUR\">1086.58</Amt>", "", 16, "no `Amt`"),
        ("Ccy=\"EUR\">594.05", ">594.05", 29, "no currency"),
        ("Ccy=\"EUR\">594.05", "Ccy=\"Euro\">594.05", 29, "not a currency"),
        ("<CdtDbtInd>DBIT</CdtDbtInd>\n        <Rvsl", "<CdtDbtInd>D</CdtDbtInd>\n        <Rvsl", 30, "CRDT or DBIT"),
        ("<Sts><Cd>BOOK</Cd></Sts>", "", 28, "no `Sts`"),
        ("<Dt>2026-12-01</Dt>", "<Dt>2026-02-30</Dt>", 34, "expected a day"),
        ("<Dt>2026-12-01</Dt>", "", 34, "no `Dt` or `DtTm`"),
        ("Zoë &amp; Zn", "Zoë &copy; Zn", 79, "`&copy;` is not known"),
        ("Zoë &amp; Zn", "Zoë & Zn", 79, "not well-formed"),
        ("Zoë &amp; Zn", "Zoë &#1; Zn", 79, "not known"),
        ("Zoë", "Zo\u{1}", 79, "does not allow"),
        ("</Document>", "", 104, "ends within `Document`"),
        ("</Document>\n", "</Document>\n<Document/>", 104, "before or after the document"),
        ("</Document>\n", "</Document>\nx", 103, "before or after the document"),
        ("</Ntry>\n    </Stmt>", "</Ntry><Bal/>\n    </Stmt>", 100, "`Bal` comes after `Ntry`"),
        ("encoding=\"UTF-8\"", "encoding=\"EBCDIC-X\"", 79, "which is not known"),
        ("<Refs>", "<y:Refs>", 47, "prefix `y`"),
    ] {
        assert!(good.contains(from), "{from}");
        let fault = read(good.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert!(fault.reason().contains(why), "{from} -> {to}: {fault}");
        assert_eq!(fault.line, line, "{from} -> {to}: {fault}");
    }
}

#[test]
fn what_is_no_xml_or_too_much_of_it_is_refused() {
    let head = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>";
    let deep = format!("{head}{}", "<a>".repeat(MAX_DEPTH));
    let tag = format!("{head}<a b='{}'/>", "x".repeat(5000));
    let many = format!("{head}<BkToCstmrStmt><GrpHdr>{}", "<a/>".repeat(MAX_ELEMENTS));
    let long = format!("{head}{}", " ".repeat(MAX_TOKEN + 1));
    for (bytes, why) in [
        (b"".as_slice(), "empty"),
        (b"  \n ", "empty"),
        (b"datum;bedrag\n1;2\n", "table (CSV)"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xff\xfe<\0D", "does not exist in UTF-16LE"),
        (b"<html></html>", "web page"),
        (b"<html", "web page"),
        (b"<Document", "not well-formed"),
        (deep.as_bytes(), "deep"),
        (tag.as_bytes(), "a tag or text of more than 4096"),
        (many.as_bytes(), "holds more than can be read"),
        (long.as_bytes(), "text of more than 1048576 bytes"),
    ] {
        let fault = read(bytes).unwrap_err();
        assert!(fault.reason().contains(why), "{why}: {fault}");
        assert!(!fault.to_string().is_empty());
    }
    let with_mark = [b"\xef\xbb\xbf".as_slice(), &fixture("returns.camt053.08.xml")].concat();
    assert!(read(&with_mark).is_ok(), "a byte order mark is no fault");
}

#[test]
fn a_booked_entry_of_a_statement_needs_a_day_and_a_notice_does_not() {
    let text = simple("10.00", "CRDT", "").replace("<BookgDt><Dt>2026-12-01</Dt></BookgDt>", "");
    assert!(entry_of(&text).unwrap_err().reason().contains("no `BookgDt` or `ValDt`"));
    let pending = entry_of(&text.replace("BOOK", "PDNG")).unwrap();
    assert_eq!(pending.booked_on, day("2026-12-01"), "the day of the statement");
}

#[test]
fn statements_that_do_not_add_up_or_do_not_follow_are_found() {
    let file = read(&fixture("returns.camt053.08.xml")).unwrap();
    let good = &file.statements[0];
    let mut wrong = good.clone();
    wrong.closing = Some((day("2026-12-03"), Cents(49_254)));
    let fault = check(&wrong).unwrap_err();
    assert_eq!(fault.line, 28);
    assert!(fault.reason().contains("differ by 0.01"), "{fault}");
    let mut foreign = good.clone();
    foreign.entries[0].currency = "USD".to_owned();
    assert!(check(&foreign).unwrap_err().reason().contains("cannot be added up"));
    for balance in [|s: &mut BankStatement| s.opening = None, |s: &mut BankStatement| s.closing = None] {
        let mut untold = wrong.clone();
        balance(&mut untold);
        assert_eq!(check(&untold), Ok(()), "nothing to compare");
    }
    let mut next = good.clone();
    next.opening = good.closing;
    assert_eq!(check_follows(good, &next), Ok(()));
    assert!(check_follows(&wrong, &next).unwrap_err().reason().contains("missing"));
}

// ---- pain.002

#[test]
fn reports_speak_about_message_group_and_collection() {
    for name in ["rejects.pain002.03.xml", "rejects.pain002.10.xml"] {
        let file = read(&fixture(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(file.statements.is_empty() && file.reports.iter().all(|report| report.message_id == "SK-2026-11-28"));
        let seen: Vec<_> = file
            .reports
            .iter()
            .map(|r| {
                (r.batch.as_deref(), r.end_to_end_id.as_deref(), r.rejected, r.status.as_str(), r.reason.as_deref())
            })
            .collect();
        let (one, two) = (Some("SK-2026-11-28-1"), Some("SK-2026-11-28-2"));
        let expected = [
            (None, None, false, "PART", None),
            (one, None, true, "RJCT", Some("AM05")),
            (two, None, false, "PART", None),
            (two, Some("F2026-00042-1"), true, "RJCT", Some("AC01")),
            (two, Some("F2026-00043-2"), false, "ACSP", None),
            (two, Some("F2026-00044-1"), true, "RJCT", Some("ZZ9")),
        ];
        assert_eq!(seen, expected, "{name}");
        let amounts: Vec<_> = file.reports.iter().map(|report| report.amount.map(|amount| amount.0)).collect();
        assert_eq!(amounts, [None, Some(125_050), None, Some(96_800), None, None], "{name}");
        assert_eq!(file.reports[1].text.as_deref(), Some("Groep is al eerder aangeboden"), "{name}");
    }
}

#[test]
fn a_reject_without_its_id_is_refused_rather_than_read_as_the_whole_group() {
    let good = String::from_utf8(fixture("rejects.pain002.10.xml")).unwrap();
    let fault = read(good.replace("<OrgnlEndToEndId>F2026-00042-1</OrgnlEndToEndId>", "").as_bytes()).unwrap_err();
    assert!(fault.reason().contains("no `OrgnlEndToEndId`"), "{fault}");
    let fault = read(good.replacen("<TxSts>RJCT</TxSts>", "", 1).as_bytes()).unwrap_err();
    assert!(fault.reason().contains("no `TxSts`"), "{fault}: `PART` says nothing about one");
    let whole = good.replacen("<TxSts>RJCT</TxSts>", "", 1).replace("<PmtInfSts>PART", "<PmtInfSts>RJCT");
    assert!(read(whole.as_bytes()).unwrap().reports[3].rejected, "a rejected group rejects its collections");
}

// ---- the examples beside the product

pub(super) fn examples() -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    ["../shared", "../../shared"]
        .iter()
        .map(|up| here.join(up).join("finance/bank-examples"))
        .find(|path| path.is_dir())
}

pub(super) fn example_files(directory: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "xml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_of_others_is_read_or_refused_and_agrees_with_their_reading() {
    let Some(directory) = examples() else {
        println!("skipped: no shared/finance/bank-examples beside this repository");
        return;
    };
    let mut compared = 0;
    for path in example_files(&directory) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match read(&std::fs::read(&path).unwrap()) {
            Ok(file) => {
                assert_ne!(name, "camt053.v2.wrong.xml");
                if let Ok(json) = std::fs::read(path.with_extension("json")) {
                    compared += compare(&name, &file, &serde_json::from_slice(&json).unwrap());
                }
                let again = read(write(&file).as_bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
                assert_eq!(again.statements.len(), file.statements.len(), "{name}");
            }
            Err(fault) => {
                assert_eq!(name, "camt053.v2.wrong.xml", "{fault}");
                assert!(fault.reason().contains("no `Stmt`"), "{fault}");
            }
        }
    }
    assert!(compared >= 30, "only {compared} figures were compared");
}

/// Compares with the reading of another program (PHP library genkgo/camt, cents with a sign); how many figures.
fn compare(name: &str, file: &BankFile, json: &serde_json::Value) -> usize {
    let figure = |value: &serde_json::Value| value["getAmount"]["getAmount"].as_str().unwrap().parse::<i64>().unwrap();
    let mut compared = 0;
    for told in json["getEntries"].as_array().unwrap().iter().filter(|entry| entry.is_object()) {
        let id = told["getRecord"]["getId"].as_str().unwrap();
        let statement = file.statements.iter().find(|statement| statement.id == id).expect(name);
        let account = told["getRecord"]["getAccount"]["getIdentification"].as_str().unwrap();
        assert_eq!(statement.account, account, "{name}");
        let signed =
            |entry: &BankEntry| if entry.direction == Direction::Debit { -entry.amount.0 } else { entry.amount.0 };
        let amounts: Vec<i64> = statement.entries.iter().map(signed).collect();
        assert!(amounts.contains(&figure(told)), "{name}: {amounts:?}");
        compared += 2;
        let balances: Vec<_> = told["getRecord"]["getBalances"].as_array().into_iter().flatten().collect();
        for (kind, ours) in [("opening", statement.opening), ("closing", statement.closing)] {
            // One example tells two opening balances, OPBD and PRCD.
            let figures: Vec<i64> =
                balances.iter().filter(|told| told["getType"] == kind).map(|told| figure(told)).collect();
            if let Some((_, amount)) = ours {
                assert!(figures.contains(&amount.0), "{name}: {kind} {amount}, they have {figures:?}");
                compared += 1;
            }
        }
    }
    compared
}

// ---- pain.008

fn order(sequence: Sequence, id: &str, amount: i64) -> CollectionOrder {
    CollectionOrder {
        collect_on: day("2026-12-01"),
        scheme: Scheme::Core,
        sequence,
        end_to_end_id: id.to_owned(),
        amount: Cents(amount),
        mandate: "MND-0007".to_owned(),
        signed_on: day("2026-01-15"),
        amended: false,
        debtor_name: "Café Zoë & Zn.".to_owned(),
        debtor_iban: "NL20INGB0001234567".to_owned(),
        text: "Factuur 2026-00042 – strippenkaart".to_owned(),
    }
}

fn golden(version: PainVersion) -> CollectionFile {
    CollectionFile {
        version,
        message_id: "SK-2026-11-28".to_owned(),
        created_at: "2026-11-28T09:30:00Z".parse::<DateTime<Utc>>().unwrap(),
        creditor_name: "Strippenkaart Demo B.V.".to_owned(),
        creditor_iban: "NL91ABNA0417164300".to_owned(),
        creditor_bic: Some("ABNANL2A".to_owned()),
        creditor_id: "NL69ZZZ123456780000".to_owned(),
        orders: vec![
            order(Sequence::Recurring, "F2026-00043-2", 11_858),
            order(Sequence::First, "F2026-00042-1", 96_800),
        ],
    }
}

#[test]
fn the_golden_file_has_two_groups_and_the_sums_on_both_levels() {
    for (version, name, bic) in [(PainVersion::V08, "08", "<BICFI>"), (PainVersion::V02, "02", "<BIC>")] {
        let text = pain008::write(&golden(version)).unwrap();
        keep(&format!("golden.{name}.pain008.xml"), &text);
        let count = |part: &str| text.matches(part).count();
        assert!(text.contains(&format!("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.{name}\">")));
        assert_eq!((count("<PmtInf>"), count("<NbOfTxs>2<"), count("<CtrlSum>1086.58<")), (2, 1, 1));
        assert_eq!((count("<NbOfTxs>1<"), count("<CtrlSum>968.00<"), count("<CtrlSum>118.58<")), (2, 1, 1));
        assert_eq!((count("PstlAdr"), count(bic)), (0, 2));
        assert_eq!((count("<Nm>Cafe Zoe + Zn.<"), count("<Ustrd>Factuur 2026-00042 - strippenkaart<")), (2, 2));
        assert!(text.find("FRST") < text.find("RCUR"), "in the order of the sequence, not of the orders");
        assert_eq!(pain008::write(&golden(version)).unwrap(), text, "the same bytes again");
    }
}

#[test]
fn groups_are_per_day_scheme_and_sequence_with_ids_that_fit() {
    let mut file = golden(PainVersion::V08);
    file.message_id = "/very-long-message-id-of-2026-11-28"[1..].to_owned() + "X";
    file.creditor_bic = None;
    file.orders.clear();
    let mut number = 0;
    for collect_on in [day("2026-12-08"), day("2026-12-01")] {
        for scheme in [Scheme::B2b, Scheme::Core] {
            for sequence in [Sequence::OneOff, Sequence::Final, Sequence::Recurring, Sequence::First, Sequence::First] {
                number += 1;
                let id = format!("F{number}");
                file.orders.push(CollectionOrder { collect_on, scheme, ..order(sequence, &id, number) });
            }
        }
    }
    let groups = groups(&file);
    let keys: Vec<_> = groups.iter().map(|group| (group.collect_on, group.scheme, group.sequence)).collect();
    assert!(keys.len() == 16 && keys.is_sorted());
    assert!(groups.iter().all(|group| group.id.len() <= 35 && group.id.contains("2026-11-28X-")));
    assert_eq!(groups.iter().map(pain008::CollectionGroup::sum).sum::<Cents>(), Cents((1..=20).sum()));
    let text = pain008::write(&file).unwrap();
    keep("many.08.pain008.xml", &text);
    assert_eq!(text.matches("<Id>NOTPROVIDED<").count(), 16 + 20, "our bank per group, theirs per order");
    file.version = PainVersion::V02;
    keep("many.02.pain008.xml", &pain008::write(&file).unwrap());
}

#[test]
fn a_collection_that_the_bank_would_refuse_is_named_with_what_to_do() {
    type Change = fn(&mut CollectionFile);
    let cases: [(&str, Option<&str>, Change); 22] = [
        ("at least one", None, |f| f.orders.clear()),
        ("the message id", None, |f| f.message_id = "x".repeat(36)),
        ("the message id", None, |f| f.message_id = String::new()),
        ("our name", None, |f| f.creditor_name = " ".to_owned()),
        ("our account", None, |f| f.creditor_iban = "NL92ABNA0417164300".to_owned()),
        ("our creditor id", None, |f| f.creditor_id = "NL99ZZZ123456780000".to_owned()),
        ("BIC", None, |f| f.creditor_bic = Some("ABNA".to_owned())),
        ("slash", Some("/F1"), |f| f.orders[0].end_to_end_id = "/F1".to_owned()),
        ("slash", Some("F1/"), |f| f.orders[0].end_to_end_id = "F1/".to_owned()),
        ("slash", Some("F//1"), |f| f.orders[0].end_to_end_id = "F//1".to_owned()),
        ("outside of SEPA's set", Some("F_1"), |f| f.orders[0].end_to_end_id = "F_1".to_owned()),
        ("spaces", Some(" F1"), |f| f.orders[0].end_to_end_id = " F1".to_owned()),
        ("used twice", Some("F2026-00042-1"), |f| f.orders[0].end_to_end_id = "F2026-00042-1".to_owned()),
        ("mandate's reference", Some("F2026-00043-2"), |f| f.orders[0].mandate = "é".to_owned()),
        ("only 0.01 to", Some("F2026-00043-2"), |f| f.orders[0].amount = Cents(0)),
        ("only 0.01 to", Some("F2026-00043-2"), |f| f.orders[0].amount = Cents(-1)),
        ("only 0.01 to", Some("F2026-00043-2"), |f| f.orders[0].amount = Cents(100_000_000_000)),
        ("not an IBAN", Some("F2026-00043-2"), |f| f.orders[0].debtor_iban = "NL46ABNA0499998748".to_owned()),
        ("SEPA area", Some("F2026-00043-2"), |f| f.orders[0].debtor_iban = "BR1800360305000010009795493C1".to_owned()),
        ("account holder's name", Some("F2026-00043-2"), |f| f.orders[0].debtor_name = String::new()),
        ("choose a later day", Some("F2026-00043-2"), |f| f.orders[0].signed_on = day("2026-12-02")),
        ("shorten it to 140", Some("F2026-00043-2"), |f| f.orders[0].text = "€".repeat(47)),
    ];
    for (why, named, change) in cases {
        let mut file = golden(PainVersion::V08);
        change(&mut file);
        let fault: CollectionFault = pain008::write(&file).unwrap_err();
        assert!(fault.reason.contains(why), "{why}: {fault}");
        assert_eq!(fault.order.as_deref(), named, "{why}");
    }
    assert_eq!(
        pain008::write(&CollectionFile { orders: vec![order(Sequence::First, "F1", 0)], ..golden(PainVersion::V08) })
            .unwrap_err()
            .to_string(),
        "collection F1: the amount is 0.00; only 0.01 to 999999999.99 can be collected"
    );
}

// ---- there and back

const CAMT: [&str; 6] =
    ["camt.053.001.02", "camt.053.001.04", "camt.053.001.08", "camt.054.001.02", "camt.054.001.04", "camt.054.001.08"];

#[test]
fn fixtures_come_back_from_every_version_that_is_written() {
    for name in ["returns.camt053.02.xml", "returns.camt053.08.xml", "traps.camt053.08.xml"] {
        let original = without_lines(read(&fixture(name)).unwrap());
        for version in CAMT {
            let mut file = original.clone();
            version.clone_into(&mut file.version);
            if version.starts_with("camt.054") {
                file.kind = BankFileKind::Camt054;
                file.statements.iter_mut().for_each(|statement| (statement.opening, statement.closing) = (None, None));
            }
            if version.ends_with(".02") {
                let entries = file.statements.iter_mut().flat_map(|statement| &mut statement.entries);
                entries.flat_map(|entry| &mut entry.details).for_each(|detail| detail.opposite = false);
            }
            let text = write(&file);
            keep(&format!("{}.{}", name.trim_end_matches(".xml"), ending(version)), &text);
            assert_eq!(read(text.as_bytes()).map(without_lines), Ok(file), "{name} as {version}\n{text}");
        }
    }
    for (name, version) in [("rejects.pain002.03.xml", "03"), ("rejects.pain002.10.xml", "10")] {
        let file = without_lines(read(&fixture(name)).unwrap());
        let text = write(&file);
        keep(&format!("rejects.{version}.pain002.xml"), &text);
        assert_eq!(read(text.as_bytes()).map(without_lines), Ok(file), "{name}\n{text}");
    }
}

#[test]
fn a_report_about_the_whole_message_or_about_nothing_comes_back() {
    let report = CollectionReport {
        line: 0,
        message_id: "SK-1".to_owned(),
        batch: None,
        end_to_end_id: None,
        rejected: true,
        status: "RJCT".to_owned(),
        reason: Some("FF01".to_owned()),
        text: Some("Het bestand voldoet niet".to_owned()),
        amount: Some(Cents(108_658)),
    };
    for reports in [vec![], vec![report]] {
        for version in ["pain.002.001.03", "pain.002.001.10"] {
            let file = BankFile {
                kind: BankFileKind::Pain002,
                version: version.to_owned(),
                message_id: "R".to_owned(),
                statements: vec![],
                reports: reports.clone(),
            };
            let text = write(&file);
            keep(&format!("message{}.{}.pain002.xml", reports.len(), &version[13..]), &text);
            assert_eq!(read(text.as_bytes()).map(without_lines), Ok(file), "{text}");
        }
    }
}

/// Text as a bank gives it: XML's own characters, accents, no needless spaces.
fn text(most: usize) -> impl Strategy<Value = String> {
    let words = prop::collection::vec("[A-Za-z0-9&<>\"'é€./:-]{1,12}", 1..=8);
    words.prop_map(move |words| words.join(" ").chars().take(most).collect::<String>().trim().to_owned())
}

fn id() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[A-Z0-9][A-Z0-9/.-]{0,20}[A-Z0-9]")
}

fn reference_of(told: &str) -> StructuredReference {
    let (kind, issuer) = (Some("SCOR".to_owned()), told.starts_with(['A', 'B']).then(|| "ISO".to_owned()));
    StructuredReference { reference: told.to_owned(), kind, issuer }
}

fn detail_strategy() -> impl Strategy<Value = BankDetail> {
    let iban = prop::option::of(prop_oneof![
        Just("NL20INGB0001234567".to_owned()),
        Just("NL46ABNA0499998748".to_owned()),
        "[0-9]{6,10}",
    ]);
    let ids = (id(), id(), id(), id());
    let texts = (prop::option::of(text(70)), iban, prop::option::of(text(400)));
    let reason = prop::option::of(prop_oneof![Just("AM04".to_owned()), Just("MD06".to_owned()), "[A-Z]{5,9}"]);
    (1..1_000_000_i64, 0..2_000_i64, ids, texts, reason).prop_map(
        |(amount, charge, (reference, end_to_end_id, mandate, structured), (name, iban, text), return_reason)| {
            BankDetail {
                line: 0,
                opposite: false,
                code: None,
                amount: Cents(amount),
                charge: Cents(charge),
                told_charge: Cents(charge),
                servicer_reference: reference.clone(),
                reference,
                transaction_id: None,
                instruction_id: None,
                uetr: None,
                end_to_end_id,
                mandate,
                ultimate_name: name.clone().filter(|name| name.len() % 2 == 0),
                name,
                iban,
                references: structured.iter().map(|told| reference_of(told)).collect(),
                structured,
                text,
                return_reason,
            }
        },
    )
}

fn entry_strategy() -> impl Strategy<Value = BankEntry> {
    let code = prop::option::of(prop_oneof![
        Just("PMNT/IDDT/UPDD".to_owned()),
        Just("N245".to_owned()),
        Just("A/B".to_owned())
    ]);
    let days = (0..400_i64, 0..10_i64);
    let details = prop::collection::vec(detail_strategy(), 1..5);
    (details, any::<bool>(), any::<bool>(), days, (id(), id(), id()), code, 0..500_i64, prop::option::of(text(100)))
        .prop_map(
            |(mut details, debit, booked, (day_number, later), (reference, batch, batch_message), code, left, text)| {
                if !debit {
                    // Of a credit no charge is more than came in.
                    for detail in &mut details {
                        detail.charge = detail.charge.min(detail.amount);
                        detail.told_charge = detail.charge;
                    }
                }
                // Nor is anything left that nothing tells: what came in is what the details tell.
                let left = if debit { left } else { 0 };
                let amounts: i64 = details.iter().map(|detail| detail.amount.0).sum();
                let costs: i64 = details.iter().map(|detail| detail.charge.0).sum::<i64>() + left;
                let booked_on = day("2026-01-01") + chrono::Days::new(day_number.unsigned_abs());
                BankEntry {
                    line: 0,
                    servicer_reference: reference.clone(),
                    entry_reference: Some("1".to_owned()).filter(|_| reference.is_some() && later % 2 == 0),
                    reversal: debit && later == 1,
                    reference,
                    amount: Cents(if debit { amounts + costs } else { amounts - costs }),
                    currency: "EUR".to_owned(),
                    direction: if debit { Direction::Debit } else { Direction::Credit },
                    booked,
                    booked_on,
                    valued_on: booked_on + chrono::Days::new(later.unsigned_abs()),
                    code,
                    batch,
                    batch_message,
                    text,
                    details,
                }
            },
        )
}

fn statement_strategy() -> impl Strategy<Value = BankStatement> {
    let parts = (prop::collection::vec(entry_strategy(), 0..5), -100_000..1_000_000_i64, "[A-Z0-9]{1,20}");
    parts.prop_map(|(entries, opening, id)| {
        let booked = entries.iter().filter(|entry| entry.booked).map(|entry| match entry.direction {
            Direction::Credit => entry.amount.0,
            Direction::Debit => -entry.amount.0,
        });
        BankStatement {
            id,
            account: "NL91ABNA0417164300".to_owned(),
            currency: Some("EUR".to_owned()),
            opening: Some((day("2026-01-01"), Cents(opening))),
            closing: Some((day("2027-03-01"), Cents(opening + booked.sum::<i64>()))),
            entries,
        }
    })
}

fn reports_strategy() -> impl Strategy<Value = Vec<CollectionReport>> {
    let status = prop_oneof![Just("RJCT"), Just("ACSP"), Just("PDNG")];
    let reason = prop::option::of(prop_oneof![Just("AC01".to_owned()), "[A-Z]{5,9}"]);
    let one = (id(), id(), status, reason, prop::option::of(text(300)), prop::option::of(0..10_000_000_i64));
    let one = one.prop_map(|(batch, end_to_end_id, status, reason, text, amount)| CollectionReport {
        line: 0,
        message_id: "SK-1".to_owned(),
        // Only the first report may be about the message.
        batch: batch.or_else(|| Some("G".to_owned())),
        end_to_end_id,
        rejected: status == "RJCT",
        status: status.to_owned(),
        reason,
        text,
        amount: amount.map(Cents),
    });
    prop::collection::vec(one, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_come_back_as_they_were_written(
        statements in prop::collection::vec(statement_strategy(), 1..3), version in 0..CAMT.len(), number in 0..20_u8,
    ) {
        let kind = if version < 3 { BankFileKind::Camt053 } else { BankFileKind::Camt054 };
        let mut file = BankFile {
            kind, version: CAMT[version].to_owned(), message_id: "M".to_owned(), statements, reports: vec![],
        };
        if kind == BankFileKind::Camt054 {
            file.statements.iter_mut().for_each(|statement| (statement.opening, statement.closing) = (None, None));
        }
        let text = write(&file);
        keep(&format!("random{number}.{}", ending(CAMT[version])), &text);
        let again = read(text.as_bytes()).map_err(|fault| TestCaseError::fail(format!("{fault}\n{text}")))?;
        for statement in &again.statements {
            prop_assert_eq!(check(statement), Ok(()));
        }
        let mut sum: Option<SumCheck> = None;
        let read = read_stream(text.as_bytes(), &mut |told| match (told, &mut sum) {
            (Told::Statement(head), sum) => {
                *sum = Some(SumCheck::new(&head));
                Ok(())
            }
            (Told::Entry(entry), Some(sum)) => sum.add(&entry),
            (Told::StatementEnd, Some(sum)) => sum.finish(),
            (Told::File(_) | Told::Entry(_) | Told::StatementEnd | Told::Report(_), _) => Ok(()),
        });
        prop_assert_eq!(read, Ok(()), "entry by entry as the whole");
        prop_assert_eq!(without_lines(again), file);
    }

    #[test]
    fn reports_come_back_as_they_were_written(reports in reports_strategy(), new in any::<bool>(), number in 0..9_u8) {
        let version = if new { "pain.002.001.10" } else { "pain.002.001.03" };
        let file = BankFile {
            kind: BankFileKind::Pain002, version: version.to_owned(), message_id: "M".to_owned(), statements: vec![], reports,
        };
        let text = write(&file);
        keep(&format!("random{number}.{}.pain002.xml", &version[13..]), &text);
        prop_assert_eq!(read(text.as_bytes()).map(without_lines), Ok(file), "{}", text);
    }

    #[test]
    fn any_names_and_texts_make_a_file_of_collections_in_the_set(
        name in "\\PC{1,80}", text in "\\PC{0,60}", amount in 1..99_999_999_999_i64, number in 0..9_u8,
    ) {
        let mut file = golden(if number % 2 == 0 { PainVersion::V08 } else { PainVersion::V02 });
        file.orders.push(CollectionOrder { debtor_name: name, text, ..order(Sequence::Final, "F3", amount) });
        if let Ok(text) = pain008::write(&file) {
            keep(&format!("random{number}.pain008.xml"), &text);
            prop_assert!(text.is_ascii());
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).is_err());
    }
}

/// A small generator of numbers: the same every time.
pub(super) struct Lot(pub u64);

impl Lot {
    pub fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below.max(1)
    }
}

/// Changes a file the way accidents do: bytes changed, parts lost, doubled, swapped for those of another file.
fn mutate(bytes: &[u8], other: &[u8], lot: &mut Lot) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=lot.draw(2) {
        if out.is_empty() {
            break;
        }
        let start = lot.draw(out.len());
        let end = (start + lot.draw(60)).min(out.len());
        match lot.draw(8) {
            0 => out[start] = u8::try_from(lot.draw(256)).unwrap(),
            1 => drop(out.drain(start..end)),
            2 => {
                let part = out[start..end].to_vec();
                out.splice(start..start, part);
            }
            3 => {
                let from = lot.draw(other.len());
                let part = other[from..(from + lot.draw(200)).min(other.len())].to_vec();
                out.splice(start..end, part);
            }
            4 => {
                let words: [&[u8]; 8] =
                    [b"-1", b"99999999999999999999", b"0.001", b"<Amt/>", b"&x;", b"", b"USD", b"\xff"];
                out.splice(start..end, words[lot.draw(words.len())].iter().copied());
            }
            5 => out.truncate(start),
            // Gentler: one figure or letter becomes another.
            _ => {
                let found = out[start..].iter().position(u8::is_ascii_alphanumeric);
                let figure = b'0' + u8::try_from(lot.draw(10)).unwrap();
                if let Some(at) = found {
                    out[start + at] = figure;
                }
            }
        }
    }
    out
}

#[test]
fn damaged_files_never_panic_and_what_is_read_stays_within_bounds() {
    let mut files: Vec<Vec<u8>> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bank"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "xml"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    files.extend(examples().iter().flat_map(|path| example_files(path)).map(|path| std::fs::read(path).unwrap()));
    files.sort();
    let (mut lot, mut accepted) = (Lot(20_261_126), 0);
    for _ in 0..3_000 {
        let (one, other) = (lot.draw(files.len()), lot.draw(files.len()));
        let damaged = mutate(&files[one], &files[other], &mut lot);
        match read(&damaged) {
            Ok(file) => {
                accepted += 1;
                for entry in file.statements.iter().flat_map(|statement| &statement.entries) {
                    assert!(entry.amount >= Cents::ZERO && !entry.details.is_empty());
                    assert!(entry.details.iter().all(|detail| detail.amount >= Cents::ZERO));
                    let _ = unexplained(entry);
                }
                for statement in &file.statements {
                    let _ = check(statement);
                }
                assert!(read(write(&file).as_bytes()).is_ok(), "what was read can be written");
            }
            Err(fault) => assert!(fault.line >= 1 && !fault.reason().is_empty() && !fault.dutch().is_empty()),
        }
    }
    assert!((150..2_850).contains(&accepted), "{accepted} accepted: the damage is too small or too large to tell");
}
