//! The graph of stages and effects as a page, read off the machine itself by walking it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;

use crate::effect::{Effect, Event, Facts, Failure, Party, VersionStage, Weakness};
use crate::machine::Rotation;
use crate::plan::{Plan, Way};
use crate::stage::Stage;
use crate::status::{NextAct, Reason, Status, Wait};

const START: Instant = Instant::from_unix_millis(0);

/// More than any walk has.
const MOST_PLACES: usize = 100;

/// The four kinds of rotation, by their names on the page.
const KINDS: [(&str, Way, bool); 4] = [
    ("Automatic", Way::Automatic, false),
    ("Guided", Way::Guided, false),
    ("Automatic, leaked", Way::Automatic, true),
    ("Guided, leaked", Way::Guided, true),
];

/// A walk through the machine on which all goes well unless it is told otherwise.
#[derive(Clone)]
struct Walk {
    rotation: Rotation,
    now: Instant,
}

impl Walk {
    fn begin(way: Way, leaked: bool) -> Self {
        let plan = Plan {
            connection: ConnectionId::new(START, [0; 10]),
            old: Some(1),
            new: 2,
            way,
            leaked,
            archives: false,
            witness: way == Way::Automatic,
        };
        let mut walk = Self { rotation: Rotation::new(plan, START), now: START };
        walk.tell(Event::Begin);
        walk
    }

    /// By hand, where the old key is ended by an admin key.
    fn ended_by_admin(leaked: bool) -> Self {
        let mut plan = Self::begin(Way::Guided, leaked).rotation.plan().clone();
        plan.archives = true;
        let mut walk = Self { rotation: Rotation::new(plan, START), now: START };
        walk.tell(Event::AdminKept);
        walk.tell(Event::Begin);
        walk
    }

    fn tell(&mut self, event: Event) {
        self.rotation.step(event, self.now);
    }

    /// Does what is under way; what waits for the agency is told by the record.
    fn well(&mut self) {
        match self.rotation.under_way() {
            Some(Effect::AskConfirmation) => {
                self.tell(Event::Found(Facts { new_stage: Some(VersionStage::Ready), ..Facts::default() }));
                self.tell(Event::Done(Effect::AskConfirmation));
            }
            Some(effect) => self.tell(Event::Done(effect)),
            None if self.rotation.reached(Stage::Promoted).is_none() => {
                let ready = Some(VersionStage::Ready);
                self.tell(Event::Found(Facts { new_stage: ready, proven: true, ..Facts::default() }));
            }
            None if self.rotation.reached(Stage::Proven).is_none() => {
                self.found(Facts { proven: true, ..Facts::default() })
            }
            None => self.found(Facts { drained: true, ..Facts::default() }),
        }
    }

    fn found(&mut self, facts: Facts) {
        self.tell(Event::Found(Facts { new_stage: Some(VersionStage::Current), ..facts }));
    }

    fn is_over(&self) -> bool {
        matches!(self.rotation.status(), Status::Done | Status::Abandoned)
    }

    /// Every place on the way to the end.
    fn places(mut self) -> Vec<Self> {
        let mut places = vec![self.clone()];
        while !self.is_over() && places.len() < MOST_PLACES {
            self.well();
            places.push(self.clone());
        }
        places
    }

    fn effects(self) -> Vec<Effect> {
        let mut effects: Vec<Effect> = self.places().iter().filter_map(|place| place.rotation.under_way()).collect();
        effects.dedup();
        effects
    }

    /// Fails what is under way in this way until a person must act; whether it was tried again before, and the person's act.
    fn failed(mut self, failure: &Failure) -> Outcome {
        let Some(effect) = self.rotation.under_way() else { return Outcome::Other(None) };
        for tries in 0..60 {
            self.tell(Event::Failed(effect, failure.clone()));
            if let Status::Stuck { why, next } = self.rotation.status() {
                return Outcome::Stuck { tried_again: tries > 0, why, next };
            }
            if self.rotation.under_way().is_some_and(|e| e != effect) {
                return Outcome::Other(self.rotation.under_way());
            }
            self.now = self.rotation.wakes_at().unwrap_or(self.now).max(self.now);
            self.tell(Event::Tick);
        }
        Outcome::Other(None)
    }
}

enum Outcome {
    Stuck { tried_again: bool, why: Reason, next: NextAct },
    Other(Option<Effect>),
}

/// The whole graph as Markdown: what docs/rotation.md shows.
#[must_use]
pub fn graph() -> String {
    let mut page = String::new();
    page.push_str("## Stages\n\n");
    page.push_str(&stages());
    page.push_str("\n## The order of effects\n\n");
    page.push_str(&orders());
    page.push_str("\n## The graph\n\n");
    page.push_str(&picture());
    page.push_str("\n## What follows a failure\n\n");
    page.push_str(&failures());
    page.push_str("\n## What cancelling does\n\n");
    page.push_str(&cancels());
    page.push_str("\n## What a leak does\n\n");
    page.push_str(&leaks());
    page.push_str("\n## Limits\n\n");
    page.push_str(&limits());
    page
}

fn stages() -> String {
    let mut table = String::from("| stage | what is true | calls run on | next effect |\n|---|---|---|---|\n");
    let places = Walk::begin(Way::Automatic, false).places();
    for stage in Stage::ALL {
        let here: Vec<&Walk> = places.iter().filter(|place| place.rotation.stage() == stage).collect();
        let runs: BTreeSet<String> =
            here.iter().map(|place| format!("{:?}", place.rotation.runs_on()).to_lowercase()).collect();
        let mut next: Vec<String> = here.iter().filter_map(|place| what_next(&place.rotation)).collect();
        next.dedup();
        let runs = if runs.is_empty() { "new".to_owned() } else { Vec::from_iter(runs).join(", ") };
        let _ = writeln!(table, "| {stage:?} | {} | {runs} | {} |", stage.sentence(), next.join(", "));
    }
    table
}

fn what_next(rotation: &Rotation) -> Option<String> {
    match (rotation.under_way(), rotation.status()) {
        (Some(effect), _) => Some(format!("{effect:?}")),
        (None, Status::Waiting(Wait::Proof { .. })) => {
            Some("waits for a call on the new version, then asks".to_owned())
        }
        (None, Status::Waiting(Wait::Draining { .. })) => Some("waits for the old version's calls to end".to_owned()),
        _ => None,
    }
}

fn orders() -> String {
    let mut list = String::new();
    let walks = KINDS.map(|(name, way, leaked)| (name, Walk::begin(way, leaked)));
    let ended = [("Guided, ended by an admin key", false), ("Guided, ended by an admin key, leaked", true)];
    let mut tried = Walk::begin(Way::Automatic, false);
    tried.tell(Event::TryFirst(true));
    let walks = walks.into_iter().chain([("Automatic, tried with one assistant first", tried)]);
    for (name, walk) in walks.chain(ended.map(|(name, leaked)| (name, Walk::ended_by_admin(leaked)))) {
        let effects: Vec<String> = walk.effects().iter().map(|e| format!("{e:?}")).collect();
        let _ = writeln!(list, "- **{name}**: {}", effects.join(" → "));
    }
    list.push_str("- *AskProof* comes only when no real call proved the new version within its limit.\n");
    list.push_str(
        "- *AskUse* comes where the provider tells when a key was used last. A use of the old key after the gateway's last one: \
         Stuck: StillUsed; next act RevokeAnyway, and beside it *wait*, which asks again later, and *leave it*, which ends the \
         rotation with the new key in use and the old one retired, not revoked. A new key that the provider has not seen in use \
         since the agency has it is asked for again, then Stuck: Unseen.\n",
    );
    list.push_str(
        "- *StartTrial* comes where the person wants the new version to serve one assistant first: it serves all once a call on it \
         has succeeded, or the agency's probe, or when the person says so.\n",
    );
    list.push_str(
        "- An admin key that is brought while a person is asked to revoke the old key ends it from there on.\n",
    );
    list
}

fn picture() -> String {
    let mut edges: Vec<String> = Vec::new();
    let mut add = |edge: String| {
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    };
    add("[*] --> Planned".to_owned());
    for (_, way, leaked) in &KINDS[..2] {
        let places = Walk::begin(*way, *leaked).places();
        for pair in places.windows(2) {
            let (from, to) = (pair[0].rotation.stage(), pair[1].rotation.stage());
            if from != to {
                let by = pair[0].rotation.under_way().map_or("the record".to_owned(), |effect| format!("{effect:?}"));
                add(format!("{from:?} --> {to:?}: {by}"));
            }
        }
        for place in &places {
            let stage = place.rotation.stage();
            if place.rotation.may_cancel().is_some() {
                add(format!("{stage:?} --> Abandoning: cancel"));
            }
        }
    }
    add("Abandoning --> Abandoned: End".to_owned());
    add("Abandoning --> Promoted: it was current already".to_owned());
    for edge in stuck_edges() {
        add(edge);
    }
    add("Stuck --> Abandoning: cancel, before Promoted".to_owned());
    add("Done --> [*]".to_owned());
    add("Abandoned --> [*]".to_owned());
    format!("```mermaid\nstateDiagram-v2\n    {}\n```\n", edges.join("\n    "))
}

fn stuck_edges() -> Vec<String> {
    let mut acts: BTreeMap<Stage, BTreeSet<NextAct>> = BTreeMap::new();
    for place in Walk::begin(Way::Automatic, false).places() {
        for failure in all_failures() {
            if let Outcome::Stuck { next, .. } = place.clone().failed(&failure)
                && makes_sense(place.rotation.under_way(), &failure)
            {
                acts.entry(place.rotation.stage()).or_default().insert(next);
            }
        }
    }
    let words = |acts: BTreeSet<NextAct>| Vec::from_iter(acts.iter().map(|act| format!("{act:?}"))).join(" or ");
    acts.into_iter().map(|(stage, acts)| format!("{stage:?} --> Stuck: {}", words(acts))).collect()
}

fn all_failures() -> Vec<Failure> {
    vec![
        Failure::Unknown,
        Failure::Unreachable(Party::Provider),
        Failure::Unreachable(Party::Agency),
        Failure::TimedOut,
        Failure::Busy(Party::Provider),
        Failure::KeychainLocked,
        Failure::DiskFull,
        Failure::NotYet,
        Failure::AdminRefused,
        Failure::NotFound,
        Failure::KeyRefused,
        Failure::Weaker(vec![Weakness::NoCredit]),
        Failure::Weaker(vec![Weakness::OtherAccount]),
        Failure::StillAccepted,
        Failure::Lost,
        Failure::LeaseTaken,
        Failure::Refused,
    ]
}

/// Failures that belong to some effects only.
fn makes_sense(effect: Option<Effect>, failure: &Failure) -> bool {
    let Some(effect) = effect else { return false };
    match failure {
        Failure::AdminRefused => {
            matches!(effect, Effect::Make | Effect::RevokeOld | Effect::AskUse | Effect::RevokeNew | Effect::ArchiveOld)
        }
        Failure::NotFound => effect == Effect::RevokeOld,
        Failure::KeyRefused | Failure::Weaker(_) => effect == Effect::Test,
        Failure::StillAccepted => effect == Effect::ProveOldDead,
        Failure::Lost => matches!(effect, Effect::Keep | Effect::Test | Effect::Push | Effect::ProveOldDead),
        Failure::NotYet => matches!(effect, Effect::AskConfirmation | Effect::AskProof | Effect::AskUse),
        _ => true,
    }
}

fn failures() -> String {
    let mut table = String::from("| failure | of | what follows |\n|---|---|---|\n");
    let walks = KINDS[..2].iter().map(|(_, way, leaked)| Walk::begin(*way, *leaked));
    let places: Vec<Walk> = walks.chain([Walk::ended_by_admin(false)]).flat_map(Walk::places).collect();
    for failure in all_failures() {
        let mut rows: Vec<(String, BTreeSet<String>)> = Vec::new();
        for place in places.iter().filter(|place| makes_sense(place.rotation.under_way(), &failure)) {
            let effect = place.rotation.under_way().map(|effect| format!("{effect:?}")).unwrap_or_default();
            let follows = follows(place.clone().failed(&failure));
            match rows.iter_mut().find(|(known, _)| *known == follows) {
                Some((_, of)) => _ = of.insert(effect),
                None => rows.push((follows, BTreeSet::from([effect]))),
            }
        }
        for (follows, of) in rows {
            let of = if of.len() > 6 { "any".to_owned() } else { Vec::from_iter(of).join(", ") };
            let _ = writeln!(table, "| {failure:?} | {of} | {follows} |");
        }
    }
    table
}

fn follows(outcome: Outcome) -> String {
    match outcome {
        Outcome::Stuck { tried_again, why, next } => {
            let before = if tried_again { "tried again with growing pauses, then " } else { "" };
            format!("{before}Stuck: {why:?}; next act {next:?}")
        }
        Outcome::Other(Some(effect)) => format!("goes on with {effect:?}"),
        Outcome::Other(None) => "nothing".to_owned(),
    }
}

fn cancels() -> String {
    let mut table = String::from("| in stage | automatic | guided |\n|---|---|---|\n");
    for stage in Stage::ALL {
        let cells = [Way::Automatic, Way::Guided].map(|way| {
            let places = Walk::begin(way, false).places();
            let place = places.into_iter().rfind(|p| p.rotation.stage() == stage);
            place.map_or("not possible".to_owned(), cancelled)
        });
        if cells.iter().any(|cell| cell != "not possible") {
            let _ = writeln!(table, "| {stage:?} | {} | {} |", cells[0], cells[1]);
        }
    }
    table.push_str("\nFrom Promoted on there is no way back but forward. A leaked old key is revoked even so.\n");
    table
}

fn cancelled(mut walk: Walk) -> String {
    if walk.rotation.may_cancel().is_none() {
        return "not possible".to_owned();
    }
    let before = walk.rotation.under_way();
    walk.tell(Event::CancelAsked);
    if let Some(effect) = walk.rotation.under_way().filter(|effect| Some(*effect) == before) {
        walk.tell(Event::Failed(effect, Failure::Unreachable(Party::Agency)));
    }
    let effects: Vec<String> = walk.effects().iter().map(|effect| format!("{effect:?}")).collect();
    effects.join(" → ")
}

fn leaks() -> String {
    let mut table = String::from("| in stage | automatic | guided |\n|---|---|---|\n");
    for stage in Stage::ALL {
        let cells = [Way::Automatic, Way::Guided].map(|way| {
            let places = Walk::begin(way, false).places();
            let place = places.into_iter().rfind(|p| p.rotation.stage() == stage && p.rotation.may_leak());
            place.map(leaked)
        });
        if let [Some(automatic), Some(guided)] = cells {
            let _ = writeln!(table, "| {stage:?} | {automatic} | {guided} |");
        }
    }
    table.push_str(
        "\nA person may say at any time that the old key is in wrong hands. What is under way is answered first; then the end \
         of the old key comes before all else, and the new key goes on where it was.\n",
    );
    table
}

fn leaked(mut walk: Walk) -> String {
    walk.tell(Event::Leaked);
    let effects: Vec<String> = walk.effects().iter().map(|effect| format!("{effect:?}")).collect();
    effects.join(" → ")
}

fn limits() -> String {
    let limits = [
        (
            "PROBE_AFTER",
            crate::PROBE_AFTER_MILLIS,
            "without a real call on the new version: the agency is asked to probe it",
        ),
        (
            "DRAIN_LIMIT",
            crate::DRAIN_LIMIT_MILLIS,
            "after Proven: the old version is retired although calls still run on it",
        ),
        (
            "CUT_LIMIT",
            crate::CUT_LIMIT_MILLIS,
            "after Retire: the gateway cuts what still runs, and the old key is revoked",
        ),
        ("FRESH_LIMIT", crate::FRESH_LIMIT_MILLIS, "a refusal of a key that was made just now is believed"),
        (
            "PATIENCE",
            crate::PATIENCE_MILLIS,
            "what passes by itself is tried again, after 1, 2, 4, … 60 s, then a person is asked",
        ),
        (
            "LISTEN",
            crate::LISTEN_MILLIS,
            "after a person chose to wait whether something else uses the old key: the provider is asked again",
        ),
        (
            "PERSON_LIMIT",
            crate::PERSON_LIMIT_MILLIS,
            "a person who was asked has not answered: Stuck, asked again by the button",
        ),
    ];
    let mut table = String::from("| limit | seconds | what then |\n|---|---|---|\n");
    for (name, millis, then) in limits {
        let _ = writeln!(table, "| {name} | {} | {then} |", millis / 1_000);
    }
    table
}
