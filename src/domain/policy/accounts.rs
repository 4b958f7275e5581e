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

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
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
        Self { chart, journals, vat_codes: keys.table("vat_codes", VatCodes::read) }
    }
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
