//! What differs between two texts of a policy: key by key, whatever their order, comments and layout.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A key that two policies do not say the same about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The dotted path; items of a list of sections are named by their id or code, else numbered:
    /// `cards.products[10h].price`.
    pub key: String,
    /// What the old text says, as TOML; `None` when it says nothing.
    pub old: Option<String>,
    /// What the new text says.
    pub new: Option<String>,
}

/// The keys that differ, in alphabetical order.
///
/// # Errors
/// When one of the texts is not TOML.
pub fn differences(old: &str, new: &str) -> Result<Vec<Difference>, toml::de::Error> {
    let (mut old, mut new) = (flat(&old.parse()?), flat(&new.parse()?));
    let keys: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    let compared = keys.into_iter().map(|key| {
        let (old, new) = (old.remove(&key), new.remove(&key));
        Difference { key, old, new }
    });
    Ok(compared.filter(|difference| difference.old != difference.new).collect())
}

/// Every value of a text by its path.
fn flat(table: &Table) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    flatten(table, "", &mut values);
    values
}

fn flatten(table: &Table, path: &str, values: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{path}{key}");
        match value {
            // A text in two languages is one value.
            Value::Table(section) if !section.contains_key("nl") => flatten(section, &format!("{key}."), values),
            Value::Array(items) => match sections(items) {
                Some(sections) => flatten_all(&sections, &key, values),
                None => drop(values.insert(key, value.to_string())),
            },
            _ => drop(values.insert(key, value.to_string())),
        }
    }
}

/// The items of a list of sections; `None` for a list of values.
fn sections(items: &[Value]) -> Option<Vec<&Table>> {
    let sections: Vec<&Table> = items.iter().filter_map(Value::as_table).collect();
    let all = sections.len() == items.len() && !items.is_empty();
    (all && sections.iter().all(|section| !section.contains_key("nl"))).then_some(sections)
}

fn flatten_all(sections: &[&Table], key: &str, values: &mut BTreeMap<String, String>) {
    let name_of = |(at, section): (usize, &&Table)| {
        let named = ["id", "code"].iter().find_map(|key| section.get(*key)?.as_str());
        named.map_or_else(|| (at + 1).to_string(), str::to_owned)
    };
    let names: Vec<String> = sections.iter().enumerate().map(name_of).collect();
    // Their order may matter, as it does for priorities.
    values.insert(key.to_owned(), names.join(", "));
    for (name, section) in names.iter().zip(sections) {
        flatten(section, &format!("{key}[{name}]."), values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let all = differences(old, new).unwrap();
        all.into_iter().map(|difference| (difference.key, difference.old, difference.new)).collect()
    }

    #[test]
    fn pol_1_only_what_is_said_differs() {
        let old = "# a comment\nname = \"a\"\n[cards]\nlate_days = 31\nvalidity = \"never\"\n";
        let new = "[cards]\nvalidity = 'never' # the same\nlate_days = 31\n[time]\n";
        assert_eq!(told(old, &format!("name = \"a\"\n{new}")), []);
        let some = |text: &str| Some(text.to_owned());
        let new = "name = \"a\"\n[cards]\nlate_days = 7\nvalidity = { months = 12 }\n";
        assert_eq!(
            told(old, new),
            [
                ("cards.late_days".to_owned(), some("31"), some("7")),
                ("cards.validity".to_owned(), some("\"never\""), None),
                ("cards.validity.months".to_owned(), None, some("12")),
            ]
        );
    }

    #[test]
    fn pol_1_sections_of_a_list_are_known_by_their_id() {
        let old = "[[p]]\nid = \"1\"\nname = \"a\"\n[[p]]\nid = \"2\"\nname = { nl = \"b\", en = \"c\" }\n";
        let new = "[[p]]\nid = \"2\"\nname = { nl = \"b\", en = \"d\" }\n[[p]]\nid = \"1\"\nname = \"a\"\n";
        let keys: Vec<String> = told(old, new).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(keys, ["p", "p[2].name"]);
        let keys: Vec<String> = told("[[f]]\nx = 1\n", "[[f]]\nx = 2\n").into_iter().map(|(key, ..)| key).collect();
        assert_eq!(keys, ["f[1].x"]);
        let codes = ["[[c]]\ncode = \"AM04\"\ncounts = true\n", "[[c]]\ncode = \"AM04\"\ncounts = false\n"];
        let keys: Vec<String> = told(codes[0], codes[1]).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(keys, ["c[AM04].counts"], "codes of the bank name themselves");
        assert_eq!(told("l = [1, 2]\n", "l = [2, 1]\n").len(), 1, "a list of values is one value");
        assert!(differences("a = ", "").is_err());
    }
}
