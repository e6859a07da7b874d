//! Gathering the five verdicts.

use ownkey_protocol::vocabulary::{Account, Answer, Question, Use, Verdict, VerdictCode};

use super::{ModelOffer, Report, Told};
use crate::http::Unheard;
use crate::reply::Reply;

/// The verdicts so far; a question that nobody came to is *not asked*.
pub(crate) struct Findings {
    verdicts: [Verdict; 5],
    pub(crate) models: Vec<ModelOffer>,
    pub(crate) account: Account,
    /// Uses of which a route was refused for a missing permission.
    pub(crate) lacking: Vec<Use>,
}

impl Findings {
    pub(crate) fn new() -> Box<Self> {
        let not_asked = |what| Verdict { what, answer: Answer::NotAsked, code: VerdictCode::Earlier, words: None };
        Box::new(Self {
            verdicts: Question::ALL.map(not_asked),
            models: vec![],
            account: Account::Untold,
            lacking: vec![],
        })
    }

    /// The report about `uses`. Where a permission is missing and nothing tells for which use, it is missing for all.
    pub(crate) fn report(mut self: Box<Self>, uses: &[Use]) -> Report {
        if self.lacking.is_empty() && self.answer(Question::Scope) == Answer::No {
            self.lacking = uses.to_vec();
        }
        Report { verdicts: self.verdicts, models: self.models, account: self.account, lacking: self.lacking }
    }

    pub(crate) fn set(&mut self, what: Question, answer: Answer, code: VerdictCode, words: Option<String>) {
        if let Some(verdict) = self.verdicts.iter_mut().find(|verdict| verdict.what == what) {
            *verdict = Verdict { what, answer, code, words };
        }
    }

    pub(crate) fn yes(&mut self, what: Question) {
        self.set(what, Answer::Yes, VerdictCode::Ok, None);
    }

    pub(crate) fn unproven(&mut self, what: Question, code: VerdictCode, words: Option<String>) {
        self.set(what, Answer::NotProvable, code, words);
    }

    pub(crate) fn key_refused(mut self: Box<Self>, code: VerdictCode, words: Option<String>) -> Box<Self> {
        self.set(Question::Key, Answer::No, code, words);
        self
    }

    /// No answer at all.
    pub(crate) fn unheard(unheard: Unheard) -> Box<Self> {
        let mut findings = Self::new();
        if unheard == Unheard::KeyUnfit {
            return findings.key_refused(VerdictCode::KeyRefused, None);
        }
        findings.set(Question::Reach, Answer::No, code_of(unheard), None);
        findings
    }

    /// Reads the first answer: `Ok` when the key lives and there is more to ask.
    pub(crate) fn first(told: Told) -> Result<(Box<Self>, Told), Box<Self>> {
        let mut findings = Self::new();
        let words = told.words.clone();
        match told.reply {
            Reply::Ok if !told.body.is_object() => {
                findings.set(Question::Reach, Answer::No, VerdictCode::Outage, None);
                return Err(findings);
            }
            Reply::Outage => {
                findings.set(Question::Reach, Answer::No, VerdictCode::Outage, words);
                return Err(findings);
            }
            Reply::Permission(VerdictCode::RegionUnsupported) => {
                findings.set(Question::Reach, Answer::No, VerdictCode::RegionUnsupported, words);
                return Err(findings);
            }
            _ => findings.yes(Question::Reach),
        }
        match told.reply {
            Reply::Dead(code) => return Err(findings.key_refused(code, words)),
            Reply::Permission(code @ (VerdictCode::AddressNotAllowed | VerdictCode::OtherOrganisation)) => {
                return Err(findings.key_refused(code, words));
            }
            Reply::Rate | Reply::Other => {
                let code = if told.reply == Reply::Rate { VerdictCode::RateLimited } else { VerdictCode::Outage };
                findings.unproven(Question::Key, code, words);
                for later in [Question::Model, Question::Credit, Question::Scope] {
                    findings.unproven(later, code, None);
                }
                return Err(findings);
            }
            Reply::Ok | Reply::Outage | Reply::Permission(_) | Reply::Drained(_) => findings.yes(Question::Key),
        }
        if let Reply::Drained(code) = told.reply {
            findings.set(Question::Credit, Answer::No, code, words);
        }
        Ok((findings, told))
    }

    /// Whether the offered models serve every use.
    pub(crate) fn models(&mut self, models: Vec<ModelOffer>, uses: &[Use]) {
        let served = uses.iter().all(|used| models.iter().any(|model| model.uses.contains(used)));
        self.models = models;
        match served {
            true => self.yes(Question::Model),
            false => self.set(Question::Model, Answer::No, VerdictCode::ModelMissing, None),
        }
    }

    /// Credit that no free call shows, unless one already showed that there is none.
    pub(crate) fn credit_unseen(&mut self) {
        if self.answer(Question::Credit) == Answer::NotAsked {
            self.unproven(Question::Credit, VerdictCode::CreditUnseen, None);
        }
    }

    pub(crate) fn answer(&self, what: Question) -> Answer {
        self.verdicts.iter().find(|verdict| verdict.what == what).map_or(Answer::NotAsked, |verdict| verdict.answer)
    }
}

/// The word for having heard nothing.
pub(crate) const fn code_of(unheard: Unheard) -> VerdictCode {
    match unheard {
        Unheard::Timeout => VerdictCode::Timeout,
        Unheard::Unreachable => VerdictCode::Unreachable,
        Unheard::Untrusted => VerdictCode::Untrusted,
        Unheard::TooLarge => VerdictCode::Outage,
        Unheard::KeyUnfit => VerdictCode::KeyRefused,
    }
}
