//! Operations of unknown fate that nobody may have seen, directly or through others, cost nothing: without them, whatever was
//! possible still is.

use std::collections::HashMap;

use super::super::call::Call;
use super::super::fast_hash::FastState;
use super::super::spec::{Shows, Sight, Spec, Value};

/// So many pairs of a reader and a writer are looked at; if there are more, the rest of the writers is kept.
const PAIRS_MAX: usize = 1 << 22;

/// Those that wrote, by what they wrote.
struct Writers<'calls, A> {
    actions: Vec<&'calls A>,
    /// Those that are not known to be seen yet.
    unseen: HashMap<&'calls Value, Vec<u32>, FastState>,
    /// Of which it is not said what they wrote.
    others: Vec<u32>,
}

/// For each of the distinct actions of `unknown`, whether somebody may have seen it: one of the `returned`, or one of unknown fate
/// that somebody may have seen.
pub(super) fn seen<'calls, S: Spec>(
    spec: &S,
    returned: impl Iterator<Item = &'calls S::Action>,
    unknown: &[&'calls S::Action],
) -> Vec<bool>
where
    S::Action: 'calls,
{
    let mut writers = Writers { actions: unknown.to_vec(), unseen: HashMap::default(), others: Vec::new() };
    for (place, &action) in (0..).zip(unknown) {
        match spec.writes(action) {
            Some(value) => writers.unseen.entry(value).or_default().push(place),
            None => writers.others.push(place),
        }
    }
    let (mut seen, mut pairs, mut found) = (vec![false; unknown.len()], 0, Vec::new());
    for reader in returned {
        writers.take_seen(spec, reader, &mut pairs, &mut found);
    }
    while let Some(place) = found.pop() {
        seen[place as usize] = true;
        writers.take_seen(spec, unknown[place as usize], &mut pairs, &mut found);
    }
    if pairs > PAIRS_MAX {
        for &place in writers.unseen.values().flatten().chain(&writers.others) {
            seen[place as usize] = true;
        }
    }
    seen
}

impl<'calls, A> Writers<'calls, A> {
    /// Takes out those that `reader` may have seen.
    fn take_seen<S: Spec<Action = A>>(&mut self, spec: &S, reader: &A, pairs: &mut usize, found: &mut Vec<u32>) {
        let Self { actions, unseen, others } = self;
        let mut take = |places: &mut Vec<u32>| {
            if *pairs <= PAIRS_MAX {
                *pairs += places.len();
                places.retain(|&place| {
                    let is_seen = spec.sight(reader, actions[place as usize]) != Sight::Nothing;
                    found.extend(is_seen.then_some(place));
                    !is_seen
                });
            }
        };
        match spec.shows(reader) {
            Shows::Nothing => {}
            Shows::Value(value) => {
                if let Some(places) = unseen.get_mut(value) {
                    take(places);
                }
                take(others);
            }
            Shows::Anything => {
                unseen.values_mut().for_each(&mut take);
                take(others);
            }
        }
    }
}

/// Operations of unknown fate in one lane that do the same.
pub(super) struct Class<A> {
    pub(super) action: A,
    pub(super) lane: u32,
    /// When each began, and which it is; by the former.
    pub(super) members: Vec<(u64, u32)>,
}

/// The classes of `unknown`, which are positions in `calls`; those that began first come first.
pub(super) fn classes<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    members: &[u32],
    unknown: &[u32],
    lane: impl Fn(u32) -> u32,
) -> Vec<Class<S::Action>> {
    if unknown.is_empty() {
        return Vec::new();
    }
    let action = |one: &u32| &calls[*one as usize].action;
    let mut distinct: Vec<&S::Action> = Vec::new();
    let mut places: HashMap<&S::Action, usize, FastState> = HashMap::default();
    for one in unknown {
        places.entry(action(one)).or_insert_with(|| {
            distinct.push(action(one));
            distinct.len() - 1
        });
    }
    let returned = members.iter().filter(|one| calls[**one as usize].returned.is_some()).map(action);
    let seen = seen(spec, returned, &distinct);
    let mut classes: Vec<Class<S::Action>> = Vec::new();
    let mut class_of: HashMap<(u32, usize), usize, FastState> = HashMap::default();
    for one in unknown {
        let (lane, place) = (lane(*one), places[action(one)]);
        if !seen[place] {
            continue;
        }
        let class = *class_of.entry((lane, place)).or_insert(classes.len());
        if class == classes.len() {
            classes.push(Class { action: action(one).clone(), lane, members: Vec::new() });
        }
        classes[class].members.push((calls[*one as usize].invoked, *one));
    }
    for class in &mut classes {
        class.members.sort_unstable();
    }
    classes
}
