//! Room to work in: the parser recurses, and a stack that overflows takes the whole process with it.

use std::thread;

use crate::{Reason, Refused};

/// Several times what the deepest statement within the caps takes in a build without optimisation, 20 MB. Address space:
/// memory is taken only as far down as a statement goes.
pub(crate) const BYTES: usize = 128 << 20;

/// Does `work` on a thread with a stack of its own, and waits for it.
///
/// # Errors
/// What `work` says; also if there is no thread to be had, or it panics.
pub(crate) fn roomy<T, F>(work: F) -> Result<T, Refused>
where
    T: Send,
    F: FnOnce() -> Result<T, Refused> + Send,
{
    on(BYTES, work)
}

/// The same with as many bytes of stack.
pub(crate) fn on<T, F>(bytes: usize, work: F) -> Result<T, Refused>
where
    T: Send,
    F: FnOnce() -> Result<T, Refused> + Send,
{
    thread::scope(|scope| {
        let started = thread::Builder::new()
            .name("tollgate-rewrite".to_owned())
            .stack_size(bytes)
            .spawn_scoped(scope, work);
        match started {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_panic| Err(failed("it panicked"))),
            Err(_) => Err(failed("no thread could be started")),
        }
    })
}

fn failed(how: &'static str) -> Refused {
    Refused::new(Reason::Failed(how), "the whole statement")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_work_says_comes_back() {
        assert_eq!(roomy(|| Ok(7)), Ok(7));
        let refused = Refused::new(Reason::Statement, "x");
        assert_eq!(roomy(|| Err::<(), _>(refused.clone())), Err(refused));
    }

    #[test]
    fn a_panic_is_a_refusal() {
        let refused = roomy(|| -> Result<(), Refused> { panic!("on purpose") }).unwrap_err();
        assert_eq!(refused.reason(), &Reason::Failed("it panicked"));
    }
}
