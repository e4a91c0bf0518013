//! Which store each side runs on: a list with what each promises and gives up, and the dials of a quorum. A part of the forms.

use cap_lab::quorum;
use cap_lab::store::Store;
use cap_lab::store::conflict::Policy;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, TargetCast};

use crate::ui::browser;
use crate::ui::el::{El, classed, el, option};

/// A store that can be picked.
struct Preset {
    /// Its words in a setup.
    words: &'static str,
    title: &'static str,
    /// What it promises, and what it gives up.
    says: &'static str,
}

const PRESETS: [Preset; 8] = [
    Preset {
        words: "raft",
        title: "Raft",
        says: "A majority agrees on every post, in one order. Who has no majority is refused.",
    },
    Preset {
        words: "multi-paxos",
        title: "Multi-Paxos",
        says: "A majority accepts every post, slot by slot. Who has no majority is refused.",
    },
    Preset {
        words: "primary-backup",
        title: "Primary–backup",
        says: "One primary answers at once. After a timeout a backup takes over. Each side of a cut goes on, and one of them \
               loses what it confirmed.",
    },
    Preset {
        words: "quorum",
        title: "Quorum (Dynamo)",
        says: "A post waits for W replicas, a read for R, and others stand in. Nearly all is answered; reads may be old.",
    },
    Preset {
        words: "quorum.strict",
        title: "Quorum, strict",
        says: "Only the N home replicas count. R + W > N finds what was confirmed; yet a later read may show less.",
    },
    Preset {
        words: "quorum.strict.tags.write-back",
        title: "Quorum (ABD)",
        says: "Reads write back, and posts ask for the highest tag. Linearizable by place, for a round trip more. Who reaches too \
               few home replicas is refused.",
    },
    Preset {
        words: "gossip",
        title: "Gossip",
        says: "Every replica answers at once from what it has. Nothing is refused; reads may be old.",
    },
    Preset {
        words: "gossip.last-write-wins",
        title: "Last write wins",
        says: "Gossip, and of two statuses the later time of day stays. A clock that runs ahead beats newer writes, and nobody is told.",
    },
];

/// The preset that a store is a case of.
fn of(store: Store) -> &'static Preset {
    let is_on = |word: &str| {
        let has_policy = store.policy().is_some_and(|policy| policy.name() == word);
        has_policy || store.switches().iter().any(|switch| switch.name == word && switch.on)
    };
    let fits = |preset: &&Preset| {
        let mut words = preset.words.split('.');
        words.next() == Some(store.name()) && words.all(is_on)
    };
    PRESETS.iter().rev().filter(fits).max_by_key(|preset| preset.words.len()).expect("each store is listed")
}

/// Whether another one was picked; the dials may differ.
pub(super) fn is_another(one: Store, other: Store) -> bool {
    of(one).words != of(other).words
}

/// A list for each side, if there are sides.
pub(super) fn pickers(stores: &[Store]) -> Vec<El> {
    if stores.len() < 2 {
        return Vec::new();
    }
    stores.iter().enumerate().map(|(world, store)| picker(world, *store)).collect()
}

fn picker(world: usize, store: Store) -> El {
    let here = of(store);
    let mut options = Vec::new();
    for preset in &PRESETS {
        options.push(option(preset.words.to_owned(), preset.title, preset.words == here.words));
    }
    let says = Callback::from(move |event: Event| {
        let picked = event.target_unchecked_into::<HtmlSelectElement>().value();
        let says = PRESETS.iter().find(|preset| preset.words == picked).map(|preset| preset.says);
        if let Some(line) = element(&id(world, "says")) {
            line.set_text_content(says);
        }
        let store: Option<Store> = picked.parse().ok();
        let hide = |what: &str, hidden: bool| {
            if let Some(part) = element(&id(world, what)) {
                wasm_bindgen::JsCast::unchecked_into::<HtmlElement>(part).set_hidden(hidden);
            }
        };
        hide("dials", !picked.starts_with("quorum"));
        // The policy that comes with a store is chosen with it.
        let policy = store.and_then(Store::policy);
        hide("conflicts", policy.is_none());
        if let (Some(list), Some(policy)) = (element(&id(world, "policy")), policy) {
            wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(list).set_value(policy.name());
        }
    });
    let label = ["First store", "Second store", "Third store", "Fourth store"][world.min(3)];
    let list = el("select").set("id", id(world, "store")).on(ListenerKind::onchange, says).all(options);
    classed("div", "store")
        .key(label)
        .add(el("label").add(el("span").text(label)).add(list))
        .add(el("small").set("id", id(world, "says")).text(here.says))
        .add(dials(world, store))
        .add(conflicts(world, store))
}

/// What becomes of two statuses at once. It is there for every store, and hidden where a log decides.
fn conflicts(world: usize, store: Store) -> El {
    let chosen = store.policy();
    let options = Policy::ALL.map(|policy| option(policy.name().to_owned(), policy.title(), chosen == Some(policy)));
    let list = el("select").set("id", id(world, "policy")).all(options.into());
    let part = classed("div", "dials").set("id", id(world, "conflicts"));
    let part = if chosen.is_some() { part } else { part.attr("hidden", "") };
    part.add(el("label").add(el("span").text("Conflicts")).add(list))
}

/// N, R and W. They are there for every store, and hidden but for a quorum.
fn dials(world: usize, store: Store) -> El {
    let setup = match store {
        Store::Quorum(quorum) => quorum.quorums,
        _ => quorum::Setup::default(),
    };
    let field = |(name, value): (&'static str, u8)| {
        let input = el("input").set("id", id(world, name)).attr("inputmode", "numeric").attr("size", "2");
        let input = input.set("aria-label", format!("{}, of store {}", name.to_uppercase(), world + 1));
        // What was wrong with it is not said of what is typed next.
        let heard =
            Callback::from(|event: Event| event.target_unchecked_into::<HtmlInputElement>().set_custom_validity(""));
        let input = input.property("value", &value.to_string()).on(ListenerKind::oninput, heard);
        el("label").add(el("span").text(&name.to_uppercase())).add(input)
    };
    let dials = classed("div", "dials").set("id", id(world, "dials"));
    let dials = if matches!(store, Store::Quorum(_)) { dials } else { dials.attr("hidden", "") };
    dials.all(setup.dials().map(field).into())
}

fn id(world: usize, what: &str) -> String {
    format!("new-{world}-{what}")
}

fn element(id: &str) -> Option<web_sys::Element> {
    browser::document().get_element_by_id(id)
}

/// The stores that were picked, for so many replicas. None if a dial is out of range: its field says so.
pub(super) fn picked(stores: &[Store], replicas: u8) -> Option<Vec<Store>> {
    if stores.len() < 2 {
        return Some(stores.to_vec());
    }
    stores.iter().enumerate().map(|(world, store)| picked_in(world, *store, replicas)).collect()
}

fn picked_in(world: usize, store: Store, replicas: u8) -> Option<Store> {
    let Some(list) = element(&id(world, "store")) else { return Some(store) };
    let words = wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(list).value();
    let picked = if words == of(store).words { store } else { words.parse().ok()? };
    let picked = match element(&id(world, "policy")) {
        Some(list) if picked.policy().is_some() => {
            let name = wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(list).value();
            let policy = Policy::ALL.into_iter().find(|policy| policy.name() == name);
            policy.map_or(picked, |policy| picked.with_policy(policy))
        }
        _ => picked,
    };
    let Store::Quorum(mut quorum) = picked else { return Some(picked) };
    let value = |name: &str| {
        let field = element(&id(world, name)).map(wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>)?;
        field.value().trim().parse::<u8>().map_err(|_| complain(&field, "A number of replicas, such as 3")).ok()
    };
    (quorum.quorums.n, quorum.quorums.r, quorum.quorums.w) = (value("n")?, value("r")?, value("w")?);
    match quorum.quorums.check(replicas) {
        Ok(()) => Some(Store::Quorum(quorum)),
        Err(wrong) => {
            // The message begins with the dial's name.
            let name = wrong[..1].to_lowercase();
            let field = element(&id(world, &name)).map(wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>)?;
            complain(&field, &wrong);
            None
        }
    }
}

/// Says at a field what is wrong with it.
fn complain(field: &HtmlInputElement, wrong: &str) {
    field.set_custom_validity(wrong);
    field.report_validity();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_is_listed_and_every_preset_is_a_store() {
        for store in Store::all() {
            assert_eq!(of(store).words, store.name(), "plain");
        }
        for preset in &PRESETS {
            let store: Store = preset.words.parse().expect(preset.words);
            assert_eq!(of(store).words, preset.words);
            assert_eq!(store.check(3), Ok(()), "{}", preset.words);
        }
    }
}
