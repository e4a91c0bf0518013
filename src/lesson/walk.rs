//! The one way through a lesson: each step beside the run that it is about. What a teacher checks, a learner plays and a grader
//! computes again are visits on it.

use std::sync::OnceLock;

use super::stage::{Opening, Stage};
use super::{Kind, Lesson, Step};
use crate::goal::ledger::Ledger;
use crate::situation::scene::{Scene, Wrong};

/// The scenes of a lesson, each computed once, by whoever needs it first.
#[derive(Debug)]
pub(super) struct Openings(Vec<OnceLock<Result<Opening, Wrong>>>);

impl Openings {
    pub(super) fn new(lesson: &Lesson) -> Self {
        Self(lesson.scenes.iter().map(|_| OnceLock::new()).collect())
    }

    fn of(&self, lesson: &Lesson, scene: usize) -> Result<&Opening, Wrong> {
        let computed = self.0[scene].get_or_init(|| Opening::of(&lesson.scenes[scene]));
        computed.as_ref().map_err(Clone::clone)
    }
}

/// A step beside its run.
pub(super) struct Here<'a> {
    /// Which step, from 0.
    pub(super) place: usize,
    pub(super) step: &'a Step,
    /// Its run as the lesson has it.
    pub(super) opening: &'a Opening,
    /// An earlier step handed this run to the learner: what it shows is not known beforehand.
    pub(super) handed_over: bool,
    scene: &'a Scene,
    /// The run that the learner has made of it.
    own: &'a mut Option<Stage>,
}

impl Here<'_> {
    /// What has happened by now.
    pub(super) fn ledger(&self) -> Ledger {
        self.own.as_ref().map_or_else(|| self.opening.ledger.clone(), Stage::now)
    }

    /// The same, in which only the learner's acts count.
    pub(super) fn learners(&self) -> Ledger {
        self.own.as_ref().map_or_else(|| self.opening.own(), Stage::own)
    }

    /// The learner's own run, which goes on from where the lesson left it.
    pub(super) fn stage(&mut self) -> Result<&mut Stage, Wrong> {
        if self.own.is_none() {
            *self.own = Some(Stage::of(self.scene)?);
        }
        Ok(self.own.as_mut().expect("just made"))
    }

    /// Goes on in a run that a learner left. `Err` says in a sentence why it is none of this step.
    pub(super) fn take(&mut self, file: &str) -> Result<&Stage, String> {
        Ok(self.own.insert(self.opening.handed_in(file)?))
    }
}

/// Visits every step in order.
///
/// # Errors
/// Of a scene that can't be played, by its line; and of the visit.
pub(super) fn walk(
    lesson: &Lesson,
    openings: &Openings,
    mut visit: impl FnMut(Here<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let (mut own, mut handed_over) = (None, false);
    for (place, step) in lesson.steps.iter().enumerate() {
        if step.begins {
            (own, handed_over) = (None, false);
        }
        let opening = openings.of(lesson, step.scene)?;
        let scene = &lesson.scenes[step.scene];
        visit(Here { place, step, opening, handed_over, scene, own: &mut own })?;
        handed_over |= matches!(step.kind, Kind::Do(_));
    }
    Ok(())
}
