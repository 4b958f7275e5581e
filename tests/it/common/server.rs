//! The program itself, as a process: a command that ends, or a server that answers until it is stopped or killed.

use super::parties::{give_addresses, real};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use strippenkaart::clock::Clock;
use strippenkaart::domain::Target;
use strippenkaart::domain::command::Receiving;
use strippenkaart::domain::{
    CustomerId, Estimate, InvoiceId, Locale, Minutes, PaymentMethod, Policy, Report, Role, Ticket, TicketKind,
    estimate::AnswerVia,
};
use strippenkaart::service::access::{Caller, Request};
use strippenkaart::service::cards::Order;
use strippenkaart::service::customers::{NewContact, NewCustomer};
use strippenkaart::service::login::NewUser;
use strippenkaart::service::tickets::{NewEstimate, ToldAgreement};
use strippenkaart::service::{Service, policies::Given};
use strippenkaart::store::{Db, users::StaffRole};
use tempfile::TempDir;

/// How long a process may take to say what is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_strippenkaart");

fn command(arguments: &[&str]) -> Command {
    prepared(Command::new(PROGRAM), arguments)
}

fn prepared(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in [
        "RUST_LOG",
        "STRIPPENKAART_DATABASE",
        "STRIPPENKAART_POLICY",
        "STRIPPENKAART_LISTEN",
        "STRIPPENKAART_PUBLIC_URL",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs a command to its end, with a text on standard input.
pub fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments).spawn().unwrap();
    // A command that does not read may be gone already.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

/// What a command that must succeed says.
pub fn says(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The exit code of a command that must fail, and what it says about it.
pub fn complains(arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let output = run(arguments, input);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A running server (or demo); killed when dropped.
pub struct Server {
    child: Child,
    listeners: Vec<JoinHandle<()>>,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts `serve` on a free port, and waits until it listens.
    pub fn start(database: &str) -> Self {
        Self::launch(&["serve", "--database", database, "--listen", "127.0.0.1:0"])
    }

    /// Starts a command that serves, and waits until it says where.
    pub fn launch(arguments: &[&str]) -> Self {
        Self::spawn(command(arguments), arguments)
    }

    /// The same, and it logs all that it can.
    pub fn tracing(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.env("RUST_LOG", "trace");
        Self::spawn(command, arguments)
    }

    /// The same, with a folder of its own for what is thrown away.
    pub fn launch_in(folder: &std::path::Path, arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.env("TMPDIR", folder);
        Self::spawn(command, arguments)
    }

    /// The same, where it may have so many files open and no more.
    pub fn launch_with_files(files: u32, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\""), PROGRAM]);
        Self::spawn(prepared(shell, arguments), arguments)
    }

    fn spawn(mut command: Command, arguments: &[&str]) -> Self {
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (lines, listening) = mpsc::channel();
        let (out, err): (ChildStdout, ChildStderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let listeners = vec![listen(out, Arc::clone(&said), lines.clone()), listen(err, Arc::clone(&said), lines)];
        let deadline = Instant::now() + PATIENCE;
        let url = loop {
            let line = listening.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("{arguments:?} does not listen: {}", said.lock().unwrap()));
            if let Some(port) = address(&line) {
                break format!("http://127.0.0.1:{port}");
            }
        };
        Self { child, listeners, url, said }
    }

    /// Everything that was heard of it so far, on both outputs; all of it once it has ended.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// What it said, once a text is part of that.
    pub fn said_with(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            if said.contains(text) {
                return said;
            }
            assert!(Instant::now() < deadline, "no {text} in {said}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as an init system does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                for listener in self.listeners.drain(..) {
                    listener.join().unwrap();
                }
                return status;
            }
            assert!(Instant::now() < deadline, "it does not stop: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// kill -9, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Passes on what a process says, line by line, until it ends.
fn listen(
    from: impl std::io::Read + Send + 'static,
    said: Arc<Mutex<String>>,
    lines: mpsc::Sender<String>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().unwrap().extend([line.as_str(), "\n"]);
            lines.send(line).ok();
        }
    })
}

/// The port in the line by which a server, or the demo, says that it listens.
fn address(line: &str) -> Option<u16> {
    if !line.contains("listening") && !line.starts_with("Strippenkaart demo at") {
        return None;
    }
    let rest = line.split("127.0.0.1:").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A database that servers run on, filled by a service of our own with the real time.
pub struct Live {
    pub service: Service,
    pub address: String,
    pub admin: Caller,
    /// A token of the administrator.
    pub token: String,
    _dir: TempDir,
}

impl Live {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite://{}", dir.path().join("live.db").display());
        Self::on(address, dir).await
    }

    pub async fn postgres() -> Self {
        Self::on(super::cluster::database().await, tempfile::tempdir().unwrap()).await
    }

    /// The policy `standard`, which also sells any number of hours.
    async fn on(address: String, dir: TempDir) -> Self {
        let db = Db::open(&address).await.unwrap();
        db.migrate().await.unwrap();
        give_addresses(&db).await;
        let text = Policy::shipped("standard").unwrap();
        let text = real(&text.replace("payment_days = 14", "payment_days = 14\nhourly_price = \"80.00\""));
        let policy = Given { name: "live".to_owned(), text };
        let (service, _writer) = Service::start(db, Clock::system(), Some(policy)).await.unwrap();
        let new =
            NewUser { email: "admin@example.org".to_owned(), name: "Rens Albers".to_owned(), role: StaffRole::Admin };
        let user = service.add_user(new, "proef-de-kaart".to_owned()).await.unwrap();
        let admin = service.caller_by_id(user.id).await.unwrap();
        let token = service.create_token("admin@example.org", 1).await.unwrap();
        Self { service, address, admin, token, _dir: dir }
    }

    pub fn by(&self) -> Request<'_> {
        Request { caller: &self.admin, key: None }
    }

    /// A customer with its welcome card (180 minutes), a paid card of `hours`, and a ticket of its owner.
    pub async fn customer(&self, name: &str, hours: i64) -> (CustomerId, Ticket) {
        let new = NewCustomer {
            name: name.to_owned(),
            email: "school@example.org".to_owned(),
            locale: Locale::Nl,
            monthly_amount: None,
            contract_start: None,
            imported: false,
        };
        let customer = self.service.create_customer(self.by(), new).await.unwrap().id;
        let owner = NewContact {
            name: "Jo Jansen".to_owned(),
            email: "jo@example.org".to_owned(),
            role: Role::Owner,
            ceiling: None,
            valid_from: None,
            valid_until: None,
            asked_by: None,
            asked_via: None,
        };
        let owner = self.service.add_contact(self.by(), customer, owner).await.unwrap();
        let (_, invoice) = self.service.order_card(self.by(), customer, Order::of(format!("{hours}h"))).await.unwrap();
        self.pay(invoice.unwrap().id).await;
        let ticket = Report {
            subject: "Vraag".to_owned(),
            description: "Hoe werkt dit?".to_owned(),
            requester: Some(owner.id),
            installation: None,
            kind: TicketKind::Change,
            ..Report::default()
        };
        (customer, self.service.open_ticket(self.by(), customer, ticket).await.unwrap())
    }

    async fn pay(&self, invoice: InvoiceId) {
        let owed = self.service.invoice(&self.admin, invoice).await.unwrap().invoice;
        let today = self.service.policies.day(self.service.clock.now());
        let bank = PaymentMethod::Bank;
        let received = Receiving::of(invoice, owed.gross, today, bank);
        self.service.record_payment(self.by(), Target::Invoice(invoice), received).await.unwrap();
    }

    /// An estimate that waits.
    pub async fn propose(&self, ticket: &Ticket, minutes: i64) -> Estimate {
        let description = "Het werk".to_owned();
        let new = NewEstimate { minutes: Minutes(minutes), description, answer_by: None, work_until: None };
        self.service.propose_estimate(self.by(), ticket.id, new).await.unwrap()
    }

    /// An estimate that holds its minutes.
    pub async fn agree(&self, ticket: &Ticket, minutes: i64) -> Estimate {
        let estimate = self.propose(ticket, minutes).await;
        let (contact, note) = (ticket.requester_id.unwrap(), "Akkoord".to_owned());
        let told = ToldAgreement { contact, via: AnswerVia::Mail, note, at: None };
        self.service.accept_estimate(self.by(), estimate.id, Some(told)).await.unwrap()
    }
}
