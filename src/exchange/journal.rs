//! The journal as bookkeepers import it: a row per journal line, as Dutch CSV or XLSX, with the columns that their
//! package asks for.
//!
//! **Invariant:** nothing is written of a set of entries of which one does not sum to zero.

use super::sheet::{Cell, Check, Column, Holds, Kind, Sheet, SheetError, Totals};
use crate::domain::{
    Cents,
    journal::{ChartAccount, JournalEntry, JournalLine},
    words::words,
};
use std::collections::{HashMap, HashSet};

words! {
    /// Whose columns a journal file has.
    pub enum JournalProfile {
        /// Our own: everything that the journal knows.
        Standard = "standard",
        /// For an import definition in Exact Online that the bookkeeper maps once: one amount, debit positive.
        Exact = "exact",
        /// For an import profile of `SnelStart`.
        SnelStart = "snelstart",
    }
}

/// Why a journal was not written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// An entry does not sum to zero.
    #[error("entry {entry} does not balance: it is {difference} off")]
    Unbalanced {
        /// Number of the entry.
        entry: String,
        /// Debit less credit.
        difference: Cents,
    },
    /// An entry without lines.
    #[error("entry {entry} has no lines")]
    Empty {
        /// Number of the entry.
        entry: String,
    },
    /// A number that two entries have.
    #[error("two entries have the number {entry}")]
    Twice {
        /// Number of the entries.
        entry: String,
    },
    /// A line on an account that the chart does not have.
    #[error("entry {entry} is on account {account}, which is not in the chart of accounts")]
    Account {
        /// Number of the entry.
        entry: String,
        /// Number of the account.
        account: String,
    },
    /// The table could not be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

/// The journal as Dutch CSV, a row per line of an entry, in the order given.
///
/// # Errors
/// An entry that does not sum to zero, is empty or has the number of another, or an account that is not in the chart.
///
/// # Panics
/// When the lines of an entry add up to more than an `i64` of cents.
pub fn csv(entries: &[JournalEntry], chart: &[ChartAccount], profile: JournalProfile) -> Result<Vec<u8>, JournalError> {
    Ok(sheet(entries, chart, profile)?.to_csv()?)
}

/// The journal as XLSX, with totals and a check that it balances. The file says that it was made on the last day that
/// an entry was recorded on, so that the same entries give the same bytes.
///
/// # Errors
/// As [`csv()`]; and more lines than a spreadsheet has rows.
///
/// # Panics
/// When the lines add up to more than an `i64` of cents.
pub fn xlsx(
    entries: &[JournalEntry],
    chart: &[ChartAccount],
    profile: JournalProfile,
) -> Result<Vec<u8>, JournalError> {
    let created = entries.iter().map(|entry| entry.recorded_on).max().unwrap_or_default();
    Ok(sheet(entries, chart, profile)?.to_xlsx(created)?)
}

/// Whether every entry sums to zero, has lines and a number of its own, and stays within the chart.
///
/// # Errors
/// Names the first entry that does not.
///
/// # Panics
/// When the lines of an entry add up to more than an `i64` of cents.
pub fn check(entries: &[JournalEntry], chart: &[ChartAccount]) -> Result<(), JournalError> {
    let known: HashSet<&str> = chart.iter().map(|account| account.number.as_str()).collect();
    let mut numbers = HashSet::new();
    for JournalEntry { number, lines, .. } in entries {
        let entry = || number.clone();
        let difference: Cents = lines.iter().map(|line| line.amount).sum();
        if difference != Cents::ZERO {
            return Err(JournalError::Unbalanced { entry: entry(), difference });
        }
        if lines.is_empty() {
            return Err(JournalError::Empty { entry: entry() });
        }
        if !numbers.insert(number) {
            return Err(JournalError::Twice { entry: entry() });
        }
        if let Some(line) = lines.iter().find(|line| !known.contains(line.account.as_str())) {
            return Err(JournalError::Account { entry: entry(), account: line.account.clone() });
        }
    }
    Ok(())
}

/// The journal as a table.
fn sheet(entries: &[JournalEntry], chart: &[ChartAccount], profile: JournalProfile) -> Result<Sheet, JournalError> {
    check(entries, chart)?;
    let names: HashMap<&str, &str> = chart.iter().map(|each| (each.number.as_str(), each.name.as_str())).collect();
    let row = |entry: &JournalEntry, line: &JournalLine| match profile {
        JournalProfile::Standard => standard(entry, line, names.get(line.account.as_str()).copied()),
        JournalProfile::Exact => exact(entry, line),
        JournalProfile::SnelStart => snelstart(entry, line),
    };
    let columns = columns(profile);
    let sums: Vec<usize> = match profile {
        JournalProfile::Standard => vec![10, 11],
        JournalProfile::Exact => vec![9],
        JournalProfile::SnelStart => vec![7, 8],
    };
    let holds = if let [debit, credit] = sums[..] { Holds::Equal(debit, credit) } else { Holds::Zero(sums[0]) };
    let (right, wrong) = ("in balans".to_owned(), "NIET in balans".to_owned());
    let check = Some(Check { label: "Controle".to_owned(), holds, right, wrong });
    Ok(Sheet {
        name: "Journaal".to_owned(),
        columns,
        rows: entries.iter().flat_map(|entry| entry.lines.iter().map(|line| row(entry, line))).collect(),
        totals: Some(Totals { label: "Totaal".to_owned(), columns: sums, check }),
    })
}

/// The columns of a profile, in the words of the package.
fn columns(profile: JournalProfile) -> Vec<Column> {
    use Kind::{Amount, Date, Number, Text};
    let all: &[(&str, Kind, u16)] = match profile {
        JournalProfile::Standard => &[
            ("Dagboek", Text, 9),
            ("Boekstuk", Text, 18),
            ("Datum", Date, 12),
            ("Periode", Text, 9),
            ("Grootboek", Text, 11),
            ("Omschrijving grootboek", Text, 32),
            ("Relatie", Number, 10),
            ("Relatienaam", Text, 30),
            ("Factuurnummer", Text, 16),
            ("Omschrijving", Text, 40),
            ("Debet", Amount, 13),
            ("Credit", Amount, 13),
            ("Btw-code", Text, 10),
            ("Btw-bedrag", Amount, 12),
        ],
        JournalProfile::Exact => &[
            ("Dagboek", Text, 9),
            ("Boekstuknummer", Text, 18),
            ("Datum", Date, 12),
            ("Periode", Text, 9),
            ("Grootboekrekening", Text, 18),
            ("Relatiecode", Number, 12),
            ("Onze ref.", Text, 18),
            ("Uw ref.", Text, 18),
            ("Omschrijving", Text, 40),
            ("Bedrag", Amount, 13),
            ("BTW-code", Text, 10),
            ("BTW-bedrag", Amount, 12),
        ],
        JournalProfile::SnelStart => &[
            ("Dagboek", Text, 9),
            ("Boekingcode", Text, 18),
            ("Datum", Date, 12),
            ("Omschrijving", Text, 40),
            ("Grootboeknummer", Text, 16),
            ("Relatiecode", Number, 12),
            ("Factuurnummer", Text, 16),
            ("Debet", Amount, 13),
            ("Credit", Amount, 13),
            ("Kostenplaatsnummer", Text, 19),
        ],
    };
    all.iter().map(|&(title, kind, width)| Column::new(title, kind, width)).collect()
}

/// A row of our own columns. VAT has the sign of its line: debit is positive.
fn standard(entry: &JournalEntry, line: &JournalLine, account_name: Option<&str>) -> Vec<Cell> {
    let (debit, credit) = sides(line.amount);
    vec![
        entry.journal.as_str().into(),
        entry.number.as_str().into(),
        entry.date.into(),
        period(entry),
        line.account.as_str().into(),
        account_name.into(),
        relation(entry),
        entry.customer.as_ref().map(|(_, name)| name.as_str()).into(),
        entry.document.as_deref().into(),
        entry.description.as_str().into(),
        debit,
        credit,
        vat_code(line),
        vat_amount(line),
    ]
}

/// A row for Exact Online. Our reference is the document, on which payments are matched; their own we do not know.
fn exact(entry: &JournalEntry, line: &JournalLine) -> Vec<Cell> {
    vec![
        entry.journal.as_str().into(),
        entry.number.as_str().into(),
        entry.date.into(),
        period(entry),
        line.account.as_str().into(),
        relation(entry),
        entry.document.as_deref().into(),
        Cell::Empty,
        entry.description.as_str().into(),
        line.amount.into(),
        vat_code(line),
        vat_amount(line),
    ]
}

/// A row for `SnelStart`, which takes VAT from the line on the VAT account.
fn snelstart(entry: &JournalEntry, line: &JournalLine) -> Vec<Cell> {
    let (debit, credit) = sides(line.amount);
    vec![
        entry.journal.as_str().into(),
        entry.number.as_str().into(),
        entry.date.into(),
        entry.description.as_str().into(),
        line.account.as_str().into(),
        relation(entry),
        entry.document.as_deref().into(),
        debit,
        credit,
        Cell::Empty,
    ]
}

/// An amount as debit and credit: one of them is empty, neither is negative.
fn sides(amount: Cents) -> (Cell, Cell) {
    if amount < Cents::ZERO { (Cell::Empty, (Cents::ZERO - amount).into()) } else { (amount.into(), Cell::Empty) }
}

/// The month in which an entry counts: `2026-03`.
fn period(entry: &JournalEntry) -> Cell {
    entry.date.format("%Y-%m").to_string().into()
}

fn relation(entry: &JournalEntry) -> Cell {
    entry.customer.as_ref().map(|(number, _)| *number).into()
}

fn vat_code(line: &JournalLine) -> Cell {
    line.vat.as_ref().map(|vat| vat.code.as_str()).into()
}

fn vat_amount(line: &JournalLine) -> Cell {
    line.vat.as_ref().map(|vat| vat.amount).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::golden_journals::{chart, day, entries, keep, read};
    use calamine::{Data, DataType};

    /// The file as text, with plain line ends; checks that it starts and ends its lines as Excel wants it.
    fn text(profile: JournalProfile) -> String {
        let bytes = csv(&entries(), &chart(), profile).unwrap();
        keep(&format!("journaal-{profile}.csv"), &bytes);
        let text = String::from_utf8(bytes).unwrap();
        let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        text.replace("\r\n", "\n")
    }

    #[test]
    fn golden_journals_in_our_own_columns() {
        assert_eq!(text(JournalProfile::Standard), STANDARD);
    }

    #[test]
    fn golden_journals_for_exact() {
        assert_eq!(text(JournalProfile::Exact), EXACT);
    }

    #[test]
    fn golden_journals_for_snelstart() {
        assert_eq!(text(JournalProfile::SnelStart), SNELSTART);
    }

    #[test]
    fn xlsx_holds_days_and_numbers_that_balance() {
        for (profile, at, sums) in [
            (JournalProfile::Standard, 2, &[(10, 4_543.23), (11, 4_543.23)][..]),
            (JournalProfile::Exact, 2, &[(9, 0.0)]),
            (JournalProfile::SnelStart, 2, &[(7, 4_543.23), (8, 4_543.23)]),
        ] {
            let bytes = xlsx(&entries(), &chart(), profile).unwrap();
            assert_eq!(bytes, xlsx(&entries(), &chart(), profile).unwrap(), "the same entries, the same bytes");
            keep(&format!("journaal-{profile}.xlsx"), &bytes);
            let (name, rows) = read(&bytes);
            assert_eq!((name.as_str(), rows.len()), ("Journaal", 1 + 21 + 2));
            assert_eq!(rows[1][at].as_date(), Some(day(2026, 3, 2)));
            for &(column, sum) in sums {
                assert_eq!(rows[22][column], Data::Float(sum), "{profile} {column}");
            }
            assert_eq!(rows[23][sums[0].0], Data::String("in balans".into()));
            assert!(rows.iter().flatten().all(|cell| !cell.is_error()));
        }
        let (_, rows) = read(&xlsx(&entries(), &chart(), JournalProfile::Standard).unwrap());
        assert_eq!(rows[2][11], Data::Float(800.0));
        assert_eq!(rows[2][13], Data::Float(-168.0));
        assert_eq!(rows[2][4], Data::String("1700".into()));
        assert_eq!(rows[2][6], Data::Float(1_001.0));
    }

    #[test]
    fn a_strangers_name_is_never_a_formula() {
        for name in ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "=A1;\"x\"\r\n=B1"] {
            let mut all = entries();
            all.truncate(1);
            all[0].customer = Some((-5, name.to_owned()));
            all[0].description = name.to_owned();
            let csv = String::from_utf8(csv(&all, &chart(), JournalProfile::Standard).unwrap()).unwrap();
            let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.as_bytes());
            for row in reader.records() {
                let row = row.unwrap();
                assert!(row[7].starts_with('\'') && row[9].starts_with('\''), "{row:?}");
                assert_eq!(&row[6], "-5", "a number stays one");
            }
            let (_, rows) = read(&xlsx(&all, &chart(), JournalProfile::Standard).unwrap());
            let Data::String(kept) = &rows[1][7] else { panic!("{:?}", rows[1][7]) };
            assert_eq!(kept.trim(), name.replace("\r\n", " ").trim(), "in XLSX a text is a text");
        }
    }

    #[test]
    fn what_does_not_balance_is_refused_by_its_number() {
        let with = |change: &dyn Fn(&mut Vec<JournalEntry>)| {
            let mut all = entries();
            change(&mut all);
            let found = csv(&all, &chart(), JournalProfile::Exact).unwrap_err().to_string();
            assert_eq!(found, xlsx(&all, &chart(), JournalProfile::Exact).unwrap_err().to_string());
            found
        };
        let cent = with(&|all| all[4].lines[0].amount = Cents(8_251));
        assert_eq!(cent, "entry VRK-2026-00043 does not balance: it is 0.01 off");
        assert_eq!(with(&|all| all[1].lines.clear()), "entry MEM-2026-00001 has no lines");
        let twice = with(&|all| all[2].number = all[1].number.clone());
        assert_eq!(twice, "two entries have the number MEM-2026-00001");
        let account = with(&|all| all[0].lines[1].account = "1701".to_owned());
        assert_eq!(account, "entry VRK-2026-00042 is on account 1701, which is not in the chart of accounts");
    }

    #[test]
    fn a_journal_of_nothing_has_titles_only() {
        let bytes = csv(&[], &chart(), JournalProfile::SnelStart).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap().lines().count(), 1);
        let (_, rows) = read(&xlsx(&[], &chart(), JournalProfile::Standard).unwrap());
        assert_eq!(rows[2][10], Data::String("in balans".into()));
    }

    const STANDARD: &str = r#"Dagboek;Boekstuk;Datum;Periode;Grootboek;Omschrijving grootboek;Relatie;Relatienaam;Factuurnummer;Omschrijving;Debet;Credit;Btw-code;Btw-bedrag
VRK;VRK-2026-00042;02-03-2026;2026-03;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;F2026-00042;Strippenkaart 10 uur;968,00;;;
VRK;VRK-2026-00042;02-03-2026;2026-03;1700;Vooruitontvangen strippenkaarten;1001;Bakkerij Bäcker & Zn.;F2026-00042;Strippenkaart 10 uur;;800,00;H;-168,00
VRK;VRK-2026-00042;02-03-2026;2026-03;1500;Af te dragen btw hoog;1001;Bakkerij Bäcker & Zn.;F2026-00042;Strippenkaart 10 uur;;168,00;;
MEM;MEM-2026-00001;16-03-2026;2026-03;1100;Bank;1001;Bakkerij Bäcker & Zn.;F2026-00042;Incasso;968,00;;;
MEM;MEM-2026-00001;16-03-2026;2026-03;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;F2026-00042;Incasso;;968,00;;
MEM;MEM-2026-00002;19-03-2026;2026-03;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;F2026-00042;Stornering MD06;968,00;;;
MEM;MEM-2026-00002;19-03-2026;2026-03;1100;Bank;1001;Bakkerij Bäcker & Zn.;F2026-00042;Stornering MD06;;968,00;;
MEM;MEM-2026-00003;19-03-2026;2026-03;4500;Bankkosten;;;;Bankkosten stornering;3,50;;;
MEM;MEM-2026-00003;19-03-2026;2026-03;1100;Bank;;;;Bankkosten stornering;;3,50;;
VRK;VRK-2026-00043;20-03-2026;2026-03;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;V2026-00007;Stornokosten;82,50;;;
VRK;VRK-2026-00043;20-03-2026;2026-03;8900;Vergoeding stornokosten (buiten btw);1001;Bakkerij Bäcker & Zn.;V2026-00007;Stornokosten;;82,50;;
VRK;VRK-2026-00044;01-04-2026;2026-04;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;F2026-00043;"Stornokosten; tweede";99,83;;;
VRK;VRK-2026-00044;01-04-2026;2026-04;8010;Omzet administratiekosten hoog;1001;Bakkerij Bäcker & Zn.;F2026-00043;"Stornokosten; tweede";;82,50;H;-17,33
VRK;VRK-2026-00044;01-04-2026;2026-04;1500;Af te dragen btw hoog;1001;Bakkerij Bäcker & Zn.;F2026-00043;"Stornokosten; tweede";;17,33;;
MEM;MEM-2026-00004;30-04-2026;2026-04;1700;Vooruitontvangen strippenkaarten;1001;Bakkerij Bäcker & Zn.;;Verbruik 3:15;260,00;;;
MEM;MEM-2026-00004;30-04-2026;2026-04;8000;Omzet support hoog;1001;Bakkerij Bäcker & Zn.;;Verbruik 3:15;;260,00;;
MEM;MEM-2026-00005;31-12-2026;2026-12;1700;Vooruitontvangen strippenkaarten;1001;Bakkerij Bäcker & Zn.;;Verlopen tegoed;540,00;;;
MEM;MEM-2026-00005;31-12-2026;2026-12;8005;Vrijval verlopen tegoed;1001;Bakkerij Bäcker & Zn.;;Verlopen tegoed;;540,00;;
VRK;VRK-2026-00045;31-12-2026;2026-12;1700;Vooruitontvangen strippenkaarten;1001;Bakkerij Bäcker & Zn.;C2026-00003;Creditering ongebruikt tegoed;540,00;;H;113,40
VRK;VRK-2026-00045;31-12-2026;2026-12;1500;Af te dragen btw hoog;1001;Bakkerij Bäcker & Zn.;C2026-00003;Creditering ongebruikt tegoed;113,40;;;
VRK;VRK-2026-00045;31-12-2026;2026-12;1300;Debiteuren;1001;Bakkerij Bäcker & Zn.;C2026-00003;Creditering ongebruikt tegoed;;653,40;;
"#;
    const EXACT: &str = r#"Dagboek;Boekstuknummer;Datum;Periode;Grootboekrekening;Relatiecode;Onze ref.;Uw ref.;Omschrijving;Bedrag;BTW-code;BTW-bedrag
VRK;VRK-2026-00042;02-03-2026;2026-03;1300;1001;F2026-00042;;Strippenkaart 10 uur;968,00;;
VRK;VRK-2026-00042;02-03-2026;2026-03;1700;1001;F2026-00042;;Strippenkaart 10 uur;-800,00;H;-168,00
VRK;VRK-2026-00042;02-03-2026;2026-03;1500;1001;F2026-00042;;Strippenkaart 10 uur;-168,00;;
MEM;MEM-2026-00001;16-03-2026;2026-03;1100;1001;F2026-00042;;Incasso;968,00;;
MEM;MEM-2026-00001;16-03-2026;2026-03;1300;1001;F2026-00042;;Incasso;-968,00;;
MEM;MEM-2026-00002;19-03-2026;2026-03;1300;1001;F2026-00042;;Stornering MD06;968,00;;
MEM;MEM-2026-00002;19-03-2026;2026-03;1100;1001;F2026-00042;;Stornering MD06;-968,00;;
MEM;MEM-2026-00003;19-03-2026;2026-03;4500;;;;Bankkosten stornering;3,50;;
MEM;MEM-2026-00003;19-03-2026;2026-03;1100;;;;Bankkosten stornering;-3,50;;
VRK;VRK-2026-00043;20-03-2026;2026-03;1300;1001;V2026-00007;;Stornokosten;82,50;;
VRK;VRK-2026-00043;20-03-2026;2026-03;8900;1001;V2026-00007;;Stornokosten;-82,50;;
VRK;VRK-2026-00044;01-04-2026;2026-04;1300;1001;F2026-00043;;"Stornokosten; tweede";99,83;;
VRK;VRK-2026-00044;01-04-2026;2026-04;8010;1001;F2026-00043;;"Stornokosten; tweede";-82,50;H;-17,33
VRK;VRK-2026-00044;01-04-2026;2026-04;1500;1001;F2026-00043;;"Stornokosten; tweede";-17,33;;
MEM;MEM-2026-00004;30-04-2026;2026-04;1700;1001;;;Verbruik 3:15;260,00;;
MEM;MEM-2026-00004;30-04-2026;2026-04;8000;1001;;;Verbruik 3:15;-260,00;;
MEM;MEM-2026-00005;31-12-2026;2026-12;1700;1001;;;Verlopen tegoed;540,00;;
MEM;MEM-2026-00005;31-12-2026;2026-12;8005;1001;;;Verlopen tegoed;-540,00;;
VRK;VRK-2026-00045;31-12-2026;2026-12;1700;1001;C2026-00003;;Creditering ongebruikt tegoed;540,00;H;113,40
VRK;VRK-2026-00045;31-12-2026;2026-12;1500;1001;C2026-00003;;Creditering ongebruikt tegoed;113,40;;
VRK;VRK-2026-00045;31-12-2026;2026-12;1300;1001;C2026-00003;;Creditering ongebruikt tegoed;-653,40;;
"#;
    const SNELSTART: &str = r#"Dagboek;Boekingcode;Datum;Omschrijving;Grootboeknummer;Relatiecode;Factuurnummer;Debet;Credit;Kostenplaatsnummer
VRK;VRK-2026-00042;02-03-2026;Strippenkaart 10 uur;1300;1001;F2026-00042;968,00;;
VRK;VRK-2026-00042;02-03-2026;Strippenkaart 10 uur;1700;1001;F2026-00042;;800,00;
VRK;VRK-2026-00042;02-03-2026;Strippenkaart 10 uur;1500;1001;F2026-00042;;168,00;
MEM;MEM-2026-00001;16-03-2026;Incasso;1100;1001;F2026-00042;968,00;;
MEM;MEM-2026-00001;16-03-2026;Incasso;1300;1001;F2026-00042;;968,00;
MEM;MEM-2026-00002;19-03-2026;Stornering MD06;1300;1001;F2026-00042;968,00;;
MEM;MEM-2026-00002;19-03-2026;Stornering MD06;1100;1001;F2026-00042;;968,00;
MEM;MEM-2026-00003;19-03-2026;Bankkosten stornering;4500;;;3,50;;
MEM;MEM-2026-00003;19-03-2026;Bankkosten stornering;1100;;;;3,50;
VRK;VRK-2026-00043;20-03-2026;Stornokosten;1300;1001;V2026-00007;82,50;;
VRK;VRK-2026-00043;20-03-2026;Stornokosten;8900;1001;V2026-00007;;82,50;
VRK;VRK-2026-00044;01-04-2026;"Stornokosten; tweede";1300;1001;F2026-00043;99,83;;
VRK;VRK-2026-00044;01-04-2026;"Stornokosten; tweede";8010;1001;F2026-00043;;82,50;
VRK;VRK-2026-00044;01-04-2026;"Stornokosten; tweede";1500;1001;F2026-00043;;17,33;
MEM;MEM-2026-00004;30-04-2026;Verbruik 3:15;1700;1001;;260,00;;
MEM;MEM-2026-00004;30-04-2026;Verbruik 3:15;8000;1001;;;260,00;
MEM;MEM-2026-00005;31-12-2026;Verlopen tegoed;1700;1001;;540,00;;
MEM;MEM-2026-00005;31-12-2026;Verlopen tegoed;8005;1001;;;540,00;
VRK;VRK-2026-00045;31-12-2026;Creditering ongebruikt tegoed;1700;1001;C2026-00003;540,00;;
VRK;VRK-2026-00045;31-12-2026;Creditering ongebruikt tegoed;1500;1001;C2026-00003;113,40;;
VRK;VRK-2026-00045;31-12-2026;Creditering ongebruikt tegoed;1300;1001;C2026-00003;;653,40;
"#;
}
