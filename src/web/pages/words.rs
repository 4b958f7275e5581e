//! Refusals and problems in the reader's own words: what was wrong, and what to do.

use super::OTHER_SITE;
use crate::domain::clocks::Notice;
use crate::domain::duration::DurationError;
use crate::domain::estimate::AnswerVia;
use crate::domain::refusal::NotPaid;
use crate::domain::{
    Channel, Cover, CoveredBy, EstimateStatus, Minutes, MissingField, PaymentMethod, Question, Refusal, TicketKind,
    TicketStatus,
};
use crate::exchange::bank::BankFault;
use crate::service::FieldError;
use crate::service::desk::StaffRole;
use crate::web::problem::Problem;
use crate::web::text::{Lang, date, hours, money, weekday_date};
use axum::http::StatusCode;
use chrono::NaiveDate;
use std::time::Duration;

/// Chooses between the two languages.
#[must_use]
pub fn either<T>(lang: Lang, nl: T, en: T) -> T {
    match lang {
        Lang::Nl => nl,
        Lang::En => en,
    }
}

/// Why a mandate ended: words of the program itself in the reader's language, others as written.
#[must_use]
pub fn mandate_ended(why: &str, lang: Lang) -> String {
    match why {
        "replaced" => either(lang, "vervangen", "replaced").to_owned(),
        "revoked" => either(lang, "ingetrokken", "revoked").to_owned(),
        "amended" => either(lang, "rekening gewijzigd", "account changed").to_owned(),
        other => other.to_owned(),
    }
}

/// That a collection moved to the next bank day, in a sentence; nothing where it did not.
#[must_use]
pub fn not_a_bank_day(asked: NaiveDate, on: NaiveDate, lang: Lang) -> Option<String> {
    if asked == on {
        return None;
    }
    let (closed, day) = (weekday_date(asked, lang), weekday_date(on, lang));
    let dutch = format!("{closed} is geen bankdag: er wordt afgeschreven op {day}");
    let english = format!("{closed} is no bank day: it is collected on {day}");
    Some(sentence(&either(lang, dutch, english)))
}

/// Where an estimate stands.
#[must_use]
pub const fn estimate_status(status: EstimateStatus, lang: Lang) -> &'static str {
    match (status, lang) {
        (EstimateStatus::Proposed, Lang::Nl) => "wacht op antwoord",
        (EstimateStatus::Proposed, Lang::En) => "waiting for an answer",
        (EstimateStatus::Accepted, Lang::Nl) => "akkoord",
        (EstimateStatus::Accepted, Lang::En) => "agreed",
        (EstimateStatus::Declined, Lang::Nl) => "afgewezen",
        (EstimateStatus::Declined, Lang::En) => "declined",
        (EstimateStatus::Lapsed, Lang::Nl) => "verlopen zonder antwoord",
        (EstimateStatus::Lapsed, Lang::En) => "lapsed without an answer",
        (EstimateStatus::Closed, Lang::Nl) => "afgesloten",
        (EstimateStatus::Closed, Lang::En) => "closed",
    }
}

/// What a ticket is about.
#[must_use]
pub const fn ticket_kind(kind: TicketKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (TicketKind::Defect, Lang::Nl) => "storing, gratis",
        (TicketKind::Defect, Lang::En) => "defect, free",
        (TicketKind::Question, Lang::Nl) => "vraag",
        (TicketKind::Question, Lang::En) => "question",
        (TicketKind::ThirdParty, Lang::Nl) => "andere leverancier",
        (TicketKind::ThirdParty, Lang::En) => "third party",
        (TicketKind::Change, Lang::Nl) => "wijziging of advies",
        (TicketKind::Change, Lang::En) => "change or advice",
    }
}

/// Where a ticket stands.
#[must_use]
pub const fn ticket_status(status: TicketStatus, lang: Lang) -> &'static str {
    match (status, lang) {
        (TicketStatus::New, Lang::Nl) => "nieuw",
        (TicketStatus::New, Lang::En) => "new",
        (TicketStatus::WaitingForCustomer, Lang::Nl) => "wacht op klant",
        (TicketStatus::WaitingForCustomer, Lang::En) => "waiting for customer",
        (TicketStatus::InProgress, Lang::Nl) => "in behandeling",
        (TicketStatus::InProgress, Lang::En) => "in progress",
        (TicketStatus::Resolved, Lang::Nl) => "opgelost",
        (TicketStatus::Resolved, Lang::En) => "resolved",
        (TicketStatus::Closed, Lang::Nl) => "gesloten",
        (TicketStatus::Closed, Lang::En) => "closed",
    }
}

/// How a report came in.
#[must_use]
pub const fn channel(channel: Channel, lang: Lang) -> &'static str {
    match (channel, lang) {
        (Channel::Portal, Lang::Nl) => "hier ingetypt",
        (Channel::Portal, Lang::En) => "typed in here",
        (Channel::Mail, Lang::Nl) => "per mail",
        (Channel::Mail, Lang::En) => "by mail",
        (Channel::Chat, Lang::Nl) => "via chat",
        (Channel::Chat, Lang::En) => "by chat",
        (Channel::Phone, Lang::Nl) => "telefonisch",
        (Channel::Phone, Lang::En) => "by telephone",
        (Channel::VoiceMessage, Lang::Nl) => "ingesproken",
        (Channel::VoiceMessage, Lang::En) => "by voice message",
        (Channel::InPerson, Lang::Nl) => "ter plekke",
        (Channel::InPerson, Lang::En) => "in person",
    }
}

/// What a report is asked to say.
#[must_use]
pub const fn question(question: Question, lang: Lang) -> &'static str {
    match (question, lang) {
        (Question::What, Lang::Nl) => "Wat ziet u precies?",
        (Question::What, Lang::En) => "What exactly do you see?",
        (Question::Where, Lang::Nl) => "Waar gebeurt het?",
        (Question::Where, Lang::En) => "Where does it happen?",
        (Question::When, Lang::Nl) => "Sinds wanneer, of hoe vaak?",
        (Question::When, Lang::En) => "Since when, or how often?",
        (Question::Who, Lang::Nl) => "Bij wie gebeurt het?",
        (Question::Who, Lang::En) => "To whom does it happen?",
        (Question::Page, Lang::Nl) => "Wat is het adres van de pagina?",
        (Question::Page, Lang::En) => "What is the address of the page?",
        (Question::Screenshot, Lang::Nl) => "Waar staat een schermafbeelding?",
        (Question::Screenshot, Lang::En) => "Where can a screenshot be seen?",
        (Question::Steps, Lang::Nl) => "Welke stappen zette u?",
        (Question::Steps, Lang::En) => "Which steps did you take?",
    }
}

/// What whoever reported should know (SLA-6).
#[must_use]
pub fn notice(notice: Notice<'_>, lang: Lang) -> String {
    match (notice, lang) {
        (Notice::ReportBy(asked), Lang::Nl) => {
            format!("Meld dit de volgende keer liever {}. We helpen u hier evengoed.", channel(asked, lang))
        }
        (Notice::ReportBy(asked), Lang::En) => {
            format!("Next time, please report this {}. We help you all the same.", channel(asked, lang))
        }
        (Notice::MayNotPhone, Lang::Nl) => {
            "Bellen is voor wie daarvoor is aangewezen; mail de volgende keer. We helpen u hier evengoed.".to_owned()
        }
        (Notice::MayNotPhone, Lang::En) => {
            "Phoning is for those appointed to it; please mail next time. We help you all the same.".to_owned()
        }
        (Notice::DataLeak(text), lang) => text.of(lang.into()).to_owned(),
    }
}

/// Statuses in a sentence.
fn statuses(all: &[TicketStatus], lang: Lang) -> String {
    let words: Vec<&str> = all.iter().map(|status| ticket_status(*status, lang)).collect();
    words.join(", ")
}

/// What covers a ticket.
#[must_use]
pub const fn covers(cover: Cover, lang: Lang) -> &'static str {
    match (cover, lang) {
        (Cover::Safety, Lang::Nl) => "veiligheid, gratis",
        (Cover::Safety, Lang::En) => "safety, free",
        (Cover::Defect, Lang::Nl) => "storing, gratis",
        (Cover::Defect, Lang::En) => "defect, free",
        (Cover::Included, Lang::Nl) => "inbegrepen",
        (Cover::Included, Lang::En) => "included",
        (Cover::AddOn, Lang::Nl) => "spoedabonnement",
        (Cover::AddOn, Lang::En) => "urgency add-on",
        (Cover::YearlyUrgent, Lang::Nl) => "spoed, gratis",
        (Cover::YearlyUrgent, Lang::En) => "urgent, free",
        (Cover::FairUse, Lang::Nl) => "redelijk gebruik",
        (Cover::FairUse, Lang::En) => "fair use",
        (Cover::Card, Lang::Nl) => "strippenkaart",
        (Cover::Card, Lang::En) => "card",
        (Cover::Invoice, Lang::Nl) => "op factuur",
        (Cover::Invoice, Lang::En) => "invoice",
        (Cover::Goodwill, Lang::Nl) => "coulance",
        (Cover::Goodwill, Lang::En) => "goodwill",
        (Cover::Uncovered, Lang::Nl) => "nog af te spreken",
        (Cover::Uncovered, Lang::En) => "to be agreed",
    }
}

/// What covered an entry.
#[must_use]
pub const fn covered_by(by: CoveredBy, lang: Lang) -> &'static str {
    let cover = match by {
        CoveredBy::Free => return if matches!(lang, Lang::Nl) { "gratis" } else { "free" },
        CoveredBy::Uncovered => return if matches!(lang, Lang::Nl) { "niet gedekt" } else { "not covered" },
        CoveredBy::Safety => Cover::Safety,
        CoveredBy::Defect => Cover::Defect,
        CoveredBy::Included => Cover::Included,
        CoveredBy::AddOn => Cover::AddOn,
        CoveredBy::YearlyUrgent => Cover::YearlyUrgent,
        CoveredBy::FairUse => Cover::FairUse,
        CoveredBy::Card => Cover::Card,
        CoveredBy::Invoice => Cover::Invoice,
        CoveredBy::Goodwill => Cover::Goodwill,
    };
    covers(cover, lang)
}

/// How an answer was given.
#[must_use]
pub const fn answer_via(via: AnswerVia, lang: Lang) -> &'static str {
    match (via, lang) {
        (AnswerVia::Online, Lang::Nl) => "hier ingelogd",
        (AnswerVia::Online, Lang::En) => "logged in here",
        (AnswerVia::Phone, Lang::Nl) => "telefonisch",
        (AnswerVia::Phone, Lang::En) => "by telephone",
        (AnswerVia::Mail, Lang::Nl) => "per mail",
        (AnswerVia::Mail, Lang::En) => "by mail",
        (AnswerVia::InPerson, Lang::Nl) => "ter plekke",
        (AnswerVia::InPerson, Lang::En) => "in person",
    }
}

/// How money came in.
#[must_use]
pub const fn payment_method(method: PaymentMethod, lang: Lang) -> &'static str {
    match (method, lang) {
        (PaymentMethod::Bank, Lang::Nl) => "overboeking",
        (PaymentMethod::Bank, Lang::En) => "bank transfer",
        (PaymentMethod::DirectDebit, Lang::Nl) => "automatische incasso",
        (PaymentMethod::DirectDebit, Lang::En) => "direct debit",
        (PaymentMethod::Other, Lang::Nl) => "anders",
        (PaymentMethod::Other, Lang::En) => "otherwise",
    }
}

/// A role at the provider.
#[must_use]
pub const fn staff_role(role: StaffRole, lang: Lang) -> &'static str {
    match (role, lang) {
        (StaffRole::Admin, Lang::Nl) => "beheerder",
        (StaffRole::Admin, Lang::En) => "administrator",
        (StaffRole::Finance, Lang::Nl) => "financiën",
        (StaffRole::Finance, Lang::En) => "finance",
        (StaffRole::Agent, Lang::Nl) => "medewerker",
        (StaffRole::Agent, Lang::En) => "agent",
    }
}

/// Why a text is not a length of time (TIME-1).
#[must_use]
pub fn duration(error: DurationError, lang: Lang) -> String {
    match (error, lang) {
        (DurationError::Empty, Lang::Nl) => "Hoe lang duurde het? Bijvoorbeeld 1u15, 75m, 0:50 of 1,25.".to_owned(),
        (DurationError::Empty, Lang::En) => "How long did it take? For instance 1h15, 75m, 0:50 or 1.25.".to_owned(),
        (DurationError::Bare(count), Lang::Nl) => format!("Minuten of uren? Schrijf {count}m of {count}u."),
        (DurationError::Bare(count), Lang::En) => format!("Minutes or hours? Write {count}m or {count}h."),
        (DurationError::NotWholeMinutes(near), Lang::Nl) => {
            format!("Dat zijn geen hele minuten; het dichtstbij is {}.", typed_time(near, lang))
        }
        (DurationError::NotWholeMinutes(near), Lang::En) => {
            format!("That is not a whole number of minutes; the nearest is {}.", typed_time(near, lang))
        }
        (DurationError::NotUnderstood, Lang::Nl) => "Dit is niet te lezen. Schrijf 1u15, 75m, 0:50 of 1,25.".to_owned(),
        (DurationError::NotUnderstood, Lang::En) => "This cannot be read. Write 1h15, 75m, 0:50 or 1.25.".to_owned(),
        (DurationError::TooLong, Lang::Nl) => "Meer dan 24 uur past niet in één boeking.".to_owned(),
        (DurationError::TooLong, Lang::En) => "One entry holds at most 24 hours.".to_owned(),
        (DurationError::Zero, Lang::Nl) => "Boek minstens één minuut.".to_owned(),
        (DurationError::Zero, Lang::En) => "Log at least one minute.".to_owned(),
    }
}

/// A length of time as an agent would type it: `1 u 15 min`, `50 min`, `2 h`.
#[must_use]
pub fn typed_time(minutes: Minutes, lang: Lang) -> String {
    let unit = either(lang, "u", "h");
    match (minutes.0 / 60, minutes.0 % 60) {
        (0, rest) => format!("{rest} min"),
        (whole, 0) => format!("{whole} {unit}"),
        (whole, rest) => format!("{whole} {unit} {rest} min"),
    }
}

/// A refusal.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a line or two for each refusal, and no more")]
pub fn refusal(refusal: &Refusal, lang: Lang) -> String {
    let h = |minutes: &crate::domain::Minutes| hours(*minutes, lang);
    if lang == Lang::En {
        return english(refusal);
    }
    match refusal {
        Refusal::NotFound(_) => "Dit bestaat niet (meer).".to_owned(),
        Refusal::Invalid { expected, .. } => field_text(expected, lang),
        Refusal::CustomerExists { number, .. } => {
            format!("Deze klant bestaat al, met dezelfde naam en hetzelfde e-mailadres: nummer {number}.")
        }
        Refusal::ContactExists { email } => {
            format!("{email} is al een persoon van deze klant. Verwijder die eerst om de rol te wijzigen.")
        }
        Refusal::RoleForbids => "Dit hoort niet bij uw rol.".to_owned(),
        Refusal::AuthorisedFrom { from } => {
            format!("Uw machtiging gaat in op {}. Tot dan kunt u meekijken en vragen melden.", date(*from, Lang::Nl))
        }
        Refusal::AuthorisedUntil { until } => {
            format!(
                "Uw machtiging liep tot en met {}. U kunt meekijken en vragen melden; een eigenaar kan u opnieuw toevoegen.",
                date(*until, Lang::Nl)
            )
        }
        Refusal::GivesForTooLong { last } => {
            format!("Uw eigen machtiging loopt tot en met {}: kies die dag of een eerdere.", date(*last, Lang::Nl))
        }
        Refusal::LastOwner => {
            "Dit is de laatste eigenaar. Voeg eerst een andere toe, zodat iemand de zaken kan regelen.".to_owned()
        }
        Refusal::LinkOfContact => {
            "Deze link is voor een persoon van de klant: stuur hem door, en open hem niet zelf.".to_owned()
        }
        Refusal::AskedByMissing => "Leg vast wie van de klant hierom vroeg, en hoe (mail of chat).".to_owned(),
        Refusal::NoCards => "Deze leverancier verkoopt geen strippenkaarten.".to_owned(),
        Refusal::UnknownProduct { products, .. } => format!("Deze kaart is er niet. Kies uit: {products}."),
        Refusal::InstallationExists { name } => format!("{name} staat er al bij."),
        Refusal::InstallationInUse { left } => {
            format!("Kaarten voor deze installatie hebben nog {}; die zou niemand meer kunnen gebruiken.", h(left))
        }
        Refusal::BelowFirstPurchase { minimum, asked, strip } => format!(
            "Een eerste aankoop is minstens {} ({} strippen); dit is {}.",
            h(minimum),
            minimum.0 / strip.0,
            h(asked)
        ),
        Refusal::NoRenewal => "Bij deze leverancier worden kaarten niet vanzelf verlengd.".to_owned(),
        Refusal::ConsentByOwner => {
            "Alleen een eigenaar van de klant kan, ingelogd, toestemming geven om te verlengen.".to_owned()
        }
        Refusal::OutOfScope { available, asked, unusable, reasons } => {
            let why: Vec<String> = reasons.iter().map(|reason| sentence(&not_paid(reason))).collect();
            format!(
                "Voor dit werk is {} beschikbaar en {} nodig. Nog {} staat op kaarten die dit niet betalen. {}",
                h(available),
                h(asked),
                h(unusable),
                why.join(" ")
            )
        }
        Refusal::NotIssued => "Dit is een concept: maak er eerst een factuur van.".to_owned(),
        Refusal::AlreadyIssued { number } => {
            format!("{number} is verstuurd en verandert niet meer; herstel een fout met een creditfactuur.")
        }
        Refusal::EmptyDraft => "Er staat niets op dit concept om te factureren.".to_owned(),
        Refusal::IncompleteDocument { missing } => self::missing(missing, Lang::Nl),
        Refusal::NothingToCredit => "Van dit document valt niets meer te crediteren.".to_owned(),
        Refusal::CreditTooMuch { left, asked } => {
            let (left, asked) = (money(*left, Lang::Nl), money(*asked, Lang::Nl));
            format!("{asked} is meer dan de {left} die van deze regel over is, exclusief btw.")
        }
        Refusal::NotRefundable => "Deze kaart kan niet worden terugbetaald.".to_owned(),
        Refusal::NothingToSetOff { open, credit } => {
            let (open, credit) = (money(*open, Lang::Nl), money(*credit, Lang::Nl));
            format!("Er valt niets te verrekenen: {credit} is te veel betaald, {open} staat open.")
        }
        Refusal::BeyondCredit { credit, asked } => {
            let (credit, asked) = (money(*credit, Lang::Nl), money(*asked, Lang::Nl));
            format!("{asked} is meer dan de {credit} die te veel is betaald.")
        }
        Refusal::BeyondPayment { left, asked } => {
            let (left, asked) = (money(*left, Lang::Nl), money(*asked, Lang::Nl));
            format!("{asked} is meer dan de {left} die van deze betaling over is.")
        }
        Refusal::PaidOutBefore { on } => {
            format!("Deze betaling is al uitbetaald op {}.", date(*on, Lang::Nl))
        }
        Refusal::NotPaidElsewhere => "Deze betaling staat niet bij een betaaldienst: ze kwam op de bank binnen of is \
            teruggedraaid."
            .to_owned(),
        Refusal::ToldByOtherLine => {
            "Een andere bankregel is al zo geboekt. Maak die eerst ongedaan, of boek deze regel \
            als iets anders."
                .to_owned()
        }
        Refusal::CameBackSince { on, amount } => format!(
            "Van deze betaling kwam {} terug op {}, volgens een andere bankregel. Maak die eerst ongedaan.",
            money(*amount, Lang::Nl),
            date(*on, Lang::Nl)
        ),
        Refusal::NotOverdue => "Deze factuur is niet te laat.".to_owned(),
        Refusal::NoDirectDebits => "Deze aanbieder incasseert niet.".to_owned(),
        Refusal::NoMandate => "Deze klant heeft geen geldige machtiging; leg er eerst een vast.".to_owned(),
        Refusal::MandateExists { reference } => format!(
            "Er is al een machtiging met kenmerk {reference}, ook als die is beëindigd. Kies een ander kenmerk, of wijzig die machtiging."
        ),
        Refusal::MandateEnded => "Deze machtiging is beëindigd. Leg de nieuwe vast.".to_owned(),
        Refusal::NothingToAmend => {
            "Deze machtiging staat al op deze rekening en naam. Vul in wat er verandert.".to_owned()
        }
        Refusal::SignedLater { signed_on } => {
            format!("De machtiging is getekend op {}. Kies die dag of een latere.", date(*signed_on, lang))
        }
        Refusal::CollectionSent { end_to_end_id } => format!(
            "Incasso {end_to_end_id} is al naar de bank gestuurd. Vraag de bank om hem in te trekken, en leg vast wat er terugkomt."
        ),
        Refusal::CollectionAnswered { end_to_end_id } => {
            format!("De bank heeft incasso {end_to_end_id} al beantwoord: er valt niets af te zeggen.")
        }
        Refusal::CollectionCalledOff { end_to_end_id } => format!(
            "Incasso {end_to_end_id} is afgezegd voordat hij naar de bank ging. Dit is dus ander geld: boek het als iets anders."
        ),
        Refusal::ReminderTooSoon { last, from } => format!(
            "De vorige herinnering ging uit op {}. De volgende kan vanaf {}.",
            date(*last, lang),
            date(*from, lang)
        ),
        Refusal::NothingToCollect => "Van deze factuur staat niets open: er valt niets te incasseren.".to_owned(),
        Refusal::CollectionPending => {
            "Er loopt al een incasso van deze factuur; wacht op antwoord van de bank.".to_owned()
        }
        Refusal::NothingToExport => "Er is niets dat nog niet is geëxporteerd.".to_owned(),
        Refusal::NotExportable { why } => format!("Het bestand kan niet worden gemaakt: {why}"),
        Refusal::NothingToWaive => "Voor deze stornering zijn geen kosten gerekend.".to_owned(),
        Refusal::AccountPaused { since } => {
            let since = date(*since, Lang::Nl);
            format!(
                "De account is sinds {since} gepauzeerd vanwege een betalingsachterstand: zolang worden er geen uren afgesproken of afgeboekt. Melden kan altijd."
            )
        }
        Refusal::AlreadyPaused { since } => {
            let since = date(*since, Lang::Nl);
            format!("De account is al gepauzeerd sinds {since}.")
        }
        Refusal::NotPaused => "De account is niet gepauzeerd.".to_owned(),
        Refusal::NoArrears => "Deze klant heeft geen betalingsachterstand.".to_owned(),
        Refusal::Arranged { until } => {
            let until = date(*until, Lang::Nl);
            format!("Er is een betalingsregeling tot en met {until}: zolang wordt de account niet gepauzeerd.")
        }
        Refusal::NotArranged => "Er is geen betalingsregeling.".to_owned(),
        Refusal::LineBooked => {
            "Deze regel is al geboekt. Maak die boeking eerst ongedaan; daarna kunt u de regel anders boeken."
                .to_owned()
        }
        Refusal::LineRepeats => {
            "Deze regel meldt hetzelfde als een andere regel. Alleen die andere wordt geboekt.".to_owned()
        }
        Refusal::NoReactivation => "Deze aanbieder rekent geen heractiveringskosten.".to_owned(),
        Refusal::NoMonthlyAmount => {
            "Het maandbedrag van deze klant is niet bekend; leg het vast bij de factuurgegevens.".to_owned()
        }
        Refusal::Overpayment { open, asked } => {
            let (open, asked) = (money(*open, lang), money(*asked, lang));
            format!("{asked} is meer dan de {open} die nog openstaat op deze factuur.")
        }
        Refusal::DefectIsFree => {
            "Een storing in ons eigen product lossen we gratis op: een schatting is niet nodig.".to_owned()
        }
        Refusal::EstimateNotNeeded { cover } => format!(
            "Dit werk gaat niet van de kaart ({}): een schatting is niet nodig. Beslis eerst anders als dat niet klopt.",
            covers(*cover, lang)
        ),
        Refusal::CoverageChanged { .. } => {
            "Iemand anders heeft intussen beslist wie dit betaalt. Bekijk dat, en beslis daarna opnieuw.".to_owned()
        }
        Refusal::NoRate => "Er is geen uurprijs voor dit werk: vul in wat is afgesproken.".to_owned(),
        Refusal::EstimateNotOpen { status } => {
            format!("Deze schatting staat niet meer open: {}.", estimate_status(*status, lang))
        }
        Refusal::SpenderNotAuthorised { name } => format!("{name} mag op deze dag geen uren goedkeuren."),
        Refusal::CeilingExceeded { name, ceiling, asked } => {
            format!("{name} mag per schatting hooguit {} goedkeuren; dit is {}.", h(ceiling), h(asked))
        }
        Refusal::ChannelNotAllowed { .. } => "Een akkoord langs deze weg wordt niet aangenomen.".to_owned(),
        Refusal::InsufficientMinutes { available, asked } => {
            let short = hours(*asked - *available, lang);
            format!("Er is {} beschikbaar en {} nodig: {short} te weinig.", h(available), h(asked))
        }
        Refusal::BeyondAgreement { agreed, left, asked, .. } => {
            let short = hours(*asked - *left, lang);
            format!(
                "Van de afgesproken {} is nog {} over en dit kost {}: {short} te veel.",
                h(agreed),
                h(left),
                h(asked)
            )
        }
        Refusal::AgreementRequired { asked } => format!(
            "Hiervoor wordt {} berekend en er is nog geen akkoord. Vraag eerst akkoord op een schatting, of boek het als niet gedekt.",
            h(asked)
        ),
        Refusal::RequesterNotAuthorised { .. } => {
            "De aanvrager mag geen uren besteden. Vraag akkoord op een schatting, of boek het als niet gedekt."
                .to_owned()
        }
        Refusal::BeyondTolerance { tolerance, shortage } => {
            format!("Ter plekke mag hooguit {} worden weggegeven; {} is niet gedekt.", h(tolerance), h(shortage))
        }
        Refusal::AlreadyReversed => "Deze boeking is al teruggedraaid.".to_owned(),
        Refusal::NothingUncovered => "Van deze boeking is alles gedekt.".to_owned(),
        Refusal::WorkedOnOutOfRange { first, last } => {
            format!("De dag van het werk ligt tussen {} en {}.", date(*first, lang), date(*last, lang))
        }
        Refusal::StatusNotPossible { status, possible } => {
            let (status, possible) = (ticket_status(*status, lang), statuses(possible, lang));
            format!("De melding is {status}. Wat nu kan: {possible}.")
        }
        Refusal::NothingMissed => "Op deze melding is geen bindende termijn gemist.".to_owned(),
        Refusal::NotOffered => "Dit kan hier niet; schrijf een bericht bij de melding.".to_owned(),
        Refusal::StalledToday => "Dit is vandaag al gemeld; de accountmanager ziet het op de werkbank.".to_owned(),
        Refusal::Month(why) => super::accounting::not_closed(why, lang),
        Refusal::KeyReused => {
            "Dit formulier was al verstuurd met andere gegevens. Kijk of het klopt en verstuur het opnieuw.".to_owned()
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one sentence for each refusal")]
fn english(refusal: &Refusal) -> String {
    let h = |minutes: &crate::domain::Minutes| hours(*minutes, Lang::En);
    match refusal {
        Refusal::InsufficientMinutes { available, asked } => {
            format!("{} is available and {} is needed: {} too few.", h(available), h(asked), h(&(*asked - *available)))
        }
        Refusal::OutOfScope { available, asked, unusable, reasons } => {
            let why: Vec<String> = reasons.iter().map(|reason| sentence(&reason.to_string())).collect();
            format!(
                "For this work {} is available and {} is needed. Another {} is on cards that do not pay for it. {}",
                h(available),
                h(asked),
                h(unusable),
                why.join(" ")
            )
        }
        Refusal::InstallationInUse { left } => {
            format!("Cards for this installation still have {}; nobody could use those any more.", h(left))
        }
        Refusal::BelowFirstPurchase { minimum, asked, strip } => format!(
            "A first purchase is at least {} ({} strips); this is {}.",
            h(minimum),
            minimum.0 / strip.0,
            h(asked)
        ),
        Refusal::BeyondAgreement { agreed, left, asked, .. } => format!(
            "Of the agreed {} there is {} left and this costs {}: {} too much.",
            h(agreed),
            h(left),
            h(asked),
            h(&(*asked - *left))
        ),
        Refusal::CeilingExceeded { name, ceiling, asked } => {
            format!("{name} may agree to at most {} in one estimate; this asks {}.", h(ceiling), h(asked))
        }
        Refusal::AgreementRequired { asked } => format!(
            "This would charge {} and nobody has agreed to it yet. Propose an estimate first, or log it as uncovered.",
            h(asked)
        ),
        Refusal::BeyondTolerance { tolerance, shortage } => {
            format!("At most {} can be given away on the spot; {} is not covered.", h(tolerance), h(shortage))
        }
        Refusal::NotIssued => "This is a draft: issue it first.".to_owned(),
        Refusal::AlreadyIssued { number } => {
            format!("{number} was issued and never changes; undo a mistake with a credit note.")
        }
        Refusal::EmptyDraft => "There is nothing on this draft to invoice.".to_owned(),
        Refusal::IncompleteDocument { missing } => self::missing(missing, Lang::En),
        Refusal::NothingToCredit => "Nothing of this document is left to credit.".to_owned(),
        Refusal::CreditTooMuch { left, asked } => {
            let (left, asked) = (money(*left, Lang::En), money(*asked, Lang::En));
            format!("{asked} is more than the {left} that is left of this line, excluding VAT.")
        }
        Refusal::NotRefundable => "This card is not refundable.".to_owned(),
        Refusal::NothingToSetOff { open, credit } => {
            let (open, credit) = (money(*open, Lang::En), money(*credit, Lang::En));
            format!("There is nothing to set off: {credit} was paid too much, {open} is open.")
        }
        Refusal::BeyondCredit { credit, asked } => {
            let (credit, asked) = (money(*credit, Lang::En), money(*asked, Lang::En));
            format!("{asked} is more than the {credit} that was paid too much.")
        }
        Refusal::BeyondPayment { left, asked } => {
            let (left, asked) = (money(*left, Lang::En), money(*asked, Lang::En));
            format!("{asked} is more than the {left} that stands of this payment.")
        }
        Refusal::PaidOutBefore { on } => format!("This payment was paid out on {} already.", date(*on, Lang::En)),
        Refusal::NotPaidElsewhere => {
            "This payment does not stand at a provider of payments: it came in at the bank, or came undone.".to_owned()
        }
        Refusal::ToldByOtherLine => {
            "Another bank line was booked as this already. Undo that one first, or book this line \
            as something else."
                .to_owned()
        }
        Refusal::CameBackSince { on, amount } => format!(
            "{} of this payment came back on {} by another bank line. Undo that one first.",
            money(*amount, Lang::En),
            date(*on, Lang::En)
        ),
        Refusal::NotOverdue => "This invoice is not overdue.".to_owned(),
        Refusal::NoDirectDebits => "This provider does not collect by direct debit.".to_owned(),
        Refusal::NoMandate => "This customer has no mandate that holds; record one first.".to_owned(),
        Refusal::SignedLater { signed_on } => {
            format!("The mandate was signed on {}. Choose that day or a later one.", date(*signed_on, Lang::En))
        }
        Refusal::ReminderTooSoon { last, from } => format!(
            "The last reminder went out on {}. The next may go out from {} on.",
            date(*last, Lang::En),
            date(*from, Lang::En)
        ),
        Refusal::NothingToCollect => "Nothing of this invoice is open: there is nothing to collect.".to_owned(),
        Refusal::CollectionPending => {
            "A collection of this invoice is under way; wait for the bank's answer.".to_owned()
        }
        Refusal::NothingToExport => "There is nothing that was not exported before.".to_owned(),
        Refusal::NotExportable { why } => format!("The file cannot be made: {why}"),
        Refusal::NothingToWaive => "No fee was charged for this reversal.".to_owned(),
        Refusal::AccountPaused { since } => {
            let since = date(*since, Lang::En);
            format!(
                "The account is paused for arrears since {since}: until they are paid no hours are agreed to or drawn. Reports are always taken."
            )
        }
        Refusal::AlreadyPaused { since } => {
            let since = date(*since, Lang::En);
            format!("The account is paused since {since}.")
        }
        Refusal::NotPaused => "The account is not paused.".to_owned(),
        Refusal::NoArrears => "Nothing of this customer is overdue.".to_owned(),
        Refusal::Arranged { until } => {
            let until = date(*until, Lang::En);
            format!("Payment was arranged until {until}: the account is not paused before.")
        }
        Refusal::NotArranged => "No arrangement holds.".to_owned(),
        Refusal::LineBooked => {
            "This line is booked. Undo that first; then it can be booked as something else.".to_owned()
        }
        Refusal::LineRepeats => "This line tells the same as another line. Only that other one is booked.".to_owned(),
        Refusal::NoReactivation => "This provider charges no reactivation fee.".to_owned(),
        Refusal::NoMonthlyAmount => {
            "What this customer pays per month is not known; record it with its billing details.".to_owned()
        }
        Refusal::Overpayment { open, asked } => {
            format!("{} is more than the {} open on this invoice.", money(*asked, Lang::En), money(*open, Lang::En))
        }
        Refusal::StatusNotPossible { status, possible } => {
            let (status, possible) = (ticket_status(*status, Lang::En), statuses(possible, Lang::En));
            format!("The ticket is {status}. What can be done now: {possible}.")
        }
        Refusal::Month(why) => super::accounting::not_closed(why, Lang::En),
        Refusal::KeyReused => "This form was sent before with other contents. Check it and send it again.".to_owned(),
        Refusal::Invalid { expected, .. } => field_text(expected, Lang::En),
        other => sentence(&other.to_string()),
    }
}

/// Why a card does not pay for a ticket (CARD-8), in Dutch.
fn not_paid(reason: &NotPaid) -> String {
    match reason {
        NotPaid::Installation { card, ticket: Some(ticket) } => {
            format!("de kaart is voor {card}, deze melding gaat over {ticket}")
        }
        NotPaid::Installation { card, ticket: None } => {
            format!("de kaart is voor {card}, en de melding zegt niet waarover zij gaat")
        }
        NotPaid::Work { work } => {
            format!("{} gaat niet van de kaart: spreek een factuur af", kind_of_work(work, Lang::Nl))
        }
    }
}

/// A kind of work as a scope names it: a kind of ticket in words, or a topic.
#[must_use]
pub fn kind_of_work(word: &str, lang: Lang) -> String {
    word.parse().map_or_else(|_| word.replace('_', " "), |kind| ticket_kind(kind, lang).to_owned())
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// What is said at a field.
#[must_use]
pub fn field_error(error: FieldError, lang: Lang) -> FieldError {
    FieldError { expected: field_text(&error.expected, lang), ..error }
}

/// Why a file of the bank was refused, and what to do.
#[must_use]
pub fn bank_file(fault: &BankFault, lang: Lang) -> String {
    let why = either(lang, fault.dutch(), fault.reason());
    let line = fault.has_line().then(|| format!("{} {}", either(lang, "regel", "line"), fault.line));
    let place: Vec<String> = fault.file.as_deref().map(str::to_owned).into_iter().chain(line).collect();
    let refused =
        either(lang, "Dit bestand is geweigerd en er is niets geboekt", "This file is refused, and nothing was booked");
    match place.join(", ") {
        place if place.is_empty() => format!("{refused}: {why}"),
        place if fault.file.is_some() => format!("{refused}. {place}: {why}"),
        place => format!("{refused}. {}: {why}", sentence(&place).trim_end_matches('.')),
    }
}

/// What is said at a field, in Dutch; `tests` keeps the list complete.
const FIELD_TEXTS: &[(&str, &str)] = &[
    (
        "expected an invoice with one payment of at least this amount to take back",
        "van deze factuur is er niet precies één betaling van minstens dit bedrag; kijk op de factuur welke terugkwam",
    ),
    (
        "expected parts that add up to what the line moved",
        "de delen tellen niet op tot het bedrag van de bankregel; pas een bedrag aan",
    ),
    ("expected parts, none of them 0.00", "vul delen in; een deel van 0,00 kan niet"),
    (
        "expected a part of a customer; set aside what is costs alone",
        "wijs ten minste één deel aan een klant toe; zet een regel met alleen kosten opzij",
    ),
    ("expected an amount above 0.00: money that came in", "vul een bedrag boven 0,00 in: hier kwam geld binnen"),
    ("expected an amount below 0.00: money that went out", "vul een bedrag met een min in: hier ging geld uit"),
    (
        "expected the amount of the collection, or that with a minus",
        "vul het bedrag van de incasso in, of dat bedrag met een min",
    ),
    (
        "expected a payment of the line's amount that was recorded by hand",
        "kies een met de hand geboekte betaling van precies dit bedrag",
    ),
    ("expected an account of ours", "kies een rekening van deze administratie"),
    (
        "expected the balance with which the statement of that day opens",
        "vul het saldo in waarmee het afschrift van die dag begint",
    ),
    (
        "expected an account whose first balance was not recorded yet",
        "de beginstand van deze rekening is al vastgelegd",
    ),
    (
        "expected a name with letters or digits that a bank can read",
        "vul een naam in met letters of cijfers die een bank kan lezen",
    ),
    ("is needed", "dit is nodig"),
    ("expected an account of somebody else", "dit is een rekening van uzelf; vul de rekening van een ander in"),
    ("expected a file of at most 200 MiB", "kies een bestand van hooguit 200 MiB"),
    ("expected money that came in", "dit kan alleen met geld dat binnenkwam"),
    ("expected money that went out", "dit kan alleen met geld dat eraf ging"),
    ("expected at least one invoice", "kies minstens één factuur"),
    (
        "expected the day with which the first statement opens, or one before it",
        "kies de dag waarmee het eerste afschrift begint, of een dag daarvoor",
    ),
    (
        "expected invoices of one customer: divide the line over several",
        "kies facturen van één klant, of verdeel het bedrag over meer klanten",
    ),
    ("expected a collection with the amount of the line", "kies een incasso met het bedrag van de regel"),
    (
        "expected numbers of issued invoices, such as 2026-0042",
        "vul nummers van verstuurde facturen in, zoals 2026-0042",
    ),
    ("expected an invoice: a credit note is not paid", "kies een factuur: een creditfactuur wordt niet betaald"),
    (
        "expected an IBAN such as NL91 ABNA 0417 1643 00; its check digits do not match",
        "dit is geen geldig IBAN, zoals NL91 ABNA 0417 1643 00: de controlecijfers kloppen niet",
    ),
    (
        "expected at most 35 letters, digits, points and dashes",
        "gebruik hooguit 35 letters, cijfers, punten en streepjes",
    ),
    ("expected 1 to 100000 pieces, or 1 to 600000 minutes", "vul 1 tot 100000 stuks in, of 1 tot 600000 minuten"),
    (
        "expected a price above 0.00, for at most 10000000.00 together",
        "vul een prijs boven 0,00 in, samen hooguit 10.000.000,00",
    ),
    (
        "expected a line that was written by hand; work is taken off by reversing it",
        "kies een regel die met de hand is gezet; werk haalt u weg door het terug te boeken",
    ),
    (
        "expected an order that was not granted yet; complete the address instead",
        "kies een bestelling waarvan de uren nog niet zijn toegekend; vul anders het adres aan",
    ),
    ("expected a line of the invoice", "kies een regel van de factuur"),
    ("expected 1 minute or more", "vul 1 minuut of meer in"),
    (
        "expected the 8 digits of the trade register, such as 12345678",
        "vul de 8 cijfers van het KvK-nummer in, zoals 12345678",
    ),
    (
        "expected NL: invoices to other countries need another treatment of VAT",
        "vul NL in: facturen naar andere landen vragen een andere behandeling van de btw",
    ),
    ("expected a VAT number such as NL123456782B01", "vul een btw-id in, zoals NL123456782B01"),
    ("expected 0.00 or more", "vul 0,00 of meer in"),
    ("leave it out: a direct debit comes back as a whole", "laat dit leeg: een incasso komt in zijn geheel terug"),
    ("expected four capitals or digits, such as AM04", "vul vier hoofdletters of cijfers in, zoals AM04"),
    ("expected a number such as 0.5", "vul een getal in, zoals 0,5"),
    ("expected a day from the payment until today", "kies een dag vanaf de betaling tot en met vandaag"),
    (
        "expected 0 to {} monthly amounts, with at most 2 decimals",
        "kies 0 tot en met 6 maandbedragen, met hooguit 2 decimalen",
    ),
    (
        "expected today or earlier, or say what the conversation came to",
        "kies vandaag of eerder, of zeg wat het gesprek opleverde",
    ),
    (
        "expected `proposal` or `leave`: this provider sells no cards",
        "kies een voorstel of laten zoals het is: kaarten zijn hier niet te koop",
    ),
    ("expected the first day of the contract or later", "kies de eerste dag van het contract of een latere dag"),
    ("is needed: the contact who agreed", "kies wie er akkoord gaf"),
    ("expected at most 200 characters", "gebruik hooguit 200 tekens"),
    ("expected at most 4000 characters", "gebruik hooguit 4000 tekens"),
    ("expected text without control characters", "gebruik alleen gewone tekens"),
    (
        "expected text without control characters or other signs that nobody sees",
        "gebruik alleen tekens die te zien zijn: er staat er een in die dat niet is",
    ),
    (
        "expected an e-mail address, such as \"jo@school.example\"",
        "dit is geen volledig e-mailadres, zoals jo@school.example",
    ),
    ("expected a name", "vul een naam in"),
    ("expected a date, such as \"2026-11-22\"", "kies een datum, zoals 2026-11-22"),
    (
        "expected an instant with its offset, such as \"2026-11-22T14:30:00+01:00\"",
        "vul dag, tijd en tijdzone in, zoals 2026-11-22T14:30:00+01:00",
    ),
    ("expected an amount in euros, such as \"400.00\"", "vul een bedrag in euro's in, zoals 400,00"),
    ("expected one of the choices", "kies een van de mogelijkheden"),
    (
        "expected a length of time up to 24 hours, such as 4h, 1h30 or 0:45",
        "vul een tijdsduur tot 24 uur in, zoals 4u, 1u30 of 0:45",
    ),
    ("expected more than 0.00", "vul meer dan 0,00 in"),
    ("expected 0.00 to the amount", "vul 0,00 tot en met het bedrag in"),
    (
        "expected bank: a line of the bank tells money on our account",
        "kies bank: een bankregel gaat over geld op onze rekening",
    ),
    (
        "expected -10000000.00 to 10000000.00, and not 0.00",
        "vul een bedrag van -10.000.000,00 tot en met 10.000.000,00 in, geen 0,00",
    ),
    ("expected more than 0 minutes, or nothing for no ceiling", "vul meer dan 0 minuten in, of niets voor geen grens"),
    ("expected 1 to 1440 minutes", "vul 1 minuut tot 24 uur in"),
    ("expected 1 to 600000 minutes", "vul 1 minuut tot 10000 uur in"),
    ("expected today or an earlier day", "kies vandaag of een eerdere dag"),
    ("expected today or a later day", "kies vandaag of een latere dag"),
    ("expected a day on or after `valid_from`", "kies een dag op of na de eerste dag"),
    ("expected at most 256 KiB of text", "de tekst mag hooguit 256 KiB zijn"),
    (
        "expected today or a later day: on no other day this person may do anything",
        "kies vandaag of een latere dag: anders mag deze persoon nooit iets",
    ),
    ("expected a day on or after `answer_by`", "kies een dag op of na de dag van het antwoord"),
    ("expected a moment that is not in the future", "kies een moment dat niet in de toekomst ligt"),
    ("expected at most 10000000.00", "vul hoogstens 10000000,00 in"),
    ("expected a day that is not after the last one", "kies een dag die niet na de laatste ligt"),
    ("expected a day in the year before the last day", "kies een dag in het jaar vóór de laatste dag"),
    ("expected what the export holds", "kies wat de export bevat"),
    ("expected a day or a moment that is not in the future", "kies een dag die niet in de toekomst ligt"),
    ("expected a moment on the day of `worked_on`", "kies een moment op de dag van het werk"),
    ("expected an impact of the policy", "kies een van de mogelijkheden"),
    ("expected a reach of the policy", "kies een van de mogelijkheden"),
    ("expected a priority of the policy", "kies een van de prioriteiten"),
    ("expected another priority than it has", "kies een andere prioriteit dan de melding al heeft"),
    ("is needed: what the customer is asked", "schrijf op wat u van de klant wilt weten"),
    ("expected a moment that is still to come", "kies een moment dat nog moet komen"),
    ("expected open, all or a status", "kies een van de mogelijkheden"),
    ("expected a contact of this customer", "kies een persoon van deze klant"),
    ("expected an installation of this customer", "kies een installatie van deze klant"),
    ("expected the installation that this card is bought for", "kies voor welke installatie deze kaart is"),
    ("expected an estimate of this ticket", "kies een schatting van deze melding"),
    ("a login with this address exists already", "er is al een login met dit e-mailadres"),
    ("there is no login with this address", "er is geen login met dit e-mailadres"),
    ("this is the last administrator who can log in", "dit is de laatste beheerder die kan inloggen"),
    ("this login is blocked: let it in again first", "deze login is geblokkeerd: laat hem eerst weer toe"),
    (
        "expected the address of somebody of yours who can log in",
        "vul het e-mailadres in van iemand van uzelf die kan inloggen",
    ),
    (
        "whoever has it answers as this customer's person: say who of yours hands it over",
        "wie dit heeft, antwoordt namens deze persoon van de klant: zeg wie van u het doorgeeft",
    ),
    ("this is not the password of your login", "dit is niet het wachtwoord van uw login"),
    (
        "expected at least 10 characters; a few words in a row are fine",
        "gebruik minstens 10 tekens; een paar woorden achter elkaar is prima",
    ),
    (
        "this password is among the first that are tried; choose a few words that have nothing to do with each other",
        "dit wachtwoord wordt als een van de eerste geprobeerd; kies een paar woorden die niets met elkaar te maken hebben",
    ),
    (
        "this password is a season, month or day, which are tried with every year; choose a few words that have nothing to do with them",
        "een seizoen, maand of dag wordt met elk jaar geprobeerd; kies een paar woorden die daar niets mee te maken hebben",
    ),
    (
        "this password is made of the name of this company; choose a few words that have nothing to do with it",
        "dit wachtwoord bestaat uit de naam van dit bedrijf; kies een paar woorden die daar niets mee te maken hebben",
    ),
    (
        "this password is too much like your name or address; choose a few words that have nothing to do with you",
        "dit wachtwoord lijkt te veel op uw naam of adres; kies een paar woorden die niets met u te maken hebben",
    ),
    ("choose a ticket from the list, or type its number", "kies een melding uit de lijst, of typ het nummer"),
    ("expected a moment within ten years of now", "kies een moment binnen tien jaar van nu"),
    (
        "expected a moment that has passed: only maintenance is recorded beforehand",
        "kies een moment dat voorbij is: alleen onderhoud wordt vooraf vastgelegd",
    ),
    ("expected a moment after it began", "kies een moment na het begin"),
    (
        "expected a moment that has passed, or nothing while it is not over",
        "kies een moment dat voorbij is, of niets zolang het duurt",
    ),
    ("expected nothing: only maintenance is announced", "laat dit leeg: alleen onderhoud wordt aangekondigd"),
    ("expected a moment that has passed", "kies een moment dat voorbij is"),
    (
        "expected a record that was not corrected before; correct the one that took its place",
        "deze melding is al verbeterd; verbeter die ervoor in de plaats kwam",
    ),
    (
        "expected the first day of the newest version, or a later one",
        "kies de eerste dag van de nieuwste versie, of een latere",
    ),
    ("expected the time zone of the newest version", "houd de tijdzone van de nieuwste versie aan"),
    ("expected an amount in euros, such as 968.00", "vul een bedrag in euro's in, zoals 968,00"),
    ("expected a day and a time", "vul een dag en een tijd in"),
    ("expected a time of that day, such as 16:40", "vul een tijd van die dag in, zoals 16:40"),
    ("expected a day on or after `since`", "kies een dag op of na de eerste dag"),
    (
        "leave it out: only an invoice takes an agreement here",
        "laat dit leeg: alleen een factuur vraagt hier een akkoord",
    ),
    ("leave it out: this provider has no urgent tickets", "laat dit leeg: spoed is er hier niet"),
    (
        "a defect is free of charge; say in `kind` what the ticket is about after all",
        "een storing is kosteloos; kies eerst wat de melding dan wel is",
    ),
    ("say how urgent the ticket is", "kies hoe dringend de melding is"),
    ("there is nothing else to choose", "er valt niets anders te kiezen"),
    (
        "expected the line as it stands; the draft was changed meanwhile",
        "het concept is intussen gewijzigd; kies de regel opnieuw",
    ),
    ("expected a whole number of pieces, such as 2", "vul een heel aantal in, zoals 2"),
    ("expected a length of time such as 2h, 1h30 or 1:30", "vul een tijdsduur in, zoals 2u, 1u30 of 1:30"),
];

fn field_text(text: &str, lang: Lang) -> String {
    let dutch = FIELD_TEXTS.iter().find(|(english, _)| *english == text).map(|(_, dutch)| *dutch);
    sentence(dutch.filter(|_| lang == Lang::Nl).unwrap_or(text))
}

/// A field that a document misses, in a sentence.
const fn missing_field(field: MissingField, lang: Lang) -> &'static str {
    let (nl, en) = match field {
        MissingField::SellerExample => ("echte gegevens", "real details"),
        MissingField::SellerName | MissingField::BuyerName => ("naam", "name"),
        MissingField::SellerStreet | MissingField::BuyerStreet => ("straat en huisnummer", "street and house number"),
        MissingField::SellerPostcode | MissingField::BuyerPostcode => ("postcode", "postcode"),
        MissingField::SellerCity | MissingField::BuyerCity => ("plaats", "town"),
        MissingField::SellerVatNumber => ("btw-nummer", "VAT number"),
        MissingField::SellerRegistration => ("KvK-nummer", "trade register number"),
    };
    match lang {
        Lang::Nl => nl,
        Lang::En => en,
    }
}

/// The fields that a document misses, in a row.
#[must_use]
pub fn missing_fields(fields: &[MissingField], lang: Lang) -> String {
    fields.iter().map(|field| missing_field(*field, lang)).collect::<Vec<_>>().join(", ")
}

/// Why a document cannot be issued yet, and what to do (PAY-1a).
#[must_use]
pub fn missing(fields: &[MissingField], lang: Lang) -> String {
    let list = |of: fn(MissingField) -> Option<&'static str>| {
        let words = fields.iter().filter(|field| of(**field).is_some()).map(|field| missing_field(*field, lang));
        words.collect::<Vec<_>>().join(", ")
    };
    let (seller, buyer) = (list(MissingField::of_seller), list(MissingField::of_buyer));
    let mut said = Vec::new();
    if fields.contains(&MissingField::SellerExample) {
        said.push(match lang {
            Lang::Nl => {
                "De gegevens van de leverancier zijn een voorbeeld: vul [provider] in de voorwaarden in.".to_owned()
            }
            Lang::En => "The provider's details are an example: fill in [provider] of the policy.".to_owned(),
        });
    } else if !seller.is_empty() {
        said.push(match lang {
            Lang::Nl => format!("Van de leverancier ontbreekt nog: {seller}. Vul [provider] in de voorwaarden aan."),
            Lang::En => format!("Still missing of the provider: {seller}. Complete [provider] of the policy."),
        });
    }
    if !buyer.is_empty() {
        said.push(match lang {
            Lang::Nl => format!("Van de klant ontbreekt nog: {buyer}. Vul de factuurgegevens aan."),
            Lang::En => format!("Still missing of the customer: {buyer}. Complete the billing details."),
        });
    }
    said.join(" ")
}

/// Too many attempts.
#[must_use]
pub fn throttled(wait: Duration, lang: Lang) -> String {
    let seconds = wait.as_secs().max(1);
    match lang {
        Lang::Nl => format!("Te veel pogingen. Probeer het over {seconds} seconden opnieuw."),
        Lang::En => format!("Too many attempts. Try again in {seconds} seconds."),
    }
}

/// The ledger does not take work right now.
#[must_use]
pub const fn unavailable(lang: Lang) -> &'static str {
    match lang {
        Lang::Nl => "Er kan nu even niets worden opgeslagen. Er is niets verloren: verstuur het zo meteen opnieuw.",
        Lang::En => "Nothing can be saved right now. Nothing is lost: send it again in a moment.",
    }
}

/// Too many log in at once.
#[must_use]
pub const fn crowded(lang: Lang) -> &'static str {
    match lang {
        Lang::Nl => {
            "Er loggen op dit moment te veel mensen tegelijk in. Uw wachtwoord is niet bekeken; verstuur het over een paar seconden opnieuw."
        }
        Lang::En => {
            "Too many people log in at this moment. Your password was not looked at; send it again in a few seconds."
        }
    }
}

/// Title and text of a problem's page.
#[must_use]
pub fn problem(problem: &Problem, lang: Lang) -> (&'static str, String) {
    let (nl, en) = match problem.status {
        _ if problem.name == OTHER_SITE => (
            (
                "Niet gedaan",
                "Dit formulier kwam niet van een pagina van deze site. Er is niets gedaan. Open de pagina hier en verstuur het opnieuw.",
            ),
            (
                "Not done",
                "This form did not come from a page of this site. Nothing was done. Open the page here and send it again.",
            ),
        ),
        StatusCode::NOT_FOUND => (
            ("Niet gevonden", "Deze pagina is er niet, of hoort niet bij uw account."),
            ("Not found", "This page does not exist, or does not belong to your account."),
        ),
        StatusCode::FORBIDDEN => (
            ("Geen toegang", "Uw rol staat dit niet toe. Vraag het iemand die het wel mag."),
            ("No access", "Your role does not allow this. Ask somebody whose role does."),
        ),
        StatusCode::SERVICE_UNAVAILABLE => {
            (("Even geduld", unavailable(Lang::Nl)), ("One moment", unavailable(Lang::En)))
        }
        StatusCode::TOO_MANY_REQUESTS => (
            (
                "Even geduld",
                "U vraagt te veel tegelijk, of te vaak achter elkaar. Er is niets verloren: probeer het zo meteen opnieuw.",
            ),
            ("One moment", "You ask too much at once, or too often. Nothing is lost: try again in a moment."),
        ),
        StatusCode::REQUEST_TIMEOUT => (
            (
                "Niet aangekomen",
                "Wat u verstuurde kwam te langzaam binnen en is niet opgeslagen. Verstuur het opnieuw, over een betere verbinding.",
            ),
            (
                "Not received",
                "What you sent came in too slowly and was not saved. Send it again, over a better connection.",
            ),
        ),
        StatusCode::INTERNAL_SERVER_ERROR => (
            ("Er ging iets mis", "Dat ligt aan ons. Er is niets opgeslagen; probeer het nog eens."),
            ("Something went wrong", "That is our fault. Nothing was saved; try again."),
        ),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => (
            ("Dat kan zo niet", "Dit adres of formulier is niet te lezen. Ga terug en probeer het opnieuw."),
            ("That cannot be done", ""),
        ),
        _ => (("Dat kan zo niet", ""), ("That cannot be done", "")),
    };
    let (title, text) = either(lang, nl, en);
    (title, if text.is_empty() { problem.detail.clone() } else { text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Never shown at a form: days of a token come from the command line, the others from the API's queries.
    const NOT_ON_A_PAGE: [&str; 4] =
        ["expected 1 to {} days", "expected at most {most} characters", "expected one of: {}", "is needed: {expected}"];

    fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
    }

    /// The literals of a source that are said at a field.
    fn said_at_fields(source: &str) -> Vec<String> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("#[error"));
        lines
            .flat_map(|line| {
                let line = line.replace("\\\"", "\u{1}");
                let texts: Vec<String> =
                    line.split('"').skip(1).step_by(2).map(|text| text.replace('\u{1}', "\"")).collect();
                texts
            })
            .filter(|text| {
                ["expected ", "is needed", "this password", "this is not the password"]
                    .iter()
                    .any(|start| text.starts_with(start))
                    || text.contains("login with this address")
            })
            .collect()
    }

    #[test]
    fn what_is_said_at_a_field_is_said_in_dutch_too() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let folders = ["service", "domain/decide", "web/pages"].map(|folder| source.join(folder));
        let mut files: Vec<_> = folders.iter().flat_map(|folder| rust_files(folder)).collect();
        files.retain(|file| !file.ends_with("web/pages/words.rs"));
        files.extend(["web/fields.rs", "domain/typed.rs"].map(|file| source.join(file)));
        let mut found = 0;
        for file in files {
            for text in said_at_fields(&std::fs::read_to_string(&file).unwrap()) {
                found += 1;
                let known = FIELD_TEXTS.iter().any(|(english, _)| *english == text);
                assert!(known || NOT_ON_A_PAGE.contains(&text.as_str()), "no Dutch for {text:?} of {}", file.display());
            }
        }
        assert!(found > 25, "the scan found only {found} texts");
    }

    #[test]
    fn every_sentence_begins_with_a_capital_and_ends_with_a_full_stop() {
        for (english, _) in FIELD_TEXTS {
            for lang in [Lang::Nl, Lang::En] {
                let said = field_text(english, lang);
                assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
            }
        }
        assert_eq!(field_text("expected a name", Lang::Nl), "Vul een naam in.");
        assert_eq!(field_text("expected a name", Lang::En), "Expected a name.");
    }
}
