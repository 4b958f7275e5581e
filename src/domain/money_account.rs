//! The accounts of the money ledger, by what they are for; their numbers and names are the policy's.

use super::words::words;

words! {
    /// What an account of the money ledger is for. Debit is positive, credit negative.
    pub enum MoneyAccount {
        /// What customers owe: the open amounts of their invoices.
        Receivable = "receivable",
        /// Our account at the bank.
        Bank = "bank",
        /// Money that came in some other way.
        OtherMoney = "other_money",
        /// Money that went back to a customer's bank and was not told by both sides yet: that a direct debit came undone,
        /// and that our account was debited for it, are told by different messages in any order (PAY-2).
        InTransit = "in_transit",
        /// What customers paid too much, until it is set off or paid back (PAY-5).
        CustomerCredit = "customer_credit",
        /// Prepaid hours that are not used yet: a debt (PAY-7).
        Deferred = "deferred",
        /// VAT that we owe.
        Vat = "vat",
        /// Earned by hours drawn from cards.
        CardRevenue = "card_revenue",
        /// Earned by hours that expired (CARD-5, PAY-7).
        Breakage = "breakage",
        /// Earned by hours on invoices, as agreed (COVER-6).
        HoursRevenue = "hours_revenue",
        /// Fees that bear VAT.
        FeeRevenue = "fee_revenue",
        /// Fees outside the scope of VAT.
        FeeOutside = "fee_outside",
        /// What the bank charges.
        BankCharges = "bank_charges",
    }
}

impl MoneyAccount {
    /// Whether it stands on the balance sheet; else it is profit and loss.
    #[must_use]
    pub const fn is_balance_sheet(self) -> bool {
        matches!(
            self,
            Self::Receivable
                | Self::Bank
                | Self::OtherMoney
                | Self::InTransit
                | Self::CustomerCredit
                | Self::Deferred
                | Self::Vat
        )
    }
}
