//! The data of server-sent events, out of a stream that comes in pieces.
//!
//! The rules are those of the HTML standard, §9.2.6 "Interpreting an event stream": lines end in LF, CR LF or CR; a
//! byte order mark in front is passed over; a line that begins with a colon is a comment; a line `data:` is data, less
//! one space; several of one event are joined with LF; a blank line ends the event. All other fields are passed over.

use std::mem;

/// What comes out of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'s> {
    /// A piece of the event's data.
    Data(&'s [u8]),
    /// The event has ended; it may have had no data.
    End,
}

/// A push parser of an event stream; it keeps no byte of it.
#[derive(Debug)]
pub(super) struct EventStream {
    line: Line,
    /// A LF that comes now belongs to the line before.
    after_cr: bool,
    /// Whether the event has had data.
    data: bool,
}

/// How far a line has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// So many bytes of the byte order mark were read.
    Mark(usize),
    /// So many bytes of `data` were read, and nothing else.
    Name(usize),
    /// After `data:`; a space is passed over.
    Colon,
    /// In the data.
    Data,
    /// In a line that does not matter.
    Other,
}

const MARK: &[u8] = b"\xef\xbb\xbf";
const DATA: &[u8] = b"data";

impl EventStream {
    pub(super) const fn new() -> Self {
        Self {
            line: Line::Mark(0),
            after_cr: false,
            data: false,
        }
    }

    /// Reads on, and gives `out` what there is.
    pub(super) fn read(&mut self, mut bytes: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if mem::take(&mut self.after_cr) && byte == b'\n' {
                bytes = rest;
            } else if matches!(byte, b'\n' | b'\r') {
                bytes = rest;
                self.after_cr = byte == b'\r';
                self.end_line(out);
            } else {
                bytes = self.read_line(bytes, out);
            }
        }
    }

    fn end_line(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        match mem::replace(&mut self.line, Line::Name(0)) {
            Line::Mark(0) | Line::Name(0) => {
                self.data = false;
                out(Piece::End);
            }
            // A field without a colon has an empty value.
            Line::Name(read) if read == DATA.len() => self.begin_data(out),
            Line::Mark(_) | Line::Name(_) | Line::Colon | Line::Data | Line::Other => {}
        }
    }

    /// Reads of a line that goes on at least a byte; returns what is left.
    fn read_line<'b>(&mut self, bytes: &'b [u8], out: &mut impl FnMut(Piece<'_>)) -> &'b [u8] {
        let Some((&byte, rest)) = bytes.split_first() else {
            return bytes;
        };
        match self.line {
            Line::Mark(read) if MARK.get(read) == Some(&byte) => {
                let read = read.saturating_add(1);
                self.line = if read == MARK.len() {
                    Line::Name(0)
                } else {
                    Line::Mark(read)
                };
            }
            Line::Mark(0) => {
                self.line = Line::Name(0);
                return bytes;
            }
            Line::Name(read) if DATA.get(read) == Some(&byte) => {
                self.line = Line::Name(read.saturating_add(1));
            }
            Line::Name(read) if read == DATA.len() && byte == b':' => {
                self.begin_data(out);
                self.line = Line::Colon;
            }
            Line::Mark(_) | Line::Name(_) => self.line = Line::Other,
            Line::Colon if byte == b' ' => self.line = Line::Data,
            Line::Colon | Line::Data => {
                self.line = Line::Data;
                let (data, rest) = cut(bytes);
                out(Piece::Data(data));
                return rest;
            }
            Line::Other => return cut(bytes).1,
        }
        rest
    }

    /// Each line of data but the first begins with the line's end.
    fn begin_data(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        if mem::replace(&mut self.data, true) {
            out(Piece::Data(b"\n"));
        }
    }
}

/// What of `bytes` belongs to this line, and the rest.
fn cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    bytes
        .split_at_checked(end.unwrap_or(bytes.len()))
        .unwrap_or((bytes, &[]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data of each event, whatever pieces the stream comes in; what has not ended is the last.
    fn events<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<Vec<u8>> {
        let (mut stream, mut events) = (EventStream::new(), vec![Vec::new()]);
        for piece in pieces {
            stream.read(piece, &mut |out| match out {
                Piece::Data(data) => events.last_mut().unwrap().extend_from_slice(data),
                Piece::End => events.push(Vec::new()),
            });
        }
        events
    }

    /// The slow twin: the standard's words, on the whole stream at once.
    fn whole(stream: &[u8]) -> Vec<Vec<u8>> {
        let stream = stream.strip_prefix(MARK).unwrap_or(stream);
        // CR LF is one end of a line; a marker byte stands for all of them.
        let mut lines = vec![Vec::new()];
        let mut rest = stream;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\r' => {
                    rest = rest.strip_prefix(b"\n").unwrap_or(rest);
                    lines.push(Vec::new());
                }
                b'\n' => lines.push(Vec::new()),
                _ => lines.last_mut().unwrap().push(byte),
            }
        }
        let unfinished = lines.pop().unwrap();
        let (mut events, mut data) = (Vec::new(), Vec::<Vec<u8>>::new());
        let value = |line: &[u8]| {
            let value = line
                .strip_prefix(b"data:")
                .or((line == b"data").then_some(b"".as_slice()))?;
            Some(value.strip_prefix(b" ").unwrap_or(value).to_vec())
        };
        for line in &lines {
            if line.is_empty() {
                events.push(mem::take(&mut data).join(&b'\n'));
            } else {
                data.extend(value(line));
            }
        }
        if unfinished != b"data" {
            data.extend(value(&unfinished));
        }
        events.push(data.join(&b'\n'));
        events
    }

    #[test]
    fn lines_end_in_three_ways_and_several_are_one_event() {
        let stream = b"\xef\xbb\xbfevent: a\ndata: {\r\ndata:1}\rid: 1\n\n: comment\rdata:  two\r\n\r\ndata\n\n";
        assert_eq!(events([&stream[..]]), [&b"{\n1}"[..], b" two", b"", b""]);
    }

    #[test]
    fn fields_that_only_look_like_data_are_none() {
        let stream =
            b"datas: 1\ndat: 2\n data: 3\nDATA: 4\n:data: 5\n\xef\xbb\xbfdata: 6\ndata : 7\n\n";
        assert_eq!(events([&stream[..]]), [b"", b""]);
    }

    #[test]
    fn half_a_byte_order_mark_is_a_field_of_an_unknown_name() {
        assert_eq!(events([&b"\xef\xbbdata: 1\n\n"[..]]), [b"", b""]);
        assert_eq!(events([&b"\xef\n\ndata: 1\n\n"[..]]), [&b""[..], b"1", b""]);
    }

    /// Streams of the bytes that mean something.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let part = proptest::sample::select(vec![
            &b"data:"[..],
            b"data",
            b"\n",
            b"\r",
            b"\r\n",
            b" ",
            b":",
            b"x",
            b"event: y",
            b"\xef\xbb\xbf",
            b"\xef",
        ]);
        proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_stream_in_any_pieces_is_what_the_standard_says(stream in stream(), size in 1_usize..8) {
            prop_assert_eq!(events(stream.chunks(size)), whole(&stream));
        }
    }
}
