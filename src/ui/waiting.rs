//! In the place of what a part of the program would show that is not here.

use yew::Callback;

use crate::ui::el::{El, button, classed, words};
use crate::ui::state::{Arrival, Msg};

/// Says that the part is on its way, or that it could not be loaded; then it can be tried again.
pub fn waiting(arrival: Arrival, send: &Callback<Msg>) -> El {
    if arrival != Arrival::Failed {
        return classed("div", "waiting").attr("role", "status").add(words("p", "This is being loaded."));
    }
    classed("div", "waiting")
        .attr("role", "alert")
        .add(words("p", "This part of the lab could not be loaded. Is there a connection? Your run is as it was."))
        .add(button("", "Try again", send, Msg::Fetch))
}
