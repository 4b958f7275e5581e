//! Which collections stand in a file that we sent (pain.008), read back from the bytes as they went out: by these groups
//! and this message the bank answers.

use super::{
    BankFault,
    tree::{self, Node},
};

/// A file of collections that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// Its message (`MsgId`).
    pub message_id: String,
    /// Its payment groups (`PmtInfId`), each with the end-to-end ids in it.
    pub groups: Vec<(String, Vec<String>)>,
}

/// Reads a file of ours back.
///
/// # Errors
/// When it is no pain.008, or lacks what ours have.
pub fn sent(bytes: &[u8]) -> Result<SentFile, BankFault> {
    let root = tree::parse(bytes)?;
    let message = root.need("CstmrDrctDbtInitn")?;
    let message_id = message.need("GrpHdr")?.need_text("MsgId")?;
    let groups = message.all("PmtInf").map(group).collect::<Result<_, _>>()?;
    Ok(SentFile { message_id, groups })
}

fn group(node: &Node) -> Result<(String, Vec<String>), BankFault> {
    let ids = node.all("DrctDbtTxInf").map(|tx| tx.need("PmtId")?.need_text("EndToEndId")).collect::<Result<_, _>>()?;
    Ok((node.need_text("PmtInfId")?, ids))
}
