//! Finds the member `usage` in JSON that comes in pieces, and keeps nothing else of it.
//!
//! It looks at two places, at the top of the document and in one member there, and counts brackets everywhere else.
//! It does not check the document: of JSON it says what a parser would say, and of anything else something or
//! nothing. What it finds is for a parser to read.

mod kept;

use self::kept::Kept;

/// Bytes of a usage that are kept; one that is longer is none. Those that are sent have less than a thousand.
pub(super) const MOST_VALUE: usize = 4096;
/// Bytes of a member's name that are kept: enough for `response`, each letter as an escape of six bytes.
pub(super) const MOST_NAME: usize = 64;

/// Where a usage was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The member `usage` at the top of the document.
    Top,
    /// The member `usage` of the object that is the parent's value at the top.
    Nested,
}

impl Place {
    /// How many brackets are open around its members.
    const fn depth(self) -> u64 {
        match self {
            Self::Top => 1,
            Self::Nested => 2,
        }
    }
}

/// A push parser of one document. It tells of each `usage` when it begins (`None`: what was found in this place before
/// counts no more) and when it has ended, if it is an object of at most [`MOST_VALUE`] bytes (`Some`, its bytes).
#[derive(Debug)]
pub(super) struct Scanner {
    /// The member at the top that is looked into.
    parent: &'static str,
    depth: u64,
    text: Text,
    /// Whether the document has ended.
    done: bool,
    /// The innermost open object that is looked at, if one is.
    watched: Option<Place>,
    member: Member,
    name: Kept<MOST_NAME>,
    value: Kept<MOST_VALUE>,
    /// Whose value is being kept.
    keeping: Option<Place>,
}

/// Whether this is in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// How far the watched object has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    /// The next string is a name.
    Awaited,
    /// In a name.
    Name,
    /// After this name.
    Named(Name),
    /// After this name and its colon.
    Value(Name),
}

/// A member's name, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Usage,
    Parent,
    Other,
}

impl Scanner {
    pub(super) const fn new(parent: &'static str) -> Self {
        Self {
            parent,
            depth: 0,
            text: Text::Outside,
            done: false,
            watched: None,
            member: Member::Awaited,
            name: Kept::new(),
            value: Kept::new(),
            keeping: None,
        }
    }

    /// Begins a new document, with the memory of the last.
    pub(super) fn reset(&mut self) {
        self.depth = 0;
        self.text = Text::Outside;
        self.done = false;
        self.watched = None;
        self.member = Member::Awaited;
        self.keeping = None;
    }

    /// Reads on, and gives `found` what there is.
    pub(super) fn read(&mut self, mut data: &[u8], found: &mut impl FnMut(Place, Option<&[u8]>)) {
        while let Some((&byte, rest)) = data.split_first() {
            if self.done {
                return;
            }
            data = rest;
            match self.text {
                Text::Outside => self.outside(byte, found),
                Text::Inside => {
                    self.inside(byte);
                    data = self.skip(data);
                }
                Text::Escaped => {
                    self.keep(byte);
                    self.text = Text::Inside;
                }
            }
        }
    }

    /// Passes over the part of a string of which nothing matters.
    fn skip<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        if self.text != Text::Inside || self.keeping.is_some() || self.member == Member::Name {
            return data;
        }
        let ordinary = |byte: &u8| *byte != b'"' && *byte != b'\\';
        let from = data.iter().position(|byte| !ordinary(byte));
        from.and_then(|from| data.get(from..)).unwrap_or_default()
    }

    fn inside(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.text = Text::Outside;
                if self.member == Member::Name {
                    self.member = Member::Named(self.name.read(self.parent, self.watched));
                } else {
                    self.keep(byte);
                }
            }
            b'\\' => {
                self.keep(byte);
                self.text = Text::Escaped;
            }
            _ => self.keep(byte),
        }
    }

    fn outside(&mut self, byte: u8, found: &mut impl FnMut(Place, Option<&[u8]>)) {
        match byte {
            b'"' => self.quote(),
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(byte, found),
            b':' => self.colon(found),
            b',' if self.is_watching() => self.member = Member::Awaited,
            _ => self.keep(byte),
        }
    }

    /// Whether the innermost open bracket is an object that is looked at.
    fn is_watching(&self) -> bool {
        self.watched
            .is_some_and(|place| place.depth() == self.depth)
    }

    fn quote(&mut self) {
        self.text = Text::Inside;
        if self.is_watching() && self.member == Member::Awaited {
            self.member = Member::Name;
            self.name.clear();
        } else {
            self.keep(b'"');
        }
    }

    fn colon(&mut self, found: &mut impl FnMut(Place, Option<&[u8]>)) {
        if let (true, Member::Named(name), Some(place)) =
            (self.is_watching(), self.member, self.watched)
        {
            self.member = Member::Value(name);
            match name {
                Name::Usage => found(place, None),
                Name::Parent => found(Place::Nested, None),
                Name::Other => {}
            }
        } else {
            self.keep(b':');
        }
    }

    fn open(&mut self, byte: u8) {
        if byte == b'{' {
            self.open_object();
        }
        self.depth = self.depth.saturating_add(1);
        self.keep(byte);
    }

    fn open_object(&mut self) {
        if self.depth == 0 {
            self.watched = Some(Place::Top);
            self.member = Member::Awaited;
        } else if self.is_watching() {
            match self.member {
                Member::Value(Name::Usage) => {
                    self.keeping = self.watched;
                    self.value.clear();
                }
                Member::Value(Name::Parent) => {
                    self.watched = Some(Place::Nested);
                    self.member = Member::Awaited;
                }
                Member::Value(Name::Other) | Member::Awaited | Member::Name | Member::Named(_) => {}
            }
        }
    }

    fn close(&mut self, byte: u8, found: &mut impl FnMut(Place, Option<&[u8]>)) {
        self.keep(byte);
        self.depth = self.depth.saturating_sub(1);
        self.done = self.depth == 0;
        if let Some(place) = self.keeping.filter(|place| place.depth() == self.depth) {
            self.keeping = None;
            self.member = Member::Value(Name::Other);
            if let Some(value) = self.value.whole() {
                found(place, Some(value));
            }
        } else if self.watched == Some(Place::Nested) && self.depth == Place::Top.depth() {
            self.watched = Some(Place::Top);
            self.member = Member::Value(Name::Other);
        }
    }

    /// Keeps a byte where it is part of something that is kept.
    fn keep(&mut self, byte: u8) {
        if self.keeping.is_some() {
            self.value.push(byte);
        } else if self.member == Member::Name {
            self.name.push(byte);
        }
    }

    /// Bytes that it has allocated.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.name.heap() + self.value.heap()
    }
}

impl Kept<MOST_NAME> {
    /// What the bytes between its quotes name.
    fn read(&self, parent: &str, place: Option<Place>) -> Name {
        let is = |name: &str| self.whole().is_some_and(|raw| spells(raw, name));
        if is("usage") {
            Name::Usage
        } else if place == Some(Place::Top) && is(parent) {
            Name::Parent
        } else {
            Name::Other
        }
    }
}

/// Whether a string of JSON, without its quotes, is `name`.
fn spells(raw: &[u8], name: &str) -> bool {
    if !raw.contains(&b'\\') {
        return raw == name.as_bytes();
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).is_ok_and(|read| read == name)
}

#[cfg(test)]
mod tests;
