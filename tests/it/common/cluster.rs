//! One throw-away PostgreSQL cluster for all tests of a run, and a database of its own for each test.
//!
//! cargo nextest runs each test in a process of its own, so the cluster belongs to none of them: whoever comes first
//! starts it, the others find its address in a file of the target directory, and `cluster.sh` removes it when it has
//! been idle for a minute. Two locks in the target directory keep this sound, and the kernel drops them however a
//! process ends:
//!
//! - `postgres.address`, held for a moment: one process at a time looks whether the cluster answers, or starts it;
//! - `postgres.users`, shared, held as long as the process lives: the cluster stops only when nobody holds it.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

/// The cluster that this process uses.
struct Cluster {
    /// `postgres://postgres:PASSWORD@127.0.0.1:PORT`, without a database.
    address: String,
    /// Keeps the cluster alive.
    _in_use: File,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// Creates an empty database and returns its URL, `postgres://…@127.0.0.1:PORT/t_…`. It goes away with the cluster.
pub async fn database() -> String {
    let address = &CLUSTER.get_or_init(Cluster::join).await.address;
    let name = format!("t_{:016x}", rand::random::<u64>());
    let mut admin = PgConnection::connect(&format!("{address}/postgres")).await.expect("the cluster answers");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
        .execute(&mut admin)
        .await
        .expect("a new name, and a superuser");
    admin.close().await.expect("the cluster answers");
    format!("{address}/{name}")
}

impl Cluster {
    /// Finds the running cluster, or starts one.
    async fn join() -> Self {
        let mut file = open("postgres.address");
        file.lock().expect("the target directory takes locks");
        let in_use = open("postgres.users");
        in_use.lock_shared().expect("the target directory takes locks");

        let mut address = String::new();
        file.read_to_string(&mut address).expect("a line of text");
        if !answers(&address).await {
            // The port was free a moment ago; now and then somebody else is faster.
            address = (1..=3).find_map(|_| start()).expect("PostgreSQL starts; its messages are above");
            file.set_len(0).expect("the target directory can be written");
            file.rewind().expect("the target directory can be written");
            file.write_all(address.as_bytes()).expect("the target directory can be written");
        }
        Self { address, _in_use: in_use }
    }
}

/// Whether the cluster that was started there, and not another server on its port, accepts us.
async fn answers(address: &str) -> bool {
    let database = format!("{address}/postgres");
    let connect = tokio::time::timeout(Duration::from_secs(5), PgConnection::connect(&database));
    !address.is_empty() && matches!(connect.await, Ok(Ok(_)))
}

/// Starts a cluster that outlives us. `None`, with the reason printed, when it does not come up.
fn start() -> Option<String> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let password = format!("{:032x}", rand::random::<u128>());
    let mut script = Command::new("sh");
    script
        .args(["-c", include_str!("cluster.sh"), "cluster.sh"])
        .env("PG_BIN", env!("PG_BIN"))
        .env("PGPORT", port.to_string())
        .env("PGPASSWORD", &password)
        .current_dir("/")
        .stdin(open("postgres.users"))
        .stdout(Stdio::piped())
        .process_group(0); // Ctrl-C is not for the cluster
    if let Some((user, group)) = stand_in_for_root() {
        script.uid(user).gid(group);
    }
    let mut said = String::new();
    let mut output = script.spawn().expect("there is a shell").stdout.expect("piped");
    output.read_to_string(&mut said).expect("text");
    if said.ends_with("ready\n") {
        return Some(format!("postgres://postgres:{password}@127.0.0.1:{port}"));
    }
    eprintln!("{said}");
    None
}

/// PostgreSQL refuses to run as root: the user and group to run it as when that is who we are.
fn stand_in_for_root() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let users = fs::read_to_string("/etc/passwd").ok().filter(|_| is_root)?;
    let find = |name: &str| {
        users.lines().find_map(|line| match line.split(':').collect::<Vec<_>>()[..] {
            [user, _, id, group, ..] if user == name => Some((id.parse().ok()?, group.parse().ok()?)),
            _ => None,
        })
    };
    find("postgres").or_else(|| find("nobody"))
}

/// Opens or creates a file of the target directory that only we may read.
fn open(name: &str) -> File {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    fs::create_dir_all(directory)
        .and_then(|()| options.open(directory.join(name)))
        .expect("the target directory can be written")
}
