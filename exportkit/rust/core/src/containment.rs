//! Panics end here: a bug of the engine must not end the process that uses it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code and returns the message of its panic, if it has one.
///
/// What the code was changing must not be used after that.
///
/// # Errors
///
/// The panic's message.
pub fn contained<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        panic
            .downcast_ref::<&str>()
            .map(|message| (*message).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::contained;

    #[test]
    fn results_pass() {
        assert_eq!(contained(|| 7), Ok(7));
    }

    #[test]
    fn panics_become_messages() {
        let index = "far".len();
        assert_eq!(contained(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        assert_eq!(
            contained(|| panic!("formatted {index}")),
            Err::<(), _>("formatted 3".to_owned())
        );
        assert!(contained(|| [1, 2, 3][index]).is_err_and(|message| message.contains("out of bounds")));
        assert!(contained(|| panic_any(7)).is_err_and(|message: String| message.contains("without a message")));
    }
}
