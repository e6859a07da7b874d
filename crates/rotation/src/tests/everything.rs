//! Every order of events up to a bound.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::moves::{Life, MISHAPS, WELL};
use super::*;

/// How many mishaps are tried together, at any places of a run.
const MOST_MISHAPS: u8 = 2;

/// How many moves a run has at the most.
const DEPTH: usize = 300;

/// Where a life stands. Two that differ only in how long ago something was are the same.
fn place(life: &Life, mishaps: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        life.rotation.timeless(life.clock()),
        &life.world.timeless(life.now),
        life.last_answer,
        mishaps,
        life.others_use_old(),
    )
        .hash(&mut hasher);
    let facts = &life.old_facts;
    (facts.new_stage.map(|stage| stage as u8), facts.new_works, facts.old_current, facts.old_retired).hash(&mut hasher);
    (facts.old_leaked, facts.proven, facts.drained, facts.old_proven_dead).hash(&mut hasher);
    hasher.finish()
}

/// What an exploration came to.
struct Explored {
    states: usize,
    moves: usize,
    deepest: usize,
    complete: bool,
}

fn explore(plan: Plan, admin: bool) -> Explored {
    let start = Life::begin_with(plan, admin);
    let mut seen = HashSet::from([place(&start, 0)]);
    let mut frontier = vec![(start, 0)];
    let mut explored = Explored { states: 1, moves: 0, deepest: 0, complete: false };
    for depth in 1..=DEPTH {
        let mut next = Vec::new();
        for (life, mishaps) in frontier.drain(..).filter(|(life, _)| !life.is_over()) {
            let bad: &[_] = if mishaps < MOST_MISHAPS { &MISHAPS } else { &[] };
            let moves = WELL.iter().map(|m| (*m, mishaps)).chain(bad.iter().map(|m| (*m, mishaps + 1)));
            for (this, mishaps) in moves {
                let mut after = life.clone();
                if !after.make(this) {
                    continue;
                }
                explored.moves += 1;
                if seen.insert(place(&after, mishaps)) {
                    after.clone().left_alone(true);
                    after.clone().left_alone(false);
                    next.push((after, mishaps));
                }
            }
        }
        if next.is_empty() {
            explored.complete = true;
            break;
        }
        (explored.states, explored.deepest) = (seen.len(), depth);
        frontier = next;
    }
    explored
}

/// The plans whose every order is tried.
fn plans() -> [(&'static str, Plan, bool); 6] {
    [
        ("automatic", plan(Way::Automatic, Some(2), false), false),
        ("guided", plan(Way::Guided, Some(2), false), false),
        ("guided, ended by an admin key", plan(Way::Guided, Some(2), false), true),
        ("automatic, leaked", plan(Way::Automatic, Some(2), true), false),
        ("guided, leaked", plan(Way::Guided, Some(2), true), false),
        ("automatic, without an old key", plan(Way::Automatic, None, false), false),
    ]
}

fn explored() -> String {
    let all: Vec<(&str, Explored)> = std::thread::scope(|scope| {
        let running = plans().map(|(name, plan, admin)| (name, scope.spawn(move || explore(plan, admin))));
        running.into_iter().map(|(name, run)| (name, run.join().unwrap())).collect()
    });
    let mut text = format!(
        "Every order of events with at most {MOST_MISHAPS} mishaps was tried until nothing new came. A mishap is a failure, a lost \
         answer, a kill before or after an effect, an answer that comes twice, an old record, a refused admin key, one that finds the old key not \
         or is brought meanwhile, a weaker \
         key or one of another account, a vanished secret, a person who cancels, changes their mind, learns of a leak or is away, wants a trial first, something else that uses the \
         old key, a new key that the provider has not seen, a clock that \
         was set back, or an act of another device. After each state the rotation was left alone twice, once with all well and \
         once with nothing that answers: each time it came to Done, Abandoned, or Stuck with a next act.\n\n\
         | rotation | states | moves tried | longest way |\n|---|---|---|---|\n"
    );
    for (name, explored) in all {
        assert!(explored.complete, "{name}: not all was tried within {DEPTH} moves");
        text += &format!("| {name} | {} | {} | {} |\n", explored.states, explored.moves, explored.deepest);
    }
    text
}

const HEAD: &str = "# Rotation\n\nHow one connection's current key is replaced without a failed call (design.md §7), read off the \
    machine in `crates/rotation`. Do not edit: `OWNKEY_WRITE_DOCS=1 cargo test -p ownkey-rotation` writes this page.\n\n";

#[test]
fn in_every_order_of_two_mishaps_it_ends_well_and_the_page_says_how_many() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rotation.md");
    let page = format!("{HEAD}{}\n## What was tried\n\n{}", graph(), explored());
    if std::env::var_os("OWNKEY_WRITE_DOCS").is_some() {
        std::fs::write(path, page).unwrap();
    } else {
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written == page, "docs/rotation.md is out of date; it should be:\n{page}");
    }
}
