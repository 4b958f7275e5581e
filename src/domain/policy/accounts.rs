//! `[accounts]`: the chart of accounts, journals and VAT codes that the bookkeeper takes the money ledger over with.

use super::reader::{Kind, Reader, matching};
use crate::domain::MoneyAccount;
use crate::domain::journal::ChartAccount;
use toml::de::DeValue;

/// Which account of the bookkeeper each of ours is, and how exports name journals and VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// One for each [`MoneyAccount`], in the order of [`MoneyAccount::ALL`]; each number once.
    chart: Vec<ChartAccount>,
    /// Accounts of the bookkeeper for some of our accounts at the bank, by IBAN; of the others it is that of the bank.
    own: Vec<(String, ChartAccount)>,
    /// Codes of the journals (*dagboeken*).
    pub journals: Journals,
    /// Codes of VAT.
    pub vat_codes: VatCodes,
}

/// Codes of the journals (*dagboeken*); all different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journals {
    /// Documents: `VRK` where not told.
    pub sales: String,
    /// Payments, collections and reversals: `BNK`.
    pub bank: String,
    /// All else, such as revenue of used hours: `MEM`.
    pub memo: String,
}

/// The bookkeeper's codes of VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatCodes {
    /// At a rate: `1` where not told.
    pub standard: String,
    /// Outside VAT: `0`.
    pub outside: String,
}

/// What an account is called where the policy does not say: number and name.
const fn usual(role: MoneyAccount) -> (&'static str, &'static str) {
    match role {
        MoneyAccount::Receivable => ("1300", "Debiteuren"),
        MoneyAccount::Bank => ("1100", "Bank"),
        MoneyAccount::OtherMoney => ("2000", "Kruisposten"),
        MoneyAccount::InTransit => ("2010", "Betalingen onderweg"),
        MoneyAccount::CustomerCredit => ("1310", "Vooruitbetaald door debiteuren"),
        MoneyAccount::Deferred => ("1700", "Vooruitontvangen strippenkaarten"),
        MoneyAccount::Vat => ("1500", "Af te dragen btw hoog"),
        MoneyAccount::CardRevenue => ("8000", "Omzet support hoog"),
        MoneyAccount::Breakage => ("8005", "Vrijval verlopen tegoed"),
        MoneyAccount::HoursRevenue => ("8001", "Omzet meerwerk hoog"),
        MoneyAccount::FeeRevenue => ("8010", "Omzet administratiekosten hoog"),
        MoneyAccount::FeeOutside => ("8900", "Vergoeding stornokosten (buiten btw)"),
        MoneyAccount::BankCharges => ("4500", "Bankkosten"),
    }
}

impl Accounts {
    /// The account that plays a role.
    ///
    /// # Panics
    /// Never: every role has one.
    #[must_use]
    pub fn get(&self, role: MoneyAccount) -> &ChartAccount {
        let at = MoneyAccount::ALL.iter().position(|each| *each == role);
        at.and_then(|at| self.chart.get(at)).expect("every role has an account")
    }

    /// The whole chart: each role with its account.
    pub fn all(&self) -> impl Iterator<Item = (MoneyAccount, &ChartAccount)> {
        MoneyAccount::ALL.iter().copied().zip(&self.chart)
    }

    /// The account of what was posted on a role: of the bank that of `own`, one of our accounts there, where it has its own.
    #[must_use]
    pub fn of(&self, role: MoneyAccount, own: Option<&str>) -> &ChartAccount {
        let of_own = own.filter(|_| role == MoneyAccount::Bank).and_then(|iban| self.of_own(iban));
        of_own.unwrap_or_else(|| self.get(role))
    }

    /// The account of one of our accounts at the bank, where it has its own.
    #[must_use]
    pub fn of_own(&self, iban: &str) -> Option<&ChartAccount> {
        self.own.iter().find(|(own, _)| own == iban).map(|(_, account)| account)
    }

    /// Our accounts at the bank that have an account of the bookkeeper of their own, by IBAN.
    pub fn own(&self) -> impl Iterator<Item = (&str, &ChartAccount)> {
        self.own.iter().map(|(iban, account)| (iban.as_str(), account))
    }

    /// Every account: of each role, and of our accounts at the bank.
    pub fn every(&self) -> impl Iterator<Item = &ChartAccount> {
        self.chart.iter().chain(self.own.iter().map(|(_, account)| account))
    }

    /// `ours`: our accounts at the bank.
    pub(super) fn read(keys: &mut Reader<'_>, ours: &[String]) -> Self {
        let chart: Vec<ChartAccount> = MoneyAccount::ALL.iter().map(|role| account(keys, *role)).collect();
        for (at, role) in MoneyAccount::ALL.iter().enumerate() {
            let twin = (0..at).find(|earlier| chart[*earlier].number == chart[at].number);
            let Some(twin) = twin.map(|twin| MoneyAccount::ALL[twin]) else { continue };
            // The fault is where somebody wrote something; of two that were written, the later one.
            let (wrong, other) = if keys.has(role.as_str()) { (*role, twin) } else { (twin, *role) };
            keys.fault(wrong.as_str(), format!("a number that no other account has; {other} has {}", chart[at].number));
        }
        let journals = keys.table("journals", Journals::read);
        let Journals { sales, bank, memo } = &journals;
        if sales == bank || sales == memo || bank == memo {
            keys.fault("journals", "three codes that differ");
        }
        let mut own: Vec<(String, ChartAccount)> = Vec::new();
        keys.tables("own", |keys| {
            let (iban, account) = own_account(keys, ours);
            if own.iter().any(|(known, _)| *known == iban) {
                keys.fault("iban", "an account that no other [[accounts.own]] has");
            }
            let known = chart.iter().chain(own.iter().map(|(_, account)| account));
            if known.into_iter().any(|known| known.number == account.number) {
                keys.fault("account", "a number that no other account has");
            }
            own.push((iban, account));
        });
        Self { chart, own, journals, vat_codes: keys.table("vat_codes", VatCodes::read) }
    }
}

/// One of our accounts at the bank, and the bookkeeper's account of it.
fn own_account(keys: &mut Reader<'_>, ours: &[String]) -> (String, ChartAccount) {
    let known = ours.to_vec();
    let expected = "one of provider.iban and provider.other_ibans";
    let iban = keys.required("iban", matching(expected, move |text| known.iter().any(|iban| iban.as_str() == text)));
    let told = keys.required("account", chart_account());
    let account = ChartAccount {
        number: told.number.unwrap_or_default(),
        name: told.name.unwrap_or_else(|| format!("Bank {iban}")),
        rgs: told.rgs,
        balance_sheet: true,
    };
    (iban, account)
}

fn account(keys: &mut Reader<'_>, role: MoneyAccount) -> ChartAccount {
    let (number, name) = usual(role);
    let told = keys.optional(role.as_str(), chart_account()).unwrap_or_default();
    ChartAccount {
        number: told.number.unwrap_or_else(|| number.to_owned()),
        name: told.name.unwrap_or_else(|| name.to_owned()),
        rgs: told.rgs,
        balance_sheet: role.is_balance_sheet(),
    }
}

/// An account as it is written; `number` is always there then.
#[derive(Default)]
struct Told {
    number: Option<String>,
    name: Option<String>,
    rgs: Option<String>,
}

/// An account: `"1300"`, or `{ number = "1300", name = "Debiteuren", rgs = "BVorDebHad" }`.
fn chart_account() -> Kind<Told> {
    let expected = "the number of an account in quotes (1 to 16 letters and digits), or \
                    { number = \"1300\", name = \"Debiteuren\", rgs = \"BVorDebHad\" } of which name and rgs may be left out";
    Kind::new(expected, |value| {
        if let Some(number) = value.as_str().filter(|text| is_number(text)) {
            return Some(Told { number: Some(number.to_owned()), ..Told::default() });
        }
        let table = value.as_table()?;
        let known = table.iter().all(|(key, _)| ["number", "name", "rgs"].contains(&key.get_ref().as_ref()));
        let of = |key: &str, sound: fn(&str) -> bool| match table.get(key).map(toml::Spanned::get_ref) {
            None => Some(None),
            Some(DeValue::String(text)) if sound(text) => Some(Some(text.to_string())),
            Some(_) => None,
        };
        let number = Some(of("number", is_number)??);
        let (name, rgs) = (of("name", |text| !text.trim().is_empty())?, of("rgs", is_number)?);
        known.then_some(Told { number, name, rgs })
    })
}

fn is_number(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn code() -> Kind<String> {
    matching("1 to 16 letters and digits in quotes", is_number)
}

impl Journals {
    fn read(keys: &mut Reader<'_>) -> Self {
        Self {
            sales: keys.or("sales", "VRK".to_owned(), code()),
            bank: keys.or("bank", "BNK".to_owned(), code()),
            memo: keys.or("memo", "MEM".to_owned(), code()),
        }
    }
}

impl VatCodes {
    fn read(keys: &mut Reader<'_>) -> Self {
        let codes = Self {
            standard: keys.or("standard", "1".to_owned(), code()),
            outside: keys.or("outside", "0".to_owned(), code()),
        };
        if codes.standard == codes.outside {
            let key = if keys.has("standard") { "standard" } else { "outside" };
            keys.fault(key, "two codes that differ");
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    fn read(section: &str) -> Result<Accounts, PolicyErrors> {
        let head = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";
        Policy::parse(&format!("{head}[accounts]\n{section}")).map(|policy| policy.accounts)
    }

    #[test]
    fn pay_7_every_role_has_an_account_without_a_section() {
        let accounts = read("").unwrap();
        let numbers: Vec<&str> = accounts.all().map(|(_, account)| account.number.as_str()).collect();
        let expected = "1300 1100 2000 2010 1310 1700 1500 8000 8005 8001 8010 8900 4500";
        assert_eq!(numbers.join(" "), expected);
        for (role, account) in accounts.all() {
            assert_eq!(accounts.get(role), account);
            assert_eq!(account.balance_sheet, account.number.as_str() < "3", "{role}");
            assert_eq!(account.rgs, None);
        }
        let Journals { sales, bank, memo } = &accounts.journals;
        assert_eq!([sales, bank, memo], ["VRK", "BNK", "MEM"]);
        assert_eq!((accounts.vat_codes.standard.as_str(), accounts.vat_codes.outside.as_str()), ("1", "0"));
    }

    #[test]
    fn pay_7_an_account_is_a_number_or_a_section() {
        let accounts = read(
            "receivable = { number = \"13000\", name = \"Klanten\", rgs = \"BVorDebHad\" }\nbank = \"1110\"\n\
             vat = { number = \"1520\" }\njournals = { sales = \"V\" }\nvat_codes = { standard = \"21\" }\n",
        )
        .unwrap();
        let receivable = ChartAccount {
            number: "13000".to_owned(),
            name: "Klanten".to_owned(),
            rgs: Some("BVorDebHad".to_owned()),
            balance_sheet: true,
        };
        assert_eq!(accounts.get(MoneyAccount::Receivable), &receivable);
        let named = |role| (accounts.get(role).number.as_str(), accounts.get(role).name.as_str());
        assert_eq!(named(MoneyAccount::Bank), ("1110", "Bank"));
        assert_eq!(named(MoneyAccount::Vat), ("1520", "Af te dragen btw hoog"));
        assert_eq!((accounts.journals.sales.as_str(), accounts.journals.bank.as_str()), ("V", "BNK"));
        assert_eq!(accounts.vat_codes.standard, "21");
        // Two roles may change numbers with each other.
        assert!(read("receivable = \"1310\"\ncustomer_credit = \"1300\"\n").is_ok());
    }

    #[test]
    fn bank_4_an_own_account_may_have_an_account_of_the_bookkeeper_of_its_own() {
        const OURS: [&str; 2] = ["NL91ABNA0417164300", "NL20INGB0001234567"];
        let read = |section: &str| {
            let provider = format!("iban = \"{}\"\nother_ibans = [\"{}\"]", OURS[0], OURS[1]);
            let head = format!(
                "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n{provider}"
            );
            Policy::parse(&format!("{head}\n{section}")).map(|policy| policy.accounts)
        };
        let own = |iban: &str, account: &str| format!("[[accounts.own]]\niban = \"{iban}\"\naccount = {account}\n");
        let accounts = read(&own(OURS[1], "\"1110\"")).unwrap();
        let of = |role, own| accounts.of(role, own).number.as_str();
        assert_eq!(of(MoneyAccount::Bank, Some(OURS[1])), "1110");
        for own in [None, Some(OURS[0]), Some("NL44RABO0123456789")] {
            assert_eq!(of(MoneyAccount::Bank, own), "1100", "{own:?}");
        }
        assert_eq!(of(MoneyAccount::BankCharges, Some(OURS[1])), "4500");
        assert_eq!(accounts.every().count(), MoneyAccount::ALL.len() + 1);
        assert_eq!(accounts.of_own(OURS[1]).unwrap().name, "Bank NL20INGB0001234567");
        let named = read(&own(OURS[1], "{ number = \"1110\", name = \"ING\", rgs = \"BLimBanRba\" }")).unwrap();
        assert_eq!(named.of_own(OURS[1]).unwrap().name, "ING");
        for (section, key) in [
            (own("NL44RABO0123456789", "\"1110\""), "accounts.own[0].iban"),
            (own(OURS[1], "\"1100\""), "accounts.own[0].account"),
            (own(OURS[1], "1110"), "accounts.own[0].account"),
            (own(OURS[0], "\"1110\"") + &own(OURS[1], "\"1110\""), "accounts.own[1].account"),
            (own(OURS[0], "\"1110\"") + &own(OURS[0], "\"1111\""), "accounts.own[1].iban"),
        ] {
            let PolicyErrors(faults) = read(&section).expect_err(&section);
            assert_eq!(faults.first().map(|fault| fault.key.as_str()), Some(key), "{faults:?}");
        }
    }

    #[test]
    fn pay_7_a_fault_names_key_and_what_was_expected() {
        for (line, key, expected) in [
            ("bank = 1100", "bank", "in quotes"),
            ("bank = \"\"", "bank", "1 to 16"),
            ("bank = { name = \"Bank\" }", "bank", "the number of an account"),
            ("bank = { number = \"1100\", nmae = \"Bank\" }", "bank", "{ number ="),
            ("bank = { number = \"1100\", rgs = 1 }", "bank", "{ number ="),
            ("bank = \"1300\"", "bank", "receivable has 1300"),
            ("receivable = \"4500\"", "receivable", "bank_charges has 4500"),
            ("banks = \"1100\"", "banks", "did you mean bank?"),
            ("journals = { sales = \"MEM\" }", "journals", "three codes"),
            ("journals = { sales = \"\" }", "journals.sales", "letters and digits"),
            ("vat_codes = { outside = \"1\" }", "vat_codes.outside", "two codes"),
        ] {
            let PolicyErrors(faults) = read(line).expect_err(line);
            let [fault] = &faults[..] else { panic!("{line}: {faults:?}") };
            assert_eq!((fault.line, fault.key.as_str()), (7, format!("accounts.{key}").as_str()), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }
}
