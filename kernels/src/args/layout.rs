//! The memory layout of argument structs as data, from which `cargo xtask kernels` writes their CUDA declarations.

/// The layout of an argument struct: what its CUDA declaration must repeat.
#[derive(Debug)]
pub struct Layout {
    /// Name of the struct, the same in Rust and in CUDA.
    pub name: &'static str,
    /// The header that declares it in CUDA: `args/HEADER.cuh`.
    pub header: &'static str,
    /// Lines of its documentation.
    pub doc: &'static [&'static str],
    /// Size in bytes; there is no padding.
    pub bytes: usize,
    /// Its fields in the order of their offsets.
    pub fields: &'static [Field],
}

/// A field of an argument struct.
#[derive(Debug)]
pub struct Field {
    /// Name, the same in Rust and in CUDA.
    pub name: &'static str,
    /// Lines of its documentation.
    pub doc: &'static [&'static str],
    /// Type of the field.
    pub kind: Kind,
    /// Bytes from the beginning of the struct.
    pub offset: usize,
}

/// The type of a field.
#[derive(Copy, Clone, Debug)]
pub enum Kind {
    /// A number; the text is its CUDA type.
    Number(&'static str),
    /// An array: its element type, and how many elements.
    Array(&'static Kind, usize),
    /// Another argument struct.
    Struct(&'static Layout),
}

/// A type that a field of an argument struct can have.
pub trait Argument {
    /// What it is in CUDA.
    const KIND: Kind;
}

macro_rules! numbers {
    ($($rust:ty = $cuda:literal,)+) => {
        $(impl Argument for $rust {
            const KIND: Kind = Kind::Number($cuda);
        })+
    };
}

numbers! {
    u8 = "uint8_t",
    u16 = "uint16_t",
    u32 = "uint32_t",
    i32 = "int32_t",
    u64 = "uint64_t",
    f32 = "float",
    f64 = "double",
}

impl<T: Argument, const N: usize> Argument for [T; N] {
    const KIND: Kind = Kind::Array(&T::KIND, N);
}

/// Declares structs that kernels read, each with its [`Layout`], and lists the layouts in `LAYOUTS`. `Pod` refuses structs with padding.
macro_rules! arguments {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident in $header:literal {
            $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Copy, Clone, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
            #[repr(C)]
            pub struct $name {
                $($(#[doc = $field_doc])+ pub $field: $type,)+
            }

            impl $name {
                const LAYOUT: &Layout = &Layout {
                    name: stringify!($name),
                    header: $header,
                    doc: &[$($doc),+],
                    bytes: size_of::<$name>(),
                    fields: &[$(Field {
                        name: stringify!($field),
                        doc: &[$($field_doc),+],
                        kind: <$type as Argument>::KIND,
                        offset: std::mem::offset_of!($name, $field),
                    }),+],
                };
            }

            impl Argument for $name {
                const KIND: Kind = Kind::Struct(Self::LAYOUT);
            }
        )+

        pub(super) static LAYOUTS: &[&Layout] = &[$($name::LAYOUT),+];
    };
}

pub(crate) use arguments;

/// A set of named numbers that kernels and host share.
#[derive(Debug)]
pub struct Constants {
    /// Name of the `enum` in CUDA.
    pub name: &'static str,
    /// The header that declares it in CUDA: `args/HEADER.cuh`.
    pub header: &'static str,
    /// Lines of its documentation.
    pub doc: &'static [&'static str],
    /// The numbers.
    pub values: &'static [Constant],
}

/// A named number.
#[derive(Debug)]
pub struct Constant {
    /// Name, the same in Rust and in CUDA.
    pub name: &'static str,
    /// Lines of its documentation.
    pub doc: &'static [&'static str],
    /// The number.
    pub value: u32,
}

/// Declares sets of constants, each as a type without values that has them as associated constants, and lists them in `CONSTANTS`.
macro_rules! constants {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident in $header:literal {
            $($(#[doc = $value_doc:literal])+ $value:ident = $number:literal,)+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub enum $name {}

            impl $name {
                $($(#[doc = $value_doc])+ pub const $value: u32 = $number;)+

                const ALL: &Constants = &Constants {
                    name: stringify!($name),
                    header: $header,
                    doc: &[$($doc),+],
                    values: &[$(Constant {
                        name: stringify!($value),
                        doc: &[$($value_doc),+],
                        value: $number,
                    }),+],
                };
            }
        )+

        pub(super) static CONSTANTS: &[&Constants] = &[$($name::ALL),+];
    };
}

pub(crate) use constants;
