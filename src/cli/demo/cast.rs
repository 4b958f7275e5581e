//! Who plays in the demo: forty invented organisations, and what they ask. Names and addresses belong to nobody.

use crate::domain::{Locale, TicketKind};

/// How often an organisation asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Every few days.
    Busy,
    /// A few times a month.
    Steady,
    /// Now and then, and only from the welcome card.
    Quiet,
}

/// What is left for the visitor to find at the end of a story: first where cards pay, then where they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing particular.
    Plain,
    /// An estimate waits for an answer, and there is enough to accept it; or we wait for an answer to a question.
    Waits,
    /// An estimate waits, and there is not enough for it.
    TooLittle,
    /// The customer said no.
    Declined,
    /// Nobody answered in time.
    Lapsed,
    /// An accepted estimate with work going on.
    AtWork,
    /// A card was ordered and its invoice is open; or work was agreed on, to be invoiced.
    Unpaid,
    /// Half of an invoice was paid.
    HalfPaid,
    /// An entry was on the wrong ticket: reversed, and logged again.
    Mistake,
    /// Work beyond the agreement that nothing covers yet.
    Uncovered,
    /// The same, given away.
    Goodwill,
    /// The same, later agreed to.
    Covered,
    /// A defect of ours: free.
    Defect,
    /// Somebody may no longer spend; somebody has a ceiling; somebody stands in.
    Team,
}

/// An organisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its name.
    pub(super) name: &'static str,
    /// Its mail domain, before `.example`.
    pub(super) domain: &'static str,
    /// Its owner.
    pub(super) owner: &'static str,
    /// The language it is written to in.
    pub(super) locale: Locale,
    /// How often it asks.
    pub(super) pace: Pace,
    /// How many days ago its contract began.
    pub(super) age: u64,
    /// What is left at the end.
    pub(super) ending: Ending,
}

const fn part(
    name: &'static str,
    domain: &'static str,
    owner: &'static str,
    pace: Pace,
    age: u64,
    ending: Ending,
) -> Part {
    Part { name, domain, owner, locale: Locale::Nl, pace, age, ending }
}

const fn english(
    name: &'static str,
    domain: &'static str,
    owner: &'static str,
    pace: Pace,
    age: u64,
    ending: Ending,
) -> Part {
    Part { locale: Locale::En, ..part(name, domain, owner, pace, age, ending) }
}

/// The customer that the visitor logs in as, and a second one where the same login is contact.
pub(super) const FIRST: &str = "regenboogschool";
/// The second customer of the visitor's login, which stands near its allowance under fair use.
pub(super) const SECOND: &str = "kinderopvang-zonnehoek";
/// The customer that asks for more than is fair.
pub(super) const HEAVY: &str = "zorggroepwaterlandnoord";
/// The customer that pays for urgency.
pub(super) const HURRIED: &str = "vechtcollege";

use Ending as E;
use Pace::{Busy, Quiet, Steady};

/// The cast, in the order of entering.
pub(super) const CAST: [Part; 40] = [
    part("Basisschool De Regenboog", FIRST, "Marijke de Boer", Steady, 425, E::Waits),
    part("Kinderopvang Zonnehoek", SECOND, "Saskia Vermeer", Steady, 421, E::Waits),
    part("Zorggroep Waterland-Noord", HEAVY, "Pieter Hoekstra", Busy, 420, E::AtWork),
    part("Thuiszorg De Linde", "thuiszorgdelinde", "Annelies Kuipers", Steady, 416, E::Mistake),
    part("Het Vechtcollege", HURRIED, "Ruben Timmermans", Steady, 412, E::Team),
    part("GGZ Rivierstad", "ggzrivierstad", "Fatima el Amrani", Steady, 405, E::Uncovered),
    part("Basisschool Het Kompas", "hetkompas", "Joost van den Berg", Steady, 398, E::Unpaid),
    part("Woonzorg Esdoornhof", "esdoornhof", "Carla Wolters", Steady, 391, E::HalfPaid),
    part("Montessorischool De Vlieger", "devlieger", "Hanneke Prins", Quiet, 388, E::Plain),
    part("Praktijk Fysio Haven", "fysiohaven", "Bas Groeneveld", Steady, 380, E::Goodwill),
    part("Lyceum Oosterpoort", "lyceumoosterpoort", "Nadia Benali", Steady, 374, E::Defect),
    english("Harbour International School", "harbourschool", "Emily Carter", Steady, 370, E::Waits),
    part("Jeugdzorg Maasoever", "maasoever", "Erik Schouten", Steady, 361, E::Covered),
    part("Stichting Samen Leren", "samenleren", "Wilma Jacobs", Steady, 355, E::TooLittle),
    part("Kinderdagverblijf Pinkeltje", "kdvpinkeltje", "Iris Brouwer", Quiet, 349, E::Plain),
    part("Huisartsen Brinkplein", "brinkplein", "Tom de Wit", Steady, 340, E::Declined),
    part("Openbare Bibliotheek Dijkstad", "bibliotheekdijkstad", "Gerda Postma", Steady, 333, E::Lapsed),
    part("Basisschool Sint Maarten", "sintmaarten", "Koen Verhoeven", Steady, 325, E::Plain),
    part("Mbo Vakschool Noord", "vakschoolnoord", "Sandra Dekker", Steady, 318, E::AtWork),
    english("Tulip Bilingual Preschool", "tulippreschool", "James Walker", Quiet, 310, E::Plain),
    part("Dagbesteding De Moestuin", "demoestuin", "Lotte Scholten", Quiet, 301, E::Defect),
    part("Verpleeghuis Avondrood", "avondrood", "Henk Bakker", Steady, 294, E::Unpaid),
    part("Speciaal Onderwijs De Brug", "sodebrug", "Esra Yilmaz", Steady, 286, E::Waits),
    part("Gehandicaptenzorg Heuvelrand", "heuvelrand", "Martijn Koster", Steady, 277, E::Team),
    part("Muziekschool Andante", "muziekschoolandante", "Femke van Dam", Quiet, 268, E::Plain),
    part("Dalton De Ontdekking", "daltondeontdekking", "Rik Smits", Steady, 255, E::Mistake),
    part("Kraamzorg Ooievaarsnest", "ooievaarsnest", "Ingrid Vos", Steady, 243, E::Plain),
    english("Delta Care Group", "deltacare", "Olivia Bennett", Steady, 235, E::AtWork),
    part("Scholengroep Het Palet", "scholengroephetpalet", "Dirk Hendriks", Busy, 226, E::HalfPaid),
    part("Wijkteam Centrum", "wijkteamcentrum", "Mirjam Peeters", Quiet, 210, E::Plain),
    part("Tandartsen Molenstraat", "tandartsenmolenstraat", "Youssef Haddad", Quiet, 196, E::Declined),
    part("Vrijeschool De Sterrenboom", "sterrenboom", "Anouk Meijer", Steady, 181, E::Goodwill),
    part("Revalidatie Duinzicht", "duinzicht", "Paul Willems", Steady, 165, E::Plain),
    part("Basisschool De Klimop", "deklimop", "Nienke Bos", Quiet, 149, E::Plain),
    english("Northside Youth Centre", "northside", "Daniel Hughes", Quiet, 131, E::Lapsed),
    part("Apotheek Het Witte Kruis", "hetwittekruis", "Leila Aziz", Quiet, 112, E::Plain),
    part("Peuterspeelzaal Dribbel", "dribbel", "Marloes Visser", Quiet, 88, E::Plain),
    part("Zorgboerderij Hoeve Rust", "hoeverust", "Gijs van Leeuwen", Quiet, 60, E::Waits),
    part("Basisschool Zandkasteel", "zandkasteel", "Karin Mulder", Quiet, 33, E::Plain),
    part("Hospice De Haven", "hospicedehaven", "Ton Gerritsen", Quiet, 12, E::Plain),
];

/// Colleagues of the owners, given out in turn.
pub(super) const COLLEAGUES: [&str; 12] = [
    "Sophie Claassen",
    "Daan Kramer",
    "Julia Evers",
    "Thijs van Vliet",
    "Amira Said",
    "Wouter Blom",
    "Merel Hofman",
    "Stefan Novak",
    "Lisa de Graaf",
    "Omar Bouzid",
    "Eline Maas",
    "Jeroen Pauw",
];

/// Which of a policy's topics something goes under, whatever they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// What fair use counts once, or what is asked most.
    Usual,
    /// What weighs more under fair use.
    Special,
    /// What is agreed on and invoiced.
    Moving,
}

/// Something a customer asks, and what is done about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Topic {
    /// One line.
    pub(super) subject: &'static str,
    /// The report.
    pub(super) description: &'static str,
    /// What it is about.
    pub(super) kind: TicketKind,
    /// Which of the policy's topics it goes under.
    pub(super) sort: Sort,
    /// How long it takes, in minutes.
    pub(super) minutes: i64,
    /// What is agreed.
    pub(super) work: &'static str,
    /// What is written with the entries, in turn.
    pub(super) entries: [&'static str; 3],
}

/// What is asked in Dutch; the first two are for the visitor's customers.
pub(super) const TOPICS_NL: [Topic; 14] = [
    Topic {
        subject: "Koppeling met het leerlingvolgsysteem",
        description: "Na de zomer stappen we over op een ander leerlingvolgsysteem. Kunnen de groepen en leerlingen elke \
                      nacht vanzelf worden overgenomen?",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 150,
        work: "Koppeling instellen, velden op elkaar afstemmen en een week meekijken.",
        entries: [
            "Velden op elkaar afgestemd met de leverancier van het leerlingvolgsysteem.",
            "Nachtelijke overname ingericht en getest met twee groepen.",
            "Verschillen van de eerste week nagelopen en verholpen.",
        ],
    },
    Topic {
        subject: "Uitleg rooster voor nieuwe collega's",
        description: "Vanaf de eerste van de maand beginnen drie nieuwe collega's. Kunt u hun uitleggen hoe het rooster en \
                      het ruilen van diensten werkt?",
        kind: TicketKind::Question,
        sort: Sort::Usual,
        minutes: 90,
        work: "Uitleg op afstand van een uur, met een korte handleiding achteraf.",
        entries: [
            "Uitleg gegeven aan drie collega's via beeldbellen.",
            "Korte handleiding met schermafbeeldingen gemaakt en gestuurd.",
            "Vragen na afloop beantwoord.",
        ],
    },
    Topic {
        subject: "Rapportage ziekteverzuim per team",
        description: "De directie wil elke maand een overzicht van het verzuim per team, als bestand dat wij zelf kunnen \
                      bewerken.",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 120,
        work: "Rapportage per team maken en elke eerste werkdag laten versturen.",
        entries: [
            "Rapportage opgezet met de gevraagde kolommen.",
            "Cijfers vergeleken met die van de salarisadministratie.",
            "Maandelijkse verzending ingesteld.",
        ],
    },
    Topic {
        subject: "Printer op de administratie doet het niet",
        description: "Sinds vanochtend komen er geen brieven meer uit de printer op de administratie. De leverancier van de \
                      printer zegt dat het aan de server ligt.",
        kind: TicketKind::ThirdParty,
        sort: Sort::Usual,
        minutes: 45,
        work: "Samen met de leverancier van de printer uitzoeken waar het misgaat.",
        entries: [
            "Met de leverancier van de printer gebeld en de instellingen vergeleken.",
            "Stuurprogramma vervangen op de server; proefafdruk is goed.",
            "Gecontroleerd of alle werkplekken weer kunnen afdrukken.",
        ],
    },
    Topic {
        subject: "Nieuwe locatie toevoegen",
        description: "In het voorjaar openen wij een tweede locatie. Die moet een eigen rooster, eigen teams en een eigen \
                      briefhoofd krijgen.",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 180,
        work: "Locatie inrichten met teams, rooster, rechten en briefhoofd.",
        entries: [
            "Locatie aangemaakt en teams ingericht.",
            "Rooster en rechten ingesteld volgens de aangeleverde lijst.",
            "Briefhoofd gemaakt en samen met de klant nagelopen.",
        ],
    },
    Topic {
        subject: "Hoe zet ik een oud-medewerker uit?",
        description: "Een collega is uit dienst. Hoe zorgen we dat haar account dicht is, maar haar verslagen blijven staan?",
        kind: TicketKind::Question,
        sort: Sort::Usual,
        minutes: 30,
        work: "Samen het account sluiten en uitleggen wat er bewaard blijft.",
        entries: [
            "Account samen gesloten en uitgelegd wat er bewaard blijft.",
            "Nagekeken of de verslagen zichtbaar zijn gebleven.",
            "Stappen op papier gezet voor de volgende keer.",
        ],
    },
    Topic {
        subject: "Scherm blijft leeg na inloggen",
        description: "Vier collega's zien na het inloggen een wit scherm. Bij anderen werkt alles gewoon.",
        kind: TicketKind::Defect,
        sort: Sort::Usual,
        minutes: 60,
        work: "",
        entries: [
            "Oorzaak gevonden in onze laatste versie en hersteld.",
            "Herstel gecontroleerd bij de vier collega's.",
            "Met de klant nagebeld: alles werkt weer.",
        ],
    },
    Topic {
        subject: "Ouderbrief in huisstijl",
        description: "Wij willen de ouderbrieven voortaan in onze nieuwe huisstijl versturen. Het logo en de kleuren zitten \
                      in de bijlage.",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 75,
        work: "Sjabloon voor ouderbrieven in de nieuwe huisstijl.",
        entries: [
            "Sjabloon gemaakt met logo en kleuren.",
            "Opmerkingen van de klant verwerkt.",
            "Sjabloon voor alle groepen klaargezet.",
        ],
    },
    Topic {
        subject: "Import van 300 cliëntgegevens",
        description: "Door een samenvoeging krijgen wij er ongeveer driehonderd cliënten bij. De gegevens staan in een \
                      rekenblad. Kunt u die overzetten?",
        kind: TicketKind::Change,
        sort: Sort::Moving,
        minutes: 240,
        work: "Rekenblad controleren, proefimport, verschillen bespreken en definitief overzetten.",
        entries: [
            "Rekenblad gecontroleerd; lijst met onduidelijke regels teruggestuurd.",
            "Proefimport gedaan en verschillen besproken.",
            "Definitief overgezet en steekproef van twintig dossiers nagelopen.",
        ],
    },
    Topic {
        subject: "Wifi valt weg in de gymzaal",
        description: "In de gymzaal valt de verbinding steeds weg, waardoor de aanwezigheid niet kan worden ingevuld.",
        kind: TicketKind::ThirdParty,
        sort: Sort::Usual,
        minutes: 60,
        work: "Meten en met de netwerkbeheerder afstemmen wat er nodig is.",
        entries: [
            "Meting gedaan en uitkomst naar de netwerkbeheerder gestuurd.",
            "Overleg met de netwerkbeheerder; extra toegangspunt besteld.",
            "Na plaatsing opnieuw gemeten: verbinding is stabiel.",
        ],
    },
    Topic {
        subject: "Rechten van stagiairs nakijken",
        description: "Voor de inspectie willen wij zeker weten dat stagiairs geen medische gegevens kunnen zien.",
        kind: TicketKind::Question,
        sort: Sort::Usual,
        minutes: 60,
        work: "Rechten nalopen en een overzicht maken voor de inspectie.",
        entries: [
            "Rechten van alle stagiairs nagelopen en twee aangepast.",
            "Overzicht gemaakt voor de inspectie.",
            "Overzicht met de klant doorgenomen.",
        ],
    },
    Topic {
        subject: "Kopie van het vorige schooljaar",
        description: "Kunt u de inrichting van vorig schooljaar overnemen voor het nieuwe jaar, zonder de leerlingen?",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 105,
        work: "Inrichting overnemen, groepen een jaar opschuiven en controleren.",
        entries: [
            "Inrichting overgenomen zonder leerlingen.",
            "Groepen een jaar opgeschoven en leerkrachten gekoppeld.",
            "Met de klant nagelopen en vrijgegeven.",
        ],
    },
    Topic {
        subject: "Dubbele meldingen in de mail",
        description: "Sinds de overstap op de nieuwe mailserver krijgt iedereen elke melding twee keer.",
        kind: TicketKind::ThirdParty,
        sort: Sort::Usual,
        minutes: 45,
        work: "Mailinstellingen vergelijken met die van de nieuwe server.",
        entries: [
            "Doorstuurregel op de nieuwe mailserver gevonden en laten uitzetten.",
            "Gecontroleerd dat meldingen nog één keer aankomen.",
            "Beheerder uitgelegd hoe het komt.",
        ],
    },
    Topic {
        subject: "Advies over bewaartermijnen",
        description: "Hoe lang moeten wij de verslagen bewaren, en kan het systeem ze daarna zelf opruimen?",
        kind: TicketKind::Question,
        sort: Sort::Usual,
        minutes: 90,
        work: "Advies op papier, en de opruimregels instellen na akkoord.",
        entries: [
            "Bewaartermijnen uitgezocht en advies geschreven.",
            "Advies besproken en vragen beantwoord.",
            "Opruimregels ingesteld en getoetst.",
        ],
    },
];

/// What is asked in English.
pub(super) const TOPICS_EN: [Topic; 5] = [
    Topic {
        subject: "New starters cannot see the timetable",
        description: "Five teachers joined this week and their timetable is empty. Could you go through the set-up with us?",
        kind: TicketKind::Question,
        sort: Sort::Usual,
        minutes: 60,
        work: "Walk through the set-up of new starters and fix these five.",
        entries: [
            "Set up the five new starters together with the office.",
            "Wrote down the steps for next time.",
            "Checked that everybody sees their timetable.",
        ],
    },
    Topic {
        subject: "Monthly attendance report",
        description: "The board would like attendance per class each month, in a spreadsheet.",
        kind: TicketKind::Change,
        sort: Sort::Special,
        minutes: 120,
        work: "Build the report and send it on the first working day of each month.",
        entries: [
            "Built the report with the columns that were asked for.",
            "Compared two months with the paper registers.",
            "Scheduled the monthly mail.",
        ],
    },
    Topic {
        subject: "Error when saving a care plan",
        description: "Saving a care plan of more than ten pages ends in an error message.",
        kind: TicketKind::Defect,
        sort: Sort::Usual,
        minutes: 45,
        work: "",
        entries: [
            "Found the limit that was set too low, and fixed it.",
            "Checked with three long plans.",
            "Called back: works again.",
        ],
    },
    Topic {
        subject: "Import of last year's pupils",
        description: "We have the pupils of last year in a spreadsheet. Could you load them for us?",
        kind: TicketKind::Change,
        sort: Sort::Moving,
        minutes: 150,
        work: "Check the spreadsheet, load it on trial, then for good.",
        entries: [
            "Checked the spreadsheet and sent back a list of questions.",
            "Loaded it on trial and went through the differences.",
            "Loaded it for good and spot-checked twenty pupils.",
        ],
    },
    Topic {
        subject: "Payroll export is refused",
        description: "Our payroll provider refuses the export since its update last week.",
        kind: TicketKind::ThirdParty,
        sort: Sort::Usual,
        minutes: 75,
        work: "Find out with the payroll provider what changed, and adapt the export.",
        entries: [
            "Compared the export with the new format of the payroll provider.",
            "Adapted two columns; a trial run was accepted.",
            "Watched the first real run.",
        ],
    },
];
