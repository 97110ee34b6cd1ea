//! Paces the events of clients, for an application that limits how many events a client can send in a time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::targets::Rate;

/// The time that is added to the application's, because the events of a client can arrive closer together than the
/// client sent them.
const MARGIN: Duration = Duration::from_millis(25);

/// When a client has sent its last events.
#[derive(Debug, Default)]
pub(in crate::runner) struct Pace {
    sent: VecDeque<Instant>,
}

impl Pace {
    /// Returns the time at which the client can send an event, and records that the client sends it then.
    pub(in crate::runner) fn next(&mut self, rate: Rate, now: Instant) -> Instant {
        let full = usize::try_from(rate.events).unwrap_or(usize::MAX);
        let per = rate.per + rate.per / 20 + MARGIN;
        let at = match self.sent.len() >= full {
            true => self
                .sent
                .pop_front()
                .map_or(now, |first| now.max(first + per)),
            false => now,
        };
        self.sent.push_back(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_span_of_the_time_holds_more_events_than_the_limit() {
        let rate = Rate {
            events: 3,
            per: Duration::from_secs(1),
        };
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let times: Vec<_> = (0..20).map(|_| pace.next(rate, begun)).collect();
        assert_eq!(times[2], begun);
        for window in times.windows(4) {
            assert!(window[3] - window[0] > rate.per);
        }
        assert!(times[19] - begun < Duration::from_secs(7));
        let later = begun + Duration::from_secs(60);
        assert_eq!(pace.next(rate, later), later);
    }
}
