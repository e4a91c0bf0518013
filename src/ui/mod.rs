//! The browser program: draws experiments and turns clicks into acts. Only [`app`] touches the run and the browser's clock.

pub mod announce;
pub mod app;
pub mod browser;
pub mod diagram;
pub mod el;
pub mod events;
pub mod figure;
pub mod gestures;
pub mod header;
pub mod history;
pub mod lab;
pub mod labs;
pub mod listeners;
pub mod meters;
pub mod number;
pub mod page;
pub mod paxos_page;
pub mod phones;
pub mod raft_page;
pub mod recorded;
pub mod referee;
pub mod sheet;
pub mod state;
pub mod still;
pub mod storage;
pub mod transport;
