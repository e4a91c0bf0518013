//! Four numbers under the phones: what availability and consistency came to so far.

use cap_lab::node::Micros;
use yew::Html;

use crate::ui::el::{El, classed, el};
use crate::ui::lab::Meters;
use crate::ui::number::fixed;
use crate::ui::still::{Part, still};

/// The meters of one world.
pub fn meters(meters: &Meters) -> Html {
    still("meters", MetersPart { meters: meters.clone() })
}

/// "84 ms", "1.2 s", "–".
pub fn latency(value: Option<Micros>) -> String {
    match value {
        None => "–".to_owned(),
        Some(micros) if micros.0 < 10_000 => format!("{} ms", fixed(micros.0, 1)),
        Some(micros) if micros.0 < 1_000_000 => format!("{} ms", micros.as_ms()),
        Some(micros) => format!("{} s", fixed(micros.as_ms(), 1)),
    }
}

/// Whole percent of `part` in `of`, rounded down, so that 100 % means all.
pub fn percent(part: u32, of: u32) -> String {
    if of == 0 { "–".to_owned() } else { format!("{} %", u64::from(part) * 100 / u64::from(of)) }
}

#[derive(PartialEq)]
struct MetersPart {
    meters: Meters,
}

impl Part for MetersPart {
    fn draw(&self) -> Html {
        let m = &self.meters;
        let answered = if m.ended == m.answered { "good" } else { "bad" };
        let stale = if m.stale == 0 { "good" } else { "warn" };
        let lost = if m.refused + m.unknown == 0 { "" } else { "bad" };
        let clock = if m.stale == 0 { "" } else { "◷" };
        classed("dl", "meters")
            .add(meter("Answered", &percent(m.answered, m.ended), answered, &format!("of {}", m.ended)))
            .add(meter("Stale reads", &m.stale.to_string(), stale, clock))
            .add(meter("Latency p50", &latency(m.p50), "", &format!("p99 {}", latency(m.p99))))
            .add(meter("Refused · unknown", &format!("{} · {}", m.refused, m.unknown), lost, ""))
            .html()
    }
}

fn meter(label: &str, value: &str, class: &'static str, small: &str) -> El {
    let number = el("b").class(class).text(value);
    el("div").add(el("dt").text(label)).add(el("dd").add(number).add(el("small").text(small)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_means_all() {
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(7, 7), "100 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn latencies_keep_two_figures_or_more() {
        assert_eq!(latency(Some(Micros(2_340))), "2.3 ms");
        assert_eq!(latency(Some(Micros(84_900))), "84 ms");
        assert_eq!(latency(Some(Micros(1_240_000))), "1.2 s");
    }
}
