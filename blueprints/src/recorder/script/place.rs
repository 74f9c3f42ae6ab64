//! Which tab and frame the script is in, and how it gets to another.

use serde_json::json;

use super::call::{Call, selector};
use super::functions::TURN_TO;
use super::write::Lines;
use crate::recorder::{Action, FrameStep, Place, Step, Tab, address};

/// Where the script is.
pub(super) struct Whereabouts {
    /// Unknown once the tab it was in is gone.
    tab: Option<Tab>,
    frames: Vec<FrameStep>,
    /// A navigation took the frames away.
    frames_gone: bool,
    /// Numbers of the tabs that are open, in the order in which they were opened.
    open: Vec<usize>,
    opened_max: usize,
}

impl Whereabouts {
    pub(super) fn new() -> Self {
        Self { tab: Some(Tab::Main), frames: Vec::new(), frames_gone: false, open: vec![0], opened_max: 0 }
    }

    /// Has the script be where a step was done. `true` when that did the step, too.
    pub(super) fn turn_to(&mut self, step: &Step, lines: &mut Lines) -> bool {
        let Place { tab, frames } = &step.place;
        let mut done = false;
        if self.tab.as_ref() != Some(tab) {
            self.leave_frames(lines);
            done = self.go_to_tab(tab, step, lines);
            self.tab = Some(tab.clone());
        }
        if done || matches!(step.action, Action::Navigate { .. }) {
            // A page that is opened is not in a frame.
            self.frames.clear();
            self.frames_gone = false;
            return done;
        }
        if self.frames_gone || self.frames != *frames {
            self.leave_frames(lines);
            for frame in frames {
                lines.call(&enter(frame));
            }
            self.frames.clone_from(frames);
        }
        false
    }

    fn leave_frames(&mut self, lines: &mut Lines) {
        if !self.frames.is_empty() || self.frames_gone {
            lines.call(&Call::new("page::main_frame"));
        }
        self.frames.clear();
        self.frames_gone = false;
    }

    fn go_to_tab(&mut self, tab: &Tab, step: &Step, lines: &mut Lines) -> bool {
        match tab {
            Tab::Main => {
                let after_address = matches!(self.tab, Some(Tab::At(_)));
                lines.call(&Call::new("page::tab").value(0));
                if after_address {
                    // The address may have been that of a frame.
                    lines.call(&Call::new("page::main_frame"));
                }
                false
            }
            Tab::At(url) => {
                if matches!(self.tab, Some(Tab::At(_))) {
                    lines.call(&Call::new("page::main_frame"));
                }
                lines.function(&TURN_TO);
                lines.call(&Call::new(TURN_TO.0).value(address::stable(url)));
                false
            }
            Tab::Numbered(number) => self.go_to_numbered(*number, step, lines),
        }
    }

    fn go_to_numbered(&mut self, number: usize, step: &Step, lines: &mut Lines) -> bool {
        if number <= self.opened_max {
            let at = self.open.iter().position(|open| *open == number).unwrap_or_default();
            lines.call(&Call::new("page::tab").value(at));
            return false;
        }
        let first = self.opened_max + 1;
        self.open.extend(first..=number);
        self.opened_max = number;
        // Tabs between that nobody used were opened by pages.
        let opens = if matches!(step.action, Action::Navigate { .. }) { first..number } else { first..number + 1 };
        for _ in opens {
            lines.call(&Call::new("page::wait_for_tab"));
        }
        if let Action::Navigate { url } = &step.action {
            lines.call(&Call::new("page::new_tab").value(url.as_str()));
            return true;
        }
        false
    }

    /// Takes notice of what a step did to tabs and frames.
    pub(super) fn follow(&mut self, step: &Step) {
        if matches!(step.action, Action::Close { .. }) {
            let number = match step.place.tab {
                Tab::Main => Some(0),
                Tab::Numbered(number) => Some(number),
                Tab::At(_) => None,
            };
            self.open.retain(|open| Some(*open) != number);
            self.tab = None;
            self.frames.clear();
        } else if !step.navigations.is_empty() && !self.frames.is_empty() {
            self.frames_gone = true;
        }
    }

    /// Whether a step would close the only tab.
    pub(super) fn is_last(&self, step: &Step) -> bool {
        match step.place.tab {
            Tab::Main => self.open == [0],
            Tab::Numbered(_) => self.open.len() < 2,
            Tab::At(_) => false,
        }
    }
}

fn enter(frame: &FrameStep) -> Call {
    let call = Call::new("page::frame");
    match frame {
        FrameStep::Numbered(index) => call.value("iframe, frame").value(json!({"nth": index})),
        FrameStep::Named(paths) => call.value(selector(paths)),
    }
}
