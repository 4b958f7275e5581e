//! Time on the demo's stage: stories run at once, each waits for its next moment, and the clock steps from moment to
//! moment. Stories that wait for the same moment act in the order in which they began to wait.

use crate::clock::Clock;
use crate::service;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use tokio::sync::{Notify, oneshot};

/// The hours at which something may happen; few, so that what happens at once is written at once.
const HOURS: [u32; 4] = [8, 10, 13, 15];

/// Why a story stops.
#[derive(Debug, thiserror::Error)]
pub(super) enum Curtain {
    /// The present was reached: the normal end.
    #[error("the present was reached")]
    Present,
    /// The service said no where the story counts on yes.
    #[error("the demo counts on something that this policy does not do: {0}")]
    Service(#[from] service::Error),
}

/// What each step of a story gives.
pub(super) type Step<T = ()> = Result<T, Curtain>;

/// The clock, and who waits for it.
pub(super) struct Stage {
    clock: Clock,
    zone: Tz,
    end: DateTime<Utc>,
    waiting: RefCell<BTreeMap<DateTime<Utc>, Vec<oneshot::Sender<()>>>>,
    busy: Cell<usize>,
    idle: Notify,
}

impl Stage {
    /// A stage for `stories` stories, until `end`.
    pub(super) fn new(clock: Clock, zone: Tz, end: DateTime<Utc>, stories: usize) -> Self {
        let (waiting, busy, idle) = (RefCell::default(), Cell::new(stories), Notify::new());
        Self { clock, zone, end, waiting, busy, idle }
    }

    /// Waits for a moment; at once when it has passed.
    pub(super) async fn until(&self, at: DateTime<Utc>) -> Step {
        if at >= self.end {
            return Err(Curtain::Present);
        }
        if at <= self.clock.now() {
            return Ok(());
        }
        let (wake, woken) = oneshot::channel();
        self.waiting.borrow_mut().entry(at).or_default().push(wake);
        self.rest();
        woken.await.map_err(|_| Curtain::Present)
    }

    /// One story waits, or has ended.
    pub(super) fn rest(&self) {
        self.busy.set(self.busy.get().saturating_sub(1));
        if self.busy.get() == 0 {
            self.idle.notify_one();
        }
    }

    /// Steps the clock whenever everybody waits, until nobody does; tells `progress` each new moment.
    pub(super) async fn conduct(&self, mut progress: impl FnMut(DateTime<Utc>)) {
        loop {
            self.idle.notified().await;
            let Some((at, sleepers)) = self.waiting.borrow_mut().pop_first() else { return };
            self.clock.set(at);
            progress(at);
            self.busy.set(sleepers.len());
            for sleeper in sleepers {
                // A story that was dropped no longer waits.
                sleeper.send(()).ok();
            }
        }
    }

    /// The moment of a slot (0 to 3) on a day, in the policy's time zone; the minute differs from day to day.
    pub(super) fn moment(&self, day: NaiveDate, slot: usize) -> DateTime<Utc> {
        let slot = slot % HOURS.len();
        let minute = (day.ordinal() * 7 + HOURS[slot] * 11) % 60;
        let time = NaiveTime::from_hms_opt(HOURS[slot], minute, 0).unwrap_or_default();
        let local = day.and_time(time);
        self.zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.to_utc())
    }

    /// The moment, on the stage.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Today, on the stage.
    pub(super) fn today(&self) -> NaiveDate {
        self.clock.now().with_timezone(&self.zone).date_naive()
    }

    /// The day of the present.
    pub(super) fn last_day(&self) -> NaiveDate {
        self.end.with_timezone(&self.zone).date_naive()
    }
}

/// The day itself, or the Monday after it.
pub(super) fn workday(day: NaiveDate) -> NaiveDate {
    day + Days::new(match day.weekday() {
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        _ => 0,
    })
}

/// The day itself, or the Friday before it.
pub(super) fn workday_before(day: NaiveDate) -> NaiveDate {
    day - Days::new(match day.weekday() {
        Weekday::Sat => 1,
        Weekday::Sun => 2,
        _ => 0,
    })
}
