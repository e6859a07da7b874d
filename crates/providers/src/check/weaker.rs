//! Whether a key can do less than the one it is to replace: what stops a rotation before the new key is promoted.

use std::collections::BTreeMap;

use ownkey_protocol::vocabulary::{Account, Answer, Question, Use, Verdict, VerdictCode};
use serde::{Deserialize, Serialize};

use super::Report;

/// What is kept of the old key's check. Take it anew right before the rotation, where the key is at hand: providers
/// retire models, and against an old check that would look like the new key's weakness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The verdicts; a question that is not among them was not asked.
    pub verdicts: Vec<Verdict>,
    /// The models that were offered, each with the uses that it serves.
    pub models: BTreeMap<String, Vec<Use>>,
    /// The account that the connection is pinned to.
    pub account: Account,
    /// The uses for which a permission was missing.
    #[serde(default)]
    pub lacking: Vec<Use>,
}

/// One thing in which the new key falls behind the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Weakness {
    /// The provider refuses the new key; why.
    KeyRefused(VerdictCode),
    /// It belongs to another organisation, project or workspace: no rotation, but a new connection.
    OtherAccount {
        /// The account of the connection.
        old: String,
        /// The account of the new key.
        new: String,
    },
    /// The old key told its account and the new one does not, or not in the same terms: a person has to say that it is
    /// the same.
    AccountUnseen,
    /// A use that was in use cannot be served: a permission is missing, or every model for it is.
    UseMissing(Use),
    /// Models that served the uses in question are not offered any more, though others are.
    FewerModels {
        /// Their ids, sorted.
        missing: Vec<String>,
    },
    /// The old key showed which models it has, the new one may not list them.
    ModelsHidden,
    /// No money is left, or a limit is reached, where the old key had none of that; which of the two.
    NoCredit(VerdictCode),
    /// A question that the old key answered with *yes* has no answer for the new one; why. With the question `key`
    /// and the code `address_not_allowed` the key works only from elsewhere: the agency's receipt is the test then.
    Unproven {
        /// The question.
        what: Question,
        /// Why there is no answer.
        code: VerdictCode,
    },
}

impl From<&Report> for Snapshot {
    fn from(report: &Report) -> Self {
        Self {
            verdicts: report.verdicts.to_vec(),
            models: report.models.iter().map(|model| (model.id.clone(), model.uses.clone())).collect(),
            account: report.account.clone(),
            lacking: report.lacking.clone(),
        }
    }
}

/// In what `new` falls behind `old` for `uses`, the uses that were in use of late. Empty: the rotation may go on.
///
/// What was amiss with the old key as well is no weakness of the new one, but for a use that is asked for here.
#[must_use]
pub fn weaker(old: &Snapshot, new: &Report, uses: &[Use]) -> Vec<Weakness> {
    let mut found: Vec<Weakness> = account(&old.account, &new.account).into_iter().collect();
    if let Some(end) = dead_or_silent(new) {
        found.retain(|one| *one != Weakness::AccountUnseen);
        found.push(end);
        return found;
    }
    let missing: Vec<Use> = uses.iter().copied().filter(|used| is_missing(old, new, *used)).collect();
    found.extend(missing.iter().copied().map(Weakness::UseMissing));
    found.extend(models(old, new, uses, &missing));
    let credit = of(&new.verdicts, Question::Credit);
    if credit.0 == Answer::No && of(&old.verdicts, Question::Credit).0 != Answer::No {
        found.push(Weakness::NoCredit(credit.1));
    }
    found.extend(unproven(old, new));
    found
}

fn of(verdicts: &[Verdict], what: Question) -> (Answer, VerdictCode) {
    let found = verdicts.iter().find(|verdict| verdict.what == what);
    found.map_or((Answer::NotAsked, VerdictCode::Earlier), |verdict| (verdict.answer, verdict.code))
}

/// OpenAI names the project or else the organisation, which cannot be compared with each other.
fn account(old: &Account, new: &Account) -> Option<Weakness> {
    let is_project = |id: &str| id.starts_with("proj_");
    match (old, new) {
        (Account::Untold, _) => None,
        (Account::Told(old), Account::Told(new)) if old == new => None,
        (Account::Told(old), Account::Told(new)) if is_project(old) == is_project(new) => {
            Some(Weakness::OtherAccount { old: old.clone(), new: new.clone() })
        }
        _ => Some(Weakness::AccountUnseen),
    }
}

/// With a key that is refused, or a provider that is silent, there is nothing more to compare.
fn dead_or_silent(new: &Report) -> Option<Weakness> {
    let (reach, why) = of(&new.verdicts, Question::Reach);
    if reach != Answer::Yes {
        return Some(Weakness::Unproven { what: Question::Reach, code: why });
    }
    match of(&new.verdicts, Question::Key) {
        (Answer::Yes, _) => None,
        (Answer::No, code) if code != VerdictCode::AddressNotAllowed => Some(Weakness::KeyRefused(code)),
        (_, code) => Some(Weakness::Unproven { what: Question::Key, code }),
    }
}

/// No permission for it, or no model of the list for it where the old key had one.
fn is_missing(old: &Snapshot, new: &Report, used: Use) -> bool {
    let had = old.models.values().any(|uses| uses.contains(&used));
    let has = new.models.iter().any(|model| model.uses.contains(&used));
    new.lacking.contains(&used) || (had && !has && !hidden(new))
}

/// Whether the new key's list of models says nothing.
fn hidden(new: &Report) -> bool {
    !matches!(of(&new.verdicts, Question::Model).0, Answer::Yes | Answer::No)
}

fn models(old: &Snapshot, new: &Report, uses: &[Use], missing: &[Use]) -> Option<Weakness> {
    if hidden(new) {
        let rights = of(&new.verdicts, Question::Model).1 == VerdictCode::ModelsHidden;
        return (rights && !old.models.is_empty()).then_some(Weakness::ModelsHidden);
    }
    // A use that is missing altogether is told once, not model by model.
    let matters = |of: &[Use]| of.iter().any(|used| uses.contains(used) && !missing.contains(used));
    let offered = |id: &str| new.models.iter().any(|model| model.id == id);
    let gone = old.models.iter().filter(|(id, of)| matters(of) && !offered(id));
    let missing: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
    (!missing.is_empty()).then_some(Weakness::FewerModels { missing })
}

fn unproven(old: &Snapshot, new: &Report) -> Vec<Weakness> {
    let asked = [Question::Model, Question::Credit, Question::Scope];
    let lost = |what: &Question| {
        let (answer, code) = of(&new.verdicts, *what);
        let silent = matches!(answer, Answer::NotProvable | Answer::NotAsked) && code != VerdictCode::ModelsHidden;
        (silent && of(&old.verdicts, *what).0 == Answer::Yes).then_some(Weakness::Unproven { what: *what, code })
    };
    asked.iter().filter_map(lost).collect()
}

#[cfg(test)]
mod tests;
