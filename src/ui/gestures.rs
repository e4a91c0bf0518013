//! What a press, a stroke and a key in a figure come to. Pure: it changes the view state and says what is to be done.

use cap_lab::node::Micros;

use crate::ui::act::Act;
use crate::ui::act::toggle_link;
use crate::ui::figure::links::links;
use crate::ui::figure::touch::{item_at, move_cursor};
use crate::ui::geometry::{Place, Point, crossed};
use crate::ui::pointer::{Phase, Tip};
use crate::ui::state::{FigureKey, Item, Stroke, ViewState};
use crate::ui::world::WorldView;

/// What a gesture came to.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// Nothing to be seen.
    Nothing,
    /// Something looks different.
    Redraw,
    /// A press began: if it rests, it means the menu.
    Pressed,
    /// Something is to be done to the run.
    Act(Act),
    /// Something is to be opened.
    Open(Item),
}

/// A pointer in the figure of `world`, at `point` of it (`None`: outside).
pub fn pointer(
    ui: &mut ViewState,
    (index, world): (usize, &WorldView),
    places: &[Place],
    now: Micros,
    (phase, point, tip, secondary): (Phase, Option<Point>, Tip, bool),
) -> Outcome {
    let on = point.and_then(|point| item_at(world, places, now, ui.still, point, tip.reach()));
    match (phase, point) {
        (Phase::Down, _) if secondary => on.map_or(Outcome::Nothing, Outcome::Open),
        (Phase::Down, Some(point)) => {
            ui.run.stroke = Some(Stroke { world: index, tip, points: vec![point], on, crossed: Vec::new() });
            Outcome::Pressed
        }
        (Phase::Move, Some(point)) => {
            let Some(stroke) = &mut ui.run.stroke else { return hover(ui, on.map(|item| (index, item))) };
            if stroke.points.last().is_some_and(|last| last.distance(point) < 3.0) {
                return Outcome::Nothing;
            }
            stroke.points.push(point);
            stroke.crossed = crossed(&stroke.points, places, &links(world));
            ui.run.hover = None;
            Outcome::Redraw
        }
        (Phase::Up, _) => {
            let Some(stroke) = ui.run.stroke.take() else { return Outcome::Nothing };
            lift(&stroke)
        }
        (Phase::Down | Phase::Move, None) => Outcome::Nothing,
        (Phase::Cancel, _) => {
            let drawn = ui.run.stroke.take().is_some();
            if hover(ui, None) == Outcome::Redraw || drawn { Outcome::Redraw } else { Outcome::Nothing }
        }
    }
}

fn hover(ui: &mut ViewState, over: Option<(usize, Item)>) -> Outcome {
    if ui.run.hover == over {
        return Outcome::Nothing;
    }
    ui.run.hover = over;
    Outcome::Redraw
}

/// Whether a press has hardly moved.
pub fn is_click(stroke: &Stroke) -> bool {
    let start = stroke.points[0];
    stroke.points.iter().all(|point| point.distance(start) <= stroke.tip.slack())
}

/// The end of a press: a click opens what it began on, a stroke cuts all it crossed.
fn lift(stroke: &Stroke) -> Outcome {
    if is_click(stroke) {
        return stroke.on.map_or(Outcome::Redraw, Outcome::Open);
    }
    if stroke.crossed.is_empty() {
        return Outcome::Redraw;
    }
    Outcome::Act(Act::Cut(stroke.crossed.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect()))
}

/// A key in the figure of `world`.
pub fn key(ui: &mut ViewState, index: usize, world: &WorldView, key: FigureKey) -> Outcome {
    let current = ui.run.cursor.filter(|(world, _)| *world == index).map(|(_, item)| item);
    let item = move_cursor(world, current, key);
    ui.run.cursor = item.map(|item| (index, item));
    match (key, item) {
        (FigureKey::Enter, Some(Item::Link(a, b))) => Outcome::Act(toggle_link(&world.cut, a, b)),
        (FigureKey::Enter | FigureKey::Menu, Some(item)) => Outcome::Open(item),
        _ => Outcome::Redraw,
    }
}
