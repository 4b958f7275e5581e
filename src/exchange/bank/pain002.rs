//! What became of our collections (pain.002), read from the tree. A report speaks on three levels: about the message,
//! about a payment group, about one collection. Each level that tells a status gives one [`CollectionReport`].

use super::{
    BankFault,
    tree::{Node, collapse},
    values::{cents, currency},
};
use crate::domain::{Cents, bank::CollectionReport};

/// Everything that a message reports, in its order.
pub(super) fn reports(message: &Node) -> Result<Vec<CollectionReport>, BankFault> {
    let original = message.need("OrgnlGrpInfAndSts")?;
    let message_id = original.need_text("OrgnlMsgId")?;
    let about = |node: &Node, status: String, batch: Option<String>| CollectionReport {
        line: node.line,
        message_id: message_id.clone(),
        batch,
        end_to_end_id: None,
        rejected: status == "RJCT",
        status,
        reason: node.text_at(&["StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"]),
        text: text(node),
        amount: None,
    };
    let mut reports = Vec::new();
    let message_status = original.text_at(&["GrpSts"]);
    if let Some(status) = message_status.clone() {
        reports.push(CollectionReport { amount: control_sum(original)?, ..about(original, status, None) });
    }
    for group in message.all("OrgnlPmtInfAndSts") {
        let batch = Some(group.need_text("OrgnlPmtInfId")?).filter(|id| id != "NOTPROVIDED");
        let group_status = group.text_at(&["PmtInfSts"]);
        if let Some(status) = group_status.clone() {
            reports.push(CollectionReport { amount: control_sum(group)?, ..about(group, status, batch.clone()) });
        }
        for tx in group.all("TxInfAndSts") {
            let status = status(tx, group_status.as_ref().or(message_status.as_ref()))?;
            // Without an id this would read as a report about the whole group: refused rather than guessed.
            let end_to_end_id = Some(tx.need_text("OrgnlEndToEndId")?);
            let report = about(tx, status, batch.clone());
            reports.push(CollectionReport { end_to_end_id, amount: amount(tx)?, ..report });
        }
    }
    Ok(reports)
}

/// The status of a collection; where it tells none, that of its group, unless the group says only that some were
/// rejected (`PART`).
fn status(tx: &Node, group: Option<&String>) -> Result<String, BankFault> {
    let inherited = || group.filter(|status| *status != "PART").cloned();
    tx.text_at(&["TxSts"])
        .or_else(inherited)
        .ok_or_else(|| tx.fault("`TxInfAndSts` has no `TxSts`; expected RJCT or the like"))
}

fn text(node: &Node) -> Option<String> {
    let lines = node.all("StsRsnInf").flat_map(|reason| reason.all("AddtlInf")).map(|line| line.text.as_str());
    Some(collapse(&lines.collect::<Vec<_>>().join(" "))).filter(|text| !text.is_empty())
}

fn control_sum(node: &Node) -> Result<Option<Cents>, BankFault> {
    node.at("OrgnlCtrlSum").map(cents).transpose()
}

/// The amount of a collection in euros; none where it is told in another currency, or not at all.
fn amount(tx: &Node) -> Result<Option<Cents>, BankFault> {
    for path in ["OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt"] {
        if let Some(told) = tx.at(path)
            && currency(told)? == "EUR"
        {
            return cents(told).map(Some);
        }
    }
    Ok(None)
}
