//! The page as it is shown to a room: the figure, the phones, and the one sentence that matters now.

use std::rc::Rc;

use crate::ui::state::ViewState;
use crate::ui::world::WorldView;

/// What the room reads: who steps sees what came of the step, who plays what to look at; `advice` is what the line would say
/// otherwise.
pub fn sentence(worlds: &[Rc<WorldView>], ui: &ViewState, advice: &str) -> String {
    let broken = worlds.iter().any(|world| world.broken().is_some());
    if broken || (ui.playing && !advice.is_empty()) {
        return advice.to_owned();
    }
    let newest = worlds.iter().filter_map(|world| Some((world, world.events.first()?)));
    match newest.max_by_key(|(_, event)| event.at) {
        Some((world, event)) if worlds.len() > 1 => format!("{}: {}", world.short, event.sentence.headline),
        Some((_, event)) => event.sentence.headline.clone(),
        None => advice.to_owned(),
    }
}
