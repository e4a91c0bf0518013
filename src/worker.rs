//! The web worker in which the referee lives: passes on messages, and gives it slices of time between them.

use std::cell::{Cell, RefCell};

use cap_lab::referee::Referee;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::JsValue;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

/// How long the referee works before it looks for messages, in milliseconds.
const SLICE_MS: f64 = 12.0;

/// What there is one of in a worker.
struct Bench {
    scope: DedicatedWorkerGlobalScope,
    referee: RefCell<Referee>,
    /// To come back after the messages that wait.
    again: MessagePort,
    /// A slice is due.
    due: Cell<bool>,
}

impl Bench {
    fn hear(&self, message: &JsValue) {
        if message.is_null() {
            // It is asked whether it lives.
            return self.post(&JsValue::NULL);
        }
        let bytes = message.unchecked_ref::<js_sys::Uint8Array>().to_vec();
        let heard = self.referee.borrow_mut().hear(&bytes);
        match heard {
            Err(wrong) => self.post(&wrong.into()),
            // What is short is answered at once; of a long check, a slice is due after the messages that wait.
            Ok(()) if !self.due.get() => self.work(),
            Ok(()) => {}
        }
    }

    fn work(&self) {
        let clock = || self.scope.performance().map_or(f64::MAX, |clock| clock.now());
        let mut referee = self.referee.borrow_mut();
        let end = clock() + SLICE_MS;
        let mut more = true;
        while more && clock() < end {
            more = referee.advance();
        }
        for answer in referee.answers() {
            self.post(&js_sys::Uint8Array::from(&answer[..]));
        }
        self.due.set(more);
        if more {
            // Only what can't be copied is refused.
            let _ = self.again.post_message(&JsValue::NULL);
        }
    }

    fn post(&self, message: &JsValue) {
        let _ = self.scope.post_message(message);
    }
}

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let told = scope.clone();
    // A text is bad news: the page shows it.
    std::panic::set_hook(Box::new(move |info| {
        let _ = told.post_message(&info.to_string().into());
    }));
    let Ok(channel) = MessageChannel::new() else { return };
    let bench: &'static Bench = Box::leak(Box::new(Bench {
        scope,
        referee: RefCell::default(),
        again: channel.port2(),
        due: Cell::new(false),
    }));
    let hear = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| bench.hear(&event.data()));
    bench.scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    let work = Closure::<dyn Fn()>::new(|| bench.work());
    channel.port1().set_onmessage(Some(work.as_ref().unchecked_ref()));
    // They live as long as the worker.
    hear.forget();
    work.forget();
    // Nothing says that it is ready.
    bench.post(&JsValue::NULL);
}
