//! How the shared library is linked for Android, where the linker's defaults are not what its phones need.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "android") {
        // Pages of 16 KB (developer.android.com/guide/practices/page-sizes).
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384");
        // Relocations at a tenth of their size, in the form that Android reads from API level 23 on.
        println!("cargo::rustc-cdylib-link-arg=-Wl,--pack-dyn-relocs=android");
    }
}
