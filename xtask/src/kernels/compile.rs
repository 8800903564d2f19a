//! Compiles the modules, and writes archive and manifest.

use super::manifest::{self, Manifest, Sources, described};
use super::nvrtc::{Nvrtc, Source};
use super::{Collection, OPTIONS};
use anyhow::{Context, Result, bail};
use pixelflume_device::Target;
use pixelflume_kernels::{Archive, Module, archive};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// Notes of the assembler that are expected: kernels ask for more blocks per multiprocessor than GPUs of compute capability
/// 7.5, 8.6 and 8.9 can hold, since the other GPUs can.
const EXPECTED: &[&str] = &[
    "ptxas warning : Value of minnctapersm for entry",
    "ptxas warning : Value of threads per SM for entry",
];

/// One module for one target.
struct Job<'a> {
    module: &'static Module,
    compiler: &'a Nvrtc,
    target: Target,
}

/// An image, with the version of its compiler.
struct Compiled {
    image: Vec<u8>,
    version: String,
}

/// Makes the archive of a collection and its manifest from the sources in `kernels`: compiles the modules that have changed, or
/// `all` of them, with the compilers of their targets, and takes the others from the archive that is there.
pub(super) fn archive(
    kernels: &Path,
    collection: &Collection,
    compilers: &[(Nvrtc, Vec<Target>)],
    all: bool,
) -> Result<()> {
    let folder = &kernels.join(collection.folder);
    let modules = (collection.modules)();
    let sources = Sources::read(kernels)?;
    let headers: Vec<_> = sources
        .texts
        .iter()
        .filter(|(name, _)| name.ends_with(".cuh"))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let targets: Vec<(&Nvrtc, Target)> = compilers
        .iter()
        .flat_map(|(compiler, targets)| targets.iter().map(move |&target| (compiler, target)))
        .filter(|(compiler, target)| {
            let (Target::Ptx(major, minor) | Target::Machine(major, minor)) = *target;
            compiler.knows(major, minor)
        })
        .collect();

    // A compiler tells its version only in the PTX that it makes.
    let first = modules.first().context("the table has no modules")?;
    let mut versions = BTreeMap::new();
    for &(compiler, target) in &targets {
        let job = Job {
            module: first,
            compiler,
            target,
        };
        versions.insert(
            target.to_string(),
            compiled(&job, &sources, &headers)?.version,
        );
    }

    let old = Manifest::read(folder).unwrap_or_default();
    let old_bytes = fs::read(folder.join("archive.bin")).unwrap_or_default();
    let usable = !all
        && old.options == OPTIONS
        && old.compilers == versions
        && old.archive == manifest::sha256(&old_bytes);
    let old_archive = if usable {
        Archive::parse(&old_bytes).ok()
    } else {
        None
    };
    let mut images = BTreeMap::new();
    let mut jobs = Vec::new();
    for &module in &modules {
        let unchanged = old_archive
            .as_ref()
            .filter(|_| old.changes(module, &sources).is_empty());
        for &(compiler, target) in &targets {
            match unchanged {
                Some(archive) => {
                    images.insert(
                        (module.name(), target),
                        archive.unpack(module.name(), target)?,
                    );
                }
                None => jobs.push(Job {
                    module,
                    compiler,
                    target,
                }),
            }
        }
    }
    println!(
        "{} images to compile, {} taken from the archive",
        jobs.len(),
        images.len()
    );
    for (job, compiled) in run(jobs, &sources, &headers)? {
        images.insert((job.module.name(), job.target), compiled.image);
    }

    let examples = collection.examples;
    let mut in_order = modules.clone();
    let place = |name| examples.iter().position(|example| *example == name);
    in_order.sort_by_key(|module| place(module.name()).unwrap_or(examples.len()));
    let packed: Vec<_> = in_order
        .into_iter()
        .map(|module| {
            let name = module.name();
            let of_module = targets
                .iter()
                .filter_map(|&(_, target)| Some((target, images.remove(&(name, target))?)));
            (name.to_owned(), of_module.collect())
        })
        .collect();
    let bytes = archive::write(&packed, examples.len())?;
    let unpacked: usize = packed
        .iter()
        .flat_map(|(_, images)| images)
        .map(|(_, image)| image.len())
        .sum();
    println!(
        "{}: {} KiB, unpacked {} KiB",
        collection.file("archive.bin"),
        bytes.len() / 1024,
        unpacked / 1024
    );
    fs::write(folder.join("archive.bin"), &bytes)?;
    Manifest::new(&modules, &sources, versions, &bytes).write(folder)
}

/// Compiles the jobs on all processors.
fn run<'a>(
    jobs: Vec<Job<'a>>,
    sources: &Sources,
    headers: &[(String, String)],
) -> Result<Vec<(Job<'a>, Compiled)>> {
    let count = jobs.len();
    let open = Mutex::new(jobs.into_iter());
    let done = Mutex::new(Vec::with_capacity(count));
    let work = || -> Result<()> {
        loop {
            let job = open.lock().expect("no thread panics with it").next();
            let Some(job) = job else { return Ok(()) };
            let compiled = compiled(&job, sources, headers)?;
            done.lock()
                .expect("no thread panics with it")
                .push((job, compiled));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<()>>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        all.into_iter().try_for_each(join)
    })?;
    Ok(done.into_inner().expect("no thread panics with it"))
}

/// Compiles one module for one target. The result has the same bytes on every machine with the same compiler.
fn compiled(job: &Job<'_>, sources: &Sources, headers: &[(String, String)]) -> Result<Compiled> {
    let Job {
        module,
        compiler,
        target,
    } = job;
    let what = || format!("{} ({}) for {target}", module.name(), described(module));
    let text = sources.texts.get(module.source);
    let source = Source {
        name: module.source,
        text: text.with_context(|| format!("kernels/{}: there is no such file", module.source))?,
        headers,
    };
    let mut options = vec![format!("-arch={target}")];
    options.extend(OPTIONS.iter().map(|&option| option.to_owned()));
    options.extend(
        module
            .macros()
            .iter()
            .map(|(name, text)| format!("-D{name}={text}")),
    );
    let output = compiler
        .compile(&source, &options)
        .with_context(|| format!("{} does not compile", what()))?;
    if let Some(warning) = warning(&output.log) {
        bail!("{}: {warning}\n{}", what(), output.log);
    }
    let version =
        version(&output.ptx).with_context(|| format!("{}: the PTX names no compiler", what()))?;
    let image = match target {
        Target::Ptx(..) => tidy(&output.ptx).into_bytes(),
        Target::Machine(..) => output.cubin,
    };
    Ok(Compiled { image, version })
}

/// The first line of a compiler's log that is an unexpected warning.
fn warning(log: &str) -> Option<&str> {
    let expected = |line: &str| EXPECTED.iter().any(|expected| line.contains(expected));
    log.lines()
        .find(|line| line.contains("warning") && !expected(line))
}

/// The version in the comments at the beginning of PTX: `// Cuda compilation tools, release 12.0, V12.0.140`.
fn version(ptx: &str) -> Option<String> {
    let line = ptx
        .lines()
        .find(|line| line.starts_with("// Cuda compilation tools"))?;
    Some(line.rsplit_once(", V")?.1.trim().to_owned())
}

/// PTX without comments, empty lines and indentation.
fn tidy(ptx: &str) -> String {
    let mut tidied = String::with_capacity(ptx.len());
    for line in ptx.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with("//") {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTX: &str = "//\n// Compiler Build ID: CL-32267302\n// Cuda compilation tools, release 12.0, V12.0.140\n//\n\n\
        .version 8.0\n.target sm_75\n\n\t// .globl\ta\n.visible .entry a()\n{\n\tret; // end\n\n}\n";

    #[test]
    fn ptx_is_stripped_of_comments_and_names_its_compiler() {
        assert_eq!(
            tidy(PTX),
            ".version 8.0\n.target sm_75\n.visible .entry a()\n{\nret; // end\n}\n"
        );
        assert_eq!(version(PTX).as_deref(), Some("12.0.140"));
        assert_eq!(version(".version 8.0\n"), None);
    }

    #[test]
    fn warnings_are_failures_but_for_the_expected_ones() {
        let blocks = "ptxas warning : Value of minnctapersm for entry blur is out of range. minnctapersm will be ignored\n";
        assert_eq!(warning(blocks), None);
        assert_eq!(warning(""), None);
        let unused = "a.cu(3): warning #177-D: variable \"x\" was declared but never referenced";
        assert_eq!(warning(&format!("{blocks}{unused}\n")), Some(unused));
    }
}
