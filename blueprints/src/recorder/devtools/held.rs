//! Keys go down and up in DevTools' JSON; a recording has chords, and clicks with keys held.

use super::step::Around;
use crate::Invalid;
use crate::recorder::{Action, Chord, Modifier, Step, key};

const RULE: &str = "a key that scripts can press: a letter, digit or sign, or a name such as Enter, Tab, ArrowDown, F5";

/// The keys that are down while steps are read.
#[derive(Default)]
pub(super) struct Held {
    modifiers: Vec<Down>,
    /// Others that are down, with the place of their step.
    others: Vec<(String, usize)>,
}

/// A modifier that is down.
struct Down {
    modifier: Modifier,
    /// The step of its key, for when it is pressed alone.
    alone: Option<Around>,
}

impl Held {
    /// What is held now, from now on not alone.
    fn together(&mut self) -> Vec<Modifier> {
        for down in &mut self.modifiers {
            down.alone = None;
        }
        self.modifiers.iter().map(|down| down.modifier).collect()
    }

    pub(super) fn key_down(&mut self, key: &str, of: Around, steps: &mut Vec<Step>) -> Result<(), Invalid> {
        let name = known(key)?;
        if let Some(modifier) = Modifier::named(&name) {
            // A key that is held down long goes down again and again.
            if !self.modifiers.iter().any(|down| down.modifier == modifier) {
                self.modifiers.push(Down { modifier, alone: Some(of) });
            }
            return Ok(());
        }
        let held = self.together();
        steps.push(press(held, &name, of)?);
        self.others.retain(|(other, _)| *other != name);
        self.others.push((name, steps.len() - 1));
        Ok(())
    }

    /// `false` when the key was not down.
    pub(super) fn key_up(&mut self, key: &str, of: Around, steps: &mut Vec<Step>) -> Result<bool, Invalid> {
        let name = known(key)?;
        if let Some(at) = self.modifiers.iter().position(|down| down.modifier.name() == name) {
            let down = self.modifiers.remove(at);
            if let Some(mut alone) = down.alone {
                alone.navigations.extend(of.navigations);
                let held = self.together();
                steps.push(press(held, &name, alone)?);
            }
            return Ok(true);
        }
        let Some(at) = self.others.iter().position(|(other, _)| *other == name) else { return Ok(false) };
        let (_, step) = self.others.remove(at);
        if let Some(step) = steps.get_mut(step) {
            step.navigations.extend(of.navigations);
        }
        Ok(true)
    }

    /// Has a click know what is held.
    pub(super) fn apply(&mut self, step: &mut Step) {
        if let Action::Click { pointer, .. } | Action::DoubleClick { pointer, .. } = &mut step.action {
            pointer.held = self.together();
        }
    }

    /// Names of modifiers that never go up.
    pub(super) fn left_over(&self) -> Vec<&'static str> {
        self.modifiers.iter().filter(|down| down.alone.is_some()).map(|down| down.modifier.name()).collect()
    }
}

fn known(key: &str) -> Result<String, Invalid> {
    key::script_key(key).ok_or_else(|| Invalid::new("key", format!("{key:?}"), RULE))
}

fn press(held: Vec<Modifier>, key: &str, of: Around) -> Result<Step, Invalid> {
    let chord = Chord::new(held, key).ok_or_else(|| Invalid::new("key", format!("{key:?}"), RULE))?;
    Ok(of.step(Action::Press { on: None, chord }))
}
