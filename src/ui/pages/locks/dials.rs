//! The dials, each with what is wrong with it.

use cap_lab::experiment::LocksExperiment;
use cap_lab::locks::storage::Rule;
use cap_lab::world::locks::Backend;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Component, Context, Html, Properties, TargetCast};

use super::lab::setup_of;
use crate::ui::el::{El, classed, el, option};
use crate::ui::state::Msg;

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

#[derive(Properties, PartialEq)]
pub struct Props {
    /// The setup of the run that is shown.
    pub experiment: LocksExperiment,
    /// Its seed.
    pub seed: u64,
    /// Where a new run is asked for.
    pub send: Callback<Msg>,
}

/// A word of the setup, and what was typed for it.
pub struct Typed(&'static str, String);

/// The dials. What is impossible stays in its field with the reason, and the run as it was.
pub struct Dials {
    /// Words that were typed and are not possible, with what is wrong.
    wrong: Vec<(&'static str, String, String)>,
}

impl Component for Dials {
    type Message = Typed;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { wrong: Vec::new() }
    }

    fn update(&mut self, context: &Context<Self>, Typed(word, value): Typed) -> bool {
        let Props { experiment, seed, send } = context.props();
        self.wrong.retain(|(of, ..)| *of != word);
        match experiment.with(word, &value) {
            Ok(experiment) => send.emit(Msg::NewRun(setup_of(&experiment, *seed))),
            Err(why) => {
                send.emit(Msg::Say(why.clone()));
                self.wrong.push((word, value, why));
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let typed = context.link().callback(|typed: Typed| typed);
        let dials = Drawn { wrong: &self.wrong, typed };
        dials.draw(&context.props().experiment).html()
    }
}

struct Drawn<'a> {
    wrong: &'a [(&'static str, String, String)],
    typed: Callback<Typed>,
}

impl Drawn<'_> {
    fn draw(&self, experiment: &LocksExperiment) -> El {
        let LocksExperiment { locks, accident, .. } = experiment;
        let backend = match locks.backend {
            Backend::Raft(_) => 0,
            Backend::MultiPaxos(_) => 1,
            Backend::Single => 2,
            Backend::Redlock => 3,
        };
        let rule = Rule::ALL.iter().position(|rule| *rule == locks.rule).expect("one of them");
        classed("section", "dials-of")
            .attr("aria-label", "Dials")
            .add(self.choice("backend", "The lock comes from", &BACKENDS, backend))
            .add(self.choice("storage", "The storage", &RULES, rule))
            .add(self.choice("terms", "A lease is", &TERMS, usize::from(locks.deadline)))
            .add(self.field("lease", "Lease, ms", locks.lease.as_ms().to_string()))
            .add(self.field("margin", "Safety margin, ms", locks.margin.as_ms().to_string()))
            .add(self.field("work", "Work, ms", locks.work.as_ms().to_string()))
            .add(self.field("pause", "c1 stands still, ms", accident.pause.as_ms().to_string()))
            .add(self.field("skew", "c1's wall clock is off by, ms", accident.skew_ms.to_string()))
            .add(self.field("drift", "c1's clocks run faster by, ppm", accident.drift_ppm.to_string()))
    }

    fn choice(
        &self,
        word: &'static str,
        label: &str,
        values: &'static [(&'static str, &'static str)],
        chosen: usize,
    ) -> El {
        let picked = self.typed.reform(move |event: Event| {
            let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
            let (value, _) = values[usize::try_from(index).unwrap_or(0).min(values.len() - 1)];
            Typed(word, value.to_owned())
        });
        let options =
            values.iter().enumerate().map(|(nth, (value, says))| option((*value).to_owned(), says, nth == chosen));
        let select = el("select").on(ListenerKind::onchange, picked).all(options.collect());
        self.labelled(word, label, select)
    }

    fn field(&self, word: &'static str, label: &str, value: String) -> El {
        let typed = self
            .typed
            .reform(move |event: Event| Typed(word, event.target_unchecked_into::<HtmlInputElement>().value()));
        let shown = self.wrong(word).map_or(value, |(typed, _)| typed.to_owned());
        let input = el("input")
            .attr("type", "text")
            .attr("inputmode", "numeric")
            .attr("size", "9")
            .attr("maxlength", "24")
            .value(shown)
            .on(ListenerKind::onchange, typed);
        self.labelled(word, label, input)
    }

    /// What was typed, and what is wrong with it.
    fn wrong(&self, word: &str) -> Option<(&str, &str)> {
        let found = self.wrong.iter().find(|(of, ..)| *of == word);
        found.map(|(_, typed, why)| (typed.as_str(), why.as_str()))
    }

    /// A field with its label, and what is wrong with it.
    fn labelled(&self, word: &'static str, label: &str, field: El) -> El {
        let id = format!("dial-{word}");
        let wrong = self.wrong(word).map(|(_, why)| why.to_owned());
        let mut field = field.set("id", id.clone());
        if wrong.is_some() {
            field = field.attr("aria-invalid", "true").set("aria-describedby", format!("{id}-wrong"));
        }
        let wrong = wrong.map(|why| classed("p", "wrong").set("id", format!("{id}-wrong")).text(&why));
        classed("div", "dial").add(el("label").set("for", id).text(label)).add(field).optional(wrong)
    }
}
