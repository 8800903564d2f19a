//! The host executors against the libraries that they equal: every golden vector of every operator, bit for bit, with one worker and with four.

#[path = "host/harness.rs"]
mod harness;
#[path = "golden/reader.rs"]
mod reader;

use harness::{DEVICES, Place};
use pixelflume_device::Device;
use pixelflume_ops::spec::Samples;

fn run(device: &Device, case: &reader::Case, place: Place) -> Samples {
    case.run(|step, images| {
        let operator = step.values.build();
        let operator = operator.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let inputs: Vec<_> = images
            .iter()
            .map(|image| (std::slice::from_ref(image), place))
            .collect();
        let (shape, mut images) = harness::run(device, operator.as_ref(), &inputs, place);
        let bytes = images.remove(0);
        Samples { shape, bytes }
    })
}

#[test]
fn host_executors_equal_the_libraries() {
    let padded = Place {
        offset: 1,
        padding: 5,
        gap: 3,
    };
    let (mut failures, mut checked) = (Vec::new(), 0);
    for file in reader::files() {
        for case in reader::cases(&file) {
            for (device, place) in [(&DEVICES[0], Place::default()), (&DEVICES[2], padded)] {
                checked += 1;
                if let Err(difference) = case.expected.check(&run(device, &case, place)) {
                    failures.push(format!("{} on {}: {difference}", case.name, device.name()));
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {checked} runs differ from the libraries:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(checked >= 8800, "only {checked} runs: vectors were lost");
}
