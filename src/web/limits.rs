//! What strangers may keep of ours: connections, their time, and requests at once (A10). The figures of a server; tests take
//! smaller ones.

use std::time::Duration;

/// How much one connection and one caller may take. Times are those in which we wait for the other side: what we take
/// ourselves is bounded elsewhere (`upload::patience`).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections that are open at once.
    pub connections: usize,
    /// The most of them from one network, where no proxy of ours is in front.
    pub per_network: usize,
    /// How long the head of a request may take: from the connection's beginning, or from its first byte.
    pub head: Duration,
    /// How long a connection may wait for its next request. Longer than proxies keep theirs, so that these close first.
    pub idle: Duration,
    /// In so long a body that we wait for brings at least [`Limits::least_bytes`].
    pub body: Duration,
    /// What it brings in that time, in bytes.
    pub least_bytes: u64,
    /// In so long a client takes something of its answer. Our side of the network holds 256 KiB of it and asks for more once
    /// a third is gone, so who takes 2 KiB per second is never cut off.
    pub stuck: Duration,
    /// The most reads of one caller at once: more than the connections that read, few enough for others to wait for.
    pub reads: usize,
    /// The most writes of one caller at once: as many as make a good batch for the ledger.
    pub writes: usize,
    /// The most answers to reads of one caller that are on their way out.
    pub answers: usize,
    /// How long a request waits for its turn among the caller's others.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            per_network: 2_048,
            head: Duration::from_secs(15),
            idle: Duration::from_secs(150),
            body: Duration::from_secs(15),
            least_bytes: 15 * 1024,
            stuck: Duration::from_mins(1),
            reads: 8,
            writes: 256,
            answers: 64,
            turn: Duration::from_secs(2),
        }
    }
}
