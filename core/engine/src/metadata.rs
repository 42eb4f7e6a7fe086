//! What a photo or video says about itself.

pub(crate) mod orientation;
pub(crate) mod riff;
