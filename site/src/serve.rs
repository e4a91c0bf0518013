//! The site on this machine, made again whenever a file changes.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use notify::{EventKind, RecursiveMode, Watcher};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::{make, root};

/// What the site is made of.
const WATCHED: [&str; 5] = ["src", "static", "index.html", "Cargo.toml", "Cargo.lock"];
/// An editor saves in several steps, and a person several files: so long nothing has to change.
const QUIET: Duration = Duration::from_millis(300);

/// Makes the site in `to`, then serves it on `port` until the process ends.
pub(crate) fn serve(to: &Path, port: u16, dev: bool, open: bool) -> Result<()> {
    let (told, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            let _ = told.send(());
        }
    })?;
    for name in WATCHED {
        watcher
            .watch(&root().join(name), RecursiveMode::Recursive)
            .with_context(|| format!("{name} cannot be watched"))?;
    }
    make(to, dev)?;
    let address = format!("http://127.0.0.1:{port}/");
    println!("\nThe lab is at {address} until you press Ctrl-C.\n");
    if open {
        open::that_detached(&address).with_context(|| format!("{address} cannot be opened"))?;
    }
    let built = to.to_owned();
    thread::spawn(move || make_again(&changes, &built, dev));
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(answer(to, port))
}

/// Files from `to`, none of which a browser may keep: the shell has the same name in each build.
async fn answer(to: &Path, port: u16) -> Result<()> {
    let fresh = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let site = Router::new().fallback_service(ServeDir::new(to)).layer(fresh);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum::serve(listener, site).await?)
}

fn make_again(changes: &Receiver<()>, to: &Path, dev: bool) {
    while changes.recv().is_ok() {
        while changes.recv_timeout(QUIET).is_ok() {}
        match make(to, dev) {
            Ok(()) => println!("\nBuilt again: reload the page.\n"),
            // It is served as it was.
            Err(trouble) => eprintln!("\n{trouble:#}\n"),
        }
    }
}
