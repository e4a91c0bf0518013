//! The line to the referee: a web worker that is started when it is first needed, and may not start, or die.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::JsValue;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use yew::Callback;

use crate::ui::browser;

/// What of the page says where the worker's loader is.
const LOADER: &str = "meta[name=referee]";
/// After so many milliseconds without a sign of life it counts as not loaded.
const LOADING_MS: u32 = 30_000;
/// After so many it counts as hung: it looks for messages many times a second.
const PATIENCE_MS: u32 = 20_000;

/// What comes over the line.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// It is there, and listens.
    Ready,
    /// An answer.
    Answer(Rc<Vec<u8>>),
    /// There is none, or no longer: why.
    Gone(String),
}

/// A worker that was asked to start. Dropping it ends the worker, whatever it does.
pub struct Line {
    worker: Worker,
    send: Callback<Heard>,
    _told: Closure<dyn Fn(MessageEvent)>,
    _failed: Closure<dyn Fn(Event)>,
    /// Runs out if no sign of life comes.
    patience: Rc<RefCell<Option<Timeout>>>,
}

impl Line {
    /// Starts a worker; what comes over the line goes to `send`. `Err` says why the browser will not.
    pub fn open(send: Callback<Heard>) -> Result<Self, String> {
        let loader = browser::document().query_selector(LOADER).ok().flatten();
        let loader = loader.and_then(|meta| meta.get_attribute("content")).unwrap_or_default();
        let worker = Worker::new(&loader).map_err(|error| reason(&error))?;
        let patience = Rc::new(RefCell::new(Some(gone_after(LOADING_MS, "it was not loaded in time", &send))));
        let (hear, waited, ready) = (send.clone(), Rc::clone(&patience), Cell::new(false));
        let told = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            waited.take();
            let data = event.data();
            match (data.as_string(), data.is_null()) {
                (Some(wrong), _) => hear.emit(Heard::Gone(wrong)),
                // Later ones only say that it lives.
                (None, true) if ready.replace(true) => {}
                (None, true) => hear.emit(Heard::Ready),
                (None, false) => {
                    hear.emit(Heard::Answer(Rc::new(data.unchecked_ref::<js_sys::Uint8Array>().to_vec())));
                }
            }
        });
        let failing = send.clone();
        let failed = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|message| !message.is_empty());
            // It is told on the page, so the console need not show it as a surprise.
            event.prevent_default();
            failing.emit(Heard::Gone(message.unwrap_or_else(|| "its files could not be loaded".to_owned())));
        });
        worker.set_onmessage(Some(told.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Ok(Self { worker, send, _told: told, _failed: failed, patience })
    }

    /// Tells it something.
    pub fn tell(&self, message: &[u8]) {
        // Only what can't be copied is refused, and bytes can.
        let _ = self.worker.post_message(&js_sys::Uint8Array::from(message));
        let mut patience = self.patience.borrow_mut();
        if patience.is_none() {
            // It may have nothing to answer, but it hears that it is asked whether it lives.
            let _ = self.worker.post_message(&JsValue::NULL);
            *patience = Some(gone_after(PATIENCE_MS, "it does not answer", &self.send));
        }
    }
}

/// Says that it is gone unless that is dropped before.
fn gone_after(ms: u32, why: &'static str, send: &Callback<Heard>) -> Timeout {
    let send = send.clone();
    Timeout::new(ms, move || send.emit(Heard::Gone(why.to_owned())))
}

impl Drop for Line {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// What an exception says.
fn reason(error: &JsValue) -> String {
    let error: Option<&js_sys::Error> = error.dyn_ref();
    error.map_or_else(|| "the browser does not allow it".to_owned(), |error| String::from(error.message()))
}
