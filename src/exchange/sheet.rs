//! A table for people who count: one description of columns and rows, written as an XLSX sheet or as Dutch CSV.
//!
//! **Invariant:** the bytes depend on nothing but the table and the day handed in. Money and minutes are whole numbers
//! until `number`, the one place where the format wants a floating point number.

use super::csv::{Field, Table, one_line};
use crate::domain::{Cents, Minutes};
use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
    utility::column_number_to_name,
};

/// Longest text of a cell, in UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
/// Longest name of a sheet, in UTF-16 units.
const LONGEST_NAME: usize = 31;

/// A table with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What the tab says; what a tab cannot say is left out.
    pub name: String,
    /// Its columns, from the left.
    pub columns: Vec<Column>,
    /// Its rows, from the top; each as long as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// The row below the rows, in XLSX only: a file that is imported must not have one.
    pub totals: Option<Totals>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What its first row says.
    pub title: String,
    /// What its cells hold.
    pub kind: Kind,
    /// How wide, in characters.
    pub width: u16,
}

impl Column {
    /// A column of a title, a kind and a width in characters.
    #[must_use]
    pub fn new(title: &str, kind: Kind, width: u16) -> Self {
        Self { title: title.to_owned(), kind, width }
    }
}

/// What the cells of a column hold. A text may stand in every column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Days.
    Date,
    /// Amounts in euros, shown with two decimals.
    Amount,
    /// Minutes, shown as a whole number: the exact figure to count on with.
    Minutes,
    /// Minutes, shown as hours and minutes (`7:45`). Excel cannot show less than nothing so: that becomes a text.
    Hours,
    /// Whole numbers that are a name or a count, such as the number of a customer.
    Number,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// A day.
    Date(NaiveDate),
    /// An amount.
    Amount(Cents),
    /// Minutes, in a column of [`Kind::Minutes`] or [`Kind::Hours`].
    Minutes(Minutes),
    /// A whole number.
    Number(i64),
}

impl Cell {
    /// Whether it may stand in a column of this kind.
    const fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Empty | Self::Text(_) => true,
            Self::Date(_) => matches!(kind, Kind::Date),
            Self::Amount(_) => matches!(kind, Kind::Amount),
            Self::Minutes(_) => matches!(kind, Kind::Minutes | Kind::Hours),
            Self::Number(_) => matches!(kind, Kind::Number),
        }
    }

    /// What it adds to a total: cents, minutes or the number.
    const fn count(&self) -> i64 {
        match self {
            Self::Amount(amount) => amount.0,
            Self::Minutes(minutes) => minutes.0,
            Self::Number(number) => *number,
            Self::Empty | Self::Text(_) | Self::Date(_) => 0,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<Cents> for Cell {
    fn from(amount: Cents) -> Self {
        Self::Amount(amount)
    }
}

impl From<Minutes> for Cell {
    fn from(minutes: Minutes) -> Self {
        Self::Minutes(minutes)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// The row of totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What its first cell says, such as *Totaal*.
    pub label: String,
    /// The columns that are added up, counted from 0: amounts, minutes, hours or numbers.
    pub columns: Vec<usize>,
    /// A row below that shows whether they agree.
    pub check: Option<Check>,
}

/// A check that the file does on itself, so that a row changed by hand shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What its first cell says, such as *Controle*.
    pub label: String,
    /// What must hold.
    pub holds: Holds,
    /// What it says when it holds.
    pub right: String,
    /// What it says when it does not.
    pub wrong: String,
}

/// What must hold of the totals; columns counted from 0. The outcome stands in the (first) column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Two columns of amounts add up to the same.
    Equal(usize, usize),
    /// A column of amounts adds up to nothing.
    Zero(usize),
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A row is longer or shorter than the columns are.
    #[error("row {row} of `{sheet}` has {found} cells for {expected} columns")]
    Length {
        /// Name of the sheet.
        sheet: String,
        /// The row, from 1.
        row: usize,
        /// How many cells it has.
        found: usize,
        /// How many columns there are.
        expected: usize,
    },
    /// A cell is of another kind than its column.
    #[error("row {row} of `{sheet}` has a cell of another kind than its column `{column}`")]
    Kind {
        /// Name of the sheet.
        sheet: String,
        /// The row, from 1.
        row: usize,
        /// Title of the column.
        column: String,
    },
    /// A total or a check of a column that is not there or does not add up.
    #[error("`{sheet}` has no column {column} to add up")]
    Total {
        /// Name of the sheet.
        sheet: String,
        /// The column, from 0.
        column: usize,
    },
    /// The format cannot hold it: too many rows or columns, a day before 1900, two sheets of one name.
    #[error("the table does not fit a spreadsheet")]
    Xlsx(#[from] XlsxError),
}

impl Sheet {
    /// As an XLSX file of one sheet: see [`workbook`].
    ///
    /// # Errors
    /// As [`workbook`].
    pub fn to_xlsx(&self, created: NaiveDate) -> Result<Vec<u8>, SheetError> {
        workbook(std::slice::from_ref(self), created)
    }

    /// As Dutch CSV (see [`super::csv`]): a row of titles and the rows, without totals.
    ///
    /// # Errors
    /// A row that is longer or shorter than the columns, or a cell of another kind than its column.
    pub fn to_csv(&self) -> Result<Vec<u8>, SheetError> {
        self.check()?;
        let mut table = Table::new();
        table.row(&self.columns.iter().map(|column| Field::text(&column.title)).collect::<Vec<_>>());
        for row in &self.rows {
            let fields = row.iter().zip(&self.columns).map(|(cell, column)| field(cell, column.kind));
            table.row(&fields.collect::<Vec<_>>());
        }
        Ok(table.finish())
    }

    /// Whether every row and total fits the columns.
    fn check(&self) -> Result<(), SheetError> {
        for (index, row) in self.rows.iter().enumerate() {
            if row.len() != self.columns.len() {
                let (found, expected) = (row.len(), self.columns.len());
                return Err(SheetError::Length { sheet: self.name.clone(), row: index + 1, found, expected });
            }
            if let Some((_, column)) = row.iter().zip(&self.columns).find(|(cell, column)| !cell.fits(column.kind)) {
                let column = column.title.clone();
                return Err(SheetError::Kind { sheet: self.name.clone(), row: index + 1, column });
            }
        }
        let Some(totals) = &self.totals else { return Ok(()) };
        let kind = |column: usize| self.columns.get(column).map(|column| column.kind);
        let checked = totals.check.iter().flat_map(|check| match check.holds {
            Holds::Equal(one, other) => vec![one, other],
            Holds::Zero(one) => vec![one],
        });
        let no_sum =
            totals.columns.iter().copied().find(|&at| matches!(kind(at), None | Some(Kind::Text | Kind::Date)));
        let no_check = checked.into_iter().find(|&at| kind(at) != Some(Kind::Amount));
        no_sum.or(no_check).map_or(Ok(()), |column| Err(SheetError::Total { sheet: self.name.clone(), column }))
    }

    /// The total of a column: cents, minutes or numbers.
    fn total(&self, column: usize) -> i64 {
        let add = |sum: i64, cell: &Cell| sum.checked_add(cell.count()).expect("a total fits an i64");
        self.rows.iter().filter_map(|row| row.get(column)).fold(0, add)
    }
}

/// An XLSX file of several sheets: bold titles in a frozen first row, filters, real days and numbers, totals that add
/// up by themselves. `created` is the day that the file says it was made; take it from the data, for the same bytes.
///
/// # Errors
/// A table whose rows do not fit its columns, or that does not fit a spreadsheet.
///
/// # Panics
/// When a total does not fit an `i64`.
pub fn workbook(sheets: &[Sheet], created: NaiveDate) -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let formats = Formats::new();
    for sheet in sheets {
        sheet.check()?;
        let page = workbook.add_worksheet();
        page.set_name(tab(&sheet.name))?;
        titles(page, sheet, &formats)?;
        for (index, row) in sheet.rows.iter().enumerate() {
            for (at, (cell, column)) in row.iter().zip(&sheet.columns).enumerate() {
                write(page, line(index + 1)?, col(at)?, cell, formats.of(column.kind, false), column.kind)?;
            }
        }
        if let Some(totals) = &sheet.totals {
            foot(page, sheet, totals, &formats)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// The looks of cells.
struct Formats {
    title: Format,
    title_right: Format,
    text: Format,
    bold: Format,
    plain: [Format; 5],
    total: [Format; 5],
}

impl Formats {
    fn new() -> Self {
        let plain = ["dd-mm-yyyy", "#,##0.00", "0", "[h]:mm", "0"].map(|shown| Format::new().set_num_format(shown));
        let bold = Format::new().set_bold();
        let total = plain.clone().map(|format| format.set_bold().set_border_top(FormatBorder::Thin));
        let title = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
        let title_right = title.clone().set_align(FormatAlign::Right);
        Self { title, title_right, text: Format::new(), bold, plain, total }
    }

    /// The look of a cell in a column of a kind, in a row or in the totals.
    const fn of(&self, kind: Kind, total: bool) -> &Format {
        let all = if total { &self.total } else { &self.plain };
        match kind {
            Kind::Text => &self.text,
            Kind::Date => &all[0],
            Kind::Amount => &all[1],
            Kind::Minutes => &all[2],
            Kind::Hours => &all[3],
            Kind::Number => &all[4],
        }
    }
}

/// The first row, and how the page looks and prints.
fn titles(page: &mut Worksheet, sheet: &Sheet, formats: &Formats) -> Result<(), SheetError> {
    for (at, column) in sheet.columns.iter().enumerate() {
        let left = matches!(column.kind, Kind::Text | Kind::Date);
        let look = if left { &formats.title } else { &formats.title_right };
        page.write_string_with_format(0, col(at)?, shown(&column.title), look)?;
        page.set_column_width(col(at)?, column.width)?;
    }
    page.set_freeze_panes(1, 0)?;
    page.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    if let Some(last) = sheet.columns.len().checked_sub(1) {
        page.autofilter(0, 0, line(sheet.rows.len())?, col(last)?)?;
    }
    Ok(())
}

/// Writes one cell.
fn write(page: &mut Worksheet, row: u32, at: u16, cell: &Cell, look: &Format, kind: Kind) -> Result<(), SheetError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            page.write_string(row, at, shown(text))?;
        }
        Cell::Date(day) => {
            page.write_datetime_with_format(row, at, day, look)?;
        }
        Cell::Minutes(minutes) if kind == Kind::Hours && minutes.0 < 0 => {
            page.write_string(row, at, minutes.to_string())?;
        }
        Cell::Amount(_) | Cell::Minutes(_) | Cell::Number(_) => {
            page.write_number_with_format(row, at, number(cell.count(), kind), look)?;
        }
    }
    Ok(())
}

/// The rows below: totals, and the check.
fn foot(page: &mut Worksheet, sheet: &Sheet, totals: &Totals, formats: &Formats) -> Result<(), SheetError> {
    let row = line(sheet.rows.len() + 1)?;
    if !totals.columns.contains(&0) {
        page.write_string_with_format(row, 0, shown(&totals.label), &formats.bold)?;
    }
    for &at in &totals.columns {
        let Some(kind) = sheet.columns.get(at).map(|column| column.kind) else { continue };
        let (total, look) = (sheet.total(at), formats.of(kind, true));
        if kind == Kind::Hours {
            write(page, row, col(at)?, &Cell::Minutes(Minutes(total)), look, kind)?;
        } else {
            let formula = Formula::new(format!("={}", sum(sheet, at)?)).set_result(number(total, kind).to_string());
            page.write_formula_with_format(row, col(at)?, formula, look)?;
        }
    }
    let Some(check) = &totals.check else { return Ok(()) };
    let (at, difference, left) = match check.holds {
        Holds::Equal(one, other) => {
            (one, format!("{}-{}", sum(sheet, one)?, sum(sheet, other)?), sheet.total(one) - sheet.total(other))
        }
        Holds::Zero(one) => (one, sum(sheet, one)?, sheet.total(one)),
    };
    let quoted = |text: &str| shown(text).replace('"', "\"\"");
    let (right, wrong) = (quoted(&check.right), quoted(&check.wrong));
    let formula = format!("=IF(ROUND({difference},2)=0,\"{right}\",\"{wrong}\")");
    let outcome = if left == 0 { &check.right } else { &check.wrong };
    if at != 0 {
        page.write_string_with_format(row + 1, 0, shown(&check.label), &formats.bold)?;
    }
    page.write_formula_with_format(row + 1, col(at)?, Formula::new(formula).set_result(shown(outcome)), &formats.bold)?;
    Ok(())
}

/// The formula that adds up the rows of a column; of no rows, nothing.
fn sum(sheet: &Sheet, at: usize) -> Result<String, SheetError> {
    let column = column_number_to_name(col(at)?);
    let last = sheet.rows.len() + 1;
    Ok(if sheet.rows.is_empty() { "0".to_owned() } else { format!("SUM({column}2:{column}{last})") })
}

/// What the format holds for an amount (euros), minutes (a whole number), hours (a part of a day) or a number.
#[expect(
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "the format has no other number; up to 15 digits come back as they went in, and nothing counts on with it"
)]
fn number(count: i64, kind: Kind) -> f64 {
    match kind {
        Kind::Amount => count as f64 / 100.0,
        Kind::Hours => count as f64 / 1_440.0,
        Kind::Minutes | Kind::Number | Kind::Text | Kind::Date => count as f64,
    }
}

/// The cell as CSV.
fn field(cell: &Cell, kind: Kind) -> Field {
    match cell {
        Cell::Empty => Field::empty(),
        Cell::Text(text) => Field::text(text),
        Cell::Date(day) => Field::date(*day),
        Cell::Amount(amount) => Field::amount(*amount),
        Cell::Minutes(minutes) if kind == Kind::Hours => Field::hours(*minutes),
        Cell::Minutes(Minutes(number)) | Cell::Number(number) => Field::whole(*number),
    }
}

/// A text as a cell can hold it: one line, cut to what the format takes. In XLSX a text is never a formula.
fn shown(text: &str) -> String {
    cut(&one_line(text), LONGEST_TEXT)
}

/// A name as a tab can show it.
fn tab(name: &str) -> String {
    let kept: String = one_line(name).chars().filter(|each| !"[]:*?/\\".contains(*each)).collect();
    let kept = cut(kept.trim_matches(['\'', ' ']), LONGEST_NAME);
    let kept = kept.trim_end_matches(['\'', ' ']);
    if kept.is_empty() { "Blad".to_owned() } else { kept.to_owned() }
}

/// The start of a text that takes at most `units` UTF-16 units; a character is kept whole.
fn cut(text: &str, units: usize) -> String {
    let mut used = 0;
    let fits = |each: &char| {
        used += each.len_utf16();
        used <= units
    };
    text.chars().take_while(fits).collect()
}

/// The number of a row, from 0.
fn line(index: usize) -> Result<u32, SheetError> {
    u32::try_from(index).map_err(|_| XlsxError::RowColumnLimitError.into())
}

/// The number of a column, from 0.
fn col(index: usize) -> Result<u16, SheetError> {
    u16::try_from(index).map_err(|_| XlsxError::RowColumnLimitError.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::golden_journals::{day, formulas, keep, read};
    use calamine::{Data, DataType};

    /// The deferred revenue of two cards (golden: 3:15 of 10:00 at 800.00).
    fn deferred() -> Sheet {
        let columns = vec![
            Column::new("Kaart", Kind::Text, 14),
            Column::new("Klant", Kind::Text, 30),
            Column::new("Verloopt", Kind::Date, 12),
            Column::new("Prijs", Kind::Amount, 12),
            Column::new("Minuten", Kind::Minutes, 10),
            Column::new("Gebruikt", Kind::Hours, 10),
            Column::new("Vooruitontvangen", Kind::Amount, 16),
        ];
        let row = |card: &str, name: &str, used: i64, left: i64| -> Vec<Cell> {
            let (price, used) = (Cents(80_000), Minutes(used));
            vec![
                card.into(),
                name.into(),
                day(2027, 3, 2).into(),
                price.into(),
                used.into(),
                used.into(),
                Cents(left).into(),
            ]
        };
        let mut last = row("K-2", "=1+1", -20, 82_667);
        last[2] = Cell::Empty;
        Sheet {
            name: "Vooruitontvangen: 31/12".to_owned(),
            columns,
            rows: vec![row("K-1", "De Vries", 195, 54_000), last],
            totals: Some(Totals { label: "Totaal".to_owned(), columns: vec![3, 4, 5, 6], check: None }),
        }
    }

    #[test]
    fn a_sheet_reads_back_as_days_and_numbers() {
        let bytes = deferred().to_xlsx(day(2026, 12, 31)).unwrap();
        keep("vooruitontvangen.xlsx", &bytes);
        let (name, rows) = read(&bytes);
        assert_eq!(name, "Vooruitontvangen 3112");
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1][0], Data::String("K-1".into()));
        assert_eq!(rows[1][2].as_date(), Some(day(2027, 3, 2)));
        assert_eq!(rows[1][3], Data::Float(800.0));
        assert_eq!(rows[1][4], Data::Float(195.0));
        let Data::DateTime(used) = &rows[1][5] else { panic!("{:?}", rows[1][5]) };
        assert!(used.is_duration());
        assert_eq!(used.as_duration().unwrap().num_minutes(), 195);
        assert_eq!(rows[2][1], Data::String("=1+1".into()));
        assert_eq!(rows[2][2], Data::Empty);
        assert_eq!(rows[2][5], Data::String("-0:20".into()));
        assert_eq!(rows[3][0], Data::String("Totaal".into()));
        assert_eq!([&rows[3][3], &rows[3][4], &rows[3][6]], [1_600.0, 175.0, 1_366.67].map(Data::Float).each_ref());
    }

    #[test]
    fn a_sheet_is_csv_too() {
        let expected = "\u{feff}Kaart;Klant;Verloopt;Prijs;Minuten;Gebruikt;Vooruitontvangen\r\n\
                        K-1;De Vries;02-03-2027;800,00;195;3:15;540,00\r\n\
                        K-2;'=1+1;;800,00;-20;-0:20;826,67\r\n";
        assert_eq!(String::from_utf8(deferred().to_csv().unwrap()).unwrap(), expected);
    }

    /// The statement of account of the golden story: an invoice, collected, reversed.
    #[test]
    fn a_statement_shows_whether_it_is_settled() {
        let titles = ["Datum", "Stuk", "Wat", "Wijze", "Debet", "Credit", "Saldo"];
        let kinds = [Kind::Date, Kind::Text, Kind::Text, Kind::Text, Kind::Amount, Kind::Amount, Kind::Amount];
        let row = |on: u32, what: &str, method: Option<&str>, debit: Option<i64>, credit: Option<i64>, balance: i64| {
            let (debit, credit) = (debit.map(Cents), credit.map(Cents));
            let (on, document) = (day(2026, 3, on), "F2026-00042");
            vec![
                on.into(),
                document.into(),
                what.into(),
                method.into(),
                debit.into(),
                credit.into(),
                Cents(balance).into(),
            ]
        };
        let check = Check {
            label: "Controle".to_owned(),
            holds: Holds::Equal(4, 5),
            right: "voldaan".to_owned(),
            wrong: "\"open\"".to_owned(),
        };
        let mut sheet = Sheet {
            name: "Rekeningoverzicht".to_owned(),
            columns: titles.iter().zip(kinds).map(|(title, kind)| Column::new(title, kind, 12)).collect(),
            rows: vec![
                row(2, "Strippenkaart 10 uur", None, Some(96_800), None, 96_800),
                row(16, "Incasso", Some("incasso"), None, Some(96_800), 0),
            ],
            totals: Some(Totals { label: "Totaal".to_owned(), columns: vec![4, 5], check: Some(check) }),
        };
        let settled = sheet.to_xlsx(day(2026, 3, 16)).unwrap();
        assert_eq!(read(&settled).1[4][4], Data::String("voldaan".into()));
        sheet.rows.push(row(19, "Stornering MD06", Some("incasso"), Some(96_800), None, 96_800));
        let open = sheet.to_xlsx(day(2026, 3, 19)).unwrap();
        keep("rekeningoverzicht.xlsx", &open);
        assert_eq!(read(&open).1[5][4], Data::String("\"open\"".into()));
        let check = r#"IF(ROUND(SUM(E2:E4)-SUM(F2:F4),2)=0,"voldaan","""open""")"#;
        assert_eq!(formulas(&open), ["SUM(E2:E4)", "SUM(F2:F4)", check]);
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let (first, again) = (deferred().to_xlsx(day(2026, 12, 31)), deferred().to_xlsx(day(2026, 12, 31)));
        assert_eq!(first.unwrap(), again.unwrap());
        let empty = Sheet { rows: Vec::new(), ..deferred() };
        assert!(empty.to_xlsx(day(2026, 12, 31)).is_ok());
        assert!(workbook(&[deferred(), empty], day(2026, 12, 31)).is_err(), "two sheets of one name");
    }

    #[test]
    fn the_file_says_it_was_made_on_the_day_handed_in() {
        let bytes = deferred().to_xlsx(day(2026, 12, 31)).unwrap();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let core = std::io::read_to_string(zip.by_name("docProps/core.xml").unwrap()).unwrap();
        assert_eq!(core.matches(">2026-12-31T00:00:00Z<").count(), 2, "made and changed: {core}");
        for index in 0..zip.len() {
            let dated = zip.by_index(index).unwrap().last_modified();
            assert_eq!(dated, Some(zip::DateTime::DEFAULT));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut short = deferred();
        short.rows[1].pop();
        assert!(matches!(short.to_csv(), Err(SheetError::Length { row: 2, found: 6, expected: 7, .. })));
        let mut mixed = deferred();
        mixed.rows[0][3] = Cell::Number(800);
        assert!(
            matches!(mixed.to_xlsx(day(2026, 1, 1)), Err(SheetError::Kind { row: 1, column, .. }) if column == "Prijs")
        );
        for column in [0, 2, 7] {
            let mut sheet = deferred();
            sheet.totals = Some(Totals { label: String::new(), columns: vec![column], check: None });
            assert!(matches!(sheet.to_csv(), Err(SheetError::Total { column: found, .. }) if found == column));
        }
    }

    #[test]
    fn names_and_texts_are_cut_between_characters() {
        assert_eq!(tab("'[x]: a/b'"), "x ab");
        assert_eq!(tab("//"), "Blad");
        assert_eq!(tab(&"\u{1f600}".repeat(20)), "\u{1f600}".repeat(15));
        assert_eq!(shown(&"x".repeat(40_000)).len(), LONGEST_TEXT);
        assert_eq!(shown("a\r\nb\nc"), "a b c");
    }
}
