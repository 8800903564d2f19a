//! `cargo xtask doctor`: lists installed and missing tools, and what is unavailable without them.

use crate::{kernels, project};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A tool that the project can use.
struct Check {
    name: &'static str,
    /// Returns the version or the path, or the error.
    look: fn() -> Result<String, String>,
    /// The consequence of its absence, and how to get it.
    cost: &'static str,
}

const CHECKS: &[Check] = &[
    Check {
        name: "rustc",
        look: || tool("rustc", &["--version"]),
        cost: "nothing works; install rustup, rust-toolchain.toml names the version",
    },
    Check {
        name: "rustfmt",
        look: || tool("cargo", &["fmt", "--version"]),
        cost: "no `cargo xtask ci`; rustup component add rustfmt",
    },
    Check {
        name: "clippy",
        look: || tool("cargo", &["clippy", "--version"]),
        cost: "no `cargo xtask ci`; rustup component add clippy",
    },
    Check {
        name: "C compiler",
        look: || tool("cc", &["--version"]),
        cost: "the command line program does not build (its allocator is C); install gcc or clang",
    },
    Check {
        name: "strip",
        look: || tool("strip", &["--version"]),
        cost: "no `gpu-validate --bundle`; install binutils",
    },
    Check {
        name: "NVIDIA driver",
        look: driver,
        cost: "everything runs on the host; `gpu-validate` exits with 3; wants a driver of CUDA 12.0, 525 or newer",
    },
    Check {
        name: "GPU",
        look: || {
            tool(
                "nvidia-smi",
                &[
                    "--query-gpu=name,driver_version,memory.total",
                    "--format=csv,noheader",
                ],
            )
        },
        cost: "no `gpu-validate`, no `bench --device cuda`",
    },
    Check {
        name: "CUDA compilers",
        look: compilers,
        cost: "changed kernels cannot be compiled; `cargo xtask kernels --bootstrap` installs them (what they make is committed: building needs none)",
    },
    Check {
        name: "compute-sanitizer",
        look: || cuda_tool("compute-sanitizer", &["--version"]),
        cost: "`gpu-validate --full` skips its four checks; it comes with the CUDA toolkit",
    },
    Check {
        name: "ncu",
        look: || cuda_tool("ncu", &["--version"]),
        cost: "kernels cannot be profiled; it comes with the CUDA toolkit",
    },
    Check {
        name: "ffmpeg",
        look: || tool("ffmpeg", &["-version"]),
        cost: "no videos to pipe into `pixelflume run`; its own tests need none",
    },
    Check {
        name: "python3",
        look: || tool("python3", &["--version"]),
        cost: "no `cargo xtask python`, no `kernels --bootstrap`, no `bench --peers`",
    },
    Check {
        name: "venv for Python",
        look: || tool("python3", &["-m", "ensurepip", "--version"]),
        cost: "no `cargo xtask python`, which makes an environment of its own; on Debian: apt-get install python3-venv",
    },
    Check {
        name: "maturin",
        look: || tool("maturin", &["--version"]),
        cost: "no `maturin develop`; `cargo xtask python` and `pip install ./python` install their own; python3 -m pip install maturin",
    },
    Check {
        name: "numpy",
        look: || module("numpy"),
        cost: "no `bench --peers`; python3 -m pip install numpy",
    },
    Check {
        name: "OpenCV for Python",
        look: || module("cv2"),
        cost: "no CPU peer in `bench --peers`, no new golden vectors; python3 -m pip install opencv-python-headless==5.0.0.93 ml_dtypes==0.6.0",
    },
    Check {
        name: "PyTorch",
        look: || module("torch"),
        cost: "no GPU peer torch in `bench --peers`",
    },
    Check {
        name: "CV-CUDA",
        look: || module("cvcuda"),
        cost: "no GPU peer CV-CUDA in `bench --peers`",
    },
    Check {
        name: "cargo-deny",
        look: || tool("cargo-deny", &["--version"]),
        cost: "licenses and advisories are checked by CI only; cargo install cargo-deny --locked",
    },
    Check {
        name: "mdbook",
        look: || tool("mdbook", &["--version"]),
        cost: "the book cannot be built; cargo install mdbook --locked",
    },
    Check {
        name: "actionlint",
        look: || tool("actionlint", &["--version"]),
        cost: "changed workflows are checked by CI only",
    },
    Check {
        name: "shellcheck",
        look: || tool("shellcheck", &["--version"]),
        cost: "changed shell scripts are checked by CI only",
    },
];

/// Prints the list. A missing tool is no error.
pub(crate) fn run() -> Result<()> {
    let mut missing = Vec::new();
    for check in CHECKS {
        match (check.look)() {
            Ok(found) => println!("  ok       {:<18} {found}", check.name),
            Err(reason) => {
                println!("  missing  {:<18} {reason}", check.name);
                missing.push(check);
            }
        }
    }
    if missing.is_empty() {
        println!("\nnothing is missing");
        return Ok(());
    }
    println!("\nwithout");
    for check in missing {
        println!("  {:<18} {}", check.name, check.cost);
    }
    Ok(())
}

/// The line of a program's output that has its version.
fn tool(program: impl AsRef<Path>, arguments: &[&str]) -> Result<String, String> {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(project::root())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "not found".to_owned(),
            _ => error.to_string(),
        })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let said = text.lines().next_back().unwrap_or_default();
        return Err(format!("ended with {}: {said}", output.status));
    }
    Ok(version_line(&String::from_utf8_lossy(&output.stdout)).to_owned())
}

/// The line with a version number; the first line where none has one.
fn version_line(text: &str) -> &str {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    // Some programs begin with an introduction, and some print the version of their license.
    let says = |line: &&str| {
        let line = line.to_lowercase();
        line.contains("version") || line.contains("release")
    };
    let line = lines()
        .find(|line| has_version(line) && says(line))
        .or_else(|| lines().find(|line| has_version(line)))
        .or_else(|| lines().next());
    line.unwrap_or("found").trim()
}

/// Whether the line has a number of several parts, such as 2.40.
fn has_version(line: &str) -> bool {
    line.as_bytes()
        .windows(3)
        .any(|of| of[0].is_ascii_digit() && of[1] == b'.' && of[2].is_ascii_digit())
}

/// The version of a program of the CUDA toolkit, which need not be on the PATH.
fn cuda_tool(name: &str, arguments: &[&str]) -> Result<String, String> {
    let toolkits = ["CUDA_PATH", "CUDA_HOME"].into_iter();
    let toolkits = toolkits
        .filter_map(|variable| std::env::var_os(variable).map(PathBuf::from))
        .chain([PathBuf::from("/usr/local/cuda")])
        .map(|folder| folder.join("bin").join(name));
    let place = toolkits.into_iter().find(|file| file.is_file());
    tool(name, arguments).or_else(|error| match place {
        Some(file) => tool(file, arguments),
        None => Err(error),
    })
}

/// The version of a Python module.
fn module(name: &str) -> Result<String, String> {
    let script = format!("import {name}; print({name}.__version__)");
    tool("python3", &["-c", &script])
}

/// The version of the driver's kernel module, as the module tells it.
fn driver() -> Result<String, String> {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version")
        .map_err(|_| "no kernel module is loaded".to_owned())?;
    Ok(text.lines().next().unwrap_or("loaded").to_owned())
}

fn compilers() -> Result<String, String> {
    let found = kernels::compilers().map_err(|_| "not found".to_owned())?;
    let found = found.iter().map(|path| path.display().to_string());
    Ok(found.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_with_the_version_is_found() {
        let strip = "GNU strip (GNU Binutils for Debian) 2.40\n\
            Copyright (C) 2023 Free Software Foundation, Inc.\n\
            This program is free software; you may redistribute it under the terms of\n\
            the GNU General Public License version 3 or (at your option) any later version.\n\
            This program has absolutely no warranty.\n";
        let cc = "cc (Debian 12.2.0-14) 12.2.0\n\
            Copyright (C) 2022 Free Software Foundation, Inc.\n\
            This is free software; see the source for copying conditions.  There is NO\n\
            warranty; not even for MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.\n";
        let clang = "Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\nThread model: posix\n\
            InstalledDir: /usr/bin\n";
        let ffmpeg = "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers\n\
            built with gcc 12 (Debian 12.2.0-14)\nlibavutil      57. 28.100 / 57. 28.100\n";
        let nvcc = "nvcc: NVIDIA (R) Cuda compiler driver\n\
            Copyright (c) 2005-2025 NVIDIA Corporation\nBuilt on Wed_Aug_20_01:58:59_PM_PDT_2025\n\
            Cuda compilation tools, release 13.0, V13.0.88\nBuild cuda_13.0.r13.0/compiler.36424714_0\n";
        let sanitizer = "NVIDIA (R) Compute Sanitizer\nCopyright (c) 2020-2025 NVIDIA Corporation\n\
            Version 2025.3.1.0 (build 36472689) (public-release)\n";
        let ncu = "NVIDIA (R) Nsight Compute Command Line Profiler\n\
            Copyright (c) 2018-2025 NVIDIA Corporation\nVersion 2025.3.1.0 (build 36398880) (public-release)\n";
        let shellcheck = "ShellCheck - shell script analysis tool\nversion: 0.9.0\n\
            license: GNU General Public License, version 3\nwebsite: https://www.shellcheck.net\n";
        let actionlint = "1.7.7\ninstalled by downloading from release page\nbuilt with go1.23.4 compiler for linux/amd64\n";
        let gpu = "NVIDIA H200, 580.159.04, 143771 MiB\n";
        let cases = [
            (strip, "GNU strip (GNU Binutils for Debian) 2.40"),
            (cc, "cc (Debian 12.2.0-14) 12.2.0"),
            (clang, "Debian clang version 14.0.6"),
            (
                ffmpeg,
                "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers",
            ),
            (nvcc, "Cuda compilation tools, release 13.0, V13.0.88"),
            (
                sanitizer,
                "Version 2025.3.1.0 (build 36472689) (public-release)",
            ),
            (ncu, "Version 2025.3.1.0 (build 36398880) (public-release)"),
            (shellcheck, "version: 0.9.0"),
            (actionlint, "1.7.7"),
            (gpu, "NVIDIA H200, 580.159.04, 143771 MiB"),
            ("\n  mdbook v0.4.40  \n", "mdbook v0.4.40"),
            ("no number\n", "no number"),
            ("", "found"),
        ];
        for (said, expected) in cases {
            assert_eq!(version_line(said), expected);
        }
    }

    #[test]
    fn a_program_is_asked_for_its_version() {
        let rustc = tool("rustc", &["--version"]).expect("the tests are built with it");
        assert!(rustc.starts_with("rustc 1."), "{rustc}");
        let none = tool("a-program-that-nobody-has", &[]);
        assert_eq!(none, Err("not found".to_owned()));
        let fails = tool("rustc", &["--no-such-option"]).expect_err("no such option");
        assert!(fails.starts_with("ended with exit status: 1"), "{fails}");
    }
}
