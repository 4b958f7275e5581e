//! The command line: what can be asked, and what each command needs before it can do it.
//!
//! Exit codes: 0 done, 1 refused or failed (one line on standard error says why), 2 not understood.

mod admin;
mod bank;
mod books;
mod close;
pub mod demo;
mod export;
mod invoice;
mod logging;
mod policy;
mod print;
mod serve;

use crate::domain::typed;
use crate::service::login::TOKEN_DAYS;
use crate::service::policies::{Given, PolicyError};
use crate::store::users::{StaffRole, Whose};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prepaid support hours with an exact, append-only ledger: who pays for this quarter of an hour, and how much is left?
///
/// New here? `strippenkaart demo` opens a playground with 40 customers; nothing of it stays.
/// To run it for real: `strippenkaart serve`, then open the link that it prints.
#[derive(Debug, Parser)]
#[command(name = "strippenkaart", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a temporary database with 40 customers over 14 months, and a login for each role
    Demo(DemoArgs),
    /// Run the service for real
    ///
    /// Makes the database file when there is none, brings the schema up to date, and prints a link that makes the first
    /// administrator as long as nobody has a login. Stops gracefully on Ctrl-C or SIGTERM: requests that run get 20 seconds.
    Serve(ServeArgs),
    /// Make the database, or bring its schema up to date
    Migrate(DatabaseArgs),
    /// Logins, of the provider's own people and of customers
    #[command(subcommand)]
    User(UserCommand),
    /// Tokens for programs that use the API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Links by which somebody gets a login or a new password
    #[command(subcommand)]
    Link(LinkCommand),
    /// The terms: products, rounding, agreements
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Recompute the whole ledger and name the first thing that is not as it was booked
    ///
    /// Reads one snapshot, also while a server writes. Prints what it counted and a digest over all customers: kept
    /// elsewhere, it shows later whether anything of today was cut off.
    Verify(DatabaseArgs),
    /// Say what is open in a month, and close its books
    ///
    /// Months close in order, once they are over. What is open and changes the figures of the month stops it, unless a reason
    /// is given. What is booked later for a closed month lands in the first open one.
    CloseMonth(CloseArgs),
    /// Invoices, credit notes and payments
    #[command(subcommand)]
    Invoice(invoice::InvoiceCommand),
    /// Files for the bookkeeper, the bank and other programs
    ///
    /// Journal entries, documents and collections are exported once, in numbered batches; `export file` gives the file of a
    /// batch again.
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Files of others
    #[command(subcommand)]
    Import(ImportCommand),
    /// The bank
    #[command(subcommand)]
    Bank(BankCommand),
}

#[derive(Debug, Subcommand)]
enum BankCommand {
    /// Say whether the books and the bank agree
    ///
    /// For every statement: the first balance and everything told up to its day make its closing balance, and what is booked
    /// was posted. Names each difference with what could explain it, and fails where there is one.
    Check {
        #[command(flatten)]
        database: DatabaseArgs,
        /// E-mail address of the login that asks: finance or admin
        #[arg(long = "as", value_name = "EMAIL", env = "STRIPPENKAART_AS", hide_env_values = true)]
        email: String,
        /// Also read every kept file again, and name what would count otherwise today
        #[arg(long)]
        reread: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// A file of the bank: camt.053, camt.054 or pain.002
    ///
    /// Stores its lines and books what they tell: collections, reversals, payments. What cannot be told waits on the page
    /// /finance/bank. The same file again changes nothing, and finishes what was cut short.
    Bank {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only say what would be booked
        #[arg(long)]
        preview: bool,
        /// E-mail address of the login that imports it: finance or admin
        #[arg(long = "as", value_name = "EMAIL", env = "STRIPPENKAART_AS", hide_env_values = true)]
        email: String,
    },
}

#[derive(Debug, Args)]
struct CloseArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The month, such as 2026-03
    month: crate::domain::closing::BookMonth,
    /// Why it is closed although something stops it, or opened again; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Open the last closed month again
    #[arg(long)]
    reopen: bool,
}

#[derive(Debug, Args)]
struct DatabaseArgs {
    #[arg(
        long,
        help = "Where the ledger is: sqlite://FILE or postgres://USER@HOST/NAME",
        value_name = "ADDRESS",
        env = "STRIPPENKAART_DATABASE",
        hide_env_values = true,
        default_value = "sqlite://strippenkaart.db"
    )]
    database: String,
}

#[derive(Debug, Args)]
struct PolicyArg {
    /// A policy that ships with the program (openedu, standard) or a file; see `policy check`
    ///
    /// It is put in force on an empty database (`standard` when nothing is said). Later it may be left out; another text
    /// than the one in force is refused: `policy apply` puts that in force, from a day of your choice.
    #[arg(long, value_name = "NAME|FILE", env = "STRIPPENKAART_POLICY", hide_env_values = true)]
    policy: Option<String>,
}

impl PolicyArg {
    fn read(&self) -> Result<Option<Given>, PolicyError> {
        self.policy.as_deref().map(Given::read).transpose()
    }
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    policy: PolicyArg,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "IP:PORT",
        env = "STRIPPENKAART_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
    /// Address and port at which machines read what is counted (`/metrics`); nowhere when left out
    #[arg(long, value_name = "IP:PORT", env = "STRIPPENKAART_METRICS_LISTEN", hide_env_values = true)]
    metrics_listen: Option<SocketAddr>,
    #[arg(
        long,
        value_name = "URL",
        env = "STRIPPENKAART_PUBLIC_URL",
        hide_env_values = true,
        value_parser = public_url,
        help = "The address that people type, where it is another one: https://uren.example.nl",
        long_help = "The address that people type, where it is another one, such as https://uren.example.nl. With https, \
                     cookies are only sent over it."
    )]
    public_url: Option<String>,
    /// A reverse proxy of yours is in front and sets X-Forwarded-For
    #[arg(
        long,
        env = "STRIPPENKAART_BEHIND_PROXY",
        hide_env_values = true,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    behind_proxy: bool,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080, or a free port when that one is taken]
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// Let other machines in as well; the passwords are made up then, and printed
    #[arg(long)]
    let_others_in: bool,
    /// The terms to play under: openedu, standard or a file
    #[arg(long, value_name = "NAME|FILE", default_value = crate::service::policies::DEFAULT)]
    policy: String,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a login; its password is the first line of standard input
    Add {
        #[command(flatten)]
        database: DatabaseArgs,
        /// E-mail address to log in with
        #[arg(long, value_parser = address)]
        email: String,
        /// Name as colleagues and customers see it
        #[arg(long, value_parser = name)]
        name: String,
        /// admin (everything), finance (invoices and payments) or agent (tickets, estimates, time)
        #[arg(long, value_name = "ROLE", value_parser = ["admin", "finance", "agent"])]
        role: String,
    },
    /// The logins: address, name, role or customers, whether the address is proved, when they were last seen
    List {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Only those whose name or address, or whose customer's, contains this
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        search: String,
        /// staff, customers or all
        #[arg(long, value_name = "WHOSE", default_value = "all")]
        whose: Whose,
    },
    /// Block a login at once, and end its sessions, tokens and links and the links that it made
    Block(UserArgs),
    /// Let a blocked login in again; what blocking ended stays ended
    Allow(UserArgs),
    /// End every session of a login; its tokens work on
    SignOut(UserArgs),
    /// Make a link by which a login gets a new password; it is the last line of the output and shown only now
    Reset {
        #[command(flatten)]
        user: UserArgs,
        /// Of a customer's person: who of yours hands the link over; what that login answers is marked with it
        #[arg(long, value_name = "EMAIL")]
        by: Option<String>,
        #[arg(
            long,
            value_name = "URL",
            env = "STRIPPENKAART_PUBLIC_URL",
            hide_env_values = true,
            value_parser = public_url,
            default_value = "http://127.0.0.1:8080",
            help = "The address that people type"
        )]
        public_url: String,
    },
}

#[derive(Debug, Args)]
struct UserArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// E-mail address of the login
    email: String,
}

#[derive(Debug, Subcommand)]
enum LinkCommand {
    /// The links that work: which, for what, for whom, by whom and until when
    List(DatabaseArgs),
    /// Make a link useless at once
    Withdraw {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Which, as `link list` printed it
        link: String,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token for a login; it is the last line of the output and shown only now
    Create {
        #[command(flatten)]
        database: DatabaseArgs,
        /// E-mail address of the login that the program acts as
        #[arg(long)]
        email: String,
        /// How long it works, in days
        #[arg(long, default_value_t = TOKEN_DAYS)]
        days: i64,
        /// Let it work on when the login gets a new password
        #[arg(long)]
        keep: bool,
        /// Of a customer's person: who of yours hands the token over; what that login answers is marked with it
        #[arg(long, value_name = "EMAIL")]
        by: Option<String>,
    },
    /// The tokens that work: jti, login, since when and until when
    List(DatabaseArgs),
    /// Make a new token instead of one that works, which ends at once
    Rotate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The token's `jti` as `token create` or `token list` printed it
        jti: String,
    },
    /// Make a token useless at once
    Revoke {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The token's `jti` as `token create` printed it; or `-` to read the whole token from standard input
        jti: String,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// The versions in force in a database, and the policies that ship with the program
    List(DatabaseArgs),
    /// Print the text of a policy; without a name, of the version that holds today
    Show {
        #[command(flatten)]
        database: DatabaseArgs,
        /// A shipped policy, a file, or the number of a version in the database
        #[arg(value_name = "NAME|FILE|VERSION")]
        policy: Option<String>,
    },
    /// Say whether a policy is valid, and if not, every fault in it with its line
    Check {
        /// A file, or the name of a policy that ships with the program
        #[arg(value_name = "FILE|NAME")]
        policy: String,
    },
    /// What two policies say differently, key by key
    Diff {
        #[command(flatten)]
        database: DatabaseArgs,
        /// A shipped policy, a file, or the number of a version in the database
        old: String,
        /// The same
        new: String,
    },
    /// Say what work would cost under a policy, who would pay and what would be due when; JSON on standard output
    Evaluate(Box<EvaluateArgs>),
    /// Put a policy in force from a day on; what was charged stays charged under its version
    Apply {
        #[command(flatten)]
        database: DatabaseArgs,
        /// A file, or the name of a policy that ships with the program
        #[arg(value_name = "FILE|NAME")]
        policy: String,
        /// The first day on which it holds, today or later, such as 2027-01-01
        #[arg(long, value_name = "DATE")]
        from: chrono::NaiveDate,
    },
}

#[derive(Debug, Args)]
struct EvaluateArgs {
    /// A file, or the name of a policy that ships with the program
    #[arg(value_name = "FILE|NAME")]
    policy: String,
    /// How long the work lasts: 50m, 1u15, 1:15 or 1,25
    #[arg(long, value_name = "TIME")]
    worked: String,
    /// When it begins, on the provider's clock, such as 2026-11-21T19:30
    #[arg(long, value_name = "MOMENT")]
    started: Option<String>,
    /// When the report came in; when the work begins if left out, else now
    #[arg(long, value_name = "MOMENT")]
    received: Option<String>,
    /// `portal`, `mail`, `chat`, `phone`, `voice_message` or `in_person`
    #[arg(long)]
    channel: Option<crate::domain::Channel>,
    /// What it is about: `question`, `defect`, `third_party` or `change`
    #[arg(long)]
    kind: Option<crate::domain::TicketKind>,
    /// A topic of the policy
    #[arg(long, value_name = "ID")]
    topic: Option<String>,
    /// An urgency level of the policy, or safety
    #[arg(long, value_name = "ID")]
    urgency: Option<String>,
    /// A surcharge of the policy; may be given several times
    #[arg(long = "surcharge", value_name = "ID")]
    surcharges: Vec<String>,
    /// A priority of the policy; else it follows from urgency, impact and reach
    #[arg(long, value_name = "ID")]
    priority: Option<String>,
    /// An impact of the policy
    #[arg(long, value_name = "ID")]
    impact: Option<String>,
    /// A reach of the policy
    #[arg(long, value_name = "ID")]
    reach: Option<String>,
    /// What is left on the customer's cards, in minutes; just enough if left out
    #[arg(long, value_name = "MINUTES")]
    available: Option<i64>,
    /// Since when the customer has the add-on for urgent tickets
    #[arg(long, value_name = "DATE")]
    add_on_since: Option<String>,
    /// A day on which a free urgent ticket was used; may be given several times
    #[arg(long = "urgent-used-on", value_name = "DATE")]
    urgent_used_on: Vec<String>,
    /// What the conversation about fair use came to: card, proposal or leave
    #[arg(long, value_name = "WORD")]
    fair_use_outcome: Option<crate::domain::coverage::Outcome>,
}

/// Runs the command of this process; gives its exit code.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    logging::start(matches!(cli.command, Command::Serve(_)));
    match dispatch(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(DemoArgs { listen, let_others_in, policy }) => demo::run(listen, let_others_in, &policy).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(DatabaseArgs { database }) => admin::migrate(&database).await,
        Command::User(UserCommand::Add { database, email, name, role }) => {
            let role: StaffRole = role.parse()?;
            admin::add_user(&database.database, crate::service::login::NewUser { email, name, role }).await
        }
        Command::User(UserCommand::List { database, search, whose }) => {
            admin::list_users(&database.database, &search, whose).await
        }
        Command::User(UserCommand::Block(user)) => admin::block(&user.database.database, &user.email, true).await,
        Command::User(UserCommand::Allow(user)) => admin::block(&user.database.database, &user.email, false).await,
        Command::User(UserCommand::SignOut(user)) => admin::sign_out(&user.database.database, &user.email).await,
        Command::User(UserCommand::Reset { user, by, public_url }) => {
            admin::reset(&user.database.database, &user.email, by.as_deref(), &public_url).await
        }
        Command::Token(TokenCommand::Create { database, email, days, keep, by }) => {
            admin::create_token(&database.database, (&email, by.as_deref()), (days, keep)).await
        }
        Command::Token(TokenCommand::List(DatabaseArgs { database })) => admin::list_tokens(&database).await,
        Command::Token(TokenCommand::Rotate { database, jti }) => admin::rotate_token(&database.database, &jti).await,
        Command::Link(LinkCommand::List(DatabaseArgs { database })) => admin::list_links(&database).await,
        Command::Link(LinkCommand::Withdraw { database, link }) => {
            admin::withdraw_link(&database.database, &link).await
        }
        Command::Token(TokenCommand::Revoke { database, jti }) => admin::revoke_token(&database.database, &jti).await,
        Command::Policy(PolicyCommand::List(DatabaseArgs { database })) => policy::list(&database).await,
        Command::Policy(PolicyCommand::Show { database, policy }) => {
            policy::show(&database.database, policy.as_deref()).await
        }
        Command::Policy(PolicyCommand::Check { policy }) => policy::check(&policy),
        Command::Policy(PolicyCommand::Evaluate(args)) => policy::evaluate(*args),
        Command::Policy(PolicyCommand::Diff { database, old, new }) => {
            policy::diff(&database.database, &old, &new).await
        }
        Command::Policy(PolicyCommand::Apply { database, policy, from }) => {
            policy::apply(&database.database, &policy, from).await
        }
        Command::Verify(DatabaseArgs { database }) => books::verify(&database).await,
        Command::Invoice(command) => invoice::run(command).await,
        Command::CloseMonth(CloseArgs { database, month, reason, reopen: false }) => {
            close::close(&database.database, month, reason).await
        }
        Command::Import(ImportCommand::Bank { database, file, preview, email }) => {
            bank::import(&database.database, &file, &email, preview).await
        }
        Command::Bank(BankCommand::Check { database, email, reread }) => {
            bank::check(&database.database, &email, reread).await
        }
        Command::CloseMonth(CloseArgs { database, month, reason, reopen: true }) => {
            close::reopen(&database.database, month, reason).await
        }
        Command::Export(command) => export::run(command).await,
    }
}

/// `http(s)://HOST[:PORT]`, without a path; a slash at the end is dropped.
fn public_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let uri: axum::http::Uri = url.parse().map_err(|_| "expected an address such as https://uren.example.nl")?;
    match (uri.scheme_str(), uri.authority(), uri.path()) {
        (Some("http" | "https"), Some(_), "/" | "") if uri.query().is_none() => Ok(url.to_owned()),
        _ => Err("expected http:// or https:// and a host, without a path".to_owned()),
    }
}

/// An e-mail address, by the rule of pages and the API.
fn address(text: &str) -> Result<String, String> {
    if typed::is_address(text.trim()) { Ok(text.trim().to_owned()) } else { Err(typed::ADDRESS.to_owned()) }
}

/// A name, by the rule of pages and the API.
fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected a name".to_owned()),
        name if typed::is_plain(name) => Ok(name.to_owned()),
        _ => Err(typed::PLAIN.to_owned()),
    }
}

/// The file of a SQLite address.
fn sqlite_file(address: &str) -> Option<PathBuf> {
    let rest = address.strip_prefix("sqlite:")?;
    let file = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
    Some(PathBuf::from(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_public_url_has_a_scheme_and_a_host_and_no_more() {
        for (text, url) in
            [("https://uren.example.nl/", "https://uren.example.nl"), ("http://[::1]:80", "http://[::1]:80")]
        {
            assert_eq!(public_url(text).as_deref(), Ok(url));
        }
        for bad in ["uren.example.nl", "ftp://x", "https://", "https://x/uren", "https://x?a=b"] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }
}
