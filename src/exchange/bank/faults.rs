//! Why a file of the bank was refused: kinds with what they are about, each with a sentence in English and in Dutch that
//! says what to do or what to ask the bank for.

use crate::domain::Cents;
use std::fmt;

/// Why a file was refused, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}line {line}: {kind}", within(.file.as_deref()))]
pub struct BankFault {
    /// The file, where it is one of a zip.
    pub file: Option<Box<str>>,
    /// The line, from 1.
    pub line: usize,
    /// What was wrong.
    pub kind: BankFaultKind,
}

impl BankFault {
    /// A fault on a line.
    #[must_use]
    pub const fn new(line: usize, kind: BankFaultKind) -> Self {
        Self { file: None, line, kind }
    }

    /// The same, of a file of a zip.
    #[must_use]
    pub fn of(self, file: &str) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    /// Whether it is about a line, and not about the file as a whole.
    #[must_use]
    pub const fn has_line(&self) -> bool {
        !matches!(
            self.kind,
            BankFaultKind::Empty
                | BankFaultKind::NotXml(_)
                | BankFaultKind::NoneOfOurs { .. }
                | BankFaultKind::TooLarge { .. }
                | BankFaultKind::ArchiveBroken
                | BankFaultKind::ArchiveLocked
                | BankFaultKind::ArchiveMember { .. }
                | BankFaultKind::ArchiveEmpty
                | BankFaultKind::ArchiveTooMany { .. }
                | BankFaultKind::Unreadable
        )
    }

    /// What was wrong and what to do, in English, without the line.
    #[must_use]
    pub fn reason(&self) -> String {
        self.kind.to_string()
    }

    /// The same in Dutch, without the line.
    #[must_use]
    pub fn dutch(&self) -> String {
        self.kind.dutch()
    }
}

fn within(file: Option<&str>) -> String {
    file.map_or_else(String::new, |file| format!("`{file}`, "))
}

/// What a file is that is no XML of a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// MT940 or MT942 of SWIFT.
    Mt940,
    /// A table with commas, semicolons or tabs.
    Csv,
    /// A PDF.
    Pdf,
    /// A workbook of a spreadsheet program.
    Workbook,
    /// CODA, the Belgian format.
    Coda,
    /// A web page.
    WebPage,
    /// A zip or gzip where XML is expected.
    Packed,
    /// Anything else.
    Other,
}

/// What is wrong with an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountFault {
    /// It has a minus.
    Negative,
    /// It has something else than digits and a point.
    NotAnAmount,
    /// It has parts of a cent.
    Decimals,
    /// It is more than 99,999,999,999.99.
    TooLarge,
}

/// What was wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankFaultKind {
    /// Nothing in it.
    Empty,
    /// Something else than XML.
    NotXml(Foreign),
    /// XML of ISO 20022, of a kind that is not read: `pain.001.001.09`.
    OtherMessage {
        /// Its kind and version.
        found: String,
    },
    /// A report that only announces (camt.052), where a statement is needed.
    OnlyAnnounces {
        /// Its kind and version.
        found: String,
    },
    /// A known kind in a version that is not read.
    UnknownVersion {
        /// Kind and version.
        found: String,
        /// The oldest that is read.
        oldest: &'static str,
        /// The newest that is read.
        newest: &'static str,
    },
    /// XML, of another origin.
    OtherXml {
        /// Its root.
        root: String,
    },
    /// None of its accounts is ours.
    NoneOfOurs {
        /// Accounts in the file.
        accounts: Vec<String>,
        /// Our accounts.
        ours: Vec<String>,
    },
    /// More bytes than are read.
    TooLarge {
        /// The most, in MiB.
        most: u64,
        /// It was packed.
        packed: bool,
    },
    /// A byte that does not exist in the encoding of the file.
    BrokenEncoding {
        /// The encoding.
        encoding: String,
    },
    /// An encoding that is not known, in a file that is not plain ASCII.
    UnknownEncoding {
        /// What the file says.
        encoding: String,
    },
    /// A character that XML does not allow, as `\u{1}`.
    ForbiddenCharacter {
        /// Which, escaped.
        character: String,
    },
    /// A document type.
    DocumentType,
    /// Broken XML.
    NotWellFormed {
        /// What the parser said, in English.
        detail: String,
    },
    /// Text outside of the document, or a second document.
    Trailing,
    /// An unknown `&name;`.
    UnknownEntity {
        /// Its name.
        name: String,
    },
    /// A prefix without a namespace.
    UnknownPrefix {
        /// The prefix.
        prefix: String,
    },
    /// Elements too deep in each other.
    TooDeep {
        /// How deep is read.
        most: usize,
    },
    /// A tag or text that is too long.
    TooLong {
        /// How many bytes are read.
        most: usize,
    },
    /// An entry (or another part that is read as one) with too much in it.
    EntryTooLarge {
        /// Which element.
        element: String,
    },
    /// The file ends too early.
    CutOff {
        /// The element that was open.
        element: String,
        /// Where that began.
        opened: usize,
    },
    /// An element that must be there.
    Missing {
        /// In which.
        parent: String,
        /// What: one name, or several of which one must be there.
        elements: Vec<&'static str>,
    },
    /// An element without its text.
    EmptyElement {
        /// Its name.
        element: String,
    },
    /// An element that comes too late, or twice.
    OutOfOrder {
        /// Its name.
        element: String,
        /// After which it cannot come.
        after: &'static str,
    },
    /// Our own account is not an IBAN.
    OwnAccount {
        /// As told.
        account: String,
    },
    /// An amount without a currency.
    NoCurrency {
        /// Its element.
        element: String,
    },
    /// What is no currency.
    NotACurrency {
        /// As told.
        found: String,
    },
    /// What is no amount.
    Amount {
        /// Its element.
        element: String,
        /// As told.
        found: String,
        /// What is wrong with it.
        why: AmountFault,
    },
    /// Neither credit nor debit.
    NotADirection {
        /// As told.
        found: String,
    },
    /// What is no day.
    NotADay {
        /// Its element.
        element: String,
        /// As told.
        found: String,
    },
    /// What is no whole number.
    NotANumber {
        /// Its element.
        element: String,
        /// As told.
        found: String,
    },
    /// An entry in another currency than its account.
    OtherCurrency {
        /// Of the entry.
        entry: String,
        /// Of the account.
        account: String,
    },
    /// Opening balance and entries do not make the closing balance.
    WrongSum {
        /// Which statement.
        statement: String,
        /// Of which account.
        account: String,
        /// Opening balance.
        opening: Cents,
        /// Booked entries: credits less debits.
        entries: Cents,
        /// Closing balance.
        closing: Cents,
    },
    /// The entries are not those that the bank counted.
    WrongSummary {
        /// Which statement.
        statement: String,
        /// How many the bank counted, where told.
        told_count: Option<u64>,
        /// How many there are.
        count: u64,
        /// How much the bank counted, where told.
        told_sum: Option<Cents>,
        /// How much there is.
        sum: Cents,
    },
    /// A statement does not follow on the one before.
    Gap {
        /// The later.
        statement: String,
        /// What it opens with.
        opening: Cents,
        /// The one before.
        previous: String,
        /// What that closed with.
        closing: Cents,
    },
    /// A zip or gzip that cannot be unpacked.
    ArchiveBroken,
    /// A zip with a password.
    ArchiveLocked,
    /// A zip in which a file is that is not XML.
    ArchiveMember {
        /// Its name.
        name: String,
        /// What it is.
        what: Foreign,
    },
    /// A zip without files.
    ArchiveEmpty,
    /// A zip with too many files.
    ArchiveTooMany {
        /// The most.
        most: usize,
    },
    /// The stored bytes cannot be read.
    Unreadable,
}

impl fmt::Display for BankFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

/// An amount as Dutch writes it.
fn comma(amount: Cents) -> String {
    amount.to_string().replace('.', ",")
}

/// Names of elements: `A`, `A` or `B`.
fn names(elements: &[&str], or: &str) -> String {
    elements.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(&format!(" {or} "))
}

/// A difference of two amounts that are far from the ends of an `i64`, or nearly so.
fn less(one: Cents, other: Cents) -> Cents {
    Cents(one.0.saturating_sub(other.0))
}

impl Foreign {
    /// What it is.
    const fn english(self) -> &'static str {
        match self {
            Self::Mt940 => "MT940, an older format",
            Self::Csv => "a table (CSV)",
            Self::Pdf => "a PDF, made for reading and printing",
            Self::Workbook => "a workbook of a spreadsheet program",
            Self::Coda => "CODA, a Belgian format",
            Self::WebPage => "a web page and no file of a bank",
            Self::Packed => "a packed file (zip or gzip) within another",
            Self::Other => "not XML",
        }
    }

    /// What to do when it is all that there is.
    const fn english_ask(self) -> &'static str {
        match self {
            Self::Mt940 | Self::Csv | Self::Pdf | Self::Workbook | Self::Coda | Self::Other => {
                "ask your bank for camt.053 (XML)"
            }
            Self::WebPage => "log in to your bank again and download camt.053 (XML)",
            Self::Packed => "unpack it first",
        }
    }

    /// What it is, in Dutch.
    const fn dutch(self) -> &'static str {
        match self {
            Self::Mt940 => "MT940, een ouder formaat",
            Self::Csv => "een tabel (CSV)",
            Self::Pdf => "een pdf, bedoeld om te lezen en te printen",
            Self::Workbook => "een werkmap van een rekenprogramma, zoals Excel",
            Self::Coda => "CODA, een Belgisch formaat",
            Self::WebPage => "een webpagina en geen bestand van een bank",
            Self::Packed => "een ingepakt bestand (zip of gzip) binnen een ander",
            Self::Other => "geen XML",
        }
    }

    /// What to do, in Dutch.
    const fn dutch_ask(self) -> &'static str {
        match self {
            Self::Mt940 | Self::Csv | Self::Pdf | Self::Workbook | Self::Coda | Self::Other => {
                "vraag uw bank om camt.053 (XML)"
            }
            Self::WebPage => "log opnieuw in bij uw bank en download camt.053 (XML)",
            Self::Packed => "pak het eerst uit",
        }
    }
}

/// What to do when a file is damaged.
const AGAIN: &str = "download the file again; if the fault remains, tell your bank";
/// The same in Dutch.
const OPNIEUW: &str = "download het bestand opnieuw; blijft de fout terugkomen, meld het dan bij uw bank";

impl BankFaultKind {
    #[expect(clippy::too_many_lines, reason = "one sentence per kind")]
    fn english(&self) -> String {
        match self {
            Self::Empty => "the file is empty; download it again".to_owned(),
            Self::NotXml(what) => format!("this is {}; {}", what.english(), what.english_ask()),
            Self::OtherMessage { found } if found.starts_with("pain.00") => format!(
                "this is {found}, an order to the bank; what the bank sends back is read: camt.053, camt.054 or pain.002"
            ),
            Self::OtherMessage { found } => {
                format!("this is {found}, another kind of message; ask your bank for camt.053 (statements)")
            }
            Self::OnlyAnnounces { found } => format!(
                "this is {found}, which announces what is not final yet; ask your bank for camt.053 (statements)"
            ),
            Self::UnknownVersion { found, oldest, newest } => {
                format!("the version is {found}; ask your bank for one from {oldest} to {newest}")
            }
            Self::OtherXml { root } => {
                format!("this is XML with `{root}`, not a message of ISO 20022; ask your bank for camt.053 (XML)")
            }
            Self::NoneOfOurs { accounts, ours } => format!(
                "the file is of {} {}, and {} {}; choose the download of {}",
                if accounts.len() == 1 { "account" } else { "accounts" },
                accounts.join(", "),
                if ours.len() == 1 { "ours is" } else { "ours are" },
                ours.join(", "),
                if ours.len() == 1 { "our own account" } else { "one of our own accounts" }
            ),
            Self::TooLarge { most, packed } => format!(
                "more than {most} MiB{}; download shorter periods and import them one after the other",
                if *packed { " when unpacked" } else { "" }
            ),
            Self::BrokenEncoding { encoding } => format!(
                "a byte that does not exist in {encoding}, the encoding of the file; download it again and do not open \
                 it in an editor before"
            ),
            Self::UnknownEncoding { encoding } => {
                format!("the file says that it is in `{encoding}`, which is not known; ask your bank for UTF-8")
            }
            Self::ForbiddenCharacter { character } => {
                format!("a character that XML does not allow ({character}); {AGAIN}")
            }
            Self::DocumentType => {
                "the file declares a document type, which files of a bank never do; download it from the bank itself"
                    .to_owned()
            }
            Self::NotWellFormed { .. } => format!("the XML is damaged here (not well-formed); {AGAIN}"),
            Self::Trailing => format!("something stands before or after the document; {AGAIN}"),
            Self::UnknownEntity { name } => format!("`&{name};` is not known in XML; {AGAIN}"),
            Self::UnknownPrefix { prefix } => format!("the prefix `{prefix}` has no namespace; {AGAIN}"),
            Self::TooDeep { most } => format!("elements lie more than {most} deep in each other; {AGAIN}"),
            Self::TooLong { most } => format!("a tag or text of more than {most} bytes; {AGAIN}"),
            Self::EntryTooLarge { element } => format!(
                "one `{element}` holds more than can be read at once; ask your bank for a file with less in it, or \
                 without details of batches"
            ),
            Self::CutOff { element, opened } => {
                format!("the file ends within `{element}` of line {opened}; download it again")
            }
            Self::Missing { parent, elements } => {
                format!("`{parent}` has no {}, which the format demands; {AGAIN}", names(elements, "or"))
            }
            Self::EmptyElement { element } => format!("`{element}` is empty; the format demands a text; {AGAIN}"),
            Self::OutOfOrder { element, after } => {
                format!("`{element}` comes after `{after}`, where the format does not allow it; {AGAIN}")
            }
            Self::OwnAccount { account } => format!(
                "`{account}`, the account of the statement, is not an IBAN: its check digits or length are wrong; {AGAIN}"
            ),
            Self::NoCurrency { element } => format!("`{element}` tells no currency (attribute `Ccy`); {AGAIN}"),
            Self::NotACurrency { found } => {
                format!("`{found}` is not a currency; expected three capitals such as EUR; {AGAIN}")
            }
            Self::Amount { element, found, why } => format!("`{element}` is `{found}`: {}; {AGAIN}", why.english()),
            Self::NotADirection { found } => format!("`CdtDbtInd` is `{found}`; expected CRDT or DBIT; {AGAIN}"),
            Self::NotADay { element, found } => {
                format!("`{element}` is `{found}`; expected a day such as 2026-12-01; {AGAIN}")
            }
            Self::NotANumber { element, found } => format!("`{element}` is `{found}`; expected a number; {AGAIN}"),
            Self::OtherCurrency { entry, account } => format!(
                "an entry in {entry} on an account in {account} cannot be added up; ask your bank for entries in \
                 {account}"
            ),
            Self::WrongSum { statement, account, opening, entries, closing } => format!(
                "statement {statement} of {account} does not add up: opening {opening} and booked entries of {entries} \
                 differ by {} from closing {closing}; ask the bank for a complete file",
                less(less(*closing, *opening), *entries)
            ),
            Self::WrongSummary { statement, told_count, count, told_sum, sum } => {
                let told = [told_count.map(|told| told.to_string()), told_sum.map(|told| told.to_string())];
                let told: Vec<String> = told.into_iter().flatten().collect();
                format!(
                    "statement {statement} has {count} {} of {sum} together, and the bank counted {}; ask the bank \
                     for a complete file",
                    if *count == 1 { "entry" } else { "entries" },
                    told.join(" of ")
                )
            }
            Self::Gap { statement, opening, previous, closing } => format!(
                "statement {statement} opens with {opening}, but {previous} closed with {closing}; a statement in \
                 between is missing: download that too"
            ),
            Self::ArchiveBroken => {
                "the packed file cannot be unpacked; download it again, or upload what is in it".to_owned()
            }
            Self::ArchiveLocked => "the zip has a password; unpack it and upload what is in it".to_owned(),
            Self::ArchiveMember { name, what } => {
                format!("`{name}` in the zip is {}; take it out, or upload the XML alone", what.english())
            }
            Self::ArchiveEmpty => "there is no file in the zip; download it again".to_owned(),
            Self::ArchiveTooMany { most } => {
                format!("more than {most} files in the zip; divide them over several")
            }
            Self::Unreadable => "the bytes of the file cannot be read; upload it again".to_owned(),
        }
    }

    /// What was wrong and what to do, in Dutch.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one sentence per kind")]
    pub fn dutch(&self) -> String {
        match self {
            Self::Empty => "het bestand is leeg; download het opnieuw".to_owned(),
            Self::NotXml(what) => format!("dit is {}; {}", what.dutch(), what.dutch_ask()),
            Self::OtherMessage { found } if found.starts_with("pain.00") => format!(
                "dit is {found}, een opdracht aan de bank; wat de bank terugstuurt wordt gelezen: camt.053, camt.054 of \
                 pain.002"
            ),
            Self::OtherMessage { found } => {
                format!("dit is {found}, een ander soort bericht; vraag uw bank om camt.053 (afschriften)")
            }
            Self::OnlyAnnounces { found } => format!(
                "dit is {found}, dat aankondigt wat nog niet definitief is; vraag uw bank om camt.053 (afschriften)"
            ),
            Self::UnknownVersion { found, oldest, newest } => {
                format!("de versie is {found}; vraag uw bank om een versie van {oldest} tot en met {newest}")
            }
            Self::OtherXml { root } => {
                format!("dit is XML met `{root}`, geen bericht volgens ISO 20022; vraag uw bank om camt.053 (XML)")
            }
            Self::NoneOfOurs { accounts, ours } => format!(
                "het bestand is van {} {}, en {} {}; kies de download van {}",
                if accounts.len() == 1 { "rekening" } else { "rekeningen" },
                accounts.join(", "),
                if ours.len() == 1 { "de onze is" } else { "de onze zijn" },
                ours.join(", "),
                if ours.len() == 1 { "onze eigen rekening" } else { "een van onze eigen rekeningen" }
            ),
            Self::TooLarge { most, packed } => format!(
                "{}meer dan {most} MiB; download kortere perioden en lees ze na elkaar in",
                if *packed { "uitgepakt " } else { "" }
            ),
            Self::BrokenEncoding { encoding } => format!(
                "een byte die niet bestaat in {encoding}, de tekencodering van het bestand; download het opnieuw en open \
                 het niet eerst in een ander programma"
            ),
            Self::UnknownEncoding { encoding } => format!(
                "het bestand zegt dat het in `{encoding}` is geschreven, en die tekencodering is onbekend; vraag uw bank \
                 om UTF-8"
            ),
            Self::ForbiddenCharacter { character } => {
                format!("een teken dat in XML niet mag ({character}); {OPNIEUW}")
            }
            Self::DocumentType => {
                "het bestand begint met een documenttype (DOCTYPE), wat bestanden van een bank nooit \
                                   doen; download het bij de bank zelf"
                    .to_owned()
            }
            Self::NotWellFormed { .. } => format!("de XML is hier beschadigd; {OPNIEUW}"),
            Self::Trailing => format!("er staat iets voor of na het document; {OPNIEUW}"),
            Self::UnknownEntity { name } => format!("`&{name};` bestaat niet in XML; {OPNIEUW}"),
            Self::UnknownPrefix { prefix } => format!("het voorvoegsel `{prefix}` heeft geen naamruimte; {OPNIEUW}"),
            Self::TooDeep { most } => format!("elementen liggen meer dan {most} lagen diep in elkaar; {OPNIEUW}"),
            Self::TooLong { most } => format!("een element of tekst van meer dan {most} bytes; {OPNIEUW}"),
            Self::EntryTooLarge { element } => format!(
                "één `{element}` bevat meer dan in één keer te lezen is; vraag uw bank om een bestand met minder erin, of \
                 zonder details van batches"
            ),
            Self::CutOff { element, opened } => {
                format!("het bestand houdt op binnen `{element}` van regel {opened}; download het opnieuw")
            }
            Self::Missing { parent, elements } => {
                format!(
                    "{} ontbreekt in `{parent}`, terwijl het formaat dat voorschrijft; {OPNIEUW}",
                    names(elements, "of")
                )
            }
            Self::EmptyElement { element } => {
                format!("`{element}` is leeg, en het formaat schrijft een tekst voor; {OPNIEUW}")
            }
            Self::OutOfOrder { element, after } => {
                format!("`{element}` staat na `{after}`, en daar mag het volgens het formaat niet staan; {OPNIEUW}")
            }
            Self::OwnAccount { account } => format!(
                "`{account}`, de rekening van het afschrift, is geen IBAN: de controlecijfers of de lengte kloppen niet; \
                 {OPNIEUW}"
            ),
            Self::NoCurrency { element } => format!("bij `{element}` staat geen valuta (attribuut `Ccy`); {OPNIEUW}"),
            Self::NotACurrency { found } => {
                format!("`{found}` is geen valuta; verwacht werden drie hoofdletters, zoals EUR; {OPNIEUW}")
            }
            Self::Amount { element, found, why } => format!("`{element}` is `{found}`: {}; {OPNIEUW}", why.dutch()),
            Self::NotADirection { found } => {
                format!("`CdtDbtInd` is `{found}`; verwacht werd CRDT (bij) of DBIT (af); {OPNIEUW}")
            }
            Self::NotADay { element, found } => {
                format!("`{element}` is `{found}`; verwacht werd een dag, zoals 2026-12-01; {OPNIEUW}")
            }
            Self::NotANumber { element, found } => {
                format!("`{element}` is `{found}`; verwacht werd een getal; {OPNIEUW}")
            }
            Self::OtherCurrency { entry, account } => format!(
                "een boeking in {entry} op een rekening in {account} is niet op te tellen; vraag uw bank om boekingen in \
                 {account}"
            ),
            Self::WrongSum { statement, account, opening, entries, closing } => format!(
                "afschrift {statement} van {account} klopt niet: beginsaldo {} met boekingen van {} komt niet uit op \
                 eindsaldo {} (verschil {}); vraag de bank om een volledig bestand",
                comma(*opening),
                comma(*entries),
                comma(*closing),
                comma(less(less(*closing, *opening), *entries))
            ),
            Self::WrongSummary { statement, told_count, count, told_sum, sum } => {
                let told = [told_count.map(|told| told.to_string()), told_sum.map(comma)];
                let told: Vec<String> = told.into_iter().flatten().collect();
                format!(
                    "afschrift {statement} heeft {count} {} van samen {}, en de bank telde {}; vraag de bank om \
                     een volledig bestand",
                    if *count == 1 { "boeking" } else { "boekingen" },
                    comma(*sum),
                    told.join(" van samen ")
                )
            }
            Self::Gap { statement, opening, previous, closing } => format!(
                "afschrift {statement} begint met {}, maar {previous} eindigde met {}; er ontbreekt een afschrift \
                 tussen: download dat ook",
                comma(*opening),
                comma(*closing)
            ),
            Self::ArchiveBroken => {
                "het ingepakte bestand is niet uit te pakken; download het opnieuw, of upload wat erin zit".to_owned()
            }
            Self::ArchiveLocked => "de zip heeft een wachtwoord; pak die uit en upload wat erin zit".to_owned(),
            Self::ArchiveMember { name, what } => {
                format!("`{name}` in de zip is {}; haal het eruit, of upload alleen de XML", what.dutch())
            }
            Self::ArchiveEmpty => "er zit geen bestand in de zip; download die opnieuw".to_owned(),
            Self::ArchiveTooMany { most } => {
                format!("meer dan {most} bestanden in de zip; verdeel ze over meerdere")
            }
            Self::Unreadable => "de bytes van het bestand zijn niet te lezen; upload het opnieuw".to_owned(),
        }
    }
}

impl AmountFault {
    const fn english(self) -> &'static str {
        match self {
            Self::Negative => "negative, while amounts are positive and `CdtDbtInd` tells the direction",
            Self::NotAnAmount => "not an amount; expected digits and a point, such as 594.05",
            Self::Decimals => "more than two decimals; expected whole cents",
            Self::TooLarge => "too large; at most 99999999999.99 is read",
        }
    }

    const fn dutch(self) -> &'static str {
        match self {
            Self::Negative => "negatief, terwijl bedragen positief zijn en `CdtDbtInd` de richting geeft",
            Self::NotAnAmount => "geen bedrag; verwacht werden cijfers en een punt, zoals 594.05",
            Self::Decimals => "meer dan twee decimalen; verwacht werden hele centen",
            Self::TooLarge => "te groot; hooguit 99999999999.99 wordt gelezen",
        }
    }
}
