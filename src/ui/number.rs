//! Numbers as text. Rust's own formatting of floats would be a tenth of what the page loads, and here a tenth of a pixel or of
//! a millisecond is exact enough.

use std::cmp::Ordering;
use std::fmt::{self, Display};

/// A number shown to one place, without an idle zero: `3`, `-0.5`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Px(pub f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0 + 0.5).floor() as i64;
        let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        let sign = if tenths < 0 { "-" } else { "" };
        if rest == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{rest}") }
    }
}

/// `value` thousandths to `places` places (0 to 3), rounded down: `fixed(12_480, 1)` is `12.4`.
pub fn fixed(value: u64, places: u32) -> String {
    let (whole, rest) = (value / 1_000, value % 1_000 / 10_u64.pow(3 - places));
    if places == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}", width = places as usize) }
}

/// The order in which to visit `count` things so that `before` finds none out of order; equals keep theirs. An insertion
/// sort over positions: the lists here are short, and the standard sort is compiled again for every type.
pub fn order(count: usize, before: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(count);
    for next in 0..count {
        let mut at = order.len();
        while at > 0 && before(order[at - 1], next) == Ordering::Greater {
            at -= 1;
        }
        order.insert(at, next);
    }
    order
}

/// Sine and cosine of an angle in turns (1 is all the way round), to a millionth: enough for a pixel.
pub fn sin_cos(turns: f64) -> (f64, f64) {
    (sine(turns), sine(turns + 0.25))
}

fn sine(turns: f64) -> f64 {
    // Into -1/4..=1/4 of a turn, where the series is short.
    let turns = turns - (turns + 0.5).floor();
    let turns = if turns > 0.25 {
        0.5 - turns
    } else if turns < -0.25 {
        -0.5 - turns
    } else {
        turns
    };
    let x = turns * std::f64::consts::TAU;
    let square = x * x;
    let series = [-1.0 / 110.0, -1.0 / 72.0, -1.0 / 42.0, -1.0 / 20.0, -1.0 / 6.0];
    x * series.iter().fold(1.0, |sum, factor| 1.0 + factor * square * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_one_place_and_no_idle_zero() {
        assert_eq!([3.0, 2.96, -0.5, 0.04, 120.25].map(|x| Px(x).to_string()), ["3", "3", "-0.5", "0", "120.3"]);
        assert_eq!(
            (fixed(12_480, 3), fixed(12_480, 1), fixed(999, 0), fixed(5, 2)),
            ("12.480".into(), "12.4".into(), "0".into(), "0.00".into())
        );
    }

    #[test]
    fn sines_are_the_real_ones() {
        for step in -40..40 {
            let turns = f64::from(step) / 20.0;
            let (sin, cos) = sin_cos(turns);
            let angle = turns * std::f64::consts::TAU;
            assert!((sin - angle.sin()).abs() < 1e-4 && (cos - angle.cos()).abs() < 1e-4, "{turns}: {sin} {cos}");
        }
    }

    #[test]
    fn an_order_sorts_and_keeps_equals() {
        let keys = [3, 1, 2, 1, 0];
        assert_eq!(order(keys.len(), &|a, b| keys[a].cmp(&keys[b])), [4, 1, 3, 2, 0]);
    }
}
