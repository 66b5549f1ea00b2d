//! The modules of a crate, the names in them, and where a path leads.

use std::collections::BTreeMap;

use crate::Files;
use crate::reader;

pub(crate) const ROOT: usize = 0;

/// What is known about a crate after its files were read.
#[derive(Default)]
pub(crate) struct House {
    pub(crate) modules: Vec<Module>,
    pub(crate) mentions: Vec<Mention>,
}

#[derive(Default)]
pub(crate) struct Module {
    /// The module of the root in which it lies; none for the root.
    pub(crate) room: Option<String>,
    pub(crate) parent: usize,
    pub(crate) file: String,
    /// Where files of its own modules lie, with a slash at the end.
    pub(crate) folder: String,
    pub(crate) names: BTreeMap<String, Name>,
    pub(crate) globs: Vec<Vec<String>>,
}

pub(crate) enum Name {
    Item,
    Module(usize),
    Use(Vec<String>),
    /// A macro that is at the root, whatever module has written it.
    Exported(usize),
}

/// A path in the code.
pub(crate) struct Mention {
    pub(crate) module: usize,
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) glob: bool,
}

/// From a file to a file of another room.
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) line: usize,
    pub(crate) to: usize,
}

impl House {
    /// Starts at `lib.rs`; a file that only tests reach is not read.
    pub(crate) fn of(files: &Files) -> Self {
        reader::read(files)
    }

    pub(crate) fn room(&self, module: usize) -> Option<&str> {
        self.modules[module].room.as_deref()
    }

    /// An existing name stays, unless it is that of an item: paths go through modules and imports.
    pub(crate) fn name(&mut self, module: usize, name: String, means: Name) {
        let names = &mut self.modules[module].names;
        if matches!(names.get(&name), None | Some(Name::Item)) {
            names.insert(name, means);
        }
    }

    pub(crate) fn glob(&mut self, module: usize, path: Vec<String>) {
        self.modules[module].globs.push(path);
    }

    /// The arrow of a mention. Paths within a room are no arrows, and neither are those in `lib.rs`.
    pub(crate) fn arrow(&self, mention: &Mention) -> Option<Arrow> {
        let own = self.room(mention.module)?;
        let mut trail = Vec::new();
        self.walk(mention.module, &mention.path, &mut trail, &mut Vec::new());
        let mut abroad =
            trail.into_iter().skip_while(|module| self.room(*module).is_none_or(|room| room == own));
        let first = abroad.next()?;
        let to = abroad.take_while(|module| self.room(*module) == self.room(first)).last().unwrap_or(first);
        Some(Arrow { from: mention.module, line: mention.line, to })
    }

    /// Whether it brings all names of the root into a room: nobody sees then which rooms are meant.
    pub(crate) fn opens_all(&self, mention: &Mention) -> bool {
        let leads_to = || self.walk(mention.module, &mention.path, &mut Vec::new(), &mut Vec::new());
        mention.glob && self.room(mention.module).is_some() && leads_to() == Some(ROOT)
    }

    /// The module that a path names, if it names one. `trail` gets the modules that it leads through.
    fn walk(
        &self,
        from: usize,
        path: &[String],
        trail: &mut Vec<usize>,
        seen: &mut Vec<(usize, String)>,
    ) -> Option<usize> {
        let mut at = from;
        for segment in path {
            at = match segment.as_str() {
                "crate" => ROOT,
                "self" => at,
                "super" => self.modules[at].parent,
                name => self.step(at, name, trail, seen)?,
            };
            trail.push(at);
        }
        Some(at)
    }

    /// A name, looked up in a module. An unknown name belongs to another crate, or to the language.
    fn step(
        &self,
        at: usize,
        name: &str,
        trail: &mut Vec<usize>,
        seen: &mut Vec<(usize, String)>,
    ) -> Option<usize> {
        let place = (at, name.to_owned());
        if seen.contains(&place) {
            return None;
        }
        seen.push(place);
        match self.modules[at].names.get(name) {
            Some(Name::Item) => None,
            Some(Name::Module(module)) => Some(*module),
            Some(Name::Use(path)) => self.walk(at, path, trail, seen),
            Some(Name::Exported(module)) => {
                trail.push(*module);
                None
            }
            None => {
                let mut open = self.modules[at].globs.iter().filter_map(|path| {
                    let module = self.walk(at, path, &mut Vec::new(), &mut seen.clone())?;
                    self.modules[module].names.contains_key(name).then_some(module)
                });
                let module = open.next()?;
                trail.push(module);
                self.step(module, name, trail, seen)
            }
        }
    }
}
