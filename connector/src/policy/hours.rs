//! Hours of service: the days and times at which a source answers, in a zone of a fixed offset.
//!
//! There is no table of zone names here: an offset is what a reader of the file can check without one. Where clocks are
//! set twice a year, the file is changed twice a year.

use std::{fmt, time::Duration};

use crate::clock::UnixMillis;

const MINUTE_MS: u64 = 60 * 1000;
const DAY_MINUTES: i64 = 24 * 60;

/// Days as they are written, from Monday.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a source answers. A window whose end is not after its beginning reaches into the next day, and belongs to the day
/// on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// From Monday.
    days: [bool; 7],
    /// Minutes since midnight.
    from: i64,
    /// Minutes since the midnight of the day on which the window begins; up to two days.
    to: i64,
    /// Minutes that the zone is ahead of UTC.
    offset: i64,
}

/// A setting that makes no sense: the key, the value, the remedy.
type Wrong = (&'static str, String, String);

impl Hours {
    /// Takes days (`mon` to `sun`), times (`08:00`, to `24:00`) and a zone (`UTC`, `+02:00`, `-05:30`).
    pub fn new(days: &[String], from: &str, to: &str, zone: &str) -> Result<Self, Wrong> {
        let mut on = [false; 7];
        for day in days {
            let slot = DAYS.iter().zip(&mut on).find(|(name, _)| *name == day);
            let (_, slot) = slot.ok_or_else(|| {
                let remedy = "choose from \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"";
                ("hours.days", day.clone(), remedy.to_owned())
            })?;
            *slot = true;
        }
        if days.is_empty() {
            let remedy = "name at least one day, or set `pause = true`";
            return Err(("hours.days", String::new(), remedy.to_owned()));
        }
        let time = |key: &'static str, text: &str| {
            let remedy = "write a time as \"08:00\", from \"00:00\" to \"24:00\"";
            minutes(text)
                .filter(|minutes| *minutes <= DAY_MINUTES)
                .ok_or_else(|| (key, text.to_owned(), remedy.to_owned()))
        };
        let (begin, end) = (time("hours.from", from)?, time("hours.to", to)?);
        if begin == end || begin == DAY_MINUTES {
            let remedy = "is no window; choose another time, for instance from \"00:00\" to \"24:00\"";
            return Err(("hours.from", from.to_owned(), remedy.to_owned()));
        }
        let offset = zone_minutes(zone).ok_or_else(|| {
            let remedy = "write \"UTC\" or an offset such as \"+02:00\"";
            ("hours.zone", zone.to_owned(), remedy.to_owned())
        })?;
        Ok(Self {
            days: on,
            from: begin,
            to: if end > begin { end } else { end + DAY_MINUTES },
            offset,
        })
    }

    /// Answers nothing within the hours, and otherwise how long it is until they begin.
    pub fn closed(&self, now: UnixMillis) -> Option<Duration> {
        let minute = i64::try_from(now.0 / MINUTE_MS).unwrap_or(i64::MAX / 2) + self.offset;
        let (day, at) = (minute.div_euclid(DAY_MINUTES), minute.rem_euclid(DAY_MINUTES));
        // A window that began yesterday may still be open.
        let open =
            |back: i64| self.on(day - back) && (self.from..self.to).contains(&(at + back * DAY_MINUTES));
        if open(0) || open(1) {
            return None;
        }
        // Some day of the coming eight is one of service: at least one day of the week is.
        let wait = (0..=7)
            .map(|ahead| (self.on(day + ahead), ahead * DAY_MINUTES + self.from - at))
            .find(|(on, wait)| *on && *wait > 0)
            .map_or(DAY_MINUTES, |(_, wait)| wait);
        let until = u64::try_from(wait).unwrap_or(0) * MINUTE_MS - now.0 % MINUTE_MS;
        Some(Duration::from_millis(until))
    }

    /// Days since 1970-01-01, which was a Thursday.
    fn on(&self, day: i64) -> bool {
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        self.days.get(weekday).copied().unwrap_or(false)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = DAYS
            .iter()
            .zip(self.days)
            .filter(|(_, on)| *on)
            .map(|(name, _)| *name)
            .collect();
        let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let to = if self.to > DAY_MINUTES {
            format!("{} of the next day", clock(self.to - DAY_MINUTES))
        } else {
            clock(self.to)
        };
        let sign = if self.offset < 0 { '-' } else { '+' };
        let offset = clock(self.offset.abs());
        write!(
            f,
            "{} from {} to {to} at UTC{sign}{offset}",
            days.join(", "),
            clock(self.from)
        )
    }
}

/// `08:30` as minutes since midnight.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        let sound = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| digits.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

fn zone_minutes(zone: &str) -> Option<i64> {
    if zone == "UTC" {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, zone.strip_prefix('-')?),
    };
    // The zones of this world end at fourteen hours.
    minutes(rest).filter(|m| *m <= 14 * 60).map(|m| sign * m)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 60 * MINUTE_MS;
    /// 2026-11-23 00:00 UTC, a Monday.
    const MONDAY: u64 = 1_795_392_000_000;

    fn hours(days: &[&str], from: &str, to: &str, zone: &str) -> Hours {
        let days: Vec<String> = days.iter().map(|day| (*day).to_owned()).collect();
        Hours::new(&days, from, to, zone).expect("hours")
    }

    fn wait(hours: &Hours, ms: u64) -> Option<u64> {
        hours.closed(UnixMillis(ms)).map(|wait| wait.as_secs() / 60)
    }

    #[test]
    fn a_window_is_open_from_its_first_minute_to_before_its_last() {
        let office = hours(&["mon", "fri"], "08:00", "18:00", "UTC");
        assert_eq!(wait(&office, MONDAY + 8 * HOUR_MS), None);
        assert_eq!(wait(&office, MONDAY + 18 * HOUR_MS - 1), None);
        assert_eq!(wait(&office, MONDAY + 18 * HOUR_MS), Some((24 * 4 - 10) * 60));
        assert_eq!(wait(&office, MONDAY + 7 * HOUR_MS), Some(60));
        let closed = office.closed(UnixMillis(MONDAY + 8 * HOUR_MS - 1_500));
        assert_eq!(closed, Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = hours(&["mon"], "22:00", "06:00", "UTC");
        assert_eq!(wait(&night, MONDAY + 23 * HOUR_MS), None);
        assert_eq!(wait(&night, MONDAY + 29 * HOUR_MS), None);
        assert_eq!(wait(&night, MONDAY + 30 * HOUR_MS), Some((22 + 6 * 24 - 6) * 60));
        assert_eq!(wait(&night, MONDAY + 5 * HOUR_MS), Some(17 * 60));
    }

    #[test]
    fn an_offset_moves_the_window() {
        let east = hours(&["mon"], "00:00", "24:00", "+02:00");
        assert_eq!(wait(&east, MONDAY - 2 * HOUR_MS), None);
        assert_eq!(wait(&east, MONDAY - 2 * HOUR_MS - MINUTE_MS), Some(1));
        assert_eq!(wait(&east, MONDAY + 22 * HOUR_MS), Some(6 * 24 * 60));
        assert_eq!(east.to_string(), "mon from 00:00 to 24:00 at UTC+02:00");
    }

    #[test]
    fn what_is_no_window_is_refused_by_key() {
        for (days, from, to, zone, key) in [
            (&["monday"][..], "08:00", "18:00", "UTC", "hours.days"),
            (&[], "08:00", "18:00", "UTC", "hours.days"),
            (&["mon"], "8:00", "18:00", "UTC", "hours.from"),
            (&["mon"], "08:00", "24:01", "UTC", "hours.to"),
            (&["mon"], "08:00", "08:00", "UTC", "hours.from"),
            (&["mon"], "08:00", "18:00", "Europe/Berlin", "hours.zone"),
            (&["mon"], "08:00", "18:00", "+15:00", "hours.zone"),
        ] {
            let days: Vec<String> = days.iter().map(|day| (*day).to_owned()).collect();
            let (wrong, _, _) = Hours::new(&days, from, to, zone).expect_err(key);
            assert_eq!(wrong, key);
        }
    }
}
