//! Moments at which the operations of a linearization may have taken effect.
//!
//! Linearizability says that each operation takes effect at one moment between its invocation and its return (Herlihy & Wing
//! 1990, §2). A history only tells that there are such moments, and an order leaves each of them some room: an operation can't
//! take effect before any that is ordered before it began, nor after any that is ordered after it returned. Half way between
//! the two is a moment that all can have at once: both limits never fall along the order, so neither does their middle.
//!
//! Left out: what really happened. A replica may have done it at another moment; no client could tell.

use super::call::Call;

/// A moment for each operation of `order`, which must be a linearization of `calls`: within the operation's interval, and none
/// before that of the operation ordered before it, nor before `begin`, the moment of what is ordered before all of them. What
/// never returned may take effect up to `end`, the moment as of which the history was checked.
pub fn moments<A>(calls: &[Call<A>], order: &[u32], begin: u64, end: u64) -> Vec<u64> {
    let ordered = || order.iter().map(|&position| &calls[position as usize]);
    let end = ordered().fold(end, |latest, call| latest.max(call.invoked));
    let latest = ordered().rev().scan(end, |limit, call| {
        *limit = (*limit).min(call.returned.unwrap_or(end));
        Some(*limit)
    });
    let mut moments: Vec<u64> = latest.collect();
    moments.reverse();
    let mut earliest = begin;
    for (call, moment) in ordered().zip(&mut moments) {
        earliest = earliest.max(call.invoked);
        assert!(earliest <= *moment, "no linearization");
        *moment = earliest.midpoint(*moment);
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dice;

    fn call(invoked: u64, returned: Option<u64>) -> Call<()> {
        Call { process: 0, object: 0, action: (), invoked, returned }
    }

    #[test]
    fn an_operation_alone_takes_effect_half_way() {
        let calls = [call(10, Some(20)), call(30, None)];
        assert_eq!(moments(&calls, &[0, 1], 0, 50), [15, 40], "what never returned: half way to the end");
        assert_eq!(moments(&calls, &[0, 1], 0, 25), [15, 30], "the end is not before anything began");
    }

    #[test]
    fn the_order_squeezes_what_overlaps() {
        // The long one is ordered between two short ones that it overlaps.
        let calls = [call(0, Some(100)), call(10, Some(20)), call(60, Some(70))];
        assert_eq!(moments(&calls, &[1, 0, 2], 0, 100), [15, 40, 65]);
        // First, it takes effect before the others return; last, after they began.
        assert_eq!(moments(&calls, &[0, 1, 2], 0, 100), [10, 15, 65]);
        assert_eq!(moments(&calls, &[1, 2, 0], 0, 100), [15, 65, 80]);
        // What comes before all of them leaves the first less room.
        assert_eq!(moments(&calls, &[1, 0, 2], 19, 100), [19, 44, 65]);
    }

    /// Orders that come from moments, hence linearizations: others are found for them that keep order and intervals.
    #[test]
    fn moments_keep_the_order_and_lie_within() {
        for seed in 0..200 {
            let effect = |one: u64| dice::below(seed, &[one, 0], 1_000) + 500;
            let calls: Vec<Call<()>> = (0..40)
                .map(|one| {
                    let room = |salt| dice::below(seed, &[one, salt], 300);
                    call(effect(one) - room(1), (room(2) > 30).then(|| effect(one) + room(3)))
                })
                .collect();
            let mut order: Vec<u32> = (0..40).collect();
            order.sort_by_key(|&one| effect(one.into()));
            let moments = moments(&calls, &order, 0, 2_000);
            assert!(moments.is_sorted(), "seed {seed}");
            for (&one, &moment) in order.iter().zip(&moments) {
                let call = &calls[one as usize];
                let within = call.invoked <= moment && call.returned.is_none_or(|returned| moment <= returned);
                assert!(within, "seed {seed}: operation {one} at {moment}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "no linearization")]
    fn an_order_against_time_has_no_moments() {
        moments(&[call(0, Some(10)), call(20, Some(30))], &[1, 0], 0, 30);
    }
}
