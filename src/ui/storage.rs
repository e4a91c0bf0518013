//! What the browser keeps between visits. Storage may be full, forbidden or gone: then nothing is kept, and nothing breaks.

use std::cell::RefCell;

use crate::ui::browser;

fn storage() -> Option<web_sys::Storage> {
    browser::window().local_storage().ok().flatten()
}

/// What was kept under `key`.
pub fn get(key: &str) -> Option<String> {
    storage()?.get_item(&format!("cap-lab.{key}")).ok().flatten()
}

/// Keeps `value` under `key`; false if the browser would not.
pub fn set(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&format!("cap-lab.{key}"), value).is_ok())
}

/// Forgets what is under `key`.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        // Only fails where nothing was kept either.
        let _ = storage.remove_item(&format!("cap-lab.{key}"));
    }
}

/// The key under which the run of the page at `address` is kept.
pub fn run_key(address: &str) -> String {
    format!("run.{}", address.trim_start_matches('#'))
}

thread_local! {
    /// The latest save, for the panic hook: by then the run itself can no longer be asked.
    static LATEST: RefCell<Option<(&'static str, String)>> = const { RefCell::new(None) };
}

/// Keeps the run of the page at `address`.
pub fn save_run(address: &'static str, run: String) {
    set(&run_key(address), &run);
    LATEST.with(|latest| latest.replace(Some((address, run))));
}

/// Reports a panic on the console, keeps the run, and says so on the page with a way to go on.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let kept = LATEST.with(|latest| {
            let latest = latest.try_borrow().ok()?;
            let (address, run) = latest.as_ref()?;
            Some(set(&run_key(address), run))
        });
        set("stopped", &info.to_string());
        let document = browser::document();
        let (Some(body), Ok(note), Ok(link)) =
            (document.body(), document.create_element("div"), document.create_element("a"))
        else {
            return;
        };
        let saved = if kept == Some(true) { "Your run was saved." } else { "Your run could not be saved." };
        note.set_text_content(Some(&format!("The lab stopped by a fault of its own. {saved} ")));
        link.set_text_content(Some("Load it again"));
        // Setting fixed attributes and adding fresh elements cannot fail.
        let _ = note.set_attribute("class", "stopped");
        let _ = note.set_attribute("role", "alert");
        let _ = link.set_attribute("href", "");
        let _ = note.append_child(&link);
        let _ = body.append_child(&note);
    }));
}
