//! Checks the arrows of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use crate::Files;
use crate::house::{Arrow, House};

/// Arrows by the rooms from which and to which they lead; one for each pair of files.
type Arrows<'h> = BTreeMap<(&'h str, &'h str), BTreeMap<(&'h str, &'h str), usize>>;

/// The faults of a crate, whose files are named with `root` in front. `floors` are its rooms, top to bottom.
pub(crate) fn faults(root: &str, floors: &[&[&str]], files: &Files) -> Vec<String> {
    let house = House::of(files);
    let arrows = arrows(&house);
    let mut faults = misplaced(root, floors, &house);
    for mention in house.mentions.iter().filter(|mention| house.opens_all(mention)) {
        let file = &house.modules[mention.module].file;
        faults.push(format!("{root}{file}:{}: `*` opens all rooms at once: name what is used", mention.line));
    }
    // A circle has an upward arrow in it, unless all of its rooms are on one floor.
    let (upward, others): (Arrows<'_>, Arrows<'_>) =
        arrows.into_iter().partition(|((room, other), _)| runs_up(floors, room, other));
    faults.extend(upward.iter().flat_map(|((room, other), files)| {
        files.iter().map(move |((file, target), line)| {
            format!("{root}{file}:{line} runs up to {root}{target}: `{other}` is above `{room}`")
        })
    }));
    faults.extend(circles(&others).iter().map(|rooms| circle(root, rooms, &others)));
    faults
}

fn runs_up(floors: &[&[&str]], room: &str, other: &str) -> bool {
    let floor = |room: &str| floors.iter().position(|floor| floor.contains(&room));
    floor(room).zip(floor(other)).is_some_and(|(from, to)| to < from)
}

fn arrows(house: &House) -> Arrows<'_> {
    let mut arrows = Arrows::new();
    for Arrow { from, line, to } in house.mentions.iter().filter_map(|mention| house.arrow(mention)) {
        let (Some(room), Some(other)) = (house.room(from), house.room(to)) else { continue };
        let pair = (house.modules[from].file.as_str(), house.modules[to].file.as_str());
        let first = arrows.entry((room, other)).or_default().entry(pair).or_insert(line);
        *first = line.min(*first);
    }
    arrows
}

/// Rooms without a floor, and floors with a name that is not a room, or that is a room of another floor.
fn misplaced(root: &str, floors: &[&[&str]], house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    let mut planned = BTreeSet::new();
    for room in floors.iter().copied().flatten() {
        if !planned.insert(*room) {
            faults.push(format!("`{room}` stands twice in the floors of {root}"));
        }
    }
    let mut rooms = BTreeMap::new();
    for module in &house.modules {
        if let Some(room) = &module.room {
            rooms.entry(room.as_str()).or_insert(&module.file);
        }
    }
    for (room, file) in &rooms {
        if !planned.contains(room) {
            faults.push(format!("{root}{file}: `{room}` has no floor: give it one in `plan.rs`"));
        }
    }
    for room in planned {
        if !rooms.contains_key(room) {
            faults.push(format!(
                "`{room}` has a floor, and there is no such room in {root}: take it out of `plan.rs`"
            ));
        }
    }
    faults
}

/// Groups of rooms in which each leads to all others.
fn circles<'h>(arrows: &Arrows<'h>) -> Vec<BTreeSet<&'h str>> {
    let rooms: BTreeSet<&str> = arrows.keys().flat_map(|(room, other)| [*room, *other]).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        rooms.iter().map(|room| (*room, reached(room, arrows))).collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for room in rooms {
        if reached[room].contains(room) && !circles.iter().any(|circle| circle.contains(room)) {
            circles
                .push(reached[room].iter().copied().filter(|other| reached[other].contains(room)).collect());
        }
    }
    circles
}

fn next<'a, 'h>(room: &'a str, arrows: &'a Arrows<'h>) -> impl Iterator<Item = &'h str> + use<'a, 'h> {
    arrows.keys().filter(move |(from, _)| *from == room).map(|(_, to)| *to)
}

fn reached<'h>(room: &str, arrows: &Arrows<'h>) -> BTreeSet<&'h str> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<_> = next(room, arrows).collect();
    while let Some(room) = ahead.pop() {
        if reached.insert(room) {
            ahead.extend(next(room, arrows));
        }
    }
    reached
}

/// The group, and the shortest ways around that each of its rooms is on.
fn circle(root: &str, rooms: &BTreeSet<&str>, arrows: &Arrows<'_>) -> String {
    let names: Vec<_> = rooms.iter().map(|room| format!("`{room}`")).collect();
    let mut text = format!("{} rooms of {root} lie on a circle: {}", rooms.len(), names.join(", "));
    let mut shown = BTreeSet::new();
    for room in rooms {
        if shown.contains(room) {
            continue;
        }
        let around = around(room, arrows);
        shown.extend(around.iter().copied());
        for (room, other) in around.iter().zip(around.iter().cycle().skip(1)) {
            let ((file, target), line) =
                arrows[&(*room, *other)].first_key_value().expect("an arrow has files");
            write!(text, "\n  `{room}` → `{other}`: {root}{file}:{line} names {root}{target}").unwrap();
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The shortest way from a room back to it: its rooms in order.
fn around<'h>(start: &'h str, arrows: &Arrows<'h>) -> Vec<&'h str> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for room in next(way.last().copied().unwrap_or(start), arrows) {
            if room == start {
                return way;
            }
            if seen.insert(room) {
                ways.push_back([way.as_slice(), &[room]].concat());
            }
        }
    }
    Vec::new()
}
