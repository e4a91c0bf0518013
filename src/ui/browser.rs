//! The browser, behind plain functions: sizes, focus, clock, clipboard, files, colours. Each tolerates a browser that refuses.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, Element, Event, File, FileReader, HtmlAnchorElement, HtmlElement, HtmlInputElement, Url};
use yew::Callback;

use crate::ui::geometry::{Point, Size};

/// A file larger than this is not read at all.
const FILE_MAX_BYTES: f64 = 32e6;

/// The window. There is always one: the program runs in no other place.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("a page has a window")
}

/// Its document.
pub fn document() -> web_sys::Document {
    window().document().expect("a window has a document")
}

fn element(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// The window's inner size.
pub fn window_size() -> Size {
    let number =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(1024.0);
    Size { w: number(window().inner_width()), h: number(window().inner_height()) }
}

/// The size of the element `id`, if it is there.
pub fn size_of(id: &str) -> Option<Size> {
    let element = element(id)?;
    Some(Size { w: f64::from(element.client_width()), h: f64::from(element.client_height()) })
}

/// `client`, a point of the window, as a point of the element `id`; `None` outside of it.
pub fn point_in(id: &str, client: Point) -> Option<Point> {
    let rect = element(id)?.get_bounding_client_rect();
    let point = Point { x: client.x - rect.left(), y: client.y - rect.top() };
    let inside = point.x >= 0.0 && point.y >= 0.0 && point.x <= rect.width() && point.y <= rect.height();
    inside.then_some(point)
}

/// Moves the keyboard to the element `id`.
pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        // An element that cannot take the keyboard is no harm: it stays where it is.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

/// Whether the element `id` has the keyboard in a way that has to be seen: not by a click.
pub fn focus_is_shown(id: &str) -> bool {
    element(id).is_some_and(|element| element.matches(":focus-visible").unwrap_or(false))
}

/// The browser's clock, in milliseconds. It may stand still where the browser refuses to tell.
pub fn clock_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Whether the tab can be seen.
pub fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether the page is higher than the window.
pub fn scrolls() -> bool {
    document().document_element().is_some_and(|root| root.scroll_height() > root.client_height() + 1)
}

/// Whether the system asks for dark colours.
pub fn prefers_dark() -> bool {
    media("(prefers-color-scheme: dark)")
}

/// Whether the system asks for less motion.
pub fn prefers_stillness() -> bool {
    media("(prefers-reduced-motion: reduce)")
}

/// Puts the chosen colours on the document.
pub fn set_dark(dark: Option<bool>) {
    let Some(root) = document().document_element() else { return };
    // Both only fail for names that are not names.
    let _ = match dark {
        Some(dark) => root.set_attribute("data-theme", if dark { "dark" } else { "light" }),
        None => root.remove_attribute("data-theme"),
    };
}

/// What follows the `#` in the address bar, with it; empty if nothing does.
pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Whether the address asks, before its `#`, for the page in another form: `?present`, `?embed`.
pub fn asked_for(form: &str) -> bool {
    let asks =
        |search: String| search.trim_start_matches('?').split('&').any(|part| part.split('=').next() == Some(form));
    window().location().search().is_ok_and(asks)
}

/// Tells the page that has this one in a frame how high the frame should be, in CSS pixels, as learning platforms understand
/// it: `lti.frameResize`.
pub fn tell_height(height: f64) {
    let Ok(Some(parent)) = window().parent() else { return };
    let message = format!("{{\"subject\":\"lti.frameResize\",\"height\":{height:.0}}}");
    // Platforms take an object. Anybody may know a height.
    if let Ok(message) = js_sys::JSON::parse(&message) {
        // Only fails for what is no origin.
        let _ = parent.post_message(&message, "*");
    }
}

/// Tells the page that has this one in a frame how far a learner is: an object as JSON. Only a page of the same host is told.
pub fn tell_progress(message: &str) {
    let (Ok(Some(parent)), Ok(origin)) = (window().parent(), window().location().origin()) else { return };
    if parent != window()
        && let Ok(message) = js_sys::JSON::parse(message)
    {
        // Fails where this page has no origin: then nobody is told.
        let _ = parent.post_message(&message, &origin);
    }
}

/// Opens `address` in a tab of its own.
pub fn open_tab(address: &str) {
    // A frame may not be allowed to: then nothing happens.
    let _ = window().open_with_url_and_target_and_features(address, "_blank", "noopener");
}

/// Whether the page is shown to a room.
pub fn is_presenting() -> bool {
    document().query_selector(".present").ok().flatten().is_some()
}

/// Goes to the page at `address`.
pub fn go(address: &str) {
    // Only fails for what is no address.
    let _ = window().location().set_hash(address);
}

/// Puts `address` in the place of what follows the `#`, as if the browser had come here by it.
pub fn stand_at(address: &str) {
    if hash() == address {
        return;
    }
    // Refused in some frames: then the old address stays, which does no harm.
    let _ = window()
        .history()
        .and_then(|history| history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(address)));
}

/// The whole address of the page at `address`, for others.
pub fn address_of(address: &str) -> String {
    let here = window().location().href().unwrap_or_default();
    let site = here.split(['#', '?']).next().unwrap_or_default();
    format!("{site}{address}")
}

/// What of the element `id`, which scrolls sideways, is in sight: from where on, and how much, in CSS pixels.
pub fn sight_of(id: &str) -> Option<(f64, f64)> {
    let element = element(id)?;
    Some((f64::from(element.scroll_left()), f64::from(element.client_width())))
}

/// Scrolls the element `id` so that its sight begins at `left`.
pub fn scroll_to(id: &str, left: f64) {
    if let Some(element) = element(id) {
        element.set_scroll_left(left as i32);
    }
}

/// Says in the place of the page that a part of the program could not be loaded. There it can be tried again.
pub fn not_started() {
    let (Some(state), Some(again)) = (element("loading-state"), element("again")) else { return };
    state.set_text_content(Some("A part of the lab could not be loaded. Is there a connection?"));
    // What is not there need not be removed.
    let _ = again.remove_attribute("hidden");
}

/// A seed that was not used before, short enough to be told to a friend.
pub fn fresh_seed() -> u64 {
    (js_sys::Math::random() * 9_000.0) as u64 + 1_000
}

/// A name that no other has.
pub fn fresh_name() -> String {
    format!("{:08x}", (js_sys::Math::random() * 4_294_967_296.0) as u32)
}

/// Offers `text` as a file to keep.
pub fn download(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let Ok(blob) = Blob::new_with_str_sequence(&parts) else { return };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) = document().create_element("a") {
        let link = link.unchecked_into::<HtmlAnchorElement>();
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // Only fails for what is not a URL.
    let _ = Url::revoke_object_url(&url);
}

/// The first element of that kind as it is drawn now, but out of everybody's reach.
pub fn drawn(tag: &str) -> Option<String> {
    let copy = document().query_selector(tag).ok()??.clone_node_with_deep(true).ok()?;
    let copy: web_sys::Element = copy.unchecked_into();
    copy.set_attribute("inert", "").ok()?;
    Some(copy.outer_html())
}

/// The picture `id` as a file of its own that looks as `style` says; empty if it is not there.
pub fn picture(id: &str, style: &str) -> String {
    let drawn = element(id).map(|element| element.outer_html()).unwrap_or_default();
    match drawn.split_once('>') {
        Some((tag, rest)) => {
            format!("{} xmlns=\"http://www.w3.org/2000/svg\">{style}{rest}", tag.replace(" role=\"none\"", ""))
        }
        None => String::new(),
    }
}

/// A file's name, and what is in it.
pub type FileBytes = (String, Rc<[u8]>);

/// Reads `file` and sends its name and content, or why it could not be read.
pub fn read_file(file: &File, send: &Callback<Result<FileBytes, String>>) {
    let name = file.name();
    if file.size() > FILE_MAX_BYTES {
        let (size, most) = (file.size() as u64, FILE_MAX_BYTES as u64);
        send.emit(Err(format!("“{name}” has {size} bytes. At most {most} are read.")));
        return;
    }
    let Ok(reader) = FileReader::new() else { return };
    let (send, source) = (send.clone(), reader.clone());
    let loaded = Closure::once_into_js(move || {
        let read = source.result().ok().filter(|value| value.is_object());
        send.emit(match read {
            Some(buffer) => Ok((name, js_sys::Uint8Array::new(&buffer).to_vec().into())),
            None => Err(format!("“{name}” could not be read.")),
        });
    });
    reader.set_onloadend(Some(loaded.unchecked_ref()));
    // A failure to start ends in `loadend` as well.
    let _ = reader.read_as_array_buffer(file);
}

/// Reads the file that was picked in a field, and empties the field, so that the same file can be picked again.
pub fn read_picked(event: &Event, send: &Callback<Result<FileBytes, String>>) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
    if let Some(file) = input.files().and_then(|files| files.get(0)) {
        read_file(&file, send);
    }
    input.set_value("");
}

/// Puts `text` on the clipboard and tells whether it is there.
pub fn copy(text: &str, send: &Callback<bool>) {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    if clipboard.is_undefined() {
        // Not offered on pages that were not served securely.
        send.emit(false);
        return;
    }
    let told = |send: Callback<bool>, well: bool| Closure::once(move |_: wasm_bindgen::JsValue| send.emit(well));
    let (well, badly) = (told(send.clone(), true), told(send.clone(), false));
    let promise = window().navigator().clipboard().write_text(text);
    let _ = promise.then2(&well, &badly);
    // The browser calls one of them, once, at a time of its own.
    well.forget();
    badly.forget();
}

/// What is typed in the field `id`, if there is the field.
pub fn text_in(id: &str) -> Option<String> {
    Some(element(id)?.unchecked_into::<HtmlInputElement>().value())
}

/// Whether a key pressed on `target` belongs to the element itself: a field, a slider, a list.
pub fn is_widget(target: &web_sys::EventTarget) -> bool {
    target.dyn_ref::<Element>().is_some_and(|element| {
        let tag = element.tag_name();
        matches!(tag.as_str(), "INPUT" | "SELECT" | "TEXTAREA")
            || element.get_attribute("role").as_deref() == Some("listbox")
    })
}

/// Whether `target` is typed in.
pub fn is_field(target: &web_sys::EventTarget) -> bool {
    target.dyn_ref::<HtmlInputElement>().is_some_and(|input| !matches!(input.type_().as_str(), "range" | "checkbox"))
}

/// Whether Space on `target` presses it.
pub fn is_pressable(target: &web_sys::EventTarget) -> bool {
    target.dyn_ref::<Element>().is_some_and(|element| matches!(element.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY"))
}
