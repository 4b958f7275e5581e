//! `[tickets]`: how customers report, what they are asked, and what the clocks do while they are asked (SLA-5 to SLA-7).

use super::Bilingual;
use super::reader::{Reader, bilingual, flag, text, word};
use crate::domain::{Channel, Question, Role};

/// How a provider takes tickets. Every provider does (COVER-5), so there is no policy without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRules {
    /// How a report may reach the provider, in the order of the forms; at least one.
    pub channels: Vec<Channel>,
    /// What a report is asked to say: a nudge, never a block.
    pub intake: Vec<Question>,
    /// The products to choose from; empty where it is typed.
    pub products: Vec<String>,
    /// Whether a customer may say that a ticket is stalled (SLA-7).
    pub stalled_button: bool,
    /// Whether waiting for the customer pauses the resolution clock.
    pub waiting_pauses: bool,
    /// Which contacts may phone; `None` where everybody may (SLA-6).
    pub phone_roles: Option<Vec<Role>>,
    /// What a ticket about a data leak says (SLA-6).
    pub data_leak: Option<Bilingual>,
}

impl TicketRules {
    /// Whether a contact in `role` may report by telephone; others get a notice and are helped all the same (SLA-6).
    #[must_use]
    pub fn may_phone(&self, role: Role) -> bool {
        self.phone_roles.as_ref().is_none_or(|roles| roles.contains(&role))
    }

    pub(super) fn read(keys: &mut Reader<'_>) -> Self {
        let usual = vec![Channel::Portal, Channel::Mail, Channel::Chat, Channel::Phone];
        let channel = word(std::array::from_fn::<_, { Channel::ALL.len() }, _>(|at| named(Channel::ALL[at])));
        let channels = keys.list("channels", usual, &channel);
        if channels.is_empty() {
            keys.fault("channels", "at least one channel, or leave the key out for the usual ones");
        }
        let question = std::array::from_fn::<_, { Question::ALL.len() }, _>(|at| {
            let question = Question::ALL[at];
            (question.as_str(), question)
        });
        let roles = [("owner", Role::Owner), ("spender", Role::Spender), ("viewer", Role::Viewer)];
        let phone_roles = keys.has("phone_roles").then(|| keys.list("phone_roles", Vec::new(), &word(roles)));
        Self {
            channels,
            intake: keys.list("intake", Vec::new(), &word(question)),
            products: keys.list("products", Vec::new(), &text()),
            stalled_button: keys.or("stalled_button", false, flag()),
            waiting_pauses: keys.or("waiting_pauses", true, flag()),
            phone_roles,
            data_leak: keys.optional("data_leak", bilingual()),
        }
    }
}

fn named(channel: Channel) -> (&'static str, Channel) {
    (channel.as_str(), channel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Policy, PolicyErrors};

    const HEAD: &str = "name = \"t\"\neffective_from = 2026-01-01\n[provider]\nname = \"T\"\nemail = \"t@t.example\"\n";

    fn read(section: &str) -> Policy {
        Policy::parse(&format!("{HEAD}{section}")).expect("a sound policy")
    }

    #[test]
    fn pol_3_a_provider_without_the_section_takes_tickets_all_the_same() {
        let rules = read("").tickets;
        let expected = TicketRules {
            channels: vec![Channel::Portal, Channel::Mail, Channel::Chat, Channel::Phone],
            intake: vec![],
            products: vec![],
            stalled_button: false,
            waiting_pauses: true,
            phone_roles: None,
            data_leak: None,
        };
        assert_eq!(rules, expected);
        assert_eq!(read("").provider.account_manager, None);
    }

    #[test]
    fn pol_3_every_key_of_tickets_is_read() {
        let policy = read(
            "account_manager = \"am@t.example\"\n[tickets]\nchannels = [\"voice_message\", \"in_person\"]\n\
             intake = [\"what\", \"steps\"]\nproducts = [\"A\"]\nstalled_button = true\nwaiting_pauses = false\n\
             phone_roles = [\"owner\"]\ndata_leak = { nl = \"Lek\", en = \"Leak\" }\n",
        );
        let expected = TicketRules {
            channels: vec![Channel::VoiceMessage, Channel::InPerson],
            intake: vec![Question::What, Question::Steps],
            products: vec!["A".to_owned()],
            stalled_button: true,
            waiting_pauses: false,
            phone_roles: Some(vec![Role::Owner]),
            data_leak: Some(Bilingual { nl: "Lek".to_owned(), en: "Leak".to_owned() }),
        };
        assert_eq!(policy.tickets, expected);
        assert_eq!(policy.provider.account_manager.as_deref(), Some("am@t.example"));
    }

    #[test]
    fn sla_6_only_the_named_roles_phone_and_everybody_where_none_is_named() {
        let some = read("[tickets]\nphone_roles = [\"owner\"]\n").tickets;
        assert_eq!(Role::ALL.iter().map(|role| some.may_phone(*role)).collect::<Vec<_>>(), [true, false, false]);
        let all = read("").tickets;
        assert!(Role::ALL.iter().all(|role| all.may_phone(*role)));
    }

    #[test]
    fn pol_a_fault_in_tickets_names_line_key_and_what_was_expected() {
        for (line, key, expected) in [
            ("channels = [\"fax\"]", "tickets.channels[0]", "\"portal\", \"mail\""),
            ("channels = []", "tickets.channels", "at least one channel"),
            ("intake = [\"why\"]", "tickets.intake[0]", "\"screenshot\" or \"steps\""),
            ("stalled_button = \"yes\"", "tickets.stalled_button", "true or false"),
            ("phone_roles = [\"superuser\"]", "tickets.phone_roles[0]", "or \"viewer\""),
            ("data_leak = \"\"", "tickets.data_leak", "a text in quotes"),
            ("waiting_pause = true", "tickets.waiting_pause", "did you mean waiting_pauses?"),
        ] {
            let PolicyErrors(faults) = Policy::parse(&format!("{HEAD}[tickets]\n{line}\n")).expect_err(line);
            let fault = faults.iter().find(|fault| fault.key == key).unwrap_or_else(|| panic!("{line}: {faults:?}"));
            assert_eq!(fault.line, 7, "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }
}
