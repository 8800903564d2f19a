//! Bindings to NVRTC, NVIDIA's runtime compiler, which is loaded at run time.
#![expect(unsafe_code, reason = "calls a C library")]

use anyhow::{Context, Result, bail, ensure};
use libloading::Library;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

/// `nvrtcProgram`.
type Program = *mut c_void;
/// `nvrtcResult`: 0 is success, 6 a failed compilation.
type Code = c_int;
type GetSize = unsafe extern "C" fn(Program, *mut usize) -> Code;
type GetBytes = unsafe extern "C" fn(Program, *mut c_char) -> Code;

const COMPILATION: Code = 6;

/// A loaded libnvrtc. Its functions may be called from several threads at once.
pub(super) struct Nvrtc {
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Code,
    destroy: unsafe extern "C" fn(*mut Program) -> Code,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Code,
    log: (GetSize, GetBytes),
    ptx: (GetSize, GetBytes),
    cubin: (GetSize, GetBytes),
    /// The compute capabilities that it compiles for, times ten.
    known: Vec<c_int>,
    /// Keeps the library loaded, and so the functions valid.
    _library: Library,
}

/// A source to compile. Names and texts have no zero bytes.
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// The headers that it may include, as pairs of name and text.
    pub(super) headers: &'a [(String, String)],
}

impl Nvrtc {
    /// Loads NVRTC from this path.
    pub(super) fn open(path: &Path) -> Result<Self> {
        // SAFETY: the caller says that it is NVRTC, whose initialization has no requirements.
        let library = unsafe { Library::new(path) }
            .with_context(|| format!("{} cannot be loaded", path.display()))?;
        /// A function of the library.
        ///
        /// # Safety
        /// `T` is the type of the function of this name.
        unsafe fn function<T: Copy>(library: &Library, name: &str) -> Result<T> {
            // SAFETY: the caller's promise.
            let symbol = unsafe { library.get::<T>(name.as_bytes()) };
            Ok(
                *symbol
                    .with_context(|| format!("this is no NVRTC of CUDA 12: it has no {name}"))?,
            )
        }
        // SAFETY: the types are those of nvrtc.h, the same in all versions of CUDA 12; an enumeration is an int in C.
        unsafe {
            let pair = |what: &str| -> Result<(GetSize, GetBytes)> {
                Ok((
                    function(&library, &format!("nvrtcGet{what}Size"))?,
                    function(&library, &format!("nvrtcGet{what}"))?,
                ))
            };
            let count: unsafe extern "C" fn(*mut c_int) -> Code =
                function(&library, "nvrtcGetNumSupportedArchs")?;
            let list: unsafe extern "C" fn(*mut c_int) -> Code =
                function(&library, "nvrtcGetSupportedArchs")?;
            let mut number = 0;
            ensure!(count(&mut number) == 0, "nvrtcGetNumSupportedArchs failed");
            let mut known = vec![0; usize::try_from(number)?];
            ensure!(
                list(known.as_mut_ptr()) == 0,
                "nvrtcGetSupportedArchs failed"
            );
            Ok(Nvrtc {
                create: function(&library, "nvrtcCreateProgram")?,
                destroy: function(&library, "nvrtcDestroyProgram")?,
                compile: function(&library, "nvrtcCompileProgram")?,
                log: pair("ProgramLog")?,
                ptx: pair("PTX")?,
                cubin: pair("CUBIN")?,
                known,
                _library: library,
            })
        }
    }

    /// Whether NVRTC compiles for this compute capability.
    pub(super) fn knows(&self, major: u32, minor: u32) -> bool {
        i32::try_from(10 * major + minor).is_ok_and(|number| self.known.contains(&number))
    }

    /// Compiles a source with these options: PTX, and machine code if the options name a real architecture.
    pub(super) fn compile(&self, source: &Source<'_>, options: &[String]) -> Result<Output> {
        let c = |text: &str| CString::new(text).context("a zero byte in a source");
        let (name, text) = (c(source.name)?, c(source.text)?);
        let headers = source.headers.iter();
        let headers: Vec<(CString, CString)> = headers
            .map(|(name, text)| Ok((c(name)?, c(text)?)))
            .collect::<Result<_>>()?;
        let options: Vec<CString> = options
            .iter()
            .map(|option| c(option))
            .collect::<Result<_>>()?;
        let header_names: Vec<_> = headers.iter().map(|(name, _)| name.as_ptr()).collect();
        let header_texts: Vec<_> = headers.iter().map(|(_, text)| text.as_ptr()).collect();
        let option_texts: Vec<_> = options.iter().map(|option| option.as_ptr()).collect();

        let mut program = ptr::null_mut();
        // SAFETY: `program` is a valid place for the result, and the texts end in zeros and outlive the call.
        let code = unsafe {
            (self.create)(
                &mut program,
                text.as_ptr(),
                name.as_ptr(),
                c_int::try_from(headers.len())?,
                header_texts.as_ptr(),
                header_names.as_ptr(),
            )
        };
        ensure!(code == 0, "nvrtcCreateProgram gave {code}");
        // SAFETY: the program was created, and the options end in zeros and outlive the call.
        let code = unsafe {
            (self.compile)(
                program,
                c_int::try_from(option_texts.len())?,
                option_texts.as_ptr(),
            )
        };
        let output = self.output(program, code);
        // SAFETY: the program was created, and is used no more.
        unsafe { (self.destroy)(&mut program) };
        output
    }

    fn output(&self, program: Program, code: Code) -> Result<Output> {
        let log = self.bytes(program, self.log)?;
        let log = CStr::from_bytes_until_nul(&log).map(CStr::to_string_lossy);
        let log = log.unwrap_or_default().into_owned();
        match code {
            0 => {}
            COMPILATION => bail!("{log}"),
            code => bail!("nvrtcCompileProgram gave {code}: {log}"),
        }
        let ptx = self.bytes(program, self.ptx)?;
        let ptx = CStr::from_bytes_until_nul(&ptx).context("PTX without an end")?;
        Ok(Output {
            log,
            ptx: ptx.to_str().context("PTX that is no text")?.to_owned(),
            cubin: self.bytes(program, self.cubin)?,
        })
    }

    fn bytes(&self, program: Program, (size, get): (GetSize, GetBytes)) -> Result<Vec<u8>> {
        let mut length = 0;
        // SAFETY: the program is alive, and `length` is a valid place for the result.
        let code = unsafe { size(program, &mut length) };
        ensure!(code == 0, "NVRTC does not tell a size: {code}");
        let mut bytes = vec![0u8; length];
        if length > 0 {
            // SAFETY: the program is alive, and `bytes` has as many bytes as it said.
            let code = unsafe { get(program, bytes.as_mut_ptr().cast()) };
            ensure!(code == 0, "NVRTC does not give what it made: {code}");
        }
        Ok(bytes)
    }
}

/// The result of a compilation.
pub(super) struct Output {
    pub(super) log: String,
    pub(super) ptx: String,
    /// Machine code; empty unless the options name a real architecture.
    pub(super) cubin: Vec<u8>,
}
