use std::collections::{BTreeMap, BTreeSet};

use crate::store::Positions;

/// Which commits of a feed are done, and which are not: a position may be stored when everything before it is done.
///
/// It takes memory only for what is not done, no matter how much is done behind that.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    shards: BTreeMap<String, Shard>,
    /// The next number. Everything that is taken in gets one, in the order of the feed.
    next: u64,
}

#[derive(Debug, Default)]
struct Shard {
    /// The commits that are not done.
    open: BTreeSet<u64>,
    /// The ends of pages, where positions are stored. Of several ends with the same open commits before them, only the
    /// last one is here.
    ends: BTreeMap<u64, String>,
    /// The last position that was taken in.
    taken: Option<String>,
}

/// The place of a commit among those that are not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    shard: String,
    id: u64,
}

impl Marks {
    /// An earlier run has done everything up to these positions.
    pub(crate) fn behind(positions: &Positions) -> Self {
        let shards = positions.iter().map(|(shard, position)| {
            (shard.clone(), Shard { taken: Some(position.clone()), ..Shard::default() })
        });
        Self { shards: shards.collect(), next: 0 }
    }

    /// Whether a position has been taken in before.
    pub(crate) fn knows(&self, shard: &str, position: &str) -> bool {
        let taken = self.shards.get(shard).and_then(|shard| shard.taken.as_deref());
        taken.is_some_and(|taken| position <= taken)
    }

    /// Takes in a commit that is to be done.
    pub(crate) fn open(&mut self, name: &str, position: &str) -> Place {
        let (id, shard) = self.take_in(name, position);
        shard.open.insert(id);
        Place { shard: name.to_owned(), id }
    }

    /// Takes in the end of a page.
    pub(crate) fn end(&mut self, name: &str, position: &str) {
        let (id, shard) = self.take_in(name, position);
        shard.ends.insert(id, position.to_owned());
        shard.forget_end_before(id);
    }

    fn take_in(&mut self, name: &str, position: &str) -> (u64, &mut Shard) {
        let id = self.next;
        self.next += 1;
        let shard = self.shards.entry(name.to_owned()).or_default();
        if shard.taken.as_deref().is_none_or(|taken| taken < position) {
            shard.taken = Some(position.to_owned());
        }
        (id, shard)
    }

    pub(crate) fn done(&mut self, place: &Place) {
        let Some(shard) = self.shards.get_mut(&place.shard) else { return };
        shard.open.remove(&place.id);
        let next = shard.ends.range(place.id..).next().map(|(id, _)| *id);
        if let Some(next) = next {
            shard.forget_end_before(next);
        }
    }

    /// The ends of pages before which everything is done, the last one of each shard; each is given once.
    pub(crate) fn take_reached(&mut self) -> Positions {
        let mut reached = Positions::new();
        for (name, shard) in &mut self.shards {
            let left = match shard.open.first() {
                Some(first) => shard.ends.split_off(first),
                None => BTreeMap::new(),
            };
            let passed = std::mem::replace(&mut shard.ends, left);
            if let Some(last) = passed.into_values().max() {
                reached.insert(name.clone(), last);
            }
        }
        reached
    }
}

impl Shard {
    /// If nothing is open between two ends, the first is never reached without the second.
    fn forget_end_before(&mut self, end: u64) {
        let Some((before, position)) = self.ends.range(..end).next_back() else { return };
        let (before, position) = (*before, position.clone());
        if self.open.range(before..end).next().is_some() {
            return;
        }
        self.ends.remove(&before);
        // A feed may be read from an earlier place again: what was reached stays reached.
        if let Some(kept) = self.ends.get_mut(&end).filter(|kept| **kept < position) {
            *kept = position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str) -> Positions {
        Positions::from([("a".to_owned(), text.to_owned())])
    }

    #[test]
    fn a_position_is_reached_when_everything_before_it_is_done() {
        let mut marks = Marks::default();
        let (one, two) = (marks.open("a", "1"), marks.open("a", "2"));
        marks.end("a", "2");
        let three = marks.open("a", "3");
        marks.end("a", "4");
        marks.done(&two);
        marks.done(&three);
        assert_eq!(marks.take_reached(), Positions::new(), "1 is not done");
        marks.done(&one);
        assert_eq!(marks.take_reached(), position("4"));
        assert_eq!(marks.take_reached(), Positions::new(), "once");
        assert!(marks.knows("a", "4") && !marks.knows("a", "5") && !marks.knows("b", "1"));
    }

    #[test]
    fn shards_are_apart() {
        let mut marks = Marks::behind(&position("5"));
        assert!(marks.knows("a", "5"));
        let waits = marks.open("a", "6");
        marks.end("a", "6");
        marks.end("b", "1");
        assert_eq!(marks.take_reached(), Positions::from([("b".to_owned(), "1".to_owned())]));
        marks.done(&waits);
        assert_eq!(marks.take_reached(), position("6"));
    }

    #[test]
    fn what_is_done_behind_an_open_commit_takes_no_memory() {
        let mut marks = Marks::default();
        let hangs = marks.open("a", "00000");
        let mut late = Vec::new();
        for number in 1..10_000 {
            let position = format!("{number:05}");
            let place = marks.open("a", &position);
            match number % 3 {
                0 => late.push(place),
                _ => marks.done(&place),
            }
            marks.end("a", &position);
        }
        // In any order.
        late.iter().rev().for_each(|place| marks.done(place));
        assert_eq!(marks.take_reached(), Positions::new());
        let shard = &marks.shards["a"];
        assert_eq!((shard.open.len(), shard.ends.len()), (1, 1));
        marks.done(&hangs);
        assert_eq!(marks.take_reached(), position("09999"));
    }
}
