//! Places in JSON that `serde_json` has accepted, which bounds the depth: it refuses more than 128 levels.

use crate::file::locate::{Entry, Lines, Node, Shape};

pub(super) fn tree(text: &str) -> Option<Node> {
    let mut scanner = Scanner {
        text,
        at: 0,
        lines: Lines::new(text),
    };
    scanner.value()
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    lines: Lines<'t>,
}

impl Scanner<'_> {
    fn value(&mut self) -> Option<Node> {
        self.skip_space();
        let at = self.lines.spot(self.at);
        let shape = match self.peek()? {
            b'{' => self.map()?,
            b'[' => self.list()?,
            b'"' => Shape::Text(self.string()?),
            _ => {
                let more = |byte: u8| !byte.is_ascii_whitespace() && !b",]}".contains(&byte);
                self.skip_while(more);
                Shape::Other
            }
        };
        Some(Node { at, shape })
    }

    fn map(&mut self) -> Option<Shape> {
        let mut entries = Vec::new();
        self.at += 1;
        while self.more(b'}')? {
            let key_at = self.lines.spot(self.at);
            let key = self.string()?;
            self.skip_space();
            self.at += 1; // the colon
            let value = self.value()?;
            entries.push(Entry { key, key_at, value });
        }
        Some(Shape::Map(entries))
    }

    fn list(&mut self) -> Option<Shape> {
        let mut items = Vec::new();
        self.at += 1;
        while self.more(b']')? {
            items.push(self.value()?);
        }
        Some(Shape::List(items))
    }

    /// Goes to the next item; if there is none, behind the end.
    fn more(&mut self, end: u8) -> Option<bool> {
        self.skip_space();
        if self.peek()? == b',' {
            self.at += 1;
            self.skip_space();
        }
        let ended = self.peek()? == end;
        self.at += usize::from(ended);
        Some(!ended)
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            self.skip_while(|byte| byte != b'"' && byte != b'\\');
            if self.peek()? == b'"' {
                break;
            }
            self.at += 2; // a backslash and what it escapes
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        self.skip_while(|byte| byte.is_ascii_whitespace());
    }

    fn skip_while(&mut self, skip: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skip) {
            self.at += 1;
        }
    }
}
