//! Forms that make canaries: of a blueprint, or step by step.
//!
//! Everything works without a script in the browser: a form is sent with what its button is for, and comes back with
//! all that was written into it. `desk` is what the application does for it, `form` what was sent, `handlers` what is
//! done with it; `parameters` are the fields of blueprints, `workflow` those of steps, `trial` shows how a script fared.

mod catalogue;
mod desk;
mod form;
mod handlers;
mod head;
mod parameters;
mod trial;
mod workflow;
mod workflow_view;

#[cfg(test)]
mod tests;

pub(super) use catalogue::Catalogue;
pub use desk::{Added, CanaryDesk, DeskError, NewCanary, Subject, Trial, TrialEnd, TrialStep};
pub(super) use handlers::{blank_blueprint, blueprint_sent, open_workflow, workflow_sent};
pub(super) use trial::TrialView;
