//! The accounts of the money ledger by what they are for. Numbers and names are the policy's (`[accounts]`).

use super::words::words;

words! {
    /// What an account of the money ledger is for.
    pub enum MoneyAccount {
        /// What customers owe for issued documents.
        Receivable = "receivable",
        /// Money on our bank account.
        Bank = "bank",
        /// Payments that came in another way than over the bank account, until they are settled.
        OtherMoney = "other_money",
        /// What customers paid too much: to be settled or paid back (PAY-5).
        CustomerCredit = "customer_credit",
        /// What was paid for hours that are not used yet (PAY-7).
        Deferred = "deferred",
        /// VAT to be paid to the tax office (PAY-6).
        Vat = "vat",
        /// Revenue of hours used from cards (PAY-7).
        CardRevenue = "card_revenue",
        /// Revenue of hours that expired unused (PAY-7).
        Breakage = "breakage",
        /// Revenue of hours that no card paid for (COVER-6).
        HoursRevenue = "hours_revenue",
        /// Revenue of fees that bear VAT (PAY-2, PAY-4).
        FeeRevenue = "fee_revenue",
        /// Compensation for reversals, outside VAT (PAY-2).
        FeeOutside = "fee_outside",
        /// What the bank charges us.
        BankCharges = "bank_charges",
        /// What is owed and will not be paid.
        BadDebt = "bad_debt",
    }
}

impl MoneyAccount {
    /// Whether it stands on the balance sheet; else it is profit and loss.
    #[must_use]
    pub const fn is_balance_sheet(self) -> bool {
        match self {
            Self::Receivable | Self::Bank | Self::OtherMoney | Self::CustomerCredit | Self::Deferred | Self::Vat => {
                true
            }
            Self::CardRevenue
            | Self::Breakage
            | Self::HoursRevenue
            | Self::FeeRevenue
            | Self::FeeOutside
            | Self::BankCharges
            | Self::BadDebt => false,
        }
    }
}
