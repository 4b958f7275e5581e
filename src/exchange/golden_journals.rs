//! For tests: the golden journals, reading a spreadsheet back, and keeping what was written for outside judges.

use crate::domain::{
    Cents,
    journal::{ChartAccount, JournalEntry, JournalLine, JournalVat},
};
use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::io::Cursor;

/// A day.
pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Writes a file to the folder of `FINANCE_OUT`, where that is told.
pub fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("FINANCE_OUT") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Name and rows of the first sheet of an XLSX file.
pub fn read(bytes: &[u8]) -> (String, Vec<Vec<Data>>) {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).unwrap();
    (name, range.rows().map(<[Data]>::to_vec).collect())
}

/// The formulas of the first sheet of an XLSX file, the empty cells left out.
pub fn formulas(bytes: &[u8]) -> Vec<String> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_formula(&name).unwrap();
    range.used_cells().map(|(_, _, formula)| formula.clone()).collect()
}

/// The chart that the golden journals are on.
pub fn chart() -> Vec<ChartAccount> {
    [
        ("1100", "Bank", true),
        ("1300", "Debiteuren", true),
        ("1500", "Af te dragen btw hoog", true),
        ("1700", "Vooruitontvangen strippenkaarten", true),
        ("4500", "Bankkosten", false),
        ("8000", "Omzet support hoog", false),
        ("8005", "Vrijval verlopen tegoed", false),
        ("8010", "Omzet administratiekosten hoog", false),
        ("8900", "Vergoeding stornokosten (buiten btw)", false),
    ]
    .map(|(number, name, balance_sheet)| ChartAccount {
        number: number.to_owned(),
        name: name.to_owned(),
        rgs: None,
        balance_sheet,
    })
    .to_vec()
}

/// A line of a sample: account, cents, and the VAT of it at 21 % in cents.
type Line = (&'static str, i64, Option<i64>);

/// A sample: name in the golden figures, number, month and day of 2026, text, document, lines.
type Golden = (&'static str, &'static str, (u32, u32), &'static str, Option<&'static str>, &'static [Line]);

/// The golden journals.
const GOLDEN: [Golden; 9] = [
    (
        "sale",
        "VRK-2026-00042",
        (3, 2),
        "Strippenkaart 10 uur",
        Some("F2026-00042"),
        &[("1300", 96_800, None), ("1700", -80_000, Some(-16_800)), ("1500", -16_800, None)],
    ),
    (
        "collect",
        "MEM-2026-00001",
        (3, 16),
        "Incasso",
        Some("F2026-00042"),
        &[("1100", 96_800, None), ("1300", -96_800, None)],
    ),
    (
        "reversal",
        "MEM-2026-00002",
        (3, 19),
        "Stornering MD06",
        Some("F2026-00042"),
        &[("1300", 96_800, None), ("1100", -96_800, None)],
    ),
    (
        "bank_charge_reversal",
        "MEM-2026-00003",
        (3, 19),
        "Bankkosten stornering",
        None,
        &[("4500", 350, None), ("1100", -350, None)],
    ),
    (
        "fee_no_vat",
        "VRK-2026-00043",
        (3, 20),
        "Stornokosten",
        Some("V2026-00007"),
        &[("1300", 8_250, None), ("8900", -8_250, None)],
    ),
    (
        "fee_ex_21",
        "VRK-2026-00044",
        (4, 1),
        "Stornokosten; tweede",
        Some("F2026-00043"),
        &[("1300", 9_983, None), ("8010", -8_250, Some(-1_733)), ("1500", -1_733, None)],
    ),
    ("use_3h15", "MEM-2026-00004", (4, 30), "Verbruik 3:15", None, &[("1700", 26_000, None), ("8000", -26_000, None)]),
    ("expiry", "MEM-2026-00005", (12, 31), "Verlopen tegoed", None, &[("1700", 54_000, None), ("8005", -54_000, None)]),
    (
        "credit_unused",
        "VRK-2026-00045",
        (12, 31),
        "Creditering ongebruikt tegoed",
        Some("C2026-00003"),
        &[("1700", 54_000, Some(11_340)), ("1500", 11_340, None), ("1300", -65_340, None)],
    ),
];

/// The golden journals as entries.
pub fn entries() -> Vec<JournalEntry> {
    GOLDEN
        .iter()
        .map(|&(_, number, (month, on), description, document, lines)| JournalEntry {
            journal: number[..3].to_owned(),
            number: number.to_owned(),
            date: day(2026, month, on),
            recorded_on: day(2026, month, on),
            description: description.to_owned(),
            user: (number != "MEM-2026-00001").then(|| "m.jansen".to_owned()),
            customer: (number != "MEM-2026-00003").then(|| (1001, "Bakkerij Bäcker & Zn.".to_owned())),
            document: document.map(str::to_owned),
            lines: lines.iter().map(line).collect(),
        })
        .collect()
}

fn line(&(account, cents, vat): &Line) -> JournalLine {
    let of = |amount| JournalVat { code: "H".to_owned(), rate: Decimal::from(21), amount: Cents(amount) };
    JournalLine { account: account.to_owned(), amount: Cents(cents), vat: vat.map(of) }
}

/// The samples are the golden figures. Reads those of `FINANCE_GOLDEN`, where that is told.
#[test]
fn samples_are_the_golden_figures() {
    let Some(path) = std::env::var_os("FINANCE_GOLDEN") else { return };
    let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let journals = golden["journals"].as_object().unwrap();
    assert_eq!(journals.len(), GOLDEN.len());
    let chart = chart();
    for (name, .., lines) in GOLDEN {
        let ours: Vec<_> = lines
            .iter()
            .map(|(number, cents, _)| {
                let account = chart.iter().find(|account| account.number == *number).unwrap();
                serde_json::json!({ "account": format!("{number} {}", account.name), "amount": cents })
            })
            .collect();
        assert_eq!(serde_json::Value::from(ours), journals[name], "{name}");
    }
}
