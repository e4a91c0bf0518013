//! Paxos: a rail per proposer, cards for the acceptors, and every step that can happen next for the learner to pick from.

mod lab;
mod painted;
mod view;

use std::any::Any;
use std::rc::Rc;

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::explain::Sentence;
use cap_lab::node::NodeId;
use cap_lab::paxos::Request;
use cap_lab::situation::scene::Scene;
use cap_lab::timeline::Timeline;
use cap_lab::world::paxos::PaxosSetup;
use wasm_bindgen::JsCast;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{Event, HtmlInputElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html};

use self::lab::{NAMES, PaxosLab};
use self::painted::painted;
use self::view::{NextStep, PhaseState, ProposerView, Surroundings};
use crate::ui::act::{Act, ask};
use crate::ui::browser;
use crate::ui::cluster::cluster;
use crate::ui::coach::{self, Division, Lines, Seen};
use crate::ui::el::{El, classed, el, quiet, together, words};
use crate::ui::events::events;
use crate::ui::figure::flights::hue_class;
use crate::ui::figure::view::FlightHue;
use crate::ui::guide;
use crate::ui::invariants::invariants;
use crate::ui::lab::Lab;
use crate::ui::labs::FIRST_SEED;
use crate::ui::lessons;
use crate::ui::number::order;
use crate::ui::page::{Page, takes_none};
use crate::ui::program::{Program, Runs};
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::sheet::sheet;
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::world::WorldView;

/// The stations of a rail, numbered as in the paper.
const STATIONS: [&str; 5] = ["1a Prepare", "1b Promise", "2a Accept", "2b Accepted", "Chosen"];

/// Its row.
pub const PAGE: Page =
    Page { address: "#paxos", name: "Paxos", takes: takes_none, fetch: || Box::pin(async { part().await.ok() }) };

#[wasm_split(paxos, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&PaxosPage)
}

const LINES: Lines = Lines { invite: "Several proposers, one value. You choose which message arrives next.", watch };

fn watch(seen: &Seen) -> &'static str {
    match seen.division {
        Division::Whole => Division::Whole.advice(),
        _ => "Cut. Watch which proposers can still reach a majority of the acceptors.",
    }
}

struct PaxosPage;

impl Program for PaxosPage {
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        let own = (lab as &dyn Any).downcast_ref::<PaxosLab>();
        let (Some(own), Some(world)) = (own, worlds.first()) else { return Html::default() };
        let Surroundings { proposers, rule, chosen } = own.surroundings();
        let names = proposers.iter().map(|proposer| (proposer.id, proposer.name.clone())).collect();
        let rails = proposers.into_iter().enumerate().map(|(index, proposer)| {
            let name = proposer.name.clone();
            still(&name, RailPart { index, proposer, send: ui.send.clone() })
        });
        let open = sheet(lab, worlds, ui);
        let left = classed("section", "world")
            .attr("aria-label", "Proposers and acceptors")
            .add(classed("div", "rails").nodes(rails.collect()))
            .node(cluster(0, world, lab, ui))
            .node(still("rule", RulePart { rule, chosen }));
        let right = classed("aside", if open.is_some() { "side open" } else { "side" })
            .nodes(open.into_iter().collect())
            .node(lessons::panel(lab, ui).unwrap_or_else(|| guide::cards(lab, ui)))
            .node(still("next", NextPart { steps: own.next_steps(), proposers: names, send: ui.send.clone() }))
            .node(invariants(&world.invariants))
            .node(events(&[(0, Rc::clone(world))], ui));
        classed("main", "lab paxos")
            .add(classed("div", "lead").node(coach::line(worlds, ui, &LINES)))
            .add(left)
            .add(right)
            .html()
    }

    fn runs(&self) -> Option<&dyn Runs> {
        Some(self)
    }
}

impl Runs for PaxosPage {
    fn first(&self) -> Setup {
        Setup {
            seed: FIRST_SEED,
            words: String::new(),
            names: NAMES,
            nodes: (5, Vec::new()),
            people: (2, Vec::new()),
            geography: None,
            traffic: None,
            stores: Vec::new(),
            switches: Vec::new(),
            flaw: None,
        }
    }

    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        let flaw = setup.flaw.map(str::parse).transpose()?;
        let paxos = PaxosSetup { proposers: setup.people.0, acceptors: setup.nodes.0, flaw };
        Ok(Box::new(PaxosLab::begin(paxos, setup.seed)?))
    }

    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String> {
        Ok(Box::new(PaxosLab::new(Timeline::open(file)?)))
    }

    fn situated(&self, scene: &Scene) -> Result<Box<dyn Lab>, String> {
        Ok(Box::new(PaxosLab::new(scene.play().map_err(|wrong| wrong.to_string())?)))
    }

    fn plays(&self) -> bool {
        false
    }

    fn flaws(&self, _: &Setup) -> Vec<FlawView> {
        let view = |example: Counterexample| {
            let Counterexample { flaw: name, title, sentence, breaks, .. } = example;
            FlawView { name, title, sentence, breaks }
        };
        counterexample::paxos().map(view).collect()
    }

    fn broken_by(&self, _: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        let example = counterexample::paxos().find(|example| example.flaw == flaw)?;
        Some(Box::new(PaxosLab::new(example.play_paxos(true))))
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
        let station = |(name, state): (&&'static str, PhaseState)| {
            let (class, says) = match state {
                PhaseState::Ahead => ("ahead", ", not begun"),
                PhaseState::Current => ("current", ", under way"),
                PhaseState::Done => ("done", ", done"),
            };
            classed("li", class).text(name).add(classed("span", "said").text(says))
        };
        let stations = STATIONS.iter().zip(proposer.rail).map(station).collect();
        classed("section", if self.index == 0 { "rail work" } else { "rail election" })
            .name(proposer.name.clone())
            .add(el("div").add(words("h2", &proposer.name)).add(painted(el("p"), &proposer.intent)))
            .add(el("ol").all(stations))
            .add(if proposer.idle { self.ask() } else { painted(classed("p", "progress"), &proposer.progress) })
            .html()
    }
}

impl RailPart {
    /// A proposer without a value is given one here.
    fn ask(&self) -> El {
        let proposer = self.proposer.id;
        let id = format!("propose-{}", proposer.0);
        let submit = {
            let (send, id) = (self.send.clone(), id.clone());
            Callback::from(move |event: Event| {
                event.prevent_default();
                let field = browser::document().get_element_by_id(&id);
                let value = field.map(|field| field.unchecked_into::<HtmlInputElement>().value());
                let value = value.unwrap_or_default().trim().to_owned();
                if !value.is_empty() {
                    send.emit(Msg::Do(ask(proposer, Request::Propose(value.trim().into()))));
                }
            })
        };
        let suggestion = ["blue", "red", "green"][self.index.min(2)];
        let field = el("input")
            .set("id", id)
            .attr("type", "text")
            .attr("maxlength", "12")
            .attr("autocomplete", "off")
            .value(suggestion.to_owned())
            .name(format!("Value for {}", self.proposer.name));
        let button = classed("button", "primary").text("Propose");
        classed("form", "ask").on(ListenerKind::onsubmit, submit).add(field).add(button)
    }
}

#[derive(PartialEq)]
struct RulePart {
    rule: Option<Sentence>,
    chosen: Option<String>,
}

impl Part for RulePart {
    fn draw(&self) -> Html {
        let chosen = |chosen: &String| {
            let sign = words("span", "✓ ").attr("aria-hidden", "true");
            let says = format!("“{chosen}” is chosen. From here on it can never be another value.");
            painted(classed("p", "chosen").add(sign), &says).html()
        };
        let rule = |rule: &Sentence| {
            let observer = |text: &String| classed("p", "observer").add(words("b", "Seen from outside: ")).text(text);
            classed("section", "rule")
                .add(words("h2", &rule.headline))
                .add(painted(el("p"), &rule.reason))
                .optional(rule.observer.as_ref().map(observer))
                .add(words("cite", rule.source))
                .html()
        };
        together(vec![
            self.chosen.as_ref().map(chosen).unwrap_or_default(),
            self.rule.as_ref().map(rule).unwrap_or_default(),
        ])
    }
}

#[derive(PartialEq)]
struct NextPart {
    /// Soonest first.
    steps: Vec<NextStep>,
    proposers: Vec<(NodeId, String)>,
    send: Callback<Msg>,
}

impl Part for NextPart {
    fn draw(&self) -> Html {
        let empty = "Nothing can happen by itself: give a proposer a value, or restart a node.";
        let invite = "Every row is a real possibility. Pick one, or press → for the marked one, which is next in time.";
        let own = self.proposers.iter().map(|(id, name)| self.group(Some(*id), &format!("About {name}'s ballots")));
        let groups = own.chain([self.group(None, "Nodes")]).flatten().collect();
        classed("section", "next")
            .add(words("h2", "What can happen next"))
            .add(words("p", invite))
            .optional(self.steps.is_empty().then(|| classed("p", "empty").text(empty)))
            .add(classed("div", "groups").list(groups))
            .html()
    }
}

impl NextPart {
    /// What is about one proposer's ballots, or about nodes as such. What stays possible keeps its place.
    fn group(&self, about: Option<NodeId>, title: &str) -> Option<El> {
        let among: Vec<usize> = (0..self.steps.len()).filter(|row| self.steps[*row].about == about).collect();
        let place = |position: usize| self.steps[among[position]].place;
        let in_place = order(among.len(), &|a, b| place(a).cmp(&place(b)));
        let rows = in_place.into_iter().map(|position| self.step(among[position])).collect();
        let hue = among.first().filter(|_| about.is_some()).map_or("group", |first| match self.steps[*first].hue {
            FlightHue::Work => "group work",
            FlightHue::Election => "group election",
            FlightHue::Gossip => "group gossip",
        });
        let group = classed("section", hue).key(title).add(words("h3", title)).add(el("ol").list(rows));
        (!among.is_empty()).then_some(group)
    }

    fn step(&self, row: usize) -> El {
        let step = &self.steps[row];
        let title = &step.title;
        let shape = if step.loss.is_some() {
            el("circle").attr("cx", "6").attr("cy", "6").attr("r", "6")
        } else {
            el("path").attr("d", "M1 1H11V11H1Z")
        };
        let sign = classed("svg", hue_class(step.hue)).attr("width", "12").attr("height", "12");
        let take = Msg::Do(step.act.clone());
        let lose = |act: &Act| quiet("Drop", format!("Drop: {title}"), &self.send, Msg::Do(act.clone()));
        el("li")
            .key(&step.act.to_string())
            .class(if row == 0 { "first" } else { "" })
            .add(sign.attr("aria-hidden", "true").add(shape))
            .add(el("div").add(painted(el("b"), title)).add(painted(el("small"), &step.outcome)))
            .add(quiet(step.verb, format!("{}: {title}", step.verb), &self.send, take))
            .optional(step.loss.as_ref().map(lose))
    }
}
