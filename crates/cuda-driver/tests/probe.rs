//! The probe as a program sees it. The one test of this file is run again as a child, with the variable set, because a
//! process probes once.

#![expect(unsafe_code, reason = "calls driver functions")]

use std::env;
use std::process::Command;

use pixelflume_cuda_driver::{CuResult, DRIVER_VARIABLE, ProbeError, ffi, probe};

const CHILD: &str = "PIXELFLUME_TEST_PROBE_CHILD";

#[test]
fn the_environment_chooses_the_driver_and_a_process_probes_once() {
    if env::var_os(CHILD).is_some() {
        return child();
    }
    for value in ["none", "/no/such/driver.so", "libc.so.6"] {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "the_environment_chooses_the_driver_and_a_process_probes_once",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .env(DRIVER_VARIABLE, value)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            text.contains(&format!("asked for {value}")),
            "the child did not run its part: {text}"
        );
    }
}

fn child() {
    let value = env::var(DRIVER_VARIABLE).unwrap();
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
    let mut version = 5;
    // SAFETY: `version` is a valid place for the result.
    let result = unsafe { ffi::cuDriverGetVersion(&mut version) };
    assert_eq!((result, version), (CuResult::SHARED_OBJECT_INIT_FAILED, 5));
    println!("asked for {value}");
}
