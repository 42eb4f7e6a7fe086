//! What a name stands for, asked over the network that connections are bound to.

use std::io;
use std::net::SocketAddr;

use super::Bound;

/// What the system says, in its order.
#[cfg(not(target_os = "android"))]
pub(super) async fn lookup(name: &str, port: u16, _bound: Option<Bound>) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((name, port)).await?.collect())
}

/// What the system says, in its order. Android keeps name servers for each network: those of the default network may not know
/// the name, or see it where the traveller chose another way.
#[cfg(target_os = "android")]
pub(super) async fn lookup(name: &str, port: u16, bound: Option<Bound>) -> io::Result<Vec<SocketAddr>> {
    let Some(Bound::Handle(network)) = bound else {
        return Ok(tokio::net::lookup_host((name, port)).await?.collect());
    };
    let name = std::ffi::CString::new(name)?;
    tokio::task::spawn_blocking(move || android::lookup(network, &name, port)).await?
}

#[cfg(target_os = "android")]
#[allow(unsafe_code, reason = "the system offers this to C only")]
mod android {
    use std::ffi::{CStr, c_char, c_int};
    use std::io;
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::ptr::null_mut;

    #[link(name = "android")]
    unsafe extern "C" {
        /// `android/multinetwork.h`, from level 23.
        fn android_getaddrinfofornetwork(
            network: u64,
            node: *const c_char,
            service: *const c_char,
            hints: *const libc::addrinfo,
            found: *mut *mut libc::addrinfo,
        ) -> c_int;
    }

    pub(super) fn lookup(network: u64, name: &CStr, port: u16) -> io::Result<Vec<SocketAddr>> {
        // SAFETY: all its fields are numbers and pointers, for which zero is good.
        let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
        hints.ai_socktype = libc::SOCK_STREAM;
        let mut found = null_mut();
        // SAFETY: the name ends with a zero, the hints and the place for the answer live here.
        let failed =
            unsafe { android_getaddrinfofornetwork(network, name.as_ptr(), std::ptr::null(), &hints, &mut found) };
        if failed != 0 {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        let mut addresses = Vec::new();
        let mut next = found;
        // SAFETY: a list as the system made it, which ends with null, and is freed after it only.
        while let Some(one) = unsafe { next.as_ref() } {
            // SAFETY: the family says what stands at the address.
            addresses.extend(unsafe { address(one, port) });
            next = one.ai_next;
        }
        // SAFETY: it came from the system, and is freed once.
        unsafe { libc::freeaddrinfo(found) };
        Ok(addresses)
    }

    /// # Safety
    /// What `ai_addr` leads to is of the family `ai_family`.
    unsafe fn address(one: &libc::addrinfo, port: u16) -> Option<SocketAddr> {
        match one.ai_family {
            libc::AF_INET => {
                // SAFETY: see above.
                let found = unsafe { one.ai_addr.cast::<libc::sockaddr_in>().as_ref() }?;
                Some((Ipv4Addr::from(u32::from_be(found.sin_addr.s_addr)), port).into())
            }
            libc::AF_INET6 => {
                // SAFETY: see above.
                let found = unsafe { one.ai_addr.cast::<libc::sockaddr_in6>().as_ref() }?;
                let address = Ipv6Addr::from(found.sin6_addr.s6_addr);
                Some(std::net::SocketAddrV6::new(address, port, 0, found.sin6_scope_id).into())
            }
            _ => None,
        }
    }
}
