use std::collections::{BTreeMap, VecDeque};

use super::Positions;

/// What of a feed is done, and what is not: a position may be kept when everything before it is done.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    shards: BTreeMap<String, Shard>,
    next: u64,
}

#[derive(Debug, Default)]
struct Shard {
    /// In the order of the feed.
    open: VecDeque<Mark>,
    /// The last position that was taken in.
    taken: Option<String>,
}

#[derive(Debug)]
struct Mark {
    id: u64,
    position: String,
    /// A page ends here: positions are kept at the ends of pages.
    end: bool,
    done: bool,
}

/// Where a commit stands among those that are not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    shard: String,
    id: u64,
}

impl Marks {
    /// What is at these positions, or before them, was done by an earlier run.
    pub(crate) fn behind(positions: &Positions) -> Self {
        let shards = positions.iter().map(|(shard, position)| {
            (shard.clone(), Shard { open: VecDeque::new(), taken: Some(position.clone()) })
        });
        Self { shards: shards.collect(), next: 0 }
    }

    /// Whether a position has been taken in before.
    pub(crate) fn knows(&self, shard: &str, position: &str) -> bool {
        let taken = self.shards.get(shard).and_then(|shard| shard.taken.as_deref());
        taken.is_some_and(|taken| position <= taken)
    }

    /// Takes in a commit that is to be done.
    pub(crate) fn open(&mut self, shard: &str, position: &str) -> Place {
        Place { shard: shard.to_owned(), id: self.push(shard, position, false) }
    }

    /// Takes in the end of a page.
    pub(crate) fn end(&mut self, shard: &str, position: &str) {
        self.push(shard, position, true);
    }

    fn push(&mut self, name: &str, position: &str, end: bool) -> u64 {
        let id = self.next;
        self.next += 1;
        let shard = self.shards.entry(name.to_owned()).or_default();
        shard.open.push_back(Mark { id, position: position.to_owned(), end, done: end });
        if shard.taken.as_deref().is_none_or(|taken| taken < position) {
            shard.taken = Some(position.to_owned());
        }
        id
    }

    pub(crate) fn done(&mut self, place: &Place) {
        let Some(shard) = self.shards.get_mut(&place.shard) else { return };
        if let Ok(index) = shard.open.binary_search_by_key(&place.id, |mark| mark.id)
            && let Some(mark) = shard.open.get_mut(index)
        {
            mark.done = true;
        }
    }

    /// The ends of pages before which everything is done, the last one of each shard; each is given once.
    pub(crate) fn take_reached(&mut self) -> Positions {
        let mut reached = Positions::new();
        for (name, shard) in &mut self.shards {
            while shard.open.front().is_some_and(|mark| mark.done) {
                if let Some(mark) = shard.open.pop_front().filter(|mark| mark.end) {
                    let last = reached.entry(name.clone()).or_default();
                    if *last < mark.position {
                        *last = mark.position;
                    }
                }
            }
        }
        reached
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
}
