//! What became of our collections (pain.002), read from trees of its parts. A report speaks on three levels: about the message,
//! about a payment group, about one collection. Each level that tells a status gives one [`CollectionReport`].

use super::{
    BankFault, BankFaultKind, Visit, file_head,
    tree::{Node, Pull, collapse},
    values::{cents, currency},
};
use crate::domain::{
    Cents,
    bank::{BankFileKind, CollectionReport, Told},
};
use std::io::BufRead;

/// Tells everything that the message, into which `pull` went, reports, in its order.
pub(super) fn reports<R: BufRead>(
    pull: &mut Pull<R>,
    message: &Node,
    version: &str,
    visit: &mut Visit<'_>,
) -> Result<(), BankFault> {
    let (mut header, mut original) = (false, None);
    while let Some(child) = pull.child()? {
        match child.name() {
            "GrpHdr" => {
                visit(Told::File(file_head(&pull.tree(child)?, BankFileKind::Pain002, version)?))?;
                header = true;
            }
            "OrgnlGrpInfAndSts" if header => {
                let group = pull.tree(child)?;
                let about = Original { message_id: group.need_text("OrgnlMsgId")?, status: group.text_at(&["GrpSts"]) };
                if let Some(status) = about.status.clone() {
                    let amount = control_sum(&group)?;
                    visit(Told::Report(CollectionReport { amount, ..about.report(&group, status, None) }))?;
                }
                original = Some(about);
            }
            "OrgnlPmtInfAndSts" => match &original {
                Some(original) => original.group(pull, child, visit)?,
                None => return Err(message.missing(&["OrgnlGrpInfAndSts"])),
            },
            _ => pull.skip()?,
        }
    }
    if !header {
        return Err(message.missing(&["GrpHdr"]));
    }
    original.map(|_| ()).ok_or_else(|| message.missing(&["OrgnlGrpInfAndSts"]))
}

/// The message that is reported about.
struct Original {
    message_id: String,
    status: Option<String>,
}

impl Original {
    fn report(&self, node: &Node, status: String, batch: Option<String>) -> CollectionReport {
        CollectionReport {
            line: node.line,
            message_id: self.message_id.clone(),
            batch,
            end_to_end_id: None,
            rejected: status == "RJCT",
            status,
            reason: node.text_at(&["StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"]),
            text: text(node),
            amount: None,
        }
    }

    /// A payment group: what stands before its collections is about all of it.
    fn group<R: BufRead>(&self, pull: &mut Pull<R>, mut group: Node, visit: &mut Visit<'_>) -> Result<(), BankFault> {
        let mut told = None;
        while let Some(child) = pull.child()? {
            match child.name() {
                "TxInfAndSts" => {
                    if told.is_none() {
                        told = Some(self.about_group(&group, visit)?);
                    }
                    let (batch, group_status) = told.clone().unwrap_or_default();
                    let tx = pull.tree(child)?;
                    let status = status(&tx, group_status.as_ref().or(self.status.as_ref()))?;
                    // Without an id this would read as a report about the whole group: refused rather than guessed.
                    let end_to_end_id = Some(tx.need_text("OrgnlEndToEndId")?);
                    let report = self.report(&tx, status, batch);
                    visit(Told::Report(CollectionReport { end_to_end_id, amount: amount(&tx)?, ..report }))?;
                }
                "OrgnlPmtInfId" | "OrgnlCtrlSum" | "PmtInfSts" | "StsRsnInf" => {
                    if told.is_some() {
                        let element = child.name().to_owned();
                        return Err(child.fault(BankFaultKind::OutOfOrder { element, after: "TxInfAndSts" }));
                    }
                    group.push(pull.tree(child)?);
                }
                _ => pull.skip()?,
            }
        }
        if told.is_none() {
            self.about_group(&group, visit)?;
        }
        Ok(())
    }

    /// Tells about the group as a whole; gives its id and status.
    fn about_group(&self, group: &Node, visit: &mut Visit<'_>) -> Result<(Option<String>, Option<String>), BankFault> {
        let batch = Some(group.need_text("OrgnlPmtInfId")?).filter(|id| id != "NOTPROVIDED");
        let group_status = group.text_at(&["PmtInfSts"]);
        if let Some(status) = group_status.clone() {
            let report = self.report(group, status, batch.clone());
            visit(Told::Report(CollectionReport { amount: control_sum(group)?, ..report }))?;
        }
        Ok((batch, group_status))
    }
}

/// The status of a collection; where it tells none, that of its group, unless the group says only that some were
/// rejected (`PART`).
fn status(tx: &Node, group: Option<&String>) -> Result<String, BankFault> {
    let inherited = || group.filter(|status| *status != "PART").cloned();
    tx.text_at(&["TxSts"]).or_else(inherited).ok_or_else(|| tx.missing(&["TxSts"]))
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
