//! The meter by itself: what it tells after a kill, a restart, and damage.

use std::fs;

use super::*;

const ONE: Spent = Spent { sent: 1, received: 2, connections: 3 };
const TWO: Spent = Spent { sent: u64::MAX, received: 0, connections: 1 };

#[test]
fn it_tells_what_was_noted_in_this_boot_only() {
    let folder = tempfile::tempdir().unwrap();
    let open = |byte| Meter::open(folder.path(), boot(byte)).unwrap();
    let meter = open(1);
    assert_eq!(meter.read_left(), None, "there was none");
    meter.note(10, TWO).unwrap();
    meter.note(11, TWO).unwrap();
    meter.note(10, ONE).unwrap();
    assert_eq!(open(1).read_left(), Some(&[(10, ONE), (11, TWO)][..]));
    assert_eq!(open(2).read_left(), None, "the device was restarted");
    assert_eq!(open(2).read_left(), Some(&[][..]));
}

#[test]
fn places_are_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let length = || fs::metadata(folder.path().join("meter")).unwrap().len();
    let meter = Meter::open(folder.path(), boot(1)).unwrap();
    for account in 0..100 {
        meter.note(account, ONE).unwrap();
        meter.note(account + 1000, TWO).unwrap();
        meter.forget(account);
        meter.forget(account + 1000);
    }
    assert_eq!(length(), 3 * 64);
    meter.note(5, ONE).unwrap();
    let meter = Meter::open(folder.path(), boot(1)).unwrap();
    assert_eq!(meter.read_left(), Some(&[(5, ONE)][..]));
    meter.note(6, TWO).unwrap();
    meter.forget(5);
    assert_eq!((Meter::open(folder.path(), boot(1)).unwrap().read_left(), length()), (Some(&[(6, TWO)][..]), 3 * 64));
}

#[test]
fn a_damaged_one_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meter");
    let meter = Meter::open(folder.path(), boot(1)).unwrap();
    meter.note(10, ONE).unwrap();
    meter.note(11, TWO).unwrap();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        assert_eq!(Meter::open(folder.path(), boot(1)).unwrap().read_left(), None, "byte {at}");
    }
    for length in (0..whole.len()).filter(|l| l % 64 != 0 || *l == 0) {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(Meter::open(folder.path(), boot(1)).unwrap().read_left(), None, "{length} bytes");
        assert_eq!(Meter::open(folder.path(), boot(1)).unwrap().read_left(), Some(&[][..]), "it is made anew");
    }
}
