//! The bugs of `crates/validate/planted` must fit the present sources.

use crate::project;
use xshell::cmd;

#[test]
fn planted_bugs_apply_to_the_sources() {
    let shell = project::shell().expect("the folder of the project");
    let folder = project::root().join("crates/validate/planted");
    let listed = std::fs::read_dir(folder).expect("the folder of the patches");
    let files = listed.map(|entry| entry.expect("an entry of a folder").path());
    let patches: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|ending| ending == "patch"))
        .collect();
    assert!(!patches.is_empty());
    for patch in patches {
        cmd!(shell, "git apply --check {patch}")
            .quiet()
            .run()
            .expect("the patch applies; make it again where its source changed");
    }
}
