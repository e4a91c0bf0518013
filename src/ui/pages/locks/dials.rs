//! The dials, each with what is wrong with it.

use cap_lab::locks::Flaw;
use cap_lab::locks::storage::Rule;
use cap_lab::world::locks::Backend;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, TargetCast};

use super::run::{Desk, Do};
use crate::ui::el::{El, button, classed, el, option, words};

/// What grants the lock: what a setup calls it, and people.
const BACKENDS: [(&str, &str); 4] = [
    ("raft.read-index", "Lock service on Raft"),
    ("multi-paxos", "Lock service on Multi-Paxos"),
    ("single", "One server with a timeout"),
    ("redlock", "Redlock: five servers, wall clocks"),
];

const RULES: [(&str, &str); 3] = [
    ("unchecked", "checks nothing"),
    ("token", "checks fencing tokens"),
    ("timestamp", "lets the latest timestamp win"),
];

const TERMS: [(&str, &str); 2] = [("duration", "a duration"), ("deadline", "a time of day")];

/// Fencing on or off, on the same run.
pub fn fencing(desk: &Desk, send: &Callback<Do>) -> El {
    let on = desk.experiment().locks.rule == Rule::Token;
    let possible = desk.experiment().locks.backend.has_tokens();
    let label = if on { "Fencing: on" } else { "Fencing: off" };
    let button = button("", label, send, Do::Fence(!on)).attr("id", "fencing").flag("aria-pressed", on);
    if possible { button } else { button.attr("disabled", "").attr("title", "Redlock hands out no fencing tokens") }
}

/// All of them.
pub fn dials(desk: &Desk, send: &Callback<Do>) -> El {
    let setup = &desk.experiment().locks;
    let accident = desk.experiment().accident;
    let backend = match setup.backend {
        Backend::Raft(_) => 0,
        Backend::MultiPaxos(_) => 1,
        Backend::Single => 2,
        Backend::Redlock => 3,
    };
    let rule = Rule::ALL.iter().position(|rule| *rule == setup.rule).expect("one of them");
    let number = |word, label, value: String| field(desk, send, word, label, value);
    classed("section", "dials")
        .add(words("h2", "Dials"))
        .add(choice(desk, send, "backend", "The lock comes from", &BACKENDS, backend))
        .add(choice(desk, send, "storage", "The storage", &RULES, rule))
        .add(choice(desk, send, "terms", "A lease is", &TERMS, usize::from(setup.deadline)))
        .add(number("lease", "Lease, ms", setup.lease.as_ms().to_string()))
        .add(number("margin", "Safety margin, ms", setup.margin.as_ms().to_string()))
        .add(number("work", "Work, ms", setup.work.as_ms().to_string()))
        .add(number("pause", "c1 stands still, ms", accident.pause.as_ms().to_string()))
        .add(number("skew", "c1's wall clock is off by, ms", accident.skew_ms.to_string()))
        .add(number("drift", "c1's clocks run faster by, ppm", accident.drift_ppm.to_string()))
        .add(mistakes(desk, send))
        .add(button("quiet", "Another seed", send, Do::Reseed))
        .add(button("quiet", "Run file", send, Do::Save))
}

fn choice(
    desk: &Desk,
    send: &Callback<Do>,
    word: &'static str,
    label: &str,
    values: &'static [(&'static str, &'static str)],
    chosen: usize,
) -> El {
    let picked = send.reform(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        let (value, _) = values[usize::try_from(index).unwrap_or(0).min(values.len() - 1)];
        Do::Set(word, value.to_owned())
    });
    let options =
        values.iter().enumerate().map(|(nth, (value, says))| option((*value).to_owned(), says, nth == chosen));
    let select = el("select").on(ListenerKind::onchange, picked).all(options.collect());
    labelled(desk, word, label, select)
}

fn field(desk: &Desk, send: &Callback<Do>, word: &'static str, label: &str, value: String) -> El {
    let typed =
        send.reform(move |event: Event| Do::Set(word, event.target_unchecked_into::<HtmlInputElement>().value()));
    let shown = desk.wrong(word).map_or(value, |(typed, _)| typed.to_owned());
    let input = el("input")
        .attr("type", "text")
        .attr("inputmode", "numeric")
        .attr("size", "9")
        .attr("maxlength", "24")
        .value(shown)
        .on(ListenerKind::onchange, typed);
    labelled(desk, word, label, input)
}

/// A field with its label, and what is wrong with it.
fn labelled(desk: &Desk, word: &'static str, label: &str, field: El) -> El {
    let id = format!("dial-{word}");
    let wrong = desk.wrong(word).map(|(_, why)| why.to_owned());
    let mut field = field.set("id", id.clone());
    if wrong.is_some() {
        field = field.attr("aria-invalid", "true").set("aria-describedby", format!("{id}-wrong"));
    }
    let wrong = wrong.map(|why| classed("p", "wrong").set("id", format!("{id}-wrong")).text(&why));
    classed("div", "dial").add(el("label").set("for", id).text(label)).add(field).optional(wrong)
}

/// What the service can be made to do wrong.
fn mistakes(desk: &Desk, send: &Callback<Do>) -> El {
    let picked = send.reform(|event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        Do::Break(
            usize::try_from(index)
                .ok()
                .and_then(|index| index.checked_sub(1))
                .and_then(|nth| Flaw::ALL.get(nth))
                .copied(),
        )
    });
    let flaw = desk.experiment().locks.flaw;
    let none = option(String::new(), "none: the accident", flaw.is_none());
    let options = Flaw::ALL.map(|one| option(one.name().to_owned(), one.title(), flaw == Some(one)));
    let select = el("select").on(ListenerKind::onchange, picked).add(none).all(options.into());
    let says = flaw.map(|flaw| classed("p", "says").text(flaw.sentence()));
    labelled(desk, "flaw", "A mistake of the service", select).optional(says)
}
