//! Refusals and problems in the reader's own words: what was wrong, and what to do.

use crate::domain::{EstimateStatus, Refusal};
use crate::service::FieldError;
use crate::web::problem::Problem;
use crate::web::text::{Lang, date, hours, money};
use axum::http::StatusCode;
use std::time::Duration;

/// Chooses between the two languages.
#[must_use]
pub fn either<T>(lang: Lang, nl: T, en: T) -> T {
    match lang {
        Lang::Nl => nl,
        Lang::En => en,
    }
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

/// A refusal.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one refusal, two sentences")]
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
        Refusal::LastOwner => {
            "Dit is de laatste eigenaar. Voeg eerst een andere toe, zodat iemand de zaken kan regelen.".to_owned()
        }
        Refusal::AskedByMissing => "Leg vast wie van de klant hierom vroeg, en hoe (mail of chat).".to_owned(),
        Refusal::NoCards => "Deze leverancier verkoopt geen strippenkaarten.".to_owned(),
        Refusal::UnknownProduct { products, .. } => format!("Deze kaart is er niet. Kies uit: {products}."),
        Refusal::Overpayment { open, asked } => {
            let (open, asked) = (money(*open, lang), money(*asked, lang));
            format!("{asked} is meer dan de {open} die nog openstaat op deze factuur.")
        }
        Refusal::DefectIsFree => {
            "Een storing in ons eigen product lossen we gratis op: een schatting is niet nodig.".to_owned()
        }
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
        Refusal::KeyReused => {
            "Dit formulier was al verstuurd met andere gegevens. Kijk of het klopt en verstuur het opnieuw.".to_owned()
        }
    }
}

fn english(refusal: &Refusal) -> String {
    let h = |minutes: &crate::domain::Minutes| hours(*minutes, Lang::En);
    match refusal {
        Refusal::InsufficientMinutes { available, asked } => {
            format!("{} is available and {} is needed: {} too few.", h(available), h(asked), h(&(*asked - *available)))
        }
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
        Refusal::Overpayment { open, asked } => {
            format!("{} is more than the {} open on this invoice.", money(*asked, Lang::En), money(*open, Lang::En))
        }
        Refusal::KeyReused => "This form was sent before with other contents. Check it and send it again.".to_owned(),
        Refusal::Invalid { expected, .. } => field_text(expected, Lang::En),
        other => sentence(&other.to_string()),
    }
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

/// The sentences of field errors in Dutch; `tests` keeps the list complete.
const FIELD_TEXTS: &[(&str, &str)] = &[
    ("is needed", "is nodig"),
    ("expected at most 200 characters", "hooguit 200 tekens"),
    ("expected at most 4000 characters", "hooguit 4000 tekens"),
];

fn field_text(text: &str, lang: Lang) -> String {
    let dutch = FIELD_TEXTS.iter().find(|(english, _)| *english == text).map(|(_, dutch)| *dutch);
    match (lang, dutch) {
        (Lang::Nl, Some(dutch)) => sentence(dutch),
        _ => sentence(text.strip_prefix("expected ").map_or(text, |_| text)),
    }
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

/// Title and text of a problem's page.
#[must_use]
pub fn problem(problem: &Problem, lang: Lang) -> (&'static str, String) {
    let (nl, en) = match problem.status {
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
        StatusCode::INTERNAL_SERVER_ERROR => (
            ("Er ging iets mis", "Dat ligt aan ons. Er is niets opgeslagen; probeer het nog eens."),
            ("Something went wrong", "That is our fault. Nothing was saved; try again."),
        ),
        _ => (("Dat kan zo niet", ""), ("That cannot be done", "")),
    };
    let (title, text) = either(lang, nl, en);
    (title, if text.is_empty() { problem.detail.clone() } else { text.to_owned() })
}
