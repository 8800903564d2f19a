//! Structs whose fields are read by a user who makes no images of them.

use crate::support::{Array, Data, Recipe};
use pixelflume_ops::SampleType;
use pixelflume_pipeline::dlpack::{DlpackError, TensorFields};

fn recipe() -> Recipe {
    let bytes: Vec<u8> = (0..24).collect();
    Recipe::bytes(&[2, 4, 3], &bytes)
}

#[test]
fn fields_are_those_of_the_struct() {
    for version in [Some((1, 0)), Some((1, 7)), None] {
        let made = Recipe {
            version,
            flags: 3,
            byte_offset: 5,
            ..recipe()
        }
        .make();
        let managed = made.managed();
        let fields = managed.fields().unwrap();
        assert_eq!(fields.shape, [2, 4, 3]);
        assert_eq!(fields.strides.as_deref(), Some(&[12, 3, 1][..]));
        assert_eq!(fields.sample().unwrap(), SampleType::U8);
        // A struct without a version has no flags.
        let flags = (fields.read_only, fields.copied);
        assert_eq!(flags, (version.is_some(), version.is_some()));
        let first = fields.first(19).unwrap();
        assert_eq!(first.addr().get() as u64, made.address + 5);
        assert_eq!(made.calls(), 0);
        drop(managed);
        assert_eq!(made.calls(), 1);
    }
}

#[test]
fn the_deleter_is_called_once_for_a_struct_that_is_refused() {
    let made = Recipe {
        version: Some((2, 0)),
        shape: Array::Wild,
        ..recipe()
    }
    .make();
    let managed = made.managed();
    let refused = managed.fields();
    assert!(matches!(
        refused,
        Err(DlpackError::Version { major: 2, .. })
    ));
    drop(managed);
    assert_eq!(made.calls(), 1);
}

#[test]
fn memory_ends_before_the_end_of_all_addresses() {
    let fields = |recipe: Recipe| -> (TensorFields, _) {
        let made = recipe.make();
        let managed = made.managed();
        (managed.fields().unwrap(), (managed, made))
    };
    let (null, _kept) = fields(Recipe {
        data: Data::Null,
        ..recipe()
    });
    assert!(matches!(
        null.first(24),
        Err(DlpackError::NoMemory { bytes: 24 })
    ));
    let (high, _kept) = fields(Recipe {
        data: Data::At(u64::MAX - 30),
        ..recipe()
    });
    assert!(high.first(24).is_ok());
    assert!(matches!(
        high.first(31),
        Err(DlpackError::PastEnd { bytes: 31, .. })
    ));
    let (far, _kept) = fields(Recipe {
        byte_offset: u64::MAX,
        ..recipe()
    });
    assert!(matches!(far.first(1), Err(DlpackError::PastEnd { .. })));
}
