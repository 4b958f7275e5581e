//! A form on a page: what was typed, what was wrong with it, and how its fields are read as people write them.

use super::{Refused, Values, words};
use crate::domain::{Cents, Minutes, Refusal, duration, money};
use crate::service::FieldError;
use crate::web::fields::Fields;
use crate::web::text::Lang;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

/// One form: what was typed, or is filled in beforehand, and why it was refused.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: Values,
    refused: Refused,
    /// It was sent, and comes back.
    pub sent: bool,
}

impl Form {
    /// A form that comes back as it was sent.
    #[must_use]
    pub const fn sent(values: Values, refused: Refused) -> Self {
        Self { values, refused, sent: true }
    }

    /// The value of a field; nothing typed is an empty text.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name)
    }

    /// Whether it was refused because the cards hold too little: then a new card is a way out.
    #[must_use]
    pub fn too_few(&self) -> bool {
        matches!(self.refusal(), Some(crate::domain::Refusal::InsufficientMinutes { .. }))
    }

    /// What was typed, or what a fresh form starts with.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads better in a template")]
    pub fn or(&self, name: &str, fresh: impl ToString) -> String {
        if self.sent { self.get(name).to_owned() } else { fresh.to_string() }
    }

    /// Whether a choice was made.
    #[must_use]
    pub fn is(&self, name: &str, value: impl std::fmt::Display) -> bool {
        self.get(name) == value.to_string()
    }

    /// What to say at a field.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.refused.at(field)
    }

    /// What to say above the form: a refusal that is not said at one of the fields `shown`.
    #[must_use]
    pub fn beside(&self, shown: &[&str]) -> Option<&str> {
        let hidden = self.refused.fields.iter().find(|error| !shown.contains(&error.field.as_str()));
        match hidden {
            Some(FieldError { expected, .. }) => Some(expected),
            None if self.refused.fields.is_empty() => self.refused.message.as_deref(),
            None => None,
        }
    }

    /// Why the ledger said no, for a way out.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refused.refusal.as_ref()
    }
}

/// The forms of a page that has several: the one that was sent comes back as it was, the others are fresh.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    name: String,
    form: Form,
}

impl Forms {
    /// The form `name` was sent.
    #[must_use]
    pub fn sent(name: impl Into<String>, form: Form) -> Self {
        Self { name: name.into(), form }
    }

    /// One of the forms.
    #[must_use]
    pub fn of(&self, name: &str) -> Form {
        if self.name == name { self.form.clone() } else { Form::default() }
    }

    /// The form of one row: `kind-id`.
    #[must_use]
    pub fn row(&self, kind: &str, id: impl std::fmt::Display) -> Form {
        self.of(&format!("{kind}-{id}"))
    }
}

/// Reads a length of time as it is typed (TIME-1); zero where it cannot be read, with the fault at the field.
pub fn time(fields: &mut Fields, field: &str, values: &Values, lang: Lang) -> Minutes {
    duration::read(values.get(field)).unwrap_or_else(|error| {
        fields.fault(field, words::duration(error, lang));
        Minutes::ZERO
    })
}

/// Reads an amount as it is typed, with a comma or a point ([`money::typed`]); zero where it cannot be read, with the fault at the
/// field.
pub fn amount(fields: &mut Fields, field: &str, values: &Values) -> Cents {
    money::typed(values.get(field)).unwrap_or_else(|| {
        fields.fault(field, "expected an amount in euros, such as 968.00");
        Cents::ZERO
    })
}

/// Reads what `<input type="datetime-local">` sends, on the clocks of `zone`; nothing typed is nothing.
pub fn moment(fields: &mut Fields, field: &str, values: &Values, zone: Tz) -> Option<DateTime<Utc>> {
    let text = values.filled(field)?.trim();
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M");
    let local = local.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
    let read = local.ok().and_then(|local| local.and_local_timezone(zone).earliest());
    if read.is_none() {
        fields.fault(field, "expected a day and a time");
    }
    read.map(|at| at.to_utc())
}

/// Reads what `<input type="time">` sends, on the clocks of `zone` on `day`; nothing typed is nothing.
pub fn clock_time(
    fields: &mut Fields,
    field: &str,
    values: &Values,
    day: NaiveDate,
    zone: Tz,
) -> Option<DateTime<Utc>> {
    let text = values.filled(field)?.trim();
    let time = NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
    let read = time.ok().and_then(|time| day.and_time(time).and_local_timezone(zone).earliest());
    if read.is_none() {
        fields.fault(field, "expected a time of that day, such as 16:40");
    }
    read.map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_once_at_the_field_or_above_the_form() {
        let at_field = Refused {
            message: Some("Too much.".to_owned()),
            fields: vec![FieldError { field: "amount".to_owned(), expected: "Too much.".to_owned() }],
            refusal: None,
        };
        let form = Form::sent(Values::default(), at_field);
        assert_eq!((form.at("amount"), form.beside(&["amount"])), (Some("Too much."), None));
        assert_eq!(form.beside(&["time"]), Some("Too much."), "never lost");
    }

    #[test]
    fn a_moment_is_on_the_clocks_of_the_provider() {
        let mut fields = Fields::default();
        let values = Values::default().with("at", "2026-07-01T12:00").with("bad", "yesterday");
        let zone = chrono_tz::Europe::Amsterdam;
        let read = moment(&mut fields, "at", &values, zone).unwrap();
        assert_eq!(read.to_rfc3339(), "2026-07-01T10:00:00+00:00");
        assert_eq!(
            (moment(&mut fields, "bad", &values, zone), moment(&mut fields, "none", &values, zone)),
            (None, None)
        );
        assert!(fields.done().is_err());
    }
}
