//! Counts of the last five minutes, by steps of five seconds.

use std::collections::VecDeque;

use tollgate::Timestamp;

/// How long a step is.
pub(crate) const STEP_SECONDS: u64 = 5;
/// How many there are.
pub(crate) const STEPS: usize = 60;
const STEP_NANOS: u64 = STEP_SECONDS * 1_000_000_000;

/// See the module's page. It grows with the time since the first event, up to 60 steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps {
    /// The last step that something was counted in: how many of them there were since the Unix epoch.
    last: u64,
    /// The last one at the back: admitted, denied.
    counts: VecDeque<(u32, u32)>,
}

impl Steps {
    pub(crate) fn count(&mut self, at: Timestamp, allowed: bool) {
        self.roll(at);
        if let Some((admitted, denied)) = self.counts.back_mut() {
            let count = if allowed { admitted } else { denied };
            *count = count.saturating_add(1);
        }
    }

    /// Moves on to this time; one that is past counts as now.
    fn roll(&mut self, at: Timestamp) {
        let step = step_of(at);
        if self.counts.is_empty() {
            self.last = step;
            self.counts.push_back((0, 0));
        }
        let steps = usize::try_from(step.saturating_sub(self.last)).unwrap_or(usize::MAX);
        for _ in 0..std::cmp::min(steps, STEPS) {
            self.counts.push_back((0, 0));
        }
        while self.counts.len() > STEPS {
            self.counts.pop_front();
        }
        self.last = std::cmp::max(self.last, step);
    }

    /// All 60 steps up to this time, the oldest first: admitted, denied.
    pub(crate) fn read(mut self, now: Timestamp) -> (Vec<u32>, Vec<u32>) {
        self.roll(now);
        let before = STEPS.saturating_sub(self.counts.len());
        let all = std::iter::repeat_n((0, 0), before).chain(self.counts);
        all.unzip()
    }
}

fn step_of(at: Timestamp) -> u64 {
    at.as_nanos().div_euclid(STEP_NANOS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_older_than_five_minutes_is_forgotten_and_the_rest_stands_at_its_step() {
        let start = Timestamp::from_nanos(1_000 * STEP_NANOS);
        let at = |seconds| start.saturating_add(Duration::from_secs(seconds));
        let mut steps = Steps::default();
        steps.count(at(0), true);
        steps.count(at(4), false);
        steps.count(at(5), true);
        steps.count(at(3), true); // late; it counts as now
        let (admitted, denied) = steps.clone().read(at(9));
        assert_eq!((admitted.len(), denied.len()), (60, 60));
        assert_eq!((&admitted[58..], &denied[58..]), (&[1, 2][..], &[1, 0][..]));
        let (admitted, _) = steps.clone().read(at(299));
        assert_eq!(&admitted[..2], [1, 2]);
        let (admitted, _) = steps.clone().read(at(300));
        assert_eq!((admitted[0], admitted.iter().sum::<u32>()), (2, 2));
        let (admitted, _) = steps.read(at(1_000_000));
        assert_eq!(admitted.iter().sum::<u32>(), 0);
    }
}
