//! Small pieces of markup as functions: what `html!` would write out at every place where it is used is here once.

use yew::AttrValue;

use crate::ui::number::Px;

/// A length, for an attribute.
#[inline(never)]
pub fn px(length: f64) -> AttrValue {
    Px(length).to_string().into()
}

/// A `transform` that moves to a place.
#[inline(never)]
pub fn translate(x: f64, y: f64) -> AttrValue {
    format!("translate({} {})", Px(x), Px(y)).into()
}
