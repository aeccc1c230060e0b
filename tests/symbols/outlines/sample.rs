//! Inner documentation, of the file.
use std::fmt;

/// Glued.
#[derive(Debug)]
pub struct Client<T> {
    /// A field.
    retries: T,
}

impl<T> fmt::Display for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fn local() {}
        Ok(())
    }
}

impl Client<u32> {
    pub fn new() -> Self {
        Client { retries: 1 }
    }
}

#[cfg(unix)]
fn open() {}
#[cfg(windows)]
fn open() {}

mod inner {
    pub enum State {
        Open,
        Closed(u32),
    }
}

pub trait Sender {
    type Request;
    fn send(&self, request: Self::Request);
}

macro_rules! say {
    () => {};
}
const LIMIT: u32 = 3;
