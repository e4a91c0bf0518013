//! Paxos: a rail per proposer, cards for the acceptors, and every step that can happen next for the learner to pick from.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::{Callback, Html, MouseEvent, SubmitEvent, html};

use cap_lab::explain::Sentence;

use crate::ui::browser;
use crate::ui::figure::flights::hue_class;
use crate::ui::lab::{Act, Lab, NextStep, PhaseState, ProposerView, World};
use crate::ui::markup::text;
use crate::ui::page::{cluster, coach};
use crate::ui::raft_page::invariants;
use crate::ui::sheet::sheet;
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};

/// The stations of a rail, numbered as in the paper.
const STATIONS: [&str; 5] = ["1a Prepare", "1b Promise", "2a Accept", "2b Accepted", "Chosen"];

/// The page.
pub fn page(lab: &dyn Lab, worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let Some((world, paxos)) = worlds.first().and_then(|world| Some((world, world.paxos.as_ref()?))) else {
        return html! {};
    };
    let rails = paxos.proposers.iter().enumerate().map(|(index, proposer)| {
        still(&proposer.name, RailPart { index, proposer: proposer.clone(), send: ui.send.clone() })
    });
    let open = sheet(lab, worlds, ui);
    html! {
        <main class="lab paxos">
            <div class="lead">{ coach(worlds, ui, "Several proposers, one value. You choose which message arrives next.") }</div>
            <section class="world" aria-label="Proposers and acceptors">
                <div class="rails">{ for rails }</div>
                { cluster(0, world, lab, ui) }
                { still("rule", RulePart { rule: paxos.rule.clone(), chosen: paxos.chosen.clone() }) }
            </section>
            <aside class={if open.is_some() { "side open" } else { "side" }}>
                { for open }
                { still("next", NextPart { steps: lab.next_steps(0), send: ui.send.clone() }) }
                { invariants(&world.invariants) }
                { crate::ui::events::events(&[(0, Rc::clone(world))], ui) }
            </aside>
        </main>
    }
}

#[derive(PartialEq)]
struct RailPart {
    index: usize,
    proposer: ProposerView,
    send: Callback<Msg>,
}

impl Part for RailPart {
    fn draw(&self) -> Html {
        let proposer = &self.proposer;
        let stations = STATIONS.iter().zip(proposer.rail).map(|(name, state)| {
            let (class, says) = match state {
                PhaseState::Ahead => ("ahead", "not begun"),
                PhaseState::Current => ("current", "under way"),
                PhaseState::Done => ("done", "done"),
            };
            html! { <li {class}>{ *name }<span class="said">{ format!(", {says}") }</span></li> }
        });
        html! {
            <section class={format!("rail {}", if self.index == 0 { "work" } else { "election" })} aria-label={proposer.name.clone()}>
                <div><h2>{ text(&proposer.name) }</h2><p>{ text(&proposer.intent) }</p></div>
                <ol>{ for stations }</ol>
                if proposer.idle { { self.ask() } } else { <p class="progress">{ text(&proposer.progress) }</p> }
            </section>
        }
    }
}

impl RailPart {
    /// A proposer without a value is given one here.
    fn ask(&self) -> Html {
        let proposer = self.proposer.id;
        let id = format!("propose-{}", proposer.0);
        let submit = {
            let (send, id) = (self.send.clone(), id.clone());
            Callback::from(move |event: SubmitEvent| {
                event.prevent_default();
                let field = browser::document().get_element_by_id(&id);
                let value = field.map(|field| wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>(field).value());
                let value = value.unwrap_or_default().trim().to_owned();
                if !value.is_empty() {
                    send.emit(Msg::Do(Act::Propose { proposer, value }));
                }
            })
        };
        let suggestion = ["blue", "red", "green"][self.index.min(2)];
        html! {
            <form class="ask" onsubmit={submit}>
                <input {id} type="text" maxlength="12" autocomplete="off" value={suggestion} aria-label={format!("Value for {}", self.proposer.name)} />
                <button class="primary">{ "Propose" }</button>
            </form>
        }
    }
}

#[derive(PartialEq)]
struct RulePart {
    rule: Option<Sentence>,
    chosen: Option<String>,
}

impl Part for RulePart {
    fn draw(&self) -> Html {
        html! { <>
            if let Some(chosen) = &self.chosen { <p class="chosen"><span aria-hidden="true">{ "✓ " }</span>{ format!("“{chosen}” is chosen. From here on it can never be another value.") }</p> }
            if let Some(rule) = &self.rule {
                <section class="rule">
                    <h2>{ text(&rule.headline) }</h2>
                    <p>{ text(&rule.reason) }</p>
                    if let Some(observer) = &rule.observer { <p class="observer"><b>{ "Seen from outside: " }</b>{ text(observer) }</p> }
                    <cite>{ rule.source }</cite>
                </section>
            }
        </> }
    }
}

#[derive(PartialEq)]
struct NextPart {
    steps: Vec<NextStep>,
    send: Callback<Msg>,
}

impl Part for NextPart {
    fn draw(&self) -> Html {
        html! {
            <section class="next">
                <h2>{ "What can happen next" }</h2>
                <p>{ "Every row is a real possibility. Pick one, or press → for the next in time order." }</p>
                if self.steps.is_empty() { <p class="empty">{ "Nothing can happen by itself: give a proposer a value, or restart a node." }</p> }
                <ol>{ for self.steps.iter().enumerate().map(|(row, step)| self.step(row, step)) }</ol>
            </section>
        }
    }
}

impl NextPart {
    fn step(&self, row: usize, step: &NextStep) -> Html {
        let send = |msg: Msg| self.send.reform(move |_: MouseEvent| msg.clone());
        let title = &step.title;
        html! {
            <li key={step.key} class={if row == 0 { "first" } else { "" }}>
                <svg class={hue_class(step.hue)} width="12" height="12" aria-hidden="true">
                    if step.flight.is_some() { <circle cx="6" cy="6" r="6" /> } else { <path d="M1 1H11V11H1Z" /> }
                </svg>
                <div><b>{ text(title) }</b><small>{ text(&step.outcome) }</small></div>
                <button class="quiet" aria-label={format!("{}: {title}", step.verb)}
                    onclick={send(Msg::Do(Act::Next { world: 0, key: step.key }))}>{ step.verb }</button>
                if let Some(flight) = step.flight {
                    <button class="quiet" aria-label={format!("Drop: {title}")}
                        onclick={send(Msg::Do(Act::Drop { world: 0, flight }))}>{ "Drop" }</button>
                }
            </li>
        }
    }
}
