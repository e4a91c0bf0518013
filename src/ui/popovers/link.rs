//! The run as a link: to be copied, or to be read by a camera from a projected screen.

use qrcodegen::{QrCode, QrCodeEcc};
use yew::Html;

use crate::ui::el::{El, button, classed, el, words};
use crate::ui::state::{Form, Msg, ViewState};
use crate::ui::still::{Part, still};

/// Some mail programs and learning platforms cut longer addresses off.
const LONG: usize = 2_000;
/// Around a code stays so much light, in modules (ISO/IEC 18004, §6.3.8).
const QUIET: i32 = 4;

/// The link, the code, and what to know of both.
pub(super) fn link(ui: &ViewState) -> El {
    let Some(link) = &ui.link else {
        return words("p", "This run is still being replayed. There is a link to it once that is done.");
    };
    let copy = button("primary", "Copy link", &ui.send, Msg::Copy(Form::Link));
    let frame = button("", "Copy as a frame for a web page", &ui.send, Msg::Copy(Form::Frame));
    let shown = el("input").attr("readonly", "").attr("aria-label", "The link").property("value", link);
    let starts = if ui.playing { "plays on from this moment" } else { "stands at this moment" };
    let about = format!("Whoever opens it has this run, bit for bit, with all that was done in it. It {starts}.");
    let long = (link.len() > LONG).then(|| {
        let length = link.len();
        let text =
            format!("It has {length} characters. Some programs cut links off after {LONG}: the run file is safer.");
        classed("p", "warn").text(&text)
    });
    classed("div", "stack link")
        .add(classed("div", "row").add(shown).add(copy))
        .add(el("p").text(&about))
        .optional(long)
        .node(still("code", Code(link.clone())))
        .add(frame)
}

/// An address as a code. To encode one takes milliseconds, so it is done once for each.
#[derive(PartialEq)]
struct Code(String);

impl Part for Code {
    fn draw(&self) -> Html {
        code(&self.0).html()
    }
}

/// The code that a camera reads.
fn code(link: &str) -> El {
    let Ok(code) = QrCode::encode_text(link, QrCodeEcc::Low) else {
        return words("p", "The link is too long for a QR code.");
    };
    let size = code.size();
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let dark = modules.filter(|(x, y)| code.get_module(*x, *y));
    let path: String = dark.map(|(x, y)| format!("M{x},{y}h1v1h-1z")).collect();
    let (from, whole) = (-QUIET, size + 2 * QUIET);
    classed("svg", "qr")
        .attr("role", "img")
        .attr("aria-label", "The link as a QR code")
        .set("viewBox", format!("{from} {from} {whole} {whole}"))
        .attr("shape-rendering", "crispEdges")
        .add(el("path").set("d", path))
}
