//! Where replicas and people are: a list. A part of the forms.

use cap_lab::world::feed::Geography;

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

use crate::ui::browser;
use crate::ui::el::{El, el, option};

const FIELD: &str = "new-where";

/// What can be chosen: jitter in ms in three regions; none stands for one site.
const CHOICES: [(Option<u16>, &str); 4] = [
    (None, "one site"),
    (Some(0), "three regions, fixed delays"),
    (Some(10), "three regions, jitter up to 10 ms"),
    (Some(50), "three regions, jitter up to 50 ms"),
];

fn geography(jitter_ms: Option<u16>) -> Geography {
    jitter_ms.map_or(Geography::OneSite, |jitter_ms| Geography::ThreeRegions { jitter_ms })
}

/// The list. A jitter that is none of its own, as a file may have, is listed too.
pub(super) fn choice(here: Geography) -> El {
    let mut options = Vec::new();
    for (jitter_ms, text) in CHOICES {
        options.push(option(value(geography(jitter_ms)), text, geography(jitter_ms) == here));
    }
    if CHOICES.iter().all(|(jitter_ms, _)| geography(*jitter_ms) != here) {
        let value = value(here);
        options.push(option(value.clone(), &format!("three regions, jitter up to {value} ms"), true));
    }
    el("select").attr("id", FIELD).all(options)
}

fn value(geography: Geography) -> String {
    match geography {
        Geography::OneSite => String::new(),
        Geography::ThreeRegions { jitter_ms } => jitter_ms.to_string(),
    }
}

/// What is picked; as before where there is no list.
pub(super) fn picked(before: Option<Geography>) -> Option<Geography> {
    let Some(list) = browser::document().get_element_by_id(FIELD) else { return before };
    Some(geography(list.unchecked_into::<HtmlSelectElement>().value().parse().ok()))
}
