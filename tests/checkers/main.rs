//! The checkers, held against brute force, against histories that others judged, and against the clock.

mod brute;

/// `full` rounds with `--long`, else `daily`.
fn rounds(daily: u64, full: u64) -> u64 {
    if std::env::var_os("CAP_LAB_LONG").is_some() { full } else { daily }
}
