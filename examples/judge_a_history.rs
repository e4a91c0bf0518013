//! Is this history linearizable? Two clients of a register, a write that was confirmed, and a read that misses it.
//!
//! ```sh
//! cargo run --no-default-features --example judge_a_history
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use cap_lab::check::call::Call;
use cap_lab::check::evidence::sentence;
use cap_lab::check::linearizability::{Checker, Verdict};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::register::{Register, RegisterAction};

/// An operation of `process` on the only register, from one moment to another.
fn call(process: u64, action: RegisterAction, invoked: u64, returned: u64) -> Call<RegisterAction> {
    Call { process, object: 0, action, invoked, returned: Some(returned) }
}

fn judged(what: &str, calls: &[Call<RegisterAction>]) -> bool {
    let register = Register { initial: Value::Int(0) };
    let name = |nth: u32| {
        let Call { process, action, .. } = &calls[nth as usize];
        format!("{action} by client {process}")
    };
    match Checker::new(register.clone(), calls.to_vec()).step(u64::MAX).expect("without a limit it ends") {
        Verdict::Linearizable(order) => {
            let order: Vec<String> = order.into_iter().map(name).collect();
            println!("{what}: linearizable. {}.", order.join(", then "));
            true
        }
        Verdict::NotLinearizable(evidence) => {
            println!("{what}: not linearizable. {}", sentence(&register, calls, &evidence, &name));
            false
        }
        Verdict::Unknown { .. } => unreachable!("there is no limit"),
    }
}

pub(crate) fn main() {
    let write = RegisterAction::Write(Value::Int(1));
    let [old, new] = [0, 1].map(|value| RegisterAction::Read(Value::Int(value)));
    // While the write is under way, either answer is right, but not the old one after the new one.
    assert!(judged(
        "old, then new",
        &[call(1, write.clone(), 10, 40), call(2, old.clone(), 15, 20), call(2, new.clone(), 25, 30)]
    ));
    assert!(!judged(
        "new, then old",
        &[call(1, write.clone(), 10, 40), call(2, new, 15, 20), call(3, old.clone(), 25, 30)]
    ));
    // Once it has returned, the old value is stale.
    assert!(!judged("old after the write", &[call(1, write, 10, 20), call(2, old, 25, 30)]));
}
