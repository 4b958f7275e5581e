//! Files as banks and people send them (BANK-8): in other encodings, packed, in pages, of several accounts, in every
//! version; charges kept back (BANK-7); and what is said of those that are refused, in both languages.

use super::tests::{Lot, day, example_files, examples, fixture};
use super::*;
use crate::domain::bank::{EntrySummary, StructuredReference, Turnover};
use std::io::{BufReader, Write as _};
use zip::{ZipWriter, write::SimpleFileOptions};

const IBAN: &str = "NL91ABNA0417164300";

/// A message with the given parts.
fn message(version: &str, parts: &str) -> String {
    let name = match &version[..8] {
        "camt.052" => "BkToCstmrAcctRpt",
        "camt.053" => "BkToCstmrStmt",
        "camt.054" => "BkToCstmrDbtCdtNtfctn",
        _ => "CstmrPmtStsRpt",
    };
    format!(
        "<Document xmlns='{ISO}{version}'><{name}><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-12-02T05:30:00+01:00</CreDtTm>\
         </GrpHdr>{parts}</{name}></Document>"
    )
}

/// A statement, notice or report with an account and the given rest.
fn part(name: &str, rest: &str) -> String {
    format!("<{name}><Id>S</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{rest}</{name}>")
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Dt><Dt>2026-12-01</Dt></Dt></Bal>"
    )
}

fn entry(amount: &str, way: &str, rest: &str) -> String {
    format!(
        "<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-12-01</Dt>\
         </BookgDt>{rest}</Ntry>"
    )
}

fn told(text: &[u8]) -> Result<Vec<Told>, BankFault> {
    let mut all = Vec::new();
    read_stream(text, &mut |told| {
        all.push(told);
        Ok(())
    })?;
    Ok(all)
}

fn heads(text: &str) -> Vec<StatementHead> {
    let heads = told(text.as_bytes()).unwrap().into_iter().filter_map(|told| match told {
        Told::Statement(head) => Some(head),
        Told::File(_) | Told::Entry(_) | Told::StatementEnd | Told::Report(_) => None,
    });
    heads.collect()
}

fn head(version: &str, text: &str) -> StatementHead {
    heads(&message(version, text)).remove(0)
}

// ---- BANK-7

#[test]
fn bank_7_a_charge_kept_back_is_a_cost_only_when_told_as_included_and_ours() {
    let (old, new) = ("camt.053.001.02", "camt.053.001.08");
    let flat = |rest: &str| format!("<Chrgs><Amt Ccy='EUR'>5.00</Amt>{rest}</Chrgs>");
    let record = |rest: &str| format!("<Chrgs><Rcrd><Amt Ccy='EUR'>5.00</Amt>{rest}</Rcrd></Chrgs>");
    let included = |rest: &str| record(&format!("<ChrgInclInd>true</ChrgInclInd>{rest}"));
    let ordered = |amount: &str| format!("<AmtDtls><InstdAmt><Amt Ccy='EUR'>{amount}</Amt></InstdAmt></AmtDtls>");
    for (why, version, chrgs, (amount, charge, shown)) in [
        ("shared, .02", old, flat("<Br>SHAR</Br>"), (13_500, 500, 500)),
        ("ours, .02", old, flat("<CdtDbtInd>DBIT</CdtDbtInd><Br>CRED</Br>"), (13_500, 500, 500)),
        ("theirs, .02", old, flat("<Br>DEBT</Br>"), (13_000, 0, 500)),
        ("whose is not told, .02", old, flat(""), (13_000, 0, 500)),
        ("in dollars, .02", old, flat("<Br>SHAR</Br>").replace("EUR", "USD"), (13_000, 0, 0)),
        ("shared, .03", "camt.053.001.03", record("<Br>SHAR</Br>"), (13_500, 500, 500)),
        ("shared, .08", new, included("<Br>SHAR</Br>"), (13_500, 500, 500)),
        ("ours, .14", "camt.053.001.14", included("<Br>CRED</Br>"), (13_500, 500, 500)),
        ("theirs, .08", new, included("<Br>DEBT</Br>"), (13_000, 0, 500)),
        ("whose is not told, .08", new, included(""), (13_000, 0, 500)),
        ("not told as included, .08", new, record("<Br>SHAR</Br>"), (13_000, 0, 500)),
        ("booked apart, .08", new, record("<ChrgInclInd>false</ChrgInclInd><Br>SHAR</Br>"), (13_000, 0, 500)),
        ("shown by what was ordered", new, ordered("135.00") + &record("<Br>SHAR</Br>"), (13_500, 500, 500)),
        ("ordered, and theirs", new, ordered("135.00") + &record("<Br>DEBT</Br>"), (13_000, 0, 500)),
        ("given back", new, included("<CdtDbtInd>CRDT</CdtDbtInd><Br>SHAR</Br>"), (13_000, 0, -500)),
    ] {
        // Told with the payment, or with the entry.
        let amounts = if chrgs.contains("InstdAmt") {
            String::new()
        } else {
            "<AmtDtls><TxAmt><Amt Ccy='EUR'>130.00</Amt></TxAmt></AmtDtls>".to_owned()
        };
        for rest in [
            format!("<NtryDtls><TxDtls>{amounts}{chrgs}</TxDtls></NtryDtls>"),
            format!("{}<NtryDtls><TxDtls><Refs/></TxDtls></NtryDtls>", chrgs.replace("AmtDtls", "Other")),
            chrgs.clone(),
        ] {
            if chrgs.contains("InstdAmt") && !rest.starts_with("<NtryDtls>") {
                continue;
            }
            let file = read(message(version, &part("Stmt", &entry("130.00", "CRDT", &rest))).as_bytes()).unwrap();
            let entry = &file.statements[0].entries[0];
            let detail = &entry.details[0];
            assert_eq!(
                (detail.amount.0, detail.charge.0, detail.told_charge.0),
                (amount, charge, shown),
                "{why}: {rest}"
            );
            assert_eq!((entry.amount, unexplained(entry)), (Cents(13_000), Cents::ZERO), "{why}: what came in");
        }
    }
}

#[test]
fn bank_7_details_of_a_batch_come_in_with_or_without_their_charges_as_their_sum_tells() {
    let tx = |amount: &str, by: &str| {
        format!(
            "<TxDtls><Amt Ccy='EUR'>{amount}</Amt><Chrgs><Rcrd><Amt Ccy='EUR'>3.00</Amt>{by}</Rcrd></Chrgs></TxDtls>"
        )
    };
    let ours = "<ChrgInclInd>true</ChrgInclInd><Br>CRED</Br>";
    for (why, one, by, parts) in [
        ("net", "132.00", ours, [(13_500, 300), (13_500, 300)]),
        ("gross", "135.00", ours, [(13_500, 300), (13_500, 300)]),
        ("net, theirs", "132.00", "<ChrgInclInd>true</ChrgInclInd><Br>DEBT</Br>", [(13_200, 0), (13_200, 0)]),
        ("gross, not ours", "135.00", "", [(13_200, 0), (13_200, 0)]),
    ] {
        let details = format!("<NtryDtls>{}{}</NtryDtls>", tx(one, by), tx(one, by));
        let text = message("camt.053.001.08", &part("Stmt", &entry("264.00", "CRDT", &details)));
        let file = read(text.as_bytes()).unwrap();
        let entry = &file.statements[0].entries[0];
        let seen: Vec<_> = entry.details.iter().map(|detail| (detail.amount.0, detail.charge.0)).collect();
        assert_eq!((seen.as_slice(), unexplained(entry)), (parts.as_slice(), Cents::ZERO), "{why}");
    }
}

// ---- what a head tells

#[test]
fn bank_8_every_version_of_which_the_parts_are_the_same_is_read_and_no_other() {
    let rejected = "<OrgnlGrpInfAndSts><OrgnlMsgId>SK-1</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>";
    for (kind, parts, range) in [
        ("camt.052", part("Rpt", &entry("1.00", "CRDT", "")), 2..=14),
        ("camt.053", part("Stmt", &entry("1.00", "CRDT", "")), 2..=14),
        ("camt.054", part("Ntfctn", &entry("1.00", "CRDT", "")), 2..=14),
        ("pain.002", rejected.to_owned(), 3..=15),
    ] {
        for number in 1..=16 {
            let version = format!("{kind}.001.{number:02}");
            match read(message(&version, &parts).as_bytes()) {
                Ok(file) => {
                    assert!(range.contains(&number), "{version}");
                    assert_eq!((file.kind.as_str(), &file.version), (kind, &version));
                    assert_eq!(
                        file.statements.iter().map(|told| told.entries.len()).sum::<usize>() + file.reports.len(),
                        1
                    );
                }
                Err(fault) => {
                    assert!(!range.contains(&number), "{version}: {fault}");
                    assert!(matches!(fault.kind, BankFaultKind::UnknownVersion { .. }), "{fault}");
                }
            }
        }
    }
}

#[test]
fn bank_8_a_report_of_the_day_is_told_as_what_it_is() {
    let text = message(
        "camt.052.001.08",
        &part("Rpt", &(balance("OPBD", "1.00") + &balance("ITBD", "3.00") + &entry("2.00", "CRDT", ""))),
    );
    let all = told(text.as_bytes()).unwrap();
    let [Told::File(file), Told::Statement(head), Told::Entry(entry), Told::StatementEnd] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((file.kind, file.created_on), (BankFileKind::Camt052, Some(day("2026-12-02"))));
    assert_eq!(file.created_at.unwrap().to_string(), "2026-12-02 05:30:00", "the bank's clock");
    assert_eq!((head.closing, head.interim_closing), (None, Some((day("2026-12-01"), Cents(300)))));
    assert_eq!(head.created_at, file.created_at, "of the file where the report tells none");
    assert!(entry.booked);
    let again = write(&read(text.as_bytes()).unwrap());
    assert_eq!(read(again.as_bytes()).unwrap().kind, BankFileKind::Camt052, "{again}");
}

#[test]
fn bank_8_pages_tell_their_number_and_are_one_sum() {
    let pages =
        |number: u32, last: bool| format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>");
    let page = |number, last, from: &str, to: &str, amount: &str| {
        let rest = pages(number, last) + from + to + &entry(amount, "CRDT", "");
        message("camt.053.001.08", &part("Stmt", &rest))
    };
    let (opbd, clbd, itbd) = (balance("OPBD", "10.00"), balance("CLBD", "16.00"), |amount| balance("ITBD", amount));
    let texts = [
        page(1, false, &opbd, &itbd("11.00"), "1.00"),
        page(2, false, &itbd("11.00"), &itbd("13.00"), "2.00"),
        page(3, true, &itbd("13.00"), &clbd, "3.00"),
    ];
    let told: Vec<StatementHead> = texts.iter().map(|text| heads(text).remove(0)).collect();
    let on = day("2026-12-01");
    let ends: Vec<_> =
        told.iter().map(|head| (head.page, head.last_page, head.opening, head.closing, head.interim_closing)).collect();
    assert_eq!(
        ends,
        [
            (Some(1), Some(false), Some((on, Cents(1_000), OpeningKind::Opbd)), None, Some((on, Cents(1_100)))),
            (Some(2), Some(false), Some((on, Cents(1_100), OpeningKind::Itbd)), None, Some((on, Cents(1_300)))),
            (Some(3), Some(true), Some((on, Cents(1_300), OpeningKind::Itbd)), Some((on, Cents(1_600))), None),
        ]
    );
    let mut sum = SumCheck::new(&told[0]);
    for (at, text) in texts.iter().enumerate() {
        let file = read(text.as_bytes()).unwrap();
        let entries = &file.statements[0].entries;
        let mut alone = SumCheck::new(&told[at]);
        if at > 0 {
            sum.page(&told[at]);
        }
        for entry in entries {
            sum.add(entry).unwrap();
            alone.add(entry).unwrap();
        }
        assert_eq!((alone.finish(), sum.finish()), (Ok(()), Ok(())), "page {}: it alone, and all so far", at + 1);
    }
    assert_eq!((sum.running(), sum.net()), (Some(Cents(1_600)), Cents(600)));
    // One that lacks its middle does not add up.
    let mut gap = SumCheck::new(&told[0]);
    gap.add(&read(texts[0].as_bytes()).unwrap().statements[0].entries[0]).unwrap();
    gap.page(&told[2]);
    gap.add(&read(texts[2].as_bytes()).unwrap().statements[0].entries[0]).unwrap();
    assert!(matches!(gap.finish().unwrap_err().kind, BankFaultKind::WrongSum { .. }));
}

#[test]
fn bank_8_page_two_of_a_notice_is_known_as_such_and_pages_of_the_message_count_too() {
    let own = part("Ntfctn", "<NtfctnPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></NtfctnPgntn>");
    let seen = head("camt.054.001.08", &own);
    assert_eq!((seen.id.as_str(), seen.page, seen.last_page), ("S", Some(2), Some(true)));
    let text = message("camt.054.001.02", &part("Ntfctn", ""));
    let text = text.replace("</GrpHdr>", "<MsgPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>");
    let seen = heads(&text).remove(0);
    assert_eq!((seen.page, seen.last_page), (Some(2), Some(false)));
    assert_eq!(
        head("camt.052.001.08", &part("Rpt", "<RptPgntn><PgNb>7</PgNb><LastPgInd>1</LastPgInd></RptPgntn>")).page,
        Some(7)
    );
    let bare = head("camt.054.001.08", &part("Ntfctn", ""));
    assert_eq!((bare.page, bare.last_page), (None, None));
    let wrong = told(message("camt.054.001.08", &own.replace(">2<", ">two<")).as_bytes()).unwrap_err();
    assert!(matches!(wrong.kind, BankFaultKind::NotANumber { .. }), "{wrong}");
}

#[test]
fn bank_8_a_period_that_ends_at_midnight_ends_on_the_day_before() {
    for (from, to, days) in [
        ("2026-12-01T00:00:00", "2026-12-01T23:59:59", Some(("2026-12-01", "2026-12-01"))),
        ("2026-12-01T00:00:00", "2026-12-02T00:00:00", Some(("2026-12-01", "2026-12-01"))),
        ("2026-12-01T00:00:00+01:00", "2026-12-03T00:00:00.000+01:00", Some(("2026-12-01", "2026-12-02"))),
        ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00.001Z", Some(("2026-12-01", "2026-12-02"))),
        ("2026-12-01T00:00:00", "2026-12-01T00:00:00", Some(("2026-12-01", "2026-12-01"))),
        ("2026-12-01T00:00:00", "2026-12-01T24:00:00", Some(("2026-12-01", "2026-12-01"))),
        ("2026-12-02T00:00:00", "2026-12-01T00:00:00", None),
    ] {
        let text = format!("<FrToDt><FrDtTm>{from}</FrDtTm><ToDtTm>{to}</ToDtTm></FrToDt>");
        let expected = days.map(|(first, last)| (day(first), day(last)));
        assert_eq!(head("camt.053.001.08", &part("Stmt", &text)).period, expected, "{from} {to}");
    }
}

#[test]
fn a_head_tells_numbers_and_what_the_bank_counted() {
    let summary = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries><Sum>7.00</Sum></TtlNtries><TtlCdtNtries><NbOfNtries>1\
                   </NbOfNtries><Sum>5.00</Sum></TtlCdtNtries><TtlDbtNtries><Sum>2.00</Sum></TtlDbtNtries></TxsSummry>";
    let number = "<ElctrncSeqNb>42</ElctrncSeqNb><LglSeqNb>7</LglSeqNb>";
    let stmt = |credit: &str| {
        part("Stmt", &format!("{number}{summary}{}{}", entry(credit, "CRDT", ""), entry("2.00", "DBIT", "")))
    };
    let seen = head("camt.053.001.08", &stmt("5.00"));
    assert_eq!(seen.sequence, Some(42));
    assert_eq!(head("camt.053.001.08", &part("Stmt", "<LglSeqNb>7</LglSeqNb>")).sequence, Some(7));
    let turnover = |count, sum| Turnover { count, sum: Some(Cents(sum)) };
    let counted =
        EntrySummary { all: turnover(Some(2), 700), credit: turnover(Some(1), 500), debit: turnover(None, 200) };
    assert_eq!(seen.summary, Some(counted));
    for (credit, right) in [("5.00", true), ("4.00", false)] {
        let file = read(message("camt.053.001.08", &stmt(credit)).as_bytes()).unwrap();
        let mut sum = SumCheck::new(&seen);
        file.statements[0].entries.iter().try_for_each(|entry| sum.add(entry)).unwrap();
        assert_eq!(sum.counted().is_ok(), right, "{credit}: {:?}", sum.counted());
        if let Err(fault) = sum.counted() {
            assert_eq!(
                fault.reason(),
                "statement S has 1 entry of 4.00 together, and the bank counted 1 of 5.00; ask the bank for a complete file"
            );
        }
    }
}

#[test]
fn bank_8_each_statement_of_a_file_tells_its_account() {
    let other = part("Stmt", "").replace(IBAN, "NL20INGB0001234567").replace("<Id>S</Id>", "<Id>T</Id>");
    let text = message("camt.053.001.02", &(part("Stmt", &entry("1.00", "CRDT", "")) + &other));
    let seen: Vec<_> = heads(&text).into_iter().map(|head| (head.id, head.account)).collect();
    assert_eq!(seen, [("S".to_owned(), IBAN.to_owned()), ("T".to_owned(), "NL20INGB0001234567".to_owned())]);
}

#[test]
fn references_are_kept_apart() {
    let details = "<NtryRef>1</NtryRef><AcctSvcrRef>BANK-9</AcctSvcrRef><NtryDtls><TxDtls><Refs><AcctSvcrRef>D-1</AcctSvcrRef>\
        <InstrId>I-1</InstrId><EndToEndId>NOTPROVIDED</EndToEndId><UETR>u-1</UETR><TxId>T-1</TxId><MndtId>M-1</MndtId></Refs>\
        <RltdPties><UltmtDbtr><Pty><Nm>De dochter</Nm></Pty></UltmtDbtr></RltdPties>\
        <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>CUR</Issr></Tp><Ref>9000000000000000</Ref></CdtrRefInf>\
        </Strd><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls>";
    let text = message("camt.053.001.08", &part("Stmt", &entry("1.00", "CRDT", details)));
    let text = text.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>");
    let file = read(text.as_bytes()).unwrap();
    let entry = &file.statements[0].entries[0];
    assert_eq!((entry.servicer_reference.as_deref(), entry.entry_reference.as_deref()), (Some("BANK-9"), Some("1")));
    assert!(entry.reversal);
    let detail = &entry.details[0];
    let ids =
        [&detail.servicer_reference, &detail.transaction_id, &detail.instruction_id, &detail.uetr, &detail.mandate];
    assert_eq!(ids.map(|id| id.as_deref().unwrap()), ["D-1", "T-1", "I-1", "u-1", "M-1"]);
    assert_eq!((detail.end_to_end_id.as_deref(), detail.ultimate_name.as_deref()), (None, Some("De dochter")));
    let slip = StructuredReference {
        reference: "9000000000000000".to_owned(),
        kind: Some("SCOR".to_owned()),
        issuer: Some("CUR".to_owned()),
    };
    let bare = StructuredReference { reference: "RF18539007547034".to_owned(), ..StructuredReference::default() };
    assert_eq!((detail.structured.as_deref(), &detail.references), (Some("9000000000000000"), &vec![slip, bare]));
    let again = read(write(&file).as_bytes()).unwrap();
    assert_eq!(again.statements[0].entries[0].details[0].references, detail.references);
}

// ---- bytes

/// A fixture, and it in every encoding that can hold it.
fn encoded() -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(fixture("returns.camt053.08.xml")).unwrap();
    let mut all = vec![("with a mark".to_owned(), [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat())];
    for name in ["ISO-8859-1", "iso-8859-15", "Windows-1252"] {
        let declared = text.replace("UTF-8", name);
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
        let (bytes, _, lost) = encoding.encode(&declared);
        assert!(!lost && std::str::from_utf8(&bytes).is_err(), "{name}");
        all.push((name.to_owned(), bytes.into_owned()));
    }
    for (mark, name) in [(true, "UTF-16"), (false, "UTF-16")] {
        let declared = text.replace("UTF-8", name);
        let units: Vec<u16> = mark.then_some(0xfeff).into_iter().chain(declared.encode_utf16()).collect();
        all.push((format!("{name}LE {mark}"), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()));
        all.push((format!("{name}BE {mark}"), units.iter().flat_map(|unit| unit.to_be_bytes()).collect()));
    }
    // As programs of Windows write it: says UTF-16, and is UTF-8.
    all.push(("only says so".to_owned(), text.replace("UTF-8", "UTF-16").into_bytes()));
    all
}

#[test]
fn bank_8_a_file_reads_the_same_in_every_encoding_and_in_pieces_of_any_size() {
    let plain = fixture("returns.camt053.08.xml");
    let expected = told(&plain).unwrap();
    for (name, bytes) in encoded() {
        assert_eq!(told(&bytes), Ok(expected.clone()), "{name}");
        for size in [1, 7, 100] {
            let mut pieces = Vec::new();
            let read = read_stream(BufReader::with_capacity(size, bytes.as_slice()), &mut |told| {
                pieces.push(told);
                Ok(())
            });
            assert_eq!((read, &pieces), (Ok(()), &expected), "{name} by {size}");
        }
    }
}

#[test]
fn bank_8_a_broken_encoding_is_refused_with_its_line() {
    let text = String::from_utf8(fixture("returns.camt053.08.xml")).unwrap();
    let latin: Vec<u8> = text.chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect();
    let fault = told(&latin).unwrap_err();
    assert_eq!((fault.line, fault.kind), (79, BankFaultKind::BrokenEncoding { encoding: "UTF-8".to_owned() }));
    let unknown = text.replace("UTF-8", "x-bank");
    let fault = told(unknown.as_bytes()).unwrap_err();
    assert_eq!((fault.line, fault.kind), (79, BankFaultKind::UnknownEncoding { encoding: "x-bank".to_owned() }));
    let ascii: String = unknown.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect();
    assert!(told(ascii.as_bytes()).is_ok(), "plain ASCII reads the same in all");
}

#[test]
fn bank_8_what_is_no_xml_of_a_bank_is_named() {
    let coda = format!("0000001122672505        {:104}\n", "05");
    for (bytes, what) in [
        (b":20:940S123\r\n:25:NL91ABNA0417164300\r\n".as_slice(), Foreign::Mt940),
        (b"{1:F01ABNANL2AXXXX}{2:I940}{4:\r\n:20:x", Foreign::Mt940),
        (b"ABNANL2A\r\n940\r\nABNANL2A\r\n:20:ABN AMRO BANK NV\r\n", Foreign::Mt940),
        (b"\xef\xbb\xbf\"Datum\";\"Naam\"\n", Foreign::Csv),
        (b"Date,Amount\n", Foreign::Csv),
        (b"\n%PDF-1.7", Foreign::Pdf),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::Workbook),
        (b"PK\x03\x04..[Content_Types].xml", Foreign::Workbook),
        (b"<!DOCTYPE html><html>", Foreign::WebPage),
        (b"\x1f\x8b\x08", Foreign::Packed),
        (b"hello", Foreign::Other),
        (coda.as_bytes(), Foreign::Coda),
    ] {
        let fault = told(bytes).unwrap_err();
        assert_eq!(fault, BankFault::new(1, BankFaultKind::NotXml(what)), "{}", String::from_utf8_lossy(bytes));
        // A zip or gzip that is uploaded is opened, and broken here.
        let opened = Upload::open("x", bytes.to_vec()).map(|_| ()).unwrap_err().kind;
        let packed = bytes.starts_with(b"\x1f\x8b");
        assert_eq!(opened, if packed { BankFaultKind::ArchiveBroken } else { fault.kind });
    }
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).unwrap();
        } else {
            let method =
                if bytes.len() % 2 == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
            zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(bytes).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn packed(member: &Member) -> Vec<u8> {
    let mut packed = Vec::new();
    member.pack(&mut packed).unwrap();
    packed
}

#[test]
fn bank_8_a_zip_holds_files_of_their_own_and_what_is_kept_is_the_same_however_it_came() {
    let (one, two) = (fixture("returns.camt053.08.xml"), [fixture("returns.camt053.02.xml"), b"\n".to_vec()].concat());
    let files: [(&str, &[u8]); 5] =
        [("a/", b""), ("a/one.xml", &one), ("__MACOSX/a/._one.xml", b"\0\x05"), ("two.xml", &two), (".DS_Store", b"x")];
    let upload = Upload::open("bank.zip", zip(&files)).unwrap();
    let seen: Vec<_> = upload.members.iter().map(|member| (member.name.as_str(), member.size)).collect();
    assert_eq!(seen, [("one.xml", one.len() as u64), ("two.xml", two.len() as u64)]);
    for (member, bytes) in upload.members.iter().zip([&one, &two]) {
        for _ in 0..2 {
            let mut again = Vec::new();
            std::io::Read::read_to_end(&mut member.reader(), &mut again).unwrap();
            assert!(again == *bytes, "each reader begins at the beginning");
        }
        let plain = Upload::open("x.xml", bytes.clone()).unwrap().members.remove(0);
        let kept = packed(&plain);
        assert_eq!((&member.digest, packed(member)), (&plain.digest, kept.clone()));
        assert!(kept.len() < bytes.len() / 3);
        let back = Upload::from_kept("x.xml.gz", kept).unwrap();
        assert_eq!((&back.digest, back.size, back.name.as_str()), (&member.digest, member.size, "x.xml"));
        let mut pieces = Vec::new();
        read_stream(back.reader(), &mut |told| {
            pieces.push(told);
            Ok(())
        })
        .unwrap();
        assert_eq!(Ok(pieces), told(bytes));
    }
}

#[test]
fn bank_8_a_zip_that_cannot_be_read_is_refused_with_what_to_do() {
    let good = fixture("returns.camt053.08.xml");
    let whole = zip(&[("one.xml", &good)]);
    let mut locked = whole.clone();
    let central = locked.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    locked[6] |= 1;
    locked[central + 8] |= 1;
    let mut flipped = whole.clone();
    flipped[200] ^= 0x55;
    let spaces = vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1];
    let many: Vec<String> = (0..=MAX_MEMBERS).map(|nr| format!("{nr}.xml")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), good.get(..9).unwrap())).collect();
    let bomb = {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&spaces).unwrap();
        gz.finish().unwrap()
    };
    for (bytes, kind) in [
        (locked, BankFaultKind::ArchiveLocked),
        (flipped, BankFaultKind::ArchiveBroken),
        (whole[..whole.len() - 30].to_vec(), BankFaultKind::ArchiveBroken),
        (zip(&[("a/", b"")]), BankFaultKind::ArchiveEmpty),
        (zip(&[("in.zip", &whole)]), BankFaultKind::ArchiveMember { name: "in.zip".to_owned(), what: Foreign::Packed }),
        (
            zip(&[("a.xml", &good), ("b.pdf", b"%PDF-1.7")]),
            BankFaultKind::ArchiveMember { name: "b.pdf".to_owned(), what: Foreign::Pdf },
        ),
        (zip(&[("[Content_Types].xml", b"<x/>")]), BankFaultKind::NotXml(Foreign::Workbook)),
        (zip(&many), BankFaultKind::ArchiveTooMany { most: MAX_MEMBERS }),
        (zip(&[("a.xml", &spaces)]), BankFaultKind::TooLarge { most: 200, packed: true }),
        (bomb, BankFaultKind::TooLarge { most: 200, packed: true }),
        (spaces.clone(), BankFaultKind::TooLarge { most: 200, packed: false }),
        (Vec::new(), BankFaultKind::Empty),
    ] {
        let opened = Upload::open("x.zip", bytes).map(|upload| upload.members.len());
        assert_eq!(opened.map_err(|fault| fault.kind), Err(kind));
    }
    let named = Upload::open("x.zip", zip(&[("a.xml", &good), ("b.xml", b"")])).unwrap_err();
    assert_eq!(named, BankFault::new(1, BankFaultKind::Empty).of("b.xml"), "a refusal names the file of the zip");
}

/// A piece of text, again and again.
struct Again {
    piece: Vec<u8>,
    from: usize,
}

impl std::io::Read for Again {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.from %= self.piece.len();
        let mut rest = &self.piece[self.from..];
        let read = std::io::Read::read(&mut rest, into)?;
        self.from += read;
        Ok(read)
    }
}

#[test]
fn bank_8_a_file_of_more_than_200_mib_is_refused_while_it_is_read() {
    let start = format!("<Document xmlns='{ISO}camt.053.001.08'>");
    let again = Again { piece: format!("<!--{}-->", "x".repeat(1_000_000)).into_bytes(), from: 0 };
    let endless = BufReader::with_capacity(256 * 1024, std::io::Read::chain(start.as_bytes(), again));
    let fault = read_stream(endless, &mut |_| Ok(())).unwrap_err();
    assert_eq!(fault.kind, BankFaultKind::TooLarge { most: 200, packed: false });
}

#[test]
fn names_of_files_are_short_and_show_what_they_are() {
    for (name, clean) in [
        ("camt.xml", "camt.xml"),
        ("C:\\Users\\x\\camt.xml", "camt.xml"),
        ("../../etc/passwd", "passwd"),
        ("in\u{202e}lmx.exe", "inlmx.exe"),
        ("a\u{0}\u{200b}\n\u{2066}b.xml ", "ab.xml"),
        ("", "bank.xml"),
        ("\u{202e}", "bank.xml"),
        ("Café ☕.xml", "Café ☕.xml"),
    ] {
        assert_eq!(clean_name(name), clean, "{name:?}");
    }
    let long = clean_name(&format!("{}-2026-12.xml", "ü".repeat(500)));
    assert!(long.chars().count() == 100 && long.ends_with("ü-2026-12.xml") && long.contains('…'), "{long}");
}

// ---- order

#[test]
fn balances_and_accounts_come_before_entries() {
    for late in [balance("CLBD", "1.00"), format!("<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>"), "<Id>T</Id>".to_owned()]
    {
        let text = message("camt.053.001.08", &part("Stmt", &format!("{}\n{late}", entry("1.00", "CRDT", ""))));
        let fault = told(text.as_bytes()).unwrap_err();
        assert_eq!(fault.line, 2);
        assert!(matches!(fault.kind, BankFaultKind::OutOfOrder { after: "Ntry", .. }), "{fault}");
    }
}

#[test]
fn who_is_told_may_end_the_reading() {
    let text = message("camt.053.001.08", &part("Stmt", &entry("1.00", "CRDT", "")));
    let mut seen = 0;
    let fault = read_stream(text.as_bytes(), &mut |_| {
        seen += 1;
        Err(BankFault::new(7, BankFaultKind::Empty))
    });
    assert_eq!((fault, seen), (Err(BankFault::new(7, BankFaultKind::Empty)), 1));
}

#[test]
fn damaged_bytes_in_any_encoding_or_archive_never_panic() {
    let mut files: Vec<Vec<u8>> = encoded().into_iter().map(|(_, bytes)| bytes).collect();
    files.push(zip(&[("one.xml", &fixture("traps.camt053.08.xml")), ("two.xml", &fixture("rejects.pain002.10.xml"))]));
    files.push(packed(&Upload::open("x", fixture("returns.camt054.08.xml")).unwrap().members[0]));
    files.extend(examples().iter().flat_map(|path| example_files(path)).map(|path| std::fs::read(path).unwrap()));
    let (mut lot, mut read_again) = (Lot(9), 0);
    for _ in 0..2_000 {
        let mut bytes = files[lot.draw(files.len())].clone();
        for _ in 0..=lot.draw(3) {
            let at = lot.draw(bytes.len());
            match lot.draw(3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] ^= 1 << lot.draw(8),
                _ => bytes[at] = u8::try_from(lot.draw(256)).unwrap(),
            }
        }
        match Upload::open("x", bytes) {
            Ok(upload) => {
                for member in &upload.members {
                    match read_stream(member.reader(), &mut |_| Ok(())) {
                        Ok(()) => read_again += 1,
                        Err(fault) => assert!(fault.line >= 1 && fault.reason() != fault.dutch()),
                    }
                }
            }
            Err(fault) => assert!(fault.line >= 1 && fault.reason() != fault.dutch()),
        }
    }
    assert!((50..1_990).contains(&read_again), "{read_again}");
}

// ---- what is said

/// One of each kind, and of each of its shapes.
#[expect(clippy::too_many_lines, reason = "one line per kind")]
fn kinds() -> Vec<BankFaultKind> {
    use BankFaultKind as K;
    let text = |text: &str| text.to_owned();
    let foreign = [
        Foreign::Mt940,
        Foreign::Csv,
        Foreign::Pdf,
        Foreign::Workbook,
        Foreign::Coda,
        Foreign::WebPage,
        Foreign::Packed,
        Foreign::Other,
    ];
    let amounts = [AmountFault::Negative, AmountFault::NotAnAmount, AmountFault::Decimals, AmountFault::TooLarge];
    let amount = |why| K::Amount { element: text("Amt"), found: text("1,5"), why };
    let mut all: Vec<K> = foreign.into_iter().map(K::NotXml).chain(amounts.into_iter().map(amount)).collect();
    all.extend([
        K::Empty,
        K::OtherMessage { found: text("pain.001.001.09") },
        K::OtherMessage { found: text("camt.056.001.08") },
        K::OnlyAnnounces { found: text("camt.052.001.08") },
        K::UnknownVersion { found: text("camt.053.001.15"), oldest: "camt.053.001.02", newest: "camt.053.001.14" },
        K::OtherXml { root: text("Invoice") },
        K::NoneOfOurs { accounts: vec![text("NL20INGB0001234567")], ours: vec![text(IBAN)] },
        K::TooLarge { most: 200, packed: false },
        K::TooLarge { most: 200, packed: true },
        K::BrokenEncoding { encoding: text("UTF-8") },
        K::UnknownEncoding { encoding: text("EBCDIC") },
        K::ForbiddenCharacter { character: text("\\u{1}") },
        K::DocumentType,
        K::NotWellFormed { detail: text("…") },
        K::Trailing,
        K::UnknownEntity { name: text("copy") },
        K::UnknownPrefix { prefix: text("y") },
        K::TooDeep { most: 40 },
        K::TooLong { most: 4096 },
        K::EntryTooLarge { element: text("Ntry") },
        K::CutOff { element: text("Stmt"), opened: 8 },
        K::Missing { parent: text("Ntry"), elements: vec!["BookgDt", "ValDt"] },
        K::Missing { parent: text("Ntry"), elements: vec!["Amt"] },
        K::EmptyElement { element: text("Id") },
        K::OutOfOrder { element: text("Bal"), after: "Ntry" },
        K::OwnAccount { account: text("NL92ABNA0417164300") },
        K::NoCurrency { element: text("Amt") },
        K::NotACurrency { found: text("Euro") },
        K::NotADirection { found: text("D") },
        K::NotADay { element: text("Dt"), found: text("2026-02-30") },
        K::NotANumber { element: text("PgNb"), found: text("x") },
        K::OtherCurrency { entry: text("USD"), account: text("EUR") },
        K::WrongSum {
            statement: text("S"),
            account: text(IBAN),
            opening: Cents(1_000),
            entries: Cents(-250),
            closing: Cents(751),
        },
        K::WrongSummary {
            statement: text("S"),
            told_count: Some(3),
            count: 2,
            told_sum: Some(Cents(700)),
            sum: Cents(500),
        },
        K::WrongSummary {
            statement: text("S"),
            told_count: None,
            count: 2,
            told_sum: Some(Cents(700)),
            sum: Cents(500),
        },
        K::Gap { statement: text("S"), opening: Cents(100), previous: text("R"), closing: Cents(90) },
        K::ArchiveBroken,
        K::ArchiveLocked,
        K::ArchiveMember { name: text("b.pdf"), what: Foreign::Pdf },
        K::ArchiveEmpty,
        K::ArchiveTooMany { most: MAX_MEMBERS },
        K::Unreadable,
    ]);
    all
}

#[test]
fn bank_8_every_refusal_says_in_both_languages_what_to_do() {
    let kinds = kinds();
    let (mut seen, mut english, mut dutch) = (std::collections::HashSet::new(), Vec::new(), Vec::new());
    for kind in &kinds {
        seen.insert(std::mem::discriminant(kind));
        let fault = BankFault::new(3, kind.clone());
        println!("EN {}\nNL {}\n", fault.reason(), fault.dutch());
        english.push(fault.reason());
        dutch.push(fault.dutch());
    }
    assert_eq!(seen.len(), 40, "one of each kind; add a new one to `kinds` and count it here");
    for (one, other) in english.iter().zip(&dutch) {
        assert!(!one.is_empty() && !other.is_empty() && one != other, "{one}");
        for text in [one, other] {
            assert!(!text.contains(['{', '}']) || text.contains("\\u{1}"), "{text}: a hole that was not filled");
            assert!(!text.contains("  ") && !text.ends_with('.'), "{text}");
        }
        let words: Vec<&str> = other.split(|char: char| !char.is_alphabetic()).collect();
        for word in [
            "the",
            "is not",
            "ask",
            "your",
            "file",
            "and",
            "again",
            "line",
            "of the",
            "which",
            "entry",
            "statement",
            "amount",
            "expected",
            "account",
            "day",
            "empty",
            "it",
            "ours",
            "with",
            "from",
        ] {
            assert!(!words.contains(&word), "{other}: `{word}` is English");
        }
        let does = ["vraag", "meld", "download", "upload", "kies", "pak", "verdeel", "log", "haal", "gelezen"];
        assert!(does.iter().any(|word| words.contains(word)), "{other}: says nothing to do");
    }
    assert!(dutch.iter().any(|text| text == "dit is MT940, een ouder formaat; vraag uw bank om camt.053 (XML)"));
    assert!(dutch.iter().any(|text| {
        text.contains("beginsaldo 10,00 met boekingen van -2,50 komt niet uit op eindsaldo 7,51 (verschil 0,01)")
    }));
    let unique: std::collections::HashSet<_> = english.iter().chain(&dutch).collect();
    assert_eq!(unique.len(), 2 * kinds.len(), "no two say the same");
}

// ---- how fast

/// An endless supply of entries, made while they are read.
struct Supply {
    next: usize,
    entries: usize,
    piece: Vec<u8>,
    from: usize,
}

impl std::io::Read for Supply {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.from == self.piece.len() {
            self.from = 0;
            let n = self.next;
            self.piece = match n {
                0 => format!("<Document xmlns='{ISO}camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id>\
                    <Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>\n").into_bytes(),
                n if n <= self.entries => entry("121.00", "CRDT", &format!(
                    "<AcctSvcrRef>REF{n}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>\
                     </BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E{n}</EndToEndId><TxId>T{n}</TxId></Refs><AmtDtls><TxAmt>\
                     <Amt Ccy='EUR'>121.00</Amt></TxAmt></AmtDtls><RltdPties><Dbtr><Pty><Nm>Klant {n}</Nm></Pty></Dbtr><DbtrAcct><Id>\
                     <IBAN>NL20INGB0001234567</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>Factuur 2026-{n} van december</Ustrd></RmtInf>\
                     </TxDtls></NtryDtls>\n")).replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>").into_bytes(),
                n if n == self.entries + 1 => b"</Stmt></BkToCstmrStmt></Document>".to_vec(),
                _ => Vec::new(),
            };
            self.next += 1;
        }
        let length = into.len().min(self.piece.len() - self.from);
        into[..length].copy_from_slice(&self.piece[self.from..self.from + length]);
        self.from += length;
        Ok(length)
    }
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().split(' ').next().and_then(|figure| figure.parse().ok()).unwrap_or(0)
}

/// `cargo nextest run --release --run-ignored only hundred_thousand --no-capture`
#[test]
#[ignore = "measures; to be run in release"]
fn a_hundred_thousand_entries_take_their_time_and_no_memory() {
    let before = peak();
    let (mut entries, start) = (0_u32, std::time::Instant::now());
    let supply = Supply { next: 0, entries: 100_000, piece: Vec::new(), from: 0 };
    let mut sum: Option<SumCheck> = None;
    read_stream(BufReader::with_capacity(64 * 1024, supply), &mut |told| {
        match told {
            Told::Statement(head) => sum = Some(SumCheck::new(&head)),
            Told::Entry(entry) => {
                entries += 1;
                sum.as_mut().unwrap().add(&entry)?;
            }
            Told::File(_) | Told::StatementEnd | Told::Report(_) => {}
        }
        Ok(())
    })
    .unwrap();
    let took = start.elapsed() / entries;
    println!("{entries} entries, {took:?} each, {} kB more at the peak than before", peak() - before);
    assert_eq!((entries, sum.unwrap().net()), (100_000, Cents(1_210_000_000)));
    assert!(peak() - before < 16 * 1024, "memory follows the file");
    assert!(cfg!(debug_assertions) || took < std::time::Duration::from_micros(100), "{took:?}");
}
