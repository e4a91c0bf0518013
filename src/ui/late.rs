//! What comes later: a part of the program behind a trait, so that nothing of it is in the first file.

use std::cell::Cell;

/// A place for a part. Only in the browser it is apart: what tests run is one program.
pub struct Late<T: ?Sized + 'static>(Cell<Option<&'static T>>);

impl<T: ?Sized> Late<T> {
    /// The place for a part that is `whole` where the program is one.
    pub const fn new(whole: &'static T) -> Self {
        Self(Cell::new(if cfg!(target_family = "wasm") { None } else { Some(whole) }))
    }

    /// The part, if it is here.
    pub fn here(&self) -> Option<&'static T> {
        self.0.get()
    }

    /// Takes it in, if it came.
    pub fn take(&self, came: Option<&'static T>) {
        if came.is_some() {
            self.0.set(came);
        }
    }
}
