//! Compiles the frames. protox reads the `.proto` file in Rust, so that no `protoc` has to be installed.

use std::error::Error;

const FRAMES: &str = "src/wire/tunnel.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FRAMES}");
    let files = protox::compile([FRAMES], ["src/wire"])?;
    // `Bytes` in place of `Vec<u8>`: a decoded schema or digest shares the buffer that it arrived in.
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
