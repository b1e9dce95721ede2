//! Compiles the frames and the plans. protox reads the `.proto` files in Rust, so that no `protoc` has to be installed.

use std::error::Error;

const FILES: [(&str, &str); 2] = [
    ("src/wire/tunnel.proto", "src/wire"),
    ("src/wire/plan/plan.proto", "src/wire/plan"),
];

fn main() -> Result<(), Box<dyn Error>> {
    for (file, folder) in FILES {
        println!("cargo::rerun-if-changed={file}");
        let files = protox::compile([file], [folder])?;
        // `Bytes` in place of `Vec<u8>`: a decoded schema or digest shares the buffer that it arrived in.
        prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    }
    Ok(())
}
