//! The head of the page and what opens from it: pages, a new run, the run as a file, keys.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Event, Html, MouseEvent, SubmitEvent, TargetCast, html};

use crate::ui::browser;
use crate::ui::lab::{Page, Setup};
use crate::ui::state::{Msg, Popover, ViewState};
use crate::ui::still::{Part, still};

/// Every page with its address and its name.
pub const PAGES: [(Page, &str, &str); 3] =
    [(Page::Feed, "#feed", "Feed: CP vs AP"), (Page::Raft, "#raft", "Raft"), (Page::Paxos, "#paxos", "Paxos")];

/// The head of the page.
pub fn header(ui: &ViewState, setup: &Setup) -> Html {
    let here = PAGES.iter().find(|(page, ..)| *page == ui.page).map_or("", |(_, _, name)| *name);
    let dark = ui.dark.unwrap_or_else(browser::prefers_dark);
    html! {
        <header class="top">
            <h1>{ "CAP Lab" }</h1>
            { nav(ui, "Pages") }
            <span class="fill"></span>
            { opener(ui, Popover::NewRun, "New run", "wide") }
            { opener(ui, Popover::File, "Run file", "wide") }
            { opener(ui, Popover::Keys, "Keys", "wide") }
            <button class="icon wide" onclick={ui.on(Msg::Theme)} aria-label={if dark { "Light colours" } else { "Dark colours" }}>
                { if dark { "☀" } else { "☾" } }
            </button>
            { opener(ui, Popover::Pages, &format!("☰ {here}"), "small") }
            { popover(ui, setup) }
        </header>
    }
}

fn nav(ui: &ViewState, label: &'static str) -> Html {
    html! {
        <nav aria-label={label}>
            { for PAGES.iter().map(|(page, address, name)| html! {
                <a href={*address} aria-current={(*page == ui.page).then_some("page")}>{ *name }</a>
            }) }
        </nav>
    }
}

fn opener(ui: &ViewState, popover: Popover, label: &str, class: &'static str) -> Html {
    let open = ui.open == Some(popover);
    html! {
        <button class={format!("quiet {class}")} aria-expanded={open.to_string()} onclick={ui.on(Msg::Toggle(popover))}>{ label.to_owned() }</button>
    }
}

fn popover(ui: &ViewState, setup: &Setup) -> Html {
    let (label, inside) = match ui.open {
        None => return html! {},
        Some(Popover::Pages) => ("Menu", pages(ui)),
        Some(Popover::NewRun) => ("New run", new_run(ui, setup)),
        Some(Popover::File) => ("Run file", file(ui)),
        Some(Popover::Keys) => ("Keys", keys()),
    };
    html! {
        <div class="popover" id="popover" tabindex="-1" role="dialog" aria-label={label}>
            <div class="row"><h2>{ label }</h2><button class="quiet close" onclick={ui.on(Msg::Close)} aria-label="Close">{ "✕" }</button></div>
            { inside }
        </div>
    }
}

fn pages(ui: &ViewState) -> Html {
    html! { <>
        { nav(ui, "All pages") }
        <div class="stack">
            <button onclick={ui.on(Msg::Toggle(Popover::NewRun))}>{ "New run…" }</button>
            <button onclick={ui.on(Msg::Toggle(Popover::File))}>{ "Run file…" }</button>
            <button onclick={ui.on(Msg::Toggle(Popover::Keys))}>{ "Keys…" }</button>
            <button onclick={ui.on(Msg::Theme)}>{ "Light or dark" }</button>
        </div>
    </> }
}

/// The field for the seed, drawn once: drawing it anew would undo what is being typed.
#[derive(PartialEq)]
struct SeedPart {
    seed: u64,
}

impl Part for SeedPart {
    fn draw(&self) -> Html {
        let seed = self.seed.to_string();
        html! {
            <label><span>{ "Seed" }</span><input id="new-seed" inputmode="numeric" pattern="[0-9]*" value={seed} /></label>
        }
    }
}

fn new_run(ui: &ViewState, setup: &Setup) -> Html {
    let number = |id: &str| {
        let field = browser::document().get_element_by_id(id)?;
        wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>(field).value().trim().parse::<u64>().ok()
    };
    let start = {
        let (send, setup) = (ui.send.clone(), setup.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let mut wanted = setup.clone();
            wanted.seed = number("new-seed").unwrap_or(setup.seed);
            wanted.nodes.0 = number("new-nodes").map_or(setup.nodes.0, |count| count as u8);
            wanted.people.0 = number("new-people").map_or(setup.people.0, |count| count as u8);
            send.emit(Msg::NewRun(wanted));
        })
    };
    let another = {
        let (send, setup) = (ui.send.clone(), setup.clone());
        Callback::from(move |_: MouseEvent| {
            let mut wanted = setup.clone();
            wanted.seed = browser::fresh_seed();
            send.emit(Msg::NewRun(wanted));
        })
    };
    let traffic = ui.send.reform(|event: Event| {
        let percent = event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(100);
        Msg::Do(crate::ui::lab::Act::Traffic { percent })
    });
    let choice = |id: &'static str, label: &'static str, (current, among): &(u8, Vec<u8>)| {
        html! {
            <label><span>{ label }</span><select {id}>
                { for among.iter().map(|count| html! { <option value={count.to_string()} selected={count == current}>{ *count }</option> }) }
            </select></label>
        }
    };
    let (nodes, people) = if ui.page == Page::Paxos { ("Acceptors", "Proposers") } else { ("Replicas", "People") };
    html! {
        <form class="fields" onsubmit={start}>
            { still("seed", SeedPart { seed: setup.seed }) }
            { choice("new-nodes", nodes, &setup.nodes) }
            if setup.people.1.len() > 1 { { choice("new-people", people, &setup.people) } }
            if let Some(percent) = setup.traffic {
                <label><span>{ "Traffic (at once)" }</span><select onchange={traffic}>
                    { for [(0, "off"), (50, "half"), (100, "usual"), (200, "double"), (400, "fourfold")].iter().map(|(value, name)| html! {
                        <option value={value.to_string()} selected={*value == percent}>{ *name }</option>
                    }) }
                </select></label>
            }
            <div class="row"><button class="primary">{ "Start this run" }</button>
                <button type="button" onclick={another}>{ "Another seed" }</button></div>
            <p>{ "The same seed and the same acts give the same run, bit for bit." }</p>
        </form>
    }
}

fn file(ui: &ViewState) -> Html {
    let import = {
        let send = ui.send.clone();
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                browser::read_file(&file, &send);
            }
            // So that the same file can be picked again.
            input.set_value("");
        })
    };
    html! {
        <div class="stack">
            <button onclick={ui.on(Msg::Export)}>{ "Export this run" }</button>
            <label class="button">{ "Import a run…" }<input type="file" accept=".json,application/json" onchange={import} /></label>
            <button onclick={ui.on(Msg::CopyScript)}>{ "Copy as golden script" }</button>
            <p>{ "A run file can also be dropped anywhere on the page. A reload keeps the run." }</p>
        </div>
    }
}

fn keys() -> Html {
    let rows = [
        ("Space", "play, pause"),
        ("→", "one event on"),
        ("←", "one event back"),
        ("H", "heal all links"),
        ("Tab", "from control to control; a figure is one stop"),
        ("← →", "in a figure: next or previous of its kind"),
        ("↑ ↓", "in a figure: nodes, links, messages"),
        ("Enter", "in a figure: open it; cut or heal a link"),
        ("M", "in a figure: its menu, as right-click and long press"),
        ("Esc", "close"),
        ("?", "these keys"),
    ];
    html! {
        <dl class="keys">{ for rows.iter().map(|(key, what)| html! { <div><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></div> }) }</dl>
    }
}
