//! The probe as a program sees it: the tests of this file are run again as children with the variable set, because a process
//! probes once. Drivers are libraries that the test makes with rustc.

#![expect(unsafe_code, reason = "calls driver functions")]

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pixelflume_cuda_driver::ffi::CuStream;
use pixelflume_cuda_driver::{
    CuResult, DRIVER_VARIABLE, DriverVersion, Function, ProbeError, probe,
};

const CHILD: &str = "PIXELFLUME_TEST_PROBE_CHILD";

/// Runs the test of this name as a child with the variable at `driver`, and wants what it says at its end.
fn as_child(test: &str, driver: &str) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .env(DRIVER_VARIABLE, driver)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains(&format!("asked for {driver}")),
        "the child did not run its part: {text}"
    );
}

fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

fn said() -> String {
    let value = env::var(DRIVER_VARIABLE).unwrap();
    println!("asked for {value}");
    value
}

/// A library with these functions, of which each returns 1000 and its place in the table, and the version 11.4.
fn library(name: &str, functions: &[Function]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut source = String::new();
    for function in functions {
        let (name, code) = (function.name(), 1000 + *function as usize);
        match function {
            Function::cuDriverGetVersion => writeln!(
                source,
                "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn {name}(version: *mut i32) -> u32 {{ unsafe {{ *version = 11040 }}; 0 }}"
            ),
            _ => writeln!(
                source,
                "#[unsafe(no_mangle)] pub extern \"C\" fn {name}() -> u32 {{ {code} }}"
            ),
        }
        .unwrap();
    }
    let (source_file, library) = (
        folder.join(format!("{name}.rs")),
        folder.join(format!("lib{name}.so")),
    );
    std::fs::write(&source_file, source).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args([
            "--edition=2024",
            "--crate-type=cdylib",
            "-Cpanic=abort",
            "-o",
        ])
        .args([&library, &source_file])
        .status()
        .unwrap();
    assert!(status.success());
    library
}

#[test]
fn the_environment_chooses_the_driver_and_a_process_probes_once() {
    if !is_child() {
        for value in ["none", "/no/such/driver.so", "libc.so.6"] {
            as_child(
                "the_environment_chooses_the_driver_and_a_process_probes_once",
                value,
            );
        }
        return;
    }
    let value = said();
    let error = probe().unwrap_err();
    match value.as_str() {
        "none" => assert_eq!(error, ProbeError::Disabled),
        "libc.so.6" => assert!(matches!(error, ProbeError::NotADriver { .. }), "{error}"),
        _ => assert!(
            matches!(&error, ProbeError::NotFound { library, .. } if *library == value),
            "{error}"
        ),
    }
    assert_eq!(probe().unwrap_err(), error);
}

#[test]
fn a_driver_without_needed_functions_is_refused_with_their_names() {
    if !is_child() {
        let lacks = [Function::cuGraphLaunch, Function::cuStreamGetCtx];
        let has: Vec<_> = Function::ALL
            .iter()
            .copied()
            .filter(|f| !lacks.contains(f))
            .collect();
        let library = library("incomplete", &has);
        as_child(
            "a_driver_without_needed_functions_is_refused_with_their_names",
            library.to_str().unwrap(),
        );
        return;
    }
    let library = said();
    let error = probe().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the CUDA driver `{library}` (CUDA 11.4) lacks cuStreamGetCtx, cuGraphLaunch; update the NVIDIA driver"
        )
    );
    let missing = vec![Function::cuStreamGetCtx, Function::cuGraphLaunch];
    let version = Some(DriverVersion::new(11, 4));
    let expected = ProbeError::Incomplete {
        library,
        version,
        missing,
    };
    assert_eq!(error, expected);
}

#[test]
fn every_needed_function_is_found_under_its_own_name() {
    if !is_child() {
        let required: Vec<_> = Function::ALL
            .iter()
            .copied()
            .filter(|f| f.is_required())
            .collect();
        let library = library("required", &required);
        as_child(
            "every_needed_function_is_found_under_its_own_name",
            library.to_str().unwrap(),
        );
        return;
    }
    said();
    let driver = probe().unwrap();
    assert_eq!(driver.version(), Ok(DriverVersion::new(11, 4)));
    let missing: Vec<_> = driver.missing().collect();
    assert!(
        missing.contains(&Function::cuMemFreeAsync) && missing.iter().all(|f| !f.is_required())
    );
    let code = |function: Function| CuResult::new(1000 + function as u32);
    // SAFETY: the library's functions read no argument.
    unsafe {
        assert_eq!(driver.cuInit(0), code(Function::cuInit));
        assert_eq!(driver.cuCtxSynchronize(), code(Function::cuCtxSynchronize));
        assert_eq!(driver.cuMemFree_v2(0), code(Function::cuMemFree_v2));
        assert_eq!(
            driver.cuStreamQuery(CuStream::NULL),
            code(Function::cuStreamQuery)
        );
        assert_eq!(driver.cuMemFreeAsync(0, CuStream::NULL), None);
    }
}
