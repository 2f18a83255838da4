//! The gateway as its clients and its upstream see it: the real program, over sockets.
#![cfg(test)]

mod crowd;
mod demo;
mod gateway;
mod tokens;
mod upstream;
mod wire;
