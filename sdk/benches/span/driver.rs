//! Runs the contestants.
use crate::callgrind::{self, Requests};
use crate::options::Plan;

pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    let requests = Requests { few: 500, many: 1500 };
    for &mode in &plan.modes {
        for &contestant in &plan.contestants {
            let i = callgrind::measure(contestant, mode, requests)?;
            println!("{} {} {:.1} {:.1}", contestant.name(), mode.name(), i.request, i.background);
        }
    }
    Ok(())
}
