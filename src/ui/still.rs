//! Parts that rest: drawn again only when what they show has changed.
//!
//! One component serves every such part, so that the machinery is compiled once. A part is a plain value that knows how to
//! draw itself; two equal values look the same, so the old drawing is kept.

use std::any::Any;
use std::rc::Rc;

use yew::prelude::{Component, Context, Html, Properties, html};

/// A piece of the page that is a function of its own fields.
pub trait Part: PartialEq + 'static {
    /// How it looks.
    fn draw(&self) -> Html;
}

/// [`Part`] without its type.
trait AnyPart {
    fn draw(&self) -> Html;
    fn equals(&self, other: &dyn AnyPart) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<P: Part> AnyPart for P {
    fn draw(&self) -> Html {
        Part::draw(self)
    }

    fn equals(&self, other: &dyn AnyPart) -> bool {
        other.as_any().downcast_ref::<P>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Properties)]
struct Props {
    part: Rc<dyn AnyPart>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.part.equals(&*other.part)
    }
}

struct Still;

impl Component for Still {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, context: &Context<Self>) -> Html {
        context.props().part.draw()
    }
}

/// `part`, drawn only when it differs from what was there before. `key` tells it from its siblings.
pub fn still(key: &str, part: impl Part) -> Html {
    html! { <Still key={key} part={Rc::new(part) as Rc<dyn AnyPart>} /> }
}
