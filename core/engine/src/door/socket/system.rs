//! What each system calls differently. The only place in the engine that calls one directly.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;
use tokio::net::TcpStream;

use super::Bound;

/// Linux and Android: the kernel calls the socket writable only while less than this is unsent.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn limit_unsent(socket: &Socket, bytes: u32) -> io::Result<()> {
    socket.set_tcp_notsent_lowat(bytes)
}

/// Apple's systems have the same option by another number.
#[cfg(target_vendor = "apple")]
#[allow(unsafe_code, reason = "no crate that is here offers this option")]
pub(super) fn limit_unsent(socket: &Socket, bytes: u32) -> io::Result<()> {
    use std::ffi::{c_int, c_void};
    use std::os::fd::AsRawFd as _;
    // netinet/tcp.h; IPPROTO_TCP is 6 everywhere.
    const TCP_NOTSENT_LOWAT: c_int = 0x201;
    unsafe extern "C" {
        fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, length: u32) -> c_int;
    }
    let value = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    // SAFETY: the descriptor is open while `socket` is borrowed; value and length describe a c_int that lives here.
    let done = unsafe {
        setsockopt(socket.as_raw_fd(), 6, TCP_NOTSENT_LOWAT, (&raw const value).cast(), size_of::<c_int>() as u32)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Elsewhere the whole buffer is small instead: what is unsent and what is under way together.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn limit_unsent(socket: &Socket, bytes: u32) -> io::Result<()> {
    socket.set_send_buffer_size(4 * bytes as usize)
}

/// Binds it to a network of this device.
pub(super) fn bind(socket: &Socket, bound: &Bound, address: SocketAddr) -> io::Result<()> {
    match bound {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Bound::Name(name) => socket.bind_device(Some(name.as_bytes())),
        #[cfg(target_vendor = "apple")]
        Bound::Index(index) if address.is_ipv4() => socket.bind_device_by_index_v4(Some(*index)),
        #[cfg(target_vendor = "apple")]
        Bound::Index(index) => socket.bind_device_by_index_v6(Some(*index)),
        #[cfg(target_os = "android")]
        Bound::Handle(handle) => set_network(socket, *handle),
        other => {
            let words = format!("this system binds no connection from {socket:?} to {} by {other:?}", address.ip());
            Err(io::Error::new(io::ErrorKind::Unsupported, words))
        }
    }
}

#[cfg(target_os = "android")]
#[allow(unsafe_code, reason = "the system offers this to C only")]
fn set_network(socket: &Socket, handle: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    #[link(name = "android")]
    unsafe extern "C" {
        fn android_setsocknetwork(network: u64, fd: std::ffi::c_int) -> std::ffi::c_int;
    }
    // SAFETY: it takes two numbers; the descriptor is open while `socket` is borrowed.
    let done = unsafe { android_setsocknetwork(handle, socket.as_raw_fd()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether an error of `connect` only says that it takes a while.
pub(super) fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let under_way = error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let under_way = false;
    under_way || error.kind() == io::ErrorKind::WouldBlock
}

/// Bytes that came and that nobody has read.
#[cfg(unix)]
pub(super) fn unread(stream: &TcpStream) -> u64 {
    rustix::io::ioctl_fionread(stream).unwrap_or(0)
}

/// Here nobody can be asked.
#[cfg(not(unix))]
pub(super) fn unread(_: &TcpStream) -> u64 {
    0
}
