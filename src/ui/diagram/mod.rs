//! The run as a space-time diagram: a line per participant, time to the right, an arrow per message, the play head at the
//! right. Choosing an event tells its past from its future by vector clocks, and both from what is concurrent with it.
//!
//! It is computed anew at rest and a few times a second while the run plays. Arrows of one look are one path, so that
//! hundreds of them stay smooth; of very many only the newest are drawn, and the line below says so.

pub mod drawing;
pub mod shown;

use yew::Html;

use self::shown::Shown;
use crate::ui::el::classed;
use crate::ui::state::ViewState;
use crate::ui::waiting::waiting;
use crate::ui::world::WorldView;

/// The id of the drawing of `world`.
pub fn drawing_id(world: usize) -> String {
    format!("diagram-{world}")
}

/// The id of the picture in it, which can be saved.
pub fn picture_id(world: usize) -> String {
    format!("diagram-{world}-svg")
}

/// The diagram of `world`, which is number `index`, and the line below it.
pub fn diagram(index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html {
    match drawing::here().filter(|_| !shown.diagrams.is_empty()) {
        Some(drawing) => drawing.draw(index, world, shown, ui),
        None => classed("div", "diagram").add(waiting(ui.details, &ui.send)).html(),
    }
}

/// Looks for a picture that stands alone: without the page's style sheet, on white.
pub const STYLE: &str = "<style>text{font:11px system-ui,sans-serif;fill:#1c2733}.tick{text-anchor:middle;fill:#5b6874}\
.lanes{stroke:#dfe5ea;fill:none}.arrow{fill:none;stroke:#8a97a5}.way{stroke-dasharray:3 3}.arrow.past,.stop path{stroke:#0b5394}\
.arrow.future,.arrow.carried{stroke:#b36b00}.apart{opacity:.35}.cross,.stop.down path{stroke:#c23b22;fill:none}.stop path{stroke-width:3;stroke-dasharray:2 4}\
.event *{fill:#45525f}.event.past *{fill:#0b5394}.event.future path{fill:#fff;stroke:#b36b00;stroke-width:2}.event.chosen circle{fill:#7b2d83}\
.event text{text-anchor:middle}.head{stroke:#1c2733}.fault rect{fill:#c23b22;fill-opacity:.08}</style>";
