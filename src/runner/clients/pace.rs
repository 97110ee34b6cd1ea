//! Paces the events of clients, for an application that limits how many events a client can send in a time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::targets::Rate;

/// The time that is added to the application's, because the events of a client can arrive closer together than the
/// client sent them: a busy machine delays the first ones of them by more than the others.
const MARGIN: Duration = Duration::from_millis(150);

/// When a client has sent its last events.
#[derive(Debug, Default)]
pub(in crate::runner) struct Pace {
    sent: VecDeque<Instant>,
}

impl Pace {
    /// Returns the time at which the client can send an event, and records that the client sends it then.
    pub(in crate::runner) fn next(&mut self, rate: Rate, now: Instant) -> Instant {
        // The client sends fewer events than the application allows: an application that counts events in spans of its
        // own, or that counts the CONNECT, then has room for one more.
        let events = rate.events - (rate.events / 10).min(rate.events - 1);
        let full = usize::try_from(events).unwrap_or(usize::MAX);
        let per = rate.per + rate.per / 10 + MARGIN;
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
        assert!(times[19] - begun < Duration::from_secs(8));
        let later = begun + Duration::from_secs(60);
        assert_eq!(pace.next(rate, later), later);
    }
}
