//! The words of the pages, in Dutch and English side by side: a text that is missing in one does not compile.

use crate::web::text::Lang;

/// Declares a set of texts: `name: "Nederlands", "English";`.
macro_rules! texts {
    ($(#[$meta:meta])* pub struct $set:ident { $($name:ident: $nl:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each field is the text itself, in both languages")]
        pub struct $set { $(pub $name: &'static str),+ }

        impl $set {
            /// The texts in a language.
            #[must_use]
            pub const fn of(lang: $crate::web::text::Lang) -> &'static Self {
                static NL: $set = $set { $($name: $nl),+ };
                static EN: $set = $set { $($name: $en),+ };
                match lang {
                    $crate::web::text::Lang::Nl => &NL,
                    $crate::web::text::Lang::En => &EN,
                }
            }
        }
    };
}
pub(crate) use texts;

texts! {
    /// What every page shares: the frame and the drawing of cards.
    pub struct Texts {
        to_start: "Naar het begin", "To the start";
        skip: "Naar de inhoud", "Skip to content";
        nav: "Hoofdmenu", "Main menu";
        nav_balance: "Tegoed", "Balance";
        nav_overview: "Overzicht", "Overview";
        nav_contacts: "Personen", "People";
        nav_desk: "Werkbank", "Desk";
        nav_customers: "Klanten", "Customers";
        nav_finance: "Financiën", "Finance";
        finance_nav: "Financiën", "Finance";
        finance_today: "Vandaag", "Today";
        finance_invoices: "Facturen", "Invoices";
        finance_bank: "Bank", "Bank";
        finance_reversals: "Stornering", "Reversals";
        finance_arrears: "Achterstand", "Arrears";
        finance_cards: "Kaarten", "Cards";
        finance_deferred: "Vooruitontvangen", "Deferred";
        finance_balances: "Saldi", "Balances";
        finance_months: "Maanden", "Months";
        finance_exports: "Exports", "Exports";
        nav_availability: "Beschikbaarheid", "Availability";
        nav_policies: "Voorwaarden", "Terms";
        nav_fair_use: "Redelijk gebruik", "Fair use";
        nav_users: "Gebruikers", "Users";
        other_lang: "en", "nl";
        other_language: "English", "Nederlands";
        own_login: "Uw login", "Your login";
        log_out: "Uitloggen", "Log out";
        footer: "Strippenkaart: wie betaalt dit kwartier, en hoeveel is er nog?", "Strippenkaart: who pays for this quarter of an hour, and how much is left?";
        card_left_before: "nog", "";
        card_left_between: "van", "of";
        card_left_after: "", "left";
        card_paid: "gekocht", "bought";
        card_free: "gratis", "free";
        strip_is: "1 strip =", "1 strip =";
        used: "verbruikt", "used";
        held: "gereserveerd", "held";
        left: "over", "left";
        frozen: "bevroren", "frozen";
        expired: "verlopen", "expired";
        refunded: "terugbetaald", "refunded";
        converted: "omgerekend", "converted";
        pending: "nog niet actief", "not active yet";
        stamp_pending: "Niet betaald", "Not paid";
        stamp_used_up: "Op", "Used up";
        stamp_expired: "Verlopen", "Expired";
        stamp_frozen: "Bevroren", "Frozen";
        stamp_refunded: "Terugbetaald", "Refunded";
        stamp_converted: "Omgerekend", "Converted";
        pager: "Bladeren", "Pages";
        pager_newest: "Nieuwste", "Newest";
        pager_older: "Ouder", "Older";
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
