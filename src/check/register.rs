//! The fast path: a plain register whose written values are all different.
//!
//! Then every read names its write, and a history is linearizable exactly if the following holds (Gibbons & Korach 1997,
//! "Testing shared memories", §4; the log-linear form as in Lee & Mathur 2024, arXiv 2410.04581, §4). A write and the reads of
//! its value make a *cluster*. Let `f` be the first return in it and `s` the last invocation. No read may return before its
//! write begins, and for no two clusters may both `f1 < s2` and `f2 < s1`: each would have to come before the other.

use std::collections::HashMap;

use super::call::Call;
use super::fast_hash::FastState;
use super::search::DeadEnd;
use super::spec::{Access, Spec, Value};

/// What was written once, and who saw it. Moments are counted from 1: 0 is before all of them.
struct Cluster {
    /// Position of the write; `None` for the initial value, written before the first moment.
    write: Option<u32>,
    reads: Vec<u32>,
    first_return: u64,
    last_invocation: u64,
    /// Who returned first, and who began last.
    ends: [Option<u32>; 2],
}

impl Cluster {
    /// Whether it takes a stretch of time for itself: one of it returned before another one of it began. If not, all of it
    /// shares a moment.
    fn is_stretch(&self) -> bool {
        self.first_return < self.last_invocation
    }

    /// From where it may stand.
    fn start(&self) -> u64 {
        self.first_return.min(self.last_invocation)
    }

    /// Whether one of these returned before one of the others began.
    fn precedes(&self, other: &Self) -> bool {
        self.first_return < other.last_invocation
    }
}

fn moment(time: u64) -> u64 {
    time.saturating_add(1)
}

/// Whether a history is of the kind that this path decides: nothing but reads and writes, all written values different from
/// each other and from the initial one.
pub(super) fn applies<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> bool {
    let mut written: HashMap<&Value, (), FastState> = HashMap::default();
    let mut initial = None;
    for &member in members {
        match spec.access(&calls[member as usize].action) {
            None => return false,
            Some(Access::Read(_)) => {}
            Some(Access::Write(value)) => {
                let initial = initial.get_or_insert_with(|| spec.initial_value());
                if value == initial || written.insert(value, ()).is_some() {
                    return false;
                }
            }
        }
    }
    true
}

/// An order, or a few operations that are impossible together.
pub(super) fn decide<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> Result<Vec<u32>, Vec<u32>> {
    let mut clusters = clusters(spec, calls, members)?;
    clusters.sort_by_key(|cluster| (cluster.start(), cluster.is_stretch()));
    find_conflict(&clusters)?;
    // Each as a block, in this order: whoever stands later did not return before one that stands earlier began.
    let mut order = Vec::with_capacity(members.len());
    for cluster in &mut clusters {
        order.extend(cluster.write);
        cluster.reads.sort_by_key(|&read| calls[read as usize].invoked);
        order.extend_from_slice(&cluster.reads);
    }
    Ok(order)
}

/// Of an impossible history: a few operations that are impossible together, as early as there are such; and an order of all
/// that returned before.
pub(super) fn first_failure<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> (Vec<u32>, DeadEnd) {
    let mut returns: Vec<u64> = members.iter().filter_map(|&member| calls[member as usize].returned).collect();
    returns.sort_unstable();
    let as_of = |moment: u64| {
        let (mut then, mut places) = (Vec::new(), Vec::new());
        for &member in members.iter().filter(|&&member| calls[member as usize].invoked <= moment) {
            let mut call = calls[member as usize].clone();
            call.returned = call.returned.filter(|&returned| returned <= moment);
            then.push(call);
            places.push(member);
        }
        let all: Vec<u32> = (0..then.len() as u32).collect();
        let named = |found: Vec<u32>| found.into_iter().map(|position| places[position as usize]).collect::<Vec<u32>>();
        decide(spec, &then, &all).map(named).map_err(named)
    };
    // A history that is impossible stays so, whatever comes later.
    let fails = returns.partition_point(|&moment| as_of(moment).is_ok());
    let by = returns[fails];
    let longest = if fails == 0 { Vec::new() } else { as_of(returns[fails - 1]).expect("it was possible until then") };
    let mut core = as_of(by).expect_err("it is impossible since then");
    core.sort_unstable();
    core.dedup();
    (core, DeadEnd { by, longest })
}

fn clusters<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> Result<Vec<Cluster>, Vec<u32>> {
    let initial = spec.initial_value();
    let mut positions: HashMap<&Value, usize, FastState> = HashMap::default();
    positions.insert(&initial, 0);
    // The initial value was there before anything began.
    let mut clusters =
        vec![Cluster { write: None, reads: Vec::new(), first_return: 0, last_invocation: 0, ends: [None; 2] }];
    for &member in members {
        let call = &calls[member as usize];
        if let Some(Access::Write(value)) = spec.access(&call.action) {
            positions.insert(value, clusters.len());
            clusters.push(Cluster {
                write: Some(member),
                reads: Vec::new(),
                first_return: call.returned.map_or(u64::MAX, moment),
                last_invocation: moment(call.invoked),
                ends: [Some(member); 2],
            });
        }
    }
    for &member in members {
        let call = &calls[member as usize];
        let (Some(Access::Read(value)), Some(returned)) = (spec.access(&call.action), call.returned) else { continue };
        let Some(position) = positions.get(value) else { return Err(vec![member]) };
        let cluster = &mut clusters[*position];
        if let Some(write) = cluster.write
            && returned < calls[write as usize].invoked
        {
            return Err(vec![member, write]);
        }
        cluster.reads.push(member);
        if moment(returned) < cluster.first_return {
            (cluster.first_return, cluster.ends[0]) = (moment(returned), Some(member));
        }
        if moment(call.invoked) > cluster.last_invocation {
            (cluster.last_invocation, cluster.ends[1]) = (moment(call.invoked), Some(member));
        }
    }
    // What nobody saw and nobody confirmed need not have happened.
    clusters.retain(|cluster| {
        let confirmed = cluster.write.is_none_or(|write| calls[write as usize].returned.is_some());
        confirmed || !cluster.reads.is_empty()
    });
    Ok(clusters)
}

/// Two clusters of which each would have to come before the other, if there are such. They come by where they start.
fn find_conflict(clusters: &[Cluster]) -> Result<(), Vec<u32>> {
    // Stretches that were found free of conflicts follow each other: only the latest can reach what comes next.
    let mut latest: Option<&Cluster> = None;
    for cluster in clusters {
        if let Some(before) = latest
            && before.precedes(cluster)
            && cluster.precedes(before)
        {
            let of = |one: &Cluster| one.write.into_iter().chain(one.ends.into_iter().flatten());
            return Err(of(before).chain(of(cluster)).collect());
        }
        if cluster.is_stretch() {
            latest = Some(cluster);
        }
    }
    Ok(())
}
