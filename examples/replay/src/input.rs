//! The lines of a log: what each of them asks for, or what is wrong with it.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate::{Access, Cost, Scope, TenantId, TenantsConfig};

use crate::config;
use crate::fields;
use crate::problem::{Problem, without_place, wrong};
use crate::time::Millis;

/// The longest line, in bytes: a config of many tenants fits, a file without line breaks does not.
const MOST_BYTES: u64 = 64 << 20;

/// A line of a log.
#[derive(Debug)]
pub(crate) struct Line<'l> {
    /// Its place in the log, from 1.
    pub(crate) number: u64,
    /// When it happens, from the start of the replay.
    pub(crate) at: Millis,
    /// What happens.
    pub(crate) input: Input<'l>,
}

/// What a line asks for.
#[derive(Debug)]
pub(crate) enum Input<'l> {
    /// A decision.
    Request(Request<'l>),
    /// New configs for the tenants in it; all others stay as they are.
    Config(TenantsConfig),
    /// No more requests of this tenant.
    Suspend(TenantId),
    /// Requests of this tenant again.
    Resume(TenantId),
}

/// A request, as the log has it.
#[derive(Debug)]
pub(crate) struct Request<'l> {
    pub(crate) tenant: TenantId,
    pub(crate) cost: Cost,
    model: Option<Cow<'l, str>>,
    tool: Option<Cow<'l, str>>,
    method: Option<Cow<'l, str>>,
    path: Option<Cow<'l, str>>,
    /// When it ends, counted from the request, and at what cost. Without, it ends at once.
    pub(crate) settle: Option<(Millis, Cost)>,
}

impl Request<'_> {
    /// What the policy is asked about.
    pub(crate) fn access(&self) -> Access<'_> {
        Access {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            method: self.method.as_deref(),
            path: self.path.as_deref(),
            ..Access::default()
        }
    }

    /// What limits with a `match` are asked about.
    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            route: self.path.as_deref(),
        }
    }
}

/// The lines of a log, one after the other.
///
/// One line is in memory at a time, of at most 64 MiB. Blank lines are passed over, and counted.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    last: Option<(u64, Millis)>,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            number: 0,
            last: None,
        }
    }

    /// The next line; `None` at the end of the log.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'_>>, Problem> {
        if !self.read()? {
            return Ok(None);
        }
        let number = self.number;
        let problem = |problem| Problem::of_line(number, problem);
        let text = std::str::from_utf8(&self.buffer).map_err(|error| problem(error.to_string()))?;
        let (at, input) = parse(text).map_err(problem)?;
        if let Some((earlier, last)) = self.last.filter(|&(_, last)| at < last) {
            let bound = format!("must not be before {last}, the time of line {earlier}");
            return Err(problem(wrong("t_ms", &at.to_string(), bound)));
        }
        self.last = Some((number, at));
        Ok(Some(Line { number, at, input }))
    }

    /// Reads a line that is not blank into the buffer; says whether there is one.
    fn read(&mut self) -> Result<bool, Problem> {
        loop {
            self.buffer.clear();
            self.number += 1;
            let mut reader = self.reader.by_ref().take(MOST_BYTES + 1);
            let read = reader.read_until(b'\n', &mut self.buffer);
            let bytes = read.map_err(|error| Problem::of_line(self.number, error))?;
            if bytes == 0 {
                return Ok(false);
            }
            if u64::try_from(bytes).is_ok_and(|bytes| bytes > MOST_BYTES) {
                let bound = format!("must have at most {MOST_BYTES} bytes");
                return Err(Problem::of_line(self.number, bound));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

/// The fields as they were found; `null` is as good as none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'l> {
    #[serde(borrow)]
    t_ms: Option<&'l RawValue>,
    tenant: Option<&'l RawValue>,
    cost: Option<&'l RawValue>,
    model: Option<&'l RawValue>,
    tool: Option<&'l RawValue>,
    method: Option<&'l RawValue>,
    path: Option<&'l RawValue>,
    settle: Option<&'l RawValue>,
    config: Option<&'l RawValue>,
    suspend: Option<&'l RawValue>,
    resume: Option<&'l RawValue>,
}

fn parse(text: &str) -> Result<(Millis, Input<'_>), String> {
    // serde would take a list for an object, too.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(wrong("the line", text.trim_end(), "must be a JSON object"));
    }
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| {
        let column = error.column();
        format!("{} (column {column})", without_place(&error))
    })?;
    let Some(at) = raw.t_ms else {
        return Err("t_ms: must be given".to_owned());
    };
    Ok((fields::millis("t_ms", at)?, raw.input()?))
}

impl<'l> Raw<'l> {
    fn input(&self) -> Result<Input<'l>, String> {
        match (self.tenant, self.config, self.suspend, self.resume) {
            (Some(tenant), None, None, None) => self.request(tenant).map(Input::Request),
            (None, Some(config), None, None) => {
                self.has_no_request("config")?;
                let tenants = config::inline(config.get());
                let named = |problems: String| {
                    let problems = problems.lines().map(|problem| format!("config: {problem}"));
                    problems.collect::<Vec<_>>().join("\n")
                };
                tenants.map(Input::Config).map_err(named)
            }
            (None, None, Some(tenant), None) => {
                self.has_no_request("suspend")?;
                fields::tenant("suspend", tenant).map(Input::Suspend)
            }
            (None, None, None, Some(tenant)) => {
                self.has_no_request("resume")?;
                fields::tenant("resume", tenant).map(Input::Resume)
            }
            _ => Err("must have exactly one of tenant, config, suspend and resume".to_owned()),
        }
    }

    fn request(&self, tenant: &RawValue) -> Result<Request<'l>, String> {
        let Some(cost) = self.cost else {
            return Err("cost: must be given".to_owned());
        };
        let text = |field, raw: Option<&'l RawValue>| raw.map(|raw| fields::text(field, raw));
        let settle = self.settle.map(|raw| fields::settlement("settle", raw));
        Ok(Request {
            tenant: fields::tenant("tenant", tenant)?,
            cost: fields::cost("cost", cost)?,
            model: text("model", self.model).transpose()?,
            tool: text("tool", self.tool).transpose()?,
            method: text("method", self.method).transpose()?,
            path: text("path", self.path).transpose()?,
            settle: settle.transpose()?,
        })
    }

    /// That none of a request's fields is there, too.
    fn has_no_request(&self, what: &str) -> Result<(), String> {
        let of_requests = [
            ("cost", self.cost),
            ("model", self.model),
            ("tool", self.tool),
            ("method", self.method),
            ("path", self.path),
            ("settle", self.settle),
        ];
        match of_requests.iter().find(|(_, raw)| raw.is_some()) {
            Some((field, _)) => Err(format!("{field}: must not stand beside {what}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
