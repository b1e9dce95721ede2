//! Compiles the part of etcd's API that is used. protox reads the `.proto` file in Rust, so that no `protoc` has to be
//! installed.

use std::error::Error;

const FILE: &str = "src/store/etcd/etcd.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FILE}");
    let files = protox::compile([FILE], ["src/store/etcd"])?;
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
