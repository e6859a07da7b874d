//! Every order of events up to a bound.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::moves::{Life, MISHAPS, WELL};
use super::*;

/// How many mishaps are tried together, at any places of a run.
pub(super) const MOST_MISHAPS: u8 = 2;

/// How many moves a run has at the most.
pub(super) const DEPTH: usize = 60;

/// Where a life stands. Two that differ only in how long ago something was are the same.
fn place(life: &Life, mishaps: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    (life.rotation.timeless(life.clock()), &life.world.timeless(life.now), life.last_answer, mishaps).hash(&mut hasher);
    let facts = &life.old_facts;
    (facts.new_stage.map(|stage| stage as u8), facts.new_works, facts.old_current, facts.old_retired).hash(&mut hasher);
    (facts.proven, facts.drained, facts.old_proven_dead).hash(&mut hasher);
    hasher.finish()
}

pub(super) struct Explored {
    pub(super) states: usize,
    pub(super) moves: usize,
    pub(super) deepest: usize,
    pub(super) complete: bool,
}

pub(super) fn explore(plan: Plan) -> Explored {
    let start = Life::begin(plan);
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

#[test]
fn probe() {
    for plan in [plan(Way::Automatic, Some(2), false)] {
        let began = std::time::Instant::now();
        let e = explore(plan);
        println!("{} {} {} {} {:?}", e.states, e.moves, e.deepest, e.complete, began.elapsed());
    }
}
