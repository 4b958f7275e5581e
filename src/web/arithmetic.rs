//! From worked to charged minutes in sentences, for pages and API alike (TIME-2, TIME-3).

use crate::domain::Minutes;
use crate::domain::charge::{Arithmetic, Step};
use crate::web::text::Lang;
use chrono::NaiveTime;
use rust_decimal::Decimal;

/// The steps that explain a charge, one sentence each; none where worked minutes were charged as they are, or only rounded:
/// both figures stand beside each other then.
#[must_use]
pub fn sentences(arithmetic: &Arithmetic, lang: Lang) -> Vec<String> {
    let steps: Vec<&Step> = arithmetic.0.iter().filter(|step| !matches!(step, Step::Apart { .. })).collect();
    if let [Step::Rounded { .. }] = steps[..] {
        return Vec::new();
    }
    steps.into_iter().map(|step| sentence(step, lang)).collect()
}

/// What an agent is told when several short entries cost more than one would have (TIME-2).
#[must_use]
pub fn hint(arithmetic: &Arithmetic, lang: Lang) -> Option<String> {
    arithmetic.0.iter().find(|step| matches!(step, Step::Apart { .. })).map(|step| sentence(step, lang))
}

/// One step.
#[must_use]
pub fn sentence(step: &Step, lang: Lang) -> String {
    let say = |nl: String, en: String| if lang == Lang::Nl { nl } else { en };
    match step {
        Step::Part { minutes, factor, counts, from, until, name } => {
            let name = name.as_ref().map(|name| name.of(lang.into()).to_owned());
            let label: Vec<String> = from.zip(*until).map(between).into_iter().chain(name).collect();
            let label = if label.is_empty() { String::new() } else { format!("{}: ", label.join(", ")) };
            format!("{label}{} × {} = {}", minutes.0, number(*factor, lang), number((*counts).into(), lang))
        }
        Step::NoStart => say(
            "Zonder begintijd telt het tijdstip niet mee.".to_owned(),
            "Without a start time the time of day does not count.".to_owned(),
        ),
        Step::Together { entries, counts } => {
            let counts = number((*counts).into(), lang);
            say(
                format!("Met het eerdere werk van die dag ({entries} boekingen): {counts} minuten"),
                format!("With the earlier work of that day ({entries} entries): {counts} minutes"),
            )
        }
        Step::Free { up_to } => say(
            format!("Tot en met {} minuten is gratis", up_to.0),
            format!("Up to and including {} minutes it is free", up_to.0),
        ),
        Step::First { minutes } => say(
            format!("De eerste {} minuten zijn gratis: −{minutes}", minutes.0),
            format!("The first {} minutes are free: −{minutes}", minutes.0),
        ),
        Step::Rounded { counts, minutes } => {
            let counts = number((*counts).into(), lang);
            say(format!("{counts} minuten, afgerond {minutes}"), format!("{counts} minutes, rounded {minutes}"))
        }
        Step::Minimum { minutes } => say(format!("Ten minste {minutes}"), format!("At least {minutes}")),
        Step::Already { minutes } => {
            say(format!("Al berekend voor die dag: −{minutes}"), format!("Charged for that day before: −{minutes}"))
        }
        Step::Surcharge { name, minutes } => format!("{}: +{minutes}", name.of(lang.into())),
        Step::Apart { entries, worked, apart, together } => apart_in_words(*entries, *worked, *apart, *together, lang),
    }
}

fn apart_in_words(entries: i64, worked: Minutes, apart: Minutes, together: Minutes, lang: Lang) -> String {
    let (worked, apart, together) = (worked.0, apart.0, together.0);
    match lang {
        Lang::Nl => format!(
            "{entries} korte boekingen van samen {worked} minuten kosten {apart} minuten; als één boeking zouden ze {together} kosten."
        ),
        Lang::En => format!(
            "{entries} short entries of {worked} minutes in all cost {apart} minutes; as one entry they would cost {together}."
        ),
    }
}

fn between((from, until): (NaiveTime, NaiveTime)) -> String {
    format!("{}–{}", from.format("%H:%M"), until.format("%H:%M"))
}

/// A number with the decimal sign of the language.
fn number(number: Decimal, lang: Lang) -> String {
    let text = number.normalize().to_string();
    if lang == Lang::Nl { text.replace('.', ",") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::charge::Weighted;
    use crate::domain::policy::Bilingual;

    #[test]
    fn time_3_the_arithmetic_is_said_in_both_languages() {
        let evening = Bilingual { nl: "Avond".to_owned(), en: "Evening".to_owned() };
        let time = |text: &str| text.parse().ok();
        let steps = Arithmetic(vec![
            Step::Part {
                minutes: Minutes(21),
                factor: Decimal::new(15, 1),
                counts: Weighted(3150),
                from: time("17:00:00"),
                until: time("17:21:00"),
                name: Some(evening.clone()),
            },
            Step::Rounded { counts: Weighted(3150), minutes: Minutes(45) },
            Step::Surcharge { name: evening, minutes: Minutes(30) },
            Step::Apart { entries: 3, worked: Minutes(15), apart: Minutes(45), together: Minutes(15) },
        ]);
        assert_eq!(
            sentences(&steps, Lang::Nl),
            ["17:00–17:21, Avond: 21 × 1,5 = 31,5", "31,5 minuten, afgerond 0:45", "Avond: +0:30"]
        );
        assert_eq!(
            sentences(&steps, Lang::En),
            ["17:00–17:21, Evening: 21 × 1.5 = 31.5", "31.5 minutes, rounded 0:45", "Evening: +0:30"]
        );
        let told = "3 short entries of 15 minutes in all cost 45 minutes; as one entry they would cost 15.";
        assert_eq!(hint(&steps, Lang::En).as_deref(), Some(told));
        assert_eq!(hint(&Arithmetic::default(), Lang::En), None);
        let rounded = Arithmetic(vec![Step::Rounded { counts: Weighted(5000), minutes: Minutes(60) }]);
        assert!(sentences(&rounded, Lang::En).is_empty(), "50 worked, 1:00 charged says it");
    }
}
